//! Diagnostics → text for people and machines, one file a format.
//!
//! In: the sorted diagnostics of a run, the texts they point into, the rules that ran and an account
//! of what was read. Out: a string; nothing here prints. Whatever comes from manifests and policies
//! is spelled so that no terminal obeys it.

mod compact;
mod concise;
pub mod enforceability;
mod excerpt;
pub mod files;
mod fold;
mod full;
mod github;
mod json;
mod sarif;
mod summary;

pub use crate::escape;
pub use json::Place;
pub use summary::plural;

use crate::diagnostic::{Diagnostic, ObjectReference, Severity};
use crate::evaluate::budget::Sum;
use crate::ir::Rule;
use crate::manifest::Account;
use crate::source::Sources;

/// What a run has to tell.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What was found, in the order of [`crate::diagnostic::sort`].
    pub diagnostics: &'a [Diagnostic],
    /// The texts that the diagnostics point into.
    pub sources: &'a Sources,
    /// The rules that ran, for formats that describe them.
    pub rules: &'a [&'a Rule],
    /// What was read.
    pub summary: &'a Summary,
}

/// An account of what was read and judged: documents = evaluated + foreign + unevaluated.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// The files read.
    pub files: usize,
    /// The documents found in them.
    pub documents: usize,
    /// The documents that rules were held against.
    pub evaluated: usize,
    /// The documents that are no Kubernetes objects.
    pub foreign: usize,
    /// The documents that could not be judged.
    pub unevaluated: Vec<Unevaluated>,
    /// The judgements that would have needed files which were not given.
    pub undecided: Vec<Undecided>,
    /// The kinds of objects whose fields nothing was held against, for want of a definition.
    pub without_schema: Vec<WithoutSchema>,
    /// What the budgets sum up to.
    pub budgets: Vec<Sum>,
    /// The findings that waivers took away.
    pub waived: Vec<Diagnostic>,
    /// How many findings `check --fix` can mend.
    pub mendable: Mendable,
    /// Every file, with what became of it.
    pub listing: files::Listing,
}

/// How many findings can be mended in the files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mendable {
    /// By fixes after which everything behaves as before.
    pub safe: usize,
    /// By the others.
    pub others: usize,
}

impl Summary {
    /// The account of a run as reports tell it.
    pub fn of(account: &Account, sources: &Sources) -> Summary {
        Summary {
            files: account.files.len(),
            documents: account.documents(),
            evaluated: account.evaluated(),
            foreign: account.foreign(),
            unevaluated: account
                .unevaluated()
                .map(|(file, document, unevaluated)| Unevaluated {
                    file: sources.file(file).path.clone(),
                    document: document as u32,
                    reason: unevaluated.reason.text().to_string(),
                    listed: unevaluated.listed.clone(),
                })
                .collect(),
            listing: files::Listing::of(account, sources),
            ..Summary::default()
        }
    }
}

/// A document that could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Unevaluated {
    /// The path of its file.
    pub file: String,
    /// The document of the file, from 0.
    pub document: u32,
    /// Why: `Helm template`.
    pub reason: String,
    /// The reason that the configuration gives for leaving it out, if it does.
    pub listed: Option<String>,
}

/// A kind that nobody has defined.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct WithoutSchema {
    /// `apiVersion` of its objects.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// How many objects there are.
    pub objects: usize,
}

/// A rule that could not be decided for something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undecided {
    /// The rule.
    pub rule: String,
    /// The object that it would judge, if it judges one.
    pub object: Option<ObjectReference>,
    /// Why.
    pub reason: String,
}

/// How text for people is to look.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether to use colours.
    pub color: bool,
    /// The columns of the terminal.
    pub width: usize,
    /// How many diagnostics are shown at most: the gravest.
    pub limit: Option<usize>,
    /// The severity from which the run fails, for the summary.
    pub fail_on: Severity,
}

/// The output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Snippets of the manifest and of the policy.
    #[default]
    Full,
    /// A short snippet each.
    Compact,
    /// A line each.
    Concise,
    /// The machine-readable contract.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands that GitHub turns into annotations.
    Github,
}

/// The word for a format, and what renders it.
type Row = (Format, &'static str, fn(&Report, &Style) -> String);

/// The one table of formats.
const FORMATS: [Row; 6] = [
    (Format::Full, "full", full::render),
    (Format::Compact, "compact", compact::render),
    (Format::Concise, "concise", concise::render),
    (Format::Json, "json", json::render),
    (Format::Sarif, "sarif", sarif::render),
    (Format::Github, "github", github::render),
];

impl Format {
    /// The words of all formats.
    pub fn words() -> impl Iterator<Item = &'static str> {
        FORMATS.into_iter().map(|(_, word, _)| word)
    }

    /// The format of that word.
    pub fn of_word(word: &str) -> Option<Format> {
        FORMATS
            .into_iter()
            .find(|(_, own, _)| *own == word)
            .map(|(format, ..)| format)
    }

    /// How many diagnostics are shown when nobody says how many. Snippets of thousands help nobody;
    /// lines and machines take all.
    pub fn default_limit(self) -> Option<usize> {
        match self {
            Format::Full | Format::Compact => Some(200),
            Format::Concise | Format::Json | Format::Sarif | Format::Github => None,
        }
    }
}

/// The text of a report in a format.
pub fn render(format: Format, report: &Report, style: &Style) -> String {
    let for_people = !matches!(format, Format::Json | Format::Sarif);
    let folded = for_people.then(|| fold::faults(report.diagnostics));
    let report = Report {
        diagnostics: folded.as_deref().unwrap_or(report.diagnostics),
        ..*report
    };
    FORMATS
        .into_iter()
        .find(|(own, ..)| *own == format)
        .map_or_else(String::new, |(_, _, render)| render(&report, style))
}

impl<'a> Report<'a> {
    /// The diagnostics that fit into a limit, in the order of the report: the gravest are kept.
    fn within(&self, limit: Option<usize>) -> Vec<&'a Diagnostic> {
        let limit = limit.unwrap_or(usize::MAX);
        let mut ranked: Vec<usize> = (0..self.diagnostics.len()).collect();
        ranked.sort_by_key(|index| std::cmp::Reverse(self.diagnostics[*index].severity));
        ranked.truncate(limit);
        ranked.sort_unstable();
        ranked.into_iter().map(|index| &self.diagnostics[index]).collect()
    }

    /// How many diagnostics have that severity.
    fn count(&self, severity: Severity) -> usize {
        self.diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == severity)
            .count()
    }
}

/// `Deployment shop/web`, safe to print.
fn object_name(diagnostic: &Diagnostic) -> Option<String> {
    let object = diagnostic.object.as_ref()?;
    let separator = if object.namespace.is_empty() { "" } else { "/" };
    let name = if object.name.is_empty() {
        "(no name)"
    } else {
        &object.name
    };
    Some(escape::line(&format!("{} {}{separator}{name}", object.kind, object.namespace)).into_owned())
}

#[cfg(test)]
mod tests;
