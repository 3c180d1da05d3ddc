//! The tree of a module of Rego → its text, for regorus.
//!
//! In: a tree. Out: a text that says the same, in the same dialect, but for negations, which are written so that
//! regorus reads them as OPA does, and for what only prints, which is left out. Every operation stands in
//! parentheses, so that no precedence is relied on.

use super::check::PRINTERS;
use super::names::{Names, Scope};
use super::negation;
use super::read::Read;
use super::tree;
use regorus::unstable::{
    ArithOp, AssignOp, BinOp, BoolOp, Expr, Literal, LiteralStmt, Query, Rule, RuleAssign, RuleBody, RuleHead,
};
use std::fmt::Write;

/// Replaces a part of an expression by a text.
type Replace<'r, 'a> = dyn FnMut(&Expr, &mut Printer<'a>) -> String + 'r;

/// The text of a module. `original` is the one that it was read from.
pub fn module(module: &Read, names: &Names, original: &str) -> String {
    let mut prefix = "given".to_string();
    while original.contains(&prefix) {
        prefix.push('_');
    }
    let mut number = 0;
    let mut out = String::new();
    let mut rules = module.tree.policy.iter().peekable();
    if rules.peek().is_none() {
        return format!("package {}\n", path(&module.tree.package.refr));
    }
    let _ = writeln!(out, "package {}", path(&module.tree.package.refr));
    for import in &module.tree.imports {
        let _ = write!(out, "import {}", path(&import.refr));
        if let Some(name) = &import.r#as {
            let _ = write!(out, " as {}", name.text());
        }
        out.push('\n');
    }
    for rule in rules {
        let mut printer = Printer {
            scope: Scope::of(rule, module, names),
            is_v1: module.is_v1,
            original,
            prefix: &prefix,
            number,
        };
        let text = printer.rule(rule);
        number = printer.number;
        let _ = writeln!(out, "\n{text}");
    }
    out
}

/// `data.a["b-c"]`, for packages and imports.
fn path(reference: &Expr) -> String {
    match reference {
        Expr::RefDot { refr, field, .. } => format!("{}.{}", path(refr), field.0.text()),
        Expr::RefBrack { refr, index, .. } => match &**index {
            Expr::String { value, .. } | Expr::RawString { value, .. } => format!("{}[{value}]", path(refr)),
            _ => path(refr),
        },
        other => other.span().text().to_string(),
    }
}

/// Writes one rule.
pub struct Printer<'a> {
    scope: Scope<'a>,
    is_v1: bool,
    original: &'a str,
    prefix: &'a str,
    number: usize,
}

impl<'a> Printer<'a> {
    /// What names mean in the rule.
    pub fn scope(&self) -> &Scope<'a> {
        &self.scope
    }

    /// A variable that the module does not have.
    pub fn fresh(&mut self) -> String {
        self.number += 1;
        format!("{}{}", self.prefix, self.number)
    }

    fn rule(&mut self, rule: &Rule) -> String {
        match rule {
            Rule::Default {
                refr,
                args,
                op,
                value,
                ..
            } => {
                let mut text = format!("default {}", self.expression(refr));
                if !args.is_empty() {
                    let args: Vec<String> = args.iter().map(|argument| self.expression(argument)).collect();
                    let _ = write!(text, "({})", args.join(", "));
                }
                format!("{text} {} {}", assignment(op), self.expression(value))
            }
            Rule::Spec { head, bodies, .. } => {
                let mut text = self.head(head);
                for body in bodies {
                    text.push_str(&self.body(body));
                }
                text
            }
        }
    }

    fn head(&mut self, head: &RuleHead) -> String {
        match head {
            RuleHead::Compr { refr, assign, .. } => {
                format!("{}{}", self.expression(refr), self.assign(assign.as_ref()))
            }
            RuleHead::Set { refr, key: None, .. } => self.expression(refr),
            RuleHead::Set {
                refr, key: Some(key), ..
            } => format!("{} contains {}", self.expression(refr), self.expression(key)),
            RuleHead::Func {
                refr, args, assign, ..
            } => {
                let args: Vec<String> = args.iter().map(|argument| self.expression(argument)).collect();
                format!(
                    "{}({}){}",
                    self.expression(refr),
                    args.join(", "),
                    self.assign(assign.as_ref())
                )
            }
        }
    }

    fn assign(&mut self, assign: Option<&RuleAssign>) -> String {
        match assign {
            Some(assign) => format!(" {} {}", assignment(&assign.op), self.expression(&assign.value)),
            None => String::new(),
        }
    }

    fn body(&mut self, body: &RuleBody) -> String {
        let mut text = String::new();
        if body.is_else {
            let _ = write!(text, " else{}", self.assign(body.assign.as_ref()));
        }
        if body.query.stmts.is_empty() {
            return text;
        }
        let written = self.original.get(body.span.start as usize..).unwrap_or("");
        // In v0 `deny[x] if` and `deny[x]` are two things, and `if` has to be imported.
        let says_if = if body.is_else {
            self.is_v1
        } else {
            written.starts_with("if")
        };
        let _ = write!(
            text,
            "{} {{\n{}}}",
            if says_if { " if" } else { "" },
            self.query(&body.query)
        );
        text
    }

    /// The statements of a query, a line each. Without `;`, a name and the parenthesis on the next line would
    /// be a call.
    fn query(&mut self, query: &Query) -> String {
        let mut lines = Vec::new();
        for statement in &query.stmts {
            lines.extend(self.statement(statement));
        }
        format!("\t{}\n", lines.join(";\n\t"))
    }

    fn statement(&mut self, statement: &LiteralStmt) -> Vec<String> {
        let mut lines = match &statement.literal {
            Literal::SomeVars { vars, .. } => {
                let vars: Vec<&str> = vars.iter().map(|span| span.text()).collect();
                vec![format!("some {}", vars.join(", "))]
            }
            Literal::SomeIn {
                key,
                value,
                collection,
                ..
            } => {
                let key = match key {
                    Some(key) => format!("{}, ", self.expression(key)),
                    None => String::new(),
                };
                let value = self.expression(value);
                vec![format!("some {key}{value} in {}", self.expression(collection))]
            }
            Literal::Expr { expr, .. } if is_printer(expr) => vec!["true".to_string()],
            Literal::Expr { expr, .. } => match &**expr {
                Expr::AssignExpr { op, lhs, rhs, .. } => vec![format!(
                    "{} {} {}",
                    self.expression(lhs),
                    assignment(op),
                    self.expression(rhs)
                )],
                _ => vec![self.expression(expr)],
            },
            Literal::NotExpr { expr, .. } => negation::statements(expr, self),
            Literal::Every {
                key,
                value,
                domain,
                query,
                ..
            } => {
                let key = key
                    .as_ref()
                    .map_or_else(String::new, |key| format!("{}, ", key.text()));
                let domain = self.expression(domain);
                vec![format!(
                    "every {key}{} in {domain} {{\n{}}}",
                    value.text(),
                    self.query(query)
                )]
            }
        };
        for modifier in &statement.with_mods {
            let text = format!(
                " with {} as {}",
                path(&modifier.refr),
                self.expression(&modifier.r#as)
            );
            if let Some(last) = lines.last_mut() {
                last.push_str(&text);
            }
        }
        lines
    }

    /// An expression as it is.
    pub fn expression(&mut self, expr: &Expr) -> String {
        self.with_parts(expr, &mut |part, printer| printer.expression(part))
    }

    /// A reference with its indices replaced; what it starts with is computed by the same.
    pub fn reference(&mut self, expr: &Expr, replace: &mut Replace<'_, 'a>) -> String {
        match expr {
            Expr::RefDot { refr, field, .. } => {
                format!("{}.{}", self.reference(refr, replace), field.0.text())
            }
            Expr::RefBrack { refr, index, .. } => {
                let refr = self.reference(refr, replace);
                format!("{refr}[{}]", replace(index, self))
            }
            Expr::Var { span, .. } => span.text().to_string(),
            other => replace(other, self),
        }
    }

    /// An expression with the expressions directly in it replaced.
    pub fn with_parts(&mut self, expr: &Expr, replace: &mut Replace<'_, 'a>) -> String {
        match expr {
            Expr::String { value, .. } | Expr::RawString { value, .. } => value.to_string(),
            Expr::Number { span, .. }
            | Expr::Bool { span, .. }
            | Expr::Null { span, .. }
            | Expr::Var { span, .. } => span.text().to_string(),
            Expr::Array { items, .. } => {
                let items: Vec<String> = items.iter().map(|item| replace(item, self)).collect();
                format!("[{}]", items.join(", "))
            }
            Expr::Set { items, .. } if items.is_empty() => "set()".to_string(),
            Expr::Set { items, .. } => {
                let items: Vec<String> = items.iter().map(|item| replace(item, self)).collect();
                format!("{{{}}}", items.join(", "))
            }
            Expr::Object { fields, .. } => {
                let mut parts = Vec::new();
                for (_, key, value) in fields {
                    let key = replace(key, self);
                    parts.push(format!("{key}: {}", replace(value, self)));
                }
                format!("{{{}}}", parts.join(", "))
            }
            Expr::ArrayCompr { term, query, .. } => {
                format!("[{} |\n{}]", self.expression(term), self.query(query))
            }
            Expr::SetCompr { term, query, .. } => {
                format!("{{{} |\n{}}}", self.expression(term), self.query(query))
            }
            Expr::ObjectCompr {
                key, value, query, ..
            } => {
                let (key, value) = (self.expression(key), self.expression(value));
                format!("{{{key}: {value} |\n{}}}", self.query(query))
            }
            Expr::Call { fcn, params, .. } => {
                let function = self.expression(fcn);
                let params: Vec<String> = params.iter().map(|parameter| replace(parameter, self)).collect();
                format!("{function}({})", params.join(", "))
            }
            Expr::UnaryExpr { expr, .. } => format!("-({})", replace(expr, self)),
            Expr::RefDot { .. } | Expr::RefBrack { .. } => self.reference(expr, replace),
            Expr::BinExpr { op, lhs, rhs, .. } => {
                let op = match op {
                    BinOp::Intersection => "&",
                    BinOp::Union => "|",
                };
                self.operation(lhs, op, rhs, replace)
            }
            Expr::BoolExpr { op, lhs, rhs, .. } => {
                let op = match op {
                    BoolOp::Lt => "<",
                    BoolOp::Le => "<=",
                    BoolOp::Eq => "==",
                    BoolOp::Ge => ">=",
                    BoolOp::Gt => ">",
                    BoolOp::Ne => "!=",
                };
                self.operation(lhs, op, rhs, replace)
            }
            Expr::ArithExpr { op, lhs, rhs, .. } => {
                let op = match op {
                    ArithOp::Add => "+",
                    ArithOp::Sub => "-",
                    ArithOp::Mul => "*",
                    ArithOp::Div => "/",
                    ArithOp::Mod => "%",
                };
                self.operation(lhs, op, rhs, replace)
            }
            Expr::AssignExpr { op, lhs, rhs, .. } => self.operation(lhs, assignment(op), rhs, replace),
            Expr::Membership {
                key,
                value,
                collection,
                ..
            } => {
                let key = match key {
                    Some(key) => format!("{}, ", replace(key, self)),
                    None => String::new(),
                };
                let value = replace(value, self);
                format!("({key}{value} in {})", replace(collection, self))
            }
        }
    }

    fn operation(&mut self, lhs: &Expr, op: &str, rhs: &Expr, replace: &mut Replace<'_, 'a>) -> String {
        let lhs = replace(lhs, self);
        format!("({lhs} {op} {})", replace(rhs, self))
    }
}

fn assignment(op: &AssignOp) -> &'static str {
    match op {
        AssignOp::Eq => "=",
        AssignOp::ColEq => ":=",
    }
}

fn is_printer(expr: &Expr) -> bool {
    match expr {
        Expr::Call { fcn, .. } => tree::variable(fcn)
            .is_some_and(|name| matches!(&**fcn, Expr::Var { .. }) && PRINTERS.contains(&name)),
        _ => false,
    }
}
