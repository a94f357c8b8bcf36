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
    /// The account that they named so.
    account: Option<String>,
    /// Whether calls or other prices have the name of the provider.
    is_known: bool,
}

impl Billed {
    /// What a person means: an account by its name, else a provider by its name or by one of price lists.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub fn find(conn: &Connection, named: &str) -> rusqlite::Result<Self> {
        let named = named.trim();
        let accounts = all(conn)?;
        let account = accounts
            .iter()
            .find(|account| account.name.to_lowercase() == named.to_lowercase());
        if let Some(account) = account {
            return Ok(Self {
                provider: account.billed_as().to_owned(),
                named: named.to_owned(),
                account: Some(account.name.clone()),
                is_known: true,
            });
        }
        let lower = named.to_lowercase();
        let provider = vendors::named(&lower).map_or(lower, str::to_owned);
        let is_known = accounts
            .iter()
            .any(|account| account.billed_as() == provider)
            || prices::list(conn)?
                .iter()
                .any(|price| price.origin != Origin::Own && price.listing.provider == provider);
        Ok(Self {
            provider,
            named: named.to_owned(),
            account: None,
            is_known,
        })
    }

    /// What a person is told who may have meant something else.
    pub fn warning(&self) -> Option<String> {
        let Self {
            provider, named, ..
        } = self;
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
            Some(account) => format!(
                "The calls of “{account}” are billed as {provider}, as are those of all accounts of that kind."
            ),
            None => format!("The prices of “{named}” are kept as those of {provider}."),
        })
    }
}
