//! What the models on this computer took from the socket, by the watts that a person measured.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{costs::days::Figures, money::Money};

/// What this computer takes while a model works, and what that costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Power {
    /// Watts while a model works; 0: nobody has said.
    pub watts: u32,
    /// The price of a kilowatt-hour.
    pub kilowatt_hour: Money,
}

/// What the calls on this computer took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Energy {
    /// Kilowatt-hours, to three decimals.
    pub kilowatt_hours: String,
    /// What they cost, in dollars to the pico-dollar; rounded down.
    pub cost: String,
    /// The watts that it rests on.
    pub watts: u32,
}

/// Milliseconds times watts in a kilowatt-hour.
const MS_WATTS: u128 = 1000 * 3_600_000;

/// What calls on this computer took; `None` until somebody has said how many watts. Calls that were
/// answered at the same time count apart, so it is rather too much.
pub(super) fn energy(local: &Figures, power: Power) -> Option<Energy> {
    if power.watts == 0 {
        return None;
    }
    let ms_watts = u128::from(local.duration_ms) * u128::from(power.watts);
    let price = u128::try_from(power.kilowatt_hour.pico()).unwrap_or(0);
    let pico = ms_watts.saturating_mul(price) / MS_WATTS;
    let thousandths = (ms_watts * 1000 + MS_WATTS / 2) / MS_WATTS;
    Some(Energy {
        kilowatt_hours: format!("{}.{:03}", thousandths / 1000, thousandths % 1000),
        cost: Money::from_pico(i128::try_from(pico).unwrap_or(i128::MAX)).to_string(),
        watts: power.watts,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hours_at_half_a_kilowatt_are_a_kilowatt_hour() {
        let local = Figures {
            duration_ms: 2 * 3_600_000,
            ..Figures::default()
        };
        let power = Power {
            watts: 500,
            kilowatt_hour: Money::from_pico(300_000_000_000),
        };
        let energy = energy(&local, power).unwrap();
        assert_eq!(
            (energy.kilowatt_hours.as_str(), energy.cost.as_str()),
            ("1.000", "$0.3")
        );
    }

    #[test]
    fn nothing_is_said_until_somebody_has_said_how_many_watts() {
        assert_eq!(energy(&Figures::default(), Power::default()), None);
    }
}
