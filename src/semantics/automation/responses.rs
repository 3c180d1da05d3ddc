//! What answers a missed goal: conditions and actions.

use super::Build;
use super::amounts::{self, Amount};
use crate::codes::Code;
use crate::ir::{self, ActionKind, AutomationForm, GoalKind};
use crate::source::Span;
use crate::suggest::{nearest, one_of};
use crate::syntax::ast::{self, StepVerb};
use crate::units::Dimension;

impl Build<'_, '_, '_> {
    pub(super) fn response(
        &mut self,
        states: &[ast::GoalState],
        actions: &[ast::Action],
        span: Span,
    ) -> Option<ir::Response> {
        let when = self.states(states);
        let is_triggered = self.check_trigger(&when, states, span);
        let mut checked = Vec::new();
        for action in actions {
            if let Some(kind) = self.action(action) {
                self.check_answer(&when, &kind, action.span);
                checked.push(ir::Action {
                    kind,
                    span: action.span,
                });
            }
        }
        (is_triggered && checked.len() == actions.len()).then_some(ir::Response {
            when,
            actions: checked,
            span,
        })
    }

    fn action(&mut self, action: &ast::Action) -> Option<ActionKind> {
        use AutomationForm::{Heal, Optimize};
        let span = action.span;
        match &action.kind {
            ast::ActionKind::Step(StepVerb::Scale, resource, up, size) => {
                self.resource(resource, &["replicas"], "scaled")?;
                Some(ActionKind::ScaleReplicas {
                    up: *up,
                    step: self.step(size.as_ref(), Dimension::COUNT, "1", *up)?,
                })
            }
            ast::ActionKind::Step(StepVerb::Resize, resource, up, size) => {
                let resource = self.resource(resource, &["cpu", "memory"], "resized")?;
                let (dimension, example) = match resource {
                    "cpu" => (Dimension::CPU, "100m"),
                    _ => (Dimension::MEMORY, "128Mi"),
                };
                Some(ActionKind::Resize {
                    resource: resource.to_string(),
                    up: *up,
                    step: self.step(size.as_ref(), dimension, example, *up)?,
                })
            }
            ast::ActionKind::Cap(resource, most) => {
                if self.misplaced(span, "cap", &[Optimize]) {
                    return None;
                }
                self.resource(resource, &["replicas"], "capped")?;
                let most = amounts::amount(self.checker, most, "a cap", &[Dimension::COUNT], "3")?;
                amounts::check_count(self.checker, &most, "a cap", 0)
                    .then_some(ActionKind::CapReplicas(most.written))
            }
            ast::ActionKind::Delay(latest) => {
                if self.misplaced(span, "delay", &[Optimize]) {
                    return None;
                }
                amounts::window(self.checker, latest, "a delay")
                    .map(|latest| ActionKind::DelayStart(latest.written))
            }
            ast::ActionKind::Restore => {
                (!self.misplaced(span, "restore", &[Heal])).then_some(ActionKind::Restore)
            }
            ast::ActionKind::Revert => {
                (!self.misplaced(span, "revert", &[Heal])).then_some(ActionKind::Revert)
            }
            ast::ActionKind::Fix => (!self.misplaced(span, "fix", &[Heal])).then_some(ActionKind::Fix),
        }
    }

    /// The resource, if it is one of those that this can be done to.
    pub(super) fn resource(
        &mut self,
        word: &ast::Name,
        known: &[&'static str],
        done: &str,
    ) -> Option<&'static str> {
        let found = known.iter().find(|resource| **resource == word.text);
        if found.is_none() {
            let help = match nearest(&word.text, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write {}", one_of(known.iter().copied())),
            };
            self.report(
                Code::E0444,
                word.span,
                format!("`{}` can't be {done}", word.text),
                help,
            );
        }
        found.copied()
    }

    /// The size of a step: `Some(None)` if there is none, `None` if it is wrong.
    fn step(
        &mut self,
        size: Option<&ast::Expression>,
        dimension: Dimension,
        example: &str,
        up: bool,
    ) -> Option<Option<ir::Written>> {
        let Some(size) = size else {
            return Some(None);
        };
        let dimensions = [dimension, Dimension::RATIO];
        let step = amounts::amount(
            self.checker,
            size,
            "a step",
            &dimensions,
            &format!("{example}` or `25%"),
        )?;
        self.check_step(&step, dimension, up)
            .then_some(Some(step.written))
    }

    fn check_step(&mut self, step: &Amount, dimension: Dimension, up: bool) -> bool {
        let text = &step.written.text;
        if step.quantity.nano <= 0 {
            let way = if up { "up" } else { "down" };
            amounts::out_of_range(
                self.checker,
                step.written.span,
                format!("a step of `{text}` does not lead {way}"),
                "write a step above nothing; `up` and `down` say the way",
            );
            return false;
        }
        if step.quantity.dimension == Dimension::RATIO {
            if !up && step.quantity.nano > amounts::NANO {
                amounts::out_of_range(
                    self.checker,
                    step.written.span,
                    format!("a step down of `{text}` is more than there is"),
                    "write at most `100%`",
                );
                return false;
            }
            return true;
        }
        dimension != Dimension::COUNT || amounts::check_count(self.checker, step, "a step", 1)
    }

    /// Reports an action that has nothing to do with the goal that triggers it.
    fn check_answer(&mut self, when: &[ir::GoalState], kind: &ActionKind, span: Span) {
        let missed = || {
            when.iter()
                .filter(|state| !state.met)
                .map(|state| self.goal_of(&state.goal))
        };
        // A goal that was reported is given the benefit of the doubt.
        let answers = |wanted: fn(&GoalKind) -> bool| missed().any(|goal| goal.is_none_or(wanted));
        let (action, is_answered, help) = match kind {
            ActionKind::Restore => (
                "restore",
                answers(|goal| matches!(goal, GoalKind::NoDrift(_))),
                "let it answer a goal of `no drift`, or `revert` to the revision before",
            ),
            ActionKind::Fix => (
                "fix",
                answers(|goal| matches!(goal, GoalKind::NoFindings(_))),
                "let it answer a goal of `no findings of …`, whose rules have fixes",
            ),
            _ => return,
        };
        if !is_answered && when.iter().any(|state| !state.met) {
            self.report(
                Code::E0447,
                span,
                format!("`{action}` has nothing to do when this goal is missed"),
                help,
            );
        }
    }
}
