//! An archive comes in: first all of it is seen to be sound, then one transaction takes it over or
//! nothing of it. Everything gets new identifiers; what protects here is never loosened by it.

use std::{collections::HashMap, path::Path};

use rusqlite::Transaction;
use serde::Serialize;
use specta::Type;

use super::{
    ArchiveError, ArchivedRecord, Holdings, Passphrase, Progress,
    check::check,
    form::{CONVERSATIONS, FileAlias, FileBudget, FileWorkspace, SHARED, Shared, WORKSPACES},
    names::Names,
    share, tell,
    unpack::Unpacked,
};
use crate::{
    aliases::{self, Alias},
    app::App,
    chat::{self, FileConversation},
    costs::budgets,
    ids::{AliasId, ConversationId, OwnRuleId, WorkspaceId},
    now_ms,
    policy::{self, Policy, own_rules},
    privacy::retention::{PastRule, past_rule},
    record::{Action, Event, Record, Subject},
    workspaces,
};

/// Nobody has more of these, and each takes its time.
const MOST_WORKSPACES: usize = 10_000;
const MOST_RULES: usize = 2_000;
const MOST_SHARED: usize = 10_000;

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
    /// Bring an archive in. `progress` hears the share that is done.
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
        let record = check(&mut archive, &mut |done| progress(0.5 * done))?;
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
            import.all(&mut archive, &mut |done| progress(0.5 + 0.5 * done))?;
            import.done.past_rule = past_rule(tx, &import.done.conversations, now_ms())?;
            let event = event(path, &archive, &import.done);
            Ok((import.done, event))
        })
    }
}

fn event(path: &Path, archive: &Unpacked, done: &ImportedArchive) -> Event {
    let record = if done.record.holds {
        "holds"
    } else {
        "does not hold"
    };
    Event::new(Action::DataImported)
        .about(Subject::Installation)
        .fact("archive", archive.sha256.as_str())
        .fact("conversations", count(done.conversations.len()))
        .fact("messages", done.messages)
        .fact("record", record)
        .fact("workspaces", count(done.workspaces.len()))
        .payload(serde_json::json!({
            "file": path.display().to_string(),
            "workspaces": done.workspaces,
        }))
}

/// An archive on its way in.
struct Import<'a> {
    tx: &'a Transaction<'a>,
    record: &'a Record,
    /// By their names in small letters: where conversations go, and which line of the outcome that is.
    places: HashMap<String, (WorkspaceId, usize)>,
    /// Conversations that were to be answered by what is not here.
    unanswered: u32,
    done: ImportedArchive,
}

impl Import<'_> {
    fn all(
        &mut self,
        archive: &mut Unpacked,
        progress: &mut Progress<'_>,
    ) -> Result<(), ArchiveError> {
        let workspaces = archive.whole::<Vec<FileWorkspace>>(WORKSPACES)?;
        few("the list of workspaces", workspaces.len(), MOST_WORKSPACES)?;
        for workspace in workspaces {
            self.workspace(workspace)?;
        }
        if archive.has(SHARED) {
            let shared = archive.whole::<Shared>(SHARED)?;
            self.shared(shared)?;
        }
        let names = Names::of(self.tx)?;
        let holds = archive.manifest.holds;
        archive.lines(CONVERSATIONS, &mut |line, file| {
            self.conversation(&names, file)
                .map_err(|error| at(line, error))?;
            let done = share(count(self.done.conversations.len()), holds.conversations);
            tell(progress, done)
        })?;
        self.as_the_manifest_says(&holds)?;
        if self.unanswered > 0 {
            self.done.left_out.push(format!(
                "{} conversations were to be answered by a model or account that is not on this computer: the \
                 default one answers in them.",
                self.unanswered
            ));
        }
        Ok(())
    }

    /// Make a workspace, or join the one of its name.
    fn workspace(&mut self, file: FileWorkspace) -> Result<(), ArchiveError> {
        let key = file.name.to_lowercase();
        if self.places.contains_key(&key) {
            return Err(ArchiveError::Form {
                member: WORKSPACES,
                line: 1,
                what: "it has a workspace twice".into(),
            });
        }
        let here = workspaces::named(self.tx, &file.name)?;
        let (id, name) = match here {
            Some(id) => (id, workspaces::name(self.tx, id)?),
            None => {
                let made =
                    workspaces::save(self.tx, WorkspaceId::new(), &file.name, file.created_at_ms)?;
                (made.id, made.name)
            }
        };
        self.places.insert(key, (id, self.done.workspaces.len()));
        self.done.workspaces.push(ImportedWorkspace {
            name,
            made: here.is_none(),
            conversations: 0,
        });
        if let Some(policy) = &file.policy {
            self.policy(id, policy, here.is_some())?;
        }
        // The first workspace of an installation is there before anything is in it.
        let was_used = here.is_some() && !chat::all_of_workspace(self.tx, id)?.is_empty();
        self.rules(id, file.rules, was_used)?;
        self.budgets(Some(id), &file.budgets)
    }

    /// Take over a policy. In a workspace that was here, what leaves is never more than before.
    fn policy(
        &mut self,
        workspace: WorkspaceId,
        policy: &Policy,
        was_here: bool,
    ) -> Result<(), ArchiveError> {
        let before = policy::get(self.tx, workspace)?;
        let now = if was_here {
            before.stricter(policy)
        } else {
            policy.clone()
        };
        if now == before {
            return Ok(());
        }
        policy::set(self.tx, workspace, &now)?;
        let event = Event::new(Action::PolicyChanged)
            .fact("workspace", workspace.to_string())
            .about(Subject::Workspace(workspace))
            .payload(serde_json::json!({ "before": before, "now": now }));
        self.record.append(self.tx, event, now_ms())?;
        if was_here {
            let name = workspaces::name(self.tx, workspace)?;
            let words = format!("What may leave from “{name}” is less now, as the archive has it.");
            self.done.left_out.push(words);
        }
        Ok(())
    }

    /// Add the rules that are not there, each once. In a workspace that was used they come switched off:
    /// a rule decides over what others find in the same place, so a foreign one could protect less.
    fn rules(
        &mut self,
        workspace: WorkspaceId,
        rules: Vec<own_rules::OwnRule>,
        was_used: bool,
    ) -> Result<(), ArchiveError> {
        few("the list of rules", rules.len(), MOST_RULES)?;
        let mut known = own_rules::all(self.tx, workspace)?;
        let mut switched_off = 0;
        for mut rule in rules {
            rule.id = OwnRuleId::new();
            let same = |other: &own_rules::OwnRule| {
                (&other.name, other.class, other.form, &other.content)
                    == (&rule.name, rule.class, rule.form, &rule.content)
            };
            if known.iter().any(same) {
                continue;
            }
            if was_used && rule.is_on {
                rule.is_on = false;
                switched_off += 1;
            }
            own_rules::save(self.tx, workspace, &rule)?;
            let event = Event::new(Action::RuleSaved)
                .fact("workspace", workspace.to_string())
                .about(Subject::Workspace(workspace))
                .payload(serde_json::json!(rule));
            self.record.append(self.tx, event, now_ms())?;
            known.push(rule);
        }
        if switched_off > 0 {
            let name = workspaces::name(self.tx, workspace)?;
            let words = format!(
                "{switched_off} rules of the archive are in “{name}” now, switched off: look at them on the Safety screen."
            );
            self.done.left_out.push(words);
        }
        Ok(())
    }

    /// Set the budgets for which there is none yet.
    fn budgets(
        &mut self,
        workspace: Option<WorkspaceId>,
        all: &[FileBudget],
    ) -> Result<(), ArchiveError> {
        let known = budgets::of(self.tx, workspace)?;
        for file in all {
            if !known.iter().any(|budget| budget.period == file.period) {
                budgets::set(self.tx, &file.budget(workspace)?)?;
            }
        }
        Ok(())
    }

    fn shared(&mut self, shared: Shared) -> Result<(), ArchiveError> {
        few("the list of presets", shared.presets.len(), MOST_SHARED)?;
        few("the list of aliases", shared.aliases.len(), MOST_SHARED)?;
        let known = chat::presets(self.tx)?;
        for preset in shared.presets {
            if known.iter().any(|known| known.name == preset.name.trim()) {
                let words = format!(
                    "There is a preset “{}” here: it stays as it is.",
                    preset.name
                );
                self.done.left_out.push(words);
                continue;
            }
            chat::save_preset(
                self.tx,
                &preset.name,
                &preset.system_prompt,
                &preset.sampling,
            )?;
            self.done.presets += 1;
        }
        let names = Names::of(self.tx)?;
        for alias in shared.aliases {
            self.alias(&names, alias)?;
        }
        self.budgets(None, &shared.budgets)
    }

    /// Take over a chain of models, as far as they are here.
    fn alias(&mut self, names: &Names, file: FileAlias) -> Result<(), ArchiveError> {
        let FileAlias { name, chain: all } = file;
        let chain: Vec<_> = all
            .iter()
            .filter_map(|link| names.link_here(link))
            .collect();
        let words = if aliases::named(self.tx, &name)?.is_some() {
            Some(format!(
                "There is an alias “{name}” here: it stays as it is."
            ))
        } else if chain.is_empty() {
            Some(format!(
                "The alias “{name}” was left out: none of its models is here."
            ))
        } else if chain.len() < all.len() {
            Some(format!(
                "The alias “{name}” came without the models that are not here."
            ))
        } else {
            None
        };
        let is_free = aliases::named(self.tx, &name)?.is_none();
        if is_free && !chain.is_empty() {
            let id = AliasId::new();
            aliases::save(self.tx, &Alias { id, name, chain })?;
            self.done.aliases += 1;
        }
        self.done.left_out.extend(words);
        Ok(())
    }

    fn conversation(&mut self, names: &Names, file: FileConversation) -> Result<(), ArchiveError> {
        let name = file.workspace.as_deref().unwrap_or_default().to_lowercase();
        let Some(&(workspace, place)) = self.places.get(&name) else {
            return Err(ArchiveError::NotOurs(
                "a conversation is of a workspace that is not in it".into(),
            ));
        };
        let (chosen, is_all) = names.chosen(file.model.as_ref(), file.elsewhere.as_ref());
        self.unanswered += u32::from(!is_all);
        self.done.messages += count(file.messages.len());
        let id = chat::import_one(self.tx, workspace, file, chosen, now_ms())?;
        self.done.conversations.push(id);
        self.done.workspaces[place].conversations += 1;
        Ok(())
    }

    /// A line that is missing is not noticed by its absence.
    fn as_the_manifest_says(&self, holds: &Holdings) -> Result<(), ArchiveError> {
        let found = (count(self.done.conversations.len()), self.done.messages);
        if found == (holds.conversations, holds.messages) {
            return Ok(());
        }
        Err(ArchiveError::NotOurs(format!(
            "it has {} conversations with {} messages, and its manifest says {} with {}",
            found.0, found.1, holds.conversations, holds.messages
        )))
    }
}

fn few(what: &str, many: usize, most: usize) -> Result<(), ArchiveError> {
    if many <= most {
        return Ok(());
    }
    Err(ArchiveError::TooLarge(format!("{what} in this archive")))
}

/// Which line it was that cannot be brought in.
fn at(line: u64, error: ArchiveError) -> ArchiveError {
    match error {
        ArchiveError::Transfer(error) => ArchiveError::Form {
            member: CONVERSATIONS,
            line,
            what: error.to_string(),
        },
        other => other,
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
