//! Rego that teams have written for Conftest, beside Ordain's own rules.
//!
//! In: the wishes of the user. Out: findings, and why there is no verdict if there is none. A process of its own
//! judges, so that a policy which never ends, or which takes all memory, ends that process and not the check:
//! it fails the check.

use super::{Failure, Outcome, output};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::evaluate::rego::conftest::{self, Entry, Event, Refusal, Task};
use crate::report::plural;
use crate::source::Span;
use crate::workspace::Workspace;
use crate::workspace::conftest::{Given, Wish, read};
use crate::world::Disk;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// Arguments about Rego of one's own.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Rego written for Conftest")]
pub struct Rego {
    /// Judge by the Rego of this folder too, as Conftest would: deny, violation and warn
    #[arg(long, value_name = "DIR")]
    pub rego: Vec<PathBuf>,

    /// Data for that Rego: a file, or a folder with *.json and *.yaml files
    #[arg(long, value_name = "PATH")]
    pub rego_data: Vec<PathBuf>,

    /// Take only the rules of this package [default: all packages]
    #[arg(long, value_name = "PACKAGE")]
    pub rego_namespace: Vec<String>,

    /// After how many seconds that Rego is ended, and the check fails
    #[arg(long, value_name = "SECONDS", default_value = "60")]
    pub rego_timeout: u64,

    /// How many MiB of memory that Rego may take, until it is ended and the check fails
    #[arg(long, value_name = "MIB", default_value = "1024")]
    pub rego_memory: u64,
}

/// Arguments of the process that judges.
#[derive(Debug, clap::Args)]
pub struct Process {
    /// How many MiB of memory it may take
    #[arg(long, value_name = "MIB")]
    pub memory: u64,
}

/// What that Rego said.
#[derive(Debug, Default)]
pub struct Judged {
    /// Findings, and what is wrong with the policies.
    pub diagnostics: Vec<Diagnostic>,
    /// Why there is no verdict.
    pub failure: Option<String>,
    /// What was judged by, in a sentence.
    pub note: String,
}

/// Judges the manifests by the Rego of the arguments, or of the configuration if they name none.
pub fn check(
    arguments: &Rego,
    only: &[String],
    workspace: &mut Workspace,
) -> Result<Option<Judged>, Failure> {
    let mut wish = Wish {
        policies: arguments.rego.clone(),
        data: arguments.rego_data.clone(),
        namespaces: arguments.rego_namespace.clone(),
    };
    if wish.policies.is_empty() && only.is_empty() {
        let folders = workspace.configuration.rego.iter().flatten();
        wish.policies = folders
            .map(|folder| workspace.root.folder.join(&folder.value))
            .collect();
    }
    if wish.policies.is_empty() {
        return Ok(None);
    }
    let given = read(&Disk, &wish, &workspace.manifests, &mut workspace.sources)?;
    let mut run = Run {
        given: &given,
        workspace,
        entries: Vec::new(),
        at: None,
        is_done: false,
        faults: Vec::new(),
        judged: Judged::default(),
    };
    run.judge(arguments)?;
    Ok(Some(run.finish(&wish)))
}

struct Run<'a> {
    given: &'a Given,
    workspace: &'a Workspace,
    entries: Vec<Entry>,
    /// The rule and the document that are being judged.
    at: Option<(usize, usize)>,
    is_done: bool,
    faults: Vec<String>,
    judged: Judged,
}

impl Run<'_> {
    fn judge(&mut self, arguments: &Rego) -> Result<(), Failure> {
        let broken =
            |error: io::Error| Failure(format!("can't start the process that judges by Rego: {error}"));
        let own = std::env::current_exe().map_err(broken)?;
        let mut child = Command::new(own)
            .args(["judge-rego", "--memory", &arguments.rego_memory.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(broken)?;
        let task = serde_json::to_vec(&self.given.task).map_err(|error| Failure(error.to_string()))?;
        let deadline = Instant::now() + Duration::from_secs(arguments.rego_timeout);
        let in_time = self.listen(&mut child, task, deadline);
        if !in_time {
            let _ = child.kill();
        }
        let status = child.wait().map_err(broken)?;
        let mut said = String::new();
        if let Some(errors) = child.stderr.take() {
            // A process that fell may have said anything; its beginning is enough.
            let _ = errors.take(4096).read_to_string(&mut said);
        }
        let place = self.place();
        if !in_time {
            let limit = plural(
                usize::try_from(arguments.rego_timeout).unwrap_or(usize::MAX),
                "second",
            );
            self.faults
                .push(format!("{place} did not end within {limit} (--rego-timeout)"));
        } else if said.contains("memory allocation") {
            let limit = arguments.rego_memory;
            self.faults.push(format!(
                "{place} took more than {limit} MiB of memory (--rego-memory)"
            ));
        } else if !self.is_done {
            let end = said.lines().next().unwrap_or("it said nothing");
            self.faults
                .push(format!("{place} ended the process that judges ({status}): {end}"));
        }
        Ok(())
    }

    /// Hands the task over and takes events until the process ends; whether that was in time.
    fn listen(&mut self, child: &mut Child, task: Vec<u8>, deadline: Instant) -> bool {
        let stdin = child.stdin.take();
        thread::spawn(move || {
            // A process that died does not listen; that it did is told by its silence.
            stdin.map(|mut stdin| stdin.write_all(&task))
        });
        let (sender, lines) = mpsc::channel();
        let stdout = child.stdout.take();
        thread::spawn(move || {
            for line in stdout
                .into_iter()
                .flat_map(|stdout| BufReader::new(stdout).lines())
            {
                if line.is_err() || sender.send(line).is_err() {
                    break;
                }
            }
        });
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match lines.recv_timeout(left) {
                Ok(Ok(line)) => match serde_json::from_str(&line) {
                    Ok(event) => self.take(event),
                    Err(error) => self
                        .faults
                        .push(format!("the process that judges said `{line}`: {error}")),
                },
                Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) => return false,
            }
        }
    }

    fn take(&mut self, event: Event) {
        let sources = &self.workspace.sources;
        match event {
            Event::Refused(refusals) => {
                let count = plural(refusals.len(), "place");
                let refusals = refusals.iter().filter_map(|refusal| self.refused(refusal));
                let refusals: Vec<Diagnostic> = refusals.collect();
                self.judged.diagnostics.extend(refusals);
                self.faults
                    .push(format!("the policies can't be judged by, at {count}"));
                self.is_done = true;
            }
            Event::Entries(entries) => self.entries = entries,
            Event::Judging { entry, document } => self.at = Some((entry, document)),
            Event::Found {
                message,
                path,
                line,
                file,
            } => {
                let Some((entry, document)) = self.at else { return };
                let name = self.given.name(document, sources);
                // A line of another file is none of the document's.
                let line =
                    line.filter(|_| file.is_none_or(|file| name.starts_with(file.trim_start_matches("./"))));
                let finding = self.entries.get(entry).and_then(|entry| {
                    self.given
                        .finding(entry, document, &message, &path, line, self.workspace)
                });
                match finding {
                    Some(finding) => self.judged.diagnostics.push(finding),
                    None => self.faults.push(format!("a finding has no place: {message}")),
                }
            }
            Event::Fault(reason) => {
                let place = self.place();
                self.faults
                    .push(format!("{place} gave no verdict: {}", first_line(&reason)));
            }
            Event::NoFinding(reason) => {
                let place = self.place();
                let head = self
                    .at
                    .and_then(|(entry, _)| self.given.head(self.entries.get(entry)?));
                if let Some(head) = head {
                    let finding = Diagnostic::new(Code::R0106, head, reason)
                        .help("give a set of messages: `deny contains msg if { … }`");
                    self.judged.diagnostics.push(finding);
                }
                self.faults.push(format!("{place} gave what is no finding"));
            }
            Event::Done => self.is_done = true,
        }
    }

    fn refused(&self, refusal: &Refusal) -> Option<Diagnostic> {
        let file = *self.given.policies.get(refusal.file)?;
        let span = Span::new(file, refusal.start, refusal.end);
        let mut diagnostic = Diagnostic::new(Code::of_id(&refusal.code)?, span, refusal.message.clone());
        diagnostic.help = refusal.help.clone();
        Some(diagnostic)
    }

    /// What is being judged, for a sentence.
    fn place(&self) -> String {
        match self
            .at
            .and_then(|(entry, document)| Some((self.entries.get(entry)?, document)))
        {
            Some((entry, document)) => {
                let name = self.given.name(document, &self.workspace.sources);
                format!("`{}` over {name}", entry.id())
            }
            None => "the Rego".to_string(),
        }
    }

    fn finish(mut self, wish: &Wish) -> Judged {
        if self.faults.is_empty() && self.entries.is_empty() {
            let reason = match wish.namespaces.as_slice() {
                [] => "no package has a rule `deny`, `violation` or `warn`".to_string(),
                names => format!("{} has no rule `deny`, `violation` or `warn`", names.join(", ")),
            };
            self.faults.push(reason);
        }
        self.judged.note = format!(
            "{} of Rego in {} over {}",
            plural(self.entries.len(), "rule"),
            plural(self.given.policies.len(), "file"),
            plural(self.given.task.documents.len(), "document")
        );
        if self.given.tests > 0 {
            let tests = plural(self.given.tests, "file");
            self.judged.note.push_str(&format!("; {tests} of tests left out"));
        }
        let more = self.faults.len().saturating_sub(1);
        self.judged.failure = self.faults.into_iter().next().map(|first| {
            let rest = if more > 0 {
                format!(" (and {more} more)")
            } else {
                String::new()
            };
            format!(
                "no verdict by the Rego of {}: {first}{rest}",
                shown(&wish.policies)
            )
        });
        self.judged
    }
}

fn shown(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    paths.join(", ")
}

/// Messages of regorus show the text that it was given, which is not the one that was written.
fn first_line(reason: &str) -> String {
    match reason.rsplit_once("error: ") {
        Some((_, reason)) => reason.trim().to_string(),
        None => reason.trim().replace('\n', " "),
    }
}

/// The process that judges: a task on standard input, events on standard output.
pub fn process(arguments: &Process) -> Result<Outcome, Failure> {
    limit_memory(arguments.memory)?;
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let task: Task =
        serde_json::from_str(&text).map_err(|error| Failure(format!("this is no task: {error}")))?;
    drop(text);
    let mut failure = None;
    conftest::run(&task, &mut |event| {
        let told = serde_json::to_string(&event)
            .map_err(io::Error::from)
            .and_then(|line| output::print(&format!("{line}\n")));
        failure = told.err().map(Failure::from).or(failure.take());
    });
    match failure {
        Some(failure) => Err(failure),
        None => Ok(Outcome::Clean),
    }
}

#[cfg(unix)]
fn limit_memory(mebibytes: u64) -> Result<(), Failure> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let allowed = getrlimit(Resource::As).maximum.unwrap_or(u64::MAX);
    let limit = mebibytes.saturating_mul(1024 * 1024).min(allowed);
    let limit = Rlimit {
        current: Some(limit),
        maximum: Some(limit),
    };
    setrlimit(Resource::As, limit)
        .map_err(|error| Failure(format!("can't bound the memory of Rego: {error}")))
}

/// Where processes can't be bounded, the limit of time is the only one.
#[cfg(not(unix))]
fn limit_memory(_: u64) -> Result<(), Failure> {
    Ok(())
}
