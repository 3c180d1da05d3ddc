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
    let mut flags: Vec<(&str, &str)> = Vec::new();
    for given in given_flags(&words(container)) {
        flags.retain(|(known, _)| *known != given.name);
        flags.push((given.name, given.text));
    }
    flags
}

/// The words that give a container's flag of this name, in their order.
pub fn flag_words(container: &Node, name: &str) -> Vec<Words> {
    let given = given_flags(&words(container)).into_iter();
    given
        .filter(|given| given.name == name)
        .map(|given| given.words)
        .collect()
}

/// Where a word of a command line stands.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// `command` or `args`.
    pub list: &'static str,
    /// Its position there.
    pub index: usize,
}

/// The words that give one flag.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// `--name=value` or `--name`.
    pub flag: Word,
    /// Its value, where that is a word of its own.
    pub value: Option<Word>,
}

struct Given<'a> {
    name: &'a str,
    text: &'a str,
    words: Words,
}

fn words(container: &Node) -> Vec<(Word, &str)> {
    let lists = ["command", "args"].into_iter();
    let lists = lists.filter_map(|list| Some((list, container.get(list)?)));
    lists
        .flat_map(|(list, node)| {
            let elements = node.elements().iter().enumerate();
            elements.filter_map(move |(index, word)| Some((Word { list, index }, word.as_str()?)))
        })
        .collect()
}

fn given_flags<'a>(words: &[(Word, &'a str)]) -> Vec<Given<'a>> {
    let flag_of = |(position, (place, word)): (usize, &(Word, &'a str))| {
        let flag = word.strip_prefix("--").filter(|flag| !flag.is_empty())?;
        if let Some((name, text)) = flag.split_once('=') {
            let words = Words {
                flag: *place,
                value: None,
            };
            return Some(Given { name, text, words });
        }
        let following = words.get(position + 1).filter(|(_, next)| !next.starts_with('-'));
        Some(Given {
            name: flag,
            text: following.map_or("true", |(_, next)| next),
            words: Words {
                flag: *place,
                value: following.map(|(place, _)| *place),
            },
        })
    };
    words.iter().enumerate().filter_map(flag_of).collect()
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
