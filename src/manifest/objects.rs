//! A document → the objects that a cluster would be sent.
//!
//! In: the nodes of a document. Out: [`Resource`]s, lists taken apart as `kubectl` does, and what is wrong with
//! their `apiVersion` and `kind`.

use super::faults::Faults;
use super::parse::skeleton;
use super::{Entry, Mapping, Node, Resource, Value, metadata};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::FileId;

/// Whether a document is Kubernetes' business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing in it is spelled like `apiVersion` or `kind`.
    Foreign,
    /// An object, or what was meant to be one.
    Object,
    /// A bare list of objects.
    BareList,
}

/// What a document is. In a `control` file of a chart, one of the two keys alone does not make an object.
pub(super) fn shape(root: &Node, control: bool) -> Shape {
    match &root.value {
        Value::Mapping(_) => {
            let has = |key| spelled(root, key).is_some();
            let object = match control || is_chart_index(root) {
                true => has("apiVersion") && has("kind"),
                false => is_object(root),
            };
            if object { Shape::Object } else { Shape::Foreign }
        }
        // Conftest judges each element as if it stood alone.
        Value::Sequence(nodes) if nodes.iter().any(is_object) => Shape::BareList,
        _ => Shape::Foreign,
    }
}

/// Whether a node was meant to be an object.
fn is_object(node: &Node) -> bool {
    spelled(node, "kind").is_some() || spelled(node, "apiVersion").is_some() && !is_of_another_tool(node)
}

/// Whether a document counts its format in numbers, as Grafana's provisioning does (`apiVersion: 1`), and has
/// nothing else of an object.
fn is_of_another_tool(root: &Node) -> bool {
    let has = |key| spelled(root, key).is_some();
    root.get("apiVersion")
        .is_some_and(|version| matches!(version.value, Value::Integer(_)))
        && !has("metadata")
        && !has("spec")
}

/// Whether a document lists the charts of a Helm repository, as its `index.yaml` does.
fn is_chart_index(root: &Node) -> bool {
    root.get("apiVersion").and_then(Node::as_str) == Some("v1")
        && root
            .get("entries")
            .is_some_and(|charts| matches!(charts.value, Value::Mapping(_)))
}

/// Whether a key is `name` to the eye: in any case of letters, in letters that look like these.
fn is_spelling(key: &str, name: &str) -> bool {
    let like = |key: &str| key.trim().eq_ignore_ascii_case(name);
    if key.is_ascii() {
        return like(key);
    }
    // A look-alike takes up to four bytes a letter, and invisible characters may stand in between.
    key.len() < 100 && like(&skeleton(key))
}

/// The entry under a key, or under one that is spelled like it.
fn spelled<'a>(node: &'a Node, name: &str) -> Option<&'a Entry> {
    let entries = node.entries();
    let exact = entries
        .iter()
        .find(|entry| &*entry.key == name && !entry.value.is_null());
    exact.or_else(|| entries.iter().find(|entry| is_spelling(&entry.key, name)))
}

/// What is wrong with a document that is none of Kubernetes', where others of its file are.
pub(super) fn nameless(root: &Node) -> Option<Diagnostic> {
    (!root.is_null()).then(|| {
        let message = "`kubectl` stops at this document, which has neither `apiVersion` nor `kind`";
        let mut fault = Diagnostic::new(Code::M0301, root.span.at_start(), message)
            .help("put it into a file of its own: what stands behind it is not sent");
        fault.severity = Severity::Medium;
        fault
    })
}

/// Says so if a document is only a text, and one that speaks of an object.
pub(super) fn hidden_object(root: &Node) -> Option<Diagnostic> {
    let text = root.as_str()?;
    (text.contains("apiVersion") && text.contains("kind")).then(|| {
        let message = "the document is a text about an object, and no object";
        Diagnostic::new(Code::M0301, root.span.at_start(), message)
            .help("remove what stands in front of the object, or the quotes around it")
    })
}

/// The objects of a document and what is wrong with them.
pub(super) struct Objects {
    file: FileId,
    document: u32,
    pub resources: Vec<Resource>,
    pub faults: Faults,
}

/// The version and kind that a list hands on to items that state neither, as entries that point at the list.
struct Inherited {
    api_version: Entry,
    kind: Entry,
}

impl Objects {
    pub(super) fn new(file: FileId, document: u32) -> Objects {
        Objects {
            file,
            document,
            resources: Vec::new(),
            faults: Faults::default(),
        }
    }

    /// Takes in one reading of the document.
    pub(super) fn add(&mut self, root: Node) {
        if let Value::Sequence(nodes) = root.value {
            self.faults.push(
                Diagnostic::new(
                    Code::M0302,
                    root.span.at_start(),
                    "a bare list of objects is no object",
                )
                .help("write documents separated by `---`, or a `List` with `items`"),
            );
            for node in nodes {
                if is_object(&node) {
                    self.object(node, None, false);
                }
            }
            return;
        }
        self.object(root, None, false);
    }

    /// INVARIANT: recursion ends, since items lie one level deeper than their list.
    fn object(&mut self, mut root: Node, inherited: Option<&Inherited>, within_list: bool) {
        if let Some(inherited) = inherited {
            inherit(&mut root, inherited);
        }
        let (api_version, kind) = self.identity(&root, within_list);
        let entry = root.entries().iter().find(|entry| &*entry.key == "items");
        let is_list = match entry.map(|entry| &entry.value) {
            Some(items) if matches!(items.value, Value::Sequence(_) | Value::Null) => true,
            Some(items) => {
                let message = format!("`items` of the `{kind}` is no list, so `kubectl` refuses the object");
                self.faults
                    .push(Diagnostic::new(Code::M0302, items.span, message).help("write a list of objects"));
                false
            }
            None => false,
        };
        if is_list && within_list {
            let message = format!("`kubectl` refuses a list within a list, as this `{kind}` is");
            self.faults.push(
                Diagnostic::new(Code::M0302, root.span.at_start(), message)
                    .help("put its items into the outer list"),
            );
        }
        if !is_list {
            self.resource(api_version, kind, root);
            return;
        }
        let handed_on = Inherited {
            api_version: handed_on(&root, "apiVersion", &api_version),
            kind: handed_on(&root, "kind", kind.strip_suffix("List").unwrap_or(&kind)),
        };
        let items = if kind.ends_with("List") {
            take_items(&mut root)
        } else {
            if let Some(entry) = root.entries().iter().find(|entry| &*entry.key == "items") {
                let message = format!(
                    "`kubectl` takes this `{kind}` for a list, since it has `items`, and drops the rest"
                );
                let fault = Diagnostic::new(Code::M0302, entry.key_span, message);
                self.faults
                    .push(fault.help("remove `items`, or make it a `List`"));
            }
            let items = root
                .get("items")
                .map(|node| node.elements().to_vec())
                .unwrap_or_default();
            self.resource(api_version, kind, root);
            items
        };
        for item in items {
            if let Value::Mapping(_) = item.value {
                self.object(item, Some(&handed_on), true);
            } else {
                let message = format!("an item of the list is {}, not an object", item.type_name());
                self.faults
                    .push(Diagnostic::new(Code::M0302, item.span, message).help("write an object"));
            }
        }
    }

    fn resource(&mut self, api_version: String, kind: String, root: Node) {
        self.faults.extend(metadata::faults(&root));
        let metadata = |key: &str| root.path(["metadata", key]).and_then(scalar_text);
        let name = metadata("name")
            .filter(|name| !name.is_empty())
            .or_else(|| metadata("generateName"));
        if name.is_none() && needs_name(&api_version, &kind) {
            let place = match root.get("metadata") {
                Some(metadata) => metadata.span,
                None => root.span.at_start(),
            };
            self.faults.push(
                Diagnostic::new(Code::M0303, place, format!("the `{kind}` has no name"))
                    .help("set `metadata.name`"),
            );
        }
        self.resources.push(Resource {
            file: self.file,
            written: self.file,
            document: self.document,
            api_version,
            kind,
            name: name.unwrap_or_default(),
            namespace: metadata("namespace").filter(|namespace| !namespace.is_empty()),
            root,
        });
    }

    /// `apiVersion` and `kind`, with what is wrong with them.
    fn identity(&mut self, root: &Node, within_list: bool) -> (String, String) {
        let (version, kind) = (spelled(root, "apiVersion"), spelled(root, "kind"));
        for entry in root.entries() {
            for name in ["apiVersion", "kind"] {
                if &*entry.key != name && is_spelling(&entry.key, name) {
                    let message = format!("`{}` is not `{name}`: no cluster knows the key", entry.key);
                    self.faults.push(
                        Diagnostic::new(Code::M0301, entry.key_span, message)
                            .help(format!("write `{name}`"))
                            .fix(format!("write `{name}`"), false, entry.key_span, name),
                    );
                }
            }
        }
        let version_entry = version;
        let version = self.identifier(root, version_entry, "apiVersion", within_list);
        if let Some(entry) = version_entry
            && version.matches('/').count() > 1
        {
            let message = format!("`{version}` is no API version: it has more than one `/`");
            let fault = Diagnostic::new(Code::M0301, entry.value.span, message);
            self.faults.push(fault.help("write `group/version`, or `v1`"));
        }
        let kind_entry = kind;
        let kind = self.identifier(root, kind_entry, "kind", within_list);
        // Other APIs may call their kinds what they like.
        if let Some(entry) = kind_entry
            && kind.starts_with(|c: char| c.is_ascii_lowercase())
            && is_builtin(&version)
        {
            let mut proper = kind.clone();
            proper[..1].make_ascii_uppercase();
            self.faults.push(
                Diagnostic::new(
                    Code::M0301,
                    entry.value.span,
                    format!("no cluster knows the kind `{kind}`: kinds begin with a capital letter"),
                )
                .help(format!("write the kind as the API has it, such as `{proper}`")),
            );
        }
        (version, kind)
    }

    fn identifier(&mut self, root: &Node, entry: Option<&Entry>, name: &str, within_list: bool) -> String {
        let text = entry.and_then(|entry| scalar_text(&entry.value));
        match (entry, text) {
            (Some(entry), Some(text)) => {
                if text.is_empty() && name == "kind" {
                    let message = "`kind` is empty, so `kubectl` refuses the object";
                    let fault = Diagnostic::new(Code::M0301, entry.value.span, message);
                    self.faults.push(fault.help("write the kind as the API has it"));
                }
                if entry.value.as_str().is_none() {
                    let message = format!("`{name}` is {}, not a string", entry.value.type_name());
                    self.faults
                        .push(Diagnostic::new(Code::M0301, entry.value.span, message).help("write a string"));
                }
                text
            }
            (entry, _) => {
                let place = entry.map_or(root.span.at_start(), |entry| entry.key_span);
                let message = match entry {
                    Some(_) => format!("`{name}` has no value"),
                    None => format!("the object has no `{name}`"),
                };
                let help = format!("set `{name}`, or no cluster takes the object");
                let mut fault = Diagnostic::new(Code::M0301, place, message).help(help);
                if entry.is_none() && root.get("metadata").is_none() && !within_list {
                    // Most likely some other tool's file that happens to use the other key.
                    fault.severity = Severity::Low;
                }
                self.faults.push(fault);
                String::new()
            }
        }
    }
}

/// What a scalar says, whatever its type; nothing for null, lists and objects.
fn scalar_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) | Value::Unknown(text) | Value::Float(text) => Some(text.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Integer(value) => Some(value.to_string()),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) => None,
    }
}

/// The entry that an item gets from the list that it stands in.
fn handed_on(list: &Node, key: &str, text: &str) -> Entry {
    let place = spelled(list, key);
    Entry {
        key: key.into(),
        key_span: place.map_or(list.span.at_start(), |entry| entry.key_span),
        value: Node {
            span: place.map_or(list.span.at_start(), |entry| entry.value.span),
            value: Value::String(text.into()),
        },
    }
}

/// Gives an item the list's version and kind, if it has neither.
fn inherit(item: &mut Node, inherited: &Inherited) {
    let nothing_to_give = inherited.kind.value.as_str() == Some("");
    if nothing_to_give || spelled(item, "apiVersion").is_some() || spelled(item, "kind").is_some() {
        return;
    }
    if let Value::Mapping(mapping) = &mut item.value {
        let mut entries = vec![inherited.api_version.clone(), inherited.kind.clone()];
        entries.extend(std::mem::take(mapping).into_entries());
        *mapping = Mapping::of_unique(entries);
    }
}

fn take_items(root: &mut Node) -> Vec<Node> {
    let Value::Mapping(mapping) = &mut root.value else {
        return Vec::new();
    };
    let entries = std::mem::take(mapping).into_entries();
    let items = entries
        .into_iter()
        .find(|entry| &*entry.key == "items")
        .map(|entry| entry.value.value);
    match items {
        Some(Value::Sequence(nodes)) => nodes,
        _ => Vec::new(),
    }
}

/// Whether Kubernetes' own API has objects of this kind that a manifest names. Other APIs, and files that only
/// look like objects (`Config` of a kubeconfig), may do without.
fn needs_name(api_version: &str, kind: &str) -> bool {
    let nameless = ["Config", "Status"].contains(&kind)
        || ["List", "Review", "Options"]
            .iter()
            .any(|end| kind.ends_with(end));
    is_builtin(api_version) && !kind.is_empty() && !nameless
}

/// Whether an API version is one of Kubernetes' own that manifests are written in.
fn is_builtin(api_version: &str) -> bool {
    const GROUPS: [&str; 13] = [
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apps",
        "autoscaling",
        "batch",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "extensions",
        "networking.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    ];
    match api_version.split_once('/') {
        None => api_version == "v1",
        Some((group, _)) => GROUPS.contains(&group),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::parse;

    #[track_caller]
    fn check(text: &str, expected: Shape) {
        let parsed = parse::parse(FileId(0), text, false);
        assert_eq!(shape(&parsed.documents[0].readings[0], false), expected);
    }

    #[test]
    fn an_index_of_charts_is_no_object() {
        check(
            "apiVersion: v1\nentries: { web: [] }\ngenerated: now\n",
            Shape::Foreign,
        );
        check(
            "apiVersion: v1\nkind: ConfigMap\nentries: { web: [] }\n",
            Shape::Object,
        );
        check("apiVersion: v1\nKind: Pod\nentries: {}\n", Shape::Object);
        check("apiVersion: v1\nentries: []\n", Shape::Object);
        check("apiVersion: v1\nspec: {}\n", Shape::Object);
    }

    #[test]
    fn elements_of_a_bare_list_are_judged_if_they_were_meant_as_objects() {
        let text = "- {kind: Pod, metadata: {name: a}}\n- {apiVersion: v1}\n- {name: b}\n";
        let reading = super::super::read_text(
            crate::source::FileId(0),
            "a.yaml",
            text,
            super::super::Surroundings::default(),
        );
        let kinds: Vec<&str> = reading.resources.iter().map(|resource| &*resource.kind).collect();
        assert_eq!(kinds, ["Pod", ""]);
    }
}
