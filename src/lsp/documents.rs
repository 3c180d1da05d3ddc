//! The texts that the editor has open, in front of the files of the disk.

use crate::world::{Disk, Overlay};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The open texts.
#[derive(Debug)]
pub struct Documents {
    /// What a check reads.
    pub world: Overlay<Disk>,
    /// The open texts, with the versions that the editor gave them.
    open: BTreeMap<PathBuf, i32>,
}

impl Documents {
    /// Nothing is open yet.
    pub fn new() -> Documents {
        Documents {
            world: Overlay::new(Disk),
            open: BTreeMap::new(),
        }
    }

    /// A text was opened or changed.
    pub fn set(&mut self, path: &Path, text: &str, version: i32) {
        self.world.set(path, text);
        self.open.insert(path.to_path_buf(), version);
    }

    /// A text was closed; the file counts again.
    pub fn close(&mut self, path: &Path) {
        self.world.remove(path);
        self.open.remove(path);
    }

    /// The paths of the open texts.
    pub fn open(&self) -> impl Iterator<Item = &Path> {
        self.open.keys().map(PathBuf::as_path)
    }

    /// The version of an open text.
    pub fn version(&self, path: &Path) -> Option<i32> {
        self.open.get(path).copied()
    }
}
