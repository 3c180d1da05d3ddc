//! The language manual and broken policies, as people meet them.

use ordain::diagnostic::Diagnostic;
use ordain::source::{FileId, SourceFile};
use ordain::syntax::{format, parse};

/// One line a diagnostic: code, place, message and help.
fn summary(text: &str, diagnostics: &[Diagnostic]) -> String {
    let source = SourceFile::new("policy.ordain", text);
    let lines = diagnostics.iter().map(|diagnostic| {
        let span = diagnostic.primary.span;
        let (start, end) = (source.position(span.start), source.position(span.end));
        let help = diagnostic.help.as_deref().unwrap_or("-");
        format!(
            "{} {}:{}-{}:{} {}\n    {help}\n",
            diagnostic.origin.id(),
            start.line,
            start.column,
            end.line,
            end.column,
            diagnostic.message,
        )
    });
    lines.collect()
}

/// Policies as people get them wrong.
const BROKEN: [(&str, &str); 10] = [
    ("braces", include_str!("broken/braces.ordain")),
    ("half-written", include_str!("broken/half-written.ordain")),
    ("misplaced", include_str!("broken/misplaced.ordain")),
    ("misspelt-words", include_str!("broken/misspelt-words.ordain")),
    ("optimisation", include_str!("broken/optimisation.ordain")),
    ("quantifiers", include_str!("broken/quantifiers.ordain")),
    ("strings", include_str!("broken/strings.ordain")),
    ("typing-habits", include_str!("broken/typing-habits.ordain")),
    ("units", include_str!("broken/units.ordain")),
    (
        "waivers-and-tests",
        include_str!("broken/waivers-and-tests.ordain"),
    ),
];

#[test]
fn broken_policies_report_every_mistake() {
    for (name, text) in BROKEN {
        let (_, diagnostics) = parse(FileId(0), text);
        insta::assert_snapshot!(name, summary(text, &diagnostics));
    }
}

#[test]
fn every_example_of_the_manual_parses_and_is_in_canonical_layout() {
    let manual = include_str!("../../grammar/reference.md");
    let examples: Vec<&str> = manual
        .split("```ordain\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(
        examples.len() > 15,
        "the manual has only {} examples",
        examples.len()
    );
    for example in examples {
        match format(FileId(0), example) {
            Ok(formatted) => assert_eq!(formatted, example),
            Err(faults) => panic!("{}\n{example}", summary(example, &faults)),
        }
    }
}
