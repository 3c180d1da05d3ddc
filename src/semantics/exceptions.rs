//! `waive` and `test`: what is said about rules elsewhere.
//!
//! In: the declarations, and the rules that there are. Out: waivers that are complete, tests whose
//! values have the parameters' types.

use super::checker::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Constant, Date, ObjectPattern, PathPart};
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::ast::{self, Name};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The rules that there are, by id: with their parameters where their file was given.
pub(super) struct KnownRules<'a> {
    pub(super) compiled: BTreeMap<&'a str, &'a ir::Rule>,
    /// Rules with errors, and rules of the library whose files were not given.
    pub(super) others: Vec<&'a str>,
}

impl Checker<'_> {
    /// Whether a rule of that name exists; if not, that is reported.
    pub(super) fn rule_exists(&mut self, name: &Name, rules: &KnownRules) -> bool {
        let text = name.text.as_str();
        if rules.compiled.contains_key(text) || rules.others.contains(&text) {
            return true;
        }
        let names = rules.compiled.keys().chain(&rules.others).copied();
        let diagnostic = Diagnostic::new(Code::E0204, name.span, format!("unknown rule `{text}`"));
        self.report(match nearest(text, names) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                true,
                name.span,
                near,
            ),
            None => diagnostic.help("name a rule of one's own files or of the library"),
        });
        false
    }

    /// A waiver; `None` if it lacks something.
    pub(super) fn waiver(
        &mut self,
        waive: &ast::Waive,
        rules: &KnownRules,
        span: Span,
    ) -> Option<ir::Waiver> {
        let exists = self.rule_exists(&waive.rule, rules);
        let mut missing = Vec::new();
        if waive.because.is_none() {
            missing.push(("because", "because \"…\"", "why it is waived"));
        }
        if waive.owner.is_none() {
            missing.push(("owner", "owner \"…\"", "who answers for it"));
        }
        if waive.until.is_none() {
            missing.push(("until", "until YYYY-MM-DD", "when it ends"));
        }
        if waive.objects.is_empty() {
            missing.push((
                "for",
                "for KIND \"NAME\" in \"NAMESPACE\"",
                "which objects are meant",
            ));
        }
        for (word, line, why) in &missing {
            // The line goes before the brace that ends the declaration.
            let end = Span {
                start: span.end.saturating_sub(1),
                end: span.end.saturating_sub(1),
                ..span
            };
            self.report(
                Diagnostic::new(
                    Code::E0404,
                    waive.rule.span,
                    format!("the waiver does not say {why}: `{word}` is missing"),
                )
                .help(format!("add `{line}`"))
                .fix(format!("add `{word}`"), false, end, format!("  {line}\n")),
            );
        }
        let until = waive.until.as_ref().and_then(|date| self.date(date));
        let mut faulty = !exists || !missing.is_empty();
        for (text, word) in [(&waive.because, "because"), (&waive.owner, "owner")] {
            if let Some(text) = text
                && text.value.trim().is_empty()
            {
                self.report(
                    Diagnostic::new(Code::E0404, text.span, format!("`{word}` is empty"))
                        .help("a waiver is only as good as its reason and the person who answers for it"),
                );
                faulty = true;
            }
        }
        let objects: Vec<ObjectPattern> = waive
            .objects
            .iter()
            .filter_map(|object| {
                let kind = self.kind(&object.kind)?;
                Some(ObjectPattern {
                    kind,
                    name: object.name.value.clone(),
                    namespace: object.namespace.as_ref().map(|namespace| namespace.value.clone()),
                    span: object
                        .kind
                        .span
                        .to(object.namespace.as_ref().unwrap_or(&object.name).span),
                })
            })
            .collect();
        if faulty || objects.len() < waive.objects.len() {
            return None;
        }
        Some(ir::Waiver {
            rule: waive.rule.text.as_str().into(),
            objects,
            because: waive.because.as_ref()?.value.trim().to_owned(),
            owner: waive.owner.as_ref()?.value.trim().to_owned(),
            until: until?,
            span,
        })
    }

    /// A day, as `2027-03-31`.
    pub(crate) fn date(&mut self, written: &Name) -> Option<Date> {
        let date = Date::parse(&written.text);
        if date.is_none() {
            self.report(
                Diagnostic::new(
                    Code::E0405,
                    written.span,
                    format!("there is no day `{}`", written.text),
                )
                .help("write year, month and day, as in `2027-03-31`"),
            );
        }
        date
    }

    /// The tests of a rule.
    pub(super) fn test_of_rule(&mut self, test: &ast::Test, rules: &KnownRules) -> Option<ir::Test> {
        if !self.rule_exists(&test.rule, rules) {
            return None;
        }
        let rule = rules.compiled.get(test.rule.text.as_str());
        let mut cases = Vec::new();
        for case in &test.cases {
            let with: Vec<(Arc<str>, Constant)> = match rule {
                Some(rule) => self.values_of_parameters(&case.with, &rule.parameters),
                None => Vec::new(),
            };
            if let (true, Some(at)) = (case.accepts, &case.at) {
                self.report(
                    Diagnostic::new(
                        Code::E0407,
                        at.span,
                        "a case that is accepted has no finding to point anywhere",
                    )
                    .help("remove the `at`, or write `rejects`"),
                );
                continue;
            }
            let at = match &case.at {
                None => None,
                Some(path) => match path_parts(path) {
                    Some(parts) => Some((self.excerpt(path.span), parts)),
                    None => {
                        self.report(
                            Diagnostic::new(Code::E0407, path.span, "this is not a path into a manifest")
                                .help("write keys and indices, as in `spec.containers[0].image`"),
                        );
                        continue;
                    }
                },
            };
            let fixture = match &case.fixture {
                ast::Fixture::Inline(text) => ir::Fixture::Inline(text.value.clone()),
                ast::Fixture::File(text) => ir::Fixture::File(text.value.clone(), text.span),
            };
            cases.push(ir::TestCase {
                accepts: case.accepts,
                fixture,
                with,
                at,
                span: case.span,
            });
        }
        Some(ir::Test {
            rule: test.rule.text.as_str().into(),
            cases,
            span: test.rule.span,
        })
    }
}

/// A path into a manifest: `spec.containers[0].image`, `metadata.labels["app"]`.
fn path_parts(path: &ast::Expression) -> Option<Vec<PathPart>> {
    match &path.kind {
        ast::ExpressionKind::Name(name) => Some(vec![PathPart::Key(name.as_str().into())]),
        ast::ExpressionKind::Field(base, name) => {
            let mut parts = path_parts(base)?;
            parts.push(PathPart::Key(name.text.as_str().into()));
            Some(parts)
        }
        ast::ExpressionKind::Index(base, key) => {
            let mut parts = path_parts(base)?;
            parts.push(match &key.kind {
                ast::ExpressionKind::Number(number) => PathPart::Index(number.parse().ok()?),
                ast::ExpressionKind::Text(text) => PathPart::Key(text.value.as_str().into()),
                _ => return None,
            });
            Some(parts)
        }
        _ => None,
    }
}
