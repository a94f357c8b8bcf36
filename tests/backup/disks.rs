//! Folders and disks that are gone, full, read-only or another one.

use std::fs;

use gatehouse_core::{now_ms, privacy::backup::BackupError, problem::ProblemCode, record::Action};

use super::{back_up, names, with_folder};
use crate::support::{
    app::{actions, fact, holds, without_model},
    disk::SmallDisk,
    folder::TempFolder,
};

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
