//! The canonical layout, by examples and by properties.

use super::arbitrary;
use super::*;
use proptest::prelude::*;

/// Checks that a text is formatted to another, and that this one stays as it is.
fn check(text: &str, expected: &str) {
    let formatted = format(FileId(0), text).unwrap_or_else(|faults| panic!("{faults:?}"));
    assert_eq!(formatted, expected);
    assert_eq!(format(FileId(0), &formatted).as_deref(), Ok(expected));
}

#[test]
fn the_tour_is_stable() {
    for text in [
        include_str!("../parse/tour.ordain"),
        include_str!("../../../examples/optimization/smart-resource-scaling.ordain"),
    ] {
        let formatted = format(FileId(0), text).unwrap_or_else(|faults| panic!("{faults:?}"));
        check(&formatted, &formatted);
    }
}

#[test]
fn exclusions_stand_below_what_they_narrow() {
    check(
        r#"use   replaces "kube-linter" // theirs
 except std.security.host-pid,std.security.host-network because "x"
pack own.x { use std.security except std.cost because "y"
use "a.ordain"
// why
except std.ai because "z" }
"#,
        r#"use replaces "kube-linter"  // theirs
  except std.security.host-pid, std.security.host-network because "x"

pack own.x {
  use std.security
    except std.cost because "y"
  use "a.ordain"
    // why
    except std.ai because "z"
}
"#,
    );
}

#[test]
fn rows_are_laid_out_in_one_way() {
    check(
        r#"use   std.pss.restricted
use "../shared/x.ordain"


let a   =  1
param  limit:Int in 1..200=20
/// Words.
/// More words.
rule x
{
severity high
category   security


for c in containers where c.name != "a"
where  ( c.image ) like "x*"
  let y = c.resources.limits["memory"]??c.resources.requests [ "memory" ]
require y<=2*( 1+1 ) message "no {y}" help "set it" fix unsafe set c.x=1 fix remove c.y
}
rule y { }
"#,
        r#"use std.pss.restricted
use "../shared/x.ordain"

let a = 1
param limit: Int in 1..200 = 20

/// Words.
/// More words.
rule x {
  severity high
  category security

  for c in containers where c.name != "a"
  where c.image like "x*"
  let y = c.resources.limits["memory"] ?? c.resources.requests["memory"]
  require y <= 2 * (1 + 1)
  message "no {y}"
  help "set it"
  fix unsafe set c.x = 1
  fix remove c.y
}

rule y {}
"#,
    );
}

#[test]
fn long_lines_are_broken_where_they_can_be() {
    check(
        r#"
let registries = ["registry.acme.io/*", "ghcr.io/acme/*", "quay.io/acme/*", "docker.io/acme/*", "gcr.io/a/*"]
rule x {
  for r in Role | ClusterRole
  require any grant in r.rules where grant.apiGroups contains "apps" or grant.apiGroups contains "batch": grant.verbs contains "get" and grant.resources contains "secrets"
  require r.metadata.labels["app.kubernetes.io/name"] is set and r.metadata.labels["app.kubernetes.io/part-of"] is set or exempt(r.metadata.name, r.metadata.namespace, r.metadata.labels["team"] ?? "nobody")
}
"#,
        r#"let registries = [
  "registry.acme.io/*", "ghcr.io/acme/*", "quay.io/acme/*", "docker.io/acme/*", "gcr.io/a/*",
]

rule x {
  for r in Role | ClusterRole
  require any grant in r.rules
    where grant.apiGroups contains "apps" or grant.apiGroups contains "batch":
    grant.verbs contains "get" and grant.resources contains "secrets"
  require r.metadata.labels["app.kubernetes.io/name"] is set
      and r.metadata.labels["app.kubernetes.io/part-of"] is set
    or exempt(r.metadata.name, r.metadata.namespace, r.metadata.labels["team"] ?? "nobody")
}
"#,
    );
}

#[test]
fn comments_keep_their_places() {
    check(
        r#"// About the file.

// About the list.
let list = [ // why
  "a", // first
  // second
  "b"
  // last
] // behind

// About the rule.
/// Title.
rule x { // opened
  // before
  for c in containers // each

  // alone

  require c.a // left
    and c.b // right
    // own
    and c.c
  message "no" // said
  // at the end
}
// after
"#,
        r#"// About the file.

// About the list.
let list = [  // why
  "a",  // first
  // second
  "b",
  // last
]  // behind

// About the rule.
/// Title.
rule x {  // opened
  // before
  for c in containers  // each

  // alone

  require c.a  // left
    and c.b  // right
    // own
    and c.c
  message "no"  // said
  // at the end
}
// after
"#,
    );
}

#[test]
fn texts_of_several_lines_move_with_their_statement() {
    check(
        r##"
test x {
      accepts """
 a:
   - b

 c: d
 """ with { limit: 1 } at a[0]
}
"##,
        r##"test x {
  accepts """
    a:
      - b

    c: d
  """ at a[0] with { limit: 1 }
}
"##,
    );
}

#[test]
fn a_file_with_mistakes_is_not_formatted() {
    assert!(format(FileId(0), "rule x { require }").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printed_trees_parse_to_themselves(tree in arbitrary::file()) {
        let printed = print(&tree);
        let (parsed, diagnostics) = parse(FileId(0), &printed);
        prop_assert!(diagnostics.is_empty(), "{diagnostics:?}\n{printed}");
        prop_assert!(parsed.items.iter().all(|item| !item.broken));
        prop_assert_eq!(&parsed.without_spans(), &tree, "{}", printed);
        prop_assert_eq!(format(FileId(0), &printed), Ok(printed));
    }
}
