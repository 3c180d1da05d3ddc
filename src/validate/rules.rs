//! A custom resource held against the rules in CEL of its definition.
//!
//! Rules about a change are passed over, as the API server does for new objects. What depends on a value that
//! nobody here knows is no finding; a rule that can't be evaluated is one.

use super::Context;
use super::structure::{element_heading, heading};
use crate::cel::{self, Budget, Fault, Program};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::{Node, Value};
use crate::schema::{Constraints, Demand, FieldType, Kind, Rule};
use crate::source::Span;

/// What one message may be long, as for the API server.
const LONGEST_MESSAGE: usize = 5 * 1024;

/// Evaluates every rule of an object that has its defaults.
pub fn check(
    root: &Node,
    kind: &Kind,
    constraints: &Constraints,
    context: Context<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut checker = Checker {
        context,
        diagnostics,
        budget: Budget::of_object(),
        release: context.schema.release(kind),
    };
    let place = Place {
        path: String::new(),
        heading: heading(root),
    };
    checker.value(root, &FieldType::Object(kind.definition), constraints, &place);
}

/// Says of every rule of a CustomResourceDefinition that it can't be evaluated, if so.
pub fn check_definition(schema: &Node, diagnostics: &mut Vec<Diagnostic>) {
    for entry in schema.entries() {
        if &*entry.key != "x-kubernetes-validations" {
            check_definition(&entry.value, diagnostics);
            continue;
        }
        for rule in entry.value.elements() {
            for key in ["rule", "messageExpression"] {
                if let Some(node) = rule.get(key)
                    && let Some(text) = node.as_str()
                    && let Err(why) = Program::compile(text)
                {
                    let message = format!("the expression `{}` is not evaluated: {why}", shortened(text));
                    diagnostics.push(Diagnostic::new(Code::S0115, node.span, message).help(
                        "objects are not held against it here; the API server may refuse it altogether",
                    ));
                }
            }
        }
    }
    for element in schema.elements() {
        check_definition(element, diagnostics);
    }
}

struct Checker<'a, 'd> {
    context: Context<'a>,
    diagnostics: &'d mut Vec<Diagnostic>,
    budget: Budget,
    /// The release that the schema is of, if it is neither the cluster's nor the repository's.
    release: Option<&'static str>,
}

/// Where a value stands.
struct Place {
    path: String,
    /// The bytes that name it.
    heading: Span,
}

impl Place {
    fn field(&self, name: &str, heading: Span) -> Place {
        let separator = if self.path.is_empty() { "" } else { "." };
        Place {
            path: format!("{}{separator}{name}", self.path),
            heading,
        }
    }

    fn element(&self, index: usize, heading: Span) -> Place {
        Place {
            path: format!("{}[{index}]", self.path),
            heading,
        }
    }
}

impl Checker<'_, '_> {
    /// The value, then what is in it.
    fn value(&mut self, node: &Node, ty: &FieldType, constraints: &Constraints, place: &Place) {
        if !constraints.has_rules || node.is_null() {
            return;
        }
        self.rules(node, ty, constraints, place);
        for demand in &constraints.demands {
            if let Demand::AllOf(each) = demand {
                for each in each {
                    self.value(node, ty, each, place);
                }
            }
        }
        match (&node.value, ty) {
            (Value::Mapping(mapping), FieldType::Object(id)) => {
                let definition = self.context.schema.definition(*id);
                for entry in mapping.entries() {
                    if let (Some(field), Some(below)) =
                        (definition.field(&entry.key), constraints.property(&entry.key))
                    {
                        let place = place.field(&entry.key, entry.key_span);
                        self.value(&entry.value, &field.ty, below, &place);
                    }
                }
            }
            (Value::Mapping(mapping), FieldType::Map(value)) => {
                for entry in mapping.entries() {
                    if let Some(below) = &constraints.values {
                        let place = place.field(&entry.key, entry.key_span);
                        self.value(&entry.value, value, below, &place);
                    }
                }
            }
            (Value::Sequence(nodes), FieldType::List(element)) => {
                if let Some(below) = &constraints.items {
                    for (index, node) in nodes.iter().enumerate() {
                        let place = place.element(index, element_heading(node));
                        self.value(node, element, below, &place);
                    }
                }
            }
            _ => {}
        }
    }

    fn rules(&mut self, node: &Node, ty: &FieldType, constraints: &Constraints, place: &Place) {
        let mut own = None;
        for rule in &constraints.rules {
            let program = match rule.program() {
                Ok(program) if program.uses_old_self && !rule.is_for_new => continue,
                Ok(program) => program,
                // It is said where the rule stands.
                Err(_) if self.release.is_none() => continue,
                Err(why) => {
                    let why = why.to_string();
                    self.not_evaluated(rule, place, &why);
                    continue;
                }
            };
            let own = own.get_or_insert_with(|| self.context.value(node, ty, Some(constraints)));
            let variables = [("self", own.clone()), ("oldSelf", cel::Value::Optional(None))];
            match program.evaluate(&variables, &mut self.budget) {
                Ok(cel::Value::Bool(true) | cel::Value::Unknown) => {}
                Ok(cel::Value::Bool(false)) => {
                    let said = self.message(rule, &variables);
                    self.broken(rule, node, place, &said);
                }
                Ok(other) => {
                    let what = format!("its rule gives a {}, neither true nor false", other.type_name());
                    self.broken(rule, node, place, &what);
                }
                Err(Fault::Error(what)) => {
                    self.broken(rule, node, place, &format!("its rule fails with `{what}`"));
                }
                Err(Fault::Unsupported(what)) => {
                    self.not_evaluated(rule, place, &format!("{what} is not known here"));
                }
                Err(Fault::Exhausted) => self.not_evaluated(rule, place, "it takes too many steps"),
            }
        }
    }

    /// What the rule says of what breaks it.
    fn message(&mut self, rule: &Rule, variables: &[(&str, cel::Value)]) -> String {
        let evaluated = rule
            .message_program()
            .and_then(|program| program.evaluate(variables, &mut self.budget).ok());
        if let Some(cel::Value::String(text)) = evaluated {
            let text = text.trim();
            if !text.is_empty() && text.len() <= LONGEST_MESSAGE && !text.contains('\n') {
                return text.to_string();
            }
        }
        match rule.message.as_deref().map(str::trim) {
            Some(message) if !message.is_empty() => message.to_string(),
            _ => format!("failed rule: {}", shortened(&rule.text)),
        }
    }

    fn broken(&mut self, rule: &Rule, node: &Node, place: &Place, said: &str) {
        let (path, span) = match &rule.field_path {
            Some(below) => followed(node, below, place),
            None => (place.path.clone(), own_span(node, place.heading)),
        };
        let subject = match &*path {
            "" => "the object".to_string(),
            path => format!("`{path}`"),
        };
        let mut diagnostic = Diagnostic::new(Code::S0114, span, format!("{subject} is refused: {said}"));
        let help = format!("the rule of its definition is `{}`", shortened(&rule.text));
        diagnostic = match self.release {
            Some(release) => {
                diagnostic.severity = diagnostic.severity.min(Severity::Medium);
                diagnostic.help(format!("{help} (as of {release}, whose definition is built in)"))
            }
            None => diagnostic.help(help),
        };
        self.diagnostics.push(if path.is_empty() {
            diagnostic
        } else {
            diagnostic.field(path)
        });
    }

    fn not_evaluated(&mut self, rule: &Rule, place: &Place, why: &str) {
        let subject = match &*place.path {
            "" => "the object".to_string(),
            path => format!("`{path}`"),
        };
        let message = format!(
            "{subject} is not held against the rule `{}`: {why}",
            shortened(&rule.text)
        );
        self.diagnostics
            .push(Diagnostic::new(Code::S0115, place.heading, message));
    }
}

/// A value of its own bytes, but one that is long by its key.
fn own_span(node: &Node, heading: Span) -> Span {
    match &node.value {
        Value::Mapping(_) | Value::Sequence(_) => heading,
        _ => node.span,
    }
}

/// Where a path below a value leads, as far as it goes: `.spec.ports['http']`.
fn followed(node: &Node, path: &str, place: &Place) -> (String, Span) {
    let mut whole = place.path.clone();
    let (mut span, mut at) = (own_span(node, place.heading), Some(node));
    for name in names(path) {
        if !whole.is_empty() {
            whole.push('.');
        }
        whole.push_str(&name);
        let Value::Mapping(mapping) = &at.unwrap_or(node).value else {
            at = None;
            continue;
        };
        let entry = at.and_then(|_| mapping.entry(&name));
        at = entry.map(|entry| &entry.value);
        if let Some(entry) = entry {
            span = own_span(&entry.value, entry.key_span);
        }
    }
    (whole, span)
}

/// The names in a path: `.a['b.c']` has `a` and `b.c`.
fn names(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("['")
            && let Some((name, after)) = quoted.split_once("']")
        {
            names.push(name.replace("\\'", "'").replace("\\\\", "\\"));
            rest = after;
            continue;
        }
        let plain = rest.strip_prefix('.').unwrap_or(rest);
        let end = plain
            .find(['.', '['])
            .unwrap_or(plain.len())
            .max(usize::from(plain.len() == rest.len()));
        let Some((name, after)) = plain.split_at_checked(end) else {
            break;
        };
        if !name.is_empty() {
            names.push(name.to_string());
        }
        rest = after;
    }
    names
}

/// A rule on one line, of bearable length.
fn shortened(text: &str) -> String {
    const MOST: usize = 160;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
