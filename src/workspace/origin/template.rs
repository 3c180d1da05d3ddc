//! Where a part of an object that Helm rendered stands in the template.
//!
//! In: the object, the template's text. Out: the line of the template that reads like the rendered one, or the only
//! one with its key; else the line of the object's kind, which is near.

use super::Place;
use crate::manifest::Node;
use crate::source::{FileId, Sources, Span};
use std::ops::Range;

/// The place of a span of the rendered object.
pub(super) fn place(rendered: &Node, file: FileId, span: Span, sources: &Sources) -> Place {
    let template = &*sources.file(file).text;
    let source = sources.file(span.file);
    let region = region(template, rendered);
    let lines = lines(template, region.clone());
    let wanted = source.line(source.position(span.start).line);
    let before = own_lines(rendered, sources, span.start);
    let all = own_lines(rendered, sources, rendered.span.end);
    let exact = |range: Range<usize>| Place {
        span: Span::new(file, range.start, range.end),
        exact: true,
    };
    let content = bare(wanted);
    if !content.is_empty() {
        let literal = |line: &str| bare(line) == content;
        if let Some(range) = same(&lines, template, &before, &all, &literal) {
            let told = sources.text(span);
            // The same bytes in that line, if they are there only once.
            let mut found = template[range.clone()].match_indices(told);
            return match (found.next(), found.next()) {
                (Some((at, _)), None) if !told.is_empty() => {
                    exact(range.start + at..range.start + at + told.len())
                }
                _ => exact(range),
            };
        }
        if let Some((key, _)) = content.split_once(':') {
            let with_key = |line: &str| bare(line).split_once(':').is_some_and(|(own, _)| own == key);
            if let Some(range) = same(&lines, template, &before, &all, &with_key) {
                return exact(range);
            }
        }
    }
    let kind = rendered.get("kind").and_then(Node::as_str).unwrap_or_default();
    let of_kind = lines
        .iter()
        .find(|range| is_kind(&template[(*range).clone()], kind))
        .or(lines.first())
        .cloned()
        .unwrap_or(0..0);
    Place {
        span: Span::new(file, of_kind.start, of_kind.end),
        exact: false,
    }
}

/// The line of the template that a rendered line comes from: the only one of its sort, or the one with the same
/// number among as many as were rendered.
fn same(
    lines: &[Range<usize>],
    template: &str,
    before: &[&str],
    all: &[&str],
    is_of_sort: &dyn Fn(&str) -> bool,
) -> Option<Range<usize>> {
    let own: Vec<&Range<usize>> = lines
        .iter()
        .filter(|range| is_of_sort(&template[(*range).clone()]))
        .collect();
    let count = |lines: &[&str]| lines.iter().filter(|line| is_of_sort(line)).count();
    match own.as_slice() {
        [only] => Some((*only).clone()),
        own if own.len() == count(all) => own
            .get(count(before).checked_sub(1)?)
            .map(|range| (*range).clone()),
        _ => None,
    }
}

/// The lines of a rendered object up to the one that holds an offset.
fn own_lines<'a>(rendered: &Node, sources: &'a Sources, until: u32) -> Vec<&'a str> {
    let text = &sources.file(rendered.span.file).text;
    let start = rendered.span.start as usize;
    let rest = text.get(until as usize..).unwrap_or_default();
    let end = rest.find('\n').map_or(text.len(), |at| until as usize + at);
    text.get(start..end).unwrap_or_default().lines().collect()
}

/// The part of the template between `---` that makes an object of this kind; all of it if there are several.
fn region(template: &str, rendered: &Node) -> Range<usize> {
    let kind = rendered.get("kind").and_then(Node::as_str).unwrap_or_default();
    let mut regions = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in template.split_inclusive('\n') {
        if line.starts_with("---") {
            regions.push(start..at);
            start = at + line.len();
        }
        at += line.len();
    }
    regions.push(start..at);
    let mut of_kind = regions
        .into_iter()
        .filter(|region| template[region.clone()].lines().any(|line| is_kind(line, kind)));
    match (of_kind.next(), of_kind.next()) {
        (Some(only), None) => only,
        _ => 0..template.len(),
    }
}

fn is_kind(line: &str, kind: &str) -> bool {
    let value = line.trim().strip_prefix("kind:");
    value.is_some_and(|value| value.trim().trim_matches(['"', '\'']) == kind)
}

/// The lines of a part, without the blanks around them.
fn lines(template: &str, region: Range<usize>) -> Vec<Range<usize>> {
    let mut at = region.start;
    let mut lines = Vec::new();
    for line in template[region].split_inclusive('\n') {
        let start = at + (line.len() - line.trim_start().len());
        lines.push(start..(start + line.trim().len()));
        at += line.len();
    }
    lines
}

/// What a line says, whether or not it begins an element of a list.
fn bare(line: &str) -> &str {
    let line = line.trim();
    line.strip_prefix("- ").unwrap_or(line).trim()
}
