//! Where in a manifest an expression points: the bytes of a finding.
//!
//! In: the `at` of a clause. Out: the node that it reads, or the nearest parent that exists with the keys
//! that are missing below it, and from these the span that a reader wants to be sent to.

use super::expression::{Evaluator, Origin};
use super::repository::{ObjectId, Repository};
use super::value::Value;
use crate::ir::{Expression, ExpressionKind, Property};
use crate::manifest::Node;
use crate::source::Span;

/// A node with the key that it stands under.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The object.
    pub object: ObjectId,
    /// The node.
    pub node: &'a Node,
    /// Its key; none for elements of lists and whole objects.
    pub key: Option<Span>,
}

/// The place of an expression.
#[derive(Debug, Clone)]
pub struct Located<'a> {
    /// The place, or its nearest parent that exists.
    pub place: Place<'a>,
    /// The keys that are missing below it; empty if the place exists.
    pub missing: Vec<String>,
    /// Whether it stands for a part of another object, which is not looked for here.
    pub is_elsewhere: bool,
}

impl<'a> Place<'a> {
    /// The place of a value that is a part of a manifest.
    pub fn of_value(value: &Value<'a>, repository: &Repository<'a>) -> Option<Place<'a>> {
        let object = value.object(repository)?;
        let root = &repository.object(object).resource.root;
        let Value::Pod(pod) = value else {
            let node = value.node(repository)?;
            return Some(Place {
                object,
                node,
                key: None,
            });
        };
        let pod = repository.pod(*pod);
        let mut place = Place {
            object,
            node: root,
            key: None,
        };
        for key in pod.path {
            match place.child(key) {
                Some(child) => place = child,
                None => break,
            }
        }
        match pod.template {
            Some(node) if !std::ptr::eq(node, place.node) => Some(Place {
                object,
                node,
                key: None,
            }),
            _ => Some(place),
        }
    }

    /// The value of a key that is not null.
    pub fn child(&self, key: &str) -> Option<Place<'a>> {
        self.entry(key).filter(|place| !place.node.is_null())
    }

    /// The value of a key, null or not.
    fn entry(&self, key: &str) -> Option<Place<'a>> {
        self.node
            .entries()
            .iter()
            .find(|entry| &*entry.key == key)
            .map(|entry| Place {
                object: self.object,
                node: &entry.value,
                key: Some(entry.key_span),
            })
    }

    /// The bytes by which a reader knows the place at a glance: the value if it stands on one line, else
    /// its key, its name, or its first key.
    pub fn span(&self, repository: &Repository<'_>) -> Span {
        let span = self.node.span;
        let text = repository.sources.text(span);
        if !text.is_empty() && !text.trim_end().contains('\n') && !self.is_object(repository) {
            return span;
        }
        self.heading(repository)
    }

    /// The bytes that name the place itself rather than what is in it.
    pub fn heading(&self, repository: &Repository<'_>) -> Span {
        if let Some(key) = self.key.filter(|_| !self.is_pod_template(repository)) {
            return key;
        }
        let name = match self.is_object(repository) {
            true => self
                .node
                .path(["metadata", "name"])
                .or_else(|| self.node.get("kind")),
            false => self.node.get("name"),
        };
        if let Some(name) = name {
            return name.span;
        }
        if let Some(first) = self.node.entries().first() {
            return first.key_span;
        }
        if let Some(first) = self.node.elements().first() {
            return Place { node: first, ..*self }.heading(repository);
        }
        first_line(self.node.span, repository)
    }

    /// A pod template is judged by itself, whatever key it stands under.
    fn is_pod_template(&self, repository: &Repository<'_>) -> bool {
        repository.pods_of(self.object).any(|pod| {
            let template = repository.pod(pod).template;
            template.is_some_and(|template| std::ptr::eq(template, self.node))
        })
    }

    fn is_object(&self, repository: &Repository<'_>) -> bool {
        std::ptr::eq(self.node, &repository.object(self.object).resource.root)
    }
}

fn first_line(span: Span, repository: &Repository<'_>) -> Span {
    let text = repository.sources.text(span);
    let length = text.lines().next().unwrap_or("").len();
    Span {
        end: span.start + length as u32,
        ..span
    }
}

impl<'a> Located<'a> {
    fn exact(place: Place<'a>) -> Located<'a> {
        Located {
            place,
            missing: Vec::new(),
            is_elsewhere: false,
        }
    }

    fn then(mut self, key: &str) -> Located<'a> {
        if self.is_elsewhere {
            return self;
        }
        if self.missing.is_empty()
            && let Some(child) = self.place.child(key)
        {
            return Located::exact(child);
        }
        self.missing.push(key.to_string());
        self
    }

    /// The bytes to point at, and what to say there.
    pub fn span(&self, repository: &Repository<'_>) -> (Span, String) {
        let Some(first) = self.missing.first() else {
            return (self.place.span(repository), String::new());
        };
        // A null that somebody wrote is the best place to tell that the value is missing.
        let span = match self.place.entry(first) {
            Some(null) => null.heading(repository),
            None => self.place.heading(repository),
        };
        (span, format!("`{}` is missing here", self.missing.join(".")))
    }
}

impl<'a> Evaluator<'a> {
    /// The place of an expression, if it reads a manifest at all.
    pub fn locate(&mut self, expression: &'a Expression) -> Option<Located<'a>> {
        match &expression.kind {
            ExpressionKind::Local(slot) => {
                let bound = self.bound(*slot)?;
                match bound.origin {
                    Origin::Definition(definition) => self.locate(definition),
                    _ => bound.place(self.repository).map(Located::exact),
                }
            }
            ExpressionKind::Field { base, name, .. } => Some(self.locate(base)?.then(name)),
            ExpressionKind::Index(base, key) => {
                // Containers of all classes are one list, whose numbers are not those of any list of the manifest.
                if matches!(base.kind, ExpressionKind::Property(_, Property::Containers))
                    && let container @ Value::Container(_) = self.evaluate(expression)
                {
                    return Place::of_value(&container, self.repository).map(Located::exact);
                }
                let located = self.locate(base)?;
                if located.is_elsewhere {
                    return Some(located);
                }
                match self.evaluate(key) {
                    Value::Text(key) => Some(located.then(&key)),
                    Value::Int(index) => {
                        let element = usize::try_from(index).ok();
                        let element = element.and_then(|index| located.place.node.elements().get(index));
                        match element.filter(|_| located.missing.is_empty()) {
                            Some(node) => Some(Located::exact(Place {
                                object: located.place.object,
                                node,
                                key: None,
                            })),
                            None => {
                                let mut located = located;
                                located.missing.push(format!("[{index}]"));
                                Some(located)
                            }
                        }
                    }
                    _ => Some(located),
                }
            }
            ExpressionKind::Property(base, property) => self.locate_property(base, *property),
            ExpressionKind::Coalesce(first, second) => {
                let first = self.locate(first);
                match first {
                    Some(located) if located.missing.is_empty() => Some(located),
                    None => self.locate(second),
                    first => match self.locate(second) {
                        Some(second) if second.missing.is_empty() => Some(second),
                        _ => first,
                    },
                }
            }
            _ => {
                let children = expression.children();
                children.into_iter().find_map(|child| self.locate(child))
            }
        }
    }

    fn locate_property(&mut self, base: &'a Expression, property: Property) -> Option<Located<'a>> {
        let located = self.locate(base)?;
        if located.is_elsewhere {
            return Some(located);
        }
        let repository = self.repository;
        let object = located.place.object;
        let root = Located::exact(Place {
            object,
            node: &repository.object(object).resource.root,
            key: None,
        });
        Some(match property {
            Property::Object | Property::File => root,
            // A finding is about the object, whoever deploys it.
            Property::Application => Located {
                is_elsewhere: true,
                ..root
            },
            Property::Name => root.then("metadata").then("name"),
            Property::Namespace => root.then("metadata").then("namespace"),
            Property::Kind => root.then("kind"),
            Property::Pod | Property::Containers | Property::Labels | Property::Annotations => {
                let value = self.evaluate(base);
                let of_pod = matches!(property, Property::Pod | Property::Containers)
                    || matches!(value, Value::Pod(_) | Value::Container(_));
                let owner = if of_pod {
                    match self.property(value, &base.ty, Property::Pod) {
                        // The way to a template that is missing begins where the manifest ends.
                        Value::Pod(id) if repository.pod(id).template.is_none() => {
                            let path = &repository.pod(id).path;
                            path.iter().fold(root, |located, key| located.then(key))
                        }
                        pod => Place::of_value(&pod, repository).map_or(root, Located::exact),
                    }
                } else {
                    root
                };
                match property {
                    Property::Pod => owner,
                    Property::Containers => owner.then("spec").then("containers"),
                    Property::Labels => owner.then("metadata").then("labels"),
                    _ => owner.then("metadata").then("annotations"),
                }
            }
            Property::Flags => {
                let arguments = located.clone().then("args");
                if arguments.missing.is_empty() {
                    arguments
                } else {
                    located
                }
            }
            _ => located,
        })
    }
}
