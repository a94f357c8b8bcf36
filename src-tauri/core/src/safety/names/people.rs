//! Which words of a run are one name of a person.

use super::{lexicon::Traits, runs::Word};

/// No name has more words in a row.
pub(super) const MOST_NAMES: usize = 4;

/// A name that begins at some word.
#[derive(Debug)]
pub(super) struct Name {
    /// The word after it.
    pub(super) end: usize,
    /// How many of its words are known names.
    pub(super) known: usize,
    given: usize,
    surnames: usize,
    unknown: usize,
    initials: usize,
    /// Whether a small word of names, with a capital, is part of it: "Van der Berg".
    particle: bool,
    ordinary_first: bool,
    after_comma: bool,
}

impl Name {
    /// The name that begins at this word. If it is `expected` (after a title, say) the first word
    /// may be any; else a word that is in no list must follow a given name.
    pub(super) fn at(run: &[Word], from: usize, expected: bool) -> Option<Self> {
        let begins =
            |word: &&Word| may_be_name(word) || expected && is_particle(word) && !word.small;
        let first = run.get(from).filter(begins)?;
        let mut name = Self {
            end: from,
            known: 0,
            given: 0,
            surnames: 0,
            unknown: 0,
            initials: 0,
            particle: false,
            ordinary_first: first.traits.any(Traits::ORDINARY),
            after_comma: false,
        };
        name.take(first, from);
        if name.unknown > 0 && !expected {
            return None;
        }
        name.extend(run, from, |name, word, after_small| {
            name.goes_on_with(word, after_small)
        });
        (name.end > from + 1 || may_be_name(first)).then_some(name)
    }

    /// The name that begins at this word, where nothing else is to be expected: all words that can
    /// be names belong to it.
    pub(super) fn whole(run: &[Word], from: usize) -> Option<Self> {
        let mut name = Self::at(run, from, true)?;
        name.extend(run, from, |_, _, _| true);
        Some(name)
    }

    fn extend(&mut self, run: &[Word], from: usize, goes_on: impl Fn(&Self, &Word, bool) -> bool) {
        while self.end < run.len() && self.end - from < MOST_NAMES {
            let next = capital_after_small(run, self.end);
            let Some(word) = run.get(next).filter(|word| may_be_name(word)) else {
                break;
            };
            if !goes_on(self, word, next > self.end) {
                break;
            }
            self.take(word, next);
        }
    }

    fn take(&mut self, word: &Word, at: usize) {
        let follows_given = self.given > 0 || self.initials > 0;
        let is = |traits| word.traits.any(traits);
        self.particle |= is_particle(word);
        if word.initial {
            self.initials += 1;
        } else if is(Traits::SURNAME) && (follows_given || !is(Traits::GIVEN)) {
            self.surnames += 1;
        } else if is(Traits::GIVEN) {
            self.given += 1;
        } else if !is(Traits::NAME_PART) {
            self.unknown += 1;
        }
        self.known += usize::from(!word.initial && is(Traits::GIVEN | Traits::SURNAME));
        self.after_comma |= word.after_comma;
        self.end = at + 1;
    }

    fn goes_on_with(&self, word: &Word, after_small: bool) -> bool {
        let family = self.surnames > 0 || self.unknown > 0;
        let is = |traits| word.traits.any(traits);
        if word.after_comma {
            // "Berg, Anna": one surname, then the given names.
            return self.given == 0 && self.surnames == 1 && self.unknown == 0;
        }
        if self.after_comma {
            return word.initial || is(Traits::GIVEN);
        }
        match family {
            false => {
                let known = is(Traits::GIVEN | Traits::SURNAME);
                word.initial || known || self.particle || self.follows_given()
            }
            // A second surname, but not the next name of a list.
            true => {
                is(Traits::SURNAME) && !is(Traits::GIVEN)
                    || after_small && (self.unknown == 0 || self.particle)
            }
        }
    }

    fn follows_given(&self) -> bool {
        self.given > 0 && !self.ordinary_first || self.initials > 1
    }

    /// How sure it is without anything around it; 0 if it may as well be something else.
    pub(super) fn score(&self) -> f32 {
        let named = self.given > 0 || self.initials > 0;
        match self {
            Self {
                surnames: 1..,
                given: 1..,
                ..
            } if self.after_comma => 0.75,
            Self {
                surnames: 1..,
                given: 1..,
                ..
            } => 0.85,
            Self { surnames: 1.., .. } if named => 0.7,
            Self {
                ordinary_first: true,
                ..
            } => 0.0,
            Self { given: 2.., .. } => 0.75,
            Self {
                given: 1,
                unknown: 1..,
                ..
            } => 0.6,
            Self { given: 1, .. } => 0.5,
            _ => 0.0,
        }
    }
}

fn may_be_name(word: &Word) -> bool {
    let never = Traits::NO_NAME | Traits::ROLE | Traits::TITLE | Traits::GREETING | Traits::CLOSING;
    let known = word.traits.any(Traits::GIVEN | Traits::SURNAME);
    !word.small && (word.initial || known || !word.traits.any(never))
}

/// A small word of names, whichever way it is written.
fn is_particle(word: &Word) -> bool {
    !word.initial && word.traits.any(Traits::NAME_PART)
}

/// The next word, or the one after the small words of a name.
fn capital_after_small(run: &[Word], from: usize) -> usize {
    let known = Traits::GIVEN | Traits::SURNAME;
    // "Federica Della Valle": some write the small word with a capital.
    let small = |word: &&Word| is_particle(word) && (word.small || !word.traits.any(known));
    let count = run[from..].iter().take_while(small).count();
    // "Tom and Anna" is two names.
    let next = run.get(from + count);
    if next.is_some_and(|word| word.small) {
        from
    } else {
        from + count
    }
}
