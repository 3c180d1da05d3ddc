//! Expressions: the grammar's flat rows of operands and operators → trees by precedence.

use super::{Builder, MAX_DEPTH, Parts, Rule};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{
    BinaryOperator, Binding, Call, Expression, ExpressionKind, KindName, Precedence, Quantifier,
};
use pest::iterators::Pair;
use std::collections::VecDeque;

/// An expression with the depth of its tree.
pub(super) struct Deep {
    pub expression: Expression,
    pub depth: usize,
}

/// A part of a row.
enum Piece<'t> {
    Not(Span),
    Minus(Span),
    /// A primary with what is attached to it.
    Operand(Pair<'t, Rule>, Parts<'t>),
    Operator(Operator, Span),
    Test(Pair<'t, Rule>),
}

/// What stands between two operands.
#[derive(Clone, Copy)]
enum Operator {
    Binary(BinaryOperator),
    Range,
}

impl Operator {
    fn precedence(self) -> Precedence {
        match self {
            Operator::Binary(operator) => operator.precedence(),
            Operator::Range => Precedence::Range,
        }
    }
}

impl Piece<'_> {
    /// How tightly it binds what stands before it to what follows.
    fn precedence(&self) -> Option<Precedence> {
        match self {
            Piece::Operator(operator, _) => Some(operator.precedence()),
            Piece::Test(_) => Some(Precedence::Comparison),
            _ => None,
        }
    }
}

impl<'t> Builder<'t> {
    /// An expression, from a pair of `expression`, `operand` or `path`.
    pub(super) fn expression(&mut self, pair: Pair<'t, Rule>) -> Option<Expression> {
        self.deep(pair).map(|deep| deep.expression)
    }

    pub(super) fn deep(&mut self, pair: Pair<'t, Rule>) -> Option<Deep> {
        let span = self.span(&pair);
        let mut pieces = VecDeque::new();
        match pair.as_rule() {
            Rule::expression => {
                for part in pair.into_inner() {
                    self.flatten(part, &mut pieces)?;
                }
            }
            Rule::path => {
                let mut parts = self.parts(pair);
                pieces.push_back(Piece::Operand(parts.node()?, parts));
            }
            _ => self.flatten(pair, &mut pieces)?,
        }
        // Every piece takes a level of the climb below.
        if pieces.len() > 2 * MAX_DEPTH {
            self.too_deep(span);
            return None;
        }
        self.climb(&mut pieces, Precedence::Or)
    }

    fn flatten(&mut self, part: Pair<'t, Rule>, pieces: &mut VecDeque<Piece<'t>>) -> Option<()> {
        match part.as_rule() {
            Rule::operand => {
                let mut parts = self.parts(part);
                while let Some(prefix) = parts.pairs.next() {
                    let span = self.span(&prefix);
                    match prefix.as_rule() {
                        Rule::kw_not => pieces.push_back(Piece::Not(span)),
                        Rule::minus => pieces.push_back(Piece::Minus(span)),
                        _ => {
                            pieces.push_back(Piece::Operand(prefix, parts));
                            break;
                        }
                    }
                }
            }
            Rule::operator => {
                let symbol = part.as_str();
                let span = self.span(&part);
                let binary = BinaryOperator::ALL
                    .into_iter()
                    .find(|operator| operator.symbol() == symbol);
                pieces.push_back(Piece::Operator(
                    binary.map_or(Operator::Range, Operator::Binary),
                    span,
                ));
            }
            Rule::kind_test => pieces.push_back(Piece::Test(part)),
            _ => return None,
        }
        Some(())
    }

    /// Reads as many pieces as bind at least so tightly.
    fn climb(&mut self, pieces: &mut VecDeque<Piece<'t>>, least: Precedence) -> Option<Deep> {
        let mut left = self.prefixed(pieces, least)?;
        let mut last_comparison: Option<Precedence> = None;
        loop {
            let Some(precedence) = pieces.front().and_then(Piece::precedence) else {
                return Some(left);
            };
            if precedence < least {
                return Some(left);
            }
            let piece = pieces.pop_front()?;
            if last_comparison == Some(precedence) {
                self.chained(&piece, &left.expression);
                return None;
            }
            last_comparison =
                matches!(precedence, Precedence::Comparison | Precedence::Range).then_some(precedence);
            left = match piece {
                Piece::Test(test) => self.test(left, test)?,
                Piece::Operator(operator, _) => {
                    let right_least = match precedence {
                        Precedence::Coalesce => precedence,
                        _ => precedence.tighter(),
                    };
                    let right = self.climb(pieces, right_least)?;
                    let span = left.expression.span.to(right.expression.span);
                    let depth = left.depth.max(right.depth);
                    let (left, right) = (Box::new(left.expression), Box::new(right.expression));
                    let kind = match operator {
                        Operator::Binary(operator) => ExpressionKind::Binary(left, operator, right),
                        Operator::Range => ExpressionKind::Range(left, right),
                    };
                    self.grow(kind, span, depth)?
                }
                _ => return None,
            };
        }
    }

    /// Reads an operand with the `not` and `-` before it.
    fn prefixed(&mut self, pieces: &mut VecDeque<Piece<'t>>, least: Precedence) -> Option<Deep> {
        match pieces.pop_front()? {
            Piece::Not(span) => {
                if least > Precedence::Not {
                    self.needs_parentheses(span, "`not`");
                    return None;
                }
                let inner = self.climb(pieces, Precedence::Not)?;
                let span = span.to(inner.expression.span);
                self.grow(ExpressionKind::Not(Box::new(inner.expression)), span, inner.depth)
            }
            Piece::Minus(span) => {
                let inner = self.climb(pieces, Precedence::Unary)?;
                let span = span.to(inner.expression.span);
                self.grow(
                    ExpressionKind::Negate(Box::new(inner.expression)),
                    span,
                    inner.depth,
                )
            }
            Piece::Operand(primary, postfixes) => {
                if primary.as_rule() == Rule::quantifier && least > Precedence::Not {
                    let span = self.span(&primary);
                    let word = super::scan::word_at(primary.as_str(), 0);
                    self.needs_parentheses(span, &format!("`{word}`"));
                    return None;
                }
                let primary = self.primary(primary)?;
                self.postfixes(primary, postfixes)
            }
            Piece::Operator(..) | Piece::Test(_) => None,
        }
    }

    /// Puts an expression on top of parts of that depth.
    fn grow(&mut self, kind: ExpressionKind, span: Span, depth: usize) -> Option<Deep> {
        if depth >= MAX_DEPTH {
            self.too_deep(span);
            return None;
        }
        Some(Deep {
            expression: Expression { kind, span },
            depth: depth + 1,
        })
    }

    fn too_deep(&mut self, span: Span) {
        self.report(
            Diagnostic::new(
                Code::E0104,
                span,
                format!("this expression is more than {MAX_DEPTH} operations deep"),
            )
            .help("name parts of it with `let`, move them into a `fn`, or use a list with `in`"),
        );
    }

    fn chained(&mut self, piece: &Piece<'t>, left: &Expression) {
        let (span, symbol) = match piece {
            Piece::Operator(_, span) => (*span, self.text.get(span.range()).unwrap_or("")),
            Piece::Test(test) => (self.span(test), "is"),
            _ => return,
        };
        let message = format!("`{symbol}` cannot follow another comparison");
        let diagnostic =
            Diagnostic::new(Code::E0101, span, message).with(left.span, "this is a comparison already");
        let help = match &left.kind {
            ExpressionKind::Range(..) => "a range has two ends: `1..10`".to_string(),
            _ => format!("join two comparisons with `and`: `a < b and b {symbol} c`"),
        };
        self.report(diagnostic.help(help));
    }

    fn needs_parentheses(&mut self, span: Span, what: &str) {
        self.report(
            Diagnostic::new(
                Code::E0101,
                span,
                format!("{what} behind an operator takes parentheses"),
            )
            .help(format!("write `({} …)`", what.trim_matches('`'))),
        );
    }

    fn test(&mut self, left: Deep, test: Pair<'t, Rule>) -> Option<Deep> {
        let span = left.expression.span.to(self.span(&test));
        let value = Box::new(left.expression);
        let mut parts = self.parts(test);
        parts.has(Rule::kw_is);
        let kind = if parts.has(Rule::kw_set) {
            ExpressionKind::IsSet(value)
        } else if parts.has(Rule::kw_missing) {
            ExpressionKind::IsMissing(value)
        } else {
            let kinds = parts.node()?;
            ExpressionKind::IsKind(value, self.kinds(kinds)?)
        };
        self.grow(kind, span, left.depth)
    }

    fn postfixes(&mut self, primary: Deep, mut postfixes: Parts<'t>) -> Option<Deep> {
        let mut base = primary;
        while let Some(postfix) = postfixes.node() {
            let span = base.expression.span.to(self.span(&postfix));
            let rule = postfix.as_rule();
            let mut parts = self.parts(postfix);
            let mut depth = base.depth;
            let value = Box::new(base.expression);
            let kind = match rule {
                Rule::field => ExpressionKind::Field(value, self.name(&parts.node()?)),
                Rule::method => {
                    let function = self.name(&parts.node()?);
                    let arguments = self.row(parts.node()?, &mut depth)?;
                    ExpressionKind::Call(Call {
                        receiver: Some(value),
                        function,
                        arguments,
                    })
                }
                Rule::index => {
                    let key = self.deep(parts.node()?)?;
                    depth = depth.max(key.depth);
                    ExpressionKind::Index(value, Box::new(key.expression))
                }
                Rule::cast => ExpressionKind::Cast(value, self.ty(parts.node()?)?),
                _ => return None,
            };
            base = self.grow(kind, span, depth)?;
        }
        Some(base)
    }

    fn primary(&mut self, pair: Pair<'t, Rule>) -> Option<Deep> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut depth = 0;
        let kind = match rule {
            Rule::number => ExpressionKind::Number(pair.as_str().to_string()),
            Rule::boolean => ExpressionKind::Bool(pair.as_str() == "true"),
            Rule::name => ExpressionKind::Name(pair.as_str().to_string()),
            Rule::string => {
                let string = self.string(pair)?;
                return self.grow(string.expression.kind, span, string.depth);
            }
            Rule::kinds => ExpressionKind::Kinds(self.kinds(pair)?),
            Rule::list => ExpressionKind::List(self.row(pair, &mut depth)?),
            Rule::parenthesised => {
                let inner = self.deep(self.parts(pair).node()?)?;
                // The parentheses are part of the place, and of nothing else.
                return Some(Deep {
                    expression: Expression {
                        span,
                        ..inner.expression
                    },
                    depth: inner.depth,
                });
            }
            Rule::map => {
                let mut entries = Vec::new();
                let mut parts = self.parts(pair);
                while let Some(entry) = parts.node() {
                    let mut parts = self.parts(entry);
                    let key = self.plain_text(parts.node()?)?;
                    let value = self.deep(parts.node()?)?;
                    depth = depth.max(value.depth);
                    entries.push((key, value.expression));
                }
                ExpressionKind::Map(entries)
            }
            Rule::call => {
                let mut parts = self.parts(pair);
                let function = self.name(&parts.node()?);
                let arguments = self.row(parts.node()?, &mut depth)?;
                ExpressionKind::Call(Call {
                    receiver: None,
                    function,
                    arguments,
                })
            }
            Rule::quantifier | Rule::sum | Rule::count => {
                let mut parts = self.parts(pair);
                let quantifier = if parts.has(Rule::kw_any) {
                    Quantifier::Any
                } else {
                    Quantifier::No
                };
                let mut binding = self.binding(parts.node()?, &mut depth)?;
                let mut next = parts.node();
                if let Some(condition) = next.take_if(|pair| pair.as_rule() == Rule::condition) {
                    self.add_condition(&mut binding, condition, &mut depth)?;
                    next = parts.node();
                }
                if rule == Rule::count {
                    ExpressionKind::Count(binding)
                } else {
                    let body = self.deep(next?)?;
                    depth = depth.max(body.depth);
                    let body = Box::new(body.expression);
                    match rule {
                        Rule::sum => ExpressionKind::Sum(binding, body),
                        _ => ExpressionKind::Quantifier(quantifier, binding, body),
                    }
                }
            }
            _ => return None,
        };
        self.grow(kind, span, depth)
    }

    /// The expressions of a list or of arguments; `depth` becomes the greatest of their depths.
    fn row(&mut self, pair: Pair<'t, Rule>, depth: &mut usize) -> Option<Vec<Expression>> {
        let mut parts = self.parts(pair);
        let mut row = Vec::new();
        while let Some(part) = parts.node() {
            let element = self.deep(part)?;
            *depth = element.depth.max(*depth);
            row.push(element.expression);
        }
        Some(row)
    }

    /// `x in xs`, `k, v in m`; `depth` becomes at least that of the subject.
    pub(super) fn binding(&mut self, pair: Pair<'t, Rule>, depth: &mut usize) -> Option<Binding> {
        let mut parts = self.parts(pair);
        let names = self.parts(parts.node()?);
        let names = names.pairs.filter(|pair| pair.as_rule() == Rule::name);
        let names = names.map(|pair| self.name(&pair)).collect();
        let subject = self.deep(parts.node()?)?;
        *depth = subject.depth.max(*depth);
        Some(Binding {
            names,
            subject: Box::new(subject.expression),
            condition: None,
        })
    }

    /// `where f` behind a binding; `depth` becomes at least that of the condition.
    pub(super) fn add_condition(
        &mut self,
        binding: &mut Binding,
        pair: Pair<'t, Rule>,
        depth: &mut usize,
    ) -> Option<()> {
        let condition = self.deep(self.parts(pair).node()?)?;
        *depth = condition.depth.max(*depth);
        binding.condition = Some(Box::new(condition.expression));
        Some(())
    }

    pub(super) fn kinds(&mut self, pair: Pair<'t, Rule>) -> Option<Vec<KindName>> {
        let mut parts = self.parts(pair);
        let mut kinds = Vec::new();
        while let Some(kind) = parts.node() {
            kinds.push(self.kind_name(kind)?);
        }
        Some(kinds)
    }

    pub(super) fn kind_name(&mut self, pair: Pair<'t, Rule>) -> Option<KindName> {
        let span = self.span(&pair);
        let mut parts = self.parts(pair);
        Some(KindName {
            kind: parts.node()?.as_str().to_string(),
            group: parts.node().map(|group| group.as_str().to_string()),
            span,
        })
    }
}
