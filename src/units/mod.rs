//! Quantities with dimensions: literal, manifest value or product of both → exact numbers.
//!
//! A [`Quantity`] is a whole number of nano-units with a [`Dimension`]. Policy text becomes one by
//! [`Quantity::parse`], a manifest value by [`Quantity::of_manifest`], and `Display` prints it as
//! people write it. No step uses floating point.
//!
//! A month is 730 h, a year 8760 h, a day 24 h, a week 7 d: the conventions of cloud price lists.
//! There are no exchange rates: two currencies are two dimensions.

mod literal;
mod manifest;
mod print;
mod quantity;
mod table;
#[cfg(test)]
mod tests;
mod wide;

pub use literal::UnitError;
pub use print::Way;
pub use quantity::Quantity;
pub use wide::Fraction;

use std::fmt;

/// What a quantity measures: exponents of base dimensions, so that `*` and `/` are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dimension {
    exponents: [i8; Base::ALL.len()],
    /// Nothing unless the exponent of money is other than 0.
    currency: Option<Currency>,
}

/// An ISO 4217 code: `USD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Currency([u8; 3]);

/// The dimensions that all others are made of, each with the unit in which it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    /// Cores.
    Cpu,
    /// Bytes.
    Memory,
    /// Things.
    Count,
    /// Seconds.
    Time,
    /// Units of one currency.
    Money,
    /// Grams of CO₂ equivalent.
    Carbon,
    /// Watt-hours.
    Energy,
}

impl Base {
    const ALL: [Base; 7] = [
        Base::Cpu,
        Base::Memory,
        Base::Count,
        Base::Time,
        Base::Money,
        Base::Carbon,
        Base::Energy,
    ];

    /// How many of the base unit a denominator counts as one.
    ///
    /// A rate is stored as an amount per 7 years, per TiB·5¹², per kWh and so on, because then a
    /// whole number of nano-units holds `12.34 USD/month` or `0.0042 USD/Gi/h` exactly: 7 years are
    /// a whole number of months, weeks, days and milliseconds alike.
    const fn denominator(self) -> u128 {
        match self {
            Base::Time => 7 * 8760 * 3600,
            Base::Memory => (1 << 40) * 5_u128.pow(12),
            Base::Cpu | Base::Energy => 1000,
            Base::Count => 1_000_000,
            Base::Money | Base::Carbon => 1,
        }
    }
}

impl Currency {
    /// The active codes of ISO 4217 for currencies that goods are priced in.
    const CODES: &'static str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL \
        BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP \
        GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW \
        KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO \
        NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD \
        SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF \
        XPF YER ZAR ZMW ZWG";

    pub(crate) fn of_code(code: &str) -> Option<Currency> {
        Currency::CODES
            .split_whitespace()
            .find(|known| *known == code)
            .and_then(|code| code.as_bytes().try_into().ok())
            .map(Currency)
    }

    pub(crate) fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Dimension {
    /// Processing power, in cores.
    pub const CPU: Dimension = Dimension::of(Base::Cpu);
    /// Memory and storage, in bytes.
    pub const MEMORY: Dimension = Dimension::of(Base::Memory);
    /// A number of things: Pods, restarts, requests.
    pub const COUNT: Dimension = Dimension::of(Base::Count);
    /// A share: 60 % is 0.6.
    pub const RATIO: Dimension = Dimension {
        exponents: [0; Base::ALL.len()],
        currency: None,
    };
    /// A span of time, in seconds.
    pub const DURATION: Dimension = Dimension::of(Base::Time);

    /// Greenhouse gases, in grams of CO₂ equivalent.
    pub const CARBON: Dimension = Dimension::of(Base::Carbon);
    /// Energy, in watt-hours.
    pub const ENERGY: Dimension = Dimension::of(Base::Energy);
    /// Energy per time.
    pub const POWER: Dimension = {
        let mut dimension = Dimension::of(Base::Energy);
        dimension.exponents[Base::Time as usize] = -1;
        dimension
    };

    const fn of(base: Base) -> Dimension {
        let mut exponents = [0; Base::ALL.len()];
        exponents[base as usize] = 1;
        Dimension {
            exponents,
            currency: None,
        }
    }

    /// Money in the currency of that ISO 4217 code; `None` if there is no such currency.
    pub fn money(code: &str) -> Option<Dimension> {
        Some(Dimension {
            currency: Some(Currency::of_code(code)?),
            ..Dimension::of(Base::Money)
        })
    }

    /// Whether manifests have amounts of it as quantities of Kubernetes.
    pub fn is_in_manifests(&self) -> bool {
        [
            Dimension::CPU,
            Dimension::MEMORY,
            Dimension::COUNT,
            Dimension::RATIO,
        ]
        .contains(self)
    }

    /// The dimension that a type in policy text names: `Memory`, `Count/Duration`, `EUR/Duration`.
    /// `Money` is US dollars.
    pub fn of_name(name: &str) -> Option<Dimension> {
        if let Some((left, right)) = name.rsplit_once('/') {
            return Dimension::of_name(left.trim())?.per(Dimension::of_name(right.trim())?);
        }
        Some(match name {
            "CPU" | "Cpu" => Dimension::CPU,
            "Memory" => Dimension::MEMORY,
            "Count" => Dimension::COUNT,
            "Ratio" => Dimension::RATIO,
            "Duration" => Dimension::DURATION,
            "Carbon" => Dimension::CARBON,
            "Energy" => Dimension::ENERGY,
            "Power" => Dimension::POWER,
            "Money" => return Dimension::money("USD"),
            code => return Dimension::money(code),
        })
    }

    /// What the quantities of a resource list measure, by key: `cpu`, `limits.memory`,
    /// `hugepages-2Mi`, `gold.storageclass.storage.k8s.io/requests.storage`. What Kubernetes does not
    /// know otherwise is a count of things, as for `nvidia.com/gpu` and `count/secrets`.
    pub fn of_resource_key(key: &str) -> Dimension {
        let resource = key
            .rsplit_once(".storageclass.storage.k8s.io/")
            .map_or(key, |(_, rest)| rest);
        let resource = ["requests.", "limits."]
            .iter()
            .find_map(|prefix| resource.strip_prefix(prefix))
            .unwrap_or(resource);
        match resource {
            "cpu" => Dimension::CPU,
            "memory" | "storage" | "ephemeral-storage" => Dimension::MEMORY,
            _ if resource.starts_with("hugepages-") => Dimension::MEMORY,
            _ => Dimension::COUNT,
        }
    }

    /// The dimension of a product; `None` where two currencies meet.
    pub fn times(self, other: Dimension) -> Option<Dimension> {
        self.combine(other, i8::checked_add)
    }

    /// The dimension of a quotient; `None` where two currencies meet.
    pub fn per(self, other: Dimension) -> Option<Dimension> {
        self.combine(other, i8::checked_sub)
    }

    fn combine(self, other: Dimension, operation: fn(i8, i8) -> Option<i8>) -> Option<Dimension> {
        let currency = match (self.currency, other.currency) {
            (Some(left), Some(right)) if left != right => return None,
            (left, right) => left.or(right),
        };
        let mut exponents = self.exponents;
        for (exponent, other) in exponents.iter_mut().zip(other.exponents) {
            *exponent = operation(*exponent, other)?;
        }
        Some(Dimension {
            exponents,
            currency: currency.filter(|_| exponents[Base::Money as usize] != 0),
        })
    }

    fn exponent(self, base: Base) -> i8 {
        self.exponents[base as usize]
    }

    /// The bases above the fraction line, once each.
    fn numerators(self) -> impl Iterator<Item = Base> {
        Base::ALL.into_iter().filter(move |base| self.exponent(*base) > 0)
    }

    /// The bases below the fraction line, as often as they stand there.
    fn denominators(self) -> impl Iterator<Item = Base> {
        Base::ALL.into_iter().flat_map(move |base| {
            std::iter::repeat_n(base, usize::from(self.exponent(base).min(0).unsigned_abs()))
        })
    }

    fn base_name(&self, base: Base) -> &str {
        match base {
            Base::Cpu => "CPU",
            Base::Memory => "memory",
            Base::Count => "count",
            Base::Time => "duration",
            Base::Money => self.currency.as_ref().map_or("money", Currency::code),
            Base::Carbon => "carbon",
            Base::Energy => "energy",
        }
    }
}

/// As messages name it: `memory`, `USD per duration`.
impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Dimension::POWER {
            return f.write_str("power");
        }
        let mut any = false;
        for base in self.numerators() {
            for _ in 0..self.exponent(base) {
                write!(f, "{}{}", if any { " × " } else { "" }, self.base_name(base))?;
                any = true;
            }
        }
        if !any {
            f.write_str("ratio")?;
        }
        self.denominators()
            .try_for_each(|base| write!(f, " per {}", self.base_name(base)))
    }
}
