//! The kind ModelPromotionPolicy: a model that takes over traffic step by step while its gates hold.
//!
//! In: a `promote` as [`ir::Automation`](crate::ir::Automation), by way of `convert`.

use super::guards::{Agent, GoalWindow, Guards};
use super::healing::{Goal, Target};
use super::optimization::dry_run;
use super::rules;
use super::status::AutomationStatus;
use super::values::*;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// A model that takes over traffic step by step while its gates hold.
#[derive(Debug, Clone, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "gitops.example.com",
    version = "v1alpha1",
    kind = "ModelPromotionPolicy",
    plural = "modelpromotionpolicies",
    shortname = "mpp",
    category = "ordain",
    namespaced,
    status = "AutomationStatus",
    doc = "A model that takes over traffic step by step while its gates hold.",
    printcolumn(
        name = "Target",
        type_ = "string",
        json_path = ".spec.target.name",
        description = "What serves the model."
    ),
    printcolumn(
        name = "Source",
        type_ = "string",
        json_path = ".spec.source",
        priority = "1",
        description = "Where the model comes from."
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
#[x_kube(validation = rules::unique_types("gates"))]
#[x_kube(validation = rules::names_a_goal("promoteWhen", "self.promoteWhen.map(state, state.goal)", "gates"))]
#[x_kube(validation = rules::rollback_names_goals("gates"))]
#[x_kube(validation = Rule::new("!has(self.requireDigest) || !self.requireDigest || self.source.matches('@sha256:[0-9a-f]{64}$')")
    .message("`requireDigest` asks that `source` ends in `@sha256:` and 64 hexadecimal digits"))]
pub struct ModelPromotionPolicySpec {
    /// Where the model comes from.
    pub source: ModelSource,
    /// What serves the model.
    pub target: Target,
    /// What has to hold of the new model. Their types differ.
    #[schemars(length(min = 1, max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub gates: Vec<Goal>,
    /// The gates that have to be met, and for how long, before the next step.
    #[schemars(length(min = 1, max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["goal".into()]))]
    pub promote_when: Vec<GoalWindow>,
    /// The shares of traffic that the new model gets, rising to all of it.
    #[schemars(length(min = 1, max = 16))]
    #[x_kube(
        merge_strategy = ListMerge::Set,
        validation = Rule::new("self.map(step, double(step.replace('%', ''))).isSorted()").message("`steps` must rise"),
        validation = Rule::new("double(self[self.size() - 1].replace('%', '')) == 100.0").message("the last of `steps` must be 100%"),
        validation = Rule::new("double(self[0].replace('%', '')) > 0.0").message("`steps` must begin above 0%")
    )]
    pub steps: Vec<Percent>,
    /// Whether the source must be pinned by its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_digest: Option<bool>,
    /// The agent that decides, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ai_agent: Option<Agent>,
    /// Whether it only says what it would do.
    #[serde(default = "dry_run")]
    pub dry_run: bool,
    /// What every change keeps to.
    #[serde(flatten)]
    pub guards: Guards,
}
