//! `optimize`, `heal` and `promote`.

use super::{Builder, Parts, Rule};
use crate::syntax::ast::{
    Action, ActionKind, Automation, AutomationForm, AutomationStatement, AutomationStatementKind as Kind,
    BinaryOperator, Expression, Goal, GoalState, Schedule, StepVerb,
};
use pest::iterators::Pair;

impl<'t> Builder<'t> {
    pub(super) fn automation(&mut self, form: AutomationForm, mut parts: Parts<'t>) -> Option<Automation> {
        let name = self.heading(&mut parts)?;
        let namespace = match parts.take(Rule::namespace) {
            Some(namespace) => Some(self.only_text(namespace)?),
            None => None,
        };
        let word = match form {
            AutomationForm::Optimize => "optimize",
            AutomationForm::Heal => "heal",
            AutomationForm::Promote => "promote",
        };
        let mut body = Vec::new();
        self.body(word, &name, parts, |builder, part| {
            let span = builder.span(&part);
            let kind = builder.automation_statement(part)?;
            body.push(AutomationStatement { kind, span });
            Some(())
        });
        Some(Automation {
            form,
            name,
            namespace,
            body,
        })
    }

    fn automation_statement(&mut self, pair: Pair<'t, Rule>) -> Option<Kind> {
        let rule = pair.as_rule();
        let mut parts = self.parts(pair);
        Some(match rule {
            Rule::target => Kind::Target(self.object_name(parts.node()?)?),
            Rule::exclude => Kind::Exclude(self.object_name(parts.node()?)?),
            Rule::source => Kind::From(self.plain_text(parts.node()?)?),
            Rule::goal => {
                let name = self.name(&parts.node()?);
                Kind::Goal(name, self.goal(parts.node()?)?)
            }
            Rule::when => {
                let states = self.goal_states(parts.node()?)?;
                let mut actions = Vec::new();
                while let Some(action) = parts.node() {
                    actions.push(self.action(action)?);
                }
                Kind::When(states, actions)
            }
            Rule::promote_steps => {
                let mut steps = Vec::new();
                loop {
                    let part = parts.node()?;
                    if part.as_rule() == Rule::goal_states {
                        break Kind::Promote(steps, self.goal_states(part)?);
                    }
                    steps.push(self.expression(part)?);
                }
            }
            Rule::bounds => {
                let resource = self.name(&parts.node()?);
                let low = self.expression(parts.node()?)?;
                Kind::Bounds(resource, low, self.expression(parts.node()?)?)
            }
            Rule::change => {
                let amount = self.expression(parts.node()?)?;
                Kind::Change(amount, self.expression(parts.node()?)?)
            }
            Rule::cooldown => {
                let (mut up, mut down) = (None, None);
                while let Some(part) = parts.node() {
                    match part.as_rule() {
                        Rule::cooldown_up => up = Some(self.only_expression(part)?),
                        Rule::cooldown_down => down = Some(self.only_expression(part)?),
                        _ => {
                            let both = self.expression(part)?;
                            (up, down) = (Some(both.clone()), Some(both));
                        }
                    }
                }
                Kind::Cooldown(up, down)
            }
            Rule::rollback => {
                let states = self.goal_states(parts.node()?)?;
                Kind::Rollback(states, self.optional_expression(parts)?)
            }
            Rule::budget_reference => Kind::Budget(self.name(&parts.node()?)),
            Rule::active => Kind::Active(self.schedule(parts.node()?)?),
            Rule::awake => Kind::Awake(self.schedule(parts.node()?)?),
            Rule::agent => {
                let name = self.name(&parts.node()?);
                let model = self.plain_text(parts.node()?)?;
                let account = match parts.node() {
                    Some(account) => Some(self.plain_text(account)?),
                    None => None,
                };
                Kind::Agent(name, model, account)
            }
            Rule::mode => {
                let name = self.name(&parts.node()?);
                Kind::Mode(name, self.optional_expression(parts)?)
            }
            Rule::require_digest => Kind::RequireDigest,
            _ => return None,
        })
    }

    /// The expression within the next part, if there is one; nothing at all if it is not in the
    /// language.
    fn optional_expression(&mut self, mut parts: Parts<'t>) -> Option<Option<Expression>> {
        match parts.node() {
            Some(part) => self.only_expression(part).map(Some),
            None => Some(None),
        }
    }

    fn goal(&mut self, pair: Pair<'t, Rule>) -> Option<Goal> {
        let rule = pair.as_rule();
        let mut parts = self.parts(pair);
        Some(match rule {
            Rule::no_drift => {
                let mut except = Vec::new();
                while let Some(path) = parts.node() {
                    except.push(self.expression(path)?);
                }
                Goal::NoDrift(except)
            }
            Rule::no_findings => {
                let mut rules = Vec::new();
                while let Some(rule) = parts.node() {
                    rules.push(self.name(&rule));
                }
                Goal::NoFindings(rules)
            }
            _ => {
                let metric = self.name(&parts.node()?);
                let condition = parts.node()?;
                let rule = condition.as_rule();
                let mut parts = self.parts(condition);
                match rule {
                    Rule::goal_near => {
                        let value = self.expression(parts.node()?)?;
                        Goal::Near(metric, value, parts.node().is_some())
                    }
                    Rule::goal_within => {
                        let deviation = self.expression(parts.node()?)?;
                        Goal::Within(metric, deviation, self.expression(parts.node()?)?)
                    }
                    _ => {
                        let operator = match parts.node()?.as_str() {
                            ">=" => BinaryOperator::GreaterOrEqual,
                            "<=" => BinaryOperator::LessOrEqual,
                            ">" => BinaryOperator::Greater,
                            _ => BinaryOperator::Less,
                        };
                        Goal::Compare(metric, operator, self.expression(parts.node()?)?)
                    }
                }
            }
        })
    }

    fn goal_states(&mut self, pair: Pair<'t, Rule>) -> Option<Vec<GoalState>> {
        let mut rows = self.parts(pair);
        let mut states = Vec::new();
        while let Some(state) = rows.node() {
            let span = self.span(&state);
            let mut parts = self.parts(state);
            let goal = self.name(&parts.node()?);
            let met = parts.has(Rule::kw_met);
            let window = self.optional_expression(parts)?;
            states.push(GoalState {
                goal,
                met,
                window,
                span,
            });
        }
        Some(states)
    }

    fn action(&mut self, pair: Pair<'t, Rule>) -> Option<Action> {
        let span = self.span(&pair);
        let inner = self.parts(pair).pairs.next()?;
        let rule = inner.as_rule();
        let mut parts = self.parts(inner);
        let kind = match rule {
            Rule::step => {
                let verb = if parts.has(Rule::kw_scale) {
                    StepVerb::Scale
                } else {
                    StepVerb::Resize
                };
                let resource = self.name(&parts.node()?);
                let up = parts.has(Rule::kw_up);
                ActionKind::Step(verb, resource, up, self.optional_expression(parts)?)
            }
            Rule::cap => {
                let resource = self.name(&parts.node()?);
                ActionKind::Cap(resource, self.expression(parts.node()?)?)
            }
            Rule::delay => ActionKind::Delay(self.expression(parts.node()?)?),
            Rule::kw_restore => ActionKind::Restore,
            Rule::kw_revert => ActionKind::Revert,
            Rule::kw_fix => ActionKind::Fix,
            _ => return None,
        };
        Some(Action { kind, span })
    }

    fn schedule(&mut self, pair: Pair<'t, Rule>) -> Option<Schedule> {
        let mut parts = self.parts(pair);
        let mut days = Vec::new();
        let start = loop {
            let part = parts.node()?;
            if part.as_rule() == Rule::time {
                break self.name(&part);
            }
            days.push(self.name(&part));
        };
        Some(Schedule {
            days,
            start,
            end: self.name(&parts.node()?),
            time_zone: self.plain_text(parts.node()?)?,
        })
    }
}
