//! How long models took to begin: the median over the calls themselves as long as there are not too many to
//! read at once. Of more, it is read from the counts by class that the database keeps, where those can answer,
//! and is then right to within a tenth.

use std::collections::BTreeMap;

use rusqlite::{Connection, params_from_iter};
use serde::Serialize;
use specta::Type;

use super::{CallFilter, Chosen, PricedModel, ReportError, Span};
use crate::{
    costs::{
        spread::Spread,
        times::{self, Counted, Measure},
    },
    ids::WorkspaceId,
};

/// So many calls are read one by one.
const EXACT: u64 = 10_000;

/// How long one model took to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FirstToken {
    /// Which model.
    pub model: PricedModel,
    /// Half of its answers began within so many milliseconds.
    pub median_ms: u32,
    /// Whether that is the median of the calls themselves; otherwise it is right to within a tenth.
    pub exact: bool,
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
    // The counts know models, days and workspaces, and nothing else.
    let counted = CallFilter {
        workspace: filter.workspace,
        ..CallFilter::default()
    };
    // By all calls of these days: those of one workspace are not found without looking at the others.
    if *filter == counted && times::how_many(conn, span, None)? > EXACT {
        return Ok(by_class(conn, span, filter.workspace)?);
    }
    one_by_one(conn, span, filter)
}

fn by_class(
    conn: &Connection,
    span: Span,
    workspace: Option<WorkspaceId>,
) -> rusqlite::Result<Vec<FirstToken>> {
    let mut models: BTreeMap<String, BTreeMap<String, Spread>> = BTreeMap::new();
    let add = |class: Counted<'_>| {
        // Looked up before it is named, as there are few models and many counts.
        let known = models
            .get_mut(class.provider)
            .and_then(|models| models.get_mut(class.model));
        let spread = match known {
            Some(spread) => spread,
            None => models
                .entry(class.provider.to_owned())
                .or_default()
                .entry(class.model.to_owned())
                .or_insert_with(Spread::in_classes),
        };
        spread.add(class.floor, class.calls);
    };
    match workspace {
        None => times::each_counted_by_month(conn, span, None, &[Measure::FirstToken], add)?,
        Some(of) => times::each_first_token(conn, span, of, add)?,
    }
    let named = models.into_iter().flat_map(|(provider, models)| {
        let named = move |(model, spread)| (provider.clone(), model, spread);
        models.into_iter().map(named)
    });
    let found = named.filter_map(|(provider, model, spread): (String, String, Spread)| {
        Some(FirstToken {
            model: PricedModel { provider, model },
            median_ms: u32::try_from(spread.percentile(50)?).ok()?,
            exact: false,
        })
    });
    Ok(found.collect())
}

fn one_by_one(
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
        Some(FirstToken {
            model,
            median_ms,
            exact: true,
        })
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
    use crate::{
        costs::testing::{Place, workspace},
        store::StoreError,
    };

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

    const FIRST_DAY: Span = Span { first: 0, last: 0 };

    /// A call in a workspace that took so long to begin.
    fn begun(conn: &Connection, of: WorkspaceId, model: usize, ms: i64) {
        conn.execute(
            "INSERT INTO calls (started_at_ms, workspace_id, purpose, provider, model, version, route, status,
                                first_token_ms, day)
             VALUES (0, ?1, 'chat', 'openai', ?2, '', 'masked', 'answered', ?3, 0)",
            rusqlite::params![of, format!("m{model}"), ms],
        )
        .unwrap();
    }

    fn of_workspace(workspace: WorkspaceId) -> CallFilter {
        CallFilter {
            workspace: Some(workspace),
            ..CallFilter::default()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn counts_by_class_say_what_the_calls_say_to_within_a_tenth(
            calls in proptest::collection::vec((0usize..2, 0usize..3, 0i64..9_000_000), 1..60),
        ) {
            let opened = Place::new().open();
            opened
                .write(|tx| {
                    let workspaces = [workspace(tx), workspace(tx)];
                    for (of, model, ms) in &calls {
                        begun(tx, workspaces[*of], *model, *ms);
                    }
                    let filters = workspaces.map(of_workspace);
                    for filter in [CallFilter::default()].iter().chain(&filters) {
                        let exact = one_by_one(tx, FIRST_DAY, filter).unwrap();
                        let classes = by_class(tx, FIRST_DAY, filter.workspace)?;
                        assert_eq!(exact.len(), classes.len());
                        for (one, other) in exact.iter().zip(&classes) {
                            assert_eq!(one.model, other.model);
                            let apart = one.median_ms.abs_diff(other.median_ms);
                            assert!(apart * 10 <= one.median_ms.max(10));
                            assert!(one.exact && !other.exact);
                        }
                    }
                    Ok::<_, StoreError>(())
                })
                .unwrap();
        }
    }

    #[test]
    fn with_a_workspace_too_the_calls_are_read_only_where_they_are_few() {
        let opened = Place::new().open();
        opened
            .write(|tx| {
                let (here, there) = (workspace(tx), workspace(tx));
                begun(tx, here, 0, 300);
                begun(tx, there, 0, 900);
                let found = |tx: &Connection| {
                    let found = first_tokens(tx, FIRST_DAY, &of_workspace(here)).unwrap();
                    assert_eq!(found.len(), 1);
                    (found[0].median_ms, found[0].exact)
                };
                assert_eq!(found(tx), (300, true));
                // As if they were many: of these two, the counts by class are read as well.
                tx.execute("UPDATE call_days SET calls = ?1", [EXACT])?;
                let (median_ms, exact) = found(tx);
                assert!(!exact && median_ms.abs_diff(300) <= 30, "{median_ms}");
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }

    #[test]
    fn of_nothing_there_is_no_median() {
        assert_eq!(median(&[]), None);
    }
}
