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

/// Presets named after other tools hold what `replaces` names, and what they leave out they give a reason for.
#[test]
fn presets_of_peers_have_every_rule_that_stands_for_their_checks() {
    let listed = Command::new(env!("CARGO_BIN_EXE_ordain"))
        .args(["rules", "--format", "json"])
        .output()
        .unwrap();
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    let explained = Command::new(env!("CARGO_BIN_EXE_ordain"))
        .args(["explain", "std.like.datree"])
        .output()
        .unwrap();
    let explained = String::from_utf8(explained.stdout).unwrap();
    let members: Vec<&str> = explained
        .lines()
        .filter_map(|line| line.strip_prefix("    ")?.split_once(' '))
        .map(|(id, _)| id)
        .collect();
    let stands_for_one = |rule: &&serde_json::Value| {
        let mut replaced = rule["replaces"].as_array().unwrap().iter();
        replaced.any(|own| own["peer"] == "datree")
    };
    let rules = listed["rules"].as_array().unwrap().iter();
    let rules: Vec<&str> = rules
        .filter(stands_for_one)
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    assert!(rules.len() > 50);
    for id in rules {
        let is_left_out = explained.contains(&format!(".{id} because "));
        assert!(members.contains(&id) != is_left_out, "{id}");
    }
}
