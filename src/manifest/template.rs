//! Whether a text holds actions of a Go template.

/// Whether `{{` stands anywhere but in a comment.
///
/// A comment decides nothing, or else a word in one would be enough to have a file skipped.
pub(super) fn holds_action(text: &str) -> bool {
    text.contains("{{") && text.lines().any(|line| first_action(line).is_some())
}

/// Whether `{{` stands where it breaks YAML: neither in a comment nor in quotes, in which Prometheus, Argo and
/// many others have templates of their own.
pub(super) fn holds_bare_action(text: &str) -> bool {
    text.contains("{{") && text.lines().any(|line| first_action(line) == Some(Place::Bare))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Bare,
    Quoted,
}

/// Where on a line the first action stands, a bare one before one in quotes.
fn first_action(line: &str) -> Option<Place> {
    let bytes = line.as_bytes();
    let mut quote = None;
    let mut found = None;
    // Quotes and comments begin behind blank space or an indicator; inside of a word they are letters.
    let mut fresh = true;
    for (at, byte) in bytes.iter().enumerate() {
        match (byte, quote) {
            (b'{', None) if bytes.get(at + 1) == Some(&b'{') => return Some(Place::Bare),
            (b'{', Some(_)) if bytes.get(at + 1) == Some(&b'{') => found = Some(Place::Quoted),
            (b'#', None) if fresh => return found,
            (b'"' | b'\'', None) if fresh => quote = Some(*byte),
            (byte, Some(open)) if *byte == open => quote = None,
            _ => {}
        }
        fresh = matches!(byte, b' ' | b'\t' | b'[' | b'{' | b',' | b':');
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_hold_no_actions() {
        assert!(holds_action("a: 1\n{{- if .Values.b }}\n"));
        assert!(holds_action("a: \"{{ .b }}\""));
        assert!(holds_action("a: x#{{ .b }}"));
        assert!(!holds_action("a: 1 # {{ .b }}\n#{{ .c }}\n"));
        assert!(!holds_action("a: {b: {c: d}}"));
    }

    #[test]
    fn quotes_hold_no_bare_actions() {
        assert!(holds_bare_action("a: {{ .b }}"));
        assert!(holds_bare_action("a: don't {{ .b }}"));
        assert!(holds_bare_action("a: \"x\"\nb: '{{ .c }}' {{ .d }}"));
        assert!(!holds_bare_action("a: \"{{ .b }}\""));
        assert!(!holds_bare_action("- {a: '{{ .b }}'}"));
        assert!(!holds_bare_action("# {{ .b }}"));
    }
}
