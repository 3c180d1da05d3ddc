//! What Ordain says about a text: one type for policy code and for manifests.
//!
//! In: spans and sentences from every stage. Out: what `report` and `lsp` show.

use crate::codes::Code;
use crate::source::{Sources, Span};
use std::cmp::Ordering;
use std::sync::Arc;

/// How bad it is. The order is that of the words: `Info < Low < … < Critical`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; never fails a run by default.
    Info,
    /// A small flaw.
    Low,
    /// The default of a rule.
    Medium,
    /// Should block a merge. Errors in policy code and unreadable files have it.
    High,
    /// Must block a merge.
    Critical,
}

impl Severity {
    /// All of them, the mildest first.
    pub const ALL: [Severity; 5] = [
        Severity::Info,
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
    ];

    /// The word that policies, flags and reports use.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// The severity of that word.
    pub fn of_word(word: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|severity| severity.word() == word)
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

/// What a diagnostic is an instance of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A code of Ordain's own table: a fault of policy code, or of reading a manifest.
    Code(Code),
    /// A rule of a policy, by its id.
    Rule(Arc<str>),
}

impl Origin {
    /// The stable identifier that reports print and `ordain explain` takes.
    pub fn id(&self) -> &str {
        match self {
            Origin::Code(code) => code.id(),
            Origin::Rule(id) => id,
        }
    }
}

/// A place with a few words on what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The bytes meant.
    pub span: Span,
    /// Words to stand at them; may be empty.
    pub message: String,
}

/// Replaces the bytes of a span.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The bytes that go; empty for an insertion.
    pub span: Span,
    /// The bytes that come.
    pub text: String,
}

/// A mend that a tool can apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an imperative: "set `privileged` to `false`".
    pub title: String,
    /// Whether what runs behaves as before; `--fix` leaves the others alone.
    pub safe: bool,
    /// The edits, none of which overlap.
    pub edits: Vec<Edit>,
}

/// The Kubernetes object that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ObjectReference {
    /// `apiVersion` as written.
    pub api_version: String,
    /// `kind` as written.
    pub kind: String,
    /// `metadata.name`, or `generateName` where there is no name; empty if neither.
    pub name: String,
    /// The namespace as rules see it (`x.namespace`); empty for what is not namespaced.
    pub namespace: String,
}

/// One fault or finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The code or rule that it is an instance of.
    pub origin: Origin,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence that names the thing and says what is wrong, without a full stop.
    pub message: String,
    /// Where it is.
    pub primary: Label,
    /// What else is needed to understand it, in any file.
    pub secondary: Vec<Label>,
    /// What to do, as an action.
    pub help: Option<String>,
    /// A mechanical mend, if there is one.
    pub fix: Option<Fix>,
    /// The object concerned, for findings in manifests.
    pub object: Option<ObjectReference>,
    /// The clause of the policy that says so, for findings of rules.
    pub clause: Option<Span>,
    /// The field that is missing or of another type than the API's, if that is the fault: rules that read it
    /// can't judge the object. Codes name it from the object, rules from what they judge.
    pub field: Option<String>,
}

impl Diagnostic {
    /// A fault of one of Ordain's own codes, with the severity that the code's table gives.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            origin: Origin::Code(code),
            severity: code.severity(),
            message: message.into(),
            primary: Label {
                span,
                message: String::new(),
            },
            secondary: Vec::new(),
            help: None,
            fix: None,
            object: None,
            clause: None,
            field: None,
        }
    }

    /// A finding of a rule, at the bytes of a manifest.
    pub fn finding(rule: Arc<str>, severity: Severity, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            origin: Origin::Rule(rule),
            severity,
            message: message.into(),
            primary: Label {
                span,
                message: String::new(),
            },
            secondary: Vec::new(),
            help: None,
            fix: None,
            object: None,
            clause: None,
            field: None,
        }
    }

    /// Sets the words at the primary place.
    pub fn label(mut self, message: impl Into<String>) -> Diagnostic {
        self.primary.message = message.into();
        self
    }

    /// Adds a secondary place.
    pub fn with(mut self, span: Span, message: impl Into<String>) -> Diagnostic {
        self.secondary.push(Label {
            span,
            message: message.into(),
        });
        self
    }

    /// Sets what to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Offers a fix of one edit.
    pub fn fix(
        mut self,
        title: impl Into<String>,
        safe: bool,
        span: Span,
        text: impl Into<String>,
    ) -> Diagnostic {
        self.fix = Some(Fix {
            title: title.into(),
            safe,
            edits: vec![Edit {
                span,
                text: text.into(),
            }],
        });
        self
    }

    /// Names the object concerned.
    pub fn object(mut self, object: ObjectReference) -> Diagnostic {
        self.object = Some(object);
        self
    }

    /// Names the field that is missing or of another type.
    pub fn field(mut self, path: impl Into<String>) -> Diagnostic {
        self.field = Some(path.into());
        self
    }

    /// Names the clause of the policy that says so.
    pub fn clause(mut self, clause: Span) -> Diagnostic {
        self.clause = Some(clause);
        self
    }
}

/// Puts diagnostics into the one order in which they are shown: path, place, code, message; what is
/// the same twice is kept once.
pub fn sort(diagnostics: &mut Vec<Diagnostic>, sources: &Sources) {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.primary.span.start, d.primary.span.end);
        let path = |d: &Diagnostic| sources.file(d.primary.span.file).path.as_str();
        let same_file = a.primary.span.file == b.primary.span.file;
        let by_path = if same_file {
            Ordering::Equal
        } else {
            path(a).cmp(path(b))
        };
        by_path
            .then_with(|| key(a).cmp(&key(b)))
            .then_with(|| a.origin.id().cmp(b.origin.id()))
            .then_with(|| a.message.cmp(&b.message))
            .then_with(|| a.object.cmp(&b.object))
    });
    diagnostics.dedup();
}
