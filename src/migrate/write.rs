//! Rules and waivers → the files that say so, and the proof that Ordain can read them.
//!
//! In: what was carried over. Out: `ordain.toml` and policies under `policies/migrated/`, formatted. An `ordain.toml`
//! that is there is added to: what it sets stays.

use super::carry::{Carried, InForce};
use super::repository::Repository;
use super::setup::Setup;
use super::waive::{self, Waiver};
use super::{Options, Output};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceFile, Sources};
use crate::syntax::format;
use crate::workspace::configuration::Setting;
use crate::workspace::{Configuration, EXTENSION, Impossible, Request, Workspace, configuration};
use crate::world::{Overlay, World};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The folder of what is written, below that of policies.
const FOLDER: &str = "migrated";

/// How everything begins that is written there.
const MARK: &str = "// Written by `ordain migrate`";

/// What texts are made of.
pub struct Writer<'a> {
    /// Where the files are to go.
    pub world: &'a dyn World,
    /// What was given to be read.
    pub paths: &'a [PathBuf],
    /// The rules in force.
    pub carried: &'a Carried,
    /// The repository.
    pub repository: &'a Repository,
    /// The user's wishes.
    pub options: &'a Options,
}

impl Writer<'_> {
    /// The files to write, and what `ordain check` will find with them. Errors: what Ordain would not take.
    pub fn write(
        &self,
        setup: &mut Setup,
        waivers: &[Waiver],
    ) -> Result<(Vec<Output>, Vec<Diagnostic>), Impossible> {
        let root = &self.repository.workspace.root.folder;
        let path = root.join(configuration::FILE_NAME);
        let existing = read(self.world, &path)?.filter(|_| !self.options.force);
        let known = match &existing {
            Some(text) => configured(text)?,
            None => Configuration::default(),
        };
        let folder = root.join(folder(self.world, root, &known)).join(FOLDER);
        let is_folder = |path: &Setting<String>| !self.world.is_file(&root.join(&path.value));
        if known
            .paths
            .as_ref()
            .is_some_and(|paths| !paths.iter().any(is_folder))
        {
            setup.peer = "Ordain";
            setup.differs(
                None,
                "`paths` in `ordain.toml` names no folder; add \"policies\", where the rules are",
            );
        }
        let settings = match &existing {
            Some(text) => merged(setup, text, &known, self.carried),
            None => fresh(setup, self.carried),
        };
        let mut outputs = vec![(path, settings)];
        if self.carried.rules.iter().any(|rule| rule.text.is_none()) {
            outputs.push((folder.join("rules.ordain"), rules(setup, self.carried)));
        }
        for rule in &self.carried.rules {
            if let Some(text) = &rule.text {
                let text = format!("{}{text}", copied(setup, rule));
                outputs.push((folder.join(format!("{}.ordain", rule.id)), text));
            }
        }
        if !waivers.is_empty() {
            let head = "// Written by `ordain migrate`: exemptions that other tools had.\n";
            let text = format!("{head}{}", waive::text(waivers, self.repository, self.options));
            outputs.push((folder.join("waivers.ordain"), formatted(&text)));
        }
        let mut outputs: BTreeMap<PathBuf, Option<String>> = outputs
            .into_iter()
            .map(|(path, text)| (path, Some(text)))
            .collect();
        for path in self.stale(&folder)? {
            outputs.entry(path).or_insert(None);
        }
        let found = self.prove(&outputs)?;
        let outputs = outputs.into_iter().map(|(path, text)| {
            Ok(Output {
                before: read(self.world, &path)?,
                path,
                text,
            })
        });
        Ok((outputs.collect::<Result<_, Impossible>>()?, found))
    }

    /// What an earlier migration wrote.
    fn stale(&self, folder: &Path) -> Result<Vec<PathBuf>, Impossible> {
        let mut stale = Vec::new();
        if self.world.kind(folder).is_err() {
            return Ok(stale);
        }
        for path in self.world.walk(folder, &is_policy).files {
            if read(self.world, &path)?.is_some_and(|text| text.starts_with(MARK)) {
                stale.push(path);
            }
        }
        Ok(stale)
    }

    /// Reads what is to be written, and checks by it, as `ordain check` will.
    fn prove(&self, outputs: &BTreeMap<PathBuf, Option<String>>) -> Result<Vec<Diagnostic>, Impossible> {
        let mut shown = Overlay::new(self.world);
        for (path, text) in outputs {
            shown.set(path, text.as_deref().unwrap_or(""));
        }
        let request = Request {
            paths: self.paths.to_vec(),
            policies: outputs.keys().filter(|path| is_policy(path)).cloned().collect(),
            render: Some(false),
            ..Request::default()
        };
        let workspace = Workspace::open(&shown, &request)?;
        let path = |fault: &Diagnostic| workspace.sources.file(fault.primary.span.file).path.clone();
        let ours = workspace.faults.iter().find(|fault| {
            let path = path(fault);
            outputs.keys().any(|own| crate::world::display(own) == path)
        });
        if let Some(fault) = ours {
            let (start, _) = workspace.sources.positions(fault.primary.span);
            return Err(Impossible(format!(
                "what would be written to `{}` is wrong at line {}: {}; nothing was written",
                path(fault),
                start.line,
                fault.message
            )));
        }
        Ok(workspace.check(None).findings)
    }
}

fn is_policy(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == EXTENSION)
}

fn read(world: &dyn World, path: &Path) -> Result<Option<String>, Impossible> {
    if world.kind(path).is_err() {
        return Ok(None);
    }
    let name = crate::world::display(path);
    let bytes = world
        .read(path)
        .map_err(|error| Impossible(format!("can't read `{name}`: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| Impossible(format!("`{name}` is not valid UTF-8")))?;
    Ok(Some(text))
}

/// The configuration that is there.
fn configured(text: &str) -> Result<Configuration, Impossible> {
    let mut sources = Sources::new();
    let file = sources.add(SourceFile::new(configuration::FILE_NAME, text));
    let (known, faults) = configuration::read(file, text);
    match faults.first() {
        None => Ok(known),
        Some(fault) => Err(Impossible(format!(
            "`{}` has errors, so nothing can be added to it ({}); mend it, or replace it with --force",
            configuration::FILE_NAME,
            fault.message
        ))),
    }
}

/// The first folder that the configuration takes policies from.
fn folder(world: &dyn World, root: &Path, known: &Configuration) -> String {
    let folders = known.paths.iter().flatten().map(|path| path.value.clone());
    let mut folders = folders.filter(|path| !world.is_file(&root.join(path)));
    folders.next().unwrap_or_else(|| "policies".to_string())
}

/// A new `ordain.toml`.
fn fresh(setup: &Setup, carried: &Carried) -> String {
    let mut out = String::from("# Written by `ordain migrate`.\n");
    if !setup.rego.is_empty() {
        let folders = Value::from(setup.rego.clone());
        let _ = write!(
            out,
            "\n# Written for Conftest, and evaluated beside Ordain's own rules.\nrego = {}\n",
            toml(&folders)
        );
    }
    out.push_str("\n[policies]\n");
    if carried.rules.is_empty() {
        out.push_str("# No rules of Ordain's own.\n");
    } else {
        out.push_str("paths = [\"policies\"]\n# Nothing beside what the policies there adopt.\n");
    }
    out.push_str("use = []\n");
    let severities = severities(carried);
    if !severities.is_empty() {
        out.push_str("\n# What made the other tool fail makes `ordain check` fail (medium and above), and nothing else does.\n[severity]\n");
        for (rule, severity) in severities {
            let _ = writeln!(out, "{rule} = \"{severity}\"");
        }
    }
    for rule in sorted(carried) {
        out.push_str(&parameters(rule, rule.parameters.iter()));
    }
    out
}

/// The `ordain.toml` that is there, with what it does not set yet.
fn merged(setup: &mut Setup, text: &str, known: &Configuration, carried: &Carried) -> String {
    setup.peer = "Ordain";
    let mut out = text.trim_end().to_string();
    let severities: Vec<(&str, &str)> = severities(carried)
        .into_iter()
        .filter(|(rule, severity)| {
            let own = known.severities.iter().find(|(own, _)| own.value == *rule);
            if let Some((_, own)) = own {
                let own = own.map_or("off", |own| own.word());
                if own != *severity {
                    let message =
                        format!("`ordain.toml` sets `{rule}` to {own}, not to {severity}; that stays");
                    setup.differs(None, message);
                }
            }
            own.is_none()
        })
        .collect();
    let lines: String = severities
        .iter()
        .map(|(rule, severity)| format!("\n{rule} = \"{severity}\""))
        .collect();
    if !lines.is_empty() {
        out = into_table(&out, "severity", &lines);
    }
    for rule in sorted(carried) {
        let unset = rule.parameters.iter().filter(|(name, value)| {
            let address = format!("{}.{name}", rule.id);
            let own = known.parameters.iter().find(|(own, _)| own.value == address);
            if let Some((_, own)) = own
                && own.value != **value
            {
                let own = &own.value;
                let message = format!("`ordain.toml` sets `{address}` to {own}, not to {value}; that stays");
                setup.differs(None, message);
            }
            own.is_none()
        });
        // A dotted key in the table of all parameters, since the rule's own table may be there.
        let lines: String = unset
            .map(|(name, value)| format!("\n\"{}.{name}\" = {}", rule.id, toml(value)))
            .collect();
        if !lines.is_empty() {
            out = into_table(&out, "params", &lines);
        }
    }
    let missing: Vec<String> = setup
        .rego
        .iter()
        .filter(|folder| !known.rego.iter().flatten().any(|own| own.value == **folder))
        .cloned()
        .collect();
    match (missing.is_empty(), &known.rego) {
        (true, _) => {}
        (false, None) => out = format!("rego = {}\n{out}", toml(&Value::from(missing))),
        (false, Some(_)) => {
            let message = format!("add to `rego` in `ordain.toml`: {}", toml(&Value::from(missing)));
            setup.differs(None, message);
        }
    }
    out.push('\n');
    out
}

/// The text with lines under the head of a table, which is added if it isn't there.
fn into_table(text: &str, table: &str, lines: &str) -> String {
    let head = format!("[{table}]");
    let at = text
        .match_indices(&head)
        .find(|(index, _)| *index == 0 || text[..*index].ends_with('\n'));
    match at {
        Some((index, _)) => {
            let rest = &text[index + head.len()..];
            let end = index + head.len() + rest.find('\n').unwrap_or(rest.len());
            format!("{}{lines}{}", &text[..end], &text[end..])
        }
        None => format!("{text}\n\n{head}{lines}"),
    }
}

fn sorted(carried: &Carried) -> Vec<&InForce> {
    let mut rules: Vec<&InForce> = carried.rules.iter().collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules
}

fn severities(carried: &Carried) -> Vec<(&str, &str)> {
    sorted(carried)
        .into_iter()
        .filter_map(|rule| Some((rule.id.as_str(), rule.severity?.word())))
        .collect()
}

fn parameters<'v>(rule: &InForce, values: impl Iterator<Item = (&'v String, &'v Value)>) -> String {
    let lines: String = values
        .map(|(name, value)| format!("{name} = {}\n", toml(value)))
        .collect();
    match lines.is_empty() {
        true => String::new(),
        false => format!("\n[params.{}]\n{lines}", rule.id),
    }
}

/// A value as TOML writes it.
fn toml(value: &Value) -> String {
    match value {
        // JSON's escapes are TOML's, which asks for one more.
        Value::String(text) => Value::from(text.as_str())
            .to_string()
            .replace('\u{7f}', "\\u007F"),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(toml).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{} = {}", toml(&Value::from(key.as_str())), toml(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Value::Null => "\"\"".to_string(),
        other => other.to_string(),
    }
}

/// The policy that adopts the library's rules, by the tool that had them.
fn rules(setup: &Setup, carried: &Carried) -> String {
    let mut out =
        String::from("// Written by `ordain migrate`: the rules that stand for the checks of other tools.\n");
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for rule in sorted(carried) {
        if rule.text.is_some() {
            continue;
        }
        let demands: Vec<_> = rule.demands.iter().map(|index| &setup.demands[*index]).collect();
        let Some(first) = demands.first() else { continue };
        let mut titles: Vec<&str> = demands
            .iter()
            .filter(|demand| demand.peer == first.peer)
            .map(|demand| demand.title())
            .collect();
        titles.sort_unstable();
        titles.dedup();
        let line = format!("use {}.{} // {}\n", rule.pack, rule.id, line(&titles.join(", ")));
        groups.entry(first.peer).or_default().push(line);
    }
    for (peer, lines) in groups {
        let _ = write!(out, "\n// {peer}\n{}", lines.concat());
    }
    formatted(&out)
}

/// The head of a copy.
fn copied(setup: &Setup, rule: &InForce) -> String {
    let title = rule.demands.first().map_or(String::new(), |index| {
        let demand = &setup.demands[*index];
        format!("`{}` of {}", demand.title(), demand.peer)
    });
    format!(
        "// Written by `ordain migrate` for {}: a copy of the library's `{}`, which stands for others as well.\n\n",
        line(&title),
        rule.base
    )
}

/// A text that stays on its line.
fn line(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect()
}

fn formatted(text: &str) -> String {
    format(FileId(0), text).unwrap_or_else(|_| text.to_string())
}
