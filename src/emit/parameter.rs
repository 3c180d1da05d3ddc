//! A parameter → the OpenAPI schema of its values in a cluster, and its value as JSON.

use crate::ir::{Constant, Parameter, Type};
use serde_json::{Map, Value, json};

/// The schema, with what the parameter is unless somebody sets it.
pub fn schema(parameter: &Parameter) -> Value {
    let mut schema = of_type(&parameter.ty, parameter.allowed.as_ref());
    if let Some(fields) = schema.as_object_mut() {
        if !parameter.documentation.is_empty() {
            fields.insert("description".to_owned(), json!(parameter.documentation));
        }
        fields.insert("default".to_owned(), value(&parameter.value));
    }
    schema
}

/// The schema of a type; of a list, what is allowed holds for each of its elements.
fn of_type(ty: &Type, allowed: Option<&Constant>) -> Value {
    let mut schema = match ty.present() {
        Type::Bool => json!({ "type": "boolean" }),
        Type::Int => json!({ "type": "integer", "format": "int64" }),
        Type::Decimal => json!({ "type": "number" }),
        Type::Quantity(_) => json!({
            "x-kubernetes-int-or-string": true,
            "anyOf": [{ "type": "integer" }, { "type": "string" }],
            "pattern": "^([+-]?[0-9.]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$",
        }),
        Type::List(element) => return json!({ "type": "array", "items": of_type(element, allowed) }),
        Type::Map(element) => {
            return json!({ "type": "object", "additionalProperties": of_type(element, allowed) });
        }
        _ => json!({ "type": "string" }),
    };
    let Some(fields) = schema.as_object_mut() else {
        return schema;
    };
    match allowed {
        Some(Constant::Range(low, high)) => match (&**low, &**high) {
            (Constant::Int(_), Constant::Int(_)) | (Constant::Decimal(_), Constant::Decimal(_)) => {
                fields.insert("minimum".to_owned(), value(low));
                fields.insert("maximum".to_owned(), value(high));
            }
            (Constant::Quantity(_), Constant::Quantity(_)) => {
                let bound = |bound: &Constant| super::cel::string(value(bound).as_str().unwrap_or("0"));
                let rule = format!(
                    "isQuantity(string(self)) && quantity(string(self)).compareTo(quantity({})) >= 0 && quantity(string(self)).compareTo(quantity({})) <= 0",
                    bound(low),
                    bound(high)
                );
                let (low, high) = (super::rego::printed(low), super::rego::printed(high));
                let message = format!("must be from {low} to {high}");
                fields.insert(
                    "x-kubernetes-validations".to_owned(),
                    json!([{ "rule": rule, "message": message }]),
                );
            }
            _ => {}
        },
        Some(Constant::List(values)) => {
            let values: Vec<Value> = values.iter().map(value).collect();
            fields.insert("enum".to_owned(), json!(values));
        }
        _ => {}
    }
    schema
}

/// A constant as an object of the cluster has it: quantities as manifests spell them.
pub fn value(constant: &Constant) -> Value {
    match constant {
        Constant::Int(number) => json!(whole(*number)),
        Constant::Quantity(quantity) => match quantity.to_manifest() {
            Some(text) => json!(text),
            None => json!(super::cel::decimal(quantity.nano)),
        },
        Constant::List(values) => values.iter().map(value).collect(),
        Constant::Map(entries) => {
            let entries = entries.iter().map(|(key, own)| (key.to_string(), value(own)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Constant::Range(low, high) => json!([value(low), value(high)]),
        Constant::Bool(_) | Constant::Decimal(_) | Constant::String(_) => constant.to_json(),
    }
}

/// A number as far as 64 bits hold it; larger ones are refused where the rule is compiled.
fn whole(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};
    use crate::units::{Dimension, Quantity};

    fn parameter(ty: Type, allowed: Option<Constant>, value: Constant) -> Parameter {
        Parameter {
            name: "limit".into(),
            ty,
            allowed,
            value,
            documentation: String::new(),
            span: Span::new(FileId(0), 0, 0),
        }
    }

    #[test]
    fn bounds_and_choices_are_those_of_each_element() {
        let words = |words: &[&str]| {
            let words = words.iter().map(|word| Constant::String((*word).into()));
            Constant::List(words.collect())
        };
        let one = parameter(
            Type::Int,
            Some(Constant::Range(
                Box::new(Constant::Int(1)),
                Box::new(Constant::Int(9)),
            )),
            Constant::Int(2),
        );
        assert_eq!(
            schema(&one),
            json!({ "type": "integer", "format": "int64", "minimum": 1, "maximum": 9, "default": 2 })
        );
        let several = parameter(
            Type::List(Box::new(Type::String)),
            Some(words(&["a", "b"])),
            words(&["a"]),
        );
        assert_eq!(
            schema(&several),
            json!({ "type": "array", "items": { "type": "string", "enum": ["a", "b"] }, "default": ["a"] })
        );
    }

    proptest::proptest! {
        #[test]
        fn the_spelling_of_a_quantity_is_exact(nano in -1_000_000_000_000_000_000_i128..1_000_000_000_000_000_000) {
            for dimension in [Dimension::CPU, Dimension::MEMORY, Dimension::COUNT, Dimension::RATIO] {
                let text = value(&Constant::Quantity(Quantity::new(nano, dimension)));
                let read = Quantity::of_manifest(text.as_str().unwrap(), dimension);
                proptest::prop_assert_eq!(read.map(|quantity| quantity.nano), Ok(nano), "{}", text);
            }
        }
    }
}
