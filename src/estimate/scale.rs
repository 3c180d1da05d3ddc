//! How many pods of a workload run, under its autoscalers.
//!
//! In: an object of a repository. Out: a range, whose ends are `None` where the manifests do not say.

use crate::evaluate::{self, ObjectId, Repository};
use crate::ir::KindReference;
use crate::manifest::{Node, Value};

/// The least and the most; `None` where the manifests do not say.
pub type Range<T> = (Option<T>, Option<T>);

/// KEDA's `maxReplicaCount` where none is written. Source: the ScaledObject specification.
const KEDA_MAXIMUM: i128 = 100;

/// How many pods of an object run at once, at the least and at the most that an autoscaler of the
/// repository allows.
///
/// A bare pod is one, a DaemonSet has one on each of the cluster's nodes, a Job and a CronJob run nothing
/// or all that they may run in parallel. Of custom resources only `spec.replicas` beside a single pod
/// template is understood.
pub fn replicas(repository: &Repository<'_>, object: ObjectId) -> Range<i128> {
    let own = repository.object(object);
    let root = &own.resource.root;
    let written = |path: &[&str], default: Option<i128>| {
        let count = root.path(path.iter().copied()).map_or(default, whole);
        (count, count)
    };
    let up_to = |path: &[&str], is_suspended: bool| match is_suspended {
        true => (Some(0), Some(0)),
        false => (Some(0), written(path, Some(1)).1),
    };
    let is_suspended = matches!(
        root.path(["spec", "suspend"]).map(|node| &node.value),
        Some(Value::Bool(true))
    );
    match (own.group, own.resource.kind.as_str()) {
        ("", "Pod") => (Some(1), Some(1)),
        ("", "PodTemplate") => (Some(0), Some(0)),
        ("apps", "DaemonSet") => (repository.nodes, repository.nodes),
        ("batch", "Job") => up_to(&["spec", "parallelism"], is_suspended),
        ("batch", "CronJob") => up_to(&["spec", "jobTemplate", "spec", "parallelism"], is_suspended),
        ("apps", "Deployment" | "StatefulSet" | "ReplicaSet")
        | ("", "ReplicationController")
        | ("argoproj.io", "Rollout") => {
            autoscaled(repository, object).unwrap_or_else(|| written(&["spec", "replicas"], Some(1)))
        }
        _ if own.pods.len() == 1 => {
            autoscaled(repository, object).unwrap_or_else(|| written(&["spec", "replicas"], None))
        }
        _ => (None, None),
    }
}

/// A number of replicas, of which the API holds no more than 32 bits.
fn whole(node: &Node) -> Option<i128> {
    let count = evaluate::whole(node).filter(|count| *count >= 0)?;
    Some(count.min(i128::from(i32::MAX)))
}

/// The bounds of the autoscalers that scale an object: the widest, should there be several.
fn autoscaled(repository: &Repository<'_>, object: ObjectId) -> Option<Range<i128>> {
    let autoscalers = [
        (
            "HorizontalPodAutoscaler",
            "autoscaling",
            "minReplicas",
            1,
            "maxReplicas",
            None,
        ),
        (
            "ScaledObject",
            "keda.sh",
            "minReplicaCount",
            0,
            "maxReplicaCount",
            Some(KEDA_MAXIMUM),
        ),
    ];
    let mut range: Option<Range<i128>> = None;
    for (kind, group, minimum, least, maximum, most) in autoscalers {
        let kind = KindReference {
            kind: kind.into(),
            groups: vec![group.into()],
        };
        for autoscaler in repository.of_kinds(&[kind]) {
            let spec = repository.object(autoscaler).resource.root.get("spec");
            let Some(spec) = spec.filter(|spec| scales(repository, autoscaler, spec, object)) else {
                continue;
            };
            let low = spec.get(minimum).map_or(Some(least), whole);
            let high = spec.get(maximum).map_or(most, whole);
            range = Some(match range {
                None => (low, high),
                Some((other_low, other_high)) => (
                    low.zip(other_low).map(|(a, b)| a.min(b)),
                    high.zip(other_high).map(|(a, b)| a.max(b)),
                ),
            });
        }
    }
    range
}

fn scales(repository: &Repository<'_>, autoscaler: ObjectId, spec: &Node, object: ObjectId) -> bool {
    spec.get("scaleTargetRef").is_some_and(|target| {
        crate::evaluate::refers_to(target, repository.object(autoscaler), repository.object(object))
    })
}
