//! A field that is not there → what the author may have meant.
//!
//! In: a value and a name behind its dot. Out: errors that name the nearest field, where it lies deeper, the kinds
//! that have it, or the release of a tool that lacks it.

use super::checker::Checker;
use super::fields::{article, field_type, part_property};
use super::kinds::{bear_pods, definitions};
use super::types::alternatives;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, ExpressionKind, Type};
use crate::schema::DefinitionId;
use crate::source::Span;
use crate::suggest::{nearest, one_of};
use crate::syntax::ast::Name;
use std::sync::Arc;

impl Checker<'_> {
    pub(super) fn no_fields(&mut self, base: &ir::Expression, name: &Name) {
        let ty = self.describe(&base.ty);
        let written = self.excerpt(base.span);
        let diagnostic = Diagnostic::new(
            Code::E0302,
            name.span,
            format!("{} has no field `{}`", article(&ty), name.text),
        )
        .with(base.span, format!("this is {}", article(&ty)));
        self.report(match base.ty.present() {
            Type::Map(_) => {
                let key = format!("[{:?}]", name.text);
                let dot_and_name = Span {
                    start: base.span.end,
                    ..name.span
                };
                diagnostic
                    .help(format!("read the entry with `{written}{key}`"))
                    .fix(format!("write `{key}`"), true, dot_and_name, key)
            }
            Type::List(_) => diagnostic.help(format!(
                "go through its elements, as in `any x in {written}: x.{} …`, or take one, as in `{written}[0]`",
                name.text
            )),
            Type::IntOrString => diagnostic.help("test its type with `as`"),
            _ => diagnostic,
        });
    }

    pub(super) fn unknown_field(&mut self, base: &ir::Expression, name: &Name) {
        let ty = base.ty.present();
        let names = self.field_names(ty);
        let described = self.describe(ty);
        let diagnostic = Diagnostic::new(
            Code::E0302,
            name.span,
            format!("{} has no field `{}`", article(&described), name.text),
        )
        .label(match self.tool(ty) {
            Some(release) => format!("unknown in {release}"),
            None => "unknown field".to_owned(),
        });
        let diagnostic = match self.bound_at(base) {
            Some(bound) => diagnostic.with(bound, format!("this is {}", article(&described))),
            None => diagnostic,
        };
        let near = nearest(&name.text, names.iter().map(AsRef::as_ref)).map(str::to_owned);
        let deeper = || {
            if *ty == Type::Pod {
                let spec = self.schema().definition(self.program.core.pod_spec?);
                return spec.field(&name.text).map(|field| format!("spec.{}", field.name));
            }
            self.definitions_of(ty)
                .into_iter()
                .find_map(|id| self.schema().suggest_field(id, &name.text))
        };
        self.report(match near.or_else(deeper) {
            Some(near) => diagnostic
                .help(format!("did you mean `{near}`?"))
                .fix(format!("write `{near}`"), true, name.span, near),
            None if matches!(ty, Type::Document(kinds) if kinds.is_empty()) => diagnostic.help(
                "an object of any kind has `metadata`, `name`, `namespace`, `kind`, `labels` and `annotations`; test \
                 its kind first, as in `where x is Deployment`",
            ),
            None if part_property(&name.text).is_some() => diagnostic.help(format!(
                "for that of the whole object write `{}.object.{}`",
                self.excerpt(base.span),
                name.text
            )),
            None => {
                let mut names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
                let more = names.len() > 12;
                names.truncate(12);
                diagnostic.help(format!(
                    "its fields are {}{}",
                    names
                        .iter()
                        .map(|name| format!("`{name}`"))
                        .collect::<Vec<_>>()
                        .join(", "),
                    if more { ", …" } else { "" }
                ))
            }
        });
    }

    /// The definitions of a type's fields.
    fn definitions_of(&self, ty: &Type) -> Vec<DefinitionId> {
        match ty {
            Type::Container => self.program.core.container.into_iter().collect(),
            Type::Document(kinds) => kinds
                .iter()
                .flat_map(|kind| definitions(self.schema(), kind))
                .collect(),
            other => alternatives(other).into_iter().flatten().collect(),
        }
    }

    /// The release of a tool whose fields a type has, if the repository does not say which they are.
    fn tool(&self, ty: &Type) -> Option<&'static str> {
        let definitions = self.definitions_of(ty);
        definitions.into_iter().find_map(|id| self.schema().tool(id))
    }

    pub(super) fn field_of_some(&mut self, base: &ir::Expression, name: &Name, missing: &[usize]) {
        let kinds: Vec<String> = match base.ty.present() {
            Type::Document(kinds) => missing
                .iter()
                .filter_map(|index| kinds.get(*index))
                .map(|kind| kind.kind.to_string())
                .collect(),
            other => {
                let all = alternatives(other);
                missing
                    .iter()
                    .filter_map(|index| all.get(*index)?.last())
                    .map(|id| self.schema().definition(*id).name.to_string())
                    .collect()
            }
        };
        let described = self.describe(base.ty.present());
        let message = format!(
            "`{}` is not a field of {}",
            name.text,
            one_of(kinds.iter().take(5).map(String::as_str))
        );
        let diagnostic = Diagnostic::new(Code::E0314, name.span, message)
            .label(format!("read from {described}"))
            .help(match self.test_of_kinds(base, &name.text) {
                Some(test) => format!("test the kind first, as in `where {test}`, or range over fewer kinds"),
                None => "test the kind first with `is`, or range over fewer kinds".to_owned(),
            });
        self.report(match self.bound_at(base) {
            Some(bound) => diagnostic.with(bound, format!("this is {}", article(&described))),
            None => diagnostic,
        });
    }

    /// The test that leaves the kinds that have a field behind a path: `o is Deployment`.
    fn test_of_kinds(&self, base: &ir::Expression, field: &str) -> Option<String> {
        let slot = super::place::root(base)?;
        let Type::Document(kinds) = self.type_of_local(slot) else {
            return None;
        };
        let mut path = vec![field];
        let mut at = base;
        while let ExpressionKind::Field { base, name, .. } = &at.kind {
            path.push(name);
            at = base;
        }
        // What leads through something else is not followed.
        if !matches!(at.kind, ExpressionKind::Local(_)) {
            return None;
        }
        let has_path = |kind: &ir::KindReference| {
            let root = vec![definitions(self.schema(), kind)];
            let end = path.iter().rev().try_fold(root, |known, name| {
                field_type(self.program, &known, name).map(|ty| alternatives(ty.present()))
            });
            end.is_some()
        };
        let having: Vec<&str> = kinds
            .iter()
            .filter(|kind| has_path(kind))
            .map(|kind| kind.kind.as_ref())
            .take(5)
            .collect();
        let name = self.names.iter().find(|bound| bound.slot == slot)?;
        (!having.is_empty()).then(|| format!("{} is {}", name.name, having.join(" | ")))
    }

    /// All names that may stand behind a dot.
    fn field_names(&self, ty: &Type) -> Vec<Arc<str>> {
        let schema = self.schema();
        let of_definition = |id: DefinitionId| {
            schema
                .definition(id)
                .fields
                .iter()
                .map(|field| field.name.clone())
        };
        let words = |words: &[&str]| {
            words
                .iter()
                .map(|word| Arc::from(*word))
                .collect::<Vec<Arc<str>>>()
        };
        let mut names = match ty {
            Type::Struct(_) | Type::Structs(_) => alternatives(ty)
                .into_iter()
                .flatten()
                .flat_map(of_definition)
                .collect(),
            Type::Document(kinds) => {
                let mut names = words(&[
                    "name",
                    "namespace",
                    "labels",
                    "annotations",
                    "object",
                    "file",
                    "application",
                    "metadata",
                ]);
                names.extend(
                    kinds
                        .iter()
                        .flat_map(|kind| definitions(schema, kind))
                        .flat_map(of_definition),
                );
                if bear_pods(schema, kinds) {
                    names.extend(words(&["pod", "containers"]));
                }
                names
            }
            Type::Pod => words(&[
                "metadata",
                "spec",
                "containers",
                "name",
                "namespace",
                "kind",
                "labels",
                "annotations",
                "object",
                "file",
                "application",
            ]),
            Type::Container => {
                let mut names = words(&[
                    "pod",
                    "flags",
                    "class",
                    "object",
                    "namespace",
                    "labels",
                    "annotations",
                    "application",
                ]);
                names.extend(self.program.core.container.into_iter().flat_map(of_definition));
                names
            }
            Type::Image => words(&["registry", "repository", "tag", "digest"]),
            Type::Reference => words(&["kind", "name", "optional"]),
            Type::Estimate(_) => words(&["low", "high"]),
            _ => Vec::new(),
        };
        names.sort_unstable();
        names.dedup();
        names
    }
}
