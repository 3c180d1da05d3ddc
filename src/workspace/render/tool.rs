//! One run of kustomize or Helm, or what an earlier one with the same inputs has printed.
//!
//! In: a [`Job`]. Out: the text that it renders, or why there is none, in the renderer's own words.

use crate::world::{Files, Program, Task, World};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is to be rendered.
pub(super) struct Job<'a> {
    pub program: &'a Program,
    pub arguments: Vec<String>,
    pub files: &'a Files<'a>,
    pub timeout: Duration,
    /// All that the result depends on, by name and content; none if that isn't known, so that nothing is kept.
    pub inputs: Option<Vec<(String, Vec<u8>)>>,
}

/// What was rendered.
#[derive(Debug)]
pub(super) struct Text {
    /// The folder that relative paths in it are relative to.
    pub folder: PathBuf,
    pub text: String,
}

/// Changed when what is kept changes its form.
const FORM: &str = "ordain-render-1";

/// How much is kept, in bytes, and for how long.
const MOST_KEPT: u64 = 256 * 1024 * 1024;
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Forgets what is old, or too much.
pub(super) fn prune(world: &dyn World) {
    if let Some(cache) = world.cache() {
        world.prune(&cache.join("render"), MOST_KEPT, KEPT_FOR);
    }
}

/// Renders, unless it was done before.
pub(super) fn run(world: &dyn World, job: &Job<'_>) -> Result<Text, String> {
    let kept = job
        .inputs
        .as_ref()
        .and_then(|inputs| Some(kept_at(&world.cache()?, job, inputs)));
    if let Some(text) = kept.as_ref().and_then(|path| recall(world, path)) {
        return Ok(text);
    }
    let task = Task {
        program: job.program,
        arguments: job.arguments.clone(),
        files: job.files,
        timeout: job.timeout,
    };
    let ran = world.run(&task).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::FileTooLarge => error.to_string(),
        _ => format!("it can't be run: {error}"),
    })?;
    if ran.code != Some(0) {
        let code = ran
            .code
            .map_or("it was ended".to_string(), |code| format!("exit code {code}"));
        return Err(format!("{} ({code})", complaint(&ran.complaint)));
    }
    if let Some(path) = &kept {
        // Whoever has no room for it renders anew the next time.
        let _ = world.write(
            path,
            format!("{}\n{}", ran.folder.display(), ran.output).as_bytes(),
        );
    }
    Ok(Text {
        folder: ran.folder,
        text: ran.output,
    })
}

fn recall(world: &dyn World, path: &Path) -> Option<Text> {
    let text = String::from_utf8(world.read(path).ok()?).ok()?;
    let (folder, text) = text.split_once('\n')?;
    Some(Text {
        folder: PathBuf::from(folder),
        text: text.to_string(),
    })
}

fn kept_at(cache: &Path, job: &Job<'_>, inputs: &[(String, Vec<u8>)]) -> PathBuf {
    let mut digest = Sha256::new();
    // Each part with its length before it, so that no two lists of parts are the same bytes.
    let mut add = |part: &[u8]| {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    };
    add(FORM.as_bytes());
    add(job.program.stamp.as_bytes());
    add(&(job.arguments.len() as u64).to_le_bytes());
    job.arguments.iter().for_each(|argument| add(argument.as_bytes()));
    for (name, bytes) in inputs {
        add(name.as_bytes());
        add(bytes);
    }
    let mut name = String::new();
    for byte in digest.finalize() {
        let _ = write!(name, "{byte:02x}");
    }
    cache.join("render").join(name)
}

/// The line of a renderer's complaints that says what is wrong.
fn complaint(text: &str) -> String {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = |line: &&str| {
        line.get(..6)
            .is_some_and(|start| start.eq_ignore_ascii_case("error:"))
    };
    let line = lines()
        .find(error)
        .or_else(|| lines().next_back())
        .unwrap_or("no reason given");
    let line = match error(&line) {
        true => line[6..].trim(),
        false => line,
    };
    // kustomize names every folder on the way to the one that is at fault.
    let last = line
        .rfind("recursed accumulation of path '")
        .map(|at| &line[at..]);
    let told = last
        .and_then(|rest| rest.split_once("': "))
        .map_or(line, |(_, told)| told);
    let told = told.trim();
    const LONGEST: usize = 400;
    match told.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &told[..end]),
        None => told.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_says_what_is_wrong_is_told() {
        let check = |text: &str, expected: &str| assert_eq!(complaint(text), expected);
        check(
            "# Warning: old\nError: no such file\nUse --debug\n",
            "no such file",
        );
        check(
            "error: accumulating resources: accumulation err='x': recursed accumulation of path '/a': recursed \
             accumulation of path '/b': no matches for Id",
            "no matches for Id",
        );
        check("", "no reason given");
        check("é: broken\n", "é: broken");
    }
}
