//! The form that conversations have in files, and whether what a file says is in order.

use gatehouse_protocol::{Role, Sampling};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::{
    MessageState, Rating, TransferError,
    conversations::{check_sampling, check_system_prompt, one_line},
    pictures::FilePicture,
};
use crate::{
    ids::{ConversationId, MessageId},
    is_date,
    problem::Problem,
};

/// A file of them.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct File {
    pub format: String,
    pub version: u32,
    pub conversations: Vec<FileConversation>,
}

/// A conversation as files have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileConversation {
    /// What it was called where the file was made; an import gives it another identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ConversationId>,
    /// The name of its workspace, where the file is an archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    pub title: Option<String>,
    pub created_at_ms: i64,
    pub updated_at_ms: i64,
    pub system_prompt: String,
    /// Settings that an older or newer app did not write have their defaults.
    #[serde(deserialize_with = "over_defaults")]
    pub sampling: Sampling,
    /// The model on that computer which was to answer, where the file is an archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<FileModel>,
    /// What was to answer instead of it, where the file is an archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<FileElsewhere>,
    /// That nothing of it may be deleted, where the file is an archive and a hold stands on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<FileHold>,
    /// What was typed and not sent, where the file is an archive.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub draft: String,
    /// Its pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub draft_pictures: Vec<FilePicture>,
    /// Parents before their children.
    pub messages: Vec<FileMessage>,
    /// Position in `messages` of the end of the branch that is shown.
    pub leaf: usize,
}

/// Why nothing of something may be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileHold {
    pub reason: String,
    /// UTC milliseconds.
    pub since_ms: i64,
}

/// A model of a computer, so that another computer knows it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileModel {
    pub name: String,
    /// Of its file, in hexadecimal digits.
    pub sha256: String,
}

/// What answers instead of a model on the computer, by names that another computer may have, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum FileElsewhere {
    Account { account: String, model: String },
    Alias { alias: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FileMessage {
    /// As that of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MessageId>,
    /// Position in `messages` of the one before it.
    pub parent: Option<usize>,
    pub role: Role,
    pub text: String,
    pub created_at_ms: i64,
    /// How it stands; complete if it does not say.
    #[serde(default, skip_serializing_if = "is_done")]
    pub state: MessageState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Rating>,
    /// The model that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
    /// What is shown with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<FilePicture>,
}

/// Settings of a file over the defaults.
pub(crate) fn over_defaults<'de, D: Deserializer<'de>>(from: D) -> Result<Sampling, D::Error> {
    let stored = serde_json::Map::deserialize(from)?;
    let mut all = serde_json::to_value(Sampling::default()).map_err(D::Error::custom)?;
    all.as_object_mut()
        .expect("it is an object because it is made of a struct")
        .extend(stored);
    serde_json::from_value(all).map_err(D::Error::custom)
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_done(state: &MessageState) -> bool {
    *state == MessageState::Done
}

/// Whether a conversation can be brought in.
///
/// # Errors
/// [`TransferError`] that says why not.
pub(crate) fn check_one(file: &FileConversation) -> Result<(), TransferError> {
    check_sampling(&file.sampling)?;
    check_system_prompt(&file.system_prompt)?;
    check_times(file)?;
    for (position, message) in file.messages.iter().enumerate() {
        let parent = match message.parent {
            None => None,
            Some(parent) if parent < position => Some(file.messages[parent].role),
            Some(_) => return Err(TransferError::Orphan(position)),
        };
        let in_turn = match message.role {
            Role::User => parent.is_none_or(|role| role == Role::Assistant),
            Role::Assistant => parent == Some(Role::User),
            Role::System => false,
        };
        if !in_turn {
            return Err(TransferError::OutOfTurn(position));
        }
    }
    // Where nothing was said yet, nothing is shown.
    if file.leaf >= file.messages.len().max(1) {
        return Err(TransferError::NoLeaf(file.leaf));
    }
    Ok(())
}

/// Lists are in the order of these times, under the days that they name.
fn check_times(file: &FileConversation) -> Result<(), TransferError> {
    let hold = file.hold.as_ref().map(|hold| hold.since_ms);
    let own = [file.created_at_ms, file.updated_at_ms];
    let said = file.messages.iter().map(|message| message.created_at_ms);
    let mut all = own.into_iter().chain(hold).chain(said);
    match all.find(|at_ms| !is_date(*at_ms)) {
        Some(at_ms) => Err(TransferError::NoDate(at_ms)),
        None => Ok(()),
    }
}

/// What a person knows a conversation of a file by; `nth` is its place in the file, from 0.
pub(super) fn name_of(file: &FileConversation, nth: usize) -> String {
    let title = file.title.as_deref().map(one_line);
    let first = file.messages.first().map(|first| one_line(&first.text));
    let mut names = title.into_iter().chain(first);
    names
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| format!("chat {} of the file", nth + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_of_a_file_is_called_by_its_title_its_first_words_or_its_place() {
        let mut file: FileConversation = serde_json::from_value(serde_json::json!({
            "title": " A\u{1b}[2J lease\n", "createdAtMs": 1, "updatedAtMs": 1, "systemPrompt": "",
            "sampling": {}, "leaf": 0,
            "messages": [{ "parent": null, "role": "user", "text": "Who pays?", "createdAtMs": 1 }],
        }))
        .unwrap();
        assert_eq!(name_of(&file, 0), "A[2J lease", "no terminal acts on it");
        file.title = Some(" ".into());
        assert_eq!(name_of(&file, 0), "Who pays?");
        file.messages.clear();
        assert_eq!(name_of(&file, 1), "chat 2 of the file");
    }
}
