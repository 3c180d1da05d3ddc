// What holds for the reading of every text. Shared by the fuzz target and the mutation test of `cargo test`.

use ordain::manifest::{self, Fate, FileReading, Node, Reason, Surroundings};
use ordain::source::FileId;

/// Reads bytes as a file of this name; panics where something does not hold.
pub fn hold(name: &str, bytes: &[u8]) {
    let file = FileId(0);
    let decoded = manifest::decode(file, bytes.to_vec());
    let text = decoded.text.as_str();
    let parsed = manifest::parse(file, text, manifest::is_json(name));
    nothing_is_lost(text, &parsed);
    let documents = parsed.documents.len();
    let reading = manifest::read_text(file, name, text, Surroundings::default());
    assert_eq!(reading.fates.len(), documents, "each document has a fate");
    for finding in &reading.diagnostics {
        assert!(
            text.get(finding.primary.span.range()).is_some(),
            "{finding:?} points out of the text"
        );
    }
    for resource in &reading.resources {
        assert_eq!(
            reading.fates.get(resource.document as usize),
            Some(&Fate::Evaluated)
        );
        lies_within(&resource.root, text);
        let _ = manifest::to_json(&resource.root).to_string();
    }
    unread_is_said(&reading);
}

/// Every line with content lies in the extent of a document; an anchor or a tag of nothing is none.
fn nothing_is_lost(text: &str, parsed: &manifest::Parsed) {
    let extents: Vec<_> = parsed
        .documents
        .iter()
        .map(|document| document.extent.range())
        .collect();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let is_marker = ["---", "...", "%", "#", "//", "/*", "&", "!"]
            .iter()
            .any(|sign| content.starts_with(sign));
        let at = start + line.find(content).unwrap_or(0);
        let is_covered = || {
            extents
                .iter()
                .any(|extent| extent.start <= at + content.len() && at <= extent.end)
        };
        assert!(
            content.is_empty() || is_marker || is_covered(),
            "{content:?} is in no document of {text:?}"
        );
        start += line.len();
    }
}

/// What was left out because it can't be read has a finding that says so.
fn unread_is_said(reading: &FileReading) {
    for fate in &reading.fates {
        if let Fate::Unevaluated(unevaluated) = fate {
            let code = match unevaluated.reason {
                Reason::Unreadable(code) => code.id(),
                _ => "M0401",
            };
            let is_said = reading
                .diagnostics
                .iter()
                .any(|finding| finding.origin.id() == code);
            assert!(is_said, "nothing says {code}");
        }
    }
}

fn lies_within(node: &Node, text: &str) {
    assert!(
        text.get(node.span.range()).is_some(),
        "{node:?} points out of the text"
    );
    for entry in node.entries() {
        assert!(text.get(entry.key_span.range()).is_some());
        lies_within(&entry.value, text);
    }
    for element in node.elements() {
        lies_within(element, text);
    }
}
