//! `ordain migrate`: the setup for another tool becomes one for Ordain.

use super::date;
use super::{Failure, Outcome, output};
use crate::ir::Date;
use crate::migrate::{self, Grade, Migration, Options, Remark};
use crate::report::{escape, plural};
use crate::world::{self, Disk, World};
use serde_json::{Value, json};
use similar::TextDiff;
use std::fmt::Write;
use std::path::PathBuf;

/// Arguments of `ordain migrate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Reads the setups of KubeLinter, Polaris, Checkov, kube-score, Datree, Conftest, Kyverno and Gatekeeper, and writes
ordain.toml and policies/migrated/. An ordain.toml that is there is added to. The other tools' files stay as they are.

Exit codes: 0 all was carried over; 1 some of it has no equivalent, or differs, which is listed; 2 it could not be done,
and nothing was written.

Examples:
  ordain migrate --dry-run
  ordain migrate --from kube-linter --owner platform@acme.io
  ordain migrate --format json")]
pub struct Migrate {
    /// Where the setup is, with the manifests that it is for
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,

    /// Take over the setups of these tools only
    #[arg(long, value_name = "TOOL", value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(migrate::peers()))]
    pub from: Vec<String>,

    /// Who answers for the waivers [default: the owner of everything in CODEOWNERS]
    #[arg(long, value_name = "WHO")]
    pub owner: Option<String>,

    /// The last day of the waivers [default: in a year]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date::parse)]
    pub until: Option<Date>,

    /// Write nothing; show what would be written
    #[arg(long, visible_alias = "diff")]
    pub dry_run: bool,

    /// Replace an ordain.toml that is there, instead of adding to it
    #[arg(long)]
    pub force: bool,

    /// How to tell what was done
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: MigrateFormat,
}

/// The forms of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum MigrateFormat {
    /// For people.
    Text,
    /// The machine-readable contract.
    Json,
}

/// Migrates, or shows what that would do.
pub fn run(arguments: &Migrate) -> Result<Outcome, Failure> {
    let options = Options {
        from: arguments.from.clone(),
        owner: arguments.owner.clone(),
        until: arguments.until.unwrap_or_else(in_a_year),
        force: arguments.force,
    };
    let migration = migrate::migrate(&Disk, &arguments.paths, &options)?;
    if migration.found.is_empty() {
        return Err(Failure(
            "no setup of another tool was found here; `ordain migrate --help` lists the tools".to_string(),
        ));
    }
    if !arguments.dry_run {
        write(&migration)?;
    }
    output::print(&match arguments.format {
        MigrateFormat::Text => text(&migration, arguments.dry_run),
        MigrateFormat::Json => as_json(&migration),
    })?;
    let is_carried = migration.remarks.iter().all(|remark| remark.grade == Grade::Note);
    Ok(match is_carried {
        true => Outcome::Clean,
        false => Outcome::Faulty,
    })
}

fn write(migration: &Migration) -> Result<(), Failure> {
    let changed = migration.outputs.iter().filter(|file| file.before != file.text);
    for file in changed {
        let done = match &file.text {
            Some(text) => Disk.write(&file.path, text.as_bytes()),
            None => Disk.delete(&file.path),
        };
        done.map_err(|error| Failure(format!("can't write `{}`: {error}", world::display(&file.path))))?;
    }
    Ok(())
}

fn in_a_year() -> Date {
    let today = date::today();
    // 29 February has no anniversary in every year.
    Date {
        year: today.year + 1,
        day: today.day.min(28),
        ..today
    }
}

fn text(migration: &Migration, is_dry: bool) -> String {
    let mut out = String::from("found\n");
    for found in &migration.found {
        let _ = writeln!(out, "  {:12} {}", found.peer, escape::line(&found.what));
    }
    if is_dry {
        for file in &migration.outputs {
            let name = world::display(&file.path);
            let before = file.before.as_deref().unwrap_or("");
            let diff = TextDiff::from_lines(before, file.text.as_deref().unwrap_or(""));
            let from = if file.before.is_some() {
                name.as_str()
            } else {
                "/dev/null"
            };
            let diff = diff.unified_diff().header(from, &name).to_string();
            let _ = write!(out, "\n{}", escape::block(&diff));
        }
    } else {
        out.push_str("\nwritten\n");
        for file in &migration.outputs {
            let how = match (&file.before, &file.text) {
                (_, None) => " (removed)",
                (None, _) => "",
                (before, text) if before == text => " (as it was)",
                _ => " (changed)",
            };
            let _ = writeln!(out, "  {}{how}", escape::line(&world::display(&file.path)));
        }
    }
    for (grade, title) in [
        (Grade::Lost, "without equivalent"),
        (Grade::Differs, "not quite as it was"),
        (Grade::Note, "to know"),
    ] {
        let remarks: Vec<&Remark> = migration
            .remarks
            .iter()
            .filter(|remark| remark.grade == grade)
            .collect();
        if remarks.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{title}");
        for remark in remarks {
            let place =
                place(migration, remark).map(|(file, line, column)| format!("{file}:{line}:{column}: "));
            let place = place.unwrap_or_default();
            let _ = writeln!(
                out,
                "  {}[{}] {}",
                escape::line(&place),
                remark.peer,
                escape::line(&remark.message)
            );
        }
    }
    let count = |grade| {
        migration
            .remarks
            .iter()
            .filter(|remark| remark.grade == grade)
            .count()
    };
    let _ = writeln!(
        out,
        "\n{}, {}; {} without equivalent, {} not quite as it was",
        plural(migration.rules, "rule"),
        plural(migration.waivers, "waiver"),
        count(Grade::Lost),
        count(Grade::Differs)
    );
    out
}

/// File, line and column of what a remark is about.
fn place(migration: &Migration, remark: &Remark) -> Option<(String, u32, u32)> {
    let span = remark.at?;
    let (start, _) = migration.sources.positions(span);
    Some((
        migration.sources.file(span.file).path.clone(),
        start.line,
        start.column,
    ))
}

fn as_json(migration: &Migration) -> String {
    let found = migration.found.iter();
    let found: Vec<Value> = found
        .map(|found| json!({ "tool": found.peer, "what": found.what }))
        .collect();
    let files: Vec<Value> = migration
        .outputs
        .iter()
        .map(|file| json!({ "path": world::display(&file.path), "existed": file.before.is_some(), "text": file.text }))
        .collect();
    let remarks: Vec<Value> = migration
        .remarks
        .iter()
        .map(|remark| {
            let place = place(migration, remark);
            json!({
                "grade": remark.grade.word(),
                "tool": remark.peer,
                "file": place.as_ref().map(|(file, _, _)| file),
                "line": place.as_ref().map(|(_, line, _)| line),
                "column": place.as_ref().map(|(_, _, column)| column),
                "message": remark.message,
            })
        })
        .collect();
    let value = json!({
        "found": found,
        "files": files,
        "remarks": remarks,
        "rules": migration.rules,
        "waivers": migration.waivers,
    });
    let text = serde_json::to_string_pretty(&value).unwrap_or_default();
    format!("{}\n", escape::json(&text))
}
