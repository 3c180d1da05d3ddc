//! What workloads cost, the energy that they draw and the carbon that they cause.
//!
//! In: objects of a [`Repository`] and the tables that configuration selects ([`Choice`]). Out: amounts a
//! month at the fewest and at the most replicas that any autoscaler allows; nothing where the manifests
//! or the tables do not say enough.
//!
//! ```text
//! cost     = CPU·Pc + memory·Pm + GPUs·Pg + storage·Ps + load balancers·Pl
//! energy   = CPU·(idle + u·(busy − idle)) + memory·0.392 W/GB + storage·1.2 W/TB·copies + GPUs alike
//! carbon   = energy·PUE·grid + (server·CPU/server CPU + 150 kg·GPUs)/4 years
//! ```
//!
//! Requests are priced, not use: a floor of what is paid. Energy is that of the servers, before the
//! overhead of their data centre. The formulas are those of OpenCost, Cloud Carbon Footprint and the
//! Green Software Foundation's Software Carbon Intensity.

mod choice;
mod demand;
mod figures;
mod scale;
mod table;
#[cfg(test)]
mod tests;

pub use choice::{Choice, Wrong};
pub use demand::{Asked, Assumed, Demand, Gap, name_of, of_claim, of_object, requests};
pub use figures::Figures;
pub use scale::{Range, replicas};
pub use table::Table;

use crate::evaluate::{Container, ObjectId, PodId, Repository};
use crate::ir::Measure;
use crate::units::{Dimension, Quantity};
use std::sync::LazyLock;

/// The tables and assumptions of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimator {
    /// What things cost.
    pub prices: &'static Table,
    /// What hardware draws.
    pub power: &'static Table,
    /// What the grid emits.
    pub grid: &'static Table,
    /// The cloud: `aws`.
    pub provider: &'static str,
    /// The key of the region in the grid's table: `aws/us-east-1`.
    pub region: &'static str,
    /// How busy processors are, as a share.
    pub utilisation: Quantity,
    /// The model of the GPUs, if it is known.
    pub gpu: Option<String>,
}

/// What is estimated.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// An object with the claims that its pods name.
    Object(ObjectId),
    /// The replicas of a pod template, without storage.
    Pod(PodId),
    /// A container in all replicas.
    Container(Container<'a>),
}

impl Estimator {
    /// The default tables and assumptions.
    pub fn standard() -> &'static Estimator {
        static STANDARD: LazyLock<Estimator> =
            LazyLock::new(|| Estimator::new(&Choice::default()).expect("the defaults are in the tables"));
        &STANDARD
    }

    /// What a subject takes in a month, at the fewest and the most replicas. An end is `None` where a
    /// request, a size or a figure that it depends on is missing.
    pub fn estimate(
        &self,
        repository: &Repository<'_>,
        subject: Subject<'_>,
        measure: Measure,
    ) -> Range<Quantity> {
        let mut asked = match subject {
            Subject::Object(object) => of_object(repository, object, &[]),
            Subject::Pod(pod) => demand::of_pod(repository, pod, &[]),
            Subject::Container(container) => demand::of_container(repository, &container, &[]),
        };
        let claims = std::mem::take(&mut asked.claims)
            .into_iter()
            .fold(Demand::NONE, |sum, claim| {
                sum.plus(of_claim(repository, claim, &mut asked.gaps))
            });
        if !asked.gaps.is_empty() {
            return (None, None);
        }
        let amount = |demand: Demand| {
            let exact = self.amount(demand.plus(claims).bounded(), measure).ok()?;
            rounded(exact, measure)
        };
        (amount(asked.low), amount(asked.high))
    }

    /// What a demand takes in a month, exactly; else what is missing to tell.
    pub fn amount(&self, demand: Demand, measure: Measure) -> Result<Quantity, String> {
        match measure {
            Measure::Cost => self.cost(demand),
            Measure::Energy => self.energy(demand),
            Measure::Carbon => self.carbon(demand),
        }
    }

    fn cost(&self, demand: Demand) -> Result<Quantity, String> {
        let parts = [
            (demand.cpu, "cpu", "processors"),
            (demand.memory, "memory", "memory"),
            (demand.storage, "storage", "storage"),
            (share(demand.gpus), "gpu", "GPUs"),
            (share(demand.load_balancers), "load-balancer", "load balancers"),
        ];
        let mut cost = Quantity::new(0, unit(Measure::Cost).dimension);
        for (amount, key, what) in parts {
            if amount.nano != 0 {
                let price = self.prices.get(key).and_then(|price| amount.times(price));
                cost = price.and_then(|price| cost.plus(price)).ok_or_else(|| {
                    format!("the price table `{}` has no price of {what}", self.prices.name)
                })?;
            }
        }
        Ok(cost)
    }

    fn energy(&self, demand: Demand) -> Result<Quantity, String> {
        let lacking = || format!("the power table `{}` lacks a figure", self.power.name);
        let servers = || {
            let storage = self.of_provider("replication")?.times(self.figure("storage")?)?;
            demand
                .cpu
                .times(self.busy(self.provider)?)?
                .plus(demand.memory.times(self.figure("memory")?)?)?
                .plus(demand.storage.times(storage)?)
        };
        let servers = servers().ok_or_else(lacking)?;
        if demand.gpus.nano == 0 {
            return Ok(servers);
        }
        let Some(model) = &self.gpu else {
            return Err("which model its GPUs are is not known: set `gpu` under `[estimate]`".to_string());
        };
        let gpus = || share(demand.gpus).times(self.busy(model)?)?.plus(servers);
        gpus().ok_or_else(lacking)
    }

    fn carbon(&self, demand: Demand) -> Result<Quantity, String> {
        let energy = self.energy(demand)?;
        let carbon = || {
            let operation = energy
                .times(self.of_provider("overhead")?)?
                .times(self.intensity()?)?;
            let processors = self
                .figure("server.carbon")?
                .times(demand.cpu)?
                .divided_by(self.figure("server.cpu")?)?;
            let gpus = self.figure("gpu.carbon")?.times(share(demand.gpus))?;
            let making = processors.plus(gpus)?.divided_by(self.figure("server.life")?)?;
            operation.plus(making)
        };
        carbon().ok_or_else(|| {
            format!(
                "the tables `{}` and `{}` lack a figure",
                self.power.name, self.grid.name
            )
        })
    }

    /// The grams that a kilowatt-hour causes.
    pub fn intensity(&self) -> Option<Quantity> {
        self.grid.get(self.region)
    }

    fn grams_per_kilowatt_hour(&self) -> String {
        let unit = Quantity::of_unit("gCO2e/kWh").ok();
        let grams = self.intensity().zip(unit);
        let grams = grams.and_then(|(intensity, unit)| intensity.decimal_in(unit));
        grams.map_or_else(String::new, |grams| format!("{grams} gCO2e/kWh"))
    }

    /// The tables that a measure rests on.
    pub fn tables(&self, measure: Measure) -> Vec<&'static Table> {
        match measure {
            Measure::Cost => vec![self.prices],
            Measure::Energy => vec![self.power],
            Measure::Carbon => vec![self.power, self.grid],
        }
    }

    /// The tables and assumptions behind a measure, as a report tells them.
    pub fn basis(&self, measure: Measure) -> String {
        let named = |table: &Table| format!("`{}` of {}", table.name, table.date);
        let power = || {
            format!(
                "power table {}, {} at {} utilisation",
                named(self.power),
                self.provider,
                self.utilisation
            )
        };
        match measure {
            Measure::Cost => format!("price table {}", named(self.prices)),
            Measure::Energy => power(),
            Measure::Carbon => format!(
                "{}; grid table {}, {} at {}",
                power(),
                named(self.grid),
                self.region_name(),
                self.grams_per_kilowatt_hour()
            ),
        }
    }

    /// The region without its provider.
    pub fn region_name(&self) -> &'static str {
        self.region
            .split_once('/')
            .map_or(self.region, |(_, region)| region)
    }

    fn figure(&self, key: &str) -> Option<Quantity> {
        self.power.get(key)
    }

    fn of_provider(&self, key: &str) -> Option<Quantity> {
        self.figure(&format!("{}.{key}", self.provider))
    }

    /// The power of a processor of a provider, or of a model of GPU, at the utilisation.
    fn busy(&self, of: &str) -> Option<Quantity> {
        let idle = self.figure(&format!("{of}.idle"))?;
        let busy = self.figure(&format!("{of}.busy"))?;
        busy.minus(idle)?.times(self.utilisation)?.plus(idle)
    }
}

/// The unit in which a measure is told.
pub fn unit(measure: Measure) -> Quantity {
    let name = unit_name(measure);
    Quantity::of_unit(name).unwrap_or(Quantity::whole(1, Dimension::RATIO))
}

/// Its name.
pub fn unit_name(measure: Measure) -> &'static str {
    match measure {
        Measure::Cost => "USD/month",
        Measure::Carbon => "kgCO2e/month",
        Measure::Energy => "kWh/month",
    }
}

/// The amount to the nearest millionth of the unit in which its measure is told.
pub fn rounded(amount: Quantity, measure: Measure) -> Option<Quantity> {
    // Divided by the millionth itself, so that what is rounded is the amount and not its first rounding.
    let millionth = unit(measure).divided_by_integer(1_000_000)?;
    let share = amount.divided_by(millionth)?;
    let whole = share
        .divided_by_integer(Quantity::whole(1, share.dimension).nano)?
        .nano;
    Some(millionth.times_integer(whole))
}

/// A number of things as a factor.
fn share(count: Quantity) -> Quantity {
    Quantity::new(count.nano, Dimension::RATIO)
}
