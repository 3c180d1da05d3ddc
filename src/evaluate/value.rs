//! Values of expressions, borrowed from manifests and policies where that is possible.
//!
//! In: nodes and the types at which policies read them. Out: [`Value`]s; what is not of its type, or
//! null, reads as [`Value::Absent`].

use super::repository::{ObjectId, PodId, Repository};
use crate::ir::{Constant, Type};
use crate::manifest::{self, Node};
use crate::units::{Dimension, Quantity};
use std::borrow::Cow;
use std::rc::Rc;

/// A part of an object.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The object.
    pub object: ObjectId,
    /// The part.
    pub node: &'a Node,
}

/// A container of a pod.
#[derive(Debug, Clone, Copy)]
pub struct Container<'a> {
    /// The pod.
    pub pod: PodId,
    /// The field of the pod's spec that lists it: `containers`, `initContainers`, `ephemeralContainers`.
    pub field: &'static str,
    /// The container.
    pub node: &'a Node,
}

/// An object that a pod names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reference<'a> {
    /// The object that bears the pod.
    pub object: ObjectId,
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: &'a str,
    /// Whether the pod starts without it.
    pub optional: bool,
    /// Where the pod names it.
    pub node: &'a Node,
}

/// Why a value can't be told in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unknown {
    /// Files of the repository were not given.
    Files,
    /// There is no base revision.
    Base,
    /// A variable that another tool replaces has a value that is not in the repository.
    Variable,
    /// An ApplicationSet makes an Application that is not told by the repository.
    Application,
    /// A field of an Application has another type than its schema says.
    IllTyped,
    /// Several Applications deploy an object, and only one can be meant.
    Applications,
}

impl Unknown {
    /// What a run lacks, as the end of a sentence.
    pub fn reason(self) -> &'static str {
        match self {
            Unknown::Files => "files of the repository that were not given",
            Unknown::Base => "a base revision (`--base`)",
            Unknown::Variable => "a variable that Flux or Argo CD replaces by what is not in the repository",
            Unknown::Application => "an Application that only Argo CD can make of its ApplicationSet",
            Unknown::IllTyped => "a value of an Application that has another type",
            Unknown::Applications => "one of several Applications that deploy the same object",
        }
    }
}

/// The value of an expression.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// Nothing; as a list or map, an empty one.
    Absent,
    /// There may be a value, but this run can't tell.
    Unknown(Unknown),
    /// A condition.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A decimal number, in billionths.
    Decimal(i128),
    /// Text.
    Text(Cow<'a, str>),
    /// A quantity.
    Quantity(Quantity),
    /// A struct, a list or a map of a manifest, or what has no type yet.
    Part(Part<'a>),
    /// An object.
    Object(ObjectId),
    /// A pod.
    Pod(PodId),
    /// A container.
    Container(Container<'a>),
    /// A list, map or range of the policy.
    Constant(&'a Constant),
    /// A list that was computed.
    List(Rc<[Value<'a>]>),
    /// A map from strings that was computed.
    Map(Rc<[(Cow<'a, str>, Value<'a>)]>),
    /// An object that a pod names.
    Reference(Reference<'a>),
    /// A range of quantities; an end is missing where a request is.
    Estimate(Option<Quantity>, Option<Quantity>),
}

impl<'a> Value<'a> {
    /// The value of a constant.
    pub fn of_constant(constant: &'a Constant) -> Value<'a> {
        match constant {
            Constant::Bool(value) => Value::Bool(*value),
            Constant::Int(value) => Value::Int(*value),
            Constant::Decimal(value) => Value::Decimal(*value),
            Constant::String(text) => Value::Text(Cow::Borrowed(text)),
            Constant::Quantity(quantity) => Value::Quantity(*quantity),
            Constant::List(_) | Constant::Map(_) | Constant::Range(..) => Value::Constant(constant),
        }
    }

    /// The value of a node at a type. `key` is the key under which it stands, by which resource lists
    /// know what their quantities measure.
    pub fn of_node(object: ObjectId, node: &'a Node, ty: &Type, key: &str) -> Value<'a> {
        use manifest::Value as Written;
        let part = Value::Part(Part { object, node });
        match (ty.present(), &node.value) {
            (_, Written::Null) => Value::Absent,
            (_, Written::Unknown(_)) => Value::Unknown(Unknown::Variable),
            (Type::Bool, Written::Bool(value)) => Value::Bool(*value),
            (Type::Int, Written::Integer(value)) => whole_number(*value).map_or(Value::Absent, Value::Int),
            (Type::Int, Written::Float(text)) => whole_float(text).map_or(Value::Absent, Value::Int),
            (Type::Decimal, Written::Integer(value)) => Value::Decimal(value.saturating_mul(1_000_000_000)),
            (Type::Decimal, Written::Float(text)) => {
                decimal_number(text).map_or(Value::Absent, Value::Decimal)
            }
            (Type::String | Type::Image | Type::Regex, Written::String(text)) => {
                Value::Text(Cow::Borrowed(text))
            }
            (Type::Quantity(dimension), _) => {
                let dimension = dimension.unwrap_or_else(|| Dimension::of_resource_key(key));
                quantity(node, dimension).map_or(Value::Absent, Value::Quantity)
            }
            (Type::List(_), Written::Sequence(_)) => part,
            (
                Type::Map(_)
                | Type::Struct(_)
                | Type::Structs(_)
                | Type::Document(_)
                | Type::Pod
                | Type::Container,
                Written::Mapping(_),
            ) => part,
            (Type::IntOrString, Written::Integer(_) | Written::Float(_) | Written::String(_)) => part,
            (Type::Any | Type::Error, _) => part,
            _ => Value::Absent,
        }
    }

    /// The value of a list's element: there, a null struct is an empty one, as the API decodes it.
    pub fn of_element(object: ObjectId, node: &'a Node, ty: &Type) -> Value<'a> {
        if node.is_null() && ty.is_struct() {
            return Value::Part(Part { object, node });
        }
        Value::of_node(object, node, ty, "")
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Why it can't be told, if it can't.
    pub fn unknown(&self) -> Option<Unknown> {
        match self {
            Value::Unknown(reason) => Some(*reason),
            _ => None,
        }
    }

    /// The object that it is, or is part of.
    pub fn object(&self, repository: &Repository<'_>) -> Option<ObjectId> {
        match self {
            Value::Part(part) => Some(part.object),
            Value::Object(id) => Some(*id),
            Value::Pod(id) => Some(repository.pod(*id).object),
            Value::Container(container) => Some(repository.pod(container.pod).object),
            Value::Reference(reference) => Some(reference.object),
            _ => None,
        }
    }

    /// The node of a manifest that it is.
    pub fn node(&self, repository: &Repository<'a>) -> Option<&'a Node> {
        match self {
            Value::Part(part) => Some(part.node),
            Value::Object(id) => Some(&repository.object(*id).resource.root),
            Value::Pod(id) => repository.pod(*id).template,
            Value::Container(container) => Some(container.node),
            Value::Reference(reference) => Some(reference.node),
            _ => None,
        }
    }
}

/// The quantity that a node says.
pub fn quantity(node: &Node, dimension: Dimension) -> Option<Quantity> {
    let in_manifests = dimension.is_in_manifests();
    match &node.value {
        manifest::Value::String(text) if in_manifests => Quantity::of_manifest(text, dimension).ok(),
        manifest::Value::String(text) if dimension == Dimension::DURATION => Quantity::of_go_duration(text),
        manifest::Value::String(text) => Quantity::parse_as(text, dimension)
            .ok()
            .filter(|quantity| quantity.dimension == dimension),
        manifest::Value::Integer(value) if in_manifests => Some(Quantity::whole(*value, dimension)),
        manifest::Value::Float(text) if in_manifests => Quantity::of_manifest_number(text, dimension).ok(),
        _ => None,
    }
}

/// The whole number that a node says.
pub fn whole(node: &Node) -> Option<i128> {
    match &node.value {
        manifest::Value::Integer(number) => whole_number(*number),
        manifest::Value::Float(text) => whole_float(text),
        _ => None,
    }
}

/// As in the API, a whole number has 64 bits.
fn whole_number(number: i128) -> Option<i128> {
    i64::try_from(number).ok().map(i128::from)
}

/// A number with a fraction or exponent that is whole all the same: `80.0`, `1e3`.
fn whole_float(text: &str) -> Option<i128> {
    let nano = decimal_number(text)?;
    let is_whole = nano % 1_000_000_000 == 0 && !is_long(text);
    is_whole.then_some(nano / 1_000_000_000)
}

/// Whether a number is less or more than 64 bits hold.
pub fn is_long(text: &str) -> bool {
    let limit = -(i64::MIN as f64);
    let number = text.replace('_', "").parse::<f64>();
    number.is_ok_and(|number| number < -limit || number >= limit)
}

/// A number in billionths.
pub fn decimal_number(text: &str) -> Option<i128> {
    Quantity::of_manifest_number(text, Dimension::RATIO)
        .ok()
        .map(|quantity| quantity.nano)
}
