//! What every automation keeps to, whatever it does: the part that the three kinds share.
//!
//! In: [`ir::Guards`](crate::ir::Guards), mode and agent by way of `convert`. Out: fields of the
//! specifications, with the schema by which the API server checks them.

use super::rules;
use super::values::*;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The agent that decides.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    /// Its name.
    pub name: ObjectName,
    /// The model that it uses; name a version, so that what was reviewed is what decides.
    pub model_ref: ModelName,
    /// The service account that it acts as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<ObjectName>,
}

/// A goal's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum GoalConditionState {
    /// What the goal asks is so.
    Met,
    /// What the goal asks is not so.
    Missed,
    /// There are no data.
    Unknown,
}

/// A goal, and for how long it has to be in the state that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GoalWindow {
    /// The goal.
    pub goal: GoalName,
    /// For how long, at every evaluation; without it, at the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Duration>,
}

/// How changes are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Delivery {
    /// Made in the cluster at once.
    Direct,
    /// Proposed as a pull request to the repository that the target is deployed from.
    PullRequest,
}

/// When somebody has to approve.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// Changes of more than this wait for approval: an amount of money a time, or a share.
    pub above: Amount,
}

/// Least and most of what may be changed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Bounds {
    /// The number of replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::integers_in_order())]
    pub replicas: Option<ReplicaBounds>,
    /// The CPU request of a container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::quantities_in_order())]
    pub cpu: Option<QuantityBounds>,
    /// The memory request of a container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::quantities_in_order())]
    pub memory: Option<QuantityBounds>,
}

/// Least and most of a number of replicas.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ReplicaBounds {
    /// The least.
    #[schemars(range(min = 0))]
    pub min: i32,
    /// The most.
    #[schemars(range(min = 1))]
    pub max: i32,
}

/// Least and most of a quantity.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct QuantityBounds {
    /// The least.
    pub min: ResourceQuantity,
    /// The most.
    pub max: ResourceQuantity,
}

/// How much may change in a period; exactly one of the amounts.
#[derive(Debug, Clone, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one(&["percent", "replicas", "changes", "targets"]))]
pub struct RateLimit {
    /// At most this share of what the target has at the start of the period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Percent>,
    /// At most so many replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub replicas: Option<i32>,
    /// At most so many changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub changes: Option<i32>,
    /// Changes of at most so many targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub targets: Option<i32>,
    /// The period.
    pub period: Duration,
}

/// How long nothing more is changed after a change.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("minProperties" = 1))]
pub struct Cooldown {
    /// After a step up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up: Option<Duration>,
    /// After a step down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<Duration>,
}

/// When a change is taken back. Only goals that were met when the change was made count.
#[derive(Debug, Clone, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// The goal that must not be missed.
    pub if_condition: GoalName,
    /// For how long it is missed; without it, at one evaluation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Duration>,
    /// How long after the change it is watched; without it, until the next change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Duration>,
    /// Goals that are to be missed as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["goal".into()]))]
    pub while_missed: Vec<GoalWindow>,
    /// Goals that are to be met at the same time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["goal".into()]))]
    pub while_met: Vec<GoalWindow>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Weekday {
    /// Monday
    Monday,
    /// Tuesday
    Tuesday,
    /// Wednesday
    Wednesday,
    /// Thursday
    Thursday,
    /// Friday
    Friday,
    /// Saturday
    Saturday,
    /// Sunday
    Sunday,
}

/// Hours on days of the week. An end before the start is on the next day.
#[derive(Debug, Clone, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.start != self.end").message("`start` and `end` must differ"))]
pub struct Window {
    /// The days on which it starts.
    #[schemars(length(min = 1, max = 7))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub days: Vec<Weekday>,
    /// When it starts.
    pub start: TimeOfDay,
    /// When it ends.
    pub end: TimeOfDay,
    /// The time zone of both.
    pub time_zone: TimeZone,
}

/// The kinds of budgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum BudgetKind {
    /// A limit on cost.
    CostBudget,
    /// A limit on carbon or energy.
    CarbonBudget,
}

/// A budget that is kept to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct BudgetReference {
    /// Its kind.
    pub kind: BudgetKind,
    /// Its name.
    pub name: ObjectName,
}

impl PartialOrd for ObjectName {
    fn partial_cmp(&self, other: &ObjectName) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ObjectName {
    fn cmp(&self, other: &ObjectName) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

/// A metric that the policy brings along.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Metric {
    /// The name by which goals call it.
    pub name: MetricName,
    /// The unit in which its source reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitName>,
    /// Where it comes from, if that is Prometheus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prometheus: Option<Prometheus>,
}

/// A metric of Prometheus.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Prometheus {
    /// The PromQL query, which yields one number.
    #[schemars(length(min = 1, max = 4096))]
    pub query: String,
}

/// What every change keeps to.
#[derive(Debug, Clone, Default, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Guards {
    /// How changes are delivered; at once (`Direct`) unless it says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// When somebody has to approve; never, without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// Least and most of what may be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<Bounds>,
    /// How much may change in a period; all of them hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub rate_limits: Vec<RateLimit>,
    /// How long nothing more is changed after a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown: Option<Cooldown>,
    /// When a change is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
    /// When it may act; always, without any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub active_windows: Vec<Window>,
    /// When the target runs at all; always, without any. Outside it has no replicas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub awake_windows: Vec<Window>,
    /// The budgets that no change may exceed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["kind".into(), "name".into()]))]
    pub budget_refs: Vec<BudgetReference>,
    /// Metrics that the goals name and that are not in the catalogue.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub metrics: Vec<Metric>,
}
