//! Named, dated tables of figures: prices, power of hardware, carbon intensity of grids.
//!
//! In: the texts under `tables/`, which name the source of each figure. Out: [`Table`]s of quantities.

use crate::units::Quantity;
use std::sync::LazyLock;

/// Figures of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name, by which configuration selects it and reports name it.
    pub name: &'static str,
    /// The day of the figures: `2020-02-12`.
    pub date: &'static str,
    /// Where they were taken from.
    pub source: &'static str,
    entries: Vec<(&'static str, Quantity)>,
}

impl Table {
    /// The figure of a key, if the table has it.
    pub fn get(&self, key: &str) -> Option<Quantity> {
        self.entries
            .iter()
            .find(|(own, _)| *own == key)
            .map(|(_, amount)| *amount)
    }

    /// All keys, in the order of the text.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.entries.iter().map(|(key, _)| *key)
    }
}

/// The price tables; the first is the default.
pub fn prices() -> &'static [Table] {
    static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| parse(include_str!("tables/prices.txt")));
    &TABLES
}

/// The tables of hardware.
pub fn power() -> &'static [Table] {
    static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| parse(include_str!("tables/power.txt")));
    &TABLES
}

/// The tables of grids, with keys such as `aws/us-east-1`; no region is in two of them.
pub fn grids() -> &'static [Table] {
    static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| parse(include_str!("tables/grid.txt")));
    &TABLES
}

/// Reads a text of this package. A test holds every line to its form.
fn parse(text: &'static str) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for line in text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        match (line.strip_prefix(' '), tables.last_mut()) {
            (Some(entry), Some(table)) => table.entries.extend(parse_entry(entry)),
            _ => tables.extend(parse_heading(line)),
        }
    }
    tables
}

fn parse_heading(line: &'static str) -> Option<Table> {
    let mut words = line.splitn(3, ' ');
    Some(Table {
        name: words.next()?,
        date: words.next()?,
        source: words.next()?,
        entries: Vec::new(),
    })
}

fn parse_entry(line: &'static str) -> Option<(&'static str, Quantity)> {
    let (key, amount) = line.split_once(' ')?;
    Some((key, Quantity::parse(amount).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Dimension;
    use std::collections::BTreeSet;

    #[test]
    fn every_line_is_a_figure_that_prints_as_it_is_written() {
        let texts = [
            include_str!("tables/prices.txt"),
            include_str!("tables/power.txt"),
            include_str!("tables/grid.txt"),
        ];
        for text in texts {
            for line in text.lines().filter_map(|line| line.strip_prefix(' ')) {
                let (_, amount) = parse_entry(line).unwrap_or_else(|| panic!("{line}"));
                assert!(amount.nano > 0, "{line}");
            }
            for heading in text.lines().filter(|line| line.starts_with(char::is_alphabetic)) {
                let table = parse_heading(heading).unwrap();
                let digits = table.date.bytes().filter(u8::is_ascii_digit).count();
                assert_eq!((table.date.len(), digits), (10, 8), "{heading}");
            }
        }
        let price = prices()[0].get("cpu").unwrap();
        assert_eq!(price.to_string(), "0.031611 USD/cpu/h");
    }

    #[test]
    fn figures_measure_what_their_keys_say() {
        let rate = |unit| Quantity::of_unit(unit).unwrap().dimension;
        for table in prices() {
            for key in table.keys() {
                let expected = match key {
                    "cpu" => rate("USD/cpu/h"),
                    "memory" | "storage" => rate("USD/Gi/h"),
                    _ => rate("USD/h"),
                };
                assert_eq!(table.get(key).unwrap().dimension, expected, "{key}");
            }
        }
        for table in grids() {
            for key in table.keys() {
                assert_eq!(table.get(key).unwrap().dimension, rate("gCO2e/kWh"), "{key}");
            }
        }
        let power = &power()[0];
        assert_eq!(power.get("aws.overhead").unwrap().dimension, Dimension::RATIO);
        assert_eq!(power.get("t4.idle").unwrap().dimension, Dimension::POWER);
    }

    #[test]
    fn no_region_is_in_two_tables() {
        let keys: Vec<&str> = grids().iter().flat_map(Table::keys).collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    }
}
