//! What Ordain derives from values: whole objects, names, labels, images, and functions over pods.

use super::expression::Evaluator;
use super::repository::{ObjectId, PodId, Repository};
use super::value::{Part, Unknown, Value};
use super::{builtin, image, join, operators, references, subjects};
use crate::estimate::Subject;
use crate::ir::{Builtin, Constant, ContainerClasses, Measure, Property, Type};
use crate::manifest::{self, Node, Resource};
use crate::units::{Dimension, Quantity};
use std::borrow::Cow;
use std::rc::Rc;

impl<'a> Evaluator<'a> {
    /// The property of a value that was read at type `ty`.
    pub(super) fn property(&mut self, base: Value<'a>, ty: &Type, property: Property) -> Value<'a> {
        let repository = self.repository;
        match property {
            Property::Complete => return Value::Bool(repository.complete),
            Property::Low | Property::High => {
                return match (base, property) {
                    (Value::Estimate(low, _), Property::Low) => low.map_or(Value::Absent, Value::Quantity),
                    (Value::Estimate(_, high), _) => high.map_or(Value::Absent, Value::Quantity),
                    (Value::Unknown(reason), _) => Value::Unknown(reason),
                    _ => Value::Absent,
                };
            }
            Property::ImageRegistry
            | Property::ImageRepository
            | Property::ImageTag
            | Property::ImageDigest => {
                return image_part(base, property);
            }
            _ => {}
        }
        // A struct that is a container knows its pod like the containers that binders give.
        let base = match base {
            Value::Part(part) if *ty.present() == Type::Container => {
                self.container_of(&part).map_or(base, Value::Container)
            }
            base => base,
        };
        let Some(object) = base.object(repository) else {
            return base.unknown().map_or(Value::Absent, Value::Unknown);
        };
        let resource = repository.object(object).resource;
        match property {
            Property::Object => Value::Object(object),
            Property::Application => self.application(object),
            Property::Name if repository.is_application(object) && has_open_name(resource) => {
                Value::Unknown(Unknown::Variable)
            }
            Property::Name => Value::Text(Cow::Borrowed(&resource.name)),
            Property::Namespace => Value::Text(Cow::Borrowed(repository.object(object).namespace)),
            Property::Kind => Value::Text(Cow::Borrowed(&resource.kind)),
            Property::File => Value::Text(Cow::Borrowed(&repository.sources.file(resource.written).path)),
            Property::Labels | Property::Annotations => {
                let field = if property == Property::Labels {
                    "labels"
                } else {
                    "annotations"
                };
                let own = match base {
                    // What an object was before has labels of its own.
                    Value::Part(part) if matches!(ty.present(), Type::Document(_)) => {
                        join::labels_of(part.node, field)
                    }
                    _ => self.labels(&base, field),
                };
                own.map_or(Value::Absent, |node| Value::Part(Part { object, node }))
            }
            Property::Pod => match base {
                // What an object was before had a pod of its own.
                Value::Part(part) if matches!(ty.present(), Type::Document(_)) => self
                    .former_template(object, part.node)
                    .map_or(Value::Absent, |node| Value::Part(Part { object, node })),
                _ => self.pod_of(&base).map_or(Value::Absent, Value::Pod),
            },
            Property::Containers if matches!(base, Value::Part(_)) => {
                let spec = base.node(repository).and_then(|template| template.get("spec"));
                let lists = ContainerClasses::ALL
                    .fields()
                    .filter_map(|field| spec?.get(field));
                lists
                    .flat_map(|list| list.elements())
                    .filter(|node| is_container(node))
                    .map(|node| Value::Part(Part { object, node }))
                    .collect::<Rc<[_]>>()
                    .into()
            }
            Property::Containers => match self.pod_of(&base) {
                Some(pod) => Value::List(
                    subjects::containers_of(repository, pod, ContainerClasses::ALL)
                        // What is no container is a fault, and has no number among them.
                        .filter(|container| is_container(container.node))
                        .map(Value::Container)
                        .collect(),
                ),
                None => Value::Absent,
            },
            Property::ContainerClass => match base {
                Value::Container(container) => Value::Text(Cow::Borrowed(match container.field {
                    "initContainers" => "init",
                    "ephemeralContainers" => "ephemeral",
                    _ => "regular",
                })),
                _ => Value::Absent,
            },
            Property::Flags => base.node(repository).map_or(Value::Absent, |node| {
                let flags = image::flags(node).into_iter();
                Value::Map(
                    flags
                        .map(|(name, value)| (Cow::Borrowed(name), Value::Text(Cow::Borrowed(value))))
                        .collect(),
                )
            }),
            _ => Value::Absent,
        }
    }

    /// The Application that deploys an object: of several the one that is meant at the moment.
    fn application(&mut self, object: ObjectId) -> Value<'a> {
        let mut several = self.repository.applications_of(object);
        if !self.repository.complete {
            several.push(ELSEWHERE);
        }
        let chosen = match &mut self.choices {
            Some(choices) => choices.choose(&several),
            None if several.len() > 1 => return Value::Unknown(Unknown::Applications),
            None => several.first().copied(),
        };
        let Some(chosen) = chosen else {
            return Value::Absent;
        };
        if chosen == ELSEWHERE {
            return Value::Unknown(Unknown::Files);
        }
        match self.repository.object(chosen).resource.root.value {
            manifest::Value::Unknown(_) => Value::Unknown(Unknown::Application),
            _ => Value::Object(chosen),
        }
    }

    /// The labels or annotations: of the pod for pods and containers, else of the object.
    pub(super) fn labels(&self, value: &Value<'a>, field: &str) -> Option<&'a Node> {
        let owner = match value {
            Value::Pod(pod) => self.repository.pod(*pod).template?,
            Value::Container(container) => self.repository.pod(container.pod).template?,
            value => {
                &self
                    .repository
                    .object(value.object(self.repository)?)
                    .resource
                    .root
            }
        };
        join::labels_of(owner, field)
    }

    /// The pod of a container or of an object that bears pods; of several the first.
    fn pod_of(&self, value: &Value<'a>) -> Option<PodId> {
        match value {
            Value::Pod(pod) => Some(*pod),
            Value::Container(container) => Some(container.pod),
            value => self.repository.pods_of(value.object(self.repository)?).next(),
        }
    }

    /// Calls a function of the language.
    pub(super) fn apply(&mut self, function: Builtin, arguments: &[Value<'a>]) -> Value<'a> {
        let first = arguments.first().unwrap_or(&Value::Absent);
        let second = arguments.get(1).unwrap_or(&Value::Absent);
        match function {
            Builtin::Count => Value::Int(match first.node(self.repository) {
                Some(node) => count_of(node),
                None => operators::count(first),
            }),
            Builtin::Split => match (first, second.as_text()) {
                (Value::Text(Cow::Borrowed(text)), Some(separator)) => split(text, separator)
                    .map(|piece| Value::Text(Cow::Borrowed(piece)))
                    .collect::<Rc<[_]>>()
                    .into(),
                (Value::Text(text), Some(separator)) => split(text, separator)
                    .map(|piece| Value::Text(Cow::Owned(piece.to_string())))
                    .collect::<Rc<[_]>>()
                    .into(),
                _ => Value::Absent,
            },
            Builtin::Lower => first.as_text().map_or(Value::Absent, |text| {
                Value::Text(Cow::Owned(text.to_ascii_lowercase()))
            }),
            Builtin::CidrContains => match (first.as_text(), second.as_text()) {
                (Some(range), Some(inner)) => Value::Bool(builtin::cidr_contains(range, inner)),
                _ => Value::Bool(false),
            },
            Builtin::Semver => match (first.as_text(), second.as_text()) {
                (Some(a), Some(b)) => builtin::semver(a, b).map_or(Value::Absent, Value::Int),
                _ => Value::Absent,
            },
            Builtin::Keys => self.keys(first),
            Builtin::References => self.references(first, &arguments[1.min(arguments.len())..]),
            Builtin::Base => self.base(first),
            Builtin::Cost => self.estimate(first, Measure::Cost),
            Builtin::Carbon => self.estimate(first, Measure::Carbon),
            Builtin::Energy => self.estimate(first, Measure::Energy),
            Builtin::Replicas => match self.subject_of_estimate(first) {
                Ok(Some(object)) => {
                    let (low, high) = crate::estimate::replicas(self.repository, object);
                    Value::Estimate(low.map(count), high.map(count))
                }
                Ok(None) => Value::Absent,
                Err(reason) => Value::Unknown(reason),
            },
            Builtin::Requests => match (self.subject_of_estimate(first), second.as_text()) {
                (Ok(Some(object)), Some(resource)) => {
                    let (low, high) = crate::estimate::requests(self.repository, object, resource);
                    Value::Estimate(low, high)
                }
                (Err(reason), _) => Value::Unknown(reason),
                _ => Value::Absent,
            },
        }
    }

    fn keys(&self, value: &Value<'a>) -> Value<'a> {
        let mut keys: Vec<Cow<'a, str>> = match (value, value.node(self.repository)) {
            (Value::Map(entries), _) => entries.iter().map(|(key, _)| key.clone()).collect(),
            (Value::Constant(Constant::Map(entries)), _) => {
                entries.iter().map(|(key, _)| Cow::Borrowed(&**key)).collect()
            }
            (_, Some(node)) => node
                .entries()
                .iter()
                .filter(|entry| !entry.value.is_null())
                .map(|entry| Cow::Borrowed(&*entry.key))
                .collect(),
            _ => Vec::new(),
        };
        keys.sort_unstable();
        keys.into_iter().map(Value::Text).collect::<Rc<[_]>>().into()
    }

    fn references(&self, pod: &Value<'a>, kinds: &[Value<'a>]) -> Value<'a> {
        let Some(pod) = self.pod_of(pod) else {
            return Value::Absent;
        };
        let is_wanted = |kind: &str| {
            kinds.is_empty()
                || kinds.iter().any(|wanted| match wanted {
                    Value::Text(text) => text == kind,
                    Value::Constant(Constant::List(names)) => names
                        .iter()
                        .any(|name| matches!(name, Constant::String(name) if &**name == kind)),
                    _ => false,
                })
        };
        references::of_pod(self.repository.pod(pod))
            .into_iter()
            .filter(|reference| is_wanted(reference.kind))
            .map(Value::Reference)
            .collect::<Rc<[_]>>()
            .into()
    }

    /// The same object in the base revision.
    fn base(&self, value: &Value<'a>) -> Value<'a> {
        let Some(base) = self.repository.base else {
            return Value::Unknown(Unknown::Base);
        };
        let Some(object) = value.object(self.repository) else {
            return Value::Absent;
        };
        self.former(base, object).map_or(Value::Absent, |id| {
            // Nodes carry no repository: what is read of the base is told at the object of today.
            Value::Part(Part {
                object,
                node: &base.object(id).resource.root,
            })
        })
    }

    /// What an object of today was at the base revision.
    fn former(&self, base: &Repository<'a>, object: ObjectId) -> Option<ObjectId> {
        let object = self.repository.object(object);
        let named = base.named(&object.resource.kind, &object.resource.name);
        named.iter().copied().find(|id| base.same(*id, object))
    }

    /// The pod template of what an object was, whose root is given.
    fn former_template(&self, object: ObjectId, root: &'a Node) -> Option<&'a Node> {
        let base = self.repository.base?;
        let id = self.former(base, object)?;
        let pod = base.pods_of(id).next()?;
        std::ptr::eq(&base.object(id).resource.root, root).then_some(base.pod(pod).template)?
    }

    /// The object whose estimate is asked for. Without all files its autoscaler may be missing.
    fn subject_of_estimate(&self, value: &Value<'a>) -> Result<Option<ObjectId>, Unknown> {
        match self.repository.complete {
            true => Ok(value.object(self.repository)),
            false => Err(Unknown::Files),
        }
    }

    fn estimate(&self, value: &Value<'a>, measure: Measure) -> Value<'a> {
        let subject = match (self.subject_of_estimate(value), value) {
            (Err(reason), _) => return Value::Unknown(reason),
            (Ok(None), _) => return Value::Absent,
            (_, Value::Pod(pod)) => Subject::Pod(*pod),
            (_, Value::Container(container)) => Subject::Container(*container),
            // A container that was found by its place in a list is one all the same.
            (Ok(Some(object)), Value::Part(part)) => self
                .container_of(part)
                .map_or(Subject::Object(object), Subject::Container),
            (Ok(Some(object)), _) => Subject::Object(object),
        };
        let (low, high) = self.context.estimator.estimate(self.repository, subject, measure);
        Value::Estimate(low, high)
    }
}

/// Whether only Argo CD knows the name of an Application.
fn has_open_name(application: &Resource) -> bool {
    let name = application.root.path(["metadata", "name"]);
    name.is_some_and(|name| matches!(name.value, manifest::Value::Unknown(_)))
}

/// Stands for the Applications in files that were not given.
const ELSEWHERE: ObjectId = ObjectId(u32::MAX);

/// Whether an element of a list of containers can be one.
fn is_container(node: &Node) -> bool {
    matches!(node.value, manifest::Value::Mapping(_) | manifest::Value::Null)
}

impl<'a> From<Rc<[Value<'a>]>> for Value<'a> {
    fn from(values: Rc<[Value<'a>]>) -> Value<'a> {
        Value::List(values)
    }
}

fn count(replicas: i128) -> Quantity {
    Quantity::whole(replicas, Dimension::COUNT)
}

fn count_of(node: &Node) -> i128 {
    match &node.value {
        manifest::Value::Sequence(nodes) => nodes.len() as i128,
        manifest::Value::Mapping(mapping) => mapping
            .entries()
            .iter()
            .filter(|entry| !entry.value.is_null())
            .count() as i128,
        _ => 0,
    }
}

/// The pieces between separators. Without a separator the text is one piece.
fn split<'t>(text: &'t str, separator: &str) -> impl Iterator<Item = &'t str> + use<'t> {
    let pieces: Vec<&str> = match separator {
        "" => vec![text],
        separator => text.split(separator).collect(),
    };
    pieces.into_iter()
}

fn image_part<'a>(base: Value<'a>, property: Property) -> Value<'a> {
    let Value::Text(text) = base else {
        return base.unknown().map_or(Value::Absent, Value::Unknown);
    };
    let image = image::parse(&text);
    let own = |text: &str| Value::Text(Cow::Owned(text.to_string()));
    match property {
        Property::ImageRegistry => own(image.registry),
        Property::ImageRepository => own(&image.repository),
        Property::ImageTag => image.tag.map_or(Value::Absent, own),
        _ => image.digest.map_or(Value::Absent, own),
    }
}
