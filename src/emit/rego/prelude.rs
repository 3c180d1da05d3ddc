//! The functions that emitted code stands on, written in Rego beside this file → those that a module
//! needs, and no others.

use super::{Host, text};
use include_dir::{Dir, include_dir};
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/emit/rego/prelude");

/// A definition with the comment above it.
struct Definition {
    text: &'static str,
    needs: Vec<&'static str>,
}

/// All definitions in the order of the files, and by name. Those of the folder `gatekeeper` take the
/// place of those of the same name where the input is an admission review.
struct Prelude {
    definitions: Vec<Definition>,
    by_name: HashMap<&'static str, usize>,
    for_reviews: HashMap<&'static str, usize>,
}

static PRELUDE: LazyLock<Prelude> = LazyLock::new(|| {
    let mut definitions = Vec::new();
    let mut read = |folder: &Dir<'static>| {
        let mut by_name = HashMap::new();
        let mut files: Vec<_> = folder.files().collect();
        files.sort_by_key(|file| file.path());
        for paragraph in files
            .iter()
            .filter_map(|file| file.contents_utf8())
            .flat_map(paragraphs)
        {
            let mut words = text::identifiers(paragraph).map(|(_, word)| word);
            let Some(name) = words.next() else { continue };
            by_name.insert(name, definitions.len());
            definitions.push(Definition {
                text: paragraph,
                needs: words
                    .filter(|word| word.starts_with('_') && *word != "_")
                    .collect(),
            });
        }
        by_name
    };
    let by_name = read(&FILES);
    let for_reviews = FILES.get_dir("gatekeeper").map(read).unwrap_or_default();
    Prelude {
        definitions,
        by_name,
        for_reviews,
    }
});

/// Definitions stand apart by empty lines.
fn paragraphs(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty())
}

/// The definitions that a fragment needs, directly or through others, and the names among them that the
/// prelude leaves to the module.
pub fn needed_by(fragment: &str, host: Host) -> (String, BTreeSet<&str>) {
    let mut chosen = BTreeSet::new();
    let mut open = BTreeSet::new();
    let mut wanted: Vec<&str> = text::identifiers(fragment)
        .map(|(_, word)| word)
        .filter(|word| word.starts_with('_') && *word != "_")
        .collect();
    while let Some(name) = wanted.pop() {
        let for_reviews = PRELUDE.for_reviews.get(name);
        let own = for_reviews.filter(|_| host == Host::Gatekeeper);
        match own.or_else(|| PRELUDE.by_name.get(name)) {
            Some(index) if chosen.insert(*index) => wanted.extend(&PRELUDE.definitions[*index].needs),
            Some(_) => {}
            None => {
                open.insert(name);
            }
        }
    }
    let texts: Vec<&str> = chosen
        .into_iter()
        .map(|index| PRELUDE.definitions[index].text)
        .collect();
    (texts.join("\n\n"), open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_defined_twice() {
        let files = FILES.files().filter_map(|file| file.contents_utf8());
        let mut names: Vec<&str> = files
            .flat_map(paragraphs)
            .filter_map(|paragraph| text::identifiers(paragraph).next())
            .map(|(_, name)| name)
            .collect();
        names.sort_unstable();
        let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
        assert_eq!(twice, None);
    }

    #[test]
    fn a_module_gets_what_it_needs_and_no_more() {
        let (text, open) = needed_by("deny if _or(null, _namespace(x)) == \"_like(a, b)\"", Host::Files);
        for (name, expected) in [
            ("_or(value", true),
            ("_name(", false),
            ("_group(", true),
            ("_like(", false),
        ] {
            assert_eq!(
                text.contains(&format!("\n{name}")) || text.starts_with(name),
                expected,
                "{name}"
            );
        }
        let expected = [
            "_cluster_scoped",
            "_default_namespace",
            "_homes",
            "_kubernetes_groups",
        ];
        assert_eq!(Vec::from_iter(open), expected);
    }
}
