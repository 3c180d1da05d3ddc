//! The figures of an estimator, and units → data that modules hold, as the prelude's arithmetic takes it.
//!
//! A figure is `{"factor": …, "half": …, "divisors": …}`: a number is multiplied by the factor and divided by
//! each of the divisors, and half of what those come to makes the quotient the nearest.

use super::{Reason, Result, text};
use crate::emit::Estimates;
use crate::estimate::{Demand, Estimator};
use crate::ir::{Arithmetic, Constant, Expression, ExpressionKind, Measure, Parameter, Property, Slot, Type};
use crate::source::Span;
use crate::units::{Dimension, Fraction, Quantity};

/// The kinds that estimates look up beside the object: its autoscalers, and the claims of its pods.
pub const KINDS: [&str; 3] = [
    "autoscaling/HorizontalPodAutoscaler",
    "keda.sh/ScaledObject",
    "/PersistentVolumeClaim",
];

/// The base of the prelude's numbers.
const BILLION: u128 = 1_000_000_000;

/// A rest below that, with nine digits behind it, is a whole number of 63 bits.
const LARGEST_DIVISOR: u128 = 9_000_000_000;

/// How many divisors the prelude divides by.
const DIVISORS: usize = 4;

/// A name that the prelude leaves to the module, if it is one of estimates.
pub fn fact(name: &str, estimates: &Estimates<'_>, used: &str, span: Span) -> Option<Result<String>> {
    Some(match name {
        "_nodes" => Ok(format!(
            "_nodes := {}",
            estimates.nodes.map_or("null".to_owned(), |nodes| nodes
                .min(i128::from(i32::MAX))
                .to_string())
        )),
        "_most_asked" => {
            let most = Demand::MOST.parts().map(|most| text::exact(most.nano));
            Ok(format!("_most_asked := {}", text::list(most)))
        }
        "_figures" => figures(estimates.estimator, used).ok_or_else(|| {
            Reason::new(
                span,
                "its price, power or grid figures have too many digits to stay exact in Rego",
            )
            .help("write `utilisation` under `[estimate]` with fewer digits")
        }),
        _ => return None,
    })
}

fn figures(estimator: &Estimator, used: &str) -> Option<String> {
    let figures = estimator.figures();
    let one = |fraction: Option<Fraction>| match fraction {
        Some(fraction) => figure(fraction),
        None => Some("null".to_owned()),
    };
    let list = |fractions: &[Option<Fraction>]| {
        let figures: Option<Vec<String>> = fractions.iter().map(|fraction| one(*fraction)).collect();
        Some(format!(
            "[\n{}\n]",
            text::indent(&format!("{},", figures?.join(",\n")))
        ))
    };
    let mut members = vec![
        ("prices", list(&figures.prices)?),
        ("powers", list(&figures.powers)?),
        ("overhead", one(figures.overhead)?),
        ("intensity", one(figures.intensity)?),
        ("server_carbon", one(figures.server_carbon)?),
        ("per_server", one(figures.per_server)?),
        ("gpu_carbon", one(figures.gpu_carbon)?),
        ("per_life", one(figures.per_life)?),
    ];
    members.retain(|(name, _)| used.contains(&format!("_figures.{name}")));
    let mut comment = Vec::new();
    for (measure, millionth) in figures.millionths {
        let name = word(measure);
        if used.contains(&format!("_{name}(asked)")) {
            let back = millionth.and_then(|own| figure(Fraction::new(own.denominator(), own.numerator())));
            members.push((name, text::list([one(millionth)?, back?])));
            comment.push(format!("# {name}: {}", estimator.basis(measure)));
        }
    }
    let members: Vec<String> = members
        .into_iter()
        .map(|(name, value)| format!("{}: {value},", text::string(name)))
        .collect();
    Some(format!(
        "# The figures of estimates.\n{}\n_figures := {{\n{}\n}}",
        comment.join("\n"),
        text::indent(&members.join("\n"))
    ))
}

fn word(measure: Measure) -> &'static str {
    match measure {
        Measure::Cost => "cost",
        Measure::Carbon => "carbon",
        Measure::Energy => "energy",
    }
}

/// The fraction as the prelude rounds by it.
fn figure(fraction: Fraction) -> Option<String> {
    let (numerator, denominator) = (fraction.numerator(), fraction.denominator());
    let (factor, divisor, half) = match denominator {
        1 => (numerator, 1, 0),
        _ if denominator.is_multiple_of(2) => (numerator, denominator, denominator / 2),
        _ => (
            numerator.checked_mul(2)?,
            denominator.checked_mul(2)?,
            denominator,
        ),
    };
    Some(format!(
        "{{\"factor\": {}, \"half\": {}, \"divisors\": {}}}",
        text::list(places::<2>(factor)?),
        text::list(places::<3>(half)?),
        text::list(divisors(divisor)?)
    ))
}

/// So many digits to the base of a billion, if they do.
fn places<const COUNT: usize>(number: u128) -> Option<[String; COUNT]> {
    let mut rest = number;
    let mut places = [(); COUNT].map(|()| {
        let place = rest % BILLION;
        rest /= BILLION;
        place.to_string()
    });
    places.reverse();
    (rest == 0).then_some(places)
}

/// Numbers whose product it is, each of which the prelude can divide by.
fn divisors(number: u128) -> Option<Vec<String>> {
    let mut rest = number;
    let mut divisors = [1_u128; DIVISORS];
    let mut put = |factor: u128| {
        let place = divisors
            .iter_mut()
            .find(|own| **own * factor <= LARGEST_DIVISOR)?;
        *place *= factor;
        Some(())
    };
    let mut factor = 2;
    while factor * factor <= rest && factor < 100_000 {
        while rest.is_multiple_of(factor) {
            rest /= factor;
            put(factor)?;
        }
        factor += 1;
    }
    // What is left may be no prime, but is divided by at once.
    (rest <= LARGEST_DIVISOR).then_some(())?;
    put(rest)?;
    Some(divisors.iter().map(u128::to_string).collect())
}

/// A term that prints an amount of what is neither CPU nor memory, as policies write it.
pub fn printed(term: &str, dimension: Dimension) -> Option<String> {
    let (times, decimals) = Quantity::preferred_times(dimension);
    let units: Option<Vec<String>> = Quantity::ways(dimension)
        .into_iter()
        .map(|way| {
            let (factor, divisor) = (way.share.numerator(), way.share.denominator());
            // Numbers are looked at in millionths.
            let share = Fraction::new(factor, divisor.checked_mul(1000)?);
            let figure = format!(
                "{{\"factor\": {}, \"divisors\": {}}}",
                text::list(places::<2>(share.numerator())?),
                text::list(divisors(share.denominator())?)
            );
            let time = way.suffix.rsplit('/').next().unwrap_or_default();
            Some(text::list([
                text::string(&way.suffix),
                way.is_natural.to_string(),
                text::string(time),
                figure,
            ]))
        })
        .collect();
    let units = units.filter(|units| !units.is_empty())?;
    let times = times.iter().map(|time| text::string(time));
    Some(format!(
        "_print_amount({term}, [\n{}\n], {}, {decimals})",
        text::indent(&format!("{},", units.join(",\n"))),
        match times.len() {
            0 => "array.concat([], [])".to_owned(),
            _ => text::list(times),
        }
    ))
}

/// Whether amounts are whole in millionths of a unit that they are told in, so that a few decimals tell them:
/// estimates are, and their sums and multiples.
pub fn is_round(
    expression: &Expression,
    parameters: &[Parameter],
    is_round_local: &dyn Fn(Slot) -> bool,
) -> bool {
    let round = |own: &Expression| is_round(own, parameters, is_round_local);
    let Type::Quantity(Some(dimension)) = expression.ty.present() else {
        return false;
    };
    let constant = |constant: &Constant| match constant {
        Constant::Quantity(quantity) => Quantity::ways(*dimension)
            .iter()
            .any(|way| is_whole(quantity.nano, way.share)),
        _ => false,
    };
    match &expression.kind {
        // Energy over time is power, whose units the millionths of a kWh a month don't fit.
        ExpressionKind::Property(_, Property::Low | Property::High) => *dimension != Dimension::POWER,
        ExpressionKind::Constant(own) => constant(own),
        ExpressionKind::Parameter(index) => parameters.get(*index).is_some_and(|own| constant(&own.value)),
        ExpressionKind::Local(slot) => is_round_local(*slot),
        ExpressionKind::Negate(inner) => round(inner),
        ExpressionKind::Coalesce(left, right)
        | ExpressionKind::Arithmetic(Arithmetic::Add | Arithmetic::Subtract, left, right) => {
            round(left) && round(right)
        }
        ExpressionKind::Arithmetic(Arithmetic::Multiply, left, right) => {
            let is_whole = |own: &Expression| *own.ty.present() == Type::Int;
            (is_whole(left) && round(right)) || (round(left) && is_whole(right))
        }
        ExpressionKind::Sum { value, .. } => round(value),
        _ => false,
    }
}

/// Whether so many billionths come out in millionths of a way to write them.
fn is_whole(nano: i128, share: Fraction) -> bool {
    let product = nano.unsigned_abs().checked_mul(share.numerator());
    let divisor = share.denominator().checked_mul(1000);
    product
        .zip(divisor)
        .is_some_and(|(product, divisor)| product.is_multiple_of(divisor))
}
