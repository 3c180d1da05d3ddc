//! What the API server would say of objects: fixtures with what is expected of each.

use super::{Context, validate};
use crate::manifest::{Surroundings, read_text};
use crate::schema::{KubernetesVersion, Schema};
use crate::source::{SourceFile, Sources};

/// Validates manifests and holds what is said, a line each, against what is expected:
/// `LINE:COLUMN CODE MESSAGE`.
fn check_with(release: KubernetesVersion, substitutes: bool, manifests: &str, expected: &[&str]) {
    let mut sources = Sources::new();
    let file = sources.add(SourceFile::new("manifest.yaml", manifests));
    let reading = read_text(file, "manifest.yaml", manifests, Surroundings::default());
    let schema = Schema::of(release).with_crds(&reading.resources);
    let context = Context {
        schema: &schema,
        sources: &sources,
        substitutes,
    };
    let said: Vec<String> = reading
        .resources
        .iter()
        .flat_map(|resource| validate(resource, context))
        .map(|diagnostic| {
            let (start, _) = sources.positions(diagnostic.primary.span);
            let id = diagnostic.origin.id();
            format!("{}:{} {id} {}", start.line, start.column, diagnostic.message)
        })
        .collect();
    assert_eq!(said, expected, "{manifests}");
}

fn check(manifests: &str, expected: &[&str]) {
    check_with(KubernetesVersion::NEWEST, false, manifests, expected);
}

/// A pod with this container.
fn pod(container: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{ name: web }}\nspec:\n  containers:\n  - {container}\n")
}

#[test]
fn sound_objects_are_passed_in_silence() {
    check(
        &pod(
            "{ name: a, image: a:1, ports: [{ containerPort: 80.0 }], resources: { limits: { cpu: 0.5, memory: 1Gi } }, securityContext: null }",
        ),
        &[],
    );
    check(
        "apiVersion: example.com/v1\nkind: Whatever\nmetadata: {}\nspec: 1\n",
        &[],
    );
    check(
        "apiVersion: v1\nkind: Pod\nmetadata: { generateName: web- }\nspec: { containers: [{ name: a, image: b }] }\n",
        &[],
    );
}

#[test]
fn unknown_fields_are_said_at_their_key() {
    check(
        &pod("{ name: a, image: a:1, imagepullPolicy: Always, securityContext: { hostNetwork: true } }"),
        &[
            "6:28 S0104 `spec.containers[0].imagepullPolicy` is not a field of Container",
            "6:72 S0104 `spec.containers[0].securityContext.hostNetwork` is not a field of SecurityContext",
        ],
    );
}

#[test]
fn missing_fields_are_said_where_they_should_stand() {
    check(
        &pod("{ image: a:1, ports: [{ hostPort: 80 }] }"),
        &[
            "6:29 S0105 `spec.containers[0].ports[0].containerPort` is missing",
            "6:7 S0105 `spec.containers[0].name` is missing",
        ],
    );
    check(
        &pod("~"),
        &[
            "6:5 S0105 `spec.containers[0].image` is missing",
            "6:5 S0105 `spec.containers[0].name` is missing",
        ],
    );
    check(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n",
        &["2:7 S0105 the ConfigMap has no `metadata.name`"],
    );
}

#[test]
fn values_of_other_types_are_said_with_what_was_found() {
    check(
        &pod(
            "{ name: a, image: 1, tty: \"true\", ports: { containerPort: 80 }, env: [{ name: A, value: yes }] }",
        ),
        &[
            "6:23 S0106 `spec.containers[0].image` must be a string, but is the number `1`",
            "6:31 S0106 `spec.containers[0].tty` must be `true` or `false`, but is the string `true`",
            "6:46 S0106 `spec.containers[0].ports` must be a list, but is an object",
            "6:93 S0106 `spec.containers[0].env[0].value` must be a string, but is the boolean `true`",
        ],
    );
}

#[test]
fn quantities_and_enumerated_values_are_checked() {
    check(
        &pod(
            "{ name: a, image: b, imagePullPolicy: always, resources: { limits: { cpu: 1 Gi, memory: 1KI } } }",
        ),
        &[
            "6:43 S0108 `spec.containers[0].imagePullPolicy` can't be `always`: it is one of `Always`, `IfNotPresent` and `Never`",
            "6:79 S0107 `spec.containers[0].resources.limits.cpu` can't be `1 Gi`: that is no quantity",
            "6:93 S0107 `spec.containers[0].resources.limits.memory` can't be `1KI`: that is no quantity",
        ],
    );
}

#[test]
fn elements_with_the_same_keys_are_said() {
    check(
        "apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec:\n  ports:\n  - { port: 80 }\n  - { port: 80, protocol: TCP }\n  - { port: 80, protocol: UDP }\n",
        &["7:13 S0109 two elements of `spec.ports` have the `port` `80` and `protocol` `TCP`"],
    );
}

#[test]
fn kinds_and_versions_are_those_of_the_release() {
    let budget = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: { name: a }\n";
    check(
        budget,
        &["1:13 S0102 `PodDisruptionBudget` of `policy/v1beta1` was removed in Kubernetes 1.25"],
    );
    let flow = "apiVersion: flowcontrol.apiserver.k8s.io/v1beta2\nkind: PriorityLevelConfiguration\nmetadata: { name: a }\nspec: { type: Exempt }\n";
    check_with(
        KubernetesVersion::of_minor(27),
        false,
        flow,
        &[
            "1:13 S0103 `PriorityLevelConfiguration` of `flowcontrol.apiserver.k8s.io/v1beta2` goes in Kubernetes 1.29",
        ],
    );
    check(
        "apiVersion: v1\nkind: Deployment\n",
        &["1:13 S0101 there is no `Deployment` of `v1`"],
    );
    check(
        "apiVersion: apps/v9\nkind: Deployment\n",
        &["1:13 S0101 there is no `Deployment` of `apps/v9`"],
    );
    check(
        "apiVersion: v1\nkind: pod\n",
        &["2:7 S0101 there is no `pod` of `v1`"],
    );
}

#[test]
fn names_and_labels_have_a_grammar() {
    check(
        "apiVersion: v1\nkind: Service\nmetadata: { name: 1web, namespace: a.b, labels: { a/b/c: x, d: \"e f\" }, annotations: { Upper/x: z } }\nspec: {}\n",
        &[
            "3:51 S0111 the label `a/b/c` has more than one `/`",
            "3:64 S0111 the value `e f` of the label `d` must consist of letters, digits, `-`, `_` and `.`, and begin and end with a letter or digit",
            "3:19 S0110 the name `1web` must begin with a letter",
            "3:36 S0110 the namespace `a.b` must consist of lower-case letters, digits and `-`, and begin and end with a letter or digit",
        ],
    );
}

#[test]
fn data_of_secrets_is_base64() {
    check(
        "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\ndata: { good: aGk=, broken: \"a:b\", short: abc }\n",
        &[
            "4:29 S0112 the value of `data.broken` is not base64: it has a `:`",
            "4:43 S0112 the value of `data.short` is not base64: its length is no multiple of four characters",
        ],
    );
}

#[test]
fn what_flux_puts_in_is_not_judged() {
    let deployment = "apiVersion: v1\nkind: Pod\nmetadata: { name: \"${APP}\" }\nspec: { priority: \"${P}\", containers: [{ name: a, image: b }] }\n";
    check_with(KubernetesVersion::NEWEST, true, deployment, &[]);
    check(
        deployment,
        &[
            "4:19 S0106 `spec.priority` must be a whole number, but is the string `${P}`",
            "3:19 S0110 the name `${APP}` must consist of lower-case letters, digits, `-` and `.`, and begin and end with a letter or digit",
        ],
    );
}

#[test]
fn custom_resources_are_held_against_their_definition() {
    let definition = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: widgets, kind: Widget }
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [size]
            properties: { size: { type: integer }, mode: { type: string, enum: [fast, slow] } }
---
";
    check(
        &format!(
            "{definition}apiVersion: example.com/v1\nkind: Widget\nmetadata: {{ name: a }}\nspec: {{ mode: quick, colour: red }}\n"
        ),
        &[
            "24:15 S0108 `spec.mode` can't be `quick`: it is one of `fast` and `slow`",
            "24:22 S0104 `spec.colour` is not a field of WidgetSpec",
            "24:1 S0105 `spec.size` is missing",
        ],
    );
    check(
        &format!("{definition}apiVersion: example.com/v2\nkind: Widget\n"),
        &["21:13 S0101 there is no `Widget` of `example.com/v2`"],
    );
}
