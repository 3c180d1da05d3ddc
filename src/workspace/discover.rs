//! Where a repository keeps its configuration and its policies.
//!
//! In: the first path that is to be checked. Out: the folder whose `ordain.toml` or `policies/` holds
//! for it, the nearest one upward. The search ends at the root of the repository; outside of one, at
//! the current folder, so that no stray file of a parent decides.

use super::configuration;
use crate::world::{PathKind, World};
use std::path::{Component, Path, PathBuf};

/// The folder of policies that is used when no configuration names another.
pub const POLICIES: &str = "policies";

/// Where settings come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The folder that paths of settings are relative to, itself relative to the current folder.
    pub folder: PathBuf,
    /// Whether it has a configuration file.
    pub has_configuration: bool,
}

/// The nearest folder at or above `start` with a configuration or, failing that, with policies.
pub fn discover(world: &dyn World, start: &Path) -> Root {
    let here = world.canonical(Path::new(".")).unwrap_or_default();
    let Ok(full) = world.canonical(start) else {
        return Root {
            folder: PathBuf::from("."),
            has_configuration: false,
        };
    };
    let first = match world.kind(&full) {
        Ok(PathKind::Folder) => full.as_path(),
        _ => full.parent().unwrap_or(&full),
    };
    let candidates = candidates(world, first, &here);
    let found = |wanted: PathKind, name: &str| {
        candidates
            .iter()
            .find(|folder| world.kind(&folder.join(name)).is_ok_and(|kind| kind == wanted))
            .map(|folder| relative(&here, folder))
    };
    if let Some(folder) = found(PathKind::File, configuration::FILE_NAME) {
        return Root {
            folder,
            has_configuration: true,
        };
    }
    Root {
        folder: found(PathKind::Folder, POLICIES).unwrap_or_else(|| relative(&here, first)),
        has_configuration: false,
    }
}

/// The folders to look into, the nearest first.
fn candidates<'a>(world: &dyn World, first: &'a Path, here: &Path) -> Vec<&'a Path> {
    let ancestors: Vec<&Path> = first.ancestors().collect();
    let last = ancestors
        .iter()
        .position(|folder| world.kind(&folder.join(".git")).is_ok())
        .or_else(|| ancestors.iter().position(|folder| *folder == here))
        .unwrap_or(0);
    ancestors.into_iter().take(last + 1).collect()
}

/// How a path is written from the current folder. Both are absolute, or both as the world counts them.
pub fn relative(here: &Path, path: &Path) -> PathBuf {
    let mut from = here.components().peekable();
    let mut to = path.components().peekable();
    while let (Some(a), Some(b)) = (from.peek(), to.peek()) {
        if a != b {
            break;
        }
        from.next();
        to.next();
    }
    let mut out: PathBuf = from.map(|_| Component::ParentDir).collect();
    out.extend(to);
    if out.as_os_str().is_empty() {
        out.push(".");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Memory;

    /// Where the settings for `start` come from, in a world of these (empty) files.
    fn check(files: &[&str], start: &str, folder: &str, has_configuration: bool) {
        let world = Memory::of(files.iter().map(|file| (*file, "")));
        let expected = Root {
            folder: PathBuf::from(folder),
            has_configuration,
        };
        assert_eq!(discover(&world, Path::new(start)), expected);
    }

    #[test]
    fn the_nearest_configuration_upward_holds() {
        check(&["ordain.toml", "a/b/x.yaml"], "a/b/x.yaml", ".", true);
        check(&["ordain.toml", "a/ordain.toml", "a/b/x.yaml"], "a/b", "a", true);
        check(
            &["ordain.toml", "a/policies/p.ordain", "a/x.yaml"],
            "a",
            ".",
            true,
        );
        check(&["policies/p.ordain", "a/x.yaml"], "a", ".", false);
        check(&["a/x.yaml"], "a", "a", false);
    }

    #[test]
    fn the_search_ends_at_the_root_of_the_repository() {
        check(&["ordain.toml", "a/.git/HEAD", "a/b/x.yaml"], "a/b", "a/b", false);
        check(
            &["ordain.toml", "a/.git/HEAD", "a/policies/p.ordain", "a/b/x.yaml"],
            "a/b",
            "a",
            false,
        );
    }

    #[test]
    fn paths_are_written_from_the_current_folder() {
        let check = |here: &str, path: &str, expected: &str| {
            assert_eq!(relative(Path::new(here), Path::new(path)), Path::new(expected));
        };
        check("/a/b", "/a/b", ".");
        check("/a/b", "/a/b/c", "c");
        check("/a/b", "/a", "..");
        check("/a/b", "/a/c/d", "../c/d");
    }
}
