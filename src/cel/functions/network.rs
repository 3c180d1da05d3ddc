//! Addresses and ranges of addresses.

use super::Function;
use super::kubernetes::{Special, special};
use crate::cel::Fault;
use crate::cel::evaluate::no_overload;
use crate::cel::value::Value;
use std::net::{IpAddr, Ipv4Addr};

pub const FUNCTIONS: &[Function] = &[
    Function::global("ip", 1, |_, args| Ok(special(Special::Ip(address(args)?)))),
    Function::global("isIP", 1, |_, args| match args {
        [Value::String(text)] => Ok(Value::Bool(parse(text).is_some())),
        _ => Err(no_overload("isIP", args)),
    }),
    Function::global("ip.isCanonical", 1, |_, args| match args {
        [Value::String(text)] => Ok(Value::Bool(address(args)?.to_string() == **text)),
        _ => Err(no_overload("ip.isCanonical", args)),
    }),
    Function::member("family", 1, |_, args| {
        Ok(Value::Int(if of(args)?.is_ipv4() { 4 } else { 6 }))
    }),
    Function::member("isUnspecified", 1, |_, args| {
        Ok(Value::Bool(of(args)?.is_unspecified()))
    }),
    Function::member("isLoopback", 1, |_, args| {
        Ok(Value::Bool(of(args)?.is_loopback()))
    }),
    Function::member("isLinkLocalMulticast", 1, |_, args| {
        Ok(Value::Bool(is_link_local_multicast(of(args)?)))
    }),
    Function::member("isLinkLocalUnicast", 1, |_, args| {
        Ok(Value::Bool(is_link_local_unicast(of(args)?)))
    }),
    Function::member("isGlobalUnicast", 1, |_, args| {
        let address = of(args)?;
        let is_other = address.is_unspecified()
            || address.is_loopback()
            || address.is_multicast()
            || is_link_local_unicast(address)
            || address == IpAddr::V4(Ipv4Addr::BROADCAST);
        Ok(Value::Bool(!is_other))
    }),
    Function::global("cidr", 1, |_, args| {
        let (address, bits) = range(args)?;
        Ok(special(Special::Cidr(address, bits)))
    }),
    Function::global("isCIDR", 1, |_, args| match args {
        [Value::String(text)] => Ok(Value::Bool(parse_range(text).is_some())),
        _ => Err(no_overload("isCIDR", args)),
    }),
    Function::member("containsIP", 2, |_, args| {
        let (network, bits) = range(&args[..1])?;
        Ok(Value::Bool(covers(network, bits, address(&args[1..])?)))
    }),
    Function::member("containsCIDR", 2, |_, args| {
        let (network, bits) = range(&args[..1])?;
        let (other, others) = range(&args[1..])?;
        Ok(Value::Bool(bits <= others && covers(network, bits, other)))
    }),
    Function::member("ip", 1, |_, args| Ok(special(Special::Ip(range(args)?.0)))),
    Function::member("prefixLength", 1, |_, args| Ok(Value::Int(range(args)?.1.into()))),
    Function::member("masked", 1, |_, args| {
        let (address, bits) = range(args)?;
        Ok(special(Special::Cidr(masked(address, bits), bits)))
    }),
];

/// As Go's netip reads addresses, without those that are of both families or name an interface.
fn parse(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    match address {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => None,
        address => Some(address),
    }
}

fn parse_range(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.rsplit_once('/')?;
    let address = parse(address)?;
    let is_number = bits.bytes().all(|byte| byte.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
    let bits: u8 = is_number.then(|| bits.parse().ok()).flatten()?;
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

/// An address, or a text that is one.
fn address(args: &[Value]) -> Result<IpAddr, Fault> {
    match args {
        [Value::String(text)] => parse(text).ok_or_else(|| {
            Fault::Error(format!(
                "IP Address {text:?} parse error during conversion from string"
            ))
        }),
        args => of(args),
    }
}

fn of(args: &[Value]) -> Result<IpAddr, Fault> {
    if let [Value::Special(value)] = args
        && let Special::Ip(address) = **value
    {
        return Ok(address);
    }
    Err(no_overload("a function of addresses", args))
}

/// A range, or a text that is one.
fn range(args: &[Value]) -> Result<(IpAddr, u8), Fault> {
    match args {
        [Value::String(text)] => parse_range(text).ok_or_else(|| {
            Fault::Error(format!(
                "network address parse error during conversion from string: {text:?}"
            ))
        }),
        [Value::Special(value)] => match **value {
            Special::Cidr(address, bits) => Ok((address, bits)),
            _ => Err(no_overload("a function of address ranges", args)),
        },
        _ => Err(no_overload("a function of address ranges", args)),
    }
}

fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
            IpAddr::V4((u32::from(address) & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
            IpAddr::V6((u128::from(address) & mask).into())
        }
    }
}

fn covers(network: IpAddr, bits: u8, address: IpAddr) -> bool {
    network.is_ipv4() == address.is_ipv4() && masked(network, bits) == masked(address, bits)
}

fn is_link_local_unicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

fn is_link_local_multicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.octets()[..3] == [224, 0, 0],
        IpAddr::V6(address) => address.segments()[0] & 0xff0f == 0xff02,
    }
}
