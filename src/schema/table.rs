//! The texts of this folder → the types of one Kubernetes version.
//!
//! The form of the lines is described in `generate.py`, `legacy.txt` and `common.txt`. They are part of
//! the program, so that a line which does not read is a fault of the build that the tests find.

use super::facts::facts;
use super::operators::{self, Bundle};
use super::{Absence, Definition, DefinitionId, Field, FieldType, Kind, KubernetesVersion};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// All that is known without the repository.
#[derive(Debug)]
pub(super) struct Table {
    pub definitions: Vec<Definition>,
    /// The API's own kinds, sorted by name, the most stable version first, what is gone last.
    pub kinds: Vec<Kind>,
    /// Kinds of well-known operators, in the same order.
    pub operators: Vec<Kind>,
    /// The definition of an id that nobody gave out.
    pub unknown: Definition,
    /// The ways to pods.
    pub pod_specs: PodSpecs,
    /// The schemas of the operators' kinds.
    pub bundles: Vec<Bundle>,
    ids: HashMap<&'static str, DefinitionId>,
}

impl Table {
    /// The table of a version, read when it is first asked for. A version that the table does not
    /// have gets the nearest that it has.
    pub(super) fn of(version: KubernetesVersion) -> &'static Table {
        const OLDEST: u8 = KubernetesVersion::OLDEST.minor();
        const NEWEST: u8 = KubernetesVersion::NEWEST.minor();
        static TABLES: [OnceLock<Table>; (NEWEST - OLDEST + 1) as usize] =
            [const { OnceLock::new() }; (NEWEST - OLDEST + 1) as usize];
        let minor = version.minor().clamp(OLDEST, NEWEST);
        TABLES[usize::from(minor - OLDEST)].get_or_init(|| Reader::read(minor))
    }

    /// The definition of a name as in the table: `core.v1.PodSpec`.
    pub(super) fn id(&self, name: &str) -> Option<DefinitionId> {
        self.ids.get(name).copied()
    }
}

/// A line of kinds, with the minor versions that have it.
struct KindLine {
    api_version: &'static str,
    kind: &'static str,
    plural: &'static str,
    namespaced: bool,
    definition: &'static str,
    last: u8,
    served: bool,
}

struct Reader {
    minor: u8,
    definitions: Vec<Definition>,
    ids: HashMap<&'static str, DefinitionId>,
    names: HashMap<&'static str, Arc<str>>,
}

impl Reader {
    fn read(minor: u8) -> Table {
        let mut reader = Reader {
            minor,
            definitions: Vec::with_capacity(1024),
            ids: HashMap::with_capacity(1024),
            names: HashMap::with_capacity(4096),
        };
        let lines = reader.read_text(include_str!("kubernetes.txt"));
        let operator_lines = reader.read_text(include_str!("common.txt"));
        reader.add_facts();
        let pod_specs = PodSpecs::of(&reader.definitions, reader.ids.get("core.v1.PodSpec").copied());
        let mut kinds = reader.served_kinds(&lines, &pod_specs);
        reader.add_gone_kinds(&lines, &mut kinds);
        let mut operators = reader.served_kinds(&operator_lines, &pod_specs);
        for kinds in [&mut kinds, &mut operators] {
            kinds.sort_by(|a, b| order(a).cmp(&order(b)));
        }
        // INVARIANT: `Definition::field` searches sorted fields.
        for definition in &mut reader.definitions {
            definition.fields.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Table {
            definitions: reader.definitions,
            kinds,
            operators,
            unknown: unknown(""),
            pod_specs,
            bundles: operators::read(),
            ids: reader.ids,
        }
    }

    fn name(&mut self, text: &'static str) -> Arc<str> {
        self.names.entry(text).or_insert_with(|| text.into()).clone()
    }

    /// The id of a definition, which may be described by a later line.
    fn id(&mut self, name: &'static str) -> DefinitionId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = DefinitionId(u32::try_from(self.definitions.len()).unwrap_or(u32::MAX));
        self.definitions
            .push(unknown(name.rsplit('.').next().unwrap_or(name)));
        self.ids.insert(name, id);
        id
    }

    fn read_text(&mut self, text: &'static str) -> Vec<KindLine> {
        let (mut kinds, mut current) = (Vec::new(), None);
        for line in text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (line, first, last) = split_versions(line);
            let present = (first..=last).contains(&self.minor);
            if let Some(field) = line.strip_prefix(' ') {
                if let (true, Some(id)) = (present, current) {
                    self.read_field(id, field);
                }
            } else if let Some(kind) = line.strip_prefix("kind ") {
                kinds.extend(read_kind(kind, last, present));
            } else {
                let (name, open) = line
                    .split_once(' ')
                    .map_or((line, false), |(name, _)| (name, true));
                current = present.then(|| self.id(name));
                if let Some(definition) = current.and_then(|id| self.definitions.get_mut(id.0 as usize)) {
                    definition.open = open;
                }
            }
        }
        kinds
    }

    fn read_field(&mut self, id: DefinitionId, line: &'static str) {
        let mut words = line.split(' ');
        let (Some(name), Some(ty)) = (words.next(), words.next()) else {
            return;
        };
        let (name, required) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
        let keys = words.next().and_then(|word| word.strip_prefix("keys="));
        let field = Field {
            name: self.name(name),
            ty: self.field_type(ty),
            required,
            values: Vec::new(),
            list_keys: keys.map_or_else(Vec::new, |keys| keys.split(',').map(Arc::from).collect()),
            absence: Absence::Unknown,
        };
        if let Some(definition) = self.definitions.get_mut(id.0 as usize) {
            definition.fields.push(field);
        }
    }

    fn field_type(&mut self, text: &'static str) -> FieldType {
        let inside = |open, close| text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
        match text {
            "string" => FieldType::String,
            "bool" => FieldType::Bool,
            "integer" => FieldType::Integer,
            "number" => FieldType::Number,
            "quantity" => FieldType::Quantity,
            "port" => FieldType::IntOrString,
            "any" => FieldType::Any,
            _ => match (inside('[', ']'), inside('{', '}')) {
                (Some(element), _) => FieldType::List(Box::new(self.field_type(element))),
                (_, Some(value)) => FieldType::Map(Box::new(self.field_type(value))),
                _ => FieldType::Object(self.id(text)),
            },
        }
    }

    fn add_facts(&mut self) {
        for fact in facts() {
            for name in fact.definitions.split(' ') {
                if let Some(field) = self.ids.get(name).and_then(|id| {
                    let definition = self.definitions.get_mut(id.0 as usize)?;
                    definition
                        .fields
                        .iter_mut()
                        .find(|field| *field.name == *fact.field)
                }) {
                    fact.claim.apply(field);
                }
            }
        }
    }

    fn served_kinds(&mut self, lines: &[KindLine], pod_specs: &PodSpecs) -> Vec<Kind> {
        let served = lines.iter().filter(|line| line.served);
        served
            .map(|line| {
                let definition = self.id(line.definition);
                self.require_head(definition, line.kind);
                self.kind(line, definition, pod_specs.path(definition))
            })
            .collect()
    }

    /// Adds the kinds that are gone, with the types of what they have become.
    fn add_gone_kinds(&mut self, lines: &[KindLine], kinds: &mut Vec<Kind>) {
        let minor = self.minor;
        for line in lines.iter().filter(|line| !line.served && line.last < minor) {
            let group = split_api_version(line.api_version).0;
            let present = successor(kinds, group, line.kind);
            if let Some((definition, pod_spec)) = present.map(|kind| (kind.definition, kind.pod_spec.clone()))
            {
                kinds.push(self.kind(line, definition, pod_spec));
            }
        }
        let open = self.id("common.Object");
        for line in include_str!("legacy.txt").lines() {
            let words: Vec<&'static str> = line.split(' ').collect();
            let &["gone", api_version, kind, minor, group] = words.as_slice() else {
                continue;
            };
            let (old_group, version) = split_api_version(api_version);
            let present = successor(kinds, group, kind);
            kinds.push(Kind {
                group: self.name(old_group),
                version: self.name(version),
                kind: self.name(kind),
                plural: present.map_or_else(|| usual_plural(kind).into(), |kind| kind.plural.clone()),
                // Of those without a successor, none lives in a namespace.
                namespaced: present.is_some_and(|kind| kind.namespaced),
                definition: present.map_or(open, |kind| kind.definition),
                pod_spec: present.and_then(|kind| kind.pod_spec.clone()),
                other_pods: false,
                removed: minor.parse().ok().map(KubernetesVersion::of_minor),
            });
        }
    }

    fn kind(&mut self, line: &KindLine, definition: DefinitionId, pod_spec: Option<Vec<Arc<str>>>) -> Kind {
        let (group, version) = split_api_version(line.api_version);
        Kind {
            group: self.name(group),
            version: self.name(version),
            kind: self.name(line.kind),
            plural: self.name(line.plural),
            namespaced: line.namespaced,
            definition,
            pod_spec,
            other_pods: false,
            removed: (!line.served).then(|| KubernetesVersion::of_minor(line.last + 1)),
        }
    }

    /// No document does without `apiVersion`, `kind` and `metadata`. Claims also stand in templates,
    /// which leave out the first two.
    fn require_head(&mut self, id: DefinitionId, kind: &str) {
        if let Some(definition) = self.definitions.get_mut(id.0 as usize) {
            for field in &mut definition.fields {
                field.required |= match &*field.name {
                    "metadata" => true,
                    "apiVersion" | "kind" => kind != "PersistentVolumeClaim",
                    _ => false,
                };
            }
        }
    }
}

/// A definition of which nothing is known yet.
fn unknown(name: &str) -> Definition {
    Definition {
        name: name.into(),
        fields: Vec::new(),
        open: true,
    }
}

/// The line without its `@FROM-TO`, and those two.
fn split_versions(line: &'static str) -> (&'static str, u8, u8) {
    const ALL: (u8, u8) = (
        KubernetesVersion::OLDEST.minor(),
        KubernetesVersion::NEWEST.minor(),
    );
    if !line.ends_with(|c: char| c.is_ascii_digit()) {
        return (line, ALL.0, ALL.1);
    }
    let versions = line.rsplit_once(" @").and_then(|(line, versions)| {
        let (first, last) = versions.split_once('-')?;
        Some((line, first.parse().ok()?, last.parse().ok()?))
    });
    versions.unwrap_or((line, ALL.0, ALL.1))
}

fn read_kind(line: &'static str, last: u8, served: bool) -> Option<KindLine> {
    let mut words = line.split(' ');
    Some(KindLine {
        api_version: words.next()?,
        kind: words.next()?,
        plural: words.next()?,
        namespaced: words.next()? == "namespaced",
        definition: words.next()?,
        last,
        served,
    })
}

/// The plural that a kind has unless it chose another.
pub(super) fn usual_plural(kind: &str) -> String {
    let lower = kind.to_lowercase();
    match lower.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if lower.ends_with('s') => format!("{lower}es"),
        None => format!("{lower}s"),
    }
}

/// Group and version.
pub(super) fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// The most stable served version of a kind.
fn successor<'a>(kinds: &'a [Kind], group: &str, kind: &str) -> Option<&'a Kind> {
    kinds
        .iter()
        .filter(|known| *known.kind == *kind && *known.group == *group && known.removed.is_none())
        .min_by(|a, b| order(a).cmp(&order(b)))
}

/// Kinds sort by name; of one name what is served comes first, then by group, then the more stable
/// and the newer version as Kubernetes ranks versions.
pub(super) fn order(kind: &Kind) -> impl Ord + use<'_> {
    /// The number that a text begins with, and the rest.
    fn number(text: &str) -> (u32, &str) {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, rest) = text.split_at(end);
        (digits.parse().unwrap_or(0), rest)
    }
    let (major, rest) = number(kind.version.strip_prefix('v').unwrap_or(&kind.version));
    let (stability, minor) = match rest.strip_prefix("beta") {
        Some(rest) => (1, number(rest).0),
        None if rest.is_empty() => (0, 0),
        None => (2, number(rest.trim_start_matches(char::is_alphabetic)).0),
    };
    (
        &*kind.kind,
        kind.removed.is_some(),
        &*kind.group,
        stability,
        std::cmp::Reverse((major, minor)),
    )
}

/// From each definition that leads to a `PodSpec` through objects alone, the field to take and where
/// it leads.
#[derive(Debug, Clone, Default)]
pub(super) struct PodSpecs {
    steps: HashMap<DefinitionId, (Arc<str>, DefinitionId)>,
    pod_spec: Option<DefinitionId>,
}

impl PodSpecs {
    fn of(definitions: &[Definition], pod_spec: Option<DefinitionId>) -> PodSpecs {
        /// CronJobs are the farthest away: five steps.
        const FARTHEST: usize = 6;
        let mut found = PodSpecs {
            steps: HashMap::new(),
            pod_spec,
        };
        // One step farther in each round, so that the shortest way is found first.
        for _ in 0..FARTHEST {
            let mut next = found.clone();
            for (id, definition) in (0..).map(DefinitionId).zip(definitions) {
                if !next.leads(id)
                    && let Some(step) = found.step(&definition.fields)
                {
                    next.steps.insert(id, step);
                }
            }
            if next.steps.len() == found.steps.len() {
                break;
            }
            found = next;
        }
        found
    }

    /// Adds a definition whose fields' types are known already.
    pub(super) fn add(&mut self, id: DefinitionId, definition: &Definition) {
        if let Some(step) = self.step(&definition.fields) {
            self.steps.insert(id, step);
        }
    }

    fn leads(&self, id: DefinitionId) -> bool {
        self.pod_spec == Some(id) || self.steps.contains_key(&id)
    }

    fn step(&self, fields: &[Field]) -> Option<(Arc<str>, DefinitionId)> {
        let leading = fields.iter().filter_map(|field| match field.ty {
            FieldType::Object(to) if &*field.name != "status" && self.leads(to) => Some((field, to)),
            _ => None,
        });
        let (field, to) =
            leading.min_by_key(|(_, to)| self.path(*to).map_or(usize::MAX, |path| path.len()))?;
        Some((field.name.clone(), to))
    }

    /// The fields from a definition to the nearest `PodSpec`.
    pub(super) fn path(&self, mut from: DefinitionId) -> Option<Vec<Arc<str>>> {
        let mut path = Vec::new();
        while Some(from) != self.pod_spec {
            let (name, to) = self.steps.get(&from)?;
            path.push(name.clone());
            from = *to;
        }
        Some(path)
    }
}
