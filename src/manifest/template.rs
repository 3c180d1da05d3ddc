//! Whether a text holds actions of a Go template, or marks of others.

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

/// Whether a line has a mark of another template: `%{ if … }` of Terraform, or a value such as `@NAME@`, which sed,
/// Autoconf and Maven fill in. Both break YAML.
pub(super) fn holds_foreign_mark(line: &str) -> bool {
    const DIRECTIVES: [&str; 5] = ["if", "for", "else", "endif", "endfor"];
    let is_directive = {
        let inside = line
            .trim_start()
            .strip_prefix("%{")
            .and_then(|rest| rest.split_once('}'));
        let mut words = inside.map_or("", |(inside, _)| inside).split(['~', ' ']);
        words
            .find(|word| !word.is_empty())
            .is_some_and(|word| DIRECTIVES.contains(&word))
    };
    let is_value = {
        let value =
            line.split_once(": ")
                .map_or("", |(key, value)| match key.trim_start().starts_with('#') {
                    true => "",
                    false => value.trim(),
                });
        let name = value.strip_prefix('@').and_then(|rest| rest.split_once('@'));
        name.is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        })
    };
    is_directive || is_value
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
    fn marks_of_other_templates_are_told_from_text() {
        assert!(holds_foreign_mark("%{ if b }"));
        assert!(holds_foreign_mark("  %{~ for b in c ~}"));
        assert!(holds_foreign_mark("  name: @STS_NAME@"));
        assert!(!holds_foreign_mark("%YAML 1.2"));
        assert!(!holds_foreign_mark("a: %{b}"));
        assert!(!holds_foreign_mark("# contact: @TEAM@") && !holds_foreign_mark("a: @b@"));
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
