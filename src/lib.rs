//! Ordain, a policy-as-code compiler and validator for GitOps repositories.
//!
//! ```text
//! World → Sources → syntax::ast → semantics → ir ─┬─ evaluate × manifest → Diagnostic → report
//!                                                 └─ emit → artifacts (Rego, CRDs, resources)
//! ```

pub mod analyse;
pub mod cel;
pub mod cli;
pub mod codes;
pub mod diagnostic;
pub mod emit;
pub mod escape;
pub mod estimate;
pub mod evaluate;
pub mod fix;
pub mod ir;
pub mod lsp;
pub mod manifest;
pub mod migrate;
pub mod report;
pub mod schema;
pub mod semantics;
pub mod source;
pub mod stdlib;
pub mod suggest;
pub mod syntax;
pub mod units;
pub mod validate;
pub mod workspace;
pub mod world;
