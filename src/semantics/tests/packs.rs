//! Several files: packs, presets, names in use, which rules are in force.

use super::compile;
use crate::semantics::LibraryName;

const HOST_NETWORK: &str = "rule host-network {\n  for p in pods\n  forbid p.spec.hostNetwork ?? false\n}";
const HOST_PID: &str = "rule host-pid {\n  for p in pods\n  forbid p.spec.hostPID ?? false\n}";

/// The adopted rules, then what is said of the files.
fn adopted(files: &[(&str, &str, &str)]) -> String {
    let library = [("std.ai", false), ("std.ai.agent-guards", true)].map(|(path, is_rule)| LibraryName {
        path: path.into(),
        is_rule,
        peers: if is_rule { vec!["checkov"] } else { Vec::new() },
    });
    let (set, found) = compile(files, &library);
    let ids: Vec<&str> = set.adopted.iter().map(AsRef::as_ref).collect();
    format!("[{}]\n{found}", ids.join(" ")).trim_end().to_owned()
}

fn with_library(policy: &str) -> String {
    adopted(&[
        ("policy.ordain", "", policy),
        (
            "stdlib/security/host-network.ordain",
            "std.security",
            HOST_NETWORK,
        ),
        ("stdlib/security/host-pid.ordain", "std.security", HOST_PID),
        (
            "stdlib/presets/pss.ordain",
            "std.presets",
            "/// All of it.\npack std.pss { use std.security  use std.ai.agent-guards }\npack std.all { use std.pss }",
        ),
    ])
}

#[test]
fn rules_of_packs_are_in_force_once_they_are_used() {
    assert_eq!(with_library("use std.security"), "[host-network host-pid]");
    assert_eq!(with_library("use std.security.host-pid"), "[host-pid]");
    assert_eq!(
        with_library("use std.all"),
        "[agent-guards host-network host-pid]"
    );
    assert_eq!(with_library("use std.ai.agent-guards"), "[agent-guards]");
    assert_eq!(
        with_library("rule own {\n  for p in pods\n  forbid p.spec.hostIPC ?? false\n}"),
        "[own]"
    );
}

#[test]
fn what_a_use_excludes_is_not_in_force() {
    assert_eq!(
        with_library("use std.security\n  except std.security.host-pid because \"our agents need it\""),
        "[host-network]"
    );
    // Another `use` may adopt it all the same.
    assert_eq!(
        with_library("use std.all\n  except std.security because \"later\"\nuse std.security.host-pid"),
        "[agent-guards host-pid]"
    );
    assert_eq!(
        with_library("use std.security\n  except std.ai, std.securty.host-pid because \"we have none\""),
        "[host-network host-pid]
W0008 policy.ordain:2:10 `std.ai` `std.ai` is not among what this adopts
    1:5: what is adopted here
    help: remove it
E0204 policy.ordain:2:18 `std.securty.host-pid` there is no pack or rule `std.securty.host-pid`
    help: did you mean `std.security.host-pid`?
    fix: except std.ai, std.security.host-pid because \"we have none\""
    );
}

#[test]
fn rules_are_adopted_by_the_tool_whose_checks_they_replace() {
    let own = "rule own {\n  replaces \"datree/X\"\n  for p in pods\n  forbid p.spec.hostIPC ?? false\n}";
    let pack = HOST_PID.replace("{\n  for", "{\n  replaces \"datree/Y\"\n  for");
    let files = |policy: &'static str| {
        adopted(&[
            ("policy.ordain", "", policy),
            ("own.ordain", "acme.rules", own),
            ("stdlib/security/host-pid.ordain", "std.security", &pack),
        ])
    };
    assert_eq!(files("use replaces \"datree\""), "[host-pid own]");
    // The library's are known without being loaded.
    assert_eq!(files("use replaces \"checkov\""), "[agent-guards]");
    assert_eq!(
        files(
            "pack acme.like { use replaces \"datree\"  except acme.rules because \"ours\" }\nuse acme.like"
        ),
        "[host-pid]"
    );
    assert_eq!(
        files("use replaces \"datre\""),
        "[]
E0204 policy.ordain:1:14 `\"datre\"` no rule replaces a check of `datre`
    help: did you mean `datree`?
    fix: use replaces \"datree\""
    );
}

#[test]
fn a_rule_is_found_by_its_bare_name() {
    assert_eq!(
        with_library("use host-pid"),
        "[]
E0204 policy.ordain:1:5 `host-pid` there is no pack or rule `host-pid`
    help: did you mean `std.security.host-pid`?
    fix: use std.security.host-pid"
    );
}

#[test]
fn an_own_rule_takes_the_place_of_the_librarys() {
    assert_eq!(
        with_library(HOST_PID),
        "[host-pid]
W0006 policy.ordain:1:6 `host-pid` the rule `host-pid` takes the place of the library's
    1:6: which is not held against anything
    help: choose another name if both are meant to hold"
    );
    // Nothing is replaced where the library's rule was not asked for.
    assert_eq!(
        adopted(&[("policy.ordain", "", &HOST_PID.replace("host-pid", "agent-guards"))]),
        "[agent-guards]"
    );
}

#[test]
fn used_files_lend_their_names() {
    let rule = "use \"../lib/names.ordain\"\nrule r {\n  for d in Deployment\n  require twice(d.spec.replicas ?? one) > 2\n}";
    let names = "let one = 1\nfn twice(n: Int): Int = 2 * n";
    let (set, found) = compile(
        &[("a/policy.ordain", "", rule), ("lib/names.ordain", "", names)],
        &[],
    );
    assert_eq!(found, "");
    assert_eq!(set.rules.len(), 1);
}

#[test]
fn files_in_the_outermost_folder_use_each_other_even_in_a_circle() {
    let rule =
        "use \"names.ordain\"\nrule r {\n  for d in Deployment\n  require d.spec.replicas ?? 1 > one\n}";
    let names = "use \"./policy.ordain\"\nlet one = 1";
    let (set, found) = compile(&[("policy.ordain", "", rule), ("names.ordain", "", names)], &[]);
    assert_eq!(found, "");
    assert_eq!(set.rules.len(), 1);
}

#[test]
fn names_of_several_used_files_are_ambiguous_where_they_are_read() {
    let rule = "use a.b\nuse c.d\nrule r {\n  for d in Deployment\n  require d.spec.replicas ?? 1 > one\n}";
    let (_, found) = compile(
        &[
            ("policy.ordain", "", rule),
            ("1.ordain", "a.b", "let one = 1"),
            ("2.ordain", "c.d", "let one = 1"),
        ],
        &[],
    );
    assert_eq!(
        found,
        "E0202 policy.ordain:5:34 `one` `one` is declared by several used files
    1:5: here
    1:5: here
    help: use only one of these files, or rename one of the declarations"
    );
}

#[test]
fn packs_list_their_rules() {
    let (set, _) = compile(
        &[
            ("1.ordain", "std.security", HOST_PID),
            (
                "2.ordain",
                "std.presets",
                "/// Default.\npack std.default { use std.security }",
            ),
        ],
        &[],
    );
    let packs: Vec<String> = set
        .packs
        .iter()
        .map(|pack| format!("{} {:?} {:?}", pack.name, pack.title, pack.rules))
        .collect();
    assert_eq!(
        packs,
        [
            "std.default \"Default\" [\"host-pid\"]",
            "std.presets \"\" []",
            "std.security \"\" [\"host-pid\"]",
        ]
    );
}
