//! What is known to hold at a place: which values are there, and of which kinds objects are.
//!
//! In: conditions, as compiled expressions, with the way they turned out. Out: answers on whether a
//! value is there. Paths never change within a rule, so that a fact once learnt stays true; it is
//! forgotten only where the condition that taught it no longer covers the text.

use crate::ir::{Expression, ExpressionKind, KindReference, Slot, Type};
use std::collections::HashMap;
use std::fmt::Write;

/// The facts that hold at the place being checked.
#[derive(Debug, Default)]
pub(super) struct Facts {
    present: HashMap<String, usize>,
    kinds: HashMap<String, Vec<KindReference>>,
    trail: Vec<Change>,
    /// The paths that `let` names stand for, so that a fact about the one holds for the other.
    aliases: HashMap<Slot, Expression>,
}

#[derive(Debug)]
enum Change {
    Present(String),
    Kinds(String, Option<Vec<KindReference>>),
}

/// Paths whose spelling is longer are not followed.
const LONGEST_KEY: usize = 1_000;

impl Facts {
    /// A point to which [`Facts::forget`] can return.
    pub(super) fn mark(&self) -> usize {
        self.trail.len()
    }

    /// Forgets what was learnt since the mark.
    pub(super) fn forget(&mut self, mark: usize) {
        while self.trail.len() > mark {
            match self.trail.pop() {
                Some(Change::Present(key)) => {
                    if let Some(count) = self.present.get_mut(&key) {
                        *count -= 1;
                        if *count == 0 {
                            self.present.remove(&key);
                        }
                    }
                }
                Some(Change::Kinds(key, Some(before))) => {
                    self.kinds.insert(key, before);
                }
                Some(Change::Kinds(key, None)) => {
                    self.kinds.remove(&key);
                }
                None => return,
            }
        }
    }

    /// Makes a local stand for a path. What the path's own root stands for is put in its place, so that
    /// no chain of names is ever followed.
    pub(super) fn alias(&mut self, slot: Slot, path: &Expression) {
        let mut path = path.clone();
        self.put_root_in_place(&mut path);
        if self.key(&path).is_some() {
            self.aliases.insert(slot, path);
        }
    }

    fn put_root_in_place(&self, path: &mut Expression) {
        match &mut path.kind {
            ExpressionKind::Local(slot) => {
                if let Some(whole) = self.aliases.get(slot) {
                    *path = whole.clone();
                }
            }
            ExpressionKind::Field { base, .. }
            | ExpressionKind::Index(base, _)
            | ExpressionKind::Property(base, _) => self.put_root_in_place(base),
            _ => {}
        }
    }

    /// Whether the value of a path is known to be there.
    pub(super) fn is_present(&self, path: &Expression) -> bool {
        !self.present.is_empty() && self.key(path).is_some_and(|key| self.present.contains_key(&key))
    }

    /// The kinds that an object is known to be of.
    pub(super) fn kinds(&self, path: &Expression) -> Option<&Vec<KindReference>> {
        if self.kinds.is_empty() {
            return None;
        }
        self.kinds.get(&self.key(path)?)
    }

    /// Learns from a condition that turned out to be `truth`.
    pub(super) fn assume(&mut self, condition: &Expression, truth: bool) {
        match (&condition.kind, truth) {
            (ExpressionKind::Present(value), true) => self.learn_present(value),
            (ExpressionKind::Not(inner), _) => self.assume(inner, !truth),
            (ExpressionKind::And(left, right), true) | (ExpressionKind::Or(left, right), false) => {
                self.assume(left, truth);
                self.assume(right, truth);
            }
            (ExpressionKind::IsKind(object, kinds), true) => self.learn_kinds(object, kinds.clone()),
            (ExpressionKind::IsKind(object, excluded), false) => {
                if let Type::Document(known) = object.ty.present() {
                    let known = self.kinds(object).unwrap_or(known);
                    let left: Vec<KindReference> = known
                        .iter()
                        .filter(|kind| !excluded.contains(kind))
                        .cloned()
                        .collect();
                    if !left.is_empty() {
                        self.learn_kinds(object, left);
                    }
                }
            }
            _ => {}
        }
    }

    /// A value that is there is there with everything on the way to it.
    fn learn_present(&mut self, path: &Expression) {
        let mut path = path;
        loop {
            if let Some(key) = self.key(path) {
                *self.present.entry(key.clone()).or_default() += 1;
                self.trail.push(Change::Present(key));
            }
            path = match &path.kind {
                ExpressionKind::Field { base, .. }
                | ExpressionKind::Index(base, _)
                | ExpressionKind::Property(base, _)
                | ExpressionKind::Cast(base, _) => base,
                _ => return,
            };
        }
    }

    fn learn_kinds(&mut self, object: &Expression, kinds: Vec<KindReference>) {
        if let Some(key) = self.key(object) {
            let before = self.kinds.insert(key.clone(), kinds);
            self.trail.push(Change::Kinds(key, before));
        }
    }

    /// A spelling that two expressions share only if they are the same path.
    fn key(&self, path: &Expression) -> Option<String> {
        let mut key = String::new();
        self.write_key(path, &mut key)?;
        Some(key)
    }

    fn write_key(&self, path: &Expression, key: &mut String) -> Option<()> {
        match &path.kind {
            ExpressionKind::Local(slot) => match self.aliases.get(slot) {
                Some(path) => self.write_key(path, key)?,
                None => write!(key, "${}", slot.0).ok()?,
            },
            ExpressionKind::Parameter(index) => write!(key, "?{index}").ok()?,
            ExpressionKind::Constant(constant) => write!(key, "{constant:?}").ok()?,
            ExpressionKind::Field { base, name, .. } => {
                self.write_key(base, key)?;
                write!(key, ".{name:?}").ok()?;
            }
            ExpressionKind::Property(base, property) => {
                self.write_key(base, key)?;
                write!(key, "!{property:?}").ok()?;
            }
            ExpressionKind::Index(base, index) => {
                self.write_key(base, key)?;
                key.push('[');
                self.write_key(index, key)?;
                key.push(']');
            }
            ExpressionKind::Cast(base, ty) => {
                self.write_key(base, key)?;
                write!(key, " as {ty:?}").ok()?;
            }
            ExpressionKind::Call(function, arguments) => {
                write!(key, "{function:?}(").ok()?;
                for argument in arguments {
                    self.write_key(argument, key)?;
                    key.push(',');
                }
                key.push(')');
            }
            _ => return None,
        }
        (key.len() <= LONGEST_KEY).then_some(())
    }
}
