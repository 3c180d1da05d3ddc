//! What a run stands on: configuration, policies and manifests, read through a
//! [`World`](crate::world::World).
//!
//! In: the paths and wishes of a user. Out: a [`Workspace`], on which the command line and the editor
//! both stand.

mod clusters;
pub mod configuration;
pub mod conftest;
mod discover;
mod manifests;
mod origin;
mod policies;
mod render;
mod settings;
mod surroundings;

pub use clusters::{Cluster, Clusters};
pub use configuration::Configuration;
pub use discover::{Root, discover};
pub use manifests::{ArgumentError, Listed, Manifests, ReadOptions};
pub use origin::Origins;
pub use policies::{EXTENSION, Policy};
pub use render::Options as Rendering;

use crate::analyse;
use crate::codes::Code;
use crate::diagnostic::{self, Diagnostic, Origin, Severity};
use crate::emit::{self, GroupVersion};
use crate::estimate::Estimator;
use crate::evaluate::{self, Found, Outcome, Repository, Settings};
use crate::ir::{Budget, Date, PolicySet, Rule};
use crate::manifest::{self, Resource, read_text};
use crate::schema::{KubernetesVersion, Schema};
use crate::semantics;
use crate::source::{SourceFile, Sources};
use crate::validate;
use crate::world::{self, World};
use policies::{Loaded, Loader};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The pack that is in force when nothing names another.
pub const DEFAULT_PACK: &str = "std.default";

/// What a user asks for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The files and folders to check, taken as the whole repository; none reads no manifests.
    pub paths: Vec<PathBuf>,
    /// Whether configuration and policies of the repository are left alone.
    pub no_config: bool,
    /// Further files and folders with policies.
    pub policies: Vec<PathBuf>,
    /// The rules to hold against the manifests, and no others; all that are in force if empty.
    pub only: Vec<String>,
    /// Whether the whole library is loaded, rules that are not in force included.
    pub whole_library: bool,
    /// Values of parameters, addressed as RULE.NAME.
    pub parameters: Vec<(String, serde_json::Value)>,
    /// The Kubernetes version whose API holds; else the configuration's, else the newest.
    pub kube_version: Option<KubernetesVersion>,
    /// Whether the paths are only a part of the repository.
    pub partial: bool,
    /// Whether overlays and charts are rendered; as the configuration says if nothing is said.
    pub render: Option<bool>,
    /// Whether rules keep the severities and parameters of their own declarations.
    pub as_declared: bool,
}

/// Why a run is impossible, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impossible(pub String);

/// A repository with what is to be held against it.
#[derive(Debug)]
pub struct Workspace {
    /// All texts.
    pub sources: Sources,
    /// Where settings come from.
    pub root: Root,
    /// The settings.
    pub configuration: Configuration,
    /// The manifests.
    pub manifests: Manifests,
    /// The Kubernetes API with the CRDs of the repository.
    pub schema: Schema,
    /// The trees of the policies.
    pub trees: Vec<Policy>,
    /// The policies, compiled and with their settings.
    pub policies: PolicySet,
    /// The group and version of the custom resources that `build` writes.
    pub api: GroupVersion,
    /// The ids of the rules that are in force.
    pub active: BTreeSet<Arc<str>>,
    /// The budgets in force: all, unless single rules are asked for.
    pub budgets: Vec<Budget>,
    /// What is wrong with the configuration and the policies.
    pub faults: Vec<Diagnostic>,
    /// What is wrong with reading the manifests.
    pub reading: Vec<Diagnostic>,
    /// The tables and assumptions that estimates rest on.
    pub estimator: Estimator,
    /// What is known of the repository besides its files.
    pub settings: Settings,
}

impl Workspace {
    /// Reads the settings, the manifests and the policies.
    pub fn open(world: &dyn World, request: &Request) -> Result<Workspace, Impossible> {
        let mut sources = Sources::new();
        let start = request.paths.first().or(request.policies.first());
        let mut root = discover(world, start.map_or(Path::new("."), PathBuf::as_path));
        root.has_configuration &= !request.no_config;
        let (configuration, mut faults) = read_configuration(world, &root, &mut sources)?;
        let version = version(request, &configuration, &mut faults);
        let (manifests, reading) =
            read_manifests(world, request, &root, &configuration, version, &mut sources)?;
        let loaded = load(world, &root, &configuration, request, &mut sources)?;
        let api = api(&configuration, &mut faults);
        let known = own_kinds(Schema::of(version), &loaded.policies, &api, &sources);
        let mut schema = known.with_crds(&manifests.resources);
        faults.extend(loaded.diagnostics.iter().cloned());
        let (mut policies, mut diagnostics) = compile(&loaded, &known, &schema, &sources);
        if diagnostics.iter().any(is_unknown_kind) {
            // The definition may stand in a part of the repository that is not to be checked.
            schema = schema.with_crds(&everything(world, &root, &mut sources));
            (policies, diagnostics) = compile(&loaded, &known, &schema, &sources);
        }
        faults.extend(diagnostics);
        let is_sound = !faults.iter().any(is_error);
        if !request.as_declared {
            faults.extend(settings::configure(&mut policies, &configuration));
        }
        // Rules with errors are left out, and must not look as if they did not exist.
        let active = match settings::choose(&mut policies, request) {
            Ok(active) => active,
            Err(impossible) if is_sound => return Err(impossible),
            Err(_) => BTreeSet::new(),
        };
        let estimator = settings::estimator(&configuration, &mut faults);
        diagnostic::sort(&mut faults, &sources);
        let settings = Settings {
            partial: request.partial,
            default_namespace: configuration.namespace.clone().unwrap_or_default(),
            nodes: configuration.estimate.nodes,
        };
        let budgets = match request.only.is_empty() {
            true => policies.budgets.clone(),
            false => Vec::new(),
        };
        Ok(Workspace {
            budgets,
            sources,
            root,
            configuration,
            manifests,
            schema,
            trees: loaded.policies,
            policies,
            api,
            active,
            faults,
            reading,
            estimator,
            settings,
        })
    }

    /// Whether the configuration and the policies mean what they say, so that a check means something.
    pub fn is_sound(&self) -> bool {
        !self.faults.iter().any(is_error)
    }

    /// The rules in force, sorted by id.
    pub fn rules(&self) -> Vec<&Rule> {
        let is_active = |rule: &&Rule| self.active.contains(&rule.id);
        self.policies.rules.iter().filter(is_active).collect()
    }

    /// All objects.
    pub fn repository(&self) -> Repository<'_> {
        self.repository_of(&self.manifests.resources)
    }

    fn repository_of<'a>(&'a self, resources: impl IntoIterator<Item = &'a Resource>) -> Repository<'a> {
        let repository = Repository::new(&self.sources, resources, &self.schema, &self.settings);
        repository.with_applications(&self.manifests.applications, &self.settings)
    }

    /// How to judge. `today` is the day against which waivers expire.
    pub fn options(&self, today: Option<Date>) -> evaluate::Options<'_> {
        evaluate::Options {
            waivers: &self.policies.waivers,
            today,
            estimator: &self.estimator,
            fixes: true,
        }
    }

    /// Diagnostics at what people wrote, whatever was rendered from it.
    pub fn lead_back(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        self.manifests.origins.lead_back(diagnostics, &self.sources)
    }

    /// Holds the objects against the API and the repository's CRDs.
    pub fn validate(&self) -> Vec<Diagnostic> {
        let resources = &self.manifests.resources;
        let context = validate::Context {
            schema: &self.schema,
            sources: &self.sources,
            substitutes: resources.iter().any(validate::substitutes),
            is_template: false,
        };
        let mut diagnostics: Vec<Diagnostic> = resources
            .par_iter()
            .flat_map_iter(|resource| validate::validate(resource, context))
            .collect();
        diagnostic::sort(&mut diagnostics, &self.sources);
        diagnostics
    }

    /// The kinds of objects that [`Workspace::validate`] could say nothing of, each with its `apiVersion` and the
    /// number of its objects. `findings` are what it said of the others.
    pub fn without_schema(&self, findings: &[Diagnostic]) -> BTreeMap<(&str, &str), usize> {
        // Of these it said that there are none.
        let refused: HashSet<(&str, &str)> = findings
            .iter()
            .filter(|finding| matches!(finding.origin, Origin::Code(Code::S0101 | Code::S0102)))
            .filter_map(|finding| finding.object.as_ref())
            .map(|object| (&*object.api_version, &*object.kind))
            .collect();
        let mut kinds = BTreeMap::new();
        for resource in &self.manifests.resources {
            let kind = (&*resource.api_version, &*resource.kind);
            // Programs read these from files.
            let is_of_program = matches!(
                resource.group(),
                "kustomize.config.k8s.io" | "builtin" | "skaffold"
            );
            if !is_of_program && !refused.contains(&kind) && !validate::is_known(resource, &self.schema) {
                *kinds.entry(kind).or_default() += 1;
            }
        }
        kinds
    }

    /// Holds the rules in force against the manifests.
    pub fn check(&self, today: Option<Date>) -> Outcome {
        let options = self.options(today);
        let outcome = self.judge(&self.rules(), &options, |rules, repository| {
            Ok::<Found, Infallible>(evaluate::find(rules, repository, &options))
        });
        match outcome {
            Ok(outcome) => self.hold_budgets(outcome),
            Err(never) => match never {},
        }
    }

    /// Holds rules against the manifests as an engine does: those that look at one object against all of them, others
    /// against what can meet in a cluster.
    pub fn judge<E: Send>(
        &self,
        rules: &[&Rule],
        options: &evaluate::Options<'_>,
        engine: impl Fn(&[&Rule], &Repository<'_>) -> Result<Found, E> + Sync,
    ) -> Result<Outcome, E> {
        let all = self.repository();
        let clusters = &self.manifests.clusters;
        let (local, comparing): (Vec<&Rule>, Vec<&Rule>) = rules
            .iter()
            .partition(|rule| clusters.is_one() || evaluate::is_local(rule));
        let mut found = engine(&local, &all)?;
        if !comparing.is_empty() {
            let each: Vec<&Cluster> = clusters.iter().collect();
            let each = each.into_par_iter().map(|cluster| {
                let members = cluster.members(&self.manifests.resources);
                engine(&comparing, &self.repository_of(members))
            });
            let compared = clusters.merge(each.collect::<Result<Vec<Found>, E>>()?, &self.sources);
            found.findings.extend(compared.findings);
            found.undecided.extend(compared.undecided);
            diagnostic::sort(&mut found.findings, &self.sources);
            found.undecided.sort();
        }
        Ok(found.settle(rules, &all, options))
    }

    /// Adds what the budgets say to what the rules found.
    pub fn hold_budgets(&self, mut outcome: Outcome) -> Outcome {
        let repository = self.repository();
        let budgets = evaluate::budget::run(&self.budgets, &repository, &self.options(None));
        outcome.findings.extend(budgets.findings);
        outcome.undecided.extend(budgets.undecided);
        outcome.sums = budgets.sums;
        diagnostic::sort(&mut outcome.findings, &self.sources);
        outcome
    }
}

/// Lets all that runs in parallel have that many threads. Called at most once, before anything else.
pub fn use_threads(count: usize) -> Result<(), Impossible> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(count)
        .build_global()
        .map_err(|error| Impossible(format!("can't start {count} threads: {error}")))
}

/// The objects of the whole repository, as far as they can be read.
fn everything(world: &dyn World, root: &Root, sources: &mut Sources) -> Vec<Resource> {
    let paths = std::slice::from_ref(&root.folder);
    Manifests::read(world, paths, &ReadOptions::default(), sources)
        .map_or_else(|_| Vec::new(), |(manifests, _)| manifests.resources)
}

fn is_unknown_kind(diagnostic: &Diagnostic) -> bool {
    diagnostic.origin == Origin::Code(Code::E0203)
}

/// Whether a diagnostic of the configuration or of a policy takes away what it says.
fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity >= Severity::High
}

/// Compiles what was loaded: the library's files against the API that is known everywhere, one's own against
/// the repository's CRDs as well.
fn compile(
    loaded: &Loaded,
    known: &Schema,
    schema: &Schema,
    sources: &Sources,
) -> (PolicySet, Vec<Diagnostic>) {
    let files: Vec<semantics::PolicyFile> = loaded
        .policies
        .iter()
        .map(|policy| {
            let source = sources.file(policy.file);
            semantics::PolicyFile {
                file: policy.file,
                path: &source.path,
                pack: &policy.pack,
                text: &source.text,
                tree: &policy.tree,
                schema: if policy.pack.is_empty() { schema } else { known },
            }
        })
        .collect();
    let (policies, mut diagnostics) = semantics::analyse(&files, schema, &loaded.library);
    diagnostics.extend(analyse::automations(&policies.automations));
    (policies, diagnostics)
}

/// The group and version of the custom resources that `build` writes.
fn api(configuration: &Configuration, faults: &mut Vec<Diagnostic>) -> GroupVersion {
    let Some(setting) = &configuration.group else {
        return GroupVersion::default();
    };
    GroupVersion::parse(&setting.value).unwrap_or_else(|| {
        faults.push(
            Diagnostic::new(
                Code::C0103,
                setting.span,
                format!("`{}` is no API group", setting.value),
            )
            .help("write a group, with or without its version: \"gitops.acme.io/v1alpha1\""),
        );
        GroupVersion::default()
    })
}

/// The API with the kinds that automations and budgets become, if a policy speaks of them: making
/// their definitions takes longer than reading most repositories.
fn own_kinds(schema: Schema, policies: &[Policy], api: &GroupVersion, sources: &Sources) -> Schema {
    let is_named = |policy: &Policy| {
        let text = &sources.file(policy.file).text;
        emit::crd::Kind::ALL.iter().any(|kind| text.contains(kind.name()))
    };
    if !policies.iter().any(is_named) {
        return schema;
    }
    let resources: Vec<Resource> = emit::crd::definitions(api)
        .iter()
        .flat_map(|text| {
            // Nothing is ever said about these texts, so they need no place among the sources.
            read_text(
                sources.next_id(),
                "definition.yaml",
                text,
                manifest::Surroundings::default(),
            )
            .resources
        })
        .collect();
    schema.with_crds(&resources)
}

fn version(
    request: &Request,
    configuration: &Configuration,
    faults: &mut Vec<Diagnostic>,
) -> KubernetesVersion {
    let configured = configuration.kube_version.as_ref().and_then(|setting| {
        let version = KubernetesVersion::parse(&setting.value);
        if version.is_none() {
            let (oldest, newest) = (KubernetesVersion::OLDEST, KubernetesVersion::NEWEST);
            let message = format!(
                "`{}` is no version of Kubernetes that is known here",
                setting.value
            );
            faults.push(
                Diagnostic::new(Code::C0103, setting.span, message)
                    .help(format!("write one from \"{oldest}\" to \"{newest}\"")),
            );
        }
        version
    });
    request.kube_version.or(configured).unwrap_or_default()
}

fn read_manifests(
    world: &dyn World,
    request: &Request,
    root: &Root,
    configuration: &Configuration,
    version: KubernetesVersion,
    sources: &mut Sources,
) -> Result<(Manifests, Vec<Diagnostic>), Impossible> {
    if request.paths.is_empty() {
        return Ok((Manifests::default(), Vec::new()));
    }
    let listed = configuration.unevaluated.iter().map(|accepted| Listed {
        path: accepted.path.value.clone(),
        reason: accepted.reason.clone(),
    });
    let render = &configuration.render;
    let options = ReadOptions {
        folder: root.folder.clone(),
        listed: listed.collect(),
        partial: request.partial,
        render: request.render.unwrap_or(render.is_on).then(|| Rendering {
            kustomize: render.kustomize.clone(),
            helm: render.helm.clone(),
            timeout: render.timeout,
            kube_version: format!("{version}.0"),
        }),
    };
    Manifests::read(world, &request.paths, &options, sources).map_err(|error| Impossible(error.to_string()))
}

fn read_configuration(
    world: &dyn World,
    root: &Root,
    sources: &mut Sources,
) -> Result<(Configuration, Vec<Diagnostic>), Impossible> {
    if !root.has_configuration {
        return Ok((Configuration::default(), Vec::new()));
    }
    let path = root.folder.join(configuration::FILE_NAME);
    let name = world::display(&path);
    let bytes = world
        .read(&path)
        .map_err(|error| Impossible(format!("can't read `{name}`: {error}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|error| Impossible(format!("`{name}` is not valid UTF-8: {error}")))?;
    let file = sources.add(SourceFile::new(name, text));
    Ok(configuration::read(file, &sources.file(file).text.clone()))
}

/// Loads the policies that settings and wishes name.
fn load(
    world: &dyn World,
    root: &Root,
    configuration: &Configuration,
    request: &Request,
    sources: &mut Sources,
) -> Result<Loaded, Impossible> {
    let mut loader = Loader::new(world, sources, &root.folder);
    if !request.no_config {
        match &configuration.paths {
            Some(paths) => {
                for path in paths {
                    loader.path(&root.folder.join(&path.value));
                }
            }
            None => {
                let path = root.folder.join(discover::POLICIES);
                if world.kind(&path).is_ok() {
                    loader.path(&path);
                }
            }
        }
    }
    for path in &request.policies {
        loader.path(path);
    }
    if request.only.is_empty() {
        match configuration.uses.as_deref() {
            Some(uses) => loader.adopt(uses),
            None => loader.text("(default)", &format!("use {DEFAULT_PACK}\n")),
        }
    }
    // Rules that settings or wishes name are loaded, so that these can be held against them.
    for id in request
        .only
        .iter()
        .map(String::as_str)
        .chain(configuration.named_rules())
    {
        loader.rule(id);
    }
    for (address, _) in &request.parameters {
        loader.rule(address.rsplit_once('.').map_or(address, |(id, _)| id));
    }
    if request.whole_library {
        loader.whole_library();
    }
    let loaded = loader.finish();
    match loaded.failures.as_slice() {
        [] => Ok(loaded),
        failures => Err(Impossible(failures.join("\n"))),
    }
}
