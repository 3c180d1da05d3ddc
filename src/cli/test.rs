//! `ordain test`: the fixtures of policies against their rules.

use super::{Failure, Outcome, check, output};
use crate::evaluate::test::{self, CaseReport, Failure as Difference, Found, Surroundings};
use crate::ir::{Rule, Test};
use crate::report::{Summary, escape, plural};
use crate::source::{FileId, Span};
use crate::workspace::{Request, Workspace};
use crate::world::{self, Disk, World};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The word for the whole library.
const LIBRARY: &str = "std";

/// Arguments of `ordain test`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 all pass, 1 some fail, 2 the tests could not be run.
Rules have the parameters that they declare, whatever ordain.toml sets.

Examples:
  ordain test
  ordain test policies/registries.ordain
  ordain test std")]
pub struct TestArguments {
    /// Policies, or `std` for the library [default: the policies of the repository]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// Runs the tests and prints what fails.
pub fn run(arguments: &TestArguments) -> Result<Outcome, Failure> {
    let is_library = |path: &&PathBuf| path.as_os_str() == LIBRARY && Disk.kind(path).is_err();
    let (library, paths): (Vec<&PathBuf>, Vec<&PathBuf>) = arguments.paths.iter().partition(is_library);
    let request = Request {
        policies: paths.into_iter().cloned().collect(),
        no_config: !arguments.paths.is_empty(),
        whole_library: !library.is_empty(),
        as_declared: true,
        ..Request::default()
    };
    let workspace = Workspace::open(&Disk, &request)?;
    if !workspace.is_sound() {
        output::print(&check::faults(&workspace, &Summary::default()))?;
        return Err(Failure(
            "the policies have errors, so their tests were not run".to_string(),
        ));
    }
    let tested: BTreeSet<FileId> = workspace
        .trees
        .iter()
        .filter(|policy| policy.pack.is_empty() || !library.is_empty())
        .map(|policy| policy.file)
        .collect();
    let of_tested = |span: Span| tested.contains(&span.file);
    let policies = &workspace.policies;
    let tests: Vec<Test> = policies
        .tests
        .iter()
        .filter(|test| of_tested(test.span))
        .cloned()
        .collect();
    let mut rules: Vec<Rule> = policies.rules.clone();
    let load = |path: &str, span: Span| load(&workspace, path, span);
    let surroundings = Surroundings {
        schema: &workspace.schema,
        load: &load,
        estimator: &workspace.estimator,
    };
    let mut report = test::test(&tests, &rules, surroundings);
    report.uncovered.retain(|uncovered| of_tested(uncovered.span));
    rules.retain(|rule| of_tested(rule.span));
    output::print(&text(&report, &workspace, rules.len()))?;
    let fails = report.cases.iter().any(|case| case.failure.is_some());
    Ok(if fails { Outcome::Faulty } else { Outcome::Clean })
}

/// The text of a fixture's file, which is named from the folder of its policy.
pub fn load(workspace: &Workspace, path: &str, span: Span) -> Result<String, String> {
    let policy = Path::new(&workspace.sources.file(span.file).path);
    let file = world::normalize(&policy.parent().unwrap_or(Path::new("")).join(path));
    let bytes = Disk
        .read(&file)
        .map_err(|error| format!("can't read `{}`: {error}", world::display(&file)))?;
    String::from_utf8(bytes).map_err(|_| format!("`{}` is not valid UTF-8", world::display(&file)))
}

/// A block for each case that fails, the rules without tests, and the count.
fn text(report: &test::Report, workspace: &Workspace, rules: usize) -> String {
    let mut out = String::new();
    for case in &report.cases {
        if let Some(difference) = &case.failure {
            failed(&mut out, case, difference, workspace);
        }
    }
    for uncovered in &report.uncovered {
        let lacking = match (uncovered.accepts, uncovered.rejects) {
            (false, false) => "has no tests",
            (true, _) => "has no test that it rejects",
            (false, true) => "has no test that it accepts",
        };
        let _ = writeln!(
            out,
            "{}: `{}` {lacking}",
            place(workspace, uncovered.span),
            uncovered.rule
        );
    }
    let failing = report.cases.iter().filter(|case| case.failure.is_some()).count();
    let _ = writeln!(
        out,
        "{} of {}: {} passed, {failing} failed; {} not covered",
        plural(report.cases.len(), "test"),
        plural(rules, "rule"),
        report.cases.len() - failing,
        plural(report.uncovered.len(), "rule"),
    );
    out
}

fn failed(out: &mut String, case: &CaseReport, difference: &Difference, workspace: &Workspace) {
    let verb = if case.accepts { "accepts" } else { "rejects" };
    let _ = writeln!(
        out,
        "{}: `{}` {verb}: FAILED",
        place(workspace, case.span),
        case.rule
    );
    let mut line = |label: &str, words: &str| {
        let _ = writeln!(out, "  {label:8}  {}", escape::line(words));
    };
    match difference {
        Difference::Fixture(faults) => {
            line("expected", "a fixture that Kubernetes takes");
            for fault in faults {
                line("found", fault);
            }
        }
        Difference::NoSuchRule => line("found", "no such rule"),
        Difference::Finds(found) => {
            line("expected", "no finding");
            list(&mut line, found);
        }
        Difference::FindsNothing => {
            line("expected", "a finding");
            line("found", "none");
        }
        Difference::FindsElsewhere {
            expected,
            place,
            found,
        } => {
            let where_it_is = match place {
                Some((start, end)) if start.line == end.line => {
                    format!("line {} of the fixture, from column {}", start.line, start.column)
                }
                Some((start, end)) => format!("lines {} to {} of the fixture", start.line, end.line),
                None => "which the fixture does not have".to_string(),
            };
            line("expected", &format!("a finding at `{expected}`, {where_it_is}"));
            list(&mut line, found);
        }
        Difference::Undecided(lacking) => {
            line("expected", "a verdict");
            line("found", &format!("none, for the rule needs {lacking}"));
        }
    }
    out.push('\n');
}

fn list(line: &mut impl FnMut(&str, &str), found: &[Found]) {
    for finding in found {
        line(
            "found",
            &format!(
                "line {}, column {}: {}",
                finding.position.line, finding.position.column, finding.message
            ),
        );
        line("", &format!("  {} | {}", finding.position.line, finding.line));
    }
}

fn place(workspace: &Workspace, span: Span) -> String {
    let file = workspace.sources.file(span.file);
    let at = file.position(span.start);
    format!("{}:{}:{}", escape::line(&file.path), at.line, at.column)
}
