//! Expressions: syntax → compiled expressions with their types.
//!
//! In: an expression, and the type that its place asks for, if it does. What is asked for only helps
//! literals to be read; whether the result agrees is for the caller to see.

use super::checker::{Checker, Role, constant, error, expression, text};
use super::kinds::kind_names;
use super::program::{GlobalKind, Meaning};
use super::types::{common, is_printable};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Constant, ExpressionKind, Property, Type};
use crate::schema::Schema;
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::ast::{self, BinaryOperator, Binding, StringPart};

/// The words that name what a binder ranges over.
pub(super) const SUBJECTS: [&str; 6] = [
    "objects",
    "workloads",
    "pods",
    "containers",
    "scalables",
    "namespaces",
];

impl Checker<'_> {
    /// An expression with its type.
    pub(crate) fn infer(&mut self, written: &ast::Expression, expected: Option<&Type>) -> ir::Expression {
        let span = written.span;
        let expected = expected.map(Type::present);
        match &written.kind {
            ast::ExpressionKind::Bool(truth) => constant(Constant::Bool(*truth), Type::Bool, span),
            ast::ExpressionKind::Number(number) => self.number(number, false, expected, span),
            ast::ExpressionKind::Text(written) => match expected {
                Some(Type::Regex) => self.regex(written),
                _ => text(written.value.as_str(), span),
            },
            ast::ExpressionKind::Interpolation(parts) => self.interpolation(parts, span),
            ast::ExpressionKind::List(parts) => self.list(parts, expected, span),
            ast::ExpressionKind::Map(entries) => self.map(entries, expected, span),
            ast::ExpressionKind::Name(name) => self.name(name, span),
            ast::ExpressionKind::Kinds(_) => {
                let kinds = self.excerpt(span);
                self.report(
                    Diagnostic::new(Code::E0301, span, format!("`{kinds}` is a kind, not a value")).help(format!(
                        "go through its objects, as in `any x in {kinds}: …`, or test a value with `is {kinds}`"
                    )),
                );
                error(span)
            }
            ast::ExpressionKind::Field(base, name) => {
                if let ast::ExpressionKind::Name(root) = &base.kind
                    && root == "repository"
                    && self.lookup(root).is_none()
                {
                    return self.repository(name, span);
                }
                let base = self.infer(base, None);
                self.field(base, name, span)
            }
            ast::ExpressionKind::Index(base, key) => {
                let base = self.infer(base, None);
                self.index(base, key, span)
            }
            ast::ExpressionKind::Call(call) => self.call(call, span),
            ast::ExpressionKind::Cast(value, ty) => self.cast(value, ty, span),
            ast::ExpressionKind::Negate(value) => match &value.kind {
                ast::ExpressionKind::Number(number) => self.number(number, true, expected, span),
                _ => self.negate(value, expected, span),
            },
            ast::ExpressionKind::Not(condition) => {
                let condition = self.condition(condition);
                expression(ExpressionKind::Not(Box::new(condition)), Type::Bool, span)
            }
            ast::ExpressionKind::Binary(left, operator, right) => {
                self.binary(left, *operator, right, expected, span)
            }
            ast::ExpressionKind::IsSet(value) => self.is_set(value, false, span),
            ast::ExpressionKind::IsMissing(value) => self.is_set(value, true, span),
            ast::ExpressionKind::IsKind(value, kinds) => self.is_kind(value, kinds, span),
            ast::ExpressionKind::Range(low, high) => self.range(low, high, expected, span),
            ast::ExpressionKind::Quantifier(quantifier, binding, body) => {
                let any = self.quantifier(binding, body, span);
                match quantifier {
                    ast::Quantifier::Any => any,
                    ast::Quantifier::No => expression(ExpressionKind::Not(Box::new(any)), Type::Bool, span),
                }
            }
            ast::ExpressionKind::Count(binding) => self.count(binding, span),
            ast::ExpressionKind::Sum(binding, value) => self.sum(binding, value, span),
        }
    }

    /// A condition: a `Bool` that is there.
    pub(crate) fn condition(&mut self, written: &ast::Expression) -> ir::Expression {
        let condition = self.operand(written, Some(&Type::Bool));
        if !matches!(condition.ty, Type::Bool | Type::Error) {
            self.mismatch(&condition, "a condition");
            return error(written.span);
        }
        condition
    }

    fn name(&mut self, name: &str, span: Span) -> ir::Expression {
        if let Some(slot) = self.lookup(name) {
            let ty = self.type_of_local(slot);
            return self.narrowed(expression(ExpressionKind::Local(slot), ty, span));
        }
        match self.program.meaning(self.module, name) {
            Meaning::One(id) => match self.program.globals[id].kind {
                GlobalKind::Function(_) => {
                    self.report(
                        Diagnostic::new(Code::E0301, span, format!("`{name}` is a function, not a value"))
                            .help(format!("call it: `{name}(…)`")),
                    );
                    error(span)
                }
                GlobalKind::Let(_) => self.put_in_place(id, Vec::new(), span),
                GlobalKind::Param(_) => self.parameter(id, span),
            },
            Meaning::Ambiguous(ids) => {
                let mut diagnostic = Diagnostic::new(
                    Code::E0202,
                    span,
                    format!("`{name}` is declared by several used files"),
                );
                for id in ids {
                    diagnostic = diagnostic.with(self.program.globals[id].name.span, "here");
                }
                self.report(
                    diagnostic.help("use only one of these files, or rename one of the declarations"),
                );
                error(span)
            }
            Meaning::Unknown => {
                self.unknown_name(name, span);
                error(span)
            }
        }
    }

    fn unknown_name(&mut self, name: &str, span: Span) {
        let diagnostic = Diagnostic::new(Code::E0201, span, format!("unknown name `{name}`"));
        if SUBJECTS.contains(&name) {
            self.report(diagnostic.help(format!(
                "`{name}` can be gone through, as in `any x in {name}: …`, but is no value"
            )));
            return;
        }
        if let Some(former) = self.former.get(name).copied() {
            self.report(
                diagnostic
                    .with(former, "this name has left scope")
                    .help("a `for` after a clause starts a fresh group; bind it again there"),
            );
            return;
        }
        if let Some(kind) = kind_spelt_small(self.schema(), name) {
            self.report(diagnostic.help(format!("did you mean the kind `{kind}`?")).fix(
                format!("write `{kind}`"),
                true,
                span,
                kind,
            ));
            return;
        }
        let locals = self.names.iter().map(|bound| bound.name.as_str());
        let globals = self.program.visible_names(self.module);
        let near = nearest(name, locals.chain(globals)).map(str::to_owned);
        self.report(match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                true,
                span,
                near,
            ),
            None => diagnostic.help("declare it with `let`, `param` or `for`, or `use` the file that does"),
        });
    }

    fn repository(&mut self, name: &ast::Name, span: Span) -> ir::Expression {
        if name.text != "complete" {
            self.report(
                Diagnostic::new(
                    Code::E0302,
                    name.span,
                    format!("the repository has no field `{}`", name.text),
                )
                .help("its only field is `complete`")
                .fix("write `complete`", true, name.span, "complete"),
            );
            return error(span);
        }
        let base = constant(Constant::Bool(true), Type::Bool, span);
        expression(
            ExpressionKind::Property(Box::new(base), Property::Complete),
            Type::Bool,
            span,
        )
    }

    fn interpolation(&mut self, parts: &[StringPart], span: Span) -> ir::Expression {
        let parts = parts
            .iter()
            .map(|part| match part {
                StringPart::Text(plain) => text(plain.as_str(), span),
                StringPart::Expression(written) => {
                    let value = self.infer(written, None);
                    if !is_printable(&value.ty) {
                        let ty = self.describe(&value.ty);
                        self.report(
                            Diagnostic::new(
                                Code::E0317,
                                written.span,
                                format!("{} cannot be printed", super::fields::article(&ty)),
                            )
                            .help("print one of its fields, or `count` its elements"),
                        );
                    }
                    value
                }
            })
            .collect();
        expression(ExpressionKind::Interpolate(parts), Type::String, span)
    }

    fn list(&mut self, parts: &[ast::Expression], expected: Option<&Type>, span: Span) -> ir::Expression {
        let wanted = match expected {
            Some(Type::List(element)) => Some(&**element),
            _ => None,
        };
        let mut element: Option<Type> = wanted.cloned().filter(|_| parts.is_empty());
        let mut values: Vec<ir::Expression> = Vec::with_capacity(parts.len());
        let mut faulty = false;
        for part in parts {
            let hint = wanted.or(element.as_ref()).cloned();
            let value = self.infer(part, hint.as_ref());
            let ty = value.ty.present().clone();
            match &element {
                None => element = Some(ty),
                Some(before) => match common(before, &ty) {
                    Some(both) => element = Some(both),
                    None => {
                        let expected = self.describe(before);
                        self.mismatch(&value, &format!("{expected} as the other elements"));
                        faulty = true;
                    }
                },
            }
            values.push(value);
        }
        if faulty {
            return error(span);
        }
        let ty = Type::List(Box::new(element.unwrap_or(Type::Error)));
        let constants: Option<Vec<Constant>> = values.iter().map(as_constant).collect();
        match constants {
            Some(constants) => constant(Constant::List(constants), ty, span),
            None => expression(ExpressionKind::List(values), ty, span),
        }
    }

    fn map(
        &mut self,
        entries: &[(ast::Text, ast::Expression)],
        expected: Option<&Type>,
        span: Span,
    ) -> ir::Expression {
        let wanted = match expected {
            Some(Type::Map(value)) => Some(&**value),
            _ => None,
        };
        let mut ty: Option<Type> = wanted.cloned().filter(|_| entries.is_empty());
        let mut constants = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let hint = wanted.or(ty.as_ref()).cloned();
            let value = self.operand(value, hint.as_ref());
            ty = match &ty {
                None => Some(value.ty.clone()),
                Some(before) => match common(before, &value.ty) {
                    Some(both) => Some(both),
                    None => {
                        let expected = self.describe(before);
                        self.mismatch(&value, &format!("{expected} as the other values"));
                        return error(span);
                    }
                },
            };
            if constants
                .iter()
                .any(|(known, _): &(std::sync::Arc<str>, _)| **known == key.value)
            {
                self.report(
                    Diagnostic::new(
                        Code::E0202,
                        key.span,
                        format!("the key `{}` stands twice", key.value),
                    )
                    .help("remove one of the two"),
                );
                return error(span);
            }
            match as_constant(&value) {
                Some(constant) => constants.push((key.value.as_str().into(), constant)),
                None => {
                    if value.ty != Type::Error {
                        self.not_constant(value.span, "the value of a map");
                    }
                    return error(span);
                }
            }
        }
        let ty = Type::Map(Box::new(ty.unwrap_or(Type::Error)));
        constant(Constant::Map(constants), ty, span)
    }

    fn range(
        &mut self,
        low: &ast::Expression,
        high: &ast::Expression,
        expected: Option<&Type>,
        span: Span,
    ) -> ir::Expression {
        let wanted = match expected {
            Some(Type::Range(bound)) => Some(&**bound),
            other => other,
        };
        let low = self.operand(low, wanted);
        let hint = wanted.cloned().unwrap_or_else(|| low.ty.clone());
        let high = self.operand(high, Some(&hint));
        if low.ty == Type::Error || high.ty == Type::Error {
            return error(span);
        }
        let number = matches!(low.ty, Type::Int | Type::Decimal | Type::Quantity(_));
        if !number || low.ty != high.ty {
            let (from, to) = (self.describe(&low.ty), self.describe(&high.ty));
            self.report(
                Diagnostic::new(
                    Code::E0318,
                    span,
                    format!("a range has two numbers of one type, found {from} and {to}"),
                )
                .with(low.span, format!("this is {from}"))
                .with(high.span, format!("this is {to}")),
            );
            return error(span);
        }
        let (Some(from), Some(to)) = (as_constant(&low), as_constant(&high)) else {
            self.not_constant(span, "a range");
            return error(span);
        };
        if from.compare(&to).is_some_and(std::cmp::Ordering::is_gt) {
            self.report(
                Diagnostic::new(Code::E0318, span, format!("the range {from}..{to} holds nothing"))
                    .help("write the lower bound first")
                    .fix("exchange the bounds", true, span, format!("{to}..{from}")),
            );
            return error(span);
        }
        let ty = Type::Range(Box::new(low.ty));
        constant(Constant::Range(Box::new(from), Box::new(to)), ty, span)
    }

    /// `any binding: body`.
    fn quantifier(&mut self, binding: &Binding, body: &ast::Expression, span: Span) -> ir::Expression {
        let names = self.names.len();
        let facts = self.facts.mark();
        let each = self.each(binding, Role::Binder);
        let condition = self.filter(binding);
        let body = self.condition(body);
        if let Some(each) = &each {
            self.warn_of_ignored_binder(each, condition.as_ref());
            self.warn_of_ignored_binder(each, Some(&body));
        }
        self.facts.forget(facts);
        self.leave(names);
        let Some(each) = each else { return error(span) };
        let body = match condition {
            None => body,
            Some(condition) => {
                let span = condition.span.to(body.span);
                expression(
                    ExpressionKind::And(Box::new(condition), Box::new(body)),
                    Type::Bool,
                    span,
                )
            }
        };
        expression(
            ExpressionKind::Any(Box::new(each), Box::new(body)),
            Type::Bool,
            span,
        )
    }

    /// The `where` of a binding; what it says holds behind it.
    pub(super) fn filter(&mut self, binding: &Binding) -> Option<ir::Expression> {
        let condition = self.condition(binding.condition.as_deref()?);
        self.facts.assume(&condition, true);
        Some(condition)
    }

    fn count(&mut self, binding: &Binding, span: Span) -> ir::Expression {
        let names = self.names.len();
        let facts = self.facts.mark();
        let each = self.each(binding, Role::Binder);
        let condition = self.filter(binding);
        if let Some(each) = &each {
            self.warn_of_ignored_binder(each, condition.as_ref());
        }
        self.facts.forget(facts);
        self.leave(names);
        let Some(each) = each else { return error(span) };
        let kind = ExpressionKind::Count(Box::new(each), condition.map(Box::new));
        expression(kind, Type::Int, span)
    }

    fn sum(&mut self, binding: &Binding, value: &ast::Expression, span: Span) -> ir::Expression {
        let names = self.names.len();
        let facts = self.facts.mark();
        let each = self.each(binding, Role::Binder);
        let condition = self.filter(binding);
        let value = self.infer(value, None);
        self.facts.forget(facts);
        self.leave(names);
        let Some(each) = each else { return error(span) };
        match value.ty.present() {
            Type::Int | Type::Decimal | Type::Quantity(_) => {}
            Type::Error => return error(span),
            _ => {
                self.mismatch(&value, "numbers or quantities to add up");
                return error(span);
            }
        }
        let ty = value.ty.clone();
        expression(
            ExpressionKind::Sum {
                each: Box::new(each),
                condition: condition.map(Box::new),
                value: Box::new(value),
            },
            ty,
            span,
        )
    }

    fn is_kind(&mut self, value: &ast::Expression, names: &[ast::KindName], span: Span) -> ir::Expression {
        let value = self.infer(value, None);
        let value = self.resolved(value);
        let kinds = self.kinds(names);
        let known = match &value.ty {
            Type::Document(known) => known.clone(),
            Type::Error => return error(span),
            _ => {
                self.mismatch(&value, "an object");
                return error(span);
            }
        };
        if kinds.len() < names.len() {
            return error(span);
        }
        for (kind, name) in kinds.iter().zip(names) {
            if !known.is_empty() && !known.contains(kind) {
                let ty = self.describe(&value.ty);
                self.report(
                    Diagnostic::new(
                        Code::E0301,
                        name.span,
                        format!(
                            "{} is never {}",
                            super::fields::article(&ty),
                            super::fields::article(&kind.kind)
                        ),
                    )
                    .with(value.span, format!("this is {}", super::fields::article(&ty)))
                    .help("remove the kind from the test"),
                );
                return error(span);
            }
        }
        expression(ExpressionKind::IsKind(Box::new(value), kinds), Type::Bool, span)
    }

    fn binary(
        &mut self,
        left: &ast::Expression,
        operator: BinaryOperator,
        right: &ast::Expression,
        expected: Option<&Type>,
        span: Span,
    ) -> ir::Expression {
        use BinaryOperator::*;
        match operator {
            And | Or => {
                let left = self.condition(left);
                let mark = self.facts.mark();
                self.facts.assume(&left, operator == And);
                let right = self.condition(right);
                self.facts.forget(mark);
                let (left, right) = (Box::new(left), Box::new(right));
                let kind = match operator {
                    And => ExpressionKind::And(left, right),
                    _ => ExpressionKind::Or(left, right),
                };
                expression(kind, Type::Bool, span)
            }
            Coalesce => self.coalesce(left, right, expected, span),
            Multiply | Divide | Add | Subtract => self.arithmetic(left, operator, right, expected, span),
            Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual => {
                self.comparison(left, operator, right, span)
            }
            In => self.membership(left, right, span),
            Like | StartsWith | EndsWith => self.text_test(left, operator, right, span),
            Contains => self.contains(left, right, span),
            Matches => self.matches(left, right, span),
            Selects | RefersTo | Deploys => self.join(left, operator, right, span),
        }
    }

    /// Reports a value that must be known when the policy is compiled.
    pub(super) fn not_constant(&mut self, span: Span, what: &str) {
        self.report(
            Diagnostic::new(Code::E0409, span, format!("{what} must be constant"))
                .help("write it with literals and `let` names of the file"),
        );
    }
}

/// The constant that an expression is.
pub(crate) fn as_constant(value: &ir::Expression) -> Option<Constant> {
    match &value.kind {
        ExpressionKind::Constant(constant) if value.ty != Type::Error => Some(constant.clone()),
        _ => None,
    }
}

/// The kind that a word in lower case, perhaps in the plural, was meant to be.
fn kind_spelt_small<'s>(schema: &'s Schema, word: &str) -> Option<&'s str> {
    let is_meant = |kind: &&str| {
        let kind = kind.to_lowercase();
        [kind.clone(), format!("{kind}s"), format!("{kind}es")].contains(&word.to_lowercase())
    };
    kind_names(schema).find(is_meant)
}
