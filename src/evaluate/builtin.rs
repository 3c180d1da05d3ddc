//! Functions of the language that need nothing but their arguments.

use std::cmp::Ordering;
use std::net::IpAddr;

/// Whether a range of addresses (`10.0.0.0/8`, `fd00::/8`, or a single address) holds another range or
/// address. False if either is none.
pub fn cidr_contains(range: &str, inner: &str) -> bool {
    let (Some((outer, length)), Some((address, inner_length))) = (parse_cidr(range), parse_cidr(inner))
    else {
        return false;
    };
    let bits = |address: IpAddr| match address {
        IpAddr::V4(four) => (u128::from(u32::from(four)) << 96, 4),
        IpAddr::V6(six) => (u128::from(six), 6),
    };
    let ((outer, family), (address, other)) = (bits(outer), bits(address));
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
    family == other && length <= inner_length && outer & mask == address & mask
}

fn parse_cidr(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        Some(length) if length.bytes().all(|byte| byte.is_ascii_digit()) => length.parse().ok()?,
        Some(_) => return None,
        None => longest,
    };
    (length <= longest).then_some((address, length))
}

/// −1, 0 or 1 as version `a` is older, equal or newer than `b`, by Semantic Versioning 2.0. A leading `v`
/// and missing minor and patch numbers are allowed. `None` if either is no version.
pub fn semver(a: &str, b: &str) -> Option<i128> {
    let (a, b) = (Version::parse(a)?, Version::parse(b)?);
    Some(match a.compare(&b) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

struct Version<'a> {
    numbers: [u64; 3],
    prerelease: Option<&'a str>,
}

impl Version<'_> {
    fn parse(text: &str) -> Option<Version<'_>> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(version, _build)| version);
        let (core, prerelease) = match text.split_once('-') {
            Some((core, prerelease)) => (core, Some(prerelease)),
            None => (text, None),
        };
        let mut numbers = [0; 3];
        for (index, part) in core.split('.').enumerate() {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            *numbers.get_mut(index)? = part.parse().ok().filter(|_| digits)?;
        }
        let named = prerelease.is_none_or(|prerelease| prerelease.split('.').all(|part| !part.is_empty()));
        named.then_some(Version { numbers, prerelease })
    }

    fn compare(&self, other: &Version<'_>) -> Ordering {
        let prereleases = || match (self.prerelease, other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => compare_prereleases(a, b),
        };
        self.numbers.cmp(&other.numbers).then_with(prereleases)
    }
}

fn compare_prereleases(a: &str, b: &str) -> Ordering {
    let number = |part: &str| part.parse::<u64>().ok();
    let (mut left, mut right) = (a.split('.'), b.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) => match (number(a), number(b)) {
                (Some(a), Some(b)) => a.cmp(&b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => a.cmp(b),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Whether a text is of a pattern in which `*` stands for any characters, from its start to its end.
pub fn like(text: &str, pattern: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return text == pattern;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces = rest.split('*').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return text.ends_with(piece);
        }
        // The earliest place leaves the most for the pieces that follow.
        match text.find(piece) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_addresses() {
        assert!(cidr_contains("10.0.0.0/8", "10.1.2.3"));
        assert!(cidr_contains("10.0.0.0/8", "10.1.0.0/16"));
        assert!(cidr_contains("0.0.0.0/0", "1.2.3.4"));
        assert!(cidr_contains("fd00::/8", "fd12::1"));
        assert!(!cidr_contains("10.1.0.0/16", "10.0.0.0/8"));
        assert!(!cidr_contains("0.0.0.0/0", "::1"));
        assert!(!cidr_contains("10.0.0.0/33", "10.0.0.1"));
        assert!(!cidr_contains("ten", "10.0.0.1"));
    }

    #[test]
    fn versions_by_precedence() {
        let ordered = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "v1",
            "1.2",
            "1.10.0",
        ];
        for pair in ordered.windows(2) {
            assert_eq!(semver(pair[0], pair[1]), Some(-1), "{pair:?}");
            assert_eq!(semver(pair[1], pair[0]), Some(1), "{pair:?}");
        }
        assert_eq!(semver("1.2.3+a", "v1.2.3+b"), Some(0));
        assert_eq!(semver("latest", "1.2.3"), None);
        assert_eq!(semver("1.2.3.4", "1.2.3"), None);
    }

    #[test]
    fn stars_stand_for_any_characters() {
        let check =
            |text, pattern, expected| assert_eq!(like(text, pattern), expected, "{text} like {pattern}");
        check("registry.acme.io/web", "registry.acme.io/*", true);
        check("registry.acme.io.evil/web", "registry.acme.io/*", false);
        check("", "*", true);
        check("", "", true);
        check("a", "", false);
        check("abab", "*ab", true);
        check("aba", "ab*ba", false);
        check("a.b.c", "a*.*c", true);
        check("kube-system", "kube-*|x", false);
    }

    proptest::proptest! {
        #[test]
        fn like_agrees_with_a_regular_expression(text in "[ab*]{0,8}", pattern in "[ab*]{0,6}") {
            let escaped = pattern.split('*').map(regex::escape).collect::<Vec<_>>().join(".*");
            let expected = regex::Regex::new(&format!("^(?:{escaped})$")).unwrap();
            proptest::prop_assert_eq!(like(&text, &pattern), expected.is_match(&text));
        }
    }
}
