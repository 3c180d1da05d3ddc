//! Repositories with several overlays, each with what `service-targets-workload` says of them: a Service passes only
//! where its own cluster has pods for it.

use crate::workspace::render::tests::{Stub, stub};
use crate::workspace::{Request, Workspace};
use std::path::PathBuf;

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: a, image: \"a:1\"}]}\n";
const SERVICE_OF_BASE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      path: ../../base/service.yaml\n  name: web\nspec:\n  ports:\n  - port: 80\n  selector:\n    app: web\n";
const BOTH_OF_BASE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      path: ../../base/service.yaml\n  name: web\nspec:\n  ports:\n  - port: 80\n  selector:\n    app: web\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    app: web\n  name: web\nspec:\n  containers:\n  - image: a:1\n    name: a\n";
const POD_ALONE: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    app: web\n  name: web\nspec:\n  containers:\n  - image: a:1\n    name: a\n";

fn application(name: &str, path: &str, server: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n  source: {{path: {path}}}\n  destination: {{server: \"{server}\"}}\n"
    )
}

/// What is found in a repository whose overlays are built to these texts.
fn check(files: &[(&str, &str)], built: &[(&'static str, &'static str)]) -> String {
    let world: Stub = stub(files, built);
    let request = Request {
        paths: vec![PathBuf::from(".")],
        only: vec!["service-targets-workload".to_string()],
        render: Some(true),
        ..Request::default()
    };
    let workspace = Workspace::open(&world, &request).unwrap();
    assert!(workspace.is_sound(), "{:?}", workspace.faults);
    let found = workspace.lead_back(workspace.check(None).findings);
    let line = |finding: &crate::diagnostic::Diagnostic| {
        let path = &workspace.sources.file(finding.primary.span.file).path;
        format!("{path}: {}", finding.message)
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_overlay_does_not_pass_for_what_another_one_has() {
    let files = [
        ("base/kustomization.yaml", "resources: [service.yaml]\n"),
        ("base/service.yaml", SERVICE),
        ("dev/kustomization.yaml", "resources: [../base, pod.yaml]\n"),
        ("dev/pod.yaml", POD),
        ("prod/kustomization.yaml", "resources: [../base]\n"),
    ];
    let built = [("../../dev", BOTH_OF_BASE), ("../../prod", SERVICE_OF_BASE)];
    insta::assert_snapshot!(
        check(&files, &built),
        @"base/service.yaml: Service `web` selects no pods in namespace `default` (rendered from the overlay `prod`)"
    );
}

#[test]
fn what_an_overlay_that_failed_has_is_no_other_ones() {
    let files = [
        ("base/kustomization.yaml", "resources: [service.yaml]\n"),
        ("base/service.yaml", SERVICE),
        (
            "dev/kustomization.yaml",
            "resources: [pod.yaml]\npatches: [{path: none.yaml}]\n",
        ),
        ("dev/pod.yaml", POD),
        ("prod/kustomization.yaml", "resources: [../base]\n"),
    ];
    let built = [
        ("../../dev", "!Error: no such file"),
        ("../../prod", SERVICE_OF_BASE),
    ];
    insta::assert_snapshot!(
        check(&files, &built),
        @"base/service.yaml: Service `web` selects no pods in namespace `default` (rendered from the overlay `prod`)"
    );
}

#[test]
fn a_dropped_object_is_nobodys() {
    let files = [
        ("base/kustomization.yaml", "resources: [service.yaml, pod.yaml]\n"),
        ("base/service.yaml", SERVICE),
        ("base/pod.yaml", POD),
        ("prod/kustomization.yaml", "resources: [../base]\n"),
    ];
    insta::assert_snapshot!(
        check(&files, &[("../../prod", SERVICE_OF_BASE)]),
        @"base/service.yaml: Service `web` selects no pods in namespace `default` (rendered from the overlay `prod`)"
    );
}

#[test]
fn a_plain_manifest_meets_each_of_several_alternatives() {
    let files = [
        ("base/kustomization.yaml", "resources: [map.yaml]\n"),
        (
            "base/map.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        ),
        ("dev/kustomization.yaml", "resources: [../base, pod.yaml]\n"),
        ("prod/kustomization.yaml", "resources: [../base]\n"),
        ("service.yaml", SERVICE),
    ];
    // Both have the ConfigMap, so that only one is deployed: in `dev` the Service has its pod, in `prod` it has none.
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    let dev: &'static str = Box::leak(format!("{map}---\n{POD_ALONE}").into_boxed_str());
    insta::assert_snapshot!(
        check(&files, &[("../../dev", dev), ("../../prod", map)]),
        @"service.yaml: Service `web` selects no pods in namespace `default` (beside the overlay `prod`)"
    );
}

#[test]
fn a_plain_manifest_meets_all_that_may_be_deployed_together() {
    let files = [
        ("a/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("b/kustomization.yaml", "resources: []\n"),
        ("service.yaml", SERVICE),
    ];
    insta::assert_snapshot!(check(&files, &[("../../a", POD_ALONE)]), @"");
    let files = [
        ("a/kustomization.yaml", "resources: [service.yaml]\n"),
        ("pod.yaml", POD),
    ];
    insta::assert_snapshot!(check(&files, &[("../../a", SERVICE_OF_BASE)]), @"");
}

#[test]
fn what_is_deployed_to_the_same_cluster_meets() {
    let files = [
        ("a/kustomization.yaml", "resources: [../base]\n"),
        ("base/kustomization.yaml", "resources: [service.yaml]\n"),
        ("base/service.yaml", SERVICE),
        ("b/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("b/pod.yaml", POD),
    ];
    let built = [("../../a", SERVICE_OF_BASE), ("../../b", POD_ALONE)];
    let deployed_to = |first: &str, second: &str| {
        let one = application("one", "a", first);
        let other = application("two", "b", second);
        let mut files = files.to_vec();
        files.extend([("argo/a.yaml", one.as_str()), ("argo/b.yaml", other.as_str())]);
        check(&files, &built)
    };
    insta::assert_snapshot!(deployed_to("https://prod.example", "https://prod.example"), @"");
    insta::assert_snapshot!(
        deployed_to("https://prod.example", "https://dev.example"),
        @"base/service.yaml: Service `web` selects no pods in namespace `default` (rendered from the overlay `a`)"
    );
}

#[test]
fn two_of_the_same_objects_are_never_in_one_cluster() {
    let files = [
        ("base/kustomization.yaml", "resources: [service.yaml]\n"),
        ("base/service.yaml", SERVICE),
        ("dev/kustomization.yaml", "resources: [../base, pod.yaml]\n"),
        ("dev/pod.yaml", POD),
        ("prod/kustomization.yaml", "resources: [../base]\n"),
        (
            "dev.yaml",
            &application("dev", "dev", "https://kubernetes.default.svc"),
        ),
        (
            "prod.yaml",
            &application("prod", "prod", "https://kubernetes.default.svc"),
        ),
    ];
    let built = [("../../dev", BOTH_OF_BASE), ("../../prod", SERVICE_OF_BASE)];
    insta::assert_snapshot!(
        check(&files, &built),
        @"base/service.yaml: Service `web` selects no pods in namespace `default` (rendered from the overlay `prod`)"
    );
}

#[test]
fn folders_that_are_deployed_as_they_stand_are_of_their_cluster_alone() {
    let deployed_to = |server: &str| {
        let one = application("one", "a", "https://prod.example");
        let other = application("two", "b", server);
        let files = [
            ("a/service.yaml", SERVICE),
            ("b/pod.yaml", POD),
            ("argo/a.yaml", one.as_str()),
            ("argo/b.yaml", other.as_str()),
        ];
        // Something is rendered, so that clusters are told apart.
        let more = ("chart/Chart.yaml", "name: cache\n");
        check(&[&files[..], &[more]].concat(), &[])
    };
    insta::assert_snapshot!(deployed_to("https://prod.example"), @"");
    insta::assert_snapshot!(
        deployed_to("https://dev.example"),
        @"a/service.yaml: Service `web` selects no pods in namespace `default`"
    );
}
