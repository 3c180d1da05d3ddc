//! When two values are the same. `None` is: that depends on what is unknown.

use super::Fault;
use super::evaluate::Budget;
use super::value::{Key, List, ListKind, Value};
use std::sync::Arc;

/// Whether two values are the same, whatever their types.
pub fn equal(a: &Value, b: &Value, budget: &mut Budget) -> Result<Option<bool>, Fault> {
    budget.spend(a.weight().min(b.weight()))?;
    let same = match (a, b) {
        (Value::Unknown, _) | (_, Value::Unknown) => return Ok(None),
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Timestamp(a), Value::Timestamp(b)) => a == b,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::Special(a), Value::Special(b)) => a.is_same(b),
        (Value::Optional(None), Value::Optional(None)) => true,
        (Value::Optional(Some(a)), Value::Optional(Some(b))) => return equal(a, b, budget),
        (Value::List(a), Value::List(b)) => return lists(a, b, budget),
        (Value::Map(a), Value::Map(b)) => {
            if a.len() != b.len() || a.keys().ne(b.keys()) {
                return Ok(Some(false));
            }
            return all(a.values().zip(b.values()), budget);
        }
        (a, b) => numbers(a, b).unwrap_or(false),
    };
    Ok(Some(same))
}

fn all<'a>(
    pairs: impl Iterator<Item = (&'a Value, &'a Value)>,
    budget: &mut Budget,
) -> Result<Option<bool>, Fault> {
    let mut sum = Some(true);
    for (a, b) in pairs {
        match equal(a, b, budget)? {
            Some(true) => {}
            Some(false) => return Ok(Some(false)),
            None => sum = None,
        }
    }
    Ok(sum)
}

/// The list on the left says whether order counts.
fn lists(a: &List, b: &List, budget: &mut Budget) -> Result<Option<bool>, Fault> {
    if a.items.len() != b.items.len() {
        return Ok(Some(false));
    }
    match &a.kind {
        ListKind::Atomic => all(a.items.iter().zip(&b.items), budget),
        ListKind::Set => {
            let mut sum = Some(true);
            for item in &a.items {
                match contains(&b.items, item, budget)? {
                    Some(true) => {}
                    Some(false) => return Ok(Some(false)),
                    None => sum = None,
                }
            }
            Ok(sum)
        }
        ListKind::Map(keys) => {
            let mut sum = Some(true);
            for item in &a.items {
                let Some(place) = place(&b.items, item, keys, budget)? else {
                    return Ok(Some(false));
                };
                let found = b.items.get(place).unwrap_or(&Value::Unknown);
                match equal(item, found, budget)? {
                    Some(true) => {}
                    Some(false) => return Ok(Some(false)),
                    None => sum = None,
                }
            }
            Ok(sum)
        }
    }
}

/// Whether a list has an element.
pub fn contains(items: &[Value], wanted: &Value, budget: &mut Budget) -> Result<Option<bool>, Fault> {
    let mut sum = Some(false);
    for item in items {
        match equal(item, wanted, budget)? {
            Some(true) => return Ok(Some(true)),
            Some(false) => {}
            None => sum = None,
        }
    }
    Ok(sum)
}

/// Where an element with the same keys stands.
pub fn place(
    items: &[Value],
    wanted: &Value,
    keys: &[Arc<str>],
    budget: &mut Budget,
) -> Result<Option<usize>, Fault> {
    let part = |value: &Value, key: &Arc<str>| match value {
        Value::Map(map) => map.get(&Key::String(key.clone())).cloned().unwrap_or(Value::Null),
        _ => Value::Unknown,
    };
    for (index, item) in items.iter().enumerate() {
        let mut is_same = true;
        for key in keys {
            let same = equal(&part(item, key), &part(wanted, key), budget)?;
            is_same &= same.ok_or_else(|| Fault::Unsupported("a list whose keys are unknown".to_string()))?;
        }
        if is_same {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

fn numbers(a: &Value, b: &Value) -> Option<bool> {
    let is_number = |value: &Value| matches!(value, Value::Int(_) | Value::Uint(_) | Value::Double(_));
    (is_number(a) && is_number(b)).then(|| super::operators::compare(a, b) == Some(std::cmp::Ordering::Equal))
}
