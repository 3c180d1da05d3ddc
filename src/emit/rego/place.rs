//! Expressions → where their values stand, for what findings point at and for what belongs to an object.

use super::binder::container_fields;
use super::expression::{Writer, is_of_pod, member};
use super::scope::{Path, Place};
use super::{Reason, Result, text};
use crate::ir::{ContainerClasses, Domain, Expression, ExpressionKind, Property};

impl Writer<'_> {
    /// Where the value of an expression stands, if that can be told.
    pub fn place(&mut self, expression: &Expression) -> Result<Option<Place>> {
        Ok(match &expression.kind {
            ExpressionKind::Local(slot) => self
                .scope
                .binding(*slot)
                .and_then(|binding| binding.place.clone()),
            ExpressionKind::Field { base, name, .. } => {
                self.place(base)?.map(|place| place.then(text::string(name)))
            }
            ExpressionKind::Index(list, key) if is_containers(list) => self.place_of_container(list, key)?,
            ExpressionKind::Index(base, key) => match self.place(base)? {
                Some(place) => Some(place.then(self.term(key)?)),
                None => None,
            },
            ExpressionKind::Property(base, property) => match self.place(base)? {
                Some(place) => self.place_of_property(base, *property, place)?,
                None => None,
            },
            ExpressionKind::Coalesce(first, second) => match (self.place(first)?, self.place(second)?) {
                (Some(first), Some(second)) if first.resource == second.resource => {
                    let paths = text::list([first.path.term(), second.path.term()]);
                    let path = format!("_first_path({}, {paths})", first.resource);
                    Some(first.at(Path::of(path)))
                }
                (first, second) => first.or(second),
            },
            ExpressionKind::Constant(_) | ExpressionKind::Parameter(_) => None,
            ExpressionKind::Any(..) | ExpressionKind::Count(..) | ExpressionKind::Sum { .. } => {
                match expression.children().first() {
                    Some(list) if matches!(each_of(expression), Some(Domain::Elements(_))) => {
                        self.place(list)?
                    }
                    _ => None,
                }
            }
            _ => {
                for child in expression.children() {
                    if let Some(place) = self.place(child)? {
                        return Ok(Some(place));
                    }
                }
                None
            }
        })
    }

    /// Containers of all classes are one list, whose numbers are not those of any list of the manifest.
    fn place_of_container(&mut self, list: &Expression, key: &Expression) -> Result<Option<Place>> {
        let (ExpressionKind::Property(owner, _), Some(place)) = (&list.kind, self.place(list)?) else {
            return Ok(None);
        };
        let (pod, index) = (self.pod(owner)?, self.term(key)?);
        let fields = container_fields(ContainerClasses::ALL);
        let absent = place.then(index.clone()).path.term();
        let path = format!("_container_path(_containers({pod}, {fields}), {index}, {absent})");
        Ok(Some(place.at(Path::of(path))))
    }

    fn place_of_property(
        &mut self,
        base: &Expression,
        property: Property,
        place: Place,
    ) -> Result<Option<Place>> {
        let root = Place::of_resource(&place.resource);
        let metadata = |place: &Place, field: &str| place.then("\"metadata\"").then(text::string(field));
        Ok(Some(match property {
            Property::Object | Property::File => root,
            Property::Name => metadata(&root, "name"),
            Property::Namespace => metadata(&root, "namespace"),
            Property::Kind => root.then("\"kind\""),
            Property::Pod | Property::Containers => {
                let pod = self.pod(base)?;
                let mut owner = place.at(Path::of(member(&pod, "path")));
                owner.pod = Some(pod);
                match property {
                    Property::Pod => owner,
                    _ => owner.then("\"spec\"").then("\"containers\""),
                }
            }
            Property::Labels | Property::Annotations => {
                let field = if property == Property::Labels {
                    "labels"
                } else {
                    "annotations"
                };
                match is_of_pod(&base.ty) {
                    true => {
                        let pod = self.pod(base)?;
                        metadata(&place.at(Path::of(member(&pod, "path"))), field)
                    }
                    false => metadata(&root, field),
                }
            }
            Property::Flags => {
                let arguments = place.then("\"args\"").path.term();
                let path = format!("_path_or({}, {arguments}, {})", place.resource, place.path.term());
                place.at(Path::of(path))
            }
            _ => place,
        }))
    }

    /// Whether the elements of a list or map have places of their own.
    pub fn stands_in_a_manifest(&self, list: &Expression) -> bool {
        match &list.kind {
            ExpressionKind::Local(slot) => !self.scope.is_computed(*slot),
            ExpressionKind::Field { base, .. } | ExpressionKind::Index(base, _) => {
                self.stands_in_a_manifest(base)
            }
            ExpressionKind::Property(_, property) => *property != Property::Flags,
            ExpressionKind::Coalesce(first, second) => {
                self.stands_in_a_manifest(first) && self.stands_in_a_manifest(second)
            }
            ExpressionKind::Cast(inner, _) => self.stands_in_a_manifest(inner),
            _ => false,
        }
    }

    pub fn placed(&mut self, expression: &Expression) -> Result<Place> {
        match self.place(expression)? {
            Some(place) => Ok(place),
            None => Err(Reason::new(
                expression.span,
                "it asks for the object of a value that may come from several",
            )),
        }
    }

    /// The pod of a pod, a container, or an object that bears pods, with its path.
    pub fn pod(&mut self, base: &Expression) -> Result<String> {
        if self.is_former(base) {
            return Err(Reason::new(base.span, "it reads the pods of a former object")
                .help("read its fields, such as `base(d).spec.template.spec.containers`"));
        }
        let place = self.placed(base)?;
        Ok(match place.pod {
            Some(pod) => pod,
            None => format!("_first_pod({})", place.resource),
        })
    }
}

fn is_containers(list: &Expression) -> bool {
    matches!(list.kind, ExpressionKind::Property(_, Property::Containers))
}

fn each_of(expression: &Expression) -> Option<&Domain> {
    match &expression.kind {
        ExpressionKind::Any(each, _) | ExpressionKind::Count(each, _) | ExpressionKind::Sum { each, .. } => {
            Some(&each.domain)
        }
        _ => None,
    }
}
