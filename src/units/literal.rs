//! A quantity in policy text → [`Quantity`].
//!
//! `number [space] unit ["/" unit]…`, as in `512Mi`, `60%`, `3/h`, `4_000 USD/month`. A space, and one
//! only, may stand before money, carbon, energy and power.

use super::table::{ONE, UNITS, Unit};
use super::wide::Fraction;
use super::{Base, Dimension, Quantity};
use crate::suggest::nearest;

/// Why a text is no quantity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitError {
    /// What is wrong, as a diagnostic says it.
    pub message: String,
    /// What to write instead, where that can be told.
    pub help: Option<String>,
}

impl UnitError {
    pub(super) fn new(message: impl Into<String>, help: Option<String>) -> UnitError {
        UnitError {
            message: message.into(),
            help,
        }
    }
}

/// Digits beyond these would not fit 128 bits.
const MAXIMUM_DIGITS: usize = 34;

impl Quantity {
    /// The quantity that a literal with a unit says. `m` alone is a thousandth of a core, `k` to `E`
    /// alone are bytes.
    pub fn parse(text: &str) -> Result<Quantity, UnitError> {
        parse(text, false, false)
    }

    /// The quantity that a literal says where one of `dimension` is expected: where things are
    /// counted, `500m` and `10k` are half a thing and ten thousand, and a number may stand alone.
    /// A literal of another dimension is returned as what it is.
    pub fn parse_as(text: &str, dimension: Dimension) -> Result<Quantity, UnitError> {
        let counting = dimension.exponent(Base::Count) > 0;
        parse(text, counting, counting)
    }

    /// One of a unit, for `metric … in ms`: `ms`, `kgCO2e/month`, `/h`.
    pub fn of_unit(name: &str) -> Result<Quantity, UnitError> {
        parse(&format!("1{name}"), false, false)
    }
}

fn parse(text: &str, counting: bool, unit_optional: bool) -> Result<Quantity, UnitError> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let end = unsigned
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_')))
        .unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (mantissa, decimals) = parse_number(text, number)?;
    let (names, spaced) = match suffix.strip_prefix(' ') {
        Some(names) => (names, true),
        None => (suffix, false),
    };
    if names.is_empty() && !unit_optional {
        return Err(UnitError::new(format!("`{text}` has no unit"), None));
    }

    let mut dimension = Dimension::RATIO;
    let mut size = Fraction::new(1, 10_u128.pow(decimals));
    for (index, name) in names.split('/').enumerate() {
        let unit = match (index, name) {
            (0, "") => ONE,
            _ => Unit::of_name(name, counting && index == 0).ok_or_else(|| unknown_unit(text, name))?,
        };
        if index == 0 && spaced && !unit.spaced {
            return Err(UnitError::new(
                format!("a space stands before the unit `{name}`"),
                Some(format!("write `{}{names}`", &text[..text.len() - suffix.len()])),
            ));
        }
        let (combined, factor) = if index == 0 {
            (dimension.times(unit.dimension), unit.size())
        } else {
            (dimension.per(unit.dimension), unit.size().inverse())
        };
        dimension = combined.ok_or_else(|| UnitError::new(format!("`{text}` mixes two currencies"), None))?;
        size = size.times(factor).ok_or_else(|| out_of_range(text))?;
    }
    let scale = Quantity::scale(dimension).and_then(|scale| scale.times(size));
    let nano = scale.ok_or_else(|| out_of_range(text))?.of(mantissa);
    Ok(Quantity::new(if negative { -nano } else { nano }, dimension))
}

/// Mantissa and number of decimals.
fn parse_number(text: &str, number: &str) -> Result<(i128, u32), UnitError> {
    let well_formed = |part: &str| !part.is_empty() && part.split('_').all(|group| !group.is_empty());
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    if !well_formed(whole)
        || fraction.is_some_and(|fraction| !well_formed(fraction) || fraction.contains('.'))
    {
        return Err(UnitError::new(
            format!("`{text}` does not begin with a number"),
            Some("write digits on both sides of a point, as in `1.5Gi`, and `_` only between digits".into()),
        ));
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let decimals = fraction.map_or(0, |fraction| {
        fraction.chars().filter(char::is_ascii_digit).count()
    });
    if digits.len() > MAXIMUM_DIGITS {
        return Err(UnitError::new(
            format!("`{number}` has more than {MAXIMUM_DIGITS} digits"),
            Some("use a larger unit, or fewer decimals".into()),
        ));
    }
    let mantissa = digits.parse().map_err(|_| out_of_range(text))?;
    Ok((mantissa, u32::try_from(decimals).unwrap_or(u32::MAX)))
}

fn out_of_range(text: &str) -> UnitError {
    UnitError::new(format!("`{text}` is out of range"), None)
}

/// Names the mistake where it is a usual one.
fn unknown_unit(text: &str, name: &str) -> UnitError {
    let usual = match name {
        "xx" => {
            return UnitError::new(
                format!("`{text}` is not a quantity"),
                Some(format!("a class of status codes is text: write \"{text}\"")),
            );
        }
        "K" | "KB" | "kB" => Some("k"),
        "MB" => Some("M"),
        "GB" => Some("G"),
        "TB" => Some("T"),
        "KiB" | "KI" | "ki" => Some("Ki"),
        "MiB" | "mi" | "MI" => Some("Mi"),
        "GiB" | "gi" | "GI" | "g" | "gb" => Some("Gi"),
        "TiB" => Some("Ti"),
        "sec" | "secs" | "second" | "seconds" => Some("s"),
        "mins" | "minute" | "minutes" => Some("min"),
        "hr" | "hrs" | "hours" => Some("h"),
        "days" => Some("d"),
        "weeks" => Some("w"),
        "mo" | "months" => Some("month"),
        "yr" | "y" | "years" => Some("year"),
        "percent" => Some("%"),
        "core" | "cores" | "vcpu" | "vCPU" | "CPU" => Some("cpu"),
        "$" | "dollar" | "dollars" | "usd" => Some("USD"),
        "€" | "euro" | "euros" | "eur" => Some("EUR"),
        "£" | "gbp" => Some("GBP"),
        "kWH" | "kwh" | "KWh" => Some("kWh"),
        "gCO2" | "gCO2eq" | "gco2e" => Some("gCO2e"),
        "kgCO2" | "kgCO2eq" | "kgco2e" => Some("kgCO2e"),
        _ => None,
    };
    // A short name is near to too many.
    let near = || {
        (name.len() > 2)
            .then(|| nearest(name, UNITS.iter().map(|unit| unit.name)))
            .flatten()
    };
    let help = match usual.or_else(near) {
        Some(unit) => format!("did you mean `{unit}`?"),
        None => {
            "units are those of Kubernetes (`m`, `Mi`, `G`), `%`, durations (`ms`, `s`, `min`, `h`, `d`), \
                 currencies (`USD`), `kgCO2e`, `kWh` and `W`"
                .into()
        }
    };
    UnitError::new(format!("unknown unit `{name}` in `{text}`"), Some(help))
}
