//! JSON text → documents.
//!
//! In: a text that begins with `{` or `[`. Out: its documents, several if values follow one another. Comments
//! and trailing commas are read, because `kubectl` reads them, and said.

use super::keys::{self, KeyFault};
use super::mapping::MappingBuilder;
use super::{Document, MAXIMUM_DEPTH, Parsed, faults, scalar, yaml_chunk};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Entry, Node, Value};
use crate::source::{FileId, Span};

/// Reads `text[start..]`. `None` if it is not JSON even when read with patience; it may be YAML.
pub(super) fn read(file: FileId, text: &str, start: usize) -> Option<Parsed> {
    let mut reader = Reader {
        file,
        text,
        at: start,
        faults: Vec::new(),
        strict: true,
    };
    let mut parsed = Parsed::default();
    loop {
        reader.skip_blanks();
        let begin = reader.at;
        if begin == text.len() {
            // Comments alone, which may have swallowed a document, are for YAML to tell.
            let only_comments = parsed.documents.is_empty() && !reader.faults.is_empty();
            return (!only_comments).then_some(parsed);
        }
        let follows_yaml = !parsed.documents.is_empty() && text[begin..].starts_with("---");
        if follows_yaml {
            let behind = parsed.documents.len();
            yaml_chunk::read_all(file, text, begin, &mut parsed);
            if let Some(next) = parsed.documents.get_mut(behind) {
                next.faults.push(
                    Diagnostic::new(
                        Code::M0209,
                        Span::new(file, begin, begin + 3),
                        "a YAML document follows a JSON one, which not every reader takes",
                    )
                    .help("put the documents into files of their own"),
                );
            }
            return Some(parsed);
        }
        let outcome = reader.value(0);
        let mut document = Document {
            span: Span::new(file, begin, reader.at),
            extent: Span::new(file, begin, reader.at),
            readings: Vec::new(),
            faults: std::mem::take(&mut reader.faults),
            broken: None,
            template: false,
            ambiguous: false,
        };
        match outcome {
            Ok(node) => document.readings.push(node),
            Err(Refusal::TooDeep) => {
                let span = Span::new(file, reader.at, reader.at + 1);
                document.broken = Some(faults::too_deep(span));
                parsed.documents.push(document);
                return Some(parsed);
            }
            Err(Refusal::NotJson) => return None,
        }
        if !parsed.documents.is_empty() {
            document.faults.push(
                Diagnostic::new(
                    Code::M0209,
                    Span::new(file, begin, begin),
                    "a second JSON value follows the first: `kubectl` reads both, other tools only one",
                )
                .help("put each object into a file of its own, or into the `items` of a `List`"),
            );
        }
        reader.strict = true;
        parsed.documents.push(document);
    }
}

/// Says of documents that were read as YAML although they begin as JSON does that they are not JSON.
pub(super) fn lay_at_door(parsed: &mut Parsed) {
    if let Some(document) = parsed
        .documents
        .first_mut()
        .filter(|document| document.broken.is_none())
    {
        let fault = Diagnostic::new(
            Code::M0202,
            document.span.at_start(),
            "the document begins as JSON does and is none",
        )
        .help("write strict JSON, or YAML in block style");
        document.faults.push(fault);
    }
}

enum Refusal {
    NotJson,
    TooDeep,
}

struct Reader<'t> {
    file: FileId,
    text: &'t str,
    at: usize,
    faults: Vec<Diagnostic>,
    /// Whether no breach of strict JSON has been said yet.
    strict: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn not_strict(&mut self, start: usize, end: usize, what: &str) {
        if std::mem::replace(&mut self.strict, false) {
            let span = Span::new(self.file, start, end);
            self.faults.push(
                Diagnostic::new(Code::M0202, span, format!("{what} is not allowed in JSON"))
                    .help("remove it: `kubectl` reads the file, the API server does not"),
            );
        }
    }

    /// Skips blanks and comments.
    fn skip_blanks(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
            self.at += rest.len() - trimmed.len();
            let length = if trimmed.starts_with("//") {
                trimmed.find(['\n', '\r']).unwrap_or(trimmed.len())
            } else if trimmed.starts_with("/*") {
                trimmed.find("*/").map_or(trimmed.len(), |end| end + 2)
            } else {
                return;
            };
            self.not_strict(self.at, self.at + length, "a comment");
            self.at += length;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Refusal> {
        if depth >= MAXIMUM_DEPTH {
            return Err(Refusal::TooDeep);
        }
        let start = self.at;
        let value = match self.peek().ok_or(Refusal::NotJson)? {
            b'{' => self.object(depth)?,
            b'[' => self.array(depth)?,
            b'"' => Value::String(self.string()?.into()),
            b'-' | b'0'..=b'9' => self.number()?,
            _ => self.word()?,
        };
        Ok(Node {
            span: Span::new(self.file, start, self.at),
            value,
        })
    }

    fn word(&mut self) -> Result<Value, Refusal> {
        let rest = &self.text[self.at..];
        for (word, value) in [
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("null", Value::Null),
        ] {
            if let Some(behind) = rest.strip_prefix(word)
                && !behind.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(Refusal::NotJson)
    }

    fn number(&mut self) -> Result<Value, Refusal> {
        let rest = &self.text[self.at..];
        let length = rest
            .bytes()
            .take_while(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'))
            .count();
        let written = &rest[..length];
        if !is_number(written) {
            return Err(Refusal::NotJson);
        }
        let start = self.at;
        self.at += length;
        if let Ok(whole) = written.parse::<i64>() {
            return Ok(Value::Integer(whole.into()));
        }
        if written.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            let span = Span::new(self.file, start, self.at);
            self.faults.push(faults::out_of_range(written, span));
            return Ok(Value::Float(written.into()));
        }
        scalar::float(written).ok_or(Refusal::NotJson)
    }

    fn array(&mut self, depth: usize) -> Result<Value, Refusal> {
        let mut nodes = Vec::new();
        self.at += 1;
        while !self.closes(b']', nodes.is_empty())? {
            nodes.push(self.value(depth + 1)?);
        }
        Ok(Value::Sequence(nodes))
    }

    fn object(&mut self, depth: usize) -> Result<Value, Refusal> {
        let mut entries = MappingBuilder::default();
        let mut empty = true;
        self.at += 1;
        while !self.closes(b'}', std::mem::replace(&mut empty, false))? {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(Refusal::NotJson);
            }
            let key: Box<str> = self.string()?.into();
            let key_span = Span::new(self.file, start, self.at);
            if let Some(KeyFault { code, message, help }) = keys::deception(&key) {
                self.faults
                    .push(Diagnostic::new(code, key_span, message).help(help));
            }
            self.skip_blanks();
            if self.peek() != Some(b':') {
                return Err(Refusal::NotJson);
            }
            self.at += 1;
            self.skip_blanks();
            let value = self.value(depth + 1)?;
            let name = key.clone();
            if let Some(first) = entries.insert(Entry { key, key_span, value }) {
                self.faults.push(faults::duplicate_key(&name, key_span, first));
            }
        }
        Ok(Value::Mapping(entries.finish()))
    }

    /// Goes to the next element, or behind the closing bracket. `first` before the first element.
    fn closes(&mut self, bracket: u8, first: bool) -> Result<bool, Refusal> {
        self.skip_blanks();
        if !first && self.peek() == Some(b',') {
            let comma = self.at;
            self.at += 1;
            self.skip_blanks();
            if self.peek() == Some(bracket) {
                self.not_strict(comma, comma + 1, "a comma behind the last element");
                self.at += 1;
                return Ok(true);
            }
            return Ok(false);
        }
        if self.peek() == Some(bracket) {
            self.at += 1;
            return Ok(true);
        }
        if first { Ok(false) } else { Err(Refusal::NotJson) }
    }

    fn string(&mut self) -> Result<String, Refusal> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let length = rest.find(['"', '\\']).ok_or(Refusal::NotJson)?;
            let plain = &rest[..length];
            if let Some(control) = plain.find(|c: char| c < ' ') {
                let at = self.at + control;
                self.not_strict(at, at + 1, "a control character in a string");
            }
            text.push_str(plain);
            self.at += length + 1;
            if rest.as_bytes()[length] == b'"' {
                return Ok(text);
            }
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, Refusal> {
        let kind = self.peek().ok_or(Refusal::NotJson)?;
        // What is no escape may be the first byte of a longer character.
        let c = match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                let high = self.hex()?;
                let low = self.text[self.at..].strip_prefix("\\u").is_some();
                if (0xD800..0xDC00).contains(&high) && low {
                    let back = self.at;
                    self.at += 2;
                    let low = self.hex()?;
                    if let Some(Ok(c)) = char::decode_utf16([high, low]).next() {
                        return Ok(c);
                    }
                    self.at = back;
                }
                return Ok(char::from_u32(high.into()).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            _ => return Err(Refusal::NotJson),
        };
        self.at += 1;
        Ok(c)
    }

    fn hex(&mut self) -> Result<u16, Refusal> {
        let digits = self.text.get(self.at..self.at + 4).ok_or(Refusal::NotJson)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Refusal::NotJson);
        }
        self.at += 4;
        u16::from_str_radix(digits, 16).map_err(|_| Refusal::NotJson)
    }
}

/// JSON's grammar of numbers.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.strip_prefix('-').unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || whole > 1 && rest.starts_with('0') {
        return false;
    }
    let mut rest = &rest[whole..];
    if let Some(behind) = rest.strip_prefix('.') {
        let fraction = digits(behind);
        if fraction == 0 {
            return false;
        }
        rest = &behind[fraction..];
    }
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        None => rest.is_empty(),
    }
}
