//! The manifests of a repository.
//!
//! In: paths. Out: [`Manifests`]: every object with its bytes, an account of every document, and what is wrong
//! with reading. Files are read in parallel and numbered in the order of their paths, so that nothing depends on
//! which came first.

use super::clusters::Clusters;
use super::origin::Origins;
use super::render;
use super::surroundings::{Neighbourhood, Placed};
use crate::codes::Code;
use crate::diagnostic::{self, Diagnostic};
use crate::evaluate::Applications;
use crate::manifest::{
    self, Account, Fate, FileAccount, FileReading, Group, Parsed, PassedOver, Patches, Reason, Resource,
    Surroundings, Unevaluated,
};
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::world::{self, PathKind, Patterns, World};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};

/// How to read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// What may be left unevaluated.
    pub listed: Vec<Listed>,
    /// The folder that the paths of `listed` are relative to, in the form in which arguments are given.
    pub folder: PathBuf,
    /// Whether the paths are only a part of the repository: further kustomizations may build what lies there.
    pub partial: bool,
    /// How overlays and charts are rendered, if they are.
    pub render: Option<render::Options>,
}

/// An entry `[[unevaluated]]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// A pattern as in `.gitignore`.
    pub path: String,
    /// Why what it names need not be judged.
    pub reason: String,
}

/// An argument that makes the run impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArgumentError {
    /// A path that does not exist or can't be reached.
    Path {
        /// The path as it was given.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A pattern of [`ReadOptions::listed`] that is none, with the reason.
    Pattern(String),
}

impl std::fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ArgumentError::Path { path, reason } => {
                write!(f, "can't read `{}`: {reason}", world::display(path))
            }
            ArgumentError::Pattern(reason) => write!(f, "not a pattern of paths: {reason}"),
        }
    }
}

impl std::error::Error for ArgumentError {}

/// The manifests of a repository.
#[derive(Debug, Default)]
pub struct Manifests {
    /// The objects, in the order of their files and places.
    pub resources: Vec<Resource>,
    /// What became of every document.
    pub account: Account,
    /// The rendered texts, and where their objects come from.
    pub origins: Origins,
    /// Which objects can meet.
    pub clusters: Clusters,
    /// What Applications of Argo CD deploy.
    pub applications: Applications,
    surroundings: BTreeMap<FileId, Surroundings>,
}

impl Manifests {
    /// Reads the files and folders at `paths`, adds their texts to `sources`, and says what is wrong with reading
    /// them. A file that can't be read is a finding; a path that isn't there is an error.
    pub fn read(
        world: &dyn World,
        paths: &[PathBuf],
        options: &ReadOptions,
        sources: &mut Sources,
    ) -> Result<(Manifests, Vec<Diagnostic>), ArgumentError> {
        let listed = options.listed.iter().map(|entry| entry.path.as_str());
        let listed = Patterns::new(&options.folder, listed).map_err(ArgumentError::Pattern)?;
        let Search {
            found: files,
            passed,
            others,
        } = find(world, paths)?;
        let first = sources.next_id().0;
        let loaded: Vec<Loaded> = files
            .into_par_iter()
            .enumerate()
            .map(|(index, found)| load(world, FileId(first + index as u32), found))
            .collect();
        let patches = patches(world, &loaded);
        let neighbourhood = Neighbourhood::new(world, &patches);
        let placed: Vec<Placed> = loaded
            .iter()
            .map(|file| neighbourhood.place(&file.path, &file.absolute))
            .collect();
        let files: Vec<render::File> = loaded.iter().map(Loaded::named).collect();
        let faults: Vec<Option<String>> = loaded.iter().map(Loaded::fault).collect();
        let readings: Vec<(SourceFile, FileReading)> = loaded
            .into_par_iter()
            .zip(&placed)
            .map(|(file, placed)| file.classify(placed.surroundings))
            .collect();

        let mut manifests = Manifests::default();
        let mut diagnostics = Vec::new();
        let mut reasons = BTreeMap::new();
        manifests.account.passed = passed;
        manifests.account.others = others;
        for (((file, mut reading), placed), fault) in readings.into_iter().zip(&placed).zip(faults) {
            let reason = listed
                .matching(Path::new(&file.path))
                .and_then(|index| options.listed.get(index));
            let id = sources.add(file);
            reasons.extend(reason.map(|entry| (id, entry.reason.clone())));
            manifests.resources.append(&mut reading.resources);
            diagnostics.append(&mut reading.diagnostics);
            manifests.surroundings.insert(id, placed.surroundings);
            manifests.account.files.push(FileAccount {
                file: id,
                documents: reading.fates,
                fault,
            });
        }
        let mut failed = BTreeSet::new();
        let mut delivery = None;
        if let Some(render) = &options.render {
            let is_listed = |file| reasons.contains_key(&file);
            let mut outcome = render::run(world, render, &files, &manifests.resources, &is_listed, sources);
            delivery = outcome.delivery.take();
            failed = manifests.replace(outcome, &mut diagnostics);
        }
        let delivery = delivery.unwrap_or_else(|| {
            render::without_rendering(&files, &manifests.resources, options.partial, sources)
        });
        delivery.place(&mut manifests.resources);
        manifests.applications = delivery.applications;
        let mut groups = Groups::default();
        for (account, placed) in manifests.account.files.iter_mut().zip(&placed) {
            for fate in &mut account.documents {
                if let Fate::Unevaluated(unevaluated) = fate {
                    if !matches!(unevaluated.reason, Reason::Unreadable(_)) {
                        unevaluated.listed = reasons.get(&account.file).cloned();
                    }
                    groups.add(account.file, placed, unevaluated);
                }
            }
            groups.offer_place(account.file, placed);
        }
        groups.forget(&failed);
        diagnostics.extend(groups.findings(options.render.is_some()));
        diagnostic::sort(&mut diagnostics, sources);
        Ok((manifests, diagnostics))
    }

    /// Puts what was rendered into the place of what it was rendered from. Gives the overlays and charts that could
    /// not be rendered.
    fn replace(&mut self, outcome: render::Outcome, diagnostics: &mut Vec<Diagnostic>) -> BTreeSet<Group> {
        let document = |resource: &Resource| (resource.file, resource.document);
        let (replaced, kept): (Vec<Resource>, Vec<Resource>) = std::mem::take(&mut self.resources)
            .into_iter()
            .partition(|resource| outcome.replaces(resource));
        let mut replaced: HashSet<(FileId, u32)> = replaced.iter().map(document).collect();
        for resource in &kept {
            replaced.remove(&document(resource));
        }
        self.resources = kept;
        for account in &mut self.account.files {
            for (index, fate) in account.documents.iter_mut().enumerate() {
                let is_rendered = match &*fate {
                    Fate::Evaluated => replaced.contains(&(account.file, index as u32)),
                    Fate::Unevaluated(unevaluated) => outcome.carries(account.file, unevaluated),
                    _ => false,
                };
                if is_rendered {
                    *fate = Fate::Rendered;
                }
            }
        }
        self.resources.extend(outcome.resources);
        self.clusters = Clusters::form(&self.resources, &outcome.roots, &outcome.deployed);
        self.origins = outcome.origins;
        diagnostics.extend(outcome.diagnostics);
        outcome.failed
    }

    /// What the folders around a file say about it, to read its text anew with [`manifest::read_text`].
    pub fn surroundings(&self, file: FileId) -> Surroundings {
        self.surroundings.get(&file).copied().unwrap_or_default()
    }
}

/// A file to read, or a path that can't be read.
struct Found {
    path: PathBuf,
    /// The path without links, as far as that is known.
    absolute: PathBuf,
    /// Why it can't be read.
    fault: Option<(Code, String)>,
}

/// What stands at the paths, in the order in which it is shown.
struct Search {
    found: Vec<Found>,
    passed: Vec<PassedOver>,
    others: usize,
}

fn find(world: &dyn World, paths: &[PathBuf]) -> Result<Search, ArgumentError> {
    let (mut found, mut passed, mut others) = (Vec::new(), BTreeSet::new(), 0);
    for path in paths {
        let wrong = |error: io::Error| ArgumentError::Path {
            path: path.clone(),
            reason: error.to_string(),
        };
        let kind = world.kind(path).map_err(wrong)?;
        let root = world.canonical(path).map_err(wrong)?;
        let mut add = |path: &Path, within: &Path, fault| {
            let rest = path.strip_prefix(within).unwrap_or(Path::new(""));
            let absolute = if rest.as_os_str().is_empty() {
                root.clone()
            } else {
                root.join(rest)
            };
            found.push(Found {
                path: path.to_path_buf(),
                absolute,
                fault,
            });
        };
        match kind {
            PathKind::File => add(path, path, None),
            PathKind::Other => add(path, path, Some((Code::M0101, "not a regular file".to_string()))),
            PathKind::Folder => {
                let walk = world.walk(path, &manifest::is_manifest);
                for file in walk.files {
                    add(&file, path, None);
                }
                others += walk.others;
                passed.extend(walk.passed.into_iter().map(|passed| PassedOver {
                    path: world::display(&passed.path),
                    reason: passed.reason,
                }));
                for fault in walk.faults {
                    let code = if fault.leads_out { Code::M0106 } else { Code::M0101 };
                    add(&fault.path, path, Some((code, fault.reason)));
                }
            }
        }
    }
    // Ordered by what is shown; a file that several arguments reach is read once.
    found.sort_by_cached_key(|found| world::display(&found.path));
    let mut seen = HashSet::new();
    found.retain(|found| seen.insert(found.absolute.clone()));
    Ok(Search {
        found,
        passed: passed.into_iter().collect(),
        others,
    })
}

/// A file whose text is parsed.
struct Loaded {
    file: FileId,
    path: PathBuf,
    absolute: PathBuf,
    text: String,
    /// `None` if there is no text to be parsed.
    parsed: Option<Parsed>,
    faults: Vec<Diagnostic>,
}

fn load(world: &dyn World, file: FileId, found: Found) -> Loaded {
    let mut loaded = Loaded {
        file,
        path: found.path,
        absolute: found.absolute,
        text: String::new(),
        parsed: None,
        faults: Vec::new(),
    };
    let here = Span::new(file, 0, 0);
    if let Some((code, reason)) = found.fault {
        loaded.faults.push(unreadable(code, here, &reason));
        return loaded;
    }
    match world.read(&loaded.path) {
        Ok(bytes) => {
            let decoded = manifest::decode(file, bytes);
            loaded.faults = decoded.faults;
            if !decoded.binary {
                let is_json = manifest::is_json(&world::display(&loaded.path));
                loaded.parsed = Some(manifest::parse(file, &decoded.text, is_json));
                loaded.text = decoded.text;
            }
        }
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            loaded
                .faults
                .push(unreadable(Code::M0102, here, &error.to_string()));
        }
        Err(error) => loaded
            .faults
            .push(unreadable(Code::M0101, here, &error.to_string())),
    }
    loaded
}

fn unreadable(code: Code, here: Span, reason: &str) -> Diagnostic {
    let (message, help) = match code {
        Code::M0102 => (
            format!("the file is {reason}"),
            "split it, or keep it outside of the folders that are checked",
        ),
        Code::M0106 => (
            format!("the link was not followed: it {reason}, which lies outside"),
            "check that folder as well, or replace the link by a copy",
        ),
        _ => (
            format!("can't be read: {reason}"),
            "make it readable, or remove it from the folders that are checked",
        ),
    };
    Diagnostic::new(code, here, message).help(help)
}

impl Loaded {
    fn named(&self) -> render::File {
        render::File {
            id: self.file,
            path: self.path.clone(),
            absolute: self.absolute.clone(),
        }
    }

    /// What stood in the way of parsing it.
    fn fault(&self) -> Option<String> {
        let first = self.faults.first().filter(|_| self.parsed.is_none());
        first.map(|fault| fault.message.clone())
    }

    fn classify(self, surroundings: Surroundings) -> (SourceFile, FileReading) {
        let mut reading = match self.parsed {
            Some(parsed) => manifest::classify(self.file, &self.text, parsed, surroundings),
            None => FileReading {
                fates: self.faults.iter().filter_map(lost).collect(),
                ..FileReading::default()
            },
        };
        reading.diagnostics.extend(self.faults);
        (SourceFile::new(world::display(&self.path), self.text), reading)
    }
}

/// The one document that a file without text counts as.
fn lost(fault: &Diagnostic) -> Option<Fate> {
    let diagnostic::Origin::Code(code) = fault.origin else {
        return None;
    };
    Some(Fate::Unevaluated(Unevaluated {
        reason: Reason::Unreadable(code),
        span: fault.primary.span,
        listed: None,
    }))
}

/// What all kustomizations say: those that were read, and those that lie above the arguments.
fn patches(world: &dyn World, loaded: &[Loaded]) -> Patches {
    let mut patches = Patches::default();
    let read: HashSet<&Path> = loaded.iter().map(|file| file.absolute.as_path()).collect();
    let mut add = |path: &Path, parsed: &Parsed| {
        for root in parsed
            .documents
            .iter()
            .filter_map(|document| document.readings.first())
        {
            patches.add(path, root);
        }
    };
    let mut folders = HashSet::new();
    for file in loaded {
        if manifest::is_kustomization(&file.absolute)
            && let Some(parsed) = &file.parsed
        {
            add(&file.absolute, parsed);
        }
        folders.extend(file.absolute.ancestors().skip(1).take(LEVELS_ABOVE));
    }
    for folder in folders {
        for name in ["kustomization.yaml", "kustomization.yml", "Kustomization"] {
            let path = folder.join(name);
            if read.contains(path.as_path()) || !world.is_file(&path) {
                continue;
            }
            if let Ok(bytes) = world.read(&path) {
                // Only its references are asked for; it is not part of the run.
                let text = manifest::decode(FileId(0), bytes).text;
                add(&path, &manifest::parse(FileId(0), &text, false));
            }
        }
    }
    patches
}

/// How many folders above a file may hold the kustomization that applies or completes it.
pub(super) const LEVELS_ABOVE: usize = 3;

/// The documents that were not evaluated, by what they have in common.
#[derive(Default)]
struct Groups {
    documents: BTreeMap<(Group, FileId), Vec<Unevaluated>>,
    /// The file that stands for a chart or overlay.
    places: BTreeMap<Group, FileId>,
}

impl Groups {
    fn add(&mut self, file: FileId, placed: &Placed, unevaluated: &Unevaluated) {
        let group = match unevaluated.reason {
            Reason::Template => placed.chart.clone().map(Group::Chart),
            Reason::Patch | Reason::Incomplete => placed.overlay.clone().map(Group::Overlay),
            Reason::Ciphertext | Reason::Unreadable(_) => None,
        };
        // Files on their own are kept apart by their ids, the others are not.
        let key = match group {
            Some(group) => (group, FileId(0)),
            None => (Group::File, file),
        };
        self.documents.entry(key).or_default().push(unevaluated.clone());
    }

    /// Leaves out groups of which a finding already says why they were not evaluated.
    fn forget(&mut self, told: &BTreeSet<Group>) {
        self.documents.retain(|(group, _), _| !told.contains(group));
    }

    fn offer_place(&mut self, file: FileId, placed: &Placed) {
        if let Some(group) = &placed.stands_for {
            self.places.entry(group.clone()).or_insert(file);
        }
    }

    fn findings(&self, after_rendering: bool) -> Vec<Diagnostic> {
        let findings = self.documents.iter().filter_map(|((group, _), documents)| {
            let place = self.places.get(group).map(|file| Span::new(*file, 0, 0));
            let documents: Vec<&Unevaluated> = documents.iter().collect();
            manifest::unevaluated_finding(group.clone(), &documents, place, after_rendering)
        });
        findings.collect()
    }
}

#[cfg(test)]
mod tests;
