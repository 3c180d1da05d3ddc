//! That no text makes the evaluator panic or run for long. What expressions mean is tested in
//! `tests/suite/rules.rs`, where Kubernetes has a say.

use super::{Budget, Program, Value};
use proptest::prelude::*;

/// Reads and evaluates an expression in a thread with the usual stack.
fn evaluate(text: &str) {
    if let Ok(program) = Program::compile(text) {
        let own = Value::list(vec![Value::string("a,b"), Value::Int(i64::MIN), Value::Unknown]);
        // Whether it has a value does not matter here.
        let _ = program.evaluate(&[("self", own)], &mut Budget::of_object());
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,60}") {
        evaluate(&text);
    }

    #[test]
    fn no_tokens_make_it_panic(tokens in prop::collection::vec(prop::sample::select(vec![
        "self", "x", "[", "]", "(", ")", "{", "}", "?", ":", ".", ",", "+", "-", "*", "/", "%", "!", "==", "<", "in", "&&",
        "||", "[?", ".?", "1", "-9223372036854775808", "9223372036854775807", "1e300", "2u", "'é'", "b'\\xff'", "null",
        "self.map(x, x)", ".all(x, x)", ".size()", ".join()", ".replace('a', 'b', -1)", ".split('', 2)",
        ".substring(1, 9)", "quantity('1e-99')", "duration('1h')", "timestamp(1)", ".format([1])", ".matches('(')",
        "lists.range(3)", ".flatten(9)", ".slice(1, 2)", "ip('::1')", "cidr('::/0').masked()", "semver('1.0.0')",
        "optional.none()", ".orValue(1)", "int(", "string(", "url('http://a')", ".getPort()", ".sort()", ".max()",
    ]), 1..16)) {
        evaluate(&tokens.concat());
        evaluate(&tokens.join(" "));
    }
}

#[test]
fn the_deepest_expressions_fit_on_the_stack_of_a_thread() {
    let deep = [
        format!("{}true{}", "(true && ".repeat(48), ")".repeat(48)),
        format!("{}1{}.size() > 0", "[".repeat(95), "]".repeat(95)),
        format!("{}[1]{}", "[[1]].map(x, x + ".repeat(48), ")".repeat(48)),
        format!(
            "{}true{}",
            "self.all(x, true ? ".repeat(48),
            " : false)".repeat(48)
        ),
        format!("self{}", ".?a".repeat(98)),
    ];
    for text in deep {
        let checked = std::thread::spawn(move || {
            assert!(Program::compile(&text).is_ok(), "{text}");
            evaluate(&text);
        });
        assert!(checked.join().is_ok());
    }
}
