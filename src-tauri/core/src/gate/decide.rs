//! The third step of a call: what policy says of what was found.

use std::sync::Arc;

use gatehouse_protocol::Role;

use super::inspect::Inspection;
use crate::{
    chat::{Picture, Said},
    policy::{Action, Destination, Policy},
    safety::{
        DataClass, Finding,
        mask::{self, Masks},
    },
};

/// What the person said of a message that policy wants them to look at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    /// Nothing yet.
    #[default]
    NotAsked,
    /// They saw what leaves, and it may.
    MayLeave,
    /// It is to stay on this computer, whatever policy says.
    KeepHere,
}

/// A text before and after masking.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub role: Role,
    pub original: String,
    /// As it would leave.
    pub leaving: String,
    /// What leaves with it as it is: nothing can be found in a picture, and nothing masked.
    pub pictures: Vec<Picture>,
    pub found: Arc<[Finding]>,
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
    /// Places that hold a placeholder or a note.
    pub masked: u32,
    /// The map after masking, to be kept before anything leaves.
    pub masks: Masks,
}

impl Decided {
    /// Whether the prompt may leave, once the person was asked if they are to be.
    pub(super) fn may_leave(&self) -> bool {
        self.action <= Action::Ask
    }

    /// The pictures that leave.
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
/// pictures.
pub(super) fn decide(
    inspection: &Inspection,
    policy: &Policy,
    destination: Destination,
    prompt: Vec<Said>,
    mut masks: Masks,
) -> Decided {
    let found: Vec<_> = prompt
        .iter()
        .map(|message| inspection.find(&message.text))
        .collect();
    let classes = || {
        found
            .iter()
            .flat_map(|found| found.iter())
            .map(|f| f.kind.class())
    };
    let of_texts = policy.strictest(classes(), destination);
    let shows = prompt.iter().any(|message| !message.pictures.is_empty());
    let of_pictures = shows.then(|| policy.with_pictures(destination));
    let class = classes().max();
    let is_masked = |class| policy.action(Some(class), destination) >= Action::Mask;
    let mut masked = 0;
    let texts = prompt.into_iter().zip(found);
    let texts = texts
        .map(|(message, found)| {
            let leaving = if of_texts == Action::Allow {
                // Nothing is masked for this destination, so nothing needs to be restored either.
                message.text.clone()
            } else {
                let mut taken: Vec<Finding> = found
                    .iter()
                    .filter(|finding| is_masked(finding.kind.class()))
                    .cloned()
                    .collect();
                taken.extend(inspection.find_again(&message.text, &masks, &taken));
                let done = mask::mask(&message.text, &taken, &mut masks);
                masked += u32::try_from(done.count).unwrap_or(u32::MAX);
                done.text
            };
            Text {
                role: message.role,
                original: message.text,
                leaving,
                pictures: message.pictures,
                found,
            }
        })
        .collect();
    Decided {
        action: of_pictures.map_or(of_texts, |action| action.max(of_texts)),
        of_texts,
        of_pictures,
        class,
        texts,
        masked,
        masks,
    }
}
