//! What of the texts that went is so much their own that it may stand nowhere any more: phrases and words.
//! It is in memory alone, from the erasure to the search that follows it.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use rusqlite::{Connection, types::ValueRef};

use crate::safety::View;

/// Phrases, and words, that are looked for at most; of more, about this many are chosen at random.
const MOST: usize = 20_000;
/// Words of a phrase.
const WORDS: usize = 5;
/// Bytes: shorter phrases stand elsewhere by chance, and longer ones are no phrases.
const PHRASE: std::ops::RangeInclusive<usize> = 12..=160;
/// The same for words, of which the search of every byte takes only longer ones.
const WORD: std::ops::RangeInclusive<usize> = 5..=60;

/// Phrases and words of what went.
#[derive(Debug, Clone, Default)]
pub(super) struct Lost {
    phrases: Sample,
    words: Sample,
}

impl Lost {
    /// Note a text that goes.
    pub(super) fn add(&mut self, text: &str) {
        // Where a text is kept as JSON or in another form, these are written in another way.
        for line in text.split(|c: char| c.is_control() || matches!(c, '"' | '\\')) {
            let words: Vec<&str> = line.split_whitespace().collect();
            for few in words.chunks(WORDS).filter(|few| few.len() > 1) {
                self.phrases.add(between(line, few));
            }
        }
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            self.words.add(word);
            // As the index of the search has it.
            if !word.is_ascii() {
                self.words.add(View::of(word).text());
            }
        }
    }

    /// Leave out what stands in texts that stay, for it is nobody's own; how many phrases these were.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub(super) fn leave_out_what_stays(&mut self, conn: &Connection) -> rusqlite::Result<usize> {
        let before = self.phrases.kept.len();
        if before + self.words.kept.len() == 0 {
            return Ok(0);
        }
        let all: Vec<&str> = self.phrases().chain(self.words()).collect();
        let mut stays = vec![false; all.len()];
        let automaton = automaton_of(&all);
        each_text(conn, |text| {
            for found in automaton.find_overlapping_iter(text) {
                stays[found.pattern().as_usize()] = true;
            }
            if !text.is_ascii() {
                for found in automaton.find_overlapping_iter(View::of(text).text()) {
                    stays[found.pattern().as_usize()] = true;
                }
            }
        })?;
        let stay: HashSet<String> = all
            .into_iter()
            .zip(stays)
            .filter(|&(_, stays)| stays)
            .map(|(text, _)| text.to_owned())
            .collect();
        self.phrases.kept.retain(|phrase| !stay.contains(phrase));
        self.words.kept.retain(|word| !stay.contains(word));
        Ok(before - self.phrases.kept.len())
    }

    pub(super) fn phrases(&self) -> impl Iterator<Item = &str> {
        self.phrases.kept.iter().map(String::as_str)
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.kept.iter().map(String::as_str)
    }
}

/// In any case of ASCII letters.
pub(super) fn automaton_of<T: AsRef<[u8]>>(needles: &[T]) -> AhoCorasick {
    AhoCorasickBuilder::new()
        .ascii_case_insensitive(true)
        .build(needles)
        .expect("the needles make an automaton because they are short, and not millions")
}

/// From the first of these words to the last, as they stand in the line.
fn between<'l>(line: &'l str, words: &[&'l str]) -> &'l str {
    let at = |word: &str| word.as_ptr() as usize - line.as_ptr() as usize;
    match words {
        [first, .., last] => &line[at(first)..at(last) + last.len()],
        _ => "",
    }
}

/// At most about so many, chosen by their hash, so that none is chosen for where it stands.
#[derive(Debug, Clone)]
struct Sample {
    one_in: u64,
    kept: HashSet<String>,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            one_in: 1,
            kept: HashSet::new(),
        }
    }
}

impl Sample {
    fn add(&mut self, text: &str) {
        let limits = if text.contains(char::is_whitespace) {
            PHRASE
        } else {
            WORD
        };
        if !limits.contains(&text.len()) || !chosen(text, self.one_in) {
            return;
        }
        self.kept.insert(text.to_owned());
        while self.kept.len() > MOST {
            self.one_in *= 2;
            let one_in = self.one_in;
            self.kept.retain(|text| chosen(text, one_in));
        }
    }
}

fn chosen(text: &str, one_in: u64) -> bool {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish().is_multiple_of(one_in)
}

/// Every text that stays in the clear in a table, and what the tables are made with; but the index of the
/// search, which has its words from these. What a call kept of a conversation or a client that is gone does not
/// stay: where it was left behind, that is to be found.
fn each_text(conn: &Connection, mut look: impl FnMut(&str)) -> rusqlite::Result<()> {
    let tables: Vec<(String, String)> = conn
        .prepare(
            "SELECT name, coalesce(sql, '') FROM sqlite_schema
             WHERE type = 'table' AND name NOT LIKE 'messages_fts%'",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (table, sql) in tables {
        look(&sql);
        let quoted = table.replace('"', "\"\"");
        let without = (table == "calls").then_some("moves");
        each_text_of(
            conn,
            &format!("SELECT * FROM \"{quoted}\""),
            without,
            &mut look,
        )?;
        if without.is_some() {
            let of_those_that_stay = "SELECT moves FROM calls WHERE conversation_id IS NOT NULL OR client_id IS NOT NULL";
            each_text_of(conn, of_those_that_stay, None, &mut look)?;
        }
    }
    Ok(())
}

/// Every text in the rows of a query, but in the column of this name.
fn each_text_of(
    conn: &Connection,
    query: &str,
    without: Option<&str>,
    look: &mut impl FnMut(&str),
) -> rusqlite::Result<()> {
    let mut statement = conn.prepare(query)?;
    let columns: Vec<usize> = statement
        .column_names()
        .enumerate()
        .filter_map(|(column, name)| (Some(name) != without).then_some(column))
        .collect();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for &column in &columns {
            if let ValueRef::Text(text) = row.get_ref(column)? {
                look(&String::from_utf8_lossy(text));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lost(text: &str) -> Lost {
        let mut lost = Lost::default();
        lost.add(text);
        lost
    }

    #[test]
    fn a_text_is_known_by_its_phrases_and_its_longer_words() {
        let lost = lost("Mr Zwyrtovský  lives in\n\"Prague\", and is a baker there.");
        let mut phrases: Vec<_> = lost.phrases().collect();
        phrases.sort_unstable();
        assert_eq!(phrases, [", and is a baker", "Mr Zwyrtovský  lives in"]);
        let mut words: Vec<_> = lost.words().collect();
        words.sort_unstable();
        assert_eq!(
            words,
            [
                "Prague",
                "Zwyrtovsky",
                "Zwyrtovský",
                "baker",
                "lives",
                "there"
            ]
        );
    }

    #[test]
    fn what_other_texts_have_too_is_left_out() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE notes (text TEXT);
             INSERT INTO notes VALUES ('Yours sincerely, and so on, ZWYRTOVSKY')",
        )
        .unwrap();
        let mut lost = lost("yours sincerely, and so on\nMr Zwyrtovský lives in Prague");
        assert_eq!(lost.leave_out_what_stays(&conn).unwrap(), 1);
        assert_eq!(
            lost.phrases().collect::<Vec<_>>(),
            ["Mr Zwyrtovský lives in Prague"]
        );
        let mut words: Vec<_> = lost.words().collect();
        words.sort_unstable();
        assert_eq!(words, ["Prague", "Zwyrtovský", "lives"]);
    }

    #[test]
    fn what_a_call_kept_of_what_is_gone_is_looked_for_and_what_others_kept_is_left_out() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE calls (conversation_id BLOB, client_id BLOB, model TEXT, moves TEXT);
             INSERT INTO calls VALUES
               (NULL, NULL, 'Brontosaurus', 'cannot process: Mr Zwyrtovsky lives in Prague'),
               (x'01', NULL, 'small', 'cannot process: a Mesopotamian baker'),
               (NULL, x'02', 'small', 'cannot process: an Argentinian tailor')",
        )
        .unwrap();
        let mut lost = lost(
            "Mr Zwyrtovsky lives in Prague\na Mesopotamian baker\nan Argentinian tailor\nBrontosaurus",
        );
        assert_eq!(lost.leave_out_what_stays(&conn).unwrap(), 2);
        assert_eq!(
            lost.phrases().collect::<Vec<_>>(),
            ["Mr Zwyrtovsky lives in Prague"]
        );
        assert!(
            lost.words().all(|word| word != "Brontosaurus"),
            "the name of the model stays"
        );
    }

    #[test]
    fn of_very_many_about_as_many_as_are_looked_for_are_chosen() {
        let mut lost = Lost::default();
        for nth in 0..3 * MOST {
            lost.add(&format!("matter{nth}"));
        }
        assert!((MOST / 4..=MOST).contains(&lost.words().count()));
    }

    proptest! {
        #[test]
        fn all_that_is_looked_for_stands_in_the_text(text in "\\PC{0,200}") {
            let lost = lost(&text);
            for phrase in lost.phrases() {
                prop_assert!(text.contains(phrase));
            }
            let folded = View::of(&text).text().to_owned();
            for word in lost.words() {
                prop_assert!(text.contains(word) || folded.contains(word), "{word}");
            }
        }
    }
}
