//! `ordain check`: a repository → findings.

use super::conftest::{self, Rego};
use super::engine::{self, Engine};
use super::mend::{self, Mending};
use super::output::{self, Color};
use super::{Failure, Outcome, date};
use crate::codes::Code;
use crate::diagnostic::{self, Diagnostic, Origin, Severity};
use crate::evaluate;
use crate::ir::Date;
use crate::report::files::Listing;
use crate::report::{self, Format, Report, Style, Summary, Undecided, WithoutSchema};
use crate::schema::KubernetesVersion;
use crate::source::FileId;
use crate::workspace::{self, Impossible, Request, Workspace};
use crate::world::{Disk, World};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::collections::BTreeSet;
use std::mem::ManuallyDrop;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Arguments of `ordain check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 clean, 1 findings at or above --fail-on (with --fix: what remains; with --diff: or anything to
change), 2 the check could not be done.

--fix edits the manifests in place, keeps comments and layout, and checks again until nothing more can be mended.
Templates, rendered objects and links that lead out of the repository are left as they are.

--render has `kustomize`, or else `kubectl`, build kustomizations, and `helm` charts, with the values that Argo CD
Applications, ApplicationSets and Flux HelmReleases of the repository name. They run without network, each for at
most 30 seconds; `[render]` in ordain.toml sets more. A rule that compares objects sees an overlay or release alone with
the plain manifests, or with all that Argo CD or Flux deploys to the same cluster.

Examples:
  ordain check
  ordain check apps infrastructure --fail-on high
  ordain check --render
  ordain check --diff
  ordain check --fix
  ordain check --fix --unsafe-fixes --only run-as-non-root
  ordain check --format sarif --output ordain.sarif
  ordain check deployment.yaml --no-config --only privileged-container")]
pub struct Check {
    /// Files and folders, taken as the whole repository
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,

    /// How to print what was found
    #[arg(long, value_name = "FORMAT", default_value = "full", value_parser = format_parser())]
    pub format: Format,

    /// Write the report into a file instead of printing it
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// The severity from which the exit code is 1 [default: medium, or as ordain.toml says]
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser())]
    pub fail_on: Option<Severity>,

    /// Ignore ordain.toml and the repository's policies
    #[arg(long)]
    pub no_config: bool,

    /// Further policies: a file, or a folder with *.ordain files
    #[arg(long, value_name = "PATH")]
    pub policy: Vec<PathBuf>,

    /// Hold only these rules against the manifests; any rule of the library can be named, and codes such as S0104
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub only: Vec<String>,

    /// Set a parameter of a rule, as in image-registry.registries='["ghcr.io/acme/*"]'
    #[arg(long = "param", value_name = "RULE.NAME=JSON", value_parser = parameter)]
    pub parameters: Vec<(String, serde_json::Value)>,

    /// The paths are only a part of the repository: what needs the rest is left undecided
    #[arg(long)]
    pub partial: bool,

    /// Render kustomizations and Helm charts, and judge what the cluster would get
    #[arg(long)]
    pub render: bool,

    /// The day against which waivers expire [default: today, in UTC]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date::parse)]
    pub today: Option<Date>,

    /// The Kubernetes version whose API holds [default: the newest, or as ordain.toml says]
    #[arg(long, value_name = "VERSION", value_parser = kube_version)]
    pub kube_version: Option<KubernetesVersion>,

    /// What judges the manifests
    #[arg(long, value_name = "ENGINE", default_value = "native")]
    pub engine: Engine,

    /// How many threads to use [default: one a processor]
    #[arg(long, value_name = "NUMBER")]
    pub threads: Option<NonZeroUsize>,

    /// How many findings to print at most; 0 for all [default: 200 in full and compact]
    #[arg(long, value_name = "NUMBER")]
    pub max_diagnostics: Option<usize>,

    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub color: Color,

    /// List every file with what became of its documents and why, and judge nothing
    #[arg(long)]
    pub show_files: bool,

    /// What is to be mended.
    #[command(flatten)]
    pub mending: Mending,

    /// Rego of one's own.
    #[command(flatten)]
    pub conftest: Rego,
}

fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::words()).try_map(|word| Format::of_word(&word).ok_or("no such format"))
}

fn severity_parser() -> impl TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.map(Severity::word))
        .try_map(|word| Severity::of_word(&word).ok_or("no such severity"))
}

/// `RULE.NAME=JSON`.
fn parameter(text: &str) -> Result<(String, serde_json::Value), String> {
    let (address, json) = text
        .split_once('=')
        .ok_or("expected RULE.NAME=JSON, as in replicas.minimum=2")?;
    let value = serde_json::from_str(json)
        .map_err(|error| format!("`{json}` is not JSON ({error}); a string needs quotes: '\"{json}\"'"))?;
    Ok((address.to_string(), value))
}

fn kube_version(text: &str) -> Result<KubernetesVersion, String> {
    KubernetesVersion::parse(text).ok_or_else(|| {
        let (oldest, newest) = (KubernetesVersion::OLDEST, KubernetesVersion::NEWEST);
        format!("expected a version from {oldest} to {newest}")
    })
}

/// A repository, judged.
pub(super) struct Judgement {
    /// What was judged.
    pub workspace: Workspace,
    /// What was found, at what people wrote, in order.
    diagnostics: Vec<Diagnostic>,
    /// Findings with a fix in files that are judged as they stand, in order.
    pub mendable: Vec<Diagnostic>,
    summary: Summary,
    notes: Vec<String>,
    /// Why Rego of one's own did not come to an end.
    failure: Option<String>,
}

impl Judgement {
    /// Whether all that was to be judged was.
    pub fn is_complete(&self) -> bool {
        self.workspace.is_sound() && self.failure.is_none()
    }
}

/// Checks, mends if that is wanted, and prints.
pub fn run(arguments: &Check) -> Result<Outcome, Failure> {
    if let Some(threads) = arguments.threads {
        workspace::use_threads(threads.get())?;
    }
    if arguments.show_files {
        return show_files(arguments);
    }
    let (judgement, mends) = match arguments.mending.is_asked() {
        true => mend::run(arguments).map(|(judgement, mends)| (judgement, Some(mends)))?,
        false => (judge(&Disk, arguments)?, None),
    };
    // The process ends with the run: to give its memory back value by value would only take time.
    let judgement = ManuallyDrop::new(judgement);
    for note in &judgement.notes {
        output::complain(note);
    }
    let mended = mends.map(|mends| mends.finish(&arguments.mending));
    if !arguments.mending.diff {
        print(arguments, &judgement)?;
    }
    if !judgement.workspace.is_sound() {
        let reason = "the policies or the configuration have errors, so nothing was judged";
        return Err(Failure(format!("{reason}; mend them and run again")));
    }
    if let Some(reason) = &judgement.failure {
        return Err(Failure(reason.clone()));
    }
    let fail_on = fail_on(arguments, &judgement);
    let is_grave = |diagnostic: &Diagnostic| diagnostic.severity >= fail_on;
    let remains = judgement.diagnostics.iter().any(is_grave);
    Ok(match mended.transpose()? {
        Some(Outcome::Faulty) => Outcome::Faulty,
        _ if remains => Outcome::Faulty,
        _ => Outcome::Clean,
    })
}

fn request(arguments: &Check) -> Request {
    Request {
        paths: arguments.paths.clone(),
        no_config: arguments.no_config,
        policies: arguments.policy.clone(),
        only: arguments.only.clone(),
        parameters: arguments.parameters.clone(),
        kube_version: arguments.kube_version,
        partial: arguments.partial,
        render: arguments.render.then_some(true),
        ..Request::default()
    }
}

fn show_files(arguments: &Check) -> Result<Outcome, Failure> {
    let workspace = ManuallyDrop::new(Workspace::open(&Disk, &request(arguments))?);
    let listing = Listing::of(&workspace.manifests.account, &workspace.sources);
    output::print(&match arguments.format {
        Format::Json => listing.json(),
        _ => listing.lines(),
    })?;
    Ok(Outcome::Clean)
}

/// Judges the repository that a world holds.
pub(super) fn judge(world: &dyn World, arguments: &Check) -> Result<Judgement, Failure> {
    let mut workspace = Workspace::open(world, &request(arguments))?;
    let mut notes = Vec::new();
    let judged = match workspace.is_sound() {
        true => conftest::check(&arguments.conftest, &arguments.only, &mut workspace)?.unwrap_or_default(),
        false => conftest::Judged::default(),
    };
    if !judged.note.is_empty() {
        notes.push(judged.note);
    }
    let mut summary = Summary::of(&workspace.manifests.account, &workspace.sources);
    let mut diagnostics = workspace.faults.clone();
    diagnostics.extend(workspace.reading.iter().cloned());
    let only: BTreeSet<Code> = arguments.only.iter().filter_map(|id| Code::of_id(id)).collect();
    let holds_schemas = match arguments.only.is_empty() {
        true => workspace.configuration.schemas != Some(false),
        false => only.iter().any(|code| code.is_of_schemas()),
    };
    if holds_schemas {
        let mut against_schemas = workspace.validate();
        let unknown = workspace.without_schema(&against_schemas).into_iter();
        summary.without_schema = unknown
            .map(|((api_version, kind), objects)| WithoutSchema {
                api_version: api_version.to_string(),
                kind: kind.to_string(),
                objects,
            })
            .collect();
        if !arguments.only.is_empty() {
            let is_asked = |finding: &Diagnostic| match finding.origin {
                Origin::Code(code) => !code.is_of_schemas() || only.contains(&code),
                Origin::Rule(_) => true,
            };
            against_schemas.retain(is_asked);
        }
        // The reader says of every kind what the schemas of known ones say better.
        let is_said = |finding: &Diagnostic| {
            let place = finding.primary.span;
            finding.origin == Origin::Code(Code::M0304)
                && against_schemas.iter().any(|other| other.primary.span == place)
        };
        diagnostics.retain(|finding| !is_said(finding));
        diagnostics.extend(against_schemas);
    }
    if workspace.is_sound() {
        let today = arguments.today.unwrap_or_else(date::today);
        let options = workspace.options(Some(today));
        let (outcome, note) = engine::check(arguments.engine, &workspace, &options)?;
        let outcome = workspace.hold_budgets(outcome);
        notes.extend(note);
        diagnostics.extend(outcome.findings);
        let waived = outcome.waived.into_iter().map(|(finding, _)| finding).collect();
        summary.waived = workspace.lead_back(waived);
        summary.budgets = outcome.sums;
        summary.undecided = outcome.undecided.iter().map(undecided).collect();
    }
    diagnostics.extend(judged.diagnostics);
    let files = workspace.manifests.account.files.iter();
    let files: BTreeSet<FileId> = files.map(|account| account.file).collect();
    let mut mendable: Vec<Diagnostic> = Vec::new();
    for finding in diagnostics
        .iter()
        .filter(|own| files.contains(&own.primary.span.file))
    {
        match &finding.fix {
            Some(fix) if fix.safe => summary.mendable.safe += 1,
            Some(_) => summary.mendable.others += 1,
            None => continue,
        }
        if arguments.mending.is_asked() {
            mendable.push(finding.clone());
        }
    }
    diagnostic::sort(&mut mendable, &workspace.sources);
    let mut diagnostics = workspace.lead_back(diagnostics);
    diagnostic::sort(&mut diagnostics, &workspace.sources);
    Ok(Judgement {
        workspace,
        diagnostics,
        mendable,
        summary,
        notes,
        failure: judged.failure,
    })
}

/// The severity from which the exit code is 1.
fn fail_on(arguments: &Check, judgement: &Judgement) -> Severity {
    let configured = judgement.workspace.configuration.fail_on;
    arguments.fail_on.or(configured).unwrap_or(Severity::Medium)
}

/// Prints the report, or writes it into a file.
fn print(arguments: &Check, judgement: &Judgement) -> Result<(), Failure> {
    let report = Report {
        diagnostics: &judgement.diagnostics,
        sources: &judgement.workspace.sources,
        rules: &judgement.workspace.rules(),
        summary: &judgement.summary,
    };
    let style = Style {
        color: arguments.output.is_none() && arguments.color.is_on(),
        width: output::width(),
        limit: match arguments.max_diagnostics {
            None => arguments.format.default_limit(),
            Some(0) => None,
            limit => limit,
        },
        fail_on: fail_on(arguments, judgement),
    };
    let text = report::render(arguments.format, &report, &style);
    match &arguments.output {
        None => output::print(&text)?,
        Some(path) => Disk
            .write(path, text.as_bytes())
            .map_err(|error| Failure(format!("can't write `{}`: {error}", path.display())))?,
    }
    Ok(())
}

fn undecided(undecided: &evaluate::Undecided) -> Undecided {
    Undecided {
        rule: undecided.rule.to_string(),
        object: undecided.object.clone(),
        reason: format!("needs {}", undecided.reason.reason()),
    }
}

/// What is wrong with the configuration and the policies, for commands that print nothing else.
pub fn faults(workspace: &Workspace, summary: &Summary) -> String {
    let report = Report {
        diagnostics: &workspace.faults,
        sources: &workspace.sources,
        rules: &[],
        summary,
    };
    let style = Style {
        color: Color::Auto.is_on(),
        width: output::width(),
        limit: None,
        fail_on: Severity::Medium,
    };
    report::render(Format::Full, &report, &style)
}

impl From<Impossible> for Failure {
    fn from(Impossible(reason): Impossible) -> Failure {
        Failure(reason)
    }
}
