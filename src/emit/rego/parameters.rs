//! A rule's parameters → what a module reads them from: constants, or what whoever runs it sets, with
//! the defaults beneath and a result for each value that a parameter can't have.

use super::text;
use super::{Host, Setting};
use crate::ir::{Constant, Parameter, Rule, Type};
use crate::units::Dimension;

/// How a scalar is written in JSON, and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// Text.
    String,
    /// A quantity of Kubernetes, as a string: `500m`, `64Mi`.
    Quantity,
}

/// How a parameter that can be set at run time is written in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One value.
    One(Scalar),
    /// A list of them.
    List(Scalar),
    /// A map of them.
    Map(Scalar),
}

impl Form {
    /// The form of a parameter; `None` if it can only be set when the module is made. What Kubernetes
    /// has no quantities for (money, time, rates) would be read by another table of units than the
    /// policy's, and a regular expression has to be read before it is used.
    pub fn of(ty: &Type) -> Option<Form> {
        Some(match ty.present() {
            Type::List(element) => Form::List(Scalar::of(element)?),
            Type::Map(element) => Form::Map(Scalar::of(element)?),
            scalar => Form::One(Scalar::of(scalar)?),
        })
    }

    /// What it is made of.
    pub fn scalar(self) -> Scalar {
        match self {
            Form::One(scalar) | Form::List(scalar) | Form::Map(scalar) => scalar,
        }
    }

    /// As messages name it.
    fn description(self) -> String {
        let (one, several) = match self.scalar() {
            Scalar::Boolean => ("a boolean", "booleans"),
            Scalar::Whole => ("a whole number", "whole numbers"),
            Scalar::Number => ("a number", "numbers"),
            Scalar::String => ("a string", "strings"),
            Scalar::Quantity => ("a quantity as a string", "quantities as strings"),
        };
        match self {
            Form::One(_) => one.to_owned(),
            Form::List(_) => format!("a list of {several}"),
            Form::Map(_) => format!("a map of {several}"),
        }
    }
}

impl Scalar {
    fn of(ty: &Type) -> Option<Scalar> {
        Some(match ty.present() {
            Type::Bool => Scalar::Boolean,
            Type::Int => Scalar::Whole,
            Type::Decimal => Scalar::Number,
            Type::String | Type::Image => Scalar::String,
            Type::Quantity(Some(dimension)) if is_readable(*dimension) => Scalar::Quantity,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Scalar::Boolean => "boolean",
            Scalar::Whole => "whole",
            Scalar::Number => "number",
            Scalar::String => "string",
            Scalar::Quantity => "quantity",
        }
    }
}

fn is_readable(dimension: Dimension) -> bool {
    [
        Dimension::CPU,
        Dimension::MEMORY,
        Dimension::COUNT,
        Dimension::RATIO,
    ]
    .contains(&dimension)
}

/// The parameters of a rule that can be set at run time.
pub fn settable(rule: &Rule) -> impl Iterator<Item = (&Parameter, Form)> {
    let parameters = rule.parameters.iter();
    parameters.filter_map(|parameter| Some((parameter, Form::of(&parameter.ty)?)))
}

/// The definitions of a module's parameters, and whether there can be faults of them.
pub fn definitions(rule: &Rule, setting: &Setting<'_>) -> (Vec<String>, bool) {
    if rule.parameters.is_empty() {
        return (Vec::new(), false);
    }
    let is_settable = setting.host != Host::Files;
    let table = |entries: Vec<(&str, String)>| {
        let lines: Vec<String> = entries
            .into_iter()
            .map(|(name, value)| format!("\t{}: {value},", text::string(name)))
            .collect();
        match lines.is_empty() {
            true => "object.union({}, {})".to_owned(),
            false => format!("{{\n{}\n}}", lines.join("\n")),
        }
    };
    let values = rule.parameters.iter().map(|parameter| {
        let value = text::constant(&parameter.value);
        let value = match is_settable && Form::of(&parameter.ty).is_some() {
            true => format!("_parameter({}, {value})", text::string(&parameter.name)),
            false => value,
        };
        (&*parameter.name, value)
    });
    let mut definitions = vec![format!("_parameters := {}", table(values.collect()))];
    if is_settable {
        let declared = settable(rule).map(|(parameter, form)| (&*parameter.name, declared(parameter, form)));
        definitions.push(format!("_declared := {}", table(declared.collect())));
        definitions.push("default _set := {}".to_owned());
        definitions.push(match setting.host {
            Host::Gatekeeper => "_set := input.parameters".to_owned(),
            _ => format!("_set := data.ordain.parameters[{}]", text::string(&rule.id)),
        });
    }
    (definitions, is_settable)
}

/// What a parameter may be, as the prelude checks it.
fn declared(parameter: &Parameter, form: Form) -> String {
    let shape = match form {
        Form::One(_) => "one",
        Form::List(_) => "list",
        Form::Map(_) => "map",
    };
    let mut members = vec![
        ("shape", text::string(shape)),
        ("of", text::string(form.scalar().word())),
        ("description", text::string(&form.description())),
    ];
    if let Some(allowed) = &parameter.allowed {
        let key = match allowed {
            Constant::Range(..) => "within",
            _ => "among",
        };
        members.push((key, text::constant(allowed)));
        members.push(("allowed", text::string(&allowed.to_string())));
    }
    let members: Vec<String> = members
        .into_iter()
        .map(|(key, value)| format!("\"{key}\": {value}"))
        .collect();
    format!("{{{}}}", members.join(", "))
}
