//! The tree of an expression → its value.

use super::ast::{Element, Expression, OptionalMap};
use super::functions::Function;
use super::value::{Key, Value};
use super::{Fault, Program};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The steps that may still be spent. The API server gives an expression 1 million and a whole object 10 million,
/// and counts about as many as this does.
#[derive(Debug)]
pub struct Budget {
    left: u64,
}

impl Budget {
    const OF_EXPRESSION: u64 = 2_000_000;

    /// What all expressions together may spend on an object.
    pub fn of_object() -> Budget {
        Budget { left: 10_000_000 }
    }

    /// Takes out what one expression may spend.
    pub fn take(&mut self) -> Budget {
        let left = self.left.min(Budget::OF_EXPRESSION);
        self.left -= left;
        Budget { left }
    }

    /// Puts back what is left of it.
    pub fn put_back(&mut self, rest: Budget) {
        self.left += rest.left;
    }

    /// Spends steps before they are taken.
    pub fn spend(&mut self, steps: u64) -> Result<(), Fault> {
        self.left = self.left.checked_sub(steps).ok_or(Fault::Exhausted)?;
        Ok(())
    }
}

/// Evaluates one expression.
pub struct Machine<'a> {
    pub program: &'a Program,
    pub budget: &'a mut Budget,
    /// The innermost last.
    variables: Vec<(Arc<str>, Value)>,
}

impl<'a> Machine<'a> {
    pub fn new(program: &'a Program, variables: &[(&str, Value)], budget: &'a mut Budget) -> Machine<'a> {
        Machine {
            program,
            budget,
            variables: variables
                .iter()
                .map(|(name, value)| (Arc::from(*name), value.clone()))
                .collect(),
        }
    }

    /// Evaluates with variables that hold there alone.
    pub fn with(
        &mut self,
        variables: &[(&Arc<str>, &Value)],
        expression: &Expression,
    ) -> Result<Value, Fault> {
        let outer = self.variables.len();
        self.variables.extend(
            variables
                .iter()
                .map(|(name, value)| (Arc::clone(name), (*value).clone())),
        );
        let value = self.evaluate(expression);
        self.variables.truncate(outer);
        value
    }

    pub fn evaluate(&mut self, expression: &Expression) -> Result<Value, Fault> {
        self.budget.spend(1)?;
        match expression {
            Expression::Literal(value) => Ok(value.clone()),
            Expression::Variable(name) => self.variable(name),
            Expression::Select {
                of,
                field,
                is_optional,
            } => {
                let of = self.evaluate(of)?;
                select(&of, field, *is_optional)
            }
            Expression::Has { of, field } => {
                let of = self.evaluate(of)?;
                has(&of, field)
            }
            Expression::Index { of, at, is_optional } => {
                let of = self.evaluate(of)?;
                let at = self.evaluate(at)?;
                index(&of, &at, *is_optional)
            }
            Expression::Call { function, arguments } => self.call(function, arguments),
            Expression::List(elements) => self.list(elements),
            Expression::Map(entries) => self.map(entries),
            Expression::And(operands) => self.chain(operands, false),
            Expression::Or(operands) => self.chain(operands, true),
            Expression::Not(operand) => match self.evaluate(operand)? {
                Value::Bool(truth) => Ok(Value::Bool(!truth)),
                Value::Unknown => Ok(Value::Unknown),
                other => Err(no_overload("!", &[other])),
            },
            Expression::Negate(operand) => match self.evaluate(operand)? {
                Value::Int(number) => number.checked_neg().map(Value::Int).ok_or_else(overflow),
                Value::Double(number) => Ok(Value::Double(-number)),
                Value::Unknown => Ok(Value::Unknown),
                other => Err(no_overload("-", &[other])),
            },
            Expression::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                match self.evaluate(condition)? {
                    Value::Bool(true) => self.evaluate(then),
                    Value::Bool(false) => self.evaluate(otherwise),
                    Value::Unknown => Ok(Value::Unknown),
                    other => Err(no_overload("?:", &[other])),
                }
            }
            Expression::Binary(operator, operands) => {
                let left = self.evaluate(&operands[0])?;
                let right = self.evaluate(&operands[1])?;
                super::operators::apply(*operator, left, right, self.budget)
            }
            Expression::Comprehension(comprehension) => self.comprehend(comprehension),
            Expression::OptionalMap(map) => self.optional_map(map),
        }
    }

    fn variable(&self, name: &Arc<str>) -> Result<Value, Fault> {
        const TYPES: [&str; 11] = [
            "int",
            "uint",
            "double",
            "bool",
            "string",
            "bytes",
            "list",
            "map",
            "null_type",
            "type",
            "optional_type",
        ];
        let found = self.variables.iter().rev().find(|(known, _)| known == name);
        let value = found.map(|(_, value)| value.clone());
        let of_type = || {
            TYPES
                .iter()
                .find(|known| ***known == **name)
                .map(|name| Value::Type(name))
        };
        value
            .or_else(of_type)
            .ok_or_else(|| Fault::Unsupported(format!("the variable `{name}`")))
    }

    /// `&&` stops at false, `||` at true, whatever the other operands are.
    fn chain(&mut self, operands: &[Expression], stop: bool) -> Result<Value, Fault> {
        let mut sum = Ok(Value::Bool(!stop));
        for operand in operands {
            let value = self.evaluate(operand);
            if let Some(decided) = fold(&mut sum, value, stop) {
                return decided;
            }
        }
        sum
    }

    fn call(&mut self, function: &'static Function, arguments: &[Expression]) -> Result<Value, Fault> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.evaluate(argument)?);
        }
        let mut is_open = false;
        for value in &values {
            self.budget.spend(value.weight())?;
            is_open |= matches!(value, Value::Unknown) || !function.is_shallow && self.is_open(value)?;
        }
        if is_open {
            return Ok(Value::Unknown);
        }
        (function.call)(self, &values)
    }

    /// Whether something in it is unknown.
    pub fn is_open(&mut self, value: &Value) -> Result<bool, Fault> {
        self.budget.spend(1)?;
        Ok(match value {
            Value::Unknown => true,
            Value::List(list) => {
                for item in &list.items {
                    if self.is_open(item)? {
                        return Ok(true);
                    }
                }
                false
            }
            Value::Map(map) => {
                for item in map.values() {
                    if self.is_open(item)? {
                        return Ok(true);
                    }
                }
                false
            }
            Value::Optional(Some(value)) => self.is_open(value)?,
            _ => false,
        })
    }

    /// The value of an element; `None` if it is optional and none.
    fn element(&mut self, element: &Element) -> Result<Option<Value>, Fault> {
        let value = self.evaluate(&element.value)?;
        match (element.is_optional, value) {
            (false, value) => Ok(Some(value)),
            (true, Value::Optional(value)) => Ok(value.map(|value| (*value).clone())),
            (true, Value::Unknown) => Err(Fault::Unsupported(
                "an optional element that may be there or not".to_string(),
            )),
            (true, other) => Err(no_overload("?", &[other])),
        }
    }

    fn list(&mut self, elements: &[Element]) -> Result<Value, Fault> {
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            items.extend(self.element(element)?);
        }
        Ok(Value::list(items))
    }

    fn map(&mut self, entries: &[(Expression, Element)]) -> Result<Value, Fault> {
        let mut map = BTreeMap::new();
        for (key, element) in entries {
            let key = self.evaluate(key)?;
            if matches!(key, Value::Unknown) {
                return Ok(Value::Unknown);
            }
            let key =
                Key::of(&key).ok_or_else(|| Fault::Error("a key of an unsupported type".to_string()))?;
            if let Some(value) = self.element(element)? {
                map.insert(key, value);
            }
        }
        Ok(Value::Map(Arc::new(map)))
    }

    fn optional_map(&mut self, map: &OptionalMap) -> Result<Value, Fault> {
        match self.evaluate(&map.of)? {
            Value::Optional(None) => Ok(Value::Optional(None)),
            Value::Optional(Some(value)) => {
                let value = self.with(&[(&map.variable, &value)], &map.body)?;
                match (map.is_flat, value) {
                    (_, Value::Unknown) => Ok(Value::Unknown),
                    (false, value) => Ok(Value::some(value)),
                    (true, value @ Value::Optional(_)) => Ok(value),
                    (true, other) => Err(no_overload("optFlatMap", &[other])),
                }
            }
            Value::Unknown => Ok(Value::Unknown),
            other => Err(no_overload("optMap", &[other])),
        }
    }
}

/// Takes a further operand of `&&` or `||` into account; gives the value if that decides it. What has no value
/// outweighs what is unknown only if it is beyond doubt that it is needed: errors give way to the unknown.
pub fn fold(
    sum: &mut Result<Value, Fault>,
    operand: Result<Value, Fault>,
    stop: bool,
) -> Option<Result<Value, Fault>> {
    match operand {
        Ok(Value::Bool(truth)) if truth == stop => return Some(Ok(Value::Bool(stop))),
        Ok(Value::Bool(_)) => {}
        Err(Fault::Exhausted) => return Some(Err(Fault::Exhausted)),
        Ok(Value::Unknown) => {
            if !matches!(sum, Err(Fault::Unsupported(_))) {
                *sum = Ok(Value::Unknown);
            }
        }
        Ok(other) => {
            if matches!(sum, Ok(Value::Bool(_))) {
                *sum = Err(no_overload(if stop { "||" } else { "&&" }, &[other]));
            }
        }
        Err(fault @ Fault::Unsupported(_)) => *sum = Err(fault),
        Err(fault) => {
            if matches!(sum, Ok(Value::Bool(_))) {
                *sum = Err(fault);
            }
        }
    }
    None
}

fn field_of(of: &Value, field: &Arc<str>) -> Result<Option<Value>, Fault> {
    match of {
        Value::Map(map) => Ok(map.get(&Key::String(field.clone())).cloned()),
        other => Err(no_overload(&format!(".{field}"), std::slice::from_ref(other))),
    }
}

fn select(of: &Value, field: &Arc<str>, is_optional: bool) -> Result<Value, Fault> {
    match of {
        Value::Unknown => Ok(Value::Unknown),
        Value::Optional(None) => Ok(Value::Optional(None)),
        Value::Optional(Some(value)) if matches!(**value, Value::Unknown) => Ok(Value::Unknown),
        Value::Optional(Some(value)) => Ok(field_of(value, field)?.map_or(Value::Optional(None), optional)),
        of if is_optional && !has_parts(of) => Ok(Value::Optional(None)),
        of if is_optional => Ok(field_of(of, field)?.map_or(Value::Optional(None), optional)),
        of => field_of(of, field)?.ok_or_else(|| Fault::Error(format!("no such key: {field}"))),
    }
}

/// Whether it is something of which one can ask for a part in vain; asking others whether they have it is no fault.
fn has_parts(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Map(_))
}

/// What is unknown is it whether it is there or not.
fn optional(value: Value) -> Value {
    match value {
        Value::Unknown => Value::Unknown,
        value => Value::some(value),
    }
}

fn has(of: &Value, field: &Arc<str>) -> Result<Value, Fault> {
    match of {
        Value::Unknown => Ok(Value::Unknown),
        Value::Optional(None) => Ok(Value::Bool(false)),
        Value::Optional(Some(value)) => has(value, field),
        of if !has_parts(of) => Ok(Value::Bool(false)),
        of => Ok(Value::Bool(field_of(of, field)?.is_some())),
    }
}

fn index(of: &Value, at: &Value, is_optional: bool) -> Result<Value, Fault> {
    let found = match (of, at) {
        (Value::Unknown, _) | (_, Value::Unknown) => return Ok(Value::Unknown),
        (Value::Optional(None), _) => return Ok(Value::Optional(None)),
        (Value::Optional(Some(value)), _) => return index(value, at, true),
        (Value::Map(map), at) => Key::of(at).and_then(|key| map.get(&key)),
        (Value::List(list), at) => {
            let place = match Key::of(at) {
                Some(Key::Number(number)) => usize::try_from(number).ok(),
                _ => return Err(no_overload("[]", &[of.clone(), at.clone()])),
            };
            place.and_then(|place| list.items.get(place))
        }
        (of, _) if is_optional && !has_parts(of) => None,
        _ => return Err(no_overload("[]", &[of.clone(), at.clone()])),
    };
    match (found, is_optional) {
        (Some(value), false) => Ok(value.clone()),
        (Some(value), true) => Ok(optional(value.clone())),
        (None, true) => Ok(Value::Optional(None)),
        (None, false) => Err(Fault::Error(match of {
            Value::List(_) => "index out of bounds".to_string(),
            _ => "no such key".to_string(),
        })),
    }
}

/// An operator or function of values that it does not take.
pub fn no_overload(name: &str, values: &[Value]) -> Fault {
    let types: Vec<&str> = values.iter().map(Value::type_name).collect();
    Fault::Error(format!("no such overload: {name} of {}", types.join(", ")))
}

pub fn overflow() -> Fault {
    Fault::Error("a number is out of its range".to_string())
}
