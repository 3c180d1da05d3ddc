//! What a build tells: as text for people, as JSON for machines.

use super::write::Written;
use crate::emit::source_map;
use crate::emit::{Artifact, Backend, Enforceability, Rebuild, Refusal, Verdict};
use crate::report::{self, Place, enforceability, escape};
use crate::source::Sources;
use serde_json::{Value, json};
use std::fmt::Write;

/// A build, as far as there is something to tell of it.
pub struct Told<'a> {
    /// The texts of the policies.
    pub sources: &'a Sources,
    /// The folder.
    pub out: String,
    /// What was asked for.
    pub targets: &'a [&'a dyn Backend],
    /// What was made.
    pub artifacts: &'a [Artifact],
    /// What was refused.
    pub refusals: &'a [Refusal],
    /// The verdicts of the targets.
    pub enforceability: &'a Enforceability,
    /// What was written; nothing was, if it is missing.
    pub written: Option<&'a Written>,
    /// When the build has to be repeated.
    pub rebuild: Option<Rebuild>,
}

/// For people.
pub fn text(told: &Told) -> String {
    let mut out = enforceability::refused(told.enforceability, told.sources);
    if !out.is_empty() {
        out.push('\n');
    }
    match told.written {
        Some(written) => files(&mut out, told, written),
        None => {
            let _ = writeln!(
                out,
                "nothing was written: {} under `--strict`",
                report::plural(told.refusals.len(), "refusal")
            );
        }
    }
    if let Some(rebuild) = &told.rebuild
        && told.written.is_some()
    {
        let rules: Vec<String> = rebuild.rules.iter().map(|rule| format!("`{rule}`")).collect();
        let _ = writeln!(
            out,
            "build again after {}: a waiver of {} ends then, and what was built would still honour it",
            rebuild.until,
            rules.join(", ")
        );
    }
    out
}

fn files(out: &mut String, told: &Told, written: &Written) {
    let widest = told.targets.iter().map(|target| target.name().len()).max();
    let widest = widest.unwrap_or(0);
    for target in told.targets {
        let made = count(told.artifacts, target.name());
        let _ = writeln!(
            out,
            "{:widest$}  {} in {}{}",
            target.name(),
            report::plural(made, "file"),
            escape::line(&format!("{}/{}", told.out, target.name())),
            carried(told.enforceability, target.name())
        );
    }
    for path in &written.removed {
        let _ = writeln!(
            out,
            "removed {}, which an earlier build made",
            escape::line(&format!("{}/{path}", told.out))
        );
    }
    for (target, count) in &written.left {
        let _ = writeln!(
            out,
            "{} of an earlier build for `{target}` left as they were; `--target {target}` builds them anew",
            report::plural(*count, "file")
        );
    }
}

/// How many declarations a target carries of those that are for it; nothing, for one that only describes.
fn carried(enforceability: &Enforceability, target: &str) -> String {
    let verdicts = enforceability.rows.iter().flat_map(|row| &row.verdicts);
    let own: Vec<&Verdict> = verdicts.filter(|verdict| verdict.target == target).collect();
    let carried = own.iter().filter(|verdict| verdict.is_carried()).count();
    match own.is_empty() {
        true => String::new(),
        false => format!(", {carried} of {} declarations", own.len()),
    }
}

fn count(artifacts: &[Artifact], target: &str) -> usize {
    let folder = format!("{target}/");
    let own = artifacts.iter();
    own.filter(|artifact| artifact.path.starts_with(&folder)).count()
}

/// For machines. Keys may be added, none goes away or changes its meaning.
pub fn json(told: &Told) -> String {
    let artifacts: Vec<&str> = told.artifacts.iter().map(|own| own.path.as_str()).collect();
    let refusals: Vec<Value> = told
        .refusals
        .iter()
        .map(|refusal| {
            json!({
                "declaration": *refusal.declaration,
                "target": refusal.target,
                "reason": refusal.reason,
                "help": refusal.help,
                "policy": Place::of(refusal.span, told.sources),
            })
        })
        .collect();
    let rebuild = told.rebuild.as_ref();
    let rebuild = rebuild.map(|rebuild| {
        let rules: Vec<&str> = rebuild.rules.iter().map(|rule| &**rule).collect();
        json!({ "after": rebuild.until.to_string(), "rules": rules })
    });
    let left = told.written.map(|written| {
        let left = written.left.iter();
        left.map(|(target, files)| json!({ "target": target, "files": files }))
            .collect::<Vec<_>>()
    });
    let report = json!({
        "out": told.out,
        "written": told.written.is_some(),
        "targets": told.targets.iter().map(|target| target.name()).collect::<Vec<_>>(),
        "artifacts": artifacts,
        "source_map": source_map::NAME,
        "removed": told.written.map(|written| &written.removed),
        "left": left,
        "refusals": refusals,
        "enforceability": told.enforceability.rows.iter().map(enforceability::json).collect::<Vec<_>>(),
        "rebuild": rebuild,
    });
    let text = serde_json::to_string_pretty(&report).unwrap_or_default();
    format!("{}\n", escape::json(&text))
}
