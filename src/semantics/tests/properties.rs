//! No text makes the checker panic: policies cut, doubled and mixed at random are checked to the end.

use super::compile;
use proptest::prelude::*;

/// Pieces of policies, from the library and the fixtures: lines, so that many survive parsing.
fn lines() -> Vec<String> {
    let fixtures = super::fixtures::texts();
    let library = crate::stdlib::files().into_iter().map(|file| file.text);
    let all: Vec<&str> = fixtures.into_iter().chain(library).collect();
    all.iter()
        .flat_map(|text| text.lines())
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(str::to_owned)
        .collect()
}

/// Words that turn one declaration into another when they replace a word of it.
const WORDS: [&str; 24] = [
    "c",
    "x",
    "is set",
    "is missing",
    "any x in",
    "??",
    "as Int",
    "not",
    "[0]",
    "[\"a\"]",
    ".spec",
    ".object",
    "1Gi",
    "5m",
    "count(",
    ")",
    "in",
    "selects",
    "Deployment",
    "base(",
    "0 - 1",
    "\"{c}\"",
    "..",
    "/",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_mixture_of_lines_is_checked(
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..4u8), 1..40),
        word in prop::sample::select(&WORDS[..]),
    ) {
        let lines = lines();
        let mut text = String::from("rule first {\n  for c in containers\n");
        for (line, place, how) in picks {
            let line = line.get(&lines);
            match how {
                0 | 1 => text.push_str(line),
                2 => {
                    // One word of the line becomes another.
                    let words: Vec<&str> = line.split(' ').collect();
                    let replaced = place.index(words.len());
                    for (index, old) in words.into_iter().enumerate() {
                        text.push_str(if index == replaced { word } else { old });
                        text.push(' ');
                    }
                }
                _ => {
                    let end = place.index(line.len() + 1);
                    text.push_str(line.get(..end).unwrap_or(line));
                }
            }
            text.push('\n');
        }
        text.push('}');
        compile(&[("policy.ordain", "", &text), ("other.ordain", "std.lib", &text)], &[]);
    }
}

#[test]
fn long_chains_are_checked_without_deep_recursion() {
    // Each function calls the one before it; each value reads the one before it.
    let mut functions = String::from("fn f0(n: Int): Int = n\nlet v0 = 1\n");
    for index in 1..3_000 {
        functions.push_str(&format!("fn f{index}(n: Int): Int = f{}(n) + n\n", index - 1));
        functions.push_str(&format!("let v{index} = v{} + 1\n", index - 1));
    }
    let mut names = String::from(
        "rule r {\n  for c in containers\n  let a0 = c.securityContext\n  let b0 = c.imagePullPolicy\n",
    );
    for index in 1..3_000 {
        names.push_str(&format!("  let a{index} = a{}\n", index - 1));
        names.push_str(&format!("  let b{index} = c.imagePullPolicy ?? b{}\n", index - 1));
    }
    names.push_str("  require a2999.privileged ?? false and b2999 ?? \"Always\" == \"Always\"\n}");
    let text = format!("{functions}{names}");
    let (_, found) = compile(&[("policy.ordain", "", &text)], &[]);
    assert!(found.contains("E0410"), "the functions grow too deep");
}
