//! The only place that prints.
//!
//! In: finished text. Out: bytes on standard output, standard error or in a file. A reader who went
//! away (`ordain check | head`) ends the output quietly.

use std::io::{self, ErrorKind, IsTerminal, Write};

/// Columns of lines when the output is no terminal.
const WIDTH_OF_FILES: usize = 100;
/// Columns beyond which lines are hard to read, however wide the terminal is.
const WIDEST: usize = 140;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Color {
    /// If standard output is a terminal and `NO_COLOR` is not set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether standard output gets colours.
    #[allow(
        clippy::disallowed_methods,
        reason = "terminals say by the environment what they can show"
    )]
    pub fn is_on(self) -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                io::stdout().is_terminal() && !set("NO_COLOR") && !dumb
            }
        }
    }
}

/// The columns of standard output.
pub fn width() -> usize {
    if !io::stdout().is_terminal() {
        return WIDTH_OF_FILES;
    }
    terminal_size::terminal_size()
        .map_or(WIDTH_OF_FILES, |(width, _)| usize::from(width.0))
        .min(WIDEST)
}

/// Writes to standard output.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes a line to standard error; if even that fails, there is nobody to tell.
pub fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "ordain: {text}");
}
