//! Which kind an object is of, and whether the API still has it.

use super::Context;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Node, Resource};
use crate::schema::{Kind, is_kubernetes};
use crate::source::Span;

/// The kind whose type the object must have; `None` where that can't be told, or is no use because the
/// API has lost it.
pub fn find<'a>(
    resource: &Resource,
    context: Context<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<&'a Kind> {
    let schema = context.schema;
    let Some(kind) = schema.type_of(&resource.api_version, &resource.kind) else {
        // That there is no kind at all is told where the object is read.
        let is_unknown = schema.kind_of(&resource.api_version, &resource.kind).is_none();
        if is_unknown && !resource.kind.is_empty() {
            diagnostics.extend(unknown(resource, context));
        }
        return None;
    };
    if *kind.version != *resource.version() {
        let versions: Vec<String> = schema
            .versions(kind)
            .filter(|kind| kind.removed.is_none())
            .map(Kind::api_version)
            .collect();
        let help = match versions.is_empty() {
            true => "no release that is supported serves the kind".to_owned(),
            false => {
                let offered = crate::suggest::list(versions.iter().map(String::as_str));
                format!("write one of its versions: {offered}")
            }
        };
        diagnostics.push(
            Diagnostic::new(
                Code::S0101,
                version_span(resource),
                format!("there is no `{}` of `{}`", resource.kind, resource.api_version),
            )
            .help(help),
        );
        return None;
    }
    if let Some(removed) = kind.removed {
        diagnostics.push(gone(
            resource,
            context,
            kind,
            Code::S0102,
            &format!("was removed in Kubernetes {removed}"),
        ));
        return None;
    }
    if let Some(removal) = schema.removal(kind) {
        diagnostics.push(gone(
            resource,
            context,
            kind,
            Code::S0103,
            &format!("goes in Kubernetes {removal}"),
        ));
    }
    Some(kind)
}

fn gone(
    resource: &Resource,
    context: Context<'_>,
    kind: &Kind,
    code: Code,
    what_happens: &str,
) -> Diagnostic {
    let span = version_span(resource);
    let diagnostic = Diagnostic::new(
        code,
        span,
        format!("`{}` of `{}` {what_happens}", resource.kind, resource.api_version),
    );
    let schema = context.schema;
    let successor = schema
        .kinds(&kind.kind, None)
        .into_iter()
        .find(|other| other.removed.is_none() && schema.removal(other).is_none());
    match successor {
        Some(successor) => {
            let version = successor.api_version();
            diagnostic
                .help(format!("write it for `{version}`, whose fields may differ"))
                .fix(format!("set `apiVersion` to `{version}`"), false, span, version)
        }
        None => diagnostic.help("nothing takes its place under that name"),
    }
}

/// What is said of a kind that is not known. Only of Kubernetes' own groups is everything known.
fn unknown(resource: &Resource, context: Context<'_>) -> Option<Diagnostic> {
    let group = resource.group();
    let schema = context.schema;
    let (kind, version) = (&resource.kind, &resource.api_version);
    let elsewhere = schema.kinds(kind, None);
    // A word without a dot is the format of some other tool (`builtin`, `skaffold/v4beta1`), unless the kind is
    // one of Kubernetes'.
    let is_of_kubernetes = is_kubernetes(group) && is_version(resource.version());
    if !is_of_kubernetes && (group.contains('.') || elsewhere.is_empty()) {
        return None;
    }
    let served = elsewhere
        .iter()
        .find(|kind| kind.removed.is_none())
        .or(elsewhere.first());
    if let Some(served) = served {
        let right = served.api_version();
        let span = version_span(resource);
        return Some(
            Diagnostic::new(Code::S0101, span, format!("there is no `{kind}` of `{version}`"))
                .help(format!("a `{kind}` is of `{right}`"))
                .fix(format!("set `apiVersion` to `{right}`"), false, span, right),
        );
    }
    let span = resource
        .root
        .get("kind")
        .map_or(resource.root.span, |node| node.span);
    let diagnostic = Diagnostic::new(Code::S0101, span, format!("there is no `{kind}` of `{version}`"));
    let of_group = schema
        .all_kinds()
        .filter(|kind| *kind.group == *group && kind.removed.is_none());
    let meant = crate::suggest::nearest(kind, of_group.map(|kind| &*kind.kind))
        .or_else(|| schema.suggest_kind(kind))
        .map(str::to_string);
    Some(match meant {
        Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")).fix(
            format!("write `{meant}`"),
            false,
            span,
            meant,
        ),
        None => diagnostic.help("`kubectl api-resources` lists the kinds of a cluster"),
    })
}

/// Whether a text is a version as Kubernetes has them: `v1`, `v2beta1`.
fn is_version(text: &str) -> bool {
    text.strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn version_span(resource: &Resource) -> Span {
    let version = resource.root.get("apiVersion");
    version.map_or(resource.root.span, |node: &Node| node.span)
}
