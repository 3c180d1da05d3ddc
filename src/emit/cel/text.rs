//! Text and constants of policies → tokens of CEL that mean exactly them.

use crate::ir::Constant;

/// A string literal of CEL, in single quotes where nothing needs an escape, so that it reads well within
/// YAML. What could end a line, reorder it on a screen or upset a reader of YAML is written as an escape.
pub fn string(text: &str) -> String {
    let literal = crate::emit::rego::literal(text);
    match literal.len() == text.len() + 2 && !text.contains('\'') {
        true => format!("'{text}'"),
        false => literal,
    }
}

/// A list literal.
pub fn list(terms: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", terms.into_iter().collect::<Vec<_>>().join(", "))
}

/// A number of billionths as decimal text: `0.5`, `-3`.
pub fn decimal(nano: i128) -> String {
    const BILLION: u128 = 1_000_000_000;
    let sign = if nano < 0 { "-" } else { "" };
    let (whole, fraction) = (nano.unsigned_abs() / BILLION, nano.unsigned_abs() % BILLION);
    match fraction {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{}", format!("{fraction:09}").trim_end_matches('0')),
    }
}

/// A constant as a term; `None` if a whole number exceeds 64 bits. Decimals and quantities are strings, as
/// manifests may have them.
pub fn constant(constant: &Constant) -> Option<String> {
    Some(match constant {
        Constant::Bool(truth) => truth.to_string(),
        Constant::Int(number) => match i64::try_from(*number).ok()? {
            negative @ ..0 => format!("({negative})"),
            number => number.to_string(),
        },
        Constant::Decimal(nano) => string(&decimal(*nano)),
        Constant::Quantity(quantity) => string(&decimal(quantity.nano)),
        Constant::String(text) => string(text),
        // Of what is in an empty list, the type checker of CEL guesses the type by the first use.
        Constant::List(values) if values.is_empty() => "dyn([])".to_owned(),
        Constant::List(values) => list(values.iter().map(self::constant).collect::<Option<Vec<_>>>()?),
        Constant::Map(entries) => {
            let entries: Option<Vec<String>> = entries
                .iter()
                .map(|(key, value)| Some(format!("{}: dyn({})", string(key), self::constant(value)?)))
                .collect();
            format!("{{{}}}", entries?.join(", "))
        }
        Constant::Range(low, high) => list([self::constant(low)?, self::constant(high)?]),
    })
}

/// A step into an object that gives nothing where there is nothing: `.?spec`, `[?"app/name"]`.
pub fn step(key: &str) -> String {
    let is_identifier = !key.is_empty()
        && key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match is_identifier && !crate::cel::RESERVED.contains(&key) {
        true => format!(".?{key}"),
        false => format!("[?{}]", string(key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_no_names_are_quoted() {
        assert_eq!(step("spec"), ".?spec");
        assert_eq!(step("namespace"), "[?'namespace']");
        assert_eq!(step("app.kubernetes.io/name"), "[?'app.kubernetes.io/name']");
        assert_eq!(step(""), "[?'']");
    }

    #[test]
    fn decimals_are_exact() {
        assert_eq!(decimal(500_000_000), "0.5");
        assert_eq!(decimal(-1_000_000_001), "-1.000000001");
        assert_eq!(
            decimal(i128::from(i64::MAX) * 1_000_000_000),
            i64::MAX.to_string()
        );
    }
}
