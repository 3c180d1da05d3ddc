//! The map from each built file back to the policies, which is also the list of what a build made.
//!
//! In: artifacts with their origins. Out: the text of `source-map.json`, and from such a text the files that it
//! names. Files are sorted by path; each has a line for every origin, those by their line:
//!
//! ```json
//! {"version":1,"files":{
//! "rego/x.rego":[
//! {"line":12,"rule":"x","policy":{"file":"policies/x.ordain","line":5,"column":3}}],
//! "rego/y.rego":[]
//! }}
//! ```
//!
//! `rule` names the declaration, be it a rule, a budget or an automation. Lines and columns count from 1,
//! columns in bytes of UTF-8.

use super::{Artifact, Origin};
use crate::escape;
use crate::source::Sources;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the file is called, at the root of what is built.
pub const NAME: &str = "source-map.json";

const VERSION: u64 = 1;

/// The files of a map, by path, with their origins.
pub type Files = BTreeMap<String, Vec<Value>>;

/// The files of a build.
pub fn files(artifacts: &[Artifact], sources: &Sources) -> Files {
    let entry = |origin: &Origin| {
        let file = sources.file(origin.span.file);
        let position = file.position(origin.span.start);
        json!({
            "line": origin.line,
            "rule": *origin.declaration,
            "policy": { "file": file.path, "line": position.line, "column": position.column },
        })
    };
    artifacts
        .iter()
        .map(|artifact| {
            let mut origins: Vec<&Origin> = artifact.origins.iter().collect();
            origins.sort();
            origins.dedup();
            (artifact.path.clone(), origins.into_iter().map(entry).collect())
        })
        .collect()
}

/// The text of a map.
pub fn render(files: &Files) -> String {
    let files: Vec<String> = files
        .iter()
        .map(|(path, origins)| {
            let origins = origins.iter().map(|origin| format!("\n{origin}"));
            let origins = origins.collect::<Vec<_>>().join(",");
            format!("{}:[{origins}]", Value::from(path.as_str()))
        })
        .collect();
    let text = format!(
        "{{\"version\":{VERSION},\"files\":{{\n{}\n}}}}\n",
        files.join(",\n")
    );
    escape::json(&text).into_owned()
}

/// The files that a map names; `None` for a text that is no such map.
pub fn read(text: &[u8]) -> Option<Files> {
    let map: Value = serde_json::from_slice(text).ok()?;
    if map["version"] != VERSION {
        return None;
    }
    let files = map["files"].as_object()?.iter();
    files
        .map(|(path, origins)| Some((path.clone(), origins.as_array()?.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Span};

    fn example() -> Files {
        let mut sources = Sources::new();
        let file = sources.add(SourceFile::new("policies/a.ordain", "rule a {\n  require x\n}\n"));
        let origin = |line, start| Origin {
            line,
            declaration: "a".into(),
            span: Span::new(file, start, start + 1),
        };
        let artifacts = [
            Artifact::new("rego/b\u{202e}.rego", ""),
            Artifact::new("rego/a.rego", "").with_origins(vec![origin(9, 11), origin(3, 5), origin(9, 11)]),
        ];
        files(&artifacts, &sources)
    }

    #[test]
    fn a_map_is_sorted_and_names_what_has_no_origin() {
        insta::assert_snapshot!(render(&example()), @r#"
{"version":1,"files":{
"rego/a.rego":[
{"line":3,"rule":"a","policy":{"file":"policies/a.ordain","line":1,"column":6}},
{"line":9,"rule":"a","policy":{"file":"policies/a.ordain","line":2,"column":3}}],
"rego/b\u202e.rego":[]
}}
"#);
        insta::assert_snapshot!(render(&Files::new()), @r#"
{"version":1,"files":{

}}
"#);
    }

    #[test]
    fn a_map_is_read_back_and_others_are_not() {
        assert_eq!(read(render(&example()).as_bytes()), Some(example()));
        for other in [
            "",
            "[]",
            r#"{"version":3,"files":{}}"#,
            r#"{"version":1}"#,
            r#"{"version":1,"files":{"a":1}}"#,
        ] {
            assert_eq!(read(other.as_bytes()), None, "{other}");
        }
    }
}
