//! Archives that somebody made to do harm, and such as have suffered some.

use std::{
    fmt::Write as _,
    io::{Cursor, Write as _},
};

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::*;

/// The files of a real archive, to be made worse.
fn real() -> BTreeMap<String, String> {
    let folder = TempFolder::new();
    let app = open(&folder.folder);
    bring_in(&app, &[branched("A case", "Anna")]);
    let path = folder.path().join("all.zip");
    export(&app, &path, Scope::Everything);
    members(&path)
}

fn hash(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        })
}

/// Make the manifest speak of the files as they are now.
fn made_to_fit(members: &mut BTreeMap<String, String>) {
    let mut manifest: Value = serde_json::from_str(&members["gatehouse.json"]).unwrap();
    let others = members.iter().filter(|(name, _)| *name != "gatehouse.json");
    manifest["members"] = others
        .map(|(name, text)| json!({ "name": name, "bytes": text.len(), "sha256": hash(text) }))
        .collect();
    members.insert("gatehouse.json".into(), manifest.to_string());
}

fn edit_manifest(members: &mut BTreeMap<String, String>, edit: impl FnOnce(&mut Value)) {
    let mut manifest: Value = serde_json::from_str(&members["gatehouse.json"]).unwrap();
    edit(&mut manifest);
    members.insert("gatehouse.json".into(), manifest.to_string());
}

fn zipped<'a>(members: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, text) in members {
        zip.start_file(name, options).unwrap();
        zip.write_all(text).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn zip_of(members: &BTreeMap<String, String>) -> Vec<u8> {
    zipped(
        members
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_bytes())),
    )
}

/// A Gatehouse that is to stay as it is.
struct Here {
    folder: TempFolder,
    app: App,
}

impl Here {
    fn new() -> Self {
        let folder = TempFolder::new();
        let app = open(&folder.folder);
        Self { folder, app }
    }

    fn gets(&self, bytes: &[u8]) -> Result<ImportedArchive, ArchiveError> {
        let path = self.folder.path().join("given.zip");
        std::fs::write(&path, bytes).unwrap();
        import(&self.app, &path)
    }

    /// The words with which it is refused; nothing of it has come in.
    fn refuses(&self, bytes: &[u8]) -> String {
        let before = actions(&self.app).len();
        let words = match self.gets(bytes) {
            Err(error) => error.to_string(),
            Ok(came) => panic!("it came in: {came:?}"),
        };
        assert_eq!(
            actions(&self.app).len(),
            before,
            "nothing came in, so nothing is recorded"
        );
        let workspaces = self.app.store.read(workspaces::all).unwrap();
        assert_eq!(workspaces.len(), 1, "no workspace was made");
        let chats = self.app.store.read(|conn| chat::list(conn, None)).unwrap();
        assert!(chats.is_empty(), "no conversation was made");
        words
    }
}

#[test]
fn the_archive_that_these_are_made_of_is_taken() {
    let mut members = real();
    made_to_fit(&mut members);
    assert_eq!(Here::new().gets(&zip_of(&members)).unwrap().messages, 6);
}

#[test]
fn what_is_no_archive_is_refused_in_words() {
    let here = Here::new();
    assert!(here.refuses(b"").contains("not an archive of Gatehouse"));
    assert!(
        here.refuses(b"%PDF-1.7 and so on")
            .contains("not an archive of Gatehouse")
    );
    let other = zipped([("letter.txt", b"Dear".as_slice())]);
    assert!(here.refuses(&other).contains("gatehouse.json"));
    let whole = zip_of(&real());
    assert!(
        here.refuses(&whole[..whole.len() / 2])
            .contains("not an archive of Gatehouse"),
        "cut in two"
    );
    let words = here.refuses(b"age-encryption.org/v1\n-> X25519 abc\n");
    assert!(words.contains("passphrase"), "{words}");
}

#[test]
fn a_newer_or_other_format_is_named() {
    let here = Here::new();
    let mut members = real();
    edit_manifest(&mut members, |manifest| manifest["version"] = json!(2));
    let words = here.refuses(&zip_of(&members));
    assert!(
        words.contains("version 2") && words.contains("Update Gatehouse"),
        "{words}"
    );
    edit_manifest(&mut members, |manifest| {
        manifest["format"] = json!("gatehouse-anonymous")
    });
    assert!(
        here.refuses(&zip_of(&members))
            .contains("gatehouse-anonymous")
    );
}

#[test]
fn a_file_that_is_not_the_one_of_the_manifest_is_named() {
    let here = Here::new();
    for name in [
        "conversations.jsonl",
        "record.jsonl",
        "report.html",
        "calls.jsonl",
        "workspaces.json",
    ] {
        let mut members = real();
        let text = members.get_mut(name).unwrap();
        let changed = match text.is_empty() {
            true => "\n".to_owned(),
            false => text.replacen('a', "b", 1),
        };
        *text = changed;
        let words = here.refuses(&zip_of(&members));
        assert!(words.contains("damaged") && words.contains(name), "{words}");
    }
}

#[test]
fn files_that_no_archive_has_are_refused_whatever_they_are_called() {
    let here = Here::new();
    for name in [
        "../../.bashrc",
        "/etc/passwd",
        "C:\\autoexec.bat",
        "notes.txt",
        "conversations.jsonl/",
    ] {
        let mut members = real();
        members.insert(name.into(), "x".into());
        let unnamed = zip_of(&members);
        assert!(here.refuses(&unnamed).contains("does not name"), "{name}");
        made_to_fit(&mut members);
        assert!(
            here.refuses(&zip_of(&members)).contains("no archive has"),
            "{name}"
        );
    }
    let mut members = real();
    members.remove("record.jsonl");
    made_to_fit(&mut members);
    assert!(
        here.refuses(&zip_of(&members))
            .contains("record.jsonl is missing")
    );
}

#[test]
fn a_file_that_is_there_twice_is_refused() {
    let here = Here::new();
    let members = real();
    // No writer makes two files of one name: one of equal length is renamed in the finished bytes.
    let twin = "conversations.jsonX";
    let mut all: Vec<(&str, &[u8])> = members
        .iter()
        .map(|(n, t)| (n.as_str(), t.as_bytes()))
        .collect();
    all.push((twin, b"other"));
    let mut bytes = zipped(all);
    let mut found = 0;
    for at in 0..bytes.len() - twin.len() {
        if bytes[at..].starts_with(twin.as_bytes()) {
            bytes[at + twin.len() - 1] = b'l';
            found += 1;
        }
    }
    assert_eq!(found, 2, "in its own header and in the directory");
    let words = here.refuses(&bytes);
    assert!(words.contains("twice"), "{words}");
}

#[test]
fn sizes_are_held_to_what_was_said_and_what_was_said_to_limits() {
    let here = Here::new();
    let mut members = real();
    // Many megabytes that are some kilobytes in the file.
    members.insert("conversations.jsonl".into(), " ".repeat(32 << 20));
    let honest = members.clone();
    edit_manifest(&mut members, |manifest| {
        for member in manifest["members"].as_array_mut().unwrap() {
            if member["name"] == "conversations.jsonl" {
                member["bytes"] = json!(100);
            }
        }
    });
    let bomb = zip_of(&members);
    assert!(bomb.len() < 1 << 20);
    assert!(
        here.refuses(&bomb)
            .contains("longer than the manifest says")
    );

    let mut members = honest;
    members.insert("workspaces.json".into(), " ".repeat(65 << 20));
    made_to_fit(&mut members);
    assert!(
        here.refuses(&zip_of(&members))
            .contains("larger than anything")
    );

    let mut members = real();
    edit_manifest(&mut members, |manifest| {
        manifest["members"][0]["bytes"] = json!(u64::MAX)
    });
    assert!(
        here.refuses(&zip_of(&members))
            .contains("larger than anything")
    );
    let mut members = real();
    members.insert("gatehouse.json".into(), " ".repeat(2 << 20));
    here.refuses(&zip_of(&members));
}

#[test]
fn what_cannot_be_used_is_named_by_its_line() {
    type MakeWorse = fn(&mut Value);
    let worse: [(&str, MakeWorse); 9] = [
        ("parent", |line| line["messages"][1]["parent"] = json!(99)),
        ("own parent", |line| {
            line["messages"][1]["parent"] = json!(1)
        }),
        ("two questions", |line| {
            line["messages"][1]["role"] = json!("user")
        }),
        ("system", |line| {
            line["messages"][0]["role"] = json!("system")
        }),
        ("type", |line| line["messages"] = json!({})),
        ("number", |line| line["createdAtMs"] = json!("yesterday")),
        ("sampling", |line| {
            line["sampling"]["temperature"] = json!(1e9)
        }),
        ("identifier", |line| line["id"] = json!("' OR 1=1")),
        ("workspace", |line| line["workspace"] = json!("Another")),
    ];
    let here = Here::new();
    for (what, make_worse) in worse {
        let mut members = real();
        let mut line: Value = lines(&members["conversations.jsonl"]).remove(0);
        make_worse(&mut line);
        members.insert("conversations.jsonl".into(), format!("{line}\n"));
        made_to_fit(&mut members);
        let words = here.refuses(&zip_of(&members));
        let is_named = words.contains("line 1 of conversations.jsonl") || what == "workspace";
        assert!(is_named, "{what}: {words}");
    }
    let mut members = real();
    let deep = format!(
        r#"{{"title":null,"createdAtMs":1,"updatedAtMs":1,"systemPrompt":"","sampling":{{"stop":{}"#,
        "[".repeat(100_000)
    );
    members.insert("conversations.jsonl".into(), deep);
    made_to_fit(&mut members);
    assert!(
        here.refuses(&zip_of(&members)).contains("recursion"),
        "no depth of brackets ends the app"
    );
    let mut members = real();
    members.insert("conversations.jsonl".into(), String::new());
    made_to_fit(&mut members);
    let words = here.refuses(&zip_of(&members));
    assert!(
        words.contains("manifest says 1"),
        "a line that is gone is missed: {words}"
    );
}

#[test]
fn more_of_a_kind_than_anybody_has_is_refused() {
    let here = Here::new();
    let mut members = real();
    let mut workspaces: Value = serde_json::from_str(&members["workspaces.json"]).unwrap();
    workspaces[0]["rules"] = vec![json!(rule()); 5_000].into();
    members.insert("workspaces.json".into(), workspaces.to_string());
    made_to_fit(&mut members);
    assert!(
        here.refuses(&zip_of(&members))
            .contains("larger than anything")
    );
}

#[test]
fn a_preset_that_is_longer_than_any_here_is_refused_and_named() {
    let mut members = real();
    let mut shared: Value = serde_json::from_str(&members["shared.json"]).unwrap();
    let prompt = "x".repeat(1_000_001);
    shared["presets"] = json!([{ "name": "Long", "systemPrompt": prompt, "sampling": {} }]);
    members.insert("shared.json".into(), shared.to_string());
    made_to_fit(&mut members);
    let refused = Here::new().gets(&zip_of(&members)).unwrap_err();
    assert!(
        refused.to_string().contains("the preset “Long” has more"),
        "{refused}"
    );
}

#[test]
fn settings_that_would_let_secrets_leave_are_not_taken_over() {
    let here = Here::new();
    let mut members = real();
    let mut workspaces: Value = serde_json::from_str(&members["workspaces.json"]).unwrap();
    workspaces[0]["name"] = json!("New here");
    workspaces[0]["policy"]["secret"]["cloud"] = json!("allow");
    let mut line: Value = lines(&members["conversations.jsonl"]).remove(0);
    line["workspace"] = json!("New here");
    members.insert("workspaces.json".into(), workspaces.to_string());
    members.insert("conversations.jsonl".into(), format!("{line}\n"));
    made_to_fit(&mut members);
    assert!(
        here.refuses(&zip_of(&members))
            .contains("secrets never leave")
    );
}

#[test]
fn a_foreign_rule_protects_nothing_less_where_people_work_already() {
    let here = Here::new();
    let mut members = real();
    let workspaces: Value = serde_json::from_str(&members["workspaces.json"]).unwrap();
    let name = workspaces[0]["name"].as_str().unwrap().to_owned();
    // It would win over every name and address that others find in the same place.
    let greedy = json!({ "id": rule().id, "name": "All", "class": "personal", "form": "pattern", "content": "[aeiou]", "isOn": true });
    let mut workspaces = workspaces;
    workspaces[0]["rules"] = json!([greedy]);
    members.insert("workspaces.json".into(), workspaces.to_string());
    made_to_fit(&mut members);
    here.gets(&zip_of(&members)).unwrap();
    let rules_of = |app: &App| {
        let all = app.store.read(workspaces::all).unwrap();
        let id = all
            .iter()
            .find(|workspace| workspace.name == name)
            .unwrap()
            .id;
        app.store.read(|conn| own_rules::all(conn, id)).unwrap()
    };
    assert!(
        rules_of(&here.app)[0].is_on,
        "nobody worked there yet: it is as it was"
    );

    let here = Here::new();
    bring_in(&here.app, &[branched("Work", "here")]);
    let came = here.gets(&zip_of(&members)).unwrap();
    assert!(!rules_of(&here.app)[0].is_on);
    assert!(
        came.left_out
            .iter()
            .any(|words| words.contains("switched off")),
        "{came:?}"
    );
    assert!(
        actions(&here.app)
            .iter()
            .any(|action| action == "rule.saved")
    );
}

#[test]
fn a_record_that_does_not_hold_is_told_and_conversations_come_in() {
    let mut members = real();
    let record = members["record.jsonl"].replacen("command line", "window", 1);
    members.insert("record.jsonl".into(), record);
    made_to_fit(&mut members);
    let came = Here::new().gets(&zip_of(&members)).unwrap();
    assert!(!came.record.holds);
    assert!(
        came.record.words[0].contains("does not hold"),
        "{:?}",
        came.record.words
    );
    assert_eq!(came.conversations.len(), 1);
}

#[test]
fn whatever_bits_are_flipped_it_is_the_same_or_it_is_refused() {
    let folder = TempFolder::new();
    let app = open(&folder.folder);
    bring_in(&app, &[branched("A case", "Anna")]);
    let path = folder.path().join("all.zip");
    export(&app, &path, Scope::Everything);
    let (whole, said) = (
        std::fs::read(&path).unwrap(),
        check_archive(&path, None, &mut on).unwrap(),
    );
    let given = folder.path().join("given.zip");
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(300));
    let held = runner.run(&(any::<prop::sample::Index>(), 0..8u8), |(at, bit)| {
        let mut bytes = whole.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        std::fs::write(&given, bytes).unwrap();
        if let Ok(found) = check_archive(&given, None, &mut on) {
            prop_assert_eq!(&found, &said);
        }
        Ok(())
    });
    held.unwrap();
}
