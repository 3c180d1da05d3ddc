//! Which places of manifests a group reads, and what must stand there.
//!
//! In: a [`Group`]. Out: for each binder over the repository a [`DomainReads`]: trees of keys whose
//! nodes say which type the policy expects and whether the API demands the value. A value of another
//! type, or a demanded one that is missing though its parent is there, is a fault of the manifest: each
//! rule that reads it reports it, and does not judge the element any further. Evaluator and emitters
//! share these trees, so that all engines report the same.
//!
//! What counts as read: everything in `for`, `where`, `let`, `require` and `forbid`, whether or not an
//! earlier `where` would have left the element out (a filter that an ill-typed value could steer must not
//! hide it). What only a message, `help`, `at` or `fix` reads does not count: an absent value prints as
//! `unset` there.

use super::*;
use std::collections::HashMap;

/// What is read of the elements of one binder over the repository.
#[derive(Debug, Clone)]
pub struct DomainReads {
    /// What the binder ranges over.
    pub domain: Domain,
    /// The local of its elements.
    pub slot: Slot,
    /// Whether it is a step of the group: a faulty element is then not judged. Else it belongs to a
    /// quantifier, which goes on and reads faulty values as absent.
    pub is_step: bool,
    /// What is read from the root of an element's object.
    pub document: Shape,
    /// What is read from its pod template or pod; of all its pods if the element is the object.
    pub pod: Shape,
    /// What is read from the element if it is a container.
    pub container: Shape,
}

/// A place that is read, with the places below it.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The type that a value there must have, never [`Type::Optional`]. Of a list or map with scalar
    /// elements, those must have their type too; parts of structs are checked by `parts`.
    pub expected: Type,
    /// Whether absence is a fault where the parent is there. A list must then have an element.
    pub required: bool,
    /// The kinds of objects for which it is read (`is Kind` narrows); all if there are none.
    pub only: Vec<KindReference>,
    /// What is read below it.
    pub parts: Vec<(Segment, Shape)>,
}

/// A step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// The value of a key.
    Key(Arc<str>),
    /// An element of a list.
    Item(usize),
    /// Every element of a list.
    Elements,
    /// The value of every key.
    Entries,
}

/// What the group reads of the repository, binder by binder.
pub fn of_group(group: &Group, locals: &[Local]) -> Vec<DomainReads> {
    let mut reader = Reader {
        locals,
        domains: Vec::new(),
        bound: HashMap::new(),
        facts: Vec::new(),
    };
    for step in &group.steps {
        match step {
            Step::Each(each) => reader.bind(each, true),
            Step::Where(condition) => {
                reader.read(condition);
                reader.assume(condition, true);
            }
            Step::Let(slot, value) => {
                let value = reader.read(value);
                reader.bound.insert(*slot, value);
            }
            Step::Clause(clause) => {
                let facts = reader.facts.len();
                for each in &clause.each {
                    reader.bind(each, false);
                }
                reader.read(&clause.violation);
                reader.facts.truncate(facts);
                if clause.each.is_empty() {
                    reader.assume(&clause.violation, false);
                }
            }
        }
    }
    reader.domains
}

/// From where a path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Document,
    Pod,
    Container,
}

/// A place that an expression may stand for.
#[derive(Debug, Clone)]
struct Place {
    domain: usize,
    from: From,
    path: Vec<(Segment, Type, bool)>,
}

impl Place {
    fn root(domain: usize, from: From) -> Place {
        Place {
            domain,
            from,
            path: Vec::new(),
        }
    }

    fn then(&self, segment: Segment, expected: &Type, required: bool) -> Place {
        let mut place = self.clone();
        place.path.push((segment, expected.present().clone(), required));
        place
    }

    fn key(&self, key: &str, expected: Type, required: bool) -> Place {
        self.then(Segment::Key(key.into()), &expected, required)
    }
}

/// The places of a value, and those of its elements where they are known one by one.
#[derive(Debug, Clone, Default)]
struct Places {
    value: Vec<Place>,
    elements: Vec<Place>,
}

struct Reader<'a> {
    locals: &'a [Local],
    domains: Vec<DomainReads>,
    bound: HashMap<Slot, Places>,
    facts: Vec<(usize, Vec<KindReference>)>,
}

fn object() -> Type {
    Type::Map(Box::new(Type::Any))
}

fn list() -> Type {
    Type::List(Box::new(Type::Any))
}

fn strings(of: fn(Box<Type>) -> Type) -> Type {
    of(Box::new(Type::String))
}

impl Reader<'_> {
    /// Binds the names of a binder and notes what the binder itself reads.
    fn bind(&mut self, each: &Each, is_step: bool) {
        let places = match &each.domain {
            Domain::Elements(list) => {
                let places = self.read(list);
                let element = match list.ty.present() {
                    Type::List(_) => Segment::Elements,
                    _ => Segment::Entries,
                };
                let expected = self.type_of(each.value);
                let mut below: Vec<Place> = Vec::new();
                for place in &places.value {
                    let place = place.then(element.clone(), &expected, false);
                    self.note(&place);
                    below.push(place);
                }
                below.extend(places.elements);
                below
            }
            domain => {
                let index = self.domains.len();
                self.domains.push(DomainReads {
                    domain: domain.clone(),
                    slot: each.value,
                    is_step,
                    document: Shape::root(false),
                    pod: Shape::root(matches!(domain, Domain::Pods | Domain::Containers(_))),
                    container: Shape::root(false),
                });
                let from = match domain {
                    Domain::Pods => From::Pod,
                    Domain::Containers(_) => From::Container,
                    _ => From::Document,
                };
                if let Domain::Containers(classes) = domain {
                    self.containers(&Place::root(index, From::Pod), *classes);
                }
                vec![Place::root(index, from)]
            }
        };
        let places = Places {
            value: places,
            elements: Vec::new(),
        };
        self.bound.insert(each.value, places);
    }

    fn type_of(&self, slot: Slot) -> Type {
        self.locals
            .get(slot.0 as usize)
            .map_or(Type::Any, |local| local.ty.present().clone())
    }

    /// Notes the lists of a pod's containers and gives the places of their elements.
    fn containers(&mut self, pod: &Place, classes: ContainerClasses) -> Vec<Place> {
        let spec = pod.key("spec", object(), true);
        classes
            .fields()
            .map(|field| {
                let place = spec.key(field, list(), field == "containers").then(
                    Segment::Elements,
                    &Type::Container,
                    false,
                );
                self.note(&place);
                place
            })
            .collect()
    }

    /// Enters a path into the tree of its root.
    fn note(&mut self, place: &Place) {
        let only: Vec<KindReference> = self
            .facts
            .iter()
            .rev()
            .find(|(domain, _)| *domain == place.domain)
            .map(|(_, kinds)| kinds.clone())
            .unwrap_or_default();
        let Some(reads) = self.domains.get_mut(place.domain) else {
            return;
        };
        let mut shape = match place.from {
            From::Document => &mut reads.document,
            From::Pod => &mut reads.pod,
            From::Container => &mut reads.container,
        };
        for (segment, expected, required) in &place.path {
            let known = shape.parts.iter().position(|(own, part)| {
                own == segment && part.expected == *expected && part.required == *required
            });
            let index = known.unwrap_or_else(|| {
                shape.parts.push((
                    segment.clone(),
                    Shape {
                        expected: expected.clone(),
                        required: *required,
                        only: only.clone(),
                        parts: Vec::new(),
                    },
                ));
                shape.parts.len() - 1
            });
            shape = &mut shape.parts[index].1;
            if only.is_empty() {
                shape.only.clear();
            } else if !shape.only.is_empty() {
                for kind in &only {
                    if !shape.only.contains(kind) {
                        shape.only.push(kind.clone());
                    }
                }
            }
        }
    }

    fn note_all(&mut self, places: Vec<Place>) -> Vec<Place> {
        for place in &places {
            self.note(place);
        }
        places
    }

    /// Notes what an expression reads and says which places its value may come from.
    fn read(&mut self, expression: &Expression) -> Places {
        let value = match &expression.kind {
            ExpressionKind::Constant(_) | ExpressionKind::Parameter(_) => Vec::new(),
            ExpressionKind::Local(slot) => return self.bound.get(slot).cloned().unwrap_or_default(),
            ExpressionKind::Field { base, name, required } => {
                let base = self.read(base).value;
                let segment = Segment::Key(name.clone());
                self.note_all(
                    base.iter()
                        .map(|place| place.then(segment.clone(), &expression.ty, *required))
                        .collect(),
                )
            }
            ExpressionKind::Index(base, key) => {
                self.read(key);
                let segment = match (&key.kind, base.ty.present()) {
                    (ExpressionKind::Constant(Constant::String(key)), _) => Segment::Key(key.clone()),
                    (ExpressionKind::Constant(Constant::Int(index)), _) => {
                        usize::try_from(*index).map_or(Segment::Elements, Segment::Item)
                    }
                    (_, Type::List(_)) => Segment::Elements,
                    _ => Segment::Entries,
                };
                let base = self.read(base);
                // Which of the containers, or of the parts of a list, has that number is not known here.
                if base.value.is_empty() {
                    return Places {
                        value: base.elements,
                        elements: Vec::new(),
                    };
                }
                self.note_all(
                    base.value
                        .iter()
                        .map(|place| place.then(segment.clone(), &expression.ty, false))
                        .collect(),
                )
            }
            ExpressionKind::Property(base, property) => return self.property(base, *property),
            ExpressionKind::Coalesce(left, right) => {
                let mut left = self.read(left);
                let right = self.read(right);
                left.value.extend(right.value);
                left.elements.extend(right.elements);
                return left;
            }
            ExpressionKind::Cast(base, _) => self.read(base).value,
            ExpressionKind::List(elements) => {
                let elements = elements
                    .iter()
                    .flat_map(|element| self.read(element).value)
                    .collect();
                return Places {
                    value: Vec::new(),
                    elements,
                };
            }
            ExpressionKind::And(left, right) => {
                self.read_narrowed(left, true, right);
                Vec::new()
            }
            ExpressionKind::Or(left, right) => {
                self.read_narrowed(left, false, right);
                Vec::new()
            }
            ExpressionKind::Test(operator, left, right) => {
                let left_places = self.read(left).value;
                let right_places = self.read(right).value;
                match operator {
                    TestOperator::Selects => {
                        if !matches!(left.ty.present(), Type::Map(_)) {
                            self.selector(left_places);
                        }
                        if !matches!(right.ty.present(), Type::Map(_)) {
                            self.labels(right_places, "labels");
                        }
                    }
                    TestOperator::RefersTo => {
                        for place in left_places {
                            self.note(&place.key("name", Type::String, false));
                            self.note(&place.key("kind", Type::String, false));
                        }
                    }
                    _ => {}
                }
                Vec::new()
            }
            ExpressionKind::Any(each, condition) => {
                self.quantified(each, Some(condition), None);
                Vec::new()
            }
            ExpressionKind::Count(each, condition) => {
                self.quantified(each, condition.as_deref(), None);
                Vec::new()
            }
            ExpressionKind::Sum {
                each,
                condition,
                value,
            } => {
                self.quantified(each, condition.as_deref(), Some(value));
                Vec::new()
            }
            ExpressionKind::Call(builtin, arguments) => {
                let places: Vec<Place> = arguments
                    .iter()
                    .flat_map(|argument| self.read(argument).value)
                    .collect();
                if *builtin == Builtin::References {
                    self.references(places);
                }
                Vec::new()
            }
            _ => {
                for child in expression.children() {
                    self.read(child);
                }
                Vec::new()
            }
        };
        Places {
            value,
            elements: Vec::new(),
        }
    }

    fn read_narrowed(&mut self, first: &Expression, holds: bool, then: &Expression) {
        self.read(first);
        let facts = self.facts.len();
        self.assume(first, holds);
        self.read(then);
        self.facts.truncate(facts);
    }

    fn quantified(&mut self, each: &Each, condition: Option<&Expression>, value: Option<&Expression>) {
        let facts = self.facts.len();
        self.bind(each, false);
        if let Some(condition) = condition {
            self.read(condition);
            self.assume(condition, true);
        }
        if let Some(value) = value {
            self.read(value);
        }
        self.facts.truncate(facts);
    }

    fn property(&mut self, base: &Expression, property: Property) -> Places {
        let places = self.read(base).value;
        let value = match property {
            Property::Object => places
                .iter()
                .map(|place| Place::root(place.domain, From::Document))
                .collect(),
            Property::Pod => places
                .iter()
                .map(|place| Place::root(place.domain, From::Pod))
                .collect(),
            Property::Containers => {
                let pods: Vec<Place> = places
                    .iter()
                    .map(|place| Place::root(place.domain, From::Pod))
                    .collect();
                let elements = pods
                    .iter()
                    .flat_map(|pod| self.containers(pod, ContainerClasses::ALL))
                    .collect();
                return Places {
                    value: Vec::new(),
                    elements,
                };
            }
            Property::Labels => self.labels(places, "labels"),
            Property::Annotations => self.labels(places, "annotations"),
            Property::Name | Property::Namespace => {
                let field = if property == Property::Name {
                    "name"
                } else {
                    "namespace"
                };
                let metadata = |place: &Place| {
                    Place::root(place.domain, From::Document).key("metadata", object(), false)
                };
                self.note_all(
                    places
                        .iter()
                        .map(|place| metadata(place).key(field, Type::String, false))
                        .collect(),
                )
            }
            Property::Flags => {
                for place in &places {
                    self.note(&place.key("command", strings(Type::List), false));
                    self.note(&place.key("args", strings(Type::List), false));
                }
                Vec::new()
            }
            _ => Vec::new(),
        };
        Places {
            value,
            elements: Vec::new(),
        }
    }

    /// Labels or annotations: of the pod for pods and their containers, else of the object.
    fn labels(&mut self, places: Vec<Place>, field: &str) -> Vec<Place> {
        let of = |place: &Place| {
            let from = match place.from {
                From::Document => From::Document,
                From::Pod | From::Container => From::Pod,
            };
            Place::root(place.domain, from)
                .key("metadata", object(), false)
                .key(field, strings(Type::Map), false)
        };
        self.note_all(places.iter().map(of).collect())
    }

    /// What a label selector consists of.
    fn selector(&mut self, places: Vec<Place>) {
        for place in places {
            self.note(&place.key("matchLabels", strings(Type::Map), false));
            let requirement =
                place
                    .key("matchExpressions", list(), false)
                    .then(Segment::Elements, &object(), false);
            self.note(&requirement.key("key", Type::String, true));
            self.note(&requirement.key("operator", Type::String, true));
            self.note(&requirement.key("values", strings(Type::List), false));
        }
    }

    /// Where a pod names other objects.
    fn references(&mut self, pods: Vec<Place>) {
        for pod in pods
            .iter()
            .filter(|place| place.from == From::Pod && place.path.is_empty())
        {
            let spec = pod.key("spec", object(), true);
            let volumes = spec.key("volumes", list(), false);
            self.note(&volumes.then(Segment::Elements, &object(), false));
            self.note(&spec.key("imagePullSecrets", list(), false));
            self.note(&spec.key("serviceAccountName", Type::String, false));
            for container in self.containers(pod, ContainerClasses::ALL) {
                for field in ["env", "envFrom"] {
                    let entries = container.key(field, list(), false);
                    self.note(&entries.then(Segment::Elements, &object(), false));
                }
            }
        }
    }

    /// Notes the kinds that an object must be of if a condition holds, or fails.
    fn assume(&mut self, condition: &Expression, holds: bool) {
        match (&condition.kind, holds) {
            (ExpressionKind::Not(inner), _) => self.assume(inner, !holds),
            (ExpressionKind::And(left, right), true) | (ExpressionKind::Or(left, right), false) => {
                self.assume(left, holds);
                self.assume(right, holds);
            }
            (ExpressionKind::IsKind(base, kinds), _) => {
                let Some(domain) = self.object_of(base) else {
                    return;
                };
                if holds {
                    self.facts.push((domain, kinds.clone()));
                } else if let Some(DomainReads {
                    domain: Domain::Kinds(all),
                    ..
                }) = self.domains.get(domain)
                {
                    let others = all.iter().filter(|kind| !kinds.contains(kind)).cloned().collect();
                    self.facts.push((domain, others));
                }
            }
            _ => {}
        }
    }

    /// The binder whose object an expression is.
    fn object_of(&self, expression: &Expression) -> Option<usize> {
        match &expression.kind {
            ExpressionKind::Local(slot) => match self.bound.get(slot)?.value.as_slice() {
                [place] if place.path.is_empty() => Some(place.domain),
                _ => None,
            },
            ExpressionKind::Property(base, Property::Object) => self.object_of(base),
            _ => None,
        }
    }
}

impl Shape {
    fn root(required: bool) -> Shape {
        Shape {
            expected: object(),
            required,
            only: Vec::new(),
            parts: Vec::new(),
        }
    }
}
