//! Tests of the tables: what they name exists.

use super::table::{self, EQUIVALENTS, KUBE_LINTER, KYVERNO, POLARIS};
use crate::workspace::{Request, Workspace};
use crate::world::Memory;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

#[test]
fn equivalents_are_rules_that_take_these_parameters() {
    let request = Request {
        whole_library: true,
        policies: vec![PathBuf::from("a.ordain")],
        ..Request::default()
    };
    let library = Workspace::open(&Memory::of([("a.ordain", "")]), &request).expect("the library");
    for [check, id, parameters] in EQUIVALENTS.rows() {
        let rule = library.policies.rules.iter().find(|rule| &*rule.id == id);
        let rule = rule.unwrap_or_else(|| panic!("{check}: there is no rule `{id}`"));
        let parameters: Map<String, Value> = serde_json::from_str(parameters).expect(check);
        for (name, value) in parameters {
            let parameter = rule.parameters.iter().find(|own| *own.name == *name);
            let parameter = parameter.unwrap_or_else(|| panic!("{check}: `{id}` has no `{name}`"));
            assert!(parameter.read(&value).is_ok(), "{check}: {name} = {value}");
        }
        let (peer, check) = check.split_once('/').expect("peer/check");
        let mut replaced = library.policies.rules.iter().flat_map(|rule| &rule.replaces);
        let is_named = replaced.any(|replaces| replaces.peer == peer && replaces.check == check);
        assert!(
            !is_named,
            "the library itself names {peer}/{check}; remove it from the table"
        );
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
