//! Rego of teams in `ordain check --rego`: what it finds and where, and that nothing of it ends in a quiet pass.

use super::cli::{folder, run};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Exit code, standard output and standard error of `ordain check` without Ordain's own rules on images.
fn check(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    run(folder, &[&["check", "--only", "image-tag"], arguments].concat())
}

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: docker.io/web:1
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data: {mode: fast}
";

/// The findings of a run as lines.
fn found(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let (code, out, err) = check(folder, &[arguments, &["--format", "json"]].concat());
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    let lines = report["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap_or("").to_string();
            let place = format!("{}:{}:{}", text("file"), finding["line"], finding["column"]);
            format!(
                "{place} {} {}: {}\n",
                text("severity"),
                text("rule"),
                text("message")
            )
        });
    (code, lines.collect())
}

#[test]
fn findings_stand_beside_those_of_ordain_in_both_dialects() {
    let folder = folder(&[
        ("app.yaml", &POD.replace("web:1", "web")),
        (
            "policy/new.rego",
            "package main\n\ndeny contains msg if {\n\tsome c in input.spec.containers\n\tnot startswith(c.image, \"ghcr.io/\")\n\tmsg := sprintf(\"image %s\", [c.image])\n}\n\nwarn_owner contains {\"msg\": \"no owner\", \"path\": [\"metadata\", \"name\"]} if not input.metadata.labels.owner\n",
        ),
        (
            "policy/old.rego",
            "package old\n\nviolation[{\"msg\": msg, \"_loc\": {\"file\": \"app.yaml\", \"line\": 4}}] {\n\tinput.metadata.name == data.names[_]\n\tmsg := \"named in the data\"\n}\n",
        ),
        ("policy/data.yaml", "names: [web]\n"),
        (
            "policy/new_test.rego",
            "package main\n\ntest_x if { time.now_ns() > 0 }\n",
        ),
    ]);
    let (code, lines) = found(folder.path(), &["--rego", "policy", "app.yaml"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(lines, @r"
    app.yaml:1:1 high rego.main.deny: image docker.io/web
    app.yaml:4:1 high rego.old.violation: named in the data
    app.yaml:4:3 low rego.main.warn_owner: no owner
    app.yaml:8:14 medium image-tag: image `docker.io/web` has no tag, which means `latest`
    app.yaml:13:3 low rego.main.warn_owner: no owner
    ");
    let (_, _, err) = check(folder.path(), &["--rego", "policy", "app.yaml"]);
    assert!(
        err.contains("3 rules of Rego in 2 files over 2 documents; 1 file of tests left out"),
        "{err}"
    );
}

#[test]
fn warnings_alone_do_not_fail_the_check() {
    let folder = folder(&[
        ("app.yaml", POD),
        ("policy/a.rego", "package main\nwarn contains \"w\"\n"),
    ]);
    let code = |arguments: &[&str]| {
        check(
            folder.path(),
            &[&["--rego", "policy", "app.yaml"], arguments].concat(),
        )
        .0
    };
    assert_eq!((code(&[]), code(&["--fail-on", "low"])), (0, 1));
}

#[test]
fn packages_data_and_the_configuration_are_chosen() {
    let folder = folder(&[
        ("app.yaml", POD),
        (
            "rules/a.rego",
            "package a\ndeny contains \"a\" if input.kind == data.team.kind\n",
        ),
        (
            "rules/b.rego",
            "package b\ndeny contains \"b\" if input.kind == \"ConfigMap\"\n",
        ),
        ("facts/team/facts.yml", "kind: Pod\n"),
        ("ordain.toml", "rego = ['rules']\n"),
    ]);
    let rules = |arguments: &[&str]| {
        let (code, lines) = found(folder.path(), &[&["app.yaml"], arguments].concat());
        let words = lines
            .lines()
            .map(|line| line.rsplit(' ').next().unwrap_or("").to_string());
        (code, words.collect::<Vec<_>>().join(" "))
    };
    assert_eq!(rules(&["--rego", "rules"]), (1, "b".to_string()));
    assert_eq!(
        rules(&["--rego", "rules", "--rego-data", "facts"]),
        (1, "a b".to_string())
    );
    assert_eq!(
        rules(&["--rego", "rules", "--rego-data", "facts", "--rego-namespace", "a"]),
        (1, "a".to_string())
    );
    let configured = Command::new(env!("CARGO_BIN_EXE_ordain"))
        .args(["check", "app.yaml", "--format", "concise"])
        .current_dir(folder.path())
        .output()
        .expect("the binary runs");
    let out = String::from_utf8_lossy(&configured.stdout).into_owned();
    assert!(out.contains("rego.b.deny"), "{out}");
}

/// A run by this policy gives no verdict, and says so in these words.
#[track_caller]
fn no_verdict(policy: &str, arguments: &[&str], words: &[&str]) {
    let folder = folder(&[("app.yaml", POD), ("policy/a.rego", policy)]);
    // Not even the mildest wish for failures lets it pass.
    let arguments = [
        &["--rego", "policy", "app.yaml", "--fail-on", "critical"],
        arguments,
    ]
    .concat();
    let (code, out, err) = check(folder.path(), &arguments);
    assert_eq!(code, 2, "{out}{err}");
    for word in words {
        assert!(format!("{out}{err}").contains(word), "{word}: {out}{err}");
    }
}

const RUNAWAY: &str = "\
package main

deny contains msg if {
	some a in numbers.range(1, 3000)
	some b in numbers.range(1, 3000)
	some c in numbers.range(1, 3000)
	(a + b) + c < 0
	msg := \"never\"
}
";

#[test]
fn a_policy_that_does_not_end_is_ended_and_fails_the_check() {
    let start = std::time::Instant::now();
    let words = ["`rego.main.deny` over app.yaml:1 did not end within 1 second"];
    no_verdict(RUNAWAY, &["--rego-timeout", "1"], &words);
    assert!(start.elapsed().as_secs() < 20);
}

#[test]
fn a_policy_that_takes_all_memory_is_ended_and_fails_the_check() {
    let policy = "package main\n\ndeny contains msg if {\n\tx := numbers.range(1, 100000000)\n\tcount(x) == 0\n\tmsg := \"never\"\n}\n";
    let words = ["`rego.main.deny` over app.yaml:1 took more than 200 MiB of memory"];
    no_verdict(policy, &["--rego-memory", "200"], &words);
}

#[test]
fn what_can_not_be_judged_by_is_no_pass() {
    no_verdict(
        "package main\n\ndeny contains msg if {\n  msg := http.send({}).body\n}\n",
        &[],
        &["R0102", "policy/a.rego:4:10", "asks a server", "at 1 place"],
    );
    no_verdict(
        "package main\ndeny if deny\n",
        &[],
        &["R0103", "policy/a.rego:2:9"],
    );
    no_verdict("package main\ndeny contains {\n", &[], &["R0101"]);
    no_verdict(
        "package main\ndeny := true\n",
        &[],
        &["R0106", "policy/a.rego:2:1", "gave what is no finding"],
    );
    no_verdict(
        "package main\nallow := true\n",
        &[],
        &["no package has a rule `deny`"],
    );
    no_verdict(
        "package main\ndeny contains \"x\"\n",
        &["--rego-namespace", "mian"],
        &["mian has no rule `deny`"],
    );
    no_verdict(
        "package main\ndeny contains \"x\"\n",
        &["--rego", "app.yaml"],
        &["no Rego in `app.yaml`"],
    );
    no_verdict(
        "package main\ndeny contains \"x\"\n",
        &["--rego", "nowhere"],
        &["can't read `nowhere`"],
    );
}

#[test]
fn ids_are_explained() {
    let folder = folder(&[]);
    let explain = |id: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_ordain"))
            .args(["explain", id])
            .current_dir(folder.path())
            .output()
            .expect("the binary runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (code, page) = explain("rego.team.main.deny_root");
    assert_eq!(code, Some(0));
    assert!(
        page.contains("package `team.main`") && page.contains("exception contains [\"root\"]"),
        "{page}"
    );
    assert_eq!(explain("rego.main.allow").0, Some(2));
}
