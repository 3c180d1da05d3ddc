//! Text of policies and manifests → tokens of Rego that mean exactly that text; fragments of Rego →
//! readable lines.

use crate::ir::Constant;

/// A string literal of Rego, which is also one of JSON and YAML. What could end a line, reorder it on a
/// screen or upset a scanner is written as an escape.
pub fn string(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for character in text.chars() {
        match character {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\t' => literal.push_str("\\t"),
            '\u{feff}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => escape(character, &mut literal),
            _ if character.is_control() => escape(character, &mut literal),
            _ => literal.push(character),
        }
    }
    literal.push('"');
    literal
}

fn escape(character: char, literal: &mut String) {
    literal.push_str(&format!("\\u{:04x}", u32::from(character)));
}

/// A list of terms.
pub fn list(terms: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", terms.into_iter().collect::<Vec<_>>().join(", "))
}

/// A set of strings; Rego has no literal for the empty one.
pub fn set(texts: impl IntoIterator<Item = String>) -> String {
    let mut terms: Vec<String> = texts.into_iter().map(|text| string(&text)).collect();
    terms.sort();
    terms.dedup();
    let short = format!("{{{}}}", terms.join(", "));
    match (terms.is_empty(), short.len() > 100) {
        (true, _) => "set()".to_owned(),
        (_, false) => short,
        _ => format!("{{\n{}\n}}", indent(&format!("{},", terms.join(",\n")))),
    }
}

/// An exact number as the prelude has it: billions, ones, billionths.
pub fn exact(nano: i128) -> String {
    const BILLION: i128 = 1_000_000_000;
    let whole = nano.div_euclid(BILLION);
    format!(
        "[{}, {}, {}]",
        whole.div_euclid(BILLION),
        whole.rem_euclid(BILLION),
        nano.rem_euclid(BILLION)
    )
}

/// A constant as a term.
pub fn constant(constant: &Constant) -> String {
    match constant {
        Constant::Bool(truth) => truth.to_string(),
        Constant::Int(number) => number.to_string(),
        Constant::Decimal(billionths) => exact(*billionths),
        Constant::Quantity(quantity) => exact(quantity.nano),
        Constant::String(text) => string(text),
        // Of a literal without members OPA's type checker knows that nothing can be in it, and refuses the
        // module that looks.
        Constant::List(values) if values.is_empty() => "array.concat([], [])".to_owned(),
        Constant::Map(entries) if entries.is_empty() => "object.union({}, {})".to_owned(),
        Constant::List(values) => list(values.iter().map(self::constant)),
        Constant::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", string(key), self::constant(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Constant::Range(low, high) => list([self::constant(low), self::constant(high)]),
    }
}

/// The identifiers of a fragment, those in strings left out, with the offset of each.
pub fn identifiers(fragment: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = fragment.as_bytes();
    let mut position = 0;
    std::iter::from_fn(move || {
        while let Some(byte) = bytes.get(position) {
            match byte {
                b'"' => {
                    position += 1;
                    while let Some(inner) = bytes.get(position).filter(|inner| **inner != b'"') {
                        position += if *inner == b'\\' { 2 } else { 1 };
                    }
                    position += 1;
                }
                b'`' => {
                    position += 1;
                    while bytes.get(position).is_some_and(|inner| *inner != b'`') {
                        position += 1;
                    }
                    position += 1;
                }
                b'#' => {
                    while bytes.get(position).is_some_and(|inner| *inner != b'\n') {
                        position += 1;
                    }
                }
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                    let start = position;
                    while bytes
                        .get(position)
                        .is_some_and(|inner| inner.is_ascii_alphanumeric() || *inner == b'_')
                    {
                        position += 1;
                    }
                    let is_member = start > 0 && bytes.get(start - 1) == Some(&b'.');
                    if !is_member {
                        return fragment.get(start..position).map(|word| (start, word));
                    }
                }
                _ => position += 1,
            }
        }
        None
    })
}

/// Whether a fragment uses a variable.
pub fn uses(fragment: &str, variable: &str) -> bool {
    identifiers(fragment).any(|(_, word)| word == variable)
}

/// Statements without the names that nothing uses: `opa check --strict` refuses those. `rest` is what
/// follows them.
pub fn prune(lines: &mut Vec<String>, rest: &str) {
    let mut index = lines.len();
    while index > 0 {
        index -= 1;
        let Some(line) = lines.get(index).cloned() else {
            continue;
        };
        let is_used = |name: &str| {
            uses(rest, name)
                || lines
                    .iter()
                    .enumerate()
                    .any(|(other, text)| other != index && uses(text, name))
        };
        if let Some((name, _)) = line.split_once(" := ") {
            let is_name = name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if is_name && !is_used(name) {
                lines.remove(index);
            }
        } else if let Some((names, domain)) = line
            .strip_prefix("some ")
            .and_then(|line| line.split_once(" in "))
        {
            let (key, value) = match names.split_once(", ") {
                Some((key, value)) => (Some(key), value),
                None => (None, names),
            };
            let value = if is_used(value) { value } else { "_" };
            let line = match key.filter(|key| is_used(key)) {
                Some(key) => format!("some {key}, {value} in {domain}"),
                None => format!("some {value} in {domain}"),
            };
            lines[index] = line;
        }
    }
}

/// The list of a value for each way in which the statements hold. The first of them binds a variable:
/// regorus' machine leaves an enclosing loop where a comprehension's own condition fails before any loop.
pub fn comprehension(head: &str, mut lines: Vec<String>) -> String {
    prune(&mut lines, head);
    let short = lines.join("; ");
    if lines.is_empty() {
        return format!("[{head}]");
    }
    if short.len() + head.len() <= 80 && !short.contains('\n') && !head.contains('\n') {
        return format!("[{head} | {short}]");
    }
    format!("[{} |\n{}\n]", head, indent(&statements(&lines)))
}

/// Statements, one below the other. One that begins with what could go on with the one above, as `(` goes on with a
/// name, is kept apart from it by a semicolon.
pub fn statements(lines: &[String]) -> String {
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            text.push_str(if line.starts_with(['(', '[', '-']) {
                ";\n"
            } else {
                "\n"
            });
        }
        text.push_str(line);
    }
    text
}

/// The text one level deeper.
pub fn indent(text: &str) -> String {
    text.lines()
        .map(|line| {
            if line.is_empty() {
                String::new()
            } else {
                format!("\t{line}")
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_nothing_uses_are_left_out() {
        let check = |lines: &[&str], rest: &str, expected: &[&str]| {
            let mut lines: Vec<String> = lines.iter().map(|line| line.to_string()).collect();
            prune(&mut lines, rest);
            assert_eq!(lines, expected);
        };
        check(&["some i, x in xs", "x == 1"], "y", &["some x in xs", "x == 1"]);
        check(&["some i, x in xs"], "i", &["some i, _ in xs"]);
        check(&["a := 1", "b := a"], "\"b\"", &[]);
        check(&["a := 1", "b := a"], "b.c", &["a := 1", "b := a"]);
    }

    #[test]
    fn identifiers_in_strings_do_not_count() {
        let words: Vec<&str> = identifiers("f(a.b, \"c \\\" d\", `e`) # g\n_h")
            .map(|(_, word)| word)
            .collect();
        assert_eq!(words, ["f", "a", "_h"]);
    }

    proptest::proptest! {
        #[test]
        fn any_string_is_one_token_of_json_on_one_line(text in "\\PC*|[\\x00-\\x7f]*|.*") {
            let literal = string(&text);
            proptest::prop_assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), text);
            let reorders = |c: char| c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c);
            proptest::prop_assert!(!literal.contains(reorders));
        }
    }
}
