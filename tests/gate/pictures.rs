//! Pictures in messages: nobody can look through one, so none leaves without the person's word, and none
//! with what stood beside its pixels.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatehouse_core::{
    chat::pictures::{self, Picture},
    ids::PictureId,
    privacy::FileForm,
};
use image::{DynamicImage, ImageFormat, RgbImage};

use super::*;
use crate::{
    command_line::Shell,
    support::{folder, raw},
};

/// What a camera writes beside the pixels.
const TOLD: &str = "Anna Weiss, 52.5200 N 13.4050 E";

/// A photograph that tells who and where, in EXIF and in a comment.
pub fn photograph() -> Vec<u8> {
    let pixels = RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8 * 4, y as u8 * 5, 90]));
    let mut file = std::io::Cursor::new(Vec::new());
    DynamicImage::from(pixels)
        .write_to(&mut file, ImageFormat::Jpeg)
        .unwrap();
    let file = file.into_inner();
    let told = |marker: u8, before: &[u8]| {
        let content = [before, TOLD.as_bytes()].concat();
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker], length.as_slice(), &content].concat()
    };
    // A TIFF without any field: the text behind it is found by those who look for it.
    let exif = told(0xE1, b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0");
    [&file[..2], &exif, &told(0xFE, b""), &file[2..]].concat()
}

impl Place {
    fn picture(&self, conversation: Option<ConversationId>) -> Picture {
        pictures::take(&self.app.store, conversation, &photograph()).unwrap()
    }

    fn show(
        &self,
        conversation: ConversationId,
        text: &str,
        shown: &[PictureId],
        review: Review,
    ) -> Result<Message, GateError> {
        let ask = Ask::SayWith(conversation, text, shown);
        let answered = self
            .app
            .gate
            .answer_reviewed(ask, None, review, &mut |_| ());
        answered.map(|(_, answer)| answer)
    }

    fn unsent(&self, conversation: Option<ConversationId>) -> Vec<Picture> {
        self.app
            .store
            .read(|conn| Ok::<_, StoreError>(pictures::of_draft(conn, conversation)?))
            .unwrap()
    }
}

fn say_with(conversation: ConversationId, text: &str, shown: &[PictureId]) -> Turn {
    Turn::Say {
        conversation,
        text: text.to_owned(),
        pictures: shown.to_vec(),
    }
}

/// The pictures in a request, unpacked.
pub fn sent_pictures(body: &serde_json::Value) -> Vec<Vec<u8>> {
    let messages = body["messages"].as_array().unwrap();
    let parts = messages
        .iter()
        .filter_map(|message| message["content"].as_array())
        .flatten();
    let addresses = parts.filter_map(|part| part["image_url"]["url"].as_str());
    addresses
        .map(|address| {
            let (_, data) = address.split_once(";base64,").unwrap();
            STANDARD.decode(data).unwrap()
        })
        .collect()
}

pub fn tells(bytes: &[u8]) -> bool {
    bytes
        .windows(TOLD.len())
        .any(|window| window == TOLD.as_bytes())
}

#[test]
fn a_picture_leaves_after_the_persons_word_alone_and_nothing_but_its_pixels_does() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let picture = place.picture(Some(conversation));
    let shown = [picture.id];
    let turn = say_with(conversation, "What is this?", &shown);

    let preview = place.app.gate.preview(&turn, None).unwrap();
    assert!(preview.review && preview.action == Some(Action::Ask));
    assert_eq!(
        (preview.pictures, preview.sees),
        (1, None),
        "nobody knows of this model"
    );
    assert_eq!(preview.about, None, "nor how it counts pictures");
    let refused = place.show(conversation, "What is this?", &shown, Review::NotAsked);
    assert!(
        matches!(refused, Err(GateError::ReviewFirst { .. })),
        "{refused:?}"
    );
    assert!(provider.received().is_empty());
    assert_eq!(
        place.unsent(Some(conversation)),
        [picture],
        "it waits in the draft"
    );

    let looked = place
        .app
        .gate
        .what_would_leave(&turn, None)
        .unwrap()
        .unwrap();
    assert_eq!(
        looked.messages[0].pictures.len(),
        1,
        "the picture itself is shown"
    );
    let answer = place
        .show(conversation, "What is this?", &shown, place.let_go())
        .unwrap();
    let received = &provider.received()[0];
    assert_eq!(String::from_utf8_lossy(&received.body), looked.body);
    let sent = sent_pictures(&received.json());
    assert!(tells(&photograph()) && sent.iter().all(|picture| !tells(picture)));
    assert!(!tells(&received.body) && !provider.everything().contains("Weiss"));
    let arrived = image::load_from_memory(&sent[0]).unwrap();
    assert_eq!((arrived.width(), arrived.height()), (64, 48));

    let call = answer.call.unwrap();
    assert_eq!(call.pictures, 1);
    let left = place.app.gate.what_left(call.number).unwrap().unwrap();
    assert_eq!(left.messages[0].pictures, looked.messages[0].pictures);
    assert_eq!(place.messages(conversation)[0].pictures, [picture]);
    assert!(place.unsent(Some(conversation)).is_empty());
    let verdict = place
        .app
        .record
        .verify(&mut |_| std::ops::ControlFlow::Continue(()))
        .unwrap();
    assert!(verdict.holds(), "{verdict:?}");
}

#[test]
fn what_was_let_go_for_one_account_is_asked_about_again_for_another_alone() {
    let (first, second) = (Provider::echo(), Provider::echo());
    let place = place(&first.address);
    let conversation = place.conversation();
    let shown = [place.picture(Some(conversation)).id];
    place
        .show(conversation, "Look.", &shown, place.let_go())
        .unwrap();
    let on = place.say(conversation, "And the colour?");
    assert_eq!(
        on.call.unwrap().pictures,
        1,
        "it goes along with what follows"
    );
    assert_eq!(sent_pictures(&first.received()[1].json()).len(), 1);

    let other = account(&place.app, "Other", &second.address);
    place
        .app
        .set_conversation_options(conversation, &elsewhere(&other))
        .unwrap();
    let error = place.refused(conversation, "And now?", Review::NotAsked);
    assert!(matches!(error, GateError::ReviewFirst { .. }), "{error}");
    assert!(second.received().is_empty());

    let wording = Ask::Edit(place.messages(conversation)[0].id, "Look closely.");
    place
        .app
        .gate
        .answer_reviewed(wording, None, let_go(&[&other]), &mut |_| ())
        .unwrap();
    assert_eq!(
        sent_pictures(&second.received()[0].json()).len(),
        1,
        "another wording shows the same picture"
    );
}

#[test]
fn what_policy_says_of_pictures_holds_whatever_the_text_is() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let shown = [place.picture(Some(conversation)).id];
    let show = |review| place.show(conversation, "What is this?", &shown, review);

    place.policy(|policy| policy.pictures.cloud = Action::Block);
    let blocked = show(place.let_go()).unwrap_err();
    assert!(matches!(blocked, GateError::Blocked { .. }), "{blocked}");
    assert!(blocked.to_string().contains("picture"), "{blocked}");

    place.policy(|policy| policy.pictures.cloud = Action::KeepLocal);
    let kept = show(place.let_go()).unwrap_err();
    let words = kept.to_string();
    assert!(
        words.contains("keeps a picture") && words.contains("takes no pictures"),
        "{words}"
    );
    assert!(provider.received().is_empty());

    place.policy(|policy| policy.pictures.cloud = Action::Allow);
    let sent = show(Review::NotAsked).unwrap();
    assert_eq!(
        sent.call.unwrap().pictures,
        1,
        "a person can allow them for good"
    );
}

/// A model of [`open_ai`] of which the price list says that it cannot see.
pub const BLIND: &str = "gpt-audio-mini";

pub fn open_ai(app: &App, provider: &Provider) -> Account {
    let input = AccountInput {
        kind: ProviderKind::OpenAi,
        name: "OpenAI".into(),
        base_url: provider.address.clone(),
        destination: Some(Destination::Cloud),
        context_tokens: None,
    };
    let account = app.gate.save_account(None, &input).unwrap();
    let key = Zeroizing::new(KEY.to_owned());
    app.gate.set_account_key(account.id, key).unwrap()
}

#[test]
fn a_model_that_cannot_see_is_not_asked_and_is_told_of_earlier_pictures() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let shown = [place.picture(Some(conversation)).id];
    let here = Options {
        sampling: app::steady(4),
        ..Options::default()
    };
    place
        .app
        .set_conversation_options(conversation, &here)
        .unwrap();
    let error = place
        .show(conversation, "What is this?", &shown, place.let_go())
        .unwrap_err();
    assert!(matches!(error, GateError::NoPictures { .. }), "{error}");
    assert_eq!(place.unsent(Some(conversation)).len(), 1);

    place
        .app
        .set_conversation_options(conversation, &elsewhere(&place.account))
        .unwrap();
    place
        .show(conversation, "What is this?", &shown, place.let_go())
        .unwrap();
    place
        .app
        .set_conversation_options(conversation, &here)
        .unwrap();
    let preview = place
        .app
        .gate
        .preview(&say(conversation, "Thanks."), None)
        .unwrap();
    assert_eq!((preview.route, preview.unseen), (Route::Local, 1));
    let answer = place.say(conversation, "Thanks.");
    assert_eq!(
        answer.call.unwrap().route,
        Route::Local,
        "it goes on without a network"
    );

    let blind = open_ai(&place.app, &provider);
    let chain = vec![link(&blind, BLIND), link(&place.account, MODEL)];
    let conversation = place.conversation_with(chain);
    let shown = [place.picture(Some(conversation)).id];
    let answer = place
        .show(conversation, "What is this?", &shown, place.let_go())
        .unwrap();
    let call = answer.call.unwrap();
    assert_eq!(call.model, MODEL);
    assert!(
        call.moves[0].reason.contains("takes no pictures"),
        "{:?}",
        call.moves
    );
}

#[test]
fn a_budget_that_stops_lets_no_picture_leave_that_nobody_can_count() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    place.without_fallback();
    price(&place.app);
    budget(&place.app, "10");
    let conversation = place.conversation();
    let shown = [place.picture(Some(conversation)).id];
    let error = place
        .show(conversation, "What is this?", &shown, place.let_go())
        .unwrap_err();
    assert!(
        matches!(error, GateError::UncountedPictures { .. }),
        "{error}"
    );
    assert!(provider.received().is_empty());
    assert!(
        place
            .say(conversation, "Without it, then.")
            .call
            .unwrap()
            .cost
            .is_some()
    );
}

#[test]
fn a_conversation_goes_with_its_pictures_and_a_file_brings_them_elsewhere() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let conversation = place.conversation();
    let picture = place.picture(Some(conversation));
    place
        .show(conversation, "Look.", &[picture.id], place.let_go())
        .unwrap();
    let draft = place.picture(Some(conversation));
    let content = |id| {
        place
            .app
            .store
            .read(|conn| pictures::content(conn, id))
            .unwrap()
    };
    let kept = content(picture.id);

    let json = place
        .app
        .export_conversation(conversation, chat::ExportFormat::Json)
        .unwrap()
        .text;
    let again = place.app.import_conversations(&json).unwrap()[0];
    let shown = &place.messages(again)[0].pictures;
    assert_eq!(shown.len(), 1);
    assert!(shown[0].id != picture.id && content(shown[0].id).len() > 100);
    let hostile = json.replace(&STANDARD.encode(&kept), &STANDARD.encode(photograph()));
    assert_ne!(hostile, json);
    let foreign = place.app.import_conversations(&hostile).unwrap()[0];
    assert!(
        !tells(&content(place.messages(foreign)[0].pictures[0].id)),
        "a file is nobody's word"
    );
    let svg = json.replace(
        &STANDARD.encode(&kept),
        &STANDARD.encode("<svg onload='x'/>"),
    );
    assert!(place.app.import_conversations(&svg).is_err());

    for id in [conversation, again, foreign] {
        let erasure = gatehouse_core::privacy::Erasure::Conversation { id };
        place.app.erase(&erasure, None, &mut |_| ()).unwrap();
    }
    assert!(
        place
            .app
            .store
            .read(|conn| pictures::content(conn, draft.id))
            .is_err(),
        "what was not sent goes, too"
    );
    let needle = &kept[kept.len() / 2..kept.len() / 2 + 48];
    for (path, bytes) in raw::every_byte(&place.app.folder) {
        let there = bytes.windows(needle.len()).any(|window| window == needle);
        assert!(!there, "{}", path.display());
    }
}

#[test]
fn whoever_looks_for_a_person_is_told_that_pictures_are_not_searched() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    let who = ["Anna Weiss".to_owned()];
    let find = || place.app.find_person(&who).unwrap();
    assert_eq!(find().not_searched(), None, "there is none");

    place.picture(None);
    assert_eq!((find().total, find().pictures), (0, 1));
    let words = find().not_searched().unwrap();
    assert_eq!(
        words,
        "1 picture in chats was not searched: the person may be in it."
    );
    let exported = place.app.export_person(&who, FileForm::Html).unwrap();
    assert!(exported.contains(&words), "{exported}");
}

#[test]
fn ask_shows_a_picture_when_it_was_told_that_it_may_leave() {
    let provider = Provider::echo();
    let shell = Shell::new();
    shell.fed(
        &[
            "providers",
            "add",
            "--kind",
            "compatible",
            "--name",
            "Test",
            "--url",
            &provider.address,
            "--cloud",
            "--key-stdin",
        ],
        format!("{KEY}\n").as_bytes(),
    );
    let files = folder::TempFolder::new();
    let (photo, drawing) = (
        files.path().join("photo.png"),
        files.path().join("drawing.png"),
    );
    std::fs::write(&photo, photograph()).unwrap();
    std::fs::write(&drawing, "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
    let (photo, drawing) = (photo.display().to_string(), drawing.display().to_string());
    let ask = [
        "ask",
        "What is this?",
        "--model",
        "Test/large",
        "--image",
        &photo,
    ];

    let (code, words) = shell.refused(&[
        "ask",
        "And this?",
        "--model",
        "Test/large",
        "--image",
        &drawing,
    ]);
    assert!(
        code != 0 && words.contains("SVG") && words.contains("drawing.png"),
        "{words}"
    );
    let (_, about) = shell.both(&[&ask[..], &["--show-request"]].concat());
    assert!(about.contains("nobody can look through it"), "{about}");
    let drafts = || {
        let store = shell.store();
        store
            .read(|conn| Ok::<_, StoreError>(pictures::of_draft(conn, None)?))
            .unwrap()
    };
    assert!(drafts().is_empty(), "looking keeps nothing");
    let (code, words) = shell.refused(&ask);
    assert_eq!(code, 7, "{words}");
    assert_eq!(drafts().len(), 1, "it waits with the question in the app");
    assert!(provider.received().is_empty());
    let answer = shell.json(&[&ask[..], &["--may-leave"]].concat());
    assert_eq!(answer["pictures"], 1);
    assert_eq!(sent_pictures(&provider.received()[0].json()).len(), 1);
    assert!(!tells(&provider.received()[0].body));
}

#[test]
fn a_picture_that_leaves_again_and_again_is_kept_once_and_each_request_is_kept_whole() {
    let provider = Provider::echo();
    let place = place(&provider.address);
    place.policy(|policy| policy.pictures.cloud = Action::Allow);
    let conversation = place.conversation();
    let picture = place.picture(Some(conversation));
    let first = place.show(conversation, "What is it?", &[picture.id], Review::NotAsked);
    let mut calls = vec![first.unwrap().call.unwrap().number];
    for more in ["And the left half?", "And the right one?"] {
        calls.push(place.say(conversation, more).call.unwrap().number);
    }
    let received = provider.received();
    for (call, received) in calls.iter().zip(&received) {
        assert_eq!(sent_pictures(&received.json()).len(), 1);
        let left = place.app.gate.what_left(*call).unwrap().unwrap();
        assert!(left.body.as_bytes() == received.body, "byte for byte");
    }
    let count = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        let read = place.app.store.read(|conn| {
            conn.query_row(&sql, [], |row| row.get(0))
                .map_err(StoreError::from)
        });
        read.unwrap()
    };
    assert_eq!((count("sent_requests"), count("sent_blocks")), (3, 1));
    let erasure = gatehouse_core::privacy::Erasure::Conversation { id: conversation };
    place.app.erase(&erasure, None, &mut |_| ()).unwrap();
    assert_eq!((count("sent_requests"), count("sent_blocks")), (0, 0));
}
