//! Tests of the tables: what they name exists.

use super::carry;
use super::repository::Repository;
use super::table::{self, KUBE_LINTER, KUBE_SCORE, KYVERNO, POLARIS};
use crate::world::Memory;
use serde_json::json;
use std::path::PathBuf;

/// Annotations name kube-score's checks otherwise than its output and `replaces` do.
#[test]
fn every_check_of_kube_score_has_a_rule() {
    let world = Memory::of([("a.ordain", "")]);
    let repository = Repository::read(&world, &[PathBuf::from(".")]).expect("the library");
    for [check] in KUBE_SCORE.rows() {
        assert!(carry::is_known(&repository, "kube-score", check), "{check}");
    }
}

#[test]
fn tables_have_their_columns() {
    let mut checks = KUBE_LINTER.rows();
    assert!(checks.any(|[name, template]| (name, template) == ("docker-sock", "host-mounts")));
    assert!(
        POLARIS
            .rows()
            .all(|[_, severity]| ["danger", "warning", "ignore"].contains(&severity))
    );
    assert!(
        KYVERNO
            .rows()
            .all(|[name, what, whom]| name.contains('/') && what.len() == 12 && whom.len() == 12)
    );
}

#[test]
fn a_digest_does_not_depend_on_the_order_of_keys() {
    let (a, b) = (
        json!({"a": 1, "b": ["\u{1}", null]}),
        json!({"b": ["\u{1}", null], "a": 1}),
    );
    assert_eq!(table::digest(&a), table::digest(&b));
    // What `generate.py` makes of it.
    assert_eq!(table::digest(&a), "f6432bdd712b");
}
