//! A manifest → the JSON that the API server would be sent.

use super::{Node, Value};
use serde_json::{Map, Number};

/// The value as JSON, with nulls kept: it is the server that takes them for absent. A number that JSON
/// doesn't have (`.inf`) is given as the string that was written.
pub fn to_json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Integer(number) => integer(*number),
        Value::Float(text) => float(text).map_or_else(|| (&**text).into(), serde_json::Value::Number),
        Value::String(text) | Value::Unknown(text) => (&**text).into(),
        Value::Sequence(nodes) => nodes.iter().map(to_json).collect(),
        Value::Mapping(mapping) => {
            let entries = mapping.entries().iter();
            let entries = entries.map(|entry| (entry.key.to_string(), to_json(&entry.value)));
            serde_json::Value::Object(entries.collect::<Map<_, _>>())
        }
    }
}

/// Beyond 64 bits, Kubernetes reads integers as floating point numbers.
fn integer(number: i128) -> serde_json::Value {
    if let Ok(number) = i64::try_from(number) {
        return number.into();
    }
    match u64::try_from(number) {
        Ok(number) => number.into(),
        Err(_) => Number::from_f64(number as f64).map_or(serde_json::Value::Null, serde_json::Value::Number),
    }
}

fn float(text: &str) -> Option<Number> {
    text.replace('_', "").parse().ok().and_then(Number::from_f64)
}
