//! The way back from a backup: here and elsewhere, and whatever is in its way.

use std::fs;

use gatehouse_core::{
    privacy::backup::{BackupError, CodeGiven, RecoveryCode},
    record::Action,
    store::{OpenError, Store},
};
use rusqlite::{Connection, types::Value};

use super::{back_up, first_title, names, restore, restore_with, with_folder};
use crate::support::{
    app::{actions, fact, holds, imported, without_model},
    disk::SmallDisk,
    folder::{NOW, TempFolder, key_in},
};

/// Every row of every table, but for the note that the first start takes out again.
fn rows(store: &Store) -> Vec<(String, Vec<Value>)> {
    store
        .read(|conn: &Connection| {
            let mut tables = conn.prepare(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name",
            )?;
            let tables: Vec<String> = tables
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut all = Vec::new();
            for table in tables {
                let mut statement = conn.prepare(&format!("SELECT * FROM \"{table}\""))?;
                let columns = statement.column_count();
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let values: Vec<Value> = (0..columns)
                        .map(|column| row.get(column))
                        .collect::<Result<_, _>>()?;
                    if values[0] != Value::Text("restored from a backup".into()) {
                        all.push((table.clone(), values));
                    }
                }
            }
            Ok::<_, rusqlite::Error>(all)
        })
        .unwrap()
}

#[test]
fn what_was_wiped_comes_back_row_by_row_and_the_record_says_that_it_was_gone_back() {
    let (data, disk, app) = with_folder();
    let name = back_up(&app);
    let (kept, entries) = {
        // As it was when it was copied: what the copying itself wrote came after.
        let copy = disk.path().join(&name);
        let elsewhere = TempFolder::new();
        let (code, _) = app.recovery_code(CodeGiven::Shown).unwrap();
        let restored = restore_with(&elsewhere.folder, &copy, Some(&code)).unwrap();
        let store = Store::open(&elsewhere.folder, &key_in(&elsewhere.folder), NOW).unwrap();
        (rows(&store), restored.entries)
    };
    imported(&app, "After it", &["Something new"], NOW);
    drop(app);
    for file in ["gatehouse.db", "gatehouse.db-wal", "gatehouse.db-shm"] {
        let _ = fs::remove_file(data.path().join(file));
    }
    let restored = restore(&data, &disk.path().join(&name)).unwrap();
    assert_eq!((restored.entries, restored.moved_in), (entries, false));
    let store = Store::open(&data.folder, &data.key(), NOW).unwrap();
    assert_eq!(rows(&store), kept);
    assert!(kept.len() > 20, "chat, record and all");
    drop(store);

    let app = without_model(&data.folder);
    assert_eq!(
        app.record.status().unwrap().failure.unwrap().fault,
        "cut-off"
    );
    assert_eq!(
        fact(&app, Action::BackupRestored, "entries"),
        Some(entries.to_string())
    );
    holds(&app);
    drop(app);
    let app = without_model(&data.folder);
    let restored = |action: &String| action == Action::BackupRestored.name();
    assert_eq!(
        actions(&app).into_iter().filter(restored).count(),
        1,
        "it is said once"
    );
}

#[test]
fn on_another_computer_a_backup_needs_its_code_and_the_record_says_that_its_keys_are_new() {
    let (_data, disk, app) = with_folder();
    let file = disk.path().join(back_up(&app));
    let (code, short) = app.recovery_code(CodeGiven::Saved).unwrap();
    assert_eq!(
        fact(&app, Action::BackupChanged, "recovery_code").as_deref(),
        Some("saved")
    );
    let before = app.record.status().unwrap();
    drop(app);

    let elsewhere = TempFolder::new();
    let error = restore(&elsewhere, &file).unwrap_err();
    assert!(matches!(error, BackupError::NeedsCode), "{error}");
    assert!(
        !elsewhere.folder.database().exists(),
        "and nothing was made"
    );
    let paper = elsewhere.path().join("code.txt");
    fs::write(&paper, code.file(&short).as_bytes()).unwrap();
    let code = RecoveryCode::of_file(&paper).unwrap();
    let restored = restore_with(&elsewhere.folder, &file, Some(&code)).unwrap();
    assert!(restored.moved_in && restored.aside.is_none());

    let app = without_model(&elsewhere.folder);
    assert_eq!(first_title(&app), "A matter");
    let status = app.record.status().unwrap();
    assert_eq!(
        status.failure.unwrap().fault,
        "keys-missing",
        "it is told, not hidden"
    );
    assert_ne!(status.public_key, before.public_key);
    let said = actions(&app);
    assert!(said.contains(&Action::KeysReplaced.name().into()));
    assert_eq!(
        fact(&app, Action::BackupRestored, "moved_in").as_deref(),
        Some("1")
    );
    let verdict = app
        .record
        .verify(&mut |_| std::ops::ControlFlow::Continue(()))
        .unwrap();
    assert!(verdict.holds());
    assert_eq!(verdict.notes.keys_replaced, 1);
    assert_eq!(verdict.notes.unproven, restored.entries);
    // It is a whole Gatehouse there: its own backups go on.
    app.set_backup_folder(disk.path()).unwrap();
    back_up(&app);
}

#[test]
fn data_of_another_installation_is_set_aside_whole_and_opens_again_when_put_back() {
    let (_data, disk, app) = with_folder();
    let file = disk.path().join(back_up(&app));
    let (code, _) = app.recovery_code(CodeGiven::Shown).unwrap();
    let other = TempFolder::new();
    let there = without_model(&other.folder);
    imported(&there, "Another matter", &["Of somebody else"], NOW);
    drop(there);
    let error = restore(&other, &file).unwrap_err();
    assert!(matches!(error, BackupError::WrongKey { .. }), "{error}");
    let aside = restore_with(&other.folder, &file, Some(&code))
        .unwrap()
        .aside
        .unwrap();
    assert_eq!(first_title(&without_model(&other.folder)), "A matter");
    let again = TempFolder::new();
    for name in names(&aside) {
        fs::rename(aside.join(&name), again.path().join(&name)).unwrap();
    }
    assert_eq!(first_title(&without_model(&again.folder)), "Another matter");
}

#[test]
fn nothing_takes_the_place_of_data_that_is_open() {
    let (data, disk, app) = with_folder();
    let file = disk.path().join(back_up(&app));
    let error = restore(&data, &file).unwrap_err();
    assert!(matches!(error, BackupError::InUse), "{error}");
    holds(&app);
}

#[test]
fn a_restore_that_was_cut_off_is_not_followed_by_a_new_beginning_and_is_done_again() {
    let (data, disk, app) = with_folder();
    let file = disk.path().join(back_up(&app));
    drop(app);
    // As a kill leaves it: what was there is set aside, and what comes has not taken its place.
    let aside = tempfile::tempdir().unwrap();
    fs::rename(data.folder.database(), aside.path().join("gatehouse.db")).unwrap();
    fs::write(data.path().join("gatehouse.part"), "half of it").unwrap();
    let error = Store::open(&data.folder, &data.key(), NOW).unwrap_err();
    assert!(matches!(error, OpenError::Missing), "{error}");
    assert!(!data.folder.database().exists(), "no empty one was made");
    restore(&data, &file).unwrap();
    assert_eq!(first_title(&without_model(&data.folder)), "A matter");
    assert!(!data.path().join("gatehouse.part").exists());
}

#[test]
fn a_backup_of_a_newer_gatehouse_is_refused_before_anything_is_moved() {
    let (data, disk, app) = with_folder();
    let file = disk.path().join(back_up(&app));
    drop(app);
    let key = fs::read_to_string(data.path().join("database.key")).unwrap();
    let conn = Connection::open(&file).unwrap();
    conn.execute_batch(&format!(
        "PRAGMA key = \"x'{key}'\"; PRAGMA user_version = 9999"
    ))
    .unwrap();
    drop(conn);
    let before = fs::read(data.folder.database()).unwrap();
    let error = restore(&data, &file).unwrap_err();
    assert!(
        matches!(error, BackupError::Newer { found: 9999, .. }),
        "{error}"
    );
    assert_eq!(fs::read(data.folder.database()).unwrap(), before);
}

#[test]
fn a_full_disk_under_the_data_refuses_a_restore_and_the_data_opens_as_it_was() {
    let Some(disk) = SmallDisk::mount(4 << 20) else {
        return;
    };
    let copies = tempfile::tempdir().unwrap();
    let app = without_model(&disk.folder);
    app.set_backup_folder(copies.path()).unwrap();
    let file = copies.path().join(back_up(&app));
    let count = holds(&app);
    drop(app);
    let ballast = disk.ballast(4 << 20);
    let error = restore_with(&disk.folder, &file, None).unwrap_err();
    assert!(matches!(error, BackupError::DiskFull(_)), "{error}");
    fs::remove_file(ballast).unwrap();
    assert!(holds(&without_model(&disk.folder)) > count);
}
