//! What is said of manifests whatever the rules are: it is listed, asked for alone, and its limits are told.

use crate::cli::{folder, run};
use serde_json::Value;

#[test]
fn what_needs_no_rules_is_listed_and_can_be_asked_for_alone() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  replicas: 1\n  containers: [{name: a, image: 'a:1', securityContext: {privileged: true}}]\n";
    let folder = folder(&[("pod.yaml", pod)]);
    let check = |only: &str| {
        let (code, out, _) = run(folder.path(), &["check", "--only", only, "--format", "json"]);
        let report: Value = serde_json::from_str(&out).unwrap();
        let rules = report["findings"].as_array().unwrap().iter();
        let rules: Vec<String> = rules
            .map(|own| own["rule"].as_str().unwrap().to_string())
            .collect();
        (code, rules.join(" "))
    };
    assert_eq!(check("S0104"), (1, "S0104".to_string()));
    assert_eq!(check("s0105"), (0, String::new()));
    assert_eq!(
        check("privileged-container,S0104"),
        (1, "S0104 privileged-container".to_string())
    );
    assert_eq!(
        check("privileged-container"),
        (1, "privileged-container".to_string())
    );
    let (code, out, _) = run(folder.path(), &["rules", "--format", "json"]);
    assert_eq!(code, 0);
    let rules: Value = serde_json::from_str(&out).unwrap();
    let rules = rules["rules"].as_array().unwrap();
    let own = rules.iter().find(|rule| rule["id"] == "S0104").unwrap();
    assert_eq!(own["title"], "unknown field");
    assert_eq!(own["replaces"][0]["peer"], "kubeconform");
    // A code of policies is none of manifests.
    assert_eq!(run(folder.path(), &["check", "--only", "E0101"]).0, 2);
}

#[test]
fn what_has_no_definition_is_told() {
    let texts = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\n---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {name: b}\n";
    let folder = folder(&[("things.yaml", texts)]);
    let (code, out, err) = run(folder.path(), &["check"]);
    assert_eq!(code, 0, "{out}{err}");
    let said = format!("{out}{err}");
    assert!(
        said.contains(
            "fields not checked, for want of a CustomResourceDefinition: Thing of example.com/v1 ×2"
        ),
        "{said}"
    );
}
