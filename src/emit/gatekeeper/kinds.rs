//! The kinds that a rule judges and looks up → what a constraint matches, and what has to be synced.

use crate::emit::Options;
use crate::emit::Reason;
use crate::emit::rego::{Admission, GroupKind, Kinds, Result};
use crate::schema::Kind;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A version of a kind that clusters serve.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupVersionKind {
    group: String,
    kind: String,
    version: String,
    /// All versions that are served, that one included.
    served: Vec<String>,
}

impl GroupVersionKind {
    /// As a SyncSet names it.
    pub fn json(&self) -> Value {
        json!({ "group": self.group, "version": self.version, "kind": self.kind })
    }

    /// As a template says that it needs it, in whichever version.
    pub fn clause(&self) -> Value {
        json!({ "groups": [self.group], "versions": self.served, "kinds": [self.kind] })
    }
}

/// The versions of a kind, the most stable first; `None` if nothing is known of the kind.
fn versions<'a>((group, kind): &GroupKind, options: &Options<'a>) -> Option<Vec<&'a Kind>> {
    let known = options.schema.all_kinds();
    let mut own: Vec<&Kind> = known
        .filter(|known| *known.group == **group && *known.kind == **kind)
        .collect();
    own.sort_by_key(|kind| std::cmp::Reverse(stability(&kind.version)));
    (!own.is_empty()).then_some(own)
}

/// `v2` before `v1` before `v1beta2` before `v1beta1` before `v1alpha1`.
fn stability(version: &str) -> (u8, u32, u32) {
    let number = |text: &str| text.parse().unwrap_or(0);
    let rest = version.trim_start_matches('v');
    for (stage, rank) in [("alpha", 0), ("beta", 1)] {
        if let Some((major, minor)) = rest.split_once(stage) {
            return (rank, number(major), number(minor));
        }
    }
    (2, number(rest), 0)
}

/// Whether the oldest clusters that take the build still serve a version.
fn is_served(kind: &Kind, options: &Options) -> bool {
    kind.removed.is_none_or(|removed| removed > options.min_kube)
}

/// The kinds that a constraint matches, an entry for each group.
pub fn matched(kinds: &Kinds, options: &Options) -> Vec<Value> {
    let Kinds::Of(kinds) = kinds else {
        return vec![json!({ "apiGroups": ["*"], "kinds": ["*"] })];
    };
    let mut by_group: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for own in kinds {
        // Of a kind that isn't known it can't be said that it is gone.
        let is_gone = versions(own, options)
            .is_some_and(|versions| !versions.iter().any(|version| is_served(version, options)));
        if !is_gone {
            by_group.entry(&own.0).or_default().insert(&own.1);
        }
    }
    by_group
        .into_iter()
        .map(|(group, kinds)| json!({ "apiGroups": [group], "kinds": kinds }))
        .collect()
}

/// One version of each kind that a rule looks up: the most stable. Of several, objects would be there twice.
pub fn synced(admission: &Admission, options: &Options) -> Result<Vec<GroupVersionKind>> {
    let mut found = Vec::new();
    for (own, span) in &admission.read {
        let (group, kind) = own;
        let Some(versions) = versions(own, options) else {
            return Err(Reason::new(
                *span,
                format!(
                    "it looks up `{kind}` of `{group}`, of which no version is known that could be synced"
                ),
            )
            .help("add its CustomResourceDefinition to the repository"));
        };
        let served: Vec<&Kind> = versions
            .into_iter()
            .filter(|version| is_served(version, options))
            .collect();
        if let Some(version) = served.first() {
            found.push(GroupVersionKind {
                group: group.clone(),
                kind: kind.clone(),
                version: version.version.to_string(),
                served: served.iter().map(|kind| kind.version.to_string()).collect(),
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_stable_version_comes_first() {
        let mut versions = ["v1", "v1alpha1", "v2", "v1beta1", "v2beta1", "v1beta2", "v10"];
        versions.sort_by_key(|version| std::cmp::Reverse(stability(version)));
        assert_eq!(
            versions,
            ["v10", "v2", "v1", "v2beta1", "v1beta2", "v1beta1", "v1alpha1"]
        );
    }
}
