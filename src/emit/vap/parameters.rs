//! The parameters of rules → the kind RuleParameters, and the object that holds a rule's values.

use crate::emit::GroupVersion;
use crate::emit::parameter::{schema, value};
use crate::ir::Rule;
use serde_json::{Map, Value, json};

/// The kind.
pub const KIND: &str = "RuleParameters";

/// As the API's paths have it.
pub const PLURAL: &str = "ruleparameters";

/// The definition of the kind, whose schema has a field for each of these rules.
pub fn definition(rules: &[(&Rule, Vec<usize>)], api: &GroupVersion) -> Value {
    let fields: Map<String, Value> = rules
        .iter()
        .map(|(rule, params)| (rule.id.to_string(), fields_of(rule, params)))
        .collect();
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{PLURAL}.{}", api.group) },
        "spec": {
            "group": api.group,
            "scope": "Cluster",
            "names": { "kind": KIND, "listKind": format!("{KIND}List"), "plural": PLURAL, "singular": PLURAL },
            "versions": [{
                "name": api.version,
                "served": true,
                "storage": true,
                "schema": { "openAPIV3Schema": {
                    "type": "object",
                    "description": "What a cluster sets for rules of policies.",
                    "required": ["spec"],
                    "properties": { "spec": {
                        "type": "object",
                        "description": "By rule.",
                        "properties": fields,
                    } },
                } },
            }],
        },
    })
}

fn fields_of(rule: &Rule, params: &[usize]) -> Value {
    let own = params.iter().filter_map(|index| rule.parameters.get(*index));
    let properties: Map<String, Value> = own
        .map(|parameter| (parameter.name.to_string(), schema(parameter)))
        .collect();
    json!({ "type": "object", "description": rule.title, "properties": properties })
}

/// The object with the values of a rule.
pub fn object(rule: &Rule, params: &[usize], api: &GroupVersion) -> Value {
    let values: Map<String, Value> = params
        .iter()
        .filter_map(|index| rule.parameters.get(*index))
        .map(|parameter| (parameter.name.to_string(), value(&parameter.value)))
        .collect();
    json!({
        "apiVersion": api.to_string(),
        "kind": KIND,
        "metadata": { "name": rule.id },
        "spec": { &*rule.id: values },
    })
}
