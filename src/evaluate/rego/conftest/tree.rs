//! The syntax tree of a module of Rego, walked piece by piece.
//!
//! In: a rule, a query or an expression. Out: each of its statements and expressions, the outer before the
//! inner. A reference (`input.a[x].b`) is one piece; what stands in its brackets are others.

use regorus::unstable::{Expr, Literal, LiteralStmt, Query, Rule, RuleHead};

/// A part of a rule.
pub enum Piece<'a> {
    /// A statement of a body.
    Statement(&'a LiteralStmt),
    /// An expression.
    Expression(&'a Expr),
}

/// Shows every piece of a rule.
pub fn rule<'a>(rule: &'a Rule, see: &mut dyn FnMut(Piece<'a>)) {
    match rule {
        Rule::Spec { head, bodies, .. } => {
            for index in indices(head_reference(head)) {
                expression(index, see);
            }
            let assign = match head {
                RuleHead::Compr { assign, .. } => assign.as_ref(),
                RuleHead::Set { key, .. } => {
                    if let Some(key) = key {
                        expression(key, see);
                    }
                    None
                }
                RuleHead::Func { args, assign, .. } => {
                    for argument in args {
                        expression(argument, see);
                    }
                    assign.as_ref()
                }
            };
            let others = bodies.iter().filter_map(|body| body.assign.as_ref());
            for assign in assign.into_iter().chain(others) {
                expression(&assign.value, see);
            }
            for body in bodies {
                query(&body.query, see);
            }
        }
        Rule::Default { args, value, .. } => {
            for part in args.iter().chain([value]) {
                expression(part, see);
            }
        }
    }
}

/// The reference that a rule defines.
pub fn defined(rule: &Rule) -> &Expr {
    match rule {
        Rule::Spec { head, .. } => head_reference(head),
        Rule::Default { refr, .. } => refr,
    }
}

fn head_reference(head: &RuleHead) -> &Expr {
    match head {
        RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. } => refr,
    }
}

/// Shows every piece of a query.
pub fn query<'a>(whole: &'a Query, see: &mut dyn FnMut(Piece<'a>)) {
    for statement in &whole.stmts {
        see(Piece::Statement(statement));
        match &statement.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn {
                key,
                value,
                collection,
                ..
            } => {
                for part in key.iter().chain([value, collection]) {
                    expression(part, see);
                }
            }
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => expression(expr, see),
            Literal::Every {
                domain, query: body, ..
            } => {
                expression(domain, see);
                query(body, see);
            }
        }
        for modifier in &statement.with_mods {
            expression(&modifier.r#as, see);
        }
    }
}

/// Shows an expression and all that is in it.
pub fn expression<'a>(expr: &'a Expr, see: &mut dyn FnMut(Piece<'a>)) {
    see(Piece::Expression(expr));
    let (expressions, queries) = parts(expr);
    for part in expressions {
        expression(part, see);
    }
    for part in queries {
        query(part, see);
    }
}

/// The expressions and queries directly in an expression. The name of a function that is called is none.
pub fn parts(expr: &Expr) -> (Vec<&Expr>, Vec<&Query>) {
    let mut queries: Vec<&Query> = Vec::new();
    let expressions = match expr {
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. } => Vec::new(),
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().map(|item| &**item).collect(),
        Expr::Object { fields, .. } => fields
            .iter()
            .flat_map(|(_, key, value)| [&**key, &**value])
            .collect(),
        Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
            queries.push(query);
            vec![&**term]
        }
        Expr::ObjectCompr {
            key, value, query, ..
        } => {
            queries.push(query);
            vec![&**key, &**value]
        }
        Expr::Call { params, .. } => params.iter().map(|parameter| &**parameter).collect(),
        Expr::UnaryExpr { expr, .. } => vec![&**expr],
        Expr::RefDot { .. } | Expr::RefBrack { .. } => {
            let mut parts = indices(expr);
            let base = base(expr);
            if !matches!(base, Expr::Var { .. }) {
                parts.push(base);
            }
            parts
        }
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => vec![&**lhs, &**rhs],
        Expr::Membership {
            key,
            value,
            collection,
            ..
        } => key
            .iter()
            .chain([value, collection])
            .map(|part| &**part)
            .collect(),
    };
    (expressions, queries)
}

/// What a reference starts with; an expression that is none starts with itself.
pub fn base(expr: &Expr) -> &Expr {
    let mut base = expr;
    while let Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } = base {
        base = refr;
    }
    base
}

/// What stands in the brackets of a reference.
pub fn indices(expr: &Expr) -> Vec<&Expr> {
    let mut found = Vec::new();
    let mut rest = expr;
    loop {
        match rest {
            Expr::RefBrack { refr, index, .. } => {
                found.push(&**index);
                rest = refr;
            }
            Expr::RefDot { refr, .. } => rest = refr,
            _ => break,
        }
    }
    found.reverse();
    found
}

/// The variable that a reference or a variable starts with.
pub fn variable(expr: &Expr) -> Option<&str> {
    match base(expr) {
        Expr::Var { span, .. } => Some(span.text()),
        _ => None,
    }
}

/// The steps of a reference that are fixed, the variable first: `data.a` for `data.a[x].b`. The second
/// value says whether that is all of it.
pub fn path(expr: &Expr) -> Option<(Vec<String>, bool)> {
    let mut steps = Vec::new();
    let mut complete = true;
    let mut rest = expr;
    loop {
        match rest {
            Expr::RefDot { refr, field, .. } => {
                steps.push(field.0.text().to_string());
                rest = refr;
            }
            Expr::RefBrack { refr, index, .. } => {
                match &**index {
                    Expr::String { value, .. } | Expr::RawString { value, .. } => {
                        steps.extend(value.as_string().ok().map(|text| text.to_string()));
                    }
                    _ => {
                        complete = false;
                        steps.clear();
                    }
                }
                rest = refr;
            }
            Expr::Var { span, .. } => {
                steps.push(span.text().to_string());
                steps.reverse();
                return Some((steps, complete));
            }
            _ => return None,
        }
    }
}

/// Whether an expression is a call to the engines, operators included: they compute it before what it stands in.
pub fn is_call(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Call { .. }
            | Expr::BinExpr { .. }
            | Expr::BoolExpr { .. }
            | Expr::ArithExpr { .. }
            | Expr::AssignExpr { .. }
            | Expr::Membership { .. }
            | Expr::UnaryExpr { .. }
    )
}
