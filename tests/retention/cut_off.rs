//! Runs that are killed or meet a full disk: each chat is whole, or has gone as the rule says.

use std::{
    fs,
    time::{Duration, Instant},
};

use gatehouse_core::{
    app::App,
    chat,
    ids::{ConversationId, WorkspaceId},
    now_ms,
    privacy::retention::{Held, RetentionAction},
};
use rusqlite::params;

use super::{DAY, new, ran, rule};
use crate::support::{
    app::{here, holds, long_here, without_model},
    disk::SmallDisk,
    folder::folder_of_child,
    kills::{self, kill, kill_when, say},
};

const KILLS: u32 = 60;
/// Nothing is waited for any longer.
const LONGEST: Duration = Duration::from_secs(20);
const EACH: usize = 6;
const SAID: [&str; 2] = ["Write to Annegret Weissenborn.", "Dear Ms Weissenborn"];

/// What became of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Now {
    Whole,
    Anonymous,
    Gone,
}

/// # Panics
/// When it is something in between.
fn now(app: &App, id: ConversationId) -> Now {
    let Ok(thread) = app.store.read(|conn| chat::thread(conn, id)) else {
        let rows: i64 = app
            .store
            .read(|conn| {
                conn.query_row(
                    "SELECT (SELECT count(*) FROM messages WHERE conversation_id = ?1)
                          + (SELECT count(*) FROM conversations WHERE id = ?1)",
                    [id],
                    |row| row.get(0),
                )
            })
            .unwrap();
        assert_eq!(rows, 0, "of what is gone nothing is there");
        return Now::Gone;
    };
    let all: Vec<_> = thread.messages.iter().map(|m| &*m.text).collect();
    assert_eq!(all.len(), SAID.len());
    if thread.conversation.title.is_some() {
        assert_eq!(all, SAID);
        return Now::Whole;
    }
    assert!(!all.concat().contains("Weissenborn"), "{all:?}");
    Now::Anonymous
}

/// Chats that are due in a workspace; one more is held.
fn due(app: &App, workspace: WorkspaceId) -> (Vec<ConversationId>, ConversationId) {
    let one = |title: &str| {
        let id = long_here(app, title, &SAID, now_ms() - 100 * DAY);
        let moved = app.store.write(|tx| {
            tx.execute(
                "UPDATE conversations SET workspace_id = ?2 WHERE id = ?1",
                params![id, workspace],
            )
        });
        moved.unwrap();
        id
    };
    let some = (0..EACH).map(|_| one("Weissenborn")).collect();
    let conversation_id = one("Held");
    app.hold(Held::Conversation { conversation_id }, "A claim")
        .unwrap();
    (some, conversation_id)
}

/// Runs what is due, as a start of the window does, until it is killed.
#[test]
#[ignore = "started by the test below, as a process to be killed"]
fn run_until_killed() {
    let app = without_model(&folder_of_child());
    say("open");
    ran(&app);
    say("ran");
    std::thread::park();
}

#[test]
fn sixty_kills_during_runs_leave_each_chat_whole_or_as_the_rule_says() {
    let (folder, app) = new();
    let first = here(&app);
    let second = WorkspaceId::new();
    app.save_workspace(second, "Second").unwrap();
    app.set_retention(first, Some(rule(30, RetentionAction::Delete)))
        .unwrap();
    app.set_retention(second, Some(rule(30, RetentionAction::Anonymise)))
        .unwrap();
    let (mut held, mut between) = (Vec::new(), 0);
    let mut whole_run = Duration::ZERO;
    for nth in 0..=KILLS {
        let mut chosen = Vec::new();
        for workspace in [first, second] {
            let (some, one) = due(&app, workspace);
            chosen.extend(some);
            held.push(one);
        }
        let test = "retention::cut_off::run_until_killed";
        if nth == 0 {
            // How long a whole one takes, so that the kills fall within.
            let start = Instant::now();
            kill(test, &folder.folder, 1, Duration::ZERO, &mut |line| {
                assert_eq!(line, "ran");
            });
            whole_run = start.elapsed();
        } else {
            // Every third as soon as something has gone, the others anywhere.
            let share = f64::from(kills::spread(nth) % 1000) / 1000.0;
            let after = whole_run.mul_f64(share * 0.7);
            let is_gone =
                |&id: &ConversationId| app.store.read(|conn| chat::get(conn, id)).is_err();
            let mut when = |since: Duration| {
                if nth % 3 == 0 {
                    return since > LONGEST || chosen.iter().any(is_gone);
                }
                since >= after
            };
            kill_when(test, &folder.folder, 0, &mut when, &mut |_| ());
        }
        let became: Vec<_> = chosen.iter().map(|&id| now(&app, id)).collect();
        between +=
            u32::from(became.contains(&Now::Whole) && became.iter().any(|now| *now != Now::Whole));
        for &id in &held {
            assert_eq!(now(&app, id), Now::Whole, "what is held stays");
        }
        ran(&app);
        for (place, &id) in chosen.iter().enumerate() {
            let wanted = if place < EACH {
                Now::Gone
            } else {
                Now::Anonymous
            };
            assert_eq!(now(&app, id), wanted, "the next start finishes it");
        }
    }
    assert!(between > 0, "no kill came in the middle of one");
    holds(&app);
    drop(app);
    holds(&without_model(&folder.folder));
}

#[test]
fn a_full_disk_at_any_point_leaves_each_chat_whole_or_as_the_rule_says() {
    let Some(disk) = SmallDisk::mount(12 << 20) else {
        return;
    };
    let app = without_model(&disk.folder);
    let workspace = here(&app);
    let mut met = 0;
    for (action, end) in [
        (RetentionAction::Delete, Now::Gone),
        (RetentionAction::Anonymise, Now::Anonymous),
    ] {
        app.set_retention(workspace, Some(rule(30, action)))
            .unwrap();
        for free in [0, 8, 32, 64, 128, 256, 512] {
            let (chosen, held) = due(&app, workspace);
            let ballast = disk.fill_but_for(free << 10);
            let failed = app.run_retention().map_or(true, |outcome| outcome.failed());
            met += u32::from(failed);
            for &id in &chosen {
                let now = now(&app, id);
                assert!(now == Now::Whole || now == end, "{now:?} with {free} kB");
            }
            assert_eq!(now(&app, held), Now::Whole);
            fs::remove_file(ballast).unwrap();
            assert!(!app.run_retention().unwrap().failed());
            assert!(chosen.iter().all(|&id| now(&app, id) == end));
            holds(&app);
        }
    }
    assert!(met > 2, "the disk was full in {met} runs only");
}
