//! Quantities of resources: `1.5Gi`, `500m`, `1e3`.
//!
//! Source: k8s.io/apimachinery, pkg/api/resource. What it makes of a quantity as a whole number depends on how the
//! quantity was written, and so it does here: `1000m` is none.

use super::Function;
use super::kubernetes::{Special, special};
use crate::cel::Fault;
use crate::cel::evaluate::no_overload;
use crate::cel::value::Value;

const NANO: i128 = 1_000_000_000;
/// What is beyond with a binary suffix is cut to it.
const MOST: i128 = i64::MAX as i128 * NANO;

/// A quantity.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    /// In billionths.
    pub nano: i128,
    /// As a whole number and the power of ten that it is multiplied by, if Kubernetes keeps it so.
    kept: Option<(i64, i32)>,
}

/// What a text is.
enum Reading {
    No,
    /// A quantity that is too large to calculate with.
    Beyond,
    Quantity(Quantity),
}

pub const FUNCTIONS: &[Function] = &[
    Function::global("quantity", 1, |_, args| match args {
        [Value::String(text)] => match read(text) {
            Reading::Quantity(quantity) => Ok(special(Special::Quantity(quantity))),
            Reading::Beyond => Err(beyond()),
            Reading::No => Err(Fault::Error(
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                    .to_string(),
            )),
        },
        _ => Err(no_overload("quantity", args)),
    }),
    Function::global("isQuantity", 1, |_, args| match args {
        [Value::String(text)] => Ok(Value::Bool(!matches!(read(text), Reading::No))),
        _ => Err(no_overload("isQuantity", args)),
    }),
    Function::member("isInteger", 1, |_, args| {
        Ok(Value::Bool(of(args)?.whole().is_some()))
    }),
    Function::member("asInteger", 1, |_, args| match of(args)?.whole() {
        Some(number) => Ok(Value::Int(number)),
        None => Err(Fault::Error("cannot convert value to integer".to_string())),
    }),
    Function::member("asApproximateFloat", 1, |_, args| {
        Ok(Value::Double(of(args)?.nano as f64 / NANO as f64))
    }),
    Function::global("sign", 1, |_, args| {
        Ok(Value::Int(i64::from(of(args)?.nano.signum() as i8)))
    }),
    Function::member("add", 2, |_, args| sum(args, 1)),
    Function::member("sub", 2, |_, args| sum(args, -1)),
];

fn beyond() -> Fault {
    Fault::Unsupported("a quantity of more than 28 digits".to_string())
}

fn of(args: &[Value]) -> Result<Quantity, Fault> {
    if let [Value::Special(value)] = args
        && let Special::Quantity(quantity) = **value
    {
        return Ok(quantity);
    }
    Err(no_overload("a function of quantities", args))
}

impl Quantity {
    fn of_whole(number: i64) -> Quantity {
        Quantity {
            nano: i128::from(number) * NANO,
            kept: Some((number, 0)),
        }
    }

    fn whole(self) -> Option<i64> {
        let (number, scale) = self.kept?;
        scaled(number, scale)
    }
}

/// The number times ten to a power that is not negative.
fn scaled(number: i64, power: i32) -> Option<i64> {
    number.checked_mul(10_i64.checked_pow(u32::try_from(power).ok()?)?)
}

fn sum(args: &[Value], sign: i64) -> Result<Value, Fault> {
    let (first, second) = args.split_at(1);
    let first = of(first)?;
    let second = match second {
        [Value::Int(number)] => Quantity::of_whole(*number),
        second => of(second)?,
    };
    let nano = first
        .nano
        .checked_add(i128::from(sign) * second.nano)
        .ok_or_else(beyond)?;
    let kept = first
        .kept
        .zip(second.kept)
        .and_then(|((a, a_scale), (b, b_scale))| {
            let b = b.checked_mul(sign)?;
            Some(match (a, b) {
                (_, 0) => (a, a_scale),
                (0, _) => (b, b_scale),
                _ => {
                    let scale = a_scale.min(b_scale);
                    (
                        scaled(a, a_scale - scale)?.checked_add(scaled(b, b_scale - scale)?)?,
                        scale,
                    )
                }
            })
        });
    Ok(special(Special::Quantity(Quantity { nano, kept })))
}

fn read(text: &str) -> Reading {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if text.is_empty() {
        return Reading::No;
    }
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = unsigned.split_at(digits(unsigned));
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits(rest)),
        None => ("", rest),
    };
    let Some((two, ten)) = powers(suffix) else {
        return Reading::No;
    };
    // Digits are not necessary, and zeros in front don't count.
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let Some(nano) = nanos(&format!("{whole}{fraction}"), fraction.len(), two, ten) else {
        return Reading::Beyond;
    };
    let kept =
        kept(whole, fraction, two, ten).and_then(|(number, scale)| Some((number.checked_mul(sign)?, scale)));
    let nano = i128::from(sign) * nano;
    Reading::Quantity(Quantity { nano, kept })
}

/// The powers of two and of ten that a suffix stands for; that of two is absent in decimal ones.
fn powers(suffix: &str) -> Option<(Option<u32>, i32)> {
    let binary = |power| Some((Some(power), 0));
    let decimal = |power| Some((None, power));
    match suffix {
        "" => decimal(0),
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(10),
        "Mi" => binary(20),
        "Gi" => binary(30),
        "Ti" => binary(40),
        "Pi" => binary(50),
        "Ei" => binary(60),
        suffix => {
            let written = suffix.strip_prefix(['e', 'E'])?;
            let digits = written.strip_prefix(['+', '-']).unwrap_or(written);
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number
                .then(|| written.parse().ok())
                .flatten()
                .and_then(decimal)
        }
    }
}

/// Billionths, rounded up; `None` if there are too many.
fn nanos(digits: &str, places: usize, two: Option<u32>, ten: i32) -> Option<i128> {
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let length = i64::try_from(digits.len()).ok()?;
    let mut power = i64::from(ten) + 9 - i64::try_from(places).ok()?;
    // Far less than a billionth is one.
    if length + power < -20 {
        return Some(1);
    }
    // What is cut off only matters by being there.
    let kept = digits.get(..digits.len().min(28)).unwrap_or(digits);
    let cut = digits.get(kept.len()..).unwrap_or_default();
    power += i64::try_from(cut.len()).ok()?;
    let mut is_more = cut.bytes().any(|digit| digit != b'0');
    let mut amount: i128 = kept.parse().ok()?;
    let most = |amount: Option<i128>| {
        if two.is_some() {
            amount.or(Some(MOST))
        } else {
            amount
        }
    };
    if let Some(two) = two {
        amount = match amount.checked_mul(1_i128 << two) {
            Some(amount) => amount,
            None => return most(None),
        };
    }
    let factor = u32::try_from(power.abs())
        .ok()
        .and_then(|power| 10_i128.checked_pow(power));
    if power >= 0 {
        amount = most(factor.and_then(|factor| amount.checked_mul(factor)))?;
    } else {
        let divisor = factor.unwrap_or(i128::MAX);
        is_more |= amount % divisor != 0;
        amount /= divisor;
    }
    amount += i128::from(is_more);
    Some(if two.is_some() { amount.min(MOST) } else { amount })
}

/// As Kubernetes keeps what it needs no great numbers for.
fn kept(whole: &str, fraction: &str, two: Option<u32>, ten: i32) -> Option<(i64, i32)> {
    let digits = u32::try_from(whole.len() + fraction.len()).ok()?;
    let (mantissa, room) = match two {
        None => (1, 18),
        Some(two) if fraction.is_empty() => (1_i64 << two, 14_u32.checked_sub(two * 3 / 10)?),
        Some(_) => return None,
    };
    let scale = ten.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    if digits > room || scale < -9 {
        return None;
    }
    let number: i64 = format!("{whole}{fraction}").parse().ok()?;
    Some((number.checked_mul(mantissa)?, scale))
}
