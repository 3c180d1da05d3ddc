//! What a structural schema demands of values beyond their types: bounds, patterns, combinations.
//!
//! In: the schema of a CustomResourceDefinition. Out: [`Constraints`], a tree beside that of the
//! definitions, which only has the branches on which something is demanded.

use super::parts::Parts;
use super::rule::Rule;
use crate::manifest::{Node, Value};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// How deep schemas may nest; below it nothing is demanded.
const DEEPEST: usize = 64;

/// What is demanded of a value and of those in it.
#[derive(Debug, Default)]
pub struct Constraints {
    /// Of the value itself.
    pub demands: Vec<Demand>,
    /// Of the value and what is in it, in CEL.
    pub rules: Vec<Rule>,
    /// Whether there are such rules here or below.
    pub has_rules: bool,
    /// Whether null is a value, and not the absence of one.
    pub nullable: bool,
    /// What the API server puts in the place of an absent value.
    pub default: Option<Node>,
    /// Whether it puts in something below.
    pub fills_in: bool,
    /// Of the fields of an object, sorted by name.
    properties: Vec<(Arc<str>, Arc<Constraints>)>,
    /// Of each element of a list.
    pub items: Option<Arc<Constraints>>,
    /// Of each value of a map.
    pub values: Option<Arc<Constraints>>,
}

/// Something that a value must be.
#[derive(Debug)]
pub enum Demand {
    /// Of this type; only within alternatives, where no definition says it.
    Type(JsonType),
    /// At least, or more than, a number.
    Minimum(f64, Exclusive),
    /// At most, or less than, a number.
    Maximum(f64, Exclusive),
    /// A multiple of a number.
    MultipleOf(f64),
    /// Of at least so many characters.
    MinLength(usize),
    /// Of at most so many characters.
    MaxLength(usize),
    /// A string in which a regular expression finds something.
    Pattern(Pattern),
    /// A string or number of a known form.
    Format(Format),
    /// One of these values.
    Enum(Vec<Node>),
    /// Of at least so many elements.
    MinItems(usize),
    /// Of at most so many elements.
    MaxItems(usize),
    /// A list in which no element stands twice.
    Unique,
    /// Of at least so many fields.
    MinProperties(usize),
    /// Of at most so many fields.
    MaxProperties(usize),
    /// An object with these fields; only where no definition says it.
    Required(Vec<Arc<str>>),
    /// An object with `apiVersion` and `kind`.
    Embedded,
    /// As all of these say.
    AllOf(Vec<Constraints>),
    /// As at least one of these says.
    AnyOf(Vec<Constraints>),
    /// As exactly one of these says.
    OneOf(Vec<Constraints>),
    /// Not as this says.
    Not(Box<Constraints>),
}

impl Demand {
    /// Whether there are rules in it that hold of the value too.
    fn has_rules(&self) -> bool {
        match self {
            Demand::AllOf(each) => each.iter().any(|each| each.has_rules),
            _ => false,
        }
    }
}

/// Whether a bound itself is out of bounds.
pub type Exclusive = bool;

/// The types of JSON schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonType {
    /// A string.
    String,
    /// A boolean.
    Boolean,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// A list.
    Array,
    /// An object.
    Object,
}

/// A regular expression, as a schema writes it.
#[derive(Debug)]
pub struct Pattern {
    /// What was written.
    pub text: Arc<str>,
    compiled: OnceLock<Option<regex::Regex>>,
}

impl Pattern {
    /// The expression once compiled; `None` if it can't be.
    pub fn compiled(&self, compile: impl FnOnce(&str) -> Option<regex::Regex>) -> Option<&regex::Regex> {
        self.compiled.get_or_init(|| compile(&self.text)).as_ref()
    }
}

/// The formats that the API server checks and that can be checked here as surely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A whole number of 32 bits.
    Int32,
    /// Base64.
    Byte,
    /// A day.
    Date,
    /// A day and a time.
    DateTime,
    /// A span of time: `5m`.
    Duration,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// Addresses with a common prefix.
    Cidr,
    /// A UUID.
    Uuid,
}

impl Format {
    /// The format of a name, in which dashes don't count.
    fn of(name: &str) -> Option<Format> {
        Some(match &*name.replace('-', "") {
            "int32" => Format::Int32,
            "byte" => Format::Byte,
            "date" => Format::Date,
            "datetime" => Format::DateTime,
            "duration" => Format::Duration,
            "ipv4" => Format::Ipv4,
            "ipv6" => Format::Ipv6,
            "cidr" => Format::Cidr,
            "uuid" => Format::Uuid,
            _ => return None,
        })
    }
}

impl Constraints {
    /// What is demanded of a field.
    pub fn property(&self, name: &str) -> Option<&Constraints> {
        let index = self
            .properties
            .binary_search_by(|(known, _)| (**known).cmp(name))
            .ok()?;
        self.properties.get(index).map(|(_, constraints)| &**constraints)
    }

    /// The fields of which something is demanded, by name.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &Constraints)> {
        self.properties
            .iter()
            .map(|(name, constraints)| (&**name, &**constraints))
    }

    /// Whether the only values are listed.
    pub fn lists_values(&self) -> bool {
        self.demands
            .iter()
            .any(|demand| matches!(demand, Demand::Enum(_)))
    }

    /// Whether nothing is demanded, here and below.
    fn is_empty(&self) -> bool {
        self.demands.is_empty()
            && !self.has_rules
            && !self.nullable
            && self.default.is_none()
            && self.properties.is_empty()
            && self.items.is_none()
            && self.values.is_none()
    }
}

/// Reads constraints; parts that schemas share are read once.
pub(super) struct ConstraintReader<'a> {
    parts: &'a Parts,
    known: HashMap<usize, Option<Arc<Constraints>>>,
}

impl<'a> ConstraintReader<'a> {
    pub(super) fn new(parts: &'a Parts) -> ConstraintReader<'a> {
        ConstraintReader {
            parts,
            known: HashMap::new(),
        }
    }

    /// What a schema demands, if it demands something.
    pub(super) fn read(&mut self, schema: &'a Node) -> Option<Arc<Constraints>> {
        self.part(schema, 0)
    }

    fn part(&mut self, schema: &'a Node, depth: usize) -> Option<Arc<Constraints>> {
        let Some(index) = Parts::index(schema) else {
            let constraints = self.constraints(schema, false, depth);
            return (!constraints.is_empty()).then(|| Arc::new(constraints));
        };
        if let Some(known) = self.known.get(&index) {
            return known.clone();
        }
        let read = self
            .parts
            .get(index)
            .map(|schema| self.constraints(schema, false, depth))
            .filter(|constraints| !constraints.is_empty())
            .map(Arc::new);
        self.known.insert(index, read.clone());
        read
    }

    /// `within` alternatives, no definition says what is said of types.
    fn constraints(&mut self, schema: &'a Node, within: bool, depth: usize) -> Constraints {
        let schema = self.parts.resolve(schema);
        if depth > DEEPEST {
            return Constraints::default();
        }
        let mut properties: Vec<(Arc<str>, Arc<Constraints>)> = Vec::new();
        for property in schema.get("properties").map_or(&[][..], Node::entries) {
            let constraints = match within {
                true => Some(Arc::new(self.constraints(&property.value, true, depth + 1))),
                false => self.part(&property.value, depth + 1),
            };
            properties.extend(constraints.map(|constraints| (Arc::from(&*property.key), constraints)));
        }
        properties.sort_by(|a, b| a.0.cmp(&b.0));
        let mut below = |key: &str| {
            let schema = schema.get(key)?;
            match within {
                true => Some(Arc::new(self.constraints(schema, true, depth + 1))),
                false => self.part(schema, depth + 1),
            }
        };
        let (items, values) = (below("items"), below("additionalProperties"));
        let is_filled = |constraints: &Arc<Constraints>| constraints.fills_in;
        let is_ruled = |constraints: &Arc<Constraints>| constraints.has_rules;
        let demands = self.demands(schema, within, depth);
        let rules = Rule::of(schema);
        Constraints {
            has_rules: !rules.is_empty()
                || properties.iter().any(|(_, property)| property.has_rules)
                || items.as_ref().is_some_and(is_ruled)
                || values.as_ref().is_some_and(is_ruled)
                || demands.iter().any(Demand::has_rules),
            demands,
            rules,
            nullable: is_true(schema, "nullable"),
            default: schema.get("default").cloned(),
            fills_in: properties
                .iter()
                .any(|(_, property)| property.default.is_some() || property.fills_in)
                || items.as_ref().is_some_and(is_filled)
                || values.as_ref().is_some_and(is_filled),
            properties,
            items,
            values,
        }
    }

    fn demands(&mut self, schema: &'a Node, within: bool, depth: usize) -> Vec<Demand> {
        let mut demands = Vec::new();
        let mut alternatives = |key: &str| {
            let schemas = schema.get(key).map_or(&[][..], Node::elements);
            let read: Vec<Constraints> = schemas
                .iter()
                .map(|schema| self.constraints(schema, true, depth + 1))
                .collect();
            (!read.is_empty()).then_some(read)
        };
        // What is a whole number or a string is a type to definitions.
        if !super::crd::is_int_or_string(schema) || within {
            demands.extend(alternatives("anyOf").map(Demand::AnyOf));
            demands.extend(alternatives("oneOf").map(Demand::OneOf));
        }
        demands.extend(alternatives("allOf").map(Demand::AllOf));
        if let Some(not) = schema.get("not") {
            demands.push(Demand::Not(Box::new(self.constraints(not, true, depth + 1))));
        }
        let text = |key: &str| schema.get(key).and_then(Node::as_str);
        if within {
            demands.extend(text("type").and_then(json_type).map(Demand::Type));
        }
        let required = schema.get("required").map_or(&[][..], Node::elements);
        if !required.is_empty() && (within || schema.get("properties").is_none()) {
            let names = required.iter().filter_map(Node::as_str).map(Arc::from);
            demands.push(Demand::Required(names.collect()));
        }
        demands.extend(own_demands(schema));
        demands
    }
}

/// What is demanded of the value itself.
fn own_demands(schema: &Node) -> impl Iterator<Item = Demand> {
    let text = |key: &str| schema.get(key).and_then(Node::as_str);
    let number = |key: &str| schema.get(key).and_then(number);
    let count = |key: &str| {
        let node = schema.get(key)?;
        let Value::Integer(count) = node.value else {
            return None;
        };
        usize::try_from(count).ok()
    };
    let values = schema.get("enum").map_or(&[][..], Node::elements);
    let pattern = text("pattern").filter(|_| !super::crd::is_quantity(schema));
    [
        number("minimum").map(|bound| Demand::Minimum(bound, is_true(schema, "exclusiveMinimum"))),
        number("maximum").map(|bound| Demand::Maximum(bound, is_true(schema, "exclusiveMaximum"))),
        number("multipleOf").map(Demand::MultipleOf),
        count("minLength").map(Demand::MinLength),
        count("maxLength").map(Demand::MaxLength),
        pattern.map(|text| {
            Demand::Pattern(Pattern {
                text: text.into(),
                compiled: OnceLock::new(),
            })
        }),
        text("format").and_then(Format::of).map(Demand::Format),
        (!values.is_empty()).then(|| Demand::Enum(values.to_vec())),
        count("minItems").map(Demand::MinItems),
        count("maxItems").map(Demand::MaxItems),
        (text("x-kubernetes-list-type") == Some("set") || is_true(schema, "uniqueItems"))
            .then_some(Demand::Unique),
        count("minProperties").map(Demand::MinProperties),
        count("maxProperties").map(Demand::MaxProperties),
        is_true(schema, "x-kubernetes-embedded-resource").then_some(Demand::Embedded),
    ]
    .into_iter()
    .flatten()
}

fn json_type(name: &str) -> Option<JsonType> {
    Some(match name {
        "string" => JsonType::String,
        "boolean" => JsonType::Boolean,
        "integer" => JsonType::Integer,
        "number" => JsonType::Number,
        "array" => JsonType::Array,
        "object" => JsonType::Object,
        _ => return None,
    })
}

fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(text) => text.replace('_', "").parse().ok(),
        _ => None,
    }
}

fn is_true(schema: &Node, key: &str) -> bool {
    schema
        .get(key)
        .is_some_and(|node| node.value == Value::Bool(true))
}
