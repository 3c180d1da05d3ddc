//! A manifest as a tree in which every key and value knows its bytes.

use crate::source::Span;

/// A value with the bytes that say it.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The bytes of the value, quotes and brackets included. A null that nobody wrote has an empty span.
    pub span: Span,
    /// What it means to the cluster.
    pub value: Value,
}

/// What a node means once scalars are resolved as Kubernetes resolves them.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing at all.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number, as it was written.
    Float(Box<str>),
    /// A string.
    String(Box<str>),
    /// What has variables that another tool replaces by values which nobody here knows, as it stands before.
    Unknown(Box<str>),
    /// A list.
    Sequence(Vec<Node>),
    /// An object.
    Mapping(Mapping),
}

/// An object's entries in the order of the text. No key stands twice (the last one counts).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key; keys that are not strings are spelled as JSON would.
    pub key: Box<str>,
    /// The bytes of the key.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Mapping {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| &*entry.key == key)
    }

    /// All entries, in the order of the text.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        self.entries.iter_mut().map(|entry| &mut entry.value)
    }

    /// Adds an entry, or replaces and returns the one that had its key.
    pub fn insert(&mut self, entry: Entry) -> Option<Entry> {
        match self.entries.iter_mut().find(|old| old.key == entry.key) {
            Some(old) => Some(std::mem::replace(old, entry)),
            None => {
                self.entries.push(entry);
                None
            }
        }
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let mut entries = self.entries.iter_mut();
        entries
            .find(|entry| &*entry.key == key)
            .map(|entry| &mut entry.value)
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &str) -> Option<Entry> {
        let index = self.entries.iter().position(|entry| &*entry.key == key)?;
        Some(self.entries.remove(index))
    }

    /// A mapping of these entries, in which no key stands twice.
    pub(super) fn of_unique(entries: Vec<Entry>) -> Mapping {
        Mapping { entries }
    }

    /// All entries, given away.
    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Node {
    /// The value of a key, if this is an object that has it and it is not null: to Kubernetes, null
    /// is absent.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Mapping(mapping) => mapping.get(key).filter(|node| !node.is_null()),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.value {
            Value::Mapping(mapping) => mapping.get_mut(key).filter(|node| !node.is_null()),
            _ => None,
        }
    }

    /// The value at the end of a path of keys.
    pub fn path<'a>(&self, keys: impl IntoIterator<Item = &'a str>) -> Option<&Node> {
        keys.into_iter().try_fold(self, |node, key| node.get(key))
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list; none of anything else.
    pub fn elements(&self) -> &[Node] {
        match &self.value {
            Value::Sequence(nodes) => nodes,
            _ => &[],
        }
    }

    /// The entries of an object; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Mapping(mapping) => mapping.entries(),
            _ => &[],
        }
    }

    /// Whether it is null, which to Kubernetes is the same as absent.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Whether both say the same to the cluster, wherever they stand and in whatever order their keys
    /// are written.
    pub fn same_value(&self, other: &Node) -> bool {
        match (&self.value, &other.value) {
            (Value::Sequence(a), Value::Sequence(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_value(b))
            }
            (Value::Mapping(a), Value::Mapping(b)) => {
                a.len() == b.len()
                    && a.entries().iter().enumerate().all(|(index, entry)| {
                        // Most often the order is the same as well, which saves the search.
                        let twin = match b.entries().get(index) {
                            Some(twin) if twin.key == entry.key => Some(&twin.value),
                            _ => b.get(&entry.key),
                        };
                        twin.is_some_and(|twin| entry.value.same_value(twin))
                    })
            }
            (a, b) => a == b,
        }
    }

    /// What kind of value it is, in JSON's words.
    pub fn type_name(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Integer(_) | Value::Float(_) => "number",
            Value::String(_) | Value::Unknown(_) => "string",
            Value::Sequence(_) => "list",
            Value::Mapping(_) => "object",
        }
    }
}
