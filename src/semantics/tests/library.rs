//! The library's own policies.

use super::compile;
use crate::semantics::LibraryName;

/// All packs and rules of the library.
pub(super) fn names() -> Vec<LibraryName> {
    let mut names: Vec<LibraryName> = Vec::new();
    for file in crate::stdlib::files() {
        if file.is_rule() {
            names.push(LibraryName {
                path: format!("{}.{}", file.pack(), file.name),
                is_rule: true,
            });
        }
        if names.iter().all(|known| known.path != file.pack()) {
            names.push(LibraryName {
                path: file.pack(),
                is_rule: false,
            });
        }
    }
    names
}

#[test]
fn the_library_has_no_faults() {
    let files = crate::stdlib::files();
    let inputs: Vec<(String, String, &str)> = files
        .iter()
        .map(|file| (file.path(), file.pack(), file.text))
        .collect();
    let borrowed: Vec<(&str, &str, &str)> = inputs
        .iter()
        .map(|(path, pack, text)| (path.as_str(), pack.as_str(), *text))
        .collect();
    let (_, found) = compile(&borrowed, &[]);
    assert_eq!(found, "");
}
