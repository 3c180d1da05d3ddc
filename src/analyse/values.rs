//! Which values of a metric a condition allows, and one of them to show.

use crate::ir::{Constant, GoalComparison, GoalKind, GoalState};
use crate::units::Quantity;

/// One thing's worth of billionths.
const NANO: i128 = 1_000_000_000;

/// An interval of a metric's values, in the billionths of its dimension. No metric is below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    low: i128,
    /// Whether `low` itself is allowed.
    low_closed: bool,
    /// Without an upper end if there is none.
    high: Option<i128>,
    high_closed: bool,
}

impl Interval {
    pub(super) const ALL: Interval = Interval {
        low: 0,
        low_closed: true,
        high: None,
        high_closed: false,
    };

    fn at_least(low: i128, low_closed: bool) -> Interval {
        Interval {
            low,
            low_closed,
            ..Interval::ALL
        }
    }

    fn at_most(high: i128, high_closed: bool) -> Interval {
        Interval {
            high: Some(high),
            high_closed,
            ..Interval::ALL
        }
    }

    /// The values of both; `None` if there are none.
    pub(super) fn and(self, other: Interval) -> Option<Interval> {
        let (low, low_closed) = match self.low.cmp(&other.low) {
            std::cmp::Ordering::Less => (other.low, other.low_closed),
            std::cmp::Ordering::Greater => (self.low, self.low_closed),
            std::cmp::Ordering::Equal => (self.low, self.low_closed && other.low_closed),
        };
        let (high, high_closed) = match (self.high, other.high) {
            (None, _) => (other.high, other.high_closed),
            (_, None) => (self.high, self.high_closed),
            (Some(a), Some(b)) if a < b => (Some(a), self.high_closed),
            (Some(a), Some(b)) if b < a => (Some(b), other.high_closed),
            (Some(a), Some(_)) => (Some(a), self.high_closed && other.high_closed),
        };
        let is_empty = high.is_some_and(|high| high < low || (high == low && !(low_closed && high_closed)));
        (!is_empty).then_some(Interval {
            low,
            low_closed,
            high,
            high_closed,
        })
    }

    /// A value within, well away from the ends.
    pub(super) fn example(self) -> i128 {
        match self.high {
            Some(high) if self.low == 0 => high / 2,
            Some(high) => self.low.midpoint(high),
            None if self.low == 0 => NANO,
            None => self.low.saturating_add(self.low / 4),
        }
    }
}

/// The metric of a goal with its threshold, if it is held against one.
pub(super) fn threshold(goal: &GoalKind) -> Option<(&str, GoalComparison, Quantity)> {
    match goal {
        GoalKind::Metric {
            metric,
            comparison,
            threshold,
            ..
        } => match threshold.value {
            Constant::Quantity(quantity) => Some((metric, *comparison, quantity)),
            _ => None,
        },
        _ => None,
    }
}

/// The values of a goal's metric for which the state holds, as alternatives; none if the goal is no
/// metric against a threshold.
pub(super) fn allowed(goal: &GoalKind, state: &GoalState) -> Vec<Interval> {
    let Some((_, comparison, threshold)) = threshold(goal) else {
        return Vec::new();
    };
    let limit = threshold.nano;
    // As Kubernetes' own autoscaler, `near` tolerates a tenth.
    let tolerance = limit / 10;
    match (comparison, state.met) {
        (GoalComparison::AtLeast, true) => vec![Interval::at_least(limit, true)],
        (GoalComparison::AtLeast, false) => vec![Interval::at_most(limit, false)],
        (GoalComparison::AtMost, true) => vec![Interval::at_most(limit, true)],
        (GoalComparison::AtMost, false) => vec![Interval::at_least(limit, false)],
        (GoalComparison::Near, true) => Interval::at_least(limit - tolerance, true)
            .and(Interval::at_most(limit.saturating_add(tolerance), true))
            .into_iter()
            .collect(),
        (GoalComparison::Near, false) => vec![
            Interval::at_least(limit.saturating_add(tolerance), false),
            Interval::at_most(limit - tolerance, false),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Interval {
        fn holds(self, value: i128) -> bool {
            let is_above = value > self.low || (value == self.low && self.low_closed);
            let is_below = self
                .high
                .is_none_or(|high| value < high || (value == high && self.high_closed));
            is_above && is_below
        }
    }

    fn interval() -> impl Strategy<Value = Interval> {
        let limit = 0..40_i128;
        (limit, any::<bool>(), any::<bool>()).prop_map(|(limit, at_least, closed)| match at_least {
            true => Interval::at_least(limit * NANO, closed),
            false => Interval::at_most(limit * NANO, closed),
        })
    }

    proptest! {
        #[test]
        fn what_both_allow_is_what_each_allows(a in interval(), b in interval(), value in 0..50_i128) {
            let value = value * NANO;
            let both = Interval::ALL.and(a).and_then(|a| a.and(b));
            let is_in_both = both.is_some_and(|both| both.holds(value));
            prop_assert_eq!(is_in_both, a.holds(value) && b.holds(value));
        }

        #[test]
        fn the_example_is_allowed(a in interval(), b in interval()) {
            if let Some(both) = Interval::ALL.and(a).and_then(|a| a.and(b)) {
                prop_assert!(both.holds(both.example()), "{both:?} {}", both.example());
            }
        }
    }
}
