//! A seed and a schema → the names in scope, and paths from them.

use super::members::{Member, Members};
use super::random::Random;
use ordain::ir::Type;
use std::rc::Rc;
use std::sync::Arc;

/// Longer paths are rare in policies.
const LONGEST_PATH: usize = 6;

/// Walks that are tried for a path of some type.
const WALKS: usize = 24;

/// A name, or a path from one.
#[derive(Debug, Clone)]
pub struct Path {
    pub text: String,
    pub ty: Type,
    pub values: Vec<Arc<str>>,
    /// Whether it names a place in a manifest, so that a finding may point there.
    pub is_place: bool,
    /// Whether `is set` may be asked of it.
    pub is_testable: bool,
    /// The texts of what it goes through, itself included.
    pub trail: Vec<String>,
}

impl Path {
    pub fn name(text: String, ty: Type, is_place: bool) -> Path {
        Path {
            trail: vec![text.clone()],
            text,
            ty,
            values: Vec::new(),
            is_place,
            is_testable: true,
        }
    }
}

/// A function of the policy.
#[derive(Debug, Clone)]
pub struct Function {
    pub name: String,
    pub parameters: Vec<Type>,
    pub result: Type,
}

/// Writes one policy.
pub struct Author<'s> {
    pub random: Random,
    pub members: &'s Members<'s>,
    /// The names in scope.
    pub scope: Vec<Path>,
    /// The paths that are known to be there.
    pub known: Vec<String>,
    pub functions: Vec<Function>,
    /// The kinds whose objects the policy is about.
    pub kinds: Vec<String>,
    /// Whether it may go through other documents.
    pub is_combined: bool,
    names: usize,
    seen: Vec<(Type, Rc<Vec<Member>>)>,
}

impl<'s> Author<'s> {
    pub fn new(seed: u64, members: &'s Members<'s>) -> Author<'s> {
        let mut random = Random::new(seed);
        let is_combined = random.chance(60);
        Author {
            random,
            members,
            scope: Vec::new(),
            known: Vec::new(),
            functions: Vec::new(),
            kinds: Vec::new(),
            is_combined,
            names: 0,
            seen: Vec::new(),
        }
    }

    /// A name that nothing else has.
    pub fn fresh(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    pub fn members_of(&mut self, ty: &Type) -> Rc<Vec<Member>> {
        if let Some((_, members)) = self.seen.iter().find(|(seen, _)| seen == ty) {
            return members.clone();
        }
        let members = Rc::new(self.members.of(ty));
        self.seen.push((ty.clone(), members.clone()));
        members
    }

    /// A path on from another.
    pub fn step(&self, base: &Path, member: &Member) -> Path {
        let text = format!("{}{}", base.text, member.text);
        let mut ty = member.ty.clone();
        if base.ty.is_optional() {
            ty = ty.optional();
        }
        if self.known.contains(&text) {
            ty = ty.present().clone();
        }
        let mut trail = base.trail.clone();
        trail.push(text.clone());
        Path {
            text,
            ty,
            values: member.values.clone(),
            is_place: base.is_place,
            is_testable: member.is_testable,
            trail,
        }
    }

    /// A path that fits.
    pub fn path(&mut self, fits: &dyn Fn(&Path) -> bool) -> Option<Path> {
        for _ in 0..WALKS {
            // Names that were bound last are what the policy is about.
            let newest = self.scope.len().checked_sub(1)?;
            let index = match self.random.chance(650) {
                true => newest.saturating_sub(self.random.below(2)),
                false => self.random.below(self.scope.len()),
            };
            let mut path = self.scope[index].clone();
            let mut found: Vec<Path> = Vec::new();
            for _ in 0..LONGEST_PATH {
                if fits(&path) {
                    found.push(path.clone());
                }
                let members = self.members_of(path.ty.present());
                let Some(member) = self.random.one_of(&members) else {
                    break;
                };
                // What controllers write is of little interest.
                if matches!(member.text.as_str(), ".status" | ".managedFields") && self.random.chance(900) {
                    break;
                }
                path = self.step(&path, member);
            }
            if let Some(path) = self.random.one_of(&found) {
                return Some(path.clone());
            }
        }
        None
    }

    /// Takes it that a path is there, with all that it goes through.
    pub fn assume(&mut self, path: &Path) {
        self.known.extend(path.trail.iter().cloned());
        for name in &mut self.scope {
            if path.trail.contains(&name.text) {
                name.ty = name.ty.present().clone();
            }
        }
    }

    /// Writes something whose names and assumptions hold nowhere else.
    pub fn within<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let scope = self.scope.clone();
        let known = self.known.len();
        let written = write(self);
        self.known.truncate(known);
        self.scope = scope;
        written
    }
}
