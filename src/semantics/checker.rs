//! The state of checking one declaration: names in scope, facts, locals and what was found wrong.
//!
//! In: the declarations of the program and what was compiled of those that this one may call. Out, by
//! the other files of this folder: compiled expressions and diagnostics.

use super::narrow::Facts;
use super::program::{Bodies, GlobalId, ModuleId, Program};
use super::warnings::OpenLists;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Local, Slot, Type};
use crate::schema::Schema;
use crate::source::Span;
use crate::syntax::ast::Name;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The most nodes that `fn` and `let` may grow to in one declaration once they are put in place.
const MOST_NODES: usize = 20_000;

/// The most that they may grow to in all declarations of a run.
const MOST_NODES_OF_ALL: usize = 2_000_000;

/// Characters of a policy that a sentence quotes at most.
const LONGEST_EXCERPT: usize = 160;

/// Checks one declaration.
pub(crate) struct Checker<'a> {
    pub(super) program: &'a Program<'a>,
    pub(super) bodies: &'a Bodies,
    /// The file whose names are visible.
    pub(super) module: ModuleId,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) locals: Vec<Local>,
    pub(super) facts: Facts,
    pub(super) names: Vec<Bound>,
    /// Where each name in scope stands in `names`.
    places: HashMap<String, usize>,
    /// Names that have left scope, to be pointed at when they are used all the same.
    pub(super) former: BTreeMap<String, Span>,
    /// The values of `let` names, by slot.
    pub(super) values: BTreeMap<Slot, Named>,
    /// The binders over namespaces.
    pub(super) namespaces: BTreeSet<Slot>,
    /// What the other binders range over, by slot, where it is a value.
    pub(super) lists: BTreeMap<Slot, ir::Expression>,
    /// Those of them that are bound to keys, indices and names of fields.
    pub(super) keys: BTreeSet<Slot>,
    /// The binder whose element that value is a part of, by slot.
    pub(super) origins: BTreeMap<Slot, Slot>,
    /// The globals that were read.
    pub(super) used: BTreeSet<GlobalId>,
    pub(super) open_lists: OpenLists,
    nodes: usize,
}

/// A name in scope.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) slot: Slot,
    pub(super) used: bool,
    /// What to call it when it is never used; parameters of functions are not reported.
    pub(super) role: Role,
}

/// The value of a `let` name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) value: ir::Expression,
    /// Whether it is a path of fields, by way of other names as well.
    pub(super) is_path: bool,
    /// Whether it is a path of fields and of what Ordain derives from them.
    pub(super) is_place: bool,
}

/// What a local name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Bound by `for` or a quantifier.
    Binder,
    /// Named by `let`.
    Value,
    /// A parameter of a function.
    Argument,
}

impl<'a> Checker<'a> {
    pub(super) fn new(program: &'a Program<'a>, bodies: &'a Bodies, module: ModuleId) -> Checker<'a> {
        Checker {
            program,
            bodies,
            module,
            diagnostics: Vec::new(),
            locals: Vec::new(),
            facts: Facts::default(),
            names: Vec::new(),
            places: HashMap::new(),
            former: BTreeMap::new(),
            values: BTreeMap::new(),
            namespaces: BTreeSet::new(),
            lists: BTreeMap::new(),
            keys: BTreeSet::new(),
            origins: BTreeMap::new(),
            used: BTreeSet::new(),
            open_lists: OpenLists::default(),
            nodes: 0,
        }
    }

    /// The API that fields are checked against.
    pub(crate) fn schema(&self) -> &'a Schema {
        self.program.schema(self.module)
    }

    /// Keeps a diagnostic.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// How messages name a type.
    pub(crate) fn describe(&self, ty: &Type) -> String {
        ty.describe(self.schema())
    }

    /// The text of a span on one line, cut where it is too long to be read in a sentence.
    pub(super) fn excerpt(&self, span: Span) -> String {
        let words: Vec<&str> = self.program.text(span).split_whitespace().collect();
        let line = words.join(" ");
        match line.char_indices().nth(LONGEST_EXCERPT) {
            Some((end, _)) => format!("{}…", line[..end].trim_end()),
            None => line,
        }
    }

    /// A new local of that name.
    pub(super) fn local(&mut self, name: &str, ty: Type) -> Slot {
        let slot = Slot(u32::try_from(self.locals.len()).unwrap_or(u32::MAX));
        self.locals.push(Local {
            name: name.into(),
            ty,
        });
        slot
    }

    /// Brings a name into scope with a new local. What is called `_` cannot be named.
    pub(super) fn bind(&mut self, name: &Name, ty: Type, role: Role) -> Slot {
        let slot = self.local(&name.text, ty);
        if name.text == "_" {
            return slot;
        }
        if let Some(other) = self.visible_declaration(&name.text) {
            self.report(
                Diagnostic::new(
                    Code::E0202,
                    name.span,
                    format!("`{}` is declared already", name.text),
                )
                .with(other, "here")
                .help("choose another name: names are never shadowed"),
            );
        }
        self.former.remove(&name.text);
        self.places.insert(name.text.clone(), self.names.len());
        self.names.push(Bound {
            name: name.text.clone(),
            span: name.span,
            slot,
            used: false,
            role,
        });
        slot
    }

    /// The local name, if it is in scope.
    pub(super) fn bound(&self, name: &str) -> Option<&Bound> {
        self.names.get(*self.places.get(name)?)
    }

    /// Where a name that is in scope was declared.
    fn visible_declaration(&self, name: &str) -> Option<Span> {
        let local = self
            .names
            .iter()
            .find(|bound| bound.name == name)
            .map(|bound| bound.span);
        local.or_else(|| self.program.declared_at(self.module, name))
    }

    /// The local of that name, which counts as a use of it.
    pub(super) fn lookup(&mut self, name: &str) -> Option<Slot> {
        let bound = self.names.get_mut(*self.places.get(name)?)?;
        bound.used = true;
        Some(bound.slot)
    }

    /// Lets the names bound since `mark` (a length of `names`) leave scope; the unused are warned of.
    pub(super) fn leave(&mut self, mark: usize) {
        while self.names.len() > mark {
            let Some(bound) = self.names.pop() else { return };
            if self.places.get(&bound.name) == Some(&self.names.len()) {
                self.places.remove(&bound.name);
            }
            if !bound.used && bound.role != Role::Argument {
                let what = if bound.role == Role::Value {
                    "value"
                } else {
                    "name"
                };
                let diagnostic = Diagnostic::new(
                    Code::W0001,
                    bound.span,
                    format!("the {what} `{}` is never used", bound.name),
                );
                self.report(match bound.role {
                    Role::Value => diagnostic.help("remove it"),
                    _ => diagnostic
                        .help("call it `_`")
                        .fix("call it `_`", true, bound.span, "_"),
                });
            }
            self.former.insert(bound.name, bound.span);
        }
    }

    /// Where the name of a local was bound.
    pub(super) fn bound_at(&self, value: &ir::Expression) -> Option<Span> {
        let ir::ExpressionKind::Local(slot) = value.kind else {
            return None;
        };
        self.names
            .iter()
            .find(|bound| bound.slot == slot)
            .map(|bound| bound.span)
    }

    /// The type of a local.
    pub(super) fn type_of_local(&self, slot: Slot) -> Type {
        self.locals
            .get(slot.0 as usize)
            .map_or(Type::Error, |local| local.ty.clone())
    }

    /// Notes that so many nodes are put in place for a call. `false` if that is too many.
    pub(super) fn spend(&mut self, nodes: usize) -> bool {
        let all = self.program.nodes.get().saturating_add(nodes);
        self.nodes = self.nodes.saturating_add(nodes);
        let fits = self.nodes <= MOST_NODES && all <= MOST_NODES_OF_ALL;
        if fits {
            self.program.nodes.set(all);
        }
        fits
    }
}

/// A compiled expression.
pub(super) fn expression(kind: ir::ExpressionKind, ty: Type, span: Span) -> ir::Expression {
    ir::Expression { kind, ty, span }
}

/// What stands for an expression with an error that was reported.
pub(super) fn error(span: Span) -> ir::Expression {
    expression(
        ir::ExpressionKind::Constant(ir::Constant::Bool(false)),
        Type::Error,
        span,
    )
}

/// A constant.
pub(super) fn constant(value: ir::Constant, ty: Type, span: Span) -> ir::Expression {
    expression(ir::ExpressionKind::Constant(value), ty, span)
}

/// A constant string.
pub(super) fn text(value: impl Into<Arc<str>>, span: Span) -> ir::Expression {
    constant(ir::Constant::String(value.into()), Type::String, span)
}
