//! The chunks of a YAML file, each read as well as it can be.
//!
//! In: the text of a file. Out: its documents. What stands in a chunk's way is mended or masked for the
//! reader, byte for byte, and said: control characters, line breaks that only old readers see, quoted lines
//! that are not indented.

use super::encoding::{is_forbidden, is_printable_ascii};
use super::mapping::Dialect;
use super::source::ChunkText;
use super::{Document, Parsed, chunks, faults, tabs, yaml};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use granit_parser::ErrorKind;
use std::ops::Range;

/// How many quoted scalars of a chunk may need help with their indentation; each costs one more reading.
const MAXIMUM_REPAIRS: usize = 20;

/// Reads `text[start..]` into `parsed`.
pub(super) fn read_all(file: FileId, text: &str, start: usize, parsed: &mut Parsed) {
    for chunk in chunks::split(text, start) {
        let mut range = chunk.range;
        range.start += behind_byte_order_mark(&text[range.clone()], chunk.beside_separator.is_some());
        let (directives, has_content) = directives(text, &range);
        if let Some(directive) = directives {
            parsed.faults.push(
                Diagnostic::new(
                    Code::M0210,
                    Span::new(file, directive.start, directive.end),
                    format!("`kubectl` refuses the directive `{}`", &text[directive]),
                )
                .help("remove it"),
            );
        }
        if let Some(at) = leading_end(&text[range.clone()]) {
            let at = range.start + at;
            let message = "`kubectl` refuses `...` in front of a document";
            let fault = Diagnostic::new(Code::M0209, Span::new(file, at, at + 3), message);
            parsed.faults.push(fault.help("remove it"));
        }
        if !has_content {
            continue;
        }
        let first = parsed.documents.len();
        read_chunk(file, text, range, parsed);
        if let (Some(beside), Some(document)) = (chunk.beside_separator, parsed.documents.get_mut(first)) {
            document.faults.push(
                Diagnostic::new(
                    Code::M0209,
                    Span::new(file, beside.start, beside.end),
                    "`kubectl` refuses what stands beside `---`",
                )
                .help("begin the document on the next line"),
            );
        }
    }
}

/// Where a chunk begins behind its byte order mark, which files that were put together have in their midst.
fn behind_byte_order_mark(chunk: &str, content_beside_separator: bool) -> usize {
    let separator = match chunk.starts_with("---") && !content_beside_separator {
        true => chunk.find('\n').map_or(0, |end| end + 1),
        false => 0,
    };
    match chunk[separator..].strip_prefix('\u{FEFF}') {
        Some(rest) => chunk.len() - rest.len(),
        None => 0,
    }
}

/// Where `...` stands in front of all content of a chunk.
fn leading_end(chunk: &str) -> Option<usize> {
    let mut at = 0;
    for line in chunk.split_inclusive('\n') {
        let trimmed = line.trim();
        if line.starts_with("...")
            && matches!(line.as_bytes().get(3), None | Some(b' ' | b'\t' | b'\r' | b'\n'))
        {
            return Some(at);
        }
        if !(trimmed.is_empty() || trimmed.starts_with('#') || at == 0 && trimmed.starts_with("---")) {
            return None;
        }
        at += line.len();
    }
    None
}

/// The first directive at the head of a chunk, and whether anything but directives and comments follows.
fn directives(text: &str, range: &Range<usize>) -> (Option<Range<usize>>, bool) {
    let mut offset = range.start;
    let mut found = None;
    for line in text[range.clone()].split_inclusive('\n') {
        let trimmed = line.trim();
        if line.starts_with('%') {
            found.get_or_insert(offset..offset + line.trim_end().len());
        } else if !trimmed.is_empty() && !trimmed.starts_with('#') && trimmed != "---" {
            // A carriage return alone or a hidden break may end a comment early.
            return (found, true);
        } else if trimmed.contains(['\r', '\u{85}', '\u{2028}', '\u{2029}']) {
            return (found, true);
        }
        offset += line.len();
    }
    (found, false)
}

fn read_chunk(file: FileId, text: &str, range: Range<usize>, parsed: &mut Parsed) {
    let base = range.start;
    let written = &text[range.clone()];
    let mut readable = ChunkText::new(file, base, written);
    let find = |text: &str, which: fn(char) -> bool| {
        let found = || text.char_indices().find(|(_, c)| which(*c));
        if is_printable_ascii(text) { None } else { found() }
    };
    if let Some((at, c)) = find(written, is_forbidden) {
        let span = Span::new(file, base + at, base + at + c.len_utf8());
        parsed.faults.push(
            Diagnostic::new(
                Code::M0105,
                span,
                format!(
                    "the control character U+{:04X} is not allowed in YAML",
                    u32::from(c)
                ),
            )
            .help("remove it, or write it as an escape in double quotes"),
        );
        readable = readable.masked(mask(written, is_forbidden, |_| '?'));
    }
    let mut hidden_break = None;
    let (chunk, repairs) = match find(&readable.text, breaks_unseen) {
        None => read_repaired(readable),
        Some((at, c)) => {
            let with_breaks = mask(
                &readable.text,
                breaks_unseen,
                |last| if last { '\n' } else { ' ' },
            );
            let read = read_repaired(readable.masked(with_breaks));
            let (shown, _) = read_repaired(readable);
            if !same_documents(&shown.documents, &read.0.documents) {
                hidden_break = Some((base + at, c));
            }
            read
        }
    };
    let first = parsed.documents.len();
    for mut document in chunk.documents {
        if parsed.documents.len() > first {
            document.faults.push(second_document(text, document.span));
        }
        parsed.documents.push(document);
    }
    if let Some(stop) = chunk.stop {
        // What follows the first document is lost on `kubectl` as well; only content is worth a word.
        let rest = text
            .get(stop.fault.primary.span.start as usize..range.end)
            .unwrap_or("");
        let only_directives = parsed.documents.len() > first && !directives(rest, &(0..rest.len())).1;
        if !only_directives {
            parsed.documents.push(Document {
                span: stop.fault.primary.span,
                extent: Span::new(file, range.start, range.end),
                readings: Vec::new(),
                faults: Vec::new(),
                broken: Some(stop.fault),
                template: false,
                ambiguous: false,
            });
        }
    }
    let Some(document) = parsed.documents.get_mut(first) else {
        return;
    };
    document.faults.extend(repairs);
    if let Some((at, c)) = hidden_break {
        document.faults.push(
            Diagnostic::new(
                Code::M0211,
                Span::new(file, at, at + c.len_utf8()),
                format!(
                    "U+{:04X} ends the line for `kubectl`, though editors don't show it",
                    u32::from(c)
                ),
            )
            .help("remove it, or replace it by an ordinary line break"),
        );
    }
}

fn breaks_unseen(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The text with other characters in the place of some, byte for byte. `with` is told whether it is asked
/// for the last byte of a character.
fn mask(text: &str, which: fn(char) -> bool, with: fn(bool) -> char) -> String {
    let mut masked = String::with_capacity(text.len());
    for c in text.chars() {
        if which(c) {
            masked.extend((1..=c.len_utf8()).map(|byte| with(byte == c.len_utf8())));
        } else {
            masked.push(c);
        }
    }
    masked
}

fn same_documents(a: &[Document], b: &[Document]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            a.readings.len() == b.readings.len()
                && a.readings.iter().zip(&b.readings).all(|(a, b)| a.same_value(b))
        })
}

fn second_document(text: &str, span: Span) -> Diagnostic {
    let before = text.get(..span.start as usize).unwrap_or("").trim_end();
    let message = if before.ends_with("...") {
        "`kubectl` does not read what follows `...`"
    } else {
        "`kubectl` does not read this document: no line of its own that ends with a line feed separates it"
    };
    Diagnostic::new(Code::M0209, span.at_start(), message)
        .help("separate documents by a line `---`, and end lines with a line feed")
}

/// Reads a chunk in the dialects that its text calls for, with the lines of quoted scalars indented as far as
/// the reader demands.
fn read_repaired(mut text: ChunkText) -> (yaml::Chunk, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let written = text.text.clone();
    let mut blanked = false;
    loop {
        let chunk = yaml::read(&text, Dialect::Kubectl);
        if let Some(stop) = &chunk.stop
            && !blanked
            && text.has_tabs
            && stop.error.as_ref().is_some_and(faults::is_tab)
        {
            // Tabs that `kubectl` reads as well stand in quotes and brackets; the others are said below.
            blanked = true;
            text.text = tabs::blanked(&text.text).into();
            continue;
        }
        if faults.len() < MAXIMUM_REPAIRS
            && let Some(stop) = &chunk.stop
            && let Some(ErrorKind::InvalidQuotedScalarIndent) = stop.error
            && let Some(lines) = unindented_lines(&text.text, stop.at)
            && let [first, ..] = lines.as_slice()
        {
            faults.push(
                Diagnostic::new(
                    Code::M0214,
                    text.span(*first..*first),
                    "a quoted text goes on in a line that is not indented more than its key",
                )
                .help("indent the line: not every reader of YAML takes it as it is"),
            );
            text.indent(&lines);
            continue;
        }
        let mut chunk = chunk;
        if faults.is_empty() && text.has_tabs {
            let end = chunk.stop.as_ref().map_or(written.len(), |stop| stop.at);
            if let Some(at) = tabs::first_refused(&written, &chunk.layout, end) {
                let fault = Diagnostic::new(
                    Code::M0201,
                    text.span(at..at + 1),
                    "YAML syntax: a tab stands for indentation",
                );
                faults.push(fault.help("indent with spaces"));
            }
        }
        if chunk.documents.iter().any(|document| document.ambiguous) {
            let others = yaml::read(&text, Dialect::Kustomize).documents;
            for (document, other) in chunk.documents.iter_mut().zip(others) {
                let fresh =
                    |node: &super::Node| !document.readings.iter().any(|known| known.same_value(node));
                let more: Vec<super::Node> = other.readings.into_iter().filter(fresh).collect();
                document.readings.extend(more);
            }
        }
        return (chunk, faults);
    }
}

/// The starts of the lines that the quoted scalar at `open` goes on in, if its quotes are closed.
fn unindented_lines(text: &str, open: usize) -> Option<Vec<usize>> {
    let bytes = text.as_bytes();
    let quote = *bytes.get(open).filter(|byte| matches!(byte, b'"' | b'\''))?;
    let mut lines = Vec::new();
    let mut index = open + 1;
    while index < bytes.len() {
        match bytes[index] {
            b'\\' if quote == b'"' => index += 1,
            b'\'' if quote == b'\'' && bytes.get(index + 1) == Some(&b'\'') => index += 1,
            byte if byte == quote => return Some(lines),
            b'\n' => lines.push(index + 1),
            _ => {}
        }
        index += 1;
    }
    None
}
