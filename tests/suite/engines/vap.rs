//! Rules as ValidatingAdmissionPolicies: what is emitted, what is refused, and files with which
//! `tests/conformance/vap/run` asks Kubernetes' own code for its verdicts.

use super::library::library;
use super::{Files, build_options, export, policies, policy_sources, rule};
use ordain::emit::kyverno::ValidatingPolicies;
use ordain::emit::vap::{AdmissionPolicies, STABLE};
use ordain::emit::{Artifact, Backend, Options, Refusal, cel};
use ordain::evaluate::{Repository, Settings, run};
use ordain::ir::{Constant, Date, ExpressionKind, Fixture, PolicySet, Rule, Step};
use ordain::schema::KubernetesVersion;
use ordain::source::Sources;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

/// How reasons begin where it is not one object in a cluster that the rule judges.
const NOT_ABOUT_ONE_OBJECT: &[&str] = &[
    "it reads other documents",
    "it reads which Argo CD Application deploys an object",
    "no API server takes",
];

/// How the other reasons begin. Which rules they are given for is in docs/conformance.md.
const OTHER_REASONS: &[&str] = &[
    "comparing versions takes Kubernetes 1.33",
    "no release of Kubernetes that it is built for serves its kinds",
    "the resource in requests for",
];

fn options(sources: &Sources, min_kube: KubernetesVersion, today: Option<Date>) -> Options<'_> {
    Options {
        today,
        min_kube,
        ..build_options(sources)
    }
}

/// What becomes of policies for clusters of this release and newer.
fn build(set: &PolicySet, min_kube: KubernetesVersion, today: Option<Date>) -> (Vec<Artifact>, Vec<Refusal>) {
    AdmissionPolicies.emit(set, &options(&policy_sources(), min_kube, today))
}

/// A set of one policy file.
fn set(text: &str) -> PolicySet {
    policies(&[("policy.ordain".to_owned(), String::new(), text)])
}

#[test]
fn what_reads_one_object_is_enforced_by_admission_policies() {
    let library = library();
    let (artifacts, refusals) = build(&library, STABLE, None);
    let others: Vec<(&str, &str)> = refusals
        .iter()
        .filter(|refusal| !refusal.is_partial)
        .map(|refusal| (&*refusal.declaration, &*refusal.reason))
        .filter(|(_, reason)| !NOT_ABOUT_ONE_OBJECT.iter().any(|start| reason.starts_with(start)))
        .collect();
    for (rule, reason) in &others {
        let is_known = OTHER_REASONS.iter().any(|start| reason.starts_with(start));
        assert!(is_known, "`{rule}` is refused: {reason}");
    }
    assert!(
        others.len() * 10 <= library.rules.len(),
        "a tenth of the rules at most is refused for what they say of one object: {others:#?}"
    );
    assert_eq!(
        artifacts.len(),
        library.rules.len() - refusals.iter().filter(|refusal| !refusal.is_partial).count() + 1,
        "a file for each rule, and the definition of parameters"
    );
}

#[test]
fn what_costs_more_than_the_api_server_spends_is_refused_by_name() {
    let check = |clause: &str, expected: &[&str]| {
        let set = set(&format!("rule dear {{\n  for p in pods\n  {clause}\n}}\n"));
        let (_, refusals) = build(&set, STABLE, None);
        let told: Vec<&str> = refusals.iter().map(|own| own.reason.as_str()).collect();
        assert_eq!(told, expected, "{clause}");
    };
    let volumes = "p.spec.volumes";
    check(
        &format!("forbid any a in {volumes}: any b in {volumes}: a.name == b.name"),
        &[],
    );
    check(
        &format!(
            "forbid any a in {volumes}: any b in {volumes}: any c in {volumes}: any d in {volumes}: any e in {volumes}: any f in {volumes}: a.name == f.name and b.name == c.name and d.name == e.name"
        ),
        &[
            "its CEL takes some 44 million steps where each list has 10 elements, and the API server ends it after a million",
        ],
    );
}

#[test]
fn what_no_cluster_is_asked_about_is_told_though_the_rest_is_enforced() {
    let set = set(
        "rule both {\n  for p in Pod\n  require p.name != \"a\"\n  for k in KubeletConfiguration of kubelet.config.k8s.io\n  require k.readOnlyPort as Int ?? 0 == 0\n}\n",
    );
    for target in [&AdmissionPolicies as &dyn Backend, &ValidatingPolicies] {
        let (artifacts, refusals) = target.emit(&set, &options(&policy_sources(), STABLE, None));
        assert_eq!(artifacts.len(), 1);
        let told: Vec<_> = refusals
            .iter()
            .map(|own| (own.is_partial, own.diagnostic().message))
            .collect();
        let expected = format!(
            "`both` can't be compiled to `{}` as a whole because no API server takes `KubeletConfiguration`, which programs read from files",
            target.name()
        );
        assert_eq!(told, [(true, expected)]);
    }
}

/// The cases of the library's tests: the rule as the case sets its parameters, and the manifests.
fn cases(set: &PolicySet) -> Vec<(Rule, String)> {
    let mut cases = Vec::new();
    for test in &set.tests {
        let rule = set.rules.iter().find(|rule| rule.id == test.rule).unwrap();
        for case in &test.cases {
            let Fixture::Inline(text) = &case.fixture else {
                panic!("fixtures of the library are inline");
            };
            let mut rule = rule.clone();
            for (name, value) in &case.with {
                let parameter = rule.parameters.iter_mut().find(|own| own.name == *name);
                parameter.unwrap().value = value.clone();
            }
            cases.push((rule, text.clone()));
        }
    }
    cases
}

/// What the language has besides what the library uses: clauses over containers.
const CLAUSES: &[&str] = &[
    "forbid c.flags[\"port\"] ?? \"0\" != \"0\"",
    "require c.flags[\"v\"] is missing",
    "require c.image.registry in [\"docker.io\"] and (c.image.tag ?? \"latest\") != \"latest\"",
    "require c.image.repository like \"library/*\" or c.image.digest is set",
    "forbid c.image.registry == \"localhost\" or c.image.repository == \"a/b\"",
    "require cidrContains(\"10.0.0.0/8\", c.workingDir ?? \"10.1.1.1\")",
    "require (semver(c.workingDir ?? \"1.0.0\", \"1.2\") ?? 0) <= 0",
    "require count(split(c.workingDir ?? \"/\", \"/\")) < 3",
    "require lower(c.workingDir ?? \"a\") == (c.workingDir ?? \"a\")",
    "require c.workingDir ?? \"\" matches r\"^(/[a-z]+)*$\"",
    "require c.workingDir ?? \"\" like \"*a*b\"",
    "require any one in [\"/*\", \"*.b\", \"\"]: (c.workingDir ?? \"\") like one",
    "require c.workingDir ?? \"x\" contains \"/\" or (c.workingDir ?? \"x\") startsWith \"v\"",
    "require count(c.ports) < 2",
    "require count(p in c.ports where p.containerPort < 100) < 2",
    "require sum(p in c.ports: p.containerPort) < 200",
    "require sum(p in c.ports where p.containerPort > 100: p.containerPort) in 0..150",
    "forbid any p in c.ports: p.containerPort < 1024",
    "require no word in c.args: word startsWith \"--port\"",
    "forbid c.args[0] ?? \"\" == \"--port\"",
    "require (c.livenessProbe.httpGet.port as Int ?? 0) < 9000",
    "require (c.livenessProbe.httpGet.port as String ?? \"web\") == \"web\"",
    "require c.livenessProbe.httpGet is missing or c.readinessProbe is set",
    "require any probe in [c.livenessProbe, c.readinessProbe]: (probe.periodSeconds ?? 10) >= 5",
    "require c.class != \"init\" or c.ports[0] is missing",
    "forbid \"memory\" in c.resources.limits and not (\"cpu\" in c.resources.limits)",
    "require count(keys(c.resources.limits)) < 2",
    "let limit = c.resources.limits[\"memory\"] ?? 1Gi\n  require limit <= 2 * (c.resources.requests[\"memory\"] ?? 1Gi)",
    "let limit = c.resources.limits[\"memory\"] ?? 1Gi\n  require limit - 1Ki < 1G + 7Ei",
    "let limit = c.resources.limits[\"memory\"] ?? 1Gi\n  require limit * 150% >= 3Mi",
    "let limit = c.resources.limits[\"memory\"] ?? 1Gi\n  require limit / 3 >= 341.3Mi",
    "let limit = c.resources.limits[\"memory\"] ?? 1Gi\n  require -limit < limit / -1.5",
    "let limit = c.resources.limits[\"memory\"] ?? 1Gi\n  require limit != 1Gi and limit in 1Mi..4Gi",
    "require (c.securityContext.runAsUser ?? 0) * 2 - 1 > 1000",
    "require c.securityContext.privileged is missing\n  require c.workingDir is set\n  message \"{c.name} {c.image} {c.args} {count(c.ports)} {c.resources.limits[\"memory\"]} {c.pod.spec.hostNetwork} {c.object.name}\"",
    "require c.pod.labels[\"app\"] ?? \"\" == \"a\" and c.object.namespace == \"default\" and c.object.name != \"q\"",
    "where c.object is Deployment\n  require c.pod.spec.hostNetwork ?? false",
];

/// What stands in a container besides its name and image, unless it has these itself.
const FIELDS: &[&str] = &[
    "",
    "image: null",
    "image: 5",
    "image: \"a/b:1@sha256:00\"",
    "image: \"localhost/a\"",
    "image: \"registry:5000/a/b:1.2\"",
    "image: \"docker.io/a\"",
    "image: \"index.docker.io/x/a:1\"",
    "image: \"a:1:2/\"",
    "image: \"\"",
    "args: [--port=80]",
    "args: [--port, 80]",
    "args: [--port, \"80\"]",
    "args: 5",
    "args: [--port, \"80\", --port]",
    "args: [--port, -v]",
    "args: [--portal, --port=, x]",
    "workingDir: 10.2.0.0/16",
    "workingDir: 10.2.3.4",
    "workingDir: \"::1\"",
    "workingDir: \"\"",
    "workingDir: \"//a\"",
    "workingDir: \"/a.b\"",
    "workingDir: v2.0.0-rc.1",
    "workingDir: 1.2.0",
    "workingDir: 7",
    "workingDir: Ä/B",
    "workingDir: \"a\\nb\"",
    "ports: 5",
    "ports: [5]",
    "ports: [null]",
    "ports: [{ containerPort: 80 }]",
    "ports: [{ containerPort: 80.0 }, { containerPort: 150 }]",
    "ports: [{ containerPort: \"80\" }]",
    "ports: [{ containerPort: 80.5 }]",
    "ports: [{ containerPort: 1e300 }]",
    "ports: { a: b }",
    "livenessProbe: { httpGet: { port: 8080 } }",
    "livenessProbe: { httpGet: { port: web } }",
    "livenessProbe: { httpGet: { port: 1.5 } }",
    "livenessProbe: { periodSeconds: 3 }\n    readinessProbe: { periodSeconds: 30 }",
    "livenessProbe: []",
    "readinessProbe: {}",
    "securityContext: { runAsUser: 501 }",
    "securityContext: { runAsUser: 1, privileged: null }",
    "securityContext: { privileged: true }",
    "resources: { limits: { memory: 1Gi }, requests: { memory: 256Mi } }",
    "resources: { limits: { memory: 1Gi, cpu: 1 } }",
    "resources: { limits: { memory: null } }",
    "resources: { limits: { memory: 1073741824 }, requests: { memory: 1e9 } }",
    "resources: { limits: { memory: 0.5Mi } }",
    "resources: { limits: { memory: 2Mi } }",
    "resources: { limits: { memory: \"1e3\" } }",
    "resources: { limits: { memory: 1K } }",
    "resources: { limits: { memory: \"100n\" } }",
    "resources: { limits: { memory: 9Ei } }",
    "resources: { limits: { memory: \"-5\" } }",
    "resources: { limits: { memory: true } }",
];

/// A rule for each clause, and the objects that it is asked about.
fn clauses() -> Vec<(Rule, Vec<Value>)> {
    let objects: Vec<Value> = FIELDS
        .iter()
        .flat_map(|fields| {
            let image = if fields.starts_with("image") { "" } else { "image: a:1" };
            let container = format!("\n  - name: a\n    {image}\n    {fields}\n");
            let pod = |of: &str| format!("spec:\n  {of}:{container}");
            let template = format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: q, namespace: n }}\nspec:\n  template:\n    metadata: {{ labels: {{ app: a }} }}\n    {}",
                pod("containers").replace('\n', "\n    ")
            );
            let single = format!("apiVersion: v1\nkind: Pod\nmetadata: {{ name: p, labels: {{ app: a }} }}\n{}", pod("containers"));
            let init = format!("{}  containers: [{{ name: b, image: b:1 }}]\n", single.replace("containers:", "initContainers:"));
            [single, init, template]
        })
        .map(|text| {
            let files = Files::read(&[("object.yaml", &text)]);
            assert_eq!(files.resources.len(), 1, "{text}");
            export::json(&files.resources[0].root)
        })
        .collect();
    CLAUSES
        .iter()
        .enumerate()
        .map(|(number, clause)| {
            let rule = rule(&format!(
                "rule clause-{number} {{\n  for c in containers\n  {clause}\n}}\n"
            ));
            (rule, objects.clone())
        })
        .collect()
}

/// An object in JSON with each of its values removed or replaced by each of some others, one at a time.
fn mutated(object: &Value) -> Vec<Value> {
    let others = [
        Value::Null,
        json!("text"),
        json!(""),
        json!(5),
        json!(1.5),
        json!(true),
        json!([]),
        json!([null]),
        json!({}),
        json!("1Gi"),
    ];
    let mut paths = Vec::new();
    collect(object, &mut Vec::new(), &mut paths);
    let mut found = Vec::new();
    // What makes an object one of its kind stays: without it no policy would be asked.
    for path in paths
        .iter()
        .filter(|path| !matches!(path.as_slice(), [one] if one != "spec" && one != "metadata"))
    {
        let pointer: String = path
            .iter()
            .map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1")))
            .collect();
        for other in &others {
            let mut changed = object.clone();
            *changed.pointer_mut(&pointer).unwrap() = other.clone();
            found.push(changed);
        }
        let mut changed = object.clone();
        let (parent, last) = (pointer.rsplit_once('/').unwrap().0, path.last().unwrap());
        match changed.pointer_mut(parent).unwrap() {
            Value::Object(fields) => {
                fields.remove(last);
            }
            Value::Array(elements) => {
                elements.remove(last.parse().unwrap());
            }
            _ => {}
        }
        found.push(changed);
    }
    found
}

fn collect(value: &Value, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (step, child) in children {
        path.push(step);
        paths.push(path.clone());
        collect(child, path, paths);
        path.pop();
    }
}

/// What a rule finds in one object alone.
fn native(rule: &Rule, object: &Value) -> Vec<String> {
    let files = Files::read(&[("object.yaml", &object.to_string())]);
    let settings = Settings::default();
    let repository = Repository::new(&files.sources, &files.resources, &files.schema, &settings);
    let found = run(&[rule], &repository, &Default::default()).findings;
    found.into_iter().map(|finding| finding.message).collect()
}

/// Writes policies and objects with the native verdicts, if `ORDAIN_ADMISSION_POLICIES` names a folder; of
/// the objects changed in one place every so many, as `ORDAIN_ADMISSION_STRIDE` says.
#[test]
fn every_object_of_the_library_can_be_asked_about() {
    let folder = std::env::var_os("ORDAIN_ADMISSION_POLICIES").map(PathBuf::from);
    let stride = std::env::var("ORDAIN_ADMISSION_STRIDE").map_or(20, |stride| stride.parse().unwrap());
    let library = library();
    let mut asked: Vec<(Rule, Vec<Value>)> = Vec::new();
    let mut changes = 0;
    for (rule, text) in cases(&library) {
        let files = Files::read(&[("fixture.yaml", &text)]);
        let mut objects = Vec::new();
        for resource in &files.resources {
            let object = export::json(&resource.root);
            if folder.is_some() {
                changes += 1;
                let changed = mutated(&object).into_iter();
                objects.extend(changed.skip(changes % stride).step_by(stride));
            }
            objects.push(object);
        }
        asked.push((rule, objects));
    }
    asked.extend(clauses());
    if folder.is_none() {
        asked.iter_mut().for_each(|(_, objects)| objects.truncate(2));
    }
    let mut requests = Vec::new();
    let mut written = BTreeSet::new();
    for (number, (rule, objects)) in asked.iter().enumerate() {
        let own = PolicySet {
            rules: vec![rule.clone()],
            ..PolicySet::default()
        };
        let (artifacts, _) = build(&own, KubernetesVersion::NEWEST, None);
        if artifacts.is_empty() {
            continue;
        }
        let place = format!("{}-{number}", rule.id);
        for object in objects {
            requests.push(json!({
                "id": requests.len(),
                "policy": format!("{place}/{}.yaml", rule.id),
                "native": native(rule, object),
                "object": object,
                "oldObject": null,
            }));
        }
        if let Some(folder) = &folder {
            for artifact in &artifacts {
                let path = folder.join(&place).join(&artifact.path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, &artifact.contents).unwrap();
            }
        }
        written.insert(rule.id.clone());
    }
    if let Some(folder) = &folder {
        let lines: Vec<String> = requests.iter().map(|request| format!("{request}\n")).collect();
        fs::write(folder.join("requests.jsonl"), lines.concat()).unwrap();
    }
    let (_, refusals) = build(&library, STABLE, None);
    for rule in &library.rules {
        let is_refused = refusals
            .iter()
            .any(|refusal| !refusal.is_partial && *refusal.declaration == *rule.id);
        assert!(
            is_refused || written.contains(&rule.id),
            "no object is asked about for `{}`",
            rule.id
        );
    }
    assert!(
        requests.len() > 150,
        "only {} objects are asked about",
        requests.len()
    );
}

/// The file that a rule becomes.
fn file(set: &PolicySet, path: &str, today: Option<Date>) -> Artifact {
    let (artifacts, refusals) = build(set, STABLE, today);
    assert_eq!(refusals, []);
    let found = artifacts.into_iter().find(|artifact| artifact.path == path);
    found.unwrap_or_else(|| panic!("no {path}"))
}

#[test]
fn parameters_are_read_in_the_cluster() {
    let mut set = set(
        "param most: Int in 1..50 = 20\nparam trusted: [String] = [\"a/*\"]\n\
         rule r {\n  for d in Deployment\n  require d.spec.replicas ?? 1 <= most\n  \
         message \"{d.name} has more than {most}\"\n}\n\
         rule s {\n  for c in containers\n  require any pattern in trusted: c.image like pattern\n}\n",
    );
    set.rules[0].parameters[0].value = Constant::Int(7);
    let text = |path: &str| file(&set, path, None).text().to_owned();
    insta::assert_snapshot!(
        "definition",
        text("definitions/ruleparameters.gitops.example.com.yaml")
    );
    insta::assert_snapshot!("policy_with_a_parameter", text("r.yaml"));
    insta::assert_snapshot!("policy_over_containers", text("s.yaml"));
}

#[test]
fn waivers_are_built_in_until_they_expire() {
    let set = set(
        "rule r {\n  severity low\n  for c in containers\n  require c.livenessProbe is set\n}\n\n\
         waive r {\n  for Pod \"p*\" in \"default\"\n  because \"it has its reasons\"\n  owner \"team@acme.io\"\n  until 2027-03-31\n}\n",
    );
    let on = |year| {
        let today = Date {
            year,
            month: 1,
            day: 1,
        };
        file(&set, "r.yaml", Some(today)).text().to_owned()
    };
    insta::assert_snapshot!("policy_with_a_waiver", on(2027));
    assert!(on(2028).contains("# A waiver expired on 2027-03-31 and is left out."));
    assert!(!on(2028).contains("waived"));
}

#[test]
fn a_line_of_a_policy_leads_to_its_clause() {
    let text =
        "rule r {\n  for c in containers\n  require c.livenessProbe is set\n  forbid c.stdin ?? false\n}\n";
    let artifact = file(&set(text), "r.yaml", None);
    let lines: Vec<&str> = artifact.text().lines().collect();
    let told: Vec<(&str, &str)> = artifact
        .origins
        .iter()
        .map(|origin| (lines[origin.line - 1], &text[origin.span.range()]))
        .collect();
    assert_eq!(
        told,
        [
            (
                "  - expression: \"!variables.broken1\"",
                "require c.livenessProbe is set"
            ),
            (
                "  - expression: \"!variables.broken2\"",
                "forbid c.stdin ?? false"
            ),
        ]
    );
}

/// What of a rule is refused for clusters of this minor release and newer, with the reason.
fn refusal(text: &str, minor: u8) -> Option<(String, String)> {
    let (_, refusals) = build(&set(text), KubernetesVersion::of_minor(minor), None);
    let refusal = refusals.into_iter().next()?;
    let span = refusal.span.range();
    Some((text[span].to_owned(), refusal.reason))
}

#[test]
fn what_a_policy_cannot_say_is_refused_by_name() {
    let check = |body: &str, part: &str, reason: &str| {
        let text = format!("rule r {{\n{body}\n}}\n");
        assert_eq!(
            refusal(&text, 37),
            Some((part.to_owned(), reason.to_owned())),
            "{body}"
        );
    };
    check(
        "for d in Deployment\n  require any s in Service: s.name == d.name",
        "s in Service",
        "it reads other documents",
    );
    check(
        "for d in Deployment\n  for s in Service\n  require s.name == d.name",
        "s in Service",
        "it reads other documents",
    );
    check(
        "require count(Deployment) < 9",
        "require count(Deployment) < 9",
        "it reads other documents: it judges the repository as a whole",
    );
    check(
        "for d in Deployment\n  require d.file like \"apps/*\"",
        "d.file",
        "it reads paths of files, which admission does not know",
    );
    check(
        "for d in Deployment\n  require (cost(d).high ?? 0 USD/month) <= 5 USD/month",
        "cost(d).high",
        "it reads other documents: price or grid tables and autoscalers",
    );
    check(
        "for c in containers\n  require sum(k, x in c.resources.limits: x as Memory ?? 0Mi) < 1Gi",
        "sum(k, x in c.resources.limits: x as Memory ?? 0Mi)",
        "it adds up quantities of a list, which CEL has no function for",
    );
}

#[test]
fn a_factor_that_a_cluster_sets_needs_bounds() {
    let text = |param: &str| {
        format!(
            "param factor: Int {param} = 4\nrule r {{\n  for c in containers\n  \
             require (c.resources.limits[\"memory\"] ?? 0Mi) <= factor * (c.resources.requests[\"memory\"] ?? 0Mi)\n}}\n"
        )
    };
    assert_eq!(
        refusal(&text(""), 30).unwrap().1,
        "it multiplies or divides by a parameter that a cluster may set to any number"
    );
    assert_eq!(refusal(&text("in 1..100"), 30), None);
}

#[test]
fn a_rule_whose_name_no_object_can_have_is_refused() {
    let text = "rule Upper {\n  for c in containers\n  forbid c.stdin ?? false\n}\n";
    assert_eq!(
        refusal(text, 30).unwrap().1,
        "`Upper` can't name an object of Kubernetes"
    );
}

#[test]
fn what_a_release_lacks_is_refused_by_name() {
    let check = |body: &str, minor: u8, reason: &str| {
        let text = format!("rule r {{\n  for c in containers\n  {body}\n}}\n");
        let found = refusal(&text, minor - 1).unwrap_or_else(|| panic!("{body} is taken by 1.{}", minor - 1));
        assert_eq!(found.1, reason);
        assert_eq!(refusal(&text, minor), None, "{body}");
    };
    check(
        "require c.stdin is missing",
        28,
        "its CEL needs Kubernetes 1.28, which has optional values and quantities",
    );
    check(
        "require cidrContains(\"10.0.0.0/8\", c.workingDir ?? \"\")",
        30,
        "comparing addresses takes Kubernetes 1.30",
    );
    check(
        "for i, p in c.ports\n  require i < 5 or p.name is set",
        32,
        "numbering the elements of a list takes Kubernetes 1.32",
    );
    check(
        "require semver(c.workingDir ?? \"1\", \"1.2\") ?? 0 > 0",
        33,
        "comparing versions takes Kubernetes 1.33",
    );
}

#[test]
fn before_it_was_stable_the_api_had_another_version() {
    let set = set("rule r {\n  for c in containers\n  forbid c.stdin ?? false\n}\n");
    let versions = |minor| {
        let (artifacts, _) = build(&set, KubernetesVersion::of_minor(minor), None);
        let text = artifacts[0].text().to_owned();
        let lines = text.lines().filter(|line| line.starts_with("apiVersion: "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        versions(29),
        ["apiVersion: admissionregistration.k8s.io/v1beta1"; 2]
    );
    assert_eq!(versions(30), ["apiVersion: admissionregistration.k8s.io/v1"; 2]);
}

#[test]
fn kyverno_gets_the_same_expressions_with_parameters_built_in() {
    let set = set(
        "param most: Int in 1..50 = 20\nrule r {\n  for p in Pod\n  require p.spec.priority ?? 1 <= most\n}\n",
    );
    let sources = policy_sources();
    let (artifacts, refusals) = ValidatingPolicies.emit(&set, &options(&sources, STABLE, None));
    assert_eq!(refusals, []);
    insta::assert_snapshot!("policy_for_kyverno", artifacts[0].text());
}

#[test]
fn any_string_of_an_author_is_only_text() {
    let template = set(
        "param wanted: String = \"x\"\nrule r {\n  for c in containers\n  require c.workingDir ?? \"\" == wanted\n  message \"a\"\n}\n",
    );
    let config = ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let strings = prop_oneof![
        // Where lines begin decides how YAML reads a block.
        "[\n\t a]{0,4}",
        "\\PC{0,40}",
        "[\"\\\\'`#{}%$ \\n\\t;:\\x00\\x7f\u{feff}\u{2028}\u{202e}*.]{0,200}"
    ];
    proptest!(config, |(author in strings)| {
        let mut own = template.clone();
        let text: Arc<str> = author.as_str().into();
        own.rules[0].title = author.clone();
        own.rules[0].parameters[0].value = Constant::String(text.clone());
        let Step::Clause(clause) = own.rules[0].groups[0].steps.last_mut().unwrap() else {
            panic!("the last step is the clause");
        };
        clause.message.kind = ExpressionKind::Constant(Constant::String(text));
        let file = file(&own, "r.yaml", None).text().to_owned();
        // A tab is text to every reader of YAML.
        prop_assert!(!file.contains(|c: char| c.is_control() && !matches!(c, '\n' | '\t')));
        let documents: Vec<Value> = serde_yaml::Deserializer::from_str(&file)
            .map(|document| Value::deserialize(document).unwrap())
            .collect();
        prop_assert_eq!(&documents[2]["spec"]["r"]["wanted"], &json!(author));
        let variables = documents[0]["spec"]["variables"].as_array().unwrap();
        let named = |name: &str| {
            let found = variables.iter().find(|variable| variable["name"] == name).unwrap();
            found["expression"].as_str().unwrap()
        };
        let literal = cel::string(&author);
        prop_assert!(named("message1").contains(&literal), "{} in {}", literal, named("message1"));
        prop_assert!(named("param_wanted").contains(&literal));
        // In double quotes it is a string of JSON too, which CEL reads alike; single quotes are for what
        // needs no escape.
        match literal.strip_prefix('\'') {
            Some(rest) => prop_assert_eq!(rest.strip_suffix('\'').unwrap(), &author),
            None => prop_assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), author),
        }
    });
}
