//! What objects ask of the cluster: processors, memory, GPUs, storage, load balancers.
//!
//! In: an object, a pod or a container of a [`Repository`]. Out: [`Asked`]: amounts at the fewest and at
//! the most replicas, and the [`Gap`]s that keep them from being told. A request that is missing is a
//! gap, never zero.
//!
//! A pod asks, as the scheduler counts it, for the more of two: its containers together, or its largest
//! init container beside the sidecars that run by then; its overhead comes on top. A container without a
//! request has its limit for one. An init container that ends and requests nothing reserves nothing;
//! extended resources such as GPUs are given to those that name them only.

use super::scale;
use crate::evaluate::{Container, ObjectId, PodId, Repository, containers_of, quantity};
use crate::ir::ContainerClasses;
use crate::manifest::Node;
use crate::source::Span;
use crate::units::{Dimension, Quantity};

/// Amounts of what has a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// Processors.
    pub cpu: Quantity,
    /// Memory.
    pub memory: Quantity,
    /// GPUs.
    pub gpus: Quantity,
    /// Persistent storage.
    pub storage: Quantity,
    /// Load balancers.
    pub load_balancers: Quantity,
}

impl Demand {
    /// Nothing.
    pub const NONE: Demand = Demand {
        cpu: Quantity::whole(0, Dimension::CPU),
        memory: Quantity::whole(0, Dimension::MEMORY),
        gpus: Quantity::whole(0, Dimension::COUNT),
        storage: Quantity::whole(0, Dimension::MEMORY),
        load_balancers: Quantity::whole(0, Dimension::COUNT),
    };

    /// How many parts there are.
    pub const PARTS: usize = 5;

    /// More than anyone asks for. What is beyond is not told apart, so that the numbers that amounts are made of
    /// stay within what every engine computes exactly.
    pub const MOST: Demand = Demand {
        cpu: Quantity::whole(10_i128.pow(18), Dimension::CPU),
        memory: Quantity::whole(10_i128.pow(23), Dimension::MEMORY),
        gpus: Quantity::whole(10_i128.pow(18), Dimension::COUNT),
        storage: Quantity::whole(10_i128.pow(23), Dimension::MEMORY),
        load_balancers: Quantity::whole(10_i128.pow(18), Dimension::COUNT),
    };

    /// The parts, in the order in which engines without names for them have them.
    pub fn parts(self) -> [Quantity; Demand::PARTS] {
        [
            self.cpu,
            self.memory,
            self.storage,
            self.gpus,
            self.load_balancers,
        ]
    }

    /// The demand, of each part [`Demand::MOST`] at most.
    pub fn bounded(self) -> Demand {
        let least = |own: Quantity, most: Quantity| if own > most { most } else { own };
        Demand {
            cpu: least(self.cpu, Demand::MOST.cpu),
            memory: least(self.memory, Demand::MOST.memory),
            gpus: least(self.gpus, Demand::MOST.gpus),
            storage: least(self.storage, Demand::MOST.storage),
            load_balancers: least(self.load_balancers, Demand::MOST.load_balancers),
        }
    }

    /// The sum.
    pub fn plus(self, other: Demand) -> Demand {
        Demand {
            cpu: add(self.cpu, other.cpu),
            memory: add(self.memory, other.memory),
            gpus: add(self.gpus, other.gpus),
            storage: add(self.storage, other.storage),
            load_balancers: add(self.load_balancers, other.load_balancers),
        }
    }

    /// So many times the demand.
    pub fn times(self, factor: i128) -> Demand {
        Demand {
            cpu: self.cpu.times_integer(factor),
            memory: self.memory.times_integer(factor),
            gpus: self.gpus.times_integer(factor),
            storage: self.storage.times_integer(factor),
            load_balancers: self.load_balancers.times_integer(factor),
        }
    }
}

/// The sum of two amounts that measure the same.
fn add(a: Quantity, b: Quantity) -> Quantity {
    a.plus(b).unwrap_or(a)
}

/// Why an amount can't be told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// Where.
    pub span: Span,
    /// What is missing: "container `web` has no CPU request".
    pub reason: String,
}

/// What an object asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// At the fewest replicas; what is known of it, if there are gaps.
    pub low: Demand,
    /// At the most replicas; what is known of it, if there are gaps.
    pub high: Demand,
    /// The claims that its pods share: several objects may name one.
    pub claims: Vec<ObjectId>,
    /// What keeps the amounts from being whole.
    pub gaps: Vec<Gap>,
}

impl Asked {
    const NOTHING: Asked = Asked {
        low: Demand::NONE,
        high: Demand::NONE,
        claims: Vec::new(),
        gaps: Vec::new(),
    };
}

/// What counts as a request of containers that have none: resource and amount.
pub type Assumed = [(String, Quantity)];

/// What an object asks for, without its shared claims.
pub fn of_object(repository: &Repository<'_>, object: ObjectId, assumed: &Assumed) -> Asked {
    let own = repository.object(object);
    let root = &own.resource.root;
    let mut asked = Asked::NOTHING;
    let kind = (own.group, own.resource.kind.as_str());
    if own.pods.is_empty() {
        let service_type = root.path(["spec", "type"]).and_then(Node::as_str);
        match kind {
            ("", "Service") if service_type == Some("LoadBalancer") => {
                asked.low.load_balancers = Quantity::whole(1, Dimension::COUNT);
                asked.high = asked.low;
            }
            ("", "PersistentVolumeClaim") => asked.claims.push(object),
            _ if own.kind.is_some() && is_of_kubernetes(own.group) => {}
            _ => asked.gaps.push(Gap {
                span: name_of(repository, object),
                reason: format!("what a `{}` runs is not known", kind.1),
            }),
        }
        return asked;
    }
    let mut each = Demand::NONE;
    for pod in repository.pods_of(object) {
        each = each.plus(pod_demand(repository, pod, assumed, &mut asked));
        each.storage = add(each.storage, volumes(repository, pod, &mut asked));
    }
    let templates = root
        .path(["spec", "volumeClaimTemplates"])
        .filter(|_| kind == ("apps", "StatefulSet"));
    for template in templates.map_or(&[][..], Node::elements) {
        each.storage = add(each.storage, claim_size(template, &mut asked.gaps));
    }
    multiply(repository, object, each, &mut asked);
    asked
}

/// What the replicas of one pod template ask for, without storage.
pub fn of_pod(repository: &Repository<'_>, pod: PodId, assumed: &Assumed) -> Asked {
    let mut asked = Asked::NOTHING;
    let each = pod_demand(repository, pod, assumed, &mut asked);
    multiply(repository, repository.pod(pod).object, each, &mut asked);
    asked
}

/// What one container asks for in all replicas.
pub fn of_container(repository: &Repository<'_>, container: &Container<'_>, assumed: &Assumed) -> Asked {
    let mut asked = Asked::NOTHING;
    let missing = missing_requests(container.node, None, assumed);
    note_missing(container.node, &missing, &mut asked);
    let amount = |resource: &str| requested(container.node, resource, assumed).unwrap_or(zero(resource));
    let mut each = Demand {
        cpu: amount("cpu"),
        memory: amount("memory"),
        ..Demand::NONE
    };
    for resource in gpu_keys([container.node].into_iter()) {
        each.gpus = add(each.gpus, amount(resource));
    }
    multiply(repository, repository.pod(container.pod).object, each, &mut asked);
    asked
}

/// The size of a claim that an object of the repository makes.
pub fn of_claim(repository: &Repository<'_>, claim: ObjectId, gaps: &mut Vec<Gap>) -> Demand {
    Demand {
        storage: claim_size(&repository.object(claim).resource.root, gaps),
        ..Demand::NONE
    }
}

/// The sum of a resource's requests over the pods of an object, for the fewest and the most replicas;
/// `None` where a request is missing.
pub fn requests(repository: &Repository<'_>, object: ObjectId, resource: &str) -> scale::Range<Quantity> {
    let mut pods = repository.pods_of(object).peekable();
    if pods.peek().is_none() {
        return (None, None);
    }
    let each = pods.try_fold(zero(resource), |sum, pod| {
        let spec = repository.pod(pod).template?.get("spec")?;
        let lacks = lasting(repository, pod).any(|node| is_missing(node, Some(spec), resource, &[]));
        (!lacks).then(|| add(sum, pod_request(spec, resource, &[])))
    });
    let (low, high) = scale::replicas(repository, object);
    let times = |count: Option<i128>| each.zip(count).map(|(each, count)| each.times_integer(count));
    (times(low), times(high))
}

/// What one pod asks for, without storage.
fn pod_demand(repository: &Repository<'_>, pod: PodId, assumed: &Assumed, asked: &mut Asked) -> Demand {
    let object = repository.pod(pod).object;
    let template = repository.pod(pod).template;
    let Some(spec) = template.and_then(|template| template.get("spec")) else {
        asked.gaps.push(Gap {
            span: name_of(repository, object),
            reason: "its pods are not described".to_string(),
        });
        return Demand::NONE;
    };
    let mut any = false;
    for node in lasting(repository, pod) {
        any = true;
        let missing = missing_requests(node, Some(spec), assumed);
        note_missing(node, &missing, asked);
    }
    if !any {
        asked.gaps.push(Gap {
            span: name_of(repository, object),
            reason: "it lists no container".to_string(),
        });
    }
    let mut each = Demand {
        cpu: pod_request(spec, "cpu", assumed),
        memory: pod_request(spec, "memory", assumed),
        ..Demand::NONE
    };
    let nodes = containers_of(repository, pod, RUNNING).map(|container| container.node);
    for resource in gpu_keys(nodes.chain([spec])) {
        each.gpus = add(each.gpus, pod_request(spec, resource, assumed));
    }
    each
}

/// Containers that may request something.
const RUNNING: ContainerClasses = ContainerClasses {
    regular: true,
    init: true,
    ephemeral: false,
};

/// The containers that run as long as their pod: regular ones and sidecars.
fn lasting<'a>(repository: &Repository<'a>, pod: PodId) -> impl Iterator<Item = &'a Node> + use<'a> {
    containers_of(repository, pod, RUNNING)
        .filter(|container| container.field == "containers" || is_sidecar(container.node))
        .map(|container| container.node)
}

fn is_sidecar(init: &Node) -> bool {
    init.get("restartPolicy").and_then(Node::as_str) == Some("Always")
}

/// The request of a container, or of a pod as a whole.
fn requested(container: &Node, resource: &str, assumed: &Assumed) -> Option<Quantity> {
    let dimension = Dimension::of_resource_key(resource);
    match named(container, resource) {
        // Less than nothing is refused by the cluster, and must not lower a sum.
        Some(node) => quantity(node, dimension).filter(|amount| amount.nano >= 0),
        None => assumed
            .iter()
            .find(|(own, _)| own == resource)
            .map(|(_, amount)| *amount),
    }
}

/// Where a container requests a resource: a missing request is its limit.
fn named<'a>(container: &'a Node, resource: &str) -> Option<&'a Node> {
    let resources = container.get("resources")?;
    ["requests", "limits"]
        .into_iter()
        .find_map(|list| resources.path([list, resource]))
}

/// Whether a container that lasts lacks a request that the pod as a whole does not make.
fn is_missing(container: &Node, spec: Option<&Node>, resource: &str, assumed: &Assumed) -> bool {
    let extended = Dimension::of_resource_key(resource) == Dimension::COUNT;
    let by_pod = spec.is_some_and(|spec| requested(spec, resource, &[]).is_some());
    let optional = extended && named(container, resource).is_none();
    !by_pod && !optional && requested(container, resource, assumed).is_none()
}

/// What a container lacks, in words.
fn missing_requests(container: &Node, spec: Option<&Node>, assumed: &Assumed) -> Vec<String> {
    let mut missing = Vec::new();
    for (resource, word) in [("cpu", "CPU"), ("memory", "memory")] {
        if is_missing(container, spec, resource, assumed) {
            missing.push(match named(container, resource) {
                Some(_) => format!("readable {word}"),
                None => word.to_string(),
            });
        }
    }
    for resource in gpu_keys([container].into_iter()) {
        if is_missing(container, spec, resource, assumed) {
            missing.push(format!("readable `{resource}`"));
        }
    }
    missing
}

fn note_missing(container: &Node, missing: &[String], asked: &mut Asked) {
    if missing.is_empty() {
        return;
    }
    let name = container.get("name");
    let text = name.and_then(Node::as_str).unwrap_or("unnamed");
    asked.gaps.push(Gap {
        span: name.map_or(container.span, |name| name.span),
        reason: format!("container `{text}` has no {} request", missing.join(" and no ")),
    });
}

/// What the scheduler reserves of a resource for a pod; what is missing counts as nothing here.
fn pod_request(spec: &Node, resource: &str, assumed: &Assumed) -> Quantity {
    let dimension = Dimension::of_resource_key(resource);
    let overhead = spec
        .path(["overhead", resource])
        .and_then(|node| quantity(node, dimension))
        .filter(|amount| amount.nano >= 0)
        .unwrap_or(zero(resource));
    if let Some(whole) = requested(spec, resource, &[]) {
        return add(whole, overhead);
    }
    let list = |field: &str| spec.get(field).map_or(&[][..], Node::elements);
    let amount = |container| requested(container, resource, assumed).unwrap_or(zero(resource));
    let (mut sidecars, mut peak) = (zero(resource), zero(resource));
    for init in list("initContainers") {
        let beside = add(sidecars, amount(init));
        if is_sidecar(init) {
            sidecars = beside;
        }
        peak = more(peak, beside);
    }
    let together = list("containers")
        .iter()
        .fold(sidecars, |sum, container| add(sum, amount(container)));
    add(more(peak, together), overhead)
}

fn more(a: Quantity, b: Quantity) -> Quantity {
    if b > a { b } else { a }
}

fn zero(resource: &str) -> Quantity {
    Quantity::whole(0, Dimension::of_resource_key(resource))
}

/// The keys of GPUs that containers name, once each: `nvidia.com/gpu`, `amd.com/gpu`.
fn gpu_keys<'a>(containers: impl Iterator<Item = &'a Node>) -> Vec<&'a str> {
    let mut keys: Vec<&str> = containers
        .filter_map(|container| container.get("resources"))
        .flat_map(|resources| {
            ["requests", "limits"]
                .into_iter()
                .filter_map(|list| resources.get(list))
        })
        .flat_map(Node::entries)
        .map(|entry| &*entry.key)
        .filter(|key| key.ends_with("/gpu") && !key.contains("hugepages-"))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The storage that each pod gets for itself; claims that pods share are noted.
fn volumes(repository: &Repository<'_>, pod: PodId, asked: &mut Asked) -> Quantity {
    let mut own = zero("storage");
    let pod = repository.pod(pod);
    let spec = pod.template.and_then(|template| template.get("spec"));
    let namespace = repository.object(pod.object).namespace;
    for volume in spec
        .and_then(|spec| spec.get("volumes"))
        .map_or(&[][..], Node::elements)
    {
        if let Some(template) = volume.path(["ephemeral", "volumeClaimTemplate"]) {
            own = add(own, claim_size(template, &mut asked.gaps));
        }
        let Some(claim) = volume.path(["persistentVolumeClaim", "claimName"]) else {
            continue;
        };
        let name = claim.as_str().unwrap_or_default();
        let found = repository.named("PersistentVolumeClaim", name).iter().find(|id| {
            let claim = repository.object(**id);
            claim.namespace == namespace && claim.group.is_empty()
        });
        match found {
            Some(id) if asked.claims.contains(id) => {}
            Some(id) => asked.claims.push(*id),
            None => asked.gaps.push(Gap {
                span: claim.span,
                reason: format!("the claim `{name}` is not among the manifests"),
            }),
        }
    }
    own
}

/// The size of a PersistentVolumeClaim or of a template of one.
fn claim_size(claim: &Node, gaps: &mut Vec<Gap>) -> Quantity {
    let size = claim.path(["spec", "resources", "requests", "storage"]);
    let amount = size
        .and_then(|node| quantity(node, Dimension::MEMORY))
        .filter(|amount| amount.nano >= 0);
    amount.unwrap_or_else(|| {
        let name = claim.path(["metadata", "name"]);
        gaps.push(Gap {
            span: size.or(name).unwrap_or(claim).span,
            reason: "a claim says no size".to_string(),
        });
        zero("storage")
    })
}

/// Sets the amounts of all replicas.
fn multiply(repository: &Repository<'_>, object: ObjectId, each: Demand, asked: &mut Asked) {
    let (low, high) = scale::replicas(repository, object);
    if low.is_none() || high.is_none() {
        let reason = match repository.object(object).resource.kind.as_str() {
            "DaemonSet" => "how many nodes it runs on is not known",
            _ => "how many replicas it has is not known",
        };
        asked.gaps.push(Gap {
            span: name_of(repository, object),
            reason: reason.to_string(),
        });
    }
    asked.low = each.times(low.unwrap_or(0));
    asked.high = each.times(high.unwrap_or(0));
}

/// The bytes that name an object.
pub fn name_of(repository: &Repository<'_>, object: ObjectId) -> Span {
    let root = &repository.object(object).resource.root;
    ["name", "generateName"]
        .into_iter()
        .find_map(|key| root.path(["metadata", key]))
        .or_else(|| root.get("kind"))
        .unwrap_or(root)
        .span
}

/// Whether Kubernetes itself has the group: its objects without pods run nothing that has a price here.
fn is_of_kubernetes(group: &str) -> bool {
    !group.contains('.') || (group.ends_with(".k8s.io") && group != "gateway.networking.k8s.io")
}
