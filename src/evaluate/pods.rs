//! Where the pods of an object are: by the API's facts on its kind, else by structure.

use super::repository::{ObjectId, Pod};
use crate::manifest::{Node, Resource, Value};
use crate::schema::Kind;
use std::sync::Arc;

/// How deep embedded templates are looked for; JobSet, the deepest of the common ones, has seven levels.
const DEPTH: usize = 12;

/// Adds the pods of an object.
pub fn collect<'a>(
    object: ObjectId,
    resource: &'a Resource,
    kind: Option<&'a Kind>,
    pods: &mut Vec<Pod<'a>>,
) {
    let built_in = kind.is_some_and(|kind| !kind.group.contains('.') || kind.group.ends_with(".k8s.io"));
    let known = kind
        .filter(|kind| !kind.other_pods)
        .and_then(|kind| kind.pod_spec.as_deref());
    if let Some([path @ .., _]) = known {
        let template = resource.root.path(path.iter().map(|key| &**key));
        // The API demands the template of its own kinds, so that one without is told, not passed over.
        // Custom resources may do without.
        if template.is_some() || built_in {
            pods.push(Pod {
                object,
                template,
                path,
            });
        }
        return;
    }
    if !built_in {
        embedded(object, &resource.root, "", DEPTH, pods);
    }
}

/// Objects under a key such as `template` or `podTemplate` whose `spec` lists containers.
fn embedded<'a>(object: ObjectId, node: &'a Node, key: &str, depth: usize, pods: &mut Vec<Pod<'a>>) {
    if depth == 0 {
        return;
    }
    match &node.value {
        Value::Mapping(mapping) => {
            let is_template = key.ends_with("emplate") || key.ends_with("emplates");
            if is_template && lists_containers(node) {
                pods.push(Pod {
                    object,
                    template: Some(node),
                    path: &[] as &[Arc<str>],
                });
                return;
            }
            for entry in mapping.entries() {
                embedded(object, &entry.value, &entry.key, depth - 1, pods);
            }
        }
        Value::Sequence(elements) => {
            for element in elements {
                embedded(object, element, key, depth - 1, pods);
            }
        }
        _ => {}
    }
}

fn lists_containers(node: &Node) -> bool {
    node.path(["spec", "containers"]).is_some_and(|containers| {
        containers
            .elements()
            .iter()
            .any(|one| matches!(one.value, Value::Mapping(_)))
    })
}
