//! `let`, `fn` and `param` of files: each compiled once, before what reads it.

use super::calls::measure;
use super::checker::{Checker, Role, error, expression};
use super::infer::as_constant;
use super::order::order;
use super::program::{Bodies, Body, GlobalId, GlobalKind, Program};
use super::types::agrees;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Constant, ExpressionKind, Type};
use crate::source::Span;
use crate::syntax::ast;
use std::collections::{BTreeSet, HashMap};

/// Compiles all globals. Beside them: what was found wrong, and which globals others read.
pub(super) fn compile(program: &Program) -> (Bodies, Vec<Diagnostic>, BTreeSet<GlobalId>) {
    let (order, mut diagnostics) = order(program);
    diagnostics.extend(duplicates(program));
    let mut bodies = Bodies::default();
    let mut used = BTreeSet::new();
    for id in order {
        let global = program.globals[id];
        let mut checker = Checker::new(program, &bodies, global.module);
        let (body, parameter) = match global.kind {
            GlobalKind::Let(value) => (Some(checker.value(value)), None),
            GlobalKind::Function(function) => (Some(checker.function(function)), None),
            GlobalKind::Param(param) => (None, checker.param(param, global.item)),
        };
        diagnostics.append(&mut checker.diagnostics);
        used.append(&mut checker.used);
        if let Some(mut body) = body {
            if global.item.broken {
                body.value = error(body.value.span);
            }
            bodies.values.insert(id, body);
        }
        if let Some(parameter) = parameter {
            bodies.parameters.insert(id, parameter);
        }
    }
    (bodies, diagnostics, used)
}

/// Names that a file declares twice.
fn duplicates(program: &Program) -> Vec<Diagnostic> {
    let mut first: HashMap<(usize, &str), Span> = HashMap::new();
    let mut diagnostics = Vec::new();
    for global in &program.globals {
        let name = global.name;
        match first.get(&(global.module, name.text.as_str())) {
            Some(before) => diagnostics.push(
                Diagnostic::new(
                    Code::E0202,
                    name.span,
                    format!("`{}` is declared already", name.text),
                )
                .with(*before, "here")
                .help("choose another name"),
            ),
            None => {
                first.insert((global.module, &name.text), name.span);
            }
        }
    }
    diagnostics
}

impl Checker<'_> {
    fn value(&mut self, named: &ast::Let) -> Body {
        let value = self.infer(&named.value, None);
        self.body(Vec::new(), value)
    }

    fn function(&mut self, function: &ast::Function) -> Body {
        let mut parameters = Vec::with_capacity(function.parameters.len());
        for (name, written) in &function.parameters {
            let ty = self.type_of(written);
            self.bind(name, ty.clone(), Role::Argument);
            parameters.push(ty);
        }
        let result = self.type_of(&function.result);
        let mut value = if result.is_optional() {
            self.infer(&function.body, Some(&result))
        } else {
            self.operand(&function.body, Some(&result))
        };
        if !agrees(&value.ty, &result) {
            let (expected, found) = (self.describe(&result), self.describe(&value.ty));
            self.report(
                Diagnostic::new(
                    Code::E0301,
                    function.body.span,
                    format!(
                        "expected {expected} as the result of `{}`, found {found}",
                        function.name.text
                    ),
                )
                .with(function.result.span, "asked for here"),
            );
            value = error(function.body.span);
        }
        self.leave(0);
        self.body(parameters, value)
    }

    fn body(&mut self, parameters: Vec<Type>, value: ir::Expression) -> Body {
        let faulty = self
            .diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity >= crate::diagnostic::Severity::High);
        let value = if faulty { error(value.span) } else { value };
        let (nodes, depth) = measure(&value);
        Body {
            parameters,
            locals: std::mem::take(&mut self.locals),
            value,
            nodes,
            depth,
        }
    }

    fn param(&mut self, param: &ast::Param, item: &ast::Item) -> Option<ir::Parameter> {
        let ty = self.type_of(&param.ty);
        if !is_parameter_type(&ty) {
            if ty != Type::Error {
                let described = self.describe(&ty);
                self.report(
                    Diagnostic::new(
                        Code::E0403,
                        param.ty.span,
                        format!("a parameter cannot be of type {described}"),
                    )
                    .help("parameters are Bool, Int, Decimal, String, Regex, quantities, and lists and maps of these"),
                );
            }
            return None;
        }
        let value = self.constant(&param.default, &ty, "the default of a parameter")?;
        let allowed = match &param.allowed {
            None => None,
            Some(written) => Some((self.allowed(written, &ty)?, written.span)),
        };
        if let Some((allowed, span)) = &allowed
            && !value.is_allowed_by(allowed)
        {
            self.report(
                Diagnostic::new(
                    Code::E0403,
                    param.default.span,
                    format!("the default {value} is not among the values allowed"),
                )
                .with(*span, "only these are allowed")
                .help("change one of the two"),
            );
            return None;
        }
        let (title, rest) = super::rule::documentation(item, "");
        let documentation = if rest.is_empty() {
            title
        } else {
            format!("{title}\n\n{rest}")
        };
        (!item.broken).then(|| ir::Parameter {
            name: param.name.text.as_str().into(),
            ty,
            allowed: allowed.map(|(allowed, _)| allowed),
            value,
            documentation,
            span: param.name.span,
        })
    }

    /// `in lo..hi` or `in [a, b]` of a parameter; of a list parameter, for its elements.
    fn allowed(&mut self, written: &ast::Expression, ty: &Type) -> Option<Constant> {
        let element = match ty {
            Type::List(element) => element,
            other => other,
        };
        let wanted = match &written.kind {
            ast::ExpressionKind::Range(..) => Type::Range(Box::new(element.clone())),
            _ => Type::List(Box::new(element.clone())),
        };
        self.constant(written, &wanted, "what a parameter allows")
    }

    /// The constant of type `expected` that an expression is; if it is none, that is reported with
    /// `what` naming it.
    pub(crate) fn constant(
        &mut self,
        written: &ast::Expression,
        expected: &Type,
        what: &str,
    ) -> Option<Constant> {
        let value = self.operand(written, Some(expected));
        if value.ty == Type::Error {
            return None;
        }
        if !agrees(&value.ty, expected) {
            let expected_words = self.describe(expected);
            self.mismatch_with(&value, expected, &format!("{expected_words} as {what}"));
            return None;
        }
        let constant = as_constant(&value);
        if constant.is_none() {
            self.not_constant(written.span, what);
        }
        constant
    }

    /// A parameter where it is read. Until the rule is complete, its number is that of its declaration.
    pub(super) fn parameter(&mut self, id: GlobalId, span: Span) -> ir::Expression {
        self.used.insert(id);
        match self.bodies.parameters.get(&id) {
            Some(parameter) => expression(ExpressionKind::Parameter(id), parameter.ty.clone(), span),
            None => error(span),
        }
    }
}

/// Whether a repository or a cluster can give a value of that type.
fn is_parameter_type(ty: &Type) -> bool {
    match ty {
        Type::Bool
        | Type::Int
        | Type::Decimal
        | Type::String
        | Type::Image
        | Type::Regex
        | Type::Quantity(Some(_)) => true,
        Type::Range(element) | Type::List(element) | Type::Map(element) => is_parameter_type(element),
        _ => false,
    }
}
