//! Fixes of one text → those of them that do together what each does alone.
//!
//! In: a text, and fixes that were found in it. Out: the text with as many of them as can be made at once. The others
//! are for another round, when the text has been judged again.
//!
//! INVARIANT: the new text has the same documents in one reading each, and differs from the old one in what its fixes
//! change, each by itself, and in nothing else.

use super::{apply, documents_around, read_as};
use crate::diagnostic::{Edit, Fix};
use crate::manifest::{Node, Value};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// How many sets of fixes are tried, where all of them together do something else than each alone.
const ATTEMPTS: usize = 100;

/// The values of a tree by their paths, with how many come (above zero) or go (below).
type Values = BTreeMap<String, i64>;

/// What each of several fixes does alone, by its edits; none if it is not to be made.
type Effects<'f> = BTreeMap<&'f [Edit], Option<Values>>;

/// The text with those fixes that can be made together, and which these are.
pub fn together(text: &str, is_json: bool, fixes: &[&Fix]) -> (String, Vec<bool>) {
    let nothing = || (text.to_string(), vec![false; fixes.len()]);
    let Some(trees) = read_as(text, is_json) else {
        return nothing();
    };
    let round = Round {
        text,
        is_json,
        trees: &trees,
    };
    // The same edit is often offered by several findings.
    let mut effects = Effects::new();
    for fix in fixes {
        effects
            .entry(&fix.edits)
            .or_insert_with(|| round.effect(fix).filter(|effect| !effect.is_empty()));
    }
    let sound: Vec<&Fix> = fixes
        .iter()
        .copied()
        .filter(|fix| effects.get(&*fix.edits).is_some_and(Option::is_some))
        .collect();
    let mut best = round.attempt(&sound, &effects);
    if best.is_none() {
        let mut kept: Vec<&Fix> = Vec::new();
        for fix in sound.iter().take(ATTEMPTS) {
            kept.push(fix);
            match round.attempt(&kept, &effects) {
                Some(found) if found.1.contains(&*fix.edits) => best = Some(found),
                _ => {
                    kept.pop();
                }
            }
        }
    }
    match best {
        Some((after, made)) => {
            let applied = fixes.iter().map(|fix| made.contains(&*fix.edits)).collect();
            (after, applied)
        }
        None => nothing(),
    }
}

struct Round<'a> {
    text: &'a str,
    is_json: bool,
    trees: &'a [Node],
}

impl Round<'_> {
    /// Which of some fixes can be made at once, and the text that they make, if they do what they do alone.
    fn attempt<'f>(&self, wanted: &[&'f Fix], effects: &Effects) -> Option<(String, BTreeSet<&'f [Edit]>)> {
        let (after, applied) = apply(self.text, wanted);
        let made: BTreeSet<&[Edit]> = wanted
            .iter()
            .zip(applied)
            .filter(|(_, applied)| *applied)
            .map(|(fix, _)| &*fix.edits)
            .collect();
        let mut sum = Values::new();
        for values in made.iter().filter_map(|edits| effects.get(edits)?.as_ref()) {
            add(&mut sum, values);
        }
        (self.difference(&after)? == sum).then_some((after, made))
    }

    /// What a fix does by itself; none if it can't be made, or changes more than one place.
    fn effect(&self, fix: &Fix) -> Option<Values> {
        let range = extent(&fix.edits)?;
        self.text.get(range.clone())?;
        if fix.edits.iter().any(|edit| self.is_shared(edit.span)) {
            return None;
        }
        let around = match self.is_json {
            true => 0..self.text.len(),
            false => documents_around(self.text, range),
        };
        let before = self.text.get(around.clone())?;
        let (after, applied) = apply(self.text, &[fix]);
        if applied != [true] {
            return None;
        }
        let behind = self.text.len() - around.end;
        let after = after.get(around.start..after.len().checked_sub(behind)?)?;
        let values = between(&read_as(before, self.is_json)?, &read_as(after, self.is_json)?)?;
        // An alias has a place of its own, and the value of its anchor.
        let gone: i64 = values.values().filter(|count| **count < 0).sum();
        let puts_scalars = fix.edits.iter().all(|edit| self.is_scalar(edit.span));
        (!puts_scalars || -gone <= fix.edits.len() as i64).then_some(values)
    }

    /// Whether these are the bytes of one scalar.
    fn is_scalar(&self, span: Span) -> bool {
        fn holds(node: &Node, range: &Range<usize>) -> bool {
            let own = node.span.range();
            let is_leaf = node.entries().is_empty() && node.elements().is_empty();
            is_leaf && own == *range
                || node.entries().iter().any(|entry| holds(&entry.value, range))
                || node.elements().iter().any(|element| holds(element, range))
        }
        self.trees.iter().any(|tree| holds(tree, &span.range()))
    }

    /// What another text says otherwise; none if it can't be read, or has other documents.
    fn difference(&self, after: &str) -> Option<Values> {
        between(self.trees, &read_as(after, self.is_json)?)
    }

    /// Whether several places of the documents have these bytes, as aliases of an anchor do.
    fn is_shared(&self, span: Span) -> bool {
        fn count(node: &Node, range: &Range<usize>) -> usize {
            let own = usize::from(node.span.range() == *range);
            let entries = node.entries().iter();
            let of_entries: usize = entries
                .map(|entry| usize::from(entry.key_span.range() == *range) + count(&entry.value, range))
                .sum();
            let of_elements: usize = node.elements().iter().map(|element| count(element, range)).sum();
            own + of_entries + of_elements
        }
        let range = span.range();
        !range.is_empty() && self.trees.iter().map(|tree| count(tree, &range)).sum::<usize>() > 1
    }
}

/// From the first to the last byte that edits name.
fn extent(edits: &[Edit]) -> Option<Range<usize>> {
    let start = edits.iter().map(|edit| edit.span.range().start).min()?;
    let end = edits.iter().map(|edit| edit.span.range().end).max()?;
    Some(start..end)
}

/// What comes and goes between two readings of the same documents.
fn between(before: &[Node], after: &[Node]) -> Option<Values> {
    if before.len() != after.len() {
        return None;
    }
    let mut values = Values::new();
    for (before, after) in before.iter().zip(after) {
        if !before.same_value(after) {
            gather(before, &mut String::new(), -1, &mut values);
            gather(after, &mut String::new(), 1, &mut values);
        }
    }
    values.retain(|_, count| *count != 0);
    Some(values)
}

/// Counts the values below a node under their paths. Elements of a list have no number, so that what one fix takes
/// out of a list does not look like a change of all behind it.
fn gather(node: &Node, path: &mut String, count: i64, values: &mut Values) {
    let length = path.len();
    match &node.value {
        Value::Mapping(mapping) if !mapping.is_empty() => {
            for entry in mapping.entries() {
                path.push_str(&format!("{:?}.", entry.key));
                gather(&entry.value, path, count, values);
                path.truncate(length);
            }
        }
        Value::Sequence(elements) if !elements.is_empty() => {
            path.push_str("[].");
            for element in elements {
                gather(element, path, count, values);
            }
            path.truncate(length);
        }
        leaf => *values.entry(format!("{path}{leaf:?}")).or_default() += count,
    }
}

fn add(sum: &mut Values, values: &Values) {
    for (value, count) in values {
        *sum.entry(value.clone()).or_default() += count;
    }
    sum.retain(|_, count| *count != 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    /// A fix that puts a text into the place of another, which stands once in the text.
    fn put(text: &str, old: &str, new: &str) -> Fix {
        let start = text.find(old).unwrap();
        Fix {
            title: String::new(),
            safe: true,
            edits: vec![Edit {
                span: Span::new(FileId(0), start, start + old.len()),
                text: new.to_string(),
            }],
        }
    }

    /// Makes some fixes together: the text, and a letter a fix: `+` if it was made.
    fn check(text: &str, fixes: &[(&str, &str)], expected: &str, made: &str) {
        let fixes: Vec<Fix> = fixes.iter().map(|(old, new)| put(text, old, new)).collect();
        let (after, applied) = together(text, false, &fixes.iter().collect::<Vec<_>>());
        let applied: String = applied.iter().map(|made| if *made { '+' } else { '-' }).collect();
        assert_eq!((&*after, &*applied), (expected, made), "{text}");
    }

    #[test]
    fn fixes_of_several_places_are_made_at_once() {
        check(
            "a: x # why\n---\nb: [y, z]\n",
            &[("x", "1"), ("y, ", "")],
            "a: 1 # why\n---\nb: [z]\n",
            "++",
        );
    }

    #[test]
    fn the_same_fix_of_two_findings_is_made_once() {
        check("a: x\n", &[("x", "1"), ("x", "1")], "a: 1\n", "++");
    }

    #[test]
    fn what_meets_in_one_place_waits() {
        check("a: xyz\n", &[("xy", "1"), ("yz", "2")], "a: 1z\n", "+-");
    }

    #[test]
    fn what_changes_nothing_or_breaks_the_text_is_not_made() {
        check(
            "a: x # why\nb: y\n",
            &[("why", "so"), ("y\n", "[\n")],
            "a: x # why\nb: y\n",
            "--",
        );
        check("a: x\n", &[("x", "1\n---\nb: 2")], "a: x\n", "-");
    }

    #[test]
    fn what_several_places_share_is_not_touched() {
        let unchanged = |text: &str, old: &str, new: &str| check(text, &[(old, new)], text, "-");
        unchanged("a: &t x\nb: *t\n", "x", "1");
        unchanged("a: &t { x: 1 }\nb: *t\n", "x", "y");
        unchanged("a: &t { x: 1 }\nb: *t\n", "1", "2");
        unchanged("a: &t { x: 1 }\nb: { <<: *t }\n", "1", "2");
    }

    #[test]
    fn fixes_that_do_something_else_together_are_made_one_by_one() {
        // Each leaves a list with one element; together they leave none.
        check(
            "a:\n  - x\n  - y\n",
            &[("  - x\n", ""), ("  - y\n", "")],
            "a:\n  - y\n",
            "+-",
        );
    }
}
