//! Which objects Applications of Argo CD deploy, into which namespaces, and what kustomizations complete of what is
//! judged as it stands.
//!
//! In: [`Deployment`]s, with what they were rendered to; or, where nothing is rendered, the files of the repository.
//! Out: [`Delivery`].

use super::completion::Completions;
use super::deployments::{self, Deployment, Form};
use super::helm::Charts;
use super::overlays::Overlays;
use super::{File, Reached};
use crate::evaluate::Applications;
use crate::manifest::Resource;
use crate::source::{FileId, Sources};
use serde_json::Value as Json;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Who deploys objects, and where to.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    /// The Applications.
    pub applications: Applications,
    /// The namespaces of files' objects that name none; several where deployments disagree.
    namespaces: BTreeMap<FileId, BTreeSet<String>>,
    /// The namespaces that are set in files' objects, whatever these name.
    set: BTreeMap<FileId, BTreeSet<String>>,
    /// The files that an Application may deploy which nobody knows.
    unknown: BTreeMap<FileId, Vec<Arc<Resource>>>,
    /// What kustomizations set in objects that are judged as they stand.
    completions: Completions,
}

impl Delivery {
    /// Notes that Applications deploy the objects of files.
    pub(super) fn add<'f>(
        &mut self,
        applications: &[Arc<Resource>],
        files: impl IntoIterator<Item = &'f FileId> + Clone,
    ) {
        for application in applications {
            self.applications
                .add(application, files.clone().into_iter().copied());
        }
    }

    /// Adds what is deployed as it stands.
    pub(super) fn add_plain(&mut self, deployments: &[Deployment], folders: &Folders<'_>) {
        for deployment in deployments {
            let Form::Plain { deep } = deployment.form else {
                continue;
            };
            let files = match deep {
                true => folders.below(&deployment.folder),
                false => folders.within(&deployment.folder),
            };
            self.add_with_namespace(deployment, files);
        }
    }

    fn add_with_namespace(&mut self, deployment: &Deployment, files: &[FileId]) {
        self.add(&deployment.applications, files);
        for file in files {
            let own = self.namespaces.entry(*file).or_default();
            own.extend(deployment.namespace.clone());
        }
        self.set_namespace(deployment, files);
    }

    /// Notes the namespace that kustomize would set.
    fn set_namespace(&mut self, deployment: &Deployment, files: &[FileId]) {
        let Some(name) = deployment.settings.get("namespace").and_then(Json::as_str) else {
            return;
        };
        for file in files {
            self.set.entry(*file).or_default().insert(name.to_string());
        }
    }

    /// Adds Applications that can't be told, with the folders from which they may deploy something.
    pub(super) fn add_unknown(&mut self, unknown: &[(Arc<Resource>, PathBuf)], folders: &Folders<'_>) {
        for (application, folder) in unknown {
            self.add_unknown_of(application, folders.below(folder));
        }
    }

    fn add_unknown_of<'f>(
        &mut self,
        application: &Arc<Resource>,
        files: impl IntoIterator<Item = &'f FileId>,
    ) {
        for file in files {
            self.applications.add(application, [*file]);
            self.unknown.entry(*file).or_default().push(application.clone());
        }
    }

    /// Says the same of a text as of the files that it was rendered from.
    pub(super) fn add_unknown_of_text(&mut self, text: FileId, files: &BTreeSet<FileId>) {
        for application in files.iter().filter_map(|file| self.unknown.get(file)).flatten() {
            self.applications.add(application, [text]);
        }
    }

    /// Completes objects, and puts those that name no namespace into the one that they are deployed to.
    pub(crate) fn place(&self, resources: &mut [Resource]) {
        self.completions.complete(resources);
        // Which of several is meant can't be told.
        let only =
            |names: Option<&BTreeSet<String>>| names.filter(|names| names.len() == 1)?.first().cloned();
        for resource in resources {
            let file = resource.file;
            let own = resource.namespace.take();
            let named = own.or_else(|| only(self.namespaces.get(&file)));
            resource.namespace = only(self.set.get(&file)).or(named);
        }
    }
}

/// The files by the folders that they lie in.
#[derive(Default)]
pub(super) struct Folders<'a> {
    within: HashMap<&'a Path, Vec<FileId>>,
    below: HashMap<&'a Path, Vec<FileId>>,
    all: Vec<FileId>,
}

impl<'a> Folders<'a> {
    pub(super) fn of(files: &'a [File]) -> Folders<'a> {
        let mut folders = Folders::default();
        for file in files {
            folders.all.push(file.id);
            for (depth, folder) in file.absolute.ancestors().skip(1).enumerate() {
                if depth == 0 {
                    folders.within.entry(folder).or_default().push(file.id);
                }
                folders.below.entry(folder).or_default().push(file.id);
            }
        }
        folders
    }

    fn within(&self, folder: &Path) -> &[FileId] {
        self.within.get(folder).map_or(&[], Vec::as_slice)
    }

    /// Those in folders of a folder too; all of them below none.
    fn below(&self, folder: &Path) -> &[FileId] {
        match folder.as_os_str().is_empty() {
            true => &self.all,
            false => self.below.get(folder).map_or(&[], Vec::as_slice),
        }
    }
}

/// What Applications deploy, and kustomizations complete, of files that are judged as they stand.
pub(crate) fn without_rendering(
    files: &[File],
    resources: &[Resource],
    is_partial: bool,
    sources: &Sources,
) -> Delivery {
    let mut delivery = Delivery::default();
    let deploys = |resource: &&Resource| {
        matches!(
            (resource.group(), resource.kind.as_str()),
            ("argoproj.io", "Application" | "ApplicationSet")
                | ("kustomize.toolkit.fluxcd.io", "Kustomization")
        )
    };
    let deployers: Vec<&Resource> = resources.iter().filter(deploys).collect();
    let overlays = Overlays::read(files, sources);
    if deployers.is_empty() {
        if !is_partial {
            let roots = overlays.roots(&BTreeSet::new());
            delivery.completions = Completions::of(&overlays, &roots, &BTreeSet::new());
        }
        return delivery;
    }
    let charts = Charts::read(files, sources);
    let paths: HashMap<FileId, &Path> = files
        .iter()
        .map(|file| (file.id, file.absolute.as_path()))
        .collect();
    let ids: HashMap<&Path, FileId> = files
        .iter()
        .map(|file| (file.absolute.as_path(), file.id))
        .collect();
    let reached = Reached::default();
    let place = deployments::Place {
        paths: &paths,
        files: &ids,
        folders: OnceCell::new(),
        text: &|file| sources.file(file).text.to_string(),
        is_described: &|folder| overlays.describes(folder) || charts.has(folder),
        is_chart: &|folder| charts.meets(folder),
        takes: &|folder, file| reached.holds(&overlays, folder, file),
    };
    let all: Vec<&Resource> = resources.iter().collect();
    let found = deployments::find(deployers, &all, &place);
    let folders = Folders::of(files);
    delivery.add_plain(&found.deployments, &folders);
    delivery.add_unknown(&found.unknown, &folders);
    for (application, folder) in &found.unknown {
        for kustomization in overlays.below(folder) {
            delivery.add_unknown_of(application, &overlays.reach(kustomization).files);
        }
    }
    if !is_partial {
        delivery.completions = completions(&overlays, &found, &folders);
    }
    for deployment in &found.deployments {
        let folder = &deployment.folder;
        match deployment.form {
            Form::Plain { .. } => {}
            Form::Described if overlays.describes(folder) => {
                let reach = overlays.reach(folder);
                let files: Vec<FileId> = reach.files.into_iter().collect();
                // What a kustomization says of namespaces is not applied here.
                let says = |folder: &PathBuf| {
                    overlays
                        .get(folder)
                        .is_some_and(|own| own.root.get("namespace").is_some())
                };
                match reach.folders.iter().any(says) {
                    true => {
                        delivery.add(&deployment.applications, &files);
                        delivery.set_namespace(deployment, &files);
                    }
                    false => delivery.add_with_namespace(deployment, &files),
                }
            }
            Form::Described | Form::Generated => {
                delivery.add_with_namespace(deployment, folders.below(folder));
            }
        }
    }
    delivery
}

/// What kustomizations set on the way to what is deployed, or is built by people.
fn completions(overlays: &Overlays, found: &deployments::Found, folders: &Folders<'_>) -> Completions {
    let mut named: BTreeSet<PathBuf> = BTreeSet::new();
    let mut plain: BTreeSet<FileId> = BTreeSet::new();
    // Whatever lies in such a folder may be deployed.
    for (_, folder) in &found.unknown {
        named.extend(overlays.below(folder).map(Path::to_path_buf));
        plain.extend(folders.below(folder));
    }
    // What an Application or a Kustomization of Flux sets on top is not applied here.
    let sets = |deployment: &Deployment| {
        let settings = ["images", "patches", "components", "namespace"];
        settings
            .iter()
            .any(|name| deployment.settings.contains_key(*name))
    };
    for deployment in &found.deployments {
        if sets(deployment) {
            plain.extend(overlays.reach(&deployment.folder).files);
        }
        match deployment.form {
            Form::Described if overlays.describes(&deployment.folder) => {
                named.insert(deployment.folder.clone());
            }
            Form::Plain { deep: false } => plain.extend(folders.within(&deployment.folder)),
            Form::Plain { deep: true } => plain.extend(folders.below(&deployment.folder)),
            Form::Described | Form::Generated => {
                for path in overlays.gathered(&deployment.folder) {
                    match overlays.file(&path) {
                        Some(file) => _ = plain.insert(file),
                        None => _ = named.insert(path),
                    }
                }
            }
        }
    }
    Completions::of(overlays, &overlays.roots(&named), &plain)
}

#[cfg(test)]
mod tests;
