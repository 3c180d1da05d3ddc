//! Programs that answer questions, of which one process answers all of a run.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A program that answers questions, a line of JSON each.
pub struct Service {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Service {
    pub fn start(mut command: Command) -> Service {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} can't be run: {error}"));
        let questions = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Service {
            child,
            questions,
            answers,
        }
    }

    /// The answer to a question, which is one line.
    pub fn ask(&mut self, question: &str) -> Result<Value, String> {
        writeln!(self.questions, "{question}").map_err(|error| format!("the engine is gone: {error}"))?;
        let mut line = String::new();
        self.answers
            .read_line(&mut line)
            .map_err(|error| format!("the engine is gone: {error}"))?;
        serde_json::from_str(&line).map_err(|error| format!("the engine gives no answer: {error}"))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
