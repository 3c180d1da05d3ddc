//! A rule in CEL, objects and what was found natively → how Kubernetes' own code differs.
//!
//! It judges one object at a time, as the API server does when it is sent. What can't be sent is left out and
//! counted, and so are rules that no admission policy can carry.

use super::service::Service;
use crate::engines::{Files, export, policy_sources};
use ordain::diagnostic::Diagnostic;
use ordain::emit::cel::{self, Coverage};
use ordain::emit::vap::AdmissionPolicies;
use ordain::emit::{Backend, GroupVersion, Options};
use ordain::ir::{Expression, ExpressionKind, PolicySet, Rule, Step, Type};
use ordain::schema::KubernetesVersion;
use ordain::units::{Dimension, Quantity};
use serde_json::{Value, json};
use std::process::Command;

/// What Kubernetes was asked about a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tally {
    /// It judged so many objects, and was not asked about so many others.
    Judged { objects: u64, unsent: u64 },
    /// No admission policy can carry the rule, for this reason.
    Refused(String),
}

/// The program over Kubernetes' code.
pub struct Kubernetes {
    service: Service,
}

impl Kubernetes {
    /// Starts the program that `ORDAIN_VAP` names, with the API's documents that `ORDAIN_OPENAPI` names.
    pub fn start() -> Option<Kubernetes> {
        let mut command = Command::new(std::env::var_os("ORDAIN_VAP")?);
        let documents = std::env::var_os("ORDAIN_OPENAPI").expect("ORDAIN_OPENAPI names no folder");
        command.arg("-spec").arg(documents);
        Some(Kubernetes {
            service: Service::start(command),
        })
    }

    /// Has every object judged that can be sent to a cluster.
    pub fn judge(&mut self, rule: &Rule, files: &Files, native: &[Diagnostic]) -> Result<Tally, String> {
        let (text, coverage) = match policy(rule, files) {
            Ok(policy) => policy,
            Err(reason) => return Ok(Tally::Refused(reason)),
        };
        let objects: Vec<Value> = files
            .resources
            .iter()
            .map(|resource| export::json(&resource.root))
            .collect();
        let sent: Vec<usize> = (0..objects.len())
            .filter(|index| can_be_sent(&objects[*index]))
            .collect();
        let asked: Vec<&Value> = sent.iter().map(|index| &objects[*index]).collect();
        let question = json!({ "text": text, "objects": asked }).to_string();
        let answer = self.service.ask(&question)?;
        let answers: &[Value] = answer["answers"].as_array().map_or(&[], Vec::as_slice);
        if answers.len() != sent.len() {
            return Err(format!("Kubernetes answers {} of {}", answers.len(), sent.len()));
        }
        let is_rough = has_rough_messages(rule);
        let mut judged = 0;
        for (index, answer) in sent.into_iter().zip(answers) {
            // Another version of the API is not for this cluster.
            if answer["served"] != json!(true) {
                continue;
            }
            let covered = is_covered(&objects[index], &coverage);
            let found: Vec<&Diagnostic> = native
                .iter()
                .filter(|finding| export::document(files, finding.primary.span) == Some(index))
                .collect();
            // Files may hold a pod within an object whose kind nobody declared.
            if !covered && is_custom(&objects[index]) && answer["matched"] == json!(false) {
                continue;
            }
            judged += 1;
            differing(rule, &found, answer, covered, is_rough)
                .map_err(|difference| format!("Kubernetes differs: {difference}\n{}", objects[index]))?;
        }
        if let Some(finding) = native
            .iter()
            .find(|finding| export::document(files, finding.primary.span).is_none())
        {
            return Err(format!("`{}` is found in no object", finding.message));
        }
        Ok(Tally::Judged {
            objects: judged,
            unsent: objects.len() as u64 - judged,
        })
    }
}

/// The policy of a rule with all that it takes, and the kinds that it is for; or why there is none.
fn policy(rule: &Rule, files: &Files) -> Result<(String, Coverage), String> {
    let set = PolicySet {
        rules: vec![rule.clone()],
        ..PolicySet::default()
    };
    let oldest = KubernetesVersion::NEWEST;
    let options = Options {
        sources: &policy_sources(),
        api: &GroupVersion::default(),
        schema: &files.schema,
        today: None,
        default_namespace: "default",
        min_kube: oldest,
        prices: None,
        grid: None,
        estimates: Default::default(),
        samples: &[],
        sign_key: None,
    };
    let (artifacts, refusals) = AdmissionPolicies.emit(&set, &options);
    if let Some(refusal) = refusals.into_iter().next() {
        return Err(refusal.reason);
    }
    let texts: Vec<&str> = artifacts.iter().map(|artifact| artifact.text()).collect();
    let setting = cel::Setting {
        schema: &files.schema,
        waivers: &[],
        today: None,
        default_namespace: "default",
        oldest,
        with_params: true,
    };
    let program = cel::compile(rule, &setting).map_err(|reason| reason.text)?;
    Ok((texts.join("---\n"), program.coverage))
}

/// Whether it says what it is and has a name, and the API server hands it on as it is written: numbers beyond
/// 64 bits are no numbers of the API, and it trims quantities and rounds them to billionths.
fn can_be_sent(object: &Value) -> bool {
    fn is_plain(value: &Value) -> bool {
        match value {
            Value::Number(number) => {
                number.is_i64()
                    || number
                        .as_f64()
                        .is_some_and(|number| number.abs() < i64::MAX as f64)
            }
            Value::String(text) => {
                let decimals = text.split_once('.').map_or("", |(_, decimals)| decimals);
                let is_canonical = text.trim() == text && decimals.len() <= 9;
                is_canonical || Quantity::of_manifest(text, Dimension::COUNT).is_err()
            }
            Value::Array(elements) => elements.iter().all(is_plain),
            Value::Object(members) => members.values().all(is_plain),
            _ => true,
        }
    }
    if !is_plain(object) {
        return false;
    }
    let texts = [
        &object["apiVersion"],
        &object["kind"],
        &object["metadata"]["name"],
    ];
    texts
        .into_iter()
        .all(|text| text.as_str().is_some_and(|text| !text.is_empty()))
}

fn group_of(object: &Value) -> &str {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    version.rsplit_once('/').map_or("", |(group, _)| group)
}

/// Whether its kind is none of Kubernetes' own.
fn is_custom(object: &Value) -> bool {
    let group = group_of(object);
    group.contains('.') && !group.ends_with(".k8s.io")
}

fn is_covered(object: &Value, coverage: &Coverage) -> bool {
    let kind = object["kind"].as_str().unwrap_or_default();
    match coverage {
        Coverage::All => true,
        Coverage::Kinds(kinds) => kinds.contains(&(group_of(object).to_owned(), kind.to_owned())),
    }
}

/// How an answer differs from what was found in the object natively.
fn differing(
    rule: &Rule,
    found: &[&Diagnostic],
    answer: &Value,
    covered: bool,
    is_rough: bool,
) -> Result<(), String> {
    let expected = if found.is_empty() { "allow" } else { "deny" };
    let verdict = answer["verdict"].as_str().unwrap_or_default();
    let texts: Vec<&str> = answer["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let messages: Vec<&str> = found.iter().map(|finding| &*finding.message).collect();
    let told = || format!("natively {expected} {messages:#?}\nhere {verdict} {texts:#?}");
    if verdict != expected {
        return Err(told());
    }
    if answer["matched"] != json!(covered) {
        return Err(format!("its kind should be judged: {covered}\n{}", told()));
    }
    // What the faults of an object are called is the engine's business.
    let is_faulty = found
        .iter()
        .any(|finding| export::clause_number(rule, finding.clause) == 0);
    match is_faulty || says(rule, &messages, &texts, is_rough) {
        true => Ok(()),
        false => Err(told()),
    }
}

/// Whether refusals list the messages and nothing else, but for what is cut off for its length.
fn says(rule: &Rule, messages: &[&str], texts: &[&str], is_rough: bool) -> bool {
    let plain = |text: &str| match is_rough {
        true => without_numbers(&text.replace('\n', " "), 1),
        // Beyond what floating point tells apart, each engine has its own digits.
        false => without_numbers(&text.replace('\n', " "), 16),
    };
    let mut messages: Vec<String> = messages.iter().map(|message| plain(message)).collect();
    messages.sort_by_key(|message| std::cmp::Reverse(message.len()));
    let start = format!("{}: ", rule.id);
    let texts: Vec<String> = texts
        .iter()
        .map(|text| {
            let text = plain(text.strip_prefix(&start).unwrap_or(text));
            // Kubernetes leaves out blanks at the end.
            let last = messages.iter().find(|message| text.ends_with(message.trim_end()));
            let blanks = last.map_or("", |message| &message[message.trim_end().len()..]);
            format!("{text}{blanks}")
        })
        .collect();
    let is_cut = |text: &String| text.contains('…');
    let is_told = |message: &String| texts.iter().any(|text| is_cut(text) || text.contains(message));
    messages.iter().all(is_told)
        && texts.iter().all(|text| {
            let rest = messages
                .iter()
                .filter(|message| !message.is_empty())
                .fold(text.clone(), |rest, message| rest.replace(message, ""));
            is_cut(text) || rest.replace("; ", "").is_empty()
        })
}

/// Whether messages show numbers that CEL prints as the manifest spells them, where other engines have one
/// spelling for each value.
fn has_rough_messages(rule: &Rule) -> bool {
    let steps = rule.groups.iter().flat_map(|group| &group.steps);
    let mut clauses = steps.filter_map(|step| match step {
        Step::Clause(clause) => Some(clause),
        _ => None,
    });
    clauses.any(|clause| is_rough(&clause.message))
}

fn is_rough(message: &Expression) -> bool {
    fn of_type(ty: &Type) -> bool {
        match ty.present() {
            Type::Quantity(_) | Type::Decimal | Type::Any | Type::IntOrString => true,
            Type::List(inner) | Type::Map(inner) => of_type(inner),
            _ => false,
        }
    }
    match &message.kind {
        ExpressionKind::Interpolate(parts) => parts.iter().any(is_rough),
        ExpressionKind::Constant(_) => false,
        _ => of_type(&message.ty),
    }
}

/// A text with every word that has so many digits made the same, and without what is said instead of a number.
fn without_numbers(text: &str, digits: usize) -> String {
    let text = text.replace("more than ", "").replace("less than ", "");
    let is_of_word = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '+' | '-');
    let mut written = String::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let end = match is_of_word(first) {
            true => rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len()),
            false => rest.find(is_of_word).unwrap_or(rest.len()),
        };
        let (piece, after) = rest.split_at(end);
        let found = piece.chars().filter(char::is_ascii_digit).count();
        match is_of_word(first) && found >= digits {
            true => written.push('#'),
            false => written.push_str(piece),
        }
        rest = after;
    }
    written
}
