//! Modules of Rego over documents, in regorus.
//!
//! In: the texts as regorus is to read them, and the documents. Out: an event in front of each judgement, and
//! what it gave. Conftest's exceptions are taken back as Conftest does it.

use super::names::Names;
use super::{Entry, Event, Task, stem};
use regorus::{Engine, Value};

/// Judges every document by every rule.
pub fn run(
    task: &Task,
    texts: &[(bool, String)],
    entries: &[Entry],
    names: &Names,
    tell: &mut dyn FnMut(Event),
) {
    let mut engine = match load(task, texts) {
        Ok(engine) => engine,
        Err(reason) => return tell(Event::Fault(reason)),
    };
    for (number, document) in task.documents.iter().enumerate() {
        let input = match Value::from_json_str(&document.to_string()) {
            Ok(input) => input,
            Err(error) => return tell(Event::Fault(format!("a document is no JSON: {error}"))),
        };
        engine.set_input(input);
        for (index, entry) in entries.iter().enumerate() {
            tell(Event::Judging {
                entry: index,
                document: number,
            });
            match judge(&mut engine, entry, names) {
                Ok(events) => events.into_iter().for_each(&mut *tell),
                Err(reason) => tell(Event::Fault(reason)),
            }
        }
    }
    tell(Event::Done);
}

fn load(task: &Task, texts: &[(bool, String)]) -> Result<Engine, String> {
    let mut engine = Engine::new();
    // As in Conftest, a function that fails is undefined.
    engine.set_strict_builtin_errors(false);
    engine.set_policy_length_config(super::super::LENGTHS);
    for (policy, (is_v1, text)) in task.policies.iter().zip(texts) {
        engine.set_rego_v0(!is_v1);
        engine
            .add_policy(policy.path.clone(), text.clone())
            .map_err(|error| format!("regorus does not take `{}`: {error:#}", policy.path))?;
    }
    let data = Value::from_json_str(&task.data.to_string()).map_err(|error| error.to_string())?;
    engine
        .add_data(data)
        .map_err(|error| format!("the data can't be loaded: {error:#}"))?;
    Ok(engine)
}

fn judge(engine: &mut Engine, entry: &Entry, names: &Names) -> Result<Vec<Event>, String> {
    let results = evaluate(engine, &entry.package, &entry.name)?;
    let results = match &results {
        // What no body makes true finds nothing; so does `false` of a default.
        Value::Undefined | Value::Bool(false) => return Ok(Vec::new()),
        Value::Set(_) | Value::Array(_) => elements(&results),
        other => {
            let reason = format!(
                "`{}` gave `{other}` where a set of messages was expected",
                entry.name
            );
            return Ok(vec![Event::NoFinding(reason)]);
        }
    };
    if results.is_empty() || is_excepted(engine, entry, names)? {
        return Ok(Vec::new());
    }
    Ok(results.iter().map(event).collect())
}

fn evaluate(engine: &mut Engine, package: &str, rule: &str) -> Result<Value, String> {
    engine
        .eval_rule(format!("data.{package}.{rule}"))
        .map_err(|error| format!("{error:#}"))
}

/// Whether `exception` of the package names the rule, without what tells how grave it is.
fn is_excepted(engine: &mut Engine, entry: &Entry, names: &Names) -> Result<bool, String> {
    let mut path: Vec<String> = entry.package.split('.').map(str::to_string).collect();
    path.push("exception".to_string());
    if !names.rules.contains_key(&path) {
        return Ok(false);
    }
    let exceptions = evaluate(engine, &entry.package, "exception")?;
    let name = Value::from(stem(&entry.name));
    Ok(elements(&exceptions)
        .iter()
        .any(|list| elements(list).contains(&name)))
}

/// What a collection ranges over.
fn elements(value: &Value) -> Vec<Value> {
    match value {
        Value::Set(set) => set.iter().cloned().collect(),
        Value::Array(array) => array.iter().cloned().collect(),
        Value::Object(object) => object.values().cloned().collect(),
        _ => Vec::new(),
    }
}

fn event(result: &Value) -> Event {
    if let Ok(message) = result.as_string() {
        return Event::Found {
            message: message.to_string(),
            path: Vec::new(),
            line: None,
            file: None,
        };
    }
    let Ok(message) = result["msg"].as_string() else {
        return Event::NoFinding(format!("`{result}` has no `msg` that is a string"));
    };
    let path = result["path"].as_array().map(|steps| {
        let steps = steps.iter();
        steps
            .filter_map(|step| serde_json::from_str(&step.to_string()).ok())
            .collect()
    });
    let location = &result["_loc"];
    Event::Found {
        message: message.to_string(),
        path: path.unwrap_or_default(),
        line: location["line"]
            .as_i64()
            .ok()
            .and_then(|line| u32::try_from(line).ok()),
        file: location["file"].as_string().ok().map(|file| file.to_string()),
    }
}
