//! Rules, budgets, waivers and tests.

use super::{Builder, Parts, Rule};
use crate::syntax::ast::{
    Budget, BudgetLimit, Clause, ClauseForm, Expression, Fix, FixEdit, Fixture, Metadata, Name, ObjectName,
    Replaces, Rule as RuleDeclaration, Statement, StatementKind, Test, TestCase, Waive,
};
use pest::iterators::Pair;

impl<'t> Builder<'t> {
    pub(super) fn rule(&mut self, mut parts: Parts<'t>) -> Option<RuleDeclaration> {
        let name = self.heading(&mut parts)?;
        let mut metadata = Vec::new();
        let mut body: Vec<Statement> = Vec::new();
        self.body("rule", &name, parts, |builder, part| match part.as_rule() {
            Rule::severity | Rule::category | Rule::controls | Rule::replaces => {
                metadata.push(builder.metadata(part)?);
                Some(())
            }
            _ => builder.statement(part, &mut body),
        });
        Some(RuleDeclaration { name, metadata, body })
    }

    fn metadata(&mut self, pair: Pair<'t, Rule>) -> Option<Metadata> {
        Some(match pair.as_rule() {
            Rule::severity => Metadata::Severity(self.only_name(pair)?),
            Rule::category => Metadata::Category(self.only_name(pair)?),
            Rule::controls => Metadata::Controls(self.texts(pair)?),
            Rule::replaces => Metadata::Replaces(self.replaces(pair)?),
            _ => return None,
        })
    }

    fn replaces(&mut self, pair: Pair<'t, Rule>) -> Option<Replaces> {
        let span = self.span(&pair);
        let mut parts = self.parts(pair);
        let mut replaces = Replaces {
            check: self.plain_text(parts.node()?)?,
            with: Vec::new(),
            from: Vec::new(),
            span,
        };
        while let Some(part) = parts.node() {
            if part.as_rule() == Rule::settings {
                replaces.with = self.settings(part)?;
                continue;
            }
            let mut rows = self.parts(part);
            while let Some(origin) = rows.node() {
                let mut parts = self.parts(origin);
                let path = self.plain_text(parts.node()?)?;
                replaces.from.push((path, self.name(&parts.node()?)));
            }
        }
        Some(replaces)
    }

    fn settings(&mut self, pair: Pair<'t, Rule>) -> Option<Vec<(Name, Expression)>> {
        let mut rows = self.parts(pair);
        let mut settings = Vec::new();
        while let Some(setting) = rows.node() {
            let mut parts = self.parts(setting);
            settings.push((self.name(&parts.node()?), self.expression(parts.node()?)?));
        }
        Some(settings)
    }

    /// Reads a statement of a rule behind those read before.
    fn statement(&mut self, pair: Pair<'t, Rule>, body: &mut Vec<Statement>) -> Option<()> {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::for_statement => {
                let binding = self.parts(pair).node()?;
                StatementKind::For(self.binding(binding, &mut 0)?)
            }
            Rule::where_statement => {
                let condition = self.only_expression(pair)?;
                // On the line of its `for`, it belongs to it.
                if let Some(before) = body.last_mut()
                    && let StatementKind::For(binding) = &mut before.kind
                    && binding.condition.is_none()
                    && let Some(between) = self.text.get(before.span.end as usize..span.start as usize)
                    && !between.contains(['\n', '\r'])
                {
                    binding.condition = Some(Box::new(condition));
                    before.span = before.span.to(span);
                    return Some(());
                }
                StatementKind::Where(condition)
            }
            Rule::let_declaration => {
                let parts = self.parts(pair);
                StatementKind::Let(self.let_binding(parts)?)
            }
            _ => StatementKind::Clause(Box::new(self.clause(pair)?)),
        };
        body.push(Statement { kind, span });
        Some(())
    }

    fn clause(&mut self, pair: Pair<'t, Rule>) -> Option<Clause> {
        let start = self.span(&pair).at_start();
        let mut parts = self.parts(pair);
        let form = if parts.has(Rule::kw_require) {
            ClauseForm::Require
        } else {
            ClauseForm::Forbid
        };
        let condition = parts.node()?;
        let span = start.to(self.span(&condition));
        let condition = self.expression(condition);
        let (mut message, mut help, mut at, mut fixes) = (None, None, None, Vec::new());
        while let Some(part) = parts.node() {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::fix => fixes.extend(self.guarded(span, |builder| builder.fix(part))),
                rule => {
                    let Some(value) = self.only_expression(part) else {
                        continue;
                    };
                    let (slot, word) = match rule {
                        Rule::message => (&mut message, "message"),
                        Rule::help => (&mut help, "help"),
                        _ => (&mut at, "at"),
                    };
                    self.once(slot, value, word, span);
                }
            }
        }
        Some(Clause {
            form,
            condition: condition?,
            message,
            help,
            at,
            fixes,
            span,
        })
    }

    fn fix(&mut self, pair: Pair<'t, Rule>) -> Option<Fix> {
        let span = self.span(&pair);
        let mut parts = self.parts(pair);
        parts.has(Rule::kw_fix);
        let is_unsafe = parts.has(Rule::kw_unsafe);
        let edit = parts.node()?;
        let rule = edit.as_rule();
        let mut parts = self.parts(edit);
        let first = self.expression(parts.node()?)?;
        let edit = match rule {
            Rule::fix_remove => FixEdit::Remove(first),
            _ => {
                let second = self.expression(parts.node()?)?;
                match rule {
                    Rule::fix_set => FixEdit::Set(first, second),
                    _ => FixEdit::Add(first, second),
                }
            }
        };
        Some(Fix {
            is_unsafe,
            edit,
            span,
        })
    }

    pub(super) fn budget(&mut self, mut parts: Parts<'t>) -> Option<Budget> {
        let name = self.heading(&mut parts)?;
        let (mut scope, mut warn_at) = (None, None);
        let (mut metadata, mut limits, mut assume) = (Vec::new(), Vec::new(), Vec::new());
        self.body("budget", &name, parts, |builder, part| {
            let span = builder.span(&part);
            match part.as_rule() {
                Rule::budget_scope => {
                    let mut parts = builder.parts(part);
                    let mut binding = builder.binding(parts.node()?, &mut 0)?;
                    if let Some(condition) = parts.node() {
                        builder.add_condition(&mut binding, condition, &mut 0)?;
                    }
                    builder.once(&mut scope, binding, "for", span);
                }
                Rule::budget_limit => limits.push(builder.budget_limit(part)?),
                Rule::warn_at => {
                    let share = builder.only_expression(part)?;
                    builder.once(&mut warn_at, share, "warn at", span);
                }
                Rule::assume => {
                    let mut rows = builder.parts(part);
                    while let Some(assumption) = rows.node() {
                        let mut parts = builder.parts(assumption);
                        assume.push((builder.name(&parts.node()?), builder.expression(parts.node()?)?));
                    }
                }
                _ => metadata.push(builder.metadata(part)?),
            }
            Some(())
        });
        Some(Budget {
            name,
            metadata,
            scope,
            limits,
            warn_at,
            assume,
        })
    }

    fn budget_limit(&mut self, pair: Pair<'t, Rule>) -> Option<BudgetLimit> {
        let span = self.span(&pair);
        let mut parts = self.parts(pair);
        let measure = self.name(&parts.node()?);
        let at_most = self.expression(parts.node()?)?;
        let growing_at_most = match parts.node() {
            Some(growth) => Some(self.only_expression(growth)?),
            None => None,
        };
        Some(BudgetLimit {
            measure,
            at_most,
            growing_at_most,
            span,
        })
    }

    pub(super) fn waive(&mut self, mut parts: Parts<'t>) -> Option<Waive> {
        let rule = self.heading(&mut parts)?;
        let (mut because, mut owner, mut until) = (None, None, None);
        let mut objects = Vec::new();
        self.body("waive", &rule, parts, |builder, part| {
            let span = builder.span(&part);
            match part.as_rule() {
                Rule::waive_for => {
                    let mut rows = builder.parts(part);
                    while let Some(object) = rows.node() {
                        objects.push(builder.object_name(object)?);
                    }
                }
                Rule::because => {
                    let text = builder.only_text(part)?;
                    builder.once(&mut because, text, "because", span);
                }
                Rule::owner => {
                    let text = builder.only_text(part)?;
                    builder.once(&mut owner, text, "owner", span);
                }
                _ => {
                    let date = builder.only_name(part)?;
                    builder.once(&mut until, date, "until", span);
                }
            }
            Some(())
        });
        Some(Waive {
            rule,
            objects,
            because,
            owner,
            until,
        })
    }

    /// `Deployment "name" in "namespace"`.
    pub(super) fn object_name(&mut self, pair: Pair<'t, Rule>) -> Option<ObjectName> {
        let mut parts = self.parts(pair);
        Some(ObjectName {
            kind: self.kind_name(parts.node()?)?,
            name: self.plain_text(parts.node()?)?,
            namespace: match parts.node() {
                Some(namespace) => Some(self.only_text(namespace)?),
                None => None,
            },
        })
    }

    pub(super) fn test_block(&mut self, mut parts: Parts<'t>) -> Option<Test> {
        let rule = self.heading(&mut parts)?;
        let mut cases = Vec::new();
        self.body("test", &rule, parts, |builder, part| {
            cases.push(builder.test_case(part)?);
            Some(())
        });
        Some(Test { rule, cases })
    }

    fn test_case(&mut self, pair: Pair<'t, Rule>) -> Option<TestCase> {
        let span = self.span(&pair);
        let mut parts = self.parts(pair);
        let accepts = parts.has(Rule::kw_accepts);
        let fixture = parts.node()?;
        let fixture = match fixture.as_rule() {
            Rule::fixture_file => Fixture::File(self.only_text(fixture)?),
            _ => Fixture::Inline(self.plain_text(fixture)?),
        };
        let (mut with, mut at) = (None, None);
        while let Some(part) = parts.node() {
            let span = self.span(&part);
            if part.as_rule() == Rule::settings {
                let settings = self.settings(part)?;
                self.once(&mut with, settings, "with", span);
            } else {
                let path = self.only_expression(part)?;
                self.once(&mut at, path, "at", span);
            }
        }
        Some(TestCase {
            accepts,
            fixture,
            with: with.unwrap_or_default(),
            at,
            span,
        })
    }
}
