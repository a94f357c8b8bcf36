//! Free text with pseudonyms in place of what the gate's scanner finds.

use std::{collections::HashMap, sync::Arc};

use super::{Found, keys::Pseudonyms};
use crate::{
    gate::Inspection,
    privacy::archive::ArchiveError,
    safety::{
        Finding, Kind,
        mask::{self, Masked, Masks, Replaced, label, sameness},
    },
    sealed::SealedError,
};

/// The rules of a workspace and the pseudonyms of its values.
pub(super) struct Texts {
    inspection: Arc<Inspection>,
    pub(super) pseudonyms: Pseudonyms,
}

/// Every value that was found anywhere in the export: it is replaced wherever it stands.
pub(super) struct Values {
    known: Masks,
    kinds: HashMap<String, Kind>,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            // Nothing is restored from this map, and its placeholders are seen by nobody.
            known: Masks::new(0),
            kinds: HashMap::new(),
        }
    }
}

impl Values {
    fn add(&mut self, kind: &Kind, value: &str) {
        self.known.remember(kind, value);
        self.kinds
            .entry(label(kind))
            .or_insert_with(|| kind.clone());
    }

    /// Where values of other texts stand in this one.
    fn find(&mut self, text: &str) -> Vec<Finding> {
        let places = self.known.places(text).into_iter();
        places
            .filter_map(|(bytes, label)| {
                Some(Finding {
                    kind: self.kinds.get(&label)?.clone(),
                    bytes,
                    score: 1.0,
                    validated: false,
                    rule: "known".into(),
                    reason: "".into(),
                })
            })
            .collect()
    }
}

impl Texts {
    pub(super) fn new(inspection: Arc<Inspection>, pseudonyms: Pseudonyms) -> Self {
        Self {
            inspection,
            pseudonyms,
        }
    }

    /// Remember what is found in a text.
    pub(super) fn look_through(&self, text: &str, values: &mut Values) {
        for finding in self.inspection.find(text).iter() {
            values.add(&finding.kind, &text[finding.bytes.clone()]);
        }
    }

    /// The texts of one conversation, with pseudonyms.
    pub(super) fn replace(
        &self,
        texts: &mut [&mut String],
        values: &mut Values,
        found: &mut Found,
    ) -> Result<(), ArchiveError> {
        let random = getrandom::u32().map_err(SealedError::from)?;
        let mut masks = Masks::new(random);
        let mut all = Vec::with_capacity(texts.len());
        for text in texts.iter() {
            let mut findings = self.inspection.find(text).to_vec();
            found.by_rules(&findings);
            // Where a rule has found something, what is known does not make it another thing.
            let known = values.find(text).into_iter().filter(|known| {
                let apart = |other: &Finding| {
                    other.bytes.end <= known.bytes.start || known.bytes.end <= other.bytes.start
                };
                findings.iter().all(apart)
            });
            let known: Vec<Finding> = known.collect();
            findings.extend(known);
            for finding in &findings {
                masks.placeholder(&finding.kind, &text[finding.bytes.clone()]);
            }
            all.push(findings);
        }
        for (text, mut findings) in texts.iter_mut().zip(all) {
            let again = self.inspection.find_again(text, &masks, &findings);
            findings.extend(again);
            let masked = mask::mask(text, &findings, &mut masks);
            **text = self.rendered(text, &masked, values, found);
        }
        Ok(())
    }

    /// A name that is no free text, such as that of a model: only what was found elsewhere is replaced.
    pub(super) fn short(&self, name: &str, values: &mut Values) -> String {
        let findings = values.find(name);
        let masked = mask::mask(name, &findings, &mut Masks::new(0));
        self.rendered(name, &masked, values, &mut Found::default())
    }

    fn rendered(&self, text: &str, masked: &Masked, values: &Values, found: &mut Found) -> String {
        let mut rendered = String::with_capacity(masked.text.len());
        let mut from = 0;
        for span in &masked.spans {
            let value = &text[span.original.clone()];
            rendered.push_str(&text[from..span.original.start]);
            from = span.original.end;
            match span.replaced {
                // It is harmless, and nothing is restored here.
                Replaced::Escape => rendered.push_str(value),
                Replaced::Secret => {
                    rendered.push_str(&masked.text[span.masked.clone()]);
                    found.secret(&masked.text[span.masked.clone()]);
                }
                Replaced::Value => {
                    let label = masked.label(span);
                    let pseudonym = self.pseudonyms.of(label, sameness(label, value));
                    found.value(values.kinds.get(label), label, &pseudonym);
                    rendered.push('[');
                    rendered.push_str(&pseudonym);
                    rendered.push(']');
                }
            }
        }
        rendered.push_str(&text[from..]);
        rendered
    }
}
