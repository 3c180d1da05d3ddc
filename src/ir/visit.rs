//! Walking over compiled expressions, so that no stage spells out all of their forms again.

use super::{Builtin, Domain, Each, Expression, ExpressionKind};

impl Each {
    /// The expression ranged over, if there is one.
    pub fn expression(&self) -> Option<&Expression> {
        match &self.domain {
            Domain::Elements(expression) => Some(expression),
            _ => None,
        }
    }
}

impl Expression {
    /// Whether it is a call of what reads price and grid tables, claims and the autoscalers of the repository.
    pub fn is_estimate(&self) -> bool {
        matches!(
            self.kind,
            ExpressionKind::Call(
                Builtin::Cost | Builtin::Carbon | Builtin::Energy | Builtin::Replicas | Builtin::Requests,
                _
            )
        )
    }

    /// The parts of the expression, in the order of the text. What a binder ranges over comes first,
    /// its condition and body after it.
    pub fn children(&self) -> Vec<&Expression> {
        use ExpressionKind::*;
        match &self.kind {
            Constant(_) | Parameter(_) | Local(_) => Vec::new(),
            Field { base, .. } => vec![base],
            Property(base, _)
            | Present(base)
            | IsKind(base, _)
            | Cast(base, _)
            | Not(base)
            | Negate(base) => {
                vec![base]
            }
            Index(a, b)
            | Coalesce(a, b)
            | And(a, b)
            | Or(a, b)
            | Compare(_, a, b)
            | Test(_, a, b)
            | Arithmetic(_, a, b) => vec![a, b],
            Any(each, body) => each.expression().into_iter().chain([&**body]).collect(),
            Count(each, condition) => each
                .expression()
                .into_iter()
                .chain(condition.as_deref())
                .collect(),
            Sum {
                each,
                condition,
                value,
            } => each
                .expression()
                .into_iter()
                .chain(condition.as_deref())
                .chain([&**value])
                .collect(),
            List(parts) | Interpolate(parts) | Call(_, parts) => parts.iter().collect(),
        }
    }

    /// Calls `visit` with each part, in the order of [`Expression::children`].
    pub fn for_each_child_mut(&mut self, visit: &mut dyn FnMut(&mut Expression)) {
        use ExpressionKind::*;
        match &mut self.kind {
            Constant(_) | Parameter(_) | Local(_) => {}
            Field { base, .. } => visit(base),
            Property(base, _)
            | Present(base)
            | IsKind(base, _)
            | Cast(base, _)
            | Not(base)
            | Negate(base) => visit(base),
            Index(a, b)
            | Coalesce(a, b)
            | And(a, b)
            | Or(a, b)
            | Compare(_, a, b)
            | Test(_, a, b)
            | Arithmetic(_, a, b) => {
                visit(a);
                visit(b);
            }
            Any(each, body) => {
                visit_domain(each, visit);
                visit(body);
            }
            Count(each, condition) => {
                visit_domain(each, visit);
                condition.iter_mut().for_each(|condition| visit(condition));
            }
            Sum {
                each,
                condition,
                value,
            } => {
                visit_domain(each, visit);
                condition.iter_mut().for_each(|condition| visit(condition));
                visit(value);
            }
            List(parts) | Interpolate(parts) | Call(_, parts) => parts.iter_mut().for_each(visit),
        }
    }

    /// The binder that the expression introduces for its parts, if it does.
    pub fn each(&self) -> Option<&Each> {
        match &self.kind {
            ExpressionKind::Any(each, _)
            | ExpressionKind::Count(each, _)
            | ExpressionKind::Sum { each, .. } => Some(each),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn each_mut(&mut self) -> Option<&mut Each> {
        match &mut self.kind {
            ExpressionKind::Any(each, _)
            | ExpressionKind::Count(each, _)
            | ExpressionKind::Sum { each, .. } => Some(each),
            _ => None,
        }
    }
}

fn visit_domain(each: &mut Each, visit: &mut dyn FnMut(&mut Expression)) {
    if let Domain::Elements(expression) = &mut each.domain {
        visit(expression);
    }
}
