//! Faults of manifests that keep a rule from judging an object: ill-typed values, and missing ones that
//! the API demands.
//!
//! In: what a group reads ([`crate::ir::reads`]) and an element of a domain. Out: [`Fault`]s.

use super::place::Place;
use super::print;
use super::repository::Repository;
use super::value::{self, Part, Value, quantity};
use crate::ir::Type;
use crate::ir::reads::{DomainReads, Segment, Shape};
use crate::manifest::{self, Node};
use crate::source::Span;
use crate::units::Dimension;

/// A value of the wrong type, or a required one that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// The path of the field from what is judged.
    pub field: String,
    /// What to do.
    pub help: &'static str,
}

/// Checks an element of a domain, and what it stands in: its object and its pod.
pub fn of_element<'a>(repository: &Repository<'a>, reads: &DomainReads, element: &Value<'a>) -> Vec<Fault> {
    let mut checker = Checker {
        repository,
        faults: Vec::new(),
        element: element.object(repository),
    };
    match element {
        Value::Container(container) => {
            let object = repository.pod(container.pod).object;
            checker.root(
                &reads.container,
                Some(Part {
                    object,
                    node: container.node,
                }),
            );
        }
        Value::Pod(id) => {
            let pod = repository.pod(*id);
            let root = &repository.object(pod.object).resource.root;
            checker.root(
                &reads.document,
                Some(Part {
                    object: pod.object,
                    node: root,
                }),
            );
            checker.pod(&reads.pod, *id);
        }
        value => {
            let Some(object) = value.object(repository) else {
                return Vec::new();
            };
            let root = &repository.object(object).resource.root;
            checker.root(&reads.document, Some(Part { object, node: root }));
            if !reads.pod.parts.is_empty() {
                for pod in repository.pods_of(object) {
                    checker.pod(&reads.pod, pod);
                }
            }
        }
    }
    checker.faults
}

/// Steps from the root of a shape to a value, for messages.
struct Trail<'t> {
    parent: Option<&'t Trail<'t>>,
    step: Step<'t>,
}

#[derive(Clone, Copy)]
enum Step<'t> {
    Key(&'t str),
    Index(usize),
}

impl Trail<'_> {
    fn write(&self, out: &mut String) {
        if let Some(parent) = self.parent {
            parent.write(out);
        }
        match self.step {
            Step::Key(key) if out.is_empty() => out.push_str(key),
            Step::Key(key) => {
                out.push('.');
                out.push_str(key);
            }
            Step::Index(index) => {
                out.push_str(&format!("[{index}]"));
            }
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        self.write(&mut path);
        path
    }

    fn key(&self) -> &str {
        match self.step {
            Step::Key(key) => key,
            Step::Index(_) => "",
        }
    }
}

struct Checker<'r, 'a> {
    repository: &'r Repository<'a>,
    element: Option<super::ObjectId>,
    faults: Vec<Fault>,
}

impl<'a> Checker<'_, 'a> {
    fn pod(&mut self, shape: &Shape, id: super::PodId) {
        let pod = self.repository.pod(id);
        let Some(template) = pod.template else {
            if shape.required
                && let Some(place) = Place::of_value(&Value::Pod(id), self.repository)
            {
                let path: Vec<&str> = pod.path.iter().map(|key| &**key).collect();
                self.missing(&place, path.join("."));
            }
            return;
        };
        let part = Part {
            object: pod.object,
            node: template,
        };
        // A template that is no object is told like any other ill-typed value.
        if !matches!(template.value, manifest::Value::Mapping(_)) {
            let key = pod.path.last().map_or("", |key| &**key);
            let trail = Trail {
                parent: None,
                step: Step::Key(key),
            };
            self.ill_typed(template, &shape.expected, &trail);
            return;
        }
        self.root(shape, Some(part));
    }

    fn root(&mut self, shape: &Shape, part: Option<Part<'a>>) {
        let Some(Part { object, node }) = part else { return };
        let place = Place {
            object,
            node,
            key: None,
        };
        // A container that is no object is told where its pod's list is read.
        if !node.is_null() && !matches!(node.value, manifest::Value::Mapping(_)) {
            return;
        }
        self.parts(shape, &place, None);
    }

    /// Checks what is read below a place.
    fn parts(&mut self, shape: &Shape, place: &Place<'a>, trail: Option<&Trail<'_>>) {
        for (segment, part) in &shape.parts {
            if !self.applies(part) {
                continue;
            }
            match segment {
                Segment::Key(key) => {
                    let trail = Trail {
                        parent: trail,
                        step: Step::Key(key),
                    };
                    let child = place.node.entries().iter().find(|entry| *entry.key == **key);
                    match child.filter(|entry| !entry.value.is_null()) {
                        Some(entry) => {
                            let child = Place {
                                object: place.object,
                                node: &entry.value,
                                key: Some(entry.key_span),
                            };
                            self.check(part, &child, &trail);
                        }
                        None if part.required => self.missing(place, trail.path()),
                        None => {}
                    }
                }
                Segment::Item(index) => {
                    if let Some(node) = place.node.elements().get(*index) {
                        self.element(part, place, node, *index, trail);
                    }
                }
                Segment::Elements => {
                    for (index, node) in place.node.elements().iter().enumerate() {
                        self.element(part, place, node, index, trail);
                    }
                }
                Segment::Entries => {
                    for entry in place.node.entries().iter().filter(|entry| !entry.value.is_null()) {
                        let trail = Trail {
                            parent: trail,
                            step: Step::Key(&entry.key),
                        };
                        let child = Place {
                            object: place.object,
                            node: &entry.value,
                            key: Some(entry.key_span),
                        };
                        self.check(part, &child, &trail);
                    }
                }
            }
        }
    }

    fn applies(&self, shape: &Shape) -> bool {
        shape.only.is_empty()
            || self.element.is_some_and(|object| {
                shape
                    .only
                    .iter()
                    .any(|kind| self.repository.is_kind(object, kind))
            })
    }

    fn element(
        &mut self,
        shape: &Shape,
        list: &Place<'a>,
        node: &'a Node,
        index: usize,
        trail: Option<&Trail<'_>>,
    ) {
        let trail = Trail {
            parent: trail,
            step: Step::Index(index),
        };
        let place = Place {
            object: list.object,
            node,
            key: None,
        };
        self.check(shape, &place, &trail);
    }

    fn check(&mut self, shape: &Shape, place: &Place<'a>, trail: &Trail<'_>) {
        let node = place.node;
        let is_object = shape.expected.is_struct() || matches!(shape.expected, Type::Map(_));
        // In a list, a null struct is an empty one; a null scalar is no value.
        if node.is_null() && is_object {
            return self.parts(shape, place, Some(trail));
        }
        if !conforms(node, &shape.expected, trail.key()) {
            return self.ill_typed(node, &shape.expected, trail);
        }
        match (&shape.expected, &node.value) {
            (Type::List(element), manifest::Value::Sequence(nodes)) => {
                if shape.required && nodes.is_empty() {
                    let message = format!(
                        "missing field: `{}` is empty, but the API requires an element",
                        trail.path()
                    );
                    self.add(place.span(self.repository), trail.path(), message, MISSING_HELP);
                }
                if element.is_scalar() {
                    for (index, node) in nodes.iter().enumerate() {
                        if !conforms(node, element, "") {
                            let step = Step::Index(index);
                            let trail = Trail {
                                parent: Some(trail),
                                step,
                            };
                            self.ill_typed(node, element, &trail);
                        }
                    }
                }
            }
            (Type::Map(element), manifest::Value::Mapping(mapping)) if element.is_scalar() => {
                for entry in mapping.entries() {
                    if !entry.value.is_null() && !conforms(&entry.value, element, &entry.key) {
                        let step = Step::Key(&entry.key);
                        let trail = Trail {
                            parent: Some(trail),
                            step,
                        };
                        self.ill_typed(&entry.value, element, &trail);
                    }
                }
            }
            _ => {}
        }
        self.parts(shape, place, Some(trail));
    }

    fn ill_typed(&mut self, node: &Node, expected: &Type, trail: &Trail<'_>) {
        let path = trail.path();
        let found = match (&node.value, expected) {
            (manifest::Value::String(text), Type::Quantity(_)) => format!("`{text}`, which is no quantity"),
            (manifest::Value::Integer(_) | manifest::Value::Float(_), Type::Int | Type::IntOrString)
                if is_long(node) =>
            {
                format!("`{}`, more than a whole number of 64 bits holds", printed(node))
            }
            (manifest::Value::Float(_), Type::Int) => format!("`{}`, not a whole number", printed(node)),
            _ => format!("{}, not {}", with_article(node.type_name()), expected.in_words()),
        };
        self.add(
            node.span,
            path.clone(),
            format!("ill-typed field: `{path}` is {found}"),
            "write a value of the type that the API declares: the cluster refuses this one, so the rule can't judge it",
        );
    }

    fn missing(&mut self, parent: &Place<'a>, path: String) {
        let message = format!("missing field: `{path}` is not set, and the rule reads it");
        self.add(parent.heading(self.repository), path, message, MISSING_HELP);
    }

    fn add(&mut self, span: Span, field: String, message: String, help: &'static str) {
        self.faults.push(Fault {
            span,
            message,
            field,
            help,
        });
    }
}

const MISSING_HELP: &str =
    "add it: without it the API server refuses the object, or a controller puts in what the rule can't see";

fn printed(node: &Node) -> String {
    let mut text = String::new();
    print::print_node(node, &mut text);
    text
}

fn is_long(node: &Node) -> bool {
    match &node.value {
        manifest::Value::Integer(number) => i64::try_from(*number).is_err(),
        manifest::Value::Float(text) => value::is_long(text),
        _ => false,
    }
}

/// Whether a value is of a type, as the API decodes it.
fn conforms(node: &Node, ty: &Type, key: &str) -> bool {
    use manifest::Value as Written;
    if matches!(node.value, Written::Unknown(_)) {
        return true;
    }
    match ty.present() {
        Type::Any | Type::Error => true,
        Type::IntOrString => match &node.value {
            Written::String(_) => true,
            Written::Integer(_) | Written::Float(_) => conforms(node, &Type::Int, key),
            _ => false,
        },
        Type::Quantity(dimension) => {
            let dimension = dimension.unwrap_or_else(|| Dimension::of_resource_key(key));
            quantity(node, dimension).is_some()
        }
        Type::List(_) => matches!(node.value, Written::Sequence(_)),
        Type::Map(_) => matches!(node.value, Written::Mapping(_)),
        ty if ty.is_struct() => matches!(node.value, Written::Mapping(_)),
        ty => !matches!(Value::of_node(super::ObjectId(0), node, ty, key), Value::Absent),
    }
}

fn with_article(name: &str) -> String {
    match name {
        "object" => "an object".to_string(),
        "null" => "null".to_string(),
        name => format!("a {name}"),
    }
}
