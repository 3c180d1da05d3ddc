//! Why a target can't say what a rule says.

use super::Refusal;
use crate::ir::Rule;
use crate::schema::KubernetesVersion;
use crate::source::Span;

/// What of a rule a target can't say, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What in the rule it is.
    pub span: Span,
    /// So that it reads after "because": `it reads other documents`.
    pub text: String,
    /// What to do, if there is something.
    pub help: Option<String>,
}

impl Reason {
    /// A reason for which nothing helps.
    pub fn new(span: Span, text: impl Into<String>) -> Reason {
        Reason {
            span,
            text: text.into(),
            help: None,
        }
    }

    /// What `what` names exists from a version on.
    pub fn since(span: Span, what: &str, version: KubernetesVersion) -> Reason {
        let help = format!("build with `--min-kube {version}` if no cluster is older");
        Reason::new(span, format!("{what} takes Kubernetes {version}")).help(help)
    }

    /// Sets what to do.
    pub fn help(self, help: impl Into<String>) -> Reason {
        Reason {
            help: Some(help.into()),
            ..self
        }
    }

    /// The refusal of a rule by a target.
    pub fn refusal(self, rule: &Rule, target: &'static str) -> Refusal {
        Refusal {
            declaration: rule.id.clone(),
            target,
            reason: self.text,
            help: self.help,
            span: self.span,
            is_partial: false,
        }
    }

    /// The refusal of a part of a rule by a target that carries the rest.
    pub fn refusal_in_part(self, rule: &Rule, target: &'static str) -> Refusal {
        Refusal {
            is_partial: true,
            ..self.refusal(rule, target)
        }
    }
}
