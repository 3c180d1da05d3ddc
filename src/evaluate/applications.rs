//! Which Application of Argo CD deploys an object: `x.application`.
//!
//! In: the Applications of a repository, those that ApplicationSets make included, with the files that each deploys.
//! Out: for a file its Applications, and for a rule, one of them at a time: a rule is held for each of several.

use super::repository::ObjectId;
use crate::manifest::{Node, Resource, Value};
use crate::source::{FileId, Span};
use std::collections::HashMap;
use std::sync::Arc;

/// The Applications of a repository, and what each deploys.
#[derive(Debug, Clone, Default)]
pub struct Applications {
    all: Vec<Arc<Resource>>,
    of_file: HashMap<FileId, Vec<u32>>,
}

impl Applications {
    /// Notes that an Application deploys the objects of files.
    pub fn add(&mut self, application: &Arc<Resource>, files: impl IntoIterator<Item = FileId>) {
        let known = self.all.iter().position(|own| Arc::ptr_eq(own, application));
        let number = known.unwrap_or(self.all.len()) as u32;
        if known.is_none() {
            self.all.push(application.clone());
        }
        for file in files {
            let own = self.of_file.entry(file).or_default();
            if !own.contains(&number) {
                own.push(number);
            }
        }
    }

    /// Those of a test, whose objects have no folders: each Application of the text deploys the other objects.
    pub fn of_fixture(resources: &[Resource]) -> Applications {
        let mut applications = Applications::default();
        for resource in resources {
            let is_one = resource.group() == "argoproj.io" && resource.kind == "Application";
            if is_one {
                applications.add(&Arc::new(resource.clone()), [resource.file]);
            }
        }
        applications
    }

    /// All Applications.
    pub(super) fn all(&self) -> &[Arc<Resource>] {
        &self.all
    }

    /// The numbers of those that deploy an object. None deploys itself.
    pub(super) fn of<'s>(&'s self, resource: &'s Resource) -> impl Iterator<Item = u32> + 's {
        let own = self.of_file.get(&resource.file).map_or(&[][..], Vec::as_slice);
        own.iter().copied().filter(|number| {
            let application = self.all.get(*number as usize);
            application.is_some_and(|own| !is_same(own, resource))
        })
    }
}

/// Whether an Application is an object of the repository.
fn is_same(application: &Resource, resource: &Resource) -> bool {
    application.kind == resource.kind
        && application.name == resource.name
        && application.root.span == resource.root.span
}

/// An Application of which only Argo CD knows what it says. `resource` is what makes it.
pub fn unknown(resource: &Resource) -> Resource {
    // What was rendered stands in no text that is kept.
    let span = match resource.file == resource.written {
        true => resource.root.span,
        false => Span::new(resource.written, 0, 0),
    };
    Resource {
        file: resource.written,
        kind: "Application".to_string(),
        name: String::new(),
        root: Node {
            span,
            value: Value::Unknown("".into()),
        },
        ..resource.clone()
    }
}

/// Lets a tree that stands in no text that is kept stand at a place that is.
pub fn place_at(node: &mut Node, span: Span) {
    node.span = span;
    match &mut node.value {
        Value::Sequence(nodes) => nodes.iter_mut().for_each(|node| place_at(node, span)),
        Value::Mapping(mapping) => mapping.values_mut().for_each(|node| place_at(node, span)),
        _ => {}
    }
}

/// How many choices among Applications are tried for one subject.
const MOST: usize = 512;

/// Which of several Applications is meant at the moment, for each set of them that was asked about.
///
/// A rule is held for every choice: objects with the same Applications are deployed by the same one at a time.
#[derive(Debug, Default)]
pub(super) struct Choices {
    made: Vec<(Vec<ObjectId>, usize)>,
    tried: usize,
    /// The Applications that were read for this choice.
    pub read: Vec<ObjectId>,
}

impl Choices {
    /// The one of several that is meant.
    pub fn choose(&mut self, several: &[ObjectId]) -> Option<ObjectId> {
        let known = self.made.iter().find(|(own, _)| own == several);
        let number = match known {
            Some((_, number)) => *number,
            None => {
                if several.len() > 1 {
                    self.made.push((several.to_vec(), 0));
                }
                0
            }
        };
        let chosen = several.get(number).copied();
        self.read
            .extend(chosen.filter(|chosen| !self.read.contains(chosen)));
        chosen
    }

    /// Goes on to the next choice; whether there is one.
    pub fn next(&mut self) -> Next {
        self.read.clear();
        self.tried += 1;
        while let Some((several, number)) = self.made.last_mut() {
            *number += 1;
            if *number < several.len() {
                return match self.tried < MOST {
                    true => Next::Choice,
                    false => Next::TooMany,
                };
            }
            self.made.pop();
        }
        Next::End
    }
}

/// What follows a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Another one.
    Choice,
    /// None.
    End,
    /// More than are tried.
    TooMany,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_of_choices_is_made_once() {
        let sets: [&[ObjectId]; 3] = [
            &[ObjectId(1)],
            &[ObjectId(1), ObjectId(2)],
            &[ObjectId(3), ObjectId(4), ObjectId(5)],
        ];
        let mut choices = Choices::default();
        let mut seen = Vec::new();
        loop {
            seen.push(sets.map(|set| choices.choose(set).map_or(0, |id| id.0)));
            assert_eq!(
                choices.choose(sets[1]).map(|id| id.0),
                seen.last().map(|own| own[1])
            );
            if choices.next() == Next::End {
                break;
            }
        }
        let expected = [[1, 1, 3], [1, 1, 4], [1, 1, 5], [1, 2, 3], [1, 2, 4], [1, 2, 5]];
        assert_eq!(seen, expected);
    }
}
