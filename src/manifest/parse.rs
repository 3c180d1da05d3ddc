//! Text of a file → its documents, as trees of nodes that know their bytes.
//!
//! In: the text, in YAML or JSON. Out: [`Parsed`]: each document with every reading that Kubernetes' tools
//! make of it, and what is wrong with it. A document that can't be read leaves the others alone.

mod builder;
mod chunks;
mod encoding;
mod faults;
mod json;
mod keys;
mod mapping;
mod patience;
mod places;
mod scalar;
mod source;
mod tabs;
mod yaml;
mod yaml_chunk;

pub use encoding::{Decoded, decode, encode};
pub use keys::skeleton;

use super::Node;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// How many levels of lists and mappings a document may have. Kubernetes' own decoder stops at 10,000; no
/// type of its API is deeper than 40. Everything that walks over nodes may recurse this far.
pub const MAXIMUM_DEPTH: usize = 256;

/// How many nodes anchors and aliases of a document may be copied into, which bounds the memory that a
/// short text can ask for. go-yaml's own limit lies near 400,000.
const MAXIMUM_COPIES: u64 = 500_000;

/// One document of a file.
#[derive(Debug)]
pub struct Document {
    /// The bytes of its value, or the place at which reading stopped.
    pub span: Span,
    /// The bytes between its separators, all documents of a chunk sharing one.
    pub extent: Span,
    /// What it says, as `kubectl` reads it; behind that, what other tools read instead. Empty if it could
    /// not be read.
    pub readings: Vec<Node>,
    /// What is wrong with it although it can be read.
    pub faults: Vec<Diagnostic>,
    /// Why it could not be read.
    pub broken: Option<Diagnostic>,
    /// Whether a value begins with `{{`, which is an action of a template and never an object.
    pub template: bool,
    /// Whether tools other than `kubectl` may read something else.
    ambiguous: bool,
}

/// The documents of a file.
#[derive(Debug, Default)]
pub struct Parsed {
    /// Its documents in order. Parts without content are none.
    pub documents: Vec<Document>,
    /// What is wrong with the file beside its documents.
    pub faults: Vec<Diagnostic>,
}

/// Reads the documents of a text. Where `is_json`, what is not JSON is a fault.
pub fn parse(file: FileId, text: &str, is_json: bool) -> Parsed {
    let start = if text.starts_with('\u{FEFF}') { 3 } else { 0 };
    let body = text[start..].trim_start();
    let looks_like_json =
        body.starts_with('{') && !body.starts_with("{{") || is_json && body.starts_with(['[', '/']);
    if looks_like_json && let Some(parsed) = json::read(file, text, start) {
        return parsed;
    }
    let mut parsed = Parsed::default();
    yaml_chunk::read_all(file, text, start, &mut parsed);
    if looks_like_json {
        json::lay_at_door(&mut parsed);
    }
    parsed
}
