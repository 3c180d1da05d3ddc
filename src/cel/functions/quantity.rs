//! Quantities of resources: `1.5Gi`, `500m`, `1e3`.

use super::Function;
use super::kubernetes::{Special, special};
use crate::cel::Fault;
use crate::cel::evaluate::{no_overload, overflow};
use crate::cel::value::Value;

const NANO: i128 = 1_000_000_000;
/// What is beyond is cut to it.
const MOST: i128 = i64::MAX as i128 * NANO;

pub const FUNCTIONS: &[Function] = &[
    Function::global("quantity", 1, |_, args| match args {
        [Value::String(text)] => match parse(text) {
            Some(quantity) => Ok(special(Special::Quantity(quantity))),
            None => Err(Fault::Error(
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'".to_string(),
            )),
        },
        _ => Err(no_overload("quantity", args)),
    }),
    Function::global("isQuantity", 1, |_, args| match args {
        [Value::String(text)] => Ok(Value::Bool(parse(text).is_some())),
        _ => Err(no_overload("isQuantity", args)),
    }),
    Function::member("isInteger", 1, |_, args| Ok(Value::Bool(whole(of(args)?).is_some()))),
    Function::member("asInteger", 1, |_, args| match whole(of(args)?) {
        Some(number) => Ok(Value::Int(number)),
        None => Err(Fault::Error("cannot convert value to integer".to_string())),
    }),
    Function::member("asApproximateFloat", 1, |_, args| Ok(Value::Double(of(args)? as f64 / NANO as f64))),
    Function::member("sign", 1, |_, args| Ok(Value::Int(i64::from(of(args)?.signum() as i8)))),
    Function::member("add", 2, |_, args| sum(args, 1)),
    Function::member("sub", 2, |_, args| sum(args, -1)),
];

fn of(args: &[Value]) -> Result<i128, Fault> {
    if let [Value::Special(value)] = args
        && let Special::Quantity(quantity) = **value
    {
        return Ok(quantity);
    }
    Err(no_overload("a function of quantities", args))
}

fn whole(quantity: i128) -> Option<i64> {
    (quantity % NANO == 0).then(|| i64::try_from(quantity / NANO).ok()).flatten()
}

fn sum(args: &[Value], sign: i128) -> Result<Value, Fault> {
    let (first, second) = args.split_at(1);
    let second = match second {
        [Value::Int(number)] => i128::from(*number) * NANO,
        second => of(second)?,
    };
    let sum = of(first)?.checked_add(sign * second).ok_or_else(overflow)?;
    Ok(special(Special::Quantity(sum)))
}

/// Billionths, rounded away from zero as the API does.
fn parse(text: &str) -> Option<i128> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, suffix) = unsigned.split_at(end.unwrap_or(unsigned.len()));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let (two, ten) = match suffix {
        "" => (0, 0),
        "n" => (0, -9),
        "u" => (0, -6),
        "m" => (0, -3),
        "k" => (0, 3),
        "M" => (0, 6),
        "G" => (0, 9),
        "T" => (0, 12),
        "P" => (0, 15),
        "E" => (0, 18),
        "Ki" => (10, 0),
        "Mi" => (20, 0),
        "Gi" => (30, 0),
        "Ti" => (40, 0),
        "Pi" => (50, 0),
        "Ei" => (60, 0),
        suffix => (0, exponent(suffix)?),
    };
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    // The digits times ten to this power are billionths.
    let mut power = ten + 9 - i64::try_from(fraction.len()).ok()?;
    let length = i64::try_from(digits.len()).ok()?;
    if length + power > 30 {
        return Some(sign * MOST);
    }
    if length + power < -30 {
        return Some(sign);
    }
    // More digits than fit only matter by being there.
    let kept = digits.get(..digits.len().min(30))?;
    let cut = digits.get(kept.len()..)?;
    power += i64::try_from(cut.len()).ok()?;
    let mut amount: i128 = kept.parse().ok()?;
    let mut is_more = cut.bytes().any(|digit| digit != b'0');
    if two > 0 {
        let factor = 1_i128 << two;
        amount = match amount.checked_mul(factor) {
            Some(amount) => amount,
            None if power < 0 => amount.checked_div(10_i128.checked_pow(u32::try_from(-power).ok()?)?)?.checked_mul(factor)?,
            None => return Some(sign * MOST),
        };
    }
    if power >= 0 {
        let factor = 10_i128.checked_pow(u32::try_from(power).ok()?);
        amount = factor.and_then(|factor| amount.checked_mul(factor)).unwrap_or(MOST);
    } else {
        let divisor = 10_i128.checked_pow(u32::try_from(-power).ok()?).unwrap_or(i128::MAX);
        is_more |= amount % divisor != 0;
        amount /= divisor;
    }
    Some(sign * (amount + i128::from(is_more)).min(MOST))
}

/// `e3`, `E-3`
fn exponent(suffix: &str) -> Option<i64> {
    let written = suffix.strip_prefix(['e', 'E'])?;
    let digits = written.strip_prefix(['+', '-']).unwrap_or(written);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let value: i64 = is_number.then(|| written.parse().ok()).flatten()?;
    i32::try_from(value).ok().map(i64::from)
}
