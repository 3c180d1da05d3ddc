//! What became of every document, so that none is lost.
//!
//! INVARIANT: documents found = evaluated + unevaluated + foreign.

use crate::codes::Code;
use crate::source::{FileId, Span};

/// What became of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Its objects are judged.
    Evaluated,
    /// What it becomes in an overlay or a chart is judged.
    Rendered,
    /// It has no spelling of `apiVersion` or `kind`: values of a chart, configuration of other tools.
    Foreign,
    /// It may become objects, or hold some, but can't be judged as it stands.
    Unevaluated(Unevaluated),
}

/// A document that was not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unevaluated {
    /// Why not.
    pub reason: Reason,
    /// Where it stands.
    pub span: Span,
    /// The reason that the configuration gives for leaving it out, if it does.
    pub listed: Option<String>,
}

/// Why a document was not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// It has actions of a template that nobody has carried out, Helm's most often.
    Template,
    /// It changes other objects once kustomize applies it.
    Patch,
    /// It is a workload or a definition without what the API requires, in the folder of a kustomization, which completes it.
    Incomplete,
    /// SOPS has encrypted its values.
    Ciphertext,
    /// It could not be read, which a finding of this code says.
    Unreadable(Code),
}

impl Reason {
    /// The reason in a few words, as the JSON summary gives it.
    pub fn text(self) -> &'static str {
        match self {
            Reason::Template => "template",
            Reason::Patch => "kustomize patch",
            Reason::Incomplete => "kustomize base",
            Reason::Ciphertext => "SOPS ciphertext",
            Reason::Unreadable(code) => code.title(),
        }
    }
}

/// The documents of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileAccount {
    /// The file.
    pub file: FileId,
    /// What became of its documents, in their order. A file that could not be read at all counts as one.
    pub documents: Vec<Fate>,
    /// What stood in the way of reading it, if anything did.
    pub fault: Option<String>,
}

/// A file that was not read, or a folder that was not entered, though manifests may be there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PassedOver {
    /// The path as reports show it.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// The documents of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// The files, in the order of their paths.
    pub files: Vec<FileAccount>,
    /// What was passed over, in the order of the paths.
    pub passed: Vec<PassedOver>,
    /// How many files don't have the name of a manifest.
    pub others: usize,
}

impl Account {
    /// How many documents were found.
    pub fn documents(&self) -> usize {
        self.files.iter().map(|file| file.documents.len()).sum()
    }

    /// How many documents are judged, as they stand or as what they are rendered to.
    pub fn evaluated(&self) -> usize {
        self.count(|fate| matches!(fate, Fate::Evaluated | Fate::Rendered))
    }

    /// How many documents are not Kubernetes'.
    pub fn foreign(&self) -> usize {
        self.count(|fate| matches!(fate, Fate::Foreign))
    }

    /// The documents that were not judged: their file, their index in it from 0, and why.
    pub fn unevaluated(&self) -> impl Iterator<Item = (FileId, usize, &Unevaluated)> {
        self.files.iter().flat_map(|file| {
            let documents = file.documents.iter().enumerate();
            documents.filter_map(|(index, fate)| match fate {
                Fate::Unevaluated(unevaluated) => Some((file.file, index, unevaluated)),
                _ => None,
            })
        })
    }

    fn count(&self, which: impl Fn(&Fate) -> bool) -> usize {
        self.files
            .iter()
            .flat_map(|file| &file.documents)
            .filter(|fate| which(fate))
            .count()
    }
}
