//! Tests of policies: fixtures with the verdicts that a rule must give.
//!
//! In: test cases, their rules, a way to read fixture files. Out: a [`Report`] that says of each case what
//! was expected and what was found.

use super::repository::{Repository, Settings};
use super::run::{Options, run};
use super::{Applications, Undecided};
use crate::diagnostic::{Diagnostic, Severity};
use crate::estimate::Estimator;
use crate::ir::{Fixture, PathPart, Rule, Test, TestCase};
use crate::manifest::{self, Fate, Resource};
use crate::schema::Schema;
use crate::source::{Position, SourceFile, Sources, Span};
use std::sync::Arc;

/// What became of all tests.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The cases, in the order of the tests.
    pub cases: Vec<CaseReport>,
    /// The rules that no case accepts or none rejects, in the order of the rules.
    pub uncovered: Vec<Uncovered>,
}

/// What became of a case.
#[derive(Debug, Clone)]
pub struct CaseReport {
    /// The rule tested.
    pub rule: Arc<str>,
    /// Whether the rule should find nothing.
    pub accepts: bool,
    /// The case in the policy.
    pub span: Span,
    /// Why it failed; nothing if it passed.
    pub failure: Option<Failure>,
}

/// Why a case failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The fixture can't be judged: what is wrong with it, a line each.
    Fixture(Vec<String>),
    /// The test names a rule that there is not.
    NoSuchRule,
    /// The rule finds something in what it should accept.
    Finds(Vec<Found>),
    /// The rule finds nothing in what it should reject.
    FindsNothing,
    /// The rule finds something, but not where the case says.
    FindsElsewhere {
        /// The path that the case gives.
        expected: String,
        /// Where what the path names starts and ends in the fixture; nothing if it is not there.
        place: Option<(Position, Position)>,
        /// What is found instead.
        found: Vec<Found>,
    },
    /// The rule can't decide: what it lacks.
    Undecided(String),
}

/// A finding in a fixture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it starts in the fixture.
    pub position: Position,
    /// The line there.
    pub line: String,
    /// Its message.
    pub message: String,
}

/// A rule whose tests leave something open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncovered {
    /// The rule.
    pub rule: Arc<str>,
    /// Its declaration.
    pub span: Span,
    /// Whether a case accepts something.
    pub accepts: bool,
    /// Whether a case rejects something.
    pub rejects: bool,
}

/// What test cases need besides their rules.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The API.
    pub schema: &'a Schema,
    /// Reads a fixture's file, as the policy whose span is given names it.
    pub load: &'a dyn Fn(&str, Span) -> Result<String, String>,
    /// The tables that estimates rest on.
    pub estimator: &'a Estimator,
}

/// Runs all cases, and says which of the rules lack some.
pub fn test(tests: &[Test], rules: &[Rule], surroundings: Surroundings<'_>) -> Report {
    let mut report = Report::default();
    for test in tests {
        let rule = rules.iter().find(|rule| rule.id == test.rule);
        for case in &test.cases {
            let failure = match rule {
                Some(rule) => run_case(rule, case, surroundings).err(),
                None => Some(Failure::NoSuchRule),
            };
            report.cases.push(CaseReport {
                rule: test.rule.clone(),
                accepts: case.accepts,
                span: case.span,
                failure,
            });
        }
    }
    for rule in rules {
        let cases = || {
            let own = tests.iter().filter(|test| test.rule == rule.id);
            own.flat_map(|test| &test.cases)
        };
        let (accepts, rejects) = (
            cases().any(|case| case.accepts),
            cases().any(|case| !case.accepts),
        );
        if !(accepts && rejects) {
            report.uncovered.push(Uncovered {
                rule: rule.id.clone(),
                span: rule.span,
                accepts,
                rejects,
            });
        }
    }
    report
}

/// The objects of a case, each with whether the rule finds something in it: for engines that are tested by the
/// same cases, with the same waivers and settings. `None` where the fixture or the rule can't be judged.
pub fn judge(
    rule: &Rule,
    case: &TestCase,
    surroundings: Surroundings<'_>,
    settings: &Settings,
    options: &Options<'_>,
) -> Option<Vec<(serde_json::Value, bool)>> {
    let (sources, reading) = read(rule, case, surroundings).ok()?;
    let rule = with_parameters(rule, case);
    let schema = surroundings.schema.with_crds(&reading.resources);
    let applications = Applications::of_fixture(&reading.resources);
    let repository = Repository::new(&sources, &reading.resources, &schema, settings)
        .with_applications(&applications, settings);
    let outcome = run(&[&rule], &repository, options);
    let judged = reading.resources.iter().map(|resource| {
        let own = resource.root.span;
        let is_in = |span: Span| own.file == span.file && own.start <= span.start && span.start <= own.end;
        let is_found = outcome.findings.iter().any(|finding| is_in(finding.primary.span));
        (manifest::to_json(&resource.root), is_found)
    });
    outcome.undecided.is_empty().then(|| judged.collect())
}

/// The rule with the parameters that a case sets.
fn with_parameters(rule: &Rule, case: &TestCase) -> Rule {
    let mut rule = rule.clone();
    for (name, value) in &case.with {
        let own = rule.parameters.iter_mut().find(|own| own.name == *name);
        if let Some(parameter) = own {
            parameter.value = value.clone();
        }
    }
    rule
}

/// The manifests of a case.
fn read(
    rule: &Rule,
    case: &TestCase,
    surroundings: Surroundings<'_>,
) -> Result<(Sources, manifest::FileReading), Failure> {
    let (name, text) = match &case.fixture {
        Fixture::Inline(text) => ("fixture.yaml", text.clone()),
        Fixture::File(path, span) => {
            let text = (surroundings.load)(path, *span).map_err(|error| Failure::Fixture(vec![error]))?;
            (path.as_str(), text)
        }
    };
    let mut sources = Sources::new();
    // Findings without an object point at the policy, whose id must not name the fixture here.
    for _ in 0..=rule.span.file.0 {
        sources.add(SourceFile::new("policy", ""));
    }
    let file = sources.add(SourceFile::new(name, text));
    let reading = manifest::read_text(
        file,
        name,
        &sources.file(file).text,
        manifest::Surroundings::default(),
    );
    fixture_is_sound(&reading, &sources)?;
    Ok((sources, reading))
}

/// Runs one case.
pub fn run_case(rule: &Rule, case: &TestCase, surroundings: Surroundings<'_>) -> Result<(), Failure> {
    let (sources, reading) = read(rule, case, surroundings)?;
    let rule = with_parameters(rule, case);
    let schema = surroundings.schema.with_crds(&reading.resources);
    let applications = Applications::of_fixture(&reading.resources);
    let settings = Settings::default();
    let repository = Repository::new(&sources, &reading.resources, &schema, &settings)
        .with_applications(&applications, &settings);
    let options = Options {
        estimator: surroundings.estimator,
        ..Options::default()
    };
    let outcome = run(&[&rule], &repository, &options);
    if let Some(Undecided { reason, .. }) = outcome.undecided.first() {
        return Err(Failure::Undecided(reason.reason().to_string()));
    }
    let found = || {
        outcome
            .findings
            .iter()
            .map(|finding| found(finding, &sources))
            .collect()
    };
    match (case.accepts, &case.at) {
        (true, _) if outcome.findings.is_empty() => Ok(()),
        (true, _) => Err(Failure::Finds(found())),
        (false, _) if outcome.findings.is_empty() => Err(Failure::FindsNothing),
        (false, None) => Ok(()),
        (false, Some((written, path))) => {
            let expected = span_of_path(&reading.resources, path);
            let is_there = |finding: &Diagnostic| {
                let own = finding.primary.span;
                expected.is_some_and(|span| span.start <= own.start && own.end <= span.end)
            };
            if outcome.findings.iter().any(is_there) {
                return Ok(());
            }
            Err(Failure::FindsElsewhere {
                expected: written.clone(),
                place: expected.map(|span| sources.positions(span)),
                found: found(),
            })
        }
    }
}

/// A fixture that Kubernetes would not take whole says nothing about a rule.
fn fixture_is_sound(reading: &manifest::FileReading, sources: &Sources) -> Result<(), Failure> {
    let mut faults: Vec<String> = reading
        .diagnostics
        .iter()
        .filter(|fault| fault.severity >= Severity::High)
        .map(|fault| {
            let (start, _) = sources.positions(fault.primary.span);
            format!("line {}: {}", start.line, fault.message)
        })
        .collect();
    for (index, fate) in reading.fates.iter().enumerate() {
        if let Fate::Unevaluated(unevaluated) = fate {
            faults.push(format!("document {}: {}", index + 1, unevaluated.reason.text()));
        }
    }
    if reading.resources.is_empty() && faults.is_empty() {
        faults.push("there is no Kubernetes object in it".to_string());
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Failure::Fixture(faults)),
    }
}

fn found(finding: &Diagnostic, sources: &Sources) -> Found {
    let span = finding.primary.span;
    let file = sources.file(span.file);
    let position = file.position(span.start);
    Found {
        position,
        line: file.line(position.line).to_string(),
        message: finding.message.clone(),
    }
}

/// The bytes of the entry or element at a path, in the first object that has it.
fn span_of_path(resources: &[Resource], path: &[PathPart]) -> Option<Span> {
    resources.iter().find_map(|resource| {
        let mut node = &resource.root;
        let mut span = node.span;
        for part in path {
            match part {
                PathPart::Key(key) => {
                    let entry = node.entries().iter().find(|entry| *entry.key == **key)?;
                    node = &entry.value;
                    span = if node.span.start == node.span.end {
                        entry.key_span
                    } else {
                        entry.key_span.to(node.span)
                    };
                }
                PathPart::Index(index) => {
                    node = node.elements().get(*index)?;
                    span = node.span;
                }
            }
        }
        Some(span)
    })
}
