//! `not`, as OPA reads it.
//!
//! In: a negated expression. Out: what has to be computed in front of it, or why that can't be.
//!
//! OPA computes calls, and references that are arguments of calls and operators, before the negation: where
//! `input.image` is missing, `not startswith(input.image, "a")` is undefined, and the body fails. regorus
//! has it true. References that are compared by `==`, or that stand alone, belong to the negation in both.

use super::names::Scope;
use super::print::Printer;
use super::tree::{self, Piece};
use super::{Refusal, refuse};
use crate::codes::Code;
use regorus::unstable::{AssignOp, BoolOp, Expr, Literal, LiteralStmt, Rule};
use std::collections::BTreeMap;

/// Why a negation can't be read as OPA reads it.
pub fn refusals(statement: &LiteralStmt, rule: &Rule, scope: &Scope, file: usize) -> Vec<Refusal> {
    let Literal::NotExpr { expr, .. } = &statement.literal else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if let Some(modifier) = statement.with_mods.first() {
        let message = "engines differ on what `with` holds for in a negation";
        let help = "put the expression with its `with` into a rule of its own, and negate that rule";
        found.push(refuse(Code::R0105, file, &modifier.span, message, help));
    }
    if let Expr::AssignExpr {
        op: AssignOp::ColEq,
        span,
        ..
    } = &**expr
    {
        let help = "compare with `==`";
        found.push(refuse(
            Code::R0105,
            file,
            span,
            "an assignment can't be negated",
            help,
        ));
    }
    let mut inside = Vec::new();
    negated(expr, true, &mut inside);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for variable in &inside {
        *counts.entry(variable.text()).or_default() += 1;
    }
    let everywhere = occurrences(rule);
    for variable in inside {
        let name = variable.text();
        let is_bound = name != "_"
            && (scope.is_global(name) || everywhere.get(name).copied().unwrap_or_default() > counts[name]);
        if !is_bound {
            let message = format!("`{name}` has no value in this negation, so that OPA calls it unsafe");
            let help =
                "say what it ranges over in front of the negation, as in `some x in input.list; not x == 1`";
            found.push(refuse(Code::R0105, file, variable, message, help));
        }
    }
    found
}

/// The variables that have to have a value before the negation is computed.
fn negated<'a>(expr: &'a Expr, is_top: bool, found: &mut Vec<&'a regorus::unstable::Span>) {
    if !is_top && tree::is_call(expr) {
        return;
    }
    let base = tree::base(expr);
    if let Expr::Var { span, .. } = base {
        found.push(span);
    }
    for part in tree::parts(expr).0 {
        if !matches!(
            expr,
            Expr::ArrayCompr { .. } | Expr::SetCompr { .. } | Expr::ObjectCompr { .. }
        ) {
            negated(part, false, found);
        }
    }
}

/// How often each variable stands in a rule.
fn occurrences(rule: &Rule) -> BTreeMap<&str, usize> {
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    tree::rule(rule, &mut |piece| match piece {
        Piece::Expression(expression) => {
            if let Some(name) = tree::variable(expression) {
                *found.entry(name).or_default() += 1;
            }
        }
        Piece::Statement(statement) => {
            if let Literal::Every { key, value, .. } = &statement.literal {
                for variable in key.iter().chain([value]) {
                    *found.entry(variable.text()).or_default() += 1;
                }
            }
        }
    });
    found
}

/// The statements for a negation: what is computed in front of it, and the negation of what is left.
pub fn statements(expr: &Expr, printer: &mut Printer) -> Vec<String> {
    let mut before = Vec::new();
    let rest = match expr {
        Expr::BoolExpr {
            op: BoolOp::Eq,
            lhs,
            rhs,
            ..
        } => {
            let lhs = operand(lhs, printer, &mut before);
            let rhs = operand(rhs, printer, &mut before);
            format!("{lhs} == {rhs}")
        }
        Expr::AssignExpr { lhs, rhs, .. } => {
            let lhs = operand(lhs, printer, &mut before);
            let rhs = operand(rhs, printer, &mut before);
            format!("{lhs} = {rhs}")
        }
        _ if tree::is_call(expr) => {
            printer.with_parts(expr, &mut |part, printer| argument(part, printer, &mut before))
        }
        _ => operand(expr, printer, &mut before),
    };
    before.push(format!("not {rest}"));
    before
}

/// What is compared by `==`, or stands alone: a reference stays, its indices don't.
fn operand(expr: &Expr, printer: &mut Printer, before: &mut Vec<String>) -> String {
    match expr {
        Expr::RefDot { .. } | Expr::RefBrack { .. } => {
            printer.reference(expr, &mut |part, printer| argument(part, printer, before))
        }
        Expr::Var { .. } => printer.expression(expr),
        _ => argument(expr, printer, before),
    }
}

/// What is computed in front of the negation, if it can be undefined.
fn argument(expr: &Expr, printer: &mut Printer, before: &mut Vec<String>) -> String {
    match expr {
        Expr::Array { .. } | Expr::Set { .. } | Expr::Object { .. } => {
            printer.with_parts(expr, &mut |part, printer| argument(part, printer, before))
        }
        Expr::Var { span, .. } if !printer.scope().is_global(span.text()) => printer.expression(expr),
        Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => {
            let value = printer.expression(expr);
            hoist(value, printer, before)
        }
        _ if tree::is_call(expr) => {
            let value = printer.expression(expr);
            hoist(value, printer, before)
        }
        _ => printer.expression(expr),
    }
}

fn hoist(value: String, printer: &mut Printer, before: &mut Vec<String>) -> String {
    let name = printer.fresh();
    before.push(format!("{name} := {value}"));
    name
}
