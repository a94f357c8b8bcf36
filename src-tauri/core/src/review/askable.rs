//! The models that a person could ask, what asking them costs now, and how they were rated.

use std::collections::HashSet;

use jiff::{Timestamp, tz::TimeZone};
use rusqlite::Connection;

use super::ReviewError;
use crate::{
    accounts::{self, Account},
    chat::{self, RatedModel},
    costs::{
        hours::Hours,
        prices::{self, Price},
        reports::{PricedModel, THIS_COMPUTER, price_now},
    },
    models,
};

/// What calls of a model cost now.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Terms {
    /// What its price says.
    Price(Box<Price>),
    /// Nothing: nobody bills what runs there. The words stand in place of a price's source.
    Free(&'static str),
    /// Nobody knows.
    Unknown,
}

const ON_ONES_OWN: &str = "Runs on a server of your own";
const HERE: &str = "Runs on this computer";

/// The models of the accounts and of this computer.
pub(super) struct Askable<'c> {
    pub(super) conn: &'c Connection,
    accounts: Vec<Account>,
    /// The names of the models here that write answers.
    here: Vec<String>,
    pub(super) now_ms: i64,
}

impl<'c> Askable<'c> {
    /// Those that are there now; `now_ms` is UTC milliseconds.
    ///
    /// # Errors
    /// [`ReviewError`] when the database fails.
    pub(super) fn now(conn: &'c Connection, now_ms: i64) -> Result<Self, ReviewError> {
        let mut here: Vec<String> = models::all(conn)?
            .into_iter()
            .filter(|model| model.summary.kind == gatehouse_gguf::ModelKind::Chat)
            .map(|model| model.name)
            .collect();
        let mut seen = HashSet::new();
        here.retain(|name| seen.insert(name.clone()));
        Ok(Self {
            conn,
            accounts: accounts::all(conn)?,
            here,
            now_ms,
        })
    }

    /// The models of all accounts, by the names that prices have.
    pub(super) fn elsewhere(&self) -> Vec<PricedModel> {
        let mut found: Vec<PricedModel> = Vec::new();
        for account in &self.accounts {
            for model in &account.models {
                let model = PricedModel {
                    provider: account.billed_as().to_owned(),
                    model: model.id.clone(),
                };
                if !found.contains(&model) {
                    found.push(model);
                }
            }
        }
        found
    }

    /// The models of this computer that write answers, the last used first.
    pub(super) fn here(&self) -> impl Iterator<Item = PricedModel> + '_ {
        self.here.iter().map(|name| PricedModel {
            provider: THIS_COMPUTER.to_owned(),
            model: name.clone(),
        })
    }

    /// What calls of a model cost now, as the gate bills them at hours that have no price of their own.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub(super) fn terms(&self, model: &PricedModel) -> rusqlite::Result<Terms> {
        if model.provider == THIS_COMPUTER {
            return Ok(Terms::Free(HERE));
        }
        let price = price_now(self.conn, model, self.now_ms)?;
        let mut servers = self.servers(&model.provider, &model.model).peekable();
        Ok(match price {
            Some(price) if servers.all(|account| account.is_billed_by(&price, &model.model)) => {
                Terms::Price(Box::new(price))
            }
            None if servers.peek().is_some()
                && servers.all(|account| account.is_free(&model.model)) =>
            {
                Terms::Free(ON_ONES_OWN)
            }
            _ => Terms::Unknown,
        })
    }

    /// The hours of today at which another price holds than this usual one, and that price.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub(super) fn at_hours(&self, usual: &Price) -> rusqlite::Result<Vec<(Hours, Price)>> {
        let now = Timestamp::from_millisecond(self.now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let today = TimeZone::UTC.to_datetime(now).date();
        let found = prices::of_other_hours(self.conn, usual, today)?.into_iter();
        Ok(found
            .filter_map(|price| Some((price.listing.hours?, price)))
            .collect())
    }

    /// How the models were rated that can be asked: who rated one that is gone says nothing of what to take.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub(super) fn rated(&self) -> rusqlite::Result<Vec<RatedModel>> {
        let mut rated = chat::rated_models(self.conn)?;
        rated.retain(|of| self.has(&of.provider, &of.model));
        Ok(rated)
    }

    fn has(&self, provider: &str, model: &str) -> bool {
        match provider {
            THIS_COMPUTER => self.here.iter().any(|name| name == model),
            _ => self.servers(provider, model).next().is_some(),
        }
    }

    /// The accounts that have this model.
    fn servers(&self, provider: &str, model: &str) -> impl Iterator<Item = &Account> {
        self.accounts
            .iter()
            .filter(move |of| of.billed_as() == provider && of.model(model).is_some())
    }
}
