//! `ordain rules`: every rule of the library and of the repository, and what is said of manifests without any.

use super::{Failure, Outcome, output};
use crate::codes::Code;
use crate::ir::{Constant, Parameter, Replaces, Rule};
use crate::report::escape;
use crate::workspace::{Request, Workspace};
use crate::world::Disk;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Arguments of `ordain rules`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A star marks the rules that `ordain check` uses here.

Examples:
  ordain rules
  ordain rules --format json")]
pub struct Rules {
    /// How to print the rules
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: RulesFormat,
}

/// The forms of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RulesFormat {
    /// A line a rule, by pack.
    Text,
    /// The machine-readable contract.
    Json,
}

/// Prints the rules.
pub fn run(arguments: &Rules) -> Result<Outcome, Failure> {
    let workspace = Workspace::open(
        &Disk,
        &Request {
            whole_library: true,
            ..Request::default()
        },
    )?;
    output::print(&match arguments.format {
        RulesFormat::Text => text(&workspace),
        RulesFormat::Json => json(&workspace),
    })?;
    if workspace.is_sound() {
        return Ok(Outcome::Clean);
    }
    Err(Failure(
        "the policies have errors, so some rules may be missing; `ordain check` shows the errors".to_string(),
    ))
}

fn text(workspace: &Workspace) -> String {
    let mut rules: Vec<&Rule> = workspace.policies.rules.iter().collect();
    rules.sort_by(|a, b| a.pack.cmp(&b.pack).then_with(|| a.id.cmp(&b.id)));
    let widest = rules.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let mut out = String::new();
    let mut pack = None;
    for rule in rules {
        if pack != Some(&rule.pack) {
            let separator = if pack.is_some() { "\n" } else { "" };
            let name = if rule.pack.is_empty() {
                "of this repository"
            } else {
                &rule.pack
            };
            let _ = writeln!(out, "{separator}{name}");
            pack = Some(&rule.pack);
        }
        let _ = writeln!(out, "{}", line(workspace, rule, widest));
    }
    let _ = writeln!(out, "\nwithout rules");
    for code in of_manifests() {
        let star = if is_active(workspace, code) { '*' } else { ' ' };
        let severity = code.severity();
        let _ = writeln!(
            out,
            "{star} {:widest$}  {severity:8}  {}",
            code.id(),
            code.title()
        );
    }
    out
}

/// The codes of what is said of manifests, whatever the rules are.
fn of_manifests() -> impl Iterator<Item = Code> {
    Code::ALL.iter().copied().filter(|code| code.is_of_manifests())
}

fn is_active(workspace: &Workspace, code: Code) -> bool {
    !code.is_of_schemas() || workspace.configuration.schemas != Some(false)
}

/// A rule as lists show it: with a star if it is in force here. `widest` is the length of the longest name.
pub fn line(workspace: &Workspace, rule: &Rule, widest: usize) -> String {
    let star = if workspace.active.contains(&rule.id) {
        '*'
    } else {
        ' '
    };
    let title = escape::line(&rule.title);
    format!("{star} {:widest$}  {:8}  {title}", rule.id, rule.severity)
}

fn json(workspace: &Workspace) -> String {
    let rules: Vec<Value> = workspace
        .policies
        .rules
        .iter()
        .map(|rule| {
            json!({
                "id": *rule.id,
                "pack": *rule.pack,
                "title": rule.title,
                "severity": rule.severity.word(),
                "category": rule.category,
                "controls": rule.controls,
                "params": rule.parameters.iter().map(parameter).collect::<Vec<_>>(),
                "replaces": rule.replaces.iter().map(replaces).collect::<Vec<_>>(),
                "active": workspace.active.contains(&rule.id),
            })
        })
        .chain(of_manifests().map(|code| of_code(workspace, code)))
        .collect();
    let text = serde_json::to_string_pretty(&json!({ "rules": rules })).unwrap_or_default();
    format!("{}\n", escape::json(&text))
}

fn of_code(workspace: &Workspace, code: Code) -> Value {
    let replaces = code.replaces().iter();
    let replaces =
        replaces.map(|(peer, check)| json!({ "peer": peer, "check": check, "params": {}, "from": {} }));
    json!({
        "id": code.id(),
        "pack": "",
        "title": code.title(),
        "severity": code.severity().word(),
        "category": "reliability",
        "controls": [],
        "params": [],
        "replaces": replaces.collect::<Vec<_>>(),
        "active": is_active(workspace, code),
    })
}

fn parameter(parameter: &Parameter) -> Value {
    json!({
        "name": *parameter.name,
        "value": parameter.value.to_json(),
        "allowed": parameter.allowed.as_ref().map(Constant::to_json),
        "documentation": parameter.documentation,
    })
}

fn replaces(replaces: &Replaces) -> Value {
    let with = replaces.with.iter();
    let from = replaces.from.iter();
    json!({
        "peer": replaces.peer,
        "check": replaces.check,
        "params": with.map(|(name, value)| (name.clone(), value.to_json())).collect::<Map<_, _>>(),
        "from": from.map(|(path, name)| (path.clone(), json!(name))).collect::<Map<_, _>>(),
    })
}
