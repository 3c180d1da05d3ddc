//! Budgets over small repositories, with what they say beside them.

use super::*;
use crate::evaluate::fixtures::Fixture;
use crate::ir::{Domain, Each, Local, Slot, Type};
use crate::source::FileId;

/// A budget over all workloads.
fn budget(measure: Measure, at_most: &str) -> Budget {
    let span = Span::new(FileId(0), 0, 0);
    Budget {
        name: "payments".into(),
        title: String::new(),
        severity: Severity::High,
        category: String::new(),
        controls: Vec::new(),
        locals: vec![Local {
            name: "w".into(),
            ty: Type::Document(Vec::new()),
        }],
        each: Each {
            key: None,
            value: Slot(0),
            domain: Domain::Workloads,
            span,
        },
        condition: None,
        limits: vec![BudgetLimit {
            measure,
            at_most: Quantity::parse(at_most).unwrap(),
            growing_at_most: None,
            span,
        }],
        warn_at: None,
        assume: Vec::new(),
        span,
        declaration: span,
    }
}

/// A Deployment whose containers ask for half a core and 1Gi: three replicas cost 43.89 USD/month.
fn deployment(name: &str, replicas: u32, requests: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: {name} }}\nspec:\n  replicas: {replicas}\n  \
         template: {{ spec: {{ containers: [{{ name: c, resources: {{ requests: {{ {requests} }} }} }}] }} }}\n---\n"
    )
}

const HALF: &str = "cpu: 500m, memory: 1Gi";

/// Severity, text pointed at, and message of each finding; what is undecided; the verdicts.
fn check(budget: &Budget, fixture: &Fixture) -> String {
    let repository = fixture.repository();
    let budgets = [budget.clone()];
    let outcome = run(&budgets, &repository, &Options::default());
    let mut out = String::new();
    for finding in &outcome.findings {
        let at = fixture.sources.text(finding.primary.span);
        out += &format!("{} at `{at}`: {}\n", finding.severity, finding.message);
        for label in &finding.secondary {
            out += &format!("  `{}`: {}\n", fixture.sources.text(label.span), label.message);
        }
    }
    for undecided in &outcome.undecided {
        out += &format!("undecided: {}\n", undecided.reason.reason());
    }
    for sum in &outcome.sums {
        out += &format!(
            "{:?}..{:?} of {}: {}\n",
            sum.low, sum.high, sum.limit, sum.verdict
        );
    }
    out
}

#[test]
fn a_sum_above_the_limit_points_at_what_takes_most() {
    let yaml = deployment("small", 3, HALF) + &deployment("large", 6, HALF);
    insta::assert_snapshot!(check(&budget(Measure::Cost, "100 USD/month"), &Fixture::of(&yaml)), @r"
    high at `6`: `payments` may cost 131.68 USD/month, more than its limit of 100.00 USD/month (price table `opencost-default` of 2020-02-12)
      `3`: Deployment `small` takes 43.89 USD/month
    Some(131.679225)..Some(131.679225) of 100: exceeded
    ");
    insta::assert_snapshot!(check(&budget(Measure::Carbon, "1.9 kgCO2e/month"), &Fixture::of(&deployment("web", 3, HALF))), @r"
    high at `3`: `payments` may cause 1.92 kgCO2e/month, more than its limit of 1.90 kgCO2e/month (power table `ccf` of 2024-03-25, aws at 50% utilisation; grid table `ccf` of 2024-03-25, us-east-1 at 379.069 gCO2e/kWh; 1.40 kgCO2e/month at 10%, 2.31 kgCO2e/month at 80%)
    Some(1.919705)..Some(1.919705) of 1.9: exceeded
    ");
}

#[test]
fn a_sum_within_its_limit_is_quiet_until_the_warning() {
    let fixture = Fixture::of(&deployment("web", 3, HALF));
    let mut budget = budget(Measure::Cost, "50 USD/month");
    insta::assert_snapshot!(check(&budget, &fixture), @r"
    Some(43.893075)..Some(43.893075) of 50: within
    ");
    budget.warn_at = Some(Quantity::parse("80%").unwrap());
    insta::assert_snapshot!(check(&budget, &fixture), @r"
    low at `3`: `payments` may cost 43.89 USD/month, close to its limit of 50.00 USD/month (price table `opencost-default` of 2020-02-12)
    Some(43.893075)..Some(43.893075) of 50: near
    ");
}

#[test]
fn a_missing_request_makes_the_sum_unknown_unless_one_is_assumed() {
    let fixture = Fixture::of(&(deployment("web", 3, HALF) + &deployment("bare", 1, "memory: 1Gi")));
    let mut budget = budget(Measure::Cost, "100 USD/month");
    insta::assert_snapshot!(check(&budget, &fixture), @r"
    high at `c`: what `payments` takes is not known: container `c` has no CPU request
    None..None of 100: unknown
    ");
    budget.assume = vec![("cpu".to_string(), Quantity::parse("500m").unwrap())];
    insta::assert_snapshot!(check(&budget, &fixture), @r"
    Some(58.5241)..Some(58.5241) of 100: within
    ");
    budget.assume.clear();
    budget.limits[0].at_most = Quantity::parse("40 USD/month").unwrap();
    let found = check(&budget, &fixture);
    assert!(found.contains("may cost at least"), "{found}");
}

#[test]
fn a_part_of_the_repository_and_growth_stay_undecided() {
    let mut fixture = Fixture::of(&deployment("web", 3, HALF));
    let mut budget = budget(Measure::Cost, "100 USD/month");
    budget.limits[0].growing_at_most = Some(Quantity::parse("10%").unwrap());
    insta::assert_snapshot!(check(&budget, &fixture), @r"
    undecided: a base revision (`--base`)
    Some(43.893075)..Some(43.893075) of 100: within
    ");
    fixture.settings.partial = true;
    insta::assert_snapshot!(check(&budget, &fixture), @r"
    undecided: files of the repository that were not given
    ");
}

#[test]
fn a_limit_in_another_currency_is_told() {
    let found = check(
        &budget(Measure::Cost, "100 EUR/month"),
        &Fixture::of(&deployment("web", 3, HALF)),
    );
    assert!(found.contains("can't be held to 100 EUR/month"), "{found}");
}
