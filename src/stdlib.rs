//! The standard library: every file of `stdlib/`, without a list.
//!
//! A file's folder is its pack and its name is its rule: `stdlib/security/host-network.ordain` holds
//! the rule `host-network` of the pack `std.security`. `presets/` declares packs of packs, `lib/`
//! helper functions, `metrics/` the catalogue of metrics.
//!
//! Releases embed the files. Builds for development read them from the folder, so that a rule can be written and
//! tried without compiling anything.

use folder::Folder;
use rust_embed::RustEmbed;
use std::sync::LazyLock;

#[allow(
    clippy::disallowed_methods,
    reason = "only builds for development read the folder, which is the project's own"
)]
mod folder {
    /// The folder `stdlib/`.
    #[derive(super::RustEmbed)]
    #[folder = "stdlib/"]
    pub struct Folder;
}

/// A file of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LibraryFile {
    /// The folder in `stdlib/`: `security`.
    pub folder: &'static str,
    /// The name without its ending: `host-network`.
    pub name: &'static str,
    /// The text.
    pub text: &'static str,
}

impl LibraryFile {
    /// The path as diagnostics show it.
    pub fn path(&self) -> String {
        format!("stdlib/{}/{}.ordain", self.folder, self.name)
    }

    /// The pack: `std.security`.
    pub fn pack(&self) -> String {
        format!("std.{}", self.folder)
    }

    /// The rule's name in full: `std.security.host-network`.
    pub fn rule_path(&self) -> String {
        format!("{}.{}", self.pack(), self.name)
    }

    /// The other tools that `replaces` names, once a line. The canonical layout tells them without parsing.
    pub fn peers(&self) -> impl Iterator<Item = &'static str> + use<> {
        let lines = self.text.lines();
        let checks = lines.filter_map(|line| line.strip_prefix("  replaces \""));
        checks.filter_map(|check| Some(check.split_once('/')?.0))
    }

    /// Whether it declares a rule; else packs, functions or metrics.
    pub fn is_rule(&self) -> bool {
        !matches!(self.folder, "presets" | "lib" | "metrics")
    }
}

/// All files, sorted by folder and name.
pub fn files() -> Vec<LibraryFile> {
    FILES.clone()
}

static FILES: LazyLock<Vec<LibraryFile>> = LazyLock::new(|| {
    let mut files: Vec<LibraryFile> = Folder::iter().filter_map(|path| read(&path)).collect();
    files.sort_unstable();
    assert!(!files.is_empty(), "the standard library is not there");
    files
});

fn read(path: &str) -> Option<LibraryFile> {
    let (folder, name) = path.strip_suffix(".ordain")?.rsplit_once('/')?;
    let text = String::from_utf8(Folder::get(path)?.data.into_owned()).ok()?;
    // The library lives as long as the process.
    let kept = |text: &str| -> &'static str { Box::leak(text.into()) };
    Some(LibraryFile {
        folder: kept(folder),
        name: kept(name),
        text: kept(&text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    #[allow(
        clippy::disallowed_methods,
        reason = "compares what is embedded with the folder"
    )]
    fn every_file_of_the_folder_is_embedded() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib");
        let mut on_disk = BTreeSet::new();
        for folder in std::fs::read_dir(root).unwrap().flatten() {
            for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
                let folder = folder.file_name().into_string().unwrap();
                on_disk.insert(format!(
                    "stdlib/{folder}/{}",
                    file.file_name().into_string().unwrap()
                ));
            }
        }
        let embedded: BTreeSet<String> = files().iter().map(LibraryFile::path).collect();
        assert_eq!(embedded, on_disk);
    }

    #[test]
    fn a_rule_is_named_as_its_file_and_no_name_stands_twice() {
        let rules: Vec<LibraryFile> = files().into_iter().filter(LibraryFile::is_rule).collect();
        for file in &rules {
            assert!(
                file.text.contains(&format!("\nrule {} {{", file.name)),
                "{}",
                file.path()
            );
        }
        let names: BTreeSet<&str> = rules.iter().map(|file| file.name).collect();
        assert_eq!(names.len(), rules.len());
    }

    #[test]
    fn every_file_is_in_canonical_form() {
        for file in files() {
            let formatted = crate::syntax::format(crate::source::FileId(0), file.text);
            assert_eq!(
                formatted.unwrap(),
                file.text,
                "`ordain fmt {}` mends it",
                file.path()
            );
        }
    }
}
