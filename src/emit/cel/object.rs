//! The object that is admitted → variables for its parts, and the kinds that a rule covers.

use super::text;
use super::{Reason, Result, Setting};
use crate::ir::{ContainerClasses, Domain, KindReference};
use crate::schema::Kind;
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// The kinds of the language's `scalables`.
const SCALABLES: [(&str, &str); 4] = [
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "ReplicaSet"),
    ("", "ReplicationController"),
];

/// The kinds whose objects a rule judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    /// Objects of every kind.
    All,
    /// Objects of these kinds, by group and kind.
    Kinds(BTreeSet<(String, String)>),
}

impl Coverage {
    /// What a domain covers; `None` if it is no domain over the repository.
    pub fn of(domain: &Domain, setting: &Setting<'_>) -> Option<Coverage> {
        let pair = |(group, kind): (&str, &str)| (group.to_owned(), kind.to_owned());
        Some(match domain {
            Domain::Objects => Coverage::All,
            Domain::Kinds(kinds) => Coverage::Kinds(pairs(kinds).collect()),
            Domain::Scalables => Coverage::Kinds(SCALABLES.into_iter().map(pair).collect()),
            Domain::Workloads | Domain::Pods | Domain::Containers(_) => {
                Coverage::Kinds(pod_bearing(setting).into_keys().collect())
            }
            Domain::Namespaces | Domain::Elements(_) => return None,
        })
    }

    /// Both.
    pub fn and(self, other: Coverage) -> Coverage {
        match (self, other) {
            (Coverage::Kinds(mut own), Coverage::Kinds(other)) => {
                own.extend(other);
                Coverage::Kinds(own)
            }
            _ => Coverage::All,
        }
    }

    /// The condition under which an object that the rule judges is of these kinds; none if all are.
    pub fn guard(&self, whole: &Coverage) -> Option<String> {
        match self {
            Coverage::Kinds(kinds) if self != whole => Some(is_kind(kinds.iter().cloned())),
            _ => None,
        }
    }
}

/// Groups and kinds that references mean.
pub fn pairs(kinds: &[KindReference]) -> impl Iterator<Item = (String, String)> {
    kinds.iter().flat_map(|kind| {
        kind.groups
            .iter()
            .map(|group| (group.to_string(), kind.kind.to_string()))
    })
}

/// The condition that the object is of one of the kinds.
pub fn is_kind(kinds: impl IntoIterator<Item = (String, String)>) -> String {
    let mut names: Vec<String> = kinds
        .into_iter()
        .map(|(group, kind)| text::string(&format!("{group}/{kind}")))
        .collect();
    names.sort();
    names.dedup();
    match names.as_slice() {
        [one] => format!("variables.kind == {one}"),
        _ => format!("variables.kind in {}", text::list(names)),
    }
}

/// The kinds that bear pods in one known place, with the path of the pod template.
fn pod_bearing(setting: &Setting<'_>) -> BTreeMap<(String, String), Vec<String>> {
    let is_known = |kind: &&Kind| !kind.other_pods && kind.removed.is_none();
    setting
        .schema
        .all_kinds()
        .filter(is_known)
        .filter_map(|kind| {
            let path = kind.pod_spec.as_ref()?;
            let template = path.iter().take(path.len().saturating_sub(1));
            let name = (kind.group.to_string(), kind.kind.to_string());
            Some((name, template.map(|key| key.to_string()).collect()))
        })
        .collect()
}

/// Whether a group is Kubernetes' own.
pub fn is_built_in(group: &str) -> bool {
    !group.contains('.') || group.ends_with(".k8s.io")
}

/// The condition that the object is a workload: the API demands the template of its own kinds, custom
/// resources may do without.
pub fn is_workload(setting: &Setting<'_>) -> String {
    let custom = pod_bearing(setting)
        .into_keys()
        .filter(|(group, _)| !is_built_in(group));
    format!("(variables.template != null || !({}))", is_kind(custom))
}

/// A place below the object, null where a step is missing or no object.
fn walk(from: &str, path: &[String]) -> String {
    match path {
        [] => from.to_owned(),
        [key] => format!("{from}{}.orValue(null)", text::step(key)),
        [key, rest @ ..] => format!(
            "[{from}{}.orValue(null)].map(part, type(part) == map ? {} : null)[0]",
            text::step(key),
            walk("part", rest)
        ),
    }
}

/// The definition of a variable that expressions use, and those of which it is made; `None` if there is no
/// such variable.
pub fn variable(name: &str, setting: &Setting<'_>, whole: &Coverage) -> Option<(String, Vec<&'static str>)> {
    Some(match name {
        "root" => ("dyn(object)".to_owned(), vec![]),
        "old" => ("dyn(oldObject)".to_owned(), vec![]),
        "kind" => (
            "(string(variables.root.apiVersion).contains('/') ? string(variables.root.apiVersion).split('/')[0] : '') + '/' + string(variables.root.kind)".to_owned(),
            vec!["root"],
        ),
        "metadata" => (
            "type(variables.root.?metadata.orValue(null)) == map ? variables.root.metadata : dyn({})".to_owned(),
            vec!["root"],
        ),
        "name" => (
            "type(variables.metadata.?name.orValue(null)) == string && variables.metadata.name != '' ? string(variables.metadata.name) : type(variables.metadata.?generateName.orValue(null)) == string ? string(variables.metadata.generateName) : ''".to_owned(),
            vec!["metadata"],
        ),
        "ownNamespace" => (namespace(setting, whole), vec!["kind", "metadata"]),
        "template" => (template(setting, whole), vec!["kind", "root"]),
        "pod" => (
            "type(variables.template) == map ? variables.template : dyn({})".to_owned(),
            vec!["template"],
        ),
        "labels" | "annotations" => (
            format!("type(variables.metadata.?{name}.orValue(null)) == map ? variables.metadata.{name} : dyn({{}})"),
            vec!["metadata"],
        ),
        "podMetadata" => (
            "type(variables.pod.?metadata.orValue(null)) == map ? variables.pod.metadata : dyn({})".to_owned(),
            vec!["pod"],
        ),
        "podLabels" | "podAnnotations" => {
            let field = name.trim_start_matches("pod").to_ascii_lowercase();
            (
                format!("type(variables.podMetadata.?{field}.orValue(null)) == map ? variables.podMetadata.{field} : dyn({{}})"),
                vec!["podMetadata"],
            )
        }
        "podSpec" => (
            "type(variables.pod.?spec.orValue(null)) == map ? variables.pod.spec : dyn({})".to_owned(),
            vec!["pod"],
        ),
        _ => {
            let classes = name.strip_prefix("containers")?;
            (containers(classes_of(classes)), vec!["podSpec"])
        }
    })
}

/// The name of the variable that lists containers of these classes.
pub fn containers_name(classes: ContainerClasses) -> String {
    let letters = [
        (classes.init, "I"),
        (classes.regular, "R"),
        (classes.ephemeral, "E"),
    ];
    match classes == ContainerClasses::ALL {
        true => "containers".to_owned(),
        false => {
            let letters: String = letters
                .into_iter()
                .filter_map(|(wanted, letter)| wanted.then_some(letter))
                .collect();
            format!("containers{letters}")
        }
    }
}

fn classes_of(letters: &str) -> ContainerClasses {
    match letters {
        "" => ContainerClasses::ALL,
        letters => ContainerClasses {
            regular: letters.contains('R'),
            init: letters.contains('I'),
            ephemeral: letters.contains('E'),
        },
    }
}

fn containers(classes: ContainerClasses) -> String {
    let lists: Vec<String> = classes
        .fields()
        .map(|field| {
            format!(
                "(type(variables.podSpec.?{field}.orValue(null)) == list ? variables.podSpec.{field} : dyn([]))"
            )
        })
        .collect();
    format!(
        "({}).filter(one, one == null || type(one) == map)",
        lists.join(" + ")
    )
}

fn template(setting: &Setting<'_>, whole: &Coverage) -> String {
    let mut by_path: BTreeMap<Vec<String>, Vec<(String, String)>> = BTreeMap::new();
    for (kind, path) in pod_bearing(setting) {
        if matches!(whole, Coverage::Kinds(kinds) if !kinds.contains(&kind)) {
            continue;
        }
        by_path.entry(path).or_default().push(kind);
    }
    let only_one = by_path.len() == 1
        && matches!(whole, Coverage::Kinds(kinds) if kinds.len() == by_path.values().map(Vec::len).sum::<usize>());
    let mut out = String::new();
    for (path, kinds) in by_path {
        let place = walk("variables.root", &path);
        match only_one {
            true => return place,
            false => out.push_str(&format!("{} ? {place} : ", is_kind(kinds))),
        }
    }
    format!("{out}null")
}

fn namespace(setting: &Setting<'_>, whole: &Coverage) -> String {
    let cluster_scoped: BTreeSet<(String, String)> = setting
        .schema
        .all_kinds()
        .filter(|kind| !kind.namespaced)
        .map(|kind| (kind.group.to_string(), kind.kind.to_string()))
        .filter(|kind| match whole {
            Coverage::All => true,
            Coverage::Kinds(kinds) => kinds.contains(kind),
        })
        .collect();
    let own = format!(
        "type(variables.metadata.?namespace.orValue(null)) == string && variables.metadata['namespace'] != '' ? string(variables.metadata['namespace']) : {}",
        text::string(setting.default_namespace)
    );
    match cluster_scoped.is_empty() {
        true => own,
        false => format!("{} ? '' : {own}", is_kind(cluster_scoped)),
    }
}

/// A kind whose objects a policy is asked about, with the resource that requests name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// The API group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The name of its objects in requests.
    pub plural: String,
}

/// The resources of what a rule covers, in every version that a cluster may serve, none if all; and which of
/// its kinds have none.
pub fn resources(
    coverage: &Coverage,
    setting: &Setting<'_>,
    span: Span,
) -> Result<(Vec<Resource>, Option<Reason>)> {
    let Coverage::Kinds(kinds) = coverage else {
        return Ok((Vec::new(), None));
    };
    let is_served = |kind: &Kind| kind.removed.is_none_or(|removed| removed > setting.oldest);
    let mut unknown: BTreeSet<&(String, String)> = kinds.iter().collect();
    let mut resources: BTreeSet<Resource> = BTreeSet::new();
    for kind in setting.schema.all_kinds() {
        let name = (kind.group.to_string(), kind.kind.to_string());
        if !kinds.contains(&name) {
            continue;
        }
        unknown.remove(&name);
        if is_served(kind) {
            resources.insert(Resource {
                group: name.0,
                version: kind.version.to_string(),
                plural: kind.plural.to_string(),
            });
        }
    }
    let left_out = not_served(unknown, span);
    match (resources.is_empty(), left_out) {
        (false, left_out) => Ok((resources.into_iter().collect(), left_out)),
        (true, Some(reason)) => Err(reason),
        (true, None) => Err(Reason::new(
            span,
            "no release of Kubernetes that it is built for serves its kinds",
        )),
    }
}

/// Whether a group is of configurations that programs of Kubernetes read from files.
fn is_of_files(group: &str) -> bool {
    group.ends_with(".config.k8s.io") || ["kubeadm.k8s.io", "audit.k8s.io"].contains(&group)
}

/// Why policies can't be asked about objects of these kinds, of which no resource is known.
fn not_served(kinds: BTreeSet<&(String, String)>, span: Span) -> Option<Reason> {
    let listed = |kinds: &[&(String, String)]| {
        let names: BTreeSet<String> = kinds.iter().map(|(_, kind)| format!("`{kind}`")).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    let (of_files, others): (Vec<_>, Vec<_>) = kinds.into_iter().partition(|(group, _)| is_of_files(group));
    match (of_files.as_slice(), others.as_slice()) {
        ([], []) => None,
        (files, []) => Some(
            Reason::new(
                span,
                format!(
                    "no API server takes {}, which programs read from files",
                    listed(files)
                ),
            )
            .help("`ordain check` judges the files"),
        ),
        (_, others) => Some(
            Reason::new(
                span,
                format!("the resource in requests for {} is not known", listed(others)),
            )
            .help("put the CRD into the repository"),
        ),
    }
}
