//! Snippets of the manifest and of the policy's clause, drawn by miette.
//!
//! Each diagnostic is a block: severity, id and object; the message; the lines concerned with their
//! labels; what to do. The first block of a clause also shows the clause itself; later ones only name
//! its place, so that a hundred findings of one rule stay readable.

use super::excerpt::Excerpt;
use super::{Report, Style, escape, object_name, summary};
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{FileId, SourceFile, Sources};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, SourceCode, SourceSpan, SpanContents,
    ThemeCharacters, ThemeStyles,
};
use std::collections::BTreeSet;
use std::fmt;

/// Columns that line numbers and rules take beside the text.
const GUTTER: usize = 8;

/// The blocks, and the summary under them.
pub fn render(report: &Report, style: &Style) -> String {
    let theme = GraphicalTheme {
        characters: ThemeCharacters::unicode(),
        styles: if style.color {
            ThemeStyles::ansi()
        } else {
            ThemeStyles::none()
        },
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_context_lines(1)
        .with_links(false);
    let mut out = String::new();
    let columns = style.width.saturating_sub(GUTTER);
    let mut explained = BTreeSet::new();
    for diagnostic in report.within(style.limit) {
        let is_first = explained.insert((diagnostic.origin.id(), diagnostic.clause));
        for block in blocks(diagnostic, report.sources, is_first, columns) {
            // Writing to a string fails only if the excerpt can't be read, and then shows why.
            let _ = handler.render_report(&mut out, &block);
        }
        out.push('\n');
    }
    out.push_str(&summary::render(report, style));
    out
}

/// A diagnostic, or the part of one that lies in one file, as miette wants it.
#[derive(Debug)]
struct Block<'a> {
    code: Option<String>,
    severity: miette::Severity,
    message: String,
    help: Option<String>,
    snippet: Snippet<'a>,
    labels: Vec<LabeledSpan>,
}

fn blocks<'a>(
    diagnostic: &Diagnostic,
    sources: &'a Sources,
    is_first: bool,
    columns: usize,
) -> Vec<Block<'a>> {
    let own = diagnostic.primary.span.file;
    let mut labels = Vec::new();
    if !is_spelled_out(diagnostic) {
        labels.push((&diagnostic.primary, true));
    }
    labels.extend(
        diagnostic
            .secondary
            .iter()
            .filter(|label| label.span.file == own)
            .map(|label| (label, false)),
    );
    let id = diagnostic.origin.id();
    let mut main = Block::new(sources, own, &labels, columns);
    main.code = Some(header(diagnostic, sources, is_first));
    main.severity = severity(diagnostic.severity);
    main.message = escape::line(&diagnostic.message).into_owned();
    main.help = help(diagnostic, is_first);

    let mut blocks = vec![main];
    for label in &diagnostic.secondary {
        if label.span.file != own && Some(label.span) != diagnostic.clause {
            blocks.push(Block::note(sources, label, columns));
        }
    }
    if let Some(clause) = diagnostic.clause.filter(|_| is_first) {
        let label = Label {
            span: clause,
            message: format!("this clause says so; `ordain explain {id}` tells more"),
        };
        blocks.push(Block::note(sources, &label, columns));
    }
    blocks
}

/// Whether the parts of the place say all that is said of it: a line below the whole would only run
/// through theirs.
fn is_spelled_out(diagnostic: &Diagnostic) -> bool {
    let whole = diagnostic.primary.span;
    let mut parts = diagnostic.secondary.iter().map(|label| label.span).peekable();
    let starts_with_part = parts.peek().is_some_and(|first| first.start == whole.start);
    diagnostic.primary.message.is_empty()
        && starts_with_part
        && parts.all(|part| part.file == whole.file && part.end <= whole.end && part.start >= whole.start)
}

/// Severity and id, the object, and the clause if it was shown before.
fn header(diagnostic: &Diagnostic, sources: &Sources, is_first: bool) -> String {
    let mut header = format!("{}[{}]", diagnostic.severity, diagnostic.origin.id());
    if let Some(object) = object_name(diagnostic) {
        header = format!("{header}  {object}");
    }
    if let Some(clause) = diagnostic.clause.filter(|_| !is_first) {
        let file = sources.file(clause.file);
        let line = file.position(clause.start).line;
        header = format!("{header}  (policy: {}:{line})", escape::line(&file.path));
    }
    header
}

/// What to do, line by line: the help, the fix, and where to read on.
fn help(diagnostic: &Diagnostic, is_first: bool) -> Option<String> {
    let mut lines = Vec::new();
    if let Some(help) = &diagnostic.help {
        lines.push(escape::block(help).into_owned());
    }
    if let Some(fix) = &diagnostic.fix {
        let caution = if fix.safe { "" } else { " (may change behaviour)" };
        lines.push(format!("fix: {}{caution}", escape::line(&fix.title)));
    }
    if is_first && diagnostic.clause.is_none() {
        lines.push(format!("`ordain explain {}` tells more", diagnostic.origin.id()));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn severity(severity: Severity) -> miette::Severity {
    match severity {
        Severity::Critical | Severity::High => miette::Severity::Error,
        Severity::Medium => miette::Severity::Warning,
        Severity::Low | Severity::Info => miette::Severity::Advice,
    }
}

impl<'a> Block<'a> {
    /// A block of these labels of one file, without words.
    fn new(sources: &'a Sources, file: FileId, labels: &[(&Label, bool)], columns: usize) -> Block<'a> {
        let spans: Vec<_> = labels.iter().map(|(label, _)| label.span).collect();
        let file = sources.file(file);
        let excerpt = Excerpt::new(file, &spans, 1, columns);
        let labels = labels
            .iter()
            .map(|(label, is_primary)| {
                let place = excerpt.place(file, label.span);
                let words = (!label.message.is_empty()).then(|| escape::line(&label.message).into_owned());
                if *is_primary {
                    LabeledSpan::new_primary_with_span(words, place)
                } else {
                    LabeledSpan::new_with_span(words, place)
                }
            })
            .collect();
        Block {
            code: None,
            severity: miette::Severity::Advice,
            message: String::new(),
            help: None,
            snippet: Snippet { file, excerpt },
            labels,
        }
    }

    /// A place in another file, with its words above it.
    fn note(sources: &'a Sources, label: &Label, columns: usize) -> Block<'a> {
        let bare = Label {
            span: label.span,
            message: String::new(),
        };
        Block {
            message: escape::line(&label.message).into_owned(),
            ..Block::new(sources, label.span.file, &[(&bare, true)], columns)
        }
    }
}

impl fmt::Display for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Block<'_> {}

impl miette::Diagnostic for Block<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as _)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.snippet)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// An excerpt of a file as miette reads it.
#[derive(Debug)]
struct Snippet<'a> {
    file: &'a SourceFile,
    excerpt: Excerpt,
}

/// The lines around a span.
struct Lines<'a> {
    text: &'a str,
    span: SourceSpan,
    name: &'a str,
    line: usize,
    column: usize,
    count: usize,
}

impl SourceCode for Snippet<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let lines = &self.excerpt.lines;
        let adjacent = |a: usize, b: usize| match (lines.get(a), lines.get(b)) {
            (Some(a), Some(b)) => a.number + 1 == b.number,
            _ => false,
        };
        let end = span.offset() + span.len();
        let mut first = self.excerpt.line_at(span.offset());
        let mut last = self.excerpt.line_at(end.saturating_sub(1).max(span.offset()));
        if end > self.excerpt.text.len() || !(first..last).all(|index| adjacent(index, index + 1)) {
            return Err(MietteError::OutOfBounds);
        }
        for _ in 0..before {
            if first > 0 && adjacent(first - 1, first) {
                first -= 1;
            }
        }
        for _ in 0..after {
            if adjacent(last, last + 1) {
                last += 1;
            }
        }
        let (Some(first_line), Some(last_line)) = (lines.get(first), lines.get(last)) else {
            return Err(MietteError::OutOfBounds);
        };
        // Without context, miette wants to know where the span itself is.
        let (start, stop) = if before == 0 && after == 0 {
            (span.offset(), end)
        } else {
            (first_line.range.start, last_line.range.end)
        };
        Ok(Box::new(Lines {
            text: &self.excerpt.text[start..stop],
            span: (start, stop - start).into(),
            name: &self.excerpt.name,
            line: first_line.number as usize - 1,
            column: self.excerpt.column(self.file, start) - 1,
            count: last - first + 1,
        }))
    }
}

impl<'a> SpanContents<'a> for Lines<'a> {
    fn data(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn span(&self) -> &SourceSpan {
        &self.span
    }

    fn name(&self) -> Option<&str> {
        Some(self.name)
    }

    fn line(&self) -> usize {
        self.line
    }

    fn column(&self) -> usize {
        self.column
    }

    fn line_count(&self) -> usize {
        self.count
    }
}
