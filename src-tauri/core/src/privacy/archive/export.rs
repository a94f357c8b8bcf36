//! What goes into an archive, and in which order.

use std::{collections::HashSet, io::Write};

use rusqlite::Connection;

use super::{
    ArchiveError, Holdings, Packer, Progress, SavedArchive, Scope, Target,
    form::{
        self, CALLS, CONVERSATIONS, FORMAT, FileAlias, FileBudget, FilePreset, FileWorkspace,
        Manifest, RECORD, REPORT, SHARED, Shared, VERSION, WORKSPACES,
    },
    free,
    names::Names,
    pack, report, share, tell, write_json, write_line,
};
use crate::{
    aliases,
    app::App,
    chat::{self, Conversation, FileConversation, FileHold},
    costs::{
        budgets::{self, Budget},
        file_calls,
    },
    now_ms,
    policy::{self, own_rules},
    privacy::retention::{Held, holds, rules},
    record::{Action, Contents, Private, Record, StandingFault, Subject, WhileFaulty},
    workspaces,
};

impl App {
    /// Write an archive of a conversation, a workspace or everything. It is recorded before anybody has
    /// it. `progress` hears the share that is done.
    ///
    /// # Errors
    /// [`ArchiveError`]; a file of this name is then as it was.
    pub fn export_archive(
        &self,
        target: &Target,
        scope: Scope,
        progress: &mut Progress<'_>,
    ) -> Result<SavedArchive, ArchiveError> {
        free(target)?;
        self.change(|tx| {
            scope.workspace(tx)?;
            Ok::<_, ArchiveError>(((), scope.event(Action::DataExported, target)))
        })?;
        // What is kept can be taken along while a fault stands; the record says that it was. It says so before
        // the state is chosen that goes along, so that this has the entry, too.
        let private = match scope {
            Scope::Everything => Private::Included,
            _ => Private::InPart,
        };
        let made_at_ms = now_ms();
        self.record
            .note_export(private, WhileFaulty::Insist, made_at_ms)?;
        let fault = self.record.standing_fault()?;
        let holds = pack(
            &self.folder,
            target,
            made_at_ms,
            |packer| {
                self.store.read(|conn| {
                    let mut export = Export {
                        conn,
                        record: &self.record,
                        scope,
                        names: Names::of(conn)?,
                        holds: Holdings::default(),
                        fault,
                    };
                    export.fill(packer, progress)?;
                    Ok(export.holds)
                })
            },
            |holds, members| Manifest {
                format: FORMAT.to_owned(),
                version: VERSION,
                made_at_ms,
                app_version: env!("CARGO_PKG_VERSION").to_owned(),
                scope: scope.name().to_owned(),
                holds: *holds,
                members,
            },
        )?;
        Ok(SavedArchive {
            path: target.path.display().to_string(),
            encrypted: target.passphrase.is_some(),
            holds,
        })
    }
}

/// An archive that is being written, all of it of one unchanging state of the database.
struct Export<'a> {
    conn: &'a Connection,
    record: &'a Record,
    scope: Scope,
    names: Names,
    holds: Holdings,
    /// One of the record that stands.
    fault: Option<StandingFault>,
}

impl Export<'_> {
    fn fill(
        &mut self,
        packer: &mut Packer<'_>,
        progress: &mut Progress<'_>,
    ) -> Result<(), ArchiveError> {
        packer.member(WORKSPACES, |out| {
            let workspaces = self.workspaces()?;
            write_json(out, &workspaces)
        })?;
        if self.scope == Scope::Everything {
            packer.member(SHARED, |out| {
                let shared = self.shared()?;
                write_json(out, &shared)
            })?;
        }
        let subjects = packer.member(CONVERSATIONS, |out| {
            self.conversations(out, &mut |done| tell(progress, 0.4 * done))
        })?;
        packer.member(CALLS, |out| self.calls(out))?;
        tell(progress, 0.5)?;
        packer.member(RECORD, |out| {
            let contents = match self.scope {
                Scope::Everything => Contents::Everything,
                _ => Contents::About(&subjects),
            };
            let last = self.record.export_of(self.conn, contents, out, now_ms())?;
            self.holds.record_entries = u32::try_from(last.count).unwrap_or(u32::MAX);
            Ok(())
        })?;
        tell(progress, 0.6)?;
        packer.member(REPORT, |out| {
            self.report(out, &mut |done| tell(progress, 0.6 + 0.4 * done))
        })
    }

    fn workspaces(&mut self) -> Result<Vec<FileWorkspace>, ArchiveError> {
        let wanted = self.scope.workspace(self.conn)?;
        let mut all = workspaces::all(self.conn)?;
        all.retain(|workspace| wanted.is_none_or(|wanted| wanted == workspace.id));
        self.holds.workspaces = count(all.len());
        // Of one conversation alone, the name goes along and no more.
        let is_whole = !matches!(self.scope, Scope::Conversation { .. });
        all.into_iter()
            .map(|workspace| {
                let mut file = FileWorkspace {
                    id: workspace.id,
                    name: workspace.name,
                    created_at_ms: workspace.created_at_ms,
                    policy: None,
                    rules: Vec::new(),
                    budgets: Vec::new(),
                    retention: None,
                    hold: None,
                };
                if is_whole {
                    file.policy = Some(policy::get(self.conn, workspace.id)?);
                    file.rules = own_rules::all(self.conn, workspace.id)?;
                    file.budgets = of_file(&budgets::of(self.conn, Some(workspace.id))?);
                    file.retention = rules::get(self.conn, workspace.id)?;
                    let workspace_id = workspace.id;
                    file.hold = self.hold(Held::Workspace { workspace_id })?;
                }
                Ok(file)
            })
            .collect()
    }

    fn shared(&mut self) -> Result<Shared, ArchiveError> {
        let presets = chat::presets(self.conn)?.into_iter();
        let aliases = aliases::all(self.conn)?.into_iter();
        let shared = Shared {
            presets: presets
                .map(|preset| FilePreset {
                    name: preset.name,
                    system_prompt: preset.system_prompt,
                    sampling: preset.sampling,
                })
                .collect(),
            aliases: aliases
                .map(|alias| FileAlias {
                    name: alias.name,
                    chain: alias
                        .chain
                        .iter()
                        .filter_map(|link| self.names.link(link))
                        .collect(),
                })
                .collect(),
            budgets: of_file(&budgets::of(self.conn, None)?),
        };
        self.holds.presets = count(shared.presets.len());
        self.holds.aliases = count(shared.aliases.len());
        Ok(shared)
    }

    /// Write the conversations, a line each; whose private parts of the record go along.
    fn conversations(
        &mut self,
        out: &mut impl Write,
        progress: &mut dyn FnMut(f64) -> Result<(), ArchiveError>,
    ) -> Result<HashSet<Subject>, ArchiveError> {
        let mut subjects = HashSet::new();
        if let Scope::Workspace { workspace_id } = self.scope {
            subjects.insert(Subject::Workspace(workspace_id));
        }
        let all = self.scope.count(self.conn)?;
        self.scope.each(self.conn, &mut |conversation| {
            let file = self.conversation(&conversation)?;
            write_line(out, &file)?;
            self.holds.conversations += 1;
            self.holds.messages += count(file.messages.len());
            if self.scope != Scope::Everything {
                subjects.insert(Subject::Conversation(conversation.id));
            }
            progress(share(self.holds.conversations, all))
        })?;
        Ok(subjects)
    }

    fn conversation(&self, conversation: &Conversation) -> Result<FileConversation, ArchiveError> {
        let mut file = chat::file_of(self.conn, conversation)?;
        file.workspace = Some(workspaces::name(self.conn, conversation.workspace_id)?);
        file.model = conversation.model_id.and_then(|id| self.names.model(id));
        let elsewhere = conversation.elsewhere.as_ref();
        file.elsewhere = elsewhere.and_then(|chosen| self.names.elsewhere(chosen));
        file.draft.clone_from(&conversation.draft);
        let conversation_id = conversation.id;
        file.hold = self.hold(Held::Conversation { conversation_id })?;
        let unsent = chat::pictures::of_draft(self.conn, Some(conversation.id))?;
        file.draft_pictures = chat::of_file(self.conn, &unsent)?;
        Ok(file)
    }

    fn hold(&self, on: Held) -> Result<Option<FileHold>, ArchiveError> {
        let why = holds::why(self.conn, on)?;
        Ok(why.map(|(reason, since_ms)| FileHold { reason, since_ms }))
    }

    fn calls(&mut self, out: &mut impl Write) -> Result<(), ArchiveError> {
        let of = self.scope.calls();
        self.holds.calls = file_calls::each(self.conn, of, &mut |call| write_line(out, &call))?;
        Ok(())
    }

    fn report(
        &self,
        out: &mut impl Write,
        progress: &mut dyn FnMut(f64) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        report::begin(out, self.scope, &self.holds, self.fault.as_ref(), now_ms())?;
        if self.holds.conversations > 1 {
            let mut number = 0;
            out.write_all(b"<h2>Conversations</h2>\n<ol>\n")?;
            self.scope.each(self.conn, &mut |conversation| {
                number += 1;
                Ok(report::listed(out, number, conversation.title.as_deref())?)
            })?;
            out.write_all(b"</ol>\n")?;
        }
        let mut done = 0;
        self.scope.each(self.conn, &mut |conversation| {
            done += 1;
            report::conversation(out, done, &self.conversation(&conversation)?)?;
            progress(share(done, self.holds.conversations))
        })?;
        Ok(report::end(out)?)
    }
}

fn of_file(budgets: &[Budget]) -> Vec<FileBudget> {
    budgets.iter().map(form::FileBudget::from).collect()
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
