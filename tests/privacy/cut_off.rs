//! Erasures that are cut off, by a kill, a full disk or a database that refuses: nothing is half erased
//! without being finished, and nothing is said that is not so.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    time::{Duration, Instant},
};

use gatehouse_core::{
    app::App,
    privacy::{EraseError, Erasure, ErasureStep, Extent, FileForm},
    record::Filter,
    store::{DataFolder, StoreError},
};

use super::{NAME, TRACES, erase, holds, identifiers, person, written};
use crate::support::{
    app::{around, without_model},
    disk::SmallDisk,
    folder::{TempFolder, child, folder_of_child, key_in},
    raw,
};

const KILLS: u32 = 60;

#[test]
fn what_a_kill_cut_off_is_finished_at_the_next_start() {
    let folder = TempFolder::new();
    key_in(&folder.folder);
    {
        let app = App::open(&folder.folder, around(PathBuf::new())).unwrap();
        written(&app, &format!("Who is {NAME}?"), "Nobody.");
        app.make_snapshot().unwrap();
    }
    let status = child("privacy::cut_off::erase_and_die", &folder.folder)
        .status()
        .unwrap();
    assert!(!status.success());
    let has = |texts| !raw::with_any(&folder.folder, texts).is_empty();
    assert!(has(TRACES), "snapshots still have it");
    let app = App::open_window(&folder.lock(), around(PathBuf::new())).unwrap();
    app.finish_erasures().unwrap();
    assert!(!has(TRACES));
    let entries = app.record.list(&Filter {
        action: Some("subject.erased".into()),
        limit: 2,
        ..Filter::default()
    });
    let entry = entries.unwrap()[0].sequence;
    let certificate = app.erasure_certificate(entry, FileForm::Html).unwrap();
    assert!(
        certificate.contains("Gatehouse was ended before it"),
        "it says what was not done"
    );
    holds(&app);
}

/// Dies between taking the content out and removing the snapshots.
#[test]
#[ignore = "started by the test above, as a process that dies"]
fn erase_and_die() {
    let app = App::open(&folder_of_child(), around(PathBuf::new())).unwrap();
    let die = &mut |step| {
        if step == ErasureStep::Snapshots {
            std::process::abort();
        }
    };
    let _ = app.erase(&person(Extent::Words), None, die);
}

fn execute(app: &App, sql: &str) {
    app.store
        .write(|tx| tx.execute_batch(sql).map_err(StoreError::from))
        .unwrap();
}

/// Files of the folder in which something of the person is.
fn left(folder: &DataFolder) -> Vec<String> {
    raw::with_any(folder, TRACES)
}

/// The certificate of the newest erasure of a person.
fn certificate(app: &App) -> Result<String, EraseError> {
    let entries = app.record.list(&Filter {
        action: Some("subject.erased".into()),
        limit: 1,
        ..Filter::default()
    });
    app.erasure_certificate(entries.unwrap()[0].sequence, FileForm::Html)
}

#[test]
fn where_the_erasure_cannot_be_noted_nothing_is_erased() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder);
    written(&app, &format!("Who is {NAME}?"), "Nobody.");
    app.make_snapshot().unwrap();
    let before = app.record.status().unwrap().count;
    execute(
        &app,
        "CREATE TRIGGER no_note BEFORE INSERT ON erasures BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    let refused = app.erase(&person(Extent::Words), None, &mut |_| ());
    assert!(matches!(refused, Err(EraseError::Store(_))), "{refused:?}");
    execute(&app, "DROP TRIGGER no_note");
    let after = app.record.status().unwrap().count;
    assert_eq!(after, before, "no entry says what did not happen");
    let found = app.find_person(&identifiers()).unwrap();
    assert_eq!((found.total, found.snapshots), (1, 1));
    erase(&app, &person(Extent::Words));
}

#[test]
fn where_the_certificate_cannot_be_kept_it_is_said_and_made_at_the_next_start() {
    let folder = TempFolder::new();
    let app = without_model(&folder.folder);
    written(&app, &format!("Who is {NAME}?"), "Nobody.");
    execute(
        &app,
        "CREATE TRIGGER no_statement BEFORE UPDATE ON erasures BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    let erased = erase(&app, &person(Extent::Words));
    let what: Vec<_> = erased.remains.iter().map(|remains| &remains.what).collect();
    assert_eq!(what, ["the certificate"]);
    assert!(left(&folder.folder).is_empty());
    assert!(certificate(&app).is_err(), "there is none yet");
    execute(&app, "DROP TRIGGER no_statement");
    drop(app);
    let app = App::open_window(&folder.lock(), around(PathBuf::new())).unwrap();
    app.finish_erasures().unwrap();
    assert!(certificate(&app).unwrap().contains("person"));
    holds(&app);
}

/// Room that is left on the disk, in bytes: none, and enough for the first, the second, … thing that
/// an erasure writes.
const ROOM: [usize; 9] = [
    0,
    64 << 10,
    128 << 10,
    256 << 10,
    384 << 10,
    512 << 10,
    768 << 10,
    1 << 20,
    2 << 20,
];

#[test]
fn on_a_full_disk_an_erasure_happens_whole_or_not_at_all_and_is_finished_when_there_is_room() {
    let (mut refused, mut unfinished) = (0, 0);
    for room in ROOM {
        let Some(disk) = SmallDisk::mount(16 << 20) else {
            return;
        };
        let app = without_model(&disk.folder);
        for nth in 0..60 {
            let long = "and so on ".repeat(40);
            written(&app, &format!("{nth}: Who is {NAME}? {long}"), "Nobody.");
        }
        drop(app);
        // Its log is empty now, and has to grow.
        let app = without_model(&disk.folder);
        let before = app.record.status().unwrap().count;
        let ballast = disk.fill_but_for(room as u64);
        let erased = app.erase(&person(Extent::Words), None, &mut |_| ());
        std::fs::remove_file(ballast).unwrap();
        match erased {
            Err(error) => {
                refused += 1;
                assert!(
                    error.to_string().contains("disk is full"),
                    "{room}: {error}"
                );
                let after = app.record.status().unwrap().count;
                assert_eq!(after, before, "{room}: nothing half was written");
                assert_eq!(app.find_person(&identifiers()).unwrap().total, 60);
                erase(&app, &person(Extent::Words));
            }
            Ok(erased) => {
                unfinished += u32::from(certificate(&app).is_err());
                assert_eq!(erased.messages, 60, "{room}");
            }
        }
        drop(app);
        let app = without_model(&disk.folder);
        app.finish_erasures().unwrap();
        assert!(left(&disk.folder).is_empty(), "{room}");
        assert!(certificate(&app).is_ok(), "{room}");
        assert_eq!(app.find_person(&identifiers()).unwrap().total, 0);
        holds(&app);
    }
    assert!(
        refused > 0 && unfinished > 0,
        "{refused} {unfinished}: full at several points"
    );
}

/// Erases one conversation after another until it is killed, and says of which nothing may be left.
#[test]
#[ignore = "started by the test below, as a process to be killed"]
fn erase_until_killed() {
    let folder = folder_of_child();
    key_in(&folder);
    let app = App::open_window(
        &gatehouse_core::store::InstanceLock::acquire(&folder).unwrap(),
        around(PathBuf::new()),
    )
    .unwrap();
    app.finish_erasures().unwrap();
    let say = |line: String| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{line}")
            .and_then(|()| out.flush())
            .unwrap();
    };
    say("open".into());
    for nth in 0.. {
        let word = format!("quagga{}x{nth}", std::process::id());
        let id = written(&app, &format!("What is a {word}?"), "An animal.");
        let erasure = match nth % 2 {
            0 => Erasure::Conversation { id },
            _ => Erasure::Person {
                identifiers: vec![word.clone()],
                extent: Extent::Messages,
            },
        };
        let erased = app.erase(&erasure, None, &mut |step| {
            // From here on the content is gone, whatever happens.
            if step == ErasureStep::Engines {
                say(format!("gone {word}"));
            }
            say("step".into());
        });
        let erased = erased.unwrap();
        assert_eq!(erased.check.found, []);
        say(format!("done {word} {}", erased.certificate));
    }
}

#[test]
fn whatever_an_erasure_was_doing_when_it_was_killed_it_is_finished_at_the_next_start() {
    let folder = TempFolder::new();
    drop(without_model(&folder.folder));
    let mut gone: Vec<String> = Vec::new();
    let mut certificates = BTreeSet::new();
    for kill in 0..KILLS {
        let mut process = child("privacy::cut_off::erase_until_killed", &folder.folder)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        assert!(
            lines.any(|line| line == "open"),
            "kill {kill}: the data did not open"
        );
        let mut note = |line: String| {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["gone", word] => gone.push(word.to_owned()),
                ["done", _, entry] => certificates.extend(entry.parse::<i64>()),
                _ => {}
            }
        };
        let spread = kill.wrapping_mul(2_654_435_761);
        let seen = lines.by_ref().filter(|line| !line.is_empty());
        seen.take((spread % 17) as usize).for_each(&mut note);
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(u64::from(spread >> 8) % 20_000) {
            std::hint::spin_loop();
        }
        process.kill().unwrap();
        process.wait().unwrap();
        lines.for_each(note);
    }
    let app = App::open_window(&folder.lock(), around(PathBuf::new())).unwrap();
    app.finish_erasures().unwrap();
    assert!(
        gone.len() > 20 && certificates.len() > 5,
        "{} {}",
        gone.len(),
        certificates.len()
    );
    let words: Vec<&str> = gone.iter().map(String::as_str).collect();
    let left = raw::with_any(&folder.folder, &words);
    assert!(left.is_empty(), "{left:?}");
    for entry in certificates {
        assert!(
            app.erasure_certificate(entry, FileForm::Json).is_ok(),
            "{entry}"
        );
    }
    let unfinished: i64 = app
        .store
        .read(|conn| {
            conn.query_row(
                "SELECT count(*) FROM erasures WHERE statement IS NULL",
                [],
                |row| row.get(0),
            )
            .map_err(StoreError::from)
        })
        .unwrap();
    assert_eq!(unfinished, 0);
    holds(&app);
}
