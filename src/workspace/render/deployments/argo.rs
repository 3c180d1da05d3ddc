//! Applications of Argo CD → what they deploy.

use super::{Deployment, Finder, Form, Found, Values, elements, is_true, text};
use crate::manifest::{self, Node, Value};
use crate::world::normalize;
use serde_json::{Map, Value as Json, json};
use std::path::Path;

impl Finder<'_> {
    /// What an Application deploys, or the template of an ApplicationSet whose variables are filled in.
    pub(super) fn application(&self, root: &Node, found: &mut Found) {
        let Some(spec) = root.get("spec") else {
            return;
        };
        let application = self.application_of(root);
        for source in spec.get("source").into_iter().chain(elements(spec, "sources")) {
            // A source that only lends values has no folder that is deployed.
            let Some(path) = text(source, &["path"]) else {
                continue;
            };
            let deep = source.get("directory").is_some_and(|own| is_true(own, "recurse"));
            let Some((folder, form)) = self.folder(path, Form::Plain { deep }) else {
                continue;
            };
            if source.get("plugin").is_some() {
                let reason = format!("a plugin of Argo CD makes its objects of `{path}`");
                found.open.push(self.open(reason));
                continue;
            }
            let mut deployment = self.deployment(folder, form);
            deployment.namespace = text(spec, &["destination", "namespace"])
                .filter(|name| !name.contains("{{"))
                .map(str::to_string);
            deployment.applications = vec![application.clone()];
            deployment.destinations = destination(spec).into_iter().collect();
            if let Some(helm) = source.get("helm") {
                self.helm_source(helm, &mut deployment);
            }
            deployment.release = deployment.release.or_else(|| {
                text(root, &["metadata", "name"])
                    .filter(|name| !name.contains("{{"))
                    .map(str::to_string)
            });
            if let Some(kustomize) = source.get("kustomize") {
                kustomize_source(kustomize, &mut deployment);
                deployment.patches = self.patches(kustomize);
            }
            found.deployments.push(deployment);
        }
    }

    /// What `spec.source.helm` says; files come first, as Argo CD has it.
    fn helm_source(&self, helm: &Node, deployment: &mut Deployment) {
        deployment.release = text(helm, &["releaseName"]).map(str::to_string);
        if let Some(namespace) = text(helm, &["namespace"]) {
            deployment.namespace = Some(namespace.to_string());
        }
        let may_lack = is_true(helm, "ignoreMissingValueFiles");
        for name in elements(helm, "valueFiles").iter().filter_map(Node::as_str) {
            let is_file = |path: &Path| self.is_file(path);
            // `$name/path` is a path in the repository of another source; `/path` one in this.
            let in_root = name
                .strip_prefix('$')
                .and_then(|name| name.split_once('/'))
                .map(|(_, path)| path);
            let path = match in_root.or(name.strip_prefix('/')) {
                Some(path) => self.below_root(path, &is_file),
                None => Some(normalize(&deployment.folder.join(name))).filter(|path| is_file(path)),
            };
            match path {
                Some(path) => deployment.values.push(Values::File(path)),
                None if may_lack => {}
                None => deployment.missing = Some(format!("the values in `{name}`")),
            }
        }
        // Of both, only the object counts.
        match (helm.get("valuesObject"), text(helm, &["values"])) {
            (Some(object), _) => deployment.values.push(as_text(object)),
            (None, Some(values)) => deployment.values.push(Values::Text(values.to_string())),
            (None, None) => {}
        }
        for parameter in elements(helm, "parameters") {
            if let (Some(name), Some(value)) = (text(parameter, &["name"]), text(parameter, &["value"])) {
                // Commas separate values on the command line.
                let value = value.replace('\\', "\\\\").replace(',', "\\,");
                let forced = is_true(parameter, "forceString");
                deployment.parameters.push((format!("{name}={value}"), forced));
            }
        }
        if !elements(helm, "fileParameters").is_empty() {
            deployment.missing = Some("the files of `fileParameters`, which are not read here".to_string());
        }
        let apis = elements(helm, "apiVersions").iter().filter_map(Node::as_str);
        deployment.apis.extend(apis.map(str::to_string));
    }
}

/// What `spec.source.kustomize` says.
fn kustomize_source(kustomize: &Node, deployment: &mut Deployment) {
    deployment.settings = settings(kustomize);
    let images: Vec<Json> = elements(kustomize, "images")
        .iter()
        .filter_map(Node::as_str)
        .map(image)
        .collect();
    if !images.is_empty() {
        deployment.settings.insert("images".to_string(), images.into());
    }
    let replicas: Vec<Json> = elements(kustomize, "replicas")
        .iter()
        .filter_map(|own| {
            let count = match &own.get("count")?.value {
                Value::Integer(count) => i64::try_from(*count).ok()?,
                Value::String(count) => count.parse().ok()?,
                _ => return None,
            };
            Some(json!({ "name": text(own, &["name"])?, "count": count }))
        })
        .collect();
    if !replicas.is_empty() {
        deployment
            .settings
            .insert("replicas".to_string(), replicas.into());
    }
    // Argo CD keeps the labels out of selectors if it is asked to.
    if is_true(kustomize, "labelWithoutSelector")
        && let Some(labels) = deployment.settings.remove("commonLabels")
    {
        let templates = is_true(kustomize, "labelIncludeTemplates");
        let labels = json!([{ "pairs": labels, "includeSelectors": false, "includeTemplates": templates }]);
        deployment.settings.insert("labels".to_string(), labels);
    }
    let components = elements(kustomize, "components").iter().filter_map(Node::as_str);
    deployment.components = components.map(str::to_string).collect();
}

/// An image as kustomize's command line has it: `name=new:tag`, `name:tag`, `name@digest`.
fn image(text: &str) -> Json {
    let (name, new) = match text.split_once('=') {
        Some((name, new)) => (name, Some(new)),
        None => (text, None),
    };
    let (bare, digest) = match new.unwrap_or(name).split_once('@') {
        Some((bare, digest)) => (bare, Some(digest)),
        None => (new.unwrap_or(name), None),
    };
    // A colon before a slash belongs to a port.
    let (bare, tag) = match bare.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') => (before, Some(tag)),
        _ => (bare, None),
    };
    let mut image = Map::new();
    let old = if new.is_some() { name } else { bare };
    image.insert("name".to_string(), old.into());
    let parts = [
        ("newName", new.map(|_| bare)),
        ("newTag", tag),
        ("digest", digest),
    ];
    for (key, part) in parts {
        image.extend(part.map(|part| (key.to_string(), part.into())));
    }
    image.into()
}

/// The cluster that an Application is for, if it says so.
fn destination(spec: &Node) -> Option<String> {
    let destination = spec.get("destination")?;
    let cluster = text(destination, &["server"]).or(text(destination, &["name"]))?;
    let cluster = match cluster {
        "in-cluster" => "https://kubernetes.default.svc",
        other => other,
    };
    (!cluster.contains("{{")).then(|| format!("Argo CD {cluster}"))
}

/// What of Argo CD's and Flux' own words is a kustomization's too, with the same meaning.
pub(super) fn settings(node: &Node) -> Map<String, Json> {
    let mut settings = Map::new();
    for key in [
        "namePrefix",
        "nameSuffix",
        "commonLabels",
        "commonAnnotations",
        "patches",
        "namespace",
    ] {
        settings.extend(
            node.get(key)
                .map(|value| (key.to_string(), manifest::to_json(value))),
        );
    }
    settings
}

pub(super) fn as_text(node: &Node) -> Values {
    Values::Text(manifest::to_json(node).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_written_as_on_the_command_line_of_kustomize() {
        let check = |text: &str, expected: &str| assert_eq!(image(text).to_string(), expected, "{text}");
        check("a=b:1", r#"{"name":"a","newName":"b","newTag":"1"}"#);
        check("a:1", r#"{"name":"a","newTag":"1"}"#);
        check("r:5000/a", r#"{"name":"r:5000/a"}"#);
        check("a=r:5000/b", r#"{"name":"a","newName":"r:5000/b"}"#);
        check(
            "a=r/b:1@sha256:c",
            r#"{"name":"a","newName":"r/b","newTag":"1","digest":"sha256:c"}"#,
        );
        check("a@sha256:c", r#"{"name":"a","digest":"sha256:c"}"#);
    }
}
