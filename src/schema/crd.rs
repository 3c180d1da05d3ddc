//! CustomResourceDefinitions of the repository → [`Kind`]s and [`Definition`]s over the API's own.
//!
//! What a schema leaves open is open here too; a definition that does not read adds nothing, so that
//! its kind stays unknown.

use super::constraint::{ConstraintReader, Constraints};
use super::lookup::{Layer, Schema};
use super::parts::Parts;
use super::table::{PodSpecs, Table, order, usual_plural};
use super::{Absence, Definition, DefinitionId, Field, FieldType, Kind};
use crate::manifest::{Node, Resource, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// How deep schemas may nest; below it everything is [`FieldType::Any`].
const DEEPEST: usize = 64;

impl Schema {
    /// This schema with the kinds of all CustomResourceDefinitions among the resources. Where one
    /// kind is defined twice, the later definition holds.
    pub fn with_crds<'a>(&self, resources: impl IntoIterator<Item = &'a Resource>) -> Schema {
        let definitions = resources.into_iter().filter(|resource| {
            resource.kind == "CustomResourceDefinition" && resource.group() == "apiextensions.k8s.io"
        });
        // Repositories carry a definition many times over, in bundles and overlays; one reading of it is enough.
        let mut last: HashMap<(&str, &str, &str), Version> = HashMap::new();
        for (index, version) in definitions
            .filter_map(|resource| versions(&resource.root))
            .flatten()
            .enumerate()
        {
            last.insert(version.key(), Version { index, ..version });
        }
        if last.is_empty() {
            return self.clone();
        }
        let mut last: Vec<Version> = last.into_values().collect();
        last.sort_by_key(|version| version.index);

        let parts = Parts::default();
        let mut layer = Layer::clone(&self.layer);
        let first = self.table.definitions.len() + layer.definitions.len();
        let mut reader = Reader::new(self.table, &parts, u32::try_from(first).unwrap_or(u32::MAX));
        for version in last {
            let kind = reader.kind(&version);
            layer.constraints.extend(
                reader
                    .constraints(version.schema)
                    .map(|found| (kind.definition, found)),
            );
            layer
                .kinds
                .retain(|known| (&*known.group, &*known.version, &*known.kind) != version.key());
            layer.kinds.push(kind);
        }
        layer.definitions.extend(reader.definitions);
        layer.kinds.sort_by(|a, b| order(a).cmp(&order(b)));
        Schema {
            table: self.table,
            layer: Arc::new(layer),
        }
    }
}

/// Reads the schemas of kinds.
pub(super) struct Reader<'a> {
    table: &'a Table,
    parts: &'a Parts,
    constraints: ConstraintReader<'a>,
    /// The id of the first definition.
    first: u32,
    pub definitions: Vec<Definition>,
    pod_specs: PodSpecs,
    /// How many pod templates stand in objects of a definition; 2 is many.
    templates: HashMap<DefinitionId, u32>,
    /// The types of parts that were read.
    known: HashMap<usize, FieldType>,
}

/// A version of a kind that a CustomResourceDefinition defines.
struct Version<'a> {
    index: usize,
    group: &'a str,
    kind: &'a str,
    name: &'a str,
    plural: Option<&'a str>,
    namespaced: bool,
    schema: Option<&'a Node>,
}

impl<'a> Version<'a> {
    fn key(&self) -> (&'a str, &'a str, &'a str) {
        (self.group, self.name, self.kind)
    }
}

/// The versions that a CustomResourceDefinition defines, unless it does not read.
fn versions(root: &Node) -> Option<Vec<Version<'_>>> {
    let spec = root.get("spec")?;
    let text = |path: &[&str]| spec.path(path.iter().copied()).and_then(Node::as_str);
    let (group, kind) = (text(&["group"])?, text(&["names", "kind"])?);
    let version = |name, schema| Version {
        index: 0,
        group,
        kind,
        name,
        plural: text(&["names", "plural"]),
        namespaced: text(&["scope"]) != Some("Cluster"),
        schema,
    };

    // In v1beta1 one schema may stand for all versions, and one version beside the list.
    let common = spec.path(["validation", "openAPIV3Schema"]);
    let listed = spec.get("versions").map_or(&[][..], Node::elements);
    let mut versions: Vec<Version> = listed
        .iter()
        .filter_map(|listed| {
            let schema = listed.path(["schema", "openAPIV3Schema"]).or(common);
            Some(version(listed.get("name")?.as_str()?, schema))
        })
        .collect();
    if versions.is_empty() {
        versions.extend(text(&["version"]).map(|name| version(name, common)));
    }
    Some(versions)
}

impl<'a> Reader<'a> {
    /// A reader that gives out ids from `first` on.
    pub(super) fn new(table: &'a Table, parts: &'a Parts, first: u32) -> Reader<'a> {
        let template = table.id("core.v1.PodTemplateSpec");
        Reader {
            table,
            parts,
            constraints: ConstraintReader::new(parts),
            first,
            definitions: Vec::new(),
            pod_specs: table.pod_specs.clone(),
            templates: template.map(|id| (id, 1)).into_iter().collect(),
            known: HashMap::new(),
        }
    }

    /// What a schema demands beyond types.
    pub(super) fn constraints(&mut self, schema: Option<&'a Node>) -> Option<Arc<Constraints>> {
        self.constraints.read(schema?)
    }

    fn kind(&mut self, version: &Version<'a>) -> Kind {
        let definition = self.document(version.kind, version.schema);
        let pod_spec = self.pod_specs.path(definition);
        let templates = self.templates_in(&FieldType::Object(definition));
        let plural = version.plural.map(str::to_string);
        Kind {
            group: version.group.into(),
            version: version.name.into(),
            kind: version.kind.into(),
            plural: plural.unwrap_or_else(|| usual_plural(version.kind)).into(),
            namespaced: version.namespaced,
            definition,
            other_pods: templates > u32::from(pod_spec.is_some()),
            pod_spec,
            removed: None,
        }
    }

    fn add(&mut self, definition: Definition) -> DefinitionId {
        let index = u32::try_from(self.definitions.len()).unwrap_or(u32::MAX);
        let id = DefinitionId(self.first.saturating_add(index));
        self.pod_specs.add(id, &definition);
        let below = definition.fields.iter().filter(|field| &*field.name != "status");
        let templates = below.fold(0_u32, |sum, field| {
            sum.saturating_add(self.templates_in(&field.ty))
        });
        if templates > 0 {
            self.templates.insert(id, templates);
        }
        self.definitions.push(definition);
        id
    }

    fn templates_in(&self, ty: &FieldType) -> u32 {
        match ty {
            FieldType::Object(id) => self.templates.get(id).copied().unwrap_or(0),
            FieldType::List(each) | FieldType::Map(each) => self.templates_in(each).saturating_mul(2),
            _ => 0,
        }
    }

    /// The type of a whole object.
    pub(super) fn document(&mut self, kind: &str, schema: Option<&'a Node>) -> DefinitionId {
        let mut fields = schema.map_or_else(Vec::new, |schema| self.fields(kind, schema, 0));
        fields.retain(|field| !matches!(&*field.name, "apiVersion" | "kind" | "metadata"));
        let metadata = self.table.id("meta.v1.ObjectMeta");
        for (name, ty) in [
            ("apiVersion", FieldType::String),
            ("kind", FieldType::String),
            ("metadata", metadata.map_or(FieldType::Any, FieldType::Object)),
        ] {
            let mut field = new_field(name, ty);
            field.required = true;
            fields.push(field);
        }
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        self.add(Definition {
            name: kind.into(),
            fields,
            open: schema.is_none_or(|schema| schema.get("properties").is_none() || is_open(schema)),
        })
    }

    /// The properties of an object, sorted by name.
    fn fields(&mut self, parent: &str, schema: &'a Node, depth: usize) -> Vec<Field> {
        let properties = schema.get("properties").map_or(&[][..], Node::entries);
        let required = schema.get("required").map_or(&[][..], Node::elements);
        let mut fields: Vec<Field> = properties
            .iter()
            .map(|property| {
                let mut field = new_field(&property.key, FieldType::Any);
                let schema = self.parts.resolve(&property.value);
                field.ty = self.field_type(
                    &format!("{parent}{}", capitalised(&property.key)),
                    &property.value,
                    depth + 1,
                );
                let default = schema.get("default");
                // What has a default is there whatever was written.
                field.required =
                    default.is_none() && required.iter().any(|name| name.as_str() == Some(&*property.key));
                let list = |key| schema.get(key).map_or(&[][..], Node::elements).iter();
                field.values = list("enum").filter_map(Node::as_str).map(Arc::from).collect();
                field.list_keys = list("x-kubernetes-list-map-keys")
                    .filter_map(Node::as_str)
                    .map(Arc::from)
                    .collect();
                field.absence = default.map_or(Absence::Unknown, absence);
                field
            })
            .collect();
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        fields
    }

    fn field_type(&mut self, name: &str, schema: &'a Node, depth: usize) -> FieldType {
        let Some(index) = Parts::index(schema) else {
            return self.own_type(name, schema, depth);
        };
        if let Some(known) = self.known.get(&index) {
            return known.clone();
        }
        let ty = self.own_type(name, self.parts.resolve(schema), depth);
        self.known.insert(index, ty.clone());
        ty
    }

    fn own_type(&mut self, name: &str, schema: &'a Node, depth: usize) -> FieldType {
        if depth > DEEPEST {
            return FieldType::Any;
        }
        let of_api = schema.get("$ref").and_then(Node::as_str);
        if let Some(id) = of_api.and_then(|name| self.table.id(name)) {
            return FieldType::Object(id);
        }
        if is_quantity(schema) {
            return FieldType::Quantity;
        }
        if is_int_or_string(schema) {
            return FieldType::IntOrString;
        }
        match schema.get("type").and_then(Node::as_str) {
            Some("string") => FieldType::String,
            Some("boolean") => FieldType::Bool,
            Some("integer") => FieldType::Integer,
            Some("number") => FieldType::Number,
            Some("array") => FieldType::List(Box::new(
                schema
                    .get("items")
                    .map_or(FieldType::Any, |items| self.field_type(name, items, depth + 1)),
            )),
            Some("object") | None => self.object_type(name, schema, depth),
            Some(_) => FieldType::Any,
        }
    }

    fn object_type(&mut self, name: &str, schema: &'a Node, depth: usize) -> FieldType {
        if is_pod_template(schema)
            && let Some(template) = self.table.id("core.v1.PodTemplateSpec")
        {
            return FieldType::Object(template);
        }
        if schema
            .get("properties")
            .is_some_and(|properties| !properties.entries().is_empty())
        {
            let fields = self.fields(name, schema, depth);
            return FieldType::Object(self.add(Definition {
                name: name.into(),
                fields,
                open: is_open(schema),
            }));
        }
        match schema.get("additionalProperties") {
            Some(Node {
                value: Value::Mapping(_),
                ..
            }) if is_preserving(schema) => FieldType::Any,
            Some(
                values @ Node {
                    value: Value::Mapping(_),
                    ..
                },
            ) => FieldType::Map(Box::new(self.field_type(name, values, depth + 1))),
            _ => FieldType::Any,
        }
    }
}

fn new_field(name: &str, ty: FieldType) -> Field {
    Field {
        name: name.into(),
        ty,
        required: false,
        values: Vec::new(),
        list_keys: Vec::new(),
        absence: Absence::Unknown,
    }
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn is_true(schema: &Node, key: &str) -> bool {
    schema
        .get(key)
        .is_some_and(|node| node.value == Value::Bool(true))
}

fn is_preserving(schema: &Node) -> bool {
    is_true(schema, "x-kubernetes-preserve-unknown-fields")
}

/// Whether fields beyond the properties may stand there.
fn is_open(schema: &Node) -> bool {
    is_preserving(schema)
        || is_true(schema, "x-kubernetes-embedded-resource")
        || schema
            .get("additionalProperties")
            .is_some_and(|more| more.value != Value::Bool(false))
}

/// Quantities are only known by the pattern that generators give them.
pub(super) fn is_quantity(schema: &Node) -> bool {
    schema
        .get("pattern")
        .and_then(Node::as_str)
        .is_some_and(|pattern| pattern.starts_with(r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)"))
}

pub(super) fn is_int_or_string(schema: &Node) -> bool {
    let alternatives = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key));
    let types: Vec<Option<&str>> = alternatives
        .map_or(&[][..], Node::elements)
        .iter()
        .map(|alternative| alternative.get("type").and_then(Node::as_str))
        .collect();
    is_true(schema, "x-kubernetes-int-or-string")
        || schema.get("format").and_then(Node::as_str) == Some("int-or-string")
        || matches!(
            types[..],
            [Some("integer"), Some("string")] | [Some("string"), Some("integer")]
        )
}

/// Whether a schema restates `PodTemplateSpec`: a `spec` with containers that have images, and with
/// the restart policy that no object has which merely adds to pods.
fn is_pod_template(schema: &Node) -> bool {
    let properties = schema.path(["properties", "spec", "properties"]);
    properties.is_some_and(|properties| {
        properties.get("restartPolicy").is_some()
            && properties
                .path(["containers", "items", "properties", "image"])
                .is_some()
    })
}

/// What the default of a schema says of an absent field.
fn absence(default: &Node) -> Absence {
    match &default.value {
        Value::Bool(value) => Absence::Value(value.to_string().into()),
        Value::Integer(value) => Absence::Value(value.to_string().into()),
        Value::Float(text)
            if text.parse::<f64>().is_ok_and(f64::is_finite) && !text.contains(['e', 'E', '_']) =>
        {
            Absence::Value((&**text).into())
        }
        Value::String(text) => Absence::Value(string_literal(text).into()),
        Value::Mapping(_) => Absence::FilledIn,
        Value::Float(_) | Value::Null | Value::Unknown(_) | Value::Sequence(_) => Absence::Unknown,
    }
}

/// The text as a string literal of the policy language.
fn string_literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' | '{' => literal.extend(['\\', letter]),
            '\n' => literal.push_str("\\n"),
            '\t' => literal.push_str("\\t"),
            letter if letter.is_control() => literal.push_str(&format!("\\u{{{:x}}}", u32::from(letter))),
            letter => literal.push(letter),
        }
    }
    literal.push('"');
    literal
}
