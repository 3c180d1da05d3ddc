//! What binders range over: `for x in subject`, `any x in subject`.
//!
//! In: a binding. Out: an [`Each`] whose names are in scope.

use super::checker::{Checker, Role};
use super::fields::article;
use super::kinds::{scalables, workloads};
use super::place::root;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{ContainerClasses, Domain, Each, Type};
use crate::source::Span;
use crate::syntax::ast::{self, Binding, Call};

impl Checker<'_> {
    /// Brings the names of a binding into scope. `None` if the subject has an error, which was reported;
    /// the names are in scope all the same.
    pub(crate) fn each(&mut self, binding: &Binding, role: Role) -> Option<Each> {
        let subject = &binding.subject;
        let (domain, key, element) = match self.domain(subject) {
            Some((domain, element)) => (Some(domain), None, element),
            None => match self.elements(subject) {
                Some((domain, key, element)) => (Some(domain), Some(key), element),
                None => (None, Some(Type::Error), Type::Error),
            },
        };
        let span = match binding.names.first() {
            Some(first) => first.span.to(subject.span),
            None => subject.span,
        };
        let faulty = domain.is_none();
        let (key_slot, value_slot) = match (binding.names.as_slice(), &key) {
            ([value], Some(Type::String)) if !faulty => {
                self.report(
                    Diagnostic::new(
                        Code::E0313,
                        value.span,
                        "each entry has a key and a value: two names are needed",
                    )
                    .with(subject.span, "this has keys")
                    .help("call what you do not need `_`")
                    .fix("bind the value", true, value.span.at_start(), "_, "),
                );
                (None, self.bind(value, element, role))
            }
            ([value], _) => (None, self.bind(value, element, role)),
            ([first, second, ..], Some(key)) => {
                let key = self.bind(first, key.clone(), role);
                (
                    Some(key).filter(|_| first.text != "_"),
                    self.bind(second, element, role),
                )
            }
            ([first, second, ..], None) => {
                self.report(
                    Diagnostic::new(
                        Code::E0313,
                        second.span,
                        "objects of the repository have no key: one name is enough",
                    )
                    .help(format!("remove `{}`", second.text))
                    .fix(
                        format!("remove `{}`", second.text),
                        true,
                        first.span.at_end().to(second.span),
                        "",
                    ),
                );
                self.bind(second, Type::Error, Role::Argument);
                (None, self.bind(first, element, role))
            }
            ([], _) => return None,
        };
        match &domain {
            Some(Domain::Namespaces) => {
                self.namespaces.insert(value_slot);
            }
            Some(Domain::Elements(list)) => {
                self.keys.extend(key_slot);
                for slot in key_slot.into_iter().chain([value_slot]) {
                    self.lists.insert(slot, list.clone());
                    if let Some(origin) = self.spelled_out(list).as_ref().and_then(root) {
                        self.origins.insert(slot, origin);
                    }
                }
            }
            _ => {}
        }
        Some(Each {
            key: key_slot,
            value: value_slot,
            domain: domain?,
            span,
        })
    }

    /// A domain over the repository, if the subject names one.
    fn domain(&mut self, subject: &ast::Expression) -> Option<(Domain, Type)> {
        match &subject.kind {
            ast::ExpressionKind::Kinds(names) => {
                let kinds = self.kinds(names);
                // With an unknown kind, which was reported, nothing is known of the element.
                let ty = if kinds.len() < names.len() {
                    Type::Error
                } else {
                    Type::Document(kinds.clone())
                };
                Some((Domain::Kinds(kinds), ty))
            }
            ast::ExpressionKind::Name(name) if self.bound(name).is_none() => match name.as_str() {
                "objects" => Some((Domain::Objects, Type::Document(Vec::new()))),
                "workloads" => Some((Domain::Workloads, Type::Document(workloads(self.schema())))),
                "scalables" => Some((Domain::Scalables, Type::Document(scalables(self.schema())))),
                "pods" => Some((Domain::Pods, Type::Pod)),
                "containers" => Some((Domain::Containers(ContainerClasses::ALL), Type::Container)),
                "namespaces" => Some((Domain::Namespaces, Type::String)),
                _ => None,
            },
            ast::ExpressionKind::Call(call)
                if call.receiver.is_none() && call.function.text == "containers" =>
            {
                let classes = self.container_classes(call, subject.span);
                Some((Domain::Containers(classes), Type::Container))
            }
            _ => None,
        }
    }

    /// `containers(regular, init)`.
    fn container_classes(&mut self, call: &Call, span: Span) -> ContainerClasses {
        let mut classes = ContainerClasses {
            regular: false,
            init: false,
            ephemeral: false,
        };
        for argument in &call.arguments {
            let word = match &argument.kind {
                ast::ExpressionKind::Name(word) => word.as_str(),
                _ => "",
            };
            match word {
                "regular" => classes.regular = true,
                "init" => classes.init = true,
                "ephemeral" => classes.ephemeral = true,
                _ => {
                    let near = crate::suggest::nearest(word, ["regular", "init", "ephemeral"]);
                    let diagnostic = Diagnostic::new(
                        Code::E0315,
                        argument.span,
                        "the classes of containers are `regular`, `init` and `ephemeral`",
                    );
                    self.report(match near {
                        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                            format!("write `{near}`"),
                            true,
                            argument.span,
                            near,
                        ),
                        None => diagnostic,
                    });
                }
            }
        }
        if call.arguments.is_empty() {
            self.report(
                Diagnostic::new(Code::E0315, span, "`containers()` names no class of containers")
                    .help("write `containers` for all, or name some: `containers(regular, init)`")
                    .fix("write `containers`", true, span, "containers"),
            );
        }
        classes
    }

    /// The elements of a value: domain, type of the key, type of the element.
    fn elements(&mut self, subject: &ast::Expression) -> Option<(Domain, Type, Type)> {
        let value = self.infer(subject, None);
        self.note_read(&value);
        let (key, element) = match value.ty.present() {
            Type::List(element) => (Type::Int, (**element).clone()),
            Type::Map(element) => (Type::String, (**element).clone()),
            Type::Struct(_) | Type::Structs(_) | Type::Container => (Type::String, Type::Any),
            Type::Error => return None,
            other => {
                let ty = self.describe(other);
                let diagnostic = Diagnostic::new(
                    Code::E0313,
                    subject.span,
                    format!("{} has no elements to go through", article(&ty)),
                )
                .label(format!("this is {}", article(&ty)));
                self.report(match other {
                    Type::Any => diagnostic.help("say what it is, as in `as [String]`"),
                    _ => diagnostic.help(
                        "subjects are `objects`, `workloads`, `pods`, `containers`, kinds, lists, maps and the \
                         fields of a struct",
                    ),
                });
                return None;
            }
        };
        Some((Domain::Elements(value), key, element))
    }
}
