//! `ordain objects`: what the cluster would be sent.

use super::output::{self, Color};
use super::{Failure, Outcome};
use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::{self, Resource};
use crate::report::{self, Format, Report, Style, Summary};
use crate::workspace::{Request, Workspace};
use crate::world::Disk;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Arguments of `ordain objects`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A document on which tools disagree gives an object for each way to read it. What is wrong with reading is
told on standard error.

Exit codes: 0 every document was read, 1 something is wrong with reading, 2 nothing could be read.

Examples:
  ordain objects apps
  ordain objects deployment.yaml --format json | jq '.objects[].object.kind'")]
pub struct Objects {
    /// Files and folders
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,

    /// Render kustomizations and Helm charts, and show what the cluster would get
    #[arg(long)]
    pub render: bool,

    /// How to print the objects
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    pub format: ObjectsFormat,
}

/// The forms of the objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ObjectsFormat {
    /// Documents, each headed by its place.
    Yaml,
    /// `{"objects": [{"file", "line", "object"}]}`
    Json,
}

/// Prints the objects.
pub fn run(arguments: &Objects) -> Result<Outcome, Failure> {
    let workspace = Workspace::open(
        &Disk,
        &Request {
            paths: arguments.paths.clone(),
            render: arguments.render.then_some(true),
            ..Request::default()
        },
    )?;
    output::print(&match arguments.format {
        ObjectsFormat::Yaml => yaml(&workspace)?,
        ObjectsFormat::Json => json(&workspace),
    })?;
    complain(&workspace);
    let is_grave = |diagnostic: &Diagnostic| diagnostic.severity >= Severity::Medium;
    Ok(match workspace.reading.iter().any(is_grave) {
        true => Outcome::Faulty,
        false => Outcome::Clean,
    })
}

/// Where an object was written; for one that was rendered, where its name was.
fn place<'a>(workspace: &'a Workspace, resource: &Resource) -> (&'a str, u32) {
    let (sources, origins) = (&workspace.sources, &workspace.manifests.origins);
    let name = resource.root.path(["metadata", "name"]);
    let span = name
        .and_then(|name| origins.place(name.span, sources))
        .unwrap_or(resource.root.span);
    let file = sources.file(span.file);
    (&file.path, file.position(span.start).line)
}

/// The overlay or chart that an object was rendered from, in words.
fn renderer(workspace: &Workspace, resource: &Resource) -> Option<String> {
    workspace.manifests.origins.name(resource.file)
}

fn json(workspace: &Workspace) -> String {
    let resources = workspace.manifests.resources.iter();
    let objects: Vec<Value> = resources
        .map(|resource| {
            let (file, line) = place(workspace, resource);
            let mut entry =
                json!({ "file": file, "line": line, "object": manifest::to_json(&resource.root) });
            if let Some(renderer) = renderer(workspace, resource) {
                entry["rendered"] = renderer.into();
            }
            entry
        })
        .collect();
    let text = format!("{:#}\n", json!({ "objects": objects }));
    report::escape::json(&text).into_owned()
}

fn yaml(workspace: &Workspace) -> Result<String, Failure> {
    let mut out = String::new();
    for resource in &workspace.manifests.resources {
        let (file, line) = place(workspace, resource);
        let object = serde_saphyr::to_string(&manifest::to_json(&resource.root))
            .map_err(|error| Failure(format!("can't print an object of `{file}`: {error}")))?;
        let renderer = renderer(workspace, resource);
        let renderer = renderer.map_or_else(String::new, |name| format!(", rendered from {name}"));
        let place = format!("{file}:{line}{renderer}");
        out.push_str(&format!("---\n# {}\n{object}", report::escape::line(&place)));
    }
    Ok(out)
}

/// Says what is wrong with reading, on standard error, so that the objects can be piped.
fn complain(workspace: &Workspace) {
    if workspace.reading.is_empty() {
        return;
    }
    let reading = workspace.lead_back(workspace.reading.clone());
    let report = Report {
        diagnostics: &reading,
        sources: &workspace.sources,
        rules: &[],
        summary: &Summary::default(),
    };
    let style = Style {
        color: Color::Never.is_on(),
        width: output::width(),
        limit: None,
        fail_on: Severity::Medium,
    };
    for line in report::render(Format::Concise, &report, &style).lines() {
        output::complain(line);
    }
}
