//! Policy text → syntax tree.
//!
//! In: the text of a policy file. Out: everything in it that is in the language, and a diagnostic for
//! everything that is not. The grammar is `grammar/ordain.pest`; nothing outside this folder knows of
//! the parser generated from it.

mod automations;
mod declarations;
mod explain;
mod expressions;
mod literals;
mod mistakes;
mod rules;
mod scan;
#[cfg(test)]
mod tests;
mod words;

use super::ast::{Comment, File, Name};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use pest::Parser;
use pest::iterators::{Pair, Pairs};
use std::ops::Range;

/// How deep brackets, braces, interpolations and quantifiers may nest. Bounds the recursion of the
/// grammar: 64 levels take less than a third of a thread's 2 MiB stack in a debug build.
const MAX_NESTING: usize = 64;

/// How deep the tree of an expression may be, chains of operators included. Bounds the recursion of
/// whatever reads the tree.
const MAX_DEPTH: usize = 128;

#[derive(pest_derive::Parser)]
#[grammar = "grammar/ordain.pest"]
struct Grammar;

/// Reads a policy. The tree holds the declarations that parsed; one whose parts did not all parse is
/// marked as broken. No text fails altogether, and none panics.
pub fn parse(file: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    let scan = scan::scan(file, text);
    let mut builder = Builder {
        file,
        text: &scan.text,
        comments: &scan.comments,
        faults: &scan.faults,
        diagnostics: Vec::new(),
        items: Vec::new(),
    };
    match Grammar::parse(Rule::file, &scan.text) {
        Ok(pairs) => builder.file(pairs),
        // The grammar takes any text, so this is the parser's own limit on recursion.
        Err(_) => builder.report(Diagnostic::new(
            Code::E0104,
            Span::new(file, 0, text.len()),
            "this file nests too deeply to be read",
        )),
    }
    let items = builder.items;
    let mut diagnostics = builder.diagnostics;
    diagnostics.extend(scan.diagnostics);
    diagnostics.sort_by_key(|diagnostic| (diagnostic.primary.span.start, diagnostic.primary.span.end));
    let comments = scan.comments;
    (File { items, comments }, diagnostics)
}

/// Whether a word is reserved, so that no value may bear it as its name.
pub fn is_reserved(word: &str) -> bool {
    Grammar::parse(Rule::reserved_word, word).is_ok()
}

/// Makes the tree from what the grammar matched. Its functions return nothing where a part is not in
/// the language after all, and then have reported why.
struct Builder<'t> {
    file: FileId,
    text: &'t str,
    comments: &'t [Comment],
    faults: &'t [Range<usize>],
    diagnostics: Vec<Diagnostic>,
    items: Vec<super::ast::Item>,
}

impl<'t> Builder<'t> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The bytes of a pair without the white space and comments that the grammar skipped behind it.
    fn span(&self, pair: &Pair<'t, Rule>) -> Span {
        let span = pair.as_span();
        self.trimmed(span.start(), span.end())
    }

    fn trimmed(&self, start: usize, end: usize) -> Span {
        let mut end = end;
        loop {
            let text = self.text.get(start..end).unwrap_or("");
            end = start + text.trim_end_matches([' ', '\t', '\n', '\r']).len();
            let before = self
                .comments
                .partition_point(|comment| comment.span.start < end as u32);
            match before.checked_sub(1).and_then(|index| self.comments.get(index)) {
                Some(comment) if comment.span.end >= end as u32 && comment.span.start as usize > start => {
                    end = comment.span.start as usize;
                }
                _ => return Span::new(self.file, start, end),
            }
        }
    }

    fn name(&self, pair: &Pair<'t, Rule>) -> Name {
        Name {
            text: pair.as_str().to_string(),
            span: self.span(pair),
        }
    }

    fn parts(&self, pair: Pair<'t, Rule>) -> Parts<'t> {
        Parts {
            start: pair.as_span().start(),
            pairs: pair.into_inner(),
        }
    }

    /// Whether one of the faults that were found before the grammar ran lies within these bytes, or
    /// was blanked right behind them.
    fn is_faulty(&self, bytes: Range<usize>) -> bool {
        let behind = self.text.get(bytes.end..).unwrap_or("");
        let blank = behind.len() - behind.trim_start_matches([' ', '\t', '\n', '\r']).len();
        let touches = |fault: &Range<usize>| match fault.start {
            start if start <= bytes.end => true,
            start if start == self.text.len() => bytes.end + blank == start,
            start => start < bytes.end + blank,
        };
        self.faults
            .iter()
            .any(|fault| touches(fault) && bytes.start <= fault.end)
    }
}

/// The parts of a construct, in order. Keywords and marks among them are there to be asked for.
struct Parts<'t> {
    /// Where the construct starts.
    start: usize,
    pairs: Pairs<'t, Rule>,
}

impl<'t> Parts<'t> {
    /// Takes the next part if it is this one.
    fn take(&mut self, rule: Rule) -> Option<Pair<'t, Rule>> {
        match self.pairs.peek() {
            Some(pair) if pair.as_rule() == rule => self.pairs.next(),
            _ => None,
        }
    }

    /// Takes the next part if it is this one, and says whether it was.
    fn has(&mut self, rule: Rule) -> bool {
        self.take(rule).is_some()
    }

    /// Takes the next part that is neither keyword nor mark.
    fn node(&mut self) -> Option<Pair<'t, Rule>> {
        self.pairs.by_ref().find(|pair| !words::is_token(pair.as_rule()))
    }
}
