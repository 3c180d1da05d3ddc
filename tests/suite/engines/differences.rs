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
    check("2.147483647", "1000366m", "2147.483647m 1000.366B");
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

#[test]
fn a_share_is_read_in_percent() {
    let budget = |kept: &str| {
        format!(
            r#"{{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{{"name":"a"}},"spec":{{"minAvailable":{kept},"selector":{{"matchLabels":{{"app":"a"}}}}}}}}"#
        )
    };
    let rule = "  for b in PodDisruptionBudget\n  forbid b.spec.minAvailable as Ratio ?? 0% >= 75%";
    check(rule, &budget("\"75%\""), &["`75%`"]);
    for fine in ["\"74%\"", "\"7500\"", "100", "\"-80%\"", "\"80.5%\"", "null"] {
        check(rule, &budget(fine), &[]);
    }
}

#[test]
fn an_amount_is_shown_shortly_where_only_the_manifest_says_what_it_measures() {
    for (limit, shown) in [("\"1024Mi\"", "1Gi"), ("0.5", "500m"), ("3", "3"), ("\"0\"", "0")] {
        check(
            "  for c in containers\n  for name in [\"memory\"]\n  let limit = c.resources.limits[name]\n  require limit is missing\n  message \"{name}: {limit}.\"",
            &deployment(&format!(
                r#"{{"name":"a","image":"a:1","resources":{{"limits":{{"memory":{limit}}}}}}}"#
            )),
            &[&format!("memory: {shown}.")],
        );
    }
}

#[test]
fn what_stands_at_an_index_has_fields() {
    let object =
        deployment(r#"{"name":"a","image":"a:1","ports":[{"containerPort":80,"hostIP":"10.0.0.1"}]}"#);
    check(
        "  for c in containers\n  require false\n  message \"{c.ports[0].hostIP} {c.ports[1].hostIP}\"",
        &object,
        &["10.0.0.1 unset"],
    );
    check(
        "  for c in containers\n  let first = c.ports[0]\n  forbid first.hostIP ?? \"\" == \"10.0.0.1\"",
        &object,
        &["`10.0.0.1`"],
    );
    check(
        "  for c in containers\n  where c.args[0] is set\n  forbid lower(c.args[0]) == \"a\"",
        &deployment(r#"{"name":"a","image":"a:1","args":["A"]}"#),
        &["is `a`, must not be `a`"],
    );
}

#[test]
fn what_is_absent_has_no_keys() {
    for list in ["", r#","ports":[{"containerPort":80}]"#] {
        check(
            "  for c in containers\n  require count(keys(c.ports[0])) == 0 or \"hostIP\" in keys(c.ports[0])",
            &deployment(&format!(r#"{{"name":"a","image":"a:1"{list}}}"#)),
            if list.is_empty() { &[] } else { &["does not hold"] },
        );
    }
}

#[test]
fn messages_show_no_value_of_another_type() {
    check(
        "  for c in containers\n  require false\n  message \"{c.startupProbe.periodSeconds} {c.workingDir} {c.tty}\"",
        &deployment(
            r#"{"name":"a","image":"a:1","startupProbe":{"periodSeconds":1e20},"workingDir":5,"tty":"yes"}"#,
        ),
        &["unset unset unset"],
    );
}

#[test]
fn the_least_whole_number_of_64_bits_is_one_in_floating_point_too() {
    check(
        "  for c in containers\n  forbid c.livenessProbe.tcpSocket.port as Int ?? 1 < 1",
        &deployment(
            r#"{"name":"a","image":"a:1","livenessProbe":{"tcpSocket":{"port":-9223372036854775809}}}"#,
        ),
        &["must be at least `1`"],
    );
}

#[test]
fn parts_of_a_byte_are_told_in_bytes() {
    let check = |memory: &str, expected: &str| {
        check(
            "  for c in containers\n  require (c.resources.limits[\"memory\"] ?? 1B) == 3B",
            &deployment(&format!(
                r#"{{"name":"a","image":"a:1","resources":{{"limits":{{"memory":"{memory}"}}}}}}"#
            )),
            &[&format!("is `{expected}`, must be `3B`")],
        );
    };
    check("0.1Gi", "107374182.4B");
    check("1073741824.000000001", "1073741824.000000001B");
    check("1.5Gi", "1.5Gi");
}

#[test]
fn a_message_of_what_is_absent_is_still_a_message() {
    check_in_files(
        "  for p in Pod\n  require p.labels selects p\n  message p.apiVersion",
        r#"{"kind":"Pod"}"#,
        &["unset"],
    );
}

#[test]
fn whole_numbers_stop_at_the_ends_of_64_bits() {
    let check = |clause: &str, expected: &[&str]| {
        check_in_files(
            &format!("  for w in Deployment\n  {clause}"),
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","generation":9223372036854775807,"deletionGracePeriodSeconds":-9223372036854775808},"spec":{"selector":{"matchLabels":{"app":"a"}},"template":{"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"a","image":"a:1"}]}}}}"#,
            expected,
        );
    };
    let (most, least) = (
        "w.metadata.generation ?? 0",
        "w.metadata.deletionGracePeriodSeconds ?? 0",
    );
    check(
        &format!(
            "require false\n  message \"{{({most}) + 1}} {{({most}) * 2}} {{({most}) * -2}} {{({least}) - 1}} {{-({least})}} {{({least}) * ({least})}}\""
        ),
        &[
            "9223372036854775807 9223372036854775807 -9223372036854775808 -9223372036854775808 9223372036854775807 9223372036854775807",
        ],
    );
    check(
        &format!("require ({most}) + ({least}) == -1 and ({most}) * -1 - 1 == ({least})"),
        &[],
    );
    check(&format!("forbid ({most}) + 1 == ({most})"), &["must not"]);
}

#[test]
fn what_is_no_container_has_no_number_among_them() {
    check_in_files(
        "  for p in Pod\n  require false\n  message \"{p.containers[0].name}\"",
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":["b",{"name":"c","image":"a:1"}]}}"#,
        &["c"],
    );
}

#[test]
fn an_amount_is_of_the_dimension_that_is_asked_for() {
    check(
        "  for c in containers\n  forbid any k, amount in c.resources.requests: (amount as Memory ?? 1B) == 1Gi",
        &deployment(r#"{"name":"a","image":"a:1","resources":{"requests":{"nvidia.com/gpu":"1Gi"}}}"#),
        &["must not"],
    );
}

#[test]
fn what_is_ill_typed_is_absent_in_messages() {
    check(
        "  for d in Deployment\n  require false\n  message \"{d.metadata.generation ?? 3}\"",
        r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","generation":-0.5}}"#,
        &["3"],
    );
}

#[test]
fn large_memory_is_told_exactly() {
    check(
        "  for c in containers\n  let limit = (c.resources.limits[\"memory\"] ?? 1B) + 7Ei\n  require limit < 1B",
        &deployment(r#"{"name":"a","image":"a:1","resources":{"limits":{"memory":"0.5Gi"}}}"#),
        &["7516192768.5Gi"],
    );
}

#[test]
fn flags_of_an_empty_container_are_missing_at_the_container() {
    check_in_files(
        "  for c in containers\n  forbid c.flags[\"a\"] is missing",
        r#"{"kind":"ReplicationController","spec":{"template":{"spec":{"containers":[null]}}}}"#,
        &["is not set () Some"],
    );
}

#[test]
fn a_container_that_is_read_by_its_number_is_checked_first() {
    check(
        "  for p in pods\n  forbid any d in p.containers[0].volumeDevices: cidrContains(\"10.0.0.0/8\", d.name)",
        &deployment(r#"{"name":"a","image":"a:1","volumeDevices":[{"devicePath":"/a"}]}"#),
        &["`spec.containers[0].volumeDevices[0].name` is not set"],
    );
}

#[test]
fn a_selector_that_asks_for_nothing_selects_what_has_no_labels() {
    let budget = |selector: &str| {
        format!(
            r#"{{"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{{"name":"a"}},"spec":{{"selector":{selector}}}}}"#
        )
    };
    let rule = "  for b in PodDisruptionBudget\n  forbid b.spec.selector selects b.metadata.labels";
    check(rule, &budget("{}"), &["must not"]);
    check(rule, &budget(r#"{"matchLabels":{"app":"a"}}"#), &[]);
}

#[test]
fn references_of_volumes_name_secrets_and_claims() {
    let objects = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"a","image":"a:1"}],"volumes":[{"name":"v","secret":{"secretName":"s"}},{"name":"w","persistentVolumeClaim":{"claimName":"c"}}]}}
---
{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"}}
---
{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}
"#;
    check(
        "  for p in pods\n  for v in p.spec.volumes\n  forbid any s in Secret: v.secret refersTo s\n  message \"{v.name}\"",
        objects,
        &["v"],
    );
    check(
        "  for p in pods\n  for v in p.spec.volumes\n  forbid any s in PersistentVolumeClaim: v.persistentVolumeClaim refersTo s\n  message \"{v.name}\"",
        objects,
        &["w"],
    );
}

#[test]
fn what_is_read_below_a_value_of_another_type_is_absent_in_kinds_without_a_schema() {
    let rule = "  for p in Profile of config.kio.kasten.io\n  forbid any one in p.spec.sources as [String]: one == \"*\"";
    let profile = |specification: &str| {
        format!(
            r#"{{"apiVersion":"config.kio.kasten.io/v1alpha1","kind":"Profile","metadata":{{"name":"a"}},"spec":{specification}}}"#
        )
    };
    check(rule, &profile(r#"{"sources":["*"]}"#), &["must not"]);
    check(rule, &profile(r#"{"sources":"*"}"#), &[]);
    check(rule, &profile("[]"), &[]);
    check(rule, &profile("[null]"), &[]);
}

#[test]
fn a_kind_of_a_group_that_has_none_is_the_one_that_was_meant() {
    let misplaced = deployment(r#"{"name":"a","image":"a:1"}"#).replace("apps/v1", "v1");
    for (clauses, expected) in [
        ("  for d in Deployment\n  require d.spec.replicas is set", 1),
        ("  for c in containers\n  require c.livenessProbe is set", 1),
        ("  for d in Deployment\n  require d.spec.template is set", 0),
        ("  for w in StatefulSet\n  forbid true", 0),
    ] {
        check_in_files(clauses, &misplaced, &vec!["Deployment"; expected]);
    }
    let release = r#"{"apiVersion":"v1","kind":"HelmRelease","metadata":{"name":"a"},"spec":{}}"#;
    let rule = "  for r in HelmRelease\n  require r.spec.interval is set";
    check_in_files(rule, release, &["HelmRelease"]);
    // The groups of projects may have any kind.
    let other = release.replace("\"v1\"", "\"acme.io/v1\"");
    check_in_files(rule, &other, &[]);
}

#[test]
fn a_label_selector_without_requirements_selects_everything_whatever_else_it_holds() {
    let objects = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: b}\nspec: {selector: {name: a, labels: {app: x}}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: z}}\nspec: {containers: [{name: a, image: a}]}\n";
    let rule = "  for b in PodDisruptionBudget\n  for p in Pod\n  forbid b.spec.selector selects p";
    check_in_files(rule, objects, &["PodDisruptionBudget"]);
}
