//! Names of people, places and organisations, by what stands around them and by lists.
//!
//! A run of words with a capital letter is read once: what comes before it (a title, a greeting,
//! "my name is", the label of a form, the end of a letter), what it consists of (known given names
//! and surnames, places, heads and legal forms of organisations), and what follows it. A name that
//! was found with its given name is then found again by its surname alone, and so are the names in
//! e-mail addresses. The time is linear in the text.
//!
//! What this cannot see is left to a model tier behind the same trait: names in small letters, in
//! other scripts, and unknown names that nothing around them gives away.

mod context;
mod legal_forms;
mod lexicon;
mod people;
mod runs;
mod search;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use context::words_of_addresses;
use lexicon::Lexicon;
use search::{Search, words_that_tell};

use super::{Finding, Tier, View, mask::Masks};

/// Finds names by context and lists.
pub struct Names {
    lexicon: Lexicon,
}

impl Names {
    /// Reads the lists: about 7,000 words.
    pub fn new() -> Self {
        Self {
            lexicon: Lexicon::new(),
        }
    }

    /// The words of names by each of which its person is known again, for [`again`](Self::again): read once
    /// for many texts.
    pub fn words_of<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> NameWords {
        NameWords(words_that_tell(names.into_iter(), &self.lexicon))
    }

    /// The same of those whom a conversation has named, and of its e-mail addresses what stands before the @.
    pub fn known_in(&self, masks: &Masks) -> NameWords {
        let NameWords(mut words) = self.words_of(masks.people());
        words.extend(words_of_addresses(masks.email_addresses(), &self.lexicon));
        NameWords(words)
    }

    /// Names that are known from another text by one of their words: "Berg" after "Anna Berg". Only
    /// where `found` has nothing yet; words that are ordinary words too do not count.
    pub fn again(&self, text: &str, words: &NameWords, found: &[Finding]) -> Vec<Finding> {
        self.as_written_and_as_seen(text, found, |search, found| {
            search.of_known_words(&words.0, found)
        })
    }

    /// What is found in a text; and in it without what nobody sees, if there is such a thing in it: a letter
    /// without width may stand inside a name, or be all that stands between two of its words.
    fn as_written_and_as_seen(
        &self,
        text: &str,
        known: &[Finding],
        find: impl Fn(Search<'_>, &[Finding]) -> Vec<Finding>,
    ) -> Vec<Finding> {
        let mut found = find(Search::new(text, &self.lexicon), known);
        if let Some(seen) = View::as_seen(text) {
            let place = |finding: &Finding| Finding {
                bytes: seen.forth(&finding.bytes),
                ..finding.clone()
            };
            let known: Vec<Finding> = known.iter().map(place).collect();
            let more = find(Search::new(seen.text(), &self.lexicon), &known);
            found.extend(more.into_iter().map(|finding| Finding {
                bytes: seen.back(&finding.bytes, text),
                ..finding
            }));
        }
        found
    }
}

/// Words of names by which a person is known again.
#[derive(Default)]
pub struct NameWords(HashSet<String>);

impl Default for Names {
    fn default() -> Self {
        Self::new()
    }
}

impl Tier for Names {
    fn find(&self, text: &str, known: &[Finding]) -> Vec<Finding> {
        self.as_written_and_as_seen(text, known, |search, known| search.all(known))
    }
}
