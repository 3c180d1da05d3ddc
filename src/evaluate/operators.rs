//! Operators on values: comparisons, membership, exact arithmetic.
//!
//! Every operator has a result for all operands. With an absent scalar, a comparison is false and
//! arithmetic is absent: that happens only where a manifest is ill-typed, which is a finding of its own.

use super::repository::Repository;
use super::value::{Part, Value};
use crate::ir::{Arithmetic, Comparison, Constant, DECIMAL_SCALE, Type};
use crate::manifest;
use crate::units::{Dimension, Quantity};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::ControlFlow;

/// Whether a comparison holds.
pub fn compare<'a>(
    comparison: Comparison,
    left: &Value<'a>,
    right: &Value<'a>,
    repository: &Repository<'a>,
) -> bool {
    match comparison {
        Comparison::Equal => equal(left, right, repository) == Some(true),
        Comparison::NotEqual => equal(left, right, repository) == Some(false),
        Comparison::Less => order(left, right) == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(order(left, right), Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order(left, right) == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(order(left, right), Some(Ordering::Greater | Ordering::Equal)),
    }
}

fn order(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) | (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        (Value::Quantity(a), Value::Quantity(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Whether two values are equal, objects being equal to themselves alone; `None` if one is absent.
pub fn equal<'a>(left: &Value<'a>, right: &Value<'a>, repository: &Repository<'a>) -> Option<bool> {
    Some(match (left, right) {
        (Value::Object(a), Value::Object(b)) => repository.is_same(*a, *b),
        (Value::Pod(a), Value::Pod(b)) => a == b,
        (Value::Reference(a), Value::Reference(b)) => a == b,
        (Value::Part(Part { node, .. }), other) | (other, Value::Part(Part { node, .. }))
            if is_scalar(other) =>
        {
            // A value without a type of its own takes that of what it is compared with.
            scalar_of(node, other).is_some_and(|value| order(&value, other) == Some(Ordering::Equal))
        }
        (a, b) if is_scalar(a) || is_scalar(b) => return order(a, b).map(|order| order == Ordering::Equal),
        (a, b) => match (a.node(repository), b.node(repository)) {
            (Some(a), Some(b)) => a.same_value(b),
            _ => equal_lists(a, b, repository),
        },
    })
}

fn equal_lists<'a>(left: &Value<'a>, right: &Value<'a>, repository: &Repository<'a>) -> bool {
    let collect = |value: &Value<'a>, like: &Value<'a>| {
        let ty = element_type_of(like);
        let mut values = Vec::new();
        let _ = elements(value, &ty, &mut |element| {
            values.push(element);
            ControlFlow::Continue(())
        });
        values
    };
    let (left, right) = (collect(left, right), collect(right, left));
    left.len() == right.len()
        && left
            .iter()
            .zip(&right)
            .all(|(a, b)| equal(a, b, repository) == Some(true))
}

/// The type at which the elements of a manifest's list are read to compare them with this list's.
fn element_type_of(list: &Value<'_>) -> Type {
    match list {
        Value::Constant(Constant::List(values)) => match values.first() {
            Some(Constant::Bool(_)) => Type::Bool,
            Some(Constant::Int(_)) => Type::Int,
            Some(Constant::Decimal(_)) => Type::Decimal,
            Some(Constant::String(_)) => Type::String,
            Some(Constant::Quantity(quantity)) => Type::Quantity(Some(quantity.dimension)),
            _ => Type::Any,
        },
        _ => Type::Any,
    }
}

fn is_scalar(value: &Value<'_>) -> bool {
    matches!(
        value,
        Value::Absent
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Decimal(_)
            | Value::Text(_)
            | Value::Quantity(_)
    )
}

fn scalar_of<'a>(node: &'a manifest::Node, like: &Value<'_>) -> Option<Value<'a>> {
    let ty = match like {
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Decimal(_) => Type::Decimal,
        Value::Text(_) => Type::String,
        Value::Quantity(quantity) => Type::Quantity(Some(quantity.dimension)),
        _ => return None,
    };
    Some(Value::of_node(super::ObjectId(0), node, &ty, ""))
}

/// Calls `visit` with each element of a list (or key of a map) until it breaks. Elements of a manifest
/// are read at `ty`; absent ones are visited too.
pub fn elements<'a>(
    list: &Value<'a>,
    ty: &Type,
    visit: &mut dyn FnMut(Value<'a>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    match list {
        Value::Part(Part { object, node }) => match &node.value {
            manifest::Value::Sequence(nodes) => {
                for node in nodes {
                    visit(Value::of_element(*object, node, ty))?;
                }
            }
            manifest::Value::Mapping(mapping) => {
                for entry in mapping.entries().iter().filter(|entry| !entry.value.is_null()) {
                    visit(Value::Text(Cow::Borrowed(&entry.key)))?;
                }
            }
            _ => {}
        },
        Value::Constant(Constant::List(values)) => {
            for value in values {
                visit(Value::of_constant(value))?;
            }
        }
        Value::Constant(Constant::Map(entries)) => {
            for (key, _) in entries {
                visit(Value::Text(Cow::Borrowed(key)))?;
            }
        }
        Value::List(values) => {
            for value in values.iter() {
                visit(value.clone())?;
            }
        }
        Value::Map(entries) => {
            for (key, _) in entries.iter() {
                visit(Value::Text(key.clone()))?;
            }
        }
        _ => {}
    }
    ControlFlow::Continue(())
}

/// Whether a list has an element, a map a key, or a range a number. `ty` is the type of the container.
pub fn contains<'a>(
    container: &Value<'a>,
    ty: &Type,
    wanted: &Value<'a>,
    repository: &Repository<'a>,
) -> bool {
    if let Value::Constant(Constant::Range(low, high)) = container {
        let at_least = order(&Value::of_constant(low), wanted);
        let at_most = order(wanted, &Value::of_constant(high));
        return [at_least, at_most]
            .iter()
            .all(|order| matches!(order, Some(Ordering::Less | Ordering::Equal)));
    }
    let element = match ty.present() {
        Type::List(element) => element,
        _ => &Type::Any,
    };
    elements(
        container,
        element,
        &mut |value| match equal(&value, wanted, repository) == Some(true) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        },
    )
    .is_break()
}

/// How many elements or entries a value has; null entries of a map do not count.
pub fn count(value: &Value<'_>) -> i128 {
    let mut count = 0;
    let _ = elements(value, &Type::Any, &mut |_| {
        count += 1;
        ControlFlow::Continue(())
    });
    count
}

/// Exact arithmetic. Absent if an operand is, or for division by nothing; whole numbers stop at the ends of 64
/// bits, sums of decimals at those of 128.
pub fn arithmetic<'a>(operation: Arithmetic, left: &Value<'a>, right: &Value<'a>) -> Value<'a> {
    let quantity = |result: Option<Quantity>| result.map_or(Value::Absent, Value::Quantity);
    let ratio = |decimal: i128| Quantity::new(decimal, Dimension::RATIO);
    match (operation, left, right) {
        (Arithmetic::Add, Value::Int(a), Value::Int(b)) => whole(a.saturating_add(*b)),
        (Arithmetic::Subtract, Value::Int(a), Value::Int(b)) => whole(a.saturating_sub(*b)),
        (Arithmetic::Multiply, Value::Int(a), Value::Int(b)) => whole(a.saturating_mul(*b)),
        (Arithmetic::Divide, Value::Int(a), Value::Int(b)) => {
            a.checked_div(*b).map_or(Value::Absent, Value::Int)
        }
        (Arithmetic::Add, Value::Decimal(a), Value::Decimal(b)) => Value::Decimal(a.saturating_add(*b)),
        (Arithmetic::Subtract, Value::Decimal(a), Value::Decimal(b)) => Value::Decimal(a.saturating_sub(*b)),
        (Arithmetic::Multiply, Value::Decimal(a), Value::Decimal(b)) => ratio(*a)
            .times(ratio(*b))
            .map_or(Value::Absent, |product| Value::Decimal(product.nano)),
        (Arithmetic::Divide, Value::Decimal(a), Value::Decimal(b)) => ratio(*a)
            .divided_by(ratio(*b))
            .map_or(Value::Absent, |quotient| Value::Decimal(quotient.nano)),
        (Arithmetic::Add, Value::Quantity(a), Value::Quantity(b)) => quantity(a.plus(*b)),
        (Arithmetic::Subtract, Value::Quantity(a), Value::Quantity(b)) => quantity(a.minus(*b)),
        (Arithmetic::Multiply, Value::Quantity(a), Value::Quantity(b)) => quantity(a.times(*b)),
        (Arithmetic::Divide, Value::Quantity(a), Value::Quantity(b)) => quantity(a.divided_by(*b)),
        (Arithmetic::Multiply, Value::Quantity(a), Value::Int(b))
        | (Arithmetic::Multiply, Value::Int(b), Value::Quantity(a)) => Value::Quantity(a.times_integer(*b)),
        (Arithmetic::Multiply, Value::Quantity(a), Value::Decimal(b))
        | (Arithmetic::Multiply, Value::Decimal(b), Value::Quantity(a)) => quantity(a.times(ratio(*b))),
        (Arithmetic::Divide, Value::Quantity(a), Value::Int(b)) => quantity(a.divided_by_integer(*b)),
        (Arithmetic::Divide, Value::Quantity(a), Value::Decimal(b)) => quantity(a.divided_by(ratio(*b))),
        _ => Value::Absent,
    }
}

/// The sum of numbers of which those before are summed up already. That of whole numbers is limited when it is
/// complete: see [`whole`].
pub fn added<'a>(sum: &Value<'a>, value: &Value<'a>) -> Value<'a> {
    match (sum, value) {
        (Value::Int(sum), Value::Int(value)) => Value::Int(sum.saturating_add(*value)),
        _ => arithmetic(Arithmetic::Add, sum, value),
    }
}

/// A whole number, or the end of 64 bits that is nearest.
pub fn whole<'a>(number: i128) -> Value<'a> {
    Value::Int(number.clamp(i64::MIN.into(), i64::MAX.into()))
}

/// The number with the other sign.
pub fn negate<'a>(value: &Value<'a>) -> Value<'a> {
    match value {
        Value::Int(value) => whole(value.saturating_neg()),
        Value::Decimal(value) => Value::Decimal(value.saturating_neg()),
        Value::Quantity(quantity) => Value::Quantity(quantity.negated()),
        _ => Value::Absent,
    }
}

/// Zero of a numeric type.
pub fn zero<'a>(ty: &Type) -> Value<'a> {
    match ty.present() {
        Type::Int => Value::Int(0),
        Type::Decimal => Value::Decimal(0),
        Type::Quantity(dimension) => Value::Quantity(Quantity::new(0, dimension.unwrap_or(Dimension::COUNT))),
        _ => Value::Absent,
    }
}

const _: () = assert!(
    DECIMAL_SCALE == 1_000_000_000,
    "decimals and ratios share their scale"
);
