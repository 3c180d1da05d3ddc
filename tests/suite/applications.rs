//! `x.application`: repositories, each with what deploys its objects, and what rules say of that.
//!
//! [`check`] is the reader's way in: files and clauses over ConfigMaps go in, a line for each finding and for each
//! verdict that can't be given comes out.

use crate::cli::{folder, run};

/// What clauses over ConfigMaps say.
fn check(files: &[(&str, &str)], clauses: &str) -> String {
    check_rule(files, &format!("for m in ConfigMap\n  {clauses}"), &[])
}

fn check_rule(files: &[(&str, &str)], rule: &str, arguments: &[&str]) -> String {
    let policy = format!("rule r {{\n  {rule}\n}}\n");
    let mut all = files.to_vec();
    all.push(("policies/r.ordain", &policy));
    let folder = folder(&all);
    let mut command = vec!["check", "--only", "r", "--format", "concise"];
    command.extend(arguments);
    let (_, out, err) = run(folder.path(), &command);
    let lines = out.lines().chain(err.lines());
    let told = lines.filter_map(|line| {
        let finding = line
            .split_once(": medium[r] ")
            .map(|(place, message)| format!("{} {message}", place.split(':').next().unwrap_or_default()));
        finding.or_else(|| line.split_once("undecided: ").map(|(_, told)| told.to_string()))
    });
    told.collect::<Vec<_>>().join("\n")
}

/// Names who deploys what, and where to.
const TELL: &str = "forbid m.name != \"\"\n  message \"{m.namespace}/{m.name} by {m.application.name}\"";

const MAP: &str = "{ apiVersion: v1, kind: ConfigMap, metadata: { name: m } }\n";

/// An Application of this source that deploys to the namespace of its name.
fn application(name: &str, source: &str, more: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{ name: {name}, namespace: argocd }}\nspec:\n  project: p\n  source: {{ repoURL: https://x/y, {source} }}\n  destination: {{ server: https://{name}, namespace: {name} }}\n{more}"
    )
}

/// An ApplicationSet with these generators and this source.
fn set(generators: &str, source: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{ name: set, namespace: argocd }}\nspec:\n  generators: [{generators}]\n  template:\n    metadata: {{ name: \"of-{{{{name}}}}\" }}\n    spec:\n      project: p\n      source: {{ repoURL: https://x/y, {source} }}\n      destination: {{ server: https://x, namespace: \"in-{{{{name}}}}\" }}\n"
    )
}

#[test]
fn an_application_deploys_the_folder_that_its_source_names() {
    let app = application("a", "path: apps/a", "");
    let deep = application("a", "path: apps/a, directory: { recurse: true }", "");
    let files = [
        ("apps/a/m.yaml", MAP),
        ("apps/a/below/m.yaml", MAP),
        ("apps/b/m.yaml", MAP),
    ];
    let with = |app: &str| {
        let mut all = files.to_vec();
        all.push(("argo/a.yaml", app));
        check(&all, TELL)
    };
    assert_eq!(
        with(&app),
        "apps/a/below/m.yaml default/m by unset\napps/a/m.yaml a/m by a\napps/b/m.yaml default/m by unset"
    );
    assert_eq!(
        with(&deep),
        "apps/a/below/m.yaml a/m by a\napps/a/m.yaml a/m by a\napps/b/m.yaml default/m by unset"
    );
    // A chart from elsewhere, or another repository's folder, is none of these files.
    assert_eq!(
        with(&application("a", "chart: cache, targetRevision: 1.0.0", "")),
        "apps/a/below/m.yaml default/m by unset\napps/a/m.yaml default/m by unset\napps/b/m.yaml default/m by unset"
    );
}

#[test]
fn a_kustomization_deploys_what_it_takes_in() {
    let app = application("a", "path: prod", "");
    let files = |prod: &'static str| {
        [
            ("argo/a.yaml", app.as_str()),
            ("prod/kustomization.yaml", prod),
            ("base/kustomization.yaml", "resources: [m.yaml]\n"),
            ("base/m.yaml", MAP),
            ("base/left-out.yaml", MAP),
        ]
        .map(|(path, text)| (path, text.to_string()))
    };
    let told = |prod| {
        let files = files(prod);
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        check(&files, TELL)
    };
    assert_eq!(
        told("resources: [../base]\n"),
        "base/left-out.yaml default/m by unset\nbase/m.yaml a/m by a"
    );
    // What the kustomization says of namespaces is for rendering to find out.
    assert_eq!(
        told("namespace: other\nresources: [../base]\n"),
        "base/left-out.yaml default/m by unset\nbase/m.yaml default/m by a"
    );
}

#[test]
fn a_rule_is_held_for_each_of_several_applications() {
    let prune = "  syncPolicy: { automated: { prune: true } }\n";
    let files = |one: &str, two: &str| {
        let texts = [
            application("one", "path: apps", one),
            application("two", "path: apps", two),
        ];
        let all = [
            ("argo/one.yaml", texts[0].as_str()),
            ("argo/two.yaml", texts[1].as_str()),
            ("apps/m.yaml", MAP),
        ];
        check(
            &all,
            "forbid m.application.spec.syncPolicy.automated.prune ?? false\n  message \"{m.application.name}\"",
        )
    };
    assert_eq!(files("", ""), "");
    assert_eq!(files(prune, ""), "apps/m.yaml one");
    assert_eq!(files("", prune), "apps/m.yaml two");
    assert_eq!(files(prune, prune), "apps/m.yaml one\napps/m.yaml two");
}

#[test]
fn two_objects_are_held_for_every_pair_of_applications_that_can_deploy_them() {
    let texts = ["one", "two"].map(|name| application(name, "path: apps", ""));
    let other = application("three", "path: more", "");
    let with = "{ apiVersion: v1, kind: Secret, metadata: { name: s } }\n";
    let all = [
        ("argo/one.yaml", texts[0].as_str()),
        ("argo/two.yaml", texts[1].as_str()),
        ("argo/three.yaml", other.as_str()),
        ("apps/m.yaml", MAP),
        ("apps/s.yaml", with),
        ("more/s.yaml", with),
    ];
    let rule = "for m in ConfigMap\n  for s in Secret\n  where m.application is set and s.application is set\n  require m.application == s.application\n  message \"{m.application.name} {s.application.name}\"";
    assert_eq!(
        check_rule(&all, rule, &[]),
        "apps/m.yaml one three\napps/m.yaml two three"
    );
    let joined = "for m in ConfigMap\n  for a in Application\n  where m.application is set and a == m.application\n  forbid a.name != \"\"\n  message \"{a.name}\"";
    assert_eq!(
        check_rule(&all, joined, &[]),
        "argo/one.yaml one\nargo/two.yaml two"
    );
}

#[test]
fn application_sets_make_applications_as_far_as_the_repository_says() {
    let files = |set: &str| {
        check(
            &[("argo/set.yaml", set), ("apps/a/m.yaml", MAP), ("m.yaml", MAP)],
            TELL,
        )
    };
    let listed = set(
        "{ list: { elements: [{ name: x, at: a }, { name: z, at: a }] } }",
        "path: \"apps/{{at}}\"",
    );
    assert_eq!(
        files(&listed),
        "apps/a/m.yaml default/m by of-x\napps/a/m.yaml default/m by of-z\nm.yaml default/m by unset"
    );
    let one = set(
        "{ list: { elements: [{ name: x, at: a }] } }",
        "path: \"apps/{{at}}\"",
    );
    assert_eq!(
        files(&one),
        "apps/a/m.yaml in-x/m by of-x\nm.yaml default/m by unset"
    );
    // The folder is known, and who deploys it is not known by name.
    let named = "require m.application.name ?? \"x\" == \"x\"";
    let of_clusters = set("{ clusters: {} }", "path: apps/a");
    let told = |set: &str, clauses: &str| {
        let mut all = vec![("apps/a/m.yaml", MAP), ("other/m.yaml", MAP)];
        all.push(("argo/set.yaml", set));
        check(&all, clauses)
    };
    let variable = "r ×1: needs a variable that Flux or Argo CD replaces by what is not in the repository";
    assert_eq!(told(&of_clusters, named), variable);
    assert_eq!(
        told(
            &of_clusters,
            "require m.application.spec.project ?? \"p\" == \"p\""
        ),
        ""
    );
    // Which folder it is, nobody knows here; of what lies elsewhere nothing is left open.
    let anywhere = set("{ clusters: {} }", "path: \"apps/{{name}}\"");
    assert_eq!(
        told(&anywhere, "require m.application.spec.project ?? \"p\" == \"p\""),
        "r ×1: needs an Application that only Argo CD can make of its ApplicationSet"
    );
}

#[test]
fn what_an_unknown_application_may_take_in_is_left_open() {
    let anywhere = set("{ clusters: {} }", "path: \"overlays/{{name}}\"");
    let files = [
        ("argo/set.yaml", anywhere.as_str()),
        ("overlays/prod/kustomization.yaml", "resources: [../../base]\n"),
        ("base/kustomization.yaml", "resources: [m.yaml]\n"),
        ("base/m.yaml", MAP),
        ("base/left-out.yaml", MAP),
    ];
    assert_eq!(
        check(&files, "require m.application is missing\n  message \"{m.file}\""),
        "r ×1: needs an Application that only Argo CD can make of its ApplicationSet"
    );
}

#[test]
fn a_value_of_another_type_is_not_taken_for_an_absent_one() {
    let quoted = application(
        "a",
        "path: apps",
        "  syncPolicy: { automated: { prune: \"true\" } }\n",
    );
    assert_eq!(
        check(
            &[("argo/a.yaml", &quoted), ("apps/m.yaml", MAP)],
            "forbid m.application.spec.syncPolicy.automated.prune ?? false"
        ),
        "r ×1: needs a value of an Application that has another type"
    );
}

#[test]
fn absence_must_be_resolved_and_nothing_passes_for_want_of_an_application() {
    let files = [("m.yaml", MAP)];
    assert_eq!(
        check(
            &files,
            "require m.application is set\n  message \"nobody deploys {m.name}\""
        ),
        "m.yaml nobody deploys m"
    );
    let folder = folder(&[(
        "policies/r.ordain",
        "rule r {\n  for m in ConfigMap\n  require m.application.spec.project == \"p\"\n}\n",
    )]);
    let (code, out, _) = run(folder.path(), &["check", "--format", "concise"]);
    assert_eq!(code, 2, "{out}");
    assert!(out.contains("E0303"), "{out}");
    // What was not given may deploy it.
    let partial = check_rule(
        &files,
        "for m in ConfigMap\n  require m.application is set",
        &["--partial"],
    );
    assert_eq!(partial, "r ×1: needs files of the repository that were not given");
}

#[test]
fn what_flux_deploys_as_it_stands_is_in_its_target_namespace() {
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: k, namespace: flux-system }\nspec: { interval: 1h, path: ./apps, prune: true, targetNamespace: target, sourceRef: { kind: GitRepository, name: x } }\n";
    let named = "{ apiVersion: v1, kind: ConfigMap, metadata: { name: o, namespace: own } }\n";
    let files = [
        ("flux/k.yaml", flux),
        ("apps/m.yaml", MAP),
        ("apps/below/o.yaml", named),
        ("m.yaml", MAP),
    ];
    assert_eq!(
        check(&files, TELL),
        "apps/below/o.yaml target/o by unset\napps/m.yaml target/m by unset\nm.yaml default/m by unset"
    );
}

#[test]
fn engines_that_know_no_folders_refuse_by_name() {
    let folder = folder(&[(
        "policies/r.ordain",
        "rule r {\n  for m in ConfigMap\n  forbid m.application.spec.syncPolicy.automated.prune ?? false\n}\n",
    )]);
    let (_, out, err) = run(folder.path(), &["build", "policies", "--out", "built"]);
    let told = format!("{out}{err}");
    assert!(
        told.contains("r     no [1]  no [1]  no [1]      no [2]  no [2]"),
        "{told}"
    );
    assert!(
        told.contains(
            "[1]  because it reads which Argo CD Application deploys an object, which takes the folders"
        ),
        "{told}"
    );
    assert!(
        told.contains(
            "[2]  because it reads which Argo CD Application deploys an object, which admission does not know"
        ),
        "{told}"
    );
}
