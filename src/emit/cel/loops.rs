//! Binders → comprehensions over what they range over.

use super::expression::Writer;
use super::object::containers_name;
use super::scope::Binding;
use super::{Reason, Result, text};
use crate::ir::{Builtin, ContainerClasses, Domain, Each, Expression, ExpressionKind, Property, Type};

/// What a comprehension makes of its elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Whether the body, a condition, holds for one of them.
    Holds,
    /// The texts that the body gives, one after the other, empty ones left out.
    Texts,
    /// The sum of the numbers that the body gives.
    Numbers,
}

impl Mode {
    /// What it makes of no elements.
    pub fn nothing(self) -> &'static str {
        match self {
            Mode::Holds => "false",
            Mode::Texts => "''",
            Mode::Numbers => "0",
        }
    }

    /// What it makes of the body under a condition.
    pub fn under(self, condition: &str, body: &str) -> String {
        match (condition, self) {
            ("true", _) => body.to_owned(),
            (_, Mode::Holds) => format!("({condition} && {body})"),
            _ => format!("({condition} ? {body} : {})", self.nothing()),
        }
    }

    /// The comprehension of a body over the elements of a list, or the keys of a map.
    fn over(self, list: &str, element: &str, body: &str) -> String {
        match self {
            Mode::Holds => format!("{list}.exists({element}, {body})"),
            Mode::Texts => format!("{list}.map({element}, {body}).filter(text, text != '').join('; ')"),
            Mode::Numbers => format!("{list}.map({element}, {body}).sum()"),
        }
    }

    /// Both of two comprehensions.
    fn both(self, first: &str, second: &str) -> String {
        match self {
            Mode::Holds => format!("({first} || {second})"),
            Mode::Texts => format!("[{first}, {second}].filter(text, text != '').join('; ')"),
            Mode::Numbers => format!("({first} + {second})"),
        }
    }
}

impl Writer<'_> {
    /// What a mode makes of the elements of a binder, whose names the body may use.
    pub fn each(
        &mut self,
        each: &Each,
        mode: Mode,
        body: &mut dyn FnMut(&mut Self) -> Result<String>,
    ) -> Result<String> {
        let Domain::Elements(list) = &each.domain else {
            return Err(Reason::new(each.span, "it reads other documents"));
        };
        if let ExpressionKind::Property(_, Property::Containers) = &list.kind {
            return self.containers(each, ContainerClasses::ALL, mode, body);
        }
        if let ExpressionKind::Call(Builtin::References, _) = &list.kind {
            return Err(Reason::new(
                list.span,
                "it lists the other objects that a pod names",
            ));
        }
        match list.ty.present() {
            Type::List(element) => {
                let is_struct = element.is_struct();
                let term = self.term(list)?;
                let name = self.scope.variable(each.value);
                self.scope.bind(
                    each.value,
                    Binding {
                        is_element: is_struct && !matches!(list.kind, ExpressionKind::List(_)),
                        ..Binding::of(name.clone())
                    },
                );
                let Some(key) = each.key else {
                    let body = body(self)?;
                    return Ok(mode.over(&term, &name, &body));
                };
                self.setting
                    .demand(each.span, "numbering the elements of a list", 32)?;
                let index = self.scope.variable(key);
                self.scope.bind(key, Binding::of(index.clone()));
                let body = body(self)?;
                Ok(match mode {
                    Mode::Holds => format!("{term}.exists({index}, {name}, {body})"),
                    Mode::Texts => format!(
                        "{term}.transformList({index}, {name}, {body}).filter(text, text != '').join('; ')"
                    ),
                    Mode::Numbers => format!("{term}.transformList({index}, {name}, {body}).sum()"),
                })
            }
            _ => {
                let map = self.term(list)?;
                let map = match matches!(list.ty.present(), Type::Map(_)) {
                    true => map,
                    false => self.or_empty(map, "{}")?,
                };
                self.entries(each, map, mode, body)
            }
        }
    }

    fn entries(
        &mut self,
        each: &Each,
        map: String,
        mode: Mode,
        body: &mut dyn FnMut(&mut Self) -> Result<String>,
    ) -> Result<String> {
        let whole = self.scope.fresh("entries");
        let key = match each.key {
            Some(slot) => self.scope.variable(slot),
            None => self.scope.fresh("key"),
        };
        if let Some(slot) = each.key {
            self.scope.bind(slot, Binding::of(key.clone()));
        }
        let value = format!("{whole}[{key}]");
        self.scope.bind(each.value, Binding::of(value.clone()));
        let body = body(self)?;
        let body = mode.under(&format!("{value} != null"), &body);
        let inner = mode.over(&whole, &key, &body);
        Ok(match mode {
            Mode::Holds => format!("[{map}].exists({whole}, {inner})"),
            _ => format!("[{map}].map({whole}, {inner})[0]"),
        })
    }

    /// What a mode makes of the containers of the pod.
    pub fn containers(
        &mut self,
        each: &Each,
        classes: ContainerClasses,
        mode: Mode,
        body: &mut dyn FnMut(&mut Self) -> Result<String>,
    ) -> Result<String> {
        if each.key.is_some() {
            return Err(Reason::new(each.span, "it numbers the containers of a pod"));
        }
        let element = self.scope.variable(each.value);
        let mut of = |writer: &mut Self, classes: ContainerClasses, class: Option<&'static str>| {
            writer.scope.bind(
                each.value,
                Binding {
                    is_element: true,
                    class,
                    ..Binding::of(element.clone())
                },
            );
            let body = body(writer)?;
            Ok(mode.over(
                &format!("variables.{}", containers_name(classes)),
                &element,
                &body,
            ))
        };
        // Where the class is asked for, each class is gone through by itself.
        match of(self, classes, None) {
            Ok(whole) => Ok(whole),
            Err(first) => {
                let single = |regular, init, ephemeral| ContainerClasses {
                    regular,
                    init,
                    ephemeral,
                };
                let all = [
                    (classes.init, single(false, true, false), "init"),
                    (classes.regular, single(true, false, false), "regular"),
                    (classes.ephemeral, single(false, false, true), "ephemeral"),
                ];
                let mut whole: Option<String> = None;
                for (wanted, own, class) in all {
                    if !wanted {
                        continue;
                    }
                    let Ok(part) = of(self, own, Some(class)) else {
                        return Err(first);
                    };
                    whole = Some(match whole {
                        Some(before) => mode.both(&before, &part),
                        None => part,
                    });
                }
                whole.ok_or(first)
            }
        }
    }

    /// How many elements of a binder satisfy a condition.
    pub fn count(&mut self, each: &Each, condition: Option<&Expression>) -> Result<String> {
        let numbers = self.each(each, Mode::Numbers, &mut |writer| {
            Ok(match condition {
                Some(condition) => format!("{} ? 1 : 0", writer.holds(condition)?),
                None => "1".to_owned(),
            })
        })?;
        Ok(format!("({numbers})"))
    }
}

/// A list of texts as one, with separators.
pub fn joined(list: &str, separator: &str) -> String {
    format!("{list}.join({})", text::string(separator))
}
