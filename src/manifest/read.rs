//! A file → its objects and what became of its documents.
//!
//! In: a text, and what the folders around it say about it. Out: a [`FileReading`].

use super::account::{Fate, Reason, Unevaluated};
use super::faults::Faults;
use super::objects::{self, Objects, Shape, shape};
use super::parse::{self, Document, Parsed};
use super::template::{holds_action, holds_bare_action, holds_foreign_mark};
use super::{Node, Resource, Value, kustomize};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Origin, Severity};
use crate::source::FileId;
use std::path::Path;

/// What the folders around a file say about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// It lies in the `templates` of a Helm chart.
    pub chart_template: bool,
    /// It is a file of Helm's or kustomize's own: `Chart.yaml`, values of a chart, a kustomization. There
    /// `apiVersion` or `kind` alone makes no object.
    pub control: bool,
    /// A kustomization applies it as a patch.
    pub patch: bool,
    /// It lies in the folder of a kustomization, or below one, that may complete it.
    pub kustomized: bool,
    /// kustomize finds it by its name.
    pub kustomization: bool,
}

/// What a file says.
#[derive(Debug, Default)]
pub struct FileReading {
    /// Its objects, in their order. A document on which tools disagree gives one for each reading.
    pub resources: Vec<Resource>,
    /// What became of its documents, in their order.
    pub fates: Vec<Fate>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads one text. `path` is its name, from which only the format is taken.
///
/// What could not be evaluated is said by a finding for the file; a whole repository is better read by
/// `workspace`, which says it once for a chart or overlay.
pub fn read_text(file: FileId, path: &str, text: &str, surroundings: Surroundings) -> FileReading {
    let parsed = parse::parse(file, text, is_json(path));
    let mut reading = classify(file, text, parsed, surroundings);
    let left_out: Vec<&Unevaluated> = reading
        .fates
        .iter()
        .filter_map(|fate| match fate {
            Fate::Unevaluated(unevaluated) => Some(unevaluated),
            _ => None,
        })
        .collect();
    let finding = super::unevaluated::finding(super::unevaluated::Group::File, &left_out, None, false);
    reading.diagnostics.extend(finding);
    reading
}

/// Whether a file of this name should hold JSON.
pub fn is_json(path: &str) -> bool {
    path.rsplit('.')
        .next()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// Whether a file has the name of a manifest.
pub fn is_manifest(path: &Path) -> bool {
    let by_extension = path.extension().is_some_and(|extension| {
        ["yaml", "yml", "json"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    });
    by_extension || kustomize::is_kustomization(path)
}

/// Decides what becomes of each document.
pub fn classify(file: FileId, text: &str, parsed: Parsed, surroundings: Surroundings) -> FileReading {
    let mut reading = FileReading::default();
    let mut faults = Faults::default();
    let file_has_actions = holds_action(text);
    let has_directives = text.contains("patch");
    let templated = |document: &Document| {
        let extent = text.get(document.extent.range()).unwrap_or(text);
        let own = || holds_action(extent);
        let bare = || holds_bare_action(extent);
        if let Some(broken) = &document.broken {
            // In a chart, an action around several documents tears them apart.
            return file_has_actions && (surroundings.chart_template || bare())
                || holds_foreign_mark(line_of(text, broken.primary.span.range().start));
        }
        document.template
            || (file_has_actions && surroundings.chart_template && own())
            || (file_has_actions && document.readings.iter().any(has_templated_identity))
    };
    // What kubectl says of documents that are none, as long as the file is not one of another tool's.
    let mut beside_objects = Faults::default();
    for (index, document) in parsed.documents.into_iter().enumerate() {
        let leave_out = |reason| {
            Fate::Unevaluated(Unevaluated {
                reason,
                span: document.span,
                listed: None,
            })
        };
        let fate = if templated(&document) {
            leave_out(Reason::Template)
        } else if let Some(broken) = document.broken {
            let code = match broken.origin {
                Origin::Code(code) => code,
                Origin::Rule(_) => Code::M0201,
            };
            faults.push(broken);
            leave_out(Reason::Unreadable(code))
        } else {
            let shape = document
                .readings
                .first()
                .map_or(Shape::Foreign, |root| shape(root, surroundings.control));
            let first = document.readings.first();
            let is_patch = surroundings.patch
                || first.is_some_and(|root| {
                    has_directives && shape == Shape::Object && holds_patch_directive(root)
                })
                || surroundings.kustomization && first.is_some_and(kustomize::has_inline_patches);
            if shape == Shape::Foreign && !is_patch {
                if let Some(root) = first {
                    faults.extend(objects::hidden_object(root));
                    beside_objects.extend(objects::nameless(root));
                }
                let refused = |fault: &&Diagnostic| fault.origin == Origin::Code(Code::M0209);
                beside_objects.extend(document.faults.iter().filter(refused).cloned());
                let duplicate = |fault: &Diagnostic| fault.origin == Origin::Code(Code::M0206);
                // What other tools make of their files is their business; a duplicate key is never meant.
                faults.extend(document.faults.into_iter().filter(duplicate).map(|mut fault| {
                    fault.severity = Severity::Low;
                    fault
                }));
                Fate::Foreign
            } else {
                faults.extend(document.faults);
                if is_patch {
                    leave_out(Reason::Patch)
                } else if surroundings.kustomized && first.is_some_and(kustomize::is_incomplete) {
                    leave_out(Reason::Incomplete)
                } else if first.is_some_and(is_ciphertext) {
                    leave_out(Reason::Ciphertext)
                } else {
                    let mut objects = Objects::new(file, u32::try_from(index).unwrap_or(u32::MAX));
                    for root in document.readings {
                        objects.add(root);
                    }
                    reading.resources.extend(objects.resources);
                    faults.extend(Vec::from(objects.faults));
                    Fate::Evaluated
                }
            }
        };
        reading.fates.push(fate);
    }
    let all_foreign = reading.fates.iter().all(|fate| *fate == Fate::Foreign);
    let of_kubectl = |fault: &Diagnostic| matches!(fault.origin, Origin::Code(Code::M0209 | Code::M0210));
    let of_file = parsed
        .faults
        .into_iter()
        .filter(|fault| !(all_foreign && of_kubectl(fault)));
    faults.extend(of_file);
    if !all_foreign && !surroundings.control {
        faults.extend(Vec::from(beside_objects));
    }
    reading.diagnostics = faults.into();
    reading
}

/// The line that a byte stands on.
fn line_of(text: &str, offset: usize) -> &str {
    let (before, after) = text.split_at_checked(offset).unwrap_or((text, ""));
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let length = after.find('\n').unwrap_or(after.len());
    text.get(start..offset + length).unwrap_or_default()
}

/// Whether `apiVersion` or `kind` is to be filled in by a template.
fn has_templated_identity(root: &Node) -> bool {
    ["apiVersion", "kind"]
        .iter()
        .filter_map(|key| root.get(key).and_then(Node::as_str))
        .any(|text| text.contains("{{"))
}

/// Whether a key `$patch` stands anywhere, which only a strategic merge patch has.
///
/// INVARIANT: recursion ends, since nodes are at most `MAXIMUM_DEPTH` levels deep.
fn holds_patch_directive(node: &Node) -> bool {
    match &node.value {
        Value::Mapping(mapping) => mapping
            .entries()
            .iter()
            .any(|entry| &*entry.key == "$patch" || holds_patch_directive(&entry.value)),
        Value::Sequence(nodes) => nodes.iter().any(holds_patch_directive),
        _ => false,
    }
}

/// Whether SOPS has encrypted values of the document.
fn is_ciphertext(root: &Node) -> bool {
    let mac = root.path(["sops", "mac"]).and_then(Node::as_str);
    mac.is_some_and(|mac| mac.starts_with("ENC["))
}
