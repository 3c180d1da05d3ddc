//! Target `crd`: custom resources of the automations and budgets, and the definitions of their kinds.
//!
//! In: the automations and budgets of an [`ir::PolicySet`]. Out: `definitions/…yaml`, one for each kind
//! used, and `resources/…yaml`, one for each object.

#![allow(
    clippy::duplicated_attributes,
    reason = "a custom resource has a `printcolumn` for each of its columns"
)]

mod action;
mod budget;
mod convert;
mod definition;
mod guards;
mod healing;
mod optimization;
mod promotion;
mod rules;
mod scope;
mod status;
mod values;
pub(super) mod yaml;

pub use definition::Kind;

use super::{Artifact, Backend, Form, GroupVersion, Options, Origin, Refusal, TableName};
use crate::ir;
use crate::source::Span;
use convert::Unsaid;
use guards::BudgetKind;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The target `crd`.
#[derive(Debug, Clone, Copy)]
pub struct CustomResources;

const NAME: &str = "crd";

impl Backend for CustomResources {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "custom resources of automations and budgets, with their definitions"
    }

    fn enforces(&self) -> &'static [Form] {
        &[Form::Budget, Form::Automation]
    }

    fn emit(&self, policies: &ir::PolicySet, options: &Options) -> (Vec<Artifact>, Vec<Refusal>) {
        let mut build = Build {
            options,
            kinds: BTreeMap::new(),
            artifacts: Vec::new(),
            refusals: Vec::new(),
        };
        for budget in &policies.budgets {
            build.budget(budget);
        }
        let budgets: BTreeMap<&str, Vec<BudgetKind>> = policies
            .budgets
            .iter()
            .map(|budget| (&*budget.name, budget_kinds(budget)))
            .collect();
        for automation in &policies.automations {
            build.automation(automation, &budgets);
        }
        build.definitions();
        build.artifacts.sort();
        (build.artifacts, build.refusals)
    }
}

/// The definitions of all our kinds in that group and version, as YAML; for checking rules that read
/// such objects.
pub fn definitions(api: &GroupVersion) -> Vec<String> {
    Kind::ALL
        .into_iter()
        .filter_map(|kind| yaml::render(&[], &kind.definition(api)).ok())
        .collect()
}

/// The kinds of custom resources that a budget becomes; none if it can't be said.
fn budget_kinds(budget: &ir::Budget) -> Vec<BudgetKind> {
    let Ok((cost, carbon)) = scope::budgets(budget) else {
        return Vec::new();
    };
    let cost = cost.map(|_| BudgetKind::CostBudget);
    cost.into_iter()
        .chain(carbon.map(|_| BudgetKind::CarbonBudget))
        .collect()
}

/// The lists of an automation's specification, with the clauses that their items come from.
fn lists(automation: &ir::Automation) -> Vec<(&'static str, Vec<Span>)> {
    let goals = match automation.form {
        ir::AutomationForm::Optimize => "optimizationGoals",
        ir::AutomationForm::Heal => "goals",
        ir::AutomationForm::Promote => "gates",
    };
    let responses = automation.responses.iter();
    let actions = responses.flat_map(|response| &response.actions);
    vec![
        (goals, automation.goals.iter().map(|goal| goal.span).collect()),
        ("actions", actions.map(|action| action.span).collect()),
    ]
}

/// The object's first line comes from the declaration, each item of its lists from a clause.
fn origins(contents: &str, metadata: &Metadata) -> Vec<Origin> {
    let origin = |line, span| Origin {
        line,
        declaration: metadata.name.into(),
        span,
    };
    let first = contents.lines().position(|line| !line.starts_with('#'));
    let mut origins: Vec<Origin> = first
        .map(|index| origin(index + 1, metadata.span))
        .into_iter()
        .collect();
    for (list, spans) in &metadata.lists {
        let items = yaml::items(contents, list).into_iter().zip(spans);
        origins.extend(items.map(|(line, span)| origin(line, *span)));
    }
    origins
}

fn table(named: TableName) -> budget::Table {
    budget::Table {
        name: named.name.into(),
        date: Some(named.date.into()),
        digest: None,
    }
}

/// What a build has made so far.
struct Build<'a> {
    options: &'a Options<'a>,
    /// The kinds used, with the first declaration that uses each.
    kinds: BTreeMap<Kind, Span>,
    artifacts: Vec<Artifact>,
    refusals: Vec<Refusal>,
}

/// What stands in an object's metadata.
struct Metadata<'a> {
    name: &'a str,
    namespace: Option<&'a str>,
    /// Without the group before the slash.
    annotations: Vec<(&'static str, String)>,
    title: &'a str,
    span: Span,
    /// Lists of the specification with the clauses that their items come from.
    lists: Vec<(&'static str, Vec<Span>)>,
}

impl Build<'_> {
    fn budget(&mut self, budget: &ir::Budget) {
        let mut annotations = vec![("severity", budget.severity.word().to_string())];
        if !budget.category.is_empty() {
            annotations.push(("category", budget.category.clone()));
        }
        if !budget.controls.is_empty() {
            annotations.push(("controls", budget.controls.join(", ")));
        }
        let mut metadata = Metadata {
            name: &budget.name,
            namespace: None,
            annotations,
            title: &budget.title,
            span: budget.span,
            lists: Vec::new(),
        };
        let limits = |is_cost: bool| {
            let limits = budget.limits.iter();
            let own = limits.filter(|limit| (limit.measure == ir::Measure::Cost) == is_cost);
            vec![("limits", own.map(|limit| limit.span).collect())]
        };
        match scope::budgets(budget) {
            Ok((cost, carbon)) => {
                if let Some(mut specification) = cost {
                    specification.prices = self.options.prices.map(table);
                    metadata.lists = limits(true);
                    self.resource(Kind::CostBudget, &metadata, &specification);
                }
                if let Some(mut specification) = carbon {
                    specification.grid = self.options.grid.map(table);
                    metadata.lists = limits(false);
                    self.resource(Kind::CarbonBudget, &metadata, &specification);
                }
            }
            Err(unsaid) => self.refuse(&budget.name, unsaid),
        }
    }

    fn automation(&mut self, automation: &ir::Automation, budgets: &BTreeMap<&str, Vec<BudgetKind>>) {
        let budgets = |name: &str| budgets.get(name).cloned().unwrap_or_default();
        let metadata = Metadata {
            name: &automation.name,
            namespace: automation.namespace.as_deref(),
            annotations: Vec::new(),
            title: &automation.title,
            span: automation.span,
            lists: lists(automation),
        };
        let unsaid = match automation.form {
            ir::AutomationForm::Optimize => convert::optimization(automation, &budgets)
                .map(|specification| self.resource(Kind::AIOptimizationPolicy, &metadata, &specification)),
            ir::AutomationForm::Heal => convert::healing(automation, &budgets)
                .map(|specification| self.resource(Kind::SelfHealingPolicy, &metadata, &specification)),
            ir::AutomationForm::Promote => convert::promotion(automation, &budgets)
                .map(|specification| self.resource(Kind::ModelPromotionPolicy, &metadata, &specification)),
        };
        if let Err(unsaid) = unsaid {
            self.refuse(&automation.name, unsaid);
        }
    }

    fn refuse(&mut self, declaration: &Arc<str>, unsaid: Unsaid) {
        self.refusals.push(Refusal {
            is_partial: false,
            declaration: declaration.clone(),
            target: NAME,
            reason: unsaid.reason,
            help: unsaid.help,
            span: unsaid.span,
        });
    }

    fn resource(&mut self, kind: Kind, metadata: &Metadata, specification: &impl Serialize) {
        let mut fields = Map::new();
        fields.insert("name".into(), json!(metadata.name));
        if let Some(namespace) = metadata.namespace {
            fields.insert("namespace".into(), json!(namespace));
        }
        if !metadata.annotations.is_empty() {
            let annotations: Map<String, Value> = metadata
                .annotations
                .iter()
                .map(|(key, value)| (format!("{}/{key}", self.options.api.group), json!(value)))
                .collect();
            fields.insert("annotations".into(), Value::Object(annotations));
        }
        let document = json!({
            "apiVersion": self.options.api.to_string(),
            "kind": kind.name(),
            "metadata": fields,
            "spec": specification,
        });
        let kind_name = kind.name().to_ascii_lowercase();
        let place = match metadata.namespace {
            Some(namespace) => format!("{namespace}.{}", metadata.name),
            None => metadata.name.to_string(),
        };
        let comment = [
            metadata.title.to_string(),
            format!(
                "Compiled by Ordain from {}; edit that and build again.",
                self.options.path(metadata.span)
            ),
        ];
        self.kinds.entry(kind).or_insert(metadata.span);
        self.write(
            format!("resources/{place}.{kind_name}.yaml"),
            &comment,
            &document,
            metadata.name.into(),
            metadata.span,
            |contents| origins(contents, metadata),
        );
    }

    fn definitions(&mut self) {
        for (kind, span) in std::mem::take(&mut self.kinds) {
            let document = kind.definition(self.options.api);
            let place = format!("definitions/{}.{}.yaml", kind.plural(), self.options.api.group);
            let comment = [format!("The kind {}, as Ordain defines it.", kind.name())];
            // A definition is ours, whatever the policies say.
            self.write(place, &comment, &document, kind.name().into(), span, |_| {
                Vec::new()
            });
        }
    }

    fn write(
        &mut self,
        path: String,
        comment: &[String],
        document: &Value,
        declaration: Arc<str>,
        span: Span,
        origins: impl Fn(&str) -> Vec<Origin>,
    ) {
        match yaml::render(comment, document) {
            Ok(contents) => {
                let origins = origins(&contents);
                self.artifacts
                    .push(Artifact::new(path, contents).with_origins(origins));
            }
            Err(reason) => self.refuse(&declaration, Unsaid::new(span, reason)),
        }
    }
}
