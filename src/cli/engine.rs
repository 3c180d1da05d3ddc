//! Which engine judges: the native evaluator, or regorus over the modules that `build` writes.

use super::{Failure, build};
use crate::emit::rego::{self as modules, Host, KindFacts, Setting};
use crate::evaluate::rego::{self, Program};
use crate::evaluate::{self, Options, Outcome, Repository};
use crate::ir::Rule;
use crate::report::plural;
use crate::workspace::Workspace;

/// The engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Engine {
    /// Ordain's own evaluator.
    #[default]
    Native,
    /// The rules compiled to Rego, in regorus; what Rego can't express is judged natively.
    Rego,
}

/// Holds the rules in force against the manifests. The note says what another engine had to judge.
pub fn check(
    engine: Engine,
    workspace: &Workspace,
    options: &Options,
) -> Result<(Outcome, Option<String>), Failure> {
    let repository = workspace.repository();
    let rules = workspace.rules();
    match engine {
        Engine::Native => Ok((evaluate::run(&rules, &repository, options), None)),
        Engine::Rego => in_rego(&rules, &repository, workspace, options),
    }
}

fn in_rego(
    rules: &[&Rule],
    repository: &Repository,
    workspace: &Workspace,
    options: &Options,
) -> Result<(Outcome, Option<String>), Failure> {
    let kinds = KindFacts::of_schema(&workspace.schema);
    let setting = Setting {
        host: Host::Files,
        waivers: &[],
        today: None,
        default_namespace: workspace.configuration.namespace.as_deref().unwrap_or("default"),
        kinds: &kinds,
        estimates: build::estimates(workspace),
    };
    let mut compiled = Vec::new();
    let mut native = Vec::new();
    for rule in rules {
        match modules::compile(rule, &setting) {
            Ok(module) => compiled.push((*rule, module)),
            Err(_) => native.push(*rule),
        }
    }
    let programs: Vec<Program> = compiled
        .iter()
        .map(|(rule, module)| Program {
            rule,
            text: &module.text,
            package: &module.package,
            entry: module.entry,
            is_combined: module.is_combined,
        })
        .collect();
    let mut outcome = rego::run(&programs, rego::Engine::Machine, repository, options).map_err(|faults| {
        let faults: Vec<String> = faults
            .iter()
            .map(|fault| format!("`{}`: {}", fault.rule, fault.message))
            .collect();
        Failure(format!("regorus gave no verdict: {}", faults.join("; ")))
    })?;
    if native.is_empty() {
        return Ok((outcome, None));
    }
    let rest = evaluate::run(&native, repository, options);
    outcome.findings.extend(rest.findings);
    outcome.waived.extend(rest.waived);
    outcome.undecided.extend(rest.undecided);
    let names: Vec<&str> = native.iter().map(|rule| &*rule.id).collect();
    let note = format!(
        "Rego can't express {}, judged natively: {}",
        plural(names.len(), "rule"),
        names.join(", ")
    );
    Ok((outcome, Some(note)))
}
