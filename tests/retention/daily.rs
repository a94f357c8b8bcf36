//! What goes by itself: when, after what, and when it waits for a person.

use gatehouse_core::{
    app::App,
    ids::ConversationId,
    now_ms,
    privacy::retention::{Daily, Look, RetentionAction, RetentionError, Waits},
    record::{Action, Filter},
    store::snapshot,
};
use rusqlite::params;
use serde_json::json;

use super::{DAY, is_there, new, ran, rule};
#[cfg(unix)]
use crate::support::api::Served;
use crate::support::{
    app::{actions, around, here, holds, long_here, without_model},
    disk::SmallDisk,
    folder::TempFolder,
};

fn old(app: &App) -> ConversationId {
    long_here(app, "Old", &["Said long ago"], now_ms() - 100 * DAY)
}

fn with_rule() -> (TempFolder, App) {
    let (folder, app) = new();
    keep_thirty_days(&app);
    (folder, app)
}

fn keep_thirty_days(app: &App) {
    app.set_retention(here(app), Some(rule(30, RetentionAction::Delete)))
        .unwrap();
}

/// The last look was so long ago.
fn looked_ago(app: &App, ms: i64) {
    let looked = app.store.write(|tx| {
        tx.execute(
            "INSERT OR REPLACE INTO retention_state (one, looked_at_ms) VALUES (1, ?1)",
            params![now_ms() - ms],
        )
    });
    assert_eq!(looked.unwrap(), 1);
}

#[test]
fn it_runs_at_each_start_and_once_a_day() {
    let (_folder, app) = with_rule();
    let mut window = Daily::default();
    let first = old(&app);
    let look = window.look(&app, now_ms()).unwrap();
    assert!(matches!(look, Look::Ran(outcome) if outcome.changed()));
    assert!(!is_there(&app, first));
    let second = old(&app);
    assert_eq!(window.look(&app, now_ms()).unwrap(), Look::DoneBefore);
    assert!(is_there(&app, second), "not twice on a day");
    let look = window.look(&app, now_ms() + DAY).unwrap();
    assert!(matches!(look, Look::Ran(outcome) if outcome.changed()));
    assert!(!is_there(&app, second), "a new day has begun");
    let third = old(&app);
    assert!(ran(&app).changed());
    assert!(!is_there(&app, third), "a start");
    let runs = app.record.list(&Filter {
        action: Some(Action::RetentionRan.name().into()),
        limit: 10,
        ..Filter::default()
    });
    assert!(runs.unwrap().iter().all(|run| run.actor == "app"));
    holds(&app);
}

#[test]
fn what_failed_is_tried_again_the_same_day_and_told_once() {
    let (_folder, app) = new();
    let workspace = here(&app);
    app.set_retention(workspace, Some(rule(30, RetentionAction::Anonymise)))
        .unwrap();
    old(&app);
    let policy = |countries: &str| {
        let policy = json!({ "countries": [countries] }).to_string();
        let kept = app.store.write(|tx| {
            tx.execute(
                "INSERT OR REPLACE INTO policies (workspace_id, policy) VALUES (?1, ?2)",
                params![workspace, policy],
            )
        });
        kept.unwrap();
    };
    // There is no such country: the scanner cannot be made, and nothing is taken for anonymous.
    policy("xx");
    let mut window = Daily::default();
    for _ in 0..3 {
        let look = window.look(&app, now_ms()).unwrap();
        assert!(matches!(look, Look::Ran(outcome) if outcome.failed()));
    }
    assert!(app.retention_status(now_ms()).unwrap().problem.is_some());
    let told = |action: &String| action == Action::RetentionRan.name();
    assert_eq!(actions(&app).into_iter().filter(told).count(), 1);
    policy("de");
    let look = window.look(&app, now_ms()).unwrap();
    assert!(matches!(look, Look::Ran(outcome) if outcome.changed() && !outcome.failed()));
    assert_eq!(app.retention_status(now_ms()).unwrap().problem, None);
    assert_eq!(window.look(&app, now_ms()).unwrap(), Look::DoneBefore);
}

#[test]
fn a_clock_that_jumped_lets_nothing_go_until_a_person_has_looked() {
    let (_folder, app) = with_rule();
    ran(&app);
    let young = long_here(&app, "Young", &["Said today"], now_ms());
    let in_a_year = now_ms() + 365 * DAY;
    let mut window = Daily::default();
    let look = window.look(&app, in_a_year).unwrap();
    assert!(
        matches!(look, Look::Waits(Waits::LongAway { .. })),
        "{look:?}"
    );
    let preview = app.preview_retention(in_a_year).unwrap();
    assert_eq!(preview.due.len(), 1);
    assert!(matches!(preview.waits, Some(Waits::LongAway { .. })));
    assert!(is_there(&app, young));
    let look = window.look(&app, now_ms()).unwrap();
    assert!(matches!(look, Look::Ran(_)), "the clock was put right");
    assert!(is_there(&app, young));

    // A person who was away for so long says that it is right.
    let aged = old(&app);
    looked_ago(&app, 20 * DAY);
    let waits = |look| matches!(look, Look::Waits(Waits::LongAway { .. }));
    assert!(waits(Daily::default().look(&app, now_ms()).unwrap()));
    assert!(is_there(&app, aged));
    assert_eq!(app.run_retention().unwrap().runs[0].done, 1);
    old(&app);
    assert!(ran(&app).changed(), "from then on it goes by itself again");
}

#[test]
fn a_clock_that_was_behind_for_a_while_and_is_put_right_lets_nothing_go_either() {
    let (_folder, app) = with_rule();
    ran(&app);
    let years_ago = now_ms() - 2000 * DAY;
    let look = Daily::default().look(&app, years_ago).unwrap();
    assert!(matches!(look, Look::Ran(_)));
    let said_then = long_here(&app, "Said today", &["With a wrong clock"], years_ago);
    let look = Daily::default().look(&app, now_ms()).unwrap();
    assert!(
        matches!(look, Look::Waits(Waits::LongAway { .. })),
        "{look:?}"
    );
    assert!(is_there(&app, said_then));
}

#[test]
fn what_went_is_in_a_copy_that_brings_it_back_and_then_it_waits() {
    let (folder, app) = with_rule();
    app.daily_snapshot().unwrap();
    let id = old(&app); // after the snapshot of the day
    assert!(ran(&app).changed() && !is_there(&app, id));
    let made = snapshot::list(&folder.folder).unwrap();
    assert_eq!(
        made.len(),
        1,
        "the newer one of the day took the place of the older"
    );
    drop(app);
    let lock = folder.lock();
    snapshot::restore(&lock, &folder.key(), &made[0].name, now_ms()).unwrap();
    let app = App::open_window(&lock, around(std::path::PathBuf::new())).unwrap();
    assert!(is_there(&app, id));
    for _ in 0..2 {
        let look = Daily::default().look(&app, now_ms()).unwrap();
        assert!(
            matches!(look, Look::Waits(Waits::PutBack { .. })),
            "{look:?}"
        );
    }
    assert!(is_there(&app, id), "it does not go again at once");
    let status = app.retention_status(now_ms()).unwrap();
    assert!(matches!(status.waits, Some(Waits::PutBack { .. })));
    app.set_retention(here(&app), None).unwrap();
    assert_eq!(app.retention_status(now_ms()).unwrap().waits, None);
    Daily::default().look(&app, now_ms()).unwrap();
    keep_thirty_days(&app);
    assert!(ran(&app).changed(), "who makes a rule later has decided it");
}

#[test]
fn without_a_copy_nothing_goes_and_it_is_tried_again() {
    let Some(disk) = SmallDisk::mount(12 << 20) else {
        return;
    };
    let app = without_model(&disk.folder);
    keep_thirty_days(&app);
    let id = old(&app);
    // Room for what is written down, not for a copy.
    let ballast = disk.fill_but_for(200 << 10);
    let mut window = Daily::default();
    for _ in 0..2 {
        let error = window.look(&app, now_ms()).unwrap_err();
        assert!(matches!(error, RetentionError::NoCopy(_)), "{error}");
    }
    assert!(is_there(&app, id));
    let problem = app.retention_status(now_ms()).unwrap().problem.unwrap();
    assert!(
        problem.message.contains("copy of the database"),
        "{problem}"
    );
    std::fs::remove_file(ballast).unwrap();
    assert!(matches!(window.look(&app, now_ms()).unwrap(), Look::Ran(_)));
    assert!(!is_there(&app, id));
    assert_eq!(app.retention_status(now_ms()).unwrap().problem, None);
    holds(&app);
}

/// Which are there after a `gatehouse serve` was started and interrupted: the old chat, the deleted one, a backup.
#[cfg(unix)]
fn left_by_a_server(folder: &TempFolder, app: &App) -> [bool; 3] {
    let disk = tempfile::tempdir().unwrap();
    app.set_backup_folder(disk.path()).unwrap();
    let old = old(app);
    let deleted = long_here(app, "Deleted", &["Said today"], now_ms());
    app.delete_conversation(deleted).unwrap();
    // What is due comes before it hears that it was interrupted.
    Served::start(&folder.folder, &[]).stop();
    let is_backed_up = std::fs::read_dir(disk.path()).unwrap().count() == 1;
    let is_kept = app.store.read(|conn| {
        let sql = "SELECT EXISTS (SELECT 1 FROM conversations WHERE id = ?1)";
        conn.query_row(sql, [deleted], |row| row.get(0))
    });
    [is_there(app, old), is_kept.unwrap(), is_backed_up]
}

#[cfg(unix)]
#[test]
fn a_server_does_what_is_due_where_no_window_is_open() {
    let (folder, app) = with_rule();
    let window = folder.lock();
    assert_eq!(
        left_by_a_server(&folder, &app),
        [true, true, false],
        "the window does it"
    );
    drop(window);
    assert_eq!(left_by_a_server(&folder, &app), [false, false, true]);
    let run = app.record.list(&Filter {
        action: Some(Action::RetentionRan.name().into()),
        limit: 1,
        ..Filter::default()
    });
    assert_eq!(run.unwrap()[0].actor, "app", "by itself");
    holds(&app);
}

#[test]
fn a_preview_names_the_copies_that_keep_what_goes() {
    let (folder, app) = with_rule();
    let disk = tempfile::tempdir().unwrap();
    app.set_backup_folder(disk.path()).unwrap();
    let copies = || app.preview_retention(now_ms()).unwrap().copies;
    let none = copies();
    assert_eq!(
        (none.passing, none.by_hand, none.set_aside, none.backups),
        (0, 0, 0, 0)
    );
    app.daily_snapshot().unwrap();
    app.make_snapshot().unwrap();
    app.back_up(&mut |_| ()).unwrap();
    let aside = folder.folder.replaced().join("2026-11-23T20-10-05.123Z");
    std::fs::create_dir_all(&aside).unwrap();
    std::fs::write(aside.join("gatehouse.db"), "one that was set aside").unwrap();
    let all = copies();
    assert_eq!(
        (all.passing, all.by_hand, all.set_aside, all.backups),
        (1, 1, 1, 1)
    );
}
