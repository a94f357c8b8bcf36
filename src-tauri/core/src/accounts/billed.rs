//! Under whose name a price is kept that a person sets: calls are billed by that name, and so never find a price
//! under another one.

use rusqlite::Connection;

use super::all;
use crate::costs::{
    prices::{self, Origin},
    vendors,
};

/// Who bills what a person has named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Billed {
    /// The name that its prices are kept under.
    pub provider: String,
    /// What the person wrote.
    named: String,
    /// The account of that name, and what its calls are billed as.
    account: Option<(String, &'static str)>,
    /// Whether calls or other prices have the name of the provider.
    is_known: bool,
}

impl Billed {
    /// What a person means: a provider, where it has prices or calls and they write it as these do; else an account
    /// by its name, else a provider by its name or by one of price lists.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub fn find(conn: &Connection, named: &str) -> rusqlite::Result<Self> {
        let named = named.trim();
        let lower = named.to_lowercase();
        let accounts = all(conn)?;
        let prices = prices::list(conn)?;
        let bills = |name: &str| accounts.iter().any(|account| account.billed_as() == name);
        let account = accounts
            .iter()
            .find(|account| account.name.to_lowercase() == lower)
            .map(|account| (account.name.clone(), account.billed_as()));
        // A price that is changed names its provider so, whatever accounts are called.
        let is_provider =
            bills(named) || prices.iter().any(|price| price.listing.provider == named);
        let provider = match &account {
            _ if is_provider => named.to_owned(),
            Some((_, billed_as)) => (*billed_as).to_owned(),
            None => vendors::named(&lower).map_or(lower, str::to_owned),
        };
        let is_known = bills(&provider)
            || prices
                .iter()
                .any(|price| price.origin != Origin::Own && price.listing.provider == provider);
        Ok(Self {
            provider,
            named: named.to_owned(),
            account,
            is_known,
        })
    }

    /// What a person is told who may have meant something else.
    pub fn warning(&self) -> Option<String> {
        let Self {
            provider, named, ..
        } = self;
        if let Some((account, billed_as)) = &self.account
            && provider != billed_as
        {
            return Some(format!(
                "This is a price of {provider}. The calls of your account “{account}” are billed as {billed_as}."
            ));
        }
        if !self.is_known {
            return Some(format!(
                "Nothing uses this price yet: no account is billed as “{provider}”, and no other price has that \
                 name. Name an account, or a provider that has prices."
            ));
        }
        if provider.eq_ignore_ascii_case(named) {
            return None;
        }
        Some(match &self.account {
            Some((account, _)) => format!(
                "The calls of “{account}” are billed as {provider}, as are those of all accounts of that kind."
            ),
            None => format!("The prices of “{named}” are kept as those of {provider}."),
        })
    }
}
