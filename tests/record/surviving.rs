//! The record outlives full disks and kills, and takes what two processes append at once.

use std::{
    collections::BTreeMap,
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use gatehouse_core::{
    app::App,
    ids::{ConversationId, WorkspaceId},
    now_ms,
    privacy::{Erasure, ErasureStep, Extent, FileForm},
    record::{Action, Contents, Event, Fault, Subject, WhileFaulty, verify_file},
    store::{DataFolder, InstanceLock, StoreError},
};
use serde_json::json;

use super::{holds, without_model};
use crate::support::{
    app::{around, imported},
    disk::SmallDisk,
    folder::{NOW, TempFolder, child, folder_of_child, key_in},
    kills::{self, say},
    raw,
};

const KILLS: u32 = 500;
/// So many data folders share them.
const FOLDERS: u32 = 3;
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
    fs::remove_file(ballast).unwrap();
    app.save_workspace(WorkspaceId::new(), "There is room again")
        .unwrap();
    assert_eq!(holds(&app), before + 1);
}

#[test]
fn where_a_file_does_not_fit_the_earlier_one_stays_and_nothing_half_is_beside_it() {
    let Some(disk) = SmallDisk::mount(4 << 20) else {
        return;
    };
    let data = TempFolder::new();
    let app = without_model(&data.folder).unwrap();
    let file = disk.folder.path().join("record.jsonl");
    let export = || {
        app.record
            .export_to(&file, Contents::Everything, WhileFaulty::Refuse, now_ms())
    };
    export().unwrap();
    let earlier = fs::read(&file).unwrap();
    for nth in 0..200 {
        append(&app, ConversationId::new(), nth);
    }
    disk.fill_but_for(16 << 10);
    let error = export().unwrap_err();
    assert!(error.to_string().contains("No space"), "{error}");
    assert_eq!(fs::read(&file).unwrap(), earlier);
    let beside = fs::read_dir(disk.folder.path()).unwrap().count();
    assert_eq!(beside, 1, "nothing half is left");
    assert_eq!(
        fs::read_dir(data.path().join("unfinished"))
            .unwrap()
            .count(),
        0
    );
    holds(&app);
}

#[test]
fn where_an_export_cannot_be_recorded_nobody_gets_it() {
    let Some(disk) = SmallDisk::mount(4 << 20) else {
        return;
    };
    let app = without_model(&disk.folder).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("record.jsonl");
    let ballast = disk.ballast(4 << 20);
    let mut nth = 0;
    // What is left of its log is filled up first.
    while app
        .save_workspace(WorkspaceId::new(), &format!("Workspace {nth}"))
        .is_ok()
    {
        nth += 1;
    }
    let before = app.record.status().unwrap().count;
    let everything = Contents::Everything;
    let exported = app
        .record
        .export_to(&file, everything, WhileFaulty::Refuse, now_ms());
    assert!(exported.is_err());
    let searched = app.find_person(&["Anna Petrova".into()]);
    assert!(
        searched.is_err(),
        "a search tells nothing that is not recorded"
    );
    let person = app.export_person(&["Anna Petrova".into()], FileForm::Json);
    assert!(person.is_err());
    assert!(
        app.record
            .give_witness(WhileFaulty::Refuse, now_ms())
            .is_err()
    );
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    assert_eq!(app.record.status().unwrap().count, before);
    fs::remove_file(ballast).unwrap();
    assert_eq!(holds(&app), before);
}

/// Does what a record lives through until it is killed: appends, erases chats and people, makes backups and
/// exports itself. It says what must be there afterwards, and what must not.
#[test]
#[ignore = "started by the test below, as a process to be killed"]
fn live_until_killed() {
    let folder = folder_of_child();
    key_in(&folder);
    let lock = InstanceLock::acquire(&folder).unwrap();
    let app = App::open_window(&lock, around(PathBuf::new())).unwrap();
    let cut_off = unfinished(&app);
    app.finish_erasures().unwrap();
    say("open");
    say(format!("unfinished {cut_off}"));
    let conversation = ConversationId::new();
    // Each process begins with another deed than the one before it did.
    for nth in app.record.status().unwrap().count.. {
        match nth % 4 {
            0 => erase(&app, nth),
            1 => drop(app.back_up(&mut |step| say(format!("{step:?}"))).unwrap()),
            2 => {
                let file = folder.path().join("../exports/record.jsonl");
                app.record
                    .export_to(&file, Contents::Everything, WhileFaulty::Refuse, now_ms())
                    .unwrap();
            }
            _ => {
                for _ in 0..4 {
                    let sequence = append(&app, conversation, nth);
                    let entry = app.record.details(sequence).unwrap().unwrap();
                    say(format!("entry {sequence} {}", entry.hash));
                }
            }
        }
    }
}

/// Of a chat of its own, all of it or the person in it; says so as soon as nothing may be left.
fn erase(app: &App, nth: i64) {
    let word = format!("quagga{nth}x{}", std::process::id());
    let texts = [format!("What is a {word}?"), "An animal.".into()];
    let id = imported(app, &word, &texts.each_ref().map(String::as_str), NOW);
    let erasure = match nth % 8 {
        0 => Erasure::Conversation { id },
        _ => Erasure::Person {
            identifiers: vec![word.clone()],
            extent: Extent::Messages,
        },
    };
    app.erase(&erasure, None, &mut |step| {
        if step == ErasureStep::Engines {
            say(format!("gone {word}"));
        }
        say("step");
    })
    .unwrap();
}

/// Erasures whose content is gone and whose end was cut off.
fn unfinished(app: &App) -> i64 {
    let sql = "SELECT count(*) FROM erasures WHERE statement IS NULL";
    app.store
        .read(|conn| conn.query_row(sql, [], |row| row.get(0)))
        .map_err(|error: rusqlite::Error| StoreError::from(error))
        .unwrap()
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

/// What the processes have said before they were killed.
#[derive(Default)]
struct Said {
    entries: BTreeMap<i64, String>,
    gone: Vec<String>,
    unfinished: i64,
}

impl Said {
    fn note(&mut self, line: &str) {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["entry", sequence, hash] if hash.len() == 64 => {
                self.entries
                    .insert(sequence.parse().unwrap(), hash.to_owned());
            }
            ["gone", word] => self.gone.push(word.to_owned()),
            ["unfinished", count] => self.unfinished += count.parse::<i64>().unwrap(),
            _ => {}
        }
    }
}

/// A data folder whose processes are killed, and what they write elsewhere.
struct Place {
    dir: tempfile::TempDir,
    folder: DataFolder,
    said: Said,
    half_backups: usize,
    half_exports: usize,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(&dir.path().join("data"))).unwrap();
        let place = Self {
            dir,
            folder,
            said: Said::default(),
            half_backups: 0,
            half_exports: 0,
        };
        fs::create_dir(place.backups()).unwrap();
        fs::create_dir(place.exports()).unwrap();
        let app = without_model(&place.folder).unwrap();
        app.set_backup_folder(&place.backups()).unwrap();
        app.set_backup_schedule(None, 2).unwrap();
        place
    }

    fn backups(&self) -> PathBuf {
        self.dir.path().join("backups")
    }

    fn exports(&self) -> PathBuf {
        self.dir.path().join("exports")
    }

    /// Start the processes with these numbers, and kill each.
    fn live_through(mut self, kills: impl Iterator<Item = u32>) -> Self {
        for kill in kills {
            let spread = kills::spread(kill);
            kills::kill(
                "record::surviving::live_until_killed",
                &self.folder,
                spread % 6,
                Duration::from_micros(u64::from(spread >> 8) % 40_000),
                &mut |line| self.said.note(line),
            );
            self.half_backups += parts(&self.backups());
            self.half_exports += parts(&self.exports());
        }
        self
    }

    /// What was reported is there, what was erased is nowhere, and everything that is left verifies.
    fn is_whole(&self) {
        let Self { folder, said, .. } = self;
        let lock = InstanceLock::acquire(folder).unwrap();
        let app = App::open_window(&lock, around(PathBuf::new())).unwrap();
        app.finish_erasures().unwrap();
        app.back_up(&mut |_| ()).unwrap();
        let count = holds(&app);
        assert!(count > *said.entries.keys().next_back().unwrap());
        let failure = app.record.status().unwrap().failure;
        assert_eq!(failure, None, "and no start found a fault");
        for (sequence, hash) in &said.entries {
            let entry = app.record.details(*sequence).unwrap().unwrap();
            assert_eq!(&entry.hash, hash, "what was reported is there as it was");
        }
        assert_eq!(unfinished(&app), 0, "what was begun is done");
        assert_eq!((parts(&self.backups()), parts(&self.exports())), (0, 0));
        let gone: Vec<&str> = said.gone.iter().map(String::as_str).collect();
        for place in [folder.path(), &self.backups(), &self.exports()] {
            assert_eq!(raw::with_any_in(folder, place, &gone), [""; 0]);
        }
        for backup in app.backups_written_here().unwrap().1 {
            let report = app
                .verify_backup(&self.backups().join(&backup.name))
                .unwrap();
            assert!(report.is_of_this_record && report.record_fault.is_none());
        }
        let exported = fs::read(self.exports().join("record.jsonl")).unwrap();
        assert!(verify_file(&mut &*exported, None, None).unwrap().holds());
    }
}

/// Files in a folder that were not finished.
fn parts(folder: &Path) -> usize {
    fs::read_dir(folder)
        .unwrap()
        .filter(|file| {
            let path = file.as_ref().unwrap().path();
            path.extension().is_some_and(|ending| ending == "part")
        })
        .count()
}

#[test]
fn five_hundred_kills_while_it_appends_erases_and_is_copied_leave_a_record_that_holds() {
    // Side by side, for much of the time of each is waiting for the disk.
    let places: Vec<Place> = thread::scope(|scope| {
        let kills = (0..FOLDERS).map(|nth| (nth..KILLS).step_by(FOLDERS as usize));
        let living: Vec<_> = kills
            .map(|kills| scope.spawn(|| Place::new().live_through(kills)))
            .collect();
        living.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let all = |count: fn(&Place) -> usize| places.iter().map(count).sum::<usize>();
    let unfinished: i64 = places.iter().map(|place| place.said.unfinished).sum();
    let (backups, exports) = (
        all(|place| place.half_backups),
        all(|place| place.half_exports),
    );
    assert!(
        unfinished > 0 && backups > 0 && exports > 0,
        "the kills came in the middle of everything: {unfinished} {backups} {exports}"
    );
    let (entries, gone) = (
        all(|place| place.said.entries.len()),
        all(|place| place.said.gone.len()),
    );
    assert!(entries > 200 && gone > 20, "{entries} {gone}");
    places.iter().for_each(Place::is_whole);
}

#[test]
fn a_record_that_was_cut_and_told_so_goes_into_backups_that_hold() {
    let place = Place::new();
    let app = without_model(&place.folder).unwrap();
    let conversation = ConversationId::new();
    for nth in 0..140 {
        append(&app, conversation, nth);
    }
    let cut = "DROP TRIGGER audit_entries_stay; DELETE FROM audit_entries WHERE sequence > 100";
    app.store
        .write(|tx| tx.execute_batch(cut).map_err(StoreError::from))
        .unwrap();
    let verify = || app.record.verify(&mut |_| ControlFlow::Continue(()));
    let fault = verify().unwrap().fault;
    assert!(
        matches!(fault, Some(Fault::CutOff { found: 100, .. })),
        "{fault:?}"
    );
    for nth in 0..140 {
        append(&app, conversation, nth);
    }
    let verdict = verify().unwrap();
    assert_eq!((verdict.fault, verdict.notes.failed), (None, 1));
    app.back_up(&mut |_| ()).unwrap();
    let backup = app.backups_written_here().unwrap().1.remove(0);
    let report = app
        .verify_backup(&place.backups().join(&backup.name))
        .unwrap();
    assert_eq!(report.record_fault, None);
    assert!(report.is_of_this_record);
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
