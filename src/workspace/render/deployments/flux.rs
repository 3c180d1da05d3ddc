//! Kustomizations and HelmReleases of Flux → what they deploy.

use super::argo::{as_text, settings};
use super::{Deployment, Finder, Form, Values, elements, is_true, text};
use crate::manifest::{self, Node, Resource};
use crate::workspace::render::Substitution;
use serde_json::{Value as Json, json};
use std::path::Path;

impl<'a> Finder<'a> {
    fn own_namespace(&self) -> Option<&'a str> {
        self.resource.namespace.as_deref()
    }

    pub(super) fn kustomization(&self) -> Option<Deployment> {
        let spec = self.resource.root.get("spec")?;
        let (folder, form) = self.folder(text(spec, &["path"])?, Form::Generated)?;
        let form = match form {
            // Templates are none of the files that Flux would take.
            Form::Generated if (self.place.is_chart)(&folder) => return None,
            form => form,
        };
        let mut deployment = self.deployment(folder, form);
        let more = &mut deployment.settings;
        *more = settings(spec);
        let namespace = spec.get("targetNamespace").map(manifest::to_json);
        more.extend(namespace.map(|name| ("namespace".to_string(), name)));
        more.extend(
            spec.get("images")
                .map(|images| ("images".to_string(), manifest::to_json(images))),
        );
        let labels = spec.path(["commonMetadata", "labels"]).map(manifest::to_json);
        more.extend(labels.map(|labels| {
            let labels = json!([{ "pairs": labels, "includeSelectors": false }]);
            ("labels".to_string(), labels)
        }));
        let components = elements(spec, "components").iter().filter_map(Node::as_str);
        deployment.components = components.map(str::to_string).collect();
        deployment.patches = self.patches(spec);
        deployment.substitution = self.substitution(spec);
        deployment.is_open = true;
        deployment.is_kustomization = true;
        self.stay(spec, &mut deployment);
        Some(deployment)
    }

    /// Objects of Flux are for the cluster that has them, unless they say how another one is reached.
    fn stay(&self, spec: &Node, deployment: &mut Deployment) {
        match text(spec, &["kubeConfig", "secretRef", "name"]) {
            Some(name) => {
                let namespace = self.own_namespace().unwrap_or("default");
                deployment.destinations.insert(format!("Flux {namespace}/{name}"));
            }
            None => deployment.stays = spec.get("kubeConfig").is_none(),
        }
    }

    /// What `postBuild` puts in the place of variables.
    fn substitution(&self, spec: &Node) -> Option<Substitution> {
        let build = spec.get("postBuild")?;
        let mut substitution = Substitution::default();
        for source in elements(build, "substituteFrom") {
            let (Some(kind), Some(name)) = (text(source, &["kind"]), text(source, &["name"])) else {
                continue;
            };
            match self.data(kind, self.own_namespace(), name) {
                Some(data) => substitution.know(data),
                // What it has, it has instead of those before.
                None => substitution.forget(),
            }
        }
        let own = build.get("substitute").map(Node::entries).unwrap_or_default();
        substitution.know(own.iter().map(|entry| {
            let value = match manifest::to_json(&entry.value) {
                Json::String(word) => word,
                Json::Null => String::new(),
                other => other.to_string(),
            };
            (entry.key.to_string(), value)
        }));
        Some(substitution)
    }

    pub(super) fn helm_release(&self) -> Option<Deployment> {
        let spec = self.resource.root.get("spec")?;
        let chart = self.chart_of(spec)?;
        let folder = self.below_root(text(chart, &["chart"])?, self.place.is_described)?;
        let mut deployment = self.deployment(folder, Form::Described);
        let metadata = |key: &str| text(&self.resource.root, &["metadata", key]);
        let target = text(spec, &["targetNamespace"]);
        deployment.release =
            text(spec, &["releaseName"])
                .map(str::to_string)
                .or_else(|| match (target, metadata("name")) {
                    (Some(target), Some(name)) => Some(format!("{target}-{name}")),
                    (_, name) => name.map(str::to_string),
                });
        deployment.namespace = target.or(self.own_namespace()).map(str::to_string);
        let may_lack = is_true(chart, "ignoreMissingValuesFiles");
        for name in elements(chart, "valuesFiles").iter().filter_map(Node::as_str) {
            match self.below_root(name, &|path: &Path| self.is_file(path)) {
                Some(path) => deployment.values.push(Values::File(path)),
                None if may_lack => {}
                None => deployment.missing = Some(format!("the values in `{name}`")),
            }
        }
        for from in elements(spec, "valuesFrom") {
            match self.values_from(from) {
                Ok(values) => deployment.values.extend(values),
                Err(reason) => deployment.missing = Some(reason),
            }
        }
        deployment.values.extend(spec.get("values").map(as_text));
        if !elements(spec, "postRenderers").is_empty() {
            deployment.missing = Some("its `postRenderers`, which only Flux applies".to_string());
        }
        self.stay(spec, &mut deployment);
        Some(deployment)
    }

    /// What says where the chart is, if that is a folder of a repository.
    fn chart_of<'s>(&'s self, spec: &'s Node) -> Option<&'s Node> {
        let is_git = |node: &&Node| text(node, &["sourceRef", "kind"]) == Some("GitRepository");
        if let Some(chart) = spec.path(["chart", "spec"]) {
            return Some(chart).filter(is_git);
        }
        let reference = spec.get("chartRef")?;
        if text(reference, &["kind"]) != Some("HelmChart") {
            return None;
        }
        let (name, namespace) = (text(reference, &["name"]), text(reference, &["namespace"]));
        let namespace = namespace.or(self.own_namespace());
        let is_meant = |resource: &&&Resource| {
            resource.kind == "HelmChart"
                && resource.group() == "source.toolkit.fluxcd.io"
                && Some(&*resource.name) == name
                && (resource.namespace.is_none() || resource.namespace.as_deref() == namespace)
        };
        self.all.iter().find(is_meant)?.root.get("spec").filter(is_git)
    }

    /// The values that an entry of `valuesFrom` names.
    fn values_from(&self, from: &Node) -> Result<Option<Values>, String> {
        let (kind, name) = (
            text(from, &["kind"]).unwrap_or_default(),
            text(from, &["name"]).unwrap_or_default(),
        );
        let key = text(from, &["valuesKey"]).unwrap_or("values.yaml");
        let unknown =
            || format!("the values that {kind} `{name}` keeps, which is not in the repository or encrypted");
        let data = self.data(kind, self.own_namespace(), name).ok_or_else(unknown)?;
        let Some(value) = data.get(key) else {
            return match is_true(from, "optional") {
                true => Ok(None),
                false => Err(format!(
                    "the values under `{key}` of {kind} `{name}`, which has none"
                )),
            };
        };
        let Some(path) = text(from, &["targetPath"]) else {
            return Ok(Some(Values::Text(value.clone())));
        };
        if path.contains(['[', '\\', '"']) {
            return Err(format!("a value at `{path}`, which is not followed here"));
        }
        let value = path
            .rsplit('.')
            .fold(scalar(value), |value, key| json!({ key: value }));
        Ok(Some(Values::Text(value.to_string())))
    }
}

/// A value as Helm reads it on its command line.
fn scalar(text: &str) -> Json {
    match text {
        "true" => true.into(),
        "false" => false.into(),
        "null" => Json::Null,
        _ => match text.parse::<i64>() {
            Ok(number) if !text.starts_with('0') || text == "0" => number.into(),
            _ => text.into(),
        },
    }
}
