//! The kind AIOptimizationPolicy: goals for a workload, and what is done when one is missed.
//!
//! In: an `optimize` as [`ir::Automation`](crate::ir::Automation), by way of `convert`.

use super::action::{self, Action};
use super::guards::{Agent, Guards};
use super::rules;
use super::status::AutomationStatus;
use super::values::*;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is wanted of a workload, and what may be done for it.
#[derive(Debug, Clone, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "gitops.example.com",
    version = "v1alpha1",
    kind = "AIOptimizationPolicy",
    plural = "aioptimizationpolicies",
    shortname = "aiop",
    category = "ordain",
    namespaced,
    status = "AutomationStatus",
    doc = "Goals for a workload, and what is done when one of them is missed.",
    printcolumn(
        name = "Target",
        type_ = "string",
        json_path = ".spec.targetWorkload",
        description = "The workload that it acts on."
    ),
    printcolumn(
        name = "Agent",
        type_ = "string",
        json_path = ".spec.aiAgent.name",
        description = "The agent that decides."
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
#[x_kube(validation = rules::unique_types("optimizationGoals"))]
#[x_kube(validation = action::conditions_name_goals("optimizationGoals"))]
#[x_kube(validation = action::states_name_goals("optimizationGoals"))]
#[x_kube(validation = action::none_of(&["restore", "revert", "fix"], "SelfHealingPolicy"))]
#[x_kube(validation = action::steps_are_decided())]
#[x_kube(validation = rules::rollback_names_goals("optimizationGoals"))]
pub struct AIOptimizationPolicySpec {
    /// The workload that it acts on, in the namespace of this object.
    pub target_workload: WorkloadName,
    /// The states that are wanted. Their types differ.
    #[schemars(length(min = 1, max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub optimization_goals: Vec<OptimizationGoal>,
    /// The agent that decides; without one, only the steps that the actions give are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_agent: Option<Agent>,
    /// What is done when a goal is missed, the first that applies. A goal without data triggers nothing.
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub actions: Vec<Action>,
    /// Whether it only says what it would do.
    #[serde(default = "dry_run")]
    pub dry_run: bool,
    /// What every change keeps to.
    #[serde(flatten)]
    pub guards: Guards,
}

/// Changes are made only where a policy asks for them.
pub(super) fn dry_run() -> bool {
    true
}

/// A state that is wanted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OptimizationGoal {
    /// Its name, which conditions refer to.
    #[serde(rename = "type")]
    pub name: GoalName,
    /// What is measured.
    pub metric: MetricName,
    /// The value that it is held against.
    pub threshold: Amount,
    /// Which side of the threshold is wanted; without it, `AtLeast` if the goal's action goes down and
    /// `AtMost` if it goes up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// Whether the threshold is one replica's share of the metric's sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_replica: Option<bool>,
}

/// Which side of a threshold is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Comparison {
    /// The threshold or more.
    AtLeast,
    /// The threshold or less.
    AtMost,
    /// Within a tenth of the threshold, the tolerance of Kubernetes' own autoscaler.
    Near,
}
