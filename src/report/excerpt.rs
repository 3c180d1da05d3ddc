//! A file and the places meant in it → the few lines worth showing, safe to print.
//!
//! In: one text, the spans that are to be labelled. Out: an [`Excerpt`]: only the lines around the
//! spans, hidden characters spelled out, long lines cut, each line with its number in the file. Both
//! renderers of snippets read it, so that neither ever scans a whole file.

use super::escape;
use crate::source::{Position, SourceFile, Span};
use std::ops::Range;

/// Columns of a line that are shown however narrow the terminal is.
const LEAST: usize = 40;
/// The share of the columns that stands before the label when a line is cut: a third.
const LEAD: usize = 3;

/// Some lines of a file.
#[derive(Debug)]
pub struct Excerpt {
    /// The file's name, safe to print.
    pub name: String,
    /// The lines, each with its line end.
    pub text: String,
    /// Where each line stands, by rising number.
    pub lines: Vec<Line>,
}

/// A line of an excerpt.
#[derive(Debug)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u32,
    /// Its bytes in the excerpt's text, line end included.
    pub range: Range<usize>,
    /// Which bytes of the file's text it shows.
    shown: Range<usize>,
    /// Where the shown part starts in the excerpt's text (behind a mark that something was cut).
    shown_at: usize,
}

impl Excerpt {
    /// The lines on which the spans start, with `context` lines before and after each, cut to about
    /// `columns` columns.
    pub fn new(file: &SourceFile, spans: &[Span], context: u32, columns: usize) -> Excerpt {
        let columns = columns.max(LEAST);
        let last = file.line_starts().len() as u32;
        let mut wanted: Vec<(u32, Option<usize>)> = Vec::new();
        for span in spans {
            let line = file.position(span.start).line;
            for number in line.saturating_sub(context).max(1)..=(line + context).min(last) {
                let focus = (number == line).then_some(span.start as usize);
                match wanted.iter_mut().find(|(seen, _)| *seen == number) {
                    Some((_, known)) => *known = known.or(focus),
                    None => wanted.push((number, focus)),
                }
            }
        }
        wanted.sort_unstable();
        let mut excerpt = Excerpt {
            name: escape::line(&file.path).into_owned(),
            text: String::new(),
            lines: Vec::with_capacity(wanted.len()),
        };
        for (number, focus) in wanted {
            excerpt.push(file, number, focus, columns);
        }
        // A context line that is empty at the very end of the file shows nothing.
        if excerpt.lines.len() > 1
            && let Some(line) = excerpt.lines.last()
            && line.number == last
            && line.shown.is_empty()
            && !spans.iter().any(|span| span.start as usize >= line.shown.start)
        {
            excerpt.text.truncate(line.range.start);
            excerpt.lines.pop();
        }
        excerpt
    }

    fn push(&mut self, file: &SourceFile, number: u32, focus: Option<usize>, columns: usize) {
        let text = file.line(number);
        let start = file.line_starts()[number as usize - 1] as usize;
        let shown = window(text, focus.map(|offset| offset.saturating_sub(start)), columns);
        let from = self.text.len();
        if shown.start > 0 {
            self.text.push('…');
        }
        let shown_at = self.text.len();
        for character in text[shown.clone()].chars() {
            push(&mut self.text, character);
        }
        if shown.end < text.len() {
            self.text.push('…');
        }
        self.text.push('\n');
        self.lines.push(Line {
            number,
            range: from..self.text.len(),
            shown: start + shown.start..start + shown.end,
            shown_at,
        });
    }

    /// Where a span of the file stands in the excerpt's text. A span over several lines is shown by
    /// the first of them.
    pub fn place(&self, file: &SourceFile, span: Span) -> Range<usize> {
        let start = self.offset(file, span.start as usize, None);
        let Some((line, start)) = start else { return 0..0 };
        let first_line_end = line.shown.start + file.text[line.shown.clone()].trim_end().len();
        let end = (span.end as usize).min(first_line_end);
        let end = self
            .offset(file, end, Some(line))
            .map_or(start, |(_, offset)| offset);
        start..end.max(start)
    }

    /// The line on which an offset of the file stands, and the offset in the excerpt's text.
    fn offset<'a>(
        &'a self,
        file: &SourceFile,
        offset: usize,
        on: Option<&'a Line>,
    ) -> Option<(&'a Line, usize)> {
        let line = match on {
            Some(line) => line,
            None => {
                let number = file.position(offset as u32).line;
                self.lines.iter().find(|line| line.number == number)?
            }
        };
        let offset = offset.clamp(line.shown.start, line.shown.end);
        let before = file.text.get(line.shown.start..offset)?;
        let mut escaped = String::new();
        for character in before.chars() {
            push(&mut escaped, character);
        }
        Some((line, line.shown_at + escaped.len()))
    }

    /// The column in the file, from 1 in bytes, of an offset of the excerpt's text.
    pub fn column(&self, file: &SourceFile, offset: usize) -> usize {
        let Some(line) = self.lines.get(self.line_at(offset)) else {
            return 1;
        };
        let line_start = file.offset(Position {
            line: line.number,
            column: 1,
        });
        let mut escaped = String::new();
        let mut column = line.shown.start - line_start as usize + 1;
        for character in file.text[line.shown.clone()].chars() {
            if line.shown_at + escaped.len() >= offset {
                break;
            }
            push(&mut escaped, character);
            column += character.len_utf8();
        }
        column
    }

    /// The index of the line on which an offset of the excerpt's text stands.
    pub fn line_at(&self, offset: usize) -> usize {
        self.lines
            .partition_point(|line| line.range.start <= offset)
            .saturating_sub(1)
    }
}

/// Appends a character of a line as snippets show it: tabs are left to the renderer.
fn push(out: &mut String, character: char) {
    if character == '\t' {
        out.push('\t');
    } else {
        escape::push(out, character);
    }
}

/// The part of a line to show: all of it, or the characters around the focus.
fn window(line: &str, focus: Option<usize>, columns: usize) -> Range<usize> {
    if line.len() <= columns {
        return 0..line.len();
    }
    let focus = focus.unwrap_or(0).min(line.len());
    let before = line.get(..focus).unwrap_or("");
    let start = if taken(before.chars(), columns - columns / LEAD) == before.len() {
        0
    } else {
        before.len() - taken(before.chars().rev(), columns / LEAD)
    };
    start..start + taken(line[start..].chars(), columns)
}

/// How many bytes of the characters fit into the columns. Characters of East Asian scripts and
/// pictures take two columns, about.
fn taken(characters: impl Iterator<Item = char>, columns: usize) -> usize {
    let mut left = columns;
    let mut bytes = 0;
    for character in characters {
        let width = if character >= '\u{1100}' { 2 } else { 1 };
        if width > left {
            break;
        }
        left -= width;
        bytes += character.len_utf8();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    /// The excerpt for the bytes that `needle` covers, with those bytes in brackets.
    fn check(text: &str, needle: &str, expected: &str) {
        let file = SourceFile::new("a.yaml", text);
        let start = text.find(needle).unwrap_or(text.len());
        let span = Span::new(FileId(0), start, start + needle.len());
        let excerpt = Excerpt::new(&file, &[span], 1, 60);
        let place = excerpt.place(&file, span);
        let mut shown = excerpt.text.clone();
        shown.insert(place.end, ']');
        shown.insert(place.start, '[');
        assert_eq!(
            excerpt.column(&file, place.start),
            file.position(span.start).column as usize
        );
        let numbers: Vec<String> = excerpt.lines.iter().map(|line| line.number.to_string()).collect();
        assert_eq!(format!("{}: {shown}", numbers.join(",")), expected);
    }

    #[test]
    fn only_the_lines_around_a_span_are_kept() {
        check("a\nb\nc: d\ne\nf\n", "d", "2,3,4: b\nc: [d]\ne\n");
        check("a: b\n", "b", "1: a: [b]\n");
        check("a\r\nb\r\nc\r\n", "b", "1,2,3: a\n[b]\nc\n");
        check("", "x", "1: []\n");
    }

    #[test]
    fn a_span_over_lines_is_shown_by_its_first() {
        check(
            "a:\n  b: 1  \n  c: 2\nd: 3\n",
            "b: 1  \n  c: 2",
            "1,2,3: a:\n  [b: 1]  \n  c: 2\n",
        );
    }

    #[test]
    fn hidden_characters_are_spelled_out_and_labels_still_fit() {
        check(
            "name: \u{1b}[1m\u{202e}x\n",
            "x",
            "1: name: \\u{1b}[1m\\u{202e}[x]\n",
        );
        check("\ta: é名 b\n", "b", "1: \ta: é名 [b]\n");
    }

    #[test]
    fn long_lines_are_cut_around_the_label() {
        let long = "x".repeat(10_000);
        let text = format!("{long}needle{long}\n");
        let (lead, tail) = ("x".repeat(20), "x".repeat(34));
        check(&text, "needle", &format!("1: …{lead}[needle]{tail}…\n"));
        check(&text, &long, &format!("1: [{}]…\n", "x".repeat(60)));
        let wide = format!("{}needle", "名".repeat(100));
        check(&wide, "needle", &format!("1: …{}[needle]\n", "名".repeat(10)));
    }
}
