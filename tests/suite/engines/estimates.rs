//! Cost, energy and carbon, replicas and requests: every engine comes to the same amounts, to the last digit.

use super::{Files, agree, compare, rule};
use proptest::prelude::*;

/// What a rule tells of every object, the same in every engine.
fn told(rule_body: &str, manifests: &str) -> Vec<String> {
    let rule = rule(&format!("rule told {{\n{rule_body}\n}}\n"));
    agree(&rule, manifests)
}

/// What is shown of a workload that is named `x`, in words such as `{cost(w).high}`.
fn check(shown: &str, manifests: &str, expected: &str) {
    let found = told(
        &format!("  for w in objects\n  where w.name == \"x\"\n  require false\n  message \"<{shown}>\""),
        manifests,
    );
    let is_told = |line: &String| line.contains(&format!("<{expected}>"));
    assert!(found.iter().any(is_told), "{manifests}: {found:#?}");
}

fn workload(kind: &str, spec: &str, pod: &str) -> String {
    format!(
        "{{ apiVersion: apps/v1, kind: {kind}, metadata: {{ name: x }}, spec: {{ {spec}selector: {{ matchLabels: {{ a: b }} }}, \
         template: {{ metadata: {{ labels: {{ a: b }} }}, spec: {{ {pod} }} }} }} }}\n---\n"
    )
}

/// A pod with one container.
fn requesting(cpu: &str, memory: &str) -> String {
    format!(
        "containers: [{{ name: a, image: \"a:1\", resources: {{ requests: {{ cpu: {cpu}, memory: {memory} }} }} }}]"
    )
}

#[test]
fn amounts_are_the_same_to_the_last_digit() {
    let three = workload("Deployment", "replicas: 3, ", &requesting("500m", "1Gi"));
    check("{cost(w).high}", &three, "1.44306 USD/day");
    let eu = told(
        "  for w in Deployment\n  require (energy(w).high ?? 0 kWh/month) <= 3 kWh/month and (carbon(w).high ?? 0 kgCO2e/month) <= 1 kgCO2e/month\n  message \"{carbon(w).high}\"",
        &three,
    );
    assert!(eu[0].contains("1919705 mgCO2e/month"), "{eu:#?}");
}

#[test]
fn autoscalers_claims_and_kinds_are_counted_alike() {
    let one = requesting("1", "1Gi");
    let scaled = |kind: &str, bounds: &str| {
        format!(
            "{}{{ apiVersion: {kind}, metadata: {{ name: s }}, spec: {{ scaleTargetRef: {{ apiVersion: apps/v1, kind: Deployment, name: x }}, {bounds} }} }}\n",
            workload("Deployment", "replicas: 5, ", &one)
        )
    };
    let hpa = "autoscaling/v2, kind: HorizontalPodAutoscaler";
    let keda = "keda.sh/v1alpha1, kind: ScaledObject";
    check(
        "{replicas(w).low}..{replicas(w).high}",
        &scaled(hpa, "maxReplicas: 4"),
        "1..4",
    );
    check(
        "{replicas(w).low}..{replicas(w).high}",
        &scaled(keda, "minReplicaCount: 2"),
        "2..100",
    );
    check(
        "{replicas(w).low}..{replicas(w).high}",
        &scaled(hpa, "minReplicas: 2"),
        "2..unset",
    );
    check(
        "{replicas(w).low}..{replicas(w).high}",
        &workload("DaemonSet", "", &one),
        "unset..unset",
    );
    check(
        "{replicas(w).high}",
        &workload("Deployment", "replicas: many, ", &one),
        "unset",
    );
    check(
        "{requests(w, \"cpu\").low}..{requests(w, \"cpu\").high}",
        &scaled(hpa, "minReplicas: 2, maxReplicas: 4"),
        "2cpu..4cpu",
    );
    check(
        "{requests(w, \"memory\").low}",
        &scaled(hpa, "minReplicas: 2, maxReplicas: 4"),
        "2Gi",
    );
    check(
        "{requests(w, \"nvidia.com/gpu\").high}",
        &workload("Deployment", "", &one),
        "0",
    );
    let claim = "{ apiVersion: v1, kind: PersistentVolumeClaim, metadata: { name: data }, spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 10Gi } } } }\n";
    let claiming = format!("{one}, volumes: [{{ name: d, persistentVolumeClaim: {{ claimName: data }} }}]");
    check(
        "{cost(w).high}",
        &workload("Deployment", "replicas: 2, ", &claiming),
        "unset",
    );
    check(
        "{cost(w).high}",
        &format!("{}{claim}", workload("Deployment", "replicas: 2, ", &claiming)),
        "52.73808 USD/month",
    );
    let service = "{ apiVersion: v1, kind: Service, metadata: { name: x }, spec: { type: LoadBalancer, ports: [{ port: 80 }] } }";
    check(
        "{cost(w).low}..{cost(w).high}",
        service,
        "18.25 USD/month..18.25 USD/month",
    );
    check(
        "{cost(w).high}",
        &service.replace("LoadBalancer", "ClusterIP"),
        "0 USD/month",
    );
    let custom = "{ apiVersion: acme.io/v1, kind: Thing, metadata: { name: x } }";
    check("{cost(w).high}", custom, "unset");
    let job = "{ apiVersion: batch/v1, kind: Job, metadata: { name: x }, spec: { parallelism: 2, template: { spec: { restartPolicy: Never, containers: [{ name: a, image: \"a:1\", resources: { requests: { cpu: 1, memory: 1Gi } } }] } } } }";
    check("{replicas(w).low}..{replicas(w).high}", job, "0..2");
    check(
        "{replicas(w).low}..{replicas(w).high}",
        &job.replace("parallelism: 2", "suspend: true"),
        "0..0",
    );
}

#[test]
fn a_pod_asks_for_its_peak() {
    let pod = "overhead: { cpu: 50m, memory: 10Mi }, initContainers: [\
        { name: big, image: \"a:1\", resources: { requests: { cpu: 2, memory: 1Gi } } }, \
        { name: side, image: \"a:1\", restartPolicy: Always, resources: { requests: { cpu: 100m, memory: 64Mi } } }, \
        { name: late, image: \"a:1\", resources: { limits: { cpu: 1 } } }], \
        containers: [{ name: a, image: \"a:1\", resources: { requests: { cpu: 250m, memory: 2Gi }, limits: { nvidia.com/gpu: 1 } } }]";
    let manifest = workload("Deployment", "replicas: 2, ", pod);
    check("{requests(w, \"cpu\").high}", &manifest, "4.1cpu");
    check("{requests(w, \"memory\").high}", &manifest, "4244Mi");
    check("{requests(w, \"nvidia.com/gpu\").high}", &manifest, "2");
    check("{carbon(w).high}", &manifest, "unset");
}

#[test]
fn containers_and_pods_are_estimated_in_all_replicas() {
    let manifest = workload("Deployment", "replicas: 2, ", &requesting("1", "1Gi"));
    for subject in ["c in containers", "c in pods"] {
        let found = told(
            &format!("  for {subject}\n  where cost(c).high is set\n  require cost(c).high <= 5 USD/month"),
            &manifest,
        );
        assert!(
            found[0].contains("is `52.33808 USD/month`, must be at most `5 USD/month`"),
            "{found:#?}"
        );
    }
}

#[test]
fn sums_and_multiples_of_estimates_are_told() {
    let manifest = workload("Deployment", "replicas: 2, ", &requesting("1", "1Gi"));
    let found = told(
        "  for d in Deployment\n  require (sum(w in workloads: cost(w).high ?? 0 USD/month)) * 2 <= 5 USD/month\n  \
         message \"all cost {2 * (sum(w in workloads: cost(w).high ?? 0 USD/month)) - 1 USD/month}\"",
        &manifest,
    );
    assert!(found[0].contains("all cost 103.67616 USD/month"), "{found:#?}");
}

#[test]
fn what_is_absurd_is_estimated_alike() {
    for (cpu, memory) in [
        ("1e40", "1e40"),
        ("\"9223372036854775807\"", "8E"),
        ("-1", "1Gi"),
        ("\"abc\"", "1Gi"),
        ("1n", "1"),
        ("0", "0"),
        ("123456789m", "0.000000001"),
    ] {
        for replicas in ["2147483647", "99999999999", "-1", "0", "2.0"] {
            let manifest = workload(
                "Deployment",
                &format!("replicas: {replicas}, "),
                &requesting(cpu, memory),
            );
            told(
                "  for w in Deployment\n  require false\n  message \"{cost(w).low} {cost(w).high} {carbon(w).high} {replicas(w).high} {requests(w, \"cpu\").high} {requests(w, \"memory\").high}\"",
                &manifest,
            );
        }
    }
}

/// Requests as people and generators write them.
fn amount() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u32..100_000).prop_map(|milli| format!("{milli}m")),
        (0_u32..1_000_000, 0_usize..6)
            .prop_map(|(amount, unit)| { format!("{amount}{}", ["", "Ki", "Mi", "Gi", "M", "G"][unit]) }),
        Just("null".to_owned()),
        Just("\"\"".to_owned()),
    ]
}

#[test]
fn any_requests_are_estimated_alike() {
    let rule = rule(
        "rule told {\n  for w in Deployment\n  require (cost(w).high ?? 0 USD/month) <= 100 USD/month and (energy(w).low ?? 0 kWh/month) <= 1 kWh/month\n  \
         message \"{cost(w).high} {carbon(w).high} {requests(w, \"cpu\").high} {requests(w, \"memory\").low}\"\n}\n",
    );
    let config = ProptestConfig {
        cases: 12,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(cpu in 0_u32..100_000, memory in amount(), replicas in 0_u32..5000, other in amount())| {
        let pod = format!(
            "initContainers: [{{ name: i, image: \"a:1\", resources: {{ limits: {{ memory: {other} }} }} }}], {}",
            requesting(&format!("{cpu}m"), &memory)
        );
        let manifests = workload("Deployment", &format!("replicas: {replicas}, "), &pod);
        compare(&rule, &Files::read(&[("fixture.yaml", &manifests)])).map_err(TestCaseError::fail)?;
    });
}
