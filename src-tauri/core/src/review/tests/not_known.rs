//! What calls cost whose price is not known is nowhere said to be nothing.

use super::*;
use crate::{charts::SpotValue, money::UnitPrice, tables::tests::read};

/// The day of [`MID_NOVEMBER`] alone.
fn that_day() -> Query {
    let day = date(2026, 11, 15);
    Query {
        first: day,
        last: day,
        ..query()
    }
}

#[test]
fn a_day_of_nothing_but_unknown_costs_reads_so_on_chart_table_and_report() {
    let (_dir, app) = app();
    call(&app, "nobody-knows", None, MID_NOVEMBER);
    let chart = app.cost_chart(&that_day(), ChartTheme::Light, 700).unwrap();
    let said = |value: &SpotValue| (value.name.clone(), value.value.clone());
    let values: Vec<_> = chart.spots[0].values.iter().map(said).collect();
    assert_eq!(
        values,
        [("nobody-knows".to_owned(), "not known".to_owned())]
    );
    assert!(
        chart.svg.contains("Together not known."),
        "for who does not see it"
    );
    let page = app.export_costs(&that_day(), ReportFile::Html, ChartTheme::Light);
    let page = String::from_utf8(page.unwrap()).unwrap();
    assert!(page.contains("<dt>Spent</dt><dd>not known</dd>"));
    let rows = page.split("<h2>Over time, by model</h2>").nth(1).unwrap();
    let rows = rows.split("</table>").next().unwrap();
    assert!(
        rows.contains("nobody-knows, US$") && rows.contains(">not known<"),
        "{rows}"
    );
    let csv = app.export_costs(&that_day(), ReportFile::StepsCsv, ChartTheme::Light);
    let rows = read(&String::from_utf8(csv.unwrap()).unwrap());
    let at = rows[0]
        .iter()
        .position(|name| name == "nobody-knows, US$")
        .unwrap();
    assert_eq!(rows[1][at], "", "empty, and no number");
}

#[test]
fn what_is_known_of_a_day_stands_beside_how_many_calls_are_not() {
    let (_dir, app) = app();
    call(&app, "gpt-4o", Some(1_250_000_000_000), MID_NOVEMBER);
    call(&app, "gpt-4o", None, MID_NOVEMBER);
    call(&app, "nobody-knows", None, MID_NOVEMBER);
    let chart = app.cost_chart(&that_day(), ChartTheme::Light, 700).unwrap();
    let values: Vec<(&str, &str)> = chart.spots[0]
        .values
        .iter()
        .map(|of| (of.name.as_str(), of.value.as_str()))
        .collect();
    let wanted = [
        ("gpt-4o", "$1.25 + 1 unknown"),
        ("nobody-knows", "not known"),
        ("Together", "$1.25 + 2 unknown"),
    ];
    assert_eq!(values, wanted);
}

#[test]
fn every_rate_that_a_call_can_be_billed_by_stands_in_the_table_of_prices() {
    let (_dir, app) = app();
    let page = app.price_page("anthropic claude-sonnet-4-5").unwrap();
    let row = page.rows.iter().find(|row| !row.tiers.is_empty()).unwrap();
    let known = app
        .store
        .read(|conn| Ok::<_, StoreError>(crate::costs::prices::list(conn)?));
    let known = known.unwrap();
    let price = known
        .iter()
        .find(|price| price.id.number() == i64::from(row.id))
        .unwrap();
    let csv = app
        .export_cost_table(&CostTable::Prices {
            words: format!("{} {}", row.provider, row.model),
        })
        .unwrap();
    let rows = read(&String::from_utf8(csv).unwrap());
    let column = |begins: &str| {
        rows[0]
            .iter()
            .position(|name| name.starts_with(begins))
            .unwrap()
    };
    let above = column("For prompts of more tokens than");
    let rates = [
        (String::new(), &price.listing.rates),
        (
            price.listing.tiers[0].above.to_string(),
            &price.listing.tiers[0].rates,
        ),
    ];
    for (border, rates) in rates {
        let found = rows.iter().any(|row| {
            let is = |begins: &str, unit: Option<UnitPrice>| {
                row[column(begins)] == unit.map_or(String::new(), |unit| unit.to_string())
            };
            row[above] == border
                && is("Input,", Some(rates.input))
                && is("Cached input", rates.cached)
                && is("Cache writes for minutes", rates.cache_write)
                && is("Cache writes for an hour", rates.cache_write_hour)
                && is("Output", rates.output)
                && is("Reasoning", rates.reasoning)
        });
        assert!(found, "{border} {rates:?} in {rows:?}");
    }
}
