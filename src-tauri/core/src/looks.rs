//! What a person looks at, as far as looking leaves an entry: opening, searching, reading what is
//! private. The entry comes with it, in one transaction.
//!
//! Which branch of a conversation is shown leaves none: all branches came with the conversation when it
//! was opened, and nothing is changed or given away by showing another.

use std::time::{Duration, Instant};

use crate::{
    app::App,
    changes::about,
    chat::{self, ChatError, SearchHit, Thread},
    ids::{ConversationId, WorkspaceId},
    record::{Action, Event},
    store::StoreError,
};

/// Searches that follow on one another within this time are one: a person who types, or looks again.
const SEARCHES_TOGETHER: Duration = Duration::from_secs(60);

impl App {
    /// A conversation with the branch that is shown. That somebody opened it is recorded, once for as
    /// long as it is the one that is open.
    ///
    /// # Errors
    /// [`ChatError::NoConversation`].
    pub fn open_conversation(&self, id: ConversationId) -> Result<Thread, ChatError> {
        let thread = self.store.read(|conn| chat::thread(conn, id))?;
        if self.looked().conversation != Some(id) {
            self.change(|tx| {
                // It may have been removed for good meanwhile: its name must not be made anew.
                chat::get(tx, id)?;
                Ok::<_, ChatError>(((), about(Action::ConversationOpened, id)))
            })?;
            self.looked().conversation = Some(id);
        }
        Ok(thread)
    }

    /// Find conversations by words, in one workspace or (`None`) in all, as [`chat::search`] does. That
    /// it was searched is recorded, not for what; searches of one minute are one.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; nothing is found then.
    pub fn search(
        &self,
        query: &str,
        workspace: Option<WorkspaceId>,
    ) -> Result<Vec<SearchHit>, StoreError> {
        if !query.contains(char::is_alphanumeric) {
            return Ok(Vec::new());
        }
        let now = Instant::now();
        let before = self.looked().searched.replace(now);
        if before.is_none_or(|before| now - before > SEARCHES_TOGETHER) {
            let event =
                Event::new(Action::Searched).maybe("workspace", workspace.map(|id| id.to_string()));
            let written = self.change(|_| Ok::<_, StoreError>(((), event)));
            if written.is_err() {
                self.looked().searched = before;
            }
            written?;
        }
        self.store
            .read(|conn| Ok(chat::search(conn, query, workspace)?))
    }
}

/// What was looked at last, so that looking on leaves no entry for each glance.
#[derive(Default)]
pub(crate) struct Looked {
    /// The conversation that was opened last.
    conversation: Option<ConversationId>,
    /// When it was last searched.
    searched: Option<Instant>,
}
