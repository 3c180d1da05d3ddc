//! A value held against what its structural schema demands beyond types.
//!
//! What can't be told, because a pattern is none that can be judged here or Flux is yet to put in a value,
//! is no fault.

use super::{Context, format};
use crate::codes::Code;
use crate::ir::normalise_pattern;
use crate::manifest::{Mapping, Node, Value, to_json};
use crate::schema::{Constraints, Demand, Format, JsonType, Pattern};
use crate::source::Span;
use std::collections::HashMap;

/// What is wrong with a value.
pub struct Fault {
    /// Which kind of wrong.
    pub code: Code,
    /// The bytes that are meant, if not the whole value.
    pub span: Option<Span>,
    /// What is said of it, after its path.
    pub text: String,
    /// How it can be mended.
    pub help: Option<String>,
}

/// Whether something is as demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Holds,
    Broken,
    Unsure,
}

impl From<bool> for Verdict {
    fn from(holds: bool) -> Verdict {
        if holds { Verdict::Holds } else { Verdict::Broken }
    }
}

/// Holds values against demands.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// What the run knows.
    pub context: Context<'a>,
}

impl Judge<'_> {
    /// What is wrong with the value itself; those in it are judged by themselves.
    pub fn faults(self, node: &Node, constraints: &Constraints) -> Vec<Fault> {
        let broken = |demand: &&Demand| self.demand(node, demand) == Verdict::Broken;
        let demands = constraints.demands.iter().filter(broken);
        demands.filter_map(|demand| self.fault(node, demand)).collect()
    }

    /// Whether the value and all in it are as demanded.
    fn whole(self, node: &Node, constraints: &Constraints) -> Verdict {
        if node.is_null() && constraints.nullable {
            return Verdict::Holds;
        }
        let demands = constraints.demands.iter().map(|demand| self.demand(node, demand));
        all(demands.chain(self.below(node, constraints)))
    }

    fn below(self, node: &Node, constraints: &Constraints) -> impl Iterator<Item = Verdict> {
        let of_entry = move |key: &str| constraints.property(key).or(constraints.values.as_deref());
        let entries = node.entries().iter().filter_map(move |entry| {
            let of_field = of_entry(&entry.key)?;
            let counts = !entry.value.is_null() || of_field.nullable;
            counts.then(|| self.whole(&entry.value, of_field))
        });
        let elements = node.elements().iter().filter_map(move |element| {
            let of_element = constraints.items.as_deref()?;
            Some(self.whole(element, of_element))
        });
        entries.chain(elements)
    }

    fn demand(self, node: &Node, demand: &Demand) -> Verdict {
        if let Value::String(text) = &node.value
            && self.context.is_open(text)
        {
            return Verdict::Unsure;
        }
        let length = |text: &str| text.chars().count();
        match (demand, &node.value) {
            (Demand::Type(ty), _) => is_of(node, *ty).into(),
            (Demand::Minimum(bound, exclusive), Value::Integer(_) | Value::Float(_)) => number(node)
                .is_none_or(|number| number > *bound || number == *bound && !exclusive)
                .into(),
            (Demand::Maximum(bound, exclusive), Value::Integer(_) | Value::Float(_)) => number(node)
                .is_none_or(|number| number < *bound || number == *bound && !exclusive)
                .into(),
            (Demand::MultipleOf(factor), Value::Integer(_) | Value::Float(_)) => number(node)
                .is_none_or(|number| (number / factor).fract() == 0.0)
                .into(),
            (Demand::MinLength(least), Value::String(text)) => (length(text) >= *least).into(),
            (Demand::MaxLength(most), Value::String(text)) => (length(text) <= *most).into(),
            (Demand::Pattern(pattern), Value::String(text)) => matches(pattern, text),
            (Demand::Format(Format::Int32), Value::Integer(number)) => i32::try_from(*number).is_ok().into(),
            (Demand::Format(format), Value::String(text)) => format::holds(*format, text).into(),
            (Demand::Enum(values), _) => values.iter().any(|value| is_same(value, node)).into(),
            (Demand::MinItems(least), Value::Sequence(nodes)) => (nodes.len() >= *least).into(),
            (Demand::MaxItems(most), Value::Sequence(nodes)) => (nodes.len() <= *most).into(),
            (Demand::Unique, Value::Sequence(nodes)) => repeated(nodes).is_none().into(),
            (Demand::MinProperties(least), Value::Mapping(mapping)) => (size(mapping) >= *least).into(),
            (Demand::MaxProperties(most), Value::Mapping(mapping)) => (size(mapping) <= *most).into(),
            (Demand::Required(names), Value::Mapping(_)) => {
                names.iter().all(|name| node.get(name).is_some()).into()
            }
            (Demand::Embedded, Value::Mapping(_)) => {
                (node.get("apiVersion").is_some() && node.get("kind").is_some()).into()
            }
            (Demand::AllOf(each), _) => all(each.iter().map(|each| self.whole(node, each))),
            (Demand::AnyOf(each), _) => {
                let verdicts = each.iter().map(|each| self.whole(node, each));
                match verdicts.fold(Verdict::Broken, either) {
                    Verdict::Broken if self.is_open_within(node) => Verdict::Unsure,
                    verdict => verdict,
                }
            }
            (Demand::OneOf(each), _) => self.exactly_one(node, each),
            (Demand::Not(other), _) => match self.whole(node, other) {
                Verdict::Holds => Verdict::Broken,
                Verdict::Broken => Verdict::Holds,
                Verdict::Unsure => Verdict::Unsure,
            },
            _ => Verdict::Holds,
        }
    }

    fn exactly_one(self, node: &Node, each: &[Constraints]) -> Verdict {
        let verdicts: Vec<Verdict> = each.iter().map(|each| self.whole(node, each)).collect();
        let count = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count();
        match (count(Verdict::Holds), count(Verdict::Unsure)) {
            (1, 0) => Verdict::Holds,
            (0 | 1, unsure) if unsure > 0 => Verdict::Unsure,
            _ => Verdict::Broken,
        }
    }

    fn is_open_within(self, node: &Node) -> bool {
        match &node.value {
            Value::String(text) => self.context.is_open(text),
            Value::Sequence(nodes) => nodes.iter().any(|node| self.is_open_within(node)),
            Value::Mapping(mapping) => {
                let mut entries = mapping.entries().iter();
                entries.any(|entry| self.is_open_within(&entry.value))
            }
            _ => false,
        }
    }

    /// What a broken demand says.
    fn fault(self, node: &Node, demand: &Demand) -> Option<Fault> {
        let written = shown(node);
        let refused = |what: String| format!("can't be {written}: {what}");
        let text = match demand {
            Demand::Type(ty) => format!("must be {}", type_name(*ty)),
            Demand::Minimum(bound, false) => refused(format!("the least is {bound}")),
            Demand::Minimum(bound, true) => refused(format!("it must be more than {bound}")),
            Demand::Maximum(bound, false) => refused(format!("the most is {bound}")),
            Demand::Maximum(bound, true) => refused(format!("it must be less than {bound}")),
            Demand::MultipleOf(factor) => refused(format!("it must be a multiple of {factor}")),
            Demand::MinLength(least) => counted(node, "character", &format!("needs at least {least}")),
            Demand::MaxLength(most) => counted(node, "character", &format!("may have at most {most}")),
            Demand::Pattern(pattern) => refused(format!("it must match `{}`", pattern.text)),
            Demand::Format(format) => refused(format!("it must be {}", format::name(*format))),
            Demand::Enum(values) => {
                let values: Vec<String> = values.iter().map(plain).collect();
                return Some(not_listed(&plain(node), values.iter().map(String::as_str)));
            }
            Demand::MinItems(least) => counted(node, "element", &format!("needs at least {least}")),
            Demand::MaxItems(most) => counted(node, "element", &format!("may have at most {most}")),
            Demand::MinProperties(least) => counted(node, "field", &format!("needs at least {least}")),
            Demand::MaxProperties(most) => counted(node, "field", &format!("may have at most {most}")),
            Demand::Unique => {
                let twice = repeated(node.elements())?;
                return Some(Fault {
                    code: Code::S0109,
                    span: Some(twice.span),
                    text: format!("has {} twice", shown(twice)),
                    help: Some("the API server takes the list for a set; remove one".to_string()),
                });
            }
            Demand::Required(names) => {
                let lacking = names.iter().filter(|name| node.get(name).is_none());
                format!("lacks {}", crate::suggest::list(lacking.map(|name| &**name)))
            }
            Demand::Embedded => "needs `apiVersion` and `kind`: it is an object of its own".to_string(),
            Demand::AllOf(each) => {
                let broken = each
                    .iter()
                    .find(|each| self.whole(node, each) == Verdict::Broken)?;
                self.explain(node, broken, "")?
            }
            Demand::AnyOf(each) | Demand::OneOf(each) => return Some(self.no_alternative(node, each)),
            Demand::Not(other) => match names_of(other) {
                Some(names) if names.len() == 1 => format!("can't have {} here", list(&names)),
                Some(names) => format!("can't have {} together", list(&names)),
                None => "is what its schema rules out".to_string(),
            },
        };
        Some(Fault {
            code: Code::S0113,
            span: None,
            text,
            help: None,
        })
    }

    /// What is wrong with a value that fits none, or more than one, of the alternatives.
    fn no_alternative(self, node: &Node, each: &[Constraints]) -> Fault {
        let fitting = each
            .iter()
            .filter(|each| self.whole(node, each) == Verdict::Holds);
        let fitting: Vec<&Constraints> = fitting.collect();
        let names = |each: &mut dyn Iterator<Item = &Constraints>| -> Option<Vec<String>> {
            let names: Option<Vec<Vec<String>>> = each.map(names_of).collect();
            Some(names?.iter().map(|names| list(names)).collect())
        };
        let mut help = None;
        let text = match fitting.len() {
            0 => match names(&mut each.iter()) {
                Some(names) => format!("needs {}", names.join(" or ")),
                None => {
                    help = each.iter().find_map(|each| self.explain(node, each, ""));
                    "fits none of the forms that its schema allows".to_string()
                }
            },
            count => match names(&mut fitting.into_iter()) {
                Some(names) => format!("has {}, of which only one may stand", names.join(" and ")),
                None => format!("fits {count} of the forms that its schema allows, but must fit one"),
            },
        };
        Fault {
            code: Code::S0113,
            span: heading(node),
            text,
            help: help.map(|first| format!("of the first form, it {first}")),
        }
    }

    /// The first thing that is wrong, here or below, so that it reads after the value.
    fn explain(self, node: &Node, constraints: &Constraints, path: &str) -> Option<String> {
        let said = |text: String| match path {
            "" => text,
            _ => format!("breaks a demand: `{path}` {text}"),
        };
        let broken = |demand: &&Demand| self.demand(node, demand) == Verdict::Broken;
        if let Some(demand) = constraints.demands.iter().find(broken) {
            return self.fault(node, demand).map(|fault| said(fault.text));
        }
        node.entries().iter().find_map(|entry| {
            let below = constraints
                .property(&entry.key)
                .or(constraints.values.as_deref())?;
            let separator = if path.is_empty() { "" } else { "." };
            self.explain(&entry.value, below, &format!("{path}{separator}{}", entry.key))
        })
    }
}

fn all(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    let mut sum = Verdict::Holds;
    for verdict in verdicts {
        match verdict {
            Verdict::Broken => return Verdict::Broken,
            Verdict::Unsure => sum = Verdict::Unsure,
            Verdict::Holds => {}
        }
    }
    sum
}

fn either(a: Verdict, b: Verdict) -> Verdict {
    match (a, b) {
        (Verdict::Holds, _) | (_, Verdict::Holds) => Verdict::Holds,
        (Verdict::Unsure, _) | (_, Verdict::Unsure) => Verdict::Unsure,
        _ => Verdict::Broken,
    }
}

/// The API server looks for the pattern anywhere in the text, in time linear in its length.
fn matches(pattern: &Pattern, text: &str) -> Verdict {
    let compile = |text: &str| regex::Regex::new(&normalise_pattern(text).ok()?).ok();
    match pattern.compiled(compile) {
        Some(regex) => regex.is_match(text).into(),
        None => Verdict::Unsure,
    }
}

/// What is said of a value that is none of those listed.
pub fn not_listed<'a>(written: &str, values: impl Iterator<Item = &'a str> + Clone) -> Fault {
    let help = match crate::suggest::nearest(written, values.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("write {}", crate::suggest::one_of(values.clone())),
    };
    let values = crate::suggest::list(values);
    Fault {
        code: Code::S0108,
        span: None,
        text: format!("can't be `{written}`: it is one of {values}"),
        help: Some(help),
    }
}

/// The names of the fields that must stand there, if nothing else is demanded.
fn names_of(constraints: &Constraints) -> Option<Vec<String>> {
    let [Demand::Required(names)] = constraints.demands.as_slice() else {
        return None;
    };
    Some(names.iter().map(|name| name.to_string()).collect())
}

fn list(names: &[String]) -> String {
    crate::suggest::list(names.iter().map(String::as_str))
}

fn is_of(node: &Node, ty: JsonType) -> bool {
    match (ty, &node.value) {
        (JsonType::String, Value::String(_))
        | (JsonType::Boolean, Value::Bool(_))
        | (JsonType::Integer | JsonType::Number, Value::Integer(_))
        | (JsonType::Number, Value::Float(_))
        | (JsonType::Array, Value::Sequence(_))
        | (JsonType::Object, Value::Mapping(_)) => true,
        (JsonType::Integer, Value::Float(_)) => number(node).is_some_and(|number| number.fract() == 0.0),
        _ => false,
    }
}

fn type_name(ty: JsonType) -> &'static str {
    match ty {
        JsonType::String => "a string",
        JsonType::Boolean => "`true` or `false`",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::Array => "a list",
        JsonType::Object => "an object",
    }
}

fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(text) => text.replace('_', "").parse().ok(),
        _ => None,
    }
}

fn is_same(a: &Node, b: &Node) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a.same_value(b),
    }
}

fn size(mapping: &Mapping) -> usize {
    let entries = mapping.entries().iter();
    entries.filter(|entry| !entry.value.is_null()).count()
}

/// The first element that stood before.
fn repeated(nodes: &[Node]) -> Option<&Node> {
    let mut seen: HashMap<String, ()> = HashMap::with_capacity(nodes.len());
    nodes
        .iter()
        .find(|node| seen.insert(canonical(&to_json(node)), ()).is_some())
}

/// The same text for the same value, in whatever order its keys were written.
fn canonical(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(object) => {
            let mut entries: Vec<String> = object
                .iter()
                .map(|(key, value)| format!("{key:?}:{}", canonical(value)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
        serde_json::Value::Array(values) => {
            let values: Vec<String> = values.iter().map(canonical).collect();
            format!("[{}]", values.join(","))
        }
        scalar => scalar.to_string(),
    }
}

fn counted(node: &Node, what: &str, rest: &str) -> String {
    let count = match &node.value {
        Value::String(text) => text.chars().count(),
        Value::Sequence(nodes) => nodes.len(),
        Value::Mapping(mapping) => size(mapping),
        _ => 0,
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("has {count} {what}{plural}, but {rest}")
}

/// Where something is said of a whole value: at its first key, for an object that is long.
fn heading(node: &Node) -> Option<Span> {
    node.entries().first().map(|entry| entry.key_span)
}

/// A value as a message quotes it.
fn shown(node: &Node) -> String {
    match &node.value {
        Value::String(text) if text.chars().count() > 60 => {
            format!("a string of {} characters", text.chars().count())
        }
        Value::Sequence(_) => "that list".to_string(),
        Value::Mapping(_) => "that object".to_string(),
        _ => format!("`{}`", plain(node)),
    }
}

fn plain(node: &Node) -> String {
    match &node.value {
        Value::String(text) => text.to_string(),
        _ => to_json(node).to_string(),
    }
}
