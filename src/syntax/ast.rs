//! The syntax tree of a policy file: what was written, nothing resolved. Every part has its span.
//!
//! The tree knows nothing of the parser that makes it.

mod automation;

pub use automation::*;

use crate::source::Span;

/// A policy file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct File {
    /// The declarations that parsed, in order.
    pub items: Vec<Item>,
    /// All comments but documentation, in order; the formatter puts them back.
    pub comments: Vec<Comment>,
}

/// A `//` comment.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    /// The text with its `//`, without the line's end.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A declaration with its documentation.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The lines of `///` before it, each without the slashes and one space.
    pub documentation: Vec<String>,
    /// What is declared.
    pub declaration: Declaration,
    /// From the declaration's first keyword to its end.
    pub span: Span,
    /// Whether parts were left out because they did not parse: then nothing may be concluded from
    /// what is missing, and the declaration is not run.
    pub broken: bool,
}

/// The declarations of the language.
#[derive(Debug, Clone, PartialEq)]
pub enum Declaration {
    /// `use a.b.c` or `use "../x.ordain"`.
    Use(Use),
    /// `pack name { use … }`.
    Pack(Pack),
    /// `let name = expr`.
    Let(Let),
    /// `param name: Type in lo..hi = default`.
    Param(Param),
    /// `fn name(x: T): U = expr`.
    Function(Function),
    /// `metric name: Dimension in unit = prometheus r"…"`.
    Metric(Metric),
    /// `rule name { … }`.
    Rule(Rule),
    /// `budget name { … }`.
    Budget(Budget),
    /// `optimize`, `heal` and `promote`.
    Automation(Automation),
    /// `waive rule { … }`.
    Waive(Waive),
    /// `test rule { … }`.
    Test(Test),
}

/// A name as written, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    /// The letters.
    pub text: String,
    /// Where they stand.
    pub span: Span,
}

/// A string literal where no interpolation is allowed, unescaped.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// What it says.
    pub value: String,
    /// How it was written.
    pub style: TextStyle,
    /// The literal with its quotes.
    pub span: Span,
}

/// The spellings of a string literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextStyle {
    /// `"…"`, with escapes.
    Quoted,
    /// `r"…"`, as it stands.
    Raw,
    /// `"""…"""`, as it stands; common indentation and the first and last line breaks are taken off.
    Block,
}

/// `use`.
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// What is adopted.
    pub target: UseTarget,
    /// What of it is not.
    pub except: Vec<Exclusion>,
    /// The target's place.
    pub span: Span,
}

/// What a `use` names.
#[derive(Debug, Clone, PartialEq)]
pub enum UseTarget {
    /// A pack, a module of functions or a single rule: `std.pss.restricted`. Parts may hold hyphens.
    Path(Vec<Name>),
    /// A policy file.
    File(Text),
    /// `replaces "peer"`: every rule that stands for a check of this other tool.
    Peer(Text),
}

/// `except path, path because "…"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Exclusion {
    /// The packs and rules that are left out.
    pub paths: Vec<Vec<Name>>,
    /// Why.
    pub because: Text,
    /// The whole line.
    pub span: Span,
}

/// `pack`: a named set of packs and rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Pack {
    /// Its dotted name.
    pub path: Vec<Name>,
    /// What it holds.
    pub uses: Vec<Use>,
}

/// `let`: a constant of the file, or a name within a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Let {
    /// The name given.
    pub name: Name,
    /// Its value.
    pub value: Expression,
}

/// `param`: a constant that a repository or a cluster may set.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// The name given.
    pub name: Name,
    /// Its type.
    pub ty: TypeExpression,
    /// The values allowed: a range, or a list.
    pub allowed: Option<Expression>,
    /// The value that holds when nobody sets it.
    pub default: Expression,
}

/// `fn`: a pure helper.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// The name given.
    pub name: Name,
    /// The parameters in order.
    pub parameters: Vec<(Name, TypeExpression)>,
    /// The type of the result.
    pub result: TypeExpression,
    /// The body.
    pub body: Expression,
}

/// `metric`: a metric that goals may name.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// The name given.
    pub name: Name,
    /// Its dimension.
    pub ty: TypeExpression,
    /// The unit in which the source reports it.
    pub unit: Option<Name>,
    /// The PromQL query that yields it.
    pub prometheus: Option<Text>,
}

/// A type as written.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeExpression {
    /// What was written.
    pub kind: TypeExpressionKind,
    /// Where.
    pub span: Span,
}

/// The forms of a type.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeExpressionKind {
    /// `Int`, `Memory`, `Container`, `Deployment`, ….
    Name(String),
    /// A rate or quotient of two named types: `Money/Duration`.
    Per(String, String),
    /// `[T]`.
    List(Box<TypeExpression>),
    /// `{String: T}`.
    Map(Box<TypeExpression>),
    /// `T?`.
    Optional(Box<TypeExpression>),
}

/// `rule`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its id.
    pub name: Name,
    /// Severity, category, controls, replaces.
    pub metadata: Vec<Metadata>,
    /// The statements in order.
    pub body: Vec<Statement>,
}

/// A line of a rule's metadata.
#[derive(Debug, Clone, PartialEq)]
pub enum Metadata {
    /// `severity high`.
    Severity(Name),
    /// `category security`.
    Category(Name),
    /// `controls "…", "…"`.
    Controls(Vec<Text>),
    /// `replaces "peer/check" with { param: value } from { "peer.path": param }`.
    Replaces(Replaces),
}

/// The peer's check that a rule stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Replaces {
    /// `peer/check`.
    pub check: Text,
    /// Values that the rule's parameters take to stand for it.
    pub with: Vec<(Name, Expression)>,
    /// Paths in the peer's own parameters, with the parameter of the rule that takes their value.
    pub from: Vec<(Text, Name)>,
    /// The whole line.
    pub span: Span,
}

/// A statement of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Which.
    pub kind: StatementKind,
    /// The whole of it, with the parts that belong to a clause.
    pub span: Span,
}

/// The statements of a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// `for x in subject` or `for k, v in subject`, with an optional `where` on the same line.
    For(Binding),
    /// `where condition`.
    Where(Expression),
    /// `let name = value`.
    Let(Let),
    /// `require` or `forbid`, with what belongs to it.
    Clause(Box<Clause>),
}

/// Names bound to each element of a subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// One name, or two for key (index) and value.
    pub names: Vec<Name>,
    /// What they range over: an expression, of which kinds are one.
    pub subject: Box<Expression>,
    /// `where` within a quantifier, or behind a `for`.
    pub condition: Option<Box<Expression>>,
}

/// `require` or `forbid`.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// What must be, or must not be.
    pub form: ClauseForm,
    /// The condition.
    pub condition: Expression,
    /// `message "…"`.
    pub message: Option<Expression>,
    /// `help "…"`.
    pub help: Option<Expression>,
    /// `at path`.
    pub at: Option<Expression>,
    /// `fix …`, in order.
    pub fixes: Vec<Fix>,
    /// The keyword and the condition, without what belongs to it.
    pub span: Span,
}

/// Which way a clause says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClauseForm {
    /// The condition must hold.
    Require,
    /// The condition must not hold.
    Forbid,
}

/// A mechanical mend.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// Whether behaviour may change (`fix unsafe …`).
    pub is_unsafe: bool,
    /// What it does.
    pub edit: FixEdit,
    /// The whole of it.
    pub span: Span,
}

/// The forms of a fix.
#[derive(Debug, Clone, PartialEq)]
pub enum FixEdit {
    /// `set path = value`.
    Set(Expression, Expression),
    /// `remove path`.
    Remove(Expression),
    /// `add value to path`.
    Add(Expression, Expression),
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpressionKind {
    /// `true` or `false`.
    Bool(bool),
    /// A number or a quantity as written: `20`, `4_000 USD/month`, `60%`, `1.5`. Its unit, if any,
    /// is part of the text.
    Number(String),
    /// A string without interpolation.
    Text(Text),
    /// `"… {expression} …"`.
    Interpolation(Vec<StringPart>),
    /// `[a, b]`.
    List(Vec<Expression>),
    /// `{ "key": value }`.
    Map(Vec<(Text, Expression)>),
    /// A name in scope.
    Name(String),
    /// One or several kinds: `Deployment | StatefulSet`, `HTTPRoute of gateway.networking.k8s.io`.
    Kinds(Vec<KindName>),
    /// `base.name`.
    Field(Box<Expression>, Name),
    /// `base[key]`.
    Index(Box<Expression>, Box<Expression>),
    /// `function(arguments)`, or `base.function(arguments)` where the base is the first argument.
    Call(Call),
    /// `value as T`.
    Cast(Box<Expression>, TypeExpression),
    /// `-value`.
    Negate(Box<Expression>),
    /// `not condition`.
    Not(Box<Expression>),
    /// `left operator right`.
    Binary(Box<Expression>, BinaryOperator, Box<Expression>),
    /// `value is set`.
    IsSet(Box<Expression>),
    /// `value is missing`.
    IsMissing(Box<Expression>),
    /// `value is Kind | Kind`.
    IsKind(Box<Expression>, Vec<KindName>),
    /// `low..high`, both included.
    Range(Box<Expression>, Box<Expression>),
    /// `any x in xs: e` and `no x in xs: e`.
    Quantifier(Quantifier, Binding, Box<Expression>),
    /// `count(x in xs where f)`; `count(xs)` is a call.
    Count(Binding),
    /// `sum(x in xs where f: e)`.
    Sum(Binding, Box<Expression>),
}

/// A call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The value before the dot, if it was written as a method.
    pub receiver: Option<Box<Expression>>,
    /// The function.
    pub function: Name,
    /// The arguments in parentheses.
    pub arguments: Vec<Expression>,
}

/// A piece of an interpolated string.
#[derive(Debug, Clone, PartialEq)]
pub enum StringPart {
    /// Plain text, unescaped.
    Text(String),
    /// `{expression}`.
    Expression(Expression),
}

/// A kind as written.
#[derive(Debug, Clone, PartialEq)]
pub struct KindName {
    /// The kind.
    pub kind: String,
    /// The API group after `of`, if one was given.
    pub group: Option<String>,
    /// The whole.
    pub span: Span,
}

/// `any` or `no`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// At least one.
    Any,
    /// None.
    No,
}

/// Operators between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    /// `??`
    Coalesce,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `==`
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
    /// `in`
    In,
    /// `like`
    Like,
    /// `startsWith`
    StartsWith,
    /// `endsWith`
    EndsWith,
    /// `contains`
    Contains,
    /// `matches`
    Matches,
    /// `selects`
    Selects,
    /// `refersTo`
    RefersTo,
    /// `deploys`
    Deploys,
    /// `and`
    And,
    /// `or`
    Or,
}

impl BinaryOperator {
    /// All operators.
    pub const ALL: [BinaryOperator; 22] = [
        BinaryOperator::Coalesce,
        BinaryOperator::Multiply,
        BinaryOperator::Divide,
        BinaryOperator::Add,
        BinaryOperator::Subtract,
        BinaryOperator::Equal,
        BinaryOperator::NotEqual,
        BinaryOperator::Less,
        BinaryOperator::LessOrEqual,
        BinaryOperator::Greater,
        BinaryOperator::GreaterOrEqual,
        BinaryOperator::In,
        BinaryOperator::Like,
        BinaryOperator::StartsWith,
        BinaryOperator::EndsWith,
        BinaryOperator::Contains,
        BinaryOperator::Matches,
        BinaryOperator::Selects,
        BinaryOperator::RefersTo,
        BinaryOperator::Deploys,
        BinaryOperator::And,
        BinaryOperator::Or,
    ];

    /// How it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOperator::Coalesce => "??",
            BinaryOperator::Multiply => "*",
            BinaryOperator::Divide => "/",
            BinaryOperator::Add => "+",
            BinaryOperator::Subtract => "-",
            BinaryOperator::Equal => "==",
            BinaryOperator::NotEqual => "!=",
            BinaryOperator::Less => "<",
            BinaryOperator::LessOrEqual => "<=",
            BinaryOperator::Greater => ">",
            BinaryOperator::GreaterOrEqual => ">=",
            BinaryOperator::In => "in",
            BinaryOperator::Like => "like",
            BinaryOperator::StartsWith => "startsWith",
            BinaryOperator::EndsWith => "endsWith",
            BinaryOperator::Contains => "contains",
            BinaryOperator::Matches => "matches",
            BinaryOperator::Selects => "selects",
            BinaryOperator::RefersTo => "refersTo",
            BinaryOperator::Deploys => "deploys",
            BinaryOperator::And => "and",
            BinaryOperator::Or => "or",
        }
    }

    /// How tightly it binds.
    pub fn precedence(self) -> Precedence {
        match self {
            BinaryOperator::Or => Precedence::Or,
            BinaryOperator::And => Precedence::And,
            BinaryOperator::Add | BinaryOperator::Subtract => Precedence::Sum,
            BinaryOperator::Multiply | BinaryOperator::Divide => Precedence::Product,
            BinaryOperator::Coalesce => Precedence::Coalesce,
            _ => Precedence::Comparison,
        }
    }
}

/// How tightly the parts of an expression bind, the loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precedence {
    /// `or`, and quantifiers, which reach as far right as possible.
    Or,
    /// `and`
    And,
    /// `not`
    Not,
    /// Comparisons and tests, which are not chained.
    Comparison,
    /// `low..high`, not chained.
    Range,
    /// `+ -`
    Sum,
    /// `* /`
    Product,
    /// `??`, to the right.
    Coalesce,
    /// Unary `-`.
    Unary,
    /// `.field`, `[key]`, calls, `as`.
    Postfix,
}

impl Precedence {
    /// The next tighter one; of the tightest, itself.
    pub fn tighter(self) -> Precedence {
        match self {
            Precedence::Or => Precedence::And,
            Precedence::And => Precedence::Not,
            Precedence::Not => Precedence::Comparison,
            Precedence::Comparison => Precedence::Range,
            Precedence::Range => Precedence::Sum,
            Precedence::Sum => Precedence::Product,
            Precedence::Product => Precedence::Coalesce,
            Precedence::Coalesce => Precedence::Unary,
            Precedence::Unary | Precedence::Postfix => Precedence::Postfix,
        }
    }
}

/// `budget`.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// Its name.
    pub name: Name,
    /// Severity, category and controls, as a rule's.
    pub metadata: Vec<Metadata>,
    /// `for w in workloads where …`: what is counted.
    pub scope: Option<Binding>,
    /// `cost at most …`, `carbon at most …`.
    pub limits: Vec<BudgetLimit>,
    /// `warn at 80%`.
    pub warn_at: Option<Expression>,
    /// `assume cpu 100m, memory 128Mi`.
    pub assume: Vec<(Name, Expression)>,
}

/// A limit of a budget.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetLimit {
    /// `cost`, `carbon` or `energy`.
    pub measure: Name,
    /// The most that it may be.
    pub at_most: Expression,
    /// `growing at most 10%` against the base revision.
    pub growing_at_most: Option<Expression>,
    /// The whole line.
    pub span: Span,
}

/// `waive`.
#[derive(Debug, Clone, PartialEq)]
pub struct Waive {
    /// The rule waived.
    pub rule: Name,
    /// For which objects.
    pub objects: Vec<ObjectName>,
    /// `because "…"`.
    pub because: Option<Text>,
    /// `owner "…"`.
    pub owner: Option<Text>,
    /// `until 2027-03-31`, the last day on which it holds.
    pub until: Option<Name>,
}

/// `test`.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The rule tested.
    pub rule: Name,
    /// The cases in order.
    pub cases: Vec<TestCase>,
}

/// `accepts """…"""`, `rejects file "…" at path with { param: value }`.
#[derive(Debug, Clone, PartialEq)]
pub struct TestCase {
    /// Whether the rule must find nothing (or else something).
    pub accepts: bool,
    /// The manifests.
    pub fixture: Fixture,
    /// Values of the rule's parameters in this case.
    pub with: Vec<(Name, Expression)>,
    /// Where the finding must point, as a path from the object.
    pub at: Option<Expression>,
    /// The whole case.
    pub span: Span,
}

/// Where a test's manifests are.
#[derive(Debug, Clone, PartialEq)]
pub enum Fixture {
    /// In the test itself.
    Inline(Text),
    /// In a file, relative to the policy.
    File(Text),
}
