//! The library's own policies.

use super::{compile, schema};
use crate::semantics::{LibraryName, PolicyFile, analyse};
use crate::source::{SourceFile, Sources};
use crate::syntax::parse;

/// All packs and rules of the library.
pub(super) fn names() -> Vec<LibraryName> {
    let mut names: Vec<LibraryName> = Vec::new();
    for file in crate::stdlib::files() {
        if file.is_rule() {
            names.push(LibraryName {
                path: file.rule_path(),
                is_rule: true,
                peers: file.peers().collect(),
            });
        }
        if names.iter().all(|known| known.path != file.pack()) {
            names.push(LibraryName {
                path: file.pack(),
                is_rule: false,
                peers: Vec::new(),
            });
        }
    }
    names
}

/// A definition that gives types to what the library reads without.
const DEFINITION: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: peerauthentications.security.istio.io }
spec:
  group: security.istio.io
  names: { kind: PeerAuthentication, plural: peerauthentications }
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties: { mtls: { type: object, properties: { mode: { type: string } } } }
";

#[test]
fn the_library_means_the_same_whatever_definitions_a_repository_holds() {
    let mut sources = Sources::default();
    let file = sources.add(SourceFile::new("crd.yaml", DEFINITION));
    let resources = crate::manifest::read_text(file, "crd.yaml", DEFINITION, Default::default()).resources;
    let with_definition = schema().with_crds(&resources);
    let text = "rule mode {\n  for p in PeerAuthentication of security.istio.io\n  require p.spec.mtls.mode as String ?? \"\" == \"STRICT\"\n}\n";
    let faults = |pack: &str| {
        let mut sources = Sources::default();
        let id = sources.add(SourceFile::new("policy.ordain", text));
        let (tree, _) = parse(id, text);
        let file = PolicyFile {
            file: id,
            path: "policy.ordain",
            pack,
            text,
            tree: &tree,
            schema: if pack.is_empty() {
                &with_definition
            } else {
                schema()
            },
        };
        let (_, found) = analyse(&[file], &with_definition, &[]);
        found
            .iter()
            .map(|fault| fault.origin.id().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(faults("std.security"), [""; 0]);
    // One's own policies are checked against the definition.
    assert_eq!(faults(""), ["E0310"]);
}

#[test]
fn the_library_has_no_faults() {
    let files = crate::stdlib::files();
    let inputs: Vec<(String, String, &str)> = files
        .iter()
        .map(|file| (file.path(), file.pack(), file.text))
        .collect();
    let borrowed: Vec<(&str, &str, &str)> = inputs
        .iter()
        .map(|(path, pack, text)| (path.as_str(), pack.as_str(), *text))
        .collect();
    let (_, found) = compile(&borrowed, &[]);
    assert_eq!(found, "");
}
