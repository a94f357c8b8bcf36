//! The record outlives full disks and kills, and takes what two processes append at once.

use std::time::Duration;

use gatehouse_core::{
    app::App,
    ids::{ConversationId, WorkspaceId},
    now_ms,
    record::{Action, Event, Subject},
    store::{SnapshotReason, StoreError},
};
use serde_json::json;

use super::{holds, without_model};
use crate::support::{
    disk::SmallDisk,
    folder::{TempFolder, child, folder_of_child},
    kills::{self, say},
};

const KILLS: u32 = 500;
const EACH: i64 = 10_000;

#[test]
fn a_full_disk_stops_the_change_with_its_entry_and_the_record_goes_on() {
    let Some(disk) = SmallDisk::mount(4 << 20) else {
        return;
    };
    let app = without_model(&disk.folder).unwrap();
    let ballast = disk.ballast(4 << 20);
    let mut before = app.record.status().unwrap().count;
    let error = loop {
        match app.save_workspace(WorkspaceId::new(), &format!("Workspace {before}")) {
            Ok(_) => before += 1,
            Err(error) => break error,
        }
        assert!(before < 10_000, "the disk is never full");
    };
    assert!(error.to_string().contains("disk is full"), "{error}");
    assert_eq!(
        app.record.status().unwrap().count,
        before,
        "nothing half was written"
    );
    std::fs::remove_file(ballast).unwrap();
    app.save_workspace(WorkspaceId::new(), "There is room again")
        .unwrap();
    assert_eq!(holds(&app), before + 1);
}

/// Appends until it is killed, erases now and then and makes snapshots, saying how far it is.
#[test]
#[ignore = "started by the test below, as a process to be killed"]
fn append_until_killed() {
    let app = without_model(&folder_of_child()).unwrap();
    say("open");
    let mut conversation = ConversationId::new();
    for nth in 1i64.. {
        if nth % 7 == 0 {
            let subject = Subject::Conversation(conversation);
            app.store
                .write(|tx| {
                    app.record
                        .erase(tx, subject, Event::new(Action::Erased), now_ms())
                })
                .unwrap();
            conversation = ConversationId::new();
        }
        if nth % 11 == 0 {
            app.store
                .snapshot(SnapshotReason::ByHand, now_ms())
                .unwrap();
        }
        say(format!("done {}", append(&app, conversation, nth)));
    }
}

fn append(app: &App, conversation: ConversationId, nth: i64) -> i64 {
    let event = Event::new(Action::CallEnded)
        .fact("call", nth)
        .about(Subject::Conversation(conversation))
        .payload(json!({ "text": nth }));
    app.store
        .write(|tx| {
            app.record
                .append(tx, event, now_ms())
                .map_err(StoreError::from)
        })
        .unwrap()
}

#[test]
fn no_entry_is_lost_and_the_record_holds_after_five_hundred_kills() {
    let folder = TempFolder::new();
    drop(without_model(&folder.folder).unwrap());
    let mut last = 0;
    for kill in 0..KILLS {
        let mut note = |line: &str| {
            if let Some(done) = line.strip_prefix("done ").and_then(|n| n.parse().ok()) {
                last = last.max(done);
            }
        };
        kills::kill(
            "record::surviving::append_until_killed",
            &folder.folder,
            kills::spread(kill) % 16,
            Duration::ZERO,
            &mut note,
        );
        // Snapshots are kept until someone deletes them, and five hundred would fill the disk.
        for snapshot in std::fs::read_dir(folder.folder.snapshots())
            .into_iter()
            .flatten()
        {
            std::fs::remove_file(snapshot.unwrap().path()).unwrap();
        }
    }
    let app = without_model(&folder.folder).unwrap();
    assert!(
        last > i64::from(KILLS),
        "only {last} entries between the kills"
    );
    assert!(holds(&app) >= last, "an entry that was reported is gone");
    assert_eq!(
        app.record.status().unwrap().failure,
        None,
        "and no start found a fault"
    );
}

/// One of two processes that append at once.
#[test]
#[ignore = "started by the test below, twice at once"]
fn append_many() {
    let app = without_model(&folder_of_child()).unwrap();
    let conversation = ConversationId::new();
    for nth in 0..EACH {
        append(&app, conversation, nth);
    }
}

#[test]
fn two_processes_append_ten_thousand_entries_each_to_one_chain() {
    let folder = TempFolder::new();
    let before = {
        let app = without_model(&folder.folder).unwrap();
        app.record.status().unwrap().count
    };
    let both = [(); 2].map(|()| {
        child("record::surviving::append_many", &folder.folder)
            .spawn()
            .unwrap()
    });
    for mut process in both {
        assert!(process.wait().unwrap().success());
    }
    let app = without_model(&folder.folder).unwrap();
    assert_eq!(
        holds(&app),
        before + 2 * EACH + 3,
        "and the starts of three processes"
    );
}
