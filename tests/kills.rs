//! The app is killed at random moments of a conversation: nothing finished is lost, and it opens.

use std::{
    io::{BufRead, BufReader, Write},
    time::{Duration, Instant},
};

use gatehouse_core::{
    app::{App, Surroundings},
    chat::{self, MessageState},
    gate::Ask,
    ids::{ConversationId, MessageId},
    store::{DataFolder, InstanceLock, StoreError},
};

use crate::support::{
    app::{self, conversation, program},
    folder::{TempFolder, child, folder_of_child, key_in},
};

const KILLS: u32 = 200;

/// Opens the folder as the window does and talks until it is killed, saying all that happens.
#[test]
#[ignore = "started by the test below, as a process to be killed"]
fn talk_until_killed() {
    let folder = folder_of_child();
    let app = open_window(&folder);
    let conversation = conversation(&app, 3);
    let say = |line: &str| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "\n{line}")
            .and_then(|()| out.flush())
            .unwrap();
    };
    say("open");
    for turn in 0.. {
        let text = format!("Turn {turn}: say something short.");
        let answer = app::answer(&app, Ask::Say(conversation.id, &text), |_| say("event"));
        if answer.state == MessageState::Done {
            let bytes = answer.text.len();
            say(&format!("done {} {} {bytes} .", conversation.id, answer.id));
        }
    }
}

fn open_window(folder: &DataFolder) -> App {
    key_in(folder);
    let lock = InstanceLock::acquire(folder).unwrap();
    let engine_program = program("gatehouse-engine");
    let around = Surroundings {
        engine_program,
        resources: None,
        on_engine_change: Box::new(|| ()),
    };
    let app = App::open_window(&lock, around).unwrap();
    app.ensure_starter().unwrap();
    std::mem::forget(lock); // held until the process is killed
    app
}

#[test]
fn no_finished_message_is_lost_in_two_hundred_kills() {
    let folder = TempFolder::new();
    drop(app::open(&folder.folder)); // the first start hashes the starter model once
    let mut finished: Vec<(ConversationId, MessageId, usize)> = Vec::new();
    for kill in 0..KILLS {
        let mut process = child("kills::talk_until_killed", &folder.folder)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        assert!(
            lines.any(|line| line == "open"),
            "kill {kill}: the database did not open"
        );
        // Some events and a moment later: spread over loading, reading, writing and between turns,
        // however fast the machine is; the same in every run.
        let spread = kill.wrapping_mul(2_654_435_761);
        let events = lines
            .by_ref()
            .filter(|line| !line.is_empty())
            .take((spread % 24) as usize);
        finished.extend(events.filter_map(|line| done(&line)));
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(u64::from(spread >> 8) % 4_000) {
            std::hint::spin_loop();
        }
        process.kill().unwrap();
        process.wait().unwrap();
        finished.extend(lines.filter_map(|line| done(&line)));
    }
    let app = app::open(&folder.folder);
    assert!(
        finished.len() > 20,
        "only {} answers were finished between the kills",
        finished.len()
    );
    for (conversation, message, bytes) in finished {
        let thread = app
            .store
            .read(|conn| chat::thread(conn, conversation))
            .unwrap();
        let kept = thread
            .messages
            .iter()
            .find(|kept| kept.id == message)
            .expect("a finished answer is there");
        assert_eq!((kept.state, kept.text.len()), (MessageState::Done, bytes));
    }
    let sound: String = app
        .store
        .read(|conn| {
            Ok::<_, StoreError>(conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(sound, "ok");
}

/// A whole line `done CONVERSATION MESSAGE BYTES .`; one that the kill cut off is none.
fn done(line: &str) -> Option<(ConversationId, MessageId, usize)> {
    let mut words = line.strip_prefix("done ")?.strip_suffix(" .")?.split(' ');
    Some((
        words.next()?.parse().ok()?,
        words.next()?.parse().ok()?,
        words.next()?.parse().ok()?,
    ))
}
