//! The index: every policy in a line, the rules by category.

use super::markdown::{code, link, sentence, table};
use super::{Book, budget_path, family, join, rule_path, section};
use crate::emit::{Form, Row};
use crate::ir::Rule;
use std::collections::BTreeMap;

/// The page.
pub fn page(book: &Book) -> String {
    let policies = book.policies;
    let mut categories: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in &policies.rules {
        categories.entry(&rule.category).or_default().push(rule);
    }
    // What has no category comes last.
    let other = categories.remove("");
    let rules = categories.into_iter().chain(other.map(|rules| ("", rules)));
    let rules = rules.map(|(category, rules)| section(&heading(category), rule_table(book, rules)));
    let parts = ["# Policies".to_owned(), counts(book)]
        .into_iter()
        .chain(rules)
        .chain([
            section("Budgets", budgets(book)),
            section("Automations", automations(book)),
        ]);
    join(parts)
}

fn counts(book: &Book) -> String {
    let policies = book.policies;
    let counts = [
        (policies.rules.len(), "rule"),
        (policies.budgets.len(), "budget"),
        (policies.automations.len(), "automation"),
    ];
    let counts: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
        .collect();
    match counts.split_last() {
        None => "There are none yet.".to_owned(),
        Some((last, [])) => format!("{last}."),
        Some((last, others)) => format!("{} and {last}.", others.join(", ")),
    }
}

fn heading(category: &str) -> String {
    let mut characters = category.chars();
    match characters.next() {
        // The one category that is an abbreviation.
        _ if category == "ai" => "AI".to_owned(),
        Some(first) => sentence(&format!("{}{}", first.to_uppercase(), characters.as_str())),
        None => "Without a category".to_owned(),
    }
}

/// The gravest first.
fn rule_table(book: &Book, mut rules: Vec<&Rule>) -> String {
    rules.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    let rows: Vec<Vec<String>> = rules
        .into_iter()
        .map(|rule| {
            vec![
                link(&code(&rule.id), &rule_path(&rule.id)),
                rule.severity.to_string(),
                sentence(&rule.title),
                carriers(book.enforceability.rule(&rule.id)),
            ]
        })
        .collect();
    table(&["rule", "severity", "what it holds to", "compiles to"], &rows)
}

fn budgets(book: &Book) -> String {
    let rows: Vec<Vec<String>> = book
        .policies
        .budgets
        .iter()
        .map(|budget| {
            let limits = budget.limits.iter();
            let limits: Vec<String> = limits.map(|limit| code(&limit.at_most.to_string())).collect();
            vec![
                link(&code(&budget.name), &budget_path(&budget.name)),
                budget.severity.to_string(),
                sentence(&budget.title),
                limits.join(", "),
                carriers(family::row(book, Form::Budget, budget.declaration)),
            ]
        })
        .collect();
    let heads = ["budget", "severity", "what it limits", "at most", "compiles to"];
    table(&heads, &rows)
}

fn automations(book: &Book) -> String {
    let rows: Vec<Vec<String>> = book
        .policies
        .automations
        .iter()
        .map(|automation| {
            vec![
                link(&code(&automation.name), &family::path(automation)),
                family::word(automation).to_owned(),
                sentence(&automation.title),
                family::targets(&automation.targets),
                carriers(family::row(book, Form::Automation, automation.declaration)),
            ]
        })
        .collect();
    let heads = ["automation", "what it does", "what for", "of what", "compiles to"];
    table(&heads, &rows)
}

fn carriers(row: Option<&Row>) -> String {
    let carriers: Vec<&str> = row.map(Row::carriers).unwrap_or_default();
    match carriers.is_empty() {
        true => "nothing; `ordain check` judges it".to_owned(),
        false => carriers.join(", "),
    }
}
