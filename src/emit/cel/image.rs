//! Images and command lines, taken apart as container runtimes do.

use super::expression::Writer;
use super::{Reason, Result, text};
use crate::ir::{Constant, Expression, ExpressionKind, Property};

/// What stands between the words of a command line when it is searched.
const BETWEEN: &str = "\u{1}";

impl Writer<'_> {
    /// A part of an image.
    pub fn image(&mut self, image: String, part: Property) -> Result<String> {
        let (whole, name) = (self.scope.fresh("image"), self.scope.fresh("name"));
        let (last, path) = (self.scope.fresh("last"), self.scope.fresh("path"));
        let inner = match part {
            Property::ImageDigest => {
                format!("{whole}.contains('@') ? dyn({whole}.substring({whole}.indexOf('@') + 1)) : null")
            }
            Property::ImageTag => format!(
                "[{whole}.split('@')[0].split('/')].map({name}, [{name}[{name}.size() - 1]].map({last}, \
                 {last}.contains(':') ? dyn({last}.substring({last}.indexOf(':') + 1)) : null)[0])[0]"
            ),
            _ => {
                // The name without tag: what stands behind the first colon of the last part is cut off.
                let untagged = format!(
                    "[{whole}.split('@')[0]].map({name}, [{name}.split('/')[{name}.split('/').size() - 1]].map({last}, \
                     {last}.contains(':') ? {name}.substring(0, {name}.size() - {last}.size() + {last}.indexOf(':')) : {name})[0])[0]"
                );
                let on_hub = format!("{path}.matches('^(index|registry-1)[.]docker[.]io/')");
                let has_registry = format!("{path}.matches('^([^/]*[.:][^/]*|localhost)/')");
                let rest = format!("{path}.substring({path}.indexOf('/') + 1)");
                let result = match part {
                    Property::ImageRegistry => {
                        format!("{on_hub} || !{has_registry} ? 'docker.io' : {path}.split('/')[0]")
                    }
                    _ => {
                        let library = |name: &str| {
                            format!("({name}.contains('/') || {name} == '' ? {name} : 'library/' + {name})")
                        };
                        format!(
                            "{on_hub} || {path}.startsWith('docker.io/') ? {} : {has_registry} ? {rest} : {}",
                            library(&rest),
                            library(&path)
                        )
                    }
                };
                format!("[{untagged}].map({path}, dyn({result}))[0]")
            }
        };
        Ok(format!(
            "[{image}].map({whole}, {whole} == null ? null : {inner})[0]"
        ))
    }

    /// The value of a flag of a container's command line; of a flag given twice the last counts.
    pub fn flag(&mut self, container: &Expression, name: &Expression) -> Result<String> {
        let ExpressionKind::Constant(Constant::String(flag)) = &name.kind else {
            return Err(Reason::new(
                name.span,
                "it reads a flag whose name is not constant",
            ));
        };
        let container = self.term(container)?;
        let (word, line) = (self.scope.fresh("word"), self.scope.fresh("line"));
        let (start, rest) = (self.scope.fresh("start"), self.scope.fresh("rest"));
        let words: Vec<String> = ["command", "args"]
            .iter()
            .map(|field| {
                format!("({container}.?{field}.orValue(null) == null ? dyn([]) : dyn({container}.{field}))")
            })
            .collect();
        let between = text::string(BETWEEN);
        let line_of = format!(
            "{between} + ({}).filter({word}, type({word}) == string).map({word}, string({word}).replace({between}, ' ')).join({between}) + {between}",
            words.join(" + ")
        );
        let alone = text::string(&format!("{BETWEEN}--{flag}{BETWEEN}"));
        let assigned = text::string(&format!("{BETWEEN}--{flag}="));
        let length = flag.chars().count() + 4;
        // Behind the flag stands either `=` with the value, or the next word.
        Ok(format!(
            "[{line_of}].map({line}, [[{line}.lastIndexOf({alone}), {line}.lastIndexOf({assigned})]].map({start}, \
             {start}[0] < 0 && {start}[1] < 0 ? null : \
             [{line}.substring(({start}[0] > {start}[1] ? {start}[0] : {start}[1]) + {length})].map({rest}, \
             {start}[1] > {start}[0] ? dyn({rest}.split({between})[0]) : \
             {rest} == '' || {rest}.startsWith('-') ? dyn('true') : dyn({rest}.split({between})[0]))[0])[0])[0]"
        ))
    }
}
