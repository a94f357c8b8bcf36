//! What the product promises of backups: what was made comes back, here and elsewhere, whatever happens to
//! disks, files and processes meanwhile; and nothing but its own is ever removed.

mod cut_off;
mod disks;
mod gone_back;
mod restoring;
mod shell;

use std::{fs, path::Path};

use gatehouse_core::{
    app::App,
    chat, now_ms,
    privacy::backup::{self, BackupError, CodeGiven, RecoveryCode, Restored},
    record::Action,
    secrets::KeyHome,
    store::{DataFolder, InstanceLock},
};
use tempfile::TempDir;

use crate::support::{
    app::{fact, holds, imported, without_model},
    folder::{NOW, TempFolder},
};

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
    let lock = InstanceLock::acquire(folder).unwrap();
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
    let mut wanted = vec![
        second,
        third,
        theirs.clone(),
        foreign.clone(),
        "holiday.db".into(),
    ];
    wanted.sort();
    assert_eq!(names(disk.path()), wanted);
    let chosen = app.forget_backup_folder(disk.path(), false).unwrap_err();
    assert!(matches!(chosen, BackupError::FolderChosen), "{chosen:?}");
    let elsewhere = tempfile::tempdir().unwrap();
    app.set_backup_folder(elsewhere.path()).unwrap();
    let removed = app.forget_backup_folder(disk.path(), false).unwrap();
    assert_eq!(removed.gone.len(), 2, "{removed:?}");
    assert_eq!(removed.left[0].0, foreign, "it only has such a name");
    let mut wanted = vec![theirs, foreign, "holiday.db".into()];
    wanted.sort();
    assert_eq!(names(disk.path()), wanted);
    let status = app.backup_status(now_ms()).unwrap();
    assert_eq!(status.earlier_folders, Vec::<String>::new());
}

#[test]
fn a_clock_that_was_set_back_does_not_let_the_newest_go() {
    let (_data, disk, app) = with_folder();
    app.set_backup_schedule(None, 2).unwrap();
    // As if the clock had been years ahead when the first two were made.
    let from_the_future: Vec<_> = ["2031", "2032"]
        .map(|year| {
            let name = back_up(&app);
            let ahead = format!("{}{year}{}", &name[..19], &name[23..]);
            fs::rename(disk.path().join(&name), disk.path().join(&ahead)).unwrap();
            ahead
        })
        .into();
    let third = back_up(&app);
    let mut wanted = vec![from_the_future[1].clone(), third.clone()];
    wanted.sort();
    assert_eq!(names(disk.path()), wanted);
    let fourth = back_up(&app);
    wanted = vec![third, fourth];
    wanted.sort();
    assert_eq!(
        names(disk.path()),
        wanted,
        "what each holds decides, and not its name"
    );
}

#[test]
fn two_installations_in_one_folder_never_touch_what_is_the_others() {
    let (_data, disk, app) = with_folder();
    let (_other, _, other) = with_folder();
    other.set_backup_folder(disk.path()).unwrap();
    // Not even where one came from a backup of the other, so that both have one name and one key.
    let twin = TempFolder::new();
    let (code, _) = app.recovery_code(CodeGiven::Shown).unwrap();
    let shared = disk.path().join(back_up(&app));
    restore_with(&twin.folder, &shared, Some(&code)).unwrap();
    let twin = without_model(&twin.folder);
    twin.set_backup_folder(disk.path()).unwrap();
    let all = [&app, &other, &twin];
    for one in all {
        one.set_backup_schedule(None, 2).unwrap();
    }
    // The twin is at work on one.
    let short = app.backup_status(now_ms()).unwrap().installation;
    let part = format!("gatehouse-{short}-{}.part", "0123456789abcdef".repeat(2));
    fs::write(disk.path().join(&part), "half of it").unwrap();
    let mut newest = Vec::new();
    for round in 0..4 {
        for one in all {
            let name = back_up(one);
            if round >= 2 {
                newest.push(name);
            }
        }
    }
    let left = names(disk.path());
    assert!(left.contains(&part), "{left:?}");
    for name in &newest {
        assert!(left.contains(name), "{name} is gone: {left:?}");
    }
    assert_eq!(left.len(), newest.len() + 1, "{left:?}");
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

fn first_title(app: &App) -> String {
    let all = app.store.read(|conn| chat::list(conn, None)).unwrap();
    all[0].title.clone().unwrap()
}
