//! Policies held against manifests.
//!
//! [`check`] is the reader's way in: a policy and a manifest go in, a line for each finding comes out.

mod library;
mod messages;
mod robustness;
mod subjects;
mod values;

use ordain::diagnostic::{Diagnostic, Severity};
use ordain::evaluate::{self, Options, Outcome, Repository, Settings};
use ordain::ir::PolicySet;
use ordain::manifest::{self, Resource};
use ordain::schema::Schema;
use ordain::semantics::{PolicyFile, analyse};
use ordain::source::{SourceFile, Sources};
use ordain::{stdlib, syntax};
use std::sync::LazyLock;

/// The newest API, with the kinds that automations and budgets become.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut sources = Sources::new();
    let mut resources = Vec::new();
    for definition in ordain::emit::crd::definitions(&ordain::emit::GroupVersion::default()) {
        resources.extend(read(&mut sources, "crd.yaml", &definition));
    }
    Schema::default().with_crds(&resources)
});

fn read(sources: &mut Sources, path: &str, text: &str) -> Vec<Resource> {
    let file = sources.add(SourceFile::new(path, text));
    let text = &sources.file(file).text;
    manifest::read_text(file, path, text, manifest::Surroundings::default()).resources
}

/// Compiles policy files, given as path, pack and text; none may have errors.
fn compile(sources: &mut Sources, files: &[(String, String, &str)]) -> PolicySet {
    let mut faults: Vec<Diagnostic> = Vec::new();
    let mut trees = Vec::new();
    for (path, _, text) in files {
        let id = sources.add(SourceFile::new(path.as_str(), *text));
        let (tree, found) = syntax::parse(id, text);
        faults.extend(found);
        trees.push((id, tree));
    }
    let inputs: Vec<PolicyFile> = files
        .iter()
        .zip(&trees)
        .map(|((path, pack, text), (file, tree))| PolicyFile {
            file: *file,
            path,
            pack,
            text,
            tree,
            schema: &SCHEMA,
        })
        .collect();
    let (set, found) = analyse(&inputs, &SCHEMA, &[]);
    faults.extend(found);
    faults.retain(|fault| fault.severity >= Severity::High);
    let messages: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(messages, [""; 0], "the policy has errors");
    set
}

/// The library, compiled.
fn library(sources: &mut Sources) -> PolicySet {
    let files = stdlib::files();
    let inputs: Vec<_> = files
        .iter()
        .map(|file| (file.path(), file.pack(), file.text))
        .collect();
    compile(sources, &inputs)
}

/// A run of a policy over files.
struct Run {
    sources: Sources,
    outcome: Outcome,
}

fn run(policy: &str, files: &[(&str, &str)], settings: &Settings, today: Option<ordain::ir::Date>) -> Run {
    let mut sources = Sources::new();
    let set = compile(&mut sources, &[("policy.ordain".into(), String::new(), policy)]);
    let mut resources = Vec::new();
    for (path, text) in files {
        resources.extend(read(&mut sources, path, text));
    }
    let schema = SCHEMA.with_crds(&resources);
    let rules: Vec<_> = set.rules.iter().collect();
    let repository = Repository::new(&sources, &resources, &schema, settings);
    let options = Options {
        waivers: &set.waivers,
        today,
        fixes: true,
        ..Options::default()
    };
    let outcome = evaluate::run(&rules, &repository, &options);
    Run { sources, outcome }
}

/// The findings, a line each: place, the text there, message.
fn lines(findings: &[Diagnostic], sources: &Sources) -> String {
    let line = |finding: &Diagnostic| {
        let span = finding.primary.span;
        let (start, _) = sources.positions(span);
        let place = format!("{}:{}", start.line, start.column);
        format!("{place} `{}` {}", sources.text(span), finding.message)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What the rules of a policy find in one file.
fn check(policy: &str, yaml: &str) -> String {
    let run = run(policy, &[("a.yaml", yaml)], &Settings::default(), None);
    assert_eq!(run.outcome.undecided, [], "all is decided in a whole repository");
    lines(&run.outcome.findings, &run.sources)
}
