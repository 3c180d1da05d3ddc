//! What stands first in a rule or budget: severity, category, controls, the peers' checks it stands for.

use super::checker::Checker;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::ir::{self, Constant};
use crate::suggest::{nearest, one_of};
use crate::syntax::ast::{self, Name};
use std::sync::Arc;

/// The categories that a rule can be of.
pub const CATEGORIES: [&str; 7] = [
    "security",
    "cost",
    "carbon",
    "reliability",
    "compliance",
    "performance",
    "ai",
];

/// The metadata of a rule or budget.
pub(crate) struct Metadata {
    pub(crate) severity: Severity,
    /// Empty if none was given.
    pub(crate) category: String,
    pub(crate) controls: Vec<String>,
    pub(crate) replaces: Vec<ir::Replaces>,
}

impl Checker<'_> {
    /// The metadata of a rule with these parameters, or of a budget.
    pub(crate) fn metadata(&mut self, written: &[ast::Metadata], parameters: &[ir::Parameter]) -> Metadata {
        let mut metadata = Metadata {
            severity: Severity::Medium,
            category: String::new(),
            controls: Vec::new(),
            replaces: Vec::new(),
        };
        let mut severity: Option<&Name> = None;
        let mut category: Option<&Name> = None;
        for line in written {
            match line {
                ast::Metadata::Severity(word) => {
                    self.once("severity", word, &mut severity);
                    match Severity::of_word(&word.text) {
                        Some(severity) => metadata.severity = severity,
                        None => self.unknown_word("severity", word, &Severity::ALL.map(Severity::word)),
                    }
                }
                ast::Metadata::Category(word) => {
                    self.once("category", word, &mut category);
                    if CATEGORIES.contains(&word.text.as_str()) {
                        metadata.category = word.text.clone();
                    } else {
                        self.unknown_word("category", word, &CATEGORIES);
                    }
                }
                ast::Metadata::Controls(controls) => {
                    metadata
                        .controls
                        .extend(controls.iter().map(|control| control.value.clone()));
                }
                ast::Metadata::Replaces(replaces) => {
                    metadata.replaces.extend(self.replaces(replaces, parameters));
                }
            }
        }
        metadata
    }

    fn once<'n>(&mut self, what: &str, word: &'n Name, before: &mut Option<&'n Name>) {
        if let Some(before) = before {
            self.report(
                Diagnostic::new(Code::E0402, word.span, format!("the {what} is given twice"))
                    .with(before.span, "here first")
                    .help("remove one of the two"),
            );
        }
        *before = Some(word);
    }

    /// Reports a word that is none of those that may stand there.
    pub(crate) fn unknown_word(&mut self, what: &str, word: &Name, known: &[&str]) {
        let diagnostic = Diagnostic::new(Code::E0401, word.span, format!("unknown {what} `{}`", word.text));
        self.report(match nearest(&word.text, known.iter().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                true,
                word.span,
                near,
            ),
            None => diagnostic.help(format!("write {}", one_of(known.iter().copied()))),
        });
    }

    fn replaces(&mut self, written: &ast::Replaces, parameters: &[ir::Parameter]) -> Option<ir::Replaces> {
        let Some((peer, check)) = written.check.value.split_once('/') else {
            self.report(
                Diagnostic::new(
                    Code::E0402,
                    written.check.span,
                    format!("`{}` does not name a peer and its check", written.check.value),
                )
                .help("write both with a slash between them, as in \"kube-linter/latest-tag\""),
            );
            return None;
        };
        let with = self.values_of_parameters(&written.with, parameters);
        let from = written
            .from
            .iter()
            .filter_map(|(path, name)| {
                self.find_parameter(name, parameters)
                    .map(|parameter| (path.value.clone(), parameter.name.to_string()))
            })
            .collect();
        Some(ir::Replaces {
            peer: peer.to_owned(),
            check: check.to_owned(),
            with: with
                .into_iter()
                .map(|(name, value)| (name.to_string(), value))
                .collect(),
            from,
        })
    }

    /// Values given to parameters of a rule.
    pub(super) fn values_of_parameters(
        &mut self,
        written: &[(Name, ast::Expression)],
        parameters: &[ir::Parameter],
    ) -> Vec<(Arc<str>, Constant)> {
        let mut values: Vec<(Arc<str>, Constant)> = Vec::new();
        for (name, expression) in written {
            let Some(parameter) = self.find_parameter(name, parameters) else {
                continue;
            };
            if values.iter().any(|(known, _)| *known == parameter.name) {
                self.report(
                    Diagnostic::new(Code::E0402, name.span, format!("`{}` is given twice", name.text))
                        .help("remove one of the two"),
                );
                continue;
            }
            let Some(value) = self.constant(expression, &parameter.ty, "the value of a parameter") else {
                continue;
            };
            match &parameter.allowed {
                Some(allowed) if !value.is_allowed_by(allowed) => self.report(
                    Diagnostic::new(
                        Code::E0403,
                        expression.span,
                        format!("{value} is not among the values that `{}` allows", name.text),
                    )
                    .with(parameter.span, "declared here")
                    .help(format!("allowed is {allowed}")),
                ),
                _ => values.push((parameter.name.clone(), value)),
            }
        }
        values
    }

    fn find_parameter<'p>(
        &mut self,
        name: &Name,
        parameters: &'p [ir::Parameter],
    ) -> Option<&'p ir::Parameter> {
        let found = parameters.iter().find(|parameter| *parameter.name == *name.text);
        if found.is_none() {
            let names: Vec<&str> = parameters
                .iter()
                .map(|parameter| parameter.name.as_ref())
                .collect();
            let diagnostic = Diagnostic::new(
                Code::E0208,
                name.span,
                format!("the rule reads no parameter `{}`", name.text),
            );
            self.report(match nearest(&name.text, names.iter().copied()) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                    format!("write `{near}`"),
                    true,
                    name.span,
                    near,
                ),
                None if names.is_empty() => diagnostic.help("it has none"),
                None => diagnostic.help(format!("it reads {}", one_of(names))),
            });
        }
        found
    }
}
