//! What only follows from a part that did not parse, and need not be said.
//!
//! In: a diagnostic of an unknown name. Out: whether text that did not parse was to declare that name.
//! Whether a declaration is sound was decided before: what is left out here still counts there.

use super::program::{Meaning, Program};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Origin};

/// The words before a name that a declaration of the file gives.
const OF_FILE: [&str; 4] = ["let", "param", "fn", "metric"];
/// The words before a name that a part of a declaration gives.
const OF_BODY: [&str; 5] = ["for", "let", "any", "no", "goal"];

/// Whether a diagnostic is about a name whose declaration is broken, which was reported.
pub(super) fn follows_from_broken(program: &Program, diagnostic: &Diagnostic) -> bool {
    let is_unknown = matches!(
        diagnostic.origin,
        Origin::Code(Code::E0201 | Code::E0206 | Code::E0433 | Code::E0434)
    );
    // Where a name is known to have been in scope, its declaration is not broken.
    if !is_unknown || !diagnostic.secondary.is_empty() {
        return false;
    }
    let span = diagnostic.primary.span;
    let Some(module) = program.files.iter().position(|file| file.file == span.file) else {
        return false;
    };
    let file = &program.files[module];
    let name = program.text(span);
    if program.meaning(module, name) != Meaning::Unknown {
        return false;
    }
    let within = file
        .tree
        .items
        .iter()
        .find(|item| item.broken && item.span.start <= span.start && span.end <= item.span.end);
    let in_body = within.is_some_and(|item| declares(program.text(item.span), &OF_BODY, name));
    in_body || file.text.lines().any(|line| declares_first(line, &OF_FILE, name))
}

/// Whether one of the words stands before the name anywhere in a text.
fn declares(text: &str, words: &[&str], name: &str) -> bool {
    let starts = text.match_indices(|letter: char| letter.is_ascii_lowercase());
    starts
        .filter(|(start, _)| !text[..*start].ends_with(is_word))
        .any(|(start, _)| declares_first(&text[start..], words, name))
}

/// Whether a text starts with one of the words and the name.
fn declares_first(text: &str, words: &[&str], name: &str) -> bool {
    words.iter().any(|word| {
        let rest = text
            .strip_prefix(word)
            .filter(|rest| rest.starts_with([' ', '\t']));
        let rest = rest.and_then(|rest| rest.trim_start().strip_prefix(name));
        rest.is_some_and(|rest| !rest.starts_with(is_word))
    })
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}
