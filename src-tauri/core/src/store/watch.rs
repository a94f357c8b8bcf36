//! Which rows this process writes while somebody reads: a long reading need not keep the writer from its
//! work, where what was written meanwhile can be read again before it is acted on.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;

use super::{Store, unpoisoned};

/// What the writer notes for those who watch.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    watches: usize,
    /// By table.
    rows: HashMap<String, BTreeSet<i64>>,
}

impl Notes {
    /// Have a connection note what it writes. SQLite tells it of every row of a table with row numbers.
    pub(super) fn follow(&self, conn: &mut Connection) -> rusqlite::Result<()> {
        let notes = self.clone();
        conn.update_hook(Some(move |_, _: &str, table: &str, row| {
            notes.with(|noted| {
                if noted.watches == 0 {
                    return;
                }
                match noted.rows.get_mut(table) {
                    Some(rows) => drop(rows.insert(row)),
                    None => drop(noted.rows.insert(table.to_owned(), BTreeSet::from([row]))),
                }
            });
        }))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Noted) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Notes what is written until it is dropped. What was rolled back is noted, too.
#[derive(Debug)]
pub(crate) struct Watch<'s> {
    store: &'s Store,
    /// How SQLite counts the commits of others.
    others: i64,
}

impl Store {
    /// Note what is written from now on.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub(crate) fn watch(&self) -> rusqlite::Result<Watch<'_>> {
        // While the writer is held nothing is being written, so all that comes is noted.
        let conn = unpoisoned(&self.writer);
        let others = commits_of_others(&conn)?;
        self.notes.with(|noted| noted.watches += 1);
        Ok(Watch {
            store: self,
            others,
        })
    }
}

impl Watch<'_> {
    /// The rows of a table that were written since, by their numbers; some of them may be gone. It is
    /// the whole answer only in a write, where nobody else writes.
    pub(crate) fn written(&self, table: &str) -> BTreeSet<i64> {
        let notes = &self.store.notes;
        notes.with(|noted| noted.rows.get(table).cloned().unwrap_or_default())
    }

    /// Whether another process has written something since: nobody knows what. `tx` is a write.
    ///
    /// # Errors
    /// [`rusqlite::Error`] when the database fails.
    pub(crate) fn others_wrote(&self, tx: &Connection) -> rusqlite::Result<bool> {
        Ok(commits_of_others(tx)? != self.others)
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.store.notes.with(|noted| {
            noted.watches -= 1;
            if noted.watches == 0 {
                noted.rows = HashMap::new();
            }
        });
    }
}

fn commits_of_others(conn: &Connection) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, "data_version", |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        secrets::{self, KeyHome},
        store::{DataFolder, StoreError},
    };

    #[test]
    fn what_is_written_while_somebody_watches_is_told_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(&dir.path().join("data"))).unwrap();
        let (key, _) = secrets::database_key(&folder, KeyHome::File).unwrap();
        let store = Store::open(&folder, &key, 1).unwrap();
        let write = |store: &Store, sql: &str| {
            store
                .write(|tx| tx.execute_batch(sql).map_err(StoreError::from))
                .unwrap();
        };
        write(
            &store,
            "CREATE TABLE notes (n INTEGER PRIMARY KEY, of INTEGER REFERENCES notes ON DELETE CASCADE)",
        );
        write(&store, "INSERT INTO notes VALUES (1, NULL), (2, 1)");
        let watch = store.watch().unwrap();
        assert_eq!(watch.written("notes"), BTreeSet::new());
        write(
            &store,
            "INSERT INTO notes VALUES (3, 1); UPDATE notes SET of = NULL WHERE n = 2",
        );
        assert_eq!(watch.written("notes"), BTreeSet::from([2, 3]));
        write(&store, "DELETE FROM notes WHERE n = 1");
        assert_eq!(watch.written("notes"), BTreeSet::from([1, 2, 3]));
        store
            .write(|tx| {
                assert!(!watch.others_wrote(tx).unwrap());
                Ok::<_, StoreError>(())
            })
            .unwrap();
        let other = Store::open(&folder, &key, 1).unwrap();
        write(&other, "INSERT INTO notes VALUES (9, NULL)");
        store
            .write(|tx| {
                assert!(watch.others_wrote(tx).unwrap());
                Ok::<_, StoreError>(())
            })
            .unwrap();
        drop(watch);
        write(&store, "INSERT INTO notes VALUES (10, NULL)");
        let watch = store.watch().unwrap();
        assert_eq!(watch.written("notes"), BTreeSet::new());
    }
}
