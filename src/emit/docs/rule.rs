//! The page of a rule.

use super::markdown::{code, fence, prose, sentence, table};
use super::{Book, example, join, list, section, subtitle, verdicts};
use crate::ir::{Clause, Constant, Expression, ExpressionKind, Rule, Step, Waiver};
use crate::source::Span;
use std::collections::BTreeMap;

/// What a rule is for, what it asks, examples, mends, and where it can be enforced.
pub fn page(book: &Book, rule: &Rule) -> String {
    join([
        format!("# {}", sentence(&rule.title)),
        subtitle([
            code(&rule.id),
            format!("**{}**", rule.severity),
            sentence(&rule.category),
            match rule.pack.is_empty() {
                true => String::new(),
                false => code(&rule.pack),
            },
        ]),
        prose(&rule.documentation),
        section("What it asks", fence("ordain", &clauses(book, rule))),
        section("Rejected", fixture(book, rule, false)),
        section("Accepted", fixture(book, rule, true)),
        section("How to mend it", mends(book, rule)),
        section("Parameters", parameters(book, rule)),
        section("Waivers in force", waivers(book, rule)),
        section(
            "Controls",
            list(rule.controls.iter().map(|control| sentence(control))),
        ),
        section("Stands for", replaces(rule)),
        section("Where it is enforced", enforced(book, rule)),
        book.footer(rule.span),
    ])
}

/// The statements as the policy has them: the lines from the first to the last.
fn clauses(book: &Book, rule: &Rule) -> String {
    let mut spans = Vec::new();
    for step in rule.groups.iter().flat_map(|group| &group.steps) {
        match step {
            Step::Each(each) => spans.push(each.span),
            Step::Where(condition) => spans.push(condition.span),
            Step::Let(_, value) => spans.push(value.span),
            Step::Clause(clause) => spans.push(clause.span),
        }
    }
    let file = book.options.sources.file(rule.declaration.file);
    let inside = |span: &&Span| {
        span.file == rule.declaration.file
            && rule.declaration.start <= span.start
            && span.end <= rule.declaration.end
    };
    let Some(first) = spans.iter().filter(inside).map(|span| span.start).min() else {
        return book.source(rule.declaration).to_owned();
    };
    // From the line of the first statement to the brace that ends the rule, which stands on its own line or
    // is taken away.
    let line = file.position(first).line.saturating_sub(1);
    let start = file.line_starts().get(line as usize).copied().unwrap_or_default();
    let start = start.max(rule.declaration.start);
    let text = file.text.get(start as usize..rule.declaration.end as usize);
    let text = text.unwrap_or_default();
    let text = match start == rule.declaration.start {
        true => text,
        false => text.trim_end().strip_suffix('}').unwrap_or(text),
    };
    dedent(text)
}

fn dedent(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let indent = |line: &&str| line.len() - line.trim_start_matches(' ').len();
    let full = lines.iter().filter(|line| !line.trim().is_empty());
    let common = full.map(indent).min().unwrap_or(0);
    let lines: Vec<&str> = lines
        .iter()
        .map(|line| line.get(common..).unwrap_or(""))
        .collect();
    lines.join("\n")
}

fn fixture(book: &Book, rule: &Rule, accepts: bool) -> String {
    let Some(example) = example(&book.policies.tests, rule, accepts) else {
        return String::new();
    };
    let manifest = fence("yaml", example.manifest.trim_matches('\n'));
    match example.with.is_empty() {
        true => manifest,
        false => format!("With {}:\n\n{manifest}", code(&example.parameters())),
    }
}

/// What the clauses advise, and what a tool can do by itself.
fn mends(book: &Book, rule: &Rule) -> String {
    let steps = rule.groups.iter().flat_map(|group| &group.steps);
    let clauses: Vec<&Clause> = steps
        .filter_map(|step| match step {
            Step::Clause(clause) => Some(clause),
            _ => None,
        })
        .collect();
    let mut items: Vec<String> = Vec::new();
    let mut add = |item: String| {
        if !items.contains(&item) {
            items.push(item);
        }
    };
    for clause in clauses {
        if let Some(help) = &clause.help {
            add(sentence(&words(book, help)));
        }
        for fix in &clause.fixes {
            let edit = book.source(fix.span);
            let edit = edit.strip_prefix("fix").unwrap_or(edit).trim();
            let caution = match fix.safe {
                true => "",
                false => ", after which the program may behave differently",
            };
            let edit = edit.strip_prefix("unsafe").unwrap_or(edit).trim();
            add(format!("By a tool: {}{caution}", code(edit)));
        }
    }
    list(items)
}

/// A text with its parts as the policy writes them: `push it to {registries}`.
fn words(book: &Book, text: &Expression) -> String {
    match &text.kind {
        ExpressionKind::Constant(Constant::String(text)) => text.to_string(),
        ExpressionKind::Interpolate(parts) => {
            let part = |part: &Expression| match &part.kind {
                ExpressionKind::Constant(Constant::String(text)) => text.to_string(),
                _ => format!("{{{}}}", book.source(part.span)),
            };
            parts.iter().map(part).collect()
        }
        _ => book.source(text.span).to_owned(),
    }
}

fn parameters(book: &Book, rule: &Rule) -> String {
    let rows: Vec<Vec<String>> = rule
        .parameters
        .iter()
        .map(|parameter| {
            vec![
                code(&parameter.name),
                sentence(&parameter.ty.describe(book.options.schema)),
                code(&parameter.value.to_string()),
                parameter
                    .allowed
                    .as_ref()
                    .map_or_else(|| "any".to_owned(), |allowed| code(&allowed.to_string())),
                sentence(&parameter.documentation),
            ]
        })
        .collect();
    let Some(first) = rule.parameters.first() else {
        return String::new();
    };
    let address = serde_json::Value::from(format!("{}.{}", rule.id, first.name));
    let setting = format!("[params]\n{address} = {}", toml(&first.value));
    format!(
        "{}\n\nA repository sets them in `ordain.toml`:\n\n{}",
        table(&["parameter", "type", "value", "allowed", "meaning"], &rows),
        fence("toml", &setting)
    )
}

/// A constant as configuration gives it.
fn toml(value: &Constant) -> String {
    match value {
        Constant::Map(entries) => {
            let entries = entries.iter();
            let entries: Vec<String> = entries
                .map(|(key, value)| format!("{} = {}", serde_json::Value::from(&**key), toml(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        Constant::List(values) => {
            let values: Vec<String> = values.iter().map(toml).collect();
            format!("[{}]", values.join(", "))
        }
        other => other.to_json().to_string(),
    }
}

fn waivers(book: &Book, rule: &Rule) -> String {
    let waivers = book.policies.waivers.iter();
    let in_force = waivers.filter(|waiver| waiver.rule == rule.id && !waiver.is_expired(book.options.today));
    let rows: Vec<Vec<String>> = in_force.map(waiver).collect();
    table(&["for", "until", "owner", "because"], &rows)
}

fn waiver(waiver: &Waiver) -> Vec<String> {
    let objects = waiver.objects.iter().map(|object| {
        let namespace = object.namespace.as_ref();
        let namespace = namespace.map_or_else(String::new, |name| format!(" in {}", code(name)));
        format!(
            "{} {}{namespace}",
            sentence(&object.kind.kind),
            code(&object.name)
        )
    });
    vec![
        objects.collect::<Vec<_>>().join(", "),
        waiver.until.to_string(),
        sentence(&waiver.owner),
        sentence(&waiver.because),
    ]
}

/// The checks that the rule stands for, by tool.
fn replaces(rule: &Rule) -> String {
    let mut peers: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for replaced in &rule.replaces {
        let checks = peers.entry(&replaced.peer).or_default();
        checks.push(code(&replaced.check));
    }
    let rows: Vec<Vec<String>> = peers
        .into_iter()
        .map(|(peer, mut checks)| {
            checks.dedup();
            vec![sentence(peer), checks.join(", ")]
        })
        .collect();
    table(&["tool", "check"], &rows)
}

fn enforced(book: &Book, rule: &Rule) -> String {
    let verdicts = verdicts(book.enforceability.rule(&rule.id));
    join([
        "`ordain check` holds every manifest of a repository against it. `ordain build` compiles it for:"
            .to_owned(),
        verdicts,
    ])
    .trim_end()
    .to_owned()
}
