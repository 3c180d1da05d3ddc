//! `selects`, `refersTo`, `deploys`: which operands they join.

use super::checker::{Checker, error, expression};
use super::kinds::bear_pods;
use super::types::alternatives;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, ExpressionKind, Property, TestOperator, Type};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOperator};

impl Checker<'_> {
    /// A join. Its left side may be absent: what is absent selects, refers to and deploys nothing.
    pub(super) fn join(
        &mut self,
        left: &ast::Expression,
        operator: BinaryOperator,
        right: &ast::Expression,
        span: Span,
    ) -> ir::Expression {
        let left = self.infer(left, None);
        let right = self.infer(right, None);
        let right = self.resolved(right);
        if left.ty == Type::Error || right.ty == Type::Error {
            return error(span);
        }
        let (test, word, left_words, fits_left) = match operator {
            BinaryOperator::Selects => (
                TestOperator::Selects,
                "selects",
                "a label selector or a map of labels",
                self.is_selector(&left.ty),
            ),
            BinaryOperator::RefersTo => (
                TestOperator::RefersTo,
                "refersTo",
                "a reference: a struct with a `name`, such as `scaleTargetRef`, `roleRef` or a subject",
                self.is_reference(&left.ty),
            ),
            _ => (
                TestOperator::Deploys,
                "deploys",
                "an object of Argo CD or Flux",
                matches!(left.ty, Type::Document(_)),
            ),
        };
        if !fits_left {
            self.wrong_side(&left, "before", word, left_words);
            if test == TestOperator::Selects
                && matches!(left.ty, Type::Document(_))
                && let Some(last) = self.diagnostics.last_mut()
            {
                last.help = Some("name its selector, as in `s.spec.selector selects p`".into());
            }
            return error(span);
        }
        let (right_words, fits_right) = match test {
            TestOperator::Selects => (
                "a pod, an object or a map of labels",
                matches!(right.ty, Type::Pod | Type::Document(_))
                    || right.ty == Type::Map(Box::new(Type::String)),
            ),
            _ => ("an object", matches!(right.ty, Type::Document(_) | Type::Pod)),
        };
        if !fits_right {
            self.wrong_side(&right, "behind", word, right_words);
            if right.ty == Type::Container
                && let Some(last) = self.diagnostics.last_mut()
            {
                last.help = Some("write `.pod` behind the container".into());
            }
            return error(span);
        }
        let right = match (&right.ty, test) {
            // What bears pods is selected by the labels of its pods, and what is a pod's is its object.
            (Type::Document(kinds), TestOperator::Selects) if bear_pods(self.schema(), kinds) => {
                let span = right.span;
                expression(
                    ExpressionKind::Property(Box::new(right), Property::Pod),
                    Type::Pod,
                    span,
                )
            }
            (Type::Pod, TestOperator::RefersTo | TestOperator::Deploys) => {
                let span = right.span;
                expression(
                    ExpressionKind::Property(Box::new(right), Property::Object),
                    Type::Document(Vec::new()),
                    span,
                )
            }
            _ => right,
        };
        self.test(test, left, right, span)
    }

    fn is_selector(&self, ty: &Type) -> bool {
        match ty.present() {
            Type::Map(value) => **value == Type::String,
            Type::Any => true,
            other => {
                let alternatives = alternatives(other);
                !alternatives.is_empty()
                    && alternatives.iter().flatten().all(|id| {
                        let definition = self.schema().definition(*id);
                        definition.field("matchLabels").is_some() || &*definition.name == "NodeSelector"
                    })
            }
        }
    }

    fn is_reference(&self, ty: &Type) -> bool {
        match ty.present() {
            Type::Reference | Type::Any => true,
            other => {
                let alternatives = alternatives(other);
                !alternatives.is_empty()
                    && alternatives.iter().flatten().all(|id| {
                        let definition = self.schema().definition(*id);
                        ["name", "secretName", "claimName", "service"]
                            .iter()
                            .any(|field| definition.field(field).is_some())
                    })
            }
        }
    }

    fn wrong_side(&mut self, operand: &ir::Expression, side: &str, word: &str, expected: &str) {
        let ty = self.describe(&operand.ty);
        self.report(
            Diagnostic::new(
                Code::E0316,
                operand.span,
                format!("expected {expected} {side} `{word}`, found {ty}"),
            )
            .label(format!("this is {}", super::fields::article(&ty))),
        );
    }
}
