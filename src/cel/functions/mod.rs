//! The functions of CEL and of the libraries that Kubernetes adds to it: one table a file.

mod format;
pub mod kubernetes;
mod lists;
mod network;
mod quantity;
mod semver;
mod standard;
mod strings;
mod times;
mod url;

use super::Fault;
use super::evaluate::Machine;
use super::value::Value;

/// A function, of all its overloads.
#[derive(Debug)]
pub struct Function {
    /// What it is called.
    pub name: &'static str,
    /// Whether it stands behind a value, which is its first argument.
    is_member: bool,
    least: usize,
    most: usize,
    /// Whether it has a value even if there is something unknown in a list or map that it gets.
    pub is_shallow: bool,
    /// Its value; arguments are never unknown.
    pub call: fn(&mut Machine<'_>, &[Value]) -> Result<Value, Fault>,
}

type Call = fn(&mut Machine<'_>, &[Value]) -> Result<Value, Fault>;

impl Function {
    const fn new(name: &'static str, is_member: bool, least: usize, most: usize, call: Call) -> Function {
        Function {
            name,
            is_member,
            least,
            most,
            is_shallow: false,
            call,
        }
    }

    /// `name(…)`
    const fn global(name: &'static str, count: usize, call: Call) -> Function {
        Function::new(name, false, count, count, call)
    }

    /// `value.name(…)`, with so many arguments in all.
    const fn member(name: &'static str, count: usize, call: Call) -> Function {
        Function::new(name, true, count, count, call)
    }

    /// Of so many arguments at most.
    const fn up_to(self, most: usize) -> Function {
        Function { most, ..self }
    }

    /// Of which it does not matter what is within the arguments.
    const fn shallow(self) -> Function {
        Function {
            is_shallow: true,
            ..self
        }
    }
}

const TABLES: [&[Function]; 10] = [
    standard::FUNCTIONS,
    times::FUNCTIONS,
    strings::FUNCTIONS,
    lists::FUNCTIONS,
    network::FUNCTIONS,
    url::FUNCTIONS,
    quantity::FUNCTIONS,
    semver::FUNCTIONS,
    format::FUNCTIONS,
    kubernetes::FUNCTIONS,
];

/// The function of a name that takes so many arguments, the receiver included.
pub fn find(name: &str, is_member: bool, count: usize) -> Option<&'static Function> {
    TABLES.iter().copied().flatten().find(|function| {
        function.name == name
            && function.is_member == is_member
            && (function.least..=function.most).contains(&count)
    })
}
