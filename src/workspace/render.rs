//! Overlays and charts → the objects that a cluster would get of them.
//!
//! In: the files of the repository, and the renderers of the machine. Out: [`Rendering`]s: the text of each overlay
//! and chart or why there is none, the files that it stands for, and where its objects come from. Renderers run in
//! parallel, each in a folder of its own, without network, for a limited time.

mod completion;
mod delivery;
mod deployments;
mod helm;
mod kustomize;
mod overlays;
mod substitution;
mod tool;

use super::clusters::Root;
use super::origin::{self, Origins};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::manifest::{self, Group, Node, Resource, Surroundings, Unevaluated, Value};
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::world::{World, display};
pub(super) use delivery::{Delivery, without_rendering};
use deployments::{Deployment, Form, Open};
use helm::Charts;
use overlays::Overlays;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use substitution::Substitution;

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
    /// Its folder.
    root: PathBuf,
    /// The number of the way in which something deploys it.
    way: Option<usize>,
    /// Whether it is built because what takes it in could not be.
    is_part: bool,
    /// The file that stands for it.
    place: FileId,
    /// The files whose documents it stands for.
    files: BTreeSet<FileId>,
    /// The clusters that something deploys it to.
    destinations: BTreeSet<String>,
    /// The Applications that deploy it.
    applications: Vec<Arc<Resource>>,
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
    /// What Applications deploy, and into which namespaces; none if there was nothing to render.
    pub delivery: Option<Delivery>,
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
    let run = Run {
        world,
        options,
        files,
        resources,
        sources,
        charts: &charts,
        paths: &paths,
        ids: &ids,
    };
    let (renderings, open, deployed, delivery) = run.rounds(overlays);
    assemble(renderings, open, (deployed, delivery), is_listed, sources)
}

/// How often what is rendered may deploy further things.
const ROUNDS: usize = 6;

/// What rendering goes by.
struct Run<'a> {
    world: &'a dyn World,
    options: &'a Options,
    files: &'a [File],
    resources: &'a [Resource],
    sources: &'a Sources,
    charts: &'a Charts<'a>,
    paths: &'a HashMap<FileId, &'a Path>,
    ids: &'a HashMap<&'a Path, FileId>,
}

/// What kustomizations take in, each looked at once.
#[derive(Default)]
struct Reached(RefCell<HashMap<PathBuf, BTreeSet<FileId>>>);

impl Reached {
    fn holds(&self, overlays: &Overlays, folder: &Path, file: FileId) -> bool {
        let mut reached = self.0.borrow_mut();
        let own = reached
            .entry(folder.to_path_buf())
            .or_insert_with(|| overlays.reach(folder).files);
        own.contains(&file)
    }
}

/// The files that are deployed as they stand, each with its clusters.
type Deployed = BTreeMap<FileId, BTreeSet<String>>;

impl Run<'_> {
    /// Renders what the repository deploys, what that deploys in turn, and so on.
    fn rounds(&self, mut overlays: Overlays) -> (Vec<Rendering>, Vec<Open>, Deployed, Delivery) {
        let mut renderings: Vec<Rendering> = Vec::new();
        let mut deployments: Vec<Deployment> = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        let mut unknown = Vec::new();
        let mut kustomized = kustomize::Done::default();
        let mut released = helm::Done::default();
        // A base's objects deploy nothing before an overlay has made of them what it wants.
        let taken = overlays.taken();
        let mut started: BTreeSet<FileId> = BTreeSet::new();
        let mut seen = 0;
        let mut of_texts: Vec<Resource> = Vec::new();
        for round in 0..ROUNDS {
            let failed = renderings.iter().filter(|rendering| rendering.result.is_err());
            let failed: BTreeSet<FileId> = failed.flat_map(|own| own.files.iter().copied()).collect();
            let starts = |file: &FileId| match round {
                0 => !taken.contains(file),
                _ => failed.contains(file) && !started.contains(file),
            };
            let plain: Vec<&Resource> = self.resources.iter().filter(|own| starts(&own.file)).collect();
            let mut fresh = Vec::new();
            for (number, rendering) in renderings.iter().enumerate().skip(seen) {
                let destinations = self.destinations(rendering, &kustomized, &released);
                let objects = self.objects(rendering, number);
                fresh.push((destinations, objects));
            }
            seen = renderings.len();
            let mut all: Vec<&Resource> = self.resources.iter().chain(&of_texts).collect();
            all.extend(fresh.iter().flat_map(|(_, objects)| objects));
            let mut found = self.find(&overlays, &deployments, &all, plain.iter().copied(), None);
            for (destinations, objects) in &fresh {
                let more = self.find(&overlays, &deployments, &all, objects, Some(destinations));
                found.deployments.extend(more.deployments);
                found.open.extend(more.open);
                found.unknown.extend(more.unknown);
            }
            started.extend(plain.iter().map(|own| own.file));
            of_texts.extend(fresh.into_iter().flat_map(|(_, objects)| objects));
            open.extend(found.open);
            unknown.extend(found.unknown);
            if round > 0 && found.deployments.is_empty() {
                break;
            }
            for deployment in found.deployments.iter().filter(|own| own.form == Form::Generated) {
                overlays.generate(&deployment.folder, deployment.file);
            }
            deployments.extend(found.deployments);
            kustomize::render(
                (self.world, self.options),
                self.files,
                &overlays,
                &deployments,
                self.sources,
                &mut kustomized,
                &mut renderings,
            );
            let inflated = overlays.charts();
            helm::render(
                (self.world, self.options),
                self.charts,
                &deployments,
                &inflated,
                &mut released,
                &mut renderings,
            );
        }
        let deployed: BTreeSet<PathBuf> = renderings
            .iter()
            .filter(|rendering| rendering.way.is_some())
            .map(|rendering| rendering.root.clone())
            .collect();
        // What was rendered before something was found that deploys it is not what a cluster gets.
        renderings.retain(|own| own.way.is_some() || own.is_part || !deployed.contains(&own.root));
        for rendering in &mut renderings {
            rendering.destinations = self.destinations(rendering, &kustomized, &released);
            if let Some(way) = rendering.way {
                let ways = match rendering.group {
                    Group::Chart(_) => &released.ways,
                    _ => &kustomized.ways,
                };
                rendering.applications.extend_from_slice(ways.applications(way));
            }
        }
        tool::prune(self.world);
        let plain = self.plain(&deployments);
        let mut delivery = Delivery::default();
        let folders = delivery::Folders::of(self.files);
        delivery.add_plain(&deployments, &folders);
        delivery.add_unknown(&unknown, &folders);
        (renderings, open, plain, delivery)
    }

    fn find<'r>(
        &self,
        overlays: &Overlays,
        known: &[Deployment],
        all: &[&Resource],
        deployers: impl IntoIterator<Item = &'r Resource>,
        destinations: Option<&BTreeSet<String>>,
    ) -> deployments::Found {
        let reached = Reached::default();
        let place = deployments::Place {
            paths: self.paths,
            files: self.ids,
            folders: OnceCell::new(),
            text: &|file| self.sources.file(file).text.to_string(),
            is_described: &|folder| overlays.describes(folder) || self.charts.has(folder),
            is_chart: &|folder| self.charts.meets(folder),
            takes: &|folder, file| reached.holds(overlays, folder, file),
        };
        let mut found = deployments::find(deployers, all, &place);
        if let Some(destinations) = destinations {
            found
                .deployments
                .iter_mut()
                .for_each(|own| own.lead_to(destinations));
        }
        deployments::follow(&mut found.deployments, known, &place);
        found
    }

    fn destinations(
        &self,
        rendering: &Rendering,
        kustomized: &kustomize::Done,
        released: &helm::Done,
    ) -> BTreeSet<String> {
        let mut destinations = rendering.destinations.clone();
        if let Some(way) = rendering.way {
            destinations.extend(match rendering.group {
                Group::Chart(_) => released.ways.destinations(way),
                _ => kustomized.ways.destinations(way),
            });
        }
        destinations
    }

    /// The objects of a rendered text that deploy others, or may give values.
    fn objects(&self, rendering: &Rendering, number: usize) -> Vec<Resource> {
        let Ok(rendered) = &rendering.result else {
            return Vec::new();
        };
        let deploys = |text: &str| {
            ["argoproj.io", "toolkit.fluxcd.io"]
                .iter()
                .any(|word| text.contains(word))
        };
        if !deploys(&rendered.text) {
            return Vec::new();
        }
        // Only told from those of other texts; nothing is ever said about them.
        let file = FileId(self.sources.next_id().0 + number as u32);
        let parsed = manifest::parse(file, &rendered.text, false);
        let reading = manifest::classify(file, &rendered.text, parsed, Surroundings::default());
        let mut objects = reading.resources;
        for object in &mut objects {
            let source = (rendered.origin)(object);
            object.written = source.file().unwrap_or(rendering.place);
        }
        objects
    }

    fn plain(&self, deployments: &[Deployment]) -> Deployed {
        let mut deployed = Deployed::new();
        for deployment in deployments {
            let Form::Plain { deep } = deployment.form else {
                continue;
            };
            let is_in = |file: &&File| match deep {
                true => file.absolute.starts_with(&deployment.folder),
                false => file.absolute.parent() == Some(&deployment.folder),
            };
            // Of which cluster nobody knows is of any.
            if deployment.destinations.is_empty() {
                continue;
            }
            for file in self.files.iter().filter(is_in) {
                let own = deployed.entry(file.id).or_default();
                own.extend(deployment.destinations.iter().cloned());
            }
        }
        deployed
    }
}

fn assemble(
    renderings: Vec<Rendering>,
    open: Vec<Open>,
    (deployed, mut delivery): (Deployed, Delivery),
    is_listed: &dyn Fn(FileId) -> bool,
    sources: &mut Sources,
) -> Outcome {
    let mut outcome = Outcome {
        deployed,
        ..Outcome::default()
    };
    for open in open {
        if is_listed(open.span.file) {
            continue;
        }
        let message = format!("{} was not rendered: {}", open.name, open.reason);
        let help = "render what it deploys elsewhere and check that, or list it in `ordain.toml` under `[[unevaluated]]` \
                    with `path` and `reason`";
        let heading = Span {
            end: open.span.start,
            ..open.span
        };
        outcome
            .diagnostics
            .push(Diagnostic::new(Code::M0402, heading, message).help(help));
    }
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
                let text = sources.next_id();
                delivery.add(&rendering.applications, &[text]);
                delivery.add_unknown_of_text(text, &rendering.files);
                outcome.rendered.extend(rendering.files.iter().copied());
                outcome.roots.push(Root {
                    group: rendering.group.clone(),
                    text: Some(text),
                    files: rendering.files,
                    destinations: rendering.destinations,
                });
                outcome.add(rendered, rendering.group, place, sources);
            }
            Err(failure) => {
                delivery.add(&rendering.applications, &rendering.files);
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
    outcome.delivery = Some(delivery);
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
