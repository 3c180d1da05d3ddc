//! What is said about scalars and keys, and about YAML that can't be read.

use super::MAXIMUM_DEPTH;
use super::scalar::{Peculiarity, Scalar};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::manifest::Value;
use crate::source::Span;
use granit_parser::ErrorKind;

/// Whether the reader stopped at a tab.
pub(super) fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation
    )
}

/// Whether the reader stopped in a quoted scalar.
pub(super) fn is_in_quotes(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent
    )
}

/// The reader's own error.
pub(super) fn syntax(kind: &ErrorKind, span: Span) -> Diagnostic {
    if matches!(kind, ErrorKind::RecursionLimitExceeded) {
        return too_deep(span);
    }
    if is_in_quotes(kind) {
        return Diagnostic::new(Code::M0201, span, "YAML syntax: these quotes are not closed")
            .help("close them; further lines of a quoted text are indented more than its key");
    }
    let fault = Diagnostic::new(Code::M0201, span, format!("YAML syntax: {kind}"));
    if is_tab(kind) {
        fault.help("indent with spaces")
    } else {
        fault
    }
}

/// More levels than are read.
pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::M0203,
        span,
        format!("the document is nested more than {MAXIMUM_DEPTH} levels deep"),
    )
    .help("no object of Kubernetes is as deep: remove the nesting")
}

/// A key that stands at `span` as well as at `first`.
pub(super) fn duplicate_key(key: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::new(Code::M0206, span, format!("the key `{key}` stands twice"))
        .with(first, "it stands here already")
        .help("keep one of them: `kubectl` takes the last, other tools refuse both")
}

/// A whole number that no field can hold.
pub(super) fn out_of_range(text: &str, span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::M0212,
        span,
        format!("`{text}` does not fit into 64 bits, so no whole-number field can hold it"),
    )
    .help("write a number that fits, or put quotes around it for the string")
}

/// What is peculiar about a scalar.
pub(super) fn peculiarity(text: &str, scalar: &Scalar, span: Span) -> Option<Diagnostic> {
    let fault = |code, message: String, help: String| Diagnostic::new(code, span, message).help(help);
    Some(match scalar.peculiarity.as_ref()? {
        Peculiarity::OldBoolean => {
            let value = matches!(scalar.value, Value::Bool(true));
            fault(
                Code::M0207,
                format!("`{text}` is the boolean `{value}` to `kubectl` and a string to kustomize"),
                format!("write `{value}` for the boolean, or `\"{text}\"` for the string"),
            )
        }
        Peculiarity::OutOfRange => out_of_range(text, span),
        Peculiarity::NotInJson => fault(
            Code::M0212,
            format!("`{text}` has no form in JSON, so `kubectl` refuses the document"),
            format!("write a number, or `\"{text}\"` for the string"),
        ),
        Peculiarity::Unfit { tag } => fault(
            Code::M0212,
            format!("`{text}` can't be read as the `{tag}` that its tag asks for"),
            "remove the tag, or write a value of its type".to_string(),
        ),
    })
}

/// An escape in double quotes that is none to go-yaml: `\/`, and surrogates such as `\ud83d`.
pub(super) fn refused_escape(written: &str, span: Span) -> Option<Diagnostic> {
    has_refused_escape(written).then(|| {
        Diagnostic::new(
            Code::M0201,
            span,
            "YAML syntax: an escape that `kubectl` refuses: `\\/`, or `\\u` with half a character",
        )
        .help("write the character itself, or `\\U` with eight digits")
    })
}

fn has_refused_escape(written: &str) -> bool {
    let mut rest = written;
    while let Some(at) = rest.find('\\') {
        match rest.as_bytes().get(at + 1..) {
            Some([b'/', ..]) => return true,
            Some([b'u', b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..]) => return true,
            _ => {}
        }
        // The escaped character may itself be a backslash, or longer than a byte.
        let escaped = rest[at + 1..].chars().next().map_or(0, char::len_utf8);
        rest = &rest[at + 1 + escaped..];
    }
    false
}
