//! `base.name` and `base[key]`: fields of the API, and what Ordain derives from values.

use super::checker::{Checker, error, expression};
use super::kinds::{bear_pods, definitions};
use super::program::{ModuleId, Program};
use super::types::{alternatives, common, is_text};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Constant, ExpressionKind, Property, Type};
use crate::schema::{DefinitionId, Field, FieldType, Schema, quantity_dimension};
use crate::source::Span;
use crate::syntax::ast::{self, Name};

/// What a name after a dot means.
enum Lookup {
    Field {
        ty: Type,
        required: bool,
    },
    /// No member has it.
    Unknown,
    /// These members lack it.
    MissingIn(Vec<usize>),
    /// Members have it with types that have nothing in common.
    Conflict(Type, Type),
}

impl Checker<'_> {
    /// `base.name`.
    pub(super) fn field(&mut self, base: ir::Expression, name: &Name, span: Span) -> ir::Expression {
        let optional = base.ty.is_optional();
        let found = match base.ty.present() {
            Type::Error => return error(span),
            Type::Struct(_) | Type::Structs(_) => {
                let alternatives = alternatives(base.ty.present());
                let found = lookup(self.program, &alternatives, &name.text);
                match (found, self.property_of_part(&base, &name.text)) {
                    (Lookup::Unknown, Some((property, ty))) => {
                        return expression(ExpressionKind::Property(Box::new(base), property), ty, span);
                    }
                    (found, _) => found,
                }
            }
            Type::Document(kinds) => {
                if let Some((property, ty)) = document_property(self.schema(), kinds, &name.text) {
                    let base = match property {
                        Property::Containers => self.property(base, Property::Pod, Type::Pod, span),
                        _ => base,
                    };
                    return self.property(base, property, ty, span);
                }
                if kinds.is_empty() {
                    any_object_field(self.program, &name.text)
                } else {
                    let alternatives: Vec<Vec<DefinitionId>> = kinds
                        .iter()
                        .map(|kind| definitions(self.schema(), kind))
                        .collect();
                    lookup(self.program, &alternatives, &name.text)
                }
            }
            Type::Pod => {
                if let Some((property, ty)) = part_property(&name.text) {
                    return self.property(base, property, ty, span);
                }
                if name.text == "containers" {
                    let ty = Type::List(Box::new(Type::Container));
                    return self.property(base, Property::Containers, ty, span);
                }
                pod_field(self.program, &name.text)
            }
            Type::Container => {
                let found = match self.program.core.container {
                    Some(id) => lookup(self.program, &[vec![id]], &name.text),
                    None => Lookup::Unknown,
                };
                let property = match name.text.as_str() {
                    "pod" => Some((Property::Pod, Type::Pod)),
                    "flags" => Some((Property::Flags, Type::Map(Box::new(Type::String)))),
                    "class" => Some((Property::ContainerClass, Type::String)),
                    other => part_property(other),
                };
                match (found, property) {
                    (Lookup::Unknown, Some((property, ty))) => {
                        return self.property(base, property, ty, span);
                    }
                    (found, _) => found,
                }
            }
            Type::Image => {
                let property = match name.text.as_str() {
                    "registry" => Some((Property::ImageRegistry, Type::String)),
                    "repository" => Some((Property::ImageRepository, Type::String)),
                    "tag" => Some((Property::ImageTag, Type::String.optional())),
                    "digest" => Some((Property::ImageDigest, Type::String.optional())),
                    _ => None,
                };
                match property {
                    Some((property, ty)) => return self.property(base, property, ty, span),
                    None => Lookup::Unknown,
                }
            }
            Type::Reference => match name.text.as_str() {
                "kind" | "name" => Lookup::Field {
                    ty: Type::String,
                    required: true,
                },
                "optional" => Lookup::Field {
                    ty: Type::Bool,
                    required: true,
                },
                _ => Lookup::Unknown,
            },
            Type::Estimate(dimension) => {
                let ty = Type::Quantity(Some(*dimension)).optional();
                match name.text.as_str() {
                    "low" => return self.property(base, Property::Low, ty, span),
                    "high" => return self.property(base, Property::High, ty, span),
                    _ => Lookup::Unknown,
                }
            }
            Type::Any => Lookup::Field {
                ty: Type::Any,
                required: false,
            },
            _ => {
                self.no_fields(&base, name);
                return error(span);
            }
        };
        match found {
            Lookup::Field { ty, required } => {
                let ty = if optional || !required { ty.optional() } else { ty };
                let kind = ExpressionKind::Field {
                    base: Box::new(base),
                    name: name.text.as_str().into(),
                    required,
                };
                self.narrowed(expression(kind, ty, span))
            }
            Lookup::Unknown => {
                self.unknown_field(&base, name);
                error(span)
            }
            Lookup::MissingIn(members) => {
                self.field_of_some(&base, name, &members);
                error(span)
            }
            Lookup::Conflict(one, other) => {
                let (one, other) = (self.describe(&one), self.describe(&other));
                self.report(
                    Diagnostic::new(
                        Code::E0314,
                        name.span,
                        format!("`{}` is of different types: {one} and {other}", name.text),
                    )
                    .label(format!("read from {}", self.describe(&base.ty)))
                    .help("test the kind first with `is`"),
                );
                error(span)
            }
        }
    }

    /// A property, absent if its base is.
    fn property(&mut self, base: ir::Expression, property: Property, ty: Type, span: Span) -> ir::Expression {
        let ty = if base.ty.is_optional() { ty.optional() } else { ty };
        self.narrowed(expression(
            ExpressionKind::Property(Box::new(base), property),
            ty,
            span,
        ))
    }

    /// The type of a path as far as the conditions before it tell.
    pub(super) fn narrowed(&self, mut path: ir::Expression) -> ir::Expression {
        if path.ty.is_optional() && self.facts.is_present(&path) {
            path.ty = path.ty.present().clone();
        }
        if matches!(path.ty, Type::Document(_))
            && let Some(kinds) = self.facts.kinds(&path)
        {
            path.ty = Type::Document(kinds.clone());
        }
        path
    }

    /// What Ordain derives from a part of an object. Beside `object`, only what a name is bound to has
    /// properties, so that a slip in a longer path is not taken for one.
    fn property_of_part(&self, base: &ir::Expression, name: &str) -> Option<(Property, Type)> {
        let bound = matches!(base.kind, ExpressionKind::Local(_)) && !base.ty.is_optional();
        part_property(name).filter(|(property, _)| bound || *property == Property::Object)
    }

    /// `base[key]`.
    pub(super) fn index(
        &mut self,
        base: ir::Expression,
        key: &ast::Expression,
        span: Span,
    ) -> ir::Expression {
        let (wanted, element) = match base.ty.present() {
            Type::List(element) => (Type::Int, (**element).clone()),
            Type::Map(value) => (Type::String, (**value).clone()),
            Type::Any => {
                let key = self.operand(key, None);
                if !matches!(key.ty, Type::Int | Type::Error) && !is_text(&key.ty) {
                    self.mismatch(&key, "a key or an index");
                }
                let kind = ExpressionKind::Index(Box::new(base), Box::new(key));
                return self.narrowed(expression(kind, Type::Any.optional(), span));
            }
            Type::Error => {
                self.operand(key, None);
                return error(span);
            }
            other => {
                let ty = self.describe(other);
                let diagnostic =
                    Diagnostic::new(Code::E0301, base.span, format!("{} has no entries", article(&ty)))
                        .label(format!("this is {}", article(&ty)));
                let field = match &key.kind {
                    ast::ExpressionKind::Text(text) => Some(text.value.clone()),
                    _ => None,
                };
                self.report(match field {
                    Some(field) => diagnostic.help(format!("read a field with `.{field}`")),
                    None => diagnostic.help("only lists and maps have entries"),
                });
                self.operand(key, None);
                return error(span);
            }
        };
        let key = self.operand(key, Some(&wanted));
        if wanted == Type::String && !is_text(&key.ty) && key.ty != Type::Error {
            self.mismatch(&key, "a string as the key of a map");
        } else if wanted == Type::Int && !matches!(key.ty, Type::Int | Type::Error) {
            self.mismatch(&key, "a whole number as the index of a list");
        }
        let element = match (&element, &key.kind) {
            (Type::Quantity(None), ExpressionKind::Constant(Constant::String(key))) => {
                let field = match &base.kind {
                    ExpressionKind::Field { name, .. } => name,
                    _ => "",
                };
                Type::Quantity(Some(quantity_dimension(field, Some(key))))
            }
            _ => element,
        };
        let kind = ExpressionKind::Index(Box::new(base), Box::new(key));
        self.narrowed(expression(kind, element.optional(), span))
    }
}

/// `a Deployment`, `an object`.
pub(super) fn article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

/// The kind that deploys objects.
fn application() -> ir::KindReference {
    ir::KindReference {
        kind: "Application".into(),
        groups: vec!["argoproj.io".into()],
    }
}

/// What every part of an object has.
pub(super) fn part_property(name: &str) -> Option<(Property, Type)> {
    Some(match name {
        "object" => (Property::Object, Type::Document(Vec::new())),
        "name" => (Property::Name, Type::String),
        "namespace" => (Property::Namespace, Type::String),
        "kind" => (Property::Kind, Type::String),
        "labels" => (Property::Labels, Type::Map(Box::new(Type::String))),
        "annotations" => (Property::Annotations, Type::Map(Box::new(Type::String))),
        "file" => (Property::File, Type::String),
        "application" => (
            Property::Application,
            Type::Document(vec![application()]).optional(),
        ),
        _ => return None,
    })
}

/// What a whole object has besides its fields. The API's fields come first, save `kind`.
fn document_property(schema: &Schema, kinds: &[ir::KindReference], name: &str) -> Option<(Property, Type)> {
    let has_field = || {
        kinds
            .iter()
            .flat_map(|kind| definitions(schema, kind))
            .any(|id| schema.definition(id).field(name).is_some())
    };
    match name {
        "kind" => part_property(name),
        "object" => Some((Property::Object, Type::Document(kinds.to_vec()))),
        "pod" if bear_pods(schema, kinds) && !has_field() => Some((Property::Pod, Type::Pod)),
        "containers" if bear_pods(schema, kinds) && !has_field() => {
            Some((Property::Containers, Type::List(Box::new(Type::Container))))
        }
        other => part_property(other).filter(|_| !has_field()),
    }
}

/// A field that every object has.
fn any_object_field(program: &Program, name: &str) -> Lookup {
    match name {
        "apiVersion" => Lookup::Field {
            ty: Type::String,
            required: true,
        },
        "metadata" => match program.core.object_meta {
            Some(id) => Lookup::Field {
                ty: Type::Struct(id),
                required: true,
            },
            None => Lookup::Unknown,
        },
        _ => Lookup::Unknown,
    }
}

/// A field of a pod or pod template.
fn pod_field(program: &Program, name: &str) -> Lookup {
    let (id, required) = match name {
        "metadata" => (program.core.object_meta, false),
        "spec" => (program.core.pod_spec, true),
        _ => (None, false),
    };
    match id {
        Some(id) => Lookup::Field {
            ty: Type::Struct(id),
            required,
        },
        None => Lookup::Unknown,
    }
}

/// A field of a struct, or of each of several: in every kind, in at least one of its versions.
fn lookup(program: &Program, kinds: &[Vec<DefinitionId>], name: &str) -> Lookup {
    let mut joined: Option<(Type, bool)> = None;
    let mut missing = Vec::new();
    for (index, versions) in kinds.iter().enumerate() {
        let Some((ty, required)) = in_versions(program, versions, name) else {
            missing.push(index);
            continue;
        };
        joined = match joined {
            None => Some((ty, required)),
            Some((before, also)) => match common(&before, &ty) {
                Some(both) => Some((both, required && also)),
                None => return Lookup::Conflict(before, ty),
            },
        };
    }
    match joined {
        None => Lookup::Unknown,
        Some(_) if !missing.is_empty() => Lookup::MissingIn(missing),
        Some((ty, required)) => Lookup::Field { ty, required },
    }
}

/// The type of a field that every one of several structs has.
pub(super) fn field_type(program: &Program, kinds: &[Vec<DefinitionId>], name: &str) -> Option<Type> {
    match lookup(program, kinds, name) {
        Lookup::Field { ty, .. } => Some(ty),
        _ => None,
    }
}

/// A field of a kind's versions; demanded only if every version demands it.
fn in_versions(program: &Program, versions: &[DefinitionId], name: &str) -> Option<(Type, bool)> {
    let mut joined: Option<(Type, bool)> = None;
    let mut open = versions.is_empty();
    let mut everywhere = true;
    let mut nested: Vec<DefinitionId> = Vec::new();
    for id in versions {
        let definition = program.definition(*id);
        open |= definition.open;
        let Some(field) = definition.field(name) else {
            everywhere = false;
            continue;
        };
        if let FieldType::Object(id) = field.ty {
            nested.push(id);
        }
        let ty = type_of_field(program, *id, field);
        // Another release of a tool may do without.
        let is_head =
            matches!(name, "apiVersion" | "kind" | "metadata") && definition.field("metadata").is_some();
        let demanded = field.required && (is_head || !program.is_of_tool(*id));
        joined = Some(match joined {
            None => (ty, demanded),
            // Where versions disagree, the first is the one in use longest.
            Some((before, required)) => (before, required && demanded),
        });
    }
    nested.sort_unstable();
    nested.dedup();
    match joined {
        Some((Type::Struct(_), required)) if nested.len() > 1 => {
            Some((Type::Structs(vec![nested]), required && everywhere))
        }
        Some((ty, required)) => Some((ty, required && everywhere)),
        None => open.then_some((Type::Any, false)),
    }
}

/// The fields of the API that a struct's field may be, one for each definition.
pub(super) fn fields_of<'s>(
    program: &'s Program<'_>,
    module: ModuleId,
    ty: &Type,
    name: &str,
) -> Vec<&'s Field> {
    let schema = program.schema(module);
    let definitions: Vec<DefinitionId> = match ty.present() {
        Type::Container => program.core.container.into_iter().collect(),
        Type::Document(kinds) => kinds.iter().flat_map(|kind| definitions(schema, kind)).collect(),
        other => alternatives(other).into_iter().flatten().collect(),
    };
    definitions
        .into_iter()
        .filter_map(|id| schema.definition(id).field(name))
        .collect()
}

/// The type of a field as expressions see it.
fn type_of_field(program: &Program, definition: DefinitionId, field: &Field) -> Type {
    match (&field.ty, field.name.as_ref()) {
        (FieldType::String, "image") if program.core.is_container(definition) => Type::Image,
        (FieldType::Quantity, name) => Type::Quantity(Some(quantity_dimension(name, None))),
        (ty, _) => type_of(program, ty),
    }
}

fn type_of(program: &Program, ty: &FieldType) -> Type {
    match ty {
        FieldType::String => Type::String,
        FieldType::Bool => Type::Bool,
        FieldType::Integer => Type::Int,
        FieldType::Number => Type::Decimal,
        FieldType::Quantity => Type::Quantity(None),
        FieldType::IntOrString => Type::IntOrString,
        FieldType::Object(id) if program.core.is_container(*id) => Type::Container,
        FieldType::Object(id) => Type::Struct(*id),
        FieldType::List(element) => Type::List(Box::new(type_of(program, element))),
        FieldType::Map(value) => Type::Map(Box::new(type_of(program, value))),
        FieldType::Any => Type::Any,
    }
}
