use proptest::prelude::*;

use super::*;

fn folded(text: &str) -> String {
    View::of(text).text().to_owned()
}

#[test]
fn digits_of_other_scripts_and_fullwidth_letters_are_read_as_ascii() {
    assert_eq!(folded("٤١١١ ۴ ４１１１ 𝟒 ४"), "4111 4 4111 4 4");
    assert_eq!(folded("⓪①⑨❶❾⓿⓵ ⑩"), "0191901 ⑩");
    assert_eq!(folded("ｊｏｅ＠ｘ．ｄｅ"), "joe@x.de");
}

#[test]
fn invisible_and_combining_marks_are_not_read() {
    assert_eq!(folded("4\u{3164}1"), "41");
    assert_eq!(folded("4\u{200b}1\u{200f}1\u{ad}1\u{336}"), "4111");
    assert_eq!(
        folded("e\u{301}te\u{301}"),
        "ete",
        "a decomposed letter is the letter"
    );
}

#[test]
fn capitals_and_accents_do_not_hide_a_word() {
    assert_eq!(
        folded("Führerschein Número číslo STRASSE Straße"),
        "Fuhrerschein Numero cislo STRASSE Strasse"
    );
    assert_eq!(folded("ΑΦΜ Άλφα ЕГН"), "αφμ αλφα егн");
}

#[test]
fn a_range_leads_back_to_the_letters_it_came_from() {
    let text = "né ４\u{200b}１ß\u{301}1!";
    let view = View::of(text);
    assert_eq!(view.text(), "ne 41ss1!");
    let original = |range: Range<usize>| &text[view.back(&range, text)];
    assert_eq!(original(3..5), "４\u{200b}１", "marks between are inside");
    assert_eq!(original(4..5), "１", "marks before are outside");
    assert_eq!(
        original(5..6),
        "ß\u{301}",
        "half of a letter is the letter, with its mark"
    );
    assert_eq!(original(6..8), "ß\u{301}1");
    assert_eq!(original(8..9), "!");
}

#[test]
fn as_it_is_seen_a_text_keeps_its_accents_and_loses_what_nobody_sees() {
    let text = "né An\u{200b}na\u{ad} Mu\u{308}ller\u{feff}!";
    let seen = View::as_seen(text).unwrap();
    assert_eq!(seen.text(), "né Anna Mu\u{308}ller!");
    let at = seen.text().find("Anna Mu\u{308}ller").unwrap();
    let range = at..at + "Anna Mu\u{308}ller".len();
    let back = seen.back(&range, text);
    assert_eq!(&text[back.clone()], "An\u{200b}na\u{ad} Mu\u{308}ller");
    assert_eq!(seen.forth(&back), range);
    assert!(View::as_seen("née Müller ❤\u{fe0f}").is_none());
}

proptest! {
    #[test]
    fn what_is_seen_leads_back_and_forth(text in "[a-cé\u{200b}\u{ad}\u{301}🦀 ]{0,30}", from in 0usize..30, to in 0usize..30) {
        if let Some(seen) = View::as_seen(&text) {
            let edge = |at: usize| seen.text().floor_char_boundary(at.min(seen.text().len()));
            let range = edge(from.min(to))..edge(from.max(to));
            let back = seen.back(&range, &text);
            prop_assert!(text.get(back.clone()).is_some());
            let forth = seen.forth(&back);
            prop_assert!(range.is_empty() || forth.start == range.start && forth.end >= range.end);
        }
    }

    #[test]
    fn every_part_of_the_view_leads_to_whole_letters_in_order(text in "[a-eßÆ٣４é\u{200b}\u{301}🦀 1\\PC]{0,40}") {
        let view = View::of(&text);
        prop_assert!(view.text().len() <= text.len());
        let mut last = 0;
        for (at, letter) in view.text().char_indices() {
            let range = view.back(&(at..at + letter.len_utf8()), &text);
            prop_assert!(text.get(range.clone()).is_some_and(|part| !part.is_empty()), "whole letters");
            prop_assert!(range.start >= last, "in order");
            last = range.start;
        }
        let all = view.back(&(0..view.text().len()), &text);
        prop_assert!(text.get(all).is_some());
    }

    #[test]
    fn what_is_folded_stays_as_it_is(text in "\\PC{0,40}") {
        let once = folded(&text);
        prop_assert_eq!(folded(&once), once);
    }
}
