//! The message of a clause without `message`: the subject, what was found there, what was wanted.
//!
//! In: the condition of a clause. Out: an expression that prints a sentence such as
//! ``container `app` of Deployment `web`: `securityContext.privileged` is `true`, must be `false` ``.

use super::checker::{Checker, expression, text};
use super::infer::as_constant;
use super::place::root;
use super::types::is_printable;
use crate::ir::{
    self, Comparison, Constant, Domain, Each, ExpressionKind, Property, Slot, TestOperator, Type,
};
use crate::source::Span;

/// Lists up to this length are spelled out.
const LONGEST_LIST: usize = 8;

/// Values that are quoted beside a condition that is quoted as a whole.
const MOST_VALUES: usize = 3;

/// A sentence in the making.
struct Sentence {
    parts: Vec<ir::Expression>,
    span: Span,
}

impl Sentence {
    fn say(&mut self, words: impl AsRef<str>) {
        let words = words.as_ref();
        if let Some(ir::Expression {
            kind: ExpressionKind::Constant(Constant::String(before)),
            ..
        }) = self.parts.last_mut()
        {
            *before = format!("{before}{words}").into();
        } else {
            self.parts.push(text(words, self.span));
        }
    }

    fn value(&mut self, value: ir::Expression) {
        self.parts.push(value);
    }

    fn quoted(&mut self, value: ir::Expression) {
        self.say("`");
        self.value(value);
        self.say("`");
    }
}

impl Checker<'_> {
    /// The message of a clause whose condition must hold (or else must not).
    pub(super) fn message(
        &self,
        each: &[Each],
        condition: &ir::Expression,
        wanted: bool,
        at: Option<&ir::Expression>,
        innermost: Option<Slot>,
    ) -> ir::Expression {
        let mut sentence = Sentence {
            parts: Vec::new(),
            span: condition.span,
        };
        let subject = at
            .and_then(root)
            .or_else(|| each.last().map(|each| each.value))
            .or(innermost);
        if let Some(subject) = subject {
            self.subject(subject, &mut sentence);
            if !sentence.parts.is_empty() {
                sentence.say(": ");
            }
        }
        self.statement(condition, wanted, &mut sentence);
        expression(
            ExpressionKind::Interpolate(sentence.parts),
            Type::String,
            condition.span,
        )
    }

    /// What a binder's element is called.
    fn subject(&self, slot: Slot, sentence: &mut Sentence) {
        let ty = self.type_of_local(slot);
        let span = sentence.span;
        let element = expression(ExpressionKind::Local(slot), ty.clone(), span);
        let property = |property| {
            expression(
                ExpressionKind::Property(Box::new(element.clone()), property),
                Type::String,
                span,
            )
        };
        let owner = |sentence: &mut Sentence| {
            sentence.value(property(Property::Kind));
            sentence.say(" ");
            sentence.quoted(property(Property::Name));
        };
        match &ty {
            Type::Document(_) | Type::Pod => owner(sentence),
            Type::Container => {
                sentence.say("container ");
                sentence.quoted(required_name(&element, span));
                sentence.say(" of ");
                owner(sentence);
            }
            Type::Struct(id) => {
                let definition = self.schema().definition(*id);
                let named = definition
                    .field("name")
                    .is_some_and(|field| field.ty == crate::schema::FieldType::String && field.required);
                sentence.say(words(&definition.name));
                if named {
                    sentence.say(" ");
                    sentence.quoted(required_name(&element, span));
                }
                sentence.say(" of ");
                owner(sentence);
            }
            Type::String if self.namespaces.contains(&slot) => {
                sentence.say("namespace ");
                sentence.quoted(element.clone());
            }
            // A value knows nothing of what it stands in; the element whose part it is does.
            _ => {
                if let Some(origin) = self.origins.get(&slot) {
                    self.subject(*origin, sentence);
                }
            }
        }
    }

    /// What was found, and what was wanted.
    fn statement(&self, condition: &ir::Expression, wanted: bool, sentence: &mut Sentence) {
        match &condition.kind {
            ExpressionKind::Not(inner) => self.statement(inner, !wanted, sentence),
            ExpressionKind::Present(value) => {
                let name = self.name_of(value);
                if let ExpressionKind::Cast(base, ty) = &value.kind {
                    let must = if wanted { "must" } else { "must not" };
                    self.found(base, sentence);
                    return sentence.say(format!(", {must} be of type {}", self.describe(ty)));
                }
                if wanted {
                    sentence.say(format!("`{name}` is not set"));
                } else if is_printable(&value.ty) && !matches!(value.ty.present(), Type::Any) {
                    sentence.say(format!("`{name}` is set to "));
                    sentence.quoted((**value).clone());
                    sentence.say(", must not be set");
                } else {
                    sentence.say(format!("`{name}` is set, must not be"));
                }
            }
            ExpressionKind::Compare(comparison, left, right) => {
                let (comparison, found, limit) = if as_constant(left).is_some() {
                    (mirrored(*comparison), right, left)
                } else {
                    (*comparison, left, right)
                };
                let comparison = if wanted { comparison } else { opposite(comparison) };
                if !is_printable(&found.ty) || !is_printable(&limit.ty) {
                    return self.whole(condition, wanted, sentence);
                }
                self.found(found, sentence);
                sentence.say(match comparison {
                    Comparison::Equal => ", must be ",
                    Comparison::NotEqual => ", must not be ",
                    Comparison::Less => ", must be less than ",
                    Comparison::LessOrEqual => ", must be at most ",
                    Comparison::Greater => ", must be more than ",
                    Comparison::GreaterOrEqual => ", must be at least ",
                });
                self.wanted(limit, sentence);
            }
            ExpressionKind::Test(operator, left, right) => {
                self.test_statement(*operator, left, right, wanted, condition, sentence)
            }
            ExpressionKind::Any(each, body) if wanted => self.nothing_found(each, body, sentence),
            ExpressionKind::Local(_) | ExpressionKind::Field { .. } | ExpressionKind::Coalesce(..)
                if condition.ty == Type::Bool =>
            {
                self.found(condition, sentence);
                sentence.say(format!(", must be `{wanted}`"));
            }
            _ => self.whole(condition, wanted, sentence),
        }
    }

    fn test_statement(
        &self,
        operator: TestOperator,
        left: &ir::Expression,
        right: &ir::Expression,
        wanted: bool,
        condition: &ir::Expression,
        sentence: &mut Sentence,
    ) {
        let must = if wanted { "must" } else { "must not" };
        let verb = match operator {
            TestOperator::In => "be",
            TestOperator::Like | TestOperator::Matches => "match",
            TestOperator::StartsWith => "start with",
            TestOperator::EndsWith => "end with",
            TestOperator::Contains => "contain",
            TestOperator::Selects | TestOperator::RefersTo | TestOperator::Deploys => {
                return self.whole(condition, wanted, sentence);
            }
        };
        if !is_printable(&left.ty) || !is_printable(&right.ty) {
            return self.whole(condition, wanted, sentence);
        }
        self.found(left, sentence);
        sentence.say(format!(", {must} {verb} "));
        match (operator, as_constant(right)) {
            (TestOperator::In, Some(Constant::List(values)))
                if values.len() <= LONGEST_LIST && !values.is_empty() =>
            {
                let words: Vec<String> = values.iter().map(plain).collect();
                if let [one] = words.as_slice() {
                    sentence.say(format!("`{one}`"));
                } else {
                    sentence.say(format!("one of `{}`", words.join("`, `")));
                }
            }
            (TestOperator::In, Some(Constant::Range(low, high))) => {
                sentence.say(format!("within `{low}..{high}`"))
            }
            (TestOperator::In, _) => {
                sentence.say("among ");
                self.wanted(right, sentence);
            }
            _ => self.wanted(right, sentence),
        }
    }

    /// `` `replicas` is `1` ``; an absent value is said to be `unset`, whatever it counts as.
    fn found(&self, value: &ir::Expression, sentence: &mut Sentence) {
        let mut written = value;
        while let ExpressionKind::Coalesce(inner, _) | ExpressionKind::Cast(inner, _) = &written.kind {
            written = inner;
        }
        let name = self.name_of(value);
        let element = matches!(&value.kind, ExpressionKind::Local(slot) if !self.values.contains_key(slot));
        sentence.say(match (element, name.is_empty()) {
            (true, false) => format!("{} of `{name}` is ", self.role_in_list(value)),
            (false, false) => format!("`{name}` is "),
            (_, true) => String::new(),
        });
        sentence.quoted(written.clone());
    }

    /// What a binder's value is to what the binder ranges over.
    fn role_in_list(&self, element: &ir::Expression) -> &'static str {
        let ExpressionKind::Local(slot) = &element.kind else {
            return "a part";
        };
        match (
            self.lists.get(slot).map(|list| list.ty.present()),
            self.keys.contains(slot),
        ) {
            (Some(Type::List(_)), false) => "an element",
            (Some(Type::List(_)), true) => "an index",
            (Some(Type::Map(_)), false) => "a value",
            (Some(Type::Map(_)), true) => "a key",
            (_, true) => "a field",
            (_, false) => "a field's value",
        }
    }

    /// A value that was asked for: its own text where it is constant, else with its name.
    fn wanted(&self, value: &ir::Expression, sentence: &mut Sentence) {
        if let Some(constant) = as_constant(value) {
            return match plain(&constant) {
                empty if empty.is_empty() => sentence.say("empty"),
                words => sentence.say(format!("`{words}`")),
            };
        }
        sentence.quoted(value.clone());
        let name = self.name_of(value);
        if !name.is_empty() {
            sentence.say(format!(" (`{name}`)"));
        }
    }

    /// Nothing satisfies a condition that something must.
    fn nothing_found(&self, each: &Each, body: &ir::Expression, sentence: &mut Sentence) {
        let condition = self.excerpt(body.span);
        match &each.domain {
            Domain::Kinds(kinds) => {
                let kinds: Vec<&str> = kinds.iter().map(|kind| kind.kind.as_ref()).collect();
                sentence.say(format!(
                    "there is no {} for which `{condition}`",
                    kinds.join(" or ")
                ));
            }
            Domain::Elements(list) => {
                let name = self.name_of(list);
                let of = if name.is_empty() {
                    String::new()
                } else {
                    format!(" of `{name}`")
                };
                sentence.say(format!("there is no element{of} for which `{condition}`"));
            }
            _ => {
                let subject = self.excerpt(each.span);
                let subject = subject.rsplit(" in ").next().unwrap_or_default().to_owned();
                sentence.say(format!("there is none of `{subject}` for which `{condition}`"));
            }
        }
        let mut inner = vec![each.value];
        inner.extend(each.key);
        self.values(body, inner, sentence);
    }

    /// The condition as it is written, with the values that it reads.
    fn whole(&self, condition: &ir::Expression, wanted: bool, sentence: &mut Sentence) {
        let written = self.excerpt(condition.span);
        sentence.say(if wanted {
            format!("`{written}` does not hold")
        } else {
            format!("`{written}` holds, must not")
        });
        self.values(condition, Vec::new(), sentence);
    }

    /// `` (`a` is `1`, `b` is `unset`) ``: what a condition reads, besides the elements of `inner`.
    fn values(&self, condition: &ir::Expression, mut inner: Vec<Slot>, sentence: &mut Sentence) {
        let mut found: Vec<(String, ir::Expression)> = Vec::new();
        self.values_read(condition, &mut inner, &mut found);
        found.truncate(MOST_VALUES);
        for (index, (name, value)) in found.into_iter().enumerate() {
            sentence.say(if index == 0 { " (" } else { ", " });
            sentence.say(format!("`{name}` is "));
            sentence.quoted(value);
            if index + 1 == MOST_VALUES {
                break;
            }
        }
        if sentence.parts.len() > 1
            && let Some(ir::Expression {
                kind: ExpressionKind::Constant(Constant::String(last)),
                ..
            }) = sentence.parts.last_mut()
            && &**last == "`"
        {
            *last = "`)".into();
        }
    }

    /// The scalar fields that a condition reads outside of its own binders, each once.
    fn values_read(
        &self,
        value: &ir::Expression,
        inner: &mut Vec<Slot>,
        found: &mut Vec<(String, ir::Expression)>,
    ) {
        let is_field = matches!(
            value.kind,
            ExpressionKind::Field { .. } | ExpressionKind::Index(..) | ExpressionKind::Property(..)
        );
        if is_field && is_printable(&value.ty) && !matches!(value.ty.present(), Type::Any) {
            let outer = root(value).is_some_and(|slot| !inner.contains(&slot));
            let name = self.name_of(value);
            if outer && !name.is_empty() && found.iter().all(|(known, _)| *known != name) {
                found.push((name, value.clone()));
            }
            return;
        }
        let mark = inner.len();
        if let Some(each) = value.each() {
            inner.push(each.value);
            inner.extend(each.key);
        }
        for child in value.children() {
            self.values_read(child, inner, found);
        }
        inner.truncate(mark);
    }

    /// What a value is called: a path without its binder, a name, or the text of the policy.
    fn name_of(&self, value: &ir::Expression) -> String {
        match &value.kind {
            ExpressionKind::Local(slot) if !self.values.contains_key(slot) => match self.lists.get(slot) {
                Some(list) if is_printable(&value.ty) => self.name_of(list),
                _ => String::new(),
            },
            ExpressionKind::Local(slot) => self
                .locals
                .get(slot.0 as usize)
                .map_or(String::new(), |local| local.name.to_string()),
            ExpressionKind::Field { base, name, .. } => joined(self.name_of(base), name),
            ExpressionKind::Index(base, key) => {
                let key = match as_constant(key) {
                    Some(constant) => constant.to_string(),
                    None => self.excerpt(key.span),
                };
                format!("{}[{key}]", self.name_of(base))
            }
            ExpressionKind::Property(base, property) => match property_name(*property) {
                Some(name) => joined(self.name_of(base), name),
                None => self.name_of(base),
            },
            ExpressionKind::Coalesce(left, _) => self.name_of(left),
            ExpressionKind::Cast(base, _) => self.name_of(base),
            _ => self.excerpt(value.span),
        }
    }
}

fn joined(base: String, name: &str) -> String {
    if base.is_empty() {
        name.to_owned()
    } else {
        format!("{base}.{name}")
    }
}

fn property_name(property: Property) -> Option<&'static str> {
    Some(match property {
        Property::Object => return None,
        Property::Name => "name",
        Property::Namespace => "namespace",
        Property::Kind => "kind",
        Property::Labels => "labels",
        Property::Annotations => "annotations",
        Property::File => "file",
        Property::Application => "application",
        Property::Pod => "pod",
        Property::Containers => "containers",
        Property::ContainerClass => "class",
        Property::Flags => "flags",
        Property::ImageRegistry => "registry",
        Property::ImageRepository => "repository",
        Property::ImageTag => "tag",
        Property::ImageDigest => "digest",
        Property::Low => "low",
        Property::High => "high",
        Property::Complete => "repository.complete",
    })
}

/// The `name` of a named element.
fn required_name(element: &ir::Expression, span: Span) -> ir::Expression {
    let kind = ExpressionKind::Field {
        base: Box::new(element.clone()),
        name: "name".into(),
        required: true,
    };
    expression(kind, Type::String, span)
}

/// A constant as a message shows it: text without its quotes.
fn plain(constant: &Constant) -> String {
    match constant {
        Constant::String(text) => text.to_string(),
        other => other.to_string(),
    }
}

/// `PolicyRule` as `policy rule`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && index > 0 && !words.ends_with(char::is_uppercase) {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

fn opposite(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}
