//! The grammar of a constraint, in GBNF: looked at before llama.cpp builds it, as it repeats a thing more
//! often than a computer has memory for, and mended where it lets through what is no JSON.

use gatehouse_protocol::Constraint;
use llama_cpp_2::json_schema_to_grammar;

use crate::sampling::SamplingError;

/// The most repeats. llama.cpp takes more than this for any number, without a word.
const MOST_REPEATS: u32 = 2_000;
/// The longest grammar, in bytes.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// llama.cpp's rules that let through what no parser of JSON reads, and what stands in their place: half
/// of a pair of surrogates, and a number beyond all that is a number.
pub const MENDED: &[(&str, &str)] = &[
    (
        r#"char ::= [^"\\\x7F\x00-\x1F] | [\\] (["\\bfnrt] | "u" [0-9a-fA-F]{4})"#,
        r#"char ::= [^"\\\x7F\x00-\x1F] | [\\] ["\\bfnrt]"#,
    ),
    (
        r#"number ::= ("-"? integral-part) ("." decimal-part)? ([eE] [-+]? integral-part)?"#,
        r#"number ::= ("-"? integral-part) ("." decimal-part)? ([eE] [-+]? [0-9] [0-9]?)?"#,
    ),
];

/// The grammar that an output is held to.
///
/// # Errors
/// [`SamplingError::Schema`] or [`SamplingError::Grammar`].
pub fn of(constraint: &Constraint) -> Result<String, SamplingError> {
    match constraint {
        Constraint::JsonSchema(schema) => {
            let grammar =
                json_schema_to_grammar(&schema.to_string()).map_err(|_| SamplingError::Schema)?;
            if !can_be_built(&grammar) {
                return Err(SamplingError::Schema);
            }
            let lines = grammar.lines().map(|line| {
                let mended = MENDED.iter().find(|(theirs, _)| *theirs == line);
                mended.map_or(line, |(_, ours)| ours)
            });
            Ok(lines.collect::<Vec<_>>().join("\n"))
        }
        Constraint::Grammar(grammar) if can_be_built(grammar) => Ok(grammar.clone()),
        Constraint::Grammar(_) => Err(SamplingError::Grammar),
    }
}

/// Whether no repeat in a grammar has more than llama.cpp builds, or a least that is above its most: with
/// that it counts up to the end of all numbers.
fn can_be_built(grammar: &str) -> bool {
    if grammar.len() > MOST_BYTES {
        return false;
    }
    let mut letters = grammar.chars();
    while let Some(letter) = letters.next() {
        let end = match letter {
            '"' => '"',
            '[' => ']',
            '#' => '\n',
            '{' => {
                let repeats: String = letters.by_ref().take_while(|c| *c != '}').collect();
                if !is_bounded(&repeats) {
                    return false;
                }
                continue;
            }
            _ => continue,
        };
        while let Some(letter) = letters.next() {
            if letter == end {
                break;
            }
            if letter == '\\' && end != '\n' {
                letters.next();
            }
        }
    }
    true
}

/// What stands in braces: `3`, `3,` or `3,5`.
fn is_bounded(repeats: &str) -> bool {
    let count = |text: &str| {
        text.trim()
            .parse::<u32>()
            .ok()
            .filter(|n| *n <= MOST_REPEATS)
    };
    match repeats.split_once(',') {
        None => count(repeats).is_some(),
        Some((least, most)) if most.trim().is_empty() => count(least).is_some(),
        Some((least, most)) => match (count(least), count(most)) {
            (Some(least), Some(most)) => least <= most,
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_grammar_that_would_take_all_memory_is_never_built() {
        for repeats in [
            "{5,3}",
            "{3000}",
            "{0,3000}",
            "{ 5 , 3 }",
            "{-1}",
            "{}",
            "{9999999999}",
        ] {
            assert!(
                !can_be_built(&format!("root ::= [a-z]{repeats}")),
                "{repeats}"
            );
        }
        for schema in [
            json!({ "type": "string", "minLength": 5, "maxLength": 3 }),
            json!({ "type": "array", "items": {}, "minItems": 5, "maxItems": 3 }),
            json!({ "type": "string", "pattern": "^a{5,3}$" }),
            json!({ "type": "string", "pattern": "^[a]{3000}$" }),
            json!({ "type": "string", "maxLength": 100_000 }),
        ] {
            let constraint = Constraint::JsonSchema(schema.clone());
            assert!(of(&constraint).is_err(), "{schema}");
        }
    }

    #[test]
    fn braces_in_texts_classes_and_comments_count_nothing() {
        for grammar in [
            "root ::= \"{5,3}\"",
            "root ::= \"\\\"{5,3}\"",
            "root ::= [{5,3}\\]{9,1}]",
            "root ::= \"a\" # {5,3}\n",
            "root ::= [a-z]{3,5}",
        ] {
            assert!(can_be_built(grammar), "{grammar}");
        }
    }

    #[test]
    fn the_rules_that_are_mended_are_those_that_llama_cpp_has() {
        let any = json_schema_to_grammar("{}").unwrap();
        for (theirs, ours) in MENDED {
            assert!(any.lines().any(|line| line == *theirs), "{theirs}\n{any}");
            assert!(
                of(&Constraint::JsonSchema(json!({})))
                    .unwrap()
                    .contains(ours)
            );
        }
    }

    proptest! {
        #[test]
        fn no_grammar_makes_it_panic(grammar in "[\\[\\]{}\"#\\\\,0-9a\n ]{0,60}") {
            let _ = can_be_built(&grammar);
        }
    }
}
