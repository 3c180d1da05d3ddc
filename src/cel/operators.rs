//! Operators of two values.

use super::Fault;
use super::ast::Operator;
use super::equality::{contains, equal, place};
use super::evaluate::{Budget, no_overload, overflow};
use super::value::{Key, List, ListKind, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// The value of `left OPERATOR right`.
pub fn apply(operator: Operator, left: Value, right: Value, budget: &mut Budget) -> Result<Value, Fault> {
    let truth = |truth: Option<bool>| Ok(truth.map_or(Value::Unknown, Value::Bool));
    match operator {
        Operator::Equal => return truth(equal(&left, &right, budget)?),
        Operator::Unequal => return truth(equal(&left, &right, budget)?.map(|same| !same)),
        _ if matches!(left, Value::Unknown) || matches!(right, Value::Unknown) => return Ok(Value::Unknown),
        Operator::In => return truth(is_in(&left, &right, budget)?),
        _ => {}
    }
    let ordered = |wanted: fn(Ordering) -> bool| match compare(&left, &right) {
        Some(ordering) => Ok(Value::Bool(wanted(ordering))),
        None => Err(no_overload(sign(operator), &[left.clone(), right.clone()])),
    };
    match operator {
        Operator::Less => ordered(Ordering::is_lt),
        Operator::LessOrEqual => ordered(Ordering::is_le),
        Operator::Greater => ordered(Ordering::is_gt),
        Operator::GreaterOrEqual => ordered(Ordering::is_ge),
        Operator::Add => add(left, right, budget),
        _ => calculate(operator, left, right),
    }
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "==",
        Operator::Unequal => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
        Operator::In => "in",
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
        Operator::Remainder => "%",
    }
}

fn is_in(wanted: &Value, range: &Value, budget: &mut Budget) -> Result<Option<bool>, Fault> {
    match range {
        Value::List(list) => contains(&list.items, wanted, budget),
        Value::Map(map) => Ok(Some(Key::of(wanted).is_some_and(|key| map.contains_key(&key)))),
        other => Err(no_overload("in", &[wanted.clone(), other.clone()])),
    }
}

/// Which of two values comes first, if they have an order.
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    let whole = |value: &Value| match value {
        Value::Int(number) => Some(i128::from(*number)),
        Value::Uint(number) => Some(i128::from(*number)),
        _ => None,
    };
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bytes(a), Value::Bytes(b)) => Some(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        (Value::Timestamp(a), Value::Timestamp(b)) => Some(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Double(a), b) => with_whole(*a, whole(b)?),
        (a, Value::Double(b)) => with_whole(*b, whole(a)?).map(Ordering::reverse),
        (a, b) => Some(whole(a)?.cmp(&whole(b)?)),
    }
}

/// A number beside a whole one, exactly.
fn with_whole(a: f64, b: i128) -> Option<Ordering> {
    if a.is_nan() {
        return None;
    }
    // Whole numbers have 64 bits; what is beyond them comes out at the same side.
    let floor = a.floor().clamp(-2e19, 2e19) as i128;
    Some(floor.cmp(&b).then(match a > a.floor() {
        true => Ordering::Greater,
        false => Ordering::Equal,
    }))
}

fn add(left: Value, right: Value, budget: &mut Budget) -> Result<Value, Fault> {
    budget.spend(left.weight().saturating_add(right.weight()))?;
    Ok(match (&left, &right) {
        (Value::String(a), Value::String(b)) => Value::string(format!("{a}{b}")),
        (Value::Bytes(a), Value::Bytes(b)) => Value::Bytes(a.iter().chain(b.iter()).copied().collect()),
        (Value::List(a), Value::List(b)) => lists(a, b, budget)?,
        (Value::Timestamp(time), Value::Duration(span)) | (Value::Duration(span), Value::Timestamp(time)) => {
            Value::Timestamp(time.plus(*span).ok_or_else(overflow)?)
        }
        (Value::Duration(a), Value::Duration(b)) => Value::Duration(a.checked_add(*b).ok_or_else(overflow)?),
        _ => return calculate(Operator::Add, left, right),
    })
}

/// The elements of both; of sets without those that are there, of maps with the later of the same keys.
fn lists(a: &List, b: &List, budget: &mut Budget) -> Result<Value, Fault> {
    let mut items = a.items.clone();
    for item in &b.items {
        let known = match &a.kind {
            ListKind::Atomic => None,
            ListKind::Set => match contains(&a.items, item, budget)? {
                Some(true) => continue,
                Some(false) => None,
                None => return Ok(Value::Unknown),
            },
            ListKind::Map(keys) => place(&items, item, keys, budget)?,
        };
        match known.and_then(|place| items.get_mut(place)) {
            Some(place) => *place = item.clone(),
            None => items.push(item.clone()),
        }
    }
    let kind = a.kind.clone();
    Ok(Value::List(Arc::new(List { items, kind })))
}

fn calculate(operator: Operator, left: Value, right: Value) -> Result<Value, Fault> {
    let zero = |name: &str| Fault::Error(format!("{name} by zero"));
    Ok(match (operator, &left, &right) {
        (Operator::Subtract, Value::Timestamp(a), Value::Timestamp(b)) => {
            Value::Duration(a.since(*b).ok_or_else(overflow)?)
        }
        (Operator::Subtract, Value::Timestamp(time), Value::Duration(span)) => {
            let back = span.checked_neg().and_then(|span| time.plus(span));
            Value::Timestamp(back.ok_or_else(overflow)?)
        }
        (Operator::Subtract, Value::Duration(a), Value::Duration(b)) => {
            Value::Duration(a.checked_sub(*b).ok_or_else(overflow)?)
        }
        (Operator::Divide, Value::Int(_), Value::Int(0))
        | (Operator::Divide, Value::Uint(_), Value::Uint(0)) => {
            return Err(zero("division"));
        }
        (Operator::Remainder, Value::Int(_), Value::Int(0))
        | (Operator::Remainder, Value::Uint(_), Value::Uint(0)) => {
            return Err(zero("modulus"));
        }
        (operator, Value::Int(a), Value::Int(b)) => {
            let result = match operator {
                Operator::Add => a.checked_add(*b),
                Operator::Subtract => a.checked_sub(*b),
                Operator::Multiply => a.checked_mul(*b),
                Operator::Divide => a.checked_div(*b),
                Operator::Remainder => a.checked_rem(*b),
                _ => return Err(no_overload(sign(operator), &[left, right])),
            };
            Value::Int(result.ok_or_else(overflow)?)
        }
        (operator, Value::Uint(a), Value::Uint(b)) => {
            let result = match operator {
                Operator::Add => a.checked_add(*b),
                Operator::Subtract => a.checked_sub(*b),
                Operator::Multiply => a.checked_mul(*b),
                Operator::Divide => a.checked_div(*b),
                Operator::Remainder => a.checked_rem(*b),
                _ => return Err(no_overload(sign(operator), &[left, right])),
            };
            Value::Uint(result.ok_or_else(overflow)?)
        }
        (operator, Value::Double(a), Value::Double(b)) => Value::Double(match operator {
            Operator::Add => a + b,
            Operator::Subtract => a - b,
            Operator::Multiply => a * b,
            Operator::Divide => a / b,
            _ => return Err(no_overload(sign(operator), &[left, right])),
        }),
        _ => return Err(no_overload(sign(operator), &[left, right])),
    })
}
