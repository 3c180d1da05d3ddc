//! What the kustomizations of a repository say about its files.
//!
//! In: each `kustomization.yaml`. Out: which files are patches, and of which kustomization.

use super::Node;
use crate::world::normalize;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// The names under which kustomize looks for its file.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Whether the file has a name under which kustomize finds it.
pub fn is_kustomization(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| NAMES.iter().any(|known| name == *known))
}

/// Whether a kustomization holds patches itself, rather than in files.
pub fn has_inline_patches(root: &Node) -> bool {
    let inline = |entry: &Node| entry.get("patch").is_some();
    elements(root, "patches").any(inline)
        || elements(root, "patchesJson6902").any(inline)
        || elements(root, "patchesStrategicMerge")
            .any(|entry| entry.as_str().is_some_and(|text| text.contains('\n')))
}

/// Whether a document is a workload that the API server would refuse for what it lacks: a selector, containers, an
/// image; or a definition without names or scope. Bases get selectors from the labels of their kustomization; a patch
/// that is not named by any has no more than what it changes.
pub fn is_incomplete(root: &Node) -> bool {
    const WITH_SELECTOR: [&str; 4] = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];
    let word = |key: &str| root.get(key).and_then(Node::as_str).unwrap_or_default();
    let is_there = |node: Option<&Node>| node.is_some_and(|node| !node.is_null());
    if word("apiVersion") == "apiextensions.k8s.io/v1" && word("kind") == "CustomResourceDefinition" {
        return !is_there(root.path(["spec", "names"])) || !is_there(root.path(["spec", "scope"]));
    }
    if word("apiVersion") != "apps/v1" || !WITH_SELECTOR.contains(&word("kind")) {
        return false;
    }
    let containers = root.path(["spec", "template", "spec", "containers"]);
    let containers = containers.map(Node::elements).unwrap_or_default();
    !is_there(root.path(["spec", "selector"]))
        || containers.is_empty()
        || containers
            .iter()
            .any(|container| !is_there(container.get("image")))
}

fn elements<'a>(root: &'a Node, key: &str) -> impl Iterator<Item = &'a Node> {
    root.get(key).map(Node::elements).unwrap_or_default().iter()
}

/// Which files kustomizations use as patches.
#[derive(Debug, Default)]
pub struct Patches {
    /// Each patch, without `.` and `..`, with the folder of the first kustomization that applies it.
    patches: BTreeMap<PathBuf, PathBuf>,
    /// Files that some kustomization takes as objects.
    resources: HashSet<PathBuf>,
    /// The folders of all kustomizations.
    folders: HashSet<PathBuf>,
}

impl Patches {
    /// Takes in what a kustomization at this path says.
    pub fn add(&mut self, path: &Path, root: &Node) {
        let folder = path.parent().unwrap_or(Path::new(""));
        let resolve = |name: &str| normalize(&folder.join(name));
        self.folders.insert(normalize(folder));
        let path_of = |entry: &Node| entry.get("path").and_then(Node::as_str).map(resolve);
        let merges = elements(root, "patchesStrategicMerge").filter_map(|entry| entry.as_str().map(resolve));
        let patches = elements(root, "patches")
            .chain(elements(root, "patchesJson6902"))
            .filter_map(path_of)
            .chain(merges);
        for patch in patches {
            self.patches.entry(patch).or_insert_with(|| folder.to_path_buf());
        }
        let resources = elements(root, "resources").chain(elements(root, "bases"));
        self.resources
            .extend(resources.filter_map(|entry| entry.as_str().map(resolve)));
    }

    /// The folder of the kustomization that applies the file as a patch. A file that another one takes as an
    /// object is an object.
    pub fn overlay_of(&self, file: &Path) -> Option<&Path> {
        let file = normalize(file);
        if self.resources.contains(&file) {
            return None;
        }
        self.patches.get(&file).map(PathBuf::as_path)
    }

    /// The nearest folder with a kustomization that a file lies in, at most `levels` above it.
    pub fn folder_of(&self, file: &Path, levels: usize) -> Option<&Path> {
        let file = normalize(file);
        let mut above = file.ancestors().skip(1).take(levels);
        above
            .find_map(|folder| self.folders.get(folder))
            .map(PathBuf::as_path)
    }
}
