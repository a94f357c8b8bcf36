//! What a full disk does to the record, to erasing and to each file that a person takes away: words, nothing
//! half, what was there before, and all of it once there is room. Backups, restores, snapshots, imports,
//! retention and erasing people at every point have tests of it beside their others.

use std::{
    fs,
    path::{Path, PathBuf},
};

use gatehouse_core::{
    app::App,
    charts::ChartTheme,
    costs::{
        budgets::Period,
        reports::{CallFilter, Query},
    },
    ids::WorkspaceId,
    privacy::{Erasure, Extent},
    problem::{Problem, ProblemCode},
    record::WhileFaulty,
    review::ReportFile,
    store::{DataFolder, Existing},
};

use jiff::civil::date;

use crate::{
    command_line::Shell,
    support::{
        app::{here, holds, imported, without_model},
        disk::SmallDisk,
        folder::{NOW, TempFolder},
        provider::{Provider, Reply},
        stamps::Stamps,
    },
};

const PAGE: u64 = 4096;
const NONE: [PathBuf; 0] = [];
const PASSPHRASE: &[u8] = b"correct horse battery\n";

/// Words that no compression makes small.
fn noise() -> String {
    (0..4_000_u64)
        .map(|nth| format!("{:x} ", nth.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect()
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.path() {
            path if path.is_dir() => files(&path),
            path => vec![path],
        })
        .collect()
}

fn pages(files: &[PathBuf]) -> u64 {
    let length = |path: &PathBuf| fs::metadata(path).unwrap().len();
    files.iter().map(|path| length(path).div_ceil(PAGE)).sum()
}

fn empty(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let gone = match path.is_dir() {
            true => fs::remove_dir_all(path),
            false => fs::remove_file(path),
        };
        gone.unwrap();
    }
}

/// Each command that writes a file; `@` stands before its name.
fn commands(conversation: &str, erasure: &str) -> Vec<Vec<String>> {
    [
        "record export @record.jsonl",
        "record export @facts.jsonl --facts-only",
        "record witness @witness.json",
        "archive export @all.zip",
        "archive export @workspace.zip --workspace Personal",
        "archive export @one.zip --conversation CHAT",
        "archive export @all.zip.age --passphrase-stdin",
        "archive export @anonymous.zip --anonymous",
        "subject export @person.json Petrova",
        "subject export @person.html Petrova",
        "subject certificate ERASURE @certificate.json",
        "subject certificate ERASURE @certificate.html",
        "chats export CHAT --output @chat.md",
        "chats export CHAT --format json --output @chat.json",
        "costs report --html @costs.html",
        "costs report --pdf @costs.pdf",
        "costs report --csv @costs",
    ]
    .map(|line| {
        let words = line.split(' ').map(|word| match word {
            "CHAT" => conversation.to_owned(),
            "ERASURE" => erasure.to_owned(),
            word => word.to_owned(),
        });
        words.collect()
    })
    .into()
}

/// Run one of them with its file in a folder: its exit code and its words.
fn run(cli: &Shell, command: &[String], folder: &Path) -> (i32, String) {
    let placed: Vec<String> = command
        .iter()
        .map(|word| match word.strip_prefix('@') {
            Some(name) => folder.join(name).to_str().unwrap().to_owned(),
            None => word.clone(),
        })
        .collect();
    let arguments: Vec<&str> = placed.iter().map(String::as_str).collect();
    cli.fed(&arguments, PASSPHRASE)
}

#[test]
fn a_file_that_does_not_fit_is_refused_in_words_and_written_when_there_is_room() {
    let Some(disk) = SmallDisk::mount(4 << 20) else {
        return;
    };
    let (cli, elsewhere) = (Shell::used(), TempFolder::new());
    let app = without_model(&DataFolder::resolve(Some(cli.path())).unwrap());
    let said = format!("Who is Petrova? {}", noise());
    let conversation = imported(&app, "Case", &[&said, "Nobody."], NOW);
    imported(&app, "Other", &["Who is Orlov?", "Nobody."], NOW);
    let orlov = Erasure::Person {
        identifiers: vec!["Orlov".into()],
        extent: Extent::Words,
    };
    let erased = app.erase(&orlov, None, &mut |_| ()).unwrap();
    let erasure = erased.certificate.to_string();

    let outside = disk.folder.path();
    fs::create_dir_all(outside).unwrap();
    for command in commands(&conversation.to_string(), &erasure) {
        let (code, words) = run(&cli, &command, elsewhere.path());
        assert_eq!(code, 0, "{command:?}: {words}");
        // Half of it fits, so that some of it is written before the disk is full.
        let half = pages(&files(elsewhere.path())) / 2;
        empty(elsewhere.path());
        let ballast = disk.fill_but_for(half * PAGE);
        let (code, words) = run(&cli, &command, outside);
        assert_eq!(code, 5, "{command:?}: {words}");
        assert!(words.contains("disk is full"), "{command:?}: {words}");
        assert!(words.contains("Make room"), "{command:?}: {words}");
        assert_eq!(files(outside), NONE, "{command:?}: nothing is left");
        assert_eq!(files(&cli.path().join("unfinished")), NONE);
        fs::remove_file(ballast).unwrap();
        let (code, words) = run(&cli, &command, outside);
        assert_eq!(code, 0, "{command:?}, when there is room: {words}");
        empty(outside);
    }
    holds(&app);
}

#[test]
fn a_certificate_that_does_not_fit_is_written_later_and_what_it_says_stays_erased() {
    let Some(disk) = SmallDisk::mount(1 << 20) else {
        return;
    };
    let cli = Shell::used();
    let app = without_model(&DataFolder::resolve(Some(cli.path())).unwrap());
    imported(&app, "Case", &["Who is Petrova?", "Nobody."], NOW);
    drop(app); // while somebody else has the data open, nothing is erased
    let outside = disk.folder.path();
    fs::create_dir_all(outside).unwrap();
    let ballast = disk.fill_but_for(0);
    let erase = ["subject", "erase", "Petrova", "--yes", "--certificate"];
    let erase: Vec<String> = erase.map(str::to_owned).into();
    let (code, words) = run(&cli, &[erase, vec!["@gone.json".into()]].concat(), outside);
    assert_eq!(code, 5, "{words}");
    assert_eq!(cli.json(&["subject", "find", "Petrova"])["total"], 0);
    let entry = words
        .split_once("subject certificate ")
        .unwrap_or_else(|| panic!("it says how to get it: {words}"));
    let entry = entry.1.split(' ').next().unwrap();
    fs::remove_file(ballast).unwrap();
    let file = outside.join("gone.json");
    let file = file.to_str().unwrap();
    cli.text(&["subject", "certificate", entry, file]);
    let said = cli.text(&["subject", "verify", file]);
    assert!(said.contains("The signature holds"), "{said}");
}

#[test]
fn a_file_of_the_window_that_does_not_fit_leaves_the_one_that_was_there() {
    let Some(disk) = SmallDisk::mount(4 << 20) else {
        return;
    };
    let data = TempFolder::new();
    let app = without_model(&data.folder);
    let query = Query {
        first: date(2026, 11, 1),
        last: date(2026, 11, 30),
        step: Period::Day,
        filter: CallFilter::default(),
    };
    let outside = disk.folder.path();
    fs::create_dir_all(outside).unwrap();
    for file in [
        ReportFile::CallsCsv,
        ReportFile::StepsCsv,
        ReportFile::Html,
        ReportFile::Pdf,
        ReportFile::Svg,
        ReportFile::Png,
    ] {
        let path = outside.join("saved");
        fs::write(&path, "an earlier one").unwrap();
        let content = app.export_costs(&query, file, ChartTheme::Light).unwrap();
        let ballast = disk.fill_but_for(content.len() as u64 / 2 / PAGE * PAGE);
        let full = app.save_file(&path, &content).unwrap_err();
        assert_eq!(full.code, ProblemCode::DiskFull, "{full:?}");
        assert!(full.message.contains("disk is full"), "{full:?}");
        assert_eq!(fs::read(&path).unwrap(), b"an earlier one");
        assert_eq!(files(outside), [path.as_path()], "no part is left");
        fs::remove_file(ballast).unwrap();
        app.save_file(&path, &content).unwrap();
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn a_stamped_witness_that_does_not_fit_leaves_the_two_files_that_were_there() {
    let Some(disk) = SmallDisk::mount(1 << 20) else {
        return;
    };
    let stamps = Stamps::new();
    let server = Provider::start(move |request| {
        Reply::Raw("application/timestamp-reply", stamps.answer(&request.body))
    });
    let data = TempFolder::new();
    let app = without_model(&data.folder);
    let outside = disk.folder.path();
    fs::create_dir_all(outside).unwrap();
    let (path, answer) = (
        outside.join("witness.json"),
        outside.join("witness.json.tsr"),
    );
    let both = || [&path, &answer].map(|path| fs::read(path).unwrap());
    let save = |existing| {
        let saved =
            app.save_stamped_witness(&path, existing, WhileFaulty::Refuse, &server.address, None);
        saved.map_err(Problem::from)
    };
    for path in [&path, &answer] {
        fs::write(path, "an earlier one").unwrap();
    }
    // The witness fits, and what the service says of it does not.
    let ballast = disk.fill_but_for(PAGE);
    let full = save(Existing::Replace).unwrap_err();
    assert_eq!(full.code, ProblemCode::DiskFull, "{full:?}");
    assert_eq!(both(), [b"an earlier one", b"an earlier one"]);
    let mut left = files(outside);
    left.sort();
    assert_eq!(left, [path.as_path(), answer.as_path()], "no part is left");
    fs::remove_file(ballast).unwrap();

    fs::remove_file(&path).unwrap();
    let taken = save(Existing::Keep).unwrap_err();
    assert!(taken.message.contains("witness.json.tsr"), "{taken:?}");
    assert_eq!(fs::read(&answer).unwrap(), b"an earlier one");
    assert!(!path.exists(), "no half of the two");
    let saved = save(Existing::Replace).unwrap();
    assert_eq!(both(), [saved.witness.as_bytes(), &saved.answer]);
}

/// What is done on a full disk, and said of it.
type Deed<'a> = (&'a str, Box<dyn Fn(&App) -> Result<(), Problem> + 'a>);

#[test]
fn what_changes_the_data_is_refused_in_words_and_done_when_there_is_room() {
    let Some(disk) = SmallDisk::mount(16 << 20) else {
        return;
    };
    let app = without_model(&disk.folder);
    let copies = tempfile::tempdir().unwrap();
    app.set_backup_folder(copies.path()).unwrap();
    let backup = copies.path().join(app.back_up(&mut |_| ()).unwrap().name);
    let (said, personal) = (noise(), here(&app));
    let conversation = imported(&app, "Gone", &[&said, "Nobody."], NOW);
    imported(&app, "Gone with its workspace", &[&said, "Nobody."], NOW);
    let erase = |app: &App, erasure: Erasure| {
        let erased = app.erase(&erasure, None, &mut |_| ());
        erased.map(drop).map_err(Problem::from)
    };
    let deeds: [Deed<'_>; 6] = [
        (
            "checkpoint",
            Box::new(|app| app.record.checkpoint().map(drop).map_err(Problem::from)),
        ),
        (
            "verify a backup",
            Box::new(|app| app.verify_backup(&backup).map(drop).map_err(Problem::from)),
        ),
        (
            "back up",
            Box::new(|app| app.back_up(&mut |_| ()).map(drop).map_err(Problem::from)),
        ),
        (
            "snapshot",
            Box::new(|app| app.make_snapshot().map(drop).map_err(Problem::from)),
        ),
        (
            "erase a conversation",
            Box::new(|app| erase(app, Erasure::Conversation { id: conversation })),
        ),
        (
            "erase a workspace",
            Box::new(|app| erase(app, Erasure::Workspace { id: personal })),
        ),
    ];
    for (what, deed) in deeds {
        let ballast = disk.fill_but_for(0);
        // What is left of the log is filled up first.
        while app
            .save_workspace(WorkspaceId::new(), &format!("Case {}", WorkspaceId::new()))
            .is_ok()
        {}
        let before = app.record.status().unwrap().count;
        let full = deed(&app).expect_err(what);
        assert_eq!(full.code, ProblemCode::DiskFull, "{what}: {full:?}");
        assert!(full.message.contains("disk is full"), "{what}: {full:?}");
        assert_eq!(app.record.status().unwrap().count, before, "{what}");
        fs::remove_file(ballast).unwrap();
        holds(&app);
        deed(&app).unwrap_or_else(|error| panic!("{what}, when there is room: {error:?}"));
        holds(&app);
    }
    let left = files(disk.folder.path());
    // The folder itself is called by chance.
    let half = left
        .iter()
        .filter_map(|path| path.strip_prefix(disk.folder.path()).ok())
        .filter(|path| path.to_string_lossy().contains("part"));
    assert_eq!(half.count(), 0, "{left:?}");
    drop(app);
    holds(&without_model(&disk.folder));
}
