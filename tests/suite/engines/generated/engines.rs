//! A policy and objects → what every engine finds, or how they differ.
//!
//! Native evaluation and both engines of regorus always judge; OPA judges too where `ORDAIN_OPA` names the
//! program of `tests/conformance/differential`, and Kubernetes' own code where `ORDAIN_VAP` names that of
//! `tests/conformance/vap`. Each is one process, which answers all questions of a run.

use super::json::Json;
use super::kubernetes::{Kubernetes, Tally};
use super::opa;
use super::service::Service;
use crate::engines::{Files, compare, compile_all};
use ordain::emit::rego::enforceability;
use ordain::schema::Schema;
use std::fmt;
use std::process::Command;

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All engines found the same: so many findings, and what Kubernetes was asked, if it was.
    Same(usize, Option<Tally>),
    /// Rego can't say the policy, for this reason; nothing was judged.
    Unsaid(String),
    /// The checker refuses the policy.
    Refused(String),
    /// Engines differ, or one failed.
    Differs(String),
}

impl Verdict {
    /// Whether two verdicts are of one kind, so that a smaller case shows the same fault.
    pub fn is_like(&self, other: &Verdict) -> bool {
        let kind = |text: &str| text.split(' ').take(2).map(str::to_owned).collect::<Vec<_>>();
        match (self, other) {
            (Verdict::Differs(one), Verdict::Differs(other)) => kind(one) == kind(other),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Same(findings, _) => write!(f, "the same {findings} findings"),
            Verdict::Unsaid(reason) => write!(f, "not said in Rego: {reason}"),
            Verdict::Refused(faults) => write!(f, "refused by the checker: {faults}"),
            Verdict::Differs(difference) => f.write_str(difference),
        }
    }
}

/// The engines of a run.
pub struct Engines<'s> {
    schema: &'s Schema,
    opa: Option<Service>,
    kubernetes: Option<Kubernetes>,
}

impl<'s> Engines<'s> {
    pub fn start(schema: &'s Schema) -> Engines<'s> {
        let opa = std::env::var_os("ORDAIN_OPA").map(|program| Service::start(Command::new(program)));
        Engines {
            schema,
            opa,
            kubernetes: Kubernetes::start(),
        }
    }

    /// Judges objects, each in a file of its own, by a policy of one rule.
    pub fn judge(&mut self, policy: &str, objects: &[Json]) -> Verdict {
        let text = [("policy.ordain".to_owned(), String::new(), policy)];
        let rule = match compile_all(&text, self.schema) {
            Ok(set) => match set.rules.into_iter().next() {
                Some(rule) => rule,
                None => return Verdict::Refused("the policy has no rule".to_owned()),
            },
            Err(faults) => return Verdict::Refused(faults.join("\n")),
        };
        if let Err(reason) = enforceability(&rule) {
            return Verdict::Unsaid(reason.text);
        }
        let texts: Vec<(String, String)> = objects
            .iter()
            .enumerate()
            .map(|(number, object)| (format!("object-{number}.json"), object.to_string()))
            .collect();
        let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (&**path, &**text)).collect();
        let files = Files::of_schema(self.schema, &texts);
        let native = match compare(&rule, &files) {
            Ok((found, _)) => found,
            Err(difference) => return Verdict::Differs(difference),
        };
        if let Some(opa) = &mut self.opa
            && let Err(difference) = opa::judge(opa, &rule, &files, &native)
        {
            return Verdict::Differs(difference);
        }
        let asked = self
            .kubernetes
            .as_mut()
            .map(|kubernetes| kubernetes.judge(&rule, &files, &native));
        match asked.transpose() {
            Ok(tally) => Verdict::Same(native.len(), tally),
            Err(difference) => Verdict::Differs(difference),
        }
    }
}
