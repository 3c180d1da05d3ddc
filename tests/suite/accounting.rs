//! Every file is accounted for, whatever stands at its path.

#![cfg(target_os = "linux")]

use super::cli::run;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const OBJECT: &str = "apiVersion: v1\nkind: Namespace\nmetadata: { name: a }\n";

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .status()
        .expect("git runs");
    assert!(done.success());
}

/// A repository with all that may stand in the way of reading a file.
fn odd_repository() -> tempfile::TempDir {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;
    let folder = super::cli::folder(&[
        ("a/pod.yaml", OBJECT),
        ("mixed.yaml", &format!("{OBJECT}---\nb: [\n---\n# nothing\n")),
        ("values.yaml", "a: 1\n"),
        ("empty.yaml", "# nothing\n"),
        ("notes.txt", "nothing\n"),
        (".gitignore", "vendor/\n*.secret.yaml\n*.log\n"),
        ("vendor/a/b.yaml", OBJECT),
        ("my.secret.yaml", OBJECT),
        ("run.log", ""),
        ("inner/.gitignore", "*.gen.yaml\n"),
        ("inner/a.gen.yaml", OBJECT),
    ]);
    let root = folder.path();
    git(root, &["init", "-q"]);
    git(&root.join("inner"), &["init", "-q"]);
    let link = |to: &str, name: &str| symlink(to, root.join(name)).expect("a link");
    link("..", "a/up");
    link("self.yaml", "self.yaml");
    link("two", "one");
    link("one", "two");
    link("a/pod.yaml", "twin.yaml");
    link("/etc", "out");
    std::fs::write(root.join(OsStr::from_bytes(b"odd\xff.yaml")), OBJECT).expect("a file");
    let pipe = Command::new("mkfifo")
        .arg(root.join("pipe.yaml"))
        .status()
        .expect("mkfifo runs");
    assert!(pipe.success());
    std::os::unix::net::UnixListener::bind(root.join("socket.yml")).expect("a socket");
    folder
}

#[test]
fn every_file_is_listed_with_what_became_of_it() {
    let folder = odd_repository();
    let (code, lines, _) = run(folder.path(), &["check", "--show-files"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(lines, @r"
    a/pod.yaml: 1 evaluated
    a/up: a link to `.`, which is read under its own name
    empty.yaml: no documents
    inner/a.gen.yaml: ignored by git: `*.gen.yaml` in inner/.gitignore:1
    mixed.yaml: 1 evaluated, 1 YAML that can't be read
    my.secret.yaml: ignored by git: `*.secret.yaml` in .gitignore:2
    odd�.yaml: 1 evaluated
    one: a link that leads nowhere: Too many levels of symbolic links (os error 40)
    out: the link was not followed: it leads to /etc, which lies outside
    pipe.yaml: can't be read: not a regular file
    self.yaml: can't be read: Too many levels of symbolic links (os error 40)
    socket.yml: can't be read: not a regular file
    twin.yaml: a link to what is read as `a/pod.yaml`
    two: a link that leads nowhere: Too many levels of symbolic links (os error 40)
    values.yaml: 1 not Kubernetes
    vendor: ignored by git: `vendor/` in .gitignore:1
    3 more files do not have the name of a manifest
    ");
    for threads in ["1", "2", "7"] {
        assert_eq!(
            run(folder.path(), &["check", "--show-files", "--threads", threads]).1,
            lines
        );
    }
}

#[test]
fn the_json_has_the_same_files_and_their_sums() {
    let folder = odd_repository();
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_str(&run(folder.path(), arguments).1).expect("valid JSON")
    };
    let report = json(&["check", "--format", "json"]);
    let listing = json(&["check", "--format", "json", "--show-files"]);
    assert_eq!(report["files"], listing["files"]);
    assert_eq!(report["summary"]["other_files"], listing["others"]);
    let files = report["files"].as_array().expect("files");
    let sum = |key: &str| files.iter().filter_map(|file| file[key].as_u64()).sum::<u64>();
    let summary = &report["summary"];
    for key in ["documents", "evaluated", "foreign"] {
        assert_eq!(Some(sum(key)), summary[key].as_u64(), "{key}");
    }
    assert_eq!(
        sum("documents"),
        sum("evaluated") + sum("unevaluated") + sum("foreign")
    );
    assert_eq!(
        sum("unevaluated") as usize,
        summary["unevaluated"].as_array().map_or(0, Vec::len)
    );
}
