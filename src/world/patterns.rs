//! Patterns of paths, as `ordain.toml` writes them.

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::Path;

/// Patterns in the notation of `.gitignore`: `charts/web`, `**/*.tpl.yaml`, `overlays/*/secrets.yaml`.
#[derive(Debug)]
pub struct Patterns {
    matchers: Vec<Gitignore>,
}

impl Patterns {
    /// The patterns, which are relative to `folder`. Errors: the first that is no pattern, with the reason.
    pub fn new<'a>(folder: &Path, patterns: impl IntoIterator<Item = &'a str>) -> Result<Patterns, String> {
        let compile = |pattern: &str| {
            let mut builder = GitignoreBuilder::new(folder);
            let wrong = |error: ignore::Error| format!("`{pattern}`: {error}");
            // A leading `./` and `/` mean the same to people: from this folder on.
            let bare = pattern.strip_prefix("./").unwrap_or(pattern);
            let anchored = if bare.contains('/') && !bare.starts_with('/') && !bare.starts_with("**/") {
                format!("/{bare}")
            } else {
                bare.to_string()
            };
            builder.add_line(None, &anchored).map_err(wrong)?;
            builder.build().map_err(wrong)
        };
        let matchers = patterns.into_iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Patterns { matchers })
    }

    /// The index of the first pattern that a file, or a folder that it lies in, matches.
    pub fn matching(&self, file: &Path) -> Option<usize> {
        let file = super::normalize(file);
        self.matchers.iter().position(|matcher| {
            // Paths with a root of their own are outside of what the patterns can name.
            let inside = matcher.path().as_os_str().is_empty()
                || !file.is_absolute()
                || file.starts_with(matcher.path());
            inside && !file.starts_with("..") && matcher.matched_path_or_any_parents(&file, false).is_ignore()
        })
    }
}
