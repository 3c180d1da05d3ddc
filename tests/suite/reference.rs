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

/// What the library says today.
fn made() -> BTreeMap<PathBuf, String> {
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
    pages(&out.path().join("docs"))
}

/// `ORDAIN_UPDATE=1 cargo test --test suite reference` writes them anew.
#[test]
fn every_rule_has_a_page() {
    let made = made();
    for rule in ordain::stdlib::files().iter().filter(|file| file.is_rule()) {
        let page = Path::new("rules").join(format!("{}.md", rule.name));
        assert!(made.contains_key(&page), "there is no {}", page.display());
    }
    if std::env::var_os("ORDAIN_UPDATE").is_some() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        let _ = fs::remove_dir_all(docs.join("rules"));
        fs::create_dir_all(docs.join("rules")).unwrap();
        for (path, text) in &made {
            fs::write(docs.join(path), text).unwrap();
        }
    }
}

#[test]
#[ignore = "a step of CI, so that a rule is tried before its page is written"]
fn the_committed_reference_says_what_the_library_says() {
    let made = made();
    let committed = pages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs"));
    let stale: Vec<&PathBuf> = made
        .keys()
        .chain(committed.keys())
        .filter(|path| made.get(*path) != committed.get(*path))
        .collect();
    assert!(
        stale.is_empty(),
        "pages of docs/ that are not what the library says; run `ORDAIN_UPDATE=1 cargo test --test suite reference` \
         and commit them: {stale:?}"
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
        .filter_map(|line| line.get(4..)?.split(' ').next())
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
