//! An [`Estimator`] → the numbers that amounts are multiplied by, for engines that know neither tables nor
//! dimensions.
//!
//! Each number is one step of the formulas. After each step the result is rounded to whole nano-units, halves
//! up, as [`Quantity::times`](crate::units::Quantity::times) does, so that who takes the same steps comes to the same amounts.

use super::{Demand, Estimator, unit};
use crate::ir::Measure;
use crate::units::{Dimension, Fraction};

/// The numbers of all formulas; nothing where a table has no figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The price of each part of a demand, in the order of [`Demand::parts`].
    pub prices: [Option<Fraction>; Demand::PARTS],
    /// What each part draws.
    pub powers: [Option<Fraction>; Demand::PARTS],
    /// From the energy of servers to that of their data centre.
    pub overhead: Option<Fraction>,
    /// From energy to what the grid emits for it.
    pub intensity: Option<Fraction>,
    /// From processors to what was emitted to make that many servers …
    pub server_carbon: Option<Fraction>,
    /// … of which each has so many processors.
    pub per_server: Option<Fraction>,
    /// From GPUs to what was emitted to make them.
    pub gpu_carbon: Option<Fraction>,
    /// From what was emitted to make hardware to its share of the time that it serves.
    pub per_life: Option<Fraction>,
    /// From cost, carbon and energy to millionths of the unit in which each is told.
    pub millionths: [(Measure, Option<Fraction>); 3],
}

impl Estimator {
    /// The numbers of this estimator.
    pub fn figures(&self) -> Figures {
        let [cpu, memory, storage] = [Dimension::CPU, Dimension::MEMORY, Dimension::MEMORY];
        let gpus = Dimension::RATIO;
        let price = |key: &str, of| self.prices.get(key)?.as_factor(of);
        let storage_power = || self.of_provider("replication")?.times(self.figure("storage")?);
        let powers = [
            self.busy(self.provider).and_then(|power| power.as_factor(cpu)),
            self.figure("memory").and_then(|power| power.as_factor(memory)),
            storage_power().and_then(|power| power.as_factor(storage)),
            self.gpu
                .as_ref()
                .and_then(|model| self.busy(model)?.as_factor(gpus)),
            None,
        ];
        let energy = unit(Measure::Energy).dimension;
        let emitted = || self.figure("server.carbon")?.dimension.times(cpu);
        let millionth = |measure| {
            let amount = unit(measure).divided_by_integer(1_000_000);
            let fraction = amount.map(|amount| Fraction::new(1, amount.nano.unsigned_abs()));
            (measure, fraction)
        };
        Figures {
            prices: [
                price("cpu", cpu),
                price("memory", memory),
                price("storage", storage),
                price("gpu", gpus),
                price("load-balancer", Dimension::RATIO),
            ],
            powers,
            overhead: self.of_provider("overhead").and_then(|own| own.as_factor(energy)),
            intensity: self.intensity().and_then(|own| own.as_factor(energy)),
            server_carbon: self.figure("server.carbon").and_then(|own| own.as_factor(cpu)),
            per_server: emitted().and_then(|of| self.figure("server.cpu")?.as_divisor(of)),
            gpu_carbon: self.figure("gpu.carbon").and_then(|own| own.as_factor(gpus)),
            per_life: self
                .figure("server.life")
                .and_then(|own| own.as_divisor(Dimension::CARBON)),
            millionths: [Measure::Cost, Measure::Carbon, Measure::Energy].map(millionth),
        }
    }
}
