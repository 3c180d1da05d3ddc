//! Small repositories, each with what becomes of its documents.

use super::*;
use crate::world::Memory;

/// What was read of a repository, in lines: objects, what was left out and why, findings.
fn read(files: &[(&str, &str)], paths: &[&str], listed: &[(&str, &str)]) -> String {
    let world = Memory::of(files.iter().copied());
    let options = ReadOptions {
        listed: listed
            .iter()
            .map(|(path, reason)| Listed {
                path: path.to_string(),
                reason: reason.to_string(),
            })
            .collect(),
        ..ReadOptions::default()
    };
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let mut sources = Sources::new();
    let (manifests, diagnostics) = Manifests::read(&world, &paths, &options, &mut sources).unwrap();
    let account = &manifests.account;
    assert_eq!(
        account.documents(),
        account.evaluated() + account.foreign() + account.unevaluated().count()
    );
    let path = |file: FileId| sources.file(file).path.as_str();
    let mut lines = vec![format!(
        "{} files, {} documents, {} foreign",
        account.files.len(),
        account.documents(),
        account.foreign()
    )];
    for resource in &manifests.resources {
        lines.push(format!(
            "{} {}: {} {}",
            path(resource.file),
            resource.document,
            resource.kind,
            resource.name
        ));
    }
    for (file, document, unevaluated) in account.unevaluated() {
        let listed = unevaluated
            .listed
            .as_ref()
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        lines.push(format!(
            "{} {document}: {}{listed}",
            path(file),
            unevaluated.reason.text()
        ));
    }
    for finding in diagnostics {
        let at = sources.positions(finding.primary.span).0;
        let file = path(finding.primary.span.file);
        lines.push(format!(
            "{file}:{}:{}: {} {}",
            at.line,
            at.column,
            finding.origin.id(),
            finding.message
        ));
    }
    lines.join("\n")
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";

#[test]
fn files_are_read_in_the_order_of_their_paths() {
    let files = [
        ("b.yaml", POD),
        ("a/c.YML", POD),
        (
            ".hidden/d.json",
            r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}"#,
        ),
        ("values.yaml", "a: 1\n"),
        ("notes.txt", "nothing"),
        ("empty.yaml", "# nothing\n"),
    ];
    insta::assert_snapshot!(read(&files, &["."], &[]), @r"
    5 files, 4 documents, 1 foreign
    .hidden/d.json 0: Pod a
    a/c.YML 0: Pod a
    b.yaml 0: Pod a
    ");
    insta::assert_snapshot!(read(&files, &["b.yaml", "a", "a/c.YML", "notes.txt"], &[]), @r"
    3 files, 3 documents, 1 foreign
    a/c.YML 0: Pod a
    b.yaml 0: Pod a
    ");
}

#[test]
fn a_workload_that_lacks_what_the_api_requires_is_left_to_the_kustomization_beside_it() {
    let base = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec: {containers: [{name: web, image: \"web:1\"}]}\n";
    let whole = base.replace(
        "spec:\n  template",
        "spec:\n  selector: {matchLabels: {app: web}}\n  template",
    );
    let files = [
        (
            "base/kustomization.yaml",
            "commonLabels: {app: web}\nresources: [web.yaml, whole.yaml]\n",
        ),
        ("base/web.yaml", base),
        ("base/whole.yaml", &whole),
        ("alone/web.yaml", base),
        (
            "crd/kustomization.yaml",
            "resources: [../base]\n# patches: [{path: patches/webhook.yaml}]\n",
        ),
        (
            "crd/patches/webhook.yaml",
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b.c}\nspec: {conversion: {strategy: Webhook}}\n",
        ),
    ];
    insta::assert_snapshot!(read(&files, &["."], &[]), @r"
    6 files, 6 documents, 2 foreign
    alone/web.yaml 0: Deployment web
    base/whole.yaml 0: Deployment web
    base/web.yaml 0: kustomize base
    crd/patches/webhook.yaml 0: kustomize base
    base/kustomization.yaml:1:1: M0401 a document of the overlay `base` was not evaluated: what lacks fields that the API requires is no object before kustomize completes it
    crd/kustomization.yaml:1:1: M0401 a document of the overlay `crd` was not evaluated: what lacks fields that the API requires is no object before kustomize completes it
    ");
}

#[test]
fn a_missing_argument_is_an_error() {
    let world = Memory::of([("a.yaml", POD)]);
    let wrong = Manifests::read(
        &world,
        &[PathBuf::from("b.yaml")],
        &ReadOptions::default(),
        &mut Sources::new(),
    );
    insta::assert_snapshot!(wrong.unwrap_err(), @"can't read `b.yaml`: entity not found");
}

#[test]
fn a_chart_is_one_finding_and_its_plain_templates_are_evaluated() {
    let files = [
        (
            "charts/web/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        ),
        ("charts/web/values.yaml", "kind: DaemonSet\nreplicas: 1\n"),
        (
            "charts/web/crds/crd.yaml",
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n",
        ),
        ("charts/web/templates/plain.yaml", POD),
        (
            "charts/web/templates/a.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: \"{{ .Release.Name }}\"}\n",
        ),
        (
            "charts/web/templates/tests/b.yaml",
            "{{- if .Values.b }}\n---\na: 1\n{{ end }}\n",
        ),
        ("charts/web/files/c.yaml", "a: {{ .b }}\n"),
        (
            "other/templates/d.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: \"{{ x }}\"}\n",
        ),
    ];
    insta::assert_snapshot!(read(&files, &["."], &[]), @r"
    8 files, 9 documents, 2 foreign
    charts/web/crds/crd.yaml 0: CustomResourceDefinition a
    charts/web/templates/plain.yaml 0: Pod a
    other/templates/d.yaml 0: Pod {{ x }}
    charts/web/files/c.yaml 0: template
    charts/web/templates/a.yaml 0: template
    charts/web/templates/tests/b.yaml 0: template
    charts/web/templates/tests/b.yaml 1: template
    charts/web/Chart.yaml:1:1: M0401 4 documents of the chart `charts/web` were not evaluated: a template is no object before it is rendered
    ");
    insta::assert_snapshot!(read(&files, &["charts/web/templates/a.yaml"], &[]), @r"
    1 files, 1 documents, 0 foreign
    charts/web/templates/a.yaml 0: template
    charts/web/templates/a.yaml:1:1: M0401 a document of the chart `charts/web` was not evaluated: a template is no object before it is rendered
    ");
}

#[test]
fn an_overlay_is_one_finding_and_what_it_takes_as_objects_is_evaluated() {
    let files = [
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("base/pod.yaml", POD),
        (
            "prod/kustomization.yaml",
            "resources: [../base]\npatches:\n- path: memory.yaml\n- path: ops.yaml\n- patch: |-\n    kind: Pod\npatchesStrategicMerge: [./old.yaml, ../base/pod.yaml]\n",
        ),
        ("prod/memory.yaml", POD),
        ("prod/ops.yaml", "- {op: add, path: /a, value: 1}\n"),
        ("prod/old.yaml", POD),
        (
            "stage/loose.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {$patch: replace}\n",
        ),
    ];
    insta::assert_snapshot!(read(&files, &["."], &[]), @r"
    7 files, 7 documents, 1 foreign
    base/pod.yaml 0: Pod a
    prod/kustomization.yaml 0: kustomize patch
    prod/memory.yaml 0: kustomize patch
    prod/old.yaml 0: kustomize patch
    prod/ops.yaml 0: kustomize patch
    stage/loose.yaml 0: kustomize patch
    prod/kustomization.yaml:1:1: M0401 4 documents of the overlay `prod` were not evaluated: a kustomize patch is no object before it is applied
    stage/loose.yaml:1:1: M0401 a document was not evaluated: a kustomize patch is no object before it is applied
    ");
    // A hook that is handed one file looks for the kustomization above it.
    insta::assert_snapshot!(read(&files, &["prod/memory.yaml"], &[]), @r"
    1 files, 1 documents, 0 foreign
    prod/memory.yaml 0: kustomize patch
    prod/memory.yaml:1:1: M0401 a document of the overlay `prod` was not evaluated: a kustomize patch is no object before it is applied
    ");
}

#[test]
fn what_the_configuration_lists_is_accounted_for_without_a_finding() {
    let files = [
        (
            "a/sealed.yaml",
            "apiVersion: v1\nkind: Secret\nsops: {mac: \"ENC[x]\"}\n",
        ),
        ("a/open.yaml", POD),
        ("a/broken.yaml", "a: [\n"),
    ];
    insta::assert_snapshot!(read(&files, &["."], &[("a", "decrypted and checked by Flux")]), @r"
    3 files, 3 documents, 0 foreign
    a/open.yaml 0: Pod a
    a/broken.yaml 0: YAML that can't be read
    a/sealed.yaml 0: SOPS ciphertext (decrypted and checked by Flux)
    a/broken.yaml:1:4: M0201 YAML syntax: unclosed bracket '['
    ");
}

#[test]
fn what_can_not_be_read_is_a_finding_and_a_document() {
    let files = [
        ("binary.yaml", "\u{7f}ELF\u{1}\0\0\0\0\0\0"),
        ("latin.yaml", "a: 1\n"),
    ];
    insta::assert_snapshot!(read(&files, &["."], &[]), @r"
    2 files, 2 documents, 1 foreign
    binary.yaml 0: binary file with the name of a manifest
    binary.yaml:1:1: M0104 the file has the name of a manifest but is binary
    ");
}

#[test]
fn the_surroundings_of_a_file_are_kept_for_its_next_reading() {
    let world = Memory::of([("c/Chart.yaml", "name: c\n"), ("c/templates/a.yaml", POD)]);
    let mut sources = Sources::new();
    let paths = [PathBuf::from("c")];
    let (manifests, _) = Manifests::read(&world, &paths, &ReadOptions::default(), &mut sources).unwrap();
    let surroundings: Vec<bool> = sources
        .files()
        .map(|(file, _)| manifests.surroundings(file).chart_template)
        .collect();
    assert_eq!(surroundings, [false, true]);
}
