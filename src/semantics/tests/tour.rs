//! The rules of the language's tour compile without a word.

use super::compile;
use crate::semantics::LibraryName;

#[test]
fn the_tour_has_no_faults() {
    let library = ["std.pss.restricted", "std.lib"].map(|path| LibraryName {
        path: path.into(),
        is_rule: false,
        peers: Vec::new(),
    });
    let (set, found) = compile(&[("tour.ordain", "", include_str!("tour.ordain"))], &library);
    assert_eq!(found, "");
    let ids: Vec<&str> = set.rules.iter().map(|rule| rule.id.as_ref()).collect();
    assert_eq!(ids.len(), 8, "{ids:?}");
}
