//! `ordain migrate` as a whole: what is written is what `ordain check` takes, finds and waives as the other tool did.

use super::cli::{folder, run};
use serde_json::Value;
use std::path::Path;

const DAY: [&str; 4] = ["--until", "2999-12-31", "--owner", "platform@acme.io"];

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  annotations:
    NOTE
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      hostNetwork: true
      containers:
        - { name: a, image: \"acme/a:1\", securityContext: { privileged: true } }
";

/// A Deployment with this annotation.
fn web(annotation: &str) -> String {
    WEB.replace("NOTE", annotation)
}

/// What `ordain migrate` says from its first remark on, and what `ordain check` says afterwards.
fn migrate(folder: &Path) -> String {
    let (_, out, err) = run(folder, &[&["migrate"], &DAY[..]].concat());
    assert_eq!(err, "", "{out}");
    let (_, found) = out.split_once("\n\n").unwrap_or_default();
    let (_, remarks) = found.split_once("\n\n").unwrap_or_default();
    format!("{remarks}\n{}", check(folder))
}

/// The findings of `ordain check`, a line each, and how many are waived.
fn check(folder: &Path) -> String {
    let (_, out, err) = run(folder, &["check", "--format", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    let findings = report["findings"].as_array().into_iter().flatten();
    let lines: String = findings
        .map(|finding| {
            let text = |key: &str| finding[key].as_str().unwrap_or("").to_string();
            let place = format!("{}:{}", text("file"), finding["line"]);
            format!("{place} {} {}\n", text("severity"), text("rule"))
        })
        .collect();
    lines
}
