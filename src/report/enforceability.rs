//! Which declaration which target can carry: a table for people, values for machines.

use super::{Place, escape};
use crate::emit::{Enforceability, Form, Refusal, Row, Verdict};
use crate::source::Sources;
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// So many clauses are named under a reason that is the same for all of them.
const MOST_PLACES: usize = 3;

/// Columns that a name may take before its row breaks behind it.
const WIDEST_NAME: usize = 40;

/// A table for each form of declaration that holds those which a target refuses, and under the tables the
/// reasons, each once, by number, with the clauses that it is about. Nothing if all is carried.
pub fn refused(enforceability: &Enforceability, sources: &Sources) -> String {
    let mut notes: Notes = Vec::new();
    let mut out = String::new();
    for form in Form::ALL {
        let rows = enforceability.rows.iter();
        let rows: Vec<&Row> = rows
            .filter(|row| row.form == form && row.refusals().next().is_some())
            .collect();
        rows_of(&mut out, form, &rows, &mut notes);
    }
    if !notes.is_empty() {
        out.push('\n');
    }
    for (index, note) in notes.iter().enumerate() {
        let number = format!("[{}]", index + 1);
        let Some(first) = note.first() else { continue };
        let _ = writeln!(out, "{number:5}because {}", escape::line(&first.reason));
        let _ = writeln!(out, "     at {}", escape::line(&places(note, sources)));
        if let Some(help) = &first.help {
            let _ = writeln!(out, "     help: {}", escape::line(help));
        }
    }
    out
}

/// Refusals for one reason.
type Notes<'a> = Vec<Vec<&'a Refusal>>;

/// The first clauses that a reason is about: `policies/a.ordain:3:7, policies/b.ordain:9:7 and 4 more`.
fn places(note: &[&Refusal], sources: &Sources) -> String {
    let mut spans: Vec<_> = note.iter().map(|refusal| refusal.span).collect();
    spans.sort();
    spans.dedup();
    let named: Vec<String> = spans
        .iter()
        .take(MOST_PLACES)
        .map(|span| Place::of(*span, sources).to_string())
        .collect();
    match spans.len().saturating_sub(MOST_PLACES) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn rows_of<'a>(out: &mut String, form: Form, rows: &[&'a Row], notes: &mut Notes<'a>) {
    let Some(first) = rows.first() else {
        return;
    };
    let named = rows.iter().map(|row| row.name.len());
    let longest = named.filter(|length| *length <= WIDEST_NAME).max().unwrap_or(0);
    let longest = longest.max(form.word().len());
    if !out.is_empty() {
        out.push('\n');
    }
    let heads = first.verdicts.iter().map(|verdict| verdict.target.to_owned());
    let heads: Vec<String> = heads.collect();
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.verdicts.iter().map(|verdict| cell(verdict, notes)).collect())
        .collect();
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(column, head)| {
            let cells = cells.iter().filter_map(|row| row.get(column));
            cells.map(String::len).max().unwrap_or(0).max(head.len())
        })
        .collect();
    let mut line = |name: &str, cells: &[String]| {
        if name.len() > longest {
            let _ = write!(out, "{}\n{:longest$}", escape::line(name), "");
        } else {
            let _ = write!(out, "{:longest$}", escape::line(name));
        }
        let mut text = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(text, "  {cell:width$}");
        }
        let _ = writeln!(out, "{}", text.trim_end());
    };
    line(form.word(), &heads);
    for (row, cells) in rows.iter().zip(&cells) {
        line(&row.name, cells);
    }
}

/// `yes`, or `no` or `in part` with the numbers of the reasons.
fn cell<'a>(verdict: &'a Verdict, notes: &mut Notes<'a>) -> String {
    let mut text = match (verdict.is_carried(), verdict.refusals.is_empty()) {
        (true, true) => "yes",
        (true, false) => "in part",
        (false, _) => "no",
    }
    .to_owned();
    for refusal in &verdict.refusals {
        let is_same = |note: &Vec<&Refusal>| {
            note.iter()
                .all(|other| (&other.reason, &other.help) == (&refusal.reason, &refusal.help))
        };
        let index = notes.iter().position(is_same).unwrap_or_else(|| {
            notes.push(Vec::new());
            notes.len() - 1
        });
        if let Some(note) = notes.get_mut(index) {
            note.push(refusal);
        }
        let _ = write!(text, " [{}]", index + 1);
    }
    text
}

/// What the targets make of one declaration, a line each.
pub fn lines(row: &Row) -> String {
    let mut out = String::new();
    let carriers = row.carriers();
    if !carriers.is_empty() {
        let _ = writeln!(out, "Compiles to: {}", carriers.join(", "));
    }
    for refusal in row.refusals() {
        let _ = writeln!(
            out,
            "Not enforceable{} as {}, because {}",
            if refusal.is_partial { " as a whole" } else { "" },
            refusal.target,
            refusal.reason
        );
        if let Some(help) = &refusal.help {
            let _ = writeln!(out, "  help: {help}");
        }
    }
    out
}

/// What the targets make of one declaration, by target.
pub fn json(row: &Row) -> Value {
    json!({ "name": *row.name, "form": row.form.word(), "targets": targets(row) })
}

/// The verdicts by target: whether it can carry the declaration, and why not.
pub fn targets(row: &Row) -> Map<String, Value> {
    let verdicts = row.verdicts.iter();
    verdicts
        .map(|verdict| {
            let reasons: Vec<&str> = verdict.refusals.iter().map(|own| own.reason.as_str()).collect();
            let value = json!({ "enforceable": verdict.is_carried(), "reasons": reasons });
            (verdict.target.to_owned(), value)
        })
        .collect()
}
