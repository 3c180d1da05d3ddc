//! Which rule of Rego reads which.
//!
//! In: the trees. Out: a refusal for each circle. A reference to a package reads all of its rules, as OPA has it.

use super::names::{Names, Path, Scope};
use super::read::Read;
use super::tree::{self, Piece};
use super::{Refusal, refuse};
use crate::codes::Code;
use regorus::unstable::{Expr, Span};
use std::collections::{BTreeMap, BTreeSet};

/// A reference of a rule to another.
struct Edge {
    to: Path,
    file: usize,
    span: Span,
}

/// A refusal for each circle of rules, at the reference by which its first rule enters it.
pub fn recursion(modules: &[Read], names: &Names) -> Vec<Refusal> {
    let edges = edges(modules, names);
    let mut refusals = Vec::new();
    let mut told: BTreeSet<Path> = BTreeSet::new();
    for from in edges.keys() {
        if told.contains(from) {
            continue;
        }
        let Some((circle, edge)) = circle(from, &edges) else {
            continue;
        };
        let name = |path: &Path| format!("`data.{}`", path.join("."));
        let message = match circle.as_slice() {
            [_] => format!("{} reads itself", name(from)),
            _ => {
                let others: Vec<String> = circle.iter().skip(1).map(name).collect();
                format!("{} reads itself by way of {}", name(from), others.join(", "))
            }
        };
        let help = "OPA refuses recursion too; let one of the rules do without the other";
        refusals.push(refuse(Code::R0103, edge.file, &edge.span, message, help));
        told.extend(circle);
    }
    refusals
}

fn edges(modules: &[Read], names: &Names) -> BTreeMap<Path, Vec<Edge>> {
    let mut edges: BTreeMap<Path, Vec<Edge>> = BTreeMap::new();
    for module in modules {
        for rule in &module.tree.policy {
            let scope = Scope::of(rule, module, names);
            let own = edges.entry(module.path_of(rule)).or_default();
            let mut add = |expression: &Expr| {
                let Some((path, _)) = scope.resolve(expression) else {
                    return;
                };
                let Some(path) = path.strip_prefix(&["data".to_string()]) else {
                    return;
                };
                own.extend(names.reached(path).map(|to| Edge {
                    to: to.clone(),
                    file: module.file,
                    span: expression.span().clone(),
                }));
            };
            tree::rule(rule, &mut |piece| match piece {
                Piece::Expression(Expr::Call { fcn, .. }) => add(fcn),
                Piece::Expression(
                    expression @ (Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. }),
                ) => add(expression),
                Piece::Expression(_) | Piece::Statement(_) => {}
            });
        }
    }
    edges
}

/// The shortest way from a rule back to it: the rules on it, and its first reference.
fn circle<'a>(start: &Path, edges: &'a BTreeMap<Path, Vec<Edge>>) -> Option<(Vec<Path>, &'a Edge)> {
    let mut from: BTreeMap<&Path, (&Path, &'a Edge)> = BTreeMap::new();
    let mut next: std::collections::VecDeque<&Path> = std::collections::VecDeque::new();
    let (start, _) = edges.get_key_value(start)?;
    next.push_back(start);
    while let Some(rule) = next.pop_front() {
        for edge in edges.get(rule).into_iter().flatten() {
            if edge.to == *start {
                let mut way = vec![rule.clone()];
                let mut first = edge;
                let mut at = rule;
                while at != start {
                    let (before, edge) = from[at];
                    first = edge;
                    at = before;
                    way.push(at.clone());
                }
                way.reverse();
                return Some((way, first));
            }
            if let Some((to, _)) = edges.get_key_value(&edge.to)
                && !from.contains_key(to)
            {
                from.insert(to, (rule, edge));
                next.push_back(to);
            }
        }
    }
    None
}
