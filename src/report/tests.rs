//! Every format over one small run, and over texts that want to be obeyed.

use super::*;
use crate::codes::Code;
use crate::diagnostic::ObjectReference;
use crate::source::{FileId, SourceFile, Span};

/// Texts, and diagnostics at the words in them.
struct Fixture {
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
    summary: Summary,
}

impl Fixture {
    fn new(files: &[(&str, &str)]) -> Fixture {
        let mut sources = Sources::new();
        for (path, text) in files {
            sources.add(SourceFile::new(*path, *text));
        }
        let summary = Summary {
            files: files.len(),
            documents: files.len(),
            evaluated: files.len(),
            ..Summary::default()
        };
        Fixture {
            sources,
            diagnostics: Vec::new(),
            summary,
        }
    }

    /// The bytes of `words` in the file of that index.
    fn span(&self, file: u32, words: &str) -> Span {
        let text = &self.sources.file(FileId(file)).text;
        let start = text
            .find(words)
            .unwrap_or_else(|| panic!("no `{words}` in file {file}"));
        Span::new(FileId(file), start, start + words.len())
    }

    fn render(&self, format: Format, limit: Option<usize>) -> String {
        let style = Style {
            color: false,
            width: 80,
            limit,
            fail_on: Severity::Medium,
        };
        let report = Report {
            diagnostics: &self.diagnostics,
            sources: &self.sources,
            rules: &[],
            summary: &self.summary,
        };
        render(format, &report, &style)
    }
}

/// A finding with everything that a finding can have, a second one of its rule, and a fault of reading.
fn ordinary() -> Fixture {
    let mut fixture = Fixture::new(&[
        (
            "apps/web.yaml",
            "kind: Deployment\nspec:\n  hostNetwork: true\n  containers:\n    - name: web\n      securityContext:\n        privileged: true\n",
        ),
        (
            "policies/pods.ordain",
            "rule privileged-container {\n  for c in containers\n  forbid c.securityContext.privileged ?? false\n}\n",
        ),
        ("apps/namespace.yaml", "kind: Namespace\nmetadata: {name: shop}\n"),
        ("apps/broken.yaml", "a: [1, 2\nb: c\n"),
    ]);
    fixture.summary.mendable = Mendable { safe: 1, others: 0 };
    let object = ObjectReference {
        api_version: "apps/v1".to_string(),
        kind: "Deployment".to_string(),
        name: "web".to_string(),
        namespace: "shop".to_string(),
    };
    let clause = fixture.span(1, "forbid c.securityContext.privileged ?? false");
    let value = fixture.span(0, "true\n").at_start();
    let privileged = Span {
        start: fixture.span(0, "privileged: true").start + 12,
        end: fixture.span(0, "privileged: true").end,
        ..value
    };
    fixture.diagnostics = vec![
        Diagnostic::new(
            Code::E0101,
            fixture.span(3, "b: c"),
            "expected `,` or `]`, found `b`",
        )
        .label("here")
        .help("close the list"),
        Diagnostic::finding(
            "privileged-container".into(),
            Severity::Critical,
            privileged,
            "`web` runs privileged",
        )
        .label("found `true`, expected `false`")
        .with(fixture.span(0, "name: web"), "of this container")
        .with(fixture.span(2, "shop"), "the namespace is declared here")
        .help("grant the one capability that it needs")
        .fix("set `privileged` to `false`", true, privileged, "false")
        .object(object.clone())
        .clause(clause),
        Diagnostic::finding(
            "privileged-container".into(),
            Severity::Critical,
            fixture.span(0, "spec:\n  hostNetwork: true"),
            "`sidecar` runs privileged",
        )
        .object(object)
        .clause(clause),
    ];
    fixture.summary.evaluated = 2;
    fixture.summary.documents = 4;
    fixture.summary.foreign = 1;
    fixture.summary.unevaluated = vec![Unevaluated {
        file: "chart/templates/a.yaml".to_string(),
        document: 0,
        reason: "Helm template".to_string(),
        listed: None,
    }];
    fixture.summary.without_schema = vec![WithoutSchema {
        api_version: "example.com/v1".to_string(),
        kind: "Database".to_string(),
        objects: 2,
    }];
    fixture.summary.undecided = vec![Undecided {
        rule: "network-policy".to_string(),
        object: None,
        reason: "needs the NetworkPolicies of the repository".to_string(),
    }];
    fixture
}

/// Line ends of every kind, escape sequences, marks that reorder text, characters of double width,
/// tabs, percent signs and a line of thousands of characters.
fn tricky() -> Fixture {
    let text = format!(
        "name: \"\u{1b}[31m\u{202e}evil 100%\"\r\n\tkey: 名前 value\r\nlong: \"{}needle{}\"\r\nlast: '%0A::error::'",
        "名".repeat(3000),
        "y".repeat(3000)
    );
    let mut fixture = Fixture::new(&[("a,b:%\u{1b}.yaml", &text)]);
    let end = Span::new(FileId(0), text.len(), text.len());
    let cases = [
        (
            fixture.span(0, "evil 100%"),
            "`\u{1b}[31m\u{202e}evil 100%\n::error::x` is no name",
        ),
        (
            fixture.span(0, "value"),
            "wide characters and a tab stand before it",
        ),
        (fixture.span(0, "needle"), "in the middle of a long line"),
        (end, "something is missing at the end"),
    ];
    for (span, message) in cases {
        fixture.diagnostics.push(
            Diagnostic::finding("tricky".into(), Severity::High, span, message)
                .label("a\nb")
                .help("first line\nsecond \u{1b}[2J line"),
        );
    }
    fixture
}

macro_rules! snapshots {
    ($($name:ident: $format:ident),*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(ordinary().render(Format::$format, None));
        }
    )*};
}

snapshots!(full: Full, compact: Compact, concise: Concise, json: Json, sarif: Sarif, github: Github);

#[test]
fn full_of_tricky_text() {
    insta::assert_snapshot!(tricky().render(Format::Full, None));
}

#[test]
fn compact_of_tricky_text() {
    insta::assert_snapshot!(tricky().render(Format::Compact, None));
}

#[test]
fn lines_of_tricky_text() {
    let fixture = tricky();
    let concise = fixture.render(Format::Concise, None);
    let github = fixture.render(Format::Github, None);
    insta::assert_snapshot!(format!("{concise}---\n{github}"));
}

#[test]
fn no_format_lets_a_hidden_character_through() {
    for format in Format::words().filter_map(Format::of_word) {
        let text = tricky().render(format, None);
        let hidden: Vec<char> = text
            .chars()
            .filter(|character| escape::is_hidden(*character) && *character != '\n')
            .collect();
        assert!(hidden.is_empty(), "{hidden:?} in {format:?}");
    }
}

#[test]
fn json_keeps_what_was_written() {
    let fixture = tricky();
    let json: serde_json::Value =
        serde_json::from_str(&fixture.render(Format::Json, None)).unwrap_or_default();
    assert_eq!(json["findings"][0]["message"], fixture.diagnostics[0].message);
    assert_eq!(json["findings"][0]["file"], "a,b:%\u{1b}.yaml");
    assert_eq!(json["findings"][1]["column"], 14, "bytes, not characters");
}

#[test]
fn a_clean_run_is_short_and_still_a_whole_document() {
    let fixture = Fixture::new(&[("a.yaml", "a: 1\n")]);
    insta::assert_snapshot!(fixture.render(Format::Full, None), @r"
    no findings
    1 document in 1 file: 1 evaluated
    ");
    let sarif: serde_json::Value =
        serde_json::from_str(&fixture.render(Format::Sarif, None)).unwrap_or_default();
    assert_eq!(sarif["runs"][0]["results"], serde_json::json!([]));
}

#[test]
fn a_limit_keeps_the_gravest_and_says_what_it_hides() {
    let mut fixture = ordinary();
    fixture.diagnostics[1].severity = Severity::Low;
    let text = fixture.render(Format::Concise, Some(2));
    assert!(!text.contains("low[privileged-container]"), "{text}");
    assert!(text.contains("1 less grave not shown"), "{text}");
}

/// A rule that finds something on ten thousand lines.
fn repeated() -> Fixture {
    let mut fixture = Fixture::new(&[
        ("a.yaml", &"privileged: true\n".repeat(10_000)),
        ("p.ordain", "forbid privileged"),
    ]);
    let clause = fixture.span(1, "forbid privileged");
    for line in 0..10_000 {
        let span = Span::new(FileId(0), line * 17 + 12, line * 17 + 16);
        fixture.diagnostics.push(
            Diagnostic::finding("privileged".into(), Severity::High, span, "it runs privileged")
                .clause(clause),
        );
    }
    fixture
}

#[test]
fn ten_thousand_findings_show_the_clause_once() {
    let text = repeated().render(Format::Full, None);
    assert_eq!(text.matches("this clause says so").count(), 1);
    assert_eq!(text.matches("(policy: p.ordain:1)").count(), 9_999);
    assert!(text.lines().count() <= 11 * 10_000, "{}", text.lines().count());
}
