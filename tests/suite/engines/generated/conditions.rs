//! Conditions of every form of the language.

use super::author::{Author, Path};
use super::literals::{any_text, pattern, quoted, regular_expression};
use super::operands::Operand;
use ordain::ir::Type;
use ordain::units::Dimension;

/// A condition, with what it takes to stand beside `and` and `or`.
pub struct Condition {
    pub text: String,
    is_simple: bool,
}

impl Condition {
    fn simple(text: String) -> Condition {
        Condition {
            text,
            is_simple: true,
        }
    }

    fn open(text: String) -> Condition {
        Condition {
            text,
            is_simple: false,
        }
    }

    /// The condition where another operator stands beside it.
    pub fn enclosed(self) -> String {
        match self.is_simple {
            true => self.text,
            false => format!("({})", self.text),
        }
    }
}

/// The scalar types that conditions compare.
fn scalars() -> [Type; 7] {
    [
        Type::String,
        Type::Int,
        Type::Bool,
        Type::Decimal,
        Type::Quantity(Some(Dimension::MEMORY)),
        Type::Quantity(Some(Dimension::CPU)),
        Type::Quantity(Some(Dimension::COUNT)),
    ]
}

impl Author<'_> {
    /// A condition.
    pub fn condition(&mut self, depth: usize) -> Condition {
        for _ in 0..8 {
            let made = match self.random.below(24) {
                0..=5 => self.comparison(depth),
                6 | 7 => self.text_test(depth),
                8 | 9 => self.membership(depth),
                10 => self.is_set(),
                11 => self
                    .resolved(&Type::Bool, depth)
                    .map(|operand| Condition::simple(operand.text)),
                12 => self.join(),
                13 => self.address(),
                14 if depth > 0 => self.kind_test(depth - 1),
                15 | 16 if depth > 0 => self.connective(depth - 1),
                17 | 18 if depth > 0 => self.narrowing(depth - 1),
                19 if depth > 0 => {
                    let inner = self.condition(depth - 1).text;
                    Some(Condition::simple(format!("not ({inner})")))
                }
                20..=22 if depth > 0 => self.quantifier(depth - 1),
                _ => None,
            };
            if let Some(made) = made {
                return made;
            }
        }
        let text = quoted(any_text(&mut self.random));
        match self.operand(&Type::String, 0) {
            Some(Operand {
                text: operand,
                values,
            }) if values.is_empty() => Condition::simple(format!("{operand} != {text}")),
            _ => Condition::simple("1 == 1".to_owned()),
        }
    }

    fn comparison(&mut self, depth: usize) -> Option<Condition> {
        let ty = self.random.one_of(&scalars())?.clone();
        let left = match self.random.chance(700) {
            true => self.resolved(&ty, depth),
            false => self.operand(&ty, depth),
        }?;
        let right = match self.random.chance(600) {
            true => self.counterpart(&left, &ty)?,
            false => {
                let right = self.operand(&ty, depth)?;
                // What each may be, the other must be able to be, if it is a literal.
                let is_literal = |text: &str| text.starts_with('"');
                if (!left.values.is_empty() && is_literal(&right.text))
                    || (!right.values.is_empty() && is_literal(&left.text))
                {
                    return None;
                }
                right.text
            }
        };
        let operators: &[&str] = match ty {
            Type::String | Type::Bool => &["==", "!="],
            _ => &["==", "!=", "<", "<=", ">", ">="],
        };
        let operator = self.random.pick(operators);
        Some(Condition::simple(
            match self.random.chance(150) && !left.text.starts_with('"') {
                true if left.values.is_empty() => format!("{right} {operator} {}", left.text),
                _ => format!("{} {operator} {right}", left.text),
            },
        ))
    }

    fn text_test(&mut self, depth: usize) -> Option<Condition> {
        let left = self.operand(&Type::String, depth)?.text;
        let plain = match self.random.chance(800) {
            true => quoted(any_text(&mut self.random)),
            false => self.operand(&Type::String, depth)?.text,
        };
        Some(Condition::simple(match self.random.below(5) {
            0 => format!("{left} like {}", pattern(&mut self.random)),
            1 => format!("{left} startsWith {plain}"),
            2 => format!("{left} endsWith {plain}"),
            3 => format!("{left} contains {plain}"),
            _ => format!("{left} matches {}", regular_expression(&mut self.random)),
        }))
    }

    fn membership(&mut self, depth: usize) -> Option<Condition> {
        let text = match self.random.below(5) {
            0 => {
                let left = self.resolved(&Type::String, depth)?;
                let mut list = Vec::new();
                for _ in 0..1 + self.random.below(3) {
                    list.push(self.counterpart(&left, &Type::String)?);
                }
                format!("{} in [{}]", left.text, list.join(", "))
            }
            1 => {
                let list = self.path(&|path| is_texts(&path.ty))?;
                format!("{} in {}", quoted(any_text(&mut self.random)), list.text)
            }
            2 => {
                let list =
                    self.path(&|path| matches!(&path.ty, Type::List(element) if **element == Type::String))?;
                format!(
                    "{} contains {}",
                    list.text,
                    self.operand(&Type::String, depth)?.text
                )
            }
            3 => {
                let left = self.resolved(&Type::Int, depth)?.text;
                let low = self.random.below(100);
                let high = low + self.random.pick(&[&0, &1, &80, &65535]);
                format!("{left} in {low}..{high}")
            }
            _ => {
                let left = self
                    .resolved(&Type::Quantity(Some(Dimension::MEMORY)), depth)?
                    .text;
                format!("{left} in 64Mi..1Gi")
            }
        };
        Some(Condition::simple(text))
    }

    /// A path of which it may be asked whether it is there.
    pub fn testable(&mut self) -> Option<Path> {
        self.path(&|path| path.ty.is_optional() && path.is_testable)
    }

    fn is_set(&mut self) -> Option<Condition> {
        let path = self.testable()?;
        let test = self.random.pick(&["is set", "is missing"]);
        Some(Condition::simple(format!("{} {test}", path.text)))
    }

    /// A condition that relies on another.
    fn narrowing(&mut self, depth: usize) -> Option<Condition> {
        let path = self.testable()?;
        let then = self.within(|author| {
            author.assume(&path);
            author.condition(depth).enclosed()
        });
        let path = path.text;
        Some(Condition::open(match self.random.below(3) {
            0 => format!("{path} is set and {then}"),
            1 => format!("{path} is missing or {then}"),
            _ => format!("not ({path} is set) or {then}"),
        }))
    }

    fn connective(&mut self, depth: usize) -> Option<Condition> {
        let left = self.condition(depth).enclosed();
        let right = self.condition(depth).enclosed();
        let word = self.random.pick(&["and", "or"]);
        Some(Condition::open(format!("{left} {word} {right}")))
    }

    fn kind_test(&mut self, depth: usize) -> Option<Condition> {
        let several: Vec<usize> = (0..self.scope.len())
            .filter(|index| matches!(&self.scope[*index].ty, Type::Document(kinds) if kinds.len() > 1))
            .collect();
        let index = *self.random.one_of(&several)?;
        let Type::Document(kinds) = self.scope[index].ty.clone() else {
            return None;
        };
        let kind = self.random.one_of(&kinds)?.clone();
        let name = self.scope[index].text.clone();
        let test = format!("{name} is {}", kind.kind);
        if self.random.chance(300) {
            return Some(Condition::simple(test));
        }
        let before = std::mem::replace(&mut self.scope[index].ty, Type::Document(vec![kind]));
        let then = self.condition(depth).enclosed();
        self.scope[index].ty = before;
        Some(Condition::open(format!("{test} and {then}")))
    }

    fn quantifier(&mut self, depth: usize) -> Option<Condition> {
        let inside = self.within(|author| {
            let binding = author.binding(depth)?;
            let filter = author.filter(depth);
            Some(format!("{binding}{filter}: {}", author.condition(depth).text))
        });
        let word = self.random.pick(&["any", "no"]);
        Some(Condition::open(format!("{word} {}", inside?)))
    }

    /// ` where …`, or nothing. What it says is known behind it.
    pub fn filter(&mut self, depth: usize) -> String {
        match self.random.below(6) {
            0 => match self.testable() {
                Some(path) => {
                    self.assume(&path);
                    format!(" where {} is set", path.text)
                }
                None => String::new(),
            },
            1 => format!(" where {}", self.condition(depth.saturating_sub(1)).enclosed()),
            _ => String::new(),
        }
    }

    /// `x in xs`, with the names in scope from here on.
    pub fn binding(&mut self, depth: usize) -> Option<String> {
        let choice = self.random.below(20);
        if choice == 0 && self.is_combined {
            let kind = self
                .random
                .pick(&["Service", "Deployment", "ConfigMap", "NetworkPolicy"]);
            let name = self.fresh("d");
            let ty = Type::Document(vec![self.members.kind(kind)]);
            self.scope.push(Path::name(name.clone(), ty, true));
            self.kinds.push(kind.to_owned());
            return Some(format!("{name} in {kind}"));
        }
        if choice == 1 {
            let words: Vec<String> = (0..1 + self.random.below(3))
                .map(|_| quoted(any_text(&mut self.random)))
                .collect();
            let name = self.fresh("t");
            self.scope.push(Path::name(name.clone(), Type::String, false));
            return Some(format!("{name} in [{}]", words.join(", ")));
        }
        if choice == 2 {
            let whole = self.path(&|path| matches!(path.ty.present(), Type::Map(_) | Type::Struct(_)))?;
            let name = self.fresh("k");
            self.scope.push(Path::name(name.clone(), Type::String, false));
            return Some(format!("{name} in keys({})", whole.text));
        }
        if choice == 3 {
            let text = self.operand(&Type::String, depth)?.text;
            let name = self.fresh("t");
            self.scope.push(Path::name(name.clone(), Type::String, false));
            let separator = quoted(self.random.pick(&["/", ":", "-", "."]));
            return Some(format!("{name} in split({text}, {separator})"));
        }
        let is_struct = choice == 4;
        let is_list = choice < 17;
        let subject = self.path(&|path| match path.ty.present() {
            Type::List(_) => is_list && !is_struct,
            Type::Map(_) => !is_list,
            Type::Struct(_) | Type::Container => is_struct,
            _ => false,
        })?;
        let value = self.fresh("x");
        let two = |key: &str| format!("{key}, {value} in {}", subject.text);
        let (key, element, binding) = match subject.ty.present() {
            Type::List(element) if self.random.chance(850) => {
                (None, (**element).clone(), format!("{value} in {}", subject.text))
            }
            Type::List(element) => {
                let key = self.fresh("i");
                (Some((key.clone(), Type::Int)), (**element).clone(), two(&key))
            }
            Type::Map(element) => {
                let key = self.fresh("k");
                (Some((key.clone(), Type::String)), (**element).clone(), two(&key))
            }
            _ => {
                let key = self.fresh("k");
                (Some((key.clone(), Type::String)), Type::Any, two(&key))
            }
        };
        if let Some((key, ty)) = key {
            self.scope.push(Path::name(key, ty, false));
        }
        self.scope.push(Path::name(value, element, subject.is_place));
        Some(binding)
    }

    /// A selector and what it selects.
    fn join(&mut self) -> Option<Condition> {
        let members = self.members;
        let selector = self.path(&|path| match path.ty.present() {
            Type::Map(value) => **value == Type::String,
            Type::Struct(id) => &*members.schema.definition(*id).name == "LabelSelector",
            _ => false,
        })?;
        let selected = self.path(&|path| match &path.ty {
            Type::Pod | Type::Document(_) => true,
            Type::Map(value) => **value == Type::String,
            _ => false,
        })?;
        Some(Condition::simple(format!(
            "{} selects {}",
            selector.text, selected.text
        )))
    }

    fn address(&mut self) -> Option<Condition> {
        let range = quoted(
            self.random
                .pick(&["10.0.0.0/8", "fd00::/8", "0.0.0.0/0", "10.1.2.3", "x"]),
        );
        let address = self.operand(&Type::String, 0)?.text;
        Some(Condition::simple(match self.random.chance(800) {
            true => format!("cidrContains({range}, {address})"),
            false => format!("cidrContains({address}, \"10.1.2.3\")"),
        }))
    }
}

fn is_texts(ty: &Type) -> bool {
    match ty {
        Type::List(element) => **element == Type::String,
        Type::Map(_) => true,
        _ => false,
    }
}
