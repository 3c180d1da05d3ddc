//! What every change keeps to: bounds, limits, rollback, approval.

use super::Build;
use super::amounts::{self, is_money_rate};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Written};
use crate::source::Span;
use crate::syntax::ast;
use crate::units::Dimension;

impl Build<'_, '_, '_> {
    pub(super) fn bounds(
        &mut self,
        resource: &ast::Name,
        minimum: &ast::Expression,
        maximum: &ast::Expression,
        span: Span,
    ) -> Option<ir::Bounds> {
        let known = self.resource(resource, &["replicas", "cpu", "memory"], "bounded")?;
        let (key, dimension, example) = match known {
            "cpu" => ("bounds cpu", Dimension::CPU, "500m"),
            "memory" => ("bounds memory", Dimension::MEMORY, "512Mi"),
            _ => ("bounds replicas", Dimension::COUNT, "2"),
        };
        let is_repeated = self.repeated(key, span);
        let least = amounts::amount(self.checker, minimum, "the least", &[dimension], example);
        let most = amounts::amount(self.checker, maximum, "the most", &[dimension], example);
        let (least, most) = (least?, most?);
        if dimension == Dimension::COUNT {
            let is_least = amounts::check_count(self.checker, &least, "the least", 0);
            let is_most = amounts::check_count(self.checker, &most, "the most", 1);
            if !(is_least && is_most) {
                return None;
            }
        } else if least.quantity.nano < 0 {
            amounts::out_of_range(
                self.checker,
                minimum.span,
                format!("the least can't be `{}`", least.written.text),
                "write nothing below zero",
            );
            return None;
        }
        if least.quantity.nano > most.quantity.nano {
            self.checker.report(
                Diagnostic::new(
                    Code::E0437,
                    minimum.span.to(maximum.span),
                    format!(
                        "the least, `{}`, is above the most, `{}`",
                        least.written.text, most.written.text
                    ),
                )
                .help("write the smaller bound first")
                .fix(
                    "swap the bounds",
                    false,
                    minimum.span.to(maximum.span),
                    format!("{}..{}", most.written.text, least.written.text),
                ),
            );
            return None;
        }
        (!is_repeated).then(|| ir::Bounds {
            resource: known.to_string(),
            minimum: least.written,
            maximum: most.written,
            span,
        })
    }

    pub(super) fn rate_limit(
        &mut self,
        limit: &ast::Expression,
        period: &ast::Expression,
    ) -> Option<ir::RateLimit> {
        let amount = amounts::amount(
            self.checker,
            limit,
            "a limit on change",
            &[Dimension::COUNT, Dimension::RATIO],
            "3` or `50%",
        );
        let period = amounts::window(self.checker, period, "the period");
        let amount = amount?;
        let is_good = match amount.quantity.dimension == Dimension::RATIO {
            true => {
                let is_positive = amount.quantity.nano > 0;
                if !is_positive {
                    amounts::out_of_range(
                        self.checker,
                        limit.span,
                        format!("a limit of `{}` allows no change", amount.written.text),
                        "write more than 0%, or `mode dry-run`",
                    );
                }
                is_positive
            }
            false => amounts::check_count(self.checker, &amount, "a limit on change", 1),
        };
        let period = period?;
        is_good.then_some(ir::RateLimit {
            amount: amount.written,
            period: period.written,
        })
    }

    pub(super) fn rollback(
        &mut self,
        states: &[ast::GoalState],
        within: Option<&ast::Expression>,
        span: Span,
    ) -> Option<ir::Rollback> {
        let when = self.states(states);
        let within = match within {
            Some(within) => Some(amounts::window(self.checker, within, "the time of a rollback")?),
            None => None,
        };
        if !self.check_trigger(&when, states, span) {
            return None;
        }
        if let Some(within) = &within
            && let Some((state, window)) = longest(&when)
            && window > within.quantity.nano
        {
            self.report(
                Code::E0438,
                state,
                format!(
                    "this window is longer than the `{}` in which a change is watched, so nothing is ever taken back",
                    within.written.text
                ),
                "shorten the window, or write a longer time behind `within`",
            );
            return None;
        }
        Some(ir::Rollback {
            when,
            within: within.map(|within| within.written),
            span,
        })
    }

    /// The amount above which changes wait for approval.
    pub(super) fn approval(&mut self, above: &ast::Expression) -> Option<Written> {
        let value = self.checker.infer(above, None);
        let span = above.span;
        match super::super::infer::as_constant(&value) {
            Some(ir::Constant::Quantity(amount))
                if amount.nano >= 0
                    && (is_money_rate(amount.dimension) || amount.dimension == Dimension::RATIO) =>
            {
                amounts::amount(
                    self.checker,
                    above,
                    "an approval",
                    &[amount.dimension],
                    "10 USD/day",
                )
                .map(|amount| amount.written)
            }
            _ if value.ty == ir::Type::Error => None,
            _ => {
                self.report(
                    Code::E0436,
                    span,
                    "approval is asked for above an amount of money a time, or a share",
                    "write it as in `approval above 10 USD/day` or `approval above 25%`",
                );
                None
            }
        }
    }
}

/// The longest window of conditions that trigger, with its place.
fn longest(when: &[ir::GoalState]) -> Option<(Span, i128)> {
    when.iter()
        .filter(|state| !state.met)
        .filter_map(|state| match state.window.as_ref()?.value {
            ir::Constant::Quantity(window) => Some((state.span, window.nano)),
            _ => None,
        })
        .max_by_key(|(_, window)| *window)
}
