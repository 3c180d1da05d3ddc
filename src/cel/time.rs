//! Points and spans of time, as Go reads and writes them.

/// Seconds since 1970 in UTC, and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    pub seconds: i64,
    pub nanoseconds: u32,
}

pub const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400;
/// The years 1 to 9999.
const FIRST: i64 = -62_135_596_800;
const LAST: i64 = 253_402_300_799;

/// The parts of a point in time, in UTC.
pub struct Parts {
    pub year: i64,
    /// From 1.
    pub month: i64,
    /// From 1.
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
    /// From Sunday, which is 0.
    pub weekday: i64,
    /// From 0.
    pub day_of_year: i64,
}

/// Days since 1970 of a day in the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl Timestamp {
    /// That many seconds after the beginning of 1970, if CEL has such a time.
    pub fn of_seconds(seconds: i64) -> Option<Timestamp> {
        let nanoseconds = 0;
        (FIRST..=LAST)
            .contains(&seconds)
            .then_some(Timestamp { seconds, nanoseconds })
    }

    /// `2026-01-31`
    pub fn of_day(text: &str) -> Option<Timestamp> {
        let date = crate::ir::Date::parse(text)?;
        let day = days(date.year.into(), date.month.into(), date.day.into());
        Some(Timestamp {
            seconds: day * DAY,
            nanoseconds: 0,
        })
    }

    /// `2026-01-31T12:00:00.5+02:00`
    pub fn parse(text: &str) -> Option<Timestamp> {
        let text = text.to_ascii_uppercase();
        let (day, time) = text.split_once('T')?;
        let day = Timestamp::of_day(day)?;
        let number = |text: &str, most: i64| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            let value = digits.then(|| text.parse::<i64>().ok()).flatten()?;
            (value <= most).then_some(value)
        };
        let (clock, rest) = time.split_at_checked(8)?;
        let mut parts = clock.split(':');
        let (hour, minute, second) = (
            number(parts.next()?, 23)?,
            number(parts.next()?, 59)?,
            number(parts.next()?, 59)?,
        );
        let (nanoseconds, zone) = match rest.strip_prefix(['.', ',']) {
            Some(fraction) => {
                let end = fraction.find(|c: char| !c.is_ascii_digit())?;
                let (digits, zone) = fraction.split_at(end);
                let padded = format!("{digits:0<9}");
                (padded.get(..9)?.parse().ok().filter(|_| end > 0)?, zone)
            }
            None => (0, rest),
        };
        let offset = if zone == "Z" { 0 } else { offset(zone)? };
        let seconds = day.seconds + hour * 3600 + minute * 60 + second - offset;
        (FIRST..=LAST)
            .contains(&seconds)
            .then_some(Timestamp { seconds, nanoseconds })
    }

    /// The time so many nanoseconds later.
    pub fn plus(self, nanoseconds: i64) -> Option<Timestamp> {
        let sum = i128::from(self.seconds) * i128::from(SECOND)
            + i128::from(self.nanoseconds)
            + i128::from(nanoseconds);
        let seconds = i64::try_from(sum.div_euclid(SECOND.into())).ok()?;
        let nanoseconds = u32::try_from(sum.rem_euclid(SECOND.into())).ok()?;
        (FIRST..=LAST)
            .contains(&seconds)
            .then_some(Timestamp { seconds, nanoseconds })
    }

    /// The nanoseconds from another time to this.
    pub fn since(self, other: Timestamp) -> Option<i64> {
        let of =
            |time: Timestamp| i128::from(time.seconds) * i128::from(SECOND) + i128::from(time.nanoseconds);
        i64::try_from(of(self) - of(other)).ok()
    }

    /// Its parts, so many seconds east of Greenwich.
    pub fn parts(self, offset: i64) -> Parts {
        let local = self.seconds + offset;
        let (day, second) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let shifted = day + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let month = (shifted_month + 2) % 12 + 1;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Parts {
            year,
            month,
            day: of_year - (153 * shifted_month + 2) / 5 + 1,
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
            weekday: (day + 4).rem_euclid(7),
            day_of_year: day - days(year, 1, 1),
        }
    }

    /// As `string()` writes it.
    pub fn text(self) -> String {
        let parts = self.parts(0);
        let fraction = match self.nanoseconds {
            0 => String::new(),
            nanoseconds => format!(".{nanoseconds:09}").trim_end_matches('0').to_string(),
        };
        let Parts {
            year,
            month,
            day,
            hour,
            minute,
            second,
            ..
        } = parts;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
    }
}

/// The seconds east of Greenwich of a zone that is written as a difference: `+02:00`, `-3:30`, `UTC`.
pub fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "UTC" | "" | "GMT") {
        return Some(0);
    }
    let (sign, difference) = match zone.strip_prefix('-') {
        Some(difference) => (-1, difference),
        None => (1, zone.strip_prefix('+').unwrap_or(zone)),
    };
    let (hours, minutes) = difference.split_once(':')?;
    let number = |text: &str| {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i64>().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// A span of time as Go reads it: `1h30m`, `-1.5s`, `0`.
pub fn duration(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut sum: i128 = 0;
    while !rest.is_empty() {
        let (number, tail) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, tail) = tail.split_at(end.unwrap_or(tail.len()));
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        sum = sum.checked_add(whole.checked_mul(unit)?)?;
        // More digits than nanoseconds can have change nothing.
        let digits = fraction.get(..fraction.len().min(18))?;
        if !digits.is_empty() {
            let power = 10_i128.checked_pow(u32::try_from(digits.len()).ok()?)?;
            sum += digits.parse::<i128>().ok()? * unit / power;
        }
        rest = tail;
    }
    i64::try_from(sign * sum).ok()
}

/// A span of time as schemas of the format `duration` take it: as Go does, or numbers with units, as `2 days`.
pub fn loose_duration(text: &str) -> Option<i64> {
    if let Some(exact) = duration(text) {
        return Some(exact);
    }
    const UNITS: [(&[&str], &str, i64); 7] = [
        (&["ns"], "nano", 1),
        (&["us", "µs"], "micro", 1_000),
        (&["ms"], "milli", 1_000_000),
        (&["s", "sec"], "sec", SECOND),
        (&["m", "min"], "min", 60 * SECOND),
        (&["h", "hr"], "hour", 3600 * SECOND),
        (&["d"], "day", DAY * SECOND),
    ];
    const WEEK: (&[&str], &str, i64) = (&["w", "wk"], "week", 7 * DAY * SECOND);
    let (mut sum, mut found, mut rest) = (0_i64, false, text);
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let tail = rest.get(start..)?;
        let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let (digits, tail) = tail.split_at(end);
        let tail = tail.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        let end = tail
            .find(|c: char| !c.is_ascii_alphabetic() && c != 'µ')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let unit = unit.to_lowercase();
        for (names, beginning, length) in UNITS.iter().chain([&WEEK]) {
            if names.contains(&&*unit) || unit.starts_with(beginning) {
                found = true;
                sum = digits
                    .parse::<i64>()
                    .ok()?
                    .checked_mul(*length)?
                    .checked_add(sum)?;
            }
        }
        rest = tail;
    }
    found.then_some(sum)
}
