//! The Kubernetes API as a table of types, and the CRDs of the repository beside it.
//!
//! In: the tables of this folder (`kubernetes.txt`, written by `generate.py`, with the facts that the
//! schemas lack in `defaults.txt`, `validation.txt`, `legacy.txt` and `common.txt`; the CRDs of common tools
//! in `operators`, written by `operators.py`) and the CustomResourceDefinitions of the repository. Out: a
//! [`Schema`], which knows [`Kind`]s, the [`Definition`]s of their fields and the [`Constraints`] on them.

mod constraint;
mod crd;
mod facts;
mod lookup;
mod operators;
mod parts;
mod rule;
mod table;
#[cfg(test)]
mod tests;
mod version;

pub use constraint::{Constraints, Demand, Format, JsonType, Pattern};
pub use lookup::{Schema, is_kubernetes, kubernetes_groups, quantity_dimension};
pub use rule::Rule;
pub use version::KubernetesVersion;

use std::sync::Arc;

/// Names a [`Definition`] of a [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefinitionId(pub u32);

/// The type of a field as the API declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// A string.
    String,
    /// A boolean.
    Bool,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// A `resource.Quantity`; [`quantity_dimension`] says what it measures.
    Quantity,
    /// A port-like value: a whole number or a string.
    IntOrString,
    /// An object with known fields.
    Object(DefinitionId),
    /// A list.
    List(Box<FieldType>),
    /// An object whose keys are data.
    Map(Box<FieldType>),
    /// Anything: the API does not say.
    Any,
}

/// A field of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name in manifests.
    pub name: Arc<str>,
    /// Its type.
    pub ty: FieldType,
    /// Whether the API server refuses objects without it: by the schema, or by validation that the
    /// schema does not state (a container's `image`, a PodTemplate's `template`, …).
    pub required: bool,
    /// The only values that the API takes, if it lists them.
    pub values: Vec<Arc<str>>,
    /// For a list whose elements are told apart by some of their fields, the names of those fields.
    pub list_keys: Vec<Arc<str>>,
    /// What the cluster takes its absence, or its parent's absence, to mean.
    pub absence: Absence,
}

/// What it means to a cluster that a field is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Absence {
    /// Nothing that holds for every object.
    #[default]
    Unknown,
    /// The same as this value, a literal of the policy language: `false`, `30`, `"Always"`.
    Value(Arc<str>),
    /// The API server fills in an object, so that in a cluster it is never absent.
    FilledIn,
}

/// An object type: `io.k8s.api.core.v1.Container`, or a part of a CRD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its last name, for messages: `Container`.
    pub name: Arc<str>,
    /// Its fields, sorted by name.
    pub fields: Vec<Field>,
    /// Whether other fields may stand beside them (`x-kubernetes-preserve-unknown-fields`).
    pub open: bool,
}

impl Definition {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields
            .binary_search_by(|field| field.name.as_ref().cmp(name))
            .ok()
            .map(|index| &self.fields[index])
    }
}

/// A kind that objects can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// The API group, empty for the core group.
    pub group: Arc<str>,
    /// The version: `v1`.
    pub version: Arc<str>,
    /// The kind: `Deployment`.
    pub kind: Arc<str>,
    /// The name of its objects in URLs and RBAC rules: `deployments`.
    pub plural: Arc<str>,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
    /// The type of the whole object. A kind that is gone has its successor's.
    pub definition: DefinitionId,
    /// Where a `PodSpec` stands in it: `["spec", "template", "spec"]` for a Deployment, `["spec"]` for
    /// a Pod; `None` if it bears no pods. The pod template is the parent of the last key.
    pub pod_spec: Option<Vec<Arc<str>>>,
    /// Whether pod templates stand in other places than that too, such as the elements of a list: then
    /// they are found by looking through the whole object.
    pub other_pods: bool,
    /// The release in which API servers stopped serving this version of it, if they have.
    pub removed: Option<KubernetesVersion>,
}

impl Kind {
    /// `apiVersion` in its manifests: `apps/v1`, or `v1` in the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}
