//! What `kubectl` asks of the metadata of every object, whatever its kind.
//!
//! In: an object. Out: what in its metadata has a type of its own making, for which the whole object is refused.

use super::{Node, Value};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;

/// The fields that are strings.
const STRINGS: [&str; 4] = ["name", "generateName", "namespace", "uid"];

/// The fields that are objects of strings.
const TABLES: [&str; 2] = ["labels", "annotations"];

/// What is wrong with the metadata.
pub(super) fn faults(root: &Node) -> Vec<Diagnostic> {
    let Some(metadata) = root.get("metadata") else {
        return Vec::new();
    };
    if !matches!(metadata.value, Value::Mapping(_)) {
        return vec![fault(metadata, "metadata", "an object")];
    }
    let mut faults = Vec::new();
    let is_string = |node: &Node| matches!(node.value, Value::String(_) | Value::Null);
    for key in STRINGS {
        let found = metadata.get(key).filter(|node| !is_string(node));
        faults.extend(found.map(|node| fault(node, &format!("metadata.{key}"), "a string")));
    }
    for key in TABLES {
        let Some(table) = metadata.get(key) else {
            continue;
        };
        if !matches!(table.value, Value::Mapping(_)) {
            faults.push(fault(table, &format!("metadata.{key}"), "an object"));
        }
        let odd = table.entries().iter().filter(|entry| !is_string(&entry.value));
        faults.extend(odd.map(|entry| {
            let path = format!("metadata.{key}.{}", entry.key);
            fault(&entry.value, &path, "a string")
        }));
    }
    faults
}

fn fault(node: &Node, path: &str, wanted: &str) -> Diagnostic {
    let message = format!(
        "`{path}` is {}, not {wanted}, so `kubectl` refuses the object",
        node.type_name()
    );
    let help = match wanted {
        "a string" => "put it in quotes",
        _ => "write keys with values",
    };
    Diagnostic::new(Code::M0304, node.span, message).help(help)
}
