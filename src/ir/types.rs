//! The types of values in policies.

use crate::schema::{DefinitionId, Schema};
use crate::units::Dimension;
use std::sync::Arc;

/// A type. Optionality is explicit, and never nested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// A condition.
    Bool,
    /// A whole number.
    Int,
    /// An exact decimal number.
    Decimal,
    /// Text.
    String,
    /// A container image: text with parts.
    Image,
    /// A regular expression (constants only).
    Regex,
    /// `low..high`, both included, of a number or quantity.
    Range(Box<Type>),
    /// A quantity; `None` where the dimension depends on a key that is not constant.
    Quantity(Option<Dimension>),
    /// A list, never optional.
    List(Box<Type>),
    /// A map from strings, never optional.
    Map(Box<Type>),
    /// A part of an object, with the fields of a definition.
    Struct(DefinitionId),
    /// A part of an object whose definition depends on the object's kind or version. The outer list has
    /// an entry for each kind, all of which have the fields that are read; the inner one the versions of
    /// that kind, one of which has them.
    Structs(Vec<Vec<DefinitionId>>),
    /// A whole object of one of these kinds; of any kind if there are none.
    Document(Vec<KindReference>),
    /// A pod template, or a pod: a struct of `metadata` and `spec`.
    Pod,
    /// A container of a pod (its definition is the API's `Container`).
    Container,
    /// What a pod refers to: `kind`, `name`, `optional`.
    Reference,
    /// `low` and `high` of an estimate, of quantities.
    Estimate(Dimension),
    /// A whole number or a string, until it is cast.
    IntOrString,
    /// From places where the API does not say; until it is cast.
    Any,
    /// The value may be absent.
    Optional(Box<Type>),
    /// What follows an error that was reported already; it agrees with everything.
    Error,
}

impl Type {
    /// The type of the value once it is known to be there.
    pub fn present(&self) -> &Type {
        match self {
            Type::Optional(inner) => inner,
            other => other,
        }
    }

    /// Whether its values are neither lists, maps nor objects, so that a null element of a list is no value.
    pub fn is_scalar(&self) -> bool {
        matches!(
            self.present(),
            Type::Bool
                | Type::Int
                | Type::Decimal
                | Type::String
                | Type::Image
                | Type::Quantity(_)
                | Type::IntOrString
        )
    }

    /// Whether its values are objects with fields that are known.
    pub fn is_struct(&self) -> bool {
        matches!(
            self.present(),
            Type::Struct(_) | Type::Structs(_) | Type::Document(_) | Type::Pod | Type::Container
        )
    }

    /// What its values are called in findings about manifests: `a whole number`.
    pub fn in_words(&self) -> &'static str {
        match self.present() {
            Type::Bool => "a boolean",
            Type::Int => "a whole number",
            Type::Decimal => "a number",
            Type::String | Type::Image | Type::Regex => "a string",
            Type::Quantity(_) => "a quantity",
            Type::IntOrString => "a whole number or a string",
            Type::List(_) => "a list",
            _ => "an object",
        }
    }

    /// The type when the value may be absent. Lists and maps stay as they are: absent, they are empty.
    pub fn optional(self) -> Type {
        match self {
            Type::Optional(_) | Type::List(_) | Type::Map(_) | Type::Error => self,
            other => Type::Optional(Box::new(other)),
        }
    }

    /// How people are told of a type.
    pub fn describe(&self, schema: &Schema) -> String {
        match self {
            Type::Bool => "Bool".into(),
            Type::Int => "Int".into(),
            Type::Decimal => "Decimal".into(),
            Type::String => "String".into(),
            Type::Image => "Image".into(),
            Type::Regex => "Regex".into(),
            Type::Range(bound) => format!("range of {}", bound.describe(schema)),
            Type::Quantity(Some(dimension)) => dimension.to_string(),
            Type::Quantity(None) => "quantity".into(),
            Type::List(element) => format!("[{}]", element.describe(schema)),
            Type::Map(value) => format!("{{String: {}}}", value.describe(schema)),
            Type::Struct(id) => schema.definition(*id).name.to_string(),
            Type::Structs(kinds) => {
                let mut names: Vec<&str> = kinds
                    .iter()
                    .filter_map(|versions| versions.last())
                    .map(|id| schema.definition(*id).name.as_ref())
                    .collect();
                names.dedup();
                names.join(" | ")
            }
            Type::Document(kinds) if kinds.is_empty() => "object".into(),
            Type::Document(kinds) if kinds.len() > 4 => "object of one of several kinds".into(),
            Type::Document(kinds) => {
                let names: Vec<&str> = kinds.iter().map(|kind| kind.kind.as_ref()).collect();
                names.join(" | ")
            }
            Type::Pod => "Pod".into(),
            Type::Container => "Container".into(),
            Type::Reference => "reference".into(),
            Type::Estimate(dimension) => format!("range of {dimension}"),
            Type::IntOrString => "Int or String".into(),
            Type::Any => "Any".into(),
            Type::Optional(inner) => format!("{}?", inner.describe(schema)),
            Type::Error => "error".into(),
        }
    }

    /// Whether the value may be absent.
    pub fn is_optional(&self) -> bool {
        matches!(self, Type::Optional(_))
    }
}

/// A kind as policies mean it: all its versions, and its legacy groups unless a group is given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindReference {
    /// The kind: `Deployment`.
    pub kind: Arc<str>,
    /// The groups that are meant; never empty once resolved (the core group is the empty string).
    pub groups: Vec<Arc<str>>,
}

impl KindReference {
    /// Whether an object of this group and kind is meant.
    pub fn matches(&self, group: &str, kind: &str) -> bool {
        &*self.kind == kind && self.groups.iter().any(|own| &**own == group)
    }
}
