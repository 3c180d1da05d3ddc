//! Exceptions that were granted: what they cover, which have expired, which cover nothing.
//!
//! In: findings and waivers. Out: the findings that stand, those that are waived, and findings about the
//! waivers themselves.

use super::builtin::like;
use super::repository::{Repository, meant_group};
use super::run::Options;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, ObjectReference, Origin};
use crate::ir::{ObjectPattern, Rule, Waiver};
use crate::schema::Schema;

/// Splits findings into those that stand, with what is to say about the waivers, and those waived, each
/// with the number of its waiver. `rules` are the ones that were run.
pub fn apply(
    findings: Vec<Diagnostic>,
    rules: &[&Rule],
    repository: &Repository<'_>,
    options: &Options<'_>,
) -> (Vec<Diagnostic>, Vec<(Diagnostic, usize)>) {
    let expired = |waiver: &Waiver| waiver.is_expired(options.today);
    let mut covered = vec![false; options.waivers.len()];
    let mut standing = Vec::with_capacity(findings.len());
    let mut waived = Vec::new();
    for finding in findings {
        let mut holding = None;
        for (number, waiver) in options.waivers.iter().enumerate() {
            if covers(waiver, &finding, repository.schema) {
                covered[number] = true;
                if holding.is_none() && !expired(waiver) {
                    holding = Some(number);
                }
            }
        }
        match holding {
            Some(number) => waived.push((finding, number)),
            None => standing.push(finding),
        }
    }
    for (waiver, covered) in options.waivers.iter().zip(covered) {
        if !rules.iter().any(|rule| rule.id == waiver.rule) {
            continue;
        }
        // What an expired waiver would no longer cover is no matter; and of a part of the repository
        // nobody can say that a waiver covers nothing.
        if expired(waiver) {
            standing.push(expiry(waiver, covered));
        } else if !covered && repository.complete {
            standing.push(unused(waiver));
        }
    }
    crate::diagnostic::sort(&mut standing, repository.sources);
    (standing, waived)
}

fn covers(waiver: &Waiver, finding: &Diagnostic, schema: &Schema) -> bool {
    let Origin::Rule(rule) = &finding.origin else {
        return false;
    };
    *rule == waiver.rule
        && finding.object.as_ref().is_some_and(|object| {
            waiver
                .objects
                .iter()
                .any(|pattern| names(pattern, object, schema))
        })
}

fn names(pattern: &ObjectPattern, object: &ObjectReference, schema: &Schema) -> bool {
    let group = object.api_version.split_once('/').map_or("", |(group, _)| group);
    let is_kind = pattern.kind.matches(group, &object.kind)
        || pattern
            .kind
            .matches(meant_group(schema, group, &object.kind), &object.kind);
    is_kind
        && like(&object.name, &pattern.name)
        && pattern
            .namespace
            .as_deref()
            .is_none_or(|namespace| like(&object.namespace, namespace))
}

fn expiry(waiver: &Waiver, covered: bool) -> Diagnostic {
    let message = format!("the waiver of `{}` expired on {}", waiver.rule, waiver.until);
    let help = if covered {
        format!("mend what it covers, or ask `{}` to renew it", waiver.owner)
    } else {
        "remove it: it covers nothing".to_string()
    };
    Diagnostic::new(Code::W0601, waiver.span, message).help(help)
}

fn unused(waiver: &Waiver) -> Diagnostic {
    let message = format!("the waiver of `{}` covers no finding", waiver.rule);
    Diagnostic::new(Code::W0602, waiver.span, message).help("remove it, or correct the objects that it names")
}
