//! What git keeps out of a repository.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The files and folders under `folder` that a `.gitignore` names and git does not track. Empty without git, and
/// outside of repositories: then nothing is hidden.
pub(super) fn hidden(folder: &Path) -> HashSet<PathBuf> {
    let output = Command::new("git")
        // The repository may be anybody's: nothing that its configuration names is run.
        .args(["-c", "core.fsmonitor=false", "-c", "safe.directory=*"])
        .arg("-C")
        .arg(folder)
        .args(["ls-files", "-z", "--others", "--ignored", "--directory"])
        // Of all lists of exclusions only the `.gitignore` files, which reviewers see.
        .arg("--exclude-per-directory=.gitignore")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let Ok(output) = output else {
        return HashSet::new();
    };
    if !output.status.success() {
        return HashSet::new();
    }
    output
        .stdout
        .split(|byte| *byte == 0)
        // `./` means that the folder itself is ignored; whoever names it wants it read.
        .filter(|name| !name.is_empty() && *name != b"./")
        .map(|name| folder.join(path_of_bytes(name)))
        .collect()
}

#[cfg(unix)]
fn path_of_bytes(name: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    let name = name.strip_suffix(b"/").unwrap_or(name);
    PathBuf::from(std::ffi::OsStr::from_bytes(name))
}

#[cfg(not(unix))]
fn path_of_bytes(name: &[u8]) -> PathBuf {
    let name = String::from_utf8_lossy(name);
    PathBuf::from(name.strip_suffix('/').unwrap_or(&name))
}
