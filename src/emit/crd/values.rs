//! Texts of the custom resources that follow a pattern: names, durations, shares, quantities.
//!
//! In: what the policy says, already checked. Out: string types whose schema lets the API server
//! refuse anything else. Every one has a length limit, without which Kubernetes estimates the cost of
//! a CEL rule over it as unbounded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares string types with a pattern and a length limit.
macro_rules! texts {
    ($($(#[$documentation:meta])* $name:ident at most $length:literal matching $pattern:literal;)*) => {
        $(
            $(#[$documentation])*
            #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
            #[serde(transparent)]
            #[schemars(inline)]
            pub struct $name(#[schemars(length(min = 1, max = $length), regex(pattern = $pattern))] pub String);

            impl From<&str> for $name {
                fn from(text: &str) -> $name {
                    $name(text.to_string())
                }
            }
        )*
    };
}

texts! {
    /// The name of a goal.
    GoalName at most 63 matching r"^[A-Za-z][A-Za-z0-9_-]*$";

    /// The name of a metric.
    MetricName at most 128 matching r"^[A-Za-z][A-Za-z0-9_]*$";

    /// The name of a unit.
    UnitName at most 32 matching r"^[A-Za-z0-9%/]+$";

    /// A number with its unit: `60%`, `200ms`, `3/h`, `512Mi`, `10 USD/day`, `0.82`.
    Amount at most 64 matching r"^-?[0-9]+([.][0-9]+)?( ?[A-Za-z%][A-Za-z0-9]*)?(/[A-Za-z]+)*$";

    /// A share with its sign: `25%`.
    Percent at most 16 matching r"^[0-9]+([.][0-9]+)?%$";

    /// A span of time, one number with `ms`, `s`, `min`, `h`, `d` or `w`: `10min`, `1h`, `7d`.
    Duration at most 24 matching r"^[0-9]+([.][0-9]+)?(ms|s|min|h|d|w)$";

    /// A Kubernetes quantity: `250m`, `2`, `512Mi`.
    ResourceQuantity at most 32 matching r"^[0-9]+([.][0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$";

    /// A time of day: `08:00`; `24:00` is the end of the day.
    TimeOfDay at most 5 matching r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$";

    /// A time zone of the IANA database: `Europe/Berlin`, `UTC`.
    TimeZone at most 64 matching r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$";

    /// A day: `2026-03-31`.
    Day at most 10 matching r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$";

    /// An object by its kind in lower case, the kind's group unless it is built in, and its name:
    /// `deployment/my-api-service`, `inferenceservice.serving.kserve.io/recommender`.
    WorkloadName at most 380 matching r"^[a-z][a-z0-9]*([.][a-z0-9.-]+)?/[a-z0-9]([a-z0-9.-]*[a-z0-9])?$";

    /// A kind: `Deployment`.
    KindName at most 63 matching r"^[A-Z][A-Za-z0-9]*$";

    /// An API group: `serving.kserve.io`.
    GroupName at most 253 matching r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$";

    /// The name of a Kubernetes object.
    ObjectName at most 253 matching r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$";

    /// The name of a namespace.
    NamespaceName at most 63 matching r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$";

    /// How the names of namespaces begin.
    NamespacePrefix at most 63 matching r"^[a-z0-9][a-z0-9-]*$";

    /// The value of a label.
    LabelValue at most 63 matching r"^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$";

    /// The id of a rule of a policy.
    RuleName at most 128 matching r"^[A-Za-z][A-Za-z0-9_.-]*$";

    /// Keys from the object's root, joined by points: `spec.replicas`.
    FieldPath at most 256 matching r#"^[A-Za-z_$][A-Za-z0-9_$-]*([.][A-Za-z_$][A-Za-z0-9_$-]*|\[[0-9]+\]|\["[^"\\]+"\])*$"#;

    /// The name of a model, with its version.
    ModelName at most 256 matching r"^[^\s]+$";

    /// The address of a model's files: `s3://models/recommender@sha256:…`.
    ModelSource at most 1024 matching r"^[^\s]+$";

    /// The name of a price or grid table.
    TableName at most 128 matching r"^[^\s].*$";
}
