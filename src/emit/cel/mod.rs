//! A rule → expressions of CEL as Kubernetes has it, for admission policies.
//!
//! In: a rule that judges one object at a time. Out: a [`Program`]: variables, and for each clause a
//! condition and a message over them. What needs more than the object that is admitted is refused with a
//! [`Reason`].
//!
//! Every expression is total. Reads go through optionals and give null where something is absent; what is
//! of another type than the API's is found first, by [`Program::faults`], and judged no further. Nothing is
//! negated by an error: `||` and `&&` meet conditions only.

mod condition;
mod cost;
mod expression;
mod faults;
mod image;
mod loops;
mod number;
mod object;
mod print;
mod program;
mod scope;
mod text;

pub use object::Coverage;
pub use program::{Judgement, Program, compile, findings};
pub use text::{decimal, string};

use super::Reason;
use crate::ir::{Date, Waiver};
use crate::schema::{KubernetesVersion, Schema};
use crate::source::Span;

type Result<T> = std::result::Result<T, Reason>;

/// What a program is made for.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The API and the repository's custom kinds.
    pub schema: &'a Schema,
    /// Waivers to build in.
    pub waivers: &'a [Waiver],
    /// The day on which it is decided which of them have expired; without, none has.
    pub today: Option<Date>,
    /// The namespace of objects that name none.
    pub default_namespace: &'a str,
    /// The oldest release that must take the program.
    pub oldest: KubernetesVersion,
    /// Whether parameters are read from `params` when an object is judged; else they are built in.
    pub with_params: bool,
}

impl Setting<'_> {
    /// Refuses what a release has brought that clusters may lack.
    fn demand(&self, span: Span, what: &str, minor: u8) -> Result<()> {
        let version = KubernetesVersion::of_minor(minor);
        match self.oldest >= version {
            true => Ok(()),
            false => Err(Reason::since(span, what, version)),
        }
    }
}
