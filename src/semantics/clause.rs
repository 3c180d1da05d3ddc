//! `require` and `forbid` with what belongs to them: the violation, its message, its place, its mends.

use super::checker::{Checker, Role, error, expression};
use super::types::{agrees, alternatives, is_text};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Constant, Each, ExpressionKind, FixEdit, Slot, Type};
use crate::syntax::ast::{self, ClauseForm, Quantifier};

impl Checker<'_> {
    /// A clause. What it guarantees is known behind it.
    pub(super) fn clause(&mut self, clause: &ast::Clause, innermost: Option<Slot>) -> ir::Clause {
        let names = self.names.len();
        let facts = self.facts.mark();
        let mut each = Vec::new();
        let mut filters: Vec<ir::Expression> = Vec::new();
        let mut condition = &clause.condition;
        let mut form = clause.form;
        // Each element that breaks the clause is a finding of its own.
        while let ast::ExpressionKind::Quantifier(quantifier, binding, body) = &condition.kind {
            let forbidden = matches!(
                (form, quantifier),
                (ClauseForm::Forbid, Quantifier::Any) | (ClauseForm::Require, Quantifier::No)
            );
            if !forbidden {
                break;
            }
            each.extend(self.each(binding, Role::Binder));
            let filter = self.filter(binding);
            if let Some(each) = each.last() {
                self.warn_of_ignored_binder(each, filter.as_ref());
            }
            filters.extend(filter);
            condition = body;
            form = ClauseForm::Forbid;
        }
        let condition = self.condition(condition);
        if let Some(last) = each.last() {
            self.warn_of_ignored_binder(last, Some(&condition));
        }
        self.warn_of_constant(&condition);
        let wanted = form == ClauseForm::Require;
        let broken = if wanted {
            negated(condition.clone())
        } else {
            condition.clone()
        };
        self.facts.assume(&broken, true);
        let violation = filters.into_iter().rev().fold(broken, |rest, filter| {
            let span = filter.span.to(rest.span);
            expression(
                ExpressionKind::And(Box::new(filter), Box::new(rest)),
                Type::Bool,
                span,
            )
        });
        let at = match &clause.at {
            Some(path) => self.at(path),
            None => self.place(&each, &violation, innermost),
        };
        let message = match &clause.message {
            Some(message) => self.sentence(message),
            None => self.message(&each, &condition, wanted, at.as_ref(), innermost),
        };
        let help = clause.help.as_ref().map(|help| self.sentence(help));
        let fixes = clause.fixes.iter().filter_map(|fix| self.fix(fix)).collect();
        self.facts.forget(facts);
        self.leave(names);
        if each.is_empty() {
            self.facts.assume(&condition, wanted);
        }
        ir::Clause {
            each,
            violation,
            message,
            help,
            at,
            fixes,
            span: clause.span,
        }
    }

    /// A `message` or `help`.
    fn sentence(&mut self, written: &ast::Expression) -> ir::Expression {
        let value = self.operand(written, Some(&Type::String));
        if value.ty != Type::Error && !is_text(&value.ty) {
            self.mismatch(&value, "a string");
            return error(written.span);
        }
        value
    }

    fn at(&mut self, written: &ast::Expression) -> Option<ir::Expression> {
        let path = self.infer(written, None);
        if path.ty == Type::Error {
            return None;
        }
        if !self.is_place(&path) {
            let text = self.excerpt(written.span);
            self.report(
                Diagnostic::new(
                    Code::E0411,
                    written.span,
                    format!("`{text}` is not a place in a manifest"),
                )
                .help("name a field, as in `at c.securityContext.privileged`"),
            );
            return None;
        }
        Some(path)
    }

    fn fix(&mut self, fix: &ast::Fix) -> Option<ir::Fix> {
        let edit = match &fix.edit {
            ast::FixEdit::Set(path, value) => {
                let path = self.target(path);
                let wanted = path.as_ref().map(|path| path.ty.present().clone());
                let value = self.operand(value, wanted.as_ref());
                let path = path?;
                let fits = match path.ty.present() {
                    Type::IntOrString => matches!(value.ty, Type::Int | Type::String | Type::Error),
                    Type::Any => true,
                    wanted => {
                        agrees(&value.ty, wanted)
                            || self.has_fields_of(&value, wanted)
                            || (*wanted == Type::Image && is_text(&value.ty))
                    }
                };
                if !fits {
                    let expected = self.describe(path.ty.present());
                    self.mismatch_with(
                        &value,
                        path.ty.present(),
                        &format!("{expected} as the value of the field"),
                    );
                    return None;
                }
                if !self.is_possible(&path, &value) {
                    return None;
                }
                FixEdit::Set(path, value)
            }
            ast::FixEdit::Remove(path) => {
                let path = self.target(path)?;
                if let ExpressionKind::Field {
                    required: true, name, ..
                } = &path.kind
                {
                    self.report(
                        Diagnostic::new(
                            Code::E0406,
                            fix.span,
                            format!("`{name}` cannot be removed: the API demands it"),
                        )
                        .help("set it to another value, or remove what it is part of"),
                    );
                    return None;
                }
                FixEdit::Remove(path)
            }
            ast::FixEdit::Add(value, path) => {
                let path = self.target(path);
                let element = match path.as_ref().map(|path| path.ty.present()) {
                    Some(Type::List(element)) => Some((**element).clone()),
                    _ => None,
                };
                let value = self.operand(value, element.as_ref());
                let path = path?;
                let Some(element) = element else {
                    self.mismatch(&path, "a list to add to");
                    return None;
                };
                if !agrees(&value.ty, &element) && !self.has_fields_of(&value, &element) {
                    let expected = self.describe(&element);
                    self.mismatch_with(
                        &value,
                        &element,
                        &format!("{expected} as the elements of the list"),
                    );
                    return None;
                }
                FixEdit::Add(path, value)
            }
        };
        Some(ir::Fix {
            safe: !fix.is_unsafe,
            edit,
            span: fix.span,
        })
    }

    /// Whether a constant map, or a list of such maps, has fields of a struct alone, with values of their types.
    fn has_fields_of(&self, value: &ir::Expression, wanted: &Type) -> bool {
        super::infer::as_constant(value).is_some_and(|value| self.is_constant_of(&value, wanted))
    }

    fn is_constant_of(&self, value: &Constant, wanted: &Type) -> bool {
        match (value, wanted.present()) {
            (_, Type::Any) => true,
            (Constant::String(_), Type::String | Type::Image | Type::IntOrString)
            | (Constant::Bool(_), Type::Bool)
            | (Constant::Int(_), Type::Int | Type::IntOrString) => true,
            (Constant::List(elements), Type::List(element)) => {
                elements.iter().all(|value| self.is_constant_of(value, element))
            }
            (Constant::Map(entries), Type::Map(element)) => entries
                .iter()
                .all(|(_, value)| self.is_constant_of(value, element)),
            (Constant::Map(entries), wanted) => {
                let known = alternatives(wanted);
                !known.is_empty()
                    && entries.iter().all(|(name, value)| {
                        super::fields::field_type(self.program, &known, name)
                            .is_some_and(|ty| self.is_constant_of(value, &ty))
                    })
            }
            _ => false,
        }
    }

    /// The path that a fix edits.
    fn target(&mut self, written: &ast::Expression) -> Option<ir::Expression> {
        let path = self.infer(written, None);
        if path.ty == Type::Error {
            return None;
        }
        let whole = self.spelled_out(&path);
        if whole.is_none() {
            let text = self.excerpt(written.span);
            self.report(
                Diagnostic::new(Code::E0406, written.span, format!("`{text}` cannot be edited"))
                    .label("not a place in a manifest")
                    .help("name a field, as in `fix set c.securityContext.privileged = false`"),
            );
        }
        whole
    }
}

/// The opposite of a condition.
pub(super) fn negated(condition: ir::Expression) -> ir::Expression {
    let span = condition.span;
    match condition.kind {
        ExpressionKind::Not(inner) => *inner,
        kind => {
            let ty = condition.ty.clone();
            expression(
                ExpressionKind::Not(Box::new(ir::Expression { kind, ..condition })),
                ty,
                span,
            )
        }
    }
}

/// The binder whose elements a group goes through last.
pub(super) fn innermost(each: &[Each]) -> Option<Slot> {
    each.last().map(|each| each.value)
}
