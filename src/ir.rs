//! The compiled policy: plain data, resolved and typed, a span on every node.
//!
//! In: what `semantics` concludes from the syntax trees. Out: the one form that `evaluate`, `emit`
//! and `analyse` read; none of them sees syntax.
//!
//! Expressions are total: every one has a value for every input, a missing field included. The
//! types guarantee it: an operator never meets an absent operand, save where a manifest is ill-typed
//! or lacks what the API demands, and those are findings of their own ([`Rule::groups`] are not
//! judged for a subject whose reads are faulty). Should an absent scalar come to an operator all the
//! same, in every engine a comparison or test with it is false and arithmetic with it is absent.

mod automation;
mod constant;
mod date;
mod pattern;
pub mod reads;
mod types;
mod visit;

pub use automation::*;
pub use constant::{Constant, DECIMAL_SCALE, parse_decimal};
pub use date::Date;
pub use pattern::{PatternFault, normalise_pattern};
pub use types::{KindReference, Type};

use crate::diagnostic::Severity;
use crate::source::Span;
use crate::units::Quantity;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Everything that the policies of a run say.
#[derive(Debug, Clone, Default)]
pub struct PolicySet {
    /// All rules that were loaded, the library's included, sorted by id.
    pub rules: Vec<Rule>,
    /// The budgets, sorted by name.
    pub budgets: Vec<Budget>,
    /// The automations: `optimize`, `heal`, `promote`, sorted by name.
    pub automations: Vec<Automation>,
    /// The waivers.
    pub waivers: Vec<Waiver>,
    /// The test blocks.
    pub tests: Vec<Test>,
    /// The packs: those that files belong to and those that `pack` declares, sorted by name.
    pub packs: Vec<Pack>,
    /// The ids of the rules that are in force by the policies' own word: all rules of one's own files,
    /// and what these `use`, whether its file was given or not.
    pub adopted: BTreeSet<Arc<str>>,
}

/// A named set of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Its dotted name: `std.pss.restricted`.
    pub name: Arc<str>,
    /// First line of its documentation; empty for the pack of a folder.
    pub title: String,
    /// The ids of its rules, those of the packs that it uses included, sorted.
    pub rules: Vec<Arc<str>>,
    /// The declaration's name; `None` for the pack of a folder.
    pub span: Option<Span>,
}

/// A rule over manifests.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name, unique among all rules of a run.
    pub id: Arc<str>,
    /// The pack that it comes from: `std.security`, or empty for rules of one's own.
    pub pack: Arc<str>,
    /// The first line of its documentation; its id in words if it has none.
    pub title: String,
    /// The rest of its documentation, in Markdown.
    pub documentation: String,
    /// How bad a finding of it is.
    pub severity: Severity,
    /// `security`, `cost`, `carbon`, `reliability`, `compliance`, `performance`, `ai`; empty if none.
    pub category: String,
    /// The controls of public catalogues that it serves.
    pub controls: Vec<String>,
    /// The peers' checks that it stands for.
    pub replaces: Vec<Replaces>,
    /// What a repository may set, in the order of declaration.
    pub parameters: Vec<Parameter>,
    /// The local names; a [`Slot`] is an index into it.
    pub locals: Vec<Local>,
    /// What it checks. Groups are independent of each other.
    pub groups: Vec<Group>,
    /// The declaration's name in the policy.
    pub span: Span,
    /// The whole declaration, from its first keyword to its end.
    pub declaration: Span,
}

/// A peer's check that a rule stands for.
#[derive(Debug, Clone)]
pub struct Replaces {
    /// The peer: `kube-linter`.
    pub peer: String,
    /// Its check.
    pub check: String,
    /// Values of parameters with which the rule stands for it.
    pub with: Vec<(String, Constant)>,
    /// Paths in the peer's own parameters, with the parameter of the rule that takes the value.
    pub from: Vec<(String, String)>,
}

/// A value that a repository or a cluster may set.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name; users address it as RULE.NAME.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// The values allowed: a `Constant::Range` or `Constant::List`.
    pub allowed: Option<Constant>,
    /// The value that holds: the default until somebody sets another.
    pub value: Constant,
    /// Its documentation.
    pub documentation: String,
    /// Its declaration.
    pub span: Span,
}

/// Index of a local of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

/// A local name of a rule.
#[derive(Debug, Clone)]
pub struct Local {
    /// As the policy calls it.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
}

/// Binders, filters and clauses that belong together. Steps run in order for every combination of
/// elements; after a clause that fails, the rest of the group is not judged for that combination.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// The steps in order. [`Step::Each`] come before the first clause.
    pub steps: Vec<Step>,
}

/// A step of a group.
#[derive(Debug, Clone)]
#[allow(
    clippy::large_enum_variant,
    reason = "most steps are clauses, so that boxes would cost more than they save"
)]
pub enum Step {
    /// `for`: the rest of the group is run for each element.
    Each(Each),
    /// `where`: the rest of the group is run only if it holds.
    Where(Expression),
    /// `let`: names a value.
    Let(Slot, Expression),
    /// `require` or `forbid`.
    Clause(Clause),
}

/// Names for each element of a domain.
#[derive(Debug, Clone)]
pub struct Each {
    /// The key of a map entry, the index of a list element, the name of a set field.
    pub key: Option<Slot>,
    /// The element.
    pub value: Slot,
    /// What is ranged over.
    pub domain: Domain,
    /// The binding in the policy.
    pub span: Span,
}

/// What a binder ranges over.
#[derive(Debug, Clone)]
pub enum Domain {
    /// Every object of the repository.
    Objects,
    /// The objects of these kinds.
    Kinds(Vec<KindReference>),
    /// Every object that bears pods; the element is the object (`workloads`).
    Workloads,
    /// Objects whose replicas can be scaled: Deployment, StatefulSet, ReplicaSet, ReplicationController.
    Scalables,
    /// Every pod template or pod.
    Pods,
    /// The containers of every pod.
    Containers(ContainerClasses),
    /// Every namespace that an object of the repository lives in or is; the element is its name.
    Namespaces,
    /// The elements of a list, the entries of a map, the set fields of an object.
    Elements(Expression),
}

impl Domain {
    /// Whether its elements come from the repository rather than from a value at hand.
    pub fn is_repository(&self) -> bool {
        !matches!(self, Domain::Elements(_))
    }
}

/// Which lists of a pod's containers are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContainerClasses {
    /// `containers`
    pub regular: bool,
    /// `initContainers`
    pub init: bool,
    /// `ephemeralContainers`
    pub ephemeral: bool,
}

impl ContainerClasses {
    /// All three.
    pub const ALL: ContainerClasses = ContainerClasses {
        regular: true,
        init: true,
        ephemeral: true,
    };

    /// The fields of a pod's spec that hold them, in the order in which they are judged.
    pub fn fields(self) -> impl Iterator<Item = &'static str> {
        [
            (self.init, "initContainers"),
            (self.regular, "containers"),
            (self.ephemeral, "ephemeralContainers"),
        ]
        .into_iter()
        .filter_map(|(wanted, field)| wanted.then_some(field))
    }
}

/// `require` or `forbid`.
#[derive(Debug, Clone)]
pub struct Clause {
    /// Binders of `forbid any x in …` and `require no x in …` at the clause's top: each element for
    /// which `violation` holds is a finding of its own.
    pub each: Vec<Each>,
    /// Holds when the clause is broken.
    pub violation: Expression,
    /// A string: the author's message, or the one that the compiler wrote.
    pub message: Expression,
    /// A string: what to do.
    pub help: Option<Expression>,
    /// The value at whose bytes the finding points: the author's `at`, else the first field read. If
    /// it is absent, its nearest parent that exists is meant.
    pub at: Option<Expression>,
    /// Mechanical mends, applied together.
    pub fixes: Vec<Fix>,
    /// Keyword and condition in the policy.
    pub span: Span,
}

/// A mechanical mend of the manifest.
#[derive(Debug, Clone)]
pub struct Fix {
    /// Whether behaviour stays as intended.
    pub safe: bool,
    /// What it does. The path is a chain of `Field`, `Key` and `Index` that ends at a local, or a flag of a
    /// container, `c.flags["name"]`.
    pub edit: FixEdit,
    /// The fix in the policy.
    pub span: Span,
}

/// The forms of a mend.
#[derive(Debug, Clone)]
pub enum FixEdit {
    /// Sets a path, and its parents where they are missing.
    Set(Expression, Expression),
    /// Removes a path.
    Remove(Expression),
    /// Adds a value to a list.
    Add(Expression, Expression),
}

/// An expression with its type.
#[derive(Debug, Clone)]
pub struct Expression {
    /// What it computes.
    pub kind: ExpressionKind,
    /// The type of its value. [`Type::Optional`] says that the value may be absent; narrowing has
    /// already been applied.
    pub ty: Type,
    /// Where the policy says it (for what was inlined from a `fn` or `let`: the place of use).
    pub span: Span,
}

/// The forms of an expression.
#[derive(Debug, Clone)]
pub enum ExpressionKind {
    /// A constant.
    Constant(Constant),
    /// A parameter of the rule, by index.
    Parameter(usize),
    /// A local of the rule.
    Local(Slot),
    /// A field of an object, by its name in manifests. A value whose type is not the expression's
    /// reads as absent.
    Field {
        /// The object; reading through an absent object gives absent.
        base: Box<Expression>,
        /// The field.
        name: Arc<str>,
        /// Whether the API demands it, so that its absence is a fault of the manifest.
        required: bool,
    },
    /// An entry of a map (the key is a string) or an element of a list (an integer).
    Index(Box<Expression>, Box<Expression>),
    /// Something that Ordain derives from a value.
    Property(Box<Expression>, Property),
    /// `a ?? b`: `a` unless it is absent.
    Coalesce(Box<Expression>, Box<Expression>),
    /// `is set`: whether the value is there (and of its type).
    Present(Box<Expression>),
    /// `is Kind`: whether the object is of one of these kinds.
    IsKind(Box<Expression>, Vec<KindReference>),
    /// `as T`: the value if it is of that type, else absent.
    Cast(Box<Expression>, Type),
    /// Negation of a condition.
    Not(Box<Expression>),
    /// Both hold; the right is not evaluated unless the left holds.
    And(Box<Expression>, Box<Expression>),
    /// One holds; the right is not evaluated if the left holds.
    Or(Box<Expression>, Box<Expression>),
    /// A comparison of two values of one type (`Int` and `Decimal` are never mixed).
    Compare(Comparison, Box<Expression>, Box<Expression>),
    /// A test of two values.
    Test(TestOperator, Box<Expression>, Box<Expression>),
    /// Exact arithmetic.
    Arithmetic(Arithmetic, Box<Expression>, Box<Expression>),
    /// `-a`.
    Negate(Box<Expression>),
    /// Whether the condition holds for an element.
    Any(Box<Each>, Box<Expression>),
    /// How many elements satisfy the condition (all, if there is none).
    Count(Box<Each>, Option<Box<Expression>>),
    /// The sum of the values of the elements that satisfy the condition; zero of its type if none.
    /// It is absent if one of the values is.
    Sum {
        /// The elements.
        each: Box<Each>,
        /// Which of them.
        condition: Option<Box<Expression>>,
        /// What is added up.
        value: Box<Expression>,
    },
    /// A list of values; absent ones are left out.
    List(Vec<Expression>),
    /// The printed values, one after the other; an absent one prints as `unset`.
    Interpolate(Vec<Expression>),
    /// A function of the language.
    Call(Builtin, Vec<Expression>),
}

/// Comparisons of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`; on documents, identity.
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// Tests of one value against another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TestOperator {
    /// An element of a list, a key of a map, a number of a range.
    In,
    /// A string against a pattern in which `*` stands for any characters, anchored at both ends.
    Like,
    /// A string begins with another.
    StartsWith,
    /// A string ends with another.
    EndsWith,
    /// A string holds another, or a list an element.
    Contains,
    /// A string holds a match of a regular expression (a constant in the common subset of RE2 and Rust).
    Matches,
    /// A label selector (`LabelSelector`, or a map as Services have it) selects a pod, an object or a
    /// map of labels, in the same namespace where the selector's owner is a namespaced object. An
    /// absent selector selects nothing, an empty Service selector nothing, an empty label selector all.
    Selects,
    /// A reference (scale target, role reference, subject, backend, pod's reference) names an object.
    RefersTo,
    /// An Argo CD or Flux object deploys an object.
    Deploys,
}

/// Exact arithmetic on integers, decimals and quantities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, by a constant other than zero.
    Divide,
}

/// What Ordain derives from objects, pods, containers and images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Property {
    /// The whole object that a value is part of.
    Object,
    /// The object's `metadata.name` (`generateName` where there is none), else empty.
    Name,
    /// The namespace: as written, else configured, else `default`; empty for what is not namespaced.
    Namespace,
    /// The object's kind.
    Kind,
    /// The labels: of the pod template for pods, else of the object.
    Labels,
    /// The annotations, likewise.
    Annotations,
    /// The path of the file that the object stands in.
    File,
    /// The Application of Argo CD that deploys the object, if one does; each of several in turn.
    Application,
    /// The pod of a container, or of an object that bears pods.
    Pod,
    /// The containers of a pod: regular, init and ephemeral.
    Containers,
    /// Whether a container is regular, init or ephemeral: `"regular"`, `"init"`, `"ephemeral"`.
    ContainerClass,
    /// `--name=value` and `--name value` in a container's command and args, as a map; `--name` alone
    /// is `"true"`, and of a flag given twice the last counts.
    Flags,
    /// An image's registry; `docker.io` where none is written.
    ImageRegistry,
    /// An image's repository, without registry, tag and digest.
    ImageRepository,
    /// An image's tag, if it has one.
    ImageTag,
    /// An image's digest, if it has one.
    ImageDigest,
    /// The lower end of a range of quantities, absent when a request is missing.
    Low,
    /// The upper end of a range of quantities, absent when a request is missing.
    High,
    /// `repository.complete`: whether all files of the repository were given. Its base is a constant.
    Complete,
}

/// Functions of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// `count(xs)`: the elements of a list, the entries of a map.
    Count,
    /// `split(text, separator)`: a list of strings.
    Split,
    /// `lower(text)`: ASCII letters in lower case.
    Lower,
    /// `cidrContains(range, address or range)`; false if either is not one.
    CidrContains,
    /// `semver(a, b)`: −1, 0 or 1 as `a` is older, equal or newer; absent if either is no version.
    Semver,
    /// `keys(m)`: the keys of a map or the set fields of an object, sorted.
    Keys,
    /// `references(pod, Kind | Kind)`: what a pod refers to, as structs of `kind`, `name`, `optional`.
    References,
    /// `base(x)`: the same object in the base revision.
    Base,
    /// `cost(x)`: a range of money a month.
    Cost,
    /// `carbon(x)`: a range of carbon a month.
    Carbon,
    /// `energy(x)`: a range of energy a month.
    Energy,
    /// `replicas(w)`: a range of counts.
    Replicas,
    /// `requests(w, "cpu")`: the sum over the pod's containers, at the range of replicas.
    Requests,
}

/// A FinOps or GreenOps limit over an aggregate.
#[derive(Debug, Clone)]
pub struct Budget {
    /// Its name.
    pub name: Arc<str>,
    /// First line of its documentation.
    pub title: String,
    /// How bad it is to exceed it.
    pub severity: Severity,
    /// `cost`, `carbon`, …; empty if none.
    pub category: String,
    /// Controls that it serves.
    pub controls: Vec<String>,
    /// The local names of `each` and `condition`.
    pub locals: Vec<Local>,
    /// What is counted.
    pub each: Each,
    /// Which of them.
    pub condition: Option<Expression>,
    /// The limits.
    pub limits: Vec<BudgetLimit>,
    /// The share of a limit from which a warning is given, as a ratio.
    pub warn_at: Option<Quantity>,
    /// What a container without the request counts as: resource and quantity.
    pub assume: Vec<(String, Quantity)>,
    /// The declaration's name.
    pub span: Span,
    /// The whole declaration, from its first keyword to its end.
    pub declaration: Span,
}

/// What a budget measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Money a month.
    Cost,
    /// Carbon dioxide equivalents a month.
    Carbon,
    /// Electric energy a month.
    Energy,
}

/// A limit of a budget.
#[derive(Debug, Clone)]
pub struct BudgetLimit {
    /// What is measured.
    pub measure: Measure,
    /// The most that it may be, at the upper bound of any autoscaler.
    pub at_most: Quantity,
    /// The most by which it may grow against the base revision, as a ratio.
    pub growing_at_most: Option<Quantity>,
    /// The line in the policy.
    pub span: Span,
}

/// A scoped exception.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The rule waived.
    pub rule: Arc<str>,
    /// For which objects.
    pub objects: Vec<ObjectPattern>,
    /// Why.
    pub because: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds.
    pub until: Date,
    /// The declaration.
    pub span: Span,
}

impl Waiver {
    /// Whether its last day lies before today; without a day, no waiver has expired.
    pub fn is_expired(&self, today: Option<Date>) -> bool {
        today.is_some_and(|today| today > self.until)
    }
}

/// Objects by kind, name and namespace; `*` in a name stands for any characters.
#[derive(Debug, Clone)]
pub struct ObjectPattern {
    /// The kind.
    pub kind: KindReference,
    /// The name.
    pub name: String,
    /// The namespace; any if none was given.
    pub namespace: Option<String>,
    /// Where the policy says it.
    pub span: Span,
}

/// The tests of a rule.
#[derive(Debug, Clone)]
pub struct Test {
    /// The rule tested.
    pub rule: Arc<str>,
    /// The cases.
    pub cases: Vec<TestCase>,
    /// The rule's name in the `test`.
    pub span: Span,
}

/// A fixture with the verdict expected.
#[derive(Debug, Clone)]
pub struct TestCase {
    /// Whether the rule must find nothing (or else something).
    pub accepts: bool,
    /// The manifests.
    pub fixture: Fixture,
    /// Values of parameters in this case.
    pub with: Vec<(Arc<str>, Constant)>,
    /// Where a finding must point, as written and as keys and indices.
    pub at: Option<(String, Vec<PathPart>)>,
    /// The case in the policy.
    pub span: Span,
}

/// Where a fixture's manifests are.
#[derive(Debug, Clone)]
pub enum Fixture {
    /// In the policy.
    Inline(String),
    /// In a file, relative to the policy's folder.
    File(String, Span),
}

/// A step of a path into a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathPart {
    /// A key.
    Key(Arc<str>),
    /// An index.
    Index(usize),
}
