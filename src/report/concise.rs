//! A line a diagnostic: `file:line:column: severity[rule] message`.

use super::{Report, Style, escape, summary};
use std::fmt::Write;

/// The lines, and the summary under them.
pub fn render(report: &Report, style: &Style) -> String {
    let mut out = String::new();
    for diagnostic in report.within(style.limit) {
        let file = report.sources.file(diagnostic.primary.span.file);
        let at = file.position(diagnostic.primary.span.start);
        let _ = writeln!(
            out,
            "{}:{}:{}: {}[{}] {}",
            escape::line(&file.path),
            at.line,
            at.column,
            diagnostic.severity,
            diagnostic.origin.id(),
            escape::line(&diagnostic.message),
        );
    }
    out.push_str(&summary::render(report, style));
    out
}
