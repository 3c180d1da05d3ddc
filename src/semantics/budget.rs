//! `budget`: syntax → IR.
//!
//! In: a declaration. Out: an [`ir::Budget`] whose limits measure what they say, or nothing if a part is
//! wrong; every mistake is reported.

use super::automation::amounts::{self, is_money_rate};
use super::checker::{Checker, Role};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::{self, Domain, Measure};
use crate::source::Span;
use crate::suggest::{nearest, one_of};
use crate::syntax::ast;
use crate::units::{Dimension, Quantity};

/// Checks a budget. `None` if a part of it is wrong.
pub(super) fn budget(
    checker: &mut Checker,
    title: String,
    declaration: Span,
    declared: &ast::Budget,
) -> Option<ir::Budget> {
    let mark = checker.diagnostics.len();
    let metadata = checker.metadata(&declared.metadata, &[]);
    let name = &declared.name;
    let each = match &declared.scope {
        // Counting all workloads, one has no use for the name.
        Some(binding) => checker.each(binding, Role::Argument),
        None => {
            missing(
                checker,
                name,
                "scope",
                "say what counts: `for w in workloads where w.namespace == \"…\"`",
            );
            None
        }
    };
    if let (Some(each), Some(scope)) = (&each, &declared.scope) {
        check_domain(checker, each, scope.subject.span);
    }
    let condition = declared
        .scope
        .as_ref()
        .and_then(|binding| checker.filter(binding));
    if let Some(condition) = &condition {
        check_constant(checker, condition);
    }
    checker.leave(0);
    if declared.limits.is_empty() {
        missing(
            checker,
            name,
            "limit",
            "say how much it may be: `cost at most 400 USD/month`",
        );
    }
    let mut limits: Vec<ir::BudgetLimit> = Vec::new();
    for limit in &declared.limits {
        if let Some(limit) = budget_limit(checker, limit, &limits) {
            limits.push(limit);
        }
    }
    let warn_at = declared
        .warn_at
        .as_ref()
        .and_then(|warn| amounts::share(checker, warn, "the share to warn at", Some(100)));
    let assume = assumptions(checker, &declared.assume);
    let is_faulty = checker.diagnostics[mark..]
        .iter()
        .any(|diagnostic| diagnostic.severity >= Severity::High);
    let each = each?;
    (!is_faulty).then(|| ir::Budget {
        name: name.text.as_str().into(),
        title,
        severity: metadata.severity,
        category: metadata.category,
        controls: metadata.controls,
        locals: std::mem::take(&mut checker.locals),
        each,
        condition,
        limits,
        warn_at: warn_at.map(|share| share.quantity),
        assume,
        span: name.span,
        declaration,
    })
}

/// What is counted has to be something that has a cost.
fn check_domain(checker: &mut Checker, each: &ir::Each, span: Span) {
    if !matches!(
        each.domain,
        Domain::Workloads | Domain::Scalables | Domain::Kinds(_)
    ) {
        checker.report(
            Diagnostic::new(Code::E0448, span, "a budget counts workloads").help(
                "write `for w in workloads where …`, or name kinds: `for w in Deployment | StatefulSet`",
            ),
        );
    }
}

/// Parameters belong to rules: nobody could set one of a budget.
fn check_constant(checker: &mut Checker, condition: &ir::Expression) {
    let mut pending = vec![condition];
    while let Some(next) = pending.pop() {
        if matches!(next.kind, ir::ExpressionKind::Parameter(_)) {
            checker.report(
                Diagnostic::new(Code::E0436, next.span, "a budget reads no parameters")
                    .help("write the value, or declare it with `let`"),
            );
        }
        pending.extend(next.children());
    }
}

fn missing(checker: &mut Checker, name: &ast::Name, what: &str, help: &str) {
    checker
        .report(Diagnostic::new(Code::E0431, name.span, format!("`{}` has no {what}", name.text)).help(help));
}

fn budget_limit(
    checker: &mut Checker,
    written: &ast::BudgetLimit,
    others: &[ir::BudgetLimit],
) -> Option<ir::BudgetLimit> {
    let (measure, unit, example) = match written.measure.text.as_str() {
        "cost" => (Measure::Cost, None, "400 USD/month"),
        "carbon" => (
            Measure::Carbon,
            Quantity::of_unit("kgCO2e/month").ok(),
            "30 kgCO2e/month",
        ),
        "energy" => (
            Measure::Energy,
            Quantity::of_unit("kWh/month").ok(),
            "80 kWh/month",
        ),
        other => {
            const MEASURES: [&str; 3] = ["cost", "carbon", "energy"];
            let help = match nearest(other, MEASURES) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("limit {}", one_of(MEASURES)),
            };
            checker.report(
                Diagnostic::new(
                    Code::E0444,
                    written.measure.span,
                    format!("`{other}` has no limit"),
                )
                .help(help),
            );
            return None;
        }
    };
    if let Some(other) = others.iter().find(|other| other.measure == measure) {
        checker.report(
            Diagnostic::new(
                Code::E0432,
                written.span,
                format!("`{}` is limited already", written.measure.text),
            )
            .with(other.span, "here")
            .help("remove one of the limits"),
        );
        return None;
    }
    let at_most = limit_amount(checker, &written.at_most, &written.measure.text, unit, example);
    let growing_at_most = match &written.growing_at_most {
        Some(growth) => Some(amounts::amount(
            checker,
            growth,
            "growth",
            &[Dimension::RATIO],
            "10%",
        )?),
        None => None,
    };
    if let Some(growth) = &growing_at_most
        && growth.quantity.nano < 0
    {
        amounts::out_of_range(
            checker,
            growth.written.span,
            format!("growth can't be limited to `{}`", growth.written.text),
            "write `0%` or more",
        );
        return None;
    }
    Some(ir::BudgetLimit {
        measure,
        at_most: at_most?,
        growing_at_most: growing_at_most.map(|growth| growth.quantity),
        span: written.span,
    })
}

/// An amount of a measure a time. Without a unit, money of any currency is meant.
fn limit_amount(
    checker: &mut Checker,
    written: &ast::Expression,
    measure: &str,
    unit: Option<Quantity>,
    example: &str,
) -> Option<Quantity> {
    let value = checker.infer(
        written,
        unit.map(|unit| ir::Type::Quantity(Some(unit.dimension))).as_ref(),
    );
    if value.ty == ir::Type::Error {
        return None;
    }
    let agrees = |dimension: Dimension| match unit {
        Some(unit) => unit.dimension == dimension,
        None => is_money_rate(dimension),
    };
    match super::infer::as_constant(&value) {
        Some(ir::Constant::Quantity(amount)) if agrees(amount.dimension) => {
            if amount.nano < 0 {
                let text = amount.to_string();
                amounts::out_of_range(
                    checker,
                    written.span,
                    format!("a limit can't be `{text}`"),
                    "write nothing below zero",
                );
                return None;
            }
            Some(amount)
        }
        _ => {
            let found = checker.describe(&value.ty);
            checker.report(
                Diagnostic::new(
                    Code::E0436,
                    written.span,
                    format!("a limit on {measure} is an amount a time, not {found}"),
                )
                .help(format!("write it as in `{measure} at most {example}`")),
            );
            None
        }
    }
}

fn assumptions(checker: &mut Checker, written: &[(ast::Name, ast::Expression)]) -> Vec<(String, Quantity)> {
    let mut assumed: Vec<(String, Quantity)> = Vec::new();
    let mut places: Vec<(&str, Span)> = Vec::new();
    for (resource, amount) in written {
        let (dimension, example) = match resource.text.as_str() {
            "cpu" => (Dimension::CPU, "100m"),
            "memory" => (Dimension::MEMORY, "128Mi"),
            other => {
                checker.report(
                    Diagnostic::new(
                        Code::E0444,
                        resource.span,
                        format!("nothing is assumed of `{other}`"),
                    )
                    .help(format!("assume {}", one_of(["cpu", "memory"]))),
                );
                continue;
            }
        };
        if let Some((_, first)) = places.iter().find(|(name, _)| *name == resource.text) {
            checker.report(
                Diagnostic::new(
                    Code::E0432,
                    resource.span,
                    format!("`{}` is assumed already", resource.text),
                )
                .with(*first, "here")
                .help("remove one of them"),
            );
            continue;
        }
        places.push((&resource.text, resource.span));
        let what = format!("the {} assumed", resource.text);
        let Some(amount) = amounts::amount(checker, amount, &what, &[dimension], example) else {
            continue;
        };
        if amount.quantity.nano < 0 {
            amounts::out_of_range(
                checker,
                amount.written.span,
                format!("a container can't ask for `{}`", amount.written.text),
                "write nothing below zero",
            );
            continue;
        }
        assumed.push((resource.text.clone(), amount.quantity));
    }
    assumed
}
