//! What erasing a person would take and what it would leave: told from what the erasure itself reads.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::{
    NOT_SEARCHED,
    reach::Reach,
    seen::{Found, Seen},
};
use crate::{
    chat,
    ids::{ConversationId, MessageId},
    privacy::{
        Identifiers, PlaceKind,
        columns::{COLUMNS, Column, Remedy},
        erase::{
            EraseError, Extent,
            preview::{ErasurePreview, conversations, count},
        },
    },
};

/// What erasing a person would do; `in_snapshots`: how many copies of the database have them.
pub(in crate::privacy::erase) fn preview(
    conn: &Connection,
    identifiers: &Identifiers,
    extent: Extent,
    in_snapshots: usize,
) -> Result<ErasurePreview, EraseError> {
    // What is their own in conversations that go whole is only needed to look for it afterwards.
    let mut seen = Seen::read(conn, identifiers, Extent::Words)?;
    if seen.is_nowhere() && in_snapshots == 0 {
        return Err(EraseError::NothingFound);
    }
    let whole = match extent {
        Extent::Conversations => seen.speaking.clone(),
        Extent::Words | Extent::Messages => BTreeSet::new(),
    };
    let mut messages = 0;
    for &id in &whole {
        messages += chat::message_ids(conn, id)?.len();
    }
    let mut preview = conversations(whole.len(), messages);
    let mut reach = Reach::of_sealed(&seen);
    reach.add(Reach::of_conversations(&whole));
    let mut taken = Taken {
        touched: seen.sealed.clone(),
        whole,
        messages: BTreeSet::new(),
        elsewhere: Vec::new(),
    };
    for (column, keys) in COLUMNS.iter().zip(std::mem::take(&mut seen.rows)) {
        let rows = seen.rows_with(conn, identifiers, column, keys)?;
        match column.remedy {
            Remedy::Stays(_) if rows.is_empty() => {}
            Remedy::Stays(why) => preview.stays(column.kind.words(), why, rows.len()),
            Remedy::Words | Remedy::Json | Remedy::Lines => {
                reach.add(Reach::of_rows(&rows));
                taken.add(column, &rows);
            }
        }
    }
    preview.held = reach.held(conn)?;
    taken.tell(&mut preview, extent);
    preview.goes(
        "requests that left for clients of the local API, which are destroyed",
        seen.client_calls.len(),
    );
    preview.goes(
        "private parts of the record about workspaces and settings, which are destroyed",
        seen.payloads.values().map(BTreeSet::len).sum(),
    );
    let pictures = chat::pictures::count(conn)? as usize;
    if pictures > 0 {
        preview.stays("pictures in chats", NOT_SEARCHED, pictures);
    }
    Ok(preview)
}

/// What is taken from rows of the database.
struct Taken {
    /// Conversations that go whole.
    whole: BTreeSet<ConversationId>,
    /// Conversations of which something is taken.
    touched: BTreeSet<ConversationId>,
    messages: BTreeSet<MessageId>,
    /// In how many rows of what else.
    elsewhere: Vec<(&'static str, usize)>,
}

impl Taken {
    fn add(&mut self, column: &Column, rows: &[Found]) {
        for row in rows {
            let goes_whole = row.conversation.is_some_and(|of| self.whole.contains(&of));
            // A call stays when its conversation goes.
            if goes_whole && column.table != "calls" {
                continue;
            }
            if column.kind.is_content() {
                self.touched.extend(row.conversation);
            }
            match row.message {
                Some(message) if column.table == "messages" => {
                    self.messages.insert(message);
                }
                _ => self.count(from(column.kind)),
            }
        }
    }

    fn count(&mut self, what: &'static str) {
        match self.elsewhere.iter_mut().find(|(known, _)| *known == what) {
            Some((_, count)) => *count += 1,
            None => self.elsewhere.push((what, 1)),
        }
    }

    fn tell(self, preview: &mut ErasurePreview, extent: Extent) {
        let messages = match extent {
            Extent::Messages => "messages whose whole text is taken",
            Extent::Words | Extent::Conversations => "messages from which the words are taken",
        };
        preview.goes(messages, self.messages.len());
        preview.messages += count(self.messages.len());
        preview.goes(
            "conversations whose placeholders and copies of what left are destroyed, and what the record has of them in private",
            (&self.touched - &self.whole).len(),
        );
        for (what, count) in self.elsewhere {
            preview.goes(what, count);
        }
    }
}

/// What words are taken from.
fn from(kind: PlaceKind) -> &'static str {
    match kind {
        PlaceKind::Title => "titles from which the words are taken",
        PlaceKind::SystemPrompt => {
            "system prompts and settings of conversations from which the words are taken"
        }
        PlaceKind::Draft => "drafts from which the words are taken",
        PlaceKind::Preset => "presets from which the words are taken",
        PlaceKind::OwnRule => "rules of your own from which the lines are taken",
        PlaceKind::Workspace => "names of workspaces from which the words are taken",
        PlaceKind::Account => "names of accounts from which the words are taken",
        PlaceKind::Alias => "names of chains of models from which the words are taken",
        PlaceKind::Price => "prices of your own from which the words are taken",
        PlaceKind::Call => "calls from which the words are taken",
        PlaceKind::Request => "notes of requests from which the words are taken",
        PlaceKind::Record => "what is kept of earlier erasures, from which the words are taken",
        PlaceKind::Message
        | PlaceKind::Placeholder
        | PlaceKind::Sent
        | PlaceKind::Model
        | PlaceKind::Settings
        | PlaceKind::Connection => "notes of other kinds from which the words are taken",
    }
}
