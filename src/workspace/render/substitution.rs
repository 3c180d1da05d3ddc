//! The variables that Flux replaces in what kustomize built.
//!
//! In: a text and the values of `postBuild`. Out: the text with them; a variable whose value is not in the repository
//! stays, and the values that have it are [`Value::Unknown`].

use crate::manifest::{Node, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Substitution {
    values: BTreeMap<String, String>,
    /// Whether something that is not in the repository gives further values.
    has_more: bool,
}

/// A text with its variables replaced.
#[derive(Debug, Default)]
pub(super) struct Substituted {
    pub text: String,
    /// The variables that nobody here knows.
    pub unknown: BTreeSet<String>,
}

/// An object that says so is left as it is.
const DISABLED: [&str; 2] = [
    "kustomize.toolkit.fluxcd.io/substitute: disabled",
    "kustomize.toolkit.fluxcd.io/substitute: \"disabled\"",
];

impl Substitution {
    /// Takes values in, which count more than those before.
    pub(super) fn know(&mut self, values: impl IntoIterator<Item = (String, String)>) {
        self.values.extend(values);
    }

    /// Takes note of values that nobody here knows, which count more than those before.
    pub(super) fn forget(&mut self) {
        self.values.clear();
        self.has_more = true;
    }

    /// Replaces the variables of documents.
    pub(super) fn apply(&self, text: &str) -> Substituted {
        let mut out = Substituted::default();
        let mut document = String::new();
        for line in text.split_inclusive('\n') {
            if line.trim_end() == "---" {
                self.document(&document, &mut out);
                document.clear();
                out.text.push_str(line);
            } else {
                document.push_str(line);
            }
        }
        self.document(&document, &mut out);
        out
    }

    fn document(&self, text: &str, out: &mut Substituted) {
        match DISABLED.iter().any(|word| text.contains(word)) {
            true => out.text.push_str(text),
            false => {
                let replaced = self.replace(text, &mut out.unknown, 0);
                out.text.push_str(&replaced);
            }
        }
    }

    fn replace(&self, text: &str, unknown: &mut BTreeSet<String>, depth: usize) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            // `$${` is how `${` is written that stays.
            if rest[..at].ends_with('$') {
                out.push_str(&rest[..at - 1]);
                out.push_str("${");
                rest = &rest[at + 2..];
                continue;
            }
            out.push_str(&rest[..at]);
            let behind = &rest[at + 2..];
            let Some(end) = end_of(behind) else {
                out.push_str("${");
                rest = behind;
                continue;
            };
            let inside = &behind[..end];
            match self.value(inside, unknown, depth) {
                Some(value) => out.push_str(&value),
                None => {
                    out.push_str("${");
                    out.push_str(inside);
                    out.push('}');
                }
            }
            rest = &behind[end + 1..];
        }
        out + rest
    }

    /// The value of what stands between the braces; none if it stays.
    fn value(&self, inside: &str, unknown: &mut BTreeSet<String>, depth: usize) -> Option<String> {
        const DEEPEST: usize = 8;
        let length = name_length(inside);
        let (name, operation) = inside.split_at(length);
        if name.is_empty() {
            return None;
        }
        let default = [":-", ":=", "-", "="]
            .iter()
            .find_map(|operator| operation.strip_prefix(operator));
        match self
            .values
            .get(name)
            .filter(|value| !value.is_empty() || default.is_none())
        {
            Some(value) if operation.is_empty() || default.is_some() => Some(value.clone()),
            // Whatever else is done to a value, it is not done here.
            Some(_) => {
                unknown.insert(name.to_string());
                None
            }
            None if self.has_more && !self.values.contains_key(name) => {
                unknown.insert(name.to_string());
                None
            }
            None => match default {
                Some(default) if depth < DEEPEST => Some(self.replace(default, unknown, depth + 1)),
                Some(default) => Some(default.to_string()),
                None if operation.is_empty() => Some(String::new()),
                None => {
                    unknown.insert(name.to_string());
                    None
                }
            },
        }
    }
}

/// How many bytes a text begins with that make a name.
fn name_length(text: &str) -> usize {
    let is_part = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    let length = text.bytes().take_while(|byte| is_part(*byte)).count();
    match text.bytes().next() {
        Some(first) if first.is_ascii_digit() => 0,
        _ => length,
    }
}

/// Where the brace is that closes an open one.
fn end_of(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        match letter {
            '\n' => return None,
            '{' if before == '$' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
        before = letter;
    }
    None
}

/// Marks the values that hold a variable that nobody knows.
pub(super) fn mark(node: &mut Node, unknown: &BTreeSet<String>) {
    match &mut node.value {
        Value::String(text) => {
            let holds = |text: &str| {
                text.match_indices("${").any(|(at, _)| {
                    let inside = &text[at + 2..];
                    unknown.contains(&inside[..name_length(inside)])
                })
            };
            if holds(text) {
                node.value = Value::Unknown(std::mem::take(text));
            }
        }
        Value::Sequence(nodes) => nodes.iter_mut().for_each(|node| mark(node, unknown)),
        Value::Mapping(mapping) => mapping.values_mut().for_each(|node| mark(node, unknown)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_as_flux_does() {
        let mut known = Substitution::default();
        known.know([("A", "1"), ("EMPTY", "")].map(|(name, value)| (name.to_string(), value.to_string())));
        let check = |substitution: &Substitution, text: &str, expected: &str, unknown: &[&str]| {
            let substituted = substitution.apply(text);
            assert_eq!(substituted.text, expected);
            assert_eq!(substituted.unknown.iter().collect::<Vec<_>>(), unknown);
        };
        check(&known, "a: ${A} ${A:-2} ${B:=3}${B-}${B}", "a: 1 1 3", &[]);
        check(
            &known,
            "a: $${A} $A ${EMPTY:-x} ${1} ${",
            "a: ${A} $A x ${1} ${",
            &[],
        );
        check(&known, "a: ${B:=${A}-b}", "a: 1-b", &[]);
        check(&known, "a: ${A^^}", "a: ${A^^}", &["A"]);
        check(
            &known,
            "a: ${A}\n---\nmetadata: {annotations: {\nkustomize.toolkit.fluxcd.io/substitute: disabled}}\nb: ${A}\n",
            "a: 1\n---\nmetadata: {annotations: {\nkustomize.toolkit.fluxcd.io/substitute: disabled}}\nb: ${A}\n",
            &[],
        );
        let mut open = known.clone();
        open.forget();
        open.know([("C".to_string(), "3".to_string())]);
        check(&open, "${A} ${B:-2} ${C}", "${A} ${B:-2} 3", &["A", "B"]);
    }
}
