//! Manifests as written → as the API server hands them to admission: defaults filled in, nulls dropped,
//! quantities spelled canonically. Kubernetes' own code does that, in a program of `tests/conformance`
//! that `ORDAIN_ADMISSION` names; without it, manifests are only judged as written.

use super::{Files, export};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};

/// The program, which answers a line for a line.
struct Server {
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    _process: Child,
}

static SERVER: LazyLock<Option<Mutex<Server>>> = LazyLock::new(|| {
    let program = std::env::var_os("ORDAIN_ADMISSION")?;
    let mut process = Command::new(&program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("can't run {}: {error}", program.display()));
    Some(Mutex::new(Server {
        questions: process.stdin.take().unwrap(),
        answers: BufReader::new(process.stdout.take().unwrap()),
        _process: process,
    }))
});

/// The files as written, and as admitted if there is a program for that and it can decode all of them.
pub fn forms(files: Files) -> Vec<Files> {
    let server = SERVER.as_ref().filter(|_| !files.resources.is_empty());
    let admitted = server.and_then(|server| admitted(&files, server));
    [files].into_iter().chain(admitted).collect()
}

fn admitted(files: &Files, server: &Mutex<Server>) -> Option<Files> {
    let mut texts: Vec<(&str, String)> = Vec::new();
    for resource in &files.resources {
        let object = admit(&export::json(&resource.root), server)?;
        let path = files.sources.file(resource.file).path.as_str();
        let document = format!("---\n{}\n", escaped(&object.to_string()));
        match texts.iter_mut().find(|(own, _)| *own == path) {
            Some((_, text)) => text.push_str(&document),
            None => texts.push((path, document)),
        }
    }
    let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (*path, &**text)).collect();
    Some(Files {
        is_admitted: true,
        ..Files::read(&texts)
    })
}

/// JSON with what YAML forbids or takes for the end of a line escaped, so that it is YAML too.
pub fn escaped(json: &str) -> String {
    let is_allowed = |letter: char| !matches!(letter, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}'..='\u{ffff}');
    let letters = json.chars().map(|letter| match is_allowed(letter) {
        true => letter.to_string(),
        false => format!("\\u{:04x}", letter as u32),
    });
    letters.collect()
}

/// The object as admission sees it, or nothing if the API server refuses to decode it.
fn admit(object: &Value, server: &Mutex<Server>) -> Option<Value> {
    let mut server = server.lock().unwrap();
    writeln!(server.questions, "{}", json!({ "object": object })).unwrap();
    server.questions.flush().unwrap();
    let mut line = String::new();
    server.answers.read_line(&mut line).unwrap();
    let mut answer: Value = serde_json::from_str(&line).unwrap();
    answer.get_mut("object").map(Value::take)
}
