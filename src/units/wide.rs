//! Exact scaling: whole numbers times fractions, through 256 bits where 128 do not do.

/// A positive fraction in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    numerator: u128,
    denominator: u128,
}

impl Fraction {
    /// One.
    pub(super) const ONE: Fraction = Fraction {
        numerator: 1,
        denominator: 1,
    };

    /// `numerator / denominator`; neither may be 0.
    pub(crate) fn new(numerator: u128, denominator: u128) -> Fraction {
        debug_assert!(numerator > 0 && denominator > 0);
        let divisor = greatest_common_divisor(numerator, denominator);
        Fraction {
            numerator: numerator / divisor,
            denominator: denominator / divisor,
        }
    }

    /// What stands above the line.
    pub fn numerator(self) -> u128 {
        self.numerator
    }

    /// What stands below it.
    pub fn denominator(self) -> u128 {
        self.denominator
    }

    /// The product, `None` if it does not fit.
    pub(super) fn times(self, other: Fraction) -> Option<Fraction> {
        let left = Fraction::new(self.numerator, other.denominator);
        let right = Fraction::new(other.numerator, self.denominator);
        Some(Fraction {
            numerator: left.numerator.checked_mul(right.numerator)?,
            denominator: left.denominator.checked_mul(right.denominator)?,
        })
    }

    /// One divided by it.
    pub(super) fn inverse(self) -> Fraction {
        Fraction {
            numerator: self.denominator,
            denominator: self.numerator,
        }
    }

    /// `value` times the fraction.
    pub(super) fn of(self, value: i128) -> i128 {
        multiply_divide(value, self.numerator, self.denominator)
    }
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// `value * factor / divisor`, rounded to the nearest, halves away from zero, saturating at the
/// ends of `i128`. The divisor is not 0.
pub(super) fn multiply_divide(value: i128, factor: u128, divisor: u128) -> i128 {
    let magnitude = value.unsigned_abs();
    let (quotient, remainder) = match magnitude.checked_mul(factor) {
        Some(product) => (product / divisor, product % divisor),
        None => divide_wide(multiply_wide(magnitude, factor), divisor).unwrap_or((u128::MAX, 0)),
    };
    let rounded = quotient.saturating_add(u128::from(remainder >= divisor - remainder));
    match i128::try_from(rounded) {
        Ok(rounded) if value < 0 => -rounded,
        Ok(rounded) => rounded,
        Err(_) if value < 0 => i128::MIN,
        Err(_) => i128::MAX,
    }
}

/// The product as (high, low) halves.
fn multiply_wide(a: u128, b: u128) -> (u128, u128) {
    const HALF: u128 = u64::MAX as u128;
    let (a_high, a_low) = (a >> 64, a & HALF);
    let (b_high, b_low) = (b >> 64, b & HALF);
    let low = a_low * b_low;
    let middle = a_high * b_low + (low >> 64);
    let middle_too = a_low * b_high + (middle & HALF);
    (
        a_high * b_high + (middle >> 64) + (middle_too >> 64),
        (middle_too << 64) | (low & HALF),
    )
}

/// Quotient and remainder; `None` if the quotient does not fit. Schoolbook division, bit by bit.
fn divide_wide((high, low): (u128, u128), divisor: u128) -> Option<(u128, u128)> {
    if high >= divisor {
        return None;
    }
    let (mut remainder, mut quotient) = (high, 0);
    for bit in (0..128).rev() {
        let carry = remainder >> 127 == 1;
        remainder = (remainder << 1) | ((low >> bit) & 1);
        quotient <<= 1;
        if carry || remainder >= divisor {
            remainder = remainder.wrapping_sub(divisor);
            quotient |= 1;
        }
    }
    Some((quotient, remainder))
}
