//! The tests of rules → a suite for `gator verify`, with the objects in files beside it.
//!
//! Of each case every object that the rule judges is under review in turn, while the others are what the cluster
//! has. Where a case sets parameters, it has a constraint of its own.

use super::{kinds, rego};
use crate::emit::crd::yaml;
use crate::emit::rego::{Admission, Kinds, Setting, parameters::Form};
use crate::emit::{Artifact, Options, Reason, Sample};
use crate::ir::{Constant, Rule};
use serde_json::{Value, json};
use std::sync::Arc;

/// Where suites and their files stand.
const FOLDER: &str = "verify";

type Parameters = [(Arc<str>, Constant)];

/// The tests of a rule, and the files that they name.
pub fn of_rule(
    rule: &Rule,
    kind: &str,
    options: &Options,
    setting: &Setting<'_>,
) -> rego::Result<(Vec<Value>, Vec<Artifact>)> {
    let mut samples: Vec<(usize, &Sample)> = options
        .samples
        .iter()
        .filter(|sample| sample.rule == rule.id)
        .enumerate()
        .collect();
    let (mut tests, mut files) = (Vec::new(), Vec::new());
    while let Some((_, first)) = samples.first().copied() {
        let (own, others) = samples
            .into_iter()
            .partition(|(_, sample)| sample.with == first.with);
        samples = others;
        let judged = with_parameters(rule, &first.with);
        let module = rego::compile(&judged, setting)?;
        let Some(admission) = &module.admission else {
            continue;
        };
        let mut cases = Vec::new();
        for (number, sample) in own {
            let (made, objects) = cases_of(rule, number + 1, sample, admission)?;
            cases.extend(made);
            files.extend(objects);
        }
        if cases.is_empty() {
            continue;
        }
        let mut test = json!({
            "name": rule.id,
            "template": format!("../templates/{}.yaml", rule.id),
            "constraint": format!("../constraints/{}.yaml", rule.id),
            "cases": cases,
        });
        if !first.with.is_empty() {
            let number = tests.len() + 1;
            test["name"] = json!(format!("{} with {}", rule.id, told(&first.with)));
            let constraint = super::constraint(
                &judged,
                kind,
                &kinds::matched(&admission.reviewed, options),
                options,
            );
            test["constraint"] = file(rule, &format!("constraint-{number}"), &constraint, &mut files)?;
            if !is_set_by_constraints(rule, &first.with) {
                let template = super::template(&judged, kind, &module, &[], options);
                test["template"] = file(rule, &format!("template-{number}"), &template, &mut files)?;
            }
        }
        tests.push(test);
    }
    Ok((tests, files))
}

/// The suite, if there are tests.
pub fn of_tests(tests: Vec<Value>) -> Option<Artifact> {
    let comment = ["The tests of the rules, for `gator verify`. No cluster takes this file.".to_owned()];
    let suite = json!({
        "apiVersion": "test.gatekeeper.sh/v1alpha1",
        "kind": "Suite",
        "metadata": { "name": "ordain" },
        "tests": tests,
    });
    // Names of rules and paths can always be written.
    let text = yaml::render(&comment, &suite)
        .ok()
        .filter(|_| suite["tests"] != json!([]))?;
    Some(Artifact::new(format!("{FOLDER}/suite.yaml"), text))
}

/// A case for each object that the rule judges, and the files of all objects.
fn cases_of(
    rule: &Rule,
    number: usize,
    sample: &Sample,
    admission: &Admission,
) -> rego::Result<(Vec<Value>, Vec<Artifact>)> {
    let is_found = sample.objects.iter().any(|(_, is_found)| *is_found);
    let can_be_there = sample.objects.iter().all(|(object, _)| is_named(object));
    let under_review = |object: &Value, own: bool| is_judged(object, &admission.reviewed) && own == is_found;
    // An object that nothing is found in, beside one in which something is, may break the rule all the same when
    // it is under review itself: of such the case says nothing.
    let reviewed: Vec<usize> = sample
        .objects
        .iter()
        .enumerate()
        .filter(|(_, (object, own))| can_be_there && under_review(object, *own))
        .map(|(index, _)| index)
        .collect();
    let (mut files, mut paths) = (Vec::new(), Vec::new());
    if reviewed.is_empty() {
        return Ok((Vec::new(), files));
    }
    let verdict = if sample.accepts { "accepts" } else { "rejects" };
    for (index, (object, _)) in sample.objects.iter().enumerate() {
        let name = match sample.objects.len() {
            1 => format!("{number}-{verdict}"),
            _ => format!("{number}-{verdict}-{}", index + 1),
        };
        paths.push(file(rule, &name, object, &mut files)?);
    }
    let cases = reviewed.iter().map(|index| {
        let mut case = json!({
            "name": match reviewed.len() {
                1 => format!("{number} {verdict}"),
                _ => format!("{number} {verdict}, object {}", index + 1),
            },
            "object": paths[*index],
            "assertions": [{ "violations": if is_found { "yes" } else { "no" } }],
        });
        let others = paths.iter().enumerate().filter(|(other, _)| other != index);
        let others: Vec<&Value> = others.map(|(_, path)| path).collect();
        if !others.is_empty() {
            case["inventory"] = json!(others);
        }
        case
    });
    Ok((cases.collect(), files))
}

/// Writes a file beside the suite, and gives its path from there.
fn file(rule: &Rule, name: &str, document: &Value, files: &mut Vec<Artifact>) -> rego::Result<Value> {
    let text = yaml::render(&[], document).map_err(|text| Reason::new(rule.span, text))?;
    let path = format!("{}/{name}.yaml", rule.id);
    files.push(Artifact::new(format!("{FOLDER}/{path}"), text));
    Ok(json!(path))
}

/// Whether a cluster could have the object: without a name it has none.
fn is_named(object: &Value) -> bool {
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    text(&object["metadata"]["name"]) && text(&object["apiVersion"]) && text(&object["kind"])
}

fn is_judged(object: &Value, kinds: &Kinds) -> bool {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let kind = object["kind"].as_str().unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    match kinds {
        Kinds::All => true,
        Kinds::Of(kinds) => kinds.contains(&(group.to_owned(), kind.to_owned())),
    }
}

fn with_parameters(rule: &Rule, with: &Parameters) -> Rule {
    let mut rule = rule.clone();
    for parameter in &mut rule.parameters {
        if let Some((_, value)) = with.iter().find(|(name, _)| *name == parameter.name) {
            parameter.value = value.clone();
        }
    }
    rule
}

fn is_set_by_constraints(rule: &Rule, with: &Parameters) -> bool {
    let mut changed = rule.parameters.iter();
    changed.all(|own| Form::of(&own.ty).is_some() || with.iter().all(|(name, _)| *name != own.name))
}

fn told(with: &Parameters) -> String {
    let with = with
        .iter()
        .map(|(name, value)| format!("{name} = {}", value.to_json()));
    with.collect::<Vec<_>>().join(", ")
}
