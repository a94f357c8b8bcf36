//! The chat screen.

use std::sync::Arc;

use gatehouse_core::{
    aliases::Link,
    app::App,
    chat::{
        self, Conversation, ConversationSummary, ExportFormat, Options, Preset, Rating, SearchHit,
        Thread,
    },
    gate::{AnswerEvent, Ask, Compared, GateError, Review},
    ids::{ConversationId, MessageId, PictureId, PresetId},
    now_ms,
    privacy::retention::PastRule,
    problem::{Problem, ProblemCode},
    protocol::Sampling,
    store::StoreError,
    workspaces,
};
use serde::Serialize;
use specta::Type;
use tauri::{AppHandle, Manager, State, ipc::Channel};
use tauri_plugin_dialog::DialogExt;
use tauri_plugin_opener::OpenerExt;

use super::{apart, internal};
use crate::{
    events::{self, ConversationsChanged},
    pace::paced,
    state::AppState,
};

type Result<T> = std::result::Result<T, Problem>;

/// The conversations of the workspace that is open, newest first.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_conversations(state: State<'_, AppState>) -> Result<Vec<ConversationSummary>> {
    Ok(state.app()?.store.read(|conn| {
        let workspace = workspaces::current(conn, now_ms())?;
        Ok::<_, StoreError>(chat::list(conn, Some(workspace))?)
    })?)
}

/// Find words in messages and titles of the workspace that is open: one client's words are not to
/// turn up beside another's.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn search_conversations(
    state: State<'_, AppState>,
    query: String,
) -> Result<Vec<SearchHit>> {
    let app = state.app()?;
    let workspace = app
        .store
        .read(|conn| workspaces::current(conn, now_ms()).map_err(StoreError::from))?;
    Ok(app.search(&query, Some(workspace))?)
}

/// Start an empty conversation.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn create_conversation(state: State<'_, AppState>) -> Result<Conversation> {
    Ok(state.app()?.gate.new_conversation(&Options::default())?)
}

/// A conversation with the branch that is shown.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn open_conversation(state: State<'_, AppState>, id: ConversationId) -> Result<Thread> {
    Ok(state.app()?.open_conversation(id)?)
}

/// Give a conversation a title.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn rename_conversation(
    state: State<'_, AppState>,
    id: ConversationId,
    title: String,
) -> Result<()> {
    Ok(state.app()?.rename_conversation(id, &title)?)
}

/// Take a conversation off the list until the next start removes it for good.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn delete_conversation(state: State<'_, AppState>, id: ConversationId) -> Result<()> {
    Ok(state.app()?.delete_conversation(id)?)
}

/// Undo a deletion.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn restore_conversation(state: State<'_, AppState>, id: ConversationId) -> Result<()> {
    Ok(state.app()?.restore_conversation(id)?)
}

/// Change system prompt, sampling settings and model of a conversation.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_conversation_options(
    state: State<'_, AppState>,
    id: ConversationId,
    options: Options,
) -> Result<Conversation> {
    Ok(state.app()?.set_conversation_options(id, &options)?)
}

/// Say something, with pictures of the draft, and have it answered; returns when the answer has ended.
#[tauri::command]
#[specta::specta]
pub(crate) async fn send_message(
    handle: AppHandle,
    conversation: ConversationId,
    text: String,
    pictures: Vec<PictureId>,
    review: Review,
    on_event: Channel<AnswerEvent>,
) -> Result<()> {
    apart(move || {
        let ask = Ask::SayWith(conversation, &text, &pictures);
        answer(&handle, ask, review, &on_event)
    })
    .await
}

/// Answer an old question again; returns when the answer has ended.
#[tauri::command]
#[specta::specta]
pub(crate) async fn regenerate(
    handle: AppHandle,
    answer_id: MessageId,
    review: Review,
    on_event: Channel<AnswerEvent>,
) -> Result<()> {
    apart(move || answer(&handle, Ask::Again(answer_id), review, &on_event)).await
}

/// Say something else in place of an old question; returns when the answer has ended.
#[tauri::command]
#[specta::specta]
pub(crate) async fn edit_message(
    handle: AppHandle,
    question_id: MessageId,
    text: String,
    review: Review,
    on_event: Channel<AnswerEvent>,
) -> Result<()> {
    apart(move || answer(&handle, Ask::Edit(question_id, &text), review, &on_event)).await
}

/// Say something and have several models answer, each with a version of its own; returns when the last has
/// ended: for each model why it was not asked, or nothing.
#[tauri::command]
#[specta::specta]
pub(crate) async fn compare_models(
    handle: AppHandle,
    conversation: ConversationId,
    text: String,
    pictures: Vec<PictureId>,
    models: Vec<Link>,
    review: Review,
    on_event: Channel<AnswerEvent>,
) -> Result<Vec<Option<Problem>>> {
    apart(move || {
        let app = handle.state::<AppState>().app()?;
        let ask = Ask::SayWith(conversation, &text, &pictures);
        let compared = paced(teller(&on_event), |sink| {
            app.gate.compare(ask, &models, None, review, sink)
        });
        let (_, compared) = compared?;
        find_title(&handle, app, conversation);
        let why_not = |one: Compared| one.answer.err().map(Problem::from);
        Ok(compared.into_iter().map(why_not).collect())
    })
    .await
}

/// Stop the answer that a conversation is getting.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn stop_answer(state: State<'_, AppState>, conversation: ConversationId) -> Result<()> {
    state.app()?.gate.stop(conversation);
    Ok(())
}

/// Show another version of a message, with its newest continuation.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn switch_branch(state: State<'_, AppState>, version: MessageId) -> Result<Thread> {
    Ok(state.app()?.store.write(|tx| {
        let conversation = chat::switch_branch(tx, version)?;
        chat::thread(tx, conversation)
    })?)
}

/// Rate an answer, or take the rating back.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn rate_message(
    state: State<'_, AppState>,
    answer: MessageId,
    rating: Option<Rating>,
) -> Result<()> {
    Ok(state.app()?.rate(answer, rating)?)
}

/// Write a conversation to a file that the person chooses; its path, or nothing if they chose none.
#[tauri::command]
#[specta::specta]
pub(crate) async fn export_conversation(
    handle: AppHandle,
    id: ConversationId,
    format: ExportFormat,
) -> Result<Option<String>> {
    apart(move || {
        let state = handle.state::<AppState>();
        let app = state.app()?;
        let name = app
            .store
            .read(|conn| chat::export(conn, id, format))?
            .file_name;
        let chosen = handle
            .dialog()
            .file()
            .set_file_name(&name)
            .blocking_save_file();
        let Some(path) = chosen
            .map(|path| path.into_path().map_err(internal))
            .transpose()?
        else {
            return Ok(None);
        };
        let exported = app.export_conversation(id, format)?;
        app.save_file(&path, exported.text.as_bytes())?;
        Ok(Some(path.display().to_string()))
    })
    .await
}

/// Conversations that came from a file.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportedChats {
    conversations: Vec<ConversationId>,
    /// Those that are older than their workspace keeps any, and are kept for as long again.
    past_rule: Vec<PastRule>,
}

/// Bring conversations back from a file that the person chooses; nothing if they chose none.
#[tauri::command]
#[specta::specta]
pub(crate) async fn import_conversations(handle: AppHandle) -> Result<Option<ImportedChats>> {
    apart(move || {
        let state = handle.state::<AppState>();
        let app = state.app()?;
        let chosen = handle
            .dialog()
            .file()
            .add_filter("Exported conversations", &["json"])
            .blocking_pick_file();
        let Some(path) = chosen
            .map(|path| path.into_path().map_err(internal))
            .transpose()?
        else {
            return Ok(None);
        };
        let conversations = app.import_conversations_from(&path)?;
        Ok(Some(ImportedChats {
            past_rule: app.past_their_rule(&conversations, now_ms())?,
            conversations,
        }))
    })
    .await
}

/// Keep what was typed and not sent; no conversation: the new one.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn save_draft(
    state: State<'_, AppState>,
    conversation: Option<ConversationId>,
    text: String,
) -> Result<()> {
    Ok(state
        .app()?
        .store
        .write(|tx| Ok::<_, StoreError>(chat::save_draft(tx, conversation, &text)?))?)
}

/// What was typed for a new conversation and not sent.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn new_chat_draft(state: State<'_, AppState>) -> Result<String> {
    Ok(state
        .app()?
        .store
        .read(|conn| Ok::<_, StoreError>(chat::draft(conn, None)?))?)
}

/// All presets.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_presets(state: State<'_, AppState>) -> Result<Vec<Preset>> {
    Ok(state
        .app()?
        .store
        .read(|conn| Ok::<_, StoreError>(chat::presets(conn)?))?)
}

/// Keep a system prompt and sampling settings under a name.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn save_preset(
    state: State<'_, AppState>,
    name: String,
    system_prompt: String,
    sampling: Sampling,
) -> Result<Preset> {
    Ok(state.app()?.save_preset(&name, &system_prompt, &sampling)?)
}

/// Forget a preset.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn delete_preset(state: State<'_, AppState>, id: PresetId) -> Result<()> {
    Ok(state.app()?.delete_preset(id)?)
}

/// Open an address in the system's browser or mail program, after the person has seen it.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn open_link(handle: AppHandle, url: String) -> Result<()> {
    let refused = || {
        Problem::new(
            ProblemCode::InvalidInput,
            "Only web and mail addresses are opened.",
        )
    };
    let parsed = tauri::Url::parse(&url).map_err(|_| refused())?;
    if !matches!(parsed.scheme(), "http" | "https" | "mailto") {
        return Err(refused());
    }
    handle
        .opener()
        .open_url(parsed.as_str(), None::<&str>)
        .map_err(internal)
}

/// Answer, pass on what happens, and find a title afterwards.
fn answer(
    handle: &AppHandle,
    ask: Ask<'_>,
    review: Review,
    on_event: &Channel<AnswerEvent>,
) -> Result<()> {
    let app = handle.state::<AppState>().app()?;
    let answered = paced(teller(on_event), |sink| {
        app.gate.answer_reviewed(ask, None, review, sink)
    });
    let (conversation, _) = answered?;
    find_title(handle, app, conversation);
    Ok(())
}

/// Tells the window what happens.
fn teller(on_event: &Channel<AnswerEvent>) -> impl Fn(AnswerEvent) {
    |event| {
        if let Err(error) = on_event.send(event) {
            tracing::debug!("the window did not hear of an answer: {error}");
        }
    }
}

/// Find a name for a conversation, and tell the window.
fn find_title(handle: &AppHandle, app: Arc<App>, conversation: ConversationId) {
    let handle = handle.clone();
    std::thread::spawn(move || match app.gate.title(conversation) {
        Ok(true) => events::tell(
            &handle,
            &ConversationsChanged {
                id: Some(conversation),
            },
        ),
        Ok(false) => {}
        Err(GateError::Chat(chat::ChatError::NoConversation)) => {} // deleted meanwhile
        Err(error) => tracing::warn!("no title was found: {error}"),
    });
}
