//! Modules of Rego over a repository → the findings that the native evaluator would give.
//!
//! In: what `emit::rego` made of rules, and the objects. Out: an [`Outcome`], or the faults of the
//! engine: what an engine can't evaluate must never read as a pass. Findings lack what only the native
//! evaluator knows: fixes, and the partners of joins.

pub mod conftest;

use super::judge::{Undecided, reference};
use super::place::{Located, Place};
use super::repository::{ObjectId, Repository};
use super::run::{Found, Options, Outcome, in_parallel};
use super::value::Unknown;
use crate::diagnostic::{self, Diagnostic};
use crate::ir::{Rule, Step};
use crate::manifest::{self, Node};
use crate::source::Span;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use regorus::{PolicyLengthConfig, Value};
use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::Range;
use std::sync::Arc;

/// How many documents a thread judges at a time.
const CHUNK: usize = 64;

/// No module of a real rule needs a hundredth of it for a document; reaching it is an [`EngineFault`].
const MAXIMUM_INSTRUCTIONS: usize = 4_000_000_000;

/// The modules are our own, and what authors write in policies may be long.
const LENGTHS: PolicyLengthConfig = PolicyLengthConfig {
    max_col: NonZeroU32::MAX,
    max_file_bytes: NonZeroUsize::MAX,
    max_lines: NonZeroUsize::MAX,
};

/// A rule with the module made from it.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The text of the module.
    pub text: &'a str,
    /// Its package, without `data.`.
    pub package: &'a str,
    /// The name of the set of results.
    pub entry: &'a str,
    /// Whether it takes all files at once.
    pub is_combined: bool,
}

/// Which of the two engines of regorus evaluates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The one that walks the syntax tree.
    Interpreter,
    /// The one that compiles to instructions.
    Machine,
}

/// Something that kept the engine from giving a verdict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EngineFault {
    /// The rule.
    pub rule: Arc<str>,
    /// What the engine says.
    pub message: String,
}

/// Evaluates modules over a repository. Waivers are applied to the findings: the modules are expected to
/// have none built in.
pub fn run<'a>(
    programs: &[Program<'a>],
    engine: Engine,
    repository: &'a Repository<'a>,
    options: &Options<'_>,
) -> Result<Outcome, Vec<EngineFault>> {
    let rules: Vec<&Rule> = programs.iter().map(|program| program.rule).collect();
    Ok(find(programs, engine, repository)?.settle(&rules, repository, options))
}

/// The same without a look at waivers.
pub fn find<'a>(
    programs: &[Program<'a>],
    engine: Engine,
    repository: &'a Repository<'a>,
) -> Result<Found, Vec<EngineFault>> {
    let mut undecided: Vec<Undecided> = Vec::new();
    let mut tasks: Vec<(&Program<'a>, Range<usize>)> = Vec::new();
    let (inputs, faults) = inputs(repository);
    if !faults.is_empty() {
        return Err(faults);
    }
    for program in programs {
        if !program.is_combined {
            let starts = (0..inputs.len()).step_by(CHUNK);
            tasks.extend(starts.map(|start| (program, start..(start + CHUNK).min(inputs.len()))));
        } else if repository.complete {
            tasks.push((program, 0..inputs.len()));
        } else {
            undecided.push(Undecided {
                rule: program.rule.id.clone(),
                object: None,
                reason: Unknown::Files,
            });
        }
    }
    let results = in_parallel(tasks, |(program, range)| {
        judge(program, engine, repository, &inputs, range)
    });
    let mut findings = Vec::new();
    let mut faults = Vec::new();
    for result in results {
        match result {
            Ok(found) => findings.extend(found),
            Err(fault) => faults.push(fault),
        }
    }
    if !faults.is_empty() {
        faults.sort();
        faults.dedup();
        return Err(faults);
    }
    diagnostic::sort(&mut findings, repository.sources);
    Ok(Found { findings, undecided })
}

/// Judges a range of documents, one by one or, for a module over several, together.
fn judge(
    program: &Program<'_>,
    engine: Engine,
    repository: &Repository<'_>,
    inputs: &[Value],
    range: Range<usize>,
) -> Result<Vec<Diagnostic>, EngineFault> {
    let fault = |message: String| EngineFault {
        rule: program.rule.id.clone(),
        message,
    };
    let mut loaded = Loaded::new(program, engine).map_err(&fault)?;
    let mut findings = Vec::new();
    let file = |id: ObjectId, input: &Value| {
        let path = &repository
            .sources
            .file(repository.object(id).resource.written)
            .path;
        let members = [
            ("contents", input.clone()),
            ("expanded", Value::from(true)),
            ("path", Value::from(path.as_str())),
        ];
        Value::from(BTreeMap::from(
            members.map(|(key, value)| (Value::from(key), value)),
        ))
    };
    let chosen = repository
        .objects()
        .zip(inputs)
        .skip(range.start)
        .take(range.len());
    if program.is_combined {
        let files: Vec<Value> = chosen.map(|(id, input)| file(id, input)).collect();
        for result in loaded.results(Value::from(files)).map_err(&fault)? {
            findings.push(finding(program.rule, repository, None, &result).map_err(&fault)?);
        }
        return Ok(findings);
    }
    for (id, input) in chosen {
        let files = Value::from(vec![file(id, input)]);
        for result in loaded.results(files).map_err(&fault)? {
            findings.push(finding(program.rule, repository, Some(id), &result).map_err(&fault)?);
        }
    }
    Ok(findings)
}

/// An engine with one module.
enum Loaded {
    Interpreter(Box<regorus::Engine>, String),
    Machine(Box<RegoVM>),
}

impl Loaded {
    fn new(program: &Program<'_>, engine: Engine) -> Result<Loaded, String> {
        let entry = format!("data.{}.{}", program.package, program.entry);
        let mut interpreter = regorus::Engine::new();
        // The modules call nothing that can fail: if something does, it has to be seen.
        interpreter.set_strict_builtin_errors(true);
        interpreter.set_policy_length_config(LENGTHS);
        interpreter
            .add_policy(format!("{}.rego", program.rule.id), program.text.to_owned())
            .map_err(|error| format!("{error:#}"))?;
        if engine == Engine::Interpreter {
            return Ok(Loaded::Interpreter(Box::new(interpreter), entry));
        }
        let name: Arc<str> = entry.as_str().into();
        let program = interpreter
            .compile_with_entrypoint(&name)
            .and_then(|policy| Ok(Compiler::compile_from_policy(&policy, &[&entry])?));
        let program = match program.map_err(|error| format!("{error:#}")) {
            Ok(program) => program,
            // The machine has 255 registers for a rule; what needs more is evaluated without it.
            Err(error) if error.contains("Register overflow") => {
                return Ok(Loaded::Interpreter(Box::new(interpreter), entry));
            }
            Err(error) => return Err(error),
        };
        let mut machine = RegoVM::new();
        machine.load_program(program);
        machine.set_max_instructions(MAXIMUM_INSTRUCTIONS);
        machine.set_strict_builtin_errors(true);
        machine
            .set_data(Value::new_object())
            .map_err(|error| format!("{error:#}"))?;
        Ok(Loaded::Machine(Box::new(machine)))
    }

    /// The members of the set of results.
    fn results(&mut self, input: Value) -> Result<Vec<Value>, String> {
        let results = match self {
            Loaded::Interpreter(engine, entry) => {
                engine.set_input(input);
                engine
                    .eval_rule(entry.clone())
                    .map_err(|error| format!("{error:#}"))?
            }
            Loaded::Machine(machine) => {
                machine.set_input(input);
                machine.execute().map_err(|error| error.to_string())?
            }
        };
        match results.as_set() {
            Ok(results) => Ok(results.iter().cloned().collect()),
            Err(_) => Err(format!(
                "the module gave `{results}` where a set of results was expected"
            )),
        }
    }
}

/// The documents as the engine's values.
fn inputs(repository: &Repository<'_>) -> (Vec<Value>, Vec<EngineFault>) {
    let mut faults = Vec::new();
    let inputs = repository
        .objects()
        .map(|id| {
            let resource = repository.object(id).resource;
            value(&resource.root).unwrap_or_else(|number| {
                faults.push(EngineFault {
                    rule: "input".into(),
                    message: format!(
                        "`{}` in `{}/{}` of {} is no number of JSON, so that Rego can't be given the document",
                        number,
                        resource.kind,
                        resource.name,
                        repository.sources.file(resource.file).path
                    ),
                });
                Value::Null
            })
        })
        .collect();
    (inputs, faults)
}

/// A node as a value; the number that JSON doesn't have, if it holds one.
fn value(node: &Node) -> Result<Value, String> {
    Ok(match &node.value {
        manifest::Value::Null => Value::Null,
        manifest::Value::Bool(truth) => Value::from(*truth),
        manifest::Value::Integer(number) => match i64::try_from(*number) {
            Ok(number) => Value::from(number),
            // As other engines get it.
            Err(_) => Value::from(*number as f64),
        },
        manifest::Value::Float(text) => match text.replace('_', "").parse::<f64>() {
            Ok(number) if number.is_finite() => Value::from(number),
            _ => return Err(text.to_string()),
        },
        manifest::Value::String(text) | manifest::Value::Unknown(text) => Value::from(&**text),
        manifest::Value::Sequence(nodes) => {
            Value::from(nodes.iter().map(value).collect::<Result<Vec<_>, _>>()?)
        }
        manifest::Value::Mapping(mapping) => {
            let entries = mapping.entries().iter();
            let entries = entries.map(|entry| Ok((Value::from(&*entry.key), value(&entry.value)?)));
            Value::from(entries.collect::<Result<BTreeMap<_, _>, String>>()?)
        }
    })
}

/// A result as a finding. `judged` is the object if it was alone.
fn finding(
    rule: &Rule,
    repository: &Repository<'_>,
    judged: Option<ObjectId>,
    result: &Value,
) -> Result<Diagnostic, String> {
    let text = |key: &str| result[key].as_string().ok().map(|text| text.to_string());
    let Some(message) = text("msg") else {
        return Err(format!("a result has no message: `{result}`"));
    };
    let clause = match result["clause"].as_i64() {
        Ok(0) => rule.span,
        Ok(number) => clause_span(rule, number).ok_or_else(|| format!("the rule has no clause {number}"))?,
        Err(_) => return Err(format!("a result names no clause: `{result}`")),
    };
    let number = result["document"][0usize].as_i64().ok();
    let listed = number.and_then(|number| repository.objects().nth(usize::try_from(number).ok()?));
    let object = judged.or(listed);
    let path = result["path"].as_array().ok();
    let located = object
        .zip(path)
        .map(|(object, path)| locate(repository, object, path.iter()));
    let (span, label) = match (&located, text("fault").as_deref()) {
        (None, _) => (clause, String::new()),
        (Some(located), None) => located.span(repository),
        (Some(located), Some("ill-typed")) => (located.place.node.span, String::new()),
        (Some(located), Some("empty")) => (located.place.span(repository), String::new()),
        (Some(located), Some(_)) => (located.place.heading(repository), String::new()),
    };
    let mut finding = Diagnostic::finding(rule.id.clone(), rule.severity, span, message)
        .label(label)
        .clause(clause);
    finding.help = text("help");
    if text("fault").is_some() {
        // The message names the field first.
        finding.field = finding.message.split('`').nth(1).map(str::to_owned);
    }
    finding.object = located.map(|located| reference(repository, located.place.object));
    Ok(finding)
}

fn clause_span(rule: &Rule, number: i64) -> Option<Span> {
    let mut clauses = rule
        .groups
        .iter()
        .flat_map(|group| &group.steps)
        .filter_map(|step| match step {
            Step::Clause(clause) => Some(clause.span),
            _ => None,
        });
    clauses.nth(usize::try_from(number).ok()?.checked_sub(1)?)
}

/// The node at the end of a path, or the nearest parent that exists with the keys missing below it.
fn locate<'a, 'p>(
    repository: &'a Repository<'a>,
    object: ObjectId,
    path: impl Iterator<Item = &'p Value>,
) -> Located<'a> {
    let mut located = Located {
        place: Place {
            object,
            node: &repository.object(object).resource.root,
            key: None,
        },
        missing: Vec::new(),
        is_elsewhere: false,
    };
    for step in path {
        let place = located.place;
        let next = match step {
            Value::String(key) => place.child(key),
            step => {
                let element = step.as_u64().ok().and_then(|index| usize::try_from(index).ok());
                let node = element.and_then(|index| place.node.elements().get(index));
                node.map(|node| Place {
                    object,
                    node,
                    key: None,
                })
            }
        };
        match (next, step) {
            (Some(next), _) if located.missing.is_empty() => located.place = next,
            (_, Value::String(key)) => located.missing.push(key.to_string()),
            (_, step) => located.missing.push(format!("[{step}]")),
        }
    }
    located
}
