//! What a client may spend, beside the budgets of its workspace.

use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde::Serialize;
use specta::Type;

use super::{Client, ClientBudget, all};
use crate::{
    costs::{
        self, Whose,
        budgets::{Budget, BudgetView, Standing},
    },
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
    let spending = costs::keep_spending(conn, Whose::Client(client.id), &time)?;
    let left = budget.limit.pico() - (spending.spent + spending.reserved).pico();
    if most.pico() > left {
        return Err(ClientBudgetError::Reached {
            most,
            left: Money::from_pico(left.max(0)),
        });
    }
    Ok(())
}

/// A client, and how its budget stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ClientStanding {
    /// The client.
    #[serde(flatten)]
    pub client: Client,
    /// What it has spent of its budget; `None`: it has none.
    pub standing: Option<BudgetView>,
}

/// All clients with how their budgets stand, in the order of [`all`]; `now_ms` is UTC milliseconds.
///
/// # Errors
/// [`ClientBudgetError`] when the clock is beyond every calendar or the database fails.
pub fn standings(conn: &Connection, now_ms: i64) -> Result<Vec<ClientStanding>, ClientBudgetError> {
    let zone = TimeZone::system();
    let of = |client: Client| {
        let standing = match client.budget {
            Some(budget) => Some(standing(conn, &client, budget, now_ms, &zone)?),
            None => None,
        };
        Ok(ClientStanding { client, standing })
    };
    all(conn)?.into_iter().map(of).collect()
}

fn standing(
    conn: &Connection,
    client: &Client,
    ClientBudget { period, limit }: ClientBudget,
    now_ms: i64,
    zone: &TimeZone,
) -> Result<BudgetView, ClientBudgetError> {
    let time = period.around(now_ms, zone)?;
    let standing = Standing {
        budget: Budget {
            workspace: Some(client.workspace_id),
            period,
            limit,
            warn_percent: 100,
            stops: true,
        },
        spending: costs::spending_of(conn, Whose::Client(client.id), &time)?,
    };
    Ok(BudgetView::of(&standing, time))
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
