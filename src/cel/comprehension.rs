//! Macros that go through lists and maps.

use super::Fault;
use super::ast::{Comprehension, Expression, Kind};
use super::evaluate::{Machine, fold, no_overload};
use super::operators::compare;
use super::value::{Key, Value};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the variables take, one element after the other.
type Elements = Vec<(Value, Value)>;

impl Machine<'_> {
    pub(super) fn comprehend(&mut self, comprehension: &Comprehension) -> Result<Value, Fault> {
        let range = self.evaluate(&comprehension.range)?;
        self.budget.spend(range.weight())?;
        let is_single = comprehension.second.is_none();
        let number = |index| i64::try_from(index).map_or(Value::Unknown, Value::Int);
        let elements: Elements = match &range {
            Value::Unknown => return Ok(Value::Unknown),
            Value::List(list) if is_single => list
                .items
                .iter()
                .map(|item| (item.clone(), Value::Null))
                .collect(),
            Value::Map(map) if is_single => map.keys().map(|key| (key.value(), Value::Null)).collect(),
            Value::List(list) => {
                let items = list.items.iter().enumerate();
                items.map(|(index, item)| (number(index), item.clone())).collect()
            }
            Value::Map(map) => map
                .iter()
                .map(|(key, value)| (key.value(), value.clone()))
                .collect(),
            other => return Err(no_overload("a macro", std::slice::from_ref(other))),
        };
        match comprehension.kind {
            Kind::All => self.quantify(comprehension, &elements, false),
            Kind::Exists => self.quantify(comprehension, &elements, true),
            Kind::ExistsOne => self.exists_one(comprehension, &elements),
            Kind::List => self.new_list(comprehension, &elements),
            Kind::Map | Kind::MapEntry => self.new_map(comprehension, &elements),
            Kind::Sort => self.sort(comprehension, elements),
        }
    }

    /// An expression with the variables' values.
    fn body(
        &mut self,
        of: &Comprehension,
        body: Option<&Expression>,
        (first, second): &(Value, Value),
    ) -> Result<Value, Fault> {
        let Some(body) = body else {
            return Ok(Value::Unknown);
        };
        match &of.second {
            Some(name) => self.with(&[(&of.first, first), (name, second)], body),
            None => self.with(&[(&of.first, first)], body),
        }
    }

    /// `all` stops at false, `exists` at true, whatever the other elements are.
    fn quantify(&mut self, of: &Comprehension, elements: &Elements, stop: bool) -> Result<Value, Fault> {
        let mut sum = Ok(Value::Bool(!stop));
        for element in elements {
            let value = self.body(of, of.condition.as_ref(), element);
            if let Some(decided) = fold(&mut sum, value, stop) {
                return decided;
            }
        }
        sum
    }

    /// Whether an element counts; `None` if that is unknown.
    fn counts(&mut self, of: &Comprehension, element: &(Value, Value)) -> Result<Option<bool>, Fault> {
        if of.condition.is_none() {
            return Ok(Some(true));
        }
        match self.body(of, of.condition.as_ref(), element)? {
            Value::Bool(truth) => Ok(Some(truth)),
            Value::Unknown => Ok(None),
            other => Err(no_overload("a condition", &[other])),
        }
    }

    fn exists_one(&mut self, of: &Comprehension, elements: &Elements) -> Result<Value, Fault> {
        let (mut count, mut unknown) = (0, 0);
        for element in elements {
            match self.counts(of, element)? {
                Some(truth) => count += usize::from(truth),
                None => unknown += 1,
            }
        }
        Ok(match (count, unknown) {
            (2.., _) => Value::Bool(false),
            (_, 1..) => Value::Unknown,
            (count, _) => Value::Bool(count == 1),
        })
    }

    fn new_list(&mut self, of: &Comprehension, elements: &Elements) -> Result<Value, Fault> {
        let (mut items, mut is_open) = (Vec::new(), false);
        for element in elements {
            match self.counts(of, element)? {
                Some(false) => continue,
                Some(true) => {}
                None => is_open = true,
            }
            items.push(match &of.result {
                Some(result) => self.body(of, Some(result), element)?,
                None => element.0.clone(),
            });
        }
        Ok(if is_open {
            Value::Unknown
        } else {
            Value::list(items)
        })
    }

    fn new_map(&mut self, of: &Comprehension, elements: &Elements) -> Result<Value, Fault> {
        let (mut map, mut is_open) = (BTreeMap::new(), false);
        let twice = || Fault::Error("insert failed: a key is there already".to_string());
        for element in elements {
            match self.counts(of, element)? {
                Some(false) => continue,
                Some(true) => {}
                None => is_open = true,
            }
            let value = self.body(of, of.result.as_ref(), element)?;
            match (of.kind, value) {
                (Kind::MapEntry, Value::Map(entries)) => {
                    self.budget.spend(entries.len() as u64)?;
                    for (key, value) in entries.iter() {
                        if map.insert(key.clone(), value.clone()).is_some() {
                            return Err(twice());
                        }
                    }
                }
                (Kind::MapEntry, Value::Unknown) => is_open = true,
                (Kind::MapEntry, other) => return Err(no_overload("transformMapEntry", &[other])),
                (_, value) => {
                    let key = Key::of(&element.0).ok_or_else(|| no_overload("transformMap", &[]))?;
                    map.insert(key, value);
                }
            }
        }
        Ok(if is_open {
            Value::Unknown
        } else {
            Value::Map(Arc::new(map))
        })
    }

    fn sort(&mut self, of: &Comprehension, elements: Elements) -> Result<Value, Fault> {
        let mut keyed = Vec::with_capacity(elements.len());
        for element in elements {
            keyed.push((self.body(of, of.result.as_ref(), &element)?, element.0));
        }
        sorted(self, keyed)
    }
}

/// The values in the order of their keys, which must be of one type.
pub fn sorted(machine: &mut Machine<'_>, mut keyed: Elements) -> Result<Value, Fault> {
    machine
        .budget
        .spend(keyed.iter().map(|(key, _)| key.weight() * 16).sum())?;
    let (mut is_open, mut is_mixed) = (false, false);
    if let Some(first) = keyed.first().map(|(key, _)| key.type_name()) {
        for (key, _) in &keyed {
            is_open |= matches!(key, Value::Unknown);
            is_mixed |= key.type_name() != first || compare(key, key).is_none();
        }
    }
    if is_open {
        return Ok(Value::Unknown);
    }
    if is_mixed {
        return Err(Fault::Error("list elements must have the same type".to_string()));
    }
    keyed.sort_by(|(a, _), (b, _)| compare(a, b).unwrap_or(Ordering::Equal));
    Ok(Value::list(keyed.into_iter().map(|(_, value)| value).collect()))
}
