//! The compiled policy → what is doubtful about it, before it runs.
//!
//! In: an [`ir::PolicySet`](crate::ir::PolicySet). Out: warnings, each with a concrete case where the
//! policy does what its author hardly wants.

mod automations;
mod conflict;
mod values;

pub use automations::automations;
