//! The map of one conversation: which placeholder stands for which value.

mod stored;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    ops::Range,
};

use serde::{Deserialize, Serialize};

use self::stored::Stored;
use super::{
    known::Known,
    placeholder::{ESCAPE_LABEL, Nonce, core, label},
    sameness::{Sameness, words_of_name},
};
use crate::safety::{DataClass, Kind, rules::is_unusual};

pub use stored::MasksError;

/// The label of people.
const PERSON: &str = "PERSON";

/// The placeholders of one conversation and what they stand for.
///
/// A value keeps its placeholder for good, over every turn. Ways of writing it that differ only in
/// case or spaces (for numbers: in grouping) share the number and are told apart by a letter, so
/// each is restored exactly as it was written and the model still sees that they are the same. So
/// does one word of a person's name ("Berg" after "Anna Berg"), unless two people have it.
///
/// Serialised (`{"version", "nonce", "values": [{"label", "class", "forms"}]}`) it is as sensitive as the
/// conversation itself: whoever stores it encrypts it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Masks {
    nonce: Nonce,
    values: Vec<Value>,
    /// By label and key, see [`joined`].
    by_key: HashMap<String, usize>,
    /// By label and form: value and form.
    by_form: HashMap<String, Place>,
    /// By placeholder without brackets.
    by_core: HashMap<String, Place>,
    /// The person whom one word of a name means; none if there are two.
    by_word: HashMap<String, Option<usize>>,
    /// How many values each label has.
    counts: HashMap<String, usize>,
    /// What is not looked for again, by label and key, see [`Masks::spare`]. That is not kept.
    spared: HashSet<String>,
    /// The classes of which nothing is looked for, see [`Masks::seek`]. That is not kept.
    unsought: Vec<DataClass>,
    /// How often a value turned out to be of a stricter class.
    raised: usize,
    known: Known,
    /// Secrets of the texts that were masked, which are looked for in all of them. They are not kept.
    secrets: BTreeMap<String, Kind>,
    known_secrets: Known,
}

/// One value in all the ways in which it was written.
#[derive(Clone)]
pub(super) struct Value {
    pub(super) label: String,
    pub(super) number: usize,
    /// The strictest of what it was found to be; `None`: harmless text that would look like a placeholder.
    pub(super) class: Option<DataClass>,
    pub(super) forms: Vec<String>,
}

/// One form of one value.
#[derive(Clone, Copy)]
struct Place {
    value: usize,
    form: usize,
}

impl Masks {
    /// An empty map. `random` comes from the system's generator.
    pub fn new(random: u32) -> Self {
        Self::with_nonce(Nonce::from_random(random))
    }

    fn with_nonce(nonce: Nonce) -> Self {
        Self {
            nonce,
            values: Vec::new(),
            by_key: HashMap::new(),
            by_form: HashMap::new(),
            by_core: HashMap::new(),
            by_word: HashMap::new(),
            counts: HashMap::new(),
            spared: HashSet::new(),
            unsought: Vec::new(),
            raised: 0,
            known: Known::of_values(&nonce, std::iter::empty(), 0),
            secrets: BTreeMap::new(),
            known_secrets: Known::of_secrets(BTreeMap::new().iter()),
        }
    }

    /// The placeholder of a value, which is added if it is new; `None` for a secret or an empty
    /// value, which have none.
    pub fn placeholder(&mut self, kind: &Kind, value: &str) -> Option<String> {
        let may = kind.class() != DataClass::Secret && !value.is_empty();
        may.then(|| self.placed(&label(kind), value, Some(kind.class())).0)
    }

    /// The placeholder of text that would look like one.
    pub(super) fn escape(&mut self, text: &str) -> String {
        self.placed(ESCAPE_LABEL, text, None).0
    }

    /// The placeholder of a value that is known, perhaps in another way of writing it, and the class of it.
    pub(super) fn known_as(&mut self, label: &str, form: &str) -> (String, Option<DataClass>) {
        self.placed(label, form, None)
    }

    fn placed(
        &mut self,
        label: &str,
        form: &str,
        class: Option<DataClass>,
    ) -> (String, Option<DataClass>) {
        let place = self.place(label, form, class);
        let class = self.values[place.value].class;
        (format!("[{}]", self.core(place)), class)
    }

    /// The value that a placeholder stands for, as it was written.
    pub fn value(&self, placeholder: &str) -> Option<&str> {
        let core = placeholder.strip_prefix('[')?.strip_suffix(']')?;
        let place = self.by_core.get(core)?;
        Some(&self.values[place.value].forms[place.form])
    }

    /// Every placeholder with its value, in the order in which the values came.
    pub fn iter(&self) -> impl Iterator<Item = (String, &str)> {
        self.cores().map(|(core, form)| (format!("[{core}]"), form))
    }

    /// The people, in every way in which their names were written: what
    /// [`Names::known_in`](crate::safety::names::Names::known_in) looks for in other texts.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        self.sought_under(label(&Kind::Person))
    }

    /// The e-mail addresses, whose names are looked for as well.
    pub fn email_addresses(&self) -> impl Iterator<Item = &str> {
        self.sought_under(label(&Kind::EmailAddress))
    }

    fn sought_under(&self, label: String) -> impl Iterator<Item = &str> {
        let values = self.values.iter().filter(move |value| value.label == label);
        values.flat_map(|value| self.sought_of(value))
    }

    /// Look no more for the values that `named` says yes to, by what [`same`](super::same) says of them.
    /// Their placeholders stay what they are: one that left earlier may still come back.
    pub(crate) fn spare(&mut self, named: impl Fn(&str) -> bool) {
        let spared = self.by_key.keys().filter(|key| named(key));
        self.spared = spared.cloned().collect();
        self.known = self.search();
    }

    /// Look only for values of classes that are `wanted`: policy lets the others leave. Their placeholders stay
    /// what they are.
    pub(crate) fn seek(&mut self, wanted: impl Fn(DataClass) -> bool) {
        let all = [DataClass::Personal, DataClass::Special, DataClass::Secret];
        let unsought: Vec<_> = all.into_iter().filter(|class| !wanted(*class)).collect();
        if unsought != self.unsought {
            self.unsought = unsought;
            self.known = self.search();
        }
    }

    /// Whether there is anything that is looked for.
    pub(crate) fn seeks(&self) -> bool {
        let sought = |class: DataClass| !self.unsought.contains(&class);
        self.values
            .iter()
            .any(|value| value.class.is_some_and(sought))
    }

    /// Every placeholder without its brackets, with its value.
    pub(crate) fn cores(&self) -> impl Iterator<Item = (String, &str)> {
        self.values.iter().flat_map(move |value| {
            value.forms.iter().enumerate().map(move |(form, text)| {
                let core = core(&value.label, value.number, form, &self.nonce);
                (core, text.as_str())
            })
        })
    }

    /// How many different values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether nothing was masked yet.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How much there is to look for in a text. It grows with each new way of writing a value, with each that
    /// turns out to be more than it was, and with each secret.
    pub fn extent(&self) -> usize {
        self.of_values() + self.secrets.len()
    }

    fn of_values(&self) -> usize {
        self.by_form.len() + self.raised
    }

    pub(crate) fn nonce(&self) -> &Nonce {
        &self.nonce
    }

    /// Where values of this map stand in a text, made ready again if values came.
    pub(super) fn known(&mut self) -> &Known {
        if self.known.count() != self.of_values() {
            self.known = self.search();
        }
        &self.known
    }

    /// Look for this from now on if it is a secret. A password that is a word of every day is one where it was
    /// said to be; elsewhere it is the word.
    pub(super) fn note_secret(&mut self, kind: &Kind, value: &str) {
        if is_sought(kind, value) && (*kind != Kind::Password || is_unusual(value)) {
            let known = self.secrets.entry(value.to_owned());
            known.or_insert_with(|| kind.clone());
        }
    }

    /// Where secrets stand in a text: those of all texts, and whatever was found in this one.
    pub(super) fn secrets_in<'f>(
        &mut self,
        text: &str,
        found: impl Iterator<Item = (&'f Kind, &'f str)>,
    ) -> Vec<(Range<usize>, Kind)> {
        if self.known_secrets.count() != self.secrets.len() {
            self.known_secrets = Known::of_secrets(self.secrets.iter());
        }
        let words: BTreeMap<String, Kind> = found
            .filter(|(kind, value)| is_sought(kind, value) && !self.secrets.contains_key(*value))
            .map(|(kind, value)| (value.to_owned(), kind.clone()))
            .collect();
        let mut secrets = self.known_secrets.secrets_in(text);
        if !words.is_empty() {
            secrets.extend(Known::of_secrets(words.iter()).secrets_in(text));
        }
        secrets
    }

    fn search(&self) -> Known {
        let newest = self.values.iter().rev().flat_map(|value| {
            let forms = self.sought_of(value);
            forms.map(|form| (value.label.as_str(), form))
        });
        Known::of_values(&self.nonce, newest, self.of_values())
    }

    /// The ways of writing a value that are looked for.
    fn sought_of<'a>(&'a self, value: &'a Value) -> impl Iterator<Item = &'a str> {
        let spared = |form: &str| {
            let key = || joined(&value.label, &Sameness::of(&value.label).key(form));
            !self.spared.is_empty() && self.spared.contains(&key())
        };
        let allowed = value.class.is_some_and(|of| self.unsought.contains(&of));
        let forms = value.forms.iter().map(String::as_str);
        forms.filter(move |form| !allowed && !spared(form))
    }

    fn place(&mut self, label: &str, form: &str, class: Option<DataClass>) -> Place {
        if let Some(place) = self.by_form.get(&joined(label, form)).copied() {
            self.raise(place.value, class);
            return place;
        }
        let key = Sameness::of(label).key(form);
        let known = self.by_key.get(&joined(label, &key)).copied();
        let value = match known.or_else(|| self.person_called(label, &key)) {
            Some(value) => value,
            None => self.add_value(label, class),
        };
        self.raise(value, class);
        self.add_form(value, form)
    }

    /// What is of a stricter class once is so wherever it stands.
    fn raise(&mut self, value: usize, class: Option<DataClass>) {
        let known = &mut self.values[value].class;
        if class > *known {
            *known = class;
            self.raised += 1;
        }
    }

    /// The one person whose name has this word, or is it the other way round: "Berg, Anna".
    fn person_called(&self, label: &str, key: &str) -> Option<usize> {
        if label != PERSON {
            return None;
        }
        if let Some((family, given)) = key.split_once(", ") {
            let turned = joined(label, &format!("{given} {family}"));
            return self.by_key.get(&turned).copied();
        }
        self.by_word.get(key).copied().flatten()
    }

    /// A value that has no form yet.
    fn add_value(&mut self, label: &str, class: Option<DataClass>) -> usize {
        let number = self.counts.entry(label.to_owned()).or_default();
        *number += 1;
        self.values.push(Value {
            label: label.to_owned(),
            number: *number,
            class,
            forms: Vec::new(),
        });
        self.values.len() - 1
    }

    fn add_form(&mut self, value: usize, form: &str) -> Place {
        let forms = &mut self.values[value].forms;
        forms.push(form.to_owned());
        let place = Place {
            value,
            form: forms.len() - 1,
        };
        let label = &self.values[value].label;
        self.by_form.insert(joined(label, form), place);
        let key = Sameness::of(label).key(form);
        if label == PERSON {
            for word in words_of_name(&key) {
                let called = self.by_word.entry(word.to_owned()).or_insert(Some(value));
                *called = called.filter(|other| *other == value);
            }
        }
        self.by_key.entry(joined(label, &key)).or_insert(value);
        self.by_core.insert(self.core(place), place);
        place
    }

    fn core(&self, place: Place) -> String {
        let value = &self.values[place.value];
        core(&value.label, value.number, place.form, &self.nonce)
    }
}

/// A label and a text as one key; no label contains a line break.
pub(super) fn joined(label: &str, text: &str) -> String {
    format!("{label}\n{text}")
}

/// Says how many, never which: the values are what must not get into a log.
impl fmt::Debug for Masks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.values.len();
        f.debug_struct("Masks").field("values", &count).finish()
    }
}

/// Whether a value is looked for as a secret. One of one or two letters says nothing by itself.
fn is_sought(kind: &Kind, value: &str) -> bool {
    kind.class() == DataClass::Secret && value.chars().nth(2).is_some()
}
