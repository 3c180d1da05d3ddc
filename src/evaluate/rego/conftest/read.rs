//! The text of a module of Rego → its tree.
//!
//! In: a text in either dialect. Out: the tree with its package and imports, or where reading stopped. What
//! reads as Rego v1 is v1; the rest is v0.

use super::names::Path;
use super::{Policy, Refusal, tree};
use crate::codes::Code;
use regorus::unstable::{Module, Parser, Rule, Source};
use std::collections::BTreeMap;

/// A module.
pub struct Read {
    /// Which of the policies it is.
    pub file: usize,
    /// Whether it is written in v1.
    pub is_v1: bool,
    /// Its tree.
    pub tree: Module,
    /// Its package, below `data`.
    pub package: Path,
    /// What its imports stand for, from `data` or `input` on.
    pub imports: BTreeMap<String, Path>,
}

impl Read {
    /// The path of a rule below `data`.
    pub fn path_of(&self, rule: &Rule) -> Path {
        let mut path = self.package.clone();
        path.extend(
            tree::path(tree::defined(rule))
                .into_iter()
                .flat_map(|(steps, _)| steps),
        );
        path
    }
}

/// Reads a policy.
pub fn read(file: usize, policy: &Policy) -> Result<Read, Refusal> {
    let (tree, is_v1) = match parse(policy, true) {
        Ok(tree) => (tree, true),
        Err(newer) => match parse(policy, false) {
            Ok(tree) => (tree, false),
            Err(older) => {
                // What most of the file is written in tells which complaint is of use.
                let says_v1 = [" if ", " if{", " contains ", "rego.v1"]
                    .iter()
                    .any(|word| policy.text.contains(word));
                return Err(refusal(file, policy, if says_v1 { &newer } else { &older }));
            }
        },
    };
    let package = tree::path(&tree.package.refr).map_or_else(Vec::new, |(steps, _)| steps);
    let imports = tree.imports.iter().filter_map(|import| {
        let (path, _) = tree::path(&import.refr)?;
        let name = match &import.r#as {
            Some(name) => name.text().to_string(),
            None => path.last()?.clone(),
        };
        matches!(path[0].as_str(), "data" | "input").then_some((name, path))
    });
    Ok(Read {
        file,
        is_v1,
        imports: imports.collect(),
        package,
        tree,
    })
}

fn parse(policy: &Policy, is_v1: bool) -> Result<Module, String> {
    let parse = || {
        let source = Source::from_contents(policy.path.clone(), policy.text.clone())?;
        let mut parser = Parser::new(&source)?;
        if is_v1 {
            parser.enable_rego_v1()?;
        }
        parser.parse()
    };
    parse().map_err(|error| error.to_string())
}

/// The complaint of the parser as ours: it names the place in its text.
fn refusal(file: usize, policy: &Policy, complaint: &str) -> Refusal {
    let place = complaint
        .split(&format!("--> {}:", policy.path))
        .nth(1)
        .and_then(|rest| {
            let mut numbers = rest.split(|c: char| !c.is_ascii_digit());
            let line: usize = numbers.next()?.parse().ok()?;
            let column: usize = numbers.next()?.parse().ok()?;
            offset(&policy.text, line, column)
        });
    let start = place.unwrap_or(0);
    let reason = complaint
        .rsplit_once("error: ")
        .map_or(complaint, |(_, reason)| reason)
        .trim();
    Refusal {
        code: Code::R0101.id().to_string(),
        file,
        start,
        end: start,
        message: format!("this is not Rego: {reason}"),
        help: Some("`opa check` tells more; both Rego v0 and v1 are read".to_string()),
    }
}

/// The byte at a line and a column, which counts characters, both from 1.
fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.checked_sub(1)?)
        .map(str::len)
        .sum();
    let rest = text.get(start..)?;
    let width = rest
        .char_indices()
        .nth(column.checked_sub(1)?)
        .map(|(width, _)| width);
    Some(start + width.unwrap_or(0))
}
