//! Values as texts, as Go writes them.

use super::Fault;
use super::evaluate::no_overload;
use super::time::SECOND;
use super::value::{Key, Value};

/// A number as Go's `%g` writes it.
pub fn general(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_string();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_string();
    }
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => format!("{number}"),
    }
}

/// A value as `string()` has it.
pub fn of(value: &Value) -> Result<String, Fault> {
    Ok(match value {
        Value::String(text) => text.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => number.to_string(),
        Value::Double(number) => general(*number),
        Value::Duration(span) => format!("{}s", *span as f64 / SECOND as f64),
        Value::Timestamp(time) => time.text(),
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_string(),
            Err(_) => {
                return Err(Fault::Error(
                    "invalid UTF-8 in bytes, cannot convert to string".to_string(),
                ));
            }
        },
        Value::Special(special) => match special.text() {
            Some(text) => text,
            None => return Err(no_overload("string", std::slice::from_ref(value))),
        },
        other => return Err(no_overload("string", std::slice::from_ref(other))),
    })
}

/// A value as `%s` has it in `format()`.
pub fn formatted(value: &Value) -> Result<String, Fault> {
    Ok(match value {
        Value::Null => "null".to_string(),
        Value::Type(name) => (*name).to_string(),
        Value::List(list) => {
            let items: Result<Vec<String>, Fault> = list.items.iter().map(inner).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Map(map) => {
            let entries: Result<Vec<String>, Fault> = map
                .iter()
                .map(|(key, value)| {
                    let key = match key {
                        Key::String(text) => quoted(text),
                        Key::Bool(truth) => truth.to_string(),
                        Key::Number(number) => number.to_string(),
                    };
                    Ok(format!("{key}:{}", inner(value)?))
                })
                .collect();
            format!("{{{}}}", entries?.join(", "))
        }
        other => of(other)?,
    })
}

/// A value within another.
fn inner(value: &Value) -> Result<String, Fault> {
    Ok(match value {
        Value::String(text) => quoted(text),
        Value::Double(number) => format!("{number:.6}"),
        Value::Type(name) => format!("type({name})"),
        Value::Timestamp(_) | Value::Duration(_) | Value::Bytes(_) => {
            return Err(Fault::Unsupported(
                "a time or bytes within a formatted list".to_string(),
            ));
        }
        other => formatted(other)?,
    })
}

/// A text in quotes.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            '"' | '\\' => out.extend(['\\', letter]),
            letter => out.push(letter),
        }
    }
    out.push('"');
    out
}
