//! Rego that teams have written for Conftest, over documents → findings.
//!
//! In: a [`Task`]: the texts of policies, their data and the documents. Out: [`Event`]s, one after the other.
//! Everything is done in one go by a process of its own, which its parent may kill: an event is told in front
//! of each piece of work, so that the last one names what ran away. Without [`Event::Done`] there is no verdict.
//!
//! Policies are read as OPA reads them, which takes a rewriting of their negations for regorus; what can't be
//! read alike is refused, as is what is not a function of the document alone.

mod check;
mod graph;
mod judge;
mod names;
mod negation;
mod print;
mod read;
#[cfg(test)]
mod tests;
mod tree;

pub use check::gives_findings;

use crate::codes::Code;
use names::Names;
use serde::{Deserialize, Serialize};

/// What is to be done.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Task {
    /// The policies.
    pub policies: Vec<Policy>,
    /// What stands under `data` beside them.
    pub data: serde_json::Value,
    /// The packages whose findings count; all if empty.
    pub namespaces: Vec<String>,
    /// The documents, each of them one input.
    pub documents: Vec<serde_json::Value>,
}

/// A file of Rego.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Policy {
    /// Its path, for messages.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Something about the policies that keeps them from being judged by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refusal {
    /// Which of the policies.
    pub file: usize,
    /// The first byte.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
    /// The code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// A rule whose results are findings: `deny`, `warn`, `violation`, `deny_…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its package.
    pub package: String,
    /// Its name.
    pub name: String,
    /// Which of the policies it stands in first.
    pub file: usize,
    /// The first byte of its head there.
    pub start: usize,
    /// The byte behind its head.
    pub end: usize,
}

impl Entry {
    /// The id of its findings.
    pub fn id(&self) -> String {
        format!("{PREFIX}{}.{}", self.package, self.name)
    }

    /// Whether its findings are warnings, which don't fail a run by themselves.
    pub fn is_warning(&self) -> bool {
        is_warning(&self.name)
    }
}

/// Whether a rule of that name gives warnings.
pub fn is_warning(name: &str) -> bool {
    name.starts_with("warn")
}

/// The name of a rule without what tells how grave it is, by which exceptions name it.
pub fn stem(name: &str) -> &str {
    ["violation", "deny", "warn"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .map_or("", |rest| rest.trim_start_matches('_'))
}

/// What the ids of findings of such rules start with.
pub const PREFIX: &str = "rego.";

/// What happens, in its order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The policies are refused; nothing is judged.
    Refused(Vec<Refusal>),
    /// The rules that are judged by.
    Entries(Vec<Entry>),
    /// A rule is about to judge a document.
    Judging {
        /// The number of the rule.
        entry: usize,
        /// The number of the document.
        document: usize,
    },
    /// A finding of the rule and document last named.
    Found {
        /// What the rule says.
        message: String,
        /// The steps to the place in the document, if the result gives a `path`.
        path: Vec<serde_json::Value>,
        /// The line of the file, if the result gives a `_loc`.
        line: Option<u32>,
        /// The file that `_loc` names.
        file: Option<String>,
    },
    /// The rule and document last named gave no verdict.
    Fault(String),
    /// The rule last named gave something that is no finding.
    NoFinding(String),
    /// All was judged.
    Done,
}

/// Does what is to be done.
pub fn run(task: &Task, tell: &mut dyn FnMut(Event)) {
    let mut modules = Vec::new();
    let mut refusals = Vec::new();
    for (file, policy) in task.policies.iter().enumerate() {
        match read::read(file, policy) {
            Ok(module) => modules.push(module),
            Err(refusal) => refusals.push(refusal),
        }
    }
    let names = Names::of(&modules);
    if refusals.is_empty() {
        refusals = check::refusals(&modules, &names);
    }
    if !refusals.is_empty() {
        refusals.sort();
        refusals.dedup();
        tell(Event::Refused(refusals));
        return;
    }
    let entries = check::entries(&modules, &task.namespaces);
    tell(Event::Entries(entries.clone()));
    let texts: Vec<(bool, String)> = modules
        .iter()
        .map(|module| {
            (
                module.is_v1,
                print::module(module, &names, &task.policies[module.file].text),
            )
        })
        .collect();
    judge::run(task, &texts, &entries, &names, tell);
}

/// A refusal at the bytes of a span of regorus.
fn refuse(
    code: Code,
    file: usize,
    span: &regorus::unstable::Span,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Refusal {
    Refusal {
        code: code.id().to_string(),
        file,
        start: span.start as usize,
        end: span.end as usize,
        message: message.into(),
        help: Some(help.into()),
    }
}
