//! After going back to an older database: the backups of the time between are this installation's as before.

use std::fs;

use gatehouse_core::{
    app::App,
    now_ms,
    privacy::{Erasure, Extent},
    store::{SnapshotReason, snapshot},
};
use tempfile::TempDir;

use super::{back_up, names, restore, with_folder};
use crate::support::{
    app::{imported, without_model},
    folder::{NOW, TempFolder},
};

const NAME: &str = "Annegret Weissenborn";

fn person() -> Erasure {
    Erasure::Person {
        identifiers: vec![NAME.into()],
        extent: Extent::Words,
    }
}

fn speak_of_her(app: &App) {
    imported(app, "A letter", &["Who is Annegret Weissenborn?"], NOW);
}

/// As somebody does who wants room: she is in none of the databases that were gone back from.
fn without_what_was_set_aside(data: &TempFolder) -> App {
    let app = without_model(&data.folder);
    fs::remove_dir_all(data.path().join("replaced")).unwrap();
    app
}

#[test]
fn a_folder_that_was_chosen_since_is_known_after_going_back_and_erasing_reaches_it() {
    for by_snapshot in [false, true] {
        let (data, first_disk, app) = with_folder();
        let first = first_disk.path().join(back_up(&app));
        let made = app.store.snapshot(SnapshotReason::ByHand, now_ms());
        let second_disk = tempfile::tempdir().unwrap();
        app.set_backup_folder(second_disk.path()).unwrap();
        speak_of_her(&app);
        back_up(&app);
        drop(app);
        if by_snapshot {
            let lock = data.lock();
            snapshot::restore(&lock, &data.key(), &made.unwrap().name, now_ms()).unwrap();
        } else {
            restore(&data, &first).unwrap();
        }
        let app = without_what_was_set_aside(&data);
        let known = app.backup_status(now_ms()).unwrap().earlier_folders;
        assert_eq!(known, [second_disk.path().to_str().unwrap()]);
        assert_eq!(app.find_person(&[NAME.into()]).unwrap().snapshots, 1);
        let erased = app.erase(&person(), None, &mut |_| ()).unwrap();
        assert_eq!(erased.remains, []);
        assert_eq!(names(second_disk.path()), Vec::<String>::new());
        assert_eq!(names(first_disk.path()).len(), 1, "the new one");
    }
}

/// A folder with three backups, the last two of which have her, and a Gatehouse that went back to the first one.
fn gone_back() -> (TempFolder, TempDir, App, [String; 3]) {
    let (data, disk, app) = with_folder();
    let first = back_up(&app);
    speak_of_her(&app);
    let since = [back_up(&app), back_up(&app)];
    drop(app);
    restore(&data, &disk.path().join(&first)).unwrap();
    let app = without_what_was_set_aside(&data);
    let [second, third] = since;
    (data, disk, app, [first, second, third])
}

#[test]
fn backups_from_before_going_back_are_looked_through_and_erased() {
    let (_data, disk, app, _) = gone_back();
    assert_eq!(app.find_person(&[NAME.into()]).unwrap().snapshots, 2);
    let erased = app.erase(&person(), None, &mut |_| ()).unwrap();
    assert_eq!((erased.remains.as_slice(), erased.snapshots), (&[][..], 3));
    assert_eq!(names(disk.path()).len(), 1, "the new one");
    assert_eq!(app.find_person(&[NAME.into()]).unwrap().snapshots, 0);
}

#[test]
fn newer_backups_take_the_places_of_those_from_before_going_back_in_the_order_of_time() {
    let (_data, disk, app, [_, second, third]) = gone_back();
    app.set_backup_schedule(None, 3).unwrap();
    let fourth = back_up(&app);
    let mut wanted = vec![second, third.clone(), fourth.clone()];
    wanted.sort();
    assert_eq!(names(disk.path()), wanted, "the oldest went");
    let fifth = back_up(&app);
    let mut wanted = vec![third, fourth.clone(), fifth.clone()];
    wanted.sort();
    assert_eq!(names(disk.path()), wanted);
    app.set_backup_schedule(None, 1).unwrap();
    let newest = back_up(&app);
    assert_eq!(
        names(disk.path()),
        [newest],
        "however far the others had gone"
    );
}
