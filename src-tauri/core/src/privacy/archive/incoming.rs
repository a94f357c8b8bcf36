//! What an archive brings, read and checked before anything of it is written: while it is read, however
//! long that takes, nobody waits for the database. Its conversations are in memory one at a time.

use std::collections::HashSet;

use super::{
    ArchiveError, Progress,
    form::{
        CONVERSATIONS, FileBudget, FilePreset, FileWorkspace, Holdings, SHARED, Shared, WORKSPACES,
    },
    share, tell,
    unpack::Unpacked,
};
use crate::{
    chat::{self, FileConversation, FileHold, TransferError},
    is_date,
    policy::own_rules,
    privacy::retention::{RetentionError, RetentionRule},
    workspaces::{self, WorkspaceError},
};

/// Nobody has more of these, and each takes its time.
const MOST_WORKSPACES: usize = 10_000;
const MOST_RULES: usize = 2_000;
const MOST_SHARED: usize = 10_000;
/// One for each period.
const MOST_BUDGETS: usize = 3;

/// What an archive brings beside conversations, which stay in it until they are written.
pub(super) struct Incoming {
    pub(super) workspaces: Vec<FileWorkspace>,
    pub(super) shared: Shared,
}

impl Incoming {
    /// Read all that an archive brings and see that it can be brought in. `progress` hears the share that
    /// is done.
    pub(super) fn read(
        archive: &mut Unpacked,
        progress: &mut Progress<'_>,
    ) -> Result<Self, ArchiveError> {
        let workspaces = archive.whole::<Vec<FileWorkspace>>(WORKSPACES)?;
        let shared = match archive.has(SHARED) {
            true => archive.whole::<Shared>(SHARED)?,
            false => Shared::default(),
        };
        let incoming = Self { workspaces, shared };
        incoming.check_lists()?;
        incoming.check_conversations(archive, progress)?;
        Ok(incoming)
    }

    fn check_lists(&self) -> Result<(), ArchiveError> {
        few(
            "the list of workspaces",
            self.workspaces.len(),
            MOST_WORKSPACES,
        )?;
        let mut names = HashSet::new();
        for workspace in &self.workspaces {
            let key = workspaces::key(&workspace.name);
            if key.is_empty() {
                return Err(WorkspaceError::NoName.into());
            }
            if !names.insert(key) {
                return Err(ArchiveError::Form {
                    member: WORKSPACES,
                    line: 1,
                    what: "it has a workspace twice".into(),
                });
            }
            let hold = workspace.hold.as_ref().map(|hold| hold.since_ms);
            let mut times = hold.into_iter().chain([workspace.created_at_ms]);
            if let Some(at_ms) = times.find(|at_ms| !is_date(*at_ms)) {
                return Err(TransferError::NoDate(at_ms).into());
            }
            few("the list of rules", workspace.rules.len(), MOST_RULES)?;
            own_rules::check_all(&workspace.rules).map_err(own_rules::RuleError::from)?;
            check_budgets(&workspace.budgets)?;
            workspace.retention.map_or(Ok(()), RetentionRule::check)?;
            check_hold(workspace.hold.as_ref())?;
        }
        few(
            "the list of presets",
            self.shared.presets.len(),
            MOST_SHARED,
        )?;
        for preset in &self.shared.presets {
            check_preset(preset)?;
        }
        few(
            "the list of aliases",
            self.shared.aliases.len(),
            MOST_SHARED,
        )?;
        check_budgets(&self.shared.budgets)
    }

    fn check_conversations(
        &self,
        archive: &mut Unpacked,
        progress: &mut Progress<'_>,
    ) -> Result<(), ArchiveError> {
        let known = self.workspaces.iter();
        let known: HashSet<_> = known.map(|known| workspaces::key(&known.name)).collect();
        let holds = archive.manifest.holds;
        let (mut conversations, mut messages) = (0_u32, 0_u32);
        archive.lines(CONVERSATIONS, &mut |line, file: FileConversation| {
            if !known.contains(&workspace_of(&file)) {
                return Err(ArchiveError::NotOurs(
                    "a conversation is of a workspace that is not in it".into(),
                ));
            }
            chat::check_one(&file).map_err(|error| at(line, &error))?;
            check_hold(file.hold.as_ref()).map_err(|error| at(line, &error))?;
            conversations = conversations.saturating_add(1);
            let more = u32::try_from(file.messages.len()).unwrap_or(u32::MAX);
            messages = messages.saturating_add(more);
            tell(progress, share(conversations, holds.conversations))
        })?;
        as_the_manifest_says(&holds, (conversations, messages))
    }
}

/// By which name its workspace is known.
pub(super) fn workspace_of(file: &FileConversation) -> String {
    workspaces::key(file.workspace.as_deref().unwrap_or_default())
}

/// A line that is missing is not noticed by its absence.
fn as_the_manifest_says(holds: &Holdings, found: (u32, u32)) -> Result<(), ArchiveError> {
    if found == (holds.conversations, holds.messages) {
        return Ok(());
    }
    Err(ArchiveError::NotOurs(format!(
        "it has {} conversations with {} messages, and its manifest says {} with {}",
        found.0, found.1, holds.conversations, holds.messages
    )))
}

fn check_preset(preset: &FilePreset) -> Result<(), ArchiveError> {
    chat::check_system_prompt(&preset.system_prompt).map_err(|error| {
        let name: String = preset.name.chars().take(100).collect();
        ArchiveError::NotOurs(format!("{error}, and the preset “{name}” has more"))
    })
}

fn check_budgets(budgets: &[FileBudget]) -> Result<(), ArchiveError> {
    few("a list of budgets", budgets.len(), MOST_BUDGETS)?;
    let check = |file: &FileBudget| file.budget(None).map(drop);
    Ok(budgets.iter().try_for_each(check)?)
}

fn check_hold(hold: Option<&FileHold>) -> Result<(), RetentionError> {
    match hold {
        Some(hold) if hold.reason.trim().is_empty() => Err(RetentionError::NoReason),
        _ => Ok(()),
    }
}

fn few(what: &str, many: usize, most: usize) -> Result<(), ArchiveError> {
    if many <= most {
        return Ok(());
    }
    Err(ArchiveError::TooLarge(format!("{what} in this archive")))
}

/// Which line it is that cannot be brought in.
fn at(line: u64, error: &dyn std::error::Error) -> ArchiveError {
    ArchiveError::Form {
        member: CONVERSATIONS,
        line,
        what: error.to_string(),
    }
}
