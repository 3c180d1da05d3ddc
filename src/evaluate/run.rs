//! All rules over all objects, in parallel.
//!
//! In: rules, waivers, a [`Repository`]. Out: an [`Outcome`] whose order does not depend on the threads.
//! Only this file knows of threads: first the elements of every domain are checked for faults, then every
//! group is judged, both in chunks of elements.

use super::index::Indexes;
use super::judge::{CheckedReads, Judge, Undecided, reference};
use super::repository::Repository;
use super::subjects::{Elements, Subjects, containers_of};
use super::value::Value;
use super::{Context, Evaluator, faults, waivers};
use crate::diagnostic::{self, Diagnostic};
use crate::estimate::Estimator;
use crate::ir::reads::{self, DomainReads};
use crate::ir::{Date, Domain, Each, Expression, Group, Rule, Step, Waiver};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::OnceLock;

/// Elements judged in one go: enough to be worth a task, few enough to keep all threads busy.
const CHUNK: usize = 128;

/// How a run is done.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The exceptions that were granted.
    pub waivers: &'a [Waiver],
    /// The day against which they expire; without it none does.
    pub today: Option<Date>,
    /// The tables that estimates rest on.
    pub estimator: &'a Estimator,
    /// Whether findings carry fixes, which cost a second reading of the document.
    pub fixes: bool,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            waivers: &[],
            today: None,
            estimator: Estimator::standard(),
            fixes: false,
        }
    }
}

/// What a run found.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The findings that no waiver covers, in the order in which they are shown.
    pub findings: Vec<Diagnostic>,
    /// The findings that a waiver covers, each with the number of its waiver.
    pub waived: Vec<(Diagnostic, usize)>,
    /// What could not be decided, sorted.
    pub undecided: Vec<Undecided>,
    /// What the budgets sum up to.
    pub sums: Vec<super::budget::Sum>,
}

/// What rules say of objects that can meet, whatever waivers cover.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The findings, in the order in which they are shown.
    pub findings: Vec<Diagnostic>,
    /// What could not be decided, sorted.
    pub undecided: Vec<Undecided>,
}

impl Found {
    /// The findings apart from those that a waiver covers. `rules` are all that were run.
    pub fn settle(self, rules: &[&Rule], repository: &Repository<'_>, options: &Options<'_>) -> Outcome {
        let (findings, waived) = waivers::apply(self.findings, rules, repository, options);
        Outcome {
            findings,
            waived,
            undecided: self.undecided,
            sums: Vec::new(),
        }
    }
}

/// Judges a repository by rules.
pub fn run<'a>(rules: &'a [&'a Rule], repository: &'a Repository<'a>, options: &Options<'a>) -> Outcome {
    find(rules, repository, options).settle(rules, repository, options)
}

/// Whether what a rule says of an object depends on no other one, so that it matters not which others there are.
pub fn is_local(rule: &Rule) -> bool {
    rule.groups.iter().all(|group| {
        let read = reads::of_group(group, &rule.locals);
        let domain_is_local = match read.as_slice() {
            [only] => only.is_step && !matches!(only.domain, Domain::Namespaces),
            _ => false,
        };
        domain_is_local && !group.steps.iter().any(estimates)
    })
}

/// Whether a step asks for an estimate, which depends on autoscalers and claims.
fn estimates(step: &Step) -> bool {
    fn asks(expression: &Expression) -> bool {
        expression.is_estimate() || expression.children().into_iter().any(asks)
    }
    let ranges = |each: &Each| each.expression().is_some_and(asks);
    match step {
        Step::Each(each) => ranges(each),
        Step::Where(expression) | Step::Let(_, expression) => asks(expression),
        Step::Clause(clause) => {
            asks(&clause.violation)
                || asks(&clause.message)
                || clause.help.as_ref().is_some_and(asks)
                || clause.each.iter().any(ranges)
        }
    }
}

/// Judges a repository by rules, without a look at waivers.
pub fn find<'a>(rules: &'a [&'a Rule], repository: &'a Repository<'a>, options: &Options<'a>) -> Found {
    let groups: Vec<(&Rule, &Group)> = rules
        .iter()
        .flat_map(|rule| rule.groups.iter().map(move |group| (*rule, group)))
        .collect();
    let domains = |group: &Group, rule: &Rule| reads::of_group(group, &rule.locals);
    let read: Vec<Vec<DomainReads>> = groups.iter().map(|(rule, group)| domains(group, rule)).collect();
    // Readers say which domains there are; binders over values have none.
    let subjects = Subjects::collect(repository, read.iter().flatten().map(|reads| &reads.domain));
    let (checked, mut findings) = check(&groups, read, repository, &subjects);
    let indexes = Indexes::default();
    let mut undecided = judge(
        &groups,
        &checked,
        repository,
        &subjects,
        &indexes,
        options,
        &mut findings,
    );
    diagnostic::sort(&mut findings, repository.sources);
    undecided.sort();
    undecided.dedup();
    Found { findings, undecided }
}

/// Finds the elements of every domain that can't be judged.
fn check<'a>(
    groups: &[(&'a Rule, &'a Group)],
    read: Vec<Vec<DomainReads>>,
    repository: &'a Repository<'a>,
    subjects: &'a Subjects<'a>,
) -> (Vec<Vec<CheckedReads>>, Vec<Diagnostic>) {
    let pods: Vec<Vec<FaultyPods>> = read
        .iter()
        .map(|reads| {
            reads
                .iter()
                .map(|reads| FaultyPods::of(reads, repository))
                .collect()
        })
        .collect();
    let mut tasks: Vec<((usize, usize), &DomainReads, Range<usize>)> = Vec::new();
    for (group, reads) in read.iter().enumerate() {
        for (index, reads) in reads.iter().enumerate() {
            let elements = subjects.of(&reads.domain).count();
            tasks.extend(chunks(elements).map(|chunk| ((group, index), reads, chunk)));
        }
    }
    tasks.sort_by_key(|(_, reads, chunk)| progress(chunk.start, subjects.of(&reads.domain).count()));
    let mut results: Vec<((usize, usize), Checks<'a>)> = tasks
        .into_par_iter()
        .map(|(place, reads, chunk)| {
            let mut checks = Checks::new(groups[place.0].0, repository);
            let pods = &pods[place.0][place.1];
            checks.elements(reads, subjects.of(&reads.domain), chunk, pods);
            (place, checks)
        })
        .collect();
    for (group, reads) in read.iter().enumerate() {
        for (index, reads) in reads.iter().enumerate() {
            let mut checks = Checks::new(groups[group].0, repository);
            checks.pods_without_containers(reads);
            results.push(((group, index), checks));
        }
    }
    let mut findings = Vec::new();
    let mut faulty: Vec<Vec<Vec<u32>>> = read.iter().map(|reads| vec![Vec::new(); reads.len()]).collect();
    for ((group, index), checks) in results {
        faulty[group][index].extend(checks.faulty);
        findings.extend(checks.findings);
    }
    faulty
        .iter_mut()
        .flatten()
        .for_each(|numbers| numbers.sort_unstable());
    let checked = read
        .into_iter()
        .zip(faulty)
        .map(|(reads, faulty)| {
            let pairs = reads.into_iter().zip(faulty);
            pairs
                .map(|(reads, faulty)| CheckedReads { reads, faulty })
                .collect()
        })
        .collect();
    (checked, findings)
}

/// Which pods are faulty themselves, as far as a domain of containers reads them: what the containers of a pod share
/// is checked once, however many they are.
struct FaultyPods(Vec<OnceLock<bool>>);

impl FaultyPods {
    fn of(reads: &DomainReads, repository: &Repository<'_>) -> FaultyPods {
        let pods = match reads.domain {
            Domain::Containers(_) => repository.pods().count(),
            _ => 0,
        };
        FaultyPods((0..pods).map(|_| OnceLock::new()).collect())
    }
}

/// The faults among elements of one domain, as findings of one rule.
struct Checks<'a> {
    rule: &'a Rule,
    repository: &'a Repository<'a>,
    faulty: Vec<u32>,
    findings: Vec<Diagnostic>,
}

impl<'a> Checks<'a> {
    fn new(rule: &'a Rule, repository: &'a Repository<'a>) -> Checks<'a> {
        Checks {
            rule,
            repository,
            faulty: Vec::new(),
            findings: Vec::new(),
        }
    }

    fn elements(
        &mut self,
        reads: &DomainReads,
        elements: Elements<'a>,
        chunk: Range<usize>,
        pods: &FaultyPods,
    ) {
        for index in chunk {
            let value = elements.get(index);
            let pod_is_faulty = match &value {
                Value::Container(container) => {
                    let pod = container.pod;
                    *pods.0[pod.0 as usize].get_or_init(|| self.is_faulty(reads, &Value::Pod(pod)))
                }
                _ => false,
            };
            if self.is_faulty(reads, &value) || pod_is_faulty {
                self.faulty.push(index as u32);
            }
        }
    }

    /// A pod without containers has no element in a domain of containers, but must not pass for that.
    fn pods_without_containers(&mut self, reads: &DomainReads) {
        let Domain::Containers(classes) = reads.domain else {
            return;
        };
        for pod in self.repository.pods() {
            if containers_of(self.repository, pod, classes).next().is_none() {
                self.is_faulty(reads, &Value::Pod(pod));
            }
        }
    }

    fn is_faulty(&mut self, reads: &DomainReads, value: &Value<'a>) -> bool {
        let faults = faults::of_element(self.repository, reads, value);
        let is_faulty = !faults.is_empty();
        for fault in faults {
            let mut finding = Diagnostic::finding(
                self.rule.id.clone(),
                self.rule.severity,
                fault.span,
                fault.message,
            )
            .help(fault.help)
            .field(fault.field)
            .clause(self.rule.span);
            let object = value.object(self.repository);
            finding.object = object.map(|object| reference(self.repository, object));
            self.findings.push(finding);
        }
        is_faulty
    }
}

fn judge<'a>(
    groups: &[(&'a Rule, &'a Group)],
    checked: &'a [Vec<CheckedReads>],
    repository: &'a Repository<'a>,
    subjects: &'a Subjects<'a>,
    indexes: &'a Indexes<'a>,
    options: &Options<'a>,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Undecided> {
    let context = Context {
        repository,
        subjects,
        indexes,
        estimator: options.estimator,
    };
    let mut tasks = Vec::new();
    for ((rule, group), reads) in groups.iter().zip(checked) {
        match group.steps.split_first() {
            Some((Step::Each(each), rest)) if each.domain.is_repository() => {
                let elements = subjects.of(&each.domain).count();
                tasks.extend(chunks(elements).map(|chunk| {
                    let progress = progress(chunk.start, elements);
                    (progress, *rule, reads, Some((each, chunk)), rest)
                }));
            }
            _ => tasks.push((0, *rule, reads, None, &group.steps[..])),
        }
    }
    tasks.sort_by_key(|(progress, ..)| *progress);
    let results: Vec<(Vec<Diagnostic>, Vec<Undecided>)> = tasks
        .into_par_iter()
        .map(|(_, rule, reads, first, steps)| {
            let mut evaluator = Evaluator::new(context, &rule.parameters, &rule.locals);
            let mut judge = Judge::new(rule, reads, options.fixes);
            match first {
                Some((each, chunk)) => judge.run_chunk(&mut evaluator, each, steps, chunk),
                None => judge.run_alone(&mut evaluator, steps),
            }
            (judge.findings, judge.undecided)
        })
        .collect();
    let mut undecided = Vec::new();
    for (found, open) in results {
        findings.extend(found);
        undecided.extend(open);
    }
    undecided
}

/// Does tasks on all threads, with the results in the order of the tasks.
pub(super) fn in_parallel<T: Send, R: Send>(tasks: Vec<T>, work: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    tasks.into_par_iter().map(work).collect()
}

/// How far into its domain a chunk begins, in thousandths. All rules are run over one part of the
/// repository before the next, so that its nodes are read from memory once.
fn progress(start: usize, elements: usize) -> usize {
    start * 1000 / elements.max(1)
}

fn chunks(elements: usize) -> impl Iterator<Item = Range<usize>> {
    (0..elements)
        .step_by(CHUNK)
        .map(move |start| start..(start + CHUNK).min(elements))
}
