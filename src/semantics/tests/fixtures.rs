//! The folder `fixtures`: policies with what is said of each line beside it.
//!
//! A comment `//~ CODE message` says that the line before it has that diagnostic; several stand one
//! below the other. A line without one has none.

use super::compile;
use include_dir::{Dir, include_dir};

static FIXTURES: Dir = include_dir!("$CARGO_MANIFEST_DIR/src/semantics/tests/fixtures");

/// The fixtures without what is expected of them.
pub(super) fn texts() -> Vec<&'static str> {
    FIXTURES.files().filter_map(|file| file.contents_utf8()).collect()
}

#[test]
fn every_line_says_what_is_expected_of_it() {
    for file in FIXTURES.files() {
        let text = file.contents_utf8().unwrap();
        let plain: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//~"))
            .collect();
        assert_eq!(
            annotated(&plain.join("\n")),
            text.trim_end(),
            "{}",
            file.path().display()
        );
    }
}

/// The policy with its diagnostics below the lines that they are about.
fn annotated(text: &str) -> String {
    let (_, found) = compile(&[("policy.ordain", "", text)], &super::library::names());
    let mut lines: Vec<(usize, String)> = text.lines().map(str::to_owned).enumerate().collect();
    for line in found.lines().filter(|line| !line.starts_with(' ')) {
        let mut words = line.splitn(3, ' ');
        let (code, place) = (words.next().unwrap(), words.next().unwrap());
        let number: usize = place.split(':').next().unwrap().parse().unwrap();
        lines.push((number - 1, format!("  //~ {code} {}", words.next().unwrap())));
    }
    lines.sort_by_key(|(number, _)| *number);
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    lines.join("\n").trim_end().to_owned()
}
