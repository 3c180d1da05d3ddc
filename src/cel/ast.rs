//! An expression as a tree, its macros made out.

use super::functions::Function;
use super::value::Value;
use std::sync::Arc;

#[derive(Debug)]
pub enum Expression {
    Literal(Value),
    Variable(Arc<str>),
    Select {
        of: Box<Expression>,
        field: Arc<str>,
        is_optional: bool,
    },
    /// `has(of.field)`
    Has {
        of: Box<Expression>,
        field: Arc<str>,
    },
    Index {
        of: Box<Expression>,
        at: Box<Expression>,
        is_optional: bool,
    },
    /// The receiver, if there is one, is the first argument.
    Call {
        function: &'static Function,
        arguments: Vec<Expression>,
    },
    List(Vec<Element>),
    Map(Vec<(Expression, Element)>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    Negate(Box<Expression>),
    /// Condition, then, else.
    Conditional(Box<[Expression; 3]>),
    Binary(Operator, Box<[Expression; 2]>),
    Comprehension(Box<Comprehension>),
    /// `of.optMap(variable, body)`, or `optFlatMap`.
    OptionalMap(Box<OptionalMap>),
}

/// An element of a list or the value of an entry; `?x` leaves it out if it is none.
#[derive(Debug)]
pub struct Element {
    pub value: Expression,
    pub is_optional: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// A macro that goes through a list or a map.
#[derive(Debug)]
pub struct Comprehension {
    pub kind: Kind,
    pub range: Expression,
    pub first: Arc<str>,
    /// Of macros of two variables: the value, while the first is the index or the key.
    pub second: Option<Arc<str>>,
    /// What decides whether an element counts.
    pub condition: Option<Expression>,
    /// What becomes of an element.
    pub result: Option<Expression>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    All,
    Exists,
    ExistsOne,
    /// `filter` and `map`, `transformList`.
    List,
    /// `transformMap`
    Map,
    /// `transformMapEntry`
    MapEntry,
    /// `sortBy`
    Sort,
}

#[derive(Debug)]
pub struct OptionalMap {
    pub of: Expression,
    pub variable: Arc<str>,
    pub body: Expression,
    pub is_flat: bool,
}
