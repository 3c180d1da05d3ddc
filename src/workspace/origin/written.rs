//! Where a part of a rendered object was written: in the object of the base, or in a patch.
//!
//! In: the rendered object, the one that it was made from, the patches of the overlay. Out: the bytes that say it.

use super::Place;
use crate::manifest::{Node, Value, parse};
use crate::source::{FileId, Sources, Span};

/// A patch of an overlay.
#[derive(Debug)]
pub(in crate::workspace) struct Patch {
    /// The kind that it changes, if it says so.
    kind: Option<Box<str>>,
    /// The name that it changes, if it says so without a pattern.
    name: Option<Box<str>>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// A part of an object.
    Merge(Node),
    /// JSON Patch.
    Operations(Vec<Node>),
    /// Either, in the text of a kustomization: all of it is the place.
    Inline(Span, Box<Form>),
    /// A field that a kustomization sets by a setting of its own.
    Field(&'static [&'static str], Span),
    /// Images of this name.
    Image(Box<str>, Span),
}

/// A way down into an object.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Key(&'a str),
    Element(&'a Node, usize),
}

/// What stands at the end of a way.
#[derive(Debug, Clone, Copy)]
struct Spot<'a> {
    node: &'a Node,
    key: Option<Span>,
}

/// The place of a span of the rendered object. What is empty there, as the start of the whole, is empty here.
pub(super) fn place(rendered: &Node, written: &Node, patches: &[Patch], span: Span) -> Place {
    let mut place = filled(rendered, written, patches, span);
    if span.start == span.end {
        place.span = place.span.at_start();
    }
    place
}

fn filled(rendered: &Node, written: &Node, patches: &[Patch], span: Span) -> Place {
    let mut steps = Vec::new();
    let (node, is_key) = find(rendered, span, &mut steps);
    let exact = |span: Span| Place { span, exact: true };
    let name = name_of(written);
    if matches!(steps.as_slice(), [Step::Key("metadata"), Step::Key("name")]) || steps.is_empty() {
        return exact(name);
    }
    if let Some(spot) = follow(written, &steps) {
        let is_scalar = !matches!(node.value, Value::Mapping(_) | Value::Sequence(_));
        match spot.key {
            Some(key) if is_key => return exact(key),
            _ if !is_scalar || spot.node.same_value(node) => return exact(spot.node.span),
            _ => {}
        }
    }
    let kind = rendered.get("kind").and_then(Node::as_str);
    let named = [written, rendered].map(|node| node.path(["metadata", "name"]).and_then(Node::as_str));
    let applies = |patch: &&Patch| {
        let is_of = |own: &Option<Box<str>>, given: &[Option<&str>]| {
            own.as_deref().is_none_or(|own| given.contains(&Some(own)))
        };
        is_of(&patch.kind, &[kind]) && is_of(&patch.name, &named)
    };
    // The last patch counts.
    let patched = patches
        .iter()
        .rev()
        .filter(applies)
        .find_map(|patch| patch.form.place(&steps, node, is_key));
    patched.map_or(
        Place {
            span: name,
            exact: false,
        },
        exact,
    )
}

/// The bytes of the scalar that a scalar of the rendered object is, if it was not changed on the way.
pub(super) fn same_scalar(rendered: &Node, written: &Node, span: Span) -> Option<Span> {
    let mut steps = Vec::new();
    let (node, is_key) = find(rendered, span, &mut steps);
    let is_scalar = !matches!(node.value, Value::Mapping(_) | Value::Sequence(_) | Value::Null);
    let spot = follow(written, &steps)?;
    let is_same = !is_key && node.span == span && is_scalar && spot.node.same_value(node);
    is_same.then_some(spot.node.span)
}

/// The way to the innermost node that a span lies in, and whether it lies in that node's key.
fn find<'a>(root: &'a Node, span: Span, steps: &mut Vec<Step<'a>>) -> (&'a Node, bool) {
    let holds = |outer: Span| outer.start <= span.start && span.end <= outer.end;
    let mut node = root;
    'down: loop {
        if node.span == span {
            return (node, false);
        }
        for entry in node.entries() {
            if holds(entry.key_span) {
                steps.push(Step::Key(&entry.key));
                return (&entry.value, true);
            }
            if holds(entry.value.span) {
                steps.push(Step::Key(&entry.key));
                node = &entry.value;
                continue 'down;
            }
        }
        for (index, element) in node.elements().iter().enumerate() {
            if holds(element.span) {
                steps.push(Step::Element(element, index));
                node = element;
                continue 'down;
            }
        }
        return (node, false);
    }
}

/// What stands at the end of the same way in another object.
fn follow<'a>(root: &'a Node, steps: &[Step<'_>]) -> Option<Spot<'a>> {
    let start = Spot {
        node: root,
        key: None,
    };
    steps.iter().try_fold(start, |spot, step| match step {
        Step::Key(key) => spot
            .node
            .entries()
            .iter()
            .find(|entry| *entry.key == **key)
            .map(|entry| Spot {
                node: &entry.value,
                key: Some(entry.key_span),
            }),
        Step::Element(element, _) => twin(spot.node.elements(), element).map(|node| Spot { node, key: None }),
    })
}

/// The element of a list that another list's is: the one that has the same name, port or path, or says the same.
fn twin<'a>(elements: &'a [Node], wanted: &Node) -> Option<&'a Node> {
    const NAMES: [&str; 10] = [
        "name",
        "mountPath",
        "containerPort",
        "port",
        "key",
        "devicePath",
        "topologyKey",
        "type",
        "ip",
        "path",
    ];
    for name in NAMES {
        let Some(value) = wanted.get(name) else {
            continue;
        };
        let mut same = elements
            .iter()
            .filter(|element| element.get(name).is_some_and(|own| own.same_value(value)));
        if let (Some(only), None) = (same.next(), same.next()) {
            return Some(only);
        }
    }
    let mut same = elements.iter().filter(|element| element.same_value(wanted));
    match (same.next(), same.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// The bytes that name an object.
fn name_of(root: &Node) -> Span {
    let metadata = |key: &str| root.path(["metadata", key]).map(|node| node.span);
    metadata("name")
        .or_else(|| metadata("generateName"))
        .or_else(|| root.get("kind").map(|node| node.span))
        .unwrap_or(root.span.at_start())
}

impl Form {
    /// Where the patch sets what stands at the end of the way.
    fn place(&self, steps: &[Step<'_>], node: &Node, is_key: bool) -> Option<Span> {
        match self {
            Form::Inline(span, form) => form.place(steps, node, is_key).map(|_| *span),
            Form::Field(path, span) => {
                let goes = |(key, step): (&&str, &Step<'_>)| matches!(step, Step::Key(own) if own == key);
                (path.len() == steps.len() && path.iter().zip(steps).all(goes)).then_some(*span)
            }
            Form::Image(name, span) => {
                let is_image = matches!(steps.last(), Some(Step::Key("image")));
                (is_image && !is_key && repository(node.as_str()?) == &**name).then_some(*span)
            }
            Form::Merge(root) => {
                let spot = follow(root, steps)?;
                match spot.key {
                    Some(key) if is_key => Some(key),
                    _ => spot.node.same_value(node).then_some(spot.node.span),
                }
            }
            Form::Operations(operations) => operations.iter().rev().find_map(|operation| {
                let path = operation.get("path")?.as_str()?;
                let value = operation.get("value")?;
                let depth = leads_to(path, steps)?;
                let spot = follow(value, &steps[depth..])?;
                match spot.key {
                    Some(key) if is_key => Some(key),
                    _ => spot.node.same_value(node).then_some(spot.node.span),
                }
            }),
        }
    }
}

/// How many steps of a way a JSON Pointer goes, if it goes that way.
fn leads_to(pointer: &str, steps: &[Step<'_>]) -> Option<usize> {
    let parts: Vec<String> = pointer
        .split('/')
        .skip(1)
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect();
    let goes = parts.len() <= steps.len()
        && parts.iter().zip(steps).all(|(part, step)| match step {
            Step::Key(key) => part == key,
            Step::Element(_, index) => part == "-" || part.parse() == Ok(*index),
        });
    goes.then_some(parts.len())
}

/// An image without its tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

/// What a kustomization sets without patches.
fn settings(kustomization: &Node) -> Vec<Patch> {
    let list = |key: &str| kustomization.get(key).map(Node::elements).unwrap_or_default();
    let patch = |name: Option<&str>, form: Form| Patch {
        kind: None,
        name: name.map(Into::into),
        form,
    };
    let mut settings = Vec::new();
    if let Some(namespace) = kustomization.get("namespace") {
        settings.push(patch(
            None,
            Form::Field(&["metadata", "namespace"], namespace.span),
        ));
    }
    for entry in list("replicas") {
        if let (Some(name), Some(count)) = (entry.get("name").and_then(Node::as_str), entry.get("count")) {
            settings.push(patch(Some(name), Form::Field(&["spec", "replicas"], count.span)));
        }
    }
    for entry in list("images") {
        let word = |key: &str| entry.get(key).and_then(Node::as_str);
        let set = ["newTag", "digest", "newName"]
            .into_iter()
            .find_map(|key| entry.get(key));
        if let (Some(name), Some(set)) = (word("newName").or(word("name")), set) {
            settings.push(patch(None, Form::Image(name.into(), set.span)));
        }
    }
    settings
}

/// What a kustomization changes: by its own settings, by patches in its own text, and by those in files, which
/// `file` reads.
pub(in crate::workspace) fn patches_of<'a>(
    kustomization: &Node,
    sources: &Sources,
    file: impl Fn(&str) -> Option<&'a [Node]>,
) -> Vec<Patch> {
    let mut patches = settings(kustomization);
    let list = |key: &str| kustomization.get(key).map(Node::elements).unwrap_or_default();
    for entry in list("patches").iter().chain(list("patchesJson6902")) {
        let target = |key: &str| {
            let word = entry.path(["target", key]).and_then(Node::as_str)?;
            // Targets are patterns; one that is more than a word is taken to fit.
            let is_word = word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
            is_word.then(|| word.into())
        };
        let (kind, name) = (target("kind"), target("name"));
        let has_target = entry.get("target").is_some();
        let mut add = |form: Form| {
            patches.push(match has_target {
                true => Patch {
                    kind: kind.clone(),
                    name: name.clone(),
                    form,
                },
                false => Patch::of(form),
            });
        };
        if let Some(path) = entry.get("path").and_then(Node::as_str) {
            file(path).unwrap_or_default().iter().map(form).for_each(&mut add);
        }
        if let Some(text) = entry.get("patch") {
            inline(text, sources).into_iter().for_each(&mut add);
        }
    }
    for entry in list("patchesStrategicMerge") {
        let Some(text) = entry.as_str() else {
            continue;
        };
        let forms: Vec<Form> = match text.contains('\n') {
            true => inline(entry, sources),
            false => file(text).unwrap_or_default().iter().map(form).collect(),
        };
        patches.extend(forms.into_iter().map(Patch::of));
    }
    patches
}

impl Patch {
    /// A patch that says itself what it changes.
    fn of(form: Form) -> Patch {
        let merged = match &form {
            Form::Inline(_, form) => form,
            form => form,
        };
        let word = |keys: &[&str]| match merged {
            Form::Merge(root) => root
                .path(keys.iter().copied())
                .and_then(Node::as_str)
                .map(Into::into),
            _ => None,
        };
        Patch {
            kind: word(&["kind"]),
            name: word(&["metadata", "name"]),
            form,
        }
    }
}

fn form(node: &Node) -> Form {
    match &node.value {
        Value::Sequence(operations) => Form::Operations(operations.clone()),
        _ => Form::Merge(node.clone()),
    }
}

/// The patches in the text of a kustomization. Their bytes are those of its first line, which names them.
fn inline(text: &Node, sources: &Sources) -> Vec<Form> {
    let Some(content) = text.as_str() else {
        return Vec::new();
    };
    let whole = sources.text(text.span);
    let first = whole.lines().next().unwrap_or_default().len();
    let place = Span::new(
        text.span.file,
        text.span.start as usize,
        text.span.start as usize + first,
    );
    let parsed = parse(FileId(0), content, false);
    parsed
        .documents
        .into_iter()
        .filter_map(|document| document.readings.into_iter().next())
        .map(|node| Form::Inline(place, Box::new(form(&node))))
        .collect()
}
