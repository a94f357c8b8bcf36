//! The line under the composer, and what leaves with a message.

use gatehouse_core::{
    aliases::Elsewhere,
    gate::{Preview, TokenCount, WhatLeaves},
    ids::ConversationId,
    problem::Problem,
};
use tauri::{AppHandle, Manager};

use super::apart;
use crate::state::AppState;

type Result<T> = std::result::Result<T, Problem>;

/// How many tokens a text has for the model of a conversation; no conversation: a new one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn count_tokens(
    handle: AppHandle,
    conversation: Option<ConversationId>,
    text: String,
) -> Result<TokenCount> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.gate.count_tokens(conversation, &text)?)
    })
    .await
}

/// Where a message would go if it were sent, and what that would do; no conversation: a new one.
#[tauri::command]
#[specta::specta]
pub(crate) async fn preview_message(
    handle: AppHandle,
    conversation: Option<ConversationId>,
    elsewhere: Option<Elsewhere>,
    text: String,
) -> Result<Preview> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state
            .app()?
            .gate
            .preview(conversation, elsewhere.as_ref(), &text)?)
    })
    .await
}

/// Exactly what would leave with a message; nothing if it stays on this computer.
#[tauri::command]
#[specta::specta]
pub(crate) async fn what_would_leave(
    handle: AppHandle,
    conversation: Option<ConversationId>,
    elsewhere: Option<Elsewhere>,
    text: String,
) -> Result<Option<WhatLeaves>> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state
            .app()?
            .gate
            .what_would_leave(conversation, elsewhere.as_ref(), &text)?)
    })
    .await
}

/// Exactly what left with a call; nothing if nothing did.
#[tauri::command]
#[specta::specta]
pub(crate) async fn what_left(handle: AppHandle, call: u32) -> Result<Option<WhatLeaves>> {
    apart(move || {
        let state = handle.state::<AppState>();
        Ok(state.app()?.gate.what_left(i64::from(call))?)
    })
    .await
}
