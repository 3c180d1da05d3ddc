//! Constants → the text that messages show, as the native evaluator prints them.

use crate::ir::{Constant, DECIMAL_SCALE};

/// The canonical text of a constant: strings as they are, lists and maps with commas.
pub fn constant(constant: &Constant) -> String {
    match constant {
        Constant::Bool(truth) => truth.to_string(),
        Constant::Int(number) => number.to_string(),
        Constant::Decimal(value) => decimal(*value),
        Constant::String(text) => text.to_string(),
        Constant::Quantity(quantity) => quantity.to_string(),
        Constant::List(values) if values.is_empty() => "unset".to_owned(),
        Constant::Map(entries) if entries.is_empty() => "unset".to_owned(),
        Constant::List(values) => values.iter().map(self::constant).collect::<Vec<_>>().join(", "),
        Constant::Map(entries) => entries
            .iter()
            .map(|(key, value)| format!("{key}: {}", self::constant(value)))
            .collect::<Vec<_>>()
            .join(", "),
        Constant::Range(low, high) => format!("{}..{}", self::constant(low), self::constant(high)),
    }
}

fn decimal(value: i128) -> String {
    let scale = DECIMAL_SCALE.unsigned_abs();
    let sign = if value < 0 { "-" } else { "" };
    let (whole, fraction) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
    match fraction {
        0 => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{}", format!("{fraction:09}").trim_end_matches('0')),
    }
}
