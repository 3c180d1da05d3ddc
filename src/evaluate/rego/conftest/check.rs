//! What keeps modules of Rego from being judged by, told before anything runs.
//!
//! In: the trees. Out: refusals, each at its bytes: functions whose answer is not made of their arguments alone,
//! functions that are not known, rules that read themselves, and what engines read differently. Also the
//! rules whose results are findings.

use super::names::{Names, Scope};
use super::read::Read;
use super::tree::{self, Piece};
use super::{Entry, Refusal, graph, negation, refuse};
use crate::codes::Code;
use regex::Regex;
use regorus::unstable::{BUILTINS, Expr, Ref, Rule, RuleHead, Span};
use std::sync::LazyLock;

/// Functions whose answer is not made of their arguments alone, and what it is made of. What stands in
/// front of a `*` names a family.
const IMPURE: &[(&str, &str)] = &[
    ("http.send", "asks a server"),
    ("net.lookup_ip_addr", "asks a name server"),
    ("opa.runtime", "reads the environment of the process"),
    ("rand.intn", "rolls dice"),
    ("time.now_ns", "reads the clock"),
    ("uuid.rfc4122", "rolls dice"),
    ("io.jwt.decode_verify", "reads the clock"),
    ("io.jwt.encode_sign*", "rolls dice"),
    ("providers.aws.sign_req", "reads the clock"),
    ("rego.metadata.*", "reads the comments of the policy"),
    ("rego.parse_module", "reads other policies"),
];

/// Functions that are true whatever they are given, and that only print.
pub const PRINTERS: [&str; 2] = ["print", "trace"];

/// The names that Conftest looks for.
static FINDINGS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("^(deny|violation|warn)(_[a-zA-Z0-9]+)*$").ok());

/// Whether Conftest takes the results of a rule of that name for findings.
pub fn gives_findings(name: &str) -> bool {
    FINDINGS.as_ref().is_some_and(|pattern| pattern.is_match(name))
}

/// The rules whose results are findings, in the packages asked for.
pub fn entries(modules: &[Read], namespaces: &[String]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for module in modules {
        let package = module.package.join(".");
        if !namespaces.is_empty() && !namespaces.contains(&package) {
            continue;
        }
        for rule in &module.tree.policy {
            let head = tree::defined(rule);
            let Expr::Var { span, .. } = head else { continue };
            let name = span.text().to_string();
            let is_known = entries
                .iter()
                .any(|entry| entry.package == package && entry.name == name);
            if gives_findings(&name) && !is_known {
                entries.push(Entry {
                    package: package.clone(),
                    name,
                    file: module.file,
                    start: span.start as usize,
                    end: span.end as usize,
                });
            }
        }
    }
    entries
}

/// All that is wrong with the modules.
pub fn refusals(modules: &[Read], names: &Names) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for module in modules {
        for rule in &module.tree.policy {
            let mut check = Check {
                module,
                names,
                scope: Scope::of(rule, module, names),
                refusals: &mut refusals,
            };
            check.head(rule);
            tree::rule(rule, &mut |piece| match piece {
                Piece::Expression(expression) => check.expression(expression),
                Piece::Statement(statement) => {
                    let found = negation::refusals(statement, rule, &check.scope, module.file);
                    check.refusals.extend(found);
                }
            });
        }
    }
    refusals.extend(graph::recursion(modules, names));
    refusals
}

struct Check<'a> {
    module: &'a Read,
    names: &'a Names,
    scope: Scope<'a>,
    refusals: &'a mut Vec<Refusal>,
}

impl Check<'_> {
    fn refuse(&mut self, code: Code, span: &Span, message: impl Into<String>, help: impl Into<String>) {
        self.refusals
            .push(refuse(code, self.module.file, span, message, help));
    }

    /// Conftest itself refuses `deny[msg] if { … }`, and passes over what gives no list.
    fn head(&mut self, rule: &Ref<Rule>) {
        let head = tree::defined(rule);
        let Some(name) = tree::variable(head) else { return };
        let is_function = matches!(
            &**rule,
            Rule::Spec {
                head: RuleHead::Func { .. },
                ..
            }
        );
        if gives_findings(name) && (is_function || !matches!(head, Expr::Var { .. })) {
            let message =
                format!("`{name}` gives no set of findings here, so that Conftest would pass over it");
            let help = format!("write `{name} contains msg if {{ … }}`");
            self.refuse(Code::R0105, tree::base(head).span(), message, help);
        }
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::Call { fcn, params, .. } => self.call(fcn, params.len()),
            Expr::UnaryExpr { expr, span, .. }
                if tree::is_call(expr) && !matches!(&**expr, Expr::Call { .. }) =>
            {
                let message = "OPA takes `-` for the first operand only, regorus for all that follows";
                let help = "put what is negated into parentheses of its own, or subtract it from 0";
                self.refuse(Code::R0105, span, message, help);
            }
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => self.reference(expression),
            _ => {}
        }
    }

    fn reference(&mut self, expression: &Expr) {
        let path = self.scope.resolve(expression).map(|(path, _)| path);
        let Some(path) = path else { return };
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        if steps.starts_with(&["data", "conftest"]) {
            let message = "`data.conftest` says where Conftest runs, which is not known here";
            let help = "judge by the document alone";
            self.refuse(Code::R0105, expression.span(), message, help);
        }
        if steps == ["input"] && is_combined(expression) {
            let message = "this policy is written for `conftest test --combine`, and here each document is an input of its own";
            let help = "judge one document at a time, or write the rule in Ordain's language, which sees all objects";
            self.refuse(Code::R0105, expression.span(), message, help);
        }
    }

    fn call(&mut self, function: &Expr, arguments: usize) {
        let span = function.span();
        let Some((steps, true)) = tree::path(function) else {
            let help = "call the function by its name";
            return self.refuse(Code::R0104, span, "this is no function by name", help);
        };
        let resolved = self.scope.resolve(function).map(|(path, _)| path);
        if let Some(path) = resolved
            .as_deref()
            .and_then(|path| path.strip_prefix(&["data".to_string()]))
        {
            if self.names.rules.get(path) != Some(&true) {
                let message = format!("there is no function `data.{}`", path.join("."));
                let help = "name the folder that defines it with --rego as well";
                self.refuse(Code::R0104, span, message, help);
            }
            return;
        }
        let name = steps.join(".");
        if PRINTERS.contains(&name.as_str()) {
            return;
        }
        if let Some(why) = impurity(&name) {
            let message =
                format!("`{name}` {why}, so that the same document could pass today and fail tomorrow");
            let help = "give what it would tell as data: a file named with --rego-data";
            return self.refuse(Code::R0102, span, message, help);
        }
        match BUILTINS.get(name.as_str()) {
            None if name == "re_match" => {
                let help = "write `regex.match`, which OPA has as well";
                self.refuse(Code::R0104, span, "`re_match` is no longer known", help);
            }
            None => {
                let message = format!("there is no function `{name}` here");
                let help = "take one that `regorus` has, or leave this rule to Conftest";
                self.refuse(Code::R0104, span, message, help);
            }
            Some((_, expected)) => {
                let expected = usize::from(*expected);
                // `walk` alone is customarily given a pattern for what it gives.
                if arguments != expected && !(name == "walk" && arguments == expected + 1) {
                    let message =
                        format!("`{name}` is given {arguments} arguments, where it takes {expected}");
                    let help = "give it as many, and take its result by `:=`";
                    self.refuse(Code::R0104, span, message, help);
                }
            }
        }
    }
}

fn impurity(name: &str) -> Option<&'static str> {
    let mut known = IMPURE.iter();
    known
        .find(|(own, _)| match own.strip_suffix('*') {
            Some(family) => name.starts_with(family),
            None => name == *own,
        })
        .map(|(_, why)| *why)
}

/// `input[_].contents`.
fn is_combined(expression: &Expr) -> bool {
    let mut rest = expression;
    loop {
        match rest {
            Expr::RefDot { refr, field, .. } if field.0.text() == "contents" => {
                return matches!(&**refr, Expr::RefBrack { refr, .. } if matches!(&**refr, Expr::Var { .. }));
            }
            Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => rest = refr,
            _ => return false,
        }
    }
}
