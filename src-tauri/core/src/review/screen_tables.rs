//! The tables of the Costs screen that are no part of a report, as CSV: as the person asked for them.

use serde::Deserialize;
use specta::Type;

use super::{
    Advice, ReviewError, WhatIf,
    files::exported,
    prices::{PriceRow, ShownRates},
    tables::{model_cells, provider, table},
    what_if::{Plan, Planned},
};
use crate::{
    app::App,
    costs::{
        name_of,
        reports::{PricedModel, Query},
    },
    record::Event,
    tables::{Cell, Kind, Table},
};

/// A table of the Costs screen, and what was asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Type)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum CostTable {
    /// The same usage at other models' prices.
    WhatIf {
        /// Of which calls.
        query: Query,
        /// Of these models, or without any of those that can be asked.
        models: Vec<PricedModel>,
    },
    /// What a planned use would cost.
    Plan {
        /// The use.
        plan: Plan,
        /// With these models, or without any with those that can be asked.
        models: Vec<PricedModel>,
    },
    /// Where it could have cost less.
    Advice {
        /// Of which calls.
        query: Query,
    },
    /// The known prices.
    Prices {
        /// Whose provider or model has all of these words.
        words: String,
    },
}

impl CostTable {
    /// The name that its file is given unless the person says otherwise.
    pub fn file_name(&self) -> String {
        let days = |query: &Query| format!("-{}-{}", query.first, query.last);
        let (what, days) = match self {
            Self::WhatIf { query, .. } => ("what-if", days(query)),
            Self::Plan { .. } => ("plan", String::new()),
            Self::Advice { query } => ("advice", days(query)),
            Self::Prices { .. } => ("prices", String::new()),
        };
        format!("gatehouse-{what}{days}.csv")
    }

    fn entry(&self) -> Event {
        match self {
            Self::WhatIf { query, .. } => exported("what_if_csv", Some(query)),
            Self::Plan { .. } => exported("plan_csv", None),
            Self::Advice { query } => exported("advice_csv", Some(query)),
            Self::Prices { .. } => exported("prices_csv", None),
        }
    }
}

impl App {
    /// A table of the Costs screen as CSV. It is recorded before anybody has it.
    ///
    /// # Errors
    /// [`ReviewError`] when it cannot be made; nothing is recorded then.
    pub fn export_cost_table(&self, of: &CostTable) -> Result<Vec<u8>, ReviewError> {
        let table = match of {
            CostTable::WhatIf { query, models } => what_if(&self.what_if(query, models)?),
            CostTable::Plan { plan, models } => planned(plan, &self.plan_costs(plan, models)?),
            CostTable::Advice { query } => advice(&self.cost_advice(query)?),
            CostTable::Prices { words } => prices(&self.price_rows(words)?),
        };
        self.change(|_| Ok((table.csv().into_bytes(), of.entry())))
    }
}

fn what_if(found: &[WhatIf]) -> Table {
    let amounts = [
        ("Would have cost, US$ (empty: not known)", Kind::Money),
        ("Less, US$", Kind::Money),
        (
            "Calls whose cost is not known, which Less counts as nothing",
            Kind::Count,
        ),
    ];
    let words = ["Model", "Provider", "Price from", "Why there is no amount"];
    let mut table = table("What if", &words, &amounts);
    let row = |of: &WhatIf| {
        let rest = [
            Cell::maybe(of.source.as_deref()),
            Cell::maybe(of.why.as_deref()),
            amount(of.cost.as_deref()),
            amount(of.less.as_deref()),
            of.unknown.into(),
        ];
        model_cells(&of.model).into_iter().chain(rest).collect()
    };
    table.rows = found.iter().map(row).collect();
    table
}

pub(super) fn planned(plan: &Plan, found: &[Planned]) -> Table {
    let numbers = [
        ("Tokens read a call", Kind::Count),
        ("Of those, cached", Kind::Count),
        ("Tokens written a call", Kind::Count),
        ("Calls a day", Kind::Count),
        ("A call, US$ (empty: not known)", Kind::Money),
        ("A day, US$", Kind::Money),
        ("30 days, US$", Kind::Money),
    ];
    let words = ["Model", "Provider", "A call at other hours, US$"];
    let mut table = table("What the plan would cost", &words, &numbers);
    let at_hours = |of: &Planned| {
        let calls = of.at_hours.iter();
        let calls: Vec<String> = calls
            .map(|at| format!("{} at {} UTC", at.call.trim_start_matches('$'), at.hours))
            .collect();
        Cell::from(calls.join(" and "))
    };
    let row = |of: &Planned| {
        let asked = [plan.input, plan.cached, plan.output, plan.calls_a_day].map(Cell::from);
        let costs = [&of.call, &of.day, &of.month].map(|cost| amount(cost.as_deref()));
        let model = model_cells(&of.model).into_iter();
        model
            .chain([at_hours(of)])
            .chain(asked)
            .chain(costs)
            .collect()
    };
    table.rows = found.iter().map(row).collect();
    table
}

pub(super) fn advice(found: &[Advice]) -> Table {
    let numbers = [("Saving, US$", Kind::Money), ("Calls", Kind::Count)];
    let words = ["What", "Why", "The saving is at most that"];
    let mut table = table("Where it would be cheaper", &words, &numbers);
    let row = |of: &Advice| {
        vec![
            of.title.as_str().into(),
            of.reason.as_str().into(),
            yes_or_no(of.at_most),
            Cell::money(&of.saving),
            of.calls.into(),
        ]
    };
    table.rows = found.iter().map(row).collect();
    table
}

fn prices(found: &[PriceRow]) -> Table {
    let words = [
        "Model",
        "Provider",
        "Asked how",
        "Holds from",
        "Until before",
        "Hours, UTC",
        "For prompts of more tokens than (empty: all others)",
        "Dated versions, too",
        "Own price",
        "Source",
        "As of",
    ];
    let amounts = [
        ("Input, US$ a million tokens", Kind::Money),
        (
            "Cached input, US$ a million tokens (empty: not known)",
            Kind::Money,
        ),
        (
            "Cache writes for minutes, US$ a million tokens (empty: not known)",
            Kind::Money,
        ),
        (
            "Cache writes for an hour, US$ a million tokens (empty: not known)",
            Kind::Money,
        ),
        (
            "Output, US$ a million tokens (empty: not known)",
            Kind::Money,
        ),
        (
            "Reasoning, US$ a million tokens (empty: as output)",
            Kind::Money,
        ),
    ];
    let mut table = table("Prices", &words, &amounts);
    let row = |of: &PriceRow, above: Option<u64>, rates: &ShownRates| {
        vec![
            of.model.as_str().into(),
            provider(&of.provider).into(),
            name_of(&of.service).into(),
            of.from.into(),
            Cell::maybe(of.until),
            Cell::maybe(of.hours.as_deref()),
            Cell::maybe(above),
            yes_or_no(of.dated),
            yes_or_no(of.is_own),
            of.source.as_str().into(),
            of.as_of.into(),
            Cell::money(&rates.input),
            amount(rates.cached.as_deref()),
            amount(rates.cache_write.as_deref()),
            amount(rates.cache_write_hour.as_deref()),
            amount(rates.output.as_deref()),
            amount(rates.reasoning.as_deref()),
        ]
    };
    // Each length of prompt that costs otherwise has a row of its own.
    let rows_of = |of: &PriceRow| {
        let tiers = of.tiers.iter();
        let longer = tiers.map(|tier| row(of, Some(tier.above), &tier.rates));
        [row(of, None, &of.rates)]
            .into_iter()
            .chain(longer)
            .collect::<Vec<_>>()
    };
    table.rows = found.iter().flat_map(rows_of).collect();
    table
}

fn yes_or_no(is_so: bool) -> Cell {
    if is_so { "yes" } else { "no" }.into()
}

/// An amount that may not be known.
fn amount(exact: Option<&str>) -> Cell {
    Cell::maybe(exact.map(Cell::money))
}
