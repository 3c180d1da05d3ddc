//! An object with the defaults of its schema: as the API server has it when it judges it.

use crate::manifest::{Entry, Mapping, Node, Value};
use crate::schema::Constraints;
use crate::source::Span;

/// The value with what is filled in. Nulls that are no values are left out. What nobody wrote stands at the
/// beginning of the object that it is in.
pub fn with_defaults(node: &Node, constraints: &Constraints) -> Node {
    if !constraints.fills_in {
        return node.clone();
    }
    let value = match &node.value {
        Value::Mapping(mapping) => Value::Mapping(fields(mapping, constraints, node.span)),
        Value::Sequence(nodes) => {
            let each = |node: &Node| match &constraints.items {
                Some(items) => with_defaults(node, items),
                None => node.clone(),
            };
            Value::Sequence(nodes.iter().map(each).collect())
        }
        scalar => scalar.clone(),
    };
    Node {
        span: node.span,
        value,
    }
}

fn fields(mapping: &Mapping, constraints: &Constraints, span: Span) -> Mapping {
    let mut out = Mapping::default();
    for entry in mapping.entries() {
        let of_field = constraints.property(&entry.key).or(constraints.values.as_deref());
        let value = match of_field {
            Some(of_field) if entry.value.is_null() && !of_field.nullable => match &of_field.default {
                Some(default) => with_defaults(&placed(default, entry.value.span), of_field),
                None => continue,
            },
            Some(of_field) => with_defaults(&entry.value, of_field),
            None => entry.value.clone(),
        };
        out.insert(Entry {
            key: entry.key.clone(),
            key_span: entry.key_span,
            value,
        });
    }
    let here = Span {
        end: span.start,
        ..span
    };
    for (name, of_field) in constraints.properties() {
        if let Some(default) = &of_field.default
            && out.get(name).is_none()
        {
            out.insert(Entry {
                key: name.into(),
                key_span: here,
                value: with_defaults(&placed(default, here), of_field),
            });
        }
    }
    out
}

/// The value as if it stood there.
fn placed(node: &Node, span: Span) -> Node {
    let value = match &node.value {
        Value::Sequence(nodes) => Value::Sequence(nodes.iter().map(|node| placed(node, span)).collect()),
        Value::Mapping(mapping) => {
            let mut out = Mapping::default();
            for entry in mapping.entries() {
                out.insert(Entry {
                    key: entry.key.clone(),
                    key_span: span,
                    value: placed(&entry.value, span),
                });
            }
            Value::Mapping(out)
        }
        scalar => scalar.clone(),
    };
    Node { span, value }
}
