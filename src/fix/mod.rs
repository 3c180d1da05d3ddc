//! Changes of a manifest's tree → edits of its bytes that keep comments and layout, and their application.
//!
//! In: a text, an object in it, the changes wanted. Out: [`Edit`]s, or nothing: an edit is offered only
//! if the edited text reads as exactly the tree that is wanted, so that anchors, merges, unusual layouts
//! and whatever else it does not foresee are left alone.

mod plan;
mod render;
mod together;

pub use together::together;

use crate::diagnostic::{Edit, Fix};
use crate::ir::PathPart;
use crate::manifest::{self, Entry, Mapping, Node, Value};
use crate::source::{FileId, Span};
use std::ops::Range;

/// What is to become of a place.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It has this value; its parents are made where they are missing.
    Set(Node),
    /// The list there ends with this element; it is made where it is missing.
    Add(Node),
    /// It is no more.
    Remove,
}

/// A file of its own for the texts that are read again here.
const SCRATCH: FileId = FileId(u32::MAX);

/// The edits that make the changes to the object whose tree is `root`, a part of what `text` says. Paths
/// start at `root`. `None` where that can't be done without changing anything else.
pub fn edits(text: &str, root: &Node, changes: &[(Vec<PathPart>, Change)]) -> Option<Vec<Edit>> {
    let span = root.span;
    let around = documents_around(text, span.range());
    let before = text.get(around.clone())?;
    let mut after = before.to_string();
    let mut trees = read(before)?;
    let wanted = span.range().start - around.start..span.range().end.checked_sub(around.start)?;
    let (document, prefix) = find(&trees, &wanted)?;
    let mut single = None;
    for (path, change) in changes {
        let path: Vec<PathPart> = prefix.iter().chain(path).cloned().collect();
        let tree = trees.get(document)?;
        let (range, replacement) = plan::edit(&after, tree, &path, change)?;
        let mut wanted = trees.clone();
        make(wanted.get_mut(document)?, &path, change)?;
        after.replace_range(range.clone(), &replacement);
        trees = read(&after)?;
        let is_as_wanted = trees.len() == wanted.len()
            && trees
                .iter()
                .zip(&wanted)
                .all(|(tree, wanted)| tree.same_value(wanted));
        if !is_as_wanted {
            return None;
        }
        single = Some((range, replacement));
    }
    let (range, text) = match single {
        Some(edit) if changes.len() == 1 => edit,
        _ => difference(before, &after),
    };
    Some(vec![Edit {
        span: Span::new(span.file, around.start + range.start, around.start + range.end),
        text,
    }])
}

/// Applies fixes to the text of one file, in the order given. A fix that touches what an earlier one has
/// changed is left for another round, when the file has been judged again. Says which were applied.
pub fn apply(text: &str, fixes: &[&Fix]) -> (String, Vec<bool>) {
    let mut accepted: Vec<&Edit> = Vec::new();
    let mut applied = Vec::with_capacity(fixes.len());
    for fix in fixes {
        let inside = |edit: &Edit| text.get(edit.span.range()).is_some();
        let is_free = fix.edits.iter().enumerate().all(|(index, edit)| {
            let others = accepted.iter().copied().chain(&fix.edits[..index]);
            inside(edit) && !others.into_iter().any(|other| touch(edit, other))
        });
        let is_done = fix.edits.iter().all(|edit| accepted.contains(&edit));
        if is_free {
            accepted.extend(&fix.edits);
        }
        applied.push(is_free || is_done);
    }
    accepted.sort();
    let mut out = String::with_capacity(text.len());
    let mut position = 0;
    for edit in accepted {
        out.push_str(&text[position..edit.span.range().start]);
        out.push_str(&edit.text);
        position = edit.span.range().end;
    }
    out.push_str(&text[position..]);
    (out, applied)
}

/// Whether two edits can't both be made: they overlap, or insert at one place.
fn touch(a: &Edit, b: &Edit) -> bool {
    a.span.start <= b.span.end && b.span.start <= a.span.end
}

/// The part of the text between document separators that holds the range.
fn documents_around(text: &str, range: Range<usize>) -> Range<usize> {
    let is_separator = |line: &str| line.starts_with("---");
    let mut start = 0;
    let mut end = text.len();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if is_separator(line) {
            if offset <= range.start {
                start = offset;
            } else if offset >= range.end {
                end = offset;
                break;
            }
        }
        offset += line.len();
    }
    start..end
}

/// The trees of a text, if every one of them has but one reading.
fn read(text: &str) -> Option<Vec<Node>> {
    read_as(text, false)
}

/// The same, where `is_json` of a text that is to be JSON.
fn read_as(text: &str, is_json: bool) -> Option<Vec<Node>> {
    let parsed = manifest::parse(SCRATCH, text, is_json);
    if !parsed.faults.is_empty() {
        return None;
    }
    parsed
        .documents
        .into_iter()
        .map(|mut document| match document.readings.len() {
            1 if document.broken.is_none() => document.readings.pop(),
            _ => None,
        })
        .collect()
}

/// The document that holds a node of this range, and the path to it.
fn find(trees: &[Node], range: &Range<usize>) -> Option<(usize, Vec<PathPart>)> {
    fn within(node: &Node, range: &Range<usize>, path: &mut Vec<PathPart>) -> bool {
        let own = node.span.range();
        if own == *range {
            return true;
        }
        let children = node
            .entries()
            .iter()
            .map(|entry| (PathPart::Key((&*entry.key).into()), &entry.value));
        let elements = node.elements().iter().enumerate();
        for (part, child) in children.chain(elements.map(|(index, child)| (PathPart::Index(index), child))) {
            let span = child.span.range();
            if span.start <= range.start && range.end <= span.end {
                path.push(part);
                if within(child, range, path) {
                    return true;
                }
                path.pop();
            }
        }
        false
    }
    trees.iter().enumerate().find_map(|(document, tree)| {
        let mut path = Vec::new();
        within(tree, range, &mut path).then_some((document, path))
    })
}

/// Makes a change to a tree.
fn make(node: &mut Node, path: &[PathPart], change: &Change) -> Option<()> {
    let file = node.span.file;
    let nothing = Span::new(file, 0, 0);
    let Some((part, rest)) = path.split_first() else {
        match change {
            Change::Set(value) => *node = value.clone(),
            Change::Add(value) => match &mut node.value {
                Value::Sequence(elements) => elements.push(value.clone()),
                Value::Null => node.value = Value::Sequence(vec![value.clone()]),
                _ => return None,
            },
            Change::Remove => return None,
        }
        return Some(());
    };
    match part {
        PathPart::Key(key) => {
            if node.is_null() {
                node.value = Value::Mapping(Mapping::default());
            }
            let Value::Mapping(mapping) = &mut node.value else {
                return None;
            };
            if rest.is_empty() && *change == Change::Remove {
                let mut kept = Mapping::default();
                for entry in mapping.entries().iter().filter(|entry| *entry.key != **key) {
                    kept.insert(entry.clone());
                }
                let is_removed = kept.len() < mapping.len();
                *mapping = kept;
                return is_removed.then_some(());
            }
            let mut child = mapping.get(key).cloned().unwrap_or(Node {
                span: nothing,
                value: Value::Null,
            });
            make(&mut child, rest, change)?;
            mapping.insert(Entry {
                key: (&**key).into(),
                key_span: nothing,
                value: child,
            });
        }
        PathPart::Index(index) => {
            let Value::Sequence(elements) = &mut node.value else {
                return None;
            };
            if rest.is_empty() && *change == Change::Remove {
                (*index < elements.len()).then(|| elements.remove(*index))?;
                return Some(());
            }
            make(elements.get_mut(*index)?, rest, change)?;
        }
    }
    Some(())
}

/// The one edit that makes `after` of `before`.
fn difference(before: &str, after: &str) -> (Range<usize>, String) {
    let boundary = |length: usize| {
        (0..=length)
            .rev()
            .find(|at| before.is_char_boundary(*at) && after.is_char_boundary(*at))
            .unwrap_or(0)
    };
    let common = before
        .bytes()
        .zip(after.bytes())
        .take_while(|(a, b)| a == b)
        .count();
    let start = boundary(common);
    let (old, new) = (&before[start..], &after[start..]);
    let common = old
        .bytes()
        .rev()
        .zip(new.bytes().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let kept = (0..=common)
        .rev()
        .find(|kept| old.is_char_boundary(old.len() - kept) && new.is_char_boundary(new.len() - kept))
        .unwrap_or(0);
    (start..before.len() - kept, new[..new.len() - kept].to_string())
}

#[cfg(test)]
mod tests;
