//! What rules range over, how objects are joined, and where findings point.

use super::{SCHEMA, check, compile, lines, read, run};
use ordain::diagnostic::Edit;
use ordain::evaluate::{self, Options, Repository, Settings};
use ordain::fix;
use ordain::ir::Date;
use ordain::source::Sources;

const PRIVILEGED: &str = "
rule privileged {
  for c in containers
  forbid c.securityContext.privileged ?? false
  message \"{c.name} of {c.kind} {c.object.name} in {c.namespace}\"
}";

#[test]
fn a_rule_over_containers_sees_every_pod_of_every_kind() {
    let spec = "{ initContainers: [{ name: i, image: a, securityContext: { privileged: true } }], \
                containers: [{ name: c, image: a, securityContext: { privileged: true } }, { name: ok, image: a }], \
                ephemeralContainers: [{ name: e, image: a, securityContext: { privileged: true } }] }";
    let expected = |kind: &str, namespace: &str, column: [usize; 3]| {
        let line = |(name, column)| format!("3:{column} `true` {name} of {kind} x in {namespace}");
        ["i", "c", "e"]
            .into_iter()
            .zip(column)
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let pod = format!("apiVersion: v1\nkind: Pod\nspec: {spec}\nmetadata: {{ name: x, namespace: shop }}\n");
    assert_eq!(check(PRIVILEGED, &pod), expected("Pod", "shop", [78, 154, 263]));
    for (kind, version) in [
        ("Deployment", "apps/v1"),
        ("Job", "batch/v1"),
        ("Rollout", "argoproj.io/v1alpha1"),
    ] {
        let yaml = format!(
            "apiVersion: {version}\nkind: {kind}\nspec: {{ template: {{ spec: {spec} }} }}\nmetadata: {{ name: x }}\n"
        );
        let found = check(PRIVILEGED, &yaml);
        assert_eq!(found.lines().count(), 3, "{kind}: {found}");
        assert!(found.contains(&format!("e of {kind} x in default")), "{found}");
    }
    let cron = format!(
        "apiVersion: batch/v1\nkind: CronJob\nspec: {{ jobTemplate: {{ spec: {{ template: {{ spec: {spec} }} }} }} }}\nmetadata: {{ name: x }}\n"
    );
    assert_eq!(check(PRIVILEGED, &cron).lines().count(), 3);
}

#[test]
fn findings_point_where_readers_look() {
    let of_container = |clause: &str, container: &str| {
        let yaml =
            format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n{container}");
        let found = check(
            &format!("rule r {{\n for c in containers\n {clause} message \"x\"\n}}"),
            &yaml,
        );
        found.strip_suffix(" x").unwrap_or(&found).to_string()
    };
    let container = "  - image: nginx\n    name: site\n    env:\n    - name: A\n      value: |\n        b\n        c\n    securityContext:\n      privileged: true\n";
    assert_eq!(
        of_container("forbid c.securityContext.privileged ?? false", container),
        "15:19 `true`"
    );
    // The value is missing: the name of its container, or the key of its parent.
    assert_eq!(
        of_container("require c.lifecycle is set", container),
        "8:11 `site`"
    );
    assert_eq!(
        of_container("require c.securityContext.runAsUser is set", container),
        "14:5 `securityContext`"
    );
    assert_eq!(
        of_container("require c.pod.spec.hostIPC ?? false", container),
        "5:1 `spec`"
    );
    assert_eq!(
        of_container("require c.labels[\"a\"] is set", container),
        "3:1 `metadata`"
    );
    // A block of many lines: its key.
    assert_eq!(of_container("require count(c.env) > 3", container), "9:5 `env`");
    assert_eq!(
        of_container("forbid any v in c.env: v.value ?? \"\" contains \"c\"", container),
        "11:7 `value`"
    );
    assert_eq!(of_container("require false at c.name", container), "8:11 `site`");
    assert_eq!(
        of_container("require c.name == \"a\" at c.image.tag", container),
        "7:12 `nginx`"
    );
    // A null that somebody wrote.
    let container = "  - name: site\n    image: nginx\n    securityContext: ~\n";
    assert_eq!(
        of_container("require c.securityContext.runAsUser is set", container),
        "9:5 `securityContext`"
    );
}

#[test]
fn elements_keep_their_places() {
    let found = check(
        "rule r {\n for p in pods\n for v in p.spec.volumes\n for source, _ in v\n where source != \"name\"\n forbid source in [\"hostPath\"]\n message \"{source}\"\n at source\n}",
        "apiVersion: v1\nkind: Pod\nmetadata: { name: x }\nspec:\n  volumes:\n  - name: a\n    hostPath: { path: / }\n  - name: b\n    emptyDir: {}\n",
    );
    assert_eq!(found, "7:15 `{ path: / }` hostPath");
    let found = check(
        "rule r {\n for c in containers\n forbid any cap in c.securityContext.capabilities.add: cap == \"NET_RAW\"\n message \"{cap} in {c.name}\"\n at cap\n}",
        "apiVersion: v1\nkind: Pod\nmetadata: { name: x }\nspec: { containers: [{ name: a, image: a, securityContext: { capabilities: { add: [CHOWN, NET_RAW] } } }] }\n",
    );
    assert_eq!(found, "4:91 `NET_RAW` NET_RAW in a");
}

#[test]
fn a_clause_that_fails_ends_the_group() {
    let found = check(
        "rule r {\n for p in pods\n require p.spec.nodeName is set message \"first\"\n require p.spec.nodeName == \"a\" message \"second\"\n for p2 in pods\n require p2.name == \"z\" message \"other group\"\n}",
        "apiVersion: v1\nkind: Pod\nmetadata: { name: x }\nspec: { containers: [] }\n",
    );
    assert_eq!(found, "3:19 `x` other group\n4:1 `spec` first");
}

const POLICY_FOR_ALL: &str = "
rule network-policy {
  for p in pods
  require any np in NetworkPolicy: np.namespace == p.namespace and np.spec.podSelector selects p
  message \"no policy for {p.object.name}\"
}";

const PODS_AND_POLICY: &str = "
apiVersion: v1
kind: Pod
metadata: { name: a, namespace: shop, labels: { app: web } }
spec: { containers: [] }
---
apiVersion: v1
kind: Pod
metadata: { name: b, namespace: other, labels: { app: web } }
spec: { containers: [] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: np, namespace: shop }
spec: { podSelector: { matchLabels: { app: web } } }
";

#[test]
fn joins_know_namespaces() {
    assert_eq!(check(POLICY_FOR_ALL, PODS_AND_POLICY), "9:19 `b` no policy for b");
    let selects = "rule r {\n for s in Service\n require any p in pods: s.spec.selector selects p\n message \"{s.name} selects nothing\"\n}";
    let services = format!(
        "{PODS_AND_POLICY}---
{{ apiVersion: v1, kind: Service, metadata: {{ name: s1, namespace: shop }}, spec: {{ selector: {{ app: web }} }} }}
---
{{ apiVersion: v1, kind: Service, metadata: {{ name: s2 }}, spec: {{ selector: {{ app: web }} }} }}
---
{{ apiVersion: v1, kind: Service, metadata: {{ name: s3, namespace: shop }}, spec: {{ selector: {{}} }} }}
---
{{ apiVersion: v1, kind: Service, metadata: {{ name: s4, namespace: shop }}, spec: {{}} }}
"
    );
    let found = check(selects, &services);
    let names: Vec<&str> = found
        .lines()
        .filter_map(|line| line.split_whitespace().rev().nth(2))
        .collect();
    assert_eq!(names, ["s2", "s3", "s4"]);
}

#[test]
fn binders_join_and_name_the_partner() {
    let rule = "
fn grants(xs: [String], wanted: [String]): Bool = any x in xs: x == \"*\" or x in wanted
rule secrets-access {
  for b in RoleBinding | ClusterRoleBinding
  for r in Role | ClusterRole
  where b.roleRef refersTo r
  for grant in r.rules
  forbid grants(grant.resources, [\"secrets\"]) and grants(grant.verbs, [\"get\"])
  message \"{b.name} grants secrets\"
  at b.roleRef
}";
    let yaml = "
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: binding, namespace: shop }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader, namespace: shop }
rules: [{ apiGroups: [\"\"], resources: [\"*\"], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader, namespace: other }
rules: [{ apiGroups: [\"\"], resources: [\"*\"], verbs: [get] }]
";
    let run = run(rule, &[("a.yaml", yaml)], &Settings::default(), None);
    let found = &run.outcome.findings;
    assert_eq!(found.len(), 1, "{}", lines(found, &run.sources));
    assert_eq!(run.sources.positions(found[0].primary.span).0.line, 5);
    let partner = &found[0].secondary[0];
    assert_eq!(
        (run.sources.text(partner.span), partner.message.as_str()),
        ("reader", "with `Role/reader`")
    );
    assert_eq!(
        found[0].object.as_ref().map(|object| object.name.as_str()),
        Some("binding")
    );
}

#[test]
fn without_all_files_a_missing_partner_is_undecided_and_a_conflict_is_found() {
    let partial = Settings {
        partial: true,
        ..Settings::default()
    };
    let check = |rule: &str, expected: &str, undecided: usize| {
        let run = run(rule, &[("a.yaml", PODS_AND_POLICY)], &partial, None);
        assert_eq!(lines(&run.outcome.findings, &run.sources), expected, "{rule}");
        assert_eq!(
            run.outcome.undecided.len(),
            undecided,
            "{rule}: {:?}",
            run.outcome.undecided
        );
    };
    check(POLICY_FOR_ALL, "", 1);
    check(
        "rule r {\n for p in pods\n forbid any np in NetworkPolicy: np.spec.podSelector selects p\n message \"{p.object.name}\"\n at p.spec\n}",
        "5:7 `{ containers: [] }` a",
        2,
    );
    check(
        "rule r {\n for p in pods\n require p.spec.nodeName is set\n message \"x\"\n}",
        "5:1 `spec` x\n10:1 `spec` x",
        0,
    );
    check(
        "rule r {\n for p in pods\n where any np in NetworkPolicy: np.namespace == p.namespace\n require p.spec.nodeName is set\n message \"x\"\n}",
        "5:1 `spec` x",
        1,
    );
    check(
        "rule r {\n for p in pods\n where repository.complete\n require any np in NetworkPolicy: np.namespace == p.namespace\n message \"x\"\n}",
        "",
        0,
    );
}

#[test]
fn what_needs_a_base_revision_is_undecided_without_one() {
    let rule = "rule r {\n for d in Deployment\n let before = base(d)\n require before.spec.replicas ?? 1 == d.spec.replicas ?? 1\n message \"x\"\n}";
    let yaml = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: x }\nspec: { replicas: 1 }\n";
    let run = run(rule, &[("a.yaml", yaml)], &Settings::default(), None);
    assert_eq!((run.outcome.findings.len(), run.outcome.undecided.len()), (0, 1));
}

#[test]
fn what_an_object_was_has_containers_of_its_own() {
    let pod = |image: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{ name: x }}\nspec: {{ containers: [{{ name: c, image: \"{image}\" }}] }}\n"
        )
    };
    let check = |clause: &str, before: &str, now: &str, expected: usize| {
        let rule = format!("rule r {{\n for p in Pod\n {clause}\n message \"x\"\n}}");
        let mut sources = Sources::new();
        let set = compile(&mut sources, &[("policy.ordain".into(), String::new(), &rule)]);
        let former = read(&mut sources, "former.yaml", &pod(before));
        let resources = read(&mut sources, "a.yaml", &pod(now));
        let settings = Settings::default();
        let base = Repository::new(&sources, &former, &SCHEMA, &settings);
        let mut repository = Repository::new(&sources, &resources, &SCHEMA, &settings);
        repository.base = Some(&base);
        let rules: Vec<_> = set.rules.iter().collect();
        let outcome = evaluate::run(&rules, &repository, &Options::default());
        assert_eq!(outcome.findings.len(), expected, "{clause}: {before} -> {now}");
    };
    let containers = "let before = base(p)\n forbid any c in before.containers: c.image.tag ?? \"\" == \"2\"";
    check(containers, "a:1", "a:2", 0);
    check(containers, "a:2", "a:1", 1);
    let pods = "let before = base(p)\n forbid before.pod.spec.containers[0].image ?? \"\" == \"a:2\"";
    check(pods, "a:1", "a:2", 0);
    check(pods, "a:2", "a:1", 1);
}

#[test]
fn waivers_hold_for_their_objects_until_their_day() {
    let policy = |name: &str| {
        format!(
            "{PRIVILEGED}
waive privileged {{
  for Pod \"{name}\" in \"shop\"
  because \"reason\"
  owner \"a@b.c\"
  until 2027-03-31
}}"
        )
    };
    let yaml = "apiVersion: v1\nkind: Pod\nmetadata: { name: web-1, namespace: shop }\nspec: { containers: [{ name: c, image: a, securityContext: { privileged: true } }] }\n";
    let check = |name: &str, day: u8, month: u8, expected: &[&str], waived: usize| {
        let today = Date {
            year: 2027,
            month,
            day,
        };
        let run = run(
            &policy(name),
            &[("a.yaml", yaml)],
            &Settings::default(),
            Some(today),
        );
        let found: Vec<&str> = run
            .outcome
            .findings
            .iter()
            .map(|finding| finding.origin.id())
            .collect();
        assert_eq!(found, expected, "{name}");
        assert_eq!(run.outcome.waived.len(), waived, "{name}");
    };
    check("web-*", 31, 3, &[], 1);
    check("web-*", 1, 4, &["privileged", "W0601"], 0);
    check("api-*", 1, 1, &["privileged", "W0602"], 0);
}

#[test]
fn fixes_edit_the_bytes_and_keep_the_rest() {
    let policy = "
rule r {
  for c in containers
  forbid c.securityContext.privileged ?? true
  message \"x\"
  fix set c.securityContext.privileged = false
}";
    let yaml = "apiVersion: v1\nkind: Pod\nmetadata: { name: x }\nspec:\n  containers:\n    - name: a # first\n      image: a\n    - name: b\n      image: b\n      securityContext: { privileged: true } # why?\n";
    let run = run(policy, &[("a.yaml", yaml)], &Settings::default(), None);
    let fixes: Vec<_> = run
        .outcome
        .findings
        .iter()
        .filter_map(|finding| finding.fix.as_ref())
        .collect();
    assert_eq!(
        fixes.iter().map(|fix| fix.title.as_str()).collect::<Vec<_>>(),
        ["set `securityContext.privileged` to `false`"; 2]
    );
    let all: Vec<&Edit> = fixes.iter().flat_map(|fix| &fix.edits).collect();
    assert_eq!(all.len(), 2);
    let (after, _) = fix::apply(yaml, &fixes);
    assert_eq!(
        after,
        "apiVersion: v1\nkind: Pod\nmetadata: { name: x }\nspec:\n  containers:\n    - name: a # first\n      securityContext:\n        privileged: false\n      image: a\n    - name: b\n      image: b\n      securityContext: { privileged: false } # why?\n"
    );
}
