//! The app is killed at random moments of a conversation: nothing finished is lost, and it opens.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use gatehouse_core::{
    app::App,
    chat::{self, MessageState},
    connections::{self, Outcome},
    costs::{self, CallStatus},
    gate::{AnswerEvent, Ask},
    ids::{ConversationId, MessageId},
    store::{DataFolder, InstanceLock, StoreError},
};

use serde::{Deserialize, Serialize};

use crate::{
    gate::account,
    support::{
        app::{self, conversation, program},
        folder::{TempFolder, folder_of_child, key_in},
        kills::{self, say},
        provider::Provider,
    },
};

const KILLS: u32 = 200;

/// What a process says of an answer that has ended, and what must be found again.
#[derive(Debug, Serialize, Deserialize)]
struct Finished {
    conversation: ConversationId,
    /// Hash of its text.
    question: u64,
    answer: MessageId,
    /// Hash of its text.
    text: u64,
    /// The number of its call.
    call: i64,
}

impl Finished {
    /// From a whole line `done {…}`; one that the kill cut off is none.
    fn from_line(line: &str) -> Option<Self> {
        serde_json::from_str(line.strip_prefix("done ")?).ok()
    }
}

/// The same in every process of one build.
fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Opens the folder as the window does and talks until it is killed, saying all that happens.
#[test]
#[ignore = "started by the test below, as a process to be killed"]
fn talk_until_killed() {
    let folder = folder_of_child();
    let app = open_window(&folder);
    let conversation = conversation(&app, 3);
    say("open");
    for turn in 0.. {
        let text = format!("Turn {turn}: say something short.");
        // A load has as many steps as the disk is slow, and is told of in quarters.
        let mut loaded = 0.0;
        let heard = |event| match event {
            AnswerEvent::Loading { fraction } if fraction < loaded + 0.25 => {}
            AnswerEvent::Loading { fraction } => {
                loaded = fraction;
                say("event");
            }
            _ => say("event"),
        };
        let answer = app::answer(&app, Ask::Say(conversation.id, &text), heard);
        if answer.state == MessageState::Done {
            let finished = Finished {
                conversation: conversation.id,
                question: hash(&text),
                answer: answer.id,
                text: hash(&answer.text),
                call: answer.call.unwrap().number,
            };
            say(format!(
                "done {}",
                serde_json::to_string(&finished).unwrap()
            ));
        }
    }
}

fn open_window(folder: &DataFolder) -> App {
    key_in(folder);
    let lock = InstanceLock::acquire(folder).unwrap();
    let around = app::around(program("gatehouse-engine"));
    let app = App::open_window(&lock, around).unwrap();
    app.ensure_starter().unwrap();
    std::mem::forget(lock); // held until the process is killed
    app
}

#[test]
fn an_answer_cut_off_beside_another_process_is_interrupted_while_that_goes_on() {
    let folder = TempFolder::new();
    let other = app::open(&folder.folder);
    let count = |sql: &str| {
        let one = |conn: &rusqlite::Connection| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
        other.store.read(one).unwrap()
    };
    let streaming = "SELECT count(*) FROM messages WHERE state = 'streaming'";
    // Most kills are in the middle of an answer; one may be between two.
    for kill in 0.. {
        let talk = "kills::talk_until_killed";
        kills::kill(talk, &folder.folder, 8 + kill, Duration::ZERO, &mut |_| ());
        if count(streaming) > 0 {
            break;
        }
    }
    assert!(other.mark_left_behind().unwrap());
    assert_eq!(count(streaming), 0);
    assert_eq!(
        count("SELECT count(*) FROM calls WHERE status = 'running'"),
        0
    );
    assert!(count("SELECT count(*) FROM messages WHERE state = 'interrupted'") > 0);
}

/// Asks a server that never answers, until it is killed.
#[test]
#[ignore = "started by the test below, as a process to be killed"]
fn ask_until_killed() {
    let app = app::open(&folder_of_child());
    let silent = Provider::start(|_| {
        loop {
            std::thread::park();
        }
    });
    // Another one has the data after this one.
    let name = format!("Silent {}", std::process::id());
    let account = account(&app, &name, &silent.address);
    say("open");
    let answered = app.gate.test_account(account.id);
    unreachable!("it is killed before: {answered:?}");
}

#[test]
fn a_connection_cut_off_beside_another_process_is_broken_while_that_goes_on() {
    let folder = TempFolder::new();
    let other = app::open(&folder.folder);
    let outcomes = || {
        let all = other.store.read(|conn| connections::list(conn, 9)).unwrap();
        all.iter().map(|line| line.outcome).collect::<Vec<_>>()
    };
    for by_start in [false, true] {
        let mut is_open = |_| {
            let open = outcomes().contains(&Outcome::Open);
            if open {
                other.mark_left_behind().unwrap();
                assert!(outcomes().contains(&Outcome::Open), "its process runs");
            }
            open
        };
        let ask = "kills::ask_until_killed";
        kills::kill_when(ask, &folder.folder, 0, &mut is_open, &mut |_| ());
        assert!(outcomes().contains(&Outcome::Open), "nobody said otherwise");
        if by_start {
            drop(app::open(&folder.folder));
        } else {
            other.mark_left_behind().unwrap();
        }
        assert_eq!(outcomes()[0], Outcome::Broken);
        assert!(!outcomes().contains(&Outcome::Open));
    }
}

#[test]
fn no_finished_message_is_lost_in_two_hundred_kills() {
    let folder = TempFolder::new();
    drop(app::open(&folder.folder)); // the first start hashes the starter model once
    let mut finished = Vec::new();
    for kill in 0..KILLS {
        // Some events and a moment later: spread over loading, reading, writing and between turns,
        // however fast the machine is.
        let spread = kills::spread(kill);
        kills::kill(
            "kills::talk_until_killed",
            &folder.folder,
            spread % 16,
            Duration::from_micros(u64::from(spread >> 8) % 4_000),
            &mut |line| finished.extend(Finished::from_line(line)),
        );
    }
    let app = open_window(&folder.folder);
    assert!(
        finished.len() > 20,
        "only {} answers were finished between the kills",
        finished.len()
    );
    let calls = app.store.read(|conn| costs::list(conn, u32::MAX)).unwrap();
    let status: HashMap<i64, CallStatus> = calls
        .iter()
        .map(|call| (call.summary.number, call.status))
        .collect();
    for finished in finished {
        let thread = app
            .store
            .read(|conn| chat::thread(conn, finished.conversation))
            .unwrap();
        let at = thread
            .messages
            .iter()
            .position(|kept| kept.id == finished.answer)
            .expect("a finished answer is there");
        let (question, answer) = (&thread.messages[at - 1], &thread.messages[at]);
        assert_eq!(answer.state, MessageState::Done);
        assert_eq!(hash(&answer.text), finished.text);
        assert_eq!(hash(&question.text), finished.question);
        assert_eq!(status[&finished.call], CallStatus::Answered);
    }
    assert!(
        calls.iter().all(|call| call.status != CallStatus::Running),
        "what a kill cut off is not taken for running"
    );
    let sound: String = app
        .store
        .read(|conn| {
            Ok::<_, StoreError>(conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(sound, "ok");
}
