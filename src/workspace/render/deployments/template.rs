//! Templates of ApplicationSets, filled in.
//!
//! In: a template and the parameters of a generator. Out: the same with what surely stands for its variables in either
//! of Argo CD's notations; a variable of which that isn't sure stays as it is.

use crate::manifest::{Node, Value};
use serde_json::{Map, Value as Json};

/// The parameters of one Application.
pub(super) type Parameters = Map<String, Json>;

/// A template with its variables filled in. `is_go` says in which notation they are.
pub(super) fn filled(node: &Node, parameters: &Parameters, is_go: bool) -> Node {
    let value = match &node.value {
        Value::String(text) if text.contains("{{") => Value::String(fill(text, parameters, is_go).into()),
        Value::Sequence(nodes) => {
            let nodes = nodes.iter().map(|node| filled(node, parameters, is_go));
            Value::Sequence(nodes.collect())
        }
        Value::Mapping(mapping) => {
            let mut mapping = mapping.clone();
            for entry in node.entries() {
                if let Some(value) = mapping.get_mut(&entry.key) {
                    *value = filled(&entry.value, parameters, is_go);
                }
            }
            Value::Mapping(mapping)
        }
        other => other.clone(),
    };
    Node {
        span: node.span,
        value,
    }
}

/// Marks what still has variables as unknown.
pub(super) fn leave_open(node: &mut Node) {
    match &mut node.value {
        Value::String(text) if text.contains("{{") => node.value = Value::Unknown(std::mem::take(text)),
        Value::Sequence(nodes) => nodes.iter_mut().for_each(leave_open),
        Value::Mapping(mapping) => mapping.values_mut().for_each(leave_open),
        _ => {}
    }
}

/// A text with its variables filled in.
pub(super) fn fill(text: &str, parameters: &Parameters, is_go: bool) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((action, after)) = behind.split_once("}}") else {
            break;
        };
        out.push_str(before);
        let word = match is_go {
            true => go_value(action.trim(), parameters),
            false => plain_value(action.trim(), parameters),
        };
        match word {
            Some(word) => out.push_str(&word),
            None => out.push_str(&format!("{{{{{action}}}}}")),
        }
        rest = after;
    }
    out + rest
}

/// `path.basename`: the parameter of that name, however deep it lies.
fn plain_value(action: &str, parameters: &Parameters) -> Option<String> {
    fn find(value: &Json, name: &str) -> Option<String> {
        if name.is_empty() {
            return word(value);
        }
        let name = name.strip_prefix('.').unwrap_or(name);
        // Names may have dots of their own.
        let object = value.as_object()?;
        object.iter().find_map(|(key, value)| {
            let rest = name.strip_prefix(key.as_str())?;
            (rest.is_empty() || rest.starts_with('.')).then(|| find(value, rest))?
        })
    }
    let flat = parameters.get(action).and_then(word);
    flat.or_else(|| find(&Json::Object(parameters.clone()), action))
}

/// `.path.basename`, `index .path.segments 1`: without functions of which the result would have to be guessed.
fn go_value(action: &str, parameters: &Parameters) -> Option<String> {
    let field = |path: &str| {
        let mut value = None;
        for key in path.strip_prefix('.')?.split('.') {
            let object = match value {
                None => parameters,
                Some(value) => Json::as_object(value)?,
            };
            value = Some(object.get(key)?);
        }
        value
    };
    let parts: Vec<&str> = action.split_whitespace().collect();
    match parts.as_slice() {
        [path] => word(field(path)?),
        ["index", path, key] => {
            let value = field(path)?;
            let key = key.trim_matches('"');
            match value {
                Json::Array(values) => word(values.get(key.parse::<usize>().ok()?)?),
                _ => word(value.get(key)?),
            }
        }
        _ => None,
    }
}

fn word(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn variables_are_filled_in_as_far_as_that_is_sure() {
        let parameters = json!({
            "env": "prod", "replicas": 2, "values": {"a.b": "c"},
            "path": {"basename": "web", "segments": ["apps", "web"]},
        });
        let check = |is_go, text: &str, expected: &str| {
            assert_eq!(fill(text, parameters.as_object().unwrap(), is_go), expected);
        };
        check(false, "{{env}}-{{ path.basename }}-{{replicas}}", "prod-web-2");
        check(false, "{{values.a.b}} {{none}}", "c {{none}}");
        check(true, "{{.env}}-{{ .path.basename }}", "prod-web");
        check(true, "{{index .path.segments 0}}", "apps");
        check(
            true,
            "{{ .env | upper }} {{ .none }}",
            "{{ .env | upper }} {{ .none }}",
        );
        check(true, "{{ env }} {{", "{{ env }} {{");
    }
}
