//! Days and hours: `weekdays 08:00..20:00 "Europe/Berlin"`.

use super::Build;
use crate::codes::Code;
use crate::ir;
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::ast;

/// The words for days, with their numbers from Monday.
const DAYS: [(&str, &[u8]); 17] = [
    ("weekdays", &[1, 2, 3, 4, 5]),
    ("weekends", &[6, 7]),
    ("daily", &[1, 2, 3, 4, 5, 6, 7]),
    ("mon", &[1]),
    ("tue", &[2]),
    ("wed", &[3]),
    ("thu", &[4]),
    ("fri", &[5]),
    ("sat", &[6]),
    ("sun", &[7]),
    ("monday", &[1]),
    ("tuesday", &[2]),
    ("wednesday", &[3]),
    ("thursday", &[4]),
    ("friday", &[5]),
    ("saturday", &[6]),
    ("sunday", &[7]),
];

/// The areas of the IANA time zone database whose names have a second part.
const AREAS: [&str; 11] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Etc",
    "Europe",
    "Indian",
    "Pacific",
];

impl Build<'_, '_, '_> {
    pub(super) fn schedule(&mut self, schedule: &ast::Schedule, span: Span) -> Option<ir::Schedule> {
        let days = self.days(&schedule.days);
        let start = self.time(&schedule.start);
        let end = self.time(&schedule.end);
        let is_zone = self.check_zone(&schedule.time_zone);
        if start && end && schedule.start.text == schedule.end.text {
            self.report(
                Code::E0441,
                schedule.start.span.to(schedule.end.span),
                "the hours end where they start",
                "write `00:00..24:00` for the whole day",
            );
            return None;
        }
        (start && end && is_zone).then_some(())?;
        Some(ir::Schedule {
            days: days?,
            start: schedule.start.text.clone(),
            end: schedule.end.text.clone(),
            time_zone: schedule.time_zone.value.clone(),
            span,
        })
    }

    fn days(&mut self, words: &[ast::Name]) -> Option<Vec<u8>> {
        let mut days = Vec::new();
        let mut is_known = true;
        for word in words {
            let lower = word.text.to_ascii_lowercase();
            let Some((_, meant)) = DAYS.iter().find(|(name, _)| *name == lower) else {
                let help = match nearest(&word.text, DAYS.iter().map(|(name, _)| *name)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "write `weekdays`, `weekends`, `daily`, or days such as `mon, wed`".to_string(),
                };
                self.report(
                    Code::E0441,
                    word.span,
                    format!("`{}` is no day of the week", word.text),
                    help,
                );
                is_known = false;
                continue;
            };
            if meant.iter().any(|day| days.contains(day)) {
                self.report(
                    Code::E0441,
                    word.span,
                    format!("`{}` is among the days already", word.text),
                    "remove it",
                );
                is_known = false;
            }
            days.extend_from_slice(meant);
        }
        days.sort_unstable();
        is_known.then_some(days)
    }

    fn time(&mut self, time: &ast::Name) -> bool {
        let number = |text: &str| text.parse::<u8>().ok();
        let is_time = match time.text.split_once(':') {
            Some((hour, minute)) if hour.len() == 2 && minute.len() == 2 => {
                match (number(hour), number(minute)) {
                    (Some(24), Some(0)) => true,
                    (Some(hour), Some(minute)) => hour < 24 && minute < 60,
                    _ => false,
                }
            }
            _ => false,
        };
        if !is_time {
            self.report(
                Code::E0441,
                time.span,
                format!("`{}` is no time of day", time.text),
                "write hours and minutes from `00:00` to `24:00`",
            );
        }
        is_time
    }

    /// The form of a zone's name is checked, not whether the database of the cluster has it.
    fn check_zone(&mut self, zone: &ast::Text) -> bool {
        let name = zone.value.as_str();
        let is_part = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
        };
        let is_zone = match name.split_once('/') {
            Some((area, places)) => AREAS.contains(&area) && places.split('/').all(is_part),
            None => name == "UTC",
        };
        if !is_zone || name.len() > 64 {
            let area = name.split('/').next().unwrap_or_default();
            let help = match nearest(area, AREAS) {
                Some(near) if name.contains('/') => {
                    format!("did you mean `{}`?", name.replacen(area, near, 1))
                }
                _ => "write its name in the IANA database: \"Europe/Berlin\", or \"UTC\"".to_string(),
            };
            self.report(Code::E0441, zone.span, format!("`{name}` is no time zone"), help);
        }
        is_zone && name.len() <= 64
    }
}
