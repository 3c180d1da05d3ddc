//! Settings → the compiled policies as they hold in this repository.
//!
//! In: severities and values of parameters, from `ordain.toml` and from the command line. Out: rules
//! that have them, and the ids of those that are in force. A setting that names nothing is a fault.

use super::configuration::Configuration;
use super::{Impossible, Request};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::estimate::{Choice, Estimator};
use crate::ir::{PolicySet, Rule};
use crate::source::Span;
use crate::stdlib;
use crate::suggest;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Applies the configuration. What is wrong with it is reported at its place.
pub fn configure(policies: &mut PolicySet, configuration: &Configuration) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    for (rule, severity) in &configuration.severities {
        match (find(policies, &rule.value), severity) {
            (Ok(found), Some(severity)) => found.severity = *severity,
            (Ok(found), None) => {
                let id = found.id.clone();
                policies.adopted.remove(&id);
            }
            (Err(help), _) => faults.push(
                Diagnostic::new(
                    Code::C0104,
                    rule.span,
                    format!("there is no rule `{}`", rule.value),
                )
                .help(help),
            ),
        }
    }
    for (name, value) in &configuration.parameters {
        if let Err(fault) = set(policies, &name.value, &value.value) {
            // What is no parameter stands before the `=`, and a value that it can't have behind it.
            let place = match fault.code {
                Code::C0103 => value.span,
                _ => name.span,
            };
            faults.push(fault.at(place));
        }
    }
    faults
}

/// The tables and assumptions that the configuration selects; the default ones where it selects wrongly.
pub fn estimator(configuration: &Configuration, faults: &mut Vec<Diagnostic>) -> Estimator {
    let settings = &configuration.estimate;
    let choice = |name| settings.get(name).map(|setting| setting.value.clone());
    let choices = Choice {
        prices: choice("prices"),
        provider: choice("provider"),
        region: choice("region"),
        utilisation: choice("utilisation"),
        gpu: choice("gpu"),
    };
    Estimator::new(&choices).unwrap_or_else(|wrong| {
        for wrong in wrong {
            let setting = settings
                .get(wrong.setting)
                .or(settings.choices.first().map(|(_, own)| own));
            if let Some(setting) = setting {
                faults.push(Diagnostic::new(Code::C0104, setting.span, wrong.message).help(wrong.help));
            }
        }
        Estimator::standard().clone()
    })
}

/// Applies the wishes of a run: values of parameters, and which rules to hold against the manifests.
pub fn choose(policies: &mut PolicySet, request: &Request) -> Result<BTreeSet<Arc<str>>, Impossible> {
    for (name, value) in &request.parameters {
        set(policies, name, value)
            .map_err(|fault| Impossible(format!("--param {name}: {}", fault.sentence())))?;
    }
    if request.only.is_empty() {
        return Ok(policies.adopted.clone());
    }
    let mut active = BTreeSet::new();
    // Codes of manifests are held without rules.
    let is_rule = |id: &&String| !Code::of_id(id).is_some_and(Code::is_of_manifests);
    for id in request.only.iter().filter(is_rule) {
        match find(policies, id) {
            Ok(rule) => active.insert(rule.id.clone()),
            Err(help) => return Err(Impossible(format!("--only: there is no rule `{id}`; {help}"))),
        };
    }
    Ok(active)
}

/// What is wrong with a value of a parameter.
struct Fault {
    code: Code,
    message: String,
    help: String,
}

impl Fault {
    fn sentence(&self) -> String {
        if self.help.is_empty() {
            self.message.clone()
        } else {
            format!("{}; {}", self.message, self.help)
        }
    }

    fn at(self, place: Span) -> Diagnostic {
        let diagnostic = Diagnostic::new(self.code, place, self.message);
        if self.help.is_empty() {
            diagnostic
        } else {
            diagnostic.help(self.help)
        }
    }
}

/// Sets the parameter that `RULE.NAME` addresses.
fn set(policies: &mut PolicySet, address: &str, value: &Value) -> Result<(), Fault> {
    let missing = |message: String, help: String| Fault {
        code: Code::C0104,
        message,
        help,
    };
    let Some((id, name)) = address.rsplit_once('.') else {
        let message = format!("`{address}` names no parameter");
        return Err(missing(message, "write it as RULE.NAME".to_string()));
    };
    let rule = find(policies, id).map_err(|help| missing(format!("there is no rule `{id}`"), help))?;
    let names: Vec<Arc<str>> = rule.parameters.iter().map(|own| own.name.clone()).collect();
    let Some(parameter) = rule.parameters.iter_mut().find(|own| &*own.name == name) else {
        let names = names.iter().map(AsRef::as_ref);
        let help = match suggest::nearest(name, names.clone()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None if names.len() == 0 => "it has none".to_string(),
            None => format!("its parameters are {}", suggest::list(names)),
        };
        return Err(missing(
            format!("the rule `{id}` has no parameter `{name}`"),
            help,
        ));
    };
    match parameter.read(value) {
        Ok(constant) => {
            parameter.value = constant;
            Ok(())
        }
        Err(message) => Err(Fault {
            code: Code::C0103,
            message,
            help: String::new(),
        }),
    }
}

/// The rule of that id; else what to do instead.
fn find<'a>(policies: &'a mut PolicySet, id: &str) -> Result<&'a mut Rule, String> {
    if let Some(index) = policies.rules.iter().position(|rule| &*rule.id == id) {
        return Ok(&mut policies.rules[index]);
    }
    let library = stdlib::files();
    let names = library.iter().filter(|file| file.is_rule()).map(|file| file.name);
    let own = policies.rules.iter().map(|rule| &*rule.id);
    Err(match suggest::nearest(id, names.chain(own)) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`ordain rules` lists all rules".to_string(),
    })
}

#[cfg(test)]
mod tests {
    use crate::workspace::{Request, Workspace};
    use crate::world::Memory;

    /// What is said of the settings under `[params]`, each with the text that it points at.
    fn check(line: &str, expected: &str) {
        let text = format!("[policies]\nuse = [\"std.reliability\"]\n[params]\n{line}\n");
        let world = Memory::of([("ordain.toml", text.as_str()), ("a.yaml", "")]);
        let request = Request {
            paths: vec![".".into()],
            ..Request::default()
        };
        let workspace = Workspace::open(&world, &request).unwrap();
        let said: Vec<String> = workspace
            .faults
            .iter()
            .map(|fault| {
                let at = workspace.sources.text(fault.primary.span);
                format!("{} `{at}` {}", fault.origin.id(), fault.message)
            })
            .collect();
        assert_eq!(said, [expected]);
    }

    #[test]
    fn a_wrong_value_is_pointed_at_and_else_its_name() {
        check(
            "\"multiple-replicas.minimumReplicas\" = \"two\"",
            "C0103 `\"two\"` expected a whole number, found `\"two\"`",
        );
        check(
            "multiple-replicas = { minimumReplicas = 0 }",
            "C0103 `0` `0` is not among the values allowed: 1..1000",
        );
        check(
            "\"multiple-replicas.minimum\" = 2",
            "C0104 `\"multiple-replicas.minimum\"` the rule `multiple-replicas` has no parameter `minimum`",
        );
    }
}
