//! Polaris: its configuration, and the annotations that exempt objects.
//!
//! In: a repository. Out: checks with their severities, exemptions, and custom checks as what has no equivalent.

use super::annotations;
use super::repository::Repository;
use super::setup::{Exempt, Setup, Strength};
use super::table::POLARIS;
use crate::manifest::{Node, Value};

const CATALOGUE: &str = "polaris";
const PREFIX: &str = "polaris.fairwinds.com/";

/// Reads the setup.
pub fn read(repository: &Repository, setup: &mut Setup) {
    let configurations = repository.configurations(is_configuration);
    let mut honours_annotations = true;
    for (file, root) in &configurations {
        setup.found(repository.path(*file));
        let is_on = |key: &str| root.get(key).is_some_and(|node| node.value == Value::Bool(true));
        honours_annotations &= !is_on("disallowExemptions") && !is_on("disallowAnnotationExemptions");
        let exempts = !is_on("disallowExemptions") && !is_on("disallowConfigExemptions");
        configuration(setup, root, exempts);
    }
    let mut count = 0;
    for object in repository.objects() {
        for entry in annotations::of(object, PREFIX, false) {
            let name = entry.key.trim_start_matches(PREFIX);
            let checks = match (name, name.strip_suffix("-exempt")) {
                ("exempt", _) => None,
                (_, Some(check)) => Some(vec![check.to_string()]),
                _ => continue,
            };
            count += 1;
            let is_true = match &entry.value.value {
                Value::Bool(truth) => *truth,
                Value::String(text) => text.eq_ignore_ascii_case("true"),
                _ => false,
            };
            if is_true && honours_annotations {
                let because = "exempt from Polaris by an annotation without a reason";
                annotations::waive(setup, object, checks, because, entry);
            }
        }
    }
    count += annotations::strays(setup, repository, PREFIX);
    if count > 0 {
        setup.found(super::counted(count, "annotation"));
    }
    if configurations.is_empty() && count > 0 {
        setup.note(
            None,
            "no configuration was found, so the checks are those that Polaris has by itself",
        );
        for [check, severity] in POLARIS.rows() {
            demand(setup, check, severity);
        }
    }
}

fn is_configuration(root: &Node) -> bool {
    let severity = |node: &Node| matches!(node.as_str(), Some("danger" | "warning" | "ignore"));
    let checks = root.get("checks").map(Node::entries).unwrap_or_default();
    !checks.is_empty() && checks.iter().all(|entry| severity(&entry.value))
}

fn demand<'s>(setup: &'s mut Setup, check: &str, severity: &str) -> Option<&'s mut super::setup::Demand> {
    match severity {
        "danger" => Some(setup.demand(CATALOGUE, check, Strength::Severe)),
        "warning" => Some(setup.demand(CATALOGUE, check, Strength::Warns)),
        _ => None,
    }
}

fn configuration(setup: &mut Setup, root: &Node, exempts: bool) {
    let custom = root.get("customChecks").map(Node::entries).unwrap_or_default();
    for check in root.get("checks").map(Node::entries).unwrap_or_default() {
        if custom.iter().any(|custom| custom.key == check.key) {
            continue;
        }
        if let Some(demand) = demand(setup, &check.key, check.value.as_str().unwrap_or("")) {
            demand.at = Some(check.key_span);
        }
    }
    for check in custom {
        let message = format!(
            "the custom check `{}` is a JSON schema; write it as a rule",
            check.key
        );
        setup.lost(check.key_span, message);
    }
    for entry in root.entries() {
        match &*entry.key {
            "mutations" => setup.note(
                entry.key_span,
                "`mutations`: `ordain check --fix` mends what can be mended",
            ),
            "exemptions"
            | "checks"
            | "customChecks"
            | "displayName"
            | "disallowExemptions"
            | "disallowConfigExemptions"
            | "disallowAnnotationExemptions" => {}
            other => setup.lost(entry.key_span, format!("`{other}` has no equivalent")),
        }
    }
    for exemption in root.get("exemptions").map(Node::elements).unwrap_or_default() {
        if exempts {
            exempt(setup, exemption);
        }
    }
}

/// An exemption names controllers by how their names begin.
fn exempt(setup: &mut Setup, exemption: &Node) {
    let strings = |key: &str| {
        let list = exemption.get(key).map(Node::elements).unwrap_or_default();
        let strings = list.iter().filter_map(Node::as_str).map(str::to_string);
        strings.collect::<Vec<String>>()
    };
    if !strings("containerNames").is_empty() {
        let message = "an exemption of single containers: a waiver is for whole objects, so these containers are judged";
        return setup.lost(exemption.span, message);
    }
    let namespace = exemption.get("namespace").and_then(Node::as_str);
    let mut names = strings("controllerNames");
    if names.is_empty() {
        names.push(String::new());
    }
    let objects = names.iter().map(|name| Exempt {
        kind: None,
        name: format!("{name}*"),
        namespace: namespace.map(str::to_string),
    });
    let rules = strings("rules");
    let checks = (!rules.is_empty()).then_some(rules);
    setup.exempt(
        checks,
        objects.collect(),
        "exempt in the configuration of Polaris",
        exemption.span,
    );
}
