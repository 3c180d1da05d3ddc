//! A type → literals of the language, plain and strange ones.

use super::random::Random;
use ordain::ir::Type;
use ordain::units::Dimension;

/// Texts of manifests and policies.
pub const TEXTS: &[&str] = &[
    "a",
    "web",
    "web-1",
    "default",
    "kube-system",
    "latest",
    "nginx:1.25",
    "registry.acme.io/a/b:v1@sha256:00",
    "v1.2.3",
    "1.2.3-rc.1",
    "1.10",
    "10.0.0.1",
    "10.0.0.0/8",
    "fd00::1",
    "8080",
    "http",
    "",
    "ALL",
    "NET_RAW",
    "*",
    "/",
    "//x/",
    "true",
    "80%",
    "2Gi",
    "--port=80",
    "-v",
    "Größe",
    "İSTANBUL",
    "a\u{202e}b",
    "\u{2028}",
    "\u{0}\u{7f}\u{85}",
    "\u{1f512}",
    "\"quoted\"",
    "${x}",
    "{y}",
    "{{.Values.z}}",
    "line\nbreak",
    "tab\t",
    "\\d",
    "`tick`",
    "%s",
    "null",
    "unset",
];

const PATTERNS: &[&str] = &[
    "*",
    "web*",
    "*1",
    "*a*",
    "a",
    "",
    "nginx:*",
    "*.acme.io/*",
    "**",
    "kube-*",
    "*\n*",
    "[a]*",
    "a.c",
];

const EXPRESSIONS: &[&str] = &[
    r"^[a-z0-9-]+$",
    r"\d+",
    r"^v?\d+(\.\d+)*$",
    r"(?i)LATEST|WEB",
    r"[^\x20-\x7e]",
    r"^\s*$",
    r"a{2,3}b?",
    r"^(?:web|api)-",
    r".",
    r"(?s)^.$",
    r"\w\W\w",
    r"[\w.-]+/\S+$",
    r"\\|\{|`",
];

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "80",
    "1024",
    "65535",
    "4_000",
    "2147483648",
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "9223372036854775807",
];

const DECIMALS: &[&str] = &[
    "0.0",
    "0.1",
    "1.0",
    "0.5",
    "2.75",
    "1000.0",
    "0.000000001",
    "9007199254740993.5",
];

pub fn any_text(random: &mut Random) -> &'static str {
    random.pick(TEXTS)
}

pub fn pattern(random: &mut Random) -> String {
    quoted(random.pick(PATTERNS))
}

pub fn regular_expression(random: &mut Random) -> String {
    format!("r\"{}\"", random.pick(EXPRESSIONS))
}

/// A text as the language spells it.
pub fn quoted(text: &str) -> String {
    let mut written = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' | '{' => {
                written.push('\\');
                written.push(letter);
            }
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            _ if letter.is_control() => written.push_str(&format!("\\u{{{:x}}}", letter as u32)),
            _ => written.push(letter),
        }
    }
    written.push('"');
    written
}

pub fn number(random: &mut Random) -> &'static str {
    match random.chance(600) {
        true => random.pick(&NUMBERS[..6]),
        false => random.pick(NUMBERS),
    }
}

/// A literal; none of types that have none. A number stands for a count only where one is asked for:
/// `is_asked` says so.
pub fn literal(random: &mut Random, ty: &Type, is_asked: bool) -> Option<String> {
    Some(match ty {
        Type::Bool => random.pick(&["true", "false"]).to_owned(),
        Type::Int => number(random).to_owned(),
        Type::Decimal => random.pick(DECIMALS).to_owned(),
        Type::String | Type::Image => quoted(any_text(random)),
        Type::Quantity(Some(dimension)) => {
            let choices: &[&str] = match *dimension {
                Dimension::CPU => &["0m", "1m", "100m", "500m", "1.5cpu", "2cpu", "1000cpu"],
                Dimension::MEMORY => &[
                    "0B", "1B", "64Mi", "128Mi", "1Gi", "1G", "0.5Gi", "2Ti", "1E", "7Ei",
                ],
                Dimension::RATIO => &["0%", "10%", "50%", "100%", "150%", "33.3%"],
                Dimension::DURATION => &["0s", "30s", "5min", "1h", "7d", "1ms"],
                Dimension::COUNT if is_asked => &["0", "1", "2", "10", "110", "0.5"],
                _ => return None,
            };
            random.pick(choices).to_owned()
        }
        _ => return None,
    })
}
