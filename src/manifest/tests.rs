//! Inputs on which tools part ways, each with what the cluster makes of it and what is said about it.
//!
//! A finding is written as `line:column code`. A `Pod` stands for every object; what matters is what stands in it.

mod spans;

use super::*;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Origin, Severity};
use crate::source::{FileId, SourceFile};
use serde_json::{Map, Value as Json, json};

/// The node as JSON, which is what a cluster is sent.
fn sent(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Integer(value) => json!(i64::try_from(*value).unwrap()),
        Value::Float(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Value::String(text) | Value::Unknown(text) => json!(text),
        Value::Sequence(nodes) => nodes.iter().map(sent).collect(),
        Value::Mapping(mapping) => {
            let entries = mapping.entries().iter();
            Json::Object(
                entries
                    .map(|entry| (entry.key.to_string(), sent(&entry.value)))
                    .collect::<Map<_, _>>(),
            )
        }
    }
}

fn read(name: &str, bytes: &[u8]) -> (FileReading, SourceFile) {
    let decoded = decode(FileId(0), bytes.to_vec());
    let mut reading = read_text(FileId(0), name, &decoded.text, Surroundings::default());
    reading.diagnostics.extend(decoded.faults);
    (reading, SourceFile::new(name, decoded.text))
}

fn places(diagnostics: &[Diagnostic], file: &SourceFile) -> Vec<String> {
    let mut diagnostics: Vec<&Diagnostic> = diagnostics.iter().collect();
    diagnostics.sort_by_key(|diagnostic| (diagnostic.primary.span, diagnostic.origin.clone()));
    let place = |diagnostic: &&Diagnostic| {
        let at = file.position(diagnostic.primary.span.start);
        format!("{}:{} {}", at.line, at.column, diagnostic.origin.id())
    };
    diagnostics.iter().map(place).collect()
}

#[track_caller]
fn check_file(name: &str, bytes: &[u8], objects: Json, findings: &[&str]) {
    let (reading, file) = read(name, bytes);
    let found: Json = reading
        .resources
        .iter()
        .map(|resource| sent(&resource.root))
        .collect();
    assert_eq!(found, objects, "the objects");
    assert_eq!(places(&reading.diagnostics, &file), findings, "the findings");
}

#[track_caller]
fn check(text: &str, objects: Json, findings: &[&str]) {
    check_file("a.yaml", text.as_bytes(), objects, findings);
}

/// A Pod whose `spec` is this text, in flow style or one line of block style.
fn pod(spec: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  {spec}\n")
}

#[track_caller]
fn check_spec(spec: &str, expected: Json, findings: &[&str]) {
    let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": expected});
    check(&pod(spec), json!([object]), findings);
}

fn namespace(name: &str) -> Json {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

fn namespace_text(name: &str) -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n")
}

#[test]
fn duplicate_keys_count_last_and_are_said() {
    check_spec("a: 1\n  a: 2", json!({"a": 2}), &["6:3 M0206"]);
    check_spec("a: 1\n  \"a\": 2", json!({"a": 2}), &["6:3 M0206"]);
    check_spec("{aN: 1, \"a\\u004e\": 2}", json!({"aN": 2}), &["5:11 M0206"]);
    check_spec("{1: a, 01: b}", json!({"1": "b"}), &["5:10 M0206"]);
    let kind = "kind: Pod\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n";
    check(kind, json!([namespace("a")]), &["3:1 M0206"]);
    let json = br#"{"apiVersion":"v1","kind":"Pod","kind":"Namespace","metadata":{"name":"a"}}"#;
    check_file("a.json", json, json!([namespace("a")]), &["1:33 M0206"]);
}

#[test]
fn keys_that_only_look_right_are_said() {
    check_spec(
        "hostNetwork\u{a0}: true",
        json!({"hostNetwork\u{a0}": true}),
        &["5:3 M0213"],
    );
    check_spec("hоstNetwork: true", json!({"hоstNetwork": true}), &["5:3 M0213"]);
    check_spec("größe: 1", json!({"größe": 1}), &[]);
}

#[test]
fn keys_that_json_lacks_are_said() {
    check_spec("{~: a}", json!({"null": "a"}), &["5:4 M0212"]);
    check_spec("? [a, b]\n  : c", json!({"[a, b]": "c"}), &["5:5 M0212"]);
    check_spec("{1.5: a, true: b}", json!({"1.5": "a", "true": "b"}), &[]);
    check_spec("? a\n  : b", json!({"a": "b"}), &[]);
    check_spec("!!set {a, b}", json!({"a": null, "b": null}), &[]);
}

#[test]
fn scalars_are_those_of_old_yaml() {
    check_spec("a: yes", json!({"a": true}), &["5:6 M0207"]);
    check_spec("on: \"on\"", json!({"true": "on"}), &["5:3 M0207"]);
    check_spec("a: !!bool yes", json!({"a": true}), &["5:13 M0207"]);
    check_spec("a: !!bool \"true\"", json!({"a": true}), &[]);
    check_spec("a: !foo true", json!({"a": "true"}), &[]);
    check_spec("a: ! true", json!({"a": "true"}), &[]);
    check_spec("a: !!python/object:x.y 1", json!({"a": "1"}), &[]);
    check_spec("a: true#c", json!({"a": "true#c"}), &[]);
    check_spec(
        "a: [0777, 1_000, 1e3, 089, 80.0, -0, 1:30]",
        json!({"a": [511, 1000, 1000, 89, 80, 0, "1:30"]}),
        &[],
    );
    check_spec("a: .inf", json!({"a": ".inf"}), &["5:6 M0212"]);
    check_spec(
        "a: 18446744073709551616",
        json!({"a": 18446744073709551616.0}),
        &["5:6 M0212"],
    );
    check_spec("a: !!int x", json!({"a": "x"}), &["5:12 M0212"]);
    check_spec("a: !!binary aGVsbG8=", json!({"a": "hello"}), &[]);
    check_spec("a: !!str", json!({"a": ""}), &[]);
    check_spec(
        "a: [.5, 1E, 2020-01-01]",
        json!({"a": [0.5, "1E", "2020-01-01"]}),
        &[],
    );
    check_spec(
        "a:\n  b: ~\n  c: [null, ]",
        json!({"a": null, "b": null, "c": [null]}),
        &[],
    );
    check_spec("a:\n  - \n  - {b: c}", json!({"a": [null, {"b": "c"}]}), &[]);
    check_spec("a: >-\n    x\n    :y", json!({"a": "x :y"}), &[]);
    check_spec("a: \"\\e[31m\"", json!({"a": "\u{1b}[31m"}), &[]);
    check_spec("a: \"\\ud83d\\ude00\"", json!({"a": "😀"}), &["5:6 M0201"]);
    check_spec("a: \"x\\/y\"", json!({"a": "x/y"}), &["5:6 M0201"]);
    check_spec("a: \"\\\\ud83d\"", json!({"a": "\\ud83d"}), &[]);
}

#[test]
fn merge_keys_apply_and_are_said_where_tools_disagree() {
    let with = |anchors: &str, spec: &str| format!("{anchors}\n{}", pod(spec));
    let expect = |anchors: Json, spec: Json| {
        let mut object = anchors;
        object["apiVersion"] = json!("v1");
        object["kind"] = json!("Pod");
        object["metadata"] = json!({"name": "a"});
        object["spec"] = spec;
        object
    };
    let x = || json!({"x": {"a": 1}});
    check(
        &with("x: &x {a: 1}", "<<: *x"),
        json!([expect(x(), json!({"a": 1}))]),
        &[],
    );
    check(
        &with("x: &x {a: 1}", "<<: *x\n  a: 2"),
        json!([expect(x(), json!({"a": 2}))]),
        &[],
    );
    // `kubectl` takes the merged value, kustomize the one written out.
    check(
        &with("x: &x {a: 1}", "a: 2\n  <<: *x"),
        json!([expect(x(), json!({"a": 1})), expect(x(), json!({"a": 2}))]),
        &["7:3 M0208"],
    );
    check(
        &with("x: &x {a: 1}", "a: 1\n  <<: *x"),
        json!([expect(x(), json!({"a": 1}))]),
        &[],
    );
    check(
        &with("x: &x {a: 1}", "\"<<\": *x"),
        json!([expect(x(), json!({"<<": {"a": 1}})), expect(x(), json!({"a": 1}))]),
        &["6:3 M0208"],
    );
    let xy = || json!({"x": {"a": 1}, "z": {"a": 2, "b": 3}});
    let anchors = "x: &x {a: 1}\nz: &z {a: 2, b: 3}";
    check(
        &with(anchors, "<<: [*x, *z]"),
        json!([expect(xy(), json!({"a": 1, "b": 3}))]),
        &[],
    );
    check(
        &with(anchors, "<<: *x\n  <<: *z"),
        json!([expect(xy(), json!({"a": 2, "b": 3}))]),
        &["8:3 M0208"],
    );
    check_spec("<<: {a: 1}", json!({"a": 1}), &[]);
    check_spec("<<: 1", json!({}), &["5:3 M0208"]);
}

#[test]
fn aliases_refer_back_within_their_document() {
    check_spec(
        "{a: &t false, b: &t true, c: *t}",
        json!({"a": false, "b": true, "c": true}),
        &[],
    );
    check_spec("{a: *t}", json!({"a": null}), &["5:7 M0205"]);
    check_spec("{a: &t [*t]}", json!({"a": [null]}), &["5:11 M0205"]);
    let two = format!(
        "x: &x 1\n{}---\nz: *x\n{}",
        namespace_text("a"),
        namespace_text("b")
    );
    let (reading, file) = read("a.yaml", two.as_bytes());
    assert_eq!(places(&reading.diagnostics, &file), ["6:4 M0205"]);
}

#[test]
fn alias_bombs_end_in_a_finding() {
    let bomb = |width: usize, levels: usize| {
        let mut text = format!("l0: &l0 [{}]\n", vec!["x"; width].join(","));
        for level in 1..levels {
            let aliases = vec![format!("*l{}", level - 1); width].join(",");
            text += &format!("l{level}: &l{level} [{aliases}]\n");
        }
        text + &namespace_text("a")
    };
    for (width, levels) in [(9, 9), (9, 4), (3, 9), (2, 40)] {
        let (reading, _) = read("a.yaml", bomb(width, levels).as_bytes());
        let codes: Vec<&str> = reading
            .diagnostics
            .iter()
            .map(|fault| fault.origin.id())
            .collect();
        assert_eq!(codes, ["M0204"], "{width} to the {levels}");
        assert!(matches!(reading.fates[0], Fate::Unevaluated(_)));
    }
    let anchors: String = (0..200)
        .map(|level| format!("{}- &a{level}\n", "  ".repeat(level)))
        .collect();
    let (reading, _) = read("a.yaml", format!("{anchors}{}x", "  ".repeat(200)).as_bytes());
    assert_eq!(reading.fates, [Fate::Foreign]);
}

#[test]
fn deep_nesting_ends_in_a_finding() {
    let deep = |open: &str, levels: usize| pod(&format!("a: {}", open.repeat(levels)));
    let block: String = (0..10_000)
        .map(|level| format!("{}a:\n", " ".repeat(level % 3000)))
        .collect();
    let texts = [
        ("a.yaml", deep("[", 10_000)),
        ("a.yaml", deep("{a: ", 10_000)),
        ("a.yaml", pod(&"- ".repeat(10_000))),
        ("a.yaml", block),
        ("a.json", "[".repeat(10_000)),
        ("a.json", "{\"a\":".repeat(10_000)),
    ];
    for (name, text) in texts {
        let (reading, _) = read(name, text.as_bytes());
        let codes: Vec<&str> = reading
            .diagnostics
            .iter()
            .map(|fault| fault.origin.id())
            .collect();
        assert_eq!(codes, ["M0203"], "{:.40}", text);
    }
    // The deepest tree that is read can be compared, copied and dropped.
    let levels = MAXIMUM_DEPTH - 2;
    let text = pod(&format!("a: {}{}", "[".repeat(levels), "]".repeat(levels)));
    let (reading, _) = read("a.yaml", text.as_bytes());
    let root = &reading.resources[0].root;
    assert!(root.same_value(&root.clone()));
    // An alias deepens what it stands in.
    let half = MAXIMUM_DEPTH * 2 / 3;
    let nested = format!(
        "x: &x {}{}\ny: {}*x{}\n",
        "[".repeat(half),
        "]".repeat(half),
        "[".repeat(half),
        "]".repeat(half)
    );
    let (reading, _) = read("a.yaml", nested.as_bytes());
    assert_eq!(reading.diagnostics[0].origin.id(), "M0203");
}

#[test]
fn documents_are_separated_as_kubectl_does() {
    let (a, b) = (namespace_text("a"), namespace_text("b"));
    let both = json!([namespace("a"), namespace("b")]);
    check(&format!("{a}---\n{b}"), both.clone(), &[]);
    check(
        &format!("--- # c\n{a}---  \n# only a comment\n---\n{b}"),
        both.clone(),
        &[],
    );
    check(&format!("{a}---\n{b}").replace('\n', "\r\n"), both.clone(), &[]);
    check(&format!("{a}...\n---\n{b}...\n"), both.clone(), &[]);
    check(&format!("{a}...\n%YAML 1.2\n---\n{b}"), both.clone(), &[]);
    check(&format!("{a}...\n{b}"), both.clone(), &["5:1 M0209"]);
    check(
        &format!("{a}---\n{b}").replace('\n', "\r"),
        both.clone(),
        &["5:1 M0209"],
    );
    let beside = format!("{a}--- {{apiVersion: v1, kind: Namespace, metadata: {{name: b}}}}\n");
    check(&beside, both, &["4:5 M0209"]);
    check("a: |\n  ---\n  b\n", json!([]), &[]);
    check(
        &format!("%YAML 1.1\n---\n{a}"),
        json!([namespace("a")]),
        &["1:1 M0210"],
    );
    check("", json!([]), &[]);
    check("# only a comment\n---\n", json!([]), &[]);
}

#[test]
fn a_syntax_error_leaves_the_other_documents_alone() {
    let text = format!(
        "{}---\na: [\n---\n{}---\nb: \"x\n",
        namespace_text("a"),
        namespace_text("b")
    );
    check(
        &text,
        json!([namespace("a"), namespace("b")]),
        &["5:4 M0201", "11:4 M0201"],
    );
    check_spec("a:\t1", json!({"a": 1}), &[]);
    check_spec(
        &format!("{}: 1", "k".repeat(1000)),
        json!({"k".repeat(1000): 1}),
        &[],
    );
    check(
        &pod(&format!("{}: 1", "k".repeat(1100))),
        json!([]),
        &["5:1103 M0201"],
    );
}

#[test]
fn tabs_indent_nothing_and_separate_values() {
    check_spec("\ta: 1", json!({"a": 1}), &["5:3 M0201"]);
    check_spec("-\ta: 1", json!([{"a": 1}]), &["5:4 M0201"]);
    check_spec(
        "a: \"b\"\n\t\n  c: d",
        json!({"a": "b", "c": "d"}),
        &["6:1 M0201"],
    );
    check_spec("a: b\n\t# c\n  c: d", json!({"a": "b", "c": "d"}), &["6:1 M0201"]);
    check_spec("a:\t1\t# c", json!({"a": 1}), &[]);
    check_spec("a: {\n\tb: [\n\t# c\n\t1]\n\t}", json!({"a": {"b": [1]}}), &[]);
    check_spec("a: \"x\n\ty\"", json!({"a": "x y"}), &["6:1 M0214"]);
    check_spec(
        "a: |\n    x\n    \ty\n  b: c",
        json!({"a": "x\n\ty\n", "b": "c"}),
        &[],
    );
    check_spec("a: b\n \t\n  c: d", json!({"a": "b", "c": "d"}), &["6:2 M0201"]);
    check_spec("a: b\n   \t\n  c: d", json!({"a": "b", "c": "d"}), &[]);
}

#[test]
fn encodings_are_decoded_and_odd_characters_said() {
    let text = namespace_text("a");
    let objects = || json!([namespace("a")]);
    check_file("a.yaml", format!("\u{feff}{text}").as_bytes(), objects(), &[]);
    check_file(
        "a.yaml",
        format!("---\n\u{feff}{text}").as_bytes(),
        objects(),
        &[],
    );
    check_spec("a: \u{feff}b", json!({"a": "???b"}), &["5:6 M0105"]);
    let utf16: Vec<u8> = "\u{feff}"
        .chars()
        .chain(text.chars())
        .flat_map(|c| (c as u16).to_le_bytes())
        .collect();
    check_file("a.yaml", &utf16, objects(), &[]);
    check_file(
        "a.yaml",
        &[b"# \xe9\n", text.as_bytes()].concat(),
        objects(),
        &["1:3 M0103"],
    );
    check(&format!("# \0\n{text}"), objects(), &["1:3 M0105"]);
    check(&format!("# \u{1b}[2K\n{text}"), objects(), &["1:3 M0105"]);
    check_spec("# c\u{85}  a: 1", json!({"a": 1}), &["5:6 M0211"]);
    check_spec("# c\u{2028}  a: 1", json!({"a": 1}), &["5:6 M0211"]);
    check_spec("# c\u{2028}#\n  a: 1", json!({"a": 1}), &[]);
}

#[test]
fn json_is_read_strictly_and_with_patience() {
    let a = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}"#;
    let b = a.replace("\"a\"", "\"b\"");
    let both = || json!([namespace("a"), namespace("b")]);
    let one = || json!([namespace("a")]);
    check_file("a.json", a.as_bytes(), one(), &[]);
    check_file("a.yaml", format!("\n{a}\n").as_bytes(), one(), &[]);
    check_file("a.json", format!("{a}\n{b}").as_bytes(), both(), &["2:1 M0209"]);
    check_file(
        "a.yaml",
        format!("{a}\n---\n{}", namespace_text("b")).as_bytes(),
        both(),
        &["2:1 M0209"],
    );
    check_file(
        "a.json",
        a.replace("}}", "},}").as_bytes(),
        one(),
        &["1:62 M0202"],
    );
    check_file("a.json", format!("// c\n{a}").as_bytes(), one(), &["1:1 M0202"]);
    check_file(
        "a.json",
        a.replace("\"kind\":", "kind: ").as_bytes(),
        one(),
        &["1:1 M0202"],
    );
    check_file("a.json", format!("[{a}]").as_bytes(), one(), &["1:1 M0302"]);
    check_file(
        "a.json",
        b"{\"a\": [1, 2,],} // configuration of another tool",
        json!([]),
        &[],
    );
    check_file("a.json", b"{\"a\": ", json!([]), &["1:1 M0201"]);
    let escapes =
        br#"{"apiVersion":"x/v1","kind":"X","a":"\ud83d\ude00\u00e9\n\/\ud83d","b":[1.0,-0,1e2,2.5]}"#;
    let object = json!({"apiVersion":"x/v1","kind":"X","a":"😀é\n/\u{fffd}","b":[1,0,100,2.5]});
    check_file("a.json", escapes, json!([object]), &[]);
}

#[test]
fn lists_are_taken_apart() {
    let item = "{apiVersion: v1, kind: Namespace, metadata: {name: a}}";
    let objects = || json!([namespace("a")]);
    check(
        &format!("apiVersion: v1\nkind: List\nitems:\n- {item}\n"),
        objects(),
        &[],
    );
    check(
        "apiVersion: v1\nkind: NamespaceList\nitems:\n- metadata: {name: a}\n",
        objects(),
        &[],
    );
    check(
        &format!("apiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: List, items: [{item}]}}\n"),
        objects(),
        &["4:3 M0302"],
    );
    check("apiVersion: v1\nkind: List\nitems: []\n", json!([]), &[]);
    check(
        &format!("apiVersion: v1\nkind: List\nitems: [x, {item}]\n"),
        objects(),
        &["3:9 M0302"],
    );
    check(
        "apiVersion: v1\nkind: List\nitems: [{metadata: {name: a}}]\n",
        json!([{"metadata": {"name": "a"}}]),
        &["3:9 M0301", "3:9 M0301"],
    );
    // `kubectl` sends only the items; both readings are judged.
    let both = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\nitems: [{metadata: {name: b}}]\n";
    let mut whole = namespace("a");
    whole["items"] = json!([{"metadata": {"name": "b"}}]);
    check(both, json!([whole, namespace("b")]), &["4:1 M0302"]);
    let no_list = json!([{"apiVersion": "v1", "kind": "XList", "items": 1}]);
    check("apiVersion: v1\nkind: XList\nitems: 1\n", no_list, &["3:8 M0302"]);
}

#[test]
fn what_counts_its_format_in_numbers_is_of_another_tool() {
    let fates = |text: &str| read("a.yaml", text.as_bytes()).0.fates;
    assert_eq!(fates("apiVersion: 1\ndatasources: []\n"), [Fate::Foreign]);
    for object in [
        "kind: Pod",
        "kind:",
        "Kind: Pod",
        "metadata: {name: a}",
        "spec: {}",
    ] {
        assert_eq!(
            fates(&format!("apiVersion: 1\n{object}\n")),
            [Fate::Evaluated],
            "{object}"
        );
    }
}

#[test]
fn what_was_meant_as_an_object_is_evaluated() {
    let (reading, file) = read("a.yaml", b"apiVersion: v1\nKind: Pod\nmetadata: {name: a}\n");
    assert_eq!(reading.resources[0].kind, "Pod");
    assert_eq!(places(&reading.diagnostics, &file), ["2:1 M0301"]);
    let codes = |text: &str| {
        let (reading, file) = read("a.yaml", text.as_bytes());
        assert_eq!(reading.fates, [Fate::Evaluated]);
        places(&reading.diagnostics, &file)
    };
    assert_eq!(
        codes("apiVersion: v1\nkind: pod\nmetadata: {name: a}\n"),
        ["2:7 M0301"]
    );
    assert_eq!(
        codes("apiVersion: acid.zalan.do/v1\nkind: postgresql\nmetadata: {name: a}\n"),
        [""; 0]
    );
    assert_eq!(
        codes("apiVersion: v1\nkіnd: Pod\nmetadata: {name: a}\n"),
        ["2:1 M0213", "2:1 M0301"]
    );
    assert_eq!(codes("kind: Pod\nmetadata: {name: a}\n"), ["1:1 M0301"]);
    assert_eq!(
        codes("apiVersion: v1\nkind: yes\nmetadata: {name: a}\n"),
        ["2:7 M0207", "2:7 M0301", "2:7 M0301"]
    );
    assert_eq!(
        codes("apiVersion: v1\nkind:\nmetadata: {name: a}\n"),
        ["2:1 M0301"]
    );
    assert_eq!(
        codes("apiVersion: v1\nkind: Pod\nmetadata: {labels: {}}\n"),
        ["3:11 M0303"]
    );
    assert_eq!(
        codes("apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n"),
        [""; 0]
    );
    assert_eq!(codes("apiVersion: v1\nkind: Config\nclusters: []\n"), [""; 0]);
}

#[test]
fn every_document_has_a_fate() {
    let fate = |text: &str| {
        let (reading, _) = read("a.yaml", text.as_bytes());
        let [fate] = reading.fates.as_slice() else {
            panic!("one document, not {:?}", reading.fates)
        };
        match fate {
            Fate::Evaluated | Fate::Rendered => "evaluated",
            Fate::Foreign => "foreign",
            Fate::Unevaluated(unevaluated) => unevaluated.reason.text(),
        }
    };
    assert_eq!(fate("replicas: 1\n"), "foreign");
    assert_eq!(fate("on: push\njobs: {}\n"), "foreign");
    assert_eq!(fate("- {op: add, path: /a, value: 1}\n"), "foreign");
    assert_eq!(fate("just text\n"), "foreign");
    assert_eq!(fate(&pod("a: 1")), "evaluated");
    assert_eq!(fate(&pod("a: 1 # {{ .Values.a }}")), "evaluated");
    assert_eq!(fate(&pod("a: \"{{ $labels.pod }}\"")), "evaluated");
    assert_eq!(fate(&pod("a: s3://{{workflow.name}}/x")), "evaluated");
    assert_eq!(fate(&pod("a: {{ .Values.a }}")), "template");
    assert_eq!(
        fate("{{- if .a }}\napiVersion: v1\nkind: Pod\n{{- end }}\n"),
        "template"
    );
    assert_eq!(fate("apiVersion: v1\nkind: \"{{ .kind }}\"\n"), "template");
    assert_eq!(fate(&pod("a: \"{{ .b }}\" \"c\"")), "YAML that can't be read");
    assert_eq!(fate(&pod("{$patch: delete}")), "kustomize patch");
    assert_eq!(
        fate("apiVersion: v1\nkind: Secret\nsops: {mac: \"ENC[AES256_GCM,data:x]\"}\n"),
        "SOPS ciphertext"
    );
}

#[test]
fn what_is_not_evaluated_is_said_once() {
    let text = format!("{}---\n{}", pod("a: {{ .b }}"), pod("{{- include \"c\" . }}"));
    let (reading, _) = read("a.yaml", text.as_bytes());
    let messages: Vec<&str> = reading
        .diagnostics
        .iter()
        .map(|fault| fault.message.as_str())
        .collect();
    assert_eq!(
        messages,
        ["2 documents were not evaluated: a template is no object before it is rendered"]
    );
}

#[test]
fn faults_of_foreign_documents_are_not_kubernetes_business() {
    check("%YAML 1.2\n---\non: yes\n", json!([]), &[]);
    let (reading, _) = read("a.yaml", b"a: 1\na: 2\n");
    assert_eq!(reading.diagnostics[0].severity, crate::diagnostic::Severity::Low);
}

#[test]
fn quoted_lines_without_indentation_are_read() {
    check_spec(
        "a: \"x\n  y\"\n  b: 1",
        json!({"a": "x y", "b": 1}),
        &["6:1 M0214"],
    );
    check_spec(
        "a: 'it''s\n  y\n\n  \"z\"'\n  b: &c 1\n  d: *c",
        json!({"a": "it's y\n\"z\"", "b": 1, "d": 1}),
        &["6:1 M0214"],
    );
}

#[test]
fn a_file_of_faults_tells_a_thousand_and_that_there_are_more() {
    let check = |text: &str, severity: Severity| {
        let (reading, _) = read("a.yaml", text.as_bytes());
        let last = reading.diagnostics.last().unwrap();
        assert_eq!(reading.diagnostics.len(), 1001);
        assert_eq!(
            (last.origin.clone(), last.severity),
            (Origin::Code(Code::M0107), severity)
        );
    };
    let lines = |line: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{}",
            line.repeat(1100)
        )
    };
    check(&lines("  k: v\n"), Severity::High);
    let of_old_yaml: String = (0..1100).map(|index| format!("  k{index}: yes\n")).collect();
    let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{of_old_yaml}");
    check(&text, Severity::Medium);
    // The grave one is told whether it is shown or not.
    check(&format!("{text}  k1: no\n"), Severity::High);
    check(&"apiVersion: v1\n---\n".repeat(1100), Severity::Low);
}
