//! Repositories whose overlays and charts are rendered, each with who deploys its objects, and where to.

use crate::workspace::render::tests::stub;
use crate::workspace::{Request, Workspace};
use std::path::PathBuf;

/// A line for each object: where it was written, its namespace, its Applications.
fn check(files: &[(&str, &str)], built: &[(&'static str, &'static str)]) -> String {
    let request = Request {
        paths: vec![PathBuf::from(".")],
        render: Some(true),
        ..Request::default()
    };
    let workspace = Workspace::open(&stub(files, built), &request).unwrap();
    let repository = workspace.repository();
    let mut lines = Vec::new();
    for id in repository.objects() {
        let object = repository.object(id);
        if object.resource.kind != "ConfigMap" {
            continue;
        }
        let by = repository.applications_of(id).into_iter();
        let by: Vec<&str> = by.map(|id| &*repository.object(id).resource.name).collect();
        let file = &workspace.sources.file(object.resource.written).path;
        let by = if by.is_empty() {
            "nobody".to_string()
        } else {
            by.join(", ")
        };
        lines.push(format!("{file} in {} by {by}", object.namespace));
    }
    lines.join("\n")
}

const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n";
const BUILT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      path: ../../base/m.yaml\n  name: m\n";

/// An Application that deploys a folder to the namespace of its name.
fn application(name: &str, source: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n  source: {source}\n  destination: {{server: https://x, namespace: {name}}}\n"
    )
}

#[test]
fn an_overlay_is_deployed_by_each_application_into_its_namespace() {
    let (one, two) = (
        application("one", "{path: prod}"),
        application("two", "{path: prod}"),
    );
    let again = application("one", "{path: ./prod/}").replace("name: one}\nspec", "name: again}\nspec");
    let files = [
        ("argo/one.yaml", one.as_str()),
        ("argo/two.yaml", &two),
        ("argo/three.yaml", &again),
        ("base/kustomization.yaml", "resources: [m.yaml]\n"),
        ("base/m.yaml", MAP),
        ("prod/kustomization.yaml", "resources: [../base]\n"),
        ("dev/kustomization.yaml", "resources: [../base]\n"),
    ];
    let built = [("../../prod", BUILT), ("../../dev", BUILT)];
    insta::assert_snapshot!(check(&files, &built), @"
    base/m.yaml in default by nobody
    base/m.yaml in one by one, again
    base/m.yaml in two by two
    ");
    // What can't be built is deployed all the same.
    let built = [("../../prod", "!no"), ("../../dev", BUILT)];
    insta::assert_snapshot!(check(&files, &built), @"
    base/m.yaml in default by one, again, two
    base/m.yaml in default by nobody
    ");
}

#[test]
fn a_chart_is_deployed_by_what_an_application_set_makes() {
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec:\n  generators: [{list: {elements: [{env: dev}, {env: prod}]}}]\n  template:\n    metadata: {name: \"of-{{env}}\"}\n    spec:\n      source: {path: chart, helm: {releaseName: \"{{env}}\"}}\n      destination: {server: https://x, namespace: \"{{env}}\"}\n";
    let files = [
        ("argo/set.yaml", set),
        ("chart/Chart.yaml", "name: cache\n"),
        ("chart/templates/m.yaml", "a: {{ .Values.a }}\n"),
    ];
    let built = [(
        "helm",
        "---\n# Source: cache/templates/m.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n",
    )];
    insta::assert_snapshot!(check(&files, &built), @"
    chart/templates/m.yaml in dev by of-dev
    chart/templates/m.yaml in prod by of-prod
    ");
}

#[test]
fn an_application_that_an_overlay_makes_deploys_what_it_names() {
    let app = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      path: ../../argo/app.yaml\n  name: made\nspec:\n  destination:\n    namespace: made\n    server: https://x\n  source:\n    path: apps\n";
    let source = application("written", "{path: other}");
    let files = [
        ("argo/kustomization.yaml", "resources: [app.yaml]\n"),
        ("argo/app.yaml", source.as_str()),
        ("apps/m.yaml", MAP),
        ("other/m.yaml", MAP),
    ];
    insta::assert_snapshot!(check(&files, &[("../../argo", app)]), @"
    apps/m.yaml in made by made
    other/m.yaml in default by nobody
    ");
}
