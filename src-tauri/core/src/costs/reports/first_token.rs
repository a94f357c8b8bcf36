//! How long models took to begin: the median over the calls themselves, exact, and so read beside the
//! overview and not with it.

use rusqlite::{Connection, params_from_iter};
use serde::Serialize;
use specta::Type;

use super::{CallFilter, Chosen, PricedModel, ReportError, Span};

/// How long one model took to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FirstToken {
    /// Which model.
    pub model: PricedModel,
    /// Half of its answers began within so many milliseconds.
    pub median_ms: u32,
}

/// The median time to the first token of each model that gave one in these days, among the calls that a
/// filter lets through: of an even number, the lower of the two in the middle.
///
/// # Errors
/// [`ReportError`] when the database fails.
pub fn first_tokens(
    conn: &Connection,
    span: Span,
    filter: &CallFilter,
) -> Result<Vec<FirstToken>, ReportError> {
    let Chosen { condition, values } = filter.chosen(span);
    let mut counted = conn.prepare_cached(&format!(
        "SELECT k.provider, k.model, k.first_token_ms, count(*) FROM calls k
         WHERE {condition} AND k.first_token_ms IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    ))?;
    let rows = counted.query_map(params_from_iter(values), |row| {
        let model = PricedModel {
            provider: row.get(0)?,
            model: row.get(1)?,
        };
        Ok((model, row.get(2)?, row.get(3)?))
    })?;
    let mut of_models: Vec<(PricedModel, Vec<(u32, u64)>)> = Vec::new();
    for row in rows {
        let (model, ms, calls) = row?;
        match of_models.last_mut() {
            Some((last, times)) if *last == model => times.push((ms, calls)),
            _ => of_models.push((model, vec![(ms, calls)])),
        }
    }
    let found = of_models.into_iter().filter_map(|(model, times)| {
        let median_ms = median(&times)?;
        Some(FirstToken { model, median_ms })
    });
    Ok(found.collect())
}

/// The median of values with their counts, in rising order.
fn median(times: &[(u32, u64)]) -> Option<u32> {
    let all: u64 = times.iter().map(|(_, calls)| calls).sum();
    let half = all.div_ceil(2);
    let mut so_far = 0;
    let found = times.iter().find(|(_, calls)| {
        so_far += calls;
        so_far >= half
    });
    found.map(|(ms, _)| *ms)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_median_is_the_one_in_the_middle_of_all(times in proptest::collection::vec(0u32..50, 1..90)) {
            let mut sorted = times;
            sorted.sort_unstable();
            let mut counted: Vec<(u32, u64)> = Vec::new();
            for ms in &sorted {
                match counted.last_mut() {
                    Some((last, calls)) if last == ms => *calls += 1,
                    _ => counted.push((*ms, 1)),
                }
            }
            prop_assert_eq!(median(&counted), Some(sorted[(sorted.len() - 1) / 2]));
        }
    }

    #[test]
    fn of_nothing_there_is_no_median() {
        assert_eq!(median(&[]), None);
    }
}
