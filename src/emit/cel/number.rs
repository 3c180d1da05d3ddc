//! Exact arithmetic → quantities of CEL, which add, subtract and compare but do not multiply.
//!
//! Products with constants become sums. Where a constant has a fraction or divides, both sides of the
//! comparison are multiplied by its denominator, so that nothing is rounded.

use super::expression::{Writer, is_read_param};
use super::{Reason, Result, text};
use crate::ir::{Arithmetic, Constant, Expression, ExpressionKind, Type};
use crate::units::{Dimension, Quantity};

const BILLION: i128 = 1_000_000_000;

/// Factors above this would make expressions too long.
const LARGEST_FACTOR: i128 = 1 << 40;

/// A ratio in lowest terms, its denominator above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Ratio {
    fn new(numerator: i128, denominator: i128) -> Option<Ratio> {
        let shared = i128::try_from(greatest_common_divisor(
            numerator.unsigned_abs(),
            denominator.unsigned_abs(),
        ))
        .ok()
        .filter(|shared| *shared > 0)?;
        let sign = denominator.signum();
        Some(Ratio {
            numerator: numerator / shared * sign,
            denominator: (denominator / shared).checked_abs()?,
        })
    }

    fn times(self, other: Ratio) -> Option<Ratio> {
        Ratio::new(
            self.numerator.checked_mul(other.numerator)?,
            self.denominator.checked_mul(other.denominator)?,
        )
    }

    fn inverted(self) -> Option<Ratio> {
        (self.numerator != 0).then(|| Ratio::new(self.denominator, self.numerator))?
    }
}

impl Writer<'_> {
    /// A comparison of quantities or decimal numbers.
    pub fn compare_exact(&mut self, operator: &str, left: &Expression, right: &Expression) -> Result<String> {
        let too_large = || Reason::new(left.span, "its factors are too large to stay exact");
        let (a, b) = (self.denominator(left)?, self.denominator(right)?);
        let shared = least_common_multiple(a, b).ok_or_else(too_large)?;
        let scale = Ratio {
            numerator: shared,
            denominator: 1,
        };
        let (a, b) = (self.scaled(left, scale)?, self.scaled(right, scale)?);
        let mut out = format!("{a}.compareTo({b}) {operator} 0");
        for side in [right, left] {
            if matches!(side.ty.present(), Type::Any | Type::IntOrString) {
                let term = self.term(side)?;
                let test = super::faults::is_quantity(&term);
                out = format!("({test} && {out})");
            }
        }
        Ok(out)
    }

    /// Arithmetic on whole numbers, or on quantities where nothing has to be rounded.
    pub fn arithmetic(
        &mut self,
        expression: &Expression,
        operation: Arithmetic,
        left: &Expression,
        right: &Expression,
    ) -> Result<String> {
        if *expression.ty.present() == Type::Int {
            let (left, right) = (self.operand(left)?, self.operand(right)?);
            return Ok(self.limited(operation, &left, &right));
        }
        match self.denominator(expression)? {
            1 => self.scaled(
                expression,
                Ratio {
                    numerator: 1,
                    denominator: 1,
                },
            ),
            _ => Err(Reason::new(
                expression.span,
                "it names a quotient or a product with a fraction, which CEL has no quantity for",
            )),
        }
    }

    /// A whole number with the other sign.
    pub fn negated(&mut self, expression: &Expression) -> Result<String> {
        let operand = self.operand(expression)?;
        Ok(self.limited(Arithmetic::Subtract, "dyn(0)", &operand))
    }

    fn operand(&mut self, expression: &Expression) -> Result<String> {
        Ok(match self.is_careful {
            true => format!("dyn({})", self.whole(expression)?),
            false => format!("dyn({})", self.term(expression)?),
        })
    }

    /// An operation on whole numbers that stops at the ends of 64 bits, where CEL's would fail.
    fn limited(&mut self, operation: Arithmetic, left: &str, right: &str) -> String {
        let (pair, one) = (self.scope.fresh("pair"), self.scope.fresh("one"));
        let (a, b) = (format!("{pair}[0]"), format!("{pair}[1]"));
        let (most, least) = (i64::MAX, i64::MIN);
        let result = match operation {
            Arithmetic::Add => format!(
                "{b} > 0 && {a} > {most} - {b} ? {most} : {b} < 0 && {a} < {least} - {b} ? {least} : {a} + {b}"
            ),
            Arithmetic::Subtract => format!(
                "{b} < 0 && {a} > {most} + {b} ? {most} : {b} > 0 && {a} < {least} + {b} ? {least} : {a} - {b}"
            ),
            Arithmetic::Multiply => format!(
                "({a} > 0 ? ({b} > 0 ? {a} > {most} / {b} : {b} < {least} / {a}) : \
                 {b} > 0 ? {a} < {least} / {b} : {a} < 0 && {b} < 0 && {a} < {most} / {b}) ? \
                 (({a} > 0) == ({b} > 0) ? {most} : {least}) : {a} * {b}"
            ),
            Arithmetic::Divide => format!("{a} / {b}"),
        };
        let whole = super::faults::number(&one);
        format!("[[{left}, {right}].map({one}, {whole})].map({pair}, {result})[0]")
    }

    /// About how much an amount is, for messages; zero if that can't be told.
    pub fn approximate(&mut self, expression: &Expression) -> Result<String> {
        Ok(match &expression.kind {
            ExpressionKind::Arithmetic(operation, left, right) => {
                let operator = match operation {
                    Arithmetic::Add => "+",
                    Arithmetic::Subtract => "-",
                    Arithmetic::Multiply => "*",
                    Arithmetic::Divide => "/",
                };
                let (left, right) = (self.approximate(left)?, self.approximate(right)?);
                format!("({left} {operator} {right})")
            }
            ExpressionKind::Negate(inner) => format!("(0.0 - {})", self.approximate(inner)?),
            ExpressionKind::Local(slot) if self.scope.aliased(*slot).is_some() => {
                match self.scope.aliased(*slot) {
                    Some(alias) => self.approximate(alias)?,
                    None => "0.0".to_owned(),
                }
            }
            _ if self.is_quantity(expression) => {
                format!("{}.asApproximateFloat()", self.term(expression)?)
            }
            _ => {
                let (term, name) = (self.dynamic(expression)?, self.scope.fresh("amount"));
                let test = super::faults::is_quantity(&name);
                format!(
                    "[{term}].map({name}, {test} ? quantity(string({name})).asApproximateFloat() : 0.0)[0]"
                )
            }
        })
    }

    /// By what the value must be multiplied so that no part of it is a fraction of a factor.
    fn denominator(&self, expression: &Expression) -> Result<i128> {
        let too_large = || Reason::new(expression.span, "its factors are too large to stay exact");
        Ok(match &expression.kind {
            ExpressionKind::Arithmetic(Arithmetic::Add | Arithmetic::Subtract, left, right) => {
                least_common_multiple(self.denominator(left)?, self.denominator(right)?)
                    .ok_or_else(too_large)?
            }
            ExpressionKind::Arithmetic(..) => match self.factor(expression)? {
                Some((factor, inner)) => {
                    let inner = self.denominator(inner)?;
                    let whole = Ratio::new(factor.numerator, factor.denominator.saturating_mul(inner));
                    whole.ok_or_else(too_large)?.denominator.max(1)
                }
                None => 1,
            },
            ExpressionKind::Negate(inner) => self.denominator(inner)?,
            ExpressionKind::Local(slot) => match self.scope.aliased(*slot) {
                Some(alias) => self.denominator(alias)?,
                None => 1,
            },
            _ => 1,
        })
    }

    /// The constant factor of a product or quotient with what it multiplies. None for a product with a
    /// parameter that is read when an object is judged.
    fn factor<'e>(&self, expression: &'e Expression) -> Result<Option<(Ratio, &'e Expression)>> {
        let ExpressionKind::Arithmetic(operation, left, right) = &expression.kind else {
            return Ok(None);
        };
        plain(expression, left, right, *operation)?;
        let (constant, inner) = match (operation, self.ratio(left), self.ratio(right)) {
            (Arithmetic::Multiply, Some(factor), _) => (factor, right),
            (Arithmetic::Multiply, None, Some(factor)) => (factor, left),
            (Arithmetic::Divide, _, Some(divisor)) => match divisor.inverted() {
                Some(factor) => (factor, left),
                None => return Err(Reason::new(right.span, "it divides by zero")),
            },
            (Arithmetic::Multiply, ..) if self.bounded(left).or(self.bounded(right)).is_some() => {
                return Ok(None);
            }
            _ if [left, right]
                .iter()
                .any(|side| matches!(side.kind, ExpressionKind::Parameter(_))) =>
            {
                return Err(Reason {
                    help: Some("bound it, as in `param factor: Int in 1..100 = 4`".to_owned()),
                    ..Reason::new(
                        expression.span,
                        "it multiplies or divides by a parameter that a cluster may set to any number",
                    )
                });
            }
            _ => {
                return Err(Reason::new(
                    expression.span,
                    "it multiplies two amounts that are not constant, for which CEL has no function",
                ));
            }
        };
        Ok(Some((constant, &**inner)))
    }

    /// The value of a factor that is known when the policy is built.
    fn ratio(&self, expression: &Expression) -> Option<Ratio> {
        match &expression.kind {
            ExpressionKind::Constant(constant) => ratio(constant),
            ExpressionKind::Parameter(index) => {
                let parameter = self.parameters.get(*index)?;
                match self.setting.with_params && is_read_param(parameter) {
                    true => None,
                    false => ratio(&parameter.value),
                }
            }
            _ => None,
        }
    }

    /// The number of bits of a factor that is a parameter within small bounds.
    fn bounded(&self, expression: &Expression) -> Option<u32> {
        let ExpressionKind::Parameter(index) = &expression.kind else {
            return None;
        };
        let parameter = self.parameters.get(*index)?;
        match (&parameter.ty, &parameter.allowed) {
            (Type::Int, Some(Constant::Range(low, high))) => match (&**low, &**high) {
                (Constant::Int(low @ 0..), Constant::Int(high)) if *high < 1 << 16 => {
                    (low <= high).then(|| 128 - high.leading_zeros())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The value times a factor whose denominator goes into it.
    fn scaled(&mut self, expression: &Expression, scale: Ratio) -> Result<String> {
        let too_large = || Reason::new(expression.span, "its factors are too large to stay exact");
        Ok(match &expression.kind {
            ExpressionKind::Constant(constant) => {
                let nano = nano(constant).ok_or_else(too_large)?;
                let product = nano.checked_mul(scale.numerator).ok_or_else(too_large)?;
                let quotient = product / scale.denominator;
                format!("quantity({})", text::string(&text::decimal(quotient)))
            }
            ExpressionKind::Arithmetic(Arithmetic::Add, left, right) => {
                format!(
                    "{}.add({})",
                    self.scaled(left, scale)?,
                    self.scaled(right, scale)?
                )
            }
            ExpressionKind::Arithmetic(Arithmetic::Subtract, left, right) => {
                format!(
                    "{}.sub({})",
                    self.scaled(left, scale)?,
                    self.scaled(right, scale)?
                )
            }
            ExpressionKind::Arithmetic(_, left, right) => match self.factor(expression)? {
                Some((factor, inner)) => {
                    let scale = scale.times(factor).ok_or_else(too_large)?;
                    self.scaled(inner, scale)?
                }
                None => {
                    let (bits, parameter, inner) = match (self.bounded(left), self.bounded(right)) {
                        (Some(bits), _) => (bits, left, right),
                        (None, bits) => (bits.unwrap_or(1), right, left),
                    };
                    let inner = self.scaled(inner, scale)?;
                    let factor = self.term(parameter)?;
                    self.multiplied(inner, bits, |bit| {
                        Some(format!("int({factor}) / {} % 2 == 1", 1 << bit))
                    })
                }
            },
            ExpressionKind::Negate(inner) => {
                let scale = Ratio {
                    numerator: -scale.numerator,
                    ..scale
                };
                self.scaled(inner, scale)?
            }
            ExpressionKind::Local(slot) if self.scope.aliased(*slot).is_some() => {
                match self.scope.aliased(*slot) {
                    Some(alias) => self.scaled(alias, scale)?,
                    None => return Err(too_large()),
                }
            }
            _ => {
                let value = self.quantity(expression)?;
                if scale.denominator != 1 || scale.numerator.abs() > LARGEST_FACTOR {
                    return Err(too_large());
                }
                let factor = scale.numerator.unsigned_abs();
                let product = match factor {
                    0 => "quantity('0')".to_owned(),
                    1 => value,
                    _ => {
                        let bits = 128 - factor.leading_zeros();
                        self.multiplied(value, bits, |bit| {
                            (factor >> bit & 1 == 1).then(|| "true".to_owned())
                        })
                    }
                };
                match scale.numerator < 0 {
                    true => format!("quantity('0').sub({product})"),
                    false => product,
                }
            }
        })
    }

    /// A quantity times a factor of so many bits, by doubling and adding. `bit` gives the condition under
    /// which a bit is set, none if it never is.
    fn multiplied(&mut self, value: String, bits: u32, bit: impl Fn(u32) -> Option<String>) -> String {
        let unit = self.scope.fresh("unit");
        let mut sum = "quantity('0')".to_owned();
        for place in (0..bits).rev() {
            let (one, two) = (self.scope.fresh("sum"), self.scope.fresh("twice"));
            let twice = match &*sum {
                "quantity('0')" => sum.clone(),
                _ => format!("[{sum}].map({one}, {one}.add({one}))[0]"),
            };
            sum = match bit(place) {
                None => twice,
                Some(always) if always == "true" => format!("{twice}.add({unit})"),
                Some(condition) => {
                    format!("[{twice}].map({two}, {condition} ? {two}.add({unit}) : {two})[0]")
                }
            };
        }
        format!("[{value}].map({unit}, {sum})[0]")
    }
}

fn nano(constant: &Constant) -> Option<i128> {
    match constant {
        Constant::Int(number) => number.checked_mul(BILLION),
        Constant::Decimal(nano) => Some(*nano),
        Constant::Quantity(quantity) => Some(quantity.nano),
        _ => None,
    }
}

fn ratio(constant: &Constant) -> Option<Ratio> {
    // Quantities are factors only of other dimensions, which the types have made sure of.
    match constant {
        Constant::Quantity(quantity) if quantity.dimension != Dimension::RATIO => None,
        constant => Ratio::new(nano(constant)?, BILLION),
    }
}

/// Refuses products and quotients of rates, whose numbers are kept in units of their own.
fn plain(
    expression: &Expression,
    left: &Expression,
    right: &Expression,
    operation: Arithmetic,
) -> Result<()> {
    let one = |ty: &Type| match ty.present() {
        Type::Quantity(dimension) => Quantity::new(BILLION, dimension.unwrap_or(Dimension::COUNT)),
        _ => Quantity::new(BILLION, Dimension::RATIO),
    };
    let (left, right) = (one(&left.ty), one(&right.ty));
    let result = match operation {
        Arithmetic::Divide => left.divided_by(right),
        _ => left.times(right),
    };
    match result {
        Some(result) if result.nano == BILLION => Ok(()),
        _ => Err(Reason::new(expression.span, "it multiplies or divides rates")),
    }
}

fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    match b {
        0 => a,
        _ => greatest_common_divisor(b, a % b),
    }
}

fn least_common_multiple(a: i128, b: i128) -> Option<i128> {
    let shared = i128::try_from(greatest_common_divisor(a.unsigned_abs(), b.unsigned_abs())).ok()?;
    a.checked_div(shared)?.checked_mul(b)
}
