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

#[cfg(test)]
mod tests;

use std::{collections::HashSet, ops::Range};

use context::{Context, names_in_address};
use lexicon::{Lexicon, Traits, key, push_key};
use people::{MOST_NAMES, Name};
use runs::{Runs, Word, next_capital};

use super::{Finding, Kind, Tier};

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
}

impl Default for Names {
    fn default() -> Self {
        Self::new()
    }
}

impl Tier for Names {
    fn find(&self, text: &str, known: &[Finding]) -> Vec<Finding> {
        let mut search = Search {
            text,
            lexicon: &self.lexicon,
            found: Vec::new(),
            scratch: String::new(),
        };
        let mut runs = Runs::new(text, &self.lexicon);
        let mut run = Vec::new();
        while runs.next(&mut run) {
            search.read(&run);
        }
        search.again(known);
        search.found
    }
}

/// One text.
struct Search<'a> {
    text: &'a str,
    lexicon: &'a Lexicon,
    found: Vec<Finding>,
    scratch: String,
}

impl Search<'_> {
    fn read(&mut self, run: &[Word]) {
        // An organisation takes the words that it needs; people and places are in the rest.
        let taken = self.organisation(run);
        let (before, after) = match &taken {
            Some(taken) => (&run[..taken.start], &run[taken.end.min(run.len())..]),
            None => (run, &run[..0]),
        };
        self.people_and_places(before);
        self.people_and_places(after);
    }

    fn people_and_places(&mut self, run: &[Word]) {
        let Some(first) = run.first() else {
            return;
        };
        let context = Context::of(self.text, first.start, self.lexicon, &mut self.scratch);
        let mut at = 0;
        while at < run.len() {
            let context = match at {
                0 => context,
                _ if run[at - 1].traits.any(Traits::BEFORE_PLACE) => Context::BeforePlace,
                _ => Context::None,
            };
            at = self.step(run, at, context).max(at + 1);
        }
    }

    /// What stands at this word; returns the word after it.
    fn step(&mut self, run: &[Word], at: usize, context: Context) -> usize {
        let phrase = self.place_of_words(run, at);
        let no_name = run[at].traits.any(Traits::NO_NAME) && !run[at].initial;
        if phrase.is_none() {
            if run[at].small || no_name {
                return at;
            }
            if let Some(end) = self.introduced(run, at, context) {
                return end;
            }
        }
        let name = Name::at(run, at, false);
        let score = name.as_ref().map_or(0.0, Name::score);
        let weak = context == Context::BeforePlace && run[at].traits.any(Traits::WEAK_PLACE);
        let is_place = weak || run[at].traits.any(Traits::PLACE);
        let place = phrase.or(is_place.then_some(at + 1));
        let sure_of_place = phrase.is_some() || context == Context::BeforePlace;
        match (place, name) {
            (Some(end), _) if sure_of_place || score < 0.6 => {
                self.add(
                    Kind::Location,
                    &run[at..end],
                    0.55,
                    "name/place",
                    "A known place",
                );
                end
            }
            (_, Some(name)) if score > 0.0 => {
                self.add(
                    Kind::Person,
                    &run[at..name.end],
                    score,
                    "name/list",
                    "A known name",
                );
                name.end
            }
            _ => at,
        }
    }

    /// A name that something before it gives away.
    fn introduced(&mut self, run: &[Word], at: usize, context: Context) -> Option<usize> {
        let traits = run[at].traits;
        let skip_titles = |from: usize| {
            let titles = run[from..]
                .iter()
                .take_while(|word| word.traits.any(Traits::TITLE));
            from + titles.count()
        };
        let known = |name: &Name| name.known > 0;
        if traits.any(Traits::GREETING) {
            let from = skip_titles(at + 1);
            let name = Name::at(run, from, true)?;
            let ends = self.follows(&run[name.end - 1], &[',', '!', ':', '\n', '\r']);
            let accepted = known(&name) || from > at + 1 || ends;
            return self.accept(
                accepted,
                run,
                from,
                name,
                0.75,
                "name/greeting",
                "After a greeting",
            );
        }
        if traits.any(Traits::TITLE | Traits::WEAK_TITLE) && run.len() > at + 1 {
            let from = skip_titles(at + 1);
            let name = Name::at(run, from, true)?;
            let accepted = traits.any(Traits::TITLE) || known(&name);
            return self.accept(
                accepted,
                run,
                from,
                name,
                0.85,
                "name/title",
                "After a title",
            );
        }
        let name = match context {
            Context::SureIntroduction | Context::Label | Context::Closing => Name::whole(run, at)?,
            _ => Name::at(run, at, true)?,
        };
        let several = name.end > at + 1;
        let (accepted, score, rule, reason) = match context {
            Context::Title => (true, 0.85, "name/title", "After a title"),
            Context::SureIntroduction => (true, 0.85, "name/introduction", "After “my name is”"),
            Context::Introduction => (known(&name), 0.7, "name/introduction", "After “I am”"),
            Context::Label => (known(&name) || several, 0.7, "name/label", "After a label"),
            Context::Closing => {
                let alone = self.follows(&run[name.end - 1], &['\n', '\r', ',']);
                (
                    alone && name.end == run.len(),
                    0.75,
                    "name/signature",
                    "At the end of a letter",
                )
            }
            Context::None | Context::BeforePlace => return None,
        };
        self.accept(accepted, run, at, name, score, rule, reason)
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "what a finding says about itself"
    )]
    fn accept(
        &mut self,
        accepted: bool,
        run: &[Word],
        from: usize,
        name: Name,
        score: f32,
        rule: &'static str,
        reason: &'static str,
    ) -> Option<usize> {
        accepted.then(|| {
            let score = score.max(name.score());
            self.add(Kind::Person, &run[from..name.end], score, rule, reason);
            name.end
        })
    }

    /// Whether one of these follows the word, or the text ends.
    fn follows(&self, word: &Word, what: &[char]) -> bool {
        let next = self.text[word.end..]
            .trim_start_matches([' ', '\t'])
            .chars()
            .next();
        next.is_none_or(|next| what.contains(&next))
    }

    /// The end of a place of two words or more that begins here.
    fn place_of_words(&self, run: &[Word], at: usize) -> Option<usize> {
        if !run[at].traits.any(Traits::PLACE_START) {
            return None;
        }
        let most = run.len().min(at + 4);
        (at + 2..=most).rev().find(|end| {
            let words = run[at..*end]
                .iter()
                .map(|word| &self.text[word.start..word.end]);
            self.lexicon.phrase(words).any(Traits::PLACE)
        })
    }

    /// An organisation in this run; returns its words.
    fn organisation(&mut self, run: &[Word]) -> Option<Range<usize>> {
        let begins = |word: &Word| {
            let no_begin = Traits::NO_NAME | Traits::GREETING | Traits::TITLE | Traits::CLOSING;
            !word.small && !word.traits.any(no_begin)
        };
        let start = run.iter().position(begins)?;
        let name = &run[start..];
        // The form may be the last word, or follow it in small letters.
        let ends = name.iter().map(|word| word.end);
        for (index, end) in ends.enumerate() {
            if let Some(form_end) = self.lexicon.legal_forms.end(self.text, end) {
                let words = run.iter().take_while(|word| word.start < form_end).count();
                let bytes = run[start].start..form_end;
                self.push(
                    Kind::Organization,
                    bytes,
                    0.85,
                    "name/legal-form",
                    "With its legal form",
                );
                return Some(start..words.max(start + index + 1));
            }
        }
        let head = start
            + name
                .iter()
                .position(|word| word.traits.any(Traits::ORGANISATION))?;
        let range = around_head(run, start, head)?;
        let words = &run[range.clone()];
        self.add(
            Kind::Organization,
            words,
            0.55,
            "name/organisation",
            "A kind of organisation",
        );
        Some(range)
    }

    /// Names of people that were found in full, and those in e-mail addresses, by one of their words.
    fn again(&mut self, known: &[Finding]) {
        let mut sought: HashSet<String> = HashSet::new();
        for finding in self.found.iter().filter(|found| found.kind == Kind::Person) {
            let name = &self.text[finding.bytes.clone()];
            let words = name
                .split([' ', '\u{a0}', '\n', ','])
                .filter(|word| !word.is_empty());
            if finding.score >= 0.6 {
                sought.extend(words.filter(|word| self.tells(word)).map(key));
            }
        }
        for finding in known
            .iter()
            .filter(|found| found.kind == Kind::EmailAddress)
        {
            let address = self.text.get(finding.bytes.clone()).unwrap_or_default();
            sought.extend(names_in_address(address, self.lexicon));
        }
        if sought.is_empty() {
            return;
        }
        self.found.sort_by_key(|finding| finding.bytes.start);
        let found: Vec<Range<usize>> = self.found.iter().map(|found| found.bytes.clone()).collect();
        let mut covers = found.iter().peekable();
        let mut at = 0;
        while let Some((start, end)) = next_capital(self.text, at) {
            at = end;
            while covers.next_if(|cover| cover.end <= start).is_some() {}
            if covers.peek().is_some_and(|cover| cover.start < end) {
                continue;
            }
            self.scratch.clear();
            push_key(&mut self.scratch, &self.text[start..end]);
            if sought.contains(self.scratch.as_str()) {
                self.push(
                    Kind::Person,
                    start..end,
                    0.6,
                    "name/again",
                    "Part of a name found before",
                );
            }
        }
    }

    /// Whether a word of a name is enough to know the person by.
    fn tells(&self, word: &str) -> bool {
        let ordinary = Traits::ORDINARY | Traits::NO_NAME | Traits::TITLE | Traits::NAME_PART;
        let traits = self.lexicon.word(word, &mut String::new());
        word.chars().nth(2).is_some()
            && !traits.any(ordinary)
            && word.starts_with(char::is_uppercase)
    }

    fn add(
        &mut self,
        kind: Kind,
        words: &[Word],
        score: f32,
        rule: &'static str,
        reason: &'static str,
    ) {
        if let (Some(first), Some(last)) = (words.first(), words.last()) {
            self.push(kind, first.start..last.end, score, rule, reason);
        }
    }

    fn push(
        &mut self,
        kind: Kind,
        bytes: Range<usize>,
        score: f32,
        rule: &'static str,
        reason: &'static str,
    ) {
        self.found.push(Finding {
            kind,
            bytes,
            score,
            validated: false,
            rule: rule.into(),
            reason: reason.into(),
        });
    }
}

/// The words of an organisation with this head: "Bank of Scotland", "Leeds Hospital".
fn around_head(run: &[Word], start: usize, head: usize) -> Option<Range<usize>> {
    let named = Traits::PLACE | Traits::WEAK_PLACE | Traits::SURNAME | Traits::GIVEN;
    let part = |word: &Word| !word.small && !word.traits.any(Traits::NO_NAME | Traits::ROLE);
    let left = (start..head)
        .rev()
        .take_while(|at| part(&run[*at]))
        .take(MOST_NAMES)
        .last();
    let mut end = head + 1;
    while run
        .get(end)
        .is_some_and(|word| word.small && word.traits.any(Traits::ORGANISATION_PART))
    {
        end += 1;
    }
    let after = run[end..]
        .iter()
        .take_while(|word| part(word))
        .take(MOST_NAMES)
        .count();
    let joined = end > head + 1;
    let is_place = run
        .get(end)
        .is_some_and(|word| word.traits.any(Traits::PLACE));
    if after > 0 && (joined || is_place) {
        return Some(left.unwrap_or(head)..end + after);
    }
    let left = left.filter(|left| run[*left..head].iter().any(|word| word.traits.any(named)))?;
    Some(left..head + 1)
}
