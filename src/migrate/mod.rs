//! The setup that a team has for another tool → configuration, policies and waivers of Ordain.
//!
//! In: a repository with the configurations and annotations of other tools. Out: a [`Migration`]: the files that say
//! the same to Ordain, and a remark for everything that they don't say. Nothing is dropped silently: what has no
//! equivalent is told with its place.
//!
//! A file a tool reads its setup into a [`Setup`], in that tool's words. `carry` finds the rules that stand for the
//! checks, by their `replaces` lines; `waive` turns exemptions into waivers; `write` makes texts of both.

mod annotations;
mod carry;
mod checkov;
mod conftest;
mod datree;
mod gatekeeper;
mod instance;
mod kube_linter;
mod kube_score;
mod kyverno;
mod polaris;
mod repository;
mod scope;
mod setup;
mod table;
#[cfg(test)]
mod tests;
mod waive;
mod write;

pub use setup::{Found, Grade, Remark};

use crate::ir::Date;
use crate::manifest::Reason;
use crate::source::{Sources, Span};
use crate::workspace::Impossible;
use crate::world::World;
use repository::Repository;
use setup::Setup;
use std::path::PathBuf;

/// What a user asks for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The tools whose setups are taken over; all if empty.
    pub from: Vec<String>,
    /// Who answers for the waivers; else the owner of everything in `CODEOWNERS`.
    pub owner: Option<String>,
    /// The last day of the waivers.
    pub until: Date,
    /// Whether an `ordain.toml` that is there is replaced, instead of added to.
    pub force: bool,
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Where.
    pub path: PathBuf,
    /// What it says so far, if it exists.
    pub before: Option<String>,
    /// What it will say; nothing if it is to go, since an earlier migration wrote it and this one does not.
    pub text: Option<String>,
}

/// What a migration comes to.
#[derive(Debug)]
pub struct Migration {
    /// All texts that were read.
    pub sources: Sources,
    /// The setups that were found.
    pub found: Vec<Found>,
    /// The files to write, sorted.
    pub outputs: Vec<Output>,
    /// What is not carried over, or not as it was.
    pub remarks: Vec<Remark>,
    /// How many rules will be in force.
    pub rules: usize,
    /// How many waivers there will be.
    pub waivers: usize,
}

/// A tool: its word for `--from`, its name, and what reads its setup.
struct Peer {
    word: &'static str,
    name: &'static str,
    read: fn(&Repository, &mut Setup),
}

const PEERS: [Peer; 8] = [
    peer("kube-linter", "KubeLinter", kube_linter::read),
    peer("polaris", "Polaris", polaris::read),
    peer("checkov", "Checkov", checkov::read),
    peer("kube-score", "kube-score", kube_score::read),
    peer("datree", "Datree", datree::read),
    peer("conftest", "Conftest", conftest::read),
    peer("kyverno", "Kyverno", kyverno::read),
    peer("gatekeeper", "Gatekeeper", gatekeeper::read),
];

const fn peer(word: &'static str, name: &'static str, read: fn(&Repository, &mut Setup)) -> Peer {
    Peer { word, name, read }
}

/// The words for the tools.
pub fn peers() -> impl Iterator<Item = &'static str> {
    PEERS.iter().map(|peer| peer.word)
}

/// Reads the setups under these paths. Nothing is written.
pub fn migrate(world: &dyn World, paths: &[PathBuf], options: &Options) -> Result<Migration, Impossible> {
    let repository = Repository::read(world, paths)?;
    let mut setup = Setup::default();
    unread(&repository, &mut setup);
    for peer in &PEERS {
        if options.from.is_empty() || options.from.iter().any(|word| word == peer.word) {
            setup.peer = peer.name;
            (peer.read)(&repository, &mut setup);
        }
    }
    let carried = carry::carry(&mut setup, &repository);
    let mut waivers = Vec::new();
    let mut outputs = Vec::new();
    if !setup.found.is_empty() {
        let writer = write::Writer {
            world,
            paths,
            carried: &carried,
            repository: &repository,
            options,
        };
        let (first, found) = writer.write(&mut setup, &[])?;
        outputs = first;
        waivers = waive::waive(&mut setup, &carried, &repository, options, &found);
        if !waivers.is_empty() {
            (outputs, _) = writer.write(&mut setup, &waivers)?;
        }
    }
    let Setup {
        found, mut remarks, ..
    } = setup;
    let place = |remark: &Remark| {
        remark.at.map(|span| {
            let file = repository.sources().file(span.file);
            (file.path.clone(), span.start)
        })
    };
    remarks.sort_by_cached_key(|remark| (remark.grade, place(remark), remark.message.clone()));
    remarks.dedup();
    Ok(Migration {
        found,
        outputs,
        remarks,
        rules: carried.rules.len(),
        waivers: waivers.len(),
        sources: repository.into_sources(),
    })
}

/// Says which documents could not be read: a setup may stand in them.
fn unread(repository: &Repository, setup: &mut Setup) {
    setup.peer = "Ordain";
    for (file, _, unevaluated) in repository.workspace.manifests.account.unevaluated() {
        if let Reason::Unreadable(_) = unevaluated.reason {
            let span = match unevaluated.span.file == file {
                true => unevaluated.span,
                false => Span::new(file, 0, 0),
            };
            setup.lost(
                span,
                "this can't be read, so nothing of it is carried over; `ordain check` shows why",
            );
        }
    }
}

/// `1 annotation`, `3 annotations`.
fn counted(count: usize, word: &str) -> String {
    match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    }
}
