//! Processes that are killed while they make a backup or go back to one.

use std::{fs, time::Duration};

use gatehouse_core::{
    now_ms,
    privacy::retention::{RetentionAction, RetentionRule, Waits},
    store::DataFolder,
};

use super::{back_up, first_title, names, restore_with, with_folder};
use crate::support::{
    app::{here, holds, imported, without_model},
    folder::{NOW, folder_of_child},
    kills::{self, kill, kill_when, say},
};

const KILLS: u32 = 100;
const KILLED_RESTORES: u32 = 50;
/// Nothing is waited for any longer.
const LONGEST: Duration = Duration::from_secs(20);

/// Says things and makes backups until it is killed.
#[test]
#[ignore = "started by the test below, as a process to be killed"]
fn back_up_until_killed() {
    let app = without_model(&folder_of_child());
    say("open");
    for nth in 0.. {
        let title = format!("Chat {nth}");
        imported(&app, &title, &["Something", "Something else"], NOW);
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
    for nth in 0..KILLS {
        let mut note = |line: &str| {
            if let Some(name) = line
                .strip_prefix("made ")
                .filter(|name| name.ends_with(".db"))
            {
                last = Some(name.to_owned());
            }
        };
        kill(
            "backup::cut_off::back_up_until_killed",
            &data.folder,
            kills::spread(nth) % 7,
            Duration::ZERO,
            &mut note,
        );
        let there = names(disk.path());
        halves += there.iter().filter(|name| name.ends_with(".part")).count();
        if let Some(last) = &last {
            assert!(
                there.contains(last),
                "kill {nth}: what was reported is gone"
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

/// Goes back and forth between the backups that lie beside the data until it is killed.
#[test]
#[ignore = "started by the test below, as a process to be killed"]
fn go_back_until_killed() {
    let folder = folder_of_child();
    let backups = names(&folder.path().join("../backups"));
    say("open");
    for name in backups.iter().cycle() {
        let file = folder.path().join("../backups").join(name);
        restore_with(&folder, &file, None).unwrap();
        say("went back");
    }
}

#[test]
fn fifty_kills_while_going_back_leave_one_whole_database_and_never_an_empty_one() {
    let place = tempfile::tempdir().unwrap();
    let backups = place.path().join("backups");
    fs::create_dir(&backups).unwrap();
    let folder = DataFolder::resolve(Some(&place.path().join("data"))).unwrap();
    let app = without_model(&folder);
    app.set_backup_folder(&backups).unwrap();
    let id = imported(&app, "First", &["Something"], NOW);
    back_up(&app);
    app.rename_conversation(id, "Second").unwrap();
    back_up(&app);
    drop(app);
    let mut cut_off = 0;
    for nth in 0..KILLED_RESTORES {
        let spread = kills::spread(nth);
        let after = Duration::from_micros(u64::from(spread >> 8) % 3_000);
        // Half of them as soon as something is set aside and a moment later, the others anywhere.
        let mut set_aside = None;
        let note = folder.path().join("replacing.json");
        let mut now = |since: Duration| {
            if nth % 2 == 0 {
                return since >= after * 10;
            }
            if set_aside.is_none() && note.exists() {
                set_aside = Some(since);
            }
            set_aside.is_some_and(|at| since - at >= after / 3) || since > LONGEST
        };
        kill_when(
            "backup::cut_off::go_back_until_killed",
            &folder,
            spread % 3,
            &mut now,
            &mut |_| (),
        );
        cut_off += u32::from(folder.path().join("replacing.json").exists());
        let app = without_model(&folder);
        let title = first_title(&app);
        assert!(
            ["First", "Second"].contains(&&*title),
            "kill {nth}: {title}"
        );
        assert!(!folder.path().join("replacing.json").exists());
        drop(app);
        // Databases that were set aside stay until somebody deletes them, and fifty would fill the disk.
        let _ = fs::remove_dir_all(folder.replaced());
    }
    assert!(cut_off > 0, "no kill came in the middle of one");
    let app = without_model(&folder);
    holds(&app);
    let a_year = RetentionRule {
        days: 365,
        action: RetentionAction::Delete,
    };
    app.set_retention(here(&app), Some(a_year)).unwrap();
    let waits = app.retention_status(now_ms()).unwrap().waits;
    assert!(matches!(waits, Some(Waits::PutBack { .. })));
}
