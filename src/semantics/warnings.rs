//! Conditions that are well-typed and probably not meant: warnings.

use super::checker::Checker;
use super::types::alternatives;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Domain, Each, ExpressionKind, Property, Slot, Type};
use crate::source::Span;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Lists that mean "everything" when they are empty: the definition, the list, what empty means.
const EMPTY_MEANS_ALL: [(&str, &str, &str); 6] = [
    ("NetworkPolicyIngressRule", "from", "traffic from everywhere"),
    ("NetworkPolicyIngressRule", "ports", "all ports"),
    ("NetworkPolicyEgressRule", "to", "traffic to everywhere"),
    ("NetworkPolicyEgressRule", "ports", "all ports"),
    ("IngressTLS", "hosts", "all hosts"),
    ("PolicyRule", "resourceNames", "all resources of the type"),
];

/// The lists that a declaration reads whose emptiness has a meaning.
#[derive(Debug, Default)]
pub(super) struct OpenLists {
    read: Vec<(Span, Arc<str>, &'static str)>,
    counted: BTreeSet<Arc<str>>,
}

impl Checker<'_> {
    /// Notes that the elements of a list are read.
    pub(super) fn note_read(&mut self, list: &ir::Expression) {
        if let Some((name, meaning)) = self.open_list(list) {
            self.open_lists.read.push((list.span, name, meaning));
        }
    }

    /// Notes that the elements of a list are counted.
    pub(super) fn note_counted(&mut self, list: &ir::Expression) {
        if let Some((name, _)) = self.open_list(list) {
            self.open_lists.counted.insert(name);
        }
    }

    fn open_list(&self, list: &ir::Expression) -> Option<(Arc<str>, &'static str)> {
        let ExpressionKind::Field { base, name, .. } = &list.kind else {
            return None;
        };
        let definition = alternatives(base.ty.present()).into_iter().flatten().next()?;
        let definition = &self.schema().definition(definition).name;
        EMPTY_MEANS_ALL
            .iter()
            .find(|(of, field, _)| **of == **definition && *field == &**name)
            .map(|(_, _, meaning)| (name.clone(), *meaning))
    }

    /// Warns of lists that are read without a look at whether they are empty.
    pub(super) fn warn_of_open_lists(&mut self) {
        let lists = std::mem::take(&mut self.open_lists);
        for (span, name, meaning) in lists.read {
            if !lists.counted.contains(&name) {
                let written = self.excerpt(span);
                self.report(
                    Diagnostic::new(Code::W0003, span, format!("an empty `{name}` means {meaning}"))
                        .label("only elements that are there are judged")
                        .help(format!(
                            "judge the empty list as well, with `count({written}) == 0`"
                        )),
                );
            }
        }
    }

    /// Warns of a pattern of `like` that is written as a regular expression: it would match nothing.
    pub(super) fn warn_of_regular_expression(&mut self, pattern: &ir::Expression) {
        let ExpressionKind::Constant(ir::Constant::String(text)) = &pattern.kind else {
            return;
        };
        if text.starts_with('^') || text.ends_with('$') || text.contains(".*") || text.contains('\\') {
            self.report(
                Diagnostic::new(Code::W0007, pattern.span, "`like` takes no regular expression")
                    .label("every character but `*` stands for itself")
                    .help("use `matches`, or write a pattern with `*`, which always covers the whole string"),
            );
        }
    }

    /// Warns of the parts of a condition under a quantifier that do not depend on its element.
    pub(super) fn warn_of_ignored_binder(&mut self, each: &Each, condition: Option<&ir::Expression>) {
        let Some(condition) = condition else { return };
        let Some(name) = self
            .locals
            .get(each.value.0 as usize)
            .map(|local| local.name.clone())
        else {
            return;
        };
        let mut slots = vec![each.value];
        slots.extend(each.key);
        if &*name == "_" && each.key.is_none() {
            return;
        }
        let mut parts = Vec::new();
        conjuncts(condition, &mut parts);
        for part in parts {
            if part.ty != Type::Error
                && !matches!(part.kind, ExpressionKind::Constant(_))
                && !mentions(part, &slots)
            {
                self.report(
                    Diagnostic::new(
                        Code::W0002,
                        part.span,
                        format!("this does not depend on `{name}`"),
                    )
                    .with(each.span, "it is asked for each of these")
                    .help("state it outside of the quantifier, or name the element in it"),
                );
            }
        }
    }

    /// Warns of a condition that is the same for every subject.
    pub(super) fn warn_of_constant(&mut self, condition: &ir::Expression) {
        if condition.ty == Type::Error || !is_constant(condition) {
            return;
        }
        // `is set` on what is never absent has been warned of where it stands.
        let known = self
            .diagnostics
            .iter()
            .any(|other| other.primary.span == condition.span);
        if !known {
            self.report(
                Diagnostic::new(
                    Code::W0004,
                    condition.span,
                    "the condition is the same for everything",
                )
                .help("let it read a field, or remove it"),
            );
        }
    }
}

fn conjuncts<'e>(condition: &'e ir::Expression, parts: &mut Vec<&'e ir::Expression>) {
    match &condition.kind {
        ExpressionKind::And(left, right) => {
            conjuncts(left, parts);
            conjuncts(right, parts);
        }
        _ => parts.push(condition),
    }
}

/// Whether an expression reads one of the locals.
pub(super) fn mentions(expression: &ir::Expression, slots: &[Slot]) -> bool {
    match &expression.kind {
        ExpressionKind::Local(slot) => slots.contains(slot),
        _ => expression
            .children()
            .into_iter()
            .any(|child| mentions(child, slots)),
    }
}

/// Whether an expression reads nothing that differs from subject to subject or run to run.
pub(super) fn is_constant(expression: &ir::Expression) -> bool {
    if expression.ty == Type::Error {
        return false;
    }
    match &expression.kind {
        ExpressionKind::Local(_)
        | ExpressionKind::Parameter(_)
        | ExpressionKind::Property(_, Property::Complete) => false,
        _ if expression
            .each()
            .is_some_and(|each| !matches!(each.domain, Domain::Elements(_))) =>
        {
            false
        }
        ExpressionKind::Any(each, body) => is_constant_over(each, Some(body)),
        ExpressionKind::Count(each, condition) => is_constant_over(each, condition.as_deref()),
        _ => expression.children().into_iter().all(is_constant),
    }
}

/// Whether nothing but the binder's own element varies.
fn is_constant_over(each: &Each, body: Option<&ir::Expression>) -> bool {
    let own = |slot: &Slot| *slot == each.value || Some(*slot) == each.key;
    fn reads_other(expression: &ir::Expression, own: &dyn Fn(&Slot) -> bool) -> bool {
        match &expression.kind {
            ExpressionKind::Local(slot) => !own(slot),
            ExpressionKind::Parameter(_) => true,
            _ if expression.ty == Type::Error => true,
            _ if expression.each().is_some() => true,
            _ => expression
                .children()
                .into_iter()
                .any(|child| reads_other(child, own)),
        }
    }
    each.expression().is_some_and(is_constant) && !body.is_some_and(|body| reads_other(body, &own))
}
