//! Values that somebody or something is still to fill in.
//!
//! In: what is wrong with an object. Out: the same, with one finding in the place of all those about placeholders, of
//! which a template may have dozens, each refused for another reason.

use super::Context;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Origin};

/// How many further placeholders a finding points at.
const SHOWN: usize = 8;

/// Tells of the placeholders of an object once.
pub fn gather(diagnostics: Vec<Diagnostic>, context: Context<'_>) -> Vec<Diagnostic> {
    let written = |diagnostic: &Diagnostic| {
        let span = diagnostic.primary.span;
        let text = context.sources.file(span.file).text.get(span.range());
        unquoted(text.unwrap_or_default()).to_owned()
    };
    let (mut placeholders, mut others): (Vec<Diagnostic>, Vec<Diagnostic>) = diagnostics
        .into_iter()
        .partition(|diagnostic| is_about_a_value(diagnostic) && is_placeholder(&written(diagnostic)));
    placeholders.sort_by_key(|placeholder| placeholder.primary.span.start);
    let mut placeholders = placeholders.into_iter();
    let Some(first) = placeholders.next() else {
        return others;
    };
    let value = written(&first);
    let rest: Vec<Diagnostic> = placeholders
        .filter(|other| other.primary.span != first.primary.span)
        .collect();
    let message = match rest.len() {
        0 => format!("`{value}` is a placeholder, which no cluster takes here"),
        1 => format!("`{value}` and another value are placeholders, which no cluster takes here"),
        more => format!("`{value}` and {more} other values are placeholders, which no cluster takes here"),
    };
    let mut told = Diagnostic::new(Code::S0116, first.primary.span, message)
        .help("fill them in, or check what is made of the file by the tool that does");
    told.severity = rest
        .iter()
        .map(|other| other.severity)
        .fold(first.severity, |one, other| one.max(other));
    for other in rest.iter().take(SHOWN) {
        told = told.with(other.primary.span, "another");
    }
    others.push(told);
    others
}

fn unquoted(written: &str) -> &str {
    written.trim().trim_matches(['"', '\'']).trim()
}

fn is_about_a_value(diagnostic: &Diagnostic) -> bool {
    use Code::*;
    matches!(
        diagnostic.origin,
        Origin::Code(S0106 | S0107 | S0108 | S0110 | S0111 | S0112 | S0113)
    )
}

/// Whether a text is one that people and tools put where a value is to come: `${NAME}`, `$(NAME)`, `{{ name }}`,
/// `<name>`, `[NAME]`, `@NAME@`, `YOUR_NAME`.
fn is_placeholder(text: &str) -> bool {
    let holds = |start: &str, end: &str| {
        text.split_once(start)
            .is_some_and(|(_, behind)| behind.contains(end))
    };
    let within = |start: char, end: char| {
        let inner = text.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
        inner.filter(|inner| !inner.is_empty())
    };
    let is_name = |name: &str| {
        let letters =
            |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
        name.starts_with(|first: char| first.is_ascii_uppercase()) && name.bytes().all(letters)
    };
    holds("${", "}")
        || holds("$(", ")")
        || holds("{{", "}}")
        || within('<', '>').is_some()
        || within('[', ']').is_some_and(is_name)
        || within('@', '@').is_some_and(is_name)
        || (is_name(text) && text.contains('_'))
}

#[cfg(test)]
mod tests {
    use super::is_placeholder;

    #[test]
    fn placeholders_look_like_placeholders() {
        for text in [
            "${NAME}",
            "web-${NAME:-a}",
            "$(NAME)",
            "{{ name }}",
            "<base64-encoded-client-id>",
            "[YOUR_REGION]",
            "@VERSION@",
            "PV_NAME",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "", "web", "Web_a", "[a, b]", "[1]", "<>", "PROD", "a@b", "$NAME", "{}", "_",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
