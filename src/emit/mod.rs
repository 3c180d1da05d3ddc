//! The compiled policy → files for the engines around it.
//!
//! In: an [`ir::PolicySet`] that holds exactly what is to be built. Out: [`Artifact`]s, and a [`Refusal`]
//! by name for whatever a target can't say; nothing is approximated or left out silently. A backend is
//! one module here and one line in [`BACKENDS`].

pub mod bundle;
pub mod cel;
pub mod crd;
pub mod docs;
mod enforceability;
mod expiry;
pub mod gatekeeper;
pub mod kyverno;
mod parameter;
mod reason;
pub mod rego;
pub mod source_map;
pub mod vap;

pub use enforceability::{Enforceability, Form, Row, Verdict};
pub use expiry::{Rebuild, rebuild, rebuild_notice};
pub use reason::Reason;

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::estimate::Estimator;
use crate::ir;
use crate::schema::{KubernetesVersion, Schema};
use crate::source::{Sources, Span};
use std::sync::Arc;

/// Every target that `ordain build --target` knows, in the order in which help lists them.
pub const BACKENDS: &[&dyn Backend] = &[
    &crd::CustomResources,
    &rego::Modules,
    &bundle::Bundle,
    &gatekeeper::Constraints,
    &vap::AdmissionPolicies,
    &kyverno::ValidatingPolicies,
    &docs::Pages,
];

/// The backend of that name.
pub fn backend(name: &str) -> Option<&'static dyn Backend> {
    BACKENDS.iter().copied().find(|backend| backend.name() == name)
}

/// Compiles policies for several targets. The artifacts of each stand in a folder of its name.
pub fn build(
    policies: &ir::PolicySet,
    targets: &[&dyn Backend],
    options: &Options,
) -> (Vec<Artifact>, Vec<Refusal>) {
    let mut artifacts = Vec::new();
    let mut refusals = Vec::new();
    for target in targets {
        let (made, refused) = target.emit(policies, options);
        artifacts.extend(made.into_iter().map(|artifact| Artifact {
            path: format!("{}/{}", target.name(), artifact.path),
            ..artifact
        }));
        refusals.extend(refused);
    }
    (artifacts, refusals)
}

/// Compiles policies for one target.
pub trait Backend: Sync {
    /// What `--target` calls it.
    fn name(&self) -> &'static str;

    /// What it makes, in a few words for help.
    fn summary(&self) -> &'static str;

    /// Compiles all that this target is for; what belongs to other targets (a rule, for one that
    /// makes custom resources) is not its business and not refused. Artifacts are sorted by path.
    fn emit(&self, policies: &ir::PolicySet, options: &Options) -> (Vec<Artifact>, Vec<Refusal>);

    /// The declarations that it puts in force. Each one of these forms is either part of its artifacts or
    /// refused; none, for a target that only describes.
    fn enforces(&self) -> &'static [Form] {
        &[Form::Rule]
    }

    /// Whether its artifacts hold [`Options::samples`].
    fn has_tests(&self) -> bool {
        false
    }

    /// What it can't carry: exactly what [`Backend::emit`] refuses. Worth a way of its own only where
    /// making the artifacts takes long.
    fn refusals(&self, policies: &ir::PolicySet, options: &Options) -> Vec<Refusal> {
        self.emit(policies, options).1
    }
}

/// What a build may set.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The policies' texts, for naming where an artifact comes from.
    pub sources: &'a Sources,
    /// The group and version of the custom resources.
    pub api: &'a GroupVersion,
    /// The API and the repository's custom kinds.
    pub schema: &'a Schema,
    /// The day on which it is decided which waivers have expired; without, none has.
    pub today: Option<ir::Date>,
    /// The namespace of objects that name none.
    pub default_namespace: &'a str,
    /// The oldest release of Kubernetes whose clusters must take what is made.
    pub min_kube: KubernetesVersion,
    /// The price table that budgets are held against, if there is one.
    pub prices: Option<TableName<'a>>,
    /// The table of grid intensities that budgets are held against, if there is one.
    pub grid: Option<TableName<'a>>,
    /// What the estimates of rules rest on.
    pub estimates: Estimates<'a>,
    /// The key that bundles are signed with, if they are.
    pub sign_key: Option<&'a bundle::SigningKey>,
    /// The tests of the rules, for targets that have tests.
    pub samples: &'a [Sample],
}

/// What cost, energy and carbon are estimated by.
#[derive(Debug, Clone, Copy)]
pub struct Estimates<'a> {
    /// The tables and assumptions.
    pub estimator: &'a Estimator,
    /// How many nodes the cluster has, if that is known.
    pub nodes: Option<i128>,
}

impl Default for Estimates<'_> {
    /// By the default tables, for a cluster of which nothing is known.
    fn default() -> Self {
        Estimates {
            estimator: Estimator::standard(),
            nodes: None,
        }
    }
}

/// A test case of a rule, as the rule natively judges it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The rule's id.
    pub rule: Arc<str>,
    /// Whether the rule should find nothing.
    pub accepts: bool,
    /// The parameters that differ from those of the build.
    pub with: Vec<(Arc<str>, ir::Constant)>,
    /// The objects, each with whether the rule finds something in it.
    pub objects: Vec<(serde_json::Value, bool)>,
}

/// A table of figures, as custom resources name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableName<'a> {
    /// Its name.
    pub name: &'a str,
    /// The day of its figures: `2020-02-12`.
    pub date: &'a str,
}

/// An API group with one of its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupVersion {
    /// `gitops.example.com`
    pub group: String,
    /// `v1alpha1`
    pub version: String,
}

impl Default for GroupVersion {
    /// What custom resources have unless `ordain.toml` sets another.
    fn default() -> GroupVersion {
        GroupVersion {
            group: "gitops.example.com".into(),
            version: "v1alpha1".into(),
        }
    }
}

impl std::fmt::Display for GroupVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.group, self.version)
    }
}

impl GroupVersion {
    /// Reads `group/version`, or a group, which keeps the default version. A group is a domain of two
    /// parts or more, which Kubernetes demands of custom resources; a version is `v1`, `v1beta2`.
    pub fn parse(text: &str) -> Option<GroupVersion> {
        let default = GroupVersion::default();
        let (group, version) = text.split_once('/').unwrap_or((text, &default.version));
        let is_label = |label: &str| {
            let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            label.len() <= 63
                && label.starts_with(ends)
                && label.ends_with(ends)
                && label.chars().all(|c| ends(c) || c == '-')
        };
        let is_group = group.contains('.') && group.len() <= 200 && group.split('.').all(is_label);
        (is_group && is_version(version)).then(|| GroupVersion {
            group: group.to_string(),
            version: version.to_string(),
        })
    }
}

fn is_version(version: &str) -> bool {
    let number = |text: &str| {
        text.len() <= 9
            && text.starts_with(|c| matches!(c, '1'..='9'))
            && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    version.strip_prefix('v').is_some_and(|rest| {
        let stages = ["alpha", "beta"];
        let staged = stages.iter().find_map(|stage| rest.split_once(stage));
        match staged {
            Some((major, minor)) => number(major) && number(minor),
            None => number(rest),
        }
    })
}

impl<'a> Options<'a> {
    /// The path of the policy file that a span is in.
    pub fn path(&self, span: Span) -> &'a str {
        &self.sources.file(span.file).path
    }
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Artifact {
    /// Its path within the target's folder, with `/`.
    pub path: String,
    /// Its bytes: text, unless it is an archive.
    pub contents: Vec<u8>,
    /// What its lines come from, by line.
    pub origins: Vec<Origin>,
}

/// Where lines of an artifact come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The first line of the artifact that comes from the clause, 1-based.
    pub line: usize,
    /// The declaration: a rule's id, an automation's name.
    pub declaration: Arc<str>,
    /// The clause of the policy.
    pub span: Span,
}

impl Artifact {
    /// A file of which no line comes from one clause alone.
    pub fn new(path: impl Into<String>, contents: impl Into<Vec<u8>>) -> Artifact {
        Artifact {
            path: path.into(),
            contents: contents.into(),
            origins: Vec::new(),
        }
    }

    /// Its text; nothing for an archive.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.contents).unwrap_or_default()
    }

    /// The file with what its lines come from.
    pub fn with_origins(self, origins: Vec<Origin>) -> Artifact {
        Artifact { origins, ..self }
    }
}

/// A declaration that a target can't carry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// The declaration: a rule's id, an automation's name.
    pub declaration: Arc<str>,
    /// The target's name.
    pub target: &'static str,
    /// Why, so that it reads after "because": "it reads other documents".
    pub reason: String,
    /// What to do, if there is something.
    pub help: Option<String>,
    /// What in the policy it can't carry.
    pub span: Span,
    /// Whether the rest of the declaration is part of the artifacts.
    pub is_partial: bool,
}

impl Refusal {
    /// The refusal as a diagnostic of the policy.
    pub fn diagnostic(&self) -> Diagnostic {
        let diagnostic = Diagnostic::new(
            Code::E0501,
            self.span,
            format!(
                "`{}` can't be compiled to `{}`{} because {}",
                self.declaration,
                self.target,
                if self.is_partial { " as a whole" } else { "" },
                self.reason
            ),
        );
        match &self.help {
            Some(help) => diagnostic.help(help.clone()),
            None => diagnostic,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_a_domain_and_may_name_its_version() {
        let read = |text: &str| GroupVersion::parse(text).map(|api| api.to_string());
        assert_eq!(read("acme.io").as_deref(), Some("acme.io/v1alpha1"));
        assert_eq!(read("gitops.acme.io/v1").as_deref(), Some("gitops.acme.io/v1"));
        assert_eq!(read("acme.io/v2beta3").as_deref(), Some("acme.io/v2beta3"));
        for wrong in [
            "",
            "acme",
            "Acme.io",
            "acme..io",
            "acme.io/",
            "acme.io/1",
            "acme.io/v0",
            "acme.io/v1gamma2",
            "a.io/v1/x",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
