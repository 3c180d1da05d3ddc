//! `ordain migrate` as a whole: what is written is what `ordain check` takes, and finds and waives what the other tool did.

use super::cli::{folder, run};
use serde_json::Value;
use std::path::Path;

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  annotations:
    NOTE
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      hostNetwork: true
      containers:
        - { name: a, image: acme/a, securityContext: { privileged: true } }
";

/// A Deployment with this annotation.
fn web(annotation: &str) -> String {
    WEB.replace("NOTE", annotation)
}

/// The exit code of a migration, and what it says.
fn migrate(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let wishes = ["migrate", "--until", "2999-12-31", "--owner", "platform@acme.io"];
    let (code, out, err) = run(folder, &[&wishes[..], arguments].concat());
    assert_eq!(err, "", "{out}");
    (code, out)
}

/// What `ordain check` finds and leaves out, a line each.
fn check(folder: &Path) -> String {
    let (_, out, err) = run(folder, &["check", "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    let lines = |list: &str, how: &str| -> String {
        let findings = report[list].as_array().into_iter().flatten();
        findings
            .map(|finding| {
                let text = |key: &str| finding[key].as_str().unwrap_or("");
                let place = format!("{}:{}", text("file"), finding["line"]);
                format!("{place} {}{} {}\n", how, text("severity"), text("rule"))
            })
            .collect()
    };
    lines("findings", "") + &lines("waived", "waived ")
}

/// What a migration of these files comes to: what it says, what is in force afterwards, and what that finds.
fn migrated(files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let (code, said) = migrate(folder.path(), &[]);
    let read = |path: &str| std::fs::read_to_string(folder.path().join(path)).unwrap_or_default();
    let settings = read("ordain.toml");
    let settings = settings
        .split_once("use = []")
        .map_or("", |(_, settings)| settings);
    let rules = read("policies/migrated/rules.ordain");
    let rules: Vec<&str> = rules.lines().skip(2).collect();
    let found = check(folder.path());
    format!(
        "{said}exit code {code}\n---{settings}---\n{}\n---\n{found}",
        rules.join("\n")
    )
}

#[test]
fn checks_and_custom_checks_of_kube_linter_are_carried_over() {
    let configuration = "\
checks:
  doNotAutoAddDefaults: true
  include: [host-network, latest-tag, unset-cpu-requirements, unset-memory-requirements, sorted-keys]
  exclude: [latest-tag]
  ignorePaths: [vendor/]
customChecks:
  - name: two-replicas
    template: minimum-replicas
    scope: { objectKinds: [DeploymentLike] }
    params: { minReplicas: 2 }
  - name: team-label
    template: required-label
    scope: { objectKinds: [Service] }
    params: { key: team }
  - name: no-password
    template: env-var
    params: { name: PASSWORD }
";
    insta::assert_snapshot!(migrated(&[
        (".kube-linter.yaml", configuration),
        (
            "app.yaml",
            &web("ignore-check.kube-linter.io/host-network: reads host metrics")
        ),
        (
            "vendor/app.yaml",
            &web("a: b").replace("name: web", "name: vendored")
        ),
    ]));
}

#[test]
fn annotations_alone_stand_for_the_defaults_of_a_tool() {
    let check_annotation = |annotation: &str| {
        let folder = folder(&[("app.yaml", &web(annotation))]);
        let (_, said) = migrate(folder.path(), &[]);
        let found = check(folder.path());
        assert!(found.contains(" waived "), "{said}{found}");
    };
    check_annotation("kube-linter.io/ignore-all: \"\"");
    check_annotation("polaris.fairwinds.com/tagNotSpecified-exempt: \"true\"");
    check_annotation("kube-score/ignore: container-resources,container-image-tag");
    check_annotation("datree.skip/CONTAINERS_MISSING_LIVENESSPROBE_KEY: batch");
    check_annotation("checkov.io/skip1: CKV_K8S_16=host agent");
}

#[test]
fn severities_and_exemptions_of_polaris_are_carried_over() {
    let configuration = "\
checks:
  hostNetworkSet: danger
  tagNotSpecified: warning
  cpuLimitsMissing: ignore
  runAsPrivileged: danger
  imageRegistry: danger
customChecks:
  imageRegistry: { target: Container, schema: {} }
exemptions:
  - namespace: shop
    controllerNames: [we]
    rules: [hostNetworkSet]
  - namespace: elsewhere
    rules: [hostNetworkSet]
  - containerNames: [a]
    rules: [runAsPrivileged]
";
    insta::assert_snapshot!(migrated(&[
        ("polaris.yaml", configuration),
        (
            "app.yaml",
            &web("polaris.fairwinds.com/tagNotSpecified-exempt: \"true\"")
        ),
    ]));
}

#[test]
fn checks_and_skips_of_checkov_are_carried_over() {
    let configuration = "\
framework: [kubernetes, terraform]
check: [CKV_K8S_14, CKV_K8S_16, CKV_K8S_19, CKV_AWS_1, CKV_ACME_1]
skip-check: [CKV_K8S_14]
soft-fail-on: [CKV_K8S_19]
external-checks-dir: [checks]
";
    let app = web("checkov.io/skip1: CKV_K8S_16=host agent");
    insta::assert_snapshot!(migrated(&[
        (".checkov.yaml", configuration),
        ("app.yaml", &app),
        (
            "other.yaml",
            &app.replace("name: web", "name: other").replace(
                "checkov.io/skip1: CKV_K8S_16=host agent",
                "a: b # checkov:skip=CKV_K8S_19:on the host"
            )
        ),
    ]));
}

#[test]
fn the_default_policy_of_datree_is_carried_over() {
    let policies = "\
apiVersion: v1
policies:
  - name: Other
    rules: [{ identifier: CONTAINERS_MISSING_MEMORY_REQUEST_KEY }]
  - name: Ours
    isDefault: true
    rules:
      - identifier: CONTAINERS_MISSING_LIVENESSPROBE_KEY
      - identifier: CUSTOM_OURS
customRules:
  - { identifier: CUSTOM_OURS, name: ours, schema: {} }
";
    insta::assert_snapshot!(migrated(&[
        ("policies.yaml", policies),
        (
            "app.yaml",
            &web("datree.skip/CONTAINERS_MISSING_LIVENESSPROBE_KEY: a batch job")
        ),
    ]));
}

#[test]
fn rego_for_conftest_is_evaluated_beside_the_rules() {
    let rego = |package: &str| {
        format!("package {package}\n\ndeny contains \"too few\" if input.spec.replicas < 2\n")
    };
    insta::assert_snapshot!(migrated(&[
        ("conftest.toml", "policy = \"policy\"\n"),
        ("policy/main.rego", &rego("main")),
        ("policy/extra.rego", &rego("extra")),
        ("app.yaml", &web("a: b")),
    ]));
}

/// Kyverno's own `require-labels`, as its library has it.
const REQUIRE_LABELS: &str = "\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: require-labels }
spec:
  validationFailureAction: Enforce
  rules:
    - name: check-for-labels
      match: { any: [{ resources: { kinds: [Pod] } }] }
      validate:
        message: our own words
        pattern: { metadata: { labels: { app.kubernetes.io/name: \"?*\" } } }
";

#[test]
fn policies_of_kyvernos_library_are_carried_over() {
    let changed = REQUIRE_LABELS
        .replace("require-labels", "disallow-privileged-containers")
        .replace("check-for-labels", "privileged-containers");
    let others = "\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: standards }
spec:
  validationFailureAction: Enforce
  rules:
    - name: baseline
      match: { any: [{ resources: { kinds: [Pod], namespaces: [shop] } }] }
      exclude: { any: [{ resources: { namespaces: [kube-*] } }] }
      validate: { podSecurity: { level: baseline, version: latest } }
    - name: pull
      match: { any: [{ resources: { kinds: [Pod] } }] }
      mutate: { patchStrategicMerge: {} }
---
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: { name: web-on-host, namespace: shop }
spec:
  exceptions: [{ policyName: standards, ruleNames: [autogen-baseline] }]
  match: { any: [{ resources: { kinds: [Deployment], namespaces: [shop], names: [web*] } }] }
";
    insta::assert_snapshot!(migrated(&[
        ("kyverno/labels.yaml", REQUIRE_LABELS),
        ("kyverno/changed.yaml", &changed),
        ("kyverno/others.yaml", others),
        ("app.yaml", &web("a: b")),
    ]));
}

#[test]
fn constraints_of_gatekeepers_library_are_carried_over() {
    let constraints = "\
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sRequiredLabels
metadata: { name: owned }
spec:
  match:
    kinds: [{ apiGroups: [apps], kinds: [Deployment] }]
    excludedNamespaces: [kube-system]
  parameters:
    message: no owner
    labels: [{ key: owner, allowedRegex: '^[a-z]+$' }, { key: team }]
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sPSPPrivilegedContainer
metadata: { name: privileged }
spec:
  enforcementAction: warn
  match:
    kinds: [{ apiGroups: [\"\"], kinds: [Pod] }]
    labelSelector: { matchExpressions: [{ key: app, operator: NotIn, values: [agent] }] }
  parameters: { exemptImages: [quay.io/*] }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sAllowedRepos
metadata: { name: repos }
spec:
  match: { namespaceSelector: { matchLabels: { a: b } } }
  parameters: { repos: [ghcr.io/], more: true }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Ours
metadata: { name: ours }
spec: {}
";
    insta::assert_snapshot!(migrated(&[
        ("constraints.yaml", constraints),
        ("app.yaml", &web("a: b"))
    ]));
}

#[test]
fn what_stands_in_a_template_is_told() {
    let configuration = ("polaris.yaml", "checks: { hostNetworkSet: danger }\n");
    let template = web("polaris.fairwinds.com/hostNetworkSet-exempt: \"true\"")
        .replace("name: web", "name: {{ .Release.Name }}");
    let folder = folder(&[
        configuration,
        ("Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("templates/web.yaml", &template),
    ]);
    let (code, said) = migrate(folder.path(), &[]);
    assert_eq!(code, 1);
    assert!(said.contains("templates/web.yaml:7:5: [Polaris]"), "{said}");
}

#[test]
fn what_can_not_be_read_is_told() {
    let folder = folder(&[
        ("polaris.yaml", "checks: { hostNetworkSet: danger }\n"),
        ("constraint.yaml", "kind: K8sRequiredLabels\nspec: { a: [ }\n"),
    ]);
    let (code, said) = migrate(folder.path(), &[]);
    assert_eq!(code, 1);
    assert!(said.contains("constraint.yaml:2:"), "{said}");
}

#[test]
fn a_configuration_that_is_there_is_added_to() {
    let files = [
        (
            ".kube-linter.yaml",
            "checks: { doNotAutoAddDefaults: true, include: [minimum-three-replicas, drop-net-raw-capability, ssh-port, required-label-owner] }\n",
        ),
        (
            "ordain.toml",
            "# ours\nfail-on = \"high\"\n\n[severity] # mild\ndrop-net-raw = \"low\"\n\n[params.multiple-replicas]\nminimumReplicas = 2\n",
        ),
        ("app.yaml", &web("a: b")),
    ];
    let folder = folder(&files);
    let read = || std::fs::read_to_string(folder.path().join("ordain.toml")).unwrap_or_default();
    let (code, said) = migrate(folder.path(), &["--dry-run"]);
    assert!(said.contains("+++ policies/migrated/rules.ordain"), "{said}");
    assert_eq!((code, read().as_str()), (1, files[1].1));
    migrate(folder.path(), &[]);
    insta::assert_snapshot!(read());
    insta::assert_snapshot!(check(folder.path()));
    let (_, again) = migrate(folder.path(), &[]);
    let written = again.split("\n\n").nth(1).unwrap_or("").lines().skip(1);
    let changed: Vec<&str> = written.filter(|line| !line.ends_with("(as it was)")).collect();
    assert!(changed.is_empty(), "a second run changes {changed:?}");
    migrate(folder.path(), &["--force"]);
    assert!(read().starts_with("# Written by `ordain migrate`."), "{}", read());
}

#[test]
fn what_can_not_be_done_is_exit_code_2() {
    let check = |files: &[(&str, &str)], sentence: &str| {
        let folder = folder(files);
        let (code, out, err) = run(folder.path(), &["migrate"]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(sentence), "{err}");
    };
    check(
        &[("app.yaml", &web("a: b"))],
        "no setup of another tool was found",
    );
    let configuration = (".kube-linter.yaml", "checks: {}\n");
    check(
        &[configuration, ("ordain.toml", "use = [\n")],
        "`ordain.toml` has errors",
    );
}

#[test]
fn machines_are_told_the_same() {
    let folder = folder(&[(
        "polaris.yaml",
        "checks: { hostNetworkSet: danger, noSuch: danger }\n",
    )]);
    let (code, said) = migrate(folder.path(), &["--format", "json", "--dry-run"]);
    let told: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    let remark = &told["remarks"][0];
    assert_eq!(
        (
            code,
            &remark["grade"],
            &remark["line"],
            &remark["column"],
            &told["rules"]
        ),
        (1, &"lost".into(), &1.into(), &35.into(), &1.into())
    );
}
