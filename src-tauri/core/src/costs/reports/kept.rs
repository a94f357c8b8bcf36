//! What stayed on this computer, and what it would have cost elsewhere.

use jiff::Timestamp;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

use super::{CallFilter, Only, ReportError, Span, usages};
use crate::costs::{
    days::Group,
    listing::Service,
    prices::{self, Price, PriceError, Wanted},
};

/// A model at a provider, by the names that prices have.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PricedModel {
    /// Whose.
    pub provider: String,
    /// Its name there.
    pub model: String,
}

/// What stayed on this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    /// Tokens read and written on this computer.
    #[specta(type = Number)]
    pub tokens: u64,
    /// Of all tokens, in whole percent; `None`: there were none.
    pub percent: Option<u8>,
    /// The model that it is compared with.
    pub compared_with: Option<PricedModel>,
    /// What it would have cost there, exact; `None`: no model was named, or no price is known.
    pub would_have_cost: Option<String>,
}

/// The name that calls on this computer have in place of a provider's.
pub(crate) const THIS_COMPUTER: &str = "local";

/// What stayed here of the calls of these days. `groups` are those of the same days and filter.
///
/// # Errors
/// [`ReportError`] when the database fails.
pub(super) fn kept(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
    groups: &[Group],
    compared_with: Option<&PricedModel>,
    now_ms: i64,
) -> Result<Kept, ReportError> {
    let is_local = |group: &&Group| group.provider == THIS_COMPUTER;
    let count = |groups: &mut dyn Iterator<Item = &Group>| {
        groups.map(|group| group.figures.all_tokens()).sum::<u64>()
    };
    let tokens = count(&mut groups.iter().filter(is_local));
    let all = count(&mut groups.iter());
    let percent = u128::from(tokens) * 100 / u128::from(all.max(1));
    let price = compared_with.map_or(Ok(None), |model| price_now(conn, model, now_ms))?;
    let would_have_cost = match price {
        None => None,
        Some(price) => {
            let here = filter.and(Only::Local);
            let local = groups.iter().filter(is_local);
            let used = usages(conn, span, &here, &price.listing, local)?;
            used.would_cost(&price.listing).ok()
        }
    };
    Ok(Kept {
        tokens,
        percent: (all > 0).then(|| u8::try_from(percent).unwrap_or(100)),
        compared_with: compared_with.cloned(),
        would_have_cost: would_have_cost.map(|cost| cost.to_string()),
    })
}

/// The usual price of a model now, asked to answer at once, at whatever hour; `None`: none is known.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn price_now(
    conn: &Connection,
    model: &PricedModel,
    now_ms: i64,
) -> rusqlite::Result<Option<Price>> {
    price_for(conn, model, Service::Standard, now_ms)
}

/// The usual price of a model now, asked in some way; `None`: none is known.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn price_for(
    conn: &Connection,
    model: &PricedModel,
    service: Service,
    now_ms: i64,
) -> rusqlite::Result<Option<Price>> {
    let wanted = Wanted {
        provider: Some(&model.provider),
        model: &model.model,
        service,
        at: Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH),
    };
    match prices::find_usual(conn, &wanted) {
        Ok(price) => Ok(Some(price)),
        Err(PriceError::Store(error)) => Err(error),
        Err(_) => Ok(None),
    }
}
