//! Numbers and quantities: literals with their units, arithmetic with its dimensions.

use super::checker::{Checker, constant, error, expression};
use super::fields::article;
use super::infer::as_constant;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Arithmetic, Constant, DECIMAL_SCALE, ExpressionKind, Type};
use crate::source::Span;
use crate::syntax::ast::{self, BinaryOperator};
use crate::units::{Dimension, Quantity};

impl Checker<'_> {
    /// A literal number, with its unit if it has one.
    pub(super) fn number(
        &mut self,
        written: &str,
        negative: bool,
        expected: Option<&Type>,
        span: Span,
    ) -> ir::Expression {
        let plain = written
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '_' | '.'));
        if let Some(Type::Quantity(Some(dimension))) = expected {
            let adapts = !plain || *dimension == Dimension::COUNT;
            if adapts && let Some(value) = self.quantity(written, Some(*dimension), span) {
                return value.map_or_else(|| error(span), |quantity| signed(quantity, negative, span));
            }
        }
        if !plain {
            return match self.quantity(written, None, span) {
                Some(Some(quantity)) => signed(quantity, negative, span),
                _ => error(span),
            };
        }
        let digits = written.replace('_', "");
        let sign = if negative { -1 } else { 1 };
        if digits.contains('.') || expected == Some(&Type::Decimal) {
            return match ir::parse_decimal(&digits) {
                Some(billionths) => constant(Constant::Decimal(sign * billionths), Type::Decimal, span),
                None => {
                    self.report(
                        Diagnostic::new(Code::E0305, span, format!("`{written}` has too many digits"))
                            .help("a decimal number has at most nine digits behind its point"),
                    );
                    error(span)
                }
            };
        }
        match digits.parse::<i64>() {
            Ok(number) => constant(Constant::Int(sign * i128::from(number)), Type::Int, span),
            Err(_) => {
                self.report(
                    Diagnostic::new(
                        Code::E0305,
                        span,
                        format!("`{written}` is too large for a whole number"),
                    )
                    .help("the largest is 9223372036854775807"),
                );
                error(span)
            }
        }
    }

    /// A literal with a unit. `None` if a number without a unit cannot be read as that dimension,
    /// `Some(None)` if it was reported.
    fn quantity(
        &mut self,
        written: &str,
        expected: Option<Dimension>,
        span: Span,
    ) -> Option<Option<Quantity>> {
        let read = match expected {
            Some(dimension) => Quantity::parse_as(written, dimension),
            None => Quantity::parse(written),
        };
        match read {
            Ok(quantity) => Some(Some(quantity)),
            Err(fault) => {
                let diagnostic = Diagnostic::new(Code::E0305, span, fault.message);
                self.report(match fault.help {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                });
                Some(None)
            }
        }
    }

    /// `-value`.
    pub(super) fn negate(
        &mut self,
        value: &ast::Expression,
        expected: Option<&Type>,
        span: Span,
    ) -> ir::Expression {
        let value = self.operand(value, expected);
        match (&value.ty, as_constant(&value)) {
            (Type::Error, _) => error(span),
            (Type::Int, Some(Constant::Int(number))) => constant(Constant::Int(-number), Type::Int, span),
            (Type::Decimal, Some(Constant::Decimal(number))) => {
                constant(Constant::Decimal(-number), Type::Decimal, span)
            }
            (Type::Quantity(_), Some(Constant::Quantity(quantity))) => signed(quantity, true, span),
            (Type::Int | Type::Decimal | Type::Quantity(_), _) => {
                let ty = value.ty.clone();
                expression(ExpressionKind::Negate(Box::new(value)), ty, span)
            }
            _ => {
                self.mismatch(&value, "a number or a quantity");
                error(span)
            }
        }
    }

    /// Both operands, each read with the other's type in mind: a literal adapts to what it meets.
    pub(super) fn operands(
        &mut self,
        left: &ast::Expression,
        right: &ast::Expression,
        expected: Option<&Type>,
    ) -> (ir::Expression, ir::Expression) {
        if is_literal(left) && !is_literal(right) {
            let right = self.operand(right, expected);
            let left = self.operand(left, Some(&right.ty));
            (left, right)
        } else {
            let left = self.operand(left, expected);
            let right = self.operand(right, Some(&left.ty));
            (left, right)
        }
    }

    /// `left + right` and its like.
    pub(super) fn arithmetic(
        &mut self,
        left: &ast::Expression,
        operator: BinaryOperator,
        right: &ast::Expression,
        expected: Option<&Type>,
        span: Span,
    ) -> ir::Expression {
        let operation = match operator {
            BinaryOperator::Add => Arithmetic::Add,
            BinaryOperator::Subtract => Arithmetic::Subtract,
            BinaryOperator::Multiply => Arithmetic::Multiply,
            _ => Arithmetic::Divide,
        };
        let additive = matches!(operation, Arithmetic::Add | Arithmetic::Subtract);
        let (left, right) = if additive {
            self.operands(left, right, expected)
        } else {
            // What a factor is follows from no other operand, save that decimals meet decimals.
            let (first, second) = (self.operand(left, None), self.operand(right, None));
            self.adapt_to_decimal(first, left, second, right)
        };
        if left.ty == Type::Error || right.ty == Type::Error {
            return error(span);
        }
        for operand in [&left, &right] {
            if !matches!(operand.ty, Type::Int | Type::Decimal | Type::Quantity(_)) {
                self.mismatch(operand, "a number or a quantity");
                if operand.ty == Type::String
                    && let Some(last) = self.diagnostics.last_mut()
                {
                    last.help = Some("strings are put together within one: \"{a}{b}\"".into());
                }
                return error(span);
            }
        }
        let ty = match operation {
            Arithmetic::Add | Arithmetic::Subtract if left.ty == right.ty => Some(left.ty.clone()),
            Arithmetic::Add | Arithmetic::Subtract => None,
            Arithmetic::Multiply => product(&left.ty, &right.ty),
            Arithmetic::Divide => quotient(&left.ty, &right.ty),
        };
        if operation == Arithmetic::Divide && !self.is_divisor(&left, &right) {
            return error(span);
        }
        let Some(ty) = ty else {
            self.dimensions_differ(&left, &right, operator, span);
            return error(span);
        };
        if let (Some(first), Some(second)) = (as_constant(&left), as_constant(&right)) {
            return match fold(operation, &first, &second) {
                Some(value) => constant(value, ty, span),
                None => {
                    self.report(
                        Diagnostic::new(Code::E0305, span, "the result is out of range")
                            .help("use smaller numbers"),
                    );
                    error(span)
                }
            };
        }
        let kind = ExpressionKind::Arithmetic(operation, Box::new(left), Box::new(right));
        expression(kind, ty, span)
    }

    /// Reads a whole number again as a decimal where the other operand is one.
    fn adapt_to_decimal(
        &mut self,
        left: ir::Expression,
        left_written: &ast::Expression,
        right: ir::Expression,
        right_written: &ast::Expression,
    ) -> (ir::Expression, ir::Expression) {
        match (&left.ty, &right.ty) {
            (Type::Int, Type::Decimal) if is_literal(left_written) => {
                (self.infer(left_written, Some(&Type::Decimal)), right)
            }
            (Type::Decimal, Type::Int) if is_literal(right_written) => {
                (left, self.infer(right_written, Some(&Type::Decimal)))
            }
            _ => (left, right),
        }
    }

    /// Whether the right operand may divide the left: a constant other than zero, and no whole number
    /// among whole numbers.
    fn is_divisor(&mut self, left: &ir::Expression, right: &ir::Expression) -> bool {
        if left.ty == Type::Int {
            self.report(
                Diagnostic::new(
                    Code::E0312,
                    left.span.to(right.span),
                    "whole numbers are not divided",
                )
                .help("engines round differently: multiply the other side instead"),
            );
            return false;
        }
        let zero = match as_constant(right) {
            Some(Constant::Int(number) | Constant::Decimal(number)) => Some(number == 0),
            Some(Constant::Quantity(quantity)) => Some(quantity.nano == 0),
            _ => None,
        };
        match zero {
            Some(false) => true,
            Some(true) => {
                self.report(Diagnostic::new(Code::E0312, right.span, "division by zero"));
                false
            }
            None => {
                self.report(
                    Diagnostic::new(Code::E0312, right.span, "the divisor is not constant")
                        .help("it could be zero: multiply the other side of the comparison instead"),
                );
                false
            }
        }
    }

    /// Reports operands that cannot be put together or compared.
    pub(super) fn dimensions_differ(
        &mut self,
        left: &ir::Expression,
        right: &ir::Expression,
        operator: BinaryOperator,
        span: Span,
    ) {
        let (from, to) = (self.describe(&left.ty), self.describe(&right.ty));
        let units = matches!(
            (&left.ty, &right.ty),
            (Type::Quantity(_), _) | (_, Type::Quantity(_))
        );
        let verb = match operator {
            BinaryOperator::Add => "add",
            BinaryOperator::Subtract => "subtract",
            BinaryOperator::Multiply => "multiply",
            BinaryOperator::Divide => "divide",
            _ => "compare",
        };
        let code = if units { Code::E0304 } else { Code::E0301 };
        let message = match verb {
            "add" => format!("{to} cannot be added to {from}"),
            "subtract" => format!("{to} cannot be subtracted from {from}"),
            "multiply" => format!("{from} cannot be multiplied by {to}"),
            "divide" => format!("{from} cannot be divided by {to}"),
            _ => format!("{from} cannot be compared with {to}"),
        };
        let diagnostic = Diagnostic::new(code, span, message)
            .with(left.span, format!("this is {}", measure(&from, &left.ty)))
            .with(right.span, format!("this is {}", measure(&to, &right.ty)));
        let mend = self
            .mend_of_literal(left, &right.ty)
            .or_else(|| self.mend_of_literal(right, &left.ty));
        self.report(match mend {
            Some((span, text)) => diagnostic.help(format!("did you mean `{text}`?")).fix(
                format!("write `{text}`"),
                false,
                span,
                text,
            ),
            None if matches!(
                (&left.ty, &right.ty),
                (Type::Quantity(None), _) | (_, Type::Quantity(None))
            ) =>
            {
                diagnostic.help(
                    "what the quantity measures depends on its key: say so with `as`, as in `as Memory`",
                )
            }
            None => diagnostic,
        });
    }

    /// The literal that was probably meant where a value of another type is asked for: `5min` for `5m`,
    /// `1cpu` for `1`, `50%` for `0.5`.
    pub(super) fn mend_of_literal(&self, literal: &ir::Expression, wanted: &Type) -> Option<(Span, String)> {
        as_constant(literal)?;
        let written = self.excerpt(literal.span);
        let number = written.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
        if !number.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let unit = &written[number.len()..];
        let Type::Quantity(Some(dimension)) = wanted else {
            return None;
        };
        let text = match (*dimension, unit) {
            (Dimension::DURATION, "m") => format!("{number}min"),
            (Dimension::MEMORY, "") => format!("{number}Mi"),
            (Dimension::DURATION, "") => format!("{number}s"),
            (Dimension::CPU, "") => format!("{number}cpu"),
            (Dimension::RATIO, "") => match ir::parse_decimal(number)? {
                share if share <= DECIMAL_SCALE => {
                    let percent = Constant::Decimal(share * 100).to_string();
                    format!("{}%", percent.trim_end_matches(".0"))
                }
                _ => format!("{number}%"),
            },
            (Dimension::MEMORY, "m") => format!("{number}Mi"),
            (Dimension::MEMORY, "g") => format!("{number}Gi"),
            _ => return None,
        };
        Quantity::parse(&text)
            .ok()
            .filter(|quantity| quantity.dimension == *dimension)?;
        Some((literal.span, text))
    }
}

/// `memory` stands without an article, `Int` with one.
pub(super) fn measure(name: &str, ty: &Type) -> String {
    match ty {
        Type::Quantity(Some(_)) => name.to_owned(),
        _ => article(name),
    }
}

fn signed(quantity: Quantity, negative: bool, span: Span) -> ir::Expression {
    let quantity = if negative { quantity.negated() } else { quantity };
    constant(
        Constant::Quantity(quantity),
        Type::Quantity(Some(quantity.dimension)),
        span,
    )
}

/// Whether an expression is a literal number, which adapts to what it meets.
pub(super) fn is_literal(written: &ast::Expression) -> bool {
    match &written.kind {
        ast::ExpressionKind::Number(_) | ast::ExpressionKind::Text(_) => true,
        ast::ExpressionKind::Negate(inner) => is_literal(inner),
        ast::ExpressionKind::List(parts) => parts.iter().all(is_literal),
        _ => false,
    }
}

fn product(left: &Type, right: &Type) -> Option<Type> {
    Some(match (left, right) {
        (Type::Int, Type::Int) => Type::Int,
        (Type::Decimal, Type::Decimal) => Type::Decimal,
        (Type::Quantity(dimension), Type::Int | Type::Decimal)
        | (Type::Int | Type::Decimal, Type::Quantity(dimension)) => Type::Quantity(*dimension),
        (Type::Quantity(Some(left)), Type::Quantity(Some(right))) => {
            Type::Quantity(Some(left.times(*right)?))
        }
        (Type::Quantity(None), Type::Quantity(Some(Dimension::RATIO)))
        | (Type::Quantity(Some(Dimension::RATIO)), Type::Quantity(None)) => Type::Quantity(None),
        _ => return None,
    })
}

fn quotient(left: &Type, right: &Type) -> Option<Type> {
    Some(match (left, right) {
        (Type::Decimal, Type::Decimal) => Type::Decimal,
        (Type::Quantity(dimension), Type::Int | Type::Decimal) => Type::Quantity(*dimension),
        (Type::Quantity(Some(left)), Type::Quantity(Some(right))) => Type::Quantity(Some(left.per(*right)?)),
        _ => return None,
    })
}

/// The value of an operation on constants; `None` if it is out of range.
fn fold(operation: Arithmetic, left: &Constant, right: &Constant) -> Option<Constant> {
    let ratio = |billionths: i128| Quantity::new(billionths, Dimension::RATIO);
    Some(match (operation, left, right) {
        (Arithmetic::Add, Constant::Int(a), Constant::Int(b)) => Constant::Int(a.checked_add(*b)?),
        (Arithmetic::Subtract, Constant::Int(a), Constant::Int(b)) => Constant::Int(a.checked_sub(*b)?),
        (Arithmetic::Multiply, Constant::Int(a), Constant::Int(b)) => Constant::Int(a.checked_mul(*b)?),
        (Arithmetic::Add, Constant::Decimal(a), Constant::Decimal(b)) => {
            Constant::Decimal(a.checked_add(*b)?)
        }
        (Arithmetic::Subtract, Constant::Decimal(a), Constant::Decimal(b)) => {
            Constant::Decimal(a.checked_sub(*b)?)
        }
        (Arithmetic::Multiply, Constant::Decimal(a), Constant::Decimal(b)) => {
            Constant::Decimal(ratio(*a).times(ratio(*b))?.nano)
        }
        (Arithmetic::Divide, Constant::Decimal(a), Constant::Decimal(b)) => {
            Constant::Decimal(ratio(*a).divided_by(ratio(*b))?.nano)
        }
        (Arithmetic::Add, Constant::Quantity(a), Constant::Quantity(b)) => Constant::Quantity(a.plus(*b)?),
        (Arithmetic::Subtract, Constant::Quantity(a), Constant::Quantity(b)) => {
            Constant::Quantity(a.minus(*b)?)
        }
        (Arithmetic::Multiply, Constant::Quantity(a), Constant::Quantity(b)) => {
            Constant::Quantity(a.times(*b)?)
        }
        (Arithmetic::Divide, Constant::Quantity(a), Constant::Quantity(b)) => {
            Constant::Quantity(a.divided_by(*b)?)
        }
        (Arithmetic::Multiply, Constant::Quantity(a), Constant::Int(b))
        | (Arithmetic::Multiply, Constant::Int(b), Constant::Quantity(a)) => {
            Constant::Quantity(a.times_integer(*b))
        }
        (Arithmetic::Divide, Constant::Quantity(a), Constant::Int(b)) => {
            Constant::Quantity(a.divided_by_integer(*b)?)
        }
        (Arithmetic::Multiply, Constant::Quantity(a), Constant::Decimal(b))
        | (Arithmetic::Multiply, Constant::Decimal(b), Constant::Quantity(a)) => {
            Constant::Quantity(a.times(ratio(*b))?)
        }
        (Arithmetic::Divide, Constant::Quantity(a), Constant::Decimal(b)) => {
            Constant::Quantity(a.divided_by(ratio(*b))?)
        }
        _ => return None,
    })
}
