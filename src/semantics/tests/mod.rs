//! Policies and what is said of them.
//!
//! [`check`] is the reader's way in: a text goes in, a line for each diagnostic comes out.

mod automation;
mod fixtures;
mod library;
mod mends;
mod packs;
mod properties;
mod tour;

use super::{LibraryName, PolicyFile, analyse};
use crate::diagnostic::Diagnostic;
use crate::ir::PolicySet;
use crate::manifest::{Surroundings, read_text};
use crate::schema::Schema;
use crate::source::{FileId, SourceFile, Sources};
use crate::syntax::parse;

/// The compiled form of policy files, given as path, pack and text, and a line for each diagnostic:
/// code, place, message, and where there are: labels of other places, help, and the text after the fix.
pub(super) fn compile(files: &[(&str, &str, &str)], library: &[LibraryName]) -> (PolicySet, String) {
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    let mut trees = Vec::new();
    for (path, _, text) in files {
        let id = sources.add(SourceFile::new(*path, *text));
        let (tree, found) = parse(id, text);
        diagnostics.extend(found);
        trees.push((id, tree));
    }
    let inputs: Vec<PolicyFile> = files
        .iter()
        .zip(&trees)
        .map(|((path, pack, text), (file, tree))| PolicyFile {
            file: *file,
            path,
            pack,
            text,
            tree,
            schema: schema(),
        })
        .collect();
    let (set, found) = analyse(&inputs, schema(), library);
    diagnostics.extend(found);
    crate::diagnostic::sort(&mut diagnostics, &sources);
    let lines: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| describe(diagnostic, &sources, files.len() > 1))
        .collect();
    (set, lines.join("\n"))
}

/// What is said of one policy.
pub(super) fn check(text: &str) -> String {
    compile(&[("policy.ordain", "", text)], &[]).1
}

/// The newest API, with the kinds that automations and budgets become.
fn schema() -> &'static Schema {
    static SCHEMA: std::sync::LazyLock<Schema> = std::sync::LazyLock::new(|| {
        let mut sources = Sources::default();
        let mut resources = Vec::new();
        for definition in crate::emit::crd::definitions(&crate::emit::GroupVersion::default()) {
            let file = sources.add(SourceFile::new("crd.yaml", definition.as_str()));
            resources.extend(read_text(file, "crd.yaml", &definition, Surroundings::default()).resources);
        }
        Schema::default().with_crds(&resources)
    });
    &SCHEMA
}

fn describe(diagnostic: &Diagnostic, sources: &Sources, with_path: bool) -> String {
    let place = |file: FileId, offset: u32| {
        let position = sources.file(file).position(offset);
        format!("{}:{}", position.line, position.column)
    };
    let span = diagnostic.primary.span;
    let text = &sources.file(span.file).text;
    let mut line = format!(
        "{} {}{} `{}` {}",
        diagnostic.origin.id(),
        if with_path {
            format!("{}:", sources.file(span.file).path)
        } else {
            String::new()
        },
        place(span.file, span.start),
        text.get(span.range()).unwrap_or_default().replace('\n', " "),
        diagnostic.message,
    );
    if !diagnostic.primary.message.is_empty() {
        line.push_str(&format!("\n    here: {}", diagnostic.primary.message));
    }
    for label in &diagnostic.secondary {
        line.push_str(&format!(
            "\n    {}: {}",
            place(label.span.file, label.span.start),
            label.message
        ));
    }
    if let Some(help) = &diagnostic.help {
        line.push_str(&format!("\n    help: {help}"));
    }
    if let Some(fix) = &diagnostic.fix {
        let mut fixed = text.to_string();
        for edit in fix.edits.iter().rev() {
            fixed.replace_range(edit.span.range(), &edit.text);
        }
        let first = fix.edits.first().map_or(0, |edit| edit.span.start as usize);
        let start = fixed
            .get(..first)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |at| at + 1);
        let changed = fixed[start..].lines().next().unwrap_or_default().trim();
        line.push_str(&format!("\n    fix: {changed}"));
    }
    line
}
