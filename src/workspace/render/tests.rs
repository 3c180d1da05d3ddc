//! Small repositories with renderers that print what is written here, each with what is said of them.

use super::Options;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Sources};
use crate::workspace::manifests::{Listed, Manifests, ReadOptions};
use crate::world::{Memory, PathKind, Program, Ran, Task, Walk, World};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

/// Files in memory, and programs that print what they are told to, by what stands in their arguments and files.
pub(in crate::workspace) struct Stub {
    files: Memory,
    programs: Vec<&'static str>,
    /// A word that the task holds, and what is printed then; `!` in front of a complaint.
    answers: Vec<(&'static str, &'static str)>,
    pub asked: Mutex<Vec<String>>,
}

impl World for Stub {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.read(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.files.write(path, bytes)
    }

    fn delete(&self, path: &Path) -> io::Result<()> {
        self.files.delete(path)
    }

    fn kind(&self, path: &Path) -> io::Result<PathKind> {
        self.files.kind(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.files.canonical(path)
    }

    fn walk(&self, folder: &Path, wanted: &(dyn Fn(&Path) -> bool + Sync)) -> Walk {
        self.files.walk(folder, wanted)
    }

    fn program(&self, name: &str) -> Option<Program> {
        self.programs.contains(&name).then(|| Program {
            path: PathBuf::from(name),
            stamp: String::new(),
        })
    }

    fn run(&self, task: &Task<'_>) -> io::Result<Ran> {
        let folder = PathBuf::from("scratch/work");
        let mut told = format!("{} {}", task.program.path.display(), task.arguments.join(" "));
        for (name, bytes) in (task.files)(&folder) {
            // The files of a chart are known.
            if !name.starts_with("chart") {
                told += &format!(" | {}: {}", name.display(), String::from_utf8_lossy(&bytes));
            }
        }
        let answer = self.answers.iter().find(|(word, _)| told.contains(word));
        let text = answer.map_or("", |(_, text)| text);
        self.asked.lock().unwrap().push(told);
        let (code, output, complaint) = match text.strip_prefix('!') {
            Some(complaint) => (1, "", complaint),
            None => (0, text, ""),
        };
        Ok(Ran {
            folder,
            code: Some(code),
            output: output.to_string(),
            complaint: complaint.to_string(),
        })
    }

    fn cache(&self) -> Option<PathBuf> {
        Some(PathBuf::from("../cache"))
    }
}

pub(in crate::workspace) fn stub(files: &[(&str, &str)], answers: &[(&'static str, &'static str)]) -> Stub {
    Stub {
        files: Memory::of(files.iter().copied()),
        programs: vec!["kustomize", "helm"],
        answers: answers.to_vec(),
        asked: Mutex::default(),
    }
}

/// What became of the documents, the objects with their places, and what is said.
fn read(world: &Stub, listed: &[&str]) -> String {
    let options = ReadOptions {
        partial: false,
        listed: listed
            .iter()
            .map(|path| Listed {
                path: path.to_string(),
                reason: "known".to_string(),
            })
            .collect(),
        folder: PathBuf::new(),
        render: Some(Options {
            kustomize: None,
            helm: None,
            timeout: Duration::from_secs(1),
            kube_version: "1.37.0".to_string(),
        }),
    };
    let mut sources = Sources::new();
    let (manifests, diagnostics) =
        Manifests::read(world, &[PathBuf::from(".")], &options, &mut sources).unwrap();
    let account = &manifests.account;
    assert_eq!(
        account.documents(),
        account.evaluated() + account.foreign() + account.unevaluated().count()
    );
    let place = |span| {
        let at = sources.positions(span).0;
        format!("{}:{}:{}", path(&sources, span.file), at.line, at.column)
    };
    let mut lines = Vec::new();
    for file in &account.files {
        let fates: Vec<&str> = file.documents.iter().map(crate::report::files::fate).collect();
        lines.push(format!("{}: {}", path(&sources, file.file), fates.join(", ")));
    }
    // A finding at each scalar shows where it is led back to.
    let mut findings = diagnostics;
    for resource in &manifests.resources {
        let mut scalars = Vec::new();
        leaves(&resource.root, &mut scalars);
        findings.extend(scalars.into_iter().map(|node| {
            Diagnostic::finding(
                "at".into(),
                crate::diagnostic::Severity::Low,
                node.span,
                sources.text(node.span),
            )
        }));
    }
    for finding in manifests.origins.lead_back(findings, &sources) {
        let beside: Vec<String> = finding.secondary.iter().map(|label| place(label.span)).collect();
        let beside = match beside.is_empty() {
            true => String::new(),
            false => format!(" [{}]", beside.join(", ")),
        };
        let id = finding.origin.id();
        lines.push(format!(
            "{} {id}: {}{beside}",
            place(finding.primary.span),
            finding.message
        ));
    }
    lines.join("\n")
}

fn path(sources: &Sources, file: FileId) -> &str {
    &sources.file(file).path
}

fn leaves<'a>(node: &'a crate::manifest::Node, into: &mut Vec<&'a crate::manifest::Node>) {
    for entry in node.entries() {
        leaves(&entry.value, into);
    }
    for element in node.elements() {
        leaves(element, into);
    }
    if node.entries().is_empty() && node.elements().is_empty() {
        into.push(node);
    }
}

const BASE: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  hostNetwork: false\n  containers:\n  - name: a\n    image: a:1\n  - name: b\n    image: b:1\n";
const BUILT: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      path: ../../base/pod.yaml\n  name: web-x\nspec:\n  containers:\n  - image: a:1\n    name: a\n  - image: b:2\n    name: b\n  hostNetwork: true\n  priority: 7\n";

#[test]
fn findings_stand_in_the_base_or_in_the_patch() {
    let files = [
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", BASE),
        (
            "prod/kustomization.yaml",
            "resources: [../base]\nnameSuffix: -x\npatches:\n- path: b.yaml\n- path: ops.yaml\n  target: {kind: Pod}\n",
        ),
        (
            "prod/b.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: b\n    image: b:2\n",
        ),
        (
            "prod/ops.yaml",
            "- {op: replace, path: /spec/hostNetwork, value: true}\n",
        ),
    ];
    let world = stub(&files, &[("../../prod", BUILT)]);
    insta::assert_snapshot!(read(&world, &[]), @r#"
    base/kustomization.yaml: not Kubernetes
    base/pod.yaml: rendered
    prod/b.yaml: rendered
    prod/kustomization.yaml: not Kubernetes
    prod/ops.yaml: rendered
    base/pod.yaml:1:13 at: v1 (rendered from the overlay `prod`)
    base/pod.yaml:2:7 at: Pod (rendered from the overlay `prod`)
    base/pod.yaml:3:18 at: web-x (rendered from the overlay `prod`)
    base/pod.yaml:8:12 at: a:1 (rendered from the overlay `prod`)
    base/pod.yaml:7:11 at: a (rendered from the overlay `prod`)
    prod/b.yaml:7:12 at: b:2 (rendered from the overlay `prod`)
    base/pod.yaml:9:11 at: b (rendered from the overlay `prod`)
    prod/ops.yaml:1:49 at: true (rendered from the overlay `prod`)
    base/pod.yaml:3:18 at: 7 (rendered from the overlay `prod`) [prod/(rendered):15:13]
    "#);
    assert_eq!(world.asked.lock().unwrap().len(), 1);
    // The second time, what was printed the first time is taken.
    read(&world, &[]);
    assert_eq!(world.asked.lock().unwrap().len(), 1);
}

#[test]
fn findings_stand_at_the_settings_of_the_kustomization() {
    let files = [
        ("prod/pod.yaml", BASE),
        (
            "prod/kustomization.yaml",
            "resources: [pod.yaml]\nnamespace: shop\nimages:\n- name: b\n  newTag: \"2\"\n",
        ),
    ];
    let built = "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    config.kubernetes.io/origin: |\n      path: ../../prod/pod.yaml\n  name: web\n  namespace: shop\nspec:\n  containers:\n  - image: a:1\n    name: a\n  - image: b:2\n    name: b\n  hostNetwork: false\n";
    let world = stub(&files, &[("kustomize", built)]);
    insta::assert_snapshot!(read(&world, &[]), @r#"
    prod/kustomization.yaml: not Kubernetes
    prod/pod.yaml: rendered
    prod/pod.yaml:1:13 at: v1 (rendered from the overlay `prod`)
    prod/pod.yaml:2:7 at: Pod (rendered from the overlay `prod`)
    prod/pod.yaml:3:18 at: web (rendered from the overlay `prod`)
    prod/kustomization.yaml:2:12 at: shop (rendered from the overlay `prod`)
    prod/pod.yaml:8:12 at: a:1 (rendered from the overlay `prod`)
    prod/pod.yaml:7:11 at: a (rendered from the overlay `prod`)
    prod/kustomization.yaml:5:11 at: b:2 (rendered from the overlay `prod`)
    prod/pod.yaml:9:11 at: b (rendered from the overlay `prod`)
    prod/pod.yaml:5:16 at: false (rendered from the overlay `prod`)
    "#);
}

#[test]
fn an_object_that_an_overlay_drops_is_judged_as_it_stands() {
    let files = [
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        (
            "base/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n",
        ),
        (
            "prod/kustomization.yaml",
            "resources: [../base]\npatches: [{path: drop.yaml}]\n",
        ),
        (
            "prod/drop.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n$patch: delete\n",
        ),
    ];
    insta::assert_snapshot!(read(&stub(&files, &[]), &[]), @"
    base/kustomization.yaml: not Kubernetes
    base/pod.yaml: evaluated
    prod/drop.yaml: rendered
    prod/kustomization.yaml: not Kubernetes
    base/pod.yaml:1:13 at: v1
    base/pod.yaml:2:7 at: Pod
    base/pod.yaml:3:18 at: web
    ");
}

#[test]
fn what_overlays_share_is_told_once() {
    let files = [
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", BASE),
        ("dev/kustomization.yaml", "resources: [../base]\n"),
        ("prod/kustomization.yaml", "resources: [../base]\n"),
        ("test/kustomization.yaml", "resources: [../base]\n"),
    ];
    let world = stub(&files, &[("kustomize", BUILT)]);
    insta::assert_snapshot!(read(&world, &[]), @r#"
    base/kustomization.yaml: not Kubernetes
    base/pod.yaml: rendered
    dev/kustomization.yaml: not Kubernetes
    prod/kustomization.yaml: not Kubernetes
    test/kustomization.yaml: not Kubernetes
    base/pod.yaml:1:13 at: v1 (rendered from the overlays `dev`, `prod` and `test`)
    base/pod.yaml:2:7 at: Pod (rendered from the overlays `dev`, `prod` and `test`)
    base/pod.yaml:3:18 at: web-x (rendered from the overlays `dev`, `prod` and `test`)
    base/pod.yaml:8:12 at: a:1 (rendered from the overlays `dev`, `prod` and `test`)
    base/pod.yaml:7:11 at: a (rendered from the overlays `dev`, `prod` and `test`)
    base/pod.yaml:3:18 at: b:2 (rendered from the overlays `dev`, `prod` and `test`) [dev/(rendered):12:12]
    base/pod.yaml:9:11 at: b (rendered from the overlays `dev`, `prod` and `test`)
    base/pod.yaml:3:18 at: true (rendered from the overlays `dev`, `prod` and `test`) [dev/(rendered):14:16]
    base/pod.yaml:3:18 at: 7 (rendered from the overlays `dev`, `prod` and `test`) [dev/(rendered):15:13]
    "#);
}

#[test]
fn what_can_not_be_rendered_is_told_once_and_judged_as_it_stands() {
    let files = [
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        (
            "base/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n",
        ),
        (
            "broken/kustomization.yaml",
            "resources: [../base]\npatches: [{path: patch.yaml}]\n",
        ),
        (
            "broken/patch.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: wbe}\n",
        ),
        (
            "far/kustomization.yaml",
            "resources: [\"https://git.example/a\"]\n",
        ),
        (
            "listed/kustomization.yaml",
            "resources: [\"https://git.example/a\"]\n",
        ),
        (
            "part/kustomization.yaml",
            "kind: Component\nresources: [loose.yaml]\n",
        ),
        (
            "flux/kustomization.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}\n",
        ),
    ];
    let world = stub(
        &files,
        &[("../../broken", "!Error: no matches for Id Pod wbe\nUsage\n")],
    );
    insta::assert_snapshot!(read(&world, &["listed"]), @r#"
    base/kustomization.yaml: not Kubernetes
    base/pod.yaml: evaluated
    broken/kustomization.yaml: not Kubernetes
    broken/patch.yaml: kustomize patch
    far/kustomization.yaml: not Kubernetes
    flux/kustomization.yaml: evaluated
    listed/kustomization.yaml: not Kubernetes
    part/kustomization.yaml: not Kubernetes
    broken/kustomization.yaml:1:1 M0402: the overlay `broken` was not rendered: no matches for Id Pod wbe (exit code 1)
    far/kustomization.yaml:1:1 M0402: the overlay `far` was not rendered: it takes in `https://git.example/a`, and nothing is fetched from other machines
    base/pod.yaml:1:13 at: v1
    base/pod.yaml:2:7 at: Pod
    base/pod.yaml:3:18 at: web
    flux/kustomization.yaml:1:13 at: kustomize.toolkit.fluxcd.io/v1
    flux/kustomization.yaml:2:7 at: Kustomization
    flux/kustomization.yaml:3:18 at: a
    "#);
}

#[test]
fn without_renderers_all_is_as_without_rendering_and_the_reason_is_told() {
    let files = [
        ("prod/kustomization.yaml", "resources: [pod.yaml]\n"),
        (
            "prod/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n",
        ),
        ("chart/Chart.yaml", "name: cache\n"),
        (
            "chart/templates/a.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Release.Name }}}\n",
        ),
    ];
    let world = Stub {
        programs: Vec::new(),
        ..stub(&files, &[])
    };
    insta::assert_snapshot!(read(&world, &[]), @r#"
    chart/Chart.yaml: not Kubernetes
    chart/templates/a.yaml: template
    prod/kustomization.yaml: not Kubernetes
    prod/pod.yaml: evaluated
    chart/Chart.yaml:1:1 M0402: the chart `chart` was not rendered: `helm` is not installed
    prod/kustomization.yaml:1:1 M0402: the overlay `prod` was not rendered: neither `kustomize` nor `kubectl` is installed
    prod/pod.yaml:1:13 at: v1
    prod/pod.yaml:2:7 at: Pod
    prod/pod.yaml:3:18 at: web
    "#);
}

#[test]
fn findings_stand_in_the_template() {
    let files = [
        ("chart/Chart.yaml", "name: cache\n"),
        ("chart/values.yaml", "a: 1\n"),
        (
            "chart/templates/a.yaml",
            "{{- if .Values.a }}\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  hostNetwork: true\n  containers:\n  - name: a\n    image: {{ .Values.image }}\n{{- include \"x\" . }}\n{{- end }}\n",
        ),
    ];
    let world = stub(
        &files,
        &[(
            "template cache chart",
            "---\n# Source: cache/templates/a.yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  name: cache\nspec:\n  hostNetwork: true\n  containers:\n  - name: a\n    image: a:1\n  priority: 7\n",
        )],
    );
    insta::assert_snapshot!(read(&world, &[]), @r#"
    chart/Chart.yaml: not Kubernetes
    chart/templates/a.yaml: rendered
    chart/values.yaml: not Kubernetes
    chart/templates/a.yaml:2:13 at: v1 (rendered from the chart `chart`)
    chart/templates/a.yaml:3:7 at: Pod (rendered from the chart `chart`)
    chart/templates/a.yaml:5:3 at: cache (rendered from the chart `chart`)
    chart/templates/a.yaml:7:16 at: true (rendered from the chart `chart`)
    chart/templates/a.yaml:9:3 at: a (rendered from the chart `chart`)
    chart/templates/a.yaml:10:5 at: a:1 (rendered from the chart `chart`)
    chart/templates/a.yaml:3:1 at: 7 (rendered from the chart `chart`) [chart/(rendered):12:13]
    "#);
}

#[test]
fn charts_and_overlays_are_rendered_as_argo_cd_and_flux_deploy_them() {
    let files = [
        ("chart/Chart.yaml", "name: cache\n"),
        ("chart/prod.yaml", "a: 1\n"),
        ("base/kustomization.yaml", "resources: []\n"),
        ("prod/kustomization.yaml", "resources: [../base]\n"),
        (
            "argo/a.yaml",
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source:\n    path: chart\n    helm: {valueFiles: [prod.yaml], valuesObject: {b: 2}, parameters: [{name: c, value: \"1,2\"}]}\n  destination: {namespace: shop}\n",
        ),
        (
            "argo/b.yaml",
            "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: b}\nspec:\n  generators: [{list: {elements: [{env: one}]}}]\n  template:\n    metadata: {name: \"{{env}}-b\"}\n    spec:\n      source: {path: chart, helm: {valueFiles: [\"{{env}}.yaml\"]}}\n",
        ),
        (
            "flux/a.yaml",
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: c, namespace: d}\nspec:\n  chart: {spec: {chart: ./chart, sourceRef: {kind: GitRepository}}}\n  values: {e: 3}\n",
        ),
        (
            "flux/b.yaml",
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: e}\nspec: {path: ./base, targetNamespace: f}\n",
        ),
    ];
    let world = stub(&files, &[]);
    let said = read(&world, &[]);
    let told: Vec<&str> = said.lines().filter(|line| line.contains("M0402")).collect();
    let mut asked = world.asked.lock().unwrap().clone();
    asked.sort();
    insta::assert_snapshot!(format!("{}\n{}", asked.join("\n"), told.join("\n")), @r#"
    helm template a chart --kube-version 1.37.0 --namespace shop --values chart/prod.yaml --values values-0.yaml --set c=1\,2 | values-0.yaml: {"b":2}
    helm template c chart --kube-version 1.37.0 --namespace d --values values-0.yaml | values-0.yaml: {"e":3}
    kustomize build . --load-restrictor LoadRestrictionsNone | kustomization.yaml: {"namespace":"f","resources":["../../base"],"buildMetadata":["originAnnotations"]}
    kustomize build . | kustomization.yaml: {"resources":["../../prod"],"buildMetadata":["originAnnotations"]}
    chart/Chart.yaml:1:1 M0402: the chart `chart` was not rendered: ApplicationSet `b` needs the values in `one.yaml`
    "#);
}

#[test]
fn dependencies_of_the_repository_are_laid_into_the_chart_and_others_are_told() {
    let files = [
        (
            "app/Chart.yaml",
            "name: app\ndependencies:\n- {name: lib, repository: \"file://../lib\"}\n- {name: redis, repository: \"https://charts.example\"}\n",
        ),
        ("app/templates/a.yaml", "kind: {{ .Values.kind }}\n"),
        ("lib/Chart.yaml", "name: lib\ntype: library\n"),
        ("lib/templates/b.yaml", "kind: {{ .Values.kind }}\n"),
    ];
    let world = stub(
        &files,
        &[(
            "template app chart",
            "---\n# Source: app/charts/lib/templates/b.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
        )],
    );
    insta::assert_snapshot!(read(&world, &[]), @r#"
    app/Chart.yaml: not Kubernetes
    app/templates/a.yaml: rendered
    lib/Chart.yaml: not Kubernetes
    lib/templates/b.yaml: rendered
    app/Chart.yaml:1:1 M0402: the chart `app` was rendered without its dependency `redis`, which `https://charts.example` keeps
    lib/templates/b.yaml:1:1 at: v1 (rendered from the chart `app`) [app/(rendered):3:13]
    lib/templates/b.yaml:1:1 at: Pod (rendered from the chart `app`)
    lib/templates/b.yaml:1:1 at: a (rendered from the chart `app`) [app/(rendered):5:18]
    "#);
}
