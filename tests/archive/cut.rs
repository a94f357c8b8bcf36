//! An archive is cut off: by a kill at any moment, by a disk that is full. Nothing half is left, nothing that was
//! there is lost.

use std::{
    collections::BTreeSet,
    io::{BufRead, Write},
    time::{Duration, Instant},
};

use gatehouse_core::{
    privacy::anonymise::Anonymity,
    problem::{Problem, ProblemCode},
};

use super::*;
use crate::support::folder::{child, folder_of_child};

const KILLS: u32 = 50;
const CHATS: usize = 24;

/// Says something to the test that kills this process.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{line}")
        .and_then(|()| out.flush())
        .unwrap();
}

fn said(share: f64) -> ControlFlow<()> {
    say(&format!("share {share}"));
    ControlFlow::Continue(())
}

/// Starts a process that does something again and again, and kills it: after so many of its words, and a
/// moment later. How often it was done.
fn killed(test: &str, folder: &DataFolder, kill: u32) -> usize {
    let mut process = child(test, folder).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .filter(|line| !line.is_empty());
    assert!(
        lines.any(|line| line == "open"),
        "kill {kill}: it did not open"
    );
    // The same in every run, and spread over all that is done.
    let spread = kill.wrapping_mul(2_654_435_761);
    let words: Vec<String> = lines.by_ref().take((spread % 211) as usize).collect();
    let start = Instant::now();
    while start.elapsed() < Duration::from_micros(u64::from(spread >> 8) % 4_000) {
        std::hint::spin_loop();
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let all = words.into_iter().chain(lines);
    all.filter(|line| line == "done").count()
}

/// A Gatehouse with some chats, and an archive of them.
fn with_archive() -> (TempFolder, PathBuf) {
    let folder = TempFolder::new();
    let app = open(&folder.folder);
    let all: Vec<Value> = (0..CHATS)
        .map(|nth| branched(&format!("Case {nth}"), "Anna Berg"))
        .collect();
    bring_in(&app, &all);
    app.save_own_rule(&rule()).unwrap();
    let path = folder.path().join("given.zip");
    export(&app, &path, Scope::Everything);
    (folder, path)
}

#[test]
#[ignore = "started by the test below, as a process to be killed"]
fn import_until_killed() {
    let folder = folder_of_child();
    let app = open(&folder);
    say("open");
    loop {
        app.import_archive(&folder.path().join("given.zip"), None, &mut said)
            .unwrap();
        say("done");
    }
}

#[test]
fn fifty_kills_while_an_archive_comes_in_leave_all_of_it_or_nothing() {
    let (_from, archive) = with_archive();
    let folder = TempFolder::new();
    drop(open(&folder.folder));
    std::fs::copy(&archive, folder.path().join("given.zip")).unwrap();
    let (mut done, mut came) = (0, 0);
    for kill in 0..KILLS {
        done += killed("archive::cut::import_until_killed", &folder.folder, kill);
        let app = open(&folder.folder);
        let chats = app.store.read(|conn| chat::list(conn, None)).unwrap().len();
        assert_eq!(chats % CHATS, 0, "kill {kill}: whole archives or none");
        came = chats / CHATS;
        assert!(came >= done, "kill {kill}: what was reported is there");
    }
    assert!(done > 5, "{done} were finished between the kills");
    assert!(came < done + KILLS as usize);
    let app = open(&folder.folder);
    let imported = |action: &String| action == "data.imported";
    let mut go_on = |_: i64| ControlFlow::Continue(());
    assert!(app.record.verify(&mut go_on).unwrap().holds());
    assert!(actions(&app).iter().any(imported));
    assert_eq!(
        left_beside(folder.path()),
        BTreeSet::new(),
        "and no temporary file"
    );
}

/// Files of the data folder that a running Gatehouse does not have.
fn left_beside(path: &Path) -> BTreeSet<String> {
    let known = [
        "gatehouse.db",
        "gatehouse.db-wal",
        "gatehouse.db-shm",
        "instance.json",
        "database.key",
        "keys",
        "snapshots",
        "given.zip",
        "exports",
        "unfinished",
    ];
    let all = std::fs::read_dir(path).unwrap();
    all.map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !known.contains(&name.as_str()) && !name.ends_with(".lock"))
        .collect()
}

#[test]
#[ignore = "started by the test below, as a process to be killed"]
fn export_until_killed() {
    let folder = folder_of_child();
    let app = open(&folder);
    say("open");
    let to = |name: &str| Target {
        replace: true,
        ..target(&folder.path().join("exports").join(name))
    };
    loop {
        app.export_archive(&to("all.zip"), Scope::Everything, &mut said)
            .unwrap();
        let anonymity = Anonymity::default();
        app.export_anonymous(
            &to("anonymous.zip"),
            Scope::Everything,
            anonymity,
            &mut said,
        )
        .unwrap();
        say("done");
    }
}

#[test]
fn fifty_kills_while_archives_are_written_leave_whole_ones_and_no_part_of_another() {
    let (folder, _archive) = with_archive();
    let exports = folder.path().join("exports");
    std::fs::create_dir(&exports).unwrap();
    let (mut done, mut cut) = (0, 0);
    for kill in 0..KILLS {
        done += killed("archive::cut::export_until_killed", &folder.folder, kill);
        let names = || -> BTreeSet<String> {
            let all = std::fs::read_dir(&exports).unwrap();
            all.map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect()
        };
        cut += usize::from(names().iter().any(|name| name.ends_with(".part")));
        drop(open(&folder.folder));
        for name in names() {
            let path = exports.join(&name);
            match name.as_str() {
                "all.zip" => {
                    let checked = check_archive(&path, None, &mut on).unwrap();
                    assert_eq!(checked.holds.conversations as usize, CHATS, "kill {kill}");
                }
                "anonymous.zip" => {
                    let lines = lines(&members(&path)["conversations.jsonl"]);
                    assert_eq!(lines.len(), CHATS, "kill {kill}");
                }
                other => panic!("kill {kill}: {other} is left"),
            }
        }
    }
    assert!(
        done > 0 && cut > 5,
        "{done} were finished, and {cut} cut off"
    );
    let notes = std::fs::read_dir(folder.path().join("unfinished")).unwrap();
    assert_eq!(notes.count(), 0, "nothing is left to be taken away");
}

/// Words that no compression makes small.
fn noise(numbers: u64) -> String {
    (0..numbers)
        .map(|nth| format!("{:x}", nth.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect()
}

#[test]
fn a_disk_that_is_full_takes_nothing_of_an_archive_and_all_of_it_when_there_is_room() {
    let from = TempFolder::new();
    let archive = from.path().join("given.zip");
    let app = open(&from.folder);
    let texts = noise(20_000);
    let all: Vec<Value> = (0..4)
        .map(|nth| branched(&format!("Case {nth}"), &texts))
        .collect();
    bring_in(&app, &all);
    export(&app, &archive, Scope::Everything);

    let Some(disk) = SmallDisk::mount(24 << 20) else {
        return;
    };
    let app = open(&disk.folder);
    let mine = bring_in(&app, &[branched("Mine", "me")])[0];
    let said = content(&app, mine);
    let before = actions(&app);
    let ballast = disk.ballast(24 << 20);
    let full = Problem::from(import(&app, &archive).unwrap_err());
    assert_eq!(full.code, ProblemCode::DiskFull, "{full:?}");
    std::fs::remove_file(ballast).unwrap();
    assert_eq!(
        app.store.read(|conn| chat::list(conn, None)).unwrap().len(),
        1
    );
    assert_eq!(
        actions(&app),
        before,
        "nothing came in, so nothing is recorded"
    );
    assert_eq!(import(&app, &archive).unwrap().conversations.len(), 4);
    assert_eq!(content(&app, mine), said);
    let mut go_on = |_: i64| ControlFlow::Continue(());
    assert!(app.record.verify(&mut go_on).unwrap().holds());
}

#[test]
fn a_full_disk_leaves_the_old_export_for_analysis_and_no_part_of_a_new_one() {
    let Some(disk) = SmallDisk::mount(1 << 20) else {
        return;
    };
    let folder = TempFolder::new();
    let app = open(&folder.folder);
    bring_in(&app, &[branched("Long", &noise(200_000))]);
    let outside = disk.folder.path();
    let old = outside.join("anonymous.zip");
    std::fs::write(&old, "an old one").unwrap();
    let to = Target {
        replace: true,
        ..target(&old)
    };
    let full = app.export_anonymous(&to, Scope::Everything, Anonymity::default(), &mut on);
    assert!(matches!(full, Err(ArchiveError::DiskFull)), "{full:?}");
    assert_eq!(std::fs::read(&old).unwrap(), b"an old one");
    assert_eq!(
        std::fs::read_dir(outside).unwrap().count(),
        1,
        "no part is left"
    );
    assert_eq!(
        actions(&app)[0],
        "data.anonymised",
        "that it was tried is recorded"
    );
}
