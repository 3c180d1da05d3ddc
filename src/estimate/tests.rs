//! Estimates over small repositories, with the amounts expected beside them.

use super::*;
use crate::evaluate::fixtures::{Fixture, named};
use proptest::prelude::*;

/// An estimator of settings such as `region = eu-north-1`.
fn estimator(settings: &str) -> Estimator {
    let value = |key: &str| {
        settings.split(", ").find_map(|setting| {
            let (own, value) = setting.split_once(" = ")?;
            (own == key).then(|| value.to_string())
        })
    };
    let choice = Choice {
        prices: value("prices"),
        provider: value("provider"),
        region: value("region"),
        utilisation: value("utilisation"),
        gpu: value("gpu"),
    };
    Estimator::new(&choice).unwrap_or_else(|wrong| panic!("{settings}: {wrong:?}"))
}

/// `low..high` of the object `x`, in the measure's unit, to two decimals.
fn amounts(fixture: &Fixture, estimator: &Estimator, measure: Measure) -> String {
    let repository = fixture.repository();
    let object = named(&repository, "x");
    let (low, high) = estimator.estimate(&repository, Subject::Object(object), measure);
    let text = |end: Option<Quantity>| match end {
        None => "unknown".to_string(),
        Some(amount) => {
            let decimal: f64 = amount.decimal_in(unit(measure)).unwrap().parse().unwrap();
            format!("{decimal:.2}")
        }
    };
    let (low, high) = (text(low), text(high));
    if low == high {
        high
    } else {
        format!("{low}..{high}")
    }
}

/// A workload `x` of a kind of `apps`, with containers and further fields of its spec.
fn workload(kind: &str, spec: &str, containers: &str) -> String {
    format!(
        "{{ apiVersion: apps/v1, kind: {kind}, metadata: {{ name: x }}, spec: {{ {spec}, \
         template: {{ spec: {{ containers: [{containers}] }} }} }} }}\n---\n"
    )
}

/// A container that requests a core and 1Gi, which is 26.169040 USD/month by default.
const ONE: &str = "{ name: a, resources: { requests: { cpu: 1, memory: 1Gi } } }";

fn costs(yaml: &str, expected: &str) {
    let found = amounts(&Fixture::of(yaml), Estimator::standard(), Measure::Cost);
    assert_eq!(found, expected, "{yaml}");
}

#[test]
fn the_worked_example_comes_out() {
    let half = "{ name: a, resources: { requests: { cpu: 500m, memory: 1Gi } } }";
    let fixture = Fixture::of(&workload("Deployment", "replicas: 3", half));
    let check = |settings: &str, measure, expected: &str| {
        let found = amounts(&fixture, &estimator(settings), measure);
        assert_eq!(found, expected, "{settings}");
    };
    check("", Measure::Cost, "43.89");
    check("prices = opencost-fallback", Measure::Cost, "30.28");
    check("", Measure::Energy, "3.24");
    check("region = us-east-1", Measure::Carbon, "1.92");
    check("region = eu-north-1", Measure::Carbon, "0.56");
    check("utilisation = 10%", Measure::Carbon, "1.40");
    check("utilisation = 80%", Measure::Carbon, "2.31");
}

#[test]
fn carbon_is_that_of_running_and_of_making_the_servers() {
    let demand = Demand {
        cpu: Quantity::parse("1.5cpu").unwrap(),
        memory: Quantity::parse("3Gi").unwrap(),
        ..Demand::NONE
    };
    let grams = |settings: &str| {
        let amount = estimator(settings).amount(demand, Measure::Carbon).unwrap();
        let text = amount
            .decimal_in(Quantity::of_unit("gCO2e/month").unwrap())
            .unwrap();
        text.parse::<f64>().unwrap()
    };
    // 3.243 kWh × 1.135 × 379.069 g + 1,610,790 g × 730 h / 35,040 h × 1.5 / 96
    assert_eq!(grams("").round(), 1920.0);
    assert_eq!(grams("region = eu-north-1").round(), 557.0);
}

#[test]
fn replicas_are_a_range_under_an_autoscaler() {
    let scaled = |kind: &str, spec: &str| {
        let (group, target) = match kind {
            "ScaledObject" => ("keda.sh/v1alpha1", "{ name: x }"),
            _ => (
                "autoscaling/v2",
                "{ apiVersion: apps/v1, kind: Deployment, name: x }",
            ),
        };
        let workload = workload("Deployment", "replicas: 5", ONE);
        format!(
            "{workload}{{ apiVersion: {group}, kind: {kind}, metadata: {{ name: s }}, \
             spec: {{ scaleTargetRef: {target}, {spec} }} }}"
        )
    };
    costs(&workload("Deployment", "replicas: 5", ONE), "130.85");
    costs(&workload("Deployment", "paused: false", ONE), "26.17");
    costs(
        &scaled("HorizontalPodAutoscaler", "minReplicas: 2, maxReplicas: 4"),
        "52.34..104.68",
    );
    costs(
        &scaled("HorizontalPodAutoscaler", "maxReplicas: 4"),
        "26.17..104.68",
    );
    costs(&scaled("ScaledObject", "maxReplicaCount: 2"), "0.00..52.34");
    costs(&scaled("ScaledObject", "minReplicaCount: 1"), "26.17..2616.90");
    costs(&workload("Deployment", "replicas: many", ONE), "unknown");
}

#[test]
fn kinds_have_replicas_of_their_own() {
    let pod =
        format!("{{ apiVersion: v1, kind: Pod, metadata: {{ name: x }}, spec: {{ containers: [{ONE}] }} }}");
    costs(&pod, "26.17");
    let job = |spec: &str| {
        format!(
            "{{ apiVersion: batch/v1, kind: Job, metadata: {{ name: x }}, \
             spec: {{ {spec}, template: {{ spec: {{ containers: [{ONE}] }} }} }} }}"
        )
    };
    costs(&job("parallelism: 2"), "0.00..52.34");
    costs(&job("suspend: true"), "0.00");
    let custom = |spec: &str| {
        format!(
            "{{ apiVersion: example.com/v1, kind: Own, metadata: {{ name: x }}, \
             spec: {{ {spec}, template: {{ spec: {{ containers: [{ONE}] }} }} }} }}"
        )
    };
    costs(&custom("replicas: 2"), "52.34");
    costs(&custom("size: 2"), "unknown");
    let daemon = workload("DaemonSet", "minReadySeconds: 1", ONE);
    costs(&daemon, "unknown");
    let mut fixture = Fixture::of(&daemon);
    fixture.settings.nodes = Some(3);
    assert_eq!(amounts(&fixture, Estimator::standard(), Measure::Cost), "78.51");
}

#[test]
fn a_missing_request_is_unknown_and_never_zero() {
    let check = |containers: &str, expected: &str| {
        costs(&workload("Deployment", "replicas: 1", containers), expected);
    };
    check("{ name: a }", "unknown");
    check("{ name: a, resources: { requests: { cpu: 1 } } }", "unknown");
    check(
        &format!("{ONE}, {{ name: b, resources: {{ requests: {{ memory: 1Gi }} }} }}"),
        "unknown",
    );
    check(
        "{ name: a, resources: { requests: { cpu: one, memory: 1Gi } } }",
        "unknown",
    );
    check(
        "{ name: a, resources: { requests: { cpu: -1, memory: 1Gi } } }",
        "unknown",
    );
    check("null", "unknown");
    check("", "unknown");
    // Without a request the cluster takes the limit.
    check(
        "{ name: a, resources: { limits: { cpu: 1, memory: 1Gi } } }",
        "26.17",
    );
    check(
        "{ name: a, resources: { requests: { cpu: 1 }, limits: { cpu: 4, memory: 1Gi } } }",
        "26.17",
    );
}

#[test]
fn a_pod_asks_for_what_the_scheduler_counts() {
    let check = |fields: &str, cpu: &str| {
        let yaml = format!(
            "{{ apiVersion: v1, kind: Pod, metadata: {{ name: x }}, spec: {{ containers: [{ONE}, {ONE}], {fields} }} }}"
        );
        let fixture = Fixture::of(&yaml);
        let repository = fixture.repository();
        let (_, high) = requests(&repository, named(&repository, "x"), "cpu");
        assert_eq!(
            high.map(|amount| amount.to_string()).as_deref(),
            Some(cpu),
            "{fields}"
        );
    };
    let init = |fields: &str, cpu: &str| {
        format!("{{ name: i, {fields}, resources: {{ requests: {{ cpu: {cpu} }} }} }}")
    };
    check("hostNetwork: false", "2cpu");
    check(&format!("initContainers: [{}]", init("tty: true", "1")), "2cpu");
    check(&format!("initContainers: [{}]", init("tty: true", "5")), "5cpu");
    check("initContainers: [{ name: i }]", "2cpu");
    let sidecar = init("restartPolicy: Always", "1");
    check(&format!("initContainers: [{sidecar}]"), "3cpu");
    check(
        &format!("initContainers: [{sidecar}, {}]", init("tty: true", "3")),
        "4cpu",
    );
    check(
        &format!("initContainers: [{}, {sidecar}]", init("tty: true", "3")),
        "3cpu",
    );
    check("overhead: { cpu: 250m }", "2.25cpu");
    check("resources: { requests: { cpu: 1500m } }", "1.5cpu");
}

#[test]
fn storage_load_balancers_and_gpus_have_prices() {
    let claim = "{ apiVersion: v1, kind: PersistentVolumeClaim, metadata: { name: data }, \
                 spec: { resources: { requests: { storage: 100Gi } } } }\n---\n";
    let template = "{ metadata: { name: data }, spec: { resources: { requests: { storage: 100Gi } } } }";
    let with_volume = |volume: &str| {
        workload("Deployment", "replicas: 2", ONE).replace(
            "spec: { containers",
            &format!("spec: {{ volumes: [{volume}], containers"),
        )
    };
    // 100Gi are 4.00 USD/month. A claim is shared by all replicas, a template makes one for each.
    costs(
        &format!(
            "{claim}{}",
            with_volume("{ persistentVolumeClaim: { claimName: data } }")
        ),
        "56.34",
    );
    costs(
        &with_volume("{ persistentVolumeClaim: { claimName: data } }"),
        "unknown",
    );
    costs(
        &with_volume(&format!("{{ ephemeral: {{ volumeClaimTemplate: {template} }} }}")),
        "60.34",
    );
    costs(&with_volume("{ emptyDir: {} }"), "52.34");
    let set = format!("replicas: 2, volumeClaimTemplates: [{template}]");
    costs(&workload("StatefulSet", &set, ONE), "60.34");
    costs(&claim.replace("name: data", "name: x"), "4.00");
    let service = |kind: &str| {
        format!("{{ apiVersion: v1, kind: Service, metadata: {{ name: x }}, spec: {{ type: {kind} }} }}")
    };
    costs(&service("LoadBalancer"), "18.25");
    costs(&service("ClusterIP"), "0.00");

    let gpu = ONE.replace("} } }", "}, limits: { nvidia.com/gpu: 2 } } }");
    let fixture = Fixture::of(&workload("Deployment", "replicas: 1", &gpu));
    let check = |settings: &str, measure, expected: &str| {
        assert_eq!(
            amounts(&fixture, &estimator(settings), measure),
            expected,
            "{settings}"
        );
    };
    check("", Measure::Cost, "1413.17");
    check("prices = opencost-azure", Measure::Cost, "unknown");
    check("", Measure::Energy, "unknown");
    // 2 × (8 W + 0.5 × 63 W) × 730 h and the processor's 1.855 kWh
    check("gpu = t4", Measure::Energy, "59.52");
}

#[test]
fn what_is_not_understood_is_unknown() {
    costs(
        "{ apiVersion: v1, kind: ConfigMap, metadata: { name: x } }",
        "0.00",
    );
    costs(
        "{ apiVersion: example.com/v1, kind: Database, metadata: { name: x } }",
        "unknown",
    );
}

#[test]
fn names_are_checked() {
    let check = |choice: Choice, expected: &str| {
        let wrong = Estimator::new(&choice).unwrap_err().remove(0);
        assert_eq!(
            format!("{}: {}; {}", wrong.setting, wrong.message, wrong.help),
            expected
        );
    };
    let text = |text: &str| Some(text.to_string());
    check(
        Choice {
            prices: text("opencost-defualt"),
            ..Choice::default()
        },
        "prices: there is no price table `opencost-defualt`; did you mean `opencost-default`?",
    );
    check(
        Choice {
            region: text("us-esat-1"),
            ..Choice::default()
        },
        "region: no grid table has a region `us-esat-1`; did you mean `us-east-1`?",
    );
    check(
        Choice {
            provider: text("gcp"),
            region: text("us-east-1"),
            ..Choice::default()
        },
        "region: no grid table has a region `us-east-1` of `gcp`; `us-east-1` is a region of `aws`",
    );
    check(
        Choice {
            provider: text("asw"),
            ..Choice::default()
        },
        "provider: there are no power figures for `asw`; did you mean `aws`?",
    );
    check(
        Choice {
            utilisation: text("150%"),
            ..Choice::default()
        },
        "utilisation: `150%` is no share of the processors' time; write one from \"0%\" to \"100%\"",
    );
    check(
        Choice {
            gpu: text("v10"),
            ..Choice::default()
        },
        "gpu: there are no power figures for the GPU `v10`; did you mean `v100`?",
    );
    assert_eq!(estimator("region = europe-west1").provider, "gcp");
    assert_eq!(estimator("provider = azure").region, "azure/eastus");
}

#[test]
fn every_region_and_table_gives_every_measure() {
    let demand = Demand {
        cpu: Quantity::whole(1, Dimension::CPU),
        memory: Quantity::whole(1 << 30, Dimension::MEMORY),
        storage: Quantity::whole(1 << 30, Dimension::MEMORY),
        ..Demand::NONE
    };
    for key in table::grids().iter().flat_map(Table::keys) {
        let (provider, region) = key.split_once('/').unwrap();
        let estimator = estimator(&format!("provider = {provider}, region = {region}"));
        assert!(
            estimator.amount(demand, Measure::Carbon).unwrap().nano > 0,
            "{key}"
        );
    }
    for prices in table::prices() {
        let estimator = estimator(&format!("prices = {}", prices.name));
        assert!(
            estimator.amount(demand, Measure::Cost).unwrap().nano > 0,
            "{}",
            prices.name
        );
    }
}

/// The cost of a Deployment is `730 h × replicas × (cpu·Pc + memory·Pm)`, to the nearest millionth.
fn check_cost(cpu: i128, memory: i128, replicas: i128) {
    let yaml = workload(
        "Deployment",
        &format!("replicas: {replicas}"),
        &format!("{{ name: a, resources: {{ requests: {{ cpu: {cpu}m, memory: {memory}Mi }} }} }}"),
    );
    let fixture = Fixture::of(&yaml);
    let repository = fixture.repository();
    let subject = Subject::Object(named(&repository, "x"));
    let (low, high) = Estimator::standard().estimate(&repository, subject, Measure::Cost);
    assert_eq!(low, high);
    // 730 h × (cpu/1000 × 0.031611 + memory/1024 × 0.004237), in millionths
    let exact = 730 * replicas * (cpu * 31_611 * 1024 + memory * 4237 * 1000);
    let millionths = (exact + 512_000) / 1_024_000;
    let expected = Quantity::of_unit("USD/month").unwrap().times_integer(millionths);
    assert_eq!(high, expected.divided_by_integer(1_000_000));
}

#[test]
fn a_cost_just_below_the_half_of_a_millionth_is_rounded_down() {
    check_cost(59_478, 64_873, 35);
}

proptest! {
    #[test]
    fn amounts_grow_with_requests_and_replicas(
        cpu in 0_i128..64_000, memory in 0_i128..65_536, more in 0_i128..1000, replicas in 0_i128..100,
    ) {
        let demand = |cpu: i128, memory: i128| Demand {
            cpu: Quantity::new(cpu * 1_000_000, Dimension::CPU),
            memory: Quantity::whole(memory << 20, Dimension::MEMORY),
            ..Demand::NONE
        };
        let (less, larger) = (demand(cpu, memory), demand(cpu + more, memory));
        for measure in [Measure::Cost, Measure::Energy, Measure::Carbon] {
            let amount = |demand| Estimator::standard().amount(demand, measure).unwrap();
            prop_assert!(amount(less) <= amount(larger));
            prop_assert!(amount(less) <= amount(demand(cpu, memory + more)));
            prop_assert!(amount(less.times(replicas)) <= amount(less.times(replicas + 1)));
        }
    }

    #[test]
    fn cost_is_to_the_nearest_millionth(cpu in 0_i128..64_000, memory in 0_i128..65_536, replicas in 0_i128..100) {
        check_cost(cpu, memory, replicas);
    }
}
