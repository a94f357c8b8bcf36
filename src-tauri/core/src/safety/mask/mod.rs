//! Masking: values out of a text, placeholders in, and nothing lost.
//!
//! Four promises, each held by a property test:
//!
//! 1. What was found does not leave, and neither does a value that was found before in the same
//!    conversation or in another text that is masked with it, be it an earlier or a later one, wherever
//!    it stands (the modules `known`, `grouped` and `sameness` say how it is looked for: a name of one
//!    word only in its own case, a number however it is grouped, and nothing of one or two letters).
//! 2. A text comes back exactly, whatever it contains: [`crate::safety::restore`] of a masked text
//!    is the text. Each way of writing a value is restored as it was written.
//! 3. Text that looks like a placeholder is no placeholder. One needs the nonce of its
//!    conversation, so wherever the letters of the nonce stand in a text, in whatever case, they
//!    are masked themselves. After that the nonce stands in placeholders alone.
//! 4. Secrets have no placeholder. A note takes their place which nothing restores. They are looked
//!    for in every text that is masked with the same map, and are not kept with it.
//!
//! Placeholders and their form are described in the module `placeholder`.

mod grouped;
mod known;
mod masks;
#[cfg(test)]
mod people_tests;
mod placeholder;
mod places;
mod sameness;

#[cfg(test)]
pub(in crate::safety) mod tests;
#[cfg(test)]
mod together_tests;

use std::ops::Range;

use known::{Known, Sought};
use masks::joined;
pub use masks::{Masks, MasksError};
pub(crate) use placeholder::NONCE_LETTERS;
use places::{Place, places};
use sameness::Sameness;

use super::{DataClass, Finding, Kind, json};

/// What a model is told, so that it keeps placeholders as they are.
pub const INSTRUCTION: &str = "Some values in this conversation are replaced by placeholders in \
    square brackets, such as [PERSON-1-kqvt]. Where you mean such a value, write its placeholder \
    exactly as it stands. The same word and number mean the same value; a letter after the number \
    only marks another way of writing it. Do not invent placeholders and do not explain them.";

/// A text that may leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// The text with placeholders.
    pub text: String,
    /// How many places hold a placeholder or a note instead of a value. Escapes do not count.
    pub count: usize,
    /// Where, in the order of the text.
    pub spans: Vec<MaskedSpan>,
}

/// One place that was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskedSpan {
    /// Bytes of the text as it was.
    pub original: Range<usize>,
    /// Bytes of the masked text.
    pub masked: Range<usize>,
    /// What was replaced.
    pub replaced: Replaced,
    /// How careful policy is with that; `None`: it is an escape.
    pub class: Option<DataClass>,
}

/// What placeholders call a kind.
pub(crate) fn label(kind: &Kind) -> String {
    placeholder::label(kind)
}

/// What all ways of writing a value have in common, under what it is called. A secret is written in one
/// way, and nothing else is the same as one.
pub(crate) fn same(kind: &Kind, text: &str) -> String {
    let label = placeholder::label(kind);
    if kind.class() == DataClass::Secret {
        return joined(&format!("secret {label}"), text);
    }
    let key = Sameness::of(&label).key(text);
    joined(&label, &key)
}

/// What stands where a secret of a kind was.
pub(crate) fn note_of(kind: &Kind) -> String {
    note(&label(kind))
}

/// Whether a text is a note that stands where a secret was. Somebody may have written the like, as a model
/// repeats it.
pub(crate) fn is_note(text: &str) -> bool {
    let label = text
        .strip_prefix(NOTE)
        .and_then(|rest| rest.strip_suffix(']'));
    label.is_some_and(placeholder::is_label)
}

/// What was replaced, and so whether it can come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// A value: its placeholder is restored.
    Value,
    /// A secret: the note stays.
    Secret,
    /// Harmless text that would have looked like a placeholder: restored.
    Escape,
}

/// How often texts are masked anew for what became known meanwhile. What a text gives away is known in the
/// second round; a round more takes a name that was only found by another one, and so on.
const MOST_ROUNDS: usize = 8;

/// A text before it is masked.
pub struct Unmasked<'t> {
    written: &'t str,
    json: Option<json::Read>,
}

impl<'t> Unmasked<'t> {
    /// A text as people write.
    pub fn words(written: &'t str) -> Self {
        Self {
            written,
            json: None,
        }
    }

    /// JSON, such as the arguments of a tool call, which stays JSON. Strings (keys too) are masked within
    /// their quotes; a number in which something is found becomes a string that holds its placeholder.
    pub fn json(written: &'t str) -> Self {
        Self {
            written,
            json: Some(json::Read::new(written)),
        }
    }

    /// The text in which values are looked for: of JSON with the escapes of its strings read, so that values
    /// are as they are, and keys are their context.
    pub fn read(&self) -> &str {
        self.json.as_ref().map_or(self.written, |json| &json.text)
    }

    fn plan(&self, findings: &[Finding], masks: &mut Masks) -> Vec<Cut> {
        match &self.json {
            Some(json) => plan(&json.text, &json.fields, findings, masks),
            None => {
                let whole = json::Field {
                    bytes: 0..self.written.len(),
                    quoted: true,
                };
                plan(self.written, &[whole], findings, masks)
            }
        }
    }

    fn render(&self, cuts: Vec<Cut>) -> Masked {
        let Some(json) = &self.json else {
            return render(self.written, cuts.into_iter());
        };
        let cuts = cuts.into_iter().map(|cut| Cut {
            bytes: json.origin(cut.bytes.start)..json.origin(cut.bytes.end),
            with: match cut.quoted {
                true => cut.with,
                false => format!("\"{}\"", cut.with),
            },
            ..cut
        });
        render(self.written, cuts)
    }
}

/// Mask texts that leave together: what is found in one of them is masked in all, whichever comes first.
///
/// `find` says what policy wants masked in the text with this number, in any order, as [`mask`] takes it. It
/// is asked again when more is known, for a name in one text may be what gives it away in another.
pub fn mask_all(
    texts: &[Unmasked],
    masks: &mut Masks,
    mut find: impl FnMut(usize, &Masks) -> Vec<Finding>,
) -> Vec<Masked> {
    let mut round = 1;
    loop {
        let known = masks.extent();
        let planned = texts.iter().enumerate().map(|(at, text)| {
            let findings = find(at, masks);
            text.plan(&findings, masks)
        });
        let planned: Vec<Vec<Cut>> = planned.collect();
        if masks.extent() == known || round == MOST_ROUNDS {
            let all = texts.iter().zip(planned);
            return all.map(|(text, cuts)| text.render(cuts)).collect();
        }
        round += 1;
    }
}

/// Replace what was found, and what `masks` already knows, by placeholders.
///
/// `findings` are what the policy wants masked, in any order. Where they overlap, everything that
/// they cover becomes one value of the kind of the first (a secret, if one of them is). Bounds that
/// do not fit the text are widened to characters and cut to its length.
pub fn mask(text: &str, findings: &[Finding], masks: &mut Masks) -> Masked {
    mask_alone(Unmasked::words(text), findings, masks)
}

/// Mask JSON, which stays JSON: see [`Unmasked::json`]. `find` is given the text as it is read.
pub fn mask_json(json: &str, find: impl FnOnce(&str) -> Vec<Finding>, masks: &mut Masks) -> Masked {
    let text = Unmasked::json(json);
    let findings = find(text.read());
    mask_alone(text, &findings, masks)
}

fn mask_alone(text: Unmasked, findings: &[Finding], masks: &mut Masks) -> Masked {
    let mut masked = mask_all(&[text], masks, |_, _| findings.to_vec());
    masked.pop().expect("one, because one text was given")
}

/// One place to replace, and by what.
struct Cut {
    bytes: Range<usize>,
    with: String,
    replaced: Replaced,
    class: Option<DataClass>,
    quoted: bool,
}

fn render(text: &str, cuts: impl Iterator<Item = Cut>) -> Masked {
    let mut masked = Masked {
        text: String::with_capacity(text.len()),
        count: 0,
        spans: Vec::new(),
    };
    let mut from = 0;
    for cut in cuts {
        masked.text.push_str(&text[from..cut.bytes.start]);
        let start = masked.text.len();
        masked.text.push_str(&cut.with);
        from = cut.bytes.end;
        masked.count += usize::from(cut.replaced != Replaced::Escape);
        masked.spans.push(MaskedSpan {
            original: cut.bytes,
            masked: start..masked.text.len(),
            replaced: cut.replaced,
            class: cut.class,
        });
    }
    masked.text.push_str(&text[from..]);
    masked
}

/// What is replaced in the fields of a text, in order.
fn plan(text: &str, fields: &[json::Field], findings: &[Finding], masks: &mut Masks) -> Vec<Cut> {
    let found = findings
        .iter()
        .map(|found| (found.bytes.clone(), &found.kind));
    let mut places = places(text, fields, found.clone());
    for Place { bytes, kind, .. } in &places {
        masks.note_secret(kind, &text[bytes.clone()]);
    }
    // Before all else, for a name within a secret is no name.
    let found_here = places
        .iter()
        .map(|place| (place.kind, &text[place.bytes.clone()]));
    let secrets = masks.secrets_in(text, found_here);
    if !secrets.is_empty() {
        let secrets = secrets.iter().map(|(bytes, kind)| (bytes.clone(), kind));
        places = self::places(text, fields, found.chain(secrets));
    }
    // All values first: the last one may stand before the first finding once more.
    let mut cuts: Vec<Cut> = places
        .iter()
        .map(|place| {
            let value = &text[place.bytes.clone()];
            let (with, replaced) = match masks.placeholder(place.kind, value) {
                Some(placeholder) => (placeholder, Replaced::Value),
                None => (note(&placeholder::label(place.kind)), Replaced::Secret),
            };
            Cut {
                bytes: place.bytes.clone(),
                with,
                replaced,
                class: Some(place.kind.class()),
                quoted: fields[place.field].quoted,
            }
        })
        .collect();
    let again = occurrences(masks.known(), text, fields, &cuts);
    add(&mut cuts, again, text, masks);
    cuts
}

/// What stands where a secret was. It has no nonce, so nothing takes it for a placeholder.
fn note(label: &str) -> String {
    format!("{NOTE}{label}]")
}

/// With what a note begins.
const NOTE: &str = "[removed: ";

/// One more place of something known.
struct Again {
    bytes: Range<usize>,
    sought: Sought,
    quoted: bool,
}

/// Where known values stand in the fields, outside of what is cut already.
fn occurrences(known: &Known, text: &str, fields: &[json::Field], cuts: &[Cut]) -> Vec<Again> {
    let mut found = Vec::new();
    let mut cuts = cuts.iter().map(|cut| &cut.bytes).peekable();
    for field in fields {
        let mut gap_start = field.bytes.start;
        while let Some(cut) = cuts.next_if(|cut| cut.start < field.bytes.end) {
            found.extend(in_gap(known, text, gap_start..cut.start, field));
            gap_start = cut.end;
        }
        found.extend(in_gap(known, text, gap_start..field.bytes.end, field));
    }
    found
}

fn in_gap(known: &Known, text: &str, gap: Range<usize>, field: &json::Field) -> Vec<Again> {
    let found = known
        .find(text, gap)
        .into_iter()
        .map(|(bytes, sought)| Again {
            bytes: if field.quoted {
                bytes
            } else {
                field.bytes.clone()
            },
            sought: sought.clone(),
            quoted: field.quoted,
        });
    let most = if field.quoted { usize::MAX } else { 1 };
    found.take(most).collect()
}

/// Cut these places too.
fn add(cuts: &mut Vec<Cut>, again: Vec<Again>, text: &str, masks: &mut Masks) {
    for Again {
        bytes,
        sought,
        quoted,
    } in again
    {
        let value = &text[bytes.clone()];
        let (with, replaced, class) = match sought {
            Sought::Nonce(_) => (masks.escape(value), Replaced::Escape, None),
            Sought::Value { label, .. } => {
                let (placeholder, class) = masks.known_as(&label, value);
                let escaped = label == placeholder::ESCAPE_LABEL;
                let replaced = if escaped {
                    Replaced::Escape
                } else {
                    Replaced::Value
                };
                (placeholder, replaced, class)
            }
            Sought::Secret { kind, .. } => (note_of(&kind), Replaced::Secret, Some(kind.class())),
        };
        cuts.push(Cut {
            bytes,
            with,
            replaced,
            class,
            quoted,
        });
    }
    cuts.sort_by_key(|cut| cut.bytes.start);
}
