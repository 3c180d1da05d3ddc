//! One meaning in every engine: a rule finds the same natively and as Rego, in both engines of regorus.
//!
//! [`agree`] is the reader's way in: a rule and manifests go in, the findings come out if all engines
//! give the same ones.

mod admission;
mod differences;
mod estimates;
pub mod export;

mod gatekeeper;
mod generated;
pub mod library;
mod mutated;
mod rows;
mod vap;

pub use admission::escaped;
use admission::forms;
use ordain::diagnostic::Diagnostic;
use ordain::emit::rego::{Host, KindFacts, Module, Setting, compile};
use ordain::emit::{Backend, GroupVersion};
use ordain::evaluate::rego::{Engine, Program, run as run_rego};
use ordain::evaluate::{Options, Repository, Settings, run};
use ordain::ir::{PolicySet, Rule};
use ordain::manifest::{self, Resource, Surroundings};
use ordain::schema::Schema;
use ordain::semantics::{PolicyFile, analyse};
use ordain::source::{SourceFile, Sources};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The newest API, with the kinds that automations and budgets become.
static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let mut sources = Sources::default();
    let mut resources = Vec::new();
    for definition in ordain::emit::crd::definitions(&Default::default()) {
        let file = sources.add(SourceFile::new("crd.yaml", definition.as_str()));
        let reading = manifest::read_text(file, "crd.yaml", &definition, Surroundings::default());
        resources.extend(reading.resources);
    }
    Schema::of(Default::default()).with_crds(&resources)
});

/// Policy files given as path, pack and text, compiled.
fn policies(files: &[(String, String, &str)]) -> PolicySet {
    compile_all(files, &SCHEMA).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// The same under some schema, or what is wrong with them.
fn compile_all(files: &[(String, String, &str)], schema: &Schema) -> Result<PolicySet, Vec<String>> {
    let mut sources = Sources::default();
    let parsed: Vec<_> = files
        .iter()
        .map(|(path, _, text)| {
            let id = sources.add(SourceFile::new(path.as_str(), *text));
            (id, ordain::syntax::parse(id, text))
        })
        .collect();
    let inputs: Vec<PolicyFile> = files
        .iter()
        .zip(&parsed)
        .map(|((path, pack, text), (file, (tree, _)))| PolicyFile {
            file: *file,
            path,
            pack,
            text,
            tree,
            schema,
        })
        .collect();
    let (set, found) = analyse(&inputs, schema, &[]);
    let syntax = parsed.iter().flat_map(|(_, (_, found))| found);
    let faults: Vec<String> = syntax
        .chain(&found)
        .filter(|diagnostic| diagnostic.severity >= ordain::diagnostic::Severity::High)
        .map(|diagnostic| diagnostic.message.clone())
        .collect();
    match faults.is_empty() {
        true => Ok(set),
        false => Err(faults),
    }
}

/// Names for the files of policies, whichever number each has.
fn policy_sources() -> Sources {
    let mut sources = Sources::default();
    for _ in 0..1000 {
        sources.add(SourceFile::new("policy.ordain", ""));
    }
    sources
}

/// How policies are built unless a test says otherwise.
fn build_options(sources: &Sources) -> ordain::emit::Options<'_> {
    static API: LazyLock<GroupVersion> = LazyLock::new(GroupVersion::default);
    ordain::emit::Options {
        sources,
        api: &API,
        schema: &SCHEMA,
        today: None,
        default_namespace: "default",
        min_kube: ordain::emit::vap::STABLE,
        prices: None,
        grid: None,
        estimates: Default::default(),
        samples: &[],
        sign_key: None,
    }
}

/// What a target makes of policies, by path.
pub fn emitted(target: &dyn Backend, set: &PolicySet) -> BTreeMap<String, String> {
    let (artifacts, refusals) = target.emit(set, &build_options(&policy_sources()));
    assert_eq!(refusals, []);
    let texts = artifacts
        .into_iter()
        .map(|artifact| (artifact.path.clone(), artifact.text().to_owned()));
    texts.collect()
}

/// The rule of a policy that declares one.
pub fn rule(text: &str) -> Rule {
    let set = policies(&[("policy.ordain".to_owned(), String::new(), text)]);
    assert_eq!(set.rules.len(), 1, "one rule is expected");
    set.rules.into_iter().next().unwrap()
}

/// Manifests as a repository of several files, each under its path.
pub struct Files {
    sources: Sources,
    pub resources: Vec<Resource>,
    schema: Schema,
    /// Whether they are what the API server makes of what was written.
    is_admitted: bool,
}

impl Files {
    pub fn read(files: &[(&str, &str)]) -> Files {
        Files::of_schema(&SCHEMA, files)
    }

    /// The same under some schema.
    fn of_schema(schema: &Schema, files: &[(&str, &str)]) -> Files {
        let mut sources = Sources::new();
        let mut resources = Vec::new();
        // Findings without a place point at the policy, whose id must not name a manifest.
        for _ in 0..1000 {
            sources.add(SourceFile::new("policy", ""));
        }
        for (path, text) in files {
            let file = sources.add(SourceFile::new(*path, *text));
            resources.extend(manifest::read_text(file, path, text, Surroundings::default()).resources);
        }
        let schema = schema.with_crds(&resources);
        Files {
            sources,
            resources,
            schema,
            is_admitted: false,
        }
    }
}

/// A rule as Rego, as `check --engine rego` has it made.
fn module(rule: &Rule, schema: &Schema) -> Module {
    let kinds = KindFacts::of_schema(schema);
    let setting = Setting {
        host: Host::Files,
        waivers: &[],
        today: None,
        default_namespace: "default",
        kinds: &kinds,
        estimates: Default::default(),
    };
    compile(rule, &setting).unwrap_or_else(|reason| panic!("`{}` is refused: {}", rule.id, reason.text))
}

/// What there is to a finding, but for what only the native evaluator knows.
fn line(finding: &Diagnostic, sources: &Sources) -> String {
    let (start, end) = sources.positions(finding.primary.span);
    let object = finding.object.clone().unwrap_or_default();
    format!(
        "{}:{}-{}:{} {} [{}] {}/{} in {:?}: {}{} ({}) {:?}",
        start.line,
        start.column,
        end.line,
        end.column,
        sources.file(finding.primary.span.file).path,
        finding.origin.id(),
        object.kind,
        object.name,
        object.namespace,
        finding.message,
        finding
            .help
            .as_deref()
            .map_or(String::new(), |help| format!(" | {help}")),
        finding.primary.message,
        finding.clause,
    )
}

/// The findings of a rule in some files, after making sure that all engines have the same.
fn findings(rule: &Rule, files: &Files) -> Result<Vec<String>, String> {
    let (found, native) = compare(rule, files)?;
    export::case(rule, &module(rule, &files.schema), files, &found);
    Ok(native)
}

/// What a rule finds natively in some files, as diagnostics and as lines, if regorus finds the same.
pub fn compare(rule: &Rule, files: &Files) -> Result<(Vec<Diagnostic>, Vec<String>), String> {
    let settings = Settings::default();
    let repository = Repository::new(&files.sources, &files.resources, &files.schema, &settings);
    let options = Options::default();
    let lines = |findings: &[Diagnostic]| {
        let mut lines: Vec<String> = findings
            .iter()
            .map(|finding| line(finding, &files.sources))
            .collect();
        lines.sort();
        lines.dedup();
        lines
    };
    let found = run(&[rule], &repository, &options).findings;
    let native = lines(&found);
    let module = module(rule, &files.schema);
    let program = Program {
        rule,
        text: &module.text,
        package: &module.package,
        entry: module.entry,
        is_combined: module.is_combined,
    };
    for engine in [Engine::Interpreter, Engine::Machine] {
        let in_rego = match run_rego(&[program], engine, &repository, &options) {
            Ok(outcome) => lines(&outcome.findings),
            Err(faults) => return Err(format!("{engine:?} fails: {faults:#?}")),
        };
        if in_rego != native {
            return Err(format!(
                "{engine:?} disagrees on `{}`\n{}",
                rule.id,
                apart("native", &native, "Rego", &in_rego)
            ));
        }
    }
    Ok((found, native))
}

/// What only one of two engines found.
fn apart(one: &str, ones: &[String], other: &str, others: &[String]) -> String {
    let only = |own: &[String], than: &[String]| -> Vec<String> {
        let only = own.iter().filter(|line| !than.contains(line));
        only.cloned().collect()
    };
    format!(
        "only {one}: {:#?}\nonly {other}: {:#?}",
        only(ones, others),
        only(others, ones)
    )
}

/// The findings of a rule in one file, the same in all engines.
fn agree(rule: &Rule, manifests: &str) -> Vec<String> {
    let forms = forms(Files::read(&[("fixture.yaml", manifests)]));
    let found = forms.iter().map(|files| {
        let found = findings(rule, files);
        found.unwrap_or_else(|difference| panic!("{difference}\n{manifests}"))
    });
    // All forms are judged; what is expected is said of what was written.
    found.collect::<Vec<_>>().swap_remove(0)
}
