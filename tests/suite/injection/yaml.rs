//! Strings in YAML: in emitted files and in what fixes write, read by libyaml's rules and by our own reader.

use super::{same, set};
use crate::engines::{Files, emitted, export};
use ordain::diagnostic::Fix;
use ordain::emit::gatekeeper::Constraints;
use ordain::emit::vap::AdmissionPolicies;
use ordain::fix::{self, Change};
use ordain::ir::PathPart;
use ordain::manifest::{self, Node};
use ordain::source::{FileId, Span};
use serde::Deserialize;
use serde_json::Value;

/// The documents of a text, which both readers take for the same.
pub fn documents(text: &str) -> Result<Vec<Value>, String> {
    let of_libyaml: Vec<Value> = serde_yaml::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    let files = Files::read(&[("emitted.yaml", text)]);
    let own: Vec<Value> = files
        .resources
        .iter()
        .map(|resource| export::json(&resource.root))
        .collect();
    match of_libyaml == own {
        true => Ok(own),
        false => Err("readers of YAML differ".to_owned()),
    }
}

fn texts(list: &Value) -> Vec<String> {
    let parts = list.as_array().into_iter().flatten();
    parts
        .filter_map(|part| part.as_str().map(str::to_owned))
        .collect()
}

/// Parameters and titles stand in documents as they were.
fn is_kept(strings: &[String]) -> Result<(), String> {
    let set = set(strings);
    let rule = &set.rules[0];
    let policies = documents(&emitted(&AdmissionPolicies, &set)["r.yaml"])?;
    same(strings, &texts(&policies[2]["spec"]["r"]["wanted"]))?;
    let constraint = documents(&emitted(&Constraints, &set)["constraints/r.yaml"])?;
    same(strings, &texts(&constraint[0]["spec"]["parameters"]["wanted"]))?;
    let annotations = &policies[0]["metadata"]["annotations"];
    for (key, text) in [("title", &rule.title), ("description", &rule.documentation)] {
        let read = annotations[format!("gitops.example.com/{key}")]
            .as_str()
            .unwrap_or_default();
        same([text], &[read.to_owned()])?;
    }
    Ok(())
}

/// Fixes write them into block style, flow style and JSON, as values and as keys.
fn fixed(strings: &[String]) -> Result<(), String> {
    for (original, entry) in [
        ("a: 1\n", "a"),
        ("{\"a\": 1}", "a"),
        ("b: 2\n", "a"),
        ("b: 2\r\n", "a"),
    ] {
        let node = |value| Node {
            span: Span::new(FileId(9), 0, 0),
            value,
        };
        let list = strings
            .iter()
            .map(|text| node(manifest::Value::String(text.as_str().into())))
            .collect();
        let parsed = manifest::parse(FileId(0), original, false);
        let root = &parsed.documents[0].readings[0];
        let place = vec![PathPart::Key(entry.into())];
        let change = Change::Set(node(manifest::Value::Sequence(list)));
        let edits = fix::edits(original, root, &[(place, change)]);
        let fix = Fix {
            title: String::new(),
            safe: true,
            edits: edits.ok_or_else(|| format!("{original:?} can't take them"))?,
        };
        let (written, _) = fix::apply(original, &[&fix]);
        let read: Value = match original.starts_with('{') {
            true => serde_json::from_str(&written).map_err(|error| error.to_string())?,
            false => serde_yaml::from_str(&written).map_err(|error| error.to_string())?,
        };
        same(strings, &texts(&read[entry]))?;
    }
    Ok(())
}

#[test]
fn strings_are_data_in_emitted_yaml() {
    super::check(is_kept);
}

#[test]
fn strings_are_data_in_fixes() {
    super::check(fixed);
}
