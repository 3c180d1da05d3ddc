//! The CEL rules that several definitions share, each with a message that says what to do.
//!
//! In: names of fields. Out: `x-kubernetes-validations`. Every list and text that a rule ranges over
//! has a limit in the schema, so that the API server's estimate of its cost stays within its budget.

use kube::core::{Message, Rule};

/// Exactly one of these fields of the object is set.
pub fn exactly_one(fields: &[&str]) -> Rule {
    let set: Vec<String> = fields.iter().map(|field| format!("has(self.{field})")).collect();
    let names: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    Rule::new(format!("[{}].filter(isSet, isSet).size() == 1", set.join(", ")))
        .message(format!("set exactly one of {}", names.join(", ")).as_str())
}

/// `min` and `max` of the object are integers in order.
pub fn integers_in_order() -> Rule {
    Rule::new("self.min <= self.max").message("`min` must not exceed `max`")
}

/// `min` and `max` of the object are quantities in order.
pub fn quantities_in_order() -> Rule {
    let mut rule = Rule::new("quantity(self.min).compareTo(quantity(self.max)) <= 0");
    rule.message = Some(Message::Expression(
        "'`min` (' + self.min + ') must not exceed `max` (' + self.max + ')'".into(),
    ));
    rule
}

/// No two elements of the list `goals` share their `type`.
pub fn unique_types(goals: &str) -> Rule {
    Rule::new(format!(
        "self.{goals}.all(goal, self.{goals}.exists_one(other, other.type == goal.type))"
    ))
    .message(
        format!("two elements of `{goals}` share one `type`; conditions could not tell them apart").as_str(),
    )
}

/// Every name in the list that the expression `names` yields is the type of an element of `goals`.
pub fn names_a_goal(field: &str, names: &str, goals: &str) -> Rule {
    let mut rule = Rule::new(format!(
        "{names}.all(name, self.{goals}.exists(goal, goal.type == name))"
    ));
    rule.message = Some(Message::Expression(format!(
        "'`{field}` must name an element of `{goals}`, which has no ' \
         + {names}.filter(name, !self.{goals}.exists(goal, goal.type == name))[0]"
    )));
    rule
}

/// The `rollback` of the object names elements of `goals`.
pub fn rollback_names_goals(goals: &str) -> Rule {
    names_a_goal(
        "rollback",
        "(has(self.rollback) ? [self.rollback.ifCondition] \
         + (has(self.rollback.whileMissed) ? self.rollback.whileMissed.map(state, state.goal) : []) \
         + (has(self.rollback.whileMet) ? self.rollback.whileMet.map(state, state.goal) : []) : [])",
        goals,
    )
}
