//! The fixes of a clause → edits of the manifest's bytes.
//!
//! In: the fixes that a policy states, with the locals as a finding has them. Out: one
//! [`crate::diagnostic::Fix`], or none where the text can't be edited without changing anything else.

use super::expression::Evaluator;
use super::image::{self, Words};
use super::print;
use super::value::Value;
use crate::diagnostic::{self, Edit};
use crate::fix::{self, Change};
use crate::ir::{Clause, Constant, Expression, ExpressionKind, Fix, FixEdit, PathPart, Property};
use crate::manifest::{self, Entry, Mapping, Node};
use crate::source::{FileId, Span};

/// The mend that a broken clause offers: all of its fixes together, or none.
pub fn of_clause<'a>(evaluator: &mut Evaluator<'a>, clause: &'a Clause) -> Option<diagnostic::Fix> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut titles = Vec::new();
    let mut file = None;
    let mut changes = Vec::new();
    for fix in &clause.fixes {
        let planned = changes_of(evaluator, fix)?;
        // A finding is about one object, and so is its fix.
        if *file.get_or_insert(planned.object) != planned.object {
            return None;
        }
        titles.push(planned.title);
        changes.extend(planned.changes);
    }
    let resource = evaluator.repository.object(file?).resource;
    let text = &evaluator.repository.sources.file(resource.file).text;
    edits.extend(fix::edits(text, &resource.root, &changes)?);
    Some(diagnostic::Fix {
        title: titles.join(", and "),
        safe: clause.fixes.iter().all(|fix| fix.safe),
        edits,
    })
}

/// Elements are called by their values up to this many characters.
const LONGEST_NAME: usize = 60;

/// What one fix does to an object, and what it is called.
struct Planned {
    object: super::ObjectId,
    changes: Vec<(Vec<PathPart>, Change)>,
    title: String,
}

fn changes_of<'a>(evaluator: &mut Evaluator<'a>, fix: &'a Fix) -> Option<Planned> {
    let (target, value) = match &fix.edit {
        FixEdit::Set(target, value) | FixEdit::Add(target, value) => (target, Some(value)),
        FixEdit::Remove(target) => (target, None),
    };
    if let ExpressionKind::Index(base, name) = &target.kind
        && let ExpressionKind::Property(container, Property::Flags) = &base.kind
    {
        return flag_changes(evaluator, container, name, value);
    }
    let located = evaluator.locate(target)?;
    let object = located.place.object;
    let root = &evaluator.repository.object(object).resource.root;
    let mut path = Vec::new();
    if !path_to(root, located.place.node, &mut path) {
        return None;
    }
    for key in &located.missing {
        // Elements of lists can't be made out of nothing.
        if key.starts_with('[') {
            return None;
        }
        path.push(PathPart::Key(key.as_str().into()));
    }
    let spelled = spelling(target);
    let value = value.map(|value| evaluator.evaluate(value));
    let said = value.as_ref().map(|value| {
        let mut text = String::new();
        print::print(value, evaluator.repository, &mut text);
        text
    });
    let node = match &value {
        Some(value) => Some(to_node(value, located.place.node.span.file)?),
        None => None,
    };
    let (change, title) = match (&fix.edit, node, said) {
        (FixEdit::Set(..), Some(node), Some(said)) => (
            Change::Set(node),
            match spelled.is_empty() {
                true => format!("replace {} by `{said}`", element(located.place.node)),
                false => format!("set `{spelled}` to `{said}`"),
            },
        ),
        (FixEdit::Add(..), Some(node), Some(said)) => {
            (Change::Add(node), format!("add `{said}` to `{spelled}`"))
        }
        _ => (
            Change::Remove,
            match spelled.is_empty() {
                true => format!("remove {}", element(located.place.node)),
                false => format!("remove `{spelled}`"),
            },
        ),
    };
    Some(Planned {
        object,
        changes: vec![(path, change)],
        title,
    })
}

/// What gives a flag of a container's command line a value, or takes it away.
fn flag_changes<'a>(
    evaluator: &mut Evaluator<'a>,
    container: &'a Expression,
    name: &'a Expression,
    value: Option<&'a Expression>,
) -> Option<Planned> {
    let place = evaluator.locate(container)?.place;
    let Value::Text(name) = evaluator.evaluate(name) else {
        return None;
    };
    let mut path = Vec::new();
    if !path_to(
        &evaluator.repository.object(place.object).resource.root,
        place.node,
        &mut path,
    ) {
        return None;
    }
    let below = |list: &str, index: Option<usize>| {
        let list = PathPart::Key(list.into());
        let index = index.map(PathPart::Index);
        path.iter()
            .cloned()
            .chain([list])
            .chain(index)
            .collect::<Vec<_>>()
    };
    let node = |text: &str| Node {
        span: Span::new(place.node.span.file, 0, 0),
        value: manifest::Value::String(text.into()),
    };
    let given = image::flag_words(place.node, &name);
    let Some(value) = value else {
        // From the last on, so that the positions of the others stay.
        let words = given
            .iter()
            .rev()
            .flat_map(|words| words.value.iter().chain([&words.flag]));
        return Some(Planned {
            object: place.object,
            changes: words
                .map(|word| (below(word.list, Some(word.index)), Change::Remove))
                .collect(),
            title: format!("remove `--{name}`"),
        });
    };
    let mut text = String::new();
    print::print(&evaluator.evaluate(value), evaluator.repository, &mut text);
    let whole = format!("--{name}={text}");
    // A switch takes no word of its own: `--name false` leaves it on.
    let is_switch = matches!(text.as_str(), "true" | "false");
    let mut changes = Vec::new();
    let change = match given.last() {
        Some(Words {
            value: Some(word), ..
        }) if !is_switch => (below(word.list, Some(word.index)), Change::Set(node(&text))),
        Some(Words { flag, value }) => {
            changes.extend(value.map(|word| (below(word.list, Some(word.index)), Change::Remove)));
            (below(flag.list, Some(flag.index)), Change::Set(node(&whole)))
        }
        None => {
            let has = |list| {
                place
                    .node
                    .get(list)
                    .is_some_and(|list| !list.elements().is_empty())
            };
            let list = if has("command") && !has("args") {
                "command"
            } else {
                "args"
            };
            (below(list, None), Change::Add(node(&whole)))
        }
    };
    changes.push(change);
    Some(Planned {
        object: place.object,
        changes,
        title: format!("pass `{whole}`"),
    })
}

/// What to call an element that has no path of its own: its value, or its name.
fn element(node: &Node) -> String {
    let named = node.get("name").unwrap_or(node);
    match &named.value {
        manifest::Value::String(text) if text.chars().count() <= LONGEST_NAME => format!("`{text}`"),
        manifest::Value::Integer(number) => format!("`{number}`"),
        _ => "the element".to_string(),
    }
}

/// The keys from a root to a node of its tree.
fn path_to(root: &Node, wanted: &Node, path: &mut Vec<PathPart>) -> bool {
    if std::ptr::eq(root, wanted) {
        return true;
    }
    let children = root
        .entries()
        .iter()
        .map(|entry| (PathPart::Key((&*entry.key).into()), &entry.value));
    let elements = root.elements().iter().enumerate();
    for (part, child) in children.chain(elements.map(|(index, node)| (PathPart::Index(index), node))) {
        path.push(part);
        if path_to(child, wanted, path) {
            return true;
        }
        path.pop();
    }
    false
}

/// The path of an expression without the local that it starts from: `securityContext.privileged`.
fn spelling(path: &Expression) -> String {
    match &path.kind {
        ExpressionKind::Field { base, name, .. } => match spelling(base) {
            base if base.is_empty() => name.to_string(),
            base => format!("{base}.{name}"),
        },
        ExpressionKind::Index(base, key) => match &key.kind {
            ExpressionKind::Constant(Constant::String(key)) => format!("{}[\"{key}\"]", spelling(base)),
            ExpressionKind::Constant(Constant::Int(index)) => format!("{}[{index}]", spelling(base)),
            _ => format!("{}[…]", spelling(base)),
        },
        _ => String::new(),
    }
}

/// A value as a manifest says it; none for what manifests can't say.
fn to_node(value: &Value<'_>, file: FileId) -> Option<Node> {
    let value = match value {
        Value::Bool(value) => manifest::Value::Bool(*value),
        Value::Int(value) => manifest::Value::Integer(*value),
        Value::Text(text) => manifest::Value::String((&**text).into()),
        Value::Quantity(quantity) => manifest::Value::String(quantity.to_manifest()?.into()),
        Value::Part(part) => return Some(part.node.clone()),
        Value::Constant(Constant::List(values)) => manifest::Value::Sequence(
            values
                .iter()
                .map(|value| to_node(&Value::of_constant(value), file))
                .collect::<Option<_>>()?,
        ),
        Value::Constant(Constant::Map(entries)) => {
            let mut mapping = Mapping::default();
            for (key, value) in entries {
                mapping.insert(Entry {
                    key: (&**key).into(),
                    key_span: Span::new(file, 0, 0),
                    value: to_node(&Value::of_constant(value), file)?,
                });
            }
            manifest::Value::Mapping(mapping)
        }
        Value::List(values) => manifest::Value::Sequence(
            values
                .iter()
                .map(|value| to_node(value, file))
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    };
    Some(Node {
        span: Span::new(file, 0, 0),
        value,
    })
}
