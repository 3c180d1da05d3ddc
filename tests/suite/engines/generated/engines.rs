//! A policy and objects → what every engine finds, or how they differ.
//!
//! Native evaluation and both engines of regorus always judge; OPA judges too where `ORDAIN_OPA` names the
//! program of `tests/conformance/differential`, which answers all questions of a run.

use super::json::Json;
use crate::engines::{Files, apart, compare, compile_all, export, module};
use ordain::diagnostic::Diagnostic;
use ordain::emit::rego::enforceability;
use ordain::ir::Rule;
use ordain::schema::Schema;
use serde_json::{Value, json};
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All engines found the same: so many findings.
    Same(usize),
    /// Rego can't say the policy, for this reason; nothing was judged.
    Unsaid(String),
    /// The checker refuses the policy.
    Refused(String),
    /// Engines differ, or one failed.
    Differs(String),
}

impl Verdict {
    /// Whether two verdicts are of one kind, so that a smaller case shows the same fault.
    pub fn is_like(&self, other: &Verdict) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Same(findings) => write!(f, "the same {findings} findings"),
            Verdict::Unsaid(reason) => write!(f, "not said in Rego: {reason}"),
            Verdict::Refused(faults) => write!(f, "refused by the checker: {faults}"),
            Verdict::Differs(difference) => f.write_str(difference),
        }
    }
}

/// The engines of a run.
pub struct Engines<'s> {
    schema: &'s Schema,
    opa: Option<Service>,
}

impl<'s> Engines<'s> {
    pub fn start(schema: &'s Schema) -> Engines<'s> {
        let opa = std::env::var_os("ORDAIN_OPA").map(|program| Service::start(Command::new(program)));
        Engines { schema, opa }
    }

    /// Judges objects, each in a file of its own, by a policy of one rule.
    pub fn judge(&mut self, policy: &str, objects: &[Json]) -> Verdict {
        let text = [("policy.ordain".to_owned(), String::new(), policy)];
        let rule = match compile_all(&text, self.schema) {
            Ok(set) => match set.rules.into_iter().next() {
                Some(rule) => rule,
                None => return Verdict::Refused("the policy has no rule".to_owned()),
            },
            Err(faults) => return Verdict::Refused(faults.join("\n")),
        };
        if let Err(reason) = enforceability(&rule) {
            return Verdict::Unsaid(reason.text);
        }
        let texts: Vec<(String, String)> = objects
            .iter()
            .enumerate()
            .map(|(number, object)| (format!("object-{number}.json"), object.to_string()))
            .collect();
        let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (&**path, &**text)).collect();
        let files = Files::of_schema(self.schema, &texts);
        let native = match compare(&rule, &files) {
            Ok((found, _)) => found,
            Err(difference) => return Verdict::Differs(difference),
        };
        match self
            .opa
            .as_mut()
            .map(|opa| hold_against_opa(opa, &rule, &files, &native))
        {
            Some(Err(difference)) => Verdict::Differs(difference),
            _ => Verdict::Same(native.len()),
        }
    }
}

/// Has OPA judge, and compares with the results of regorus for the same module and the same input.
fn hold_against_opa(
    opa: &mut Service,
    rule: &Rule,
    files: &Files,
    native: &[Diagnostic],
) -> Result<(), String> {
    let module = module(rule, &files.schema);
    let documents: Vec<(&str, Value)> = files
        .resources
        .iter()
        .map(|resource| {
            let path = files.sources.file(resource.file).path.as_str();
            (path, export::json(&resource.root))
        })
        .collect();
    let file = |(path, text): &(&str, Value)| {
        format!(
            "{{\"path\":{},\"contents\":{text},\"expanded\":true}}",
            json!(path)
        )
    };
    let inputs: Vec<String> = match module.is_combined {
        true => {
            let all: Vec<String> = documents.iter().map(file).collect();
            vec![format!("[{}]", all.join(","))]
        }
        false => documents
            .iter()
            .map(|document| format!("[{}]", file(document)))
            .collect(),
    };
    let question = format!(
        "{{\"module\":{},\"query\":{},\"inputs\":[{}]}}",
        json!(module.text),
        json!(format!("data.{}.{}", module.package, module.entry)),
        inputs.join(",")
    );
    let answer = opa.ask(&question)?;
    if let Some(error) = answer["error"].as_str() {
        return Err(format!("OPA fails: {error}"));
    }
    let found = answer["results"].as_array().map_or(0, Vec::len);
    if found != inputs.len() {
        return Err(format!("OPA answers {found} of {} inputs", inputs.len()));
    }
    let mut engine = regorus::Engine::new();
    engine.set_strict_builtin_errors(true);
    let entry = format!("data.{}.{}", module.package, module.entry);
    engine
        .add_policy("module.rego".to_owned(), module.text.clone())
        .map_err(|error| format!("regorus fails: {error:#}"))?;
    let mut total = Vec::new();
    for (input, results) in inputs
        .iter()
        .zip(answer["results"].as_array().into_iter().flatten())
    {
        engine
            .set_input_json(input)
            .map_err(|error| format!("regorus can't read {input}: {error:#}"))?;
        let own = engine
            .eval_rule(entry.clone())
            .and_then(|value| value.to_json_str())
            .map_err(|error| format!("regorus fails: {error:#}"))?;
        let own: Value = serde_json::from_str(&own).map_err(|error| error.to_string())?;
        let (own, results) = (sorted(&own), sorted(results));
        if own != results {
            return Err(format!(
                "OPA differs\n{}",
                apart("regorus", &own, "OPA", &results)
            ));
        }
        total.extend(results);
    }
    // What regorus reads from the text must be what it is given by the native reader.
    let mut messages: Vec<&str> = native.iter().map(|finding| &*finding.message).collect();
    let read: Vec<Value> = total
        .iter()
        .filter_map(|result| serde_json::from_str(result).ok())
        .collect();
    let mut others: Vec<&str> = read.iter().filter_map(|result| result["msg"].as_str()).collect();
    messages.sort_unstable();
    messages.dedup();
    others.sort_unstable();
    others.dedup();
    match messages == others {
        true => Ok(()),
        false => Err(format!(
            "OPA differs on the text\nnative: {messages:#?}\nOPA: {others:#?}"
        )),
    }
}

/// The members of a set of results, each as text.
fn sorted(results: &Value) -> Vec<String> {
    let mut results: Vec<String> = results
        .as_array()
        .into_iter()
        .flatten()
        .map(|result| {
            let members: std::collections::BTreeMap<_, _> =
                result.as_object().into_iter().flatten().collect();
            json!(members).to_string()
        })
        .collect();
    results.sort_unstable();
    results
}

/// A program that answers questions, a line of JSON each.
pub struct Service {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Service {
    pub fn start(mut command: Command) -> Service {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} can't be run: {error}"));
        let questions = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Service {
            child,
            questions,
            answers,
        }
    }

    /// The answer to a question, which is one line.
    pub fn ask(&mut self, question: &str) -> Result<Value, String> {
        writeln!(self.questions, "{question}").map_err(|error| format!("the engine is gone: {error}"))?;
        let mut line = String::new();
        self.answers
            .read_line(&mut line)
            .map_err(|error| format!("the engine is gone: {error}"))?;
        serde_json::from_str(&line).map_err(|error| format!("the engine gives no answer: {error}"))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
