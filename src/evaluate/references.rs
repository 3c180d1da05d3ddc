//! What a pod refers to: Secrets, ConfigMaps, claims, its service account, and other objects by name.

use super::repository::{ObjectId, Pod};
use super::value::Reference;
use crate::manifest::{Node, Value};

/// All objects that a pod names, in the order of its spec, each with the node that names it.
pub fn of_pod<'a>(pod: &Pod<'a>) -> Vec<Reference<'a>> {
    let mut found = Found {
        object: pod.object,
        references: Vec::new(),
    };
    let Some(spec) = pod.template.and_then(|template| template.get("spec")) else {
        return found.references;
    };
    for field in ["initContainers", "containers", "ephemeralContainers"] {
        for container in list(spec, field) {
            environment(container, &mut found);
        }
    }
    for volume in list(spec, "volumes") {
        volume_sources(volume, &mut found);
    }
    for secret in list(spec, "imagePullSecrets") {
        found.named("Secret", Some(secret), "name");
    }
    // `serviceAccount` is the deprecated alias.
    let account = ["serviceAccountName", "serviceAccount"]
        .into_iter()
        .find_map(|field| spec.get(field));
    if let Some(account) = account {
        found.add("ServiceAccount", account, account, false);
    }
    found.named("PriorityClass", Some(spec), "priorityClassName");
    found.named("RuntimeClass", Some(spec), "runtimeClassName");
    found.references
}

struct Found<'a> {
    object: ObjectId,
    references: Vec<Reference<'a>>,
}

impl<'a> Found<'a> {
    fn add(&mut self, kind: &'static str, name: &'a Node, node: &'a Node, optional: bool) {
        if let Some(name) = name.as_str().filter(|name| !name.is_empty()) {
            self.references.push(Reference {
                object: self.object,
                kind,
                name,
                optional,
                node,
            });
        }
    }

    /// Adds what a source names under `field`; it may say itself that it is optional.
    fn named(&mut self, kind: &'static str, source: Option<&'a Node>, field: &str) {
        let Some(name) = source.and_then(|source| source.get(field)) else {
            return;
        };
        let optional = source.and_then(|source| source.get("optional"));
        let optional = optional.is_some_and(|node| node.value == Value::Bool(true));
        self.add(kind, name, name, optional);
    }
}

fn list<'a>(node: &'a Node, field: &str) -> &'a [Node] {
    node.get(field).map_or(&[], Node::elements)
}

fn environment<'a>(container: &'a Node, found: &mut Found<'a>) {
    for variable in list(container, "env") {
        let source = variable.get("valueFrom");
        found.named(
            "Secret",
            source.and_then(|source| source.get("secretKeyRef")),
            "name",
        );
        found.named(
            "ConfigMap",
            source.and_then(|source| source.get("configMapKeyRef")),
            "name",
        );
    }
    for source in list(container, "envFrom") {
        found.named("Secret", source.get("secretRef"), "name");
        found.named("ConfigMap", source.get("configMapRef"), "name");
    }
}

fn volume_sources<'a>(volume: &'a Node, found: &mut Found<'a>) {
    found.named("Secret", volume.get("secret"), "secretName");
    found.named("ConfigMap", volume.get("configMap"), "name");
    found.named(
        "PersistentVolumeClaim",
        volume.get("persistentVolumeClaim"),
        "claimName",
    );
    if let Some(projected) = volume.get("projected") {
        for source in list(projected, "sources") {
            found.named("Secret", source.get("secret"), "name");
            found.named("ConfigMap", source.get("configMap"), "name");
        }
    }
    found.named("Secret", volume.path(["csi", "nodePublishSecretRef"]), "name");
    // Volumes of the time before CSI hold their credentials in Secrets of the pod's namespace.
    for (kind, field) in [
        ("azureFile", "secretName"),
        ("cephfs", "secretRef"),
        ("flexVolume", "secretRef"),
        ("iscsi", "secretRef"),
        ("rbd", "secretRef"),
        ("scaleIO", "secretRef"),
        ("storageos", "secretRef"),
    ] {
        let source = volume.get(kind);
        match field {
            "secretName" => found.named("Secret", source, field),
            _ => found.named("Secret", source.and_then(|source| source.get(field)), "name"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::Fixture;

    #[test]
    fn every_place_where_a_pod_names_an_object_is_known() {
        let fixture = Fixture::of(
            "
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  serviceAccountName: runner
  imagePullSecrets: [{ name: pull }]
  initContainers:
    - name: a
      env: [{ name: A, valueFrom: { secretKeyRef: { name: key, key: k } } }]
  containers:
    - name: b
      env:
        - { name: B, valueFrom: { configMapKeyRef: { name: settings, key: k, optional: true } } }
        - { name: C, value: plain }
        - null
      envFrom: [{ secretRef: { name: all } }, { configMapRef: { name: more } }]
  ephemeralContainers:
    - { name: c, envFrom: [{ secretRef: { name: debug } }] }
  volumes:
    - { name: a, secret: { secretName: tls, optional: true } }
    - { name: b, configMap: { name: files } }
    - { name: c, persistentVolumeClaim: { claimName: data } }
    - { name: d, projected: { sources: [{ secret: { name: token } }, { configMap: { name: ca } }] } }
    - { name: e, csi: { driver: x, nodePublishSecretRef: { name: driver } } }
    - { name: f, emptyDir: {} }
    - { name: g, secret: { secretName: 7 } }
",
        );
        let repository = fixture.repository();
        let pod = repository.pods().next().expect("the fixture has a pod");
        let found: String = super::of_pod(repository.pod(pod))
            .iter()
            .map(|it| format!("{}/{}{} ", it.kind, it.name, if it.optional { "?" } else { "" }))
            .collect();
        assert_eq!(
            found,
            "Secret/key ConfigMap/settings? Secret/all ConfigMap/more Secret/debug Secret/tls? ConfigMap/files \
             PersistentVolumeClaim/data Secret/token ConfigMap/ca Secret/driver Secret/pull ServiceAccount/runner "
        );
    }
}
