//! Annotations by which other tools leave objects out.
//!
//! In: the objects. Out: each annotation with its object.

use super::repository::Repository;
use super::setup::{Exempt, Setup};
use crate::manifest::{Entry, Node, Resource};

/// The annotations of an object whose keys begin so, where `templates` those of its pod template as well.
pub fn of<'a>(object: &'a Resource, prefix: &str, templates: bool) -> Vec<&'a Entry> {
    let places: [&[&str]; 3] = [
        &["metadata"],
        &["spec", "template", "metadata"],
        &["spec", "jobTemplate", "spec", "template", "metadata"],
    ];
    let places = if templates { &places[..] } else { &places[..1] };
    places
        .iter()
        .filter_map(|place| object.root.path(place.iter().copied())?.get("annotations"))
        .flat_map(Node::entries)
        .filter(|entry| entry.key.starts_with(prefix))
        .collect()
}

/// What an annotation says.
pub fn text(entry: &Entry) -> &str {
    entry.value.as_str().unwrap_or("")
}

/// How an exemption names an object; `None` if it has no name of its own.
pub fn exempt(object: &Resource) -> Option<Exempt> {
    object.root.path(["metadata", "name"])?.as_str()?;
    Some(Exempt {
        kind: Some(object.kind.clone()),
        name: object.name.clone(),
        namespace: object.namespace.clone(),
    })
}

/// Exempts an object from these checks, or says that it has no name.
pub fn waive(
    setup: &mut Setup,
    object: &Resource,
    checks: Option<Vec<String>>,
    because: &str,
    entry: &Entry,
) {
    match exempt(object) {
        Some(object) => setup.exempt(checks, vec![object], because, entry.key_span),
        None => setup.lost(
            entry.key_span,
            format!(
                "`{}` stands at an object without a name, and a waiver needs one",
                entry.key
            ),
        ),
    }
}

/// Says where annotations stand in texts that are no objects before they are rendered.
pub fn strays(setup: &mut Setup, repository: &Repository, prefix: &str) -> usize {
    let strays = repository.stray(prefix);
    for span in &strays {
        setup.lost(
            *span,
            format!("`{prefix}…` stands in a template, whose objects have no names before it is rendered"),
        );
    }
    strays.len()
}
