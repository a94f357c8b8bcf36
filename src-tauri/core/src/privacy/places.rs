//! Where a person stands in what Gatehouse keeps: every text of the database, and what is sealed in it.

use rusqlite::{Connection, Row, types::Value as SqlValue};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

use super::{
    IdentifierKind, Identifiers,
    columns::COLUMNS,
    texts::{context, spoken_in, texts_of},
};
use crate::{
    chat::{SnippetPart, pictures},
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
    /// A price of one's own, or where it was read.
    Price,
    /// A setting.
    Settings,
    /// A request of a person about their data.
    Request,
    /// A connection that was made.
    Connection,
}

impl PlaceKind {
    /// Whether it is a part of what a conversation says. The name of a model that answered in it is none.
    pub(super) const fn is_content(self) -> bool {
        matches!(
            self,
            Self::Message
                | Self::Title
                | Self::SystemPrompt
                | Self::Draft
                | Self::Placeholder
                | Self::Sent
                | Self::Record
        )
    }

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
            Self::Price => "price",
            Self::Settings => "setting",
            Self::Request => "request of a person",
            Self::Connection => "connection",
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
    /// Things that are sealed and cannot be read: the person may be in them, too.
    pub unreadable: u32,
    /// Snapshots, databases that were set aside and backups, as far as their folder is there, that have the
    /// person, or cannot be looked through.
    pub snapshots: u32,
    /// Pictures in chats and drafts, none of which was searched: the person may be in them.
    pub pictures: u32,
}

impl FoundPerson {
    /// What is said of the pictures, if there are any: nobody can search them.
    pub fn not_searched(&self) -> Option<String> {
        match self.pictures {
            0 => None,
            1 => Some("1 picture in chats was not searched: the person may be in it.".into()),
            more => Some(format!(
                "{more} pictures in chats were not searched: the person may be in them."
            )),
        }
    }
}

/// Look through everything; at most `most` places are listed, all are counted.
///
/// # Errors
/// [`SealedError`] when the database fails.
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
        unreadable: 0,
        most,
    };
    for column in COLUMNS {
        let mut statement = conn.prepare(&column.select())?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let text = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
            for text in column.texts(text) {
                search.look(&text, || Ok(place(column.kind, row)?))?;
            }
        }
    }
    search.in_what_is_sealed(conn)?;
    let Search {
        counts,
        places,
        total,
        unreadable,
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
        unreadable,
        snapshots: 0,
        pictures: pictures::count(conn)?,
    })
}

struct Search<'i> {
    identifiers: &'i Identifiers,
    counts: Vec<u32>,
    places: Vec<Place>,
    total: u32,
    unreadable: u32,
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
        for &which in found.iter().flat_map(|occurrence| &occurrence.which) {
            self.counts[which] += 1;
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
            let Some(masks) = self.readable(sealed::masks(conn, id))? else {
                continue;
            };
            for (_, value) in masks.iter() {
                self.look(value, || of_conversation(conn, PlaceKind::Placeholder, id))?;
            }
        }
        for call in sealed::calls_with_sent(conn)? {
            if let Some(Some((id, body))) = self.readable(sealed::sent(conn, call))? {
                for text in spoken_in(&String::from_utf8_lossy(&body)) {
                    self.look(&text, || of_conversation(conn, PlaceKind::Sent, id))?;
                }
            }
        }
        for call in sealed::client_calls_with_sent(conn)? {
            if let Some(Some((_, body))) = self.readable(sealed::sent_of_client(conn, call))? {
                for text in spoken_in(&String::from_utf8_lossy(&body)) {
                    self.look(&text, || of_client(conn, call))?;
                }
            }
        }
        let unreadable = record::each_payload(conn, 0, |entry, payload| {
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
        })?;
        self.unreadable += u32::try_from(unreadable).unwrap_or(u32::MAX);
        Ok(())
    }

    /// What cannot be read is counted, so that nobody takes the answer for whole.
    fn readable<T>(&mut self, read: Result<T, SealedError>) -> Result<Option<T>, SealedError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(error @ SealedError::Store(_)) => Err(error),
            Err(_) => {
                self.unreadable += 1;
                Ok(None)
            }
        }
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

/// What left for a client of the local API, with a call.
fn of_client(conn: &Connection, call: i64) -> Result<Place, SealedError> {
    let place = conn
        .prepare_cached(
            "SELECT c.name, w.name, k.started_at_ms FROM calls k
             JOIN workspaces w ON w.id = k.workspace_id
             LEFT JOIN clients c ON c.id = k.client_id WHERE k.number = ?1",
        )?
        .query_row([call], |row| {
            Ok(Place {
                name: row.get(0)?,
                workspace: row.get(1)?,
                at_ms: row.get(2)?,
                ..bare(PlaceKind::Sent)
            })
        })?;
    Ok(place)
}

/// A key of a row, as it was read.
pub(super) fn key(row: &Row<'_>) -> rusqlite::Result<SqlValue> {
    row.get(0)
}
