//! From what was rendered back to what people wrote.
//!
//! In: diagnostics that point into rendered texts, and where each object of these comes from. Out: the same
//! diagnostics at the files of the repository, each told once however many overlays have it.
//!
//! INVARIANT: no place is made up. What can't be found stands at the kustomization or the chart, with the rendered
//! lines beside it.

mod template;
mod written;

pub(super) use written::{Patch, patches_of};

use crate::diagnostic::{Diagnostic, Edit, Fix, Label, Origin};
use crate::manifest::{Group, Node};
use crate::source::{FileId, Sources, Span};
use std::collections::{BTreeMap, HashMap};

/// Where the objects of the rendered texts come from.
#[derive(Debug, Default)]
pub struct Origins {
    texts: BTreeMap<FileId, Rendered>,
}

/// A rendered text.
#[derive(Debug)]
pub(super) struct Rendered {
    /// The overlay or chart.
    pub group: Group,
    /// What stands for it: its kustomization, its `Chart.yaml`.
    pub place: Span,
    /// Its objects, in the order of the text.
    pub objects: Vec<Object>,
    /// The patches of the overlay.
    pub patches: Vec<Patch>,
}

/// A rendered object.
#[derive(Debug)]
pub(super) struct Object {
    /// As it was rendered.
    pub root: Node,
    /// What it was rendered from.
    pub source: Source,
}

/// What an object was rendered from.
#[derive(Debug)]
pub(super) enum Source {
    /// An object of a file.
    Written(Box<Node>),
    /// A template of a chart.
    Template(FileId),
    /// Nobody knows.
    Unknown,
}

impl Source {
    /// The file that it stands in.
    pub(super) fn file(&self) -> Option<FileId> {
        match self {
            Source::Written(node) => Some(node.span.file),
            Source::Template(file) => Some(*file),
            Source::Unknown => None,
        }
    }
}

/// A place in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub span: Span,
    /// Whether it says what was rendered; else it is only near.
    pub exact: bool,
}

impl Origins {
    /// Takes a rendered text in.
    pub(super) fn add(&mut self, file: FileId, rendered: Rendered) {
        self.texts.insert(file, rendered);
    }

    /// The rendered texts.
    pub fn files(&self) -> impl Iterator<Item = FileId> {
        self.texts.keys().copied()
    }

    /// Whether a text was rendered.
    pub fn is_rendered(&self, file: FileId) -> bool {
        self.texts.contains_key(&file)
    }

    /// The overlay or chart that a rendered text is of, in words.
    pub fn name(&self, file: FileId) -> Option<String> {
        self.texts.get(&file).map(|rendered| name(&rendered.group))
    }

    /// The place in the repository that says what stands there in a rendered text.
    pub fn place(&self, span: Span, sources: &Sources) -> Option<Span> {
        let rendered = self.texts.get(&span.file)?;
        Some(
            rendered
                .place_of(span, sources)
                .map_or(rendered.place, |place| place.span),
        )
    }

    /// The diagnostics at what people wrote. What several overlays of one base have is told once.
    pub fn lead_back(&self, diagnostics: Vec<Diagnostic>, sources: &Sources) -> Vec<Diagnostic> {
        if self.texts.is_empty() {
            return diagnostics;
        }
        let mut told: HashMap<(Origin, Span, String), usize> = HashMap::new();
        let mut out: Vec<(Diagnostic, Vec<&Group>)> = Vec::new();
        let (own, rendered): (Vec<Diagnostic>, Vec<Diagnostic>) = diagnostics
            .into_iter()
            .partition(|diagnostic| !self.is_rendered(diagnostic.primary.span.file));
        for mut diagnostic in own {
            // What is said of a file may name a rendered object beside it.
            diagnostic.secondary = self.labels(std::mem::take(&mut diagnostic.secondary), sources);
            told.insert(key(&diagnostic), out.len());
            out.push((diagnostic, Vec::new()));
        }
        for diagnostic in rendered {
            let Some(text) = self.texts.get(&diagnostic.primary.span.file) else {
                continue;
            };
            let diagnostic = self.led(diagnostic, text, sources);
            match told.get(&key(&diagnostic)) {
                // A file that is also judged as it stands names no overlay.
                Some(index) if out[*index].1.is_empty() => {}
                Some(index) => {
                    if !out[*index].1.contains(&&text.group) {
                        out[*index].1.push(&text.group);
                    }
                }
                None => {
                    told.insert(key(&diagnostic), out.len());
                    out.push((diagnostic, vec![&text.group]));
                }
            }
        }
        out.into_iter()
            .map(|(mut diagnostic, groups)| {
                if !groups.is_empty() {
                    diagnostic.message = format!("{} (rendered from {})", diagnostic.message, names(&groups));
                }
                diagnostic
            })
            .collect()
    }

    fn led(&self, mut diagnostic: Diagnostic, text: &Rendered, sources: &Sources) -> Diagnostic {
        let span = diagnostic.primary.span;
        let found = text.place_of(span, sources);
        diagnostic.primary.span = found.map_or(text.place, |place| place.span);
        diagnostic.secondary = self.labels(std::mem::take(&mut diagnostic.secondary), sources);
        if !found.is_some_and(|place| place.exact) {
            diagnostic.secondary.push(Label {
                span,
                message: "as it was rendered".to_string(),
            });
        }
        diagnostic.fix = diagnostic.fix.and_then(|fix| text.mend(fix));
        diagnostic
    }

    /// Labels at what people wrote; those that nothing is known of stay at the rendered lines.
    fn labels(&self, labels: Vec<Label>, sources: &Sources) -> Vec<Label> {
        let lead = |mut label: Label| {
            if let Some(text) = self.texts.get(&label.span.file)
                && let Some(place) = text.place_of(label.span, sources).filter(|place| place.exact)
            {
                label.span = place.span;
            }
            label
        };
        labels.into_iter().map(lead).collect()
    }
}

impl Rendered {
    fn object_at(&self, span: Span) -> Option<&Object> {
        let behind = self
            .objects
            .partition_point(|object| object.root.span.start <= span.start);
        let object = self.objects.get(behind.checked_sub(1)?)?;
        (span.end <= object.root.span.end).then_some(object)
    }

    fn place_of(&self, span: Span, sources: &Sources) -> Option<Place> {
        let object = self.object_at(span)?;
        match &object.source {
            Source::Written(written) => Some(written::place(&object.root, written, &self.patches, span)),
            Source::Template(file) => Some(template::place(&object.root, *file, span, sources)),
            Source::Unknown => None,
        }
    }

    /// The mend, if each of its edits puts another value into the place of one that people wrote.
    fn mend(&self, mut fix: Fix) -> Option<Fix> {
        let edits = fix.edits.into_iter().map(|edit| {
            let object = self.object_at(edit.span)?;
            let Source::Written(written) = &object.source else {
                return None;
            };
            let span = written::same_scalar(&object.root, written, edit.span)?;
            Some(Edit { span, ..edit })
        });
        fix.edits = edits.collect::<Option<Vec<Edit>>>()?;
        Some(fix)
    }
}

fn key(diagnostic: &Diagnostic) -> (Origin, Span, String) {
    (
        diagnostic.origin.clone(),
        diagnostic.primary.span,
        diagnostic.message.clone(),
    )
}

/// How many overlays and charts a sentence names.
const MOST_NAMES: usize = 4;

/// Overlays and charts in words, of many the first ones.
pub(super) fn names(groups: &[&Group]) -> String {
    let told = match groups.len() {
        count if count > MOST_NAMES => MOST_NAMES - 1,
        count => count,
    };
    let is_overlay = |group: &&Group| matches!(group, Group::Overlay(_));
    let (overlays, charts): (Vec<&Group>, Vec<&Group>) = groups[..told]
        .iter()
        .copied()
        .partition(|group| is_overlay(group));
    let mut names = Vec::new();
    for (several, groups) in [("the overlays", overlays), ("the charts", charts)] {
        match groups.as_slice() {
            [] => {}
            [only] => names.push(name(only)),
            groups => {
                let paths = groups.iter().map(|group| format!("`{}`", path(group)));
                names.extend(paths);
                let first = names.len() - groups.len();
                names[first] = format!("{several} {}", names[first]);
            }
        }
    }
    if told < groups.len() {
        names.push(format!("{} more", groups.len() - told));
    }
    match names.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => names.concat(),
    }
}

fn path(group: &Group) -> &str {
    match group {
        Group::Chart(path) | Group::Overlay(path) => path,
        Group::File => "",
    }
}

/// An overlay or chart in words.
pub(super) fn name(group: &Group) -> String {
    match group {
        Group::Chart(path) => format!("the chart `{path}`"),
        Group::Overlay(path) => format!("the overlay `{path}`"),
        Group::File => "a file".to_string(),
    }
}
