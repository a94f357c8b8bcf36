//! The third step of a call: what policy says of what was found.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use gatehouse_protocol::Role;

use super::{inspect::Inspection, mistakes::Overruled};
use crate::{
    chat::{Picture, Said},
    ids::AccountId,
    policy::{Action, Destination, Policy},
    safety::{
        DataClass, Finding,
        mask::{self, Masked, Masks, Unmasked},
    },
};

/// What the person said of a message that policy wants them to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// Nothing yet.
    #[default]
    NotAsked,
    /// They saw what leaves for these accounts, and for them it may.
    MayLeave(Vec<AccountId>),
    /// It is to stay on this computer, whatever policy says.
    KeepHere,
}

impl Review {
    /// Whether it may leave for this account.
    pub(super) fn lets(&self, account: AccountId) -> bool {
        matches!(self, Self::MayLeave(shown) if shown.contains(&account))
    }
}

/// How a text is written, and so how it is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As people write.
    Words,
    /// JSON, which stays JSON.
    Json,
}

/// Why JSON does not leave of which a name would be lost.
pub(super) const NAMES_MADE_ONE: &str = "masking has made two names in a JSON object one";

/// A text that would leave.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub role: Role,
    pub form: Form,
    pub text: String,
    /// What is shown with it.
    pub pictures: Vec<Picture>,
}

impl From<Said> for Piece {
    fn from(said: Said) -> Self {
        Self {
            role: said.role,
            form: Form::Words,
            text: said.text,
            pictures: said.pictures,
        }
    }
}

impl Piece {
    /// As inspection reads it.
    pub(super) fn unmasked(&self) -> Unmasked<'_> {
        match self.form {
            Form::Words => Unmasked::words(&self.text),
            Form::Json => Unmasked::json(&self.text),
        }
    }
}

/// A text before and after masking.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub role: Role,
    /// As inspection reads it.
    pub original: String,
    /// As it would leave.
    pub leaving: String,
    /// What leaves with it as it is: nothing can be found in a picture, and nothing masked.
    pub pictures: Vec<Picture>,
    pub found: Arc<[Finding]>,
    /// What a person has called a mistake: it leaves as written.
    pub overruled: Vec<Finding>,
}

/// What policy says of a prompt for one destination, and the prompt as it would leave.
#[derive(Debug)]
pub(super) struct Decided {
    /// The stricter one of the next two.
    pub action: Action,
    /// What policy says of the texts.
    pub of_texts: Action,
    /// What it says of the pictures; `None`: there are none.
    pub of_pictures: Option<Action>,
    /// The strictest class that was found, for words.
    pub class: Option<DataClass>,
    /// The system prompt first if there is one, then the conversation.
    pub texts: Vec<Text>,
    /// What leaves beside the conversation: the shape of the answer, and what ends it. Of a client's
    /// request these are among the others.
    pub beside: Vec<Text>,
    /// Places that hold a placeholder or a note.
    pub masked: u32,
    /// The map after masking, to be kept before anything leaves.
    pub masks: Masks,
}

impl Decided {
    /// Take the last of the texts for what leaves beside the conversation, all but so many.
    pub(super) fn split_beside(&mut self, conversation: usize) {
        self.beside = self.texts.split_off(conversation);
    }

    /// Every text that leaves.
    pub(super) fn all_texts(&self) -> impl Iterator<Item = &Text> {
        self.texts.iter().chain(&self.beside)
    }

    /// Whether the prompt may leave, once the person was asked if they are to be.
    pub(super) fn may_leave(&self) -> bool {
        self.action <= Action::Ask
    }

    /// Let policy speak of pictures, too, as there are some.
    pub(super) fn show_pictures(&mut self, policy: &Policy, destination: Destination) {
        let of_pictures = policy.with_pictures(destination);
        self.of_pictures = Some(of_pictures);
        self.action = self.of_texts.max(of_pictures);
    }

    /// The pictures of messages that leave; those of clients are in the request alone.
    pub(super) fn pictures(&self) -> impl Iterator<Item = &Picture> {
        self.texts.iter().flat_map(|text| &text.pictures)
    }

    /// How many those are.
    pub(super) fn shown(&self) -> u32 {
        u32::try_from(self.pictures().count()).unwrap_or(u32::MAX)
    }

    /// Whether it is for a picture that policy says no more than this.
    pub(super) fn is_for_pictures(&self) -> bool {
        self.of_pictures
            .is_some_and(|action| action > self.of_texts)
    }
}

/// Look at every text of a prompt and say what policy wants for this destination, of texts and of
/// pictures. What is `overruled` is no finding.
pub(super) fn decide(
    inspection: &Inspection,
    policy: &Policy,
    destination: Destination,
    prompt: Vec<impl Into<Piece>>,
    mut masks: Masks,
    overruled: &Overruled,
) -> Decided {
    let prompt: Vec<Piece> = prompt.into_iter().map(Into::into).collect();
    let unmasked: Vec<Unmasked> = prompt.iter().map(Piece::unmasked).collect();
    let look = |text: &Unmasked| inspection.find_unless(text.read(), overruled);
    let found: Vec<_> = unmasked.iter().map(look).collect();
    if !overruled.is_empty() {
        masks.spare(|same| overruled.names(same));
    }
    let classes = || {
        let found = found.iter().flat_map(|found| found.iter());
        found.map(|finding| finding.kind.class())
    };
    let is_masked = |class| policy.action(Some(class), destination) >= Action::Mask;
    // What left masked before leaves so again, also where nothing around it gives it away this time, but
    // for what may leave as it is for this destination.
    masks.seek(is_masked);
    // Where nothing is masked for this destination, nothing needs to be restored either.
    let leaving = (classes().any(is_masked) || masks.seeks()).then(|| {
        let wanted = |at: usize| {
            let found = found[at].iter();
            let wanted = found.filter(|finding| is_masked(finding.kind.class()));
            wanted.cloned().collect()
        };
        mask_together(inspection, &unmasked, wanted, &mut masks, overruled)
    });
    let masked: usize = leaving.iter().flatten().map(|masked| masked.count).sum();
    let places = leaving.iter().flatten().flat_map(|masked| &masked.spans);
    let known: Vec<_> = places.filter_map(|place| place.class).collect();
    let of_known = known
        .iter()
        .map(|class| of_known(policy, *class, destination));
    let of_texts = of_known.fold(policy.strictest(classes(), destination), Ord::max);
    let class = classes().chain(known).max();
    let shows = prompt.iter().any(|piece| !piece.pictures.is_empty());
    let originals: Vec<String> = unmasked.iter().map(|text| text.read().to_owned()).collect();
    let mut decided = Decided {
        action: of_texts,
        of_texts,
        of_pictures: None,
        class,
        texts: texts(inspection, prompt, originals, found, leaving, overruled),
        beside: Vec::new(),
        masked: u32::try_from(masked).unwrap_or(u32::MAX),
        masks,
    };
    if shows {
        decided.show_pictures(policy, destination);
    }
    decided
}

/// What is done with a request for a value that left masked before, where nothing else gives it away. It says no
/// more of anybody than what is personal does, so it is masked and keeps a request here only where that does too.
fn of_known(policy: &Policy, class: DataClass, destination: Destination) -> Action {
    let action = policy.action(Some(class), destination);
    if action <= Action::Ask {
        return action;
    }
    let of_personal = policy.action(Some(DataClass::Personal), destination);
    action.min(of_personal.max(Action::Mask))
}

/// The texts as they leave. What one of them gives away is masked in all of them, and so are people
/// whom one of them names, where they are called by one word. `wanted` is what was found in each of them and
/// is to be masked.
fn mask_together(
    inspection: &Inspection,
    texts: &[Unmasked],
    wanted: impl Fn(usize) -> Vec<Finding>,
    masks: &mut Masks,
    overruled: &Overruled,
) -> Vec<Masked> {
    // Read anew only when more is known: that is seldom, and a conversation has many texts.
    let mut people = (masks.extent(), inspection.people_in(masks));
    mask::mask_all(texts, masks, |at, masks| {
        if people.0 != masks.extent() {
            people = (masks.extent(), inspection.people_in(masks));
        }
        let (mut taken, text) = (wanted(at), texts[at].read());
        let again = inspection.find_again(text, &people.1, &taken);
        taken.extend(
            again
                .into_iter()
                .filter(|finding| !overruled.has(finding, text)),
        );
        taken
    })
}

/// The texts before and after masking; nothing `leaving`: they leave as they are.
fn texts(
    inspection: &Inspection,
    prompt: Vec<Piece>,
    originals: Vec<String>,
    found: Vec<Arc<[Finding]>>,
    leaving: Option<Vec<Masked>>,
    overruled: &Overruled,
) -> Vec<Text> {
    let mut leaving = leaving.into_iter().flatten();
    let read = originals.into_iter().zip(found);
    let texts = prompt
        .into_iter()
        .zip(read)
        .map(|(piece, (original, found))| Text {
            role: piece.role,
            leaving: leaving.next().map_or(piece.text, |masked| masked.text),
            pictures: piece.pictures,
            overruled: mistakes(inspection, &original, overruled),
            original,
            found,
        });
    texts.collect()
}

/// What would have been found in a text had nobody called it a mistake.
fn mistakes(inspection: &Inspection, text: &str, overruled: &Overruled) -> Vec<Finding> {
    if overruled.is_empty() {
        return Vec::new();
    }
    let found = inspection.find(text);
    let mistakes = found.iter().filter(|finding| overruled.has(finding, text));
    mistakes.cloned().collect()
}
