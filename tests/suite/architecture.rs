//! The house stays as it was drawn: which module may name which, where foreign crates live, how long
//! files are, and that each says at its head what enters and what leaves.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// No file is longer, tests included.
const LONGEST: usize = 700;

/// Arrows that must never exist: modules (`*` for all but the listed exceptions) and what they must
/// not name.
const FORBIDDEN: &[(&[&str], &[&str])] = &[
    (
        &["source", "codes", "diagnostic", "escape", "suggest"],
        &[
            "cli",
            "emit",
            "evaluate",
            "fix",
            "ir",
            "lsp",
            "manifest",
            "report",
            "schema",
            "semantics",
            "stdlib",
            "syntax",
            "units",
            "workspace",
            "world",
            "estimate",
            "analyse",
            "lower",
        ],
    ),
    (
        &["syntax"],
        &[
            "cli",
            "emit",
            "evaluate",
            "ir",
            "lsp",
            "manifest",
            "report",
            "semantics",
            "workspace",
            "world",
        ],
    ),
    (
        &["manifest"],
        &[
            "cli",
            "emit",
            "evaluate",
            "ir",
            "lsp",
            "report",
            "semantics",
            "syntax",
            "workspace",
        ],
    ),
    (
        &["schema", "units"],
        &[
            "cli",
            "emit",
            "evaluate",
            "ir",
            "lsp",
            "report",
            "semantics",
            "syntax",
            "workspace",
            "world",
        ],
    ),
    (
        &["cel"],
        &[
            "cli",
            "diagnostic",
            "emit",
            "evaluate",
            "lsp",
            "manifest",
            "report",
            "schema",
            "semantics",
            "syntax",
            "validate",
            "workspace",
            "world",
        ],
    ),
    (
        &["semantics", "lower", "ir"],
        &[
            "manifest",
            "world",
            "evaluate",
            "emit",
            "cli",
            "lsp",
            "report",
            "workspace",
        ],
    ),
    (
        &["evaluate"],
        &["syntax", "semantics", "emit", "cli", "lsp", "report", "workspace"],
    ),
    (
        &["emit"],
        &[
            "syntax",
            "semantics",
            "evaluate",
            "cli",
            "lsp",
            "report",
            "workspace",
        ],
    ),
    (
        &["analyse"],
        &["syntax", "semantics", "cli", "lsp", "report", "workspace"],
    ),
    (
        &["estimate", "fix", "migrate", "stdlib", "world", "workspace"],
        &["cli", "lsp", "report"],
    ),
    (&["report"], &["cli", "lsp", "workspace", "world"]),
    (&["lsp"], &["cli", "report"]),
];

/// The only places where a foreign crate, or a door to the world, may be named.
const ROOMS: &[(&str, &[&str])] = &[
    ("pest::", &["syntax/parse"]),
    ("pest_derive::", &["syntax/parse"]),
    ("granit_parser::", &["manifest/parse"]),
    ("regorus::", &["evaluate/rego"]),
    ("miette::", &["report/full.rs"]),
    ("codespan_reporting::", &["report/compact.rs"]),
    ("serde_sarif::", &["report/sarif.rs"]),
    ("gen_lsp_types::", &["lsp"]),
    ("lsp_server::", &["lsp"]),
    ("rayon::", &["evaluate/run", "workspace", "cli"]),
    ("clap::", &["cli"]),
    ("toml::", &["workspace/configuration.rs"]),
    ("include_dir::", &["emit/rego/prelude.rs"]),
    ("rust_embed::", &["stdlib.rs"]),
    ("ignore::", &["world"]),
    ("std::fs", &["world"]),
    ("std::env", &["cli", "main.rs", "world/process.rs"]),
    ("std::process::", &["cli", "main.rs", "world"]),
    ("println!", &["cli/output.rs"]),
    ("eprintln!", &["cli/output.rs"]),
    ("dbg!", &[]),
    ("todo!", &[]),
    ("unimplemented!", &[]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files under a folder with one of these endings, as paths from the package.
fn files(folder: &str, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if endings
                .iter()
                .any(|ending| path.extension().is_some_and(|own| own == *ending))
            {
                let text = fs::read_to_string(&path).unwrap_or_default();
                found.push((path.strip_prefix(root()).unwrap_or(&path).to_path_buf(), text));
            }
        }
    }
    found.sort();
    found
}

/// What a file does in earnest: no comments, and nothing from its tests on.
fn code(text: &str) -> String {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// The modules of this crate that code names, by `crate::a` or `crate::{a, b::c}`.
fn named(code: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect()
    };
    let mut modules = BTreeSet::new();
    for (index, _) in code.match_indices("crate::") {
        let rest = &code[index + "crate::".len()..];
        let Some(list) = rest.strip_prefix('{') else {
            modules.insert(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (offset, character) in list.char_indices() {
            match character {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if c.is_whitespace() => {}
                _ if start => {
                    modules.insert(word(&list[offset..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    modules
}

/// `semantics` for `src/semantics/types.rs` and for `src/semantics.rs`.
fn module(path: &Path) -> String {
    let first = path
        .components()
        .nth(1)
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    first.unwrap_or_default().trim_end_matches(".rs").to_string()
}

fn is_tests(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs")
}

#[test]
fn no_forbidden_arrow_exists() {
    let mut faults = Vec::new();
    for (path, text) in files("src", &["rs"]) {
        if is_tests(&path) || module(&path) == "lib" || module(&path) == "main" {
            continue;
        }
        let names = named(&code(&text));
        for (from, to) in FORBIDDEN {
            if from.contains(&module(&path).as_str()) {
                let bad = to.iter().filter(|name| names.contains(**name));
                faults.extend(bad.map(|name| format!("{} names crate::{name}", path.display())));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn foreign_crates_stay_in_their_rooms() {
    let mut faults = Vec::new();
    for (path, text) in files("src", &["rs"]) {
        if is_tests(&path) {
            continue;
        }
        let code = code(&text);
        let inside = path.strip_prefix("src").unwrap_or(&path);
        for (name, rooms) in ROOMS {
            let is_home = rooms.iter().any(|room| {
                inside.starts_with(room)
                    || inside.with_extension("") == Path::new(room)
                    || inside == Path::new(room)
            });
            let uses = code.match_indices(name).any(|(index, _)| {
                !code[..index].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
            });
            if uses && !is_home {
                faults.push(format!("{} names {name}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_says_what_enters_and_what_leaves() {
    for folder in ["src", "tests"] {
        for (path, text) in files(folder, &["rs"]) {
            assert!(text.starts_with("//!"), "{} has no head", path.display());
        }
    }
}

#[test]
fn no_file_is_too_long() {
    let mut faults = Vec::new();
    for folder in [
        "src", "tests", "stdlib", "examples", "grammar", "editors", "benches", ".ci",
    ] {
        for (path, text) in files(folder, &["rs", "ordain", "pest", "py", "md", "toml", "yaml"]) {
            let lines = text.lines().count();
            if lines > LONGEST {
                faults.push(format!("{} has {lines} lines", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_reader_of_paths_sees_every_form() {
    let names = named("use crate::a::B; use crate::{c::{D, E}, f}; let x = crate::g::h();");
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a", "c", "f", "g"]);
}
