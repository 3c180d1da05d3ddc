//! Values that are known when a policy is compiled.

use super::pattern::normalise_pattern;
use super::{Parameter, Type};
use crate::units::{Dimension, Quantity};
use serde_json::Value;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// Billionths in one: the scale of decimal numbers.
pub const DECIMAL_SCALE: i128 = 1_000_000_000;

/// A value without a place in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    /// A condition.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// An exact decimal number, in billionths.
    Decimal(i128),
    /// Text, an image or a regular expression.
    String(Arc<str>),
    /// A quantity.
    Quantity(Quantity),
    /// A list.
    List(Vec<Constant>),
    /// A map, in the order of the text.
    Map(Vec<(Arc<str>, Constant)>),
    /// Both ends are included.
    Range(Box<Constant>, Box<Constant>),
}

impl Constant {
    /// The value of a type that a JSON value stands for, as `--param RULE.NAME=JSON` and
    /// configuration give it. Quantities are strings with a unit, ranges lists of two.
    ///
    /// The error says what was expected and what was found.
    pub fn from_json(ty: &Type, value: &Value) -> Result<Constant, String> {
        let wrong = |expected: &str| Err(format!("expected {expected}, found `{value}`"));
        match (ty, value) {
            (Type::Bool, Value::Bool(truth)) => Ok(Constant::Bool(*truth)),
            (Type::Bool, _) => wrong("`true` or `false`"),
            (Type::Int, Value::Number(number)) if number.is_i64() || number.is_u64() => number
                .to_string()
                .parse()
                .map(Constant::Int)
                .or_else(|_| wrong("a whole number")),
            (Type::Int, _) => wrong("a whole number"),
            (Type::Decimal, Value::Number(number)) => match parse_decimal(&number.to_string()) {
                Some(billionths) => Ok(Constant::Decimal(billionths)),
                None => wrong("a number of at most nine decimals"),
            },
            (Type::Decimal, _) => wrong("a number"),
            (Type::String | Type::Image, Value::String(text)) => Ok(Constant::String(text.as_str().into())),
            (Type::String | Type::Image, _) => wrong("a string"),
            (Type::Regex, Value::String(text)) => normalise_pattern(text)
                .map(|pattern| Constant::String(pattern.into()))
                .map_err(|fault| fault.message),
            (Type::Regex, _) => wrong("a regular expression as a string"),
            (Type::Quantity(dimension), Value::String(text)) => {
                let quantity = match dimension {
                    Some(dimension) => Quantity::parse_as(text, *dimension)
                        .or_else(|error| plain_amount(text, *dimension).ok_or(error)),
                    None => Quantity::parse(text),
                };
                match quantity {
                    Ok(quantity) if dimension.is_none_or(|wanted| wanted == quantity.dimension) => {
                        Ok(Constant::Quantity(quantity))
                    }
                    Ok(quantity) => Err(format!(
                        "expected {}, found {} in `{text}`",
                        dimension.map_or(String::new(), |wanted| wanted.to_string()),
                        quantity.dimension
                    )),
                    Err(error) => Err(error.message),
                }
            }
            (Type::Quantity(Some(dimension)), Value::Number(number)) => {
                let text = number.to_string();
                let quantity = Quantity::parse_as(&text, *dimension).ok();
                match quantity.or_else(|| plain_amount(&text, *dimension)) {
                    Some(quantity) if quantity.dimension == *dimension => Ok(Constant::Quantity(quantity)),
                    _ => wrong(&format!("{dimension} with its unit, as a string")),
                }
            }
            (Type::Quantity(_), _) => wrong("a quantity as a string"),
            (Type::List(element), Value::Array(values)) => values
                .iter()
                .map(|value| Constant::from_json(element, value))
                .collect::<Result<_, _>>()
                .map(Constant::List),
            (Type::List(_), _) => wrong("a list"),
            (Type::Map(element), Value::Object(entries)) => entries
                .iter()
                .map(|(key, value)| Ok((key.as_str().into(), Constant::from_json(element, value)?)))
                .collect::<Result<_, String>>()
                .map(Constant::Map),
            (Type::Map(_), _) => wrong("a map"),
            (Type::Range(bound), Value::Array(values)) => match values.as_slice() {
                [low, high] => Ok(Constant::Range(
                    Box::new(Constant::from_json(bound, low)?),
                    Box::new(Constant::from_json(bound, high)?),
                )),
                _ => wrong("a list of the lowest and the highest"),
            },
            (Type::Range(_), _) => wrong("a list of the lowest and the highest"),
            _ => Err("the parameter's type takes no value".to_owned()),
        }
    }

    /// The JSON that [`Constant::from_json`] reads as this value.
    pub fn to_json(&self) -> Value {
        match self {
            Constant::Bool(truth) => Value::Bool(*truth),
            Constant::Int(number) => {
                i64::try_from(*number).map_or_else(|_| number.to_string().into(), Value::from)
            }
            Constant::Decimal(_) => self
                .to_string()
                .parse::<serde_json::Number>()
                .map_or_else(|_| Value::String(self.to_string()), Value::Number),
            Constant::String(text) => Value::String(text.to_string()),
            Constant::Quantity(quantity) => Value::String(quantity.to_string()),
            Constant::List(values) => values.iter().map(Constant::to_json).collect(),
            Constant::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_json()))
                .collect(),
            Constant::Range(low, high) => Value::Array(vec![low.to_json(), high.to_json()]),
        }
    }

    /// Compares numbers and quantities of one kind.
    pub fn compare(&self, other: &Constant) -> Option<Ordering> {
        match (self, other) {
            (Constant::Int(a), Constant::Int(b)) | (Constant::Decimal(a), Constant::Decimal(b)) => {
                Some(a.cmp(b))
            }
            (Constant::Quantity(a), Constant::Quantity(b)) => a.partial_cmp(b),
            _ => None,
        }
    }

    /// Whether a parameter that allows `allowed` (a range, or a list of values) may have this value. A
    /// list is allowed if each of its elements is.
    pub fn is_allowed_by(&self, allowed: &Constant) -> bool {
        match (self, allowed) {
            (Constant::List(values), _) => values.iter().all(|value| value.is_allowed_by(allowed)),
            (_, Constant::List(choices)) => choices.contains(self),
            (_, Constant::Range(low, high)) => {
                low.compare(self).is_some_and(Ordering::is_le)
                    && self.compare(high).is_some_and(Ordering::is_le)
            }
            _ => false,
        }
    }
}

impl Parameter {
    /// The value that a JSON value stands for, if the parameter may have it.
    pub fn read(&self, value: &Value) -> Result<Constant, String> {
        let constant = Constant::from_json(&self.ty, value)?;
        match &self.allowed {
            Some(allowed) if !constant.is_allowed_by(allowed) => {
                Err(format!("`{value}` is not among the values allowed: {allowed}"))
            }
            _ => Ok(constant),
        }
    }
}

/// The billionths of a decimal number such as `-1.5`; `None` if it has more than nine decimals, an
/// exponent, or does not fit.
pub fn parse_decimal(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !numeric(whole) || !numeric(fraction) || fraction.len() > 9 {
        return None;
    }
    let whole: i128 = whole.parse().ok()?;
    let billionths: i128 = format!("{fraction:0<9}").parse().ok()?;
    let value = whole.checked_mul(DECIMAL_SCALE)?.checked_add(billionths)?;
    Some(if negative { -value } else { value })
}

/// As a policy writes it.
impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constant::Bool(truth) => write!(f, "{truth}"),
            Constant::Int(number) => write!(f, "{number}"),
            Constant::Decimal(billionths) => {
                let sign = if *billionths < 0 { "-" } else { "" };
                let magnitude = billionths.unsigned_abs();
                let scale = DECIMAL_SCALE.unsigned_abs();
                let fraction = format!("{:09}", magnitude % scale);
                let fraction = fraction.trim_end_matches('0');
                let fraction = if fraction.is_empty() { "0" } else { fraction };
                write!(f, "{sign}{}.{fraction}", magnitude / scale)
            }
            Constant::String(text) => write!(f, "{text:?}"),
            Constant::Quantity(quantity) => write!(f, "{quantity}"),
            Constant::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Constant::Map(entries) => {
                f.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key:?}: {value}", if index > 0 { ", " } else { " " })?;
                }
                f.write_str(" }")
            }
            Constant::Range(low, high) => write!(f, "{low}..{high}"),
        }
    }
}

/// An amount without a unit, where that leaves no doubt: cores are counted in manifests too, and nothing is
/// nothing in any unit.
fn plain_amount(text: &str, dimension: Dimension) -> Option<Quantity> {
    let read = match text.contains(['.', 'e', 'E']) {
        true => Quantity::of_manifest_number(text, dimension),
        false => Quantity::of_manifest(text, dimension),
    };
    read.ok()
        .filter(|read| dimension == Dimension::CPU || dimension == Dimension::MEMORY && read.nano == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Dimension;

    fn check(ty: Type, json: &str) -> String {
        let value = serde_json::from_str(json).unwrap();
        match Constant::from_json(&ty, &value) {
            Ok(constant) => constant.to_string(),
            Err(message) => message,
        }
    }

    #[test]
    fn json_becomes_a_constant_of_the_type() {
        assert_eq!(check(Type::Int, "20"), "20");
        assert_eq!(check(Type::Int, "20.5"), "expected a whole number, found `20.5`");
        assert_eq!(check(Type::Decimal, "-1.25"), "-1.25");
        assert_eq!(
            check(Type::Quantity(Some(Dimension::MEMORY)), "\"512Mi\""),
            "512Mi"
        );
        assert_eq!(
            check(Type::Quantity(Some(Dimension::MEMORY)), "\"500m\""),
            "expected memory, found CPU in `500m`"
        );
        assert_eq!(check(Type::Quantity(Some(Dimension::COUNT)), "3"), "3");
        assert_eq!(
            check(Type::List(Box::new(Type::String)), r#"["a", "b"]"#),
            r#"["a", "b"]"#
        );
        assert_eq!(
            check(Type::List(Box::new(Type::String)), r#"["a", 1]"#),
            "expected a string, found `1`"
        );
        assert_eq!(check(Type::Range(Box::new(Type::Int)), "[1, 5]"), "1..5");
        assert_eq!(check(Type::Regex, r#""\\d+""#), "\"[0-9]+\"");
    }

    #[test]
    fn a_constant_and_its_json_mean_the_same() {
        let text = |text: &str| Constant::String(text.into());
        let cases = [
            (Type::Bool, Constant::Bool(true)),
            (Type::Int, Constant::Int(-7)),
            (Type::Decimal, Constant::Decimal(1_500_000_000)),
            (
                Type::List(Box::new(Type::String)),
                Constant::List(vec![text("a"), text("b")]),
            ),
            (
                Type::Range(Box::new(Type::Int)),
                Constant::Range(Box::new(Constant::Int(1)), Box::new(Constant::Int(5))),
            ),
        ];
        for (ty, constant) in cases {
            assert_eq!(Constant::from_json(&ty, &constant.to_json()), Ok(constant));
        }
    }

    #[test]
    fn allowed_values_are_ranges_or_lists() {
        let range = Constant::Range(Box::new(Constant::Int(1)), Box::new(Constant::Int(5)));
        assert!(Constant::Int(5).is_allowed_by(&range));
        assert!(!Constant::Int(6).is_allowed_by(&range));
        let choices = Constant::List(vec![Constant::String("a".into()), Constant::String("b".into())]);
        assert!(Constant::List(vec![Constant::String("a".into())]).is_allowed_by(&choices));
        assert!(!Constant::String("c".into()).is_allowed_by(&choices));
    }
}
