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
    settings::{self, Settings, Theme},
    store::StoreError,
    workspaces::{self, Workspace},
};
use serde::Serialize;
use specta::Type;
use tauri::http::{Request, Response, header::CONTENT_TYPE};

use crate::commands::startup::Startup;

/// More than a window shows; the page asks for all of them once it is there.
const CONVERSATIONS: usize = 100;

/// Where it is written.
const END: &str = "</head>";

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

    /// The page with all of it: the theme on its root, the rest at the end of its head. None if the
    /// page has no head.
    fn written_into(&self, page: &str) -> Option<String> {
        let (head, rest) = page.split_once(END)?;
        let root = match self.settings.theme {
            Theme::System => "<html ",
            Theme::Light => r#"<html data-theme="light" "#,
            Theme::Dark => r#"<html data-theme="dark" "#,
        };
        let head = head.replacen("<html ", root, 1);
        // Data, which runs nothing, and no text in it can end the element.
        let json = serde_json::to_string(self).ok()?.replace('<', r"\u003c");
        Some(format!(
            r#"{head}<script type="application/json" id="first">{json}</script>{END}{rest}"#
        ))
    }
}

/// What waits for the page that the window loads first.
#[derive(Debug, Default)]
pub(crate) enum ForFirstPage {
    /// Neither was it read, nor has a page come.
    #[default]
    Nothing,
    Read(Box<First>),
    /// A page has come, with it or before it was read: to a later one it would be of the past.
    Gone,
}

impl ForFirstPage {
    pub(crate) fn read(&mut self, first: First) {
        if matches!(self, Self::Nothing) {
            *self = Self::Read(Box::new(first));
        }
    }

    pub(crate) fn taken(&mut self) -> Option<First> {
        match std::mem::replace(self, Self::Gone) {
            Self::Read(first) => Some(*first),
            Self::Nothing | Self::Gone => None,
        }
    }
}

/// Write what was read into the answer, if that is the page of the window.
pub(crate) fn put_into(
    request: &Request<Vec<u8>>,
    response: &mut Response<Cow<'static, [u8]>>,
    first: impl FnOnce() -> Option<First>,
) {
    let is_page = matches!(request.uri().path(), "/" | "/index.html")
        && response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if is_page
        && let Ok(page) = std::str::from_utf8(response.body())
        && let Some(first) = first()
        && let Some(page) = first.written_into(page)
    {
        *response.body_mut() = page.into_bytes().into();
    }
}

#[cfg(test)]
mod tests {
    use gatehouse_core::secrets::KeyHome;

    use super::*;

    const EVIL: &str = "</script><script>alert(1)</script>";
    const PAGE: &str = r#"<html lang="en"><head><title>T</title></head><body></body></html>"#;

    fn first(theme: Theme) -> First {
        First {
            startup: Startup::Ready {
                version: "1".into(),
                data_folder: EVIL.into(),
                key_home: KeyHome::File,
            },
            settings: Settings {
                theme,
                ..Settings::default()
            },
            workspaces: Vec::new(),
            conversations: Vec::new(),
            models: Vec::new(),
            accounts: Vec::new(),
            aliases: Vec::new(),
        }
    }

    /// What the window gets for a path when the host has `first`.
    fn answered(path: &str, kind: &str, first: impl FnOnce() -> Option<First>) -> String {
        let request = Request::builder()
            .uri(format!("tauri://localhost{path}"))
            .body(Vec::new())
            .expect("the address is one");
        let mut response = Response::builder()
            .header(CONTENT_TYPE, kind)
            .body(Cow::Borrowed(PAGE.as_bytes()))
            .expect("the header is one");
        put_into(&request, &mut response, first);
        String::from_utf8_lossy(response.body()).into_owned()
    }

    #[test]
    fn the_page_of_the_window_has_the_data_and_no_text_in_it_is_taken_for_markup() {
        for path in ["/", "/index.html"] {
            let page = answered(path, "text/html", || Some(first(Theme::System)));
            let (before, rest) = page
                .split_once(r#"<script type="application/json" id="first">"#)
                .expect("the element is there");
            let (json, after) = rest.split_once("</script>").expect("it ends");
            assert_eq!(format!("{before}{after}"), PAGE, "nothing else changes");
            let read: serde_json::Value = serde_json::from_str(json).expect("it is JSON");
            assert_eq!(
                read["startup"]["dataFolder"], EVIL,
                "whole, and in its place"
            );
        }
    }

    #[test]
    fn a_page_that_is_loaded_again_never_gets_what_was_read_for_the_first_one() {
        let mut early = ForFirstPage::default();
        early.read(first(Theme::Dark));
        assert!(early.taken().is_some());
        assert!(early.taken().is_none());

        let mut late = ForFirstPage::default();
        assert!(late.taken().is_none(), "the page came before it was read");
        late.read(first(Theme::Dark));
        assert!(late.taken().is_none(), "by now it may be of the past");
    }

    #[test]
    fn a_chosen_theme_is_there_before_anything_runs() {
        let page = answered("/", "text/html", || Some(first(Theme::Dark)));
        assert!(page.starts_with(r#"<html data-theme="dark" lang="en">"#));
    }

    #[test]
    fn nothing_else_is_touched_and_the_data_is_kept_for_the_page() {
        for (path, kind) in [("/assets/a.js", "text/javascript"), ("/", "text/plain")] {
            let same = answered(path, kind, || panic!("it is not taken"));
            assert_eq!(same, PAGE, "{path} of kind {kind} stays");
        }
    }
}
