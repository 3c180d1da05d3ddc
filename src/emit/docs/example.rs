//! The tests of a rule → the one example of each verdict that tells most.

use crate::ir::{Constant, Fixture, Rule, Test};
use std::sync::Arc;

/// A manifest with the verdict of a rule.
#[derive(Debug, Clone, Copy)]
pub struct Example<'a> {
    /// The manifest.
    pub manifest: &'a str,
    /// The parameters with which it gets the verdict, where others than usual.
    pub with: &'a [(Arc<str>, Constant)],
}

/// The first manifest that the rule accepts, or rejects; one that needs no parameters tells more.
pub fn example<'a>(tests: &'a [Test], rule: &Rule, accepts: bool) -> Option<Example<'a>> {
    let cases = tests
        .iter()
        .filter(|test| test.rule == rule.id)
        .flat_map(|test| &test.cases)
        .filter(|case| case.accepts == accepts);
    cases
        .filter_map(|case| match &case.fixture {
            Fixture::Inline(manifest) => Some(Example {
                manifest,
                with: &case.with,
            }),
            Fixture::File(..) => None,
        })
        .min_by_key(|example| example.with.len())
}

impl Example<'_> {
    /// The parameters as people read them: `most = 2, names = ["a"]`.
    pub fn parameters(&self) -> String {
        let with = self.with.iter();
        let with: Vec<String> = with
            .map(|(name, value)| format!("{name} = {}", value.to_json()))
            .collect();
        with.join(", ")
    }
}
