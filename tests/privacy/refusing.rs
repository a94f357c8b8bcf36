//! When nothing is erased, and that it is said why.

use std::path::PathBuf;

use gatehouse_core::{
    app::App,
    now_ms,
    privacy::{EraseError, Erasure, Extent, NewRequest, RequestKind, retention::Held},
    store::{SnapshotReason, StoreError, snapshot},
    workspaces,
};

use super::{NAME, OTHER, erase, identifiers, person, written};
use crate::support::{
    app::{actions, around},
    folder::{TempFolder, key_in},
};

#[test]
fn nothing_is_erased_beside_another_process_that_could_write_it_again() {
    let folder = TempFolder::new();
    key_in(&folder.folder);
    let app = App::open(&folder.folder, around(PathBuf::new())).unwrap();
    let id = written(&app, &format!("Who is {NAME}?"), "Nobody.");
    let other = App::open(&folder.folder, around(PathBuf::new())).unwrap();
    let refused = app.erase(&person(Extent::Words), None, &mut |_| ());
    assert!(matches!(refused, Err(EraseError::NotAlone)), "{refused:?}");
    assert_eq!(
        app.find_person(&identifiers()).unwrap().total,
        1,
        "nothing was erased"
    );
    drop(other);
    erase(&app, &Erasure::Conversation { id });
}

#[test]
fn what_is_on_hold_is_not_erased() {
    let folder = TempFolder::new();
    key_in(&folder.folder);
    let app = App::open(&folder.folder, around(PathBuf::new())).unwrap();
    let id = written(&app, &format!("Who is {NAME}?"), "Nobody.");
    app.hold(
        Held::Conversation {
            conversation_id: id,
        },
        "a lawsuit",
    )
    .unwrap();
    let workspace = app
        .store
        .read(|conn| workspaces::current(conn, now_ms()).map_err(StoreError::from))
        .unwrap();
    for erasure in [
        Erasure::Conversation { id },
        Erasure::Workspace { id: workspace },
        person(Extent::Words),
        person(Extent::Conversations),
    ] {
        assert!(
            !app.preview_erasure(&erasure).unwrap().held.is_empty(),
            "{erasure:?}"
        );
        let refused = app.erase(&erasure, None, &mut |_| ());
        assert!(
            matches!(refused, Err(EraseError::Held(_))),
            "{erasure:?}: {refused:?}"
        );
    }
    assert_eq!(app.find_person(&identifiers()).unwrap().total, 1);
    app.lift_hold(Held::Conversation {
        conversation_id: id,
    })
    .unwrap();
    erase(&app, &person(Extent::Conversations));
}

#[test]
fn a_request_is_done_only_by_erasing_whom_it_is_about() {
    let folder = TempFolder::new();
    key_in(&folder.folder);
    let app = App::open(&folder.folder, around(PathBuf::new())).unwrap();
    let id = written(&app, &format!("Who is {NAME}, and {OTHER}?"), "Nobody.");
    let request = |kind, who: &str| {
        let new = NewRequest {
            kind,
            identifiers: vec![who.into()],
            note: String::new(),
            received_at_ms: now_ms(),
        };
        app.open_request(&new).unwrap().number
    };
    let access = request(RequestKind::Access, NAME);
    let of_another = request(RequestKind::Erasure, OTHER);
    for number in [access, of_another, 99] {
        let refused = app.erase(&person(Extent::Words), Some(number), &mut |_| ());
        assert!(
            matches!(refused, Err(EraseError::Request(_))),
            "{refused:?}"
        );
    }
    let refused = app.erase(&Erasure::Conversation { id }, Some(of_another), &mut |_| ());
    assert!(
        matches!(refused, Err(EraseError::Request(_))),
        "{refused:?}"
    );
    assert!(
        app.find_person(&identifiers()).unwrap().total >= 1,
        "nothing was erased"
    );
}

#[test]
fn nothing_is_erased_where_nobody_is_found() {
    let folder = TempFolder::new();
    key_in(&folder.folder);
    let app = App::open(&folder.folder, around(PathBuf::new())).unwrap();
    app.store
        .snapshot(SnapshotReason::ByHand, now_ms())
        .unwrap();
    let erasure = person(Extent::Words);
    assert!(matches!(
        app.preview_erasure(&erasure),
        Err(EraseError::NothingFound)
    ));
    assert!(matches!(
        app.erase(&erasure, None, &mut |_| ()),
        Err(EraseError::NothingFound)
    ));
    let searched = actions(&app);
    let searched = searched.iter().filter(|name| *name == "subject.searched");
    assert_eq!(searched.count(), 2, "who hears that has looked for them");
    assert_eq!(
        snapshot::list(&app.folder).unwrap().len(),
        1,
        "snapshots stay"
    );
}
