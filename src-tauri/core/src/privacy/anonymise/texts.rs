//! Free text with pseudonyms in place of what the gate's scanner finds.

use std::sync::Arc;

use super::{Found, keys::Pseudonyms};
use crate::{
    gate::Inspection,
    safety::{
        everywhere::{Everywhere, Gathered, Place, replaced},
        mask::{label, note_of},
    },
};

/// The rules of a workspace and the pseudonyms of its values.
pub(super) struct Texts {
    inspection: Arc<Inspection>,
    pub(super) pseudonyms: Pseudonyms,
}

impl Texts {
    pub(super) fn new(inspection: Arc<Inspection>, pseudonyms: Pseudonyms) -> Self {
        Self {
            inspection,
            pseudonyms,
        }
    }

    /// Gather what is found in a text.
    pub(super) fn look_through(&self, text: &str, gathered: &mut Gathered) {
        gathered.add(text, &self.inspection.find(text));
    }

    /// A text with pseudonyms in place of what is found in it and of every value that was gathered.
    pub(super) fn replaced(&self, text: &str, known: &Everywhere, found: &mut Found) -> String {
        let findings = self.inspection.find(text);
        found.by_rules(&findings);
        let places = self.inspection.places(text, &findings, known);
        replaced(text, &places, |place| self.instead(place, found))
    }

    /// A name that is no free text, such as that of a model: only what was found elsewhere is replaced.
    pub(super) fn short(&self, name: &str, known: &Everywhere) -> String {
        replaced(name, &known.places(name, &[]), |place| {
            self.instead(place, &mut Found::default())
        })
    }

    /// What stands in a place from now on.
    fn instead(&self, place: &Place, found: &mut Found) -> String {
        if place.is_secret() {
            found.secret(&place.kind);
            return note_of(&place.kind);
        }
        let pseudonym = self.pseudonyms.of(&label(&place.kind), &place.key);
        found.value(&place.kind, &pseudonym);
        format!("[{pseudonym}]")
    }
}
