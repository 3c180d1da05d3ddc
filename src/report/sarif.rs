//! SARIF 2.1.0, the format of code scanning.
//!
//! Rules carry their documentation, results stable fingerprints that survive moved lines, secondary
//! labels and the policy's clause become related locations. Columns count Unicode code points, which
//! is what `columnKind` says.

use super::{Report, Style, escape, object_name};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Fix, Label, Origin, Severity};
use crate::ir::Rule;
use crate::source::{Position, SourceFile, Sources, Span};
use serde_json::json;
use serde_sarif::sarif;
use std::collections::BTreeMap;

/// The schema that the output keeps to.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The report as one SARIF log, with a line end behind it.
pub fn render(report: &Report, style: &Style) -> String {
    let diagnostics = report.within(style.limit);
    let descriptors = descriptors(report, &diagnostics);
    let index: BTreeMap<&str, i64> = descriptors
        .iter()
        .enumerate()
        .map(|(index, rule)| (rule.id.as_str(), index as i64))
        .collect();
    let mut seen = BTreeMap::new();
    let results: Vec<sarif::Result> = diagnostics
        .iter()
        .map(|diagnostic| {
            let mut result = result(diagnostic, report.sources, &mut seen);
            result.rule_index = index.get(diagnostic.origin.id()).copied();
            result
        })
        .collect();
    let driver = sarif::ToolComponent::builder()
        .name("Ordain")
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .information_uri(env!("CARGO_PKG_REPOSITORY"))
        .rules(descriptors.clone())
        .build();
    let run = sarif::Run::builder()
        .tool(sarif::Tool::builder().driver(driver).build())
        .column_kind(json!("unicodeCodePoints"))
        .results(results)
        .build();
    let log = sarif::Sarif::builder()
        .schema(SCHEMA)
        .version(json!("2.1.0"))
        .runs(vec![run])
        .build();
    let text = serde_json::to_string_pretty(&log).unwrap_or_default();
    format!("{}\n", escape::json(&text))
}

/// The rules that ran and the codes that were found, by id.
fn descriptors(report: &Report, diagnostics: &[&Diagnostic]) -> Vec<sarif::ReportingDescriptor> {
    let mut descriptors: BTreeMap<&str, sarif::ReportingDescriptor> = BTreeMap::new();
    for rule in report.rules {
        descriptors.insert(&rule.id, of_rule(rule));
    }
    for diagnostic in diagnostics {
        let id = diagnostic.origin.id();
        descriptors.entry(id).or_insert_with(|| match &diagnostic.origin {
            Origin::Code(code) => of_code(*code),
            Origin::Rule(_) => descriptor(id, id, id, diagnostic.severity, vec!["policy".to_string()]),
        });
    }
    descriptors.into_values().collect()
}

fn of_rule(rule: &Rule) -> sarif::ReportingDescriptor {
    let mut tags: Vec<String> = vec!["policy".to_string()];
    if !rule.category.is_empty() {
        tags.push(rule.category.clone());
    }
    tags.extend(rule.controls.iter().cloned());
    // GitHub takes twenty tags of a rule at most.
    tags.truncate(20);
    let page = format!("{}\n\n{}", rule.title, rule.documentation);
    descriptor(&rule.id, &rule.title, page.trim(), rule.severity, tags)
}

fn of_code(code: Code) -> sarif::ReportingDescriptor {
    let tags = vec!["ordain".to_string()];
    descriptor(code.id(), code.title(), code.page(), code.severity(), tags)
}

/// A title as the one word that SARIF asks names to be.
fn pascal_case(title: &str) -> String {
    title
        .replace('\'', "")
        .split(|c: char| !c.is_alphanumeric())
        .filter_map(|word| {
            let mut letters = word.chars();
            Some(letters.next()?.to_uppercase().chain(letters).collect::<String>())
        })
        .collect()
}

fn descriptor(
    id: &str,
    title: &str,
    page: &str,
    severity: Severity,
    tags: Vec<String>,
) -> sarif::ReportingDescriptor {
    let mut properties = BTreeMap::new();
    properties.insert("precision".to_string(), json!("very-high"));
    properties.insert("problem.severity".to_string(), json!(problem_severity(severity)));
    if tags.iter().any(|tag| tag == "security") {
        properties.insert(
            "security-severity".to_string(),
            json!(security_severity(severity)),
        );
    }
    let text = |text: &str| sarif::MultiformatMessageString::builder().text(text).build();
    let help = sarif::MultiformatMessageString::builder()
        .text(page)
        .markdown(page)
        .build();
    sarif::ReportingDescriptor::builder()
        .id(id)
        .name(pascal_case(title))
        .short_description(text(title))
        .full_description(text(title))
        .help(help)
        .default_configuration(
            sarif::ReportingConfiguration::builder()
                .level(json!(level(severity)))
                .build(),
        )
        .properties(
            sarif::PropertyBag::builder()
                .tags(tags)
                .additional_properties(properties)
                .build(),
        )
        .build()
}

fn result<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a Sources,
    seen: &mut BTreeMap<u64, usize>,
) -> sarif::Result {
    let mut related: Vec<sarif::Location> = diagnostic
        .secondary
        .iter()
        .map(|label| location(label, sources))
        .collect();
    if let Some(clause) = diagnostic.clause {
        let label = Label {
            span: clause,
            message: "the clause of the policy that says so".to_string(),
        };
        related.push(location(&label, sources));
    }
    for (id, location) in related.iter_mut().enumerate() {
        location.id = Some(id as i64 + 1);
    }
    let mut text = diagnostic.message.clone();
    if let Some(object) = object_name(diagnostic) {
        text = format!("{object}: {text}");
    }
    if let Some(help) = &diagnostic.help {
        text = format!("{text}\nhelp: {help}");
    }
    let mut properties = BTreeMap::new();
    properties.insert("severity".to_string(), json!(diagnostic.severity.word()));
    let mut result = sarif::Result::builder()
        .rule_id(diagnostic.origin.id())
        .level(level(diagnostic.severity))
        .message(message(&text))
        .locations(vec![location(&diagnostic.primary, sources)])
        .partial_fingerprints(fingerprint(diagnostic, sources, seen))
        .properties(
            sarif::PropertyBag::builder()
                .additional_properties(properties)
                .build(),
        )
        .build();
    if !related.is_empty() {
        result.related_locations = Some(related);
    }
    if let Some(fix) = &diagnostic.fix {
        result.fixes = Some(vec![mend(fix, sources)]);
    }
    result
}

/// What stays the same when lines are added above: the rule, the object, the path and the line's own
/// words; equal ones are counted.
fn fingerprint(
    diagnostic: &Diagnostic,
    sources: &Sources,
    seen: &mut BTreeMap<u64, usize>,
) -> BTreeMap<String, String> {
    let file = sources.file(diagnostic.primary.span.file);
    let line = file.line(file.position(diagnostic.primary.span.start).line);
    let object = object_name(diagnostic).unwrap_or_default();
    let mut hash = Fnv::default();
    for part in [diagnostic.origin.id(), &file.path, &object, line.trim()] {
        hash.write(part.as_bytes());
        hash.write(&[0]);
    }
    let count = seen.entry(hash.0).or_default();
    *count += 1;
    BTreeMap::from([(
        "primaryLocationLineHash".to_string(),
        format!("{:016x}:{count}", hash.0),
    )])
}

/// FNV-1a of 64 bits: its values are the same in every release, as those of the standard library's
/// hashers need not be.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

fn location(label: &Label, sources: &Sources) -> sarif::Location {
    let file = sources.file(label.span.file);
    let physical = sarif::PhysicalLocation::builder()
        .artifact_location(artifact(file))
        .region(region(label.span, file))
        .build();
    let mut location = sarif::Location::builder().physical_location(physical).build();
    if !label.message.is_empty() {
        location.message = Some(message(&label.message));
    }
    location
}

fn mend(fix: &Fix, sources: &Sources) -> sarif::Fix {
    let mut changes: BTreeMap<_, Vec<sarif::Replacement>> = BTreeMap::new();
    for edit in &fix.edits {
        let replacement = sarif::Replacement::builder()
            .deleted_region(region(edit.span, sources.file(edit.span.file)))
            .inserted_content(sarif::ArtifactContent::builder().text(edit.text.as_str()).build())
            .build();
        changes.entry(edit.span.file).or_default().push(replacement);
    }
    let changes = changes
        .into_iter()
        .map(|(file, replacements)| {
            sarif::ArtifactChange::builder()
                .artifact_location(artifact(sources.file(file)))
                .replacements(replacements)
                .build()
        })
        .collect::<Vec<_>>();
    sarif::Fix::builder()
        .description(message(&fix.title))
        .artifact_changes(changes)
        .build()
}

/// A text as a SARIF message. Braces would be placeholders, and `[text](target)` a link.
fn message(text: &str) -> sarif::Message {
    let mut escaped = text.replace('{', "{{").replace('}', "}}");
    if escaped.contains("](") {
        escaped = escaped
            .replace('\\', "\\\\")
            .replace('[', "\\[")
            .replace(']', "\\]");
    }
    sarif::Message::builder().text(escaped).build()
}

fn artifact(file: &SourceFile) -> sarif::ArtifactLocation {
    sarif::ArtifactLocation::builder().uri(uri(&file.path)).build()
}

/// A path as a URI reference: relative paths stay relative, and lead out of the folder as they did.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                out.push(byte as char)
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn region(span: Span, file: &SourceFile) -> sarif::Region {
    let (start, end) = (file.position(span.start), file.position(span.end));
    sarif::Region::builder()
        .start_line(i64::from(start.line))
        .start_column(column(file, start))
        .end_line(i64::from(end.line))
        .end_column(column(file, end))
        .build()
}

/// The column in code points, from 1.
fn column(file: &SourceFile, position: Position) -> i64 {
    let start = file.offset(Position {
        line: position.line,
        column: 1,
    }) as usize;
    let end = file.offset(position) as usize;
    file.text
        .get(start..end)
        .map_or(i64::from(position.column), |before| {
            before.chars().count() as i64 + 1
        })
}

fn level(severity: Severity) -> sarif::ResultLevel {
    match severity {
        Severity::Critical | Severity::High => sarif::ResultLevel::Error,
        Severity::Medium => sarif::ResultLevel::Warning,
        Severity::Low | Severity::Info => sarif::ResultLevel::Note,
    }
}

/// GitHub's word for how bad a rule is that is not about security.
fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}

/// GitHub's score of a security rule: above 9 is critical, from 7 high, from 4 medium.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
        Severity::Info => "0.1",
    }
}
