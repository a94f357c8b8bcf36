//! A report as one page that needs nothing else: no script, no font, no picture from anywhere.

use super::{Table, tables::cents};
use crate::{charts::Chart, costs::reports::Overview};

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;color:#1d1c19;background:#fff;max-width:960px;\
    margin:32px auto;padding:0 16px}h1{font-size:24px;margin:0}h2{font-size:16px;margin:32px 0 8px}\
    .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:16px;margin:24px 0}\
    .facts dt{color:#5b5850;font-size:12px}.facts dd{margin:0;font-size:20px;font-weight:600}\
    svg{max-width:100%;height:auto}.scroll{overflow:auto}\
    table{border-collapse:collapse;width:100%;font-size:13px}\
    th,td{border-bottom:1px solid #e4e1d8;padding:4px 8px;text-align:left;vertical-align:top}\
    .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
    @media print{body{margin:0}h2{break-after:avoid}}";

/// The page.
pub(super) fn html(overview: &Overview, tables: &[Table], charts: &[Chart]) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Costs from {first} to {last}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>Costs from {first} to {last}</h1>\n<dl class=\"facts\">\n",
        first = overview.first,
        last = overview.last,
    );
    for (name, value) in facts(overview) {
        page.push_str(&format!(
            "<div><dt>{}</dt><dd>{}</dd></div>\n",
            escaped(&name),
            escaped(&value)
        ));
    }
    page.push_str("</dl>\n");
    for chart in charts {
        page.push_str(&format!(
            "<figure style=\"margin:0\">{}</figure>\n",
            chart.svg
        ));
    }
    for table in tables.iter().filter(|table| !table.rows.is_empty()) {
        page.push_str(&html_table(table));
    }
    page.push_str("</body>\n</html>\n");
    page
}

/// What a report says first: name and value.
pub(super) fn facts(overview: &Overview) -> Vec<(String, String)> {
    let mut facts = vec![
        ("Spent".into(), overview.total.cost.clone()),
        ("As many days before".into(), overview.before.cost.clone()),
        ("Calls".into(), overview.total.calls.to_string()),
    ];
    if overview.total.unknown > 0 {
        let calls = overview.total.unknown.to_string();
        facts.push(("Calls whose cost is not known, not in it".into(), calls));
    }
    if let Some(percent) = overview.kept.percent {
        let kept = format!("{percent}% of tokens");
        facts.push(("Kept on this computer".into(), kept));
    }
    if let (Some(model), Some(cost)) =
        (&overview.kept.compared_with, &overview.kept.would_have_cost)
    {
        facts.push((format!("Would have cost at {}", model.model), cost.clone()));
    }
    if let Some(energy) = &overview.energy {
        let took = format!("{} kWh, {}", energy.kilowatt_hours, energy.cost);
        facts.push((format!("Energy here, at {} W", energy.watts), took));
    }
    if let Some(forecast) = &overview.forecast {
        let name = format!("Likely by {} (eight of ten months between)", forecast.until);
        let value = format!(
            "{} ({} to {})",
            cents(&forecast.likely),
            cents(&forecast.low),
            cents(&forecast.high)
        );
        facts.push((name, value));
    }
    facts
}

fn html_table(table: &Table) -> String {
    let cell = |tag: &str, at: usize, text: &str| {
        let class = if at < table.words { "" } else { " class=\"n\"" };
        let scope = if tag == "th" { " scope=\"col\"" } else { "" };
        format!("<{tag}{scope}{class}>{}</{tag}>", escaped(text))
    };
    let row = |tag: &str, cells: &[String]| {
        let cells: String = cells
            .iter()
            .enumerate()
            .map(|(at, text)| cell(tag, at, text))
            .collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = table.rows.iter().map(|cells| row("td", cells)).collect();
    format!(
        "<h2>{title}</h2>\n<div class=\"scroll\"><table aria-label=\"{title}\">\n<thead>{}</thead>\n\
         <tbody>\n{rows}</tbody>\n</table></div>\n",
        row("th", &table.headings),
        title = escaped(&table.title),
    )
}

/// Text that is text on a page and in a drawing, too.
pub(super) fn escaped(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    clean
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
