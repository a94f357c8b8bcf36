//! What an erasure would take and what it would leave, before anything is taken.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use specta::Type;

use super::{EraseError, Erasure, finish::IN_REACH, person};
use crate::{
    chat,
    ids::WorkspaceId,
    privacy::{
        Identifiers,
        backup::WrittenTo,
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
            person::preview(conn, &identifiers, *extent, in_snapshots)?
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

pub(super) fn conversations(conversations: usize, messages: usize) -> ErasurePreview {
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

    pub(super) fn goes(&mut self, what: &str, number: usize) {
        if number > 0 {
            self.goes.push(Goes {
                what: what.into(),
                count: count(number),
            });
        }
    }

    /// What stays for the same reason is told once.
    pub(super) fn stays(&mut self, what: &str, why: &str, number: usize) {
        let known = self
            .stays
            .iter_mut()
            .find(|stays| stays.what == what && stays.why == why);
        if let Some(known) = known {
            known.count += count(number);
            return;
        }
        self.stays.push(Stays {
            what: what.into(),
            why: why.into(),
            count: count(number),
        });
    }
}

pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
