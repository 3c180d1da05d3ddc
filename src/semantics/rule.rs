//! Rules: statements → groups of steps; metadata; the parameters that a rule reads.

use super::checker::{Checker, Named, Role};
use super::clause::innermost;
use super::program::{Bodies, GlobalId, ModuleId, Program};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, ExpressionKind, Group, Step};
use crate::syntax::ast::{self, Item, StatementKind};
use std::collections::{BTreeMap, BTreeSet};

/// A rule with what was found wrong in it, and the globals that it reads.
pub(super) struct Checked {
    pub(super) rule: ir::Rule,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) used: BTreeSet<GlobalId>,
}

/// Checks a rule.
pub(super) fn check(
    program: &Program,
    bodies: &Bodies,
    module: ModuleId,
    item: &Item,
    rule: &ast::Rule,
) -> Checked {
    let mut checker = Checker::new(program, bodies, module);
    let mut groups = checker.groups(&rule.body);
    if !item.broken && !groups.iter().any(has_clause) {
        checker.report(
            Diagnostic::new(
                Code::E0408,
                rule.name.span,
                format!("rule `{}` checks nothing", rule.name.text),
            )
            .help("state what must hold with `require`, or what must not with `forbid`"),
        );
    }
    checker.warn_of_open_lists();
    let parameters = number_parameters(&mut groups, bodies);
    let metadata = checker.metadata(&rule.metadata, &parameters);
    let (title, documentation) = documentation(item, &rule.name.text);
    if item.broken {
        // Nothing follows from what is missing.
        checker
            .diagnostics
            .retain(|diagnostic| !super::is_warning(diagnostic));
    }
    Checked {
        rule: ir::Rule {
            id: rule.name.text.as_str().into(),
            pack: program.files[module].pack.into(),
            title,
            documentation,
            severity: metadata.severity,
            category: metadata.category,
            controls: metadata.controls,
            replaces: metadata.replaces,
            parameters,
            locals: checker.locals,
            groups,
            span: rule.name.span,
            declaration: item.span,
        },
        diagnostics: checker.diagnostics,
        used: checker.used,
    }
}

impl Checker<'_> {
    fn groups(&mut self, statements: &[ast::Statement]) -> Vec<Group> {
        let mut groups = Vec::new();
        let mut group = Group::default();
        let mut each = Vec::new();
        for statement in statements {
            match &statement.kind {
                StatementKind::For(binding) => {
                    if has_clause(&group) {
                        groups.push(std::mem::take(&mut group));
                        each.clear();
                        self.facts.forget(0);
                        self.leave(0);
                    }
                    if let Some(bound) = self.each(binding, Role::Binder) {
                        group.steps.push(Step::Each(bound.clone()));
                        each.push(bound);
                    }
                    if let Some(condition) = self.filter(binding) {
                        self.warn_of_constant(&condition);
                        group.steps.push(Step::Where(condition));
                    }
                }
                StatementKind::Where(condition) => {
                    let condition = self.condition(condition);
                    self.warn_of_constant(&condition);
                    self.facts.assume(&condition, true);
                    group.steps.push(Step::Where(condition));
                }
                StatementKind::Let(named) => {
                    let value = self.infer(&named.value, None);
                    let slot = self.bind(&named.name, value.ty.clone(), Role::Value);
                    let (is_path, is_place) = (self.is_path(&value), self.is_place(&value));
                    if is_path {
                        self.facts.alias(slot, &value);
                    }
                    let named = Named {
                        value: value.clone(),
                        is_path,
                        is_place,
                    };
                    self.values.insert(slot, named);
                    group.steps.push(Step::Let(slot, value));
                }
                StatementKind::Clause(clause) => {
                    let clause = self.clause(clause, innermost(&each));
                    group.steps.push(Step::Clause(clause));
                }
            }
        }
        self.facts.forget(0);
        self.leave(0);
        if !group.steps.is_empty() {
            groups.push(group);
        }
        groups
    }
}

fn has_clause(group: &Group) -> bool {
    group.steps.iter().any(|step| matches!(step, Step::Clause(_)))
}

/// First line and rest of the documentation; the name in words if there is none.
pub(super) fn documentation(item: &Item, name: &str) -> (String, String) {
    let mut lines = item.documentation.iter();
    match lines.next().filter(|line| !line.trim().is_empty()) {
        Some(title) => {
            let rest: Vec<&str> = lines.map(String::as_str).collect();
            (
                title.trim().trim_end_matches('.').to_owned(),
                rest.join("\n").trim().to_owned(),
            )
        }
        None => (name.replace('-', " "), String::new()),
    }
}

/// Numbers the parameters that the groups read in the order of their declaration.
fn number_parameters(groups: &mut [Group], bodies: &Bodies) -> Vec<ir::Parameter> {
    let mut read: BTreeMap<GlobalId, usize> = BTreeMap::new();
    for_each_expression(groups, &mut |expression| {
        if let ExpressionKind::Parameter(id) = expression.kind {
            read.insert(id, 0);
        }
    });
    for (index, number) in read.values_mut().enumerate() {
        *number = index;
    }
    for_each_expression(groups, &mut |expression| {
        if let ExpressionKind::Parameter(id) = &mut expression.kind {
            *id = read.get(id).copied().unwrap_or_default();
        }
    });
    read.keys()
        .filter_map(|id| bodies.parameters.get(id).cloned())
        .collect()
}

/// Calls `visit` with every expression of the groups, nested ones included.
fn for_each_expression(groups: &mut [Group], visit: &mut dyn FnMut(&mut ir::Expression)) {
    fn deep(expression: &mut ir::Expression, visit: &mut dyn FnMut(&mut ir::Expression)) {
        visit(expression);
        expression.for_each_child_mut(&mut |child| deep(child, visit));
    }
    fn subject(each: &mut ir::Each, visit: &mut dyn FnMut(&mut ir::Expression)) {
        if let ir::Domain::Elements(list) = &mut each.domain {
            deep(list, visit);
        }
    }
    for step in groups.iter_mut().flat_map(|group| &mut group.steps) {
        match step {
            Step::Each(each) => subject(each, visit),
            Step::Where(value) | Step::Let(_, value) => deep(value, visit),
            Step::Clause(clause) => {
                clause.each.iter_mut().for_each(|each| subject(each, visit));
                deep(&mut clause.violation, visit);
                deep(&mut clause.message, visit);
                clause.help.iter_mut().for_each(|help| deep(help, visit));
                clause.at.iter_mut().for_each(|at| deep(at, visit));
                for fix in &mut clause.fixes {
                    match &mut fix.edit {
                        ir::FixEdit::Set(path, value) => {
                            deep(path, visit);
                            deep(value, visit);
                        }
                        ir::FixEdit::Remove(path) => deep(path, visit),
                        ir::FixEdit::Add(value, path) => {
                            deep(value, visit);
                            deep(path, visit);
                        }
                    }
                }
            }
        }
    }
}
