//! How the key of a mapping is spelled once it is JSON, and whether it is what it seems.

use super::scalar;
use crate::codes::Code;

use crate::manifest::{Node, Value};

/// What is wrong with a key.
pub(super) struct KeyFault {
    pub code: Code,
    pub message: String,
    pub help: String,
}

/// The key that a node spells. `written` is its text in the file.
pub(super) fn spelling(node: &Node, written: &str) -> (Box<str>, Option<KeyFault>) {
    let no_key = |what: &str| {
        Some(KeyFault {
            code: Code::M0212,
            message: format!("{what} can't be a key in JSON, so `kubectl` refuses the document"),
            help: "write a string as key".to_string(),
        })
    };
    match &node.value {
        Value::String(text) | Value::Unknown(text) => (text.clone(), deception(text)),
        Value::Bool(value) => (value.to_string().into(), None),
        Value::Integer(value) => {
            let float = scalar::float_key(written).map(Box::from);
            (float.unwrap_or_else(|| value.to_string().into()), None)
        }
        Value::Float(text) => {
            let float = scalar::float_key(text).map(Box::from);
            (float.unwrap_or_else(|| text.clone()), None)
        }
        Value::Null => ("null".into(), no_key("null")),
        Value::Sequence(_) => (written.into(), no_key("a list")),
        Value::Mapping(_) => (written.into(), no_key("a mapping")),
    }
}

/// Says so if a key looks like another one: it holds characters that nobody sees, or letters of another
/// alphabet among Latin ones.
pub(super) fn deception(key: &str) -> Option<KeyFault> {
    if key.is_ascii() {
        return None;
    }
    let fault = |message: String| {
        Some(KeyFault {
            code: Code::M0213,
            message,
            help: format!("type the key anew: `{}`", skeleton(key)),
        })
    };
    let code_point = |c: char| format!("U+{:04X}", u32::from(c));
    if let Some(c) = key.chars().find(|c| is_invisible(*c)) {
        return fault(format!(
            "the key `{}` holds the invisible character {}",
            skeleton(key),
            code_point(c)
        ));
    }
    let has_latin = key.chars().any(|c| c.is_ascii_alphabetic());
    let stranger = key.chars().find(|c| has_latin && latin_twin(*c).is_some())?;
    let twin = latin_twin(stranger)?;
    fault(format!(
        "`{stranger}` in the key `{key}` is {}, which only looks like `{twin}`",
        code_point(stranger)
    ))
}

/// The key as a reader of the text would take it: without what is invisible, in the Latin letters that it
/// resembles.
pub fn skeleton(key: &str) -> String {
    key.chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| latin_twin(c).unwrap_or(c))
        .collect()
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{A0}' | '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{1680}' | '\u{17B4}'
        | '\u{17B5}' | '\u{180B}'..='\u{180E}' | '\u{2000}'..='\u{200F}' | '\u{2028}'..='\u{202F}'
        | '\u{205F}'..='\u{206F}' | '\u{3000}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// The ASCII character that a character of another alphabet resembles.
fn latin_twin(c: char) -> Option<char> {
    if let full @ '\u{FF01}'..='\u{FF5E}' = c {
        return char::from_u32(u32::from(full) - 0xFEE0);
    }
    const TWINS: &[(char, &str)] = &[
        ('a', "аɑα"),
        ('c', "сϲ"),
        ('d', "ԁ"),
        ('e', "еҽ"),
        ('g', "ɡ"),
        ('h', "һ"),
        ('i', "іıɩ"),
        ('j', "јϳ"),
        ('k', "к"),
        ('l', "ӏ"),
        ('m', "м"),
        ('n', "ո"),
        ('o', "оοօ"),
        ('p', "рρ"),
        ('q', "ԛ"),
        ('r', "г"),
        ('s', "ѕ"),
        ('t', "т"),
        ('u', "υս"),
        ('v', "ѵν"),
        ('w', "ԝ"),
        ('x', "хχ"),
        ('y', "уγ"),
        ('z', "ᴢ"),
        ('A', "АΑ"),
        ('B', "ВΒ"),
        ('C', "СϹ"),
        ('E', "ЕΕ"),
        ('H', "НΗ"),
        ('I', "ІΙӀ"),
        ('J', "Ј"),
        ('K', "КΚ"),
        ('M', "МΜ"),
        ('N', "Ν"),
        ('O', "ОΟ"),
        ('P', "РΡ"),
        ('S', "Ѕ"),
        ('T', "ТΤ"),
        ('V', "Ѵ"),
        ('W', "Ԝ"),
        ('X', "ХΧ"),
        ('Y', "ҮΥ"),
        ('Z', "Ζ"),
    ];
    TWINS
        .iter()
        .find(|(_, twins)| twins.contains(c))
        .map(|(latin, _)| *latin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_seem_to_be_others_are_told() {
        let told = |key: &str| deception(key).map(|fault| fault.message);
        assert_eq!(told("hostNetwork"), None);
        assert_eq!(told("größe"), None);
        assert_eq!(told("ключ"), None);
        insta::assert_snapshot!(told("hostNetwork\u{a0}").unwrap_or_default(),
            @"the key `hostNetwork` holds the invisible character U+00A0");
        insta::assert_snapshot!(told("host\u{200b}Network").unwrap_or_default(),
            @"the key `hostNetwork` holds the invisible character U+200B");
        insta::assert_snapshot!(told("hоstNetwork").unwrap_or_default(),
            @"`о` in the key `hоstNetwork` is U+043E, which only looks like `o`");
        assert_eq!(skeleton("ｋind"), "kind");
    }
}
