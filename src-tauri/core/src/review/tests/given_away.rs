//! What reports and tables say, read back from the files.

use super::{
    paper_read::{Piece, lines_of},
    pdf::sheets_of,
    *,
};
use crate::{
    clients::{ClientBudget, NewClient},
    costs::{budgets::BudgetInput, reports::PricedModel},
    ids::ConversationId,
    tables::tests::read,
};

fn paper(app: &App, query: &Query, with_chats: bool) -> Vec<Vec<Piece>> {
    lines_of(&sheets_of(&app.report(query, with_chats).unwrap()))
}

fn html(app: &App, query: &Query, file: ReportFile) -> String {
    String::from_utf8(app.export_costs(query, file, ChartTheme::Dark).unwrap()).unwrap()
}

fn text(line: &[Piece]) -> String {
    let words: Vec<&str> = line.iter().map(|piece| piece.text.as_str()).collect();
    words.join(" ")
}

/// The heading above a piece of a line: the words of the lines from the title of the table down that end where it
/// ends.
fn heading(lines: &[Vec<Piece>], of: &Piece) -> String {
    let above = lines.iter().flatten();
    let above = above.filter(|piece| (piece.to - of.to).abs() < 1.0);
    let words: Vec<&str> = above.map(|piece| piece.text.as_str()).collect();
    words.join(" ")
}

/// The lines of a table on paper: those of its headings, and the first row that begins with these words.
fn row<'l>(lines: &'l [Vec<Piece>], title: &str, begins: &str) -> (&'l [Vec<Piece>], &'l [Piece]) {
    let of_table = lines.iter().position(|line| text(line) == title);
    let from = of_table.unwrap_or_else(|| panic!("no table {title}")) + 1;
    let at = lines[from..]
        .iter()
        .position(|line| text(line).starts_with(begins));
    let at = from + at.unwrap_or_else(|| panic!("no row {begins} in {title}"));
    (&lines[from..at], &lines[at])
}

#[test]
fn each_table_of_a_report_on_paper_has_its_values_under_its_own_headings() {
    let (_dir, app) = app();
    for ago in 0..=20 {
        call(
            &app,
            "gpt-4o",
            Some(1_250_000_000_000),
            now_ms() - ago * 86_400_000,
        );
    }
    let timed = "UPDATE calls SET first_token_ms = 320";
    app.store.write(|tx| tx.execute(timed, [])).unwrap();
    let today = TimeZone::system()
        .to_datetime(jiff::Timestamp::now())
        .date();
    let query = Query {
        first: today.saturating_sub(jiff::ToSpan::days(29)),
        last: today,
        ..query()
    };
    let lines = paper(&app, &query, false);
    let (above, found) = row(&lines, "By model", "gpt-4o");
    let said: Vec<(String, &str)> = found[2..]
        .iter()
        .map(|piece| (heading(above, piece), piece.text.as_str()))
        .collect();
    let said: Vec<(&str, &str)> = said
        .iter()
        .map(|(heading, value)| (heading.as_str(), *value))
        .collect();
    assert_eq!(
        said,
        [
            ("Calls", "21"),
            ("Failed", "0"),
            ("Cost not known", "0"),
            ("Cost by our count", "0"),
            ("Input tokens", "21,000"),
            ("Cached tokens", "0"),
            ("Output tokens", "2,100"),
            ("Paid for failed calls, US$", "0.00"),
            ("Cost, US$", "26.25"),
            ("First token, median, ms", "320"),
        ]
    );
    let forecast = app.cost_overview(&query).unwrap().forecast.unwrap();
    let last = forecast.course.last().unwrap();
    let (above, found) = row(&lines, "This month, day by day", &last.day.to_string());
    let value = |heading_of: &str| {
        let piece = found
            .iter()
            .find(|piece| heading(above, piece).contains(heading_of));
        piece.map(|piece| format!("${}", piece.text))
    };
    let shown = |amount: &str| Some(crate::money::shown(amount));
    assert_eq!(value("Likely, US$"), shown(&forecast.likely));
    assert_eq!(value("Less in one of ten, US$"), shown(&forecast.low));
    assert_eq!(value("More in one of ten, US$"), shown(&forecast.high));
}

#[test]
fn what_is_not_known_is_said_in_the_row_and_never_printed_as_nothing() {
    let (_dir, app) = app();
    call(&app, "known", Some(3_409_000_000_000), MID_NOVEMBER);
    call(&app, "known", None, MID_NOVEMBER);
    call(&app, "unknown", None, MID_NOVEMBER);
    let lines = paper(&app, &query(), false);
    let cost = |begins| {
        let (above, found) = row(&lines, "By model", begins);
        let under_cost = |piece: &&Piece| heading(above, piece).contains("Cost, US$");
        found.iter().find(under_cost).unwrap().text.as_str()
    };
    assert_eq!(cost("known"), "3.41 + 1 unknown");
    assert_eq!(cost("unknown"), "not known");
    let csv = html(&app, &query(), ReportFile::ModelsCsv);
    let found = read(&csv);
    let cost = found[0]
        .iter()
        .position(|heading| heading == "Cost, US$")
        .unwrap();
    let of = |model: &str| found.iter().find(|row| row[0] == model).unwrap()[cost].as_str();
    assert_eq!((of("known"), of("unknown")), ("3.409", ""));
}

#[test]
fn a_report_says_how_the_budgets_stand_that_the_screen_shows() {
    let (_dir, app) = app();
    call(&app, "gpt-4o", Some(1_250_000_000_000), now_ms());
    let page = || html(&app, &query(), ReportFile::Html);
    assert!(!page().contains("Budgets"), "none is set");
    let budget = BudgetInput {
        everywhere: true,
        period: Period::Month,
        limit: "20".into(),
        warn_percent: 80,
        stops: false,
    };
    app.set_budget(&budget).unwrap();
    let client = |name: &str| NewClient {
        name: name.into(),
        workspace_id: None,
        days: None,
        budget: Some(ClientBudget {
            period: Period::Day,
            limit: Money::of_dollars("3").unwrap(),
        }),
        keeps_sent: false,
        only_metrics: false,
    };
    app.add_client(&client("Mail sorter")).unwrap();
    let (gone, _) = app.add_client(&client("An old program")).unwrap();
    app.revoke_client(gone.id).unwrap();
    let page = page();
    let rows = page.split("<h2>Budgets, as they stand now</h2>").nth(1);
    let rows = rows.unwrap().split("</table>").next().unwrap();
    let words = |row: &str| {
        let texts = row.split('<').filter_map(|tag| tag.split_once('>'));
        let texts = texts.map(|(_, text)| text.trim());
        texts
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let said: Vec<String> = rows.split("<tr>").skip(2).map(words).collect();
    assert_eq!(
        said,
        [
            "All workspaces month 20.00 1.25 0.00",
            "Mail sorter day 3.00 0.00 0.00"
        ]
    );
    let lines = paper(&app, &query(), false);
    let (_, found) = row(&lines, "Budgets, as they stand now", "Mail sorter");
    assert_eq!(text(found), "Mail sorter day 3.00 0.00 0.00");
}

/// A chat with this title, with a call in it.
fn chat_called(app: &App, title: &str) {
    call(app, "gpt-4o", Some(1_000_000_000_000), MID_NOVEMBER);
    app.store
        .write(|tx| {
            let workspace = workspaces::first(tx, 0)?;
            let id = ConversationId::new();
            chat::create(tx, id, workspace, &chat::Options::default(), 0).unwrap();
            tx.execute(
                "UPDATE conversations SET title = ?1 WHERE id = ?2",
                rusqlite::params![title, id],
            )?;
            tx.execute(
                "UPDATE calls SET conversation_id = ?1 WHERE number = (SELECT max(number) FROM calls)",
                [id],
            )?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn titles_of_chats_are_given_away_by_choice_alone() {
    let (_dir, app) = app();
    chat_called(&app, "Divorce of the Millers");
    for (file, has) in [(ReportFile::Html, false), (ReportFile::HtmlWithChats, true)] {
        let page = html(&app, &query(), file);
        assert_eq!(page.contains("Divorce of the Millers"), has);
        assert_eq!(page.contains("Titles of chats are left out."), !has);
    }
    for with_chats in [false, true] {
        let lines = paper(&app, &query(), with_chats);
        let has_title = lines
            .iter()
            .any(|line| text(line).contains("Divorce of the Millers"));
        assert_eq!(has_title, with_chats);
    }
}

#[test]
fn of_many_chats_the_dearest_are_printed_and_it_is_said_that_there_are_more() {
    let (_dir, app) = app();
    for nth in 0..MOST_LINES + 5 {
        chat_called(&app, &format!("Chat {nth}"));
    }
    let page = html(&app, &query(), ReportFile::HtmlWithChats);
    assert_eq!(page.matches("<td>Chat ").count(), MOST_LINES);
    assert!(page.contains("5 more rows are left out here"));
    let csv = html(&app, &query(), ReportFile::ConversationsCsv);
    assert_eq!(csv.lines().count(), MOST_LINES + 6);
}

#[test]
fn a_report_says_of_which_calls_it_is_when_it_was_made_and_by_which_clocks() {
    let (_dir, app) = app();
    call(&app, "gpt-4o", Some(1), MID_NOVEMBER);
    let page = html(&app, &query(), ReportFile::Html);
    assert!(page.contains("All workspaces. Made on "), "{page}");
    let workspace = app.store.write(|tx| workspaces::first(tx, 0)).unwrap();
    let one = Query {
        filter: CallFilter {
            workspace: Some(workspace),
            ..CallFilter::default()
        },
        ..query()
    };
    let page = html(&app, &one, ReportFile::Html);
    assert!(page.contains(" alone. Made on "), "{page}");
    assert!(page.contains("). Days are those of its clocks."));
    let some = Query {
        filter: CallFilter {
            model: Some("gpt-4o".into()),
            ..one.filter.clone()
        },
        ..one
    };
    assert!(html(&app, &some, ReportFile::Html).contains("Only some of its calls."));
    let entry = app
        .store
        .read(|conn| {
            conn.query_row(
                "SELECT facts FROM audit_entries WHERE action = 'costs.exported' ORDER BY sequence DESC LIMIT 1",
                [],
                |row| row.get::<_, String>(0),
            )
        })
        .unwrap();
    assert!(
        entry.contains(&workspace.to_string()) && entry.contains("\"zone\""),
        "{entry}"
    );
}

#[test]
fn a_page_is_light_and_whole_whatever_the_window_looks_like() {
    let (_dir, app) = app();
    call(&app, "gpt-4o", Some(1_000_000_000_000), MID_NOVEMBER);
    let page = html(&app, &query(), ReportFile::Html);
    assert!(page.contains("color-scheme:light"));
    let dark = crate::charts::Colour::Surface.hex(ChartTheme::Dark);
    assert!(!page.contains(&dark), "no dark box on a light page");
}

#[test]
fn the_table_behind_the_chart_has_what_each_model_cost_told_apart_by_whose_it_is() {
    let (_dir, app) = app();
    call(&app, "llama-4", Some(2_000_000_000_000), MID_NOVEMBER);
    call(&app, "llama-4", Some(500_000_000_000), MID_NOVEMBER);
    let other = app.store.write(|tx| {
        tx.execute(
            "UPDATE calls SET provider = 'groq' WHERE number = (SELECT max(number) FROM calls)",
            [],
        )
    });
    other.unwrap();
    let found = read(&html(&app, &query(), ReportFile::StepsCsv));
    let column = |name: &str| found[0].iter().position(|heading| heading == name).unwrap();
    let (openai, groq) = (
        column("llama-4 (openai), US$"),
        column("llama-4 (groq), US$"),
    );
    let day = found.iter().find(|row| row[openai] == "2").unwrap();
    assert_eq!(day[groq], "0.5");
    let chart = app.cost_chart(&query(), ChartTheme::Light, 700).unwrap();
    let names: Vec<&str> = chart.legend.iter().map(|mark| mark.name.as_str()).collect();
    assert_eq!(names, ["llama-4 (openai)", "llama-4 (groq)"]);
}

#[test]
fn each_table_of_the_screen_can_be_given_away_and_leaves_its_entry() {
    let (_dir, app) = app();
    call(&app, "gpt-4o", Some(1_000_000_000_000), MID_NOVEMBER);
    call(&app, "gpt-4o", None, MID_NOVEMBER);
    let mini = PricedModel {
        provider: "openai".into(),
        model: "gpt-4o-mini".into(),
    };
    let plan = Plan {
        input: 1_000_000,
        cached: 0,
        output: 1_000_000,
        calls_a_day: 2,
    };
    let tables = [
        CostTable::WhatIf {
            query: query(),
            models: vec![mini.clone()],
        },
        CostTable::Plan {
            plan,
            models: vec![mini],
        },
        CostTable::Advice { query: query() },
        CostTable::Prices {
            words: "openai gpt-4o-mini".into(),
        },
    ];
    let mut found = Vec::new();
    for table in tables {
        let before = app.record.status().unwrap().count;
        let csv = app.export_cost_table(&table).unwrap();
        assert_eq!(app.record.status().unwrap().count, before + 1, "{table:?}");
        let rows = read(&String::from_utf8(csv).unwrap());
        assert!(
            rows.iter().all(|row| row.len() == rows[0].len()),
            "{rows:?}"
        );
        found.push(rows);
    }
    let value = |table: usize, name: &str| {
        let rows: &Vec<Vec<String>> = &found[table];
        let at = rows[0].iter().position(|heading| heading == name);
        rows[1][at.unwrap_or_else(|| panic!("no column {name}"))].as_str()
    };
    // Two calls, each with a thousand tokens in and a hundred out, at $0.15 and $0.60 a million.
    assert_eq!(
        value(0, "Would have cost, US$ (empty: not known)"),
        "0.00042"
    );
    assert_eq!(value(0, "Less, US$"), "0.99958");
    let not_known = "Calls whose cost is not known, which Less counts as nothing";
    assert_eq!(value(0, not_known), "1");
    assert_eq!(value(1, "30 days, US$"), "45");
    assert_eq!(value(1, "A call at other hours, US$"), "");
    assert_eq!(value(3, "Dated versions, too"), "yes");
    assert_eq!(found[2].len(), 1, "there is nothing to advise");
    let [model, service, input] =
        ["Model", "Asked how", "Input, US$ a million tokens"].map(|name| {
            found[3][0]
                .iter()
                .position(|heading| heading == name)
                .unwrap()
        });
    let price = found[3]
        .iter()
        .find(|row| row[model] == "gpt-4o-mini" && row[service] == "standard");
    assert_eq!(price.unwrap()[input], "0.15");
}

#[test]
fn a_table_says_what_the_screen_says_beside_an_amount() {
    let (_dir, app) = app();
    let of = |table: &CostTable| {
        let csv = app.export_cost_table(table).unwrap();
        let rows = read(&String::from_utf8(csv).unwrap());
        move |name: &str| {
            let at = rows[0].iter().position(|heading| heading == name);
            rows[1][at.unwrap_or_else(|| panic!("no column {name}"))].clone()
        }
    };
    call(&app, "gpt-4o", Some(1_000_000_000_000), MID_NOVEMBER);
    let failed = "UPDATE calls SET status = 'failed'";
    app.store.write(|tx| tx.execute(failed, [])).unwrap();
    let advice = of(&CostTable::Advice { query: query() });
    assert_eq!(advice("Saving, US$"), "1");
    assert_eq!(advice("The saving is at most that"), "no");
    let found = [true, false].map(|at_most| {
        let mut one = app.cost_advice(&query()).unwrap().remove(0);
        one.at_most = at_most;
        one
    });
    let rows = read(&screen_tables::advice(&found).csv());
    assert_eq!((rows[1][2].as_str(), rows[2][2].as_str()), ("yes", "no"));
    let planned = Planned {
        model: PricedModel {
            provider: "deepseek".into(),
            model: "deepseek-chat".into(),
        },
        call: Some("$0.001".into()),
        day: Some("$0.05".into()),
        month: Some("$1.5".into()),
        at_hours: vec![AtHours {
            hours: "16:30-00:30".into(),
            call: "$0.0005".into(),
        }],
    };
    let plan = Plan {
        input: 1,
        cached: 0,
        output: 1,
        calls_a_day: 50,
    };
    let rows = read(&screen_tables::planned(&plan, &[planned]).csv());
    let at = rows[0]
        .iter()
        .position(|name| name == "A call at other hours, US$");
    assert_eq!(rows[1][at.unwrap()], "0.0005 at 16:30-00:30 UTC");
}
