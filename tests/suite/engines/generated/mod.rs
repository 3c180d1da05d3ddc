//! Policies that nobody wrote over objects that nobody would: whatever both say, every engine finds the same.
//!
//! A seed decides a policy of one rule and objects for it. `ORDAIN_PAIRS` says how many pairs of a policy
//! and an object are judged, `ORDAIN_SEED` where to begin, and `ORDAIN_OPA` and `ORDAIN_VAP` which other
//! engines judge (see [`engines`]). A difference is made small and printed as a policy with a test, the first `ORDAIN_SHRINK` of
//! them.

mod author;
mod conditions;
mod engines;
mod json;
mod kubernetes;
mod literals;
mod members;
mod objects;
mod opa;
mod operands;
mod policies;
mod random;
mod service;
mod shrink;

use super::{Files, SCHEMA};
use engines::{Engines, Verdict};
use json::Json;
use kubernetes::Tally;
use members::Members;
use objects::{Maker, Words};
use ordain::schema::{Kind, Schema};
use random::Random;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Objects that a policy judges.
const OBJECTS: usize = 40;

/// Kinds that a few of the objects have, whatever the policy is about.
const BYSTANDERS: &[&str] = &[
    "Pod",
    "Service",
    "ConfigMap",
    "Deployment",
    "Widget",
    "Namespace",
    "NetworkPolicy",
];

/// The API, with a kind that has fields of every type.
static WIDGETS: LazyLock<Schema> = LazyLock::new(|| {
    let definition = Files::read(&[("widget.yaml", include_str!("widget.yaml"))]);
    SCHEMA.with_crds(&definition.resources)
});

/// A number that a run may set.
fn setting(name: &str, default: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(default, |set| {
        set.parse().unwrap_or_else(|_| panic!("{name} is no number"))
    })
}

/// The policy and the objects of a seed.
fn case(seed: u64, members: &Members<'_>) -> (String, Vec<Json>) {
    let policy = policies::policy(seed, members);
    let mut random = Random::new(seed ^ 0x5bd1_e995);
    let words = Words::of(&policy.text);
    let objects = (0..OBJECTS)
        .map(|_| {
            let name = match random.chance(900) {
                true => random.one_of(&policy.kinds).cloned(),
                false => None,
            };
            let name = name.unwrap_or_else(|| random.pick(BYSTANDERS).to_owned());
            let versions: Vec<&Kind> = members.versions_of(&name).collect();
            let kind = match random.chance(700) {
                true => versions[0],
                false => versions[random.below(versions.len())],
            };
            let faults = [0, 0, 10, 60][random.below(4)];
            let mut maker = Maker {
                random: &mut random,
                schema: members.schema,
                words: &words,
                faults,
            };
            maker.object(kind)
        })
        .collect();
    (policy.text, objects)
}

#[test]
fn generated_policies_find_the_same_in_every_engine() {
    let pairs = setting("ORDAIN_PAIRS", 160);
    let first = setting("ORDAIN_SEED", 1);
    // Making a case small takes as long as judging a hundred others.
    let shrunk = setting("ORDAIN_SHRINK", 5);
    let members = Members::new(&WIDGETS);
    let mut engines = Engines::start(&WIDGETS);
    let (mut judged, mut found, mut silent, mut failed, mut refused) = (0, 0, 0, 0, 0);
    let (mut admitted, mut unsent) = (0, 0);
    let mut unsaid: BTreeMap<String, u64> = BTreeMap::new();
    let mut seed = first;
    while judged < pairs {
        let (policy, objects) = case(seed, &members);
        match engines.judge(&policy, &objects) {
            Verdict::Same(findings, in_cel) => {
                found += findings;
                silent += u64::from(findings == 0);
                match in_cel {
                    Some(Tally::Judged { objects, unsent: own }) => {
                        admitted += objects;
                        unsent += own;
                    }
                    Some(Tally::Refused(reason)) => {
                        *unsaid
                            .entry(format!("not said in CEL because {reason}"))
                            .or_insert(0) += 1;
                    }
                    None => {}
                }
            }
            Verdict::Unsaid(reason) => {
                *unsaid
                    .entry(format!("not said in Rego because {reason}"))
                    .or_insert(0) += 1;
                seed += 1;
                continue;
            }
            // What the generator gets wrong is no policy.
            Verdict::Refused(_) => {
                *unsaid.entry("refused by the checker".to_owned()).or_insert(0) += 1;
                refused += 1;
                seed += 1;
                continue;
            }
            verdict => {
                failed += 1;
                eprintln!("seed {seed} is judged differently: {verdict}");
                if failed <= shrunk {
                    let judge = &mut |policy: &str, objects: &[Json]| engines.judge(policy, objects);
                    let (policy, objects, verdict) = shrink::shrink(&policy, &objects, &verdict, judge);
                    eprintln!(
                        "seed {seed}, made small: {verdict}\n{}",
                        shrink::test_block(&policy, &objects)
                    );
                }
            }
        }
        judged += OBJECTS as u64;
        seed += 1;
    }
    let policies = judged / OBJECTS as u64;
    for (reason, count) in &unsaid {
        println!("{count} policies are {reason}");
    }
    println!("{judged} pairs of {policies} policies: {found} findings, {silent} policies without");
    println!(
        "{admitted} of the pairs were judged by Kubernetes too, {unsent} have an object that none can be sent"
    );
    println!("{} passed, {failed} failed", policies - failed);
    assert_eq!(
        failed, 0,
        "{failed} of {policies} policies are judged differently"
    );
    assert!(found > 0, "nothing was found");
    assert!(
        refused * 20 <= policies,
        "{refused} policies are refused by the checker beside {policies} that are judged"
    );
}
