//! The grammar of names, labels and annotations, as the API server validates them.
//!
//! Source: k8s.io/apimachinery, pkg/util/validation. Each function gives what is wrong, so that it reads
//! after the value: "has 64 characters, but at most 63 are allowed".

/// What is wrong with a text, if something is.
pub type Wrong = Option<String>;

const LABEL: usize = 63;
const SUBDOMAIN: usize = 253;

fn length(text: &str, most: usize) -> Wrong {
    let count = text.len();
    (count > most).then(|| format!("has {count} characters, but at most {most} are allowed"))
}

fn is_lower(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit()
}

fn is_label(text: &str) -> bool {
    text.starts_with(is_lower) && text.ends_with(is_lower) && text.chars().all(|c| is_lower(c) || c == '-')
}

/// A DNS label: `payments-1`.
pub fn dns_label(text: &str) -> Wrong {
    length(text, LABEL).or_else(|| {
        (!is_label(text)).then(|| {
            "must consist of lower-case letters, digits and `-`, and begin and end with a letter or digit"
                .to_string()
        })
    })
}

/// A DNS label that begins with a letter, as names of Services.
pub fn service_name(text: &str) -> Wrong {
    dns_label(text).or_else(|| {
        (!text.starts_with(|c: char| c.is_ascii_lowercase())).then(|| "must begin with a letter".to_string())
    })
}

/// DNS labels joined by dots.
pub fn dns_subdomain(text: &str) -> Wrong {
    length(text, SUBDOMAIN).or_else(|| {
        (!text.split('.').all(is_label)).then(|| {
            "must consist of lower-case letters, digits, `-` and `.`, and begin and end with a letter or digit"
                .to_string()
        })
    })
}

/// What may stand as one part of a URL's path, as names of Roles.
pub fn path_segment(text: &str) -> Wrong {
    if text == "." || text == ".." {
        return Some(format!("may not be `{text}`"));
    }
    let forbidden = text.chars().find(|c| matches!(c, '/' | '%'))?;
    Some(format!("may not contain `{forbidden}`"))
}

fn is_name_part(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(ends)
        && text.ends_with(ends)
        && text.chars().all(|c| ends(c) || matches!(c, '-' | '_' | '.'))
}

const NAME_PART: &str =
    "must consist of letters, digits, `-`, `_` and `.`, and begin and end with a letter or digit";

/// The key of a label or annotation: `app.kubernetes.io/name`.
pub fn qualified_name(text: &str) -> Wrong {
    let (prefix, name) = match text.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, text),
    };
    if name.contains('/') {
        return Some("has more than one `/`".to_string());
    }
    if let Some(wrong) = prefix.and_then(dns_subdomain) {
        return Some(format!("has a prefix that {wrong}"));
    }
    if name.is_empty() {
        return Some("has no name behind its prefix".to_string());
    }
    length(name, LABEL).or_else(|| (!is_name_part(name)).then(|| NAME_PART.to_string()))
}

/// The value of a label.
pub fn label_value(text: &str) -> Wrong {
    length(text, LABEL).or_else(|| (!text.is_empty() && !is_name_part(text)).then(|| NAME_PART.to_string()))
}

/// Base64 as the API server decodes it: line ends are passed over.
pub fn base64(text: &str) -> Wrong {
    let digits: Vec<char> = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let body = digits.iter().rposition(|c| *c != '=').map_or(0, |last| last + 1);
    let padding = digits.len() - body;
    let is_digit = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    if let Some(other) = digits.iter().take(body).find(|c| !is_digit(c)) {
        return Some(format!("is not base64: it has a `{}`", other.escape_default()));
    }
    (!digits.len().is_multiple_of(4) || padding > 2)
        .then(|| "is not base64: its length is no multiple of four characters".to_string())
}
