//! Expressions, with parentheses only where they are needed.

use super::layout::Doc;
use super::literals::{kinds_text, type_text};
use super::{Brackets, Writer};
use crate::syntax::ast::{
    BinaryOperator, Binding, Call, Expression, ExpressionKind, Name, Precedence, Quantifier, Text, TextStyle,
};

impl Writer<'_> {
    /// An expression that nothing follows.
    pub(super) fn expression(&mut self, expression: &Expression) -> Doc {
        self.operand(expression, Precedence::Or, true)
    }

    /// An expression where only a prefix, a primary and what is attached to it may stand.
    pub(super) fn amount(&mut self, expression: &Expression) -> Doc {
        self.operand(expression, Precedence::Unary, false)
    }

    /// An expression where only what binds at least so tightly may stand. `is_last` says that nothing
    /// follows that a quantifier could swallow.
    fn operand(&mut self, expression: &Expression, least: Precedence, is_last: bool) -> Doc {
        let is_bare = match &expression.kind {
            // It reaches as far right as possible.
            ExpressionKind::Quantifier(..) => is_last && least <= Precedence::Not,
            _ => precedence(expression) >= least,
        };
        if is_bare {
            return self.bare(expression, is_last);
        }
        self.parenthesised(expression)
    }

    fn parenthesised(&mut self, expression: &Expression) -> Doc {
        Doc::Row(vec![Doc::text("("), self.bare(expression, true), Doc::text(")")])
    }

    /// What dots, brackets and casts are attached to.
    fn base(&mut self, expression: &Expression) -> Doc {
        let is_bare = match &expression.kind {
            ExpressionKind::Cast(..) => false,
            ExpressionKind::Kinds(kinds) => matches!(kinds.as_slice(), [kind] if kind.group.is_none()),
            _ => precedence(expression) == Precedence::Postfix,
        };
        if is_bare {
            return self.bare(expression, true);
        }
        self.parenthesised(expression)
    }

    fn bare(&mut self, expression: &Expression, is_last: bool) -> Doc {
        let end = expression.span.end;
        match &expression.kind {
            ExpressionKind::Bool(value) => Doc::text(value.to_string()),
            ExpressionKind::Number(text) | ExpressionKind::Name(text) => Doc::text(text),
            ExpressionKind::Text(text) => self.string(text),
            ExpressionKind::Interpolation(parts) => self.interpolation(parts),
            ExpressionKind::List(elements) => self.row(("[", "]"), elements, Precedence::Or, end),
            ExpressionKind::Map(entries) => self.map(entries, end),
            ExpressionKind::Kinds(kinds) => Doc::Text(kinds_text(kinds)),
            ExpressionKind::Field(base, field) => {
                Doc::Row(vec![self.base(base), Doc::text(format!(".{}", field.text))])
            }
            ExpressionKind::Index(base, key) => Doc::Row(vec![
                self.base(base),
                Doc::text("["),
                self.expression(key),
                Doc::text("]"),
            ]),
            ExpressionKind::Call(call) => self.call(call, end),
            ExpressionKind::Cast(base, ty) => {
                Doc::Row(vec![self.base(base), Doc::text(format!(" as {}", type_text(ty)))])
            }
            ExpressionKind::Negate(inner) => Doc::Row(vec![
                Doc::text("-"),
                self.operand(inner, Precedence::Unary, false),
            ]),
            // Not needed, but what `not a == b` denies is easily misread.
            ExpressionKind::Not(inner) if matches!(inner.kind, ExpressionKind::Binary(..)) => {
                Doc::Row(vec![Doc::text("not "), self.parenthesised(inner)])
            }
            ExpressionKind::Not(inner) => Doc::Row(vec![
                Doc::text("not "),
                self.operand(inner, Precedence::Not, is_last),
            ]),
            ExpressionKind::Binary(..) => self.chain(expression, is_last),
            ExpressionKind::IsSet(value) => self.test(value, "is set"),
            ExpressionKind::IsMissing(value) => self.test(value, "is missing"),
            ExpressionKind::IsKind(value, kinds) => self.test(value, &format!("is {}", kinds_text(kinds))),
            ExpressionKind::Range(low, high) => Doc::Row(vec![
                self.operand(low, Precedence::Sum, false),
                Doc::text(".."),
                self.operand(high, Precedence::Sum, false),
            ]),
            ExpressionKind::Quantifier(quantifier, binding, body) => {
                let word = match quantifier {
                    Quantifier::Any => "any ",
                    Quantifier::No => "no ",
                };
                let binding = self.binding(binding, Doc::Line);
                let mut behind = self.gap(body.span.start, Doc::Line);
                behind.push(self.expression(body));
                Doc::group(vec![
                    Doc::text(word),
                    binding,
                    Doc::text(":"),
                    Doc::indent(behind),
                ])
            }
            ExpressionKind::Count(binding) => Doc::group(vec![
                Doc::text("count("),
                self.binding(binding, Doc::Line),
                Doc::text(")"),
            ]),
            ExpressionKind::Sum(binding, body) => Doc::group(vec![
                Doc::text("sum("),
                self.binding(binding, Doc::Line),
                Doc::text(": "),
                self.expression(body),
                Doc::text(")"),
            ]),
        }
    }

    fn test(&mut self, value: &Expression, test: &str) -> Doc {
        Doc::Row(vec![
            self.operand(value, Precedence::Range, false),
            Doc::text(format!(" {test}")),
        ])
    }

    /// Operations of one precedence, broken before each operator if they are too long together.
    fn chain(&mut self, expression: &Expression, is_last: bool) -> Doc {
        let (first, links) = links(expression);
        let Some((first_operator, _)) = links.first() else {
            return self.operand(first, Precedence::Postfix, is_last);
        };
        let level = first_operator.precedence();
        let count = links.len();
        // The first operand stands left of its operator: only the rightmost of a chain to the right,
        // and no first one, may be of the same level.
        let first_least = match level {
            Precedence::Coalesce | Precedence::Comparison => level.tighter(),
            _ => level,
        };
        let mut rest = Vec::new();
        let is_chain = matches!(first.kind, ExpressionKind::Binary(..));
        let first = self.operand(first, first_least, false);
        // The operators of a chain within stand further in than those around it.
        let first = if is_chain { Doc::indent(vec![first]) } else { first };
        for (index, (operator, operand)) in links.into_iter().enumerate() {
            let line = if level == Precedence::Comparison {
                Doc::text(" ")
            } else {
                Doc::Line
            };
            rest.extend(self.gap(operand.span.start, line));
            rest.push(Doc::text(format!("{} ", operator.symbol())));
            let is_last = is_last && index + 1 == count;
            // `x as Money / Duration` would be a type.
            let is_divisor = operator == BinaryOperator::Divide && starts_with_kind(operand);
            rest.push(match is_divisor {
                true => self.parenthesised(operand),
                false => self.operand(operand, level.tighter(), is_last),
            });
        }
        // A comparison is not broken itself; a list on its right is.
        match level {
            Precedence::Comparison => Doc::group(vec![first, Doc::Row(rest)]),
            _ => Doc::group(vec![first, Doc::indent(rest)]),
        }
    }

    fn call(&mut self, call: &Call, end: u32) -> Doc {
        let mut docs = Vec::new();
        if let Some(receiver) = &call.receiver {
            docs.extend([self.base(receiver), Doc::text(".")]);
        }
        docs.push(Doc::text(&call.function.text));
        // `count(x in xs)` would bind `x`.
        let is_count = call.receiver.is_none() && call.function.text == "count";
        let least = if is_count {
            Precedence::Postfix
        } else {
            Precedence::Or
        };
        docs.push(self.row(("(", ")"), &call.arguments, least, end));
        Doc::Row(docs)
    }

    fn row(
        &mut self,
        marks: (&'static str, &'static str),
        elements: &[Expression],
        least: Precedence,
        end: u32,
    ) -> Doc {
        // Short literals stand several in a line.
        let is_short = |element: &Expression| match &element.kind {
            ExpressionKind::Text(text) => text.style == TextStyle::Quoted,
            kind => matches!(
                kind,
                ExpressionKind::Number(_) | ExpressionKind::Name(_) | ExpressionKind::Bool(_)
            ),
        };
        let has_comments = self
            .comments
            .first()
            .is_some_and(|comment| comment.span.start < end);
        let is_filled = !has_comments && elements.iter().all(is_short);
        let between = if is_filled {
            Doc::group(vec![Doc::Line])
        } else {
            Doc::Line
        };
        let brackets = Brackets {
            marks,
            space: Doc::Softline,
            between,
        };
        self.bracketed(
            brackets,
            elements,
            |element| element.span.start,
            end,
            |writer, element| writer.operand(element, least, true),
        )
    }

    fn map(&mut self, entries: &[(Text, Expression)], end: u32) -> Doc {
        self.bracketed(
            Brackets::BRACES,
            entries,
            |(key, _)| key.span.start,
            end,
            |writer, (key, value)| {
                Doc::Row(vec![
                    writer.string(key),
                    Doc::text(": "),
                    writer.expression(value),
                ])
            },
        )
    }

    /// `x in xs where f`, with that line end before `where`. Other words follow it.
    pub(super) fn binding(&mut self, binding: &Binding, line: Doc) -> Doc {
        let mut docs = vec![
            Doc::text(format!("{} in ", names_text(&binding.names))),
            self.operand(&binding.subject, Precedence::Or, false),
        ];
        if let Some(condition) = &binding.condition {
            let condition = self.operand(condition, Precedence::Or, false);
            docs.push(Doc::indent(vec![line, Doc::text("where "), condition]));
        }
        Doc::Row(docs)
    }
}

/// Whether the first word of an operand is that of a kind.
fn starts_with_kind(expression: &Expression) -> bool {
    match &expression.kind {
        ExpressionKind::Kinds(_) => true,
        ExpressionKind::Field(first, _)
        | ExpressionKind::Index(first, _)
        | ExpressionKind::Cast(first, _)
        | ExpressionKind::Binary(first, _, _) => starts_with_kind(first),
        ExpressionKind::Call(call) => call
            .receiver
            .as_ref()
            .is_some_and(|first| starts_with_kind(first)),
        _ => false,
    }
}

/// Names with commas between them.
pub(super) fn names_text(names: &[Name]) -> String {
    let names: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
    names.join(", ")
}

/// The first operand of operations of one precedence, and the operators and operands that follow.
fn links(expression: &Expression) -> (&Expression, Vec<(BinaryOperator, &Expression)>) {
    let level = precedence(expression);
    let mut links = Vec::new();
    let mut current = expression;
    if level == Precedence::Coalesce {
        // It is nested to the right.
        let ExpressionKind::Binary(first, _, rest) = &current.kind else {
            return (current, links);
        };
        current = rest;
        while let ExpressionKind::Binary(left, BinaryOperator::Coalesce, right) = &current.kind {
            links.push((BinaryOperator::Coalesce, left.as_ref()));
            current = right;
        }
        links.push((BinaryOperator::Coalesce, current));
        return (first, links);
    }
    while let ExpressionKind::Binary(left, operator, right) = &current.kind {
        let is_link = operator.precedence() == level && (links.is_empty() || level != Precedence::Comparison);
        if !is_link {
            break;
        }
        links.push((*operator, right.as_ref()));
        current = left;
    }
    links.reverse();
    (current, links)
}

/// How tightly the outermost operation of an expression binds.
fn precedence(expression: &Expression) -> Precedence {
    match &expression.kind {
        ExpressionKind::Quantifier(..) => Precedence::Or,
        ExpressionKind::Binary(_, operator, _) => operator.precedence(),
        ExpressionKind::Not(_) => Precedence::Not,
        ExpressionKind::IsSet(_) | ExpressionKind::IsMissing(_) | ExpressionKind::IsKind(..) => {
            Precedence::Comparison
        }
        ExpressionKind::Range(..) => Precedence::Range,
        ExpressionKind::Negate(_) => Precedence::Unary,
        _ => Precedence::Postfix,
    }
}
