//! Entries one after the other → a mapping, with duplicate and merged keys resolved.

use crate::manifest::{Entry, Mapping, Node, Value};
use crate::source::Span;
use std::collections::HashMap;

/// Who is followed where YAML readers disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `kubectl`: a merge counts at its place, so that it overrides the keys in front of it.
    Kubectl,
    /// kustomize and other readers: a merge never overrides a key that is written out, and `"<<"` in quotes
    /// merges as well.
    Kustomize,
}

/// A mapping while its entries arrive.
#[derive(Default)]
pub(super) struct MappingBuilder {
    entries: Vec<Entry>,
    /// Whether the entry of the same index came by a merge.
    merged: Vec<bool>,
    /// Where each key stands, kept once there are many.
    index: HashMap<Box<str>, usize>,
    /// Merges that wait for the end, for readers that merge last.
    waiting: Vec<Mapping>,
}

/// Beyond this many entries a search in order is dearer than a table.
const FEW: usize = 16;

impl MappingBuilder {
    fn position(&self, key: &str) -> Option<usize> {
        if self.entries.len() <= FEW {
            self.entries.iter().position(|entry| &*entry.key == key)
        } else {
            self.index.get(key).copied()
        }
    }

    fn push(&mut self, entry: Entry, merged: bool) {
        if self.entries.len() >= FEW {
            if self.index.is_empty() {
                let keys = self.entries.iter().enumerate();
                self.index = keys.map(|(at, entry)| (entry.key.clone(), at)).collect();
            }
            self.index.insert(entry.key.clone(), self.entries.len());
        }
        self.entries.push(entry);
        self.merged.push(merged);
    }

    /// Adds an entry that is written out. Returns where its key stood already, if it did; the new one
    /// counts.
    pub fn insert(&mut self, entry: Entry) -> Option<Span> {
        match self.position(&entry.key) {
            None => {
                self.push(entry, false);
                None
            }
            Some(at) => {
                let old = std::mem::replace(&mut self.entries[at], entry);
                let duplicate = !std::mem::replace(&mut self.merged[at], false);
                duplicate.then_some(old.key_span)
            }
        }
    }

    /// Adds the entries of the value of a merge key. Returns the first key on which readers disagree, and
    /// `Err` for a value that can't be merged.
    pub fn merge(&mut self, value: Node, dialect: Dialect) -> Result<Option<Entry>, ()> {
        let sources = match value.value {
            Value::Mapping(mapping) => vec![mapping],
            Value::Sequence(nodes) => nodes
                .into_iter()
                .map(|node| match node.value {
                    Value::Mapping(mapping) => Ok(mapping),
                    _ => Err(()),
                })
                .collect::<Result<_, _>>()?,
            _ => return Err(()),
        };
        if dialect == Dialect::Kustomize {
            self.waiting.extend(sources);
            return Ok(None);
        }
        let mut conflict = None;
        // The first of a list takes precedence, so it is written last.
        for source in sources.into_iter().rev() {
            for entry in source.into_entries() {
                match self.position(&entry.key) {
                    None => self.push(entry, true),
                    Some(at) => {
                        if !self.merged[at] && !self.entries[at].value.same_value(&entry.value) {
                            conflict.get_or_insert_with(|| self.entries[at].clone());
                        }
                        self.entries[at] = entry;
                    }
                }
            }
        }
        Ok(conflict)
    }

    /// The mapping.
    pub fn finish(mut self) -> Mapping {
        for source in std::mem::take(&mut self.waiting) {
            for entry in source.into_entries() {
                if self.position(&entry.key).is_none() {
                    self.push(entry, true);
                }
            }
        }
        Mapping::of_unique(self.entries)
    }
}
