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
        is_template: false,
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
        &["3:19 S0116 `${APP}` and another value are placeholders, which no cluster takes here"],
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

/// A definition of `Widget` whose `spec` has this schema.
fn widget(spec: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{ name: widgets.example.com }}\nspec:\n  group: example.com\n  scope: Namespaced\n  names: {{ plural: widgets, kind: Widget }}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        properties:\n          spec: {}\n---\n",
        spec.replace('\n', " ")
    )
}

/// Holds a `spec` against a schema; what is said is given without its place.
fn check_spec(schema: &str, spec: &str, expected: &[&str]) {
    let definition = widget(schema);
    let text = format!(
        "{definition}apiVersion: example.com/v1\nkind: Widget\nmetadata: {{ name: a }}\nspec: {spec}\n"
    );
    let mut sources = Sources::new();
    let file = sources.add(SourceFile::new("manifest.yaml", &*text));
    let reading = read_text(file, "manifest.yaml", &text, Surroundings::default());
    let schema = Schema::default().with_crds(&reading.resources);
    let context = Context {
        schema: &schema,
        sources: &sources,
        substitutes: spec.contains("${"),
        is_template: false,
    };
    let said: Vec<String> = reading
        .resources
        .iter()
        .filter(|resource| resource.kind == "Widget")
        .flat_map(|resource| validate(resource, context))
        .map(|diagnostic| format!("{} {}", diagnostic.origin.id(), diagnostic.message))
        .collect();
    assert_eq!(said, expected, "{text}");
}

#[test]
fn numbers_have_bounds() {
    let schema = "{ type: object, properties: { a: { type: integer, minimum: 1, maximum: 5 }, b: { type: number, minimum: 0, exclusiveMinimum: true, multipleOf: 0.5 }, c: { type: integer, format: int32 } } }";
    check_spec(schema, "{ a: 1, b: 0.5, c: 2147483647 }", &[]);
    check_spec(
        schema,
        "{ a: 0, b: 0, c: 2147483648 }",
        &[
            "S0113 `spec.a` can't be `0`: the least is 1",
            "S0113 `spec.b` can't be `0`: it must be more than 0",
            "S0113 `spec.c` can't be `2147483648`: it must be a whole number of 32 bits",
        ],
    );
    check_spec(
        schema,
        "{ a: 6, b: 0.7 }",
        &[
            "S0113 `spec.a` can't be `6`: the most is 5",
            "S0113 `spec.b` can't be `0.7`: it must be a multiple of 0.5",
        ],
    );
}

#[test]
fn strings_have_lengths_patterns_and_formats() {
    let schema = "{ type: object, properties: { a: { type: string, minLength: 2, maxLength: 3 }, b: { type: string, pattern: 'a+' }, c: { type: string, format: date-time }, d: { type: string, pattern: '\\bx' }, e: { type: string, format: made-up } } }";
    // Lengths count characters, patterns match anywhere; what can't be judged is not.
    check_spec(
        schema,
        "{ a: äöü, b: xay, c: 2026-01-31T12:00:00Z, d: a, e: a }",
        &[],
    );
    check_spec(
        schema,
        "{ a: x, b: b, c: today }",
        &[
            "S0113 `spec.a` has 1 character, but needs at least 2",
            "S0113 `spec.b` can't be `b`: it must match `a+`",
            "S0113 `spec.c` can't be `today`: it must be a day and time, such as `2026-01-31T12:00:00Z`",
        ],
    );
    check_spec(schema, "{ a: \"${A}\", b: \"${B}\" }", &[]);
}

#[test]
fn lists_and_maps_have_sizes() {
    let schema = "{ type: object, properties: { a: { type: array, minItems: 1, maxItems: 2, items: { type: string, enum: [x, z] } }, b: { type: array, x-kubernetes-list-type: set, items: { type: string } }, c: { type: object, minProperties: 1, additionalProperties: { type: string, maxLength: 1 } } } }";
    check_spec(schema, "{ a: [x, z], b: [p, q], c: { k: v } }", &[]);
    check_spec(
        schema,
        "{ a: [], b: [p, p], c: { k: vv, l: ~ } }",
        &[
            "S0113 `spec.a` has 0 elements, but needs at least 1",
            "S0109 `spec.b` has `p` twice",
            "S0113 `spec.c.k` has 2 characters, but may have at most 1",
        ],
    );
    check_spec(
        schema,
        "{ a: [x, w, x], c: {} }",
        &[
            "S0108 `spec.a[1]` can't be `w`: it is one of `x` and `z`",
            "S0113 `spec.a` has 3 elements, but may have at most 2",
            "S0113 `spec.c` has 0 fields, but needs at least 1",
        ],
    );
}

#[test]
fn values_that_are_not_strings_are_listed_too() {
    let schema = "{ type: object, properties: { a: { type: integer, enum: [1, 2] } } }";
    check_spec(schema, "{ a: 2.0 }", &[]);
    check_spec(
        schema,
        "{ a: 3 }",
        &["S0108 `spec.a` can't be `3`: it is one of `1` and `2`"],
    );
}

#[test]
fn alternatives_are_judged_as_a_whole() {
    let either = "{ type: object, properties: { a: { type: string }, b: { type: string } }, oneOf: [{ required: [a] }, { required: [b] }] }";
    check_spec(either, "{ a: x }", &[]);
    check_spec(either, "{}", &["S0113 `spec` needs `a` or `b`"]);
    check_spec(
        either,
        "{ a: x, b: z }",
        &["S0113 `spec` has `a` and `b`, of which only one may stand"],
    );
    let ruled_out = "{ type: object, properties: { a: { type: string }, b: { type: string } }, not: { required: [a, b] } }";
    check_spec(ruled_out, "{ a: x, b: ~ }", &[]);
    check_spec(
        ruled_out,
        "{ a: x, b: z }",
        &["S0113 `spec` can't have `a` and `b` together"],
    );
    let nested = "{ type: object, properties: { a: { type: string }, b: { type: integer } }, anyOf: [{ properties: { a: { enum: [x] } } }, { properties: { b: { minimum: 5 } }, required: [b] }] }";
    check_spec(nested, "{ a: z, b: 5 }", &[]);
    check_spec(nested, "{ a: \"${A}\", b: 1 }", &[]);
    check_spec(
        nested,
        "{ a: z, b: 1 }",
        &["S0113 `spec` fits none of the forms that its schema allows"],
    );
}

#[test]
fn whole_numbers_or_strings_are_no_alternatives() {
    let schema = "{ type: object, properties: { a: { x-kubernetes-int-or-string: true, anyOf: [{ type: integer }, { type: string }], pattern: '^[0-9]+%$' } } }";
    check_spec(schema, "{ a: 1 }", &[]);
    check_spec(schema, "{ a: 10% }", &[]);
    check_spec(
        schema,
        "{ a: ten }",
        &["S0113 `spec.a` can't be `ten`: it must match `^[0-9]+%$`"],
    );
    check_spec(
        schema,
        "{ a: true }",
        &["S0106 `spec.a` must be a whole number or a string, but is the boolean `true`"],
    );
}

#[test]
fn what_is_filled_in_counts_as_written() {
    let schema = "{ type: object, required: [a, b], properties: { a: { type: string, default: x }, b: { type: string, nullable: true }, c: { type: object, default: {}, properties: { d: { type: integer, default: 3 } }, required: [d] } }, anyOf: [{ properties: { a: { enum: [x] } }, required: [a] }] }";
    check_spec(schema, "{ b: ~ }", &[]);
    check_spec(schema, "{ a: ~, b: z, c: {} }", &[]);
    check_spec(schema, "{ a: x }", &["S0105 `spec.b` is missing"]);
}

#[test]
fn objects_within_objects_say_what_they_are() {
    let schema = "{ type: object, properties: { a: { type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true } } }";
    check_spec(schema, "{ a: { apiVersion: v1, kind: Pod, more: 1 } }", &[]);
    check_spec(
        schema,
        "{ a: { kind: Pod } }",
        &["S0113 `spec.a` needs `apiVersion` and `kind`: it is an object of its own"],
    );
}

#[test]
fn kinds_of_common_tools_have_the_schema_of_a_release() {
    check(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: a }\nspec: { project: default, destination: { server: x }, sources: [], syncPolicy: { automated: { purge: true } } }\n",
        &[
            "4:95 S0104 `spec.syncPolicy.automated.purge` is not a field of ApplicationSpecSyncPolicyAutomated",
        ],
    );
    // Nothing is known of other versions.
    check(
        "apiVersion: argoproj.io/v1beta9\nkind: Application\nmetadata: { name: a }\nspec: 1\n",
        &[],
    );
}

#[test]
fn templates_that_a_controller_fills_in_are_not_judged() {
    check(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: { name: a }\nspec: { generators: [], template: { metadata: { name: \"{{.name}}\" }, spec: { project: \"{{.project}}\", destination: {}, source: { repoURL: a }, revisionHistoryLimit: \"{{.limit}}\" } } }\n",
        &[],
    );
}

#[test]
fn placeholders_are_told_once() {
    check(
        "apiVersion: v1\nkind: Service\nmetadata: { name: '${NAME}', labels: { app: '<your app>' } }\nspec: { type: '${TYPE:-ClusterIP}', clusterIP: a b }\n",
        &["3:19 S0116 `${NAME}` and 2 other values are placeholders, which no cluster takes here"],
    );
    check(
        "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\ndata: { key: <base64> }\n",
        &["4:14 S0116 `<base64>` is a placeholder, which no cluster takes here"],
    );
    // Where anything may stand, a placeholder is a text like any other.
    check(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { key: <value> }\n",
        &[],
    );
}
