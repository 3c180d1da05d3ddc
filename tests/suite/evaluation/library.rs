//! The library's own tests.

use super::{SCHEMA, library};
use ordain::estimate::Estimator;
use ordain::evaluate::test::{Surroundings, test};
use ordain::source::Sources;

#[test]
fn every_rule_of_the_library_passes_its_tests() {
    let mut sources = Sources::new();
    let set = library(&mut sources);
    let load = |path: &str, _| Err(format!("the library has no file `{path}`"));
    let report = test(
        &set.tests,
        &set.rules,
        Surroundings {
            schema: &SCHEMA,
            load: &load,
            estimator: Estimator::standard(),
        },
    );
    let failed: Vec<String> = report
        .cases
        .iter()
        .filter_map(|case| {
            let (start, _) = sources.positions(case.span);
            let failure = case.failure.as_ref()?;
            Some(format!(
                "{}:{}: {failure:#?}",
                sources.file(case.span.file).path,
                start.line
            ))
        })
        .collect();
    assert!(
        failed.is_empty(),
        "{} cases failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
    assert_eq!(
        report.uncovered,
        [],
        "every rule accepts something and rejects something"
    );
}
