//! Questions to the API's types and to those of the repository's CRDs.

use super::constraint::Constraints;
use super::operators::Operator;
use super::table::{Table, split_api_version};
use super::{Definition, DefinitionId, FieldType, Kind, KubernetesVersion};
use crate::suggest::nearest;
use crate::units::Dimension;
use std::collections::HashMap;
use std::sync::Arc;

/// The types of one Kubernetes version, and those of CRDs over them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Schema {
    pub(super) table: &'static Table,
    pub(super) layer: Arc<Layer>,
}

/// What CRDs add. Its definitions count on from those of the table; its kinds are in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    pub definitions: Vec<Definition>,
    pub kinds: Vec<Kind>,
    /// What the schemas of kinds demand beyond types, by the definition of the whole object.
    pub constraints: HashMap<DefinitionId, Arc<Constraints>>,
}

impl Default for Schema {
    /// The newest version, without CRDs.
    fn default() -> Schema {
        Schema::of(KubernetesVersion::NEWEST)
    }
}

impl Schema {
    /// The types of a version, without CRDs. The table is read once for each version.
    pub fn of(version: KubernetesVersion) -> Schema {
        Schema {
            table: Table::of(version),
            layer: Arc::default(),
        }
    }

    /// What a kind's name means in a policy: all its versions, those that are gone included, the most
    /// stable first. With a group, the kinds of that group and what became them.
    ///
    /// Without a group a name means the API's own kind if there is one, else those of CRDs and of
    /// well-known operators, in however many groups. An empty list: no such kind is known.
    pub fn kinds(&self, name: &str, group: Option<&str>) -> Vec<&Kind> {
        let own = named(&self.table.kinds, name).iter();
        if group.is_none() && own.len() > 0 {
            return own.collect();
        }
        let of_group = |kind: &&Kind| group.is_none_or(|group| *kind.group == *group);
        let found = self.custom(name).filter(of_group);
        let bundled = self.bundled(name).filter(of_group);
        let custom: Vec<&Kind> = match found.clone().next() {
            Some(_) => found.collect(),
            None => bundled.collect(),
        };
        let present: Vec<DefinitionId> = own.clone().filter(of_group).map(|kind| kind.definition).collect();
        own.filter(|kind| of_group(kind) || (kind.removed.is_some() && present.contains(&kind.definition)))
            .chain(custom)
            .collect()
    }

    /// What policies know of the fields of a kind: those of all its versions. Of a common tool's kind that the
    /// repository does not define, they are those of the release whose schema is here.
    pub fn fields_of_kind(&self, name: &str, group: &str) -> Vec<DefinitionId> {
        let kinds = self.kinds(name, Some(group));
        let bundled: Vec<&Kind> = match kinds.iter().any(|kind| self.is_known_by_name_only(kind)) {
            true => self.bundled(name).filter(|kind| *kind.group == *group).collect(),
            false => Vec::new(),
        };
        let known = if bundled.is_empty() { kinds } else { bundled };
        known.into_iter().map(|kind| kind.definition).collect()
    }

    /// The release of a common tool that a definition is of: `Argo CD v3.6.1`. None if it is the API's own, or the
    /// repository's.
    pub fn tool(&self, id: DefinitionId) -> Option<&'static str> {
        Some(self.table.bundle(Operator::of(id)?)?.release)
    }

    /// The kind of an object. A version that is not known of a kind that is has the most stable
    /// version's type, so that rules see the object all the same.
    pub fn kind_of(&self, api_version: &str, kind: &str) -> Option<&Kind> {
        let (group, version) = split_api_version(api_version);
        let mut found = None;
        for known in named(&self.table.kinds, kind).iter().chain(self.custom(kind)) {
            if *known.group == *group {
                if *known.version == *version {
                    return Some(known);
                }
                found = found.or(Some(known));
            }
        }
        found
    }

    /// The kind that an object must have been meant to be whose group has none of that name, where the group is
    /// one of Kubernetes', of which everything is known: no API server takes a `Deployment` of `v1`, so that a
    /// rule on Deployments is not passed by an error in `apiVersion`. None where it could be of several groups.
    pub fn meant(&self, group: &str, kind: &str) -> Option<&Kind> {
        let known = self.kinds(kind, None);
        let is_elsewhere = is_kubernetes(group) && known.iter().all(|known| *known.group != *group);
        self.home(kind).filter(|_| is_elsewhere)
    }

    /// The kind that a name alone means: the most stable version that is served. None where the groups of several
    /// projects have it.
    pub fn home(&self, kind: &str) -> Option<&Kind> {
        let known = self.kinds(kind, None);
        let home = known
            .iter()
            .find(|kind| kind.removed.is_none())
            .or(known.first())?;
        let is_clear = is_kubernetes(&home.group) || known.iter().all(|other| other.group == home.group);
        is_clear.then_some(*home)
    }

    /// Whether policies know nothing of a kind but its name and place: one of a well-known operator whose CRD
    /// the repository does not hold.
    pub fn is_known_by_name_only(&self, kind: &Kind) -> bool {
        let is_it = |other: &Kind| std::ptr::eq(other, kind);
        self.table.operators.iter().any(is_it)
    }

    /// What objects of a kind are held against: the API's own type, a CRD of the repository, else the schema of
    /// a common tool's release.
    pub fn type_of(&self, api_version: &str, kind: &str) -> Option<&Kind> {
        if let Some(known) = self.kind_of(api_version, kind)
            && !self.is_known_by_name_only(known)
        {
            return Some(known);
        }
        let (group, version) = split_api_version(api_version);
        let mut bundled = self.table.bundles.iter().map(|bundle| &bundle.kind);
        bundled.find(|known| *known.kind == *kind && *known.group == *group && *known.version == *version)
    }

    /// The release whose schema this program holds for a kind: `Argo CD v3.6.1`. None where the kind is
    /// the API's own or the repository defines it.
    pub fn release(&self, kind: &Kind) -> Option<&'static str> {
        Some(self.table.bundle(Operator::of(kind.definition)?)?.release)
    }

    /// What the schema of a kind demands beyond types.
    pub fn constraints(&self, kind: &Kind) -> Option<&Constraints> {
        match Operator::of(kind.definition) {
            Some(operator) => self.table.loaded(operator)?.constraints.as_deref(),
            None => self.layer.constraints.get(&kind.definition).map(|found| &**found),
        }
    }

    /// All versions of a kind in its group.
    pub fn versions<'a>(&'a self, kind: &Kind) -> impl Iterator<Item = &'a Kind> + use<'a> {
        let group = kind.group.clone();
        let own = named(&self.table.kinds, &kind.kind).iter();
        own.chain(named(&self.layer.kinds, &kind.kind))
            .filter(move |other| other.group == group)
    }

    /// The release in which a kind that is still served will be gone, as far as the table reaches.
    pub fn removal(&self, kind: &Kind) -> Option<KubernetesVersion> {
        let newest = Table::of(KubernetesVersion::NEWEST);
        let later = named(&newest.kinds, &kind.kind)
            .iter()
            .find(|later| later.group == kind.group && later.version == kind.version)?;
        later.removed.filter(|_| kind.removed.is_none())
    }

    /// All kinds: the API's own, those of CRDs, those of well-known operators.
    pub fn all_kinds(&self) -> impl Iterator<Item = &Kind> {
        let operators = self.table.operators.iter().filter(|kind| !self.has_crd(kind));
        self.table.kinds.iter().chain(&self.layer.kinds).chain(operators)
    }

    /// The kinds of that name which are not the API's own. CRDs take the place of the kinds that are
    /// only known by name.
    fn custom(&self, name: &str) -> impl Iterator<Item = &Kind> + Clone {
        let operators = named(&self.table.operators, name)
            .iter()
            .filter(|kind| !self.has_crd(kind));
        named(&self.layer.kinds, name).iter().chain(operators)
    }

    /// The kinds of that name whose schemas are built in.
    fn bundled(&self, name: &str) -> impl Iterator<Item = &Kind> {
        let all = self.table.bundles.iter().map(|bundle| &bundle.kind);
        all.filter(move |kind| *kind.kind == *name)
    }

    fn has_crd(&self, kind: &Kind) -> bool {
        named(&self.layer.kinds, &kind.kind)
            .iter()
            .any(|custom| custom.group == kind.group)
    }

    /// The definition of an id that this schema, or one that it was made from, has given out.
    pub fn definition(&self, id: DefinitionId) -> &Definition {
        if let Some(operator) = Operator::of(id) {
            return self.table.operator_definition(operator, id);
        }
        let index = id.0 as usize;
        let custom = || {
            self.layer
                .definitions
                .get(index.checked_sub(self.table.definitions.len())?)
        };
        self.table
            .definitions
            .get(index)
            .or_else(custom)
            .unwrap_or(&self.table.unknown)
    }

    /// The API's definition of that name, group and version first: `core.v1.Container`,
    /// `meta.v1.ObjectMeta`. None of another name or of a version that lacks it.
    pub fn definition_named(&self, name: &str) -> Option<DefinitionId> {
        self.table.id(name)
    }

    /// The type at the end of a path of fields and map keys; lists are passed through to their
    /// elements. None where a field is not known.
    pub fn type_at<'a>(
        &self,
        start: DefinitionId,
        path: impl IntoIterator<Item = &'a str>,
    ) -> Option<FieldType> {
        path.into_iter()
            .try_fold(FieldType::Object(start), |mut ty, key| {
                loop {
                    ty = match ty {
                        FieldType::List(element) => *element,
                        FieldType::Map(value) => return Some(*value),
                        FieldType::Any => return Some(FieldType::Any),
                        FieldType::Object(id) => {
                            let definition = self.definition(id);
                            return match definition.field(key) {
                                Some(field) => Some(field.ty.clone()),
                                None => definition.open.then_some(FieldType::Any),
                            };
                        }
                        _ => return None,
                    };
                }
            })
    }

    /// The field that was probably meant by a name that the definition lacks: one that is spelled
    /// alike, or one of that very name in an object below (`securityContext.privileged`).
    pub fn suggest_field(&self, id: DefinitionId, name: &str) -> Option<String> {
        let fields = &self.definition(id).fields;
        nearest(name, fields.iter().map(|field| &*field.name))
            .map(str::to_string)
            .or_else(|| {
                fields.iter().find_map(|field| match field.ty {
                    FieldType::Object(below) if &*field.name != "status" => {
                        let found = self.definition(below).field(name)?;
                        Some(format!("{}.{}", field.name, found.name))
                    }
                    _ => None,
                })
            })
    }

    /// The kind that was probably meant by a name that no kind has.
    pub fn suggest_kind(&self, name: &str) -> Option<&str> {
        nearest(name, self.all_kinds().map(|kind| &*kind.kind))
    }
}

/// The kinds of a name in a list that is sorted by name.
fn named<'a>(kinds: &'a [Kind], name: &str) -> &'a [Kind] {
    let start = kinds.partition_point(|kind| *kind.kind < *name);
    let end = kinds.partition_point(|kind| *kind.kind <= *name);
    &kinds[start..end]
}

/// Whether a group is one of Kubernetes' own, today's or one that is gone, rather than a project's.
pub fn is_kubernetes(group: &str) -> bool {
    kubernetes_groups().any(|own| own == group)
}

/// Kubernetes' own groups, today's and those that are gone; some come more than once.
pub fn kubernetes_groups() -> impl Iterator<Item = &'static str> {
    Table::of(KubernetesVersion::NEWEST)
        .kinds
        .iter()
        .map(|kind| &*kind.group)
}

/// What a field of type [`FieldType::Quantity`] measures: by the key for maps such as `requests`
/// (`key` is then a resource's name), else by the field's name.
pub fn quantity_dimension(field: &str, key: Option<&str>) -> Dimension {
    match (field, key) {
        ("maxLimitRequestRatio", _) | ("tolerance", None) => Dimension::RATIO,
        (_, Some(key)) => Dimension::of_resource_key(key),
        ("sizeLimit" | "capacity" | "maximumVolumeSize", None) => Dimension::MEMORY,
        _ => Dimension::COUNT,
    }
}
