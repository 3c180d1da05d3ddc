//! The arguments of every command, with the help that they print.

use super::build::Build;
use super::check::Check;
use super::conftest::Process;
use super::explain::Explain;
use super::fmt::Fmt;
use super::migrate::Migrate;
use super::objects::Objects;
use super::rules::Rules;
use super::test::TestArguments;
use clap::{Parser, Subcommand};

/// Checks GitOps repositories against policies, and compiles policies for the engines around them.
#[derive(Debug, Parser)]
#[command(name = "ordain", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find what policies forbid in the manifests of a repository
    Check(Check),
    /// Compile policies to custom resources, Rego and the like
    Build(Build),
    /// Bring policies into their canonical layout
    Fmt(Fmt),
    /// Tell what a rule or a code means, with an example and the mend
    Explain(Explain),
    /// Take over the setup of another tool: KubeLinter, Polaris, Checkov, Kyverno, Gatekeeper and others
    Migrate(Migrate),
    /// Show the objects of a repository as the cluster would be sent them
    Objects(Objects),
    /// List the rules of the library and of the repository
    Rules(Rules),
    /// Run the tests of policies
    Test(TestArguments),
    /// Judge by Rego that was written for Conftest; `check` starts it
    #[command(hide = true)]
    JudgeRego(Process),
    /// Serve an editor over the Language Server Protocol, on standard input and output
    Lsp,
}
