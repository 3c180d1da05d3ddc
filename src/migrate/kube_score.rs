//! kube-score: it has no configuration, only annotations.
//!
//! In: a repository. Out: the checks that run by default, those that annotations enable, and ignored objects.

use super::annotations;
use super::repository::Repository;
use super::setup::{Setup, Strength};
use super::table::KUBE_SCORE;
use std::collections::BTreeMap;

const CATALOGUE: &str = "kube-score";
const IGNORE: &str = "kube-score/ignore";
const ENABLE: &str = "kube-score/enable";

/// Checks that an ignored one takes along.
const IMPLIED: [(&str, &str); 1] = [(
    "container-resources",
    "container-ephemeral-storage-request-and-limit",
)];

/// Reads the setup.
pub fn read(repository: &Repository, setup: &mut Setup) {
    let mut count = 0;
    let mut enabled = BTreeMap::new();
    for object in repository.objects() {
        for entry in annotations::of(object, IGNORE, true) {
            count += 1;
            let checks = ids(annotations::text(entry));
            annotations::waive(setup, object, Some(checks), "", entry);
        }
        for entry in annotations::of(object, ENABLE, true) {
            count += 1;
            for check in ids(annotations::text(entry)) {
                let place = enabled.entry(check.clone()).or_insert(entry.key_span);
                let message = format!("`{check}` was enabled for single objects; it now holds for all");
                let place = *place;
                if place == entry.key_span {
                    setup.differs(place, message);
                }
            }
        }
    }
    count += annotations::strays(setup, repository, "kube-score/");
    if count == 0 {
        return;
    }
    setup.found(super::counted(count, "annotation"));
    let message = "kube-score is set by flags on its command line, which are not read: what --ignore-test and \
                   --enable-optional-test say there belongs into `[severity]` of `ordain.toml`";
    setup.note(None, message);
    for [check, when] in KUBE_SCORE.rows() {
        if when == "default" || enabled.contains_key(check) {
            setup.demand(CATALOGUE, check, Strength::Fails).at = enabled.get(check).copied();
        }
    }
}

fn ids(text: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for id in text.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        ids.push(id.to_string());
        let implied = IMPLIED.iter().filter(|(whole, _)| *whole == id);
        ids.extend(implied.map(|(_, part)| part.to_string()));
    }
    ids
}
