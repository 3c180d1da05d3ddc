//! `ordain explain`: the page of a code, of a rule or of a pack.

use super::{Failure, Outcome, build, output, rules};
use crate::codes::Code;
use crate::emit::{Enforceability, docs};
use crate::evaluate::rego::conftest;
use crate::ir::{Pack, Parameter, PolicySet, Rule};
use crate::report::{self, escape};
use crate::suggest;
use crate::syntax::ast::Declaration;
use crate::workspace::{Request, Workspace};
use crate::world::Disk;
use std::fmt::Write;

/// Arguments of `ordain explain`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  ordain explain privileged-container\n  ordain explain std.pss.baseline\n  ordain explain E0303"
)]
pub struct Explain {
    /// The id of a rule, the name of a pack, or a code
    #[arg(value_name = "RULE|PACK|CODE")]
    pub id: String,
}

/// Prints the page.
pub fn run(arguments: &Explain) -> Result<Outcome, Failure> {
    if let Some(code) = Code::of_id(&arguments.id) {
        output::print(code.page())?;
        return Ok(Outcome::Clean);
    }
    if let Some((package, name)) = of_rego(&arguments.id) {
        output::print(&escape::block(&rego_page(package, name)))?;
        return Ok(Outcome::Clean);
    }
    let workspace = Workspace::open(
        &Disk,
        &Request {
            whole_library: true,
            ..Request::default()
        },
    )?;
    let rules = &workspace.policies.rules;
    if let Some(rule) = rules.iter().find(|rule| *rule.id == *arguments.id) {
        output::print(&escape::block(&page(rule, &workspace)))?;
        return Ok(Outcome::Clean);
    }
    let packs = &workspace.policies.packs;
    if let Some(pack) = packs.iter().find(|pack| *pack.name == *arguments.id) {
        output::print(&escape::block(&pack_page(pack, &workspace)))?;
        return Ok(Outcome::Clean);
    }
    let codes = Code::ALL.iter().map(|code| code.id());
    let names = codes.chain(rules.iter().map(|rule| &*rule.id));
    let names = names.chain(packs.iter().map(|pack| &*pack.name));
    let hint = match suggest::nearest(&arguments.id, names) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`ordain rules` lists all rules".to_string(),
    };
    let reason = format!("there is no rule, pack or code `{}`", arguments.id);
    if workspace.is_sound() {
        return Err(Failure(format!("{reason}; {hint}")));
    }
    Err(Failure(format!(
        "{reason} without errors in the policies; `ordain check` shows the errors"
    )))
}

/// The package and the rule of the id of a finding by Rego.
fn of_rego(id: &str) -> Option<(&str, &str)> {
    let (package, name) = id.strip_prefix(conftest::PREFIX)?.rsplit_once('.')?;
    conftest::gives_findings(name).then_some((package, name))
}

/// What is known of a rule of Rego without its file.
fn rego_page(package: &str, name: &str) -> String {
    let prefix = conftest::PREFIX;
    let grave = match conftest::is_warning(name) {
        true => {
            "Its findings are low: they are warnings, as in Conftest, and fail the check from `--fail-on low` on."
        }
        false => "Its findings are high: they fail the check, as in Conftest.",
    };
    format!(
        "\
{prefix}{package}.{name}: the rule `{name}` of the package `{package}`

A rule in Rego of your own, found by `ordain check --rego DIR` or by `rego = [\"DIR\"]` in ordain.toml. It is evaluated
as Conftest does it: each document of a file is one input, and each message of the rule is a finding. {grave}

The finding names the clause of the policy. It stands at the first line of the document, unless the rule says where:
    {name} contains {{\"msg\": msg, \"path\": [\"spec\", \"replicas\"]}} if {{ … }}
    {name} contains {{\"msg\": msg, \"_loc\": {{\"file\": file, \"line\": line}}}} if {{ … }}

`exception` of the package takes findings back, as in Conftest:
    exception contains [\"{}\"] if {{ input.metadata.name == \"legacy\" }}
",
        conftest::stem(name)
    )
}

/// What a rule is for, what can be set, what it accepts and rejects, and what it says.
fn page(rule: &Rule, workspace: &Workspace) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}: {}", rule.id, rule.title);
    let pack = if rule.pack.is_empty() {
        "of this repository"
    } else {
        &rule.pack
    };
    let state = if workspace.active.contains(&rule.id) {
        "in force here"
    } else {
        "not in force here"
    };
    let category = if rule.category.is_empty() {
        String::new()
    } else {
        format!("{} · ", rule.category)
    };
    let _ = writeln!(out, "{} · {category}{pack} · {state}", rule.severity);
    if !rule.documentation.trim().is_empty() {
        let _ = writeln!(out, "\n{}", rule.documentation.trim());
    }
    if !rule.parameters.is_empty() {
        out.push_str("\nParameters, set in `ordain.toml` under [params] or with --param\n");
        for parameter in &rule.parameters {
            describe(&mut out, rule, parameter);
        }
    }
    if !rule.controls.is_empty() {
        let _ = writeln!(out, "\nControls: {}", rule.controls.join(", "));
    }
    if !rule.replaces.is_empty() {
        let checks = rule.replaces.iter();
        let checks: Vec<String> = checks
            .map(|replaced| format!("{}/{}", replaced.peer, replaced.check))
            .collect();
        let _ = writeln!(out, "\nStands for: {}", checks.join(", "));
    }
    if let Some(row) = enforceability(rule, workspace).rule(&rule.id) {
        let _ = write!(out, "\n{}", report::enforceability::lines(row));
    }
    examples(&mut out, rule, workspace);
    source(
        &mut out,
        workspace,
        |declaration| matches!(declaration, Declaration::Rule(own) if own.name.span == rule.span),
    );
    out
}

/// What a pack is for and which rules it has, then its declaration.
fn pack_page(pack: &Pack, workspace: &Workspace) -> String {
    let title = match pack.title.is_empty() {
        true => "rules of the library",
        false => &pack.title,
    };
    let mut out = format!("{}: {title}\n", pack.name);
    let rules = workspace.policies.rules.iter();
    let members: Vec<&Rule> = rules.filter(|rule| pack.rules.contains(&rule.id)).collect();
    let plural = if members.len() == 1 { "" } else { "s" };
    let _ = writeln!(
        out,
        "\n{} rule{plural}; a star marks those in force here",
        members.len()
    );
    let widest = members.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    for rule in members {
        let _ = writeln!(out, "  {}", rules::line(workspace, rule, widest));
    }
    if let Some(span) = pack.span {
        source(&mut out, workspace, |declaration| match declaration {
            Declaration::Pack(own) => own
                .path
                .first()
                .is_some_and(|name| name.span.start == span.start && name.span.file == span.file),
            _ => false,
        });
    }
    out
}

fn describe(out: &mut String, rule: &Rule, parameter: &Parameter) {
    let allowed = match &parameter.allowed {
        Some(allowed) => format!("  (one of {allowed})"),
        None => String::new(),
    };
    let _ = writeln!(
        out,
        "  {}.{} = {}{allowed}",
        rule.id,
        parameter.name,
        parameter.value.to_json()
    );
    for line in parameter.documentation.lines().filter(|line| !line.is_empty()) {
        let _ = writeln!(out, "    {line}");
    }
}

/// What each target makes of the rule.
fn enforceability(rule: &Rule, workspace: &Workspace) -> Enforceability {
    let policies = PolicySet {
        rules: vec![rule.clone()],
        ..PolicySet::default()
    };
    Enforceability::of(&policies, &build::options(workspace, None, build::MIN_KUBE))
}

/// A manifest that the rule rejects, and one that it accepts.
fn examples(out: &mut String, rule: &Rule, workspace: &Workspace) {
    for (accepts, title) in [(false, "Rejected"), (true, "Accepted")] {
        let Some(example) = docs::example(&workspace.policies.tests, rule, accepts) else {
            continue;
        };
        let condition = match example.with.is_empty() {
            true => String::new(),
            false => format!(", with {}", example.parameters()),
        };
        let _ = writeln!(out, "\n{title}{condition}");
        indented(out, example.manifest);
    }
}

/// The declaration as its file has it.
fn source(out: &mut String, workspace: &Workspace, is_meant: impl Fn(&Declaration) -> bool) {
    let mut items = workspace.trees.iter().flat_map(|policy| &policy.tree.items);
    if let Some(item) = items.find(|item| is_meant(&item.declaration)) {
        let file = workspace.sources.file(item.span.file);
        let line = file.position(item.span.start).line;
        let _ = writeln!(out, "\nThe policy, {}:{line}", file.path);
        indented(out, workspace.sources.text(item.span));
    }
}

fn indented(out: &mut String, text: &str) {
    for line in text.trim_end().lines() {
        let _ = writeln!(out, "{}{line}", if line.is_empty() { "" } else { "    " });
    }
}
