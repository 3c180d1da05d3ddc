//! Values one after the other → a tree of nodes that know their bytes.
//!
//! In: scalars, aliases, and the starts and ends of collections, in the order of the text. Out: the document's tree
//! with what is wrong in it, or what stopped its reading.

use super::mapping::{Dialect, MappingBuilder};
use super::scalar::{self, Tag};
use super::source::ChunkText;
use super::tabs::Layout;
use super::yaml::Stop;
use super::{Document, MAXIMUM_COPIES, MAXIMUM_DEPTH, faults, keys, patience, places};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::manifest::faults::Faults;
use crate::manifest::{Entry, Node, Value};
use granit_parser::{ScalarStyle, ScanError, StructureStyle};
use std::collections::HashMap;
use std::ops::Range;

/// A finished node on its way into its parent.
struct Done {
    node: Node,
    /// How many values and keys it holds, itself and all copies included: what go-yaml counts.
    weight: u64,
    /// How many levels it holds, itself included.
    height: usize,
    /// `<<`, and whether it is quoted.
    merge: Option<Quoted>,
}

type Quoted = bool;

/// A key that waits for its value.
pub(super) struct Key {
    text: Box<str>,
    range: Range<usize>,
    merge: Option<Quoted>,
}

pub(super) enum Kind {
    Sequence(Vec<Node>),
    /// The entries, the key that waits, and how many merge keys there were.
    Mapping(MappingBuilder, Option<Key>, usize),
}

/// A collection that is still open.
struct Frame {
    kind: Kind,
    start: usize,
    flow: bool,
    anchor: usize,
    weight: u64,
    height: usize,
}

struct Anchor {
    node: Node,
    weight: u64,
    height: usize,
}

pub(super) struct Builder<'t> {
    text: &'t ChunkText<'t>,
    dialect: Dialect,
    faults: Faults,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Anchor>,
    /// go-yaml's counts of all values, and of those that came by an alias.
    decoded: u64,
    aliased: u64,
    /// Nodes copied for anchors and aliases.
    copies: u64,
    /// The end of the last token that was seen, as an offset of the chunk.
    pub cursor: usize,
    /// Whether another dialect may read something else.
    ambiguous: bool,
    /// Whether a value begins with `{{`.
    template: bool,
    /// Kept if there are tabs in the text.
    pub layout: Option<Layout>,
    root: Option<Node>,
}

impl<'t> Builder<'t> {
    pub fn new(text: &'t ChunkText<'t>, dialect: Dialect, layout: Option<Layout>) -> Builder<'t> {
        Builder {
            text,
            dialect,
            faults: Faults::default(),
            stack: Vec::new(),
            anchors: HashMap::new(),
            decoded: 0,
            aliased: 0,
            copies: 0,
            cursor: 0,
            ambiguous: false,
            template: false,
            layout,
            root: None,
        }
    }

    /// The document, unless it is empty.
    pub fn finish(self) -> Option<Document> {
        let root = self.root?;
        let nobody_wrote_it = root.is_null() && root.span.start == root.span.end;
        (!nobody_wrote_it).then(|| Document {
            span: root.span,
            extent: self.text.span(0..self.text.text.len()),
            readings: vec![root],
            faults: self.faults.into(),
            ambiguous: self.ambiguous,
            template: self.template,
            broken: None,
        })
    }

    fn stop(&self, fault: Diagnostic, at: usize) -> Box<Stop> {
        Box::new(Stop {
            fault,
            error: None,
            at,
        })
    }

    /// What to say about the reader's own error.
    pub fn syntax_error(&self, error: &ScanError) -> Box<Stop> {
        let text = &self.text.text;
        let at = if faults::is_in_quotes(error.kind()) {
            // Where the quotes open says more than where the text ends.
            self.behind_indicators()
        } else {
            error.marker().byte_offset().unwrap_or(self.cursor)
        };
        let rest = text.get(at..).unwrap_or("");
        let end = at + rest.chars().next().map_or(0, char::len_utf8);
        Box::new(Stop {
            fault: faults::syntax(error.kind(), self.text.span(at..end)),
            error: Some(error.kind().clone()),
            at,
        })
    }

    fn behind_indicators(&self) -> usize {
        places::behind_indicators(self.text.text.as_bytes(), self.cursor)
    }

    /// Where a value that nobody wrote would stand: right behind the dash or colon that asks for it.
    fn place_of_missing(&self) -> usize {
        let indicator = match self.stack.last().map(|frame| &frame.kind) {
            // The first dash is behind the cursor already.
            Some(Kind::Sequence(nodes)) if !nodes.is_empty() => b'-',
            Some(Kind::Mapping(_, Some(_), _)) => b':',
            Some(Kind::Mapping(_, None, _)) => b'?',
            _ => return self.cursor,
        };
        let bytes = self.text.text.as_bytes();
        let at = places::behind_trivia(bytes, self.cursor);
        match bytes.get(at) {
            Some(byte) if *byte == indicator => at + 1,
            _ => self.cursor,
        }
    }

    pub fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Tag,
        anchor: usize,
        mut range: Range<usize>,
    ) -> Result<(), Box<Stop>> {
        let plain = matches!(style, ScalarStyle::Plain);
        let missing = plain && range.is_empty();
        let text = if missing { "" } else { text };
        if missing {
            let at = self.place_of_missing();
            range = at..at;
        } else if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            let start = self.behind_indicators();
            let end = start.max(range.end);
            let written = self.text.text.get(start..end).unwrap_or("").trim_end();
            range = start..start + written.len();
        }
        let found = scalar::resolve(text, plain, tag);
        let span = self.text.span(range.clone());
        self.faults.extend(faults::peculiarity(text, &found, span));
        if matches!(style, ScalarStyle::DoubleQuoted) {
            let written = self.text.text.get(range.clone()).unwrap_or("");
            self.faults.extend(faults::refused_escape(written, span));
        }
        let in_flow = self.stack.last().is_some_and(|frame| frame.flow);
        self.hold_to_go_yaml(style, anchor, range.clone());
        if let Some(layout) = &mut self.layout
            && !in_flow
            && self
                .text
                .text
                .get(range.clone())
                .is_some_and(|written| written.contains('\n'))
        {
            let ranges = if plain {
                &mut layout.plain
            } else {
                &mut layout.solid
            };
            ranges.push(range.clone());
        }
        let done = Done {
            node: Node {
                span,
                value: found.value,
            },
            weight: 1,
            height: 1,
            merge: match tag {
                Tag::None => (text == "<<").then_some(!plain),
                Tag::Merge => (text == "<<").then_some(false),
                _ => None,
            },
        };
        self.cursor = self.cursor.max(range.end);
        self.complete(done, anchor, range)
    }

    pub fn open(
        &mut self,
        kind: Kind,
        style: StructureStyle,
        anchor: usize,
        range: Range<usize>,
    ) -> Result<(), Box<Stop>> {
        let flow = matches!(style, StructureStyle::Flow);
        let in_mapping = matches!(
            self.stack.last(),
            Some(Frame {
                kind: Kind::Mapping(..),
                ..
            })
        );
        let is_sequence = matches!(kind, Kind::Sequence(_));
        let bytes = self.text.text.as_bytes();
        let dash = match is_sequence && in_mapping && !flow {
            true => places::dash_behind_key(bytes, self.cursor),
            false => None,
        };
        let start = dash.unwrap_or(range.start);
        self.check_anchor(anchor, start);
        if flow && bytes.get(start..start + 2) == Some(b"{{") {
            self.template = true;
        }
        if self.stack.len() >= MAXIMUM_DEPTH {
            return Err(self.stop(faults::too_deep(self.text.span(start..start)), start));
        }
        let opened = match (flow, is_sequence) {
            (true, _) => range.end,
            (false, true) => start + 1,
            (false, false) => start,
        };
        self.cursor = self.cursor.max(opened);
        self.stack.push(Frame {
            kind,
            start,
            flow,
            anchor,
            weight: 1,
            height: 1,
        });
        Ok(())
    }

    pub fn close(&mut self, range: Range<usize>) -> Result<(), Box<Stop>> {
        let Some(frame) = self.stack.pop() else {
            return Ok(());
        };
        let end = if frame.flow {
            range.end.max(self.cursor)
        } else {
            self.cursor
        };
        let range = frame.start.min(end)..end;
        self.cursor = end;
        let in_flow = self.stack.last().is_some_and(|frame| frame.flow);
        if let Some(layout) = &mut self.layout
            && frame.flow
            && !in_flow
        {
            layout.solid.push(range.clone());
        }
        let value = match frame.kind {
            Kind::Sequence(nodes) => Value::Sequence(nodes),
            Kind::Mapping(entries, ..) => Value::Mapping(entries.finish()),
        };
        let done = Done {
            node: Node {
                span: self.text.span(range.clone()),
                value,
            },
            weight: frame.weight,
            height: frame.height,
            merge: None,
        };
        self.complete(done, frame.anchor, range)
    }

    pub fn alias(&mut self, id: Option<usize>, range: Range<usize>) -> Result<(), Box<Stop>> {
        let span = self.text.span(range.clone());
        let name = self.text.text.get(range.clone()).unwrap_or("").to_string();
        self.faults.extend(patience::name(&name, span));
        let found = id.and_then(|id| self.anchors.get(&id));
        let Some(anchor) = found else {
            let message = if id.is_some() {
                format!("`{name}` stands inside of what it refers to")
            } else {
                format!("`{name}` refers to an anchor that this document does not have in front of it")
            };
            self.faults.push(
                Diagnostic::new(Code::M0205, span, message)
                    .help("write the value out: anchors end with their document"),
            );
            let node = Node {
                span,
                value: Value::Null,
            };
            self.cursor = self.cursor.max(range.end);
            let done = Done {
                node,
                weight: 1,
                height: 1,
                merge: None,
            };
            return self.complete(done, 0, range);
        };
        let (weight, height) = (anchor.weight, anchor.height);
        self.copies = self.copies.saturating_add(weight);
        self.decoded = self.decoded.saturating_add(weight + 1);
        self.aliased = self.aliased.saturating_add(weight);
        if self.copies > MAXIMUM_COPIES || too_much_aliasing(self.decoded, self.aliased) {
            let fault = Diagnostic::new(
                Code::M0204,
                span,
                format!("the aliases of this document, up to `{name}`, stand for far more than is written"),
            )
            .help("write the values out, or build them with kustomize or Helm");
            return Err(self.stop(fault, range.start));
        }
        if self.stack.len() + height > MAXIMUM_DEPTH {
            return Err(self.stop(faults::too_deep(span), range.start));
        }
        let mut node = anchor.node.clone();
        node.span = span;
        if self.waits_for_merge() && matches!(node.value, Value::Sequence(_)) {
            let message = format!("`{name}` is a list, which `kubectl` merges only where it is written out");
            let fault = Diagnostic::new(Code::M0208, span, message);
            self.faults.push(fault.help("write `<<: [*a, *b]`"));
        }
        self.cursor = self.cursor.max(range.end);
        let done = Done {
            node,
            weight: weight + 1,
            height,
            merge: None,
        };
        self.put(done, range);
        Ok(())
    }

    /// Whether the value of a merge key comes next.
    fn waits_for_merge(&self) -> bool {
        matches!(
            self.stack.last().map(|frame| &frame.kind),
            Some(Kind::Mapping(
                _,
                Some(Key {
                    merge: Some(false),
                    ..
                }),
                _
            ))
        )
    }

    /// Says where go-yaml, which `kubectl` reads with, refuses a scalar or takes it for something else.
    fn hold_to_go_yaml(&mut self, style: ScalarStyle, anchor: usize, range: Range<usize>) {
        self.check_anchor(anchor, range.start);
        let text = &self.text.text;
        let in_flow = self.stack.last().is_some_and(|frame| frame.flow);
        let found = match style {
            ScalarStyle::Plain if in_flow && !range.is_empty() => {
                let indentation = self.block_column();
                patience::in_brackets(text, range.clone())
                    .or_else(|| patience::tab_behind(self.text.with_tabs(), range.clone(), indentation))
            }
            ScalarStyle::Literal | ScalarStyle::Folded => patience::tab_in_block(text, range.clone()),
            _ => None,
        };
        if let Some((at, message)) = found {
            let span = self.text.span(at);
            self.faults.push(patience::refused(span, message));
        }
    }

    /// The column behind the indentation of the innermost collection in block style; 0 if there is none.
    fn block_column(&self) -> usize {
        let Some(frame) = self.stack.iter().rev().find(|frame| !frame.flow) else {
            return 0;
        };
        let before = self.text.text.get(..frame.start).unwrap_or("");
        let line = before.rfind('\n').map_or(0, |end| end + 1);
        before[line..].chars().count() + 1
    }

    fn check_anchor(&mut self, anchor: usize, end: usize) {
        if anchor == 0 {
            return;
        }
        let Some(range) = places::anchor(&self.text.text, self.cursor..end) else {
            return;
        };
        let name = self.text.text.get(range.clone()).unwrap_or("");
        let fault = patience::name(name, self.text.span(range));
        self.faults.extend(fault);
    }

    /// Takes a node that was written out.
    fn complete(&mut self, done: Done, anchor: usize, range: Range<usize>) -> Result<(), Box<Stop>> {
        self.decoded += 1;
        if anchor != 0 {
            self.copies = self.copies.saturating_add(done.weight);
            if self.copies > MAXIMUM_COPIES {
                let span = self.text.span(range.clone());
                let fault = Diagnostic::new(Code::M0204, span, "the anchors of this document hold too much")
                    .help("put anchors only on what aliases refer to");
                return Err(self.stop(fault, range.start));
            }
            self.anchors.insert(
                anchor,
                Anchor {
                    node: done.node.clone(),
                    weight: done.weight,
                    height: done.height,
                },
            );
        }
        self.put(done, range);
        Ok(())
    }

    /// Puts a node into the collection that is open.
    fn put(&mut self, done: Done, range: Range<usize>) {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(done.node);
            return;
        };
        frame.weight = frame.weight.saturating_add(done.weight);
        frame.height = frame.height.max(done.height + 1);
        match &mut frame.kind {
            Kind::Sequence(nodes) => nodes.push(done.node),
            Kind::Mapping(_, key @ None, _) => {
                if frame.flow
                    && let Some((at, message)) = patience::key_of_lines(&self.text.text, range.clone())
                {
                    self.faults.push(patience::refused(self.text.span(at), message));
                }
                let written = self.text.text.get(range.clone()).unwrap_or("");
                let (text, fault) = keys::spelling(&done.node, written);
                *key = Some(Key {
                    text,
                    range: range.clone(),
                    merge: done.merge,
                });
                if let Some(fault) = fault {
                    let span = self.text.span(range);
                    self.faults
                        .push(Diagnostic::new(fault.code, span, fault.message).help(fault.help));
                }
            }
            Kind::Mapping(_, key, _) => {
                if let Some(key) = key.take() {
                    self.entry(key, done.node);
                }
            }
        }
    }

    /// Adds an entry to the mapping that is open.
    fn entry(&mut self, key: Key, value: Node) {
        let Some(Frame {
            kind: Kind::Mapping(entries, _, merges),
            ..
        }) = self.stack.last_mut()
        else {
            return;
        };
        let span = self.text.span(key.range);
        let quoted = key.merge == Some(true);
        self.ambiguous |= quoted;
        if key.merge.is_none() || (quoted && self.dialect == Dialect::Kubectl) {
            let name = key.text.clone();
            let first = entries.insert(Entry {
                key_span: span,
                key: key.text,
                value,
            });
            self.faults
                .extend(first.map(|first| faults::duplicate_key(&name, span, first)));
            if quoted {
                let message = "`\"<<\"` in quotes is a key to `kubectl` and a merge to others";
                let fault = Diagnostic::new(Code::M0208, span, message);
                self.faults
                    .push(fault.help("write `<<` without quotes to merge, or rename the key"));
            }
            return;
        }
        *merges += 1;
        if *merges > 1 {
            let fault = Diagnostic::new(Code::M0208, span, "the merge key `<<` stands twice");
            self.faults.push(fault.help("merge a list: `<<: [*a, *b]`"));
        }
        match entries.merge(value, self.dialect) {
            Err(()) => {
                let message = "`<<` merges a mapping or a list of mappings, and this is neither";
                let fault = Diagnostic::new(Code::M0208, span, message);
                self.faults.push(fault.help("refer to a mapping"));
            }
            Ok(Some(conflict)) => {
                self.ambiguous = true;
                let message = format!(
                    "`<<` stands behind `{}`: `kubectl` takes the merged value, kustomize the one written out",
                    conflict.key
                );
                let fault = Diagnostic::new(Code::M0208, span, message);
                let fault = fault.with(conflict.key_span, "written out here");
                self.faults.push(fault.help("put `<<` before all other keys"));
            }
            Ok(None) => {}
        }
    }
}

/// go-yaml's rule: much aliasing is fine in small documents, little in large ones.
fn too_much_aliasing(decoded: u64, aliased: u64) -> bool {
    const SMALL: f64 = 400_000.0;
    const LARGE: f64 = 4_000_000.0;
    if aliased <= 100 || decoded <= 1000 {
        return false;
    }
    let count = decoded as f64;
    let share = (count.clamp(SMALL, LARGE) - SMALL) / (LARGE - SMALL);
    aliased as f64 / count > 0.99 - 0.89 * share
}
