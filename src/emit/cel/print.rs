//! Values → the text that messages show.
//!
//! Quantities read as the manifest writes them; lists and objects that a message names as a whole are cut
//! to what fits.

use super::expression::Writer;
use super::{Result, text};
use crate::ir::{Expression, ExpressionKind, Property, Type};

impl Writer<'_> {
    /// A value as a term that is a string, whatever stands there.
    pub fn printed(&mut self, expression: &Expression) -> Result<String> {
        match &expression.kind {
            ExpressionKind::Constant(constant) => {
                return Ok(text::string(&crate::emit::rego::printed(constant)));
            }
            ExpressionKind::Interpolate(_) => return self.term(expression),
            ExpressionKind::Property(
                _,
                Property::Name | Property::Namespace | Property::Kind | Property::ContainerClass,
            ) => return self.term(expression),
            _ => {}
        }
        Ok(match expression.ty.present() {
            Type::Document(_) | Type::Pod => {
                "(string(variables.root.kind) + '/' + variables.name)".to_owned()
            }
            Type::Container => {
                let container = self.term(expression)?;
                let name = self.scope.fresh("name");
                format!(
                    "[{container}.?name.orValue(null)].map({name}, type({name}) == string ? string({name}) : 'unnamed container')[0]"
                )
            }
            Type::List(_) => {
                let (list, one) = (self.dynamic(expression)?, self.scope.fresh("one"));
                let whole = self.scope.fresh("list");
                format!(
                    "[{list}].map({whole}, {whole}.size() == 0 ? 'unset' : {whole}.map({one}, {}).join(', '))[0]",
                    shown(&one)
                )
            }
            Type::Map(_) => {
                let (map, key) = (self.dynamic(expression)?, self.scope.fresh("key"));
                let whole = self.scope.fresh("entries");
                let value = shown(&format!("{whole}[{key}]"));
                format!(
                    "[{map}].map({whole}, {whole}.size() == 0 ? 'unset' : {whole}.map({key}, {key} + ': ' + {value}).join(', '))[0]"
                )
            }
            _ if self.is_quantity(expression) => format!("string({})", self.approximate(expression)?),
            Type::Int => {
                let (value, name) = (self.dynamic(expression)?, self.scope.fresh("shown"));
                let whole = super::faults::number(&name);
                format!("[{value}].map({name}, {name} == null ? 'unset' : string({whole}))[0]")
            }
            _ => {
                let (value, name) = (self.dynamic(expression)?, self.scope.fresh("shown"));
                format!("[{value}].map({name}, {})[0]", shown(&name))
            }
        })
    }
}

/// A scalar as text; of lists and objects only that they are there.
fn shown(value: &str) -> String {
    format!(
        "({value} == null ? 'unset' : type({value}) == list || type({value}) == map ? '…' : string({value}))"
    )
}
