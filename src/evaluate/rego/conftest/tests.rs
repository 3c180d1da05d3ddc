//! Policies of Rego: what they find, what is refused at which bytes, and how negations are read.

use super::{Event, Policy, Task, run};
use serde_json::{Value, json};

/// What one policy says of one document: findings, or refusals with the bytes meant.
fn judged(text: &str, document: Value) -> Vec<String> {
    judged_all(&[text], json!({}), document)
}

fn judged_all(texts: &[&str], data: Value, document: Value) -> Vec<String> {
    let policies = texts.iter().enumerate().map(|(number, text)| Policy {
        path: format!("{number}.rego"),
        text: (*text).to_string(),
    });
    let task = Task {
        policies: policies.collect(),
        data,
        namespaces: Vec::new(),
        documents: vec![document],
    };
    let mut said = Vec::new();
    let mut is_done = false;
    run(&task, &mut |event| match event {
        Event::Refused(refusals) => said.extend(refusals.iter().map(|refusal| {
            let text = texts[refusal.file];
            let line = text[..refusal.start].matches('\n').count() + 1;
            let bytes = &text[refusal.start..refusal.end];
            format!("{} {line} `{bytes}` {}", refusal.code, refusal.message)
        })),
        Event::Found { message, .. } => said.push(message),
        Event::Fault(reason) | Event::NoFinding(reason) => said.push(format!("no verdict: {reason}")),
        Event::Done => is_done = true,
        Event::Entries(_) | Event::Judging { .. } => {}
    });
    assert_eq!(
        is_done,
        !said.iter().any(|line| line.starts_with("R0")),
        "{said:?}"
    );
    said
}

/// Whether `not …` holds over a document with a string, a number and a list, in both dialects.
fn holds(negation: &str) -> bool {
    let document = json!({"a": "abc", "n": 1, "list": ["x", "y"], "no": false});
    let functions = "f(x) := x\ng(x) := y if { y := x.missing }\nvalue := input.missing\n";
    let v1 = format!("package main\n{functions}deny contains \"yes\" if {{ {negation} }}\n");
    let old = "import future.keywords.in\nf(x) = x\ng(x) = y { y := x.missing }\nvalue = input.missing\n";
    let v0 = format!("package main\n{old}deny[\"yes\"] {{ {negation} }}\n");
    let alone = format!("package main\n{functions}deny contains \"yes\" if {negation}\n");
    let [first, second, third] = [v1, v0, alone].map(|text| judged(&text, document.clone()));
    assert_eq!(first, second, "{negation}");
    if !negation.contains(';') {
        assert_eq!(first, third, "{negation}");
    }
    assert!(first.iter().all(|line| line == "yes"), "{negation}: {first:?}");
    !first.is_empty()
}

#[test]
fn what_is_computed_in_front_of_a_negation_makes_it_undefined() {
    for negation in [
        "not startswith(input.missing, \"a\")",
        "not count(input.missing) == 0",
        "not trim(input.missing, \"a\") == \"b\"",
        "not f(input.missing)",
        "not input.missing != 1",
        "not input.a + input.missing == 2",
        "not \"x\" in input.missing",
        "not [input.missing] == [1]",
        "not {\"a\": input.missing}",
        "not input.list[input.missing]",
        "not to_number(\"abc\") == 1",
        "not startswith(value, \"a\")",
        "not input.missing > 3",
    ] {
        assert!(!holds(negation), "{negation}");
    }
}

#[test]
fn what_belongs_to_a_negation_makes_it_true() {
    for negation in [
        "not input.missing == 1",
        "not input.missing",
        "not input.missing.x",
        "not value",
        "not input.no",
        "not startswith(input.a, \"b\")",
        "not g(input.a)",
        "not \"z\" in input.list",
        "x := input.a; not x == \"b\"",
        "some x in input.list; not x == \"x\"",
    ] {
        assert!(holds(negation), "{negation}");
    }
    for negation in [
        "not input.a == \"abc\"",
        "not input.n",
        "not f(input.a)",
        "not \"x\" in input.list",
    ] {
        assert!(!holds(negation), "{negation}");
    }
}

#[test]
fn negations_in_comprehensions_and_in_every_are_read_alike() {
    let text = "package main\n\
        deny contains msg if { bad := [c | some c in input.cs; not startswith(c.image, \"ghcr.io/\")]; msg := sprintf(\"%d\", [count(bad)]) }\n\
        deny contains \"none\" if every c in input.cs { not c.image == \"x\" }\n";
    let document = json!({"cs": [{"image": "docker.io/a"}, {}, {"image": "ghcr.io/b"}]});
    assert_eq!(judged(text, document), ["1", "none"]);
}

#[test]
fn what_is_no_function_of_the_document_is_refused_at_its_name() {
    for (call, why) in [
        ("http.send", "asks a server"),
        ("net.lookup_ip_addr", "asks a name server"),
        ("opa.runtime", "reads the environment"),
        ("rand.intn", "rolls dice"),
        ("time.now_ns", "reads the clock"),
        ("uuid.rfc4122", "rolls dice"),
    ] {
        let text = format!("package main\ndeny contains msg if {{ msg := {call}(input.x) }}\n");
        let said = judged(&text, json!({}));
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].starts_with(&format!("R0102 2 `{call}`")) && said[0].contains(why),
            "{said:?}"
        );
    }
}

#[test]
fn refusals_name_the_bytes() {
    let refused = |body: &str| {
        judged(
            &format!("package main\ndeny contains \"m\" if {{ {body} }}\nf(x) := x\n"),
            json!({}),
        )
    };
    insta::assert_snapshot!(
        [
            "nothing(input.x)",
            "f2.g(1)",
            "data.lib.f(1)",
            "count(input.a, input.b, 3)",
            "re_match(\"a\", input.a)",
            "not input.list[_] == \"x\"",
            "not startswith(input.list[i], \"x\")",
            "not f(1) with input as {}",
            "-input.x > 2",
            "data.conftest.file.name == \"a\"",
            "input[_].contents.kind == \"Pod\"",
            "deny[_] == 1",
        ]
        .map(|body| refused(body).join(" / "))
        .join("\n"),
        @r#"
    R0104 2 `nothing` there is no function `nothing` here
    R0104 2 `f2.g` there is no function `f2.g` here
    R0104 2 `data.lib.f` there is no function `data.lib.f`
    R0104 2 `count` `count` is given 3 arguments, where it takes 1
    R0104 2 `re_match` `re_match` is no longer known
    R0105 2 `_` `_` has no value in this negation, so that OPA calls it unsafe
    R0105 2 `i` `i` has no value in this negation, so that OPA calls it unsafe
    R0105 2 `with input as {}` engines differ on what `with` holds for in a negation
    R0105 2 `-input.x > 2` OPA takes `-` for the first operand only, regorus for all that follows
    R0105 2 `data.conftest.file.name` `data.conftest` says where Conftest runs, which is not known here
    R0105 2 `input[_].contents.kind` this policy is written for `conftest test --combine`, and here each document is an input of its own
    R0103 2 `deny[_]` `data.main.deny` reads itself
    "#
    );
}

#[test]
fn rules_that_read_themselves_are_refused_in_any_module() {
    let a = "package a\nimport data.b\nx if b.y\n";
    let b = "package b\ny if data.a.x\ndeny contains \"m\" if y\n";
    insta::assert_snapshot!(judged_all(&[a, b], json!({}), json!({})).join("\n"), @"R0103 3 `b.y` `data.a.x` reads itself by way of `data.b.y`");
    let own = "package p\nf(x) := 1 if { x == 0 }\nf(x) := y if { y := f(x - 1) }\ndeny contains \"m\" if f(input.n)\n";
    insta::assert_snapshot!(judged(own, json!({})).join("\n"), @"R0103 3 `f` `data.p.f` reads itself");
    // A local name is none of the rule's.
    let local = "package p\nf(deny) := deny\ndeny contains x if { some y in input.list; x := f(y) }\n";
    assert_eq!(judged(local, json!({"list": ["a"]})), ["a"]);
}

#[test]
fn syntax_errors_have_a_place() {
    insta::assert_snapshot!(judged("package main\n\ndeny contains msg if {\n  msg := \n}\n", json!({})).join("\n"), @"R0101 4 `` this is not Rego: expecting `}` while parsing set");
}

#[test]
fn results_are_findings_or_faults() {
    let said = |head: &str| judged(&format!("package main\n{head}\n"), json!({"kind": "Pod"}));
    assert_eq!(said("deny contains {\"msg\": \"m\", \"x\": 1}"), ["m"]);
    assert_eq!(said("deny := [\"m\"]"), ["m"]);
    assert_eq!(said("deny := true if input.kind == \"Job\""), [""; 0]);
    assert_eq!(said("default deny := false"), [""; 0]);
    for head in [
        "deny := true",
        "deny := \"message\"",
        "deny := {\"a\": \"b\"}",
        "warn contains 1",
        "violation contains {\"message\": \"m\"}",
    ] {
        let said = said(head);
        assert!(
            said.len() == 1 && said[0].starts_with("no verdict: "),
            "{head}: {said:?}"
        );
    }
    assert!(said("deny[msg] if msg := \"m\"")[0].starts_with("R0105 2 `deny`"));
}

#[test]
fn exceptions_and_data_are_those_of_conftest() {
    let text = "package main\n\
        deny_root contains \"root\"\n\
        deny contains \"always\"\n\
        exception contains [\"root\"] if input.name in data.legacy\n";
    let data = json!({"legacy": ["old"]});
    let said = |name: &str| judged_all(&[text], data.clone(), json!({"name": name}));
    assert_eq!(said("old"), ["always"]);
    assert_eq!(said("new"), ["root", "always"]);
}

#[test]
fn what_only_prints_is_left_out() {
    let text = "package main\ndeny contains \"m\" if { print(\"x\", input.missing); trace(\"y\"); not input.missing }\n";
    assert_eq!(judged(text, json!({})), ["m"]);
}
