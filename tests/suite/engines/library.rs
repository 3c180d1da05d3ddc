//! Every test of the standard library, in every engine.

use super::admission::forms;
use super::{Files, export, findings, policies};
use ordain::emit::rego::enforceability;
use ordain::ir::{Fixture, PolicySet, Rule};
use ordain::manifest::Node;
use std::collections::BTreeSet;

/// Rules of the library that Rego can't carry, with the reason.
const REFUSED: &[(&str, &str)] = &[
    ("argo-prune-guard", OF_APPLICATIONS),
    ("argo-replicas-ignored", OF_APPLICATIONS),
    ("argo-sync-wave-order", OF_APPLICATIONS),
];

/// Why what reads Applications is told by the repository alone.
pub const OF_APPLICATIONS: &str =
    "it reads which Argo CD Application deploys an object, which takes the folders of the repository";

/// The library, compiled.
pub fn library() -> PolicySet {
    let files: Vec<(String, String, &str)> = ordain::stdlib::files()
        .iter()
        .map(|file| (file.path(), file.pack(), file.text))
        .collect();
    policies(&files)
}

/// The cases of the library's tests that Rego can carry: the rule as the case sets its parameters,
/// whether it accepts, and the manifests.
pub fn cases(set: &PolicySet) -> Vec<(Rule, bool, &str)> {
    let mut cases = Vec::new();
    for test in &set.tests {
        let rule = set.rules.iter().find(|rule| rule.id == test.rule).unwrap();
        if enforceability(rule).is_err() {
            continue;
        }
        for case in &test.cases {
            let Fixture::Inline(text) = &case.fixture else {
                panic!("fixtures of the library are inline");
            };
            let mut rule = rule.clone();
            for (name, value) in &case.with {
                let parameter = rule.parameters.iter_mut().find(|own| own.name == *name);
                parameter.unwrap().value = value.clone();
            }
            cases.push((rule, case.accepts, text.as_str()));
        }
    }
    cases
}

/// Whether the API server fills in a field that the library's rule, or a helper, names: then it may find less in
/// what is admitted than in what was written.
fn is_filled_in(rule: &str, written: &str, admitted: &Files) -> bool {
    let files = ordain::stdlib::files();
    let reading = files
        .iter()
        .filter(|file| file.folder == "lib" || file.name == rule);
    let declarations: Vec<&str> = reading
        .map(|file| file.text.split("\ntest ").next().unwrap_or_default())
        .collect();
    let names = |word: &str| {
        let is_part = |letter: char| letter.is_ascii_alphanumeric();
        let mut words = declarations
            .iter()
            .flat_map(|text| text.split(|letter| !is_part(letter)));
        words.any(|own| own == word)
    };
    let written = keys(&Files::read(&[("fixture.yaml", written)]));
    keys(admitted).difference(&written).any(|key| names(key))
}

/// The keys of all mappings in some files.
fn keys(files: &Files) -> BTreeSet<String> {
    fn gather(node: &Node, keys: &mut BTreeSet<String>) {
        for entry in node.entries() {
            keys.insert(entry.key.to_string());
            gather(&entry.value, keys);
        }
        node.elements().iter().for_each(|element| gather(element, keys));
    }
    let mut found = BTreeSet::new();
    files
        .resources
        .iter()
        .for_each(|resource| gather(&resource.root, &mut found));
    found
}

#[test]
fn the_library_finds_the_same_in_every_engine() {
    let set = library();
    export::enforceability(&set);
    let cases = cases(&set);
    let mut differences = Vec::new();
    for (rule, accepts, text) in &cases {
        for files in forms(Files::read(&[("fixture.yaml", text)])) {
            let form = if files.is_admitted { " as admitted" } else { "" };
            match findings(rule, &files) {
                Ok(found) if found.is_empty() == *accepts => {}
                Ok(_) if files.is_admitted && is_filled_in(&rule.id, text, &files) => {}
                Ok(found) => differences.push(format!("`{}` finds {found:#?}{form} in\n{text}", rule.id)),
                Err(difference) => differences.push(format!("{difference}{form}\n{text}")),
            }
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {} differ:\n{}",
        differences.len(),
        cases.len(),
        differences.join("\n\n")
    );
    assert!(cases.len() > 200, "only {} cases were run", cases.len());
}

#[test]
fn what_rego_cannot_carry_of_the_library_is_known() {
    let set = library();
    let refused: Vec<(&str, String)> = set
        .rules
        .iter()
        .filter_map(|rule| Some((&*rule.id, enforceability(rule).err()?.text)))
        .collect();
    let refused: Vec<(&str, &str)> = refused.iter().map(|(rule, text)| (*rule, &**text)).collect();
    assert_eq!(refused, REFUSED);
}
