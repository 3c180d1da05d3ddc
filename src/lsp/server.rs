//! The conversation with the editor.
//!
//! In: its messages. Out: answers, and diagnostics whenever it pauses: a check waits until no further
//! message has come for [`PAUSE`], so that typing is never held up by the text of a moment ago.

use super::convert::{self, Encoding};
use super::documents::Documents;
use crate::diagnostic::Diagnostic;
use crate::ir::Date;
use crate::source::{FileId, SourceFile, Sources};
use crate::syntax;
use crate::workspace::{EXTENSION, Request as Wishes, Workspace};
use gen_lsp_types as lsp;
use lsp::{Notification as _, Request as _};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the editor has to be silent before its texts are checked.
const PAUSE: Duration = Duration::from_millis(120);

/// Greets the editor and serves it until it leaves.
pub fn run(connection: &Connection, today: fn() -> Date) -> Result<(), String> {
    let (id, parameters) = connection.initialize_start().map_err(|error| error.to_string())?;
    let encoding = encoding(&parameters);
    let answer = serde_json::json!({
        "capabilities": {
            "positionEncoding": if encoding == Encoding::Utf8 { "utf-8" } else { "utf-16" },
            "textDocumentSync": { "openClose": true, "change": 1, "save": true },
            "documentFormattingProvider": true,
        },
        "serverInfo": { "name": "ordain", "version": env!("CARGO_PKG_VERSION") },
    });
    connection
        .initialize_finish(id, answer)
        .map_err(|error| error.to_string())?;
    Server {
        connection,
        encoding,
        today,
        roots: roots(&parameters),
        documents: Documents::new(),
        published: BTreeSet::new(),
    }
    .serve()
}

/// UTF-8 if the editor offers it, which spares both sides the counting.
fn encoding(parameters: &serde_json::Value) -> Encoding {
    let offered = parameters.pointer("/capabilities/general/positionEncodings");
    let offered = offered.and_then(serde_json::Value::as_array);
    match offered.is_some_and(|all| all.iter().any(|one| one == "utf-8")) {
        true => Encoding::Utf8,
        false => Encoding::Utf16,
    }
}

/// The folders that the editor has open.
fn roots(parameters: &serde_json::Value) -> Vec<PathBuf> {
    let folders = parameters
        .get("workspaceFolders")
        .and_then(serde_json::Value::as_array);
    let folders = folders
        .into_iter()
        .flatten()
        .filter_map(|folder| folder.get("uri"));
    let paths = |uri: &serde_json::Value| path_of(&serde_json::from_value::<lsp::Uri>(uri.clone()).ok()?);
    let mut roots: Vec<PathBuf> = folders.filter_map(paths).collect();
    if roots.is_empty() {
        roots.extend(parameters.get("rootUri").and_then(paths));
    }
    roots
}

fn path_of(uri: &lsp::Uri) -> Option<PathBuf> {
    uri.to_file_path().ok()
}

struct Server<'a> {
    connection: &'a Connection,
    encoding: Encoding,
    today: fn() -> Date,
    roots: Vec<PathBuf>,
    documents: Documents,
    /// The files for which the editor was last told something.
    published: BTreeSet<String>,
}

impl Server<'_> {
    fn serve(mut self) -> Result<(), String> {
        let mut is_stale = !self.roots.is_empty();
        loop {
            let message = if is_stale {
                match self.connection.receiver.recv_timeout(PAUSE) {
                    Ok(message) => message,
                    Err(error) if error.is_timeout() => {
                        is_stale = false;
                        self.publish()?;
                        continue;
                    }
                    Err(_) => return Ok(()),
                }
            } else {
                match self.connection.receiver.recv() {
                    Ok(message) => message,
                    Err(_) => return Ok(()),
                }
            };
            match message {
                Message::Request(request) => {
                    if self
                        .connection
                        .handle_shutdown(&request)
                        .map_err(|error| error.to_string())?
                    {
                        return Ok(());
                    }
                    self.answer(request)?;
                }
                Message::Notification(notification) => is_stale |= self.take(&notification),
                Message::Response(_) => {}
            }
        }
    }

    /// Takes what the editor tells; says whether texts may have changed.
    fn take(&mut self, notification: &Notification) -> bool {
        match notification.method.as_str() {
            "textDocument/didOpen" => {
                let Some(told) = read::<lsp::DidOpenTextDocumentParams>(notification) else {
                    return false;
                };
                if let Some(path) = path_of(&told.text_document.uri) {
                    let document = &told.text_document;
                    self.documents.set(&path, &document.text, document.version);
                }
            }
            "textDocument/didChange" => {
                let Some(told) = read::<lsp::DidChangeTextDocumentParams>(notification) else {
                    return false;
                };
                // The whole text comes with every change, as asked for when greeting.
                let whole = told.content_changes.iter().rev().find_map(|change| match change {
                    lsp::TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => {
                        Some(&whole.text)
                    }
                    lsp::TextDocumentContentChangeEvent::TextDocumentContentChangePartial(_) => None,
                });
                let uri = &told.text_document.text_document_identifier.uri;
                if let (Some(path), Some(text)) = (path_of(uri), whole) {
                    self.documents.set(&path, text, told.text_document.version);
                }
            }
            "textDocument/didClose" => {
                let Some(told) = read::<lsp::DidCloseTextDocumentParams>(notification) else {
                    return false;
                };
                if let Some(path) = path_of(&told.text_document.uri) {
                    self.documents.close(&path);
                }
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => {}
            _ => return false,
        }
        true
    }

    fn answer(&self, request: Request) -> Result<(), String> {
        let response = if request.method == lsp::DocumentFormattingRequest::METHOD.as_str() {
            match serde_json::from_value::<lsp::DocumentFormattingParams>(request.params) {
                Ok(wish) => Response::new_ok(request.id, self.format(&wish.text_document.uri)),
                Err(error) => {
                    Response::new_err(request.id, ErrorCode::InvalidParams as i32, error.to_string())
                }
            }
        } else {
            let message = format!("`{}` is not served", request.method);
            Response::new_err(request.id, ErrorCode::MethodNotFound as i32, message)
        };
        self.send(Message::Response(response))
    }

    /// The edit that formats a policy; none if it is formatted, has syntax errors or is no policy.
    fn format(&self, uri: &lsp::Uri) -> Option<Vec<lsp::TextEdit>> {
        use crate::world::World;
        let path = path_of(uri)?;
        if path.extension()? != EXTENSION {
            return None;
        }
        let text = String::from_utf8(self.documents.world.read(&path).ok()?).ok()?;
        let file = SourceFile::new(path.to_string_lossy(), text);
        let formatted = syntax::format(FileId(0), &file.text).ok()?;
        if *formatted == *file.text {
            return Some(Vec::new());
        }
        Some(vec![lsp::TextEdit {
            range: lsp::Range {
                start: lsp::Position {
                    line: 0,
                    character: 0,
                },
                end: self.encoding.position(&file, u32::MAX),
            },
            new_text: formatted,
        }])
    }

    /// Checks all that is open and tells the editor what is wrong, and what no longer is.
    fn publish(&mut self) -> Result<(), String> {
        let mut all: BTreeMap<String, Vec<lsp::Diagnostic>> = BTreeMap::new();
        let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
        for root in self.roots.clone() {
            let wishes = Wishes {
                paths: vec![root],
                // Renderers see the files, not the texts of the editor, and take longer than a pause.
                render: Some(false),
                ..Wishes::default()
            };
            self.check(&wishes, &mut all, &mut seen)?;
        }
        // What lies outside of the folders, or is no policy of theirs, is judged by itself.
        let others: Vec<PathBuf> = self
            .documents
            .open()
            .filter(|path| !seen.contains(*path))
            .map(Path::to_path_buf)
            .collect();
        for path in others {
            let is_policy = path.extension().is_some_and(|extension| extension == EXTENSION);
            let wishes = if is_policy {
                Wishes {
                    policies: vec![path],
                    no_config: true,
                    ..Wishes::default()
                }
            } else {
                Wishes {
                    paths: vec![path],
                    partial: true,
                    render: Some(false),
                    ..Wishes::default()
                }
            };
            self.check(&wishes, &mut all, &mut seen)?;
        }
        let published: BTreeSet<String> = all.keys().cloned().collect();
        // What is open, and what had diagnostics before, is told that it has none.
        let open = self
            .documents
            .open()
            .map(|path| path.to_string_lossy().into_owned());
        for path in self.published.iter().cloned().chain(open) {
            all.entry(path).or_default();
        }
        for (path, diagnostics) in all {
            let Some(uri) = convert::uri(&path) else { continue };
            let told = lsp::PublishDiagnosticsParams {
                uri,
                version: self.documents.version(Path::new(&path)),
                diagnostics,
            };
            self.tell(lsp::PublishDiagnosticsNotification::METHOD.as_str(), told)?;
        }
        self.published = published;
        Ok(())
    }

    /// Checks one repository or lone file; notes which files it read.
    fn check(
        &self,
        wishes: &Wishes,
        all: &mut BTreeMap<String, Vec<lsp::Diagnostic>>,
        seen: &mut BTreeSet<PathBuf>,
    ) -> Result<(), String> {
        let workspace = match Workspace::open(&self.documents.world, wishes) {
            Ok(workspace) => workspace,
            Err(impossible) => {
                let told = lsp::ShowMessageParams {
                    kind: lsp::MessageType::Error,
                    message: impossible.0,
                };
                return self.tell(lsp::ShowMessageNotification::METHOD.as_str(), told);
            }
        };
        let mut found: Vec<Diagnostic> = workspace.faults.clone();
        found.extend(workspace.reading.iter().cloned());
        if workspace.configuration.schemas != Some(false) {
            found.extend(workspace.validate());
        }
        if workspace.is_sound() {
            found.extend(workspace.check(Some((self.today)())).findings);
        }
        let sources: &Sources = &workspace.sources;
        crate::diagnostic::sort(&mut found, sources);
        for (_, file) in sources.files() {
            seen.insert(PathBuf::from(&file.path));
        }
        for diagnostic in &found {
            let path = &sources.file(diagnostic.primary.span.file).path;
            let shown = convert::diagnostic(diagnostic, sources, self.encoding);
            all.entry(path.clone()).or_default().push(shown);
        }
        Ok(())
    }

    fn tell(&self, method: &str, told: impl serde::Serialize) -> Result<(), String> {
        self.send(Message::Notification(Notification::new(method.to_string(), told)))
    }

    fn send(&self, message: Message) -> Result<(), String> {
        self.connection
            .sender
            .send(message)
            .map_err(|error| error.to_string())
    }
}

fn read<T: DeserializeOwned>(notification: &Notification) -> Option<T> {
    serde_json::from_value(notification.params.clone()).ok()
}
