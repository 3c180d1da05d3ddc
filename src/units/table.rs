//! The units that literals may carry.

use super::wide::Fraction;
use super::{Base, Currency, Dimension};

/// A unit and how much of its dimension's natural unit it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    /// As it is written: `Mi`.
    pub name: &'static str,
    /// What it measures.
    pub dimension: Dimension,
    /// Its size in cores, bytes, seconds, grams, watt-hours.
    pub numerator: u128,
    /// What its size is divided by.
    pub denominator: u128,
    /// Whether a space stands between number and unit.
    pub spaced: bool,
    /// Whether quantities are printed in it.
    pub printed: bool,
}

const fn unit(name: &'static str, dimension: Dimension, numerator: u128, denominator: u128) -> Unit {
    Unit {
        name,
        dimension,
        numerator,
        denominator,
        spaced: matches!(dimension.exponents, [_, _, _, _, _, 1, _] | [_, _, _, _, _, _, 1]),
        printed: true,
    }
}

const fn read_only(unit: Unit) -> Unit {
    Unit {
        printed: false,
        ..unit
    }
}

const HOUR: u128 = 3600;

/// All units but currencies; the larger before the smaller.
pub(super) const UNITS: &[Unit] = &[
    unit("cpu", Dimension::CPU, 1, 1),
    unit("m", Dimension::CPU, 1, 1000),
    unit("Ei", Dimension::MEMORY, 1 << 60, 1),
    unit("E", Dimension::MEMORY, 10_u128.pow(18), 1),
    unit("Pi", Dimension::MEMORY, 1 << 50, 1),
    unit("P", Dimension::MEMORY, 10_u128.pow(15), 1),
    unit("Ti", Dimension::MEMORY, 1 << 40, 1),
    unit("T", Dimension::MEMORY, 10_u128.pow(12), 1),
    unit("Gi", Dimension::MEMORY, 1 << 30, 1),
    unit("G", Dimension::MEMORY, 10_u128.pow(9), 1),
    unit("Mi", Dimension::MEMORY, 1 << 20, 1),
    unit("M", Dimension::MEMORY, 10_u128.pow(6), 1),
    unit("Ki", Dimension::MEMORY, 1 << 10, 1),
    unit("k", Dimension::MEMORY, 1000, 1),
    unit("B", Dimension::MEMORY, 1, 1),
    unit("%", Dimension::RATIO, 1, 100),
    read_only(unit("year", Dimension::DURATION, 8760 * HOUR, 1)),
    read_only(unit("month", Dimension::DURATION, 730 * HOUR, 1)),
    read_only(unit("week", Dimension::DURATION, 168 * HOUR, 1)),
    read_only(unit("w", Dimension::DURATION, 168 * HOUR, 1)),
    read_only(unit("day", Dimension::DURATION, 24 * HOUR, 1)),
    unit("d", Dimension::DURATION, 24 * HOUR, 1),
    read_only(unit("hour", Dimension::DURATION, HOUR, 1)),
    unit("h", Dimension::DURATION, HOUR, 1),
    unit("min", Dimension::DURATION, 60, 1),
    unit("s", Dimension::DURATION, 1, 1),
    unit("ms", Dimension::DURATION, 1, 1000),
    unit("us", Dimension::DURATION, 1, 1_000_000),
    read_only(unit("µs", Dimension::DURATION, 1, 1_000_000)),
    unit("ns", Dimension::DURATION, 1, 1_000_000_000),
    unit("tCO2e", Dimension::CARBON, 1_000_000, 1),
    unit("kgCO2e", Dimension::CARBON, 1000, 1),
    unit("gCO2e", Dimension::CARBON, 1, 1),
    unit("mgCO2e", Dimension::CARBON, 1, 1000),
    unit("TWh", Dimension::ENERGY, 1_000_000_000_000, 1),
    unit("GWh", Dimension::ENERGY, 1_000_000_000, 1),
    unit("MWh", Dimension::ENERGY, 1_000_000, 1),
    unit("kWh", Dimension::ENERGY, 1000, 1),
    unit("Wh", Dimension::ENERGY, 1, 1),
    unit("MW", Dimension::POWER, 1_000_000, HOUR),
    unit("kW", Dimension::POWER, 1000, HOUR),
    unit("W", Dimension::POWER, 1, HOUR),
    unit("mW", Dimension::POWER, 1, 1000 * HOUR),
];

/// The unit of a number that stands alone.
pub(super) const ONE: Unit = unit("", Dimension::COUNT, 1, 1);

impl Unit {
    /// The unit of that name. `m`, `k`, `M`, `G`, `T`, `P` and `E` count things where `counting`.
    pub(super) fn of_name(name: &str, counting: bool) -> Option<Unit> {
        let found = UNITS.iter().find(|unit| unit.name == name).copied();
        let Some(unit) = found else {
            return Unit::of_currency(Currency::of_code(name)?);
        };
        if counting && unit.is_bare_prefix() {
            return Some(Unit {
                dimension: Dimension::COUNT,
                ..unit
            });
        }
        Some(unit)
    }

    /// The main unit of a currency.
    pub(super) fn of_currency(currency: Currency) -> Option<Unit> {
        let start = Currency::CODES.find(currency.code())?;
        Some(Unit {
            name: Currency::CODES.get(start..start + 3)?,
            dimension: Dimension {
                currency: Some(currency),
                ..Dimension::of(Base::Money)
            },
            numerator: 1,
            denominator: 1,
            spaced: true,
            printed: true,
        })
    }

    /// Whether it is an SI prefix alone, which multiplies anything.
    fn is_bare_prefix(&self) -> bool {
        matches!(self.name, "m" | "k" | "M" | "G" | "T" | "P" | "E")
    }

    /// Its size in natural units.
    pub(super) fn size(&self) -> Fraction {
        Fraction::new(self.numerator, self.denominator)
    }
}
