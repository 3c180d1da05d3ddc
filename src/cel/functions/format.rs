//! Named formats: `!format.dns1123Label().validate(self.name).hasValue()`.

use super::Function;
use super::kubernetes::{Special, special};
use super::url::is_url;
use crate::cel::evaluate::no_overload;
use crate::cel::time::Timestamp;
use crate::cel::value::Value;

pub const FUNCTIONS: &[Function] = &[
    Function::global("format.dns1123Label", 0, |_, _| Ok(named("dns1123Label"))),
    Function::global("format.dns1123Subdomain", 0, |_, _| Ok(named("dns1123Subdomain"))),
    Function::global("format.dns1035Label", 0, |_, _| Ok(named("dns1035Label"))),
    Function::global("format.qualifiedName", 0, |_, _| Ok(named("qualifiedName"))),
    Function::global("format.dns1123LabelPrefix", 0, |_, _| {
        Ok(named("dns1123LabelPrefix"))
    }),
    Function::global("format.dns1123SubdomainPrefix", 0, |_, _| {
        Ok(named("dns1123SubdomainPrefix"))
    }),
    Function::global("format.dns1035LabelPrefix", 0, |_, _| {
        Ok(named("dns1035LabelPrefix"))
    }),
    Function::global("format.labelValue", 0, |_, _| Ok(named("labelValue"))),
    Function::global("format.uri", 0, |_, _| Ok(named("uri"))),
    Function::global("format.uuid", 0, |_, _| Ok(named("uuid"))),
    Function::global("format.byte", 0, |_, _| Ok(named("byte"))),
    Function::global("format.date", 0, |_, _| Ok(named("date"))),
    Function::global("format.datetime", 0, |_, _| Ok(named("datetime"))),
    Function::global("format.named", 1, |_, args| match args {
        [Value::String(name)] => Ok(match NAMES.iter().find(|known| ***known == **name) {
            Some(known) => Value::some(named(known)),
            None => Value::Optional(None),
        }),
        _ => Err(no_overload("format.named", args)),
    }),
    Function::member("validate", 2, |_, args| {
        if let [Value::Special(format), Value::String(text)] = args
            && let Special::Format(name) = **format
        {
            let faults = faults(name, text);
            return Ok(match faults.is_empty() {
                true => Value::Optional(None),
                false => Value::some(Value::list(faults.into_iter().map(Value::string).collect())),
            });
        }
        Err(no_overload("validate", args))
    }),
];

const NAMES: [&str; 13] = [
    "dns1123Label",
    "dns1123Subdomain",
    "dns1035Label",
    "qualifiedName",
    "dns1123LabelPrefix",
    "dns1123SubdomainPrefix",
    "dns1035LabelPrefix",
    "labelValue",
    "uri",
    "uuid",
    "byte",
    "date",
    "datetime",
];

fn named(name: &'static str) -> Value {
    special(Special::Format(name))
}

/// What is wrong with a text of a format.
fn faults(name: &str, text: &str) -> Vec<String> {
    let of = |most: usize, is_sound: bool, what: &str| {
        let is_long = text.len() > most;
        let length = is_long.then(|| format!("must be no more than {most} bytes"));
        length
            .into_iter()
            .chain((!is_sound).then(|| what.to_string()))
            .collect()
    };
    match name {
        "dns1123LabelPrefix" => faults("dns1123Label", &without_dash(text)),
        "dns1123SubdomainPrefix" => faults("dns1123Subdomain", &without_dash(text)),
        "dns1035LabelPrefix" => faults("dns1035Label", &without_dash(text)),
        "dns1123Label" => of(63, is_label(text), "must be a lowercase RFC 1123 label"),
        "dns1123Subdomain" => of(253, is_subdomain(text), "must be a lowercase RFC 1123 subdomain"),
        "dns1035Label" => {
            let is_sound = is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase());
            of(63, is_sound, "must be a DNS-1035 label")
        }
        "labelValue" => of(
            63,
            text.is_empty() || is_word(text),
            "must be a valid label value",
        ),
        "qualifiedName" => qualified(text),
        _ => {
            let (is_sound, what) = match name {
                "uri" => (is_url(text), "invalid URI"),
                "uuid" => (is_uuid(text), "does not match the UUID format"),
                "byte" => (is_base64(text), "invalid base64"),
                "date" => (Timestamp::of_day(text).is_some(), "invalid date"),
                _ => (Timestamp::parse(text).is_some(), "invalid datetime"),
            };
            of(usize::MAX, is_sound, what)
        }
    }
}

fn qualified(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let name = match text.split_once('/') {
        Some((_, name)) if name.contains('/') => return vec!["must be a qualified name".to_string()],
        Some(("", name)) => {
            faults.push("prefix part must be non-empty".to_string());
            name
        }
        Some((prefix, name)) => {
            faults.extend(self::faults("dns1123Subdomain", prefix));
            name
        }
        None => text,
    };
    if name.is_empty() {
        faults.push("name part must be non-empty".to_string());
    } else if name.len() > 63 {
        faults.push("name part must be no more than 63 bytes".to_string());
    }
    if !is_word(name) {
        faults.push("name part must consist of alphanumeric characters, `-`, `_` or `.`".to_string());
    }
    faults
}

/// What a generated name becomes, of which this is the beginning.
fn without_dash(text: &str) -> String {
    match text.strip_suffix('-') {
        Some(rest) if !rest.is_empty() && rest.is_ascii() => {
            format!("{}a", rest.get(..rest.len() - 1).unwrap_or_default())
        }
        _ => text.to_string(),
    }
}

fn is_label(text: &str) -> bool {
    let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(is_end) && text.ends_with(is_end) && text.chars().all(|c| is_end(c) || c == '-')
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn is_word(text: &str) -> bool {
    let is_end = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(is_end)
        && text.ends_with(is_end)
        && text.chars().all(|c| is_end(c) || matches!(c, '-' | '_' | '.'))
}

fn is_uuid(text: &str) -> bool {
    let digits: Vec<&str> = text.split('-').collect();
    let is_group = |(part, length): (&&str, &usize)| {
        part.len() == *length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    match digits.len() {
        5 => digits.iter().zip(&[8, 4, 4, 4, 12]).all(is_group),
        1 => is_group((&text, &32)),
        _ => false,
    }
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    !body.is_empty()
        && text.len().is_multiple_of(4)
        && text.len() - body.len() <= 2
        && body.bytes().all(is_digit)
}
