//! The order in which `let`, `fn` and `param` are compiled: each after those that it reads.
//!
//! In: the program. Out: an order, and a diagnostic for each circle of declarations that read
//! themselves; those stay out of the order.

use super::program::{GlobalId, GlobalKind, Meaning, Program};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{Expression, ExpressionKind, StringPart};

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// All globals that do not read themselves, each after those that it reads.
pub(super) fn order(program: &Program) -> (Vec<GlobalId>, Vec<Diagnostic>) {
    let mut order = Vec::new();
    let mut diagnostics = Vec::new();
    let mut state = vec![State::New; program.globals.len()];
    let mut circular = vec![false; program.globals.len()];
    for root in 0..program.globals.len() {
        if state[root] != State::New {
            continue;
        }
        state[root] = State::Open;
        let mut stack = vec![(root, reads(program, root), 0)];
        while let Some((id, dependencies, next)) = stack.last_mut() {
            let Some(dependency) = dependencies.get(*next).copied() else {
                state[*id] = State::Done;
                if !circular[*id] {
                    order.push(*id);
                }
                stack.pop();
                continue;
            };
            *next += 1;
            match state[dependency] {
                State::Done => {}
                State::New => {
                    state[dependency] = State::Open;
                    stack.push((dependency, reads(program, dependency), 0));
                }
                State::Open => {
                    let start = stack.iter().position(|(id, ..)| *id == dependency).unwrap_or(0);
                    let circle: Vec<GlobalId> = stack[start..].iter().map(|(id, ..)| *id).collect();
                    circle.iter().for_each(|id| circular[*id] = true);
                    diagnostics.push(recursion(program, &circle));
                }
            }
        }
    }
    (order, diagnostics)
}

fn recursion(program: &Program, circle: &[GlobalId]) -> Diagnostic {
    let name = |id: &GlobalId| &program.globals[*id].name;
    let first = name(&circle[0]);
    let mut diagnostic = Diagnostic::new(
        Code::E0205,
        first.span,
        format!("`{}` is defined by itself", first.text),
    )
    .help("state the value without it: there is no recursion, so that evaluation always ends");
    for id in circle.iter().skip(1) {
        diagnostic = diagnostic.with(name(id).span, format!("by way of `{}`", name(id).text));
    }
    diagnostic
}

/// The globals that a global reads directly.
fn reads(program: &Program, id: GlobalId) -> Vec<GlobalId> {
    let global = &program.globals[id];
    let mut names = Vec::new();
    match global.kind {
        GlobalKind::Let(value) => mentioned(&value.value, &mut names),
        GlobalKind::Function(function) => {
            mentioned(&function.body, &mut names);
            names.retain(|name| {
                !function
                    .parameters
                    .iter()
                    .any(|(parameter, _)| parameter.text == *name)
            });
        }
        GlobalKind::Param(param) => {
            mentioned(&param.default, &mut names);
            param
                .allowed
                .iter()
                .for_each(|allowed| mentioned(allowed, &mut names));
        }
    }
    let mut reads: Vec<GlobalId> = names
        .into_iter()
        .filter_map(|name| match program.meaning(global.module, name) {
            Meaning::One(id) => Some(id),
            _ => None,
        })
        .collect();
    reads.sort_unstable();
    reads.dedup();
    reads
}

/// The names that an expression mentions, as values or as functions.
fn mentioned<'a>(expression: &'a Expression, names: &mut Vec<&'a str>) {
    match &expression.kind {
        ExpressionKind::Name(name) => names.push(name),
        ExpressionKind::Call(call) => {
            names.push(&call.function.text);
            call.receiver
                .iter()
                .for_each(|receiver| mentioned(receiver, names));
            call.arguments
                .iter()
                .for_each(|argument| mentioned(argument, names));
        }
        ExpressionKind::Interpolation(parts) => parts.iter().for_each(|part| match part {
            StringPart::Expression(expression) => mentioned(expression, names),
            StringPart::Text(_) => {}
        }),
        ExpressionKind::List(parts) => parts.iter().for_each(|part| mentioned(part, names)),
        ExpressionKind::Map(entries) => entries.iter().for_each(|(_, value)| mentioned(value, names)),
        ExpressionKind::Field(base, _)
        | ExpressionKind::Cast(base, _)
        | ExpressionKind::Negate(base)
        | ExpressionKind::Not(base)
        | ExpressionKind::IsSet(base)
        | ExpressionKind::IsMissing(base)
        | ExpressionKind::IsKind(base, _) => mentioned(base, names),
        ExpressionKind::Index(left, right)
        | ExpressionKind::Binary(left, _, right)
        | ExpressionKind::Range(left, right) => {
            mentioned(left, names);
            mentioned(right, names);
        }
        ExpressionKind::Quantifier(_, binding, body) | ExpressionKind::Sum(binding, body) => {
            mentioned_by_binding(binding, names);
            mentioned(body, names);
        }
        ExpressionKind::Count(binding) => mentioned_by_binding(binding, names),
        ExpressionKind::Bool(_)
        | ExpressionKind::Number(_)
        | ExpressionKind::Text(_)
        | ExpressionKind::Kinds(_) => {}
    }
}

fn mentioned_by_binding<'a>(binding: &'a crate::syntax::ast::Binding, names: &mut Vec<&'a str>) {
    mentioned(&binding.subject, names);
    binding
        .condition
        .iter()
        .for_each(|condition| mentioned(condition, names));
}
