//! The files of the machine.

use super::{
    MAXIMUM_FILE_BYTES, Passed, PathKind, Program, Ran, Task, Walk, WalkFault, World, display, git, process,
};
use ignore::{WalkBuilder, WalkState};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// The file system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl World for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        // Asked before it is opened, since opening a pipe waits for its other end.
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, "larger than 8 MiB");
        if metadata.len() > MAXIMUM_FILE_BYTES {
            return Err(too_large());
        }
        let mut bytes = Vec::with_capacity(metadata.len() as usize + 1);
        fs::File::open(path)?
            .take(MAXIMUM_FILE_BYTES + 1)
            .read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAXIMUM_FILE_BYTES {
            return Err(too_large());
        }
        Ok(bytes)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        // Written beside what a link leads to, so that the link stays.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let folder = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(".ordain-").tempfile_in(folder)?;
        file.write_all(bytes)?;
        match fs::metadata(&target) {
            Ok(metadata) => file.as_file().set_permissions(metadata.permissions())?,
            Err(_) => make_ordinary(file.as_file())?,
        }
        file.as_file().sync_all()?;
        file.persist(&target).map_err(|error| error.error)?;
        Ok(())
    }

    fn delete(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn kind(&self, path: &Path) -> io::Result<PathKind> {
        let metadata = fs::metadata(path)?;
        Ok(if metadata.is_file() {
            PathKind::File
        } else if metadata.is_dir() {
            PathKind::Folder
        } else {
            PathKind::Other
        })
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn program(&self, name: &str) -> Option<Program> {
        process::program(name)
    }

    fn run(&self, task: &Task<'_>) -> io::Result<Ran> {
        process::run(task)
    }

    fn cache(&self) -> Option<PathBuf> {
        process::cache()
    }

    fn prune(&self, folder: &Path, bytes: u64, age: Duration) {
        // What can't be read or is gone by now needs no care.
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
            .filter_map(|entry| {
                let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
                Some((metadata.modified().ok()?, metadata.len(), entry.path()))
            })
            .collect();
        files.sort_unstable_by(|one, other| other.cmp(one));
        let oldest = SystemTime::now().checked_sub(age);
        let mut kept = 0u64;
        for (modified, length, path) in files {
            kept = kept.saturating_add(length);
            if kept > bytes || oldest.is_some_and(|oldest| modified < oldest) {
                let _ = fs::remove_file(path);
            }
        }
    }

    fn walk(&self, folder: &Path, wanted: &(dyn Fn(&Path) -> bool + Sync)) -> Walk {
        let found = Mutex::new(Found::default());
        let lock = || found.lock().unwrap_or_else(PoisonError::into_inner);
        let hidden = Arc::new(Mutex::new(Hidden::of(folder)));
        builder(folder, Arc::clone(&hidden)).build_parallel().run(|| {
            Box::new(|entry| {
                match entry {
                    Ok(entry) => {
                        let path = entry.path();
                        match entry.file_type() {
                            Some(kind) if kind.is_symlink() => lock().links.push(path.to_path_buf()),
                            Some(kind) if kind.is_file() && wanted(path) => {
                                lock().files.push(path.to_path_buf())
                            }
                            Some(kind) if !kind.is_file() && !kind.is_dir() && wanted(path) => {
                                lock().faults.push(WalkFault {
                                    path: path.to_path_buf(),
                                    leads_out: false,
                                    reason: "not a regular file".to_string(),
                                });
                            }
                            Some(kind) if kind.is_dir() => {}
                            _ => lock().others += 1,
                        }
                    }
                    Err(error) => lock().faults.push(fault(folder, &error)),
                }
                WalkState::Continue
            })
        });
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.links.sort();
        found.files.sort();
        found.follow_links(folder, wanted);
        let hidden = hidden.lock().unwrap_or_else(PoisonError::into_inner);
        found.passed.extend(hidden.told(wanted));
        found.files.sort();
        found.faults.sort();
        found.passed.sort();
        Walk {
            files: found.files,
            faults: found.faults,
            passed: found.passed,
            others: found.others,
        }
    }
}

#[derive(Default)]
struct Found {
    files: Vec<PathBuf>,
    links: Vec<PathBuf>,
    faults: Vec<WalkFault>,
    passed: Vec<Passed>,
    others: usize,
}

impl Found {
    /// Adds the files to which links lead, unless the walk has them under their own name.
    fn follow_links(&mut self, folder: &Path, wanted: &(dyn Fn(&Path) -> bool + Sync)) {
        let Ok(root) = fs::canonicalize(folder) else {
            return;
        };
        if self.links.is_empty() {
            return;
        }
        let mut known: HashMap<PathBuf, PathBuf> = self
            .files
            .iter()
            .filter_map(|file| Some((fs::canonicalize(file).ok()?, file.clone())))
            .collect();
        let inside = |path: &Path| display(path.strip_prefix(&root).unwrap_or(path));
        for link in std::mem::take(&mut self.links) {
            let mut pass = |reason: String| {
                self.passed.push(Passed {
                    path: link.clone(),
                    reason,
                });
            };
            let mut say = |leads_out, reason: String| {
                self.faults.push(WalkFault {
                    path: link.clone(),
                    leads_out,
                    reason,
                });
            };
            match fs::canonicalize(&link) {
                Err(error) if wanted(&link) => say(false, error.to_string()),
                Err(error) => pass(format!("a link that leads nowhere: {error}")),
                Ok(target) => {
                    let is_folder = target.is_dir();
                    if !is_folder && !wanted(&link) {
                        self.others += 1;
                        continue;
                    }
                    if !target.starts_with(&root) {
                        say(true, format!("leads to {}", target.display()));
                    } else if is_folder {
                        let name = inside(&target);
                        let name = if name.is_empty() { "." } else { &name };
                        pass(format!("a link to `{name}`, which is read under its own name"));
                    } else if !target.is_file() {
                        say(false, "not a regular file".to_string());
                    } else if let Some(twin) = known.get(&target) {
                        let twin = display(twin.strip_prefix(folder).unwrap_or(twin));
                        pass(format!("a link to what is read as `{twin}`"));
                    } else {
                        known.insert(target, link.clone());
                        self.files.push(link);
                    }
                }
            }
        }
    }
}

/// What git keeps out of a folder and of the repositories in it.
#[derive(Default)]
struct Hidden {
    /// Each path with the folder that git was asked in.
    paths: HashMap<PathBuf, PathBuf>,
    /// The paths that the walk came by, and whether they are folders.
    met: Vec<(PathBuf, bool)>,
}

impl Hidden {
    fn of(folder: &Path) -> Hidden {
        let mut hidden = Hidden::default();
        hidden.add(folder);
        hidden
    }

    fn add(&mut self, folder: &Path) {
        let paths = git::hidden(folder).into_iter();
        self.paths.extend(paths.map(|path| (path, folder.to_path_buf())));
    }

    /// Whether git keeps the path out.
    fn holds(&mut self, path: &Path, is_folder: bool) -> bool {
        let is_hidden = self.paths.contains_key(path);
        if is_hidden {
            self.met.push((path.to_path_buf(), is_folder));
        }
        is_hidden
    }

    /// What was passed over, with the line of a `.gitignore` that says so.
    fn told(&self, wanted: &(dyn Fn(&Path) -> bool + Sync)) -> Vec<Passed> {
        let mut by_repository: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
        for (path, is_folder) in &self.met {
            if let Some(repository) = self.paths.get(path)
                && (*is_folder || wanted(path))
            {
                by_repository.entry(repository).or_default().push(path);
            }
        }
        let told = by_repository.into_iter().flat_map(|(repository, paths)| {
            let reasons = git::reasons(repository, &paths);
            paths.into_iter().map(move |path| Passed {
                path: path.to_path_buf(),
                reason: match reasons.get(path) {
                    Some(reason) => format!("ignored by git: {reason}"),
                    None => "ignored by git".to_string(),
                },
            })
        });
        told.collect()
    }
}

fn builder(folder: &Path, hidden: Arc<Mutex<Hidden>>) -> WalkBuilder {
    let root = folder.to_path_buf();
    let mut builder = WalkBuilder::new(folder);
    builder
        .standard_filters(false)
        .follow_links(false)
        .threads(std::thread::available_parallelism().map_or(2, usize::from).min(8))
        .filter_entry(move |entry| {
            if entry.depth() == 0 {
                return true;
            }
            let mut hidden = hidden.lock().unwrap_or_else(PoisonError::into_inner);
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            if entry.file_name() == ".git" || hidden.holds(entry.path(), is_folder) {
                return false;
            }
            // A repository within the repository has rules of its own.
            if is_folder && entry.path() != root && entry.path().join(".git").exists() {
                hidden.add(entry.path());
            }
            true
        });
    builder
}

fn fault(folder: &Path, error: &ignore::Error) -> WalkFault {
    let mut path = folder;
    let mut inner = error;
    loop {
        inner = match inner {
            ignore::Error::WithPath { path: at, err } => {
                path = at;
                err
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => err,
            _ => break,
        };
    }
    let reason = match inner {
        ignore::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    };
    WalkFault {
        path: path.to_path_buf(),
        leads_out: false,
        reason,
    }
}

/// Temporary files are for their owner alone; a file that is to stay is for everybody that may read the folder.
#[cfg(unix)]
fn make_ordinary(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_ordinary(_: &fs::File) -> io::Result<()> {
    Ok(())
}
