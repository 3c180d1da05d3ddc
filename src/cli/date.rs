//! Days: what `--today` says, and what the clock says.

use crate::ir::Date;
use std::time::{SystemTime, UNIX_EPOCH};

/// The day of today in UTC.
pub fn today() -> Date {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |passed| passed.as_secs());
    of_day(seconds / 86_400)
}

/// The date that many days after 1 January 1970: the years, then the months, that fit into them.
fn of_day(mut days: u64) -> Date {
    let mut year = 1970;
    while days >= u64::from(days_of_year(year)) && year < u16::MAX {
        days -= u64::from(days_of_year(year));
        year += 1;
    }
    let mut month = 1;
    while days >= u64::from(days_of_month(year, month)) && month < 12 {
        days -= u64::from(days_of_month(year, month));
        month += 1;
    }
    Date {
        year,
        month,
        day: (days + 1).min(31) as u8,
    }
}

/// A date as `YYYY-MM-DD`.
pub fn parse(text: &str) -> Result<Date, String> {
    let wrong = || "expected a day as YYYY-MM-DD".to_string();
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return Err(wrong());
    };
    if year.len() != 4 || month.len() != 2 || day.len() != 2 {
        return Err(wrong());
    }
    let date = Date {
        year: year.parse().map_err(|_| wrong())?,
        month: month.parse().map_err(|_| wrong())?,
        day: day.parse().map_err(|_| wrong())?,
    };
    if !(1..=12).contains(&date.month) || !(1..=days_of_month(date.year, date.month)).contains(&date.day) {
        return Err(format!("there is no day {text}"));
    }
    Ok(date)
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_year(year: u16) -> u16 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_since_1970_are_dates() {
        let check = |day, text| assert_eq!(parse(text), Ok(of_day(day)));
        check(0, "1970-01-01");
        check(59, "1970-03-01");
        check(11_016, "2000-02-29");
        check(20_543, "2026-03-31");
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "today",
            "2026-01-00",
            "1.1.2026",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
