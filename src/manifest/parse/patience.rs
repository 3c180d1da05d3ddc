//! Where YAML's readers of today are more patient than go-yaml, which `kubectl` reads with.
//!
//! In: the text of a chunk and where a node stands in it. Out: what go-yaml refuses there, or reads otherwise.

use super::places;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use std::ops::Range;

/// Where something stands that go-yaml does not take, and what it makes of it.
type Refusal = (Range<usize>, &'static str);

/// The finding about it.
pub(super) fn refused(span: Span, message: &str) -> Diagnostic {
    let help = match message {
        TAB => "indent with spaces",
        _ => "put quotes around the text, or blanks behind the sign",
    };
    Diagnostic::new(Code::M0201, span, format!("YAML syntax: {message}")).help(help)
}

const TAB: &str = "a tab stands for indentation";

/// The name of an anchor or alias, its sign in front, of which `kubectl` takes only letters, digits, `-` and `_`.
pub(super) fn name(name: &str, span: Span) -> Option<Diagnostic> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let fits = name.bytes().skip(1).all(is_plain);
    (!fits).then(|| {
        let message = format!("YAML syntax: `kubectl` refuses the name `{name}`");
        Diagnostic::new(Code::M0201, span, message).help("use only letters and digits of ASCII, `-` and `_`")
    })
}

/// What is wrong with a plain scalar in brackets.
///
/// go-yaml takes `?` and a leading `:` for signs wherever they stand, and a `:` for one only if a blank follows.
pub(super) fn in_brackets(text: &str, range: Range<usize>) -> Option<Refusal> {
    let written = text.get(range.clone())?;
    if written.starts_with(':') || written.contains('?') {
        return Some((range, "in brackets, `?` and a leading `:` are signs to `kubectl`"));
    }
    let behind = text.as_bytes().get(range.end..range.end + 2);
    matches!(behind, Some([b':', b',' | b'[' | b']' | b'{' | b'}'])).then(|| {
        let colon = range.end..range.end + 1;
        (
            colon,
            "in brackets, `:` without a blank behind it is no sign to `kubectl`",
        )
    })
}

/// A tab behind a plain scalar in brackets, where go-yaml looks for more of it: in a later line, in a column in front
/// of `column`.
pub(super) fn tab_behind(text: &str, range: Range<usize>, column: usize) -> Option<Refusal> {
    // Most end in the midst of a line, which may be as long as the file.
    let mut behind = text.get(range.end..)?.chars();
    let next = behind.find(|c| *c == '\n' || !c.is_whitespace());
    if !matches!(next, None | Some('\n')) && !text.get(range.clone())?.contains('\n') {
        return None;
    }
    let rest = text.get(range.start..)?;
    let mut at = range.start;
    for (index, line) in rest.split_inclusive('\n').enumerate() {
        let content = line.trim_start_matches([' ', '\t']);
        let head = line.len() - content.len();
        let tab = line[..head].find('\t').filter(|tab| *tab < column);
        if let Some(tab) = tab.filter(|_| index > 0) {
            return Some((at + tab..at + tab + 1, TAB));
        }
        let goes_on = content.trim_end().is_empty() || at + line.len() <= range.end;
        let ends_line = at < range.end && text.get(range.end..at + line.len())?.trim().is_empty();
        if !goes_on && !ends_line {
            return None;
        }
        at += line.len();
    }
    None
}

/// A key in brackets that stands on other lines than its `:`, which go-yaml takes only behind a `?`.
pub(super) fn key_of_lines(text: &str, range: Range<usize>) -> Option<Refusal> {
    let bytes = text.as_bytes();
    let colon = places::behind_trivia(bytes, range.end);
    let is_key = bytes.get(colon) == Some(&b':');
    let is_asked_for = text.get(..range.start)?.trim_end().ends_with('?');
    let spreads = is_key && !is_asked_for && text.get(range.start..colon)?.contains('\n');
    spreads.then_some((
        colon..colon + 1,
        "in brackets, `kubectl` wants a key and its `:` on one line",
    ))
}

/// A tab at the start of a block scalar, where go-yaml looks for its indentation.
pub(super) fn tab_in_block(text: &str, range: Range<usize>) -> Option<Refusal> {
    let mut lines = text.get(range.start..)?.split_inclusive('\n');
    let header = lines.next()?;
    let sign = header.split(['#', ' ', '\t']).next()?;
    if sign.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut at = range.start + header.len();
    for line in lines {
        let content = line.trim_start_matches(' ');
        let head = at + line.len() - content.len();
        if content.starts_with('\t') {
            return Some((head..head + 1, TAB));
        }
        if !content.trim_end_matches(['\r', '\n']).is_empty() {
            return None;
        }
        at += line.len();
    }
    None
}
