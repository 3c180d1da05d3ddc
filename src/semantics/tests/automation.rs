//! Automations and budgets: what is said of mistakes, and of policies that are sound and doubtful.

use super::{compile, describe};
use crate::analyse;
use crate::codes::Code;
use crate::ir::PolicySet;
use crate::source::{SourceFile, Sources};

/// A policy with the catalogue of metrics: what it compiles to, and all that is said of it.
fn judge(text: &str) -> (PolicySet, String) {
    let library: Vec<(String, String, &str)> = crate::stdlib::files()
        .into_iter()
        .filter(|file| file.folder == "metrics")
        .map(|file| (file.path(), file.pack(), file.text))
        .collect();
    let mut files = vec![("policy.ordain", "", text)];
    files.extend(
        library
            .iter()
            .map(|(path, pack, text)| (path.as_str(), pack.as_str(), *text)),
    );
    let (set, said) = compile(&files, &[]);
    let mut sources = Sources::default();
    for (path, _, text) in &files {
        sources.add(SourceFile::new(*path, *text));
    }
    let mut warnings = analyse::automations(&set.automations);
    crate::diagnostic::sort(&mut warnings, &sources);
    let mut lines: Vec<String> = said.lines().map(str::to_string).collect();
    lines.extend(warnings.iter().map(|warning| describe(warning, &sources, true)));
    (set, lines.join("\n").replace("policy.ordain:", ""))
}

fn check(text: &str) -> String {
    judge(text).1
}

/// The code blocks of a page, with whether each is the good one.
fn examples(page: &str) -> Vec<(bool, String)> {
    let mut blocks: Vec<(bool, String)> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        match line {
            "```ordain" | "```ordain,good" => {
                open = true;
                blocks.push((line.ends_with("good"), String::new()));
            }
            "```" => open = false,
            _ if open => {
                if let Some((_, text)) = blocks.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
            _ => {}
        }
    }
    blocks
}

#[test]
fn every_page_shows_the_mistake_and_its_mend() {
    let mut faults = Vec::new();
    for code in Code::ALL {
        let id = code.id();
        let is_ours = ("E0430".."E0450").contains(&id) || ("W0101".."W0200").contains(&id);
        if !is_ours {
            continue;
        }
        for (is_good, text) in examples(code.page()) {
            let said = check(&text);
            let is_said = said.lines().any(|line| line.starts_with(id));
            let is_clean = !said.lines().any(|line| line.starts_with('E'));
            if is_good && (is_said || !is_clean) || !is_good && !is_said {
                faults.push(format!("{id} {is_good}:\n{text}\n{said}\n"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_first_example_is_warned_of_with_a_case_in_which_its_goals_fight() {
    insta::assert_snapshot!(check(r#"optimize smart-resource-scaling in "production" {
  target Deployment "my-api-service"
  goal costEfficiency: cpu_utilization_avg >= 60%
  goal performance:    latency_p99 <= 200ms
  when costEfficiency missed for 1h: scale replicas down
  when performance missed:           scale replicas up
  agent predictive-scaler-bot using "openai-gpt-4o"
  mode apply
}
"#), @r#"
W0102 1:10 `smart-resource-scaling` `smart-resource-scaling` changes its target without anybody's approval
    help: add `approval above 10 USD/day` to the mode, or write `mode propose`
W0104 1:10 `smart-resource-scaling` `smart-resource-scaling` changes its target without `bounds` and `change at most`
    help: add `bounds replicas 2..20` and `change at most 50% per 1h`, with your own numbers
W0105 1:10 `smart-resource-scaling` nothing takes back a change of `smart-resource-scaling` that was a mistake
    help: add `rollback when GOAL missed for 5min within 30min`
W0106 1:10 `smart-resource-scaling` `smart-resource-scaling` may change its target again before a change shows
    help: add `cooldown 10min`
W0101 5:38 `scale replicas down` `costEfficiency` and `performance` can be missed at once, and then replicas go up and down together
    here: for example with `cpu_utilization_avg` at 30% and `latency_p99` at 250ms
    6:38: this answers the other goal
    help: let the step down wait: add `and performance met`
    fix: when costEfficiency missed for 1h and performance met: scale replicas down
W0103 7:3 `agent predictive-scaler-bot using "openai-gpt-4o"` the model `openai-gpt-4o` is not pinned to a version
    help: name a dated or numbered version, as in "openai-gpt-4o-2024-08-06"
"#);
}

#[test]
fn every_mistake_is_said_where_it_is() {
    insta::assert_snapshot!(check(r#"optimize Api in "production" {
  target DaemonSet "my-api-service"
  target Deployment "other"
  goal cost: cpu_utilisation_avg >= 60%
  goal speed: latency_p99 <= 60%
  goal speed: latency_p99 <= 200ms
  goal load: request_rate < 100/s
  goal share: error_rate <= 0.05
  when cots missed for 0s: scale replicas down by 0
  when speed met: scale replicas up, restore
  when load missed: scale replica up by 200ms
  bounds replicas 20..2
  bounds memory 1..2Gi
  change at most 0% per 1h
  cooldown 10
  rollback when speed missed for 1h within 30min
  budget payments
  active workdays 08:00..25:00 "Europa/Berlin"
  promote 10% then 100% when speed met
  mode aply
}
"#), @r#"
E0440 1:10 `Api` `Api` is no name that a Kubernetes object can have
    help: use at most 63 letters in lower case, digits and `-`, with a letter or digit at both ends
E0442 2:10 `DaemonSet` a DaemonSet can't be scaled: it runs one Pod on every node
    help: name a Deployment, a StatefulSet or another kind with replicas
E0432 3:3 `target Deployment "other"` `Api` says `target` twice
    2:3: here for the first time
    help: remove one of them
E0434 4:14 `cpu_utilisation_avg` there is no metric `cpu_utilisation_avg`
    help: did you mean `cpu_utilization_avg`?
    fix: goal cost: cpu_utilization_avg >= 60%
E0436 5:30 `60%` the threshold of `latency_p99` is duration, not ratio
    help: write it as in `200ms`
E0432 6:8 `speed` the goal `speed` is declared already
    5:8: here
    help: choose another name: conditions tell goals apart by it
E0445 7:29 `100/s` a goal is met at its threshold: `request_rate` can't be strictly on one side of it
    help: write `<=`
E0436 8:29 `0.05` `0.05` could be a share or a percentage
    help: write the threshold of `error_rate` as in `60%`
E0433 9:8 `cots` `Api` has no goal `cots`
    help: did you mean `cost`?
    fix: when cost missed for 0s: scale replicas down by 0
E0438 9:24 `0s` the window of `0s` is less than a second
    help: write a longer one; `min` are minutes and `m` is a thousandth
E0438 9:51 `0` a step of `0` does not lead down
    help: write a step above nothing; `up` and `down` say the way
E0443 10:3 `when speed met: scale replicas up, restore` nothing triggers this: every goal of its condition is met
    help: name a goal that is `missed`; what is `met` can only hold it back
E0430 10:38 `restore` `restore` does not belong in `optimize`
    help: remove it; it belongs in `heal`
E0444 11:27 `replica` `replica` can't be scaled
    help: did you mean `replicas`?
E0437 12:19 `20..2` the least, `20`, is above the most, `2`
    help: write the smaller bound first
    fix: bounds replicas 2..20
E0436 13:17 `1` `1` has no unit
    help: write the least as in `512Mi`
E0438 14:18 `0%` a limit of `0%` allows no change
    help: write more than 0%, or `mode dry-run`
E0436 15:12 `10` `10` has no unit
    help: write a cooldown as in `10min`
E0438 16:17 `speed missed for 1h` this window is longer than the `30min` in which a change is watched, so nothing is ever taken back
    help: shorten the window, or write a longer time behind `within`
E0435 17:10 `payments` there is no budget `payments`
    help: declare it: `budget payments { … }`
E0441 18:10 `workdays` `workdays` is no day of the week
    help: did you mean `weekdays`?
E0441 18:26 `25:00` `25:00` is no time of day
    help: write hours and minutes from `00:00` to `24:00`
E0441 18:32 `"Europa/Berlin"` `Europa/Berlin` is no time zone
    help: did you mean `Europe/Berlin`?
E0430 19:3 `promote 10% then 100% when speed met` `promote` does not belong in `optimize`
    help: remove it; it belongs in `promote`
E0444 20:8 `aply` there is no mode `aply`
    help: did you mean `apply`?
"#);
}

#[test]
fn a_promotion_rises_to_all_of_it() {
    insta::assert_snapshot!(check(r#"promote recommender in "ml" {
  target InferenceService "recommender"
  from "s3://models/recommender"
  require digest
  goal quality: offline_auc >= 82
  goal latency: latency_p99 near 120ms
  promote 50% then 10% then 90% when quality met and latency missed
  when latency missed: revert
  mode propose approval above 10 USD/day
}
"#), @r#"
E0438 3:3 `from "s3://models/recommender"` the model's source has no digest
    4:3: one is required here
    help: write `@sha256:` and its 64 digits behind the address
E0438 5:32 `82` `82` is no share of 1
    help: write `82%` if that is meant
E0430 6:3 `goal latency: latency_p99 near 120ms` `near` does not belong in `promote`
    help: remove it; it belongs in `optimize`
E0439 7:20 `10%` `10%` is no step up from `50%`
    help: let every step be larger than the one before
E0439 7:29 `90%` the last step is `90%`, so the model never takes over
    help: let the last step be `100%`
E0443 7:54 `latency missed` a model does not move on because a goal is missed
    help: write `met`
E0430 8:3 `when latency missed: revert` `when` does not belong in `promote`
    help: remove it; it belongs in `optimize` or `heal`
E0430 9:31 `10 USD/day` `approval` does not belong to `mode propose`
    help: remove it; only `mode apply` acts without being asked
"#);
}

#[test]
fn a_budget_measures_what_it_says() {
    insta::assert_snapshot!(check(r#"budget payments {
  for w in workloads where w.namespace like "payments*"
  cost at most 4_000 USD
  cost at most 30 kgCO2e/month growing at most -5%
  energy at most 80
  warn at 80
  assume cpu 128Mi, memroy 128Mi, cpu 100m
}

budget payments {
  cost at most 1 EUR/month
}
"#), @r"
E0436 3:16 `4_000 USD` a limit on cost is an amount a time, not USD
    help: write it as in `cost at most 400 USD/month`
E0436 4:16 `30 kgCO2e/month` a limit on cost is an amount a time, not carbon per duration
    help: write it as in `cost at most 400 USD/month`
E0438 4:48 `-5%` growth can't be limited to `-5%`
    help: write `0%` or more
E0436 5:18 `80` a limit on energy is an amount a time, not Int
    help: write it as in `energy at most 80 kWh/month`
E0436 6:11 `80` `80` could be a share or a percentage
    help: write the share to warn at as in `25%`
E0436 7:14 `128Mi` the cpu assumed is CPU, not memory
    help: write it as in `100m`
E0444 7:21 `memroy` nothing is assumed of `memroy`
    help: assume `cpu` or `memory`
E0432 7:35 `cpu` `cpu` is assumed already
    7:10: here
    help: remove one of them
E0432 10:8 `payments` the budget `payments` is declared already
    1:8: here
    help: choose another name
");
}

#[test]
fn sound_policies_compile_in_silence() {
    let (set, said) = judge(include_str!("family.ordain"));
    assert_eq!(said, "");
    assert_eq!((set.automations.len(), set.budgets.len()), (3, 1));
}
