//! How messages come to be: a question with room for its answer, and the answer's end.

use gatehouse_protocol::Role;
use rusqlite::{Connection, OptionalExtension, params};

use super::{ChatError, MessageState, conversations, pictures};
use crate::{
    ids::{ConversationId, MessageId, PictureId},
    problem::Problem,
};

/// Two new rows: what a person said and the answer that is about to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewTurn {
    /// The question; `None` when an old one is answered again.
    pub question: Option<MessageId>,
    /// The answer, in state [`MessageState::Streaming`].
    pub answer: MessageId,
}

/// Say something at the end of the branch that is shown, and make room for its answer.
///
/// # Errors
/// [`ChatError::EmptyMessage`], [`ChatError::NoConversation`].
pub fn begin_turn(
    conn: &Connection,
    conversation: ConversationId,
    text: &str,
    now_ms: i64,
) -> Result<NewTurn, ChatError> {
    begin_turn_with(conn, conversation, text, &[], now_ms)
}

/// The same with pictures, those of a draft or of the conversation; with them the text may be empty.
///
/// # Errors
/// As [`begin_turn`], and [`ChatError::Picture`] when one is not there.
pub fn begin_turn_with(
    conn: &Connection,
    conversation: ConversationId,
    text: &str,
    pictures: &[PictureId],
    now_ms: i64,
) -> Result<NewTurn, ChatError> {
    let leaf = conversations::get(conn, conversation)?.leaf;
    ask(conn, conversation, leaf, (text, pictures), now_ms)
}

/// Say something else in place of an old question: a new version of it, which shows the same pictures,
/// and room for its answer.
///
/// # Errors
/// [`ChatError::EmptyMessage`], [`ChatError::NoMessage`] when it is no question.
pub fn begin_edit(
    conn: &Connection,
    question: MessageId,
    text: &str,
    now_ms: i64,
) -> Result<NewTurn, ChatError> {
    let (conversation, parent) = place(conn, question, Role::User)?;
    let shown = pictures::of_message(conn, question)?;
    let shown: Vec<_> = shown.iter().map(|picture| picture.id).collect();
    ask(conn, conversation, parent, (text, &shown), now_ms)
}

/// Answer an old question again: room for a new version of its answer.
///
/// # Errors
/// [`ChatError::NoMessage`] when it is no answer.
pub fn begin_regenerate(
    conn: &Connection,
    answer: MessageId,
    now_ms: i64,
) -> Result<NewTurn, ChatError> {
    let (conversation, parent) = place(conn, answer, Role::Assistant)?;
    let answer = insert_answer(conn, conversation, parent, now_ms)?;
    show(conn, conversation, answer, now_ms)?;
    Ok(NewTurn {
        question: None,
        answer,
    })
}

/// Keep what was written so far of an answer that is still being written.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn keep_partial(conn: &Connection, answer: MessageId, text: &str) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE messages SET text = ?2 WHERE id = ?1")?
        .execute(params![answer, text])?;
    Ok(())
}

/// Complete an answer.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn end_answer(
    conn: &Connection,
    answer: MessageId,
    text: &str,
    state: MessageState,
    problem: Option<&Problem>,
) -> rusqlite::Result<()> {
    let problem = problem.map(written);
    conn.prepare_cached("UPDATE messages SET text = ?2, state = ?3, problem = ?4 WHERE id = ?1")?
        .execute(params![answer, text, state.name(), problem])?;
    Ok(())
}

fn written(problem: &Problem) -> String {
    serde_json::to_string(problem).expect("a problem is JSON because it is made of texts")
}

/// Mark answers that an earlier run of the app left unfinished; what was kept of them stays.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn interrupt_unfinished(conn: &Connection) -> rusqlite::Result<usize> {
    conn.execute(
        "UPDATE messages SET state = 'interrupted' WHERE state = 'streaming'",
        [],
    )
}

/// Mark one answer so, unless it has ended.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn interrupt(conn: &Connection, answer: MessageId) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "UPDATE messages SET state = 'interrupted' WHERE id = ?1 AND state = 'streaming'",
    )?
    .execute([answer])?;
    Ok(())
}

fn ask(
    conn: &Connection,
    conversation: ConversationId,
    parent: Option<MessageId>,
    (text, shown): (&str, &[PictureId]),
    now_ms: i64,
) -> Result<NewTurn, ChatError> {
    if text.trim().is_empty() && shown.is_empty() {
        return Err(ChatError::EmptyMessage);
    }
    let question = insert_question(conn, conversation, parent, text, now_ms)?;
    pictures::show(conn, conversation, question, shown)?;
    let answer = insert_answer(conn, conversation, Some(question), now_ms)?;
    show(conn, conversation, answer, now_ms)?;
    Ok(NewTurn {
        question: Some(question),
        answer,
    })
}

/// Where a message of one role stands: its conversation and its parent.
fn place(
    conn: &Connection,
    message: MessageId,
    role: Role,
) -> Result<(ConversationId, Option<MessageId>), ChatError> {
    conn.prepare_cached(
        "SELECT m.conversation_id, m.parent_id FROM messages m JOIN conversations c ON c.id = m.conversation_id
         WHERE m.id = ?1 AND m.role = ?2 AND c.deleted_at_ms IS NULL",
    )?
    .query_row(params![message, role_name(role)], |row| Ok((row.get(0)?, row.get(1)?)))
    .optional()?
    .ok_or(ChatError::NoMessage)
}

/// A message that is about to be a row.
pub(super) struct NewMessage<'a> {
    pub parent: Option<MessageId>,
    pub role: Role,
    pub text: &'a str,
    pub state: MessageState,
    /// The model, where no call of this computer says it.
    pub written_by: Option<&'a str>,
    /// Why it failed.
    pub problem: Option<&'a Problem>,
    pub created_at_ms: i64,
}

pub(super) fn insert(
    conn: &Connection,
    conversation: ConversationId,
    message: &NewMessage<'_>,
) -> rusqlite::Result<MessageId> {
    let id = MessageId::new();
    conn.prepare_cached(
        "INSERT INTO messages (id, conversation_id, parent_id, role, text, state, written_by, created_at_ms, problem)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        id,
        conversation,
        message.parent,
        role_name(message.role),
        message.text,
        message.state.name(),
        message.written_by,
        message.created_at_ms,
        message.problem.map(written)
    ])?;
    Ok(id)
}

fn insert_question(
    conn: &Connection,
    conversation: ConversationId,
    parent: Option<MessageId>,
    text: &str,
    now_ms: i64,
) -> rusqlite::Result<MessageId> {
    let question = NewMessage {
        parent,
        role: Role::User,
        text,
        state: MessageState::Done,
        written_by: None,
        problem: None,
        created_at_ms: now_ms,
    };
    insert(conn, conversation, &question)
}

/// An answer that is about to be written.
fn insert_answer(
    conn: &Connection,
    conversation: ConversationId,
    parent: Option<MessageId>,
    now_ms: i64,
) -> rusqlite::Result<MessageId> {
    let answer = NewMessage {
        parent,
        role: Role::Assistant,
        text: "",
        state: MessageState::Streaming,
        written_by: None,
        problem: None,
        created_at_ms: now_ms,
    };
    insert(conn, conversation, &answer)
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Assistant | Role::System => "assistant",
    }
}

/// Show a branch by its last message, and put the conversation on top of the list.
pub(super) fn show(
    conn: &Connection,
    conversation: ConversationId,
    leaf: MessageId,
    now_ms: i64,
) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE conversations SET leaf_id = ?2, updated_at_ms = ?3 WHERE id = ?1")?
        .execute(params![conversation, leaf, now_ms])?;
    Ok(())
}
