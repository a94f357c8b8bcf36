//! A report as one page that needs nothing else: no script, no font, no picture from anywhere. It is light,
//! whole and whatever the reader's system looks like, as the charts in it are.

use super::files::Report;
use crate::{
    charts::escaped,
    costs::reports::{FiguresView, Overview},
    money,
    tables::{Cell, Kind, Table},
};

const STYLE: &str = ":root{color-scheme:light}body{font:14px/1.5 system-ui,sans-serif;color:#1d1c19;background:#fff;\
    max-width:960px;margin:32px auto;padding:0 16px}h1{font-size:24px;margin:0}h2{font-size:16px;margin:32px 0 8px}\
    .about{color:#5b5850;font-size:12px;margin:4px 0 0}\
    .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:16px;margin:24px 0}\
    .facts dt{color:#5b5850;font-size:12px}.facts dd{margin:0;font-size:20px;font-weight:600}\
    svg{max-width:100%;height:auto}.scroll{overflow:auto}\
    table{border-collapse:collapse;width:100%;font-size:13px}\
    th,td{border-bottom:1px solid #e4e1d8;padding:4px 8px;text-align:left;vertical-align:top}\
    .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
    @media print{body{margin:0}h2{break-after:avoid}}";

/// The page.
pub(super) fn html(report: &Report) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>{title}</h1>\n<p class=\"about\">{}</p>\n<dl class=\"facts\">\n",
        escaped(&report.about.join(" ")),
        title = escaped(&report.title),
    );
    for Fact { name, shown, exact } in facts(&report.overview) {
        page.push_str(&format!(
            "<div><dt>{}</dt><dd{}>{}</dd></div>\n",
            escaped(&name),
            with_exact(&exact, &shown),
            escaped(&shown)
        ));
    }
    page.push_str("</dl>\n");
    for chart in &report.charts {
        page.push_str(&format!(
            "<figure style=\"margin:0\">{}</figure>\n",
            chart.with_values()
        ));
    }
    for table in &report.tables {
        page.push_str(&html_table(table));
    }
    page.push_str("</body>\n</html>\n");
    page
}

/// Something that a report says first.
pub(super) struct Fact {
    pub(super) name: String,
    /// The value, rounded.
    pub(super) shown: String,
    /// The same with every digit.
    pub(super) exact: String,
}

impl Fact {
    fn new(name: impl Into<String>, value: String) -> Self {
        Self {
            name: name.into(),
            shown: value.clone(),
            exact: value,
        }
    }

    fn money(name: impl Into<String>, exact: &str) -> Self {
        Self {
            name: name.into(),
            shown: money::shown(exact),
            exact: exact.to_owned(),
        }
    }

    /// What is known to be spent; where nothing of it is known, that. How many calls are not in it is a fact of
    /// its own.
    fn spent(name: &str, of: &FiguresView) -> Self {
        match (of.cost.as_str(), of.unknown) {
            ("$0", 1..) => Self::new(name, "not known".into()),
            (cost, _) => Self::money(name, cost),
        }
    }

    fn calls(name: &str, calls: u64) -> Self {
        Self::new(name, money::grouped(&calls.to_string()))
    }
}

/// What a report says first.
pub(super) fn facts(overview: &Overview) -> Vec<Fact> {
    let total = &overview.total;
    let mut facts = vec![
        Fact::spent("Spent", total),
        Fact::spent("As many days before", &overview.before),
        Fact::calls("Calls", total.calls),
    ];
    if total.unknown > 0 {
        let name = "Calls whose cost is not known, not in it";
        facts.push(Fact::calls(name, total.unknown));
    }
    if overview.before.unknown > 0 {
        let name = "Calls of the days before whose cost is not known, not in it";
        facts.push(Fact::calls(name, overview.before.unknown));
    }
    if let Some(percent) = overview.kept.percent {
        let kept = format!("{percent}% of tokens");
        facts.push(Fact::new("Kept on this computer", kept));
    }
    if let (Some(model), Some(cost)) =
        (&overview.kept.compared_with, &overview.kept.would_have_cost)
    {
        facts.push(Fact::money(
            format!("Would have cost at {}", model.model),
            cost,
        ));
    }
    if let Some(energy) = &overview.energy {
        let hours = format!("{} kWh", energy.kilowatt_hours);
        let took = match &energy.cost {
            Some(cost) => format!("{hours}, {}", money::shown(cost)),
            None => hours,
        };
        facts.push(Fact::new(
            format!("Energy here, at {} W", energy.watts),
            took,
        ));
    }
    if let Some(forecast) = &overview.forecast {
        let name = format!("Likely by {} (eight of ten months between)", forecast.until);
        let [likely, low, high] =
            [&forecast.likely, &forecast.low, &forecast.high].map(|amount| money::shown(amount));
        facts.push(Fact::new(name, format!("{likely} ({low} to {high})")));
        if forecast.unknown > 0 {
            let name = "Calls of this month whose cost is not known, not in that";
            facts.push(Fact::calls(name, forecast.unknown));
        }
    }
    facts
}

/// The exact value for who points at a rounded one.
fn with_exact(exact: &str, shown: &str) -> String {
    if exact == shown || exact.is_empty() {
        return String::new();
    }
    format!(" title=\"{}\"", escaped(exact))
}

fn html_table(table: &Table) -> String {
    let class = |kind| match kind {
        Kind::Words => "",
        Kind::Count | Kind::Money => " class=\"n\"",
    };
    let headings: String = table
        .columns
        .iter()
        .map(|column| {
            let heading = escaped(&column.heading);
            format!("<th scope=\"col\"{}>{heading}</th>", class(column.kind))
        })
        .collect();
    let row = |cells: &Vec<Cell>| {
        let cells = cells.iter().zip(&table.columns);
        let cells: String = cells
            .map(|(cell, column)| {
                let shown = cell.shown(column.kind);
                let exact = match column.kind {
                    Kind::Money => with_exact(cell.exact(), &shown),
                    Kind::Words | Kind::Count => String::new(),
                };
                format!("<td{}{exact}>{}</td>", class(column.kind), escaped(&shown))
            })
            .collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = table.rows.iter().map(row).collect();
    let title = escaped(&table.title);
    let left_out = left_out(table).map_or_else(String::new, |words| format!("<p>{words}</p>\n"));
    format!(
        "<h2>{title}</h2>\n<div class=\"scroll\"><table aria-label=\"{title}\">\n\
         <thead><tr>{headings}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n{left_out}",
    )
}

/// What a table does not have, as a sentence.
pub(super) fn left_out(table: &Table) -> Option<String> {
    let more = match table.left_out {
        0 => return None,
        1 => "One more row is".to_owned(),
        more => format!("{} more rows are", money::grouped(&more.to_string())),
    };
    Some(format!("{more} left out here; the table as CSV has all."))
}
