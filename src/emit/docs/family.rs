//! The pages of budgets and automations.

use super::markdown::{code, fence, sentence, table};
use super::{Book, join, list, section, subtitle, verdicts};
use crate::emit::{Form, Row};
use crate::ir::{Automation, AutomationForm, Budget, GoalKind, Measure, Mode, Target};
use crate::source::Span;

/// The page of a budget.
pub fn budget(book: &Book, budget: &Budget) -> String {
    let row = row(book, Form::Budget, budget.declaration);
    join([
        format!("# {}", sentence(&budget.title)),
        subtitle([
            format!("budget {}", code(&budget.name)),
            format!("**{}**", budget.severity),
            sentence(&budget.category),
        ]),
        section("Limits", limits(budget)),
        section("The policy", fence("ordain", book.source(budget.declaration))),
        section(
            "Controls",
            list(budget.controls.iter().map(|control| sentence(control))),
        ),
        section("Where it is enforced", verdicts(row)),
        book.footer(budget.span),
    ])
}

fn limits(budget: &Budget) -> String {
    let rows: Vec<Vec<String>> = budget
        .limits
        .iter()
        .map(|limit| {
            let measure = match limit.measure {
                Measure::Cost => "cost",
                Measure::Carbon => "carbon",
                Measure::Energy => "energy",
            };
            let growth = limit.growing_at_most;
            let warned = budget.warn_at;
            let share = |share: Option<crate::units::Quantity>| {
                share.map_or_else(|| "–".to_owned(), |share| code(&share.to_string()))
            };
            vec![
                measure.to_owned(),
                code(&limit.at_most.to_string()),
                share(growth),
                share(warned),
            ]
        })
        .collect();
    table(
        &["measure", "at most", "growing at most", "warned of from"],
        &rows,
    )
}

/// The page of an automation.
pub fn automation(book: &Book, automation: &Automation) -> String {
    let row = row(book, Form::Automation, automation.declaration);
    let mode = match &automation.mode {
        Mode::DryRun => "only says what it would do".to_owned(),
        Mode::Propose => "proposes changes in pull requests".to_owned(),
        Mode::Apply { approval_above: None } => "applies changes".to_owned(),
        Mode::Apply {
            approval_above: Some(amount),
        } => format!("applies changes, above {} with approval", code(&amount.text)),
    };
    let namespace = automation.namespace.as_ref();
    join([
        format!("# {}", sentence(&automation.title)),
        subtitle([
            format!("{} {}", word(automation), code(&automation.name)),
            namespace.map_or_else(String::new, |name| format!("namespace {}", code(name))),
            mode,
        ]),
        section("What it acts on", targets(&automation.targets)),
        section("Goals", goals(book, automation)),
        section("The policy", fence("ordain", book.source(automation.declaration))),
        section("Metrics of one's own", metrics(automation)),
        section("Where it is enforced", verdicts(row)),
        book.footer(automation.span),
    ])
}

fn goals(book: &Book, automation: &Automation) -> String {
    let rows: Vec<Vec<String>> = automation
        .goals
        .iter()
        .map(|goal| {
            let metric = match &goal.kind {
                GoalKind::Metric { metric, .. } | GoalKind::Baseline { metric, .. } => code(metric),
                GoalKind::NoDrift(_) => "drift from Git".to_owned(),
                GoalKind::NoFindings(_) => "findings of rules".to_owned(),
            };
            let text = book.source(goal.span);
            let text = text.split_once(':').map_or(text, |(_, wanted)| wanted);
            let text: Vec<&str> = text.split_whitespace().collect();
            vec![code(&goal.name), metric, code(&text.join(" "))]
        })
        .collect();
    table(&["goal", "what is watched", "what is wanted"], &rows)
}

fn metrics(automation: &Automation) -> String {
    let rows: Vec<Vec<String>> = automation
        .metrics
        .iter()
        .map(|metric| {
            let query = metric.prometheus.as_ref();
            vec![
                code(&metric.name),
                metric.dimension.to_string(),
                query.map_or_else(|| "–".to_owned(), |query| code(query)),
            ]
        })
        .collect();
    table(&["metric", "measures", "PromQL"], &rows)
}

/// Objects in a sentence.
pub fn targets(targets: &[Target]) -> String {
    let targets = targets.iter().map(|target| {
        let namespace = target.namespace.as_ref();
        let namespace = namespace.map_or_else(String::new, |name| format!(" in {}", code(name)));
        format!(
            "{} {}{namespace}",
            sentence(&target.kind.kind),
            code(&target.name)
        )
    });
    targets.collect::<Vec<_>>().join(", ")
}

/// The keyword of an automation.
pub fn word(automation: &Automation) -> &'static str {
    match automation.form {
        AutomationForm::Optimize => "optimize",
        AutomationForm::Heal => "heal",
        AutomationForm::Promote => "promote",
    }
}

/// The path of an automation's page: a name may stand once in each namespace and form.
pub fn path(automation: &Automation) -> String {
    let namespace = automation.namespace.as_ref();
    let namespace = namespace.map_or_else(String::new, |name| format!("{name}."));
    format!(
        "automations/{namespace}{}.{}.md",
        automation.name,
        word(automation)
    )
}

/// The row of a declaration.
pub fn row<'a>(book: &Book<'a>, form: Form, declaration: Span) -> Option<&'a Row> {
    let mut rows = book.enforceability.rows.iter();
    rows.find(|row| row.form == form && row.declaration == declaration)
}
