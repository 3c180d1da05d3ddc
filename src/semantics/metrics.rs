//! `metric` declarations → what goals may measure.
//!
//! In: the metrics of all files of a run; those of the library are its catalogue. Out: one table by
//! name, which holds for every file.

use super::checker::Checker;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::ir::{self, Type};
use crate::suggest::nearest;
use crate::syntax::ast;
use crate::units::{Dimension, Quantity};
use std::collections::BTreeMap;

/// The metrics that goals may name.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    by_name: BTreeMap<String, Known>,
}

/// A metric, and where it comes from.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) metric: ir::Metric,
    /// Whether it was declared outside the library, so that resources have to bring it along.
    pub(super) is_own: bool,
    declared: ast::Name,
}

impl Metrics {
    /// The metric of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        self.by_name.get(name)
    }

    /// The name that was probably meant.
    pub(super) fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.by_name.keys().map(String::as_str))
    }

    /// Checks a declaration and takes it in. Give the library's first: they keep their names.
    pub(super) fn declare(&mut self, checker: &mut Checker, declared: &ast::Metric, is_own: bool) {
        let name = &declared.name;
        if let Some(other) = self.by_name.get(&name.text) {
            let diagnostic = Diagnostic::new(
                Code::E0432,
                name.span,
                format!("the metric `{}` is declared already", name.text),
            );
            checker.report(match other.is_own {
                true => diagnostic
                    .with(other.declared.span, "here")
                    .help("choose another name"),
                false => diagnostic.help("use the metric of the library, or choose another name"),
            });
            return;
        }
        let Some(dimension) = dimension(checker, &declared.ty) else {
            return;
        };
        let scale = declared
            .unit
            .as_ref()
            .and_then(|unit| scale(checker, unit, dimension));
        self.by_name.insert(
            name.text.clone(),
            Known {
                metric: ir::Metric {
                    name: name.text.as_str().into(),
                    dimension,
                    unit: declared.unit.as_ref().map(|unit| unit.text.clone()),
                    prometheus: declared.prometheus.as_ref().map(|query| query.value.clone()),
                    scale,
                },
                is_own,
                declared: name.clone(),
            },
        );
    }
}

fn dimension(checker: &mut Checker, written: &ast::TypeExpression) -> Option<Dimension> {
    match checker.type_of(written) {
        Type::Quantity(Some(dimension)) => Some(dimension),
        Type::Error => None,
        other => {
            let found = checker.describe(&other);
            checker.report(
                Diagnostic::new(Code::E0436, written.span, format!("a metric measures a quantity, not {found}")).help(
                    "write `Ratio`, `Duration`, `Count`, `Memory`, `Money/Duration` or the like; a score is a `Ratio`",
                ),
            );
            None
        }
    }
}

/// One of the unit in which a source reports.
fn scale(checker: &mut Checker, unit: &ast::Name, dimension: Dimension) -> Option<Quantity> {
    match Quantity::of_unit(&unit.text) {
        Ok(scale) if scale.dimension == dimension => Some(scale),
        Ok(scale) => {
            checker.report(
                Diagnostic::new(
                    Code::E0436,
                    unit.span,
                    format!(
                        "`{}` measures {}, and this metric {dimension}",
                        unit.text, scale.dimension
                    ),
                )
                .help("correct the unit, or the metric's dimension"),
            );
            None
        }
        Err(fault) => {
            let diagnostic = Diagnostic::new(Code::E0436, unit.span, fault.message);
            checker.report(match fault.help {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            });
            None
        }
    }
}
