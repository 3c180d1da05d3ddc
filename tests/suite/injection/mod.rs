//! Any string of a policy or a manifest is data in everything that is written: Rego, CEL, YAML, SARIF and text
//! for a terminal.
//!
//! Each output has a function that takes many strings through its writer and back through a reader of what was
//! written. `ORDAIN_STRINGS` says how many strings each of them gets; many share one document, so that a
//! million takes minutes.

mod cel;
mod rego;
mod sarif;
mod terminal;
mod yaml;

use ordain::ir::{Constant, PolicySet, Rule};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{TestError, TestRunner};

/// Strings of one document.
const BATCH: usize = 500;

/// What means something in one of the languages, or to one of their readers.
const PIECES: &[&str] = &[
    "\"",
    "'",
    "`",
    "\\",
    "\\\\",
    "\"\"\"",
    "'''",
    "${",
    "{{",
    "}}",
    "{",
    "}",
    "[",
    "](",
    ")",
    "$",
    "%",
    "%0A",
    "%s",
    "\n",
    "\r",
    "\r\n",
    "\t",
    "\n\n",
    " ",
    "  ",
    "\u{a0}",
    ":",
    ": ",
    " #",
    "# ",
    "- ",
    "---",
    "\n---\n",
    "\n...\n",
    "&a ",
    "*a",
    "!!int ",
    "? ",
    "| ",
    "> ",
    "@",
    ",",
    ";",
    "; ",
    "//",
    "/*",
    "*/",
    "<<",
    "=",
    "~",
    "null",
    "true",
    "yes",
    "08:00",
    "0x1f",
    "1e3",
    ".inf",
    "-1",
    "1_000",
    "2001-01-01",
    "\u{0}",
    "\u{1}",
    "\u{7}",
    "\u{8}",
    "\u{1b}[31m",
    "\u{1b}]0;title\u{7}",
    "\u{7f}",
    "\u{85}",
    "\u{9b}",
    "\u{ad}",
    "\u{61c}",
    "\u{200b}",
    "\u{200f}",
    "\u{2028}",
    "\u{2029}",
    "\u{202a}",
    "\u{202e}",
    "\u{2066}",
    "\u{2069}",
    "\u{feff}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{fffd}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{10ffff}",
    "\u{1fffe}",
    "\u{e0041}",
    "\u{1f512}",
    "é",
    "e\u{301}",
    "名前",
    "::error::",
    "]]>",
    "<script>",
    "&amp;",
    "\\n",
    "\\u0041",
    "\\u{202e}",
    "\\x41",
    "r\"",
    "object",
    "variables.root",
    "\n}\ndeny contains 1 if true\n",
    "\") || true || (\"",
    "' + '",
    "a",
    "web",
    "1",
];

fn strings() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => vec(select(PIECES), 0..6).prop_map(|pieces| pieces.concat()),
        1 => vec(any::<char>(), 0..12).prop_map(String::from_iter),
        1 => "[ -~]{0,24}",
        1 => "[\"\\\\'`#{}%$ \\n\\t\\r;:\\x00-\\x1f\\x7f-\\u{9f}\u{2028}\u{202e}*.-]{0,16}",
        1 => "\\PC{0,16}",
    ]
}

/// Has a writer and its reader checked with many strings. Of a fault the first string is told that shows it
/// alone.
fn check(is_kept: fn(&[String]) -> Result<(), String>) {
    let wanted = std::env::var("ORDAIN_STRINGS").ok();
    let wanted: u32 = wanted.map_or(4000, |wanted| {
        wanted.parse().expect("ORDAIN_STRINGS is no number")
    });
    let config = ProptestConfig {
        cases: wanted.div_ceil(BATCH as u32),
        failure_persistence: None,
        max_shrink_iters: 0,
        ..ProptestConfig::default()
    };
    let fault = |strings: &Vec<String>| {
        let whole = is_kept(strings).err()?;
        let alone = strings.iter().find_map(|string| {
            let fault = is_kept(std::slice::from_ref(string)).err()?;
            Some(format!("{string:?} is not kept: {fault}"))
        });
        Some(alone.unwrap_or(whole))
    };
    let found = TestRunner::new(config).run(&vec(strings(), BATCH), |strings| {
        fault(&strings).map_or(Ok(()), |fault| Err(TestCaseError::fail(fault)))
    });
    match found {
        Ok(()) => {}
        Err(TestError::Fail(fault, _)) => panic!("{fault}"),
        Err(aborted) => panic!("{aborted}"),
    }
}

/// A rule that says each string of a list of its author's, and each that stands in a manifest.
fn rule(strings: &[String]) -> Rule {
    let mut rule = crate::engines::rule(
        "param wanted: [String] = [\"x\"]\n\
         rule r {\n  for d in ConfigMap\n  for text in wanted\n  require false\n  message \"{text}\"\n  help \"{text}\"\n  \
         for d in ConfigMap\n  for key, text in d.data\n  require false\n  message \"{text}\"\n}\n",
    );
    let constants = strings.iter().map(|text| Constant::String(text.as_str().into()));
    rule.parameters[0].value = Constant::List(constants.collect());
    if let [title, documentation, ..] = strings {
        rule.title.clone_from(title);
        rule.documentation.clone_from(documentation);
    }
    rule
}

/// The rule by itself.
fn set(strings: &[String]) -> PolicySet {
    PolicySet {
        rules: vec![rule(strings)],
        ..PolicySet::default()
    }
}

/// What differs between strings and what was read, if anything does.
fn same<'a>(strings: impl IntoIterator<Item = &'a String>, read: &[String]) -> Result<(), String> {
    let strings: Vec<&String> = strings.into_iter().collect();
    if strings.len() != read.len() {
        return Err(format!("{} strings are read as {}", strings.len(), read.len()));
    }
    match strings.iter().zip(read).find(|(string, read)| **string != *read) {
        Some((string, read)) => Err(format!("{string:?} is read as {read:?}")),
        None => Ok(()),
    }
}
