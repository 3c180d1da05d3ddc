//! What a check looks at, and how a rule says that.
//!
//! In: kinds, namespaces, names, labels and images. Out: the filters behind the first `for` of a rule.

use crate::syntax::ast::{Expression, ExpressionKind, Rule, Statement, StatementKind};
use crate::syntax::quoted;

/// What a check looks at; everything if nothing is said. `*` stands for any characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// Only these kinds.
    pub kinds: Vec<String>,
    /// Only these namespaces.
    pub namespaces: Vec<String>,
    /// None of these namespaces.
    pub without_namespaces: Vec<String>,
    /// Only these names.
    pub names: Vec<String>,
    /// None of these names.
    pub without_names: Vec<String>,
    /// Only objects whose labels are so.
    pub labels: Vec<Label>,
    /// None of these images.
    pub without_images: Vec<String>,
}

/// What is asked of a label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// It has one of these values.
    In(String, Vec<String>),
    /// It has none of these values.
    NotIn(String, Vec<String>),
    /// It is set.
    Exists(String),
    /// It is not set.
    Missing(String),
}

/// The kinds that run pods.
pub const WORKLOADS: [&str; 8] = [
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
    "Job",
    "CronJob",
];

/// Kinds that rules about all objects look at.
const OTHERS: [&str; 12] = [
    "Service",
    "Ingress",
    "NetworkPolicy",
    "ConfigMap",
    "Secret",
    "ServiceAccount",
    "PersistentVolumeClaim",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "Role",
    "RoleBinding",
    "Namespace",
];

/// What the first `for` of a group goes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// All objects.
    Objects,
    /// Workloads or their pods.
    Workloads,
    /// Containers.
    Containers,
    /// These kinds.
    Kinds(Vec<String>),
    /// Something else, to which no filter can be put.
    Other,
}

impl Subject {
    /// What a statement goes through, if it is a `for`, and the name that it gives to each.
    fn of(statement: &Statement) -> Option<(Subject, &str)> {
        let StatementKind::For(binding) = &statement.kind else {
            return None;
        };
        let subject = match binding.names.as_slice() {
            [_] => Subject::of_expression(&binding.subject),
            _ => Subject::Other,
        };
        Some((subject, &binding.names.last()?.text))
    }

    fn of_expression(expression: &Expression) -> Subject {
        match &expression.kind {
            ExpressionKind::Name(name) => match name.as_str() {
                "objects" => Subject::Objects,
                "workloads" | "pods" | "scalables" => Subject::Workloads,
                "containers" => Subject::Containers,
                _ => Subject::Other,
            },
            ExpressionKind::Call(call) if call.receiver.is_none() && call.function.text == "containers" => {
                Subject::Containers
            }
            ExpressionKind::Kinds(names) => {
                Subject::Kinds(names.iter().map(|name| name.kind.clone()).collect())
            }
            _ => Subject::Other,
        }
    }

    /// The kinds of the objects that findings can be about.
    pub fn kinds(&self) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        match self {
            Subject::Workloads | Subject::Containers => words(&WORKLOADS),
            Subject::Kinds(kinds) => kinds.clone(),
            Subject::Objects | Subject::Other => words(&[&WORKLOADS[..], &OTHERS[..]].concat()),
        }
    }
}

/// The first `for` of each group of a rule: what it goes through, its name for it, and the end of the statement.
pub fn subjects(rule: &Rule) -> Vec<(Subject, &str, u32)> {
    let mut found = Vec::new();
    let mut is_first = true;
    for statement in &rule.body {
        match &statement.kind {
            StatementKind::For(_) if is_first => {
                if let Some((subject, name)) = Subject::of(statement) {
                    found.push((subject, name, statement.span.end));
                }
                is_first = false;
            }
            StatementKind::Clause(_) => is_first = true,
            _ => {}
        }
    }
    found
}

impl Scope {
    /// The scope without what a rule of these subjects looks at anyway.
    pub fn beside(mut self, subjects: &[Subject]) -> Scope {
        let covers = |subject: &Subject| match subject {
            // Who checks Pods checks what becomes of templates, too.
            Subject::Workloads | Subject::Containers => self.kinds.iter().any(|kind| kind == "Pod"),
            Subject::Kinds(kinds) => kinds.iter().all(|kind| self.kinds.contains(kind)),
            Subject::Objects | Subject::Other => false,
        };
        if subjects.iter().all(covers) {
            self.kinds.clear();
        }
        self
    }

    /// The filters for a subject of this name. Errors: what can't be filtered by.
    pub fn filters(&self, subject: &Subject, name: &str) -> Result<String, String> {
        if *self == Scope::default() {
            return Ok(String::new());
        }
        if *subject == Subject::Other {
            return Err("the rule goes through no objects that could be told apart".to_string());
        }
        let list = |words: &[String]| {
            let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
            format!("[{}]", words.join(", "))
        };
        let mut conditions = Vec::new();
        let mut like = |quantifier: &str, patterns: &[String], place: &str| {
            if !patterns.is_empty() {
                let patterns = list(patterns);
                conditions.push(format!(
                    "{quantifier} scoped in {patterns}: {name}.{place} like scoped"
                ));
            }
        };
        like("any", &self.namespaces, "namespace");
        like("no", &self.without_namespaces, "namespace");
        like("any", &self.names, "object.name");
        like("no", &self.without_names, "object.name");
        if !self.without_images.is_empty() && *subject != Subject::Containers {
            return Err("the rule looks at more than single images".to_string());
        }
        like("no", &self.without_images, "image");
        if !self.kinds.is_empty() {
            conditions.push(format!("{name}.object.kind in {}", list(&self.kinds)));
        }
        for label in &self.labels {
            let value = |key: &str| format!("{name}.object.labels[{}]", quoted(key));
            conditions.push(match label {
                Label::In(key, values) => format!("{} ?? \"\" in {}", value(key), list(values)),
                Label::NotIn(key, values) => format!("not ({} ?? \"\" in {})", value(key), list(values)),
                Label::Exists(key) => format!("{} is set", value(key)),
                Label::Missing(key) => format!("{} is missing", value(key)),
            });
        }
        Ok(conditions
            .iter()
            .map(|condition| format!("\n  where {condition}"))
            .collect())
    }
}
