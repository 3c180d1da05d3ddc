//! A YAML reader's events → documents.
//!
//! In: one chunk of a file. Out: its documents, each with the nodes as one dialect reads them and the faults, and
//! what stopped the reading.

use super::builder::{Builder, Kind};
use super::mapping::{Dialect, MappingBuilder};
use super::scalar::Tag;
use super::source::ChunkText;
use super::tabs::Layout;
use super::{Document, MAXIMUM_DEPTH};
use crate::diagnostic::Diagnostic;
use granit_parser::{ErrorKind, Event, Parser, StrInput};

/// What stopped the reading of a chunk.
pub(super) struct Stop {
    /// What to say about it.
    pub fault: Diagnostic,
    /// The reader's own error, unless it was a limit of ours.
    pub error: Option<ErrorKind>,
    /// Where the fault is, as an offset of the chunk's text.
    pub at: usize,
}

/// What a chunk holds.
pub(super) struct Chunk {
    /// The documents that could be read in full.
    pub documents: Vec<Document>,
    /// Why the one behind them could not.
    pub stop: Option<Stop>,
    /// What stands where, if there are tabs in the text.
    pub layout: Layout,
}

/// Reads all documents of a chunk.
pub(super) fn read(text: &ChunkText, dialect: Dialect) -> Chunk {
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAXIMUM_DEPTH,
        block_nesting_limit: MAXIMUM_DEPTH,
    };
    let mut parser = Parser::new_from_str_with_options(&text.text, options);
    let mut documents = Vec::new();
    let layout = text.has_tabs.then(Layout::default);
    let mut builder = Builder::new(text, dialect, layout);
    let stop = loop {
        match next(&mut parser, &mut builder) {
            Ok(Step::Document) => {
                let mut fresh = Builder::new(text, dialect, builder.layout.take());
                fresh.cursor = builder.cursor;
                documents.extend(std::mem::replace(&mut builder, fresh).finish());
            }
            Ok(Step::Event) => {}
            Ok(Step::End) => break None,
            Err(stop) => break Some(*stop),
        }
    };
    Chunk {
        documents,
        stop,
        layout: builder.layout.unwrap_or_default(),
    }
}

enum Step {
    Event,
    Document,
    End,
}

fn next<'t>(parser: &mut Parser<'t, StrInput<'t>>, builder: &mut Builder<'t>) -> Result<Step, Box<Stop>> {
    let Some(event) = parser.next_event() else {
        return Ok(Step::End);
    };
    let (event, span) = event.map_err(|error| builder.syntax_error(&error))?;
    let range = span.byte_range().unwrap_or(builder.cursor..builder.cursor);
    match event {
        Event::StreamEnd => return Ok(Step::End),
        Event::DocumentEnd => return Ok(Step::Document),
        Event::DocumentStart(..) => builder.cursor = range.end.max(builder.cursor),
        Event::Scalar(text, style, anchor, tag) => {
            let tag = tag.map_or(Tag::None, |tag| {
                Tag::of(&format!("{}{}", tag.handle(), tag.suffix()))
            });
            builder.scalar(&text, style, tag, anchor, range)?;
        }
        Event::SequenceStart(style, anchor, _) => {
            builder.open(Kind::Sequence(Vec::new()), style, anchor, range)?
        }
        Event::MappingStart(style, anchor, _) => {
            let kind = Kind::Mapping(MappingBuilder::default(), None, 0);
            builder.open(kind, style, anchor, range)?;
        }
        Event::SequenceEnd | Event::MappingEnd => builder.close(range)?,
        Event::Alias(id) => builder.alias(Some(id), range)?,
        Event::UnresolvedAlias(_) => builder.alias(None, range)?,
        _ => {}
    }
    Ok(Step::Event)
}
