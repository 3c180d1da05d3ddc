//! The functions of CEL itself: sizes, conversions, tests of strings, optional values, sets.

use super::Function;
use crate::cel::Fault;
use crate::cel::equality::contains;
use crate::cel::evaluate::{Machine, no_overload, overflow};
use crate::cel::text;
use crate::cel::time::{self, Timestamp};
use crate::cel::value::Value;

pub const FUNCTIONS: &[Function] = &[
    Function::global("size", 1, |_, args| size(args)).shallow(),
    Function::member("size", 1, |_, args| size(args)).shallow(),
    Function::global("type", 1, |_, args| Ok(Value::Type(args[0].type_name()))).shallow(),
    Function::global("int", 1, |_, args| int(args)),
    Function::global("uint", 1, |_, args| uint(args)),
    Function::global("double", 1, |_, args| double(args)),
    Function::global("bool", 1, |_, args| bool(args)),
    Function::global("bytes", 1, |_, args| match args {
        [Value::String(text)] => Ok(Value::Bytes(text.bytes().collect())),
        [Value::Bytes(_)] => Ok(args[0].clone()),
        _ => Err(no_overload("bytes", args)),
    }),
    Function::global("string", 1, |_, args| Ok(Value::string(text::of(&args[0])?))),
    Function::global("duration", 1, |_, args| match args {
        [Value::Duration(_)] => Ok(args[0].clone()),
        [Value::String(text)] => match time::duration(text) {
            Some(span) => Ok(Value::Duration(span)),
            None => Err(conversion("string", "duration")),
        },
        _ => Err(no_overload("duration", args)),
    }),
    Function::global("timestamp", 1, |_, args| match args {
        [Value::Timestamp(_)] => Ok(args[0].clone()),
        [Value::Int(seconds)] => Timestamp::of_seconds(*seconds)
            .map(Value::Timestamp)
            .ok_or_else(overflow),
        [Value::String(text)] => match Timestamp::parse(text) {
            Some(time) => Ok(Value::Timestamp(time)),
            None => Err(conversion("string", "timestamp")),
        },
        _ => Err(no_overload("timestamp", args)),
    }),
    Function::member("contains", 2, |machine, args| {
        // A naive search takes the product of the lengths.
        if let [Value::String(text), Value::String(part)] = args {
            machine.budget.spend((text.len() + part.len()) as u64 / 8)?;
        }
        test("contains", args, |text, part| text.contains(part))
    }),
    Function::member("startsWith", 2, |_, args| {
        test("startsWith", args, |text, part| text.starts_with(part))
    }),
    Function::member("endsWith", 2, |_, args| {
        test("endsWith", args, |text, part| text.ends_with(part))
    }),
    Function::member("matches", 2, matches),
    Function::global("matches", 2, matches),
    Function::global("optional.none", 0, |_, _| Ok(Value::Optional(None))),
    Function::global("optional.of", 1, |_, args| Ok(Value::some(args[0].clone()))).shallow(),
    Function::global("optional.ofNonZeroValue", 1, |_, args| {
        Ok(match args[0].is_zero() {
            true => Value::Optional(None),
            false => Value::some(args[0].clone()),
        })
    })
    .shallow(),
    Function::member("hasValue", 1, |_, args| match args {
        [Value::Optional(value)] => Ok(Value::Bool(value.is_some())),
        _ => Err(no_overload("hasValue", args)),
    })
    .shallow(),
    Function::member("value", 1, |_, args| match args {
        [Value::Optional(Some(value))] => Ok((**value).clone()),
        [Value::Optional(None)] => Err(Fault::Error("optional.none() dereference".to_string())),
        _ => Err(no_overload("value", args)),
    })
    .shallow(),
    Function::member("or", 2, |_, args| match args {
        [first @ Value::Optional(Some(_)), Value::Optional(_)] => Ok(first.clone()),
        [Value::Optional(None), second @ Value::Optional(_)] => Ok(second.clone()),
        _ => Err(no_overload("or", args)),
    })
    .shallow(),
    Function::member("orValue", 2, |_, args| match args {
        [Value::Optional(Some(value)), _] => Ok((**value).clone()),
        [Value::Optional(None), other] => Ok(other.clone()),
        _ => Err(no_overload("orValue", args)),
    })
    .shallow(),
    Function::global("optional.unwrap", 1, |_, args| unwrapped(args)),
    Function::member("unwrapOpt", 1, |_, args| unwrapped(args)),
    Function::global("sets.contains", 2, |machine, args| {
        let (all, some) = sets("sets.contains", args)?;
        Ok(Value::Bool(is_within(machine, some, all)?))
    }),
    Function::global("sets.equivalent", 2, |machine, args| {
        let (a, b) = sets("sets.equivalent", args)?;
        Ok(Value::Bool(
            is_within(machine, a, b)? && is_within(machine, b, a)?,
        ))
    }),
    Function::global("sets.intersects", 2, |machine, args| {
        let (a, b) = sets("sets.intersects", args)?;
        for item in a {
            if contains(b, item, machine.budget)? == Some(true) {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    }),
];

fn conversion(from: &str, to: &str) -> Fault {
    Fault::Error(format!("type conversion error from '{from}' to '{to}'"))
}

fn size(args: &[Value]) -> Result<Value, Fault> {
    let size = match &args[0] {
        Value::String(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.items.len(),
        Value::Map(map) => map.len(),
        _ => return Err(no_overload("size", args)),
    };
    i64::try_from(size).map(Value::Int).map_err(|_| overflow())
}

fn int(args: &[Value]) -> Result<Value, Fault> {
    let number = match &args[0] {
        Value::Int(number) | Value::Duration(number) => Some(*number),
        Value::Uint(number) => i64::try_from(*number).ok(),
        // The bounds themselves are refused too.
        Value::Double(number) => (number.abs() < 9_223_372_036_854_775_807.0).then_some(*number as i64),
        Value::Timestamp(time) => Some(time.seconds),
        Value::String(text) => match text.parse() {
            Ok(number) => Some(number),
            Err(_) => return Err(conversion("string", "int")),
        },
        _ => return Err(no_overload("int", args)),
    };
    number.map(Value::Int).ok_or_else(overflow)
}

fn uint(args: &[Value]) -> Result<Value, Fault> {
    let number = match &args[0] {
        Value::Uint(number) => Some(*number),
        Value::Int(number) => u64::try_from(*number).ok(),
        Value::Double(number) => {
            (*number >= 0.0 && *number < 18_446_744_073_709_551_615.0).then_some(*number as u64)
        }
        Value::String(text) if !text.starts_with('+') => match text.parse() {
            Ok(number) => Some(number),
            Err(_) => return Err(conversion("string", "uint")),
        },
        Value::String(_) => return Err(conversion("string", "uint")),
        _ => return Err(no_overload("uint", args)),
    };
    number.map(Value::Uint).ok_or_else(overflow)
}

fn double(args: &[Value]) -> Result<Value, Fault> {
    let number = match &args[0] {
        Value::Double(number) => *number,
        Value::Int(number) => *number as f64,
        Value::Uint(number) => *number as f64,
        Value::String(text) => text.parse().map_err(|_| conversion("string", "double"))?,
        _ => return Err(no_overload("double", args)),
    };
    Ok(Value::Double(number))
}

fn bool(args: &[Value]) -> Result<Value, Fault> {
    match args {
        [Value::Bool(_)] => Ok(args[0].clone()),
        [Value::String(text)] => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => Err(conversion("string", "bool")),
        },
        _ => Err(no_overload("bool", args)),
    }
}

fn test(name: &str, args: &[Value], test: fn(&str, &str) -> bool) -> Result<Value, Fault> {
    match args {
        [Value::String(text), Value::String(part)] => Ok(Value::Bool(test(text, part))),
        _ => Err(no_overload(name, args)),
    }
}

fn matches(machine: &mut Machine<'_>, args: &[Value]) -> Result<Value, Fault> {
    match args {
        [Value::String(text), Value::String(pattern)] => {
            machine
                .budget
                .spend((text.len() * (1 + pattern.len() / 4)) as u64 / 8)?;
            Ok(Value::Bool(machine.program.pattern(pattern)?.is_match(text)))
        }
        _ => Err(no_overload("matches", args)),
    }
}

fn unwrapped(args: &[Value]) -> Result<Value, Fault> {
    let [Value::List(list)] = args else {
        return Err(no_overload("unwrapOpt", args));
    };
    let mut items = Vec::new();
    for item in &list.items {
        match item {
            Value::Optional(value) => items.extend(value.as_deref().cloned()),
            _ => return Err(no_overload("unwrapOpt", args)),
        }
    }
    Ok(Value::list(items))
}

fn sets<'a>(name: &str, args: &'a [Value]) -> Result<(&'a [Value], &'a [Value]), Fault> {
    match args {
        [Value::List(a), Value::List(b)] => Ok((&a.items, &b.items)),
        _ => Err(no_overload(name, args)),
    }
}

fn is_within(machine: &mut Machine<'_>, some: &[Value], all: &[Value]) -> Result<bool, Fault> {
    for item in some {
        if contains(all, item, machine.budget)? != Some(true) {
            return Ok(false);
        }
    }
    Ok(true)
}
