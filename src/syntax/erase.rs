//! The tree without its places, so that what two texts say can be compared.
//!
//! In: a tree. Out: the same tree with every span empty, and without comments.

use super::ast::*;
use crate::source::{FileId, Span};

impl File {
    /// What the file says, regardless of where: all spans are empty, comments are left out.
    pub fn without_spans(mut self) -> File {
        self.comments.clear();
        self.items.erase();
        self
    }
}

/// Empties the spans within.
trait Erase {
    fn erase(&mut self);
}

impl Erase for Span {
    fn erase(&mut self) {
        *self = Span::new(FileId(0), 0, 0);
    }
}

impl<T: Erase> Erase for Vec<T> {
    fn erase(&mut self) {
        self.iter_mut().for_each(T::erase);
    }
}

impl<T: Erase> Erase for Option<T> {
    fn erase(&mut self) {
        self.iter_mut().for_each(T::erase);
    }
}

impl<T: Erase> Erase for Box<T> {
    fn erase(&mut self) {
        self.as_mut().erase();
    }
}

impl<A: Erase, B: Erase> Erase for (A, B) {
    fn erase(&mut self) {
        self.0.erase();
        self.1.erase();
    }
}

/// What holds no places.
macro_rules! placeless {
    ($($ty:ty)*) => { $(impl Erase for $ty { fn erase(&mut self) {} })* };
}

placeless! { bool String TextStyle ClauseForm Quantifier BinaryOperator AutomationForm StepVerb }

/// A struct, by all its fields.
macro_rules! structs {
    ($($ty:ident { $($field:ident)* })*) => {
        $(impl Erase for $ty {
            fn erase(&mut self) {
                let $ty { $($field),* } = self;
                $($field.erase();)*
            }
        })*
    };
}

structs! {
    Item { documentation declaration span broken }
    Name { text span }
    Text { value style span }
    Use { target except span }
    Exclusion { paths because span }
    Pack { path uses }
    Let { name value }
    Param { name ty allowed default }
    Function { name parameters result body }
    Metric { name ty unit prometheus }
    TypeExpression { kind span }
    Rule { name metadata body }
    Replaces { check with from span }
    Statement { kind span }
    Binding { names subject condition }
    Clause { form condition message help at fixes span }
    Fix { is_unsafe edit span }
    Expression { kind span }
    Call { receiver function arguments }
    KindName { kind group span }
    Budget { name metadata scope limits warn_at assume }
    BudgetLimit { measure at_most growing_at_most span }
    Automation { form name namespace body }
    AutomationStatement { kind span }
    ObjectName { kind name namespace }
    GoalState { goal met window span }
    Action { kind span }
    Schedule { days start end time_zone }
    Waive { rule objects because owner until }
    Test { rule cases }
    TestCase { accepts fixture with at span }
}

/// An enum, by all its variants and their fields.
macro_rules! enums {
    ($($ty:ident { $($variant:ident $(($($field:ident)*))?)* })*) => {
        $(impl Erase for $ty {
            fn erase(&mut self) {
                match self {
                    $($ty::$variant $(($($field),*))? => { $($($field.erase();)*)? })*
                }
            }
        })*
    };
}

enums! {
    Declaration {
        Use(a) Pack(a) Let(a) Param(a) Function(a) Metric(a) Rule(a) Budget(a) Automation(a) Waive(a) Test(a)
    }
    UseTarget { Path(a) File(a) Peer(a) }
    TypeExpressionKind { Name(a) Per(a b) List(a) Map(a) Optional(a) }
    Metadata { Severity(a) Category(a) Controls(a) Replaces(a) }
    StatementKind { For(a) Where(a) Let(a) Clause(a) }
    FixEdit { Set(a b) Remove(a) Add(a b) }
    ExpressionKind {
        Bool(a) Number(a) Text(a) Interpolation(a) List(a) Map(a) Name(a) Kinds(a) Field(a b) Index(a b) Call(a)
        Cast(a b) Negate(a) Not(a) Binary(a b c) IsSet(a) IsMissing(a) IsKind(a b) Range(a b)
        Quantifier(a b c) Count(a) Sum(a b)
    }
    StringPart { Text(a) Expression(a) }
    AutomationStatementKind {
        Target(a) Exclude(a) From(a) Goal(a b) When(a b) Promote(a b) Bounds(a b c) Change(a b) Cooldown(a b)
        Rollback(a b) Budget(a) Active(a) Awake(a) Agent(a b c) Mode(a b) RequireDigest
    }
    Goal { Compare(a b c) Near(a b c) Within(a b c) NoDrift(a) NoFindings(a) }
    ActionKind { Step(a b c d) Cap(a b) Delay(a) Restore Revert Fix }
    Fixture { Inline(a) File(a) }
}
