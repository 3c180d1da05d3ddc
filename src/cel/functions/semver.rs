//! Versions as semver.org has them.

use super::Function;
use super::kubernetes::{Special, special};
use crate::cel::Fault;
use crate::cel::evaluate::{no_overload, overflow};
use crate::cel::value::Value;
use std::cmp::Ordering;
use std::sync::Arc;

/// A version; what stands behind `+` says nothing about its order.
#[derive(Debug, Clone)]
pub struct Version {
    numbers: [u64; 3],
    /// What stands behind `-`, between dots.
    before: Arc<[Part]>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(u64),
    Text(Arc<str>),
}

impl Version {
    /// Which comes first.
    pub fn compare(&self, other: &Version) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| {
            match (self.before.is_empty(), other.before.is_empty()) {
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                _ => self.before.cmp(&other.before),
            }
        })
    }
}

pub const FUNCTIONS: &[Function] = &[
    Function::global("semver", 1, |_, args| match parse(args)? {
        Some(version) => Ok(special(Special::Version(version))),
        None => Err(Fault::Error("Invalid version".to_string())),
    })
    .up_to(2),
    Function::global("isSemver", 1, |_, args| Ok(Value::Bool(parse(args)?.is_some()))).up_to(2),
    Function::member("major", 1, |_, args| number(args, 0)),
    Function::member("minor", 1, |_, args| number(args, 1)),
    Function::member("patch", 1, |_, args| number(args, 2)),
];

fn number(args: &[Value], place: usize) -> Result<Value, Fault> {
    if let [Value::Special(value)] = args
        && let Special::Version(version) = &**value
    {
        let number = version.numbers.get(place).copied().unwrap_or_default();
        return i64::try_from(number).map(Value::Int).map_err(|_| overflow());
    }
    Err(no_overload("a function of versions", args))
}

fn parse(args: &[Value]) -> Result<Option<Version>, Fault> {
    match args {
        [Value::String(text)] | [Value::String(text), Value::Bool(false)] => Ok(strict(text)),
        [Value::String(text), Value::Bool(true)] => Ok(normal(text).and_then(|text| strict(&text))),
        _ => Err(no_overload("semver", args)),
    }
}

/// Without a leading `v` and leading zeros, with three numbers.
fn normal(text: &str) -> Option<String> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let mut parts: Vec<String> = text.splitn(3, '.').map(str::to_string).collect();
    for part in &mut parts {
        if part.len() > 1 {
            let trimmed = part.trim_start_matches('0');
            *part = match trimmed.starts_with(|c: char| c.is_ascii_digit()) {
                true => trimmed.to_string(),
                false => format!("0{trimmed}"),
            };
        }
    }
    if parts.len() < 3 {
        if parts.last()?.contains(['+', '-']) {
            return None;
        }
        parts.resize(3, "0".to_string());
    }
    Some(parts.join("."))
}

fn whole(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let has_zero = text.len() > 1 && text.starts_with('0');
    (is_number && !has_zero).then(|| text.parse().ok()).flatten()
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn strict(text: &str) -> Option<Version> {
    let (text, build) = match text.split_once('+') {
        Some((text, build)) => (text, Some(build)),
        None => (text, None),
    };
    if build.is_some_and(|build| !build.split('.').all(is_word)) {
        return None;
    }
    let (core, before) = match text.split_once('-') {
        Some((core, before)) => (core, Some(before)),
        None => (text, None),
    };
    let mut numbers = core.split('.').map(whole);
    let numbers = match [numbers.next(), numbers.next(), numbers.next(), numbers.next()] {
        [Some(major), Some(minor), Some(patch), None] => [major?, minor?, patch?],
        _ => return None,
    };
    let mut parts = Vec::new();
    for part in before.into_iter().flat_map(|before| before.split('.')) {
        let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        parts.push(match is_number {
            true => Part::Number(whole(part)?),
            false if is_word(part) => Part::Text(part.into()),
            false => return None,
        });
    }
    Some(Version {
        numbers,
        before: parts.into(),
    })
}
