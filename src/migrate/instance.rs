//! A rule of the library → a copy of another name, for checks that want it with other parameters or for some objects.
//!
//! In: the text and tree of the rule's file. Out: the text without its tests, with the new name and with filters.

use crate::source::{FileId, Span};
use crate::syntax::ast::{Declaration, File, Metadata, Rule};
use crate::syntax::format;

/// The copy. `check` is the one whose `replaces` line it keeps; `filters` are texts with their places.
pub fn copy(
    text: &str,
    file: &File,
    rule: &Rule,
    name: &str,
    check: &str,
    filters: &[(u32, String)],
) -> String {
    let mut edits: Vec<(u32, u32, String)> =
        vec![(rule.name.span.start, rule.name.span.end, name.to_string())];
    for item in &file.items {
        if matches!(item.declaration, Declaration::Test(_)) {
            edits.push(cut(item.span));
        }
    }
    for metadata in &rule.metadata {
        if let Metadata::Replaces(replaces) = metadata
            && replaces.check.value != check
        {
            edits.push(cut(replaces.span));
        }
    }
    edits.extend(filters.iter().map(|(at, text)| (*at, *at, text.clone())));
    edits.sort_by_key(|(start, ..)| *start);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (start, end, new) in edits {
        out.push_str(text.get(done..start as usize).unwrap_or(""));
        out.push_str(&new);
        done = end as usize;
    }
    out.push_str(text.get(done..).unwrap_or(""));
    // The layout of what was cut is put in order; what can't be formatted is refused when the result is read again.
    format(FileId(0), &out).unwrap_or(out)
}

fn cut(span: Span) -> (u32, u32, String) {
    (span.start, span.end, String::new())
}
