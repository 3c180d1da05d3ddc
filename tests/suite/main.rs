//! Tests of the whole tool, in one binary.

#![allow(
    clippy::disallowed_methods,
    reason = "tests write and read files of their own"
)]

mod accounting;
mod applications;
mod architecture;
mod automation;
mod cli;
mod conftest;
mod engines;
mod evaluation;
mod injection;
mod lsp;
mod mending;
mod migrate;
mod mutation;
mod pages;
mod reading;
mod reference;
mod rules;
mod syntax;
mod without_rules;
mod yaml;
