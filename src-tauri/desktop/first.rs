//! What the first screen shows, written into the page that the web view asks for: its first frame
//! then has the chats, the models and the settings, and waits for no answer from the host.
//!
//! The data is opened while the web view starts, which takes longer. A page that came before the
//! data was open, or that is loaded again, has nothing in it and asks, as it always can.

use std::borrow::Cow;

use gatehouse_core::{
    accounts::{self, Account},
    aliases::{self, Alias},
    app::App,
    chat::{self, ConversationSummary},
    models::InstalledModel,
    now_ms,
    problem::Problem,
    settings::{self, Settings},
    store::StoreError,
    workspaces::{self, Workspace},
};
use serde::Serialize;
use specta::Type;
use tauri::http::{Request, Response, header::CONTENT_TYPE};

use crate::commands::startup::Startup;

/// More than a window shows; the page asks for all of them once it is there.
const CONVERSATIONS: usize = 100;

/// What the first screen shows.
#[derive(Debug, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub(crate) struct First {
    startup: Startup,
    settings: Settings,
    workspaces: Vec<Workspace>,
    /// The newest of the open workspace.
    conversations: Vec<ConversationSummary>,
    models: Vec<InstalledModel>,
    accounts: Vec<Account>,
    aliases: Vec<Alias>,
}

impl First {
    /// Read it from data that was just opened.
    ///
    /// # Errors
    /// [`Problem`] when the database fails.
    pub(crate) fn read(app: &App, startup: Startup) -> Result<Self, Problem> {
        let models = app.installed_models()?;
        Ok(app.store.read(|conn| {
            let workspace = workspaces::current(conn, now_ms())?;
            let mut conversations = chat::list(conn, Some(workspace))?;
            conversations.truncate(CONVERSATIONS);
            Ok::<_, StoreError>(Self {
                startup,
                settings: settings::get(conn)?,
                workspaces: workspaces::all(conn)?,
                conversations,
                models,
                accounts: accounts::all(conn)?,
                aliases: aliases::all(conn)?,
            })
        })?)
    }

    /// As an element of a page, which runs nothing: it is data, and no text in it can end it.
    ///
    /// # Errors
    /// [`serde_json::Error`] when something in it has no form in JSON.
    pub(crate) fn element(&self) -> serde_json::Result<String> {
        let json = serde_json::to_string(self)?.replace('<', r"\u003c");
        Ok(format!(
            r#"<script type="application/json" id="first">{json}</script>"#
        ))
    }
}

/// Put an element at the end of the head, if this is the page of the window.
pub(crate) fn put_into(
    request: &Request<Vec<u8>>,
    response: &mut Response<Cow<'static, [u8]>>,
    element: impl FnOnce() -> Option<String>,
) {
    const END: &[u8] = b"</head>";
    let is_page = matches!(request.uri().path(), "/" | "/index.html")
        && response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_page {
        return;
    }
    let page = response.body_mut();
    if let Some(at) = page.windows(END.len()).position(|part| part == END)
        && let Some(element) = element()
    {
        let (head, rest) = page.split_at(at);
        *page = [head, element.as_bytes(), rest].concat().into();
    }
}

#[cfg(test)]
mod tests {
    use gatehouse_core::secrets::KeyHome;

    use super::*;

    fn page(path: &str, kind: &str) -> (Request<Vec<u8>>, Response<Cow<'static, [u8]>>) {
        let request = Request::builder()
            .uri(format!("tauri://localhost{path}"))
            .body(Vec::new())
            .expect("the address is one");
        let html: &[u8] = b"<html><head><title>T</title></head><body></body></html>";
        let response = Response::builder()
            .header(CONTENT_TYPE, kind)
            .body(Cow::Borrowed(html))
            .expect("the header is one");
        (request, response)
    }

    fn text(response: &Response<Cow<'static, [u8]>>) -> String {
        String::from_utf8_lossy(response.body()).into_owned()
    }

    #[test]
    fn the_page_of_the_window_gets_the_element_at_the_end_of_its_head() {
        for path in ["/", "/index.html"] {
            let (request, mut response) = page(path, "text/html");
            put_into(&request, &mut response, || Some("<i></i>".into()));
            let expected = "<html><head><title>T</title><i></i></head><body></body></html>";
            assert_eq!(text(&response), expected, "asked for as {path}");
        }
    }

    #[test]
    fn nothing_else_is_touched_and_the_element_is_kept_for_the_page() {
        for (path, kind) in [("/assets/a.js", "text/javascript"), ("/", "text/plain")] {
            let (request, mut response) = page(path, kind);
            let before = text(&response);
            put_into(&request, &mut response, || panic!("it is not taken"));
            assert_eq!(text(&response), before, "{path} of kind {kind} stays");
        }
    }

    #[test]
    fn a_title_cannot_end_the_element_that_it_stands_in() {
        let evil = "</script><script>alert(1)</script>";
        let first = First {
            startup: Startup::Ready {
                version: "1".into(),
                data_folder: evil.into(),
                key_home: KeyHome::File,
            },
            settings: Settings::default(),
            workspaces: Vec::new(),
            conversations: Vec::new(),
            models: Vec::new(),
            accounts: Vec::new(),
            aliases: Vec::new(),
        };
        let element = first.element().expect("it has a form in JSON");
        assert_eq!(element.matches('<').count(), 2, "the element and its end");
        let json = element
            .trim_start_matches(r#"<script type="application/json" id="first">"#)
            .trim_end_matches("</script>");
        let read: serde_json::Value = serde_json::from_str(json).expect("it is JSON");
        assert_eq!(read["startup"]["dataFolder"], evil);
    }
}
