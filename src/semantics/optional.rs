//! Values that may be absent: operands must not be, `??` resolves them, `is set` asks.

use super::checker::{Checker, constant, error, expression};
use super::fields::{article, fields_of};
use super::kinds::definitions;
use super::types::{agrees, alternatives, common};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Constant, ExpressionKind, Property, Type};
use crate::schema::Absence;
use crate::source::Span;
use crate::syntax::ast;

impl Checker<'_> {
    /// An expression whose value an operator reads: it must be there and of a type that is known.
    pub(crate) fn operand(&mut self, written: &ast::Expression, expected: Option<&Type>) -> ir::Expression {
        let value = self.infer(written, expected);
        self.resolved(value)
    }

    /// The value, which must not be absent. What is reported is taken as present afterwards.
    pub(super) fn resolved(&mut self, mut value: ir::Expression) -> ir::Expression {
        match value.ty.present() {
            Type::Any | Type::IntOrString => {
                self.must_be_cast(&value);
                error(value.span)
            }
            present if value.ty.is_optional() => {
                let present = present.clone();
                self.unresolved(&value);
                value.ty = present;
                value
            }
            _ => value,
        }
    }

    fn must_be_cast(&mut self, value: &ir::Expression) {
        let written = self.excerpt(value.span);
        let (message, help) = match value.ty.present() {
            Type::IntOrString => (
                format!("`{written}` may be a number or a string"),
                "test its type with `as Int` or `as String`, which gives a value that may be absent",
            ),
            _ => (
                format!("the type of `{written}` is not known"),
                "say what it is, as in `as String`, which gives a value that may be absent",
            ),
        };
        self.report(Diagnostic::new(Code::E0309, value.span, message).help(help));
    }

    fn unresolved(&mut self, value: &ir::Expression) {
        let written = self.excerpt(value.span);
        let ty = self.describe(&value.ty);
        let diagnostic = Diagnostic::new(Code::E0303, value.span, format!("`{written}` may be absent"))
            .label(format!("this is {}", article(&ty)));
        let diagnostic = match self.declared_with(value) {
            Some(span) => diagnostic.with(span, "its value is given here"),
            None => diagnostic,
        };
        self.report(match self.default_when_absent(value) {
            Some(default) => diagnostic
                .help(format!(
                    "Kubernetes takes `{default}` when it is absent: write `{written} ?? {default}`"
                ))
                .fix(
                    format!("append `?? {default}`"),
                    true,
                    value.span.at_end(),
                    format!(" ?? {default}"),
                ),
            None => diagnostic.help(format!(
                "say what its absence means with `{written} ?? …`, or ask first whether `{written} is set`"
            )),
        });
    }

    /// Where a `let` name got its value.
    fn declared_with(&self, value: &ir::Expression) -> Option<Span> {
        match &value.kind {
            ExpressionKind::Local(slot) => self.values.get(slot).map(|named| named.value.span),
            _ => None,
        }
    }

    /// What Kubernetes itself does when a field is absent, as policy text.
    fn default_when_absent(&self, value: &ir::Expression) -> Option<String> {
        match &value.kind {
            ExpressionKind::Field { base, name, .. } => {
                let fields = fields_of(self.program, self.module, &base.ty, name);
                let first = fields.first()?;
                match &first.absence {
                    Absence::Value(value) if fields.iter().all(|field| field.absence == first.absence) => {
                        Some(value.to_string())
                    }
                    _ => None,
                }
            }
            ExpressionKind::Coalesce(_, last) => self.default_when_absent(last),
            ExpressionKind::Property(_, Property::ImageTag) => Some("\"latest\"".to_owned()),
            _ => None,
        }
    }

    /// `left ?? right`.
    pub(super) fn coalesce(
        &mut self,
        left: &ast::Expression,
        right: &ast::Expression,
        expected: Option<&Type>,
        span: Span,
    ) -> ir::Expression {
        let left = self.infer(left, expected);
        let wanted = match left.ty.present() {
            Type::Error | Type::Any | Type::IntOrString => expected.cloned(),
            present => Some(present.clone()),
        };
        let right = self.infer(right, wanted.as_ref());
        match &left.ty {
            Type::Error => return error(span),
            Type::List(_) | Type::Map(_) => {
                let what = if matches!(left.ty, Type::List(_)) {
                    "list"
                } else {
                    "map"
                };
                let operator = left.span.at_end().to(right.span);
                self.report(
                    Diagnostic::new(
                        Code::E0307,
                        left.span,
                        format!("a {what} is never absent: without it in the manifest it is empty"),
                    )
                    .label(format!("this is {}", article(&self.describe(&left.ty))))
                    .help("remove the `??`; to ask whether it has elements use `count`")
                    .fix("remove the `??`", true, operator, ""),
                );
                return left;
            }
            Type::Optional(_) => {}
            _ => {
                let written = self.excerpt(left.span);
                let operator = left.span.at_end().to(right.span);
                let why = if self.is_required(&left) {
                    "the API demands it"
                } else {
                    "it is never absent here"
                };
                self.report(
                    Diagnostic::new(
                        Code::W0005,
                        span,
                        format!("`??` behind `{written}` has no effect: {why}"),
                    )
                    .help("remove it")
                    .fix("remove the `??`", true, operator, ""),
                );
                return left;
            }
        }
        if matches!(left.ty.present(), Type::Any | Type::IntOrString) {
            self.must_be_cast(&left);
            return error(span);
        }
        let Some(ty) = common(left.ty.present(), &right.ty) else {
            let found = self.describe(&right.ty);
            let expected = self.describe(left.ty.present());
            self.report(
                Diagnostic::new(
                    Code::E0301,
                    right.span,
                    format!("expected {expected} behind `??`, found {found}"),
                )
                .label(format!("this is {}", article(&found)))
                .with(
                    left.span,
                    format!("this is {}", article(&self.describe(&left.ty))),
                ),
            );
            return error(span);
        };
        expression(
            ExpressionKind::Coalesce(Box::new(left), Box::new(right)),
            ty,
            span,
        )
    }

    /// Whether a value is there because the API demands it.
    fn is_required(&self, value: &ir::Expression) -> bool {
        matches!(value.kind, ExpressionKind::Field { required: true, .. })
    }

    /// `value is set`, or with `missing` its opposite.
    pub(super) fn is_set(&mut self, value: &ast::Expression, missing: bool, span: Span) -> ir::Expression {
        let value = self.infer(value, None);
        let written = self.excerpt(value.span);
        let test = if missing { "is missing" } else { "is set" };
        match &value.ty {
            Type::Error => return error(span),
            Type::List(_) | Type::Map(_) => {
                let source = self.program.text(value.span);
                let instead = format!("count({source}) {} 0", if missing { "==" } else { ">" });
                self.report(
                    Diagnostic::new(
                        Code::E0307,
                        span,
                        format!("`{written}` is never absent: without it in the manifest it is empty"),
                    )
                    .with(
                        value.span,
                        format!("this is {}", article(&self.describe(&value.ty))),
                    )
                    .help(format!("use `{instead}`"))
                    .fix(format!("write `{instead}`"), true, span, instead),
                );
                return error(span);
            }
            Type::Optional(_) | Type::Any => {}
            _ => {
                let (always, why) = match (missing, self.is_required(&value)) {
                    (false, true) => (
                        "true",
                        "the API demands it, so that its absence is a finding by itself",
                    ),
                    (true, true) => (
                        "false",
                        "the API demands it, so that its absence is a finding by itself",
                    ),
                    (false, false) => ("true", "it is never absent here"),
                    (true, false) => ("false", "it is never absent here"),
                };
                self.report(
                    Diagnostic::new(
                        Code::W0004,
                        span,
                        format!("`{written} {test}` is always {always}: {why}"),
                    )
                    .help("remove it"),
                );
                return constant(Constant::Bool(!missing), Type::Bool, span);
            }
        }
        if let Some(field) = self.filled_by_admission(&value) {
            self.report(
                Diagnostic::new(
                    Code::E0308,
                    span,
                    format!("whether `{written}` is set cannot be told in a cluster"),
                )
                .label(format!("admission fills `{field}` in as `{{}}`"))
                .help("ask for one of its fields"),
            );
            return error(span);
        }
        let present = expression(ExpressionKind::Present(Box::new(value)), Type::Bool, span);
        if missing {
            expression(ExpressionKind::Not(Box::new(present)), Type::Bool, span)
        } else {
            present
        }
    }

    /// The field's name, if admission fills it in as an empty struct.
    fn filled_by_admission(&self, value: &ir::Expression) -> Option<String> {
        let ExpressionKind::Field { base, name, .. } = &value.kind else {
            return None;
        };
        fields_of(self.program, self.module, &base.ty, name)
            .iter()
            .any(|field| field.absence == Absence::FilledIn)
            .then(|| name.to_string())
    }

    /// `value as T`: absent unless the value is of that type.
    pub(super) fn cast(
        &mut self,
        value: &ast::Expression,
        written: &ast::TypeExpression,
        span: Span,
    ) -> ir::Expression {
        let value = self.infer(value, None);
        let wanted = self.type_of(written);
        let possible = match (value.ty.present(), wanted.present()) {
            (Type::Error, _) | (_, Type::Error) => return error(span),
            (Type::Any, wanted) => is_plain(wanted),
            (Type::IntOrString, Type::Int | Type::String | Type::Quantity(_)) => true,
            (Type::Quantity(None), Type::Quantity(Some(_))) => true,
            _ => false,
        };
        if !possible
            && self.is_of_tool(&value)
            && let Some(form) = needless(value.ty.present(), wanted.present())
        {
            let value = match form {
                Needless::AsItIs => return value,
                Needless::Same => value,
                Needless::AsAny => as_any(value),
            };
            if *wanted.present() == Type::Any {
                return self.narrowed(value);
            }
            let wanted = wanted.present().clone();
            let kind = ExpressionKind::Cast(Box::new(value), wanted.clone());
            return self.narrowed(expression(kind, wanted.optional(), span));
        }
        if !possible {
            let from = self.describe(&value.ty);
            let to = self.describe(&wanted);
            let known = agrees(value.ty.present(), wanted.present());
            let message = match known {
                true => format!("the value is {} already", article(&from)),
                false => format!("{} is never {}", article(&from), article(&to)),
            };
            let diagnostic = Diagnostic::new(Code::E0310, written.span, message)
                .with(value.span, format!("this is {}", article(&from)));
            let cast = value.span.at_end().to(written.span);
            self.report(if known {
                diagnostic
                    .help("remove the `as`: the type is known")
                    .fix("remove the `as`", true, cast, "")
            } else {
                diagnostic.help("`as` tests the type of a value that may be of several; it converts nothing")
            });
            return error(span);
        }
        let wanted = wanted.present().clone();
        let kind = ExpressionKind::Cast(Box::new(value), wanted.clone());
        self.narrowed(expression(kind, wanted.optional(), span))
    }

    /// Whether a value is part of a tool's object of which policies know the fields without a definition in the
    /// repository. What is of its type in the release that is known here need not be in others.
    pub(super) fn is_of_tool(&self, value: &ir::Expression) -> bool {
        let is_of_tool = |ty: &Type| {
            let known = match ty.present() {
                Type::Document(kinds) => kinds
                    .iter()
                    .flat_map(|kind| definitions(self.schema(), kind))
                    .collect(),
                other => alternatives(other).into_iter().flatten().collect::<Vec<_>>(),
            };
            known.into_iter().any(|id| self.program.is_of_tool(id))
        };
        is_of_tool(&value.ty)
            || match &value.kind {
                ExpressionKind::Field { base, .. }
                | ExpressionKind::Index(base, _)
                | ExpressionKind::Coalesce(base, _) => self.is_of_tool(base),
                ExpressionKind::Local(slot) => {
                    let named = self.values.get(slot);
                    named.is_some_and(|named| self.is_of_tool(&named.value))
                }
                _ => false,
            }
    }

    /// Reports a value of the wrong type.
    pub(super) fn mismatch(&mut self, found: &ir::Expression, expected: &str) {
        if found.ty == Type::Error {
            return;
        }
        let ty = self.describe(&found.ty);
        self.report(
            Diagnostic::new(
                Code::E0301,
                found.span,
                format!("expected {expected}, found {ty}"),
            )
            .label(format!("this is {}", article(&ty))),
        );
    }

    /// Reports a value of the wrong type, or of the wrong dimension with the unit that was meant.
    pub(super) fn mismatch_with(&mut self, value: &ir::Expression, expected: &Type, words: &str) {
        let found = self.describe(&value.ty);
        let code = match (&value.ty, expected) {
            (Type::Quantity(_), Type::Quantity(_)) => Code::E0304,
            _ => Code::E0301,
        };
        let diagnostic = Diagnostic::new(code, value.span, format!("expected {words}, found {found}"))
            .label(format!("this is {}", super::numbers::measure(&found, &value.ty)));
        self.report(match self.mend_of_literal(value, expected) {
            Some((span, text)) => diagnostic.help(format!("did you mean `{text}`?")).fix(
                format!("write `{text}`"),
                false,
                span,
                text,
            ),
            None => diagnostic,
        });
    }
}

/// How a cast is taken that a known type makes needless.
enum Needless {
    /// The value stays, with all that is known of it.
    AsItIs,
    /// The value may be another in other releases.
    Same,
    /// What is known of the value is forgotten first.
    AsAny,
}

/// Whether values of a type are always what is asked for.
fn needless(found: &Type, wanted: &Type) -> Option<Needless> {
    match (found, wanted) {
        (_, Type::Any) => Some(Needless::AsAny),
        (Type::List(found), Type::List(wanted)) | (Type::Map(found), Type::Map(wanted))
            if **wanted == Type::Any && !found.is_struct() =>
        {
            Some(Needless::AsAny)
        }
        (Type::List(_), Type::List(wanted)) | (Type::Map(_), Type::Map(wanted)) if **wanted == Type::Any => {
            Some(Needless::AsItIs)
        }
        (Type::Struct(_) | Type::Structs(_), Type::Map(wanted)) if **wanted == Type::Any => {
            Some(Needless::AsAny)
        }
        (found, wanted) => agrees(found, wanted).then_some(Needless::Same),
    }
}

/// A value of which nothing is known.
pub(super) fn as_any(value: ir::Expression) -> ir::Expression {
    let span = value.span;
    let kind = ExpressionKind::Cast(Box::new(value), Type::Any);
    expression(kind, Type::Any.optional(), span)
}

/// Whether the type of a value tells it from others in a manifest.
fn is_plain(ty: &Type) -> bool {
    match ty {
        Type::Bool | Type::Int | Type::Decimal | Type::String | Type::Image | Type::Quantity(Some(_)) => true,
        Type::Struct(_) | Type::Container | Type::Any => true,
        Type::List(element) | Type::Map(element) => is_plain(element),
        _ => false,
    }
}
