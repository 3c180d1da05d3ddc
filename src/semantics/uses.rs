//! `use` and `pack`: which rules are in force.
//!
//! In: the program and the ids of its rules. Out: all packs with their rules, the ids adopted, and a
//! diagnostic for each `use` of something that there is not.

use super::program::{ModuleId, Program, dotted};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::Pack;
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::ast::{self, Declaration, Item, UseTarget};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the `use`s of a run come to.
pub(super) struct Uses {
    pub(super) packs: Vec<Pack>,
    pub(super) adopted: BTreeSet<Arc<str>>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// What a dotted path can mean.
#[derive(Default)]
struct Names<'a> {
    /// Rules by the packs of their files, those of the library that were not loaded included.
    of_pack: BTreeMap<&'a str, BTreeSet<Arc<str>>>,
    /// Presets that `pack` declares, by name.
    presets: BTreeMap<String, Preset<'a>>,
    /// Rules by the other tools for whose checks they stand, again with those that were not loaded.
    of_peer: BTreeMap<&'a str, BTreeSet<Arc<str>>>,
}

struct Preset<'a> {
    module: ModuleId,
    pack: &'a ast::Pack,
    title: String,
    span: Span,
}

/// Resolves all `use`s. `rules` are all that were declared, with the file of each.
pub(super) fn resolve(program: &Program, rules: &[(Arc<str>, ModuleId)]) -> Uses {
    let mut diagnostics = Vec::new();
    let names = collect(program, rules, &mut diagnostics);
    let resolver = Resolver {
        program,
        names,
        rules,
    };
    let mut adopted = BTreeSet::new();
    for (module, file) in program.files.iter().enumerate() {
        for item in &file.tree.items {
            match &item.declaration {
                Declaration::Use(used) => {
                    let (rules, faults) = resolver.meaning(module, used, &mut Vec::new());
                    diagnostics.extend(faults);
                    if file.pack.is_empty() {
                        adopted.extend(rules);
                    }
                }
                Declaration::Pack(pack) => {
                    for used in &pack.uses {
                        let (_, faults) = resolver.meaning(module, used, &mut vec![dotted(&pack.path)]);
                        diagnostics.extend(faults);
                    }
                }
                _ => {}
            }
        }
    }
    for (id, module) in rules {
        if program.is_own(*module) {
            adopted.insert(id.clone());
        }
    }
    Uses {
        packs: resolver.packs(),
        adopted,
        diagnostics,
    }
}

fn collect<'a>(
    program: &Program<'a>,
    rules: &[(Arc<str>, ModuleId)],
    diagnostics: &mut Vec<Diagnostic>,
) -> Names<'a> {
    let mut names = Names::default();
    for file in program.files {
        if !file.pack.is_empty() {
            names.of_pack.entry(file.pack).or_default();
        }
    }
    for (id, module) in rules {
        let pack = program.files[*module].pack;
        if !pack.is_empty() {
            names.of_pack.entry(pack).or_default().insert(id.clone());
        }
    }
    for known in program.library.iter().filter(|known| known.is_rule) {
        if let Some((pack, id)) = known.path.rsplit_once('.') {
            let id: Arc<str> = Arc::from(id);
            for peer in &known.peers {
                names.of_peer.entry(peer).or_default().insert(id.clone());
            }
            names.of_pack.entry(pack).or_default().insert(id);
        }
    }
    for (module, file) in program.files.iter().enumerate() {
        for item in &file.tree.items {
            if let Declaration::Rule(rule) = &item.declaration {
                for peer in peers(rule) {
                    let id = Arc::from(rule.name.text.as_str());
                    names.of_peer.entry(peer).or_default().insert(id);
                }
            }
            let Declaration::Pack(pack) = &item.declaration else {
                continue;
            };
            let Some(span) = path_span(&pack.path) else {
                continue;
            };
            let name = dotted(&pack.path);
            if let Some(before) = names.presets.get(&name) {
                diagnostics.push(
                    Diagnostic::new(
                        Code::E0202,
                        span,
                        format!("the pack `{name}` is declared already"),
                    )
                    .with(before.span, "here")
                    .help("choose another name"),
                );
                continue;
            }
            let title = title(item);
            names.presets.insert(
                name,
                Preset {
                    module,
                    pack,
                    title,
                    span,
                },
            );
        }
    }
    names
}

/// The other tools for whose checks a rule stands.
fn peers(rule: &ast::Rule) -> impl Iterator<Item = &str> {
    rule.metadata.iter().filter_map(|line| match line {
        ast::Metadata::Replaces(replaces) => Some(replaces.check.value.split_once('/')?.0),
        _ => None,
    })
}

fn title(item: &Item) -> String {
    item.documentation
        .first()
        .map_or(String::new(), |line| line.trim().trim_end_matches('.').to_owned())
}

fn path_span(path: &[ast::Name]) -> Option<Span> {
    Some(path.first()?.span.to(path.last()?.span))
}

struct Resolver<'a> {
    program: &'a Program<'a>,
    names: Names<'a>,
    rules: &'a [(Arc<str>, ModuleId)],
}

impl Resolver<'_> {
    /// The rules that a `use` adopts, and what is wrong with it. `open` are the presets being resolved, so that a
    /// circle ends.
    fn meaning(
        &self,
        module: ModuleId,
        used: &ast::Use,
        open: &mut Vec<String>,
    ) -> (BTreeSet<Arc<str>>, Vec<Diagnostic>) {
        let mut rules = match self.target(module, used, open) {
            Ok(rules) => rules,
            // What it leaves out can't be held against what it would adopt.
            Err(diagnostic) => return (BTreeSet::new(), vec![*diagnostic]),
        };
        let mut diagnostics = Vec::new();
        for path in used.except.iter().flat_map(|exclusion| &exclusion.paths) {
            let Some(span) = path_span(path) else { continue };
            let name = dotted(path);
            match self.path(&name, span, open) {
                Ok(excluded) => {
                    let before = rules.len();
                    rules.retain(|rule| !excluded.contains(rule));
                    if rules.len() == before {
                        diagnostics.push(
                            Diagnostic::new(
                                Code::W0008,
                                span,
                                format!("`{name}` is not among what this adopts"),
                            )
                            .with(used.span, "what is adopted here")
                            .help("remove it"),
                        );
                    }
                }
                Err(diagnostic) => diagnostics.push(*diagnostic),
            }
        }
        (rules, diagnostics)
    }

    /// The rules that the target of a `use` stands for.
    fn target(
        &self,
        module: ModuleId,
        used: &ast::Use,
        open: &mut Vec<String>,
    ) -> Result<BTreeSet<Arc<str>>, Box<Diagnostic>> {
        match &used.target {
            UseTarget::File(text) => match self.program.file_at(module, &text.value) {
                Some(file) => Ok(self
                    .rules
                    .iter()
                    .filter(|(_, of)| *of == file)
                    .map(|(id, _)| id.clone())
                    .collect()),
                None => Err(Box::new(
                    Diagnostic::new(
                        Code::E0204,
                        text.span,
                        format!("the policy file `{}` was not found", text.value),
                    )
                    .help("the path starts at the folder of this file and stays within the policies"),
                )),
            },
            UseTarget::Path(path) => self.path(&dotted(path), used.span, open),
            UseTarget::Peer(peer) => match self.names.of_peer.get(peer.value.as_str()) {
                Some(rules) => Ok(rules.clone()),
                None => Err(Box::new(self.unknown_peer(peer))),
            },
        }
    }

    fn path(
        &self,
        name: &str,
        span: Span,
        open: &mut Vec<String>,
    ) -> Result<BTreeSet<Arc<str>>, Box<Diagnostic>> {
        if let Some(preset) = self.names.presets.get(name) {
            if open.iter().any(|known| known == name) {
                return Err(Box::new(
                    Diagnostic::new(Code::E0205, span, format!("the pack `{name}` uses itself"))
                        .with(preset.span, "declared here")
                        .help("remove the `use`"),
                ));
            }
            open.push(name.to_owned());
            let mut rules = BTreeSet::new();
            for used in &preset.pack.uses {
                // What is wrong in the preset is reported where it is declared.
                rules.extend(self.meaning(preset.module, used, open).0);
            }
            open.pop();
            return Ok(rules);
        }
        if let Some(rules) = self.names.of_pack.get(name) {
            return Ok(rules.clone());
        }
        if let Some((pack, rule)) = name.rsplit_once('.')
            && let Some(rules) = self.names.of_pack.get(pack)
            && let Some(id) = rules.get(rule)
        {
            return Ok(BTreeSet::from([id.clone()]));
        }
        if let Some(known) = self.program.library.iter().find(|known| known.path == name) {
            let rule = known.path.rsplit('.').next().filter(|_| known.is_rule);
            return Ok(rule.map(Arc::from).into_iter().collect());
        }
        Err(Box::new(self.unknown(name, span)))
    }

    fn unknown(&self, name: &str, span: Span) -> Diagnostic {
        let mut known: Vec<String> = self.names.presets.keys().cloned().collect();
        known.extend(self.names.of_pack.keys().map(|pack| (*pack).to_owned()));
        for (pack, rules) in &self.names.of_pack {
            known.extend(rules.iter().map(|rule| format!("{pack}.{rule}")));
        }
        known.extend(self.program.library.iter().map(|known| known.path.clone()));
        let diagnostic = Diagnostic::new(Code::E0204, span, format!("there is no pack or rule `{name}`"));
        // A rule's bare name, or its name behind the wrong pack, tells which rule is meant.
        let last = name.rsplit('.').next().unwrap_or(name);
        let same = known.iter().find(|path| path.rsplit('.').next() == Some(last));
        match same
            .map(String::as_str)
            .or_else(|| nearest(name, known.iter().map(String::as_str)))
        {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                format!("write `{near}`"),
                true,
                span,
                near,
            ),
            None => diagnostic.help("`ordain rules` lists the library"),
        }
    }

    fn unknown_peer(&self, peer: &ast::Text) -> Diagnostic {
        let message = format!("no rule replaces a check of `{}`", peer.value);
        let diagnostic = Diagnostic::new(Code::E0204, peer.span, message);
        match nearest(&peer.value, self.names.of_peer.keys().copied()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(
                format!("write \"{near}\""),
                true,
                peer.span,
                format!("\"{near}\""),
            ),
            None => {
                let known: Vec<&str> = self.names.of_peer.keys().copied().collect();
                diagnostic.help(format!(
                    "the tools whose checks rules replace: {}",
                    known.join(", ")
                ))
            }
        }
    }

    fn packs(&self) -> Vec<Pack> {
        let folders = self.names.of_pack.iter().map(|(name, rules)| Pack {
            name: Arc::from(*name),
            title: String::new(),
            rules: rules.iter().cloned().collect(),
            span: None,
        });
        let presets = self.names.presets.iter().map(|(name, preset)| Pack {
            name: Arc::from(name.as_str()),
            title: preset.title.clone(),
            rules: self
                .path(name, preset.span, &mut Vec::new())
                .unwrap_or_default()
                .into_iter()
                .collect(),
            span: Some(preset.span),
        });
        let mut packs: Vec<Pack> = folders
            .filter(|folder| !self.names.presets.contains_key(&*folder.name))
            .chain(presets)
            .collect();
        packs.sort_by(|a, b| a.name.cmp(&b.name));
        packs
    }
}
