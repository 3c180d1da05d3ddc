//! One fault of an object, told once.
//!
//! A field that is missing or ill-typed is a finding of every rule that reads it, and of the check against
//! the API. Machines get each; a person reads one, which names the others.

use crate::diagnostic::{Diagnostic, Origin};
use crate::source::Span;
use std::collections::BTreeMap;

/// How many rules are named before the rest is counted.
const NAMED: usize = 3;

/// The same diagnostics in the same order, without faults that another one tells of the same field; that one takes
/// the highest severity of them.
pub fn faults(diagnostics: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut places: BTreeMap<Span, Vec<usize>> = BTreeMap::new();
    for (index, diagnostic) in diagnostics.iter().enumerate() {
        if diagnostic.field.is_some() {
            places.entry(diagnostic.primary.span).or_default().push(index);
        }
    }
    let mut told_by: BTreeMap<usize, Vec<&Diagnostic>> = BTreeMap::new();
    let mut is_told = vec![false; diagnostics.len()];
    for mut at_place in places.into_values() {
        // Codes, which say what the API takes, before rules; the gravest of these first.
        at_place.sort_by_key(|index| {
            let diagnostic = &diagnostics[*index];
            let is_rule = matches!(diagnostic.origin, Origin::Rule(_));
            (is_rule, std::cmp::Reverse(diagnostic.severity), *index)
        });
        let mut kept: Vec<usize> = Vec::new();
        for index in at_place {
            let teller = kept
                .iter()
                .find(|kept| tells(&diagnostics[**kept], &diagnostics[index]));
            match teller {
                Some(teller) => {
                    is_told[index] = true;
                    told_by.entry(*teller).or_default().push(&diagnostics[index]);
                }
                None => kept.push(index),
            }
        }
    }
    let left = diagnostics
        .iter()
        .enumerate()
        .filter(|(index, _)| !is_told[*index]);
    left.map(|(index, diagnostic)| {
        let mut diagnostic = diagnostic.clone();
        if let Some(rules) = told_by.get(&index) {
            let gravest = rules.iter().map(|rule| rule.severity).max();
            diagnostic.severity = diagnostic.severity.max(gravest.unwrap_or(diagnostic.severity));
            let also = also(rules);
            diagnostic.help = Some(match diagnostic.help {
                Some(help) => format!("{help}\n{also}"),
                None => also,
            });
        }
        diagnostic
    })
    .collect()
}

/// Whether one fault says what another, a rule's, says.
fn tells(one: &Diagnostic, other: &Diagnostic) -> bool {
    let (Some(field), Some(told)) = (&one.field, &other.field) else {
        return false;
    };
    if !matches!(other.origin, Origin::Rule(_)) {
        return false;
    }
    match field.strip_suffix(told.as_str()) {
        Some("") => true,
        Some(before) => matches!(one.origin, Origin::Code(_)) && before.ends_with(['.', ']']),
        None => false,
    }
}

fn also(rules: &[&Diagnostic]) -> String {
    let mut rules: Vec<&str> = rules.iter().map(|rule| rule.origin.id()).collect();
    rules.dedup();
    let names: Vec<String> = rules.iter().take(NAMED).map(|rule| format!("`{rule}`")).collect();
    let rest = match rules.len().saturating_sub(NAMED) {
        0 => String::new(),
        1 => " and another rule".to_owned(),
        rest => format!(" and {rest} more rules"),
    };
    format!(
        "for the same reason {}{rest} can't judge the object",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::Code;
    use crate::diagnostic::Severity;
    use crate::source::FileId;

    fn at(start: usize) -> Span {
        Span::new(FileId(0), start, start + 1)
    }

    fn rule(id: &str, severity: Severity, field: &str) -> Diagnostic {
        Diagnostic::finding(id.into(), severity, at(4), format!("`{field}` is not set")).field(field)
    }

    fn check(diagnostics: &[Diagnostic], expected: &[&str]) {
        let told: Vec<String> = faults(diagnostics)
            .iter()
            .map(|one| {
                let help = one.help.as_deref().unwrap_or_default();
                format!("{} {}: {help}", one.severity, one.origin.id())
            })
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn rules_that_tell_the_same_fault_are_named_by_the_gravest() {
        check(
            &[
                rule("a", Severity::Medium, "image"),
                rule("b", Severity::High, "image"),
                rule("c", Severity::Low, "image"),
            ],
            &["high b: for the same reason `a`, `c` can't judge the object"],
        );
        check(
            &["a", "b", "c", "d", "e", "f"].map(|id| rule(id, Severity::High, "image")),
            &["high a: for the same reason `b`, `c`, `d` and 2 more rules can't judge the object"],
        );
    }

    #[test]
    fn a_code_tells_what_rules_tell_of_the_end_of_its_path() {
        let code = Diagnostic::new(Code::S0105, at(4), "missing").field("spec.containers[0].image");
        check(
            &[code.clone(), rule("a", Severity::High, "image")],
            &["high S0105: for the same reason `a` can't judge the object"],
        );
        check(
            &[code.clone(), rule("a", Severity::High, "age")],
            &["high S0105: ", "high a: "],
        );
        check(
            &[code, rule("a", Severity::Critical, "image")],
            &["critical S0105: for the same reason `a` can't judge the object"],
        );
    }

    #[test]
    fn verdicts_stay() {
        let verdict = Diagnostic::finding("v".into(), Severity::High, at(4), "bad");
        check(
            &[verdict, rule("a", Severity::High, "image")],
            &["high v: ", "high a: "],
        );
    }
}
