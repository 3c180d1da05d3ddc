//! What other tools are set to do, in their own words.
//!
//! In: what the readers of the tools' files conclude. Out: plain data for `carry` and `waive`.

use super::scope::Scope;
use crate::source::Span;
use serde_json::Value;

/// Everything that was found of other tools.
#[derive(Debug, Default)]
pub struct Setup {
    /// The tool that is being read.
    pub peer: &'static str,
    /// The setups.
    pub found: Vec<Found>,
    /// The checks that are in force.
    pub demands: Vec<Demand>,
    /// What is exempt from them.
    pub exemptions: Vec<Exemption>,
    /// Folders of Rego for Conftest, relative to the repository.
    pub rego: Vec<String>,
    /// What can't be said as it was.
    pub remarks: Vec<Remark>,
}

/// A setup that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The tool.
    pub peer: &'static str,
    /// What of it, and where, for people.
    pub what: String,
}

/// A check that is in force.
#[derive(Debug, Clone)]
pub struct Demand {
    /// The tool, for people.
    pub peer: &'static str,
    /// The catalogue of its checks, as `replaces` names it.
    pub catalogue: &'static str,
    /// The check, as `replaces` names it.
    pub check: String,
    /// What the team calls it, if it is a check of its own making.
    pub name: Option<String>,
    /// The tool's own parameters, as the paths of `from` see them.
    pub parameters: Value,
    /// Parameters that need no equivalent.
    pub harmless: &'static [&'static str],
    /// Parameters of rules that no path leads to: rule, parameter, value.
    pub settings: Vec<(&'static str, &'static str, Value)>,
    /// What a violation leads to.
    pub strength: Strength,
    /// What it looks at.
    pub scope: Scope,
    /// Where the team says so.
    pub at: Option<Span>,
}

impl Demand {
    /// Whether an exemption that names a check means this one.
    pub fn is_called(&self, name: &str) -> bool {
        self.check == name || self.name.as_deref() == Some(name)
    }

    /// What it is called in a remark.
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.check)
    }
}

/// What a violation leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// It is told.
    Warns,
    /// The run fails, or the object is refused.
    Fails,
    /// It counts among the worst.
    Severe,
}

/// Objects that checks don't look at.
#[derive(Debug, Clone)]
pub struct Exemption {
    /// The tool.
    pub peer: &'static str,
    /// Its checks by name; all of them if nothing is said.
    pub checks: Option<Vec<String>>,
    /// The objects.
    pub objects: Vec<Exempt>,
    /// Why.
    pub because: String,
    /// Where the team says so.
    pub at: Span,
}

/// Objects by kind, name and namespace; `*` stands for any characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exempt {
    /// The kind; every kind that the rule looks at if none is said.
    pub kind: Option<String>,
    /// The name.
    pub name: String,
    /// The namespace; any if none is said.
    pub namespace: Option<String>,
}

/// What is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// How much that matters.
    pub grade: Grade,
    /// The tool.
    pub peer: &'static str,
    /// Where the team says it.
    pub at: Option<Span>,
    /// What, and why.
    pub message: String,
}

/// How much a remark matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// It has no equivalent.
    Lost,
    /// It is carried over, but is not quite the same.
    Differs,
    /// Worth knowing.
    Note,
}

impl Grade {
    /// The word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Grade::Lost => "lost",
            Grade::Differs => "differs",
            Grade::Note => "note",
        }
    }
}

impl Setup {
    /// Tells of a setup.
    pub fn found(&mut self, what: impl Into<String>) {
        self.found.push(Found {
            peer: self.peer,
            what: what.into(),
        });
    }

    /// Adds a check of this catalogue, with what most of them have.
    pub fn demand(&mut self, catalogue: &'static str, check: &str, strength: Strength) -> &mut Demand {
        let demand = Demand {
            peer: self.peer,
            catalogue,
            check: check.to_string(),
            name: None,
            parameters: Value::Null,
            harmless: &[],
            settings: Vec::new(),
            strength,
            scope: Scope::default(),
            at: None,
        };
        let index = self.demands.len();
        self.demands.push(demand);
        &mut self.demands[index]
    }

    /// Adds an exemption.
    pub fn exempt(&mut self, checks: Option<Vec<String>>, objects: Vec<Exempt>, because: &str, at: Span) {
        let because = match because.trim() {
            "" => format!("exempt from {}", self.peer),
            reason => reason.to_string(),
        };
        self.exemptions.push(Exemption {
            peer: self.peer,
            checks,
            objects,
            because,
            at,
        });
    }

    /// Something has no equivalent.
    pub fn lost(&mut self, at: impl Into<Option<Span>>, message: impl Into<String>) {
        self.remark(Grade::Lost, at.into(), message.into());
    }

    /// Something is not quite the same.
    pub fn differs(&mut self, at: impl Into<Option<Span>>, message: impl Into<String>) {
        self.remark(Grade::Differs, at.into(), message.into());
    }

    /// Something is worth knowing.
    pub fn note(&mut self, at: impl Into<Option<Span>>, message: impl Into<String>) {
        self.remark(Grade::Note, at.into(), message.into());
    }

    fn remark(&mut self, grade: Grade, at: Option<Span>, message: String) {
        self.remarks.push(Remark {
            grade,
            peer: self.peer,
            at,
            message,
        });
    }
}
