//! What is offered with an error: labels of the cause, help, and the line after the fix.

use super::check;

#[test]
fn an_unresolved_optional_takes_what_kubernetes_does_without_the_field() {
    let policy = "
rule r {
  for c in containers
  require c.securityContext.privileged
}";
    assert_eq!(
        check(policy),
        "E0303 4:11 `c.securityContext.privileged` `c.securityContext.privileged` may be absent
    here: this is a Bool?
    help: Kubernetes takes `false` when it is absent: write `c.securityContext.privileged ?? false`
    fix: require c.securityContext.privileged ?? false"
    );
}

#[test]
fn without_a_known_default_both_ways_out_are_named() {
    let policy = "
rule r {
  for c in containers
  let dir = c.workingDir
  require dir startsWith \"/srv\"
}";
    assert_eq!(
        check(policy),
        "E0303 5:11 `dir` `dir` may be absent
    here: this is a String?
    4:13: its value is given here
    help: say what its absence means with `dir ?? …`, or ask first whether `dir is set`"
    );
}

#[test]
fn a_field_that_was_almost_right_is_corrected() {
    let policy = "
rule r {
  for p in pods
  forbid p.spec.hostnetwork ?? false
  forbid p.hostNetwork ?? false
}";
    assert_eq!(
        check(policy),
        "E0302 4:17 `hostnetwork` a PodSpec has no field `hostnetwork`
    here: unknown field
    help: did you mean `hostNetwork`?
    fix: forbid p.spec.hostNetwork ?? false
E0302 5:12 `hostNetwork` a Pod has no field `hostNetwork`
    here: unknown field
    3:7: this is a Pod
    help: did you mean `spec.hostNetwork`?
    fix: forbid p.spec.hostNetwork ?? false"
    );
}

#[test]
fn a_unit_that_was_probably_meant_is_offered() {
    let policy = "
param wait: Duration = 5m

rule r {
  for c in containers
  require c.resources.limits[\"memory\"] ?? 0Mi <= c.resources.limits[\"cpu\"] ?? 0m
  require c.resources.limits[\"cpu\"] ?? 0m <= 2
}";
    assert_eq!(
        check(policy),
        "W0001 2:7 `wait` the parameter `wait` is never used
    help: remove it
E0304 2:24 `5m` expected duration as the default of a parameter, found CPU
    here: this is CPU
    help: did you mean `5min`?
    fix: param wait: Duration = 5min
E0304 6:11 `c.resources.limits[\"memory\"] ?? 0Mi <= c.resources.limits[\"cpu\"] ?? 0m` memory cannot be compared with CPU
    6:11: this is memory
    6:50: this is CPU
E0304 7:11 `c.resources.limits[\"cpu\"] ?? 0m <= 2` CPU cannot be compared with Int
    7:11: this is CPU
    7:46: this is an Int
    help: did you mean `2cpu`?
    fix: require c.resources.limits[\"cpu\"] ?? 0m <= 2cpu"
    );
}

#[test]
fn lists_are_asked_for_their_count() {
    let policy = "
rule r {
  for c in containers
  require c.ports is missing
}";
    assert_eq!(
        check(policy),
        "E0307 4:11 `c.ports is missing` `c.ports` is never absent: without it in the manifest it is empty
    4:11: this is a [ContainerPort]
    help: use `count(c.ports) == 0`
    fix: require count(c.ports) == 0"
    );
}

#[test]
fn a_waiver_gets_the_line_that_it_lacks() {
    let policy = "
rule r {
  for p in pods
  forbid p.spec.hostNetwork ?? false
}
waive r {
  for DaemonSet \"node-exporter\"
  because \"reads host metrics\"
  until 2027-03-31
}";
    assert_eq!(
        check(policy),
        "E0404 6:7 `r` the waiver does not say who answers for it: `owner` is missing
    help: add `owner \"…\"`
    fix: owner \"…\""
    );
}

#[test]
fn a_function_says_where_it_asks_for_its_argument() {
    let policy = "
fn twice(n: Int): Int = 2 * n
rule r {
  for d in Deployment
  require twice(d.name) > 2
}";
    assert_eq!(
        check(policy),
        "E0301 5:17 `d.name` expected Int, found String
    here: this is a String
    2:10: asked for here"
    );
}

#[test]
fn what_follows_from_a_broken_part_is_not_said() {
    let policy = "
let limit = = 3
rule r {
  for c of containers
  require c.name != \"\" and limit == 3
}
rule s {
  for d in Deployment
  require d.spec.replicas ?? 1 < limit
}
optimize o in \"x\" {
  target Deployment \"web\"
  goal fast: latency_p99 <= 200 ms
  when fast missed: scale replicas up
}";
    let found = check(policy);
    let codes: Vec<&str> = found
        .lines()
        .filter(|line| !line.starts_with(' '))
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(codes, ["E0101", "E0101", "E0103"], "{found}");
}

#[test]
fn habits_of_other_languages_are_answered() {
    let found = check(
        "
rule r {
  for d in deployments
  require d.name != \"\"
}
rule s {
  for d in Deployment
  require d.containers.all(c, c.image != \"\")
}
rule t {
  for o in Deployment | StatefulSet
  require o.spec.strategy.type ?? \"\" == \"Recreate\"
}",
    );
    let told: Vec<&str> = found
        .lines()
        .filter(|line| !line.contains("here:") && !line.contains("this is"))
        .collect();
    assert_eq!(
        told,
        [
            "E0201 3:12 `deployments` unknown name `deployments`",
            "    help: did you mean the kind `Deployment`?",
            "    fix: for d in Deployment",
            "E0206 8:24 `all` unknown function `all`",
            "    help: write `no x in xs: …` with the contrary, or a `for x in xs` with a `require`",
            "E0314 12:18 `strategy` `strategy` is not a field of `StatefulSetSpec`",
            "    help: test the kind first, as in `where o is Deployment`, or range over fewer kinds",
        ]
    );
}
