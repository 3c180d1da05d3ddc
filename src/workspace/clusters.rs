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
}

/// The clusters of a repository; none if nothing was rendered, so that all objects can meet.
#[derive(Debug, Default)]
pub struct Clusters {
    clusters: Vec<Cluster>,
    /// The clusters that are asked about the objects of a file.
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
        let all: Vec<usize> = (0..groups.len()).collect();
        let with = |is_there: &dyn Fn(&Formed) -> bool| -> Vec<usize> {
            all.iter()
                .copied()
                .filter(|index| is_there(&groups[*index]))
                .collect()
        };
        // What was dropped is asked about in a cluster behind all others.
        let last = groups.len();
        let is_asked =
            |index: &usize, is_free: bool| groups.get(*index).is_none_or(|own| own.is_for_free == is_free);
        let mut members: HashMap<FileId, Vec<usize>> = HashMap::new();
        for resource in resources {
            let file = resource.file;
            if members.contains_key(&file) {
                continue;
            }
            let mut is_free = false;
            let own = if let Some(root) = of_text.get(&file) {
                with(&|group| group.roots.contains(root))
            } else if let Some(failed) = in_failed.get(&file) {
                with(&|group| group.roots.iter().any(|root| failed.contains(root)))
            } else if in_rendered.contains(&file) {
                // Overlays take it in and drop it: no cluster that is known gets it.
                vec![last]
            } else if let Some(own) = deployed.get(&file).filter(|_| !is_deployer(resource)) {
                with(&|group| group.destination.as_ref().is_some_and(|name| own.contains(name)))
            } else {
                is_free = true;
                all.clone()
            };
            let asked: Vec<usize> = own
                .iter()
                .copied()
                .filter(|index| is_asked(index, is_free))
                .collect();
            // Nothing is ever left unasked.
            let (own, asked) = match asked.is_empty() {
                true => (vec![last], vec![last]),
                false => (own, asked),
            };
            clusters.of_file.insert(file, asked);
            members.insert(file, own);
        }
        let names = groups.iter().map(|group| &group.roots[..]).chain([&[][..]]);
        clusters.clusters = names
            .map(|own| Cluster {
                roots: own.iter().map(|root| roots[*root].group.clone()).collect(),
                members: Vec::new(),
            })
            .collect();
        for (number, resource) in resources.iter().enumerate() {
            let own = members.get(&resource.file).map_or(&[][..], Vec::as_slice);
            for cluster in own.iter().filter(|cluster| **cluster != last) {
                clusters.clusters[*cluster].members.push(number);
            }
        }
        match members.values().any(|own| own.contains(&last)) {
            // Who deploys it from where it stands may deploy anything beside it.
            true => clusters.clusters[last].members = (0..resources.len()).collect(),
            false => _ = clusters.clusters.pop(),
        }
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
        for (number, found) in found.into_iter().enumerate() {
            merged.undecided.extend(found.undecided);
            for finding in found.findings {
                let file = finding.primary.span.file;
                if self
                    .of_file
                    .get(&file)
                    .is_some_and(|asked| !asked.contains(&number))
                {
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
    /// Whether it is asked about what any cluster may get, and about nothing else.
    is_for_free: bool,
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
    let mut rivals_of: HashMap<usize, BTreeSet<usize>> = HashMap::new();
    for rivals in rivals {
        for root in rivals {
            rivals_of
                .entry(*root)
                .or_default()
                .extend(rivals.iter().copied().filter(|rival| rival != root));
        }
    }
    let meets = |root: usize, others: &[usize]| {
        let rivals = rivals_of.get(&root);
        rivals.is_none_or(|rivals| !others.iter().any(|other| rivals.contains(other)))
    };
    let destinations: BTreeSet<&String> = roots
        .iter()
        .flat_map(|root| &root.destinations)
        .chain(deployed.values().flatten())
        .collect();
    let mut groups = Vec::new();
    for destination in destinations {
        let here = (0..roots.len()).filter(|root| roots[*root].destinations.contains(destination));
        let mut choices = choices(here.collect(), &meets);
        if choices.is_empty() {
            // Only files as they stand are deployed there.
            choices.push(Vec::new());
        }
        for roots in choices {
            groups.push(Formed {
                roots,
                destination: Some(destination.clone()),
                is_for_free: false,
            });
        }
    }
    let alone: Vec<usize> = (0..roots.len())
        .filter(|root| roots[*root].destinations.is_empty())
        .collect();
    // A manifest that nothing says the cluster of is held against whatever may be deployed at the same time.
    let free: Vec<Formed> = groups
        .iter()
        .map(|group| {
            let beside = alone.iter().copied().filter(|root| meets(*root, &group.roots));
            let beside = choices(beside.collect(), &meets)
                .into_iter()
                .next()
                .unwrap_or_default();
            (
                group.roots.iter().copied().chain(beside).collect(),
                group.destination.clone(),
            )
        })
        .chain(
            choices(alone.clone(), &meets)
                .into_iter()
                .map(|roots| (roots, None)),
        )
        .map(|(roots, destination)| Formed {
            roots,
            destination,
            is_for_free: true,
        })
        .collect();
    groups.extend(alone.into_iter().map(|root| Formed {
        roots: vec![root],
        destination: None,
        is_for_free: false,
    }));
    groups.extend(free);
    groups
}

/// The ways to deploy as many of these roots together as can be: one of those that can't meet, which stands first,
/// with all that can meet any.
fn choices(roots: Vec<usize>, meets: &dyn Fn(usize, &[usize]) -> bool) -> Vec<Vec<usize>> {
    let (common, rivals): (Vec<usize>, Vec<usize>) = roots.iter().partition(|root| meets(**root, &roots));
    match (common.is_empty(), rivals.is_empty()) {
        (true, true) => Vec::new(),
        (false, true) => vec![common],
        _ => {
            let with = |rival: usize| std::iter::once(rival).chain(common.iter().copied()).collect();
            rivals.into_iter().map(with).collect()
        }
    }
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
