//! What Argo CD and Flux deploy of this repository, and with which values.
//!
//! In: the objects of the repository. Out: [`Deployment`]s: a folder with what an Application, a HelmRelease or a
//! Flux Kustomization says of it; and what they leave open, in [`Open`].

mod argo;
mod flux;
mod generators;
mod glob;
mod template;

use super::Substitution;
use crate::evaluate::{place_at, unknown_application};
use crate::manifest::{Node, Resource, Value};
use crate::source::{FileId, Span};
use crate::world::normalize;
use serde_json::{Map, Value as Json};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder that is deployed.
#[derive(Debug, Clone)]
pub(super) struct Deployment {
    /// The folder, absolute.
    pub folder: PathBuf,
    /// The object that says so, as it is named.
    pub name: String,
    /// The file of that object, as people wrote it.
    pub file: FileId,
    /// Where the object begins, which tells it from others.
    place: (FileId, u32),
    pub namespace: Option<String>,
    /// The Applications of Argo CD that say so; several where they say the same.
    pub applications: Vec<Arc<Resource>>,
    /// The clusters that it is for, as far as they are known.
    pub destinations: BTreeSet<String>,
    /// Whether it is for the cluster that has the object itself.
    stays: bool,
    /// Whether it is a Flux Kustomization, whose objects may deploy further ones.
    is_kustomization: bool,
    /// The name of the release, for a chart.
    pub release: Option<String>,
    /// Values, those that count more behind.
    pub values: Vec<Values>,
    /// Single values, each `name=value`, and whether they are strings whatever they look like.
    pub parameters: Vec<(String, bool)>,
    /// Versions of APIs that the chart is told to be there.
    pub apis: Vec<String>,
    /// What a kustomization is given on top.
    pub settings: Map<String, Json>,
    /// Components that it is given on top, as paths from the folder.
    pub components: Vec<String>,
    /// The part of the object that gives it.
    pub patches: Option<Node>,
    /// What Flux puts in the place of variables.
    pub substitution: Option<Substitution>,
    /// Whether files outside of the folder may be taken in, as Flux lets them.
    pub is_open: bool,
    /// How the folder is deployed.
    pub form: Form,
    /// What it needs that is not in the repository.
    pub missing: Option<String>,
}

/// Deployments of which none is rendered as another one is.
#[derive(Debug, Default)]
pub(super) struct Ways(Vec<Deployment>);

impl Ways {
    /// The number of a new way; none if it is one that there was, which now is for the clusters of both.
    pub(super) fn add(
        &mut self,
        deployment: &Deployment,
        is_same: fn(&Deployment, &Deployment) -> bool,
    ) -> Option<usize> {
        if let Some(before) = self.0.iter_mut().find(|before| is_same(before, deployment)) {
            before
                .destinations
                .extend(deployment.destinations.iter().cloned());
            before
                .applications
                .extend(deployment.applications.iter().cloned());
            return None;
        }
        self.0.push(deployment.clone());
        Some(self.0.len() - 1)
    }

    /// The Applications that say so.
    pub(super) fn applications(&self, number: usize) -> &[Arc<Resource>] {
        self.0.get(number).map_or(&[], |way| &way.applications)
    }

    /// The clusters that it is for.
    pub(super) fn destinations(&self, number: usize) -> BTreeSet<String> {
        self.0
            .get(number)
            .map(|way| way.destinations.clone())
            .unwrap_or_default()
    }
}

impl Deployment {
    /// Whether kustomize builds the same for both.
    pub(super) fn builds_as(&self, other: &Deployment) -> bool {
        let way = |own: &Deployment| {
            (
                own.folder.clone(),
                own.settings.clone(),
                own.components.clone(),
                own.substitution.clone(),
                own.is_open,
                own.namespace.clone(),
            )
        };
        way(self) == way(other)
    }

    /// Whether Helm renders the same for both.
    pub(super) fn renders_as(&self, other: &Deployment) -> bool {
        self.folder == other.folder
            && self.release == other.release
            && self.namespace == other.namespace
            && self.values == other.values
            && self.parameters == other.parameters
            && self.apis == other.apis
            && self.missing == other.missing
    }

    /// Lets it be for these clusters, if it is for the one that has its object.
    pub(super) fn lead_to(&mut self, destinations: &BTreeSet<String>) {
        if self.stays && !destinations.is_empty() {
            self.destinations = destinations.clone();
            self.stays = false;
        }
    }
}

/// What makes objects of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Its chart or its kustomization.
    Described,
    /// A kustomization that Flux makes of all of its files.
    Generated,
    /// Nothing: its files are taken as they stand, those of its folders too if it is deep.
    Plain { deep: bool },
}

/// Values of a chart.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Values {
    /// A file of the repository, absolute.
    File(PathBuf),
    /// A text in YAML.
    Text(String),
}

/// A deployment that nobody can tell from the repository alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Open {
    /// Its object.
    pub span: Span,
    /// The object that says so, as it is named.
    pub name: String,
    pub reason: String,
}

/// What is deployed.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub deployments: Vec<Deployment>,
    pub open: Vec<Open>,
    /// Applications of which only Argo CD knows what they say, with the folders from which they may deploy something.
    pub unknown: Vec<(Arc<Resource>, PathBuf)>,
}

/// The repository, as deployments are looked up in it.
pub(super) struct Place<'a> {
    /// The paths of the files that objects were written in.
    pub paths: &'a HashMap<FileId, &'a Path>,
    /// The files by their absolute paths.
    pub files: &'a HashMap<&'a Path, FileId>,
    /// The folders that they lie in, once these were asked for.
    pub folders: OnceCell<HashSet<PathBuf>>,
    /// The text of a file.
    pub text: &'a (dyn Fn(FileId) -> String + 'a),
    /// Whether a folder has a chart or a kustomization.
    pub is_described: &'a dyn Fn(&Path) -> bool,
    /// Whether a folder has a chart, or lies in one.
    pub is_chart: &'a dyn Fn(&Path) -> bool,
    /// Whether the kustomization of a folder takes in a file.
    pub takes: &'a dyn Fn(&Path, FileId) -> bool,
}

/// Finds what the objects deploy. `all` are those among which ConfigMaps and Secrets are looked up.
pub(super) fn find<'r>(
    deployers: impl IntoIterator<Item = &'r Resource>,
    all: &[&Resource],
    place: &Place<'_>,
) -> Found {
    let mut found = Found::default();
    for resource in deployers {
        let Some(path) = place.paths.get(&resource.written) else {
            continue;
        };
        let finder = Finder {
            resource,
            path,
            place,
            all,
        };
        match (resource.group(), resource.kind.as_str()) {
            ("argoproj.io", "Application") => finder.application(&resource.root, &mut found),
            ("argoproj.io", "ApplicationSet") => finder.application_set(&mut found),
            ("helm.toolkit.fluxcd.io", "HelmRelease") => found.deployments.extend(finder.helm_release()),
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => {
                found.deployments.extend(finder.kustomization());
            }
            _ => {}
        }
    }
    found
}

/// Says which clusters the objects of Flux are in: the one of the Kustomization that deploys them; else the one that
/// their own folder stands for.
pub(super) fn follow(deployments: &mut [Deployment], known: &[Deployment], place: &Place<'_>) {
    let holds = |above: &Deployment, file: FileId| match above.form {
        Form::Described => (place.takes)(&above.folder, file),
        _ => place
            .paths
            .get(&file)
            .is_some_and(|path| path.starts_with(&above.folder)),
    };
    let mut clusters: Vec<BTreeSet<String>> = Vec::new();
    for own in deployments.iter() {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::from([own.place]);
        let mut open = vec![own];
        while let Some(next) = open.pop() {
            let above = deployments.iter().chain(known).filter(|above| {
                above.is_kustomization && above.place != next.place && holds(above, next.file)
            });
            let above: Vec<&Deployment> = above.collect();
            if above.is_empty() || above.iter().all(|above| seen.contains(&above.place)) {
                let folder = place.paths.get(&next.file).and_then(|path| path.parent());
                found.extend(folder.map(|folder| format!("Flux {}", folder.display())));
            }
            open.extend(above.into_iter().filter(|above| seen.insert(above.place)));
        }
        clusters.push(found);
    }
    for (deployment, clusters) in deployments.iter_mut().zip(clusters) {
        if deployment.stays {
            deployment.destinations = clusters;
        }
    }
}

/// Looks for what one object deploys.
struct Finder<'a> {
    resource: &'a Resource,
    path: &'a Path,
    place: &'a Place<'a>,
    all: &'a [&'a Resource],
}

impl<'a> Finder<'a> {
    fn deployment(&self, folder: PathBuf, form: Form) -> Deployment {
        Deployment {
            folder,
            name: self.name(),
            file: self.resource.written,
            place: (self.resource.file, self.resource.root.span.start),
            namespace: None,
            applications: Vec::new(),
            destinations: BTreeSet::new(),
            stays: false,
            is_kustomization: false,
            release: None,
            values: Vec::new(),
            parameters: Vec::new(),
            apis: Vec::new(),
            settings: Map::new(),
            components: Vec::new(),
            patches: None,
            substitution: None,
            is_open: false,
            form,
            missing: None,
        }
    }

    fn name(&self) -> String {
        format!("{} `{}`", self.resource.kind, self.resource.name)
    }

    /// An Application, as this object says it or makes it: at a place of a text that is kept, and with what only Argo CD
    /// can fill in left open.
    fn application_of(&self, root: &Node) -> Arc<Resource> {
        let mut application = unknown_application(self.resource);
        application.root = root.clone();
        application.name = text(root, &["metadata", "name"]).unwrap_or_default().to_string();
        if self.resource.kind != "Application" {
            template::leave_open(&mut application.root);
        }
        if !self.is_written() {
            place_at(&mut application.root, Span::new(self.resource.written, 0, 0));
        }
        Arc::new(application)
    }

    /// Whether the object stands so in a file. The places of a rendered one are not those of any text that is kept.
    fn is_written(&self) -> bool {
        self.resource.file == self.resource.written
    }

    /// The part of the object that sets something, where people wrote it.
    fn patches(&self, node: &Node) -> Option<Node> {
        self.is_written().then(|| node.clone())
    }

    fn open(&self, reason: String) -> Open {
        Open {
            span: match self.is_written() {
                true => self.resource.root.span,
                false => Span::new(self.resource.written, 0, 0),
            },
            name: self.name(),
            reason,
        }
    }

    /// A path from the root of the repository, which is a folder above the object: the nearest in which it leads
    /// to something.
    fn below_root(&self, path: &str, is_there: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
        let path = path.trim_start_matches('/');
        self.path
            .ancestors()
            .skip(1)
            .map(|folder| normalize(&folder.join(path)))
            .find(|found| is_there(found))
    }

    fn is_file(&self, path: &Path) -> bool {
        self.place.files.contains_key(path)
    }

    /// Whether files of the repository lie below a folder.
    fn is_folder(&self, folder: &Path) -> bool {
        let folders = self.place.folders.get_or_init(|| {
            let files = self.place.files.keys();
            let folders: HashSet<&Path> = files.flat_map(|file| file.ancestors().skip(1)).collect();
            folders.into_iter().map(Path::to_path_buf).collect()
        });
        folders.contains(folder)
    }

    /// The folder that a path names, and what makes objects of it.
    fn folder(&self, path: &str, otherwise: Form) -> Option<(PathBuf, Form)> {
        if let Some(folder) = self.below_root(path, self.place.is_described) {
            return Some((folder, Form::Described));
        }
        // The root itself is no path that says where the root is.
        if normalize(Path::new(path.trim_start_matches('/')))
            .as_os_str()
            .is_empty()
        {
            return None;
        }
        let folder = self.below_root(path, &|folder| self.is_folder(folder))?;
        Some((folder, otherwise))
    }

    /// What a ConfigMap or Secret keeps: none if it is not in the repository, or not to be read, or if there are
    /// several of which none is nearer than the others.
    fn data(&self, kind: &str, namespace: Option<&str>, name: &str) -> Option<BTreeMap<String, String>> {
        let is_wanted = |resource: &&&Resource| {
            resource.kind == kind
                && resource.name == name
                && resource.namespace.as_deref().unwrap_or("default") == namespace.unwrap_or("default")
        };
        let near = |resource: &Resource| {
            let beside = resource.file == self.resource.file;
            let path = self.place.paths.get(&resource.written);
            let shared = path.map_or(0, |path| {
                let parts = path.components().zip(self.path.components());
                parts.take_while(|(own, other)| own == other).count()
            });
            (beside, shared)
        };
        let mut found: Vec<((bool, usize), &Resource)> = self
            .all
            .iter()
            .filter(is_wanted)
            .map(|resource| (near(resource), *resource))
            .collect();
        found.sort_by_key(|(near, _)| std::cmp::Reverse(*near));
        let (nearest, first) = found.first()?;
        let mut rivals = found[1..].iter().take_while(|(near, _)| near == nearest);
        let data = read_data(&first.root)?;
        rivals
            .all(|(_, rival)| read_data(&rival.root).as_ref() == Some(&data))
            .then_some(data)
    }
}

/// The entries of a ConfigMap or Secret; none if they are encrypted.
fn read_data(root: &Node) -> Option<BTreeMap<String, String>> {
    if root.get("sops").is_some() {
        return None;
    }
    let is_secret = text(root, &["kind"]) == Some("Secret");
    let mut data = BTreeMap::new();
    for entry in root.get("data").map(Node::entries).unwrap_or_default() {
        let word = entry.value.as_str()?;
        let word = match is_secret {
            true => decoded(word)?,
            false => word.to_string(),
        };
        data.insert(entry.key.to_string(), word);
    }
    for entry in root.get("stringData").map(Node::entries).unwrap_or_default() {
        data.insert(entry.key.to_string(), entry.value.as_str()?.to_string());
    }
    let is_cipher = |word: &String| word.starts_with("ENC[");
    (!data.values().any(is_cipher)).then_some(data)
}

/// What a text in base64 says.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut bits = 0u32;
    let mut held = 0u32;
    for byte in text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
    {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(digit)) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

fn text<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a str> {
    node.path(keys.iter().copied()).and_then(Node::as_str)
}

fn elements<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).map(Node::elements).unwrap_or_default()
}

fn is_true(node: &Node, key: &str) -> bool {
    matches!(node.get(key).map(|node| &node.value), Some(Value::Bool(true)))
}

#[cfg(test)]
mod tests;
