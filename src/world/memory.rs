//! Files in memory: a whole world of them, or some in front of another world's.

use super::{MAXIMUM_FILE_BYTES, PathKind, Program, Ran, Task, Walk, World, normalize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

/// A world that holds only what was put into it.
#[derive(Debug, Default)]
pub struct Memory {
    files: RwLock<BTreeMap<PathBuf, Vec<u8>>>,
}

impl Memory {
    /// A world of these files.
    pub fn of<P: AsRef<Path>, B: AsRef<[u8]>>(files: impl IntoIterator<Item = (P, B)>) -> Memory {
        let files = files
            .into_iter()
            .map(|(path, bytes)| (normalize(path.as_ref()), bytes.as_ref().to_vec()))
            .collect();
        Memory {
            files: RwLock::new(files),
        }
    }

    fn with<T>(&self, then: impl FnOnce(&BTreeMap<PathBuf, Vec<u8>>) -> T) -> T {
        then(&self.files.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn missing() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl World for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.with(|files| match files.get(&normalize(path)) {
            Some(bytes) if bytes.len() as u64 > MAXIMUM_FILE_BYTES => {
                Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 8 MiB"))
            }
            Some(bytes) => Ok(bytes.clone()),
            None => Err(missing()),
        })
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        files.insert(normalize(path), bytes.to_vec());
        Ok(())
    }

    fn delete(&self, path: &Path) -> io::Result<()> {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        files.remove(&normalize(path)).map(|_| ()).ok_or_else(missing)
    }

    fn kind(&self, path: &Path) -> io::Result<PathKind> {
        let path = normalize(path);
        self.with(|files| {
            if files.contains_key(&path) {
                Ok(PathKind::File)
            } else if path.as_os_str().is_empty() || files.keys().any(|file| file.starts_with(&path)) {
                Ok(PathKind::Folder)
            } else {
                Err(missing())
            }
        })
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.kind(path)?;
        Ok(normalize(path))
    }

    fn walk(&self, folder: &Path, wanted: &(dyn Fn(&Path) -> bool + Sync)) -> Walk {
        let start = normalize(folder);
        let (files, others): (Vec<PathBuf>, Vec<PathBuf>) = self.with(|files| {
            let inside = files.keys().filter_map(|file| file.strip_prefix(&start).ok());
            inside
                .filter(|rest| !rest.components().any(|part| part.as_os_str() == ".git"))
                .map(|rest| folder.join(rest))
                .partition(|file| wanted(file))
        });
        Walk {
            files,
            others: others.len(),
            ..Walk::default()
        }
    }
}

/// A world in which some texts stand in front of the files: those that an editor has not saved yet.
#[derive(Debug)]
pub struct Overlay<W> {
    inner: W,
    texts: BTreeMap<PathBuf, Vec<u8>>,
}

impl<W: World> Overlay<W> {
    /// No text stands in front of anything yet.
    pub fn new(inner: W) -> Overlay<W> {
        Overlay {
            inner,
            texts: BTreeMap::new(),
        }
    }

    /// Puts a text in front of a file.
    pub fn set(&mut self, path: &Path, text: impl AsRef<[u8]>) {
        self.texts.insert(self.key(path), text.as_ref().to_vec());
    }

    /// Lets the file be seen again.
    pub fn remove(&mut self, path: &Path) {
        let key = self.key(path);
        self.texts.remove(&key);
    }

    /// One name for a file, by whichever path it is asked for.
    fn key(&self, path: &Path) -> PathBuf {
        // What is not there yet is named by the nearest folder that is.
        let path = normalize(path);
        for above in path.ancestors() {
            let folder = match above.as_os_str().is_empty() {
                true => Path::new("."),
                false => above,
            };
            if let (Ok(folder), Ok(rest)) = (self.inner.canonical(folder), path.strip_prefix(above)) {
                return match rest.as_os_str().is_empty() {
                    true => folder,
                    false => folder.join(rest),
                };
            }
        }
        path
    }

    /// Whether a text stands at this path, or below it.
    fn holds(&self, key: &Path) -> bool {
        self.texts.keys().any(|text| text.starts_with(key))
    }
}

impl<W: World> World for Overlay<W> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.texts.get(&self.key(path)) {
            Some(text) => Ok(text.clone()),
            None => self.inner.read(path),
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.inner.write(path, bytes)
    }

    fn delete(&self, path: &Path) -> io::Result<()> {
        self.inner.delete(path)
    }

    fn program(&self, name: &str) -> Option<Program> {
        self.inner.program(name)
    }

    fn run(&self, task: &Task<'_>) -> io::Result<Ran> {
        self.inner.run(task)
    }

    fn cache(&self) -> Option<PathBuf> {
        self.inner.cache()
    }

    fn prune(&self, folder: &Path, bytes: u64, age: Duration) {
        self.inner.prune(folder, bytes, age)
    }

    fn kind(&self, path: &Path) -> io::Result<PathKind> {
        let key = self.key(path);
        if self.texts.contains_key(&key) {
            return Ok(PathKind::File);
        }
        match self.inner.kind(path) {
            Err(_) if self.holds(&key) => Ok(PathKind::Folder),
            kind => kind,
        }
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        let key = self.key(path);
        match self.holds(&key) {
            true => Ok(key),
            false => self.inner.canonical(path),
        }
    }

    fn walk(&self, folder: &Path, wanted: &(dyn Fn(&Path) -> bool + Sync)) -> Walk {
        let start = self.key(folder);
        let mut walk = match self.inner.kind(folder) {
            // Inside of a folder that only texts make, nothing can be missing.
            Err(_) if self.holds(&start) => Walk::default(),
            _ => self.inner.walk(folder, wanted),
        };
        let known: Vec<PathBuf> = walk.files.iter().map(|file| self.key(file)).collect();
        // Texts of files that are not saved at all yet.
        for text in self.texts.keys().filter(|text| !known.contains(text)) {
            if let Ok(rest) = text.strip_prefix(&start) {
                let file = folder.join(rest);
                if wanted(&file) && self.inner.kind(&file).is_err() {
                    walk.files.push(file);
                }
            }
        }
        walk.files.sort();
        walk
    }
}
