//! What the names of a rule stand for in the expression that is being written.

use crate::cel;
use crate::ir::{Expression, Local, Slot};
use std::collections::{HashMap, HashSet};

/// Names that every expression has.
const RESERVED: &[&str] = &[
    "authorizer",
    "bool",
    "bytes",
    "double",
    "duration",
    "dyn",
    "has",
    "int",
    "ip",
    "cidr",
    "list",
    "map",
    "namespaceObject",
    "null_type",
    "object",
    "oldObject",
    "params",
    "optional",
    "quantity",
    "request",
    "size",
    "string",
    "timestamp",
    "type",
    "uint",
    "url",
    "variables",
];

/// What a name stands for.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Its value, as a term that costs little to write twice.
    pub value: String,
    /// Whether it is an element of a list, of which null counts as an empty struct.
    pub is_element: bool,
    /// The class of the container that it is, where that is asked for.
    pub class: Option<&'static str>,
    /// Whether the value is a quantity of CEL rather than as manifests write it.
    pub is_quantity: bool,
}

impl Binding {
    /// A value of which nothing more is known.
    pub fn of(value: impl Into<String>) -> Binding {
        Binding {
            value: value.into(),
            is_element: false,
            class: None,
            is_quantity: false,
        }
    }
}

/// The names of one expression.
pub struct Scope<'a> {
    locals: &'a [Local],
    bindings: HashMap<Slot, Binding>,
    aliases: HashMap<Slot, &'a Expression>,
    taken: HashSet<String>,
}

impl<'a> Scope<'a> {
    /// No names yet.
    pub fn new(locals: &'a [Local]) -> Scope<'a> {
        Scope {
            locals,
            bindings: HashMap::new(),
            aliases: HashMap::new(),
            taken: HashSet::new(),
        }
    }

    /// Forgets all names, for the next expression.
    pub fn clear(&mut self) {
        self.bindings.clear();
        self.aliases.clear();
        self.taken.clear();
    }

    /// A name that nothing else of the expression has.
    pub fn fresh(&mut self, wish: &str) -> String {
        let mut name: String = wish
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name = format!("v{name}");
        }
        let is_free = |taken: &HashSet<String>, name: &str| {
            !taken.contains(name) && !RESERVED.contains(&name) && !cel::RESERVED.contains(&name)
        };
        let found = std::iter::once(name.clone())
            .chain((2..=u32::MAX).map(|count| format!("{name}{count}")))
            .find(|candidate| is_free(&self.taken, candidate));
        let name = found.unwrap_or(name);
        self.taken.insert(name.clone());
        name
    }

    /// A name as the policy calls the local.
    pub fn variable(&mut self, slot: Slot) -> String {
        let wish = self.local(slot).map_or("value", |local| &*local.name);
        self.fresh(wish)
    }

    /// The local of a slot.
    pub fn local(&self, slot: Slot) -> Option<&'a Local> {
        self.locals.get(slot.0 as usize)
    }

    /// Says what a local stands for.
    pub fn bind(&mut self, slot: Slot, binding: Binding) {
        self.bindings.insert(slot, binding);
    }

    /// Says that a local stands for an expression, which is written wherever the local is named.
    pub fn alias(&mut self, slot: Slot, expression: &'a Expression) {
        self.aliases.insert(slot, expression);
    }

    /// The expression that a local stands for, if it is one.
    pub fn aliased(&self, slot: Slot) -> Option<&'a Expression> {
        self.aliases.get(&slot).copied()
    }

    /// What a local stands for.
    pub fn binding(&self, slot: Slot) -> Option<&Binding> {
        self.bindings.get(&slot)
    }
}
