//! Artifacts → files in a folder that holds nothing else that a build ever made there.
//!
//! The source map lists what was made. Before anything changes it names the old files and the new ones, so
//! that a build which is interrupted leaves nothing that the next one does not know of.

use crate::cli::Failure;
use crate::emit::source_map::{self, Files};
use crate::emit::{self, Artifact};
use crate::source::Sources;
use crate::world::{self, PathKind, World};
use std::path::{Component, Path};

/// What became of the files of former builds.
#[derive(Debug, Default)]
pub struct Written {
    /// Files that a former build made and this one does not, which were removed.
    pub removed: Vec<String>,
    /// Targets that were not built now, with the number of their files from former builds.
    pub left: Vec<(String, usize)>,
}

/// Writes the artifacts of these targets, and removes what former builds made for them and this one
/// does not. Whatever no build made is left alone.
pub fn write(
    world: &dyn World,
    out: &Path,
    targets: &[&str],
    artifacts: &[Artifact],
    sources: &Sources,
) -> Result<Written, Failure> {
    let shown = world::display(out);
    if matches!(world.kind(out), Ok(PathKind::File | PathKind::Other)) {
        return Err(Failure(format!(
            "can't write into `{shown}`: it is a file; `--out` names a folder"
        )));
    }
    let map = out.join(source_map::NAME);
    let former = former(world, &map)?;
    let new = source_map::files(artifacts, sources);
    let is_ours = |path: &str| target_of(path).is_some_and(|target| targets.contains(&target));
    let (stale, others): (Files, Files) = former
        .into_iter()
        .filter(|(path, _)| !new.contains_key(path) && is_made(world, out, path))
        .partition(|(path, _)| is_ours(path));
    let mut all = new.clone();
    all.extend(others.clone());
    let mut before = all.clone();
    before.extend(stale.clone());
    put(world, &map, source_map::render(&before).as_bytes())?;
    // First, because a file system may take the old name and the new one for the same.
    for path in stale.keys() {
        let path = out.join(path);
        world
            .delete(&path)
            .map_err(|error| Failure(format!("can't remove `{}`: {error}", world::display(&path))))?;
    }
    for artifact in artifacts {
        put(world, &out.join(&artifact.path), &artifact.contents)?;
    }
    put(world, &map, source_map::render(&all).as_bytes())?;
    let mut left: Vec<(String, usize)> = Vec::new();
    for target in others.keys().filter_map(|path| target_of(path)) {
        match left.iter_mut().find(|(own, _)| own == target) {
            Some((_, count)) => *count += 1,
            None => left.push((target.to_owned(), 1)),
        }
    }
    Ok(Written {
        removed: stale.into_keys().collect(),
        left,
    })
}

/// The files that former builds made here.
fn former(world: &dyn World, map: &Path) -> Result<Files, Failure> {
    if world.kind(map).is_err() {
        return Ok(Files::new());
    }
    let text = world.read(map);
    text.ok().and_then(|text| source_map::read(&text)).ok_or_else(|| {
        Failure(format!(
            "`{}` is not the list of a former build; move it away, or choose another folder with `--out`",
            world::display(map)
        ))
    })
}

/// The target whose folder a path is in.
fn target_of(path: &str) -> Option<&str> {
    path.split_once('/').map(|(target, _)| target)
}

/// Whether a path of a list is a file that a build can have made: in the folder of a target, and nowhere
/// else by way of `..` or of links. A list may have been written by anybody.
fn is_made(world: &dyn World, out: &Path, path: &str) -> bool {
    let is_plain = Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let is_of_target = target_of(path).is_some_and(|target| emit::backend(target).is_some());
    let file = out.join(path);
    let stays_inside = || {
        let folder = world.canonical(file.parent().unwrap_or(out)).ok()?;
        Some(folder.starts_with(world.canonical(out).ok()?))
    };
    is_plain && is_of_target && world.is_file(&file) && stays_inside() == Some(true)
}

/// Writes a file, unless it has these bytes already.
fn put(world: &dyn World, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if world.read(path).is_ok_and(|own| own == bytes) {
        return Ok(());
    }
    world
        .write(path, bytes)
        .map_err(|error| Failure(format!("can't write `{}`: {error}", world::display(path))))
}
