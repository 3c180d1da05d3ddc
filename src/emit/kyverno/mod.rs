//! Target `kyverno`: rules as ValidatingPolicies, which carry the same CEL as `vap`.
//!
//! In: the rules of a [`PolicySet`]. Out: `RULE.yaml`, a `policies.kyverno.io/v1` ValidatingPolicy for each.
//! Parameters are built in: such a policy has none. Rules name all kinds that bear pods themselves, so that
//! Kyverno generates no further ones for the controllers of pods.

use super::{Artifact, Backend, Options, Refusal, cel, vap};
use crate::ir::{PolicySet, Rule};
use serde_json::{Value, json};

/// The target `kyverno`.
#[derive(Debug, Clone, Copy)]
pub struct ValidatingPolicies;

const NAME: &str = "kyverno";

impl Backend for ValidatingPolicies {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "ValidatingPolicies for Kyverno, one a rule"
    }

    fn emit(&self, policies: &PolicySet, options: &Options) -> (Vec<Artifact>, Vec<Refusal>) {
        let setting = cel::Setting {
            schema: options.schema,
            waivers: &policies.waivers,
            today: options.today,
            default_namespace: options.default_namespace,
            oldest: options.min_kube,
            with_params: false,
        };
        let mut artifacts = Vec::new();
        let mut refusals = Vec::new();
        for rule in &policies.rules {
            let made = vap::program(rule, &setting).and_then(|program| {
                let comment = vap::comment(rule, policies, options, &setting);
                let artifact = vap::artifact(rule, &program, &comment, &[policy(rule, &program, options)])?;
                Ok((artifact, program.left_out))
            });
            match made {
                Ok((artifact, left_out)) => {
                    artifacts.push(artifact);
                    refusals.extend(left_out.map(|reason| reason.refusal_in_part(rule, NAME)));
                }
                Err(reason) => refusals.push(reason.refusal(rule, NAME)),
            }
        }
        artifacts.sort();
        (artifacts, refusals)
    }
}

fn policy(rule: &Rule, program: &cel::Program, options: &Options) -> Value {
    let mut specification = json!(vap::specification(program));
    specification["validationActions"] = json!(vap::actions(rule));
    specification["autogen"] = json!({ "podControllers": { "controllers": [] } });
    json!({
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "ValidatingPolicy",
        "metadata": vap::metadata(rule, options),
        "spec": specification,
    })
}
