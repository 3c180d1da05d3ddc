//! Where the finding of a clause without `at` points: the first field that the clause reads.

use super::checker::{Checker, expression};
use crate::ir::{self, Domain, Each, ExpressionKind, Property, Slot};

/// Longer chains of `let` names are not followed.
const DEEPEST_PATH: usize = 64;

impl Checker<'_> {
    /// The value at which the finding of a clause points.
    pub(super) fn place(
        &self,
        each: &[Each],
        violation: &ir::Expression,
        innermost: Option<Slot>,
    ) -> Option<ir::Expression> {
        let element = each.last().map(|each| each.value).or(innermost);
        let mut paths = Vec::new();
        self.paths(violation, &mut Vec::new(), &mut paths, 0);
        // Of elements that are each judged, something within the element is meant.
        let within = |path: &&ir::Expression| each.is_empty() || root(path) == element;
        let field = |path: &&ir::Expression| !matches!(path.kind, ExpressionKind::Local(_));
        paths
            .iter()
            .filter(within)
            .find(field)
            .or_else(|| paths.iter().find(within))
            .cloned()
            .or_else(|| self.element(element?, violation))
    }

    fn element(&self, slot: Slot, at: &ir::Expression) -> Option<ir::Expression> {
        Some(expression(
            ExpressionKind::Local(slot),
            self.type_of_local(slot),
            at.span,
        ))
    }

    /// The paths that an expression reads, in order, with what `let` names stand for spelled out. `inner`
    /// are the binders of quantifiers, whose elements nothing outside can point at.
    fn paths(
        &self,
        value: &ir::Expression,
        inner: &mut Vec<Slot>,
        paths: &mut Vec<ir::Expression>,
        depth: usize,
    ) {
        if depth > DEEPEST_PATH {
            return;
        }
        match &value.kind {
            ExpressionKind::Local(slot) => match self.values.get(slot) {
                Some(named) => self.paths(&named.value, inner, paths, depth + 1),
                None if !inner.contains(slot) => paths.push(value.clone()),
                None => {}
            },
            ExpressionKind::Field { base, .. } | ExpressionKind::Index(base, _) => {
                let mut below = Vec::new();
                self.paths(base, inner, &mut below, depth + 1);
                match below.as_slice() {
                    // The base is one path: this is a place within it.
                    [path] if self.is_path(base) || self.is_labels(base) => {
                        let mut whole = value.clone();
                        match &mut whole.kind {
                            ExpressionKind::Field { base, .. } | ExpressionKind::Index(base, _) => {
                                **base = path.clone();
                            }
                            _ => {}
                        }
                        paths.push(whole);
                    }
                    _ => paths.extend(below),
                }
            }
            // A name or namespace says little about where the fault lies; their base stands for them.
            ExpressionKind::Property(
                base,
                Property::Object
                | Property::Pod
                | Property::Labels
                | Property::Annotations
                | Property::Containers
                | Property::Flags,
            ) if self.is_path(base) => {
                let mut below = Vec::new();
                self.paths(base, inner, &mut below, depth + 1);
                paths.extend(below.into_iter().map(|path| {
                    let mut whole = value.clone();
                    if let ExpressionKind::Property(base, _) = &mut whole.kind {
                        **base = path;
                    }
                    whole
                }));
            }
            _ => {
                let each = value.each();
                let mark = inner.len();
                for (index, child) in value.children().into_iter().enumerate() {
                    // The subject of a binder is outside of its scope, what follows is within.
                    if let Some(each) = each
                        && index >= usize::from(matches!(each.domain, Domain::Elements(_)))
                    {
                        inner.push(each.value);
                        inner.extend(each.key);
                    }
                    self.paths(child, inner, paths, depth + 1);
                }
                inner.truncate(mark);
            }
        }
    }

    /// Whether an expression is the labels or annotations of a part of a manifest, whose entries are
    /// places within it.
    fn is_labels(&self, value: &ir::Expression) -> bool {
        match &value.kind {
            ExpressionKind::Local(slot) => {
                let named = self.values.get(slot);
                named.is_some_and(|named| self.is_labels(&named.value))
            }
            ExpressionKind::Property(base, Property::Labels | Property::Annotations) => self.is_path(base),
            _ => false,
        }
    }

    /// Whether an expression names a place in a manifest, or what Ordain derives from one.
    pub(super) fn is_place(&self, value: &ir::Expression) -> bool {
        match &value.kind {
            ExpressionKind::Property(base, property) => {
                *property != Property::Complete && self.is_place(base)
            }
            ExpressionKind::Local(slot) => self.values.get(slot).is_none_or(|named| named.is_place),
            ExpressionKind::Field { base, .. }
            | ExpressionKind::Index(base, _)
            | ExpressionKind::Cast(base, _) => self.is_place(base),
            _ => false,
        }
    }

    /// Whether an expression names a part of a manifest by its fields.
    pub(super) fn is_path(&self, value: &ir::Expression) -> bool {
        match &value.kind {
            ExpressionKind::Local(slot) => self.values.get(slot).is_none_or(|named| named.is_path),
            ExpressionKind::Field { base, .. } | ExpressionKind::Index(base, _) => self.is_path(base),
            ExpressionKind::Property(base, Property::Object | Property::Pod) => self.is_path(base),
            _ => false,
        }
    }

    /// A path with `let` names spelled out; `None` if it is none, or too long. `c.flags["name"]` is a path,
    /// though its place is words of two lists.
    pub(super) fn spelled_out(&self, path: &ir::Expression) -> Option<ir::Expression> {
        if let ExpressionKind::Index(flags, _) = &path.kind
            && let ExpressionKind::Property(container, Property::Flags) = &flags.kind
        {
            let container = self.spelled_out(container)?;
            let mut whole = path.clone();
            if let ExpressionKind::Index(flags, _) = &mut whole.kind
                && let ExpressionKind::Property(base, _) = &mut flags.kind
            {
                **base = container;
            }
            return Some(whole);
        }
        let mut found = Vec::new();
        self.paths(path, &mut Vec::new(), &mut found, 0);
        match found.pop() {
            Some(whole) if found.is_empty() && self.is_path(path) => Some(whole),
            _ => None,
        }
    }
}

/// The local at which a path begins.
pub(super) fn root(path: &ir::Expression) -> Option<Slot> {
    match &path.kind {
        ExpressionKind::Local(slot) => Some(*slot),
        ExpressionKind::Field { base, .. }
        | ExpressionKind::Index(base, _)
        | ExpressionKind::Property(base, _)
        | ExpressionKind::Cast(base, _) => root(base),
        _ => None,
    }
}
