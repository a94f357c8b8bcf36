mod given_away;
mod not_known;
mod on_paper;
mod paper_read;
mod recommending;

use jiff::civil::date;

use super::*;
use crate::{
    app::Surroundings,
    costs::{
        budgets::Period,
        listing::Service,
        reports::{FiguresView, Step},
    },
    record::Actor,
    secrets::{self, KeyHome},
    store::DataFolder,
};

pub(super) fn query() -> Query {
    Query {
        first: date(2026, 11, 1),
        last: date(2026, 11, 30),
        step: Period::Day,
        filter: CallFilter::default(),
    }
}

/// An app of its own with nothing in it, gone when the test ends.
pub(super) fn app() -> (tempfile::TempDir, App) {
    let dir = tempfile::tempdir().unwrap();
    let folder = DataFolder::resolve(Some(dir.path())).unwrap();
    secrets::database_key(&folder, KeyHome::File).unwrap();
    let around = Surroundings {
        engine_program: "no engine".into(),
        resources: None,
        actor: Actor::CommandLine,
        on_engine_change: Box::new(|| {}),
    };
    let app = App::open(&folder, around).unwrap();
    (dir, app)
}

/// A call as the gate writes it, which cost so much.
pub(super) fn call(app: &App, model: &str, pico: Option<i64>, at_ms: i64) {
    app.store
        .write(|tx| {
            let workspace = workspaces::first(tx, 0)?;
            tx.execute(
                "INSERT INTO calls (started_at_ms, workspace_id, purpose, provider, model, version, route, status,
                                    input_tokens, output_tokens, cost_pico, day)
                 VALUES (?1, ?2, 'chat', 'openai', ?3, '', 'cloud', 'answered', 1000, 100, ?4, ?1 / 86400000)",
                rusqlite::params![at_ms, workspace, model, pico],
            )?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

pub(super) const MID_NOVEMBER: i64 = 1_794_700_800_000;

#[test]
fn every_file_of_a_report_can_be_made_and_leaves_its_entry() {
    let (_dir, app) = app();
    call(
        &app,
        "=cmd|'/c calc'!A0",
        Some(1_250_000_000_000),
        MID_NOVEMBER,
    );
    call(&app, "<script>alert(1)</script>", None, MID_NOVEMBER);
    let entries = || app.record.status().unwrap().count;
    let files = [
        ReportFile::StepsCsv,
        ReportFile::ModelsCsv,
        ReportFile::ProvidersCsv,
        ReportFile::WorkspacesCsv,
        ReportFile::PurposesCsv,
        ReportFile::ConversationsCsv,
        ReportFile::CallsCsv,
        ReportFile::Html,
        ReportFile::HtmlWithChats,
        ReportFile::Pdf,
        ReportFile::PdfWithChats,
        ReportFile::Svg,
        ReportFile::Png,
    ];
    for file in files {
        let before = entries();
        let content = app.export_costs(&query(), file, ChartTheme::Light).unwrap();
        assert_eq!(entries(), before + 1, "{file:?}");
        match file {
            ReportFile::Pdf | ReportFile::PdfWithChats => assert!(content.starts_with(b"%PDF-")),
            ReportFile::Png => assert!(content.starts_with(b"\x89PNG")),
            _ => {
                let text = String::from_utf8(content).unwrap();
                let is_marked_up = matches!(
                    file,
                    ReportFile::Html | ReportFile::HtmlWithChats | ReportFile::Svg
                );
                assert!(!is_marked_up || !text.contains("<script"), "{file:?}");
                let has_formula = text.lines().any(|line| line.starts_with('='));
                assert!(is_marked_up || !has_formula, "{file:?}");
            }
        }
    }
}

#[test]
fn a_report_says_what_is_not_known() {
    let (_dir, app) = app();
    call(&app, "gpt-5", Some(1), MID_NOVEMBER);
    call(&app, "gpt-5", None, MID_NOVEMBER);
    let page = app
        .export_costs(&query(), ReportFile::Html, ChartTheme::Light)
        .unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("Calls whose cost is not known, not in it"));
    assert!(page.contains("$0.000000000001"), "to the last digit");
    let drawn = app.cost_chart(&query(), ChartTheme::Dark, 700).unwrap();
    assert!(drawn.svg.contains("One call is not in it"));
}

#[test]
fn a_report_needs_nothing_from_anywhere() {
    let (_dir, app) = app();
    call(&app, "gpt-5", Some(5_000_000_000), MID_NOVEMBER);
    let page = app
        .export_costs(&query(), ReportFile::Html, ChartTheme::Light)
        .unwrap();
    let page = String::from_utf8(page)
        .unwrap()
        .replace("http://www.w3.org/2000/svg", "");
    for outside in ["http:", "https:", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn where_the_month_is_likely_to_end_is_drawn_and_in_the_report_once_enough_is_known() {
    let (_dir, app) = app();
    let report = || {
        let page = app.export_costs(&query(), ReportFile::Html, ChartTheme::Light);
        String::from_utf8(page.unwrap()).unwrap()
    };
    let drawn = || app.cost_forecast_chart(&query(), ChartTheme::Dark, 640);
    call(&app, "gpt-4o", Some(1_000_000_000_000), now_ms());
    assert_eq!(drawn().unwrap(), None, "one day says nothing of a month");
    assert!(!report().contains("This month, day by day"));
    let refused = app.export_costs(&query(), ReportFile::MonthCsv, ChartTheme::Light);
    assert!(matches!(refused, Err(ReviewError::NoForecast)));
    for ago in 1..=20 {
        call(
            &app,
            "gpt-4o",
            Some(1_000_000_000_000),
            now_ms() - ago * 86_400_000,
        );
    }
    let chart = drawn().unwrap().unwrap();
    let overview = app.cost_overview(&query()).unwrap();
    let forecast = overview.forecast.unwrap();
    assert_eq!(
        chart.spots.len(),
        forecast.course.len(),
        "each day of the month"
    );
    let last = chart.spots.last().unwrap();
    let likely = last
        .values
        .iter()
        .find(|value| value.name == "On course for");
    assert_eq!(
        likely.map(|value| value.value.as_str()),
        Some(crate::money::shown(&forecast.likely).as_str())
    );
    let page = report();
    let table = "aria-label=\"This month, day by day\"";
    assert!(page.contains(table) && page.matches("<svg ").count() == 2);
    let of_month = [
        (ReportFile::Pdf, b"%PDF".as_slice()),
        (ReportFile::MonthCsv, b"Day,"),
        (ReportFile::MonthSvg, b"<svg "),
        (ReportFile::MonthPng, b"\x89PNG"),
    ];
    for (file, begins) in of_month {
        let content = app.export_costs(&query(), file, ChartTheme::Dark).unwrap();
        assert!(content.starts_with(begins), "{file:?}");
    }
}

#[test]
fn the_time_to_the_first_token_is_said_for_each_model_that_gave_one() {
    let (_dir, app) = app();
    for (model, ms) in [
        ("gpt-4o", 900),
        ("gpt-4o", 300),
        ("gpt-4o", 400),
        ("mini", 70),
    ] {
        call(&app, model, Some(1), MID_NOVEMBER);
        let timed = app.store.write(|tx| {
            tx.execute(
                "UPDATE calls SET first_token_ms = ?1 WHERE number = (SELECT max(number) FROM calls)",
                [ms],
            )
        });
        timed.unwrap();
    }
    call(&app, "silent", Some(1), MID_NOVEMBER);
    let found = app.cost_first_tokens(&query()).unwrap();
    let said: Vec<_> = found
        .iter()
        .map(|of| (of.model.model.as_str(), of.median_ms))
        .collect();
    assert_eq!(said, [("gpt-4o", 400), ("mini", 70)]);
}

#[test]
fn what_costs_less_with_a_model_that_was_rated_as_good_is_advised_with_its_saving() {
    let (_dir, app) = app();
    recommending::account_with(&app, &["gpt-4o", "gpt-4o-mini"]);
    let mini = |at| call(&app, "gpt-4o-mini", Some(0), at);
    for at in 0..6 {
        call(&app, "gpt-4o", Some(1_000_000_000_000), MID_NOVEMBER + at);
        mini(MID_NOVEMBER + 100 + at);
    }
    recommending::rate_all(&app, 1);
    let advice = app.cost_advice(&query()).unwrap();
    let found = advice
        .iter()
        .find(|one| one.kind == AdviceKind::CheaperModel)
        .unwrap();
    assert_eq!(found.calls, 6);
    // Six calls with 1000 tokens in and 100 out, at $0.15 and $0.60 a million.
    assert_eq!(found.saving, "$5.99874");
    assert_eq!(found.filter.model.as_deref(), Some("gpt-4o"));
}

#[test]
fn a_plan_costs_what_its_tokens_cost() {
    let (_dir, app) = app();
    let model = reports::PricedModel {
        provider: "openai".into(),
        model: "gpt-4o-mini".into(),
    };
    let plan = Plan {
        input: 1_000_000,
        cached: 0,
        output: 1_000_000,
        calls_a_day: 2,
    };
    let unknown = reports::PricedModel {
        model: "nobody-knows".into(),
        ..model.clone()
    };
    let found = app.plan_costs(&plan, &[model, unknown]).unwrap();
    let shown = |planned: &Planned| [&planned.call, &planned.day, &planned.month].map(Clone::clone);
    assert_eq!(
        shown(&found[0]),
        ["$0.75", "$1.5", "$45"].map(|amount| Some(amount.to_owned()))
    );
    assert_eq!(
        shown(&found[1]),
        [None, None, None],
        "unknown, and never nothing"
    );
}

#[test]
fn a_price_of_ones_own_is_first_in_the_table_and_what_is_none_is_refused() {
    let (_dir, app) = app();
    let input = PriceInput {
        provider: "Acme".into(),
        model: "m-1".into(),
        input: "2.50".into(),
        cached: String::new(),
        output: "$10".into(),
        ..PriceInput::default()
    };
    app.set_price(&input).unwrap();
    let page = app.price_page("").unwrap();
    assert!(page.rows[0].is_own && page.rows[0].rates.input == "$2.5");
    assert_eq!(app.price_page("acme M-1").unwrap().rows.len(), 1);
    let wrong = PriceInput {
        input: "a lot".into(),
        ..input
    };
    assert!(matches!(
        app.set_price(&wrong),
        Err(PriceInputError::Amount(_))
    ));
}

#[test]
fn a_price_is_removed_alone_and_one_that_was_read_is_set_again_as_it_was() {
    let (_dir, app) = app();
    let own = |service, cached: &str| PriceInput {
        provider: "anthropic".into(),
        model: "claude-sonnet-4-5".into(),
        service,
        input: "2".into(),
        cached: cached.into(),
        cache_write: "2.5".into(),
        ..PriceInput::default()
    };
    app.set_price(&own(Service::Standard, "0.2")).unwrap();
    app.set_price(&own(Service::Batch, "")).unwrap();
    let rows = || {
        let page = app.price_page("claude-sonnet-4-5").unwrap();
        let own = page.rows.into_iter().filter(|row| row.is_own);
        own.collect::<Vec<_>>()
    };
    let both = rows();
    let batch = both.iter().find(|row| row.service == Service::Batch);
    let batch = batch.unwrap();
    let rates = &batch.rates;
    let said = (&rates.cached, rates.cache_write.as_deref(), &rates.output);
    assert_eq!(said, (&None, Some("$2.5"), &None), "unknown stays unknown");
    let entries = app.record.status().unwrap().count;
    assert!(app.remove_price(batch.id.into()).unwrap());
    let left = rows();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].service, Service::Standard, "the other one stays");
    assert!(!app.remove_price(batch.id.into()).unwrap(), "it is gone");
    let published = app.price_page("claude-sonnet-4-5").unwrap().rows;
    let published = published.iter().find(|row| !row.is_own).unwrap();
    assert!(
        !app.remove_price(published.id.into()).unwrap(),
        "only one's own"
    );
    assert_eq!(app.record.status().unwrap().count, entries + 1);
}

#[test]
fn steps_without_a_call_stand_in_the_table_as_nothing() {
    let (_dir, app) = app();
    let overview = app.cost_overview(&query()).unwrap();
    assert_eq!(overview.steps.len(), 30);
    let quiet =
        |step: &Step| step.figures == FiguresView::from(&crate::costs::days::Figures::default());
    assert!(overview.steps.iter().all(quiet));
    assert_eq!(overview.kept.percent, None);
}
