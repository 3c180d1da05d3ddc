//! What holds for every text, however broken.

use super::*;
use crate::codes::Code;
use crate::diagnostic::Origin;
use crate::source::FileId;
use proptest::prelude::*;

/// Pieces of which interesting texts are made.
const PIECES: &[&str] = &[
    "apiVersion: v1\n",
    "kind: Pod\n",
    "kind: List\nitems:\n",
    "metadata:\n  name: a\n",
    "---\n",
    "--- ",
    "...\n",
    "- ",
    "  ",
    "\n",
    "\t",
    ": ",
    "? ",
    "a",
    "\"",
    "'",
    "\\",
    "|\n",
    ">-\n",
    "&x ",
    "*x",
    "<<: ",
    "!!int ",
    "! ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "#",
    "# {{ .a }}\n",
    "{{ .b }}",
    "yes",
    "0777",
    "1e3",
    ".inf",
    "~",
    "é",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "\r",
    "\0",
    "%YAML 1.2\n",
    "{\"a\": 1}",
    "//",
    "/*",
    "\\ud83d",
    "$patch: x\n",
    "sops: {mac: \"ENC[\"}\n",
];

fn pieces() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

fn surroundings() -> impl Strategy<Value = Surroundings> {
    any::<[bool; 5]>().prop_map(
        |[chart_template, control, patch, kustomized, kustomization]| Surroundings {
            chart_template,
            control,
            patch,
            kustomized,
            kustomization,
        },
    )
}

/// Reads bytes and checks what must hold.
fn check(name: &str, bytes: Vec<u8>, surroundings: Surroundings) -> Result<(), TestCaseError> {
    let decoded = decode(FileId(0), bytes);
    let text = decoded.text.as_str();
    let documents = parse(FileId(0), text, is_json(name)).documents.len();
    let reading = read_text(FileId(0), name, text, surroundings);
    prop_assert_eq!(reading.fates.len(), documents);
    for finding in &reading.diagnostics {
        prop_assert!(text.get(finding.primary.span.range()).is_some(), "{:?}", finding);
    }
    for resource in &reading.resources {
        prop_assert!((resource.document as usize) < documents);
        prop_assert_eq!(&reading.fates[resource.document as usize], &Fate::Evaluated);
        within(&resource.root, text)?;
    }
    // What was left out because it can't be read has a finding that says so.
    for fate in &reading.fates {
        if let Fate::Unevaluated(unevaluated) = fate {
            let code = match unevaluated.reason {
                Reason::Unreadable(code) => code,
                _ => Code::M0401,
            };
            prop_assert!(
                reading
                    .diagnostics
                    .iter()
                    .any(|finding| finding.origin == Origin::Code(code))
            );
        }
    }
    Ok(())
}

fn within(node: &Node, text: &str) -> Result<(), TestCaseError> {
    prop_assert!(text.get(node.span.range()).is_some(), "{:?} in {:?}", node, text);
    for entry in node.entries() {
        prop_assert!(text.get(entry.key_span.range()).is_some());
        within(&entry.value, text)?;
    }
    node.elements().iter().try_for_each(|node| within(node, text))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200), around in surroundings()) {
        check("a.yaml", bytes.clone(), around)?;
        check("a.json", bytes, around)?;
    }

    #[test]
    fn any_pieces_are_read(text in pieces(), around in surroundings()) {
        check("a.yaml", text.clone().into_bytes(), around)?;
        check("a.json", text.into_bytes(), around)?;
    }

    #[test]
    fn mutated_manifests_are_read(at in any::<prop::sample::Index>(), cut in 0usize..20, piece in pieces()) {
        const TEXT: &str = "apiVersion: apps/v1\nkind: Deployment # c\nmetadata:\n  name: \"a\"\n  labels: &l {a: b, c: 'd'}\nspec:\n  \
            selector:\n    matchLabels: *l\n  template:\n    spec:\n      containers:\n      - name: x\n        args:\n        - |\n          \
            sh\n          -c\n        - >-\n          folded\n        image: é/x:1\n---\n{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": []}\n";
        let start = at.index(TEXT.len());
        let end = (start + cut).min(TEXT.len());
        let bytes = [&TEXT.as_bytes()[..start], piece.as_bytes(), &TEXT.as_bytes()[end..]].concat();
        check("a.yaml", bytes, Surroundings::default())?;
    }

    /// A syntax error in one document leaves the objects of the others as they are.
    #[test]
    fn documents_do_not_touch_each_other(broken in pieces()) {
        // A separator with something beside it would belong to both sides.
        let broken = broken.replace("--", "- ");
        let object = |name: &str| format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n");
        let text = format!("{}---\n{broken}\n---\n{}", object("first"), object("last"));
        let reading = read_text(FileId(0), "a.yaml", &text, Surroundings::default());
        let names: Vec<&str> = reading.resources.iter().map(|resource| resource.name.as_str()).collect();
        prop_assert_eq!(names.first(), Some(&"first"));
        prop_assert_eq!(names.last(), Some(&"last"));
    }
}

/// Each page of a code on reading shows a text that has the fault, and one that has none.
#[test]
fn pages_show_what_they_say() {
    for code in Code::ALL.iter().filter(|code| code.id().starts_with('M')) {
        let page = code.page();
        assert!(
            page.starts_with(&format!("# {}: {}\n", code.id(), code.title())),
            "{}",
            code.id()
        );
        for (language, text) in examples(page) {
            let reading = read_text(FileId(0), "a.yaml", &text, Surroundings::default());
            let codes: Vec<&str> = reading
                .diagnostics
                .iter()
                .map(|finding| finding.origin.id())
                .collect();
            let expected: &[&str] = if language == "yaml" { &[code.id()] } else { &[] };
            assert_eq!(codes, expected, "{}: {text}", code.id());
        }
    }
}

/// The blocks of YAML of a page, with their language.
fn examples(page: &str) -> Vec<(&str, String)> {
    let mut examples = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language @ ("yaml" | "yaml,good")) = line.strip_prefix("```") {
            let text = lines
                .by_ref()
                .take_while(|line| *line != "```")
                .map(|line| format!("{line}\n"))
                .collect();
            examples.push((language, text));
        }
    }
    examples
}
