//! Datree: its policies as code, and the annotations that skip rules.
//!
//! In: a repository. Out: the rules of the default policy, and the objects that skip some.

use super::annotations;
use super::repository::Repository;
use super::setup::{Setup, Strength};
use super::table::DATREE;
use crate::manifest::{Node, Value};

const CATALOGUE: &str = "datree";
const SKIP: &str = "datree.skip/";

/// Reads the setup.
pub fn read(repository: &Repository, setup: &mut Setup) {
    let configurations = repository.configurations(is_configuration);
    for (file, root) in &configurations {
        setup.found(repository.path(*file));
        configuration(setup, root);
    }
    let mut count = 0;
    for object in repository.objects() {
        for entry in annotations::of(object, SKIP, false) {
            count += 1;
            let rule = entry.key.trim_start_matches(SKIP).to_string();
            annotations::waive(setup, object, Some(vec![rule]), annotations::text(entry), entry);
        }
    }
    count += annotations::strays(setup, repository, SKIP);
    if count > 0 {
        setup.found(super::counted(count, "annotation"));
    }
    if configurations.is_empty() && count > 0 {
        setup.note(
            None,
            "no policies were found, so the rules are those of Datree's default policy",
        );
        for [rule] in DATREE.rows() {
            setup.demand(CATALOGUE, rule, Strength::Fails);
        }
    }
}

fn is_configuration(root: &Node) -> bool {
    let has_rules = |policy: &Node| {
        let rules = policy.get("rules").map(Node::elements).unwrap_or_default();
        rules.iter().any(|rule| rule.get("identifier").is_some())
    };
    root.get("kind").is_none()
        && root
            .get("policies")
            .is_some_and(|policies| policies.elements().iter().any(has_rules))
}

fn configuration(setup: &mut Setup, root: &Node) {
    let policies = root.get("policies").map(Node::elements).unwrap_or_default();
    let is_default = |policy: &&Node| {
        let flag = policy.get("isDefault");
        flag.is_some_and(|flag| flag.value == Value::Bool(true))
    };
    let chosen = policies.iter().find(is_default).or(policies.first());
    let custom = root.get("customRules").map(Node::elements).unwrap_or_default();
    let name = |rule: &Node| rule.get("identifier").and_then(Node::as_str).map(str::to_string);
    for policy in policies {
        let title = policy.get("name").and_then(Node::as_str).unwrap_or("");
        if chosen.is_some_and(|chosen| std::ptr::eq(chosen, policy)) {
            continue;
        }
        setup.lost(
            policy.span,
            format!("the policy `{title}` is not the default one, and is left out"),
        );
    }
    for rule in chosen
        .and_then(|policy| policy.get("rules"))
        .map(Node::elements)
        .unwrap_or_default()
    {
        let Some(identifier) = name(rule) else { continue };
        let at = rule.get("identifier").map(|node| node.span);
        if custom.iter().any(|rule| name(rule).as_ref() == Some(&identifier)) {
            setup.lost(
                at,
                format!("the custom rule `{identifier}` is a JSON schema; write it as a rule"),
            );
            continue;
        }
        setup.demand(CATALOGUE, &identifier, Strength::Fails).at = at;
    }
    if chosen.is_some() {
        setup.note(
            root.span.at_start(),
            "messages on failure are Ordain's own; remove this file once you have switched, since `ordain check` \
             takes what has an `apiVersion` for an object",
        );
    }
}
