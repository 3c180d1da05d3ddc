//! Strings in SARIF and in our own JSON, read by a reader of JSON.

use super::terminal::report;
use super::{rule, same};
use ordain::report::Format;
use serde_json::Value;

/// Messages, helps, labels and what is said of the rule stand in the documents as they were.
fn is_kept(strings: &[String]) -> Result<(), String> {
    let log: Value = read(&report(strings, Format::Sarif))?;
    let run = &log["runs"][0];
    let results = run["results"].as_array().ok_or("no results")?;
    let text = |place: &Value| plain(place["text"].as_str().unwrap_or_default());
    let messages: Vec<String> = results.iter().map(|result| text(&result["message"])).collect();
    let expected: Vec<String> = strings
        .iter()
        .map(|text| format!("{text}\nhelp: {text}"))
        .collect();
    same(&expected, &messages)?;
    let labels: Vec<String> = results
        .iter()
        .map(|result| text(&result["locations"][0]["message"]))
        .collect();
    same(strings, &labels)?;
    let own = rule(strings);
    let title = run["tool"]["driver"]["rules"][0]["shortDescription"]["text"]
        .as_str()
        .unwrap_or_default();
    same([&own.title], &[title.to_owned()])?;

    let document: Value = read(&report(strings, Format::Json))?;
    let findings = document["findings"].as_array().ok_or("no findings")?;
    let messages: Vec<String> = findings
        .iter()
        .map(|finding| finding["message"].as_str().unwrap_or_default().to_owned())
        .collect();
    same(strings, &messages)
}

fn read(text: &str) -> Result<Value, String> {
    match text.chars().find(|letter| super::terminal::is_obeyed(*letter)) {
        Some(letter) => Err(format!("{letter:?} stands there raw")),
        None => serde_json::from_str(text).map_err(|error| error.to_string()),
    }
}

/// What a message of SARIF says: braces are doubled, and where links may stand brackets are escaped.
fn plain(message: &str) -> String {
    let unescaped = match message.contains("](") {
        true => {
            let mut plain = String::new();
            let mut letters = message.chars();
            while let Some(letter) = letters.next() {
                plain.extend(match letter {
                    '\\' => letters.next(),
                    _ => Some(letter),
                });
            }
            plain
        }
        false => message.to_owned(),
    };
    unescaped.replace("{{", "{").replace("}}", "}")
}

#[test]
fn strings_are_data_in_sarif() {
    super::check(is_kept);
}
