//! Goals of an automation, and the conditions that speak of them.

use super::Build;
use super::amounts::{self, NANO};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, AutomationForm, GoalComparison, GoalKind};
use crate::source::Span;
use crate::suggest::{nearest, one_of};
use crate::syntax::ast::{self, BinaryOperator};

impl Build<'_, '_, '_> {
    pub(super) fn goal(&mut self, name: &ast::Name, goal: &ast::Goal, span: Span) {
        if let Some(first) = self.goal_names.iter().find(|other| other.text == name.text) {
            let first = first.span;
            self.checker.report(
                Diagnostic::new(
                    Code::E0432,
                    name.span,
                    format!("the goal `{}` is declared already", name.text),
                )
                .with(first, "here")
                .help("choose another name: conditions tell goals apart by it"),
            );
            return;
        }
        self.goal_names.push(name.clone());
        if name.text.len() > 63 {
            self.report(
                Code::E0440,
                name.span,
                "the name of a goal has at most 63 letters",
                "choose a shorter one",
            );
        }
        if let Some(kind) = self.goal_kind(goal, span) {
            self.goals.push(ir::Goal {
                name: name.text.as_str().into(),
                kind,
                span,
            });
        }
    }

    fn goal_kind(&mut self, goal: &ast::Goal, span: Span) -> Option<GoalKind> {
        use AutomationForm::{Heal, Optimize, Promote};
        match goal {
            ast::Goal::Compare(metric, operator, value) => {
                let metric = self.metric(metric)?;
                let threshold = amounts::threshold(self.checker, value, &metric);
                let comparison = self.comparison(*operator, &metric, value)?;
                Some(GoalKind::Metric {
                    metric: metric.name,
                    comparison,
                    threshold: threshold?.written,
                    per_replica: false,
                })
            }
            ast::Goal::Near(metric, value, per_replica) => {
                if self.misplaced(span, "near", &[Optimize]) {
                    return None;
                }
                let metric = self.metric(metric)?;
                let threshold = amounts::threshold(self.checker, value, &metric)?;
                if threshold.quantity.nano <= 0 {
                    self.report(
                        Code::E0438,
                        value.span,
                        format!("nothing is near `{}`", threshold.written.text),
                        "write a target above nothing",
                    );
                    return None;
                }
                Some(GoalKind::Metric {
                    metric: metric.name,
                    comparison: GoalComparison::Near,
                    threshold: threshold.written,
                    per_replica: *per_replica,
                })
            }
            ast::Goal::Within(metric, deviation, window) => {
                if self.misplaced(span, "within", &[Heal, Promote]) {
                    return None;
                }
                let metric = self.metric(metric);
                let deviation = amounts::share(self.checker, deviation, "a deviation", None);
                let window = amounts::window(self.checker, window, "the window of a baseline");
                Some(GoalKind::Baseline {
                    metric: metric?.name,
                    deviation: deviation?.written,
                    window: window?.written,
                })
            }
            ast::Goal::NoDrift(except) => {
                if self.misplaced(span, "no drift", &[Heal]) {
                    return None;
                }
                let paths: Vec<Option<String>> = except.iter().map(|path| self.field_path(path)).collect();
                Some(GoalKind::NoDrift(paths.into_iter().collect::<Option<_>>()?))
            }
            ast::Goal::NoFindings(rules) => {
                if self.misplaced(span, "no findings", &[Heal, Promote]) {
                    return None;
                }
                let mut named = Vec::new();
                for rule in rules {
                    named.extend(self.rule(rule));
                }
                (named.len() == rules.len()).then_some(GoalKind::NoFindings(named))
            }
        }
    }

    fn metric(&mut self, name: &ast::Name) -> Option<ir::Metric> {
        let Some(known) = self.known.metrics.get(&name.text) else {
            let help = match self.known.metrics.nearest(&name.text) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("declare it: `metric {}: Ratio = prometheus r\"…\"`", name.text),
            };
            let message = format!("there is no metric `{}`", name.text);
            let near = self.known.metrics.nearest(&name.text);
            let diagnostic = Diagnostic::new(Code::E0434, name.span, message).help(help);
            self.checker.report(match near {
                Some(near) => diagnostic.fix(format!("write `{near}`"), false, name.span, near),
                None => diagnostic,
            });
            return None;
        };
        let metric = known.metric.clone();
        if known.is_own && self.used_metrics.iter().all(|used| used.name != metric.name) {
            self.used_metrics.push(metric.clone());
        }
        Some(metric)
    }

    fn comparison(
        &mut self,
        operator: BinaryOperator,
        metric: &ir::Metric,
        value: &ast::Expression,
    ) -> Option<GoalComparison> {
        let (comparison, closed) = match operator {
            BinaryOperator::GreaterOrEqual => return Some(GoalComparison::AtLeast),
            BinaryOperator::LessOrEqual => return Some(GoalComparison::AtMost),
            BinaryOperator::Greater => (GoalComparison::AtLeast, ">="),
            BinaryOperator::Less => (GoalComparison::AtMost, "<="),
            _ => return None,
        };
        self.report(
            Code::E0445,
            value.span,
            format!(
                "a goal is met at its threshold: `{}` can't be strictly on one side of it",
                metric.name
            ),
            format!("write `{closed}`"),
        );
        Some(comparison)
    }

    fn rule(&mut self, name: &ast::Name) -> Option<std::sync::Arc<str>> {
        if self.known.rules.contains(&name.text.as_str()) {
            return Some(name.text.as_str().into());
        }
        let help = match nearest(&name.text, self.known.rules.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`ordain rules` lists all rules".to_string(),
        };
        let message = format!("there is no rule `{}`", name.text);
        self.report(Code::E0435, name.span, message, help);
        None
    }

    /// A path of fields from an object's root: `spec.replicas`.
    fn field_path(&mut self, path: &ast::Expression) -> Option<String> {
        let written = match &path.kind {
            ast::ExpressionKind::Name(name) => Some(name.clone()),
            ast::ExpressionKind::Field(base, name) => {
                return self.field_path(base).map(|base| format!("{base}.{}", name.text));
            }
            ast::ExpressionKind::Index(base, key) => {
                let base = self.field_path(base)?;
                match &key.kind {
                    ast::ExpressionKind::Number(index) => Some(format!("{base}[{index}]")),
                    ast::ExpressionKind::Text(key) if !key.value.contains(['"', '\\']) => {
                        Some(format!("{base}[\"{}\"]", key.value))
                    }
                    _ => None,
                }
            }
            _ => None,
        };
        if written.is_none() {
            self.report(
                Code::E0436,
                path.span,
                "this is no path of fields",
                "write keys joined by points, from the object's root: `spec.replicas`",
            );
        }
        written
    }

    /// Conditions on goals. Those that name unknown goals are reported and left out.
    pub(super) fn states(&mut self, states: &[ast::GoalState]) -> Vec<ir::GoalState> {
        let mut checked: Vec<ir::GoalState> = Vec::new();
        for state in states {
            let is_known = self.check_goal(&state.goal);
            let window = match &state.window {
                Some(window) => match amounts::window(self.checker, window, "the window") {
                    Some(window) => Some(window.written),
                    None => continue,
                },
                None => None,
            };
            if !is_known {
                continue;
            }
            if let Some(other) = checked.iter().find(|other| *other.goal == state.goal.text) {
                let first = other.span;
                let message = match other.met == state.met {
                    true => format!("the condition names `{}` twice", state.goal.text),
                    false => format!("`{}` can't be met and missed at once", state.goal.text),
                };
                self.checker.report(
                    Diagnostic::new(Code::E0432, state.goal.span, message)
                        .with(first, "here for the first time")
                        .help("remove one of them"),
                );
                continue;
            }
            checked.push(ir::GoalState {
                goal: state.goal.text.as_str().into(),
                met: state.met,
                window,
                span: state.span,
            });
        }
        checked
    }

    fn check_goal(&mut self, goal: &ast::Name) -> bool {
        let names = || self.goal_names.iter().map(|name| name.text.as_str());
        if names().any(|name| name == goal.text) {
            return true;
        }
        let near = nearest(&goal.text, names()).map(str::to_string);
        let help = match &near {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.goal_names.is_empty() => {
                format!("declare it: `goal {}: latency_p99 <= 200ms`", goal.text)
            }
            None => format!("the goals are {}", one_of(names())),
        };
        let diagnostic = Diagnostic::new(
            Code::E0433,
            goal.span,
            format!("`{}` has no goal `{}`", self.name.text, goal.text),
        )
        .help(help);
        self.checker.report(match near {
            Some(near) => diagnostic.fix(format!("write `{near}`"), false, goal.span, near),
            None => diagnostic,
        });
        false
    }

    /// Reports conditions of which none is a missed goal.
    pub(super) fn check_trigger(
        &mut self,
        states: &[ir::GoalState],
        written: &[ast::GoalState],
        span: Span,
    ) -> bool {
        if states.len() < written.len() || states.iter().any(|state| !state.met) {
            return states.len() == written.len();
        }
        self.report(
            Code::E0443,
            span,
            "nothing triggers this: every goal of its condition is met",
            "name a goal that is `missed`; what is `met` can only hold it back",
        );
        false
    }

    /// `promote 10% then 100% when …`.
    pub(super) fn promotion(
        &mut self,
        steps: &[ast::Expression],
        states: &[ast::GoalState],
        span: Span,
    ) -> Option<ir::Promotion> {
        let when = self.states(states);
        if let Some(missed) = when.iter().find(|state| !state.met) {
            self.report(
                Code::E0443,
                missed.span,
                "a model does not move on because a goal is missed",
                "write `met`",
            );
        }
        let mut checked: Vec<amounts::Amount> = Vec::new();
        for step in steps {
            let Some(share) = amounts::share(self.checker, step, "a step", Some(100)) else {
                continue;
            };
            if let Some(before) = checked.last()
                && before.quantity.nano >= share.quantity.nano
            {
                let message = format!(
                    "`{}` is no step up from `{}`",
                    share.written.text, before.written.text
                );
                self.report(
                    Code::E0439,
                    step.span,
                    message,
                    "let every step be larger than the one before",
                );
            }
            checked.push(share);
        }
        if checked.len() == steps.len()
            && let Some(last) = checked.last()
            && last.quantity.nano != NANO
        {
            let message = format!(
                "the last step is `{}`, so the model never takes over",
                last.written.text
            );
            self.report(
                Code::E0439,
                last.written.span,
                message,
                "let the last step be `100%`",
            );
        }
        Some(ir::Promotion {
            steps: checked.into_iter().map(|share| share.written).collect(),
            when,
            require_digest: false,
            span,
        })
    }
}
