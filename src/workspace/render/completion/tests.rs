//! Repositories that are judged without building their kustomizations, each with the images and namespaces that
//! rules see.

use crate::manifest::Node;
use crate::workspace::render::tests::stub;
use crate::workspace::{Request, Workspace};
use std::path::PathBuf;

/// A line for each object: its file, and its name if it is a namespace, else its images.
fn check(files: &[(&str, &str)]) -> String {
    check_paths(files, &["."], false)
}

/// The same of some paths, which are all of the repository or a part of it.
fn check_paths(files: &[(&str, &str)], paths: &[&str], partial: bool) -> String {
    let request = Request {
        paths: paths.iter().map(PathBuf::from).collect(),
        partial,
        ..Request::default()
    };
    let workspace = Workspace::open(&stub(files, &[]), &request).unwrap();
    let repository = workspace.repository();
    let mut lines = Vec::new();
    for id in repository.objects() {
        let resource = repository.object(id).resource;
        let file = &workspace.sources.file(resource.file).path;
        let of_containers = |list| {
            let containers = resource.root.path(["spec", list]).map(Node::elements);
            let images = containers.unwrap_or_default().iter();
            images.filter_map(|container| container.get("image")?.as_str())
        };
        match resource.kind.as_str() {
            "Namespace" => lines.push(format!("{file}: {}", resource.name)),
            "Pod" => {
                let images: Vec<&str> = of_containers("initContainers")
                    .chain(of_containers("containers"))
                    .collect();
                lines.push(format!("{file}: {}", images.join(" ")));
            }
            _ => {}
        }
    }
    lines.join("\n")
}

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers: [{name: init, image: r.example/init}]
  containers: [{name: web, image: r.example/web}, {name: log, image: 'r.example:5000/log:1@sha256:0'}]
";

#[test]
fn images_get_the_tags_that_all_builds_set() {
    let base = "resources: [pod.yaml]\n";
    let prod = "resources: [../base]\nimages: [{name: r.example/web, newTag: '2.0'}, {name: r.example/init, digest: 'sha256:1'}]\n";
    let dev = "resources: [../base]\nimages: [{name: r.example/web, newTag: '2.0'}]\n";
    let files = [
        ("base/kustomization.yaml", base),
        ("base/pod.yaml", POD),
        ("prod/kustomization.yaml", prod),
    ];
    insta::assert_snapshot!(check(&files), @"base/pod.yaml: r.example/init@sha256:1 r.example/web:2.0 r.example:5000/log:1@sha256:0");
    // What one of them leaves open stays open.
    let files = [&files[..], &[("dev/kustomization.yaml", dev)]].concat();
    insta::assert_snapshot!(check(&files), @"base/pod.yaml: r.example/init r.example/web:2.0 r.example:5000/log:1@sha256:0");
    let other = dev.replace("2.0", "3.0");
    let files = [&files[..3], &[("dev/kustomization.yaml", other.as_str())]].concat();
    insta::assert_snapshot!(check(&files), @"base/pod.yaml: r.example/init r.example/web r.example:5000/log:1@sha256:0");
}

#[test]
fn entries_are_applied_as_kustomize_does() {
    let check_entries = |entries: &str| {
        let kustomization = format!("resources: [pod.yaml]\nimages:\n{entries}");
        let all = check(&[("kustomization.yaml", kustomization.as_str()), ("pod.yaml", POD)]);
        all.rsplit(' ').next().unwrap_or_default().to_string()
    };
    // A tag or a digest that is set takes the place of both.
    assert_eq!(
        check_entries("- {name: 'r.example:5000/log', newTag: '2'}"),
        "r.example:5000/log:2"
    );
    assert_eq!(
        check_entries("- {name: 'r.example:5000/log', digest: 'sha256:9'}"),
        "r.example:5000/log@sha256:9"
    );
    assert_eq!(
        check_entries("- {name: 'r.example:5000/log', newTag: '2', digest: 'sha256:9'}"),
        "r.example:5000/log:2@sha256:9"
    );
    assert_eq!(
        check_entries("- {name: 'r.example:5000/log', newName: other}"),
        "other:1@sha256:0"
    );
    // One entry goes behind the other.
    assert_eq!(
        check_entries("- {name: 'r.example:5000/log', newName: other}\n- {name: other, newTag: '2'}"),
        "other:2"
    );
    assert_eq!(
        check_entries("- {name: log, newTag: '2'}"),
        "r.example:5000/log:1@sha256:0"
    );
}

#[test]
fn components_change_what_was_taken_in_before_them() {
    let files = [
        (
            "component/kustomization.yaml",
            "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nimages: [{name: r.example/web, newName: r.example/renamed, newTag: '1'}]\n",
        ),
        (
            "kustomization.yaml",
            "resources: [pod.yaml]\ncomponents: [component]\nimages: [{name: r.example/renamed, newTag: '2'}]\n",
        ),
        ("pod.yaml", POD),
    ];
    insta::assert_snapshot!(check(&files), @"pod.yaml: r.example/init r.example/renamed:2 r.example:5000/log:1@sha256:0");
}

#[test]
fn namespaces_are_called_as_the_outermost_kustomization_says() {
    let files = [
        (
            "inner/kustomization.yaml",
            "namespace: inner\nresources: [namespace.yaml]\n",
        ),
        (
            "inner/namespace.yaml",
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: _}\n",
        ),
        (
            "outer/kustomization.yaml",
            "namespace: outer\nresources: [../inner]\n",
        ),
    ];
    insta::assert_snapshot!(check(&files), @"inner/namespace.yaml: outer");
    insta::assert_snapshot!(check(&files[..2]), @"inner/namespace.yaml: inner");
}

#[test]
fn what_is_also_deployed_as_it_stands_is_judged_so() {
    let deploys = |path: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: a, namespace: b}}\nspec: {{path: ./{path}, sourceRef: {{kind: GitRepository, name: c}}}}\n"
        )
    };
    let (base, prod) = (deploys("base"), deploys("prod"));
    let files = [
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", POD),
        (
            "prod/kustomization.yaml",
            "resources: [../base]\nimages: [{name: r.example/web, newTag: '2.0'}]\n",
        ),
        ("flux/prod.yaml", &prod),
        ("flux/base.yaml", &base),
    ];
    insta::assert_snapshot!(check(&files[..4]), @"base/pod.yaml: r.example/init r.example/web:2.0 r.example:5000/log:1@sha256:0");
    insta::assert_snapshot!(check(&files), @"base/pod.yaml: r.example/init r.example/web r.example:5000/log:1@sha256:0");
    // So it is where Flux gathers the files of a folder that has no kustomization.
    let files = [
        files[1],
        files[2],
        ("base/other/kustomization.yaml", "resources: [../pod.yaml]\n"),
        files[4],
    ];
    insta::assert_snapshot!(check(&files), @"base/pod.yaml: r.example/init r.example/web r.example:5000/log:1@sha256:0");
}

#[test]
fn what_may_be_set_otherwise_stays_as_it_was_written() {
    let check_with = |more: &str| {
        let kustomization =
            format!("resources: [pod.yaml]\nimages:\n- {{name: r.example/web, newTag: '2'}}\n{more}");
        check(&[("kustomization.yaml", kustomization.as_str()), ("pod.yaml", POD)])
    };
    assert!(check_with("").contains("r.example/web:2"));
    for more in [
        "- {name: 'r.example/.*', newTag: latest}\n",
        "transformers: [images.yaml]\n",
        "replacements: [{path: image.yaml}]\n",
        "replacements: [{source: {kind: ConfigMap}, targets: [{fieldPaths: [spec.containers.0.image]}]}]\n",
    ] {
        assert!(!check_with(more).contains("r.example/web:2"), "{more}");
    }
    let replaced =
        check_with("replacements: [{source: {kind: A}, targets: [{fieldPaths: [spec.volumes.0.name]}]}]\n");
    assert!(replaced.contains("r.example/web:2"));
    // Argo CD sets images on top.
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source: {path: web, kustomize: {images: ['r.example/web:latest']}}\n  destination: {server: https://x, namespace: a}\n";
    let files = [
        ("argo/a.yaml", application),
        (
            "web/kustomization.yaml",
            "resources: [pod.yaml]\nimages: [{name: r.example/web, newTag: '2'}]\n",
        ),
        ("web/pod.yaml", POD),
    ];
    assert!(!check(&files).contains("r.example/web:2"));
    let without = application.replace(", kustomize: {images: ['r.example/web:latest']}", "");
    let files = [("argo/a.yaml", without.as_str()), files[1], files[2]];
    assert!(check(&files).contains("r.example/web:2"));
}

#[test]
fn what_others_may_build_stays_as_it_was_written() {
    let files = [
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", POD),
        (
            "prod/kustomization.yaml",
            "resources: [../base]\nimages: [{name: r.example/web, newTag: '2'}]\n",
        ),
        ("dev/kustomization.yaml", "resources: [../base]\n"),
    ];
    assert!(check_paths(&files[..3], &["base", "prod"], false).contains("r.example/web:2"));
    assert!(!check_paths(&files, &["base", "prod"], true).contains("r.example/web:2"));
}

#[test]
fn what_an_application_set_may_deploy_as_it_stands_stays_so() {
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\nspec:\n  goTemplate: true\n  generators: [{clusters: {}}]\n  template:\n    metadata: {name: a}\n    spec:\n      project: a\n      source: {repoURL: https://x, path: 'apps/{{.metadata.labels.app}}'}\n      destination: {server: https://x, namespace: a}\n";
    let files = [
        (
            "apps/kustomization.yaml",
            "resources: [web/pod.yaml]\nimages: [{name: r.example/web, newTag: '2'}]\n",
        ),
        ("apps/web/pod.yaml", POD),
        ("argo/set.yaml", set),
    ];
    assert!(check(&files[..2]).contains("r.example/web:2"));
    assert!(!check(&files).contains("r.example/web:2"));
}

#[test]
fn circles_and_mazes_end() {
    let files = [
        (
            "a/kustomization.yaml",
            "resources: [../b, pod.yaml]\nimages: [{name: r.example/web, newTag: '1'}]\n",
        ),
        ("a/pod.yaml", POD),
        ("b/kustomization.yaml", "resources: [../a]\n"),
    ];
    insta::assert_snapshot!(check(&files), @"a/pod.yaml: r.example/init r.example/web r.example:5000/log:1@sha256:0");
    // Two ways at each of many levels.
    let mut files = vec![("0/pod.yaml".to_string(), POD.to_string())];
    for level in 0..40 {
        let below = match level {
            0 => "pod.yaml".to_string(),
            _ => format!("../{0}, ../{0}x", level - 1),
        };
        files.push((
            format!("{level}/kustomization.yaml"),
            format!("resources: [{below}]\n"),
        ));
        files.push((
            format!("{level}x/kustomization.yaml"),
            format!("resources: [../{level}]\nimages: [{{name: r.example/web, newTag: '{level}'}}]\n"),
        ));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    insta::assert_snapshot!(check(&files), @"0/pod.yaml: r.example/init r.example/web r.example:5000/log:1@sha256:0");
    // A chain that no stack holds.
    let mut files = vec![("0/pod.yaml".to_string(), POD.to_string())];
    for level in 0..5000 {
        let below = match level {
            0 => "pod.yaml".to_string(),
            _ => format!("../{}", level - 1),
        };
        files.push((
            format!("{level}/kustomization.yaml"),
            format!("resources: [{below}]\nimages: [{{name: r.example/web, newTag: '1'}}]\n"),
        ));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    insta::assert_snapshot!(check(&files), @"0/pod.yaml: r.example/init r.example/web r.example:5000/log:1@sha256:0");
}
