//! What a group reads of the object → texts that tell its faults: ill-typed values, and missing ones that
//! the API requires. Each is empty where there is none.

use super::object::{self, Coverage, containers_name};
use super::scope::Scope;
use super::{Reason, Result, text};
use crate::ir::reads::{DomainReads, Segment, Shape};
use crate::ir::{Domain, KindReference, Type};
use crate::source::Span;

/// The texts for one domain, each an expression that gives a string.
pub fn of_domain(
    reads: &DomainReads,
    coverage: &Coverage,
    scope: &mut Scope<'_>,
    span: Span,
) -> Result<Vec<String>> {
    let mut writer = ShapeWriter { scope, span };
    let mut faults = writer.parts(&reads.document, "variables.root", "")?;
    let of_pods = matches!(reads.domain, Domain::Pods | Domain::Containers(_));
    if of_pods || !reads.pod.parts.is_empty() {
        // Custom resources may do without a template, such as one that refers to a Deployment.
        let built_in: Vec<(String, String)> = match coverage {
            Coverage::Kinds(kinds) => kinds
                .iter()
                .filter(|(group, _)| object::is_built_in(group))
                .cloned()
                .collect(),
            Coverage::All => Vec::new(),
        };
        let missing = match reads.pod.required && !built_in.is_empty() {
            true => format!(
                "({} ? {} : '')",
                object::is_kind(built_in),
                text::string("missing field: the pod template is not set, and the rule reads it; ")
            ),
            false => "''".to_owned(),
        };
        let ill_typed = text::string("ill-typed field: the pod template is not an object; ");
        faults.push(format!(
            "(variables.template == null ? {missing} : type(variables.template) != map ? {ill_typed} : '')"
        ));
        // What belongs to an absent template is absent with it, and its absence is told above.
        let parts = writer.parts(&reads.pod, "variables.pod", "")?;
        if !parts.is_empty() {
            faults.push(format!("(type(variables.template) == map ? {} : '')", sum(parts)));
        }
    }
    if let Domain::Containers(classes) = reads.domain {
        let container = writer.scope.fresh("container");
        let parts = writer.parts(&reads.container, &container, "")?;
        if !parts.is_empty() {
            faults.push(format!(
                "variables.{}.map({container}, {}).join('')",
                containers_name(classes),
                sum(parts)
            ));
        }
    }
    Ok(faults)
}

/// Texts one after the other.
pub fn sum(texts: Vec<String>) -> String {
    match texts.is_empty() {
        true => "''".to_owned(),
        false => texts.join(" + "),
    }
}

struct ShapeWriter<'w, 'a> {
    scope: &'w mut Scope<'a>,
    span: Span,
}

impl ShapeWriter<'_, '_> {
    /// Texts for what is read below a value, which is of the type that the shape expects, or null.
    fn parts(&mut self, shape: &Shape, value: &str, trail: &str) -> Result<Vec<String>> {
        let mut faults = Vec::new();
        // Of a value that may be anything, what is read below it says which it has to be; else nothing is read.
        let is_open = conforms(value, &shape.expected, self.span)?.is_none();
        for (segment, part) in &shape.parts {
            let own = match segment {
                Segment::Key(key) => {
                    let trail = match trail {
                        "" => key.to_string(),
                        trail => format!("{trail}.{key}"),
                    };
                    let name = self.scope.fresh(key);
                    let Some(check) = self.check(part, &name, &trail, false)? else {
                        continue;
                    };
                    let step = text::step(key);
                    // What an index gives has no type of its own, and would be null to the type checker.
                    let nothing = if step.starts_with('[') {
                        "dyn(null)"
                    } else {
                        "null"
                    };
                    format!("[{value}{step}.orValue({nothing})].map({name}, {check})[0]")
                }
                Segment::Item(index) => {
                    let name = self.scope.fresh("element");
                    let Some(check) = self.check(part, &name, &format!("{trail}[{index}]"), true)? else {
                        continue;
                    };
                    format!(
                        "({value} != null && {value}.size() > {index} ? [{value}[{index}]].map({name}, {check})[0] : '')"
                    )
                }
                Segment::Elements => {
                    let name = self.scope.fresh("element");
                    let Some(check) = self.check(part, &name, &format!("{trail}[]"), true)? else {
                        continue;
                    };
                    format!("({value} == null ? '' : {value}.map({name}, {check}).join(''))")
                }
                Segment::Entries => {
                    let (name, key) = (self.scope.fresh("entry"), self.scope.fresh("key"));
                    let Some(check) = self.check(part, &name, &format!("{trail}[]"), false)? else {
                        continue;
                    };
                    format!(
                        "({value} == null ? '' : {value}.map({key}, [{value}[{key}]].map({name}, {check})[0]).join(''))"
                    )
                }
            };
            let own = match (is_open, segment) {
                (false, _) => own,
                (true, Segment::Key(_) | Segment::Entries) => format!("(type({value}) == map ? {own} : '')"),
                (true, Segment::Item(_) | Segment::Elements) => {
                    format!("(type({value}) == list ? {own} : '')")
                }
            };
            faults.push(match part.only.is_empty() {
                true => own,
                false => format!("({} ? {own} : '')", only(&part.only)),
            });
        }
        Ok(faults)
    }

    /// The text for the value of a name; none if every value is right.
    fn check(&mut self, shape: &Shape, name: &str, trail: &str, is_element: bool) -> Result<Option<String>> {
        let expected = shape.expected.present();
        let below = self.parts(shape, name, trail)?;
        let conforms = conforms(name, expected, self.span)?;
        let ill_typed = text::string(&format!(
            "ill-typed field: `{trail}` is not {}; ",
            expected.in_words()
        ));
        let mut inner = below;
        if let Type::List(element) | Type::Map(element) = expected
            && element.is_scalar()
        {
            let one = self.scope.fresh("one");
            let is_map = matches!(expected, Type::Map(_));
            let value = match is_map {
                true => format!("{name}[{one}]"),
                false => one.clone(),
            };
            if let Some(test) = self::conforms(&value, element, self.span)? {
                let test = match is_map {
                    true => format!("{value} == null || {test}"),
                    false => test,
                };
                let told = text::string(&format!(
                    "ill-typed field: `{trail}[]` is not {}; ",
                    element.in_words()
                ));
                inner.push(format!("({name}.all({one}, {test}) ? '' : {told})"));
            }
        }
        let is_object = matches!(
            expected,
            Type::Struct(_)
                | Type::Structs(_)
                | Type::Document(_)
                | Type::Pod
                | Type::Container
                | Type::Map(_)
        );
        // In a list a null object is an empty one, and a null scalar no value.
        let of_null = match (is_element, is_object, shape.required) {
            (true, true, _) => sum(self.parts(shape, "dyn({})", trail)?),
            (true, false, _) if conforms.is_some() => ill_typed.clone(),
            (false, _, true) => text::string(&format!(
                "missing field: `{trail}` is not set, and the rule reads it; "
            )),
            _ => "''".to_owned(),
        };
        if let (Type::List(_), true) = (expected, shape.required) {
            let told = format!("missing field: `{trail}` is empty, but the API requires an element; ");
            inner.push(format!("({name}.size() == 0 ? {} : '')", text::string(&told)));
        }
        Ok(match (conforms, inner.is_empty() && of_null == "''") {
            (None, true) => None,
            (None, false) => Some(format!("{name} == null ? {of_null} : {}", sum(inner))),
            (Some(test), _) => Some(format!(
                "{name} == null ? {of_null} : {test} ? {} : {ill_typed}",
                sum(inner)
            )),
        })
    }
}

fn only(kinds: &[KindReference]) -> String {
    super::object::is_kind(super::object::pairs(kinds))
}

/// The condition that the value of a name, which is not null, is of a type; none if every value is.
pub fn conforms(name: &str, ty: &Type, span: Span) -> Result<Option<String>> {
    Ok(Some(match ty.present() {
        Type::Bool => format!("type({name}) == bool"),
        Type::Int => whole(name),
        Type::Decimal => format!("(type({name}) == int || type({name}) == double)"),
        Type::String | Type::Image | Type::Regex => format!("type({name}) == string"),
        Type::Quantity(Some(dimension)) if !dimension.is_in_manifests() => {
            return Err(Reason::new(
                span,
                format!(
                    "it reads amounts of {dimension} from manifests, which are no quantities of Kubernetes"
                ),
            ));
        }
        Type::Quantity(_) => is_quantity(name),
        Type::IntOrString => format!("(type({name}) == string || {})", whole(name)),
        Type::List(_) => format!("type({name}) == list"),
        Type::Map(_)
        | Type::Struct(_)
        | Type::Structs(_)
        | Type::Document(_)
        | Type::Pod
        | Type::Container => {
            format!("type({name}) == map")
        }
        Type::Range(_)
        | Type::Reference
        | Type::Estimate(_)
        | Type::Any
        | Type::Error
        | Type::Optional(_) => return Ok(None),
    }))
}

/// The condition that a value is a whole number of 64 bits, in whichever way it is written.
pub fn whole(name: &str) -> String {
    // The least of them is one that CEL does not convert.
    format!(
        "(type({name}) == int || type({name}) == double && ({name} == -9223372036854775808.0 || {name} > -9223372036854775808.0 && {name} < 9223372036854775808.0 && double(int({name})) == {name}))"
    )
}

/// A value that is a whole number of 64 bits, as one of CEL.
pub fn number(name: &str) -> String {
    // Beside a whole number, one in floating point is no longer exact.
    format!(
        "type({name}) == int ? int({name}) : {name} == -9223372036854775808.0 ? -9223372036854775808 : int({name})"
    )
}

/// The condition that a value is a quantity as manifests may spell it.
pub fn is_quantity(value: &str) -> String {
    format!(
        "((type({value}) == string || type({value}) == int || type({value}) == double) && isQuantity(string({value})))"
    )
}
