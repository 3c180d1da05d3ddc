//! Checks of other tools → rules in force, with their parameters and severities.
//!
//! In: the demands of a [`Setup`] and the library. Out: [`Carried`]. A check leads to the rules whose `replaces` lines
//! name it; the tool's parameters lead to the rules' by the paths of `from`. A rule has one set of parameters: where
//! checks want it with others, or for some objects only, it is taken in as a copy of another name.

use super::instance;
use super::repository::Repository;
use super::scope::{self, Scope, Subject};
use super::setup::{Demand, Setup, Strength};
use crate::diagnostic::Severity;
use crate::ir::{Constant, Replaces, Rule};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The rules that are to be in force.
#[derive(Debug, Default)]
pub struct Carried {
    /// In the order in which they came up.
    pub rules: Vec<InForce>,
}

/// A rule that is to be in force.
#[derive(Debug)]
pub struct InForce {
    /// Its id.
    pub id: String,
    /// The rule of the library that it is, or is a copy of.
    pub base: String,
    /// The pack of that.
    pub pack: String,
    /// Values of its parameters, save those that it has anyway.
    pub parameters: BTreeMap<String, Value>,
    /// What it looks at.
    pub scope: Scope,
    /// What a violation leads to.
    pub strength: Strength,
    /// The severity that it gets for that; its own if none.
    pub severity: Option<Severity>,
    /// The checks that it stands for, as indices of demands.
    pub demands: Vec<usize>,
    /// Its text, if it is a copy.
    pub text: Option<String>,
}

/// A rule that stands for a check, with what is to be set.
struct Candidate<'r> {
    rule: &'r Rule,
    with: Vec<(String, Value)>,
    from: Vec<(String, String)>,
}

/// Finds the rules for all demands. What has none is remarked.
pub fn carry(setup: &mut Setup, repository: &Repository) -> Carried {
    let mut carried = Carried::default();
    let demands = std::mem::take(&mut setup.demands);
    // Whoever wants a rule for everything has it under its own name.
    let mut order: Vec<usize> = (0..demands.len()).collect();
    order.sort_by_key(|index| demands[*index].scope != Scope::default());
    for index in order {
        let demand = &demands[index];
        setup.peer = demand.peer;
        let candidates = candidates(repository, demand.catalogue, &demand.check);
        if candidates.is_empty() {
            let message = format!(
                "`{}`: no rule of the library stands for this check",
                demand.title()
            );
            setup.lost(demand.at, message);
            continue;
        }
        unmapped(setup, demand, &candidates);
        let several = candidates.len() > 1;
        for candidate in &candidates {
            match candidate.settings(demand, several) {
                Ok(Some(parameters)) => {
                    let suffix = if several { Some(&*candidate.rule.id) } else { None };
                    carried.add(setup, repository, (index, demand, suffix), candidate, parameters);
                }
                Ok(None) => {}
                Err(message) => setup.lost(demand.at, message),
            }
        }
    }
    for rule in &mut carried.rules {
        let own = repository.rule(&rule.base).map(|rule| rule.severity);
        rule.severity = own.and_then(|own| {
            let wanted = match rule.strength {
                Strength::Warns => Severity::Low,
                Strength::Fails => own.max(Severity::Medium),
                Strength::Severe => own.max(Severity::High),
            };
            (wanted != own).then_some(wanted)
        });
    }
    setup.demands = demands;
    carried
}

/// The paths in a tool's parameters that rules for this check read.
pub fn paths(repository: &Repository, catalogue: &str, check: &str) -> Vec<String> {
    candidates(repository, catalogue, check)
        .into_iter()
        .flat_map(|candidate| candidate.from)
        .map(|(path, _)| path)
        .collect()
}

/// Whether any rule stands for this check.
pub fn is_known(repository: &Repository, catalogue: &str, check: &str) -> bool {
    !candidates(repository, catalogue, check).is_empty()
}

/// The checks of a catalogue for which rules stand, sorted.
pub fn checks(repository: &Repository, catalogue: &str) -> BTreeSet<String> {
    let named = repository.workspace.policies.rules.iter();
    let named = named
        .flat_map(|rule| &rule.replaces)
        .filter(|replaces| replaces.peer == catalogue)
        .map(|replaces| replaces.check.clone());
    named.collect()
}

fn candidates<'r>(repository: &'r Repository, catalogue: &str, check: &str) -> Vec<Candidate<'r>> {
    let is_it = |replaces: &&Replaces| {
        replaces.peer == catalogue
            && (replaces.check == check
                // kube-score prints names and takes what it makes of them.
                || catalogue == "kube-score" && replaces.check.to_lowercase().replace(' ', "-") == check)
    };
    let mut found: Vec<Candidate> = Vec::new();
    for rule in &repository.workspace.policies.rules {
        for replaces in rule.replaces.iter().filter(is_it) {
            let with = replaces.with.iter();
            found.push(Candidate {
                rule,
                with: with
                    .map(|(name, value)| (name.clone(), value.to_json()))
                    .collect(),
                from: replaces.from.clone(),
            });
        }
    }
    found
}

impl Candidate<'_> {
    /// What is to be set; `None` if the rule has nothing to ask with these parameters.
    fn settings(&self, demand: &Demand, several: bool) -> Result<Option<BTreeMap<String, Value>>, String> {
        let mut values = BTreeMap::new();
        let mut lacks_pattern = false;
        let mut is_asked = self.from.is_empty() || !self.with.is_empty() || !several;
        for (name, value) in &self.with {
            self.set(&mut values, demand, name, value)?;
        }
        for (path, name) in &self.from {
            match at(&demand.parameters, path) {
                Some(value) => {
                    self.set(&mut values, demand, name, value)?;
                    is_asked |= name != "kinds";
                }
                None => lacks_pattern |= name.ends_with("Pattern"),
            }
        }
        // A rule about values asks for nothing where only the key is given.
        if several && lacks_pattern && self.with.is_empty() && demand.settings.is_empty() {
            return Ok(None);
        }
        for (rule, name, value) in &demand.settings {
            if **rule == *self.rule.id {
                self.set(&mut values, demand, name, value)?;
                is_asked = true;
            }
        }
        if !is_asked {
            return Ok(None);
        }
        let own = |name: &str| self.rule.parameters.iter().find(|own| &*own.name == name);
        values.retain(|name, value| own(name).is_some_and(|own| own.value != *value));
        let values = values.into_iter();
        Ok(Some(
            values.map(|(name, value)| (name, value.to_json())).collect(),
        ))
    }

    fn set(
        &self,
        values: &mut BTreeMap<String, Constant>,
        demand: &Demand,
        name: &str,
        value: &Value,
    ) -> Result<(), String> {
        let Some(parameter) = self.rule.parameters.iter().find(|own| &*own.name == name) else {
            return Ok(());
        };
        let constant = parameter.read(value).or_else(|fault| {
            // Where a tool takes one, the rule may take several.
            let several = Value::Array(vec![value.clone()]);
            parameter.read(&several).map_err(|_| fault)
        });
        let constant = constant.map_err(|fault| {
            let (rule, title) = (&self.rule.id, demand.title());
            format!("`{title}` is left out, since its value does not suit `{rule}.{name}`: {fault}")
        })?;
        values.insert(name.to_string(), constant);
        Ok(())
    }
}

/// The value at a path of keys and indices; null is none.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut steps = path.split('.');
    let found = steps.try_fold(value, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        Value::Object(map) => map.get(step),
        _ => None,
    })?;
    (!found.is_null()).then_some(found)
}

/// Remarks on parameters that no rule for the check reads.
fn unmapped(setup: &mut Setup, demand: &Demand, candidates: &[Candidate]) {
    let Value::Object(map) = &demand.parameters else {
        return;
    };
    let (prefix, map) = match map.get("parameters") {
        Some(Value::Object(inner)) => ("parameters.", inner),
        Some(_) => return,
        None => ("", map),
    };
    let from: Vec<&str> = candidates
        .iter()
        .flat_map(|candidate| &candidate.from)
        .map(|(path, _)| path.as_str())
        .collect();
    let rules: Vec<&str> = candidates.iter().map(|candidate| &*candidate.rule.id).collect();
    for (key, value) in map {
        let path = format!("{prefix}{key}");
        let is_read = |from: &&&str| {
            from.strip_prefix(path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if demand.harmless.contains(&key.as_str()) || is_empty(value) {
            continue;
        }
        let title = demand.title();
        match from.iter().find(is_read) {
            None => {
                let rules = crate::suggest::list(rules.iter().copied());
                let message =
                    format!("`{title}`: the parameter `{key}` is not carried over; {rules} has no such");
                setup.differs(demand.at, message);
            }
            Some(read) => {
                let first_only = read.split(".0").next().filter(|start| start.len() < read.len());
                let list = first_only.and_then(|list| at(&demand.parameters, list));
                if let Some(Value::Array(items)) = list
                    && items.len() > 1
                {
                    let count = items.len();
                    let message = format!(
                        "`{title}`: of the {count} entries of `{key}` only the first is carried over"
                    );
                    setup.differs(demand.at, message);
                }
            }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

impl Carried {
    fn add(
        &mut self,
        setup: &mut Setup,
        repository: &Repository,
        (index, demand, suffix): (usize, &Demand, Option<&str>),
        candidate: &Candidate,
        mut parameters: BTreeMap<String, Value>,
    ) {
        let rule = candidate.rule;
        let Some((file, tree)) = repository.tree(rule) else {
            return;
        };
        let groups = scope::subjects(tree);
        let subjects: Vec<Subject> = groups.iter().map(|(subject, _, _)| subject.clone()).collect();
        let mut scope = demand.scope.clone().beside(&subjects);
        let has_kinds = rule.parameters.iter().any(|own| &*own.name == "kinds");
        if has_kinds && !scope.kinds.is_empty() {
            let kinds = std::mem::take(&mut scope.kinds);
            parameters
                .entry("kinds".to_string())
                .or_insert_with(|| kinds.into());
        }
        let filters = groups
            .iter()
            .map(|(subject, name, end)| Ok((*end, scope.filters(subject, name)?)))
            .collect::<Result<Vec<(u32, String)>, String>>();
        let filters = filters.unwrap_or_else(|reason| {
            let message = format!("`{}` now holds for every object: {reason}", demand.title());
            setup.differs(demand.at, message);
            scope = Scope::default();
            Vec::new()
        });
        let same = |rule: &&mut InForce| {
            rule.base == *candidate.rule.id
                && rule.parameters == parameters
                && (rule.scope == scope || rule.scope == Scope::default() && rule.strength >= demand.strength)
        };
        if let Some(same) = self.rules.iter_mut().find(same) {
            same.strength = same.strength.max(demand.strength);
            same.demands.push(index);
            return;
        }
        let is_free = !self.rules.iter().any(|other| other.id == *rule.id);
        let (id, text) = match is_free && scope == Scope::default() {
            true => (rule.id.to_string(), None),
            false => {
                let id = self.free_name(repository, demand, suffix);
                let source = repository.sources().file(rule.span.file);
                let check = format!("{}/{}", demand.catalogue, demand.check);
                let text = instance::copy(&source.text, file, tree, &id, &check, &filters);
                (id, Some(text))
            }
        };
        self.rules.push(InForce {
            id,
            base: rule.id.to_string(),
            pack: rule.pack.to_string(),
            parameters,
            scope,
            strength: demand.strength,
            severity: None,
            demands: vec![index],
            text,
        });
    }

    /// A name for a copy that no other rule has: the team's own, or the check's.
    fn free_name(&self, repository: &Repository, demand: &Demand, suffix: Option<&str>) -> String {
        // The only rule of a policy of Kyverno mostly repeats its name.
        let title = match demand.title().split_once('/') {
            Some((policy, rule)) if policy.contains(rule) => policy,
            _ => demand.title(),
        };
        let title = match suffix {
            Some(suffix) => format!("{title}-{suffix}"),
            None => title.to_string(),
        };
        let mut name = String::new();
        for character in title.chars() {
            match character {
                'a'..='z' | '0'..='9' => name.push(character),
                'A'..='Z' => name.push(character.to_ascii_lowercase()),
                _ if name.ends_with('-') || name.is_empty() => {}
                _ => name.push('-'),
            }
        }
        let name = name.trim_end_matches('-').to_string();
        let own = match name.starts_with(|first: char| first.is_ascii_lowercase()) {
            true => name,
            false => format!("check-{name}"),
        };
        let is_free = |name: &String| {
            repository.rule(name).is_none() && !self.rules.iter().any(|rule| rule.id == *name)
        };
        let numbered = (2..).map(|number| format!("{own}-{number}"));
        let names = [own.clone(), format!("{}-{own}", demand.catalogue)];
        names.into_iter().chain(numbered).find(is_free).unwrap_or(own)
    }
}
