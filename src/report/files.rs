//! Every file that a run came by, with what became of it.
//!
//! In: the account of a run. Out: a [`Listing`], as lines or as JSON.
//!
//! INVARIANT: for each file, as for the whole run, documents = evaluated + unevaluated + foreign.

use super::escape;
use crate::manifest::{Account, Fate, FileAccount};
use crate::source::Sources;
use std::fmt::Write;

/// The files of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Listing {
    /// What has the name of a manifest, and folders that were not entered, in the order of their paths.
    pub files: Vec<Entry>,
    /// How many more files there are, which don't have the name of a manifest.
    pub others: usize,
}

/// A file, or a folder that was not entered.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Entry {
    /// Its path.
    pub path: String,
    /// How many documents were found in it. A file that can't be read counts as one.
    pub documents: usize,
    /// How many of them are judged, as they stand or as what they are rendered to.
    pub evaluated: usize,
    /// How many of them are not judged.
    pub unevaluated: usize,
    /// How many of them are not Kubernetes'.
    pub foreign: usize,
    /// Why not all of it is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip)]
    words: Vec<(&'static str, usize)>,
}

impl Listing {
    /// The files of an account.
    pub fn of(account: &Account, sources: &Sources) -> Listing {
        let read = account
            .files
            .iter()
            .map(|file| Entry::of(&sources.file(file.file).path, file));
        let passed = account.passed.iter().map(|passed| Entry {
            path: passed.path.clone(),
            reason: Some(passed.reason.clone()),
            ..Entry::default()
        });
        let mut files: Vec<Entry> = read.chain(passed).collect();
        files.sort();
        Listing {
            files,
            others: account.others,
        }
    }

    /// A line a file: its path, what became of its documents, and why.
    pub fn lines(&self) -> String {
        let mut out = String::new();
        for entry in &self.files {
            let words = entry.words.iter().map(|(word, count)| format!("{count} {word}"));
            let mut said: Vec<String> = words.collect();
            let is_said = |reason: &String| !entry.words.iter().any(|(word, _)| word == reason);
            said.extend(entry.reason.clone().filter(is_said));
            let line = format!("{}: {}", entry.path, said.join(", "));
            let _ = writeln!(out, "{}", escape::line(&line));
        }
        if self.others > 0 {
            let files = super::plural(self.others, "more file");
            let verb = if self.others == 1 { "does" } else { "do" };
            let _ = writeln!(out, "{files} {verb} not have the name of a manifest");
        }
        out
    }

    /// The same as JSON, indented, with a line end behind it.
    pub fn json(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{}\n", escape::json(&text))
    }
}

impl Entry {
    fn of(path: &str, account: &FileAccount) -> Entry {
        let mut entry = Entry {
            path: path.to_string(),
            documents: account.documents.len(),
            ..Entry::default()
        };
        let mut reasons: Vec<String> = Vec::new();
        for fate in &account.documents {
            match fate {
                Fate::Evaluated | Fate::Rendered => entry.evaluated += 1,
                Fate::Foreign => entry.foreign += 1,
                Fate::Unevaluated(unevaluated) => {
                    entry.unevaluated += 1;
                    let listed = unevaluated.listed.clone();
                    let reason = listed.unwrap_or_else(|| unevaluated.reason.text().to_string());
                    if !reasons.contains(&reason) {
                        reasons.push(reason);
                    }
                }
            }
            if account.fault.is_some() {
                continue;
            }
            let word = self::fate(fate);
            match entry.words.iter_mut().find(|(own, _)| *own == word) {
                Some((_, count)) => *count += 1,
                None => entry.words.push((word, 1)),
            }
        }
        entry.reason = match &account.fault {
            Some(fault) => Some(fault.clone()),
            None if entry.documents == 0 => Some("no documents".to_string()),
            None if reasons.is_empty() => None,
            None => Some(reasons.join("; ")),
        };
        entry
    }
}

/// What became of a document, in a few words.
pub fn fate(fate: &Fate) -> &'static str {
    match fate {
        Fate::Evaluated => "evaluated",
        Fate::Rendered => "rendered",
        Fate::Foreign => "not Kubernetes",
        Fate::Unevaluated(unevaluated) => unevaluated.reason.text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{PassedOver, Reason, Unevaluated};
    use crate::source::{SourceFile, Span};
    use proptest::prelude::*;

    fn fates() -> impl Strategy<Value = Vec<Fate>> {
        let kinds = [
            None,
            Some(Reason::Template),
            Some(Reason::Patch),
            Some(Reason::Incomplete),
            Some(Reason::Ciphertext),
            Some(Reason::Unreadable(crate::codes::Code::M0201)),
        ];
        let fate =
            (0..kinds.len() + 2, any::<bool>()).prop_map(move |(kind, listed)| match kinds.get(kind) {
                Some(Some(reason)) => Fate::Unevaluated(Unevaluated {
                    reason: *reason,
                    span: Span::new(crate::source::FileId(0), 0, 0),
                    listed: listed.then(|| "on purpose".to_string()),
                }),
                Some(None) => Fate::Evaluated,
                None if listed => Fate::Foreign,
                None => Fate::Rendered,
            });
        prop::collection::vec(fate, 0..6)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn sums_hold_for_any_mix(files in prop::collection::vec(fates(), 0..8), passed in 0usize..4) {
            let mut sources = Sources::new();
            let mut account = Account::default();
            for (index, documents) in files.into_iter().enumerate() {
                let file = sources.add(SourceFile::new(format!("{index}.yaml"), String::new()));
                account.files.push(FileAccount { file, documents, fault: None });
            }
            account.passed = (0..passed)
                .map(|index| PassedOver { path: format!("p{index}"), reason: "ignored by git".to_string() })
                .collect();
            let listing = Listing::of(&account, &sources);
            prop_assert_eq!(listing.files.len(), account.files.len() + passed);
            prop_assert_eq!(listing.lines().lines().count(), listing.files.len());
            for entry in &listing.files {
                prop_assert_eq!(entry.documents, entry.evaluated + entry.unevaluated + entry.foreign);
                let is_judged = entry.evaluated + entry.foreign > 0 && entry.unevaluated == 0;
                prop_assert_eq!(entry.reason.is_none(), is_judged, "{:?}", entry);
            }
            let sum = |of: fn(&Entry) -> usize| listing.files.iter().map(of).sum::<usize>();
            prop_assert_eq!(sum(|entry| entry.documents), account.documents());
            prop_assert_eq!(sum(|entry| entry.evaluated), account.evaluated());
            prop_assert_eq!(sum(|entry| entry.foreign), account.foreign());
            prop_assert_eq!(sum(|entry| entry.unevaluated), account.unevaluated().count());
        }
    }
}
