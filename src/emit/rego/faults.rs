//! What a group reads of manifests → functions that list the faults of an element: ill-typed values,
//! and missing ones that the API requires.

use super::binder::kind_set;
use super::text;
use super::{Reason, Result};
use crate::ir::reads::{DomainReads, Segment, Shape};
use crate::ir::{Domain, Type};
use crate::source::Span;
use crate::units::Dimension;

/// The faults of a domain's elements: functions, and how to call them.
pub struct Faults {
    /// The functions.
    pub definitions: Vec<String>,
    /// The faults of an object, as a term over `resource`; of a pod, over `resource` and `pod`, where the
    /// domain ranges over pods or containers.
    pub of_owner: Option<String>,
    /// The faults of a container, as a term over `container`.
    pub of_container: Option<String>,
}

/// Names for what functions take, by which terms of faults are told apart.
const ARGUMENTS: [&str; 3] = ["resource", "pod", "container"];

/// The functions for one binder over the repository. `suffix` tells them from those of others.
pub fn of_domain(reads: &DomainReads, suffix: &str, span: Span) -> Result<Faults> {
    let mut writer = ShapeWriter { fresh: 0, span };
    let of_pods = matches!(reads.domain, Domain::Pods | Domain::Containers(_));
    let mut owner = Vec::new();
    if !matches!(reads.domain, Domain::Namespaces) {
        owner = writer.parts(&reads.document, &Spot::root("resource"))?;
        let pods = writer.parts(&reads.pod, &Spot::root("pod"))?;
        if of_pods {
            owner.push(format!("_pod_faults(resource, pod, {})", reads.pod.required));
            owner.extend(pods);
        } else if !pods.is_empty() {
            let mut pods = pods;
            pods.insert(0, format!("_pod_faults(resource, pod, {})", reads.pod.required));
            owner.push(text::comprehension(
                "fault",
                vec![
                    "some pod in _pods(resource)".to_owned(),
                    format!("some fault in {}", flat(pods)),
                ],
            ));
        }
    }
    let container = writer.parts(&reads.container, &Spot::root("container"))?;
    let mut faults = Faults {
        definitions: Vec::new(),
        of_owner: None,
        of_container: None,
    };
    faults.of_owner = faults.define(&format!("_faults_{suffix}"), owner);
    faults.of_container = faults.define(&format!("_container_faults_{suffix}"), container);
    Ok(faults)
}

impl Faults {
    fn define(&mut self, name: &str, terms: Vec<String>) -> Option<String> {
        if terms.is_empty() {
            return None;
        }
        let body = flat(terms);
        let arguments: Vec<&str> = ARGUMENTS
            .into_iter()
            .filter(|argument| text::uses(&body, argument) && !body.contains(&format!("some {argument} in")))
            .collect();
        let call = format!("{name}({})", arguments.join(", "));
        self.definitions.push(format!("{call} := {body}"));
        Some(call)
    }
}

/// A value with the path from what is judged.
struct Spot {
    /// The variable whose value the steps start from.
    base: String,
    steps: Vec<String>,
    /// The path of what is judged.
    root: String,
    trail: Vec<String>,
}

impl Spot {
    fn root(variable: &str) -> Spot {
        Spot {
            base: format!("{variable}.value"),
            steps: Vec::new(),
            root: format!("{variable}.path"),
            trail: Vec::new(),
        }
    }

    fn value(&self) -> String {
        match self.steps.is_empty() {
            true => self.base.clone(),
            false => format!("_get({}, {})", self.base, text::list(self.steps.clone())),
        }
    }

    fn trail(&self) -> String {
        text::list(self.trail.clone())
    }

    fn key(&self, key: &str) -> Spot {
        let key = text::string(key);
        let with = |list: &[String]| list.iter().cloned().chain([key.clone()]).collect();
        Spot {
            base: self.base.clone(),
            steps: with(&self.steps),
            root: self.root.clone(),
            trail: with(&self.trail),
        }
    }

    fn below(&self, step: &str, variable: &str) -> Spot {
        Spot {
            base: variable.to_owned(),
            steps: Vec::new(),
            root: self.root.clone(),
            trail: self.trail.iter().cloned().chain([step.to_owned()]).collect(),
        }
    }
}

struct ShapeWriter {
    fresh: usize,
    span: Span,
}

impl ShapeWriter {
    /// Terms that list the faults of what is read below a place.
    fn parts(&mut self, shape: &Shape, spot: &Spot) -> Result<Vec<String>> {
        let mut terms = Vec::new();
        for (segment, part) in &shape.parts {
            let mut own = Vec::new();
            match segment {
                Segment::Key(key) => {
                    own.push(format!(
                        "_expect({}, {}, {}, {}, {}, {})",
                        spot.value(),
                        spot.root,
                        spot.trail(),
                        text::string(key),
                        self.expected(&part.expected)?,
                        part.required
                    ));
                    own.extend(self.parts(part, &spot.key(key))?);
                }
                Segment::Item(index) => own.push(self.elements(part, spot, "_list", Some(*index))?),
                Segment::Elements => own.push(self.elements(part, spot, "_list", None)?),
                Segment::Entries => own.push(self.elements(part, spot, "_map", None)?),
            }
            if part.only.is_empty() {
                terms.extend(own);
            } else {
                self.fresh += 1;
                let fault = format!("fault_{}", self.fresh);
                let lines = vec![
                    format!("some {fault} in {}", flat(own)),
                    format!("_is_kind(resource, {})", kind_set(&part.only)),
                ];
                terms.push(text::comprehension(&fault, lines));
            }
        }
        Ok(terms)
    }

    fn elements(&mut self, part: &Shape, spot: &Spot, reader: &str, only: Option<usize>) -> Result<String> {
        self.fresh += 1;
        let (step, element) = (format!("step_{}", self.fresh), format!("element_{}", self.fresh));
        let (inner, fault) = (format!("struct_{}", self.fresh), format!("fault_{}", self.fresh));
        let below = spot.below(&step, &inner);
        let mut terms = vec![format!(
            "_check({element}, {}, {}, {}, false)",
            below.root,
            below.trail(),
            self.expected(&part.expected)?
        )];
        terms.extend(self.parts(part, &below)?);
        let mut lines = vec![format!("some {step}, {element} in {reader}({})", spot.value())];
        if let Some(index) = only {
            lines.push(format!("{step} == {index}"));
        }
        lines.push(format!("{inner} := {}", struct_or_list(&part.expected, &element)));
        lines.push(format!("some {fault} in {}", flat(terms)));
        Ok(text::comprehension(&fault, lines))
    }

    /// A type as the prelude's checks know it: its word, and that of its elements where they are scalars.
    fn expected(&self, ty: &Type) -> Result<String> {
        let word = self.word(ty)?;
        let inner = match ty.present() {
            Type::List(element) | Type::Map(element) => match self.word(element)? {
                "list" | "struct" | "map" | "any" => None,
                scalar => Some(scalar),
            },
            _ => None,
        };
        Ok(text::list(
            [Some(word), inner].into_iter().flatten().map(text::string),
        ))
    }

    fn word(&self, ty: &Type) -> Result<&'static str> {
        Ok(match ty.present() {
            Type::Bool => "boolean",
            Type::Int => "whole",
            Type::Decimal => "number",
            Type::String | Type::Image | Type::Regex => "string",
            Type::Quantity(Some(dimension))
                if ![Dimension::CPU, Dimension::MEMORY, Dimension::COUNT].contains(dimension) =>
            {
                return Err(Reason::new(
                    self.span,
                    format!(
                        "it reads amounts of {dimension} from manifests, which are no quantities of Kubernetes"
                    ),
                ));
            }
            Type::Quantity(_) => "quantity",
            Type::IntOrString => "whole or string",
            Type::List(_) => "list",
            Type::Map(_) => "map",
            Type::Struct(_) | Type::Structs(_) | Type::Document(_) | Type::Pod | Type::Container => "struct",
            Type::Range(_)
            | Type::Reference
            | Type::Estimate(_)
            | Type::Any
            | Type::Error
            | Type::Optional(_) => "any",
        })
    }
}

fn struct_or_list(expected: &Type, element: &str) -> String {
    match expected.present() {
        Type::List(_) | Type::Any => element.to_owned(),
        _ => format!("_struct({element})"),
    }
}

fn flat(terms: Vec<String>) -> String {
    match terms.as_slice() {
        [one] => one.clone(),
        _ => format!(
            "_flat([\n{}\n])",
            text::indent(&format!("{},", terms.join(",\n")))
        ),
    }
}
