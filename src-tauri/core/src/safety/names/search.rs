//! One text, read once: which runs hold a person, a place or an organisation, and why.

use std::{collections::HashSet, ops::Range};

use super::{
    context::{Context, names_in_address},
    lexicon::{Lexicon, Traits, key, push_key},
    people::{MOST_NAMES, Name},
    runs::{Runs, Word, next_capital},
};
use crate::safety::{Finding, Kind};

/// Why something is a name: how sure that makes it, the rule, and the reason in words.
#[derive(Clone, Copy)]
struct Evidence(f32, &'static str, &'static str);

const TITLE: Evidence = Evidence(0.85, "name/title", "After a title");
const SURE_INTRODUCTION: Evidence = Evidence(0.85, "name/introduction", "After “my name is”");
const INTRODUCTION: Evidence = Evidence(0.7, "name/introduction", "After “I am”");
const GREETING: Evidence = Evidence(0.75, "name/greeting", "After a greeting");
const SIGNATURE: Evidence = Evidence(0.75, "name/signature", "At the end of a letter");
const LABEL: Evidence = Evidence(0.7, "name/label", "After the label of a form");
const LIST: Evidence = Evidence(0.0, "name/list", "A known name");
const AGAIN: Evidence = Evidence(0.6, "name/again", "Part of a name found before");
const PLACE: Evidence = Evidence(0.55, "name/place", "A known place");
const LEGAL_FORM: Evidence = Evidence(0.85, "name/legal-form", "A name with its legal form");
const ORGANISATION: Evidence = Evidence(0.55, "name/organisation", "A kind of organisation");

/// From this score on a name is not rather a place, and is known again by one of its words.
const SURE_NAME: f32 = 0.6;

/// One text.
pub(super) struct Search<'a> {
    text: &'a str,
    lexicon: &'a Lexicon,
    found: Vec<Finding>,
    scratch: String,
}

impl<'a> Search<'a> {
    pub(super) fn new(text: &'a str, lexicon: &'a Lexicon) -> Self {
        Self {
            text,
            lexicon,
            found: Vec::new(),
            scratch: String::new(),
        }
    }

    /// Everything that is found, in any order; `known` is what other tiers found.
    pub(super) fn all(mut self, known: &[Finding]) -> Vec<Finding> {
        let mut runs = Runs::new(self.text, self.lexicon);
        let mut run = Vec::new();
        while runs.next(&mut run) {
            self.read(&run);
        }
        self.again(known);
        self.found
    }

    fn read(&mut self, run: &[Word]) {
        // An organisation takes the words that it needs; people and places are in the rest.
        let taken = self.organisation(run).unwrap_or(run.len()..run.len());
        self.people_and_places(&run[..taken.start]);
        self.people_and_places(&run[taken.end..]);
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
                // "Ich bin Max": the small word keeps the run together.
                _ if run[at - 1].traits.any(Traits::INTRODUCTION) => {
                    Context::of(self.text, run[at].start, self.lexicon, &mut self.scratch)
                }
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
            // "mevrouw De Boer": the small word begins a name there.
            let begins = run[at].traits.any(Traits::NAME_PART)
                && matches!(context, Context::Title | Context::SureIntroduction);
            if run[at].small || no_name && !begins {
                return at;
            }
            if let Some((names, evidence)) = self.introduced(run, at, context) {
                self.add(Kind::Person, &run[names.clone()], evidence);
                return names.end;
            }
        }
        let name = Name::at(run, at, false);
        let score = name.as_ref().map_or(0.0, Name::score);
        let weak = context == Context::BeforePlace && run[at].traits.any(Traits::WEAK_PLACE);
        let is_place = weak || run[at].traits.any(Traits::PLACE);
        let place = phrase.or(is_place.then_some(at + 1));
        let sure_of_place = phrase.is_some() || context == Context::BeforePlace;
        match (place, name) {
            (Some(end), _) if sure_of_place || score < SURE_NAME => {
                self.add(Kind::Location, &run[at..end], PLACE);
                end
            }
            (_, Some(name))
                if score > 0.0
                    && !self.is_abbreviation(&run[at..name.end])
                    && !self.is_after_the(&run[at..name.end]) =>
            {
                self.add(Kind::Person, &run[at..name.end], LIST.at_least(score));
                name.end
            }
            _ => at,
        }
    }

    /// A name that something before it gives away: its words, and what that is.
    fn introduced(
        &self,
        run: &[Word],
        at: usize,
        context: Context,
    ) -> Option<(Range<usize>, Evidence)> {
        let traits = run[at].traits;
        let (from, name, accepted, evidence) = if traits.any(Traits::GREETING) {
            let from = after_titles(run, at + 1);
            let name = Name::at(run, from, true)?;
            let ends = self.follows(&run[name.end - 1], &[',', '!', ':', '\n', '\r']);
            let accepted = name.known > 0 || from > at + 1 || ends;
            (from, name, accepted, GREETING)
        } else if traits.any(Traits::TITLE | Traits::WEAK_TITLE) && run.len() > at + 1 {
            let from = after_titles(run, at + 1);
            let name = Name::at(run, from, true)?;
            let accepted = name.known > 0 || traits.any(Traits::TITLE);
            (from, name, accepted, TITLE)
        } else {
            let (name, accepted, evidence) = self.in_context(run, at, context)?;
            (at, name, accepted, evidence)
        };
        accepted.then(|| (from..name.end, evidence.at_least(name.score())))
    }

    /// A name at this word, whether what stands before it is enough, and what that is.
    fn in_context(
        &self,
        run: &[Word],
        at: usize,
        context: Context,
    ) -> Option<(Name, bool, Evidence)> {
        let name = match context {
            Context::None | Context::BeforePlace => return None,
            Context::Title | Context::Introduction => Name::at(run, at, true)?,
            Context::SureIntroduction | Context::Label | Context::Closing => Name::whole(run, at)?,
        };
        let (accepted, evidence) = match context {
            Context::Title => (true, TITLE),
            Context::Introduction => (name.known > 0, INTRODUCTION),
            Context::Label => (name.known > 0 || name.end > at + 1, LABEL),
            Context::Closing => {
                let alone = self.follows(&run[name.end - 1], &['\n', '\r', ',']);
                (alone && name.end == run.len(), SIGNATURE)
            }
            _ => (true, SURE_INTRODUCTION),
        };
        Some((name, accepted, evidence))
    }

    /// Whether one of these follows the word, or the text ends.
    fn follows(&self, word: &Word, what: &[char]) -> bool {
        let rest = self.text[word.end..].trim_start_matches([' ', '\t']);
        rest.chars().next().is_none_or(|next| what.contains(&next))
    }

    /// Whether the only word of it, but for initials, is as short as "IVA" and all in capitals.
    fn is_abbreviation(&self, name: &[Word]) -> bool {
        let mut words = name.iter().filter(|word| !word.initial);
        let written = words.next().map(|word| &self.text[word.start..word.end]);
        words.next().is_none()
            && written.is_some_and(|word| {
                word.chars().count() <= 4 && word.chars().all(char::is_uppercase)
            })
    }

    /// Whether it is one word after "the": a thing that is named so, as in "the Victoria line".
    fn is_after_the(&self, name: &[Word]) -> bool {
        let [word] = name else { return false };
        let before = self.text[..word.start].trim_end_matches(' ');
        let Some(start) = before.len().checked_sub(3) else {
            return false;
        };
        before.len() < word.start
            && before
                .get(start..)
                .is_some_and(|the| the.eq_ignore_ascii_case("the"))
            && !before[..start].ends_with(char::is_alphanumeric)
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
        if let Some(words) = self.with_legal_form(run, start) {
            return Some(words);
        }
        let is_head = |word: &Word| word.traits.any(Traits::ORGANISATION);
        let head = start + run[start..].iter().position(is_head)?;
        let words = around_head(run, start, head)?;
        self.add(Kind::Organization, &run[words.clone()], ORGANISATION);
        Some(words)
    }

    /// The words up to the first legal form, which is among them or follows them in small letters.
    fn with_legal_form(&mut self, run: &[Word], start: usize) -> Option<Range<usize>> {
        let form_after = |at: &usize| {
            let end = self.lexicon.legal_forms.end(self.text, run[*at].end)?;
            Some((*at, end))
        };
        let (last, form_end) = (start..run.len()).find_map(|at| form_after(&at))?;
        let start = self.after_person(run, start, last);
        let words = run.iter().take_while(|word| word.start < form_end).count();
        self.push(Kind::Organization, run[start].start..form_end, LEGAL_FORM);
        Some(start..words)
    }

    /// "Anna Berg of Zwirn": where the organisation begins if a person stands before it.
    fn after_person(&self, run: &[Word], start: usize, last: usize) -> usize {
        let small = |at: &usize| run[*at].small && &self.text[run[*at].start..run[*at].end] != "&";
        let Some(cut) = (start..last).find(small) else {
            return start;
        };
        let name = Name::at(&run[start..cut], 0, false);
        let is_person =
            name.is_some_and(|name| name.end == cut - start && name.score() > SURE_NAME);
        let next = cut + run[cut..].iter().take_while(|word| word.small).count();
        if is_person && next <= last {
            next
        } else {
            start
        }
    }

    /// Names of people that were found in full, and those in e-mail addresses, by one of their words.
    fn again(&mut self, known: &[Finding]) {
        let is_sure = |found: &&Finding| found.kind == Kind::Person && found.score >= SURE_NAME;
        let names = self.found.iter().filter(is_sure);
        let names = names.map(|found| &self.text[found.bytes.clone()]);
        let mut sought = words_that_tell(names, self.lexicon);
        for finding in known
            .iter()
            .filter(|found| found.kind == Kind::EmailAddress)
        {
            let address = self.text.get(finding.bytes.clone()).unwrap_or_default();
            sought.extend(names_in_address(address, self.lexicon));
        }
        self.seek(&sought);
    }

    /// These words of names, where nothing was found yet.
    pub(super) fn of_known_words(
        mut self,
        sought: &HashSet<String>,
        found: &[Finding],
    ) -> Vec<Finding> {
        self.found = found.to_vec();
        self.seek(sought);
        self.found.split_off(found.len())
    }

    fn seek(&mut self, sought: &HashSet<String>) {
        if sought.is_empty() {
            return;
        }
        self.found.sort_by_key(|finding| finding.bytes.start);
        let covers: Vec<_> = self.found.iter().map(|found| found.bytes.clone()).collect();
        let mut covers = covers.iter().peekable();
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
                self.push(Kind::Person, start..end, AGAIN);
            }
        }
    }

    fn add(&mut self, kind: Kind, words: &[Word], evidence: Evidence) {
        if let (Some(first), Some(last)) = (words.first(), words.last()) {
            self.push(kind, first.start..last.end, evidence);
        }
    }

    fn push(&mut self, kind: Kind, bytes: Range<usize>, evidence: Evidence) {
        let Evidence(score, rule, reason) = evidence;
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

impl Evidence {
    fn at_least(self, score: f32) -> Self {
        Self(self.0.max(score), self.1, self.2)
    }
}

/// The words of names by each of which its person is known again, in the form in which they are sought.
pub(super) fn words_that_tell<'n>(
    names: impl Iterator<Item = &'n str>,
    lexicon: &Lexicon,
) -> HashSet<String> {
    let words = names.flat_map(|name| name.split([' ', '\u{a0}', ',']));
    words.filter(|word| tells(word, lexicon)).map(key).collect()
}

/// Whether a word of a name is enough to know the person by.
fn tells(word: &str, lexicon: &Lexicon) -> bool {
    let ordinary = Traits::ORDINARY | Traits::NO_NAME | Traits::TITLE | Traits::NAME_PART;
    let traits = lexicon.word(word, &mut String::new());
    word.starts_with(char::is_uppercase) && word.chars().nth(2).is_some() && !traits.any(ordinary)
}

fn after_titles(run: &[Word], from: usize) -> usize {
    let is_title = |word: &&Word| word.traits.any(Traits::TITLE);
    from + run[from..].iter().take_while(is_title).count()
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
