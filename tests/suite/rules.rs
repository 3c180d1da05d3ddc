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

/// What is said of the objects of a text: the bytes that are meant, the code, the message.
fn said(text: &str, substitutes: bool) -> Vec<[String; 3]> {
    let mut sources = Sources::new();
    let file = sources.add(SourceFile::new("manifest.yaml", text));
    let reading = read_text(file, "manifest.yaml", text, Surroundings::default());
    let context = Context {
        schema: &Schema::of(KubernetesVersion::NEWEST).with_crds(&reading.resources),
        sources: &sources,
        substitutes,
        is_template: false,
    };
    let found = reading
        .resources
        .iter()
        .flat_map(|resource| validate(resource, context));
    let shown = found.map(|found| {
        let meant = text.get(found.primary.span.range()).unwrap_or_default();
        [meant.to_string(), found.origin.id().to_string(), found.message]
    });
    shown.collect()
}

/// What becomes of the object if an expression is the only rule of its definition.
fn verdict(expression: &str) -> String {
    let rule = serde_json::json!([{ "rule": expression, "message": "broken" }]);
    let definition = DEFINITION.replace("# RULES", &format!("x-kubernetes-validations: {rule}"));
    let said = said(&format!("{definition}---\n{OBJECT}"), false);
    let [[_, code, message]] = said.as_slice() else {
        assert!(said.is_empty(), "{expression}: {said:?}");
        return "true".to_string();
    };
    match (&**code, &**message) {
        ("S0114", "the object is refused: broken") => "false".to_string(),
        ("S0114", message) if message.contains("its rule fails with") => "error".to_string(),
        ("S0115", _) => "unsupported".to_string(),
        _ => format!("{code}: {message}"),
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
            faults.push(format!(
                "expressions.txt:{line}: {found}, not {expected}: {expression}"
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A definition whose kind has the rules given, for `spec`.
fn definition(properties: &str, rules: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{ name: pipelines.example.com }}
spec:
  group: example.com
  scope: Namespaced
  names: {{ kind: Pipeline, plural: pipelines }}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {properties}
            x-kubernetes-validations: {rules}
---
"
    )
}

/// Holds what is said of an object, or of its definition, against what is expected: `TEXT | CODE | MESSAGE`, where TEXT
/// are the bytes that are meant.
fn check(properties: &str, rules: &str, object: &str, expected: &[&str]) {
    let text = format!("{}{object}", definition(properties, rules));
    let said: Vec<String> = said(&text, true).iter().map(|found| found.join(" | ")).collect();
    assert_eq!(said, expected, "{text}");
}

const STAGES: &str = "{ stages: { type: integer }, name: { type: string }, limits: { type: object, properties: { cpu: { type: integer } } } }";

/// A pipeline with these fields.
fn pipeline(fields: &str) -> String {
    format!("apiVersion: example.com/v1\nkind: Pipeline\nmetadata: {{ name: build }}\nspec: {fields}\n")
}

#[test]
fn a_broken_rule_is_said_in_its_own_words_at_the_value_that_it_is_about() {
    let at_most = r#"[{ rule: "self.stages < 3", message: "at most two stages" }]"#;
    check(STAGES, at_most, &pipeline("{ stages: 2 }"), &[]);
    check(
        STAGES,
        at_most,
        &pipeline("{ stages: 3 }"),
        &["spec | S0114 | `spec` is refused: at most two stages"],
    );
    check(
        STAGES,
        r#"[{ rule: "self.stages < 3", message: "at most two", fieldPath: ".stages" }]"#,
        &pipeline("{ stages: 3 }"),
        &["3 | S0114 | `spec.stages` is refused: at most two"],
    );
    check(
        STAGES,
        r#"[{ rule: "has(self.limits.cpu)", message: "needs a limit", fieldPath: ".limits['cpu']" }]"#,
        &pipeline("{ limits: {} }"),
        &["limits | S0114 | `spec.limits.cpu` is refused: needs a limit"],
    );
    check(
        STAGES,
        "[{ rule: self.stages < 3, messageExpression: \"'%d stages are too many'.format([self.stages])\" }]",
        &pipeline("{ stages: 3 }"),
        &["spec | S0114 | `spec` is refused: 3 stages are too many"],
    );
    check(
        STAGES,
        "[{ rule: self.stages < 3, messageExpression: \"self.name\", message: two }]",
        &pipeline("{ stages: 3 }"),
        &["spec | S0114 | `spec` is refused: two"],
    );
    check(
        STAGES,
        "[{ rule: self.stages < 3 }]",
        &pipeline("{ stages: 3 }"),
        &["spec | S0114 | `spec` is refused: failed rule: self.stages < 3"],
    );
    check(
        STAGES,
        "[{ rule: self.stages < 3 }]",
        &pipeline("{ name: a }"),
        &["spec | S0114 | `spec` is refused: its rule fails with `no such key: stages`"],
    );
    check(
        "{ steps: { type: array, items: { type: string, x-kubernetes-validations: [{ rule: self != 'b', message: never }] } } }",
        "[]",
        &pipeline("{ steps: [a, b] }"),
        &["b | S0114 | `spec.steps[1]` is refused: never"],
    );
}

#[test]
fn rules_about_a_change_say_nothing_of_a_new_object() {
    let object = pipeline("{ stages: 3 }");
    check(STAGES, "[{ rule: self.stages == oldSelf.stages }]", &object, &[]);
    check(
        STAGES,
        "[{ rule: oldSelf.hasValue(), optionalOldSelf: true, message: new }]",
        &object,
        &["spec | S0114 | `spec` is refused: new"],
    );
}

#[test]
fn what_is_unknown_gets_no_verdict() {
    let rules = r#"[{ rule: "self.name == 'a'" }]"#;
    check(STAGES, rules, &pipeline("{ name: \"${NAME}\" }"), &[]);
    // Whatever the name is, the rest decides.
    for rule in [
        "self.name == 'a' && self.stages < 3",
        "self.stages > 3 || self.name.size() > 3 && self.stages < 3",
        "self.name in ['a', 'b'] ? false : self.stages < 0 && true",
    ] {
        let rules = format!("[{{ rule: {}, message: two }}]", serde_json::Value::from(rule));
        let expected: &[&str] = match rule.contains('?') {
            true => &[],
            false => &["spec | S0114 | `spec` is refused: two"],
        };
        check(
            STAGES,
            &rules,
            &pipeline("{ name: \"${NAME}\", stages: 3 }"),
            expected,
        );
    }
    let names = "{ names: { type: array, items: { type: string } } }";
    let object = pipeline("{ names: [a, \"${NAME}\"] }");
    check(names, "[{ rule: \"'b' in self.names\" }]", &object, &[]);
    check(
        names,
        "[{ rule: \"!('a' in self.names)\", message: never }]",
        &object,
        &["spec | S0114 | `spec` is refused: never"],
    );
    check(
        names,
        "[{ rule: self.names.size() == 3, message: never }]",
        &object,
        &["spec | S0114 | `spec` is refused: never"],
    );
    check(names, "[{ rule: \"self.names.join() == 'ab'\" }]", &object, &[]);
}

#[test]
fn a_rule_that_is_not_evaluated_is_told_where_it_stands() {
    check(
        STAGES,
        "[{ rule: \"self.stages < 3 and true\" }]",
        &pipeline("{ stages: 3 }"),
        &[
            "\"self.stages < 3 and true\" | S0115 | the expression `self.stages < 3 and true` is not evaluated: `and` is not expected there",
        ],
    );
    check(
        STAGES,
        "[{ rule: self.stages.half() < 3 }]",
        "",
        &[
            "self.stages.half() < 3 | S0115 | the expression `self.stages.half() < 3` is not evaluated: the function `half` with 0 arguments is unknown",
        ],
    );
    check(
        STAGES,
        "[{ rule: \"timestamp(self.name).getHours('Europe/Berlin') == 1\" }]",
        &pipeline("{ name: \"2024-01-01T00:00:00Z\" }"),
        &[
            "spec | S0115 | `spec` is not held against the rule `timestamp(self.name).getHours('Europe/Berlin') == 1`: the time zone `Europe/Berlin` is not known here",
        ],
    );
}

#[test]
fn a_hostile_rule_ends_soon_and_is_told() {
    let range = "lists.range(1000)";
    let loops = format!("{range}.all(a, {range}.all(b, {range}.all(c, a + b + c >= 0)))");
    let growth = format!(
        "'aaaaaaaaaa'{}.size() > 0",
        ".replace('a', 'aaaaaaaaaaaaaaaaaaaa')".repeat(9)
    );
    let doubling = format!(
        "{}.size() > 0",
        (0..60).fold("[1]".to_string(), |all, _| format!("[{all}].map(x, x + x)"))
    );
    let pairs = format!(
        "[{range}].map(a, a + a).map(a, a + a).map(a, a + a){}.size() > 0",
        ".map(a, a + a)".repeat(30)
    );
    for rule in [loops, growth, pairs, doubling] {
        let rules = format!("[{{ rule: {} }}]", serde_json::Value::from(&*rule));
        let said = said(
            &format!("{}{}", definition(STAGES, &rules), pipeline("{ stages: 3 }")),
            false,
        );
        assert!(
            matches!(said.as_slice(), [[_, code, _]] if code == "S0115"),
            "{rule}: {said:?}"
        );
    }
}

#[test]
fn nesting_beyond_the_limit_is_told() {
    let nested = [
        format!("{}true{}", "(".repeat(5000), ")".repeat(5000)),
        format!("{}true", "!".repeat(5000)) + " && " + &"[".repeat(5000),
        format!("1{} == 1", " + 1".repeat(5000)),
        format!("self{}", ".a".repeat(5000)),
        format!("{}1 == 1", "-".repeat(5001)),
        format!("{}true", "true ? true : ".repeat(5000)),
    ];
    for rule in nested {
        let rules = format!("[{{ rule: {} }}]", serde_json::Value::from(&*rule));
        let said = said(&definition(STAGES, &rules), false);
        assert!(
            matches!(said.as_slice(), [[_, code, _]] if code == "S0115"),
            "{said:?}"
        );
    }
}
