//! Conditions → expressions of CEL that are true or false.

use super::expression::Writer;
use super::loops::Mode;
use super::{Reason, Result, object, text};
use crate::ir::{Builtin, Comparison, Constant, Expression, ExpressionKind, Property, TestOperator, Type};

impl Writer<'_> {
    /// The condition as an expression that may stand beside `&&`, `||` and `!`.
    pub fn holds(&mut self, condition: &Expression) -> Result<String> {
        Ok(match &condition.kind {
            ExpressionKind::Constant(Constant::Bool(truth)) => truth.to_string(),
            ExpressionKind::Not(inner) => format!("!({})", self.holds(inner)?),
            ExpressionKind::And(left, right) => {
                format!("({} && {})", self.holds(left)?, self.holds(right)?)
            }
            ExpressionKind::Or(left, right) => {
                format!("({} || {})", self.holds(left)?, self.holds(right)?)
            }
            ExpressionKind::Compare(comparison, left, right) => self.compare(*comparison, left, right)?,
            ExpressionKind::Present(inner) => match &inner.kind {
                _ if self.is_always_there(inner) => "true".to_owned(),
                // In a list, null counts as an empty struct.
                ExpressionKind::Index(list, index) if is_list_of_structs(&list.ty) => {
                    let (list, index) = (self.term(list)?, self.whole(index)?);
                    format!("({index} >= 0 && {index} < {list}.size())")
                }
                _ => format!("{} != null", self.dynamic(inner)?),
            },
            ExpressionKind::IsKind(_, kinds) => object::is_kind(object::pairs(kinds)),
            ExpressionKind::Test(operator, left, right) => self.test(*operator, left, right)?,
            ExpressionKind::Any(each, body) => {
                self.each(each, Mode::Holds, &mut |writer| writer.holds(body))?
            }
            ExpressionKind::Call(Builtin::CidrContains, arguments) => {
                self.cidr_contains(condition, arguments)?
            }
            _ => format!("{} == true", self.term(condition)?),
        })
    }

    /// Whether a value is there although its term may be null.
    fn is_always_there(&self, expression: &Expression) -> bool {
        match &expression.kind {
            ExpressionKind::Local(slot) => self
                .scope
                .binding(*slot)
                .is_some_and(|binding| binding.is_element && !expression.ty.is_optional()),
            ExpressionKind::Property(_, Property::Object) => true,
            _ => false,
        }
    }

    fn compare(&mut self, comparison: Comparison, left: &Expression, right: &Expression) -> Result<String> {
        let operator = match comparison {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        };
        let is_exact = |ty: &Type| matches!(ty.present(), Type::Quantity(_) | Type::Decimal);
        if is_exact(&left.ty) || is_exact(&right.ty) {
            return self.compare_exact(operator, left, right);
        }
        if let (Type::Document(_), Type::Document(_)) = (left.ty.present(), right.ty.present()) {
            // There is one object, and it is itself.
            return Ok((comparison == Comparison::Equal).to_string());
        }
        Ok(format!("{} {operator} {}", self.term(left)?, self.term(right)?))
    }

    fn test(&mut self, operator: TestOperator, left: &Expression, right: &Expression) -> Result<String> {
        let method = match operator {
            TestOperator::In => return self.membership(left, right),
            TestOperator::Contains if !matches!(left.ty.present(), Type::String | Type::Image) => {
                return self.membership(right, left);
            }
            TestOperator::Like => return self.like(left, right),
            TestOperator::StartsWith => "startsWith",
            TestOperator::EndsWith => "endsWith",
            TestOperator::Contains => "contains",
            TestOperator::Matches => "matches",
            TestOperator::Selects => return self.selects(left, right),
            TestOperator::RefersTo | TestOperator::Deploys => {
                return Err(Reason::new(
                    left.span.to(right.span),
                    "it follows a reference to other documents",
                ));
            }
        };
        Ok(format!(
            "string({}).{method}(string({}))",
            self.term(left)?,
            self.term(right)?
        ))
    }

    fn membership(&mut self, wanted: &Expression, container: &Expression) -> Result<String> {
        if let Type::Range(bound) = container.ty.present() {
            let (low, high) = match self.range(container) {
                Some((low, high)) => (low.clone(), high.clone()),
                None => {
                    return Err(Reason::new(container.span, "its range is not constant"));
                }
            };
            let bound = |value: &Constant| Expression {
                kind: ExpressionKind::Constant(value.clone()),
                ty: (**bound).clone(),
                span: container.span,
            };
            return Ok(format!(
                "({} && {})",
                self.compare(Comparison::GreaterOrEqual, wanted, &bound(&low))?,
                self.compare(Comparison::LessOrEqual, wanted, &bound(&high))?
            ));
        }
        match container.ty.present() {
            Type::List(element) if matches!(element.present(), Type::Quantity(_) | Type::Decimal) => {
                let (list, wanted) = (self.term(container)?, self.quantity(wanted)?);
                let one = self.scope.fresh("amount");
                Ok(format!(
                    "{list}.exists({one}, quantity(string({one})).compareTo({wanted}) == 0)"
                ))
            }
            Type::List(_) => Ok(format!("{} in {}", self.term(wanted)?, self.term(container)?)),
            _ => Ok(format!(
                "{}[?{}].orValue(null) != null",
                self.term(container)?,
                self.term(wanted)?
            )),
        }
    }

    fn range<'e>(&'e self, expression: &'e Expression) -> Option<(&'e Constant, &'e Constant)> {
        let constant = match &expression.kind {
            ExpressionKind::Constant(constant) => constant,
            ExpressionKind::Parameter(index) => &self.parameters.get(*index)?.value,
            _ => return None,
        };
        match constant {
            Constant::Range(low, high) => Some((low, high)),
            _ => None,
        }
    }

    fn like(&mut self, subject: &Expression, pattern: &Expression) -> Result<String> {
        let text = format!("string({})", self.term(subject)?);
        if let ExpressionKind::Constant(Constant::String(pattern)) = &pattern.kind {
            return Ok(like(&text, pattern));
        }
        // Of a pattern that is not known yet every character but `*` is taken for itself.
        let mut regex = format!("string({})", self.term(pattern)?);
        for special in ["\\", ".", "+", "?", "(", ")", "|", "[", "]", "{", "}", "^", "$"] {
            regex = format!(
                "{regex}.replace({}, {})",
                text::string(special),
                text::string(&format!("\\{special}"))
            );
        }
        Ok(format!(
            "{text}.matches('(?s)^' + {regex}.replace('*', '.*') + '$')"
        ))
    }

    fn selects(&mut self, selector: &Expression, selected: &Expression) -> Result<String> {
        let is_map = match selector.ty.present() {
            Type::Map(_) => true,
            Type::Struct(id) if &*self.setting.schema.definition(*id).name == "LabelSelector" => false,
            _ => {
                return Err(Reason::new(
                    selector.span,
                    "it selects by what is neither a label selector nor a map of labels",
                ));
            }
        };
        let selector = self.term(selector)?;
        let labels = match selected.ty.present() {
            Type::Document(_) => "variables.labels".to_owned(),
            Type::Pod | Type::Container => "variables.podLabels".to_owned(),
            _ => self.term(selected)?,
        };
        self.named(selector, "selector", |writer, selector| {
            writer.named(labels, "labels", |writer, labels| {
                let key = writer.scope.fresh("key");
                let hold = |wanted: &str| {
                    format!(
                        "{wanted}.all({key}, {wanted}[{key}] == null || {labels}[?{key}].orValue(null) == {wanted}[{key}])"
                    )
                };
                if is_map {
                    return Ok(format!(
                        "({selector}.exists({key}, {selector}[{key}] != null) && {})",
                        hold(selector)
                    ));
                }
                let (one, label) = (writer.scope.fresh("requirement"), writer.scope.fresh("label"));
                let wanted = format!("{selector}.matchLabels");
                let operator = format!("{one}.?operator.orValue(null)");
                let values = format!("({one}.?values.orValue(null) == null ? dyn([]) : {one}.values)");
                Ok(format!(
                    "({selector} != null && ({selector}.?matchLabels.orValue(null) == null || {}) && \
                     ({selector}.?matchExpressions.orValue(null) == null || {selector}.matchExpressions.all({one}, \
                     [{labels}[?{one}.?key.orValue('')].orValue(null)].exists({label}, \
                     {operator} == 'In' ? {label} in {values} : {operator} == 'NotIn' ? !({label} in {values}) : \
                     {operator} == 'Exists' ? {label} != null : {operator} == 'DoesNotExist' ? {label} == null : false))))",
                    hold(&wanted)
                ))
            })
        })
    }

    fn cidr_contains(&mut self, call: &Expression, arguments: &[Expression]) -> Result<String> {
        self.setting.demand(call.span, "comparing addresses", 30)?;
        let [range, inner] = arguments else {
            return Ok("false".to_owned());
        };
        let (range, inner) = (self.term(range)?, self.term(inner)?);
        let (a, b) = (self.scope.fresh("range"), self.scope.fresh("address"));
        Ok(format!(
            "[string({range})].exists({a}, [string({inner})].exists({b}, isCIDR({a}) ? \
             (isIP({b}) ? cidr({a}).containsIP({b}) : isCIDR({b}) && cidr({a}).containsCIDR({b})) : \
             isIP({a}) && isIP({b}) && ip({a}) == ip({b})))"
        ))
    }
}

fn is_list_of_structs(ty: &Type) -> bool {
    matches!(ty.present(), Type::List(element) if element.is_struct())
}

/// The condition that a text is of a pattern in which `*` stands for any characters.
pub fn like(subject: &str, pattern: &str) -> String {
    let pieces: Vec<&str> = pattern.split('*').collect();
    match pieces.as_slice() {
        [all] => format!("{subject} == {}", text::string(all)),
        ["", ""] => "true".to_owned(),
        [start, ""] => format!("{subject}.startsWith({})", text::string(start)),
        ["", end] => format!("{subject}.endsWith({})", text::string(end)),
        ["", inner, ""] => format!("{subject}.contains({})", text::string(inner)),
        pieces => {
            let escaped: Vec<String> = pieces.iter().map(|piece| regex::escape(piece)).collect();
            let regex = format!("(?s)^{}$", escaped.join(".*"));
            format!("{subject}.matches({})", text::string(&regex))
        }
    }
}
