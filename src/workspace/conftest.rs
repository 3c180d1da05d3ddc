//! What is needed to judge a repository by Rego that was written for Conftest.
//!
//! In: the folders that hold it, and the manifests that were read. Out: the [`Task`] for
//! `evaluate::rego::conftest`, with what its numbers stand for. Documents are given as Conftest gives them: each
//! document of a file is one input, whether it is an object of Kubernetes or not.

use super::{Impossible, Manifests, Workspace};
use crate::diagnostic::{Diagnostic, ObjectReference, Severity};
use crate::evaluate::rego::conftest::{Entry, Policy, Task};
use crate::manifest::{self, Fate, Node, Reason};
use crate::source::{FileId, Position, SourceFile, Sources, Span};
use crate::world::{self, PathKind, World};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// What is to be judged by.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Files and folders with Rego.
    pub policies: Vec<PathBuf>,
    /// Files and folders with data for it.
    pub data: Vec<PathBuf>,
    /// The packages whose findings count; all if empty.
    pub namespaces: Vec<String>,
}

/// A task, and what its numbers stand for.
#[derive(Debug, Default)]
pub struct Given {
    /// The task.
    pub task: Task,
    /// The files of the policies.
    pub policies: Vec<FileId>,
    /// How many files with tests of policies were left out.
    pub tests: usize,
    documents: Vec<Document>,
}

#[derive(Debug)]
struct Document {
    file: FileId,
    number: u32,
    root: Node,
}

/// Reads the policies and their data, and gathers the documents.
pub fn read(
    world: &dyn World,
    wish: &Wish,
    manifests: &Manifests,
    sources: &mut Sources,
) -> Result<Given, Impossible> {
    let mut given = Given::default();
    let mut data = Value::Object(Map::new());
    for path in &wish.policies {
        let policies = files(world, path, &is_policy)?;
        if policies.is_empty() {
            let reason = format!("there is no Rego in `{}`", world::display(path));
            return Err(Impossible(format!(
                "{reason}; --rego takes a folder with *.rego files"
            )));
        }
        for file in policies {
            let is_test = file
                .file_stem()
                .is_some_and(|stem| stem.to_string_lossy().ends_with("_test"));
            if is_test {
                given.tests += 1;
                continue;
            }
            let shown = world::display(&file);
            if given.task.policies.iter().any(|policy| policy.path == shown) {
                continue;
            }
            let text = text(world, &file)?;
            given
                .policies
                .push(sources.add(SourceFile::new(shown.clone(), text.clone())));
            given.task.policies.push(Policy { path: shown, text });
        }
        for file in files(world, path, &is_own_data)? {
            add_data(world, path, &file, &mut data)?;
        }
    }
    for path in &wish.data {
        for file in files(world, path, &is_data)? {
            add_data(world, path, &file, &mut data)?;
        }
    }
    given.task.data = data;
    given.task.namespaces = wish.namespaces.clone();
    given.gather(manifests, sources);
    given.gather_rendered(manifests);
    Ok(given)
}

impl Given {
    fn gather(&mut self, manifests: &Manifests, sources: &Sources) {
        for account in &manifests.account.files {
            let source = sources.file(account.file);
            let parsed = manifest::parse(account.file, &source.text, manifest::is_json(&source.path));
            for (number, (document, fate)) in parsed.documents.into_iter().zip(&account.documents).enumerate()
            {
                // A template is no document yet, and is told as not evaluated; what was rendered follows.
                if matches!(fate, Fate::Rendered)
                    || matches!(fate, Fate::Unevaluated(unevaluated) if unevaluated.reason == Reason::Template)
                {
                    continue;
                }
                for root in document.readings {
                    let roots = match root.value {
                        manifest::Value::Sequence(roots) => roots,
                        _ => vec![root],
                    };
                    for root in roots {
                        self.task.documents.push(manifest::to_json(&root));
                        self.documents.push(Document {
                            file: account.file,
                            number: number as u32,
                            root,
                        });
                    }
                }
            }
        }
    }

    /// Adds what was rendered, an object each.
    fn gather_rendered(&mut self, manifests: &Manifests) {
        let rendered = manifests.resources.iter();
        for resource in rendered.filter(|resource| manifests.origins.is_rendered(resource.file)) {
            self.task.documents.push(manifest::to_json(&resource.root));
            self.documents.push(Document {
                file: resource.file,
                number: resource.document,
                root: resource.root.clone(),
            });
        }
    }

    /// How a document is named in a sentence.
    pub fn name(&self, document: usize, sources: &Sources) -> String {
        match self.documents.get(document) {
            Some(document) => {
                let (start, _) = sources.positions(document.root.span);
                format!("{}:{}", sources.file(document.file).path, start.line)
            }
            None => String::new(),
        }
    }

    /// The bytes of an entry's head.
    pub fn head(&self, entry: &Entry) -> Option<Span> {
        let file = *self.policies.get(entry.file)?;
        Some(Span::new(file, entry.start, entry.end))
    }

    /// What a rule said of a document, as a finding. The place is the line that it gives, or the end of the path
    /// that it gives, or the first line of the document.
    pub fn finding(
        &self,
        entry: &Entry,
        document: usize,
        message: &str,
        path: &[Value],
        line: Option<u32>,
        workspace: &Workspace,
    ) -> Option<Diagnostic> {
        let sources = &workspace.sources;
        let document = self.documents.get(document)?;
        let severity = if entry.is_warning() {
            Severity::Low
        } else {
            Severity::High
        };
        let span = match line {
            Some(line) => of_line(document.file, line, sources),
            None if path.is_empty() => {
                let (start, _) = sources.positions(document.root.span);
                let line = of_line(document.file, start.line, sources);
                Span {
                    start: document.root.span.start,
                    end: line.end.max(document.root.span.start),
                    ..line
                }
            }
            None => end_of(&document.root, path),
        };
        let mut finding = Diagnostic::finding(entry.id().into(), severity, span, message);
        finding.clause = self.head(entry);
        finding.object = reference(document, &workspace.manifests);
        Some(finding)
    }
}

/// The object that the document is.
fn reference(document: &Document, manifests: &Manifests) -> Option<ObjectReference> {
    let mut own = manifests.resources.iter().filter(|resource| {
        resource.file == document.file
            && resource.document == document.number
            && resource.root.span == document.root.span
    });
    own.next()
        .map(|resource| resource.reference(resource.namespace.as_deref().unwrap_or("")))
}

fn of_line(file: FileId, line: u32, sources: &Sources) -> Span {
    let source = sources.file(file);
    let start = source.offset(Position { line, column: 1 }) as usize;
    Span::new(file, start, start + source.line(line).len())
}

/// The place at the end of a path, or the last that exists on the way.
fn end_of(root: &Node, path: &[Value]) -> Span {
    let mut node = root;
    let mut span = root.span.at_start();
    for step in path {
        let next = match step {
            Value::String(key) => node
                .entries()
                .iter()
                .find(|entry| *entry.key == **key)
                .map(|entry| {
                    let key = if entry.key_span.file == root.span.file {
                        entry.key_span
                    } else {
                        entry.value.span
                    };
                    (&entry.value, key)
                }),
            step => step
                .as_u64()
                .and_then(|index| node.elements().get(usize::try_from(index).ok()?))
                .map(|element| (element, element.span)),
        };
        match next {
            Some(found) => (node, span) = found,
            None => break,
        }
    }
    span
}

fn files(
    world: &dyn World,
    path: &Path,
    wanted: &(dyn Fn(&Path) -> bool + Sync),
) -> Result<Vec<PathBuf>, Impossible> {
    let unreadable =
        |path: &Path, reason: &str| Impossible(format!("can't read `{}`: {reason}", world::display(path)));
    let kind = world
        .kind(path)
        .map_err(|error| unreadable(path, &error.to_string()))?;
    if kind != PathKind::Folder {
        return Ok(if wanted(path) {
            vec![path.to_path_buf()]
        } else {
            Vec::new()
        });
    }
    let walk = world.walk(path, wanted);
    match walk.faults.first() {
        Some(fault) => Err(unreadable(&fault.path, &fault.reason)),
        None => Ok(walk.files),
    }
}

fn text(world: &dyn World, path: &Path) -> Result<String, Impossible> {
    let unreadable = |reason: String| Impossible(format!("can't read `{}`: {reason}", world::display(path)));
    let bytes = world.read(path).map_err(|error| unreadable(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_string()))
}

fn has_extension(path: &Path, known: &[&str]) -> bool {
    path.extension()
        .is_some_and(|extension| known.iter().any(|known| extension == *known))
}

fn is_policy(path: &Path) -> bool {
    has_extension(path, &["rego"])
}

fn is_data(path: &Path) -> bool {
    has_extension(path, &["json", "yaml", "yml"])
}

/// The data that OPA itself takes from beside policies.
fn is_own_data(path: &Path) -> bool {
    is_data(path) && path.file_stem().is_some_and(|stem| stem == "data")
}

/// Puts the content of a file under the path of its folder, counted from the argument that led to it.
fn add_data(world: &dyn World, argument: &Path, file: &Path, data: &mut Value) -> Result<(), Impossible> {
    let shown = world::display(file);
    let wrong = |reason: &str| Impossible(format!("the data of `{shown}` can't be used: {reason}"));
    let text = text(world, file)?;
    let parsed = manifest::parse(FileId(0), &text, manifest::is_json(&shown));
    let readings: Vec<&Node> = parsed
        .documents
        .iter()
        .flat_map(|document| &document.readings)
        .collect();
    let [root] = readings.as_slice() else {
        return Err(wrong("it has to hold one document that can be read"));
    };
    if !parsed.faults.is_empty()
        || parsed
            .documents
            .iter()
            .any(|document| !document.faults.is_empty())
    {
        return Err(wrong("`ordain check` of the file shows what is wrong with it"));
    }
    let mut content = manifest::to_json(root);
    let folder = file
        .parent()
        .and_then(|parent| parent.strip_prefix(argument).ok());
    let steps: Vec<_> = folder.into_iter().flat_map(Path::components).collect();
    for step in steps.iter().rev() {
        content = Value::Object(Map::from_iter([(
            step.as_os_str().to_string_lossy().into_owned(),
            content,
        )]));
    }
    merge(data, content).map_err(|key| wrong(&format!("`{key}` is given twice")))
}

fn merge(into: &mut Value, from: Value) -> Result<(), String> {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                match into.get_mut(&key) {
                    Some(own) if own.is_object() && value.is_object() => merge(own, value)?,
                    Some(_) => return Err(key),
                    None => {
                        into.insert(key, value);
                    }
                }
            }
            Ok(())
        }
        _ => Err("data".to_string()),
    }
}
