//! The optimisation family of all files: metrics, budgets, `optimize`, `heal`, `promote`.
//!
//! In: the program, and the ids of the rules that goals may name. Out: the budgets and automations
//! without errors, and what is wrong with the others.

use super::automation::{self, Known};
use super::budget;
use super::checker::Checker;
use super::metrics::Metrics;
use super::program::{Bodies, GlobalId, Program};
use super::rule::documentation;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir;
use crate::source::Span;
use crate::syntax::ast::{Declaration, Name};
use std::collections::{BTreeMap, BTreeSet};

/// What became of the family.
#[derive(Debug, Default)]
pub(super) struct Compiled {
    pub(super) budgets: Vec<ir::Budget>,
    pub(super) automations: Vec<ir::Automation>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The globals that they read.
    pub(super) used: BTreeSet<GlobalId>,
}

/// Checks every metric, budget and automation.
pub(super) fn compile(program: &Program, bodies: &Bodies, rules: &[&str]) -> Compiled {
    let mut compiled = Compiled::default();
    let metrics = metrics(program, bodies, &mut compiled);
    let budgets = budgets(program, bodies, &mut compiled);
    let known = Known {
        metrics: &metrics,
        budgets: &budgets,
        rules,
    };
    automations(program, bodies, &known, &mut compiled);
    compiled.budgets.sort_by(|a, b| a.name.cmp(&b.name));
    compiled.automations.sort_by(|a, b| a.name.cmp(&b.name));
    compiled
}

impl Compiled {
    /// Takes what a checker found.
    fn absorb(&mut self, checker: Checker) {
        self.diagnostics.extend(checker.diagnostics);
        self.used.extend(checker.used);
    }
}

fn metrics(program: &Program, bodies: &Bodies, compiled: &mut Compiled) -> Metrics {
    let mut metrics = Metrics::default();
    // The library's first, so that they keep their names.
    for of_library in [true, false] {
        for (module, file) in program.files.iter().enumerate() {
            if file.pack.is_empty() == of_library {
                continue;
            }
            for item in &file.tree.items {
                if let Declaration::Metric(metric) = &item.declaration {
                    let mut checker = Checker::new(program, bodies, module);
                    metrics.declare(&mut checker, metric, !of_library);
                    compiled.absorb(checker);
                }
            }
        }
    }
    metrics
}

/// Compiles the budgets; the names of all that were declared, the faulty included.
fn budgets<'p>(program: &Program<'p>, bodies: &Bodies, compiled: &mut Compiled) -> Vec<&'p str> {
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    for (module, file) in program.files.iter().enumerate() {
        for item in &file.tree.items {
            let Declaration::Budget(declared) = &item.declaration else {
                continue;
            };
            let mut checker = Checker::new(program, bodies, module);
            if is_first(
                &mut checker,
                &mut first,
                "budget",
                &declared.name.text,
                &declared.name,
            ) {
                let (title, _) = documentation(item, &declared.name.text);
                let budget = budget::budget(&mut checker, title, item.span, declared);
                compiled.budgets.extend(budget.filter(|_| !item.broken));
            }
            compiled.absorb(checker);
        }
    }
    first.into_keys().collect()
}

fn automations(program: &Program, bodies: &Bodies, known: &Known, compiled: &mut Compiled) {
    let mut first: BTreeMap<String, Span> = BTreeMap::new();
    for (module, file) in program.files.iter().enumerate() {
        for item in &file.tree.items {
            let Declaration::Automation(declared) = &item.declaration else {
                continue;
            };
            let mut checker = Checker::new(program, bodies, module);
            // One object of a kind and name can stand in a namespace.
            let namespace = declared
                .namespace
                .as_ref()
                .map_or("", |namespace| &namespace.value);
            let key = format!("{:?} {namespace}/{}", declared.form, declared.name.text);
            if is_first(&mut checker, &mut first, "automation", &key, &declared.name) {
                let (title, _) = documentation(item, &declared.name.text);
                let automation = automation::automation(&mut checker, &title, item, declared, known);
                compiled.automations.extend(automation);
            }
            compiled.absorb(checker);
        }
    }
}

/// Reports a name that was declared before; the names of budgets and automations hold in all files.
fn is_first<'k, K>(
    checker: &mut Checker,
    first: &mut BTreeMap<K, Span>,
    what: &str,
    key: &'k str,
    name: &Name,
) -> bool
where
    K: Ord + From<&'k str> + std::borrow::Borrow<str>,
{
    if let Some(before) = first.get(key) {
        checker.report(
            Diagnostic::new(
                Code::E0432,
                name.span,
                format!("the {what} `{}` is declared already", name.text),
            )
            .with(*before, "here")
            .help("choose another name"),
        );
        return false;
    }
    first.insert(K::from(key), name.span);
    true
}
