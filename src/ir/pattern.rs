//! Regular expressions that mean the same in every engine.
//!
//! In: a pattern as a policy writes it. Out: the same pattern in the common subset of RE2 (Go, OPA,
//! CEL) and the `regex` crate (here and in regorus), with ASCII classes spelled out, or the reason why
//! there is none.

use std::ops::Range;

/// Why a pattern is not in the subset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternFault {
    /// What is wrong.
    pub message: String,
    /// What to write instead, where that can be told.
    pub help: Option<String>,
    /// The bytes of the pattern that are meant.
    pub at: Range<usize>,
}

/// The largest repetition that RE2 takes.
const MAXIMUM_REPETITION: u32 = 1000;

/// The pattern in the common subset: `\d`, `\w` and `\s` become ASCII classes.
pub fn normalise_pattern(pattern: &str) -> Result<String, PatternFault> {
    let mut scanner = Scanner {
        text: pattern,
        position: 0,
        normal: String::with_capacity(pattern.len()),
    };
    scanner.run()?;
    match regex::Regex::new(&scanner.normal) {
        Ok(_) => Ok(scanner.normal),
        Err(error) => Err(PatternFault {
            message: format!("the regular expression is not well-formed: {}", reason(&error)),
            help: None,
            at: 0..pattern.len(),
        }),
    }
}

/// The last line of the crate's message, which names the fault; the lines before draw the pattern.
fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
        other => {
            let text = other.to_string();
            let line = text.lines().last().unwrap_or_default();
            line.trim_start_matches("error: ").to_owned()
        }
    }
}

struct Scanner<'a> {
    text: &'a str,
    position: usize,
    normal: String,
}

impl Scanner<'_> {
    fn run(&mut self) -> Result<(), PatternFault> {
        while let Some(next) = self.peek() {
            match next {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.group()?,
                '{' => self.repetition()?,
                _ => self.copy(next),
            }
        }
        Ok(())
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn copy(&mut self, next: char) {
        self.normal.push(next);
        self.position += next.len_utf8();
    }

    fn fault(&self, length: usize, message: impl Into<String>, help: Option<&str>) -> PatternFault {
        let end = (self.position + length).min(self.text.len());
        PatternFault {
            message: message.into(),
            help: help.map(str::to_owned),
            at: self.position..end,
        }
    }

    /// A backslash and what follows it, in a class or outside.
    fn escape(&mut self, in_class: bool) -> Result<(), PatternFault> {
        let Some(next) = self.rest().chars().nth(1) else {
            return Err(self.fault(
                1,
                "the regular expression ends with a backslash",
                Some("write `\\\\` for one"),
            ));
        };
        let ascii = match next {
            'd' => Some("0-9"),
            'w' => Some("0-9A-Za-z_"),
            's' => Some("\\t\\n\\f\\r "),
            _ => None,
        };
        if let Some(class) = ascii {
            if in_class {
                self.normal.push_str(class);
            } else {
                self.normal.push_str(&format!("[{class}]"));
            }
            self.position += 2;
            return Ok(());
        }
        let negated = match next {
            'D' => Some("[^0-9]"),
            'W' => Some("[^0-9A-Za-z_]"),
            'S' => Some("[^\\t\\n\\f\\r ]"),
            _ => None,
        };
        if let Some(class) = negated.filter(|_| !in_class) {
            self.normal.push_str(class);
            self.position += 2;
            return Ok(());
        }
        let common = matches!(next, 'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'x')
            || (!in_class && matches!(next, 'A' | 'z'))
            || (next.is_ascii_punctuation() && !matches!(next, '<' | '>'));
        if !common {
            let help = match next {
                'b' | 'B' => Some("spell out which characters may stand before and after"),
                'Z' => Some("write `$` or `\\z`"),
                'Q' | 'E' => Some("escape each character by itself"),
                'p' | 'P' => Some("list the characters, as in `[A-Za-z]`"),
                '0'..='9' => {
                    Some("neither back-references nor octal numbers exist; write `\\x41` for a character")
                }
                _ => None,
            };
            return Err(self.fault(
                1 + next.len_utf8(),
                format!("`\\{next}` does not mean the same in every engine"),
                help,
            ));
        }
        self.copy('\\');
        self.copy(next);
        Ok(())
    }

    /// `[…]`.
    fn class(&mut self) -> Result<(), PatternFault> {
        self.copy('[');
        if self.peek() == Some('^') {
            self.copy('^');
        }
        if self.peek() == Some(']') {
            return Err(self.fault(1, "`]` stands first in a class", Some("write `\\]`")));
        }
        while let Some(next) = self.peek() {
            match next {
                ']' => {
                    self.copy(']');
                    return Ok(());
                }
                '\\' => self.escape(true)?,
                '[' if self.rest().starts_with("[:") => {
                    let Some(length) = self.rest().find(":]") else {
                        return Err(self.fault(2, "`[:` has no `:]`", Some("write `\\[`")));
                    };
                    let name = self.rest().get(..length + 2).unwrap_or_default().to_owned();
                    self.normal.push_str(&name);
                    self.position += name.len();
                }
                '[' => return Err(self.fault(1, "`[` stands within a class", Some("write `\\[`"))),
                '&' | '-' | '~' if self.rest().chars().nth(1) == Some(next) => {
                    return Err(self.fault(
                        2,
                        format!("`{next}{next}` within a class does not mean the same in every engine"),
                        Some("write the character once, escaped"),
                    ));
                }
                _ => self.copy(next),
            }
        }
        Err(self.fault(0, "a class has no `]`", None))
    }

    /// `(`, with the flags behind it.
    fn group(&mut self) -> Result<(), PatternFault> {
        self.copy('(');
        if !self.rest().starts_with('?') {
            return Ok(());
        }
        let length = self
            .rest()
            .find([':', ')', '>', '=', '!'])
            .map_or(1, |end| end + 1);
        let head = self.rest().get(..length).unwrap_or_default();
        let flags = head.trim_start_matches('?').trim_end_matches([':', ')']);
        let named = head.starts_with("?P<") && head.ends_with('>') && !head.contains(['=', '!']);
        let known = flags.chars().all(|flag| matches!(flag, 'i' | 'm' | 's' | '-'));
        let flagged = known && head.ends_with([':', ')']);
        if !named && !flagged {
            return Err(self.fault(
                length,
                format!("`({head}` does not exist in every engine"),
                Some("groups are `(…)`, `(?:…)`, `(?P<name>…)`, and the flags `i`, `m` and `s`; there is no look-around"),
            ));
        }
        Ok(())
    }

    /// `{n}`, `{n,}`, `{n,m}`.
    fn repetition(&mut self) -> Result<(), PatternFault> {
        let length = self.rest().find('}').map_or(1, |end| end + 1);
        let inside = self.rest().get(1..length.max(2) - 1).unwrap_or_default();
        let mut bounds = inside.splitn(2, ',');
        let low = bounds.next().and_then(|low| low.parse::<u32>().ok());
        let high = match bounds.next() {
            None | Some("") => low,
            Some(high) => high.parse().ok(),
        };
        match (low, high) {
            (Some(low), Some(high)) if low <= high && high <= MAXIMUM_REPETITION && length > 1 => {
                let text = self.rest().get(..length).unwrap_or_default().to_owned();
                self.normal.push_str(&text);
                self.position += length;
                Ok(())
            }
            (Some(_), Some(high)) if high > MAXIMUM_REPETITION => Err(self.fault(
                length,
                format!("a repetition is larger than {MAXIMUM_REPETITION}"),
                None,
            )),
            _ => Err(self.fault(
                length,
                "`{` does not begin a repetition",
                Some("write `\\{` for the character, and both bounds of a repetition, as in `{0,3}`"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::normalise_pattern;

    fn check(pattern: &str) -> String {
        match normalise_pattern(pattern) {
            Ok(normal) => normal,
            Err(fault) => format!("{:?} {}", fault.at, fault.message),
        }
    }

    #[test]
    fn classes_become_ascii() {
        assert_eq!(check(r"^v\d+(\.\d+)*$"), r"^v[0-9]+(\.[0-9]+)*$");
        assert_eq!(check(r"[\w.-]+\S"), r"[0-9A-Za-z_.-]+[^\t\n\f\r ]");
        assert_eq!(
            check(r"(?i)(?:a|b){2,3}[[:alpha:]]"),
            r"(?i)(?:a|b){2,3}[[:alpha:]]"
        );
    }

    #[test]
    fn what_engines_disagree_on_is_refused() {
        assert_eq!(check(r"a\b"), r"1..3 `\b` does not mean the same in every engine");
        assert_eq!(
            check(r"\p{L}"),
            r"0..2 `\p` does not mean the same in every engine"
        );
        assert_eq!(check(r"a{,3}"), "1..5 `{` does not begin a repetition");
        assert_eq!(check(r"a{2000}"), "1..7 a repetition is larger than 1000");
        assert_eq!(
            check(r"[a&&b]"),
            "2..4 `&&` within a class does not mean the same in every engine"
        );
        assert_eq!(check(r"(?=a)"), "1..3 `(?=` does not exist in every engine");
        assert_eq!(check(r"(?<n>a)"), "1..5 `(?<n>` does not exist in every engine");
        assert_eq!(
            check(r"(a"),
            "0..2 the regular expression is not well-formed: unclosed group"
        );
        assert_eq!(check("é["), "3..3 a class has no `]`");
        assert_eq!(check("\\"), "0..1 the regular expression ends with a backslash");
    }
}
