//! ApplicationSets of Argo CD → the Applications that they make.
//!
//! In: the generators. Out: the parameters of each Application, as far as the repository says them; what only Argo CD
//! knows, such as its clusters, is left open.

use super::template::{Parameters, fill, filled};
use super::{Finder, Found, elements, is_true, text};
use crate::evaluate::unknown_application;
use crate::manifest::{self, Node};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many Applications an ApplicationSet may make here.
const MOST: usize = 1000;

/// How deep generators may lie in each other; Argo CD allows two levels.
const DEEPEST: usize = 4;

impl Finder<'_> {
    pub(super) fn application_set(&self, found: &mut Found) {
        let Some(spec) = self.resource.root.get("spec") else {
            return;
        };
        let Some(template) = spec.get("template") else {
            return;
        };
        let is_go = is_true(spec, "goTemplate");
        let mut reasons = BTreeSet::new();
        for generator in elements(spec, "generators") {
            let all = match generator.get("template") {
                Some(_) => Err("a generator has a template of its own".to_string()),
                None => self.parameters(generator, &Parameters::new(), is_go, 0),
            };
            let all = match spec.get("templatePatch") {
                Some(_) => all.and(Err("`templatePatch` changes what it makes".to_string())),
                None => all,
            };
            match all {
                Ok(all) => {
                    for parameters in all {
                        self.instance(&filled(template, &parameters, is_go), found, &mut reasons);
                    }
                }
                // What doesn't depend on the generator is known all the same.
                Err(reason) if spec.get("templatePatch").is_none() && is_settled(template) => {
                    _ = reason;
                    self.instance(template, found, &mut reasons);
                }
                Err(reason) => self.leave_open(template, &reason, found, &mut reasons),
            }
        }
        found
            .open
            .extend(reasons.into_iter().map(|reason| self.open(reason)));
    }

    /// An Application of the template.
    fn instance(&self, application: &Node, found: &mut Found, reasons: &mut BTreeSet<String>) {
        if !is_settled(application) {
            let reason = "its template has variables that can't be told here for sure";
            return self.leave_open(application, reason, found, reasons);
        }
        self.application(application, found);
    }

    /// Notes an Application that can't be told, if it may be about this repository.
    fn leave_open(&self, template: &Node, reason: &str, found: &mut Found, reasons: &mut BTreeSet<String>) {
        let folders = self.concerned(template);
        if folders.is_empty() {
            return;
        }
        reasons.insert(reason.to_string());
        let application = Arc::new(unknown_application(self.resource));
        let folders = folders.into_iter();
        found
            .unknown
            .extend(folders.map(|folder| (application.clone(), folder)));
    }

    /// The folders of this repository with which the paths begin that a template names.
    fn concerned(&self, template: &Node) -> Vec<PathBuf> {
        let paths = sources(template).filter_map(|source| text(source, &["path"]));
        paths
            .filter_map(|path| {
                let start = path.split("{{").next().unwrap_or_default();
                let folder = start.rsplit_once('/').map_or("", |(folder, _)| folder);
                let folder = if start == path { path } else { folder };
                match folder.is_empty() && path.contains("{{") {
                    true => Some(PathBuf::new()),
                    false => self.below_root(folder, &|folder| self.is_folder(folder)),
                }
            })
            .collect()
    }

    /// The parameters that a generator gives.
    fn parameters(
        &self,
        generator: &Node,
        outer: &Parameters,
        is_go: bool,
        depth: usize,
    ) -> Result<Vec<Parameters>, String> {
        if depth > DEEPEST {
            return Err("its generators lie too deep in each other".to_string());
        }
        let mut all = self.generated(generator, outer, is_go, depth)?;
        if let Some(selector) = generator.get("selector") {
            if !elements(selector, "matchExpressions").is_empty() {
                return Err("a generator chooses by `matchExpressions`".to_string());
            }
            let labels = selector.get("matchLabels").map(Node::entries).unwrap_or_default();
            all.retain(|parameters| {
                labels.iter().all(|label| {
                    let own = fill(&format!("{{{{{}}}}}", label.key), parameters, false);
                    Some(&*own) == label.value.as_str()
                })
            });
        }
        match all.len() > MOST {
            true => Err(format!("it makes more than {MOST} Applications")),
            false => Ok(all),
        }
    }

    fn generated(
        &self,
        generator: &Node,
        outer: &Parameters,
        is_go: bool,
        depth: usize,
    ) -> Result<Vec<Parameters>, String> {
        let kind = generator
            .entries()
            .iter()
            .find(|entry| !matches!(&*entry.key, "selector" | "template"));
        let Some(kind) = kind else {
            return Ok(Vec::new());
        };
        let own = &filled(&kind.value, outer, is_go);
        let inner =
            |generator: &Node, outer: &Parameters| self.parameters(generator, outer, is_go, depth + 1);
        match &*kind.key {
            "list" => {
                if own.get("elementsYaml").is_some() {
                    return Err("the generator `list` computes its elements".to_string());
                }
                let listed = elements(own, "elements").iter().map(manifest::to_json);
                Ok(listed
                    .filter_map(|element| element.as_object().cloned())
                    .collect())
            }
            "git" => {
                let mut all = match own.get("files").is_some() {
                    true => self.of_files(own, is_go)?,
                    false => self.of_folders(own, is_go),
                };
                if let Some(values) = own.get("values") {
                    for parameters in &mut all {
                        let values = manifest::to_json(&filled(values, parameters, is_go));
                        parameters.insert("values".to_string(), values);
                    }
                }
                Ok(all)
            }
            "matrix" => {
                let mut all = vec![Parameters::new()];
                for generator in elements(&kind.value, "generators") {
                    let mut next = Vec::new();
                    for parameters in all {
                        let mut known = outer.clone();
                        known.extend(parameters.clone());
                        for more in inner(generator, &known)? {
                            let mut both = parameters.clone();
                            both.extend(more);
                            next.push(both);
                            if next.len() > MOST {
                                return Err(format!("it makes more than {MOST} Applications"));
                            }
                        }
                    }
                    all = next;
                }
                Ok(all)
            }
            "merge" => {
                let keys: Vec<&str> = elements(own, "mergeKeys")
                    .iter()
                    .filter_map(Node::as_str)
                    .collect();
                let mut generators = elements(&kind.value, "generators").iter();
                let Some(first) = generators.next() else {
                    return Ok(Vec::new());
                };
                let mut all = inner(first, outer)?;
                let key = |parameters: &Parameters| -> Vec<String> {
                    let value = |key: &&str| fill(&format!("{{{{{key}}}}}"), parameters, false);
                    keys.iter().map(value).collect()
                };
                for generator in generators {
                    for more in inner(generator, outer)? {
                        for parameters in all.iter_mut().filter(|own| key(own) == key(&more)) {
                            parameters.extend(more.clone());
                        }
                    }
                }
                Ok(all)
            }
            "clusters" => {
                Err("the generator `clusters` takes the clusters that only Argo CD knows".to_string())
            }
            other => Err(format!(
                "the generator `{other}` asks what is not in the repository"
            )),
        }
    }

    /// The paths of the repository, from that folder above the object on in which a pattern names any.
    fn named(&self, patterns: &[Node], all: &dyn Fn(&Path) -> BTreeSet<String>) -> (PathBuf, Vec<String>) {
        let pattern = |node: &Node| text(node, &["path"]).map(str::to_string);
        let wanted: Vec<String> = patterns
            .iter()
            .filter(|node| !is_true(node, "exclude"))
            .filter_map(pattern)
            .collect();
        let excluded: Vec<String> = patterns
            .iter()
            .filter(|node| is_true(node, "exclude"))
            .filter_map(pattern)
            .collect();
        let matches = |patterns: &[String], path: &str| {
            patterns.iter().any(|pattern| super::glob::matches(pattern, path))
        };
        for root in self.path.ancestors().skip(1) {
            let named: Vec<String> = all(root)
                .into_iter()
                .filter(|path| matches(&wanted, path))
                .collect();
            if !named.is_empty() {
                let kept = named.into_iter().filter(|path| !matches(&excluded, path));
                return (root.to_path_buf(), kept.collect());
            }
        }
        (PathBuf::new(), Vec::new())
    }

    fn of_folders(&self, git: &Node, is_go: bool) -> Vec<Parameters> {
        let folders = |root: &Path| -> BTreeSet<String> {
            let inside = self
                .place
                .files
                .keys()
                .filter_map(|file| file.strip_prefix(root).ok());
            let folders = inside.flat_map(|file| file.ancestors().skip(1));
            folders.map(shown).filter(|path| !path.is_empty()).collect()
        };
        let (_, named) = self.named(elements(git, "directories"), &folders);
        named.iter().map(|path| of_path(path, None, is_go)).collect()
    }

    /// What files of JSON or YAML say.
    fn of_files(&self, git: &Node, is_go: bool) -> Result<Vec<Parameters>, String> {
        let files = |root: &Path| -> BTreeSet<String> {
            let inside = self
                .place
                .files
                .keys()
                .filter_map(|file| file.strip_prefix(root).ok());
            inside.map(shown).collect()
        };
        let (root, named) = self.named(elements(git, "files"), &files);
        if named.is_empty() {
            return Err("the generator `git` names no file that is in the repository".to_string());
        }
        let mut all = Vec::new();
        for name in named {
            let Some(file) = self.place.files.get(root.join(&name).as_path()) else {
                continue;
            };
            let parsed = manifest::parse(*file, &(self.place.text)(*file), name.ends_with(".json"));
            let root = parsed.documents.into_iter().next();
            let said = root.and_then(|root| root.readings.into_iter().next());
            let said = said.map_or(Json::Null, |root| manifest::to_json(&root));
            let entries = match said {
                Json::Array(entries) => entries,
                other => vec![other],
            };
            let (folder, file) = name.rsplit_once('/').unwrap_or(("", &name));
            for entry in entries {
                let mut parameters = entry.as_object().cloned().unwrap_or_default();
                parameters.extend(of_path(folder, Some(file), is_go));
                all.push(parameters);
            }
        }
        Ok(all)
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

/// What Argo CD says of a path in either notation.
fn of_path(path: &str, file: Option<&str>, is_go: bool) -> Parameters {
    let segments: Vec<&str> = path.split('/').collect();
    let base = segments.last().copied().unwrap_or_default();
    let normal = |name: &str| name.to_lowercase().replace(['_', '.', ' '], "-");
    let mut more = json!({ "basename": base, "basenameNormalized": normal(base) });
    if let (Some(file), Some(more)) = (file, more.as_object_mut()) {
        more.insert("filename".to_string(), file.into());
        more.insert("filenameNormalized".to_string(), normal(file).into());
    }
    let mut parameters = Parameters::new();
    if is_go {
        if let Some(more) = more.as_object_mut() {
            more.insert("path".to_string(), path.into());
            more.insert("segments".to_string(), segments.into());
        }
        parameters.insert("path".to_string(), more);
        return parameters;
    }
    parameters.insert("path".to_string(), path.into());
    for (key, value) in more.as_object().into_iter().flatten() {
        parameters.insert(format!("path.{key}"), value.clone());
    }
    for (number, segment) in segments.iter().enumerate() {
        parameters.insert(format!("path[{number}]"), (*segment).into());
    }
    parameters
}

fn sources(application: &Node) -> impl Iterator<Item = &Node> {
    let spec = application.get("spec");
    let several = spec.map(|spec| elements(spec, "sources")).unwrap_or_default();
    spec.and_then(|spec| spec.get("source"))
        .into_iter()
        .chain(several)
}

/// Whether all that decides what is rendered is said. Names and clusters may be left open.
fn is_settled(application: &Node) -> bool {
    fn is_open(node: &Node) -> bool {
        node.as_str().is_some_and(|text| text.contains("{{"))
            || node.elements().iter().any(is_open)
            || node.entries().iter().any(|entry| is_open(&entry.value))
    }
    sources(application).all(|source| {
        let parts = source.entries().iter();
        let deciding = |key: &str| matches!(key, "path" | "helm" | "kustomize" | "plugin" | "directory");
        parts
            .filter(|entry| deciding(&entry.key))
            .all(|entry| !is_open(&entry.value))
    })
}
