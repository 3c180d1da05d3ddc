//! Expressions → terms of CEL, null where the value is absent.

use super::loops::Mode;
use super::object::containers_name;
use super::scope::{Binding, Scope};
use super::{Reason, Result, Setting, text};
use crate::ir::{
    Builtin, Constant, ContainerClasses, Expression, ExpressionKind, Local, Parameter, Property, Type,
};
use crate::source::Span;
use crate::units::Dimension;

/// Terms longer than this are bound to a name instead of being written twice.
const LONG: usize = 160;

/// Writes the expressions of one rule.
pub struct Writer<'a> {
    pub scope: Scope<'a>,
    pub setting: Setting<'a>,
    pub parameters: &'a [Parameter],
    /// Which parameters are read when an object is judged.
    pub read_params: Vec<bool>,
    /// Whether what is read may be of any type, as in messages, whose reads are not checked before.
    pub is_careful: bool,
}

impl<'a> Writer<'a> {
    /// A writer for expressions with these locals and parameters.
    pub fn new(setting: Setting<'a>, parameters: &'a [Parameter], locals: &'a [Local]) -> Writer<'a> {
        Writer {
            scope: Scope::new(locals),
            setting,
            parameters,
            read_params: vec![false; parameters.len()],
            is_careful: false,
        }
    }

    /// A constant as a term.
    pub fn constant(&self, constant: &Constant, span: Span) -> Result<String> {
        text::constant(constant).ok_or_else(|| Reason::new(span, "it has a number of more than 64 bits"))
    }

    /// A term that has a value under a name, which the rest may write several times.
    pub fn named(
        &mut self,
        value: String,
        wish: &str,
        rest: impl FnOnce(&mut Self, &str) -> Result<String>,
    ) -> Result<String> {
        if value.len() <= LONG {
            return rest(self, &value);
        }
        let name = self.scope.fresh(wish);
        let rest = rest(self, &name)?;
        Ok(format!("[{value}].map({name}, {rest})[0]"))
    }

    /// The term that has the expression's value.
    pub fn term(&mut self, expression: &Expression) -> Result<String> {
        Ok(match &expression.kind {
            ExpressionKind::Constant(constant) => self.constant(constant, expression.span)?,
            ExpressionKind::Parameter(index) => self.parameter(*index, expression.span)?,
            ExpressionKind::Local(slot) => match (self.scope.aliased(*slot), self.scope.binding(*slot)) {
                (Some(alias), _) => self.term(alias)?,
                (None, Some(binding)) => binding.value.clone(),
                (None, None) => {
                    return Err(Reason::new(
                        expression.span,
                        "it names what the object does not give",
                    ));
                }
            },
            ExpressionKind::Field { .. } | ExpressionKind::Index(..) => {
                let read = self.read(expression)?;
                match expression.ty.present() {
                    Type::List(_) => self.or_empty(read, "[]")?,
                    Type::Map(_) => self.or_empty(read, "{}")?,
                    ty if self.is_careful && ty.is_scalar() => {
                        self.typed(&read, ty, expression.span).unwrap_or(read)
                    }
                    _ => read,
                }
            }
            ExpressionKind::Property(base, property) => self.property(expression, base, *property)?,
            ExpressionKind::Coalesce(first, second) => {
                let (a, b) = (self.dynamic(first)?, self.term(second)?);
                if self.is_quantity(first) || self.is_quantity(second) {
                    let b = self.quantity(second)?;
                    return self.named(a, "amount", |_, a| {
                        Ok(format!("({a} == null ? {b} : quantity(string({a})))"))
                    });
                }
                self.named(a, "value", |_, a| {
                    Ok(format!("({a} == null ? dyn({b}) : dyn({a}))"))
                })?
            }
            ExpressionKind::Cast(inner, ty) => self.cast(inner, ty)?,
            ExpressionKind::Arithmetic(operation, left, right) => {
                self.arithmetic(expression, *operation, left, right)?
            }
            ExpressionKind::Negate(inner) => match inner.ty.present() {
                Type::Int => self.negated(inner)?,
                _ => format!("quantity('0').sub({})", self.quantity(inner)?),
            },
            ExpressionKind::Count(each, condition) => self.count(each, condition.as_deref())?,
            ExpressionKind::Sum {
                each,
                condition,
                value,
            } => {
                if *value.ty.present() != Type::Int {
                    return Err(Reason::new(
                        expression.span,
                        "it adds up quantities of a list, which CEL has no function for",
                    ));
                }
                let condition = condition.as_deref();
                let numbers = self.each(each, Mode::Numbers, &mut |writer| {
                    let value = writer.whole(value)?;
                    Ok(match condition {
                        Some(condition) => format!("{} ? {value} : 0", writer.holds(condition)?),
                        None => value,
                    })
                })?;
                format!("({numbers})")
            }
            ExpressionKind::List(parts) => {
                let terms: Vec<String> = parts
                    .iter()
                    .map(|part| Ok(format!("dyn({})", self.term(part)?)))
                    .collect::<Result<_>>()?;
                let name = self.scope.fresh("part");
                format!("{}.filter({name}, {name} != null)", text::list(terms))
            }
            ExpressionKind::Interpolate(parts) => {
                let parts: Vec<String> = parts
                    .iter()
                    .map(|part| self.printed(part))
                    .collect::<Result<_>>()?;
                match parts.as_slice() {
                    [] => "''".to_owned(),
                    [one] => one.clone(),
                    _ => format!("({})", parts.join(" + ")),
                }
            }
            ExpressionKind::Call(function, arguments) if *function != Builtin::CidrContains => {
                self.call(expression, *function, arguments)?
            }
            ExpressionKind::Present(_)
            | ExpressionKind::IsKind(..)
            | ExpressionKind::Not(_)
            | ExpressionKind::And(..)
            | ExpressionKind::Or(..)
            | ExpressionKind::Compare(..)
            | ExpressionKind::Test(..)
            | ExpressionKind::Any(..)
            | ExpressionKind::Call(..) => format!("({})", self.holds(expression)?),
        })
    }

    /// The term without a type of its own, so that it can be compared with null.
    pub fn dynamic(&mut self, expression: &Expression) -> Result<String> {
        let term = self.term(expression)?;
        Ok(match expression.kind {
            ExpressionKind::Field { .. } | ExpressionKind::Index(..) => term,
            _ => format!("dyn({term})"),
        })
    }

    /// A whole number; zero in a message that reads something else.
    pub fn whole(&mut self, expression: &Expression) -> Result<String> {
        if !self.is_careful {
            return Ok(format!("int({})", self.term(expression)?));
        }
        let (term, name) = (self.dynamic(expression)?, self.scope.fresh("number"));
        Ok(format!(
            "[{term}].map({name}, {} ? int({name}) : 0)[0]",
            super::faults::whole(&name)
        ))
    }

    fn parameter(&mut self, index: usize, span: Span) -> Result<String> {
        let Some(parameter) = self.parameters.get(index) else {
            return Err(Reason::new(
                span,
                "it reads a parameter that the rule does not have",
            ));
        };
        if self.setting.with_params && is_read_param(parameter) {
            if let Some(read) = self.read_params.get_mut(index) {
                *read = true;
            }
            return Ok(format!("variables.{}", param_name(parameter)));
        }
        self.constant(&parameter.value, span)
    }

    /// What was read, or an empty list or map where it is absent.
    pub fn or_empty(&mut self, read: String, empty: &str) -> Result<String> {
        if self.is_careful {
            let name = self.scope.fresh("found");
            let expected = if empty == "[]" { "list" } else { "map" };
            return Ok(format!(
                "[{read}].map({name}, type({name}) == {expected} ? {name} : dyn({empty}))[0]"
            ));
        }
        self.named(read, "found", |_, read| {
            Ok(format!("({read} == null ? dyn({empty}) : dyn({read}))"))
        })
    }

    /// What stands at a chain of fields and keys, whatever its type.
    fn read(&mut self, expression: &Expression) -> Result<String> {
        let mut steps = Vec::new();
        let mut root = expression;
        loop {
            let (base, step) = match &root.kind {
                ExpressionKind::Field { base, name, .. } => (base, text::step(name)),
                ExpressionKind::Index(base, key) => {
                    if let ExpressionKind::Property(container, Property::Flags) = &base.kind {
                        return self.flag(container, key);
                    }
                    let step = match &key.kind {
                        ExpressionKind::Constant(Constant::String(key)) => text::step(key),
                        _ => format!("[?{}]", self.term(key)?),
                    };
                    (base, step)
                }
                _ => break,
            };
            let is_list = matches!(base.ty.present(), Type::List(_));
            let is_open = matches!(base.ty.present(), Type::Any | Type::IntOrString | Type::Error);
            steps.push((step, is_list, is_open));
            root = base;
        }
        let mut chain = match &root.kind {
            ExpressionKind::Constant(_) => format!("dyn({})", self.term(root)?),
            // Of null no field can be asked.
            ExpressionKind::Property(owner, property @ (Property::Pod | Property::Object))
                if owner.ty.is_optional() =>
            {
                let value = self.property_of_present(root, owner, *property)?;
                format!("({} == null ? dyn({{}}) : dyn({value}))", self.dynamic(owner)?)
            }
            _ => self.term(root)?,
        };
        // Of a list nothing can be asked by a key: where one may stand in the place of an object, what stands
        // there is looked at first.
        let mut closing = "";
        for (number, (step, is_list, is_open)) in steps.iter().rev().enumerate() {
            if *is_open || self.is_careful && number > 0 {
                let part = self.scope.fresh("part");
                let expected = if *is_list { "list" } else { "map" };
                let value = match number {
                    0 => chain,
                    _ => format!("{chain}.orValue(null){closing}"),
                };
                chain = format!("[dyn({value})].map({part}, type({part}) == {expected} ? {part}");
                closing = " : null)[0]";
            }
            chain.push_str(step);
        }
        // What stands at an index has no type of its own, and would have that of null.
        let absent = match steps.first() {
            Some((step, ..)) if step.starts_with('[') => "dyn(null)",
            _ => "null",
        };
        Ok(format!("{chain}.orValue({absent}){closing}"))
    }

    fn property(&mut self, expression: &Expression, base: &Expression, property: Property) -> Result<String> {
        let value = self.property_of_present(expression, base, property)?;
        let absent = match property {
            Property::Object | Property::Name | Property::Namespace | Property::Kind | Property::Pod => {
                "null"
            }
            Property::Labels | Property::Annotations => "{}",
            Property::Containers => "[]",
            _ => return Ok(value),
        };
        // What belongs to an element that isn't there is absent, although its object is there.
        if !base.ty.is_optional() {
            return Ok(value);
        }
        let owner = self.dynamic(base)?;
        Ok(format!("({owner} == null ? dyn({absent}) : dyn({value}))"))
    }

    fn property_of_present(
        &mut self,
        expression: &Expression,
        base: &Expression,
        property: Property,
    ) -> Result<String> {
        let of_pod = matches!(base.ty.present(), Type::Pod | Type::Container);
        Ok(match property {
            Property::ImageRegistry
            | Property::ImageRepository
            | Property::ImageTag
            | Property::ImageDigest => {
                let image = self.dynamic(base)?;
                self.image(image, property)?
            }
            Property::Object => "variables.root".to_owned(),
            Property::Name => "variables.name".to_owned(),
            Property::Namespace => "variables.ownNamespace".to_owned(),
            Property::Kind => "string(variables.root.kind)".to_owned(),
            Property::Labels if of_pod => "variables.podLabels".to_owned(),
            Property::Annotations if of_pod => "variables.podAnnotations".to_owned(),
            Property::Labels => "variables.labels".to_owned(),
            Property::Annotations => "variables.annotations".to_owned(),
            Property::Pod => "variables.pod".to_owned(),
            Property::Containers => format!("variables.{}", containers_name(ContainerClasses::ALL)),
            Property::ContainerClass => {
                let class = match &base.kind {
                    ExpressionKind::Local(slot) => self.scope.binding(*slot).and_then(|own| own.class),
                    _ => None,
                };
                match class {
                    Some(class) => text::string(class),
                    None => {
                        return Err(Reason::new(
                            expression.span,
                            "it asks for the class of a container that no binder over containers gives",
                        ));
                    }
                }
            }
            Property::Flags => {
                return Err(Reason::new(
                    expression.span,
                    "it goes through all flags of a command line; a single one can be read",
                ));
            }
            Property::File | Property::Complete => {
                return Err(Reason::new(
                    expression.span,
                    "it reads paths of files, which admission does not know",
                ));
            }
            Property::Application => {
                return Err(Reason::new(
                    expression.span,
                    "it reads which Argo CD Application deploys an object, which admission does not know",
                ));
            }
            Property::Low | Property::High => return Err(tables(expression)),
        })
    }

    fn cast(&mut self, inner: &Expression, ty: &Type) -> Result<String> {
        let value = self.dynamic(inner)?;
        if !matches!(inner.ty.present(), Type::Any | Type::IntOrString) {
            return Ok(value);
        }
        if *ty.present() == Type::Quantity(Some(Dimension::RATIO)) {
            // Percent become a number that CEL's quantities read.
            let name = self.scope.fresh("value");
            return Ok(format!(
                "[{value}].map({name}, type({name}) == string && {name}.matches('^[0-9]{{1,18}}%$') ? dyn({name}.replace('%', 'e-2')) : null)[0]"
            ));
        }
        let read = self.typed(&value, ty, inner.span)?;
        // A list or map that is missing is an empty one.
        let empty = match ty.present() {
            Type::List(_) => "dyn([])",
            Type::Map(_) => "dyn({})",
            _ => return Ok(read),
        };
        let name = self.scope.fresh("value");
        Ok(format!(
            "[{read}].map({name}, {name} == null ? {empty} : {name})[0]"
        ))
    }

    /// A value if it is of a type, else null.
    fn typed(&mut self, value: &str, ty: &Type, span: Span) -> Result<String> {
        let name = self.scope.fresh("value");
        Ok(match super::faults::conforms(&name, ty, span)? {
            Some(test) => {
                format!("[{value}].map({name}, {name} != null && {test} ? {name} : null)[0]")
            }
            None => value.to_owned(),
        })
    }

    fn call(&mut self, call: &Expression, function: Builtin, arguments: &[Expression]) -> Result<String> {
        let mut terms = Vec::new();
        if !matches!(function, Builtin::References | Builtin::Base) {
            for argument in arguments {
                terms.push(self.dynamic(argument)?);
            }
        }
        let terms = |index: usize| terms.get(index).cloned().unwrap_or_else(|| "null".to_owned());
        Ok(match function {
            Builtin::Count => match arguments.first().map(|own| own.ty.present()) {
                Some(Type::List(_)) => format!("{}.size()", terms(0)),
                _ => format!("{}.size()", self.set_keys(arguments)?),
            },
            Builtin::Split => {
                let separator = match arguments.get(1).map(|own| &own.kind) {
                    Some(ExpressionKind::Constant(Constant::String(own))) if !own.is_empty() => terms(1),
                    _ => {
                        return Err(Reason::new(call.span, "it splits by what is not a constant text"));
                    }
                };
                self.named(terms(0), "text", |_, own| {
                    Ok(format!(
                        "({own} == null ? dyn([]) : dyn({own}.split({separator})))"
                    ))
                })?
            }
            Builtin::Lower => self.named(terms(0), "text", |_, own| {
                Ok(format!("({own} == null ? null : dyn({own}.lowerAscii()))"))
            })?,
            Builtin::Keys => self.set_keys(arguments)?,
            Builtin::Semver => {
                self.setting.demand(call.span, "comparing versions", 33)?;
                let (a, b) = (format!("string({})", terms(0)), format!("string({})", terms(1)));
                format!(
                    "(isSemver({a}, true) && isSemver({b}, true) ? dyn(semver({a}, true).compareTo(semver({b}, true))) : null)"
                )
            }
            Builtin::Base => match arguments.first() {
                Some(argument) if matches!(argument.ty.present(), Type::Document(_)) => {
                    "variables.old".to_owned()
                }
                _ => {
                    return Err(Reason::new(
                        call.span,
                        "it reads the base revision of a part of an object",
                    ));
                }
            },
            Builtin::References => {
                return Err(Reason::new(
                    call.span,
                    "it lists the other objects that a pod names",
                ));
            }
            Builtin::Cost | Builtin::Carbon | Builtin::Energy => return Err(tables(call)),
            Builtin::Replicas | Builtin::Requests => {
                return Err(Reason::new(
                    call.span,
                    "it reads other documents: the autoscalers of a workload",
                ));
            }
            Builtin::CidrContains => format!("({})", self.holds(call)?),
        })
    }

    /// The keys of a map under which something stands.
    fn set_keys(&mut self, arguments: &[Expression]) -> Result<String> {
        let map = match arguments {
            [map] if matches!(map.ty.present(), Type::Map(_)) => self.dynamic(map)?,
            // Nothing has no keys.
            [other] => {
                let other = self.dynamic(other)?;
                self.or_empty(other, "{}")?
            }
            _ => "{}".to_owned(),
        };
        self.named(map, "map", |writer, map| {
            let key = writer.scope.fresh("key");
            Ok(format!("{map}.filter({key}, {map}[{key}] != null)"))
        })
    }

    /// Whether the term of an expression is a quantity of CEL rather than as manifests write it.
    pub fn is_quantity(&self, expression: &Expression) -> bool {
        let is_exact = matches!(expression.ty.present(), Type::Quantity(_) | Type::Decimal);
        match &expression.kind {
            ExpressionKind::Arithmetic(..) | ExpressionKind::Negate(_) => is_exact,
            ExpressionKind::Coalesce(first, second) => self.is_quantity(first) || self.is_quantity(second),
            ExpressionKind::Local(slot) => {
                self.scope.aliased(*slot).is_some()
                    || self
                        .scope
                        .binding(*slot)
                        .is_some_and(|binding| binding.is_quantity)
            }
            _ => false,
        }
    }

    /// The expression's value as a quantity of CEL.
    pub fn quantity(&mut self, expression: &Expression) -> Result<String> {
        let term = self.term(expression)?;
        Ok(match &expression.kind {
            _ if self.is_quantity(expression) => term,
            ExpressionKind::Constant(Constant::Int(_)) => format!("quantity(string({term}))"),
            ExpressionKind::Constant(_) => format!("quantity({term})"),
            _ => format!("quantity(string({term}))"),
        })
    }

    /// The expression as a local stands for it.
    pub fn binding(&self, expression: &Expression, value: String) -> Binding {
        Binding {
            is_quantity: self.is_quantity(expression),
            ..Binding::of(value)
        }
    }
}

/// Whether a parameter can be set in a cluster: those whose values objects can hold.
pub fn is_read_param(parameter: &Parameter) -> bool {
    fn is_plain(ty: &Type) -> bool {
        match ty.present() {
            Type::Bool | Type::Int | Type::String | Type::Image => true,
            Type::Quantity(Some(dimension)) => {
                [Dimension::CPU, Dimension::MEMORY, Dimension::COUNT].contains(dimension)
            }
            _ => false,
        }
    }
    match parameter.ty.present() {
        Type::List(element) => is_plain(element),
        ty => is_plain(ty),
    }
}

/// The variable of a parameter.
pub fn param_name(parameter: &Parameter) -> String {
    format!("param_{}", parameter.name)
}

fn tables(expression: &Expression) -> Reason {
    Reason::new(
        expression.span,
        "it reads other documents: price or grid tables and autoscalers",
    )
}
