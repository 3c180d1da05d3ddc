//! `optimize`, `heal` and `promote` as plain data, checked and ready to be emitted.

use super::{Constant, KindReference};
use crate::source::Span;
use crate::units::{Dimension, Quantity};
use std::sync::Arc;

/// Which of the three automations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AutomationForm {
    /// `optimize`: emitted as AIOptimizationPolicy.
    Optimize,
    /// `heal`: emitted as SelfHealingPolicy.
    Heal,
    /// `promote`: emitted as ModelPromotionPolicy.
    Promote,
}

/// A quantity or number with the spelling of the policy, which the emitted resource keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// As it was written: `60%`.
    pub text: String,
    /// What it means.
    pub value: Constant,
    /// Where.
    pub span: Span,
}

/// An automation.
#[derive(Debug, Clone)]
pub struct Automation {
    /// Which of the three.
    pub form: AutomationForm,
    /// Its name: a DNS label.
    pub name: Arc<str>,
    /// Its namespace, if one was given.
    pub namespace: Option<String>,
    /// First line of its documentation.
    pub title: String,
    /// The workloads (or other objects) that it acts on; at least one.
    pub targets: Vec<Target>,
    /// What a `heal` leaves alone.
    pub excludes: Vec<Target>,
    /// Where a promoted model comes from.
    pub from: Option<String>,
    /// The goals, in order; their names differ.
    pub goals: Vec<Goal>,
    /// What answers which missed goal, in order.
    pub responses: Vec<Response>,
    /// The steps of a promotion, as shares, and when it moves on.
    pub promotion: Option<Promotion>,
    /// What every change keeps to.
    pub guards: Guards,
    /// The agent that decides.
    pub agent: Option<Agent>,
    /// Whether changes are made at all, and how.
    pub mode: Mode,
    /// The metrics of one's own that the goals name.
    pub metrics: Vec<Metric>,
    /// The declaration's name.
    pub span: Span,
    /// The whole declaration, from its first keyword to its end.
    pub declaration: Span,
}

/// An object named by an automation.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its kind.
    pub kind: KindReference,
    /// Its name.
    pub name: String,
    /// Its namespace, if one was given.
    pub namespace: Option<String>,
    /// Where the policy says it.
    pub span: Span,
}

/// A state that is wanted.
#[derive(Debug, Clone)]
pub struct Goal {
    /// Its name, which the resource calls `type`.
    pub name: Arc<str>,
    /// What is asked.
    pub kind: GoalKind,
    /// The goal in the policy.
    pub span: Span,
}

/// The forms of a goal.
#[derive(Debug, Clone)]
pub enum GoalKind {
    /// A metric against a threshold.
    Metric {
        /// The metric.
        metric: Arc<str>,
        /// Which side of the threshold is wanted.
        comparison: GoalComparison,
        /// The threshold.
        threshold: Written,
        /// Whether the threshold is per replica.
        per_replica: bool,
    },
    /// A metric within a deviation of its own past.
    Baseline {
        /// The metric.
        metric: Arc<str>,
        /// How far it may be off, as a ratio.
        deviation: Written,
        /// How far back its past reaches.
        window: Written,
    },
    /// What runs is what Git says, save at these paths.
    NoDrift(Vec<String>),
    /// Rules find nothing.
    NoFindings(Vec<Arc<str>>),
}

/// Which side of a threshold is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GoalComparison {
    /// `>=` and `>`.
    AtLeast,
    /// `<=` and `<`.
    AtMost,
    /// `near`.
    Near,
}

/// A goal that is met or missed, for some time.
#[derive(Debug, Clone)]
pub struct GoalState {
    /// The goal.
    pub goal: Arc<str>,
    /// Whether it is met (or else missed).
    pub met: bool,
    /// For how long.
    pub window: Option<Written>,
    /// Where the policy says it.
    pub span: Span,
}

/// Actions that answer a missed goal.
#[derive(Debug, Clone)]
pub struct Response {
    /// All of these hold; the first is the missed goal that triggers.
    pub when: Vec<GoalState>,
    /// What is done.
    pub actions: Vec<Action>,
    /// The statement in the policy.
    pub span: Span,
}

/// What is done.
#[derive(Debug, Clone)]
pub struct Action {
    /// Which.
    pub kind: ActionKind,
    /// Where the policy says it.
    pub span: Span,
}

/// The actions.
#[derive(Debug, Clone)]
pub enum ActionKind {
    /// `scale replicas up by 25%`.
    ScaleReplicas {
        /// Up, or else down.
        up: bool,
        /// By a count or a share; without, the agent decides.
        step: Option<Written>,
    },
    /// `resize memory up by 25%`.
    Resize {
        /// `cpu` or `memory`.
        resource: String,
        /// Up, or else down.
        up: bool,
        /// By a share or a quantity.
        step: Option<Written>,
    },
    /// `cap replicas at n`.
    CapReplicas(Written),
    /// `delay start up to 6h`.
    DelayStart(Written),
    /// Back to what Git says.
    Restore,
    /// Back to the revision before.
    Revert,
    /// Apply the fixes of the findings.
    Fix,
}

/// `promote 10% then 50% then 100% when …`.
#[derive(Debug, Clone)]
pub struct Promotion {
    /// The shares of traffic, rising.
    pub steps: Vec<Written>,
    /// When it moves on.
    pub when: Vec<GoalState>,
    /// Whether the source must be pinned by digest.
    pub require_digest: bool,
    /// The statement in the policy.
    pub span: Span,
}

/// What every change keeps to.
#[derive(Debug, Clone, Default)]
pub struct Guards {
    /// `bounds replicas 2..20`: the resource with its least and its most.
    pub bounds: Vec<Bounds>,
    /// `change at most 50% per 1h`.
    pub rate_limits: Vec<RateLimit>,
    /// After a step up, how long none is made.
    pub cooldown_up: Option<Written>,
    /// After a step down, how long none is made.
    pub cooldown_down: Option<Written>,
    /// `rollback when …`.
    pub rollback: Option<Rollback>,
    /// When it may act.
    pub active: Vec<Schedule>,
    /// When the target runs at all.
    pub awake: Vec<Schedule>,
    /// The budgets that it keeps to.
    pub budgets: Vec<Arc<str>>,
}

/// Least and most of a resource.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// `replicas`, `cpu`, `memory`.
    pub resource: String,
    /// The least.
    pub minimum: Written,
    /// The most.
    pub maximum: Written,
    /// The statement in the policy.
    pub span: Span,
}

/// How much may change in a period.
#[derive(Debug, Clone)]
pub struct RateLimit {
    /// A share (of the target's replicas) or a count of changes.
    pub amount: Written,
    /// The period.
    pub period: Written,
}

/// When a change is taken back.
#[derive(Debug, Clone)]
pub struct Rollback {
    /// All of these hold.
    pub when: Vec<GoalState>,
    /// How long after the change it is watched.
    pub within: Option<Written>,
    /// The statement in the policy.
    pub span: Span,
}

/// Days and hours of a week in a time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The days, Monday being 1.
    pub days: Vec<u8>,
    /// Start, as `HH:MM`.
    pub start: String,
    /// End, as `HH:MM`.
    pub end: String,
    /// IANA name of the time zone.
    pub time_zone: String,
    /// The statement in the policy.
    pub span: Span,
}

/// The agent that decides.
#[derive(Debug, Clone)]
pub struct Agent {
    /// Its name.
    pub name: String,
    /// The model that it uses.
    pub model: String,
    /// The service account that it acts as.
    pub service_account: Option<String>,
    /// The statement in the policy.
    pub span: Span,
}

/// Whether changes are made, and how.
#[derive(Debug, Clone, Default)]
pub enum Mode {
    /// Only said what would be done.
    #[default]
    DryRun,
    /// By pull request.
    Propose,
    /// At once; above an amount only when somebody approves.
    Apply {
        /// The amount: money a time, or a share.
        approval_above: Option<Written>,
    },
}

/// A metric that goals may name.
#[derive(Debug, Clone)]
pub struct Metric {
    /// Its name.
    pub name: Arc<str>,
    /// Its dimension.
    pub dimension: Dimension,
    /// The unit in which its source reports it.
    pub unit: Option<String>,
    /// The PromQL query that yields it.
    pub prometheus: Option<String>,
    /// One unit of it in base units, where a unit was given.
    pub scale: Option<Quantity>,
}
