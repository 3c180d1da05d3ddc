//! A scalar type → an expression of that type that is there, in a form that any operator may follow.

use super::author::{Author, Path};
use super::literals::{any_text, literal, number, quoted};
use ordain::ir::Type;
use ordain::units::Dimension;
use std::sync::Arc;

/// An expression.
#[derive(Debug, Clone)]
pub struct Operand {
    pub text: String,
    /// The only strings that it can be, if the checker knows them.
    pub values: Vec<Arc<str>>,
}

impl Operand {
    pub fn new(text: impl Into<String>) -> Operand {
        Operand {
            text: text.into(),
            values: Vec::new(),
        }
    }
}

impl Author<'_> {
    /// An expression of a scalar type.
    pub fn operand(&mut self, wanted: &Type, depth: usize) -> Option<Operand> {
        let found = match self.random.below(12) {
            0..=6 => self.resolved(wanted, depth),
            7 | 8 if depth > 0 => self.derived(wanted, depth - 1),
            9 | 10 if depth > 0 => self.arithmetic(wanted, depth - 1),
            _ => literal(&mut self.random, wanted, false).map(Operand::new),
        };
        found
            .or_else(|| self.resolved(wanted, depth))
            .or_else(|| literal(&mut self.random, wanted, false).map(Operand::new))
    }

    /// A path of that type, with what its absence means where it may be absent.
    pub fn resolved(&mut self, wanted: &Type, depth: usize) -> Option<Operand> {
        let is_text = *wanted == Type::String;
        let path = self.path(&|path| match path.ty.present() {
            Type::Image => is_text,
            Type::IntOrString => matches!(wanted, Type::Int | Type::String),
            Type::Any => {
                matches!(
                    wanted,
                    Type::Bool | Type::Int | Type::String | Type::Decimal | Type::Quantity(Some(_))
                ) && name_of(wanted).is_some()
            }
            Type::Quantity(None) => matches!(wanted, Type::Quantity(Some(_))) && name_of(wanted).is_some(),
            ty => ty == wanted,
        })?;
        let needs_cast = matches!(
            path.ty.present(),
            Type::IntOrString | Type::Any | Type::Quantity(None)
        );
        let (text, is_optional) = match needs_cast {
            true => (format!("{} as {}", path.text, name_of(wanted)?), true),
            false => (path.text.clone(), path.ty.is_optional()),
        };
        if !is_optional {
            return Some(Operand {
                text,
                values: path.values,
            });
        }
        let other = match depth > 0 && self.random.chance(150) {
            true => self.operand(wanted, depth - 1)?,
            false => self.fallback(&path, wanted)?,
        };
        let mut values = Vec::new();
        if !path.values.is_empty() && !other.values.is_empty() && !needs_cast {
            values = path.values.clone();
            values.extend(other.values.iter().cloned());
        }
        Some(Operand {
            text: format!("({text} ?? {})", other.text),
            values,
        })
    }

    fn fallback(&mut self, path: &Path, wanted: &Type) -> Option<Operand> {
        if let Some(value) = self.random.one_of(&path.values).cloned() {
            return Some(Operand {
                text: quoted(&value),
                values: vec![value],
            });
        }
        literal(&mut self.random, wanted, true).map(Operand::new)
    }

    /// A literal that an operand can be compared with.
    pub fn counterpart(&mut self, operand: &Operand, ty: &Type) -> Option<String> {
        match self.random.one_of(&operand.values) {
            Some(value) => Some(quoted(value)),
            None => literal(&mut self.random, ty, true),
        }
    }

    /// Functions, counts, sums.
    fn derived(&mut self, wanted: &Type, depth: usize) -> Option<Operand> {
        if self.random.chance(250)
            && let Some(call) = self.call(wanted, depth)
        {
            return Some(Operand::new(call));
        }
        let text = match (wanted, self.random.below(4)) {
            (Type::Bool, _) => format!("({})", self.condition(depth).text),
            (Type::Int, 0) => {
                let list = self.path(&|path| matches!(path.ty, Type::List(_) | Type::Map(_)))?;
                format!("count({})", list.text)
            }
            (Type::Int, 1) => {
                let inside = self.within(|author| {
                    let binding = author.binding(depth)?;
                    Some(format!("{binding}{}", author.filter(depth)))
                });
                format!("count({})", inside?)
            }
            (Type::Int, 2) => {
                let (one, other) = (self.operand(&Type::String, 0)?, self.operand(&Type::String, 0)?);
                format!(
                    "(semver({}, {}) ?? {})",
                    one.text,
                    other.text,
                    number(&mut self.random)
                )
            }
            (Type::String, 0) => format!("lower({})", self.operand(&Type::String, depth)?.text),
            (Type::String, 1) => {
                let text = self.operand(&Type::String, depth)?.text;
                let separator = quoted(self.random.pick(&["/", ":", "", "-", "aa"]));
                let index = self.random.below(2);
                format!("(split({text}, {separator})[{index}] ?? \"none\")")
            }
            (Type::String, _) => self.interpolation(depth),
            (Type::Int | Type::Decimal | Type::Quantity(_), _) => {
                let inside = self.within(|author| {
                    let binding = author.binding(depth)?;
                    let filter = author.filter(depth);
                    Some(format!(
                        "{binding}{filter}: {}",
                        author.resolved(wanted, depth)?.text
                    ))
                });
                format!("sum({})", inside?)
            }
            _ => return None,
        };
        Some(Operand::new(text))
    }

    /// A call of one of the policy's own functions.
    fn call(&mut self, wanted: &Type, depth: usize) -> Option<String> {
        let fitting: Vec<_> = self
            .functions
            .iter()
            .filter(|function| function.result == *wanted)
            .cloned()
            .collect();
        let function = self.random.one_of(&fitting)?.clone();
        let mut arguments = Vec::new();
        for ty in &function.parameters {
            arguments.push(match ty {
                Type::Optional(inner) => self.path(&|path| path.ty.present() == &**inner)?.text,
                Type::List(_) | Type::Map(_) | Type::Container | Type::Pod | Type::Document(_) => {
                    let any = Type::Document(Vec::new());
                    let is_fit =
                        |path: &Path| path.ty == *ty || (*ty == any && matches!(path.ty, Type::Document(_)));
                    self.path(&is_fit)?.text
                }
                ty => self.operand(ty, depth)?.text,
            });
        }
        Some(format!("{}({})", function.name, arguments.join(", ")))
    }

    /// A text with values in it.
    pub fn interpolation(&mut self, depth: usize) -> String {
        let mut text = String::from("\"");
        for _ in 0..1 + self.random.below(3) {
            let words = quoted(any_text(&mut self.random));
            text.push_str(&words[1..words.len() - 1]);
            let value = match self.random.below(4) {
                0 => {
                    let ty =
                        [Type::Int, Type::String, Type::Bool, Type::Decimal][self.random.below(4)].clone();
                    self.operand(&ty, depth.min(1)).map(|operand| operand.text)
                }
                _ => self.path(&|path| is_printable(&path.ty)).map(|path| path.text),
            };
            if let Some(value) = value {
                text.push_str(&format!("{{{value}}}"));
            }
        }
        text.push('"');
        text
    }

    fn arithmetic(&mut self, wanted: &Type, depth: usize) -> Option<Operand> {
        let number = matches!(wanted, Type::Int | Type::Decimal | Type::Quantity(Some(_)));
        if !number {
            return None;
        }
        let left = self.operand(wanted, depth)?.text;
        let divisor = self.random.pick(&["2", "3", "7", "1000"]);
        let text = match (wanted, self.random.below(5)) {
            (_, 0) => format!("(-{left})"),
            (_, 1) => format!("({left} + {})", self.operand(wanted, depth)?.text),
            (_, 2) => format!("({left} - {})", self.operand(wanted, depth)?.text),
            (Type::Int, _) => format!("({left} * {})", self.operand(wanted, depth)?.text),
            (Type::Decimal, 3) => format!("({left} * {})", self.operand(wanted, depth)?.text),
            (Type::Decimal, _) => format!("({left} / {divisor}.0)"),
            (_, 3) => match self.random.below(3) {
                0 => format!("({left} * {})", self.operand(&Type::Int, depth)?.text),
                1 => format!(
                    "({left} * {})",
                    literal(&mut self.random, &Type::Quantity(Some(Dimension::RATIO)), false)?
                ),
                _ => format!("({left} * {})", literal(&mut self.random, &Type::Decimal, false)?),
            },
            _ => format!("({left} / {divisor})"),
        };
        Some(Operand::new(text))
    }
}

/// How the language calls a type that values may be cast to.
pub fn name_of(ty: &Type) -> Option<&'static str> {
    Some(match ty {
        Type::Bool => "Bool",
        Type::Int => "Int",
        Type::Decimal => "Decimal",
        Type::String => "String",
        Type::Quantity(Some(Dimension::CPU)) => "CPU",
        Type::Quantity(Some(Dimension::MEMORY)) => "Memory",
        Type::Quantity(Some(Dimension::RATIO)) => "Ratio",
        _ => return None,
    })
}

/// Whether a value may stand within a text.
pub fn is_printable(ty: &Type) -> bool {
    match ty.present() {
        Type::Bool
        | Type::Int
        | Type::Decimal
        | Type::String
        | Type::Image
        | Type::Quantity(_)
        | Type::IntOrString
        | Type::Any => true,
        Type::List(element) => !matches!(**element, Type::List(_)) && is_printable(element),
        _ => false,
    }
}
