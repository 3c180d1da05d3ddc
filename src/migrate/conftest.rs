//! Conftest: folders of Rego, which go on being evaluated.
//!
//! In: a repository. Out: folders for `rego` of `ordain.toml`.

use super::repository::Repository;
use super::setup::Setup;
use std::collections::BTreeSet;
use std::path::Path;

/// Reads the setup.
pub fn read(repository: &Repository, setup: &mut Setup) {
    let mut folders = BTreeSet::new();
    // Conftest takes the package `main` alone unless it is told otherwise.
    let mut wanted = BTreeSet::from(["main".to_string()]);
    let mut takes_all = false;
    for (path, text) in &repository.named {
        let here = path.parent().unwrap_or(Path::new(""));
        if path.ends_with("conftest.toml") {
            setup.found(crate::world::display(path));
            let policy = setting(text, "policy").unwrap_or_else(|| vec!["policy".to_string()]);
            folders.extend(
                policy
                    .iter()
                    .map(|folder| repository.relative(&here.join(folder))),
            );
            if let Some(namespaces) = setting(text, "namespace") {
                wanted = namespaces.into_iter().collect();
            }
            takes_all |= text
                .lines()
                .any(|line| line.replace(' ', "") == "all-namespaces=true");
            for (key, why) in [
                ("data", "set `--rego-data` where `ordain check` is called"),
                ("update", "policies are not fetched; keep them in the repository"),
                ("combine", "policies for all files at once are not evaluated"),
            ] {
                if setting(text, key).is_some() {
                    let file = crate::world::display(path);
                    setup.lost(None, format!("`{key}` in `{file}`: {why}"));
                }
            }
        }
    }
    for (path, text) in &repository.named {
        let is_rego = path.extension().is_some_and(|ending| ending == "rego");
        let is_for_conftest = text.lines().any(|line| {
            let words = ["deny", "violation", "warn"];
            let rest = words.iter().find_map(|word| line.strip_prefix(word));
            rest.is_some_and(|rest| rest.starts_with(['[', ' ', '_', '{']))
        });
        // Conftest's own folder is `policy`, with all that lies in it.
        let above = path
            .ancestors()
            .skip(1)
            .filter(|folder| folder.ends_with("policy"))
            .last();
        if let (true, true, Some(folder)) = (is_rego, is_for_conftest, above) {
            folders.insert(repository.relative(folder));
            let package = text.lines().find_map(|line| line.strip_prefix("package "));
            let package = package.unwrap_or("").trim();
            if !takes_all && !wanted.contains(package) {
                let message = format!(
                    "the package `{package}` in `{}` is evaluated as well, which Conftest does only where its command \
                     line says so",
                    crate::world::display(path)
                );
                setup.differs(None, message);
            }
        }
    }
    for folder in &folders {
        setup.found(format!("Rego in {folder}/, evaluated as it is"));
    }
    setup.rego.extend(folders);
}

/// A setting of `conftest.toml` outside of its tables: a string, or a list of them on one line.
fn setting(text: &str, key: &str) -> Option<Vec<String>> {
    let lines = text
        .lines()
        .take_while(|line| !line.trim_start().starts_with('['));
    let value = lines
        .filter_map(|line| line.split_once('='))
        .find(|(own, _)| own.trim() == key);
    let (_, value) = value?;
    let mut parts = value.split(['"', '\'']);
    let mut values = Vec::new();
    while let (Some(_), Some(text)) = (parts.next(), parts.next()) {
        values.push(text.to_string());
    }
    Some(values)
}
