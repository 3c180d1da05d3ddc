//! Declarations, and what all bodies in braces have in common.

use super::scan::{self, DECLARATION_WORDS};
use super::{Builder, Parts, Rule, mistakes};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{
    AutomationForm, Declaration, Exclusion, Expression, Function, Item, Let, Metric, Name, Pack, Param, Text,
    Use, UseTarget,
};
use pest::iterators::{Pair, Pairs};

impl<'t> Builder<'t> {
    /// Reads the whole file.
    pub(super) fn file(&mut self, pairs: Pairs<'t, Rule>) {
        let mut before: Option<Span> = None;
        for part in pairs.flat_map(Pair::into_inner) {
            let span = self.span(&part);
            match part.as_rule() {
                Rule::item => {
                    self.item(part);
                    before = Some(span);
                }
                Rule::misnamed_rule => {
                    self.misnamed_rule(part);
                    before = Some(span);
                }
                Rule::broken_item => {
                    let continued = before.take().filter(|before| self.continues(*before, span));
                    if continued.is_some()
                        && let Some(item) = self.items.last_mut()
                    {
                        item.broken = true;
                    }
                    self.explain_item(continued, span);
                }
                _ => {}
            }
        }
    }

    /// Reads a declaration, with the documentation before it, and adds it to the file.
    fn item(&mut self, pair: Pair<'t, Rule>) {
        let bytes = pair.as_span().start()..pair.as_span().end();
        let before = self.diagnostics.len();
        let mut parts = self.parts(pair);
        let mut documentation = Vec::new();
        while let Some(line) = parts.take(Rule::documentation_line) {
            let line = line.as_str().trim_start_matches('/').trim_end();
            documentation.push(line.strip_prefix(' ').unwrap_or(line).to_string());
        }
        let Some(declaration) = parts.node() else {
            return;
        };
        let span = self.span(&declaration);
        // What is misplaced within this declaration becomes an item of its own, behind it.
        let place = self.items.len();
        let built = self.guarded(span, |builder| builder.declaration(declaration));
        if let Some(declaration) = built.filter(is_named) {
            let broken = self.diagnostics.len() > before || self.is_faulty(bytes);
            let item = Item {
                documentation,
                declaration,
                span,
                broken,
            };
            self.items.insert(place, item);
        }
    }

    /// Reads a rule whose first word is another, if a rule was meant.
    fn misnamed_rule(&mut self, pair: Pair<'t, Rule>) {
        let span = self.span(&pair);
        let mut parts = self.parts(pair);
        while parts.has(Rule::documentation_line) {}
        let Some(word) = parts.node() else {
            return;
        };
        let word_span = self.span(&word);
        self.report(mistakes::unknown_word(
            word_span,
            word.as_str(),
            "declaration",
            &DECLARATION_WORDS,
        ));
        if mistakes::meant(word.as_str(), &DECLARATION_WORDS) != Some("rule") {
            return;
        }
        if let Some(rule) = self.guarded(span, |builder| builder.rule(parts)) {
            self.items.push(Item {
                documentation: Vec::new(),
                declaration: Declaration::Rule(rule),
                span: word_span.to(span),
                broken: true,
            });
        }
    }

    /// The name of a declaration with a body. One without a name has an empty one; it has been
    /// reported, and so will be what is wrong in its body.
    pub(super) fn heading(&mut self, parts: &mut Parts<'t>) -> Option<Name> {
        let name = parts.node()?;
        if name.as_rule() == Rule::declaration_name {
            return Some(self.name(&name));
        }
        self.explain_header(parts.start, &name);
        let keyword = scan::word_at(self.text, parts.start);
        Some(Name {
            text: String::new(),
            span: Span::new(self.file, parts.start, parts.start + keyword.len()),
        })
    }

    /// INVARIANT: a part that is left out of the tree is reported.
    pub(super) fn guarded<T>(&mut self, span: Span, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.diagnostics.len();
        let result = read(self);
        if result.is_none() && self.diagnostics.len() == before && !self.is_faulty(span.range()) {
            self.report(Diagnostic::new(Code::E0101, span, "this is not in the language"));
        }
        result
    }

    fn declaration(&mut self, pair: Pair<'t, Rule>) -> Option<Declaration> {
        let rule = pair.as_rule();
        let mut parts = self.parts(pair);
        Some(match rule {
            Rule::use_declaration => Declaration::Use(self.adoption(parts)?),
            Rule::pack_declaration => Declaration::Pack(self.pack(parts)?),
            Rule::let_declaration => Declaration::Let(self.let_binding(parts)?),
            Rule::param_declaration => {
                let name = self.name(&parts.node()?);
                let ty = self.ty(parts.node()?)?;
                let mut next = parts.node()?;
                let mut allowed = None;
                if next.as_rule() == Rule::allowed_values {
                    allowed = Some(self.only_expression(next)?);
                    next = parts.node()?;
                }
                let default = self.expression(next)?;
                Declaration::Param(Param {
                    name,
                    ty,
                    allowed,
                    default,
                })
            }
            Rule::fn_declaration => {
                let name = self.name(&parts.node()?);
                let mut rows = self.parts(parts.node()?);
                let mut parameters = Vec::new();
                while let Some(parameter) = rows.node() {
                    let mut parts = self.parts(parameter);
                    parameters.push((self.name(&parts.node()?), self.ty(parts.node()?)?));
                }
                Declaration::Function(Function {
                    name,
                    parameters,
                    result: self.ty(parts.node()?)?,
                    body: self.expression(parts.node()?)?,
                })
            }
            Rule::metric_declaration => {
                let mut metric = Metric {
                    name: self.name(&parts.node()?),
                    ty: self.ty(parts.node()?)?,
                    unit: None,
                    prometheus: None,
                };
                while let Some(part) = parts.node() {
                    match part.as_rule() {
                        Rule::metric_unit => metric.unit = Some(self.only_name(part)?),
                        _ => metric.prometheus = Some(self.only_text(part)?),
                    }
                }
                Declaration::Metric(metric)
            }
            Rule::rule_declaration => Declaration::Rule(self.rule(parts)?),
            Rule::budget_declaration => Declaration::Budget(self.budget(parts)?),
            Rule::optimize_declaration => {
                Declaration::Automation(self.automation(AutomationForm::Optimize, parts)?)
            }
            Rule::heal_declaration => Declaration::Automation(self.automation(AutomationForm::Heal, parts)?),
            Rule::promote_declaration => {
                Declaration::Automation(self.automation(AutomationForm::Promote, parts)?)
            }
            Rule::waive_declaration => Declaration::Waive(self.waive(parts)?),
            Rule::test_declaration => Declaration::Test(self.test_block(parts)?),
            _ => return None,
        })
    }

    fn adoption(&mut self, mut parts: Parts<'t>) -> Option<Use> {
        let target = parts.node()?;
        let span = self.span(&target);
        let target = match target.as_rule() {
            Rule::string => UseTarget::File(self.plain_text(target)?),
            Rule::peer => UseTarget::Peer(self.only_text(target)?),
            _ => UseTarget::Path(self.path_name(target)),
        };
        let mut except = Vec::new();
        while let Some(part) = parts.node() {
            except.push(self.exclusion(part)?);
        }
        Some(Use { target, except, span })
    }

    fn exclusion(&mut self, pair: Pair<'t, Rule>) -> Option<Exclusion> {
        let span = self.span(&pair);
        let mut parts = self.parts(pair);
        let mut paths = Vec::new();
        loop {
            let part = parts.node()?;
            if part.as_rule() == Rule::because {
                let because = self.only_text(part)?;
                return Some(Exclusion { paths, because, span });
            }
            paths.push(self.path_name(part));
        }
    }

    fn path_name(&mut self, pair: Pair<'t, Rule>) -> Vec<Name> {
        let parts = pair.into_inner().filter(|part| part.as_rule() == Rule::path_part);
        parts.map(|part| self.name(&part)).collect()
    }

    fn pack(&mut self, mut parts: Parts<'t>) -> Option<Pack> {
        let name = parts.node()?;
        let header = self.name(&name);
        let path = self.path_name(name);
        let mut uses = Vec::new();
        self.body("pack", &header, parts, |builder, part| {
            uses.push(builder.adoption(builder.parts(part))?);
            Some(())
        });
        Some(Pack { path, uses })
    }

    pub(super) fn let_binding(&mut self, mut parts: Parts<'t>) -> Option<Let> {
        Some(Let {
            name: self.name(&parts.node()?),
            value: self.expression(parts.node()?)?,
        })
    }

    /// The one expression within a part.
    pub(super) fn only_expression(&mut self, pair: Pair<'t, Rule>) -> Option<Expression> {
        let inner = self.parts(pair).node()?;
        self.expression(inner)
    }

    /// The one text within a part.
    pub(super) fn only_text(&mut self, pair: Pair<'t, Rule>) -> Option<Text> {
        let inner = self.parts(pair).node()?;
        self.plain_text(inner)
    }

    /// The one name within a part.
    pub(super) fn only_name(&mut self, pair: Pair<'t, Rule>) -> Option<Name> {
        let inner = self.parts(pair).node()?;
        Some(self.name(&inner))
    }

    /// The texts of a row.
    pub(super) fn texts(&mut self, pair: Pair<'t, Rule>) -> Option<Vec<Text>> {
        let mut parts = self.parts(pair);
        let mut texts = Vec::new();
        while let Some(text) = parts.node() {
            texts.push(self.plain_text(text)?);
        }
        Some(texts)
    }

    /// Keeps a value that may be given once.
    pub(super) fn once<T>(&mut self, slot: &mut Option<T>, value: T, word: &str, span: Span) {
        if slot.is_some() {
            let message = format!("`{word}` is given twice here");
            self.report(Diagnostic::new(Code::E0101, span, message).help("keep one of them"));
        } else {
            *slot = Some(value);
        }
    }

    /// Reads the parts of a body one by one and reports those that are not in the language.
    pub(super) fn body(
        &mut self,
        form: &'static str,
        header: &Name,
        mut parts: Parts<'t>,
        mut read: impl FnMut(&mut Self, Pair<'t, Rule>) -> Option<()>,
    ) {
        let before = self.diagnostics.len();
        let name = if header.text.is_empty() {
            form
        } else {
            &header.text
        };
        let start = parts.start;
        let mut opening = header.span;
        let mut last = header.span;
        let mut last_is_broken = false;
        let mut misplaced = Vec::new();
        while let Some(part) = parts.pairs.next() {
            let span = self.span(&part);
            let was_broken = std::mem::take(&mut last_is_broken);
            match part.as_rule() {
                Rule::open_brace => opening = span,
                Rule::missing_open_brace => self.report(
                    Diagnostic::new(Code::E0101, last, format!("expected `{{` behind `{name}`"))
                        .help(format!(
                            "the statements of a `{form}` stand between `{{` and `}}`"
                        ))
                        .fix("insert `{`", true, last.at_end(), " {"),
                ),
                Rule::missing_close_brace => {
                    if self.diagnostics.len() == before
                        && !self.is_faulty(header.span.start as usize..span.end as usize)
                    {
                        // Declarations at the beginning of a line are not misplaced but behind the body.
                        let is_indented = |declaration: &Span| !self.starts_line(*declaration);
                        misplaced.retain(|(declaration, _)| is_indented(declaration));
                        self.report(
                            Diagnostic::new(
                                Code::E0101,
                                opening,
                                format!("the `{{` of `{name}` is never closed"),
                            )
                            .help("write `}` behind its last statement")
                            .fix("insert `}`", true, last.at_end(), "\n}"),
                        );
                    }
                }
                Rule::close_brace => {}
                Rule::broken_header => self.explain_header(start, &part),
                Rule::misplaced_declaration => {
                    let Some(declaration) = self.parts(part).node() else {
                        continue;
                    };
                    let word = scan::word_at(declaration.as_str(), 0);
                    misplaced.push((span, word));
                    self.hoist(declaration, span);
                    continue;
                }
                Rule::broken_statement => {
                    let continued =
                        Some(last).filter(|last| *last != header.span && self.continues(*last, span));
                    self.explain_statement(form, continued, span, was_broken);
                    last = span;
                    last_is_broken = true;
                }
                rule if super::words::is_token(rule) => {}
                _ => {
                    last = span;
                    // A statement that a mistake interrupts is not the one that was meant.
                    let is_interrupted = parts.pairs.peek().is_some_and(|next| {
                        next.as_rule() == Rule::broken_statement && self.continues(span, self.span(&next))
                    });
                    if !is_interrupted {
                        self.guarded(span, |builder| read(builder, part));
                    }
                }
            }
        }
        for (span, word) in misplaced {
            let keyword = Span {
                end: span.start + word.len() as u32,
                ..span
            };
            self.report(
                Diagnostic::new(
                    Code::E0101,
                    keyword,
                    format!("`{word}` cannot stand within a `{form}`"),
                )
                .help(format!("move it before this `{form}`")),
            );
        }
    }

    /// Makes a declaration found within a body an item of the file.
    fn hoist(&mut self, declaration: Pair<'t, Rule>, span: Span) {
        let before = self.diagnostics.len();
        if let Some(declaration) = self.guarded(span, |builder| builder.declaration(declaration)) {
            self.items.push(Item {
                documentation: Vec::new(),
                declaration,
                span,
                broken: self.diagnostics.len() > before,
            });
        }
    }

    /// Whether a place is at the beginning of its line.
    fn starts_line(&self, span: Span) -> bool {
        let start = span.start as usize;
        start == 0 || matches!(self.text.as_bytes().get(start - 1), Some(b'\n' | b'\r'))
    }
}

/// Whether a declaration has the name that it must have.
fn is_named(declaration: &Declaration) -> bool {
    match declaration {
        Declaration::Rule(rule) => !rule.name.text.is_empty(),
        Declaration::Budget(budget) => !budget.name.text.is_empty(),
        Declaration::Automation(automation) => !automation.name.text.is_empty(),
        Declaration::Waive(waive) => !waive.rule.text.is_empty(),
        Declaration::Test(test) => !test.rule.text.is_empty(),
        _ => true,
    }
}
