//! Automations and budgets from text to custom resources: the examples, held against snapshots, and what
//! resources can't say.

use ordain::emit::{self, Artifact, GroupVersion, Options, Refusal};
use ordain::workspace::{Request, Workspace};
use ordain::world::{Disk, Memory, World};
use std::path::{Path, PathBuf};

/// The custom resources of policies, and what was refused.
fn build(workspace: &Workspace, api: &GroupVersion) -> (Vec<Artifact>, Vec<Refusal>) {
    let options = Options {
        sources: &workspace.sources,
        api,
        schema: &workspace.schema,
        today: None,
        default_namespace: "",
        min_kube: ordain::schema::KubernetesVersion::NEWEST,
        prices: Some(emit::TableName {
            name: "a-price-list",
            date: "2026-01-31",
        }),
        grid: None,
        estimates: Default::default(),
        samples: &[],
        sign_key: None,
    };
    emit::build(&workspace.policies, &[&emit::crd::CustomResources], &options)
}

fn open(world: &dyn World, path: &str) -> Workspace {
    let request = Request {
        no_config: true,
        policies: vec![PathBuf::from(path)],
        ..Request::default()
    };
    let workspace = Workspace::open(world, &request).unwrap();
    assert!(workspace.is_sound(), "{:#?}", workspace.faults);
    workspace
}

/// The resources and refusals of one policy.
fn compile(text: &str) -> (Vec<Artifact>, Vec<String>) {
    let world = Memory::default();
    world.write(Path::new("policy.ordain"), text.as_bytes()).unwrap();
    let workspace = open(&world, "policy.ordain");
    let (artifacts, refusals) = build(&workspace, &workspace.api);
    let refusals = refusals
        .iter()
        .map(|refusal| refusal.diagnostic().message)
        .collect();
    (artifacts, refusals)
}

/// The resource of that name, as data.
fn resource(artifacts: &[Artifact], name: &str) -> serde_json::Value {
    let artifact = artifacts
        .iter()
        .find(|artifact| artifact.path == format!("crd/resources/{name}.yaml"))
        .unwrap();
    serde_yaml::from_str(artifact.text()).unwrap()
}

#[test]
fn the_examples_compile_to_these_resources() {
    let workspace = open(&Disk, "examples/optimization");
    let (artifacts, refusals) = build(&workspace, &workspace.api);
    assert_eq!(refusals, []);
    let (definitions, resources): (Vec<_>, Vec<_>) = artifacts
        .iter()
        .partition(|artifact| artifact.path.starts_with("crd/definitions/"));
    assert_eq!(definitions.len(), emit::crd::Kind::ALL.len());
    // One of the definitions stands for all; Kubernetes' own code judges them in tests/conformance/crd.
    let shown = definitions
        .into_iter()
        .filter(|artifact| artifact.path.contains("costbudgets"));
    for artifact in shown.chain(resources) {
        let name = artifact.path.trim_start_matches("crd/").replace('/', ".");
        insta::assert_snapshot!(name, artifact.text());
    }
}

/// The manifest of the article that the language comes from: every field, the same names and values, in
/// the same order. What Ordain adds is optional in the definition.
#[test]
fn the_first_example_is_the_well_known_manifest() {
    let text = std::fs::read_to_string("examples/optimization/smart-resource-scaling.ordain").unwrap();
    let (artifacts, _) = compile(&text);
    let mut compiled = resource(
        &artifacts,
        "production.smart-resource-scaling.aioptimizationpolicy",
    );
    for goal in compiled["spec"]["optimizationGoals"].as_array_mut().unwrap() {
        assert!(goal.as_object_mut().unwrap().remove("comparison").is_some());
    }
    assert_eq!(
        compiled["spec"]["actions"][0]
            .as_object_mut()
            .unwrap()
            .remove("window"),
        Some("1h".into())
    );
    let expected: serde_json::Value = serde_yaml::from_str(
        r#"
apiVersion: gitops.example.com/v1alpha1
kind: AIOptimizationPolicy
metadata:
  name: smart-resource-scaling
  namespace: production
spec:
  targetWorkload: deployment/my-api-service
  optimizationGoals:
    - type: costEfficiency
      metric: cpu_utilization_avg
      threshold: "60%"
    - type: performance
      metric: latency_p99
      threshold: "200ms"
  aiAgent:
    name: predictive-scaler-bot
    modelRef: openai-gpt-4o
  actions:
    - type: scaleReplicas
      direction: down
      ifCondition: costEfficiency
    - type: scaleReplicas
      direction: up
      ifCondition: performance
  dryRun: false
"#,
    )
    .unwrap();
    assert_eq!(compiled, expected);
    // Maps are equal in any order; their text is not.
    assert_eq!(compiled.to_string(), expected.to_string());
}

#[test]
fn a_group_of_ones_own_is_in_every_name() {
    let world = Memory::default();
    let text = "budget batch {\n  for w in workloads where w.namespace == \"batch\"\n  cost at most 400 EUR/month\n}\n";
    world.write(Path::new("policy.ordain"), text.as_bytes()).unwrap();
    let workspace = open(&world, "policy.ordain");
    let api = GroupVersion::parse("ops.acme.io/v1beta1").unwrap();
    let (artifacts, _) = build(&workspace, &api);
    let paths: Vec<&str> = artifacts.iter().map(|artifact| artifact.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "crd/definitions/costbudgets.ops.acme.io.yaml",
            "crd/resources/batch.costbudget.yaml"
        ]
    );
    assert!(
        !artifacts
            .iter()
            .any(|artifact| artifact.text().contains("gitops.example.com"))
    );
    insta::assert_snapshot!(artifacts[1].text(), @r#"
# batch
# Compiled by Ordain from policy.ordain; edit that and build again.
apiVersion: ops.acme.io/v1beta1
kind: CostBudget
metadata:
  name: batch
  annotations:
    ops.acme.io/severity: medium
spec:
  scope:
    namespaces:
    - batch
  limits:
  - quantity: cost
    limit: 400 EUR/month
  basis: RequestsAtMaximum
  prices:
    name: a-price-list
    date: "2026-01-31"
"#);
}

#[test]
fn strings_keep_their_type_for_every_reader() {
    let (artifacts, refusals) = compile(
        r#"
metric odd: Count = prometheus r"yes"

optimize null in "on" {
  target Deployment "1e3"
  goal off: odd <= 1_000
  when off missed: scale replicas down by 1
  active daily 08:00..20:00 "UTC"
  agent y using "2024-01-01"
}
"#,
    );
    assert_eq!(refusals, Vec::<String>::new());
    let artifact = artifacts
        .iter()
        .find(|artifact| artifact.path.contains("resources"))
        .unwrap();
    insta::assert_snapshot!(artifact.text(), @r#"
# null
# Compiled by Ordain from policy.ordain; edit that and build again.
apiVersion: gitops.example.com/v1alpha1
kind: AIOptimizationPolicy
metadata:
  name: "null"
  namespace: "on"
spec:
  targetWorkload: deployment/1e3
  optimizationGoals:
  - type: "off"
    metric: odd
    threshold: "1000"
    comparison: AtMost
  aiAgent:
    name: "y"
    modelRef: "2024-01-01"
  actions:
  - type: scaleReplicas
    direction: down
    ifCondition: "off"
    step:
      replicas: 1
  dryRun: true
  activeWindows:
  - days:
    - Monday
    - Tuesday
    - Wednesday
    - Thursday
    - Friday
    - Saturday
    - Sunday
    start: 08:00
    end: "20:00"
    timeZone: UTC
  metrics:
  - name: odd
    prometheus:
      query: "yes"
"#);
}

#[test]
fn what_a_resource_cannot_say_is_refused_by_name() {
    let check = |text: &str| compile(text).1.join("\n");
    let budget = |scope: &str| {
        check(&format!(
            "budget batch {{\n  {scope}\n  cost at most 400 USD/month\n}}\n"
        ))
    };
    insta::assert_snapshot!(budget("for w in Deployment"), @r"
`batch` can't be compiled to `crd` because its scope is not all `workloads`
");
    insta::assert_snapshot!(budget("for w in workloads where w.name like \"a*\""), @r"
`batch` can't be compiled to `crd` because its scope is more than tests of namespace and labels
");
    insta::assert_snapshot!(budget("for w in workloads where not (w.namespace == \"a\")"), @r"
`batch` can't be compiled to `crd` because its scope is more than tests of namespace and labels
");
    insta::assert_snapshot!(budget("for w in workloads where w.namespace like \"*a\""), @r"
`batch` can't be compiled to `crd` because its scope is more than tests of namespace and labels
");
    insta::assert_snapshot!(budget("for w in workloads where w.namespace == \"a\" and w.namespace == \"b\""), @r"
`batch` can't be compiled to `crd` because its scope is more than tests of namespace and labels
");
    // With this default, workloads without the label count as well.
    insta::assert_snapshot!(budget("for w in workloads where (w.labels[\"team\"] ?? \"a\") == \"a\""), @r"
`batch` can't be compiled to `crd` because its scope is more than tests of namespace and labels
");
    insta::assert_snapshot!(check("budget largeBatch {\n  for w in workloads\n  cost at most 400 USD/month\n}\n"), @r"
`largeBatch` can't be compiled to `crd` because names of Kubernetes objects have no `B`
");
    insta::assert_snapshot!(check(r#"
budget batch {
  for w in workloads where w.name == "a"
  cost at most 400 USD/month
}

optimize api in "production" {
  target Deployment "api"
  goal load: cpu_utilization_avg >= 60%
  when load missed: scale replicas down by 1
  budget batch
}
"#), @r"
`batch` can't be compiled to `crd` because its scope is more than tests of namespace and labels
`api` can't be compiled to `crd` because the budget `batch` that it keeps to has no custom resource
");
    insta::assert_snapshot!(check(r#"
optimize api in "production" {
  target Deployment "api" in "staging"
  goal load: cpu_utilization_avg >= 60%
  when load missed: scale replicas down by 1
}
"#), @r"
`api` can't be compiled to `crd` because `targetWorkload` means a workload of the policy's own namespace
");
}

#[test]
fn the_page_on_refusals_shows_one_and_its_mend() {
    let page = ordain::codes::Code::E0501.page();
    let example = |opening: &str| {
        let (_, rest) = page.split_once(opening).unwrap();
        let (text, _) = rest.split_once("```").unwrap();
        compile(text).1
    };
    assert_eq!(example("```ordain\n").len(), 1);
    assert_eq!(example("```ordain,good\n"), Vec::<String>::new());
}

/// Each scope with what the resource says of it.
#[test]
fn scopes_are_namespaces_prefixes_and_labels() {
    let scope = |condition: &str| {
        let text =
            format!("budget batch {{\n  for w in workloads{condition}\n  cost at most 400 USD/month\n}}\n");
        let (artifacts, refusals) = compile(&text);
        assert_eq!(refusals, Vec::<String>::new(), "{condition}");
        resource(&artifacts, "batch.costbudget")["spec"]["scope"].to_string()
    };
    assert_eq!(scope(""), "{}");
    assert_eq!(scope(" where w.namespace == \"a\""), r#"{"namespaces":["a"]}"#);
    assert_eq!(
        scope(" where w.namespace in [\"a\", \"b\"]"),
        r#"{"namespaces":["a","b"]}"#
    );
    assert_eq!(
        scope(" where w.namespace like \"a-*\" or w.namespace startsWith \"b\" or w.namespace like \"c\""),
        r#"{"namespaces":["c"],"namespacePrefixes":["a-","b"]}"#
    );
    assert_eq!(
        scope(" where (w.labels[\"team\"] ?? \"\") == \"pay\" and w.namespace == \"a\""),
        r#"{"namespaces":["a"],"matchLabels":{"team":"pay"}}"#
    );
    assert_eq!(
        scope(" where w.labels[\"team\"] is set and w.labels[\"team\"] == \"pay\""),
        r#"{"matchLabels":{"team":"pay"}}"#
    );
}
