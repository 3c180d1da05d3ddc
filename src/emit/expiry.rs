//! Until when what was built stays right.
//!
//! In: the waivers of a run and the day of the build. Out: the day after which something has to be built
//! again, because a waiver that is part of it ends then. Other engines have no calendar to ask.

use super::{Backend, Form};
use crate::ir::{Date, PolicySet, Rule, Waiver};
use std::sync::Arc;

/// When a build has to be repeated, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuild {
    /// The last day on which everything that was built is right.
    pub until: Date,
    /// The rules whose waivers end then, sorted.
    pub rules: Vec<Arc<str>>,
}

/// When what these targets make of the policies has to be made anew, if ever.
pub fn rebuild(policies: &PolicySet, targets: &[&dyn Backend], today: Option<Date>) -> Option<Rebuild> {
    let bake_in =
        |target: &&dyn Backend| target.enforces().contains(&Form::Rule) || target.enforces().is_empty();
    if !targets.iter().any(bake_in) {
        return None;
    }
    let ends: Vec<(Date, &Arc<str>)> = policies
        .rules
        .iter()
        .filter_map(|rule| Some((last_day(rule, &policies.waivers, today)?, &rule.id)))
        .collect();
    let until = ends.iter().map(|(day, _)| *day).min()?;
    let earliest = ends.into_iter().filter(|(day, _)| *day == until);
    let mut rules: Vec<Arc<str>> = earliest.map(|(_, rule)| rule.clone()).collect();
    rules.sort();
    Some(Rebuild { until, rules })
}

/// The last day on which what is made of a rule is right: on the day after, a waiver in it has expired.
/// `None` if no waiver that still holds is part of it.
fn last_day(rule: &Rule, waivers: &[Waiver], today: Option<Date>) -> Option<Date> {
    waivers
        .iter()
        .filter(|waiver| waiver.rule == rule.id && !waiver.is_expired(today))
        .map(|waiver| waiver.until)
        .min()
}

/// The same as a sentence, for a comment or an annotation of what is made of the rule.
pub fn rebuild_notice(rule: &Rule, waivers: &[Waiver], today: Option<Date>) -> Option<String> {
    last_day(rule, waivers, today)
        .map(|day| format!("Right until {day}, when a waiver ends: build it anew on the day after."))
}
