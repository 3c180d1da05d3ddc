//! Values of the types that Kubernetes adds, and what is asked of more than one of them.

use super::Function;
use super::quantity::Quantity;
use super::semver::Version;
use super::url::Url;
use crate::cel::Fault;
use crate::cel::evaluate::no_overload;
use crate::cel::value::Value;
use std::cmp::Ordering;
use std::net::IpAddr;

/// A value of a type that Kubernetes adds.
#[derive(Debug, Clone)]
pub enum Special {
    /// An address.
    Ip(IpAddr),
    /// An address and how many of its bits count.
    Cidr(IpAddr, u8),
    /// A URL.
    Url(Url),
    /// A quantity.
    Quantity(Quantity),
    /// A version.
    Version(Version),
    /// The name of a format.
    Format(&'static str),
}

impl Special {
    /// The name of its type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Special::Ip(_) => "net.IP",
            Special::Cidr(..) => "net.CIDR",
            Special::Url(_) => "kubernetes.URL",
            Special::Quantity(_) => "kubernetes.Quantity",
            Special::Version(_) => "kubernetes.Semver",
            Special::Format(_) => "kubernetes.NamedFormat",
        }
    }

    /// What `==` says.
    pub fn is_same(&self, other: &Special) -> bool {
        match (self, other) {
            (Special::Ip(a), Special::Ip(b)) => a == b,
            (Special::Cidr(a, bits), Special::Cidr(b, others)) => a == b && bits == others,
            (Special::Url(a), Special::Url(b)) => a == b,
            (Special::Quantity(a), Special::Quantity(b)) => a.nano == b.nano,
            (Special::Version(a), Special::Version(b)) => a.compare(b) == Ordering::Equal,
            (Special::Format(a), Special::Format(b)) => a == b,
            _ => false,
        }
    }

    /// What `string()` says, of those of which it says something.
    pub fn text(&self) -> Option<String> {
        match self {
            Special::Ip(address) => Some(address.to_string()),
            Special::Cidr(address, bits) => Some(format!("{address}/{bits}")),
            _ => None,
        }
    }
}

pub const FUNCTIONS: &[Function] = &[
    Function::member("isGreaterThan", 2, |_, args| {
        Ok(Value::Bool(order(args)?.is_gt()))
    }),
    Function::member("isLessThan", 2, |_, args| Ok(Value::Bool(order(args)?.is_lt()))),
    Function::member("compareTo", 2, |_, args| Ok(Value::Int(order(args)? as i64))),
];

fn order(args: &[Value]) -> Result<Ordering, Fault> {
    if let [Value::Special(a), Value::Special(b)] = args {
        match (&**a, &**b) {
            (Special::Quantity(a), Special::Quantity(b)) => return Ok(a.nano.cmp(&b.nano)),
            (Special::Version(a), Special::Version(b)) => return Ok(a.compare(b)),
            _ => {}
        }
    }
    Err(no_overload("compareTo", args))
}

/// A value of a type that Kubernetes adds.
pub fn special(value: Special) -> Value {
    Value::Special(std::sync::Arc::new(value))
}
