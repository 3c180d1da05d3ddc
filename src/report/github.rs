//! Workflow commands that GitHub shows as annotations beside the change.
//!
//! GitHub keeps ten of each level a step, so the gravest come first. The summary under them is an
//! ordinary line of the log.

use super::{Report, Style, escape, object_name, summary};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Sources;
use std::fmt::Write;

/// The commands, and the summary under them.
pub fn render(report: &Report, style: &Style) -> String {
    let mut diagnostics = report.within(style.limit);
    diagnostics.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
    let mut out = String::new();
    for diagnostic in diagnostics {
        command(&mut out, diagnostic, report.sources);
    }
    out.push_str(&summary::render(report, style));
    out
}

fn command(out: &mut String, diagnostic: &Diagnostic, sources: &Sources) {
    let span = diagnostic.primary.span;
    let (start, end) = sources.positions(span);
    let level = match diagnostic.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    };
    let id = diagnostic.origin.id();
    let mut message = diagnostic.message.clone();
    if let Some(object) = object_name(diagnostic) {
        message = format!("{object}: {message}");
    }
    if let Some(help) = &diagnostic.help {
        message = format!("{message}\nhelp: {help}");
    }
    // GitHub refuses columns of annotations over several lines.
    let range = if start.line == end.line {
        format!(
            "line={},col={},endLine={},endColumn={}",
            start.line, start.column, end.line, end.column
        )
    } else {
        format!("line={},endLine={}", start.line, end.line)
    };
    let _ = writeln!(
        out,
        "::{level} file={},{range},title={}::{}",
        property(&sources.file(span.file).path),
        property(&format!("{}[{id}]", diagnostic.severity)),
        data(&format!("{message}\n`ordain explain {id}` tells more")),
    );
}

/// The text of a command: a percent sign and line ends are encoded.
fn data(text: &str) -> String {
    escape::block(text).replace('%', "%25").replace('\n', "%0A")
}

/// A property of a command, which colons and commas would end as well.
fn property(text: &str) -> String {
    escape::line(text)
        .replace('%', "%25")
        .replace(':', "%3A")
        .replace(',', "%2C")
}
