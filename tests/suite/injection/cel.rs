//! Strings in CEL, read as its specification says.

use super::{same, set};
use crate::engines::emitted;
use ordain::emit::vap::AdmissionPolicies;
use std::iter::Peekable;
use std::str::Chars;

/// The expressions of a policy hold the strings as literals, and are otherwise those of plain strings.
fn is_kept(strings: &[String]) -> Result<(), String> {
    let expressions = expressions(strings)?;
    let plain: Vec<String> = strings.iter().map(|_| "x".to_owned()).collect();
    let plain = self::expressions(&plain)?;
    if expressions.len() != plain.len() {
        return Err("there are other expressions".to_owned());
    }
    let mut held = false;
    for (expression, plain) in expressions.iter().zip(&plain) {
        let (literals, rest) = read(expression)?;
        let (of_plain, rest_of_plain) = read(plain)?;
        if rest != rest_of_plain {
            return Err(format!("the expression is another one: {rest}"));
        }
        let own: Vec<String> = literals
            .into_iter()
            .zip(of_plain)
            .filter_map(|(literal, plain)| (plain == "x").then_some(literal))
            .collect();
        if !own.is_empty() {
            same(strings, &own)?;
            held = true;
        }
    }
    match held {
        true => Ok(()),
        false => Err("no expression holds them".to_owned()),
    }
}

fn expressions(strings: &[String]) -> Result<Vec<String>, String> {
    // Of the title a message is made, which is no expression.
    let mut set = set(strings);
    set.rules[0].title = "title".to_owned();
    let documents = super::yaml::documents(&emitted(&AdmissionPolicies, &set)["r.yaml"])?;
    let spec = &documents[0]["spec"];
    let all = |list: &str, field: &str| -> Vec<String> {
        let entries = spec[list].as_array().into_iter().flatten();
        entries
            .filter_map(|entry| entry[field].as_str().map(str::to_owned))
            .collect()
    };
    let lists = [
        all("variables", "expression"),
        all("validations", "expression"),
        all("validations", "messageExpression"),
    ];
    Ok(lists.concat())
}

/// The string literals of an expression, and the expression without what they say.
fn read(expression: &str) -> Result<(Vec<String>, String), String> {
    let mut literals = Vec::new();
    let mut rest = String::new();
    let mut letters = expression.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' | '\'' if rest.ends_with(['r', 'R', 'b', 'B']) => {
                return Err(format!("a literal with a prefix, after {rest}"));
            }
            '"' | '\'' => {
                literals
                    .push(literal(&mut letters, letter).ok_or_else(|| format!("no literal after {rest}"))?);
                // What follows two quotes at once could be a literal of several lines.
                if letters.peek() == Some(&letter) {
                    return Err(format!("three quotes after {rest}"));
                }
                rest.push_str("\"\"");
            }
            '#' | '`' => return Err(format!("`{letter}` outside of a literal")),
            _ if letter.is_control() => return Err(format!("{letter:?} outside of a literal")),
            _ => rest.push(letter),
        }
    }
    Ok((literals, rest))
}

/// What a literal says, whose opening quote was read: `STRING_LIT` of the specification's grammar.
fn literal(letters: &mut Peekable<Chars<'_>>, quote: char) -> Option<String> {
    let mut text = String::new();
    loop {
        match letters.next()? {
            '\n' | '\r' => return None,
            letter if letter == quote => return Some(text),
            '\\' => text.push(match letters.next()? {
                'a' => '\u{7}',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'v' => '\u{b}',
                same @ ('\\' | '?' | '"' | '\'' | '`') => same,
                'x' | 'X' => code(letters, 2, 16)?,
                'u' => code(letters, 4, 16)?,
                'U' => code(letters, 8, 16)?,
                first @ '0'..='3' => {
                    let rest = code(letters, 2, 8)?;
                    char::from_u32(first.to_digit(8)? * 64 + u32::from(rest))?
                }
                _ => return None,
            }),
            letter => text.push(letter),
        }
    }
}

fn code(letters: &mut Peekable<Chars<'_>>, digits: usize, radix: u32) -> Option<char> {
    let mut code = 0;
    for _ in 0..digits {
        code = code * radix + letters.next()?.to_digit(radix)?;
    }
    char::from_u32(code)
}

#[test]
fn strings_are_data_in_cel() {
    super::check(is_kept);
}

#[test]
fn literals_of_cel_are_read_as_the_specification_says() {
    let text = |expression: &str| read(expression).map(|(literals, _)| literals);
    assert_eq!(
        text(r#"['a"b', "c'd"]"#),
        Ok(vec!["a\"b".to_owned(), "c'd".to_owned()])
    );
    assert_eq!(
        text(r#""\n\x41\u00e9\U0001f512\101\\""#),
        Ok(vec!["\nA\u{e9}\u{1f512}A\\".to_owned()])
    );
    for wrong in ["'a", "'''a'''", "r'a'", "'\n'", r"'\q'", r"'\ud800'", "`a`"] {
        assert!(text(wrong).is_err(), "{wrong}");
    }
}
