//! Rules for Gatekeeper and as OPA bundles: what is emitted, and what is refused. `tests/conformance/run` asks
//! the real engines for their verdicts.

use super::library::{OF_APPLICATIONS, library};
use super::{build_options, policies, policy_sources};
use ordain::emit::bundle::{Bundle, SigningKey};
use ordain::emit::gatekeeper::Constraints;
use ordain::emit::{Artifact, Backend, Options, Refusal};
use ordain::ir::{Constant, Date, PolicySet};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;

fn build(
    target: &dyn Backend,
    set: &PolicySet,
    today: Option<Date>,
    key: Option<&SigningKey>,
) -> (Vec<Artifact>, Vec<Refusal>) {
    let sources = policy_sources();
    let options = Options {
        today,
        sign_key: key,
        ..build_options(&sources)
    };
    target.emit(set, &options)
}

fn set(text: &str) -> PolicySet {
    policies(&[("policy.ordain".to_owned(), String::new(), text)])
}

/// What is made for Gatekeeper, by path.
fn files(set: &PolicySet, today: Option<Date>) -> BTreeMap<String, Value> {
    let (artifacts, refusals) = build(&Constraints, set, today, None);
    assert_eq!(refusals, []);
    let read = |artifact: Artifact| {
        let document = serde_yaml::from_str(artifact.text()).unwrap();
        (artifact.path, document)
    };
    artifacts.into_iter().map(read).collect()
}

fn refusals(target: &dyn Backend, text: &str) -> String {
    let (artifacts, refusals) = build(target, &set(text), None, None);
    assert!(!refusals.is_empty(), "nothing of it is refused: {artifacts:#?}");
    let lines = refusals.iter().map(|refusal| {
        let help = refusal.help.as_deref().unwrap_or("-");
        format!("{}: {} ({help})", refusal.declaration, refusal.reason)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The module in a template.
fn module(template: &Value) -> &str {
    let code = &template["spec"]["targets"][0]["code"];
    assert_eq!(
        (
            &code[0]["engine"],
            &code[0]["source"]["version"],
            code.as_array().map(Vec::len)
        ),
        (&json!("Rego"), &json!("v1"), Some(1))
    );
    code[0]["source"]["rego"].as_str().unwrap()
}

/// What of the library looks up files that no cluster has, or kinds of which only the name is known.
const REFUSED: &[(&str, &str)] = &[
    (
        "allowed-repos-prefix",
        "it judges objects of Gatekeeper itself, which `gator` takes for policies",
    ),
    ("argo-prune-guard", OF_APPLICATIONS),
    ("argo-replicas-ignored", OF_APPLICATIONS),
    ("argo-sync-wave-order", OF_APPLICATIONS),
    (
        "config-reference-exists",
        "it looks up `Kustomization` of `kustomize.config.k8s.io`, of which no version is known that could be synced",
    ),
    (
        "exposed-by-virtual-service",
        "it looks up `Gateway` of `networking.istio.io`, of which no version is known that could be synced",
    ),
    (
        "linkerd-authorization-target",
        "it looks up `HTTPRoute` of `policy.linkerd.io`, of which no version is known that could be synced",
    ),
    (
        "linkerd-server",
        "it looks up `Server` of `policy.linkerd.io`, of which no version is known that could be synced",
    ),
    (
        "route-unique-host",
        "it looks up `Route` of `route.openshift.io`, of which no version is known that could be synced",
    ),
];

#[test]
fn a_template_has_one_engine_and_reads_what_gatekeeper_gives() {
    let (artifacts, refusals) = build(&Constraints, &library(), None, None);
    let refused: Vec<(&str, &str)> = refusals
        .iter()
        .map(|refusal| (&*refusal.declaration, &*refusal.reason))
        .collect();
    assert_eq!(refused, REFUSED);
    let templates = artifacts
        .iter()
        .filter(|artifact| artifact.path.starts_with("templates/"));
    let mut seen = 0;
    for artifact in templates {
        let template: Value = serde_yaml::from_str(artifact.text()).unwrap();
        let module = module(&template);
        assert!(!module.contains("import rego.v1"), "{}", artifact.path);
        assert!(
            module.contains("\nviolation contains result if {"),
            "{}",
            artifact.path
        );
        let lines = module.lines().filter(|line| !line.starts_with('#'));
        let module = lines.collect::<Vec<_>>().join("\n");
        for (place, _) in module.match_indices("data.") {
            // Messages tell of `metadata`.
            let is_word = !module[..place].ends_with("meta");
            assert!(
                !is_word || module[place..].starts_with("data.inventory"),
                "{} reads {}",
                artifact.path,
                &module[place..place + 30]
            );
        }
        assert!(!artifact.origins.is_empty(), "{}", artifact.path);
        for origin in &artifact.origins {
            let line = artifact.text().lines().nth(origin.line - 1).unwrap();
            let is_head =
                line.trim() == "violation contains result if {" || line.trim().starts_with("package ");
            assert!(is_head, "{}: {line}", artifact.path);
        }
        seen += 1;
    }
    assert_eq!(seen, library().rules.len() - REFUSED.len());
}

#[test]
fn a_constraint_matches_the_kinds_of_the_rule_and_has_its_parameters() {
    let mut set = set(
        "/// How many there may be.\nparam most: Int in 1..50 = 20\nparam trusted: [String] = [\"a/*\"]\n\
         param share: Count in 1..4 = 2\n\
         /// Not too many.\nrule few-replicas {\n  severity low\n  for d in Deployment | StatefulSet\n  require d.spec.replicas ?? 1 <= most\n}\n\
         rule trusted-image {\n  for c in containers\n  require any pattern in trusted: c.image like pattern\n}\n\
         rule gpus {\n  for c in containers\n  forbid c.resources.limits[\"nvidia.com/gpu\"] is set and c.resources.limits[\"nvidia.com/gpu\"] > share\n}\n",
    );
    set.rules[0].parameters[0].value = Constant::Int(7);
    let files = files(&set, None);
    let constraint = &files["constraints/few-replicas.yaml"];
    assert_eq!(
        (&constraint["kind"], &constraint["spec"]),
        (
            &json!("OrdainFewReplicas"),
            &json!({
                "enforcementAction": "warn",
                "match": { "kinds": [{ "apiGroups": ["apps"], "kinds": ["Deployment", "StatefulSet"] }] },
                "parameters": { "most": 7 },
            })
        )
    );
    let template = &files["templates/few-replicas.yaml"];
    assert_eq!(template["metadata"]["name"], "ordainfewreplicas");
    assert_eq!(
        template["spec"]["crd"]["spec"]["validation"]["openAPIV3Schema"],
        json!({ "type": "object", "properties": { "most": {
            "type": "integer", "format": "int64", "minimum": 1, "maximum": 50,
            "description": "How many there may be", "default": 7,
        } } })
    );
    let kinds = files["constraints/trusted-image.yaml"]["spec"]["match"]["kinds"].to_string();
    for kind in [
        "Pod",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "ReplicationController",
        "Job",
        "CronJob",
    ] {
        assert!(kinds.contains(&format!("\"{kind}\"")), "{kind} is not in {kinds}");
    }
    assert!(!kinds.contains('*') && !kinds.contains("extensions"), "{kinds}");
    assert_eq!(
        files["constraints/gpus.yaml"]["spec"]["parameters"],
        json!({ "share": "2" })
    );
    assert!(!files.contains_key("syncset.yaml"));
}

#[test]
fn what_a_rule_looks_up_is_synced() {
    let files = files(
        &set(
            "rule pods-are-selected {\n  for p in pods\n  require any n in NetworkPolicy: n.namespace == p.namespace and n.spec.podSelector selects p\n}\n\
             rule no-secrets {\n  for b in RoleBinding\n  for r in Role\n  where r.name == b.roleRef.name and r.namespace == b.namespace\n  forbid any grant in r.rules: \"secrets\" in grant.resources\n  at b.roleRef\n}\n",
        ),
        None,
    );
    let gvk =
        |group: &str, version: &str, kind: &str| json!({ "group": group, "version": version, "kind": kind });
    assert_eq!(
        files["syncset.yaml"]["spec"]["gvks"],
        json!([
            gvk("networking.k8s.io", "v1", "NetworkPolicy"),
            gvk("rbac.authorization.k8s.io", "v1", "Role"),
            gvk("rbac.authorization.k8s.io", "v1", "RoleBinding"),
        ])
    );
    let template = &files["templates/pods-are-selected.yaml"];
    assert_eq!(
        template["metadata"]["annotations"]["metadata.gatekeeper.sh/requires-sync-data"],
        r#"[[{"groups":["networking.k8s.io"],"versions":["v1"],"kinds":["NetworkPolicy"]}]]"#
    );
    // Each of the two that demand something is under review in turn.
    let both = module(&files["templates/no-secrets.yaml"]);
    for (reviewed, looked_up) in [("RoleBinding", "Role"), ("Role", "RoleBinding")] {
        for (name, kind) in [("_of_kinds_reviewed", reviewed), ("_of_kinds", looked_up)] {
            let term = format!(" in {name}({{\"rbac.authorization.k8s.io/{kind}\"}})");
            assert!(both.contains(&term), "{term} is not in\n{both}");
        }
    }
}

#[test]
fn the_tests_of_a_rule_are_a_suite_for_gator() {
    let pod = |name: &str| {
        format!(
            "    apiVersion: v1\n    kind: Pod\n    metadata: {{ name: {name} }}\n    spec: {{ containers: [{{ name: a, image: a }}] }}\n"
        )
    };
    let service = "    ---\n    apiVersion: v1\n    kind: Service\n    metadata: { name: web }\n    spec: { ports: [] }\n";
    let set = set(&format!(
        "param wanted: String = \"web\"\nrule r {{\n  for p in pods\n  require p.name == wanted and (any s in Service: s.name == p.name)\n}}\n\
         test r {{\n  accepts \"\"\"\n{}{service}  \"\"\"\n  rejects \"\"\"\n{}    ---\n{}{service}  \"\"\"\n  accepts \"\"\"\n{}{}  \"\"\" with {{ wanted: \"api\" }}\n}}\n",
        pod("web"),
        pod("web"),
        pod("api"),
        pod("api"),
        service.replace("web", "api"),
    ));
    let artifacts = super::export::with_tests(&set);
    let file = |path: &str| -> Value {
        let artifact = artifacts.iter().find(|artifact| artifact.path == path).unwrap();
        serde_yaml::from_str(artifact.text()).unwrap()
    };
    let accepts = |number: usize, object: usize, other: usize| {
        json!({
            "name": format!("{number} accepts, object {object}"),
            "object": format!("r/{number}-accepts-{object}.yaml"),
            "assertions": [{ "violations": "no" }],
            "inventory": [format!("r/{number}-accepts-{other}.yaml")],
        })
    };
    // Of what the rule finds nothing in, beside what it does, the case says nothing.
    let rejects = json!({
        "name": "2 rejects",
        "object": "r/2-rejects-2.yaml",
        "assertions": [{ "violations": "yes" }],
        "inventory": ["r/2-rejects-1.yaml", "r/2-rejects-3.yaml"],
    });
    assert_eq!(
        file("verify/suite.yaml")["tests"],
        json!([
            {
                "name": "r",
                "template": "../templates/r.yaml",
                "constraint": "../constraints/r.yaml",
                "cases": [accepts(1, 1, 2), accepts(1, 2, 1), rejects],
            },
            {
                "name": "r with wanted = \"api\"",
                "template": "../templates/r.yaml",
                "constraint": "r/constraint-2.yaml",
                "cases": [accepts(3, 1, 2), accepts(3, 2, 1)],
            },
        ])
    );
    assert_eq!(
        file("verify/r/constraint-2.yaml")["spec"]["parameters"],
        json!({ "wanted": "api" })
    );
    assert_eq!(file("verify/r/2-rejects-2.yaml")["metadata"]["name"], "api");
}

#[test]
fn what_an_object_was_before_is_that_of_the_review() {
    let rule = |clause: &str| format!("rule r {{\n  for d in Deployment\n  {clause}\n}}\n");
    let text = rule("let before = base(d)\n  require (before.spec.replicas ?? 1) <= (d.spec.replicas ?? 1)");
    let template = &files(&set(&text), None)["templates/r.yaml"];
    let module = module(template);
    for expected in [
        "\n\t_knows_former\n",
        "before := _before_review",
        "_get(_get(before, [\"value\"]), [\"spec\", \"replicas\"])",
    ] {
        assert!(module.contains(expected), "{expected} is not in\n{module}");
    }
    insta::assert_snapshot!(
        refusals(&Constraints, &rule("for s in Service\n  require base(s) is set")),
        @"r: it reads what an object was that is not under review, which the cluster no longer knows (-)"
    );
    insta::assert_snapshot!(
        refusals(&Constraints, &rule("let before = base(d)\n  require no c in before.containers: c.name == \"a\"")),
        @"r: it reads the pods of a former object (read its fields, such as `base(d).spec.template.spec.containers`)"
    );
}

#[test]
fn waivers_are_built_in_until_they_expire() {
    let set = set(
        "rule r {\n  for c in containers\n  require c.livenessProbe is set\n}\n\n\
         waive r {\n  for Pod \"p*\" in \"default\"\n  because \"it has its reasons\"\n  owner \"team@acme.io\"\n  until 2027-03-31\n}\n",
    );
    let on = |year| {
        let today = Date {
            year,
            month: 1,
            day: 1,
        };
        let template = &files(&set, Some(today))["templates/r.yaml"];
        module(template).contains("_waived(resource) := true in")
    };
    assert_eq!((on(2027), on(2028)), (true, false));
}

#[test]
fn what_gatekeeper_cannot_say_is_refused_by_name() {
    let check = |text: &str| refusals(&Constraints, text);
    insta::assert_snapshot!(
        check("rule r {\n  require any d in Deployment: d.name == \"web\"\n}\n"),
        @"r: it judges the repository as a whole, and admission reviews an object at a time (begin with a binder over objects, such as `for d in Deployment`)"
    );
    insta::assert_snapshot!(
        check("rule r {\n  for s in Service\n  require any o in objects: o.name == s.name and o.kind != \"Service\"\n}\n"),
        @"r: it looks through all objects of the cluster, and only kinds that are named can be synced (name the kinds: `any d in Deployment | StatefulSet`)"
    );
    insta::assert_snapshot!(
        check("rule r {\n  for s in Service\n  require s.file startsWith \"apps/\"\n}\n"),
        @"r: it reads in which file an object stands, which a cluster doesn't know (-)"
    );
    insta::assert_snapshot!(
        check("rule a-bc {\n  for s in Service\n  require s.name != \"\"\n}\nrule ab-c {\n  for s in Service\n  require s.name != \"\"\n}\n"),
        @r"
    a-bc: its template would be named `ordainabc`, as that of `ab-c` would (rename one of the two rules, so that they differ in more than their hyphens)
    ab-c: its template would be named `ordainabc`, as that of `a-bc` would (rename one of the two rules, so that they differ in more than their hyphens)
    "
    );
    insta::assert_snapshot!(
        check("rule Upper_case {\n  for s in Service\n  require s.name != \"\"\n}\n"),
        @"Upper_case: `Upper_case` can't name an object of Kubernetes (use lower case letters, digits and hyphens alone, 57 at most)"
    );
}

/// The files in a bundle, by path.
fn unpacked(archive: &[u8]) -> BTreeMap<String, String> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (entry.path().unwrap().display().to_string(), text)
    });
    entries.collect()
}

#[test]
fn a_bundle_is_the_same_for_the_same_policies_and_another_for_others() {
    let text = "param most: Int in 1..50 = 20\nrule r {\n  for d in Deployment\n  require d.spec.replicas ?? 1 <= most\n}\n";
    let made = |set: &PolicySet| {
        let (mut artifacts, refusals) = build(&Bundle, set, None, None);
        assert_eq!((artifacts.len(), refusals), (1, Vec::new()));
        artifacts.remove(0).contents
    };
    let mut set = set(text);
    let first = made(&set);
    assert_eq!(first, made(&set));
    let revision = |archive: &[u8]| {
        let manifest: Value = serde_json::from_str(&unpacked(archive)[".manifest"]).unwrap();
        assert_eq!(
            (&manifest["roots"], &manifest["rego_version"]),
            (&json!(["ordain"]), &json!(1))
        );
        manifest["revision"].as_str().unwrap().to_owned()
    };
    let files = unpacked(&first);
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        [".manifest", "data.json", "ordain/r.rego"]
    );
    let data: Value = serde_json::from_str(&files["data.json"]).unwrap();
    assert_eq!(
        data,
        json!({ "ordain": { "parameters": { "r": { "most": 20 } } } })
    );
    set.rules[0].parameters[0].value = Constant::Int(21);
    assert_ne!(revision(&first), revision(&made(&set)));
}

#[test]
fn a_signature_covers_every_file_of_a_bundle() {
    let secret = b"a secret that nobody is going to guess";
    let key = SigningKey::parse(secret).unwrap();
    let set = set("rule r {\n  for d in Deployment\n  require d.name != \"\"\n}\n");
    let (artifacts, _) = build(&Bundle, &set, None, Some(&key));
    let files = unpacked(&artifacts[0].contents);
    let signatures: Value = serde_json::from_str(&files[".signatures.json"]).unwrap();
    let token = signatures["signatures"][0].as_str().unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    let key = jsonwebtoken::DecodingKey::from_secret(secret);
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation)
        .unwrap()
        .claims;
    let named: Vec<&str> = claims["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["name"].as_str().unwrap())
        .collect();
    assert_eq!(named, [".manifest", "data.json", "ordain/r.rego"]);
}

#[test]
fn what_a_bundle_cannot_hold_is_refused_by_name() {
    let rule = |id: &str| format!("rule {id} {{\n  for s in Service\n  require s.name != \"\"\n}}\n");
    insta::assert_snapshot!(
        refusals(&Bundle, &format!("{}{}", rule("a-b"), rule("a_b"))),
        @"a_b: its package `ordain.a_b` would stand in the place of `a-b`'s (rename the rule)"
    );
    insta::assert_snapshot!(
        refusals(&Bundle, &rule("parameters")),
        @"parameters: its package `ordain.parameters` would stand in the place of the parameters (rename the rule)"
    );
}
