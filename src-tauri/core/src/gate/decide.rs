//! The third step of a call: what policy says of what was found.

use std::{borrow::Cow, sync::Arc};

use gatehouse_protocol::{ChatMessage, Role};

use super::inspect::Inspection;
use crate::{
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
pub(super) struct Said {
    pub role: Role,
    pub form: Form,
    pub text: String,
}

impl From<ChatMessage> for Said {
    fn from(message: ChatMessage) -> Self {
        Self {
            role: message.role,
            form: Form::Words,
            text: message.content,
        }
    }
}

impl Said {
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
    pub original: String,
    /// As it would leave.
    pub leaving: String,
    pub found: Arc<[Finding]>,
}

/// What policy says of a prompt for one destination, and the prompt as it would leave.
#[derive(Debug)]
pub(super) struct Decided {
    pub action: Action,
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
}

/// Look at every text of a prompt and say what policy wants for this destination.
pub(super) fn decide(
    inspection: &Inspection,
    policy: &Policy,
    destination: Destination,
    prompt: Vec<impl Into<Said>>,
    mut masks: Masks,
) -> Decided {
    let prompt: Vec<Said> = prompt.into_iter().map(Into::into).collect();
    let found: Vec<_> = prompt
        .iter()
        .map(|said| inspection.find(&said.read()))
        .collect();
    let classes = || {
        found
            .iter()
            .flat_map(|found| found.iter())
            .map(|f| f.kind.class())
    };
    let action = policy.strictest(classes(), destination);
    let class = classes().max();
    let is_masked = |class| policy.action(Some(class), destination) >= Action::Mask;
    let mut masked = 0;
    let texts = prompt.into_iter().zip(found);
    let texts = texts
        .map(|(said, found)| {
            let leaving = if action == Action::Allow {
                // Nothing is masked for this destination, so nothing needs to be restored either.
                said.text.clone()
            } else {
                let mut taken: Vec<Finding> = found
                    .iter()
                    .filter(|finding| is_masked(finding.kind.class()))
                    .cloned()
                    .collect();
                taken.extend(inspection.find_again(&said.read(), &masks, &taken));
                let done = said.masked(&taken, &mut masks);
                masked += u32::try_from(done.count).unwrap_or(u32::MAX);
                done.text
            };
            Text {
                role: said.role,
                original: said.text,
                leaving,
                found,
            }
        })
        .collect();
    Decided {
        action,
        class,
        texts,
        masked,
        masks,
    }
}
