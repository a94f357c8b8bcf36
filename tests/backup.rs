//! What the product promises of backups: what was made comes back, here and elsewhere, whatever happens to
//! disks, files and processes meanwhile; and nothing but its own is ever removed.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
};

use gatehouse_core::{
    app::App,
    chat, now_ms,
    privacy::backup::{self, BackupError, CodeGiven, RecoveryCode, Restored},
    problem::ProblemCode,
    record::Action,
    secrets::KeyHome,
    store::{DataFolder, OpenError, Store},
};
use rusqlite::{Connection, types::Value};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    command_line::Shell,
    support::{
        app::{actions, fact, holds, imported, without_model},
        disk::SmallDisk,
        folder::{NOW, TempFolder, child, folder_of_child, key_in},
    },
};

const KILLS: u32 = 100;

/// A Gatehouse with a chat and a folder for its backups.
fn with_folder() -> (TempFolder, TempDir, App) {
    let (data, disk) = (TempFolder::new(), tempfile::tempdir().unwrap());
    let app = without_model(&data.folder);
    imported(
        &app,
        "A matter",
        &["What was said", "What was answered"],
        NOW,
    );
    app.set_backup_folder(disk.path()).unwrap();
    (data, disk, app)
}

fn back_up(app: &App) -> String {
    app.back_up(&mut |_| ()).unwrap().name
}

fn restore(folder: &TempFolder, file: &Path) -> Result<Restored, BackupError> {
    restore_with(&folder.folder, file, None)
}

fn restore_with(
    folder: &DataFolder,
    file: &Path,
    code: Option<&RecoveryCode>,
) -> Result<Restored, BackupError> {
    let lock = gatehouse_core::store::InstanceLock::acquire(folder).unwrap();
    backup::restore(&lock, file, code, KeyHome::File, now_ms())
}

/// The names in a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

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
fn a_backup_is_named_verified_and_recorded_and_holds_nothing_in_the_clear() {
    let (data, disk, app) = with_folder();
    let made = app.back_up(&mut |_| ()).unwrap();
    let instance = fs::read_to_string(data.path().join("instance.json")).unwrap();
    let short = made.name.split('-').nth(1).unwrap();
    assert!(
        instance.contains(&format!("\"{short}")),
        "it names its installation"
    );
    assert_eq!(
        names(disk.path()),
        [made.name.as_str()],
        "and nothing is beside it"
    );
    assert_eq!(
        fact(&app, Action::BackupMade, "backup"),
        Some(made.name.clone())
    );
    assert_eq!(
        fact(&app, Action::BackupMade, "record").as_deref(),
        Some("holds")
    );
    let status = app.backup_status(now_ms()).unwrap();
    assert_eq!(status.made_name.as_ref(), Some(&made.name));
    assert!(status.due_at_ms.unwrap() > now_ms() && status.problem.is_none());

    let report = app.verify_backup(&disk.path().join(&made.name)).unwrap();
    assert!(report.is_of_this_record && report.record_fault.is_none() && report.entries > 3);
    assert_eq!(
        fact(&app, Action::BackupVerified, "outcome").as_deref(),
        Some("sound")
    );
    let bytes = fs::read(disk.path().join(&made.name)).unwrap();
    let key = fs::read(data.path().join("database.key")).unwrap();
    for plain in [b"What was said".as_slice(), b"SQLite format", &key] {
        assert!(!bytes.windows(plain.len()).any(|window| window == plain));
    }
    holds(&app);
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

fn first_title(app: &App) -> String {
    let all = app.store.read(|conn| chat::list(conn, None)).unwrap();
    all[0].title.clone().unwrap()
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
fn one_wrong_bit_anywhere_in_a_backup_is_found_and_the_data_stays_as_it_was() {
    let (data, disk, app) = with_folder();
    let file = disk.path().join(back_up(&app));
    let good = fs::read(&file).unwrap();
    let damaged = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        let error = app.verify_backup(&file).unwrap_err();
        assert!(
            matches!(
                error,
                BackupError::NotSound { .. } | BackupError::WrongKey { .. }
            ),
            "{error}"
        );
    };
    for nth in 0..64_usize {
        let mut bytes = good.clone();
        // Spread over the file, the same in every run; the first and the last byte among them.
        let at = nth * (good.len() - 1) / 63;
        bytes[at] ^= 1 << (nth % 8);
        damaged(&bytes);
    }
    for length in [0, 1, 4096, good.len() / 2, good.len() - 1] {
        damaged(&good[..length]);
    }
    drop(app);
    let before = fs::read(data.folder.database()).unwrap();
    let mut bytes = good.clone();
    bytes[good.len() / 2] ^= 1;
    for bad in [&bytes[..], &good[..good.len() / 2], b"something else"] {
        fs::write(&file, bad).unwrap();
        restore(&data, &file).unwrap_err();
        assert_eq!(fs::read(data.folder.database()).unwrap(), before);
        assert!(
            !names(data.path())
                .iter()
                .any(|name| name.ends_with(".part"))
        );
    }
    fs::write(&file, &good).unwrap();
    restore(&data, &file).unwrap();
    holds(&without_model(&data.folder));
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
fn the_newest_are_kept_and_only_files_of_this_installation_are_removed() {
    let (_data, disk, app) = with_folder();
    app.set_backup_schedule(None, 2).unwrap();
    let first = back_up(&app);
    // Named as ours are: one of another installation, one that is no backup, one that came from nowhere.
    let (_other, other_disk, other) = with_folder();
    let foreign = format!("{}1926{}", &first[..19], &first[23..]);
    let theirs = back_up(&other);
    fs::copy(other_disk.path().join(&theirs), disk.path().join(&theirs)).unwrap();
    fs::copy(other_disk.path().join(&theirs), disk.path().join(&foreign)).unwrap();
    fs::write(disk.path().join("holiday.db"), "mine").unwrap();
    let (second, third) = (back_up(&app), back_up(&app));
    assert_eq!(
        fact(&app, Action::BackupMade, "removed").as_deref(),
        Some("1")
    );
    let mut wanted = vec![second.clone(), third, theirs, foreign, "holiday.db".into()];
    wanted.sort();
    assert_eq!(names(disk.path()), wanted);
    let removed = app
        .remove_backups(&[second.clone(), "holiday.db".into()])
        .unwrap();
    assert_eq!((removed.gone, removed.left.len()), (vec![second], 0));
}

#[test]
fn a_folder_that_is_not_there_is_told_once_and_tried_again() {
    let (_data, disk, app) = with_folder();
    let gone = disk.path().join("unplugged");
    fs::create_dir(&gone).unwrap();
    app.set_backup_folder(&gone).unwrap();
    assert!(
        app.back_up_if_due().unwrap().is_some(),
        "the first one is due at once"
    );
    assert!(app.back_up_if_due().unwrap().is_none(), "and no second one");
    app.set_backup_folder(disk.path()).unwrap();
    app.set_backup_folder(&gone).unwrap();
    fs::remove_dir_all(&gone).unwrap();
    for _ in 0..3 {
        let error = app.back_up_if_due().unwrap_err();
        assert!(matches!(error, BackupError::FolderGone(_)), "{error}");
    }
    let failed = |action: &String| action == Action::BackupFailed.name();
    assert_eq!(actions(&app).into_iter().filter(failed).count(), 1);
    assert_eq!(
        fact(&app, Action::BackupFailed, "reason").as_deref(),
        Some("folder gone")
    );
    let problem = app.backup_status(now_ms()).unwrap().problem.unwrap();
    assert_eq!(problem.code, ProblemCode::NotFound);
    assert!(!gone.exists(), "it is not made in the place of a disk");
    fs::create_dir(&gone).unwrap();
    assert!(app.back_up_if_due().unwrap().is_some());
    assert_eq!(app.backup_status(now_ms()).unwrap().problem, None);
}

#[test]
fn another_disk_in_the_place_of_the_right_one_is_noticed() {
    let (_data, disk, app) = with_folder();
    app.set_backup_schedule(Some(1), 3).unwrap();
    let name = back_up(&app);
    fs::remove_file(disk.path().join(name)).unwrap();
    // An hour later.
    app.store
        .write(|tx| tx.execute("UPDATE backups SET made_at_ms = made_at_ms - 3600000", []))
        .unwrap();
    let error = app.back_up_if_due().unwrap_err();
    assert!(matches!(error, BackupError::FolderEmptied(_)), "{error}");
    back_up(&app); // a person says that it is right
    assert_eq!(app.backup_status(now_ms()).unwrap().problem, None);
}

#[test]
fn a_folder_that_would_be_lost_with_the_data_is_refused() {
    let (data, _disk, app) = with_folder();
    let inside = data.path().join("copies");
    fs::create_dir(&inside).unwrap();
    for folder in [data.path(), inside.as_path()] {
        let error = app.set_backup_folder(folder).unwrap_err();
        assert!(matches!(error, BackupError::FolderOfData), "{error}");
    }
    let error = app
        .set_backup_folder(Path::new("/nowhere/at/all"))
        .unwrap_err();
    assert!(matches!(error, BackupError::FolderGone(_)), "{error}");
    for (hours, keep) in [
        (Some(0), 7),
        (Some(9000), 7),
        (Some(24), 0),
        (Some(24), 1001),
    ] {
        assert!(matches!(
            app.set_backup_schedule(hours, keep),
            Err(BackupError::Schedule)
        ));
    }
}

#[test]
fn a_full_and_a_read_only_disk_leave_the_earlier_backup_and_nothing_half() {
    let Some(disk) = SmallDisk::mount(8 << 20) else {
        return;
    };
    let data = TempFolder::new();
    let app = without_model(&data.folder);
    let folder = disk.folder.path();
    app.set_backup_folder(folder).unwrap();
    let name = back_up(&app);
    let ballast = disk.ballast(8 << 20);
    let error = app.back_up(&mut |_| ()).unwrap_err();
    assert!(matches!(error, BackupError::DiskFull(_)), "{error}");
    assert_eq!(names(folder), [name.as_str()]);
    assert_eq!(
        fact(&app, Action::BackupFailed, "reason").as_deref(),
        Some("disk full")
    );
    fs::remove_file(ballast).unwrap();
    let second = back_up(&app);
    disk.make_read_only();
    let error = app.back_up(&mut |_| ()).unwrap_err();
    assert!(matches!(error, BackupError::ReadOnly(_)), "{error}");
    assert_eq!(names(folder), [name.as_str(), second.as_str()]);
    for name in [name, second] {
        app.verify_backup(&folder.join(name)).unwrap(); // also where nothing can be written
    }
    holds(&app);
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

#[test]
fn of_two_that_begin_at_once_one_makes_the_backup_that_is_due() {
    let (data, disk, app) = with_folder();
    let other = without_model(&data.folder);
    let made: Vec<_> = std::thread::scope(|scope| {
        let both = [&app, &other].map(|app| scope.spawn(|| app.back_up_if_due().unwrap()));
        both.map(|one| one.join().unwrap())
            .into_iter()
            .flatten()
            .collect()
    });
    assert_eq!(made.len(), 1);
    assert_eq!(names(disk.path()).len(), 1);
}

/// Says things and makes backups until it is killed.
#[test]
#[ignore = "started by the test below, as a process to be killed"]
fn back_up_until_killed() {
    let app = without_model(&folder_of_child());
    let say = |line: String| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{line}")
            .and_then(|()| out.flush())
            .unwrap();
    };
    say("open".into());
    for nth in 0.. {
        imported(
            &app,
            &format!("Chat {nth}"),
            &["Something", "Something else"],
            NOW,
        );
        let made = app.back_up(&mut |step| say(format!("{step:?}"))).unwrap();
        say(format!("made {}", made.name));
    }
}

#[test]
fn a_hundred_kills_during_backups_leave_the_last_good_one() {
    let (data, disk, app) = with_folder();
    app.set_backup_schedule(None, 3).unwrap();
    drop(app);
    let (mut last, mut halves) = (None, 0);
    for kill in 0..KILLS {
        let mut process = child("backup::back_up_until_killed", &data.folder)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        assert!(
            lines.any(|line| line == "open"),
            "kill {kill}: it did not open"
        );
        let mut note = |line: &String| {
            if let Some(name) = line
                .strip_prefix("made ")
                .filter(|name| name.ends_with(".db"))
            {
                last = Some(name.to_owned());
            }
        };
        let spread = kill.wrapping_mul(2_654_435_761);
        let seen = lines.by_ref().filter(|line| !line.is_empty());
        seen.take((spread % 7) as usize)
            .for_each(|line| note(&line));
        process.kill().unwrap();
        process.wait().unwrap();
        lines.for_each(|line| note(&line));
        let there = names(disk.path());
        halves += there.iter().filter(|name| name.ends_with(".part")).count();
        if let Some(last) = &last {
            assert!(
                there.contains(last),
                "kill {kill}: what was reported is gone"
            );
        }
    }
    assert!(halves > 0, "no kill came in the middle of one");
    let app = without_model(&data.folder);
    for name in names(disk.path())
        .iter()
        .filter(|name| name.ends_with(".db"))
    {
        let report = app.verify_backup(&disk.path().join(name)).unwrap();
        assert!(report.is_of_this_record && report.record_fault.is_none());
    }
    let newest = back_up(&app);
    let left = names(disk.path());
    assert_eq!(
        left.len(),
        3,
        "halves are cleared away and the newest kept: {left:?}"
    );
    assert!(left.contains(&last.unwrap()) && left.contains(&newest));
    holds(&app);
}

#[test]
fn the_command_line_makes_lists_verifies_and_puts_back() {
    let cli = Shell::new();
    let disk = tempfile::tempdir().unwrap();
    let folder = disk.path().to_str().unwrap();
    let (exit, words) = cli.refused(&["backup", "now"]);
    assert_eq!(exit, 4, "{words}");
    let shown = cli.json(&[
        "backup", "schedule", "--folder", folder, "--every", "12h", "--keep", "2",
    ]);
    assert_eq!(
        shown["schedule"],
        json!({ "folder": folder, "everyHours": 12, "keep": 2 })
    );
    let made = cli.json(&["backup", "now", "--if-due"]);
    let name = made["made"]["name"].as_str().unwrap();
    assert_eq!(
        cli.json(&["backup", "now", "--if-due"])["made"],
        json!(null)
    );
    assert_eq!(cli.json(&["backup", "list"])["backups"][0]["name"], name);
    let report = cli.json(&["backup", "verify", name]);
    assert_eq!(report["isOfThisRecord"], true);
    let (exit, words) = cli.refused(&["backup", "verify", "nothing.db"]);
    assert_eq!(exit, 4, "{words}");
    let (exit, words) = cli.refused(&["backup", "key"]);
    assert_eq!(exit, 2, "it asks first: {words}");
    let code = cli.text(&["backup", "key", "--yes"]);
    assert!(code.starts_with("GHKEY-"));
    assert_eq!(
        cli.json(&["record", "list", "--action", "backup.changed"])[0]["actor"],
        "command line"
    );

    let file = disk.path().join(name);
    let file = file.to_str().unwrap();
    let restored = cli.json(&["backup", "restore", file]);
    assert_eq!(
        (&restored["movedIn"], &restored["recordFault"]),
        (&json!(false), &json!("cut-off"))
    );
    let paper = disk.path().join("code.txt");
    fs::write(&paper, &code).unwrap();
    let paper = paper.to_str().unwrap();
    let elsewhere = Shell::new();
    let (exit, words) = elsewhere.refused(&["backup", "restore", file]);
    assert_eq!(exit, 5, "{words}");
    assert!(words.contains("--code-file"), "{words}");
    let restored = elsewhere.json(&["backup", "restore", file, "--code-file", paper]);
    assert_eq!(
        (&restored["movedIn"], &restored["recordFault"]),
        (&json!(true), &json!("keys-missing"))
    );
    fs::write(paper, code.replace('A', "B").replace('C', "D")).unwrap();
    let (exit, words) = elsewhere.refused(&["backup", "restore", file, "--code-file", paper]);
    assert_eq!(exit, 2, "{words}");
    fs::write(file, "no backup").unwrap();
    let (exit, words) = cli.refused(&["backup", "verify", file]);
    assert_eq!(exit, 5, "{words}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_command_line_asks_for_the_code_without_showing_it() {
    let cli = Shell::new();
    let disk = tempfile::tempdir().unwrap();
    cli.text(&[
        "backup",
        "schedule",
        "--folder",
        disk.path().to_str().unwrap(),
    ]);
    let name = cli.json(&["backup", "now"])["made"]["name"].clone();
    let code = cli.text(&["backup", "key", "--yes"]);
    let elsewhere = TempFolder::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/support/terminal.py");
    let output = std::process::Command::new("python3")
        .arg(script)
        .arg(code.trim())
        .arg(crate::support::app::program("gatehouse"))
        .arg("--data-dir")
        .arg(elsewhere.path())
        .args(["backup", "restore"])
        .arg(disk.path().join(name.as_str().unwrap()))
        .env("GATEHOUSE_KEYCHAIN", "file")
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{shown}");
    assert!(
        shown.contains("is in its place") && !shown.contains(&code[6..20]),
        "{shown}"
    );
}
