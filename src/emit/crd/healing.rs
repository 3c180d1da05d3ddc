//! The kind SelfHealingPolicy: what is usual and lawful for objects, and what restores it.
//!
//! In: a `heal` as [`ir::Automation`](crate::ir::Automation), by way of `convert`. Its goals are also
//! the gates of ModelPromotionPolicy.

use super::action::{self, Action};
use super::guards::{Agent, Guards};
use super::optimization::{Comparison, dry_run};
use super::rules;
use super::status::AutomationStatus;
use super::values::*;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is usual and lawful for objects, and what restores it.
#[derive(Debug, Clone, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "gitops.example.com",
    version = "v1alpha1",
    kind = "SelfHealingPolicy",
    plural = "selfhealingpolicies",
    shortname = "shp",
    category = "ordain",
    namespaced,
    status = "AutomationStatus",
    doc = "What is usual and lawful for objects, and what restores it.",
    printcolumn(
        name = "Target",
        type_ = "string",
        json_path = ".spec.targets[0].name",
        description = "The first object that it acts on."
    ),
    printcolumn(
        name = "Delivery",
        type_ = "string",
        json_path = ".spec.delivery",
        description = "How changes are delivered."
    ),
    printcolumn(
        name = "Dry run",
        type_ = "boolean",
        json_path = ".spec.dryRun",
        description = "Whether it only says what it would do."
    ),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status",
        description = "Whether it is in force."
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "How long ago it was created."
    )
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::unique_types("goals"))]
#[x_kube(validation = action::conditions_name_goals("goals"))]
#[x_kube(validation = action::states_name_goals("goals"))]
#[x_kube(validation = action::none_of(&["capReplicas", "delayStart"], "AIOptimizationPolicy"))]
#[x_kube(validation = action::steps_are_decided())]
#[x_kube(validation = rules::rollback_names_goals("goals"))]
pub struct SelfHealingPolicySpec {
    /// The objects that it acts on.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub targets: Vec<Target>,
    /// Objects that it leaves alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub excludes: Vec<Target>,
    /// The states that are wanted. Their types differ.
    #[schemars(length(min = 1, max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub goals: Vec<Goal>,
    /// What is done when a goal is missed. A goal without data triggers nothing.
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub actions: Vec<Action>,
    /// The agent that decides; without one, only the steps that the actions give are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_agent: Option<Agent>,
    /// Whether it only says what it would do.
    #[serde(default = "dry_run")]
    pub dry_run: bool,
    /// What every change keeps to.
    #[serde(flatten)]
    pub guards: Guards,
}

/// An object.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Its API group; without it, the core group or the built-in group of its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupName>,
    /// Its kind.
    pub kind: KindName,
    /// Its name.
    pub name: ObjectName,
    /// Its namespace; without it, that of this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<NamespaceName>,
}

/// A state that is wanted: a threshold, a baseline, no drift or no findings, and exactly one of them.
#[derive(Debug, Clone, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = rules::exactly_one(&["threshold", "baseline", "drift", "findings"]))]
#[x_kube(validation = Rule::new("has(self.metric) == (has(self.threshold) || has(self.baseline))")
    .message("`threshold` and `baseline` need a `metric`; `drift` and `findings` have none"))]
#[x_kube(validation = Rule::new("has(self.threshold) == has(self.comparison)")
    .message("`threshold` and `comparison` belong together"))]
pub struct Goal {
    /// Its name, which conditions refer to.
    #[serde(rename = "type")]
    pub name: GoalName,
    /// What is measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<MetricName>,
    /// The value that the metric is held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Amount>,
    /// Which side of the threshold is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// The metric is near what it used to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// What runs is what the repository says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Drift>,
    /// Rules find nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings: Option<Findings>,
}

/// A metric against its own past.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Baseline {
    /// How far back its past reaches.
    pub window: Duration,
    /// How far off its mean over that time it may be.
    pub deviation: Percent,
}

/// What runs against what the repository says.
#[derive(Debug, Clone, Serialize, Deserialize, KubeSchema)]
pub struct Drift {
    /// Fields that others may change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub except: Vec<FieldPath>,
}

/// Rules that must find nothing.
#[derive(Debug, Clone, Serialize, Deserialize, KubeSchema)]
pub struct Findings {
    /// The rules' ids.
    #[schemars(length(min = 1, max = 64))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub rules: Vec<RuleName>,
}
