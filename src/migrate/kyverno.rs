//! Kyverno: policies of its public library, and exceptions to them.
//!
//! In: a repository. Out: the checks that stand behind the policies' names, with what they match and exclude. A policy
//! whose text is not the public one is carried over by its name, and said to differ.

use super::carry;
use super::repository::{Repository, name_of};
use super::scope::{Label, Scope};
use super::setup::{Exempt, Setup, Strength};
use super::table::{KYVERNO, digest};
use crate::manifest::{Node, Resource, to_json};
use crate::source::Span;
use serde_json::{Map, Value};

/// Kyverno's own library.
const LIBRARY: &str = "kyverno-policies";
/// The Pod Security Standards, which `podSecurity` names by level.
const STANDARDS: &str = "kubernetes-pod-security-standards";

/// What a rule demands, beside `validate`; as in `generate.py`.
const PARTS: [&str; 3] = ["context", "preconditions", "celPreconditions"];
/// What of `validate` changes no verdict; as in `generate.py`.
const FREE: [&str; 4] = [
    "message",
    "failureAction",
    "failureActionOverrides",
    "allowExistingViolations",
];

/// Reads the setup.
pub fn read(repository: &Repository, setup: &mut Setup) {
    let is_own = |object: &&Resource| ["kyverno.io", "policies.kyverno.io"].contains(&object.group());
    let objects: Vec<&Resource> = repository.objects().iter().filter(is_own).collect();
    for object in &objects {
        match object.kind.as_str() {
            "ClusterPolicy" | "Policy" => policy(repository, setup, object),
            "ValidatingPolicy" | "NamespacedValidatingPolicy" => validating(repository, setup, object),
            "PolicyException" => {}
            "ClusterCleanupPolicy"
            | "CleanupPolicy"
            | "MutatingPolicy"
            | "GeneratingPolicy"
            | "DeletingPolicy"
            | "ImageValidatingPolicy"
            | "NamespacedMutatingPolicy"
            | "NamespacedDeletingPolicy"
            | "NamespacedImageValidatingPolicy"
            | "NamespacedGeneratingPolicy" => {
                let message = format!(
                    "{} `{}` changes or verifies what runs in a cluster",
                    object.kind, object.name
                );
                setup.lost(
                    object.root.span.at_start(),
                    format!("{message}; keep Kyverno for it"),
                );
            }
            _ => continue,
        }
        setup.found(format!(
            "{} {} in {}",
            object.kind,
            object.name,
            repository.path(object.file)
        ));
    }
    for object in objects.iter().filter(|object| object.kind == "PolicyException") {
        exception(setup, object);
    }
}

fn texts(node: Option<&Node>) -> Vec<String> {
    let list = node.map(Node::elements).unwrap_or_default();
    list.iter().filter_map(Node::as_str).map(str::to_string).collect()
}

fn policy(repository: &Repository, setup: &mut Setup, object: &Resource) {
    let Some(spec) = object.root.get("spec") else {
        return;
    };
    let action = spec.get("validationFailureAction").and_then(Node::as_str);
    if let Some(overrides) = spec.get("validationFailureActionOverrides") {
        setup.differs(
            overrides.span,
            format!(
                "`{}`: other actions for some namespaces are not carried over",
                object.name
            ),
        );
    }
    for rule in spec.get("rules").map(Node::elements).unwrap_or_default() {
        let title = rule.get("name").and_then(Node::as_str).unwrap_or("");
        let name = format!("{}/{title}", object.name);
        let at = rule.get("name").map_or(rule.span, |node| node.span);
        let Some(validate) = rule.get("validate") else {
            let what = ["mutate", "generate", "verifyImages"];
            let what = what
                .into_iter()
                .find(|key| rule.get(key).is_some())
                .unwrap_or("this");
            setup.lost(
                at,
                format!("`{name}`: `{what}` changes or verifies what runs in a cluster; keep Kyverno for it"),
            );
            continue;
        };
        let action = validate.get("failureAction").and_then(Node::as_str).or(action);
        let strength = match action.is_some_and(|action| action.eq_ignore_ascii_case("enforce")) {
            true => Strength::Fails,
            false => Strength::Warns,
        };
        let Some((catalogue, check)) = check_of(repository, setup, object, &name, validate, at) else {
            continue;
        };
        let scope = match catalogue {
            LIBRARY => compared(setup, rule, validate, &name, at),
            _ => scope_of(setup, rule, &name, at),
        };
        add(setup, (catalogue, &check), name, strength, scope, object, at);
        if let Some(demand) = setup.demands.last_mut() {
            let rules = Value::Array(vec![to_json(rule)]);
            demand.parameters = Value::Object(Map::from_iter([("rules".to_string(), rules)]));
            demand.harmless = &["rules"];
        }
    }
}

fn add(
    setup: &mut Setup,
    (catalogue, check): (&'static str, &str),
    name: String,
    strength: Strength,
    mut scope: Scope,
    object: &Resource,
    at: Span,
) {
    if object.kind == "Policy" || object.kind.starts_with("Namespaced") {
        scope.namespaces = vec![object.namespace.clone().unwrap_or_else(|| "default".to_string())];
    }
    let demand = setup.demand(catalogue, check, strength);
    demand.name = Some(name);
    demand.scope = scope;
    demand.at = Some(at);
}

/// The catalogue and check that a rule is known under; else that is said.
fn check_of(
    repository: &Repository,
    setup: &mut Setup,
    object: &Resource,
    name: &str,
    validate: &Node,
    at: Span,
) -> Option<(&'static str, String)> {
    if let Some(security) = validate.get("podSecurity") {
        if let Some(exclude) = security.get("exclude") {
            let message = format!("`{name}`: excluded controls are judged; waive them where they must be");
            setup.differs(exclude.span, message);
        }
        let level = security.get("level").and_then(Node::as_str).unwrap_or("baseline");
        return Some((STANDARDS, format!("{level}/all")));
    }
    let check = [name, object.name.as_str()]
        .into_iter()
        .find(|check| carry::is_known(repository, LIBRARY, check));
    match check {
        Some(check) => Some((LIBRARY, check.to_string())),
        None => {
            let is_public = KYVERNO
                .rows()
                .any(|[own]| own.split('/').next() == Some(&object.name));
            let why = match is_public {
                true => "no rule of the library stands for this policy",
                false => {
                    "the policy is none of Kyverno's public library; write it as a rule, or keep Kyverno for it"
                }
            };
            setup.lost(at, format!("`{name}`: {why}"));
            None
        }
    }
}

/// Holds a rule against the public one of its name; what it matches and excludes, if that differs.
fn compared(setup: &mut Setup, rule: &Node, validate: &Node, name: &str, at: Span) -> Scope {
    let mut what = Map::new();
    for part in PARTS {
        if let Some(node) = rule.get(part) {
            what.insert(part.to_string(), to_json(node));
        }
    }
    let mut demanded = to_json(validate);
    if let Value::Object(map) = &mut demanded {
        map.retain(|key, _| !FREE.contains(&key.as_str()));
    }
    what.insert("validate".to_string(), demanded);
    let without = digest(&Value::Object(what.clone()));
    if let Some(node) = rule.get("exclude") {
        what.insert("exclude".to_string(), to_json(node));
    }
    let with = digest(&Value::Object(what));
    let matched = rule.get("match").map(to_json).unwrap_or_default();
    let matched = digest(&matched);
    let rows: Vec<[&str; 3]> = KYVERNO.rows().filter(|[own, _, _]| *own == name).collect();
    if rows
        .iter()
        .any(|[_, what, whom]| *what == with && *whom == matched)
    {
        return Scope::default();
    }
    if rows
        .iter()
        .any(|[_, what, whom]| *what == without && *whom == matched)
    {
        let mut scope = Scope::default();
        excluded(setup, rule, name, &mut scope);
        return scope;
    }
    if !rows.iter().any(|[_, what, _]| *what == with || *what == without) {
        let message = format!(
            "`{name}` is not as the public library has it now; the rule that stands for it demands what that does"
        );
        setup.differs(at, message);
    }
    scope_of(setup, rule, name, at)
}

/// What a rule matches and excludes.
fn scope_of(setup: &mut Setup, rule: &Node, name: &str, at: Span) -> Scope {
    let mut scope = Scope::default();
    let filters = rule.get("match").map(alternatives).unwrap_or_default();
    let resources: Vec<&Node> = filters
        .iter()
        .filter_map(|filter| filter.get("resources"))
        .collect();
    let mut kinds: Vec<String> = resources
        .iter()
        .flat_map(|node| texts(node.get("kinds")))
        .collect();
    for kind in &mut kinds {
        *kind = kind.rsplit('/').next().unwrap_or("").to_string();
    }
    if !kinds.iter().any(|kind| kind.contains('*')) {
        scope.kinds = kinds;
    }
    let is_simple = |node: &&Node| {
        let known = ["kinds", "namespaces", "names", "name", "selector", "operations"];
        node.entries().iter().all(|entry| known.contains(&&*entry.key))
    };
    let others: Vec<&&Node> = resources
        .iter()
        .filter(|node| {
            node.entries()
                .iter()
                .any(|entry| !["kinds", "operations"].contains(&&*entry.key))
        })
        .collect();
    let has_subjects = filters
        .iter()
        .any(|filter| filter.entries().iter().any(|entry| &*entry.key != "resources"));
    match others.as_slice() {
        [] if !has_subjects => {}
        [only] if !has_subjects && resources.len() == 1 && is_simple(only) => {
            scope.namespaces = texts(only.get("namespaces"));
            scope.names = texts(only.get("names"));
            scope
                .names
                .extend(only.get("name").and_then(Node::as_str).map(str::to_string));
            let Some(labels) = labels(only.get("selector")) else {
                setup.differs(
                    at,
                    format!("`{name}`: its label selector is not carried over, so it holds for all objects"),
                );
                return scope;
            };
            scope.labels = labels;
        }
        _ => {
            setup.differs(
                at,
                format!("`{name}`: what it matches can't be said in full, so it holds for more objects"),
            );
        }
    }
    excluded(setup, rule, name, &mut scope);
    scope
}

/// The filters of `match` or `exclude`.
fn alternatives(node: &Node) -> Vec<&Node> {
    let list = ["any", "all"].into_iter().find_map(|key| node.get(key));
    match list {
        Some(list) => list.elements().iter().collect(),
        None => vec![node],
    }
}

/// Adds what a rule excludes, if that is by namespace or by name alone.
fn excluded(setup: &mut Setup, rule: &Node, name: &str, scope: &mut Scope) {
    let Some(exclude) = rule.get("exclude") else {
        return;
    };
    let is_all = exclude.get("all").is_some_and(|all| all.elements().len() > 1);
    for filter in alternatives(exclude) {
        let resources = filter.get("resources").map(Node::entries).unwrap_or_default();
        let keys: Vec<&str> = resources.iter().map(|entry| &*entry.key).collect();
        let values = resources.iter().flat_map(|entry| texts(Some(&entry.value)));
        match (keys.as_slice(), filter.entries().len(), is_all) {
            (["namespaces"], 1, false) => scope.without_namespaces.extend(values),
            (["names"], 1, false) => scope.without_names.extend(values),
            _ => setup.differs(
                filter.span,
                format!(
                    "`{name}`: what is excluded here can't be said, and is judged; waive it where it must be"
                ),
            ),
        }
    }
}

/// A label selector; `None` if it can't be said.
pub fn labels(selector: Option<&Node>) -> Option<Vec<Label>> {
    let Some(selector) = selector else {
        return Some(Vec::new());
    };
    let mut labels = Vec::new();
    for entry in selector.get("matchLabels").map(Node::entries).unwrap_or_default() {
        let value = entry.value.as_str()?;
        if value.contains(['*', '?']) {
            return None;
        }
        labels.push(Label::In(entry.key.to_string(), vec![value.to_string()]));
    }
    for expression in selector
        .get("matchExpressions")
        .map(Node::elements)
        .unwrap_or_default()
    {
        let key = expression.get("key")?.as_str()?.to_string();
        let values = texts(expression.get("values"));
        labels.push(match expression.get("operator")?.as_str()? {
            "In" => Label::In(key, values),
            "NotIn" => Label::NotIn(key, values),
            "Exists" => Label::Exists(key),
            "DoesNotExist" => Label::Missing(key),
            _ => return None,
        });
    }
    Some(labels)
}

/// A policy of the newer kind, in CEL.
fn validating(repository: &Repository, setup: &mut Setup, object: &Resource) {
    let Some(spec) = object.root.get("spec") else {
        return;
    };
    let at = name_of(object);
    let Some((catalogue, check)) = check_of(repository, setup, object, &object.name, spec, at) else {
        return;
    };
    let mut what = Map::new();
    for part in ["variables", "matchConditions"] {
        if let Some(node) = spec.get(part) {
            what.insert(part.to_string(), to_json(node));
        }
    }
    let validations = spec.get("validations").map(Node::elements).unwrap_or_default();
    let expressions = validations
        .iter()
        .map(|validation| validation.get("expression").map(to_json).unwrap_or_default());
    what.insert("validations".to_string(), expressions.collect());
    let what = digest(&Value::Object(what));
    let whom = digest(&spec.get("matchConstraints").map(to_json).unwrap_or_default());
    let own = format!("{}/", object.name);
    let rows: Vec<[&str; 3]> = KYVERNO.rows().filter(|[name, _, _]| *name == own).collect();
    if !rows.iter().any(|[_, other, _]| *other == what) {
        let message = format!(
            "`{}` is not as the public library has it now; the rule that stands for it demands what that does",
            object.name
        );
        setup.differs(at, message);
    } else if !rows
        .iter()
        .any(|[_, other, others]| *other == what && *others == whom)
    {
        let message = format!(
            "`{}`: what it matches is not carried over; the rule holds for all objects",
            object.name
        );
        setup.differs(at, message);
    }
    let actions = texts(spec.get("validationActions"));
    let strength = match actions.is_empty() || actions.iter().any(|action| action == "Deny") {
        true => Strength::Fails,
        false => Strength::Warns,
    };
    add(
        setup,
        (catalogue, &check),
        object.name.clone(),
        strength,
        Scope::default(),
        object,
        at,
    );
}

/// A PolicyException: objects that some rules don't hold for.
fn exception(setup: &mut Setup, object: &Resource) {
    let Some(spec) = object.root.get("spec") else {
        return;
    };
    let at = name_of(object);
    if spec.get("policyRefs").is_some()
        || spec.get("conditions").is_some()
        || spec.get("podSecurity").is_some()
    {
        let message = format!(
            "the exception `{}` is made of conditions, which a waiver has not",
            object.name
        );
        return setup.lost(at, message);
    }
    let mut checks = Vec::new();
    for exception in spec.get("exceptions").map(Node::elements).unwrap_or_default() {
        let policy = exception.get("policyName").and_then(Node::as_str).unwrap_or("");
        let policy = policy.rsplit('/').next().unwrap_or("");
        for rule in texts(exception.get("ruleNames")) {
            // Kyverno makes rules for controllers of those for pods.
            let rule = rule
                .trim_start_matches("autogen-cronjob-")
                .trim_start_matches("autogen-");
            let demands = setup.demands.iter().filter(|demand| demand.peer == setup.peer);
            let names = demands.filter_map(|demand| demand.name.clone());
            checks.extend(names.filter(|name| match rule.strip_suffix('*') {
                Some(start) => name.starts_with(&format!("{policy}/{start}")),
                None => *name == format!("{policy}/{rule}"),
            }));
        }
    }
    let mut objects = Vec::new();
    for filter in spec.get("match").map(alternatives).unwrap_or_default() {
        let Some(resources) = filter.get("resources") else {
            continue;
        };
        let known = ["kinds", "namespaces", "names", "operations"];
        let further = resources
            .entries()
            .iter()
            .find(|entry| !known.contains(&&*entry.key));
        if further.is_some() || filter.entries().len() > 1 {
            let message = format!(
                "the exception `{}` asks for more than kind, name and namespace",
                object.name
            );
            return setup.lost(at, message);
        }
        let or_any = |texts: Vec<String>| match texts.is_empty() {
            true => vec![None],
            false => texts.into_iter().map(Some).collect(),
        };
        for kind in or_any(texts(resources.get("kinds"))) {
            let kind = kind.and_then(|kind| Some(kind.rsplit('/').next()?.to_string()));
            let kind = kind.filter(|kind| !kind.contains('*'));
            for namespace in or_any(texts(resources.get("namespaces"))) {
                for name in or_any(texts(resources.get("names"))) {
                    objects.push(Exempt {
                        kind: kind.clone(),
                        name: name.unwrap_or_else(|| "*".to_string()),
                        namespace: namespace.clone(),
                    });
                }
            }
        }
    }
    if checks.is_empty() {
        return setup.note(
            at,
            format!(
                "the exception `{}` is for policies that are not in force",
                object.name
            ),
        );
    }
    setup.exempt(
        Some(checks),
        objects,
        &format!("PolicyException {}", object.name),
        at,
    );
}
