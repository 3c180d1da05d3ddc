//! The one door to files and to the programs of others.
//!
//! In: paths. Out: bytes, and what a folder holds. Everything else of Ordain sees files only through [`World`],
//! so it runs as well over texts in memory and over an editor's unsaved ones.

// The one place that files are touched in.
#[allow(clippy::disallowed_methods)]
mod disk;
mod git;
mod memory;
mod patterns;
#[allow(clippy::disallowed_methods)]
mod process;

pub use disk::Disk;
pub use memory::{Memory, Overlay};
pub use patterns::Patterns;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The largest file that is read, in bytes (8 MiB). Kubernetes itself takes no object above 1.5 MiB; a file of this
/// size, read into values that know their bytes, takes about 200 MiB of memory.
pub const MAXIMUM_FILE_BYTES: u64 = 8 * 1024 * 1024;

/// What stands at a path, links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A pipe, a socket, a device.
    Other,
}

/// What a folder holds, through all levels.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// The files that were asked for, sorted.
    pub files: Vec<PathBuf>,
    /// What could not be read or followed, sorted.
    pub faults: Vec<WalkFault>,
    /// What was passed over on purpose, sorted: files that were asked for, and folders that may hold some.
    pub passed: Vec<Passed>,
    /// How many files were not asked for.
    pub others: usize,
}

/// A path that a walk passed over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passed {
    /// The path.
    pub path: PathBuf,
    /// Why, in a few words.
    pub reason: String,
}

/// A path on which a walk could not go on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WalkFault {
    /// The path.
    pub path: PathBuf,
    /// Whether it is a link that leads out of the folder; else it could not be read.
    pub leads_out: bool,
    /// What is wrong, in a few words.
    pub reason: String,
}

/// A program of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// What changes whenever the program does.
    pub stamp: String,
}

/// The files, by name and bytes, that a program finds in its folder, whose absolute path is given.
pub type Files<'a> = dyn Fn(&Path) -> Vec<(PathBuf, Vec<u8>)> + Sync + 'a;

/// What a program is started for.
pub struct Task<'a> {
    /// The program.
    pub program: &'a Program,
    /// Its arguments; paths among them are absolute, or relative to the folder that it runs in.
    pub arguments: Vec<String>,
    /// The files that it finds.
    pub files: &'a Files<'a>,
    /// How long it may take.
    pub timeout: Duration,
}

/// What a program left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The folder that it ran in, which is gone.
    pub folder: PathBuf,
    /// Its exit code; none if it was ended.
    pub code: Option<i32>,
    /// What it printed.
    pub output: String,
    /// What it printed on standard error.
    pub complaint: String,
}

/// Files, wherever they are kept, and programs.
pub trait World: Sync {
    /// The bytes of a regular file. Errors: [`io::ErrorKind::FileTooLarge`] above [`MAXIMUM_FILE_BYTES`],
    /// [`io::ErrorKind::InvalidInput`] for what is no regular file; it never waits for a pipe.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Puts these bytes in the place of the file's, or makes the file. Other processes see the old ones or
    /// the new ones, never a part; permissions stay.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Takes a file, or a link to one, away.
    fn delete(&self, path: &Path) -> io::Result<()>;

    /// What stands at a path.
    fn kind(&self, path: &Path) -> io::Result<PathKind>;

    /// The absolute path without links.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;

    /// The files under a folder for whose path `wanted` says yes. Folders with a dot are entered, `.git` is not. What
    /// `.gitignore` names is left out if git does not track it. Links are followed as long as they stay in the
    /// folder; none is walked twice.
    fn walk(&self, folder: &Path, wanted: &(dyn Fn(&Path) -> bool + Sync)) -> Walk;

    /// The program of this name, if there is one.
    fn program(&self, _name: &str) -> Option<Program> {
        None
    }

    /// Runs a program to its end: in a folder of its own, with nothing of the user's environment but the search
    /// path, and without network as far as the system lets it be taken away. Errors: [`io::ErrorKind::TimedOut`],
    /// [`io::ErrorKind::FileTooLarge`] if it prints too much.
    fn run(&self, _task: &Task<'_>) -> io::Result<Ran> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    /// The folder for what can be made again, if there is one.
    fn cache(&self) -> Option<PathBuf> {
        None
    }

    /// Takes files out of a folder of what can be made again: those older than `age`, and the oldest ones beyond
    /// `bytes` in all. Others may do the same at the same time.
    fn prune(&self, _folder: &Path, _bytes: u64, _age: Duration) {}

    /// Whether there is a regular file.
    fn is_file(&self, path: &Path) -> bool {
        matches!(self.kind(path), Ok(PathKind::File))
    }
}

impl<W: World + ?Sized> World for &W {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        (**self).read(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        (**self).write(path, bytes)
    }

    fn delete(&self, path: &Path) -> io::Result<()> {
        (**self).delete(path)
    }

    fn kind(&self, path: &Path) -> io::Result<PathKind> {
        (**self).kind(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        (**self).canonical(path)
    }

    fn walk(&self, folder: &Path, wanted: &(dyn Fn(&Path) -> bool + Sync)) -> Walk {
        (**self).walk(folder, wanted)
    }

    fn program(&self, name: &str) -> Option<Program> {
        (**self).program(name)
    }

    fn run(&self, task: &Task<'_>) -> io::Result<Ran> {
        (**self).run(task)
    }

    fn cache(&self) -> Option<PathBuf> {
        (**self).cache()
    }
}

/// A path as reports show it: `/` between its parts, no `./` in front, and U+FFFD for what is not UTF-8.
pub fn display(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if std::path::MAIN_SEPARATOR == '/' {
        text.into_owned()
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    };
    match text.strip_prefix("./") {
        Some(rest) if !rest.is_empty() => rest.trim_start_matches('/').to_string(),
        _ => text,
    }
}

/// The path without `.` and with `..` taken back as far as it goes, as if there were no links.
pub fn normalize(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut parts = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(parts.components().next_back(), Some(Component::Normal(_))) => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests;
