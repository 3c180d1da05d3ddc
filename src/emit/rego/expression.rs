//! Expressions → terms of Rego.
//!
//! A term has a value for every input, null where the value is absent.

use super::binder::container_fields;
use super::condition::truth;
use super::parameters::Form;
use super::scope::Scope;
use super::{Reason, Result, estimates, text};
use crate::ir::{
    Arithmetic, Builtin, Constant, ContainerClasses, Expression, ExpressionKind, Local, Parameter, Property,
    Slot, Type,
};
use crate::units::{Dimension, Quantity};

/// Writes the expressions of one rule.
pub struct Writer<'a> {
    pub scope: Scope<'a>,
    parameters: &'a [Parameter],
    /// The binder that ranges over the object under review rather than over all.
    pub reviewed: Option<Slot>,
    /// Whether parameters are set where the module runs.
    pub is_set_later: bool,
    /// Whether the input is the review of an object, with what it was before.
    pub is_at_admission: bool,
}

impl<'a> Writer<'a> {
    /// A writer for expressions with these locals and parameters.
    pub fn new(parameters: &'a [Parameter], locals: &'a [Local]) -> Writer<'a> {
        Writer {
            scope: Scope::new(locals),
            parameters,
            reviewed: None,
            is_set_later: false,
            is_at_admission: false,
        }
    }

    /// A value with fields, as a term that is an object or null.
    pub(super) fn structure(&mut self, expression: &Expression) -> Result<String> {
        let term = self.term(expression)?;
        Ok(match expression.ty.present() {
            Type::Document(_) if expression.ty.is_optional() => format!("_get({term}, [\"value\"])"),
            Type::Document(_) => member(&term, "value"),
            _ => term,
        })
    }

    /// The term that has the expression's value.
    pub fn term(&mut self, expression: &Expression) -> Result<String> {
        Ok(match &expression.kind {
            ExpressionKind::Constant(constant) => text::constant(constant),
            ExpressionKind::Parameter(index) => match self.parameters.get(*index) {
                Some(parameter) => format!("_parameters[{}]", text::string(&parameter.name)),
                None => "null".to_owned(),
            },
            ExpressionKind::Local(slot) => match self.scope.binding(*slot) {
                Some(binding) => binding.value.clone(),
                None => "null".to_owned(),
            },
            ExpressionKind::Field { .. } | ExpressionKind::Index(..) => {
                let value = self.read(expression)?;
                match reader(&expression.ty) {
                    Some(reader) => format!("{reader}({value})"),
                    None => value,
                }
            }
            ExpressionKind::Property(base, property) => self.property(expression, base, *property)?,
            ExpressionKind::Coalesce(first, second) => {
                format!("_or({}, {})", self.term(first)?, self.term(second)?)
            }
            ExpressionKind::Cast(inner, ty) => {
                let value = self.term(inner)?;
                let is_read = matches!(inner.ty.present(), Type::Any | Type::IntOrString);
                match (ty.present(), reader(ty)) {
                    _ if !is_read => value,
                    (Type::Quantity(Some(Dimension::RATIO)), _) => format!("_percent({value})"),
                    (Type::Quantity(Some(dimension)), _) if !dimension.is_in_manifests() => {
                        return Err(Reason::new(
                            inner.span,
                            format!(
                                "it reads amounts of {dimension} from manifests, which are no quantities of Kubernetes"
                            ),
                        ));
                    }
                    (_, Some(reader)) => format!("{reader}({value})"),
                    (_, None) => value,
                }
            }
            ExpressionKind::Arithmetic(operation, left, right) => {
                self.arithmetic(expression, *operation, left, right)?
            }
            ExpressionKind::Negate(inner) => {
                let value = self.term(inner)?;
                match inner.ty.present() {
                    Type::Int => format!("_subtract(0, {value})"),
                    _ => format!("_negative({value})"),
                }
            }
            ExpressionKind::Count(each, condition) => {
                let mut lines = self.each(each)?;
                if let Some(condition) = condition {
                    lines.extend(self.holds(condition, true)?);
                }
                format!("count({})", text::comprehension("1", lines))
            }
            ExpressionKind::Sum {
                each,
                condition,
                value,
            } => {
                let mut lines = self.each(each)?;
                if let Some(condition) = condition {
                    lines.extend(self.holds(condition, true)?);
                }
                let summand = self.scope.fresh("summand");
                lines.push(format!("{summand} := {}", self.term(value)?));
                let function = if *value.ty.present() == Type::Int {
                    "_sum"
                } else {
                    "_total"
                };
                format!("{function}({})", text::comprehension(&summand, lines))
            }
            ExpressionKind::List(parts) => {
                let terms: Vec<String> = parts.iter().map(|part| self.term(part)).collect::<Result<_>>()?;
                match parts.iter().any(|part| self.nullable(part)) {
                    true => format!("_present({})", text::list(terms)),
                    false => text::list(terms),
                }
            }
            ExpressionKind::Interpolate(parts) => {
                let parts: Vec<String> = parts
                    .iter()
                    .map(|part| self.printed(part))
                    .collect::<Result<_>>()?;
                match parts.as_slice() {
                    [one] => one.clone(),
                    _ => format!("concat(\"\", {})", text::list(parts)),
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
            | ExpressionKind::Call(..) => truth(self.holds(expression, true)?),
        })
    }

    /// What stands at a chain of fields and keys, whatever its type.
    fn read(&mut self, expression: &Expression) -> Result<String> {
        // A null object in a list is an empty one.
        if let ExpressionKind::Index(list, key) = &expression.kind
            && let Type::List(element) = list.ty.present()
            && element.is_struct()
        {
            let elements = self.structure(list)?;
            return Ok(format!("_element(_structs({elements}), {})", self.term(key)?));
        }
        let mut steps = Vec::new();
        let mut root = expression;
        loop {
            root = match &root.kind {
                ExpressionKind::Field { base, name, .. } => {
                    steps.push(text::string(name));
                    base
                }
                ExpressionKind::Index(base, key) => {
                    steps.push(self.term(key)?);
                    base
                }
                _ => break,
            };
        }
        steps.reverse();
        let value = self.structure(root)?;
        Ok(match (root.ty.present(), steps.as_slice()) {
            (Type::List(_), [index]) => format!("_element({value}, {index})"),
            (Type::List(_), [index, rest @ ..]) => {
                format!("_get(_element({value}, {index}), {})", text::list(rest.to_vec()))
            }
            _ => format!("_get({value}, {})", text::list(steps)),
        })
    }

    fn property(&mut self, expression: &Expression, base: &Expression, property: Property) -> Result<String> {
        let value = self.property_of_present(expression, base, property)?;
        let is_of_owner = matches!(
            property,
            Property::Object
                | Property::Name
                | Property::Namespace
                | Property::Kind
                | Property::File
                | Property::Labels
                | Property::Annotations
                | Property::Pod
                | Property::Containers
        );
        // An element that isn't there has a place all the same, and so an object.
        if !is_of_owner || !base.ty.is_optional() {
            return Ok(value);
        }
        let value = format!("_of_present({}, {value})", self.term(base)?);
        Ok(match property {
            Property::Labels | Property::Annotations => format!("_map({value})"),
            Property::Containers => format!("_list({value})"),
            _ => value,
        })
    }

    fn property_of_present(
        &mut self,
        expression: &Expression,
        base: &Expression,
        property: Property,
    ) -> Result<String> {
        Ok(match property {
            Property::Complete => "true".to_owned(),
            Property::Application => {
                return Err(Reason::new(
                    expression.span,
                    "it reads which Argo CD Application deploys an object, which takes the folders of the repository",
                ));
            }
            Property::ImageRegistry => format!("_image_registry({})", self.term(base)?),
            Property::ImageRepository => format!("_image_repository({})", self.term(base)?),
            Property::ImageTag => format!("_image_tag({})", self.term(base)?),
            Property::ImageDigest => format!("_image_digest({})", self.term(base)?),
            Property::Low => format!("_get({}, [\"low\"])", self.term(base)?),
            Property::High => format!("_get({}, [\"high\"])", self.term(base)?),
            Property::Object => self.placed(base)?.resource,
            Property::Name => format!("_name({})", self.placed(base)?.resource),
            Property::Namespace => format!("_namespace({})", self.placed(base)?.resource),
            Property::Kind => format!("{}.kind", self.placed(base)?.resource),
            Property::File => format!("{}.file", self.placed(base)?.resource),
            Property::Labels | Property::Annotations => {
                let field = if property == Property::Labels {
                    "labels"
                } else {
                    "annotations"
                };
                let owner = match is_of_pod(&base.ty) {
                    true => member(&self.pod(base)?, "value"),
                    false if self.is_former(base) => self.structure(base)?,
                    false => format!("{}.value", self.placed(base)?.resource),
                };
                format!("_map(_get({owner}, [\"metadata\", \"{field}\"]))")
            }
            Property::Pod => member(&self.pod(base)?, "value"),
            Property::Containers => {
                let pod = self.pod(base)?;
                let container = self.scope.fresh("container");
                let line = format!(
                    "some {container} in _containers({pod}, {})",
                    container_fields(ContainerClasses::ALL)
                );
                text::comprehension(&format!("{container}.value"), vec![line])
            }
            Property::ContainerClass => match self.placed(base)?.container {
                Some(container) => format!("_class({container})"),
                None => {
                    return Err(Reason::new(
                        expression.span,
                        "it asks for the class of a container that no binder over containers gives",
                    ));
                }
            },
            Property::Flags => format!("_flags({})", self.term(base)?),
        })
    }

    pub(super) fn references(&mut self, call: &Expression, arguments: &[Expression]) -> Result<String> {
        let (Some(pod), kinds) = (arguments.first(), arguments.get(1..).unwrap_or_default()) else {
            return Err(Reason::new(call.span, "its pod is missing"));
        };
        let pod = self.pod(pod)?;
        let mut names = Vec::new();
        for kind in kinds {
            match &kind.kind {
                ExpressionKind::Constant(Constant::String(name)) => names.push(name.to_string()),
                ExpressionKind::Constant(Constant::List(list)) => {
                    names.extend(list.iter().filter_map(|name| match name {
                        Constant::String(name) => Some(name.to_string()),
                        _ => None,
                    }));
                }
                _ => return Err(Reason::new(kind.span, "the kinds of references are not constant")),
            }
        }
        Ok(match kinds.is_empty() {
            true => format!("_references({pod}, _referable)"),
            false => format!("_references({pod}, {})", text::set(names)),
        })
    }

    pub(super) fn call(
        &mut self,
        call: &Expression,
        function: Builtin,
        arguments: &[Expression],
    ) -> Result<String> {
        let name = match function {
            Builtin::Count => {
                let Some(argument) = arguments.first() else {
                    return Ok("0".to_owned());
                };
                let term = self.structure(argument)?;
                return Ok(match argument.ty.present() {
                    Type::List(_) | Type::Map(_) => format!("count({term})"),
                    _ => format!("count(_map({term}))"),
                });
            }
            Builtin::References => {
                let references = self.references(call, arguments)?;
                let reference = self.scope.fresh("reference");
                let line = format!("some {reference} in {references}");
                return Ok(text::comprehension(&format!("{reference}.value"), vec![line]));
            }
            Builtin::Split => "_split",
            Builtin::Lower => "_lower",
            Builtin::Semver => "_semver",
            Builtin::Keys => "_keys",
            Builtin::CidrContains => "_cidr_contains",
            Builtin::Base => return self.base(call, arguments),
            Builtin::Cost | Builtin::Carbon | Builtin::Energy | Builtin::Replicas | Builtin::Requests => {
                return self.estimate(call, function, arguments);
            }
        };
        let arguments: Vec<String> = arguments
            .iter()
            .map(|argument| self.structure(argument))
            .collect::<Result<_>>()?;
        Ok(format!("{name}({})", arguments.join(", ")))
    }

    /// The object under review as it was before.
    fn base(&mut self, call: &Expression, arguments: &[Expression]) -> Result<String> {
        if !self.is_at_admission {
            return Err(Reason::new(
                call.span,
                "it reads the base revision, which the input doesn't have",
            )
            .help("`ordain check --base` judges it; of the targets, those for admission can"));
        }
        match arguments.first().map(|own| (&own.kind, own.ty.present())) {
            Some((ExpressionKind::Local(slot), Type::Document(_))) if self.reviewed == Some(*slot) => {
                Ok("_before_review".to_owned())
            }
            Some((_, Type::Document(_))) => Err(Reason::new(
                call.span,
                "it reads what an object was that is not under review, which the cluster no longer knows",
            )),
            _ => Err(Reason::new(
                call.span,
                "it reads the base revision of a part of an object",
            )),
        }
    }

    /// Whether a value is of an object as it was before.
    pub fn is_former(&self, expression: &Expression) -> bool {
        match &expression.kind {
            ExpressionKind::Call(Builtin::Base, _) => true,
            ExpressionKind::Local(slot) => self.scope.is_former(*slot),
            ExpressionKind::Field { base, .. }
            | ExpressionKind::Index(base, _)
            | ExpressionKind::Property(base, _) => self.is_former(base),
            ExpressionKind::Coalesce(left, right) => self.is_former(left) || self.is_former(right),
            _ => false,
        }
    }

    /// A call of what estimates: an object with both ends of a range.
    fn estimate(&mut self, call: &Expression, function: Builtin, arguments: &[Expression]) -> Result<String> {
        let Some(subject) = arguments.first() else {
            return Err(Reason::new(call.span, "what it estimates is missing"));
        };
        if self.is_former(subject) {
            return Err(Reason::new(call.span, "it estimates a former object"));
        }
        let resource = self.placed(subject)?.resource;
        let asked = match (function, subject.ty.present()) {
            (Builtin::Replicas, _) => return Ok(format!("_replicas_range({resource})")),
            (Builtin::Requests, _) => {
                let Some(ExpressionKind::Constant(Constant::String(key))) =
                    arguments.get(1).map(|argument| &argument.kind)
                else {
                    return Err(Reason::new(
                        call.span,
                        "the resource that it asks for is not constant",
                    ));
                };
                let is_extended = Dimension::of_resource_key(key) == Dimension::COUNT;
                return Ok(format!(
                    "_requests_range({resource}, {}, {is_extended})",
                    text::string(key)
                ));
            }
            (_, Type::Pod) => format!("_asked_of_pod({resource}, {})", self.pod(subject)?),
            (_, Type::Container) => format!("_asked_of_container({resource}, {})", self.term(subject)?),
            _ => format!("_asked_of_object({resource})"),
        };
        Ok(match function {
            Builtin::Cost => format!("_cost({asked})"),
            Builtin::Carbon => format!("_carbon({asked})"),
            _ => format!("_energy({asked})"),
        })
    }

    fn arithmetic(
        &mut self,
        expression: &Expression,
        operation: Arithmetic,
        left: &Expression,
        right: &Expression,
    ) -> Result<String> {
        let whole = |ty: &Type| *ty.present() == Type::Int;
        let (a, b) = (self.term(left)?, self.term(right)?);
        if whole(&left.ty) && whole(&right.ty) {
            let function = match operation {
                Arithmetic::Add => "_add",
                Arithmetic::Subtract => "_subtract",
                Arithmetic::Multiply => "_multiply",
                Arithmetic::Divide => "_divide",
            };
            return Ok(format!("{function}({a}, {b})"));
        }
        let exact = |term: &str, ty: &Type| match whole(ty) {
            true => format!("_of_whole({term})"),
            false => term.to_owned(),
        };
        let left_exact = exact(&a, &left.ty);
        Ok(match operation {
            Arithmetic::Add => format!("_plus({a}, {b})"),
            Arithmetic::Subtract => format!("_minus({a}, {b})"),
            Arithmetic::Multiply => {
                plain(expression, &left.ty, &right.ty, |a, b| a.times(b))?;
                format!("_times({left_exact}, {})", exact(&b, &right.ty))
            }
            Arithmetic::Divide => {
                plain(expression, &left.ty, &right.ty, |a, b| a.divided_by(b))?;
                let divisor = match &right.kind {
                    ExpressionKind::Constant(constant) => constant_nano(constant),
                    ExpressionKind::Parameter(index) => self
                        .parameters
                        .get(*index)
                        .filter(|own| !self.is_set_later || Form::of(&own.ty).is_none())
                        .and_then(|own| constant_nano(&own.value)),
                    _ => None,
                };
                let Some(divisor) = divisor.filter(|divisor| *divisor != 0) else {
                    return Err(Reason::new(right.span, "it divides by what is not constant"));
                };
                let shared = greatest_common_divisor(divisor.unsigned_abs(), 1_000_000_000);
                let (times, by) = (1_000_000_000 / shared, divisor.unsigned_abs() / shared);
                // More than that is no longer exact in engines whose division is floating.
                if by > 9_000_000_000 {
                    return Err(Reason::new(
                        right.span,
                        "it divides by a number that is too large to stay exact",
                    ));
                }
                let numerator = match times {
                    1 => left_exact,
                    _ => format!("_times({left_exact}, [0, {times}, 0])"),
                };
                let quotient = format!("_part({numerator}, {by})");
                if divisor < 0 {
                    format!("_negative({quotient})")
                } else {
                    quotient
                }
            }
        })
    }

    /// A text of the author's as a term that is a string, whatever it reads.
    pub fn text(&mut self, expression: &Expression) -> Result<String> {
        match &expression.kind {
            ExpressionKind::Interpolate(_) => self.term(expression),
            _ => self.printed(expression),
        }
    }

    /// A value as messages show it, as a term that is a string.
    fn printed(&mut self, expression: &Expression) -> Result<String> {
        if let ExpressionKind::Constant(constant) = &expression.kind {
            return Ok(text::string(&super::print::constant(constant)));
        }
        if let ExpressionKind::Parameter(index) = &expression.kind
            && let Some(parameter) = self.parameters.get(*index)
            && (!self.is_set_later || Form::of(&parameter.ty).is_none())
        {
            return Ok(text::string(&super::print::constant(&parameter.value)));
        }
        let term = self.term(expression)?;
        let is_text = matches!(expression.ty.present(), Type::String | Type::Image);
        Ok(match expression.ty.present() {
            _ if is_text && !self.nullable(expression) => term,
            Type::Quantity(Some(Dimension::CPU)) => format!("_print_cpu({term})"),
            Type::Quantity(Some(Dimension::MEMORY)) => format!("_print_memory({term})"),
            Type::Quantity(Some(Dimension::RATIO)) => format!("_print_share({term})"),
            Type::Quantity(None) => format!("_print_unmeasured({term})"),
            Type::Quantity(Some(dimension)) if *dimension != Dimension::COUNT => {
                self.printed_amount(expression, &term, *dimension)?
            }
            Type::Quantity(_) | Type::Decimal => format!("_print_number({term})"),
            Type::Document(_) => format!("_print_resource({term})"),
            Type::Pod => format!("_print_resource({})", self.placed(expression)?.resource),
            Type::Container => format!("_print_container({term})"),
            Type::Reference => format!("_print_reference({term})"),
            Type::List(element) if matches!(element.present(), Type::Quantity(_) | Type::Decimal) => {
                format!("_print_numbers({term})")
            }
            _ => format!("_print({term})"),
        })
    }

    /// An amount with its unit.
    fn printed_amount(
        &mut self,
        expression: &Expression,
        term: &str,
        dimension: Dimension,
    ) -> Result<String> {
        let is_told = dimension == Dimension::DURATION || self.is_round(expression);
        let printed = estimates::printed(term, dimension).filter(|_| is_told);
        printed.ok_or_else(|| {
            Reason::new(
                expression.span,
                format!(
                    "it shows an amount of {dimension} that it computes, which Rego has no units to tell in"
                ),
            )
            .help("leave the computed amount out of the message")
        })
    }

    /// Whether few decimals tell an amount.
    pub fn is_round(&self, expression: &Expression) -> bool {
        estimates::is_round(expression, self.parameters, &|slot| self.scope.is_round(slot))
    }

    /// Whether a term may be null.
    pub fn nullable(&self, expression: &Expression) -> bool {
        match &expression.kind {
            ExpressionKind::Constant(_) | ExpressionKind::Parameter(_) => false,
            ExpressionKind::Local(slot) => self.scope.binding(*slot).is_none_or(|binding| binding.nullable),
            ExpressionKind::Coalesce(_, second) => self.nullable(second),
            ExpressionKind::Property(base, _) if base.ty.is_optional() => true,
            ExpressionKind::Property(_, property) => !matches!(
                property,
                Property::Name
                    | Property::Namespace
                    | Property::Kind
                    | Property::File
                    | Property::ContainerClass
            ),
            ExpressionKind::Count(..) | ExpressionKind::List(_) | ExpressionKind::Interpolate(_) => false,
            ExpressionKind::Call(Builtin::Count, _) => false,
            ExpressionKind::Arithmetic(_, left, right) => self.nullable(left) || self.nullable(right),
            _ => !matches!(expression.ty, Type::List(_) | Type::Map(_)),
        }
    }
}

/// The function of the prelude that gives a value of the type, or null.
pub fn reader(ty: &Type) -> Option<&'static str> {
    match ty.present() {
        Type::Bool => Some("_boolean"),
        Type::Int => Some("_whole"),
        Type::Decimal => Some("_decimal"),
        Type::String | Type::Image | Type::Regex => Some("_string"),
        Type::Quantity(_) => Some("_quantity"),
        Type::List(element) => Some(match reader(element) {
            Some("_boolean") => "_booleans",
            Some("_whole") => "_wholes",
            Some("_decimal") => "_decimals",
            Some("_string") => "_strings",
            Some("_quantity") => "_quantities",
            Some("_object") => "_structs",
            _ => "_list",
        }),
        Type::Map(_) => Some("_map"),
        Type::Struct(_) | Type::Structs(_) | Type::Document(_) | Type::Pod | Type::Container => {
            Some("_object")
        }
        Type::IntOrString => Some("_int_or_string"),
        Type::Range(_)
        | Type::Reference
        | Type::Estimate(_)
        | Type::Any
        | Type::Error
        | Type::Optional(_) => None,
    }
}

/// A member of what a term gives; calls can't be followed by a dot.
pub(super) fn member(term: &str, name: &str) -> String {
    match term.ends_with(')') {
        true => format!("_get({term}, [\"{name}\"])"),
        false => format!("{term}.{name}"),
    }
}

pub(super) fn is_of_pod(ty: &Type) -> bool {
    matches!(ty.present(), Type::Pod | Type::Container)
}

fn constant_nano(constant: &Constant) -> Option<i128> {
    match constant {
        Constant::Int(number) => number.checked_mul(1_000_000_000),
        Constant::Decimal(nano) => Some(*nano),
        Constant::Quantity(quantity) => Some(quantity.nano),
        _ => None,
    }
}

/// Refuses products and quotients of rates, whose numbers are kept in units of their own.
fn plain(
    expression: &Expression,
    left: &Type,
    right: &Type,
    operation: fn(Quantity, Quantity) -> Option<Quantity>,
) -> Result<()> {
    let one = |ty: &Type| match ty.present() {
        Type::Quantity(dimension) => Quantity::new(1_000_000_000, dimension.unwrap_or(Dimension::COUNT)),
        _ => Quantity::new(1_000_000_000, Dimension::RATIO),
    };
    match operation(one(left), one(right)) {
        Some(result) if result.nano == 1_000_000_000 => Ok(()),
        _ => Err(Reason::new(expression.span, "it multiplies or divides rates")),
    }
}

fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    match b {
        0 => a,
        _ => greatest_common_divisor(b, a % b),
    }
}
