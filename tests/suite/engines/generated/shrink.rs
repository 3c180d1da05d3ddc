//! A case on which engines differ → a smaller one, as a policy with a test.
//!
//! The policy shrinks by its text: statements, lines of clauses, entries and operands go, or the parts of
//! an expression take its place, wherever the syntax tree says that they stand. What no longer compiles is
//! no case.

use super::engines::Verdict;
use super::json::Json;
use ordain::source::Span;
use ordain::syntax::ast::{Declaration, Expression, ExpressionKind, File, StatementKind, StringPart};
use std::ops::Range;

/// Judgements that are spent on one case.
const MOST: usize = 3000;

/// The smallest case that was found to have a verdict of the same kind.
pub fn shrink(
    policy: &str,
    objects: &[Json],
    verdict: &Verdict,
    judge: &mut dyn FnMut(&str, &[Json]) -> Verdict,
) -> (String, Vec<Json>, Verdict) {
    let mut policy = policy.to_owned();
    let mut objects = objects.to_vec();
    let mut verdict = verdict.clone();
    let mut spent = 0;
    let mut shrinks = |policy: &str, objects: &[Json], verdict: &mut Verdict| {
        spent += 1;
        if spent > MOST {
            return false;
        }
        let found = judge(policy, objects);
        let is_like = found.is_like(verdict);
        if is_like {
            *verdict = found;
        }
        is_like
    };
    if !matches!(verdict, Verdict::Refused(_))
        && let Some(alone) = objects
            .iter()
            .find(|object| shrinks(&policy, std::slice::from_ref(object), &mut verdict))
    {
        objects = vec![alone.clone()];
    }
    loop {
        let smaller = Json::List(objects.clone())
            .reductions()
            .into_iter()
            .filter_map(|smaller| match smaller {
                Json::List(objects) => Some(objects),
                _ => None,
            })
            .find(|objects| {
                !matches!(verdict, Verdict::Refused(_)) && shrinks(&policy, objects, &mut verdict.clone())
            });
        if let Some(smaller) = smaller {
            objects = smaller;
            continue;
        }
        let shorter = reductions(&policy)
            .into_iter()
            .find(|shorter| shrinks(shorter, &objects, &mut verdict));
        match shorter {
            Some(shorter) => policy = shorter,
            None => break,
        }
    }
    let last = judge(&policy, &objects);
    (policy, objects, last)
}

/// A case as text that may stand in a policy file.
pub fn test_block(policy: &str, objects: &[Json]) -> String {
    let documents: Vec<String> = objects.iter().map(|object| format!("    {object}\n")).collect();
    format!(
        "{policy}\ntest generated {{\n  accepts \"\"\"\n{}  \"\"\"\n}}\n",
        documents.join("    ---\n")
    )
}

/// The policy without one of its parts, for every part.
fn reductions(policy: &str) -> Vec<String> {
    let mut sources = ordain::source::Sources::default();
    let id = sources.add(ordain::source::SourceFile::new("policy.ordain", policy));
    let (tree, _) = ordain::syntax::parse(id, policy);
    let mut edits = Edits {
        policy,
        found: Vec::new(),
    };
    edits.file(&tree);
    edits.found.sort_by_key(String::len);
    edits.found.dedup();
    edits.found
}

struct Edits<'a> {
    policy: &'a str,
    found: Vec<String>,
}

impl Edits<'_> {
    fn replace(&mut self, range: Range<usize>, text: &str) {
        let (before, after) = (&self.policy[..range.start], &self.policy[range.end..]);
        let shorter = format!("{before}{text}{after}");
        if shorter.len() < self.policy.len() {
            self.found.push(shorter);
        }
    }

    fn file(&mut self, tree: &File) {
        for item in &tree.items {
            if !matches!(item.declaration, Declaration::Rule(_)) {
                self.replace(item.span.range(), "");
            }
            match &item.declaration {
                Declaration::Rule(rule) => {
                    for statement in &rule.body {
                        self.replace(statement.span.range(), "");
                        self.statement(&statement.kind, statement.span);
                    }
                }
                Declaration::Function(function) => self.expression(&function.body),
                Declaration::Let(named) => self.expression(&named.value),
                _ => {}
            }
        }
    }

    fn statement(&mut self, kind: &StatementKind, whole: Span) {
        match kind {
            StatementKind::For(binding) => {
                if let Some(condition) = &binding.condition {
                    self.replace(binding.subject.span.range().end..condition.span.range().end, "");
                    self.expression(condition);
                }
                self.expression(&binding.subject);
            }
            StatementKind::Where(condition) => self.expression(condition),
            StatementKind::Let(named) => self.expression(&named.value),
            StatementKind::Clause(clause) => {
                self.expression(&clause.condition);
                let end = clause.condition.span.range().end;
                self.replace(end..whole.range().end, "");
                for (word, part) in [
                    ("message", &clause.message),
                    ("help", &clause.help),
                    ("at", &clause.at),
                ] {
                    let Some(part) = part else { continue };
                    let start = part.span.range().start;
                    if let Some(word_start) = self.policy[..start].rfind(word) {
                        self.replace(word_start..part.span.range().end, "");
                    }
                    self.expression(part);
                }
            }
        }
    }

    /// Parts of an expression in its place, and the same for each part.
    fn expression(&mut self, whole: &Expression) {
        let range = whole.span.range();
        for simple in ["true", "\"a\"", "1", "[]"] {
            self.replace(range.clone(), simple);
        }
        for part in parts(whole) {
            let text = self.policy[part.span.range()].to_owned();
            self.replace(range.clone(), &text);
            self.replace(range.clone(), &format!("({text})"));
            self.expression(part);
        }
    }
}

fn parts(whole: &Expression) -> Vec<&Expression> {
    match &whole.kind {
        ExpressionKind::Interpolation(parts) => parts
            .iter()
            .filter_map(|part| match part {
                StringPart::Expression(expression) => Some(expression),
                StringPart::Text(_) => None,
            })
            .collect(),
        ExpressionKind::List(parts) => parts.iter().collect(),
        ExpressionKind::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
        ExpressionKind::Field(base, _)
        | ExpressionKind::Cast(base, _)
        | ExpressionKind::Negate(base)
        | ExpressionKind::Not(base)
        | ExpressionKind::IsSet(base)
        | ExpressionKind::IsMissing(base)
        | ExpressionKind::IsKind(base, _) => vec![base],
        ExpressionKind::Index(left, right)
        | ExpressionKind::Binary(left, _, right)
        | ExpressionKind::Range(left, right) => vec![left, right],
        ExpressionKind::Call(call) => call
            .receiver
            .as_deref()
            .into_iter()
            .chain(&call.arguments)
            .collect(),
        ExpressionKind::Quantifier(_, binding, body) | ExpressionKind::Sum(binding, body) => {
            let mut parts = vec![&*binding.subject];
            parts.extend(binding.condition.as_deref());
            parts.push(body);
            parts
        }
        ExpressionKind::Count(binding) => {
            let mut parts = vec![&*binding.subject];
            parts.extend(binding.condition.as_deref());
            parts
        }
        _ => Vec::new(),
    }
}
