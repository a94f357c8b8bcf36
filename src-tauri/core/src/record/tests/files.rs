//! The record as a file, and whoever changes it there.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::record::{
    Contents, WhileFaulty, Witness,
    file::{fits_a_line, page},
    verify_file,
};

fn exported(here: &Installation, contents: Contents) -> Vec<u8> {
    let (_store, record) = here.open();
    let mut file = Vec::new();
    record
        .export(contents, WhileFaulty::Refuse, &mut file, NOW)
        .unwrap();
    file
}

fn verified(file: &[u8]) -> Verdict {
    verify_file(&mut &*file, None, None).unwrap()
}

fn lines(file: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(file).unwrap();
    text.split_inclusive('\n').map(str::to_owned).collect()
}

#[test]
fn a_file_verifies_with_and_without_what_is_private() {
    let here = Installation::with_entries(150);
    for contents in [Contents::Facts, Contents::Everything] {
        let file = exported(&here, contents);
        let verdict = verified(&file);
        assert_eq!(verdict.fault, None);
        let text = String::from_utf8(file).unwrap();
        assert_eq!(text.contains("private 7"), contents == Contents::Everything);
        assert!(
            text.contains(r#""kind":"checkpoint""#),
            "the checkpoints go along"
        );
    }
}

#[test]
fn what_is_too_long_for_a_line_gives_way_to_its_hash_and_the_file_verifies() {
    let here = Installation::with_entries(1);
    let (store, record) = here.open();
    let just = "x".repeat((8 << 20) - r#"{\"text\":\"\"}"#.len());
    for (nth, text) in [&*just, &format!("{just}x"), &"\"".repeat(7 << 20)]
        .into_iter()
        .enumerate()
    {
        let event = Event::new(Action::PresetSaved)
            .fact("call", nth as i64)
            .fact("model", text)
            .about(Subject::Installation)
            .payload(json!({ "text": text }));
        store.write(|tx| record.append(tx, event, NOW)).unwrap();
    }
    let mut file = Vec::new();
    record
        .export(Contents::Everything, WhileFaulty::Refuse, &mut file, NOW)
        .unwrap();
    assert_eq!(verified(&file).fault, None);
    let lines = lines(&file);
    let with = |part: &str| lines.iter().filter(|line| line.contains(part)).count();
    assert_eq!(with(&just), 1, "the longest that may be");
    assert_eq!(
        with(r#"{\"left_out\":{\"bytes\":8388605,\"sha256\""#),
        1,
        "one letter more"
    );
    assert_eq!(with("left_out"), 2);
    assert_eq!(
        with("left out, SHA-256"),
        3,
        "no name of a model is that long"
    );
    assert_eq!(
        record
            .verify(&mut |_| ControlFlow::Continue(()))
            .unwrap()
            .fault,
        None
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_length_of_a_payload_in_a_line_is_that_of_what_is_written(text in "(?s).{0,40}") {
        let written = serde_json::to_string(&text).unwrap().len() - 2;
        let fill = |length: usize| format!("{text}{}", "x".repeat(length - written));
        prop_assert!(fits_a_line(&fill(8 << 20)));
        prop_assert!(!fits_a_line(&fill((8 << 20) + 1)));
    }
}

#[test]
fn a_page_of_long_private_parts_ends_early_and_the_file_is_whole() {
    let here = Installation::with_entries(1);
    let (store, record) = here.open();
    for _ in 0..4 {
        let event = Event::new(Action::PresetSaved)
            .about(Subject::Installation)
            .payload(json!({ "text": "x".repeat(30 << 10) }));
        store.write(|tx| record.append(tx, event, NOW)).unwrap();
    }
    let last = record.checkpoint().unwrap();
    let (_, reached) = store
        .read(|conn| page(conn, &last, 0, last.count, Contents::Everything))
        .unwrap();
    assert_eq!(reached, last.count - 1, "three of them are above the bound");
    let mut file = Vec::new();
    record
        .export(Contents::Everything, WhileFaulty::Refuse, &mut file, NOW)
        .unwrap();
    assert_eq!(verified(&file).fault, None);
}

#[test]
fn a_cut_file_is_found_wherever_it_was_cut() {
    let here = Installation::with_entries(70);
    let lines = lines(&exported(&here, Contents::Everything));
    for count in 0..lines.len() {
        let verdict = verified(lines[..count].concat().as_bytes());
        assert!(!verdict.holds(), "cut after {count} lines");
    }
}

#[test]
fn a_line_that_is_deleted_or_moved_is_found() {
    let here = Installation::with_entries(70);
    let lines = lines(&exported(&here, Contents::Everything));
    for at in 0..lines.len() - 1 {
        let is_checkpoint = lines[at].contains(r#""kind":"checkpoint""#);
        let mut without = lines.clone();
        without.remove(at);
        // A checkpoint in between may be left out: the one in the first line covers all.
        assert_eq!(
            verified(without.concat().as_bytes()).holds(),
            is_checkpoint,
            "{at}"
        );
        let mut moved = lines.clone();
        moved.swap(at, at + 1);
        assert!(!verified(moved.concat().as_bytes()).holds(), "{at}");
    }
}

#[test]
fn a_file_that_was_cut_to_one_of_its_checkpoints_is_found_by_a_witness() {
    let here = Installation::with_entries(70);
    let file = exported(&here, Contents::Facts);
    let all = lines(&file);
    let at = all
        .iter()
        .position(|line| line.contains(r#""kind":"checkpoint""#))
        .unwrap();
    let inner = all[at].replace(r#""kind":"checkpoint","#, "");
    let first = format!(
        "{{\"kind\":\"gatehouse-record\",\"format\":1,\"checkpoint\":{}}}\n",
        inner.trim()
    );
    let cut = [first, all[1..=at].concat()].concat();
    assert!(
        verified(cut.as_bytes()).holds(),
        "by itself it cannot be told"
    );
    let witness = {
        let (_store, record) = here.open();
        Witness::read(&Witness::file(&record.checkpoint().unwrap())).unwrap()
    };
    let found = verify_file(&mut cut.as_bytes(), Some(&witness), None).unwrap();
    assert!(
        matches!(found.fault, Some(Fault::CutOff { .. })),
        "{found:?}"
    );
}

#[test]
fn a_witness_of_the_time_of_the_file_and_its_code_fit_it() {
    let here = Installation::with_entries(10);
    let (_store, record) = here.open();
    let checkpoint = record.checkpoint().unwrap();
    let mut file = Vec::new();
    record
        .export(Contents::Facts, WhileFaulty::Refuse, &mut file, NOW)
        .unwrap();
    for witness in [Witness::file(&checkpoint), checkpoint.code().to_lowercase()] {
        let witness = Witness::read(&witness).unwrap();
        let verdict = verify_file(&mut &*file, Some(&witness), None).unwrap();
        assert_eq!(verdict.fault, None);
    }
}

#[test]
fn a_file_of_another_key_is_found_by_the_key_that_was_expected() {
    let here = Installation::with_entries(3);
    let file = exported(&here, Contents::Facts);
    let key = here.stolen_keys().public();
    let with = |key: [u8; 32]| verify_file(&mut &*file, None, Some(&key)).unwrap().fault;
    assert_eq!(with(key), None);
    assert_eq!(with([7; 32]), Some(Fault::OtherKey));
}

#[test]
fn a_changed_witness_is_refused() {
    let here = Installation::with_entries(1);
    let (_store, record) = here.open();
    let text = Witness::file(&record.checkpoint().unwrap());
    for (from, to) in [("\"count\": 4", "\"count\": 3"), ("GH-4-", "GH-3-")] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text);
        assert!(Witness::read(&changed).is_err());
    }
    assert!(Witness::read("GH-3-AAAA").is_err());
    assert!(Witness::read("GH-3-AAAA-BBBB-CCCC-DDDD-EEEE-FFFF").is_err());
    assert!(Witness::read("").is_err());
}

#[test]
fn what_was_added_since_a_witness_is_told() {
    let here = Installation::with_entries(2);
    let witness = {
        let (_store, record) = here.open();
        Witness::read(&record.checkpoint().unwrap().code()).unwrap()
    };
    here.append(3);
    let (_store, record) = here.open();
    let compared = record.compare(&witness, NOW).unwrap();
    assert_eq!(compared.fault, None);
    assert_eq!(
        compared.since,
        [("call.ended".to_owned(), 3), ("app.started".to_owned(), 2)]
    );
}

/// One file for all flips: it has entries of every shape, and checkpoints.
static FILE: LazyLock<Vec<u8>> =
    LazyLock::new(|| exported(&Installation::with_entries(70), Contents::Everything));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_flipped_bit_is_found(at: prop::sample::Index, bit in 0u8..8) {
        let mut file = FILE.clone();
        let at = at.index(file.len());
        file[at] ^= 1 << bit;
        prop_assert!(!verified(&file).holds(), "bit {bit} of byte {at}");
    }
}
