//! Names of tables, clouds and regions → an [`Estimator`].
//!
//! In: what configuration selects. Out: the tables of those names, or what is wrong with each name.

use super::{Estimator, table};
use crate::suggest;
use crate::units::{Dimension, Quantity};

/// What a repository selects; the rest is as by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// A price table. Default: `opencost-default`, the one that OpenCost itself ships and reads.
    pub prices: Option<String>,
    /// A cloud: `aws`, `azure`, `gcp`. Default: the one that has the region, else `aws`.
    pub provider: Option<String>,
    /// A region of it. Default: `us-east-1`, `eastus`, `us-central1`.
    pub region: Option<String>,
    /// How busy processors are: `50%`, which is the default.
    pub utilisation: Option<String>,
    /// A model of GPU: `t4`. Without, the energy of GPUs is unknown.
    pub gpu: Option<String>,
}

/// A name that selects nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The setting: `region`.
    pub setting: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The clouds, with the region that stands for each; the first is the default.
const PROVIDERS: [(&str, &str); 3] = [("aws", "us-east-1"), ("azure", "eastus"), ("gcp", "us-central1")];

/// The utilisation that Cloud Carbon Footprint assumes where nothing is measured.
const UTILISATION: &str = "50%";

impl Estimator {
    /// The estimator of a choice, or everything that is wrong with it.
    pub fn new(choice: &Choice) -> Result<Estimator, Vec<Wrong>> {
        let mut faults = Vec::new();
        let prices = or_note(prices(choice), &mut faults);
        let place = or_note(place(choice), &mut faults);
        let utilisation = or_note(utilisation(choice), &mut faults);
        let gpu = or_note(gpu(choice), &mut faults);
        match (prices, place, utilisation, gpu) {
            (Some(prices), Some((provider, grid, region)), Some(utilisation), Some(gpu)) => Ok(Estimator {
                prices,
                power: &table::power()[0],
                grid,
                provider,
                region,
                utilisation,
                gpu,
            }),
            _ => Err(faults),
        }
    }
}

fn or_note<T>(result: Result<T, Wrong>, faults: &mut Vec<Wrong>) -> Option<T> {
    result.map_err(|wrong| faults.push(wrong)).ok()
}

fn prices(choice: &Choice) -> Result<&'static super::Table, Wrong> {
    let tables = table::prices();
    let Some(name) = &choice.prices else {
        return Ok(&tables[0]);
    };
    tables.iter().find(|table| table.name == name).ok_or_else(|| {
        let names = tables.iter().map(|table| table.name);
        unknown(
            "prices",
            format!("there is no price table `{name}`"),
            name,
            names.collect(),
        )
    })
}

/// The provider, and the grid table with the key of the region.
fn place(choice: &Choice) -> Result<(&'static str, &'static super::Table, &'static str), Wrong> {
    let names = PROVIDERS.map(|(name, _)| name);
    if let Some(name) = &choice.provider
        && !names.contains(&name.as_str())
    {
        let message = format!("there are no power figures for `{name}`");
        return Err(unknown("provider", message, name, names.to_vec()));
    }
    let is_wanted = |provider: &str| choice.provider.as_ref().is_none_or(|wanted| wanted == provider);
    let wanted = PROVIDERS.into_iter().filter(|(provider, _)| is_wanted(provider));
    let found = wanted.clone().find_map(|(provider, default)| {
        let key = format!("{provider}/{}", choice.region.as_deref().unwrap_or(default));
        table::grids().iter().find_map(|grid| {
            let key = grid.keys().find(|own| *own == key)?;
            Some((provider, grid, key))
        })
    });
    found.ok_or_else(|| {
        let region = choice.region.as_deref().unwrap_or_default();
        let regions = table::grids().iter().flat_map(super::Table::keys);
        let regions = regions.filter_map(|key| key.split_once('/'));
        let of = choice
            .provider
            .as_ref()
            .map_or(String::new(), |provider| format!(" of `{provider}`"));
        let message = format!("no grid table has a region `{region}`{of}");
        match regions.clone().find(|(_, name)| *name == region) {
            Some((provider, _)) => Wrong {
                setting: "region",
                message,
                help: format!("`{region}` is a region of `{provider}`"),
            },
            None => {
                let regions = regions.filter(|(provider, _)| is_wanted(provider));
                unknown("region", message, region, regions.map(|(_, name)| name).collect())
            }
        }
    })
}

fn utilisation(choice: &Choice) -> Result<Quantity, Wrong> {
    let text = choice.utilisation.as_deref().unwrap_or(UTILISATION);
    Quantity::parse_as(text, Dimension::RATIO)
        .ok()
        .filter(|share| share.dimension == Dimension::RATIO && (0..=1_000_000_000).contains(&share.nano))
        .ok_or_else(|| Wrong {
            setting: "utilisation",
            message: format!("`{text}` is no share of the processors' time"),
            help: "write one from \"0%\" to \"100%\"".to_string(),
        })
}

fn gpu(choice: &Choice) -> Result<Option<String>, Wrong> {
    let power = &table::power()[0];
    let is_gpu = |name: &&str| PROVIDERS.iter().all(|(provider, _)| provider != name);
    let models = power
        .keys()
        .filter_map(|key| key.strip_suffix(".idle"))
        .filter(is_gpu);
    match &choice.gpu {
        Some(name) if !models.clone().any(|model| model == name) => {
            let message = format!("there are no power figures for the GPU `{name}`");
            Err(unknown("gpu", message, name, models.collect()))
        }
        gpu => Ok(gpu.clone()),
    }
}

fn unknown(setting: &'static str, message: String, name: &str, known: Vec<&str>) -> Wrong {
    let help = match suggest::nearest(name, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("known are {}", suggest::list(known.iter().copied())),
    };
    Wrong {
        setting,
        message,
        help,
    }
}
