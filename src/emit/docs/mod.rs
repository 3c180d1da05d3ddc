//! Target `docs`: a reference of the policies in Markdown, for people.
//!
//! In: the policies, with what each target makes of them. Out: `README.md`, the index, and a page each in
//! `rules/`, `budgets/` and `automations/`. Links are relative, so that the folder may stand anywhere.

mod example;
mod family;
mod index;
mod markdown;
mod rule;

pub use example::{Example, example};

use super::{Artifact, Backend, Enforceability, Form, Options, Origin, Refusal, Row};
use crate::ir::PolicySet;
use crate::source::Span;
use std::sync::Arc;

/// The target `docs`.
#[derive(Debug, Clone, Copy)]
pub struct Pages;

impl Backend for Pages {
    fn name(&self) -> &'static str {
        "docs"
    }

    fn summary(&self) -> &'static str {
        "a reference of the policies in Markdown, a page each"
    }

    fn enforces(&self) -> &'static [Form] {
        &[]
    }

    fn emit(&self, policies: &PolicySet, options: &Options) -> (Vec<Artifact>, Vec<Refusal>) {
        let enforceability = Enforceability::of(policies, options);
        let book = Book {
            policies,
            options,
            enforceability: &enforceability,
        };
        let mut artifacts = vec![Artifact::new("README.md", index::page(&book))];
        for rule in &policies.rules {
            let text = rule::page(&book, rule);
            artifacts.push(page(rule_path(&rule.id), text, &rule.id, rule.span));
        }
        for budget in &policies.budgets {
            let text = family::budget(&book, budget);
            artifacts.push(page(budget_path(&budget.name), text, &budget.name, budget.span));
        }
        for automation in &policies.automations {
            let text = family::automation(&book, automation);
            let path = family::path(automation);
            artifacts.push(page(path, text, &automation.name, automation.span));
        }
        artifacts.sort();
        (artifacts, Vec::new())
    }
}

/// What pages are written from.
struct Book<'a> {
    policies: &'a PolicySet,
    options: &'a Options<'a>,
    enforceability: &'a Enforceability,
}

fn rule_path(id: &str) -> String {
    format!("rules/{id}.md")
}

fn budget_path(name: &str) -> String {
    format!("budgets/{name}.md")
}

fn page(path: String, text: String, declaration: &Arc<str>, span: Span) -> Artifact {
    Artifact::new(path, text).with_origins(vec![Origin {
        line: 1,
        declaration: declaration.clone(),
        span,
    }])
}

impl Book<'_> {
    /// The text of a declaration, or a part of it, as its file has it.
    fn source(&self, span: Span) -> &str {
        self.options.sources.text(span)
    }

    /// Where the declaration is and what it is part of: the last line of each page.
    fn footer(&self, span: Span) -> String {
        let file = self.options.sources.file(span.file);
        let place = format!("{}:{}", file.path, file.position(span.start).line);
        format!(
            "---\n\n{} · declared in {}",
            markdown::link("All policies", "../README.md"),
            markdown::code(&place)
        )
    }
}

/// A page of these parts, without those that are empty.
fn join(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{}\n", parts.join("\n\n"))
}

/// A part under a heading; nothing, if there is none.
fn section(heading: &str, body: String) -> String {
    match body.is_empty() {
        true => body,
        false => format!("## {heading}\n\n{body}"),
    }
}

/// What each target makes of a declaration.
fn verdicts(row: Option<&Row>) -> String {
    let verdicts = row.into_iter().flat_map(|row| &row.verdicts);
    let rows: Vec<Vec<String>> = verdicts
        .map(|verdict| {
            let reasons = verdict.refusals.iter();
            let reasons: Vec<String> = reasons
                .map(|refusal| markdown::sentence(&refusal.reason))
                .collect();
            let answer = match (verdict.is_carried(), reasons.is_empty()) {
                (true, true) => "yes".to_owned(),
                (true, false) => format!("in part, because {}", reasons.join("; ")),
                (false, _) => format!("no, because {}", reasons.join("; ")),
            };
            vec![markdown::code(verdict.target), answer]
        })
        .collect();
    markdown::table(&["target", "can carry it"], &rows)
}

/// `**high** · security · …`: what stands under a title.
fn subtitle(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| format!("- {item}")).collect();
    items.join("\n")
}
