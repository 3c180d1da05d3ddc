//! Tokens → the tree of an expression, by precedence.

use super::ast::{Comprehension, Element, Expression, Kind, Operator, OptionalMap};
use super::functions::{self, Function};
use super::lexer::{Token, tokens};
use super::value::Value;
use std::sync::Arc;

/// How deep expressions may nest. Kubernetes takes somewhat more; nobody writes them.
const DEEPEST: usize = 100;

/// What was read.
pub struct Parsed {
    pub root: Expression,
    pub uses_old_self: bool,
}

/// An expression and how deep it nests.
struct Sized(Expression, usize);

/// What is read of a call's arguments or of a list.
type Many = Vec<Sized>;

/// Reads a whole expression, else says what is wrong with it.
pub fn parse(text: &str) -> Result<Parsed, String> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
        uses_old_self: false,
    };
    let Sized(root, _) = parser.expression()?;
    match parser.tokens.get(parser.at) {
        None => Ok(Parsed {
            root,
            uses_old_self: parser.uses_old_self,
        }),
        Some(token) => Err(format!("{} is not expected there", shown(token))),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    uses_old_self: bool,
}

/// The binary operators but `&&` and `||`, with how strongly they bind.
const OPERATORS: [(&str, usize, Operator); 11] = [
    ("==", 1, Operator::Equal),
    ("!=", 1, Operator::Unequal),
    ("<", 1, Operator::Less),
    ("<=", 1, Operator::LessOrEqual),
    (">", 1, Operator::Greater),
    (">=", 1, Operator::GreaterOrEqual),
    ("+", 2, Operator::Add),
    ("-", 2, Operator::Subtract),
    ("*", 3, Operator::Multiply),
    ("/", 3, Operator::Divide),
    ("%", 3, Operator::Remainder),
];

impl Parser {
    fn peek(&self, symbol: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Symbol(found)) if *found == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let is_there = self.peek(symbol);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, symbol: &str) -> Result<(), String> {
        if self.take(symbol) {
            return Ok(());
        }
        Err(match self.tokens.get(self.at) {
            Some(token) => format!("{} stands where `{symbol}` is expected", shown(token)),
            None => format!("it ends where `{symbol}` is expected"),
        })
    }

    fn expression(&mut self) -> Result<Sized, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it nests too deeply".to_string());
        }
        let condition = self.chain("||")?;
        let whole = match self.take("?") {
            true => {
                let then = self.chain("||")?;
                self.expect(":")?;
                let otherwise = self.expression()?;
                joined([condition, then, otherwise], |[condition, then, otherwise]| {
                    Expression::Conditional(Box::new([condition, then, otherwise]))
                })?
            }
            false => condition,
        };
        self.depth -= 1;
        Ok(whole)
    }

    /// Operands between `||`, or between `&&`.
    fn chain(&mut self, symbol: &'static str) -> Result<Sized, String> {
        let operand = |parser: &mut Parser| match symbol {
            "||" => parser.chain("&&"),
            _ => parser.binary(1),
        };
        let first = operand(self)?;
        if !self.peek(symbol) {
            return Ok(first);
        }
        let mut depth = first.1;
        let mut operands = vec![first.0];
        while self.take(symbol) {
            let next = operand(self)?;
            depth = depth.max(next.1);
            operands.push(next.0);
        }
        deeper(
            depth,
            match symbol {
                "||" => Expression::Or(operands),
                _ => Expression::And(operands),
            },
        )
    }

    fn binary(&mut self, least: usize) -> Result<Sized, String> {
        let mut left = self.unary()?;
        loop {
            let found = match self.tokens.get(self.at) {
                Some(Token::Symbol(symbol)) => OPERATORS
                    .iter()
                    .find(|(known, _, _)| known == symbol)
                    .map(|(_, strength, operator)| (*strength, *operator)),
                Some(Token::Name(name)) if **name == *"in" => Some((1, Operator::In)),
                _ => None,
            };
            let Some((strength, operator)) = found.filter(|(strength, _)| *strength >= least) else {
                return Ok(left);
            };
            self.at += 1;
            let right = self.binary(strength + 1)?;
            left = joined([left, right], |[left, right]| {
                Expression::Binary(operator, Box::new([left, right]))
            })?;
        }
    }

    fn unary(&mut self) -> Result<Sized, String> {
        for (symbol, is_not) in [("!", true), ("-", false)] {
            let mut count = 0;
            while self.take(symbol) {
                count += 1;
            }
            if count == 0 {
                continue;
            }
            // The least whole number has no positive counterpart.
            if let (false, 1, Some(Token::Integer(magnitude))) = (is_not, count, self.tokens.get(self.at)) {
                let number =
                    i64::try_from(-i128::from(*magnitude)).map_err(|_| "a whole number is too large")?;
                self.at += 1;
                return self.postfix(Sized(Expression::Literal(Value::Int(number)), 1));
            }
            let Sized(mut operand, mut depth) = self.operand()?;
            // Twice the same is nothing.
            for _ in 0..if is_not { count % 2 } else { count.min(DEEPEST) } {
                depth += 1;
                operand = match is_not {
                    true => Expression::Not(Box::new(operand)),
                    false => Expression::Negate(Box::new(operand)),
                };
            }
            return deeper(depth, operand);
        }
        self.operand()
    }

    fn operand(&mut self) -> Result<Sized, String> {
        let primary = self.primary()?;
        self.postfix(primary)
    }

    /// What follows an operand: `.field`, `.?field`, `[index]`, `[?index]`, `.call(…)`.
    fn postfix(&mut self, operand: Sized) -> Result<Sized, String> {
        let mut whole = operand;
        loop {
            if self.take(".") {
                let name = self.name()?;
                whole = match self.take("(") {
                    true => {
                        let arguments = self.many(")")?;
                        member(whole, &name, arguments)?
                    }
                    false => select(whole, name, false)?,
                };
            } else if self.take(".?") {
                let name = self.name()?;
                whole = select(whole, name, true)?;
            } else if self.peek("[") || self.peek("[?") {
                let is_optional = self.peek("[?");
                self.at += 1;
                let at = self.expression()?;
                self.expect("]")?;
                whole = joined([whole, at], |[of, at]| Expression::Index {
                    of: Box::new(of),
                    at: Box::new(at),
                    is_optional,
                })?;
            } else {
                return Ok(whole);
            }
        }
    }

    fn name(&mut self) -> Result<Arc<str>, String> {
        let Some(Token::Name(name)) = self.tokens.get(self.at) else {
            return Err("a name is expected after a dot".to_string());
        };
        self.at += 1;
        Ok(name.clone())
    }

    /// Expressions between commas up to a closing bracket.
    fn many(&mut self, end: &str) -> Result<Many, String> {
        let mut many = Vec::new();
        while !self.take(end) {
            many.push(self.expression()?);
            if !self.take(",") {
                self.expect(end)?;
                break;
            }
        }
        Ok(many)
    }

    fn primary(&mut self) -> Result<Sized, String> {
        let Some(token) = self.tokens.get(self.at).cloned() else {
            return Err("it ends where a value is expected".to_string());
        };
        self.at += 1;
        let literal = |value| Ok(Sized(Expression::Literal(value), 1));
        match token {
            Token::Integer(number) => literal(Value::Int(
                i64::try_from(number).map_err(|_| "a whole number is too large")?,
            )),
            Token::Unsigned(number) => literal(Value::Uint(number)),
            Token::Double(number) => literal(Value::Double(number)),
            Token::String(text) => literal(Value::String(text)),
            Token::Bytes(bytes) => literal(Value::Bytes(bytes)),
            Token::Symbol("(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Symbol("[") => self.list(false),
            Token::Symbol("[?") => self.list(true),
            Token::Symbol("{") => self.map(false),
            Token::Symbol("{?") => self.map(true),
            Token::Symbol(_) => Err(format!("{} stands where a value is expected", shown(&token))),
            Token::Name(name) => match &*name {
                "true" => literal(Value::Bool(true)),
                "false" => literal(Value::Bool(false)),
                "null" => literal(Value::Null),
                word if super::RESERVED.contains(&word) => Err(format!("`{word}` is a reserved word")),
                _ if self.take("(") => {
                    let arguments = self.many(")")?;
                    global(&name, arguments)
                }
                _ => {
                    self.uses_old_self |= &*name == "oldSelf";
                    Ok(Sized(Expression::Variable(name), 1))
                }
            },
        }
    }

    fn element(&mut self, is_optional: bool, depth: &mut usize) -> Result<Element, String> {
        let Sized(value, own) = self.expression()?;
        *depth = (*depth).max(own);
        Ok(Element { value, is_optional })
    }

    fn list(&mut self, mut is_optional: bool) -> Result<Sized, String> {
        let (mut elements, mut depth) = (Vec::new(), 0);
        while is_optional || !self.take("]") {
            elements.push(self.element(is_optional, &mut depth)?);
            if !self.take(",") {
                self.expect("]")?;
                break;
            }
            is_optional = self.take("?");
        }
        deeper(depth, Expression::List(elements))
    }

    fn map(&mut self, mut is_optional: bool) -> Result<Sized, String> {
        let (mut entries, mut depth) = (Vec::new(), 0);
        while is_optional || !self.take("}") {
            let key = self.element(false, &mut depth)?.value;
            self.expect(":")?;
            entries.push((key, self.element(is_optional, &mut depth)?));
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
            is_optional = self.take("?");
        }
        deeper(depth, Expression::Map(entries))
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Name(name) => format!("`{name}`"),
        Token::Symbol(symbol) => format!("`{symbol}`"),
        Token::String(_) | Token::Bytes(_) => "a string".to_string(),
        Token::Integer(_) | Token::Unsigned(_) | Token::Double(_) => "a number".to_string(),
    }
}

/// An expression around others of which the deepest nests so deep.
fn deeper(depth: usize, expression: Expression) -> Result<Sized, String> {
    match depth < DEEPEST {
        true => Ok(Sized(expression, depth + 1)),
        false => Err("it nests too deeply".to_string()),
    }
}

fn joined<const N: usize>(
    parts: [Sized; N],
    join: impl FnOnce([Expression; N]) -> Expression,
) -> Result<Sized, String> {
    let depth = parts.iter().map(|part| part.1).max().unwrap_or(0);
    deeper(depth, join(parts.map(|part| part.0)))
}

fn select(of: Sized, field: Arc<str>, is_optional: bool) -> Result<Sized, String> {
    joined([of], |[of]| Expression::Select {
        of: Box::new(of),
        field,
        is_optional,
    })
}

fn call(function: &'static Function, arguments: Many) -> Result<Sized, String> {
    let depth = arguments.iter().map(|argument| argument.1).max().unwrap_or(0);
    let arguments = arguments.into_iter().map(|argument| argument.0).collect();
    deeper(depth, Expression::Call { function, arguments })
}

/// `name(…)`
fn global(name: &str, mut arguments: Many) -> Result<Sized, String> {
    if name == "has" {
        let only = if arguments.len() == 1 {
            arguments.pop()
        } else {
            None
        };
        return match only {
            Some(Sized(
                Expression::Select {
                    of,
                    field,
                    is_optional: false,
                },
                depth,
            )) => Ok(Sized(Expression::Has { of, field }, depth)),
            _ => Err("`has` asks for a field, as in `has(self.name)`".to_string()),
        };
    }
    // `dyn(x)` only means something to the type checker.
    if name == "dyn" && arguments.len() == 1 {
        return arguments.pop().ok_or_else(String::new);
    }
    match functions::find(name, false, arguments.len()) {
        Some(function) => call(function, arguments),
        None => Err(unknown(name, arguments.len())),
    }
}

/// `of.name(…)`: a macro, a function of a library (`sets.contains(…)`), or one of the value.
fn member(of: Sized, name: &str, arguments: Many) -> Result<Sized, String> {
    if let Expression::Variable(library) = &of.0
        && let Some(function) = functions::find(&format!("{library}.{name}"), false, arguments.len())
    {
        return call(function, arguments);
    }
    if let Some(function) = functions::find(name, true, arguments.len() + 1) {
        return call(function, std::iter::once(of).chain(arguments).collect());
    }
    macro_call(of, name, arguments)
}

fn unknown(name: &str, count: usize) -> String {
    format!("the function `{name}` with {count} arguments is unknown")
}

/// Macros, whose first arguments are variables.
fn macro_call(of: Sized, name: &str, arguments: Many) -> Result<Sized, String> {
    let count = arguments.len();
    let (kind, variables, has_condition, has_result) = match (name, count) {
        ("all", 2 | 3) => (Kind::All, count - 1, true, false),
        ("exists", 2 | 3) => (Kind::Exists, count - 1, true, false),
        ("exists_one" | "existsOne", 2) | ("existsOne" | "exists_one", 3) => {
            (Kind::ExistsOne, count - 1, true, false)
        }
        ("filter", 2) => (Kind::List, 1, true, false),
        ("map", 2 | 3) => (Kind::List, 1, count == 3, true),
        ("sortBy", 2) => (Kind::Sort, 1, false, true),
        ("transformList", 3 | 4) => (Kind::List, 2, count == 4, true),
        ("transformMap", 3 | 4) => (Kind::Map, 2, count == 4, true),
        ("transformMapEntry", 3 | 4) => (Kind::MapEntry, 2, count == 4, true),
        ("optMap" | "optFlatMap", 2) => (Kind::List, 1, false, true),
        _ => return Err(unknown(name, count)),
    };
    let depth = arguments
        .iter()
        .map(|argument| argument.1)
        .max()
        .unwrap_or(0)
        .max(of.1);
    let mut arguments = arguments.into_iter().map(|argument| argument.0);
    let mut variable = || match arguments.next() {
        Some(Expression::Variable(name)) => Ok(name),
        _ => Err(format!("`{name}` begins with the name of a variable")),
    };
    let first = variable()?;
    let second = if variables == 2 { Some(variable()?) } else { None };
    if name.starts_with("opt") {
        let body = arguments.next().ok_or_else(|| unknown(name, count))?;
        return deeper(
            depth,
            Expression::OptionalMap(Box::new(OptionalMap {
                of: of.0,
                variable: first,
                body,
                is_flat: name == "optFlatMap",
            })),
        );
    }
    let condition = if has_condition { arguments.next() } else { None };
    let result = if has_result { arguments.next() } else { None };
    deeper(
        depth,
        Expression::Comprehension(Box::new(Comprehension {
            kind,
            range: of.0,
            first,
            second,
            condition,
            result,
        })),
    )
}
