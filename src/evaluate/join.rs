//! How objects of a repository name each other: selectors, references, deployments.

use super::repository::{Object, ObjectId, Repository, present_group};
use super::value;
use crate::manifest::{self, Entry, Node};

/// Labels, wherever they come from.
pub trait Labels {
    /// The value of a label.
    fn label(&self, key: &str) -> Option<&str>;
}

impl Labels for Option<&Node> {
    fn label(&self, key: &str) -> Option<&str> {
        self.and_then(|labels| labels.get(key)).and_then(Node::as_str)
    }
}

impl Labels for &[(std::sync::Arc<str>, crate::ir::Constant)] {
    fn label(&self, key: &str) -> Option<&str> {
        self.iter()
            .find(|(own, _)| &**own == key)
            .and_then(|(_, value)| match value {
                crate::ir::Constant::String(text) => Some(&**text),
                _ => None,
            })
    }
}

/// Whether a selector of plain labels, as Services have it, selects these. An empty one selects nothing.
pub fn map_selects(selector: &Node, labels: &impl Labels) -> bool {
    present(selector).next().is_some() && all_equal(selector, labels)
}

/// The labels that a selector wants: null is absent.
fn present(wanted: &Node) -> impl Iterator<Item = &Entry> {
    wanted.entries().iter().filter(|entry| !entry.value.is_null())
}

fn all_equal(wanted: &Node, labels: &impl Labels) -> bool {
    present(wanted).all(|entry| {
        entry
            .value
            .as_str()
            .is_some_and(|value| labels.label(&entry.key) == Some(value))
    })
}

/// Whether a `LabelSelector` selects these. An empty one selects everything; one that the API would
/// refuse selects nothing.
pub fn selector_selects(selector: &Node, labels: &impl Labels) -> bool {
    // Selectors of nodes are alternatives of such requirements.
    if let Some(terms) = selector.get("nodeSelectorTerms") {
        return terms.elements().iter().any(|term| selector_selects(term, labels));
    }
    if !matches!(selector.value, manifest::Value::Mapping(_)) {
        return false;
    }
    let expressions = selector.get("matchExpressions").map_or(&[][..], Node::elements);
    selector
        .get("matchLabels")
        .is_none_or(|wanted| all_equal(wanted, labels))
        && expressions
            .iter()
            .all(|expression| requirement_holds(expression, labels))
}

fn requirement_holds(requirement: &Node, labels: &impl Labels) -> bool {
    let text = |field| requirement.get(field).and_then(Node::as_str);
    let (Some(key), Some(operator)) = (text("key"), text("operator")) else {
        return false;
    };
    let label = labels.label(key);
    let listed = || {
        let values = requirement.get("values").map_or(&[][..], Node::elements);
        values.iter().any(|value| value.as_str() == label)
    };
    match operator {
        "In" => label.is_some() && listed(),
        "NotIn" => label.is_none() || !listed(),
        "Exists" => label.is_some(),
        "DoesNotExist" => label.is_none(),
        _ => false,
    }
}

/// Whether a reference that stands in `owner` names `object`.
///
/// It names kind and group (under `apiGroup`, `group` or `apiVersion`) where it says so. A scale target
/// of KEDA without a kind is a Deployment. Elsewhere a reference without a kind names whatever kind of object the policy asks about. The namespace is the reference's
/// own, else its owner's.
pub fn refers_to(reference: &Node, owner: &Object<'_>, object: &Object<'_>) -> bool {
    let reference = match unwrapped(reference) {
        Reference::To(reference) => reference,
        Reference::ToService(service) => {
            if object.resource.kind != "Service" || !object.group.is_empty() {
                return false;
            }
            service
        }
    };
    let text = |field| {
        reference
            .get(field)
            .and_then(Node::as_str)
            .filter(|text| !text.is_empty())
    };
    let group = text("apiGroup")
        .or_else(|| text("group"))
        .or_else(|| text("apiVersion").map(|version| version.split_once('/').map_or("", |(group, _)| group)));
    let namespace = text("namespace").unwrap_or(owner.namespace);
    name_in(reference) == Some(&object.resource.name)
        && text("kind").map_or_else(
            || meant_without_kind(owner, object),
            |kind| kind == object.resource.kind,
        )
        && group.is_none_or(|group| present_group(group, &object.resource.kind) == object.group)
        && (object.namespace.is_empty() || namespace == object.namespace)
}

/// The name that a reference gives.
pub fn referenced_name(reference: &Node) -> Option<&str> {
    let (Reference::To(inner) | Reference::ToService(inner)) = unwrapped(reference);
    name_in(inner)
}

enum Reference<'a> {
    To(&'a Node),
    ToService(&'a Node),
}

/// The reference itself: the backends of an Ingress wrap what they name.
fn unwrapped(reference: &Node) -> Reference<'_> {
    let inner = |field| reference.get(field).filter(|inner| inner.get("name").is_some());
    if let Some(service) = inner("service") {
        Reference::ToService(service)
    } else if let Some(resource) = inner("resource") {
        Reference::To(resource)
    } else if reference.get("serviceName").is_some() {
        Reference::ToService(reference)
    } else {
        Reference::To(reference)
    }
}

/// Volumes name Secrets and claims under fields of their own, and so did the first Ingresses Services.
fn name_in(reference: &Node) -> Option<&str> {
    ["name", "secretName", "claimName", "serviceName"]
        .into_iter()
        .find_map(|field| reference.get(field)?.as_str())
        .filter(|name| !name.is_empty())
}

/// Whether a reference of `owner` that names no kind may mean the object.
fn meant_without_kind(owner: &Object<'_>, object: &Object<'_>) -> bool {
    let is_scaled_object = owner.group == "keda.sh" && owner.resource.kind == "ScaledObject";
    !(is_scaled_object && object.group == "apps") || object.resource.kind == "Deployment"
}

/// Whether what a pod refers to is `object`.
pub fn pod_refers_to(reference: &value::Reference<'_>, owner: &Object<'_>, object: &Object<'_>) -> bool {
    reference.kind == object.resource.kind
        && reference.name == object.resource.name
        && (object.namespace.is_empty() || object.namespace == owner.namespace)
}

/// Whether an Argo CD Application or ApplicationSet, or a Flux Kustomization or HelmRelease, deploys an
/// object: a folder that it names, relative to the repository's root, holds the object's file. Where the
/// files were walked from above that root, the folder may stand anywhere in their paths.
pub fn deploys(repository: &Repository<'_>, deployer: ObjectId, object: ObjectId) -> bool {
    if deployer == object {
        return false;
    }
    let spec = repository.object(deployer).resource.root.get("spec");
    let Some(spec) = spec else { return false };
    let file = &repository
        .sources
        .file(repository.object(object).resource.file)
        .path;
    let folders = match (
        repository.object(deployer).group,
        repository.object(deployer).resource.kind.as_str(),
    ) {
        ("argoproj.io", "Application") => argo_folders(spec),
        ("argoproj.io", "ApplicationSet") => spec
            .path(["template", "spec"])
            .map_or_else(Vec::new, argo_folders),
        ("kustomize.toolkit.fluxcd.io", "Kustomization") => {
            // Without a path Flux deploys the root of its source.
            vec![spec.get("path").and_then(Node::as_str).unwrap_or("./")]
        }
        ("helm.toolkit.fluxcd.io", "HelmRelease") => {
            let chart = spec.path(["chart", "spec", "chart"]).and_then(Node::as_str);
            chart.into_iter().filter(|chart| chart.starts_with('.')).collect()
        }
        _ => Vec::new(),
    };
    folders.iter().any(|folder| folder_holds(folder, file))
}

fn argo_folders(spec: &Node) -> Vec<&str> {
    let several = spec.get("sources").map_or(&[][..], Node::elements);
    spec.get("source")
        .into_iter()
        .chain(several)
        .filter_map(|source| source.get("path").and_then(Node::as_str))
        .collect()
}

fn folder_holds(folder: &str, file: &str) -> bool {
    let parts = |path: &'_ str| -> Vec<String> {
        path.split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .map(str::to_string)
            .collect()
    };
    let (folder, mut file) = (parts(folder), parts(file));
    file.pop();
    folder.is_empty() || file.windows(folder.len()).any(|window| window == folder)
}

/// The labels of an object.
pub fn labels_of<'a>(metadata_owner: &'a Node, field: &str) -> Option<&'a Node> {
    let labels = metadata_owner.path(["metadata", field])?;
    matches!(labels.value, manifest::Value::Mapping(_)).then_some(labels)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{Fixture, named};
    use super::*;

    /// Whether the selector selects labels `app: web, tier: front`.
    fn selects(selector: &str) -> bool {
        let fixture = Fixture::of(&format!(
            "apiVersion: v1\nkind: X\nmetadata: {{ name: x, labels: {{ app: web, tier: front }} }}\nspec: {selector}\n"
        ));
        let root = &fixture.resources[0].root;
        let selector = root.get("spec").expect("the fixture has a selector");
        selector_selects(selector, &labels_of(root, "labels"))
    }

    #[test]
    fn label_selectors_select_as_the_cluster_does() {
        assert!(selects("{}"));
        assert!(selects("{ matchLabels: { app: web } }"));
        assert!(!selects("{ matchLabels: { app: web, tier: back } }"));
        assert!(!selects("{ matchLabels: { other: web } }"));
        assert!(selects(
            "{ matchExpressions: [{ key: app, operator: In, values: [api, web] }] }"
        ));
        assert!(!selects("{ matchExpressions: [{ key: app, operator: In }] }"));
        assert!(!selects(
            "{ matchExpressions: [{ key: app, operator: NotIn, values: [web] }] }"
        ));
        assert!(selects(
            "{ matchExpressions: [{ key: other, operator: NotIn, values: [web] }] }"
        ));
        assert!(selects("{ matchExpressions: [{ key: app, operator: Exists }] }"));
        assert!(!selects(
            "{ matchExpressions: [{ key: app, operator: DoesNotExist }] }"
        ));
        assert!(!selects(
            "{ matchLabels: { app: web }, matchExpressions: [{ key: other, operator: Exists }] }"
        ));
        // The API refuses these.
        assert!(!selects(
            "{ matchExpressions: [{ key: app, operator: Equals, values: [web] }] }"
        ));
        assert!(!selects("{ matchExpressions: [{ operator: Exists }] }"));
    }

    const OBJECTS: &str = "
apiVersion: v1
kind: Service
metadata: { name: web, namespace: a }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: b }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: a }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: web, namespace: a }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: web }
";

    /// The objects that a reference names which stands in an object of namespace `a`.
    fn referents(owner: &str, reference: &str) -> String {
        let text =
            format!("{OBJECTS}---\n{owner}\nmetadata: {{ name: owner, namespace: a }}\nspec: {reference}\n");
        let fixture = Fixture::of(&text);
        let repository = fixture.repository();
        let owner = repository.object(named(&repository, "owner"));
        let reference = owner
            .resource
            .root
            .get("spec")
            .expect("the fixture has a reference");
        let named = repository.objects().map(|id| repository.object(id));
        let named = named.filter(|object| refers_to(reference, owner, object));
        named
            .map(|object| format!("{}/{} ", object.namespace, object.resource.kind))
            .collect()
    }

    #[test]
    fn references_know_kind_group_and_namespace() {
        let any = "apiVersion: x/v1\nkind: X";
        assert_eq!(
            referents(any, "{ kind: Deployment, name: web, apiVersion: apps/v1 }"),
            "a/Deployment "
        );
        assert_eq!(
            referents(
                any,
                "{ kind: Deployment, name: web, apiVersion: extensions/v1beta1 }"
            ),
            "a/Deployment "
        );
        assert_eq!(
            referents(any, "{ kind: Deployment, name: web, apiVersion: other/v1 }"),
            ""
        );
        assert_eq!(
            referents(any, "{ kind: Service, name: web, namespace: b }"),
            "b/Service "
        );
        assert_eq!(
            referents(
                any,
                "{ kind: ClusterRole, name: web, apiGroup: rbac.authorization.k8s.io }"
            ),
            "/ClusterRole "
        );
        assert_eq!(
            referents(any, "{ service: { name: web, port: { number: 80 } } }"),
            "a/Service "
        );
        assert_eq!(
            referents(any, "{ serviceName: web, servicePort: 80 }"),
            "a/Service "
        );
        assert_eq!(
            referents(any, "{ resource: { kind: StatefulSet, name: web } }"),
            "a/StatefulSet "
        );
        assert_eq!(referents(any, "{ kind: Service }"), "");
        let keda = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject";
        assert_eq!(
            referents(keda, "{ name: web }"),
            "a/Service a/Deployment /ClusterRole "
        );
    }

    #[test]
    fn deployers_cover_the_folders_that_they_name() {
        let check = |deployer: &str, file: &str, expected: bool| {
            let object = "apiVersion: v1\nkind: Service\nmetadata: { name: web }\n";
            let fixture = Fixture::of_files(&[("clusters/a.yaml", deployer), (file, object)]);
            let repository = fixture.repository();
            let found = deploys(&repository, ObjectId(0), ObjectId(1));
            assert_eq!(found, expected, "{deployer} deploys {file}");
            assert!(!deploys(&repository, ObjectId(0), ObjectId(0)));
        };
        let argo = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: x }\n";
        let several = format!("{argo}spec: {{ sources: [{{ chart: y }}, {{ path: ./apps/web/ }}] }}");
        check(&several, "apps/web/base/service.yaml", true);
        check(&several, "checkout/apps/web/service.yaml", true);
        check(&several, "apps/web.yaml", false);
        check(&several, "apps/website/service.yaml", false);
        check(argo, "apps/web/service.yaml", false);
        let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: x }\n";
        check(
            &format!("{flux}spec: {{ path: ./apps }}"),
            "apps/web/service.yaml",
            true,
        );
        check(
            &format!("{flux}spec: {{ prune: true }}"),
            "apps/web/service.yaml",
            true,
        );
    }
}
