//! Names, labels and annotations of an object.

use super::Context;
use super::syntax::{self, Wrong};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Node, Resource, Value};
use crate::schema::Kind;

/// Checks what the object is called.
pub fn check(resource: &Resource, kind: &Kind, context: Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let metadata = resource.root.get("metadata");
    let text = |key: &str| {
        let node = metadata?.get(key)?;
        Some((node, node.as_str()?))
    };
    if let Some((node, name)) = text("name") {
        if !context.is_open(name)
            && let Some(wrong) = name_fault(kind, name).or_else(|| definition_fault(resource, name))
        {
            diagnostics.push(
                Diagnostic::new(Code::S0110, node.span, format!("the name `{name}` {wrong}"))
                    .help("rename it; what refers to it must follow"),
            );
        }
    } else if text("generateName").is_none() && !holds(metadata, "name") {
        let at = metadata.map_or(resource.root.span, |node| node.span);
        let at = resource.root.get("kind").map_or(at, |node| node.span);
        diagnostics.push(
            Diagnostic::new(
                Code::S0105,
                at,
                format!("the {} has no `metadata.name`", resource.kind),
            )
            .help("give it a `name`, or a `generateName` if it is only ever created"),
        );
    }
    if let Some((node, namespace)) = text("namespace")
        && !context.is_open(namespace)
        && let Some(wrong) = syntax::dns_label(namespace)
    {
        let message = format!("the namespace `{namespace}` {wrong}");
        diagnostics.push(Diagnostic::new(Code::S0110, node.span, message));
    }
}

fn holds(metadata: Option<&Node>, key: &str) -> bool {
    metadata.and_then(|metadata| metadata.get(key)).is_some()
}

/// By the API server's rule for names of the kind.
fn name_fault(kind: &Kind, name: &str) -> Wrong {
    /// A CronJob's name gets eleven characters behind it for its Jobs.
    const CRON_JOB: usize = 52;
    match (&*kind.group, &*kind.kind) {
        ("", "Namespace") => syntax::dns_label(name),
        ("", "Service") => syntax::service_name(name),
        ("rbac.authorization.k8s.io", _) => syntax::path_segment(name),
        ("batch", "CronJob") if name.len() > CRON_JOB => Some(format!(
            "has {} characters, but at most {CRON_JOB} leave room for the names of its Jobs",
            name.len()
        )),
        _ => syntax::dns_subdomain(name),
    }
}

/// A CustomResourceDefinition is named after what it defines.
fn definition_fault(resource: &Resource, name: &str) -> Wrong {
    if resource.kind != "CustomResourceDefinition" {
        return None;
    }
    let text = |path: [&str; 3]| {
        let path = path.into_iter().filter(|key| !key.is_empty());
        resource.root.path(path).and_then(Node::as_str)
    };
    let (plural, group) = (text(["spec", "names", "plural"])?, text(["spec", "group", ""])?);
    let expected = format!("{plural}.{group}");
    (expected != name).then(|| format!("must be `{expected}`, after what it defines"))
}

/// Checks keys and values of labels, which also stand in pod templates and selectors.
pub fn labels(node: &Node, context: Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    entries(node, context, "label", diagnostics);
    let Value::Mapping(labels) = &node.value else {
        return;
    };
    for entry in labels.entries() {
        if let Some(text) = entry.value.as_str()
            && !context.is_open(text)
            && let Some(wrong) = syntax::label_value(text)
        {
            let message = format!("the value `{text}` of the label `{}` {wrong}", entry.key);
            diagnostics.push(Diagnostic::new(Code::S0111, entry.value.span, message));
        }
    }
}

/// Checks keys of annotations.
pub fn annotations(node: &Node, context: Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    entries(node, context, "annotation", diagnostics);
}

fn entries(node: &Node, context: Context<'_>, what: &str, diagnostics: &mut Vec<Diagnostic>) {
    let Value::Mapping(entries) = &node.value else {
        return;
    };
    for entry in entries.entries() {
        // Annotations may be written in any case.
        let key = match what {
            "annotation" => entry.key.to_lowercase(),
            _ => entry.key.to_string(),
        };
        if !context.is_open(&key)
            && let Some(wrong) = syntax::qualified_name(&key)
        {
            let message = format!("the {what} `{}` {wrong}", entry.key);
            diagnostics.push(Diagnostic::new(Code::S0111, entry.key_span, message));
        }
    }
}
