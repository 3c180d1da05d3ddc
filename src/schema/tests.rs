//! The table against facts of the API: kinds, fields and versions that it must know.

use super::table::Table;
use super::*;
use crate::manifest::{Resource, Surroundings, read_text};
use crate::source::FileId;
use crate::units::Dimension;

fn versions() -> impl Iterator<Item = KubernetesVersion> {
    (KubernetesVersion::OLDEST.minor()..=KubernetesVersion::NEWEST.minor()).map(KubernetesVersion::of_minor)
}

fn resources(text: &str) -> Vec<Resource> {
    read_text(FileId(0), "crds.yaml", text, Surroundings::default()).resources
}

/// The kinds as `group/version Kind`, and what is worth saying of them.
fn describe(kinds: &[&Kind]) -> String {
    let lines: Vec<String> = kinds
        .iter()
        .map(|kind| {
            let pods = kind
                .pod_spec
                .as_ref()
                .map_or(String::new(), |path| format!(" pods at {}", path.join(".")));
            let more = if kind.other_pods { " pods elsewhere" } else { "" };
            let gone = kind
                .removed
                .map_or(String::new(), |version| format!(" gone in {version}"));
            let scope = if kind.namespaced { "" } else { " cluster" };
            format!(
                "{} {} {}{scope}{pods}{more}{gone}",
                kind.api_version(),
                kind.kind,
                kind.plural
            )
        })
        .collect();
    lines.join("\n")
}

/// A definition with its fields' types, `!` for what is required.
fn show(schema: &Schema, id: DefinitionId) -> String {
    fn name(schema: &Schema, ty: &FieldType) -> String {
        match ty {
            FieldType::Object(id) => schema.definition(*id).name.to_string(),
            FieldType::List(element) => format!("[{}]", name(schema, element)),
            FieldType::Map(value) => format!("{{{}}}", name(schema, value)),
            other => format!("{other:?}").to_lowercase(),
        }
    }
    let definition = schema.definition(id);
    let mut text = format!("{}{}", definition.name, if definition.open { " …" } else { "" });
    for field in &definition.fields {
        let mark = if field.required { "!" } else { "" };
        text += &format!("\n  {}{mark}: {}", field.name, name(schema, &field.ty));
        match &field.absence {
            Absence::Unknown => {}
            Absence::Value(value) => text += &format!(" = {value}"),
            Absence::FilledIn => text += " = {}",
        }
        if !field.values.is_empty() {
            text += &format!(" in {:?}", field.values);
        }
    }
    text
}

#[test]
fn every_version_is_whole() {
    for version in versions() {
        let table = Table::of(version);
        for definition in &table.definitions {
            let sorted = definition
                .fields
                .windows(2)
                .all(|pair| pair[0].name < pair[1].name);
            assert!(
                sorted,
                "{version} {}: fields twice or out of order",
                definition.name
            );
            // What no line describes is open and empty.
            let described = !definition.open || !definition.fields.is_empty();
            assert!(described, "{version}: nothing describes {}", definition.name);
        }
        let schema = Schema::of(version);
        let pod = schema.kind_of("v1", "Pod").unwrap();
        assert_eq!(
            schema.type_at(pod.definition, ["spec", "containers", "name"]),
            Some(FieldType::String)
        );
        for (kind, path) in [
            ("Pod", "spec"),
            ("Deployment", "spec.template.spec"),
            ("StatefulSet", "spec.template.spec"),
            ("DaemonSet", "spec.template.spec"),
            ("ReplicaSet", "spec.template.spec"),
            ("ReplicationController", "spec.template.spec"),
            ("Job", "spec.template.spec"),
            ("CronJob", "spec.jobTemplate.spec.template.spec"),
            ("PodTemplate", "template.spec"),
        ] {
            for found in schema.kinds(kind, None) {
                let pod_spec = found.pod_spec.as_ref().map(|path| path.join("."));
                assert_eq!(pod_spec.as_deref(), Some(path), "{version} {kind}");
            }
        }
        let bearing = schema
            .all_kinds()
            .filter(|kind| kind.pod_spec.is_some() && kind.removed.is_none());
        assert_eq!(
            bearing.count(),
            11,
            "{version}: the nine above, Rollout and DeploymentConfig"
        );
    }
}

#[test]
fn every_schema_of_a_tool_reads() {
    let table = Table::of(KubernetesVersion::NEWEST);
    let schema = Schema::default();
    assert!(table.bundles.len() > 100, "{}", table.bundles.len());
    for kind in table.bundles.iter().map(|bundle| &bundle.kind) {
        let name = format!("{} {}", kind.api_version(), kind.kind);
        let definition = schema.definition(kind.definition);
        assert_eq!(definition.name, kind.kind, "{name}");
        assert!(definition.fields.len() >= 4, "{name}: {definition:?}");
        assert!(!definition.open, "{name}");
        let mut below: Vec<&FieldType> = definition.fields.iter().map(|field| &field.ty).collect();
        let mut seen = std::collections::HashSet::new();
        while let Some(ty) = below.pop() {
            match ty {
                FieldType::Object(id) if seen.insert(*id) => {
                    let definition = schema.definition(*id);
                    assert_ne!(&*definition.name, "", "{name}");
                    below.extend(definition.fields.iter().map(|field| &field.ty));
                }
                FieldType::List(each) | FieldType::Map(each) => below.push(each),
                _ => {}
            }
        }
        if let Some(path) = &kind.pod_spec {
            let path = path.iter().map(|key| &**key);
            assert_eq!(
                schema.type_at(kind.definition, path),
                schema.definition_named("core.v1.PodSpec").map(FieldType::Object),
                "{name}"
            );
        }
    }
}

#[test]
fn the_generated_file_is_in_order() {
    let text = include_str!("kubernetes.txt");
    let key = |line: &str| {
        (
            !line.starts_with("kind "),
            line.split(' ').take(5).collect::<Vec<_>>().join(" "),
        )
    };
    let heads: Vec<&str> = text
        .lines()
        .skip(1)
        .filter(|line| !line.starts_with(' '))
        .collect();
    for pair in heads.windows(2) {
        assert!(key(pair[0]) < key(pair[1]), "{pair:?}");
    }
}

#[test]
fn every_fact_is_about_a_field_and_of_its_type() {
    for fact in facts::facts() {
        for definition in fact.definitions.split(' ') {
            // Some definitions are known to the older versions alone.
            let field = versions().filter_map(|version| {
                let schema = Schema::of(version);
                let id = schema.definition_named(definition)?;
                schema.definition(id).field(fact.field).cloned()
            });
            let field = field
                .last()
                .unwrap_or_else(|| panic!("no field {definition} {}", fact.field));
            let fits = match (&fact.claim, &field.ty) {
                (facts::Claim::Required, _) | (facts::Claim::Values(_), FieldType::String) => true,
                (facts::Claim::Default("{}"), FieldType::Object(_)) => true,
                (facts::Claim::Default(value), FieldType::String) => {
                    value.starts_with('"') && value.ends_with('"')
                }
                (facts::Claim::Default(value), FieldType::Bool) => matches!(*value, "true" | "false"),
                (facts::Claim::Default(value), FieldType::Integer) => value.parse::<i64>().is_ok(),
                (facts::Claim::Default(value), FieldType::IntOrString) => {
                    value.parse::<i64>().is_ok() || value.starts_with('"')
                }
                _ => false,
            };
            assert!(
                fits,
                "{definition} {} {:?} against {:?}",
                fact.field, fact.claim, field.ty
            );
        }
    }
    let defaults = facts::facts()
        .filter(|fact| matches!(fact.claim, facts::Claim::Default(_)))
        .count();
    assert!(defaults >= 60, "{defaults}");
}

#[test]
fn defaults_are_within_the_values() {
    for definition in &Table::of(KubernetesVersion::NEWEST).definitions {
        for field in &definition.fields {
            if let (Absence::Value(value), false) = (&field.absence, field.values.is_empty()) {
                let known = field.values.iter().any(|known| format!("\"{known}\"") == **value);
                assert!(known, "{} {} = {value}", definition.name, field.name);
            }
        }
    }
}

#[test]
fn a_name_means_all_versions_and_what_is_gone() {
    let schema = Schema::default();
    let described = |name, group| describe(&schema.kinds(name, group));
    insta::assert_snapshot!(described("Deployment", None), @r"
    apps/v1 Deployment deployments pods at spec.template.spec
    apps/v1beta2 Deployment deployments pods at spec.template.spec gone in 1.16
    apps/v1beta1 Deployment deployments pods at spec.template.spec gone in 1.16
    extensions/v1beta1 Deployment deployments pods at spec.template.spec gone in 1.16
    ");
    insta::assert_snapshot!(described("Ingress", Some("networking.k8s.io")), @r"
    networking.k8s.io/v1 Ingress ingresses
    extensions/v1beta1 Ingress ingresses gone in 1.22
    networking.k8s.io/v1beta1 Ingress ingresses gone in 1.22
    ");
    insta::assert_snapshot!(described("HorizontalPodAutoscaler", None), @r"
    autoscaling/v2 HorizontalPodAutoscaler horizontalpodautoscalers
    autoscaling/v1 HorizontalPodAutoscaler horizontalpodautoscalers
    autoscaling/v2beta2 HorizontalPodAutoscaler horizontalpodautoscalers gone in 1.26
    autoscaling/v2beta1 HorizontalPodAutoscaler horizontalpodautoscalers gone in 1.25
    ");
    insta::assert_snapshot!(described("PodSecurityPolicy", None), @r"
    extensions/v1beta1 PodSecurityPolicy podsecuritypolicies cluster gone in 1.16
    policy/v1beta1 PodSecurityPolicy podsecuritypolicies cluster gone in 1.25
    ");
    insta::assert_snapshot!(described("Event", Some("")), @"v1 Event events");
    insta::assert_snapshot!(described("Rollout", Some("argoproj.io")), @"argoproj.io/v1alpha1 Rollout rollouts pods at spec.template.spec");
    assert!(schema.kinds("Deployment", Some("batch")).is_empty());
    assert!(schema.kinds("Nothing", None).is_empty());
    let old = Schema::of(KubernetesVersion::of_minor(25));
    insta::assert_snapshot!(describe(&old.kinds("HorizontalPodAutoscaler", None)), @r"
    autoscaling/v2 HorizontalPodAutoscaler horizontalpodautoscalers
    autoscaling/v1 HorizontalPodAutoscaler horizontalpodautoscalers
    autoscaling/v2beta2 HorizontalPodAutoscaler horizontalpodautoscalers
    autoscaling/v2beta1 HorizontalPodAutoscaler horizontalpodautoscalers gone in 1.25
    ");
}

#[test]
fn objects_find_their_kind() {
    let schema = Schema::default();
    let found = |api_version, kind| schema.kind_of(api_version, kind).map(|kind| describe(&[kind]));
    insta::assert_snapshot!(found("extensions/v1beta1", "Deployment").unwrap(), @"extensions/v1beta1 Deployment deployments pods at spec.template.spec gone in 1.16");
    insta::assert_snapshot!(found("v1", "Namespace").unwrap(), @"v1 Namespace namespaces cluster");
    // A version of which nothing is known is taken for the most stable one.
    insta::assert_snapshot!(found("cert-manager.io/v1alpha2", "Certificate").unwrap(), @"cert-manager.io/v1 Certificate certificates");
    assert_eq!(found("apps/v1", "Pod"), None);
    assert_eq!(found("example.com/v1", "Deployment"), None);
}

#[test]
fn fields_carry_facts() {
    let schema = Schema::default();
    let shown = |name| show(&schema, schema.definition_named(name).unwrap());
    insta::assert_snapshot!(shown("core.v1.SecurityContext"), @r#"
    SecurityContext
      allowPrivilegeEscalation: bool = true
      appArmorProfile: AppArmorProfile
      capabilities: Capabilities
      privileged: bool = false
      procMount: string = "Default" in ["Default", "Unmasked"]
      readOnlyRootFilesystem: bool = false
      runAsGroup: integer
      runAsNonRoot: bool = false
      runAsUser: integer
      seLinuxOptions: SELinuxOptions
      seccompProfile: SeccompProfile
      windowsOptions: WindowsSecurityContextOptions
    "#);
    insta::assert_snapshot!(shown("apps.v1.DeploymentSpec"), @r"
    DeploymentSpec
      minReadySeconds: integer = 0
      paused: bool = false
      progressDeadlineSeconds: integer = 600
      replicas: integer = 1
      revisionHistoryLimit: integer = 10
      selector!: LabelSelector
      strategy: DeploymentStrategy = {}
      template!: PodTemplateSpec
    ");
    insta::assert_snapshot!(shown("apps.v1.Deployment"), @r"
    Deployment
      apiVersion!: string
      kind!: string
      metadata!: ObjectMeta
      spec!: DeploymentSpec
      status: DeploymentStatus
    ");
    let container = schema.definition(schema.definition_named("core.v1.Container").unwrap());
    for (name, required) in [("name", true), ("image", true), ("imagePullPolicy", false)] {
        assert_eq!(container.field(name).unwrap().required, required, "{name}");
    }
    assert_eq!(container.field("resources").unwrap().absence, Absence::FilledIn);
    assert_eq!(
        container.field("ports").unwrap().list_keys,
        ["containerPort".into(), "protocol".into()]
    );
}

#[test]
fn versions_differ() {
    let has = |minor, name: &str, field| {
        let schema = Schema::of(KubernetesVersion::of_minor(minor));
        let id = schema.definition_named(name).unwrap();
        schema.definition(id).field(field).is_some()
    };
    assert!(!has(25, "core.v1.PodSpec", "schedulingGates") && has(26, "core.v1.PodSpec", "schedulingGates"));
    assert!(has(25, "core.v1.ContainerStatus", "restartCount"));
    for (text, version) in [
        ("1.25", Some("1.25")),
        ("v1.31.4", Some("1.31")),
        ("1.24", None),
        ("2.30", None),
        ("1", None),
    ] {
        assert_eq!(
            KubernetesVersion::parse(text)
                .map(|version| version.to_string())
                .as_deref(),
            version,
            "{text}"
        );
    }
}

#[test]
fn paths_have_types() {
    let schema = Schema::default();
    let deployment = schema.kind_of("apps/v1", "Deployment").unwrap().definition;
    let at = |path: &str| schema.type_at(deployment, path.split('.'));
    assert_eq!(at("spec.replicas"), Some(FieldType::Integer));
    assert_eq!(at("metadata.labels.app"), Some(FieldType::String));
    assert_eq!(
        at("spec.template.spec.containers.resources.limits.cpu"),
        Some(FieldType::Quantity)
    );
    assert_eq!(
        at("spec.strategy.rollingUpdate.maxSurge"),
        Some(FieldType::IntOrString)
    );
    assert_eq!(at("spec.replica"), None);
    assert_eq!(at("spec.replicas.more"), None);
    let rollout = schema.kinds("Rollout", None)[0].definition;
    assert_eq!(
        schema.type_at(rollout, ["spec", "strategy", "canary"]),
        Some(FieldType::Any)
    );

    for (field, key, dimension) in [
        ("limits", Some("cpu"), Dimension::CPU),
        ("hard", Some("requests.memory"), Dimension::MEMORY),
        ("sizeLimit", None, Dimension::MEMORY),
        ("maxLimitRequestRatio", Some("cpu"), Dimension::RATIO),
        ("averageValue", None, Dimension::COUNT),
    ] {
        assert_eq!(quantity_dimension(field, key), dimension, "{field}");
    }
}

#[test]
fn misspelled_names_are_recognised() {
    let schema = Schema::default();
    let field = |definition, name| {
        let id = schema.definition_named(definition).unwrap();
        schema.suggest_field(id, name).unwrap_or_default()
    };
    assert_eq!(field("core.v1.Container", "imagePullPolciy"), "imagePullPolicy");
    assert_eq!(
        field("core.v1.Container", "privileged"),
        "securityContext.privileged"
    );
    assert_eq!(field("core.v1.PodSpec", "container"), "containers");
    assert_eq!(field("core.v1.PodSpec", "somethingElse"), "");
    assert_eq!(schema.suggest_kind("Deploymnet"), Some("Deployment"));
    assert_eq!(schema.suggest_kind("pods"), Some("Pod"));
    assert_eq!(schema.suggest_kind("Zebra"), None);
}

#[test]
fn crds_add_kinds() {
    let crds = resources(
        r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: acme.io
  scope: Namespaced
  names: { kind: Engine, plural: engines }
  versions:
    - name: v1beta1
    - name: v1
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            metadata: { type: object }
            spec:
              type: object
              required: [size]
              properties:
                size: { type: string, enum: [small, large], default: small }
                port: { anyOf: [{ type: integer }, { type: string }], x-kubernetes-int-or-string: true }
                memory:
                  anyOf: [{ type: integer }, { type: string }]
                  pattern: ^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$
                  x-kubernetes-int-or-string: true
                labels: { type: object, additionalProperties: { type: string } }
                values: { type: object, x-kubernetes-preserve-unknown-fields: true }
                note: { type: string, default: "a \"{b}\"" }
                ratio: { type: number, default: 0.5 }
                tuning: { type: object, default: {}, properties: { level: { type: integer } } }
                cylinders:
                  type: array
                  x-kubernetes-list-map-keys: [id]
                  items: { type: object, properties: { id: { type: integer }, lit: { type: boolean } } }
                template:
                  type: object
                  properties:
                    spec:
                      type: object
                      properties:
                        restartPolicy: { type: string }
                        containers: { type: array, items: { type: object, properties: { image: { type: string } } } }
---
apiVersion: apiextensions.k8s.io/v1beta1
kind: CustomResourceDefinition
spec:
  group: argoproj.io
  scope: Cluster
  version: v1alpha1
  names: { kind: Application }
  validation: { openAPIV3Schema: { properties: { spec: { type: object, properties: { project: { type: string } } } } } }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec: { group: acme.io, versions: nonsense }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec: { group: acme.io, scope: Namespaced, names: { kind: Deployment, plural: deployments }, versions: [{ name: v1 }] }
"#,
    );
    let base = Schema::default();
    let schema = base.with_crds(&crds);

    insta::assert_snapshot!(describe(&schema.kinds("Engine", None)), @r"
    acme.io/v1 Engine engines pods at spec.template.spec
    acme.io/v1beta1 Engine engines
    ");
    let engine = schema.kind_of("acme.io/v1", "Engine").unwrap().definition;
    insta::assert_snapshot!(show(&schema, engine), @r"
    Engine
      apiVersion!: string
      kind!: string
      metadata!: ObjectMeta
      spec!: EngineSpec
    ");
    let Some(FieldType::Object(spec)) = schema.type_at(engine, ["spec"]) else {
        panic!("no spec");
    };
    insta::assert_snapshot!(show(&schema, spec), @r#"
    EngineSpec
      cylinders: [EngineSpecCylinders]
      labels: {string}
      memory: quantity
      note: string = "a \"\{b}\""
      port: intorstring
      ratio: number = 0.5
      size: string = "small" in ["small", "large"]
      template: PodTemplateSpec
      tuning: EngineSpecTuning = {}
      values: any
    "#);
    assert_eq!(schema.type_at(spec, ["cylinders", "lit"]), Some(FieldType::Bool));
    assert_eq!(
        schema.definition(spec).field("cylinders").unwrap().list_keys,
        ["id".into()]
    );

    // A CRD takes the place of the kind that was only known by name.
    let application = schema.kinds("Application", None);
    insta::assert_snapshot!(describe(&application), @"argoproj.io/v1alpha1 Application applications cluster");
    assert_eq!(
        schema
            .suggest_field(application[0].definition, "specs")
            .as_deref(),
        Some("spec")
    );
    // The API's own kind keeps its bare name.
    assert_eq!(
        schema.kinds("Deployment", None).len(),
        base.kinds("Deployment", None).len()
    );
    assert_eq!(
        describe(&schema.kinds("Deployment", Some("acme.io"))),
        "acme.io/v1 Deployment deployments"
    );
    // Reading the same again changes nothing.
    let twice = schema.with_crds(&crds);
    assert_eq!(twice.all_kinds().count(), schema.all_kinds().count());
    // Nor does a copy, of which only the last is read.
    let copies = base.with_crds(crds.iter().chain(&crds));
    assert_eq!(copies.layer.definitions.len(), schema.layer.definitions.len());
    assert_eq!(
        describe(&copies.kinds("Engine", None)),
        describe(&schema.kinds("Engine", None))
    );
    assert_eq!(base.kind_of("acme.io/v1", "Engine"), None);
    assert!(is_kubernetes("") && is_kubernetes("extensions") && !is_kubernetes("acme.io"));
}

#[test]
fn pods_of_crds_are_found_wherever_they_stand() {
    let template = "{ type: object, properties: { spec: { type: object, properties: { restartPolicy: { type: string }, \
                    containers: { type: array, items: { type: object, properties: { image: { type: string } } } } } } } }";
    let described = |properties: String| {
        let crds = resources(&format!(
            "{{ apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {{ group: a.io, \
             names: {{ kind: Fleet }}, versions: [{{ name: v1, schema: {{ openAPIV3Schema: {{ properties: {{ \
             spec: {{ type: object, properties: {properties} }} }} }} }} }}] }} }}"
        ));
        describe(&Schema::default().with_crds(&crds).kinds("Fleet", None))
    };
    assert_eq!(
        described(format!("{{ t: {template} }}")),
        "a.io/v1 Fleet fleets pods at spec.t.spec"
    );
    let list = format!("{{ type: array, items: {{ type: object, properties: {{ t: {template} }} }} }}");
    assert_eq!(
        described(format!("{{ ts: {list} }}")),
        "a.io/v1 Fleet fleets pods elsewhere"
    );
    assert_eq!(
        described(format!("{{ t: {template}, ts: {list} }}")),
        "a.io/v1 Fleet fleets pods at spec.t.spec pods elsewhere"
    );
}

#[test]
fn deep_schemas_end() {
    let deep = "{ type: object, properties: { a: ".repeat(70) + "{ type: string }" + &"} }".repeat(70);
    let crds = resources(&format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  group: a.b\n  \
         names: {{ kind: Deep }}\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema: {deep}\n"
    ));
    let schema = Schema::default().with_crds(&crds);
    let kind = schema.kind_of("a.b/v1", "Deep").unwrap();
    assert_eq!(schema.type_at(kind.definition, ["a"; 90]), Some(FieldType::Any));
}
