//! Where a person stands, read before anything is written, and what was written since read again.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, types::Value as SqlValue};

use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    privacy::{
        Identifiers,
        columns::{COLUMNS, Column},
        erase::{EraseError, Extent, content::note_texts, lost::Lost},
        places,
        texts::{spoken_in, texts_of},
    },
    record::{self, Subject},
    sealed::{self, SealedError},
    store::Watch,
};

/// What a private part is about that is not about one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    Workspace(WorkspaceId),
    Installation,
}

impl About {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Workspace(_) => "workspace",
            Self::Installation => "installation",
        }
    }
}

impl From<About> for Subject {
    fn from(about: About) -> Self {
        match about {
            About::Workspace(id) => Self::Workspace(id),
            About::Installation => Self::Installation,
        }
    }
}

/// A row of a column in which a person stands.
pub(super) struct Found {
    pub(super) key: SqlValue,
    pub(super) text: String,
    pub(super) conversation: Option<ConversationId>,
    pub(super) message: Option<MessageId>,
    pub(super) workspace: Option<WorkspaceId>,
}

/// Where a person stands.
#[derive(Debug, Default)]
pub(in crate::privacy::erase) struct Seen {
    /// The rows of each column of the list that have them, by their keys.
    pub(super) rows: Vec<Vec<SqlValue>>,
    /// The conversations whose content has them, in the clear or sealed.
    pub(super) speaking: BTreeSet<ConversationId>,
    /// The conversations of which something sealed has them.
    pub(super) sealed: BTreeSet<ConversationId>,
    /// Calls of clients of the local API with which they left.
    pub(super) client_calls: BTreeSet<i64>,
    /// The workspaces of those calls.
    pub(super) client_workspaces: BTreeSet<WorkspaceId>,
    /// Private parts of the record that are about something else, by what they are about.
    pub(super) payloads: BTreeMap<About, BTreeSet<i64>>,
    /// Sealed things that cannot be read: the person may be in them.
    pub(super) unreadable: usize,
    /// Every spelling that was found.
    pub(super) spellings: BTreeSet<String>,
    /// What is their own in conversations that go whole.
    pub(super) lost: Lost,
    /// How many entries of the record were read.
    entries: i64,
}

impl Seen {
    /// Read everything.
    ///
    /// # Errors
    /// [`EraseError`] when the database fails.
    pub(in crate::privacy::erase) fn read(
        conn: &Connection,
        identifiers: &Identifiers,
        extent: Extent,
    ) -> Result<Self, EraseError> {
        let mut seen = Self::default();
        for column in COLUMNS {
            let mut keys = Vec::new();
            let mut statement = conn.prepare(&column.select())?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let text = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
                if seen.note(identifiers, column, text) {
                    keys.push(places::key(row)?);
                    let of: Option<ConversationId> = row.get(2)?;
                    seen.speaking
                        .extend(of.filter(|_| column.kind.is_content()));
                }
            }
            seen.rows.push(keys);
        }
        for id in sealed::with_masks(conn)? {
            seen.masks(conn, identifiers, id)?;
        }
        for call in sealed::calls_with_sent(conn)? {
            seen.sent(conn, identifiers, call)?;
        }
        for call in sealed::client_calls_with_sent(conn)? {
            seen.sent_of_client(conn, identifiers, call)?;
        }
        seen.private_parts(conn, identifiers)?;
        if extent == Extent::Conversations {
            for &id in &seen.speaking {
                note_texts(conn, id, &mut seen.lost)?;
            }
        }
        Ok(seen)
    }

    /// Read what was written since: in the write itself, so that nothing comes after it.
    ///
    /// # Errors
    /// [`EraseError`] when the database fails.
    pub(super) fn read_again(
        &mut self,
        tx: &Connection,
        identifiers: &Identifiers,
        watch: &Watch<'_>,
    ) -> Result<(), EraseError> {
        for (column, keys) in COLUMNS.iter().zip(&mut self.rows) {
            // Rows without numbers are not watched. There are few of them: all are looked at.
            let keys_now: Vec<SqlValue> = match column.is_numbered() {
                true => {
                    let written = watch.written(column.table).into_iter();
                    written.map(SqlValue::Integer).collect()
                }
                false => tx
                    .prepare(&column.select())?
                    .query_map([], places::key)?
                    .collect::<rusqlite::Result<_>>()?,
            };
            for key in keys_now {
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
        for row in watch.written("masks") {
            if let Some(id) = sealed::masks_in_row(tx, row)? {
                self.masks(tx, identifiers, id)?;
            }
        }
        for call in watch.written("sent_requests") {
            self.sent(tx, identifiers, call)?;
        }
        for call in watch.written("sent_of_clients") {
            self.sent_of_client(tx, identifiers, call)?;
        }
        self.private_parts(tx, identifiers)
    }

    /// Whether they stand nowhere.
    pub(super) fn is_nowhere(&self) -> bool {
        self.rows.iter().all(Vec::is_empty)
            && self.sealed.is_empty()
            && self.client_calls.is_empty()
            && self.payloads.is_empty()
    }

    /// Those of these rows of a column that have the person, as they are now.
    pub(super) fn rows_with(
        &mut self,
        conn: &Connection,
        identifiers: &Identifiers,
        column: &Column,
        keys: Vec<SqlValue>,
    ) -> rusqlite::Result<Vec<Found>> {
        let mut found = Vec::new();
        let mut statement = conn.prepare_cached(&column.select_one())?;
        for key in keys {
            let row = statement
                .query_row([&key], |row| {
                    Ok(Found {
                        key: places::key(row)?,
                        text: row.get(1)?,
                        conversation: row.get(2)?,
                        message: row.get(3)?,
                        workspace: row.get(7)?,
                    })
                })
                .optional()?;
            if let Some(row) = row
                && self.note(identifiers, column, &row.text)
            {
                found.push(row);
            }
        }
        Ok(found)
    }

    /// Whether the person stands in what a column has; how they are spelled there is noted.
    pub(super) fn note(&mut self, identifiers: &Identifiers, column: &Column, text: &str) -> bool {
        let mut found = false;
        for text in column.texts(text) {
            found |= self.spelled_in(identifiers, &text);
        }
        found
    }

    fn spelled_in(&mut self, identifiers: &Identifiers, text: &str) -> bool {
        let found = identifiers.find(text);
        let spellings = found.iter().map(|found| text[found.at.clone()].to_owned());
        self.spellings.extend(spellings);
        !found.is_empty()
    }

    fn masks(
        &mut self,
        conn: &Connection,
        identifiers: &Identifiers,
        id: ConversationId,
    ) -> Result<(), EraseError> {
        let Some(masks) = self.readable(sealed::masks(conn, id))? else {
            return Ok(());
        };
        for (_, value) in masks.iter() {
            if self.spelled_in(identifiers, value) {
                self.sealed.insert(id);
                self.speaking.insert(id);
            }
        }
        Ok(())
    }

    fn sent(
        &mut self,
        conn: &Connection,
        identifiers: &Identifiers,
        call: i64,
    ) -> Result<(), EraseError> {
        if let Some(Some((id, body))) = self.readable(sealed::sent(conn, call))? {
            self.document(identifiers, id, &String::from_utf8_lossy(&body));
        }
        Ok(())
    }

    fn sent_of_client(
        &mut self,
        conn: &Connection,
        identifiers: &Identifiers,
        call: i64,
    ) -> Result<(), EraseError> {
        if let Some(Some((workspace, body))) = self.readable(sealed::sent_of_client(conn, call))? {
            let mut found = false;
            for text in texts_of(&String::from_utf8_lossy(&body)) {
                found |= self.spelled_in(identifiers, &text);
            }
            if found {
                self.client_calls.insert(call);
                self.client_workspaces.insert(workspace);
            }
        }
        Ok(())
    }

    /// A sealed document of a conversation; the name of a model in it is nothing that is said there.
    fn document(&mut self, identifiers: &Identifiers, id: ConversationId, json: &str) {
        let mut found = false;
        for text in texts_of(json) {
            found |= self.spelled_in(identifiers, &text);
        }
        if found {
            self.sealed.insert(id);
            if spoken_in(json).iter().any(|text| identifiers.is_in(text)) {
                self.speaking.insert(id);
            }
        }
    }

    /// The private parts of entries that were not read yet.
    fn private_parts(
        &mut self,
        conn: &Connection,
        identifiers: &Identifiers,
    ) -> Result<(), EraseError> {
        let after = self.entries;
        self.entries = record::length(conn)?;
        let unreadable = record::each_payload(conn, after, |entry, payload| {
            let about = match entry.subject {
                Subject::Conversation(id) => {
                    self.document(identifiers, id, payload);
                    return Ok(());
                }
                Subject::Workspace(id) => About::Workspace(id),
                Subject::Installation => About::Installation,
            };
            let mut found = false;
            for text in texts_of(payload) {
                found |= self.spelled_in(identifiers, &text);
            }
            if found {
                let entries = self.payloads.entry(about).or_default();
                entries.insert(entry.sequence);
            }
            Ok(())
        })?;
        self.unreadable += unreadable;
        Ok(())
    }

    /// What cannot be read is counted, so that nobody takes the rest for all.
    fn readable<T>(&mut self, read: Result<T, SealedError>) -> Result<Option<T>, EraseError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(SealedError::Store(error)) => Err(error.into()),
            Err(_) => {
                self.unreadable += 1;
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::params;

    use super::*;
    use crate::{
        now_ms,
        secrets::{self, KeyHome},
        store::{DataFolder, Store, StoreError},
        workspaces,
    };

    /// A request of a client leaves with this.
    fn leaves(store: &Store, text: &str) -> i64 {
        let call = store.write(|tx| {
            let workspace = workspaces::current(tx, now_ms())?;
            let call = tx
                .prepare(
                    "INSERT INTO calls (started_at_ms, workspace_id, purpose, provider, model, version, route, status)
                     VALUES (?1, ?2, 'api', 'openai', 'm', 'm', 'masked', 'answered')",
                )?
                .insert(params![now_ms(), workspace])?;
            sealed::keep_sent_of_client(tx, call, workspace, &sealed::Packed::of(format!("{{\"x\":\"{text}\"}}").as_bytes()))?;
            Ok::<_, SealedError>(call)
        });
        call.unwrap()
    }

    #[test]
    fn what_left_for_a_client_is_read_and_what_left_since_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(&dir.path().join("data"))).unwrap();
        let (key, _) = secrets::database_key(&folder, KeyHome::File).unwrap();
        let store = Store::open(&folder, &key, 1).unwrap();
        let anna = Identifiers::parse(&["anna.weiss@example.org"]).unwrap();
        let before = leaves(&store, "To anna.weiss@example.org");
        leaves(&store, "To nobody");
        let watch = store.watch().unwrap();
        let seen = store.read(|conn| Seen::read(conn, &anna, Extent::Words));
        let mut seen = seen.unwrap();
        assert_eq!(seen.client_calls, BTreeSet::from([before]));
        let since = leaves(&store, "To Anna.Weiss@example.org");
        leaves(&store, "To nobody again");
        store
            .write(|tx| {
                seen.read_again(tx, &anna, &watch).unwrap();
                Ok::<_, StoreError>(())
            })
            .unwrap();
        assert_eq!(seen.client_calls, BTreeSet::from([before, since]));
        assert!(
            seen.spellings.contains("Anna.Weiss@example.org"),
            "{:?}",
            seen.spellings
        );
    }
}
