//! Which engine judges: the native evaluator, or regorus over the modules that `build` writes.

use super::{Failure, build};
use crate::emit::rego::{self as modules, Host, KindFacts, Setting};
use crate::evaluate::rego::{self, Program};
use crate::evaluate::{self, Found, Options, Outcome};
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
    let rules = workspace.rules();
    match engine {
        Engine::Native => {
            let outcome = workspace.judge(&rules, options, |rules, repository| {
                Ok::<Found, Failure>(evaluate::find(rules, repository, options))
            })?;
            Ok((outcome, None))
        }
        Engine::Rego => in_rego(&rules, workspace, options),
    }
}

fn in_rego(
    rules: &[&Rule],
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
    let is_native = |rule: &Rule| native.iter().any(|own| own.id == rule.id);
    let outcome = workspace.judge(rules, options, |rules, repository| {
        let is_wanted = |program: &&Program| rules.iter().any(|rule| rule.id == program.rule.id);
        let programs: Vec<Program> = programs.iter().filter(is_wanted).copied().collect();
        let found = rego::find(&programs, rego::Engine::Machine, repository);
        let mut found = found.map_err(|faults| {
            let faults: Vec<String> = faults
                .iter()
                .map(|fault| format!("`{}`: {}", fault.rule, fault.message))
                .collect();
            Failure(format!("regorus gave no verdict: {}", faults.join("; ")))
        })?;
        let rest: Vec<&Rule> = rules.iter().copied().filter(|rule| is_native(rule)).collect();
        let rest = evaluate::find(&rest, repository, options);
        found.findings.extend(rest.findings);
        found.undecided.extend(rest.undecided);
        Ok::<Found, Failure>(found)
    })?;
    if native.is_empty() {
        return Ok((outcome, None));
    }
    let names: Vec<&str> = native.iter().map(|rule| &*rule.id).collect();
    let note = format!(
        "Rego can't express {}, judged natively: {}",
        plural(names.len(), "rule"),
        names.join(", ")
    );
    Ok((outcome, Some(note)))
}
