//! Programs of others, kept short: a folder of their own, no network, an end in time.
//!
//! In: a [`Task`]. Out: what the program printed. What it would need of its user's home, of the environment or of
//! other machines isn't there, so that it gives the same wherever it runs.

use super::{Program, Ran, Task, normalize};
use std::env;
use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

/// The most that a program may print (64 MiB); behind that it is ended.
const MAXIMUM_OUTPUT: u64 = 64 * 1024 * 1024;

/// The most that is kept of its complaints.
const MAXIMUM_COMPLAINT: u64 = 64 * 1024;

/// An address at which nobody answers, for programs that can't be kept from the network otherwise.
const NOWHERE: &str = "http://127.0.0.1:9";

/// The program of this name, as the search path of the user has it.
pub(super) fn program(name: &str) -> Option<Program> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).find_map(|folder| {
        // A relative folder would let the repository choose the program.
        let path = Some(folder.join(&file)).filter(|path| path.is_absolute())?;
        let target = fs::canonicalize(&path).ok()?;
        let metadata = fs::metadata(&target).ok().filter(fs::Metadata::is_file)?;
        let age = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let stamp = format!("{} {} {}", target.display(), metadata.len(), age.as_nanos());
        Some(Program { path, stamp })
    })
}

/// The folder in which a user's programs keep what can be made again.
pub(super) fn cache() -> Option<std::path::PathBuf> {
    let own = |name: &str| env::var_os(name).map(std::path::PathBuf::from);
    let folder = own("XDG_CACHE_HOME")
        .or_else(|| own("LOCALAPPDATA"))
        .or_else(|| own("HOME").map(|home| home.join(".cache")))?;
    folder.is_absolute().then(|| folder.join("ordain"))
}

pub(super) fn run(task: &Task<'_>) -> io::Result<Ran> {
    let scratch = tempfile::Builder::new().prefix("ordain-").tempdir()?;
    let home = fs::canonicalize(scratch.path())?;
    let folder = home.join("work");
    fs::create_dir(&folder)?;
    for (name, bytes) in (task.files)(&folder) {
        let path = normalize(&folder.join(name));
        if !path.starts_with(&folder) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a file outside of the folder",
            ));
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, bytes)?;
    }
    let mut command = alone(&task.program.path);
    command
        .args(&task.arguments)
        .current_dir(&folder)
        .env_clear()
        .envs(environment(&home))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    in_group(&mut command);
    let mut child = command.spawn()?;
    let output = gather(child.stdout.take(), MAXIMUM_OUTPUT);
    let complaint = gather(child.stderr.take(), MAXIMUM_COMPLAINT);
    let status = wait(&mut child, &output, task.timeout)?;
    // Children that outlive it hold the pipes open.
    let since = Instant::now();
    while [&output, &complaint]
        .into_iter()
        .flatten()
        .any(|reader| !reader.is_finished())
    {
        if since.elapsed() > Duration::from_secs(1) {
            end(&mut child);
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "what it started did not end",
            ));
        }
        thread::sleep(Duration::from_millis(1));
    }
    let text = |reader: Option<thread::JoinHandle<Vec<u8>>>| {
        let bytes = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (output, complaint) = (text(output), text(complaint));
    if output.len() as u64 > MAXIMUM_OUTPUT {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it printed more than 64 MiB",
        ));
    }
    let status = status.ok_or_else(|| {
        let limit = format!("it had not ended after {} seconds", task.timeout.as_secs());
        io::Error::new(io::ErrorKind::TimedOut, limit)
    })?;
    Ok(Ran {
        folder,
        code: status.code(),
        output,
        complaint,
    })
}

/// What a program sees of the environment.
fn environment(home: &Path) -> Vec<(&'static str, std::ffi::OsString)> {
    let mut seen = Vec::new();
    // Windows starts no program without its own folder.
    for name in ["PATH", "SYSTEMROOT", "LANG"] {
        seen.extend(env::var_os(name).map(|value| (name, value)));
    }
    for name in [
        "HOME",
        "USERPROFILE",
        "APPDATA",
        "TMPDIR",
        "TEMP",
        "TMP",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
    ] {
        seen.push((name, home.into()));
    }
    for name in [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ] {
        seen.push((name, NOWHERE.into()));
    }
    seen.push(("GIT_ALLOW_PROTOCOL", "none".into()));
    seen.push(("GIT_TERMINAL_PROMPT", "0".into()));
    seen.push(("KUBECONFIG", home.join("no-cluster").into()));
    seen
}

/// The command that starts a program without network, where the system lets anybody take it away.
fn alone(program: &Path) -> Command {
    static UNSHARE: OnceLock<Option<Program>> = OnceLock::new();
    let unshare = UNSHARE.get_or_init(|| {
        let unshare = self::program("unshare").filter(|_| cfg!(target_os = "linux"))?;
        let probe = Command::new(&unshare.path)
            .args(["--map-root-user", "--net", "--", "true"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        probe.is_ok_and(|status| status.success()).then_some(unshare)
    });
    match unshare {
        Some(unshare) => {
            let mut command = Command::new(&unshare.path);
            command.args(["--map-root-user", "--net", "--"]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// Reads up to one byte more than the limit, so that it shows whether there was more.
fn gather(pipe: Option<impl Read + Send + 'static>, limit: u64) -> Option<thread::JoinHandle<Vec<u8>>> {
    let pipe = pipe?;
    Some(thread::spawn(move || {
        let mut bytes = Vec::new();
        // What can't be read any more is as good as the end.
        let _ = pipe.take(limit + 1).read_to_end(&mut bytes);
        bytes
    }))
}

/// Waits for the end of the program, or ends it: too late, or when nobody reads what it prints any more.
fn wait(
    child: &mut Child,
    output: &Option<thread::JoinHandle<Vec<u8>>>,
    limit: Duration,
) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    let mut full = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        // A program that has closed its output most often ends at once.
        if output.as_ref().is_none_or(thread::JoinHandle::is_finished) {
            full.get_or_insert_with(Instant::now);
        }
        let lingers = full.is_some_and(|since: Instant| since.elapsed() > Duration::from_secs(1));
        if start.elapsed() > limit || lingers {
            end(child);
            let status = child.wait()?;
            return Ok(lingers.then_some(status));
        }
        thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(unix)]
fn in_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn in_group(_: &mut Command) {}

/// Ends the program and all that it has started.
#[cfg(unix)]
fn end(child: &mut Child) {
    let group = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        // There may be none left, which is what is wanted.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end(child: &mut Child) {
    let _ = child.kill();
}
