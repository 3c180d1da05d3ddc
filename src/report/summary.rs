//! The lines under a report for people: what was found, what was read, what to do next.

use super::{Mendable, Report, Style, escape};
use crate::diagnostic::Severity;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How many ids, files or reasons a list names before it says how many more there are.
const NAMED: usize = 6;

/// The lines, each with its end.
pub fn render(report: &Report, style: &Style) -> String {
    let mut out = String::new();
    found(&mut out, report, style);
    if report.summary.files > 0 {
        read(&mut out, report);
    }
    budgets(&mut out, report);
    open(&mut out, report);
    next(&mut out, report);
    out
}

/// `12 findings: 1 critical, 11 medium`, and which rules they are of.
fn found(out: &mut String, report: &Report, style: &Style) {
    let total = report.diagnostics.len();
    if total == 0 {
        out.push_str("no findings\n");
        return;
    }
    let counts: Vec<String> = Severity::ALL
        .into_iter()
        .rev()
        .map(|severity| (report.count(severity), severity))
        .filter(|(count, _)| *count > 0)
        .map(|(count, severity)| format!("{count} {severity}"))
        .collect();
    let failing = report
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity >= style.fail_on);
    let verdict = if failing {
        String::new()
    } else {
        format!(" (none at {} or above)", style.fail_on)
    };
    let _ = writeln!(
        out,
        "{}: {}{verdict}",
        plural(total, "finding"),
        counts.join(", ")
    );
    let shown = style.limit.unwrap_or(total).min(total);
    if shown < total {
        let _ = writeln!(
            out,
            "  {} less grave not shown; `--max-diagnostics 0` shows all",
            total - shown
        );
    }
    let by_rule = by_rule(report);
    if by_rule.len() > 1 {
        let names = by_rule.iter().map(|(id, _, count)| format!("{id} ×{count}"));
        let _ = writeln!(out, "  {}", list(names));
    }
    let with_fix = report.diagnostics.iter().filter(|own| own.fix.is_some()).count();
    let Mendable { safe, others } = report.summary.mendable;
    match (safe, others) {
        (0, 0) => {}
        (safe, 0) => {
            let _ = writeln!(out, "  {safe} can be mended by `--fix`");
        }
        (0, others) => {
            let _ = writeln!(out, "  {others} can be mended by `--fix --unsafe-fixes`");
        }
        (safe, others) => {
            let _ = writeln!(
                out,
                "  {safe} can be mended by `--fix`, {others} more with `--unsafe-fixes`"
            );
        }
    }
    // Those of policies, and of what was rendered.
    let by_hand = with_fix.saturating_sub(safe + others);
    if by_hand > 0 {
        let _ = writeln!(
            out,
            "  {by_hand} can be mended mechanically (`--format json` has the edits)"
        );
    }
    let waived = report.summary.waived.len();
    if waived > 0 {
        let _ = writeln!(out, "  {waived} more waived");
    }
}

/// What the run was about: files and documents, and how many of these were judged.
fn read(out: &mut String, report: &Report) {
    let summary = report.summary;
    let mut parts = vec![format!("{} evaluated", summary.evaluated)];
    if !summary.unevaluated.is_empty() {
        parts.push(format!("{} not evaluated", summary.unevaluated.len()));
    }
    if summary.foreign > 0 {
        parts.push(format!("{} not Kubernetes", summary.foreign));
    }
    let _ = writeln!(
        out,
        "{} in {}: {}",
        plural(summary.documents, "document"),
        plural(summary.files, "file"),
        parts.join(", ")
    );
}

/// A line a sum of a budget: how much of its limit it takes, and by which tables.
fn budgets(out: &mut String, report: &Report) {
    let told = |amount: Option<f64>| amount.map_or("unknown".to_string(), |amount| format!("{amount:.2}"));
    for sum in &report.summary.budgets {
        let _ = writeln!(
            out,
            "budget {}: {} {}..{} of {} {}, {} ({})",
            escape::line(&sum.name),
            sum.measure,
            told(sum.low),
            told(sum.high),
            told(Some(sum.limit)),
            sum.unit,
            sum.verdict,
            sum.basis
        );
    }
}

/// What stayed open: documents without a judgement, and rules without a decision.
fn open(out: &mut String, report: &Report) {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in &report.summary.unevaluated {
        let reason = entry.listed.as_ref().unwrap_or(&entry.reason);
        *reasons.entry(reason).or_default() += 1;
    }
    for (reason, count) in reasons {
        let _ = writeln!(out, "  not evaluated: {count} × {}", escape::line(reason));
    }
    let kinds = report.summary.without_schema.iter();
    let kinds = kinds.map(|own| {
        let (kind, version) = (escape::line(&own.kind), escape::line(&own.api_version));
        format!("{kind} of {version} ×{}", own.objects)
    });
    if kinds.len() > 0 {
        let _ = writeln!(
            out,
            "  fields not checked, for want of a CustomResourceDefinition: {}",
            list(kinds)
        );
    }
    let mut rules: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for entry in &report.summary.undecided {
        *rules.entry((&entry.rule, &entry.reason)).or_default() += 1;
    }
    let lines: Vec<String> = rules
        .iter()
        .map(|((rule, reason), count)| format!("{} ×{count}: {}", escape::line(rule), escape::line(reason)))
        .collect();
    for line in lines.iter().take(NAMED) {
        let _ = writeln!(out, "  undecided: {line}");
    }
    if lines.len() > NAMED {
        let _ = writeln!(
            out,
            "  undecided: {} more; `--format json` lists them",
            lines.len() - NAMED
        );
    }
}

/// The next command: the page of the gravest and most frequent id.
fn next(out: &mut String, report: &Report) {
    let gravest = by_rule(report).into_iter().max_by(|a, b| {
        let key = |row: &(&str, Severity, usize)| (row.1, row.2);
        key(a).cmp(&key(b)).then_with(|| b.0.cmp(a.0))
    });
    if let Some((id, ..)) = gravest {
        let _ = writeln!(out, "next: ordain explain {id}");
    }
}

/// Each id with its gravest severity and how often it was found, the most frequent first.
fn by_rule<'a>(report: &Report<'a>) -> Vec<(&'a str, Severity, usize)> {
    let mut counts: BTreeMap<&str, (Severity, usize)> = BTreeMap::new();
    for diagnostic in report.diagnostics {
        let entry = counts
            .entry(diagnostic.origin.id())
            .or_insert((diagnostic.severity, 0));
        entry.0 = entry.0.max(diagnostic.severity);
        entry.1 += 1;
    }
    let mut rows: Vec<_> = counts
        .into_iter()
        .map(|(id, (severity, count))| (id, severity, count))
        .collect();
    rows.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(b.0)));
    rows
}

/// `1 file`, `2 files`.
pub fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// The first few, and how many more there are.
fn list(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let mut named: Vec<String> = names.take(NAMED).collect();
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named.join(", ")
}
