//! What is asked of points and spans of time.

use super::Function;
use crate::cel::Fault;
use crate::cel::evaluate::no_overload;
use crate::cel::time::{Parts, SECOND, offset};
use crate::cel::value::Value;

pub const FUNCTIONS: &[Function] = &[
    Function::member("getFullYear", 1, |_, args| part(args, |parts| parts.year)).up_to(2),
    Function::member("getMonth", 1, |_, args| part(args, |parts| parts.month - 1)).up_to(2),
    Function::member("getDate", 1, |_, args| part(args, |parts| parts.day)).up_to(2),
    Function::member("getDayOfMonth", 1, |_, args| part(args, |parts| parts.day - 1)).up_to(2),
    Function::member("getDayOfWeek", 1, |_, args| part(args, |parts| parts.weekday)).up_to(2),
    Function::member("getDayOfYear", 1, |_, args| part(args, |parts| parts.day_of_year)).up_to(2),
    Function::member("getHours", 1, |_, args| span(args, 3600, |parts| parts.hour)).up_to(2),
    Function::member("getMinutes", 1, |_, args| span(args, 60, |parts| parts.minute)).up_to(2),
    Function::member("getSeconds", 1, |_, args| span(args, 1, |parts| parts.second)).up_to(2),
    Function::member("getMilliseconds", 1, |_, args| match args {
        [Value::Duration(span)] => Ok(Value::Int(span % SECOND / 1_000_000)),
        [Value::Timestamp(time), ..] => Ok(Value::Int(i64::from(time.nanoseconds) / 1_000_000)),
        _ => Err(no_overload("getMilliseconds", args)),
    })
    .up_to(2),
];

fn part(args: &[Value], part: fn(&Parts) -> i64) -> Result<Value, Fault> {
    let [Value::Timestamp(time), zone @ ..] = args else {
        return Err(no_overload("a part of a time", args));
    };
    let offset = match zone {
        [] => 0,
        // Names of zones stand for rules that change.
        [Value::String(zone)] => {
            offset(zone).ok_or_else(|| Fault::Unsupported(format!("the time zone `{zone}`")))?
        }
        _ => return Err(no_overload("a part of a time", args)),
    };
    Ok(Value::Int(part(&time.parts(offset))))
}

fn span(args: &[Value], seconds: i64, of_time: fn(&Parts) -> i64) -> Result<Value, Fault> {
    match args {
        [Value::Duration(span)] => Ok(Value::Int(span / (seconds * SECOND))),
        _ => part(args, of_time),
    }
}
