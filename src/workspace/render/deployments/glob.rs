//! Patterns of paths as the generators of Argo CD have them.

/// Whether a pattern names a path: `*` and `?` stand for what is no `/`, `**` for any folders.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let parts = |text: &str| -> Vec<String> {
        let parts = text.split('/').filter(|part| !part.is_empty() && *part != ".");
        parts.map(str::to_string).collect()
    };
    let (pattern, path) = (parts(pattern), parts(path));
    // The ends of the path that the parts of the pattern so far can reach.
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    for part in &pattern {
        let mut next = vec![false; path.len() + 1];
        for from in (0..=path.len()).filter(|from| reached[*from]) {
            if part == "**" {
                next[from..].fill(true);
            } else if path
                .get(from)
                .is_some_and(|name| names(part.as_bytes(), name.as_bytes()))
            {
                next[from + 1] = true;
            }
        }
        reached = next;
    }
    reached[path.len()]
}

fn names(pattern: &[u8], name: &[u8]) -> bool {
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for own in pattern {
        let mut next = vec![false; name.len() + 1];
        for from in (0..=name.len()).filter(|from| reached[*from]) {
            match own {
                b'*' => next[from..].fill(true),
                _ if name.get(from).is_some_and(|byte| *own == b'?' || byte == own) => next[from + 1] = true,
                _ => {}
            }
        }
        reached = next;
    }
    reached[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_paths() {
        let check = |pattern: &str, path: &str, expected| assert_eq!(matches(pattern, path), expected);
        check("apps/*", "apps/web", true);
        check("apps/*", "apps/web/prod", false);
        check("apps/*/prod", "apps/web/prod", true);
        check("apps/**/config.json", "apps/config.json", true);
        check("apps/**/config.json", "apps/a/b/config.json", true);
        check("apps/*-b", "apps/a-b", true);
        check("apps/?", "apps/ab", false);
        check("*", "apps", true);
        check("./apps", "apps", true);
    }
}
