//! Where the documents of a file begin and end.
//!
//! In: the text of a file. Out: its parts between lines that begin with `---`. `kubectl` cuts a file in this
//! way before any YAML reader sees it, so a part that can't be read leaves the others alone.

use std::ops::Range;

/// A part of a file between two separators.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    /// The bytes from the separator in front of it, which is included, up to the next one.
    pub range: Range<usize>,
    /// The content that stands on the separator's own line, which `kubectl` refuses.
    pub beside_separator: Option<Range<usize>>,
}

/// Cuts `text[start..]` at each line that begins with `---`.
pub(super) fn split(text: &str, start: usize) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut current = Chunk {
        range: start..text.len(),
        beside_separator: None,
    };
    let mut offset = start;
    for line in text[start..].split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("---") {
            let beside = rest.trim();
            let beside_start = offset + 3 + (rest.len() - rest.trim_start().len());
            current.range.end = offset;
            let next = Chunk {
                range: offset..text.len(),
                beside_separator: (!beside.is_empty() && !beside.starts_with('#'))
                    .then(|| beside_start..beside_start + beside.len()),
            };
            chunks.push(std::mem::replace(&mut current, next));
        }
        offset += line.len();
    }
    chunks.push(current);
    chunks.retain(|chunk| !chunk.range.is_empty());
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, parts: &[&str]) {
        let found: Vec<&str> = split(text, 0)
            .into_iter()
            .map(|chunk| &text[chunk.range])
            .collect();
        assert_eq!(found, parts);
    }

    #[test]
    fn separators_begin_a_line() {
        check("a: 1\n---\nb: 2\n", &["a: 1\n", "---\nb: 2\n"]);
        check(
            "--- # first\na: 1\r\n---\r\nb: 2",
            &["--- # first\na: 1\r\n", "---\r\nb: 2"],
        );
        check("a: |\n  ---\n  b\n", &["a: |\n  ---\n  b\n"]);
        check("a: 1\r---\rb: 2\r", &["a: 1\r---\rb: 2\r"]);
        check("", &[]);
    }

    #[test]
    fn content_beside_a_separator_is_found() {
        let text = "--- {a: 1}\n---\n---x\n";
        let found: Vec<Option<&str>> = split(text, 0)
            .into_iter()
            .map(|chunk| chunk.beside_separator.map(|range| &text[range]))
            .collect();
        assert_eq!(found, [Some("{a: 1}"), None, Some("x")]);
    }
}
