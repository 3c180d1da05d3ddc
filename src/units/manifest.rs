//! A quantity in a manifest → [`Quantity`], by the grammar of Kubernetes' `resource.Quantity`.
//!
//! Source: `ParseQuantity` of k8s.io/apimachinery, package `api/resource`.

use super::literal::UnitError;
use super::quantity::NANO;
use super::{Dimension, Quantity};

/// The most that Kubernetes reads from a text with a binary suffix: 2⁶³−1.
const BINARY_CAP: i128 = i64::MAX as i128 * NANO;

/// What a suffix multiplies by: a power of ten or a power of two.
#[derive(Clone, Copy)]
enum Suffix {
    Ten(i32),
    Two(u32),
}

impl Quantity {
    /// The quantity that Kubernetes reads from a string, or from the text of a whole number.
    ///
    /// Finer than a nano-unit is rounded away from zero; with a binary suffix the amount is capped at
    /// 2⁶³−1 as Kubernetes does, otherwise at the ends of `i128` nano-units.
    pub fn of_manifest(text: &str, dimension: Dimension) -> Result<Quantity, UnitError> {
        // Kubernetes trims the JSON text, in which control characters are escaped.
        let trimmed = text.trim_matches(|c: char| c.is_whitespace() && !c.is_control());
        parse(trimmed)
            .map(|nano| Quantity::new(nano, dimension))
            .ok_or_else(|| unreadable(text, trimmed))
    }

    /// The share that Kubernetes reads from a whole number of percent, as in `maxUnavailable: 25%`.
    pub fn of_percent(text: &str) -> Option<Quantity> {
        let digits = text.strip_suffix('%')?;
        let is_number = (1..=18).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        let percent: i128 = is_number.then(|| digits.parse().ok())??;
        Some(Quantity::new(percent * (NANO / 100), Dimension::RATIO))
    }

    /// The time that a text says as Go writes durations, which is how custom resources spell them: `5m`,
    /// `1h30m`, `1.5s`. Source: `ParseDuration` of Go's package `time`.
    pub fn of_go_duration(text: &str) -> Option<Quantity> {
        const UNITS: [(&str, f64); 8] = [
            ("ns", 1.0),
            ("us", 1e3),
            ("µs", 1e3),
            ("μs", 1e3),
            ("ms", 1e6),
            ("s", 1e9),
            ("m", 60e9),
            ("h", 3600e9),
        ];
        if text == "0" {
            return Some(Quantity::new(0, Dimension::DURATION));
        }
        let mut rest = text;
        let mut nanoseconds = 0.0;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, behind) = rest.split_at(end);
            let end = behind
                .find(|c: char| c.is_ascii_digit() || c == '.')
                .unwrap_or(behind.len());
            let (unit, behind) = behind.split_at(end);
            let (_, size) = UNITS.iter().find(|(name, _)| *name == unit)?;
            nanoseconds += number.parse::<f64>().ok()? * size;
            rest = behind;
        }
        // Go holds a duration in 64 bits of nanoseconds.
        let is_held = !text.is_empty() && nanoseconds < i64::MAX as f64;
        is_held.then(|| Quantity::new(nanoseconds.round() as i128, Dimension::DURATION))
    }

    /// The quantity that Kubernetes reads from a number with a fraction or an exponent (`0.5`,
    /// `1e3`), which on its way from YAML to JSON has been a 64-bit float.
    pub fn of_manifest_number(text: &str, dimension: Dimension) -> Result<Quantity, UnitError> {
        match text.replace('_', "").parse::<f64>() {
            Ok(number) if number.is_finite() => Quantity::of_manifest(&number.to_string(), dimension),
            _ => Err(unreadable(text, text)),
        }
    }

    /// As manifests spell it: `250m`, `2`, `512Mi`. `None` for what manifests do not measure, and for
    /// ratios and durations, which have spellings of their own.
    pub fn to_manifest(&self) -> Option<String> {
        let plain = match self.dimension {
            Dimension::MEMORY if self.nano.unsigned_abs() <= BINARY_CAP.unsigned_abs() => {
                // Printed for people, an amount may be rounded.
                let is_exact = |printed: &String| {
                    Quantity::of_manifest(printed, self.dimension).is_ok_and(|read| read.nano == self.nano)
                };
                Some(self.to_string()).filter(is_exact)
            }
            Dimension::CPU | Dimension::COUNT | Dimension::MEMORY => None,
            _ => return None,
        };
        Some(plain.unwrap_or_else(|| {
            [(NANO, ""), (1_000_000, "m"), (1000, "u")]
                .iter()
                .find(|(size, _)| self.nano % size == 0)
                .map_or_else(
                    || format!("{}n", self.nano),
                    |(size, suffix)| format!("{}{suffix}", self.nano / size),
                )
        }))
    }
}

fn parse(text: &str) -> Option<i128> {
    if text.is_empty() {
        return None;
    }
    let (negative, unsigned) = match text.as_bytes()[0] {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let digits_of = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (whole, rest) = unsigned.split_at(digits_of(unsigned));
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits_of(rest)),
        None => ("", rest),
    };
    let suffix = parse_suffix(rest)?;
    if whole.is_empty() && fraction.is_empty() {
        // Kubernetes' short way reads a missing number as 0; its long way, for extreme suffixes, fails.
        return match suffix {
            Suffix::Ten(exponent) => exponent >= -9,
            Suffix::Two(exponent) => exponent <= 40,
        }
        .then_some(0);
    }
    let (multiplier, exponent) = match suffix {
        Suffix::Ten(exponent) => (1, i64::from(exponent)),
        Suffix::Two(exponent) => (1_u64 << exponent, 0),
    };
    let shift = 9 + exponent - i64::try_from(fraction.len()).ok()?;
    let mut nano = scaled(whole.bytes().chain(fraction.bytes()), multiplier, shift);
    if let Suffix::Two(_) = suffix {
        nano = nano.min(BINARY_CAP);
    }
    Some(if negative { -nano } else { nano })
}

fn parse_suffix(suffix: &str) -> Option<Suffix> {
    Some(match suffix {
        "n" => Suffix::Ten(-9),
        "u" => Suffix::Ten(-6),
        "m" => Suffix::Ten(-3),
        "" => Suffix::Ten(0),
        "k" => Suffix::Ten(3),
        "M" => Suffix::Ten(6),
        "G" => Suffix::Ten(9),
        "T" => Suffix::Ten(12),
        "P" => Suffix::Ten(15),
        "E" => Suffix::Ten(18),
        "Ki" => Suffix::Two(10),
        "Mi" => Suffix::Two(20),
        "Gi" => Suffix::Two(30),
        "Ti" => Suffix::Two(40),
        "Pi" => Suffix::Two(50),
        "Ei" => Suffix::Two(60),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            // Kubernetes reads 64 bits and keeps the lower 32.
            #[allow(clippy::cast_possible_truncation)]
            Suffix::Ten(exponent.parse::<i64>().ok()? as i32)
        }
    })
}

/// `digits * multiplier * 10^shift`, rounded up, at most `i128::MAX`.
fn scaled(digits: impl DoubleEndedIterator<Item = u8>, multiplier: u64, shift: i64) -> i128 {
    // The product in decimal digits, the lowest first: dropping some of them is then exact.
    let mut product = Vec::new();
    let mut carry = 0_u128;
    for digit in digits.rev() {
        carry += u128::from(digit - b'0') * u128::from(multiplier);
        product.push(carry % 10);
        carry /= 10;
    }
    while carry > 0 {
        product.push(carry % 10);
        carry /= 10;
    }
    let dropped = usize::try_from(shift.min(0).unsigned_abs())
        .unwrap_or(usize::MAX)
        .min(product.len());
    let (below, above) = product.split_at(dropped);
    let mut value = above.iter().rev().fold(0_i128, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(i128::try_from(*digit).unwrap_or(0))
    });
    if below.iter().any(|digit| *digit > 0) {
        value = value.saturating_add(1);
    }
    // 39 zeros take anything past the end.
    for _ in 0..shift.clamp(0, 39) {
        value = value.saturating_mul(10);
    }
    value
}

fn unreadable(text: &str, trimmed: &str) -> UnitError {
    let number = trimmed.trim_end_matches(|c: char| !(c.is_ascii_digit() || c == '.'));
    let help = match trimmed.get(number.len()..).map(str::trim) {
        Some("K" | "KB" | "kB") => Some("Kubernetes writes 1000 as `k` and 1024 as `Ki`"),
        Some("KI" | "ki" | "mi" | "gi" | "MI" | "GI") => {
            Some("binary suffixes are `Ki`, `Mi`, `Gi`, `Ti`, `Pi`, `Ei`")
        }
        Some("MB" | "MiB" | "GB" | "GiB" | "TB" | "TiB" | "Mb" | "Gb") => {
            Some("leave out the `B`: `512Mi`, `1G`")
        }
        Some("g" | "b" | "B") => Some("suffixes are `n u m k M G T P E` and `Ki Mi Gi Ti Pi Ei`"),
        Some(
            "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei",
        ) => Some("no space may stand between the number and its suffix"),
        _ => None,
    };
    UnitError::new(
        format!("`{text}` is not a quantity that Kubernetes can read"),
        help.map(str::to_string),
    )
}
