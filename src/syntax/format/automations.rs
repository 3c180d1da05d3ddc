//! The bodies of `optimize`, `heal` and `promote`.

use super::expressions::names_text;
use super::layout::Doc;
use super::literals::object_doc;
use super::{Rows, Writer};
use crate::syntax::ast::{
    Action, ActionKind, Automation, AutomationForm, AutomationStatementKind as Kind, Expression, Goal,
    GoalState, Schedule, StepVerb,
};

impl Writer<'_> {
    pub(super) fn automation(&mut self, automation: &Automation, end: u32) -> Doc {
        let mut rows = Rows::default();
        let namespace = automation
            .namespace
            .as_ref()
            .map(|namespace| self.string(namespace));
        for statement in &automation.body {
            let start = statement.span.start;
            rows.comments(self, start);
            let blank = self.has_blank_before(start);
            let doc = self.automation_statement(&statement.kind);
            rows.add(doc, blank);
        }
        let word = match automation.form {
            AutomationForm::Optimize => "optimize",
            AutomationForm::Heal => "heal",
            AutomationForm::Promote => "promote",
        };
        let header = format!("{word} {}", automation.name.text);
        match namespace {
            None => self.body(header, rows, end),
            Some(namespace) => {
                let header = Doc::text(format!("{header} in "));
                Doc::Row(vec![header, namespace, self.body(String::new(), rows, end)])
            }
        }
    }

    fn automation_statement(&mut self, kind: &Kind) -> Doc {
        let docs = match kind {
            Kind::Target(object) => vec![Doc::text("target "), object_doc(self, object)],
            Kind::Exclude(object) => vec![Doc::text("exclude "), object_doc(self, object)],
            Kind::From(source) => vec![Doc::text("from "), self.string(source)],
            Kind::Goal(name, goal) => vec![Doc::text(format!("goal {}: ", name.text)), self.goal(goal)],
            Kind::When(states, actions) => {
                let states = self.states(states);
                let mut docs = Vec::new();
                for (index, action) in actions.iter().enumerate() {
                    docs.extend([Doc::text(if index == 0 { "" } else { "," }), Doc::Line]);
                    docs.push(self.action(action));
                }
                return Doc::group(vec![
                    Doc::text("when "),
                    states,
                    Doc::text(":"),
                    Doc::indent(docs),
                ]);
            }
            Kind::Promote(steps, states) => {
                let mut docs = vec![Doc::text("promote ")];
                for (index, step) in steps.iter().enumerate() {
                    docs.push(Doc::text(if index == 0 { "" } else { " then " }));
                    docs.push(self.amount(step));
                }
                docs.extend([Doc::text(" when "), self.states(states)]);
                docs
            }
            Kind::Bounds(resource, low, high) => vec![
                Doc::text(format!("bounds {} ", resource.text)),
                self.amount(low),
                Doc::text(".."),
                self.amount(high),
            ],
            Kind::Change(amount, period) => vec![
                Doc::text("change at most "),
                self.amount(amount),
                Doc::text(" per "),
                self.amount(period),
            ],
            Kind::Cooldown(up, down) => self.cooldown(up.as_ref(), down.as_ref()),
            Kind::Rollback(states, window) => {
                let mut docs = vec![Doc::text("rollback when "), self.states(states)];
                self.push_amount(&mut docs, " within ", window.as_ref());
                docs
            }
            Kind::Budget(name) => vec![Doc::text(format!("budget {}", name.text))],
            Kind::Active(schedule) => vec![Doc::text("active "), self.schedule(schedule)],
            Kind::Awake(schedule) => vec![Doc::text("awake "), self.schedule(schedule)],
            Kind::Agent(name, model, account) => {
                let mut docs = vec![
                    Doc::text(format!("agent {} using ", name.text)),
                    self.string(model),
                ];
                if let Some(account) = account {
                    docs.extend([Doc::text(" as "), self.string(account)]);
                }
                docs
            }
            Kind::Mode(mode, approval) => {
                let mut docs = vec![Doc::text(format!("mode {}", mode.text))];
                self.push_amount(&mut docs, " approval above ", approval.as_ref());
                docs
            }
            Kind::RequireDigest => vec![Doc::text("require digest")],
        };
        Doc::Row(docs)
    }

    fn push_amount(&mut self, docs: &mut Vec<Doc>, words: &str, amount: Option<&Expression>) {
        if let Some(amount) = amount {
            docs.extend([Doc::text(words), self.amount(amount)]);
        }
    }

    fn cooldown(&mut self, up: Option<&Expression>, down: Option<&Expression>) -> Vec<Doc> {
        let mut docs = vec![Doc::text("cooldown")];
        let up_doc = up.map(|up| lay_out_amount(self, up));
        let down_doc = down.map(|down| lay_out_amount(self, down));
        match (up_doc, down_doc) {
            (Some(up), Some(down)) if up == down => docs.push(Doc::text(format!(" {up}"))),
            (up, down) => {
                docs.extend(up.map(|up| Doc::text(format!(" up {up}"))));
                docs.extend(down.map(|down| Doc::text(format!(" down {down}"))));
            }
        }
        docs
    }

    fn goal(&mut self, goal: &Goal) -> Doc {
        Doc::Row(match goal {
            Goal::Compare(metric, operator, value) => vec![
                Doc::text(format!("{} {} ", metric.text, operator.symbol())),
                self.amount(value),
            ],
            Goal::Near(metric, value, per_replica) => {
                let mut docs = vec![Doc::text(format!("{} near ", metric.text)), self.amount(value)];
                if *per_replica {
                    docs.push(Doc::text(" per replica"));
                }
                docs
            }
            Goal::Within(metric, deviation, window) => vec![
                Doc::text(format!("{} within ", metric.text)),
                self.amount(deviation),
                Doc::text(" of "),
                self.amount(window),
            ],
            Goal::NoDrift(paths) if paths.is_empty() => vec![Doc::text("no drift")],
            Goal::NoDrift(paths) => vec![self.listed("no drift except ", paths, Writer::expression)],
            Goal::NoFindings(rules) => {
                vec![self.listed("no findings of ", rules, |_, rule| Doc::text(&rule.text))]
            }
        })
    }

    /// `a missed for 1h and b met`.
    fn states(&mut self, states: &[GoalState]) -> Doc {
        let mut docs = Vec::new();
        for (index, state) in states.iter().enumerate() {
            let and = if index == 0 { "" } else { " and " };
            let word = if state.met { "met" } else { "missed" };
            docs.push(Doc::text(format!("{and}{} {word}", state.goal.text)));
            self.push_amount(&mut docs, " for ", state.window.as_ref());
        }
        Doc::Row(docs)
    }

    fn action(&mut self, action: &Action) -> Doc {
        Doc::Row(match &action.kind {
            ActionKind::Step(verb, resource, up, step) => {
                let verb = match verb {
                    StepVerb::Scale => "scale",
                    StepVerb::Resize => "resize",
                };
                let direction = if *up { "up" } else { "down" };
                let mut docs = vec![Doc::text(format!("{verb} {} {direction}", resource.text))];
                self.push_amount(&mut docs, " by ", step.as_ref());
                docs
            }
            ActionKind::Cap(resource, most) => {
                vec![Doc::text(format!("cap {} at ", resource.text)), self.amount(most)]
            }
            ActionKind::Delay(most) => vec![Doc::text("delay start up to "), self.amount(most)],
            ActionKind::Restore => vec![Doc::text("restore")],
            ActionKind::Revert => vec![Doc::text("revert")],
            ActionKind::Fix => vec![Doc::text("fix")],
        })
    }

    fn schedule(&mut self, schedule: &Schedule) -> Doc {
        let days = names_text(&schedule.days);
        let times = format!("{days} {}..{} ", schedule.start.text, schedule.end.text);
        Doc::Row(vec![Doc::text(times), self.string(&schedule.time_zone)])
    }
}

/// An amount as text on one line, to see whether two are written alike.
fn lay_out_amount(writer: &mut Writer, amount: &Expression) -> String {
    let doc = Doc::Flat(Box::new(writer.amount(amount)));
    super::lay_out(&doc).trim_end().to_string()
}
