//! Charts → what Helm renders of them.
//!
//! In: the charts of the repository, and how they are deployed. Out: a [`Rendering`] for each deployment of a chart;
//! for a chart that nothing deploys, one with its own values, or with those that it is tested with.

use super::deployments::{Deployment, Values, Ways};
use super::overlays::elements;
use super::tool::{self, Job};
use super::{Failure, File, Options, Rendered, Rendering, shown_folder};
use crate::manifest::{self, Group, Node};
use crate::source::{FileId, Sources};
use crate::workspace::origin;
use crate::world::{Program, World, display, normalize};
use rayon::prelude::*;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// A chart of the repository.
#[derive(Debug)]
struct Chart {
    file: FileId,
    name: String,
    is_library: bool,
    root: Node,
}

#[derive(Debug)]
struct Dependency {
    name: String,
    repository: String,
}

/// The charts by their folders.
pub(super) struct Charts<'a> {
    charts: BTreeMap<PathBuf, Chart>,
    files: &'a [File],
}

/// The files of a chart and where its templates are.
#[derive(Default)]
struct Content {
    /// Each file by its name in the chart.
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// Folders of charts by their names in the chart.
    folders: Vec<(PathBuf, PathBuf)>,
    /// Dependencies that are kept elsewhere.
    missing: Vec<String>,
}

/// A chart with the values that it is rendered with.
struct Release<'a> {
    folder: &'a Path,
    chart: &'a Chart,
    name: String,
    namespace: Option<String>,
    values: Vec<Values>,
    parameters: Vec<(String, bool)>,
    apis: Vec<String>,
    missing: Option<String>,
    /// What deploys it.
    by: Option<String>,
    /// The number of the way in which that is.
    way: Option<usize>,
    /// Files to try if it does not render with its own values.
    others: Vec<PathBuf>,
}

/// How many charts lie in each other at most.
const DEEPEST: usize = 8;

impl<'a> Charts<'a> {
    pub(super) fn read(files: &'a [File], sources: &Sources) -> Charts<'a> {
        let mut charts = BTreeMap::new();
        for file in files.iter().filter(|file| file.absolute.ends_with("Chart.yaml")) {
            let Some(folder) = file.absolute.parent() else {
                continue;
            };
            let root = first(manifest::parse(file.id, &sources.file(file.id).text, false));
            if let Some(chart) = root.and_then(|root| Chart::of(file.id, root)) {
                charts.insert(folder.to_path_buf(), chart);
            }
        }
        Charts { charts, files }
    }

    pub(super) fn has(&self, folder: &Path) -> bool {
        self.charts.contains_key(folder)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.charts.is_empty()
    }

    /// Whether another chart holds the chart in its `charts`.
    fn is_held(&self, folder: &Path) -> bool {
        let mut inside = folder;
        folder.ancestors().skip(1).any(|above| {
            let is_part = inside.file_name().is_some_and(|name| name == "charts") && self.has(above);
            inside = above;
            is_part
        })
    }

    /// Whether a folder lies in a chart, or has one below it.
    pub(super) fn meets(&self, folder: &Path) -> bool {
        let mut charts = self.charts.keys();
        charts.any(|chart| chart.starts_with(folder) || folder.starts_with(chart))
    }

    /// What is to be rendered and was not so far.
    fn releases<'b>(
        &'b self,
        deployments: &[Deployment],
        inflated: &BTreeSet<PathBuf>,
        done: &mut Done,
    ) -> Vec<Release<'b>> {
        let mut releases = Vec::new();
        for (folder, chart) in &self.charts {
            if chart.is_library {
                continue;
            }
            let own: Vec<&Deployment> = deployments
                .iter()
                .filter(|deployment| deployment.folder == *folder)
                .collect();
            for deployment in &own {
                let Some(way) = done.ways.add(deployment, Deployment::renders_as) else {
                    continue;
                };
                releases.push(Release {
                    way: Some(way),
                    folder,
                    chart,
                    name: deployment.release.clone().unwrap_or_else(|| chart.name.clone()),
                    namespace: deployment.namespace.clone(),
                    values: deployment.values.clone(),
                    parameters: deployment.parameters.clone(),
                    apis: deployment.apis.clone(),
                    missing: deployment.missing.clone(),
                    by: Some(deployment.name.clone()),
                    others: Vec::new(),
                });
            }
            if own.is_empty()
                && !self.is_held(folder)
                && !inflated.contains(folder)
                && done.alone.insert(folder.clone())
            {
                releases.push(Release {
                    folder,
                    chart,
                    name: chart.name.clone(),
                    namespace: None,
                    values: Vec::new(),
                    parameters: Vec::new(),
                    apis: Vec::new(),
                    missing: None,
                    by: None,
                    way: None,
                    others: self.test_values(folder),
                });
            }
        }
        releases
    }

    /// The values that `ct`, the tool that charts are tested with, takes.
    fn test_values(&self, folder: &Path) -> Vec<PathBuf> {
        let is_one = |file: &&File| {
            file.absolute.parent() == Some(&folder.join("ci"))
                && file.absolute.to_string_lossy().ends_with("values.yaml")
        };
        self.files
            .iter()
            .filter(is_one)
            .map(|file| file.absolute.clone())
            .collect()
    }

    /// The files of a chart, with those of the charts that it depends on.
    fn content(&self, world: &dyn World, folder: &Path) -> Result<Content, String> {
        let mut content = Content::default();
        self.gather(world, folder, Path::new(""), 0, &mut content)?;
        Ok(content)
    }

    fn gather(
        &self,
        world: &dyn World,
        folder: &Path,
        inside: &Path,
        depth: usize,
        content: &mut Content,
    ) -> Result<(), String> {
        if depth > DEEPEST {
            return Err("its dependencies have no end".to_string());
        }
        content.folders.push((inside.to_path_buf(), folder.to_path_buf()));
        let vendored = folder.join("charts");
        let mut files = BTreeSet::new();
        // Built dependencies are there although git ignores them.
        for start in [folder, &vendored] {
            if world.kind(start).is_err() {
                continue;
            }
            let walk = world.walk(start, &|_| true);
            if let Some(fault) = walk.faults.iter().find(|fault| fault.leads_out) {
                return Err(format!(
                    "`{}` {}, outside of the chart",
                    display(&fault.path),
                    fault.reason
                ));
            }
            files.extend(walk.files);
        }
        let mut names = BTreeSet::new();
        for file in files {
            let Ok(name) = file.strip_prefix(folder) else {
                continue;
            };
            if let Ok(rest) = name.strip_prefix("charts") {
                names.extend(
                    rest.components()
                        .next()
                        .map(|part| part.as_os_str().to_string_lossy().into_owned()),
                );
            }
            let bytes = world
                .read(&file)
                .map_err(|error| format!("`{}`: {error}", display(&file)))?;
            content.files.insert(inside.join(name), bytes);
        }
        let Some(chart) = self.charts.get(folder) else {
            return Ok(());
        };
        // Old charts keep their dependencies in a file of their own.
        let old = inside.join("requirements.yaml");
        let requirements = content
            .files
            .get(&old)
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let requirements = requirements.and_then(|text| first(manifest::parse(FileId(0), &text, false)));
        let (name, root) = match &requirements {
            Some(root) if chart.root.get("dependencies").is_none() => (old, root),
            _ => (inside.join("Chart.yaml"), &chart.root),
        };
        let mut left_out = BTreeSet::new();
        for dependency in dependencies(root) {
            let archive = format!("{}-", dependency.name);
            if names
                .iter()
                .any(|name| *name == dependency.name || name.starts_with(&archive) && name.ends_with(".tgz"))
            {
                continue;
            }
            let local = dependency.repository.strip_prefix("file://");
            let local = local
                .map(|path| normalize(&folder.join(path)))
                .filter(|path| self.has(path));
            match local {
                Some(path) => {
                    let inside = inside.join("charts").join(&dependency.name);
                    self.gather(world, &path, &inside, depth + 1, content)?;
                }
                None => {
                    let (name, repository) = (&dependency.name, &dependency.repository);
                    content
                        .missing
                        .push(format!("`{name}`, which `{repository}` keeps"));
                    left_out.insert(dependency.name);
                }
            }
        }
        if !left_out.is_empty() {
            let description = without(root, &left_out);
            content.files.insert(name, description.to_string().into_bytes());
        }
        Ok(())
    }
}

/// The description of a chart without some of its dependencies.
fn without(root: &Node, left_out: &BTreeSet<String>) -> Json {
    let mut description = manifest::to_json(root);
    if let Some(Json::Array(dependencies)) = description.get_mut("dependencies") {
        dependencies.retain(|dependency| {
            let name = dependency.get("name").and_then(Json::as_str).unwrap_or_default();
            !left_out.contains(name)
        });
    }
    description
}

impl Chart {
    fn of(file: FileId, root: Node) -> Option<Chart> {
        let word = |node: &Node, key: &str| {
            node.get(key)
                .and_then(Node::as_str)
                .unwrap_or_default()
                .to_string()
        };
        let name = word(&root, "name");
        if name.is_empty() || name.contains("{{") {
            return None;
        }
        Some(Chart {
            file,
            name,
            is_library: word(&root, "type") == "library",
            root,
        })
    }
}

fn dependencies(root: &Node) -> impl Iterator<Item = Dependency> {
    let word = |node: &Node, key: &str| {
        node.get(key)
            .and_then(Node::as_str)
            .unwrap_or_default()
            .to_string()
    };
    elements(root, "dependencies").map(move |dependency| Dependency {
        name: word(dependency, "name"),
        repository: word(dependency, "repository"),
    })
}

/// The first document of a text, if it can be read.
fn first(parsed: manifest::Parsed) -> Option<Node> {
    parsed.documents.into_iter().next()?.readings.into_iter().next()
}

/// The releases that are rendered so far.
#[derive(Default)]
pub(super) struct Done {
    /// How charts are deployed.
    pub ways: Ways,
    /// The charts that were rendered with their own values.
    alone: BTreeSet<PathBuf>,
}

/// Renders all charts that are to be rendered and were not so far. `inflated` are those that kustomizations render.
pub(super) fn render(
    (world, options): (&dyn World, &Options),
    charts: &Charts<'_>,
    deployments: &[Deployment],
    inflated: &BTreeSet<PathBuf>,
    done: &mut Done,
    rendered: &mut Vec<Rendering>,
) {
    let name = options.helm.as_deref().unwrap_or("helm");
    let program = world
        .program(name)
        .ok_or_else(|| format!("`{name}` is not installed"));
    let by_id: HashMap<FileId, &File> = charts.files.iter().map(|file| (file.id, file)).collect();
    let releases = charts.releases(deployments, inflated, done);
    let renderings: Vec<Vec<Rendering>> = releases
        .par_iter()
        .map(|release| {
            let Some(file) = by_id.get(&release.chart.file) else {
                return Vec::new();
            };
            let shown = shown_folder(file);
            let content = match charts.content(world, release.folder) {
                Ok(content) => content,
                Err(reason) => {
                    let failure = Failure {
                        reason,
                        command: None,
                    };
                    return vec![release.rendering(&shown, BTreeSet::new(), Err(failure))];
                }
            };
            let files = templates(charts.files, &content);
            let mut results = vec![release.run(world, options, &program, &shown, &content, &release.values)];
            if results[0].is_err() && !release.others.is_empty() {
                let other = |path: &PathBuf| {
                    let values = [Values::File(path.clone())];
                    release.run(world, options, &program, &shown, &content, &values)
                };
                let others: Vec<_> = release.others.iter().map(other).collect();
                if others.iter().any(Result::is_ok) {
                    results = others;
                }
            }
            results
                .into_iter()
                .map(|text| {
                    let result = text.map(|text| assembled(text, release, &shown, &content, charts.files));
                    release.rendering(&shown, files.clone(), result)
                })
                .collect()
        })
        .collect();
    rendered.extend(renderings.into_iter().flatten());
}

/// The files with the templates of a chart and of those that it depends on.
fn templates(files: &[File], content: &Content) -> BTreeSet<FileId> {
    let is_template = |file: &&File| {
        content.folders.iter().any(|(_, folder)| {
            let inside = file.absolute.strip_prefix(folder).unwrap_or(Path::new(""));
            // In the chart itself, or in one that it holds in its `charts`.
            let mut parts = inside.components().map(|part| part.as_os_str());
            loop {
                match (parts.next(), parts.next()) {
                    (Some(first), Some(_)) if first == "templates" => return true,
                    (Some(first), Some(_)) if first == "charts" => {}
                    _ => return false,
                }
            }
        })
    };
    files.iter().filter(is_template).map(|file| file.id).collect()
}

impl Release<'_> {
    fn rendering(
        &self,
        shown: &str,
        files: BTreeSet<FileId>,
        result: Result<Rendered, Failure>,
    ) -> Rendering {
        Rendering {
            group: Group::Chart(shown.to_string()),
            root: self.folder.to_path_buf(),
            way: self.way,
            is_part: false,
            place: self.chart.file,
            files,
            destinations: BTreeSet::new(),
            applications: Vec::new(),
            result,
        }
    }

    fn run(
        &self,
        world: &dyn World,
        options: &Options,
        program: &Result<Program, String>,
        shown: &str,
        content: &Content,
        values: &[Values],
    ) -> Result<tool::Text, Failure> {
        let failure = |reason: String| Failure {
            reason,
            command: None,
        };
        if let Some(missing) = &self.missing {
            let by = self.by.as_deref().unwrap_or("its release");
            return Err(failure(format!("{by} needs {missing}")));
        }
        let program = program.as_ref().map_err(|reason| failure(reason.clone()))?;
        // A copy is rendered, so that the result depends on nothing but these files.
        let mut arguments: Vec<String> = ["template", &self.name, "chart"].map(str::to_string).to_vec();
        let mut told = format!("helm template {} {shown}", self.name);
        arguments.extend(["--kube-version".to_string(), options.kube_version.clone()]);
        if let Some(namespace) = &self.namespace {
            arguments.extend(["--namespace".to_string(), namespace.clone()]);
        }
        let mut texts = Vec::new();
        let mut inputs: Vec<(String, Vec<u8>)> = Vec::new();
        for values in values {
            arguments.push("--values".to_string());
            match values {
                Values::File(path) => {
                    let name = path.to_string_lossy().into_owned();
                    let bytes = world
                        .read(path)
                        .map_err(|error| failure(format!("`{name}`: {error}")))?;
                    arguments.push(name.clone());
                    inputs.push((name, bytes));
                    told.push_str(" --values …");
                }
                Values::Text(text) => {
                    let name = format!("values-{}.yaml", texts.len());
                    arguments.push(name.clone());
                    inputs.push((name.clone(), text.clone().into_bytes()));
                    texts.push((PathBuf::from(name), text.clone().into_bytes()));
                    told.push_str(" --values …");
                }
            }
        }
        for api in &self.apis {
            arguments.extend(["--api-versions".to_string(), api.clone()]);
        }
        for (parameter, forced) in &self.parameters {
            arguments.push(if *forced { "--set-string" } else { "--set" }.to_string());
            arguments.push(parameter.clone());
        }
        let own = content.files.iter();
        inputs.extend(own.map(|(name, bytes)| (name.to_string_lossy().into_owned(), bytes.clone())));
        let files = |_: &Path| {
            let own = content.files.iter();
            let own = own.map(|(name, bytes)| (Path::new("chart").join(name), bytes.clone()));
            own.chain(texts.iter().cloned()).collect()
        };
        let job = Job {
            program,
            arguments,
            files: &files,
            timeout: options.timeout,
            inputs: Some(inputs),
        };
        tool::run(world, &job).map_err(|reason| {
            let lacks = match content.missing.first() {
                Some(first) => format!("; it depends on {first}, and nothing is fetched"),
                None => String::new(),
            };
            Failure {
                reason: format!("{reason}{lacks}"),
                command: Some(told),
            }
        })
    }
}

fn assembled(
    text: tool::Text,
    release: &Release<'_>,
    shown: &str,
    content: &Content,
    files: &[File],
) -> Rendered {
    let ids: HashMap<PathBuf, FileId> = files
        .iter()
        .map(|file| (file.absolute.clone(), file.id))
        .collect();
    let folders = content.folders.clone();
    let namespace = release.namespace.clone();
    let note: Vec<(usize, String)> = sources_of(&text.text);
    let by = release
        .by
        .as_deref()
        .map(|by| format!(" for {by}"))
        .unwrap_or_default();
    Rendered {
        path: format!("{shown}/(rendered{by})"),
        text: text.text,
        origin: Box::new(move |resource| {
            if resource.namespace.is_none() {
                resource.namespace = namespace.clone();
            }
            let start = resource.root.span.start as usize;
            let behind = note.partition_point(|(at, _)| *at <= start);
            let name = behind.checked_sub(1).map(|index| Path::new(&note[index].1));
            name.and_then(|name| template(name, &folders, &ids))
                .map_or(origin::Source::Unknown, origin::Source::Template)
        }),
        patches: Vec::new(),
        missing: content.missing.clone(),
    }
}

/// Helm's notes of the templates, each with its place.
fn sources_of(text: &str) -> Vec<(usize, String)> {
    let mut notes = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("# Source: ") {
            notes.push((at, name.trim().to_string()));
        }
        at += line.len();
    }
    notes
}

/// The file of a template that Helm names by the names of the charts that it lies in.
fn template(name: &Path, folders: &[(PathBuf, PathBuf)], ids: &HashMap<PathBuf, FileId>) -> Option<FileId> {
    let mut parts = name.components();
    parts.next();
    let inside = parts.as_path();
    // The innermost chart counts.
    folders.iter().rev().find_map(|(prefix, folder)| {
        let rest = inside.strip_prefix(prefix).ok()?;
        ids.get(&folder.join(rest)).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notes_of_helm_lead_to_templates() {
        let notes = sources_of(
            "---\n# Source: a/templates/b.yaml\nkind: Pod\n---\n# Source: a/charts/c/templates/d.yaml\n",
        );
        let names: Vec<&str> = notes.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["a/templates/b.yaml", "a/charts/c/templates/d.yaml"]);
        let folders = [("", "/r/a"), ("charts/c", "/r/lib/c")];
        let folders = folders.map(|(inside, folder)| (PathBuf::from(inside), PathBuf::from(folder)));
        let ids = [("/r/a/templates/b.yaml", 1), ("/r/lib/c/templates/d.yaml", 2)];
        let ids = ids.map(|(path, id)| (PathBuf::from(path), FileId(id))).into();
        let check = |name: &str, expected| assert_eq!(template(Path::new(name), &folders, &ids), expected);
        check(names[0], Some(FileId(1)));
        check(names[1], Some(FileId(2)));
        check("a/templates/none.yaml", None);
    }
}
