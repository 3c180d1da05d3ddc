//! Policy files and what they use → syntax trees.
//!
//! In: the files and folders that hold policies, and the packs that settings adopt. Out: the trees of
//! these files, of all that they `use`, and of the parts of the library that they need; the rest of
//! the library is never parsed.

use super::configuration::Setting;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::semantics::LibraryName;
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::stdlib::{self, LibraryFile};
use crate::syntax::ast::{Declaration, File, Item, Name, Use, UseTarget};
use crate::syntax::parse;
use crate::world::{self, PathKind, World};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The ending of policy files.
pub const EXTENSION: &str = "ordain";

/// The pack of the library's files that declare packs of packs.
const PRESETS: &str = "std.presets";

/// The pack of the library's metrics, which hold without `use`.
const METRICS: &str = "std.metrics";

/// A parsed policy.
#[derive(Debug)]
pub struct Policy {
    /// Its text.
    pub file: FileId,
    /// The pack that it belongs to: `std.security`; empty for a file of one's own.
    pub pack: String,
    /// Its tree.
    pub tree: File,
}

/// Reads policies and what they use.
pub struct Loader<'a> {
    world: &'a dyn World,
    sources: &'a mut Sources,
    /// The folder that no `use "…"` leads out of, without links.
    root: PathBuf,
    library: BTreeMap<&'static str, LibraryFile>,
    /// Own files that are to be taken in.
    pending: Vec<PathBuf>,
    /// Own files that were taken in, without links.
    seen: BTreeSet<PathBuf>,
    /// Files of the library that were taken in.
    embedded: BTreeSet<LibraryFile>,
    /// Packs of the library that were followed.
    followed: BTreeSet<String>,
    policies: Vec<Policy>,
    diagnostics: Vec<Diagnostic>,
    failures: Vec<String>,
}

/// What was loaded.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The trees: own files in the order of their paths, then the library's.
    pub policies: Vec<Policy>,
    /// What is wrong with their texts.
    pub diagnostics: Vec<Diagnostic>,
    /// Files that could not be read.
    pub failures: Vec<String>,
    /// All names of the library, those whose files are not loaded included.
    pub library: Vec<LibraryName>,
}

/// A file that is to be parsed.
struct Text {
    path: String,
    pack: String,
    text: String,
    /// Where the text is no UTF-8.
    fault: Option<usize>,
}

impl<'a> Loader<'a> {
    /// A loader of files in this root.
    pub fn new(world: &'a dyn World, sources: &'a mut Sources, root: &Path) -> Loader<'a> {
        Loader {
            root: world.canonical(root).unwrap_or_else(|_| root.to_path_buf()),
            library: stdlib::files()
                .into_iter()
                .filter(LibraryFile::is_rule)
                .map(|file| (file.name, file))
                .collect(),
            world,
            sources,
            pending: Vec::new(),
            seen: BTreeSet::new(),
            embedded: BTreeSet::new(),
            followed: BTreeSet::new(),
            policies: Vec::new(),
            diagnostics: Vec::new(),
            failures: Vec::new(),
        }
    }

    /// Takes in a file, or all policies of a folder, and what they use.
    pub fn path(&mut self, path: &Path) {
        let files = match self.world.kind(path) {
            Ok(PathKind::Folder) => {
                let is_policy = |path: &Path| path.extension().is_some_and(|ending| ending == EXTENSION);
                let walk = self.world.walk(path, &is_policy);
                for fault in walk.faults {
                    self.failures.push(format!(
                        "can't read `{}`: {}",
                        world::display(&fault.path),
                        fault.reason
                    ));
                }
                walk.files
            }
            Ok(_) => vec![path.to_path_buf()],
            Err(error) => {
                self.failures
                    .push(format!("can't read `{}`: {error}", world::display(path)));
                return;
            }
        };
        self.pending.extend(files);
        self.drain();
    }

    /// Adopts what settings `use`, as if a file of one's own said so. The places are those of the settings.
    pub fn adopt(&mut self, uses: &[Setting<String>]) {
        let Some(first) = uses.first() else { return };
        let mut tree = File::default();
        for setting in uses {
            let name = |part: &str| Name {
                text: part.to_string(),
                span: setting.span,
            };
            let target = UseTarget::Path(setting.value.split('.').map(name).collect());
            tree.items.push(Item {
                documentation: Vec::new(),
                declaration: Declaration::Use(Use {
                    target,
                    except: Vec::new(),
                    span: setting.span,
                }),
                span: setting.span,
                broken: false,
            });
        }
        self.policies.push(Policy {
            file: first.span.file,
            pack: String::new(),
            tree,
        });
        self.follow(self.policies.len() - 1);
        self.drain();
    }

    /// Takes in a text as a file of one's own.
    pub fn text(&mut self, path: &str, text: &str) {
        self.parse(vec![Text {
            path: path.to_string(),
            pack: String::new(),
            text: text.to_string(),
            fault: None,
        }]);
        self.drain();
    }

    /// Takes in a rule of the library, without putting it in force.
    pub fn rule(&mut self, id: &str) {
        if let Some(file) = self.library.get(id) {
            self.embedded(vec![*file]);
        }
    }

    /// Takes in the whole library, without putting it in force.
    pub fn whole_library(&mut self) {
        self.embedded(stdlib::files());
    }

    /// What was loaded.
    pub fn finish(mut self) -> Loaded {
        self.presets();
        Loaded {
            library: self.names(),
            policies: self.policies,
            diagnostics: self.diagnostics,
            failures: self.failures,
        }
    }

    /// Takes in the pending files, and those that these use, until there are none.
    fn drain(&mut self) {
        while !self.pending.is_empty() {
            let paths = std::mem::take(&mut self.pending);
            self.files(paths);
        }
    }

    fn files(&mut self, paths: Vec<PathBuf>) {
        let mut fresh = Vec::new();
        for path in paths {
            let full = self.world.canonical(&path).unwrap_or_else(|_| path.clone());
            if self.seen.insert(full) {
                fresh.push(path);
            }
        }
        let world = self.world;
        let texts: Vec<_> = fresh
            .par_iter()
            .map(|path| match world.read(path) {
                Ok(bytes) => Ok(Text {
                    path: world::display(path),
                    pack: String::new(),
                    fault: std::str::from_utf8(&bytes).err().map(|error| error.valid_up_to()),
                    text: String::from_utf8_lossy(&bytes).into_owned(),
                }),
                Err(error) => Err(format!("can't read `{}`: {error}", world::display(path))),
            })
            .collect();
        let (texts, failures): (Vec<_>, Vec<_>) = texts.into_iter().partition(Result::is_ok);
        self.failures.extend(failures.into_iter().filter_map(Result::err));
        self.parse(texts.into_iter().filter_map(Result::ok).collect());
    }

    fn embedded(&mut self, files: Vec<LibraryFile>) {
        let fresh = files
            .into_iter()
            .filter(|file| self.embedded.insert(*file))
            .map(|file| Text {
                path: file.path(),
                pack: file.pack(),
                text: file.text.to_string(),
                fault: None,
            })
            .collect();
        self.parse(fresh);
    }

    fn parse(&mut self, texts: Vec<Text>) {
        let FileId(first) = self.sources.next_id();
        let parsed: Vec<_> = texts
            .par_iter()
            .enumerate()
            .map(|(index, text)| parse(FileId(first + index as u32), &text.text))
            .collect();
        let start = self.policies.len();
        for (text, (tree, diagnostics)) in texts.into_iter().zip(parsed) {
            let file = self.sources.add(SourceFile::new(text.path, text.text));
            if let Some(offset) = text.fault {
                let span = Span::new(file, offset, offset + char::REPLACEMENT_CHARACTER.len_utf8());
                self.diagnostics.push(
                    Diagnostic::new(Code::E0101, span, "this is not valid UTF-8")
                        .help("save the file in UTF-8"),
                );
            }
            self.diagnostics.extend(diagnostics);
            self.policies.push(Policy {
                file,
                pack: text.pack,
                tree,
            });
        }
        for index in start..self.policies.len() {
            // A preset declares many packs; only those that are used are followed.
            if self.policies[index].pack != PRESETS {
                self.follow(index);
            }
        }
    }

    /// Takes in what a policy uses.
    fn follow(&mut self, index: usize) {
        let Some(policy) = self.policies.get(index) else {
            return;
        };
        let own_path = PathBuf::from(&self.sources.file(policy.file).path);
        let is_own = policy.pack.is_empty();
        let mut files = Vec::new();
        let mut named = Vec::new();
        let mut outside = Vec::new();
        for target in targets(&policy.tree) {
            match target {
                UseTarget::Path(parts) => named.push(dotted(parts)),
                UseTarget::Peer(peer) => named.extend(standing_for(&peer.value)),
                UseTarget::File(text) if is_own => {
                    let beside = |own: &Path| {
                        world::normalize(&own.parent().unwrap_or(Path::new("")).join(&text.value))
                    };
                    let path = beside(&own_path);
                    let found = self.world.canonical(&path);
                    // Whether there is anything outside is not told.
                    let meant = match &found {
                        Ok(full) => Ok(full.clone()),
                        Err(_) => self.world.canonical(&own_path).map(|own| beside(&own)),
                    };
                    if meant.is_ok_and(|meant| !meant.starts_with(&self.root)) {
                        outside.push(text.span);
                        self.diagnostics.push(
                            Diagnostic::new(
                                Code::C0105,
                                text.span,
                                format!("`{}` lies outside of the policy root", text.value),
                            )
                            .help(format!("move it into `{}`", world::display(&self.root))),
                        );
                    } else if found.is_ok() {
                        files.push(path);
                    }
                    // What does not exist is reported where names are resolved.
                }
                UseTarget::File(_) => {}
            }
        }
        let speaks_of_metrics = policy.tree.items.iter().any(|item| {
            matches!(
                item.declaration,
                Declaration::Automation(_) | Declaration::Metric(_)
            )
        });
        if speaks_of_metrics {
            named.push(METRICS.to_string());
        }
        if !outside.is_empty() {
            forget(&mut self.policies[index].tree, &outside);
        }
        self.pending.extend(files);
        for name in named {
            self.named(&name);
        }
    }

    /// Takes in the files that declare packs of packs.
    fn presets(&mut self) {
        let files = stdlib::files().into_iter();
        self.embedded(files.filter(|file| file.pack() == PRESETS).collect());
    }

    /// All names that a policy may `use`.
    fn names(&self) -> Vec<LibraryName> {
        let mut packs = BTreeSet::new();
        let mut names = Vec::new();
        for file in stdlib::files() {
            if file.pack() != PRESETS {
                packs.insert(file.pack());
            }
            if file.is_rule() {
                names.push(LibraryName {
                    path: file.rule_path(),
                    is_rule: true,
                    peers: file.peers().collect(),
                });
            }
        }
        for policy in self.policies.iter().filter(|policy| policy.pack == PRESETS) {
            for item in &policy.tree.items {
                if let Declaration::Pack(pack) = &item.declaration {
                    packs.insert(dotted(&pack.path));
                }
            }
        }
        names.extend(packs.into_iter().map(|path| LibraryName {
            path,
            is_rule: false,
            peers: Vec::new(),
        }));
        names
    }

    /// Takes in what a name of the library stands for: a rule, the rules of a folder, or else the
    /// packs of packs, one of which may have that name. Unknown names are reported where names are
    /// resolved.
    fn named(&mut self, name: &str) {
        let Some(path) = name.strip_prefix("std.") else {
            return;
        };
        if !self.followed.insert(name.to_string()) {
            return;
        }
        let files = stdlib::files().into_iter();
        let wanted: Vec<LibraryFile> = match path.split_once('.') {
            Some((folder, rule)) => files
                .filter(|file| file.folder == folder && file.name == rule)
                .collect(),
            None => files.filter(|file| file.folder == path).collect(),
        };
        if !wanted.is_empty() {
            self.embedded(wanted);
            return;
        }
        self.presets();
        let is_preset = |policy: &&Policy| policy.pack == PRESETS;
        let members: Vec<String> = self
            .policies
            .iter()
            .filter(is_preset)
            .flat_map(|policy| &policy.tree.items)
            .filter_map(|item| match &item.declaration {
                Declaration::Pack(pack) if dotted(&pack.path) == name => Some(&pack.uses),
                _ => None,
            })
            .flatten()
            .flat_map(|used| match &used.target {
                UseTarget::Path(parts) => vec![dotted(parts)],
                UseTarget::Peer(peer) => standing_for(&peer.value),
                UseTarget::File(_) => Vec::new(),
            })
            .collect();
        for member in members {
            self.named(&member);
        }
    }
}

/// The rules of the library that stand for checks of another tool.
fn standing_for(peer: &str) -> Vec<String> {
    let files = stdlib::files().into_iter().filter(LibraryFile::is_rule);
    files
        .filter(|file| file.peers().any(|own| own == peer))
        .map(|file| file.rule_path())
        .collect()
}

/// The name that parts make up.
fn dotted(parts: &[Name]) -> String {
    let parts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
    parts.join(".")
}

/// Takes the `use`s of these files out of a tree: they were reported, and mean nothing.
fn forget(tree: &mut File, files: &[Span]) {
    let is_meant = |used: &Use| !matches!(&used.target, UseTarget::File(text) if files.contains(&text.span));
    tree.items.retain_mut(|item| match &mut item.declaration {
        Declaration::Use(used) => is_meant(used),
        Declaration::Pack(pack) => {
            pack.uses.retain(is_meant);
            true
        }
        _ => true,
    });
}

/// What a file uses, packs that it declares included.
fn targets(tree: &File) -> impl Iterator<Item = &UseTarget> {
    tree.items
        .iter()
        .flat_map(|item| match &item.declaration {
            Declaration::Use(used) => std::slice::from_ref(used),
            Declaration::Pack(pack) => &pack.uses,
            _ => &[],
        })
        .map(|used| &used.target)
}
