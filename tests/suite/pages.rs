//! The page of each code: its first example produces the code, its mend does not.
//!
//! A stage that reports codes joins [`STAGES`]; from then on its pages are held to their word.

use ordain::codes::Code;
use ordain::diagnostic::Diagnostic;
use ordain::evaluate::rego::conftest::{Event, Policy, Task};
use ordain::manifest::{Surroundings, read_text};
use ordain::schema::{KubernetesVersion, Schema};
use ordain::source::{FileId, SourceFile, Sources};
use ordain::validate::Context;
use ordain::workspace::{Request, Workspace};
use ordain::world::Memory;

/// The codes of a stage, by how their identifiers start, and what it reports of an example.
struct Stage {
    codes: &'static str,
    /// The language of the examples.
    language: &'static str,
    report: fn(&str) -> Vec<Diagnostic>,
}

const STAGES: &[Stage] = &[
    Stage {
        codes: "E01",
        language: "ordain",
        report: |text| ordain::syntax::parse(FileId(0), text).1,
    },
    names_and_types("E02"),
    names_and_types("E03"),
    names_and_types("E040"),
    names_and_types("E041"),
    names_and_types("W000"),
    Stage {
        codes: "R01",
        language: "rego",
        report: judge,
    },
    Stage {
        codes: "S01",
        language: "yaml",
        report: validate,
    },
];

const fn names_and_types(codes: &'static str) -> Stage {
    Stage {
        codes,
        language: "ordain",
        report: compile,
    }
}

/// What is said of a policy, as `ordain check` reads it with what it uses.
fn compile(text: &str) -> Vec<Diagnostic> {
    let request = Request {
        paths: vec!["manifests".into()],
        policies: vec!["policy.ordain".into()],
        ..Request::default()
    };
    let world = Memory::of([("policy.ordain", text), ("manifests/none.yaml", "")]);
    Workspace::open(&world, &request).unwrap().faults
}

/// What is said of a policy of Rego that judges an empty document.
fn judge(text: &str) -> Vec<Diagnostic> {
    let task = Task {
        policies: vec![Policy {
            path: "policy.rego".to_string(),
            text: text.to_string(),
        }],
        data: serde_json::json!({}),
        namespaces: Vec::new(),
        documents: vec![serde_json::json!({})],
    };
    let mut said = Vec::new();
    let place = ordain::source::Span::new(FileId(0), 0, 0);
    ordain::evaluate::rego::conftest::run(&task, &mut |event| match event {
        Event::Refused(refusals) => said.extend(
            refusals
                .iter()
                .filter_map(|refusal| Some(Diagnostic::new(Code::of_id(&refusal.code)?, place, ""))),
        ),
        Event::NoFinding(_) => said.push(Diagnostic::new(Code::R0106, place, "")),
        _ => {}
    });
    said
}

/// What is said of a manifest in an old and in the newest release of Kubernetes.
fn validate(text: &str) -> Vec<Diagnostic> {
    let mut sources = Sources::new();
    let file = sources.add(SourceFile::new("manifest.yaml", text));
    let reading = read_text(file, "manifest.yaml", text, Surroundings::default());
    let releases = [KubernetesVersion::of_minor(26), KubernetesVersion::NEWEST];
    let said = releases.into_iter().flat_map(|release| {
        let schema = Schema::of(release);
        let context = Context {
            schema: &schema,
            sources: &sources,
            substitutes: false,
            is_template: false,
        };
        let resources = reading.resources.iter();
        let said: Vec<_> = resources
            .flat_map(|resource| ordain::validate::validate(resource, context))
            .collect();
        said
    });
    said.collect()
}

/// The first block of a page with exactly this language.
fn block<'p>(page: &'p str, language: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(&format!("```{language}\n"))?;
    rest.split_once("```").map(|(block, _)| block)
}

#[test]
fn examples_produce_their_code_and_mends_do_not() {
    for stage in STAGES {
        for code in Code::ALL.iter().filter(|code| code.id().starts_with(stage.codes)) {
            let id = code.id();
            let reports = |language: &str| {
                let Some(example) = block(code.page(), language) else {
                    panic!("the page of {id} has no ```{language} block");
                };
                (stage.report)(example)
                    .iter()
                    .any(|diagnostic| diagnostic.origin.id() == id)
            };
            assert!(reports(stage.language), "the example of {id} does not produce it");
            let mend = format!("{},good", stage.language);
            assert!(!reports(&mend), "the mend of {id} still produces it");
        }
    }
}

#[test]
fn every_page_starts_with_its_code_and_title() {
    for code in Code::ALL {
        let heading = format!("# {}: {}\n", code.id(), code.title());
        assert!(
            code.page().starts_with(&heading),
            "the page of {} starts otherwise",
            code.id()
        );
    }
}
