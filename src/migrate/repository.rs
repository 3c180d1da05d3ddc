//! The repository that is migrated, as Ordain reads it without any configuration.
//!
//! In: its paths. Out: objects, other documents, texts, the library, and where Ordain's own files belong.

use crate::ir::Rule;
use crate::manifest::{self, Fate, Node, Resource};
use crate::source::{FileId, Sources, Span};
use crate::syntax::ast::{self, Declaration};
use crate::workspace::{Impossible, Request, Workspace};
use crate::world::{self, World};
use std::path::{Path, PathBuf};

/// The repository.
pub struct Repository {
    /// Its objects and the library.
    pub workspace: Workspace,
    /// Documents that are no objects, with their files: the configurations of other tools are among them.
    pub documents: Vec<(FileId, Node)>,
    /// Files whose names say what they are, and their texts.
    pub named: Vec<(PathBuf, String)>,
}

/// Where an object says its name; where it begins, if it says none.
pub fn name_of(object: &Resource) -> Span {
    let name = object.root.path(["metadata", "name"]);
    name.map_or(object.root.span, |node| node.span)
}

impl Repository {
    /// The documents beside objects that are a tool's configuration, with their files.
    pub fn configurations(&self, is_configuration: impl Fn(&Node) -> bool) -> Vec<&(FileId, Node)> {
        let documents = self.documents.iter();
        documents.filter(|(_, root)| is_configuration(root)).collect()
    }

    /// Reads everything under these paths.
    pub fn read(world: &dyn World, paths: &[PathBuf]) -> Result<Repository, Impossible> {
        let request = Request {
            paths: paths.to_vec(),
            no_config: true,
            whole_library: true,
            render: Some(false),
            ..Request::default()
        };
        let workspace = Workspace::open(world, &request)?;
        let mut documents = Vec::new();
        for account in &workspace.manifests.account.files {
            let is_evaluated = |fate: &Fate| matches!(fate, Fate::Evaluated);
            if account.documents.iter().all(is_evaluated) {
                continue;
            }
            let source = workspace.sources.file(account.file);
            let parsed = manifest::parse(account.file, &source.text, manifest::is_json(&source.path));
            for (index, document) in parsed.documents.into_iter().enumerate() {
                if !account.documents.get(index).is_some_and(is_evaluated)
                    && let Some(root) = document.readings.into_iter().next()
                {
                    documents.push((account.file, root));
                }
            }
        }
        // Datree's file says `apiVersion` and no kind.
        let resources = workspace.manifests.resources.iter();
        let nameless = resources.filter(|object| object.kind.is_empty());
        documents.extend(nameless.map(|object| (object.file, object.root.clone())));
        let mut named = Vec::new();
        for path in paths {
            let is_wanted = |path: &Path| {
                let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
                ["conftest.toml", "CODEOWNERS"].contains(&name)
                    || name.ends_with(".rego") && !name.ends_with("_test.rego")
            };
            for file in world.walk(path, &is_wanted).files {
                let text = world.read(&file).unwrap_or_default();
                named.push((file, String::from_utf8_lossy(&text).into_owned()));
            }
        }
        Ok(Repository {
            workspace,
            documents,
            named,
        })
    }

    /// Whether every document could be read as what the cluster gets.
    pub fn is_complete(&self) -> bool {
        self.workspace.manifests.account.unevaluated().next().is_none()
    }

    /// The object that a place belongs to: the last one of its file that begins before it.
    pub fn holder(&self, span: Span) -> Option<&Resource> {
        self.objects()
            .iter()
            .filter(|object| object.file == span.file && object.root.span.start <= span.start)
            .max_by_key(|object| object.root.span.start)
    }

    /// All texts.
    pub fn sources(&self) -> &Sources {
        &self.workspace.sources
    }

    /// All texts, given away.
    pub fn into_sources(self) -> Sources {
        self.workspace.sources
    }

    /// The objects.
    pub fn objects(&self) -> &[Resource] {
        &self.workspace.manifests.resources
    }

    /// The path of a file as people know it.
    pub fn path(&self, file: FileId) -> &str {
        &self.sources().file(file).path
    }

    /// The name of a file without its folders.
    pub fn name(&self, file: FileId) -> &str {
        self.path(file).rsplit('/').next().unwrap_or("")
    }

    /// A path relative to the folder of `ordain.toml`, if it lies in it.
    pub fn relative(&self, path: &Path) -> String {
        let root = world::normalize(&self.workspace.root.folder);
        let path = world::normalize(path);
        world::display(path.strip_prefix(&root).unwrap_or(&path))
    }

    /// A rule of the library.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.workspace
            .policies
            .rules
            .iter()
            .find(|rule| &*rule.id == id && !rule.pack.is_empty())
    }

    /// The tree of a rule's file, and the rule in it.
    pub fn tree(&self, rule: &Rule) -> Option<(&ast::File, &ast::Rule)> {
        let policy = self
            .workspace
            .trees
            .iter()
            .find(|policy| policy.file == rule.span.file)?;
        let found = policy
            .tree
            .items
            .iter()
            .find_map(|item| match &item.declaration {
                Declaration::Rule(tree) if tree.name.text == *rule.id => Some(tree),
                _ => None,
            })?;
        Some((&policy.tree, found))
    }

    /// Where a word stands in manifests outside of every object: in templates, mostly.
    pub fn stray(&self, word: &str) -> Vec<Span> {
        let mut found = Vec::new();
        for account in &self.workspace.manifests.account.files {
            let text = &self.sources().file(account.file).text;
            let mut places = text.match_indices(word).map(|(index, _)| index as u32).peekable();
            if places.peek().is_none() {
                continue;
            }
            let objects = self.objects().iter().map(|object| object.root.span);
            // A template that happens to be YAML is a document as well.
            let documents = self
                .documents
                .iter()
                .filter(|(_, root)| root.get("kind").is_none());
            let mut known: Vec<Span> = objects
                .chain(documents.map(|(_, root)| root.span))
                .filter(|span| span.file == account.file)
                .collect();
            known.sort_by_key(|span| span.start);
            found.extend(
                places
                    .filter(|place| {
                        let before = known.partition_point(|span| span.start <= *place);
                        known[..before].last().is_none_or(|span| span.end <= *place)
                    })
                    .map(|place| Span::new(account.file, place as usize, place as usize + word.len())),
            );
        }
        found
    }
}
