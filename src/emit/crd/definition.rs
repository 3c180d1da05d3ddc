//! The kinds that Ordain defines → their CustomResourceDefinitions.
//!
//! In: the types beside this file, from which `kube` and `schemars` derive a schema. Out: definitions
//! that a Kubernetes API server takes, in the group and version that a build asks for.

use super::budget::{CarbonBudget, CostBudget};
use super::healing::SelfHealingPolicy;
use super::optimization::AIOptimizationPolicy;
use super::promotion::ModelPromotionPolicy;
use crate::emit::GroupVersion;
use kube::CustomResourceExt;
use serde_json::{Map, Value, json};

/// The kinds that Ordain defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An `optimize`.
    AIOptimizationPolicy,
    /// The carbon and energy limits of a `budget`.
    CarbonBudget,
    /// The cost limit of a `budget`.
    CostBudget,
    /// A `promote`.
    ModelPromotionPolicy,
    /// A `heal`.
    SelfHealingPolicy,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] = [
        Kind::AIOptimizationPolicy,
        Kind::CarbonBudget,
        Kind::CostBudget,
        Kind::ModelPromotionPolicy,
        Kind::SelfHealingPolicy,
    ];

    /// As manifests name it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::AIOptimizationPolicy => "AIOptimizationPolicy",
            Kind::CarbonBudget => "CarbonBudget",
            Kind::CostBudget => "CostBudget",
            Kind::ModelPromotionPolicy => "ModelPromotionPolicy",
            Kind::SelfHealingPolicy => "SelfHealingPolicy",
        }
    }

    /// As the API's paths and the definition's name have it.
    pub fn plural(self) -> &'static str {
        match self {
            Kind::AIOptimizationPolicy => "aioptimizationpolicies",
            Kind::CarbonBudget => "carbonbudgets",
            Kind::CostBudget => "costbudgets",
            Kind::ModelPromotionPolicy => "modelpromotionpolicies",
            Kind::SelfHealingPolicy => "selfhealingpolicies",
        }
    }

    /// Its CustomResourceDefinition in this group and version.
    pub fn definition(self, api: &GroupVersion) -> Value {
        let GroupVersion { group, version } = api;
        let mut definition = match self {
            Kind::AIOptimizationPolicy => AIOptimizationPolicy::crd(),
            Kind::CarbonBudget => CarbonBudget::crd(),
            Kind::CostBudget => CostBudget::crd(),
            Kind::ModelPromotionPolicy => ModelPromotionPolicy::crd(),
            Kind::SelfHealingPolicy => SelfHealingPolicy::crd(),
        };
        definition.metadata.name = Some(format!("{}.{group}", self.plural()));
        definition.spec.group = group.to_string();
        for served in &mut definition.spec.versions {
            served.name = version.to_string();
        }
        let mut value = json!(definition);
        settle(&mut value);
        value
    }
}

/// What the derived schema says and the definition should not:
///
/// - `nullable` of every optional field. Null is not a value of ours; the API server prunes it instead.
/// - Bounds as floating point numbers (`minimum: 0.0`), although they are whole.
fn settle(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if fields.get("nullable") == Some(&Value::Bool(true)) {
                fields.remove("nullable");
            }
            for bound in ["minimum", "maximum"] {
                settle_bound(fields, bound);
            }
            fields.values_mut().for_each(settle);
        }
        Value::Array(elements) => elements.iter_mut().for_each(settle),
        _ => {}
    }
}

fn settle_bound(fields: &mut Map<String, Value>, bound: &str) {
    if let Some(number) = fields.get(bound).and_then(Value::as_f64)
        && number.fract() == 0.0
        && number.abs() < f64::from(i32::MAX)
    {
        #[allow(clippy::cast_possible_truncation)]
        fields.insert(bound.to_string(), json!(number as i64));
    }
}
