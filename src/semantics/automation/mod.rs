//! `optimize`, `heal` and `promote`: syntax → IR.
//!
//! In: a declaration, and the names that it may use. Out: an [`ir::Automation`] in which every goal,
//! metric, budget and amount is what it says, or nothing if a part is wrong; every mistake is reported.

pub(super) mod amounts;
mod goals;
mod guards;
mod responses;
mod schedule;

use super::checker::Checker;
use super::metrics::Metrics;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, AutomationForm, GoalKind, KindReference};
use crate::source::Span;
use crate::suggest::{nearest, one_of};
use crate::syntax::ast::{self, AutomationStatementKind as Statement};
use std::collections::BTreeMap;

/// The names that an automation may use beside those of its file.
pub(super) struct Known<'a> {
    /// The metrics of the run.
    pub(super) metrics: &'a Metrics,
    /// The names of the budgets.
    pub(super) budgets: &'a [&'a str],
    /// The ids of the rules, the library's included.
    pub(super) rules: &'a [&'a str],
}

/// Kinds that models are served and rolled out by, which no Kubernetes API knows. They need no `of`.
const SERVING_KINDS: [(&str, &str); 2] = [
    ("InferenceService", "serving.kserve.io"),
    ("Rollout", "argoproj.io"),
];

/// Kinds whose Pods the cluster counts by itself.
const NOT_SCALABLE: [(&str, &str); 4] = [
    ("DaemonSet", "runs one Pod on every node"),
    ("Job", "runs until it is done"),
    ("CronJob", "starts Jobs, which run until they are done"),
    ("Pod", "is one Pod"),
];

/// Checks an automation. `None` if a part of it is wrong. Of a broken one, parts did not parse,
/// so nothing is concluded from what is missing.
pub(super) fn automation(
    checker: &mut Checker,
    title: &str,
    item: &ast::Item,
    declared: &ast::Automation,
    known: &Known,
) -> Option<ir::Automation> {
    let mark = checker.diagnostics.len();
    let mut build = Build {
        checker,
        known,
        form: match declared.form {
            ast::AutomationForm::Optimize => AutomationForm::Optimize,
            ast::AutomationForm::Heal => AutomationForm::Heal,
            ast::AutomationForm::Promote => AutomationForm::Promote,
        },
        name: &declared.name,
        seen: BTreeMap::new(),
        goals: Vec::new(),
        goal_names: Vec::new(),
        used_metrics: Vec::new(),
    };
    build.check_name(&declared.name.text, declared.name.span, NameForm::Label);
    if let Some(namespace) = &declared.namespace {
        build.check_name(&namespace.value, namespace.span, NameForm::Label);
    }
    let mut automation = ir::Automation {
        form: build.form,
        name: declared.name.text.as_str().into(),
        namespace: declared.namespace.as_ref().map(|text| text.value.clone()),
        title: title.to_string(),
        targets: Vec::new(),
        excludes: Vec::new(),
        from: None,
        goals: Vec::new(),
        responses: Vec::new(),
        promotion: None,
        guards: ir::Guards::default(),
        agent: None,
        mode: ir::Mode::DryRun,
        metrics: Vec::new(),
        span: declared.name.span,
        declaration: item.span,
    };
    // Goals first: conditions may stand before them.
    for statement in &declared.body {
        if let Statement::Goal(name, goal) = &statement.kind {
            build.goal(name, goal, statement.span);
        }
    }
    for statement in &declared.body {
        build.statement(statement, &mut automation);
    }
    if !item.broken {
        build.finish(&mut automation);
    }
    automation.goals = std::mem::take(&mut build.goals);
    automation.metrics = std::mem::take(&mut build.used_metrics);
    // Only errors stop a declaration; what follows from a broken part was reported with it.
    let is_faulty = checker.diagnostics[mark..]
        .iter()
        .any(|diagnostic| diagnostic.severity >= crate::diagnostic::Severity::High);
    (!is_faulty && !item.broken).then_some(automation)
}

/// An automation in the making.
struct Build<'a, 'c, 'p> {
    checker: &'c mut Checker<'p>,
    known: &'a Known<'a>,
    form: AutomationForm,
    name: &'a ast::Name,
    /// The statements that may stand once, by their words.
    seen: BTreeMap<&'static str, Span>,
    goals: Vec<ir::Goal>,
    /// All goals that were declared, the faulty included.
    goal_names: Vec<ast::Name>,
    used_metrics: Vec<ir::Metric>,
}

/// The forms of names in Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NameForm {
    /// Of namespaces and what is named after them: without points, at most 63 letters.
    Label,
    /// Of other objects: with points, at most 253 letters.
    Subdomain,
}

/// Whether a name has that form.
fn is_name(name: &str, form: NameForm) -> bool {
    let most = match form {
        NameForm::Label => 63,
        NameForm::Subdomain => 253,
    };
    let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= most
        && name.starts_with(ends)
        && name.ends_with(ends)
        && name
            .chars()
            .all(|c| ends(c) || c == '-' || (c == '.' && form == NameForm::Subdomain))
}

fn form_word(form: AutomationForm) -> &'static str {
    match form {
        AutomationForm::Optimize => "optimize",
        AutomationForm::Heal => "heal",
        AutomationForm::Promote => "promote",
    }
}

impl Build<'_, '_, '_> {
    fn report(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.checker
            .report(Diagnostic::new(code, span, message).help(help));
    }

    /// Reports a part that belongs to other forms.
    fn misplaced(&mut self, span: Span, what: &str, allowed: &[AutomationForm]) -> bool {
        if allowed.contains(&self.form) {
            return false;
        }
        let own = form_word(self.form);
        let others = one_of(allowed.iter().map(|form| form_word(*form)));
        self.report(
            Code::E0430,
            span,
            format!("`{what}` does not belong in `{own}`"),
            format!("remove it; it belongs in {others}"),
        );
        true
    }

    /// Reports a second statement of a sort that stands once; `true` if it is one.
    fn repeated(&mut self, word: &'static str, span: Span) -> bool {
        match self.seen.get(word) {
            Some(first) => {
                let first = *first;
                let name = &self.name.text;
                self.checker.report(
                    Diagnostic::new(Code::E0432, span, format!("`{name}` says `{word}` twice"))
                        .with(first, "here for the first time")
                        .help("remove one of them"),
                );
                true
            }
            None => {
                self.seen.insert(word, span);
                false
            }
        }
    }

    fn check_name(&mut self, name: &str, span: Span, form: NameForm) {
        if is_name(name, form) {
            return;
        }
        let (what, most) = match form {
            NameForm::Label => ("letters in lower case, digits and `-`", 63),
            NameForm::Subdomain => ("letters in lower case, digits, `-` and `.`", 253),
        };
        let message = match name.len() <= most {
            true => format!("`{name}` is no name that a Kubernetes object can have"),
            false => format!(
                "a name of {} letters is too long for a Kubernetes object",
                name.len()
            ),
        };
        self.report(
            Code::E0440,
            span,
            message,
            format!("use at most {most} {what}, with a letter or digit at both ends"),
        );
    }

    fn statement(&mut self, statement: &ast::AutomationStatement, automation: &mut ir::Automation) {
        use AutomationForm::{Heal, Optimize, Promote};
        let span = statement.span;
        match &statement.kind {
            Statement::Goal(..) => {}
            Statement::Target(object) => {
                if self.form != Heal && self.repeated("target", span) {
                    return;
                }
                automation
                    .targets
                    .extend(self.target(object, self.form == Optimize));
            }
            Statement::Exclude(object) => {
                if !self.misplaced(span, "exclude", &[Heal]) {
                    automation.excludes.extend(self.target(object, false));
                }
            }
            Statement::From(text) => {
                if !self.misplaced(span, "from", &[Promote]) && !self.repeated("from", span) {
                    self.source(text);
                    automation.from = Some(text.value.clone());
                }
            }
            Statement::When(states, actions) => {
                if !self.misplaced(span, "when", &[Optimize, Heal])
                    && let Some(response) = self.response(states, actions, span)
                {
                    automation.responses.push(response);
                }
            }
            Statement::Promote(steps, states) => {
                if !self.misplaced(span, "promote", &[Promote]) && !self.repeated("promote", span) {
                    automation.promotion = self.promotion(steps, states, span);
                }
            }
            Statement::RequireDigest => {
                if !self.misplaced(span, "require digest", &[Promote]) {
                    self.repeated("require digest", span);
                }
            }
            Statement::Bounds(resource, minimum, maximum) => {
                if !self.misplaced(span, "bounds", &[Optimize, Heal]) {
                    let bounds = self.bounds(resource, minimum, maximum, span);
                    automation.guards.bounds.extend(bounds);
                }
            }
            Statement::Change(limit, period) => {
                let limit = self.rate_limit(limit, period);
                automation.guards.rate_limits.extend(limit);
            }
            Statement::Cooldown(up, down) => {
                if !self.repeated("cooldown", span) {
                    let mut window = |written: &Option<ast::Expression>| {
                        let written = written.as_ref()?;
                        amounts::window(self.checker, written, "a cooldown").map(|amount| amount.written)
                    };
                    automation.guards.cooldown_up = window(up);
                    automation.guards.cooldown_down = window(down);
                }
            }
            Statement::Rollback(states, within) => {
                if !self.repeated("rollback", span) {
                    automation.guards.rollback = self.rollback(states, within.as_ref(), span);
                }
            }
            Statement::Budget(name) => self.budget(name, &mut automation.guards),
            Statement::Active(schedule) => {
                let schedule = self.schedule(schedule, span);
                automation.guards.active.extend(schedule);
            }
            Statement::Awake(schedule) => {
                if !self.misplaced(span, "awake", &[Optimize]) {
                    let schedule = self.schedule(schedule, span);
                    automation.guards.awake.extend(schedule);
                }
            }
            Statement::Agent(name, model, account) => {
                if !self.repeated("agent", span) {
                    automation.agent = Some(self.agent(name, model, account.as_ref(), span));
                }
            }
            Statement::Mode(word, above) => {
                if !self.repeated("mode", span) {
                    automation.mode = self.mode(word, above.as_ref()).unwrap_or_default();
                }
            }
        }
    }

    fn target(&mut self, object: &ast::ObjectName, must_scale: bool) -> Option<ir::Target> {
        self.check_name(&object.name.value, object.name.span, NameForm::Subdomain);
        if let Some(namespace) = &object.namespace {
            self.check_name(&namespace.value, namespace.span, NameForm::Label);
        }
        let written = &object.kind;
        let serving = SERVING_KINDS
            .iter()
            .find(|(kind, _)| written.group.is_none() && *kind == written.kind);
        let kind = match serving {
            Some((kind, group)) => KindReference {
                kind: (*kind).into(),
                groups: vec![(*group).into()],
            },
            None => self.checker.kind(written)?,
        };
        let counted = NOT_SCALABLE.iter().find(|(name, _)| *name == &*kind.kind);
        if let (true, Some((name, reason))) = (must_scale, counted) {
            self.report(
                Code::E0442,
                written.span,
                format!("a {name} can't be scaled: it {reason}"),
                "name a Deployment, a StatefulSet or another kind with replicas",
            );
        }
        Some(ir::Target {
            kind,
            name: object.name.value.clone(),
            namespace: object.namespace.as_ref().map(|text| text.value.clone()),
            span: written.span.to(object.name.span),
        })
    }

    fn source(&mut self, text: &ast::Text) {
        if text.value.is_empty() || text.value.contains(char::is_whitespace) || text.value.len() > 1024 {
            self.report(
                Code::E0438,
                text.span,
                "this is no address of a model",
                "write its address without spaces: \"s3://models/recommender@sha256:…\"",
            );
        }
    }

    fn budget(&mut self, name: &ast::Name, guards: &mut ir::Guards) {
        if guards.budgets.iter().any(|other| **other == name.text) {
            self.report(
                Code::E0432,
                name.span,
                format!("`{}` keeps to the budget `{}` twice", self.name.text, name.text),
                "remove one of them",
            );
            return;
        }
        if !self.known.budgets.contains(&name.text.as_str()) {
            let help = match nearest(&name.text, self.known.budgets.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("declare it: `budget {} {{ … }}`", name.text),
            };
            let message = format!("there is no budget `{}`", name.text);
            self.report(Code::E0435, name.span, message, help);
            return;
        }
        guards.budgets.push(name.text.as_str().into());
    }

    fn agent(
        &mut self,
        name: &ast::Name,
        model: &ast::Text,
        account: Option<&ast::Text>,
        span: Span,
    ) -> ir::Agent {
        self.check_name(&name.text, name.span, NameForm::Subdomain);
        if let Some(account) = account {
            self.check_name(&account.value, account.span, NameForm::Subdomain);
        }
        if model.value.is_empty() || model.value.contains(char::is_whitespace) || model.value.len() > 256 {
            self.report(
                Code::E0438,
                model.span,
                "this is no name of a model",
                "write its name without spaces: \"openai-gpt-4o-2024-08-06\"",
            );
        }
        ir::Agent {
            name: name.text.clone(),
            model: model.value.clone(),
            service_account: account.map(|account| account.value.clone()),
            span,
        }
    }

    fn mode(&mut self, word: &ast::Name, above: Option<&ast::Expression>) -> Option<ir::Mode> {
        const MODES: [&str; 3] = ["dry-run", "propose", "apply"];
        let approval_above = above.and_then(|above| self.approval(above));
        let mode = match word.text.as_str() {
            "apply" => return Some(ir::Mode::Apply { approval_above }),
            "propose" => ir::Mode::Propose,
            "dry-run" => ir::Mode::DryRun,
            other => {
                let help = match nearest(other, MODES) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("write {}", one_of(MODES)),
                };
                self.report(
                    Code::E0444,
                    word.span,
                    format!("there is no mode `{other}`"),
                    help,
                );
                return None;
            }
        };
        if let Some(above) = above {
            self.report(
                Code::E0430,
                above.span,
                format!("`approval` does not belong to `mode {}`", word.text),
                "remove it; only `mode apply` acts without being asked",
            );
        }
        Some(mode)
    }

    /// What must not be missing, and what can only be judged of the whole.
    fn finish(&mut self, automation: &mut ir::Automation) {
        let span = self.name.span;
        let name = &self.name.text.clone();
        let mut missing = |is_missing: bool, what: &str, help: &str| {
            if is_missing {
                self.checker
                    .report(Diagnostic::new(Code::E0431, span, format!("`{name}` has no {what}")).help(help));
            }
        };
        let has_errors = !self.goal_names.is_empty() && self.goals.len() < self.goal_names.len();
        missing(
            automation.targets.is_empty()
                && !self.seen.contains_key("target")
                && self.form != AutomationForm::Heal,
            "target",
            "say what it acts on: `target Deployment \"name\"`",
        );
        missing(
            automation.targets.is_empty() && self.form == AutomationForm::Heal,
            "target",
            "say what it acts on: `target Deployment \"name\"`",
        );
        missing(
            self.goal_names.is_empty(),
            "goal",
            "say what is wanted: `goal performance: latency_p99 <= 200ms`",
        );
        match self.form {
            AutomationForm::Promote => {
                missing(
                    !self.seen.contains_key("from"),
                    "source",
                    "say where the model comes from: `from \"s3://models/name@sha256:…\"`",
                );
                missing(
                    !self.seen.contains_key("promote"),
                    "steps",
                    "say how it takes over: `promote 10% then 100% when quality met`",
                );
            }
            AutomationForm::Optimize | AutomationForm::Heal => {
                missing(
                    automation.responses.is_empty() && !has_errors,
                    "action",
                    "say what answers a goal that is missed: `when performance missed: scale replicas up`",
                );
            }
        }
        if let (Some(promotion), Some(required)) =
            (&mut automation.promotion, self.seen.get("require digest"))
        {
            promotion.require_digest = true;
            let is_pinned = automation.from.as_deref().is_some_and(is_pinned_by_digest);
            if !is_pinned {
                self.checker.report(
                    Diagnostic::new(
                        Code::E0438,
                        *self.seen.get("from").unwrap_or(required),
                        "the model's source has no digest",
                    )
                    .with(*required, "one is required here")
                    .help("write `@sha256:` and its 64 digits behind the address"),
                );
            }
        }
        if automation.agent.is_none() {
            for (action, response) in automation
                .responses
                .iter()
                .flat_map(|response| response.actions.iter().map(move |action| (action, response)))
            {
                let is_open = matches!(
                    action.kind,
                    ir::ActionKind::ScaleReplicas { step: None, .. }
                        | ir::ActionKind::Resize { step: None, .. }
                );
                if is_open {
                    self.checker.report(
                        Diagnostic::new(Code::E0446, action.span, "nothing says how far this step goes")
                            .with(response.span, "for this response")
                            .help("add `by 25%`, or an `agent` that decides"),
                    );
                }
            }
        }
    }

    fn goal_of(&self, name: &str) -> Option<&GoalKind> {
        self.goals
            .iter()
            .find(|goal| &*goal.name == name)
            .map(|goal| &goal.kind)
    }
}

/// Whether an address ends in a SHA-256 digest.
pub(super) fn is_pinned_by_digest(address: &str) -> bool {
    address.rsplit_once("@sha256:").is_some_and(|(_, digest)| {
        digest.len() == 64
            && digest
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}
