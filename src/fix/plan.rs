//! One change of a tree → the one edit of its text that is likely to make it.
//!
//! What comes out is a proposal: the caller reads the edited text again and drops it unless it says what
//! was wanted.

use super::Change;
use super::render::Style;
use crate::ir::PathPart;
use crate::manifest::{Entry, Mapping, Node, Value};
use std::ops::Range;

/// Replaces a range of the text.
type Proposal = (Range<usize>, String);

/// The edit that makes a change at a path of `tree`, which `text` says.
pub fn edit(text: &str, tree: &Node, path: &[PathPart], change: &Change) -> Option<Proposal> {
    let mut parents: Vec<&Node> = Vec::new();
    let mut node = tree;
    let mut depth = 0;
    while let Some(child) = path.get(depth).and_then(|part| child(node, part)) {
        parents.push(node);
        node = child;
        depth += 1;
    }
    let (taken, missing) = path.split_at(depth);
    let planner = Planner {
        text,
        style: Style {
            json: is_json(text, tree),
            newline: if text.contains("\r\n") { "\r\n" } else { "\n" },
        },
    };
    let place = parents.last().copied().zip(taken.last());
    let list;
    let value = match change {
        Change::Set(value) => value,
        Change::Remove if !missing.is_empty() => return None,
        Change::Remove => {
            let (parent, part) = place?;
            let grandparent = parents.len().checked_sub(2).and_then(|index| parents.get(index));
            let above = grandparent
                .copied()
                .zip(taken.len().checked_sub(2).and_then(|index| taken.get(index)));
            return planner.remove(parent, part, above);
        }
        Change::Add(value) => {
            if missing.is_empty()
                && let Value::Sequence(elements) = &node.value
                && !elements.is_empty()
            {
                return planner.append(node, elements, value);
            }
            list = Node {
                span: value.span,
                value: Value::Sequence(vec![value.clone()]),
            };
            &list
        }
    };
    match (&node.value, missing.split_first()) {
        (Value::Mapping(mapping), Some((PathPart::Key(key), rest))) if !mapping.is_empty() => {
            planner.insert(node, mapping, key, rest, value)
        }
        (_, None) => planner.replace(place, node, &planner.style.flow(value)),
        (Value::Null | Value::Mapping(_), Some(_)) => {
            let flow = planner.style.flow_under(missing, value)?;
            planner.replace(place, node, &flow)
        }
        _ => None,
    }
}

/// The part of a node that is not null-for-want-of-a-key: an entry or an element.
fn child<'a>(node: &'a Node, part: &PathPart) -> Option<&'a Node> {
    match (part, &node.value) {
        (PathPart::Key(key), Value::Mapping(mapping)) => mapping.get(key),
        (PathPart::Index(index), Value::Sequence(elements)) => elements.get(*index),
        _ => None,
    }
}

/// Whether the text is JSON, or YAML that is written like it.
fn is_json(text: &str, tree: &Node) -> bool {
    let quoted = |entry: &Entry| {
        text.get(entry.key_span.range())
            .is_some_and(|key| key.starts_with('"'))
    };
    text.trim_start().starts_with('{') && tree.entries().first().is_some_and(quoted)
}

struct Planner<'a> {
    text: &'a str,
    style: Style<'a>,
}

impl Planner<'_> {
    fn slice(&self, range: Range<usize>) -> Option<&str> {
        self.text.get(range)
    }

    /// The bytes of a value without the white space behind it, which blocks may include.
    fn extent(&self, node: &Node) -> Option<Range<usize>> {
        let range = node.span.range();
        let length = self.slice(range.clone())?.trim_end().len();
        Some(range.start..range.start + length)
    }

    fn line_start(&self, offset: usize) -> Option<usize> {
        Some(self.slice(0..offset)?.rfind('\n').map_or(0, |end| end + 1))
    }

    /// The end of the line of an offset, behind which only a comment may stand.
    fn line_end(&self, offset: usize) -> Option<usize> {
        let rest = self.slice(offset..self.text.len())?;
        let line = rest.split('\n').next()?.trim_end_matches('\r');
        let trimmed = line.trim_start();
        let is_comment = trimmed.starts_with('#') && trimmed.len() < line.len();
        (trimmed.is_empty() || is_comment).then_some(offset + line.len())
    }

    fn column(&self, offset: usize) -> Option<usize> {
        Some(offset - self.line_start(offset)?)
    }

    fn is_flow(&self, node: &Node) -> bool {
        self.slice(node.span.range())
            .is_some_and(|text| text.starts_with(['{', '[']))
    }

    /// Gives the node at a place another value, on one line.
    fn replace(&self, place: Option<(&Node, &PathPart)>, node: &Node, value: &str) -> Option<Proposal> {
        let extent = self.extent(node)?;
        let old = self.slice(extent.clone())?;
        let in_place = !old.is_empty() && !old.contains('\n') && (node_is_scalar(node) || self.is_flow(node));
        if in_place {
            return Some((extent, value.to_string()));
        }
        let Some((parent, PathPart::Key(key))) = place else {
            return None;
        };
        let Value::Mapping(mapping) = &parent.value else {
            return None;
        };
        let key_end = mapping.entry(key)?.key_span.range().end;
        let colon = key_end + self.slice(key_end..self.text.len())?.find(':')?;
        let end = if old.is_empty() { colon + 1 } else { extent.end };
        let between = self.slice(colon + 1..end.max(colon + 1))?;
        let has_comment = !old.is_empty() && self.slice(colon + 1..extent.start)?.contains(['#', '&', '!']);
        if has_comment || between.len() + colon + 1 < end {
            return None;
        }
        Some((colon..end, format!(": {value}")))
    }

    /// Adds an entry to an object that has others.
    fn insert(
        &self,
        node: &Node,
        mapping: &Mapping,
        key: &str,
        rest: &[PathPart],
        value: &Node,
    ) -> Option<Proposal> {
        let first = mapping
            .entries()
            .iter()
            .filter(|entry| node.span.start <= entry.key_span.start && entry.key_span.end <= node.span.end)
            .min_by_key(|entry| entry.key_span.start)?;
        let at = first.key_span.range().start;
        if self.is_flow(node) {
            let open = node.span.range().start + 1;
            let gap = self.slice(open..at)?;
            let gap = if gap.contains('\n') && gap.trim().is_empty() {
                gap
            } else {
                " "
            };
            let value = self.style.flow_under(rest, value)?;
            return Some((at..at, format!("{}: {value},{gap}", self.style.string(key))));
        }
        let indent = self.column(at)?;
        let value = under(rest, value)?;
        let entry = self.style.entry(key, &value, indent);
        let newline = self.style.newline;
        let margin = " ".repeat(indent);
        // Behind the name reads best: `- name: web` stays the head of its list element.
        let name = mapping.entry("name").and_then(|name| {
            let extent = self.extent(&name.value)?;
            let is_short = !extent.is_empty() && !self.slice(extent.clone())?.contains('\n');
            let is_aligned = self.column(name.key_span.range().start)? == indent;
            self.line_end(extent.end).filter(|_| is_short && is_aligned)
        });
        Some(match name {
            Some(end) => (end..end, format!("{newline}{margin}{entry}")),
            None => (at..at, format!("{entry}{newline}{margin}")),
        })
    }

    /// Adds an element to a list that has others.
    fn append(&self, list: &Node, elements: &[Node], value: &Node) -> Option<Proposal> {
        let (first, last) = (elements.first()?, self.extent(elements.last()?)?);
        let value = self.style.flow(value);
        if self.is_flow(list) {
            return Some((last.end..last.end, format!(", {value}")));
        }
        let start = first.span.range().start;
        let before = self.slice(self.line_start(start)?..start)?;
        let margin = before
            .strip_suffix("- ")
            .or_else(|| before.trim_end().strip_suffix('-'))?;
        if !margin.trim().is_empty() {
            return None;
        }
        let end = self.line_end(last.end)?;
        Some((end..end, format!("{}{margin}- {value}", self.style.newline)))
    }

    /// Takes an entry or an element away. `above` is where its parent stands.
    fn remove(&self, parent: &Node, part: &PathPart, above: Option<(&Node, &PathPart)>) -> Option<Proposal> {
        // Starts of what stands side by side, with the ends of their values.
        let siblings: Vec<Range<usize>> = match &parent.value {
            Value::Mapping(mapping) => mapping
                .entries()
                .iter()
                .map(|entry| Some(entry.key_span.range().start..self.entry_end(entry)?))
                .collect::<Option<_>>()?,
            Value::Sequence(elements) => elements
                .iter()
                .map(|element| self.extent(element))
                .collect::<Option<_>>()?,
            _ => return None,
        };
        let index = match (part, &parent.value) {
            (PathPart::Key(key), Value::Mapping(mapping)) => {
                mapping.entries().iter().position(|entry| *entry.key == **key)?
            }
            (PathPart::Index(index), _) => *index,
            _ => return None,
        };
        let own = siblings.get(index)?.clone();
        if siblings.len() == 1 {
            let empty = if matches!(part, PathPart::Key(_)) {
                "{}"
            } else {
                "[]"
            };
            return self.replace(above, parent, empty);
        }
        if self.is_flow(parent) {
            return match siblings.get(index + 1) {
                Some(next) => Some((own.start..next.start, String::new())),
                None => Some((siblings.get(index.checked_sub(1)?)?.end..own.end, String::new())),
            };
        }
        let line = self.line_start(own.start)?;
        let end = self.line_end(own.end)?;
        let before = self.slice(line..own.start)?;
        let is_alone = match part {
            PathPart::Key(_) => before.trim().is_empty(),
            PathPart::Index(_) => before.trim() == "-",
        };
        if is_alone {
            let rest = self.slice(end..self.text.len())?;
            let newline = rest.len() - rest.trim_start_matches('\r').trim_start_matches('\n').len();
            return Some((line..end + newline.min(2), String::new()));
        }
        // The head of a list element: what follows moves up to its dash.
        let next = siblings.get(index + 1)?;
        Some((own.start..next.start, String::new()))
    }

    fn entry_end(&self, entry: &Entry) -> Option<usize> {
        let extent = self.extent(&entry.value)?;
        if !extent.is_empty() {
            return Some(extent.end);
        }
        let key_end = entry.key_span.range().end;
        Some(key_end + self.slice(key_end..self.text.len())?.find(':')? + 1)
    }
}

fn node_is_scalar(node: &Node) -> bool {
    !matches!(node.value, Value::Sequence(_) | Value::Mapping(_))
}

/// A value under keys, as a tree.
fn under(keys: &[PathPart], value: &Node) -> Option<Node> {
    let Some((part, rest)) = keys.split_first() else {
        return Some(value.clone());
    };
    let PathPart::Key(key) = part else { return None };
    let mut mapping = Mapping::default();
    mapping.insert(Entry {
        key: (&**key).into(),
        key_span: value.span,
        value: under(rest, value)?,
    });
    Some(Node {
        span: value.span,
        value: Value::Mapping(mapping),
    })
}
