//! Target `vap`: rules as ValidatingAdmissionPolicies, which API servers judge by themselves.
//!
//! In: the rules of a [`PolicySet`], as CEL ([`super::cel`]). Out: for each rule a file `RULE.yaml` with its
//! policy, its binding and, if it has parameters, their values; and `definitions/ruleparameters.GROUP.yaml`
//! for the kind of those values. What CEL can't say is refused by name.
//!
//! Static bounds of cost hold for CustomResourceDefinitions only: of a ValidatingAdmissionPolicy the API
//! server bounds what an expression spends on the object at hand, by 1,000,000 units, and what all of one
//! binding spend, by 10,000,000. Over them the object is refused, since the policy's `failurePolicy` is `Fail`.

mod parameters;

use super::cel::{self, Coverage, Program};
use super::crd::yaml;
use super::{Artifact, Backend, Options, Origin, Refusal, rebuild_notice};
use crate::diagnostic::Severity;
use crate::ir::{PolicySet, Rule};
use crate::schema::KubernetesVersion;
use k8s_openapi::api::admissionregistration::v1::{
    AuditAnnotation, MatchResources, NamedRuleWithOperations, ParamKind, ParamRef, ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding, ValidatingAdmissionPolicyBindingSpec, ValidatingAdmissionPolicySpec,
    Validation, Variable,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The target `vap`.
#[derive(Debug, Clone, Copy)]
pub struct AdmissionPolicies;

const NAME: &str = "vap";

/// The first release whose CEL has what every expression of ours needs: optionals and quantities.
pub const OLDEST: KubernetesVersion = KubernetesVersion::of_minor(28);

/// The release in which the API became stable, for which policies are built unless another is asked for.
pub const STABLE: KubernetesVersion = KubernetesVersion::of_minor(30);

impl Backend for AdmissionPolicies {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "ValidatingAdmissionPolicies with their bindings, one a rule"
    }

    fn emit(&self, policies: &PolicySet, options: &Options) -> (Vec<Artifact>, Vec<Refusal>) {
        let setting = cel::Setting {
            schema: options.schema,
            waivers: &policies.waivers,
            today: options.today,
            default_namespace: options.default_namespace,
            oldest: options.min_kube,
            with_params: true,
        };
        let mut artifacts = Vec::new();
        let mut refusals = Vec::new();
        let mut with_params = Vec::new();
        for rule in &policies.rules {
            match of_rule(rule, policies, options, &setting) {
                Ok((artifact, program)) => {
                    artifacts.push(artifact);
                    refusals.extend(program.left_out.map(|reason| reason.refusal_in_part(rule, NAME)));
                    if !program.params.is_empty() {
                        with_params.push((rule, program.params));
                    }
                }
                Err(reason) => refusals.push(reason.refusal(rule, NAME)),
            }
        }
        if !with_params.is_empty() {
            let definition = parameters::definition(&with_params, options.api);
            let comment =
                ["The kind of the parameters of rules, typed by what the rules declare.".to_owned()];
            match yaml::render(&comment, &definition) {
                Ok(text) => artifacts.push(Artifact::new(
                    format!("definitions/{}.{}.yaml", parameters::PLURAL, options.api.group),
                    text,
                )),
                Err(reason) => refusals.extend(with_params.iter().map(|(rule, _)| Refusal {
                    declaration: rule.id.clone(),
                    target: NAME,
                    reason: reason.clone(),
                    help: None,
                    span: rule.span,
                    is_partial: false,
                })),
            }
        }
        artifacts.sort();
        (artifacts, refusals)
    }
}

/// The file of a rule, and the program in it.
fn of_rule(
    rule: &Rule,
    policies: &PolicySet,
    options: &Options,
    setting: &cel::Setting<'_>,
) -> Result<(Artifact, Program), super::Reason> {
    let program = program(rule, setting)?;
    let documents = documents(rule, options, &program);
    let comment = comment(rule, policies, options, setting);
    let artifact = artifact(rule, &program, &comment, &documents)?;
    Ok((artifact, program))
}

/// A rule in CEL, for releases that have what every expression needs.
pub(super) fn program(rule: &Rule, setting: &cel::Setting<'_>) -> Result<Program, super::Reason> {
    let refuse = |text: String, help: String| super::Reason {
        span: rule.span,
        text,
        help: Some(help),
    };
    if setting.oldest < OLDEST {
        return Err(refuse(
            format!("its CEL needs Kubernetes {OLDEST}, which has optional values and quantities"),
            format!("build with `--min-kube {OLDEST}` or newer"),
        ));
    }
    if !is_name(&rule.id) {
        return Err(refuse(
            format!("`{}` can't name an object of Kubernetes", rule.id),
            "use lower case letters, digits and hyphens alone".to_owned(),
        ));
    }
    cel::compile(rule, setting)
}

/// Whether objects can have the name.
pub(super) fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= 253
        && name.starts_with(is_plain)
        && name.ends_with(is_plain)
        && name.chars().all(|c| is_plain(c) || c == '-')
}

/// A file of documents, of which the first holds the validations of a program.
pub(super) fn artifact(
    rule: &Rule,
    program: &Program,
    comment: &[String],
    documents: &[Value],
) -> Result<Artifact, super::Reason> {
    let mut text = String::new();
    for (number, document) in documents.iter().enumerate() {
        let comment = if number == 0 { comment } else { &[] };
        if number > 0 {
            text.push_str("---\n");
        }
        let document = yaml::render(comment, document).map_err(|text| super::Reason {
            span: rule.span,
            text,
            help: None,
        })?;
        text.push_str(&document);
    }
    let lines = yaml::items(&text, "validations");
    let origins = program.judgements.iter().zip(lines).filter_map(|(own, line)| {
        Some(Origin {
            line,
            declaration: rule.id.clone(),
            span: own.span?,
        })
    });
    let origins = origins.collect();
    Ok(Artifact::new(format!("{}.yaml", rule.id), text).with_origins(origins))
}

/// What stands above the documents.
pub(super) fn comment(
    rule: &Rule,
    policies: &PolicySet,
    options: &Options,
    setting: &cel::Setting<'_>,
) -> Vec<String> {
    let mut lines = vec![
        rule.title.clone(),
        format!(
            "Compiled by Ordain from {} for Kubernetes {} and newer; edit that and build again.",
            options.path(rule.span),
            setting.oldest
        ),
    ];
    let own = policies.waivers.iter().filter(|waiver| waiver.rule == rule.id);
    let expired = own.filter(|waiver| waiver.is_expired(options.today));
    lines.extend(expired.map(|waiver| format!("A waiver expired on {} and is left out.", waiver.until)));
    lines.extend(rebuild_notice(rule, &policies.waivers, options.today));
    lines
}

/// The policy itself, without what is particular to an engine.
pub(super) fn specification(program: &Program) -> ValidatingAdmissionPolicySpec {
    let validations = program.judgements.iter().map(|own| Validation {
        expression: own.expression.clone(),
        message: Some(one_line(&own.fallback)),
        message_expression: Some(own.message.clone()),
        reason: Some(match own.span {
            Some(_) => "Forbidden".to_owned(),
            None => "Invalid".to_owned(),
        }),
    });
    let variables = program.variables.iter().map(|(name, expression)| Variable {
        name: name.clone(),
        expression: expression.clone(),
    });
    ValidatingAdmissionPolicySpec {
        audit_annotations: Some(vec![AuditAnnotation {
            key: "findings".to_owned(),
            value_expression: cel::findings(program),
        }]),
        failure_policy: Some("Fail".to_owned()),
        match_conditions: None,
        match_constraints: Some(MatchResources {
            match_policy: Some("Equivalent".to_owned()),
            resource_rules: Some(resource_rules(program)),
            ..MatchResources::default()
        }),
        param_kind: None,
        validations: Some(validations.collect()),
        variables: Some(variables.collect()),
    }
}

/// What is done about an object that breaks a rule.
pub(super) fn actions(rule: &Rule) -> Vec<String> {
    let actions = match rule.severity >= Severity::Medium {
        true => ["Deny", "Audit"],
        false => ["Warn", "Audit"],
    };
    actions.map(str::to_owned).to_vec()
}

fn documents(rule: &Rule, options: &Options, program: &Program) -> Vec<Value> {
    let metadata = metadata(rule, options);
    let policy = ValidatingAdmissionPolicy {
        metadata: metadata.clone(),
        spec: Some(ValidatingAdmissionPolicySpec {
            param_kind: (!program.params.is_empty()).then(|| ParamKind {
                api_version: Some(options.api.to_string()),
                kind: Some(parameters::KIND.to_owned()),
            }),
            ..specification(program)
        }),
        status: None,
    };
    let binding = ValidatingAdmissionPolicyBinding {
        metadata,
        spec: ValidatingAdmissionPolicyBindingSpec {
            // Said again: where a policy is bound, Kyverno's CLI asks the binding alone what it is for.
            match_resources: specification(program).match_constraints,
            param_ref: (!program.params.is_empty()).then(|| ParamRef {
                name: Some(rule.id.to_string()),
                parameter_not_found_action: Some("Deny".to_owned()),
                ..ParamRef::default()
            }),
            policy_name: rule.id.to_string(),
            validation_actions: actions(rule),
        },
    };
    let mut documents = vec![json!(policy), json!(binding)];
    // Before it was stable, the API had the same fields under another version.
    if options.min_kube < STABLE {
        for document in &mut documents {
            document["apiVersion"] = json!("admissionregistration.k8s.io/v1beta1");
        }
    }
    if !program.params.is_empty() {
        documents.push(parameters::object(rule, &program.params, options.api));
    }
    documents
}

/// Name and annotations of a rule's documents.
pub(super) fn metadata(rule: &Rule, options: &Options) -> ObjectMeta {
    let group = &options.api.group;
    let mut annotations: BTreeMap<String, String> = BTreeMap::new();
    let mut note = |key: &str, value: String| {
        if !value.is_empty() {
            annotations.insert(format!("{group}/{key}"), value);
        }
    };
    note("title", rule.title.clone());
    note("description", rule.documentation.clone());
    note("severity", rule.severity.word().to_owned());
    note("category", rule.category.clone());
    note("controls", rule.controls.join(", "));
    note("version", env!("CARGO_PKG_VERSION").to_owned());
    ObjectMeta {
        name: Some(rule.id.to_string()),
        annotations: Some(annotations),
        ..ObjectMeta::default()
    }
}

/// The rules by which requests are matched, one for all resources of a group that have the same versions.
fn resource_rules(program: &Program) -> Vec<NamedRuleWithOperations> {
    let rule = |group: &str, versions: Vec<String>, resources: Vec<String>| NamedRuleWithOperations {
        api_groups: Some(vec![group.to_owned()]),
        api_versions: Some(versions),
        operations: Some(vec!["CREATE".to_owned(), "UPDATE".to_owned()]),
        resources: Some(resources),
        ..NamedRuleWithOperations::default()
    };
    if program.coverage == Coverage::All {
        return vec![rule("*", vec!["*".to_owned()], vec!["*".to_owned()])];
    }
    let mut versions: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for resource in &program.resources {
        let own = versions.entry((&resource.group, &resource.plural)).or_default();
        own.push(resource.version.clone());
    }
    let mut rules: BTreeMap<(&str, Vec<String>), Vec<String>> = BTreeMap::new();
    for ((group, plural), versions) in versions {
        let own = rules.entry((group, versions)).or_default();
        own.push(plural.to_owned());
        if program.ephemeral && (group, plural) == ("", "pods") {
            own.push("pods/ephemeralcontainers".to_owned());
        }
    }
    rules
        .into_iter()
        .map(|((group, versions), resources)| rule(group, versions, resources))
        .collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
