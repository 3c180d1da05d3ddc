//! The syntax of `optimize`, `heal` and `promote`, and of the objects that they and waivers name.

use super::{BinaryOperator, Expression, KindName, Name, Text};
use crate::source::Span;

/// `optimize`, `heal` or `promote`.
#[derive(Debug, Clone, PartialEq)]
pub struct Automation {
    /// Which of the three.
    pub form: AutomationForm,
    /// Its name.
    pub name: Name,
    /// The namespace after `in`.
    pub namespace: Option<Text>,
    /// The statements in order.
    pub body: Vec<AutomationStatement>,
}

/// The three automations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AutomationForm {
    /// `optimize`
    Optimize,
    /// `heal`
    Heal,
    /// `promote`
    Promote,
}

/// A statement of an automation.
#[derive(Debug, Clone, PartialEq)]
pub struct AutomationStatement {
    /// Which.
    pub kind: AutomationStatementKind,
    /// The whole of it.
    pub span: Span,
}

/// The statements of an automation.
#[derive(Debug, Clone, PartialEq)]
pub enum AutomationStatementKind {
    /// `target Deployment "name"`.
    Target(ObjectName),
    /// `exclude Deployment "name"`.
    Exclude(ObjectName),
    /// `from "s3://…"`: where a promoted model comes from.
    From(Text),
    /// `goal name: condition`.
    Goal(Name, Goal),
    /// `when conditions: actions`.
    When(Vec<GoalState>, Vec<Action>),
    /// `promote 10% then 50% when conditions`.
    Promote(Vec<Expression>, Vec<GoalState>),
    /// `bounds replicas 2..20`.
    Bounds(Name, Expression, Expression),
    /// `change at most 50% per 1h`: the amount and the period.
    Change(Expression, Expression),
    /// `cooldown 10min`, `cooldown up 1min down 10min`: for up and for down.
    Cooldown(Option<Expression>, Option<Expression>),
    /// `rollback when conditions within 30min`.
    Rollback(Vec<GoalState>, Option<Expression>),
    /// `budget name`.
    Budget(Name),
    /// `active weekdays 08:00..20:00 "Zone"`: when it may act.
    Active(Schedule),
    /// `awake weekdays 08:00..20:00 "Zone"`: when the target runs at all.
    Awake(Schedule),
    /// `agent name using "model" as "service-account"`.
    Agent(Name, Text, Option<Text>),
    /// `mode dry-run | propose | apply`, with `approval above X`.
    Mode(Name, Option<Expression>),
    /// `require digest`.
    RequireDigest,
}

/// `Deployment "name" in "namespace"`; names may hold `*` in waivers.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectName {
    /// The kind.
    pub kind: KindName,
    /// The name.
    pub name: Text,
    /// The namespace after `in`.
    pub namespace: Option<Text>,
}

/// What a goal asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Goal {
    /// `metric >= value`, with one of `>=`, `<=`, `>`, `<`.
    Compare(Name, BinaryOperator, Expression),
    /// `metric near value per replica`.
    Near(Name, Expression, bool),
    /// `metric within 50% of 7d`: the deviation and the window of its own past.
    Within(Name, Expression, Expression),
    /// `no drift except path, path`.
    NoDrift(Vec<Expression>),
    /// `no findings of rule, rule`.
    NoFindings(Vec<Name>),
}

/// `goal missed for 1h`.
#[derive(Debug, Clone, PartialEq)]
pub struct GoalState {
    /// The goal.
    pub goal: Name,
    /// Whether it is met (or else missed).
    pub met: bool,
    /// For how long.
    pub window: Option<Expression>,
    /// The whole of it.
    pub span: Span,
}

/// What is done when a goal is missed.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// Which.
    pub kind: ActionKind,
    /// The whole of it.
    pub span: Span,
}

/// The actions.
#[derive(Debug, Clone, PartialEq)]
pub enum ActionKind {
    /// `scale replicas up by 25%`, `resize memory up by 25%`: the verb's object, whether up, the step.
    Step(StepVerb, Name, bool, Option<Expression>),
    /// `cap replicas at n`.
    Cap(Name, Expression),
    /// `delay start up to 6h`.
    Delay(Expression),
    /// `restore`: back to what Git says.
    Restore,
    /// `revert`: back to the revision before.
    Revert,
    /// `fix`: apply the fixes of the findings.
    Fix,
}

/// `scale` or `resize`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepVerb {
    /// `scale replicas`
    Scale,
    /// `resize cpu`, `resize memory`
    Resize,
}

/// `weekdays 08:00..20:00 "Europe/Berlin"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// `weekdays`, `weekends`, `daily`, or days such as `mon`, `tue`.
    pub days: Vec<Name>,
    /// `08:00`.
    pub start: Name,
    /// `20:00`.
    pub end: Name,
    /// The IANA time zone.
    pub time_zone: Text,
}
