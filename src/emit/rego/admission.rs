//! A rule → what it needs of a cluster where an object at a time is reviewed: the kinds whose objects it
//! judges, and those that it looks up beside the object.
//!
//! A binder at the top of a group is a demand on each of its elements: it ranges over the object under
//! review. Where several demand, each of them does so in turn while the others range over what the cluster
//! has. What a quantifier ranges over is always looked up.

use super::rule::reads_of;
use super::{KindFacts, Reason, Result, estimates, faults};
use crate::ir::reads::DomainReads;
use crate::ir::{
    Clause, Domain, Each, Expression, ExpressionKind, Group, KindReference, Property, Rule, Slot, Step,
    TestOperator,
};
use crate::source::Span;
use std::collections::BTreeSet;

/// A group and a kind of it.
pub type GroupKind = (String, String);

/// What a rule needs of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// The kinds whose objects it judges.
    pub reviewed: Kinds,
    /// The kinds that it looks up, with the binder that does so.
    pub read: Vec<(GroupKind, Span)>,
}

/// Kinds of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kinds {
    /// All that there are.
    All,
    /// These.
    Of(BTreeSet<GroupKind>),
}

impl Kinds {
    fn and(self, other: Kinds) -> Kinds {
        match (self, other) {
            (Kinds::Of(mut own), Kinds::Of(other)) => {
                own.extend(other);
                Kinds::Of(own)
            }
            _ => Kinds::All,
        }
    }

    fn of(domain: &Domain, facts: &KindFacts) -> Kinds {
        match domain {
            Domain::Kinds(kinds) => Kinds::Of(kinds.iter().flat_map(pairs).collect()),
            Domain::Scalables => Kinds::Of(super::binder::SCALABLES.iter().map(|kind| pair(kind)).collect()),
            Domain::Workloads | Domain::Pods | Domain::Containers(_) => Kinds::Of(facts.pod_bearing.clone()),
            Domain::Objects | Domain::Namespaces | Domain::Elements(_) => Kinds::All,
        }
    }
}

fn pairs(kind: &KindReference) -> impl Iterator<Item = GroupKind> {
    let groups = kind.groups.iter();
    groups.map(move |group| (group.to_string(), kind.kind.to_string()))
}

/// The halves of GROUP/KIND.
fn pair(name: &str) -> GroupKind {
    let (group, kind) = name.split_once('/').unwrap_or(("", name));
    (group.to_owned(), kind.to_owned())
}

/// The binders of a group that demand something of their elements.
pub fn demands(group: &Group) -> Vec<&Each> {
    let steps = group.steps.iter();
    steps
        .filter_map(|step| match step {
            Step::Each(each) if each.domain.is_repository() => Some(each),
            _ => None,
        })
        .collect()
}

/// What the rule needs, or why it can't be judged an object at a time.
pub fn of_rule(rule: &Rule, facts: &KindFacts) -> Result<Admission> {
    let mut reviewed = Kinds::Of(BTreeSet::new());
    let mut read: Vec<(GroupKind, Span)> = Vec::new();
    for (group, reads) in rule.groups.iter().zip(reads_of(rule)) {
        let demands = demands(group);
        if demands.is_empty() {
            return Err(Reason::new(
                rule.span,
                "it judges the repository as a whole, and admission reviews an object at a time",
            )
            .help("begin with a binder over objects, such as `for d in Deployment`"));
        }
        for expression in expressions(group) {
            refuse_files(expression)?;
        }
        for own in &reads {
            if own.is_step || has_faults(own, rule.span)? {
                reviewed = reviewed.and(Kinds::of(&own.domain, facts));
            }
        }
        for estimate in calls_that_estimate(group) {
            read.extend(estimates::KINDS.map(|kind| (pair(kind), estimate.span)));
        }
        for each in binders(group) {
            if is_only_reviewed(each.value, &demands) {
                continue;
            }
            match Kinds::of(&each.domain, facts) {
                Kinds::Of(kinds) => read.extend(kinds.into_iter().map(|kind| (kind, each.span))),
                Kinds::All => return Err(everything(each)),
            }
        }
    }
    read.sort_by(|(left, _), (right, _)| left.cmp(right));
    read.dedup_by(|(left, _), (right, _)| left == right);
    Ok(Admission { reviewed, read })
}

/// Whether a binder never ranges over anything but the object under review.
fn is_only_reviewed(slot: Slot, demands: &[&Each]) -> bool {
    matches!(demands, [one] if one.value == slot)
}

fn everything(each: &Each) -> Reason {
    let what = match each.domain {
        Domain::Namespaces => "the namespaces of all objects of the cluster",
        _ => "all objects of the cluster",
    };
    Reason::new(
        each.span,
        format!("it looks through {what}, and only kinds that are named can be synced"),
    )
    .help("name the kinds: `any d in Deployment | StatefulSet`")
}

fn has_faults(reads: &DomainReads, span: Span) -> Result<bool> {
    let faults = faults::of_domain(reads, "here", span)?;
    Ok(faults.of_owner.is_some() || faults.of_container.is_some())
}

/// All binders of a group over objects, those of its quantifiers included.
fn binders(group: &Group) -> Vec<&Each> {
    let mut found = demands(group);
    for step in &group.steps {
        if let Step::Clause(Clause { each, .. }) = step {
            found.extend(each);
        }
    }
    let mut open = expressions(group);
    while let Some(expression) = open.pop() {
        found.extend(expression.each());
        open.extend(expression.children());
    }
    found.retain(|each| each.domain.is_repository());
    found
}

/// All calls of a group that estimate.
fn calls_that_estimate(group: &Group) -> Vec<&Expression> {
    let mut found = Vec::new();
    let mut open = expressions(group);
    while let Some(expression) = open.pop() {
        found.extend(Some(expression).filter(|own| own.is_estimate()));
        open.extend(expression.children());
    }
    found
}

/// All expressions of a group, without their parts.
pub fn expressions(group: &Group) -> Vec<&Expression> {
    group
        .steps
        .iter()
        .flat_map(|step| match step {
            Step::Each(each) => each.expression().into_iter().collect::<Vec<_>>(),
            Step::Where(condition) => vec![condition],
            Step::Let(_, value) => vec![value],
            Step::Clause(clause) => {
                let domains = clause.each.iter().filter_map(Each::expression);
                let texts = [
                    Some(&clause.violation),
                    Some(&clause.message),
                    clause.help.as_ref(),
                    clause.at.as_ref(),
                ];
                domains.chain(texts.into_iter().flatten()).collect()
            }
        })
        .collect()
}

fn refuse_files(expression: &Expression) -> Result<()> {
    let reason = match &expression.kind {
        ExpressionKind::Property(_, Property::File) => {
            Some("it reads in which file an object stands, which a cluster doesn't know")
        }
        ExpressionKind::Test(TestOperator::Deploys, ..) => {
            Some("it reads which folders are deployed, which a cluster doesn't know")
        }
        _ => None,
    };
    if let Some(reason) = reason {
        return Err(Reason::new(expression.span, reason));
    }
    expression.children().into_iter().try_for_each(refuse_files)
}
