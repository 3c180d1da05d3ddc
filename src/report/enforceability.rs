//! Which declaration which target can carry: a table for people, values for machines.

use super::escape;
use crate::emit::{Enforceability, Form, Refusal, Row, Verdict};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Columns that a name may take before its row breaks behind it.
const WIDEST_NAME: usize = 40;

/// A table for each form of declaration that holds those which a target refuses, and under the tables the
/// reasons, each once, by number. Nothing if all is carried.
pub fn refused(enforceability: &Enforceability) -> String {
    let mut notes: Vec<&Refusal> = Vec::new();
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
        let _ = writeln!(out, "{number:5}because {}", escape::line(&note.reason));
        if let Some(help) = &note.help {
            let _ = writeln!(out, "     help: {}", escape::line(help));
        }
    }
    out
}

fn rows_of<'a>(out: &mut String, form: Form, rows: &[&'a Row], notes: &mut Vec<&'a Refusal>) {
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

/// `yes`, or `no` with the numbers of the reasons.
fn cell<'a>(verdict: &'a Verdict, notes: &mut Vec<&'a Refusal>) -> String {
    if verdict.is_carried() {
        return "yes".to_owned();
    }
    let mut text = "no".to_owned();
    for refusal in &verdict.refusals {
        let same = |note: &&Refusal| (&note.reason, &note.help) == (&refusal.reason, &refusal.help);
        let index = notes.iter().position(same).unwrap_or_else(|| {
            notes.push(refusal);
            notes.len() - 1
        });
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
            "Not enforceable as {}, because {}",
            refusal.target, refusal.reason
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
