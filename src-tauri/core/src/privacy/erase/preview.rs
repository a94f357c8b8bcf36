//! What an erasure would take and what it would leave, before anything is taken.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use specta::Type;

use super::{EraseError, Erasure, Extent, finish::IN_REACH};
use crate::{
    chat,
    ids::WorkspaceId,
    privacy::{
        Identifiers, PlaceKind,
        backup::WrittenTo,
        columns::{COLUMNS, Column, Remedy},
        places,
        retention::{holds_of_workspace, is_held},
    },
    store::{DataFolder, snapshot},
};

/// What goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Goes {
    /// What, in words.
    pub what: String,
    /// How many.
    pub count: u32,
}

/// What stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Stays {
    /// What, in words.
    pub what: String,
    /// Why it stays.
    pub why: String,
    /// How many; 0: it is not counted.
    pub count: u32,
}

/// What an erasure would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Type)]
pub struct ErasurePreview {
    /// Conversations that would be gone.
    pub conversations: u32,
    /// Messages that would be gone, or from which something would be taken.
    pub messages: u32,
    /// What goes.
    pub goes: Vec<Goes>,
    /// What stays.
    pub stays: Vec<Stays>,
    /// What is on hold: as long as it is, nothing is erased.
    pub held: Vec<String>,
}

pub(super) fn of(
    conn: &Connection,
    folder: &DataFolder,
    erasure: &Erasure,
    in_snapshots: usize,
) -> Result<ErasurePreview, EraseError> {
    let mut preview = match erasure {
        Erasure::Conversation { id } => {
            let title = chat::get(conn, *id)
                .map_err(|_| EraseError::NotFound)?
                .title;
            let messages = chat::message_ids(conn, *id)?.len();
            let mut preview = conversations(1, messages);
            if is_held(conn, *id)? {
                preview
                    .held
                    .push(title.unwrap_or_else(|| "this conversation".into()));
            }
            preview
        }
        Erasure::Workspace { id } => workspace(conn, *id)?,
        Erasure::Person {
            identifiers,
            extent,
        } => {
            let identifiers = Identifiers::parse(identifiers)?;
            person(conn, &identifiers, *extent, in_snapshots)?
        }
    };
    let snapshots = snapshot::count_all(folder)?;
    preview.goes(
        "files of snapshots and of databases that were set aside; a new snapshot is made",
        snapshots,
    );
    preview.goes("what loaded models remember", 1);
    preview.stays(
        "calls to models",
        "what they cost is kept, without the conversation that they were made for",
        0,
    );
    preview.stays(
        "entries of the record",
        "they show that nothing was hidden; what was private in them goes",
        0,
    );
    preview.stays(
        "what left before",
        "a provider that it was sent to keeps it by its own rules: ask them to erase it, too",
        0,
    );
    preview.stays(
        "files that you exported",
        "archives, exports, reports and copies of the data folder lie where you put them: delete them yourself",
        0,
    );
    Ok(preview)
}

fn conversations(conversations: usize, messages: usize) -> ErasurePreview {
    let mut preview = ErasurePreview {
        conversations: count(conversations),
        messages: count(messages),
        ..ErasurePreview::default()
    };
    preview.goes(
        "conversations with titles, drafts, ratings, search terms, keys and what was masked",
        conversations,
    );
    preview.goes("messages, on every branch", messages);
    preview
}

fn workspace(conn: &Connection, id: WorkspaceId) -> Result<ErasurePreview, EraseError> {
    let name: Option<String> = conn
        .prepare_cached("SELECT name FROM workspaces WHERE id = ?1 AND erased_at_ms IS NULL")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    if name.is_none() {
        return Err(EraseError::NotFound);
    }
    let ids = chat::all_of_workspace(conn, id)?;
    let messages: u32 = conn
        .prepare_cached(
            "SELECT count(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id
             WHERE c.workspace_id = ?1",
        )?
        .query_row(params![id], |row| row.get(0))?;
    let mut preview = conversations(ids.len(), messages as usize);
    if holds_of_workspace(conn, id)? > 0 {
        preview.held.extend(name);
    }
    preview.goes(
        "the name of the workspace, its policy, rules and budgets",
        1,
    );
    Ok(preview)
}

fn person(
    conn: &Connection,
    identifiers: &Identifiers,
    extent: Extent,
    in_snapshots: usize,
) -> Result<ErasurePreview, EraseError> {
    let found = places::find(conn, identifiers, usize::MAX)?;
    if found.total == 0 && in_snapshots == 0 {
        return Err(EraseError::NothingFound);
    }
    let whole = extent == Extent::Conversations;
    let content = found.places.iter().filter(|place| place.kind.is_content());
    let mut ids: Vec<_> = content.filter_map(|place| place.conversation_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut held = Vec::new();
    for &id in &ids {
        if is_held(conn, id)? {
            let title = chat::get(conn, id)
                .ok()
                .and_then(|conversation| conversation.title);
            held.push(title.unwrap_or_else(|| "a conversation".into()));
        }
    }
    let mut preview = if whole {
        let mut messages = 0;
        for &id in &ids {
            messages += chat::message_ids(conn, id)?.len();
        }
        conversations(ids.len(), messages)
    } else {
        ErasurePreview::default()
    };
    let left = |kind: PlaceKind| {
        let of_kind = found.places.iter().filter(|place| place.kind == kind);
        of_kind
            .filter(|place| !whole || place.conversation_id.is_none())
            .count()
    };
    let messages: HashSet<_> = match whole {
        true => HashSet::new(),
        false => found
            .places
            .iter()
            .filter_map(|place| match place.kind {
                PlaceKind::Message => place.message_id,
                _ => None,
            })
            .collect(),
    };
    let messages = messages.len();
    match extent {
        Extent::Words => preview.goes("messages from which the words are taken", messages),
        Extent::Messages => preview.goes("messages whose whole text is taken", messages),
        Extent::Conversations => {}
    }
    preview.messages += count(messages);
    preview.held = held;
    if !whole {
        preview.goes(
            "conversations whose placeholders and copies of what left are destroyed, and what the record has of them in private",
            ids.len(),
        );
    }
    for (kind, what) in TAKEN {
        preview.goes(what, left(*kind));
    }
    let pictures = chat::pictures::count(conn)? as usize;
    if pictures > 0 {
        preview.stays("pictures in chats", super::person::NOT_SEARCHED, pictures);
    }
    for column in COLUMNS {
        if let Remedy::Stays(why) = column.remedy {
            let there = in_column(conn, identifiers, column)?;
            if there > 0 {
                preview.stays(column.kind.words(), why, there);
            }
        }
    }
    Ok(preview)
}

const TAKEN: &[(PlaceKind, &str)] = &[
    (PlaceKind::Title, "titles from which the words are taken"),
    (
        PlaceKind::SystemPrompt,
        "system prompts and settings of conversations from which the words are taken",
    ),
    (PlaceKind::Draft, "drafts from which the words are taken"),
    (PlaceKind::Preset, "presets from which the words are taken"),
    (
        PlaceKind::OwnRule,
        "rules of your own from which the lines are taken",
    ),
    (
        PlaceKind::Workspace,
        "names of workspaces from which the words are taken",
    ),
    (
        PlaceKind::Account,
        "names of accounts from which the words are taken",
    ),
    (
        PlaceKind::Alias,
        "names of chains of models from which the words are taken",
    ),
    (
        PlaceKind::Price,
        "prices of your own from which the words are taken",
    ),
    (PlaceKind::Call, "calls from which the words are taken"),
    (
        PlaceKind::Request,
        "notes of requests from which the words are taken",
    ),
];

fn in_column(
    conn: &Connection,
    identifiers: &Identifiers,
    column: &Column,
) -> rusqlite::Result<usize> {
    let mut statement = conn.prepare(&column.select())?;
    let mut rows = statement.query([])?;
    let mut there = 0;
    while let Some(row) = rows.next()? {
        let texts = column.texts(row.get_ref(1)?.as_str()?);
        there += usize::from(texts.iter().any(|text| identifiers.is_in(text)));
    }
    Ok(there)
}

impl ErasurePreview {
    /// What becomes of the backups in each folder.
    pub(super) fn backups(&mut self, folders: Vec<WrittenTo>) {
        for WrittenTo {
            folder,
            is_chosen,
            backups,
        } in folders
        {
            let folder = folder.display();
            match (backups, is_chosen) {
                (Ok(backups), true) => {
                    self.goes("backups in their folder; a new one is made", backups.len());
                }
                (Ok(backups), false) => {
                    let what = format!("backups in {folder}, which was chosen earlier");
                    self.goes(&what, backups.len());
                }
                (Err(error), _) => {
                    let what = format!("backups in {folder}");
                    self.stays(&what, &format!("{error}. {IN_REACH}"), 0);
                }
            }
        }
    }

    fn goes(&mut self, what: &str, number: usize) {
        if number > 0 {
            self.goes.push(Goes {
                what: what.into(),
                count: count(number),
            });
        }
    }

    fn stays(&mut self, what: &str, why: &str, number: usize) {
        self.stays.push(Stays {
            what: what.into(),
            why: why.into(),
            count: count(number),
        });
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
