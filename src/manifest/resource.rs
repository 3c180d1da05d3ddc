//! A Kubernetes object of the repository.

use super::Node;
use crate::diagnostic::ObjectReference;
use crate::source::FileId;

/// One object: a document of a file, or an item of a `List` document.
#[derive(Debug, Clone)]
pub struct Resource {
    /// The file it stands in.
    pub file: FileId,
    /// The file that people wrote it in: the same, unless it was rendered.
    pub written: FileId,
    /// The document of the file, from 0.
    pub document: u32,
    /// `apiVersion` as written.
    pub api_version: String,
    /// `kind` as written.
    pub kind: String,
    /// `metadata.name`, or `generateName` where there is no name; empty if neither.
    pub name: String,
    /// `metadata.namespace` as written.
    pub namespace: Option<String>,
    /// The whole object.
    pub root: Node,
}

impl Resource {
    /// The API group: what stands before the `/` of `apiVersion`, empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// The API version without its group.
    pub fn version(&self) -> &str {
        self.api_version
            .split_once('/')
            .map_or(self.api_version.as_str(), |(_, version)| version)
    }

    /// How findings name it. `namespace` is the one that rules see.
    pub fn reference(&self, namespace: &str) -> ObjectReference {
        ObjectReference {
            api_version: self.api_version.clone(),
            kind: self.kind.clone(),
            name: self.name.clone(),
            namespace: namespace.to_string(),
        }
    }
}
