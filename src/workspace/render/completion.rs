//! What kustomizations set in the objects that they take in: the tags of images, and the names of namespaces.
//!
//! In: the kustomizations of a repository that is judged without building any. Out: [`Completions`], which put into
//! an object what all builds that take it in set alike. Where builds differ, or one leaves it as it is, the object
//! stays as it was written.

use super::overlays::{Overlays, elements, strings};
use crate::manifest::{Node, Resource, Value};
use crate::source::FileId;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// How many steps through the kustomizations of a repository are taken; where there are more, nothing is completed.
const MOST_STEPS: usize = 100_000;

/// How many kustomizations take in one another; where there are more, nothing is completed.
const MOST_LEVELS: usize = 200;

/// Into how many builds a file may come; one of more stays as it was written.
const MOST_WAYS: usize = 64;

/// What is set, for each file.
#[derive(Debug, Default)]
pub(super) struct Completions {
    transformers: Vec<Transformer>,
    /// The ways in which a file's objects come into a build: the transformers that they pass, from the inside out.
    ways: HashMap<FileId, BTreeSet<Vec<usize>>>,
}

/// What one kustomization sets.
#[derive(Debug, Default)]
struct Transformer {
    images: Vec<Image>,
    namespace: Option<String>,
    /// Whether it may set images in further ways, which are not known here.
    is_open: bool,
}

/// An entry of `images`.
#[derive(Debug)]
struct Image {
    name: String,
    new_name: Option<String>,
    new_tag: Option<String>,
    digest: Option<String>,
}

impl Completions {
    /// What is set on the way to what `roots` build. `plain` are the files that are also applied as they stand.
    pub(super) fn of(overlays: &Overlays, roots: &[&Path], plain: &BTreeSet<FileId>) -> Completions {
        let mut walk = Walk {
            overlays,
            completions: Completions::default(),
            numbers: HashMap::new(),
            open: Vec::new(),
            steps: 0,
        };
        for root in roots {
            walk.enter(root, &[]);
        }
        if walk.steps > MOST_STEPS {
            return Completions::default();
        }
        for file in plain {
            walk.completions.ways.entry(*file).or_default().insert(Vec::new());
        }
        walk.completions
    }

    /// Puts what is set into objects.
    pub(super) fn complete(&self, resources: &mut [Resource]) {
        if self.transformers.is_empty() {
            return;
        }
        for resource in resources {
            let ways = self.ways.get(&resource.file);
            let Some(ways) = ways.filter(|ways| ways.len() <= MOST_WAYS) else {
                continue;
            };
            // kustomize leaves these alone.
            if resource.kind == "CustomResourceDefinition" {
                continue;
            }
            if resource.kind == "Namespace"
                && resource.api_version == "v1"
                && let Some(name) = self.alike(ways, |way| self.namespace(way))
                && let Some(metadata) = resource.root.get_mut("metadata")
                && let Some(node) = metadata.get_mut("name")
            {
                node.value = Value::String(name.as_str().into());
                resource.name = name;
            }
            for_images(&mut resource.root, &mut |image| {
                self.alike(ways, |way| self.image(image, way))
            });
        }
    }

    /// What all ways agree on.
    fn alike(&self, ways: &BTreeSet<Vec<usize>>, of: impl Fn(&[usize]) -> Option<String>) -> Option<String> {
        let mut all = ways.iter().map(|way| of(way));
        let first = all.next()??;
        all.all(|other| other.as_ref() == Some(&first)).then_some(first)
    }

    fn namespace(&self, way: &[usize]) -> Option<String> {
        let passed = way
            .iter()
            .rev()
            .filter_map(|number| self.transformers.get(*number));
        passed.filter_map(|own| own.namespace.clone()).next()
    }

    fn image(&self, written: &str, way: &[usize]) -> Option<String> {
        let passed = || way.iter().filter_map(|number| self.transformers.get(*number));
        if passed().any(|own| own.is_open) {
            return None;
        }
        let entries = passed().flat_map(|own| &own.images);
        Some(entries.fold(written.to_string(), |image, entry| entry.apply(image)))
    }
}

/// A walk from what is built to the files that it is built of.
struct Walk<'a> {
    overlays: &'a Overlays,
    completions: Completions,
    /// The transformers by their folders; none for those that set nothing.
    numbers: HashMap<PathBuf, Option<usize>>,
    /// The kustomizations that are being walked through.
    open: Vec<PathBuf>,
    steps: usize,
}

impl Walk<'_> {
    /// Walks through a kustomization whose objects then pass the transformers `outer`.
    fn enter(&mut self, folder: &Path, outer: &[usize]) {
        self.steps += 1;
        let overlays = self.overlays;
        let Some(kustomization) = overlays.get(folder) else {
            return;
        };
        if !self.open(folder) {
            return;
        }
        let mut way: Vec<usize> = self.number(folder).into_iter().collect();
        way.extend(outer);
        // A component sees the objects that were taken in before it, and changes them first.
        let taken = kustomization.taken();
        let (components, objects): (Vec<&PathBuf>, Vec<&PathBuf>) =
            taken.iter().partition(|path| overlays.is_component(path));
        for component in components.iter().rev() {
            self.enter(component, &way);
            let mut inner = Vec::new();
            self.transformers_of(component, &mut inner);
            inner.extend(way);
            way = inner;
        }
        for path in objects {
            match overlays.file(path) {
                Some(file) => {
                    let ways = self.completions.ways.entry(file).or_default();
                    if ways.len() <= MOST_WAYS {
                        ways.insert(way.clone());
                    }
                    self.steps += 1;
                }
                None => self.enter(path, &way),
            }
        }
        self.open.pop();
    }

    /// The transformers of a component: those of its own components, and its own.
    fn transformers_of(&mut self, component: &Path, into: &mut Vec<usize>) {
        self.steps += 1;
        let Some(kustomization) = self.overlays.get(component) else {
            return;
        };
        if !self.open(component) {
            return;
        }
        for path in kustomization.taken() {
            if self.overlays.is_component(path) {
                self.transformers_of(path, into);
            }
        }
        self.open.pop();
        into.extend(self.number(component));
    }

    /// Begins with a kustomization, unless it takes in itself or there is too much to be walked through.
    fn open(&mut self, folder: &Path) -> bool {
        if self.open.len() >= MOST_LEVELS {
            self.steps = MOST_STEPS + 1;
        }
        if self.steps > MOST_STEPS || self.open.iter().any(|open| open == folder) {
            return false;
        }
        self.open.push(folder.to_path_buf());
        true
    }

    fn number(&mut self, folder: &Path) -> Option<usize> {
        if let Some(known) = self.numbers.get(folder) {
            return *known;
        }
        let root = self.overlays.get(folder).map(|own| &own.root);
        let transformer = root.map(Transformer::of).filter(Transformer::does_something);
        let number = transformer.map(|transformer| {
            self.completions.transformers.push(transformer);
            self.completions.transformers.len() - 1
        });
        self.numbers.insert(folder.to_path_buf(), number);
        number
    }
}

impl Transformer {
    fn of(root: &Node) -> Transformer {
        let image = |entry: &Node| {
            Some(Image {
                name: word(entry, "name")?,
                new_name: word(entry, "newName"),
                new_tag: word(entry, "newTag"),
                digest: word(entry, "digest"),
            })
        };
        let images: Vec<Image> = elements(root, "images").filter_map(image).collect();
        // kustomize reads names as regular expressions.
        let is_expression = |image: &Image| {
            image
                .name
                .contains(['*', '+', '?', '[', '(', '{', '|', '^', '$', '\\'])
        };
        Transformer {
            is_open: images.iter().any(is_expression)
                || elements(root, "transformers").next().is_some()
                || elements(root, "replacements").any(may_set_images),
            images,
            namespace: word(root, "namespace"),
        }
    }

    fn does_something(&self) -> bool {
        !self.images.is_empty() || self.namespace.is_some() || self.is_open
    }
}

impl Image {
    /// What kustomize makes of an image.
    fn apply(&self, image: String) -> String {
        let (rest, digest) = match image.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (image.as_str(), None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        if name != self.name {
            return image;
        }
        // A tag or a digest that is set takes the place of both. `tagSuffix` is left alone: releases of kustomize
        // disagree on how often they append it.
        let (tag, digest) = match (&self.new_tag, &self.digest) {
            (None, None) => (tag, digest),
            (tag, digest) => (tag.as_deref(), digest.as_deref()),
        };
        let mut out = self.new_name.clone().unwrap_or_else(|| name.to_string());
        for (mark, part) in [(':', tag), ('@', digest)] {
            if let Some(part) = part {
                out.push(mark);
                out.push_str(part);
            }
        }
        out
    }
}

/// Whether an entry of `replacements` may lead to an image: it names one, or stands in another file.
fn may_set_images(replacement: &Node) -> bool {
    let mut texts = Vec::new();
    strings(replacement, &mut texts);
    replacement.get("path").is_some() || texts.iter().any(|text| text.contains("image"))
}

fn word(node: &Node, key: &str) -> Option<String> {
    let text = node.get(key).and_then(Node::as_str)?;
    (!text.is_empty()).then(|| text.to_string())
}

/// Gives every image of a container, wherever it stands, another value where there is one.
///
/// INVARIANT: recursion ends, since nodes are at most `MAXIMUM_DEPTH` levels deep.
fn for_images(node: &mut Node, complete: &mut impl FnMut(&str) -> Option<String>) {
    for list in ["containers", "initContainers"] {
        let Some(Value::Sequence(containers)) = node.get_mut(list).map(|list| &mut list.value) else {
            continue;
        };
        for image in containers.iter_mut().filter_map(|own| own.get_mut("image")) {
            if let Some(completed) = image.as_str().and_then(&mut *complete) {
                image.value = Value::String(completed.into());
            }
        }
    }
    match &mut node.value {
        Value::Sequence(nodes) => nodes.iter_mut().for_each(|node| for_images(node, complete)),
        Value::Mapping(mapping) => mapping.values_mut().for_each(|node| for_images(node, complete)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
