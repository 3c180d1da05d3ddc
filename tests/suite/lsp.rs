//! The language server, spoken to as an editor does.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

struct Editor {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Editor {
    /// Starts the server on a folder, and greets it.
    fn open(folder: &std::path::Path) -> Editor {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ordain"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let input = child.stdin.take().expect("its input is ours");
        let output = BufReader::new(child.stdout.take().expect("its output is ours"));
        let mut editor = Editor { child, input, output };
        let root = format!("file://{}", folder.display());
        editor.send(json!({ "id": 1, "method": "initialize", "params": {
            "processId": null, "rootUri": root, "capabilities": {},
        }}));
        let greeting = editor.receive();
        assert_eq!(greeting["result"]["capabilities"]["positionEncoding"], "utf-16");
        editor.send(json!({ "method": "initialized", "params": {} }));
        editor
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = "2.0".into();
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("the server listens");
        self.input.flush().expect("the server listens");
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.output.read_line(&mut line).expect("the server answers");
            if let Some(text) = line.strip_prefix("Content-Length: ") {
                length = text.trim().parse().expect("a length");
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut bytes = vec![0; length];
        self.output.read_exact(&mut bytes).expect("a whole message");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// Opens a text and returns what the server then says about it: `line:character code`.
    fn diagnostics(&mut self, path: &std::path::Path, text: &str) -> Vec<String> {
        let uri = format!("file://{}", path.display());
        self.send(
            json!({ "method": "textDocument/didOpen", "params": { "textDocument": {
                "uri": uri, "languageId": "any", "version": 1, "text": text,
            }}}),
        );
        loop {
            let message = self.receive();
            if message["method"] != "textDocument/publishDiagnostics"
                || message["params"]["uri"] != uri.as_str()
            {
                continue;
            }
            assert_eq!(
                message["params"]["version"], 1,
                "diagnostics are of the text that was opened"
            );
            let told = message["params"]["diagnostics"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            return told
                .iter()
                .map(|one| {
                    let start = &one["range"]["start"];
                    let code = one["code"].as_str().unwrap_or("");
                    format!("{}:{} {code}", start["line"], start["character"])
                })
                .collect();
        }
    }

    fn close(mut self) {
        self.send(json!({ "id": 9, "method": "shutdown" }));
        while self.receive()["id"] != 9 {}
        self.send(json!({ "method": "exit" }));
        assert!(self.child.wait().expect("the server ends").success());
    }
}

#[test]
fn policies_and_manifests_get_the_diagnostics_of_check_as_one_types() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("a folder");
    let mut editor = Editor::open(&root);
    let manifest = "apiVersion: v1\nkind: Pod\nmetadata: { name: web, annotations: { owner: é } }\nspec:\n  hostNetwork: true\n  containers: [{ name: a, image: \"a:1\" }]\n";
    assert_eq!(
        editor.diagnostics(&root.join("pod.yaml"), manifest),
        ["4:15 host-network"]
    );
    let policy = "rule unsound {\n  for p in pods\n  forbid p.spec.hostNetwrk ?? false\n}\n";
    let faults = editor.diagnostics(&root.join("policies/own.ordain"), policy);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].starts_with("2:16 E03") || faults[0].starts_with("2:16 E02"),
        "{faults:?}"
    );
    editor.close();
}

#[test]
fn policies_are_formatted_on_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("a folder");
    let path = root.join("own.ordain");
    let mut editor = Editor::open(&root);
    assert!(
        editor
            .diagnostics(
                &path,
                "rule  a-b {\nfor p in pods\n  forbid p.spec.hostNetwork??false\n}"
            )
            .is_empty()
    );
    editor.send(json!({ "id": 2, "method": "textDocument/formatting", "params": {
        "textDocument": { "uri": format!("file://{}", path.display()) },
        "options": { "tabSize": 2, "insertSpaces": true },
    }}));
    let answer = loop {
        let message = editor.receive();
        if message["id"] == 2 {
            break message;
        }
    };
    let expected = "rule a-b {\n  for p in pods\n  forbid p.spec.hostNetwork ?? false\n}\n";
    assert_eq!(answer["result"][0]["newText"], expected);
    editor.close();
}
