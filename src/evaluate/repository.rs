//! The objects of a repository as rules see them: by kind, by identity, with their pods.
//!
//! In: resources, the texts they stand in, the API's kinds. Out: [`Repository`], read-only and shared by
//! all threads.

use super::{Applications, pods};
use crate::ir::KindReference;
use crate::manifest::{Node, Resource};
use crate::schema::{Kind, Schema};
use crate::source::Sources;
use std::collections::{BTreeMap, HashMap};

/// Index of an object of a [`Repository`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub u32);

/// Index of a pod of a [`Repository`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PodId(pub u32);

/// A resource with what the repository knows about it.
#[derive(Debug)]
pub struct Object<'a> {
    /// As it was read.
    pub resource: &'a Resource,
    /// The group that its kind belongs to: `apps` for a Deployment of `extensions/v1beta1`, and for one of `v1`,
    /// which can only have been meant.
    pub group: &'a str,
    /// The API's facts on its kind, if they are known.
    pub kind: Option<&'a Kind>,
    /// The namespace as rules see it; empty if it is cluster-scoped.
    pub namespace: &'a str,
    /// Its pods.
    pub pods: std::ops::Range<u32>,
}

/// A pod, or a pod template.
#[derive(Debug)]
pub struct Pod<'a> {
    /// The object that bears it.
    pub object: ObjectId,
    /// The node that holds `metadata` and `spec`; `None` where the object lacks it.
    pub template: Option<&'a Node>,
    /// The keys from the object to the template, where they are always the same.
    pub path: &'a [std::sync::Arc<str>],
}

/// What is known besides the resources.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Whether only some files of the repository were given.
    pub partial: bool,
    /// The namespace of objects that name none; empty means `default`.
    pub default_namespace: String,
    /// How many nodes the cluster has, if that is known.
    pub nodes: Option<i128>,
}

impl Settings {
    /// The namespace of objects that name none.
    fn default_namespace(&self) -> &str {
        match self.default_namespace.as_str() {
            "" => "default",
            configured => configured,
        }
    }
}

/// All objects of a run.
pub struct Repository<'a> {
    /// The texts that the objects stand in.
    pub sources: &'a Sources,
    /// What is known of kinds.
    pub schema: &'a Schema,
    /// Whether all files were given, so that what is not here does not exist.
    pub complete: bool,
    /// The repository at the base revision, if there is one.
    pub base: Option<&'a Repository<'a>>,
    /// How many nodes the cluster has, if that is known.
    pub nodes: Option<i128>,
    applications: Option<&'a Applications>,
    objects: Vec<Object<'a>>,
    /// How many of the objects are there for rules; behind them are the Applications that deploy them.
    visible: u32,
    pods: Vec<Pod<'a>>,
    by_kind: HashMap<&'a str, Vec<ObjectId>>,
    by_identity: HashMap<(&'a str, &'a str), Vec<ObjectId>>,
    namespaces: BTreeMap<&'a str, ObjectId>,
}

impl<'a> Repository<'a> {
    /// Indexes resources.
    pub fn new(
        sources: &'a Sources,
        resources: impl IntoIterator<Item = &'a Resource>,
        schema: &'a Schema,
        settings: &'a Settings,
    ) -> Repository<'a> {
        let mut repository = Repository {
            sources,
            schema,
            complete: !settings.partial,
            base: None,
            nodes: settings.nodes,
            applications: None,
            objects: Vec::new(),
            visible: 0,
            pods: Vec::new(),
            by_kind: HashMap::new(),
            by_identity: HashMap::new(),
            namespaces: BTreeMap::new(),
        };
        let default_namespace = settings.default_namespace();
        for resource in resources {
            let group = meant_group(schema, resource.group(), &resource.kind);
            let kind = schema
                .kind_of(&resource.api_version, &resource.kind)
                .or_else(|| schema.meant(resource.group(), &resource.kind));
            let namespace = match (&resource.namespace, kind) {
                (_, Some(kind)) if !kind.namespaced => "",
                (Some(namespace), _) if !namespace.is_empty() => namespace,
                _ => default_namespace,
            };
            repository.add(resource, group, kind, namespace);
        }
        repository.visible = repository.objects.len() as u32;
        repository
    }

    /// The same, with what deploys its objects.
    pub fn with_applications(mut self, applications: &'a Applications, settings: &'a Settings) -> Self {
        self.applications = Some(applications);
        for application in applications.all() {
            let pods = self.pods.len() as u32;
            self.objects.push(Object {
                resource: application,
                group: application.group(),
                kind: None,
                namespace: application
                    .namespace
                    .as_deref()
                    .unwrap_or(settings.default_namespace()),
                pods: pods..pods,
            });
        }
        self
    }

    /// The Applications that deploy an object.
    pub fn applications_of(&self, id: ObjectId) -> Vec<ObjectId> {
        let Some(applications) = self.applications else {
            return Vec::new();
        };
        let numbers = applications.of(self.object(id).resource);
        numbers.map(|number| ObjectId(self.visible + number)).collect()
    }

    /// Whether two ids name the same object.
    pub fn is_same(&self, id: ObjectId, other: ObjectId) -> bool {
        let is_one = self.is_application(id) || self.is_application(other);
        id == other || is_one && self.same(id, self.object(other))
    }

    /// Whether an object is here only because it deploys others.
    pub fn is_application(&self, id: ObjectId) -> bool {
        id.0 >= self.visible
    }

    fn add(&mut self, resource: &'a Resource, group: &'a str, kind: Option<&'a Kind>, namespace: &'a str) {
        let id = ObjectId(self.objects.len() as u32);
        let first = self.pods.len() as u32;
        pods::collect(id, resource, kind, &mut self.pods);
        self.by_kind.entry(&resource.kind).or_default().push(id);
        self.by_identity
            .entry((&resource.kind, &resource.name))
            .or_default()
            .push(id);
        if resource.kind == "Namespace" && group.is_empty() {
            // A Namespace itself stands for its name rather than an object that lives in it.
            let known = self.namespaces.get(&*resource.name).copied();
            if known.is_none_or(|known| self.object(known).resource.kind != "Namespace") {
                self.namespaces.insert(&resource.name, id);
            }
        } else if !namespace.is_empty() {
            self.namespaces.entry(namespace).or_insert(id);
        }
        self.objects.push(Object {
            resource,
            group,
            kind,
            namespace,
            pods: first..self.pods.len() as u32,
        });
    }

    /// The object of an id that this repository handed out.
    pub fn object(&self, id: ObjectId) -> &Object<'a> {
        &self.objects[id.0 as usize]
    }

    /// Whether there is an object of an id.
    pub fn has(&self, id: ObjectId) -> bool {
        (id.0 as usize) < self.objects.len()
    }

    /// The pod of an id that this repository handed out.
    pub fn pod(&self, id: PodId) -> &Pod<'a> {
        &self.pods[id.0 as usize]
    }

    /// The ids of all objects, in the order of the resources.
    pub fn objects(&self) -> impl Iterator<Item = ObjectId> + use<> {
        (0..self.visible).map(ObjectId)
    }

    /// The ids of all pods, in the order of their objects.
    pub fn pods(&self) -> impl Iterator<Item = PodId> + use<> {
        (0..self.pods.len() as u32).map(PodId)
    }

    /// The pods of an object.
    pub fn pods_of(&self, object: ObjectId) -> impl Iterator<Item = PodId> + use<> {
        self.object(object).pods.clone().map(PodId)
    }

    /// The objects of these kinds, in the order of the resources.
    pub fn of_kinds(&self, kinds: &[KindReference]) -> Vec<ObjectId> {
        let mut found: Vec<ObjectId> = kinds
            .iter()
            .flat_map(|kind| {
                let named = self.by_kind.get(&*kind.kind).map_or(&[][..], Vec::as_slice);
                named.iter().copied().filter(|id| self.is_kind(*id, kind))
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether an object is of a kind.
    pub fn is_kind(&self, id: ObjectId, kind: &KindReference) -> bool {
        let object = self.object(id);
        kind.matches(object.group, &object.resource.kind)
            || kind.matches(object.resource.group(), &object.resource.kind)
    }

    /// The objects of that kind and name, in any group and namespace.
    pub fn named<'s>(&'s self, kind: &'s str, name: &'s str) -> &'s [ObjectId] {
        self.by_identity.get(&(kind, name)).map_or(&[], Vec::as_slice)
    }

    /// Whether two objects of one or two repositories are the same to the cluster.
    pub fn same(&self, id: ObjectId, other: &Object<'_>) -> bool {
        let own = self.object(id);
        own.resource.kind == other.resource.kind
            && own.group == other.group
            && own.namespace == other.namespace
            && own.resource.name == other.resource.name
    }

    /// The namespaces that objects live in or are, sorted, each with an object that says so.
    pub fn namespaces(&self) -> impl Iterator<Item = (&'a str, ObjectId)> + '_ {
        self.namespaces.iter().map(|(name, id)| (*name, *id))
    }
}

/// The group that a kind belongs to, for objects that name the one that it came from, or one of Kubernetes' that
/// never had it.
pub fn meant_group<'a>(schema: &'a Schema, group: &'a str, kind: &str) -> &'a str {
    match schema.meant(group, kind) {
        Some(meant) => &meant.group,
        None => present_group(group, kind),
    }
}

/// The group in which a kind lives today, for objects that still name the one that it came from.
/// Source: the removed APIs of the Kubernetes deprecation guide.
pub fn present_group<'a>(group: &'a str, kind: &str) -> &'a str {
    match (group, kind) {
        ("extensions", "Deployment" | "DaemonSet" | "ReplicaSet") => "apps",
        ("extensions", "Ingress" | "IngressClass" | "NetworkPolicy") => "networking.k8s.io",
        ("extensions", "PodSecurityPolicy") => "policy",
        _ => group,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::Fixture;
    use super::*;
    use crate::evaluate::containers_of;
    use crate::ir::ContainerClasses;

    fn kind(kind: &str, groups: &[&str]) -> KindReference {
        KindReference {
            kind: kind.into(),
            groups: groups.iter().map(|group| (*group).into()).collect(),
        }
    }

    #[test]
    fn namespaces_are_as_rules_see_them() {
        let mut fixture = Fixture::of(
            "
{ apiVersion: v1, kind: Service, metadata: { name: a, namespace: shop } }
---
{ apiVersion: v1, kind: Service, metadata: { name: b } }
---
{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }
---
{ apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: { name: d, namespace: shop } }
---
{ apiVersion: example.com/v1, kind: Unknown, metadata: { name: e } }
---
{ apiVersion: example.com/v1, kind: Wide, metadata: { name: f } }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: wides.example.com }
spec:
  group: example.com
  scope: Cluster
  names: { kind: Wide, plural: wides }
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }]
",
        );
        fixture.settings.default_namespace = "team".into();
        let repository = fixture.repository();
        let seen: Vec<&str> = repository
            .objects()
            .map(|id| repository.object(id).namespace)
            .collect();
        assert_eq!(seen, ["shop", "team", "", "", "team", "", ""]);
        let names: Vec<&str> = repository.namespaces().map(|(name, _)| name).collect();
        assert_eq!(names, ["shop", "team"]);
    }

    #[test]
    fn objects_of_legacy_groups_belong_to_the_present_kind() {
        let fixture = Fixture::of(
            "
{ apiVersion: extensions/v1beta1, kind: Deployment, metadata: { name: a } }
---
{ apiVersion: apps/v1, kind: Deployment, metadata: { name: b } }
---
{ apiVersion: example.com/v1, kind: Deployment, metadata: { name: c } }
",
        );
        let repository = fixture.repository();
        let found = |reference| repository.of_kinds(&[reference]).len();
        assert_eq!(found(kind("Deployment", &["apps", "extensions"])), 2);
        assert_eq!(found(kind("Deployment", &["apps"])), 2);
        assert_eq!(found(kind("Deployment", &["example.com"])), 1);
    }

    #[test]
    fn pods_are_found_in_every_kind_that_bears_them() {
        let check = |yaml: &str, expected: &str| {
            let fixture = Fixture::of(yaml);
            let repository = fixture.repository();
            let containers: String = repository
                .pods()
                .flat_map(|pod| containers_of(&repository, pod, ContainerClasses::ALL))
                .map(|container| {
                    let name = container.node.get("name").and_then(Node::as_str);
                    format!("{} ", name.unwrap_or("?"))
                })
                .collect();
            assert_eq!(containers.trim_end(), expected, "{yaml}");
        };
        let pod = "spec: { initContainers: [{ name: i }], containers: [{ name: c }, null], ephemeralContainers: [{ name: e }] }";
        let object = |head: &str, spec: &str| format!("{{ {head}, metadata: {{ name: x }}, {spec} }}");
        check(&object("apiVersion: v1, kind: Pod", pod), "i c ? e");
        let template = format!("spec: {{ template: {{ {pod} }} }}");
        check(
            &object("apiVersion: apps/v1, kind: DaemonSet", &template),
            "i c ? e",
        );
        check(
            &object("apiVersion: extensions/v1beta1, kind: Deployment", &template),
            "i c ? e",
        );
        check(
            &object("apiVersion: apps/v9, kind: Deployment", &template),
            "i c ? e",
        );
        let cron = format!("spec: {{ jobTemplate: {{ {template} }} }}");
        check(&object("apiVersion: batch/v1, kind: CronJob", &cron), "i c ? e");
        check(
            &object(
                "apiVersion: v1, kind: PodTemplate",
                &format!("template: {{ {pod} }}"),
            ),
            "i c ? e",
        );
        check(
            &object("apiVersion: example.com/v1, kind: Rollout", &template),
            "i c ? e",
        );
        let several =
            format!("spec: {{ jobs: [{{ podTemplate: {{ {pod} }} }}, {{ podTemplate: {{ {pod} }} }}] }}");
        check(
            &object("apiVersion: example.com/v1, kind: JobSet", &several),
            "i c ? e i c ? e",
        );
        // Containers that are merged into pods of an operator are no pod.
        check(&object("apiVersion: example.com/v1, kind: Database", pod), "");
        check(&object("apiVersion: v1, kind: ConfigMap", &template), "");
    }
}
