//! KubeLinter: its configuration, and the annotations that leave objects out.
//!
//! In: a repository. Out: the checks in force (the built-in ones, and custom ones made of their templates), ignored paths
//! and ignored objects.

use super::annotations;
use super::carry;
use super::repository::Repository;
use super::setup::{Setup, Strength};
use super::table::KUBE_LINTER;
use crate::manifest::{Node, to_json};
use crate::source::{FileId, Span};
use crate::world::Patterns;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

const CATALOGUE: &str = "kube-linter";
const IGNORE: &str = "ignore-check.kube-linter.io/";
const IGNORE_ALL: &str = "kube-linter.io/ignore-all";

/// The kinds of KubeLinter's `DeploymentLike`.
const DEPLOYMENT_LIKE: [&str; 9] = [
    "Deployment",
    "DaemonSet",
    "DeploymentConfig",
    "StatefulSet",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "Job",
    "CronJob",
];

/// Reads the setup.
pub fn read(repository: &Repository, setup: &mut Setup) {
    let configurations: Vec<&(FileId, Node)> = repository
        .documents
        .iter()
        .filter(|(file, root)| is_configuration(repository.name(*file), root))
        .collect();
    for (file, root) in &configurations {
        setup.found(repository.path(*file));
        configuration(repository, setup, root);
    }
    let count = ignored(repository, setup);
    if count > 0 {
        setup.found(crate::migrate::counted(count, "annotation"));
    }
    if configurations.is_empty() && count > 0 {
        checks(setup, None, None);
    }
}

fn is_configuration(name: &str, root: &Node) -> bool {
    let own = [
        "addAllBuiltIn",
        "doNotAutoAddDefaults",
        "include",
        "exclude",
        "ignorePaths",
    ];
    let checks = root.get("checks");
    let has_template = |check: &Node| check.get("template").is_some();
    [".kube-linter.yaml", ".kube-linter.yml"].contains(&name)
        || checks.is_some_and(|checks| own.iter().any(|key| checks.get(key).is_some()))
        || root
            .get("customChecks")
            .is_some_and(|checks| checks.elements().iter().any(has_template))
}

fn configuration(repository: &Repository, setup: &mut Setup, root: &Node) {
    for entry in root.entries() {
        if !["checks", "customChecks"].contains(&&*entry.key) {
            setup.lost(
                entry.key_span,
                format!("`{}` is no setting that is known of KubeLinter", entry.key),
            );
        }
    }
    let none = Node {
        span: root.span,
        value: crate::manifest::Value::Null,
    };
    let settings = root.get("checks").unwrap_or(&none);
    let excluded: Vec<&str> = strings(settings.get("exclude")).map(|(name, _)| name).collect();
    checks(setup, Some(settings), root.get("customChecks"));

    for check in root.get("customChecks").map(Node::elements).unwrap_or_default() {
        let name = check.get("name").and_then(Node::as_str).unwrap_or("");
        // A custom check of a built-in one's name does not exist for KubeLinter.
        if !excluded.contains(&name) {
            custom(repository, setup, check, name);
        }
    }
    let paths: Vec<(&str, Span)> = strings(settings.get("ignorePaths")).collect();
    ignored_paths(repository, setup, &paths);
}

/// The strings of a list, with their places.
fn strings(list: Option<&Node>) -> impl Iterator<Item = (&str, Span)> {
    list.map(Node::elements)
        .unwrap_or_default()
        .iter()
        .filter_map(|node| Some((node.as_str()?, node.span)))
}

/// The built-in checks that are in force, with where that is said.
fn checks(setup: &mut Setup, settings: Option<&Node>, custom: Option<&Node>) {
    let is_on = |key: &str| {
        let value = settings.and_then(|settings| settings.get(key));
        value.is_some_and(|value| value.value == crate::manifest::Value::Bool(true))
    };
    let (all, none) = (is_on("addAllBuiltIn"), is_on("doNotAutoAddDefaults"));
    let mut wanted: BTreeMap<&str, Option<Span>> = KUBE_LINTER
        .rows()
        .filter(|[_, _, when]| all || *when == "default" && !none)
        .map(|[name, ..]| (name, None))
        .collect();
    let known: Vec<[&str; 1]> = KUBE_LINTER.rows().collect();
    for (name, span) in strings(settings.and_then(|settings| settings.get("include"))) {
        if known.contains(&[name]) {
            wanted.insert(name, Some(span));
        } else if !custom
            .map(Node::elements)
            .unwrap_or_default()
            .iter()
            .any(|check| check.get("name").and_then(Node::as_str) == Some(name))
        {
            setup.note(span, format!("`{name}` is no built-in check of KubeLinter"));
        }
    }
    for (name, _) in strings(settings.and_then(|settings| settings.get("exclude"))) {
        wanted.remove(name);
    }
    for (name, span) in wanted {
        if name == "schema-validation" {
            setup.note(
                span,
                "`schema-validation`: `ordain check` holds objects against the API by itself",
            );
            continue;
        }
        setup.demand(CATALOGUE, name, Strength::Fails).at = span;
    }
}

/// A check made of a template: the built-in check of that template, with the parameters given.
fn custom(repository: &Repository, setup: &mut Setup, check: &Node, name: &str) {
    let at = check.get("name").map_or(check.span, |name| name.span);
    let template = check.get("template").and_then(Node::as_str).unwrap_or("");
    let given = check
        .get("params")
        .map(to_json)
        .unwrap_or(Value::Object(serde_json::Map::new()));
    let Value::Object(given) = &given else {
        return setup.lost(at, format!("`{name}`: its `params` are no mapping"));
    };
    let rows: Vec<[&str; 5]> = KUBE_LINTER
        .rows()
        .filter(|row: &[&str; 5]| row[1] == template)
        .collect();
    // A parameter is carried over if a path leads to a rule's, or if the built-in check has the same.
    let mut reason = format!("no rule stands for the template `{template}`");
    for [own, _, _, kinds, parameters] in rows {
        if !carry::is_known(repository, CATALOGUE, own) {
            continue;
        }
        let parameters: Value = serde_json::from_str(parameters).unwrap_or_default();
        let paths = carry::paths(repository, CATALOGUE, own);
        let same = |key: &str, value: &Value| {
            let found = parameters.as_object().into_iter().flatten();
            let mut found = found.filter(|(other, _)| other.eq_ignore_ascii_case(key));
            found.next().is_some_and(|(_, other)| other == value)
        };
        let lost = given
            .iter()
            .find(|(key, value)| !paths.contains(key) && !same(key, value));
        // What a template asks for when nothing is given is not what the built-in check asks for.
        let fixed = parameters.as_object().into_iter().flatten().find(|(key, value)| {
            let is_given = given.keys().any(|own| own.eq_ignore_ascii_case(key));
            !is_given && !paths.contains(key) && *value != &Value::from(0)
        });
        match (lost, fixed) {
            (Some((key, value)), _) => {
                reason = format!(
                    "`{template}` with {key} = {value} is not what a rule of the library can be set to"
                );
            }
            (None, Some((key, _))) => {
                reason =
                    format!("`{template}` without `{key}` is not what a rule of the library can be set to");
            }
            (None, None) => {
                let scope = strings(check.path(["scope", "objectKinds"])).map(|(kind, _)| kind);
                let scope: Vec<&str> = scope.collect();
                let usual: Vec<&str> = kinds.split(',').collect();
                let demand = setup.demand(CATALOGUE, own, Strength::Fails);
                demand.name = Some(name.to_string());
                demand.at = Some(at);
                demand.parameters = Value::Object(given.clone());
                // The paths are those of this check; what the built-in one has as well needs none.
                demand.harmless = HARMLESS;
                if usual != scope && !scope.contains(&"Any") || own.starts_with("required-") {
                    demand.scope.kinds = expanded(&scope);
                }
                return;
            }
        }
    }
    setup.lost(at, format!("`{name}`: {reason}; write a rule of your own"));
}

/// Parameters that KubeLinter's templates have and whose values were compared already.
const HARMLESS: &[&str] = &[
    "lowerBoundMillis",
    "upperBoundMillis",
    "lowerBoundMB",
    "upperBoundMB",
    "resources",
    "verbs",
    "dirs",
    "blockList",
    "BlockList",
    "name",
    "serviceAccount",
    "forbiddenCapabilities",
    "strategyTypeRegex",
    "unsafeSysCtls",
    "forbiddenServiceTypes",
    "port",
    "protocol",
    "group",
    "version",
    "IgnoredSecrets",
    "IgnoredConfigMaps",
    "AllowPrivilegedContainer",
];

fn expanded(kinds: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    for kind in kinds {
        match *kind {
            "DeploymentLike" => out.extend(DEPLOYMENT_LIKE.map(str::to_string)),
            "JobLike" => out.extend(["Job", "CronJob"].map(str::to_string)),
            "Any" => return Vec::new(),
            other => out.push(other.to_string()),
        }
    }
    out
}

/// Objects in ignored paths are exempt from all checks of KubeLinter.
fn ignored_paths(repository: &Repository, setup: &mut Setup, paths: &[(&str, Span)]) {
    for (path, span) in paths {
        let pattern = path.trim_start_matches("~/");
        let patterns = match Patterns::new(Path::new(""), [pattern]) {
            Ok(patterns) if !path.starts_with("~/") => patterns,
            _ => {
                setup.lost(
                    *span,
                    format!("the ignored path `{path}` can't be read as a pattern"),
                );
                continue;
            }
        };
        let mut objects = Vec::new();
        for object in repository.objects() {
            let file = repository.relative(Path::new(repository.path(object.file)));
            if patterns.matching(Path::new(&file)).is_some() {
                objects.extend(annotations::exempt(object));
            }
        }
        setup.differs(
            *span,
            format!(
                "`ordain check` has no ignored paths: what is found today in `{path}` ({}) is waived, and what comes later \
                 is not",
                crate::migrate::counted(objects.len(), "object")
            ),
        );
        if !objects.is_empty() {
            setup.exempt(
                None,
                objects,
                &format!("in `{path}`, which KubeLinter ignored"),
                *span,
            );
        }
    }
}

/// Objects with annotations; how many there are.
fn ignored(repository: &Repository, setup: &mut Setup) -> usize {
    let mut count = 0;
    for object in repository.objects() {
        for entry in annotations::of(object, IGNORE, false) {
            count += 1;
            let check = entry.key.trim_start_matches(IGNORE).to_string();
            annotations::waive(setup, object, Some(vec![check]), annotations::text(entry), entry);
        }
        for entry in annotations::of(object, IGNORE_ALL, false) {
            count += 1;
            annotations::waive(setup, object, None, annotations::text(entry), entry);
        }
    }
    let prefixes = [IGNORE, IGNORE_ALL].into_iter();
    count
        + prefixes
            .map(|prefix| annotations::strays(setup, repository, prefix))
            .sum::<usize>()
}
