//! The values of expressions.

use super::functions::kubernetes::Special;
use super::time::{self, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value. Copies are cheap.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number without a sign.
    Uint(u64),
    /// A number.
    Double(f64),
    /// A text.
    String(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A list.
    List(Arc<List>),
    /// A map or an object.
    Map(Arc<BTreeMap<Key, Value>>),
    /// A span of time, in nanoseconds.
    Duration(i64),
    /// A point in time.
    Timestamp(Timestamp),
    /// A type, by its name.
    Type(&'static str),
    /// Something that may be absent.
    Optional(Option<Arc<Value>>),
    /// A value of a type that Kubernetes adds.
    Special(Arc<Special>),
    /// One of which nothing is known.
    Unknown,
}

/// A list, as its schema takes it.
#[derive(Debug, Clone)]
pub struct List {
    /// The elements.
    pub items: Vec<Value>,
    /// When another is the same, and what their sum is.
    pub kind: ListKind,
}

/// `x-kubernetes-list-type`
#[derive(Debug, Clone, Default)]
pub enum ListKind {
    /// Order counts.
    #[default]
    Atomic,
    /// Order does not count.
    Set,
    /// Order does not count, and the elements are told apart by these fields.
    Map(Arc<[Arc<str>]>),
}

/// A key of a map.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A boolean.
    Bool(bool),
    /// A whole number, with or without sign.
    Number(i128),
    /// A text.
    String(Arc<str>),
}

impl Key {
    /// The key that a value is, if it can be one.
    pub fn of(value: &Value) -> Option<Key> {
        Some(match value {
            Value::Bool(truth) => Key::Bool(*truth),
            Value::Int(number) => Key::Number((*number).into()),
            Value::Uint(number) => Key::Number((*number).into()),
            Value::Double(number) if number.fract() == 0.0 && number.abs() < 9e18 => {
                Key::Number(*number as i128)
            }
            Value::String(text) => Key::String(text.clone()),
            _ => return None,
        })
    }

    /// The key as a value.
    pub fn value(&self) -> Value {
        match self {
            Key::Bool(truth) => Value::Bool(*truth),
            Key::Number(number) => match (i64::try_from(*number), u64::try_from(*number)) {
                (Ok(number), _) => Value::Int(number),
                (_, Ok(number)) => Value::Uint(number),
                _ => Value::Unknown,
            },
            Key::String(text) => Value::String(text.clone()),
        }
    }
}

impl Value {
    /// A text.
    pub fn string(text: impl Into<Arc<str>>) -> Value {
        Value::String(text.into())
    }

    /// A span of time as schemas take it.
    pub fn duration(text: &str) -> Option<Value> {
        time::loose_duration(text).map(Value::Duration)
    }

    /// The beginning of a day.
    pub fn day(text: &str) -> Option<Value> {
        Timestamp::of_day(text).map(Value::Timestamp)
    }

    /// A point in time.
    pub fn timestamp(text: &str) -> Option<Value> {
        Timestamp::parse(text).map(Value::Timestamp)
    }

    /// The bytes that a text encodes.
    pub fn base64(text: &str) -> Option<Value> {
        let mut bytes = Vec::with_capacity(text.len());
        let (mut bits, mut count) = (0_u32, 0);
        for letter in text.trim_end_matches('=').bytes() {
            let digit = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'a'..=b'z' => letter - b'a' + 26,
                b'0'..=b'9' => letter - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(digit);
            count += 6;
            if count >= 8 {
                count -= 8;
                bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
            }
        }
        Some(Value::Bytes(bytes.into()))
    }

    /// A list whose order counts.
    pub fn list(items: Vec<Value>) -> Value {
        let kind = ListKind::Atomic;
        Value::List(Arc::new(List { items, kind }))
    }

    /// Something that is there.
    pub fn some(value: Value) -> Value {
        Value::Optional(Some(Arc::new(value)))
    }

    /// The name of its type, as `type()` has it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null_type",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Uint(_) => "uint",
            Value::Double(_) => "double",
            Value::String(_) => "string",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Duration(_) => "google.protobuf.Duration",
            Value::Timestamp(_) => "google.protobuf.Timestamp",
            Value::Type(_) => "type",
            Value::Optional(_) => "optional_type",
            Value::Special(special) => special.type_name(),
            Value::Unknown => "unknown",
        }
    }

    /// Whether it is what nobody wrote would be: `""`, `0`, `[]`.
    pub fn is_zero(&self) -> bool {
        match self {
            Value::Null | Value::Optional(None) => true,
            Value::Bool(truth) => !truth,
            Value::Int(number) | Value::Duration(number) => *number == 0,
            Value::Uint(number) => *number == 0,
            Value::Double(number) => *number == 0.0,
            Value::String(text) => text.is_empty(),
            Value::Bytes(bytes) => bytes.is_empty(),
            Value::List(list) => list.items.is_empty(),
            Value::Map(map) => map.is_empty(),
            Value::Optional(Some(value)) => value.is_zero(),
            Value::Timestamp(_) | Value::Type(_) | Value::Special(_) | Value::Unknown => false,
        }
    }

    /// About how many steps it takes to read it.
    pub fn weight(&self) -> u64 {
        let length = match self {
            Value::String(text) => text.len() / 8,
            Value::Bytes(bytes) => bytes.len() / 8,
            Value::List(list) => list.items.len(),
            Value::Map(map) => map.len(),
            _ => 0,
        };
        1 + length as u64
    }
}
