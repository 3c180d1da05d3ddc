//! A rule and objects → how OPA differs from regorus and from native evaluation.

use super::service::Service;
use crate::engines::{Files, apart, export, module};
use ordain::diagnostic::Diagnostic;
use ordain::ir::Rule;
use serde_json::{Value, json};

/// Has OPA judge, and compares with the results of regorus for the same module and the same input.
pub fn judge(opa: &mut Service, rule: &Rule, files: &Files, native: &[Diagnostic]) -> Result<(), String> {
    let module = module(rule, &files.schema);
    let documents: Vec<(&str, Value)> = files
        .resources
        .iter()
        .map(|resource| {
            let path = files.sources.file(resource.file).path.as_str();
            (path, export::json(&resource.root))
        })
        .collect();
    let file = |(path, text): &(&str, Value)| {
        format!(
            "{{\"path\":{},\"contents\":{text},\"expanded\":true}}",
            json!(path)
        )
    };
    let inputs: Vec<String> = match module.is_combined {
        true => {
            let all: Vec<String> = documents.iter().map(file).collect();
            vec![format!("[{}]", all.join(","))]
        }
        false => documents
            .iter()
            .map(|document| format!("[{}]", file(document)))
            .collect(),
    };
    let question = format!(
        "{{\"module\":{},\"query\":{},\"inputs\":[{}]}}",
        json!(module.text),
        json!(format!("data.{}.{}", module.package, module.entry)),
        inputs.join(",")
    );
    let answer = opa.ask(&question)?;
    if let Some(error) = answer["error"].as_str() {
        return Err(format!("OPA fails: {error}"));
    }
    let found = answer["results"].as_array().map_or(0, Vec::len);
    if found != inputs.len() {
        return Err(format!("OPA answers {found} of {} inputs", inputs.len()));
    }
    let mut engine = regorus::Engine::new();
    engine.set_strict_builtin_errors(true);
    let entry = format!("data.{}.{}", module.package, module.entry);
    engine
        .add_policy("module.rego".to_owned(), module.text.clone())
        .map_err(|error| format!("regorus fails: {error:#}"))?;
    let mut total = Vec::new();
    for (input, results) in inputs
        .iter()
        .zip(answer["results"].as_array().into_iter().flatten())
    {
        engine
            .set_input_json(input)
            .map_err(|error| format!("regorus can't read {input}: {error:#}"))?;
        let own = engine
            .eval_rule(entry.clone())
            .and_then(|value| value.to_json_str())
            .map_err(|error| format!("regorus fails: {error:#}"))?;
        let own: Value = serde_json::from_str(&own).map_err(|error| error.to_string())?;
        let (own, results) = (sorted(&own), sorted(results));
        if own != results {
            return Err(format!(
                "OPA differs\n{}",
                apart("regorus", &own, "OPA", &results)
            ));
        }
        total.extend(results);
    }
    // What regorus reads from the text must be what it is given by the native reader.
    let mut messages: Vec<&str> = native.iter().map(|finding| &*finding.message).collect();
    let read: Vec<Value> = total
        .iter()
        .filter_map(|result| serde_json::from_str(result).ok())
        .collect();
    let mut others: Vec<&str> = read.iter().filter_map(|result| result["msg"].as_str()).collect();
    messages.sort_unstable();
    messages.dedup();
    others.sort_unstable();
    others.dedup();
    match messages == others {
        true => Ok(()),
        false => Err(format!(
            "OPA differs on the text\nnative: {messages:#?}\nOPA: {others:#?}"
        )),
    }
}

/// The members of a set of results, each as text.
fn sorted(results: &Value) -> Vec<String> {
    let mut results: Vec<String> = results
        .as_array()
        .into_iter()
        .flatten()
        .map(|result| {
            let members: std::collections::BTreeMap<_, _> =
                result.as_object().into_iter().flatten().collect();
            json!(members).to_string()
        })
        .collect();
    results.sort_unstable();
    results
}
