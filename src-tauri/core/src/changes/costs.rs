//! Changes of budgets and prices.

use jiff::tz::TimeZone;
use rusqlite::Transaction;

use super::budget_set;
use crate::{
    app::App,
    costs::{
        budgets::{self, BudgetError, BudgetInput, Period},
        listing::{Listing, Service},
        name_of,
        prices::{self, Changes, Origin, Price, PriceError},
    },
    gate::prices_event,
    now_ms,
    record::{Action, Event},
    store::StoreError,
    workspaces,
};

impl App {
    /// Keep a budget for everything, or for the workspace that is open.
    ///
    /// # Errors
    /// [`BudgetError`] when it cannot be kept.
    pub fn set_budget(&self, input: &BudgetInput) -> Result<(), BudgetError> {
        self.change(|tx| {
            let budget = input.budget(workspaces::current(tx, now_ms())?)?;
            budgets::set(tx, &budget)?;
            // Now, and not by the next call: one that does not fit any more leaves nothing behind.
            budgets::keep_sum(tx, &budget, now_ms(), &TimeZone::system())?;
            Ok(((), budget_set(&budget)))
        })
    }

    /// Remove a budget for everything, or for the workspace that is open; whether there was one.
    ///
    /// # Errors
    /// [`BudgetError`] when the database fails.
    pub fn remove_budget(&self, everywhere: bool, period: Period) -> Result<bool, BudgetError> {
        self.store.write(|tx| {
            let workspace = (!everywhere)
                .then(|| workspaces::current(tx, now_ms()))
                .transpose()?;
            let removed = budgets::remove(tx, workspace, period)?;
            if removed {
                let event = Event::new(Action::BudgetRemoved)
                    .maybe("workspace", workspace.map(|id| id.to_string()))
                    .fact("period", name_of(&period));
                self.record.append(tx, event, now_ms())?;
            }
            Ok(removed)
        })
    }

    /// Set a price of one's own.
    ///
    /// # Errors
    /// [`PriceError`] when it cannot be kept.
    pub fn set_own_price(&self, listing: &Listing) -> Result<Price, PriceError> {
        self.change(|tx| {
            let price = prices::set_own(tx, listing, now_ms())?;
            let event = Event::new(Action::PriceSet)
                .fact("provider", listing.provider.as_str())
                .fact("model", listing.model.as_str())
                .fact("from", listing.from.to_string())
                .fact("price", price.id.number());
            Ok((price, event))
        })
    }

    /// Withdraw one's own prices of a model asked in one way; how many there were.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub fn remove_own_price(
        &self,
        provider: &str,
        model: &str,
        service: Service,
    ) -> Result<usize, StoreError> {
        self.store.write(|tx| {
            let removed = prices::remove_own(tx, provider, model, service, now_ms())?;
            if removed > 0 {
                let event = Event::new(Action::PriceRemoved)
                    .fact("provider", provider)
                    .fact("model", model);
                self.record.append(tx, event, now_ms())?;
            }
            Ok(removed)
        })
    }

    /// Withdraw one price of one's own by its number; whether there was one.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub fn remove_price(&self, number: i64) -> Result<bool, StoreError> {
        self.store.write(|tx| {
            let Some(price) = prices::remove_one(tx, number, now_ms())? else {
                return Ok(false);
            };
            let event = Event::new(Action::PriceRemoved)
                .fact("provider", price.listing.provider)
                .fact("model", price.listing.model)
                .fact("price", number);
            self.record.append(tx, event, now_ms())?;
            Ok(true)
        })
    }

    /// Take over a list of prices from a file; `take` does it.
    ///
    /// # Errors
    /// [`PriceError`] when it cannot be kept; the prices are as they were.
    pub fn take_prices(
        &self,
        take: impl FnOnce(&Transaction<'_>, Origin, i64) -> Result<Changes, PriceError>,
    ) -> Result<Changes, PriceError> {
        self.change(|tx| {
            let changes = take(tx, Origin::File, now_ms())?;
            let event = prices_event(&changes, "file");
            Ok((changes, event))
        })
    }
}
