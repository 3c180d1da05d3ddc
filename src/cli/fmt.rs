//! `ordain fmt`: policies in their canonical layout.

use super::output::{self, Color};
use super::{Failure, Outcome};
use crate::diagnostic::{self, Diagnostic, Severity};
use crate::report::{self, Format, Report, Style, Summary, escape};
use crate::source::{SourceFile, Sources};
use crate::syntax;
use crate::workspace::EXTENSION;
use crate::world::{self, Disk, PathKind, World};
use similar::TextDiff;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The argument that means standard input.
const STANDARD_INPUT: &str = "-";

/// Arguments of `ordain fmt`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 done, or nothing to do; 1 with --check or --diff, if a file would change;
2 if a file has syntax errors (the others are formatted all the same).

Examples:
  ordain fmt policies
  ordain fmt --check
  ordain fmt - < policies/images.ordain")]
pub struct Fmt {
    /// Policies, folders of them, or - for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,

    /// Change nothing; say which files would change
    #[arg(long)]
    pub check: bool,

    /// Change nothing; show what would change
    #[arg(long)]
    pub diff: bool,
}

/// Formats, or says what formatting would do.
pub fn run(arguments: &Fmt) -> Result<Outcome, Failure> {
    let is_input = |path: &PathBuf| path.as_os_str() == STANDARD_INPUT;
    let mut run = Run::default();
    let mut files = Vec::new();
    for path in &arguments.paths {
        if is_input(path) {
            let mut bytes = Vec::new();
            std::io::stdin()
                .lock()
                .read_to_end(&mut bytes)
                .map_err(|error| Failure(format!("can't read standard input: {error}")))?;
            run.file("(standard input)", bytes, arguments, Destination::Output)?;
        } else {
            files.extend(find(path)?);
        }
    }
    files.sort();
    files.dedup();
    for path in &files {
        let bytes = Disk
            .read(path)
            .map_err(|error| Failure(format!("can't read `{}`: {error}", world::display(path))))?;
        run.file(&world::display(path), bytes, arguments, Destination::File(path))?;
    }
    run.finish(arguments)
}

/// Where a formatted text goes.
#[derive(Clone, Copy)]
enum Destination<'a> {
    File(&'a Path),
    Output,
}

/// The policies at a path.
fn find(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable =
        |error: &dyn std::fmt::Display| Failure(format!("can't read `{}`: {error}", world::display(path)));
    match Disk.kind(path) {
        Ok(PathKind::Folder) => {
            let is_policy = |path: &Path| path.extension().is_some_and(|ending| ending == EXTENSION);
            let walk = Disk.walk(path, &is_policy);
            match walk.faults.first() {
                Some(fault) => Err(unreadable(&fault.reason)),
                None => Ok(walk.files),
            }
        }
        Ok(_) => Ok(vec![path.to_path_buf()]),
        Err(error) => Err(unreadable(&error)),
    }
}

/// What has happened so far.
#[derive(Default)]
struct Run {
    sources: Sources,
    faults: Vec<Diagnostic>,
    changed: usize,
    unchanged: usize,
}

impl Run {
    fn file(
        &mut self,
        name: &str,
        bytes: Vec<u8>,
        arguments: &Fmt,
        destination: Destination,
    ) -> Result<(), Failure> {
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure(format!("`{name}` is not valid UTF-8; save it in UTF-8")))?;
        let file = self.sources.add(SourceFile::new(name, text.as_str()));
        let formatted = match syntax::format(file, &text) {
            Ok(formatted) => formatted,
            Err(faults) => {
                self.faults.extend(faults);
                return Ok(());
            }
        };
        let is_same = formatted == text;
        match is_same {
            true => self.unchanged += 1,
            false => self.changed += 1,
        }
        if arguments.diff && !is_same {
            let diff = TextDiff::from_lines(text.as_str(), formatted.as_str());
            let diff = diff
                .unified_diff()
                .header(name, &format!("{name} (formatted)"))
                .to_string();
            output::print(&escape::block(&diff))?;
        }
        if arguments.check && !is_same {
            output::print(&format!("would format {}\n", escape::line(name)))?;
        }
        if arguments.check || arguments.diff {
            return Ok(());
        }
        match destination {
            Destination::Output => output::print(&formatted)?,
            Destination::File(_) if is_same => {}
            Destination::File(path) => Disk
                .write(path, formatted.as_bytes())
                .map_err(|error| Failure(format!("can't write `{name}`: {error}")))?,
        }
        Ok(())
    }

    fn finish(mut self, arguments: &Fmt) -> Result<Outcome, Failure> {
        let is_dry = arguments.check || arguments.diff;
        if arguments
            .paths
            .iter()
            .all(|path| path.as_os_str() != STANDARD_INPUT)
        {
            let verb = if is_dry { "to format" } else { "formatted" };
            let counts = format!(
                "{} {verb}, {} left as they are",
                report::plural(self.changed, "file"),
                self.unchanged
            );
            output::complain(&counts);
        }
        if !self.faults.is_empty() {
            diagnostic::sort(&mut self.faults, &self.sources);
            let report = Report {
                diagnostics: &self.faults,
                sources: &self.sources,
                rules: &[],
                summary: &Summary::default(),
            };
            let style = Style {
                color: Color::Auto.is_on(),
                width: output::width(),
                limit: None,
                fail_on: Severity::Medium,
            };
            output::print(&report::render(Format::Full, &report, &style))?;
            return Err(Failure(
                "what has syntax errors is not formatted; mend it and run again".to_string(),
            ));
        }
        Ok(if is_dry && self.changed > 0 {
            Outcome::Faulty
        } else {
            Outcome::Clean
        })
    }
}
