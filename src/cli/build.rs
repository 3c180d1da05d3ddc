//! `ordain build`: policies → files for the engines around them.

mod told;
mod write;

use super::{Failure, Outcome, check, date, output};
use crate::emit::bundle::SigningKey;
use crate::emit::{self, Backend, Enforceability, Estimates, Options, Sample, TableName};
use crate::estimate;
use crate::evaluate;
use crate::evaluate::test::Surroundings;
use crate::ir::{Date, PolicySet, Rule};
use crate::report::Summary;
use crate::schema::KubernetesVersion;
use crate::workspace::{Request, Workspace};
use crate::world::{self, Disk, World};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use told::Told;

/// The oldest release of Kubernetes that is built for, unless `--min-kube` says another.
pub const MIN_KUBE: KubernetesVersion = emit::vap::STABLE;

/// Arguments of `ordain build`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What a target can't express is refused by name, never approximated. Files that an earlier build wrote into
the folder and this one doesn't are removed; `source-map.json` leads from each file back to its policy.

Exit codes: 0 built, 1 something was refused under --strict, 2 the build was not possible.

Examples:
  ordain build
  ordain build --target crd policies/scaling.ordain
  ordain build --target rego --out policy std.pss.restricted
  ordain build --target vap --strict --today 2026-01-31")]
pub struct Build {
    /// Policies, folders of them, or packs; `std` is the whole library [default: what `check` uses]
    #[arg(value_name = "FILE|DIR|PACK")]
    pub what: Vec<String>,

    /// What to make [default: everything]
    #[arg(long, value_name = "TARGET", value_delimiter = ',', value_parser = target_parser())]
    pub target: Vec<&'static str>,

    /// The folder to write into; each target has one of its own in it
    #[arg(long, short, value_name = "DIR", default_value = "build")]
    pub out: PathBuf,

    /// Sign bundles: a private key in PEM (RSA for RS256, P-256 for ES256), or a secret for HS256
    #[arg(long, value_name = "FILE")]
    pub sign_key: Option<PathBuf>,

    /// The day on which it is decided which waivers have expired [default: today, in UTC]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date::parse)]
    pub today: Option<Date>,

    /// The oldest release of Kubernetes that must take what is made
    #[arg(long, value_name = "VERSION", default_value_t = MIN_KUBE, value_parser = kubernetes)]
    pub min_kube: KubernetesVersion,

    /// Write nothing and exit with 1 if a target refuses something
    #[arg(long)]
    pub strict: bool,

    /// How to tell of it; `json` has what each target makes of each declaration
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// How a build is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people: what was refused, and what was written
    #[default]
    Text,
    /// For machines
    Json,
}

fn kubernetes(text: &str) -> Result<KubernetesVersion, String> {
    KubernetesVersion::parse(text).ok_or_else(|| {
        format!(
            "expected a release from {} to {}, such as `1.30`",
            KubernetesVersion::OLDEST,
            KubernetesVersion::NEWEST
        )
    })
}

fn target_parser() -> impl TypedValueParser<Value = &'static str> {
    PossibleValuesParser::new(emit::BACKENDS.iter().map(|backend| backend.name()))
        .try_map(|name| emit::backend(&name).map(Backend::name).ok_or("no such target"))
}

/// Builds and says what was made and what was refused.
pub fn run(arguments: &Build) -> Result<Outcome, Failure> {
    let is_path = |what: &&String| Disk.kind(what.as_ref()).is_ok();
    let (paths, packs): (Vec<&String>, Vec<&String>) = arguments.what.iter().partition(is_path);
    let request = Request {
        no_config: !arguments.what.is_empty(),
        policies: paths.iter().map(PathBuf::from).collect(),
        whole_library: !packs.is_empty(),
        ..Request::default()
    };
    let workspace = Workspace::open(&Disk, &request)?;
    if !workspace.is_sound() {
        output::print(&check::faults(&workspace, &Summary::default()))?;
        return Err(Failure(
            "the policies have errors, so nothing was built".to_string(),
        ));
    }
    let chosen = choose(&workspace, !paths.is_empty(), &packs)?;
    let policies = only(
        &workspace.policies,
        &chosen,
        !packs.is_empty() && paths.is_empty(),
    );
    let targets: Vec<&dyn Backend> = emit::BACKENDS
        .iter()
        .copied()
        .filter(|backend| arguments.target.is_empty() || arguments.target.contains(&backend.name()))
        .collect();
    let today = arguments.today.unwrap_or_else(date::today);
    let sign_key = arguments.sign_key.as_deref().map(sign_key).transpose()?;
    let has_tests = targets.iter().any(|target| target.has_tests());
    let samples = match has_tests {
        true => samples(&workspace, &policies, today),
        false => Vec::new(),
    };
    let options = Options {
        sign_key: sign_key.as_ref(),
        samples: &samples,
        ..options(&workspace, Some(today), arguments.min_kube)
    };
    let (artifacts, refusals) = emit::build(&policies, &targets, &options);
    let enforceability = Enforceability::new(&policies, &targets, &refusals);
    let is_refused = arguments.strict && !refusals.is_empty();
    let names: Vec<&str> = targets.iter().map(|target| target.name()).collect();
    let written = match is_refused {
        true => None,
        false => Some(write::write(
            &Disk,
            &arguments.out,
            &names,
            &artifacts,
            &workspace.sources,
        )?),
    };
    // What is doubtful about a policy matters most to the one who is about to put it in force.
    if !workspace.faults.is_empty() {
        let faults = check::faults(&workspace, &Summary::default());
        match arguments.format {
            Format::Text => output::print(&faults)?,
            Format::Json => output::complain(&faults),
        }
    }
    let told = Told {
        sources: &workspace.sources,
        out: world::display(&arguments.out),
        targets: &targets,
        artifacts: &artifacts,
        refusals: &refusals,
        enforceability: &enforceability,
        written: written.as_ref(),
        rebuild: emit::rebuild(&policies, &targets, options.today),
    };
    output::print(&match arguments.format {
        Format::Text => told::text(&told),
        Format::Json => told::json(&told),
    })?;
    Ok(match is_refused {
        true => Outcome::Faulty,
        false => Outcome::Clean,
    })
}

/// What backends are told of a workspace.
pub fn options(workspace: &Workspace, today: Option<Date>, min_kube: KubernetesVersion) -> Options<'_> {
    Options {
        sources: &workspace.sources,
        api: &workspace.api,
        schema: &workspace.schema,
        today,
        default_namespace: workspace.configuration.namespace.as_deref().unwrap_or("default"),
        min_kube,
        prices: Some(table_name(workspace.estimator.prices)),
        grid: Some(table_name(workspace.estimator.grid)),
        estimates: estimates(workspace),
        samples: &[],
        sign_key: None,
    }
}

/// The tests of these rules as the rules judge them natively, with the parameters and waivers of the build.
fn samples(workspace: &Workspace, policies: &PolicySet, today: Date) -> Vec<Sample> {
    let load = |path: &str, span| super::test::load(workspace, path, span);
    let surroundings = Surroundings {
        schema: &workspace.schema,
        load: &load,
        estimator: &workspace.estimator,
    };
    let options = evaluate::Options {
        waivers: &policies.waivers,
        fixes: false,
        ..workspace.options(Some(today))
    };
    let mut samples = Vec::new();
    for test in &policies.tests {
        let Some(rule) = policies.rules.iter().find(|rule| rule.id == test.rule) else {
            continue;
        };
        for case in &test.cases {
            let judged = evaluate::test::judge(rule, case, surroundings, &workspace.settings, &options);
            samples.extend(judged.map(|objects| Sample {
                rule: rule.id.clone(),
                accepts: case.accepts,
                with: case.with.clone(),
                objects,
            }));
        }
    }
    samples
}

/// What estimates of a workspace rest on.
pub fn estimates(workspace: &Workspace) -> Estimates<'_> {
    Estimates {
        estimator: &workspace.estimator,
        nodes: workspace.configuration.estimate.nodes,
    }
}

/// The key in a file.
fn sign_key(path: &Path) -> Result<SigningKey, Failure> {
    let failure = |error: &dyn Display| {
        let path = world::display(path);
        Failure(format!("can't sign with the key `{path}`: {error}"))
    };
    let bytes = Disk.read(path).map_err(|error| failure(&error))?;
    SigningKey::parse(&bytes).map_err(|error| failure(&error))
}

fn table_name(table: &estimate::Table) -> TableName<'_> {
    TableName {
        name: table.name,
        date: table.date,
    }
}

/// The ids of the rules to build.
fn choose(workspace: &Workspace, has_paths: bool, packs: &[&String]) -> Result<BTreeSet<Arc<str>>, Failure> {
    let rules = &workspace.policies.rules;
    let mut chosen = BTreeSet::new();
    if packs.is_empty() && !has_paths {
        return Ok(workspace.active.clone());
    }
    if has_paths {
        let own = rules.iter().filter(|rule| rule.pack.is_empty());
        chosen.extend(own.map(|rule| rule.id.clone()));
    }
    for name in packs {
        let all = rules
            .iter()
            .filter(|rule| *name == "std" && !rule.pack.is_empty());
        let before = chosen.len();
        chosen.extend(all.map(|rule| rule.id.clone()));
        let pack = workspace.policies.packs.iter().find(|pack| *pack.name == **name);
        chosen.extend(pack.into_iter().flat_map(|pack| pack.rules.iter().cloned()));
        let single = |rule: &&Rule| *rule.id == **name || format!("{}.{}", rule.pack, rule.id) == **name;
        chosen.extend(rules.iter().filter(single).map(|rule| rule.id.clone()));
        if chosen.len() == before && pack.is_none() {
            let names = workspace.policies.packs.iter().map(|pack| &*pack.name);
            let hint = match crate::suggest::nearest(name, names) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "`ordain rules` lists packs and rules".to_string(),
            };
            return Err(Failure(format!(
                "there is no file, folder, pack or rule `{name}`; {hint}"
            )));
        }
    }
    Ok(chosen)
}

/// The policies with these rules; of the library alone, without what the repository declares.
fn only(policies: &PolicySet, chosen: &BTreeSet<Arc<str>>, library_only: bool) -> PolicySet {
    let mut policies = policies.clone();
    policies.rules.retain(|rule| chosen.contains(&rule.id));
    policies.tests.retain(|test| chosen.contains(&test.rule));
    if library_only {
        policies.budgets.clear();
        policies.automations.clear();
        policies.waivers.clear();
    }
    policies
}
