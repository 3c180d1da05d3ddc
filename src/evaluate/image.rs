//! Container images and command lines, taken apart.

use crate::manifest::Node;
use std::borrow::Cow;

/// The parts of an image reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image<'a> {
    /// Host and port; `docker.io` where none is written.
    pub registry: &'a str,
    /// What stands between registry and tag. On Docker Hub a single name is one of `library/`.
    pub repository: Cow<'a, str>,
    /// The tag, if there is one.
    pub tag: Option<&'a str>,
    /// The digest, if there is one.
    pub digest: Option<&'a str>,
}

/// Takes an image reference apart as container runtimes do: the first part is a registry if it has a dot
/// or a port or is `localhost`, and a tag stands behind the last slash.
pub fn parse(text: &str) -> Image<'_> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let last_slash = name.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match name[last_slash..].find(':') {
        Some(colon) => {
            let colon = last_slash + colon;
            (&name[..colon], Some(&name[colon + 1..]))
        }
        None => (name, None),
    };
    let (registry, repository) = match name.split_once('/') {
        Some(("index.docker.io" | "registry-1.docker.io", rest)) => ("docker.io", rest),
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        _ => ("docker.io", name),
    };
    let repository = if registry == "docker.io" && !repository.contains('/') && !repository.is_empty() {
        Cow::Owned(format!("library/{repository}"))
    } else {
        Cow::Borrowed(repository)
    };
    Image {
        registry,
        repository,
        tag,
        digest,
    }
}

/// The flags of a container's command and args, without their dashes: `--name=value`, `--name value`, and
/// `--name` alone, which means `true`. Of a flag given twice the last counts.
pub fn flags(container: &Node) -> Vec<(&str, &str)> {
    let words: Vec<&str> = ["command", "args"]
        .into_iter()
        .filter_map(|field| container.get(field))
        .flat_map(|list| list.elements().iter().filter_map(Node::as_str))
        .collect();
    let mut flags: Vec<(&str, &str)> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let Some(flag) = word.strip_prefix("--").filter(|flag| !flag.is_empty()) else {
            continue;
        };
        let following = words.get(index + 1).filter(|next| !next.starts_with('-'));
        let (name, value) = flag
            .split_once('=')
            .unwrap_or((flag, following.copied().unwrap_or("true")));
        flags.retain(|(known, _)| *known != name);
        flags.push((name, value));
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_taken_apart_as_runtimes_do() {
        let check = |text, registry, repository: &str, tag, digest| {
            let repository = Cow::Borrowed(repository);
            let expected = Image {
                registry,
                repository,
                tag,
                digest,
            };
            assert_eq!(parse(text), expected, "{text}");
        };
        check("nginx", "docker.io", "library/nginx", None, None);
        check("nginx:1.25", "docker.io", "library/nginx", Some("1.25"), None);
        check("acme/web", "docker.io", "acme/web", None, None);
        check("docker.io/nginx", "docker.io", "library/nginx", None, None);
        check("registry:443/img", "registry:443", "img", None, None);
        check("localhost/img:a", "localhost", "img", Some("a"), None);
        check(
            "ghcr.io/a/b:1@sha256:00",
            "ghcr.io",
            "a/b",
            Some("1"),
            Some("sha256:00"),
        );
        check("", "docker.io", "", None, None);
    }
}
