//! What binders over the repository range over.
//!
//! In: a [`Domain`]. Out: its elements by number, so that a run can share them out among threads. The
//! elements of every domain of a policy are collected once, before rules are judged.

use super::repository::{ObjectId, PodId, Repository};
use super::value::{Container, Value};
use crate::ir::{ContainerClasses, Domain, KindReference};
use crate::manifest::Node;
use std::borrow::Cow;
use std::collections::HashMap;

/// The elements of the domains over a repository.
#[derive(Default)]
pub struct Subjects<'a> {
    kinds: HashMap<Vec<KindReference>, Vec<ObjectId>>,
    workloads: Vec<ObjectId>,
    scalables: Vec<ObjectId>,
    namespaces: Vec<(&'a str, ObjectId)>,
    containers: HashMap<[bool; 3], Vec<Container<'a>>>,
    pods: usize,
    objects: usize,
}

impl<'a> Subjects<'a> {
    /// Collects the elements of these domains.
    pub fn collect<'d>(
        repository: &'a Repository<'a>,
        domains: impl IntoIterator<Item = &'d Domain>,
    ) -> Subjects<'a> {
        let mut subjects = Subjects {
            workloads: repository
                .objects()
                .filter(|id| !repository.object(*id).pods.is_empty())
                .collect(),
            scalables: repository
                .objects()
                .filter(|id| is_scalable(repository, *id))
                .collect(),
            namespaces: repository.namespaces().collect(),
            pods: repository.pods().count(),
            objects: repository.objects().count(),
            ..Subjects::default()
        };
        for domain in domains {
            match domain {
                Domain::Kinds(kinds) if !subjects.kinds.contains_key(kinds) => {
                    subjects.kinds.insert(kinds.clone(), repository.of_kinds(kinds));
                }
                Domain::Containers(classes) => {
                    subjects.containers.entry(key(*classes)).or_insert_with(|| {
                        repository
                            .pods()
                            .flat_map(|pod| containers_of(repository, pod, *classes))
                            .collect()
                    });
                }
                _ => {}
            }
        }
        subjects
    }

    /// The elements of a domain; none if it was not collected.
    pub fn of(&self, domain: &Domain) -> Elements<'_> {
        let numbered = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        match domain {
            Domain::Objects => Elements::AllObjects(numbered(self.objects)),
            Domain::Kinds(kinds) => Elements::Objects(self.kinds.get(kinds).map_or(&[], Vec::as_slice)),
            Domain::Workloads => Elements::Objects(&self.workloads),
            Domain::Scalables => Elements::Objects(&self.scalables),
            Domain::Pods => Elements::AllPods(numbered(self.pods)),
            Domain::Containers(classes) => {
                Elements::Containers(self.containers.get(&key(*classes)).map_or(&[], Vec::as_slice))
            }
            Domain::Namespaces => Elements::Namespaces(&self.namespaces),
            Domain::Elements(_) => Elements::Objects(&[]),
        }
    }
}

/// The elements of a domain, by number.
#[derive(Clone, Copy)]
pub enum Elements<'a> {
    /// So many objects from the first.
    AllObjects(u32),
    /// These objects.
    Objects(&'a [ObjectId]),
    /// So many pods from the first.
    AllPods(u32),
    /// These containers.
    Containers(&'a [Container<'a>]),
    /// These namespaces, each with an object that lives in it or is it.
    Namespaces(&'a [(&'a str, ObjectId)]),
}

impl<'a> Elements<'a> {
    /// How many there are.
    pub fn count(self) -> usize {
        match self {
            Elements::AllObjects(count) | Elements::AllPods(count) => count as usize,
            Elements::Objects(ids) => ids.len(),
            Elements::Containers(containers) => containers.len(),
            Elements::Namespaces(names) => names.len(),
        }
    }

    /// The element of that number; absent behind the last.
    pub fn get(self, index: usize) -> Value<'a> {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let found = match self {
            Elements::AllObjects(count) => (number < count).then_some(Value::Object(ObjectId(number))),
            Elements::Objects(ids) => ids.get(index).copied().map(Value::Object),
            Elements::AllPods(count) => (number < count).then_some(Value::Pod(PodId(number))),
            Elements::Containers(containers) => containers.get(index).copied().map(Value::Container),
            Elements::Namespaces(names) => names
                .get(index)
                .map(|(name, _)| Value::Text(Cow::Borrowed(*name))),
        };
        found.unwrap_or(Value::Absent)
    }
}

fn key(classes: ContainerClasses) -> [bool; 3] {
    [classes.regular, classes.init, classes.ephemeral]
}

fn is_scalable(repository: &Repository<'_>, id: ObjectId) -> bool {
    let object = repository.object(id);
    matches!(
        (object.group, object.resource.kind.as_str()),
        ("apps", "Deployment" | "StatefulSet" | "ReplicaSet") | ("", "ReplicationController")
    )
}

/// The containers of a pod, in the order in which they are judged. A null among them is an empty one.
pub fn containers_of<'a>(
    repository: &Repository<'a>,
    pod: PodId,
    classes: ContainerClasses,
) -> impl Iterator<Item = Container<'a>> + use<'a> {
    let spec = repository
        .pod(pod)
        .template
        .and_then(|template| template.get("spec"));
    classes
        .fields()
        .filter_map(move |field| Some((field, spec?.get(field)?)))
        .flat_map(move |(field, list)| {
            let elements: &'a [Node] = list.elements();
            elements.iter().map(move |node| Container { pod, field, node })
        })
}
