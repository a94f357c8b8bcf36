//! The store keeps what was said: through kills, full disks, damage, lost keys and second starts.

use std::{
    fs,
    io::{BufRead, BufReader},
};

use gatehouse_core::{
    app::App,
    record::RecordError,
    secrets::{DatabaseKey, KeyError, KeyHome, database_key, is_first_start},
    startup::{StartError, StartupCode},
    store::{
        InstanceLock, LockError, OpenError, SnapshotError, SnapshotReason, Store, StoreError,
        snapshot,
    },
};
use rusqlite::Connection;

use crate::support::{
    app,
    disk::SmallDisk,
    folder::{NOW, TempFolder, child, folder_of_child, key_in},
};

const DAY: i64 = 86_400_000;

/// A table of these tests, as plain as messages can be.
fn make_table(store: &Store) {
    store
        .write(|tx| {
            tx.execute_batch("CREATE TABLE IF NOT EXISTS said (n INTEGER PRIMARY KEY, text)")
        })
        .unwrap();
}

fn say(store: &Store, text: &str) -> Result<(), StoreError> {
    store.write(|tx| {
        tx.execute("INSERT INTO said (text) VALUES (?1)", [text])
            .map(|_| ())
    })?;
    Ok(())
}

fn said(store: &Store) -> i64 {
    let count =
        |conn: &Connection| conn.query_row("SELECT count(*) FROM said", [], |row| row.get(0));
    store.read(count).unwrap()
}

/// A closed database of about one megabyte: `rows` rows of 1000 random bytes, and a snapshot.
fn filled(rows: usize) -> TempFolder {
    let temp = TempFolder::new();
    let store = temp.open().unwrap();
    make_table(&store);
    store
        .write(|tx| {
            let mut insert = tx.prepare("INSERT INTO said (text) VALUES (randomblob(1000))")?;
            (0..rows).try_for_each(|_| insert.execute([]).map(|_| ()))
        })
        .unwrap();
    store.snapshot(SnapshotReason::Daily, NOW).unwrap();
    drop(store);
    temp
}

#[test]
fn a_first_start_makes_everything_and_a_second_finds_it() {
    let temp = TempFolder::new();
    let store = temp.open().unwrap();
    make_table(&store);
    say(&store, "hello").unwrap();
    drop(store);
    assert!(
        !temp.path().join("gatehouse.db-wal").exists(),
        "closing brings the log into the file"
    );
    assert_eq!(said(&temp.open().unwrap()), 1);
}

#[test]
fn nothing_that_was_said_can_be_read_from_the_files() {
    let temp = TempFolder::new();
    let store = temp.open().unwrap();
    make_table(&store);
    say(&store, "a very telling sentence").unwrap();
    store.snapshot(SnapshotReason::ByHand, NOW).unwrap();
    let mut pending = vec![temp.path().to_path_buf()];
    let mut read = 0;
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            let plain = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!plain(b"telling"), "{} holds plain text", path.display());
            assert!(
                !plain(b"SQLite format"),
                "{} is not encrypted",
                path.display()
            );
            read += 1;
        }
    }
    assert!(
        read >= 5,
        "database, log, snapshot, key and instance were read, not {read} files"
    );
}

#[test]
fn a_wrong_key_is_told_from_damage_and_changes_nothing() {
    let temp = filled(10);
    let before = fs::read(temp.folder.database()).unwrap();
    let error = Store::open(&temp.folder, &DatabaseKey::random().unwrap(), NOW).unwrap_err();
    assert!(matches!(error, OpenError::KeyWrong), "{error}");
    assert_eq!(fs::read(temp.folder.database()).unwrap(), before);
}

#[test]
fn a_missing_key_is_said_and_never_made_anew() {
    let temp = filled(10);
    let key_file = temp.path().join("database.key");
    fs::remove_file(&key_file).unwrap();
    for _ in 0..2 {
        let error = database_key(&temp.folder, KeyHome::File).unwrap_err();
        assert!(matches!(error, KeyError::KeyMissing { .. }), "{error}");
        assert!(!key_file.exists());
    }
}

#[test]
fn a_database_whose_instance_file_is_gone_gets_no_new_key() {
    let temp = filled(10);
    fs::remove_file(temp.path().join("instance.json")).unwrap();
    let key = fs::read(temp.path().join("database.key")).unwrap();
    let error = database_key(&temp.folder, KeyHome::File).unwrap_err();
    assert!(matches!(error, KeyError::KeyMissing { .. }), "{error}");
    assert_eq!(fs::read(temp.path().join("database.key")).unwrap(), key);
}

#[test]
fn a_file_in_the_keys_place_that_is_no_key_is_said() {
    let temp = filled(10);
    for content in [
        "",
        "hello",
        &"g".repeat(64),
        &"a".repeat(63),
        &"a".repeat(66),
    ] {
        fs::write(temp.path().join("database.key"), content).unwrap();
        let error = database_key(&temp.folder, KeyHome::File).unwrap_err();
        assert!(
            matches!(error, KeyError::KeyUnreadable { .. }),
            "{content:?}: {error}"
        );
        assert!(content.is_empty() || !error.to_string().contains(content));
    }
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_can_read_is_closed_again() {
    use std::os::unix::fs::PermissionsExt;
    let temp = filled(10);
    let path = temp.path().join("database.key");
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    temp.open().unwrap();
    assert_eq!(mode(), 0o600);
}

#[test]
fn a_key_shows_nothing_of_itself() {
    let temp = TempFolder::new();
    let key = temp.key();
    let secret = fs::read_to_string(temp.path().join("database.key")).unwrap();
    assert_eq!(secret.len(), 64);
    assert_eq!(format!("{key:?}"), "DatabaseKey(…)");
    let instance = fs::read_to_string(temp.path().join("instance.json")).unwrap();
    assert!(!instance.contains(&secret) && instance.contains(&key.check_value()));
}

/// Break the file in one way, and hold Gatehouse to its word: a clear error, the file untouched,
/// the way back open.
fn damage(how: impl Fn(&mut Vec<u8>)) {
    let temp = filled(1000);
    let mut bytes = fs::read(temp.folder.database()).unwrap();
    how(&mut bytes);
    fs::write(temp.folder.database(), &bytes).unwrap();

    let error = temp.open().unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    assert_eq!(
        fs::read(temp.folder.database()).unwrap(),
        bytes,
        "the damaged file is kept"
    );

    let name = snapshot::list(&temp.folder).unwrap()[0].name.clone();
    let aside = snapshot::restore(&temp.lock(), &temp.key(), &name, NOW).unwrap();
    assert_eq!(
        fs::read(aside.join("gatehouse.db")).unwrap(),
        bytes,
        "set aside, not deleted"
    );
    assert_eq!(said(&temp.open().unwrap()), 1000);
}

#[test]
fn a_flipped_bit_in_the_first_page_is_found() {
    damage(|bytes| bytes[100] ^= 1);
}

#[test]
fn a_flipped_bit_in_the_middle_is_found() {
    damage(|bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
}

#[test]
fn a_flipped_bit_in_the_last_page_is_found() {
    damage(|bytes| *bytes.last_mut().unwrap() ^= 1);
}

#[test]
fn a_file_cut_to_half_is_found() {
    damage(|bytes| bytes.truncate(bytes.len() / 2));
}

#[test]
fn a_file_cut_in_its_first_page_is_found() {
    damage(|bytes| bytes.truncate(1000));
}

#[test]
fn an_empty_file_is_found_and_not_taken_for_a_new_one() {
    damage(Vec::clear);
}

#[test]
fn random_bytes_in_the_place_of_the_database_are_found() {
    damage(|bytes| {
        let mut state = 1_u32;
        bytes.fill_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        });
    });
}

#[test]
fn another_sqlite_file_is_not_taken_for_ours() {
    damage(|bytes| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("other.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("CREATE TABLE other (x)")
            .unwrap();
        *bytes = fs::read(path).unwrap();
    });
}

#[test]
fn damage_deep_in_a_large_database_is_found_by_the_daily_snapshot_and_older_ones_stay() {
    let temp = filled(3_000);
    let mut bytes = fs::read(temp.folder.database()).unwrap();
    assert!(
        bytes.len() > 2 << 20,
        "large enough not to be read whole at the start"
    );
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(temp.folder.database(), &bytes).unwrap();
    let before = snapshot::list(&temp.folder).unwrap();

    let store = temp.open().unwrap();
    for day in 1..7 {
        let error = store.daily_snapshot(NOW + day * DAY).unwrap_err();
        assert!(matches!(error, SnapshotError::Damaged { .. }), "{error}");
    }
    assert_eq!(
        snapshot::list(&temp.folder).unwrap(),
        before,
        "the sound one is still there"
    );
    let whole = |conn: &Connection| {
        conn.query_row("SELECT max(text) FROM said", [], |row| {
            row.get::<_, Vec<u8>>(0)
        })
    };
    let error = StoreError::from(store.read(whole).unwrap_err());
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    // What can be read can still be read, and saved by hand.
    let first = store.read(|conn| {
        conn.query_row("SELECT length(text) FROM said WHERE n = 1", [], |row| {
            row.get::<_, i64>(0)
        })
    });
    assert_eq!(first.unwrap(), 1000);
}

/// Change one byte of the page on which the newest entry of the record lies.
fn damage_the_end_of_the_record(temp: &TempFolder) {
    let store = temp.open().unwrap();
    let place = |conn: &Connection| {
        let page: usize = conn.query_row(
            "SELECT pageno FROM dbstat WHERE name = 'audit_entries' AND pagetype = 'leaf'
             ORDER BY path DESC LIMIT 1",
            [],
            |row| row.get(0),
        )?;
        let pages: usize = conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
        Ok::<_, rusqlite::Error>((page, pages))
    };
    let (page, pages) = store.read(place).unwrap();
    drop(store);
    let mut bytes = fs::read(temp.folder.database()).unwrap();
    let of_one = bytes.len() / pages;
    bytes[(page - 1) * of_one + of_one / 2] ^= 1;
    fs::write(temp.folder.database(), bytes).unwrap();
}

#[test]
fn damage_at_the_end_of_the_record_stops_the_start_and_the_way_back_is_named() {
    let temp = filled(3_000);
    let around = || app::around(app::program("gatehouse-engine"));
    let opened = App::open(&temp.folder, around()).unwrap();
    let kept = opened.make_snapshot().unwrap();
    drop(opened);
    damage_the_end_of_the_record(&temp);
    temp.open().unwrap(); // which reads the first page of so large a database
    let error = App::open(&temp.folder, around()).err().unwrap();
    assert_eq!(error.code(), StartupCode::Damaged, "{error:?}");
    assert!(error.code().has_way_back() && error.code().can_start_empty());
    snapshot::restore(&temp.lock(), &temp.key(), &kept.name, NOW).unwrap();
    App::open(&temp.folder, around()).unwrap();
}

#[test]
fn what_the_database_meets_after_it_was_opened_is_told_as_when_it_opens() {
    let codes = |error: fn() -> StoreError| {
        [
            StartError::from(error()).code(),
            StartError::from(RecordError::from(error())).code(),
        ]
    };
    assert_eq!(codes(|| StoreError::DiskFull), [StartupCode::DiskFull; 2]);
    assert_eq!(
        codes(|| StoreError::ReadOnly),
        [StartupCode::NotWritable; 2]
    );
    assert_eq!(codes(|| StoreError::Busy), [StartupCode::Busy; 2]);
    assert_eq!(StartError::from(OpenError::Busy).code(), StartupCode::Busy);
}

#[test]
fn a_database_of_a_later_build_is_refused() {
    let temp = filled(10);
    let store = temp.open().unwrap();
    store
        .write(|tx| {
            tx.execute(
                "INSERT INTO migrations VALUES ('2999-01-01 from the future', 0)",
                [],
            )
        })
        .unwrap();
    drop(store);
    let error = temp.open().unwrap_err();
    assert!(
        matches!(error, OpenError::Newer { found, known, .. } if found == known + 1),
        "{error}"
    );
}

#[test]
fn a_second_window_is_refused_and_the_command_line_is_not() {
    let temp = filled(10);
    let lock = temp.lock();
    let window = temp.open().unwrap();
    let output = child("store::child_takes_the_window", &temp.folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(
        lock.asked_to_raise(),
        "the second start asks the first window to come forward"
    );
    let output = child("store::child_says_fifty_things", &temp.folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(said(&window), 60);
}

#[test]
#[ignore = "another test starts it as a process"]
fn child_takes_the_window() {
    let refused = InstanceLock::acquire(&folder_of_child());
    assert!(matches!(refused, Err(LockError::AlreadyOpen)));
}

#[test]
#[ignore = "another test starts it as a process"]
fn child_says_fifty_things() {
    let folder = folder_of_child();
    let store = Store::open(&folder, &key_in(&folder), NOW).unwrap();
    make_table(&store);
    for n in 0..50 {
        say(&store, &format!("{} {n}", std::process::id())).unwrap();
    }
}

#[test]
fn processes_that_start_at_once_in_an_empty_folder_share_one_key_and_lose_no_write() {
    let temp = TempFolder::new();
    let start = |_| {
        child("store::child_says_fifty_things", &temp.folder)
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..3).map(start).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(said(&temp.open().unwrap()), 150);
}

#[test]
fn a_kill_in_the_middle_of_writing_loses_nothing_that_was_committed() {
    let temp = TempFolder::new();
    let mut committed = 0;
    for round in 1..=8 {
        let mut writer = child("store::child_writes_until_it_is_killed", &temp.folder)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut reported = || loop {
            match lines.next() {
                // Anything else is the test program's own talk.
                Some(Ok(line)) => {
                    if let Some(n) = line.strip_prefix("committed ") {
                        return n.parse::<i64>().ok();
                    }
                }
                _ => return None,
            }
        };
        for _ in 0..round * 3 {
            committed = reported().expect("it writes until it is killed");
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        while let Some(more) = reported() {
            committed = more;
        }
        let store = temp.open().unwrap();
        let found = said(&store);
        assert!(
            found >= committed,
            "round {round}: {committed} were committed, {found} are there"
        );
    }
}

#[test]
#[ignore = "another test starts it as a process"]
fn child_writes_until_it_is_killed() {
    let folder = folder_of_child();
    let store = Store::open(&folder, &key_in(&folder), NOW).unwrap();
    make_table(&store);
    loop {
        say(&store, &"word ".repeat(400)).unwrap();
        println!("committed {}", said(&store));
    }
}

#[test]
fn a_full_disk_is_said_and_what_was_there_stays() {
    let Some(disk) = SmallDisk::mount(4 << 20) else {
        return full_without_a_small_disk();
    };
    let key = key_in(&disk.folder);
    let store = Store::open(&disk.folder, &key, NOW).unwrap();
    make_table(&store);
    let ballast = disk.ballast(1 << 20);
    let text = "x".repeat(10_000);
    let mut kept = 0;
    let error = loop {
        match say(&store, &text) {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::DiskFull), "{error}");
    assert!(kept > 10, "the disk was full after {kept} messages");
    assert_eq!(said(&store), kept);

    let error = store.snapshot(SnapshotReason::ByHand, NOW).unwrap_err();
    assert!(matches!(error, SnapshotError::DiskFull), "{error}");
    let left = fs::read_dir(disk.folder.snapshots()).map_or(0, Iterator::count);
    assert_eq!(left, 0, "no half snapshot is left");

    fs::remove_file(ballast).unwrap();
    say(&store, &text).expect("with room again, the same store works on");
    drop(store);
    assert_eq!(
        said(&Store::open(&disk.folder, &key, NOW).unwrap()),
        kept + 1
    );
}

/// Where no disk can be mounted, SQLite is told that it may not grow: the same error by another
/// way, but without the part about snapshots.
fn full_without_a_small_disk() {
    let temp = filled(10);
    let store = temp.open().unwrap();
    store
        .write(|tx| tx.pragma_update(None, "max_page_count", 50))
        .unwrap();
    let text = "x".repeat(10_000);
    let error = std::iter::repeat_with(|| say(&store, &text))
        .find_map(Result::err)
        .unwrap();
    assert!(matches!(error, StoreError::DiskFull), "{error}");
    let kept = said(&store);
    drop(store);
    assert_eq!(said(&temp.open().unwrap()), kept);
}

#[test]
fn a_first_start_on_a_full_disk_leaves_nothing_half_done() {
    let Some(disk) = SmallDisk::mount(1 << 20) else {
        return;
    };
    let key = key_in(&disk.folder);
    // Room for the first pages of a database, not for all of it.
    let ballast = disk.ballast(1 << 20);
    let file = fs::File::options().write(true).open(&ballast).unwrap();
    file.set_len(file.metadata().unwrap().len() - 8192).unwrap();
    drop(file);
    let error = Store::open(&disk.folder, &key, NOW).unwrap_err();
    assert!(matches!(error, OpenError::DiskFull), "{error}");
    assert!(!disk.folder.database().exists());
    fs::remove_file(ballast).unwrap();
    Store::open(&disk.folder, &key, NOW).expect("with room again, the first start goes on");
}

#[test]
fn a_snapshot_that_does_not_fit_back_leaves_the_database_in_place() {
    let Some(disk) = SmallDisk::mount(4 << 20) else {
        return;
    };
    let key = key_in(&disk.folder);
    let store = Store::open(&disk.folder, &key, NOW).unwrap();
    make_table(&store);
    (0..50).for_each(|_| say(&store, &"x".repeat(10_000)).unwrap());
    let info = store.snapshot(SnapshotReason::ByHand, NOW).unwrap();
    say(&store, "one more").unwrap();
    drop(store);
    let ballast = disk.ballast(4 << 20);
    let lock = InstanceLock::acquire(&disk.folder).unwrap();
    let error = snapshot::restore(&lock, &key, &info.name, NOW).unwrap_err();
    assert!(matches!(error, SnapshotError::DiskFull), "{error}");
    fs::remove_file(ballast).unwrap();
    assert_eq!(said(&Store::open(&disk.folder, &key, NOW).unwrap()), 51);
}

#[test]
fn a_folder_that_cannot_be_written_is_said() {
    let Some(disk) = SmallDisk::mount(4 << 20) else {
        return;
    };
    let key = key_in(&disk.folder);
    drop(Store::open(&disk.folder, &key, NOW).unwrap());
    disk.make_read_only();
    let error = Store::open(&disk.folder, &key, NOW).unwrap_err();
    assert!(matches!(error, OpenError::ReadOnly), "{error}");
}

#[test]
fn with_a_lost_key_one_can_start_empty_and_everything_is_set_aside() {
    let temp = filled(4);
    fs::remove_file(temp.path().join("database.key")).unwrap();
    let lost = database_key(&temp.folder, KeyHome::File);
    assert!(matches!(lost, Err(KeyError::KeyMissing { .. })), "{lost:?}");
    assert!(!is_first_start(&temp.folder).unwrap());

    let aside = snapshot::start_empty(&temp.lock(), NOW).unwrap();
    for name in ["gatehouse.db", "instance.json", "snapshots"] {
        assert!(aside.join(name).exists(), "{name} is set aside");
        assert!(!temp.path().join(name).exists(), "{name} is gone from here");
    }
    assert!(is_first_start(&temp.folder).unwrap());
    let store = temp.open().unwrap();
    make_table(&store);
    assert_eq!(said(&store), 0, "it begins anew");
}
