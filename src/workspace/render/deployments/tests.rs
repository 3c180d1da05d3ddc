//! Small repositories, each with what kustomize and Helm are asked for, and what can't be told.

use crate::source::Sources;
use crate::workspace::Rendering;
use crate::workspace::manifests::{Manifests, ReadOptions};
use crate::workspace::render::tests::stub;
use std::path::PathBuf;
use std::time::Duration;

/// What is asked for, sorted, and what is told. Kustomize answers with `built`.
fn check(files: &[(&str, &str)], built: &[(&'static str, &'static str)]) -> String {
    let world = stub(files, built);
    let options = ReadOptions {
        render: Some(Rendering {
            kustomize: None,
            helm: None,
            timeout: Duration::from_secs(1),
            kube_version: "1.37.0".to_string(),
        }),
        ..ReadOptions::default()
    };
    let mut sources = Sources::new();
    let read = Manifests::read(&world, &[PathBuf::from(".")], &options, &mut sources);
    let (manifests, diagnostics) = read.unwrap();
    let mut lines = world.asked.lock().unwrap().clone();
    lines.sort();
    lines.extend(diagnostics.iter().map(|told| told.message.clone()));
    for resource in &manifests.resources {
        let mut open = Vec::new();
        unknown(&resource.root, &mut open);
        lines.extend(open.into_iter().map(|text| format!("unknown: {text}")));
    }
    lines
        .iter()
        .map(|line| {
            line.replace(" --kube-version 1.37.0", "")
                .replace(r#","buildMetadata":["originAnnotations"]"#, "")
                .replace(r#""buildMetadata":["originAnnotations"],"#, "")
                .replace(" --load-restrictor LoadRestrictionsNone", "")
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn unknown<'a>(node: &'a crate::manifest::Node, into: &mut Vec<&'a str>) {
    if let crate::manifest::Value::Unknown(text) = &node.value {
        into.push(text);
    }
    node.entries()
        .iter()
        .for_each(|entry| unknown(&entry.value, into));
    node.elements().iter().for_each(|node| unknown(node, into));
}

const CHART: [(&str, &str); 3] = [
    ("chart/Chart.yaml", "name: cache\n"),
    ("chart/prod.yaml", "a: 1\n"),
    ("chart/dev.yaml", "a: 1\n"),
];

/// An ApplicationSet with these generators and this source.
fn set(go: bool, generators: &str, source: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: s}}\nspec:\n  goTemplate: {go}\n  generators:\n{generators}\n  template:\n    metadata: {{name: a}}\n    spec:\n      source: {source}\n"
    )
}

fn check_set(go: bool, generators: &str, source: &str, more: &[(&str, &str)]) -> String {
    let set = set(go, generators, source);
    let mut files = CHART.to_vec();
    files.push(("argo/set.yaml", &set));
    files.extend(more);
    check(&files, &[])
}

#[test]
fn lists_and_files_give_parameters_in_both_notations() {
    let old = "{path: chart, helm: {releaseName: \"{{env}}\", valueFiles: [\"{{env}}.yaml\"]}}";
    insta::assert_snapshot!(
        check_set(false, "  - list: {elements: [{env: dev}, {env: prod}]}", old, &[]),
        @"
    helm template dev chart --values chart/dev.yaml
    helm template prod chart --values chart/prod.yaml
    "
    );
    let new =
        "{path: chart, helm: {releaseName: \"{{ .cluster.env }}\", valueFiles: [\"{{.cluster.env}}.yaml\"]}}";
    insta::assert_snapshot!(
        check_set(
            true,
            "  - git: {files: [{path: \"clusters/**/config.json\"}]}",
            new,
            &[("clusters/a/config.json", "{\"cluster\": {\"env\": \"prod\"}}")]
        ),
        @"helm template prod chart --values chart/prod.yaml"
    );
}

#[test]
fn matrix_and_merge_combine_generators() {
    let source = "{path: chart, helm: {releaseName: \"{{name}}-{{env}}\", valueFiles: [\"{{env}}.yaml\"]}}";
    insta::assert_snapshot!(
        check_set(
            false,
            "  - matrix:\n      generators:\n      - list: {elements: [{env: dev}, {env: prod}]}\n      - list: {elements: [{name: \"x-{{env}}\"}]}",
            source,
            &[]
        ),
        @"
    helm template x-dev-dev chart --values chart/dev.yaml
    helm template x-prod-prod chart --values chart/prod.yaml
    "
    );
    insta::assert_snapshot!(
        check_set(
            false,
            "  - merge:\n      mergeKeys: [name]\n      generators:\n      - list: {elements: [{name: a, env: dev}, {name: b, env: dev}]}\n      - list: {elements: [{name: b, env: prod}]}",
            source,
            &[]
        ),
        @"
    helm template a-dev chart --values chart/dev.yaml
    helm template b-prod chart --values chart/prod.yaml
    "
    );
}

#[test]
fn folders_are_taken_but_for_the_excluded_ones() {
    let files = [
        ("apps/a/kustomization.yaml", "resources: []\n"),
        ("apps/b/kustomization.yaml", "resources: []\n"),
    ];
    insta::assert_snapshot!(
        check_set(
            true,
            "  - git: {directories: [{path: \"apps/*\"}, {path: apps/b, exclude: true}]}",
            "{path: \"{{.path.path}}\", kustomize: {nameSuffix: \"-{{ .path.basename }}\", images: [\"web=r/web:2\"]}}",
            &files
        ),
        @r#"
    helm template cache chart
    kustomize build . | kustomization.yaml: {"nameSuffix":"-a","images":[{"name":"web","newName":"r/web","newTag":"2"}],"resources":["../../apps/a"]}
    kustomize build . | kustomization.yaml: {"resources":["../../apps/b"]}
    "#
    );
}

#[test]
fn what_only_argo_cd_knows_is_told_unless_nothing_depends_on_it() {
    insta::assert_snapshot!(
        check_set(false, "  - clusters: {}", "{path: chart, helm: {valueFiles: [\"{{name}}.yaml\"]}}", &[]),
        @"
    helm template cache chart
    ApplicationSet `s` was not rendered: the generator `clusters` takes the clusters that only Argo CD knows
    "
    );
    insta::assert_snapshot!(
        check_set(false, "  - clusters: {}", "{path: chart, helm: {valueFiles: [prod.yaml]}}", &[]),
        @"helm template a chart --values chart/prod.yaml"
    );
    insta::assert_snapshot!(
        check_set(
            true,
            "  - list: {elements: [{env: prod}]}",
            "{path: chart, helm: {valueFiles: [\"{{ .env | lower }}.yaml\"]}}",
            &[]
        ),
        @"
    helm template cache chart
    ApplicationSet `s` was not rendered: its template has variables that can't be told here for sure
    "
    );
}

#[test]
fn a_source_may_lend_its_values_to_another_one() {
    let files = [
        CHART[0],
        ("values/prod.yaml", "a: 1\n"),
        (
            "argo/a.yaml",
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  sources:\n  - {repoURL: x, ref: values}\n  - path: chart\n    helm: {valueFiles: [$values/values/prod.yaml], values: \"b: 1\", valuesObject: {b: 2}}\n",
        ),
    ];
    insta::assert_snapshot!(
        check(&files, &[]),
        @r#"helm template a chart --values values/prod.yaml --values values-0.yaml | values-0.yaml: {"b":2}"#
    );
}

#[test]
fn flux_replaces_variables_with_what_the_repository_says() {
    let built = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: ${HOST}\n  nodeName: ${NODE:=one}\n  hostname: ${SECRET}\n";
    let files = |from: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: k, namespace: flux}}\nspec:\n  path: ./apps\n  targetNamespace: shop\n  components: [../part]\n  postBuild:\n    substitute: {{HOST: \"true\"}}\n    substituteFrom: [{from}]\n"
        )
    };
    let with = |from: &str| {
        let kustomization = files(from);
        let files = [
            ("apps/kustomization.yaml", "resources: []\n"),
            ("part/kustomization.yaml", "kind: Component\n"),
            ("flux/k.yaml", kustomization.as_str()),
            (
                "flux/settings.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: flux}\ndata: {SECRET: known}\n",
            ),
        ];
        check(&files, &[("../../apps", built)])
    };
    insta::assert_snapshot!(
        with("{kind: ConfigMap, name: settings}"),
        @r#"kustomize build . | kustomization.yaml: {"namespace":"shop","resources":["../../apps"],"components":["../../part"]}"#
    );
    insta::assert_snapshot!(
        with("{kind: Secret, name: cluster-secrets}"),
        @r#"
    kustomize build . | kustomization.yaml: {"namespace":"shop","resources":["../../apps"],"components":["../../part"]}
    unknown: ${NODE:=one}
    unknown: ${SECRET}
    "#
    );
}

#[test]
fn a_folder_without_a_kustomization_is_built_as_flux_does() {
    let files = [
        ("apps/a/kustomization.yaml", "resources: [pod.yaml]\n"),
        (
            "apps/a/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
        ),
        (
            "apps/b/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: b}\n",
        ),
        (
            "flux/k.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: k}\nspec: {path: ./apps}\n",
        ),
    ];
    insta::assert_snapshot!(
        check(&files, &[]),
        @r#"kustomize build . | kustomization.yaml: {"resources":["../../apps/a","../../apps/b/pod.yaml"]}"#
    );
}

#[test]
fn a_release_is_deployed_as_the_overlay_has_it() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: c, namespace: d}\nspec:\n  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository}}}\n  valuesFrom:\n  - {kind: ConfigMap, name: values}\n  - {kind: ConfigMap, name: values, valuesKey: image, targetPath: web.image}\n  values: {e: 3}\n";
    let built = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      path: ../../base/release.yaml\n  name: c\n  namespace: d\nspec:\n  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository}}}\n  values: {e: 4}\n";
    let files = [
        CHART[0],
        ("base/kustomization.yaml", "resources: [release.yaml]\n"),
        ("base/release.yaml", release),
        ("prod/kustomization.yaml", "resources: [../base]\npatches: []\n"),
    ];
    insta::assert_snapshot!(
        check(&files, &[("../../prod", built)]),
        @r#"
    helm template c chart --namespace d --values values-0.yaml | values-0.yaml: {"e":4}
    helm template cache chart
    kustomize build . | kustomization.yaml: {"resources":["../../prod"]}
    "#
    );
    let values = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: values, namespace: d}\ndata: {values.yaml: \"a: 1\", image: \"web:1\"}\n";
    let files = [
        CHART[0],
        ("flux/release.yaml", release),
        ("flux/values.yaml", values),
    ];
    insta::assert_snapshot!(
        check(&files, &[]),
        @r#"helm template c chart --namespace d --values values-0.yaml --values values-1.yaml --values values-2.yaml | values-0.yaml: a: 1 | values-1.yaml: {"web":{"image":"web:1"}} | values-2.yaml: {"e":3}"#
    );
    insta::assert_snapshot!(
        check(&files[..2], &[]),
        @"the chart `chart` was not rendered: HelmRelease `c` needs the values that ConfigMap `values` keeps, which is not in the repository or encrypted"
    );
}

#[test]
fn charts_of_kustomizations_are_rendered_if_they_are_in_the_repository() {
    let files = [
        (
            "a/kustomization.yaml",
            "helmGlobals: {chartHome: ../charts}\nhelmCharts: [{name: cache}]\n",
        ),
        (
            "b/kustomization.yaml",
            "helmCharts: [{name: far, repo: \"https://charts.example\", version: 1.0.0}]\n",
        ),
        ("charts/cache/Chart.yaml", "name: cache\n"),
    ];
    insta::assert_snapshot!(check(&files, &[]), @r#"
    kustomize build . --enable-helm --helm-command helm | kustomization.yaml: {"resources":["../../a"]}
    the overlay `b` was not rendered: it has the chart `far` rendered, which is not in its `helmGlobals.chartHome`, and nothing is fetched from other machines
    "#);
}

#[test]
fn what_an_overlay_deploys_is_deployed_in_turn() {
    let built = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      path: ../../cluster/k.yaml\n  name: k\nspec:\n  path: ./apps\n  patches:\n  - patch: |\n      - {op: remove, path: /spec}\n    target: {kind: Pod}\n  postBuild: {substitute: {A: \"1\"}}\n";
    let files = [
        ("cluster/kustomization.yaml", "resources: [k.yaml]\n"),
        (
            "cluster/k.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: k}\nspec: {path: ./apps}\n",
        ),
        ("apps/kustomization.yaml", "resources: []\n"),
    ];
    insta::assert_snapshot!(
        check(&files, &[("../../cluster", built), ("../../apps", "apiVersion: v1\nkind: Pod\nmetadata: {name: \"a${A}\"}\n")]),
        @r#"
    kustomize build . | kustomization.yaml: {"patches":[{"patch":"- {op: remove, path: /spec}\n","target":{"kind":"Pod"}}],"resources":["../../apps"]}
    kustomize build . | kustomization.yaml: {"resources":["../../apps"]}
    kustomize build . | kustomization.yaml: {"resources":["../../cluster"]}
    "#
    );
}
