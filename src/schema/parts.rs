//! Parts that the schemas of a file share: `{"$ref": N}` → the schema on line N.

use crate::manifest::{Node, Value, parse};
use crate::source::FileId;
use std::cell::OnceCell;

/// Lines with a schema each, which are read when they are first asked for.
#[derive(Default)]
pub(super) struct Parts {
    lines: Vec<(&'static str, OnceCell<Option<Node>>)>,
}

impl Parts {
    pub(super) fn new(text: &'static str) -> Parts {
        Parts {
            lines: text.lines().map(|line| (line, OnceCell::new())).collect(),
        }
    }

    /// The schema on a line.
    pub(super) fn get(&self, index: usize) -> Option<&Node> {
        let (text, node) = self.lines.get(index)?;
        let read = || {
            let document = parse(FileId(0), text, true).documents.pop()?;
            document.readings.into_iter().next()
        };
        node.get_or_init(read).as_ref()
    }

    /// The line that stands for a schema, if it does not stand for itself.
    pub(super) fn index(schema: &Node) -> Option<usize> {
        match schema.get("$ref")?.value {
            Value::Integer(index) => usize::try_from(index).ok(),
            _ => None,
        }
    }

    /// The schema itself.
    pub(super) fn resolve<'a>(&'a self, schema: &'a Node) -> &'a Node {
        Parts::index(schema)
            .and_then(|index| self.get(index))
            .unwrap_or(schema)
    }
}
