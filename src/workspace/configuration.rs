//! `ordain.toml` → settings, each with its place.
//!
//! In: the text of the file. Out: a [`Configuration`] and what is wrong with the text. A key that
//! nobody knows is an error: a misspelt setting would silently not hold.

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{FileId, Span};
use crate::suggest;
use serde_json::Value;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The name of the file.
pub const FILE_NAME: &str = "ordain.toml";

/// A setting with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting<T> {
    /// What was set.
    pub value: T,
    /// The bytes that say so.
    pub span: Span,
}

/// What a repository sets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Configuration {
    /// Files and folders with policies, relative to the file; `None` if nothing is said.
    pub paths: Option<Vec<Setting<String>>>,
    /// Packs and rules of the library that are in force; `None` if nothing is said.
    pub uses: Option<Vec<Setting<String>>>,
    /// Severities of rules, by id; `None` switches a rule off.
    pub severities: Vec<(Setting<String>, Option<Severity>)>,
    /// Values of parameters, addressed as RULE.NAME.
    pub parameters: Vec<(Setting<String>, Setting<Value>)>,
    /// The severity from which a run fails.
    pub fail_on: Option<Severity>,
    /// The Kubernetes version whose API holds.
    pub kube_version: Option<Setting<String>>,
    /// Whether objects are held against the API and the repository's CRDs; they are unless it says no.
    pub schemas: Option<bool>,
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
    /// Documents that may stay without judgement.
    pub unevaluated: Vec<Accepted>,
    /// The API group of the resources that `build` writes.
    pub group: Option<Setting<String>>,
    /// Folders with Rego that was written for Conftest, relative to the file.
    pub rego: Option<Vec<Setting<String>>>,
    /// Which tables and assumptions estimates rest on.
    pub estimate: Estimate,
    /// Whether and how overlays and charts are rendered.
    pub render: Render,
}

/// Whether and how overlays and charts are rendered.
#[derive(Debug, Clone, PartialEq)]
pub struct Render {
    /// Whether they are.
    pub is_on: bool,
    /// The program that builds kustomizations.
    pub kustomize: Option<String>,
    /// The program that renders charts.
    pub helm: Option<String>,
    /// How long one of them may take.
    pub timeout: Duration,
}

impl Default for Render {
    fn default() -> Render {
        Render {
            is_on: false,
            kustomize: None,
            helm: None,
            timeout: Duration::from_secs(30),
        }
    }
}

/// Which tables and assumptions estimates rest on; see [`crate::estimate::Choice`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Estimate {
    /// The choices, by the name of the setting.
    pub choices: Vec<(&'static str, Setting<String>)>,
    /// How many nodes the cluster has.
    pub nodes: Option<i128>,
}

impl Estimate {
    /// The settings that are names and shares.
    pub const CHOICES: [&'static str; 5] = ["prices", "provider", "region", "utilisation", "gpu"];

    /// The choice of a setting.
    pub fn get(&self, name: &str) -> Option<&Setting<String>> {
        self.choices
            .iter()
            .find(|(own, _)| *own == name)
            .map(|(_, setting)| setting)
    }
}

impl Configuration {
    /// The ids of the rules that severities and parameters name.
    pub fn named_rules(&self) -> impl Iterator<Item = &str> {
        let of_parameters = self
            .parameters
            .iter()
            .filter_map(|(address, _)| address.value.rsplit_once('.').map(|(id, _)| id));
        self.severities
            .iter()
            .map(|(rule, _)| rule.value.as_str())
            .chain(of_parameters)
    }
}

/// Files whose documents may stay without judgement.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// A path or pattern, relative to the file.
    pub path: Setting<String>,
    /// Why.
    pub reason: String,
}

/// Reads the text of an `ordain.toml`. What is wrong is left out and reported.
pub fn read(file: FileId, text: &str) -> (Configuration, Vec<Diagnostic>) {
    let mut reader = Reader {
        file,
        diagnostics: Vec::new(),
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        let span = Span::new(file, span.start, span.end);
        let message = format!("`{FILE_NAME}` is not valid TOML: {}", error.message());
        reader
            .diagnostics
            .push(Diagnostic::new(Code::C0101, span, message));
    }
    let configuration = reader.configuration(table.get_ref());
    (configuration, reader.diagnostics)
}

struct Reader {
    file: FileId,
    diagnostics: Vec<Diagnostic>,
}

type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;
type Item<'i> = Spanned<DeValue<'i>>;

impl Reader {
    fn configuration(&mut self, table: &DeTable) -> Configuration {
        let mut out = Configuration::default();
        for (key, item) in table {
            match key.get_ref().as_ref() {
                "fail-on" => out.fail_on = self.severity(item),
                "kube-version" => out.kube_version = self.string(item),
                "namespace" => out.namespace = self.string(item).map(|setting| setting.value),
                "schemas" => out.schemas = self.truth(item),
                "policies" => self.policies(item, &mut out),
                "severity" => out.severities = self.severities(item),
                "params" => out.parameters = self.parameters(item),
                "rego" => out.rego = self.strings(item),
                "unevaluated" => out.unevaluated = self.accepted(item),
                "build" => self.build(item, &mut out),
                "estimate" => self.estimate(item, &mut out.estimate),
                "render" => self.render(item, &mut out.render),
                _ => self.unknown(
                    key,
                    &[
                        "fail-on",
                        "kube-version",
                        "namespace",
                        "schemas",
                        "policies",
                        "severity",
                        "params",
                        "rego",
                        "unevaluated",
                        "build",
                        "estimate",
                        "render",
                    ],
                ),
            }
        }
        out
    }

    fn policies(&mut self, item: &Item, out: &mut Configuration) {
        for (key, item) in self.table(item).into_iter().flatten() {
            match key.get_ref().as_ref() {
                "paths" => out.paths = self.strings(item),
                "use" => out.uses = self.strings(item),
                _ => self.unknown(key, &["paths", "use"]),
            }
        }
    }

    fn build(&mut self, item: &Item, out: &mut Configuration) {
        for (key, item) in self.table(item).into_iter().flatten() {
            match key.get_ref().as_ref() {
                "group" => out.group = self.string(item),
                _ => self.unknown(key, &["group"]),
            }
        }
    }

    fn estimate(&mut self, item: &Item, out: &mut Estimate) {
        for (key, item) in self.table(item).into_iter().flatten() {
            let name = key.get_ref().as_ref();
            if let Some(choice) = Estimate::CHOICES.into_iter().find(|choice| *choice == name) {
                out.choices
                    .extend(self.string(item).map(|setting| (choice, setting)));
            } else if name == "nodes" {
                out.nodes = self.count(item);
            } else {
                let known: Vec<&str> = Estimate::CHOICES.into_iter().chain(["nodes"]).collect();
                self.unknown(key, &known);
            }
        }
    }

    /// `render = true`, or a table that says how.
    fn render(&mut self, item: &Item, out: &mut Render) {
        if let DeValue::Boolean(is_on) = item.get_ref() {
            out.is_on = *is_on;
            return;
        }
        let DeValue::Table(table) = item.get_ref() else {
            return self.wrong(item, "`true`, `false` or a table");
        };
        out.is_on = true;
        for (key, item) in table {
            match key.get_ref().as_ref() {
                "enabled" => out.is_on = self.truth(item).unwrap_or(true),
                "kustomize" => out.kustomize = self.program(item, &["kustomize", "kubectl"]),
                "helm" => out.helm = self.program(item, &["helm"]),
                "timeout" => out.timeout = self.seconds(item).unwrap_or(out.timeout),
                _ => self.unknown(key, &["enabled", "kustomize", "helm", "timeout"]),
            }
        }
    }

    /// The name of a program. The repository may be anybody's, so that it can't have just any program run.
    fn program(&mut self, item: &Item, known: &[&str]) -> Option<String> {
        let name = self.string(item)?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let is_known = known.iter().any(|known| name.value.starts_with(known));
        if is_known && name.value.chars().all(is_name) {
            return Some(name.value);
        }
        let message = format!(
            "`{}` is not run: the repository may only name a version of {}",
            name.value,
            suggest::one_of(known.iter().copied())
        );
        let help = format!(
            "write the name of a program that is on your PATH and begins with `{}`",
            known[0]
        );
        self.diagnostics
            .push(Diagnostic::new(Code::C0103, name.span, message).help(help));
        None
    }

    /// `"30s"` or `"2m"`.
    fn seconds(&mut self, item: &Item) -> Option<Duration> {
        let text = self.string(item)?;
        let seconds = [("s", 1), ("m", 60)].into_iter().find_map(|(unit, seconds)| {
            let count: u64 = text.value.strip_suffix(unit)?.parse().ok()?;
            (1..=3600).contains(&count).then_some(count * seconds)
        });
        if seconds.is_none() {
            self.wrong(item, "a time such as \"30s\" or \"2m\"");
        }
        seconds.map(Duration::from_secs)
    }

    fn count(&mut self, item: &Item) -> Option<i128> {
        let count = match item.get_ref() {
            DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let count = count.filter(|count| *count >= 0);
        if count.is_none() {
            self.wrong(item, "a number of things, 0 or more");
        }
        count
    }

    fn severities(&mut self, item: &Item) -> Vec<(Setting<String>, Option<Severity>)> {
        let mut out = Vec::new();
        for (key, item) in self.table(item).into_iter().flatten() {
            let is_off = matches!(item.get_ref(), DeValue::String(word) if word == "off");
            let severity = if is_off { None } else { self.severity(item) };
            if is_off || severity.is_some() {
                out.push((self.setting(key), severity));
            }
        }
        out
    }

    fn parameters(&mut self, item: &Item) -> Vec<(Setting<String>, Setting<Value>)> {
        let mut out = Vec::new();
        let read = |reader: &mut Self, item: &Item| Setting {
            value: reader.value(item),
            span: reader.span(item),
        };
        for (key, item) in self.table(item).into_iter().flatten() {
            match item.get_ref() {
                // `[params.RULE]` with its parameters says the same as `"RULE.NAME"`.
                DeValue::Table(table) => {
                    for (name, item) in table {
                        let mut setting = self.setting(name);
                        setting.value = format!("{}.{}", key.get_ref(), setting.value);
                        out.push((setting, read(self, item)));
                    }
                }
                _ => out.push((self.setting(key), read(self, item))),
            }
        }
        out
    }

    fn accepted(&mut self, item: &Item) -> Vec<Accepted> {
        let DeValue::Array(items) = item.get_ref() else {
            self.wrong(item, "a list of tables, written as `[[unevaluated]]`");
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items {
            let (mut path, mut reason) = (None, None);
            for (key, item) in self.table(item).into_iter().flatten() {
                match key.get_ref().as_ref() {
                    "path" => path = self.string(item),
                    "reason" => reason = self.string(item),
                    _ => self.unknown(key, &["path", "reason"]),
                }
            }
            match (path, reason) {
                (Some(path), Some(reason)) if !reason.value.trim().is_empty() => out.push(Accepted {
                    path,
                    reason: reason.value,
                }),
                _ => self.diagnostics.push(
                    Diagnostic::new(
                        Code::C0103,
                        self.span(item),
                        "an `[[unevaluated]]` entry needs a `path` and a `reason`",
                    )
                    .help("say why these documents need no judgement here"),
                ),
            }
        }
        out
    }

    fn table<'a, 'i>(&mut self, item: &'a Item<'i>) -> Option<&'a DeTable<'i>> {
        match item.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => {
                self.wrong(item, "a table");
                None
            }
        }
    }

    fn string(&mut self, item: &Item) -> Option<Setting<String>> {
        match item.get_ref() {
            DeValue::String(text) => Some(Setting {
                value: text.to_string(),
                span: self.span(item),
            }),
            _ => {
                self.wrong(item, "a string");
                None
            }
        }
    }

    fn truth(&mut self, item: &Item) -> Option<bool> {
        match item.get_ref() {
            DeValue::Boolean(truth) => Some(*truth),
            _ => {
                self.wrong(item, "`true` or `false`");
                None
            }
        }
    }

    fn strings(&mut self, item: &Item) -> Option<Vec<Setting<String>>> {
        match item.get_ref() {
            DeValue::Array(items) => Some(items.iter().filter_map(|item| self.string(item)).collect()),
            _ => {
                self.wrong(item, "a list of strings");
                None
            }
        }
    }

    fn severity(&mut self, item: &Item) -> Option<Severity> {
        let word = self.string(item)?;
        let severity = Severity::of_word(&word.value);
        if severity.is_none() {
            let words = Severity::ALL.map(Severity::word);
            let message = format!(
                "`{}` is no severity; expected {}",
                word.value,
                suggest::one_of(words)
            );
            let mut diagnostic = Diagnostic::new(Code::C0103, word.span, message);
            if let Some(nearest) = suggest::nearest(&word.value, words) {
                diagnostic = diagnostic.help(format!("did you mean `{nearest}`?"));
            }
            self.diagnostics.push(diagnostic);
        }
        severity
    }

    /// A value as JSON has it, which is how parameters are read everywhere.
    fn value(&mut self, item: &Item) -> Value {
        match item.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(value) => Value::Bool(*value),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| Value::String(number.as_str().to_string()), Value::from),
            DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
            DeValue::Datetime(date) => Value::String(date.to_string()),
            DeValue::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            DeValue::Table(table) => table
                .iter()
                .map(|(key, item)| (key.get_ref().to_string(), self.value(item)))
                .collect(),
        }
    }

    fn setting(&self, key: &Key) -> Setting<String> {
        Setting {
            value: key.get_ref().to_string(),
            span: Span::new(self.file, key.span().start, key.span().end),
        }
    }

    fn span(&self, item: &Item) -> Span {
        Span::new(self.file, item.span().start, item.span().end)
    }

    fn wrong(&mut self, item: &Item, expected: &str) {
        let message = format!("expected {expected}, found {}", found(item.get_ref()));
        self.diagnostics
            .push(Diagnostic::new(Code::C0103, self.span(item), message));
    }

    fn unknown(&mut self, key: &Key, known: &[&str]) {
        let setting = self.setting(key);
        let message = format!("there is no setting `{}` here", setting.value);
        let help = match suggest::nearest(&setting.value, known.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("the settings here are {}", suggest::list(known.iter().copied())),
        };
        self.diagnostics
            .push(Diagnostic::new(Code::C0102, setting.span, message).help(help));
    }
}

fn found(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Sources};

    /// The diagnostics for a text, a line each: place, code, message, help.
    fn faults(text: &str) -> String {
        let mut sources = Sources::new();
        let file = sources.add(SourceFile::new(FILE_NAME, text));
        let (_, diagnostics) = read(file, text);
        diagnostics
            .iter()
            .map(|diagnostic| {
                let (start, _) = sources.positions(diagnostic.primary.span);
                format!(
                    "{}:{} {} {} | {}\n",
                    start.line,
                    start.column,
                    diagnostic.origin.id(),
                    diagnostic.message,
                    diagnostic.help.as_deref().unwrap_or_default()
                )
            })
            .collect()
    }

    #[test]
    fn every_setting_is_read() {
        let text = r#"
            fail-on = "high"
            kube-version = "1.34"
            namespace = "shop"
            [policies]
            paths = ["rules"]
            use = ["std.default"]
            [severity]
            image-tag = "low"
            host-port = "off"
            [params]
            "image-registry.registries" = ["acme.io/*"]
            replicas = { minimum = 2 }
            [[unevaluated]]
            path = "charts/**"
            reason = "rendered elsewhere"
            [build]
            group = "acme.io"
            [estimate]
            prices = "opencost-azure"
            nodes = 3
            [render]
            kustomize = "kubectl"
            timeout = "2m"
        "#;
        let (configuration, diagnostics) = read(FileId(0), text);
        assert_eq!(diagnostics, []);
        let parameters: Vec<String> = configuration
            .parameters
            .iter()
            .map(|(name, value)| format!("{} = {}", name.value, value.value))
            .collect();
        assert_eq!(
            parameters,
            [
                r#"image-registry.registries = ["acme.io/*"]"#,
                "replicas.minimum = 2"
            ]
        );
        let severities: Vec<_> = configuration
            .severities
            .iter()
            .map(|(rule, severity)| (rule.value.as_str(), *severity))
            .collect();
        assert_eq!(
            severities,
            [("image-tag", Some(Severity::Low)), ("host-port", None)]
        );
        assert_eq!(configuration.fail_on, Some(Severity::High));
        assert_eq!(configuration.namespace.as_deref(), Some("shop"));
        assert_eq!(configuration.unevaluated[0].reason, "rendered elsewhere");
        assert_eq!(
            configuration.group.map(|group| group.value).as_deref(),
            Some("acme.io")
        );
        let render = &configuration.render;
        assert_eq!(
            (
                render.is_on,
                render.kustomize.as_deref(),
                render.timeout.as_secs()
            ),
            (true, Some("kubectl"), 120)
        );
        let prices = configuration
            .estimate
            .get("prices")
            .map(|setting| setting.value.as_str());
        assert_eq!(
            (prices, configuration.estimate.nodes),
            (Some("opencost-azure"), Some(3))
        );
    }

    #[test]
    fn a_repository_does_not_choose_the_program_that_is_run() {
        insta::assert_snapshot!(
            faults("[render]\nkustomize = './kustomize'\nhelm = 'sh'\ntimeout = 'long'\n"),
            @r#"
        2:13 C0103 `./kustomize` is not run: the repository may only name a version of `kustomize` or `kubectl` | write the name of a program that is on your PATH and begins with `kustomize`
        3:8 C0103 `sh` is not run: the repository may only name a version of `helm` | write the name of a program that is on your PATH and begins with `helm`
        4:11 C0103 expected a time such as "30s" or "2m", found a string | 
        "#
        );
        assert_eq!(faults("render = true\n"), "");
    }

    #[test]
    fn mistakes_have_a_place_and_a_mend() {
        insta::assert_snapshot!(
            faults("fail_on = 'high'\n[policies]\npath = []\nuse = 'std'\n[severity]\na = 'hihg'\n[[unevaluated]]\npath = 'x'\n"),
            @r"
        1:1 C0102 there is no setting `fail_on` here | did you mean `fail-on`?
        3:1 C0102 there is no setting `path` here | did you mean `paths`?
        4:7 C0103 expected a list of strings, found a string | 
        6:5 C0103 `hihg` is no severity; expected `info`, `low`, `medium`, `high` or `critical` | did you mean `high`?
        7:1 C0103 an `[[unevaluated]]` entry needs a `path` and a `reason` | say why these documents need no judgement here
        "
        );
        assert!(faults("a = [\n").starts_with("2:1 C0101") || faults("a = [\n").starts_with("1:"));
    }
}
