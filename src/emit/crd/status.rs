//! What a controller reports of an automation or a budget: the `status` of the custom resources.
//!
//! The compiler never writes it; it is part of the definitions so that controllers, `kubectl wait` and
//! dashboards agree on it.

use super::guards::GoalConditionState;
use super::values::{Amount, GoalName, Percent};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the controller last saw and did.
#[derive(Debug, Clone, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct AutomationStatus {
    /// The generation of the specification that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Conditions, of which `Ready` says whether the automation is in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Each goal's state at the last evaluation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub goals: Vec<GoalStatus>,
    /// The last change that was made or proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_change: Option<Change>,
    /// Actions that were called for and not taken, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub suppressed: Vec<SuppressedAction>,
}

/// A goal at the last evaluation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GoalStatus {
    /// The goal.
    #[serde(rename = "type")]
    pub name: GoalName,
    /// Whether it is met. Without data it is unknown, and nothing acts on it.
    pub state: GoalConditionState,
    /// The value that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Amount>,
    /// Since when it is in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
}

/// A change of the target.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// When it was made or proposed.
    pub time: Time,
    /// The action: `scaleReplicas`.
    #[schemars(length(max = 63))]
    pub action: String,
    /// The goal that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<GoalName>,
    /// What was changed, from what to what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub summary: Option<String>,
    /// The pull request, if it was proposed by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub pull_request: Option<String>,
    /// Who approved it, if approval was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub approved_by: Option<String>,
    /// Whether it has been taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back: Option<bool>,
}

/// An action that was called for and not taken.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuppressedAction {
    /// The action: `scaleReplicas`.
    #[schemars(length(max = 63))]
    pub action: String,
    /// Why: `DryRun`, `Cooldown`, `RateLimit`, `Bounds`, `AwaitingApproval`, `OutsideActiveWindow`, ….
    #[schemars(length(max = 253))]
    pub reason: String,
}

/// What a budget comes to.
#[derive(Debug, Clone, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct BudgetStatus {
    /// The generation of the specification that this status is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Conditions, of which `WithinBudget` says whether every limit is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// What was last measured, one entry for each quantity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["quantity".into()]))]
    pub measured: Vec<Measurement>,
}

/// What a quantity of a budget comes to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Measurement {
    /// `cost`, `carbon` or `energy`.
    #[schemars(length(max = 16))]
    pub quantity: String,
    /// Its amount.
    pub value: Amount,
    /// Its share of the limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Percent>,
    /// When it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
}
