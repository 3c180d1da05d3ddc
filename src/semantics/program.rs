//! The declarations of all files that are analysed together, and who sees which.
//!
//! In: the files with their trees. Out: a [`Program`] that answers what a name means in a file. Names
//! of `let`, `fn` and `param` belong to their file; `use` brings those of other files into sight.

use super::kinds::Core;
use crate::ir;
use crate::schema::{Definition, DefinitionId, Schema};
use crate::source::{FileId, Span};
use crate::syntax::ast::{self, Declaration, Item, Name, UseTarget};
use std::cell::Cell;
use std::collections::HashMap;

/// A policy file to be analysed.
#[derive(Debug, Clone, Copy)]
pub struct PolicyFile<'a> {
    /// Its id in the spans of the tree.
    pub file: FileId,
    /// Its path, with `/` between its parts; `use "…"` is resolved against it.
    pub path: &'a str,
    /// The API that its fields are checked against. Files of the library mean the same whatever CRDs a
    /// repository holds.
    pub schema: &'a Schema,
    /// The pack that it belongs to: `std.security`; empty for a file of one's own.
    pub pack: &'a str,
    /// Its text, from which messages quote.
    pub text: &'a str,
    /// Its tree.
    pub tree: &'a ast::File,
}

/// A name of the library that may be used although its file is not among those given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryName {
    /// `std.security` or `std.security.privileged-container`.
    pub path: String,
    /// Whether it is a rule (or else a pack).
    pub is_rule: bool,
    /// The other tools for whose checks the rule stands.
    pub peers: Vec<&'static str>,
}

impl LibraryName {
    /// The rule's id, or the last part of a pack's name.
    pub fn id(&self) -> Option<&str> {
        self.path.rsplit('.').next()
    }
}

/// More deeply nested expressions are not put in place of calls.
pub(super) const DEEPEST: usize = 200;

/// Index of a file among those analysed.
pub(super) type ModuleId = usize;

/// Index of a `let`, `fn` or `param`.
pub(super) type GlobalId = usize;

/// A `let`, `fn` or `param` of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Global<'a> {
    pub(super) module: ModuleId,
    pub(super) item: &'a Item,
    pub(super) name: &'a Name,
    pub(super) kind: GlobalKind<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum GlobalKind<'a> {
    Let(&'a ast::Let),
    Function(&'a ast::Function),
    Param(&'a ast::Param),
}

/// What became of the globals that were compiled.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    /// The values of `let` and `fn`; those with errors have the type `Error`.
    pub(super) values: HashMap<GlobalId, Body>,
    /// The parameters.
    pub(super) parameters: HashMap<GlobalId, ir::Parameter>,
}

/// A compiled `let` or `fn`, to be put in place where it is used.
#[derive(Debug)]
pub(super) struct Body {
    /// The types of a function's parameters, which are the first locals.
    pub(super) parameters: Vec<ir::Type>,
    pub(super) locals: Vec<ir::Local>,
    pub(super) value: ir::Expression,
    /// How many nodes the value has.
    pub(super) nodes: usize,
    /// How deeply they are nested.
    pub(super) depth: usize,
}

/// All declarations of a run.
pub(super) struct Program<'a> {
    schema: &'a Schema,
    pub(super) core: Core,
    pub(super) files: &'a [PolicyFile<'a>],
    pub(super) library: &'a [LibraryName],
    pub(super) globals: Vec<Global<'a>>,
    /// For each file, its own names.
    own: Vec<HashMap<&'a str, GlobalId>>,
    /// For each file, the files whose names it sees.
    imports: Vec<Vec<ModuleId>>,
    by_id: HashMap<FileId, ModuleId>,
    by_path: HashMap<String, ModuleId>,
    /// How many nodes were put in place of calls so far.
    pub(super) nodes: Cell<usize>,
}

/// What a name of file scope means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    Unknown,
    One(GlobalId),
    /// Several used files declare it.
    Ambiguous(Vec<GlobalId>),
}

impl<'a> Program<'a> {
    /// The API that the fields of a file are checked against.
    pub(super) fn schema(&self, module: ModuleId) -> &'a Schema {
        self.files.get(module).map_or(self.schema, |file| file.schema)
    }

    /// A definition of the API or of a CRD.
    pub(super) fn definition(&self, id: DefinitionId) -> &'a Definition {
        self.schema.definition(id)
    }

    /// Whether a definition is that of a tool's release.
    pub(super) fn is_of_tool(&self, id: DefinitionId) -> bool {
        self.schema.tool(id).is_some()
    }

    pub(super) fn new(
        files: &'a [PolicyFile<'a>],
        schema: &'a Schema,
        library: &'a [LibraryName],
    ) -> Program<'a> {
        let mut program = Program {
            schema,
            core: Core::of(schema),
            files,
            library,
            globals: Vec::new(),
            own: Vec::new(),
            imports: Vec::new(),
            by_id: HashMap::new(),
            by_path: HashMap::new(),
            nodes: Cell::new(0),
        };
        for (module, file) in files.iter().enumerate() {
            program.by_id.insert(file.file, module);
            program.by_path.insert(normalise(file.path), module);
            let mut own = HashMap::new();
            for item in &file.tree.items {
                let (name, kind) = match &item.declaration {
                    Declaration::Let(value) => (&value.name, GlobalKind::Let(value)),
                    Declaration::Function(function) => (&function.name, GlobalKind::Function(function)),
                    Declaration::Param(param) => (&param.name, GlobalKind::Param(param)),
                    _ => continue,
                };
                // The first declaration counts; a second one is an error that is reported elsewhere.
                own.entry(name.text.as_str()).or_insert(program.globals.len());
                program.globals.push(Global {
                    module,
                    item,
                    name,
                    kind,
                });
            }
            program.own.push(own);
        }
        for module in 0..files.len() {
            let imports = program.imported_by(module);
            program.imports.push(imports);
        }
        program
    }

    /// The files whose `let`, `fn` and `param` a file sees: those that it uses by path, and the files
    /// without rules of the packs that it uses.
    fn imported_by(&self, module: ModuleId) -> Vec<ModuleId> {
        let mut imports = Vec::new();
        let mut packs: HashMap<&str, Vec<ModuleId>> = HashMap::new();
        for (other, file) in self.files.iter().enumerate() {
            if !file.pack.is_empty() && other != module && is_library_of_names(file.tree) {
                packs.entry(file.pack).or_default().push(other);
            }
        }
        for item in &self.files[module].tree.items {
            let Declaration::Use(used) = &item.declaration else {
                continue;
            };
            match &used.target {
                UseTarget::Path(path) => {
                    imports.extend(packs.get(dotted(path).as_str()).into_iter().flatten().copied());
                }
                UseTarget::File(text) => {
                    imports.extend(self.file_at(module, &text.value).filter(|id| *id != module))
                }
                UseTarget::Peer(_) => {}
            }
        }
        imports.sort_unstable();
        imports.dedup();
        imports
    }

    /// The file that `use "path"` in a file means, if it was given.
    pub(super) fn file_at(&self, module: ModuleId, path: &str) -> Option<ModuleId> {
        let beside = match self.files[module].path.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{path}"),
            None => path.to_owned(),
        };
        self.by_path.get(&normalise(&beside)).copied()
    }

    /// What a name means at file scope.
    pub(super) fn meaning(&self, module: ModuleId, name: &str) -> Meaning {
        if let Some(own) = self.own[module].get(name) {
            return Meaning::One(*own);
        }
        let found: Vec<GlobalId> = self.imports[module]
            .iter()
            .filter_map(|other| self.own[*other].get(name).copied())
            .collect();
        match found.as_slice() {
            [] => Meaning::Unknown,
            [one] => Meaning::One(*one),
            _ => Meaning::Ambiguous(found),
        }
    }

    /// The ids of the library's rules that may be used although their files were not given.
    pub(super) fn rules_of_library(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.library
            .iter()
            .filter(|known| known.is_rule)
            .filter_map(LibraryName::id)
    }

    /// Where a name that a file sees was declared.
    pub(super) fn declared_at(&self, module: ModuleId, name: &str) -> Option<Span> {
        match self.meaning(module, name) {
            Meaning::One(id) => Some(self.globals[id].name.span),
            Meaning::Ambiguous(ids) => ids.first().map(|id| self.globals[*id].name.span),
            Meaning::Unknown => None,
        }
    }

    /// All names of file scope that a file sees.
    pub(super) fn visible_names(&self, module: ModuleId) -> impl Iterator<Item = &'a str> + '_ {
        let modules = std::iter::once(&module)
            .chain(&self.imports[module])
            .copied()
            .collect::<Vec<_>>();
        modules
            .into_iter()
            .flat_map(|module| self.own[module].keys().copied())
    }

    /// Whether the names of a file are for its own declarations alone.
    pub(super) fn is_for_itself(&self, module: ModuleId) -> bool {
        !is_library_of_names(self.files[module].tree)
            && !self.imports.iter().any(|imports| imports.contains(&module))
    }

    /// Whether a global is the one that its name means in its file.
    pub(super) fn is_first(&self, id: GlobalId) -> bool {
        let global = &self.globals[id];
        self.own[global.module].get(global.name.text.as_str()) == Some(&id)
    }

    /// The text of a span.
    pub(super) fn text(&self, span: Span) -> &'a str {
        self.by_id
            .get(&span.file)
            .and_then(|module| self.files[*module].text.get(span.range()))
            .unwrap_or_default()
    }

    /// Whether a span lies in a file of one's own.
    pub(super) fn is_own(&self, module: ModuleId) -> bool {
        self.files[module].pack.is_empty()
    }
}

/// Whether a file declares names for others and nothing that runs.
fn is_library_of_names(tree: &ast::File) -> bool {
    tree.items.iter().all(|item| {
        matches!(
            item.declaration,
            Declaration::Let(_)
                | Declaration::Function(_)
                | Declaration::Param(_)
                | Declaration::Use(_)
                | Declaration::Metric(_)
        )
    })
}

/// A dotted path as one word.
pub(super) fn dotted(path: &[Name]) -> String {
    let parts: Vec<&str> = path.iter().map(|name| name.text.as_str()).collect();
    parts.join(".")
}

/// A path without `.` and `..` where they can be resolved.
fn normalise(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}
