//! Budgets over a repository: what their workloads take in sum, held against the limits.
//!
//! In: budgets, a [`Repository`], the tables. Out: findings, what could not be decided, and each sum. A
//! sum that lacks a part is a finding of its own: what is unknown never counts as nothing.

use super::faults;
use super::index::Indexes;
use super::judge::{Undecided, reference};
use super::repository::{ObjectId, Repository};
use super::run::Options;
use super::subjects::Subjects;
use super::value::Unknown;
use super::{Context, Evaluator};
use crate::diagnostic::{Diagnostic, Severity};
use crate::estimate::{self, Demand, Estimator, Gap};
use crate::ir::{Budget, BudgetLimit, Group, Measure, Step, reads};
use crate::source::Span;
use crate::units::{Dimension, Quantity};
use std::collections::BTreeSet;

/// How many places a finding shows.
const SHOWN: usize = 5;

/// A sum with the limit that it was held against, as reports tell it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Sum {
    /// The budget.
    pub name: String,
    /// `cost`, `carbon`, `energy`.
    pub measure: &'static str,
    /// The unit of the amounts: `USD/month`.
    pub unit: &'static str,
    /// The sum at the fewest replicas; nothing if a part of it is not known.
    pub low: Option<f64>,
    /// The sum at the most replicas; nothing if a part of it is not known.
    pub high: Option<f64>,
    /// The most that it may be.
    pub limit: f64,
    /// `within`, `near`, `exceeded`, `unknown`.
    pub verdict: &'static str,
    /// How many objects it counts.
    pub objects: usize,
    /// The table of figures that it rests on first.
    pub table: &'static str,
    /// All tables, with their dates, and the assumptions.
    pub basis: String,
}

/// What budgets say of a repository.
#[derive(Debug, Clone, Default)]
pub struct BudgetOutcome {
    /// The findings.
    pub findings: Vec<Diagnostic>,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
    /// The sums, in the order of the budgets.
    pub sums: Vec<Sum>,
}

/// Holds budgets against a repository.
pub fn run<'a>(
    budgets: &'a [Budget],
    repository: &'a Repository<'a>,
    options: &Options<'a>,
) -> BudgetOutcome {
    let mut outcome = BudgetOutcome::default();
    for budget in budgets {
        let mut checker = Checker {
            budget,
            repository,
            estimator: options.estimator,
            outcome: &mut outcome,
        };
        // Without all files, workloads and autoscalers may be missing.
        match repository.complete {
            true => checker.run(),
            false => checker.leave_undecided(Unknown::Files),
        }
    }
    outcome
}

struct Checker<'a, 'o> {
    budget: &'a Budget,
    repository: &'a Repository<'a>,
    estimator: &'a Estimator,
    outcome: &'o mut BudgetOutcome,
}

/// What an object adds to a sum.
struct Part {
    object: ObjectId,
    low: Demand,
    high: Demand,
}

impl<'a> Checker<'a, '_> {
    fn run(&mut self) {
        let objects = self.objects();
        let (parts, gaps) = self.parts(&objects);
        let mut all_gaps: BTreeSet<Gap> = gaps.into_iter().collect();
        for limit in &self.budget.limits {
            if limit.growing_at_most.is_some() {
                self.leave_undecided(Unknown::Base);
            }
            self.limit(limit, &parts, objects.len(), &mut all_gaps);
        }
        self.report_gaps(&all_gaps.into_iter().collect::<Vec<_>>());
    }

    /// The objects that the budget counts. One whose fields the scope can't read is a finding.
    fn objects(&mut self) -> Vec<ObjectId> {
        let budget = self.budget;
        let mut steps = vec![Step::Each(budget.each.clone())];
        steps.extend(budget.condition.clone().map(Step::Where));
        let read = reads::of_group(&Group { steps }, &budget.locals);
        let subjects = Subjects::collect(self.repository, read.iter().map(|reads| &reads.domain));
        let indexes = Indexes::default();
        let context = Context {
            repository: self.repository,
            subjects: &subjects,
            indexes: &indexes,
            estimator: self.estimator,
        };
        let mut evaluator = Evaluator::new(context, &[], &budget.locals);
        let elements = subjects.of(&budget.each.domain);
        let mut objects = BTreeSet::new();
        for index in 0..elements.count() {
            let element = elements.get(index);
            let Some(object) = element.object(self.repository) else {
                continue;
            };
            let own = read.iter().find(|reads| reads.slot == budget.each.value);
            let faults = own.map_or_else(Vec::new, |reads| {
                faults::of_element(self.repository, reads, &element)
            });
            for fault in &faults {
                let finding = self.finding(budget.severity, fault.span, fault.message.clone(), budget.span);
                let finding = finding
                    .help(fault.help)
                    .field(fault.field.clone())
                    .object(reference(self.repository, object));
                self.outcome.findings.push(finding);
            }
            evaluator.bind_subject(&budget.each, elements, index);
            match budget
                .condition
                .as_ref()
                .map(|condition| evaluator.holds(condition))
            {
                None | Some(Ok(true)) => {
                    objects.insert(object);
                }
                Some(Ok(false)) => {}
                Some(Err(reason)) => self.leave_undecided(reason),
            }
        }
        objects.into_iter().collect()
    }

    /// What each object asks for. A claim that several name is counted once, for the first.
    fn parts(&self, objects: &[ObjectId]) -> (Vec<Part>, Vec<Gap>) {
        let mut gaps = Vec::new();
        let mut claims = BTreeSet::new();
        let mut parts = Vec::new();
        for object in objects {
            let asked = estimate::of_object(self.repository, *object, &self.budget.assume);
            gaps.extend(asked.gaps);
            let mut part = Part {
                object: *object,
                low: asked.low,
                high: asked.high,
            };
            for claim in asked.claims {
                if claims.insert(claim) {
                    let size = estimate::of_claim(self.repository, claim, &mut gaps);
                    part.low = part.low.plus(size);
                    part.high = part.high.plus(size);
                }
            }
            parts.push(part);
        }
        (parts, gaps)
    }

    /// Holds the sum against one limit.
    fn limit(&mut self, limit: &BudgetLimit, parts: &[Part], objects: usize, all_gaps: &mut BTreeSet<Gap>) {
        let measure = limit.measure;
        if limit.at_most.dimension != estimate::unit(measure).dimension {
            let message = format!(
                "`{}` can't be held to {}: the price table `{}` is in USD",
                self.budget.name, limit.at_most, self.estimator.prices.name
            );
            let finding = self.finding(self.budget.severity, limit.span, message, limit.span);
            self.outcome.findings.push(finding.help("write the limit in USD"));
            return;
        }
        let mut amounts: Vec<(ObjectId, Quantity)> = Vec::new();
        for part in parts {
            match self.estimator.amount(part.high, measure) {
                Ok(amount) => amounts.push((part.object, amount)),
                Err(reason) => {
                    all_gaps.insert(Gap {
                        span: estimate::name_of(self.repository, part.object),
                        reason,
                    });
                }
            }
        }
        let is_whole = all_gaps.is_empty();
        let sum = |amounts: &mut dyn Iterator<Item = Quantity>| {
            let zero = Quantity::new(0, limit.at_most.dimension);
            amounts.fold(zero, |sum, amount| sum.plus(amount).unwrap_or(sum))
        };
        let high = sum(&mut amounts.iter().map(|(_, amount)| *amount));
        let lows = parts.iter().map(|part| self.estimator.amount(part.low, measure));
        let low = sum(&mut lows.filter_map(Result::ok));
        let threshold = self.budget.warn_at.and_then(|share| limit.at_most.times(share));
        let verdict = if high > limit.at_most {
            "exceeded"
        } else if !is_whole {
            "unknown"
        } else if threshold.is_some_and(|threshold| high >= threshold) {
            "near"
        } else {
            "within"
        };
        amounts.sort_by_key(|(object, amount)| (std::cmp::Reverse(amount.nano), *object));
        if matches!(verdict, "exceeded" | "near") {
            self.report(limit, verdict, high, is_whole, &amounts, parts);
        }
        self.outcome.sums.push(Sum {
            name: self.budget.name.to_string(),
            measure: word(measure),
            unit: estimate::unit_name(measure),
            low: is_whole.then(|| number(low, measure)),
            high: is_whole.then(|| number(high, measure)),
            limit: number(limit.at_most, measure),
            verdict,
            objects,
            table: self.estimator.tables(measure)[0].name,
            basis: self.estimator.basis(measure),
        });
    }

    fn report(
        &mut self,
        limit: &BudgetLimit,
        verdict: &str,
        high: Quantity,
        is_whole: bool,
        amounts: &[(ObjectId, Quantity)],
        parts: &[Part],
    ) {
        let Some(((largest, amount), others)) = amounts.split_first() else {
            return;
        };
        let measure = limit.measure;
        let told = |amount| tell(amount, measure);
        let (severity, relation) = match verdict {
            "exceeded" => (self.budget.severity, "more than its limit of"),
            _ => (Severity::Low, "close to its limit of"),
        };
        let at_least = if is_whole { "" } else { "at least " };
        let message = format!(
            "`{}` may {} {at_least}{}, {relation} {} ({}{})",
            self.budget.name,
            verb(measure),
            told(high),
            told(limit.at_most),
            self.estimator.basis(measure),
            self.utilisations(measure, parts)
        );
        let label = |object: ObjectId, amount| {
            let resource = self.repository.object(object).resource;
            format!("{} `{}` takes {}", resource.kind, resource.name, told(amount))
        };
        let mut finding = self
            .finding(severity, self.place(*largest), message, limit.span)
            .label(label(*largest, *amount))
            .object(reference(self.repository, *largest))
            .help("lower the requests or the most replicas of what takes most, or raise the limit");
        for (object, amount) in others
            .iter()
            .take(SHOWN - 1)
            .filter(|(_, amount)| amount.nano > 0)
        {
            finding = finding.with(self.place(*object), label(*object, *amount));
        }
        self.outcome.findings.push(finding);
    }

    /// How far the sum moves with the utilisation that nobody knows.
    fn utilisations(&self, measure: Measure, parts: &[Part]) -> String {
        if measure == Measure::Cost {
            return String::new();
        }
        let at = |percent: i128| {
            let estimator = Estimator {
                utilisation: Quantity::new(percent * 10_000_000, Dimension::RATIO),
                ..self.estimator.clone()
            };
            let amounts = parts
                .iter()
                .filter_map(|part| estimator.amount(part.high, measure).ok());
            let sum = amounts.reduce(|sum, amount| sum.plus(amount).unwrap_or(sum));
            sum.map_or_else(String::new, |sum| tell(sum, measure))
        };
        format!("; {} at 10%, {} at 80%", at(10), at(80))
    }

    /// One finding for all that keeps the sums from being told.
    fn report_gaps(&mut self, gaps: &[Gap]) {
        let Some((first, others)) = gaps.split_first() else {
            return;
        };
        let more = match others.len() {
            0 => String::new(),
            count => format!(", and {count} more gaps"),
        };
        let message = format!(
            "what `{}` takes is not known: {}{more}",
            self.budget.name, first.reason
        );
        let mut finding = self
            .finding(self.budget.severity, first.span, message, self.budget.span)
            .help("request CPU and memory, let the budget `assume` them, or say what is missing under `[estimate]` in `ordain.toml`");
        for gap in others.iter().take(SHOWN * 2) {
            finding = finding.with(gap.span, gap.reason.clone());
        }
        self.outcome.findings.push(finding);
    }

    fn finding(&self, severity: Severity, span: Span, message: String, clause: Span) -> Diagnostic {
        Diagnostic::finding(self.budget.name.clone(), severity, span, message).clause(clause)
    }

    /// Where an object says how many replicas it has, else its name.
    fn place(&self, object: ObjectId) -> Span {
        let root = &self.repository.object(object).resource.root;
        root.path(["spec", "replicas"])
            .map_or_else(|| estimate::name_of(self.repository, object), |node| node.span)
    }

    fn leave_undecided(&mut self, reason: Unknown) {
        self.outcome.undecided.push(Undecided {
            rule: self.budget.name.clone(),
            object: None,
            reason,
        });
    }
}

fn word(measure: Measure) -> &'static str {
    match measure {
        Measure::Cost => "cost",
        Measure::Carbon => "carbon",
        Measure::Energy => "energy",
    }
}

fn verb(measure: Measure) -> &'static str {
    match measure {
        Measure::Cost => "cost",
        Measure::Carbon => "cause",
        Measure::Energy => "draw",
    }
}

/// An amount as machines take it.
fn number(amount: Quantity, measure: Measure) -> f64 {
    let rounded = estimate::rounded(amount, measure).unwrap_or(amount);
    let text = rounded.decimal_in(estimate::unit(measure));
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// An amount as people read it: two decimals, four below one.
fn tell(amount: Quantity, measure: Measure) -> String {
    let number = number(amount, measure);
    let decimals = if number.abs() < 1.0 && number != 0.0 { 4 } else { 2 };
    format!("{number:.decimals$} {}", estimate::unit_name(measure))
}

#[cfg(test)]
mod tests;
