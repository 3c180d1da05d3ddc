//! The reference of the library in `docs/`: what `ordain build --target docs std` makes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `README.md` and `rules/NAME.md`, with their texts.
fn pages(folder: &Path) -> BTreeMap<PathBuf, String> {
    let rules = fs::read_dir(folder.join("rules")).into_iter().flatten().flatten();
    rules
        .map(|entry| Path::new("rules").join(entry.file_name()))
        .chain([PathBuf::from("README.md")])
        .filter_map(|path| Some((path.clone(), fs::read_to_string(folder.join(path)).ok()?)))
        .collect()
}

/// `ORDAIN_UPDATE=1 cargo test reference` writes it anew.
#[test]
fn the_reference_says_what_the_library_says() {
    let out = tempfile::tempdir().unwrap();
    let built = Command::new(env!("CARGO_BIN_EXE_ordain"))
        .args(["build", "--target", "docs", "std", "--out"])
        .arg(out.path())
        .current_dir(out.path())
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let made = pages(&out.path().join("docs"));
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    if std::env::var_os("ORDAIN_UPDATE").is_some() {
        let _ = fs::remove_dir_all(docs.join("rules"));
        fs::create_dir_all(docs.join("rules")).unwrap();
        for (path, text) in &made {
            fs::write(docs.join(path), text).unwrap();
        }
    }
    let committed = pages(&docs);
    let stale: Vec<&PathBuf> = made
        .keys()
        .chain(committed.keys())
        .filter(|path| made.get(*path) != committed.get(*path))
        .collect();
    assert!(
        made.len() > 400 && stale.is_empty(),
        "pages of docs/ that are not what the library says (`ORDAIN_UPDATE=1 cargo test reference` writes them): {stale:?}"
    );
}

/// The presets named after peers, and which peers' checks they stand for.
const PEERS: &[(&str, &[&str])] = &[
    ("like-checkov", &["checkov"]),
    ("like-datree", &["datree"]),
    ("like-gatekeeper", &["gatekeeper-library"]),
    ("like-kube-linter", &["kube-linter"]),
    ("like-kube-score", &["kube-score"]),
    (
        "like-kubescape",
        &["kubescape-regolibrary", "kubescape-cel-admission-library"],
    ),
    ("like-kyverno", &["kyverno-policies"]),
    ("like-polaris", &["polaris"]),
    ("like-trivy", &["trivy-checks"]),
];

/// Rules that no preset has: the opposite of another rule, and one that bans a whole kind.
const IN_NO_PRESET: &[&str] = &["no-cpu-limit", "no-cronjob"];

#[test]
fn presets_of_peers_have_every_rule_that_stands_for_their_checks() {
    let listed = Command::new(env!("CARGO_BIN_EXE_ordain"))
        .args(["rules", "--format", "json"])
        .output()
        .unwrap();
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    for (preset, peers) in PEERS {
        let files = ordain::stdlib::files();
        let file = files.iter().find(|file| file.name == *preset).unwrap();
        let stands_for_one = |rule: &&serde_json::Value| {
            let replaced = rule["replaces"].as_array().unwrap().iter();
            let mut names = replaced.filter_map(|own| own["peer"].as_str());
            names.any(|peer| peers.contains(&peer)) && !IN_NO_PRESET.contains(&rule["id"].as_str().unwrap())
        };
        let rules = listed["rules"].as_array().unwrap().iter();
        let expected: Vec<String> = rules
            .filter(stands_for_one)
            .map(|rule| {
                format!(
                    "  use {}.{}",
                    rule["pack"].as_str().unwrap(),
                    rule["id"].as_str().unwrap()
                )
            })
            .collect();
        let missing: Vec<&String> = expected
            .iter()
            .filter(|line| !file.text.lines().any(|own| own == *line))
            .collect();
        assert!(
            !expected.is_empty() && missing.is_empty(),
            "{} lacks {missing:#?}",
            file.path()
        );
    }
}
