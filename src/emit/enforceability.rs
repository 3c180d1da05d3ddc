//! Which declaration can be enforced by which target.
//!
//! In: the declarations, and what backends refuse. Out: a table with a row for each declaration and a verdict
//! for each target that puts its form in force.

use super::{BACKENDS, Backend, Options, Refusal};
use crate::ir::PolicySet;
use crate::source::Span;
use std::sync::Arc;

/// The forms of declarations that targets put in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// `rule`
    Rule,
    /// `budget`
    Budget,
    /// `optimize`, `heal` or `promote`
    Automation,
}

impl Form {
    /// All of them, in the order of reports.
    pub const ALL: [Form; 3] = [Form::Rule, Form::Budget, Form::Automation];

    /// What reports call it.
    pub fn word(self) -> &'static str {
        match self {
            Form::Rule => "rule",
            Form::Budget => "budget",
            Form::Automation => "automation",
        }
    }
}

/// What each target makes of each declaration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enforceability {
    /// By form, then by name.
    pub rows: Vec<Row>,
}

/// What each target makes of a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub form: Form,
    /// Its name.
    pub name: Arc<str>,
    /// The targets for declarations of its form, in the order of [`BACKENDS`].
    pub verdicts: Vec<Verdict>,
    /// The whole declaration in the policy.
    pub declaration: Span,
}

/// What a target makes of a declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The target.
    pub target: &'static str,
    /// Why it can't carry the declaration, or parts of it; it can if there is nothing.
    pub refusals: Vec<Refusal>,
}

impl Verdict {
    /// Whether the target can carry the declaration, if perhaps not all of it.
    pub fn is_carried(&self) -> bool {
        self.refusals.iter().all(|refusal| refusal.is_partial)
    }
}

impl Enforceability {
    /// What these targets make of the policies, given all that they refused.
    pub fn new(policies: &PolicySet, targets: &[&dyn Backend], refusals: &[Refusal]) -> Enforceability {
        let rules = policies.rules.iter();
        let rules = rules.map(|rule| (Form::Rule, &rule.id, rule.declaration));
        let budgets = policies.budgets.iter();
        let budgets = budgets.map(|budget| (Form::Budget, &budget.name, budget.declaration));
        let automations = policies.automations.iter();
        let automations = automations.map(|own| (Form::Automation, &own.name, own.declaration));
        let mut rows: Vec<Row> = rules
            .chain(budgets)
            .chain(automations)
            .map(|(form, name, declaration)| Row {
                form,
                name: name.clone(),
                verdicts: Vec::new(),
                declaration,
            })
            .collect();
        rows.sort_by(|a, b| (a.form, &a.name).cmp(&(b.form, &b.name)));
        for target in targets {
            let own: Vec<&Refusal> = refusals
                .iter()
                .filter(|refusal| refusal.target == target.name())
                .collect();
            // Two automations may have one name; then the place tells which is meant, if it can.
            let by_place: Vec<bool> = own
                .iter()
                .map(|refusal| rows.iter().any(|row| row.is_named(refusal) && row.holds(refusal)))
                .collect();
            for row in &mut rows {
                if !target.enforces().contains(&row.form) {
                    continue;
                }
                let meant = own.iter().zip(&by_place).filter(|(refusal, by_place)| {
                    row.is_named(refusal) && (!**by_place || row.holds(refusal))
                });
                let refusals = meant.map(|(refusal, _)| (*refusal).clone()).collect();
                row.verdicts.push(Verdict {
                    target: target.name(),
                    refusals,
                });
            }
        }
        Enforceability { rows }
    }

    /// What all targets make of the policies.
    pub fn of(policies: &PolicySet, options: &Options) -> Enforceability {
        let enforcing = BACKENDS.iter().copied();
        let enforcing: Vec<&dyn Backend> = enforcing.filter(|target| !target.enforces().is_empty()).collect();
        let refusals: Vec<Refusal> = enforcing
            .iter()
            .flat_map(|target| target.refusals(policies, options))
            .collect();
        Enforceability::new(policies, &enforcing, &refusals)
    }

    /// The row of the rule of that id.
    pub fn rule(&self, id: &str) -> Option<&Row> {
        let mut rows = self.rows.iter();
        rows.find(|row| row.form == Form::Rule && *row.name == *id)
    }
}

impl Row {
    fn is_named(&self, refusal: &Refusal) -> bool {
        self.name == refusal.declaration
    }

    fn holds(&self, refusal: &Refusal) -> bool {
        let (own, other) = (self.declaration, refusal.span);
        own.file == other.file && own.start <= other.start && other.end <= own.end
    }

    /// The targets that can carry the declaration.
    pub fn carriers(&self) -> Vec<&'static str> {
        let carried = self.verdicts.iter().filter(|verdict| verdict.is_carried());
        carried.map(|verdict| verdict.target).collect()
    }

    /// What targets say against carrying it.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        self.verdicts.iter().flat_map(|verdict| &verdict.refusals)
    }
}
