//! Where in the text of a YAML chunk things begin that its reader does not place.

use std::ops::Range;

/// The first byte from `at` on that is not blank space, a comment, or a property of a node (`&a`, `!b`).
pub(super) fn behind_trivia(bytes: &[u8], mut at: usize) -> usize {
    let length = |at: usize, ends: fn(&u8) -> bool| bytes[at..].iter().take_while(|b| !ends(b)).count();
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
            Some(b'#') => at += length(at, |b| matches!(b, b'\n' | b'\r')),
            Some(b'&' | b'!') => at += length(at, |b| b.is_ascii_whitespace() || b",]}".contains(b)),
            _ => return at,
        }
    }
}

/// Where the content behind `at` and all indicators there begins.
pub(super) fn behind_indicators(bytes: &[u8], mut at: usize) -> usize {
    loop {
        at = behind_trivia(bytes, at);
        match bytes.get(at) {
            Some(b':' | b',') => at += 1,
            Some(b'-' | b'?') if bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace) => at += 1,
            _ => return at,
        }
    }
}

/// The last anchor, `&name`, between two nodes.
pub(super) fn anchor(text: &str, between: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = None;
    let mut at = between.start;
    while at < between.end {
        let length = |ends: fn(&u8) -> bool| bytes[at..].iter().take_while(|byte| !ends(byte)).count();
        match bytes.get(at)? {
            b'#' => at += length(|byte| matches!(byte, b'\n' | b'\r')),
            b'!' => at += length(u8::is_ascii_whitespace),
            b'&' => {
                let end = at + length(|byte| byte.is_ascii_whitespace() || b",]}".contains(byte));
                found = Some(at..end);
                at = end;
            }
            _ => at += 1,
        }
    }
    found
}

/// The dash that begins the sequence that is the value of the key that ends at `at`. If it is not indented, the
/// reader is behind it by the time it says so.
pub(super) fn dash_behind_key(bytes: &[u8], at: usize) -> Option<usize> {
    let mut at = behind_trivia(bytes, at);
    if bytes.get(at) == Some(&b':') {
        at = behind_trivia(bytes, at + 1);
    }
    (bytes.get(at) == Some(&b'-')).then_some(at)
}
