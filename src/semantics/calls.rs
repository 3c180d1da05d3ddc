//! Calls: functions of the language, and those of policies, which are put in place of the call.

use super::checker::{Checker, error, expression};
use super::infer::SUBJECTS;
use super::kinds::bear_pods;
use super::program::{GlobalId, GlobalKind, Meaning};
use super::types::{agrees, is_text};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Builtin, Constant, Each, ExpressionKind, Type};
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::ast::{self, Call};
use crate::units::{Dimension, Quantity};

/// The functions of the language with the names of their parameters.
const BUILTINS: [(&str, Builtin, &[&str]); 13] = [
    ("count", Builtin::Count, &["list or map"]),
    ("split", Builtin::Split, &["text", "separator"]),
    ("lower", Builtin::Lower, &["text"]),
    ("cidrContains", Builtin::CidrContains, &["range", "address"]),
    ("semver", Builtin::Semver, &["version", "version"]),
    ("keys", Builtin::Keys, &["map or struct"]),
    ("references", Builtin::References, &["pod", "kinds"]),
    ("base", Builtin::Base, &["object"]),
    ("cost", Builtin::Cost, &["object"]),
    ("carbon", Builtin::Carbon, &["object"]),
    ("energy", Builtin::Energy, &["object"]),
    ("replicas", Builtin::Replicas, &["workload"]),
    ("requests", Builtin::Requests, &["workload", "resource"]),
];

/// Functions of other policy languages, and what stands for them here.
const FOREIGN: [(&str, &str); 10] = [
    (
        "all",
        "write `no x in xs: …` with the contrary, or a `for x in xs` with a `require`",
    ),
    (
        "every",
        "write `no x in xs: …` with the contrary, or a `for x in xs` with a `require`",
    ),
    ("exists", "write `any x in xs: …`"),
    ("some", "write `any x in xs: …`"),
    (
        "filter",
        "write `where` behind the list, as in `any x in xs where …: …`",
    ),
    ("has", "write `… is set`"),
    ("size", "write `count(…)`"),
    ("length", "write `count(…)`"),
    ("len", "write `count(…)`"),
    ("regex", "write `… matches r\"…\"`"),
];

impl Checker<'_> {
    /// `function(arguments)`, or `receiver.function(arguments)`.
    pub(super) fn call(&mut self, call: &Call, span: Span) -> ir::Expression {
        let arguments: Vec<&ast::Expression> = call
            .receiver
            .as_deref()
            .into_iter()
            .chain(&call.arguments)
            .collect();
        match self.program.meaning(self.module, &call.function.text) {
            Meaning::One(id) => return self.call_of_function(id, call, &arguments, span),
            Meaning::Ambiguous(ids) => {
                let mut diagnostic = Diagnostic::new(
                    Code::E0202,
                    call.function.span,
                    format!("`{}` is declared by several used files", call.function.text),
                );
                for id in ids {
                    diagnostic = diagnostic.with(self.program.globals[id].name.span, "here");
                }
                self.report(
                    diagnostic.help("use only one of these files, or rename one of the declarations"),
                );
                return error(span);
            }
            Meaning::Unknown => {}
        }
        let name = call.function.text.as_str();
        let Some((_, builtin, parameters)) = BUILTINS.iter().find(|(known, ..)| *known == name) else {
            self.unknown_function(call, &arguments);
            return error(span);
        };
        if arguments.len() != parameters.len() {
            self.wrong_number(call, parameters.len(), arguments.len(), span, None);
            return error(span);
        }
        self.builtin(*builtin, &arguments, span)
    }

    fn unknown_function(&mut self, call: &Call, arguments: &[&ast::Expression]) {
        let name = call.function.text.as_str();
        let elsewhere = FOREIGN.iter().find(|(foreign, _)| *foreign == name);
        let mark = self.diagnostics.len();
        for argument in arguments {
            if !matches!(argument.kind, ast::ExpressionKind::Kinds(_)) {
                self.infer(argument, None);
            }
        }
        if elsewhere.is_some() {
            // Such a function binds names in its arguments.
            self.diagnostics.truncate(mark);
        }
        let diagnostic = Diagnostic::new(
            Code::E0206,
            call.function.span,
            format!("unknown function `{name}`"),
        );
        if let Some((_, help)) = elsewhere {
            self.report(diagnostic.help(*help));
            return;
        }
        let own = self.program.visible_names(self.module);
        let near = nearest(name, BUILTINS.iter().map(|(known, ..)| *known).chain(own)).map(str::to_owned);
        self.report(match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                true,
                call.function.span,
                near,
            ),
            None if self.bound(name).is_some() => diagnostic.help("it is a value: only functions are called"),
            None => diagnostic.help("declare it with `fn`, or `use` the file that does"),
        });
    }

    fn wrong_number(
        &mut self,
        call: &Call,
        expected: usize,
        found: usize,
        span: Span,
        declared: Option<Span>,
    ) {
        let plural = if expected == 1 { "" } else { "s" };
        let diagnostic = Diagnostic::new(
            Code::E0315,
            span,
            format!(
                "`{}` takes {expected} argument{plural}, found {found}",
                call.function.text
            ),
        );
        self.report(match declared {
            Some(declared) => diagnostic.with(declared, "declared here"),
            None => diagnostic,
        });
    }

    fn builtin(&mut self, builtin: Builtin, arguments: &[&ast::Expression], span: Span) -> ir::Expression {
        let call = |values: Vec<ir::Expression>, ty: Type| {
            expression(ExpressionKind::Call(builtin, values), ty, span)
        };
        match builtin {
            Builtin::Count => self.count_of(arguments[0], span),
            Builtin::Lower | Builtin::Split | Builtin::CidrContains | Builtin::Semver => {
                let values: Vec<ir::Expression> = arguments
                    .iter()
                    .map(|argument| {
                        let value = self.operand(argument, Some(&Type::String));
                        if !is_text(&value.ty) {
                            self.mismatch(&value, "a string");
                        }
                        value
                    })
                    .collect();
                if values.iter().any(|value| !is_text(&value.ty)) {
                    return error(span);
                }
                let ty = match builtin {
                    Builtin::Lower => Type::String,
                    Builtin::Split => Type::List(Box::new(Type::String)),
                    Builtin::CidrContains => Type::Bool,
                    _ => Type::Int.optional(),
                };
                self.narrowed(call(values, ty))
            }
            Builtin::Keys => {
                let value = self.infer(arguments[0], None);
                match value.ty.present() {
                    Type::Map(_) | Type::Struct(_) | Type::Structs(_) | Type::Container => {
                        call(vec![value], Type::List(Box::new(Type::String)))
                    }
                    Type::Error => error(span),
                    _ => {
                        self.mismatch(&value, "a map or a struct");
                        error(span)
                    }
                }
            }
            Builtin::References => {
                let pod = self.operand(arguments[0], None);
                let pod = self.pod_of(pod);
                let ast::ExpressionKind::Kinds(names) = &arguments[1].kind else {
                    self.report(
                        Diagnostic::new(
                            Code::E0315,
                            arguments[1].span,
                            "expected kinds that a pod refers to",
                        )
                        .help("write `Secret | ConfigMap`, `PersistentVolumeClaim` or `ServiceAccount`"),
                    );
                    return error(span);
                };
                let kinds = self.kinds(names);
                if pod.ty == Type::Error || kinds.len() < names.len() {
                    return error(span);
                }
                let names = kinds
                    .iter()
                    .map(|kind| Constant::String(kind.kind.clone()))
                    .collect();
                let kinds = super::checker::constant(
                    Constant::List(names),
                    Type::List(Box::new(Type::String)),
                    arguments[1].span,
                );
                call(vec![pod, kinds], Type::List(Box::new(Type::Reference)))
            }
            Builtin::Base => {
                let value = self.operand(arguments[0], None);
                match &value.ty {
                    Type::Error => error(span),
                    Type::Document(_) | Type::Pod | Type::Container => {
                        let ty = value.ty.clone().optional();
                        self.narrowed(call(vec![value], ty))
                    }
                    _ => {
                        self.mismatch(&value, "an object, a pod or a container");
                        error(span)
                    }
                }
            }
            Builtin::Cost | Builtin::Carbon | Builtin::Energy | Builtin::Replicas | Builtin::Requests => {
                self.estimate(builtin, arguments, span)
            }
        }
    }

    /// The pod that a value is or bears.
    fn pod_of(&mut self, value: ir::Expression) -> ir::Expression {
        let span = value.span;
        match &value.ty {
            Type::Pod | Type::Error => value,
            Type::Container => pod(value),
            Type::Document(kinds) if bear_pods(self.schema(), kinds) => pod(value),
            _ => {
                self.mismatch(&value, "a pod, or an object that bears pods");
                error(span)
            }
        }
    }

    /// `count(xs)`, of a list, a map, or objects of the repository.
    fn count_of(&mut self, argument: &ast::Expression, span: Span) -> ir::Expression {
        let subject = match &argument.kind {
            ast::ExpressionKind::Kinds(_) => true,
            ast::ExpressionKind::Name(name) => {
                SUBJECTS.contains(&name.as_str()) && self.bound(name).is_none()
            }
            ast::ExpressionKind::Call(call) => call.receiver.is_none() && call.function.text == "containers",
            _ => false,
        };
        if subject {
            let names = vec![ast::Name {
                text: "_".into(),
                span: argument.span,
            }];
            let binding = ast::Binding {
                names,
                subject: Box::new(argument.clone()),
                condition: None,
            };
            let each = self.each(&binding, super::checker::Role::Binder);
            return match each {
                Some(each) => expression(ExpressionKind::Count(Box::new(each), None), Type::Int, span),
                None => error(span),
            };
        }
        let value = self.infer(argument, None);
        match value.ty.present() {
            Type::List(_) | Type::Map(_) => {
                self.note_counted(&value);
                expression(ExpressionKind::Call(Builtin::Count, vec![value]), Type::Int, span)
            }
            Type::Error => error(span),
            _ => {
                self.mismatch(&value, "a list or a map");
                error(span)
            }
        }
    }

    fn estimate(&mut self, builtin: Builtin, arguments: &[&ast::Expression], span: Span) -> ir::Expression {
        let object = self.operand(arguments[0], None);
        let fits = match &object.ty {
            Type::Error => return error(span),
            Type::Document(_) => true,
            Type::Pod | Type::Container => !matches!(builtin, Builtin::Replicas),
            _ => false,
        };
        if !fits {
            self.mismatch(&object, "an object that bears pods");
            return error(span);
        }
        let month =
            |unit: &str| Quantity::of_unit(unit).map_or(Dimension::RATIO, |quantity| quantity.dimension);
        let mut values = vec![object];
        let dimension = match builtin {
            Builtin::Cost => month("USD/month"),
            Builtin::Carbon => month("kgCO2e/month"),
            Builtin::Energy => month("kWh/month"),
            Builtin::Replicas => Dimension::COUNT,
            _ => {
                let resource = self.operand(arguments[1], Some(&Type::String));
                match super::infer::as_constant(&resource) {
                    Some(Constant::String(key)) => {
                        values.push(resource);
                        Dimension::of_resource_key(&key)
                    }
                    _ => {
                        if resource.ty != Type::Error {
                            self.not_constant(arguments[1].span, "the name of a resource");
                        }
                        return error(span);
                    }
                }
            }
        };
        expression(
            ExpressionKind::Call(builtin, values),
            Type::Estimate(dimension),
            span,
        )
    }

    /// A call of a policy's own function.
    fn call_of_function(
        &mut self,
        id: GlobalId,
        call: &Call,
        arguments: &[&ast::Expression],
        span: Span,
    ) -> ir::Expression {
        let GlobalKind::Function(function) = self.program.globals[id].kind else {
            self.report(
                Diagnostic::new(
                    Code::E0206,
                    call.function.span,
                    format!("`{}` is a value, not a function", call.function.text),
                )
                .with(self.program.globals[id].name.span, "declared here")
                .help("write it without parentheses"),
            );
            return error(span);
        };
        if arguments.len() != function.parameters.len() {
            self.wrong_number(
                call,
                function.parameters.len(),
                arguments.len(),
                span,
                Some(function.name.span),
            );
            return error(span);
        }
        let wanted: Vec<Type> = match self.bodies.values.get(&id) {
            Some(body) => body.parameters.clone(),
            None => vec![Type::Error; arguments.len()],
        };
        let mut values = Vec::with_capacity(arguments.len());
        let mut faulty = false;
        for ((argument, wanted), (parameter, written)) in
            arguments.iter().zip(&wanted).zip(&function.parameters)
        {
            let value = if wanted.is_optional() || *wanted == Type::Any {
                self.infer(argument, Some(wanted))
            } else {
                self.operand(argument, Some(wanted))
            };
            let value = match *wanted.present() == Type::Any && self.is_of_tool(&value) {
                true if value.ty != Type::Error => super::optional::as_any(value),
                _ => value,
            };
            if !agrees(&value.ty, wanted) {
                let expected = self.describe(wanted);
                self.mismatch_with(&value, wanted, &expected);
                if let Some(last) = self.diagnostics.last_mut() {
                    last.secondary.push(crate::diagnostic::Label {
                        span: parameter.span.to(written.span),
                        message: "asked for here".into(),
                    });
                }
                faulty = true;
            }
            faulty |= value.ty == Type::Error;
            values.push(value);
        }
        if faulty {
            return error(span);
        }
        self.put_in_place(id, values, span)
    }

    /// The value of a `let` or `fn`, with its parameters replaced and its locals made the checker's own.
    pub(super) fn put_in_place(
        &mut self,
        id: GlobalId,
        arguments: Vec<ir::Expression>,
        span: Span,
    ) -> ir::Expression {
        self.used.insert(id);
        // What has no body reads itself, which was reported.
        let Some(body) = self.bodies.values.get(&id) else {
            return error(span);
        };
        if body.value.ty == Type::Error {
            return error(span);
        }
        let (size, depth) = arguments
            .iter()
            .map(measure)
            .fold((0, 0), |(size, depth), (nodes, deep)| {
                (size.max(nodes), depth.max(deep))
            });
        let grown = body.nodes.saturating_mul(size.max(1));
        if !self.spend(grown) || body.depth + depth > super::program::DEEPEST {
            self.report(
                Diagnostic::new(
                    Code::E0410,
                    span,
                    "the functions called here grow too large when they are put in place",
                )
                .with(self.program.globals[id].name.span, "by this declaration")
                .help("name intermediate results with `let` in the rule"),
            );
            return error(span);
        }
        let offset = u32::try_from(self.locals.len()).unwrap_or(u32::MAX);
        let parameters = u32::try_from(arguments.len()).unwrap_or(u32::MAX);
        // The slots of parameters stay unused, so that all others keep their distance.
        self.locals.extend(body.locals.iter().cloned());
        let mut value = body.value.clone();
        replace(
            &mut value,
            &Replacement {
                arguments: &arguments,
                parameters,
                offset,
                span,
            },
        );
        value
    }
}

struct Replacement<'a> {
    arguments: &'a [ir::Expression],
    parameters: u32,
    offset: u32,
    span: Span,
}

fn replace(value: &mut ir::Expression, replacement: &Replacement) {
    if let ExpressionKind::Local(slot) = &mut value.kind {
        if slot.0 < replacement.parameters {
            if let Some(argument) = replacement.arguments.get(slot.0 as usize) {
                *value = argument.clone();
            }
            return;
        }
        slot.0 += replacement.offset;
    }
    value.span = replacement.span;
    if let Some(each) = value.each_mut() {
        move_slots(each, replacement);
    }
    value.for_each_child_mut(&mut |child| replace(child, replacement));
}

fn move_slots(each: &mut Each, replacement: &Replacement) {
    each.value.0 += replacement.offset;
    if let Some(key) = &mut each.key {
        key.0 += replacement.offset;
    }
    each.span = replacement.span;
}

/// How many nodes an expression has, and how deeply they are nested.
pub(super) fn measure(value: &ir::Expression) -> (usize, usize) {
    value
        .children()
        .into_iter()
        .map(measure)
        .fold((1, 1), |(nodes, depth), (more, deep)| {
            (nodes + more, depth.max(deep + 1))
        })
}

fn pod(value: ir::Expression) -> ir::Expression {
    let span = value.span;
    expression(
        ExpressionKind::Property(Box::new(value), ir::Property::Pod),
        Type::Pod,
        span,
    )
}
