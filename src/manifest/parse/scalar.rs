//! What a YAML scalar means to Kubernetes.
//!
//! In: the text of a scalar, whether it is plain, and its tag. Out: the value that `kubectl` and the API
//! server see. They read YAML 1.1 as go-yaml resolves it and pass the result on as JSON, in which `yes` has
//! become `true`, `0777` has become 511 and `1e3` has become 1000.

use crate::manifest::Value;

/// A scalar's value, with what is peculiar about it.
#[derive(Debug, PartialEq)]
pub(super) struct Scalar {
    pub value: Value,
    pub peculiarity: Option<Peculiarity>,
}

/// Why readers of a scalar may not agree on it, or refuse it.
#[derive(Debug, PartialEq)]
pub(super) enum Peculiarity {
    /// `yes`, `on`, `n`, …: a boolean to `kubectl`, a string to kustomize and to YAML 1.2.
    OldBoolean,
    /// A whole number that no field of the API can hold.
    OutOfRange,
    /// `.inf` and `.nan`, which JSON lacks.
    NotInJson,
    /// A tag that the text can't satisfy: `!!int x`.
    Unfit {
        /// The tag's short form: `!!int`.
        tag: &'static str,
    },
}

/// A tag as far as it changes how a scalar is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// No tag.
    None,
    /// `!!str`, `!`, and every tag that go-yaml doesn't know: the text stays as it is.
    String,
    Binary,
    Bool,
    Integer,
    Float,
    Null,
    Timestamp,
    Merge,
}

impl Tag {
    /// The tag of a name such as `tag:yaml.org,2002:int`.
    pub(super) fn of(name: &str) -> Tag {
        match name.strip_prefix("tag:yaml.org,2002:") {
            Some("bool") => Tag::Bool,
            Some("int") => Tag::Integer,
            Some("float") => Tag::Float,
            Some("null") => Tag::Null,
            Some("timestamp") => Tag::Timestamp,
            Some("binary") => Tag::Binary,
            Some("merge") => Tag::Merge,
            _ => Tag::String,
        }
    }

    fn short(self) -> &'static str {
        match self {
            Tag::None => "",
            Tag::String => "!!str",
            Tag::Binary => "!!binary",
            Tag::Bool => "!!bool",
            Tag::Integer => "!!int",
            Tag::Float => "!!float",
            Tag::Null => "!!null",
            Tag::Timestamp => "!!timestamp",
            Tag::Merge => "!!merge",
        }
    }
}

/// Resolves a scalar. `plain` is false for quoted and block scalars.
pub(super) fn resolve(text: &str, plain: bool, tag: Tag) -> Scalar {
    let string = || Scalar::plain(Value::String(text.into()));
    let unfit = || Scalar {
        value: Value::String(text.into()),
        peculiarity: Some(Peculiarity::Unfit { tag: tag.short() }),
    };
    match tag {
        Tag::None if plain => implicit(text),
        Tag::Timestamp if !is_timestamp(text) => unfit(),
        Tag::None | Tag::String | Tag::Timestamp | Tag::Merge => string(),
        Tag::Binary => match base64(text) {
            Some(bytes) => Scalar::plain(Value::String(String::from_utf8_lossy(&bytes).into())),
            None => unfit(),
        },
        Tag::Bool | Tag::Integer | Tag::Float | Tag::Null => {
            let found = implicit(text);
            let fits = match (&found.value, tag) {
                (Value::Bool(_), Tag::Bool) | (Value::Null, Tag::Null) => true,
                // `!!int 1.0` is refused although it is whole; `!!float 1` is not.
                (Value::Integer(_), Tag::Integer) => integer(text).is_some(),
                (Value::Integer(_) | Value::Float(_), Tag::Float) => true,
                _ => false,
            };
            if fits { found } else { unfit() }
        }
    }
}

impl Scalar {
    fn plain(value: Value) -> Scalar {
        Scalar {
            value,
            peculiarity: None,
        }
    }
}

fn implicit(text: &str) -> Scalar {
    let Some(first) = text.bytes().next() else {
        return Scalar::plain(Value::Null);
    };
    match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => {
            number(text).unwrap_or_else(|| Scalar::plain(Value::String(text.into())))
        }
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text),
        _ => Scalar::plain(Value::String(text.into())),
    }
}

fn word(text: &str) -> Scalar {
    let old = |value| Scalar {
        value: Value::Bool(value),
        peculiarity: Some(Peculiarity::OldBoolean),
    };
    match text {
        "~" | "null" | "Null" | "NULL" => Scalar::plain(Value::Null),
        "true" | "True" | "TRUE" => Scalar::plain(Value::Bool(true)),
        "false" | "False" | "FALSE" => Scalar::plain(Value::Bool(false)),
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => old(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => old(false),
        _ => Scalar::plain(Value::String(text.into())),
    }
}

/// A number, or `None` where go-yaml sees a string.
fn number(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Scalar {
            value: Value::Float(text.into()),
            peculiarity: Some(Peculiarity::NotInJson),
        });
    }
    if let Some(whole) = integer(text) {
        return Some(match i64::try_from(whole) {
            Ok(fits) => Scalar::plain(Value::Integer(fits.into())),
            Err(_) => out_of_range(whole.to_string().into()),
        });
    }
    // Go's own reader of floats, which gets what begins with a point, wants digits around underscores.
    if text.starts_with('.') && text.contains('_') && !digits_around_underscores(text) {
        return None;
    }
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    if !is_float(&plain) {
        return None;
    }
    let value = float(&plain)?;
    // Digits alone that go-yaml could not hold as an integer have become a float without being one.
    let digits = plain.trim_start_matches(['+', '-']);
    let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    Some(match value {
        Value::Float(text) if whole => out_of_range(text),
        value => Scalar::plain(value),
    })
}

fn digits_around_underscores(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let mut underscores = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_');
    underscores.all(|(at, _)| digit(at.checked_sub(1)) && digit(Some(at + 1)))
}

fn out_of_range(text: Box<str>) -> Scalar {
    Scalar {
        value: Value::Float(text),
        peculiarity: Some(Peculiarity::OutOfRange),
    }
}

/// A decimal number as it arrives after JSON: whole ones as integers, others in their own words, so that
/// nothing is lost. `None` for what overflows.
pub(super) fn float(text: &str) -> Option<Value> {
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    // 2^63; every whole float below it is exact in an `i64`.
    if value.fract() == 0.0 && value.abs() < 9_223_372_036_854_775_808.0 {
        return Some(Value::Integer(value as i128));
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.trim_start_matches('0');
    let zero = if digits.starts_with(|c: char| c.is_ascii_digit()) {
        ""
    } else {
        "0"
    };
    Some(Value::Float(format!("{sign}{zero}{digits}").into()))
}

/// Go's `strconv.ParseInt(text, 0, 64)` and `ParseUint`, behind the removal of underscores.
fn integer(text: &str) -> Option<i128> {
    let plain: String;
    let text = if text.contains('_') {
        plain = text.replace('_', "");
        &plain
    } else {
        text
    };
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    // A second sign is no digit, though `from_str_radix` would take it.
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let value = if negative { -magnitude } else { magnitude };
    let signed = text.starts_with(['+', '-']);
    let limit = if signed {
        i128::from(i64::MAX)
    } else {
        i128::from(u64::MAX)
    };
    (i128::from(i64::MIN)..=limit).contains(&value).then_some(value)
}

/// go-yaml's `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`.
fn is_float(text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = digits(rest);
    let mut rest = &rest[whole..];
    if let Some(behind) = rest.strip_prefix('.') {
        let fraction = digits(behind);
        if whole + fraction == 0 {
            return false;
        }
        rest = &behind[fraction..];
    } else if whole == 0 {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        None => rest.is_empty(),
    }
}

/// Whether a text begins with a day, and a time follows if anything does.
fn is_timestamp(text: &str) -> bool {
    let (day, time) = text.split_at(text.find(['T', 't', ' ']).unwrap_or(text.len()));
    let parts: Vec<&str> = day.split('-').collect();
    let is_number = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_day = matches!(parts.as_slice(), [year, month, day]
        if is_number(year, 4..=4) && is_number(month, 1..=2) && is_number(day, 1..=2));
    is_day && (time.is_empty() || time[1..].trim_start().starts_with(|c: char| c.is_ascii_digit()))
}

/// The key that a number becomes if go-yaml takes it for a float: the shortest decimals that tell it from other
/// floats of 32 bits, with an exponent from the sixth digit on.
pub(super) fn float_key(text: &str) -> Option<String> {
    if integer(text).is_some() {
        return None;
    }
    let value: f64 = text.replace('_', "").parse().ok()?;
    let scientific = format!("{:e}", value as f32);
    let (digits, exponent) = scientific.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    Some(if (-4..6).contains(&exponent) {
        format!("{}", value as f32)
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.abs())
    })
}

/// Standard base64 with padding, line breaks ignored.
fn base64(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    let count = digits.len() / 4;
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    for (index, quad) in digits.chunks_exact(4).enumerate() {
        let padding = quad.iter().rev().take_while(|byte| **byte == b'=').count();
        if padding > 2 || (padding > 0 && index + 1 < count) {
            return None;
        }
        let mut bits = 0u32;
        for byte in quad {
            let digit = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' => 0,
                _ => return None,
            };
            bits = bits << 6 | u32::from(digit);
        }
        // An `=` in front of a digit has counted as padding only if it stands at the end.
        if quad[..4 - padding].contains(&b'=') {
            return None;
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..4 - padding]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integer(value: i128) -> Value {
        Value::Integer(value)
    }

    fn string(text: &str) -> Value {
        Value::String(text.into())
    }

    fn float(text: &str) -> Value {
        Value::Float(text.into())
    }

    #[test]
    fn plain_scalars_mean_what_go_yaml_makes_of_them() {
        let check = |text: &str, expected: Value| {
            assert_eq!(resolve(text, true, Tag::None).value, expected, "{text}");
        };
        check("", Value::Null);
        check("~", Value::Null);
        check("NULL", Value::Null);
        check("nULL", string("nULL"));
        check("TRUE", Value::Bool(true));
        check("tRUE", string("tRUE"));
        check("on", Value::Bool(true));
        check("N", Value::Bool(false));
        check("true#c", string("true#c"));
        for zero in [
            "0", "00", "0x0", "0b0", "0o0", "-0", "+0", "0.0", "0e5", "-0.0", "0.",
        ] {
            check(zero, integer(0));
        }
        check("0777", integer(511));
        check("0o17", integer(15));
        check("-0b11", integer(-3));
        check("0x_1F", integer(31));
        check("089", integer(89));
        check("1_000", integer(1000));
        check("1e3", integer(1000));
        check("80.0", integer(80));
        check("9007199254740993", integer(9_007_199_254_740_993));
        check("-9223372036854775808", integer(i64::MIN.into()));
        check(".5", float("0.5"));
        check("-.5", float("-0.5"));
        check("+1.5", float("1.5"));
        check("1_0.5", float("10.5"));
        check(".1_5", float("0.15"));
        check("._1", string("._1"));
        check("-08.5", float("-8.5"));
        check("1e400", string("1e400"));
        check("1:30", string("1:30"));
        check("0x1p4", string("0x1p4"));
        check("--1", string("--1"));
        check("-", string("-"));
        check(".", string("."));
        check("1.2.3", string("1.2.3"));
        check("1E", string("1E"));
        check("500m", string("500m"));
        check("2020-01-01", string("2020-01-01"));
        check("0x", string("0x"));
        check("<<", string("<<"));
    }

    #[test]
    fn what_readers_do_not_agree_on_is_said() {
        let check = |text: &str, expected: Option<Peculiarity>| {
            assert_eq!(resolve(text, true, Tag::None).peculiarity, expected, "{text}");
        };
        check("yes", Some(Peculiarity::OldBoolean));
        check("true", None);
        check(".inf", Some(Peculiarity::NotInJson));
        check("-.INF", Some(Peculiarity::NotInJson));
        check(".nan", Some(Peculiarity::NotInJson));
        check("18446744073709551615", Some(Peculiarity::OutOfRange));
        check("18446744073709551616", Some(Peculiarity::OutOfRange));
        check("-9223372036854775809", Some(Peculiarity::OutOfRange));
        check("1.8446744073709552e+19", None);
    }

    #[test]
    fn tags_decide_before_the_text_does() {
        let check = |tag, text: &str, plain, expected: Value| {
            let found = resolve(text, plain, tag);
            assert_eq!(
                (found.value, found.peculiarity),
                (expected, None),
                "{tag:?} {text}"
            );
        };
        check(Tag::None, "true", false, string("true"));
        check(Tag::String, "true", true, string("true"));
        check(Tag::String, "", true, string(""));
        check(Tag::Bool, "true", false, Value::Bool(true));
        check(Tag::Integer, "0x10", false, integer(16));
        check(Tag::Float, "1", true, integer(1));
        check(Tag::Null, "", false, Value::Null);
        check(Tag::Binary, "aGVs\nbG8=", true, string("hello"));
        check(Tag::Timestamp, "2020-01-01", true, string("2020-01-01"));
        let unfit = |tag, text: &str| {
            let peculiarity = resolve(text, true, tag).peculiarity;
            assert!(
                matches!(peculiarity, Some(Peculiarity::Unfit { .. })),
                "{tag:?} {text}"
            );
        };
        unfit(Tag::Integer, "x");
        unfit(Tag::Integer, "1.0");
        unfit(Tag::Bool, "1");
        unfit(Tag::Null, "a");
        unfit(Tag::Binary, "aGVsbG8");
        unfit(Tag::Binary, "a===");
        unfit(Tag::Binary, "=aaa");
    }
}
