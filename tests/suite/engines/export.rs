//! Rules with manifests and native findings → files with which `tests/conformance/run` asks the real
//! engines. Nothing is written unless `ORDAIN_CONFORMANCE` names a folder.
//!
//! ```text
//! library.json                       rule → refused, in_part → target → why the target can't carry it (all of it)
//! library/gatekeeper/…               the whole library for Gatekeeper, with its tests
//! RULE-HASH/module.rego, rule.json   the rule with its parameters; what each target refuses
//! RULE-HASH/build/TARGET/…           what `ordain build` makes of it
//! RULE-HASH/HASH/case.json, files/   documents with what was found natively, and as files
//! ```

use super::{Files, SCHEMA, build_options, policy_sources};
use ordain::diagnostic::Diagnostic;
use ordain::emit::gatekeeper::Constraints;
use ordain::emit::rego::Module;
use ordain::emit::{self, Artifact, BACKENDS, Backend, Form, Options, Refusal, Sample};
use ordain::estimate::Estimator;
use ordain::evaluate::test::{Surroundings, judge};
use ordain::ir::{Constant, Parameter, PolicySet, Rule, Step};
use ordain::manifest::{Node, Value};
use ordain::schema::Schema;
use ordain::source::Span;
use serde_json::{Map, json};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

fn folder() -> Option<PathBuf> {
    std::env::var_os("ORDAIN_CONFORMANCE").map(PathBuf::from)
}

/// Writes what each target says of each rule.
pub fn enforceability(set: &PolicySet) {
    let Some(folder) = folder() else {
        return;
    };
    let rules = set.rules.iter().map(|rule| {
        let (_, refusals) = build(rule, &SCHEMA);
        let verdicts = json!({ "refused": refused(&refusals), "in_part": in_part(&refusals) });
        (rule.id.to_string(), verdicts)
    });
    let rules: Map<_, _> = rules.collect();
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("library.json"), json!(rules).to_string()).unwrap();
    for artifact in with_tests(set) {
        let path = folder.join("library/gatekeeper").join(&artifact.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &artifact.contents).unwrap();
    }
}

/// What is made for Gatekeeper of policies and their tests.
pub fn with_tests(set: &PolicySet) -> Vec<Artifact> {
    let surroundings = Surroundings {
        schema: &SCHEMA,
        load: &|_, _| Err("fixtures are inline".to_owned()),
        estimator: Estimator::standard(),
    };
    let cases = set
        .tests
        .iter()
        .flat_map(|test| test.cases.iter().map(|case| (&test.rule, case)));
    let samples: Vec<Sample> = cases
        .filter_map(|(id, case)| {
            let rule = set.rules.iter().find(|rule| rule.id == *id)?;
            let judged = judge(rule, case, surroundings, &Default::default(), &Default::default());
            Some(Sample {
                rule: id.clone(),
                accepts: case.accepts,
                with: case.with.clone(),
                objects: judged?,
            })
        })
        .collect();
    let sources = policy_sources();
    let options = Options {
        samples: &samples,
        ..build_options(&sources)
    };
    Constraints.emit(set, &options).0
}

/// Writes a case: the rule as every target has it in a folder of its own, the manifests, the inputs that
/// OPA takes, and what was found natively.
pub fn case(rule: &Rule, module: &Module, files: &Files, native: &[Diagnostic]) {
    let Some(folder) = folder() else {
        return;
    };
    let texts: Vec<(&str, &str)> = files
        .sources
        .files()
        .filter(|(_, file)| file.path != "policy")
        .map(|(_, file)| (file.path.as_str(), &*file.text))
        .collect();
    let folder = folder.join(format!("{}-{:016x}", rule.id, hash(&module.text)));
    if !folder.join("rule.json").exists() {
        write_rule(rule, module, &files.schema, &folder);
    }
    let case = folder.join(format!("{:016x}", hash(&texts)));
    fs::create_dir_all(case.join("files")).unwrap();
    for (path, text) in &texts {
        fs::write(case.join("files").join(path), text).unwrap();
    }
    let documents = files.resources.iter().map(|resource| {
        let path = &files.sources.file(resource.file).path;
        json!({ "path": path, "contents": json(&resource.root) })
    });
    let found = native.iter().map(|finding| {
        let object = finding.object.clone().unwrap_or_default();
        json!({
            "msg": finding.message,
            "help": finding.help,
            "object": [object.api_version, object.kind, object.name, object.namespace],
            "clause": clause_number(rule, finding.clause),
            "document": document(files, finding.primary.span),
        })
    });
    let text = json!({
        "form": if files.is_admitted { "admitted" } else { "written" },
        "documents": documents.collect::<Vec<_>>(),
        "native": found.collect::<Vec<_>>(),
    });
    fs::write(case.join("case.json"), text.to_string()).unwrap();
}

fn write_rule(rule: &Rule, module: &Module, schema: &Schema, folder: &std::path::Path) {
    let (artifacts, refusals) = build(rule, schema);
    for artifact in artifacts {
        let path = folder.join("build").join(&artifact.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &artifact.contents).unwrap();
    }
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("module.rego"), &module.text).unwrap();
    let facts = json!({
        "rule": rule.id,
        "package": module.package,
        "entry": module.entry,
        "combined": module.is_combined,
        "parameters": rule.parameters.iter().map(setting).collect::<Vec<_>>(),
        "refused": refused(&refusals),
    });
    fs::write(folder.join("rule.json"), facts.to_string()).unwrap();
}

/// A parameter as a test's `with` sets it.
fn setting(parameter: &Parameter) -> String {
    let value = match (&parameter.value, parameter.value.to_json()) {
        (Constant::Quantity(_), serde_json::Value::String(text)) => text,
        (_, value) => value.to_string(),
    };
    format!("{}: {value}", parameter.name)
}

/// What every target makes of a rule.
fn build(rule: &Rule, schema: &Schema) -> (Vec<Artifact>, Vec<Refusal>) {
    let set = PolicySet {
        rules: vec![rule.clone()],
        ..PolicySet::default()
    };
    let sources = policy_sources();
    let options = Options {
        schema,
        ..build_options(&sources)
    };
    emit::build(&set, &targets(), &options)
}

/// The targets that put rules in force.
fn targets() -> Vec<&'static dyn Backend> {
    let all = BACKENDS.iter().copied();
    all.filter(|target| target.enforces().contains(&Form::Rule))
        .collect()
}

/// Target → why it carries the rule in part, where it does.
fn in_part(refusals: &[Refusal]) -> serde_json::Value {
    let partial = refusals.iter().filter(|refusal| refusal.is_partial);
    let reasons = partial.map(|refusal| (refusal.target.to_owned(), json!(refusal.reason)));
    reasons.collect::<Map<_, _>>().into()
}

/// Target → reason, or null where the target carries the rule.
fn refused(refusals: &[Refusal]) -> serde_json::Value {
    let targets = targets().into_iter().map(|target| {
        let mut whole = refusals.iter().filter(|refusal| !refusal.is_partial);
        let refusal = whole.find(|refusal| refusal.target == target.name());
        let reason = refusal.map(|refusal| &*refusal.reason);
        (target.name().to_string(), json!(reason))
    });
    targets.collect::<Map<_, _>>().into()
}

/// Which `require` or `forbid` of the rule it is, from 1; 0 for a fault of the manifest.
pub fn clause_number(rule: &Rule, clause: Option<Span>) -> usize {
    let steps = rule.groups.iter().flat_map(|group| &group.steps);
    let mut clauses = steps.filter_map(|step| match step {
        Step::Clause(own) => Some(own.span),
        _ => None,
    });
    let index = clauses.position(|own| Some(own) == clause);
    index.map_or(0, |index| index + 1)
}

/// Which of the documents a place stands in.
pub fn document(files: &Files, place: Span) -> Option<usize> {
    files.resources.iter().position(|resource| {
        let own = resource.root.span;
        own.file == place.file && own.start <= place.start && place.start <= own.end
    })
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A document as JSON.
pub fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(truth) => json!(truth),
        Value::Integer(number) => serde_json::from_str(&number.to_string()).unwrap(),
        Value::Float(text) => json!(text.replace('_', "").parse::<f64>().unwrap()),
        Value::String(text) | Value::Unknown(text) => json!(text),
        Value::Sequence(nodes) => nodes.iter().map(json).collect(),
        Value::Mapping(mapping) => mapping
            .entries()
            .iter()
            .map(|entry| (entry.key.to_string(), json(&entry.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}
