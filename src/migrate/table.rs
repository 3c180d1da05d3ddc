//! What is known of other tools' checks, and digests by which their public policies are recognised.
//!
//! In: the tables beside this file, which `generate.py` writes. Out: their rows.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A table of tab-separated columns.
pub struct Table(&'static str);

/// Checks of KubeLinter: name, template, `default` or `optional`, kinds, parameters.
pub const KUBE_LINTER: Table = Table(include_str!("tables/kube-linter.txt"));
/// Checks of Polaris: name, severity.
pub const POLARIS: Table = Table(include_str!("tables/polaris.txt"));
/// Checks of kube-score: name, `default` or `optional`.
pub const KUBE_SCORE: Table = Table(include_str!("tables/kube-score.txt"));
/// Rules of Datree's default policy.
pub const DATREE: Table = Table(include_str!("tables/datree.txt"));
/// Rules of Kyverno's library: policy/rule, digest of the rule, digest of what it matches.
pub const KYVERNO: Table = Table(include_str!("tables/kyverno.txt"));
/// Templates of Gatekeeper's library: kind, check, digest.
pub const GATEKEEPER: Table = Table(include_str!("tables/gatekeeper.txt"));

impl Table {
    /// The rows, each with this many columns; those that are missing are empty.
    pub fn rows<const N: usize>(&self) -> impl Iterator<Item = [&'static str; N]> {
        self.0.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let mut columns = line.split('\t');
            std::array::from_fn(|_| columns.next().unwrap_or(""))
        })
    }
}

/// Twelve digits by which a value is recognised, whatever the order of its keys.
pub fn digest(value: &Value) -> String {
    let mut text = String::new();
    compact(value, &mut text);
    let mut digits = String::new();
    for byte in &Sha256::digest(text.as_bytes())[..6] {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

fn compact(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                compact(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            out.push('{');
            for (index, (key, item)) in entries.into_iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                compact(&Value::String(key.clone()), out);
                out.push(':');
                compact(item, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}
