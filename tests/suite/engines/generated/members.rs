//! A type → what may stand behind a value of it, with the types that follow: the API's fields, entries, and
//! what the language derives. Read from the schema, not from the checker, which is so tested against it.

use ordain::ir::{KindReference, Type};
use ordain::schema::{Absence, DefinitionId, Field, FieldType, Kind, Schema, quantity_dimension};
use std::sync::Arc;

/// A way on from a value.
#[derive(Debug, Clone)]
pub struct Member {
    /// What is written: `.image`, `["cpu"]`.
    pub text: String,
    /// Its type, if what it is a member of is there.
    pub ty: Type,
    /// The only strings that it can be, if the API lists them.
    pub values: Vec<Arc<str>>,
    /// Whether `is set` may be asked of it.
    pub is_testable: bool,
}

/// Keys of resource lists.
const RESOURCES: [&str; 6] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "storage",
    "hugepages-2Mi",
    "nvidia.com/gpu",
];

pub struct Members<'s> {
    pub schema: &'s Schema,
    object_meta: DefinitionId,
    pod_spec: DefinitionId,
    container: DefinitionId,
    ephemeral: DefinitionId,
}

impl<'s> Members<'s> {
    pub fn new(schema: &'s Schema) -> Members<'s> {
        let id = |name| schema.definition_named(name).unwrap();
        Members {
            schema,
            object_meta: id("meta.v1.ObjectMeta"),
            pod_spec: id("core.v1.PodSpec"),
            container: id("core.v1.Container"),
            ephemeral: id("core.v1.EphemeralContainer"),
        }
    }

    /// The kinds that a name means.
    pub fn kind(&self, name: &str) -> KindReference {
        let mut groups: Vec<Arc<str>> = self.versions_of(name).map(|kind| kind.group.clone()).collect();
        groups.sort_unstable();
        groups.dedup();
        assert!(!groups.is_empty(), "no kind `{name}`");
        KindReference {
            kind: name.into(),
            groups,
        }
    }

    pub fn versions_of(&self, name: &str) -> impl Iterator<Item = &'s Kind> {
        self.schema.kinds(name, None).into_iter()
    }

    /// What stands behind a value that is there. The type of each is optional where the member may be
    /// absent nevertheless.
    pub fn of(&self, ty: &Type) -> Vec<Member> {
        match ty.present() {
            Type::Struct(id) => self.of_kinds(&[vec![*id]]),
            Type::Structs(kinds) => self.of_kinds(kinds),
            Type::Container => {
                let mut members = self.of_kinds(&[vec![self.container]]);
                members.push(derived(".pod", Type::Pod));
                for name in ["flags[\"port\"]", "flags[\"v\"]"] {
                    members.push(derived(&format!(".{name}"), Type::String.optional()));
                }
                members.push(Member {
                    values: ["regular", "init", "ephemeral"].map(Arc::from).to_vec(),
                    ..derived(".class", Type::String)
                });
                members.extend(self.of_part(&["namespace", "kind", "labels", "annotations", "object"]));
                members
            }
            Type::Pod => {
                let mut members = vec![
                    derived(".metadata", Type::Struct(self.object_meta).optional()),
                    derived(".spec", Type::Struct(self.pod_spec)),
                    derived(".containers", Type::List(Box::new(Type::Container))),
                ];
                let names = ["name", "namespace", "kind", "labels", "annotations", "object"];
                members.extend(self.of_part(&names));
                members
            }
            Type::Document(kinds) if kinds.is_empty() => {
                let mut members = vec![
                    derived(".metadata", Type::Struct(self.object_meta)),
                    derived(".apiVersion", Type::String),
                ];
                members.extend(self.of_part(&["name", "namespace", "kind", "labels", "annotations"]));
                members
            }
            Type::Document(kinds) => self.of_document(kinds),
            Type::Image => vec![
                derived(".registry", Type::String),
                derived(".repository", Type::String),
                derived(".tag", Type::String.optional()),
                derived(".digest", Type::String.optional()),
            ],
            Type::List(element) => (0..2)
                .map(|index| derived(&format!("[{index}]"), (**element).clone().optional()))
                .collect(),
            Type::Map(value) if **value == Type::Quantity(None) => RESOURCES
                .iter()
                .map(|key| {
                    let ty = Type::Quantity(Some(quantity_dimension("", Some(key)))).optional();
                    derived(&format!("[{key:?}]"), ty)
                })
                .collect(),
            Type::Map(value) => ["app", "a.b/c", "tier"]
                .iter()
                .map(|key| derived(&format!("[{key:?}]"), (**value).clone().optional()))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn of_part(&self, names: &[&str]) -> Vec<Member> {
        names
            .iter()
            .map(|name| {
                let ty = match *name {
                    "labels" | "annotations" => Type::Map(Box::new(Type::String)),
                    "object" => Type::Document(Vec::new()),
                    _ => Type::String,
                };
                derived(&format!(".{name}"), ty)
            })
            .collect()
    }

    fn of_document(&self, kinds: &[KindReference]) -> Vec<Member> {
        let definitions: Vec<Vec<DefinitionId>> = kinds
            .iter()
            .map(|kind| {
                let mut ids = Vec::new();
                for version in self.versions_of(&kind.kind) {
                    if !ids.contains(&version.definition) {
                        ids.push(version.definition);
                    }
                }
                ids
            })
            .collect();
        let mut members = self.of_kinds(&definitions);
        members.retain(|member| member.text != ".kind");
        let has = |name: &str| {
            let mut all = definitions.iter().flatten();
            all.any(|id| self.schema.definition(*id).field(name).is_some())
        };
        members.push(derived(".kind", Type::String));
        for member in self.of_part(&["name", "namespace", "labels", "annotations"]) {
            if !has(&member.text[1..]) {
                members.push(member);
            }
        }
        let bears = |kind: &KindReference| {
            self.versions_of(&kind.kind)
                .any(|version| version.pod_spec.is_some())
        };
        if kinds.iter().all(bears) && !has("pod") && !has("containers") {
            members.push(derived(".pod", Type::Pod));
            members.push(derived(".containers", Type::List(Box::new(Type::Container))));
        }
        members
    }

    /// The fields that every kind has in one of its versions.
    fn of_kinds(&self, kinds: &[Vec<DefinitionId>]) -> Vec<Member> {
        let mut names: Vec<Arc<str>> = Vec::new();
        for id in kinds.first().into_iter().flatten() {
            names.extend(
                self.schema
                    .definition(*id)
                    .fields
                    .iter()
                    .map(|field| field.name.clone()),
            );
        }
        names.sort_unstable();
        names.dedup();
        let word = |name: &Arc<str>| name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        names
            .iter()
            .filter(|name| word(name))
            .filter_map(|name| self.field(kinds, name))
            .collect()
    }

    fn field(&self, kinds: &[Vec<DefinitionId>], name: &str) -> Option<Member> {
        let mut joined: Option<(Type, bool)> = None;
        let mut fields: Vec<&Field> = Vec::new();
        for versions in kinds {
            let (ty, required) = self.in_versions(versions, name, &mut fields)?;
            joined = Some(match joined {
                None => (ty, required),
                Some((before, also)) => (common(&before, &ty)?, also && required),
            });
        }
        let (ty, required) = joined?;
        let mut values: Vec<Arc<str>> = Vec::new();
        if fields.iter().all(|field| !field.values.is_empty()) {
            for value in fields.iter().flat_map(|field| &field.values) {
                if !values.contains(value) {
                    values.push(value.clone());
                }
            }
        }
        let is_filled = fields.iter().any(|field| field.absence == Absence::FilledIn);
        Some(Member {
            text: format!(".{name}"),
            ty: if required { ty } else { ty.optional() },
            values,
            is_testable: !is_filled,
        })
    }

    fn in_versions(
        &self,
        versions: &[DefinitionId],
        name: &str,
        fields: &mut Vec<&'s Field>,
    ) -> Option<(Type, bool)> {
        let mut first: Option<(Type, bool)> = None;
        let mut nested = Vec::new();
        let mut everywhere = true;
        for id in versions {
            let Some(field) = self.schema.definition(*id).field(name) else {
                everywhere = false;
                continue;
            };
            fields.push(field);
            if let FieldType::Object(id) = field.ty {
                nested.push(id);
            }
            first = Some(match first {
                None => (self.type_of_field(*id, field), field.required),
                Some((ty, required)) => (ty, required && field.required),
            });
        }
        nested.sort_unstable();
        nested.dedup();
        let (ty, required) = first?;
        let ty = match ty {
            Type::Struct(_) if nested.len() > 1 => Type::Structs(vec![nested]),
            ty => ty,
        };
        Some((ty, required && everywhere))
    }

    fn type_of_field(&self, definition: DefinitionId, field: &Field) -> Type {
        let in_container = definition == self.container || definition == self.ephemeral;
        match (&field.ty, &*field.name) {
            (FieldType::String, "image") if in_container => Type::Image,
            (FieldType::Quantity, name) => Type::Quantity(Some(quantity_dimension(name, None))),
            (ty, _) => self.type_of(ty),
        }
    }

    fn type_of(&self, ty: &FieldType) -> Type {
        match ty {
            FieldType::String => Type::String,
            FieldType::Bool => Type::Bool,
            FieldType::Integer => Type::Int,
            FieldType::Number => Type::Decimal,
            FieldType::Quantity => Type::Quantity(None),
            FieldType::IntOrString => Type::IntOrString,
            FieldType::Object(id) if *id == self.container || *id == self.ephemeral => Type::Container,
            FieldType::Object(id) => Type::Struct(*id),
            FieldType::List(element) => Type::List(Box::new(self.type_of(element))),
            FieldType::Map(value) => Type::Map(Box::new(self.type_of(value))),
            FieldType::Any => Type::Any,
        }
    }
}

fn derived(text: &str, ty: Type) -> Member {
    Member {
        text: text.to_owned(),
        ty,
        values: Vec::new(),
        is_testable: true,
    }
}

/// The type of a field that several kinds have.
fn common(one: &Type, other: &Type) -> Option<Type> {
    let alternatives = |ty: &Type| match ty {
        Type::Struct(id) => Some(vec![vec![*id]]),
        Type::Structs(kinds) => Some(kinds.clone()),
        _ => None,
    };
    match (one, other) {
        _ if one == other => Some(one.clone()),
        (Type::List(one), Type::List(other)) => Some(Type::List(Box::new(common(one, other)?))),
        (Type::Map(one), Type::Map(other)) => Some(Type::Map(Box::new(common(one, other)?))),
        _ => {
            let mut kinds = alternatives(one)?;
            kinds.extend(alternatives(other)?);
            kinds.sort();
            kinds.dedup();
            Some(Type::Structs(kinds))
        }
    }
}
