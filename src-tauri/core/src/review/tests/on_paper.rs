//! What a PDF says, read back from the file itself by another library than the one that writes it.

use lopdf::Document;

use super::*;

/// The text of each page.
fn pages(pdf: &[u8]) -> Vec<String> {
    let document = Document::load_mem(pdf).unwrap();
    let numbers = document.get_pages().into_keys();
    numbers
        .map(|number| document.extract_text(&[number]).unwrap())
        .collect()
}

/// Text without what a reader puts between pieces of it.
fn plain(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn a_pdf_has_its_headings_and_values_as_text_on_its_pages() {
    let (_dir, app) = app();
    for day in 0..21 {
        let at = MID_NOVEMBER - 86_400_000 * day;
        call(&app, "gpt-4o", Some(1_250_000_000_000), at);
    }
    call(&app, "nobody-knows", None, MID_NOVEMBER);
    let pdf = app.export_costs(&query(), ReportFile::Pdf, ChartTheme::Dark);
    let pages: Vec<String> = pages(&pdf.unwrap())
        .iter()
        .map(|page| plain(page))
        .collect();
    assert!(pages.len() > 1, "a month is more than a page");
    let on = |page: usize, words: &str| {
        let there = pages[page].contains(&plain(words));
        assert!(
            there,
            "{words:?} is not on page {}: {}",
            page + 1,
            pages[page]
        );
    };
    on(0, "Costs from 2026-11-01 to 2026-11-30");
    on(0, "All workspaces.");
    on(0, "Titles of chats are left out.");
    on(0, "Calls whose cost is not known, not in it");
    for (nth, _) in pages.iter().enumerate() {
        on(nth, &format!("{} of {}", nth + 1, pages.len()));
    }
    let page_of = |words: &str| {
        let words = plain(words);
        pages.iter().position(|page| page.contains(&words))
    };
    let models = page_of("By model").unwrap();
    // The last line of the headings, and the rows below it: of the month, what began in it.
    on(
        models,
        "Model Provider Calls Failed known count tokens tokens tokens US$ Cost, US$",
    );
    on(models, "gpt-4o openai 15 0 0 0 15,000 0 1,500 0.00 18.75");
    on(
        models,
        "nobody-knows openai 1 0 1 0 1,000 0 100 0.00 not known",
    );
    let days = page_of("Over time").unwrap();
    on(days, "2026-11-01");
    assert!(days <= models, "the time is told before the models");
}
