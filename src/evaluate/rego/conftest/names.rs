//! What names mean in modules of Rego.
//!
//! In: the trees of all modules. Out: [`Names`], which knows every rule by its path below `data`, and
//! [`Scope`], which tells what a reference of one rule leads to.

use super::read::Read;
use super::tree::{self, Piece};
use regorus::unstable::{AssignOp, Expr, Literal, Rule, RuleHead};
use std::collections::{BTreeMap, BTreeSet};

/// Steps below `data`.
pub type Path = Vec<String>;

/// The rules of all modules.
#[derive(Debug, Default)]
pub struct Names {
    /// Whether each is a function.
    pub rules: BTreeMap<Path, bool>,
}

impl Names {
    /// The rules of these modules.
    pub fn of(modules: &[Read]) -> Names {
        let mut names = Names::default();
        for module in modules {
            for rule in &module.tree.policy {
                let is_function = match &**rule {
                    Rule::Spec { head, .. } => matches!(head, RuleHead::Func { .. }),
                    Rule::Default { args, .. } => !args.is_empty(),
                };
                *names.rules.entry(module.path_of(rule)).or_default() |= is_function;
            }
        }
        names
    }

    /// The rules that a path leads to: those on the way to it and those below it.
    pub fn reached<'a>(&'a self, path: &'a [String]) -> impl Iterator<Item = &'a Path> {
        self.rules
            .keys()
            .filter(move |rule| rule.starts_with(path) || path.starts_with(rule))
    }
}

/// What names mean inside a rule.
pub struct Scope<'a> {
    names: &'a Names,
    module: &'a Read,
    locals: BTreeSet<String>,
}

impl<'a> Scope<'a> {
    /// The scope of a rule of a module.
    pub fn of(rule: &'a Rule, module: &'a Read, names: &'a Names) -> Scope<'a> {
        let mut locals = BTreeSet::new();
        let declare = |expr: &Expr, locals: &mut BTreeSet<String>| {
            tree::expression(expr, &mut |piece| {
                if let Piece::Expression(Expr::Var { span, .. }) = piece {
                    locals.insert(span.text().to_string());
                }
            });
        };
        let arguments = match rule {
            Rule::Spec {
                head: RuleHead::Func { args, .. },
                ..
            }
            | Rule::Default { args, .. } => args.as_slice(),
            Rule::Spec { .. } => &[],
        };
        for argument in arguments {
            declare(argument, &mut locals);
        }
        tree::rule(rule, &mut |piece| match piece {
            Piece::Statement(statement) => match &statement.literal {
                Literal::SomeVars { vars, .. } => {
                    locals.extend(vars.iter().map(|span| span.text().to_string()));
                }
                Literal::SomeIn { key, value, .. } => {
                    for part in key.iter().chain([value]) {
                        declare(part, &mut locals);
                    }
                }
                Literal::Every { key, value, .. } => {
                    let vars = key.iter().chain([value]);
                    locals.extend(vars.map(|span| span.text().to_string()));
                }
                Literal::Expr { .. } | Literal::NotExpr { .. } => {}
            },
            Piece::Expression(Expr::AssignExpr {
                op: AssignOp::ColEq,
                lhs,
                ..
            }) => declare(lhs, &mut locals),
            Piece::Expression(_) => {}
        });
        Scope {
            names,
            module,
            locals,
        }
    }

    /// Whether a variable stands for something outside of the rule: a rule, an import, `input` or `data`.
    pub fn is_global(&self, variable: &str) -> bool {
        !self.locals.contains(variable)
            && (matches!(variable, "input" | "data")
                || self.module.imports.contains_key(variable)
                || self.is_rule(variable))
    }

    fn is_rule(&self, variable: &str) -> bool {
        let mut path = self.module.package.clone();
        path.push(variable.to_string());
        self.names.rules.keys().any(|rule| rule.starts_with(&path))
    }

    /// The path of a reference from `data` or `input` on, as far as it is fixed, and whether that is all of
    /// it. `None` if it starts with a variable of the rule, or with what is no rule.
    pub fn resolve(&self, expr: &Expr) -> Option<(Path, bool)> {
        let (steps, complete) = tree::path(expr)?;
        let (first, rest) = steps.split_first()?;
        if self.locals.contains(first) {
            return None;
        }
        let mut path = match (first.as_str(), self.module.imports.get(first)) {
            ("input" | "data", _) => vec![first.clone()],
            (_, Some(import)) => import.clone(),
            (_, None) if self.is_rule(first) => {
                let mut path = vec!["data".to_string()];
                path.extend(self.module.package.iter().cloned());
                path.push(first.clone());
                path
            }
            _ => return None,
        };
        path.extend(rest.iter().cloned());
        Some((path, complete))
    }
}
