//! The kustomizations of a repository: what each takes in, and which are built.
//!
//! In: the files of the repository. Out: [`Overlays`]. Built are those that no other one takes in, and those that
//! Argo CD or Flux deploy; components never alone.

use super::File;
use crate::manifest::{self, Node, Value, is_kustomization};
use crate::source::{FileId, Sources};
use crate::world::normalize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// What a kustomization says of other files.
#[derive(Debug)]
pub(super) struct Kustomization {
    pub file: FileId,
    /// What it says.
    pub root: Node,
    is_component: bool,
    /// The files and folders that it takes objects from.
    taken: Vec<PathBuf>,
    /// The files and folders with what makes, changes or describes objects.
    helpers: Vec<PathBuf>,
    patches: Vec<PathBuf>,
    /// What it takes from other machines.
    remote: Vec<String>,
    /// The charts that it has rendered: the name of each, with the folder that it is to be in if that is known.
    charts: Vec<(String, Option<PathBuf>)>,
    /// Whether it is one that Flux makes of the files of a folder.
    is_generated: bool,
}

/// All that a kustomization takes in, through all levels.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// The folders of the kustomizations.
    pub folders: BTreeSet<PathBuf>,
    /// The files whose documents it stands for: kustomizations, objects, patches.
    pub files: BTreeSet<FileId>,
    /// The files that may hold patches.
    pub patches: BTreeSet<FileId>,
    /// What is taken from other machines.
    pub remote: BTreeSet<String>,
    /// The charts that are rendered on the way: their folders.
    pub charts: BTreeSet<PathBuf>,
    /// The names of those that are not in the repository.
    pub far_charts: BTreeSet<String>,
    /// Whether all that is named is known, so that a build depends on nothing else.
    pub closed: bool,
}

/// The kustomizations by their folders.
#[derive(Debug, Default)]
pub(super) struct Overlays {
    kustomizations: BTreeMap<PathBuf, Kustomization>,
    files: HashMap<PathBuf, FileId>,
}

/// Where a kustomization names files and folders that it takes objects from.
const TAKEN: [&str; 3] = ["resources", "bases", "components"];

/// Where it names those that help it.
const HELPERS: [&str; 5] = [
    "crds",
    "generators",
    "transformers",
    "validators",
    "configurations",
];

impl Overlays {
    pub(super) fn read(files: &[File], sources: &Sources) -> Overlays {
        let mut overlays = Overlays {
            kustomizations: BTreeMap::new(),
            files: files
                .iter()
                .map(|file| (file.absolute.clone(), file.id))
                .collect(),
        };
        for file in files.iter().filter(|file| is_kustomization(&file.absolute)) {
            let Some(folder) = file.absolute.parent() else {
                continue;
            };
            let parsed = manifest::parse(file.id, &sources.file(file.id).text, false);
            let root = parsed.documents.into_iter().next();
            let root = root.and_then(|document| document.readings.into_iter().next());
            if let Some(kustomization) = root.and_then(|root| Kustomization::of(file.id, folder, root)) {
                overlays
                    .kustomizations
                    .entry(folder.to_path_buf())
                    .or_insert(kustomization);
            }
        }
        overlays
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kustomizations.is_empty()
    }

    pub(super) fn get(&self, folder: &Path) -> Option<&Kustomization> {
        self.kustomizations.get(folder)
    }

    /// Whether a folder has a component, which changes the objects of those that take it in.
    pub(super) fn is_component(&self, folder: &Path) -> bool {
        self.get(folder).is_some_and(|own| own.is_component)
    }

    /// The file at a path.
    pub(super) fn file(&self, path: &Path) -> Option<FileId> {
        self.files.get(path).copied()
    }

    /// Adds the kustomization that Flux makes of the files of a folder, for an object in `file`.
    pub(super) fn generate(&mut self, folder: &Path, file: FileId) {
        if self.kustomizations.contains_key(folder) {
            return;
        }
        let taken = self.gathered(folder);
        let root = Node {
            span: crate::source::Span::new(file, 0, 0),
            value: Value::Null,
        };
        let made = Kustomization {
            file,
            root,
            is_component: false,
            taken: taken.into_iter().collect(),
            helpers: Vec::new(),
            patches: Vec::new(),
            remote: Vec::new(),
            charts: Vec::new(),
            is_generated: true,
        };
        self.kustomizations.insert(folder.to_path_buf(), made);
    }

    /// The files and kustomizations of a folder of which Flux makes one kustomization.
    pub(super) fn gathered(&self, folder: &Path) -> BTreeSet<PathBuf> {
        let mut taken = BTreeSet::new();
        // Settings of tools begin with a dot, and are no manifests to Flux.
        let is_hidden = |path: &Path| {
            let inside = path.strip_prefix(folder).unwrap_or(path);
            let mut parts = inside.iter().map(|part| part.to_string_lossy());
            parts.any(|part| part.starts_with('.'))
        };
        let inside = self.files.keys().filter(|path| path.starts_with(folder));
        for path in inside.filter(|path| !is_hidden(path)) {
            let below = path.ancestors().skip(1).take_while(|above| *above != folder);
            match below
                .filter(|above| self.kustomizations.contains_key(*above))
                .last()
            {
                Some(own) => _ = taken.insert(own.to_path_buf()),
                None if path.extension().is_some_and(|end| end == "yaml" || end == "yml") => {
                    taken.insert(path.clone());
                }
                None => {}
            }
        }
        taken
    }

    /// Whether a folder has a kustomization that people wrote.
    pub(super) fn describes(&self, folder: &Path) -> bool {
        self.get(folder).is_some_and(|own| !own.is_generated)
    }

    /// The folders of the kustomizations in a folder.
    pub(super) fn below(&self, folder: &Path) -> impl Iterator<Item = &Path> {
        let all = self.kustomizations.keys().map(PathBuf::as_path);
        all.filter(move |own| own.starts_with(folder))
    }

    /// The charts that kustomizations have rendered.
    pub(super) fn charts(&self) -> BTreeSet<PathBuf> {
        let named = self.kustomizations.values().flat_map(|own| &own.charts);
        named.filter_map(|(_, folder)| folder.clone()).collect()
    }

    /// The files that kustomizations take objects from.
    pub(super) fn taken(&self) -> BTreeSet<FileId> {
        let named = self.kustomizations.values().flat_map(|own| &own.taken);
        named.filter_map(|path| self.files.get(path)).copied().collect()
    }

    /// The folders of the kustomizations to build, `named` among them.
    pub(super) fn roots(&self, named: &BTreeSet<PathBuf>) -> Vec<&Path> {
        let taken: BTreeSet<&Path> = self
            .kustomizations
            .iter()
            .flat_map(|(folder, kustomization)| {
                let named = kustomization.taken.iter().chain(&kustomization.helpers);
                named.filter(move |path| *path != folder)
            })
            .map(PathBuf::as_path)
            .collect();
        self.kustomizations
            .iter()
            .filter(|(_, kustomization)| !kustomization.is_component)
            .map(|(folder, _)| folder.as_path())
            .filter(|folder| named.contains(*folder) || !taken.contains(folder))
            .collect()
    }

    /// The kustomizations that one takes in, which could be built alone.
    pub(super) fn parts(&self, root: &Path) -> Vec<&Path> {
        let taken = self.kustomizations.get(root).map(|own| own.taken.as_slice());
        let parts = taken
            .unwrap_or_default()
            .iter()
            .filter_map(|path| self.kustomizations.get_key_value(path));
        parts
            .filter(|(_, part)| !part.is_component)
            .map(|(folder, _)| folder.as_path())
            .collect()
    }

    /// All that the kustomization in a folder takes in.
    pub(super) fn reach(&self, root: &Path) -> Reach {
        let mut reach = Reach {
            closed: true,
            ..Reach::default()
        };
        let mut open = vec![root.to_path_buf()];
        while let Some(folder) = open.pop() {
            let Some(kustomization) = self.kustomizations.get(&folder) else {
                reach.closed = false;
                continue;
            };
            if !reach.folders.insert(folder) {
                continue;
            }
            if !kustomization.is_generated {
                reach.files.insert(kustomization.file);
            }
            reach.remote.extend(kustomization.remote.iter().cloned());
            for (name, chart) in &kustomization.charts {
                match chart
                    .as_ref()
                    .filter(|chart| self.files.contains_key(&chart.join("Chart.yaml")))
                {
                    Some(chart) => {
                        let templates = chart.join("templates");
                        let inside = self.files.iter().filter(|(path, _)| path.starts_with(&templates));
                        reach.files.extend(inside.map(|(_, file)| *file));
                        reach.charts.insert(chart.clone());
                    }
                    None => _ = reach.far_charts.insert(name.clone()),
                }
                // What a chart depends on is not followed.
                reach.closed = false;
            }
            for path in &kustomization.taken {
                match self.files.get(path) {
                    Some(file) => {
                        reach.files.insert(*file);
                    }
                    None => open.push(path.clone()),
                }
            }
            // What a folder of helpers depends on is not followed.
            let mut helpers = kustomization.helpers.iter();
            reach.closed &= helpers.all(|path| self.files.contains_key(path));
            let patches = kustomization
                .patches
                .iter()
                .filter_map(|path| self.files.get(path));
            reach.patches.extend(patches);
        }
        reach.files.extend(&reach.patches);
        reach
    }
}

impl Kustomization {
    /// The files and folders that it takes objects from.
    pub(super) fn taken(&self) -> &[PathBuf] {
        &self.taken
    }

    /// The files and folders of which Flux makes it.
    pub(super) fn generated_from(&self) -> &[PathBuf] {
        match self.is_generated {
            true => &self.taken,
            false => &[],
        }
    }

    /// What a document in a kustomization's file says; nothing if it is another tool's.
    fn of(file: FileId, folder: &Path, root: Node) -> Option<Kustomization> {
        let Value::Mapping(_) = root.value else {
            return None;
        };
        let word = |key: &str| root.get(key).and_then(Node::as_str);
        if word("apiVersion").is_some_and(|version| !version.starts_with("kustomize.config.k8s.io/")) {
            return None;
        }
        let is_component = word("kind") == Some("Component");
        let resolve = |name: &str| normalize(&folder.join(name));
        let mut taken = Vec::new();
        let mut remote = Vec::new();
        let mut helpers = Vec::new();
        for (keys, into) in [(TAKEN.as_slice(), &mut taken), (HELPERS.as_slice(), &mut helpers)] {
            let names = keys.iter().flat_map(|key| elements(&root, key));
            for name in names.filter_map(Node::as_str).filter(|name| !name.contains('\n')) {
                match is_remote(name) {
                    true => remote.push(name.to_string()),
                    false => into.push(resolve(name)),
                }
            }
        }
        let by_path = elements(&root, "patches").chain(elements(&root, "patchesJson6902"));
        let by_path = by_path.filter_map(|patch| patch.get("path").and_then(Node::as_str));
        let merged = elements(&root, "patchesStrategicMerge").filter_map(Node::as_str);
        let patches = by_path
            .chain(merged.filter(|name| !name.contains('\n')))
            .map(resolve)
            .collect();
        let charts = charts(&root, folder);
        Some(Kustomization {
            file,
            is_component,
            taken,
            helpers,
            patches,
            remote,
            charts,
            is_generated: false,
            root,
        })
    }
}

/// The charts that a kustomization has rendered, and where kustomize looks for them before it fetches any.
fn charts(root: &Node, folder: &Path) -> Vec<(String, Option<PathBuf>)> {
    let word = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).map(str::to_string);
    let home = root
        .get("helmGlobals")
        .and_then(|globals| word(globals, "chartHome"));
    let home = normalize(&folder.join(home.as_deref().unwrap_or("charts")));
    let named = elements(root, "helmCharts").map(|chart| {
        let name = word(chart, "name").unwrap_or_default();
        let home = match (word(chart, "repo"), word(chart, "version")) {
            (Some(_), Some(version)) => home.join(format!("{name}-{version}")),
            _ => home.clone(),
        };
        let place = home.join(&name);
        (name, Some(place))
    });
    // Its predecessor fetches whatever it names.
    let old = elements(root, "helmChartInflationGenerator")
        .map(|chart| (word(chart, "chartName").unwrap_or_default(), None));
    named.chain(old).collect()
}

/// Whether kustomize would fetch what has this name.
fn is_remote(name: &str) -> bool {
    name.contains("://")
        || name.contains("?ref=")
        || ["git@", "git::", "github.com/", "gh:"]
            .iter()
            .any(|start| name.starts_with(start))
}

pub(super) fn elements<'a>(root: &'a Node, key: &str) -> impl Iterator<Item = &'a Node> {
    root.get(key).map(Node::elements).unwrap_or_default().iter()
}

/// All strings of a document, which is where the names of files are.
pub(super) fn strings<'a>(node: &'a Node, into: &mut Vec<&'a str>) {
    match &node.value {
        Value::String(text) => into.push(text),
        Value::Sequence(nodes) => nodes.iter().for_each(|node| strings(node, into)),
        Value::Mapping(mapping) => {
            for entry in mapping.entries() {
                strings(&entry.value, into);
            }
        }
        _ => {}
    }
}
