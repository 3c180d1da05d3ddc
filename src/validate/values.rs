//! Values of manifests as their schemas show them to rules in CEL.

use super::Context;
use super::structure::number;
use crate::cel;
use crate::manifest::{Mapping, Node, Value};
use crate::schema::{Constraints, Demand, Field, FieldType, Format};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Context<'_> {
    /// A value of a type. What a rule can't see, because the schema does not know it, is left out; what
    /// something else is yet to put in is unknown.
    pub(super) fn value(self, node: &Node, ty: &FieldType, constraints: Option<&Constraints>) -> cel::Value {
        let below = |part: fn(&Constraints) -> Option<&Arc<Constraints>>| {
            constraints.and_then(part).map(|constraints| &**constraints)
        };
        match (&node.value, ty) {
            (Value::Unknown(_), _) => cel::Value::Unknown,
            (Value::String(text), _) if self.is_open(text) => cel::Value::Unknown,
            (Value::Null, _) => cel::Value::Null,
            (Value::Bool(truth), _) => cel::Value::Bool(*truth),
            (Value::Integer(value), FieldType::Number) => cel::Value::Double(*value as f64),
            (Value::Integer(value), _) => i64::try_from(*value).map_or(cel::Value::Unknown, cel::Value::Int),
            (Value::Float(text), _) => match (number(text), ty) {
                (Some(value), FieldType::Number | FieldType::Any) => cel::Value::Double(value),
                (Some(value), _) => cel::Value::Int(value as i64),
                (None, _) => cel::Value::Unknown,
            },
            (Value::String(text), _) => string(text, constraints),
            (Value::Sequence(nodes), ty) => {
                let element = match ty {
                    FieldType::List(element) => element,
                    _ => &FieldType::Any,
                };
                let below = below(|constraints| constraints.items.as_ref());
                let kind = match constraints.is_some_and(is_set) {
                    true => cel::ListKind::Set,
                    false => cel::ListKind::Atomic,
                };
                let items = nodes
                    .iter()
                    .map(|node| self.value(node, element, below))
                    .collect();
                cel::Value::List(Arc::new(cel::List { items, kind }))
            }
            (Value::Mapping(mapping), _)
                if mapping.entries().iter().any(|entry| self.is_open(&entry.key)) =>
            {
                cel::Value::Unknown
            }
            (Value::Mapping(mapping), FieldType::Object(id)) => {
                let definition = self.schema.definition(*id);
                let fields = mapping.entries().iter().filter_map(|entry| {
                    let field = definition.field(&entry.key)?;
                    let below = constraints.and_then(|constraints| constraints.property(&entry.key));
                    let key = cel::Key::String(escaped(&entry.key)?.into());
                    // A null field is an absent one, even where null is a value.
                    (!entry.value.is_null()).then(|| (key, self.field(&entry.value, field, below)))
                });
                cel::Value::Map(Arc::new(fields.collect()))
            }
            (Value::Mapping(mapping), ty) => {
                let value = match ty {
                    FieldType::Map(value) => value,
                    _ => &FieldType::Any,
                };
                let below = below(|constraints| constraints.values.as_ref());
                cel::Value::Map(Arc::new(self.entries(mapping, value, below)))
            }
        }
    }

    fn entries(
        self,
        mapping: &Mapping,
        ty: &FieldType,
        constraints: Option<&Constraints>,
    ) -> BTreeMap<cel::Key, cel::Value> {
        let is_there = |node: &Node| !node.is_null() || constraints.is_some_and(|below| below.nullable);
        let entries = mapping.entries().iter().filter(|entry| is_there(&entry.value));
        entries
            .map(|entry| {
                let key = cel::Key::String((&*entry.key).into());
                (key, self.value(&entry.value, ty, constraints))
            })
            .collect()
    }

    /// The elements of some lists are told apart by keys, which only the field knows.
    fn field(self, node: &Node, field: &Field, constraints: Option<&Constraints>) -> cel::Value {
        match self.value(node, &field.ty, constraints) {
            cel::Value::List(list) if !field.list_keys.is_empty() => {
                let keys = field
                    .list_keys
                    .iter()
                    .filter_map(|key| Some(Arc::from(escaped(key)?)));
                let kind = cel::ListKind::Map(keys.collect());
                let items = list.items.clone();
                cel::Value::List(Arc::new(cel::List { items, kind }))
            }
            value => value,
        }
    }
}

fn is_set(constraints: &Constraints) -> bool {
    constraints
        .demands
        .iter()
        .any(|demand| matches!(demand, Demand::Unique))
}

/// A text, or what the format says that it stands for.
fn string(text: &str, constraints: Option<&Constraints>) -> cel::Value {
    let demands = constraints.map_or(&[][..], |constraints| &constraints.demands);
    let format = demands.iter().find_map(|demand| match demand {
        Demand::Format(format) => Some(*format),
        _ => None,
    });
    let read = match format {
        Some(Format::Duration) => cel::Value::duration(text),
        Some(Format::Date) => cel::Value::day(text),
        Some(Format::DateTime) => cel::Value::timestamp(text),
        Some(Format::Byte) => cel::Value::base64(text),
        _ => return cel::Value::string(text),
    };
    // What is not of its format is a finding of its own.
    read.unwrap_or(cel::Value::Unknown)
}

/// The name of a property as rules write it; `None` if they can't.
fn escaped(name: &str) -> Option<Cow<'_, str>> {
    if cel::RESERVED.contains(&name) {
        return Some(format!("__{name}__").into());
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if name.chars().all(is_plain) && !name.contains("__") {
        return Some(name.into());
    }
    let mut out = String::new();
    let mut rest = name;
    while let Some(letter) = rest.chars().next() {
        let (width, written) = match letter {
            '_' if rest.starts_with("__") => (2, "__underscores__"),
            '.' => (1, "__dot__"),
            '-' => (1, "__dash__"),
            '/' => (1, "__slash__"),
            letter if is_plain(letter) => {
                out.push(letter);
                (1, "")
            }
            _ => return None,
        };
        out.push_str(written);
        rest = rest.get(width..)?;
    }
    Some(out.into())
}
