//! The texts of the folder `operators` → kinds of common tools, whose schemas are read when they are first
//! asked for: the tool runs at every commit, and most repositories have objects of few of them.
//!
//! The form of the lines is described in `operators.py`.

use super::constraint::Constraints;
use super::crd::Reader;
use super::parts::Parts;
use super::table::{Table, split_api_version};
use super::{Definition, DefinitionId, Kind};
use std::sync::{Arc, OnceLock};

const TEXTS: &[&str] = &[
    include_str!("operators/argo-cd.txt"),
    include_str!("operators/argo-rollouts.txt"),
    include_str!("operators/argo-workflows.txt"),
    include_str!("operators/cert-manager.txt"),
    include_str!("operators/external-secrets.txt"),
    include_str!("operators/flux-helm.txt"),
    include_str!("operators/flux-image-automation.txt"),
    include_str!("operators/flux-image-reflector.txt"),
    include_str!("operators/flux-kustomize.txt"),
    include_str!("operators/flux-notification.txt"),
    include_str!("operators/flux-source.txt"),
    include_str!("operators/gateway-api.txt"),
    include_str!("operators/keda.txt"),
    include_str!("operators/kyverno.txt"),
    include_str!("operators/prometheus-operator.txt"),
];

/// Names a kind whose schema is here. Its place stands in the ids of its definitions, behind a bit that no
/// other definition has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator(u16);

const OPERATOR: u32 = 1 << 31;
const BITS: u32 = 16;
const ROOT: u32 = (1 << BITS) - 1;

impl Operator {
    /// The kind that a definition belongs to, if it is one of these.
    pub(super) fn of(id: DefinitionId) -> Option<Operator> {
        let place = u16::try_from((id.0 & !OPERATOR) >> BITS).ok()?;
        (id.0 & OPERATOR != 0).then_some(Operator(place))
    }

    /// The id of its first definition.
    fn first(self) -> u32 {
        OPERATOR | u32::from(self.0) << BITS
    }

    /// The id of the definition of the whole object. It is the last to be read, and known before.
    fn root(self) -> DefinitionId {
        DefinitionId(self.first() | ROOT)
    }
}

/// The schema of a kind, and what was read of it.
#[derive(Debug)]
pub(super) struct Bundle {
    /// The release that it is of.
    pub release: &'static str,
    /// The kind whose schema it is.
    pub kind: Kind,
    parts: &'static str,
    /// The line of the whole object among the parts.
    root: usize,
    loaded: OnceLock<Loaded>,
}

/// A schema once read.
#[derive(Debug)]
pub(super) struct Loaded {
    definitions: Vec<Definition>,
    /// What it demands beyond types.
    pub constraints: Option<Arc<Constraints>>,
}

/// All kinds, in the order of their places.
pub(super) fn read() -> Vec<Bundle> {
    let mut bundles = Vec::new();
    for text in TEXTS {
        let Some((head, parts)) = text.split_once("\n\n") else {
            continue;
        };
        let mut lines = head.lines();
        let release = lines.next().and_then(|line| line.strip_prefix("release "));
        for line in lines {
            let words: Vec<&'static str> = line.split(' ').collect();
            let &["kind", api_version, kind, plural, scope, root, ref pods @ ..] = words.as_slice() else {
                continue;
            };
            let operator = Operator(u16::try_from(bundles.len()).unwrap_or(u16::MAX));
            let pod_spec = pods.iter().find_map(|word| word.strip_prefix("pods="));
            let (group, version) = split_api_version(api_version);
            let kind = Kind {
                group: group.into(),
                version: version.into(),
                kind: kind.into(),
                plural: plural.into(),
                namespaced: scope == "namespaced",
                definition: operator.root(),
                pod_spec: pod_spec.map(|path| path.split('.').map(Arc::from).collect()),
                other_pods: pods.contains(&"more-pods"),
                removed: None,
            };
            bundles.push(Bundle {
                release: release.unwrap_or_default(),
                kind,
                parts,
                root: root.parse().unwrap_or(usize::MAX),
                loaded: OnceLock::new(),
            });
        }
    }
    bundles
}

impl Table {
    /// The schema of a kind, perhaps not read yet.
    pub(super) fn bundle(&self, operator: Operator) -> Option<&Bundle> {
        self.bundles.get(usize::from(operator.0))
    }

    /// The schema of a kind, read.
    pub(super) fn loaded(&self, operator: Operator) -> Option<&Loaded> {
        let bundle = self.bundle(operator)?;
        Some(bundle.loaded.get_or_init(|| self.load(operator, bundle)))
    }

    fn load(&self, operator: Operator, bundle: &Bundle) -> Loaded {
        let parts = Parts::new(bundle.parts);
        let mut reader = Reader::new(self, &parts, operator.first());
        let schema = parts.get(bundle.root);
        reader.document(&bundle.kind.kind, schema);
        Loaded {
            constraints: reader.constraints(schema),
            definitions: reader.definitions,
        }
    }

    /// A definition of one of these kinds.
    pub(super) fn operator_definition(&self, operator: Operator, id: DefinitionId) -> &Definition {
        let definitions = self.loaded(operator).map(|loaded| &*loaded.definitions);
        let found = definitions.and_then(|definitions| match id == operator.root() {
            true => definitions.last(),
            false => definitions.get((id.0 & ROOT) as usize),
        });
        found.unwrap_or(&self.unknown)
    }
}
