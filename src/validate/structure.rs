//! The fields of an object, held against the types of the API.

use super::constraint::{self, Judge};
use super::{Context, admit, identity, rules, syntax};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Origin, Severity};
use crate::manifest::{Mapping, Node, Resource, Value};
use crate::schema::{Constraints, Definition, DefinitionId, Field, FieldType, Kind, quantity_dimension};
use crate::source::Span;
use crate::units::Quantity;
use std::collections::HashMap;

/// Checks every field.
pub fn check(resource: &Resource, kind: &Kind, context: Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let before = diagnostics.len();
    let mut checker = Checker {
        context,
        diagnostics,
        path: Vec::new(),
        heading: heading(&resource.root),
        release: context.schema.release(kind),
    };
    let constraints = context.schema.constraints(kind);
    let filled = constraints.map(|constraints| admit::with_defaults(&resource.root, constraints));
    let root = filled.as_ref().unwrap_or(&resource.root);
    checker.object(root, kind.definition, constraints);
    checker.demands(root, constraints);
    if (&*kind.group, &*kind.kind) == ("", "Secret")
        && let Some(data) = resource.root.get("data")
    {
        checker.secret(data);
    }
    // As the API server, which does not evaluate rules over values that they can't be about.
    let blocks = |diagnostic: &Diagnostic| {
        [Code::S0105, Code::S0106, Code::S0108]
            .map(Origin::Code)
            .contains(&diagnostic.origin)
    };
    let found = diagnostics.get(before..).unwrap_or_default();
    if let Some(constraints) = constraints
        && constraints.has_rules
        && !found.iter().any(blocks)
    {
        rules::check(root, kind, constraints, context, diagnostics);
    }
}

/// What a reader knows an object by.
pub fn heading(root: &Node) -> Span {
    root.path(["metadata", "name"])
        .or_else(|| root.get("kind"))
        .map_or(root.span, |node| node.span)
}

struct Checker<'a, 'd> {
    context: Context<'a>,
    diagnostics: &'d mut Vec<Diagnostic>,
    /// Keys and indices from the object to the value at hand.
    path: Vec<Step>,
    /// Where something is told that should stand in the value at hand.
    heading: Span,
    /// The release that the schema is of, if it is neither the cluster's nor the repository's: other releases
    /// may have other fields.
    release: Option<&'static str>,
}

#[derive(Clone)]
enum Step {
    Key(Box<str>),
    Index(usize),
}

impl Checker<'_, '_> {
    /// The path to the value at hand: `spec.containers[0].image`.
    fn path(&self) -> String {
        let mut out = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) if out.is_empty() => out.push_str(key),
                Step::Key(key) => out.extend([".", key]),
                Step::Index(index) => out.push_str(&format!("[{index}]")),
            }
        }
        out
    }

    /// The path to a field of the value at hand.
    fn path_to(&self, field: &str) -> String {
        match self.path() {
            path if path.is_empty() => field.to_string(),
            path => format!("{path}.{field}"),
        }
    }

    fn say(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn within(&mut self, step: Step, heading: Span, check: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.heading, heading);
        self.path.push(step);
        check(self);
        self.path.pop();
        self.heading = outer;
    }

    fn value(&mut self, node: &Node, ty: &FieldType, constraints: Option<&Constraints>) {
        match &node.value {
            Value::Unknown(_) => return,
            Value::String(text) if self.context.is_open(text) => return,
            _ => {}
        }
        match (ty, &node.value) {
            (FieldType::Any, _) => {}
            (FieldType::Object(id), Value::Mapping(_) | Value::Null) => self.object(node, *id, constraints),
            (FieldType::List(element), Value::Sequence(nodes)) => {
                let below = constraints.and_then(|constraints| constraints.items.as_deref());
                for (index, node) in nodes.iter().enumerate() {
                    let heading = element_heading(node);
                    self.within(Step::Index(index), heading, |checker| {
                        checker.value(node, element, below)
                    });
                }
            }
            (FieldType::Map(value), Value::Mapping(mapping)) => {
                let below = constraints.and_then(|constraints| constraints.values.as_deref());
                for entry in mapping.entries() {
                    if !entry.value.is_null() {
                        self.within(Step::Key(entry.key.clone()), entry.key_span, |checker| {
                            checker.value(&entry.value, value, below);
                        });
                    }
                }
            }
            (FieldType::Quantity, Value::String(_) | Value::Integer(_) | Value::Float(_)) => {
                self.quantity(node);
            }
            (FieldType::String, Value::String(_))
            | (FieldType::Bool, Value::Bool(_))
            | (FieldType::IntOrString, Value::String(_))
            | (FieldType::Number, Value::Integer(_)) => {}
            (FieldType::Integer | FieldType::IntOrString, Value::Integer(number))
                if i64::try_from(*number).is_ok() => {}
            // The decoder takes `80.0` for 80.
            (FieldType::Integer | FieldType::IntOrString, Value::Float(text)) if is_whole(text) => {}
            (FieldType::Number, Value::Float(text)) if number(text).is_some_and(f64::is_finite) => {}
            _ => return self.wrong_type(node, ty),
        }
        self.demands(node, constraints);
    }

    /// What the schema demands of the value itself, beyond its type.
    fn demands(&mut self, node: &Node, constraints: Option<&Constraints>) {
        let Some(constraints) = constraints else { return };
        let judge = Judge {
            context: self.context,
        };
        for fault in judge.faults(node, constraints) {
            let path = self.path();
            let message = match &*path {
                "" => format!("the object {}", fault.text),
                path => format!("`{path}` {}", fault.text),
            };
            let mut diagnostic = Diagnostic::new(fault.code, fault.span.unwrap_or(node.span), message);
            diagnostic.help = fault.help;
            self.say_of_release(diagnostic);
        }
    }

    /// Says what holds of the release that the schema is of, and perhaps of no other.
    fn say_of_release(&mut self, mut diagnostic: Diagnostic) {
        if let Some(release) = self.release {
            diagnostic.severity = diagnostic.severity.min(Severity::Medium);
            let of = format!("as of {release}, whose definition is built in");
            diagnostic.help = Some(match diagnostic.help.take() {
                Some(help) => format!("{help} ({of})"),
                None => of,
            });
        }
        self.say(diagnostic);
    }

    fn object(&mut self, node: &Node, id: DefinitionId, constraints: Option<&Constraints>) {
        let none = Mapping::default();
        let mapping = match &node.value {
            Value::Mapping(mapping) => mapping,
            // A null element of a list is an empty object.
            Value::Null => &none,
            _ => return self.wrong_type(node, &FieldType::Object(id)),
        };
        let schema = self.context.schema;
        let definition = schema.definition(id);
        let below = |key: &str| constraints.and_then(|constraints| constraints.property(key));
        for entry in mapping.entries() {
            match definition.field(&entry.key) {
                Some(_) if entry.value.is_null() => {}
                Some(field) => {
                    self.within(Step::Key(entry.key.clone()), entry.key_span, |checker| {
                        checker.field(&entry.value, field, below(&entry.key));
                    });
                }
                None if definition.open => {}
                None => self.unknown_field(&entry.key, entry.key_span, id),
            }
        }
        let is_there = |field: &Field| {
            let nullable = || below(&field.name).is_some_and(|constraints| constraints.nullable);
            mapping
                .get(&field.name)
                .is_some_and(|node| !node.is_null() || nullable())
        };
        let lacking = definition.fields.iter().filter(|field| field.required);
        for field in lacking.filter(|field| !is_there(field)) {
            let path = self.path_to(&field.name);
            self.say(
                Diagnostic::new(Code::S0105, self.heading, format!("`{path}` is missing"))
                    .field(path.clone())
                    .label(format!("`{}` is missing here", field.name))
                    .help(format!(
                        "add `{}`: the API server refuses objects without it",
                        field.name
                    )),
            );
        }
        self.particulars(mapping, definition);
    }

    fn field(&mut self, node: &Node, field: &Field, constraints: Option<&Constraints>) {
        self.value(node, &field.ty, constraints);
        // Of a custom resource, its schema lists the values.
        if let Value::String(text) = &node.value
            && constraints.is_none_or(|constraints| !constraints.lists_values())
            && !field.values.is_empty()
            && !field.values.iter().any(|value| **value == **text)
            && !self.context.is_open(text)
        {
            let fault = constraint::not_listed(text, field.values.iter().map(|value| &**value));
            let message = format!("`{}` {}", self.path(), fault.text);
            let mut diagnostic = Diagnostic::new(fault.code, node.span, message);
            diagnostic.help = fault.help;
            self.say(diagnostic);
        }
        if let (Value::Sequence(nodes), false) = (&node.value, field.list_keys.is_empty()) {
            self.same_keys(nodes, field);
        }
    }

    /// Elements of a list that can't be told apart.
    fn same_keys(&mut self, nodes: &[Node], field: &Field) {
        let FieldType::List(element) = &field.ty else {
            return;
        };
        let FieldType::Object(id) = **element else { return };
        let definition = self.context.schema.definition(id);
        let mut seen: HashMap<Vec<String>, Span> = HashMap::new();
        for node in nodes {
            let parts: Option<Vec<(String, Span)>> = field
                .list_keys
                .iter()
                .map(|key| key_part(node, key, definition))
                .collect();
            let Some(parts) = parts else { continue };
            let span = parts
                .iter()
                .map(|(_, span)| *span)
                .find(|span| !span.range().is_empty());
            let span = span.unwrap_or(node.span);
            let key: Vec<String> = parts.into_iter().map(|(part, _)| part).collect();
            if let Some(first) = seen.get(&key) {
                let named = field.list_keys.iter().zip(&key);
                let named: Vec<String> = named.map(|(name, part)| format!("`{name}` {part}")).collect();
                let path = self.path();
                self.say(
                    Diagnostic::new(
                        Code::S0109,
                        span,
                        format!("two elements of `{path}` have the {}", named.join(" and ")),
                    )
                    .with(*first, "the first")
                    .help("the API server tells them apart by that; remove or rename one"),
                );
            } else {
                seen.insert(key, span);
            }
        }
    }

    fn unknown_field(&mut self, key: &str, span: Span, id: DefinitionId) {
        let schema = self.context.schema;
        let definition = schema.definition(id);
        let path = self.path_to(key);
        let diagnostic = Diagnostic::new(
            Code::S0104,
            span,
            format!("`{path}` is not a field of {}", definition.name),
        );
        self.say_of_release(match schema.suggest_field(id, key) {
            Some(meant) if meant.contains('.') => {
                diagnostic.help(format!("`{}` is one; did you mean that?", self.path_to(&meant)))
            }
            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")).fix(
                format!("rename it to `{meant}`"),
                false,
                span,
                meant,
            ),
            None => diagnostic.help(
                "remove it: the API server drops it or refuses the object, so it has no effect either way",
            ),
        });
    }

    fn wrong_type(&mut self, node: &Node, ty: &FieldType) {
        let (path, found) = (self.path(), found(node));
        let diagnostic = Diagnostic::new(
            Code::S0106,
            node.span,
            format!("`{path}` must be {}, but is {found}", expected(ty)),
        )
        .field(path.clone());
        let written = self.context.written(node);
        self.say(match (ty, &node.value) {
            (FieldType::String, Value::Bool(_) | Value::Integer(_) | Value::Float(_)) => {
                let quoted = format!("\"{written}\"");
                diagnostic
                    .help(format!("quote it: `{quoted}`"))
                    .fix("quote it", true, node.span, quoted)
            }
            (FieldType::Integer, Value::String(text)) if text.parse::<i64>().is_ok() => diagnostic
                .help(format!("write it without quotes: `{text}`"))
                .fix("remove the quotes", true, node.span, &**text),
            (FieldType::Bool, Value::String(text)) if matches!(&**text, "true" | "false") => diagnostic
                .help(format!("write it without quotes: `{text}`"))
                .fix("remove the quotes", true, node.span, &**text),
            (FieldType::List(_), Value::Mapping(_)) => {
                diagnostic.help("put `- ` before it, so that it is the element of a list")
            }
            _ => diagnostic,
        });
    }

    fn quantity(&mut self, node: &Node) {
        let key = self.path.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(&**key),
            Step::Index(_) => None,
        });
        let dimension = quantity_dimension(key.unwrap_or_default(), None);
        let result = match &node.value {
            Value::String(text) => Quantity::of_manifest(text, dimension),
            Value::Float(text) => Quantity::of_manifest_number(text, dimension),
            _ => return,
        };
        if let Err(error) = result {
            let (path, written) = (self.path(), self.context.written(node).to_string());
            let message = format!("`{path}` can't be `{written}`: that is no quantity");
            let diagnostic = Diagnostic::new(Code::S0107, node.span, message).field(path);
            self.say(match error.help {
                Some(help) => diagnostic.help(help),
                None => diagnostic.help("write a number with at most one suffix, as in `500m`, `1Gi`, `2M`"),
            });
        }
    }

    /// What the API server checks beyond types.
    fn particulars(&mut self, mapping: &Mapping, definition: &Definition) {
        let at = |key: &str| mapping.get(key).filter(|node| !node.is_null());
        match &*definition.name {
            "ObjectMeta" => {
                if let Some(labels) = at("labels") {
                    identity::labels(labels, self.context, self.diagnostics);
                }
                if let Some(annotations) = at("annotations") {
                    identity::annotations(annotations, self.context, self.diagnostics);
                }
            }
            "LabelSelector" => {
                if let Some(labels) = at("matchLabels") {
                    identity::labels(labels, self.context, self.diagnostics);
                }
            }
            _ => {}
        }
    }

    fn secret(&mut self, data: &Node) {
        let Value::Mapping(data) = &data.value else { return };
        for entry in data.entries() {
            if let Some(text) = entry.value.as_str()
                && !self.context.is_open(text)
                && let Some(wrong) = syntax::base64(text)
            {
                self.say(
                    Diagnostic::new(
                        Code::S0112,
                        entry.value.span,
                        format!("the value of `data.{}` {wrong}", entry.key),
                    )
                    .help("encode it, or move it to `stringData`, which takes it as it is"),
                );
            }
        }
    }
}

/// A part of what an element is told apart by: its value, else its default; `None` without either.
fn key_part(node: &Node, key: &str, definition: &Definition) -> Option<(String, Span)> {
    if let Some(node) = node.get(key) {
        let text = match &node.value {
            Value::String(text) => format!("`{text}`"),
            Value::Integer(number) => format!("`{number}`"),
            _ => return None,
        };
        return Some((text, node.span));
    }
    let field = definition.field(key)?;
    match &field.absence {
        crate::schema::Absence::Value(value) => {
            let here = Span {
                end: node.span.start,
                ..node.span
            };
            Some((format!("`{}`", value.trim_matches('"')), here))
        }
        _ => None,
    }
}

pub fn element_heading(node: &Node) -> Span {
    match &node.value {
        Value::Mapping(mapping) => mapping
            .entry("name")
            .map(|entry| entry.value.span)
            .or_else(|| mapping.entries().first().map(|entry| entry.key_span))
            .unwrap_or(node.span),
        _ => node.span,
    }
}

pub fn number(text: &str) -> Option<f64> {
    text.replace('_', "").parse().ok()
}

fn is_whole(text: &str) -> bool {
    number(text).is_some_and(|number| number.fract() == 0.0 && number.abs() < 9e18)
}

fn expected(ty: &FieldType) -> &'static str {
    match ty {
        FieldType::String => "a string",
        FieldType::Bool => "`true` or `false`",
        FieldType::Integer => "a whole number",
        FieldType::Number => "a number",
        FieldType::Quantity => "a quantity, such as `500m` or `1Gi`",
        FieldType::IntOrString => "a whole number or a string",
        FieldType::List(_) => "a list",
        FieldType::Object(_) | FieldType::Map(_) | FieldType::Any => "an object",
    }
}

fn found(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_string(),
        Value::Bool(truth) => format!("the boolean `{truth}`"),
        Value::Integer(number) => format!("the number `{number}`"),
        Value::Float(text) => format!("the number `{text}`"),
        Value::String(text) if text.chars().count() <= 40 => format!("the string `{text}`"),
        Value::String(_) | Value::Unknown(_) => "a string".to_string(),
        Value::Sequence(_) => "a list".to_string(),
        Value::Mapping(_) => "an object".to_string(),
    }
}
