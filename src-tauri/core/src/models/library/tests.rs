//! The list of models against real files in a temporary folder.

use std::{fs, sync::atomic::AtomicBool};

use super::*;
use crate::models::writer::{Gguf, Meta};

const NOW: i64 = 1_700_000_000_000;
const LARGE: ComputerMemory = ComputerMemory {
    total_bytes: 16_000_000_000,
    available_bytes: 12_000_000_000,
};

struct Fixture {
    conn: Connection,
    folder: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let conn = Connection::open_in_memory().expect("SQLite opens in memory");
        for migration in MIGRATIONS {
            conn.execute_batch(migration.sql)
                .expect("the migration is sound");
        }
        Self {
            conn,
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn write(&self, file: &str, gguf: &Gguf) {
        fs::write(self.path(file), gguf.bytes()).expect("the folder takes files");
    }

    fn add(&self, file: &str) -> (ModelId, HowAdded) {
        let checked = check::check(&self.path(file), &mut |_, _| (), &AtomicBool::new(false))
            .expect("it is whole");
        register(&self.conn, ModelId::new(), &checked, NOW).expect("the table takes rows")
    }

    fn get(&self, id: ModelId) -> Model {
        get(&self.conn, id).expect("it is in the list")
    }
}

fn named(name: &str) -> Gguf {
    Gguf::model("llama").with("general.description", Meta::Text(name.to_owned()))
}

#[test]
fn an_added_model_comes_back_as_it_was_read() {
    let models = Fixture::new();
    models.write("a.gguf", &named("a"));
    let (id, HowAdded::New) = models.add("a.gguf") else {
        panic!("the list was empty")
    };
    let model = models.get(id);
    assert_eq!(
        model.summary,
        gatehouse_gguf::read_summary(&models.path("a.gguf")).expect("it is whole")
    );
    assert_eq!(
        (model.path.clone(), model.added_at_ms, model.last_used_at_ms),
        (models.path("a.gguf"), NOW, None)
    );
    assert_eq!(model.file_state(), FileState::Present);
}

#[test]
fn what_a_file_says_is_stored_in_the_form_that_older_versions_wrote() {
    let models = Fixture::new();
    models.write("a.gguf", &named("a"));
    models.add("a.gguf");
    let stored: String = models
        .conn
        .query_row("SELECT summary FROM models", [], |row| row.get(0))
        .expect("the model is in the table");
    assert_eq!(
        stored,
        r#"{"kind":"chat","architecture":"llama","name":"Tiny Test","size_label":null,"parameters":2624,"#
            .to_owned()
            + r#""quantisation":"F32","trained_context_tokens":4096,"blocks":2,"caching_blocks":2,"#
            + r#""embedding_length":64,"heads":[4],"kv_heads":[2,1],"key_length":null,"value_length":null,"#
            + r#""vocabulary":40,"tokenizer":"gpt2","licence":"MIT","author":null,"source":null,"#
            + r#""languages":["en","de"],"chat_template_bytes":14,"pooling":null,"causal":null,"#
            + r#""weights_bytes":10496,"parts":1}"#
    );
}

#[test]
fn the_same_file_twice_is_one_model_and_a_moved_one_is_found_again() {
    let models = Fixture::new();
    models.write("a.gguf", &named("a"));
    models.write("copy.gguf", &named("a"));
    let id = models.add("a.gguf").0;
    assert_eq!(
        models.add("copy.gguf"),
        (id, HowAdded::Already),
        "the old file is still there"
    );
    assert_eq!(models.get(id).path, models.path("a.gguf"));
    fs::remove_file(models.path("a.gguf")).expect("it is there");
    assert_eq!(models.add("copy.gguf"), (id, HowAdded::Moved));
    assert_eq!(models.get(id).path, models.path("copy.gguf"));
}

#[test]
fn a_file_that_was_overwritten_is_noticed_and_can_be_added_again_under_its_id() {
    let models = Fixture::new();
    models.write("a.gguf", &named("a"));
    let id = models.add("a.gguf").0;
    models.write("a.gguf", &named("a newer one"));
    assert_eq!(models.get(id).file_state(), FileState::Changed);
    assert_eq!(models.add("a.gguf"), (id, HowAdded::Replaced));
    assert_eq!(models.get(id).file_state(), FileState::Present);
}

#[test]
fn a_model_is_found_by_id_name_or_file_name_and_never_by_chance() {
    let models = Fixture::new();
    models.write("Tiny-F32.gguf", &named("a"));
    models.write("Tiny.gguf", &named("b"));
    models.write("Other.gguf", &named("c"));
    let tiny = models.add("Tiny-F32.gguf").0;
    models.add("Tiny.gguf");
    let other = models.add("Other.gguf").0;
    let found = |text: &str| find(&models.conn, text).map(|model| model.id);
    assert_eq!(found("other").ok(), Some(other));
    assert_eq!(found("tiny-f32.GGUF").ok(), Some(tiny));
    assert_eq!(found(&tiny.to_string()).ok(), Some(tiny));
    assert!(
        matches!(found("Tiny"), Err(ModelError::Ambiguous { candidates, .. }) if candidates.len() == 2)
    );
    assert!(matches!(found("oth"), Err(ModelError::Unknown(_))));
}

#[test]
fn the_last_used_model_comes_first() {
    let models = Fixture::new();
    for file in ["a.gguf", "b.gguf", "c.gguf"] {
        models.write(file, &named(file));
    }
    let [a, b, c] = ["a.gguf", "b.gguf", "c.gguf"].map(|file| models.add(file).0);
    mark_used(&models.conn, b, NOW + 1).expect("the table takes rows");
    let order: Vec<_> = all(&models.conn)
        .expect("the list can be read")
        .iter()
        .map(|model| model.id)
        .collect();
    assert_eq!(order, [b, a, c]);
}

#[test]
fn a_model_loads_only_for_its_purpose_and_only_while_its_file_is_there() {
    let models = Fixture::new();
    models.write("chat.gguf", &named("a"));
    models.write("embed.gguf", &Gguf::model("bert"));
    let chat = models.get(models.add("chat.gguf").0);
    let embed = models.get(models.add("embed.gguf").0);
    let request = chat
        .load_request(ModelPurpose::Chat, LARGE, None)
        .expect("all is well");
    assert_eq!((request.context_tokens, request.sequences), (4_096, 4));
    assert!(matches!(
        embed.load_request(ModelPurpose::Chat, LARGE, None),
        Err(ModelError::EmbeddingOnly(name)) if name == "embed"
    ));
    assert!(matches!(
        chat.load_request(ModelPurpose::Embedding, LARGE, None),
        Err(ModelError::ChatOnly(_))
    ));
    let small = ComputerMemory {
        total_bytes: 1_000_000,
        available_bytes: 1_000_000,
    };
    assert!(matches!(
        chat.load_request(ModelPurpose::Chat, small, None),
        Err(ModelError::TooLarge { .. })
    ));
    fs::remove_file(models.path("chat.gguf")).expect("it is there");
    assert!(matches!(
        chat.load_request(ModelPurpose::Chat, LARGE, None),
        Err(ModelError::Missing { .. })
    ));
}

#[test]
fn forgetting_keeps_the_file_and_only_files_of_our_own_folder_are_deleted() {
    let models = Fixture::new();
    let own = models.path("own");
    fs::create_dir(&own).expect("the folder takes folders");
    models.write("theirs.gguf", &named("a"));
    models.write("own/ours.gguf", &named("b"));
    let theirs = forget(&models.conn, models.add("theirs.gguf").0).expect("it is in the list");
    let ours = forget(&models.conn, models.add("own/ours.gguf").0).expect("it is in the list");
    assert!(all(&models.conn).expect("the list can be read").is_empty());
    assert!(
        theirs.path.exists() && ours.path.exists(),
        "forgetting deletes no file"
    );
    let sneaky = Model {
        path: own.join("../theirs.gguf"),
        ..theirs
    };
    assert!(!delete_own_file(&sneaky, &own).expect("nothing is deleted") && sneaky.path.exists());
    assert!(delete_own_file(&ours, &own).expect("it can be deleted") && !ours.path.exists());
    assert!(matches!(
        forget(&models.conn, ours.id),
        Err(ModelError::Unknown(_))
    ));
}
