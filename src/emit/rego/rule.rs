//! A whole rule → a module: its groups as rules that yield results, with the functions that they need.

use super::admission::{self, Admission, demands, expressions};
use super::binder::{container_fields, kind_set, resources, reviewed};
use super::condition::truth;
use super::expression::Writer;
use super::scope::{Binding, Path, Place};
use super::{Host, Module, Result, Setting, estimates, faults, parameters, prelude, text};
use crate::diagnostic::Severity;
use crate::emit::{Origin, rebuild_notice};
use crate::ir::reads::{self, DomainReads};
use crate::ir::{
    Builtin, Clause, Date, Domain, Each, Expression, ExpressionKind, Group, Property, Rule, Slot, Step,
    TestOperator, Waiver,
};
use crate::schema::kubernetes_groups;
use crate::source::Span;
use std::collections::{BTreeMap, HashMap};

/// Compiles a rule.
pub fn compile(rule: &Rule, setting: &Setting<'_>) -> Result<Module> {
    let entry = match (setting.host, rule.severity >= Severity::Medium) {
        (Host::Gatekeeper, _) => "violation",
        (_, true) => "deny",
        (_, false) => "warn",
    };
    let package = package(rule);
    let reads = reads_of(rule);
    let admission = match setting.host {
        Host::Gatekeeper => Some(admission::of_rule(rule, setting.kinds)?),
        Host::Files | Host::Bundle => None,
    };
    let is_combined = is_combined(rule, &reads);
    let mut builder = Builder {
        rule,
        writer: Writer::new(&rule.parameters, &rule.locals),
        host: setting.host,
        entry,
        guards: HashMap::new(),
        has_waivers: false,
        reads_former: false,
        clauses: Vec::new(),
        results: Vec::new(),
        definitions: Vec::new(),
    };
    builder.writer.is_set_later = setting.host != Host::Files;
    builder.writer.is_at_admission = setting.host == Host::Gatekeeper;
    let waivers = waived(rule, setting);
    builder.has_waivers = !waivers.is_empty();
    if is_combined && setting.host != Host::Gatekeeper {
        builder.demand_combined_input();
    }
    let (parameters, can_be_faulty) = parameters::definitions(rule, setting);
    if can_be_faulty {
        builder.faults_of_parameters();
    }
    for (number, (group, reads)) in rule.groups.iter().zip(&reads).enumerate() {
        builder.faults(number, reads)?;
        builder.group(group)?;
    }
    let mut body = builder.results;
    // Gatekeeper itself knows where results are.
    if setting.host != Host::Gatekeeper
        && let Some(first) = body.first_mut()
    {
        *first = format!("{}\n{first}", entry_annotation(rule));
    }
    body.extend(builder.definitions);
    body.extend(waivers);
    body.extend(parameters);
    let body = body.join("\n\n");
    let (prelude, open) = prelude::needed_by(&body, setting.host);
    let mut facts: Vec<String> = Vec::new();
    for name in &open {
        match estimates::fact(name, &setting.estimates, &prelude, rule.span) {
            Some(made) => facts.push(made?),
            None => facts.extend(fact(name, setting, admission.as_ref())),
        }
    }
    if open.contains("_homes") {
        let homes = homes(&setting.kinds.homes, &[&body, &prelude, &facts.concat()]);
        facts.push(homes);
    }
    let package_line = match setting.host {
        // Gatekeeper takes version 1 of Rego from the template.
        Host::Gatekeeper => format!("package {package}"),
        Host::Files | Host::Bundle => format!("package {package}\n\nimport rego.v1"),
    };
    let parts = [
        header(rule, setting),
        package_line,
        body,
        facts.join("\n\n"),
        prelude,
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let text = format!("{}\n", parts.join("\n\n").replacen("\n\npackage", "\npackage", 1));
    Ok(Module {
        origins: origins(&text, rule, &builder.clauses),
        text,
        package,
        entry,
        is_combined,
        admission,
    })
}

/// What each group of a rule reads.
pub fn reads_of(rule: &Rule) -> Vec<Vec<DomainReads>> {
    let groups = rule.groups.iter();
    groups.map(|group| reads::of_group(group, &rule.locals)).collect()
}

/// The package comes from the rule, each result from the clause whose number is among its members. Strings
/// stand on one line each, so that no line of a module is an author's.
fn origins(text: &str, rule: &Rule, clauses: &[Span]) -> Vec<Origin> {
    let origin = |line, span| Origin {
        line,
        declaration: rule.id.clone(),
        span,
    };
    let mut origins = Vec::new();
    let mut head = None;
    for (line, words) in (1..).zip(text.lines()) {
        if words.starts_with("package ") {
            origins.push(origin(line, rule.span));
        } else if words.ends_with(" contains result if {") {
            head = Some(line);
        }
        let number = words.trim_start().strip_prefix("\"clause\": ");
        let number = number.and_then(|number| number.trim_end_matches(',').parse::<usize>().ok());
        let clause = number.and_then(|number| clauses.get(number.checked_sub(1)?));
        if let (Some(head), Some(span)) = (head, clause) {
            origins.push(origin(head, *span));
        }
    }
    origins
}

/// `ordain.PACK.RULE` in words that may stand in a package's name.
fn package(rule: &Rule) -> String {
    let words = ["ordain"]
        .into_iter()
        .chain(rule.pack.split('.'))
        .chain([&*rule.id]);
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(|word| {
            let word: String = word
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
                .collect();
            let is_keyword = matches!(
                &*word,
                "as" | "contains"
                    | "data"
                    | "default"
                    | "else"
                    | "every"
                    | "false"
                    | "if"
                    | "import"
                    | "in"
                    | "input"
                    | "not"
                    | "null"
                    | "package"
                    | "some"
                    | "true"
                    | "with"
            );
            let needs_letter = !word.starts_with(|c: char| c.is_ascii_alphabetic());
            match (is_keyword, needs_letter) {
                (true, _) => format!("{word}_"),
                (_, true) => format!("r{word}"),
                _ => word,
            }
        })
        .collect();
    words.join(".")
}

/// What stands above the package: where the module comes from, and OPA's annotations.
fn header(rule: &Rule, setting: &Setting<'_>) -> String {
    let mut lines = vec!["# Made by Ordain from the rule's policy; changes belong there.".to_owned()];
    let notes = waiver_notes(rule, setting.waivers, setting.today);
    lines.extend(notes.into_iter().map(|note| format!("# {note}")));
    lines.push("# METADATA".to_owned());
    lines.push("# scope: package".to_owned());
    lines.push(format!("# title: {}", text::string(&rule.title)));
    if !rule.documentation.is_empty() {
        lines.push(format!("# description: {}", text::string(&rule.documentation)));
    }
    lines.push("# custom:".to_owned());
    let custom = [
        ("id", text::string(&rule.id)),
        ("severity", text::string(rule.severity.word())),
        ("category", text::string(&rule.category)),
        (
            "controls",
            text::list(rule.controls.iter().map(|control| text::string(control))),
        ),
        ("version", text::string(env!("CARGO_PKG_VERSION"))),
    ];
    lines.extend(custom.iter().map(|(key, value)| format!("#   {key}: {value}")));
    lines.join("\n")
}

/// What stands above the first of the rules that yield results: that they are what is asked for.
fn entry_annotation(rule: &Rule) -> String {
    let lines = [
        "# METADATA".to_owned(),
        "# scope: document".to_owned(),
        format!("# title: {}", text::string(&rule.title)),
        "# entrypoint: true".to_owned(),
        "# custom:".to_owned(),
        format!("#   severity: {}", text::string(rule.severity.word())),
    ];
    lines.join("\n")
}

/// What has to be known of the waivers of a rule that are built in.
pub fn waiver_notes(rule: &Rule, waivers: &[Waiver], today: Option<Date>) -> Vec<String> {
    let own = waivers.iter().filter(|waiver| waiver.rule == rule.id);
    let expired = own.filter(|waiver| waiver.is_expired(today));
    let notes = expired.map(|waiver| format!("A waiver expired on {} and is left out.", waiver.until));
    notes.chain(rebuild_notice(rule, waivers, today)).collect()
}

/// The groups of the kinds that a module's texts name.
fn homes(known: &BTreeMap<String, Vec<String>>, texts: &[&str]) -> String {
    let is_named = |kind: &str, groups: &[String]| {
        let mut names = groups
            .iter()
            .map(|group| text::string(&format!("{group}/{kind}")));
        names.any(|name| texts.iter().any(|text| text.contains(&name)))
    };
    let entries = known
        .iter()
        .filter(|(kind, groups)| is_named(kind, groups))
        .map(|(kind, groups)| {
            let groups = groups.iter().map(|group| text::string(group));
            format!("\t{}: {},", text::string(kind), text::list(groups))
        });
    let entries: Vec<String> = entries.collect();
    match entries.is_empty() {
        true => "_homes := {}".to_owned(),
        false => format!("_homes := {{\n{}\n}}", entries.join("\n")),
    }
}

/// A name that the prelude leaves to the module.
fn fact(name: &str, setting: &Setting<'_>, admission: Option<&Admission>) -> Option<String> {
    Some(match name {
        "_cluster_scoped" => format!(
            "_cluster_scoped := {}",
            text::set(setting.kinds.cluster_scoped.iter().cloned())
        ),
        "_kubernetes_groups" => format!(
            "_kubernetes_groups := {}",
            text::set(kubernetes_groups().map(String::from))
        ),
        "_kinds_without_pods" => {
            format!(
                "_kinds_without_pods := {}",
                text::set(setting.kinds.without_pods.iter().cloned())
            )
        }
        "_kinds_read" => {
            let read = admission.into_iter().flat_map(|admission| &admission.read);
            let kinds = read.map(|((_, kind), _)| kind.clone());
            format!("_kinds_read := {}", text::set(kinds))
        }
        "_default_namespace" => format!(
            "_default_namespace := {}",
            text::string(setting.default_namespace)
        ),
        "_pod_templates" => {
            let entries: Vec<String> = setting
                .kinds
                .templates
                .iter()
                .map(|(kind, path)| {
                    format!(
                        "\t{}: {},",
                        text::string(kind),
                        text::list(path.iter().map(|key| text::string(key)))
                    )
                })
                .collect();
            format!("_pod_templates := {{\n{}\n}}", entries.join("\n"))
        }
        _ => return None,
    })
}

/// The function that says whether an object is waived, if one can be.
fn waived(rule: &Rule, setting: &Setting<'_>) -> Vec<String> {
    let patterns: Vec<String> = setting
        .waivers
        .iter()
        .filter(|waiver| waiver.rule == rule.id && !waiver.is_expired(setting.today))
        .flat_map(|waiver| &waiver.objects)
        .map(|pattern| {
            let mut tests = vec![
                format!(
                    "_is_kind(resource, {})",
                    kind_set(std::slice::from_ref(&pattern.kind))
                ),
                format!("_like(_name(resource), {})", text::string(&pattern.name)),
            ];
            if let Some(namespace) = &pattern.namespace {
                tests.push(format!(
                    "_like(_namespace(resource), {})",
                    text::string(namespace)
                ));
            }
            truth(tests)
        })
        .collect();
    match patterns.is_empty() {
        true => Vec::new(),
        false => vec![format!("_waived(resource) := true in {}", text::list(patterns))],
    }
}

/// Whether a rule needs more than one document at a time.
fn is_combined(rule: &Rule, reads: &[Vec<DomainReads>]) -> bool {
    let starts_alone = rule.groups.iter().zip(reads).all(|(group, reads)| {
        let is_single = matches!(reads.as_slice(), [one] if !matches!(one.domain, Domain::Namespaces));
        is_single && matches!(group.steps.first(), Some(Step::Each(each)) if each.domain.is_repository())
    });
    !starts_alone
        || rule
            .groups
            .iter()
            .any(|group| expressions(group).into_iter().any(reads_files))
}

fn reads_files(expression: &Expression) -> bool {
    let own = matches!(
        &expression.kind,
        ExpressionKind::Property(_, Property::File | Property::Complete)
            | ExpressionKind::Test(TestOperator::Deploys, ..)
    ) || expression.is_estimate();
    own || expression.children().into_iter().any(reads_files)
}

/// Whether a group reads what objects were before.
pub fn reads_former(group: &Group) -> bool {
    fn reads(expression: &Expression) -> bool {
        matches!(expression.kind, ExpressionKind::Call(Builtin::Base, _))
            || expression.children().into_iter().any(reads)
    }
    expressions(group).into_iter().any(reads)
}

/// How an element's faults keep a group from judging it.
struct Guard {
    owner: Option<String>,
    container: Option<String>,
}

struct Builder<'a> {
    rule: &'a Rule,
    writer: Writer<'a>,
    host: Host,
    entry: &'static str,
    guards: HashMap<Slot, Guard>,
    has_waivers: bool,
    /// Whether the group at hand reads what objects were before.
    reads_former: bool,
    /// The clauses that have results so far.
    clauses: Vec<Span>,
    results: Vec<String>,
    definitions: Vec<String>,
}

impl<'a> Builder<'a> {
    /// Rules over several documents must not pass because they were given one.
    fn demand_combined_input(&mut self) {
        let mend = match self.host {
            Host::Bundle => "give it a list of files, as `conftest --combine` does",
            Host::Files | Host::Gatekeeper => "run `conftest test --combine`",
        };
        let message = format!("`{}` reads several documents at once: {mend}", self.rule.id);
        let own = [("msg", text::string(&message))];
        let result = self.result(vec!["is_object(input)".to_owned()], &own, None);
        self.results.push(result);
    }

    /// Values that parameters can't have must not make a rule pass.
    fn faults_of_parameters(&mut self) {
        let message = format!(
            "concat(\"\", [{}, fault])",
            text::string(&format!("`{}`: ", self.rule.id))
        );
        let lines = vec!["some fault in _faults_of_parameters".to_owned()];
        let result = self.result(lines, &[("msg", message)], None);
        self.results.push(result);
    }

    /// The results that tell of faulty manifests, and the guards that keep clauses from judging them.
    fn faults(&mut self, group: usize, reads: &[DomainReads]) -> Result<()> {
        self.guards.clear();
        let mut told: Vec<String> = Vec::new();
        for (number, domain) in reads.iter().enumerate() {
            let suffix = match (self.rule.groups.len(), reads.len()) {
                (1, 1) => "here".to_owned(),
                (1, _) => format!("{}", number + 1),
                _ => format!("{}_{}", group + 1, number + 1),
            };
            let faults = faults::of_domain(domain, &suffix, self.rule.span)?;
            let lines = match &domain.domain {
                Domain::Pods | Domain::Containers(_) => {
                    vec!["some resource in _objects", "some pod in _pods(resource)"]
                }
                Domain::Workloads => vec!["some resource in _objects", "_pods(resource) != []"],
                _ => vec!["some resource in DOMAIN"],
            };
            let lines: Vec<String> = lines
                .into_iter()
                .map(|line| match self.host {
                    // What is not under review has been reviewed before.
                    Host::Gatekeeper => line
                        .replace("_objects", "_reviewed")
                        .replace("DOMAIN", &reviewed(&domain.domain)),
                    Host::Files | Host::Bundle => line.replace("DOMAIN", &resources(&domain.domain)),
                })
                .collect();
            if let Some(call) = &faults.of_owner {
                told.push(self.fault_result(lines.clone(), call));
            }
            if let (Some(call), Domain::Containers(classes)) = (&faults.of_container, &domain.domain) {
                let mut lines = lines;
                lines.push(format!(
                    "some container in _containers(pod, {})",
                    container_fields(*classes)
                ));
                told.push(self.fault_result(lines, call));
            }
            self.definitions.extend(faults.definitions);
            if domain.is_step {
                self.guards.insert(
                    domain.slot,
                    Guard {
                        owner: faults.of_owner,
                        container: faults.of_container,
                    },
                );
            }
        }
        self.results.extend(told);
        Ok(())
    }

    fn fault_result(&mut self, mut lines: Vec<String>, call: &str) -> String {
        if self.has_waivers {
            lines.push("_waived(resource) == false".to_owned());
        }
        lines.push(format!("some fault in {call}"));
        let place = Place::of_resource("resource").at(Path::of("fault.path"));
        let own = [
            ("msg", "fault.msg".to_owned()),
            ("help", "_fault_help(fault)".to_owned()),
            ("fault", "fault.fault".to_owned()),
            ("clause", "0".to_owned()),
        ];
        self.result(lines, &own, Some(&place))
    }

    /// A rule that yields a result.
    fn result(&self, mut lines: Vec<String>, own: &[(&str, String)], place: Option<&Place>) -> String {
        let mut members: Vec<(&str, String)> = vec![
            ("rule", text::string(&self.rule.id)),
            ("severity", text::string(self.rule.severity.word())),
        ];
        members.extend(own.iter().cloned());
        if let Some(place) = place {
            let resource = &place.resource;
            members.push(("path", place.path.term()));
            members.push(("object", format!("_identity({resource})")));
            if self.host != Host::Gatekeeper {
                members.push(("document", format!("{resource}.id")));
                members.push(("_loc", format!("_location({resource})")));
            }
        }
        if self.host == Host::Gatekeeper {
            let (message, details): (Vec<_>, Vec<_>) =
                members.into_iter().partition(|(key, _)| *key == "msg");
            members = message;
            members.push(("details", object(&details)));
        }
        let result = format!("result := {}", object(&members));
        text::prune(&mut lines, &result);
        lines.push(result);
        format!(
            "{} contains result if {{\n{}\n}}",
            self.entry,
            text::indent(&text::statements(&lines))
        )
    }

    /// A result for each clause of a group.
    fn group(&mut self, group: &'a Group) -> Result<()> {
        // At admission each demand is on the object under review in turn.
        let turns: Vec<Option<Slot>> = match self.host {
            Host::Gatekeeper => demands(group).iter().map(|each| Some(each.value)).collect(),
            Host::Files | Host::Bundle => vec![None],
        };
        self.reads_former = reads_former(group);
        for (position, step) in group.steps.iter().enumerate() {
            if let Step::Clause(clause) = step {
                self.clauses.push(clause.span);
                let before = group.steps.get(..position).unwrap_or_default();
                for reviewed in &turns {
                    self.writer.reviewed = *reviewed;
                    let result = self.clause(before, clause)?;
                    self.results.push(result);
                }
            }
        }
        Ok(())
    }

    fn clause(&mut self, before: &'a [Step], clause: &'a Clause) -> Result<String> {
        self.writer.scope.clear();
        let mut lines = Vec::new();
        if self.reads_former {
            lines.push("_knows_former".to_owned());
        }
        let mut subject: Option<Slot> = None;
        for step in before {
            match step {
                Step::Each(each) => {
                    lines.extend(self.writer.each(each)?);
                    if each.domain.is_repository() {
                        subject = Some(each.value);
                        lines.extend(self.guard(each));
                    }
                }
                Step::Where(condition) => lines.extend(self.writer.holds(condition, true)?),
                Step::Let(slot, value) => lines.extend(self.define(*slot, value)?),
                Step::Clause(earlier) => lines.extend(self.passed(earlier)?),
            }
        }
        for each in &clause.each {
            lines.extend(self.writer.each(each)?);
        }
        lines.extend(self.writer.holds(&clause.violation, true)?);
        let place = self.place(clause, subject)?;
        if self.has_waivers
            && let Some(place) = &place
        {
            lines.push(format!("_waived({}) == false", place.resource));
        }
        let mut own = vec![("msg", self.writer.text(&clause.message)?)];
        if let Some(help) = &clause.help {
            own.push(("help", self.writer.text(help)?));
        }
        own.push(("clause", self.clauses.len().to_string()));
        Ok(self.result(lines, &own, place.as_ref()))
    }

    /// Keeps faulty elements from being judged.
    fn guard(&self, each: &Each) -> Vec<String> {
        let Some(guard) = self.guards.get(&each.value) else {
            return Vec::new();
        };
        let binding = self.writer.scope.binding(each.value);
        let Some(place) = binding.and_then(|binding| binding.place.as_ref()) else {
            return Vec::new();
        };
        [&guard.owner, &guard.container]
            .into_iter()
            .flatten()
            .filter_map(|call| {
                let (name, arguments) = call.strip_suffix(')')?.split_once('(')?;
                let arguments: Option<Vec<&str>> = arguments
                    .split(", ")
                    .map(|argument| match argument {
                        "pod" => place.pod.as_deref(),
                        "container" => place.container.as_deref(),
                        _ => Some(&*place.resource),
                    })
                    .collect();
                Some(format!("{name}({}) == []", arguments?.join(", ")))
            })
            .collect()
    }

    fn define(&mut self, slot: Slot, value: &Expression) -> Result<Vec<String>> {
        let place = self.writer.place(value)?;
        let nullable = self.writer.nullable(value);
        let term = self.writer.term(value)?;
        if !self.writer.stands_in_a_manifest(value) {
            self.writer.scope.computes(slot);
        }
        if self.writer.is_former(value) {
            self.writer.scope.goes_back(slot);
        }
        if self.writer.is_round(value) {
            self.writer.scope.rounds(slot);
        }
        let name = self.writer.scope.variable(slot);
        let line = format!("{name} := {term}");
        self.writer.scope.bind(
            slot,
            Binding {
                value: name,
                nullable,
                place,
            },
        );
        Ok(vec![line])
    }

    /// An earlier clause of the group was not broken.
    fn passed(&mut self, clause: &Clause) -> Result<Vec<String>> {
        if clause.each.is_empty() {
            return self.writer.holds(&clause.violation, false);
        }
        let mut lines = Vec::new();
        for each in &clause.each {
            lines.extend(self.writer.each(each)?);
        }
        lines.extend(self.writer.holds(&clause.violation, true)?);
        Ok(vec![format!("{} == []", text::comprehension("1", lines))])
    }

    /// Where a finding of a clause points.
    fn place(&mut self, clause: &Clause, subject: Option<Slot>) -> Result<Option<Place>> {
        let stated = match &clause.at {
            Some(at) => self.writer.place(at)?,
            None => None,
        };
        let stated = match stated {
            Some(place) => Some(place),
            None => self.writer.place(&clause.violation)?,
        };
        Ok(stated.or_else(|| self.writer.scope.binding(subject?)?.place.clone()))
    }
}

/// An object with these members.
fn object(members: &[(&str, String)]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(key, value)| format!("{}: {value},", text::string(key)))
        .collect();
    format!("{{\n{}\n}}", text::indent(&members.join("\n")))
}
