//! What Argo CD and Flux deploy of this repository, and with which values.
//!
//! In: the objects of the repository. Out: [`Deployment`]s: a folder with what an Application, a HelmRelease or a
//! Flux Kustomization says of it.

use crate::manifest::{self, Node, Resource, Value};
use crate::source::FileId;
use crate::world::normalize;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// A folder that is deployed.
#[derive(Debug, Clone)]
pub(super) struct Deployment {
    /// The folder of a chart or of a kustomization, absolute.
    pub folder: PathBuf,
    /// The object that says so, as it is named.
    pub name: String,
    pub namespace: Option<String>,
    /// The clusters that it is for, as far as they are known.
    pub destinations: BTreeSet<String>,
    /// The name of the release, for a chart.
    pub release: Option<String>,
    /// Values, those that count more behind.
    pub values: Vec<Values>,
    /// Single values, each `name=value`, and whether they are strings whatever they look like.
    pub parameters: Vec<(String, bool)>,
    /// What a kustomization is given on top.
    pub settings: Map<String, Json>,
    /// The part of the object that gives it.
    pub patches: Option<Node>,
    /// Whether files outside of the folder may be taken in, as Flux lets them.
    pub is_open: bool,
    /// What it needs that is not in the repository.
    pub missing: Option<String>,
}

/// Values of a chart.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Values {
    /// A file of the repository, absolute.
    File(PathBuf),
    /// A text in YAML.
    Text(String),
}

/// Finds what is deployed. `files` are those of the repository, by their absolute paths; `is_folder` says whether a
/// folder has a chart or a kustomization.
pub(super) fn find(
    resources: &[Resource],
    paths: &HashMap<FileId, &Path>,
    files: &HashMap<&Path, FileId>,
    is_folder: &dyn Fn(&Path) -> bool,
) -> Vec<Deployment> {
    let mut found = Vec::new();
    for resource in resources {
        let Some(path) = paths.get(&resource.file) else {
            continue;
        };
        let finder = Finder {
            resource,
            path,
            files,
            is_folder,
        };
        match (resource.group(), resource.kind.as_str()) {
            ("argoproj.io", "Application") => finder.application(&resource.root, &mut found),
            ("argoproj.io", "ApplicationSet") => finder.application_set(&mut found),
            ("helm.toolkit.fluxcd.io", "HelmRelease") => found.extend(finder.helm_release()),
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => found.extend(finder.kustomization()),
            _ => {}
        }
    }
    found
}

struct Finder<'a> {
    resource: &'a Resource,
    path: &'a Path,
    files: &'a HashMap<&'a Path, FileId>,
    is_folder: &'a dyn Fn(&Path) -> bool,
}

impl Finder<'_> {
    fn deployment(&self, folder: PathBuf) -> Deployment {
        Deployment {
            folder,
            name: format!("{} `{}`", self.resource.kind, self.resource.name),
            namespace: None,
            destinations: BTreeSet::new(),
            release: None,
            values: Vec::new(),
            parameters: Vec::new(),
            settings: Map::new(),
            patches: None,
            is_open: false,
            missing: None,
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

    fn application(&self, root: &Node, found: &mut Vec<Deployment>) {
        let Some(spec) = root.get("spec") else {
            return;
        };
        let several = spec.get("sources").map(Node::elements).unwrap_or_default();
        for source in spec.get("source").into_iter().chain(several) {
            let Some(path) = text(source, &["path"]) else {
                continue;
            };
            let Some(folder) = self.below_root(path, self.is_folder) else {
                continue;
            };
            let mut deployment = self.deployment(folder);
            deployment.namespace = text(spec, &["destination", "namespace"]).map(str::to_string);
            deployment.destinations = destination(spec).into_iter().collect();
            if let Some(helm) = source.get("helm") {
                self.helm_source(helm, &mut deployment);
            }
            deployment.release = deployment
                .release
                .or_else(|| text(root, &["metadata", "name"]).map(str::to_string));
            if let Some(kustomize) = source.get("kustomize") {
                deployment.settings = settings(kustomize);
                deployment.patches = Some(kustomize.clone());
            }
            found.push(deployment);
        }
    }

    /// What `spec.source.helm` says; files come first, as Argo CD has it.
    fn helm_source(&self, helm: &Node, deployment: &mut Deployment) {
        deployment.release = text(helm, &["releaseName"]).map(str::to_string);
        let may_lack = matches!(
            helm.get("ignoreMissingValueFiles").map(|node| &node.value),
            Some(Value::Bool(true))
        );
        for name in helm.get("valueFiles").map(Node::elements).unwrap_or_default() {
            let Some(name) = name.as_str() else {
                continue;
            };
            let is_file = |path: &Path| self.files.contains_key(path);
            // `$name/path` is a path in the repository of another source; `/path` one in this.
            let in_root = name
                .strip_prefix('$')
                .and_then(|name| name.split_once('/'))
                .map(|(_, path)| path);
            let path = match in_root.or(name.strip_prefix('/')) {
                Some(path) => self.below_root(path, &is_file),
                None => Some(normalize(&deployment.folder.join(name))).filter(|path| is_file(path)),
            };
            match path {
                Some(path) => deployment.values.push(Values::File(path)),
                None if may_lack => {}
                None => deployment.missing = Some(format!("the values in `{name}`")),
            }
        }
        if let Some(values) = text(helm, &["values"]) {
            deployment.values.push(Values::Text(values.to_string()));
        }
        deployment.values.extend(helm.get("valuesObject").map(as_text));
        for parameter in helm.get("parameters").map(Node::elements).unwrap_or_default() {
            let forced = matches!(
                parameter.get("forceString").map(|node| &node.value),
                Some(Value::Bool(true))
            );
            if let (Some(name), Some(value)) = (text(parameter, &["name"]), text(parameter, &["value"])) {
                // Commas separate values on the command line.
                let value = value.replace('\\', "\\\\").replace(',', "\\,");
                deployment.parameters.push((format!("{name}={value}"), forced));
            }
        }
    }

    /// The Applications that generators of lists and of folders make.
    fn application_set(&self, found: &mut Vec<Deployment>) {
        let root = &self.resource.root;
        let Some(template) = root.path(["spec", "template"]) else {
            return;
        };
        let generators = root
            .path(["spec", "generators"])
            .map(Node::elements)
            .unwrap_or_default();
        for generator in generators {
            let elements = generator
                .path(["list", "elements"])
                .map(Node::elements)
                .unwrap_or_default();
            for element in elements {
                let mut words = Vec::new();
                for entry in element.entries() {
                    if let Json::String(word) = manifest::to_json(&entry.value) {
                        words.push((entry.key.to_string(), word));
                    }
                }
                self.application(&filled(template, &words), found);
            }
            let folders = generator
                .path(["git", "directories"])
                .map(Node::elements)
                .unwrap_or_default();
            for pattern in folders {
                let is_excluded = matches!(
                    pattern.get("exclude").map(|node| &node.value),
                    Some(Value::Bool(true))
                );
                if let Some(pattern) = text(pattern, &["path"]).filter(|_| !is_excluded) {
                    for path in self.folders(pattern) {
                        let name = path.rsplit('/').next().unwrap_or_default().to_string();
                        let words = [
                            ("path.basename".to_string(), name.clone()),
                            ("path.basenameNormalized".to_string(), name),
                            ("path.path".to_string(), path.clone()),
                            ("path".to_string(), path),
                        ];
                        self.application(&filled(template, &words), found);
                    }
                }
            }
        }
    }

    /// The folders of files that a pattern such as `apps/*` names, from the root of the repository.
    fn folders(&self, pattern: &str) -> Vec<String> {
        let (before, after) = match pattern.split_once("/*") {
            Some((before, after)) => (before, Some(after)),
            None => (pattern, None),
        };
        let is_above = |path: &Path| self.files.keys().any(|file| file.starts_with(path));
        let Some(base) = self.below_root(before, &is_above) else {
            return Vec::new();
        };
        let Some(after) = after else {
            return vec![before.to_string()];
        };
        let mut names: Vec<String> = self
            .files
            .keys()
            .filter_map(|file| file.strip_prefix(&base).ok())
            .filter(|rest| rest.components().count() > 1)
            .filter_map(|rest| Some(rest.components().next()?.as_os_str().to_str()?.to_string()))
            .collect();
        names.sort();
        names.dedup();
        names
            .into_iter()
            .map(|name| format!("{before}/{name}{after}"))
            .collect()
    }

    fn helm_release(&self) -> Option<Deployment> {
        let spec = self.resource.root.get("spec")?;
        let chart = spec.path(["chart", "spec"])?;
        if text(chart, &["sourceRef", "kind"]) != Some("GitRepository") {
            return None;
        }
        let folder = self.below_root(text(chart, &["chart"])?, self.is_folder)?;
        let mut deployment = self.deployment(folder);
        let metadata = |key: &str| text(&self.resource.root, &["metadata", key]);
        deployment.release = text(spec, &["releaseName"])
            .or(metadata("name"))
            .map(str::to_string);
        deployment.namespace = text(spec, &["targetNamespace"])
            .or(metadata("namespace"))
            .map(str::to_string);
        for name in chart.get("valuesFiles").map(Node::elements).unwrap_or_default() {
            let is_file = |path: &Path| self.files.contains_key(path);
            let name = name.as_str().unwrap_or_default();
            match self.below_root(name, &is_file) {
                Some(path) => deployment.values.push(Values::File(path)),
                None => deployment.missing = Some(format!("the values in `{name}`")),
            }
        }
        deployment.values.extend(spec.get("values").map(as_text));
        if spec
            .get("valuesFrom")
            .is_some_and(|from| !from.elements().is_empty())
        {
            deployment.missing =
                Some("the values that `valuesFrom` names, which the cluster keeps".to_string());
        }
        Some(deployment)
    }

    fn kustomization(&self) -> Option<Deployment> {
        let spec = self.resource.root.get("spec")?;
        let folder = self.below_root(text(spec, &["path"])?, self.is_folder)?;
        let mut deployment = self.deployment(folder);
        deployment.settings = settings(spec);
        deployment.settings.extend(
            spec.get("targetNamespace")
                .map(|node| ("namespace".to_string(), manifest::to_json(node))),
        );
        deployment.patches = Some(spec.clone());
        deployment.is_open = true;
        Some(deployment)
    }
}

/// The cluster that an Application is for, if it says so.
fn destination(spec: &Node) -> Option<String> {
    let destination = spec.get("destination")?;
    let cluster = text(destination, &["server"]).or(text(destination, &["name"]))?;
    let cluster = match cluster {
        "in-cluster" => "https://kubernetes.default.svc",
        other => other,
    };
    (!cluster.contains("{{")).then(|| format!("Argo CD {cluster}"))
}

/// What of Argo CD's and Flux' own words is a kustomization's too, with the same meaning.
fn settings(node: &Node) -> Map<String, Json> {
    let mut settings = Map::new();
    for key in [
        "namePrefix",
        "nameSuffix",
        "commonLabels",
        "commonAnnotations",
        "patches",
        "namespace",
    ] {
        settings.extend(
            node.get(key)
                .map(|value| (key.to_string(), manifest::to_json(value))),
        );
    }
    // Flux has images as kustomize has them, Argo CD as texts.
    let images = node
        .get("images")
        .filter(|images| images.elements().iter().all(|image| image.as_str().is_none()));
    settings.extend(images.map(|images| ("images".to_string(), manifest::to_json(images))));
    settings
}

fn as_text(node: &Node) -> Values {
    Values::Text(manifest::to_json(node).to_string())
}

fn text<'a>(node: &'a Node, keys: &[&str]) -> Option<&'a str> {
    node.path(keys.iter().copied()).and_then(Node::as_str)
}

/// A template with words in the place of its variables, in either of Argo CD's notations.
fn filled(node: &Node, words: &[(String, String)]) -> Node {
    let value = match &node.value {
        Value::String(text) if text.contains("{{") => {
            let mut text = text.to_string();
            for (name, word) in words {
                for form in [
                    format!("{{{{{name}}}}}"),
                    format!("{{{{ {name} }}}}"),
                    format!("{{{{.{name}}}}}"),
                    format!("{{{{ .{name} }}}}"),
                ] {
                    text = text.replace(&form, word);
                }
            }
            Value::String(text.into())
        }
        Value::Sequence(nodes) => Value::Sequence(nodes.iter().map(|node| filled(node, words)).collect()),
        Value::Mapping(mapping) => {
            let mut mapping = mapping.clone();
            for entry in node.entries() {
                if let Some(value) = mapping.get_mut(&entry.key) {
                    *value = filled(&entry.value, words);
                }
            }
            Value::Mapping(mapping)
        }
        other => other.clone(),
    };
    Node {
        span: node.span,
        value,
    }
}
