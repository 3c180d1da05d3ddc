//! A rule → a module of Rego v1, one package a rule, for OPA, Conftest and regorus.
//!
//! The package is `ordain.PACK.RULE`, with hyphens as underscores. Its results are the members of `deny`
//! for rules of medium severity and above, of `warn` for others: objects with
//!
//! - `msg`, `rule`, `severity`, and `help` if the rule has some;
//! - `clause`: which `require` or `forbid` of the rule is broken, from 1; 0 for a fault of the manifest,
//!   with `fault` saying which;
//! - `path`: keys and indices from the document to the place, what is missing included;
//! - `object`: `apiVersion`, `kind`, `name` and `namespace` of the object;
//! - `document`: where the document stands in the input, for input that is a list;
//! - `_loc`: the file, for input that names files; its first line, since SARIF demands one.
//!
//! A rule over one document takes it as input. A rule over several takes what `conftest --combine` gives,
//! `[{"path": …, "contents": …}]`, and says so when it is given something else. Waivers that have not
//! expired are part of the module; where parameters come from, and what the input is, depends on the
//! [`Host`]. For Gatekeeper the results are the members of `violation`: `msg`, and `details` with the rest.

mod admission;
mod binder;
mod condition;
mod estimates;
mod expression;
mod faults;
pub(super) mod parameters;
mod place;
mod prelude;
mod print;
mod rule;
mod scope;
mod text;

pub(super) use print::constant as printed;
pub(super) use rule::{reads_former, waiver_notes};
pub(super) use text::string as literal;

use super::{Artifact, Backend, Estimates, Options, Origin, Reason, Refusal};
use crate::ir::{Date, PolicySet, Rule, Waiver};
use crate::schema::{Kind, Schema};
use std::collections::{BTreeMap, BTreeSet};

pub use admission::{Admission, GroupKind, Kinds};

/// What was compiled, or why it couldn't be.
pub type Result<T> = std::result::Result<T, Reason>;

/// A rule as a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The package, without `data.`: `ordain.std.security.privileged_container`.
    pub package: String,
    /// The rule whose members are the results: `deny` or `warn`.
    pub entry: &'static str,
    /// Whether it takes the list of all files rather than one document.
    pub is_combined: bool,
    /// Its text.
    pub text: String,
    /// What its lines come from.
    pub origins: Vec<Origin>,
    /// What it needs of the cluster, if it is made for Gatekeeper.
    pub admission: Option<Admission>,
}

/// Who runs a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Host {
    /// OPA, Conftest or regorus over files; parameters are set when the module is made.
    #[default]
    Files,
    /// OPA with a bundle: the input is the same, parameters are `data.ordain.parameters.RULE.NAME`.
    Bundle,
    /// Gatekeeper: the input is an admission review with `input.parameters`, other objects are
    /// `data.inventory`.
    Gatekeeper,
}

/// What a module is made for.
pub struct Setting<'a> {
    /// Who runs it.
    pub host: Host,
    /// Waivers to build in.
    pub waivers: &'a [Waiver],
    /// The day on which it is decided which of them have expired; without, none has.
    pub today: Option<Date>,
    /// The namespace of objects that name none.
    pub default_namespace: &'a str,
    /// What the API says about kinds.
    pub kinds: &'a KindFacts,
    /// What estimates rest on.
    pub estimates: Estimates<'a>,
}

impl<'a> Setting<'a> {
    /// What a build of these policies says.
    pub fn new(
        host: Host,
        policies: &'a PolicySet,
        options: &Options<'a>,
        kinds: &'a KindFacts,
    ) -> Setting<'a> {
        Setting {
            host,
            waivers: &policies.waivers,
            today: options.today,
            default_namespace: options.default_namespace,
            kinds,
            estimates: options.estimates,
        }
    }
}

impl Module {
    /// What the lines of an artifact come from that has the module's text below its first lines.
    pub fn origins_below(&self, before: usize) -> Vec<Origin> {
        let origins = self.origins.iter();
        origins
            .map(|origin| Origin {
                line: origin.line + before,
                ..origin.clone()
            })
            .collect()
    }
}

/// What modules know about kinds, each written GROUP/KIND.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KindFacts {
    /// Kinds whose objects live in no namespace.
    cluster_scoped: Vec<String>,
    /// Kinds that bear pods, with the path of the pod template; empty for a Pod.
    templates: BTreeMap<String, Vec<String>>,
    /// Built-in kinds that bear none.
    without_pods: Vec<String>,
    /// The groups that have a kind, by its name. The first is what an object is meant for that names a group
    /// of Kubernetes which has no such kind.
    homes: BTreeMap<String, Vec<String>>,
    /// Groups and kinds that bear pods, wherever in them.
    pod_bearing: BTreeSet<GroupKind>,
}

impl KindFacts {
    /// The facts of a schema.
    pub fn of_schema(schema: &Schema) -> KindFacts {
        let mut facts = KindFacts::default();
        for kind in schema.all_kinds() {
            facts.add(kind);
            if let Some(home) = schema.home(&kind.kind) {
                let groups = facts.homes.entry(kind.kind.to_string());
                let groups = groups.or_insert_with(|| vec![home.group.to_string()]);
                if !groups.iter().any(|group| **group == *kind.group) {
                    groups.push(kind.group.to_string());
                }
            }
        }
        facts
    }

    fn add(&mut self, kind: &Kind) {
        let name = format!("{}/{}", kind.group, kind.kind);
        if kind.pod_spec.is_some() || kind.other_pods {
            let own = (kind.group.to_string(), kind.kind.to_string());
            self.pod_bearing.insert(own);
        }
        if !kind.namespaced {
            self.cluster_scoped.push(name.clone());
        }
        let is_built_in = !kind.group.contains('.') || kind.group.ends_with(".k8s.io");
        // Where a kind has templates in several places, its objects are searched for them.
        match kind.pod_spec.as_ref().filter(|_| !kind.other_pods) {
            Some(path) => {
                let template = path.iter().take(path.len().saturating_sub(1));
                let template = template.map(|key| key.to_string()).collect();
                self.templates.insert(name, template);
            }
            None if is_built_in => self.without_pods.push(name),
            None => {}
        }
    }
}

/// Rules as modules of Rego: `RULE.rego`, those over several documents in a folder of their own,
/// `combine/`, because Conftest runs them with another flag.
#[derive(Debug, Clone, Copy)]
pub struct Modules;

impl Backend for Modules {
    fn name(&self) -> &'static str {
        "rego"
    }

    fn summary(&self) -> &'static str {
        "modules of Rego v1 for OPA and Conftest, one a rule"
    }

    fn emit(&self, policies: &PolicySet, options: &Options) -> (Vec<Artifact>, Vec<Refusal>) {
        let kinds = KindFacts::of_schema(options.schema);
        let setting = Setting::new(Host::Files, policies, options, &kinds);
        let mut artifacts = Vec::new();
        let mut refusals = Vec::new();
        for rule in &policies.rules {
            match compile(rule, &setting) {
                Ok(module) => {
                    let path = match module.is_combined {
                        true => format!("combine/{}.rego", rule.id),
                        false => format!("{}.rego", rule.id),
                    };
                    artifacts.push(Artifact::new(path, module.text).with_origins(module.origins));
                }
                Err(reason) => refusals.push(reason.refusal(rule, self.name())),
            }
        }
        artifacts.sort();
        (artifacts, refusals)
    }
}

/// Compiles a rule, or says why Rego can't carry it.
pub fn compile(rule: &Rule, setting: &Setting<'_>) -> Result<Module> {
    rule::compile(rule, setting)
}

/// Whether Rego can carry a rule, and if not, why.
pub fn enforceability(rule: &Rule) -> Result<()> {
    let kinds = KindFacts::default();
    let setting = Setting {
        host: Host::Files,
        waivers: &[],
        today: None,
        default_namespace: "default",
        kinds: &kinds,
        estimates: Estimates::default(),
    };
    compile(rule, &setting).map(|_| ())
}
