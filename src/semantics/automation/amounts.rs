//! Amounts of automations and budgets: expressions → constants with the spelling that resources keep.

use super::super::checker::Checker;
use super::super::infer::as_constant;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{Constant, Type, Written};
use crate::source::Span;
use crate::syntax::ast::{Expression, ExpressionKind};
use crate::units::{Dimension, Quantity};

/// Billionths in one.
pub(in crate::semantics) const NANO: i128 = 1_000_000_000;

/// The least span of time over which anything is watched.
const LEAST_WINDOW: Quantity = Quantity::whole(1, Dimension::DURATION);

/// An amount with its quantity.
#[derive(Debug, Clone)]
pub(in crate::semantics) struct Amount {
    /// As resources keep it.
    pub(in crate::semantics) written: Written,
    /// What it comes to. Counts are quantities as well.
    pub(in crate::semantics) quantity: Quantity,
}

impl Amount {
    fn new(text: String, quantity: Quantity, span: Span) -> Amount {
        Amount {
            written: Written {
                text,
                value: Constant::Quantity(quantity),
                span,
            },
            quantity,
        }
    }
}

/// Reports something about an amount.
pub(in crate::semantics) fn out_of_range(checker: &mut Checker, span: Span, message: String, help: &str) {
    checker.report(Diagnostic::new(Code::E0438, span, message).help(help));
}

/// An amount of one of these dimensions, the first of which says what a number alone means. `what`
/// names it in messages: "a window".
pub(in crate::semantics) fn amount(
    checker: &mut Checker,
    expression: &Expression,
    what: &str,
    dimensions: &[Dimension],
    example: &str,
) -> Option<Amount> {
    let expected = dimensions
        .first()
        .map(|dimension| Type::Quantity(Some(*dimension)));
    let value = checker.infer(expression, expected.as_ref());
    if value.ty == Type::Error {
        return None;
    }
    let span = expression.span;
    let Some(constant) = as_constant(&value) else {
        checker.report(
            Diagnostic::new(Code::E0436, span, format!("{what} must be constant"))
                .help("write a literal, or the name of a `let` whose value is one"),
        );
        return None;
    };
    let counts = dimensions.contains(&Dimension::COUNT);
    let is_share = dimensions.contains(&Dimension::RATIO);
    let quantity = match constant {
        Constant::Quantity(quantity) => quantity,
        Constant::Int(number) if counts => Quantity::whole(number, Dimension::COUNT),
        Constant::Int(_) | Constant::Decimal(_) => {
            let text = spelling(expression).unwrap_or_default();
            let message = match is_share {
                true => format!("`{text}` could be a share or a percentage"),
                false => format!("`{text}` has no unit"),
            };
            checker.report(
                Diagnostic::new(Code::E0436, span, message).help(format!("write {what} as in `{example}`")),
            );
            return None;
        }
        _ => {
            let found = checker.describe(&value.ty);
            checker.report(
                Diagnostic::new(Code::E0436, span, format!("{what} is an amount, not {found}"))
                    .help(format!("write it as in `{example}`")),
            );
            return None;
        }
    };
    if !dimensions.contains(&quantity.dimension) {
        let wanted: Vec<String> = dimensions.iter().map(Dimension::to_string).collect();
        checker.report(
            Diagnostic::new(
                Code::E0436,
                span,
                format!("{what} is {}, not {}", wanted.join(" or "), quantity.dimension),
            )
            .help(format!("write it as in `{example}`")),
        );
        return None;
    }
    let text = spelling(expression).unwrap_or_else(|| quantity.to_string());
    Some(Amount::new(text, quantity, span))
}

/// A threshold of a metric. Where a share has no unit of its own, as a score has none, a number
/// between 0 and 1 may stand alone.
pub(super) fn threshold(
    checker: &mut Checker,
    expression: &Expression,
    metric: &crate::ir::Metric,
) -> Option<Amount> {
    let is_score = metric.dimension == Dimension::RATIO && metric.unit.is_none();
    if is_score
        && let Some(text) = spelling(expression)
        && let Some(billionths) = crate::ir::parse_decimal(&text.replace('_', ""))
    {
        if !(0..=NANO).contains(&billionths) {
            checker.report(
                Diagnostic::new(Code::E0438, expression.span, format!("`{text}` is no share of 1"))
                    .help(format!("write `{text}%` if that is meant")),
            );
            return None;
        }
        return Some(Amount::new(
            text,
            Quantity::new(billionths, Dimension::RATIO),
            expression.span,
        ));
    }
    let example = example(metric.dimension);
    let what = format!("the threshold of `{}`", metric.name);
    amount(checker, expression, &what, &[metric.dimension], &example)
}

fn example(dimension: Dimension) -> String {
    match dimension {
        Dimension::RATIO => "60%".into(),
        Dimension::COUNT => "100".into(),
        Dimension::DURATION => "200ms".into(),
        Dimension::MEMORY => "512Mi".into(),
        Dimension::CPU => "500m".into(),
        other => Quantity::new(NANO, other).to_string(),
    }
}

/// A span of time of a second or more.
pub(in crate::semantics) fn window(
    checker: &mut Checker,
    expression: &Expression,
    what: &str,
) -> Option<Amount> {
    let window = amount(checker, expression, what, &[Dimension::DURATION], "10min")?;
    if window.quantity.nano < LEAST_WINDOW.nano {
        out_of_range(
            checker,
            expression.span,
            format!("{what} of `{}` is less than a second", window.written.text),
            "write a longer one; `min` are minutes and `m` is a thousandth",
        );
        return None;
    }
    Some(window)
}

/// A share above nothing, in percent.
pub(in crate::semantics) fn share(
    checker: &mut Checker,
    expression: &Expression,
    what: &str,
    most: Option<i128>,
) -> Option<Amount> {
    let share = amount(checker, expression, what, &[Dimension::RATIO], "25%")?;
    let is_too_much = most.is_some_and(|most| share.quantity.nano > most * NANO / 100);
    if share.quantity.nano <= 0 || is_too_much {
        let range = match most {
            Some(most) => format!("write more than 0% and at most {most}%"),
            None => "write more than 0%".to_string(),
        };
        out_of_range(
            checker,
            expression.span,
            format!("{what} can't be `{}`", share.written.text),
            &range,
        );
        return None;
    }
    Some(share)
}

/// A whole number of things, at least `least`, that fits the resources' 32 bits.
pub(super) fn check_count(checker: &mut Checker, count: &Amount, what: &str, least: i128) -> bool {
    let is_whole = count.quantity.nano % NANO == 0;
    let number = count.quantity.nano / NANO;
    if !is_whole || number < least || number > i128::from(i32::MAX) {
        out_of_range(
            checker,
            count.written.span,
            format!("{what} can't be `{}`", count.written.text),
            &format!("write a whole number, {least} or more"),
        );
        return false;
    }
    true
}

/// The literal as it was written, with its sign.
fn spelling(expression: &Expression) -> Option<String> {
    match &expression.kind {
        ExpressionKind::Number(text) => Some(text.clone()),
        ExpressionKind::Negate(inner) => match &inner.kind {
            ExpressionKind::Number(text) => Some(format!("-{text}")),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a dimension is money a time, of any currency.
pub(in crate::semantics) fn is_money_rate(dimension: Dimension) -> bool {
    dimension.times(Dimension::DURATION).is_some_and(|money| {
        let name = money.to_string();
        Dimension::money(&name) == Some(money)
    })
}
