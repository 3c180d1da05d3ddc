//! Overlays and charts → the objects that a cluster would get of them.
//!
//! In: the files of the repository, and the renderers of the machine. Out: [`Rendering`]s: the text of each overlay
//! and chart or why there is none, the files that it stands for, and where its objects come from. Renderers run in
//! parallel, each in a folder of its own, without network, for a limited time.

mod deployments;
mod helm;
mod kustomize;
mod overlays;
mod tool;

use super::clusters::Root;
use super::origin::{self, Origins};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::manifest::{self, Group, Node, Resource, Surroundings, Unevaluated, Value};
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::world::{World, display};
use helm::Charts;
use overlays::Overlays;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How to render.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The program that builds kustomizations: `kustomize`, or `kubectl`, if nothing is said.
    pub kustomize: Option<String>,
    /// The program that renders charts: `helm` if nothing is said.
    pub helm: Option<String>,
    /// How long one overlay or chart may take.
    pub timeout: Duration,
    /// The release of Kubernetes that charts are told.
    pub kube_version: String,
}

/// A file of the repository.
#[derive(Debug)]
pub(super) struct File {
    pub id: FileId,
    /// How it is shown.
    pub path: PathBuf,
    /// The same without links.
    pub absolute: PathBuf,
}

/// What became of an overlay or a chart.
struct Rendering {
    group: Group,
    /// The file that stands for it.
    place: FileId,
    /// The files whose documents it stands for.
    files: BTreeSet<FileId>,
    /// The clusters that something deploys it to.
    destinations: BTreeSet<String>,
    result: Result<Rendered, Failure>,
}

/// What an overlay or a chart was rendered to.
struct Rendered {
    /// How the text is named.
    path: String,
    text: String,
    /// Says what an object was rendered from.
    origin: Box<dyn Fn(&mut Resource) -> origin::Source + Send>,
    patches: Vec<origin::Patch>,
    /// What it takes from elsewhere, and was rendered without.
    missing: Vec<String>,
}

/// Why there is nothing.
struct Failure {
    /// What is wrong, behind "was not rendered:".
    reason: String,
    /// How a person sees the same.
    command: Option<String>,
}

/// What rendering has to add.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The objects.
    pub resources: Vec<Resource>,
    /// Where they come from.
    pub origins: Origins,
    /// What is wrong with the rendered texts, and what could not be rendered.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were rendered.
    pub rendered: BTreeSet<FileId>,
    /// The files that something takes in which could not be rendered: their objects are judged as they stand too.
    pub open: BTreeSet<FileId>,
    /// The objects of files, by the start of each, that something was rendered from.
    pub sources: BTreeSet<(FileId, u32)>,
    /// The templates that something was rendered from.
    pub templates: BTreeSet<FileId>,
    /// The overlays and releases.
    pub roots: Vec<Root>,
    /// The files that are deployed as they stand, each with its clusters.
    pub deployed: BTreeMap<FileId, BTreeSet<String>>,
    /// The overlays and charts that could not be rendered, which is told.
    pub failed: BTreeSet<Group>,
}

/// Renders all overlays and charts, and adds their texts to `sources`.
pub(super) fn run(
    world: &dyn World,
    options: &Options,
    files: &[File],
    resources: &[Resource],
    is_listed: &dyn Fn(FileId) -> bool,
    sources: &mut Sources,
) -> Outcome {
    let overlays = Overlays::read(files, sources);
    let charts = Charts::read(files, sources);
    if overlays.is_empty() && charts.is_empty() {
        return Outcome::default();
    }
    let paths = files
        .iter()
        .map(|file| (file.id, file.absolute.as_path()))
        .collect();
    let ids = files
        .iter()
        .map(|file| (file.absolute.as_path(), file.id))
        .collect();
    let is_folder = |folder: &Path| overlays.get(folder).is_some() || charts.has(folder);
    let deployments = deployments::find(resources, &paths, &ids, &is_folder);
    let mut renderings = kustomize::render(world, options, files, &overlays, &deployments, sources);
    renderings.extend(helm::render(world, options, &charts, &deployments));
    assemble(renderings, is_listed, sources)
}

fn assemble(
    renderings: Vec<Rendering>,
    is_listed: &dyn Fn(FileId) -> bool,
    sources: &mut Sources,
) -> Outcome {
    let mut outcome = Outcome::default();
    for rendering in renderings {
        let place = Span::new(rendering.place, 0, 0);
        match rendering.result {
            Ok(rendered) => {
                if let Some(first) = rendered.missing.first()
                    && !is_listed(rendering.place)
                {
                    let name = origin::name(&rendering.group);
                    let message = format!("{name} was rendered without its dependency {first}");
                    let help = "keep the dependency in `charts/`, with `helm dependency build`, or list the chart in \
                                `ordain.toml` under `[[unevaluated]]` with `path` and `reason`";
                    outcome
                        .diagnostics
                        .push(Diagnostic::new(Code::M0402, place, message).help(help));
                }
                outcome.rendered.extend(rendering.files.iter().copied());
                outcome.roots.push(Root {
                    group: rendering.group.clone(),
                    text: Some(sources.next_id()),
                    files: rendering.files,
                    destinations: rendering.destinations,
                });
                outcome.add(rendered, rendering.group, place, sources);
            }
            Err(failure) => {
                outcome.open.extend(rendering.files.iter().copied());
                outcome.roots.push(Root {
                    group: rendering.group.clone(),
                    text: None,
                    files: rendering.files,
                    destinations: rendering.destinations,
                });
                if !is_listed(rendering.place) {
                    outcome.diagnostics.push(failure.finding(&rendering.group, place));
                }
                outcome.failed.insert(rendering.group);
            }
        }
    }
    outcome
}

impl Outcome {
    fn add(&mut self, rendered: Rendered, group: Group, place: Span, sources: &mut Sources) {
        let file = sources.next_id();
        let parsed = manifest::parse(file, &rendered.text, false);
        let reading = manifest::classify(file, &rendered.text, parsed, Surroundings::default());
        sources.add(SourceFile::new(rendered.path, rendered.text));
        self.diagnostics.extend(reading.diagnostics);
        let mut objects = Vec::new();
        for mut resource in reading.resources {
            let source = (rendered.origin)(&mut resource);
            resource.written = source.file().unwrap_or(resource.file);
            match &source {
                origin::Source::Written(node) => {
                    self.sources.insert((node.span.file, node.span.start));
                }
                origin::Source::Template(file) => {
                    self.templates.insert(*file);
                }
                origin::Source::Unknown => {}
            }
            objects.push(origin::Object {
                root: resource.root.clone(),
                source,
            });
            self.resources.push(resource);
        }
        let rendered = origin::Rendered {
            group,
            place,
            objects,
            patches: rendered.patches,
        };
        self.origins.add(file, rendered);
    }
}

impl Failure {
    fn finding(&self, group: &Group, place: Span) -> Diagnostic {
        let message = format!("{} was not rendered: {}", origin::name(group), self.reason);
        let listing = "list it in `ordain.toml` under `[[unevaluated]]` with `path` and `reason`";
        let help = match &self.command {
            Some(command) => format!("`{command}` shows the same; mend what it says, or {listing}"),
            None => listing.to_string(),
        };
        Diagnostic::new(Code::M0402, place, message).help(help)
    }
}

/// The objects of a file as nodes: those of its documents, and those of lists.
fn objects(file: FileId, sources: &Sources) -> Vec<Node> {
    let source = sources.file(file);
    let parsed = manifest::parse(file, &source.text, manifest::is_json(&source.path));
    let mut objects = Vec::new();
    for document in parsed.documents {
        let Some(root) = document.readings.into_iter().next() else {
            continue;
        };
        match root.get("items").map(|items| &items.value) {
            Some(Value::Sequence(items)) => objects.extend(items.iter().cloned()),
            _ => objects.push(root),
        }
    }
    objects
}

/// A folder as it is shown, by a file in it.
fn shown_folder(file: &File) -> String {
    match file.path.parent().map(display).as_deref() {
        None | Some("") => ".".to_string(),
        Some(folder) => folder.to_string(),
    }
}

impl Outcome {
    /// Whether an object of a file is judged as what it was rendered to, and need not be as it stands. One that
    /// overlays take in and drop is still judged: another tool may deploy it from where it stands.
    pub(super) fn replaces(&self, resource: &Resource) -> bool {
        if !self.rendered.contains(&resource.file) {
            return false;
        }
        // No cluster ever gets a kustomization.
        resource.group() == "kustomize.config.k8s.io"
            || !self.open.contains(&resource.file)
                && (self.sources.contains(&(resource.file, resource.root.span.start))
                    || self.templates.contains(&resource.file))
    }

    /// Whether a document that is no object as it stands is judged as what it was rendered to. What is encrypted or
    /// broken stays so.
    pub(super) fn carries(&self, file: FileId, unevaluated: &Unevaluated) -> bool {
        use manifest::Reason::{Incomplete, Patch, Template};
        matches!(unevaluated.reason, Template | Patch | Incomplete) && self.rendered.contains(&file)
    }
}

#[cfg(test)]
pub(super) mod tests;
