//! Binders → statements that bind names to each element in turn, and what the names stand for.

use super::expression::{Writer, reader};
use super::scope::{Binding, Path, Place};
use super::{Reason, Result, text};
use crate::ir::{
    Builtin, ContainerClasses, Domain, Each, Expression, ExpressionKind, KindReference, Property, Type,
};

/// The kinds of the language's `scalables`.
pub const SCALABLES: [&str; 4] = [
    "apps/Deployment",
    "apps/StatefulSet",
    "apps/ReplicaSet",
    "/ReplicationController",
];

impl Writer<'_> {
    /// The statements that bind a binder's names to each element in turn.
    pub fn each(&mut self, each: &Each) -> Result<Vec<String>> {
        let Domain::Elements(list) = &each.domain else {
            if each.key.is_some() {
                return Err(Reason::new(each.span, "it numbers the objects of a repository"));
            }
            return Ok(self.subjects(each));
        };
        let pod_list = match &list.kind {
            ExpressionKind::Property(base, Property::Containers) => {
                let pod = self.pod(base)?;
                let container = self.scope.variable(each.value);
                let place = self.placed(base)?;
                self.bind_container(each, &container, &place, &pod);
                Some(format!(
                    "some {container} in _containers({pod}, {})",
                    container_fields(ContainerClasses::ALL)
                ))
            }
            ExpressionKind::Call(Builtin::References, arguments) => {
                let call = self.references(list, arguments)?;
                let reference = self.scope.variable(each.value);
                let place = self.placed(arguments.first().unwrap_or(list))?;
                self.scope.bind(
                    each.value,
                    Binding {
                        value: format!("{reference}.value"),
                        nullable: false,
                        place: Some(place.at(Path::of(format!("{reference}.path")))),
                    },
                );
                Some(format!("some {reference} in {call}"))
            }
            _ => None,
        };
        if let Some(line) = pod_list {
            return self.numbered(each, line);
        }
        let is_of_scalars = match list.ty.present() {
            Type::List(element) => matches!(
                element.present(),
                Type::Bool | Type::Int | Type::Decimal | Type::String | Type::Image | Type::Quantity(_)
            ),
            _ => false,
        };
        if let ExpressionKind::List(parts) = &list.kind
            && !is_of_scalars
            && let Some(line) = self.listed(each, parts)?
        {
            return self.numbered(each, line);
        }
        self.elements(each, list)
    }

    /// A binder over elements that have no numbers of their own in manifests.
    fn numbered(&mut self, each: &Each, line: String) -> Result<Vec<String>> {
        match each.key {
            Some(_) => Err(Reason::new(
                each.span,
                "it numbers the elements of a computed list",
            )),
            None => Ok(vec![line]),
        }
    }

    /// The elements of a list whose parts stand at places known one by one.
    fn listed(&mut self, each: &Each, parts: &[Expression]) -> Result<Option<String>> {
        let mut resource: Option<Place> = None;
        let mut elements = Vec::new();
        for part in parts {
            let Some(place) = self.place(part)? else {
                return Ok(None);
            };
            if resource
                .as_ref()
                .is_some_and(|known| known.resource != place.resource)
            {
                return Ok(None);
            }
            elements.push(format!(
                "{{\"path\": {}, \"value\": {}}}",
                place.path.term(),
                self.term(part)?
            ));
            resource.get_or_insert(place);
        }
        let Some(place) = resource else {
            return Ok(None);
        };
        let variable = self.scope.variable(each.value);
        self.scope.bind(
            each.value,
            Binding {
                value: format!("{variable}.value"),
                nullable: false,
                place: Some(place.at(Path::of(format!("{variable}.path")))),
            },
        );
        Ok(Some(format!(
            "some {variable} in _placed({})",
            text::list(elements)
        )))
    }

    fn elements(&mut self, each: &Each, list: &Expression) -> Result<Vec<String>> {
        let place = self.place(list)?.filter(|_| self.stands_in_a_manifest(list));
        let is_list = matches!(list.ty.present(), Type::List(_));
        let domain = match (is_list, list.ty.present()) {
            (true, _) | (_, Type::Map(_)) => self.term(list)?,
            (false, _) => format!("_map({})", self.structure(list)?),
        };
        let from_manifest = !is_list && place.is_some();
        let value = self.scope.variable(each.value);
        let reader = self
            .scope
            .local(each.value)
            .and_then(|local| reader(&local.ty))
            .filter(|_| from_manifest);
        let key = match each.key {
            Some(slot) => self.scope.variable(slot),
            None => {
                let wish = if is_list { "index" } else { "key" };
                self.scope.fresh(wish)
            }
        };
        let mut lines = Vec::new();
        match reader {
            Some(reader) => {
                let raw = self.scope.fresh("entry");
                lines.push(format!("some {key}, {raw} in {domain}"));
                lines.push(format!("{value} := {reader}({raw})"));
            }
            None => lines.push(format!("some {key}, {value} in {domain}")),
        }
        if let Some(slot) = each.key {
            self.scope.bind(
                slot,
                Binding {
                    value: key.clone(),
                    nullable: false,
                    place: place.as_ref().map(|place| place.then(&key)),
                },
            );
        }
        self.scope.bind(
            each.value,
            Binding {
                place: match self.scope.local(each.value).map(|local| local.ty.present()) {
                    Some(Type::Document(_)) => Some(Place::of_resource(&value)),
                    _ => place.map(|place| place.then(&key)),
                },
                value,
                nullable: true,
            },
        );
        Ok(lines)
    }

    /// The elements of a domain of the repository.
    fn subjects(&mut self, each: &Each) -> Vec<String> {
        let is_reviewed = self.reviewed == Some(each.value);
        let resources = match is_reviewed {
            true => reviewed(&each.domain),
            false => resources(&each.domain),
        };
        let (pods, containers) = match &each.domain {
            Domain::Namespaces => {
                let namespace = self.scope.variable(each.value);
                self.scope.bind(
                    each.value,
                    Binding {
                        value: format!("{namespace}.name"),
                        nullable: false,
                        place: Some(Place::of_resource(&format!("{namespace}.resource"))),
                    },
                );
                let namespaces = if is_reviewed {
                    "_namespaces_reviewed"
                } else {
                    "_namespaces"
                };
                return vec![format!("some {namespace} in {namespaces}")];
            }
            Domain::Pods => (true, None),
            Domain::Containers(classes) => (true, Some(*classes)),
            _ => (false, None),
        };
        if !pods {
            let resource = self.scope.variable(each.value);
            let mut lines = vec![format!("some {resource} in {resources}")];
            if matches!(each.domain, Domain::Workloads) {
                lines.push(format!("_pods({resource}) != []"));
            }
            self.scope.bind(
                each.value,
                Binding {
                    value: resource.clone(),
                    nullable: false,
                    place: Some(Place::of_resource(&resource)),
                },
            );
            return lines;
        }
        let wish = self.scope.local(each.value).map(|local| local.name.clone());
        let resource = self.scope.fresh("resource");
        let mut lines = vec![format!("some {resource} in {resources}")];
        let Some(classes) = containers else {
            let pod = self.scope.fresh(wish.as_deref().unwrap_or("pod"));
            lines.push(format!("some {pod} in _pods({resource})"));
            let mut place = Place::of_resource(&resource).at(Path::of(format!("{pod}.path")));
            place.pod = Some(pod.clone());
            self.scope.bind(
                each.value,
                Binding {
                    value: format!("{pod}.value"),
                    nullable: true,
                    place: Some(place),
                },
            );
            return lines;
        };
        let pod = self.scope.fresh("pod");
        let container = self.scope.fresh(wish.as_deref().unwrap_or("container"));
        lines.push(format!("some {pod} in _pods({resource})"));
        lines.push(format!(
            "some {container} in _containers({pod}, {})",
            container_fields(classes)
        ));
        self.bind_container(each, &container, &Place::of_resource(&resource), &pod);
        lines
    }

    fn bind_container(&mut self, each: &Each, container: &str, owner: &Place, pod: &str) {
        self.scope.bind(
            each.value,
            Binding {
                value: format!("{container}.value"),
                nullable: false,
                place: Some(Place {
                    resource: owner.resource.clone(),
                    path: Path::of(format!("{container}.path")),
                    pod: Some(pod.to_owned()),
                    container: Some(container.to_owned()),
                }),
            },
        );
    }
}

/// The objects that a domain is made from, as a term.
pub fn resources(domain: &Domain) -> String {
    match domain {
        Domain::Kinds(kinds) => format!("_of_kinds({})", kind_set(kinds)),
        Domain::Scalables => format!(
            "_of_kinds({})",
            text::set(SCALABLES.iter().map(|kind| kind.to_string()))
        ),
        _ => "_objects".to_owned(),
    }
}

/// What of a domain is under review, as a term.
pub fn reviewed(domain: &Domain) -> String {
    let all = resources(domain);
    match all.strip_prefix("_of_kinds(") {
        Some(kinds) => format!("_of_kinds_reviewed({kinds}"),
        None => "_reviewed".to_owned(),
    }
}

/// Kinds as the prelude compares them: GROUP/KIND.
pub fn kind_set(kinds: &[KindReference]) -> String {
    text::set(kinds.iter().flat_map(|kind| {
        kind.groups
            .iter()
            .map(move |group| format!("{group}/{}", kind.kind))
    }))
}

pub fn container_fields(classes: ContainerClasses) -> String {
    text::list(classes.fields().map(text::string))
}
