//! Exemptions of other tools → waivers.
//!
//! In: exemptions, and the rules that stand for the checks. Out: [`Waiver`]s with reason, owner and last day.

use super::Options;
use super::carry::{Carried, InForce};
use super::repository::Repository;
use super::scope;
use super::setup::{Demand, Exempt, Exemption, Grade, Remark, Setup};
use crate::diagnostic::{Diagnostic, ObjectReference};
use crate::evaluate::like;
use crate::syntax::quoted;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// How many objects a waiver names at most.
const MOST_OBJECTS: usize = 200;

/// A waiver.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waiver {
    /// The rule.
    pub rule: String,
    /// Why.
    pub because: String,
    /// The objects.
    pub objects: BTreeSet<Exempt>,
}

/// The waivers for all exemptions of a setup, sorted. `found` is what is found without any: a waiver that covers nothing
/// would be a finding itself.
pub fn waive(
    setup: &mut Setup,
    carried: &Carried,
    repository: &Repository,
    options: &Options,
    found: &[Diagnostic],
) -> Vec<Waiver> {
    let mut waivers: BTreeMap<(String, String), BTreeSet<Exempt>> = BTreeMap::new();
    let exemptions = std::mem::take(&mut setup.exemptions);
    let mut by_rule: BTreeMap<&str, Vec<&ObjectReference>> = BTreeMap::new();
    for finding in found {
        let objects = by_rule.entry(finding.origin.id()).or_default();
        objects.extend(&finding.object);
    }
    let mut wider = BTreeSet::new();
    for exemption in &exemptions {
        setup.peer = exemption.peer;
        let mut is_needed = false;
        for rule in &carried.rules {
            let demands: Vec<&Demand> = rule.demands.iter().map(|index| &setup.demands[*index]).collect();
            if !demands.iter().any(|demand| is_exempt(exemption, demand)) {
                continue;
            }
            let mut objects = known(setup, exemption, rule, repository);
            let judged = by_rule
                .get(rule.id.as_str())
                .map(Vec::as_slice)
                .unwrap_or_default();
            objects.retain(|object| covers(object, judged) || may_come(object, repository));
            is_needed |= !objects.is_empty();

            if objects.is_empty() {
                continue;
            }
            let others = rule.demands.iter().map(|index| &setup.demands[*index]);
            for other in others.filter(|demand| !is_exempt(exemption, demand)) {
                let message = format!(
                    "waivers of `{}` hold for `{}` of {} as well, which had no such exemption",
                    rule.id,
                    other.title(),
                    other.peer
                );
                wider.insert((exemption.peer, message));
            }
            let key = (rule.id.clone(), exemption.because.clone());
            waivers.entry(key).or_default().extend(objects);
        }
        if !is_needed {
            let checks = exemption.checks.as_ref().map(|checks| checks.join(", "));
            let checks = checks.map_or("everything".to_string(), |checks| format!("`{checks}`"));
            let message = format!(
                "the exemption from {checks} covers nothing that is found today, so there is no waiver"
            );
            setup.note(exemption.at, message);
        }
    }
    for (peer, message) in wider {
        setup.remarks.push(Remark {
            grade: Grade::Differs,
            peer,
            at: None,
            message,
        });
    }
    let mut out = Vec::new();
    for ((rule, because), objects) in waivers {
        let objects: Vec<Exempt> = objects.into_iter().collect();
        for objects in objects.chunks(MOST_OBJECTS) {
            out.push(Waiver {
                rule: rule.clone(),
                because: because.clone(),
                objects: objects.iter().cloned().collect(),
            });
        }
    }
    if !out.is_empty() {
        setup.peer = "Ordain";
        let message = match owner(repository, options) {
            (_, true) => format!("waivers hold until {}; --until sets another day", options.until),
            (_, false) => format!(
                "waivers need somebody who answers for them: set --owner; they hold until {} (--until)",
                options.until
            ),
        };
        setup.note(None, message);
    }
    setup.exemptions = exemptions;
    out
}

/// Whether one of these objects is meant.
fn covers(object: &Exempt, found: &[&ObjectReference]) -> bool {
    found.iter().any(|other| {
        object.kind.as_ref().is_none_or(|kind| *kind == other.kind)
            && like(&other.name, &object.name)
            && object
                .namespace
                .as_ref()
                .is_none_or(|own| like(&other.namespace, own))
    })
}

/// Whether an object that is meant may come out of what was not rendered.
fn may_come(object: &Exempt, repository: &Repository) -> bool {
    !repository.is_complete()
        && !repository.objects().iter().any(|other| {
            object.kind.as_ref().is_none_or(|kind| *kind == other.kind) && like(&other.name, &object.name)
        })
}

fn is_exempt(exemption: &Exemption, demand: &Demand) -> bool {
    exemption.peer == demand.peer
        && exemption
            .checks
            .as_ref()
            .is_none_or(|checks| checks.iter().any(|check| demand.is_called(check)))
}

/// The objects by kinds that a waiver can name.
fn known(setup: &mut Setup, exemption: &Exemption, rule: &InForce, repository: &Repository) -> Vec<Exempt> {
    let kinds = || {
        let tree = repository.rule(&rule.base).and_then(|rule| repository.tree(rule));
        let subjects = tree.map(|(_, tree)| scope::subjects(tree)).unwrap_or_default();
        let kinds = subjects.iter().flat_map(|(subject, _, _)| subject.kinds());
        kinds.collect::<BTreeSet<String>>()
    };
    let schema = &repository.workspace.schema;
    let mut out = Vec::new();
    for object in &exemption.objects {
        match &object.kind {
            None => out.extend(kinds().into_iter().map(|kind| Exempt {
                kind: Some(kind),
                ..object.clone()
            })),
            Some(kind) if schema.kinds(kind, None).is_empty() => {
                let message =
                    format!("a waiver can't name `{kind}`: its definition is not in the repository");
                setup.lost(exemption.at, message);
            }
            Some(_) => out.push(object.clone()),
        }
    }
    out
}

/// Who answers for waivers, and whether somebody said so.
fn owner(repository: &Repository, options: &Options) -> (String, bool) {
    let of_everything = repository
        .named
        .iter()
        .filter(|(path, _)| path.ends_with("CODEOWNERS"))
        .flat_map(|(_, text)| text.lines())
        // The last line that matches holds.
        .rev()
        .find_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some("*")).then(|| words.next())?
        });
    let named = options.owner.as_deref().filter(|owner| !owner.trim().is_empty());
    match named.or(of_everything) {
        Some(owner) => (owner.to_string(), true),
        None => ("nobody yet".to_string(), false),
    }
}

/// The text of waivers.
pub fn text(waivers: &[Waiver], repository: &Repository, options: &Options) -> String {
    let (owner, _) = owner(repository, options);
    let mut out = String::new();
    for waiver in waivers {
        let objects: Vec<String> = waiver
            .objects
            .iter()
            .map(|object| {
                let kind = object.kind.as_deref().unwrap_or("Pod");
                let namespace = object.namespace.as_ref();
                let namespace = namespace.map(|namespace| format!(" in {}", quoted(namespace)));
                format!("{kind} {}{}", quoted(&object.name), namespace.unwrap_or_default())
            })
            .collect();
        let _ = write!(
            out,
            "\nwaive {} {{\n  for {}\n  because {}\n  owner {}\n  until {}\n}}\n",
            waiver.rule,
            objects.join(", "),
            quoted(&waiver.because),
            quoted(&owner),
            options.until
        );
    }
    out
}
