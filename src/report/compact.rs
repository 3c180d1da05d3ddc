//! A short snippet a diagnostic, drawn by codespan: only the lines that are labelled.

use super::excerpt::Excerpt;
use super::{Report, Style, escape, object_name, summary};
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{FileId, SourceFile, Sources};
use codespan_reporting::diagnostic as codespan;
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::termcolor::{Ansi, NoColor, WriteColor};
use codespan_reporting::term::{Config, emit_to_write_style};
use std::ops::Range;

/// Columns that line numbers and rules take beside the text.
const GUTTER: usize = 8;

/// The snippets, and the summary under them.
pub fn render(report: &Report, style: &Style) -> String {
    if style.color {
        draw(report, style, Ansi::new(Vec::new()), Ansi::into_inner)
    } else {
        draw(report, style, NoColor::new(Vec::new()), NoColor::into_inner)
    }
}

fn draw<W: WriteColor>(
    report: &Report,
    style: &Style,
    mut writer: W,
    bytes: impl FnOnce(W) -> Vec<u8>,
) -> String {
    let config = Config {
        start_context_lines: 0,
        end_context_lines: 0,
        ..Config::default()
    };
    for diagnostic in report.within(style.limit) {
        let snippets = Snippets::new(diagnostic, report.sources, style.width.saturating_sub(GUTTER));
        // Writing to memory does not fail, and every label lies in its excerpt.
        let _ = emit_to_write_style(&mut writer, &config, &snippets, &convert(diagnostic, &snippets));
    }
    let mut out = String::from_utf8_lossy(&bytes(writer)).into_owned();
    out.push_str(&summary::render(report, style));
    out
}

fn convert(diagnostic: &Diagnostic, snippets: &Snippets) -> codespan::Diagnostic<FileId> {
    let label = |label: &Label, style| {
        let place = snippets.place(label);
        codespan::Label::new(style, label.span.file, place).with_message(escape::line(&label.message))
    };
    let mut labels = vec![label(&diagnostic.primary, codespan::LabelStyle::Primary)];
    for secondary in &diagnostic.secondary {
        labels.push(label(secondary, codespan::LabelStyle::Secondary));
    }
    let mut notes = vec![match object_name(diagnostic) {
        Some(object) => format!("{}: {object}", diagnostic.severity),
        None => diagnostic.severity.to_string(),
    }];
    if let Some(help) = &diagnostic.help {
        notes.push(format!("help: {}", escape::block(help)));
    }
    if let Some(fix) = &diagnostic.fix {
        notes.push(format!("fix: {}", escape::line(&fix.title)));
    }
    codespan::Diagnostic::new(severity(diagnostic.severity))
        .with_code(diagnostic.origin.id())
        .with_message(escape::line(&diagnostic.message))
        .with_labels(labels)
        .with_notes(notes)
}

fn severity(severity: Severity) -> codespan::Severity {
    match severity {
        Severity::Critical | Severity::High => codespan::Severity::Error,
        Severity::Medium => codespan::Severity::Warning,
        Severity::Low | Severity::Info => codespan::Severity::Note,
    }
}

/// The excerpts that a diagnostic needs, one a file.
struct Snippets<'a> {
    files: Vec<(FileId, &'a SourceFile, Excerpt)>,
}

impl<'a> Snippets<'a> {
    fn new(diagnostic: &Diagnostic, sources: &'a Sources, columns: usize) -> Snippets<'a> {
        let labels = || std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary);
        let mut ids: Vec<FileId> = labels().map(|label| label.span.file).collect();
        ids.sort_unstable();
        ids.dedup();
        let excerpt = |id| {
            let spans: Vec<_> = labels()
                .map(|label| label.span)
                .filter(|span| span.file == id)
                .collect();
            (
                id,
                sources.file(id),
                Excerpt::new(sources.file(id), &spans, 0, columns),
            )
        };
        Snippets {
            files: ids.into_iter().map(excerpt).collect(),
        }
    }

    fn get(&self, id: FileId) -> Result<(&'a SourceFile, &Excerpt), Error> {
        self.files
            .iter()
            .find(|(own, ..)| *own == id)
            .map(|(_, file, excerpt)| (*file, excerpt))
            .ok_or(Error::FileMissing)
    }

    fn place(&self, label: &Label) -> Range<usize> {
        self.get(label.span.file)
            .map_or(0..0, |(file, excerpt)| excerpt.place(file, label.span))
    }
}

impl<'f> Files<'f> for Snippets<'f> {
    type FileId = FileId;
    type Name = &'f str;
    type Source = &'f str;

    fn name(&'f self, id: FileId) -> Result<&'f str, Error> {
        Ok(&self.get(id)?.1.name)
    }

    fn source(&'f self, id: FileId) -> Result<&'f str, Error> {
        Ok(&self.get(id)?.1.text)
    }

    fn line_index(&'f self, id: FileId, offset: usize) -> Result<usize, Error> {
        Ok(self.get(id)?.1.line_at(offset))
    }

    fn line_number(&'f self, id: FileId, line: usize) -> Result<usize, Error> {
        let (_, excerpt) = self.get(id)?;
        let line = excerpt.lines.get(line).ok_or(Error::FileMissing)?;
        Ok(line.number as usize)
    }

    fn column_number(&'f self, id: FileId, _: usize, offset: usize) -> Result<usize, Error> {
        let (file, excerpt) = self.get(id)?;
        Ok(excerpt.column(file, offset))
    }

    fn line_range(&'f self, id: FileId, line: usize) -> Result<Range<usize>, Error> {
        let (_, excerpt) = self.get(id)?;
        let given = line;
        let line = excerpt.lines.get(line).ok_or(Error::LineTooLarge {
            given,
            max: excerpt.lines.len(),
        })?;
        Ok(line.range.clone())
    }
}
