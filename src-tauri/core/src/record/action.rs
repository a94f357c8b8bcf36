//! The kinds of things that leave an entry, and who did them. Names are never changed: they are
//! hashed. A name that this build does not know is still shown and verified.

/// Declares the actions with their names in the record.
macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[$doc])* $variant,)* }

        impl Action {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name in the record.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

actions! {
    /// The record began: its first entry, with the public key.
    RecordBegan = "record.began",
    /// The keys were gone, and new ones were made.
    KeysReplaced = "record.keys-replaced",
    /// The record did not verify.
    VerificationFailed = "record.verification-failed",
    /// A person has read that it did not verify.
    FailureSeen = "record.failure-seen",
    /// All of it was verified.
    Verified = "record.verified",
    /// A checkpoint was given away as a witness.
    WitnessSaved = "record.witness-saved",
    /// It was compared with a witness.
    WitnessCompared = "record.witness-compared",
    /// It was exported.
    RecordExported = "record.exported",
    /// Gatehouse was started.
    Started = "app.started",
    /// Another version of Gatehouse began to write.
    Updated = "app.updated",
    /// A call to a model began: what was decided, what leaves.
    CallBegan = "call.began",
    /// A call to a model ended.
    CallEnded = "call.ended",
    /// A person stopped a call that they saw under way.
    CallStopped = "call.stopped",
    /// A message did not leave, and no model was asked.
    Refused = "gate.refused",
    /// A person looked at what leaves or left.
    LeavingShown = "gate.shown",
    /// A person called a finding a mistake: it leaves as written in one conversation.
    FindingOverruled = "gate.overruled",
    /// They took that back.
    FindingRestored = "gate.found-again",
    /// A conversation was opened.
    ConversationOpened = "conversation.opened",
    /// A conversation was renamed.
    ConversationRenamed = "conversation.renamed",
    /// The options of a conversation were changed.
    ConversationChanged = "conversation.changed",
    /// A conversation was put among the deleted ones.
    ConversationDeleted = "conversation.deleted",
    /// A deleted conversation was taken back.
    ConversationRestored = "conversation.restored",
    /// A conversation was written to a file.
    ConversationExported = "conversation.exported",
    /// Conversations were read from a file.
    ConversationImported = "conversation.imported",
    /// An answer was rated.
    AnswerRated = "answer.rated",
    /// Content was destroyed for good: the payloads of this subject up to here are gone.
    Erased = "content.erased",
    /// Settings were changed.
    SettingsChanged = "settings.changed",
    /// What may leave for where was changed.
    PolicyChanged = "policy.changed",
    /// A rule of one's own was added or changed.
    RuleSaved = "rule.saved",
    /// A rule of one's own was removed.
    RuleRemoved = "rule.removed",
    /// A workspace was made or changed.
    WorkspaceSaved = "workspace.saved",
    /// An account was made or changed.
    AccountSaved = "account.saved",
    /// An account was removed.
    AccountRemoved = "account.removed",
    /// A key was set.
    KeySet = "key.set",
    /// A key was removed.
    KeyRemoved = "key.removed",
    /// An account was asked whether its key works.
    AccountTested = "account.tested",
    /// An alias was made or changed.
    AliasSaved = "alias.saved",
    /// An alias was removed.
    AliasRemoved = "alias.removed",
    /// A client of the local API was added.
    ClientAdded = "client.added",
    /// The key of a client of the local API was taken back.
    ClientRevoked = "client.revoked",
    /// The local API began to listen.
    ApiStarted = "api.started",
    /// The local API stopped listening.
    ApiStopped = "api.stopped",
    /// A budget was set.
    BudgetSet = "budget.set",
    /// A budget was removed.
    BudgetRemoved = "budget.removed",
    /// An alert was set.
    AlertSet = "alert.set",
    /// An alert was removed.
    AlertRemoved = "alert.removed",
    /// An alert began to fire.
    AlertFired = "alert.fired",
    /// An alert fires no longer.
    AlertCleared = "alert.cleared",
    /// A price of one's own was set.
    PriceSet = "price.set",
    /// A price of one's own was removed.
    PriceRemoved = "price.removed",
    /// Published prices were taken over.
    PricesUpdated = "prices.updated",
    /// A model was added.
    ModelAdded = "model.added",
    /// A model was removed.
    ModelRemoved = "model.removed",
    /// A saved set of options was made or changed.
    PresetSaved = "preset.saved",
    /// A saved set of options was removed.
    PresetRemoved = "preset.removed",
    /// A snapshot of the database was made.
    SnapshotMade = "snapshot.made",
    /// A person was searched for; not which one.
    SubjectSearched = "subject.searched",
    /// What is kept about a person was written to a file.
    SubjectExported = "subject.exported",
    /// A person was erased; each conversation that it touched has an entry of its own.
    SubjectErased = "subject.erased",
    /// A request of a person about their data was noted.
    RequestOpened = "request.opened",
    /// A request of a person about their data was answered or refused.
    RequestClosed = "request.closed",
    /// A workspace was erased with all that was in it.
    WorkspaceErased = "workspace.erased",
    /// A certificate of an erasure was given away.
    CertificateSaved = "certificate.saved",
    /// How long a workspace keeps its conversations, or a hold on them, was changed.
    RetentionChanged = "retention.changed",
    /// What was older than it is kept was deleted or made anonymous.
    RetentionRan = "retention.ran",
    /// Conversations and the record were written to an archive.
    DataExported = "data.exported",
    /// Conversations were read from an archive.
    DataImported = "data.imported",
    /// Conversations were written to a file with pseudonyms in place of who is in them.
    DataAnonymised = "data.anonymised",
    /// Keys of pseudonyms that were kept were destroyed.
    PseudonymKeysDestroyed = "pseudonyms.destroyed",
    /// A report about costs was written to a file.
    CostsExported = "costs.exported",
    /// Numbers of the Monitor screen were written to a file.
    MonitorExported = "monitor.exported",
    /// Where or how often backups are made was changed, or the recovery code was given away.
    BackupChanged = "backup.changed",
    /// A backup was made and verified.
    BackupMade = "backup.made",
    /// A backup could not be made.
    BackupFailed = "backup.failed",
    /// A backup was read and verified.
    BackupVerified = "backup.verified",
    /// The database was put back from a backup.
    BackupRestored = "backup.restored",
    /// The database was put back from a snapshot, or an update undone.
    SnapshotRestored = "snapshot.restored",
    /// A time-stamp service has stamped a checkpoint.
    TimeStamped = "record.time-stamped",
    /// A person looked at the private part of an entry.
    PayloadOpened = "record.payload-opened",
    /// Conversations were searched; not for what.
    Searched = "search.made",
}

/// Through what something was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The window.
    Window,
    /// The command line.
    CommandLine,
    /// Gatehouse by itself.
    App,
    /// A client of the local API.
    LocalApi,
}

impl Actor {
    /// Its name in the record.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::CommandLine => "command line",
            Self::App => "app",
            Self::LocalApi => "local api",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_action_has_a_name_of_its_own() {
        let names: HashSet<_> = Action::ALL.iter().map(|action| action.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
    }
}
