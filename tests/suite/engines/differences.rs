//! What generated policies and objects once were judged differently on, made small: all engines agree now.

use super::{Files, agree, compare, rule};

/// What a rule finds in an object, the same in every engine, as the messages.
fn check(clauses: &str, object: &str, expected: &[&str]) {
    let rule = rule(&format!("rule generated {{\n{clauses}\n}}\n"));
    hold(clauses, object, &agree(&rule, object), expected);
}

/// The same of an object that only files can have: no API server would take it, or hand it to the rule.
fn check_in_files(clauses: &str, object: &str, expected: &[&str]) {
    let rule = rule(&format!("rule generated {{\n{clauses}\n}}\n"));
    let found = compare(&rule, &Files::read(&[("fixture.yaml", object)]));
    hold(
        clauses,
        object,
        &found.unwrap_or_else(|difference| panic!("{difference}")).1,
        expected,
    );
}

fn hold(clauses: &str, object: &str, found: &[String], expected: &[&str]) {
    assert_eq!(found.len(), expected.len(), "{clauses}\n{object}\n{found:#?}");
    for message in expected {
        assert!(
            found.iter().any(|line| line.contains(message)),
            "`{message}` is not in {found:#?}"
        );
    }
}

fn deployment(container: &str) -> String {
    format!(
        "{{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{{\"name\":\"a\"}},\"spec\":{{\"selector\":{{\"matchLabels\":{{\"app\":\"a\"}}}},\"template\":{{\"metadata\":{{\"labels\":{{\"app\":\"a\"}}}},\"spec\":{{\"containers\":[{container}]}}}}}}}}"
    )
}

#[test]
fn a_suffix_without_digits_is_a_quantity() {
    check(
        "  for c in containers\n  forbid (c.resources.limits[\"memory\"] ?? 1B) < 1B",
        &deployment(r#"{"name":"a","image":"a:1","resources":{"limits":{"memory":"Ki"}}}"#),
        &["is `0B`, must be at least `1B`"],
    );
}

#[test]
fn what_belongs_to_an_absent_element_is_absent() {
    check(
        "  for d in Deployment\n  require d.containers[1].pod is missing",
        &deployment(r#"{"name":"a","image":"a:1"}"#),
        &[],
    );
}

#[test]
fn nested_values_are_shown_down_to_the_second_level() {
    check(
        "  for w in Deployment\n  for k, x in w.metadata\n  where k == \"annotations\" or k == \"ownerReferences\"\n  forbid true\n  message \"{k}: {x}\"",
        r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","annotations":{"b":"1","a":"2"},"ownerReferences":[{"name":"o"}]},"spec":{"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"a","image":"a:1"}]}}}}"#,
        &["annotations: a: 2, b: 1", "ownerReferences: name: o"],
    );
}

#[test]
fn numbers_are_shown_without_exponents() {
    check(
        "  for c in containers\n  forbid (c.startupProbe.periodSeconds ?? 1) > 5",
        &deployment(r#"{"name":"a","image":"a:1","startupProbe":{"periodSeconds":1e20}}"#),
        &["`100000000000000000000`, more than a whole number of 64 bits holds"],
    );
    check(
        "  for c in containers\n  forbid (c.startupProbe.periodSeconds ?? 1) > 5",
        &deployment(r#"{"name":"a","image":"a:1","startupProbe":{"periodSeconds":1e-9}}"#),
        &["`0.000000001`, not a whole number"],
    );
}

#[test]
fn a_missing_list_reads_as_an_empty_one_in_messages() {
    for command in ["", r#","command":[]"#] {
        check(
            "  for c in containers\n  require \"x\" in c.command\n  message \"{c.command}\"",
            &deployment(&format!(r#"{{"name":"a","image":"a:1"{command}}}"#)),
            &["unset"],
        );
    }
}

#[test]
fn elements_of_computed_lists_have_no_place_of_their_own() {
    check(
        "  for c in containers\n  forbid any k in keys(c.resources.limits): k == \"cpu\"",
        &deployment(r#"{"name":"a","image":"a:1","resources":{"limits":{"cpu":"1"}}}"#),
        &["`cpu`"],
    );
}

#[test]
fn a_whole_number_ends_where_floating_point_tells_it_from_64_bits() {
    let with = |grace: &str| {
        format!(
            r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"a","deletionGracePeriodSeconds":{grace}}},"spec":{{"containers":[{{"name":"a","image":"a:1"}}]}}}}"#
        )
    };
    let rule = "  for p in Pod\n  forbid (p.metadata.deletionGracePeriodSeconds ?? 1) in [7]";
    check_in_files(rule, &with("-9223372036854775809"), &[]);
    check_in_files(
        rule,
        &with("-9223372036854777900"),
        &["more than a whole number of 64 bits holds"],
    );
    check_in_files(
        rule,
        &with("9223372036854775808"),
        &["more than a whole number of 64 bits holds"],
    );
}

#[test]
fn a_label_that_is_null_is_not_asked_for() {
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","labels":{"app":"a","tier":null}},"spec":{"containers":[{"name":"a","image":"a:1"}]}}"#;
    check(
        "  for c in containers\n  forbid c.labels selects c.object",
        pod,
        &["holds, must not"],
    );
    let selector = deployment(r#"{"name":"a","image":"a:1"}"#).replace(
        r#""matchLabels":{"app":"a"}"#,
        r#""matchLabels":{"app":"a","tier":null}"#,
    );
    check(
        "  for d in Deployment\n  require d.spec.selector selects d.pod",
        &selector,
        &[],
    );
}

#[test]
fn a_missing_pod_template_is_told_by_its_whole_path() {
    let bare = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{}}"#;
    check(
        "  for d in Deployment\n  forbid d.containers[1] is missing",
        bare,
        &["`template.spec.containers` is missing here"],
    );
    check(
        "  for s in scalables\n  require not (s.pod.labels[\"a\"] is missing)",
        bare,
        &["`template.metadata.labels.a` is missing here"],
    );
}

#[test]
fn containers_are_found_where_they_stand() {
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"regular","image":"a:1"}],"initContainers":[{"name":"init","image":"b:1"}]}}"#;
    check(
        "  for p in pods\n  for k, x in p.containers[0]\n  where k == \"image\"\n  require false\n  message \"{x}\"",
        pod,
        &["b:1"],
    );
    check(
        "  for p in pods\n  require p.containers[1].image ?? \"\" == \"b:1\"\n  at p.containers[1].image",
        pod,
        &["a:1"],
    );
}

#[test]
fn a_statement_does_not_go_on_with_the_one_above() {
    let object = deployment(r#"{"name":"a","image":"a:1"}"#);
    check(
        "  for d in Deployment\n  let kind = d.kind\n  where not (kind in [])\n  require false",
        &object,
        &["does not hold"],
    );
    check(
        "  for d in Deployment\n  for x in [1]\n  where (1 - 3) <= 0\n  require false",
        &object,
        &["does not hold"],
    );
}

#[test]
fn a_null_object_in_a_list_is_there() {
    check(
        "  for c in containers\n  forbid c.volumeMounts[1] is set",
        &deployment(r#"{"name":"a","image":"a:1","volumeMounts":[{"name":"v","mountPath":"/v"},null]}"#),
        &["must not"],
    );
}

#[test]
fn numbers_that_no_cluster_has_are_shown_by_a_bound() {
    check(
        "  for c in containers\n  require (c.resources.limits[\"memory\"] ?? 1B) < 1Mi",
        &deployment(
            r#"{"name":"a","image":"a:1","resources":{"limits":{"memory":"123456789012345678901234567890"}}}"#,
        ),
        &["is `more than 1000E`, must be"],
    );
    check(
        "  for c in containers\n  require (c.resources.limits[\"cpu\"] ?? 1cpu) < 2cpu",
        &deployment(
            r#"{"name":"a","image":"a:1","resources":{"limits":{"cpu":"123456789012345678901234567890"}}}"#,
        ),
        &["is `more than 1e26`, must be"],
    );
}

#[test]
fn labels_of_a_pod_in_a_custom_kind_are_missing_at_its_template() {
    check_in_files(
        "  for p in pods\n  require p.labels[\"a\"] is set",
        r#"{"apiVersion":"acme.io/v1","kind":"Batch","metadata":{"name":"b"},"spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{"name":"a","image":"a:1"}]}}}}}}"#,
        &["`metadata.labels.a` is missing here"],
    );
}

#[test]
fn parts_of_a_core_or_a_byte_are_shown_with_few_decimals() {
    let check = |cpu: &str, memory: &str, expected: &str| {
        check(
            "  for c in containers\n  require false\n  message \"{c.resources.limits[\"cpu\"]} {c.resources.limits[\"memory\"]}\"",
            &deployment(&format!(
                r#"{{"name":"a","image":"a:1","resources":{{"limits":{{"cpu":"{cpu}","memory":"{memory}"}}}}}}"#
            )),
            &[expected],
        );
    };
    check("2.147483647", "1000366m", "2147.483647m 1.000366k");
    check("1.5", "500m", "1.5cpu 0.5B");
}

#[test]
fn memory_that_is_missing_is_unset_and_a_huge_debt_has_its_sign() {
    let check = |memory: &str, expected: &str| {
        check(
            "  for c in containers\n  require (c.resources.limits[\"memory\"] ?? 1B) == 1Gi\n  message \"{c.resources.limits[\"memory\"]}\"",
            &deployment(&format!(
                r#"{{"name":"a","image":"a:1","resources":{{"limits":{{{memory}}}}}}}"#
            )),
            &[expected],
        );
    };
    check("", "unset");
    check(r#""memory":"-12345E""#, "less than -1000E");
    check(r#""memory":"1000E""#, "1000E");
}
