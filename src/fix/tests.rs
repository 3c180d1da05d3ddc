//! Changes and the texts that they make.

use super::*;
use proptest::prelude::*;

fn tree(yaml: &str) -> Node {
    let text = format!("v: {yaml}");
    let parsed = manifest::parse(FileId(9), &text, false);
    parsed.documents[0].readings[0].get("v").cloned().unwrap_or(Node {
        span: Span::new(FileId(9), 0, 0),
        value: Value::Null,
    })
}

/// A path as `spec.containers[0]["a.b"]`, without the brackets' finer points: parts are split at spaces.
fn path(text: &str) -> Vec<PathPart> {
    text.split(' ')
        .map(|part| {
            part.parse()
                .map_or_else(|_| PathPart::Key(part.into()), PathPart::Index)
        })
        .collect()
}

/// The text after changes to its document of that number.
fn changed_in(text: &str, document: usize, changes: &[(&str, Change)]) -> Option<String> {
    let parsed = manifest::parse(FileId(0), text, false);
    let root = &parsed.documents[document].readings[0];
    let changes: Vec<_> = changes
        .iter()
        .map(|(at, change)| (path(at), change.clone()))
        .collect();
    let fix = Fix {
        title: String::new(),
        safe: true,
        edits: edits(text, root, &changes)?,
    };
    let (after, applied) = apply(text, &[&fix]);
    assert_eq!(applied, [true]);
    Some(after)
}

fn check(text: &str, at: &str, change: Change, expected: &str) {
    assert_eq!(
        changed_in(text, 0, &[(at, change)]).as_deref(),
        Some(expected),
        "{text}"
    );
}

fn refuses(text: &str, at: &str, change: Change) {
    assert_eq!(changed_in(text, 0, &[(at, change)]), None, "{text}");
}

fn set(yaml: &str) -> Change {
    Change::Set(tree(yaml))
}

fn add(yaml: &str) -> Change {
    Change::Add(tree(yaml))
}

#[test]
fn values_are_replaced_where_they_stand() {
    check("a: 1 # why\nb: 2\n", "a", set("3"), "a: 3 # why\nb: 2\n");
    check("a: { b: 'x', c: 1 }", "a b", set("'y'"), "a: { b: \"y\", c: 1 }");
    check("a:\n  - b\n  - c\n", "a 1", set("d"), "a:\n  - b\n  - d\n");
    check("a: ~\n", "a", set("true"), "a: true\n");
    check("a:\nb: 1\n", "a", set("true"), "a: true\nb: 1\n");
    check("a:\n  b: 1\n  c: 2\nd: 3\n", "a", set("[x]"), "a: [x]\nd: 3\n");
    check("a: |\n  text\n  more\nb: 1\n", "a", set("x"), "a: x\nb: 1\n");
    check("{\"a\": {\"b\": 1}}", "a b", set("x"), "{\"a\": {\"b\": \"x\"}}");
}

#[test]
fn missing_keys_come_with_their_parents() {
    check(
        "a:\n  b: 1 # one\n",
        "a c d",
        set("false"),
        "a:\n  c:\n    d: false\n  b: 1 # one\n",
    );
    check(
        "containers:\n  - name: web # the site\n    image: x\n",
        "containers 0 securityContext privileged",
        set("false"),
        "containers:\n  - name: web # the site\n    securityContext:\n      privileged: false\n    image: x\n",
    );
    check(
        "containers:\n- image: x\n  name: web\n",
        "containers 0 tty",
        set("false"),
        "containers:\n- image: x\n  name: web\n  tty: false\n",
    );
    check(
        "a: { b: 1 }",
        "a c d",
        set("false"),
        "a: { c: { d: false }, b: 1 }",
    );
    check("a: {}\n", "a c", set("1"), "a: { c: 1 }\n");
    check("a:\n", "a c", set("1"), "a: { c: 1 }\n");
    check("a: {\n  b: 1\n}\n", "a c", set("1"), "a: {\n  c: 1,\n  b: 1\n}\n");
    check(
        "{\n  \"b\": 1\n}\n",
        "c",
        set("x"),
        "{\n  \"c\": \"x\",\n  \"b\": 1\n}\n",
    );
    check(
        "a: 1\r\nb:\r\n  c: 1\r\n",
        "b d e",
        set("1"),
        "a: 1\r\nb:\r\n  d:\r\n    e: 1\r\n  c: 1\r\n",
    );
    check("a: 1\n", "drop", set("[ALL]"), "drop:\n  - ALL\na: 1\n");
}

#[test]
fn elements_are_added_behind_the_last() {
    check("a:\n  - b # one\n", "a", add("c"), "a:\n  - b # one\n  - c\n");
    check("a:\n- b", "a", add("c"), "a:\n- b\n- c");
    check("a: [b]\n", "a", add("c"), "a: [b, c]\n");
    check("a: []\n", "a", add("c"), "a: [c]\n");
    check("x: 1\n", "a", add("c"), "a:\n  - c\nx: 1\n");
}

#[test]
fn what_is_removed_takes_its_line_along() {
    check("a: 1\nb: 2 # two\nc: 3\n", "b", Change::Remove, "a: 1\nc: 3\n");
    check("a: 1\nb:\n  c: 2\n", "b", Change::Remove, "a: 1\n");
    check("a: 1\nb:\n  c: 2\n", "b c", Change::Remove, "a: 1\nb: {}\n");
    check("x:\n- a: 1\n  b: 2\n", "x 0 a", Change::Remove, "x:\n- b: 2\n");
    check("x:\n- a: 1\n- b: 2\n", "x 0", Change::Remove, "x:\n- b: 2\n");
    check("a: { b: 1, c: 2 }", "a b", Change::Remove, "a: { c: 2 }");
    check("a: { b: 1, c: 2 }", "a c", Change::Remove, "a: { b: 1 }");
    check("a: [x]\n", "a 0", Change::Remove, "a: []\n");
}

#[test]
fn several_changes_make_one_edit() {
    let changes = [("a b", set("1")), ("a c", set("2"))];
    let after = changed_in("x: é\na: {}\ny: é\n", 0, &changes);
    assert_eq!(after.as_deref(), Some("x: é\na: { c: 2, b: 1 }\ny: é\n"));
}

#[test]
fn other_documents_stay_as_they_are() {
    let text = "a: 1\n---\n# b\nb: &x 1\nc: 2\n---\na: 1\n";
    let after = changed_in(text, 1, &[("c", set("3"))]);
    assert_eq!(
        after.as_deref(),
        Some("a: 1\n---\n# b\nb: &x 1\nc: 3\n---\na: 1\n")
    );
}

#[test]
fn what_would_change_more_than_wanted_is_refused() {
    // The anchor's other users would change along.
    refuses("a: &x { b: 1 }\nc: *x\n", "a b", set("2"));
    refuses("a: &x { b: 1 }\nc: *x\n", "c b", set("2"));
    refuses("a: &x\n  b: 1\nc:\n  <<: *x\n  d: 1\n", "c b", set("2"));
    refuses("a: &x 1\nb: *x\n", "a", set("2"));
    refuses("a: # why\n  b: 1\n", "a", set("x"));
    refuses("a: 1\n", "a b", set("x"));
    refuses("a: [1]\n", "a 3", set("x"));
}

#[test]
fn strings_stay_strings_to_every_reader() {
    for text in [
        "yes", "off", "Null", "1", "1e3", "0x1F", "12:30", "a: b", "#", "", " a", "~", "é", "\u{1b}", "*",
    ] {
        let rendered = render::Style {
            json: false,
            newline: "\n",
        }
        .string(text);
        assert_eq!(rendered.chars().next(), Some('"'), "{text} is written {rendered}");
    }
    for text in ["RuntimeDefault", "500m", "128Mi", "/tmp", "registry.acme.io/web"] {
        assert_eq!(
            render::Style {
                json: false,
                newline: "\n"
            }
            .string(text),
            text
        );
    }
}

#[test]
fn fixes_that_meet_wait_for_another_round() {
    let fix = |start, end, text: &str| Fix {
        title: String::new(),
        safe: true,
        edits: vec![Edit {
            span: Span::new(FileId(0), start, end),
            text: text.into(),
        }],
    };
    let (a, b, c, same) = (fix(0, 1, "x"), fix(1, 2, "y"), fix(3, 3, "z"), fix(0, 1, "x"));
    let beyond = fix(90, 91, "x");
    let (text, applied) = apply("abcd", &[&a, &b, &c, &same, &beyond]);
    assert_eq!(
        (text.as_str(), applied),
        ("xbczd", vec![true, false, true, true, false])
    );
}

proptest! {
    #[test]
    fn any_string_survives(text in "\\PC*|[a-zA-Z0-9:#&*!|>'\"%@`{}\\[\\], \\n\\t\\u{7f}\\u{85}\\u{2028}~.-]{0,12}") {
        let change = Change::Set(Node { span: Span::new(FileId(9), 0, 0), value: Value::String(text.as_str().into()) });
        for original in ["a: 1\n", "{\"a\": 1}", "b: 2\n", "- 1\n"] {
            let parsed = manifest::parse(FileId(0), original, false);
            let root = &parsed.documents[0].readings[0];
            let at = if original.starts_with('-') { path("0") } else { path("a") };
            let edits = edits(original, root, &[(at.clone(), change.clone())]);
            prop_assert!(edits.is_some(), "{:?} in {:?}", text, original);
        }
    }
}
