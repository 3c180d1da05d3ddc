//! Rules in CEL, held against what Kubernetes' own code makes of them.
//!
//! `tests/conformance/crd` asks Kubernetes about the same expressions.

use ordain::manifest::{Surroundings, read_text};
use ordain::schema::{KubernetesVersion, Schema};
use ordain::source::{SourceFile, Sources};
use ordain::validate::{Context, validate};

const DEFINITION: &str = include_str!("../conformance/crd/rules/definition.yaml");
const OBJECT: &str = include_str!("../conformance/crd/rules/object.yaml");
const EXPRESSIONS: &str = include_str!("../conformance/crd/rules/expressions.txt");

/// What becomes of the object if an expression is the only rule of its definition.
fn verdict(expression: &str) -> String {
    let rule = serde_json::json!([{ "rule": expression, "message": "broken" }]);
    let definition = DEFINITION.replace("# RULES", &format!("x-kubernetes-validations: {rule}"));
    let text = format!("{definition}---\n{OBJECT}");
    let mut sources = Sources::new();
    let file = sources.add(SourceFile::new("manifest.yaml", &*text));
    let reading = read_text(file, "manifest.yaml", &text, Surroundings::default());
    let context = Context {
        schema: &Schema::of(KubernetesVersion::NEWEST).with_crds(&reading.resources),
        sources: &sources,
        substitutes: false,
        is_template: false,
    };
    let mut said = reading.resources.iter().flat_map(|resource| validate(resource, context));
    let Some(first) = said.next() else {
        return "true".to_string();
    };
    assert!(said.next().is_none(), "{expression}");
    match (first.origin.id(), &*first.message) {
        ("S0114", "the object is refused: broken") => "false".to_string(),
        ("S0114", message) if message.contains("its rule fails with") => "error".to_string(),
        ("S0115", _) => "unsupported".to_string(),
        _ => format!("{}: {}", first.origin.id(), first.message),
    }
}

#[test]
fn expressions_have_the_values_that_kubernetes_gives_them() {
    let mut faults = Vec::new();
    for (line, text) in (1..).zip(EXPRESSIONS.lines()) {
        let Some((expected, expression)) = text.split_once('\t') else {
            continue;
        };
        let found = verdict(expression);
        if found != expected {
            faults.push(format!("expressions.txt:{line}: {found}, not {expected}: {expression}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
