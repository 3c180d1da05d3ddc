//! Files, declarations, and the bodies of rules, budgets, waivers and tests.

use super::expressions::names_text;
use super::layout::{Doc, lay_out};
use super::literals::{object_doc, type_text};
use super::{Brackets, Rows, Writer};
use crate::syntax::ast::{
    Budget, Clause, ClauseForm, Declaration, Expression, File, Fix, FixEdit, Fixture, Function, Item, Let,
    Metadata, Metric, Name, Param, Replaces, Rule, StatementKind, Test, TestCase, Use, UseTarget, Waive,
};

impl Writer<'_> {
    pub(super) fn file(&mut self, file: &File) -> String {
        let mut rows = Rows::default();
        let mut previous: Option<&Item> = None;
        for item in &file.items {
            // Declarations of one line may stand close together; others have an empty line between.
            let is_close =
                |previous: &Item| is_short(previous) && is_short(item) && item.documentation.is_empty();
            let mut apart = previous.is_some_and(|previous| !is_close(previous));
            while let Some(comment) = self.comment_before(item.span.start) {
                if self.starts_line(comment.span.start) {
                    let blank = std::mem::take(&mut apart) || self.has_blank_before(comment.span.start);
                    rows.add(Doc::text(&comment.text), blank);
                } else {
                    rows.trail(comment);
                }
            }
            let blank = apart || self.has_blank_before(self.start_with_documentation(item));
            let mut docs = Vec::new();
            for line in &item.documentation {
                let space = if line.is_empty() { "" } else { " " };
                docs.extend([Doc::text(format!("///{space}{line}")), Doc::Hardline]);
            }
            docs.push(self.declaration(item));
            rows.add(Doc::Row(docs), blank);
            previous = Some(item);
        }
        rows.comments(self, u32::MAX);
        let text = lay_out(&Doc::Row(rows.docs));
        text.trim_start_matches('\n').to_string()
    }

    /// Where a declaration starts, or the documentation before it.
    fn start_with_documentation(&self, item: &Item) -> u32 {
        let mut start = item.span.start as usize;
        for _ in &item.documentation {
            let before = self.text.get(..start).unwrap_or("").trim_end();
            start = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
        }
        start as u32
    }

    fn declaration(&mut self, item: &Item) -> Doc {
        let end = item.span.end;
        match &item.declaration {
            Declaration::Use(adoption) => {
                let mut rows = Rows::default();
                self.adoption(adoption, false, &mut rows);
                // The first row stands where the declaration does.
                rows.docs.remove(0);
                Doc::Row(rows.docs)
            }
            Declaration::Pack(pack) => {
                let mut rows = Rows::default();
                for adoption in &pack.uses {
                    rows.comments(self, adoption.span.start);
                    // The keyword stands before the target's place.
                    let blank = self.has_blank_before(adoption.span.start);
                    self.adoption(adoption, blank, &mut rows);
                }
                self.body(format!("pack {}", dotted(&pack.path)), rows, end)
            }
            Declaration::Let(binding) => self.let_binding(binding),
            Declaration::Param(param) => self.param(param),
            Declaration::Function(function) => self.function(function),
            Declaration::Metric(metric) => self.metric(metric),
            Declaration::Rule(rule) => self.rule(rule, end),
            Declaration::Budget(budget) => self.budget(budget, end),
            Declaration::Automation(automation) => self.automation(automation, end),
            Declaration::Waive(waive) => self.waive(waive, end),
            Declaration::Test(test) => self.test_block(test, end),
        }
    }

    /// Rows in braces behind a header; comments up to `end` belong to them.
    pub(super) fn body(&mut self, header: String, mut rows: Rows, end: u32) -> Doc {
        rows.comments(self, end);
        if rows.docs.is_empty() {
            return Doc::text(format!("{header} {{}}"));
        }
        Doc::Row(vec![
            Doc::text(format!("{header} {{")),
            Doc::indent(rows.docs),
            Doc::Hardline,
            Doc::text("}"),
        ])
    }

    /// The row of a `use`, and one further in for each `except`.
    fn adoption(&mut self, adoption: &Use, blank: bool, rows: &mut Rows) {
        let doc = match &adoption.target {
            UseTarget::Path(path) => Doc::text(format!("use {}", dotted(path))),
            UseTarget::File(file) => Doc::Row(vec![Doc::text("use "), self.string(file)]),
            UseTarget::Peer(peer) => Doc::Row(vec![Doc::text("use replaces "), self.string(peer)]),
        };
        rows.add(doc, blank);
        let mut inner = Rows::default();
        for exclusion in &adoption.except {
            inner.comments(self, exclusion.span.start);
            let paths = self.listed("except ", &exclusion.paths, |_, path| Doc::text(dotted(path)));
            let because = vec![Doc::Line, Doc::text("because "), self.string(&exclusion.because)];
            inner.add(Doc::group(vec![paths, Doc::indent(because)]), false);
        }
        if !inner.docs.is_empty() {
            rows.docs.push(Doc::indent(inner.docs));
        }
    }

    fn let_binding(&mut self, binding: &Let) -> Doc {
        let name = Doc::text(format!("let {} = ", binding.name.text));
        Doc::Row(vec![name, self.expression(&binding.value)])
    }

    fn param(&mut self, param: &Param) -> Doc {
        let mut docs = vec![Doc::text(format!(
            "param {}: {}",
            param.name.text,
            type_text(&param.ty)
        ))];
        if let Some(allowed) = &param.allowed {
            docs.extend([Doc::text(" in "), self.expression(allowed)]);
        }
        docs.extend([Doc::text(" = "), self.expression(&param.default)]);
        Doc::Row(docs)
    }

    fn function(&mut self, function: &Function) -> Doc {
        let end = function.parameters.last().map_or(0, |(_, ty)| ty.span.end);
        let parameters = self.bracketed(
            Brackets::PARENTHESES,
            &function.parameters,
            |(name, _)| name.span.start,
            end,
            |_, (name, ty)| Doc::text(format!("{}: {}", name.text, type_text(ty))),
        );
        Doc::Row(vec![
            Doc::text(format!("fn {}", function.name.text)),
            parameters,
            Doc::text(format!(": {} = ", type_text(&function.result))),
            self.expression(&function.body),
        ])
    }

    fn metric(&mut self, metric: &Metric) -> Doc {
        let mut docs = vec![Doc::text(format!(
            "metric {}: {}",
            metric.name.text,
            type_text(&metric.ty)
        ))];
        if let Some(unit) = &metric.unit {
            docs.push(Doc::text(format!(" in {}", unit.text)));
        }
        if let Some(query) = &metric.prometheus {
            docs.extend([Doc::text(" = prometheus "), self.string(query)]);
        }
        Doc::Row(docs)
    }

    fn rule(&mut self, rule: &Rule, end: u32) -> Doc {
        let mut rows = Rows::default();
        self.metadata(&rule.metadata, &mut rows);
        for statement in &rule.body {
            let start = statement.span.start;
            rows.comments(self, start);
            let blank = self.has_blank_before(start);
            match &statement.kind {
                // Its `where` belongs to it only on the same line.
                StatementKind::For(binding) => {
                    let doc = Doc::Row(vec![Doc::text("for "), self.binding(binding, Doc::text(" "))]);
                    rows.add(doc, blank);
                }
                StatementKind::Where(condition) => {
                    let doc = Doc::Row(vec![Doc::text("where "), self.expression(condition)]);
                    rows.add(doc, blank);
                }
                StatementKind::Let(binding) => {
                    let doc = self.let_binding(binding);
                    rows.add(doc, blank);
                }
                StatementKind::Clause(clause) => self.clause(clause, &mut rows, blank),
            }
        }
        self.body(format!("rule {}", rule.name.text), rows, end)
    }

    pub(super) fn metadata(&mut self, metadata: &[Metadata], rows: &mut Rows) {
        for line in metadata {
            let start = match line {
                Metadata::Severity(name) | Metadata::Category(name) => name.span.start,
                Metadata::Controls(controls) => controls.first().map_or(0, |text| text.span.start),
                Metadata::Replaces(replaces) => replaces.span.start,
            };
            rows.comments(self, start);
            let doc = match line {
                Metadata::Severity(name) => Doc::text(format!("severity {}", name.text)),
                Metadata::Category(name) => Doc::text(format!("category {}", name.text)),
                Metadata::Controls(controls) => self.listed("controls ", controls, Writer::string),
                Metadata::Replaces(replaces) => self.replaces(replaces),
            };
            rows.add(doc, false);
        }
    }

    /// Parts with commas between them, broken behind the commas.
    pub(super) fn listed<T>(
        &mut self,
        word: &'static str,
        parts: &[T],
        mut write: impl FnMut(&mut Self, &T) -> Doc,
    ) -> Doc {
        let mut docs = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                docs.extend([Doc::text(","), Doc::Line]);
            }
            docs.push(write(self, part));
        }
        Doc::group(vec![Doc::text(word), Doc::indent(docs)])
    }

    fn replaces(&mut self, replaces: &Replaces) -> Doc {
        let end = replaces.span.end;
        let mut docs = vec![Doc::text("replaces "), self.string(&replaces.check)];
        if !replaces.with.is_empty() {
            docs.extend([Doc::text(" with "), self.settings(&replaces.with)]);
        }
        if !replaces.from.is_empty() {
            docs.push(Doc::text(" from "));
            docs.push(self.bracketed(
                Brackets::BRACES,
                &replaces.from,
                |(path, _)| path.span.start,
                end,
                |writer, (path, name)| {
                    Doc::Row(vec![writer.string(path), Doc::text(format!(": {}", name.text))])
                },
            ));
        }
        Doc::Row(docs)
    }

    fn settings(&mut self, settings: &[(Name, Expression)]) -> Doc {
        let end = settings.last().map_or(0, |(_, value)| value.span.end);
        self.bracketed(
            Brackets::BRACES,
            settings,
            |(name, _)| name.span.start,
            end,
            |writer, (name, value)| {
                Doc::Row(vec![
                    Doc::text(format!("{}: ", name.text)),
                    writer.expression(value),
                ])
            },
        )
    }

    fn clause(&mut self, clause: &Clause, rows: &mut Rows, blank: bool) {
        let word = match clause.form {
            ClauseForm::Require => "require ",
            ClauseForm::Forbid => "forbid ",
        };
        let doc = Doc::Row(vec![Doc::text(word), self.expression(&clause.condition)]);
        rows.add(doc, blank);
        let attachments = [
            ("message ", &clause.message),
            ("help ", &clause.help),
            ("at ", &clause.at),
        ];
        for (word, value) in attachments {
            if let Some(value) = value {
                rows.comments(self, value.span.start);
                let doc = Doc::Row(vec![Doc::text(word), self.expression(value)]);
                rows.add(doc, false);
            }
        }
        for fix in &clause.fixes {
            rows.comments(self, fix.span.start);
            let doc = self.fix(fix);
            rows.add(doc, false);
        }
    }

    fn fix(&mut self, fix: &Fix) -> Doc {
        let word = if fix.is_unsafe { "fix unsafe " } else { "fix " };
        let edit = match &fix.edit {
            FixEdit::Set(path, value) => vec![
                Doc::text("set "),
                self.expression(path),
                Doc::text(" = "),
                self.expression(value),
            ],
            FixEdit::Remove(path) => vec![Doc::text("remove "), self.expression(path)],
            FixEdit::Add(value, path) => vec![
                Doc::text("add "),
                self.expression(value),
                Doc::text(" to "),
                self.expression(path),
            ],
        };
        Doc::Row(vec![Doc::text(word), Doc::Row(edit)])
    }

    fn budget(&mut self, budget: &Budget, end: u32) -> Doc {
        let mut rows = Rows::default();
        self.metadata(&budget.metadata, &mut rows);
        if let Some(scope) = &budget.scope {
            let start = scope.names.first().map_or(0, |name| name.span.start);
            rows.comments(self, start);
            let doc = Doc::Row(vec![Doc::text("for "), self.binding(scope, Doc::text(" "))]);
            rows.add(doc, self.has_blank_before_line(start));
        }
        for limit in &budget.limits {
            let start = limit.span.start;
            rows.comments(self, start);
            let mut docs = vec![
                Doc::text(format!("{} at most ", limit.measure.text)),
                self.amount(&limit.at_most),
            ];
            if let Some(growth) = &limit.growing_at_most {
                docs.extend([Doc::text(" growing at most "), self.amount(growth)]);
            }
            rows.add(Doc::Row(docs), self.has_blank_before(start));
        }
        if let Some(share) = &budget.warn_at {
            rows.comments(self, share.span.start);
            let doc = Doc::Row(vec![Doc::text("warn at "), self.amount(share)]);
            rows.add(doc, self.has_blank_before_line(share.span.start));
        }
        if let Some((first, _)) = budget.assume.first() {
            rows.comments(self, first.span.start);
            let doc = self.listed("assume ", &budget.assume, |writer, (name, value)| {
                Doc::Row(vec![Doc::text(format!("{} ", name.text)), writer.amount(value)])
            });
            rows.add(doc, self.has_blank_before_line(first.span.start));
        }
        self.body(format!("budget {}", budget.name.text), rows, end)
    }

    fn waive(&mut self, waive: &Waive, end: u32) -> Doc {
        let mut rows = Rows::default();
        if let Some(first) = waive.objects.first() {
            rows.comments(self, first.kind.span.start);
            let doc = self.listed("for ", &waive.objects, object_doc);
            rows.add(doc, false);
        }
        for (word, text) in [("because ", &waive.because), ("owner ", &waive.owner)] {
            if let Some(text) = text {
                rows.comments(self, text.span.start);
                let doc = Doc::Row(vec![Doc::text(word), self.string(text)]);
                rows.add(doc, false);
            }
        }
        if let Some(date) = &waive.until {
            rows.comments(self, date.span.start);
            rows.add(Doc::text(format!("until {}", date.text)), false);
        }
        self.body(format!("waive {}", waive.rule.text), rows, end)
    }

    fn test_block(&mut self, test: &Test, end: u32) -> Doc {
        let mut rows = Rows::default();
        for case in &test.cases {
            rows.comments(self, case.span.start);
            let blank = self.has_blank_before(case.span.start);
            let doc = self.test_case(case);
            rows.add(doc, blank);
        }
        self.body(format!("test {}", test.rule.text), rows, end)
    }

    fn test_case(&mut self, case: &TestCase) -> Doc {
        let word = if case.accepts { "accepts " } else { "rejects " };
        let mut docs = vec![Doc::text(word)];
        match &case.fixture {
            Fixture::Inline(text) => docs.push(self.string(text)),
            Fixture::File(file) => docs.extend([Doc::text("file "), self.string(file)]),
        }
        if let Some(path) = &case.at {
            docs.extend([Doc::text(" at "), self.expression(path)]);
        }
        if !case.with.is_empty() {
            docs.extend([Doc::text(" with "), self.settings(&case.with)]);
        }
        Doc::Row(docs)
    }

    /// Whether an empty line stands before the line of an offset.
    fn has_blank_before_line(&self, offset: u32) -> bool {
        let before = self.text.get(..offset as usize).unwrap_or("");
        let line = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
        self.has_blank_before(line as u32)
    }
}

/// Whether a declaration takes a line, so that its like may stand close to it.
fn is_short(item: &Item) -> bool {
    matches!(
        item.declaration,
        Declaration::Use(_)
            | Declaration::Let(_)
            | Declaration::Param(_)
            | Declaration::Function(_)
            | Declaration::Metric(_)
    )
}

/// `std.pss.restricted`.
fn dotted(path: &[Name]) -> String {
    names_text(path).replace(", ", ".")
}
