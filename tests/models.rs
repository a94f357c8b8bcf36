//! Adding models: every bad file has its own clear words, nothing in the list is lost by it, and the
//! starter model is there for a person with nothing set up.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use gatehouse_core::{
    ids::ModelId,
    models::{
        self, ComputerMemory, FileState, HowAdded, InstalledModel, ModelError, Origin,
        StarterPlaces, Verdict,
    },
    problem::{Problem, ProblemCode},
    store::Store,
};
use gatehouse_protocol::ModelPurpose;
use tempfile::TempDir;

use crate::support::{
    folder::{NOW, TempFolder},
    gguf::{Gguf, Meta},
};

const MEMORY: ComputerMemory = ComputerMemory {
    total_bytes: 16_000_000_000,
    available_bytes: 11_000_000_000,
};

/// A store with one good model in it, and a folder for bad ones.
struct Desk {
    store: Store,
    good: ModelId,
    files: TempDir,
    _data: TempFolder,
}

impl Desk {
    fn new() -> Self {
        let (store, data) = empty_store();
        let files = tempfile::tempdir().unwrap();
        let good = files.path().join("good.gguf");
        fs::write(&good, Gguf::model("llama").bytes()).unwrap();
        let good = add(&store, &good).unwrap().0;
        Self {
            store,
            good,
            files,
            _data: data,
        }
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.files.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// What a person is told when they add a bad file; the good model must be untouched by it.
    fn refusal(&self, path: &Path) -> String {
        let problem = Problem::from(add(&self.store, path).expect_err("the file is bad"));
        assert!(
            problem.hint.is_some(),
            "a refused file needs a way on: {problem}"
        );
        let list = list(&self.store);
        assert_eq!(list.len(), 1, "a refused file must not change the list");
        assert_eq!(
            (list[0].id, list[0].file_state),
            (self.good, FileState::Present)
        );
        problem.message
    }
}

fn empty_store() -> (Store, TempFolder) {
    let data = TempFolder::new();
    (data.open().unwrap(), data)
}

fn add(store: &Store, path: &Path) -> Result<(ModelId, HowAdded), ModelError> {
    let file = models::check(path, &mut |_, _| (), &AtomicBool::new(false))?;
    store.write(|tx| models::register(tx, ModelId::new(), &file, NOW))
}

fn list(store: &Store) -> Vec<InstalledModel> {
    let models = store.read(models::all).unwrap();
    models
        .iter()
        .map(|model| model.view(MEMORY, None))
        .collect()
}

#[test]
fn an_empty_file_is_called_empty() {
    let desk = Desk::new();
    assert_eq!(
        desk.refusal(&desk.file("empty.gguf", "")),
        "The file is empty."
    );
}

#[test]
fn a_text_file_named_gguf_is_called_a_text_file() {
    let desk = Desk::new();
    assert_eq!(
        desk.refusal(&desk.file("notes.gguf", "Buy milk and bread")),
        "This file starts with “Buy milk and bread”: it is a text file, not a model."
    );
}

#[test]
fn a_saved_web_page_is_called_a_web_page() {
    let desk = Desk::new();
    assert_eq!(
        desk.refusal(&desk.file("page.gguf", "<!DOCTYPE html><html><title>Log in</title>")),
        "This file starts with “<!DOCTYPE html><html><ti…”: it is a web page, not a model."
    );
}

#[test]
fn a_truncated_model_says_how_long_it_is_and_should_be() {
    let desk = Desk::new();
    let model = Gguf {
        tensors: vec![("w".to_owned(), [1_000, 500])],
        ..Gguf::model("llama")
    }
    .bytes();
    assert_eq!(
        desk.refusal(&desk.file("half.gguf", &model[..1_200_000])),
        "The file is 1.2 MB long but should be 2.0 MB: the download stopped early."
    );
    assert_eq!(
        desk.refusal(&desk.file("start.gguf", &model[..200])),
        "The file ends after 200 bytes, in the middle of its own description: the download stopped early."
    );
}

#[test]
fn a_vocabulary_without_weights_is_called_that() {
    let desk = Desk::new();
    assert_eq!(
        desk.refusal(&desk.file("vocab.gguf", Gguf::model("llama").without_tensors().bytes())),
        "This file holds only a vocabulary: the model's weights are not in it."
    );
}

#[test]
fn absurd_metadata_counts_are_refused_at_once() {
    let desk = Desk::new();
    let keys = Gguf {
        claimed_keys: Some(u64::MAX),
        ..Gguf::model("llama")
    };
    let tensors = Gguf {
        claimed_tensors: Some(u64::from(u32::MAX)),
        ..Gguf::model("llama")
    };
    assert_eq!(
        desk.refusal(&desk.file("keys.gguf", keys.bytes())),
        "The file is damaged or made to mislead: it claims 18,446,744,073,709,551,615 keys."
    );
    assert_eq!(
        desk.refusal(&desk.file("tensors.gguf", tensors.bytes())),
        "The file is damaged or made to mislead: it claims 4,294,967,295 tensors."
    );
}

#[test]
fn a_version_that_nothing_reads_any_more_is_refused() {
    let desk = Desk::new();
    let old = Gguf {
        version: 1,
        ..Gguf::model("llama")
    };
    assert_eq!(
        desk.refusal(&desk.file("old.gguf", old.bytes())),
        "This file is GGUF version 1, which nothing reads any more."
    );
}

#[test]
fn a_folder_is_not_taken_for_a_file() {
    let desk = Desk::new();
    assert_eq!(
        desk.refusal(desk.files.path()),
        "This is a folder, not a model file."
    );
}

#[test]
fn a_file_that_is_not_there_is_said_to_be_missing() {
    let desk = Desk::new();
    assert_eq!(
        desk.refusal(&desk.files.path().join("gone.gguf")),
        "There is no file at this place."
    );
}

#[cfg(unix)]
#[test]
fn a_device_is_not_read_as_a_file() {
    assert_eq!(
        Desk::new().refusal(Path::new("/dev/zero")),
        "This is not a file that holds data."
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_told_apart_from_a_bad_one() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    let mut locked = desk.file("locked.gguf", Gguf::model("llama").bytes());
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&locked).is_ok() {
        // Permissions do not hold root back; the kernel's files that can only be written do.
        let buses =
            fs::read_dir("/sys/bus").expect("root without /sys has no unreadable file to offer");
        locked = buses
            .map(|bus| bus.unwrap().path().join("drivers_probe"))
            .find(|file| file.is_file())
            .unwrap();
    }
    assert_eq!(
        desk.refusal(&locked),
        "This computer does not let Gatehouse read the file."
    );
}

#[test]
fn an_embedding_model_is_listed_and_refused_for_chat() {
    let desk = Desk::new();
    let pooled = Gguf::model("llama").with("llama.attention.causal", Meta::Flag(false));
    let id = add(&desk.store, &desk.file("vectors.gguf", pooled.bytes()))
        .unwrap()
        .0;
    let model = desk.store.read(|conn| models::get(conn, id)).unwrap();
    let problem = Problem::from(
        model
            .load_request(ModelPurpose::Chat, MEMORY, None)
            .unwrap_err(),
    );
    assert_eq!(problem.code, ProblemCode::ModelRefused);
    assert_eq!(
        problem.to_string(),
        "“vectors” turns texts into vectors for searching; it cannot chat. Choose a chat model."
    );
    assert!(
        model
            .load_request(ModelPurpose::Embedding, MEMORY, None)
            .is_ok()
    );
}

#[test]
fn a_model_whose_file_is_removed_stays_in_the_list_and_says_so() {
    let desk = Desk::new();
    let path = desk.files.path().join("good.gguf");
    fs::remove_file(&path).unwrap();
    let shown = list(&desk.store).remove(0);
    assert_eq!(shown.file_state, FileState::Missing);
    let model = desk
        .store
        .read(|conn| models::get(conn, desk.good))
        .unwrap();
    let problem = Problem::from(
        model
            .load_request(ModelPurpose::Chat, MEMORY, None)
            .unwrap_err(),
    );
    assert_eq!(problem.code, ProblemCode::ModelMissing);
    assert_eq!(
        problem.message,
        format!("The file of “good” is not at {} any more.", path.display())
    );
    desk.file("good.gguf", Gguf::model("llama").bytes());
    assert_eq!(
        add(&desk.store, &path).unwrap().0,
        desk.good,
        "put back and added again it is the same model"
    );
    assert_eq!(list(&desk.store)[0].file_state, FileState::Present);
}

fn starter() -> PathBuf {
    StarterPlaces::of_this_computer(None)
        .find()
        .expect("“cargo xtask models” fetches the starter model")
}

#[test]
fn the_starter_model_is_what_its_makers_say() {
    let (store, _data) = empty_store();
    add(&store, &starter()).unwrap();
    let model = list(&store).remove(0);
    assert_eq!(
        (
            model.name.as_str(),
            model.architecture.as_str(),
            model.quantisation.as_str()
        ),
        ("SmolLM2-135M-Instruct", "llama", "Q4_1")
    );
    assert_eq!(
        (model.parameters, model.parameters_label.as_str()),
        (134_515_008, "135M")
    );
    assert_eq!(
        (model.size_bytes, model.context_tokens),
        (98_362_432, Some(8_192))
    );
    assert_eq!(
        (model.licence.as_deref(), model.author.as_deref()),
        (Some("Apache-2.0"), Some("HuggingFaceTB"))
    );
    assert_eq!(
        model.sha256,
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    );
    assert!(model.has_chat_template);
    assert_eq!((model.is_starter, model.origin), (true, Origin::Starter));
    assert!(
        model.note.is_some_and(|note| note.contains("often wrong")),
        "the app says that it is weak"
    );
    // 30 layers, 3 heads of 64 for keys and for values, 2 bytes a number.
    assert_eq!(
        model.memory.kv_cache_bytes,
        30 * 3 * (64 + 64) * 2 * 8_192 * 4
    );
    assert_eq!(
        (model.memory.sequences, model.memory.verdict),
        (4, Verdict::Fits)
    );
}

#[test]
fn a_person_with_nothing_set_up_has_the_starter_model_once() {
    let (store, _data) = empty_store();
    let nowhere = StarterPlaces::default();
    assert_eq!(
        models::ensure_starter(&store, &nowhere, NOW).unwrap(),
        None,
        "none is there to be found"
    );
    let places = StarterPlaces {
        resource_folder: None,
        cache_folder: starter().parent().map(Path::to_owned),
    };
    let id = models::ensure_starter(&store, &places, NOW)
        .unwrap()
        .expect("nothing was installed");
    assert_eq!(
        models::ensure_starter(&store, &places, NOW).unwrap(),
        None,
        "it is there already"
    );
    assert_eq!(
        list(&store)
            .iter()
            .map(|model| model.id)
            .collect::<Vec<_>>(),
        [id]
    );
}

#[test]
fn another_file_in_the_starter_models_place_is_not_taken_for_it() {
    let desk = Desk::new();
    let (store, _data) = empty_store();
    desk.file(models::STARTER_FILE, Gguf::model("llama").bytes());
    let places = StarterPlaces {
        resource_folder: Some(desk.files.path().to_owned()),
        cache_folder: None,
    };
    assert!(matches!(
        models::ensure_starter(&store, &places, NOW),
        Err(ModelError::WrongStarter(_))
    ));
    assert!(list(&store).is_empty());
}
