//! Policies over a repository → findings.
//!
//! In: the [`crate::ir`] and the objects of a [`Repository`]. Out: diagnostics that point at bytes of
//! manifests, and what this run could not decide. Evaluation always ends, and never fails: an expression
//! has a value for every manifest.

mod applications;
pub mod budget;
mod builtin;
mod expression;
mod faults;
#[cfg(test)]
pub(crate) mod fixtures;
mod image;
mod index;
mod join;
mod judge;
mod mend;
mod operators;
mod place;
mod pods;
mod print;
mod property;
mod references;
pub mod rego;
mod repository;
mod run;
mod subjects;
pub mod test;
mod value;
mod waivers;

pub use applications::{Applications, place_at, unknown as unknown_application};
pub use builtin::like;
pub use expression::Evaluator;
pub use index::Indexes;
pub use join::refers_to;
pub use judge::Undecided;
pub use place::{Located, Place};
pub use repository::{Object, ObjectId, Pod, PodId, Repository, Settings, present_group};
pub use run::{Found, Options, Outcome, find, is_local, run};
pub use subjects::{Elements, Subjects, containers_of};
pub use value::{Container, Part, Reference, Unknown, Value, quantity, whole};

use crate::estimate::Estimator;

/// What expressions are evaluated against.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The objects.
    pub repository: &'a Repository<'a>,
    /// The elements of the domains that the policies range over.
    pub subjects: &'a Subjects<'a>,
    /// The elements of joins, filed as they are needed.
    pub indexes: &'a Indexes<'a>,
    /// The tables that estimates rest on.
    pub estimator: &'a Estimator,
}
