//! A seed → the text of a well-typed policy of one rule, and the kinds that it is about.

use super::author::{Author, Function, Path};
use super::literals::{any_text, literal, pattern, quoted};
use super::members::Members;
use ordain::ir::Type;
use ordain::units::Dimension;

/// A generated policy.
#[derive(Debug, Clone)]
pub struct Policy {
    pub text: String,
    pub kinds: Vec<String>,
}

/// How deeply conditions are nested.
const DEPTH: usize = 2;

/// The kinds that rules are about, those of one element together.
const SUBJECTS: &[&[&str]] = &[
    &["Deployment"],
    &["Deployment", "StatefulSet"],
    &["Pod"],
    &["Service"],
    &["Ingress"],
    &["NetworkPolicy"],
    &["Role", "ClusterRole"],
    &["RoleBinding", "ClusterRoleBinding"],
    &["HorizontalPodAutoscaler"],
    &["PodDisruptionBudget"],
    &["CronJob", "Job"],
    &["ConfigMap", "Secret"],
    &["PersistentVolumeClaim"],
    &["ResourceQuota"],
    &["LimitRange"],
    &["StorageClass"],
    &["Widget"],
    &["Widget"],
];

/// Kinds that bear pods, for rules about pods and containers.
const BEARERS: [&str; 7] = [
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "ReplicationController",
];

pub fn policy(seed: u64, members: &Members<'_>) -> Policy {
    let mut author = Author::new(seed, members);
    let mut declarations = String::new();
    for _ in 0..author.random.below(3) {
        declarations.push_str(&author.global());
    }
    for _ in 0..author.random.below(2) {
        declarations.push_str(&author.function());
    }
    let globals = author.scope.clone();
    let mut body = String::new();
    for _ in 0..1 + author.random.below(5) / 4 {
        author.scope = globals.clone();
        author.known.clear();
        body.push_str(&author.group());
    }
    let severity = author.random.pick(&["info", "low", "medium", "high", "critical"]);
    let mut kinds = std::mem::take(&mut author.kinds);
    kinds.sort_unstable();
    kinds.dedup();
    Policy {
        text: format!("{declarations}rule generated {{\n  severity {severity}\n{body}}}\n"),
        kinds,
    }
}

impl Author<'_> {
    /// A `let` or `param` of the file.
    fn global(&mut self) -> String {
        let name = self.fresh("g");
        let texts = Type::List(Box::new(Type::String));
        let choices = [
            Type::Int,
            Type::String,
            Type::Bool,
            Type::Decimal,
            Type::Quantity(Some(Dimension::MEMORY)),
            Type::Quantity(Some(Dimension::CPU)),
            texts,
            Type::Map(Box::new(Type::String)),
        ];
        let ty = choices[self.random.below(choices.len())].clone();
        let value = match &ty {
            Type::List(_) => {
                let parts: Vec<String> = (0..1 + self.random.below(3))
                    .map(|_| quoted(any_text(&mut self.random)))
                    .collect();
                format!("[{}]", parts.join(", "))
            }
            Type::Map(_) => format!(
                "{{ \"app\": {}, \"tier\": {} }}",
                quoted(any_text(&mut self.random)),
                pattern(&mut self.random)
            ),
            ty => literal(&mut self.random, ty, true).unwrap_or_default(),
        };
        self.scope.push(Path::name(name.clone(), ty.clone(), false));
        match (self.random.chance(500), written(&ty)) {
            (true, Some(ty)) => format!("param {name}: {ty} = {value}\n"),
            _ => {
                // The checker knows what a `let` of a text holds.
                if ty == Type::String {
                    self.scope.pop();
                }
                format!("let {name} = {value}\n")
            }
        }
    }

    fn function(&mut self) -> String {
        let name = self.fresh("f");
        let choices = [
            Type::Int,
            Type::String,
            Type::Bool,
            Type::String.optional(),
            Type::List(Box::new(Type::String)),
            Type::Map(Box::new(Type::String)),
            Type::Container,
            Type::Pod,
            Type::Document(Vec::new()),
            Type::Quantity(Some(Dimension::MEMORY)),
        ];
        let scope = std::mem::take(&mut self.scope);
        let mut parameters = Vec::new();
        let mut list = Vec::new();
        for _ in 0..1 + self.random.below(2) {
            let ty = choices[self.random.below(choices.len())].clone();
            let parameter = self.fresh("a");
            list.push(format!("{parameter}: {}", written(&ty).unwrap_or_default()));
            self.scope.push(Path::name(parameter, ty.clone(), false));
            parameters.push(ty);
        }
        let combined = std::mem::replace(&mut self.is_combined, false);
        let (result, body) = match self.random.below(3) {
            0 => (Type::Bool, Some(self.condition(1).text)),
            1 => (Type::Int, self.operand(&Type::Int, 1).map(|operand| operand.text)),
            _ => (Type::String, Some(self.interpolation(1))),
        };
        self.is_combined = combined;
        self.scope = scope;
        self.known.clear();
        let (Some(body), Some(ty)) = (body, written(&result)) else {
            return String::new();
        };
        self.functions.push(Function {
            name: name.clone(),
            parameters,
            result,
        });
        format!("fn {name}({}): {ty} = {body}\n", list.join(", "))
    }

    /// Binders, filters, names and clauses that belong together.
    fn group(&mut self) -> String {
        let mut text = String::new();
        text.push_str(&self.subject());
        while self.random.chance(350) {
            let depth = 1;
            if let Some(binding) = self.binding(depth) {
                text.push_str(&format!("  for {binding}{}\n", self.filter(depth)));
            }
        }
        let mut clauses = 0;
        let wanted = 1 + self.random.below(3);
        while clauses < wanted {
            match self.random.below(8) {
                0 => text.push_str(&self.where_statement()),
                1 | 2 => text.push_str(&self.let_statement()),
                _ => {
                    text.push_str(&self.clause());
                    clauses += 1;
                }
            }
        }
        text
    }

    fn subject(&mut self) -> String {
        let name = self.fresh("s");
        let (subject, ty) = match self.random.below(20) {
            0..=6 => ("containers".to_owned(), Type::Container),
            7 => ("containers(regular)".to_owned(), Type::Container),
            8 => ("containers(init, ephemeral)".to_owned(), Type::Container),
            9..=10 => ("pods".to_owned(), Type::Pod),
            11 => ("objects".to_owned(), Type::Document(Vec::new())),
            12 => {
                let kinds = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];
                let kinds = kinds.map(|kind| self.members.kind(kind)).to_vec();
                ("scalables".to_owned(), Type::Document(kinds))
            }
            _ => {
                let names = SUBJECTS[self.random.below(SUBJECTS.len())];
                self.kinds.extend(names.iter().map(|name| (*name).to_owned()));
                let kinds = names.iter().map(|kind| self.members.kind(kind)).collect();
                (names.join(" | "), Type::Document(kinds))
            }
        };
        if matches!(ty, Type::Container | Type::Pod) || subject == "objects" {
            self.kinds.extend(BEARERS.map(str::to_owned));
        }
        if subject == "scalables" {
            self.kinds
                .extend(["Deployment", "StatefulSet", "ReplicaSet"].map(str::to_owned));
        }
        self.scope.push(Path::name(name.clone(), ty, true));
        format!("  for {name} in {subject}\n")
    }

    fn where_statement(&mut self) -> String {
        if self.random.chance(500)
            && let Some(path) = self.testable()
        {
            self.assume(&path);
            return format!("  where {} is set\n", path.text);
        }
        format!("  where {}\n", self.condition(1).text)
    }

    fn let_statement(&mut self) -> String {
        let name = self.fresh("l");
        if self.random.chance(600) {
            let Some(path) = self.path(&|path| {
                !matches!(path.ty.present(), Type::Any | Type::Quantity(None)) && path.trail.len() > 1
            }) else {
                return String::new();
            };
            self.scope.push(Path {
                text: name.clone(),
                trail: vec![name.clone()],
                ..path.clone()
            });
            return format!("  let {name} = {}\n", path.text);
        }
        let choices = [
            Type::Int,
            Type::Bool,
            Type::String,
            Type::Quantity(Some(Dimension::MEMORY)),
        ];
        let ty = choices[self.random.below(choices.len())].clone();
        let Some(value) = self.operand(&ty, 1) else {
            return String::new();
        };
        self.scope.push(Path {
            values: value.values,
            ..Path::name(name.clone(), ty, false)
        });
        // A literal that the checker knows is compared with nothing else.
        if value.text.starts_with('"') && !value.text.contains('{') {
            self.scope.pop();
        }
        format!("  let {name} = {}\n", value.text)
    }

    fn clause(&mut self) -> String {
        let word = self.random.pick(&["require", "forbid"]);
        match self.random.below(6) {
            0 => {
                if let Some(path) = self.testable() {
                    let test = match word {
                        "require" => "is set",
                        _ => "is missing",
                    };
                    let rest = self.attachments();
                    self.assume(&path);
                    return format!("  {word} {} {test}\n{rest}", path.text);
                }
            }
            1 | 2 => {
                let inside = self.within(|author| {
                    let binding = author.binding(1)?;
                    let filter = author.filter(1);
                    let body = author.condition(1).text;
                    Some((format!("{binding}{filter}: {body}"), author.attachments()))
                });
                if let Some((inside, rest)) = inside {
                    let start = match word {
                        "require" => "require no",
                        _ => "forbid any",
                    };
                    return format!("  {start} {inside}\n{rest}");
                }
            }
            _ => {}
        }
        format!("  {word} {}\n{}", self.condition(DEPTH).text, self.attachments())
    }

    /// `message`, `help`, `at`.
    fn attachments(&mut self) -> String {
        let mut text = String::new();
        if self.random.chance(450) {
            text.push_str(&format!("  message {}\n", self.interpolation(1)));
        }
        if self.random.chance(150) {
            text.push_str(&format!("  help {}\n", self.interpolation(0)));
        }
        if self.random.chance(250)
            && let Some(path) = self.path(&|path| path.is_place)
        {
            text.push_str(&format!("  at {}\n", path.text));
        }
        text
    }
}

/// A type as the language writes it.
fn written(ty: &Type) -> Option<String> {
    Some(match ty {
        Type::Optional(inner) => format!("{}?", written(inner)?),
        Type::List(element) => format!("[{}]", written(element)?),
        Type::Map(value) => format!("{{String: {}}}", written(value)?),
        Type::Container => "Container".to_owned(),
        Type::Pod => "Pod".to_owned(),
        Type::Document(kinds) if kinds.is_empty() => "Object".to_owned(),
        ty => super::operands::name_of(ty)?.to_owned(),
    })
}
