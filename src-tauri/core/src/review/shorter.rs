//! A prompt said in fewer words: what only takes room is left out, and what could matter stays to the
//! letter: code, quotes, placeholders, addresses and numbers. Nothing is sent or changed by it.

use std::{collections::HashSet, sync::LazyLock};

use regex::{Captures, Regex};
use serde::Serialize;
use specta::Type;

use crate::gate::openai_tokens;

/// A prompt beside its original.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Shorter {
    /// The shorter one.
    pub text: String,
    /// Tokens of the original, as OpenAI's current models count.
    pub tokens_before: u32,
    /// Tokens of the shorter one.
    pub tokens_after: u32,
    /// What was done, a sentence each.
    pub changes: Vec<String>,
}

/// What stays to the letter: code, quotes, quoted lines, placeholders, template fields, addresses.
static KEPT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?s)```.*?(?:```|\z)|~~~.*?(?:~~~|\z)|(?m:^(?:    |\t|>).*$)|`[^`\n]*`",
        r#"|"[^"\n]*"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|‘[^’\n]*’"#,
        r"|⟦[^⟧]*⟧|\[[^\[\]\n]*\]|\{\{.*?\}\}|\{[^{}\n]*\}|<[^<>\n]*>|\$\w+|\w+://\S+",
    ))
    .expect("the expression is right because a test uses it")
});

/// What is said in fewer words, and how: each expression with what takes its place and why.
static WORDY: LazyLock<Vec<(Regex, &'static str, Rule)>> = LazyLock::new(|| {
    let rule = |text: &str, by: &'static str, rule| {
        let expression = Regex::new(text).expect("the expression is right because a test uses it");
        (expression, by, rule)
    };
    vec![
        rule(
            r"(?i)\b(?:i would like you to|i want you to|i'd like you to|could you please|can you please|would you please|would you kindly|could you kindly|if you could,? please|i was wondering if you could)\s+",
            "",
            Rule::Courtesy,
        ),
        rule(r"(?i)\bplease\s*,?\s+|,?\s+please\b", " ", Rule::Courtesy),
        rule(
            r"(?i)\b(?:thank you(?: very much| so much)?(?: in advance)?|thanks(?: in advance| a lot)?|many thanks)[.!]*",
            "",
            Rule::Courtesy,
        ),
        rule(r"(?i)\bin order to\b", "to", Rule::Wordy),
        rule(r"(?i)\bdue to the fact that\b", "because", Rule::Wordy),
        rule(r"(?i)\bin the event that\b", "if", Rule::Wordy),
        rule(r"(?i)\bat this point in time\b", "now", Rule::Wordy),
        rule(r"(?i)\bwith (?:regard|respect) to\b", "about", Rule::Wordy),
        rule(r"(?i)\bfor the purpose of\b", "for", Rule::Wordy),
        rule(r"(?i)\ba (?:large|great) number of\b", "many", Rule::Wordy),
        rule(
            r"(?i)\bin spite of the fact that\b",
            "although",
            Rule::Wordy,
        ),
        rule(r"[ \t]{2,}", " ", Rule::Space),
        rule(r"[ \t]+\n", "\n", Rule::Space),
        rule(r"\n{3,}", "\n\n", Rule::Space),
    ]
});

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Rule {
    Courtesy,
    Wordy,
    Space,
    Repeated,
}

impl Rule {
    const ALL: [(Self, &'static str); 4] = [
        (
            Self::Courtesy,
            "Courtesies that a model does not need are left out.",
        ),
        (Self::Wordy, "Long phrases are said in short ones."),
        (
            Self::Space,
            "Spaces and empty lines that say nothing are left out.",
        ),
        (
            Self::Repeated,
            "Sentences that were there before are left out.",
        ),
    ];
}

/// The prompt in fewer words; the same text where there is nothing to leave out.
pub fn shorter(text: &str) -> Shorter {
    let mut used = HashSet::new();
    let (mut current, mut rounds) = (text.to_owned(), 0);
    // What is left out may bring together what then can be left out, too.
    loop {
        let next = once(&current, &mut used);
        rounds += 1;
        if next == current || rounds == 8 {
            break;
        }
        current = next;
    }
    let count = |text: &str| u32::try_from(openai_tokens(text)).unwrap_or(u32::MAX);
    let (before, after) = (count(text), count(&current));
    if after >= before {
        return Shorter {
            text: text.to_owned(),
            tokens_before: before,
            tokens_after: before,
            changes: Vec::new(),
        };
    }
    let changes = Rule::ALL.iter().filter(|(rule, _)| used.contains(rule));
    Shorter {
        text: current,
        tokens_before: before,
        tokens_after: after,
        changes: changes.map(|(_, words)| (*words).to_owned()).collect(),
    }
}

fn once(text: &str, used: &mut HashSet<Rule>) -> String {
    let (mut out, mut at, mut said) = (String::new(), 0, HashSet::new());
    for kept in KEPT.find_iter(text) {
        out.push_str(&part(&text[at..kept.start()], used, &mut said));
        out.push_str(kept.as_str());
        at = kept.end();
    }
    out.push_str(&part(&text[at..], used, &mut said));
    out
}

/// A part in which nothing has to stay to the letter.
fn part(text: &str, used: &mut HashSet<Rule>, said: &mut HashSet<String>) -> String {
    let mut text = text.to_owned();
    for (expression, by, rule) in WORDY.iter() {
        let changed = expression.replace_all(&text, |found: &Captures<'_>| {
            in_case_of(found.get(0).map_or("", |found| found.as_str()), by)
        });
        if changed != text {
            used.insert(*rule);
            text = changed.into_owned();
        }
    }
    without_repeated(&text, used, said)
}

/// A replacement that begins with a capital where what it replaces did.
fn in_case_of(found: &str, by: &str) -> String {
    let is_capital = found.chars().next().is_some_and(char::is_uppercase);
    match by.chars().next() {
        Some(first) if is_capital && first.is_alphabetic() => {
            first.to_uppercase().chain(by.chars().skip(1)).collect()
        }
        _ => by.to_owned(),
    }
}

/// The text without sentences of some length that were there before, to the letter.
fn without_repeated(text: &str, used: &mut HashSet<Rule>, said: &mut HashSet<String>) -> String {
    const SHORTEST: usize = 24;
    let mut out = String::with_capacity(text.len());
    for sentence in text.split_inclusive(['.', '!', '?', '\n']) {
        let words = sentence.trim();
        let whole = words.ends_with(['.', '!', '?']) && words.chars().count() >= SHORTEST;
        if whole && !said.insert(words.to_owned()) {
            used.insert(Rule::Repeated);
            continue;
        }
        out.push_str(sentence);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn courtesies_and_long_phrases_go_and_what_was_asked_stays() {
        let found = shorter(
            "Could you please summarise the lease in order to find the notice period?  Thank you very much.",
        );
        assert_eq!(
            found.text.trim(),
            "summarise the lease to find the notice period?"
        );
        assert!(found.tokens_after < found.tokens_before);
        assert_eq!(found.changes.len(), 3);
    }

    #[test]
    fn code_quotes_and_placeholders_stay_to_the_letter() {
        let text = "Please explain in order to learn:\n```\nplease  in order to\n```\nHe said \"please  wait\" to [NAME-x7k2] {{ please }} `a  b`.";
        let found = shorter(text);
        for kept in [
            "```\nplease  in order to\n```",
            "\"please  wait\"",
            "[NAME-x7k2]",
            "{{ please }}",
            "`a  b`",
        ] {
            assert!(found.text.contains(kept), "{kept} in {}", found.text);
        }
        assert!(
            found.text.starts_with("explain to learn")
                || found.text.starts_with(" explain to learn")
        );
    }

    #[test]
    fn a_sentence_said_twice_is_said_once() {
        let found =
            shorter("Answer only from the documents. Be exact. Answer only from the documents.");
        assert_eq!(
            found.text.trim(),
            "Answer only from the documents. Be exact."
        );
    }

    #[test]
    fn what_cannot_be_shorter_is_left_alone() {
        let text = "Name three risks.";
        assert_eq!(shorter(text).text, text);
        assert!(shorter(text).changes.is_empty());
    }

    fn kept(text: &str) -> Vec<String> {
        KEPT.find_iter(text)
            .map(|found| found.as_str().to_owned())
            .collect()
    }

    proptest! {
        #[test]
        fn whatever_stays_to_the_letter_stays_in_its_order_and_nothing_grows(
            parts in proptest::collection::vec(
                "please |in order to |thank you\\. |```x  y```|\"a  b\"|⟦N 1⟧|\\{\\{x\\}\\}|[a-z ]{0,9}|\n\n\n|The same long sentence again\\. ", 0..20),
        ) {
            let text = parts.concat();
            let found = shorter(&text);
            prop_assert!(found.tokens_after <= found.tokens_before);
            prop_assert_eq!(kept(&found.text), kept(&text));
        }

        #[test]
        fn any_text_is_taken(text in ".{0,200}") {
            let found = shorter(&text);
            prop_assert!(found.tokens_after <= found.tokens_before);
        }
    }
}
