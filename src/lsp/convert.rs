//! Ordain's places and diagnostics → the editor's.

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Origin, Severity};
use crate::source::{SourceFile, Sources, Span};
use gen_lsp_types as lsp;
use std::path::Path;

/// How the editor counts the columns of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// In bytes.
    Utf8,
    /// In UTF-16 code units, which every editor understands.
    Utf16,
}

impl Encoding {
    /// How the editor counts a byte offset of a file.
    pub fn position(self, file: &SourceFile, offset: u32) -> lsp::Position {
        let position = file.position(offset);
        let bytes = position.column as usize - 1;
        let start = file.line_starts()[position.line as usize - 1] as usize;
        let before = file.text.get(start..start + bytes).unwrap_or("");
        let character = match self {
            Encoding::Utf8 => bytes,
            Encoding::Utf16 => before.encode_utf16().count(),
        };
        lsp::Position {
            line: position.line - 1,
            character: u32::try_from(character).unwrap_or(u32::MAX),
        }
    }

    /// How the editor counts a span of a file.
    pub fn range(self, file: &SourceFile, span: Span) -> lsp::Range {
        lsp::Range {
            start: self.position(file, span.start),
            end: self.position(file, span.end),
        }
    }
}

/// The editor's name for a file of the disk; `None` for texts that are built in.
pub fn uri(path: &str) -> Option<lsp::Uri> {
    lsp::Uri::from_file_path(Path::new(path)).ok()
}

/// A diagnostic as the editor shows it. What it says of other files stands in its related information.
pub fn diagnostic(diagnostic: &Diagnostic, sources: &Sources, encoding: Encoding) -> lsp::Diagnostic {
    let file = sources.file(diagnostic.primary.span.file);
    let mut message = diagnostic.message.clone();
    if !diagnostic.primary.message.is_empty() {
        message.push_str(&format!("\n{}", diagnostic.primary.message));
    }
    if let Some(help) = &diagnostic.help {
        message.push_str(&format!("\nhelp: {help}"));
    }
    let labels = diagnostic
        .secondary
        .iter()
        .map(|label| (label.span, label.message.as_str()));
    let clause = diagnostic
        .clause
        .map(|span| (span, "this clause of the policy says so"));
    let related: Vec<lsp::DiagnosticRelatedInformation> = labels
        .chain(clause)
        .filter_map(|(span, message)| {
            let file = sources.file(span.file);
            Some(lsp::DiagnosticRelatedInformation {
                location: lsp::Location {
                    uri: uri(&file.path)?,
                    range: encoding.range(file, span),
                },
                message: message.to_string(),
            })
        })
        .collect();
    lsp::Diagnostic {
        range: encoding.range(file, diagnostic.primary.span),
        severity: Some(severity(diagnostic)),
        code: Some(lsp::Code::String(diagnostic.origin.id().to_string())),
        code_description: None,
        source: Some("ordain".to_string()),
        message: lsp::Message::String(message),
        tags: None,
        related_information: (!related.is_empty()).then_some(related),
        data: None,
    }
}

/// Editors know four grades. Faults of policy code are errors whatever they would weigh in a repository.
fn severity(diagnostic: &Diagnostic) -> lsp::DiagnosticSeverity {
    let is_policy_error = |code: Code| code.severity() >= Severity::High;
    match (&diagnostic.origin, diagnostic.severity) {
        (Origin::Code(code), _) if is_policy_error(*code) => lsp::DiagnosticSeverity::Error,
        (_, Severity::Critical | Severity::High) => lsp::DiagnosticSeverity::Error,
        (_, Severity::Medium) => lsp::DiagnosticSeverity::Warning,
        (_, Severity::Low) => lsp::DiagnosticSeverity::Information,
        (_, Severity::Info) => lsp::DiagnosticSeverity::Hint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_as_the_editor_counts_them() {
        let file = SourceFile::new("a.yaml", "a: \"é𝄞\" x\nb");
        let check = |encoding: Encoding, offset, line, character| {
            assert_eq!(
                encoding.position(&file, offset),
                lsp::Position { line, character }
            );
        };
        check(Encoding::Utf8, 12, 0, 12);
        check(Encoding::Utf16, 12, 0, 9);
        check(Encoding::Utf16, 14, 1, 0);
        check(Encoding::Utf16, 99, 1, 1);
    }
}
