//! `ordain check --fix`: what has a fix is mended, and nothing else is touched.

use crate::cli::{folder, run};
use crate::engines::library::{cases, library};
use ordain::diagnostic::{Diagnostic, Fix};
use ordain::evaluate::{self, Options, Repository, Settings};
use ordain::fix;
use ordain::ir::Rule;
use ordain::manifest::{Node, Surroundings, parse, read_text};
use ordain::schema::Schema;
use ordain::source::{FileId, SourceFile, Sources};
use std::fs;
use std::sync::LazyLock;

/// As often as `check` does it.
const ROUNDS: usize = 20;

/// A fix that changes nothing but what was so anyhow, and one that may.
const POD: &str = "\
apiVersion: v1 # ours
kind: Pod
metadata: { name: web, namespace: shop }
spec:
  serviceAccount: web   # the old name
  containers:
    - name: web
      image: registry.example/web:1.2
      securityContext:
        privileged: true
";

const RULES: &[&str] = &["--only", "service-account-field,privileged-container"];

/// Checks with further arguments; gives the exit code, and both outputs as one.
fn check(folder: &std::path::Path, arguments: &[&str]) -> (i32, String) {
    let (code, out, err) = run(folder, &[&["check"], RULES, arguments].concat());
    (code, format!("{out}{err}"))
}

fn text(folder: &std::path::Path, path: &str) -> String {
    fs::read_to_string(folder.join(path)).unwrap()
}

#[test]
fn safe_fixes_are_made_and_what_remains_is_reported() {
    let folder = folder(&[("web.yaml", POD)]);
    let (code, said) = check(folder.path(), &["--fix"]);
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("mended web.yaml:5: service-account-field: set `spec.serviceAccountName` to `web`"),
        "{said}"
    );
    assert!(said.contains("mended 1 finding in 1 file"), "{said}");
    assert!(
        said.contains("1 can be mended by `--fix --unsafe-fixes`"),
        "{said}"
    );
    let mended = POD.replace("spec:\n", "spec:\n  serviceAccountName: web\n");
    assert_eq!(text(folder.path(), "web.yaml"), mended);
    // Nothing remains once the others are made as well.
    let (code, said) = check(folder.path(), &["--fix", "--unsafe-fixes"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(
        text(folder.path(), "web.yaml"),
        mended.replace("privileged: true", "privileged: false")
    );
    let (code, said) = check(folder.path(), &["--fix", "--unsafe-fixes"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("mended 0 findings in 0 files"), "{said}");
}

#[test]
fn flags_get_values_where_they_stand_and_go_with_their_values() {
    let check = |containers: &str, rule: &str, expected: &str| {
        let pod = |containers: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{ name: a, namespace: kube-system }}\nspec:\n  containers:\n{containers}"
            )
        };
        let folder = folder(&[("pod.yaml", &pod(containers))]);
        let arguments = ["check", "--only", rule, "--fix", "--unsafe-fixes"];
        let (code, out, err) = run(folder.path(), &arguments);
        assert_eq!(code, 0, "{out}{err}");
        assert_eq!(text(folder.path(), "pod.yaml"), pod(expected));
    };
    let set = "etcd-auto-tls";
    let head = "    - name: etcd\n      image: registry.k8s.io/etcd:3.6.4-0\n";
    let written = |rest: &str| format!("{head}{rest}");
    // `--name=value`, the last of several.
    check(
        &written("      command: [etcd, --auto-tls=false, --auto-tls=true, --data-dir=/x]\n"),
        set,
        &written("      command: [etcd, --auto-tls=false, --auto-tls=false, --data-dir=/x]\n"),
    );
    // `--name value`: a switch takes no word of its own.
    check(
        &written(
            "      command:\n      - etcd\n      - --auto-tls\n      - \"true\" # for now\n      - --data-dir=/x\n",
        ),
        set,
        &written("      command:\n      - etcd\n      - --auto-tls=false\n      - --data-dir=/x\n"),
    );
    // `--name` alone, behind the command.
    check(
        &written("      command: [etcd]\n      args: [--auto-tls, --data-dir=/x]\n"),
        set,
        &written("      command: [etcd]\n      args: [--auto-tls=false, --data-dir=/x]\n"),
    );
    // What is not given is added behind the others.
    check(
        &written(
            "      command:\n      - etcd\n      - --data-dir=/x\n      env: [{ name: ETCD_AUTO_TLS, value: \"true\" }]\n",
        ),
        set,
        &written(
            "      command:\n      - etcd\n      - --data-dir=/x\n      - --auto-tls=false\n      env: [{ name: ETCD_AUTO_TLS, value: \"true\" }]\n",
        ),
    );
    // A list that is empty is none to add to.
    let command = |mode: &str| {
        format!(
            "    - name: kube-apiserver\n      image: registry.k8s.io/kube-apiserver:v1.34.0\n      command:\n      - kube-apiserver\n      - {mode}\n"
        )
    };
    check(
        &command("--authorization-mode="),
        "apiserver-authorization-modes",
        &command("\"--authorization-mode=Node,RBAC\""),
    );
    // All that gives a flag is removed.
    let head = "    - name: kubelet\n      image: registry.example/kubelet:1\n";
    let written = |rest: &str| format!("{head}{rest}");
    check(
        &written(
            "      command: [kubelet, --hostname-override=a]\n      args:\n      - --hostname-override\n      - b\n      - --v=2\n",
        ),
        "kubelet-hostname-override",
        &written("      command: [kubelet]\n      args:\n      - --v=2\n"),
    );
}

#[test]
fn a_diff_changes_nothing() {
    let folder = folder(&[("web.yaml", POD)]);
    let (code, out, err) = run(
        folder.path(),
        &[&["check"], RULES, &["--diff", "--unsafe-fixes"]].concat(),
    );
    assert_eq!(code, 1, "{out}{err}");
    assert!(
        out.starts_with("--- web.yaml\n+++ web.yaml (mended)\n@@ "),
        "{out}"
    );
    assert!(
        out.contains("\n-        privileged: true\n+        privileged: false\n"),
        "{out}"
    );
    assert!(err.contains("would mend 2 findings in 1 file"), "{err}");
    assert_eq!(text(folder.path(), "web.yaml"), POD);
}

#[test]
fn unsafe_fixes_are_only_for_who_asks_for_fixes() {
    let folder = folder(&[("web.yaml", POD)]);
    assert_eq!(check(folder.path(), &["--unsafe-fixes"]).0, 2);
    assert_eq!(check(folder.path(), &["--fix", "--diff"]).0, 2);
}

#[test]
fn line_ends_marks_and_encodings_stay() {
    let lines = POD.replace('\n', "\r\n");
    let marked = format!("\u{feff}{POD}");
    let units = |text: &str| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xFF, 0xFE].into_iter().chain(units).collect()
    };
    let expected = |text: &str| text.replace("privileged: true", "privileged: false");
    let folder = folder(&[("lines.yaml", &lines), ("marked.yaml", &marked)]);
    fs::write(folder.path().join("wide.yaml"), units(POD)).unwrap();
    let (code, out, err) = run(
        folder.path(),
        &[
            "check",
            "--only",
            "privileged-container",
            "--fix",
            "--unsafe-fixes",
        ],
    );
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(text(folder.path(), "lines.yaml"), expected(&lines));
    assert_eq!(text(folder.path(), "marked.yaml"), expected(&marked));
    assert_eq!(
        fs::read(folder.path().join("wide.yaml")).unwrap(),
        units(&expected(POD))
    );
}

#[test]
fn other_documents_and_what_several_objects_share_are_not_touched() {
    let other = "apiVersion: v1\nkind:   ConfigMap # as it is\nmetadata: {name: a}\n";
    let shared = "\
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: { name: a }
    spec:
      containers:
        - { name: a, image: registry.example/a:1, securityContext: &context { privileged: true } }
  - apiVersion: v1
    kind: Pod
    metadata: { name: b }
    spec:
      containers:
        - { name: b, image: registry.example/b:1, securityContext: *context }
";
    let files = format!("{other}---\n{POD}---\n{other}");
    let folder = folder(&[("all.yaml", &files), ("shared.yaml", shared)]);
    let (code, said) = check(folder.path(), &["--fix", "--unsafe-fixes", "--format", "concise"]);
    assert_eq!(code, 1, "{said}");
    assert_eq!(text(folder.path(), "shared.yaml"), shared);
    let mended = text(folder.path(), "all.yaml");
    assert!(mended.starts_with(&format!("{other}---\n")), "{mended}");
    assert!(mended.ends_with(&format!("---\n{other}")), "{mended}");
    assert!(mended.contains("privileged: false"), "{mended}");
}

#[test]
fn templates_are_left_as_they_are() {
    let template = POD.replace("name: web, namespace", "name: \"{{ .Values.name }}\", namespace");
    let folder = folder(&[
        ("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
        ("chart/templates/web.yaml", &template),
        (
            "mixed.yaml",
            &format!("{POD}---\nkind: {{{{ .Kind }}}}\napiVersion: v1\n"),
        ),
    ]);
    let before = text(folder.path(), "mixed.yaml");
    check(folder.path(), &["--fix", "--unsafe-fixes"]);
    assert_eq!(text(folder.path(), "chart/templates/web.yaml"), template);
    assert_eq!(text(folder.path(), "mixed.yaml"), before);
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay_and_no_link_leads_to_a_file_outside() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let outside = folder(&[("web.yaml", POD)]);
    let folder = folder(&[
        ("ordain.toml", ""),
        ("real/web.yaml", POD),
        ("linked/none.txt", ""),
    ]);
    let real = folder.path().join("real/web.yaml");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(outside.path().join("web.yaml"), folder.path().join("out.yaml")).unwrap();
    symlink("../real/web.yaml", folder.path().join("linked/in.yaml")).unwrap();
    for path in ["out.yaml", "linked/in.yaml"] {
        check(folder.path(), &["--fix", "--unsafe-fixes", path]);
    }
    assert_eq!(text(outside.path(), "web.yaml"), POD);
    assert!(text(folder.path(), "real/web.yaml").contains("privileged: false"));
    assert!(folder.path().join("linked/in.yaml").is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::default);

/// What a rule finds in a text.
fn findings(rule: &Rule, text: &str) -> Vec<Diagnostic> {
    let mut sources = Sources::new();
    let file = sources.add(SourceFile::new("fixture.yaml", text));
    let resources = read_text(file, "fixture.yaml", text, Surroundings::default()).resources;
    let schema = SCHEMA.with_crds(&resources);
    let settings = Settings::default();
    let repository = Repository::new(&sources, &resources, &schema, &settings);
    let options = Options {
        fixes: true,
        ..Options::default()
    };
    evaluate::run(&[rule], &repository, &options).findings
}

fn documents(text: &str) -> Vec<Node> {
    let parsed = parse(FileId(0), text, false);
    parsed
        .documents
        .into_iter()
        .flat_map(|document| document.readings)
        .collect()
}

/// Mends a text until nothing more can be mended, and gives what is still found.
fn mended(rule: &Rule, text: &str) -> (String, Vec<Diagnostic>) {
    let mut text = text.to_string();
    for _ in 0..ROUNDS {
        let found = findings(rule, &text);
        let fixes: Vec<&Fix> = found.iter().filter_map(|finding| finding.fix.as_ref()).collect();
        let (after, _) = fix::together(&text, false, &fixes);
        if after == text {
            return (text, found);
        }
        text = after;
    }
    panic!("`{}` is never done with\n{text}", rule.id);
}

/// Whatever the library rejects and has a fix for is mended by it, and the other documents stay.
#[test]
fn fixes_of_the_library_mend_what_it_rejects() {
    let mut faults = Vec::new();
    let mut count = 0;
    for (rule, accepts, text) in cases(&library()) {
        let before = findings(&rule, text);
        if accepts || before.iter().all(|finding| finding.fix.is_none()) {
            continue;
        }
        count += 1;
        let (after, found) = mended(&rule, text);
        if let Some(still) = found.iter().find(|finding| finding.fix.is_some()) {
            faults.push(format!("`{}` still finds: {}\n{after}", rule.id, still.message));
        }
        let (old, new) = (documents(text), documents(&after));
        let is_meant = |index: usize| {
            let range = old[index].span.range();
            let fixes = before.iter().filter_map(|finding| finding.fix.as_ref());
            let mut edits = fixes.flat_map(|fix| &fix.edits);
            edits.any(|edit| range.start <= edit.span.range().start && edit.span.range().start <= range.end)
        };
        if old.len() != new.len()
            || (0..old.len()).any(|index| !old[index].same_value(&new[index]) && !is_meant(index))
        {
            faults.push(format!("`{}` changes another document\n{after}", rule.id));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert!(count > 200, "only {count} cases have a fix");
}
