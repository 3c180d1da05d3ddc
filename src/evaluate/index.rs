//! Which elements of the repository can satisfy a condition at all, without trying each.
//!
//! In: a binder over the repository and a condition on its elements. Out: the numbers of the elements
//! that some part of the condition does not rule out. The parts understood are those of which joins are
//! made: `a == b` on texts, `selects`, `refersTo`, with the binder's name on one side alone. Elements are
//! filed under the text, a label or the name that this side gives, once for all subjects; the other side
//! says where to look.

use super::expression::Evaluator;
use super::join;
use super::value::Value;
use crate::ir::{Comparison, Constant, Each, Expression, ExpressionKind, Property, Slot, TestOperator, Type};
use crate::manifest::Node;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, RwLock};

/// The elements of a binder, filed by what a join needs of them.
pub struct Index<'a> {
    form: Form<'a>,
    by_key: HashMap<String, Vec<u32>>,
    /// Elements that may join with anything.
    always: Vec<u32>,
}

/// The indexes of a run, each made when it is first needed.
#[derive(Default)]
pub struct Indexes<'a> {
    made: RwLock<HashMap<usize, Arc<[Index<'a>]>>>,
}

/// The part of a condition that the elements are filed by.
#[derive(Clone, Copy)]
struct Form<'a> {
    filing: Filing,
    /// The side that depends on the element alone.
    own: &'a Expression,
    /// The side that does not depend on it.
    other: &'a Expression,
}

#[derive(Clone, Copy)]
enum Filing {
    /// Both sides are texts.
    Text,
    /// The element selects: it is filed under a label that it asks for.
    Selector { is_map: bool },
    /// The element is selected: it is filed under each of its labels.
    Selected { is_map: bool },
    /// The element refers: it is filed under the name that it gives.
    Reference,
    /// The element is referred to: it is filed under its own name.
    Referent,
}

/// Where to look for partners.
enum Keys {
    /// Under these.
    Under(Vec<String>),
    /// Anywhere.
    Anywhere,
}

impl<'a> Evaluator<'a> {
    /// The numbers of the elements that a condition may hold for, in order; `None` for all of them.
    pub(super) fn candidates(&mut self, each: &'a Each, condition: &'a Expression) -> Option<Vec<u32>> {
        let indexes = self.indexes_of(each, condition);
        let mut best: Option<Vec<u32>> = None;
        for index in indexes.iter() {
            let Keys::Under(keys) = self.filing_keys(index.form, false) else {
                continue;
            };
            let mut found = index.always.clone();
            for key in keys {
                if let Some(elements) = index.by_key.get(&key) {
                    found.extend(elements);
                }
            }
            if best.as_ref().is_none_or(|best| found.len() < best.len()) {
                best = Some(found);
            }
        }
        let mut best = best?;
        best.sort_unstable();
        best.dedup();
        Some(best)
    }

    fn indexes_of(&mut self, each: &'a Each, condition: &'a Expression) -> Arc<[Index<'a>]> {
        let place = std::ptr::from_ref(each) as usize;
        let indexes = self.context.indexes;
        if let Ok(made) = indexes.made.read()
            && let Some(index) = made.get(&place)
        {
            return index.clone();
        }
        let forms = forms(condition, each.value);
        let made: Arc<[Index<'a>]> = forms.into_iter().map(|form| self.file(each, form)).collect();
        if let Ok(mut all) = indexes.made.write() {
            all.insert(place, made.clone());
        }
        made
    }

    fn file(&mut self, each: &'a Each, form: Form<'a>) -> Index<'a> {
        let mut index = Index {
            form,
            by_key: HashMap::new(),
            always: Vec::new(),
        };
        let elements = self.context.subjects.of(&each.domain);
        for number in 0..elements.count() {
            self.bind_subject(each, elements, number);
            let number = number as u32;
            match self.filing_keys(form, true) {
                Keys::Under(keys) => {
                    for key in keys {
                        index.by_key.entry(key).or_default().push(number);
                    }
                }
                Keys::Anywhere => index.always.push(number),
            }
        }
        index
    }

    /// What the element is filed under, or where the other side of the join looks.
    fn filing_keys(&mut self, form: Form<'a>, of_element: bool) -> Keys {
        let side = if of_element { form.own } else { form.other };
        let value = self.evaluate(side);
        if value.unknown().is_some() {
            return Keys::Anywhere;
        }
        match (form.filing, of_element) {
            (Filing::Text, _) => match value {
                Value::Text(text) => Keys::Under(vec![text.into_owned()]),
                _ => Keys::Under(Vec::new()),
            },
            (Filing::Selector { is_map }, true) | (Filing::Selected { is_map }, false) => {
                wanted_label(&value, is_map)
            }
            (Filing::Selector { .. }, false) | (Filing::Selected { .. }, true) => self.labels_as_keys(&value),
            (Filing::Reference, true) | (Filing::Referent, false) => Keys::Under(match &value {
                Value::Part(part) => join::referenced_name(part.node)
                    .into_iter()
                    .map(str::to_string)
                    .collect(),
                Value::Reference(reference) => vec![reference.name.to_string()],
                _ => Vec::new(),
            }),
            (Filing::Reference, false) | (Filing::Referent, true) => {
                let object = value.object(self.repository);
                let name = object.map(|object| self.repository.object(object).resource.name.clone());
                Keys::Under(name.into_iter().collect())
            }
        }
    }

    fn labels_as_keys(&self, value: &Value<'a>) -> Keys {
        let labels = match value {
            Value::Part(part) => Some(part.node),
            Value::Object(_) | Value::Pod(_) | Value::Container(_) => self.labels(value, "labels"),
            Value::Constant(_) | Value::Map(_) => return Keys::Anywhere,
            _ => None,
        };
        let labels = labels.map_or(&[][..], Node::entries).iter();
        Keys::Under(
            labels
                .filter_map(|entry| Some(label(&entry.key, entry.value.as_str()?)))
                .collect(),
        )
    }
}

/// A label that everything selected has.
fn wanted_label(selector: &Value<'_>, is_map: bool) -> Keys {
    let node = match selector {
        Value::Part(part) => part.node,
        Value::Constant(Constant::Map(_)) => return Keys::Anywhere,
        // What is absent selects nothing.
        _ => return Keys::Under(Vec::new()),
    };
    let wanted = match is_map {
        true => Some(node),
        false => node.get("matchLabels"),
    };
    let first = wanted.and_then(|wanted| wanted.entries().first());
    match first.and_then(|entry| Some(label(&entry.key, entry.value.as_str()?))) {
        Some(label) => Keys::Under(vec![label]),
        None => Keys::Anywhere,
    }
}

fn label(key: &str, value: &str) -> String {
    format!("{key}={value}")
}

/// The parts of a condition that elements can be filed by.
fn forms(condition: &Expression, slot: Slot) -> Vec<Form<'_>> {
    let mut parts = Vec::new();
    conjuncts(condition, &mut parts);
    parts.into_iter().filter_map(|part| form(part, slot)).collect()
}

fn form(part: &Expression, slot: Slot) -> Option<Form<'_>> {
    match &part.kind {
        ExpressionKind::Test(operator @ (TestOperator::Selects | TestOperator::RefersTo), left, right) => {
            let (is_left, own, other) = sides(left, right, slot)?;
            let is_map = matches!(left.ty.present(), Type::Map(_));
            let filing = match (operator, is_left) {
                // Only a run can tell what a selector without a type is.
                (TestOperator::Selects, _) if left.ty.present() == &Type::Any => return None,
                (TestOperator::Selects, true) => Filing::Selector { is_map },
                (TestOperator::Selects, false) => Filing::Selected { is_map },
                (_, true) => Filing::Reference,
                (_, false) => Filing::Referent,
            };
            Some(Form { filing, own, other })
        }
        ExpressionKind::Compare(Comparison::Equal, left, right)
            if left.ty.present() == &Type::String && right.ty.present() == &Type::String =>
        {
            let (_, own, other) = sides(left, right, slot)?;
            Some(Form {
                filing: Filing::Text,
                own,
                other,
            })
        }
        _ => None,
    }
}

fn conjuncts<'a>(condition: &'a Expression, parts: &mut Vec<&'a Expression>) {
    match &condition.kind {
        ExpressionKind::And(left, right) => {
            conjuncts(left, parts);
            conjuncts(right, parts);
        }
        _ => parts.push(condition),
    }
}

/// The side that names the binder and nothing else that is bound, and the side that does not name it.
fn sides<'a>(
    left: &'a Expression,
    right: &'a Expression,
    slot: Slot,
) -> Option<(bool, &'a Expression, &'a Expression)> {
    let depends = |expression| {
        let mut slots = Vec::new();
        let is_plain = locals(expression, &mut slots).is_continue();
        (is_plain, slots)
    };
    let ((plain_left, of_left), (plain_right, of_right)) = (depends(left), depends(right));
    let only = |slots: &[Slot]| !slots.is_empty() && slots.iter().all(|own| *own == slot);
    if plain_left && only(&of_left) && !of_right.contains(&slot) {
        Some((true, left, right))
    } else if plain_right && only(&of_right) && !of_left.contains(&slot) {
        Some((false, right, left))
    } else {
        None
    }
}

/// Collects the locals that an expression names. Breaks at what is not the same each time: binders, whose own names
/// are not free, and Applications.
fn locals(expression: &Expression, slots: &mut Vec<Slot>) -> ControlFlow<()> {
    if let ExpressionKind::Local(slot) = &expression.kind {
        slots.push(*slot);
    }
    let mut flow = match &expression.kind {
        ExpressionKind::Any(..) | ExpressionKind::Count(..) | ExpressionKind::Sum { .. } => {
            ControlFlow::Break(())
        }
        // Of several Applications, another one is meant each time.
        ExpressionKind::Property(_, Property::Application) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    for child in expression.children() {
        if locals(child, slots).is_break() {
            flow = ControlFlow::Break(());
        }
    }
    flow
}
