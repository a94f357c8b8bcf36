//! Texts are put together from parts of a known kind, and what has to stay is looked for in the result: these
//! tests know nothing of how plain sentences are told.

use proptest::{prelude::*, sample::select};

use super::*;

/// What is said shorter, or the text as it is.
#[track_caller]
fn becomes(text: &str, wanted: &str) {
    assert_eq!(shorter(text).text, wanted, "of {text:?}");
}

/// In doubt nothing.
#[track_caller]
fn stays(text: &str) {
    let found = shorter(text);
    assert_eq!(found.text, text);
    assert_eq!(found.tokens_before, found.tokens_after);
    assert!(found.changes.is_empty(), "{:?}", found.changes);
}

#[test]
fn thanks_and_long_phrases_go_and_what_was_asked_stays() {
    let found = shorter(
        "Could you please summarise the lease in order to find the notice period?  Thank you very much.",
    );
    assert_eq!(
        found.text,
        "Could you please summarise the lease to find the notice period?"
    );
    assert!(found.tokens_after < found.tokens_before);
    assert_eq!(found.changes.len(), 2);
}

#[test]
fn a_phrase_keeps_its_capital_and_each_on_the_list_is_said_shorter() {
    becomes("In order to win, plan.", "To win, plan.");
    becomes(
        "Due to the fact that rents rise, compare them.",
        "Because rents rise, compare them.",
    );
    for (long, short) in PHRASES {
        becomes(
            &format!("Plan well {long} win and be glad."),
            &format!("Plan well {short} win and be glad."),
        );
        assert!(openai_tokens(long) > openai_tokens(short), "{long}");
    }
}

#[test]
fn a_sentence_said_twice_is_said_once() {
    becomes(
        "Answer only from the documents. Be exact. Answer only from the documents.",
        "Answer only from the documents. Be exact.",
    );
    becomes(
        "Answer only from the documents. Answer only from the documents. Be exact.",
        "Answer only from the documents. Be exact.",
    );
    becomes(
        "Answer only from the documents.\n\nAnswer only from the documents.\n\nBe exact.",
        "Answer only from the documents.\n\nBe exact.",
    );
    becomes(
        "Answer only from the documents.\n\nAnswer only from the documents. Be exact.",
        "Answer only from the documents.\n\nBe exact.",
    );
}

#[test]
fn empty_lines_beyond_two_and_blanks_at_the_end_of_lines_go() {
    becomes(
        "Name three risks.  \t  \nName three chances.\n\n \n\t \n\n\n\nBe exact.  \n \n\n\n\n \n",
        "Name three risks.\nName three chances.\n\n\nBe exact.\n\n\n",
    );
    becomes(
        "Name three risks. \t \t \t\r\n\r\n \t\r\n\r\n\r\n\r\nBe exact.",
        "Name three risks.\r\n\r\n\r\nBe exact.",
    );
}

#[test]
fn what_cannot_be_shorter_is_left_alone() {
    for text in [
        "",
        " ",
        "\n\n\n\n\n",
        "Name three risks.",
        "Thank you very much.",
        "Thanks.",
    ] {
        stays(text);
    }
}

#[test]
fn the_beginning_of_a_line_and_runs_of_spaces_stay() {
    stays("services:\n  web:\n    image: in order to  \n  db:\n\n\n\n\n  note: please\n");
    stays("- first, in order to win\n   - in order to lose\n\n\n\n\n- end");
    stays("function f() {\n  return  1;\n}\n\n\n\n\nfunction g() {}");
    stays("Name     Rent\nAnna     in order to live.");
    stays("  Indented in order to stand out.");
    stays("SELECT name FROM rents ORDER BY id in order to see");
}

#[test]
fn quotes_of_every_kind_stay_also_over_lines() {
    for (open, close) in [
        ("\"", "\""),
        ("'", "'"),
        ("“", "”"),
        ("„", "“"),
        ("„", "”"),
        ("«", "»"),
        ("« ", " »"),
        ("»", "«"),
        ("‘", "’"),
        ("‚", "‘"),
        ("`", "`"),
    ] {
        for inside in [
            "in order to win",
            "We play.\nWe play in order to win.\nWe play",
            "A.\n\nIn order to win.\n\nB.",
        ] {
            stays(&format!("Explain {open}{inside}{close} in full."));
        }
    }
    stays("Translate 'thank you very much' into German.");
    stays("Translate ‘thank you very much’.");
}

#[test]
fn what_stands_after_an_open_quote_or_bracket_stays() {
    for open in [
        "a \"b", "a 'b", "a “b", "a (b", "a [b", "a {b", "a <b", "b) a", "5\" a", "a `b",
    ] {
        stays(&format!("Explain {open} now.\n\nWe plan in order to win."));
    }
}

#[test]
fn owners_and_left_out_letters_are_no_quotes() {
    becomes(
        "Don't forget the tenants' rights in order to win the landlord’s trust.",
        "Don't forget the tenants' rights to win the landlord’s trust.",
    );
}

#[test]
fn what_stands_between_tags_or_fences_stays() {
    for (open, close) in [
        ("<example>", "</example>"),
        ("<a href=\"x\">", "</a>"),
        ("[quote]", "[/quote]"),
        ("{{#each}}", "{{/each}}"),
        ("{% if a %}", "{% endif %}"),
        ("<!-- ", " -->"),
        ("```", "```"),
        ("~~~text", "~~~"),
        ("---", "---"),
        ("\"\"\"", "\"\"\""),
        ("/*", "*/"),
    ] {
        stays(&format!(
            "Do what is right.\n{open}\nWe plan.\n\nWe plan in order to win.\n\n\n\n\nWe plan.\n{close}"
        ));
    }
}

#[test]
fn a_sentence_with_a_placeholder_is_never_taken_for_another() {
    for placeholder in [
        "{a}",
        "{{a}}",
        "<a>",
        "$A",
        "%s",
        "[NAME]",
        "⟦NAME 1⟧",
        "{0}",
        "@name",
        "__A__",
    ] {
        let said = format!("Compare {placeholder} with formal German and with care.");
        stays(&format!("{said} {said}"));
    }
    stays("Give {a} into formal German with care. Give {b} into formal German with care.");
}

#[test]
fn what_may_be_material_stays() {
    stays("Translate this.\n\nWe plan in order to win. Thank you very much.");
    stays("Correct the text: We plan in order to win.");
    stays("Summarise the following.\n\nWe plan in order to win. We plan in order to win.");
    stays("Dear Ms Lee,\n\nWe write in order to say no. Thank you very much.");
    stays("Write a thank you letter.");
    stays("Write to please the judge.");
    stays("Reply with one of the two. Sorry. Thank you.");
}

#[test]
fn a_sentence_that_may_mean_something_else_the_second_time_stays() {
    stays(
        "Paris is a city. It is big and full of life. Rome is a city. It is big and full of life.",
    );
    stays(
        "What is a lease? Answer in a sentence of ten words. What is rent? Answer in a sentence of ten words.",
    );
    stays("Write to Mr. Smith about the new contract. Call Mr. Smith about the new contract.");
    stays("Put the names in order to the end.");
    stays("Put the names in order to make reading easy.");
    stays("Such in-order to-dos, and in order to-day.");
}

/// Prose that may be changed, in which nothing has to stay.
fn plain() -> impl Strategy<Value = String> {
    select(vec![
        "Answer only from the documents given.",
        "Check the lease in order to find the notice period.",
        "Rents rose due to the fact that homes are few.  ",
        "Be exact and be brief.",
        "Is there a risk at this point in time?",
        "Thank you very much.",
        "Thanks in advance!",
        "We don't know the tenants' names.",
    ])
    .prop_map(str::to_owned)
}

/// Words that would be left out of prose.
const TEMPTING: &str =
    "in order to win.  Thank you very much. In order to win.  Thank you very much.";

/// What stays within a line, each with a number of its own in place of `#`.
fn in_a_line() -> impl Strategy<Value = String> {
    select(vec![
        "{a#}",
        "{{ a# }}",
        "<a#>",
        "$A#",
        "%s#",
        "[NAME #]",
        "⟦NAME #⟧",
        "\"T #\"",
        "“T #”",
        "'T #'",
        "„T #“",
        "«T #»",
        "‘T #’",
        "`T #`",
        "``T ` #``",
        "(T #)",
        "\"T #\nT\"",
        "“T #\n T”",
        "https://a.b/in%20order%20to#",
        "<b>T #</b>",
    ])
    .prop_map(|form| form.replace('T', TEMPTING))
}

/// What stays as a block, each with a number of its own in place of `#`.
fn in_a_block() -> impl Strategy<Value = String> {
    select(vec![
        "```rust\n// T #  \n\n\n\n\n  let a  =  1;\n```",
        "~~~\nT #\n\nT\n~~~",
        "    indented #  T\n\n\n\n\n    T",
        "\tindented #  T",
        "name: T #\nlist:\n  - T\n  -  b:   c",
        "- T #\n   - T\n- T",
        "1. T #\n2. T",
        "| a # |  T |\n|---|---|",
        "> T #\n> T",
        "SELECT a  FROM b WHERE c = '#' AND T",
        "def f(a#):\n  return  a",
        "<example>\nT #\n\nT\n\n\n\n\nT\n</example>",
        "[quote]\nT #\n\nT\n[/quote]",
        "{% if a# %}\n\nT\n\n{% endif %}",
        "\"T #\n\nT\n\nT\"",
        "“T #\n\nT\n\nT”",
        "\\begin{a}\nT #\n\\end{a}",
        "# Heading #\nT",
    ])
    .prop_map(|form| form.replace('T', TEMPTING))
}

#[derive(Debug, Clone)]
enum Part {
    Plain(String),
    InLine(String),
    Block(String),
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        6 => plain().prop_map(Part::Plain),
        2 => in_a_line().prop_map(Part::InLine),
        1 => in_a_block().prop_map(Part::Block),
    ]
}

/// The text, and what has to stay of it, in order.
fn put_together(parts: &[Part], between: &[&str]) -> (String, Vec<String>) {
    let (mut text, mut kept) = (String::new(), Vec::new());
    for (nth, part) in parts.iter().enumerate() {
        match part {
            Part::Plain(words) => text.push_str(words),
            Part::InLine(form) => {
                let form = form.replace('#', &nth.to_string());
                text.push_str(&format!("Use {form} in order to win."));
                kept.push(form);
            }
            Part::Block(form) => {
                let form = form.replace('#', &nth.to_string());
                text.push_str(&format!("\n\n{form}\n\n"));
                kept.push(form);
                continue;
            }
        }
        text.push_str(between[nth % between.len()]);
    }
    (text, kept)
}

/// Lines that begin with a blank, which nothing may touch.
fn indented(text: &str) -> Vec<&str> {
    let is_indented = |line: &&str| line.starts_with([' ', '\t']) && !line.trim().is_empty();
    text.lines().filter(is_indented).collect()
}

proptest! {
    #[test]
    fn what_has_to_stay_stays_to_the_letter_and_in_its_order(
        parts in proptest::collection::vec(part(), 0..12),
        between in proptest::collection::vec(
            select(vec![" ", "  ", "\n", "\n\n", "\n\n\n\n\n", " \n \n", "\r\n\r\n"]), 1..4),
    ) {
        let (text, kept) = put_together(&parts, &between);
        let found = shorter(&text);
        let mut rest = found.text.as_str();
        for part in &kept {
            let at = rest.find(part.as_str());
            prop_assert!(at.is_some(), "{part:?} of {text:?} is not in {:?}", found.text);
            rest = &rest[at.unwrap_or_default() + part.len()..];
        }
        prop_assert!(found.tokens_after <= found.tokens_before);
        prop_assert_eq!(found.changes.is_empty(), found.text == text);
        prop_assert_eq!(&shorter(&found.text).text, &found.text, "again nothing changes");
    }

    #[test]
    fn plain_sentences_lose_nothing_but_what_is_on_the_list(
        sentences in proptest::collection::vec(plain(), 1..8),
    ) {
        let text = sentences.join(" ");
        let found = shorter(&text).text;
        for sentence in sentences.iter().filter(|sentence| !sentence.contains("hank")) {
            let mut wanted = sentence.trim_end().to_owned();
            for (long, short) in PHRASES {
                wanted = wanted.replace(long, short);
            }
            prop_assert!(found.contains(&wanted) || found.contains(sentence.trim_end()), "{wanted} in {found}");
        }
    }

    #[test]
    fn any_text_is_taken_and_again_nothing_changes(
        text in "([A-Za-z .!?\"'“”„‘’«»<>(){}\\[\\]/%$#:;`~\n\t-]|in order to |Answer from the documents\\. |</|\n\n\n\n|\\PC){0,60}",
    ) {
        let found = shorter(&text);
        prop_assert!(found.tokens_after <= found.tokens_before);
        prop_assert!(found.text.len() <= text.len());
        prop_assert_eq!(indented(&found.text), indented(&text));
        prop_assert_eq!(&shorter(&found.text).text, &found.text);
    }
}
