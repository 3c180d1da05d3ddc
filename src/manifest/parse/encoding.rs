//! Bytes of a file → text, with what was wrong with the bytes.

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// A file's text and how it came about.
#[derive(Debug)]
pub struct Decoded {
    /// The text, in which bytes that are not UTF-8 have become U+FFFD. A byte order mark of UTF-8 is kept, so
    /// that offsets are those of the file.
    pub text: String,
    /// What was wrong with the bytes.
    pub faults: Vec<Diagnostic>,
    /// Whether this is no text at all, so that nothing can be read from it.
    pub binary: bool,
}

/// How many control characters in a thousand characters make a file binary; texts have none.
const BINARY_PER_THOUSAND: usize = 50;

/// Decodes UTF-8 with or without a byte order mark, and UTF-16 with one, which is what YAML readers take.
pub fn decode(file: FileId, bytes: Vec<u8>) -> Decoded {
    let (text, wrong) = match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let first = error.utf8_error().valid_up_to();
                (
                    String::from_utf8_lossy(error.as_bytes()).into_owned(),
                    Some(first),
                )
            }
        },
    };
    let replaced = |c: &char| *c == char::REPLACEMENT_CHARACTER;
    let odd = if is_printable_ascii(&text) {
        0
    } else {
        text.chars().filter(|c| replaced(c) || is_forbidden(*c)).count()
    };
    let binary = odd > 0 && odd * 1000 > text.chars().count() * BINARY_PER_THOUSAND && text.contains('\0');
    let mut faults = Vec::new();
    if binary {
        faults.push(
            Diagnostic::new(
                Code::M0104,
                Span::new(file, 0, 0),
                "the file has the name of a manifest but is binary",
            )
            .help("give it another extension, or keep it outside of the folders that are checked"),
        );
    } else if let Some(start) = wrong {
        let more = text.chars().filter(replaced).count().saturating_sub(1);
        let also = if more > 0 {
            format!(", and {more} more behind it")
        } else {
            String::new()
        };
        let end = start + char::REPLACEMENT_CHARACTER.len_utf8();
        faults.push(
            Diagnostic::new(
                Code::M0103,
                Span::new(file, start, end.min(text.len())),
                format!("a byte is not UTF-8{also}"),
            )
            .help("save the file as UTF-8: readers of manifests disagree on what these bytes mean"),
        );
    }
    Decoded { text, faults, binary }
}

/// A text in the encoding of the bytes of which [`decode`] made an earlier one.
pub fn encode(text: &str, like: &[u8]) -> Vec<u8> {
    let units = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
        let units = text.encode_utf16().flat_map(bytes);
        mark.into_iter().chain(units).collect()
    };
    match like {
        [0xFF, 0xFE, ..] => units([0xFF, 0xFE], u16::to_le_bytes),
        [0xFE, 0xFF, ..] => units([0xFE, 0xFF], u16::to_be_bytes),
        _ => text.as_bytes().to_vec(),
    }
}

/// Whether there is nothing but ASCII without control characters, which saves most texts a closer look.
pub(super) fn is_printable_ascii(text: &str) -> bool {
    // Block by block, without a way out in between, as processors like it.
    text.as_bytes().chunks(256).all(|block| {
        let odd = |byte: u8| (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte > b'~';
        !block.iter().fold(false, |found, byte| found | odd(*byte))
    })
}

/// Whether YAML forbids the character outside of escapes. A byte order mark is fine at the start of a file.
pub(super) fn is_forbidden(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{0}'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => true,
        _ => false,
    }
}

/// The text, and where in it the first unit that was no character stands.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (String, Option<usize>) {
    let pairs = bytes.chunks(2).map(|pair| match pair {
        [a, b] => unit([*a, *b]),
        // Half a unit at the end is no character; a lone surrogate says so.
        _ => 0xD800,
    });
    let mut text = String::with_capacity(bytes.len());
    let mut wrong = None;
    for decoded in char::decode_utf16(pairs) {
        match decoded {
            Ok(c) => text.push(c),
            Err(_) => {
                wrong.get_or_insert(text.len());
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }
    (text, wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], text: &str, faults: &[(Code, usize)]) {
        let decoded = decode(FileId(0), bytes.to_vec());
        let found: Vec<(Code, usize)> = decoded
            .faults
            .iter()
            .map(|fault| match fault.origin {
                crate::diagnostic::Origin::Code(code) => (code, fault.primary.span.start as usize),
                _ => unreachable!("reading knows only codes"),
            })
            .collect();
        assert_eq!((decoded.text.as_str(), found.as_slice()), (text, faults));
    }

    #[test]
    fn utf8_and_utf16_are_read_and_the_rest_is_said() {
        check("a: é".as_bytes(), "a: é", &[]);
        check("\u{FEFF}a: b".as_bytes(), "\u{FEFF}a: b", &[]);
        check(b"\xFF\xFEa\0:\0 \0b\0", "a: b", &[]);
        check(b"\xFE\xFF\0a\0:\0 \0b", "a: b", &[]);
        check(b"# \xE9\na: b", "# \u{FFFD}\na: b", &[(Code::M0103, 2)]);
        check(b"\xFF\xFEa\0b", "a\u{FFFD}", &[(Code::M0103, 1)]);
        check(b"", "", &[]);
    }

    #[test]
    fn binary_files_are_told_from_texts() {
        assert!(decode(FileId(0), b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec()).binary);
        assert!(
            !decode(
                FileId(0),
                b"kind: Pod\n# a stray \0 and no more than that, in a text".to_vec()
            )
            .binary
        );
    }
}
