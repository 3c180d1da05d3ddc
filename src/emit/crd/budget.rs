//! The kinds CostBudget and CarbonBudget: limits on what the workloads of a scope come to in a month.
//!
//! In: an [`ir::Budget`](crate::ir::Budget), by way of `scope` and `convert`.

use super::status::BudgetStatus;
use super::values::*;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Limits on the cost of the workloads of a scope.
#[derive(Debug, Clone, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "gitops.example.com",
    version = "v1alpha1",
    kind = "CostBudget",
    plural = "costbudgets",
    shortname = "costb",
    category = "ordain",
    status = "BudgetStatus",
    doc = "Limits on the cost of the workloads of a scope.",
    printcolumn(
        name = "Limit",
        type_ = "string",
        json_path = ".spec.limits[0].limit",
        description = "The most that the scope may cost."
    ),
    printcolumn(
        name = "Share",
        type_ = "string",
        json_path = ".status.measured[0].share",
        description = "How much of it is used."
    ),
    printcolumn(
        name = "Within",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"WithinBudget\")].status",
        description = "Whether every limit is kept."
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "How long ago it was created."
    )
)]
#[serde(rename_all = "camelCase")]
pub struct CostBudgetSpec {
    /// The workloads that count.
    pub scope: Scope,
    /// The limits, one for each quantity.
    #[schemars(length(min = 1, max = 1))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["quantity".into()]))]
    pub limits: Vec<CostLimit>,
    /// The share of a limit from which a warning is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_at: Option<Percent>,
    /// What is counted.
    #[serde(default)]
    pub basis: Basis,
    /// What a container without a request counts as. Without it, what it comes to is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assume: Option<Assumptions>,
    /// The price table that the limits were checked against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Table>,
}

/// Limits on the carbon and energy of the workloads of a scope.
#[derive(Debug, Clone, Serialize, Deserialize, CustomResource, KubeSchema)]
#[kube(
    group = "gitops.example.com",
    version = "v1alpha1",
    kind = "CarbonBudget",
    plural = "carbonbudgets",
    shortname = "carbonb",
    category = "ordain",
    status = "BudgetStatus",
    doc = "Limits on the carbon and energy of the workloads of a scope.",
    printcolumn(
        name = "Limit",
        type_ = "string",
        json_path = ".spec.limits[0].limit",
        description = "The most that the scope may come to."
    ),
    printcolumn(
        name = "Share",
        type_ = "string",
        json_path = ".status.measured[0].share",
        description = "How much of it is used."
    ),
    printcolumn(
        name = "Within",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"WithinBudget\")].status",
        description = "Whether every limit is kept."
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "How long ago it was created."
    )
)]
#[serde(rename_all = "camelCase")]
pub struct CarbonBudgetSpec {
    /// The workloads that count.
    pub scope: Scope,
    /// The limits, one for each quantity.
    #[schemars(length(min = 1, max = 2))]
    #[x_kube(
        merge_strategy = ListMerge::Map(vec!["quantity".into()]),
        validation = Rule::new("self.all(limit, limit.limit.contains(limit.quantity == 'carbon' ? 'CO2e/' : 'Wh/'))")
            .message("`carbon` is limited in `kgCO2e/month` and the like, `energy` in `kWh/month`")
    )]
    pub limits: Vec<CarbonLimit>,
    /// The share of a limit from which a warning is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_at: Option<Percent>,
    /// What is counted.
    #[serde(default)]
    pub basis: Basis,
    /// What a container without a request counts as. Without it, what it comes to is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assume: Option<Assumptions>,
    /// The table of grid intensities that the limits were checked against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<Table>,
}

/// Workloads: those of the namespaces, or of namespaces with the prefixes, that bear the labels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Scope {
    /// Names of namespaces. With neither names nor prefixes, every namespace counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub namespaces: Vec<NamespaceName>,
    /// How the names of namespaces begin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub namespace_prefixes: Vec<NamespacePrefix>,
    /// Labels that a workload bears, all of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub match_labels: BTreeMap<String, LabelValue>,
}

/// A limit on cost.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CostLimit {
    /// What is limited.
    pub quantity: CostQuantity,
    /// The most that it may be: `4000 USD/month`.
    #[schemars(regex(pattern = r"^[0-9]+([.][0-9]+)? [A-Z]{3}/month$"), length(max = 64))]
    pub limit: String,
    /// The most by which it may grow from one revision to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<Percent>,
}

/// A limit on carbon or energy.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct CarbonLimit {
    /// What is limited.
    pub quantity: CarbonQuantity,
    /// The most that it may be: `120 kgCO2e/month`, `300 kWh/month`.
    #[schemars(
        regex(pattern = r"^[0-9]+([.][0-9]+)? ((m|k)?gCO2e|tCO2e|(k|M|G)?Wh)/month$"),
        length(max = 64)
    )]
    pub limit: String,
    /// The most by which it may grow from one revision to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<Percent>,
}

/// What a CostBudget limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum CostQuantity {
    /// Money a month.
    Cost,
}

/// What a CarbonBudget limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub enum CarbonQuantity {
    /// Greenhouse gases a month.
    Carbon,
    /// Electric energy a month.
    Energy,
}

/// What is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Basis {
    /// The requests of all replicas that an autoscaler may make.
    #[default]
    RequestsAtMaximum,
    /// The requests of the replicas that run.
    RequestsAtPresent,
    /// What is used.
    Usage,
}

/// What a container without a request counts as.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(extend("minProperties" = 1))]
pub struct Assumptions {
    /// Its CPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<ResourceQuantity>,
    /// Its memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<ResourceQuantity>,
}

/// A table of prices or intensities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Table {
    /// Its name.
    pub name: TableName,
    /// The day of its figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Day>,
    /// The digest of its text: `sha256:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"), length(max = 71))]
    pub digest: Option<String>,
}
