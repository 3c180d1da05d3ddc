//! Tabs where `kubectl` wants blanks.
//!
//! In: the text of a chunk and what stands where in it. Out: the first tab that go-yaml refuses. Other readers
//! are more patient with some of these tabs and less with others.

use std::ops::Range;

/// What stands where in a chunk, as far as tabs have a meaning of their own there. The ranges are in order, and
/// none is within another.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Quoted and block scalars and flow collections that take several lines: tabs are content or blank space.
    pub solid: Vec<Range<usize>>,
    /// Plain scalars that take several lines.
    pub plain: Vec<Range<usize>>,
}

/// The first tab in the text in front of `end` that stands for indentation.
pub(super) fn first_refused(text: &str, layout: &Layout, end: usize) -> Option<usize> {
    let within = |ranges: &[Range<usize>], at: usize| {
        let next = ranges.partition_point(|range| range.end <= at);
        ranges.get(next).is_some_and(|range| range.start < at)
    };
    let (mut start, mut indentation) = (0, 0);
    // Whether the content so far ends in a plain scalar, as far as its last character tells.
    let mut behind_plain = false;
    for line in text.split_inclusive('\n') {
        if start >= end {
            return None;
        }
        let head = head(line);
        let content = line[head.len()..].trim_end();
        let goes_on = within(&layout.plain, start);
        let blank = content.is_empty() || content.starts_with('#');
        if line.contains('\t') && !within(&layout.solid, start) {
            // Behind a plain scalar, a tab may stand where the scalar could go on.
            let patient =
                (blank && behind_plain || goes_on) && head.find('\t').is_some_and(|at| at > indentation);
            if let Some(at) = head.find('\t').filter(|_| !patient) {
                return Some(start + at);
            }
        }
        if !blank {
            behind_plain =
                !content.ends_with([':', '"', '\'', ']', '}']) && !content.contains(" #") && content != "---";
        }
        if !blank && !goes_on {
            indentation = line.len() - line.trim_start_matches(' ').len();
        }
        start += line.len();
    }
    None
}

/// The blanks and indicators at the start of a line, behind which a key may stand.
fn head(line: &str) -> &str {
    let bytes = line.as_bytes();
    let mut at = 0;
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t') => at += 1,
            Some(b'-' | b'?' | b':') if matches!(bytes.get(at + 1), Some(b' ' | b'\t')) => at += 1,
            _ => return &line[..at],
        }
    }
}

/// The text with a blank for each tab at the start of a line.
pub(super) fn blanked(text: &str) -> String {
    let mut blanked = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches([' ', '\t']);
        blanked.extend(std::iter::repeat_n(' ', line.len() - content.len()));
        blanked.push_str(content);
    }
    blanked
}
