//! Versions of Kubernetes.

use std::fmt;

/// A minor release of Kubernetes 1, such as 1.31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesVersion {
    minor: u8,
}

impl KubernetesVersion {
    /// The oldest release in the table.
    pub const OLDEST: KubernetesVersion = KubernetesVersion { minor: 25 };
    /// The newest release in the table.
    pub const NEWEST: KubernetesVersion = KubernetesVersion { minor: 37 };

    /// 1.`minor`, which may be older or newer than the table.
    pub const fn of_minor(minor: u8) -> KubernetesVersion {
        KubernetesVersion { minor }
    }

    /// The version that a text like `1.31`, `v1.31` or `1.31.4` names, if the table has it.
    pub fn parse(text: &str) -> Option<KubernetesVersion> {
        let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
        let (major, minor) = (parts.next()?, parts.next()?);
        let version = KubernetesVersion {
            minor: minor.parse().ok()?,
        };
        (major == "1" && (Self::OLDEST..=Self::NEWEST).contains(&version)).then_some(version)
    }

    /// The number behind `1.`.
    pub const fn minor(self) -> u8 {
        self.minor
    }
}

impl Default for KubernetesVersion {
    /// The newest.
    fn default() -> KubernetesVersion {
        KubernetesVersion::NEWEST
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)
    }
}
