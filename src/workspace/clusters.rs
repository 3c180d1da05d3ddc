//! Which objects can meet in one cluster.
//!
//! In: the objects, and the overlays and releases that they were rendered from. Out: [`Clusters`]: a rule that
//! compares objects is held against each of them by itself, so that what is deployed elsewhere neither makes an
//! object pass nor fails it.
//!
//! INVARIANT: two roots with an object of the same identity never share a cluster, whatever deploys them.

use super::origin;
use crate::diagnostic::{self, Diagnostic, Origin};
use crate::evaluate::{Found, present_group};
use crate::manifest::{Group, Resource};
use crate::source::{FileId, Sources, Span};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// An overlay, or a release of a chart, which is deployed as a whole.
#[derive(Debug)]
pub(super) struct Root {
    pub group: Group,
    /// The rendered text; none if it could not be rendered.
    pub text: Option<FileId>,
    /// The files whose documents it stands for.
    pub files: BTreeSet<FileId>,
    /// The clusters that something in the repository deploys it to; none if nothing does.
    pub destinations: BTreeSet<String>,
}

/// What may be deployed to one cluster.
#[derive(Debug)]
pub struct Cluster {
    /// Its roots; the first one tells it from others.
    roots: Vec<Group>,
    /// The numbers of its objects.
    members: Vec<usize>,
    /// The files of which it is asked, if not of all.
    only: Option<BTreeSet<FileId>>,
}

/// The clusters of a repository; none if nothing was rendered, so that all objects can meet.
#[derive(Debug, Default)]
pub struct Clusters {
    clusters: Vec<Cluster>,
    /// The clusters that the objects of a file are in.
    of_file: HashMap<FileId, Vec<usize>>,
}

/// How an object is told from others. The kind stands in the group in which it lives today.
type Identity<'a> = (&'a str, &'a str, &'a str, &'a str);

impl Clusters {
    /// Tells clusters apart. `deployed` are the files that are deployed as they stand, with their clusters.
    pub(super) fn form(
        resources: &[Resource],
        roots: &[Root],
        deployed: &BTreeMap<FileId, BTreeSet<String>>,
    ) -> Clusters {
        let mut clusters = Clusters::default();
        if roots.is_empty() && deployed.is_empty() {
            return clusters;
        }
        let of_text: HashMap<FileId, usize> = roots
            .iter()
            .enumerate()
            .filter_map(|(index, root)| Some((root.text?, index)))
            .collect();
        let groups = groups(resources, roots, &of_text, deployed);
        let mut in_failed: HashMap<FileId, Vec<usize>> = HashMap::new();
        let mut in_rendered: HashSet<FileId> = HashSet::new();
        for (index, root) in roots.iter().enumerate() {
            for file in &root.files {
                match root.text {
                    Some(_) => _ = in_rendered.insert(*file),
                    None => in_failed.entry(*file).or_default().push(index),
                }
            }
        }
        clusters.clusters = groups
            .iter()
            .map(|group| Cluster {
                roots: group
                    .roots
                    .iter()
                    .map(|root| roots[*root].group.clone())
                    .collect(),
                members: Vec::new(),
                only: None,
            })
            .collect();
        let all: Vec<usize> = (0..groups.len()).collect();
        let with = |is_there: &dyn Fn(&Formed) -> bool| -> Vec<usize> {
            all.iter()
                .copied()
                .filter(|index| is_there(&groups[*index]))
                .collect()
        };
        let mut dropped = BTreeSet::new();
        let mut places: HashMap<FileId, Vec<usize>> = HashMap::new();
        for resource in resources {
            places.entry(resource.file).or_insert_with_key(|file| {
                if let Some(root) = of_text.get(file) {
                    with(&|group| group.roots.contains(root))
                } else if let Some(failed) = in_failed.get(file) {
                    with(&|group| group.roots.iter().any(|root| failed.contains(root)))
                } else if in_rendered.contains(file) {
                    // Overlays take it in and drop it: no cluster that is known gets it.
                    dropped.insert(*file);
                    Vec::new()
                } else if let Some(own) = deployed.get(file).filter(|_| !is_deployer(resource)) {
                    with(&|group| group.destination.as_ref().is_some_and(|name| own.contains(name)))
                } else {
                    all.clone()
                }
            });
        }
        for (number, resource) in resources.iter().enumerate() {
            for cluster in places.get(&resource.file).into_iter().flatten() {
                clusters.clusters[*cluster].members.push(number);
            }
        }
        if !dropped.is_empty() || groups.is_empty() {
            // Who deploys it from where it stands may deploy anything beside it.
            clusters.clusters.push(Cluster {
                roots: Vec::new(),
                members: (0..resources.len()).collect(),
                only: Some(dropped),
            });
        }
        clusters.of_file = places;
        clusters
    }

    /// Whether all objects can meet.
    pub fn is_one(&self) -> bool {
        self.clusters.is_empty()
    }

    /// The clusters.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Cluster> {
        self.clusters.iter()
    }

    /// What was found in each cluster, each told once, and where that is not everywhere, with the clusters.
    pub fn merge(&self, found: Vec<Found>, sources: &Sources) -> Found {
        let mut merged = Found::default();
        let mut told: HashMap<(Origin, Span, String), usize> = HashMap::new();
        let mut places: Vec<Vec<usize>> = Vec::new();
        for (number, (cluster, found)) in self.clusters.iter().zip(found).enumerate() {
            merged.undecided.extend(found.undecided);
            for finding in found.findings {
                let file = finding.primary.span.file;
                if cluster.only.as_ref().is_some_and(|only| !only.contains(&file)) {
                    continue;
                }
                let key = (
                    finding.origin.clone(),
                    finding.primary.span,
                    finding.message.clone(),
                );
                match told.get(&key) {
                    Some(index) => {
                        if places[*index].last() != Some(&number) {
                            places[*index].push(number);
                        }
                    }
                    None => {
                        told.insert(key, places.len());
                        places.push(vec![number]);
                        merged.findings.push(finding);
                    }
                }
            }
        }
        for (finding, places) in merged.findings.iter_mut().zip(places) {
            self.tell_places(finding, &places);
        }
        diagnostic::sort(&mut merged.findings, sources);
        merged.undecided.sort();
        merged.undecided.dedup();
        merged
    }

    /// Says beside what an object breaks a rule, if it keeps it elsewhere.
    fn tell_places(&self, finding: &mut Diagnostic, places: &[usize]) {
        let all = self.of_file.get(&finding.primary.span.file).map_or(0, Vec::len);
        if places.len() >= all {
            return;
        }
        let mut roots: Vec<&Group> = places
            .iter()
            .filter_map(|place| self.clusters[*place].roots.first())
            .collect();
        roots.dedup();
        if !roots.is_empty() {
            finding.message = format!("{} (beside {})", finding.message, origin::names(&roots));
        }
    }
}

impl Cluster {
    /// The objects.
    pub fn members<'a>(&'a self, resources: &'a [Resource]) -> impl Iterator<Item = &'a Resource> {
        self.members.iter().filter_map(|number| resources.get(*number))
    }
}

/// The roots of a cluster.
struct Formed {
    roots: Vec<usize>,
    destination: Option<String>,
}

fn groups(
    resources: &[Resource],
    roots: &[Root],
    of_text: &HashMap<FileId, usize>,
    deployed: &BTreeMap<FileId, BTreeSet<String>>,
) -> Vec<Formed> {
    let mut of_identity: HashMap<Identity, BTreeSet<usize>> = HashMap::new();
    for resource in resources {
        if let Some(root) = of_text.get(&resource.file)
            && !is_shared(resource)
        {
            let group = present_group(resource.group(), &resource.kind);
            let namespace = resource.namespace.as_deref().unwrap_or_default();
            let identity = (group, &*resource.kind, namespace, &*resource.name);
            of_identity.entry(identity).or_default().insert(*root);
        }
    }
    // Alternatives of an overlay that failed are not known by their objects, but by what they take in.
    let mut of_file: HashMap<FileId, BTreeSet<usize>> = HashMap::new();
    for (index, root) in roots.iter().enumerate() {
        for file in &root.files {
            of_file.entry(*file).or_default().insert(index);
        }
    }
    let has_failed = |rivals: &&BTreeSet<usize>| rivals.iter().any(|root| roots[*root].text.is_none());
    let rivals: Vec<&BTreeSet<usize>> = of_identity
        .values()
        .chain(of_file.values().filter(has_failed))
        .filter(|rivals| rivals.len() > 1)
        .collect();
    let destinations: BTreeSet<&String> = roots
        .iter()
        .flat_map(|root| &root.destinations)
        .chain(deployed.values().flatten())
        .collect();
    let mut groups = Vec::new();
    for destination in destinations {
        let here: Vec<usize> = (0..roots.len())
            .filter(|root| roots[*root].destinations.contains(destination))
            .collect();
        let mut alternatives: BTreeSet<usize> = BTreeSet::new();
        for rivals in &rivals {
            let met: Vec<usize> = here
                .iter()
                .copied()
                .filter(|root| rivals.contains(root))
                .collect();
            if met.len() > 1 {
                alternatives.extend(met);
            }
        }
        let common: Vec<usize> = here
            .iter()
            .copied()
            .filter(|root| !alternatives.contains(root))
            .collect();
        let mut form = |first: Option<usize>| {
            groups.push(Formed {
                roots: first.into_iter().chain(common.iter().copied()).collect(),
                destination: Some(destination.clone()),
            });
        };
        match alternatives.is_empty() {
            true => form(None),
            false => alternatives.into_iter().for_each(|root| form(Some(root))),
        }
    }
    let alone = (0..roots.len()).filter(|root| roots[*root].destinations.is_empty());
    groups.extend(alone.map(|root| Formed {
        roots: vec![root],
        destination: None,
    }));
    groups
}

/// Kinds of which several roots may bring the same object into one cluster.
fn is_shared(resource: &Resource) -> bool {
    matches!(
        (resource.group(), &*resource.kind),
        ("", "Namespace") | ("apiextensions.k8s.io", "CustomResourceDefinition")
    )
}

/// What deploys other objects is asked wherever these are.
fn is_deployer(resource: &Resource) -> bool {
    matches!(
        resource.group(),
        "argoproj.io" | "helm.toolkit.fluxcd.io" | "kustomize.toolkit.fluxcd.io"
    )
}

#[cfg(test)]
mod tests;
