//! What the names of a rule stand for in the fragment that is being written.

use super::text;
use crate::ir::{Local, Slot};
use std::collections::{HashMap, HashSet};

/// A path into an object: a term that is a list, and the steps behind it.
#[derive(Debug, Clone)]
pub struct Path {
    base: String,
    steps: Vec<String>,
}

impl Path {
    /// The path that a term gives.
    pub fn of(base: impl Into<String>) -> Path {
        Path {
            base: base.into(),
            steps: Vec::new(),
        }
    }

    /// One step further; the step is a term.
    pub fn then(&self, step: impl Into<String>) -> Path {
        let mut path = self.clone();
        path.steps.push(step.into());
        path
    }

    /// As a term.
    pub fn term(&self) -> String {
        match self.steps.is_empty() {
            true => self.base.clone(),
            false => format!("array.concat({}, {})", self.base, text::list(self.steps.clone())),
        }
    }
}

/// Where a value stands.
#[derive(Debug, Clone)]
pub struct Place {
    /// The object, as the prelude has it.
    pub resource: String,
    /// The path from the object's document.
    pub path: Path,
    /// The pod that it is or is in, with its own path.
    pub pod: Option<String>,
    /// The container that it is.
    pub container: Option<String>,
}

impl Place {
    /// A whole object.
    pub fn of_resource(resource: &str) -> Place {
        Place {
            path: Path::of(format!("{resource}.path")),
            resource: resource.to_owned(),
            pod: None,
            container: None,
        }
    }

    /// A part of the value.
    pub fn then(&self, step: impl Into<String>) -> Place {
        Place {
            resource: self.resource.clone(),
            path: self.path.then(step),
            pod: self.pod.clone(),
            container: None,
        }
    }

    /// The same object and pod at another path.
    pub fn at(&self, path: Path) -> Place {
        Place {
            path,
            container: None,
            ..self.clone()
        }
    }
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Its value as a term.
    pub value: String,
    /// Whether the value may be absent, that is, null.
    pub nullable: bool,
    /// Where the value stands.
    pub place: Option<Place>,
}

/// The names of one fragment.
pub struct Scope<'a> {
    locals: &'a [Local],
    bindings: HashMap<Slot, Binding>,
    /// The names of lists and maps that stand in no manifest.
    computed: HashSet<Slot>,
    /// The names of amounts that few decimals tell.
    round: HashSet<Slot>,
    /// The names of what objects were before.
    former: HashSet<Slot>,
    taken: HashSet<String>,
}

/// Words that can't name a variable: keywords, documents, results, and the first parts of built-in
/// functions' names that emitted code calls.
const RESERVED: &[&str] = &[
    "array",
    "as",
    "concat",
    "contains",
    "count",
    "data",
    "default",
    "deny",
    "else",
    "endswith",
    "every",
    "false",
    "floor",
    "if",
    "import",
    "in",
    "input",
    "json",
    "lower",
    "max",
    "min",
    "not",
    "null",
    "numbers",
    "object",
    "package",
    "rego",
    "regex",
    "replace",
    "result",
    "set",
    "some",
    "sort",
    "split",
    "sprintf",
    "startswith",
    "substring",
    "sum",
    "trim",
    "true",
    "warn",
    "with",
];

impl<'a> Scope<'a> {
    /// No names yet.
    pub fn new(locals: &'a [Local]) -> Scope<'a> {
        Scope {
            locals,
            bindings: HashMap::new(),
            computed: HashSet::new(),
            round: HashSet::new(),
            former: HashSet::new(),
            taken: HashSet::new(),
        }
    }

    /// Forgets all names, for the next fragment.
    pub fn clear(&mut self) {
        self.bindings.clear();
        self.taken.clear();
    }

    /// A variable that no other name of the fragment has.
    pub fn fresh(&mut self, wish: &str) -> String {
        let mut name: String = wish
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name = format!("value{name}");
        }
        if RESERVED.contains(&&*name) || self.taken.contains(&name) {
            let free = (2..).map(|count| format!("{name}_{count}"));
            name = free
                .into_iter()
                .find(|free| !self.taken.contains(free))
                .unwrap_or(name);
        }
        self.taken.insert(name.clone());
        name
    }

    /// A variable named as the policy names the local.
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

    /// Whether the elements of what a name stands for were computed.
    pub fn is_computed(&self, slot: Slot) -> bool {
        self.computed.contains(&slot)
    }

    /// Notes that the elements of what a name stands for were computed.
    pub fn computes(&mut self, slot: Slot) {
        self.computed.insert(slot);
    }

    /// Whether few decimals tell the amount that a name stands for.
    pub fn is_round(&self, slot: Slot) -> bool {
        self.round.contains(&slot)
    }

    /// Notes that few decimals tell the amount that a name stands for.
    pub fn rounds(&mut self, slot: Slot) {
        self.round.insert(slot);
    }

    /// Whether a name stands for what an object was before.
    pub fn is_former(&self, slot: Slot) -> bool {
        self.former.contains(&slot)
    }

    /// Notes that a name stands for what an object was before.
    pub fn goes_back(&mut self, slot: Slot) {
        self.former.insert(slot);
    }

    /// What a local stands for.
    pub fn binding(&self, slot: Slot) -> Option<&Binding> {
        self.bindings.get(&slot)
    }
}
