//! Repositories of texts, for the tests of this folder.

use super::{ObjectId, Repository, Settings};
use crate::manifest::{self, Resource};
use crate::schema::Schema;
use crate::source::{SourceFile, Sources};

/// What a [`Repository`] borrows from.
pub struct Fixture {
    pub sources: Sources,
    pub resources: Vec<Resource>,
    pub schema: Schema,
    pub settings: Settings,
}

impl Fixture {
    /// The objects of files of these names and texts.
    pub fn of_files(files: &[(&str, &str)]) -> Fixture {
        let mut fixture = Fixture {
            sources: Sources::new(),
            resources: Vec::new(),
            schema: Schema::default(),
            settings: Settings::default(),
        };
        for (path, text) in files {
            let file = fixture.sources.add(SourceFile::new(*path, *text));
            let text = &fixture.sources.file(file).text;
            let reading = manifest::read_text(file, path, text, manifest::Surroundings::default());
            fixture.resources.extend(reading.resources);
        }
        fixture.schema = fixture.schema.with_crds(&fixture.resources);
        fixture
    }

    /// The objects of one text.
    pub fn of(yaml: &str) -> Fixture {
        Fixture::of_files(&[("a.yaml", yaml)])
    }

    pub fn repository(&self) -> Repository<'_> {
        Repository::new(&self.sources, &self.resources, &self.schema, &self.settings)
    }
}

/// The object of that name.
pub fn named(repository: &Repository<'_>, name: &str) -> ObjectId {
    let found = repository
        .objects()
        .find(|id| repository.object(*id).resource.name == name);
    found.unwrap_or_else(|| panic!("there is no `{name}`"))
}
