//! Types: how policies write them, how messages name them, which agree.

use super::checker::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::Type;
use crate::suggest::nearest;
use crate::syntax::ast::{TypeExpression, TypeExpressionKind};
use crate::units::Dimension;

/// The types that have a name of their own, besides dimensions, kinds and structs of the API.
const NAMED: [(&str, Type); 8] = [
    ("Bool", Type::Bool),
    ("Int", Type::Int),
    ("Decimal", Type::Decimal),
    ("String", Type::String),
    ("Image", Type::Image),
    ("Regex", Type::Regex),
    ("Pod", Type::Pod),
    ("Container", Type::Container),
];

/// The dimensions that messages suggest.
const DIMENSIONS: [&str; 9] = [
    "CPU", "Memory", "Count", "Ratio", "Duration", "Money", "Carbon", "Energy", "Power",
];

/// The parts of the API whose structs types may name, in the order in which they are searched.
const STRUCT_GROUPS: [&str; 8] = [
    "core.v1",
    "apps.v1",
    "batch.v1",
    "rbac.v1",
    "networking.v1",
    "policy.v1",
    "autoscaling.v2",
    "meta.v1",
];

impl Checker<'_> {
    /// The type that a type expression names.
    pub(crate) fn type_of(&mut self, written: &TypeExpression) -> Type {
        match &written.kind {
            TypeExpressionKind::Name(name) => self.named_type(name, written),
            TypeExpressionKind::Per(above, below) => {
                match (Dimension::of_name(above), Dimension::of_name(below)) {
                    (Some(above), Some(below)) => above
                        .per(below)
                        .map_or(Type::Error, |dimension| Type::Quantity(Some(dimension))),
                    (None, _) => self.unknown_type(above, written),
                    (_, None) => self.unknown_type(below, written),
                }
            }
            TypeExpressionKind::List(element) => Type::List(Box::new(self.type_of(element))),
            TypeExpressionKind::Map(value) => Type::Map(Box::new(self.type_of(value))),
            TypeExpressionKind::Optional(inner) => self.type_of(inner).optional(),
        }
    }

    fn named_type(&mut self, name: &str, written: &TypeExpression) -> Type {
        if let Some((_, ty)) = NAMED.iter().find(|(known, _)| *known == name) {
            return ty.clone();
        }
        if let Some(dimension) = Dimension::of_name(name) {
            return Type::Quantity(Some(dimension));
        }
        match name {
            "Object" => return Type::Document(Vec::new()),
            "Range" => return Type::Range(Box::new(Type::Int)),
            "Any" => return Type::Any,
            _ => {}
        }
        let schema = self.schema();
        if let Some(kind) = super::kinds::kind_named(schema, name) {
            return Type::Document(vec![kind]);
        }
        let definition = STRUCT_GROUPS
            .iter()
            .find_map(|group| schema.definition_named(&format!("{group}.{name}")));
        match definition {
            Some(definition) => Type::Struct(definition),
            None => self.unknown_type(name, written),
        }
    }

    fn unknown_type(&mut self, name: &str, written: &TypeExpression) -> Type {
        let schema = self.schema();
        let names = NAMED
            .iter()
            .map(|(known, _)| *known)
            .chain(DIMENSIONS)
            .chain(["Object"]);
        let near = nearest(name, names.chain(super::kinds::kind_names(schema)));
        let diagnostic = Diagnostic::new(Code::E0207, written.span, format!("unknown type `{name}`"));
        self.report(match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                true,
                written.span,
                near,
            ),
            None => diagnostic.help(
                "types are `Bool`, `Int`, `Decimal`, `String`, `Regex`, dimensions such as `Memory`, `[T]`, \
                 `{String: T}`, `Pod`, `Container`, `Object` and the kinds and structs of the Kubernetes API",
            ),
        });
        Type::Error
    }
}

/// Whether a value of `found` may stand where `expected` is asked for.
pub(crate) fn agrees(found: &Type, expected: &Type) -> bool {
    match (found, expected) {
        (Type::Error, _) | (_, Type::Error) => true,
        (Type::Optional(found), Type::Optional(expected)) => agrees(found, expected),
        (found, Type::Optional(expected)) => agrees(found, expected),
        (Type::Image, Type::String) => true,
        (Type::List(found), Type::List(expected)) | (Type::Map(found), Type::Map(expected)) => {
            agrees(found, expected)
        }
        (Type::Document(found), Type::Document(expected)) => {
            expected.is_empty() || (!found.is_empty() && found.iter().all(|kind| expected.contains(kind)))
        }
        (found, expected) => found == expected,
    }
}

/// The one type of two values that are compared or offered as alternatives, if there is one.
pub(crate) fn common(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        (Type::Error, other) | (other, Type::Error) => Some(other.clone()),
        (Type::Optional(_), _) | (_, Type::Optional(_)) => {
            common(a.present(), b.present()).map(Type::optional)
        }
        (Type::Document(left), Type::Document(right)) => {
            if left.is_empty() || right.is_empty() {
                return Some(Type::Document(Vec::new()));
            }
            let mut kinds = left.clone();
            kinds.extend(right.iter().filter(|kind| !left.contains(kind)).cloned());
            Some(Type::Document(kinds))
        }
        (Type::List(left), Type::List(right)) => {
            common(left, right).map(|element| Type::List(Box::new(element)))
        }
        (Type::Map(left), Type::Map(right)) => common(left, right).map(|value| Type::Map(Box::new(value))),
        (Type::Image, Type::String) | (Type::String, Type::Image) => Some(Type::String),
        (Type::Struct(_) | Type::Structs(_), Type::Struct(_) | Type::Structs(_)) if a != b => {
            let mut kinds = alternatives(a);
            kinds.extend(alternatives(b));
            kinds.sort();
            kinds.dedup();
            Some(Type::Structs(kinds))
        }
        (a, b) if a == b => Some(a.clone()),
        _ => None,
    }
}

/// A struct's definitions: for each kind, those of its versions.
pub(crate) fn alternatives(ty: &Type) -> Vec<Vec<crate::schema::DefinitionId>> {
    match ty {
        Type::Struct(id) => vec![vec![*id]],
        Type::Structs(kinds) => kinds.clone(),
        _ => Vec::new(),
    }
}

/// Whether values of a type print as text within a string.
pub(crate) fn is_printable(ty: &Type) -> bool {
    match ty.present() {
        Type::Bool
        | Type::Int
        | Type::Decimal
        | Type::String
        | Type::Image
        | Type::Regex
        | Type::Quantity(_)
        | Type::Range(_)
        | Type::IntOrString
        | Type::Any
        | Type::Error => true,
        Type::List(element) => is_printable(element) && !matches!(**element, Type::List(_)),
        _ => false,
    }
}

/// Whether a type is text.
pub(crate) fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::String | Type::Image)
}
