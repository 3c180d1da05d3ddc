//! JSON as generated objects need it: numbers keep their spelling, members their order, and every string
//! is written so that all readers read the same.

use std::fmt::{self, Write};

#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// As it is spelled.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub fn text(text: impl Into<String>) -> Json {
        Json::Text(text.into())
    }

    pub fn number(number: impl ToString) -> Json {
        Json::Number(number.to_string())
    }

    /// The same without one of its parts, for every part at any depth; the larger parts first. A part that
    /// is an object or a list is also replaced by an empty one, one that is text by a simpler one.
    pub fn reductions(&self) -> Vec<Json> {
        let mut found = Vec::new();
        match self {
            Json::List(elements) => {
                for index in 0..elements.len() {
                    let mut fewer = elements.clone();
                    fewer.remove(index);
                    found.push(Json::List(fewer));
                }
                for (index, element) in elements.iter().enumerate() {
                    for smaller in element.reductions() {
                        let mut changed = elements.clone();
                        changed[index] = smaller;
                        found.push(Json::List(changed));
                    }
                }
            }
            Json::Object(members) => {
                for index in 0..members.len() {
                    let mut fewer = members.clone();
                    fewer.remove(index);
                    found.push(Json::Object(fewer));
                }
                for (index, (_, member)) in members.iter().enumerate() {
                    for smaller in member.reductions() {
                        let mut changed = members.clone();
                        changed[index].1 = smaller;
                        found.push(Json::Object(changed));
                    }
                }
            }
            Json::Text(text) if text.chars().count() > 1 => {
                found.push(Json::text("a"));
                let half = text.chars().count() / 2;
                found.push(Json::text(text.chars().take(half).collect::<String>()));
                found.push(Json::text(text.chars().skip(half).collect::<String>()));
            }
            _ => {}
        }
        found
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(truth) => write!(f, "{truth}"),
            Json::Number(spelling) => f.write_str(spelling),
            Json::Text(text) => write_text(f, text),
            Json::List(elements) => {
                f.write_char('[')?;
                for (index, element) in elements.iter().enumerate() {
                    f.write_str(if index > 0 { "," } else { "" })?;
                    write!(f, "{element}")?;
                }
                f.write_char(']')
            }
            Json::Object(members) => {
                f.write_char('{')?;
                for (index, (key, member)) in members.iter().enumerate() {
                    f.write_str(if index > 0 { "," } else { "" })?;
                    write_text(f, key)?;
                    write!(f, ":{member}")?;
                }
                f.write_char('}')
            }
        }
    }
}

/// All that is not plain ASCII stands as escapes of UTF-16.
fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for letter in text.chars() {
        match letter {
            '"' | '\\' => write!(f, "\\{letter}")?,
            ' '..='~' => f.write_char(letter)?,
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(f, "\\u{unit:04x}")?;
                }
            }
        }
    }
    f.write_char('"')
}
