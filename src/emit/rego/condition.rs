//! Conditions → statements that succeed where they hold, or where they fail. Negation is pushed down to
//! them: no `not` is written, since an engine may find its operand undefined and drop the whole rule.

use super::binder::kind_set;
use super::expression::{Writer, member};
use super::{Result, text};
use crate::ir::{Builtin, Comparison, Constant, Expression, ExpressionKind, TestOperator, Type};

impl Writer<'_> {
    /// The statements that succeed if a condition holds, or if it fails.
    pub fn holds(&mut self, condition: &Expression, positive: bool) -> Result<Vec<String>> {
        let call = |call: String| {
            vec![match positive {
                true => call,
                false => format!("{call} == false"),
            }]
        };
        Ok(match &condition.kind {
            ExpressionKind::Constant(Constant::Bool(truth)) if *truth == positive => Vec::new(),
            ExpressionKind::Constant(Constant::Bool(_)) => vec!["false".to_owned()],
            ExpressionKind::Not(inner) => self.holds(inner, !positive)?,
            ExpressionKind::And(left, right) | ExpressionKind::Or(left, right) => {
                let mut first = self.holds(left, positive)?;
                let second = self.holds(right, positive)?;
                if matches!(condition.kind, ExpressionKind::And(..)) == positive {
                    first.extend(second);
                    first
                } else {
                    either(first, second)
                }
            }
            ExpressionKind::Compare(comparison, left, right) => {
                vec![self.compare(*comparison, left, right, positive)?]
            }
            ExpressionKind::Present(inner) => {
                let operator = if positive { "!=" } else { "==" };
                vec![format!("{} {operator} null", self.term(inner)?)]
            }
            ExpressionKind::IsKind(inner, kinds) => {
                let resource = self.placed(inner)?.resource;
                call(format!("_is_kind({resource}, {})", kind_set(kinds)))
            }
            ExpressionKind::Test(operator, left, right) => {
                return self.test(*operator, left, right, positive);
            }
            ExpressionKind::Any(each, body) => {
                let mut lines = self.each(each)?;
                lines.extend(self.holds(body, true)?);
                let operator = if positive { "!=" } else { "==" };
                vec![format!("{} {operator} []", text::comprehension("1", lines))]
            }
            ExpressionKind::Call(Builtin::CidrContains, arguments) => {
                call(self.call(condition, Builtin::CidrContains, arguments)?)
            }
            _ => {
                let term = self.term(condition)?;
                let operator = if positive { "==" } else { "!=" };
                vec![format!("{term} {operator} true")]
            }
        })
    }

    fn compare(
        &mut self,
        comparison: Comparison,
        left: &Expression,
        right: &Expression,
        positive: bool,
    ) -> Result<String> {
        let (mut a, mut b) = (self.term(left)?, self.term(right)?);
        for (own, term, other) in [(left, &mut a, right), (right, &mut b, left)] {
            let untyped = matches!(own.ty.present(), Type::Any | Type::IntOrString);
            if untyped && let Type::Quantity(_) | Type::Decimal = other.ty.present() {
                *term = format!("_quantity({term})");
            }
        }
        if let (Type::Document(_), Type::Document(_)) = (left.ty.present(), right.ty.present()) {
            a = member(&a, "id");
            b = member(&b, "id");
        }
        let nullable = (self.nullable(left), self.nullable(right));
        let (function, operator, opposite, swapped) = match comparison {
            Comparison::Equal => ("_equal", "==", "!=", false),
            Comparison::NotEqual => ("_differs", "!=", "==", false),
            Comparison::Less => ("_less", "<", ">=", false),
            Comparison::LessOrEqual => ("_less_or_equal", "<=", ">", false),
            Comparison::Greater => ("_less", ">", "<=", true),
            Comparison::GreaterOrEqual => ("_less_or_equal", ">=", "<", true),
        };
        let is_plain = match comparison {
            Comparison::Equal => nullable != (true, true),
            _ => nullable == (false, false),
        };
        Ok(match (is_plain, positive) {
            (true, true) => format!("{a} {operator} {b}"),
            (true, false) => format!("{a} {opposite} {b}"),
            (false, _) => {
                let (a, b) = if swapped { (b, a) } else { (a, b) };
                let end = if positive { "" } else { " == false" };
                format!("{function}({a}, {b}){end}")
            }
        })
    }

    fn test(
        &mut self,
        operator: TestOperator,
        left: &Expression,
        right: &Expression,
        positive: bool,
    ) -> Result<Vec<String>> {
        let call = match operator {
            TestOperator::In => return self.membership(left, right, positive),
            TestOperator::Contains if !matches!(left.ty.present(), Type::String | Type::Image) => {
                return self.membership(right, left, positive);
            }
            TestOperator::Like => format!("_like({}, {})", self.term(left)?, self.term(right)?),
            TestOperator::StartsWith => format!("_starts_with({}, {})", self.term(left)?, self.term(right)?),
            TestOperator::EndsWith => format!("_ends_with({}, {})", self.term(left)?, self.term(right)?),
            TestOperator::Contains => format!("_holds_text({}, {})", self.term(left)?, self.term(right)?),
            TestOperator::Matches => format!("_matches({}, {})", self.term(left)?, self.term(right)?),
            TestOperator::Selects => return self.selects(left, right, positive),
            TestOperator::RefersTo => {
                let (reference, owner) = (self.term(left)?, self.placed(left)?.resource);
                let referent = self.placed(right)?.resource;
                let function = match left.ty.present() {
                    Type::Reference => "_pod_reference_names",
                    _ => "_refers_to",
                };
                format!("{function}({reference}, {owner}, {referent})")
            }
            TestOperator::Deploys => {
                let (deployer, deployed) = (self.placed(left)?.resource, self.placed(right)?.resource);
                format!("_deploys({deployer}, {deployed})")
            }
        };
        Ok(vec![match positive {
            true => call,
            false => format!("{call} == false"),
        }])
    }

    fn membership(
        &mut self,
        wanted: &Expression,
        container: &Expression,
        positive: bool,
    ) -> Result<Vec<String>> {
        let element = self.term(wanted)?;
        if let Type::Range(_) = container.ty.present() {
            let range = self.term(container)?;
            let range = match &container.kind {
                ExpressionKind::Constant(Constant::Range(low, high)) => {
                    (text::constant(low), text::constant(high))
                }
                _ => (format!("{range}[0]"), format!("{range}[1]")),
            };
            let bounds = match self.nullable(wanted) {
                true => vec![
                    format!("_less_or_equal({}, {element})", range.0),
                    format!("_less_or_equal({element}, {})", range.1),
                ],
                false => vec![
                    format!("{} <= {element}", range.0),
                    format!("{element} <= {}", range.1),
                ],
            };
            return Ok(match positive {
                true => bounds,
                false => vec![format!("{} == false", truth(bounds))],
            });
        }
        let holds = match container.ty.present() {
            Type::List(_) => {
                let list = self.term(container)?;
                match self.nullable(wanted) {
                    true => format!("_in({element}, {list})"),
                    false => format!("{element} in {list}"),
                }
            }
            _ => {
                let map = self.structure(container)?;
                return Ok(vec![format!(
                    "_get({map}, [{element}]) {} null",
                    if positive { "!=" } else { "==" }
                )]);
            }
        };
        Ok(vec![match positive {
            true => holds,
            false if holds.starts_with("_in(") => format!("{holds} == false"),
            false => format!("({holds}) == false"),
        }])
    }

    fn selects(&mut self, left: &Expression, right: &Expression, positive: bool) -> Result<Vec<String>> {
        let selector = self.term(left)?;
        let function = match left.ty.present() {
            Type::Map(_) => "_map_selects",
            Type::Any => "_open_selects",
            _ => "_selector_selects",
        };
        let mut lines = Vec::new();
        let labels = match right.ty.present() {
            Type::Document(_) | Type::Pod | Type::Container => {
                let selected = self.placed(right)?;
                if let Some(owner) = self.place(left)? {
                    lines.push(format!(
                        "_share_namespace({}, {})",
                        owner.resource, selected.resource
                    ));
                }
                let owner = match right.ty.present() {
                    Type::Document(_) => format!("{}.value", selected.resource),
                    _ => member(&self.pod(right)?, "value"),
                };
                format!("_map(_get({owner}, [\"metadata\", \"labels\"]))")
            }
            _ => self.term(right)?,
        };
        lines.push(format!("{function}({selector}, {labels})"));
        Ok(match (positive, lines.as_slice()) {
            (true, _) => lines,
            (false, [one]) => vec![format!("{one} == false")],
            (false, _) => vec![format!("{} == false", truth(lines))],
        })
    }
}

/// Statements as one term that is true or false. Each of them is an expression without variables of its
/// own.
pub fn truth(lines: Vec<String>) -> String {
    match lines.as_slice() {
        [] => "true".to_owned(),
        [one] if one.starts_with('_') && !one.contains(" == ") && !one.contains(" != ") => one.clone(),
        [one] => format!("({one})"),
        _ => format!(
            "_all({})",
            text::list(lines.into_iter().map(|line| truth(vec![line])))
        ),
    }
}

/// Statements that succeed if those of one side do.
fn either(first: Vec<String>, second: Vec<String>) -> Vec<String> {
    match first.is_empty() || second.is_empty() {
        true => Vec::new(),
        false => vec![format!("true in {}", text::list([truth(first), truth(second)]))],
    }
}
