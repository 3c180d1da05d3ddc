//! Gatekeeper: constraints of its public library's templates.
//!
//! In: a repository. Out: the checks that stand behind the templates, with the constraints' parameters and matches.

use super::kyverno::labels;
use super::repository::{Repository, name_of};
use super::scope::Scope;
use super::setup::{Setup, Strength};
use super::table::{GATEKEEPER, digest};
use crate::manifest::{Node, Resource, to_json};
use serde_json::{Map, Value};

const CATALOGUE: &str = "gatekeeper-library";

/// Reads the setup.
pub fn read(repository: &Repository, setup: &mut Setup) {
    let mut everywhere = Vec::new();
    for object in repository.objects() {
        match (object.group(), object.kind.as_str()) {
            ("config.gatekeeper.sh", "Config") => everywhere.extend(excluded(object)),
            ("mutations.gatekeeper.sh", kind) => {
                let message = format!(
                    "{kind} `{}` changes objects in a cluster; keep Gatekeeper for it",
                    object.name
                );
                setup.lost(object.root.span.at_start(), message);
            }
            _ => {}
        }
    }
    for object in repository.objects() {
        if object.group() != "constraints.gatekeeper.sh" {
            continue;
        }
        setup.found(format!(
            "{} {} in {}",
            object.kind,
            object.name,
            repository.path(object.file)
        ));
        constraint(repository, setup, object, &everywhere);
    }
}

fn texts(node: Option<&Node>) -> Vec<String> {
    let list = node.map(Node::elements).unwrap_or_default();
    list.iter().filter_map(Node::as_str).map(str::to_string).collect()
}

/// Namespaces that Gatekeeper leaves alone.
fn excluded(config: &Resource) -> Vec<String> {
    let entries = config
        .root
        .path(["spec", "match"])
        .map(Node::elements)
        .unwrap_or_default();
    let is_at_admission = |entry: &&Node| {
        let processes = texts(entry.get("processes"));
        processes
            .iter()
            .any(|process| process == "*" || process == "webhook")
    };
    let entries = entries.iter().filter(is_at_admission);
    entries
        .flat_map(|entry| texts(entry.get("excludedNamespaces")))
        .collect()
}

fn constraint(repository: &Repository, setup: &mut Setup, object: &Resource, everywhere: &[String]) {
    let at = name_of(object);
    let Some([_, check, known]) = GATEKEEPER.rows().find(|[kind, _, _]| *kind == object.kind) else {
        let message = format!(
            "{} `{}`: the template is none of the public library's; write it as a rule, or keep Gatekeeper for it",
            object.kind, object.name
        );
        return setup.lost(at, message);
    };
    let template = repository.objects().iter().find(|template| {
        let kind = template.root.path(["spec", "crd", "spec", "names", "kind"]);
        template.kind == "ConstraintTemplate" && kind.and_then(Node::as_str) == Some(&object.kind)
    });
    if let Some(targets) = template.and_then(|template| template.root.path(["spec", "targets"]))
        && digest(&to_json(targets)) != known
    {
        let message = format!(
            "the template of {} is not as the public library has it now; the rule that stands for it demands what that does",
            object.kind
        );
        setup.differs(targets.span.at_start(), message);
    }
    let spec = object.root.get("spec");
    let action = spec
        .and_then(|spec| spec.get("enforcementAction"))
        .and_then(Node::as_str);
    let strength = match action {
        Some("warn" | "dryrun") => Strength::Warns,
        _ => Strength::Fails,
    };
    let mut scope = match spec.and_then(|spec| spec.get("match")) {
        Some(node) => matched(setup, object, node),
        None => Scope::default(),
    };
    scope.without_namespaces.extend(everywhere.iter().cloned());
    let parameters = spec.and_then(|spec| spec.get("parameters")).map(to_json);
    let mut parameters = match parameters {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    let mut settings = Vec::new();
    match check {
        "requiredlabels" => {
            let (keys, patterns) = keys(parameters.remove("labels"));
            settings.push(("required-labels", "requiredLabels", keys));
            settings.extend(patterns.map(|patterns| ("label-values", "labelPatterns", patterns)));
        }
        "requiredannotations" => {
            let (keys, patterns) = keys(parameters.remove("annotations"));
            settings.push(("required-annotations", "requiredAnnotations", keys));
            settings.extend(patterns.map(|patterns| ("annotation-values", "annotationPatterns", patterns)));
        }
        _ => {}
    }
    settings.extend(translated(check, &mut parameters));
    let by_rule = ["disallowedtags", "imagedigests"];
    if !by_rule.contains(&check)
        && let Some(Value::Array(images)) = parameters.remove("exemptImages")
    {
        let images = images.iter().filter_map(Value::as_str).map(str::to_string);
        scope.without_images = images.collect();
    }
    // Who checks the labels of Pods checks those of templates.
    if scope.kinds.iter().any(|kind| kind == "Pod") && !settings.is_empty() {
        let rules: Vec<&str> = settings.iter().map(|(rule, _, _)| *rule).collect();
        settings.extend(
            rules
                .into_iter()
                .map(|rule| (rule, "alsoTemplates", Value::Bool(true))),
        );
    }
    let demand = setup.demand(CATALOGUE, check, strength);
    demand.name = Some(object.name.clone());
    demand.at = Some(at);
    demand.scope = scope;
    demand.settings = settings;
    demand.harmless = &["message", "includeStorageClassesInMessage"];
    demand.parameters = Value::Object(Map::from_iter([(
        "parameters".to_string(),
        Value::Object(parameters),
    )]));
}

/// Parameters that no path leads to, taken out of the others: what becomes of them is a rule's parameter, or nothing
/// where the rule does the same by itself.
fn translated(
    check: &str,
    parameters: &mut Map<String, Value>,
) -> Option<(&'static str, &'static str, Value)> {
    match check {
        "containerresourceratios" => {
            let ratio = parameters.get("ratio")?.as_str()?.parse::<f64>().ok()?;
            parameters.remove("ratio");
            Some(("limit-request-ratio", "maximumRatio", Value::from(ratio)))
        }
        "verifydeprecatedapi" => {
            // The table of deprecated versions is Kubernetes' own.
            parameters.remove("kvs");
            let version = match parameters.remove("k8sVersion")? {
                Value::String(text) => text,
                other => other.to_string(),
            };
            Some(("removed-api-version", "kubernetesVersion", Value::from(version)))
        }
        "requiredprobes" => {
            let all = |types: &Value| {
                ["tcpSocket", "httpGet", "exec"]
                    .iter()
                    .all(|one| holds(types, one))
            };
            if parameters.get("probeTypes").is_some_and(all) {
                parameters.remove("probeTypes");
            }
            None
        }
        "psp-proc-mount" => {
            if parameters
                .get("procMount")
                .is_some_and(|value| value == "Default")
            {
                parameters.remove("procMount");
            }
            None
        }
        _ => None,
    }
}

fn holds(list: &Value, text: &str) -> bool {
    list.as_array()
        .is_some_and(|items| items.iter().any(|item| item == text))
}

/// The keys that are required, and the patterns of their values.
fn keys(list: Option<Value>) -> (Value, Option<Value>) {
    let (mut keys, mut patterns) = (Vec::new(), Map::new());
    for item in list.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let key = item.as_str().or_else(|| item.get("key")?.as_str()).unwrap_or("");
        keys.push(Value::from(key));
        let pattern = item.get("allowedRegex").and_then(Value::as_str).unwrap_or("");
        if !pattern.is_empty() {
            patterns.insert(key.to_string(), Value::from(pattern));
        }
    }
    let patterns = (!patterns.is_empty()).then_some(Value::Object(patterns));
    (Value::Array(keys), patterns)
}

/// What a constraint matches.
fn matched(setup: &mut Setup, object: &Resource, node: &Node) -> Scope {
    let kinds = node.get("kinds").map(Node::elements).unwrap_or_default();
    let kinds: Vec<String> = kinds.iter().flat_map(|entry| texts(entry.get("kinds"))).collect();
    let mut scope = Scope {
        namespaces: texts(node.get("namespaces")),
        without_namespaces: texts(node.get("excludedNamespaces")),
        ..Scope::default()
    };
    if !kinds.iter().any(|kind| kind == "*") {
        scope.kinds = kinds;
    }
    scope
        .names
        .extend(node.get("name").and_then(Node::as_str).map(str::to_string));
    match labels(node.get("labelSelector")) {
        Some(labels) => scope.labels = labels,
        None => {
            let message = format!(
                "`{}`: its label selector is not carried over, so it holds for all objects",
                object.name
            );
            setup.differs(node.span, message);
        }
    }
    for entry in node.entries() {
        let why = match &*entry.key {
            "namespaceSelector" => "labels of namespaces are not looked at, so it holds in all of them",
            "scope" => "whether objects have a namespace is not looked at, so it holds for all",
            "source" | "kinds" | "namespaces" | "excludedNamespaces" | "labelSelector" | "name" => continue,
            _ => "it is not known of Gatekeeper",
        };
        if entry.value.as_str() != Some("*") {
            setup.differs(
                entry.key_span,
                format!("`{}`: `{}`: {why}", object.name, entry.key),
            );
        }
    }
    scope
}
