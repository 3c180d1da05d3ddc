//! Formats of strings, as the API server checks them.
//!
//! Source: k8s.io/kube-openapi, pkg/validation/strfmt. It is lenient in places, and so is this.

use crate::ir::Date;
use crate::schema::Format;
use std::net::Ipv6Addr;

/// Whether a text is of a format.
pub fn holds(format: Format, text: &str) -> bool {
    match format {
        Format::Int32 => true,
        Format::Byte => is_base64(text),
        Format::Date => Date::parse(text).is_some(),
        Format::DateTime => is_date_time(&text.to_lowercase()),
        Format::Duration => is_go_duration(text) || is_loose_duration(text),
        Format::Ipv4 => text.contains('.') && is_ip(text),
        Format::Ipv6 => text.contains(':') && is_ip(text),
        Format::Cidr => is_cidr(text),
        Format::Uuid => is_uuid(text),
    }
}

/// What a value of a format is, for messages.
pub fn name(format: Format) -> &'static str {
    match format {
        Format::Int32 => "a whole number of 32 bits",
        Format::Byte => "base64",
        Format::Date => "a day, such as `2026-01-31`",
        Format::DateTime => "a day and time, such as `2026-01-31T12:00:00Z`",
        Format::Duration => "a span of time, such as `1h30m`",
        Format::Ipv4 => "an IPv4 address",
        Format::Ipv6 => "an IPv6 address",
        Format::Cidr => "an address range, such as `10.0.0.0/8`",
        Format::Uuid => "a UUID",
    }
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    !body.is_empty()
        && text.len().is_multiple_of(4)
        && padding <= 2
        && body
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))
}

/// The number that a text of exactly so many digits says.
fn digits(text: &str, count: usize) -> Option<u32> {
    let whole = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    whole.then(|| text.parse().ok()).flatten()
}

/// Of a text in lower case.
fn is_date_time(text: &str) -> bool {
    let mut parts = text.split('t');
    let (Some(date), Some(time)) = (parts.next(), parts.next()) else {
        return false;
    };
    Date::parse(date).is_some() && is_time(time).unwrap_or(false)
}

/// `12:00:00.5+02:00`; the fraction may follow any character.
fn is_time(text: &str) -> Option<bool> {
    let clock = text.get(..8)?;
    let parts: Vec<&str> = clock.split(':').collect();
    let &[hour, minute, second] = parts.as_slice() else {
        return Some(false);
    };
    let within = digits(hour, 2)? <= 23 && digits(minute, 2)? <= 59 && digits(second, 2)? <= 59;
    let rest = text.get(8..)?;
    let rest = match rest.strip_suffix('z') {
        Some(rest) => rest,
        None => {
            let at = rest.len().checked_sub(6)?;
            let (rest, zone) = (rest.get(..at)?, rest.get(at..)?);
            let (hours, minutes) = zone.strip_prefix(['+', '-'])?.split_once(':')?;
            digits(hours, 2)?;
            digits(minutes, 2)?;
            rest
        }
    };
    let mut fraction = rest.chars();
    let fraction_holds = match fraction.next() {
        None => true,
        Some(_) => !fraction.as_str().is_empty() && fraction.all(|c| c.is_ascii_digit()),
    };
    Some(within && fraction_holds)
}

/// Go's own: `1h30m`, `-1.5s`, `0`.
fn is_go_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    if rest.is_empty() {
        return false;
    }
    while !rest.is_empty() {
        let unit_at = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(unit_at);
        let end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let counts = number.contains(|c: char| c.is_ascii_digit()) && number.matches('.').count() <= 1;
        if !counts || !matches!(unit, "ns" | "us" | "µs" | "μs" | "ms" | "s" | "m" | "h") {
            return false;
        }
        rest = tail;
    }
    true
}

/// A number with a unit, somewhere: `2 days`.
fn is_loose_duration(text: &str) -> bool {
    const UNITS: [&str; 12] = ["ns", "us", "µs", "ms", "s", "m", "h", "hr", "d", "w", "wk", "sec"];
    const BEGINNINGS: [&str; 8] = ["nano", "micro", "milli", "sec", "min", "hour", "day", "week"];
    let is_unit = |c: char| c.is_ascii_alphabetic() || c == 'µ';
    let mut rest = text;
    let mut found = false;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let tail = rest.get(start..).unwrap_or_default();
        let tail = tail.trim_start_matches(|c: char| c.is_ascii_digit());
        let unit = tail.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        let end = unit.find(|c: char| !is_unit(c)).unwrap_or(unit.len());
        let (unit, after) = unit.split_at(end);
        let unit = unit.to_lowercase();
        found |= UNITS.contains(&&*unit) || BEGINNINGS.iter().any(|beginning| unit.starts_with(beginning));
        rest = if unit.is_empty() { tail } else { after };
    }
    found
}

/// As Kubernetes reads addresses: numbers may begin with zeros.
fn is_ip(text: &str) -> bool {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().is_ok();
    }
    let parts: Vec<&str> = text.split('.').collect();
    let is_byte = |part: &&str| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits && part.trim_start_matches('0').len() <= 3 && part.parse::<u64>().is_ok_and(|byte| byte <= 255)
    };
    parts.len() == 4 && parts.iter().all(is_byte)
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else {
        return false;
    };
    let most = if address.contains(':') { 128 } else { 32 };
    let is_number = !bits.is_empty() && bits.bytes().all(|byte| byte.is_ascii_digit());
    is_ip(address) && is_number && bits.parse::<u32>().is_ok_and(|bits| bits <= most)
}

/// Dashes may be left out.
fn is_uuid(text: &str) -> bool {
    let mut rest = text;
    for (index, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if index > 0 {
            rest = rest.strip_prefix('-').unwrap_or(rest);
        }
        let Some((group, tail)) = rest.split_at_checked(length) else {
            return false;
        };
        if !group.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return false;
        }
        rest = tail;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that are of a format, and texts that are not.
    fn check(format: Format, sound: &[&str], unsound: &[&str]) {
        for text in sound {
            assert!(holds(format, text), "{format:?} {text}");
        }
        for text in unsound {
            assert!(!holds(format, text), "{format:?} {text}");
        }
    }

    #[test]
    fn texts_are_judged_as_the_api_server_judges_them() {
        check(
            Format::Byte,
            &["aGk=", "aGkh", "ag=="],
            &["", "abc", "a===", "a b="],
        );
        check(
            Format::Date,
            &["2024-02-29", "0000-01-01"],
            &["2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "2026-01-00"],
        );
        check(
            Format::DateTime,
            &[
                "2026-01-31T12:00:00Z",
                "2026-01-31t12:00:00.25+02:00",
                "2026-01-31T23:59:59,1z",
            ],
            &[
                "2026-01-31",
                "2026-01-31 12:00:00Z",
                "2026-01-31T24:00:00Z",
                "2026-01-31T12:00:00",
                "2026-01-31T12:00:00.Z",
                "2026-01-31T12:00:00é",
            ],
        );
        check(
            Format::Duration,
            &["1h30m", "-1.5s", "0", "2 days", "1w", "3 HOURS"],
            &["", "5", "h", "1x", "five minutes"],
        );
        check(
            Format::Ipv4,
            &["10.0.0.1", "010.0.0.1", "::ffff:1.2.3.4"],
            &["10.0.0", "256.1.1.1", "::1"],
        );
        check(Format::Ipv6, &["::1", "fe80::1"], &["fe80::1%eth0", "10.0.0.1"]);
        check(
            Format::Cidr,
            &["10.0.0.0/8", "::/0"],
            &["10.0.0.0", "10.0.0.0/33", "::/129"],
        );
        check(
            Format::Uuid,
            &[
                "123e4567-e89b-12d3-a456-426614174000",
                "123E4567E89B12D3A456426614174000",
            ],
            &["123e4567", "123e4567-e89b-12d3-a456-42661417400g"],
        );
    }
}
