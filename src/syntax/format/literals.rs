//! Strings, types and names of kinds and objects.

use super::Writer;
use super::layout::Doc;
use crate::syntax::ast::{
    KindName, ObjectName, StringPart, Text, TextStyle, TypeExpression, TypeExpressionKind,
};
use std::fmt::Write;

impl Writer<'_> {
    pub(super) fn string(&mut self, text: &Text) -> Doc {
        match text.style {
            TextStyle::Quoted => Doc::text(format!("\"{}\"", escaped(&text.value))),
            TextStyle::Raw => Doc::text(format!("r\"{}\"", text.value)),
            // A quote at the end would be taken for one of the closing three.
            TextStyle::Block if text.value.contains('\n') || text.value.ends_with('"') => {
                Doc::Block(text.value.clone())
            }
            TextStyle::Block => Doc::text(format!("\"\"\"{}\"\"\"", text.value)),
        }
    }

    pub(super) fn interpolation(&mut self, parts: &[StringPart]) -> Doc {
        // A comment cannot stand within a string.
        let comments = std::mem::take(&mut self.comments);
        let mut docs = vec![Doc::text("\"")];
        for part in parts {
            match part {
                StringPart::Text(text) => docs.push(Doc::Text(escaped(text))),
                StringPart::Expression(expression) => {
                    docs.extend([Doc::text("{"), self.expression(expression), Doc::text("}")]);
                }
            }
        }
        docs.push(Doc::text("\""));
        self.comments = comments;
        Doc::Flat(Box::new(Doc::Row(docs)))
    }
}

/// A text as a literal, with its quotes.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// A text as it stands between quotes.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("\\t"),
            '{' => escaped.push_str("\\{"),
            _ if is_hidden(character) => {
                // Writing into a string cannot fail.
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Whether a character is invisible, or changes how the text around it is shown.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// A type.
pub(super) fn type_text(ty: &TypeExpression) -> String {
    match &ty.kind {
        TypeExpressionKind::Name(name) => name.clone(),
        TypeExpressionKind::Per(dividend, divisor) => format!("{dividend}/{divisor}"),
        TypeExpressionKind::List(element) => format!("[{}]", type_text(element)),
        TypeExpressionKind::Map(value) => format!("{{String: {}}}", type_text(value)),
        TypeExpressionKind::Optional(inner) => format!("{}?", type_text(inner)),
    }
}

/// `Deployment | HTTPRoute of gateway.networking.k8s.io`.
pub(super) fn kinds_text(kinds: &[KindName]) -> String {
    let kinds = kinds.iter().map(|kind| match &kind.group {
        Some(group) => format!("{} of {group}", kind.kind),
        None => kind.kind.clone(),
    });
    kinds.collect::<Vec<_>>().join(" | ")
}

/// `Deployment "name" in "namespace"`.
pub(super) fn object_doc(writer: &mut Writer, object: &ObjectName) -> Doc {
    let kind = kinds_text(std::slice::from_ref(&object.kind));
    let mut docs = vec![Doc::text(format!("{kind} ")), writer.string(&object.name)];
    if let Some(namespace) = &object.namespace {
        docs.extend([Doc::text(" in "), writer.string(namespace)]);
    }
    Doc::Row(docs)
}
