//! YAML and JSON text → nodes with spans → Kubernetes objects.

mod account;
mod faults;
mod json;
mod kustomize;
mod metadata;
mod node;
mod objects;
mod parse;
mod read;
mod resource;
mod template;
mod unevaluated;

pub use account::{Account, Fate, FileAccount, PassedOver, Reason, Unevaluated};
pub use json::to_json;
pub use kustomize::{Patches, has_inline_patches, is_kustomization};
pub use node::{Entry, Mapping, Node, Value};
pub use parse::{Decoded, Document, MAXIMUM_DEPTH, Parsed, decode, encode, parse};
pub use read::{FileReading, Surroundings, classify, is_json, is_manifest, read_text};
pub use resource::Resource;
pub use unevaluated::{Group, finding as unevaluated_finding};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
