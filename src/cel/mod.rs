//! The Common Expression Language as Kubernetes speaks it in `x-kubernetes-validations`.
//!
//! In: the text of a rule, and values for its variables. Out: a [`Value`], or the [`Fault`] that kept the
//! rule from one. What nobody here knows is [`Value::Unknown`], and so is what follows from it; a rule never
//! gets a verdict that a known value could change. Functions that Kubernetes has and this does not are
//! [`Fault::Unsupported`], never a guess.
//!
//! INVARIANT: work and memory are bounded by [`Budget`], recursion by [`parse`]'s limit of nesting and by the
//! depth of the values.

mod ast;
mod comprehension;
mod equality;
mod evaluate;
mod functions;
mod lexer;
mod operators;
mod parse;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod value;

pub use evaluate::Budget;
pub use value::{Key, List, ListKind, Value};

use regex::Regex;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Words that no name may be.
pub const RESERVED: &[&str] = &[
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The expression has none: the API server refuses the object.
    Error(String),
    /// Something that is not evaluated here.
    Unsupported(String),
    /// It takes more steps than may be spent.
    Exhausted,
}

/// An expression, ready to be evaluated.
#[derive(Debug)]
pub struct Program {
    root: ast::Expression,
    /// Whether it asks for what the object was before.
    pub uses_old_self: bool,
    patterns: Mutex<HashMap<Arc<str>, Option<Regex>>>,
}

impl Program {
    /// Reads an expression whose variables are `self` and `oldSelf`; else says why it can't be read.
    pub fn compile(text: &str) -> Result<Program, String> {
        let parsed = parse::parse(text)?;
        Ok(Program {
            root: parsed.root,
            uses_old_self: parsed.uses_old_self,
            patterns: Mutex::default(),
        })
    }

    /// The value, given those of the variables.
    pub fn evaluate(&self, variables: &[(&str, Value)], budget: &mut Budget) -> Result<Value, Fault> {
        let mut own = budget.take();
        let value = evaluate::Machine::new(self, variables, &mut own).evaluate(&self.root);
        budget.put_back(own);
        value
    }

    /// A regular expression, compiled once.
    fn pattern(&self, text: &Arc<str>) -> Result<Regex, Fault> {
        /// Patterns may be computed; so many are kept.
        const KEPT: usize = 64;
        let unsupported = || Fault::Unsupported(format!("the pattern `{text}`"));
        let Ok(mut patterns) = self.patterns.lock() else {
            return Err(unsupported());
        };
        if let Some(known) = patterns.get(text) {
            return known.clone().ok_or_else(unsupported);
        }
        let normal = crate::ir::normalise_pattern(text).ok();
        let compiled = normal.and_then(|normal| Regex::new(&normal).ok());
        if patterns.len() < KEPT {
            patterns.insert(text.clone(), compiled.clone());
        }
        compiled.ok_or_else(unsupported)
    }
}
