//! A document → YAML text that every reader understands alike.
//!
//! Block style, keys in the order of the value, and strings quoted wherever a reader of YAML 1.1
//! (`08:00`, `yes`, `1e3`) would see something else.

use crate::escape::is_hidden;
use serde_json::Value;
use serde_saphyr::SerializerOptions;

/// The document under a comment; an error is the reason why it can't be written.
pub fn render(comment: &[String], document: &Value) -> Result<String, String> {
    let mut text = String::new();
    for line in comment
        .iter()
        .flat_map(|line| line.lines())
        .filter(|line| !line.is_empty())
    {
        // Some could end a comment for some reader of YAML, or reorder it on a screen.
        let printable: String = line.chars().filter(|c| !is_hidden(*c)).collect();
        text.push_str(format!("# {printable}").trim_end());
        text.push('\n');
    }
    let mut options = SerializerOptions::default();
    options.prefer_block_scalars = !holds(document, &has_unclear_indentation);
    let written = serde_saphyr::to_string_with_options(document, options);
    text.push_str(&written.map_err(|error| format!("YAML can't hold it: {error}"))?);
    Ok(text)
}

/// Whether a string would begin a block with an empty line or a blank, from which readers can't tell how far the
/// block is indented: libyaml refuses a tab there.
fn has_unclear_indentation(text: &str) -> bool {
    text.contains('\n') && text.starts_with(['\n', ' ', '\t'])
}

/// Whether any string of a document is of a sort.
fn holds(document: &Value, is_meant: &dyn Fn(&str) -> bool) -> bool {
    match document {
        Value::String(text) => is_meant(text),
        Value::Array(elements) => elements.iter().any(|element| holds(element, is_meant)),
        Value::Object(entries) => entries.values().any(|entry| holds(entry, is_meant)),
        _ => false,
    }
}

/// The lines, from 1, on which the items of a list of the specification start, in text that [`render`] made.
pub fn items(text: &str, list: &str) -> Vec<usize> {
    let opening = format!("  {list}:");
    let lines = text.lines().enumerate();
    let specification = lines.skip_while(|(_, line)| *line != "spec:");
    specification
        .skip_while(|(_, line)| *line != opening)
        .skip(1)
        // Whatever belongs to the list is a dash in its column, or stands further right.
        .take_while(|(_, line)| line.is_empty() || line.starts_with("  - ") || line.starts_with("   "))
        .filter(|(_, line)| line.starts_with("  - "))
        .map(|(index, _)| index + 1)
        .collect()
}
