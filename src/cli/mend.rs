//! `ordain check --fix`: findings → files that no longer have them.
//!
//! In: what a check found. Out: the repository as it is with their fixes, checked again until nothing more can be
//! mended. Everything happens in front of the files; these are written at the end, each at once, and only if
//! nobody has changed them meanwhile.
//!
//! Mended are manifests that people wrote and that are judged as they stand: not what is rendered, not templates, and
//! no file that a link brings in from outside.

use super::check::{Check, Judgement, judge};
use super::output;
use super::{Failure, Outcome};
use crate::diagnostic::{Diagnostic, Fix, ObjectReference};
use crate::fix;
use crate::manifest::{self, Fate, Reason};
use crate::report::{escape, plural};
use crate::source::FileId;
use crate::workspace::Workspace;
use crate::world::{Disk, Overlay, World};
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How often what was mended is checked again at most.
const ROUNDS: usize = 20;

/// What is to be mended.
#[derive(Debug, clap::Args)]
pub struct Mending {
    /// Mend in the files what has a safe fix, and report what remains
    #[arg(long, group = "mends")]
    pub fix: bool,

    /// Mend as well by fixes after which programs may behave differently
    #[arg(long, requires = "mends")]
    pub unsafe_fixes: bool,

    /// Show what --fix would change, and change nothing
    #[arg(long, group = "mends")]
    pub diff: bool,
}

impl Mending {
    /// Whether anything is to be mended, or shown as if it were.
    pub fn is_asked(&self) -> bool {
        self.fix || self.diff
    }

    fn takes(&self, fix: &Fix) -> bool {
        fix.safe || self.unsafe_fixes
    }
}

/// What tells a finding from others, whatever changes around it.
type Key = (String, String, Option<ObjectReference>, String, String);

/// A file whose text is another by now.
struct Mended {
    original: Vec<u8>,
    before: String,
    /// All texts that it had, the last one of which it has.
    texts: Vec<String>,
}

/// What has been mended so far.
#[derive(Default)]
pub struct Mends {
    files: BTreeMap<String, Mended>,
    /// What was applied: the finding, and what to say of it.
    applied: Vec<(Key, String)>,
    /// Findings that stayed although their fix was applied; it is not applied again.
    stubborn: BTreeSet<Key>,
    /// How many findings there were with a key, and how many fixes of them the last round applied.
    last: BTreeMap<Key, (usize, usize)>,
    /// Files that are left alone, and why.
    left: BTreeMap<String, &'static str>,
}

/// Mends in front of the files. Gives what is judged of the result, and what was done.
pub fn run(arguments: &Check) -> Result<(Judgement, Mends), Failure> {
    let mut world = Overlay::new(Disk);
    let mut mends = Mends::default();
    let mut judgement = judge(&world, arguments)?;
    for _ in 0..ROUNDS {
        if !judgement.is_complete() || !mends.round(&mut world, &judgement, &arguments.mending) {
            break;
        }
        judgement = judge(&world, arguments)?;
        mends.settle(&judgement);
    }
    Ok((judgement, mends))
}

impl Mends {
    /// Applies what can be applied at once; whether that was anything.
    fn round(&mut self, world: &mut Overlay<Disk>, judgement: &Judgement, mending: &Mending) -> bool {
        let workspace = &judgement.workspace;
        let mut by_file: BTreeMap<FileId, Vec<(&Diagnostic, &Fix)>> = BTreeMap::new();
        for finding in &judgement.mendable {
            if let Some(fix) = finding.fix.as_ref().filter(|fix| mending.takes(fix))
                && !self.stubborn.contains(&key(finding, fix, workspace))
            {
                by_file
                    .entry(finding.primary.span.file)
                    .or_default()
                    .push((finding, fix));
            }
        }
        self.last.clear();
        let mut is_any = false;
        for (file, found) in by_file {
            let source = workspace.sources.file(file);
            if let Some(reason) = self.obstacle(workspace, file) {
                self.left.insert(source.path.clone(), reason);
                continue;
            }
            let Some(mended) = self.files.get_mut(&source.path) else {
                continue;
            };
            let fixes: Vec<&Fix> = found.iter().map(|(_, fix)| *fix).collect();
            let is_json = manifest::is_json(&source.path);
            let (text, applied) = fix::together(&source.text, is_json, &fixes);
            // Fixes that undo each other would go on forever.
            if mended.texts.contains(&text) {
                continue;
            }
            is_any = true;
            world.set(Path::new(&source.path), manifest::encode(&text, &mended.original));
            mended.texts.push(text);
            for ((finding, fix), applied) in found.into_iter().zip(applied) {
                let key = key(finding, fix, workspace);
                let (known, done) = self.last.entry(key.clone()).or_default();
                *known += 1;
                if applied {
                    *done += 1;
                    self.applied.push((key, told(finding, fix, workspace)));
                }
            }
        }
        is_any
    }

    /// Finds out what the last round has not mended after all.
    fn settle(&mut self, judgement: &Judgement) {
        let mut now: BTreeMap<Key, usize> = BTreeMap::new();
        for finding in &judgement.mendable {
            if let Some(fix) = &finding.fix {
                *now.entry(key(finding, fix, &judgement.workspace)).or_default() += 1;
            }
        }
        for (key, (known, done)) in &self.last {
            let stays = now.get(key).copied().unwrap_or(0) + done;
            for _ in *known..stays {
                if let Some(index) = self.applied.iter().rposition(|(own, _)| own == key) {
                    self.applied.remove(index);
                    self.stubborn.insert(key.clone());
                }
            }
        }
    }

    /// Why a file is not to be mended. Else it is known from now on.
    fn obstacle(&mut self, workspace: &Workspace, file: FileId) -> Option<&'static str> {
        let source = workspace.sources.file(file);
        if self.files.contains_key(&source.path) {
            return None;
        }
        if let Some(reason) = self.left.get(&source.path) {
            return Some(reason);
        }
        let manifests = &workspace.manifests;
        let is_template = |fate: &Fate| matches!(fate, Fate::Unevaluated(unevaluated) if unevaluated.reason == Reason::Template);
        let mut accounts = manifests.account.files.iter();
        let documents = accounts.find(|account| account.file == file)?.documents.iter();
        if manifests.surroundings(file).chart_template || documents.into_iter().any(is_template) {
            return Some("it is a template");
        }
        let path = Path::new(&source.path);
        if leads_out(path, &workspace.root.folder) {
            return Some("it is a link that leads out of the repository");
        }
        let bytes = Disk.read(path).unwrap_or_default();
        if manifest::decode(file, bytes.clone()).text != *source.text
            || manifest::encode(&source.text, &bytes) != bytes
        {
            return Some("its bytes are not those of its text");
        }
        self.files.insert(
            source.path.clone(),
            Mended {
                original: bytes,
                before: source.text.to_string(),
                texts: vec![source.text.to_string()],
            },
        );
        None
    }

    /// Shows the changes as a unified diff.
    fn diff(&self) -> String {
        let mut out = String::new();
        for (path, mended) in &self.files {
            let diff = TextDiff::from_lines(mended.before.as_str(), mended.now());
            out.push_str(
                &diff
                    .unified_diff()
                    .header(path, &format!("{path} (mended)"))
                    .to_string(),
            );
        }
        out
    }

    /// Writes the files, or shows what would be written; says what was done. Gives whether anything is shown.
    pub fn finish(&self, mending: &Mending) -> Result<Outcome, Failure> {
        let changed: Vec<(&String, &Mended)> = self
            .files
            .iter()
            .filter(|(_, mended)| mended.now() != mended.before)
            .collect();
        if mending.diff {
            output::print(&escape::block(&self.diff()))?;
        }
        let mut faults = Vec::new();
        let mut unwritten = BTreeSet::new();
        for (path, mended) in changed.iter().filter(|_| !mending.diff) {
            if let Err(reason) = mended.write(Path::new(path)) {
                faults.push(format!("`{}` was not mended: {reason}", escape::line(path)));
                unwritten.insert(*path);
            }
        }
        let done: Vec<&(Key, String)> = self
            .applied
            .iter()
            .filter(|((path, ..), _)| !unwritten.contains(path))
            .collect();
        let verb = if mending.diff { "would mend" } else { "mended" };
        for (_, line) in &done {
            output::complain(&format!("{verb} {line}"));
        }
        let files = plural(changed.len() - unwritten.len(), "file");
        output::complain(&format!("{verb} {} in {files}", plural(done.len(), "finding")));
        for (path, reason) in &self.left {
            output::complain(&format!("left `{}` as it is: {reason}", escape::line(path)));
        }
        match faults.is_empty() {
            true if mending.diff && !changed.is_empty() => Ok(Outcome::Faulty),
            true => Ok(Outcome::Clean),
            false => Err(Failure(faults.join("\n"))),
        }
    }
}

impl Mended {
    fn now(&self) -> &str {
        self.texts.last().unwrap_or(&self.before)
    }

    fn write(&self, path: &Path) -> Result<(), String> {
        let bytes = Disk.read(path).map_err(|error| error.to_string())?;
        if bytes != self.original {
            return Err("it changed while it was checked; run again".to_string());
        }
        Disk.write(path, &manifest::encode(self.now(), &self.original))
            .map_err(|error| error.to_string())
    }
}

fn key(finding: &Diagnostic, fix: &Fix, workspace: &Workspace) -> Key {
    (
        workspace.sources.file(finding.primary.span.file).path.clone(),
        finding.origin.id().to_string(),
        finding.object.clone(),
        finding.message.clone(),
        fix.title.clone(),
    )
}

/// `apps/web.yaml:12: host-network: set `hostNetwork` to `false``.
fn told(finding: &Diagnostic, fix: &Fix, workspace: &Workspace) -> String {
    let span = finding.primary.span;
    let file = workspace.sources.file(span.file);
    let line = file.position(span.start).line;
    escape::line(&format!(
        "{}:{line}: {}: {}",
        file.path,
        finding.origin.id(),
        fix.title
    ))
    .into_owned()
}

/// Whether a file is a link that crosses the border of a folder.
fn leads_out(path: &Path, folder: &Path) -> bool {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let canonical = |path: &Path| Disk.canonical(path).ok();
    match (
        canonical(path),
        canonical(parent),
        canonical(folder),
        path.file_name(),
    ) {
        (Some(real), Some(parent), Some(folder), Some(name)) => {
            let is_link = parent.join(name) != real;
            is_link && !(real.starts_with(&folder) && parent.starts_with(&folder))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_meanwhile_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("web.yaml");
        let mended = |original: &str| Mended {
            original: original.into(),
            before: original.into(),
            texts: vec![original.into(), "a: 2\n".into()],
        };
        Disk.write(&path, b"a: 1 # by another\n").unwrap();
        assert_eq!(
            mended("a: 1\n").write(&path),
            Err("it changed while it was checked; run again".to_string())
        );
        assert_eq!(Disk.read(&path).unwrap(), b"a: 1 # by another\n");
        assert_eq!(mended("a: 1 # by another\n").write(&path), Ok(()));
        assert_eq!(Disk.read(&path).unwrap(), b"a: 2\n");
    }
}
