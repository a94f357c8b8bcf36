//! Conversations for analysis, with pseudonyms in place of who is in them: identifiers and whatever the
//! gate's own scanner finds are replaced, the same value by the same pseudonym. `docs/archive.md` says
//! what is in such a file, and what it does not promise.
//!
//! Everything is read twice. The first time it is looked through; the second time it is written, and a
//! value that was found anywhere is replaced wherever it stands and however it is written, also where
//! nothing around it says what it is.

mod form;
mod found;
mod kept;
mod keys;
mod texts;

use std::{collections::HashMap, io::Write, rc::Rc};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::archive::{
    ArchiveError, Packer, Progress, Scope, Target, pack, share, tell, write_json, write_line,
};
use crate::{
    app::App,
    chat::{self, Conversation},
    costs::file_calls,
    gate::Gate,
    ids::WorkspaceId,
    now_ms,
    record::Action,
    safety::{
        everywhere::{Everywhere, Gathered},
        names::Names,
    },
    store::Migration,
};
use form::{CALLS, CONVERSATIONS, FINDINGS, FINDINGS_IN_WORDS, Line, Manifest};
use found::Found;
pub use found::FoundKind;
pub use kept::DestroyedKeys;
use keys::Pseudonyms;
pub(crate) use keys::forget_workspace;
use texts::Texts;

pub(crate) const MIGRATIONS: &[Migration] = &[keys::MIGRATION];

/// How an export for analysis is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Anonymity {
    /// Whether times are cut down to their day.
    pub days_only: bool,
    /// Whether each workspace keeps the key of its pseudonyms, so that later exports agree with this
    /// one. Otherwise nobody has the key any more when the export is made.
    pub keep_key: bool,
}

/// An export for analysis that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AnonymousExport {
    /// Where it is.
    pub path: String,
    /// Whether it needs a passphrase.
    pub encrypted: bool,
    /// Conversations in it.
    pub conversations: u32,
    /// Messages in them.
    pub messages: u32,
    /// What was found and replaced, most first.
    pub found: Vec<FoundKind>,
}

impl App {
    /// Write conversations for analysis, with pseudonyms in place of who is in them. It is recorded
    /// before anybody has it. `progress` hears the share that is done.
    ///
    /// # Errors
    /// [`ArchiveError`]; a file of this name is then as it was.
    pub fn export_anonymous(
        &self,
        target: &Target,
        scope: Scope,
        anonymity: Anonymity,
        progress: &mut Progress<'_>,
    ) -> Result<AnonymousExport, ArchiveError> {
        super::archive::free(target)?;
        let keys = self.change(|tx| {
            let keys = keys::of_export(tx, scope.workspace(tx)?, anonymity.keep_key)?;
            let yes_or_no = |yes| if yes { "yes" } else { "no" };
            let event = scope
                .event(Action::DataAnonymised, target)
                .fact("days_only", yes_or_no(anonymity.days_only))
                .fact("key_kept", yes_or_no(anonymity.keep_key));
            Ok::<_, ArchiveError>((keys, event))
        })?;
        let made_at_ms = now_ms();
        let done = pack(
            &self.folder,
            target,
            made_at_ms,
            |packer| {
                self.store.read(|conn| {
                    let mut export = Export {
                        conn,
                        gate: &self.gate,
                        scope,
                        anonymity,
                        keys,
                        texts: HashMap::new(),
                        done: Done::default(),
                    };
                    export.fill(packer, progress)?;
                    Ok(export.done)
                })
            },
            |done, members| Manifest::new(made_at_ms, scope, anonymity, done, members),
        )?;
        Ok(AnonymousExport {
            path: target.path.display().to_string(),
            encrypted: target.passphrase.is_some(),
            conversations: done.conversations,
            messages: done.messages,
            found: done.found.kinds(),
        })
    }
}

/// What an export came to.
#[derive(Default)]
struct Done {
    conversations: u32,
    messages: u32,
    found: Found,
}

/// An export that is being written, of one unchanging state of the database.
struct Export<'a> {
    conn: &'a Connection,
    gate: &'a Gate,
    scope: Scope,
    anonymity: Anonymity,
    keys: keys::Keys,
    texts: HashMap<WorkspaceId, Rc<Texts>>,
    done: Done,
}

impl Export<'_> {
    fn fill(
        &mut self,
        packer: &mut Packer<'_>,
        progress: &mut Progress<'_>,
    ) -> Result<(), ArchiveError> {
        let (scope, conn) = (self.scope, self.conn);
        let all = scope.count(conn)?;
        let known = self.look_through(&mut |read| tell(progress, 0.5 * share(read, all)))?;
        self.done.found.left_out(known.left_out());
        packer.member(CONVERSATIONS, |out| {
            scope.each(conn, &mut |conversation| {
                let line = self.conversation(&conversation, &known)?;
                write_line(out, &line)?;
                self.done.conversations += 1;
                self.done.messages += u32::try_from(line.messages.len()).unwrap_or(u32::MAX);
                tell(progress, 0.5 + 0.5 * share(self.done.conversations, all))
            })
        })?;
        packer.member(CALLS, |out| self.calls(out, &known))?;
        packer.member(FINDINGS, |out| write_json(out, &self.done.found.report()))?;
        packer.member(FINDINGS_IN_WORDS, |out| {
            Ok(out.write_all(self.done.found.words().as_bytes())?)
        })
    }

    /// What there is in all texts of all conversations, to be known wherever it stands. `read` hears how
    /// many were looked through.
    fn look_through(
        &mut self,
        read: &mut dyn FnMut(u32) -> Result<(), ArchiveError>,
    ) -> Result<Everywhere, ArchiveError> {
        let (scope, conn) = (self.scope, self.conn);
        let (mut gathered, mut done) = (Gathered::default(), 0);
        scope.each(conn, &mut |conversation| {
            let file = chat::file_of(conn, &conversation)?;
            let texts = self.texts_of(conversation.workspace_id)?;
            let title = conversation.title.iter().chain([&file.system_prompt]);
            let messages = file.messages.iter().map(|message| &message.text);
            for text in title.chain(messages) {
                texts.look_through(text, &mut gathered);
            }
            done += 1;
            read(done)
        })?;
        Ok(gathered.ready(&Names::new()))
    }

    fn conversation(
        &mut self,
        conversation: &Conversation,
        known: &Everywhere,
    ) -> Result<Line, ArchiveError> {
        let file = chat::file_of(self.conn, conversation)?;
        let anonymity = self.anonymity;
        let texts = self.texts_of(conversation.workspace_id)?;
        let line = Line::new(&file, conversation, &texts.pseudonyms, anonymity);
        Ok(line.masked(&texts, known, &mut self.done.found))
    }

    fn calls(&mut self, out: &mut impl Write, known: &Everywhere) -> Result<(), ArchiveError> {
        let (of, anonymity) = (self.scope.calls(), self.anonymity);
        file_calls::each(self.conn, of, &mut |call| {
            let texts = self.texts_of(call.workspace)?;
            let model = texts.short(&call.model, known);
            let line = form::Call::new(&call, model, &texts.pseudonyms, anonymity);
            write_line(out, &line)
        })?;
        Ok(())
    }

    /// The rules and the pseudonyms of a workspace, made ready once.
    fn texts_of(&mut self, workspace: WorkspaceId) -> Result<Rc<Texts>, ArchiveError> {
        if let Some(texts) = self.texts.get(&workspace) {
            return Ok(Rc::clone(texts));
        }
        let inspection = self.gate.inspection(self.conn, workspace)?;
        let pseudonyms = Pseudonyms::new(self.keys.of(workspace)?);
        let texts = Rc::new(Texts::new(inspection, pseudonyms));
        self.texts.insert(workspace, Rc::clone(&texts));
        Ok(texts)
    }
}
