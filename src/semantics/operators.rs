//! Comparisons and tests of two values: operand types, values that a field cannot have, patterns.

use super::checker::{Checker, error, expression};
use super::fields::{article, fields_of};
use super::infer::as_constant;
use super::types::{common, is_text};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Comparison, Constant, ExpressionKind, TestOperator, Type};
use crate::source::Span;
use crate::suggest::{nearest, one_of};
use crate::syntax::ast::{self, BinaryOperator};
use std::sync::Arc;

/// Longer chains of names are not followed for the values that a field can have.
const DEEPEST_CHAIN: usize = 64;

impl Checker<'_> {
    /// `left == right` and its like.
    pub(super) fn comparison(
        &mut self,
        left: &ast::Expression,
        operator: BinaryOperator,
        right: &ast::Expression,
        span: Span,
    ) -> ir::Expression {
        let (left, right) = self.operands(left, right, None);
        if left.ty == Type::Error || right.ty == Type::Error {
            return error(span);
        }
        let comparison = match operator {
            BinaryOperator::Equal => Comparison::Equal,
            BinaryOperator::NotEqual => Comparison::NotEqual,
            BinaryOperator::Less => Comparison::Less,
            BinaryOperator::LessOrEqual => Comparison::LessOrEqual,
            BinaryOperator::Greater => Comparison::Greater,
            _ => Comparison::GreaterOrEqual,
        };
        let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let comparable = match common(&left.ty, &right.ty) {
            Some(Type::Int | Type::Decimal | Type::Quantity(_)) => true,
            Some(Type::Bool | Type::String | Type::Image | Type::Document(_)) => !ordered,
            Some(other) => {
                let ty = self.describe(&other);
                let help = match other {
                    Type::List(_) => "compare their elements, as in `any x in xs: x == …`, or use `in`",
                    Type::Map(_) => "compare their entries",
                    _ => "compare one of their fields",
                };
                let message = if ordered {
                    format!("values of type {ty} have no order")
                } else {
                    format!("values of type {ty} are not compared as a whole")
                };
                self.report(Diagnostic::new(Code::E0301, span, message).help(help));
                return error(span);
            }
            None => {
                self.dimensions_differ(&left, &right, operator, span);
                return error(span);
            }
        };
        if !comparable {
            let ty = self.describe(&left.ty);
            self.report(
                Diagnostic::new(Code::E0301, span, format!("values of type {ty} have no order"))
                    .help("use `==` or `!=`; versions are compared with `semver(a, b) < 0`"),
            );
            return error(span);
        }
        if !self.is_possible(&left, &right) || !self.is_possible(&right, &left) {
            return error(span);
        }
        let kind = ExpressionKind::Compare(comparison, Box::new(left), Box::new(right));
        expression(kind, Type::Bool, span)
    }

    /// Whether a value can be one of the strings that a constant says; reports those that it can never be.
    pub(super) fn is_possible(&mut self, value: &ir::Expression, strings: &ir::Expression) -> bool {
        let Some(allowed) = self.values_of(value).filter(|_| as_constant(value).is_none()) else {
            return true;
        };
        let texts: Vec<Arc<str>> = match as_constant(strings) {
            Some(Constant::String(text)) => vec![text],
            Some(Constant::List(values)) => values
                .into_iter()
                .filter_map(|value| match value {
                    Constant::String(text) => Some(text),
                    _ => None,
                })
                .collect(),
            _ => return true,
        };
        let mut possible = true;
        for text in texts {
            if allowed.contains(&text) {
                continue;
            }
            possible = false;
            let literal = self.literal_within(strings.span, &text);
            let written = self.excerpt(value.span);
            let diagnostic = Diagnostic::new(
                Code::E0306,
                literal.unwrap_or(strings.span),
                format!("`{written}` is never `{text}`"),
            )
            .with(
                value.span,
                format!("this is {}", one_of(allowed.iter().take(8).map(AsRef::as_ref))),
            );
            let near = nearest(&text, allowed.iter().map(AsRef::as_ref));
            self.report(match (near, literal) {
                (Some(near), Some(span)) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                    format!("write `{near}`"),
                    true,
                    span,
                    format!("{near:?}"),
                ),
                _ => diagnostic.help("compare it with one of its values"),
            });
        }
        possible
    }

    /// Where a string literal stands within an operand.
    fn literal_within(&self, operand: Span, text: &str) -> Option<Span> {
        let literal = format!("{text:?}");
        let start = operand.start as usize + self.program.text(operand).find(&literal)?;
        Some(Span::new(operand.file, start, start + literal.len()))
    }

    /// The only strings that a value can be, if the API lists them.
    fn values_of(&self, value: &ir::Expression) -> Option<Vec<Arc<str>>> {
        self.values_within(value, DEEPEST_CHAIN)
    }

    /// The same, with at most so many steps from name to value to part.
    fn values_within(&self, value: &ir::Expression, steps: usize) -> Option<Vec<Arc<str>>> {
        let steps = steps.checked_sub(1)?;
        match &value.kind {
            ExpressionKind::Field { base, name, .. } => {
                let fields = fields_of(self.program, self.module, &base.ty, name);
                if fields.is_empty() || fields.iter().any(|field| field.values.is_empty()) {
                    return None;
                }
                Some(distinct(
                    fields.iter().flat_map(|field| field.values.iter().cloned()),
                ))
            }
            ExpressionKind::Coalesce(left, right) => {
                let mut values = self.values_within(left, steps)?;
                values.extend(self.values_within(right, steps)?);
                Some(distinct(values))
            }
            ExpressionKind::Constant(Constant::String(text)) => Some(vec![text.clone()]),
            ExpressionKind::Local(slot) => self.values_within(&self.values.get(slot)?.value, steps),
            ExpressionKind::Property(_, ir::Property::ContainerClass) => Some(
                ["regular", "init", "ephemeral"]
                    .into_iter()
                    .map(Arc::from)
                    .collect(),
            ),
            _ => None,
        }
    }

    /// `left in right`.
    pub(super) fn membership(
        &mut self,
        left: &ast::Expression,
        right: &ast::Expression,
        span: Span,
    ) -> ir::Expression {
        let left = self.operand(left, None);
        let hint = match &left.ty {
            Type::Error => None,
            ty => Some(Type::List(Box::new(ty.clone()))),
        };
        let right = self.operand(right, hint.as_ref());
        if left.ty == Type::Error || right.ty == Type::Error {
            return error(span);
        }
        self.note_read(&right);
        let wanted = match &right.ty {
            Type::List(element) => (**element).clone(),
            Type::Map(_) => Type::String,
            Type::Range(bound) => (**bound).clone(),
            _ => {
                let ty = self.describe(&right.ty);
                let diagnostic = Diagnostic::new(
                    Code::E0301,
                    right.span,
                    format!("expected a list, a map or a range behind `in`, found {ty}"),
                )
                .label(format!("this is {}", article(&ty)));
                self.report(if is_text(&right.ty) {
                    diagnostic.help("write `b contains a` for a part of a string")
                } else {
                    diagnostic
                });
                return error(span);
            }
        };
        if common(&left.ty, &wanted).is_none() {
            self.dimensions_differ_in(&left, &right, &wanted, span);
            return error(span);
        }
        if !self.is_possible(&left, &right) {
            return error(span);
        }
        self.test(TestOperator::In, left, right, span)
    }

    fn dimensions_differ_in(
        &mut self,
        left: &ir::Expression,
        right: &ir::Expression,
        wanted: &Type,
        span: Span,
    ) {
        let (from, to) = (self.describe(&left.ty), self.describe(wanted));
        let code = match (&left.ty, wanted) {
            (Type::Quantity(_), Type::Quantity(_)) => Code::E0304,
            _ => Code::E0301,
        };
        self.report(
            Diagnostic::new(code, span, format!("{from} is never among values of type {to}"))
                .with(left.span, format!("this is {}", article(&from)))
                .with(right.span, format!("these are of type {to}")),
        );
    }

    /// `like`, `startsWith`, `endsWith`.
    pub(super) fn text_test(
        &mut self,
        left: &ast::Expression,
        operator: BinaryOperator,
        right: &ast::Expression,
        span: Span,
    ) -> ir::Expression {
        let left = self.operand(left, Some(&Type::String));
        let right = self.operand(right, Some(&Type::String));
        let (operator, word) = match operator {
            BinaryOperator::Like => (TestOperator::Like, "like"),
            BinaryOperator::StartsWith => (TestOperator::StartsWith, "startsWith"),
            _ => (TestOperator::EndsWith, "endsWith"),
        };
        for operand in [&left, &right] {
            if operand.ty == Type::Error {
                return error(span);
            }
            if !is_text(&operand.ty) {
                self.mismatch(operand, "a string");
                if let (Type::List(_), Some(last)) = (&operand.ty, self.diagnostics.last_mut()) {
                    last.help = Some(format!(
                        "test each element, as in `any pattern in patterns: … {word} pattern`"
                    ));
                }
                return error(span);
            }
        }
        if operator == TestOperator::Like {
            self.warn_of_regular_expression(&right);
        }
        self.test(operator, left, right, span)
    }

    /// `left contains right`.
    pub(super) fn contains(
        &mut self,
        left: &ast::Expression,
        right: &ast::Expression,
        span: Span,
    ) -> ir::Expression {
        let left = self.operand(left, None);
        self.note_read(&left);
        let wanted = match &left.ty {
            Type::List(element) => (**element).clone(),
            Type::String | Type::Image => Type::String,
            Type::Error => Type::Error,
            _ => {
                self.mismatch(&left, "a string or a list before `contains`");
                Type::Error
            }
        };
        let right = self.operand(right, Some(&wanted));
        if wanted == Type::Error || right.ty == Type::Error {
            return error(span);
        }
        if common(&wanted, &right.ty).is_none() {
            let wanted = self.describe(&wanted);
            self.mismatch(&right, &wanted);
            return error(span);
        }
        self.test(TestOperator::Contains, left, right, span)
    }

    /// `left matches right`.
    pub(super) fn matches(
        &mut self,
        left: &ast::Expression,
        right: &ast::Expression,
        span: Span,
    ) -> ir::Expression {
        let left = self.operand(left, Some(&Type::String));
        let right = self.operand(right, Some(&Type::Regex));
        if left.ty == Type::Error || right.ty == Type::Error {
            return error(span);
        }
        if !is_text(&left.ty) {
            self.mismatch(&left, "a string");
            return error(span);
        }
        match (&right.ty, as_constant(&right)) {
            (Type::Regex, _) => self.test(TestOperator::Matches, left, right, span),
            // A `let` of the file holds text until it stands behind `matches`.
            (Type::String, Some(Constant::String(pattern))) => match self.pattern(&pattern, right.span, None)
            {
                Some(pattern) => self.test(TestOperator::Matches, left, pattern, span),
                None => error(span),
            },
            _ => {
                self.not_constant(right.span, "a regular expression");
                error(span)
            }
        }
    }

    /// A regular expression written as a literal.
    pub(super) fn regex(&mut self, written: &ast::Text) -> ir::Expression {
        // A raw literal stands in the text as it is, so that a fault can be pointed at.
        let start = match written.style {
            ast::TextStyle::Raw => Some(written.span.start + 2),
            ast::TextStyle::Quoted => {
                Some(written.span.start + 1).filter(|_| written.span.range().len() == written.value.len() + 2)
            }
            ast::TextStyle::Block => None,
        };
        self.pattern(&written.value, written.span, start)
            .unwrap_or_else(|| error(written.span))
    }

    fn pattern(&mut self, pattern: &str, span: Span, start: Option<u32>) -> Option<ir::Expression> {
        match ir::normalise_pattern(pattern) {
            Ok(pattern) => Some(super::checker::constant(
                Constant::String(pattern.into()),
                Type::Regex,
                span,
            )),
            Err(fault) => {
                let at = match start {
                    Some(start) => {
                        let start = start as usize;
                        Span::new(span.file, start + fault.at.start, start + fault.at.end)
                    }
                    None => span,
                };
                let diagnostic = Diagnostic::new(Code::E0311, at, fault.message);
                self.report(match fault.help {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                });
                None
            }
        }
    }

    pub(super) fn test(
        &self,
        operator: TestOperator,
        left: ir::Expression,
        right: ir::Expression,
        span: Span,
    ) -> ir::Expression {
        let kind = ExpressionKind::Test(operator, Box::new(left), Box::new(right));
        expression(kind, Type::Bool, span)
    }
}

/// The values in their order, each once.
fn distinct(values: impl IntoIterator<Item = Arc<str>>) -> Vec<Arc<str>> {
    let mut found = Vec::new();
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}
