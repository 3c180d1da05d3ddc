//! One group of one rule, for some elements of its first binder → findings.
//!
//! In: the steps of a group and the faults of the elements that they range over. Out: diagnostics, and
//! what could not be told.

use super::applications::{Choices, Next};
use super::expression::{Bound, Evaluator, Origin};
use super::place::{Located, Place};
use super::repository::{ObjectId, Repository};
use super::subjects::Elements;
use super::value::{Unknown, Value};
use crate::diagnostic::{Diagnostic, ObjectReference};
use crate::ir::reads::DomainReads;
use crate::ir::{Clause, Domain, Each, Rule, Slot, Step};
use crate::source::Span;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

/// A verdict that this run can't give.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undecided {
    /// The rule.
    pub rule: Arc<str>,
    /// The object that it would judge, if it judges one.
    pub object: Option<ObjectReference>,
    /// What is missing.
    pub reason: Unknown,
}

/// What a group reads, with the elements that can't be judged.
pub struct CheckedReads {
    /// What is read.
    pub reads: DomainReads,
    /// The numbers of the domain's elements that are faulty, in order.
    pub faulty: Vec<u32>,
}

/// Judges a group.
pub struct Judge<'a> {
    rule: &'a Rule,
    reads: &'a [CheckedReads],
    with_fixes: bool,
    /// The binders over the repository that are bound at the moment.
    subjects: Vec<Slot>,
    /// Why a filter could not be told, if one could not.
    open: Option<Unknown>,
    /// The findings so far.
    pub findings: Vec<Diagnostic>,
    /// What could not be told so far.
    pub undecided: Vec<Undecided>,
}

impl<'a> Judge<'a> {
    /// A judge of a group of `rule` that reads `reads`.
    pub fn new(rule: &'a Rule, reads: &'a [CheckedReads], with_fixes: bool) -> Judge<'a> {
        Judge {
            rule,
            reads,
            with_fixes,
            subjects: Vec::new(),
            open: None,
            findings: Vec::new(),
            undecided: Vec::new(),
        }
    }

    /// Judges the steps of a group whose first step ranges over the repository, for some elements.
    pub fn run_chunk(
        &mut self,
        evaluator: &mut Evaluator<'a>,
        each: &'a Each,
        rest: &'a [Step],
        chunk: Range<usize>,
    ) {
        let elements = evaluator.context.subjects.of(&each.domain);
        for index in chunk {
            self.for_each_choice(evaluator, |judge, evaluator| {
                judge.subject(evaluator, each, elements, index, rest);
            });
        }
    }

    /// Judges steps that no binder over the repository begins.
    pub fn run_alone(&mut self, evaluator: &mut Evaluator<'a>, steps: &'a [Step]) {
        self.for_each_choice(evaluator, |judge, evaluator| judge.run(evaluator, steps));
    }

    /// Judges something once for each of several Applications that are read on the way.
    fn for_each_choice(
        &mut self,
        evaluator: &mut Evaluator<'a>,
        judge: impl Fn(&mut Judge<'a>, &mut Evaluator<'a>),
    ) {
        let (findings, undecided) = (self.findings.len(), self.undecided.len());
        let mut again = false;
        loop {
            evaluator.choices.get_or_insert_default();
            judge(self, evaluator);
            match evaluator.choices.as_mut().map(Choices::next) {
                Some(Next::Choice) => again = true,
                Some(Next::TooMany) => {
                    self.leave_undecided(evaluator, Unknown::Applications);
                    break;
                }
                _ => break,
            }
        }
        evaluator.choices = None;
        if again {
            // What depends on no Application is told once.
            tell_once(&mut self.findings, findings, |one, other| {
                one.primary.span == other.primary.span && one.message == other.message
            });
            tell_once(&mut self.undecided, undecided, PartialEq::eq);
        }
    }

    /// Judges steps with what is bound.
    pub fn run(&mut self, evaluator: &mut Evaluator<'a>, steps: &'a [Step]) {
        for (position, step) in steps.iter().enumerate() {
            let rest = &steps[position + 1..];
            match step {
                Step::Each(each) => return self.each(evaluator, each, rest),
                Step::Where(condition) => match evaluator.holds(condition) {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(reason) => {
                        // The rest is judged all the same: what holds whatever the filter says is told.
                        let outer = self.open;
                        self.open = outer.or(Some(reason));
                        self.run(evaluator, rest);
                        self.open = outer;
                        return;
                    }
                },
                Step::Let(slot, value) => {
                    let bound = Bound {
                        value: evaluator.evaluate(value),
                        origin: Origin::Definition(value),
                    };
                    evaluator.bind(*slot, bound);
                }
                Step::Clause(clause) => {
                    if self.clause(evaluator, &clause.each, clause) {
                        return;
                    }
                }
            }
        }
    }

    fn each(&mut self, evaluator: &mut Evaluator<'a>, each: &'a Each, rest: &'a [Step]) {
        if let Domain::Elements(_) = each.domain {
            let missing = evaluator.each(each, None, &mut |evaluator| {
                self.run(evaluator, rest);
                ControlFlow::Continue(())
            });
            if let Some(reason) = missing {
                self.leave_undecided(evaluator, reason);
            }
            return;
        }
        let elements = evaluator.context.subjects.of(&each.domain);
        // The filter that follows says which elements can be partners.
        let filter = match rest.first() {
            Some(Step::Where(condition)) => Some(condition),
            _ => None,
        };
        for index in evaluator.numbers(each, elements, filter) {
            self.subject(evaluator, each, elements, index, rest);
        }
        // A join may have partners in files that were not given.
        if !evaluator.repository.complete && !self.subjects.is_empty() {
            self.leave_undecided(evaluator, Unknown::Files);
        }
    }

    fn subject(
        &mut self,
        evaluator: &mut Evaluator<'a>,
        each: &'a Each,
        elements: Elements<'a>,
        index: usize,
        rest: &'a [Step],
    ) {
        let reads = self.reads.iter().find(|reads| reads.reads.slot == each.value);
        let is_faulty = reads.is_some_and(|reads| reads.faulty.binary_search(&(index as u32)).is_ok());
        if is_faulty {
            return;
        }
        evaluator.bind_subject(each, elements, index);
        self.subjects.push(each.value);
        self.run(evaluator, rest);
        self.subjects.pop();
    }

    /// Judges a clause for every element of its own binders; whether the group ends here.
    fn clause(&mut self, evaluator: &mut Evaluator<'a>, binders: &'a [Each], clause: &'a Clause) -> bool {
        let Some((each, rest)) = binders.split_first() else {
            return match evaluator.holds(&clause.violation) {
                Ok(false) => false,
                Ok(true) => {
                    match self.open {
                        Some(reason) => self.leave_undecided(evaluator, reason),
                        None => self.report(evaluator, clause),
                    }
                    true
                }
                Err(reason) => {
                    self.leave_undecided(evaluator, reason);
                    true
                }
            };
        };
        let mut broken = false;
        let condition = rest.is_empty().then_some(&clause.violation);
        let missing = evaluator.each(each, condition, &mut |evaluator| {
            broken |= self.clause(evaluator, rest, clause);
            ControlFlow::Continue(())
        });
        if let Some(reason) = missing {
            self.leave_undecided(evaluator, reason);
            broken = true;
        }
        broken
    }

    fn leave_undecided(&mut self, evaluator: &Evaluator<'a>, reason: Unknown) {
        let first = self.subjects.first().and_then(|slot| evaluator.bound(*slot));
        let object = first
            .and_then(|bound| bound.place(evaluator.repository))
            .map(|place| place.object);
        self.undecided.push(Undecided {
            rule: self.rule.id.clone(),
            object: object.map(|object| reference(evaluator.repository, object)),
            reason,
        });
    }

    fn report(&mut self, evaluator: &mut Evaluator<'a>, clause: &'a Clause) {
        let repository = evaluator.repository;
        let located = self.locate(evaluator, clause);
        let (span, label) = match &located {
            Some(located) => located.span(repository),
            // A rule about the repository as a whole has no better place than the policy itself.
            None => (clause.span, String::new()),
        };
        let message = evaluator.text(&clause.message);
        let mut finding = Diagnostic::finding(self.rule.id.clone(), self.rule.severity, span, message)
            .label(label)
            .clause(clause.span);
        finding.help = clause.help.as_ref().map(|help| evaluator.text(help));
        let object = located.map(|located| located.place.object);
        if let Some(object) = object {
            finding.object = Some(reference(repository, object));
        }
        for (span, words) in self.partners(evaluator, object) {
            finding = finding.with(span, words);
        }
        for (span, words) in deployers(evaluator) {
            finding = finding.with(span, words);
        }
        if self.with_fixes && !clause.fixes.is_empty() {
            finding.fix = super::mend::of_clause(evaluator, clause);
        }
        self.findings.push(finding);
    }

    fn locate(&self, evaluator: &mut Evaluator<'a>, clause: &'a Clause) -> Option<Located<'a>> {
        let stated = clause.at.as_ref().and_then(|at| evaluator.locate(at));
        stated
            .or_else(|| evaluator.locate(&clause.violation))
            .or_else(|| {
                let place = self
                    .subjects
                    .last()
                    .and_then(|slot| evaluator.bound(*slot)?.place(evaluator.repository))?;
                Some(Located {
                    place,
                    missing: Vec::new(),
                    is_elsewhere: false,
                })
            })
    }

    /// The other objects that take part in a finding of a join.
    fn partners(&self, evaluator: &Evaluator<'a>, told: Option<ObjectId>) -> Vec<(Span, String)> {
        let repository = evaluator.repository;
        let mut partners: Vec<ObjectId> = Vec::new();
        for slot in &self.subjects {
            let place = evaluator.bound(*slot).and_then(|bound| bound.place(repository));
            match place {
                Some(place) if Some(place.object) != told && !partners.contains(&place.object) => {
                    partners.push(place.object);
                }
                _ => {}
            }
        }
        partners
            .into_iter()
            .filter_map(|object| {
                let place = Place::of_value(&Value::Object(object), repository)?;
                let resource = repository.object(object).resource;
                let words = format!("with `{}/{}`", resource.kind, resource.name);
                Some((place.heading(repository), words))
            })
            .collect()
    }
}

/// The Applications that were read for a verdict.
fn deployers(evaluator: &Evaluator<'_>) -> Vec<(Span, String)> {
    let repository = evaluator.repository;
    let read = evaluator.choices.iter().flat_map(|choices| &choices.read);
    let read = read.filter(|object| repository.has(**object));
    read.filter_map(|object| {
        let place = Place::of_value(&Value::Object(*object), repository)?;
        let resource = repository.object(*object).resource;
        Some((
            place.heading(repository),
            format!("deployed by `{}/{}`", resource.kind, resource.name),
        ))
    })
    .collect()
}

/// Leaves out what is the same as something before, from a number on.
fn tell_once<T>(all: &mut Vec<T>, from: usize, is_same: impl Fn(&T, &T) -> bool) {
    let mut kept: Vec<T> = Vec::new();
    for one in all.drain(from..) {
        if !kept.iter().any(|other| is_same(&one, other)) {
            kept.push(one);
        }
    }
    all.extend(kept);
}

/// How findings name an object.
pub fn reference(repository: &Repository<'_>, object: ObjectId) -> ObjectReference {
    let object = repository.object(object);
    object.resource.reference(object.namespace)
}
