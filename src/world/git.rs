//! What git keeps out of a repository.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The files and folders under `folder` that a `.gitignore` names and git does not track. Empty without git, and
/// outside of repositories: then nothing is hidden.
pub(super) fn hidden(folder: &Path) -> HashSet<PathBuf> {
    let output = git(folder)
        .args(["ls-files", "-z", "--others", "--ignored", "--directory"])
        // Of all lists of exclusions only the `.gitignore` files, which reviewers see.
        .arg("--exclude-per-directory=.gitignore")
        .stdin(Stdio::null())
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

/// The line of a `.gitignore` that keeps each of these paths out of the repository of `folder`.
pub(super) fn reasons(folder: &Path, paths: &[&Path]) -> HashMap<PathBuf, String> {
    let ask = || -> std::io::Result<Vec<u8>> {
        let mut child = git(folder)
            .args(["-c", "core.excludesFile="])
            .args(["check-ignore", "--verbose", "--no-index", "-z", "--stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let names: Vec<u8> = paths
            .iter()
            .filter_map(|path| path.strip_prefix(folder).ok())
            .flat_map(|path| [path.as_os_str().as_encoded_bytes(), b"\0"].concat())
            .collect();
        let mut input = child.stdin.take();
        // Written beside the reading, since neither side may wait for the other for ever.
        let writer = std::thread::spawn(move || input.as_mut().map(|input| input.write_all(&names)));
        let output = child.wait_with_output()?;
        let _ = writer.join();
        Ok(output.stdout)
    };
    let output = ask().unwrap_or_default();
    let fields: Vec<&[u8]> = output.split(|byte| *byte == 0).collect();
    let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
    let rows = fields.chunks_exact(4).map(|row| {
        let list = super::display(&folder.join(path_of_bytes(row[0])));
        let reason = format!("`{}` in {list}:{}", text(row[2]), text(row[1]));
        (folder.join(path_of_bytes(row[3])), reason)
    });
    rows.collect()
}

/// Git in a folder. The repository may be anybody's: nothing that its configuration names is run.
fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .args(["-c", "core.fsmonitor=false", "-c", "safe.directory=*"])
        .arg("-C")
        .arg(folder)
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .stderr(Stdio::null());
    command
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
