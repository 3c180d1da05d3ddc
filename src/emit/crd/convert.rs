//! An automation of the IR → the specification of its custom resource.
//!
//! Everything that the automation says has its field; what has none is an [`Unsaid`] with the reason,
//! and the automation is then refused as a whole.

use super::action::{Action, ActionType, Direction, Limit, Step};
use super::guards::*;
use super::healing::{Baseline, Drift, Findings, Goal, SelfHealingPolicySpec, Target};
use super::optimization::{AIOptimizationPolicySpec, Comparison, OptimizationGoal};
use super::promotion::ModelPromotionPolicySpec;
use super::values::*;
use crate::ir::{self, ActionKind, Constant, GoalKind, Mode, Written};
use crate::source::Span;
use crate::units::{Dimension, Quantity};

/// Why a resource can't say something.
#[derive(Debug)]
pub struct Unsaid {
    /// The reason, to be read after "because".
    pub reason: String,
    /// What to do.
    pub help: Option<String>,
    /// What it can't say.
    pub span: Span,
}

impl Unsaid {
    /// It can't be said for this reason.
    pub fn new(span: Span, reason: impl Into<String>) -> Unsaid {
        Unsaid {
            reason: reason.into(),
            help: None,
            span,
        }
    }

    /// What to do about it.
    pub fn help(mut self, help: impl Into<String>) -> Unsaid {
        self.help = Some(help.into());
        self
    }
}

/// Which custom resources each budget of the run becomes.
pub type BudgetKinds<'a> = dyn Fn(&str) -> Vec<BudgetKind> + 'a;

/// The specification of an `optimize`.
pub fn optimization(
    automation: &ir::Automation,
    budgets: &BudgetKinds,
) -> Result<AIOptimizationPolicySpec, Unsaid> {
    let target = single_target(automation)?;
    if let Some(namespace) = &target.namespace
        && Some(namespace) != automation.namespace.as_ref()
    {
        return Err(Unsaid::new(
            target.span,
            "`targetWorkload` means a workload of the policy's own namespace",
        )
        .help(format!("write `optimize {} in \"{namespace}\"`", automation.name)));
    }
    let mut optimization_goals = Vec::new();
    for goal in &automation.goals {
        let GoalKind::Metric {
            metric,
            comparison,
            threshold,
            per_replica,
        } = &goal.kind
        else {
            return Err(Unsaid::new(goal.span, "its goals are metrics against thresholds"));
        };
        optimization_goals.push(OptimizationGoal {
            name: GoalName(goal.name.to_string()),
            metric: MetricName(metric.to_string()),
            threshold: amount(threshold),
            comparison: Some(comparison_of(*comparison)),
            per_replica: per_replica.then_some(true),
        });
    }
    Ok(AIOptimizationPolicySpec {
        target_workload: workload(target),
        optimization_goals,
        ai_agent: automation.agent.as_ref().map(agent),
        actions: actions(automation)?,
        dry_run: is_dry_run(automation),
        guards: guards(automation, budgets)?,
    })
}

/// The specification of a `heal`.
pub fn healing(automation: &ir::Automation, budgets: &BudgetKinds) -> Result<SelfHealingPolicySpec, Unsaid> {
    Ok(SelfHealingPolicySpec {
        targets: automation.targets.iter().map(target).collect(),
        excludes: automation.excludes.iter().map(target).collect(),
        goals: automation.goals.iter().map(goal).collect(),
        actions: actions(automation)?,
        ai_agent: automation.agent.as_ref().map(agent),
        dry_run: is_dry_run(automation),
        guards: guards(automation, budgets)?,
    })
}

/// The specification of a `promote`.
pub fn promotion(
    automation: &ir::Automation,
    budgets: &BudgetKinds,
) -> Result<ModelPromotionPolicySpec, Unsaid> {
    let Some(source) = &automation.from else {
        return Err(Unsaid::new(
            automation.span,
            "it does not say where the model comes from",
        ));
    };
    let Some(promotion) = &automation.promotion else {
        return Err(Unsaid::new(automation.span, "it has no steps"));
    };
    if let Some(missed) = promotion.when.iter().find(|state| !state.met) {
        return Err(Unsaid::new(
            missed.span,
            "a model moves on while its gates are met",
        ));
    }
    Ok(ModelPromotionPolicySpec {
        source: ModelSource(source.clone()),
        target: target(single_target(automation)?),
        gates: automation.goals.iter().map(goal).collect(),
        promote_when: promotion.when.iter().map(goal_window).collect(),
        steps: promotion.steps.iter().map(percent).collect(),
        require_digest: promotion.require_digest.then_some(true),
        ai_agent: automation.agent.as_ref().map(agent),
        dry_run: is_dry_run(automation),
        guards: guards(automation, budgets)?,
    })
}

fn single_target(automation: &ir::Automation) -> Result<&ir::Target, Unsaid> {
    match automation.targets.as_slice() {
        [target] => Ok(target),
        [_, second, ..] => Err(Unsaid::new(second.span, "it has one target")),
        [] => Err(Unsaid::new(automation.span, "it has no target")),
    }
}

/// Whether API groups of this name belong to Kubernetes itself.
fn is_built_in(group: &str) -> bool {
    !group.contains('.') || group.ends_with(".k8s.io")
}

/// The group, unless a built-in one is meant or among those meant.
fn foreign_group(kind: &ir::KindReference) -> Option<&str> {
    match kind.groups.iter().any(|group| is_built_in(group)) {
        true => None,
        false => kind.groups.first().map(|group| &**group),
    }
}

fn workload(target: &ir::Target) -> WorkloadName {
    let kind = target.kind.kind.to_ascii_lowercase();
    WorkloadName(match foreign_group(&target.kind) {
        Some(group) => format!("{kind}.{group}/{}", target.name),
        None => format!("{kind}/{}", target.name),
    })
}

fn target(target: &ir::Target) -> Target {
    Target {
        group: foreign_group(&target.kind).map(GroupName::from),
        kind: KindName(target.kind.kind.to_string()),
        name: ObjectName(target.name.clone()),
        namespace: target.namespace.as_deref().map(NamespaceName::from),
    }
}

fn agent(agent: &ir::Agent) -> Agent {
    Agent {
        name: ObjectName(agent.name.clone()),
        model_ref: ModelName(agent.model.clone()),
        service_account_name: agent.service_account.as_deref().map(ObjectName::from),
    }
}

fn is_dry_run(automation: &ir::Automation) -> bool {
    matches!(automation.mode, Mode::DryRun)
}

fn comparison_of(comparison: ir::GoalComparison) -> Comparison {
    match comparison {
        ir::GoalComparison::AtLeast => Comparison::AtLeast,
        ir::GoalComparison::AtMost => Comparison::AtMost,
        ir::GoalComparison::Near => Comparison::Near,
    }
}

fn goal(goal: &ir::Goal) -> Goal {
    let mut written = Goal {
        name: GoalName(goal.name.to_string()),
        metric: None,
        threshold: None,
        comparison: None,
        baseline: None,
        drift: None,
        findings: None,
    };
    match &goal.kind {
        // A threshold for each replica is one of `near`, which only `optimize` has.
        GoalKind::Metric {
            metric,
            comparison,
            threshold,
            per_replica: _,
        } => {
            written.metric = Some(MetricName(metric.to_string()));
            written.threshold = Some(amount(threshold));
            written.comparison = Some(comparison_of(*comparison));
        }
        GoalKind::Baseline {
            metric,
            deviation,
            window,
        } => {
            written.metric = Some(MetricName(metric.to_string()));
            written.baseline = Some(Baseline {
                window: duration(window),
                deviation: percent(deviation),
            });
        }
        GoalKind::NoDrift(except) => {
            written.drift = Some(Drift {
                except: except.iter().map(|path| FieldPath(path.clone())).collect(),
            });
        }
        GoalKind::NoFindings(rules) => {
            written.findings = Some(Findings {
                rules: rules.iter().map(|rule| RuleName(rule.to_string())).collect(),
            });
        }
    }
    written
}

fn actions(automation: &ir::Automation) -> Result<Vec<Action>, Unsaid> {
    let mut actions = Vec::new();
    for response in &automation.responses {
        let condition = Condition::of(&response.when, response.span)?;
        for done in &response.actions {
            let mut action = Action {
                action: ActionType::Restore,
                direction: None,
                if_condition: condition.goal.clone(),
                window: condition.window.clone(),
                while_missed: condition.while_missed.clone(),
                while_met: condition.while_met.clone(),
                step: None,
                limit: None,
            };
            let way = |up: bool| Some(if up { Direction::Up } else { Direction::Down });
            match &done.kind {
                ActionKind::ScaleReplicas { up, step } => {
                    action.action = ActionType::ScaleReplicas;
                    action.direction = way(*up);
                    action.step = step.as_ref().map(step_of).transpose()?;
                }
                ActionKind::Resize { resource, up, step } => {
                    action.action = match resource.as_str() {
                        "cpu" => ActionType::ResizeCpu,
                        "memory" => ActionType::ResizeMemory,
                        other => {
                            return Err(Unsaid::new(
                                done.span,
                                format!("`{other}` is neither CPU nor memory"),
                            ));
                        }
                    };
                    action.direction = way(*up);
                    action.step = step.as_ref().map(step_of).transpose()?;
                }
                ActionKind::CapReplicas(most) => {
                    action.action = ActionType::CapReplicas;
                    action.limit = Some(Limit {
                        replicas: Some(count(most)?),
                        delay: None,
                    });
                }
                ActionKind::DelayStart(latest) => {
                    action.action = ActionType::DelayStart;
                    action.limit = Some(Limit {
                        replicas: None,
                        delay: Some(duration(latest)),
                    });
                }
                ActionKind::Restore => {}
                ActionKind::Revert => action.action = ActionType::Revert,
                ActionKind::Fix => action.action = ActionType::Fix,
            }
            actions.push(action);
        }
    }
    Ok(actions)
}

/// Conditions as resources have them: one goal that is missed, and the others beside it.
struct Condition {
    goal: GoalName,
    window: Option<Duration>,
    while_missed: Vec<GoalWindow>,
    while_met: Vec<GoalWindow>,
}

impl Condition {
    fn of(when: &[ir::GoalState], span: Span) -> Result<Condition, Unsaid> {
        let mut missed = when.iter().filter(|state| !state.met);
        let Some(trigger) = missed.next() else {
            return Err(Unsaid::new(span, "an action answers a goal that is missed"));
        };
        Ok(Condition {
            goal: GoalName(trigger.goal.to_string()),
            window: trigger.window.as_ref().map(duration),
            while_missed: missed.map(goal_window).collect(),
            while_met: when.iter().filter(|state| state.met).map(goal_window).collect(),
        })
    }
}

fn goal_window(state: &ir::GoalState) -> GoalWindow {
    GoalWindow {
        goal: GoalName(state.goal.to_string()),
        window: state.window.as_ref().map(duration),
    }
}

fn guards(automation: &ir::Automation, budgets: &BudgetKinds) -> Result<Guards, Unsaid> {
    let said = &automation.guards;
    let (delivery, approval) = match &automation.mode {
        Mode::DryRun => (None, None),
        Mode::Propose => (Some(Delivery::PullRequest), None),
        Mode::Apply { approval_above } => (None, approval_above.as_ref()),
    };
    let mut budget_refs = Vec::new();
    for name in &said.budgets {
        let kinds = budgets(name);
        if kinds.is_empty() {
            return Err(Unsaid::new(
                automation.span,
                format!("the budget `{name}` that it keeps to has no custom resource"),
            )
            .help("choose the budget's workloads by namespace or label"));
        }
        budget_refs.extend(kinds.into_iter().map(|kind| BudgetReference {
            kind,
            name: ObjectName(name.to_string()),
        }));
    }
    Ok(Guards {
        delivery,
        approval: approval.map(|above| Approval { above: amount(above) }),
        bounds: bounds(&said.bounds)?,
        rate_limits: said
            .rate_limits
            .iter()
            .map(rate_limit)
            .collect::<Result<_, _>>()?,
        cooldown: (said.cooldown_up.is_some() || said.cooldown_down.is_some()).then(|| Cooldown {
            up: said.cooldown_up.as_ref().map(duration),
            down: said.cooldown_down.as_ref().map(duration),
        }),
        rollback: said.rollback.as_ref().map(rollback).transpose()?,
        active_windows: said.active.iter().map(window).collect(),
        awake_windows: said.awake.iter().map(window).collect(),
        budget_refs,
        metrics: automation.metrics.iter().map(metric).collect(),
    })
}

fn bounds(said: &[ir::Bounds]) -> Result<Option<Bounds>, Unsaid> {
    let mut bounds = Bounds::default();
    for bound in said {
        let quantities = || {
            Ok(Some(QuantityBounds {
                min: quantity(&bound.minimum)?,
                max: quantity(&bound.maximum)?,
            }))
        };
        match bound.resource.as_str() {
            "replicas" => {
                bounds.replicas = Some(ReplicaBounds {
                    min: count(&bound.minimum)?,
                    max: count(&bound.maximum)?,
                });
            }
            "cpu" => bounds.cpu = quantities()?,
            "memory" => bounds.memory = quantities()?,
            other => return Err(Unsaid::new(bound.span, format!("`{other}` has no bounds"))),
        }
    }
    Ok((!said.is_empty()).then_some(bounds))
}

fn rate_limit(limit: &ir::RateLimit) -> Result<RateLimit, Unsaid> {
    let is_share =
        matches!(&limit.amount.value, Constant::Quantity(amount) if amount.dimension == Dimension::RATIO);
    Ok(RateLimit {
        percent: is_share.then(|| percent(&limit.amount)),
        replicas: None,
        changes: match is_share {
            true => None,
            false => Some(count(&limit.amount)?),
        },
        targets: None,
        period: duration(&limit.period),
    })
}

fn rollback(said: &ir::Rollback) -> Result<Rollback, Unsaid> {
    let condition = Condition::of(&said.when, said.span)?;
    Ok(Rollback {
        if_condition: condition.goal,
        window: condition.window,
        within: said.within.as_ref().map(duration),
        while_missed: condition.while_missed,
        while_met: condition.while_met,
    })
}

fn window(schedule: &ir::Schedule) -> Window {
    let day = |number: &u8| match number {
        1 => Weekday::Monday,
        2 => Weekday::Tuesday,
        3 => Weekday::Wednesday,
        4 => Weekday::Thursday,
        5 => Weekday::Friday,
        6 => Weekday::Saturday,
        _ => Weekday::Sunday,
    };
    Window {
        days: schedule.days.iter().map(day).collect(),
        start: TimeOfDay(schedule.start.clone()),
        end: TimeOfDay(schedule.end.clone()),
        time_zone: TimeZone(schedule.time_zone.clone()),
    }
}

fn metric(metric: &ir::Metric) -> Metric {
    Metric {
        name: MetricName(metric.name.to_string()),
        unit: metric.unit.as_deref().map(UnitName::from),
        prometheus: metric
            .prometheus
            .as_ref()
            .map(|query| Prometheus { query: query.clone() }),
    }
}

fn step_of(step: &Written) -> Result<Step, Unsaid> {
    let mut written = Step {
        replicas: None,
        percent: None,
        quantity: None,
    };
    match &step.value {
        Constant::Quantity(amount) if amount.dimension == Dimension::RATIO => {
            written.percent = Some(percent(step))
        }
        Constant::Quantity(amount) if amount.dimension != Dimension::COUNT => {
            written.quantity = Some(quantity(step)?)
        }
        _ => written.replicas = Some(count(step)?),
    }
    Ok(written)
}

/// As the policy spells it, without the `_` between digits.
fn amount(written: &Written) -> Amount {
    Amount(written.text.replace('_', ""))
}

fn percent(written: &Written) -> Percent {
    Percent(written.text.replace('_', ""))
}

/// As the policy spells it if its unit is one of the resource's, else in one that is.
fn duration(written: &Written) -> Duration {
    let text = written.text.replace('_', "");
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    match &written.value {
        Constant::Quantity(value) if !matches!(unit, "ms" | "s" | "min" | "h" | "d" | "w") => {
            Duration(value.to_string())
        }
        _ => Duration(text),
    }
}

fn count(written: &Written) -> Result<i32, Unsaid> {
    let whole = match &written.value {
        Constant::Int(whole) => Some(*whole),
        Constant::Quantity(amount) => whole_count(amount),
        _ => None,
    };
    whole.and_then(|whole| i32::try_from(whole).ok()).ok_or_else(|| {
        Unsaid::new(
            written.span,
            format!("`{}` is not a whole number of 32 bits", written.text),
        )
    })
}

fn whole_count(amount: &Quantity) -> Option<i128> {
    const NANO: i128 = 1_000_000_000;
    (amount.dimension == Dimension::COUNT && amount.nano % NANO == 0).then_some(amount.nano / NANO)
}

fn quantity(written: &Written) -> Result<ResourceQuantity, Unsaid> {
    let printed = match &written.value {
        Constant::Quantity(amount) => amount.to_manifest(),
        _ => None,
    };
    printed.map(ResourceQuantity).ok_or_else(|| {
        Unsaid::new(
            written.span,
            format!("`{}` is no amount of CPU or memory", written.text),
        )
    })
}
