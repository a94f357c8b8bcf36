//! What pages still hold beside what is in them. `secure_delete` overwrites what is deleted where it lay;
//! but where SQLite moved rows from page to page before, to balance a tree, their old places keep copies
//! in the unused part of the page. Scrubbing fills that part with zeros.
//!
//! It needs the layout of a page of a tree, which is a part of SQLite's file format ("B-tree Pages"): a
//! header, a list of where the cells begin, unused space, and the cells, between which blocks may be free.
//! Pages that are free altogether are listed ("The Freelist"), and are filled with zeros, too. No other kind of page begins with the byte that such a page begins with: theirs begin with the number
//! of a page, which would be beyond 100 GB.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{Store, StoreError};

/// Pages at once: the writer waits for no more than these.
const AT_ONCE: usize = 500;
/// Bytes before the header of the tree on the first page.
const FILE_HEADER: usize = 100;
/// Where that header has the number of the first page that lists free ones.
const FIRST_LIST: usize = 32;
/// Where it says how many bytes of each page are not SQLite's.
const RESERVED: usize = 20;

impl Store {
    /// Overwrite what the unused parts of pages hold; how many pages had something in them.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; what was overwritten stays so.
    pub(crate) fn scrub(&self) -> Result<usize, StoreError> {
        let dirty: Vec<u32> = self.read(|conn| Ok::<_, StoreError>(dirty(conn)?))?;
        let mut scrubbed = 0;
        for pages in dirty.chunks(AT_ONCE) {
            let mut conn = self.alone();
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let free = free_pages(&tx)?;
            for &page in pages {
                scrubbed += usize::from(scrub_page(&tx, page, &free)?);
            }
            tx.commit()?;
        }
        Ok(scrubbed)
    }
}

/// The pages that are in no use.
#[derive(Debug, Default)]
pub(super) struct Free {
    /// Their numbers. Those that list them are not among them.
    pages: HashSet<u32>,
    /// Bytes at the end of each page of the file that belong to the encryption.
    reserved: usize,
}

/// Find the pages that are in no use.
pub(super) fn free_pages(conn: &Connection) -> rusqlite::Result<Free> {
    let mut page = conn.prepare_cached("SELECT data FROM sqlite_dbpage WHERE pgno = ?1")?;
    let mut read = |number: u32| -> rusqlite::Result<Vec<u8>> {
        let data = page.query_row([number], |row| row.get(0)).optional()?;
        Ok(data.unwrap_or_default())
    };
    let integer = |data: &[u8], at: usize| {
        let bytes = data.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes))
    };
    let mut free = HashSet::new();
    let mut lists = HashSet::new();
    let first = read(1)?;
    let mut list = integer(&first, FIRST_LIST).unwrap_or(0);
    // A list that leads back to itself would never end.
    while list != 0 && lists.insert(list) {
        let data = read(list)?;
        let listed = integer(&data, 4).unwrap_or(0) as usize;
        let numbers = data.get(8..).unwrap_or_default().chunks_exact(4);
        free.extend(numbers.take(listed).filter_map(|number| integer(number, 0)));
        list = integer(&data, 0).unwrap_or(0);
    }
    free.retain(|page| *page > 1 && !lists.contains(page));
    Ok(Free {
        pages: free,
        reserved: usize::from(first.get(RESERVED).copied().unwrap_or(0)),
    })
}

fn dirty(conn: &Connection) -> rusqlite::Result<Vec<u32>> {
    let free = free_pages(conn)?;
    let mut pages = conn.prepare("SELECT pgno, data FROM sqlite_dbpage")?;
    let mut rows = pages.query([])?;
    let mut dirty = Vec::new();
    while let Some(row) = rows.next()? {
        let page = row.get(0)?;
        if clean(page, row.get_ref(1)?.as_blob()?, &free).is_some() {
            dirty.push(page);
        }
    }
    Ok(dirty)
}

fn scrub_page(conn: &Connection, page: u32, free: &Free) -> rusqlite::Result<bool> {
    let data: Vec<u8> = conn
        .prepare_cached("SELECT data FROM sqlite_dbpage WHERE pgno = ?1")?
        .query_row([page], |row| row.get(0))?;
    let Some(clean) = clean(page, &data, free) else {
        return Ok(false);
    };
    conn.prepare_cached("UPDATE sqlite_dbpage SET data = ?2 WHERE pgno = ?1")?
        .execute(params![page, clean])?;
    Ok(true)
}

/// The page with zeros where nothing is; `None`: it has only zeros there, or is in use and no page of
/// a tree.
pub(super) fn clean(number: u32, data: &[u8], free: &Free) -> Option<Vec<u8>> {
    let dirty = match free.pages.contains(&number) {
        true => std::iter::once(0..data.len().saturating_sub(free.reserved)).collect(),
        false => unused(number, data)?,
    };
    let is_dirty =
        |range: &std::ops::Range<usize>| data[range.clone()].iter().any(|byte| *byte != 0);
    if !dirty.iter().any(is_dirty) {
        return None;
    }
    let mut clean = data.to_vec();
    for range in dirty {
        clean[range].fill(0);
    }
    Some(clean)
}

/// Where nothing is on a page of a tree. `None`: it is another page, or not as such a page must be.
fn unused(number: u32, data: &[u8]) -> Option<Vec<std::ops::Range<usize>>> {
    let header = if number == 1 { FILE_HEADER } else { 0 };
    let integer = |at: usize| {
        let bytes = data.get(at..at + 2)?;
        Some(usize::from(u16::from_be_bytes([bytes[0], bytes[1]])))
    };
    let cells_at = match data.get(header)? {
        2 | 5 => header + 12,
        10 | 13 => header + 8,
        _ => return None,
    };
    let cells = integer(header + 3)?;
    let content = match integer(header + 5)? {
        0 => 0x1_0000,
        content => content,
    };
    let gap = cells_at + 2 * cells..content;
    if gap.start > gap.end || gap.end > data.len() {
        return None;
    }
    let mut unused = vec![gap];
    let mut block = integer(header + 1)?;
    while block != 0 {
        let (next, size) = (integer(block)?, integer(block + 2)?);
        // Blocks come in order, each with its own size and the place of the next one before the rest.
        let is_ordered = next == 0 || next > block;
        if block < content || size < 4 || block + size > data.len() || !is_ordered {
            return None;
        }
        unused.push(block + 4..block + size);
        block = next;
    }
    Some(unused)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        secrets::{self, KeyHome},
        store::DataFolder,
    };

    fn occurrences(store: &Store, needle: &str) -> usize {
        let mut found = 0;
        let finder = memchr::memmem::Finder::new(needle);
        store
            .each_page(|page, _| found += usize::from(finder.find(page).is_some()))
            .unwrap();
        found
    }

    /// Messages of mixed lengths, some with a mark, of which all with a mark are then emptied.
    fn emptied(seed: u32) -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(&dir.path().join("data"))).unwrap();
        let (key, _) = secrets::database_key(&folder, KeyHome::File).unwrap();
        let store = Store::open(&folder, &key, 1).unwrap();
        let mut state = seed;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % below
        };
        store
            .write(|tx| {
                tx.execute_batch("CREATE TABLE notes (n INTEGER PRIMARY KEY, text TEXT)")?;
                for n in 0..1500 {
                    let words = "words and words ".repeat(random(90) as usize);
                    let mark = if random(3) == 0 { "zqmark" } else { "plain" };
                    tx.execute(
                        "INSERT INTO notes VALUES (?1, ?2)",
                        params![(n * 7919) % 10_007, format!("{mark} {n} {words}")],
                    )?;
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
        store
            .write(|tx| {
                tx.execute("UPDATE notes SET text = 'x' WHERE text LIKE 'zqmark%'", [])
                    .map_err(StoreError::from)
            })
            .unwrap();
        (dir, store)
    }

    #[test]
    fn what_secure_delete_leaves_in_unused_parts_of_pages_is_overwritten() {
        let mut left_before = 0;
        for seed in 0..6 {
            let (_dir, store) = emptied(seed);
            left_before += occurrences(&store, "zqmark");
            let plain = |store: &Store| {
                store
                    .read(|conn| {
                        conn.query_row(
                            "SELECT count(*), sum(length(text)), sum(n) FROM notes",
                            [],
                            |row| {
                                Ok((
                                    row.get::<_, i64>(0)?,
                                    row.get::<_, i64>(1)?,
                                    row.get::<_, i64>(2)?,
                                ))
                            },
                        )
                        .map_err(StoreError::from)
                    })
                    .unwrap()
            };
            let before = plain(&store);
            assert!(store.scrub().unwrap() > 0);
            assert_eq!(occurrences(&store, "zqmark"), 0, "seed {seed}");
            assert_eq!(plain(&store), before);
            let verdict: String = store
                .read(|conn| {
                    conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))
                        .map_err(StoreError::from)
                })
                .unwrap();
            assert_eq!(verdict, "ok");
            assert_eq!(store.scrub().unwrap(), 0, "nothing is left to do");
        }
        assert!(left_before > 0, "there was something to overwrite");
    }

    #[test]
    fn pages_that_are_free_altogether_are_known_and_overwritten() {
        let (_dir, store) = emptied(1);
        store
            .write(|tx| {
                tx.execute_batch("DROP TABLE notes")
                    .map_err(StoreError::from)
            })
            .unwrap();
        let (free, listed): (Free, i64) = store
            .read(|conn| {
                let listed = conn.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
                Ok::<_, StoreError>((free_pages(conn)?, listed))
            })
            .unwrap();
        // All but the pages that list them, of which one has room for about a thousand.
        assert!((1..=listed).contains(&(i64::try_from(free.pages.len()).unwrap() + 1)));
        let page = *free.pages.iter().min().unwrap();
        store
            .write(|tx| {
                tx.execute(
                    "UPDATE sqlite_dbpage SET data = ?2 WHERE pgno = ?1",
                    params![page, vec![b'z'; 4096]],
                )
                .map_err(StoreError::from)
            })
            .unwrap();
        assert_eq!(occurrences(&store, "zzzz"), 1);
        assert!(store.scrub().unwrap() > 0);
        assert_eq!(occurrences(&store, "zzzz"), 0);
        let mut unused = 0;
        let look = |_: &[u8], something| unused += u32::from(something);
        store.each_page(look).unwrap();
        assert_eq!(unused, 0);
    }

    proptest! {
        #[test]
        fn no_page_makes_it_leave_the_page(data in proptest::collection::vec(any::<u8>(), 0..600), first: bool) {
            let number = if first { 1 } else { 2 };
            if let Some(clean) = clean(number, &data, &Free::default()) {
                prop_assert_eq!(clean.len(), data.len());
            }
        }

        #[test]
        fn hostile_headers_are_left_alone(kind in prop_oneof![Just(2u8), Just(5), Just(10), Just(13)],
                                          rest in proptest::collection::vec(any::<u8>(), 599)) {
            let data = [vec![kind], rest].concat();
            if let Some(clean) = clean(2, &data, &Free::default()) {
                prop_assert_eq!(&clean[..8], &data[..8], "a header stays");
            }
        }
    }
}
