//! The one finding for all that a chart, an overlay or a file has left unevaluated.

use super::account::{Reason, Unevaluated};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// What the documents have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// A Helm chart, by the path of its folder.
    Chart(String),
    /// A kustomization, by the path of its folder.
    Overlay(String),
    /// A file on its own.
    File,
}

/// The finding, unless there is nothing to say: what could not be read has its own finding, what the
/// configuration lists has a reason. `place` is where it stands best; else it stands at the first document.
/// `after_rendering` says that charts and overlays were rendered, and these documents are no part of what was.
pub fn finding(
    group: Group,
    documents: &[&Unevaluated],
    place: Option<Span>,
    after_rendering: bool,
) -> Option<Diagnostic> {
    let unsaid = |document: &&&Unevaluated| {
        document.listed.is_none() && !matches!(document.reason, Reason::Unreadable(_))
    };
    let unsaid: Vec<&&Unevaluated> = documents.iter().filter(unsaid).collect();
    let first = unsaid.first()?;
    let count = match unsaid.len() {
        1 => "a document".to_string(),
        count => format!("{count} documents"),
    };
    let verb = if unsaid.len() == 1 { "was" } else { "were" };
    let what = match first.reason {
        Reason::Template => "a template is no object before it is rendered",
        Reason::Patch => "a kustomize patch is no object before it is applied",
        Reason::Incomplete => {
            "what lacks fields that the API requires is no object before kustomize completes it"
        }
        Reason::Ciphertext | Reason::Unreadable(_) => "the values are encrypted by SOPS",
    };
    let listing = "list it in `ordain.toml` under `[[unevaluated]]` with `path` and `reason`";
    let (whose, help) = match (&group, first.reason) {
        (Group::Chart(path), _) if after_rendering => (
            format!(" of the chart `{path}`"),
            format!("Helm renders only what lies in `templates`; {listing}"),
        ),
        (Group::Overlay(path), _) if after_rendering => (
            format!(" of the overlay `{path}`"),
            format!("no kustomization that is built takes it in: name it in one, or {listing}"),
        ),
        (Group::Chart(path), _) => (
            format!(" of the chart `{path}`"),
            format!("`ordain check --render` has Helm render it and judges the result; else {listing}"),
        ),
        (Group::Overlay(path), _) => (
            format!(" of the overlay `{path}`"),
            format!("`ordain check --render` has kustomize build it and judges the result; else {listing}"),
        ),
        (Group::File, Reason::Template) => (
            String::new(),
            format!("render it and check the output, or {listing}"),
        ),
        (Group::File, Reason::Patch | Reason::Incomplete) => (
            String::new(),
            format!(
                "`ordain check --render` judges what a kustomization of the repository makes of it; else {listing}"
            ),
        ),
        (Group::File, _) => (
            String::new(),
            format!("check it where it is decrypted, and {listing}"),
        ),
    };
    let span = place.unwrap_or(first.span.at_start());
    Some(
        Diagnostic::new(
            Code::M0401,
            span,
            format!("{count}{whose} {verb} not evaluated: {what}"),
        )
        .help(help),
    )
}
