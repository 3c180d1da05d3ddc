//! Objects held against the Kubernetes API: what its server would say of them.
//!
//! In: a [`Resource`] and the [`Schema`] of a Kubernetes version with the repository's CRDs. Out: a
//! diagnostic for every field that is unknown, missing, of another type or not as its schema demands, at its
//! bytes. Objects of kinds that nobody has defined are left alone: [`is_known`] tells them apart.

mod admit;
mod api;
mod constraint;
mod format;
mod identity;
mod placeholder;
mod rules;
mod structure;
mod syntax;
#[cfg(test)]
mod tests;
mod values;

use crate::diagnostic::Diagnostic;
use crate::manifest::{Node, Resource};
use crate::schema::Schema;
use crate::source::Sources;

/// What the run knows beside the objects.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The API, with the CRDs of the repository.
    pub schema: &'a Schema,
    /// The texts that the objects stand in.
    pub sources: &'a Sources,
    /// Whether Flux puts values in place of `${NAME}` before anything is applied, so that such a text
    /// says nothing about the value.
    pub substitutes: bool,
    /// Whether the object's own controller puts values in place of `{{NAME}}`; objects decide that themselves.
    pub is_template: bool,
}

/// Whether Flux substitutes variables in manifests: an object of it says so.
pub fn substitutes(resource: &Resource) -> bool {
    resource.group() == "kustomize.toolkit.fluxcd.io"
        && resource.kind == "Kustomization"
        && resource.root.path(["spec", "postBuild"]).is_some()
}

/// Whether the kind of an object is defined: by the API, by a CRD of the repository, by a release of a
/// common tool.
pub fn is_known(resource: &Resource, schema: &Schema) -> bool {
    schema.type_of(&resource.api_version, &resource.kind).is_some()
}

/// All that the API server would say of an object.
pub fn validate(resource: &Resource, context: Context<'_>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    // ApplicationSets, AnalysisTemplates and Workflows carry templates, whose texts are no values yet.
    let context = Context {
        is_template: context.is_template || resource.group() == "argoproj.io",
        ..context
    };
    let kind = api::find(resource, context, &mut diagnostics);
    if let Some(kind) = kind {
        structure::check(resource, kind, context, &mut diagnostics);
        identity::check(resource, kind, context, &mut diagnostics);
    }
    if resource.kind == "CustomResourceDefinition" {
        rules::check_definition(&resource.root, &mut diagnostics);
    }
    let mut diagnostics = placeholder::gather(diagnostics, context);
    let namespace = resource.namespace.as_deref().unwrap_or_default();
    for diagnostic in &mut diagnostics {
        diagnostic.object = Some(resource.reference(namespace));
    }
    diagnostics
}

impl Context<'_> {
    /// Whether the value is only known once variables are put in.
    fn is_open(&self, text: &str) -> bool {
        self.substitutes && text.contains("${") || self.is_template && text.contains("{{")
    }

    /// A value as it was written.
    fn written(&self, node: &Node) -> &str {
        let file = self.sources.file(node.span.file);
        file.text.get(node.span.range()).unwrap_or_default()
    }
}
