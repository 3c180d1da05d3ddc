//! Text of strangers → text that is safe to print.
//!
//! In: names, values and messages that come from manifests and policies. Out: the same words, in
//! which every character that a terminal would obey, or that hides or reorders others, is spelled out.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character acts on its surroundings instead of being seen: control characters (a tab
/// and a line's end included), marks that reorder text, and characters without width, or without any meaning.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{fffe}'..='\u{ffff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The text for one line of a terminal: hidden characters become `\n`, `\t`, `\u{202e}` and the like.
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, is_hidden)
}

/// The text for several lines of a terminal: line ends and tabs stay.
pub fn block(text: &str) -> Cow<'_, str> {
    escape(text, |character| {
        is_hidden(character) && character != '\n' && character != '\t'
    })
}

/// JSON in which hidden characters are spelled as `\u` escapes. Outside of strings, JSON has none of
/// them but line ends, which stay.
pub fn json(text: &str) -> Cow<'_, str> {
    let is_raw = |character| is_hidden(character) && character != '\n';
    if !text.contains(is_raw) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_raw(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// Appends a character as it is, or spelled out if it is hidden.
pub fn push(out: &mut String, character: char) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        _ if is_hidden(character) => {
            let _ = write!(out, "\\u{{{:x}}}", character as u32);
        }
        _ => out.push(character),
    }
}

fn escape(text: &str, is_raw: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_raw) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_raw(character) {
            push(&mut out, character);
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out() {
        let check = |raw: &str, shown: &str| assert_eq!(line(raw), shown);
        check("plain, ünïcode, 名前, 😀", "plain, ünïcode, 名前, 😀");
        check("\u{1b}[31mred", "\\u{1b}[31mred");
        check("a\u{202e}b\u{200b}c\u{feff}", "a\\u{202e}b\\u{200b}c\\u{feff}");
        check("one\ntwo\r\n\tthree", "one\\ntwo\\r\\n\\tthree");
        check("\u{7f}\u{9b}", "\\u{7f}\\u{9b}");
        assert_eq!(block("one\n\ttwo\r"), "one\n\ttwo\\r");
    }

    #[test]
    fn escaped_json_means_the_same() {
        let value = serde_json::json!({ "a\u{202e}": ["\u{9b}", "\u{e0041}", "\n", "é"] });
        let text = serde_json::to_string_pretty(&value).unwrap_or_default();
        let escaped = json(&text);
        assert!(!escaped.contains(|c| is_hidden(c) && c != '\n'), "{escaped}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escaped).ok(),
            Some(value)
        );
    }
}
