//! The binary as a whole: exit codes, what goes where, and the contracts of its outputs.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A folder of these files, which goes away with the value.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

/// Runs the binary in a folder, without colours or the terminal's wishes.
fn ordain(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ordain"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs")
}

/// Exit code, standard output and standard error.
pub fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = ordain(folder, arguments);
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

const CLEAN: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { mode: fast }
";

#[test]
fn a_clean_repository_is_exit_code_0() {
    let folder = folder(&[("app.yaml", CLEAN)]);
    let (code, out, err) = run(folder.path(), &["check"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("no findings"), "{out}");
}

#[test]
fn a_finding_is_exit_code_1_unless_it_is_mild_enough() {
    let folder = folder(&[("broken.yaml", "kind: ConfigMap\nkind: ConfigMap\n")]);
    let check = |arguments: &[&str], expected| assert_eq!(run(folder.path(), arguments).0, expected);
    check(&["check"], 1);
    check(&["check", "--fail-on", "high"], 1);
    check(&["check", "--fail-on", "critical"], 0);
}

#[test]
fn what_makes_the_check_impossible_is_exit_code_2_and_says_so() {
    let folder = folder(&[("app.yaml", CLEAN), ("bad/ordain.toml", "fial-on = 'high'\n")]);
    let check = |arguments: &[&str], words: &str| {
        let (code, out, err) = run(folder.path(), arguments);
        assert_eq!(code, 2, "{arguments:?}: {out}{err}");
        assert!(format!("{out}{err}").contains(words), "{arguments:?}: {out}{err}");
    };
    check(&["check", "nowhere"], "nowhere");
    check(&["check", "--format", "xml"], "sarif");
    check(&["check", "bad"], "did you mean `fail-on`?");
    check(&["chekc"], "check");
    check(&["explain", "E0110"], "E010");
    check(
        &["check", "--only", "priviledged-container"],
        "privileged-container",
    );
}

#[test]
fn help_and_version_are_no_failures() {
    let folder = folder(&[]);
    for arguments in [
        &["--help"] as &[&str],
        &["--version"],
        &["check", "--help"],
        &["explain", "--help"],
    ] {
        let (code, out, err) = run(folder.path(), arguments);
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
        assert!(!out.is_empty());
    }
}

#[test]
fn json_keeps_its_contract() {
    let folder = folder(&[
        ("broken.yaml", "kind: ConfigMap\nkind: ConfigMap\n"),
        ("values.yaml", "replicas: 1\n"),
        ("app.yaml", CLEAN),
    ]);
    let (_, out, _) = run(folder.path(), &["check", "--format", "json"]);
    let report: Value = serde_json::from_str(&out).expect("JSON");
    let keys = |value: &Value| -> Vec<String> {
        value
            .as_object()
            .map(|object| object.keys().cloned().collect())
            .unwrap_or_default()
    };
    let finding = keys(&report["findings"][0]);
    for key in [
        "rule",
        "code",
        "severity",
        "message",
        "file",
        "line",
        "column",
        "end_line",
        "end_column",
        "object",
        "policy",
        "help",
        "fix",
    ] {
        assert!(
            finding.contains(&key.to_string()),
            "{key} is missing in {finding:?}"
        );
    }
    let summary = keys(&report["summary"]);
    for key in [
        "files",
        "documents",
        "evaluated",
        "foreign",
        "unevaluated",
        "findings",
    ] {
        assert!(
            summary.contains(&key.to_string()),
            "{key} is missing in {summary:?}"
        );
    }
    let number = |key: &str| report["summary"][key].as_u64().unwrap_or(u64::MAX);
    let unevaluated = report["summary"]["unevaluated"].as_array().map_or(0, Vec::len) as u64;
    assert_eq!(number("files"), 3);
    assert_eq!(
        number("documents"),
        number("evaluated") + number("foreign") + unevaluated
    );
    assert_eq!(
        keys(&report["summary"]["findings"]),
        ["critical", "high", "medium", "low", "info"]
    );
}

#[test]
fn every_format_is_whole_when_written_to_a_file() {
    let folder = folder(&[("broken.yaml", "kind: ConfigMap\nkind: ConfigMap\n")]);
    for format in ["full", "compact", "concise", "json", "sarif", "github"] {
        let (_, printed, _) = run(folder.path(), &["check", "--format", format]);
        let (code, out, _) = run(
            folder.path(),
            &["check", "--format", format, "--output", "report"],
        );
        let written = std::fs::read_to_string(folder.path().join("report")).unwrap_or_default();
        assert_eq!(
            (code, out.as_str(), written.as_str()),
            (1, "", printed.as_str()),
            "{format}"
        );
    }
}

#[test]
fn colours_are_used_only_when_asked_for_or_seen() {
    let folder = folder(&[("broken.yaml", "kind: ConfigMap\nkind: ConfigMap\n")]);
    let has_colour = |arguments: &[&str]| run(folder.path(), arguments).1.contains('\u{1b}');
    assert!(!has_colour(&["check"]));
    assert!(has_colour(&["check", "--color", "always"]));
    assert!(has_colour(&["check", "--color", "always", "--format", "compact"]));
    assert!(!has_colour(&["check", "--color", "never"]));
}

#[test]
fn a_reader_who_goes_away_ends_the_output_quietly() {
    let folder = folder(&[("broken.yaml", &"kind: Pod\n".repeat(20_000))]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_ordain"))
        .args(["check", "--format", "json"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn pages_are_explained_in_any_case_of_letters() {
    let folder = folder(&[]);
    let (code, out, _) = run(folder.path(), &["explain", "e0101"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("# E0101"), "{out}");
}

const POLICY: &str = "\
/// Images come from us.
rule trusted-image {
  severity high

  for c in containers
  require c.image like \"registry.acme.io/*\"
}

test trusted-image {
  accepts \"\"\"
    apiVersion: v1
    kind: Pod
    metadata: { name: ok }
    spec: { containers: [{ name: a, image: registry.acme.io/a:1 }] }
  \"\"\"
  rejects \"\"\"
    apiVersion: v1
    kind: Pod
    metadata: { name: bad }
    spec: { containers: [{ name: a, image: a:1 }] }
  \"\"\" at spec.containers[0].image
}
";

/// Many pods, each with an image that is not trusted and a privileged container.
fn many_pods() -> Vec<(String, String)> {
    (0..60)
        .map(|index| {
            let pod = format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{ name: p{index} }}\nspec:\n  containers:\n    - name: a\n      image: a:1\n      securityContext: {{ privileged: true }}\n---\n"
            );
            (format!("apps/{index}.yaml"), pod.repeat(20))
        })
        .collect()
}

#[test]
fn the_output_is_the_same_at_any_number_of_threads() {
    let pods = many_pods();
    let mut files: Vec<(&str, &str)> = pods
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    files.push(("policies/images.ordain", POLICY));
    let folder = folder(&files);
    for format in ["full", "concise", "json", "sarif"] {
        let arguments = |threads| ["check", "--format", format, "--threads", threads];
        let one = run(folder.path(), &arguments("1"));
        let eight = run(folder.path(), &arguments("8"));
        assert_eq!(one.0, 1);
        assert!(one == eight, "{format} differs");
    }
}

#[test]
fn policies_beside_the_manifests_are_used_and_can_be_left_alone() {
    let pod =
        "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: a, image: a:1 }] }\n";
    let folder = folder(&[
        ("apps/pod.yaml", pod),
        ("policies/images.ordain", POLICY),
        (".git/HEAD", ""),
    ]);
    let finds = |arguments: &[&str]| run(folder.path(), arguments).1.contains("trusted-image");
    assert!(finds(&["check"]));
    assert!(finds(&["check", "apps/pod.yaml"]), "policies are found upward");
    assert!(finds(&["check", "--only", "trusted-image"]));
    assert!(!finds(&["check", "--no-config"]));
    assert!(!finds(&["check", "--only", "host-network"]));
}

#[test]
fn settings_change_rules_and_their_parameters() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { hostNetwork: true, containers: [{ name: a, image: a:1 }] }\n";
    let folder = folder(&[
        ("pod.yaml", pod),
        (
            "ordain.toml",
            "[policies]\nuse = ['std.security.host-network', 'std.security.image-registry']\n[severity]\nhost-network = 'low'\n[params]\n'image-registry.registries' = ['acme.io/*']\n",
        ),
    ]);
    let (code, out, _) = run(folder.path(), &["check", "--format", "concise"]);
    assert_eq!(code, 1);
    assert!(out.contains("low[host-network]"), "{out}");
    assert!(out.contains("high[image-registry]"), "{out}");
    let parameter = "image-registry.registries=[\"a*\"]";
    let (code, out, _) = run(folder.path(), &["check", "--param", parameter]);
    assert_eq!(code, 0, "{out}");
    let (code, _, err) = run(
        folder.path(),
        &["check", "--param", "image-registry.registrys=[]"],
    );
    assert_eq!(code, 2);
    assert!(err.contains("did you mean `registries`?"), "{err}");
}

#[test]
fn policies_with_errors_are_shown_in_the_chosen_format_and_judge_nothing() {
    let folder = folder(&[(
        "policies/p.ordain",
        "rule x {\n  for c in containers\n  forbid c.imag == \"a\"\n}\n",
    )]);
    let (code, out, err) = run(folder.path(), &["check", "--format", "json"]);
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(code, 2);
    assert_eq!(report["findings"][0]["code"], "E0302");
    assert_eq!(report["findings"][0]["line"], 3);
    assert!(err.contains("nothing was judged"), "{err}");
}

#[test]
fn tests_of_policies_pass_or_show_the_difference() {
    let good = folder(&[("policies/images.ordain", POLICY)]);
    let (code, out, _) = run(good.path(), &["test"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("2 passed, 0 failed"), "{out}");
    let bad = folder(&[(
        "policies/images.ordain",
        &POLICY.replace("image: a:1", "image: registry.acme.io/a:1"),
    )]);
    let (code, out, _) = run(bad.path(), &["test"]);
    assert_eq!(code, 1);
    assert!(out.contains("expected  a finding"), "{out}");
}

#[test]
fn rules_are_listed_with_their_contract() {
    let folder = folder(&[]);
    let (code, out, _) = run(folder.path(), &["rules", "--format", "json"]);
    let list: Value = serde_json::from_str(&out).expect("JSON");
    let rules = list["rules"].as_array().expect("a list");
    assert_eq!(code, 0);
    assert!(rules.len() >= 40, "{}", rules.len());
    for rule in rules {
        for key in [
            "id", "pack", "title", "severity", "category", "controls", "params", "replaces",
        ] {
            assert!(!rule[key].is_null(), "{key} is missing in {rule}");
        }
    }
}

#[test]
fn rules_are_explained_with_examples_and_their_source() {
    let folder = folder(&[]);
    let (code, out, _) = run(folder.path(), &["explain", "host-network"]);
    assert_eq!(code, 0);
    for part in ["in force here", "Rejected", "Accepted", "rule host-network {"] {
        assert!(out.contains(part), "{part} is missing in {out}");
    }
    let (code, _, err) = run(folder.path(), &["explain", "host-netwrok"]);
    assert_eq!(code, 2);
    assert!(err.contains("did you mean `host-network`?"), "{err}");
}

#[test]
fn formatting_is_checked_shown_and_done() {
    let folder = folder(&[(
        "p.ordain",
        "rule a { for p in pods forbid p.spec.hostPID ?? false }",
    )]);
    assert_eq!(run(folder.path(), &["fmt", "--check"]).0, 1);
    let (code, diff, _) = run(folder.path(), &["fmt", "--diff"]);
    assert_eq!(code, 1);
    assert!(diff.contains("\n+  for p in pods"), "{diff}");
    assert_eq!(run(folder.path(), &["fmt"]).0, 0);
    assert_eq!(run(folder.path(), &["fmt", "--check"]).0, 0);
}

#[test]
fn builds_write_files_and_name_them() {
    let folder = folder(&[(
        "policies/scale.ordain",
        "optimize scaling in \"shop\" {\n  target Deployment \"web\"\n  goal fast: latency_p99 <= 200ms\n  when fast missed: scale replicas up by 1\n}\n",
    )]);
    let (code, out, err) = run(folder.path(), &["build", "--target", "crd", "--out", "made"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(folder.path().join("made/crd").is_dir(), "{out}");
}

#[test]
fn a_bundle_is_signed_with_a_key_alone() {
    let rule = "rule named {\n  for s in Service\n  require s.name != \"\"\n}\n";
    let secret = "a secret that nobody is going to guess";
    let folder = folder(&[
        ("policies/named.ordain", rule),
        ("secret", secret),
        ("short", "hunter2"),
    ]);
    let build = |key: &str| {
        let arguments = ["build", "--target", "bundle", "--sign-key", key, "policies"];
        run(folder.path(), &arguments)
    };
    let (code, out, err) = build("secret");
    assert_eq!(code, 0, "{out}{err}");
    assert!(
        folder.path().join("build/bundle/bundle.tar.gz").is_file(),
        "{out}"
    );
    let (code, _, err) = build("short");
    assert_eq!(code, 2, "{err}");
    assert!(
        err.contains("can't sign with the key `short`: as a secret it is too short"),
        "{err}"
    );
    assert_eq!(build("missing").0, 2);
}

#[test]
fn objects_are_shown_as_the_cluster_would_be_sent_them() {
    let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: { name: a }\n  data: { answer: \"yes\", mode: 0o17 }\n";
    let folder = folder(&[("list.yaml", list), ("values.yaml", "replicas: 1\n")]);
    let (code, out, err) = run(folder.path(), &["objects", "--format", "json"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let shown: Value = serde_json::from_str(&out).expect("JSON");
    let expected = serde_json::json!({ "objects": [{
        "file": "list.yaml",
        "line": 4,
        "object": {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": "a" },
            "data": { "answer": "yes", "mode": 15 },
        },
    }] });
    assert_eq!(shown, expected);
}

#[test]
fn what_is_wrong_with_reading_objects_is_told_beside_them() {
    let folder = folder(&[("twice.yaml", "apiVersion: v1\nkind: Pod\nkind: Service\n")]);
    let (code, out, err) = run(folder.path(), &["objects"]);
    assert_eq!(code, 1, "{out}");
    assert_eq!(out, "---\n# twice.yaml:1\napiVersion: v1\nkind: Service\n");
    assert!(err.contains("twice.yaml:3:1"), "{err}");
}

#[test]
fn a_policy_uses_nothing_outside_of_its_root() {
    let folder = folder(&[
        (
            "inner/policies/own.ordain",
            "use \"../../outer.ordain\"\nuse \"../../nowhere.ordain\"\nuse \"/etc/hostname\"\npack p { use \"../../outer.ordain\" }\n",
        ),
        ("inner/ordain.toml", "[policies]\npaths = [\"policies\"]\n"),
        (
            "outer.ordain",
            "rule r {\n  for d in Deployment\n  require d.name != \"\"\n}\n",
        ),
    ]);
    let (code, out, err) = run(folder.path(), &["check", "inner", "--format", "concise"]);
    assert_eq!(code, 2, "{out}{err}");
    let places: Vec<&str> = out
        .lines()
        .filter_map(|line| line.split_once(" `").map(|(place, _)| place))
        .collect();
    assert_eq!(
        places,
        [
            "inner/policies/own.ordain:1:5: high[C0105]",
            "inner/policies/own.ordain:2:5: high[C0105]",
            "inner/policies/own.ordain:3:5: high[C0105]",
            "inner/policies/own.ordain:4:14: high[C0105]",
        ],
        "{out}"
    );
}

/// Two rules, of which an admission policy can carry the first alone.
const ALONE_AND_TOGETHER: &str = "\
/// Settings say how fast.
rule fast {
  for m in ConfigMap
  require (m.data[\"mode\"] ?? \"\") == \"fast\"
  message \"settings of `{m.name}` don't say how fast\"
}

/// Accounts exist.
rule account {
  for p in pods
  require any a in ServiceAccount: a.name == (p.spec.serviceAccountName ?? \"default\")
  message \"the account of a pod does not exist\"
}
";

/// Builds these targets on a fixed day.
fn build(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    run(folder, &[&["build", "--today", "2026-01-31"], arguments].concat())
}

#[test]
fn a_build_removes_what_an_earlier_one_made_and_nothing_else() {
    let folder = folder(&[("policies/both.ordain", ALONE_AND_TOGETHER)]);
    let at = |path: &str| folder.path().join(path);
    let (code, out, err) = build(folder.path(), &["--target", "rego,docs", "policies"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(at("build/rego/fast.rego").is_file() && at("build/docs/rules/fast.md").is_file());
    std::fs::write(at("build/rego/own.rego"), "package own\n").expect("a file");
    let (_, second) = ALONE_AND_TOGETHER.split_once("\n\n").expect("two rules");
    std::fs::write(at("policies/both.ordain"), second).expect("a file");
    let (code, out, err) = build(folder.path(), &["--target", "rego", "policies"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("removed build/rego/fast.rego"), "{out}");
    assert!(!at("build/rego/fast.rego").exists());
    assert!(
        at("build/rego/own.rego").is_file(),
        "a file of somebody else stays"
    );
    assert!(
        at("build/docs/rules/fast.md").is_file(),
        "another target is not built"
    );
    assert!(out.contains("`--target docs` builds them anew"), "{out}");
}

#[test]
fn a_list_of_files_leads_a_build_nowhere_else() {
    let map = r#"{"version":1,"files":{"../app.yaml":[],"rego/../../app.yaml":[],"app.yaml":[]}}"#;
    let folder = folder(&[
        ("policies/both.ordain", ALONE_AND_TOGETHER),
        ("app.yaml", CLEAN),
        ("build/app.yaml", CLEAN),
        ("build/source-map.json", map),
    ]);
    let (code, out, err) = build(folder.path(), &["--target", "rego", "policies"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(folder.path().join("app.yaml").is_file(), "{out}");
    assert!(folder.path().join("build/app.yaml").is_file(), "{out}");
    std::fs::write(folder.path().join("build/source-map.json"), "{}").expect("a file");
    let (code, _, err) = build(folder.path(), &["--target", "rego", "policies"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("is not the list of a former build"), "{err}");
}

#[test]
fn what_a_target_refuses_is_told_and_is_an_error_for_the_strict() {
    let folder = folder(&[("policies/both.ordain", ALONE_AND_TOGETHER)]);
    let (code, out, err) = build(folder.path(), &["--target", "rego,vap", "policies"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    insta::assert_snapshot!(out);
    std::fs::remove_dir_all(folder.path().join("build")).expect("a folder");
    let (code, out, _) = build(folder.path(), &["--target", "rego,vap", "--strict", "policies"]);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.contains("nothing was written: 1 refusal under `--strict`"),
        "{out}"
    );
    assert!(!folder.path().join("build").exists());
    let (code, out, _) = build(folder.path(), &["--target", "rego", "--strict", "policies"]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn a_build_is_told_to_machines_with_all_verdicts() {
    let folder = folder(&[("policies/both.ordain", ALONE_AND_TOGETHER)]);
    let (code, out, err) = build(
        folder.path(),
        &["--target", "rego,vap", "--format", "json", "policies"],
    );
    assert_eq!(code, 0, "{out}{err}");
    let told: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(told["refusals"][0]["declaration"], "account");
    assert_eq!(told["refusals"][0]["policy"]["file"], "policies/both.ordain");
    assert_eq!(told["enforceability"][0]["targets"]["vap"]["enforceable"], false);
    assert_eq!(told["enforceability"][1]["targets"]["vap"]["enforceable"], true);
}

#[test]
fn the_map_leads_from_built_lines_to_clauses() {
    let folder = folder(&[("policies/both.ordain", ALONE_AND_TOGETHER)]);
    let (code, out, err) = build(folder.path(), &["--target", "rego,vap", "policies"]);
    assert_eq!(code, 0, "{out}{err}");
    let read = |path: &str| std::fs::read_to_string(folder.path().join("build").join(path)).expect("a file");
    let map: Value = serde_json::from_str(&read("source-map.json")).expect("JSON");
    for (path, start) in [
        ("rego/fast.rego", "deny contains result"),
        ("vap/fast.yaml", "  - expression"),
    ] {
        let origins = map["files"][path].as_array().expect("origins");
        let clause = origins.iter().find(|origin| origin["policy"]["line"] == 4);
        let line = clause
            .and_then(|origin| origin["line"].as_u64())
            .expect("the clause");
        let text = read(path);
        let line = text.lines().nth(line as usize - 1).expect("a line");
        assert!(line.starts_with(start), "{path}: {line}");
    }
}

#[test]
fn a_build_says_until_when_it_is_right() {
    let waiver = "waive fast {\n  for ConfigMap \"settings\"\n  because \"the move takes until spring\"\n  owner \"team-shop\"\n  until 2026-03-31\n}\n";
    let folder = folder(&[
        ("policies/both.ordain", ALONE_AND_TOGETHER),
        ("policies/waivers.ordain", waiver),
    ]);
    let (code, out, err) = build(folder.path(), &["--target", "rego", "policies"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(
        out.contains("build again after 2026-03-31: a waiver of `fast` ends then"),
        "{out}"
    );
    let arguments = ["build", "--today", "2026-04-01", "--target", "rego", "policies"];
    let (_, out, _) = run(folder.path(), &arguments);
    assert!(!out.contains("build again"), "{out}");
}

#[test]
fn a_mistyped_target_gets_a_suggestion() {
    let folder = folder(&[]);
    let (code, _, err) = run(folder.path(), &["build", "--target", "kyvrno"]);
    assert_eq!(code, 2);
    assert!(err.contains("a similar value exists: 'kyverno'"), "{err}");
}

#[test]
fn the_page_of_a_rule_says_which_target_carries_it() {
    let folder = folder(&[("policies/both.ordain", ALONE_AND_TOGETHER)]);
    let (code, out, err) = run(folder.path(), &["explain", "account"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("Compiles to: rego"), "{out}");
    assert!(
        out.contains("Not enforceable as vap, because it reads other documents"),
        "{out}"
    );
}

/// Runs the binary with no programs in reach but those of this folder.
fn run_with(folder: &Path, programs: &str, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ordain"))
        .args(arguments)
        .current_dir(folder)
        .env("PATH", folder.join(programs))
        .env("XDG_CACHE_HOME", folder.join(".git/cache"))
        .output()
        .expect("the binary runs");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap_or(-1), out)
}

#[cfg(unix)]
#[test]
fn overlays_are_judged_as_they_are_rendered() {
    use std::os::unix::fs::PermissionsExt;
    let pod = |spec: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{ name: web }}\nspec:\n  {spec}\n  containers: [{{ name: a, image: 'a:1' }}]\n"
        )
    };
    let kustomize = format!("#!/bin/sh\nprintf '%s' \"{}\"\n", pod("hostNetwork: true"));
    let folder = folder(&[
        (
            "prod/kustomization.yaml",
            "resources: [pod.yaml]\npatches: [{ path: patch.yaml }]\n",
        ),
        ("prod/pod.yaml", &pod("hostNetwork: false")),
        (
            "prod/patch.yaml",
            "kind: Pod\nmetadata: { name: web }\nspec: { hostNetwork: true }\n",
        ),
        ("bin/kustomize", &kustomize),
    ]);
    let script = folder.path().join("bin/kustomize");
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    let check = |programs: &str, arguments: &[&str]| run_with(folder.path(), programs, arguments);

    let (code, out) = check("bin", &["check", "--format", "concise", "prod"]);
    assert!(
        code == 1 && out.contains("M0401") && !out.contains("host-network"),
        "{out}"
    );
    let (code, out) = check("bin", &["check", "--render", "--format", "concise", "prod"]);
    assert!(
        code == 1 && out.contains("host-network") && !out.contains("M0401"),
        "{out}"
    );
    assert!(out.contains("(rendered from the overlay `prod`)"), "{out}");
    let (_, out) = check("bin", &["objects", "--render", "prod"]);
    assert!(
        out.contains("hostNetwork: true") && out.contains(", rendered from the overlay `prod`"),
        "{out}"
    );
    let (code, out) = check("none", &["check", "--render", "--format", "concise", "prod"]);
    assert!(
        code == 1 && out.contains("neither `kustomize` nor `kubectl` is installed"),
        "{out}"
    );
}
