//! Kustomizations → what kustomize builds of them.
//!
//! In: the kustomizations. Out: a [`Rendering`] for each that is built. A kustomization around each has kustomize
//! note the file that every object comes from.

use super::deployments::{Deployment, Ways};
use super::overlays::{self, Overlays, Reach};
use super::substitution::{self, Substituted};
use super::tool::{self, Job};
use super::{Failure, File, Options, Rendered, Rendering, objects};
use crate::manifest::{Group, Node, Resource, Value};
use crate::source::{FileId, Sources};
use crate::workspace::discover::relative;
use crate::workspace::origin::{self, patches_of};
use crate::world::{Program, World, display, normalize};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where kustomize notes what an object comes from.
const ORIGIN: &str = "config.kubernetes.io/origin";

/// What kustomize notes of an object.
#[derive(Debug, PartialEq, Eq)]
enum Noted<'a> {
    /// The file that it stands in.
    File(&'a str),
    /// The kustomization that makes it.
    Made(&'a str),
}

/// The files of the repository as their objects are looked up.
struct Repository {
    ids: HashMap<PathBuf, FileId>,
    folders: BTreeSet<PathBuf>,
    objects: BTreeMap<FileId, Vec<Node>>,
    /// Names of what kustomizations make, with their places.
    made: BTreeMap<FileId, Node>,
}

/// A kustomization that is built, as it stands or as it is deployed.
struct Build<'a> {
    root: &'a Path,
    reach: Reach,
    deployment: Option<&'a Deployment>,
    /// The number of the way in which it is deployed.
    way: Option<usize>,
    /// Whether what takes it in could not be built.
    is_part: bool,
    /// The clusters that it is for, as far as they are known yet.
    destinations: BTreeSet<String>,
    /// The Applications that deploy what it is a part of.
    applications: Vec<Arc<Resource>>,
}

/// The kustomizations that are built so far.
#[derive(Default)]
pub(super) struct Done {
    /// The ways in which they are deployed.
    pub ways: Ways,
    /// Those that something built takes in.
    known: BTreeSet<PathBuf>,
}

/// Builds all kustomizations that are to be built and were not so far.
pub(super) fn render(
    (world, options): (&dyn World, &Options),
    files: &[File],
    overlays: &Overlays,
    deployments: &[Deployment],
    sources: &Sources,
    done: &mut Done,
    renderings: &mut Vec<Rendering>,
) {
    let mut builds = builds(overlays, deployments, done);
    if builds.is_empty() {
        return;
    }
    let program = program(world, options);
    let all: BTreeSet<FileId> = builds
        .iter()
        .flat_map(|build| build.reach.files.iter().copied())
        .collect();
    let kustomizations = builds.iter().flat_map(|build| &build.reach.folders);
    let repository = Arc::new(Repository {
        ids: files
            .iter()
            .map(|file| (file.absolute.clone(), file.id))
            .collect(),
        folders: files
            .iter()
            .filter_map(|file| file.absolute.parent())
            .map(Path::to_path_buf)
            .collect(),
        objects: all.iter().map(|file| (*file, objects(*file, sources))).collect(),
        made: kustomizations
            .filter_map(|folder| overlays.get(folder))
            .map(|kustomization| (kustomization.file, kustomization.root.clone()))
            .collect(),
    });
    done.known
        .extend(builds.iter().map(|build| build.root.to_path_buf()));
    while !builds.is_empty() {
        let texts: Vec<Result<tool::Text, Failure>> = builds
            .par_iter()
            .map(|build| build.run(world, options, &program, overlays, &repository))
            .collect();
        // What can't be built as a whole is built in its parts.
        let mut parts = Vec::new();
        for (build, text) in builds.into_iter().zip(texts) {
            match &text {
                Ok(_) => done.known.extend(build.reach.folders.iter().cloned()),
                Err(_) => {
                    let own = overlays.parts(build.root).into_iter();
                    parts.extend(
                        own.map(|part| (part, build.destinations.clone(), build.applications.clone())),
                    );
                }
            }
            let Some(place) = overlays.get(build.root).map(|own| own.file) else {
                continue;
            };
            let Some(folder) = shown_as(build.root, files) else {
                continue;
            };
            renderings.push(Rendering {
                result: text
                    .map(|text| build.rendered(text, &folder, overlays, &repository, sources))
                    .map_err(|failure| failure.of(&folder)),
                group: Group::Overlay(folder),
                root: build.root.to_path_buf(),
                way: build.way,
                is_part: build.is_part,
                place,
                files: build.reach.files,
                destinations: build.destinations,
                applications: build.applications,
            });
        }
        parts.retain(|(part, ..)| done.known.insert(part.to_path_buf()));
        builds = parts
            .into_iter()
            .map(|(root, destinations, applications)| Build {
                applications,
                root,
                reach: overlays.reach(root),
                deployment: None,
                way: None,
                is_part: true,
                destinations,
            })
            .collect();
    }
}

/// A folder as it is shown, by the files in it.
fn shown_as(folder: &Path, files: &[File]) -> Option<String> {
    files.iter().find_map(|file| {
        let inside = file.absolute.strip_prefix(folder).ok()?;
        let shown = file.path.ancestors().nth(inside.components().count())?;
        Some(match display(shown) {
            shown if shown.is_empty() => ".".to_string(),
            shown => shown,
        })
    })
}

/// What is to be built: each root once for each way in which it is deployed.
fn builds<'a>(overlays: &'a Overlays, deployments: &'a [Deployment], done: &mut Done) -> Vec<Build<'a>> {
    let named = deployments
        .iter()
        .map(|deployment| deployment.folder.clone())
        .collect();
    let mut builds: Vec<Build<'a>> = Vec::new();
    for root in overlays.roots(&named) {
        for deployment in deployments.iter().filter(|deployment| deployment.folder == root) {
            if let Some(way) = done.ways.add(deployment, Deployment::builds_as) {
                builds.push(Build {
                    root,
                    reach: overlays.reach(root),
                    deployment: Some(deployment),
                    way: Some(way),
                    is_part: false,
                    destinations: deployment.destinations.clone(),
                    applications: deployment.applications.clone(),
                });
            }
        }
        let is_deployed = deployments.iter().any(|deployment| deployment.folder == root);
        if !is_deployed && !done.known.contains(root) {
            builds.push(Build {
                root,
                reach: overlays.reach(root),
                deployment: None,
                way: None,
                is_part: false,
                destinations: BTreeSet::new(),
                applications: Vec::new(),
            });
        }
    }
    builds
}

/// The program with the arguments before the folder.
type Builder = Result<(Program, &'static [&'static str]), String>;

fn program(world: &dyn World, options: &Options) -> Builder {
    let build: &[&str] = &["build"];
    let within_kubectl: &[&str] = &["kustomize"];
    match options.kustomize.as_deref() {
        Some(name) => {
            let found = world
                .program(name)
                .ok_or(format!("there is no program `{name}`"))?;
            Ok((
                found,
                if name.starts_with("kubectl") {
                    within_kubectl
                } else {
                    build
                },
            ))
        }
        None => world
            .program("kustomize")
            .map(|program| (program, build))
            .or_else(|| world.program("kubectl").map(|program| (program, within_kubectl)))
            .ok_or_else(|| "neither `kustomize` nor `kubectl` is installed".to_string()),
    }
}

impl Build<'_> {
    fn run(
        &self,
        world: &dyn World,
        options: &Options,
        builder: &Builder,
        overlays: &Overlays,
        repository: &Repository,
    ) -> Result<tool::Text, Failure> {
        let failure = |reason: String| Failure {
            reason,
            command: None,
        };
        if let Some(remote) = self.reach.remote.first() {
            let reason = format!("it takes in `{remote}`, and nothing is fetched from other machines");
            return Err(failure(reason));
        }
        if let Some(chart) = self.reach.far_charts.first() {
            let reason = format!(
                "it has the chart `{chart}` rendered, which is not in its `helmGlobals.chartHome`, and nothing is fetched \
                 from other machines"
            );
            return Err(failure(reason));
        }
        let (program, arguments) = builder.as_ref().map_err(|reason| failure(reason.clone()))?;
        let settings = self
            .deployment
            .map(|deployment| deployment.settings.clone())
            .unwrap_or_default();
        let generated = overlays
            .get(self.root)
            .map(|own| own.generated_from())
            .unwrap_or_default();
        let components = self.components();
        let wrapper = |folder: &Path| {
            let mut kustomization = settings.clone();
            let from_here = |path: &Path| relative(folder, path).to_string_lossy().into_owned();
            let resources: Vec<String> = match generated {
                [] => vec![from_here(self.root)],
                files => files.iter().map(|path| from_here(path)).collect(),
            };
            kustomization.insert("resources".to_string(), resources.into());
            if !components.is_empty() {
                let components: Vec<String> = components.iter().map(|path| from_here(path)).collect();
                kustomization.insert("components".to_string(), components.into());
            }
            kustomization.insert("buildMetadata".to_string(), vec!["originAnnotations"].into());
            // JSON is YAML in which no name of a folder means anything else.
            let text = serde_json::Value::Object(kustomization).to_string();
            vec![(PathBuf::from("kustomization.yaml"), text.into_bytes())]
        };
        let mut arguments: Vec<String> = arguments.iter().map(|word| word.to_string()).collect();
        arguments.push(".".to_string());
        if !self.reach.charts.is_empty() {
            let name = options.helm.as_deref().unwrap_or("helm");
            let helm = world
                .program(name)
                .ok_or_else(|| failure(format!("it has a chart rendered, and `{name}` is not installed")))?;
            let helm = helm.path.to_string_lossy().into_owned();
            arguments.extend(["--enable-helm".to_string(), "--helm-command".to_string(), helm]);
        }
        let named = self.named(world, overlays);
        let inputs = self.inputs(world, &named, &settings);
        let build = |arguments: Vec<String>| {
            let job = Job {
                program,
                arguments,
                files: &wrapper,
                timeout: options.timeout,
                inputs: inputs.clone(),
            };
            tool::run(world, &job)
        };
        // Argo CD takes files only from below a kustomization, Flux from the whole repository. Nobody takes any from
        // outside of it.
        let unrestricted = || {
            let restrictor = ["--load-restrictor", "LoadRestrictionsNone"].map(str::to_string);
            arguments.iter().cloned().chain(restrictor).collect()
        };
        let is_inside = named.iter().all(|path| repository.holds(path));
        let text = match self.deployment.is_some_and(|deployment| deployment.is_open) && is_inside {
            true => build(unrestricted()),
            false => match build(arguments.clone()) {
                Err(reason) if is_inside && reason.contains("security; file") => build(unrestricted()),
                text => text,
            },
        };
        text.map_err(|reason| Failure {
            reason,
            command: Some("kustomize build".to_string()),
        })
    }

    /// The components that a deployment adds.
    fn components(&self) -> Vec<PathBuf> {
        let added = self
            .deployment
            .map(|own| own.components.as_slice())
            .unwrap_or_default();
        added
            .iter()
            .map(|path| normalize(&self.root.join(path)))
            .collect()
    }

    /// The files that the kustomizations name, and their own.
    fn named(&self, world: &dyn World, overlays: &Overlays) -> BTreeSet<PathBuf> {
        let mut named = BTreeSet::new();
        for folder in &self.reach.folders {
            let Some(kustomization) = overlays.get(folder) else {
                continue;
            };
            let mut words = Vec::new();
            overlays::strings(&kustomization.root, &mut words);
            // Generators name files as `key=file`.
            let words = words
                .iter()
                .flat_map(|word| [Some(*word), word.split_once('=').map(|(_, file)| file)]);
            let own = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
            let words = words.flatten().filter(|word| !word.contains('\n')).chain(own);
            let paths = words.map(|name| normalize(&folder.join(name)));
            named.extend(paths.filter(|path| world.is_file(path)));
            let generated = kustomization.generated_from().iter();
            named.extend(generated.filter(|path| world.is_file(path)).cloned());
        }
        named
    }

    /// All that the result depends on; none if it may depend on more.
    fn inputs(
        &self,
        world: &dyn World,
        named: &BTreeSet<PathBuf>,
        settings: &serde_json::Map<String, serde_json::Value>,
    ) -> Option<Vec<(String, Vec<u8>)>> {
        if !self.reach.closed {
            return None;
        }
        let components = self
            .deployment
            .map(|own| own.components.join("\n"))
            .unwrap_or_default();
        let settings = format!("{}\n{components}", serde_json::Value::Object(settings.clone()));
        let mut inputs = vec![(self.root.to_string_lossy().into_owned(), settings.into_bytes())];
        for path in named {
            inputs.push((path.to_string_lossy().into_owned(), world.read(path).ok()?));
        }
        Some(inputs)
    }

    fn rendered(
        &self,
        text: tool::Text,
        folder: &str,
        overlays: &Overlays,
        repository: &Arc<Repository>,
        sources: &Sources,
    ) -> Rendered {
        let mut patches = Vec::new();
        // Bases come before what takes them in, whose patches are applied later.
        let mut folders: Vec<&PathBuf> = self.reach.folders.iter().collect();
        folders.sort_by_cached_key(|folder| overlays.reach(folder).folders.len());
        for folder in folders {
            if let Some(kustomization) = overlays.get(folder) {
                let file = |name: &str| {
                    let file = repository.ids.get(&normalize(&folder.join(name)))?;
                    repository.objects.get(file).map(Vec::as_slice)
                };
                patches.extend(patches_of(&kustomization.root, sources, file));
            }
        }
        let own = self.deployment.and_then(|deployment| deployment.patches.as_ref());
        patches.extend(own.into_iter().flat_map(|own| patches_of(own, sources, |_| None)));
        let by = self
            .deployment
            .filter(|deployment| !deployment.settings.is_empty() || deployment.substitution.is_some());
        let by = by.map(|by| format!(" for {}", by.name)).unwrap_or_default();
        let namespace = self
            .deployment
            .and_then(|deployment| deployment.namespace.clone());
        let repository = Arc::clone(repository);
        let from = text.folder;
        let substitution = self.deployment.and_then(|own| own.substitution.as_ref());
        let substituted = match substitution {
            Some(substitution) => substitution.apply(&text.text),
            None => Substituted {
                text: text.text,
                ..Substituted::default()
            },
        };
        let unknown = substituted.unknown;
        Rendered {
            path: format!("{folder}/(rendered{by})"),
            text: substituted.text,
            origin: Box::new(move |resource| {
                if !unknown.is_empty() {
                    substitution::mark(&mut resource.root, &unknown);
                }
                if resource.namespace.is_none() {
                    resource.namespace = namespace.clone();
                }
                let noted = take_note(&mut resource.root);
                noted
                    .and_then(|noted| repository.source(&noted, &from, resource))
                    .map_or(origin::Source::Unknown, |node| {
                        origin::Source::Written(Box::new(node))
                    })
            }),
            patches,
            missing: Vec::new(),
        }
    }
}

impl Failure {
    fn of(mut self, folder: &str) -> Failure {
        self.command = self.command.map(|command| format!("{command} {folder}"));
        self
    }
}

/// Takes kustomize's note out of an object.
fn take_note(root: &mut Node) -> Option<String> {
    let Value::Mapping(mapping) = &mut root.value else {
        return None;
    };
    let Value::Mapping(metadata) = &mut mapping.get_mut("metadata")?.value else {
        return None;
    };
    let Value::Mapping(annotations) = &mut metadata.get_mut("annotations")?.value else {
        return None;
    };
    let note = annotations.remove(ORIGIN)?;
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
    note.value.as_str().map(str::to_string)
}

fn read_note(note: &str) -> Option<Noted<'_>> {
    let line = |key: &str| {
        let mut lines = note.lines().filter_map(|line| line.strip_prefix(key));
        lines.next().map(|value| value.trim().trim_matches(['\'', '"']))
    };
    if line("repo:").is_some() {
        return None;
    }
    line("path:")
        .map(Noted::File)
        .or_else(|| line("configuredIn:").map(Noted::Made))
}

impl Repository {
    /// Whether a file lies beside or below one that is checked, or in the folder of one that is.
    fn holds(&self, path: &Path) -> bool {
        self.ids.contains_key(path) || path.parent().is_some_and(|folder| self.folders.contains(folder))
    }

    /// What an object was made from.
    fn source(&self, note: &str, folder: &Path, resource: &Resource) -> Option<Node> {
        let id = |path: &str| self.ids.get(&normalize(&folder.join(path)));
        match read_note(note)? {
            Noted::File(path) => same_object(self.objects.get(id(path)?)?, resource).cloned(),
            Noted::Made(path) => generator(self.made.get(id(path)?)?, resource).cloned(),
        }
    }
}

/// The object of a file that another one was made from: of its kind, with its name, which may have got a prefix and
/// a suffix.
fn same_object<'a>(objects: &'a [Node], resource: &Resource) -> Option<&'a Node> {
    let word = |node: &'a Node, key: &str| node.get(key).and_then(Node::as_str);
    let of_kind: Vec<&Node> = objects
        .iter()
        .filter(|node| word(node, "kind") == Some(&resource.kind))
        .collect();
    let name = |node: &&&'a Node| {
        node.path(["metadata", "name"])
            .and_then(Node::as_str)
            .unwrap_or_default()
    };
    let exact = of_kind.iter().find(|node| name(node) == resource.name);
    let longer = || {
        let contained = of_kind.iter().filter(|node| resource.name.contains(name(node)));
        contained.max_by_key(|node| name(node).len())
    };
    match of_kind.as_slice() {
        [only] => Some(only),
        _ => exact.or_else(longer).copied(),
    }
}

/// The entry of a kustomization that makes an object, in the form of an object, so that its name is found.
fn generator<'a>(kustomization: &'a Node, resource: &Resource) -> Option<&'a Node> {
    let key = match resource.kind.as_str() {
        "ConfigMap" => "configMapGenerator",
        "Secret" => "secretGenerator",
        _ => return None,
    };
    let name = |node: &&Node| {
        node.get("name")
            .and_then(Node::as_str)
            .unwrap_or_default()
            .to_string()
    };
    overlays::elements(kustomization, key)
        .filter(|node| resource.name.contains(&name(node)))
        .max_by_key(|node| name(node).len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_name_a_file_or_a_kustomization() {
        let check = |note: &str, expected: Option<Noted>| assert_eq!(read_note(note), expected);
        check("path: ../a/b.yaml\n", Some(Noted::File("../a/b.yaml")));
        check(
            "configuredIn: k.yaml\nconfiguredBy:\n  kind: ConfigMapGenerator\n",
            Some(Noted::Made("k.yaml")),
        );
        check("path: b.yaml\nrepo: https://git.example/a\n", None);
        check("", None);
    }
}
