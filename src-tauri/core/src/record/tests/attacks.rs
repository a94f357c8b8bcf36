//! Attacks on the record, each of which must be found. What the attacker holds is in the name of the
//! group: the file alone, or the file and the keychain.

use rusqlite::{Connection, params};

use super::*;
use crate::record::{
    checkpoints::{self, Checkpoint},
    entries::Head,
    facts::Facts,
    payloads::Known,
    witness::Witness,
};

/// The database and its log, as they lie in the folder.
fn copy_of_the_file(here: &Installation) -> Vec<u8> {
    std::fs::read(here.folder.database()).unwrap()
}

fn put_back(here: &Installation, file: &[u8]) {
    for beside in ["gatehouse.db-wal", "gatehouse.db-shm"] {
        let _ = std::fs::remove_file(here.folder.path().join(beside));
    }
    std::fs::write(here.folder.database(), file).unwrap();
}

fn cut(conn: &Connection, from: i64) {
    for sql in [
        "DELETE FROM audit_entries WHERE sequence >= ?1",
        "DELETE FROM checkpoints WHERE count >= ?1",
    ] {
        conn.execute(sql, [from]).unwrap();
    }
}

mod with_the_file {
    use super::*;

    #[test]
    fn a_changed_field_is_found() {
        for change in [
            "time_ms = time_ms - 1",
            "latest_ms = latest_ms - 1",
            "actor = 'app'",
            "actor = 'wіndow'",
            "action = 'call.began'",
            "facts = json_set(facts, '$.call', 99)",
            "subject = randomblob(16)",
            "commitment = randomblob(32)",
            "instance = randomblob(16)",
            "previous = randomblob(32)",
            "hash = randomblob(32)",
        ] {
            let here = Installation::with_entries(5);
            here.attack(|conn| {
                conn.execute_batch(&format!(
                    "UPDATE audit_entries SET {change} WHERE sequence = 4"
                ))
                .unwrap();
            });
            assert_eq!(here.verdict().fault, Some(Fault::Changed(4)), "{change}");
        }
    }

    #[test]
    fn a_changed_proof_is_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            conn.execute_batch("UPDATE audit_entries SET mac = randomblob(32) WHERE sequence = 4")
                .unwrap();
        });
        assert_eq!(here.verdict().fault, Some(Fault::Forged(4)));
    }

    #[test]
    fn a_changed_entry_with_its_own_hash_made_anew_is_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            let mut entry = entry_at(conn, 4);
            entry.facts = Facts::default().with("call", 99i64);
            put(conn, &entry, guessed);
        });
        assert_eq!(here.verdict().fault, Some(Fault::Forged(4)));
    }

    #[test]
    fn all_later_entries_chained_anew_without_the_key_are_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            let mut entry = entry_at(conn, 4);
            entry.facts = Facts::default().with("call", 99i64);
            put(conn, &entry, guessed);
            chain_anew(conn, 5, guessed);
        });
        assert_eq!(here.fault_at_start().as_deref(), Some("checkpoint-differs"));
        assert_eq!(here.verdict().fault, Some(Fault::Forged(4)));
    }

    #[test]
    fn an_entry_deleted_in_the_middle_is_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            conn.execute_batch("DELETE FROM audit_entries WHERE sequence = 4")
                .unwrap();
        });
        assert_eq!(here.verdict().fault, Some(Fault::Missing(4)));
    }

    #[test]
    fn an_entry_deleted_and_the_rest_renumbered_and_chained_anew_is_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            conn.execute_batch(
                "DELETE FROM audit_entries WHERE sequence = 4;
                 UPDATE audit_entries SET sequence = sequence - 1 WHERE sequence > 4;
                 UPDATE audit_entries SET commitment = x'', sealed = NULL WHERE sequence >= 4",
            )
            .unwrap();
            chain_anew(conn, 4, guessed);
        });
        assert_eq!(here.fault_at_start().as_deref(), Some("cut-off"));
        assert_eq!(here.verdict().fault, Some(Fault::Forged(4)));
    }

    #[test]
    fn a_cut_tail_is_found() {
        for from in [2, 5, 7] {
            let here = Installation::with_entries(5);
            here.attack(|conn| cut(conn, from));
            assert_eq!(here.fault_at_start().as_deref(), Some("cut-off"), "{from}");
        }
    }

    #[test]
    fn a_tail_that_was_cut_and_grown_again_by_the_app_is_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| cut(conn, 5));
        // Whoever cut it starts the app, so that entries of the right key come after the cut.
        assert_eq!(here.fault_at_start().as_deref(), Some("cut-off"));
        here.append(20);
        let (store, _record) = here.open();
        let told = store.read(last_failure).unwrap().unwrap();
        assert_eq!(told.text("fault"), Some("cut-off"), "it stays told");
        assert_eq!(
            told.integer("checkpoint"),
            Some(7),
            "with what was signed before"
        );
    }

    #[test]
    fn an_emptied_table_is_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| cut(conn, 1));
        assert_eq!(here.fault_at_start().as_deref(), Some("cut-off"));
    }

    #[test]
    fn two_entries_that_changed_places_are_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            let (mut one, mut other) = (entry_at(conn, 4), entry_at(conn, 5));
            (one.sequence, other.sequence) = (5, 4);
            put(conn, &other, guessed);
            put(conn, &one, guessed);
        });
        assert_eq!(here.verdict().fault, Some(Fault::Unlinked(4)));
    }

    #[test]
    fn a_forged_entry_in_the_middle_is_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            conn.execute_batch(
                "UPDATE audit_entries SET sequence = -sequence - 1, commitment = x'', sealed = NULL WHERE sequence >= 4;
                 UPDATE audit_entries SET sequence = -sequence WHERE sequence < 0",
            )
            .unwrap();
            let mut forged = entry_at(conn, 3);
            forged.sequence = 4;
            put(conn, &forged, guessed);
            chain_anew(conn, 4, guessed);
        });
        assert_eq!(here.fault_at_start().as_deref(), Some("checkpoint-differs"));
        assert_eq!(here.verdict().fault, Some(Fault::Forged(4)));
    }

    #[test]
    fn a_forged_entry_at_the_end_is_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            let mut forged = entry_at(conn, 7);
            forged.sequence = 8;
            forged.previous = entry_at(conn, 7).hash();
            forged.commitment = Vec::new();
            let hash = forged.hash();
            entries::insert(conn, &forged, &hash, &[0; 32], None).unwrap();
        });
        assert_eq!(here.fault_at_start().as_deref(), Some("forged"));
        assert_eq!(here.verdict().fault, Some(Fault::Forged(8)));
    }

    #[test]
    fn an_older_file_put_back_is_found() {
        let here = Installation::with_entries(5);
        let older = copy_of_the_file(&here);
        here.append(5);
        put_back(&here, &older);
        assert_eq!(here.fault_at_start().as_deref(), Some("cut-off"));
    }

    #[test]
    fn an_older_file_that_has_grown_past_the_last_checkpoint_is_found() {
        let here = Installation::with_entries(5);
        let older = copy_of_the_file(&here);
        here.append(5);
        let keys = here.stolen_keys();
        put_back(&here, &older);
        // Grown on another computer, where the same keys were.
        here.attack(|conn| {
            for _ in 0..20 {
                let head = entries::head(conn).unwrap();
                let mut entry = entry_at(conn, head.count);
                entry.sequence += 1;
                entry.previous = head.hash;
                entry.commitment = Vec::new();
                let hash = entry.hash();
                entries::insert(conn, &entry, &hash, &keys.mac(&hash), None).unwrap();
            }
        });
        assert_eq!(here.fault_at_start().as_deref(), Some("checkpoint-differs"));
    }

    #[test]
    fn the_rows_of_another_installation_are_found() {
        let (here, other) = (Installation::with_entries(5), Installation::with_entries(9));
        let rows: Vec<(Entry, Vec<u8>)> = other
            .store()
            .read(|conn| {
                let mut statement = conn.prepare(&format!(
                    "SELECT {} FROM audit_entries e ORDER BY sequence",
                    entries::COLUMNS
                ))?;
                let rows = statement.query_map([], entries::read)?;
                rows.map(|row| row.map(|kept| (kept.entry, kept.mac)))
                    .collect::<rusqlite::Result<_>>()
            })
            .unwrap();
        here.attack(|conn| {
            cut(conn, 1);
            for (entry, mac) in &rows {
                entries::insert(conn, entry, &entry.hash(), mac, None).unwrap();
            }
        });
        assert_eq!(here.fault_at_start().as_deref(), Some("checkpoint-differs"));
        assert_eq!(here.verdict().fault, Some(Fault::Foreign(1)));
    }

    #[test]
    fn the_whole_file_of_another_installation_is_found() {
        let (here, other) = (Installation::with_entries(5), Installation::with_entries(9));
        let key = |of: &Installation| secrets::database_key(&of.folder, KeyHome::File).unwrap().0;
        let theirs = connection_of_an_attacker(&other.folder, &key(&other));
        // Under the key of this one, or it does not even open.
        theirs
            .execute_batch(&format!(
                "PRAGMA journal_mode = DELETE; PRAGMA rekey = \"x'{}'\"",
                key(&here).to_hex().as_str()
            ))
            .unwrap();
        drop(theirs);
        put_back(&here, &copy_of_the_file(&other));
        assert_eq!(here.fault_at_start().as_deref(), Some("checkpoint-differs"));
        assert_eq!(here.verdict().fault, Some(Fault::Foreign(1)));
    }

    #[test]
    fn characters_that_moved_to_the_neighbouring_field_are_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            conn.execute_batch(
                "UPDATE audit_entries SET actor = actor || substr(action, 1, 1), action = substr(action, 2)
                 WHERE sequence = 4",
            )
            .unwrap();
        });
        assert_eq!(here.verdict().fault, Some(Fault::Changed(4)));
    }

    #[test]
    fn a_changed_payload_is_found_even_when_it_was_sealed_with_the_right_key() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            let known = Known::by_token(conn, &entry_at(conn, 4).subject)
                .unwrap()
                .unwrap();
            let (_, sealed) = known.seal(4, r#"{"text":"something else"}"#).unwrap();
            conn.execute(
                "UPDATE audit_entries SET sealed = ?1 WHERE sequence = 4",
                [sealed],
            )
            .unwrap();
        });
        assert_eq!(here.verdict().fault, Some(Fault::PayloadChanged(4)));
    }

    #[test]
    fn payloads_that_changed_places_are_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            conn.execute_batch(
                "UPDATE audit_entries SET sealed = (SELECT sealed FROM audit_entries WHERE sequence = 5)
                 WHERE sequence = 4",
            )
            .unwrap();
        });
        assert_eq!(here.verdict().fault, Some(Fault::PayloadChanged(4)));
    }

    #[test]
    fn a_deleted_payload_is_found_and_so_is_one_whose_key_was_deleted() {
        for sql in [
            "UPDATE audit_entries SET sealed = NULL WHERE sequence = 4",
            "DELETE FROM audit_subjects",
        ] {
            let here = Installation::with_entries(5);
            here.attack(|conn| conn.execute_batch(sql).unwrap());
            let found = here.verdict().fault;
            assert!(
                matches!(found, Some(Fault::PayloadMissing(3 | 4))),
                "{found:?}"
            );
        }
    }

    #[test]
    fn a_deleted_payload_that_a_forged_entry_claims_was_erased_is_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            let mut claim = entry_at(conn, 7);
            claim.sequence = 8;
            claim.previous = entry_at(conn, 7).hash();
            claim.action = Action::Erased.name().to_owned();
            claim.commitment = Vec::new();
            conn.execute("UPDATE audit_entries SET sealed = NULL", [])
                .unwrap();
            entries::insert(conn, &claim, &claim.hash(), &[0; 32], None).unwrap();
        });
        assert_eq!(here.verdict().fault, Some(Fault::Forged(8)));
    }

    #[test]
    fn a_payload_that_no_entry_has_is_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            conn.execute(
                "UPDATE audit_entries SET sealed = x'00' WHERE sequence = 1",
                [],
            )
            .unwrap();
        });
        assert_eq!(here.verdict().fault, Some(Fault::PayloadAdded(1)));
    }

    #[test]
    fn a_view_in_the_place_of_the_table_is_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            conn.execute_batch(
                "PRAGMA legacy_alter_table = ON;
                 ALTER TABLE audit_entries RENAME TO hidden;
                 CREATE VIEW audit_entries AS SELECT * FROM hidden WHERE sequence <> 4;
                 CREATE TRIGGER take_in INSTEAD OF INSERT ON audit_entries BEGIN
                   INSERT INTO hidden (sequence, time_ms, latest_ms, instance, actor, action, subject, facts,
                                       commitment, previous, hash, mac, sealed)
                   VALUES (new.sequence, new.time_ms, new.latest_ms, new.instance, new.actor, new.action,
                           new.subject, new.facts, new.commitment, new.previous, new.hash, new.mac, new.sealed);
                 END",
            )
            .unwrap();
        });
        assert_eq!(here.fault_at_start().as_deref(), Some("table-replaced"));
        assert_eq!(
            here.told().integer("stray_count"),
            Some(7),
            "what was signed before"
        );
        let verdict = here.verdict();
        assert_eq!(
            (verdict.fault, verdict.notes.failed),
            (None, 1),
            "a new chain, which says why"
        );
        let kept = "SELECT count(*) FROM hidden_replaced_1";
        let kept = here
            .store()
            .read(|conn| conn.query_row(kept, [], |row| row.get::<_, i64>(0)));
        assert_eq!(kept, Ok(7), "and the old one lies beside it");
    }

    #[test]
    fn a_trigger_that_swallows_new_entries_is_found() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            conn.execute_batch(
                "CREATE TRIGGER swallow AFTER INSERT ON audit_entries WHEN new.action = 'call.ended'
                 BEGIN DELETE FROM audit_entries WHERE sequence = new.sequence; END",
            )
            .unwrap();
        });
        assert_eq!(here.fault_at_start().as_deref(), Some("table-replaced"));
    }

    #[test]
    fn a_trigger_under_a_name_of_ours_or_on_another_table_is_found() {
        for sql in [
            "CREATE TRIGGER audit_entries_stay BEFORE INSERT ON audit_entries
             WHEN new.action = 'call.ended' BEGIN SELECT RAISE(IGNORE); END",
            "CREATE TRIGGER quiet AFTER INSERT ON settings BEGIN SELECT 1; END",
            "CREATE VIEW another AS SELECT 1",
            "DROP INDEX audit_keys",
        ] {
            let here = Installation::with_entries(5);
            here.attack(|conn| conn.execute_batch(sql).unwrap());
            assert_eq!(
                here.fault_at_start().as_deref(),
                Some("table-replaced"),
                "{sql}"
            );
        }
    }

    #[test]
    fn an_entry_that_was_swallowed_fails_what_it_is_of() {
        let here = Installation::with_entries(1);
        let (store, record) = here.open();
        here.attack(|conn| {
            conn.execute_batch(
                "CREATE TRIGGER swallow BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(IGNORE); END",
            )
            .unwrap();
        });
        let failed = store.write(|tx| record.append(tx, here.event(0), NOW));
        assert!(failed.is_err(), "what leaves no entry does not happen");
    }

    #[test]
    fn a_gap_of_any_size_is_found_and_stops_nothing() {
        let here = Installation::with_entries(5);
        here.attack(|conn| {
            let mut far = entry_at(conn, 7);
            far.sequence = 1_000_000_000;
            far.commitment = Vec::new();
            entries::insert(conn, &far, &far.hash(), &[0; 32], None).unwrap();
        });
        assert_eq!(here.fault_at_start().as_deref(), Some("missing"));
        let (_store, record) = here.open();
        assert!(
            !record
                .list(&crate::record::Filter {
                    limit: 5,
                    ..Default::default()
                })
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn an_end_that_is_no_entry_is_found_and_the_record_goes_on() {
        for change in ["hash = x'01'", "facts = '[1]'", "previous = x''"] {
            let here = Installation::with_entries(5);
            here.attack(|conn| {
                conn.execute_batch(&format!(
                    "UPDATE audit_entries SET {change} WHERE sequence = 7"
                ))
                .unwrap();
            });
            assert!(
                here.fault_at_start().is_some() || !here.verdict().holds(),
                "{change}"
            );
            here.append(3);
            assert!(!here.verdict().holds(), "{change}");
        }
    }

    #[test]
    fn a_witness_does_not_speak_for_entries_that_were_changed_under_their_hashes() {
        let here = Installation::with_entries(5);
        let witness = KeyPlace::of(&here.folder).checkpoint().unwrap().unwrap();
        here.attack(|conn| {
            conn.execute_batch(
                "UPDATE audit_entries SET facts = json_set(facts, '$.call', 99) WHERE sequence = 4",
            )
            .unwrap();
        });
        let (_store, record) = here.open();
        let compared = record
            .compare(&Witness::Checkpoint(Box::new(witness)), NOW)
            .unwrap();
        assert_eq!(compared.fault, Some(Fault::Changed(4)));
    }

    #[test]
    fn the_same_fault_is_told_again_at_every_start_that_finds_it() {
        let here = Installation::with_entries(5);
        let outside = here.folder.keys().join("record-checkpoint.key");
        let mut told = 0;
        for _ in 0..2 {
            std::fs::remove_file(&outside).unwrap();
            let (store, record) = here.open();
            record.failure_seen(NOW).unwrap();
            let failures: i64 = store
                .read(|conn| {
                    conn.query_row(
                        "SELECT count(*) FROM audit_entries WHERE action = 'record.verification-failed'",
                        [],
                        |row| row.get(0),
                    )
                })
                .unwrap();
            assert!(failures > told, "one more");
            told = failures;
        }
    }

    #[test]
    fn a_checkpoint_of_somebody_else_is_found() {
        let here = Installation::with_entries(100);
        here.attack(|conn| {
            let keys = Keys::random().unwrap();
            let head = Head {
                count: 64,
                hash: entry_at(conn, 64).hash(),
                latest_ms: NOW,
            };
            let instance = entry_at(conn, 64).instance;
            let forged = Checkpoint::sign(&keys.signing, instance, &head, NOW);
            conn.execute("DELETE FROM checkpoints WHERE count = 64", [])
                .unwrap();
            checkpoints::keep(conn, &forged).unwrap();
        });
        assert_eq!(here.verdict().fault, Some(Fault::CheckpointUnsigned(64)));
    }

    #[test]
    fn a_checkpoint_that_speaks_of_another_chain_is_found() {
        let here = Installation::with_entries(100);
        here.attack(|conn| {
            conn.execute(
                "UPDATE checkpoints SET head = ?1 WHERE count = 64",
                params![[9u8; 32]],
            )
            .unwrap();
        });
        assert_eq!(here.verdict().fault, Some(Fault::CheckpointUnsigned(64)));
    }

    #[test]
    fn a_lost_log_is_found_where_a_checkpoint_outside_knew_its_entries() {
        let here = Installation::with_entries(5);
        let before = copy_of_the_file(&here);
        let (store, record) = here.open();
        store
            .write(|tx| record.append(tx, here.event(0), NOW))
            .unwrap();
        record.checkpoint().unwrap();
        // A power cut here, and a disk that lost the log: the file is as it was before.
        drop((record, store));
        put_back(&here, &before);
        assert_eq!(here.fault_at_start().as_deref(), Some("cut-off"));
    }
}

mod with_file_and_keychain {
    use super::*;

    /// All of it written anew with the stolen keys, the checkpoints too.
    fn rewrite(here: &Installation, also_the_last_checkpoint: bool) {
        let keys = here.stolen_keys();
        here.attack(|conn| {
            let mut entry = entry_at(conn, 4);
            entry.facts = Facts::default().with("call", 99i64);
            put(conn, &entry, |hash| keys.mac(hash).to_vec());
            chain_anew(conn, 5, |hash| keys.mac(hash).to_vec());
            conn.execute("DELETE FROM checkpoints", []).unwrap();
            if also_the_last_checkpoint {
                let instance = entry_at(conn, 4).instance;
                let head = entries::head(conn).unwrap();
                let forged = Checkpoint::sign(&keys.signing, instance, &head, NOW);
                KeyPlace::of(&here.folder)
                    .replace_checkpoint(&forged)
                    .unwrap();
            }
        });
    }

    #[test]
    fn a_chain_made_anew_with_the_stolen_key_is_found_by_the_last_checkpoint() {
        let here = Installation::with_entries(5);
        rewrite(&here, false);
        assert_eq!(here.fault_at_start().as_deref(), Some("checkpoint-differs"));
    }

    #[test]
    fn a_chain_made_anew_with_its_checkpoints_is_found_by_a_witness() {
        let here = Installation::with_entries(5);
        let witness = KeyPlace::of(&here.folder).checkpoint().unwrap().unwrap();
        rewrite(&here, true);
        let (_store, record) = here.open();
        let verdict = record.verify(&mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(verdict.fault, None, "at home nothing can be seen");
        let count = witness.count;
        for witness in [
            Witness::read(&witness.code()).unwrap(),
            Witness::Checkpoint(Box::new(witness)),
        ] {
            let compared = record.compare(&witness, NOW).unwrap();
            assert_eq!(compared.fault, Some(Fault::CheckpointDiffers(count)));
        }
    }
}
