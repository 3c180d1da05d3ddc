//! A budget of the IR → the specifications of its custom resources.
//!
//! CostBudget and CarbonBudget choose workloads by namespace and label, because a controller can
//! evaluate that without a language. A condition that says more is [`Unsaid`].

use super::budget::*;
use super::convert::Unsaid;
use super::values::*;
use crate::ir::{
    self, Comparison, Constant, Domain, Expression, ExpressionKind, Measure, Property, TestOperator,
};
use crate::units::Quantity;

/// The specifications of a budget: for its cost, and for its carbon and energy.
pub fn budgets(budget: &ir::Budget) -> Result<(Option<CostBudgetSpec>, Option<CarbonBudgetSpec>), Unsaid> {
    if let Some(c) = budget
        .name
        .chars()
        .find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-'))
    {
        return Err(
            Unsaid::new(budget.span, format!("names of Kubernetes objects have no `{c}`"))
                .help("name it with lower-case letters, digits and hyphens"),
        );
    }
    let scope = scope(budget)?;
    let warn_at = budget.warn_at.as_ref().map(share);
    let assume = assumptions(budget)?;
    let mut cost = None;
    let mut carbon = Vec::new();
    for limit in &budget.limits {
        let growth = limit.growing_at_most.as_ref().map(share);
        let quantity = match limit.measure {
            Measure::Cost => {
                cost = Some(CostLimit {
                    quantity: CostQuantity::Cost,
                    limit: a_month(limit, &currency(&limit.at_most))?,
                    growth,
                });
                continue;
            }
            Measure::Carbon => CarbonQuantity::Carbon,
            Measure::Energy => CarbonQuantity::Energy,
        };
        let unit = match limit.measure {
            Measure::Energy => "kWh",
            _ => "kgCO2e",
        };
        carbon.push(CarbonLimit {
            quantity,
            limit: a_month(limit, unit)?,
            growth,
        });
    }
    Ok((
        cost.map(|limit| CostBudgetSpec {
            scope: scope.clone(),
            limits: vec![limit],
            warn_at: warn_at.clone(),
            basis: Basis::RequestsAtMaximum,
            assume: assume.clone(),
            prices: None,
        }),
        (!carbon.is_empty()).then_some(CarbonBudgetSpec {
            scope,
            limits: carbon,
            warn_at,
            basis: Basis::RequestsAtMaximum,
            assume,
            grid: None,
        }),
    ))
}

/// The name of the currency that an amount is in; empty if it is no money.
fn currency(amount: &Quantity) -> String {
    let text = amount.to_string();
    let unit = text.split(' ').nth(1).unwrap_or_default();
    unit.split('/').next().unwrap_or_default().to_string()
}

fn a_month(limit: &ir::BudgetLimit, unit: &str) -> Result<String, Unsaid> {
    Quantity::of_unit(&format!("{unit}/month"))
        .ok()
        .and_then(|month| limit.at_most.decimal_in(month))
        .map(|number| format!("{number} {unit}/month"))
        .ok_or_else(|| {
            Unsaid::new(
                limit.span,
                format!("`{}` is no such amount a month", limit.at_most),
            )
        })
}

fn share(share: &Quantity) -> Percent {
    Percent(share.to_string())
}

fn assumptions(budget: &ir::Budget) -> Result<Option<Assumptions>, Unsaid> {
    let mut assume = Assumptions::default();
    for (resource, amount) in &budget.assume {
        let quantity = amount.to_manifest().map(ResourceQuantity);
        match (resource.as_str(), quantity) {
            ("cpu", Some(quantity)) => assume.cpu = Some(quantity),
            ("memory", Some(quantity)) => assume.memory = Some(quantity),
            _ => {
                return Err(Unsaid::new(
                    budget.span,
                    format!("it can't assume `{amount}` of `{resource}`"),
                ));
            }
        }
    }
    Ok((!budget.assume.is_empty()).then_some(assume))
}

/// Why a condition is not a scope.
const TESTS: &str = "its scope is more than tests of namespace and labels";
const TESTS_HELP: &str = "choose `workloads` by `w.namespace == \"…\"`, `in […]`, `startsWith \"…\"`, `like \"…*\"`, \
     and `(w.labels[\"…\"] ?? \"\") == \"…\"`, joined by `and`";

fn scope(budget: &ir::Budget) -> Result<Scope, Unsaid> {
    let mut scope = Scope::default();
    if !matches!(budget.each.domain, Domain::Workloads) {
        return Err(Unsaid::new(budget.each.span, "its scope is not all `workloads`").help(TESTS_HELP));
    }
    if let Some(condition) = &budget.condition {
        let mut chosen = false;
        let mut narrowed = Vec::new();
        let mut conjuncts = Vec::new();
        flatten(condition, &mut conjuncts, |kind| match kind {
            ExpressionKind::And(left, right) => Some((left, right)),
            _ => None,
        });
        for conjunct in conjuncts {
            if let ExpressionKind::Present(value) = &conjunct.kind {
                narrowed.push((label(value), conjunct.span));
                continue;
            }
            if let Some((key, value)) = label_test(conjunct) {
                match scope.match_labels.get(&key) {
                    Some(other) if other.0 != value => return Err(unsaid(conjunct)),
                    _ => scope.match_labels.insert(key, LabelValue(value)),
                };
                continue;
            }
            // Names and prefixes are alternatives of each other, so only one conjunct can name them.
            if chosen {
                return Err(unsaid(conjunct));
            }
            chosen = true;
            let mut alternatives = Vec::new();
            flatten(conjunct, &mut alternatives, |kind| match kind {
                ExpressionKind::Or(left, right) => Some((left, right)),
                _ => None,
            });
            for alternative in alternatives {
                namespace_test(alternative, &mut scope).ok_or_else(|| unsaid(alternative))?;
            }
        }
        for (key, span) in narrowed {
            if !key.is_some_and(|key| scope.match_labels.contains_key(&key)) {
                return Err(Unsaid::new(span, TESTS).help(TESTS_HELP));
            }
        }
    }
    Ok(scope)
}

fn unsaid(expression: &Expression) -> Unsaid {
    Unsaid::new(expression.span, TESTS).help(TESTS_HELP)
}

/// The parts of a chain of one operator, in order.
fn flatten<'a>(
    expression: &'a Expression,
    parts: &mut Vec<&'a Expression>,
    split: fn(&'a ExpressionKind) -> Option<(&'a Expression, &'a Expression)>,
) {
    let mut pending = vec![expression];
    while let Some(next) = pending.pop() {
        match split(&next.kind) {
            Some((left, right)) => pending.extend([right, left]),
            None => parts.push(next),
        }
    }
}

fn text(expression: &Expression) -> Option<&str> {
    match &expression.kind {
        ExpressionKind::Constant(Constant::String(text)) => Some(text),
        _ => None,
    }
}

/// `w.namespace` against constants: added to the scope if it can say that.
fn namespace_test(expression: &Expression, scope: &mut Scope) -> Option<()> {
    let is_namespace =
        |base: &Expression| matches!(&base.kind, ExpressionKind::Property(_, Property::Namespace));
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let (names, prefix) = match &expression.kind {
        ExpressionKind::Compare(Comparison::Equal, left, right) if is_namespace(left) => {
            (vec![text(right)?], None)
        }
        ExpressionKind::Compare(Comparison::Equal, left, right) if is_namespace(right) => {
            (vec![text(left)?], None)
        }
        ExpressionKind::Test(TestOperator::StartsWith, left, right) if is_namespace(left) => {
            (Vec::new(), Some(text(right)?))
        }
        ExpressionKind::Test(TestOperator::Like, left, right) if is_namespace(left) => {
            match text(right)?.strip_suffix('*') {
                Some(prefix) => (Vec::new(), Some(prefix)),
                None => (vec![text(right)?], None),
            }
        }
        ExpressionKind::Test(TestOperator::In, left, right) if is_namespace(left) => (texts(right)?, None),
        _ => return None,
    };
    for name in names {
        scope
            .namespaces
            .push(NamespaceName(is_name(name).then(|| name.to_string())?));
    }
    if let Some(prefix) = prefix {
        scope
            .namespace_prefixes
            .push(NamespacePrefix(is_name(prefix).then(|| prefix.to_string())?));
    }
    Some(())
}

fn texts(list: &Expression) -> Option<Vec<&str>> {
    match &list.kind {
        ExpressionKind::List(elements) => elements.iter().map(text).collect(),
        ExpressionKind::Constant(Constant::List(elements)) => elements
            .iter()
            .map(|element| match element {
                Constant::String(text) => Some(&**text),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

/// `w.labels["key"]`, or that with a default: the key.
fn label(expression: &Expression) -> Option<String> {
    match &expression.kind {
        ExpressionKind::Index(base, key)
            if matches!(&base.kind, ExpressionKind::Property(_, Property::Labels)) =>
        {
            text(key).map(str::to_string)
        }
        _ => None,
    }
}

/// A label that must have a value.
fn label_test(expression: &Expression) -> Option<(String, String)> {
    let ExpressionKind::Compare(Comparison::Equal, left, right) = &expression.kind else {
        return None;
    };
    let (subject, value) = match (text(left), text(right)) {
        (None, Some(value)) => (left, value),
        (Some(value), None) => (right, value),
        _ => return None,
    };
    let key = match &subject.kind {
        // With the value as its default, a label that is missing would pass as well.
        ExpressionKind::Coalesce(base, default) if text(default).is_some_and(|default| default != value) => {
            label(base)
        }
        _ => label(subject),
    }?;
    Some((key, value.to_string()))
}
