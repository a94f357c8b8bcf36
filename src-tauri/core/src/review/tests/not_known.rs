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

#[test]
fn a_report_says_what_energy_costs_only_where_its_price_was_set() {
    let (_dir, app) = app();
    call(&app, "SmolLM2", Some(0), MID_NOVEMBER);
    let here = "UPDATE calls SET provider = 'local', route = 'local', duration_ms = 7200000";
    app.store.write(|tx| tx.execute(here, [])).unwrap();
    let mut settings = app.store.read(settings::get).unwrap();
    settings.watts = 500;
    let mut page = |price: &str| {
        price.clone_into(&mut settings.kilowatt_hour);
        app.set_settings(&settings).unwrap();
        let page = app.export_costs(&query(), ReportFile::Html, ChartTheme::Light);
        String::from_utf8(page.unwrap()).unwrap()
    };
    let unpriced = page("");
    assert!(unpriced.contains(" kWh</dd>"), "{unpriced}");
    let priced = page("0.30");
    assert!(priced.contains(" kWh, $0.30</dd>"), "{priced}");
    let free = page("0");
    assert!(
        free.contains(" kWh, $0.00</dd>"),
        "somebody said so: {free}"
    );
}

#[test]
fn a_price_of_ones_own_is_kept_under_the_name_that_calls_are_billed_by() {
    let (_dir, app) = app();
    let set = |provider: &str, dated| {
        let price = PriceInput {
            provider: provider.into(),
            model: "m-1".into(),
            dated,
            input: "1".into(),
            ..PriceInput::default()
        };
        app.set_price(&price).unwrap()
    };
    let own = || {
        let rows = app.price_page("m-1").unwrap().rows;
        let told = rows.into_iter().filter(|row| row.is_own);
        told.map(|row| (row.provider, row.dated))
            .collect::<Vec<_>>()
    };
    assert_eq!(set("OpenAI ", true), None);
    assert_eq!(own(), [("openai".to_owned(), true)]);
    let told = set("gemini", false).unwrap();
    assert!(told.contains("kept as those of google"), "{told}");
    assert!(own().contains(&("google".to_owned(), false)));
    let told = set("nosuchthing", false).unwrap();
    assert!(told.contains("Nothing uses this price yet"), "{told}");
    let input = crate::accounts::AccountInput {
        kind: crate::accounts::ProviderKind::Compatible,
        name: "Our proxy".into(),
        base_url: "https://proxy.example/v1".into(),
        destination: None,
        context_tokens: None,
    };
    app.gate.save_account(None, &input).unwrap();
    let told = set("our proxy", false).unwrap();
    assert!(told.contains("billed as compatible"), "{told}");
    assert!(own().contains(&("compatible".to_owned(), false)));
}

#[test]
fn a_price_that_is_changed_stays_that_of_its_provider_whatever_an_account_is_called() {
    let (_dir, app) = app();
    let input = crate::accounts::AccountInput {
        kind: crate::accounts::ProviderKind::Compatible,
        name: "OpenAI".into(),
        base_url: "https://proxy.example/v1".into(),
        destination: None,
        context_tokens: None,
    };
    app.gate.save_account(None, &input).unwrap();
    let set = |provider: &str| {
        let price = PriceInput {
            provider: provider.into(),
            model: "m-1".into(),
            input: "1".into(),
            ..PriceInput::default()
        };
        let told = app.set_price(&price).unwrap().unwrap();
        let rows = app.price_page("m-1").unwrap().rows;
        let own = rows.into_iter().filter(|row| row.is_own);
        (own.map(|row| row.provider).collect::<Vec<_>>(), told)
    };
    let (own, told) = set("openai");
    assert_eq!(own, ["openai"], "as its row has it");
    assert!(told.contains("“OpenAI” are billed as compatible"), "{told}");
    let (own, told) = set("OpenAI");
    assert_eq!(own, ["compatible", "openai"], "as the account is called");
    assert!(told.contains("billed as compatible"), "{told}");
}
