//! What an automation does when a goal is missed, as AIOptimizationPolicy and SelfHealingPolicy say it.
//!
//! In: [`ir::Response`](crate::ir::Response) by way of `convert`: one element for each action of it.

use super::guards::GoalWindow;
use super::rules;
use super::values::*;
use kube::KubeSchema;
use kube::core::Rule;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum ActionType {
    /// Change the number of replicas.
    ScaleReplicas,
    /// Change the CPU requests.
    ResizeCpu,
    /// Change the memory requests.
    ResizeMemory,
    /// Allow no more than so many replicas while the goal is missed.
    CapReplicas,
    /// Start what is not running yet later.
    DelayStart,
    /// Back to what the repository says.
    Restore,
    /// Back to the revision before.
    Revert,
    /// Apply the fixes of the rules that found something.
    Fix,
}

/// The direction of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum Direction {
    /// More.
    Up,
    /// Less.
    Down,
}

/// An action that answers a missed goal.
#[derive(Debug, Clone, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("(self.type in ['scaleReplicas', 'resizeCpu', 'resizeMemory']) == has(self.direction)")
    .message("`scaleReplicas`, `resizeCpu` and `resizeMemory` need a `direction`; other actions have none"))]
#[x_kube(validation = Rule::new("!has(self.step) || has(self.direction)")
    .message("only `scaleReplicas`, `resizeCpu` and `resizeMemory` have a `step`"))]
#[x_kube(validation = Rule::new("!has(self.step) || !has(self.step.replicas) || self.type == 'scaleReplicas'")
    .message("`step.replicas` belongs to `scaleReplicas`"))]
#[x_kube(validation = Rule::new("!has(self.step) || !has(self.step.quantity) || self.type in ['resizeCpu', 'resizeMemory']")
    .message("`step.quantity` belongs to `resizeCpu` and `resizeMemory`"))]
#[x_kube(validation = Rule::new("(self.type == 'capReplicas') == (has(self.limit) && has(self.limit.replicas))")
    .message("`capReplicas` needs `limit.replicas`, and no other action has it"))]
#[x_kube(validation = Rule::new("(self.type == 'delayStart') == (has(self.limit) && has(self.limit.delay))")
    .message("`delayStart` needs `limit.delay`, and no other action has it"))]
pub struct Action {
    /// What is done.
    #[serde(rename = "type")]
    pub action: ActionType,
    /// Which way a step goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// The goal that has to be missed: `costEfficiency` means "costEfficiency is missed".
    pub if_condition: GoalName,
    /// For how long it is missed, at every evaluation; without it, at one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Duration>,
    /// Goals that have to be missed as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["goal".into()]))]
    pub while_missed: Vec<GoalWindow>,
    /// Goals that have to be met at the same time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["goal".into()]))]
    pub while_met: Vec<GoalWindow>,
    /// How far a step goes; without it, the agent decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::exactly_one(&["replicas", "percent", "quantity"]))]
    pub step: Option<Step>,
    /// What `capReplicas` and `delayStart` allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = rules::exactly_one(&["replicas", "delay"]))]
    pub limit: Option<Limit>,
}

/// How far a step goes; exactly one of its fields.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// So many replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub replicas: Option<i32>,
    /// A share of what there is, rounded up and at least one replica.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<Percent>,
    /// So much of the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<ResourceQuantity>,
}

/// What an action allows; exactly one of its fields.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Limit {
    /// No more than so many replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub replicas: Option<i32>,
    /// No later than this after it was due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Duration>,
}

/// Every `ifCondition` names an element of `goals`.
pub fn conditions_name_goals(goals: &str) -> Rule {
    rules::names_a_goal(
        "ifCondition",
        "self.actions.map(action, action.ifCondition)",
        goals,
    )
}

/// Every goal of `whileMet` and `whileMissed` is an element of `goals`, and not the one of `ifCondition`.
pub fn states_name_goals(goals: &str) -> Rule {
    let list = |field: &str| {
        format!(
            "(!has(action.{field}) || action.{field}.all(state, state.goal != action.ifCondition \
             && self.{goals}.exists(goal, goal.type == state.goal)))"
        )
    };
    Rule::new(format!(
        "self.actions.all(action, {} && {})",
        list("whileMet"),
        list("whileMissed")
    ))
    .message(
        format!(
            "`whileMet` and `whileMissed` must name other goals of `{goals}` than the action's `ifCondition`"
        )
        .as_str(),
    )
}

/// The actions are none of these, which belong to another kind.
pub fn none_of(actions: &[&str], kind: &str) -> Rule {
    let quoted: Vec<String> = actions.iter().map(|action| format!("'{action}'")).collect();
    let named: Vec<String> = actions.iter().map(|action| format!("`{action}`")).collect();
    Rule::new(format!(
        "self.actions.all(action, !(action.type in [{}]))",
        quoted.join(", ")
    ))
    .message(format!("{} belong to {kind}", named.join(", ")).as_str())
}

/// Somebody decides how far each step goes.
pub fn steps_are_decided() -> Rule {
    Rule::new("has(self.aiAgent) || self.actions.all(action, !has(action.direction) || has(action.step))")
        .message("without an `aiAgent`, every action with a `direction` needs a `step`")
}
