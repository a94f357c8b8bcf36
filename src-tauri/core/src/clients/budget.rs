//! What a client may spend, beside the budgets of its workspace.

use jiff::tz::TimeZone;
use rusqlite::Connection;

use super::Client;
use crate::{
    costs,
    money::Money,
    problem::{Problem, ProblemCode},
    store::StoreError,
};

/// Whether the most that a call can cost fits the budget of a client; `None`: that is not known. Belongs
/// into the transaction that sets it aside, before it does.
///
/// # Errors
/// [`ClientBudgetError`] when it does not, or the database fails.
pub(crate) fn fits(
    conn: &Connection,
    client: &Client,
    most: Option<Money>,
    now_ms: i64,
) -> Result<(), ClientBudgetError> {
    let Some(budget) = client.budget.filter(|_| most != Some(Money::ZERO)) else {
        return Ok(());
    };
    let most = most.ok_or(ClientBudgetError::UnknownPrice)?;
    let time = budget.period.around(now_ms, &TimeZone::system())?;
    let spending = costs::spending_of_client(conn, client.id, time)?;
    let left = budget.limit.pico() - (spending.spent + spending.reserved).pico();
    if most.pico() > left {
        return Err(ClientBudgetError::Reached {
            most,
            left: Money::from_pico(left.max(0)),
        });
    }
    Ok(())
}

/// Why a call does not fit the budget of a client.
#[derive(Debug, thiserror::Error)]
pub enum ClientBudgetError {
    /// It could pass the limit.
    #[error("this can cost {most}, and of the budget of this client {left} is left")]
    Reached {
        /// The most that it can cost.
        most: Money,
        /// What is left.
        left: Money,
    },
    /// Nobody knows what it can cost.
    #[error("what this can cost is not known, and the budget of this client must not be passed")]
    UnknownPrice,
    /// The clock shows a time that no calendar has.
    #[error("the clock of this computer is wrong: {0}")]
    Clock(#[from] jiff::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] rusqlite::Error),
}

impl From<ClientBudgetError> for Problem {
    fn from(error: ClientBudgetError) -> Self {
        match error {
            ClientBudgetError::Store(store) => StoreError::from(store).into(),
            ClientBudgetError::Clock(_) => Problem::new(ProblemCode::Internal, error),
            other => Problem::new(ProblemCode::BudgetReached, other),
        }
    }
}
