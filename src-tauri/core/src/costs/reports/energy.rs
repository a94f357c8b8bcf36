//! What the models on this computer took from the socket, by the watts that a person measured.

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{CallFilter, Span};
use crate::{costs::worked::worked_ms, money::Money};

/// What this computer takes while a model works, and what that costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Power {
    /// Watts while a model works; 0: nobody has said.
    pub watts: u32,
    /// The price of a kilowatt-hour; `None`: nobody has said.
    pub kilowatt_hour: Option<Money>,
}

/// What the calls on this computer took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Energy {
    /// Kilowatt-hours, to three decimals.
    pub kilowatt_hours: String,
    /// What they cost, in dollars to the pico-dollar, rounded down; `None`: the price is not known.
    pub cost: Option<String>,
    /// The watts that it rests on.
    pub watts: u32,
}

/// Milliseconds times watts in a kilowatt-hour.
const MS_WATTS: u128 = 1000 * 3_600_000;

/// What the calls of these days that a filter lets through took on this computer; `None` until somebody has
/// said how many watts. A call that waits for its turn takes nothing meanwhile; those that were answered at the
/// same time count apart, so it is rather too much.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(super) fn energy(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
    power: Power,
) -> rusqlite::Result<Option<Energy>> {
    if power.watts == 0 {
        return Ok(None);
    }
    Ok(Some(taken(worked_ms(conn, span, filter)?, power)))
}

/// What this computer took in so many milliseconds of work.
fn taken(worked_ms: u64, power: Power) -> Energy {
    let ms_watts = u128::from(worked_ms) * u128::from(power.watts);
    let cost = |price: Money| {
        let price = u128::try_from(price.pico()).unwrap_or(0);
        let pico = ms_watts.saturating_mul(price) / MS_WATTS;
        Money::from_pico(i128::try_from(pico).unwrap_or(i128::MAX)).to_string()
    };
    let thousandths = (ms_watts * 1000 + MS_WATTS / 2) / MS_WATTS;
    Energy {
        kilowatt_hours: format!("{}.{:03}", thousandths / 1000, thousandths % 1000),
        cost: power.kilowatt_hour.map(cost),
        watts: power.watts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        costs::{
            self, CallEnd, CallStatus,
            testing::{NOON, Place, call, ended, workspace},
        },
        ids::WorkspaceId,
        store::StoreError,
    };

    const HOUR: i64 = 3_600_000;
    const HALF_A_KILOWATT: Power = Power {
        watts: 500,
        kilowatt_hour: Some(Money::from_pico(300_000_000_000)),
    };

    #[test]
    fn two_hours_at_half_a_kilowatt_are_a_kilowatt_hour() {
        let energy = taken(2 * 3_600_000, HALF_A_KILOWATT);
        assert_eq!(
            (energy.kilowatt_hours.as_str(), energy.cost.as_deref()),
            ("1.000", Some("$0.3"))
        );
        let unpriced = Power {
            kilowatt_hour: None,
            ..HALF_A_KILOWATT
        };
        assert_eq!(
            taken(2 * 3_600_000, unpriced).cost,
            None,
            "and never nothing"
        );
    }

    /// A call on this computer that was sent at noon.
    fn local(conn: &Connection, workspace: WorkspaceId, end: &CallEnd<'_>) {
        let number = call(conn, workspace, NOON);
        let here = "UPDATE calls SET provider = 'local', route = 'local' WHERE number = ?1";
        conn.execute(here, [number]).unwrap();
        costs::end(conn, number, end).unwrap();
    }

    #[test]
    fn a_call_that_waits_for_another_one_takes_nothing_meanwhile() {
        let opened = Place::new().open();
        let span = Span {
            first: 0,
            last: 30_000,
        };
        let look = |power| {
            let all = CallFilter::default();
            opened
                .read(|conn| Ok::<_, StoreError>(energy(conn, span, &all, power)?))
                .unwrap()
        };
        assert_eq!(
            look(Power::default()),
            None,
            "nobody has said how many watts"
        );
        opened
            .write(|tx| {
                let of = workspace(tx);
                // Sent at once: the second waits an hour for the first, the third is stopped while it waits.
                for waited in [0, HOUR] {
                    let answered = CallEnd {
                        waited_ms: Some(waited),
                        duration_ms: waited + HOUR,
                        ..ended(Some(Money::ZERO))
                    };
                    local(tx, of, &answered);
                }
                let stopped = CallEnd {
                    status: CallStatus::Stopped,
                    input_tokens: 0,
                    output_tokens: 0,
                    duration_ms: HOUR,
                    ..ended(Some(Money::ZERO))
                };
                local(tx, of, &stopped);
                Ok::<_, StoreError>(())
            })
            .unwrap();
        let energy = look(HALF_A_KILOWATT).unwrap();
        assert_eq!(energy.kilowatt_hours, "1.000", "of two hours");
    }
}
