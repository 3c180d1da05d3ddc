//! A whole rule → a program: its faults, its clauses, and the variables that they need.

use super::condition::like;
use super::cost::affordable;
use super::expression::{Writer, is_read_param, param_name};
use super::loops::{Mode, joined};
use super::object::{self, Coverage, Resource, resources};
use super::scope::Binding;
use super::{Reason, Result, Setting, faults, text};
use crate::ir::reads;
use crate::ir::{Clause, Constant, Domain, Each, Expression, ExpressionKind, Rule, Step};
use crate::source::Span;
use std::collections::HashSet;

/// Messages of this many characters fit in five KiB whatever they consist of.
const LONGEST_MESSAGE: usize = 1200;

/// A rule in CEL.
#[derive(Debug, Clone)]
pub struct Program {
    /// The kinds whose objects it judges.
    pub coverage: Coverage,
    /// Their resources; none if it judges objects of every kind.
    pub resources: Vec<Resource>,
    /// Which of the rule's kinds it does not judge, and why.
    pub left_out: Option<Reason>,
    /// Whether it judges containers that are added to running pods.
    pub ephemeral: bool,
    /// Names and expressions, in an order in which each needs only those before it.
    pub variables: Vec<(String, String)>,
    /// The conditions that an object must satisfy, that it has no faults being the first.
    pub judgements: Vec<Judgement>,
    /// The numbers of the parameters that it reads when an object is judged.
    pub params: Vec<usize>,
}

/// A condition that an object must satisfy.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// Holds if the object is in order.
    pub expression: String,
    /// Gives the message if it is not.
    pub message: String,
    /// The message if that one can't be made.
    pub fallback: String,
    /// The clause; none for faults of the object.
    pub span: Option<Span>,
}

/// Compiles a rule, or says why CEL can't carry it.
pub fn compile(rule: &Rule, setting: &Setting<'_>) -> Result<Program> {
    let mut whole: Option<Coverage> = None;
    let mut own = Vec::new();
    for group in &rule.groups {
        let coverage = match group.steps.first() {
            Some(Step::Each(each)) => match &each.domain {
                Domain::Elements(_) => return Err(of_repository(rule, group.steps.as_slice())),
                domain => Coverage::of(domain, setting)
                    .ok_or_else(|| Reason::new(each.span, "it reads other documents: all namespaces"))?,
            },
            _ => return Err(of_repository(rule, group.steps.as_slice())),
        };
        whole = Some(match whole {
            Some(before) => before.and(coverage.clone()),
            None => coverage.clone(),
        });
        own.push(coverage);
    }
    let Some(whole) = whole else {
        return Err(Reason::new(rule.span, "it checks nothing"));
    };
    let (resources, left_out) = resources(&whole, setting, rule.span)?;
    let mut builder = Builder {
        rule,
        writer: Writer::new(*setting, &rule.parameters, &rule.locals),
        variables: Vec::new(),
        judgements: Vec::new(),
        ephemeral: false,
    };
    let waived = builder.waived(setting);
    builder.faults(&own, &whole)?;
    for (group, coverage) in rule.groups.iter().zip(&own) {
        let guard = coverage.guard(&whole);
        for (position, step) in group.steps.iter().enumerate() {
            if let Step::Clause(clause) = step {
                let before = group.steps.get(..position).unwrap_or_default();
                builder.clause(before, clause, guard.as_deref(), waived)?;
            }
        }
    }
    Ok(Program {
        left_out,
        ..builder.finish(whole, resources, setting)?
    })
}

fn of_repository(rule: &Rule, steps: &[Step]) -> Reason {
    let span = match steps.first() {
        Some(Step::Each(each)) => each.span,
        Some(Step::Where(condition) | Step::Let(_, condition)) => condition.span,
        Some(Step::Clause(clause)) => clause.span,
        None => rule.span,
    };
    Reason::new(
        span,
        "it reads other documents: it judges the repository as a whole",
    )
}

struct Builder<'a> {
    rule: &'a Rule,
    writer: Writer<'a>,
    variables: Vec<(String, String)>,
    judgements: Vec<Judgement>,
    ephemeral: bool,
}

impl<'a> Builder<'a> {
    /// Whether the object is waived, if one can be.
    fn waived(&mut self, setting: &Setting<'_>) -> bool {
        let patterns: Vec<String> = setting
            .waivers
            .iter()
            .filter(|waiver| waiver.rule == self.rule.id && !waiver.is_expired(setting.today))
            .flat_map(|waiver| &waiver.objects)
            .map(|pattern| {
                let mut tests = vec![
                    object::is_kind(object::pairs(std::slice::from_ref(&pattern.kind))),
                    like("variables.name", &pattern.name),
                ];
                if let Some(namespace) = &pattern.namespace {
                    tests.push(like("variables.ownNamespace", namespace));
                }
                format!("({})", tests.join(" && "))
            })
            .collect();
        if patterns.is_empty() {
            return false;
        }
        self.variables.push(("waived".to_owned(), patterns.join(" || ")));
        true
    }

    fn faults(&mut self, own: &[Coverage], whole: &Coverage) -> Result<()> {
        let mut texts: Vec<String> = Vec::new();
        for (group, coverage) in self.rule.groups.iter().zip(own) {
            self.writer.scope.clear();
            let domains = reads::of_group(group, &self.rule.locals);
            for (number, domain) in domains.iter().enumerate() {
                if number > 0 || !domain.is_step {
                    let span = binder(&group.steps, domain.slot).unwrap_or(self.rule.span);
                    return Err(Reason::new(span, "it reads other documents"));
                }
                self.ephemeral |= match domain.domain {
                    Domain::Containers(classes) => classes.ephemeral,
                    _ => !domain.pod.parts.is_empty(),
                };
                let found = faults::of_domain(domain, coverage, &mut self.writer.scope, self.rule.span)?;
                for text in found {
                    let text = match coverage.guard(whole) {
                        Some(guard) => format!("({guard} ? {text} : '')"),
                        None => text,
                    };
                    if !texts.contains(&text) {
                        texts.push(text);
                    }
                }
            }
        }
        let mut sum = faults::sum(texts);
        if self.variables.iter().any(|(name, _)| name == "waived") {
            sum = format!("variables.waived ? '' : {sum}");
        }
        affordable(&sum, self.rule.span)?;
        self.variables.push(("faults".to_owned(), sum));
        self.judgements.push(Judgement {
            expression: "variables.faults == ''".to_owned(),
            message: short(&format!(
                "{} + variables.faults + {}",
                text::string(&format!("{}: ", self.rule.id)),
                text::string("the object can not be judged")
            )),
            fallback: format!(
                "{}: the object has ill-typed or missing fields, so that the rule can't judge it",
                self.rule.id
            ),
            span: None,
        });
        Ok(())
    }

    fn clause(
        &mut self,
        before: &'a [Step],
        clause: &'a Clause,
        guard: Option<&str>,
        waived: bool,
    ) -> Result<()> {
        let number = self.judgements.len();
        let mut broken = self.steps(before, clause, Mode::Holds)?;
        let texts = self.steps(before, clause, Mode::Texts)?;
        let mut conditions = vec!["variables.faults == ''".to_owned()];
        if waived {
            conditions.push("!variables.waived".to_owned());
        }
        conditions.extend(guard.map(str::to_owned));
        conditions.push(std::mem::take(&mut broken));
        let condition = conditions.join(" && ");
        affordable(&condition, clause.span)?;
        affordable(&texts, clause.span)?;
        self.variables.push((format!("broken{number}"), condition));
        self.variables.push((format!("message{number}"), texts));
        self.judgements.push(Judgement {
            expression: format!("!variables.broken{number}"),
            message: short(&format!(
                "{} + variables.message{number}",
                text::string(&format!("{}: ", self.rule.id))
            )),
            fallback: format!("{}: {}", self.rule.id, self.rule.title),
            span: Some(clause.span),
        });
        Ok(())
    }

    /// What a mode makes of the elements for which a clause is broken.
    fn steps(&mut self, before: &'a [Step], clause: &'a Clause, mode: Mode) -> Result<String> {
        self.writer.scope.clear();
        steps(&mut self.writer, before, clause, mode)
    }

    /// Adds what the expressions use, in an order in which each variable stands behind those that it needs.
    fn finish(
        mut self,
        coverage: Coverage,
        resources: Vec<Resource>,
        setting: &Setting<'_>,
    ) -> Result<Program> {
        let mut variables: Vec<(String, String)> = Vec::new();
        let mut known: HashSet<String> = HashSet::new();
        let own = std::mem::take(&mut self.variables);
        let used: Vec<&str> = own
            .iter()
            .flat_map(|(_, expression)| named(expression))
            .chain(self.judgements.iter().flat_map(|own| named(&own.expression)))
            .collect();
        for name in used {
            self.add(name, &mut variables, &mut known, setting, &coverage)?;
        }
        let params = self
            .writer
            .read_params
            .iter()
            .enumerate()
            .filter_map(|(index, read)| read.then_some(index))
            .collect();
        variables.extend(own);
        Ok(Program {
            coverage,
            resources,
            left_out: None,
            ephemeral: self.ephemeral,
            variables,
            judgements: self.judgements,
            params,
        })
    }

    fn add(
        &self,
        name: &str,
        variables: &mut Vec<(String, String)>,
        known: &mut HashSet<String>,
        setting: &Setting<'_>,
        coverage: &Coverage,
    ) -> Result<()> {
        if !known.insert(name.to_owned()) {
            return Ok(());
        }
        if let Some((definition, needs)) = object::variable(name, setting, coverage) {
            for needed in needs {
                self.add(needed, variables, known, setting, coverage)?;
            }
            variables.push((name.to_owned(), definition));
        } else if let Some(parameter) = self.rule.parameters.iter().find(|own| param_name(own) == name) {
            debug_assert!(is_read_param(parameter));
            let default = text::constant(&parameter.value)
                .ok_or_else(|| Reason::new(parameter.span, "it has a number of more than 64 bits"))?;
            let default = match &parameter.value {
                Constant::List(_) => format!("dyn({default})"),
                _ => default,
            };
            let place = format!(
                "dyn(params).?spec{}{}.orValue(null)",
                text::step(&self.rule.id),
                text::step(&parameter.name)
            );
            variables.push((
                name.to_owned(),
                format!("{place} == null ? dyn({default}) : {place}"),
            ));
        }
        Ok(())
    }
}

fn steps<'a>(writer: &mut Writer<'a>, before: &'a [Step], clause: &'a Clause, mode: Mode) -> Result<String> {
    let Some((step, rest)) = before.split_first() else {
        return broken(writer, &clause.each, clause, mode);
    };
    match step {
        Step::Each(each) => match &each.domain {
            Domain::Elements(_) => writer.each(each, mode, &mut |writer| steps(writer, rest, clause, mode)),
            Domain::Containers(classes) => writer.containers(each, *classes, mode, &mut |writer| {
                steps(writer, rest, clause, mode)
            }),
            domain => {
                let (value, condition) = match domain {
                    Domain::Pods => ("variables.pod", "type(variables.template) == map".to_owned()),
                    Domain::Workloads => ("variables.root", object::is_workload(&writer.setting)),
                    _ => ("variables.root", "true".to_owned()),
                };
                writer.scope.bind(each.value, Binding::of(value));
                let body = steps(writer, rest, clause, mode)?;
                Ok(mode.under(&condition, &body))
            }
        },
        Step::Where(condition) => {
            let condition = writer.holds(condition)?;
            let body = steps(writer, rest, clause, mode)?;
            Ok(mode.under(&condition, &body))
        }
        Step::Let(slot, value) => {
            // Products are written where they are compared, since CEL has no values for them.
            if matches!(value.kind, ExpressionKind::Arithmetic(..)) && writer.is_quantity(value) {
                writer.scope.alias(*slot, value);
                return steps(writer, rest, clause, mode);
            }
            let term = writer.dynamic(value)?;
            let name = writer.scope.variable(*slot);
            let binding = writer.binding(value, name.clone());
            writer.scope.bind(*slot, binding);
            let body = steps(writer, rest, clause, mode)?;
            Ok(match mode {
                Mode::Holds => format!("[{term}].exists({name}, {body})"),
                _ => format!("[{term}].map({name}, {body})[0]"),
            })
        }
        Step::Clause(earlier) => {
            let passed = format!("!({})", broken(writer, &earlier.each, earlier, Mode::Holds)?);
            let body = steps(writer, rest, clause, mode)?;
            Ok(mode.under(&passed, &body))
        }
    }
}

/// What a mode makes of the elements of a clause's own binders that break it.
fn broken<'a>(
    writer: &mut Writer<'a>,
    binders: &'a [Each],
    clause: &'a Clause,
    mode: Mode,
) -> Result<String> {
    if let Some((each, rest)) = binders.split_first() {
        return writer.each(each, mode, &mut |writer| broken(writer, rest, clause, mode));
    }
    let violation = writer.holds(&clause.violation)?;
    Ok(match mode {
        Mode::Holds => violation,
        _ => {
            writer.is_careful = true;
            let message = writer.printed(&clause.message);
            writer.is_careful = false;
            let message = message?;
            mode.under(&format!("({violation})"), &message)
        }
    })
}

/// The place of the binder of a local, for messages.
fn binder(steps: &[Step], slot: crate::ir::Slot) -> Option<Span> {
    fn within(expression: &Expression, slot: crate::ir::Slot) -> Option<Span> {
        if let Some(each) = expression.each().filter(|each| each.value == slot) {
            return Some(each.span);
        }
        expression
            .children()
            .into_iter()
            .find_map(|child| within(child, slot))
    }
    let of_each = |each: &Each| match each.value == slot {
        true => Some(each.span),
        false => each.expression().and_then(|list| within(list, slot)),
    };
    steps.iter().find_map(|step| match step {
        Step::Each(each) => of_each(each),
        Step::Where(condition) | Step::Let(_, condition) => within(condition, slot),
        Step::Clause(clause) => clause
            .each
            .iter()
            .find_map(of_each)
            .or_else(|| within(&clause.violation, slot)),
    })
}

/// A text on one line and within what Kubernetes takes.
fn short(text: &str) -> String {
    format!(
        "[({text}).replace('\\n', ' ')].map(text, text.size() > {LONGEST_MESSAGE} ? text.substring(0, {LONGEST_MESSAGE}) + '…' : text)[0]"
    )
}

/// The names of variables that an expression uses.
fn named(expression: &str) -> Vec<&str> {
    expression
        .match_indices("variables.")
        .filter_map(|(at, prefix)| {
            let rest = expression.get(at + prefix.len()..)?;
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            rest.get(..end)
        })
        .collect()
}

/// The findings of all clauses as one text, for audit annotations.
pub fn findings(program: &Program) -> String {
    let texts: Vec<String> = (1..program.judgements.len())
        .map(|number| format!("variables.broken{number} ? variables.message{number} : ''"))
        .collect();
    let list =
        std::iter::once("variables.faults".to_owned()).chain(texts.into_iter().map(|one| format!("({one})")));
    let list = format!("{}.filter(text, text != '')", text::list(list));
    short(&joined(&list, "; "))
}
