//! A first look at policy text, before the grammar sees it.
//!
//! In: the text of a file. Out: its comments, the strings that are never closed, and a copy in which
//! whatever nests too deeply is blanked, so that the grammar's recursion is bounded.

use super::MAX_NESTING;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use crate::syntax::ast::Comment;
use std::borrow::Cow;
use std::ops::Range;

/// What the first look found.
pub(super) struct Scan<'t> {
    /// The text without what nests too deeply; offsets are those of the original, its end may miss.
    pub text: Cow<'t, str>,
    /// All comments but documentation, in order.
    pub comments: Vec<Comment>,
    /// Unclosed strings and too deep nesting.
    pub diagnostics: Vec<Diagnostic>,
    /// The bytes to which each of these diagnostics applies. A syntax error that touches one of them
    /// is its consequence.
    pub faults: Vec<Range<usize>>,
}

/// The words that start a declaration at the beginning of a line.
pub(super) const DECLARATION_WORDS: [&str; 13] = [
    "use", "pack", "let", "param", "fn", "metric", "rule", "budget", "optimize", "heal", "promote", "waive",
    "test",
];

/// Reserved words that end any quantifier before them.
const CLAUSE_WORDS: [&str; 8] = ["for", "let", "require", "forbid", "message", "help", "at", "fix"];

/// What encloses a place.
#[derive(Clone, Copy, PartialEq)]
enum Enclosure {
    Parenthesis,
    Bracket,
    Brace,
    /// Within `{…}` of a string that starts at this offset.
    Interpolation(usize),
    /// Right of a quantifier's word.
    Quantifier,
}

struct Scanner<'t> {
    file: FileId,
    text: &'t str,
    position: usize,
    enclosures: Vec<Enclosure>,
    /// The last byte that was neither white space nor comment.
    previous: u8,
    scan: Scan<'t>,
}

/// Looks through a text.
pub(super) fn scan(file: FileId, text: &str) -> Scan<'_> {
    let mut scanner = Scanner {
        file,
        text,
        position: 0,
        enclosures: Vec::new(),
        previous: b'\n',
        scan: Scan {
            text: Cow::Borrowed(text),
            comments: Vec::new(),
            diagnostics: Vec::new(),
            faults: Vec::new(),
        },
    };
    while let Some(byte) = scanner.byte(0) {
        scanner.step(byte);
    }
    scanner.leave_string();
    scanner.scan
}

/// Whether a byte may be part of a word.
pub(super) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The word that starts at an offset; empty if none does.
pub(super) fn word_at(text: &str, offset: usize) -> &str {
    let rest = text.get(offset..).unwrap_or("");
    let length = rest.bytes().take_while(|byte| is_word_byte(*byte)).count();
    &rest[..length]
}

/// Whether a declaration starts at an offset that is the beginning of a line.
fn starts_item(text: &str, offset: usize) -> bool {
    let rest = text.get(offset..).unwrap_or("");
    let word = word_at(text, offset);
    (rest.starts_with("///") && !rest.starts_with("////"))
        || (DECLARATION_WORDS.contains(&word) && !rest[word.len()..].starts_with('-'))
}

impl<'t> Scanner<'t> {
    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.position + ahead).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or("")
    }

    /// The offset of the first byte from here on that is one of these; the text's end without one.
    fn find(&self, bytes: &[u8]) -> usize {
        let rest = &self.text.as_bytes()[self.position..];
        let length = rest.iter().position(|byte| bytes.contains(byte));
        length.map_or(self.text.len(), |length| self.position + length)
    }

    /// The beginning of the next line at which a declaration starts; the text's end without one.
    fn next_item(&self) -> usize {
        let bytes = self.text.as_bytes();
        (self.position + 1..self.text.len())
            .find(|offset| matches!(bytes[offset - 1], b'\n' | b'\r') && starts_item(self.text, *offset))
            .unwrap_or(self.text.len())
    }

    fn fault(&mut self, diagnostic: Diagnostic, bytes: Range<usize>) {
        self.scan.diagnostics.push(diagnostic);
        self.scan.faults.push(bytes);
    }

    /// Reads one token outside of strings.
    fn step(&mut self, byte: u8) {
        let start = self.position;
        match byte {
            b'\n' | b'\r' => {
                self.leave_string();
                self.position += 1;
                if starts_item(self.text, self.position) {
                    self.enclosures.clear();
                }
                return;
            }
            b' ' | b'\t' => {
                self.position += 1;
                return;
            }
            b'/' if self.byte(1) == Some(b'/') => return self.comment(),
            b'"' if self.rest().starts_with("\"\"\"") => self.block_string(),
            b'"' => {
                self.position += 1;
                self.quoted(start);
            }
            b'(' => self.open(Enclosure::Parenthesis, 1),
            b'[' => self.open(Enclosure::Bracket, 1),
            b'{' => self.open(Enclosure::Brace, 1),
            b')' => self.close(|enclosure| enclosure == Enclosure::Parenthesis),
            b']' => self.close(|enclosure| enclosure == Enclosure::Bracket),
            b'}' => self.close_brace(),
            _ if is_word_byte(byte) => self.word(),
            _ => self.position += 1,
        }
        self.previous = byte;
    }

    fn word(&mut self) {
        let start = self.position;
        let word = word_at(self.text, start);
        if word == "r" && self.text.as_bytes().get(start + 1) == Some(&b'"') {
            return self.raw_string();
        }
        let is_field = self.previous == b'.';
        if !is_field && CLAUSE_WORDS.contains(&word) {
            while self.enclosures.last() == Some(&Enclosure::Quantifier) {
                self.enclosures.pop();
            }
        }
        if !is_field && matches!(word, "any" | "no") {
            self.open(Enclosure::Quantifier, word.len());
        } else {
            self.position += word.len();
        }
    }

    fn comment(&mut self) {
        let start = self.position;
        let is_documentation = self.rest().starts_with("///") && !self.rest().starts_with("////");
        self.position = self.find(b"\n\r");
        if !is_documentation {
            self.scan.comments.push(Comment {
                text: self.text[start..self.position].trim_end().to_string(),
                span: Span::new(self.file, start, self.position),
            });
        }
    }

    fn block_string(&mut self) {
        let start = self.position;
        let after = start + 3;
        if let Some(length) = self.text[after..].find("\"\"\"") {
            self.position = after + length + 3;
            return;
        }
        let end = self.next_item();
        let diagnostic = Diagnostic::new(
            Code::E0102,
            Span::new(self.file, start, after),
            "this `\"\"\"` text is never closed",
        )
        .help("close it with `\"\"\"`");
        self.blank(diagnostic, end);
    }

    fn raw_string(&mut self) {
        let start = self.position;
        self.position += 2;
        self.position = self.find(b"\"\n\r");
        if self.byte(0) == Some(b'"') {
            self.position += 1;
        } else {
            self.unclosed(start, self.position);
        }
    }

    /// Reads the plain part of a quoted string that starts at `start`, from the current position to
    /// its end or its next interpolation.
    fn quoted(&mut self, start: usize) {
        loop {
            self.position = self.find(b"\"\\{\n\r");
            match self.byte(0) {
                Some(b'"') => {
                    self.position += 1;
                    return;
                }
                Some(b'\\') if !matches!(self.byte(1), Some(b'\n' | b'\r') | None) => {
                    let escaped = self.text[self.position + 1..].chars().next();
                    self.position += 1 + escaped.map_or(0, char::len_utf8);
                    // The braces of `\u{…}` are not an interpolation.
                    if escaped == Some('u') && self.byte(0) == Some(b'{') {
                        self.position += 1;
                    }
                }
                Some(b'{') => return self.open(Enclosure::Interpolation(start), 1),
                _ => return self.unclosed(start, self.find(b"\n\r")),
            }
        }
    }

    /// Reports a string that the line's end at `end` cuts off, hides it from the grammar and goes on
    /// there. If it stands within another string, that one is reported.
    fn unclosed(&mut self, start: usize, end: usize) {
        self.position = end;
        if self
            .enclosures
            .iter()
            .any(|enclosure| matches!(enclosure, Enclosure::Interpolation(_)))
        {
            return;
        }
        let text = self.text[start..end].trim_end();
        let end = start + text.len();
        let help = match text.contains('{') && text.starts_with('"') {
            true => "close it with `\"`, and each `{` with `}`; a brace of the text itself is written `\\{`",
            false => "close it with `\"`; a text of several lines stands in `\"\"\"…\"\"\"`",
        };
        let diagnostic = Diagnostic::new(
            Code::E0102,
            Span::new(self.file, start, end),
            "this string is not closed on its line",
        );
        self.scan
            .text
            .to_mut()
            .replace_range(start..end, &" ".repeat(end - start));
        self.fault(diagnostic.help(help), start..end);
    }

    /// At the end of a line, leaves all strings in whose interpolations it lies.
    fn leave_string(&mut self) {
        let outermost = self
            .enclosures
            .iter()
            .enumerate()
            .find_map(|(index, enclosure)| match enclosure {
                Enclosure::Interpolation(start) => Some((index, *start)),
                _ => None,
            });
        if let Some((index, start)) = outermost {
            self.enclosures.truncate(index);
            self.unclosed(start, self.position);
        }
    }

    fn open(&mut self, enclosure: Enclosure, length: usize) {
        if self.enclosures.len() >= MAX_NESTING {
            let diagnostic = Diagnostic::new(
                Code::E0104,
                Span::new(self.file, self.position, self.position + length),
                format!("this is nested more than {MAX_NESTING} levels deep"),
            )
            .help("name parts of it with `let`, or move them into a `fn`");
            return self.blank(diagnostic, self.next_item());
        }
        self.enclosures.push(enclosure);
        self.position += length;
        if let Enclosure::Interpolation(_) = enclosure {
            self.previous = b'{';
        }
    }

    /// Closes the innermost enclosure of that form, with what is left open within it, unless a brace
    /// stands between.
    fn close(&mut self, is_match: impl Fn(Enclosure) -> bool) {
        self.position += 1;
        let barrier =
            |enclosure: &Enclosure| matches!(enclosure, Enclosure::Brace | Enclosure::Interpolation(_));
        let found = self
            .enclosures
            .iter()
            .enumerate()
            .rev()
            .take_while(|(_, enclosure)| !barrier(enclosure))
            .find(|(_, enclosure)| is_match(**enclosure));
        if let Some((index, _)) = found {
            self.enclosures.truncate(index);
        }
    }

    fn close_brace(&mut self) {
        self.position += 1;
        while let Some(enclosure) = self.enclosures.pop() {
            match enclosure {
                Enclosure::Brace => return,
                Enclosure::Interpolation(start) => return self.quoted(start),
                _ => {}
            }
        }
    }

    /// Reports a fault from the current position to `end`, hides these bytes from the grammar and
    /// goes on behind them.
    fn blank(&mut self, diagnostic: Diagnostic, end: usize) {
        let bytes = self.position..end;
        let text = self.scan.text.to_mut();
        if end == self.text.len() {
            text.truncate(bytes.start);
        } else {
            // The line end ends strings before it, too.
            text.replace_range(
                bytes.clone(),
                &format!("\n{:1$}", "", bytes.len().saturating_sub(1)),
            );
        }
        self.fault(diagnostic, bytes);
        self.enclosures.clear();
        self.position = end;
    }
}
