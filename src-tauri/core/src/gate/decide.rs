//! The third step of a call: what policy says of what was found.

use std::{borrow::Cow, sync::Arc};

use gatehouse_protocol::Role;

use super::{inspect::Inspection, mistakes::Overruled};
use crate::{
    chat::{Picture, Said},
    ids::AccountId,
    policy::{Action, Destination, Policy},
    safety::{
        DataClass, Finding,
        mask::{self, Masks},
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
    fn read(&self) -> Cow<'_, str> {
        match self.form {
            Form::Words => Cow::Borrowed(&self.text),
            Form::Json => Cow::Owned(mask::read_json(&self.text)),
        }
    }

    fn masked(&self, taken: &[Finding], masks: &mut Masks) -> mask::Masked {
        match self.form {
            Form::Words => mask::mask(&self.text, taken, masks),
            Form::Json => mask::mask_json(&self.text, |_| taken.to_vec(), masks),
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
    let found: Vec<_> = prompt
        .iter()
        .map(|piece| inspection.find_unless(&piece.read(), overruled))
        .collect();
    if !overruled.is_empty() {
        masks.spare(|same| overruled.names(same));
    }
    let classes = || {
        found
            .iter()
            .flat_map(|found| found.iter())
            .map(|f| f.kind.class())
    };
    let of_texts = policy.strictest(classes(), destination);
    let shows = prompt.iter().any(|piece| !piece.pictures.is_empty());
    let class = classes().max();
    let is_masked = |class| policy.action(Some(class), destination) >= Action::Mask;
    // What left masked before leaves so again, also where nothing around it gives it away this time.
    let knows = !masks.is_empty() && is_masked(DataClass::Personal);
    let mut masked = 0;
    let texts = prompt.into_iter().zip(found);
    let texts = texts
        .map(|(piece, found)| {
            let mistakes = mistakes(inspection, &piece.read(), overruled);
            let leaving = if of_texts == Action::Allow && !knows {
                // Nothing is masked for this destination, so nothing needs to be restored either.
                piece.text.clone()
            } else {
                let mut taken: Vec<Finding> = found
                    .iter()
                    .filter(|finding| is_masked(finding.kind.class()))
                    .cloned()
                    .collect();
                let text = piece.read();
                let again = inspection.find_again(&text, &masks, &taken).into_iter();
                taken.extend(again.filter(|finding| !overruled.has(finding, &text)));
                let done = piece.masked(&taken, &mut masks);
                masked += u32::try_from(done.count).unwrap_or(u32::MAX);
                done.text
            };
            Text {
                role: piece.role,
                original: match piece.form {
                    Form::Words => piece.text,
                    Form::Json => mask::read_json(&piece.text),
                },
                leaving,
                pictures: piece.pictures,
                found,
                overruled: mistakes,
            }
        })
        .collect();
    let (of_texts, class) = if masked > 0 && (class.is_none() || of_texts == Action::Allow) {
        let personal = Some(DataClass::Personal);
        let action = policy.action(personal, destination);
        (of_texts.max(action), class.max(personal))
    } else {
        (of_texts, class)
    };
    let mut decided = Decided {
        action: of_texts,
        of_texts,
        of_pictures: None,
        class,
        texts,
        beside: Vec::new(),
        masked,
        masks,
    };
    if shows {
        decided.show_pictures(policy, destination);
    }
    decided
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
