//! URLs, as Go's `net/url` reads them.

use super::Function;
use super::kubernetes::{Special, special};
use crate::cel::Fault;
use crate::cel::evaluate::no_overload;
use crate::cel::value::{Key, Value};
use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::sync::Arc;

/// A URL in parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Url {
    scheme: String,
    /// What stands behind the scheme of one that has no path.
    opaque: String,
    user: String,
    /// With its port.
    host: String,
    /// As it was written.
    path: String,
    query: String,
}

pub const FUNCTIONS: &[Function] = &[
    Function::global("url", 1, |_, args| match args {
        [Value::String(text)] => match parse(text).and_then(|_| whole(text)) {
            Some(url) => Ok(special(Special::Url(url))),
            None => Err(Fault::Error(format!(
                "URL parse error during conversion from string: {text:?}"
            ))),
        },
        _ => Err(no_overload("url", args)),
    }),
    Function::global("isURL", 1, |_, args| match args {
        [Value::String(text)] => Ok(Value::Bool(is_url(text))),
        _ => Err(no_overload("isURL", args)),
    }),
    Function::member("getScheme", 1, |_, args| Ok(Value::string(&*of(args)?.scheme))),
    Function::member("getHost", 1, |_, args| Ok(Value::string(&*of(args)?.host))),
    Function::member("getHostname", 1, |_, args| {
        let host = split_port(&of(args)?.host).0;
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        Ok(Value::string(inner.unwrap_or(host)))
    }),
    Function::member("getPort", 1, |_, args| {
        Ok(Value::string(split_port(&of(args)?.host).1))
    }),
    Function::member("getEscapedPath", 1, |_, args| {
        let path = &of(args)?.path;
        let is_sound = |byte: u8| byte == b'%' || byte == b'/' || is_plain(byte, "!$&'()*+,;=:@[]");
        Ok(Value::string(match path.bytes().all(is_sound) {
            true => path.clone(),
            false => escaped(&unescaped(path, false).unwrap_or_default()),
        }))
    }),
    Function::member("getQuery", 1, |_, args| {
        let mut map: BTreeMap<Key, Vec<Value>> = BTreeMap::new();
        for part in of(args)?
            .query
            .split('&')
            .filter(|part| !part.is_empty() && !part.contains(';'))
        {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let read = |text| String::from_utf8(unescaped(text, true)?).ok();
            if let (Some(key), Some(value)) = (read(key), read(value)) {
                map.entry(Key::String(key.into()))
                    .or_default()
                    .push(Value::string(value));
            }
        }
        let map = map.into_iter().map(|(key, values)| (key, Value::list(values)));
        Ok(Value::Map(Arc::new(map.collect())))
    }),
];

/// Whether a text is a URL, or an absolute path, as a request has it.
pub fn is_url(text: &str) -> bool {
    parse(text).is_some()
}

fn of(args: &[Value]) -> Result<&Url, Fault> {
    if let [Value::Special(value)] = args
        && let Special::Url(url) = &**value
    {
        return Ok(url);
    }
    Err(no_overload("a function of URLs", args))
}

/// Without what stands behind `#`, which requests don't have.
fn whole(text: &str) -> Option<Url> {
    match text.split_once('#') {
        Some((url, fragment)) => {
            unescaped(fragment, false)?;
            parse(url)
        }
        None => parse(text),
    }
}

fn parse(text: &str) -> Option<Url> {
    if text.is_empty() || text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return None;
    }
    let mut url = Url::default();
    if text == "*" {
        url.path = text.to_string();
        return Some(url);
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.'));
    let rest = match end.and_then(|end| text.split_at_checked(end)) {
        Some(("", rest)) if rest.starts_with(':') => return None,
        Some((scheme, rest))
            if rest.starts_with(':') && scheme.starts_with(|c: char| c.is_ascii_alphabetic()) =>
        {
            url.scheme = scheme.to_ascii_lowercase();
            rest.get(1..)?
        }
        _ => text,
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    url.query = query.to_string();
    if !rest.starts_with('/') {
        url.opaque = rest.to_string();
        return (!url.scheme.is_empty()).then_some(url);
    }
    url.path = rest.to_string();
    if !url.scheme.is_empty()
        && let Some(rest) = rest.strip_prefix("//")
    {
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (user, host),
            None => ("", authority),
        };
        let is_sound = |byte: u8| is_plain(byte, "-._:~!$&'()*+,;=%@");
        if !user.bytes().all(is_sound) || unescaped(user, false).is_none() {
            return None;
        }
        url.user = user.to_string();
        url.host = self::host(host)?;
        url.path = path.to_string();
    }
    unescaped(&url.path, false)?;
    Some(url)
}

fn host(text: &str) -> Option<String> {
    let is_port = |text: &str| match text.strip_prefix(':') {
        Some(port) => port.bytes().all(|byte| byte.is_ascii_digit()),
        None => text.is_empty(),
    };
    if let Some(inner) = text.strip_prefix('[') {
        let (address, port) = inner.rsplit_once(']')?;
        let address = address.split_once("%25").map_or(address, |(address, _)| address);
        return (is_port(port) && address.parse::<Ipv6Addr>().is_ok()).then(|| text.to_string());
    }
    if let Some(colon) = text.find(':')
        && !is_port(text.get(colon..)?)
    {
        return None;
    }
    let is_sound = |byte: u8| byte >= 0x80 || byte == b'%' || is_plain(byte, "!$&'()*+,;=:[]<>\"");
    if !text.bytes().all(is_sound) {
        return None;
    }
    // Only what is no ASCII may be escaped in a host.
    let mut parts = text.split('%');
    parts.next();
    let is_high = |part: &str| part.starts_with(|c: char| matches!(c, '8' | '9' | 'a'..='f' | 'A'..='F'));
    if !parts.all(is_high) {
        return None;
    }
    String::from_utf8(unescaped(text, false)?).ok()
}

fn is_plain(byte: u8, others: &str) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || others.as_bytes().contains(&byte)
}

/// A host and its port, if it has a sound one.
fn split_port(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port),
        _ => (host, ""),
    }
}

/// The bytes, if every `%` begins an escape.
fn unescaped(text: &str, is_query: bool) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            b'+' if is_query => b' ',
            byte => byte,
        });
    }
    Some(out)
}

fn escaped(path: &[u8]) -> String {
    let mut out = String::new();
    for &byte in path {
        match is_plain(byte, "$&+,/:;=@") {
            true => out.push(char::from(byte)),
            false => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
