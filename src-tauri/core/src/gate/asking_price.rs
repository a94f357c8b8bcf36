//! What the models of the accounts cost, for a person who chooses one.

use rusqlite::Connection;
use serde::Serialize;
use specta::Type;

use super::{Gate, GateError, price, route::CloudModel};
use crate::{accounts, ids::AccountId, now_ms, store::StoreError};

/// What a model of an account costs, in dollars for a million tokens, as `$0.25`. Longer prompts,
/// cached ones and some hours can cost otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AskingPrice {
    /// The account.
    pub account_id: AccountId,
    /// What a request calls the model.
    pub model: String,
    /// For what it reads.
    pub input: String,
    /// For what it writes; `None`: not known.
    pub output: Option<String>,
}

impl Gate {
    /// The prices that hold now for the models of all accounts. A model that is not in the list has
    /// no known price, which is not nothing.
    ///
    /// # Errors
    /// [`GateError`] when the database fails.
    pub fn asking_prices(&self) -> Result<Vec<AskingPrice>, GateError> {
        let now = now_ms();
        Ok(self.store.read(|conn| {
            let mut prices = Vec::new();
            for account in accounts::all(conn)? {
                for model in &account.models {
                    let cloud = CloudModel {
                        account: account.clone(),
                        model: model.id.clone(),
                    };
                    prices.extend(asking(conn, cloud, now)?);
                }
            }
            Ok::<_, StoreError>(prices)
        })?)
    }
}

fn asking(
    conn: &Connection,
    cloud: CloudModel,
    at_ms: i64,
) -> rusqlite::Result<Option<AskingPrice>> {
    let price = price::price(conn, &cloud, at_ms)?;
    let (input, output) = match price {
        Some(price) => {
            let rates = price.listing.rates;
            (
                format!("${}", rates.input),
                rates.output.map(|output| format!("${output}")),
            )
        }
        // Nobody bills a server of one's own.
        None if cloud.account.is_free(&cloud.model) => ("$0".into(), Some("$0".into())),
        None => return Ok(None),
    };
    Ok(Some(AskingPrice {
        account_id: cloud.account.id,
        model: cloud.model,
        input,
        output,
    }))
}
