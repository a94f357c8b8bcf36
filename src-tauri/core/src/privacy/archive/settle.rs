//! Where the conversations of an archive go, and what stands around them: workspaces with their policy, rules,
//! budgets, time and hold, presets and aliases.
//!
//! What comes into a workspace that nobody has used yet is as the archive has it. Where chats were already,
//! nothing foreign decides over them: rules come switched off, budgets stop nothing, conversations are not
//! deleted sooner, and a hold stands on what came with it alone. Each change has its entry in the record.

use rusqlite::Transaction;

use super::{
    ArchiveError,
    form::{FileAlias, FileBudget, FilePreset, FileWorkspace, Shared},
    import::{Import, ImportedWorkspace, Settled},
    names::Names,
};
use crate::{
    aliases::{self, Alias},
    changes::{alias_saved, budget_set, policy_changed, preset_saved, rule_saved, workspace_saved},
    chat::{self, FileHold},
    costs::budgets,
    ids::{AliasId, OwnRuleId, WorkspaceId},
    policy::{self, Policy, own_rules},
    privacy::retention::{Held, RetentionAction, RetentionRule, holds, rules},
    workspaces,
};

/// A workspace into which something comes.
struct Into {
    id: WorkspaceId,
    name: String,
    /// Whether it was here.
    was_here: bool,
    /// Whether there were chats in it.
    was_used: bool,
}

impl Import<'_> {
    /// Make a workspace, or join the one of its name.
    pub(super) fn workspace(&mut self, file: FileWorkspace) -> Result<(), ArchiveError> {
        let into = into(self.tx, &file)?;
        if !into.was_here {
            self.note(workspace_saved(into.id, &into.name))?;
        }
        self.done.workspaces.push(ImportedWorkspace {
            name: into.name.clone(),
            made: !into.was_here,
            conversations: 0,
        });
        if let Some(policy) = &file.policy {
            self.policy(&into, policy)?;
        }
        self.rules(&into, file.rules)?;
        self.budgets(Some(into.id), &file.budgets, into.was_used)?;
        if let Some(rule) = file.retention {
            self.retention(&into, rule)?;
        }
        let hold = match file.hold {
            Some(hold) => self.hold(&into, hold)?,
            None => None,
        };
        let line = self.done.workspaces.len() - 1;
        let settled = Settled {
            id: into.id,
            line,
            hold,
        };
        self.places.insert(workspaces::key(&file.name), settled);
        Ok(())
    }

    /// Take over a policy. Where somebody has set one, or there are chats, what leaves is never more than
    /// before.
    fn policy(&mut self, into: &Into, policy: &Policy) -> Result<(), ArchiveError> {
        let before = policy::get(self.tx, into.id)?;
        let decides_here = into.was_used || policy::is_set(self.tx, into.id)?;
        let now = match decides_here {
            true => before.stricter(policy),
            false => policy.clone(),
        };
        if now == before {
            return Ok(());
        }
        policy::set(self.tx, into.id, &now)?;
        self.note(policy_changed(into.id, &before, &now))?;
        if decides_here {
            self.say(format!(
                "What may leave from “{}” is less now, as the archive has it.",
                into.name
            ));
        } else if into.was_here && before.stricter(&now) != now {
            self.say(format!(
                "What may leave from “{}” is as the archive has it, which is more than before: look at it on \
                 the Safety screen.",
                into.name
            ));
        }
        Ok(())
    }

    /// Add the rules that are not there, each once. In a workspace that was used they come switched off:
    /// a rule decides over what others find in the same place, so a foreign one could protect less.
    fn rules(&mut self, into: &Into, rules: Vec<own_rules::OwnRule>) -> Result<(), ArchiveError> {
        let mut known = own_rules::all(self.tx, into.id)?;
        let mut switched_off = 0;
        for mut rule in rules {
            rule.id = OwnRuleId::new();
            let same = |other: &own_rules::OwnRule| {
                (other.name.trim(), other.class, other.form, &other.content)
                    == (rule.name.trim(), rule.class, rule.form, &rule.content)
            };
            if known.iter().any(same) {
                continue;
            }
            if into.was_used && rule.is_on {
                rule.is_on = false;
                switched_off += 1;
            }
            own_rules::keep(self.tx, into.id, &rule)?;
            self.note(rule_saved(into.id, &rule))?;
            known.push(rule);
        }
        if switched_off > 0 {
            let (which, them) = match switched_off {
                1 => ("1 rule of the archive is".to_owned(), "it"),
                more => (format!("{more} rules of the archive are"), "them"),
            };
            self.say(format!(
                "{which} in “{}” now, switched off: look at {them} on the Safety screen.",
                into.name
            ));
        }
        Ok(())
    }

    /// Set the budgets for which there is none yet. Where there are chats they warn and stop nothing.
    fn budgets(
        &mut self,
        workspace: Option<WorkspaceId>,
        all: &[FileBudget],
        was_used: bool,
    ) -> Result<(), ArchiveError> {
        let mut known = budgets::of(self.tx, workspace)?;
        let mut stopped = 0;
        for file in all {
            let mut budget = file.budget(workspace)?;
            if known.iter().any(|known| known.period == budget.period) {
                continue;
            }
            if was_used && budget.stops {
                budget.stops = false;
                stopped += 1;
            }
            budgets::set(self.tx, &budget)?;
            self.note(budget_set(&budget))?;
            known.push(budget);
        }
        if stopped > 0 {
            let name = match workspace {
                Some(id) => format!("for “{}”", workspaces::name(self.tx, id)?),
                None => "for everything".into(),
            };
            let (which, what) = match stopped {
                1 => (format!("1 budget {name}"), "It warns and stops"),
                more => (format!("{more} budgets {name}"), "They warn and stop"),
            };
            self.say(format!(
                "{which} came with the archive. {what} no call until you say so on the Costs screen."
            ));
        }
        Ok(())
    }

    /// Keep conversations as long as the archive says, where nobody has said otherwise and nothing is here
    /// that would be deleted by it.
    fn retention(&mut self, into: &Into, rule: RetentionRule) -> Result<(), ArchiveError> {
        let before = rules::get(self.tx, into.id)?;
        if before == Some(rule) {
            return Ok(());
        }
        if !into.was_used && before.is_none() {
            rules::set(self.tx, into.id, Some(rule))?;
            return self.note(rules::changed(into.id, before, Some(rule)));
        }
        let then = match rule.action {
            RetentionAction::Delete => "deleted",
            RetentionAction::Anonymise => "made anonymous",
        };
        let after = match rule.days {
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        };
        self.say(format!(
            "In the archive, chats of “{}” are {then} after {after}. Here they are kept as before: change it on the \
             Privacy screen.",
            into.name
        ));
        Ok(())
    }

    /// Put the hold of a workspace on it. Where there are chats, or there is a hold, it stands on what comes
    /// with it: that is what this returns.
    fn hold(&mut self, into: &Into, hold: FileHold) -> Result<Option<FileHold>, ArchiveError> {
        let on = Held::Workspace {
            workspace_id: into.id,
        };
        if !into.was_used && holds::put(self.tx, on, hold.reason.trim(), hold.since_ms)? {
            self.note(holds::held(on, hold.reason.trim()))?;
            return Ok(None);
        }
        self.say(format!(
            "“{}” was held in the archive. Here the hold stands on each chat that came with it.",
            into.name
        ));
        Ok(Some(hold))
    }

    /// Take over what belongs to no workspace; `was_used`: whether there were chats in any.
    pub(super) fn shared(&mut self, shared: Shared, was_used: bool) -> Result<(), ArchiveError> {
        self.presets(shared.presets)?;
        let names = Names::of(self.tx)?;
        for alias in shared.aliases {
            self.alias(&names, alias)?;
        }
        self.budgets(None, &shared.budgets, was_used)
    }

    fn presets(&mut self, presets: Vec<FilePreset>) -> Result<(), ArchiveError> {
        let mut known = chat::presets(self.tx)?;
        for file in presets {
            if let Some(known) = known.iter().find(|known| known.name == file.name.trim()) {
                let is_same = (&known.system_prompt, &known.sampling)
                    == (&file.system_prompt, &file.sampling);
                if !is_same {
                    let name = &known.name;
                    self.say(format!(
                        "There is a preset “{name}” here: it stays as it is."
                    ));
                }
                continue;
            }
            let preset =
                chat::save_preset(self.tx, &file.name, &file.system_prompt, &file.sampling)?;
            self.note(preset_saved(&preset))?;
            known.push(preset);
            self.done.presets += 1;
        }
        Ok(())
    }

    /// Take over a chain of models, as far as they are here.
    fn alias(&mut self, names: &Names, file: FileAlias) -> Result<(), ArchiveError> {
        let FileAlias { name, chain: all } = file;
        let chain: Vec<_> = all
            .iter()
            .filter_map(|link| names.link_here(link))
            .collect();
        if let Some(known) = aliases::named(self.tx, &name)? {
            if known.chain != chain || chain.len() < all.len() {
                self.say(format!(
                    "There is an alias “{name}” here: it stays as it is."
                ));
            }
            return Ok(());
        }
        if chain.is_empty() {
            self.say(format!(
                "The alias “{name}” was left out: none of its models is here."
            ));
            return Ok(());
        }
        if chain.len() < all.len() {
            self.say(format!(
                "The alias “{name}” came without the models that are not here."
            ));
        }
        let id = AliasId::new();
        let alias = aliases::save(self.tx, &Alias { id, name, chain })?;
        self.note(alias_saved(&alias))?;
        self.done.aliases += 1;
        Ok(())
    }

    /// Tell the person what is not as it was.
    pub(super) fn say(&mut self, words: String) {
        self.done.left_out.push(words);
    }
}

fn into(tx: &Transaction<'_>, file: &FileWorkspace) -> Result<Into, ArchiveError> {
    let Some(id) = workspaces::named(tx, &file.name)? else {
        let made = workspaces::save(tx, WorkspaceId::new(), &file.name, file.created_at_ms)?;
        return Ok(Into {
            id: made.id,
            name: made.name,
            was_here: false,
            was_used: false,
        });
    };
    Ok(Into {
        id,
        name: workspaces::name(tx, id)?,
        was_here: true,
        // The first workspace of an installation is there before anything is in it.
        was_used: !chat::all_of_workspace(tx, id)?.is_empty(),
    })
}
