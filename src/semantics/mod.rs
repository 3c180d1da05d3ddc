//! Syntax trees → names and types → the compiled policy.
//!
//! In: policy files with their trees, and the API that fields are checked against. Out: an
//! [`ir::PolicySet`] of the declarations without errors, and what is wrong with the others. There is no
//! typed tree in between: one pass over a rule resolves names, infers types and narrows them, and builds
//! the compiled expressions as it goes.
//!
//! `program` knows the declarations of all files, `order` and `globals` compile `let`, `fn` and
//! `param`, `uses` resolves packs, `checker` holds the state of checking one declaration, and every
//! other file teaches it a part of the language.

mod automation;
mod budget;
mod calls;
mod cascade;
mod checker;
mod clause;
mod exceptions;
mod family;
mod fields;
mod globals;
mod infer;
mod joins;
mod kinds;
mod messages;
mod metadata;
mod metrics;
mod narrow;
mod numbers;
mod operators;
mod optional;
mod order;
mod place;
mod program;
mod rule;
mod subject;
#[cfg(test)]
mod tests;
mod types;
mod unknown_fields;
mod uses;
mod warnings;

pub use metadata::CATEGORIES;
pub use program::{LibraryName, PolicyFile};

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::{self, PolicySet};
use crate::schema::Schema;
use crate::source::Span;
use crate::syntax::ast::Declaration;
use checker::Checker;
use exceptions::KnownRules;
use program::Program;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Checks policy files together and compiles them.
///
/// `schema` has all definitions that the schemas of the files have. `library` names what may be used although its file is not among `files`; own rules may not take the
/// name of a rule of the library. Declarations with errors are left out of the result.
pub fn analyse(
    files: &[PolicyFile],
    schema: &Schema,
    library: &[LibraryName],
) -> (PolicySet, Vec<Diagnostic>) {
    let program = Program::new(files, schema, library);
    let (bodies, mut diagnostics, mut used) = globals::compile(&program);
    let mut declared: Vec<(Arc<str>, program::ModuleId)> = Vec::new();
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    let mut set = PolicySet::default();
    let replaced = replaced(files);
    for (module, file) in files.iter().enumerate() {
        for item in &file.tree.items {
            let Declaration::Rule(rule) = &item.declaration else {
                continue;
            };
            if !file.pack.is_empty() && replaced.contains_key(rule.name.text.as_str()) {
                declared.push((Arc::from(rule.name.text.as_str()), module));
                continue;
            }
            let checked = rule::check(&program, &bodies, module, item, rule);
            used.extend(checked.used);
            let sound = !item.broken && checked.diagnostics.iter().all(is_warning);
            diagnostics.extend(checked.diagnostics);
            let name = &rule.name;
            if let Some(before) = first.get(name.text.as_str()) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::E0202,
                        name.span,
                        format!("the rule `{}` is declared already", name.text),
                    )
                    .with(*before, "here")
                    .help("choose another name: findings, waivers and tests name rules by it"),
                );
                continue;
            }
            first.insert(&name.text, name.span);
            if file.pack.is_empty()
                && let Some(before) = replaced.get(name.text.as_str())
            {
                diagnostics.push(
                    Diagnostic::new(
                        Code::W0006,
                        name.span,
                        format!("the rule `{}` takes the place of the library's", name.text),
                    )
                    .with(*before, "which is not held against anything")
                    .help("choose another name if both are meant to hold"),
                );
            }
            declared.push((checked.rule.id.clone(), module));
            if sound {
                set.rules.push(checked.rule);
            }
        }
    }
    let uses = uses::resolve(&program, &declared);
    set.packs = uses.packs;
    set.adopted = uses.adopted;
    diagnostics.extend(uses.diagnostics);
    set.rules.sort_by(|a, b| a.id.cmp(&b.id));
    let ids: Vec<&str> = declared
        .iter()
        .map(|(id, _)| id.as_ref())
        .chain(program.rules_of_library())
        .collect();
    let family = family::compile(&program, &bodies, &ids);
    set.budgets = family.budgets;
    set.automations = family.automations;
    diagnostics.extend(family.diagnostics);
    used.extend(family.used);
    let (waivers, tests) = exceptions_of(&program, &bodies, &set, &declared, &replaced, &mut diagnostics);
    set.waivers = waivers;
    set.tests = tests;
    diagnostics.extend(unused(&program, &used, &replaced));
    diagnostics.retain(|diagnostic| !cascade::follows_from_broken(&program, diagnostic));
    (set, diagnostics)
}

/// The rules of the library whose place a rule of one's own takes, with where the library declares them.
fn replaced<'a>(files: &[PolicyFile<'a>]) -> BTreeMap<&'a str, Span> {
    let rules = |own: bool| {
        let files = files.iter().filter(move |file| file.pack.is_empty() == own);
        files
            .flat_map(|file| &file.tree.items)
            .filter_map(|item| match &item.declaration {
                Declaration::Rule(rule) => Some((rule.name.text.as_str(), rule.name.span)),
                _ => None,
            })
    };
    let own: BTreeSet<&str> = rules(true).map(|(name, _)| name).collect();
    rules(false).filter(|(name, _)| own.contains(name)).collect()
}

fn exceptions_of(
    program: &Program,
    bodies: &program::Bodies,
    set: &PolicySet,
    declared: &[(Arc<str>, program::ModuleId)],
    replaced: &BTreeMap<&str, Span>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<ir::Waiver>, Vec<ir::Test>) {
    let rules = KnownRules {
        compiled: set.rules.iter().map(|rule| (rule.id.as_ref(), rule)).collect(),
        others: declared
            .iter()
            .map(|(id, _)| id.as_ref())
            .chain(program.rules_of_library())
            .collect(),
    };
    let (mut waivers, mut tests) = (Vec::new(), Vec::new());
    for (module, file) in program.files.iter().enumerate() {
        for item in &file.tree.items {
            let mut checker = Checker::new(program, bodies, module);
            match &item.declaration {
                Declaration::Waive(waive) if !item.broken => {
                    waivers.extend(checker.waiver(waive, &rules, item.span))
                }
                // The library's tests are of its own rule.
                Declaration::Test(test)
                    if !file.pack.is_empty() && replaced.contains_key(test.rule.text.as_str()) => {}
                Declaration::Test(test) if !item.broken => tests.extend(checker.test_of_rule(test, &rules)),
                _ => {}
            }
            diagnostics.append(&mut checker.diagnostics);
        }
    }
    (waivers, tests)
}

/// `let` and `param` that nothing reads, in files that no other file uses.
fn unused(
    program: &Program,
    used: &BTreeSet<program::GlobalId>,
    replaced: &BTreeMap<&str, Span>,
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let is_replaced =
        |global: &program::Global| replaced.values().any(|span| span.file == global.name.span.file);
    for (id, global) in program.globals.iter().enumerate() {
        let what = match global.kind {
            program::GlobalKind::Let(_) => "value",
            program::GlobalKind::Param(_) => "parameter",
            program::GlobalKind::Function(_) => continue,
        };
        if !used.contains(&id)
            && program.is_first(id)
            && !global.item.broken
            && program.is_for_itself(global.module)
            && !is_replaced(global)
        {
            diagnostics.push(
                Diagnostic::new(
                    Code::W0001,
                    global.name.span,
                    format!("the {what} `{}` is never used", global.name.text),
                )
                .help("remove it"),
            );
        }
    }
    diagnostics
}

fn is_warning(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity < Severity::High
}
