//! What the parser makes of good text, and of bad text.

use super::*;
use crate::source::SourceFile;
use crate::syntax::format;
use proptest::prelude::*;

/// The diagnostics of a text, one a line: place, code, message, help.
fn faults(text: &str) -> String {
    let source = SourceFile::new("policy.ordain", text);
    let (_, diagnostics) = parse(FileId(0), text);
    let lines = diagnostics.iter().map(|diagnostic| {
        let span = diagnostic.primary.span;
        let (start, end) = (source.position(span.start), source.position(span.end));
        let help = diagnostic.help.as_deref().unwrap_or("-");
        format!(
            "{} {}:{}-{}:{} {} / {help}",
            diagnostic.origin.id(),
            start.line,
            start.column,
            end.line,
            end.column,
            diagnostic.message,
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_declaration_of_the_tour_parses() {
    for text in [
        include_str!("tour.ordain"),
        include_str!("../../../examples/optimization/smart-resource-scaling.ordain"),
    ] {
        assert_eq!(faults(text), "");
        let (file, _) = parse(FileId(0), text);
        assert!(file.items.iter().all(|item| !item.broken));
    }
}

/// A text in which something nests, and whether it may.
fn nested(depth: usize) -> Vec<(&'static str, String)> {
    let around = |open: &str, inner: &str, close: &str| {
        format!("let x = {}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    vec![
        ("parentheses", around("(", "1", ")")),
        ("unclosed parentheses", around("(", "1", "")),
        ("lists", around("[", "", "]")),
        ("unclosed lists", around("[", "", "")),
        ("maps", around("{ \"a\": ", "1", "}")),
        ("indices", around("a[", "1", "]")),
        ("calls", around("f(", "1", ")")),
        ("broken calls", around("f(", "1 2", ")")),
        ("counts", around("count(x in ", "xs", ")")),
        ("broken counts", around("count(x in ", "xs ys", ")")),
        ("sums", around("sum(x in xs: ", "x", ")")),
        ("methods", around("a.f(", "1", ")")),
        ("quantifiers", around("any x in xs: ", "x", "")),
        (
            "quantifiers in conditions",
            around("no x in xs where ", "x", ": y"),
        ),
        ("broken quantifiers", around("any x in xs: ", "x y", "")),
        ("interpolations", around("\"{", "1", "}\"")),
        ("unclosed interpolations", around("\"{", "1", "")),
        (
            "types",
            format!("param x: {}Int{} = 1", "[".repeat(depth), "]".repeat(depth)),
        ),
        ("braces", format!("rule x {}", "{".repeat(depth))),
        (
            "broken statements",
            format!("rule x {{ require ) {} }}", "{".repeat(depth)),
        ),
        ("quotes", "let x = ".to_string() + &"\"{".repeat(depth)),
    ]
}

#[test]
fn what_nests_a_little_fits_a_small_stack() {
    let texts = nested(MAX_NESTING - 2);
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        for (name, text) in texts {
            let (_, diagnostics) = parse(FileId(0), &text);
            let is_too_deep = |diagnostic: &Diagnostic| diagnostic.origin.id() == "E0104";
            assert!(!diagnostics.iter().any(is_too_deep), "{name}: {diagnostics:?}");
        }
    });
    assert!(thread.is_ok_and(|thread| thread.join().is_ok()));
}

#[test]
fn what_nests_too_deeply_is_reported_at_once() {
    for (name, text) in nested(10_000) {
        let start = std::time::Instant::now();
        let found = faults(&text);
        assert!(
            found.contains("E0104") || found.contains("E0102"),
            "{name}: {found}"
        );
        assert_eq!(found.lines().count(), 1, "{name}: {found}");
        assert!(start.elapsed().as_secs() < 5, "{name} took {:?}", start.elapsed());
    }
}

#[test]
fn long_chains_of_operators_are_too_deep_as_well() {
    let chain = |part: &str| format!("let x = {}1", part.repeat(10_000));
    for text in [
        chain("not "),
        chain("-"),
        chain("a ?? "),
        chain("a and "),
        chain("a + "),
        format!("let x = a{}", ".b".repeat(10_000)),
        format!("let x = a{}", "[0]".repeat(10_000)),
        format!("let x = a{}", " as Int".repeat(10_000)),
    ] {
        let found = faults(&text);
        assert!(found.starts_with("E0104"), "{found}");
        assert_eq!(found.lines().count(), 1, "{found}");
    }
}

/// What holds of the result for any text.
fn is_sound(text: &str) -> Result<(), TestCaseError> {
    let (file, diagnostics) = parse(FileId(0), text);
    for diagnostic in &diagnostics {
        let labels = diagnostic
            .secondary
            .iter()
            .chain([&diagnostic.primary])
            .map(|label| label.span);
        let edits = diagnostic
            .fix
            .iter()
            .flat_map(|fix| &fix.edits)
            .map(|edit| edit.span);
        for span in labels.chain(edits) {
            prop_assert!(
                text.get(span.range()).is_some(),
                "{diagnostic:?} is not in {text:?}"
            );
        }
        prop_assert!(
            !diagnostic.message.contains("to be read"),
            "{text:?} was not read"
        );
    }
    let is_broken = file.items.iter().any(|item| item.broken);
    prop_assert!(
        !is_broken || !diagnostics.is_empty(),
        "broken without a word: {text:?}"
    );
    if diagnostics.is_empty() {
        prop_assert!(format(FileId(0), text).is_ok(), "{text:?} cannot be formatted");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        is_sound(&text)?;
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        is_sound(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn any_row_of_tokens_is_read(tokens in proptest::collection::vec(proptest::sample::select(TOKENS.to_vec()), 0..60)) {
        is_sound(&tokens.concat())?;
    }

    #[test]
    fn mutated_policies_are_read(
        start in 0..TOUR.len(),
        length in 0..1500_usize,
        edits in proptest::collection::vec((0..1500_usize, 0..20_usize, proptest::sample::select(TOKENS.to_vec())), 1..6),
    ) {
        let mut text: Vec<char> = TOUR.get(start..).unwrap_or(TOUR).chars().take(length).collect();
        for (place, removed, inserted) in edits {
            let place = place.min(text.len());
            let end = (place + removed).min(text.len());
            text.splice(place..end, inserted.chars());
        }
        is_sound(&text.into_iter().collect::<String>())?;
    }
}

const TOUR: &str = include_str!("tour.ordain");

/// Pieces that meet in policies.
const TOKENS: [&str; 62] = [
    " ",
    "\n",
    "\n  ",
    "\r\n",
    "\t",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "r\"",
    "'",
    "\\",
    "//",
    "///",
    "/",
    "#",
    ";",
    ":",
    ",",
    ".",
    "..",
    "=",
    "==",
    "??",
    "?",
    "!",
    "-",
    "|",
    "||",
    "é",
    "rule ",
    "rule x {\n",
    "test x {\n",
    "let ",
    "param ",
    "fn ",
    "use ",
    "for ",
    "require ",
    "forbid ",
    "where ",
    "message ",
    "fix set ",
    "any ",
    "no ",
    "not ",
    "in ",
    " is set",
    "count(",
    "sum(",
    "x",
    "Pod",
    "1",
    "5m",
    "4 USD",
    "optimize a {\n",
    "when ",
    "\"a {x} b\"",
];
