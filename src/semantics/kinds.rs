//! Kinds as policies name them → the kinds and definitions of the API.
//!
//! A kind's name means all its versions. A kind of a group that neither the API nor a tool's schema knows is
//! taken at its word: its fields are of type `Any`.

use super::checker::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::KindReference;
use crate::schema::{DefinitionId, Kind, Schema};
use crate::source::Span;
use crate::suggest::{nearest, one_of};
use crate::syntax::ast::KindName;
use std::sync::Arc;

impl Checker<'_> {
    /// The kinds that are named; those that are unknown are reported and left out.
    pub(crate) fn kinds(&mut self, names: &[KindName]) -> Vec<KindReference> {
        let mut kinds: Vec<KindReference> = Vec::new();
        for name in names {
            if let Some(kind) = self.kind(name)
                && !kinds.contains(&kind)
            {
                kinds.push(kind);
            }
        }
        kinds
    }

    /// The kind that is named; `None` if it is unknown, which is reported.
    pub(crate) fn kind(&mut self, name: &KindName) -> Option<KindReference> {
        let schema = self.schema();
        let found = schema.kinds(&name.kind, name.group.as_deref());
        if let (Some(group), true) = (&name.group, found.is_empty()) {
            return Some(KindReference {
                kind: name.kind.as_str().into(),
                groups: vec![group.as_str().into()],
            });
        }
        let groups = groups_of(&found);
        if groups.is_empty() {
            let diagnostic = unknown_kind(schema, &name.kind, name.span);
            self.report(diagnostic);
            return None;
        }
        // The API's own kinds of one name are one kind under its old and new groups.
        if groups.len() > 1 && name.group.is_none() && found.iter().all(|kind| is_custom(kind)) {
            let choices: Vec<String> = groups
                .iter()
                .map(|group| format!("{} of {group}", name.kind))
                .collect();
            let message = format!("`{}` is a kind of several groups", name.kind);
            self.report(Diagnostic::new(Code::E0203, name.span, message).help(format!(
                "say which: {}",
                one_of(choices.iter().map(String::as_str))
            )));
            return None;
        }
        Some(KindReference {
            kind: name.kind.as_str().into(),
            groups,
        })
    }
}

/// Whether a kind is none of the API's own.
fn is_custom(kind: &Kind) -> bool {
    kind.group.contains('.') && !kind.group.ends_with(".k8s.io")
}

fn groups_of(kinds: &[&Kind]) -> Vec<Arc<str>> {
    let mut groups: Vec<Arc<str>> = kinds.iter().map(|kind| kind.group.clone()).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// The names of all kinds.
pub(super) fn kind_names(schema: &Schema) -> impl Iterator<Item = &str> {
    schema.all_kinds().map(|kind| kind.kind.as_ref())
}

fn unknown_kind(schema: &Schema, kind: &str, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::E0203, span, format!("unknown kind `{kind}`"));
    match nearest(kind, kind_names(schema)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
            format!("write `{near}`"),
            true,
            span,
            near,
        ),
        None => diagnostic.help(format!(
            "no definition of it was found: add its CustomResourceDefinition to the repository, or write \
             `{kind} of GROUP` to use it without one"
        )),
    }
}

/// The kind of that name, with all its groups; `None` if there is none.
pub(super) fn kind_named(schema: &Schema, name: &str) -> Option<KindReference> {
    let groups = groups_of(&schema.kinds(name, None));
    (!groups.is_empty()).then(|| KindReference {
        kind: name.into(),
        groups,
    })
}

/// The definitions of a kind's versions, the most stable first; none if the API does not know it.
pub(super) fn definitions(schema: &Schema, reference: &KindReference) -> Vec<DefinitionId> {
    let mut definitions: Vec<DefinitionId> = Vec::new();
    let of_group = |group: &Arc<str>| schema.fields_of_kind(&reference.kind, group);
    for definition in reference.groups.iter().flat_map(of_group) {
        if !definitions.contains(&definition) {
            definitions.push(definition);
        }
    }
    definitions
}

/// Whether all objects of these kinds bear pods, as far as the API says; never for no kinds at all.
pub(super) fn bear_pods(schema: &Schema, kinds: &[KindReference]) -> bool {
    !kinds.is_empty()
        && kinds.iter().all(|kind| {
            versions(schema, kind)
                .iter()
                .any(|version| version.pod_spec.is_some())
        })
}

/// All kinds that bear pods.
pub(super) fn workloads(schema: &Schema) -> Vec<KindReference> {
    let mut kinds: Vec<KindReference> = schema
        .all_kinds()
        .filter(|kind| kind.pod_spec.is_some())
        .map(|kind| {
            kind_named(schema, &kind.kind)
                .filter(|known| known.groups.contains(&kind.group))
                .unwrap_or(KindReference {
                    kind: kind.kind.clone(),
                    groups: vec![kind.group.clone()],
                })
        })
        .collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

/// The kinds whose replicas can be scaled.
pub(super) fn scalables(schema: &Schema) -> Vec<KindReference> {
    ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"]
        .into_iter()
        .filter_map(|kind| kind_named(schema, kind))
        .collect()
}

fn versions<'a>(schema: &'a Schema, reference: &KindReference) -> Vec<&'a Kind> {
    let of_group = |group: &Arc<str>| schema.kinds(&reference.kind, Some(group));
    reference.groups.iter().flat_map(of_group).collect()
}

/// The definitions that the language has words for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Core {
    pub(super) object_meta: Option<DefinitionId>,
    pub(super) pod_spec: Option<DefinitionId>,
    pub(super) container: Option<DefinitionId>,
    pub(super) ephemeral_container: Option<DefinitionId>,
}

impl Core {
    /// Finds them by their names.
    pub(super) fn of(schema: &Schema) -> Core {
        Core {
            object_meta: schema.definition_named("meta.v1.ObjectMeta"),
            pod_spec: schema.definition_named("core.v1.PodSpec"),
            container: schema.definition_named("core.v1.Container"),
            ephemeral_container: schema.definition_named("core.v1.EphemeralContainer"),
        }
    }

    /// Whether a definition is that of a container of a pod.
    pub(super) fn is_container(&self, id: DefinitionId) -> bool {
        self.container == Some(id) || self.ephemeral_container == Some(id)
    }
}
