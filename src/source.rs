//! Texts and places in them.
//!
//! In: the name and text of each policy file and manifest. Out: [`FileId`]s and [`Span`]s that are
//! cheap to copy, and the lines and columns that people read.

use std::sync::{Arc, OnceLock};

/// Names one text of [`Sources`]. Ids are handed out in order, from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes of one file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file that the bytes are in.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset just behind the last byte.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span {
            file,
            start: clamp(start),
            end: clamp(end.max(start)),
        }
    }

    /// The smallest span that holds both; they lie in the same file.
    pub fn to(self, other: Span) -> Span {
        debug_assert_eq!(self.file, other.file);
        Span {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The empty span at this one's start.
    pub fn at_start(self) -> Span {
        Span {
            end: self.start,
            ..self
        }
    }

    /// The empty span at this one's end.
    pub fn at_end(self) -> Span {
        Span {
            start: self.end,
            ..self
        }
    }

    /// The offsets as a range, to index the text with.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl std::fmt::Debug for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}..{}", self.file.0, self.start, self.end)
    }
}

/// A place as people and editors write it: both numbers count from 1, columns count UTF-8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The byte in the line, from 1.
    pub column: u32,
}

/// One text with the name under which the user knows it.
#[derive(Debug)]
pub struct SourceFile {
    /// The path as it was walked from the argument, with `/` between its parts.
    pub path: String,
    /// The text; bytes that were not UTF-8 have become U+FFFD.
    pub text: Arc<str>,
    lines: OnceLock<Vec<u32>>,
}

impl SourceFile {
    /// A file of this name and text. The line index is made when it is first asked for.
    pub fn new(path: impl Into<String>, text: impl Into<Arc<str>>) -> SourceFile {
        SourceFile {
            path: path.into(),
            text: text.into(),
            lines: OnceLock::new(),
        }
    }

    /// Offsets at which lines start. `\n`, `\r\n` and a lone `\r` end a line, as YAML has it.
    pub fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let mut starts = vec![0];
            for (index, byte) in bytes.iter().enumerate() {
                let ends = match byte {
                    b'\n' => true,
                    b'\r' => bytes.get(index + 1) != Some(&b'\n'),
                    _ => false,
                };
                if ends {
                    starts.push(index as u32 + 1);
                }
            }
            starts
        })
    }

    /// The line and column of a byte offset; an offset behind the text is its end.
    pub fn position(&self, offset: u32) -> Position {
        let offset = offset.min(self.text.len() as u32);
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= offset) - 1;
        Position {
            line: line as u32 + 1,
            column: offset - starts[line] + 1,
        }
    }

    /// The byte offset of a line and column, cut to the line's end.
    pub fn offset(&self, position: Position) -> u32 {
        let starts = self.line_starts();
        let line = (position.line.max(1) - 1) as usize;
        let Some(start) = starts.get(line) else {
            return self.text.len() as u32;
        };
        let end = starts.get(line + 1).map_or(self.text.len() as u32, |next| *next);
        (start + position.column.max(1) - 1).min(end)
    }

    /// The text of a line (from 1) without what ends it.
    pub fn line(&self, line: u32) -> &str {
        let starts = self.line_starts();
        let index = (line.max(1) - 1) as usize;
        let Some(start) = starts.get(index) else {
            return "";
        };
        let end = starts
            .get(index + 1)
            .map_or(self.text.len(), |next| *next as usize);
        self.text[*start as usize..end].trim_end_matches(['\n', '\r'])
    }
}

/// All texts of a run.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// No texts yet.
    pub fn new() -> Sources {
        Sources::default()
    }

    /// The id that the next added file will get; readers that work in parallel count on from it.
    pub fn next_id(&self) -> FileId {
        FileId(self.files.len() as u32)
    }

    /// Takes a file in.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        let id = self.next_id();
        self.files.push(file);
        id
    }

    /// The file of an id that these sources handed out.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files with their ids, in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(index, file)| (FileId(index as u32), file))
    }

    /// The text that a span covers.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.range()).unwrap_or("")
    }

    /// Where a span starts and ends, in lines and columns; the end is exclusive.
    pub fn positions(&self, span: Span) -> (Position, Position) {
        let file = self.file(span.file);
        (file.position(span.start), file.position(span.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_bytes_from_one_and_know_every_line_end() {
        let file = SourceFile::new("a.yaml", "aé\r\nb\rc\n");
        let check = |offset, line, column| {
            assert_eq!(file.position(offset), Position { line, column });
            assert_eq!(file.offset(Position { line, column }), offset);
        };
        check(0, 1, 1);
        check(3, 1, 4);
        check(5, 2, 1);
        check(7, 3, 1);
        check(9, 4, 1);
        assert_eq!((file.line(1), file.line(3), file.line(9)), ("aé", "c", ""));
    }
}
