//! Target `bundle`: rules as one OPA bundle, `bundle.tar.gz`, for `opa run -b` and `opa eval -b`.
//!
//! In: the rules of a [`PolicySet`], as Rego ([`super::rego`]). Out: an archive, the same byte for byte for the
//! same policies, with
//!
//! - a module for each rule, whose package tells where its results are: `data.ordain.PACK.RULE.deny` or `.warn`;
//! - `data.json`, with what parameters are: `data.ordain.parameters.RULE.NAME`. A bundle of one's own that
//!   replaces the file sets them, and a value that a parameter can't have is a result of the rule;
//! - `.manifest`, whose revision is a digest of all that, and whose root is `ordain`;
//! - `.signatures.json`, if there is a key to sign with.

mod archive;
mod sign;

pub use sign::{KeyFault, SigningKey};

use super::rego::{self, Host, KindFacts, Module, Setting, parameters};
use super::{Artifact, Backend, Options, Reason, Refusal, parameter};
use crate::ir::{PolicySet, Rule};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The target `bundle`.
#[derive(Debug, Clone, Copy)]
pub struct Bundle;

const NAME: &str = "bundle";

/// The package under which everything stands.
const ROOT: &str = "ordain";

/// The package that is the parameters' place.
const PARAMETERS: &str = "ordain.parameters";

/// A file of the bundle, by its path in it.
struct File {
    path: String,
    text: String,
}

impl Backend for Bundle {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "an OPA bundle of all rules, signed if there is a key"
    }

    fn emit(&self, policies: &PolicySet, options: &Options) -> (Vec<Artifact>, Vec<Refusal>) {
        let kinds = KindFacts::of_schema(options.schema);
        let setting = Setting::new(Host::Bundle, policies, options, &kinds);
        let mut modules: Vec<(&Rule, Module)> = Vec::new();
        let mut refusals = Vec::new();
        for rule in &policies.rules {
            let made = rego::compile(rule, &setting).and_then(|module| {
                let before = modules.iter().find(|(_, other)| collide(&module, other));
                clear(rule, &module, before.map(|(other, _)| *other)).map(|()| module)
            });
            match made {
                Ok(module) => modules.push((rule, module)),
                Err(reason) => refusals.push(reason.refusal(rule, NAME)),
            }
        }
        if modules.is_empty() {
            return (Vec::new(), refusals);
        }
        let mut files: Vec<File> = modules
            .iter()
            .map(|(_, module)| File {
                path: format!("{}.rego", module.package.replace('.', "/")),
                text: module.text.clone(),
            })
            .collect();
        files.push(File {
            path: "data.json".to_owned(),
            text: data(&modules),
        });
        files.sort_by(|left, right| left.path.cmp(&right.path));
        files.insert(
            0,
            File {
                path: ".manifest".to_owned(),
                text: manifest(&files),
            },
        );
        if let Some(key) = options.sign_key {
            let text = sign::signatures(&files, key);
            files.insert(
                0,
                File {
                    path: ".signatures.json".to_owned(),
                    text,
                },
            );
        }
        let artifact = Artifact::new("bundle.tar.gz", archive::pack(&files));
        (vec![artifact], refusals)
    }
}

/// Whether two modules can't stand in one bundle: they have one package, or a rule of one is in the place of
/// the other's.
fn collide(one: &Module, other: &Module) -> bool {
    let within = |inner: &Module, outer: &Module| {
        let place = format!("{}.{}", outer.package, outer.entry);
        inner.package == place || inner.package.starts_with(&format!("{place}."))
    };
    one.package == other.package || within(one, other) || within(other, one)
}

/// Refuses a module that would stand in the place of another's, or of the parameters.
fn clear(rule: &Rule, module: &Module, other: Option<&Rule>) -> rego::Result<()> {
    let taken = |what: String| {
        Err(Reason::new(
            rule.span,
            format!(
                "its package `{}` would stand in the place of {what}",
                module.package
            ),
        )
        .help("rename the rule"))
    };
    if module.package == PARAMETERS || module.package.starts_with(&format!("{PARAMETERS}.")) {
        return taken("the parameters".to_owned());
    }
    match other {
        Some(other) => taken(format!("`{}`'s", other.id)),
        None => Ok(()),
    }
}

/// The document with the parameters of all rules.
fn data(modules: &[(&Rule, Module)]) -> String {
    let rules: Map<String, Value> = modules
        .iter()
        .filter_map(|(rule, _)| {
            let values: Map<String, Value> = parameters::settable(rule)
                .map(|(own, _)| (own.name.to_string(), parameter::value(&own.value)))
                .collect();
            (!values.is_empty()).then(|| (rule.id.to_string(), values.into()))
        })
        .collect();
    format!("{:#}\n", json!({ ROOT: { "parameters": rules } }))
}

/// The manifest over the other files.
fn manifest(files: &[File]) -> String {
    let mut digest = Sha256::new();
    for file in files {
        // Lengths keep what stands in one file from being read as the end of another.
        for part in [&file.path, &file.text] {
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
    }
    let manifest = json!({
        "revision": format!("sha256:{}", hexadecimal(&digest.finalize())),
        "roots": [ROOT],
        "rego_version": 1,
        "metadata": { "compiler": format!("ordain {}", env!("CARGO_PKG_VERSION")) },
    });
    format!("{manifest:#}\n")
}

/// Bytes as digits.
fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
