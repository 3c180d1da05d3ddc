//! The text of a chunk as the YAML reader gets it, and the way back to the bytes of the file.

use crate::source::{FileId, Span};
use std::borrow::Cow;
use std::ops::Range;

/// A chunk's text, which may differ from the file's: blanks may have been put in.
pub(super) struct ChunkText<'t> {
    /// What the reader reads.
    pub text: Cow<'t, str>,
    /// Whether there were tabs in it at first.
    pub has_tabs: bool,
    /// The chunk as it stands in the file.
    written: &'t str,
    file: FileId,
    base: usize,
    /// Where blanks were put in, as offsets of `text`, in order.
    inserted: Vec<usize>,
}

/// How many blanks are put in at a place: more than any indentation that a document may have.
const BLANKS: usize = super::MAXIMUM_DEPTH * 8;

impl<'t> ChunkText<'t> {
    /// The chunk that stands at `base` of the file.
    pub fn new(file: FileId, base: usize, written: &'t str) -> ChunkText<'t> {
        ChunkText {
            has_tabs: written.contains('\t'),
            text: Cow::Borrowed(written),
            written,
            file,
            base,
            inserted: Vec::new(),
        }
    }

    /// The same chunk, in which other characters stand in the place of some, byte for byte.
    pub fn masked(&self, text: String) -> ChunkText<'t> {
        ChunkText {
            text: Cow::Owned(text),
            inserted: self.inserted.clone(),
            ..*self
        }
    }

    /// The chunk with its tabs, as long as it differs from the file's in nothing but single characters.
    pub fn with_tabs(&self) -> &str {
        if self.inserted.is_empty() {
            self.written
        } else {
            &self.text
        }
    }

    /// The bytes of the file that a range of the chunk's text stands for.
    pub fn span(&self, range: Range<usize>) -> Span {
        let (mut start, mut end) = (self.offset(range.start), self.offset(range.end));
        // What is masked byte for byte may be cut where the file has one character.
        while !self.written.is_char_boundary(start) && start > 0 {
            start -= 1;
        }
        while !self.written.is_char_boundary(end) && end < self.written.len() {
            end += 1;
        }
        Span::new(self.file, self.base + start, self.base + end)
    }

    fn offset(&self, at: usize) -> usize {
        let before = self.inserted.partition_point(|start| *start < at);
        let blanks = match before.checked_sub(1) {
            None => 0,
            Some(last) => last * BLANKS + (at - self.inserted[last]).min(BLANKS),
        };
        at - blanks
    }

    /// Puts blanks in at each of these offsets, which are in order.
    pub fn indent(&mut self, places: &[usize]) {
        let mut text = String::with_capacity(self.text.len() + places.len() * BLANKS);
        let mut copied = 0;
        for place in places {
            text.push_str(&self.text[copied..*place]);
            text.extend(std::iter::repeat_n(' ', BLANKS));
            copied = *place;
        }
        text.push_str(&self.text[copied..]);
        for start in &mut self.inserted {
            *start += places.partition_point(|place| place <= start) * BLANKS;
        }
        let fresh = places
            .iter()
            .enumerate()
            .map(|(index, place)| place + index * BLANKS);
        self.inserted.extend(fresh);
        self.inserted.sort_unstable();
        self.text = Cow::Owned(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_lead_back_through_inserted_blanks() {
        let mut text = ChunkText::new(FileId(0), 10, "ab\ncd\nef");
        text.indent(&[3]);
        text.indent(&[BLANKS + 6]);
        let blanks = " ".repeat(BLANKS);
        assert_eq!(text.text, format!("ab\n{blanks}cd\n{blanks}ef"));
        let span = |range| text.span(range).range();
        assert_eq!(span(0..2), 10..12);
        assert_eq!(span(BLANKS + 3..BLANKS + 5), 13..15);
        assert_eq!(span(2 * BLANKS + 6..2 * BLANKS + 8), 16..18);
        assert_eq!(span(4..5), 13..13);
    }
}
