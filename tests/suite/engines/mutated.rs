//! Manifests that nobody would write: the library's fixtures with values taken away, nulled, retyped,
//! doubled and respelled. Whatever they say, every engine finds the same.

use super::admission::forms;
use super::library::{cases, library};
use super::{Files, findings};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A change of the value at some place.
#[derive(Debug, Clone)]
enum Change {
    Remove,
    Replace(Value),
    Double,
    Empty,
    Wrap,
}

fn change() -> impl Strategy<Value = Change> {
    let values = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![Just(0), Just(1), Just(-1), Just(80), Just(2000), any::<i64>()].prop_map(Value::from),
        prop_oneof![Just(0.5), Just(1.0), Just(1e20), Just(-2.5)].prop_map(Value::from),
        prop_oneof![
            Just("1Gi"),
            Just("0.5"),
            Just("100m"),
            Just("1e3"),
            Just("2E"),
            Just("1K"),
            Just("-1"),
            Just("*"),
            Just(""),
            Just("true"),
            Just("RuntimeDefault"),
            Just("ALL"),
            Just("default"),
            Just("a:latest"),
            Just("docker.io/x@sha256:0"),
            Just("Pod"),
            Just("apps/v1"),
            Just("v1"),
            Just("extensions/v1beta1"),
            Just("Größe\u{202e}\u{0}\"\\`{}")
        ]
        .prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([null, "a", 5])),
        Just(json!({ "name": "a", "labels": { "app": "a" } })),
    ];
    prop_oneof![
        2 => Just(Change::Remove),
        6 => values.prop_map(Change::Replace),
        1 => Just(Change::Double),
        1 => Just(Change::Empty),
        1 => Just(Change::Wrap),
    ]
}

/// How many places a value has, itself included.
fn places(value: &Value) -> usize {
    1 + match value {
        Value::Array(elements) => elements.iter().map(places).sum(),
        Value::Object(members) => members.values().map(places).sum(),
        _ => 0,
    }
}

/// Changes the place of that number; whether the value itself is to go.
fn apply(value: &mut Value, place: &mut usize, change: &Change) -> bool {
    if *place == 0 {
        *place = usize::MAX;
        match change {
            Change::Remove => return true,
            Change::Replace(other) => *value = other.clone(),
            Change::Double => {
                if let Value::Array(elements) = value {
                    elements.extend(elements.clone());
                }
            }
            Change::Empty => {
                *value = match value {
                    Value::Array(_) => json!([]),
                    Value::Object(_) => json!({}),
                    _ => json!(""),
                }
            }
            Change::Wrap => *value = json!([value.clone()]),
        }
        return false;
    }
    *place -= 1;
    match value {
        Value::Array(elements) => {
            let mut index = 0;
            while *place != usize::MAX && index < elements.len() {
                if apply(&mut elements[index], place, change) {
                    elements.remove(index);
                }
                index += 1;
            }
        }
        Value::Object(members) => {
            let keys: Vec<String> = members.keys().cloned().collect();
            for key in keys {
                if *place == usize::MAX {
                    break;
                }
                if apply(members.get_mut(&key).unwrap(), place, change) {
                    members.remove(&key);
                }
            }
        }
        _ => {}
    }
    false
}

/// The manifests of a fixture, changed, as YAML.
fn mutated(fixture: &str, changes: &[(prop::sample::Index, Change)]) -> String {
    let documents = serde_yaml::Deserializer::from_str(fixture);
    let mut documents: Vec<Value> = documents
        .map(|document| serde::Deserialize::deserialize(document).unwrap())
        .collect();
    for (index, change) in changes {
        let total: usize = documents.iter().map(places).sum();
        let mut place = index.index(total);
        for document in &mut documents {
            if place != usize::MAX {
                apply(document, &mut place, change);
            }
        }
    }
    let texts: Vec<String> = documents.iter().map(|document| format!("{document}\n")).collect();
    texts.join("---\n")
}

/// How many manifests are tried; `PROPTEST_CASES` says otherwise.
fn amount() -> u32 {
    let wanted = std::env::var("PROPTEST_CASES").ok();
    wanted.and_then(|wanted| wanted.parse().ok()).unwrap_or(48)
}

#[test]
fn mutated_fixtures_are_found_alike() {
    let set = library();
    let cases = cases(&set);
    let config = ProptestConfig {
        cases: amount(),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let input = (
        any::<prop::sample::Index>(),
        prop::collection::vec((any::<prop::sample::Index>(), change()), 1..5),
    );
    proptest!(config, |((number, changes) in input)| {
        let (rule, _, fixture) = &cases[number.index(cases.len())];
        let manifests = mutated(fixture, &changes);
        let files = Files::read(&[("fixture.yaml", &manifests)]);
        for files in forms(files) {
            if let Err(difference) = findings(rule, &files) {
                return Err(TestCaseError::fail(format!("{difference}\n{manifests}")));
            }
        }
    });
}
