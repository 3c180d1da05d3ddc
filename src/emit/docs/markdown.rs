//! Text of authors → Markdown that shows exactly that text, in GitHub's and every other reader.
//!
//! Nothing that an author writes becomes HTML, and links lead only to `http` and `https`. Characters that
//! hide or reorder others are spelled out.

use crate::escape;
use regex::Regex;
use std::sync::LazyLock;

/// A link as authors may write it in documentation.
static LINK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\[[A-Za-z0-9 .,:/_'-]+\]\(https?://[A-Za-z0-9._~:/?#@!$&'+,;=%-]+\)").ok()
});

/// A sentence: plain text in which only `` `code` `` stands out. One line.
pub fn sentence(text: &str) -> String {
    let text = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let text = text.trim();
    let escaped = inline(&escape::line(text), &|character| {
        matches!(
            character,
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '$' | '|' | '#' | '!'
        )
    });
    // What would open a list, a quotation or a heading.
    let digits = escaped.bytes().take_while(u8::is_ascii_digit).count();
    match escaped.as_bytes().get(digits) {
        Some(b'.' | b')') if digits > 0 => format!("{}\\{}", &escaped[..digits], &escaped[digits..]),
        Some(b'-' | b'+' | b'=') if digits == 0 => format!("\\{escaped}"),
        _ => escaped,
    }
}

/// Documentation: paragraphs, lists, emphasis, links, `` `code` `` and fenced blocks stay what they are.
pub fn prose(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut lines = text.lines().map(|line| line.trim_end_matches('\r'));
    while let Some(line) = lines.next() {
        let Some((marks, language)) = opening(line) else {
            out.push(prose_line(line));
            continue;
        };
        let is_closing = |line: &str| {
            let line = line.trim();
            line.len() >= marks && line.bytes().all(|byte| byte == b'`')
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| !is_closing(line)).collect();
        // From the first column on, after an empty line, a fence belongs to nothing that stands before it.
        out.push(format!("\n{}\n", fence(language, &block.join("\n"))));
    }
    out.join("\n").trim().to_owned()
}

/// The length and the language of the fence that a line opens.
fn opening(line: &str) -> Option<(usize, &str)> {
    let bare = line.trim_start_matches(' ');
    let marks = bare.bytes().take_while(|byte| *byte == b'`').count();
    let language = bare[marks..].trim();
    let is_word = language.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    (line.len() - bare.len() <= 3 && marks >= 3 && is_word).then_some((marks, language))
}

fn prose_line(line: &str) -> String {
    let line = escape::line(line.trim_end()).into_owned();
    let bare = line.trim_start();
    let is_rule = !bare.is_empty() && bare.bytes().all(|byte| matches!(byte, b'-' | b'=' | b' '));
    let escaped = inline(&line, &|character| {
        matches!(character, '\\' | '`' | '[' | ']' | '~' | '$' | '#')
    });
    match is_rule {
        true => {
            let indent = line.len() - bare.len();
            format!("{}\\{}", &escaped[..indent], &escaped[indent..])
        }
        false => escaped,
    }
}

/// Escapes these characters and those of HTML, save in spans of code and in links.
fn inline(text: &str, is_special: &dyn Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let kept = match character {
            '`' => code_span(rest),
            '[' if !is_special('*') => {
                let link = LINK.as_ref().and_then(|link| link.find(rest));
                link.map(|link| link.end())
            }
            _ => None,
        };
        if let Some(end) = kept {
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        // A run of backticks that opens nothing must not open something further on.
        let end = match character {
            '`' => rest.len() - rest.trim_start_matches('`').len(),
            _ => character.len_utf8(),
        };
        for character in rest[..end].chars() {
            match character {
                '<' => out.push_str("&lt;"),
                '>' if is_special('*') => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                _ if is_special(character) => {
                    out.push('\\');
                    out.push(character);
                }
                _ => out.push(character),
            }
        }
        rest = &rest[end..];
    }
    out
}

/// Where the span of code ends that a text begins with.
fn code_span(text: &str) -> Option<usize> {
    let length = |text: &str| text.len() - text.trim_start_matches('`').len();
    let marks = length(text);
    let mut at = marks;
    while let Some(found) = text[at..].find('`') {
        at += found;
        let run = length(&text[at..]);
        if run == marks {
            return Some(at + run);
        }
        at += run;
    }
    None
}

/// Any text as a span of code. One line.
pub fn code(text: &str) -> String {
    let text = escape::line(text);
    let marks = "`".repeat(longest_run(&text) + 1);
    // One blank on both sides is taken off again, but not from blanks alone.
    let is_blank = text.trim().is_empty();
    let needs_space = text.starts_with('`') || text.ends_with('`') || (text.trim() != text && !is_blank);
    match (text.is_empty(), needs_space) {
        (true, _) => "(empty)".to_owned(),
        (_, true) => format!("{marks} {text} {marks}"),
        _ => format!("{marks}{text}{marks}"),
    }
}

/// A block of code.
pub fn fence(language: &str, text: &str) -> String {
    let text = escape::block(text.trim_end());
    let marks = "`".repeat((longest_run(&text) + 1).max(3));
    format!("{marks}{language}\n{text}\n{marks}")
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|character| character != '`');
    runs.map(str::len).max().unwrap_or(0)
}

/// A table of cells that are Markdown already; nothing, if it has no rows.
pub fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let line = |cells: &[String]| {
        let cells = cells.iter().map(|cell| cell_text(cell));
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    };
    let rule = format!("|{}", " --- |".repeat(heads.len()));
    let mut lines = vec![line(&heads), rule];
    lines.extend(rows.iter().map(|row| line(row)));
    lines.join("\n")
}

/// A bar that is not escaped yet would end the cell, even in a span of code.
fn cell_text(cell: &str) -> String {
    let mut out = String::with_capacity(cell.len());
    let mut is_escaped = false;
    for character in cell.chars() {
        match character {
            '\n' => out.push(' '),
            '|' if !is_escaped => out.push_str("\\|"),
            _ => out.push(character),
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    out
}

/// A link to a page of ours. The label is Markdown already.
pub fn link(label: &str, target: &str) -> String {
    format!("[{label}]({target})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    /// What a reader of Markdown makes of a text: the words that it shows, and what it must never hold.
    fn shown(markdown: &str) -> (String, Vec<String>) {
        let mut words = String::new();
        let mut active = Vec::new();
        // Curled quotation marks are the typography of some readers, not another text.
        // What GitHub and the generators of sites read beyond CommonMark.
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_MATH
            | Options::ENABLE_HEADING_ATTRIBUTES
            | Options::ENABLE_GFM;
        for event in Parser::new_ext(markdown, options) {
            match event {
                Event::Text(text) | Event::Code(text) => words.push_str(&text),
                Event::SoftBreak | Event::HardBreak => words.push(' '),
                Event::Start(Tag::Link { dest_url, .. }) if dest_url.starts_with("https://") => {}
                Event::Start(Tag::Link { dest_url, .. }) if dest_url.starts_with("http://") => {}
                Event::Html(_)
                | Event::InlineHtml(_)
                | Event::InlineMath(_)
                | Event::Start(Tag::Image { .. } | Tag::Link { .. } | Tag::HtmlBlock | Tag::Heading { .. }) =>
                {
                    active.push(format!("{event:?}"));
                }
                _ => {}
            }
        }
        (words, active)
    }

    #[test]
    fn a_sentence_keeps_its_code_and_nothing_else() {
        let check = |text: &str, markdown: &str| assert_eq!(sentence(text), markdown);
        check(
            "container `a_b` runs\nprivileged",
            "container `a_b` runs privileged",
        );
        check("<img src=x> & *b*", "&lt;img src=x&gt; &amp; \\*b\\*");
        check("a ` b `` c", "a \\` b \\`\\` c");
        check("1. one", "1\\. one");
        check("- one", "\\- one");
        check("\u{202e}", "\\\\u{202e}");
    }

    #[test]
    fn documentation_keeps_lists_links_and_blocks() {
        let check = |text: &str, markdown: &str| assert_eq!(prose(text), markdown);
        check(
            "See [the docs](https://a.io/b), *now*:\n\n- `a`\n- b",
            "See [the docs](https://a.io/b), *now*:\n\n- `a`\n- b",
        );
        check("[x](javascript:alert(1))", "\\[x\\](javascript:alert(1))");
        check("# Title\n---", "\\# Title\n\\---");
        check(
            "so:\n```yaml\na: <b>\n```\nend",
            "so:\n\n```yaml\na: <b>\n```\n\nend",
        );
        check("```\nopen <b>", "```\nopen <b>\n```");
    }

    #[test]
    fn tables_hold_bars() {
        let rows = [vec![sentence("a | b"), code("c|d")]];
        insta::assert_snapshot!(table(&["one", "two"], &rows), @r"
        | one | two |
        | --- | --- |
        | a \| b | `c\|d` |
        ");
    }

    proptest! {
        #[test]
        fn a_sentence_shows_exactly_its_text(text in "[ -_a-~`é]{0,40}") {
            let (words, active) = shown(&sentence(&text));
            prop_assert_eq!(&active, &Vec::<String>::new());
            if !text.contains('`') {
                prop_assert_eq!(words, text.trim());
            }
        }

        #[test]
        fn documentation_never_becomes_html(text in "([ -~\n`<>-]|<b>|\n```\n|- |\\[a\\]\\(|    ){0,30}") {
            let (_, active) = shown(&prose(&text));
            prop_assert_eq!(active, Vec::<String>::new(), "{}", prose(&text));
        }

        #[test]
        fn code_shows_exactly_its_text(text in "[ -~`]{1,20}") {
            let (words, active) = shown(&format!("a {} b", code(&text)));
            prop_assert_eq!(active, Vec::<String>::new());
            prop_assert_eq!(words, format!("a {text} b"));
            let (words, _) = shown(&fence("yaml", &text));
            prop_assert_eq!(words.trim_end(), text.trim_end());
        }
    }
}
