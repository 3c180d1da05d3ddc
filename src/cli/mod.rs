//! The command line: arguments → what the library does → text and an exit code.
//!
//! In: the arguments. Out: 0 when all is well, 1 when there are findings (or files to format, or tests
//! that fail), 2 when the tool could not do its job. One file a command; only `output` prints.

mod args;
mod build;
mod check;
mod conftest;
mod date;
mod engine;
mod explain;
mod fmt;
mod mend;
mod migrate;
mod objects;
mod output;
mod rules;
mod test;

use args::{Arguments, Command};
use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There is nothing to complain of.
    Clean,
    /// There is something to mend: findings, files to format, tests that fail.
    Faulty,
}

/// Why a command could not do its job, and what to do about it. Printed on standard error.
#[derive(Debug)]
pub struct Failure(pub String);

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure(format!("can't write the output: {error}"))
    }
}

/// Runs the command of these arguments, the first of which is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too; they are no failures.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let result = match &arguments.command {
        Command::Check(check) => check::run(check),
        Command::Build(build) => build::run(build),
        Command::Fmt(fmt) => fmt::run(fmt),
        Command::Explain(explain) => explain::run(explain),
        Command::Migrate(migrate) => migrate::run(migrate),
        Command::Objects(objects) => objects::run(objects),
        Command::Rules(rules) => rules::run(rules),
        Command::JudgeRego(process) => conftest::process(process),
        Command::Test(tests) => test::run(tests),
        Command::Lsp => crate::lsp::serve(date::today)
            .map(|()| Outcome::Clean)
            .map_err(Failure),
    };
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Faulty) => ExitCode::from(1),
        Err(Failure(message)) => {
            output::complain(&message);
            ExitCode::from(2)
        }
    }
}
