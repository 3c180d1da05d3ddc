//! Syntax tree → policy text in its canonical layout.
//!
//! In: the text of a policy, or a tree. Out: text that parses to the same tree, with all comments.
//! Two spaces of indentation, lines of at most 100 characters where they can be broken, one empty line
//! between declarations, parentheses only where they are needed.

#[cfg(test)]
mod arbitrary;
mod automations;
mod declarations;
mod expressions;
mod layout;
mod literals;
#[cfg(test)]
mod tests;

pub use literals::quoted;

use super::ast::{Comment, File};
use super::parse;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use layout::{Doc, lay_out};

/// Formats the text of a policy. A text with mistakes is not formatted: then these are returned.
pub fn format(file: FileId, text: &str) -> Result<String, Vec<Diagnostic>> {
    let (tree, diagnostics) = parse(file, text);
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    let formatted = Writer::new(&tree, text).file(&tree);
    // INVARIANT: formatting changes neither meaning nor comments. Were it to, the text stays as it is.
    let (again, diagnostics) = parse(file, &formatted);
    let texts = |file: &File| {
        file.comments
            .iter()
            .map(|comment| comment.text.clone())
            .collect::<Vec<_>>()
    };
    let is_same = diagnostics.is_empty()
        && texts(&again) == texts(&tree)
        && again.without_spans() == tree.without_spans();
    if is_same {
        return Ok(formatted);
    }
    let start = Span::new(file, 0, 0);
    Err(vec![
        Diagnostic::new(
            Code::E0101,
            start,
            "this file cannot be formatted without changing its meaning",
        )
        .help("leave it as it is, and report the file as a fault of the formatter"),
    ])
}

/// The canonical text of a tree without comments.
pub fn print(file: &File) -> String {
    Writer::new(&File::default(), "").file(file)
}

/// Makes documents of trees.
struct Writer<'a> {
    /// The text that the tree was parsed from: it tells where empty lines and comments stand.
    text: &'a str,
    /// The comments that have not been written yet.
    comments: &'a [Comment],
}

impl<'a> Writer<'a> {
    fn new(tree: &'a File, text: &'a str) -> Writer<'a> {
        Writer {
            text,
            comments: &tree.comments,
        }
    }

    /// Takes the next comment if it starts before an offset.
    fn comment_before(&mut self, offset: u32) -> Option<&'a Comment> {
        let (first, rest) = self.comments.split_first()?;
        if first.span.start >= offset {
            return None;
        }
        self.comments = rest;
        Some(first)
    }

    /// Whether only white space stands before an offset in its line.
    fn starts_line(&self, offset: u32) -> bool {
        let before = self.text.get(..offset as usize).unwrap_or("");
        before
            .trim_end_matches([' ', '\t'])
            .chars()
            .next_back()
            .is_none_or(|c| c == '\n' || c == '\r')
    }

    /// Whether an empty line stands right before what starts at an offset.
    fn has_blank_before(&self, offset: u32) -> bool {
        let before = self.text.get(..offset as usize).unwrap_or("");
        let space = &before[before.trim_end_matches([' ', '\t', '\n', '\r']).len()..];
        space.replace("\r\n", "\n").matches(['\n', '\r']).count() > 1
    }

    /// The line end before a part of an expression, with the comments around it.
    fn gap(&mut self, start: u32, line: Doc) -> Vec<Doc> {
        let mut docs = Vec::new();
        let mut own_lines = Vec::new();
        while let Some(comment) = self.comment_before(start) {
            if self.starts_line(comment.span.start) {
                own_lines.extend([Doc::text(&comment.text), Doc::Hardline]);
            } else {
                docs.push(Doc::Trailing(comment.text.clone()));
            }
        }
        docs.push(line);
        docs.extend(own_lines);
        docs
    }

    /// A row of parts between brackets, broken into lines if it is too long or holds comments.
    /// `end` is where the closing bracket ends.
    fn bracketed<T>(
        &mut self,
        brackets: Brackets,
        parts: &[T],
        start: impl Fn(&T) -> u32,
        end: u32,
        mut write: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Doc {
        let (open, close) = brackets.marks;
        let mut inner = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let line = if index == 0 {
                &brackets.space
            } else {
                &brackets.between
            };
            if index > 0 {
                inner.push(Doc::text(","));
            }
            inner.extend(self.gap(start(part), line.clone()));
            inner.push(write(self, part));
        }
        if !parts.is_empty() {
            inner.push(Doc::IfBroken(","));
        }
        while let Some(comment) = self.comment_before(end) {
            if self.starts_line(comment.span.start) {
                inner.extend([Doc::Hardline, Doc::text(&comment.text)]);
            } else {
                inner.push(Doc::Trailing(comment.text.clone()));
            }
        }
        if inner.is_empty() {
            return Doc::text(format!("{open}{close}"));
        }
        Doc::group(vec![
            Doc::text(open),
            Doc::indent(inner),
            brackets.space,
            Doc::text(close),
        ])
    }
}

/// How a row of parts is set in brackets.
struct Brackets {
    /// The opening and the closing one.
    marks: (&'static str, &'static str),
    /// What stands between the brackets and what they hold.
    space: Doc,
    /// What stands behind a comma.
    between: Doc,
}

impl Brackets {
    const BRACES: Brackets = Brackets {
        marks: ("{", "}"),
        space: Doc::Line,
        between: Doc::Line,
    };

    const PARENTHESES: Brackets = Brackets {
        marks: ("(", ")"),
        space: Doc::Softline,
        between: Doc::Line,
    };
}

/// The rows of a file or a body, each on its own line.
#[derive(Default)]
struct Rows {
    docs: Vec<Doc>,
    has_row: bool,
}

impl Rows {
    fn add(&mut self, doc: Doc, blank_before: bool) {
        if blank_before && self.has_row {
            self.docs.push(Doc::Blank);
        }
        self.docs.push(Doc::Hardline);
        self.docs.push(doc);
        self.has_row = true;
    }

    /// Adds the comments that start before an offset.
    fn comments(&mut self, writer: &mut Writer, offset: u32) {
        while let Some(comment) = writer.comment_before(offset) {
            if writer.starts_line(comment.span.start) {
                let blank = writer.has_blank_before(comment.span.start);
                self.add(Doc::text(&comment.text), blank);
            } else {
                self.trail(comment);
            }
        }
    }

    /// Adds a comment at the end of the last row's line.
    fn trail(&mut self, comment: &Comment) {
        self.docs.push(Doc::Trailing(comment.text.clone()));
    }
}
