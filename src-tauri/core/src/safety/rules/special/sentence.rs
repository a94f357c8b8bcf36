//! The sentence around a word of a special category, and whom it is about.

use std::ops::Range;

use super::{
    Form, NAME_NEAR, SOMEONE, STRONG,
    people::{Role, Roles},
};

/// How much of a sentence is read before a word and after it, in bytes.
const READ_BEFORE: usize = 160;
const READ_AFTER: usize = 80;

/// How sure a sentence makes it and by which word, if it does, and how far a name in it may be, in
/// bytes; `None`: a name changes nothing.
type Told<'v> = (Option<(f32, &'v str)>, Option<usize>);

/// The words around a word of a special category.
pub(super) struct Sentence<'v> {
    view: &'v str,
    /// Where the word is, and its sentence.
    pub(super) word: Range<usize>,
    pub(super) bounds: Range<usize>,
    /// The words before it, nearest first, and after it.
    before: Vec<(&'v str, Roles)>,
    after: Vec<(&'v str, Roles)>,
}

impl<'v> Sentence<'v> {
    pub(super) fn around(view: &'v str, word: &Range<usize>) -> Self {
        let earliest = view.floor_char_boundary(word.start.saturating_sub(READ_BEFORE));
        let latest = view.ceil_char_boundary((word.end + READ_AFTER).min(view.len()));
        let start = earliest + sentence_start(&view[earliest..word.start]);
        let end = word.end + sentence_end(&view[word.end..latest]);
        let words = |text: &'v str| {
            let words = text.split(|letter: char| !letter.is_alphanumeric());
            words.filter(|word| !word.is_empty())
        };
        let with_roles = |word: &'v str| (word, Roles::of(word));
        Self {
            view,
            word: word.clone(),
            bounds: start..end,
            before: words(&view[start..word.start])
                .rev()
                .map(with_roles)
                .collect(),
            after: words(&view[word.end..end]).map(with_roles).collect(),
        }
    }

    /// Whom it is about, where words of this form are looked for.
    pub(super) fn told(&self, form: Form) -> Told<'v> {
        let (told, name_within) = match form {
            Form::Having => self.having(),
            Form::Being => self.being(),
            Form::Belonging => self.belonging(),
        };
        (self.label().or(told), name_within)
    }

    /// The label of a form or a note: "Diagnosis: asthma, hypertension".
    fn label(&self) -> Option<(f32, &'v str)> {
        let before = &self.view[self.bounds.start..self.word.start];
        let (said, _) = before.rsplit_once(':')?;
        let last = |text: &'v str| {
            let words = text.split(|letter: char| !letter.is_alphanumeric());
            words.rev().find(|word| !word.is_empty())
        };
        let label = last(said)?;
        let is_label = Roles::of(label).any(&[Role::Label]);
        is_label.then_some((STRONG, label))
    }

    /// Who has it: "my", "the patient", "she takes", "tengo", or somebody right behind it.
    fn having(&self) -> Told<'v> {
        let verb = position(&self.before, 8, &[Role::Having]);
        let somebody = self
            .whose(&self.before, 6)
            .or(first(&self.before, 4, &[Role::SelfHaving]))
            .or(first(&self.after, 4, &[Role::Noun]))
            .or(verb.and_then(|verb| first(&self.before, verb + 4, &[Role::Subject])))
            .or_else(|| {
                first(&self.after, 2, &[Role::LastHaving])?;
                first(&self.before, 4, &[Role::Subject])
            });
        let name_within = if verb.is_some() {
            READ_BEFORE
        } else {
            NAME_NEAR
        };
        (somebody.map(|word| (STRONG, word)), Some(name_within))
    }

    /// Who is it: "he is", "I am", or "my … son" around it.
    fn being(&self) -> Told<'v> {
        let about_me = first(&self.before, 4, &[Role::SelfBeing]);
        let is = position(&self.before, 5, &[Role::Being]);
        let somebody = about_me
            .or_else(|| {
                let reach = is? + 5;
                self.whose(&self.before, reach)
                    .or(first(&self.before, reach, &[Role::Subject]))
            })
            .or(first(&self.after, 1, &[Role::Noun]));
        let name_within = is.map(|_| READ_BEFORE);
        (somebody.map(|word| (STRONG, word)), name_within)
    }

    /// Who belongs to it: "she is a member of", "Mitglied der".
    fn belonging(&self) -> Told<'v> {
        let written = &self.view[self.word.clone()];
        let member = position(&self.before, 6, &[Role::Belonging]);
        let behind = position(&self.after, 2, &[Role::Belonging]);
        let itself = written.split(|letter: char| !letter.is_alphanumeric());
        let itself = itself
            .map(Roles::of)
            .any(|roles| roles.any(&[Role::Belonging]));
        let being = first(&self.before, 4, &[Role::SelfBeing]);
        if member.is_none() && behind.is_none() && !itself && being.is_none() {
            return (None, None);
        }
        let somebody = being
            .or(first(&self.before, 10, &[Role::Subject]))
            .or(self.whose(&self.before, 10));
        let told = match (somebody, member) {
            (Some(word), _) => Some((STRONG, word)),
            (None, Some(at)) => {
                let (word, _) = self.before[at];
                let anybody = first(&self.before[at + 1..], 1, &[Role::Anybody]);
                anybody.is_none().then_some((SOMEONE, word))
            }
            (None, None) => None,
        };
        (told, Some(READ_BEFORE))
    }

    /// "my", or a person who is not just anybody: "the patient", not "a patient".
    fn whose(&self, words: &[(&'v str, Roles)], reach: usize) -> Option<&'v str> {
        let near = words.iter().take(reach).enumerate();
        near.filter(|(nth, (_, roles))| {
            roles.any(&[Role::Whose])
                || roles.any(&[Role::Noun])
                    && first(&words[nth + 1..], 1, &[Role::Anybody]).is_none()
        })
        .map(|(_, (word, _))| *word)
        .next()
    }
}

/// The nearest of these words with one of these roles, by its place.
fn position(words: &[(&str, Roles)], reach: usize, roles: &[Role]) -> Option<usize> {
    let near = words.iter().take(reach);
    near.into_iter().position(|(_, of)| of.any(roles))
}

/// The same, by the word itself.
fn first<'v>(words: &[(&'v str, Roles)], reach: usize, roles: &[Role]) -> Option<&'v str> {
    position(words, reach, roles).map(|at| words[at].0)
}

/// Where the last sentence of a text begins.
fn sentence_start(text: &str) -> usize {
    let ends = text.match_indices(['.', '!', '?', '\n', ';']).rev();
    for (at, mark) in ends {
        if ends_sentence(text, at, mark) {
            return at + mark.len();
        }
    }
    0
}

/// Where the first sentence of a text ends.
fn sentence_end(text: &str) -> usize {
    let mut ends = text.match_indices(['.', '!', '?', '\n', ';']);
    let end = ends.find(|(at, mark)| ends_sentence(text, *at, mark));
    end.map_or(text.len(), |(at, _)| at)
}

/// Whether a mark ends a sentence. A full stop after two letters may belong to them, as in "Dr.", and
/// one without a space behind it does, as in "ver.di".
fn ends_sentence(text: &str, at: usize, mark: &str) -> bool {
    if mark != "." {
        return true;
    }
    let last = text[..at]
        .chars()
        .rev()
        .take_while(|letter| letter.is_alphabetic());
    let spaced = text[at + 1..]
        .chars()
        .next()
        .is_none_or(char::is_whitespace);
    spaced && last.count() != 2
}
