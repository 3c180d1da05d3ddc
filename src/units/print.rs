//! A [`Quantity`] → the shortest literal that says it.

use super::quantity::NANO;
use super::table::{ONE, UNITS, Unit};
use super::wide::Fraction;
use super::{Base, Dimension, Quantity};
use std::fmt;

/// As many decimals as people read with ease: ways with more are tried only if there is no other.
const FEW_DECIMALS: u32 = 6;

/// More decimals than any literal needs to find its nano-unit again.
const MAXIMUM_DECIMALS: u32 = 24;

/// A way to write quantities of a dimension, for engines that have no units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// What stands behind the number, with the space before it.
    pub suffix: String,
    /// What the number's billionths are of the quantity's.
    pub share: Fraction,
    /// Whether nothing may be written so.
    pub is_natural: bool,
}

/// A way to write one quantity.
struct Spelling {
    numeral: String,
    unit: String,
    spaced: bool,
    decimals: u32,
    below_one: bool,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spelling = self.spelling();
        let sign = if self.nano < 0 { "-" } else { "" };
        let space = if spelling.spaced { " " } else { "" };
        write!(f, "{sign}{}{space}{}", spelling.numeral, spelling.unit)
    }
}

impl Quantity {
    /// The amount in a unit (see [`Quantity::of_unit`]) as a plain decimal number, for targets that
    /// know no units; rounded to nine decimals. `None` unless both measure the same.
    pub fn decimal_in(&self, unit: Quantity) -> Option<String> {
        let share = self.divided_by(unit)?;
        (share.dimension == Dimension::RATIO).then(|| {
            let sign = if share.nano < 0 { "-" } else { "" };
            format!("{sign}{}", decimal(share.nano.unsigned_abs(), 9))
        })
    }

    /// All ways to write quantities of a dimension, in the order in which they are tried. A number may have
    /// six decimals.
    pub fn ways(dimension: Dimension) -> Vec<Way> {
        let ways = written(dimension).into_iter();
        ways.filter_map(|(unit, below, scale)| {
            let space = if unit.spaced { " " } else { "" };
            Some(Way {
                suffix: format!("{space}{}{below}", unit.name),
                share: Fraction::new(NANO.unsigned_abs(), 1).times(scale.inverse())?,
                is_natural: unit.size() == Fraction::ONE,
            })
        })
        .collect()
    }

    /// The units of time that a rate is best told in, and how many decimals still count as round.
    pub fn preferred_times(dimension: Dimension) -> (&'static [&'static str], u32) {
        let by_time = dimension.exponent(Base::Time) == -1 && dimension != Dimension::POWER;
        let usual = [Base::Money, Base::Carbon, Base::Energy]
            .iter()
            .any(|base| dimension.exponent(*base) == 1);
        match dimension.denominators().count() {
            1 if by_time && usual => (&["month", "day", "h", "year", "week", "min", "s"], 2),
            2 if by_time && usual => (&["h", "month"], 6),
            _ => (&[], 0),
        }
    }

    /// Of all ways to write it, the one that reads best: not below one unit, then few digits, then the
    /// larger unit. Money, carbon and energy over time are told by the month where that is round,
    /// prices of a core or a Gi by the hour.
    fn spelling(&self) -> Spelling {
        let mut spellings = self.spellings(FEW_DECIMALS);
        if spellings.is_empty() {
            spellings = self.spellings(MAXIMUM_DECIMALS);
        }
        let (preference, decimals) = Quantity::preferred_times(self.dimension);
        let round = preference.iter().find_map(|time| {
            spellings
                .iter()
                .enumerate()
                .filter(|(_, spelling)| {
                    spelling.decimals <= decimals && spelling.unit.rsplit('/').next() == Some(time)
                })
                .min_by_key(|(_, spelling)| (spelling.below_one, spelling.numeral.len()))
                .map(|(index, _)| index)
        });
        if let Some(index) = round {
            return spellings.swap_remove(index);
        }
        spellings
            .into_iter()
            .min_by_key(|spelling| (spelling.below_one, spelling.numeral.len()))
            .unwrap_or_else(|| Spelling {
                numeral: decimal(self.nano.unsigned_abs(), 9),
                unit: self.dimension.to_string(),
                spaced: true,
                decimals: 9,
                below_one: false,
            })
    }

    fn spellings(&self, decimals: u32) -> Vec<Spelling> {
        // Parts of a byte are told in bytes, which shows that there are some.
        let is_in_parts = self.dimension == Dimension::MEMORY && self.nano % NANO != 0;
        let ways = written(self.dimension).into_iter();
        ways.filter_map(|(unit, below, scale)| {
            if is_in_parts && unit.size() != Fraction::ONE {
                return None;
            }
            let (numeral, decimals) = self.numeral(scale, decimals)?;
            Some(Spelling {
                below_one: numeral.starts_with("0.") || (self.nano == 0 && unit.size() != Fraction::ONE),
                unit: format!("{}{below}", unit.name),
                spaced: unit.spaced,
                numeral,
                decimals,
            })
        })
        .collect()
    }

    /// The fewest decimals that find this nano-unit again, given the nano-units of one unit.
    fn numeral(&self, scale: Fraction, most: u32) -> Option<(String, u32)> {
        let magnitude = self.nano.checked_abs()?;
        (0..=most).find_map(|decimals| {
            let power = Fraction::new(10_u128.pow(decimals), 1);
            let mantissa = scale.inverse().times(power)?.of(magnitude);
            let back = scale.times(power.inverse())?.of(mantissa);
            (back == magnitude && mantissa < i128::MAX)
                .then(|| (decimal(mantissa.unsigned_abs(), decimals), decimals))
        })
    }
}

/// Units with what stands below the fraction line, and the nano-units that one of them has.
fn written(dimension: Dimension) -> Vec<(Unit, String, Fraction)> {
    let mut written = Vec::new();
    for unit in numerator_units(dimension) {
        for (below, size) in denominator_units(dimension, unit) {
            let scale = Quantity::scale(dimension)
                .and_then(|scale| scale.times(unit.size()))
                .and_then(|scale| scale.times(size.inverse()));
            written.extend(scale.map(|scale| (unit, below, scale)));
        }
    }
    written
}

/// The units that may stand above the fraction line; none for products of two dimensions.
fn numerator_units(dimension: Dimension) -> Vec<Unit> {
    if dimension == Dimension::POWER {
        return UNITS
            .iter()
            .filter(|unit| unit.dimension == Dimension::POWER)
            .copied()
            .collect();
    }
    let mut bases = dimension.numerators();
    let above = match (bases.next(), bases.next()) {
        (None, _) => Dimension::RATIO,
        (Some(base), None) if dimension.exponent(base) == 1 => Dimension::of(base),
        _ => return Vec::new(),
    };
    if above == Dimension::of(Base::Money) {
        return dimension
            .currency
            .and_then(Unit::of_currency)
            .into_iter()
            .collect();
    }
    if above == Dimension::COUNT {
        return vec![ONE];
    }
    UNITS
        .iter()
        .filter(|unit| unit.printed && unit.dimension == above)
        .copied()
        .collect()
}

/// What may stand below the fraction line, with its size.
fn denominator_units(dimension: Dimension, above: Unit) -> Vec<(String, Fraction)> {
    let mut choices = vec![(String::new(), Fraction::ONE)];
    for base in dimension.denominators() {
        if above.dimension.exponent(base) < 0 {
            continue;
        }
        let names: &[&str] = match base {
            Base::Time if above.spaced => &["year", "month", "week", "day", "h", "min", "s"],
            Base::Time => &["year", "month", "d", "h", "min", "s"],
            Base::Energy => &["kWh"],
            Base::Cpu => &["cpu"],
            Base::Memory => &["Gi"],
            Base::Carbon => &["gCO2e"],
            Base::Count | Base::Money => return Vec::new(),
        };
        choices = choices
            .iter()
            .flat_map(|(text, size)| {
                names.iter().filter_map(move |name| {
                    let unit = Unit::of_name(name, false)?;
                    Some((format!("{text}/{name}"), size.times(unit.size())?))
                })
            })
            .collect();
    }
    choices
}

/// `mantissa / 10^decimals`, without zeros at the end.
fn decimal(mantissa: u128, decimals: u32) -> String {
    let power = 10_u128.pow(decimals);
    let whole = mantissa / power;
    if mantissa.is_multiple_of(power) {
        return whole.to_string();
    }
    let fraction = format!("{:0width$}", mantissa % power, width = decimals as usize);
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}
