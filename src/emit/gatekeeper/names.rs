//! Rules → the kinds of their constraints.

use super::vap;
use crate::emit::Reason;
use crate::emit::rego::Result;
use crate::ir::Rule;

/// Kinds of constraints start with it, so that none is called like what it judges or what others made.
const PREFIX: &str = "Ordain";

/// The longest id whose kind a label of Kubernetes can hold.
const LONGEST: usize = 63 - PREFIX.len();

/// The kind of a rule's constraints: `OrdainTrustedRegistry` for `trusted-registry`. The template has the kind in
/// lower case for its name, so that no two may differ in their hyphens alone.
pub fn of_rule(rule: &Rule, rules: &[Rule]) -> Result<String> {
    if !vap::is_name(&rule.id) || rule.id.len() > LONGEST {
        return Err(Reason::new(
            rule.span,
            format!("`{}` can't name an object of Kubernetes", rule.id),
        )
        .help(format!(
            "use lower case letters, digits and hyphens alone, {LONGEST} at most"
        )));
    }
    let kind = kind(&rule.id);
    let same = |other: &&Rule| other.id != rule.id && self::kind(&other.id).eq_ignore_ascii_case(&kind);
    match rules.iter().find(same) {
        Some(other) => Err(Reason::new(
            rule.span,
            format!(
                "its template would be named `{}`, as that of `{}` would",
                kind.to_lowercase(),
                other.id
            ),
        )
        .help("rename one of the two rules, so that they differ in more than their hyphens")),
        None => Ok(kind),
    }
}

/// The words of an id, each with a capital letter.
fn kind(id: &str) -> String {
    let words = id.split('-').flat_map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters)
    });
    PREFIX.chars().chain(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_made_of_the_words() {
        assert_eq!(kind("trusted-registry"), "OrdainTrustedRegistry");
        assert_eq!(kind("a--b2-c"), "OrdainAB2C");
    }
}
