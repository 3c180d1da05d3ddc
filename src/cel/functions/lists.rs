//! The libraries of lists: Kubernetes' own and that of CEL.

use super::Function;
use super::strings::place;
use crate::cel::Fault;
use crate::cel::ast::Operator;
use crate::cel::comprehension::sorted;
use crate::cel::equality::{contains, equal};
use crate::cel::evaluate::{Machine, no_overload, overflow};
use crate::cel::operators::{apply, compare};
use crate::cel::value::Value;
use std::cmp::Ordering;

pub const FUNCTIONS: &[Function] = &[
    Function::member("isSorted", 1, |_, args| {
        let items = items("isSorted", args)?;
        let mut pairs = items.iter().zip(items.iter().skip(1));
        Ok(Value::Bool(
            pairs.all(|(a, b)| compare(a, b) != Some(Ordering::Greater)),
        ))
    }),
    Function::member("sum", 1, sum),
    Function::member("min", 1, |_, args| extreme("min", args, Ordering::Greater)),
    Function::member("max", 1, |_, args| extreme("max", args, Ordering::Less)),
    Function::member("includes", 2, |machine, args| match args {
        [Value::List(list), wanted] => {
            Ok(contains(&list.items, wanted, machine.budget)?.map_or(Value::Unknown, Value::Bool))
        }
        [value, wanted] => Ok(equal(value, wanted, machine.budget)?.map_or(Value::Unknown, Value::Bool)),
        _ => Err(no_overload("includes", args)),
    })
    .shallow(),
    Function::member("slice", 3, |_, args| match args {
        [Value::List(list), Value::Int(start), Value::Int(end)] => {
            let bound = |index: &i64| usize::try_from(*index).ok();
            let part = bound(start)
                .zip(bound(end))
                .and_then(|(start, end)| list.items.get(start..end));
            match part {
                Some(part) => Ok(Value::list(part.to_vec())),
                None => Err(Fault::Error(format!(
                    "cannot slice({start}, {end}) of {} elements",
                    list.items.len()
                ))),
            }
        }
        _ => Err(no_overload("slice", args)),
    }),
    Function::member("flatten", 1, |machine, args| {
        let depth = match args.get(1) {
            None => 1,
            Some(Value::Int(depth)) if *depth >= 0 => *depth,
            Some(Value::Int(_)) => return Err(Fault::Error("level must be non-negative".to_string())),
            _ => return Err(no_overload("flatten", args)),
        };
        let mut out = Vec::new();
        flatten(machine, items("flatten", args)?, depth, &mut out)?;
        Ok(Value::list(out))
    })
    .up_to(2),
    Function::member("sort", 1, |machine, args| {
        let items = items("sort", args)?;
        sorted(
            machine,
            items.iter().map(|item| (item.clone(), item.clone())).collect(),
        )
    }),
    Function::global("lists.range", 1, |machine, args| match args {
        [Value::Int(count)] => {
            let count = u64::try_from(*count)
                .map_err(|_| Fault::Error("lists.range: size must be non-negative".to_string()))?;
            machine.budget.spend(count)?;
            Ok(Value::list(
                (0..count)
                    .filter_map(|number| i64::try_from(number).ok())
                    .map(Value::Int)
                    .collect(),
            ))
        }
        _ => Err(no_overload("lists.range", args)),
    }),
    Function::member("reverse", 1, |_, args| {
        Ok(Value::list(
            items("reverse", args)?.iter().rev().cloned().collect(),
        ))
    }),
    Function::member("distinct", 1, |machine, args| {
        let mut out = Vec::new();
        for item in items("distinct", args)? {
            if contains(&out, item, machine.budget)? != Some(true) {
                out.push(item.clone());
            }
        }
        Ok(Value::list(out))
    }),
    Function::member("first", 1, |_, args| Ok(end(items("first", args)?.first()))),
    Function::member("last", 1, |_, args| Ok(end(items("last", args)?.last()))),
];

fn items<'a>(name: &str, args: &'a [Value]) -> Result<&'a [Value], Fault> {
    match args.first() {
        Some(Value::List(list)) => Ok(&list.items),
        _ => Err(no_overload(name, args)),
    }
}

fn end(item: Option<&Value>) -> Value {
    item.map_or(Value::Optional(None), |item| Value::some(item.clone()))
}

/// Of a list without elements it is 0, whose type is only known to a type checker.
fn sum(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Fault> {
    let mut items = items("sum", args)?.iter().cloned();
    let Some(first) = items.next() else {
        return Ok(Value::Int(0));
    };
    if !matches!(
        first,
        Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Duration(_)
    ) {
        return Err(no_overload("sum", args));
    }
    items.try_fold(first, |sum, item| apply(Operator::Add, sum, item, machine.budget))
}

fn extreme(name: &str, args: &[Value], worse: Ordering) -> Result<Value, Fault> {
    let mut items = items(name, args)?.iter();
    let Some(mut best) = items.next() else {
        return Err(Fault::Error(format!("{name} called on empty list")));
    };
    for item in items {
        match compare(best, item) {
            Some(ordering) if ordering == worse => best = item,
            Some(_) => {}
            None => return Err(no_overload(name, args)),
        }
    }
    Ok(best.clone())
}

fn flatten(
    machine: &mut Machine<'_>,
    items: &[Value],
    depth: i64,
    out: &mut Vec<Value>,
) -> Result<(), Fault> {
    machine.budget.spend(items.len() as u64)?;
    for item in items {
        match item {
            Value::List(inner) if depth > 0 => flatten(machine, &inner.items, depth - 1, out)?,
            item => out.push(item.clone()),
        }
    }
    Ok(())
}

/// Where an element stands in a list, or a text in another.
pub fn index_of(machine: &mut Machine<'_>, args: &[Value], is_last: bool) -> Result<Value, Fault> {
    match args {
        [Value::List(list), wanted] => {
            let (mut found, mut is_open) = (None, false);
            for (index, item) in list.items.iter().enumerate() {
                match equal(item, wanted, machine.budget)? {
                    Some(true) if is_last || found.is_none() => found = Some(index),
                    Some(_) => {}
                    None => is_open = true,
                }
            }
            if is_open {
                return Ok(Value::Unknown);
            }
            let found = found.map_or(Ok(-1), i64::try_from);
            found.map(Value::Int).map_err(|_| overflow())
        }
        [Value::String(text), Value::String(part), offset @ ..] => {
            let offset = match offset {
                [] => None,
                [Value::Int(offset)] => Some(*offset),
                _ => return Err(no_overload("indexOf", args)),
            };
            machine
                .budget
                .spend((text.len() as u64).saturating_mul(1 + part.len() as u64 / 8))?;
            place(text, part, offset, is_last).map(Value::Int)
        }
        _ => Err(no_overload("indexOf", args)),
    }
}
