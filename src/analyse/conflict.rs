//! Whether two conditions can hold at the same time, and for which values of the metrics.

use super::values::{Interval, allowed, threshold};
use crate::ir::{Goal, GoalKind, GoalState};
use crate::units::{Dimension, Quantity};
use std::collections::BTreeMap;

/// More alternatives than conditions of any policy that people write have.
const MOST_ALTERNATIVES: usize = 64;

/// A case in which all states hold at once: in words, one phrase for each metric and other goal.
/// `None` if there is no such case.
pub(super) fn case(goals: &[Goal], states: &[&GoalState]) -> Option<Vec<String>> {
    let goal = |name: &str| goals.iter().find(|goal| &*goal.name == name);
    // A goal can't be met and missed at once, whatever it is about.
    for (index, state) in states.iter().enumerate() {
        if states[..index]
            .iter()
            .any(|other| other.goal == state.goal && other.met != state.met)
        {
            return None;
        }
    }
    let mut alternatives: Vec<BTreeMap<&str, Interval>> = vec![BTreeMap::new()];
    let mut dimensions: BTreeMap<&str, Dimension> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    let mut others: Vec<String> = Vec::new();
    for state in states {
        let found = goal(&state.goal)?;
        let Some((metric, _, limit)) = threshold(&found.kind) else {
            let phrase = describe(found, state.met);
            if !others.contains(&phrase) {
                others.push(phrase);
            }
            continue;
        };
        dimensions.insert(metric, limit.dimension);
        if !order.contains(&metric) {
            order.push(metric);
        }
        let intervals = allowed(&found.kind, state);
        alternatives = alternatives
            .iter()
            .flat_map(|so_far| {
                intervals.iter().filter_map(move |interval| {
                    let before = so_far.get(metric).copied().unwrap_or(Interval::ALL);
                    let mut narrowed = so_far.clone();
                    narrowed.insert(metric, before.and(*interval)?);
                    Some(narrowed)
                })
            })
            .take(MOST_ALTERNATIVES)
            .collect();
    }
    let chosen = alternatives.first()?;
    let values = order.iter().filter_map(|metric| {
        let interval = chosen.get(metric)?;
        let dimension = dimensions.get(metric)?;
        Some(format!(
            "`{metric}` at {}",
            Quantity::new(interval.example(), *dimension)
        ))
    });
    Some(values.chain(others).collect())
}

fn describe(goal: &Goal, met: bool) -> String {
    let state = match (&goal.kind, met) {
        (GoalKind::NoDrift(_), false) => "drift",
        (GoalKind::NoDrift(_), true) => "no drift",
        (GoalKind::NoFindings(_), false) => "findings",
        (GoalKind::NoFindings(_), true) => "no findings",
        (_, false) => "an unusual value",
        (_, true) => "a usual value",
    };
    format!("{state} for `{}`", goal.name)
}
