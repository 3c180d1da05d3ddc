//! Warnings on automations: goals that fight, changes without limit, steps that undo themselves.
//!
//! In: automations whose parts are sound. Out: what is doubtful about them as a whole.

use super::conflict;
use super::values::threshold;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{
    Action, ActionKind, Automation, AutomationForm, Constant, Goal, GoalComparison, GoalState, Mode,
    Response, Written,
};
use crate::source::Span;
use crate::units::{Dimension, Quantity};

/// What is doubtful about these automations.
pub fn automations(automations: &[Automation]) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for automation in automations {
        let mut checked = Checked {
            automation,
            diagnostics: &mut diagnostics,
        };
        checked.goals_that_fight();
        checked.goals_that_exclude_each_other();
        checked.goals_without_answer();
        checked.one_way_only();
        checked.steps_that_undo_themselves();
        checked.agent();
        checked.source();
        checked.guards();
    }
    diagnostics
}

struct Checked<'a> {
    automation: &'a Automation,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// What an action moves, and whether up. `None` if it moves nothing by itself.
fn movement(action: &Action) -> Option<(&str, bool)> {
    match &action.kind {
        ActionKind::ScaleReplicas { up, .. } => Some(("replicas", *up)),
        ActionKind::Resize { resource, up, .. } => Some((resource, *up)),
        _ => None,
    }
}

fn way(up: bool) -> &'static str {
    if up { "up" } else { "down" }
}

impl<'a> Checked<'a> {
    fn warn(&mut self, code: Code, span: Span, message: String, help: &str) {
        self.diagnostics
            .push(Diagnostic::new(code, span, message).help(help));
    }

    fn movements(&self) -> Vec<(&'a Response, &'a Action, &'a str, bool)> {
        let automation = self.automation;
        automation
            .responses
            .iter()
            .flat_map(|response| response.actions.iter().map(move |action| (response, action)))
            .filter_map(|(response, action)| movement(action).map(|(what, up)| (response, action, what, up)))
            .collect()
    }

    fn goals_that_fight(&mut self) {
        let movements = self.movements();
        for (down, down_action, what, _) in movements.iter().filter(|(.., up)| !up) {
            for (up, up_action, _, _) in movements.iter().filter(|(_, _, other, up)| *up && other == what) {
                let states: Vec<&GoalState> = down.when.iter().chain(&up.when).collect();
                let Some(case) = conflict::case(&self.automation.goals, &states) else {
                    continue;
                };
                let (Some(waits), Some(goes_first)) = (trigger(down), trigger(up)) else {
                    continue;
                };
                let message = match waits.goal == goes_first.goal {
                    true => format!("when `{}` is missed, {what} go up and down together", waits.goal),
                    false => format!(
                        "`{}` and `{}` can be missed at once, and then {what} go up and down together",
                        waits.goal, goes_first.goal
                    ),
                };
                let mut diagnostic = Diagnostic::new(Code::W0101, down_action.span, message)
                    .label(format!("for example with {}", case.join(" and ")))
                    .with(up_action.span, "this answers the other goal");
                // The step up may hurry, the step down can wait: the mend holds it back.
                if waits.goal != goes_first.goal
                    && let Some(last) = down.when.last()
                {
                    diagnostic = diagnostic
                        .help(format!(
                            "let the step down wait: add `and {} met`",
                            goes_first.goal
                        ))
                        .fix(
                            format!("add `and {} met`", goes_first.goal),
                            false,
                            last.span.at_end(),
                            format!(" and {} met", goes_first.goal),
                        );
                } else {
                    diagnostic = diagnostic.help("remove one of the actions");
                }
                self.diagnostics.push(diagnostic);
            }
        }
    }

    fn goals_that_exclude_each_other(&mut self) {
        let goals = &self.automation.goals;
        for (index, goal) in goals.iter().enumerate() {
            for other in &goals[..index] {
                let (Some((metric, ..)), Some((same, ..))) = (threshold(&goal.kind), threshold(&other.kind))
                else {
                    continue;
                };
                let met = |goal: &Goal| GoalState {
                    goal: goal.name.clone(),
                    met: true,
                    window: None,
                    span: goal.span,
                };
                let both = [met(goal), met(other)];
                if metric == same && conflict::case(goals, &[&both[0], &both[1]]).is_none() {
                    self.diagnostics.push(
                        Diagnostic::new(
                            Code::W0110,
                            goal.span,
                            format!("`{}` and `{}` can't both be met", other.name, goal.name),
                        )
                        .with(other.span, format!("this asks the opposite of `{metric}`"))
                        .help("leave room between the thresholds"),
                    );
                }
            }
        }
    }

    fn goals_without_answer(&mut self) {
        let automation = self.automation;
        let promoted = automation.promotion.iter().flat_map(|promotion| &promotion.when);
        let watched = automation
            .guards
            .rollback
            .iter()
            .flat_map(|rollback| &rollback.when);
        let answered = automation.responses.iter().flat_map(|response| &response.when);
        let named: Vec<&str> = answered
            .chain(promoted)
            .chain(watched)
            .map(|state| &*state.goal)
            .collect();
        for goal in &automation.goals {
            if !named.contains(&&*goal.name) {
                self.warn(
                    Code::W0111,
                    goal.span,
                    format!("no condition names the goal `{}`", goal.name),
                    "answer it, let it hold back another action, or remove it",
                );
            }
        }
    }

    fn one_way_only(&mut self) {
        // A `heal` mends what is wrong and leaves growth to others.
        if self.automation.form != AutomationForm::Optimize {
            return;
        }
        let movements = self.movements();
        let mut said: Vec<&str> = Vec::new();
        for (_, action, what, up) in &movements {
            if said.contains(what)
                || movements
                    .iter()
                    .any(|(_, _, other, way)| other == what && way != up)
            {
                continue;
            }
            said.push(what);
            self.warn(
                Code::W0107,
                action.span,
                format!("{what} go {} and never {}", way(*up), way(!*up)),
                "answer the goal of the other side as well",
            );
        }
    }

    /// At the least number of replicas, a step up by `s` leaves `min / (min + s)` of each one's load.
    fn steps_that_undo_themselves(&mut self) {
        let bounds = &self.automation.guards.bounds;
        let Some(least) = bounds
            .iter()
            .find(|bound| bound.resource == "replicas")
            .and_then(|bound| whole(&bound.minimum))
            .filter(|least| *least > 0)
        else {
            return;
        };
        let movements = self.movements();
        for (up, action, ..) in movements
            .iter()
            .filter(|(_, _, what, up)| *up && *what == "replicas")
        {
            let Some((high, metric, Some((GoalComparison::AtMost, ceiling)))) = self.trigger_limit(up) else {
                continue;
            };
            let ActionKind::ScaleReplicas { step: Some(step), .. } = &action.kind else {
                continue;
            };
            let Some(added) = replicas_added(step, least) else {
                continue;
            };
            for (down, ..) in movements
                .iter()
                .filter(|(_, _, what, up)| !*up && *what == "replicas")
            {
                let Some((low, same, Some((GoalComparison::AtLeast, floor)))) = self.trigger_limit(down)
                else {
                    continue;
                };
                // What a step down asks beside: it is held back by whether the other goal is met.
                let after = ceiling.nano.saturating_mul(least) / least.saturating_add(added);
                if metric == same && after < floor.nano && floor.nano <= ceiling.nano {
                    let after = Quantity::new(after, ceiling.dimension);
                    self.diagnostics.push(
                        Diagnostic::new(
                            Code::W0108,
                            action.span,
                            format!(
                                "from {least} replicas, this step takes `{metric}` below `{low}` at once"
                            ),
                        )
                        .label(format!(
                            "{least} replicas at {ceiling} become {} at {}",
                            least.saturating_add(added),
                            rounded(after)
                        ))
                        .with(down.span, format!("and this takes it back above `{high}`"))
                        .help("move the thresholds apart, or raise the lower bound"),
                    );
                }
            }
        }
    }

    /// The goal that triggers a response, with its metric and threshold.
    #[allow(clippy::type_complexity)]
    fn trigger_limit(
        &self,
        response: &'a Response,
    ) -> Option<(&'a str, &'a str, Option<(GoalComparison, Quantity)>)> {
        let state = trigger(response)?;
        let goal = self
            .automation
            .goals
            .iter()
            .find(|goal| goal.name == state.goal)?;
        let (metric, comparison, limit) = threshold(&goal.kind)?;
        Some((&goal.name, metric, Some((comparison, limit))))
    }

    fn agent(&mut self) {
        let Some(agent) = &self.automation.agent else {
            return;
        };
        if !is_pinned(&agent.model) {
            self.warn(
                Code::W0103,
                agent.span,
                format!("the model `{}` is not pinned to a version", agent.model),
                "name a dated or numbered version, as in \"openai-gpt-4o-2024-08-06\"",
            );
        }
    }

    fn source(&mut self) {
        let automation = self.automation;
        let requires = automation
            .promotion
            .as_ref()
            .is_some_and(|promotion| promotion.require_digest);
        if let Some(source) = &automation.from
            && !requires
            && !source.contains("@sha256:")
        {
            self.warn(
                Code::W0109,
                automation.span,
                format!("what stands at `{source}` may change after it was reviewed"),
                "add `@sha256:` with the digest, and `require digest`",
            );
        }
    }

    fn guards(&mut self) {
        let automation = self.automation;
        let Mode::Apply { approval_above } = &automation.mode else {
            return;
        };
        let (name, span, guards) = (&automation.name, automation.span, &automation.guards);
        if approval_above.is_none() {
            self.warn(
                Code::W0102,
                span,
                format!("`{name}` changes its target without anybody's approval"),
                "add `approval above 10 USD/day` to the mode, or write `mode propose`",
            );
        }
        let moves = !self.movements().is_empty();
        let unbounded = moves && guards.bounds.is_empty();
        let missing = match (unbounded, guards.rate_limits.is_empty()) {
            (true, true) => "`bounds` and `change at most`",
            (true, false) => "`bounds`",
            (false, true) => "`change at most`",
            (false, false) => "",
        };
        if !missing.is_empty() {
            self.warn(
                Code::W0104,
                span,
                format!("`{name}` changes its target without {missing}"),
                "add `bounds replicas 2..20` and `change at most 50% per 1h`, with your own numbers",
            );
        }
        if guards.rollback.is_none() {
            self.warn(
                Code::W0105,
                span,
                format!("nothing takes back a change of `{name}` that was a mistake"),
                "add `rollback when GOAL missed for 5min within 30min`",
            );
        }
        if moves && guards.cooldown_down.is_none() {
            self.warn(
                Code::W0106,
                span,
                format!("`{name}` may change its target again before a change shows"),
                "add `cooldown 10min`",
            );
        }
    }
}

/// The missed goal that triggers a response.
fn trigger(response: &Response) -> Option<&GoalState> {
    response.when.iter().find(|state| !state.met)
}

fn whole(written: &Written) -> Option<i128> {
    match &written.value {
        Constant::Int(number) => Some(*number),
        Constant::Quantity(amount) if amount.dimension == Dimension::COUNT => Some(amount.nano / NANO),
        _ => None,
    }
}

const NANO: i128 = 1_000_000_000;

/// How many replicas a step adds; a share is rounded up, to one at least.
fn replicas_added(step: &Written, present: i128) -> Option<i128> {
    match &step.value {
        Constant::Quantity(share) if share.dimension == Dimension::RATIO => {
            let added = share.nano.checked_mul(present)?;
            Some(added.saturating_add(NANO - 1) / NANO)
        }
        _ => whole(step),
    }
}

/// To three digits, as a message needs it.
fn rounded(amount: Quantity) -> Quantity {
    let mut unit = 1;
    while amount.nano / unit >= 1000 {
        unit *= 10;
    }
    Quantity::new(amount.nano / unit * unit, amount.dimension)
}

/// Whether a model's name ends in a version: a digest, `1.5`, or a date.
fn is_pinned(model: &str) -> bool {
    if let Some((_, digest)) = model.rsplit_once("@sha256:") {
        return digest.len() == 64;
    }
    let version = model
        .trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'))
        .len();
    let tail = model.get(version..).unwrap_or_default();
    let version = tail.trim_start_matches(['-', '.']);
    let digits = version.chars().filter(char::is_ascii_digit).count();
    let is_separate = tail.len() > version.len()
        || model
            .get(..model.len() - tail.len())
            .is_some_and(|head| head.ends_with(['v', ':', '@']));
    is_separate && (digits >= 8 || (version.contains('.') && !version.contains('-')))
}

#[cfg(test)]
mod tests {
    use super::is_pinned;

    #[test]
    fn a_model_is_pinned_by_a_date_a_version_or_a_digest() {
        for pinned in [
            "openai-gpt-4o-2024-08-06",
            "claude-3-5-sonnet-20241022",
            "scaler:1.4.2",
            "scaler-v2.1",
            "gpt-3.5",
        ] {
            assert!(is_pinned(pinned), "{pinned}");
        }
        for open in ["openai-gpt-4o", "gpt-4", "llama3", "latest", "", "model-2024"] {
            assert!(!is_pinned(open), "{open}");
        }
    }
}
