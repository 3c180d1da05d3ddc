//! What operators make of values that are there, absent, null or of a wrong type.

use super::check;

/// What a rule over pods with this clause finds in a pod of this spec.
fn of_pod(clause: &str, spec: &str) -> String {
    check(
        &format!("rule r {{\n for p in pods\n {clause}\n}}"),
        &format!("apiVersion: v1\nkind: Pod\nmetadata: {{ name: web, namespace: shop }}\nspec: {spec}\n"),
    )
}

/// Asserts that a condition on a pod holds, or that it does not, for a spec.
fn holds(condition: &str, spec: &str, expected: bool) {
    let found = of_pod(&format!("require {condition} message \"broken\""), spec);
    let broken = found.ends_with(" broken");
    assert!(
        found.is_empty() || broken,
        "{condition} with {spec} finds {found}"
    );
    assert_eq!(!broken, expected, "{condition} with {spec}");
}

#[test]
fn absent_and_null_are_the_same() {
    for spec in [
        "{ containers: [{}] }",
        "{ containers: [{}], hostNetwork: null }",
        "{ containers: [{}], hostNetwork: ~ }",
    ] {
        holds("p.spec.hostNetwork is missing", spec, true);
        holds("p.spec.hostNetwork ?? false", spec, false);
        holds("p.spec.hostNetwork ?? true", spec, true);
        holds("p.spec.securityContext.runAsUser is missing", spec, true);
        holds("count(p.spec.volumes) == 0", spec, true);
        holds("no v in p.spec.volumes: v.name == \"x\"", spec, true);
        holds("\"x\" in p.labels", spec, false);
        holds("p.labels[\"x\"] ?? \"y\" == \"y\"", spec, true);
    }
}

#[test]
fn scalars_mean_what_the_cluster_takes_them_for() {
    holds("p.spec.hostNetwork ?? false", "{ hostNetwork: yes }", true);
    holds(
        "p.spec.securityContext.runAsUser ?? 1 == 0",
        "{ securityContext: { runAsUser: 0x0 } }",
        true,
    );
    holds(
        "p.spec.securityContext.runAsUser ?? 1 == 511",
        "{ securityContext: { runAsUser: 0777 } }",
        true,
    );
    holds(
        "p.spec.terminationGracePeriodSeconds ?? 1 == 1000",
        "{ terminationGracePeriodSeconds: 1e3 }",
        true,
    );
    holds("p.spec.priority ?? 1 == 80", "{ priority: 80.0 }", true);
}

#[test]
fn quantities_are_compared_exactly() {
    let limit = |memory: &str| {
        format!(
            "{{ containers: [{{ name: a, image: a, resources: {{ limits: {{ memory: {memory} }} }} }}] }}"
        )
    };
    let condition = |right: &str| {
        format!(
            "no c in p.containers: c.resources.limits[\"memory\"] is missing or not (c.resources.limits[\"memory\"] {right})"
        )
    };
    holds(&condition("== 512Mi"), &limit("536870912"), true);
    holds(&condition("== 512Mi"), &limit("512Mi"), true);
    holds(&condition("== 512Mi"), &limit("0.5Gi"), true);
    holds(&condition("< 512Mi"), &limit("512M"), true);
    holds(&condition("== 1G"), &limit("1e9"), true);
    holds(&condition("== 1Gi"), &limit("1m"), false);
    holds(&condition("<= 2 * 256Mi + 1Ki - 1Ki"), &limit("512Mi"), true);
}

#[test]
fn strings_are_tested() {
    let spec = "{ nodeName: Node-1.acme.io }";
    for (condition, expected) in [
        ("like \"*.acme.io\"", true),
        ("like \"acme\"", false),
        ("startsWith \"Node\"", true),
        ("endsWith \".io\"", true),
        ("contains \"1.a\"", true),
        ("contains \"acme.com\"", false),
        ("matches r\"^[A-Z]ode-\\d\"", true),
        ("matches r\"^node\"", false),
        ("in [\"a\", \"Node-1.acme.io\"]", true),
        ("in [\"a\"]", false),
        ("== \"Node-1.acme.io\"", true),
        ("!= \"Node-1.acme.io\"", false),
    ] {
        holds(
            &format!("p.spec.nodeName is missing or p.spec.nodeName {condition}"),
            spec,
            expected,
        );
    }
    holds("lower(p.spec.nodeName ?? \"\") startsWith \"node-\"", spec, true);
    holds(
        "split(p.spec.nodeName ?? \"\", \".\")[1] ?? \"\" == \"acme\"",
        spec,
        true,
    );
    holds("split(p.spec.nodeName ?? \"\", \".\")[7] is missing", spec, true);
    holds("count(split(\"\", \".\")) == 1", spec, true);
    holds(
        "cidrContains(\"10.0.0.0/8\", p.spec.nodeName ?? \"\")",
        spec,
        false,
    );
    holds(
        "semver(p.spec.nodeName ?? \"\", \"1.0.0\") is missing",
        spec,
        true,
    );
    holds("semver(\"1.2.0\", \"1.10.0\") ?? 0 < 0", spec, true);
}

#[test]
fn images_have_parts() {
    let check = |image: &str, expected: &str| {
        let rule = "rule r {\n for c in containers\n require false\n message \"{c.image.registry} {c.image.repository} {c.image.tag} {c.image.digest}\"\n}";
        let yaml = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{ name: x }}\nspec: {{ containers: [{{ name: a, image: {image} }}] }}"
        );
        let found = super::check(rule, &yaml);
        assert!(found.ends_with(expected), "{image}: {found}");
    };
    check("nginx", "docker.io library/nginx unset unset");
    check("registry:443/img", "registry:443 img unset unset");
    check("ghcr.io/a/b:1@sha256:0a", "ghcr.io a/b 1 sha256:0a");
}

#[test]
fn ill_typed_values_are_findings_and_keep_the_rule_from_judging() {
    let found = of_pod("forbid p.spec.hostNetwork ?? false", "{ hostNetwork: \"true\" }");
    assert_eq!(
        found,
        "4:22 `\"true\"` ill-typed field: `spec.hostNetwork` is a string, not a boolean"
    );
    let found = of_pod(
        "forbid any v in p.spec.volumes: v.name == \"x\"",
        "{ volumes: { name: x } }",
    );
    assert_eq!(
        found,
        "4:18 `{ name: x }` ill-typed field: `spec.volumes` is an object, not a list"
    );
    let found = of_pod(
        "forbid any v in p.spec.volumes: v.name == \"x\"",
        "{ volumes: [x, { name: z }] }",
    );
    assert_eq!(
        found,
        "4:19 `x` ill-typed field: `spec.volumes[0]` is a string, not an object"
    );
    let found = of_pod("forbid p.labels[\"a\"] ?? \"\" == \"b\"", "{}");
    assert_eq!(found, "");
}

#[test]
fn quantities_that_are_none_are_findings() {
    let rule = "rule r {\n for c in containers\n require c.resources.limits[\"memory\"] is set\n}";
    let yaml = |memory: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{ name: x }}\nspec:\n  containers:\n  - name: a\n    resources: {{ limits: {{ memory: {memory} }} }}\n"
        )
    };
    assert_eq!(check(rule, &yaml("1Gi")), "");
    for memory in ["1KI", "1 Gi", "true", "[1]"] {
        let found = check(rule, &yaml(memory));
        assert!(
            found.contains("ill-typed field: `resources.limits.memory` is"),
            "{memory}: {found}"
        );
    }
}

#[test]
fn what_the_api_requires_is_a_finding_where_it_is_missing() {
    let rule = "rule r {\n for c in containers\n require c.image like \"registry/*\"\n}";
    let pod = |spec: &str| format!("apiVersion: v1\nkind: Pod\nmetadata: {{ name: x }}\nspec: {spec}\n");
    assert_eq!(
        check(rule, &pod("{ containers: [{ name: a, image: registry/a }] }")),
        ""
    );
    assert_eq!(
        check(rule, &pod("{ containers: [{ name: a }] }")),
        "4:30 `a` missing field: `image` is not set, and the rule reads it"
    );
    assert_eq!(
        check(rule, &pod("{ containers: [null] }")),
        "4:22 `null` missing field: `image` is not set, and the rule reads it"
    );
    assert_eq!(
        check(rule, &pod("{ containers: [] }")),
        "4:21 `[]` missing field: `spec.containers` is empty, but the API requires an element"
    );
    assert_eq!(
        check(rule, &pod("{ containers: null }")),
        "4:1 `spec` missing field: `spec.containers` is not set, and the rule reads it"
    );
    assert_eq!(
        check(rule, &pod("{ containers: {} }")),
        "4:21 `{}` ill-typed field: `spec.containers` is an object, not a list"
    );
    assert_eq!(
        check(
            rule,
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: x }\nspec: { replicas: 1 }\n"
        ),
        "4:1 `spec` missing field: `spec.template` is not set, and the rule reads it"
    );
}
