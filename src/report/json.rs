//! The machine-readable contract.
//!
//! Lines and columns count from 1, columns count UTF-8 bytes, ends are exclusive. Keys may be added
//! but none goes away or changes its meaning.

use super::files::Entry;
use super::{Report, Style, escape};
use crate::diagnostic::{Diagnostic, Fix, Label, ObjectReference, Severity};
use crate::evaluate::budget::Sum;
use crate::source::{Sources, Span};
use serde::Serialize;
use std::fmt;

/// The report as one JSON object, indented, with a line end behind it.
pub fn render(report: &Report, style: &Style) -> String {
    let finding = |diagnostic| Finding::new(diagnostic, report.sources);
    let summary = report.summary;
    let output = Output {
        findings: report.within(style.limit).into_iter().map(finding).collect(),
        waived: summary.waived.iter().map(finding).collect(),
        budgets: &summary.budgets,
        files: &summary.listing.files,
        summary: Totals {
            files: summary.files,
            other_files: summary.listing.others,
            documents: summary.documents,
            evaluated: summary.evaluated,
            foreign: summary.foreign,
            unevaluated: &summary.unevaluated,
            without_schema: &summary.without_schema,
            undecided: summary
                .undecided
                .iter()
                .map(|undecided| Undecided {
                    rule: &undecided.rule,
                    object: undecided.object.as_ref().map(Object::new),
                    reason: &undecided.reason,
                })
                .collect(),
            waived: summary.waived.len(),
            findings: Severity::ALL
                .into_iter()
                .rev()
                .map(|severity| (severity.word().to_string(), report.count(severity).into()))
                .collect(),
        },
    };
    let text = serde_json::to_string_pretty(&output).unwrap_or_default();
    format!("{}\n", escape::json(&text))
}

#[derive(Serialize)]
struct Output<'a> {
    findings: Vec<Finding<'a>>,
    waived: Vec<Finding<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    budgets: &'a [Sum],
    files: &'a [Entry],
    summary: Totals<'a>,
}

#[derive(Serialize)]
struct Totals<'a> {
    files: usize,
    other_files: usize,
    documents: usize,
    evaluated: usize,
    foreign: usize,
    unevaluated: &'a [super::Unevaluated],
    without_schema: &'a [super::WithoutSchema],
    undecided: Vec<Undecided<'a>>,
    waived: usize,
    findings: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
struct Undecided<'a> {
    rule: &'a str,
    object: Option<Object<'a>>,
    reason: &'a str,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    code: &'a str,
    severity: &'static str,
    message: &'a str,
    #[serde(flatten)]
    range: Range<'a>,
    object: Option<Object<'a>>,
    policy: Option<Place<'a>>,
    help: Option<&'a str>,
    fix: Option<Mend<'a>>,
    labels: Vec<Words<'a>>,
}

#[derive(Serialize)]
struct Range<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

/// Where something in a policy starts.
#[derive(Debug, Serialize)]
pub struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
}

impl<'a> Place<'a> {
    /// The start of a span.
    pub fn of(span: Span, sources: &'a Sources) -> Place<'a> {
        let Range {
            file, line, column, ..
        } = Range::new(span, sources);
        Place { file, line, column }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    api_version: &'a str,
    kind: &'a str,
    name: &'a str,
    namespace: &'a str,
}

#[derive(Serialize)]
struct Mend<'a> {
    title: &'a str,
    safe: bool,
    edits: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    #[serde(flatten)]
    range: Range<'a>,
    text: &'a str,
}

/// A further place, with its words.
#[derive(Serialize)]
struct Words<'a> {
    #[serde(flatten)]
    range: Range<'a>,
    message: &'a str,
}

impl<'a> Finding<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Finding<'a> {
        let label = |label: &'a Label| Words {
            range: Range::new(label.span, sources),
            message: &label.message,
        };
        let worded = Some(&diagnostic.primary).filter(|label| !label.message.is_empty());
        Finding {
            rule: diagnostic.origin.id(),
            code: diagnostic.origin.id(),
            severity: diagnostic.severity.word(),
            message: &diagnostic.message,
            range: Range::new(diagnostic.primary.span, sources),
            object: diagnostic.object.as_ref().map(Object::new),
            policy: diagnostic.clause.map(|clause| Place::of(clause, sources)),
            help: diagnostic.help.as_deref(),
            fix: diagnostic.fix.as_ref().map(|fix| Mend::new(fix, sources)),
            labels: worded
                .into_iter()
                .chain(&diagnostic.secondary)
                .map(label)
                .collect(),
        }
    }
}

impl<'a> Object<'a> {
    fn new(object: &'a ObjectReference) -> Object<'a> {
        Object {
            api_version: &object.api_version,
            kind: &object.kind,
            name: &object.name,
            namespace: &object.namespace,
        }
    }
}

impl<'a> Range<'a> {
    fn new(span: Span, sources: &'a Sources) -> Range<'a> {
        let (start, end) = sources.positions(span);
        Range {
            file: &sources.file(span.file).path,
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

impl<'a> Mend<'a> {
    fn new(fix: &'a Fix, sources: &'a Sources) -> Mend<'a> {
        Mend {
            title: &fix.title,
            safe: fix.safe,
            edits: fix
                .edits
                .iter()
                .map(|edit| Replacement {
                    range: Range::new(edit.span, sources),
                    text: &edit.text,
                })
                .collect(),
        }
    }
}
