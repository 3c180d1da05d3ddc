//! A value → the text that messages show.

use super::repository::{ObjectId, Repository};
use super::value::{Value, decimal_number};
use crate::ir::{Constant, DECIMAL_SCALE};
use crate::manifest::{self, Node};
use crate::units::{Dimension, Quantity};
use std::fmt::Write;

/// How many levels of lists and maps are shown.
const DEPTH: u32 = 2;

/// Adds the canonical text of a value: strings as they are, numbers in their shortest form, quantities as
/// policies write them, lists and maps with commas, objects as `Kind/name`, absent values as `unset`.
pub fn print(value: &Value<'_>, repository: &Repository<'_>, out: &mut String) {
    match value {
        Value::Absent => out.push_str("unset"),
        // A list or map that is missing is an empty one.
        value if is_empty(value) => out.push_str("unset"),
        Value::Unknown(_) => out.push_str("unknown"),
        Value::Bool(value) => push(out, value),
        Value::Int(value) => push(out, value),
        Value::Decimal(value) => print_decimal(*value, out),
        Value::Text(text) => out.push_str(text),
        Value::Quantity(quantity) => print_quantity(*quantity, out),
        Value::Part(part) => print_node(part.node, out),
        Value::Object(id) => print_object(*id, repository, out),
        Value::Pod(id) => print_object(repository.pod(*id).object, repository, out),
        Value::Container(container) => match container.node.get("name").and_then(Node::as_str) {
            Some(name) => out.push_str(name),
            None => out.push_str("unnamed container"),
        },
        Value::Constant(constant) => print_constant(constant, out),
        Value::List(values) => separated(out, values.iter(), |value, out| print(value, repository, out)),
        Value::Map(entries) => separated(out, entries.iter(), |(key, value), out| {
            out.push_str(key);
            out.push_str(": ");
            print(value, repository, out);
        }),
        Value::Reference(reference) => push(out, format_args!("{}/{}", reference.kind, reference.name)),
        Value::Estimate(low, high) => {
            for (end, separator) in [(low, ".."), (high, "")] {
                match end {
                    Some(quantity) => push(out, quantity),
                    None => out.push_str("unknown"),
                }
                out.push_str(separator);
            }
        }
    }
}

/// Beyond 1000E not even OPA divides memory exactly, to find the unit in which it reads best.
fn print_quantity(quantity: Quantity, out: &mut String) {
    const MOST: i128 = 1_000_000_000_000_000_000_000 * 1_000_000_000;
    match quantity.dimension {
        Dimension::MEMORY if quantity.nano > MOST => out.push_str("more than 1000E"),
        Dimension::MEMORY if quantity.nano < -MOST => out.push_str("less than -1000E"),
        Dimension::CPU | Dimension::COUNT if quantity.nano.abs() > MOST_SHOWN => {
            print_decimal(quantity.nano, out)
        }
        _ => push(out, quantity),
    }
}

/// An amount of which only the manifest says what it measures: the number with the shortest suffix.
pub fn print_amount(quantity: Quantity, out: &mut String) {
    let (dimension, unit) = match quantity.nano % 1_000_000_000 {
        0 => (Dimension::MEMORY, "B"),
        _ => (Dimension::CPU, "cpu"),
    };
    print_quantity(Quantity::new(quantity.nano, dimension), out);
    out.truncate(out.strip_suffix(unit).unwrap_or(out).len());
}

fn is_empty(value: &Value<'_>) -> bool {
    match value {
        Value::Part(part) => match &part.node.value {
            manifest::Value::Sequence(nodes) => nodes.is_empty(),
            manifest::Value::Mapping(mapping) => mapping.entries().is_empty(),
            _ => false,
        },
        Value::List(values) => values.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Constant(Constant::List(values)) => values.is_empty(),
        Value::Constant(Constant::Map(entries)) => entries.is_empty(),
        _ => false,
    }
}

fn push(out: &mut String, value: impl std::fmt::Display) {
    // Writing to a string can't fail.
    let _ = write!(out, "{value}");
}

fn separated<T>(out: &mut String, items: impl Iterator<Item = T>, print: impl Fn(T, &mut String)) {
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        print(item, out);
    }
}

fn print_object(id: ObjectId, repository: &Repository<'_>, out: &mut String) {
    let resource = repository.object(id).resource;
    push(out, format_args!("{}/{}", resource.kind, resource.name));
}

/// The largest number whose digits are shown, in billionths: not all engines tell larger ones apart.
const MOST_SHOWN: i128 = 100_000_000_000_000_000 * 1_000_000_000 * 1_000_000_000;

fn print_decimal(value: i128, out: &mut String) {
    if value > MOST_SHOWN {
        return out.push_str("more than 1e26");
    }
    if value < -MOST_SHOWN {
        return out.push_str("less than -1e26");
    }
    let sign = if value < 0 { "-" } else { "" };
    let scale = DECIMAL_SCALE.unsigned_abs();
    let (whole, fraction) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
    push(out, format_args!("{sign}{whole}"));
    if fraction > 0 {
        let digits = format!("{fraction:09}");
        push(out, format_args!(".{}", digits.trim_end_matches('0')));
    }
}

fn print_constant(constant: &Constant, out: &mut String) {
    match constant {
        Constant::Bool(value) => push(out, value),
        Constant::Int(value) => push(out, value),
        Constant::Decimal(value) => print_decimal(*value, out),
        Constant::String(text) => out.push_str(text),
        Constant::Quantity(quantity) => push(out, quantity),
        Constant::List(values) => separated(out, values.iter(), print_constant),
        Constant::Map(entries) => separated(out, entries.iter(), |(key, value), out| {
            out.push_str(key);
            out.push_str(": ");
            print_constant(value, out);
        }),
        Constant::Range(low, high) => {
            print_constant(low, out);
            out.push_str("..");
            print_constant(high, out);
        }
    }
}

/// Adds the text of a node.
pub fn print_node(node: &Node, out: &mut String) {
    print_down_to(node, DEPTH, out);
}

fn print_down_to(node: &Node, depth: u32, out: &mut String) {
    match &node.value {
        manifest::Value::Null => out.push_str("unset"),
        manifest::Value::Bool(value) => push(out, value),
        // Kubernetes and its tools read what is longer than 64 bits as a floating point number.
        manifest::Value::Integer(value) if i64::try_from(*value).is_err() => print_float(*value as f64, out),
        manifest::Value::Integer(value) => push(out, value),
        manifest::Value::Float(text) => match text.replace('_', "").parse::<f64>() {
            Ok(number) if number.is_finite() => print_float(number, out),
            _ => out.push_str(text),
        },
        manifest::Value::String(text) | manifest::Value::Unknown(text) => out.push_str(text),
        manifest::Value::Sequence(_) | manifest::Value::Mapping(_) if depth == 0 => out.push('…'),
        manifest::Value::Sequence(nodes) => {
            separated(out, nodes.iter(), |node, out| print_down_to(node, depth - 1, out));
        }
        manifest::Value::Mapping(mapping) => {
            // Engines that read JSON don't know the order in which the manifest has them.
            let mut entries: Vec<_> = mapping.entries().iter().collect();
            entries.sort_by(|one, other| one.key.cmp(&other.key));
            separated(out, entries.into_iter(), |entry, out| {
                out.push_str(&entry.key);
                out.push_str(": ");
                print_down_to(&entry.value, depth - 1, out);
            });
        }
    }
}

/// The digits of a floating point number without an exponent, to a billionth.
fn print_float(number: f64, out: &mut String) {
    if number >= 1e27 {
        out.push_str("more than 1e27");
    } else if number <= -1e27 {
        out.push_str("less than -1e27");
    } else if let Some(nano) = decimal_number(&number.to_string()) {
        print_decimal(nano, out);
    }
}
