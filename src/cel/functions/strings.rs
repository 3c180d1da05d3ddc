//! The library of strings, and that of regular expressions.

use super::Function;
use crate::cel::Fault;
use crate::cel::evaluate::{Machine, no_overload};
use crate::cel::text;
use crate::cel::value::Value;
use std::sync::Arc;

pub const FUNCTIONS: &[Function] = &[
    Function::member("charAt", 2, |_, args| match args {
        [Value::String(text), Value::Int(index)] => {
            let letters: Vec<char> = text.chars().collect();
            let start = within(*index, letters.len())?;
            Ok(Value::string(
                letters.get(start).map(char::to_string).unwrap_or_default(),
            ))
        }
        _ => Err(no_overload("charAt", args)),
    }),
    Function::member("indexOf", 2, |machine, args| {
        super::lists::index_of(machine, args, false)
    })
    .up_to(3),
    Function::member("lastIndexOf", 2, |machine, args| {
        super::lists::index_of(machine, args, true)
    })
    .up_to(3),
    Function::member("join", 1, join).up_to(2),
    Function::member("lowerAscii", 1, |_, args| {
        change("lowerAscii", args, |text| text.to_ascii_lowercase())
    }),
    Function::member("upperAscii", 1, |_, args| {
        change("upperAscii", args, |text| text.to_ascii_uppercase())
    }),
    Function::member("trim", 1, |_, args| {
        change("trim", args, |text| text.trim().to_string())
    }),
    Function::global("strings.quote", 1, |_, args| {
        change("strings.quote", args, text::quoted)
    }),
    Function::member("replace", 3, replace).up_to(4),
    Function::member("split", 2, split).up_to(3),
    Function::member("substring", 2, substring).up_to(3),
    Function::member("find", 2, |machine, args| match args {
        [Value::String(text), Value::String(pattern)] => {
            let found = machine.program.pattern(pattern)?;
            Ok(Value::string(found.find(text).map_or("", |found| found.as_str())))
        }
        _ => Err(no_overload("find", args)),
    }),
    Function::member("findAll", 2, find_all).up_to(3),
    Function::member("format", 2, format),
];

fn within(index: i64, length: usize) -> Result<usize, Fault> {
    let index_in = usize::try_from(index).ok().filter(|index| *index <= length);
    index_in.ok_or_else(|| Fault::Error(format!("index out of range: {index}")))
}

fn change(name: &str, args: &[Value], change: fn(&str) -> String) -> Result<Value, Fault> {
    match args {
        [Value::String(text)] => Ok(Value::string(change(text))),
        _ => Err(no_overload(name, args)),
    }
}

/// Where a text stands in another, in characters; from an offset on, or up to one.
pub fn place(text: &str, part: &str, offset: Option<i64>, is_last: bool) -> Result<i64, Fault> {
    let letters: Vec<char> = text.chars().collect();
    let part: Vec<char> = part.chars().collect();
    let number = |index: usize| i64::try_from(index).unwrap_or(i64::MAX);
    let start = match offset {
        Some(offset) if offset < 0 => return Err(Fault::Error(format!("index out of range: {offset}"))),
        Some(offset) => usize::try_from(offset).unwrap_or(usize::MAX),
        None if is_last => letters.len(),
        None => 0,
    };
    if part.is_empty() {
        return Ok(number(start.min(letters.len())));
    }
    if part.len() > letters.len() || offset.is_some() && start >= letters.len() {
        return Ok(-1);
    }
    let is_there = |index: &usize| letters.get(*index..*index + part.len()) == Some(&part);
    let last = letters.len() - part.len();
    let found = match is_last {
        true => (0..=start.min(last)).rev().find(is_there),
        false => (start..=last).find(is_there),
    };
    Ok(found.map_or(-1, number))
}

fn join(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Fault> {
    let (Some(Value::List(list)), separator) = (args.first(), args.get(1)) else {
        return Err(no_overload("join", args));
    };
    let separator = match separator {
        Some(Value::String(separator)) => separator.clone(),
        None => Arc::from(""),
        _ => return Err(no_overload("join", args)),
    };
    let mut out = String::new();
    for (index, item) in list.items.iter().enumerate() {
        let Value::String(text) = item else {
            return Err(Fault::Error("join: invalid input".to_string()));
        };
        machine
            .budget
            .spend(1 + (text.len() + separator.len()) as u64 / 8)?;
        if index > 0 {
            out.push_str(&separator);
        }
        out.push_str(text);
    }
    Ok(Value::string(out))
}

fn replace(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Fault> {
    let (text, old, new, count) = match args {
        [Value::String(text), Value::String(old), Value::String(new)] => (text, old, new, -1),
        [
            Value::String(text),
            Value::String(old),
            Value::String(new),
            Value::Int(count),
        ] => (text, old, new, *count),
        _ => return Err(no_overload("replace", args)),
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    // What it becomes is paid for before it is made.
    let places = text.matches(&**old).take(count).count() as u64;
    machine
        .budget
        .spend(places.saturating_mul(1 + new.len() as u64 / 8))?;
    Ok(Value::string(text.replacen(&**old, new, count)))
}

fn split(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Fault> {
    let (text, separator, count) = match args {
        [Value::String(text), Value::String(separator)] => (text, separator, -1),
        [Value::String(text), Value::String(separator), Value::Int(count)] => (text, separator, *count),
        _ => return Err(no_overload("split", args)),
    };
    machine.budget.spend(text.len() as u64)?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let string = |part: &str| Value::string(part);
    let parts = match (count, separator.is_empty()) {
        (0, _) => Vec::new(),
        (count, false) => text.splitn(count, &**separator).map(string).collect(),
        // Into its letters, of which the last has the rest.
        (count, true) => {
            let mut parts = Vec::new();
            let mut rest = &**text;
            while let Some(letter) = rest.chars().next() {
                if parts.len() + 1 == count {
                    break;
                }
                let (first, after) = rest.split_at(letter.len_utf8());
                parts.push(string(first));
                rest = after;
            }
            if !rest.is_empty() {
                parts.push(string(rest));
            }
            parts
        }
    };
    Ok(Value::list(parts))
}

fn substring(_: &mut Machine<'_>, args: &[Value]) -> Result<Value, Fault> {
    let (Some(Value::String(text)), Some(Value::Int(start)), end) = (args.first(), args.get(1), args.get(2))
    else {
        return Err(no_overload("substring", args));
    };
    let letters: Vec<char> = text.chars().collect();
    let end = match end {
        Some(Value::Int(end)) if start > end => {
            return Err(Fault::Error(format!(
                "invalid substring range. start: {start}, end: {end}"
            )));
        }
        Some(Value::Int(end)) => Some(*end),
        None => None,
        _ => return Err(no_overload("substring", args)),
    };
    let start = within(*start, letters.len())?;
    let end = match end {
        Some(end) => within(end, letters.len())?,
        None => letters.len(),
    };
    Ok(Value::string(
        letters
            .get(start..end)
            .unwrap_or_default()
            .iter()
            .collect::<String>(),
    ))
}

fn find_all(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Fault> {
    let (text, pattern, count) = match args {
        [Value::String(text), Value::String(pattern)] => (text, pattern, -1),
        [Value::String(text), Value::String(pattern), Value::Int(count)] => (text, pattern, *count),
        _ => return Err(no_overload("findAll", args)),
    };
    machine.budget.spend(text.len() as u64)?;
    let pattern = machine.program.pattern(pattern)?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let found = pattern.find_iter(text).take(count);
    Ok(Value::list(
        found.map(|found| Value::string(found.as_str())).collect(),
    ))
}

fn format(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Fault> {
    let [Value::String(pattern), Value::List(list)] = args else {
        return Err(no_overload("format", args));
    };
    let mut values = list.items.iter();
    let mut out = String::new();
    let mut rest = &**pattern;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let end = after
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(after.len());
        let (precision, after) = after.split_at(end);
        let mut letters = after.chars();
        let Some(verb) = letters.next() else {
            return Err(Fault::Error("a format ends within a clause".to_string()));
        };
        rest = letters.as_str();
        let value = values
            .next()
            .ok_or_else(|| Fault::Error("a format has more clauses than values".to_string()))?;
        let written = clause(verb, precision, value)?;
        machine.budget.spend(1 + written.len() as u64 / 8)?;
        out.push_str(&written);
    }
    out.push_str(rest);
    Ok(Value::string(out))
}

fn clause(verb: char, precision: &str, value: &Value) -> Result<String, Fault> {
    let unsupported = || Fault::Unsupported(format!("`%{precision}{verb}` of a {}", value.type_name()));
    let digits = match precision.strip_prefix('.') {
        Some(digits) => Some(
            digits
                .parse::<usize>()
                .ok()
                .filter(|digits| *digits <= 100)
                .ok_or_else(unsupported)?,
        ),
        None if precision.is_empty() => None,
        None => return Err(unsupported()),
    };
    Ok(match (verb, value, digits) {
        ('s', value, None) => text::formatted(value)?,
        ('d', Value::Int(number), None) => number.to_string(),
        ('d', Value::Uint(number), None) => number.to_string(),
        ('f', Value::Double(number), digits) if number.abs() < 1000.0 => {
            format!("{number:.*}", digits.unwrap_or(6))
        }
        ('b', Value::Int(number), None) if *number >= 0 => format!("{number:b}"),
        ('o', Value::Int(number), None) if *number >= 0 => format!("{number:o}"),
        ('x', Value::Int(number), None) if *number >= 0 => format!("{number:x}"),
        ('X', Value::Int(number), None) if *number >= 0 => format!("{number:X}"),
        ('b', Value::Bool(truth), None) => u8::from(*truth).to_string(),
        ('d', _, None)
        | ('f' | 'e' | 'b' | 'o' | 'x' | 'X', Value::Null | Value::Map(_) | Value::List(_), _) => {
            return Err(Fault::Error(format!(
                "could not format a {} by `%{verb}`",
                value.type_name()
            )));
        }
        _ => return Err(unsupported()),
    })
}
