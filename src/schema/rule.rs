//! A rule in CEL of a schema: `x-kubernetes-validations`.

use crate::cel::Program;
use crate::manifest::{Node, Value};
use std::sync::{Arc, OnceLock};

/// What a value must be, as an expression. It is read when it is first asked for.
#[derive(Debug)]
pub struct Rule {
    /// The expression.
    pub text: Arc<str>,
    /// What is said of a value that breaks it.
    pub message: Option<Arc<str>>,
    /// What a broken rule is said about, below the value: `.spec.replicas`.
    pub field_path: Option<Arc<str>>,
    /// Whether it also holds of an object that was not there before.
    pub is_for_new: bool,
    message_expression: Option<Arc<str>>,
    program: OnceLock<Result<Program, String>>,
    message_program: OnceLock<Option<Program>>,
}

impl Rule {
    /// The rules of a schema, without those that don't read.
    pub(super) fn of(schema: &Node) -> Vec<Rule> {
        let rules = schema
            .get("x-kubernetes-validations")
            .map_or(&[][..], Node::elements);
        rules.iter().filter_map(Rule::read).collect()
    }

    fn read(node: &Node) -> Option<Rule> {
        let text = |key: &str| node.get(key).and_then(Node::as_str).map(Arc::from);
        let optional_old_self = node.get("optionalOldSelf").map(|node| &node.value);
        Some(Rule {
            text: text("rule")?,
            message: text("message"),
            field_path: text("fieldPath"),
            is_for_new: optional_old_self == Some(&Value::Bool(true)),
            message_expression: text("messageExpression"),
            program: OnceLock::new(),
            message_program: OnceLock::new(),
        })
    }

    /// The expression, ready to be evaluated; else why it can't be.
    pub fn program(&self) -> Result<&Program, &str> {
        let compiled = self.program.get_or_init(|| Program::compile(&self.text));
        compiled.as_ref().map_err(|why| &**why)
    }

    /// The expression of the message, if there is one that reads.
    pub fn message_program(&self) -> Option<&Program> {
        let compile = || Program::compile(self.message_expression.as_deref()?).ok();
        self.message_program.get_or_init(compile).as_ref()
    }
}
