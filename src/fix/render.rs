//! Values → YAML or JSON text that every reader takes for the same value.

use crate::escape;
use crate::ir::PathPart;
use crate::manifest::{Node, Value};

/// How new text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style<'a> {
    /// Whether strings and keys need quotes as JSON has them.
    pub json: bool,
    /// What ends a line.
    pub newline: &'a str,
}

impl Style<'_> {
    /// A key or string.
    pub fn string(self, text: &str) -> String {
        if !self.json && is_plain(text) {
            text.to_string()
        } else {
            quoted(text)
        }
    }

    /// A value on one line.
    pub fn flow(self, node: &Node) -> String {
        match &node.value {
            Value::Null => "null".to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Integer(value) => value.to_string(),
            Value::Float(text) => text.to_string(),
            Value::String(text) | Value::Unknown(text) => self.string(text),
            Value::Sequence(nodes) => {
                let elements: Vec<String> = nodes.iter().map(|node| self.flow(node)).collect();
                format!("[{}]", elements.join(", "))
            }
            Value::Mapping(mapping) if mapping.is_empty() => "{}".to_string(),
            Value::Mapping(mapping) => {
                let entries: Vec<String> = mapping
                    .entries()
                    .iter()
                    .map(|entry| format!("{}: {}", self.string(&entry.key), self.flow(&entry.value)))
                    .collect();
                format!("{{ {} }}", entries.join(", "))
            }
        }
    }

    /// A value under these keys, on one line: the value itself if there are none. `None` for an index.
    pub fn flow_under(self, keys: &[PathPart], value: &Node) -> Option<String> {
        match keys.split_first() {
            None => Some(self.flow(value)),
            Some((PathPart::Key(key), rest)) => {
                let inner = self.flow_under(rest, value)?;
                Some(format!("{{ {}: {inner} }}", self.string(key)))
            }
            Some((PathPart::Index(_), _)) => None,
        }
    }

    /// An entry in block style, its first line without indentation, without a line end behind it.
    /// `indent` is the column of its key.
    pub fn entry(self, key: &str, value: &Node, indent: usize) -> String {
        let deeper = indent + 2;
        let line = |indent: usize| format!("{}{}", self.newline, " ".repeat(indent));
        let mut text = format!("{}:", self.string(key));
        match &value.value {
            Value::Mapping(mapping) if !mapping.is_empty() => {
                for entry in mapping.entries() {
                    text.push_str(&line(deeper));
                    text.push_str(&self.entry(&entry.key, &entry.value, deeper));
                }
            }
            Value::Sequence(nodes) if !nodes.is_empty() => {
                for node in nodes {
                    text.push_str(&line(deeper));
                    text.push_str("- ");
                    text.push_str(&self.flow(node));
                }
            }
            _ => {
                text.push(' ');
                text.push_str(&self.flow(value));
            }
        }
        text
    }
}

/// Whether YAML 1.1 and 1.2 readers alike take the text for a string without quotes, in block and flow
/// style: words, names and paths that mean nothing else, and quantities such as `500m` and `128Mi`.
fn is_plain(text: &str) -> bool {
    let is_word_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-');
    let is_special = |word: &str| word.eq_ignore_ascii_case(text);
    let specials = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let is_quantity =
        digits > 0 && ["m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti"].contains(&&text[digits..]);
    let starts_as_word = text
        .bytes()
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'/');
    is_quantity
        || is_flag(text)
        || starts_as_word && text.bytes().all(is_word_byte) && !specials.iter().any(|word| is_special(word))
}

/// Whether a text is a flag of a command line, which nobody quotes.
fn is_flag(text: &str) -> bool {
    let rest = text.strip_prefix("--").unwrap_or_default();
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-' | b'=');
    rest.starts_with(|first: char| first.is_ascii_alphabetic()) && rest.bytes().all(is_word)
}

/// A string in double quotes, with escapes that JSON and YAML share: for what acts on a screen instead of being
/// seen, and for what YAML takes only as an escape.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other @ ..='\u{ffff}' if escape::is_hidden(other) || other >= '\u{fffe}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(other)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
