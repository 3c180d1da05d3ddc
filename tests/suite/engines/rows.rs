//! Where engines part ways: each test is a trap that emitted Rego must not step into.

use super::{Files, SCHEMA, agree, compare, module, policies, rule};
use ordain::emit::rego::{Host, KindFacts, Setting, compile, enforceability};
use ordain::evaluate::rego::{Engine, Program, run};
use ordain::evaluate::{Options, Repository, Settings};
use ordain::ir::{Constant, Date};
use proptest::prelude::*;

/// A Pod whose only container has these fields besides its name and image.
fn pod(fields: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{ name: p }}\nspec: {{ containers: [{{ name: a, image: a:1, {fields} }}] }}\n"
    )
}

/// How many findings a rule of one clause over containers has.
fn count(clause: &str, manifests: &str) -> usize {
    let rule = rule(&format!("rule r {{\n  for c in containers\n  {clause}\n}}\n"));
    agree(&rule, manifests).len()
}

#[test]
fn negation_over_what_is_missing_still_fires() {
    let clause = "forbid not (c.securityContext.readOnlyRootFilesystem ?? false)";
    assert_eq!(count(clause, &pod("")), 1);
    assert_eq!(count(clause, &pod("securityContext: {}")), 1);
    assert_eq!(
        count(clause, &pod("securityContext: { readOnlyRootFilesystem: true }")),
        0
    );
    let clause = "require not (any word in c.command: word like \"*sh\")";
    assert_eq!(count(clause, &pod("")), 0);
    assert_eq!(count(clause, &pod("command: [sh]")), 1);
    let rule = rule(&format!("rule r {{\n  for c in containers\n  {clause}\n}}\n"));
    let text = module(&rule, &SCHEMA).text;
    assert!(!text.lines().any(|line| line.trim_start().starts_with("not ")));
}

#[test]
fn null_is_absent() {
    let clause = "require c.securityContext.privileged is set";
    assert_eq!(count(clause, &pod("securityContext: { privileged: false }")), 0);
    for fields in [
        "securityContext: null",
        "securityContext: { privileged: null }",
        "securityContext: ~",
    ] {
        assert_eq!(count(clause, &pod(fields)), 1, "{fields}");
    }
    assert_eq!(
        count(
            "require c.imagePullPolicy ?? \"IfNotPresent\" == \"Always\"",
            &pod("imagePullPolicy: null")
        ),
        1
    );
}

#[test]
fn lists_may_be_missing_null_or_hold_nulls() {
    let clause = "forbid any e in c.env: e.name == \"A\"";
    for fields in ["", "env: null", "env: []"] {
        assert_eq!(count(clause, &pod(fields)), 0, "{fields}");
    }
    assert_eq!(
        count(
            clause,
            &pod("env: [{ name: A, value: x }, { name: B, value: y }]")
        ),
        1
    );
    // A null element is an empty struct, which lacks its name.
    assert_eq!(count(clause, &pod("env: [null, { name: A, value: x }]")), 1);
    let clause = "require no word in c.args: word startsWith \"--insecure\"";
    assert_eq!(count(clause, &pod("args: [null, --insecure-port]")), 1);
    assert_eq!(count(clause, &pod("args: [a, b]")), 0);
}

#[test]
fn numbers_are_not_converted() {
    let clause = "forbid any p in c.ports: p.containerPort < 1024";
    assert_eq!(count(clause, &pod("ports: [{ containerPort: 80 }]")), 1);
    assert_eq!(count(clause, &pod("ports: [{ containerPort: 80.0 }]")), 1);
    assert_eq!(count(clause, &pod("ports: [{ containerPort: 8080 }]")), 0);
    // Ill-typed: told as such, never compared.
    assert_eq!(count(clause, &pod("ports: [{ containerPort: \"8080\" }]")), 1);
    assert_eq!(count(clause, &pod("ports: [{ containerPort: 80.5 }]")), 1);
    assert_eq!(count(clause, &pod("ports: [{ containerPort: true }]")), 1);
}

#[test]
fn quantities_have_one_value_in_every_spelling() {
    let readable = [
        "1",
        "\"1\"",
        "0.5",
        "\"0.1\"",
        "1e3",
        "\"1E3\"",
        "\"1e-3\"",
        "100n",
        "100u",
        "500m",
        "1k",
        "1M",
        "1G",
        "1T",
        "1P",
        "1E",
        "1Ki",
        "1.5Mi",
        "\"0.1Gi\"",
        "1Ti",
        "1Pi",
        "7Ei",
        "9Ei",
        "\"1.0000000001\"",
        "05",
        "\"+5\"",
        "\"-0.0000000001\"",
        "\".5\"",
        "\"5.\"",
        "18446744073709551617",
        "\"18446744073709551616\"",
        "\"1e18\"",
        "\"123456789012345678901234567\"",
        "\"9223372036854775807\"",
        "\"0.0000000000000000001Ki\"",
        "\"1073741824.000000001\"",
        "\"2147483648.000000001\"",
        "\"-\"",
        "m",
    ];
    let unreadable = [
        "1K", "\"\"", "\"1 Gi\"", "true", "Pi", "\"1e\"", "\"0x1\"", "\"1\\n\"",
    ];
    let pod = |spellings: &[&str]| {
        let containers = spellings.iter().map(|spelling| {
            format!("  - {{ name: a, image: a, resources: {{ requests: {{ memory: 1Gi }}, limits: {{ memory: {spelling} }} }} }}\n")
        });
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{ name: p }}\nspec:\n  containers:\n{}",
            containers.collect::<String>()
        )
    };
    for condition in [
        "limit <= 2 * (c.resources.requests[\"memory\"] ?? 1Gi)",
        "limit - 1Ki < 1G + 7Ei",
        "limit * 150% >= 3Mi",
        "limit / 3 >= 341.3Mi",
        "-limit < limit / -1.5",
        "limit != 1Gi",
    ] {
        let rule = rule(&format!(
            "rule r {{\n  for c in containers\n  let limit = c.resources.limits[\"memory\"] ?? 1Gi\n  \
             require {condition}\n  message \"found\"\n}}\n"
        ));
        agree(&rule, &pod(&readable));
        assert_eq!(agree(&rule, &pod(&unreadable)).len(), unreadable.len());
    }
}

#[test]
fn patterns_mean_ascii() {
    let clause = "require c.name matches r\"^\\w\\d{1,3}$\"";
    assert_eq!(count(clause, &pod("").replace("name: a,", "name: x12,")), 0);
    // An Arabic digit is no digit.
    assert_eq!(count(clause, &pod("").replace("name: a,", "name: x١,")), 1);
    let clause = "require c.image like \"*.acme.io/a+(b)[c]{{d}^$|?*\"".replace("{{", "\\{");
    assert_eq!(
        count(
            &clause,
            &pod("").replace("image: a:1", "image: \"x.acme.io/a+(b)[c]{d}^$|?z\\n\"")
        ),
        0
    );
    assert_eq!(
        count(
            &clause,
            &pod("").replace("image: a:1", "image: \"x-acme.io/a+(b)[c]{d}^$|?z\"")
        ),
        1
    );
}

#[test]
fn nothing_that_a_manifest_holds_makes_a_call_fail() {
    let rules = [
        "forbid c.flags[\"port\"] ?? \"0\" != \"0\"",
        "require c.image.registry in [\"docker.io\"] and (c.image.tag ?? \"latest\") != \"latest\"",
        "require cidrContains(\"10.0.0.0/8\", c.workingDir ?? \"10.1.1.1\")",
        "require (semver(c.workingDir ?? \"1.0.0\", \"1.2\") ?? 0) <= 0",
        "require count(split(c.workingDir ?? \"/\", \"/\")) < 3",
        "require lower(c.workingDir ?? \"a\") == (c.workingDir ?? \"a\")",
        "require count(c.ports) < 2",
        "require count(p in c.ports where p.containerPort < 100) < 2",
        "require sum(p in c.ports: p.containerPort) < 200",
    ];
    let values = [
        "",
        "image: null",
        "image: 5",
        "image: []",
        "args: [--port=80]",
        "args: [--port, 80]",
        "args: 5",
        "args: [--port, \"80\", --port]",
        "workingDir: 10.2.0.0/16",
        "workingDir: \"\"",
        "workingDir: \"//a\"",
        "workingDir: v2.0.0-rc.1",
        "workingDir: 7",
        "workingDir: Ä/B",
        "ports: 5",
        "ports: [5]",
        "ports: [{ containerPort: 80 }, { containerPort: 150 }]",
        "ports: { a: b }",
    ];
    let manifests = values
        .map(|fields| pod(fields).replace("image: a:1, image", "image"))
        .join("---\n");
    for clause in rules {
        assert!(count(clause, &manifests) > 0, "{clause}");
    }
}

#[test]
fn equal_messages_stay_apart() {
    let manifests = "apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { containers: [{ name: a, image: a }, { name: a, image: a }] }\n";
    assert_eq!(
        count(
            "require c.livenessProbe is set\n  message \"no probe\"",
            manifests
        ),
        2
    );
}

#[test]
fn what_admission_fills_in_changes_nothing() {
    let rule = rule(
        "rule r {\n  for c in containers\n  where c.pod.spec.hostNetwork ?? false\n  \
         require (c.resources.limits[\"memory\"] ?? 0Mi) >= 64Mi\n  \
         require no p in c.ports: (p.hostPort ?? 0) != 0\n}\n",
    );
    let written = "apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { hostNetwork: true, containers: [{ name: a, image: a, resources: { limits: { memory: 0.0625Gi } }, ports: [{ containerPort: 80 }] }] }\n";
    let admitted = "apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { hostNetwork: true, dnsPolicy: ClusterFirst, containers: [{ name: a, image: a, imagePullPolicy: Always, resources: { limits: { memory: 64Mi }, requests: { memory: 64Mi } }, ports: [{ containerPort: 80, hostPort: 80, protocol: TCP }] }] }\n";
    assert_eq!(agree(&rule, written).len(), 0);
    assert_eq!(agree(&rule, admitted).len(), 1);
}

#[test]
fn what_rego_cannot_say_is_refused_by_name() {
    let check = |text: &str, reason: &str| {
        let refusal = enforceability(&rule(text)).unwrap_err();
        assert_eq!(refusal.text, reason);
    };
    check(
        "rule r {\n  for d in Deployment\n  require (base(d).spec.replicas ?? 1) <= (d.spec.replicas ?? 1)\n}\n",
        "it reads the base revision, which the input doesn't have",
    );
    check(
        "rule r {\n  for d in Deployment\n  require (cost(d).high ?? 0 USD/month) <= 5 USD/month\n  message \"{(cost(d).high ?? 0 USD/month) / 7}\"\n}\n",
        "it shows an amount of USD per duration that it computes, which Rego has no units to tell in",
    );
}

#[test]
fn a_rule_over_several_documents_says_that_it_needs_them() {
    let rule = rule("rule r {\n  for d in Deployment\n  require any s in Service: s.name == d.name\n}\n");
    let module = module(&rule, &SCHEMA);
    assert!(module.is_combined);
    assert!(module.text.contains("run `conftest test --combine`"));
}

#[test]
fn any_string_of_an_author_or_a_manifest_is_only_text() {
    let template = rule(
        "param wanted: String = \"x\"\nrule r {\n  for c in containers\n  require c.workingDir ?? \"\" == wanted\n  \
         require c.workingDir ?? \"\" like wanted\n  message \"{wanted} is not {c.workingDir}\"\n}\n",
    );
    let config = ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let strings = prop_oneof![
        "\\PC{0,12}",
        "[\"\\\\`#{}%$\\n\\t;\\x00\\x7f\u{feff}\u{2028}\u{202e}*.]{0,12}"
    ];
    proptest!(config, |(wanted in strings.clone(), written in strings)| {
        let mut rule = template.clone();
        rule.parameters[0].value = Constant::String(wanted.as_str().into());
        for text in [&wanted, &written] {
            // Escaped, so that every reader of YAML gets the same string: what they make of raw control
            // characters differs, and is the reader's business.
            let escaped: String = text.chars().map(|letter| format!("\\U{:08x}", letter as u32)).collect();
            agree(&rule, &pod(&format!("workingDir: \"{escaped}\"")));
        }
    });
}

#[test]
fn waivers_are_built_in_until_they_expire() {
    let set = policies(&[(
        "policy.ordain".to_owned(),
        String::new(),
        "rule r {\n  for c in containers\n  require c.livenessProbe is set\n}\n\nwaive r {\n  for Pod \"p*\" in \"default\"\n  \
         because \"it has its reasons\"\n  owner \"team@acme.io\"\n  until 2027-03-31\n}\n",
    )]);
    let rule = &set.rules[0];
    let files = Files::read(&[(
        "fixture.yaml",
        &format!("{}---\n{}", pod(""), pod("").replace("name: p", "name: q")),
    )]);
    let settings = Settings::default();
    let repository = Repository::new(&files.sources, &files.resources, &files.schema, &settings);
    let kinds = KindFacts::of_schema(&files.schema);
    let found_on = |year| {
        let setting = Setting {
            host: Host::Files,
            waivers: &set.waivers,
            today: Some(Date {
                year,
                month: 1,
                day: 1,
            }),
            default_namespace: "default",
            kinds: &kinds,
            estimates: Default::default(),
        };
        let module = compile(rule, &setting).unwrap();
        let program = Program {
            rule,
            text: &module.text,
            package: &module.package,
            entry: module.entry,
            is_combined: module.is_combined,
        };
        let outcome = run(&[program], Engine::Machine, &repository, &Options::default()).unwrap();
        let names = outcome
            .findings
            .into_iter()
            .map(|finding| finding.object.unwrap().name);
        (
            names.collect::<Vec<_>>(),
            module.text.contains("build it anew on the day after"),
        )
    };
    assert_eq!(found_on(2027), (vec!["q".to_owned()], true));
    assert_eq!(found_on(2028), (vec!["p".to_owned(), "q".to_owned()], false));
}

#[test]
fn what_is_missing_in_a_pod_template_is_told_at_one_place() {
    let rule = rule(
        "rule r {\n  for w in Deployment\n  for c in w.spec.template.spec.containers\n  require c.tty ?? false\n}\n",
    );
    for template in ["{ name: a }", "{}", "{ metadata: { labels: { app: a } } }"] {
        let manifest = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: w }}\nspec: {{ selector: {{}}, template: {template} }}\n"
        );
        assert_eq!(agree(&rule, &manifest).len(), 1, "{template}");
    }
}

#[test]
fn the_pods_of_custom_kinds_are_those_that_are_there() {
    let template = |name: &str| {
        format!(
            "{{ type: object, properties: {{ metadata: {{ type: object }}, spec: {{ type: object, properties: {{ containers: {{ type: array, items: {{ type: object, properties: {{ name: {{ type: string }}, image: {{ type: string }} }} }} }} }} }} }}, description: {name} }}"
        )
    };
    let definition = |kind: &str, properties: &str| {
        let plural = kind.to_lowercase();
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{ name: {plural}s.acme.io }}\n\
             spec: {{ group: acme.io, scope: Namespaced, names: {{ kind: {kind}, plural: {plural}s }}, versions: [{{ name: v1, served: true, storage: true, \
             schema: {{ openAPIV3Schema: {{ type: object, properties: {{ spec: {{ type: object, properties: {{ {properties} }} }} }} }} }} }}] }}\n---\n"
        )
    };
    let rule = rule("rule r {\n  for c in containers\n  forbid c.image startsWith \"bad\"\n}\n");
    let both = definition(
        "Duo",
        &format!(
            "driverTemplate: {}, workerTemplate: {}",
            template("a"),
            template("b")
        ),
    );
    let one = definition("Solo", &format!("template: {}", template("a")));
    let duo = "apiVersion: acme.io/v1\nkind: Duo\nmetadata: { name: d }\nspec: { driverTemplate: { spec: { containers: [{ name: a, image: \"bad:1\" }] } }, workerTemplate: { spec: { containers: [{ name: b, image: \"bad:2\" }] } } }\n";
    // Admission policies match kinds by name, and are not asked about this one.
    let files = Files::read(&[("fixture.yaml", &format!("{both}{duo}"))]);
    assert_eq!(compare(&rule, &files).unwrap().1.len(), 2);
    // A template that a custom kind may do without is not missing.
    let solo = "apiVersion: acme.io/v1\nkind: Solo\nmetadata: { name: s }\nspec: {}\n";
    assert_eq!(agree(&rule, &format!("{one}{solo}")).len(), 0);
}
