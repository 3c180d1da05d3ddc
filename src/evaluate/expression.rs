//! Expressions → values.
//!
//! In: an expression, the locals bound so far, the repository. Out: a [`Value`], for every input.
//! Conditions know a third outcome besides holding and failing: that this run can't tell
//! ([`Value::Unknown`]), because files, a base revision or tables are missing. It spreads as in Kleene's
//! logic, so that what is told holds whatever is missing.

use super::applications::Choices;
use super::join::{self, Labels};
use super::operators;
use super::place::Place;
use super::repository::{ObjectId, Repository};
use super::subjects::Elements;
use super::value::{Container, Part, Unknown, Value};
use super::{Context, builtin, print};
use crate::ir::{
    Builtin, Constant, Domain, Each, Expression, ExpressionKind, Local, Parameter, Slot, TestOperator, Type,
};
use crate::manifest::{self, Node};
use crate::units::{Dimension, Quantity};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::ControlFlow;

/// Evaluates the expressions of one rule or budget. Cheap to make; every thread has its own.
pub struct Evaluator<'a> {
    pub(super) context: Context<'a>,
    pub(super) repository: &'a Repository<'a>,
    parameters: &'a [Parameter],
    types: &'a [Local],
    bound: Vec<Bound<'a>>,
    patterns: HashMap<Box<str>, Option<regex::Regex>>,
    /// Which Applications are meant where several deploy an object; without it, nobody can tell.
    pub(super) choices: Option<Choices>,
}

/// What a local stands for.
#[derive(Debug, Clone)]
pub(super) struct Bound<'a> {
    pub value: Value<'a>,
    /// Where it comes from.
    pub origin: Origin<'a>,
}

/// Where the value of a local comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'a> {
    /// From nowhere in a manifest.
    Nowhere,
    /// From where the value itself stands.
    Itself,
    /// From this object, which gives a namespace its name.
    Object(ObjectId),
    /// From this place.
    Place(Place<'a>),
    /// From what `let` names.
    Definition(&'a Expression),
}

impl<'a> Bound<'a> {
    /// Where it stands in a manifest, unless it is a definition.
    pub fn place(&self, repository: &Repository<'a>) -> Option<Place<'a>> {
        match self.origin {
            Origin::Place(place) => Some(place),
            Origin::Itself => Place::of_value(&self.value, repository),
            Origin::Object(object) => Place::of_value(&Value::Object(object), repository),
            Origin::Nowhere | Origin::Definition(_) => None,
        }
    }
}

const UNBOUND: Bound<'static> = Bound {
    value: Value::Absent,
    origin: Origin::Nowhere,
};

impl<'a> Evaluator<'a> {
    /// An evaluator for expressions with these locals and parameters.
    pub fn new(context: Context<'a>, parameters: &'a [Parameter], locals: &'a [Local]) -> Evaluator<'a> {
        Evaluator {
            context,
            repository: context.repository,
            parameters,
            types: locals,
            bound: vec![UNBOUND; locals.len()],
            patterns: HashMap::new(),
            choices: None,
        }
    }

    /// Binds a local.
    pub(super) fn bind(&mut self, slot: Slot, bound: Bound<'a>) {
        if let Some(own) = self.bound.get_mut(slot.0 as usize) {
            *own = bound;
        }
    }

    pub(super) fn bound(&self, slot: Slot) -> Option<&Bound<'a>> {
        self.bound.get(slot.0 as usize)
    }

    /// Whether a condition holds; `Err` if this run can't tell.
    pub fn holds(&mut self, condition: &'a Expression) -> Result<bool, Unknown> {
        match self.evaluate(condition) {
            Value::Bool(holds) => Ok(holds),
            Value::Unknown(reason) => Err(reason),
            _ => Ok(false),
        }
    }

    /// The text of a message.
    pub fn text(&mut self, message: &'a Expression) -> String {
        let value = self.evaluate(message);
        let mut out = String::new();
        print::print(&value, self.repository, &mut out);
        out
    }

    /// The value of an expression.
    pub fn evaluate(&mut self, expression: &'a Expression) -> Value<'a> {
        match &expression.kind {
            ExpressionKind::Constant(constant) => Value::of_constant(constant),
            ExpressionKind::Parameter(index) => self
                .parameters
                .get(*index)
                .map_or(Value::Absent, |parameter| Value::of_constant(&parameter.value)),
            ExpressionKind::Local(slot) => self
                .bound(*slot)
                .map_or(Value::Absent, |bound| bound.value.clone()),
            ExpressionKind::Field { base, name, .. } => self.field(base, name, &expression.ty),
            ExpressionKind::Index(base, key) => self.index(base, key, &expression.ty),
            ExpressionKind::Property(base, property) => {
                let base_type = &base.ty;
                let base = self.evaluate(base);
                self.property(base, base_type, *property)
            }
            ExpressionKind::Coalesce(first, second) => match self.evaluate(first) {
                Value::Absent => self.evaluate(second),
                value => value,
            },
            ExpressionKind::Present(inner) => match self.evaluate(inner) {
                Value::Unknown(reason) => Value::Unknown(reason),
                value => Value::Bool(!matches!(value, Value::Absent)),
            },
            ExpressionKind::IsKind(inner, kinds) => {
                match self.evaluate(inner) {
                    Value::Unknown(reason) => Value::Unknown(reason),
                    value => Value::Bool(value.object(self.repository).is_some_and(|object| {
                        kinds.iter().any(|kind| self.repository.is_kind(object, kind))
                    })),
                }
            }
            ExpressionKind::Cast(inner, ty) => {
                let value = self.evaluate(inner);
                cast(value, ty)
            }
            ExpressionKind::Not(inner) => condition(self.holds(inner).map(|holds| !holds)),
            ExpressionKind::And(left, right) => match self.holds(left) {
                Ok(false) => Value::Bool(false),
                Ok(true) => condition(self.holds(right)),
                Err(reason) => match self.holds(right) {
                    Ok(false) => Value::Bool(false),
                    _ => Value::Unknown(reason),
                },
            },
            ExpressionKind::Or(left, right) => match self.holds(left) {
                Ok(true) => Value::Bool(true),
                Ok(false) => condition(self.holds(right)),
                Err(reason) => match self.holds(right) {
                    Ok(true) => Value::Bool(true),
                    _ => Value::Unknown(reason),
                },
            },
            ExpressionKind::Compare(comparison, left, right) => {
                let (left, right) = (self.evaluate(left), self.evaluate(right));
                known(&[&left, &right], || {
                    Value::Bool(operators::compare(*comparison, &left, &right, self.repository))
                })
            }
            ExpressionKind::Test(operator, left, right) => self.test(*operator, left, right),
            ExpressionKind::Arithmetic(operation, left, right) => {
                let (left, right) = (self.evaluate(left), self.evaluate(right));
                known(&[&left, &right], || {
                    operators::arithmetic(*operation, &left, &right)
                })
            }
            ExpressionKind::Negate(inner) => match self.evaluate(inner) {
                Value::Unknown(reason) => Value::Unknown(reason),
                value => operators::negate(&value),
            },
            ExpressionKind::Any(each, body) => {
                let mut found = false;
                let mut open = None;
                let missing = self.each(each, Some(body), &mut |evaluator| match evaluator.holds(body) {
                    Ok(true) => {
                        found = true;
                        ControlFlow::Break(())
                    }
                    Ok(false) => ControlFlow::Continue(()),
                    Err(reason) => {
                        open = Some(reason);
                        ControlFlow::Continue(())
                    }
                });
                match (found, open.or(missing)) {
                    (true, _) => Value::Bool(true),
                    (false, Some(reason)) => Value::Unknown(reason),
                    (false, None) => Value::Bool(false),
                }
            }
            ExpressionKind::Count(each, filter) => {
                let mut count = 0_i128;
                let open = self.each_satisfying(each, filter.as_deref(), &mut |_| count += 1);
                open.map_or(Value::Int(count), Value::Unknown)
            }
            ExpressionKind::Sum {
                each,
                condition,
                value,
            } => {
                let mut sum: Option<Value<'a>> = None;
                let open = self.each_satisfying(each, condition.as_deref(), &mut |evaluator| {
                    let value = evaluator.evaluate(value);
                    sum = Some(match sum.take() {
                        None => value,
                        Some(Value::Unknown(reason)) => Value::Unknown(reason),
                        Some(sum) => known(&[&sum, &value], || operators::added(&sum, &value)),
                    });
                });
                match open {
                    Some(reason) => Value::Unknown(reason),
                    None => match sum {
                        Some(Value::Int(sum)) => operators::whole(sum),
                        sum => sum.unwrap_or_else(|| operators::zero(&expression.ty)),
                    },
                }
            }
            ExpressionKind::List(elements) => {
                let mut values = Vec::with_capacity(elements.len());
                for element in elements {
                    match self.evaluate(element) {
                        Value::Absent => {}
                        Value::Unknown(reason) => return Value::Unknown(reason),
                        value => values.push(value),
                    }
                }
                Value::List(values.into())
            }
            ExpressionKind::Interpolate(parts) => {
                let mut text = String::new();
                for part in parts {
                    let value = self.evaluate(part);
                    match (&value, part.ty.present()) {
                        (Value::Quantity(quantity), Type::Quantity(None)) => {
                            print::print_amount(*quantity, &mut text);
                        }
                        _ => print::print(&value, self.repository, &mut text),
                    }
                }
                Value::Text(Cow::Owned(text))
            }
            ExpressionKind::Call(function, arguments) => self.call(*function, arguments),
        }
    }

    fn field(&mut self, base: &'a Expression, name: &'a str, ty: &'a Type) -> Value<'a> {
        let base = match self.evaluate(base) {
            Value::Reference(reference) => {
                return match name {
                    "kind" => Value::Text(Cow::Borrowed(reference.kind)),
                    "name" => Value::Text(Cow::Borrowed(reference.name)),
                    "optional" => Value::Bool(reference.optional),
                    _ => Value::Absent,
                };
            }
            Value::Unknown(reason) => return Value::Unknown(reason),
            base => base,
        };
        let (Some(object), Some(node)) = (base.object(self.repository), base.node(self.repository)) else {
            return Value::Absent;
        };
        let Some(node) = node.get(name) else {
            return Value::Absent;
        };
        match Value::of_node(object, node, ty, name) {
            // No check of the subject tells of it, as it stands in another object.
            Value::Absent if !node.is_null() && self.repository.is_application(object) => {
                Value::Unknown(Unknown::IllTyped)
            }
            value => value,
        }
    }

    fn index(&mut self, base: &'a Expression, key: &'a Expression, ty: &'a Type) -> Value<'a> {
        let (base, key) = (self.evaluate(base), self.evaluate(key));
        if let Some(reason) = base.unknown().or(key.unknown()) {
            return Value::Unknown(reason);
        }
        let position = match &key {
            Value::Int(index) => usize::try_from(*index).ok(),
            _ => None,
        };
        match (&base, &key) {
            (Value::Part(Part { object, node }), Value::Text(key)) => node
                .get(key)
                .map_or(Value::Absent, |node| Value::of_node(*object, node, ty, key)),
            (Value::Part(Part { object, node }), _) => position
                .and_then(|position| node.elements().get(position))
                .map_or(Value::Absent, |node| Value::of_element(*object, node, ty)),
            (Value::Constant(Constant::Map(entries)), Value::Text(key)) => entries
                .iter()
                .find(|(own, _)| **own == **key)
                .map_or(Value::Absent, |(_, value)| Value::of_constant(value)),
            (Value::Constant(Constant::List(values)), _) => position
                .and_then(|position| values.get(position))
                .map_or(Value::Absent, Value::of_constant),
            (Value::Map(entries), Value::Text(key)) => entries
                .iter()
                .find(|(own, _)| own == key)
                .map_or(Value::Absent, |(_, value)| value.clone()),
            (Value::List(values), _) => position
                .and_then(|position| values.get(position))
                .cloned()
                .unwrap_or(Value::Absent),
            _ => Value::Absent,
        }
    }

    fn test(&mut self, operator: TestOperator, left: &'a Expression, right: &'a Expression) -> Value<'a> {
        let (container_type, selector_is_map) = match operator {
            TestOperator::In => (&right.ty, false),
            _ => (&left.ty, matches!(left.ty.present(), Type::Map(_))),
        };
        let selector_is_open = left.ty.present() == &Type::Any;
        let labels_are_map = matches!(right.ty.present(), Type::Map(_));
        let (left, right) = (self.evaluate(left), self.evaluate(right));
        if let Some(reason) = left.unknown().or(right.unknown()) {
            return Value::Unknown(reason);
        }
        let texts = || Some((left.as_text()?, right.as_text()?));
        Value::Bool(match operator {
            TestOperator::In => operators::contains(&right, container_type, &left, self.repository),
            TestOperator::Like => texts().is_some_and(|(text, pattern)| builtin::like(text, pattern)),
            TestOperator::StartsWith => texts().is_some_and(|(text, start)| text.starts_with(start)),
            TestOperator::EndsWith => texts().is_some_and(|(text, end)| text.ends_with(end)),
            TestOperator::Contains => match texts() {
                Some((text, inner)) => text.contains(inner),
                None => operators::contains(&left, container_type, &right, self.repository),
            },
            TestOperator::Matches => match (left.as_text(), right.as_text()) {
                (Some(text), Some(pattern)) => self.matches(text, pattern),
                _ => false,
            },
            TestOperator::Selects => {
                // What has no type is taken for what it looks like.
                let is_map = selector_is_map || (selector_is_open && is_plain_map(&left));
                self.selects(&left, is_map, &right, labels_are_map)
            }
            TestOperator::RefersTo => self.refers_to(&left, &right),
            TestOperator::Deploys => match (left.object(self.repository), right.object(self.repository)) {
                (Some(deployer), Some(object)) => join::deploys(self.repository, deployer, object),
                _ => false,
            },
        })
    }

    fn matches(&mut self, text: &str, pattern: &str) -> bool {
        if !self.patterns.contains_key(pattern) {
            // Patterns were checked when the policy was compiled; one that is none matches nothing.
            self.patterns
                .insert(pattern.into(), regex::Regex::new(pattern).ok());
        }
        matches!(self.patterns.get(pattern), Some(Some(regex)) if regex.is_match(text))
    }

    fn selects(
        &self,
        selector: &Value<'a>,
        is_map: bool,
        selected: &Value<'a>,
        labels_are_map: bool,
    ) -> bool {
        let namespace = |value: &Value<'a>| {
            let object = value.object(self.repository)?;
            Some(self.repository.object(object).namespace).filter(|namespace| !namespace.is_empty())
        };
        let is_labels = match selected {
            Value::Part(_) | Value::Constant(_) | Value::Map(_) => true,
            Value::Object(_) | Value::Pod(_) | Value::Container(_) => false,
            // Labels that are missing are none, of which a selector may ask nothing.
            Value::Absent if labels_are_map => {
                return self.selector_holds(selector, is_map, &None::<&Node>);
            }
            _ => return false,
        };
        if !is_labels
            && let (Some(own), Some(other)) = (namespace(selector), namespace(selected))
            && own != other
        {
            return false;
        }
        let labels = match selected {
            Value::Constant(Constant::Map(entries)) => {
                return self.selector_holds(selector, is_map, &entries.as_slice());
            }
            Value::Part(part) => Some(part.node),
            Value::Container(container) => self.labels(&Value::Pod(container.pod), "labels"),
            value => self.labels(value, "labels"),
        };
        self.selector_holds(selector, is_map, &labels)
    }

    fn selector_holds(&self, selector: &Value<'a>, is_map: bool, labels: &impl Labels) -> bool {
        match selector {
            Value::Part(part) if is_map => join::map_selects(part.node, labels),
            Value::Part(part) => join::selector_selects(part.node, labels),
            Value::Constant(Constant::Map(wanted)) if !wanted.is_empty() => wanted.iter().all(
                |(key, value)| matches!(value, Constant::String(text) if labels.label(key) == Some(text)),
            ),
            _ => false,
        }
    }

    fn refers_to(&self, reference: &Value<'a>, referent: &Value<'a>) -> bool {
        let Some(object) = referent.object(self.repository) else {
            return false;
        };
        let object = self.repository.object(object);
        match reference {
            Value::Part(part) => join::refers_to(part.node, self.repository.object(part.object), object),
            Value::Reference(reference) => {
                join::pod_refers_to(reference, self.repository.object(reference.object), object)
            }
            _ => false,
        }
    }

    fn call(&mut self, function: Builtin, arguments: &'a [Expression]) -> Value<'a> {
        let values: Vec<Value<'a>> = arguments.iter().map(|argument| self.evaluate(argument)).collect();
        if let Some(reason) = values.iter().find_map(Value::unknown) {
            return Value::Unknown(reason);
        }
        self.apply(function, &values)
    }

    /// Calls `visit` for each element that satisfies a condition. Says why there may be others.
    fn each_satisfying(
        &mut self,
        each: &'a Each,
        condition: Option<&'a Expression>,
        visit: &mut dyn FnMut(&mut Self),
    ) -> Option<Unknown> {
        let mut open = None;
        let missing = self.each(each, condition, &mut |evaluator| {
            match condition.map_or(Ok(true), |condition| evaluator.holds(condition)) {
                Ok(true) => visit(evaluator),
                Ok(false) => {}
                Err(reason) => open = Some(reason),
            }
            ControlFlow::Continue(())
        });
        open.or(missing)
    }

    /// Binds the names of a binder to each element of its domain and calls `visit`, until it breaks.
    /// Elements for which `condition` is bound to fail may be left out. Says why there may be elements
    /// that this run doesn't see.
    pub fn each(
        &mut self,
        each: &'a Each,
        condition: Option<&'a Expression>,
        visit: &mut dyn FnMut(&mut Self) -> ControlFlow<()>,
    ) -> Option<Unknown> {
        let expression = match &each.domain {
            Domain::Elements(expression) => expression,
            domain => {
                let elements = self.context.subjects.of(domain);
                for index in self.numbers(each, elements, condition) {
                    self.bind_subject(each, elements, index);
                    if visit(self).is_break() {
                        break;
                    }
                }
                return (!self.repository.complete).then_some(Unknown::Files);
            }
        };
        let list = self.evaluate(expression);
        if let Some(reason) = list.unknown() {
            return Some(reason);
        }
        let _ = self.each_element(each, &list, visit);
        None
    }

    fn each_element(
        &mut self,
        each: &'a Each,
        list: &Value<'a>,
        visit: &mut dyn FnMut(&mut Self) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let types = self.types;
        let ty = types
            .get(each.value.0 as usize)
            .map_or(&Type::Any, |local| &local.ty);
        let node = match list {
            Value::Reference(_) => None,
            value => value.object(self.repository).zip(value.node(self.repository)),
        };
        if let Some((object, node)) = node {
            match &node.value {
                manifest::Value::Sequence(nodes) => {
                    for (index, node) in nodes.iter().enumerate() {
                        let place = Place {
                            object,
                            node,
                            key: None,
                        };
                        let value = Value::of_element(object, node, ty);
                        self.bind_element(each, Value::Int(index as i128), value, Origin::Place(place));
                        visit(self)?;
                    }
                }
                manifest::Value::Mapping(mapping) => {
                    for entry in mapping.entries().iter().filter(|entry| !entry.value.is_null()) {
                        let place = Place {
                            object,
                            node: &entry.value,
                            key: Some(entry.key_span),
                        };
                        let value = Value::of_node(object, &entry.value, ty, &entry.key);
                        self.bind_element(
                            each,
                            Value::Text(Cow::Borrowed(&entry.key)),
                            value,
                            Origin::Place(place),
                        );
                        visit(self)?;
                    }
                }
                _ => {}
            }
            return ControlFlow::Continue(());
        }
        match list {
            Value::Constant(Constant::List(values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.bind_element(
                        each,
                        Value::Int(index as i128),
                        Value::of_constant(value),
                        Origin::Nowhere,
                    );
                    visit(self)?;
                }
            }
            Value::Constant(Constant::Map(entries)) => {
                for (key, value) in entries {
                    let key = Value::Text(Cow::Borrowed(key));
                    self.bind_element(each, key, Value::of_constant(value), Origin::Nowhere);
                    visit(self)?;
                }
            }
            Value::List(values) => {
                for (index, value) in values.iter().enumerate() {
                    self.bind_element(each, Value::Int(index as i128), value.clone(), Origin::Itself);
                    visit(self)?;
                }
            }
            Value::Map(entries) => {
                for (key, value) in entries.iter() {
                    self.bind_element(each, Value::Text(key.clone()), value.clone(), Origin::Nowhere);
                    visit(self)?;
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn bind_element(&mut self, each: &'a Each, key: Value<'a>, value: Value<'a>, origin: Origin<'a>) {
        if let Some(slot) = each.key {
            self.bind(slot, Bound { value: key, origin });
        }
        self.bind(each.value, Bound { value, origin });
    }

    /// The numbers of the elements of a domain for which a condition may hold.
    pub(super) fn numbers(
        &mut self,
        each: &'a Each,
        elements: Elements<'a>,
        condition: Option<&'a Expression>,
    ) -> Box<dyn Iterator<Item = usize>> {
        let all = 0..elements.count();
        // A handful of elements is tried faster than looked up.
        let condition = condition.filter(|_| all.len() > 8);
        match condition.and_then(|condition| self.candidates(each, condition)) {
            Some(numbers) => Box::new(numbers.into_iter().map(|number| number as usize)),
            None => Box::new(all),
        }
    }

    /// Binds the name of a binder over the repository to the element of that number.
    pub(super) fn bind_subject(&mut self, each: &'a Each, elements: Elements<'a>, index: usize) {
        let value = elements.get(index);
        let origin = match elements {
            Elements::Namespaces(names) => names
                .get(index)
                .map_or(Origin::Nowhere, |(_, object)| Origin::Object(*object)),
            _ => Origin::Itself,
        };
        self.bind_element(each, Value::Int(index as i128), value, origin);
    }

    /// The container that a struct of type `Container` is, if it is one of a pod's.
    pub(super) fn container_of(&self, part: &Part<'a>) -> Option<Container<'a>> {
        self.repository.pods_of(part.object).find_map(|pod| {
            super::subjects::containers_of(self.repository, pod, crate::ir::ContainerClasses::ALL)
                .find(|container| std::ptr::eq(container.node, part.node))
        })
    }
}

/// Whether a selector whose type is not known is a map of labels rather than a `LabelSelector`.
fn is_plain_map(selector: &Value<'_>) -> bool {
    let known = ["matchLabels", "matchExpressions", "nodeSelectorTerms"];
    let Value::Part(Part { node, .. }) = selector else {
        return false;
    };
    let entries = node.entries();
    !entries.is_empty() && entries.iter().all(|entry| !known.contains(&&*entry.key))
}

fn condition<'a>(result: Result<bool, Unknown>) -> Value<'a> {
    result.map_or_else(Value::Unknown, Value::Bool)
}

fn known<'a>(operands: &[&Value<'a>], result: impl FnOnce() -> Value<'a>) -> Value<'a> {
    match operands.iter().find_map(|operand| operand.unknown()) {
        Some(reason) => Value::Unknown(reason),
        None => result(),
    }
}

/// The value, if it is of a type: a test, nothing is parsed.
fn cast<'a>(value: Value<'a>, ty: &Type) -> Value<'a> {
    match (&value, ty.present()) {
        (Value::Part(part), Type::Quantity(Some(Dimension::RATIO))) => part
            .node
            .as_str()
            .and_then(Quantity::of_percent)
            .map_or(Value::Absent, Value::Quantity),
        (Value::Part(part), _) => Value::of_node(part.object, part.node, ty, ""),
        // An amount under a key that says nothing of its dimension has the one that is asked for.
        (Value::Quantity(quantity), Type::Quantity(dimension)) => {
            let dimension = dimension.unwrap_or(quantity.dimension);
            Value::Quantity(Quantity::new(quantity.nano, dimension))
        }
        (Value::Text(_), Type::String | Type::Image)
        | (Value::Bool(_), Type::Bool)
        | (Value::Int(_), Type::Int)
        | (Value::Decimal(_), Type::Decimal)
        | (Value::Unknown(_), _)
        | (_, Type::List(_) | Type::Map(_) | Type::Any | Type::IntOrString) => value,
        (value, ty) if ty.is_struct() => value.clone(),
        _ => Value::Absent,
    }
}
