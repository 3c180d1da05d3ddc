//! The exact quantity and its arithmetic.

use super::wide::{Fraction, multiply_divide};
use super::{Base, Dimension};
use std::cmp::Ordering;

/// Nano-units in a unit.
pub(super) const NANO: i128 = 1_000_000_000;

/// An amount of something, exact to a billionth.
///
/// Sums, products and quotients saturate at the ends of `i128` (about 10²⁹ units); where a product or
/// quotient has no exact nano-unit it is rounded to the nearest, halves away from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quantity {
    /// Billionths of the dimension's unit: nano-cores, nano-bytes, nano-seconds, nano-watt-hours,
    /// nano-grams, billionths of a currency unit, of a thing, of one. What stands below the fraction
    /// line is counted in large units (see `Base::denominator`), so that the usual rates are whole.
    pub nano: i128,
    /// What it measures.
    pub dimension: Dimension,
}

impl Quantity {
    /// So many billionths of the dimension's unit.
    pub const fn new(nano: i128, dimension: Dimension) -> Quantity {
        Quantity { nano, dimension }
    }

    /// A number of cores, bytes, things, seconds, and so on; for dimensions without a denominator.
    pub const fn whole(amount: i128, dimension: Dimension) -> Quantity {
        Quantity {
            nano: amount.saturating_mul(NANO),
            dimension,
        }
    }

    /// The sum, `None` unless both measure the same.
    pub fn plus(self, other: Quantity) -> Option<Quantity> {
        (self.dimension == other.dimension)
            .then(|| Quantity::new(self.nano.saturating_add(other.nano), self.dimension))
    }

    /// The difference, `None` unless both measure the same.
    pub fn minus(self, other: Quantity) -> Option<Quantity> {
        (self.dimension == other.dimension)
            .then(|| Quantity::new(self.nano.saturating_sub(other.nano), self.dimension))
    }

    /// The quantity with the other sign.
    pub fn negated(self) -> Quantity {
        Quantity::new(self.nano.saturating_neg(), self.dimension)
    }

    /// So many times the quantity.
    pub fn times_integer(self, factor: i128) -> Quantity {
        Quantity::new(self.nano.saturating_mul(factor), self.dimension)
    }

    /// An equal part of the quantity; `None` for no parts.
    pub fn divided_by_integer(self, divisor: i128) -> Option<Quantity> {
        (divisor != 0).then(|| {
            let nano = multiply_divide(self.nano, 1, divisor.unsigned_abs());
            Quantity::new(
                if divisor < 0 { nano.saturating_neg() } else { nano },
                self.dimension,
            )
        })
    }

    /// The product; `None` where two currencies meet.
    pub fn times(self, other: Quantity) -> Option<Quantity> {
        let dimension = self.dimension.times(other.dimension)?;
        let magnitude = multiply_divide(
            self.nano,
            other.nano.unsigned_abs(),
            nanos_of_product(self.dimension, other.dimension)?,
        );
        let nano = if other.nano < 0 {
            magnitude.saturating_neg()
        } else {
            magnitude
        };
        Some(Quantity::new(nano, dimension))
    }

    /// The quotient; `None` for division by nothing and where two currencies meet.
    pub fn divided_by(self, other: Quantity) -> Option<Quantity> {
        if other.nano == 0 {
            return None;
        }
        let dimension = self.dimension.per(other.dimension)?;
        let magnitude = multiply_divide(
            self.nano,
            nanos_of_product(dimension, other.dimension)?,
            other.nano.unsigned_abs(),
        );
        let nano = if other.nano < 0 {
            magnitude.saturating_neg()
        } else {
            magnitude
        };
        Some(Quantity::new(nano, dimension))
    }

    /// What an amount of a dimension is multiplied by to become its product with this quantity, both counted in
    /// nano-units, for engines that have no dimensions. `None` unless the quantity is more than nothing.
    pub fn as_factor(self, of: Dimension) -> Option<Fraction> {
        of.times(self.dimension)?;
        let nanos = nanos_of_product(of, self.dimension)?;
        (self.nano > 0).then(|| Fraction::new(self.nano.unsigned_abs(), nanos))
    }

    /// The same for the quotient of an amount by this quantity.
    pub fn as_divisor(self, of: Dimension) -> Option<Fraction> {
        let nanos = nanos_of_product(of.per(self.dimension)?, self.dimension)?;
        (self.nano > 0).then(|| Fraction::new(nanos, self.nano.unsigned_abs()))
    }

    /// The stored number of nano-units that one natural unit has: one second, one USD per second.
    pub(super) fn scale(dimension: Dimension) -> Option<Fraction> {
        dimension
            .denominators()
            .try_fold(Fraction::new(NANO.unsigned_abs(), 1), |scale, base| {
                scale.times(Fraction::new(base.denominator(), 1))
            })
    }
}

/// The product of so many nano-units is one nano-unit. A base that cancels leaves its large denominator unit
/// behind, once for each time.
fn nanos_of_product(left: Dimension, right: Dimension) -> Option<u128> {
    let product = left.times(right)?;
    units_cancelled(left, right, product)?.checked_mul(NANO.unsigned_abs())
}

/// The large denominator units that vanish when `left * right` becomes `product`.
fn units_cancelled(left: Dimension, right: Dimension, product: Dimension) -> Option<u128> {
    let below = |dimension: Dimension, base| i32::from(dimension.exponent(base).min(0));
    Base::ALL.into_iter().try_fold(1_u128, |units, base| {
        let times = below(product, base) - below(left, base) - below(right, base);
        base.denominator()
            .checked_pow(times.max(0).unsigned_abs())
            .and_then(|factor| units.checked_mul(factor))
    })
}

impl PartialOrd for Quantity {
    /// By amount; nothing unless both measure the same.
    fn partial_cmp(&self, other: &Quantity) -> Option<Ordering> {
        (self.dimension == other.dimension).then(|| self.nano.cmp(&other.nano))
    }
}
