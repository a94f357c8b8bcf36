//! Where a person stands in what Gatehouse keeps: every text of the database, and what is sealed in it.

use rusqlite::{Connection, Row, types::Value as SqlValue};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{
    IdentifierKind, Identifiers,
    columns::COLUMNS,
    texts::{context, texts_of},
};
use crate::{
    chat::SnippetPart,
    ids::{ConversationId, MessageId},
    record::{self, Subject},
    sealed::{self, SealedError},
};

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// A question or an answer.
    Message,
    /// The title of a conversation.
    Title,
    /// The instructions above a conversation.
    SystemPrompt,
    /// What was typed and not sent.
    Draft,
    /// A saved system prompt.
    Preset,
    /// A rule of one's own.
    OwnRule,
    /// The value of a placeholder.
    Placeholder,
    /// A request that left.
    Sent,
    /// The private part of an entry of the record, or a fact of it.
    Record,
    /// The name of a workspace.
    Workspace,
    /// An account at a provider.
    Account,
    /// The name of a chain of models.
    Alias,
    /// A model on this computer.
    Model,
    /// A call to a model.
    Call,
    /// A setting.
    Settings,
    /// A request of a person about their data.
    Request,
}

impl PlaceKind {
    /// Its name for a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Title => "title",
            Self::SystemPrompt => "system prompt",
            Self::Draft => "draft",
            Self::Preset => "preset",
            Self::OwnRule => "own rule",
            Self::Placeholder => "placeholder",
            Self::Sent => "request that left",
            Self::Record => "record",
            Self::Workspace => "workspace",
            Self::Account => "account",
            Self::Alias => "alias",
            Self::Model => "model",
            Self::Call => "call",
            Self::Settings => "setting",
            Self::Request => "request of a person",
        }
    }
}

/// One place where a person stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// What it is.
    pub kind: PlaceKind,
    /// The conversation that it is in.
    pub conversation_id: Option<ConversationId>,
    /// The message.
    pub message_id: Option<MessageId>,
    /// The title of the conversation, or the name of the thing.
    pub name: Option<String>,
    /// The name of the workspace.
    pub workspace: Option<String>,
    /// UTC milliseconds.
    #[specta(type = Option<Number>)]
    pub at_ms: Option<i64>,
    /// The text around the first of them.
    pub context: Vec<SnippetPart>,
    /// How often.
    pub count: u32,
}

/// An identifier, and how often it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct FoundIdentifier {
    /// As it was given.
    pub text: String,
    /// How it was looked for.
    pub kind: IdentifierKind,
    /// How often it stands anywhere.
    pub count: u32,
}

/// All places where a person stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct FoundPerson {
    /// What was looked for.
    pub identifiers: Vec<FoundIdentifier>,
    /// The places, of which a long list may be cut.
    pub places: Vec<Place>,
    /// How many places there are.
    pub total: u32,
}

/// Look through everything; at most `most` places are listed, all are counted.
///
/// # Errors
/// [`SealedError`] when the database fails or something sealed cannot be read: an answer that leaves
/// something out would be wrong.
pub(super) fn find(
    conn: &Connection,
    identifiers: &Identifiers,
    most: usize,
) -> Result<FoundPerson, SealedError> {
    let mut search = Search {
        identifiers,
        counts: vec![0; identifiers.given().count()],
        places: Vec::new(),
        total: 0,
        most,
    };
    for column in COLUMNS {
        let mut statement = conn.prepare(&column.select())?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let text = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
            search.look(text, || Ok(place(column.kind, row)?))?;
        }
    }
    search.in_what_is_sealed(conn)?;
    let Search {
        counts,
        places,
        total,
        ..
    } = search;
    let found = identifiers.given().zip(counts);
    Ok(FoundPerson {
        identifiers: found
            .map(|((text, kind), count)| FoundIdentifier {
                text: text.to_owned(),
                kind,
                count,
            })
            .collect(),
        places,
        total,
    })
}

struct Search<'i> {
    identifiers: &'i Identifiers,
    counts: Vec<u32>,
    places: Vec<Place>,
    total: u32,
    most: usize,
}

impl Search<'_> {
    fn look(
        &mut self,
        text: &str,
        place: impl FnOnce() -> Result<Place, SealedError>,
    ) -> Result<(), SealedError> {
        let found = self.identifiers.find(text);
        if found.is_empty() {
            return Ok(());
        }
        for occurrence in &found {
            self.counts[occurrence.which] += 1;
        }
        self.total += 1;
        if self.places.len() < self.most {
            self.places.push(Place {
                context: context(text, &found),
                count: u32::try_from(found.len()).unwrap_or(u32::MAX),
                ..place()?
            });
        }
        Ok(())
    }

    fn in_what_is_sealed(&mut self, conn: &Connection) -> Result<(), SealedError> {
        for id in sealed::with_masks(conn)? {
            let masks = sealed::masks(conn, id)?;
            for (_, value) in masks.iter() {
                self.look(value, || of_conversation(conn, PlaceKind::Placeholder, id))?;
            }
        }
        for call in sealed::calls_with_sent(conn)? {
            if let Some((id, body)) = sealed::sent(conn, call)? {
                for text in texts_of(&String::from_utf8_lossy(&body)) {
                    self.look(&text, || of_conversation(conn, PlaceKind::Sent, id))?;
                }
            }
        }
        record::each_payload(conn, |entry, payload| {
            for text in texts_of(payload) {
                self.look(&text, || {
                    let place = match entry.subject {
                        Subject::Conversation(id) => of_conversation(conn, PlaceKind::Record, id)?,
                        _ => bare(PlaceKind::Record),
                    };
                    Ok(Place {
                        name: Some(entry.action.to_owned()),
                        at_ms: Some(entry.time_ms),
                        ..place
                    })
                })?;
            }
            Ok(())
        })
    }
}

fn bare(kind: PlaceKind) -> Place {
    Place {
        kind,
        conversation_id: None,
        message_id: None,
        name: None,
        workspace: None,
        at_ms: None,
        context: Vec::new(),
        count: 0,
    }
}

fn place(kind: PlaceKind, row: &Row<'_>) -> rusqlite::Result<Place> {
    Ok(Place {
        conversation_id: row.get(2)?,
        message_id: row.get(3)?,
        name: row.get(4)?,
        workspace: row.get(5)?,
        at_ms: row.get(6)?,
        ..bare(kind)
    })
}

fn of_conversation(
    conn: &Connection,
    kind: PlaceKind,
    id: ConversationId,
) -> Result<Place, SealedError> {
    let about = conn
        .prepare_cached(
            "SELECT c.title, w.name, c.updated_at_ms FROM conversations c
             JOIN workspaces w ON w.id = c.workspace_id WHERE c.id = ?1",
        )?
        .query_row([id], |row| {
            Ok(Place {
                name: row.get(0)?,
                workspace: row.get(1)?,
                at_ms: row.get(2)?,
                ..bare(kind)
            })
        });
    let place = match about {
        // The record may still know a conversation that is gone.
        Err(rusqlite::Error::QueryReturnedNoRows) => bare(kind),
        about => about?,
    };
    Ok(Place {
        conversation_id: Some(id),
        ..place
    })
}

/// A key of a row, as it was read.
pub(super) fn key(row: &Row<'_>) -> rusqlite::Result<SqlValue> {
    row.get(0)
}
