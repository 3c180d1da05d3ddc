//! Whatever a manifest holds, evaluation ends, points into the text, and its fixes mend.

use super::{SCHEMA, compile, library, read};
use ordain::evaluate::{Options, Repository, Settings, run};
use ordain::fix;
use ordain::ir::{Fixture, PolicySet};
use ordain::manifest::{Node, Value};
use ordain::source::{SourceFile, Sources};
use ordain::stdlib;
use proptest::prelude::*;
use std::sync::LazyLock;

static LIBRARY: LazyLock<PolicySet> = LazyLock::new(|| library(&mut Sources::new()));

/// The texts that spans of the library's rules name.
fn texts_of_library() -> Sources {
    let mut sources = Sources::new();
    for file in stdlib::files() {
        sources.add(SourceFile::new(file.path(), file.text));
    }
    sources
}

/// The fixtures of the library's tests.
static FIXTURES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let cases = LIBRARY.tests.iter().flat_map(|test| &test.cases);
    cases
        .filter_map(|case| match &case.fixture {
            Fixture::Inline(text) => Some(text.as_str()),
            Fixture::File(..) => None,
        })
        .collect()
});

/// What stands in a manifest where something else should.
const MISFITS: [&str; 14] = [
    "null",
    "\"x\"",
    "\"\"",
    "7",
    "-1",
    "1.5",
    "170141183460469231731687303715884105727",
    "true",
    "[]",
    "{}",
    "[null]",
    "{\"a\": null}",
    "\"1Gi\"",
    "[[{}]]",
];

/// A tree as JSON, with misfits at some of its nodes, which are counted from the root.
fn print(node: &Node, misfits: &[(usize, usize)], count: &mut usize, out: &mut String) {
    let number = *count;
    *count += 1;
    if let Some((_, misfit)) = misfits.iter().find(|(at, _)| *at == number) {
        out.push_str(MISFITS[misfit % MISFITS.len()]);
        return;
    }
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(&value.to_string()),
        Value::Integer(value) => out.push_str(&value.to_string()),
        Value::Float(text) => out.push_str(text),
        Value::String(text) | Value::Unknown(text) => out.push_str(&serde_json::json!(**text).to_string()),
        Value::Sequence(nodes) => {
            out.push('[');
            for (index, node) in nodes.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                print(node, misfits, count, out);
            }
            out.push(']');
        }
        Value::Mapping(mapping) => {
            out.push('{');
            for (index, entry) in mapping.entries().iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                out.push_str(&serde_json::json!(*entry.key).to_string());
                out.push(':');
                print(&entry.value, misfits, count, out);
            }
            out.push('}');
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_manifest_breaks_evaluation(
        fixture in any::<prop::sample::Index>(),
        misfits in prop::collection::vec((0_usize..60, 0_usize..MISFITS.len()), 0..5),
        partial: bool,
    ) {
        let fixture = fixture.get(&FIXTURES);
        let mut text = String::new();
        for resource in read(&mut Sources::new(), "a.yaml", fixture) {
            print(&resource.root, &misfits, &mut 0, &mut text);
            text.push_str("\n---\n");
        }
        let mut sources = texts_of_library();
        let resources = read(&mut sources, "a.yaml", &text);
        let rules: Vec<_> = LIBRARY.rules.iter().collect();
        let settings = Settings { partial, ..Settings::default() };
        let repository = Repository::new(&sources, &resources, &SCHEMA, &settings);
        let outcome = run(&rules, &repository, &Options { fixes: true, ..Options::default() });
        for finding in &outcome.findings {
            let span = finding.primary.span;
            let file = sources.file(span.file);
            prop_assert!(file.text.get(span.range()).is_some(), "{finding:?}");
            prop_assert!(!finding.message.is_empty());
        }
    }
}

#[test]
fn fixes_of_the_library_mend_what_they_are_offered_for() {
    let mut mended = 0;
    for test in &LIBRARY.tests {
        let Some(rule) = LIBRARY.rules.iter().find(|rule| rule.id == test.rule) else {
            panic!("the test of `{}` has no rule", test.rule);
        };
        for case in test
            .cases
            .iter()
            .filter(|case| !case.accepts && case.with.is_empty())
        {
            let Fixture::Inline(text) = &case.fixture else {
                continue;
            };
            let mut text = text.clone();
            // A fix that meets another waits for the next round.
            for round in 0.. {
                let mut sources = texts_of_library();
                let resources = read(&mut sources, "a.yaml", &text);
                let settings = Settings::default();
                let repository = Repository::new(&sources, &resources, &SCHEMA, &settings);
                let options = Options {
                    fixes: true,
                    ..Options::default()
                };
                let outcome = run(&[rule], &repository, &options);
                let fixes: Vec<_> = outcome
                    .findings
                    .iter()
                    .filter_map(|finding| finding.fix.as_ref())
                    .collect();
                if fixes.is_empty() {
                    break;
                }
                assert!(
                    round < 8,
                    "`{}` goes on finding what it has mended:\n{text}",
                    rule.id
                );
                text = fix::apply(&text, &fixes).0;
                mended += 1;
            }
        }
    }
    assert!(mended > 0, "no rule of the library has a fix");
}

#[test]
fn an_expression_over_what_is_absent_has_a_value() {
    let mut sources = Sources::new();
    let policy = "
rule r {
  for o in objects
  forbid \"x\" in keys(o.labels)
  for w in workloads
  forbid any c in w.pod.containers: c.flags[\"a\"] is set
}";
    let set = compile(&mut sources, &[("policy.ordain".into(), String::new(), policy)]);
    let resources = read(
        &mut sources,
        "a.yaml",
        "{ apiVersion: v1, kind: ConfigMap }\n---\n{ apiVersion: v1, kind: Pod }\n",
    );
    let settings = Settings::default();
    let repository = Repository::new(&sources, &resources, &SCHEMA, &settings);
    let rules: Vec<_> = set.rules.iter().collect();
    let outcome = run(&rules, &repository, &Options::default());
    let messages: Vec<_> = outcome
        .findings
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    assert_eq!(
        messages,
        ["missing field: `spec` is not set, and the rule reads it"]
    );
}
