//! Inputs on which YAML's readers part ways, each with what Kubernetes' own code makes of it.
//!
//! A line of `reading/*.jsonl` is one input: the `spec` of a Pod, the `data` of a ConfigMap, a whole `text`, or its
//! bytes in `base64`. Beside it stands what `kubectl` would send (`objects`; of a `spec` or `data`, only that), why it
//! refuses the rest (`refused`), and what Ordain says (`said`). `tests/conformance/reading/run` shows that it is
//! `kubectl` that says so.

use ordain::diagnostic::{Origin, Severity};
use ordain::manifest::{FileReading, Surroundings, decode, read_text, to_json};
use ordain::source::FileId;
use serde_json::{Map, Value, json};

const FAMILIES: [(&str, &str); 10] = [
    ("blocks", include_str!("reading/blocks.jsonl")),
    ("booleans", include_str!("reading/booleans.jsonl")),
    ("documents", include_str!("reading/documents.jsonl")),
    ("json", include_str!("reading/json.jsonl")),
    ("keys", include_str!("reading/keys.jsonl")),
    ("numbers", include_str!("reading/numbers.jsonl")),
    ("objects", include_str!("reading/objects.jsonl")),
    ("references", include_str!("reading/references.jsonl")),
    ("scalars", include_str!("reading/scalars.jsonl")),
    ("tags", include_str!("reading/tags.jsonl")),
];

/// A line of a family.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(default)]
    name: Option<String>,
    spec: Option<String>,
    data: Option<String>,
    text: Option<String>,
    base64: Option<String>,
    objects: Option<Value>,
    refused: Option<String>,
    #[serde(default)]
    varies: bool,
    #[serde(default)]
    said: Vec<String>,
}

impl Input {
    fn bytes(&self) -> Vec<u8> {
        match (&self.spec, &self.data, &self.text, &self.base64) {
            (Some(spec), ..) => format!(
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  {spec}\n  containers:\n  - name: c\n    image: x\n"
            )
            .into_bytes(),
            (_, Some(data), ..) => {
                format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n{data}").into_bytes()
            }
            (.., Some(text), _) => text.clone().into_bytes(),
            (.., encoded) => base64(encoded.as_deref().unwrap_or_default()),
        }
    }

    /// The objects that `kubectl` would send.
    fn objects(&self) -> Vec<Value> {
        let metadata = json!({"name": "a"});
        match (&self.objects, &self.spec, &self.data) {
            (Some(Value::Object(spec)), Some(_), _) => {
                let mut spec = spec.clone();
                spec.insert("containers".to_string(), json!([{"name": "c", "image": "x"}]));
                vec![json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})]
            }
            (Some(data @ Value::Object(_)), _, Some(_)) => {
                vec![json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})]
            }
            (Some(Value::Array(objects)), ..) => objects.clone(),
            _ => Vec::new(),
        }
    }
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::new());
    for digit in text
        .bytes()
        .filter_map(|byte| DIGITS.iter().position(|own| *own == byte))
    {
        bits = bits << 6 | digit as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

/// The value without nulls, which to Kubernetes are absent, and with numbers beyond 64 bits as the floats that they
/// become.
fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) if !number.is_i64() => {
            json!(number.as_f64().map(|number| format!("{number:.14e}")))
        }
        Value::Array(values) => values.iter().map(normal).collect(),
        Value::Object(map) => {
            let entries = map.iter().filter(|(_, value)| !value.is_null());
            let entries = entries.map(|(key, value)| (key.clone(), normal(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// What is wrong with Ordain's reading of an input, if anything is.
fn fault(input: &Input, reading: &FileReading) -> Option<String> {
    let mut said: Vec<&str> = reading
        .diagnostics
        .iter()
        .map(|finding| finding.origin.id())
        .collect();
    let mut expected: Vec<&str> = input.said.iter().map(String::as_str).collect();
    said.sort_unstable();
    expected.sort_unstable();
    if said != expected {
        return Some(format!("{said:?} is said, not {expected:?}"));
    }
    let is_blocked = reading
        .diagnostics
        .iter()
        .any(|finding| finding.severity >= Severity::Medium);
    let objects: Vec<Value> = reading
        .resources
        .iter()
        .map(|resource| normal(&to_json(&resource.root)))
        .collect();
    let wanted: Vec<Value> = input.objects().iter().map(normal).collect();
    let is_foreign = objects.is_empty() && wanted.is_empty();
    let agrees = input.refused.is_none() && !input.varies && objects == wanted;
    (!agrees && !is_blocked && !is_foreign).then(|| {
        let refused = input.refused.as_deref().unwrap_or("");
        format!("it passes as {objects:?}, and to `kubectl` it is {wanted:?} {refused}")
    })
}

#[test]
fn every_input_is_what_kubectl_makes_of_it_or_does_not_pass() {
    let mut faults = Vec::new();
    for (family, lines) in FAMILIES {
        for (index, line) in lines.lines().enumerate() {
            let input: Input = serde_json::from_str(line).unwrap();
            let decoded = decode(FileId(0), input.bytes());
            let name = input.name.as_deref().unwrap_or("a.yaml");
            let mut reading = match decoded.binary {
                true => FileReading::default(),
                false => read_text(FileId(0), name, &decoded.text, Surroundings::default()),
            };
            reading.diagnostics.extend(decoded.faults);
            let known = |finding: &ordain::diagnostic::Diagnostic| matches!(finding.origin, Origin::Code(_));
            assert!(reading.diagnostics.iter().all(known));
            faults.extend(
                fault(&input, &reading).map(|fault| format!("{family}.jsonl:{}: {fault}", index + 1)),
            );
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
