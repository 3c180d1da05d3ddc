//! Numbers, strings and types.

use super::expressions::Deep;
use super::{Builder, Rule};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{
    Expression, ExpressionKind, StringPart, Text, TextStyle, TypeExpression, TypeExpressionKind,
};
use pest::iterators::Pair;

impl<'t> Builder<'t> {
    /// A string as an expression.
    pub(super) fn string(&mut self, pair: Pair<'t, Rule>) -> Option<Deep> {
        let span = self.span(&pair);
        let literal = self.parts(pair).node()?;
        if literal.as_rule() != Rule::quoted_string {
            let (value, style) = raw_value(&literal);
            let kind = ExpressionKind::Text(Text { value, style, span });
            return Some(Deep {
                expression: Expression { kind, span },
                depth: 0,
            });
        }
        let mut pieces: Vec<StringPart> = Vec::new();
        let mut plain = String::new();
        let mut depth = 0;
        for piece in literal.into_inner() {
            match piece.as_rule() {
                Rule::string_plain => plain.push_str(piece.as_str()),
                Rule::string_escape => plain.push(self.escape(&piece)?),
                _ => {
                    let value = self.deep(self.parts(piece).node()?)?;
                    depth = depth.max(value.depth);
                    if !plain.is_empty() {
                        pieces.push(StringPart::Text(std::mem::take(&mut plain)));
                    }
                    pieces.push(StringPart::Expression(value.expression));
                }
            }
        }
        let kind = if pieces.is_empty() {
            ExpressionKind::Text(Text {
                value: plain,
                style: TextStyle::Quoted,
                span,
            })
        } else {
            if !plain.is_empty() {
                pieces.push(StringPart::Text(plain));
            }
            ExpressionKind::Interpolation(pieces)
        };
        Some(Deep {
            expression: Expression { kind, span },
            depth,
        })
    }

    /// A string where nothing may be interpolated.
    pub(super) fn plain_text(&mut self, pair: Pair<'t, Rule>) -> Option<Text> {
        let string = self.string(pair)?.expression;
        let parts = match string.kind {
            ExpressionKind::Text(text) => return Some(text),
            ExpressionKind::Interpolation(parts) => parts,
            _ => return None,
        };
        let place = parts.iter().find_map(|part| match part {
            StringPart::Expression(expression) => Some(expression.span),
            StringPart::Text(_) => None,
        });
        self.report(
            Diagnostic::new(
                Code::E0103,
                place.unwrap_or(string.span),
                "no value can be inserted into this text",
            )
            .help("write the text in full; a brace of the text itself is written `\\{`"),
        );
        None
    }

    fn escape(&mut self, pair: &Pair<'t, Rule>) -> Option<char> {
        let escape = pair.as_str();
        let character = match escape {
            "\\\"" => Some('"'),
            "\\\\" => Some('\\'),
            "\\n" => Some('\n'),
            "\\t" => Some('\t'),
            "\\{" => Some('{'),
            _ => escape
                .strip_prefix("\\u{")
                .and_then(|rest| rest.strip_suffix('}'))
                .filter(|digits| digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
                .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                .and_then(char::from_u32),
        };
        if character.is_none() {
            let span = self.span(pair);
            let (message, help) = if escape.starts_with("\\u{") {
                (
                    format!("`{escape}` is not a character"),
                    "give one to six hexadecimal digits of a character: `\\u{1F512}`",
                )
            } else {
                (
                    format!("`{escape}` is not an escape"),
                    "the escapes are `\\\"`, `\\\\`, `\\n`, `\\t`, `\\{` and `\\u{…}`; `r\"…\"` takes a text as it stands",
                )
            };
            self.report(Diagnostic::new(Code::E0103, span, message).help(help));
        }
        character
    }

    /// A type.
    pub(super) fn ty(&mut self, pair: Pair<'t, Rule>) -> Option<TypeExpression> {
        let span = self.span(&pair);
        let mut parts = self.parts(pair);
        let inner = parts.node()?;
        let inner_span = self.span(&inner);
        let rule = inner.as_rule();
        let mut inner_parts = self.parts(inner);
        let first = inner_parts.node()?;
        let kind = match rule {
            Rule::list_type => TypeExpressionKind::List(Box::new(self.ty(first)?)),
            Rule::map_type => TypeExpressionKind::Map(Box::new(self.ty(first)?)),
            _ => {
                let name = first.as_str().to_string();
                match inner_parts.node() {
                    Some(divisor) => TypeExpressionKind::Per(name, divisor.as_str().to_string()),
                    None => TypeExpressionKind::Name(name),
                }
            }
        };
        if !parts.has(Rule::optional_mark) {
            return Some(TypeExpression { kind, span });
        }
        let inner = TypeExpression {
            kind,
            span: inner_span,
        };
        Some(TypeExpression {
            kind: TypeExpressionKind::Optional(Box::new(inner)),
            span,
        })
    }
}

/// What a raw or block string says.
fn raw_value(literal: &Pair<'_, Rule>) -> (String, TextStyle) {
    let text = literal.as_str();
    if let Some(raw) = text.strip_prefix("r\"") {
        return (raw.strip_suffix('"').unwrap_or(raw).to_string(), TextStyle::Raw);
    }
    let text = text.strip_prefix("\"\"\"").unwrap_or(text);
    (
        block_value(text.strip_suffix("\"\"\"").unwrap_or(text)),
        TextStyle::Block,
    )
}

/// The value of a `"""` text: line ends become `\n`, an empty first and last line go, and so does the
/// indentation that all lines share.
fn block_value(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    let is_blank = |line: &&str| line.trim_matches([' ', '\t']).is_empty();
    if lines.len() > 1 && lines.first().is_some_and(is_blank) {
        lines.remove(0);
    }
    if lines.last().is_some_and(is_blank) {
        lines.pop();
    }
    let indentation = |line: &&str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let shared = lines
        .iter()
        .filter(|line| !is_blank(line))
        .map(indentation)
        .min()
        .unwrap_or(0);
    let lines = lines.iter().map(|line| {
        if is_blank(line) {
            ""
        } else {
            line.get(shared..).unwrap_or("")
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}
