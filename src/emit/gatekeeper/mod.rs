//! Target `gatekeeper`: rules as constraint templates with their constraints, for Gatekeeper.
//!
//! In: the rules of a [`PolicySet`], as Rego ([`super::rego`]). Out:
//!
//! - `templates/RULE.yaml`: the rule, and the schema of what its parameters may be;
//! - `constraints/RULE.yaml`: the kinds whose objects it judges, its parameters' values, and what is done about
//!   an object that breaks it. The cluster takes it once it has taken the template;
//! - `syncset.yaml`: the kinds that rules look up beside the object under review, which Gatekeeper has to
//!   watch for them;
//! - `verify/suite.yaml` with the files beside it: the tests of the rules, for `gator verify`.
//!
//! What can't be judged an object at a time, or reads what can't be synced, is refused by name.

mod kinds;
mod names;
mod suite;

use super::crd::yaml;
use super::rego::{self, Host, KindFacts, Kinds, Module, Setting, parameters};
use super::{Artifact, Backend, Options, Reason, Refusal, parameter, vap};
use crate::diagnostic::Severity;
use crate::ir::{PolicySet, Rule};
use kinds::GroupVersionKind;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The target `gatekeeper`.
#[derive(Debug, Clone, Copy)]
pub struct Constraints;

const NAME: &str = "gatekeeper";

/// What Gatekeeper calls reviews of Kubernetes' admission.
const TARGET: &str = "admission.k8s.gatekeeper.sh";

impl Backend for Constraints {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "constraint templates with their constraints for Gatekeeper, one a rule"
    }

    fn has_tests(&self) -> bool {
        true
    }

    fn emit(&self, policies: &PolicySet, options: &Options) -> (Vec<Artifact>, Vec<Refusal>) {
        let facts = KindFacts::of_schema(options.schema);
        let setting = Setting::new(Host::Gatekeeper, policies, options, &facts);
        let mut artifacts = Vec::new();
        let mut refusals = Vec::new();
        let mut synced = BTreeSet::new();
        let mut tests = Vec::new();
        for rule in &policies.rules {
            let made = names::of_rule(rule, &policies.rules).and_then(|kind| {
                let made = of_rule(rule, &kind, policies, options, &setting)?;
                suite::of_rule(rule, &kind, options, &setting).map(|tests| (made, tests))
            });
            match made {
                Ok(((own, needed), (tests_of_rule, files))) => {
                    artifacts.extend(own);
                    artifacts.extend(files);
                    tests.extend(tests_of_rule);
                    synced.extend(needed);
                }
                Err(reason) => refusals.push(reason.refusal(rule, NAME)),
            }
        }
        if !synced.is_empty() {
            // Kinds of a fixed form can always be written.
            artifacts.extend(sync_set(&synced));
        }
        artifacts.extend(suite::of_tests(tests));
        artifacts.sort();
        (artifacts, refusals)
    }
}

/// The files of a rule, and the kinds that it needs synced.
fn of_rule(
    rule: &Rule,
    kind: &str,
    policies: &PolicySet,
    options: &Options,
    setting: &Setting<'_>,
) -> rego::Result<(Vec<Artifact>, Vec<GroupVersionKind>)> {
    let module = rego::compile(rule, setting)?;
    let (matched, synced) = match &module.admission {
        Some(admission) if judges_policies(&admission.reviewed) => {
            let reason = "it judges objects of Gatekeeper itself, which `gator` takes for policies";
            return Err(Reason::new(rule.span, reason));
        }
        Some(admission) => (
            kinds::matched(&admission.reviewed, options),
            kinds::synced(admission, options)?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    let file = |folder: &str, comment: &[String], document: &Value| {
        let text = yaml::render(comment, document).map_err(|text| Reason {
            span: rule.span,
            text,
            help: None,
        })?;
        Ok(Artifact::new(format!("{folder}/{}.yaml", rule.id), text))
    };
    let comment = comment(rule, policies, options, setting);
    let template = file(
        "templates",
        &comment,
        &template(rule, kind, &module, &synced, options),
    )?;
    let before = first_line_of_module(template.text());
    let template = template.with_origins(module.origins_below(before));
    let constraint = constraint(rule, kind, &matched, options);
    let constraint = file("constraints", &comment, &constraint)?;
    Ok((vec![template, constraint], synced))
}

/// Whether what is reviewed are constraints, templates and the like.
fn judges_policies(reviewed: &Kinds) -> bool {
    matches!(reviewed, Kinds::Of(kinds) if kinds.iter().any(|(group, _)| group.ends_with("gatekeeper.sh")))
}

/// How many lines a template has before its module, which stands there line by line.
fn first_line_of_module(template: &str) -> usize {
    let is_head = |line: &str| line.trim_start().starts_with("rego: |");
    template.lines().position(is_head).map_or(0, |line| line + 1)
}

/// What stands above the documents.
fn comment(rule: &Rule, policies: &PolicySet, options: &Options, setting: &Setting<'_>) -> Vec<String> {
    let mut lines = vec![
        rule.title.clone(),
        format!(
            "Compiled by Ordain from {} for Gatekeeper; edit that and build again.",
            options.path(rule.span)
        ),
    ];
    lines.extend(rego::waiver_notes(rule, &policies.waivers, setting.today));
    if rule.groups.iter().any(rego::reads_former) {
        lines.push(
            "It reads what objects were before, so that it judges requests; audits pass it over.".to_owned(),
        );
    }
    for parameter in &rule.parameters {
        if parameters::Form::of(&parameter.ty).is_none() {
            lines.push(format!(
                "Parameter `{}` is built in: constraints have no values of its type.",
                parameter.name
            ));
        }
    }
    lines
}

fn template(
    rule: &Rule,
    kind: &str,
    module: &Module,
    synced: &[GroupVersionKind],
    options: &Options,
) -> Value {
    let mut annotations = annotations(rule, options);
    if !synced.is_empty() {
        let needed: Vec<Value> = synced.iter().map(|kind| json!([kind.clause()])).collect();
        annotations.insert(
            "metadata.gatekeeper.sh/requires-sync-data".to_owned(),
            json!(json!(needed).to_string()),
        );
    }
    let properties: Map<String, Value> = parameters::settable(rule)
        .map(|(own, _)| (own.name.to_string(), parameter::schema(own)))
        .collect();
    let mut schema = json!({ "type": "object" });
    if !properties.is_empty() {
        schema["properties"] = properties.into();
    }
    json!({
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": { "name": kind.to_lowercase(), "annotations": annotations },
        "spec": {
            "crd": { "spec": {
                "names": { "kind": kind },
                "validation": { "openAPIV3Schema": schema },
            } },
            "targets": [{
                "target": TARGET,
                "code": [{
                    "engine": "Rego",
                    // Gatekeeper's scanner of Rego takes a tab for as many blanks.
                    "source": { "version": "v1", "rego": module.text },
                }],
            }],
        },
    })
}

fn constraint(rule: &Rule, kind: &str, matched: &[Value], options: &Options) -> Value {
    let values: Map<String, Value> = parameters::settable(rule)
        .map(|(own, _)| (own.name.to_string(), parameter::value(&own.value)))
        .collect();
    let mut specification = json!({
        "enforcementAction": match rule.severity >= Severity::Medium {
            true => "deny",
            false => "warn",
        },
        "match": { "kinds": matched },
    });
    if !values.is_empty() {
        specification["parameters"] = values.into();
    }
    json!({
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": kind,
        "metadata": { "name": rule.id, "annotations": annotations(rule, options) },
        "spec": specification,
    })
}

/// What is said of a rule beside what it does; Gatekeeper's library has its titles and descriptions so.
fn annotations(rule: &Rule, options: &Options) -> Map<String, Value> {
    let mut annotations = Map::new();
    annotations.insert("metadata.gatekeeper.sh/title".to_owned(), json!(rule.title));
    if !rule.documentation.is_empty() {
        annotations.insert("description".to_owned(), json!(rule.documentation));
    }
    let own = vap::metadata(rule, options).annotations.unwrap_or_default();
    annotations.extend(own.into_iter().map(|(key, value)| (key, json!(value))));
    annotations
}

fn sync_set(kinds: &BTreeSet<GroupVersionKind>) -> Option<Artifact> {
    let comment = ["What rules look up beside the object under review.".to_owned()];
    let document = json!({
        "apiVersion": "syncset.gatekeeper.sh/v1alpha1",
        "kind": "SyncSet",
        "metadata": { "name": "ordain" },
        "spec": { "gvks": kinds.iter().map(GroupVersionKind::json).collect::<Vec<_>>() },
    });
    let text = yaml::render(&comment, &document).ok()?;
    Some(Artifact::new("syncset.yaml", text))
}
