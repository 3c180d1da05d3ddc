//! Facts about fields that the schemas lack: `defaults.txt` and `validation.txt` → changed [`Field`]s.

use super::{Absence, Field};

/// A line about a field of one or several definitions.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fact {
    /// The definitions, separated by spaces.
    pub definitions: &'static str,
    /// The field's name.
    pub field: &'static str,
    /// What is said of it.
    pub claim: Claim,
}

/// What a line says of a field.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// `FIELD !`
    Required,
    /// `FIELD : VALUE…`
    Values(&'static str),
    /// `FIELD = VALUE`
    Default(&'static str),
}

/// The facts of both files.
pub(super) fn facts() -> impl Iterator<Item = Fact> {
    [include_str!("defaults.txt"), include_str!("validation.txt")]
        .into_iter()
        .flat_map(|text| {
            text.lines()
                .filter(|line| !line.trim_start().starts_with('#') && !line.is_empty())
                .scan("", |definitions, line| {
                    Some(match line.strip_prefix(' ') {
                        Some(claim) => read_claim(definitions, claim),
                        None => {
                            *definitions = line;
                            None
                        }
                    })
                })
                .flatten()
        })
}

fn read_claim(definitions: &'static str, line: &'static str) -> Option<Fact> {
    let (field, claim) = line.split_once(' ')?;
    Some(Fact {
        definitions,
        field,
        claim: match claim.split_once(' ') {
            Some((":", values)) => Claim::Values(values),
            Some(("=", value)) => Claim::Default(value),
            _ => Claim::Required,
        },
    })
}

impl Claim {
    /// Makes the field say it.
    pub(super) fn apply(&self, field: &mut Field) {
        match self {
            Claim::Required => field.required = true,
            Claim::Values(values) => {
                field.values = values
                    .split(' ')
                    .map(|value| if value == "\"\"" { "".into() } else { value.into() })
                    .collect();
            }
            Claim::Default("{}") => field.absence = Absence::FilledIn,
            Claim::Default(value) => field.absence = Absence::Value((*value).into()),
        }
    }
}
