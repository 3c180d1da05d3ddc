//! The text of an expression → tokens.

use std::sync::Arc;

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    Name(Arc<str>),
    /// A whole number without its sign.
    Integer(u64),
    Unsigned(u64),
    Double(f64),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
    /// An operator or a bracket.
    Symbol(&'static str),
}

/// Longer ones first.
const SYMBOLS: [&str; 30] = [
    "&&", "||", "==", "!=", "<=", ">=", ".?", "[?", "{?", "+", "-", "*", "/", "%", "<", ">", "!", "?", ":",
    ".", ",", "(", ")", "[", "]", "{", "}", "=", "&", "|",
];

/// All tokens; else what is wrong.
pub fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        let Some(first) = rest.chars().next() else {
            return Ok(tokens);
        };
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment
                .find('\n')
                .and_then(|end| comment.get(end..))
                .unwrap_or_default();
            continue;
        }
        let (token, after) = match string(rest)? {
            Some(read) => read,
            None if first.is_ascii_alphabetic() || first == '_' => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
                (Token::Name(name.into()), after)
            }
            None if is_number(rest) => number(rest)?,
            None => {
                let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
                let symbol = symbol.ok_or_else(|| format!("`{first}` has no meaning there"))?;
                // `a[?b]` is an optional index; `c ? [?d] : e` too. `{?` and `[?` can mean nothing else.
                (
                    Token::Symbol(symbol),
                    rest.get(symbol.len()..).unwrap_or_default(),
                )
            }
        };
        tokens.push(token);
        rest = after;
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('.').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
}

fn number(text: &str) -> Result<(Token, &str), String> {
    let malformed = |text: &str| format!("`{text}` is no number");
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let unsigned = |value, after: &str| match after.starts_with(['u', 'U']) {
        true => (Token::Unsigned(value), 1),
        false => (Token::Integer(value), 0),
    };
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let end = hex.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(hex.len());
        let (written, after) = hex.split_at(end);
        let value = u64::from_str_radix(written, 16).map_err(|_| malformed(written))?;
        let (token, suffix) = unsigned(value, after);
        return Ok((token, after.get(suffix..).unwrap_or_default()));
    }
    let whole = digits(text);
    let mut end = whole;
    let tail = |end: usize| text.get(end..).unwrap_or_default();
    if tail(end).strip_prefix('.').is_some_and(is_number) {
        end += 1 + digits(tail(end + 1));
    }
    if let Some(exponent) = tail(end).strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let count = digits(exponent.get(sign..).unwrap_or_default());
        if count > 0 {
            end += 1 + sign + count;
        }
    }
    let (written, after) = text.split_at(end);
    if end > whole {
        let value: f64 = written.parse().map_err(|_| malformed(written))?;
        return Ok((Token::Double(value), after));
    }
    let value = written.parse().map_err(|_| malformed(written))?;
    let (token, suffix) = unsigned(value, after);
    Ok((token, after.get(suffix..).unwrap_or_default()))
}

/// A string or bytes, if one begins there.
fn string(text: &str) -> Result<Option<(Token, &str)>, String> {
    let prefix = text.bytes().take(3).take_while(u8::is_ascii_alphabetic).count();
    let (marks, quoted) = text.split_at(prefix);
    let (is_raw, is_bytes) = match marks.to_ascii_lowercase().as_str() {
        "" => (false, false),
        "r" => (true, false),
        "b" => (false, true),
        "br" | "rb" => (true, true),
        _ => return Ok(None),
    };
    let quote = ["\"\"\"", "'''", "\"", "'"]
        .into_iter()
        .find(|quote| quoted.starts_with(quote));
    let Some(quote) = quote else { return Ok(None) };
    let body = quoted.get(quote.len()..).unwrap_or_default();
    let mut out: Vec<u8> = Vec::new();
    let mut rest = body;
    loop {
        if let Some(after) = rest.strip_prefix(quote) {
            let token = match is_bytes {
                true => Token::Bytes(out.into()),
                false => Token::String(
                    String::from_utf8(out)
                        .map_err(|_| "a string of malformed characters")?
                        .into(),
                ),
            };
            return Ok(Some((token, after)));
        }
        let Some(first) = rest.chars().next() else {
            return Err("a string has no end".to_string());
        };
        if quote.len() == 1 && matches!(first, '\n' | '\r') {
            return Err("a string has no end in its line".to_string());
        }
        if first == '\\' && !is_raw {
            rest = escape(rest, is_bytes, &mut out)?;
        } else {
            out.extend(first.to_string().bytes());
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
}

/// Reads an escape, says what is behind it.
fn escape<'a>(text: &'a str, is_bytes: bool, out: &mut Vec<u8>) -> Result<&'a str, String> {
    let malformed = || "a string has an escape that means nothing".to_string();
    let kind = text.chars().nth(1).ok_or_else(malformed)?;
    let after = |count: usize| text.get(count..).ok_or_else(malformed);
    let simple = match kind {
        'a' => Some(7),
        'b' => Some(8),
        'f' => Some(12),
        'n' => Some(b'\n'),
        'r' => Some(b'\r'),
        't' => Some(b'\t'),
        'v' => Some(11),
        '\\' | '\'' | '"' | '`' | '?' => u8::try_from(kind).ok(),
        _ => None,
    };
    if let Some(byte) = simple {
        out.push(byte);
        return after(2);
    }
    let (start, length, radix) = match kind {
        'x' | 'X' => (2, 2, 16),
        'u' => (2, 4, 16),
        'U' => (2, 8, 16),
        '0'..='3' => (1, 3, 8),
        _ => return Err(malformed()),
    };
    let digits = text.get(start..start + length).ok_or_else(malformed)?;
    let value = u32::from_str_radix(digits, radix).map_err(|_| malformed())?;
    if is_bytes && matches!(kind, 'x' | 'X' | '0'..='3') {
        out.push(u8::try_from(value).map_err(|_| malformed())?);
    } else {
        let letter = char::from_u32(value).ok_or_else(malformed)?;
        out.extend(letter.to_string().bytes());
    }
    after(start + length)
}
