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

/// Rules read any field of tools' kinds, whose releases differ; but what they read is there, and of the type
/// that they ask for: against a release's schema, all that is to be said of a cast is that it is not needed.
#[test]
fn the_library_reads_fields_that_tools_have() {
    let typed = schema().with_tools();
    let files = crate::stdlib::files();
    let mut sources = Sources::default();
    let trees: Vec<_> = files
        .iter()
        .map(|file| {
            let id = sources.add(SourceFile::new(file.path(), file.text));
            (id, parse(id, file.text).0)
        })
        .collect();
    let paths: Vec<(String, String)> = files.iter().map(|file| (file.path(), file.pack())).collect();
    let inputs: Vec<PolicyFile> = trees
        .iter()
        .zip(files.iter().zip(&paths))
        .map(|((id, tree), (file, (path, pack)))| PolicyFile {
            file: *id,
            path,
            pack,
            text: file.text,
            tree,
            schema: &typed,
        })
        .collect();
    let (_, found) = analyse(&inputs, &typed, &[]);
    let is_needless = |message: &str| {
        message.ends_with(" already")
            || ["[Any]", "{String: Any}"]
                .iter()
                .any(|any| message.ends_with(&format!("is never a {any}")))
    };
    let wrong: Vec<String> = found
        .iter()
        .map(|fault| (fault.origin.id(), &*fault.message))
        // A parameter that only such a cast reads looks as if nothing read it.
        .filter(|(code, message)| *code != "E0208" && !(*code == "E0310" && is_needless(message)))
        // The language has no literal of a struct: a mend writes a map, whose keys are those of the struct.
        .filter(|(code, message)| {
            !(*code == "E0301" && message.ends_with("as the value of the field, found [{String: String}]"))
        })
        .map(|(code, message)| format!("{code} {message}"))
        .collect();
    assert_eq!(wrong, [""; 0]);
}
