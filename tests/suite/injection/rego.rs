//! Strings in Rego and in its input, read by regorus.

use crate::engines::{Files, compare, escaped};
use serde_json::json;
use std::collections::BTreeSet;

/// Both engines of regorus and the native one say the strings of the rule and of the manifest.
fn is_kept(strings: &[String]) -> Result<(), String> {
    let data: serde_json::Map<_, _> = strings
        .iter()
        .enumerate()
        .map(|(number, text)| (number.to_string(), json!(text)))
        .collect();
    let object = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": "a" },
        "data": data,
    });
    // A line for each: to count the columns of one long line takes longer than all else.
    let text = serde_json::to_string_pretty(&object).map_err(|error| error.to_string())?;
    let files = Files::read(&[("object.yaml", &escaped(&text))]);
    let (found, _) = compare(&super::rule(strings), &files)?;
    let said: BTreeSet<&str> = found.iter().map(|finding| &*finding.message).collect();
    let helps: BTreeSet<&str> = found
        .iter()
        .filter_map(|finding| finding.help.as_deref())
        .collect();
    let wanted: BTreeSet<&str> = strings.iter().map(String::as_str).collect();
    match said == wanted && helps == wanted {
        true => Ok(()),
        false => Err(format!(
            "only {:?} differ",
            said.symmetric_difference(&wanted).collect::<Vec<_>>()
        )),
    }
}

#[test]
fn strings_are_data_in_rego() {
    super::check(is_kept);
}
