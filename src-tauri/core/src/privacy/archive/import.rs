//! An archive comes in: first all of it is read and seen to be sound, then one transaction takes it over or
//! nothing of it. Everything gets new identifiers; what protects here is never loosened by it.

use std::{collections::HashMap, path::Path};

use rusqlite::Transaction;
use serde::Serialize;
use specta::Type;

use super::{
    ArchiveError, ArchivedRecord, Passphrase, Progress,
    check::check,
    form::CONVERSATIONS,
    incoming::{Incoming, workspace_of},
    names::Names,
    share, tell,
    unpack::Unpacked,
};
use crate::{
    app::App,
    chat::{self, FileConversation, FileHold},
    ids::{ConversationId, WorkspaceId},
    now_ms,
    privacy::retention::{Held, PastRule, holds, past_rule},
    record::{Action, Event, Record, Subject},
};

/// What came of a workspace of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportedWorkspace {
    /// Its name.
    pub name: String,
    /// Whether it was made; otherwise one of this name was there, and was joined.
    pub made: bool,
    /// Conversations that came into it.
    pub conversations: u32,
}

/// What came of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportedArchive {
    /// Its workspaces.
    pub workspaces: Vec<ImportedWorkspace>,
    /// The new conversations.
    pub conversations: Vec<ConversationId>,
    /// Messages in them.
    pub messages: u32,
    /// Presets that came.
    pub presets: u32,
    /// Names for chains of models that came.
    pub aliases: u32,
    /// What could not be taken over as it was, a sentence each.
    pub left_out: Vec<String>,
    /// What is older than its workspace keeps it, and is kept for as long again.
    pub past_rule: Vec<PastRule>,
    /// The record that came with it, which stays apart from the own one.
    pub record: ArchivedRecord,
}

impl App {
    /// Bring an archive in. Nothing is written and nobody waits before all of it was read and is sound.
    /// `progress` hears the share that is done.
    ///
    /// # Errors
    /// [`ArchiveError`]; nothing was brought in then.
    pub fn import_archive(
        &self,
        path: &Path,
        passphrase: Option<&Passphrase>,
        progress: &mut Progress<'_>,
    ) -> Result<ImportedArchive, ArchiveError> {
        let mut archive = Unpacked::open(path, passphrase)?;
        let (incoming, record) = check(&mut archive, &mut |done| progress(0.5 * done))?;
        self.change(|tx| {
            let mut import = Import {
                tx,
                record: &self.record,
                places: HashMap::new(),
                unanswered: 0,
                done: ImportedArchive {
                    workspaces: Vec::new(),
                    conversations: Vec::new(),
                    messages: 0,
                    presets: 0,
                    aliases: 0,
                    left_out: Vec::new(),
                    past_rule: Vec::new(),
                    record,
                },
            };
            import.all(incoming, &mut archive, &mut |done| {
                progress(0.5 + 0.5 * done)
            })?;
            import.done.past_rule = past_rule(tx, &import.done.conversations, now_ms())?;
            let event = event(path, &archive, &import);
            Ok((import.done, event))
        })
    }
}

/// What the record says of it. Workspaces stand in it by their identifiers: a name is kept under its workspace,
/// and goes with it.
fn event(path: &Path, archive: &Unpacked, import: &Import<'_>) -> Event {
    let done = &import.done;
    let record = if done.record.holds {
        "holds"
    } else {
        "does not hold"
    };
    let mut places: Vec<_> = import.places.values().collect();
    places.sort_by_key(|settled| settled.line);
    let workspaces: Vec<_> = places
        .into_iter()
        .map(|settled| {
            let line = &done.workspaces[settled.line];
            serde_json::json!({
                "workspace": settled.id,
                "made": line.made,
                "conversations": line.conversations,
            })
        })
        .collect();
    Event::new(Action::DataImported)
        .about(Subject::Installation)
        .fact("archive", archive.sha256.as_str())
        .fact("conversations", count(done.conversations.len()))
        .fact("messages", done.messages)
        .fact("record", record)
        .fact("workspaces", count(done.workspaces.len()))
        .payload(serde_json::json!({
            "file": path.display().to_string(),
            "workspaces": workspaces,
        }))
}

/// An archive on its way in.
pub(super) struct Import<'a> {
    pub(super) tx: &'a Transaction<'a>,
    record: &'a Record,
    /// By [`workspaces::key`](crate::workspaces::key) of their names.
    pub(super) places: HashMap<String, Settled>,
    /// Conversations that were to be answered by what is not here.
    unanswered: u32,
    pub(super) done: ImportedArchive,
}

/// Where the conversations of a workspace go.
pub(super) struct Settled {
    pub(super) id: WorkspaceId,
    /// Which line of the outcome that is.
    pub(super) line: usize,
    /// The hold that is to stand on each of them.
    pub(super) hold: Option<FileHold>,
}

impl Import<'_> {
    fn all(
        &mut self,
        incoming: Incoming,
        archive: &mut Unpacked,
        progress: &mut Progress<'_>,
    ) -> Result<(), ArchiveError> {
        let was_used = chat::count(self.tx, None)? > 0;
        for workspace in incoming.workspaces {
            self.workspace(workspace)?;
        }
        self.shared(incoming.shared, was_used)?;
        let names = Names::of(self.tx)?;
        let all = archive.manifest.holds.conversations;
        archive.lines(CONVERSATIONS, &mut |_, file| {
            self.conversation(&names, file)?;
            tell(progress, share(count(self.done.conversations.len()), all))
        })?;
        if self.unanswered > 0 {
            let which = match self.unanswered {
                1 => "1 conversation was".to_owned(),
                more => format!("{more} conversations were"),
            };
            self.say(format!(
                "{which} to be answered by a model or account that is not on this computer: the default one \
                 answers there."
            ));
        }
        Ok(())
    }

    fn conversation(
        &mut self,
        names: &Names,
        mut file: FileConversation,
    ) -> Result<(), ArchiveError> {
        let Some(settled) = self.places.get(&workspace_of(&file)) else {
            return Err(ArchiveError::NotOurs(
                "a conversation is of a workspace that is not in it".into(),
            ));
        };
        let (workspace, line) = (settled.id, settled.line);
        let hold = file.hold.take().or_else(|| settled.hold.clone());
        let (chosen, is_all) = names.chosen(file.model.as_ref(), file.elsewhere.as_ref());
        self.unanswered += u32::from(!is_all);
        self.done.messages += count(file.messages.len());
        let id = chat::import_one(self.tx, workspace, file, chosen, now_ms())?;
        if let Some(hold) = hold {
            let on = Held::Conversation {
                conversation_id: id,
            };
            let reason = hold.reason.trim();
            holds::put(self.tx, on, reason, hold.since_ms)?;
            self.note(holds::held(on, reason))?;
        }
        self.done.conversations.push(id);
        self.done.workspaces[line].conversations += 1;
        Ok(())
    }

    /// Record what was changed, in the same transaction.
    pub(super) fn note(&self, event: Event) -> Result<(), ArchiveError> {
        self.record.append(self.tx, event, now_ms())?;
        Ok(())
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
