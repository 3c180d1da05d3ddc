//! Strings on a terminal and in the log of a forge: nothing there obeys them.

use super::rule;
use ordain::diagnostic::{Diagnostic, ObjectReference, Severity};
use ordain::report::{self, Format, Report, Style, Summary};
use ordain::source::{FileId, SourceFile, Sources, Span};

/// Findings that say the strings, at places whose bytes are the strings, in a format.
pub fn report(strings: &[String], format: Format) -> String {
    let mut sources = Sources::new();
    let mut diagnostics = Vec::new();
    let mut text = String::new();
    let spans: Vec<(usize, usize)> = strings
        .iter()
        .map(|string| {
            let start = text.len();
            text.push_str(string);
            text.push('\n');
            (start, start + string.len())
        })
        .collect();
    sources.add(SourceFile::new("manifest.yaml", text.as_str()));
    for (string, (start, end)) in strings.iter().zip(spans) {
        let span = Span::new(FileId(0), start, end);
        diagnostics.push(
            Diagnostic::finding("r".into(), Severity::Medium, span, string.as_str())
                .label(string.as_str())
                .help(string.as_str()),
        );
    }
    let rule = rule(strings);
    let report = Report {
        diagnostics: &diagnostics,
        sources: &sources,
        rules: &[&rule],
        summary: &Summary::default(),
    };
    let style = Style {
        color: false,
        width: 80,
        limit: None,
        fail_on: Severity::Medium,
    };
    report::render(format, &report, &style)
}

/// Whether a terminal does something with a character other than to show it: control characters but tabs and the
/// ends of lines, and those that change the direction of text.
pub fn is_obeyed(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\n' | '\t')
        || matches!(
            letter,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

fn is_kept(strings: &[String]) -> Result<(), String> {
    for format in [Format::Full, Format::Compact, Format::Concise, Format::Github] {
        let shown = report(strings, format);
        if let Some(letter) = shown.chars().find(|letter| is_obeyed(*letter)) {
            return Err(format!("{letter:?} stands raw in {format:?}"));
        }
    }
    // A line a finding, in which every character that is shown stands as it is.
    let concise = report(strings, Format::Concise);
    let lines: Vec<&str> = concise
        .lines()
        .filter(|line| line.starts_with("manifest.yaml:"))
        .collect();
    if lines.len() != strings.len() {
        return Err(format!("{} findings have {} lines", strings.len(), lines.len()));
    }
    for (line, string) in lines.iter().zip(strings) {
        let end = format!(": medium[r] {}", ordain::escape::line(string));
        if !line.ends_with(&end) {
            return Err(format!("{line:?} does not end with {end:?}"));
        }
    }
    // A command a finding, whose data GitHub decodes.
    let commands = report(strings, Format::Github);
    let commands: Vec<&str> = commands.lines().filter(|line| line.starts_with("::")).collect();
    if commands.len() != strings.len() {
        return Err(format!(
            "{} findings have {} commands",
            strings.len(),
            commands.len()
        ));
    }
    for (command, string) in commands.iter().zip(strings) {
        let data = command[2..].split_once("::").map_or("", |(_, data)| data);
        let decoded = data.replace("%0A", "\n").replace("%25", "%");
        let start = format!("{}\nhelp: ", ordain::escape::block(string));
        if !decoded.starts_with(&start) {
            return Err(format!("{decoded:?} does not begin with {start:?}"));
        }
    }
    Ok(())
}

#[test]
fn strings_are_data_on_a_terminal() {
    super::check(is_kept);
}

#[test]
fn names_of_files_and_objects_are_data_on_a_terminal() {
    super::check(|strings| {
        let mut sources = Sources::new();
        let diagnostics: Vec<Diagnostic> = strings
            .iter()
            .map(|string| {
                let file = sources.add(SourceFile::new(string.as_str(), string.as_str()));
                let mut diagnostic =
                    Diagnostic::finding("r".into(), Severity::Low, Span::new(file, 0, 0), "message");
                diagnostic.object = Some(ObjectReference {
                    api_version: string.clone(),
                    kind: string.clone(),
                    name: string.clone(),
                    namespace: string.clone(),
                });
                diagnostic
            })
            .collect();
        let report = Report {
            diagnostics: &diagnostics,
            sources: &sources,
            rules: &[],
            summary: &Summary::default(),
        };
        let style = Style {
            color: false,
            width: 80,
            limit: None,
            fail_on: Severity::Medium,
        };
        for format in [Format::Full, Format::Compact, Format::Concise, Format::Github] {
            let shown = report::render(format, &report, &style);
            if let Some(letter) = shown.chars().find(|letter| is_obeyed(*letter)) {
                return Err(format!("{letter:?} stands raw in {format:?}"));
            }
        }
        Ok(())
    });
}
