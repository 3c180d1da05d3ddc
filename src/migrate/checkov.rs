//! Checkov: its configuration, and the annotations and comments that skip checks.
//!
//! In: a repository. Out: the checks on Kubernetes that are in force, and the objects that skip some.

use super::annotations;
use super::carry;
use super::repository::Repository;
use super::setup::{Setup, Strength};
use crate::manifest::Node;
use crate::source::{FileId, Span};
use std::collections::BTreeSet;

const CATALOGUE: &str = "checkov";
const SKIP: &str = "checkov.io/skip";
const COMMENT: &str = "checkov:skip=";

/// What ids of other frameworks have in their middle.
const OTHERS: [&str; 18] = [
    "ALI",
    "ANSIBLE",
    "AWS",
    "AZURE",
    "AZUREPIPELINES",
    "BITBUCKET",
    "CIRCLECIPIPELINES",
    "DIO",
    "DOCKER",
    "GCP",
    "GHA",
    "GIT",
    "GITLAB",
    "IBM",
    "OCI",
    "OPENAPI",
    "SECRET",
    "TF",
];

/// Reads the setup.
pub fn read(repository: &Repository, setup: &mut Setup) {
    let configurations: Vec<&(FileId, Node)> = repository
        .documents
        .iter()
        .filter(|(file, _)| [".checkov.yaml", ".checkov.yml"].contains(&repository.name(*file)))
        .collect();
    let mut applies = false;
    for (file, root) in &configurations {
        setup.found(repository.path(*file));
        applies |= configuration(repository, setup, root);
    }
    let count = skipped(repository, setup) + commented(repository, setup);
    let count = count + annotations::strays(setup, repository, SKIP);
    if count > 0 {
        setup.found(super::counted(count, "skip"));
    }
    if configurations.is_empty() && count > 0 {
        applies = true;
        for check in carry::checks(repository, CATALOGUE) {
            setup.demand(CATALOGUE, &check, Strength::Fails);
        }
    }
    if applies {
        let message = "Checkov's checks on other things than Kubernetes (Dockerfiles, Terraform, secrets) stay with Checkov";
        setup.note(None, message);
    }
}

/// Ids in a list, or in a text with commas.
fn ids(node: Option<&Node>) -> Vec<(String, Span)> {
    let Some(node) = node else { return Vec::new() };
    let nodes = match node.elements() {
        [] => std::slice::from_ref(node),
        elements => elements,
    };
    let ids = nodes.iter().flat_map(|node| {
        let texts = node.as_str().unwrap_or("").split(',');
        texts.map(|text| (text.trim().to_string(), node.span))
    });
    ids.filter(|(id, _)| !id.is_empty()).collect()
}

/// Whether an id is one of Kubernetes' checks.
fn is_own(id: &str) -> bool {
    ["CKV_K8S_", "CKV2_K8S_"]
        .iter()
        .any(|prefix| id.starts_with(prefix))
}

/// Whether an id is one of a framework that has nothing to do with Kubernetes.
fn is_of_others(id: &str) -> bool {
    let framework = id.split('_').nth(1).unwrap_or("");
    id.starts_with("CKV") && OTHERS.contains(&framework)
}

/// Whether a pattern of `check` or `skip-check` means an id.
fn means(pattern: &str, id: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => id.starts_with(start) && id.ends_with(end),
        None => pattern == id,
    }
}

/// Adds the checks of a configuration; whether it runs any on Kubernetes.
fn configuration(repository: &Repository, setup: &mut Setup, root: &Node) -> bool {
    let frameworks = ids(root.get("framework"));
    let skipped = ids(root.get("skip-framework"));
    let runs = |name: &str| {
        let named = |list: &[(String, Span)], name: &str| list.iter().any(|(own, _)| own == name);
        (frameworks.is_empty() || named(&frameworks, "all") || named(&frameworks, name))
            && !named(&skipped, name)
    };
    if !["kubernetes", "helm", "kustomize"].iter().any(|name| runs(name)) {
        return false;
    }
    let (wanted, unwanted) = (ids(root.get("check")), ids(root.get("skip-check")));
    let severity = |id: &str| ["LOW", "MEDIUM", "HIGH", "CRITICAL"].contains(&id);
    for (id, span) in wanted.iter().chain(&unwanted) {
        if severity(id) {
            setup.lost(
                *span,
                format!("`{id}`: severities of checks are Prisma Cloud's, and are not known here"),
            );
        }
    }
    let known = carry::checks(repository, CATALOGUE);
    let is_unwanted = |id: &str| unwanted.iter().any(|(pattern, _)| means(pattern, id));
    let all = wanted.iter().all(|(id, _)| severity(id));
    let mut checks: Vec<(String, Option<Span>)> = Vec::new();
    if all {
        checks.extend(known.into_iter().map(|id| (id, None)));
    } else {
        let mut seen = BTreeSet::new();
        for (pattern, span) in &wanted {
            let meant: Vec<String> = known.iter().filter(|id| means(pattern, id)).cloned().collect();
            if meant.is_empty() && is_own(pattern) {
                checks.push((pattern.clone(), Some(*span)));
            } else if meant.is_empty() && is_of_others(pattern) {
                setup.note(
                    *span,
                    format!("`{pattern}` is no check on Kubernetes, and stays with Checkov"),
                );
            } else if meant.is_empty() && !severity(pattern) {
                setup.lost(
                    *span,
                    format!("`{pattern}` is a check of your own, which Ordain can't read"),
                );
            }
            for id in meant.into_iter().filter(|id| seen.insert(id.clone())) {
                checks.push((id, Some(*span)));
            }
        }
    }
    let strength = match root.get("soft-fail").map(|node| &node.value) {
        Some(crate::manifest::Value::Bool(true)) => Strength::Warns,
        _ => Strength::Fails,
    };
    let (soft, hard) = (ids(root.get("soft-fail-on")), ids(root.get("hard-fail-on")));
    for (id, at) in checks.into_iter().filter(|(id, _)| !is_unwanted(id)) {
        let named = |list: &[(String, Span)]| list.iter().any(|(pattern, _)| means(pattern, &id));
        let strength = match (named(&hard), named(&soft)) {
            (true, _) => Strength::Fails,
            (false, true) => Strength::Warns,
            (false, false) => strength,
        };
        setup.demand(CATALOGUE, &id, strength).at = at;
    }
    for entry in root.entries() {
        let why = match &*entry.key {
            "external-checks-dir" | "external-checks-git" => {
                "checks of your own in Python or YAML can't be read"
            }
            "baseline" => "a baseline of known findings has no equivalent: mend them or waive them",
            "skip-path" => "`ordain check` has no skipped paths: name the paths to check",
            _ => continue,
        };
        setup.lost(entry.key_span, format!("`{}`: {why}", entry.key));
    }
    true
}

/// `checkov.io/skip1: CKV_K8S_20=reason`.
fn skipped(repository: &Repository, setup: &mut Setup) -> usize {
    let mut count = 0;
    for object in repository.objects() {
        for entry in annotations::of(object, SKIP, true) {
            count += 1;
            let text = annotations::text(entry);
            let (id, because) = text.split_once('=').unwrap_or((text, ""));
            annotations::waive(setup, object, Some(vec![id.trim().to_string()]), because, entry);
        }
    }
    count
}

/// `# checkov:skip=CKV_K8S_20:reason` within an object.
fn commented(repository: &Repository, setup: &mut Setup) -> usize {
    let mut count = 0;
    for account in &repository.workspace.manifests.account.files {
        let text = &repository.sources().file(account.file).text;
        for (index, _) in text.match_indices(COMMENT) {
            let rest = text[index + COMMENT.len()..].lines().next().unwrap_or("");
            let (id, because) = rest.split_once(':').unwrap_or((rest, ""));
            let id = id.trim();
            if !is_own(id) {
                continue;
            }
            count += 1;
            let span = Span::new(account.file, index, index + COMMENT.len() + rest.len());
            match repository.holder(span).and_then(annotations::exempt) {
                Some(object) => setup.exempt(Some(vec![id.to_string()]), vec![object], because, span),
                None => setup.lost(
                    span,
                    format!("the comment that skips `{id}` stands in no object with a name"),
                ),
            }
        }
    }
    count
}
