//! Which bytes each key and value has.

use super::*;

/// Every scalar of a text with what its span covers, in the order of the text.
fn scalars<'t>(text: &'t str, node: &Node, out: &mut Vec<&'t str>) {
    match &node.value {
        Value::Sequence(nodes) => nodes.iter().for_each(|node| scalars(text, node, out)),
        Value::Mapping(mapping) => {
            for entry in mapping.entries() {
                out.push(&text[entry.key_span.range()]);
                scalars(text, &entry.value, out);
            }
        }
        _ => out.push(&text[node.span.range()]),
    }
}

#[test]
fn spans_cover_what_is_written() {
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let parsed = parse(FileId(0), text, false);
        let mut found = Vec::new();
        scalars(text, &parsed.documents[0].readings[0], &mut found);
        assert_eq!(found, expected);
    }
    check("é: 'ü'\nb: \"x\\ny\"", &["é", "'ü'", "b", "\"x\\ny\""]);
    check("a: &x !!str b # c\n", &["a", "b"]);
    check(
        "a: |-  # c\n  x\n  y\n\nb: >+\n  z\n",
        &["a", "|-  # c\n  x\n  y", "b", ">+\n  z"],
    );
    check("a: &x |2\n   x\n", &["a", "|2\n   x"]);
    check("a:\n- |\n  x\n- y", &["a", "|\n  x", "y"]);
    check("- - |\n   x\n  - y", &["|\n   x", "y"]);
    check("--- |\n x\n", &["|\n x"]);
    check("a: b\n  c\n", &["a", "b\n  c"]);
    check("k: *x\n", &["k", "*x"]);
    check(
        "a: \"x\n\n  y\"\nb: \"p\nq\"\nc: d\n",
        &["a", "\"x\n\n  y\"", "b", "\"p\nq\"", "c", "d"],
    );
}

#[test]
fn missing_values_stand_behind_their_indicator() {
    let check = |text: &str, path: &[&str], offset: u32| {
        let parsed = parse(FileId(0), text, false);
        let mut node = &parsed.documents[0].readings[0];
        for step in path {
            node = match step.parse::<usize>() {
                Ok(index) => &node.elements()[index],
                Err(_) => {
                    &node
                        .entries()
                        .iter()
                        .find(|entry| &*entry.key == *step)
                        .unwrap()
                        .value
                }
            };
        }
        assert!(node.is_null());
        assert_eq!(
            (node.span.start, node.span.end),
            (offset, offset),
            "{text:?} {path:?}"
        );
    };
    check("a:\nb: 1", &["a"], 2);
    check("a:   # c\n\nb: 1", &["a"], 2);
    check("a:\n- \n- b:\n- ", &["a", "0"], 4);
    check("a:\n- \n- b:\n- ", &["a", "1", "b"], 10);
    check("a:\n- \n- b:\n- ", &["a", "2"], 12);
    check("{a: , b}", &["a"], 3);
    check("{a: , b}", &["b"], 7);
    check("? a\n: ", &["a"], 5);
}

#[test]
fn collections_span_from_their_first_to_their_last_byte() {
    let check = |text: &str, key: &str, expected: &str| {
        let parsed = parse(FileId(0), text, false);
        let node = parsed.documents[0].readings[0].get(key).unwrap();
        assert_eq!(&text[node.span.range()], expected);
    };
    check("a:\n- b\n- c\n\nd: e\n", "a", "- b\n- c");
    check(
        "a:\n  # c\n  - b: 1\n    c: {d: e}\nf: g\n",
        "a",
        "- b: 1\n    c: {d: e}",
    );
    check("a:\n- \n- c\n", "a", "- \n- c");
    check(
        "a:\n  b:\n    c: d # e\n\nf: g\n",
        "a",
        "b:\n    c: d # e".trim_end_matches(" # e"),
    );
    check("a: {b: [c, d ] }\n", "a", "{b: [c, d ] }");
    check("x: &x {b: c}\na: *x\n", "a", "*x");
    check("a: &x\n  b: c\n", "a", "b: c");
    check("a: [b: c]\n", "a", "[b: c]");
}
