//! Every column of the database in which a person's words can stand, and what becomes of them when the
//! person is erased. A test holds the list against the database: a new column of text is on one of the
//! two lists here, or the test fails.

use std::borrow::Cow;

use Remedy::{Json, Lines, Stays, Words};

use super::{places::PlaceKind, texts::texts_of};

/// What becomes of a text in which an erased person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The words are taken out of it.
    Words,
    /// The words are taken out of the texts in this JSON.
    Json,
    /// The lines that have them are removed; the row, if none is left.
    Lines,
    /// It stays, for this reason.
    Stays(&'static str),
}

/// A column with a person's words.
pub(super) struct Column {
    pub(super) kind: PlaceKind,
    pub(super) table: &'static str,
    pub(super) column: &'static str,
    /// What names a row: a column of integers, or of text in a table without row numbers.
    pub(super) key: &'static str,
    /// Conversation, message, name of the thing, workspace and time (UTC milliseconds), as SQL over
    /// `t`; NULL where there is none.
    about: [&'static str; 5],
    /// Which rows have a person's words, as SQL over `t`.
    only: &'static str,
    pub(super) remedy: Remedy,
}

impl Column {
    /// The texts in what this column has: one, but for JSON.
    pub(super) fn texts<'t>(&self, text: &'t str) -> Vec<Cow<'t, str>> {
        let may_be_json = matches!(self.remedy, Json | Stays(_)) && text.starts_with(['{', '[']);
        if !may_be_json {
            return vec![Cow::Borrowed(text)];
        }
        texts_of(text).into_iter().map(Cow::Owned).collect()
    }

    /// Reads key, text, conversation, message, name, workspace, time and the workspace's identifier of every
    /// row with a text.
    pub(super) fn select(&self) -> String {
        let Self {
            table,
            column,
            key,
            only,
            ..
        } = self;
        let [conversation, message, name, workspace, time] = self.about;
        format!(
            "SELECT t.{key}, t.{column}, {conversation}, {message}, {name},
                    (SELECT w.name FROM workspaces w WHERE w.id = {workspace}), {time}, {workspace}
             FROM {table} t WHERE t.{column} IS NOT NULL AND {only}"
        )
    }
}

impl Column {
    /// Whether its rows are named by numbers, and not by a text.
    pub(super) fn is_numbered(&self) -> bool {
        self.key != "name"
    }

    /// Reads the same of the row with one key.
    pub(super) fn select_one(&self) -> String {
        format!("{} AND t.{} = ?1", self.select(), self.key)
    }
}

const TITLE: &str = "(SELECT c.title FROM conversations c WHERE c.id = t.conversation_id)";
const WORKSPACE: &str =
    "(SELECT c.workspace_id FROM conversations c WHERE c.id = t.conversation_id)";
const OF_MESSAGE: [&str; 5] = [
    "t.conversation_id",
    "t.id",
    TITLE,
    WORKSPACE,
    "t.created_at_ms",
];
const OF_CONVERSATION: [&str; 5] = [
    "t.id",
    "NULL",
    "t.title",
    "t.workspace_id",
    "t.updated_at_ms",
];
const OF_CALL: [&str; 5] = [
    "t.conversation_id",
    "t.message_id",
    "t.model",
    "t.workspace_id",
    "t.started_at_ms",
];
const NAMED: [&str; 5] = ["NULL", "NULL", "t.name", "NULL", "NULL"];
const OF_RULE: [&str; 5] = ["NULL", "NULL", "t.name", "t.workspace_id", "NULL"];
const OF_REQUEST: [&str; 5] = [
    "NULL",
    "NULL",
    "CAST(t.number AS TEXT)",
    "NULL",
    "t.received_at_ms",
];
const OF_BACKUPS: [&str; 5] = ["NULL", "NULL", "'folder for backups'", "NULL", "NULL"];
const BACKUP_FOLDER: &str = "it is where backups go: choose another folder";
const OF_ERASURE: [&str; 5] = [
    "NULL",
    "NULL",
    "'what an erasure left'",
    "NULL",
    "t.erased_at_ms",
];
const OF_HOLD: [&str; 5] = [
    "t.conversation_id",
    "NULL",
    "'reason of a hold'",
    "coalesce(t.workspace_id, (SELECT c.workspace_id FROM conversations c WHERE c.id = t.conversation_id))",
    "t.since_ms",
];
const MODELS_ELSEWHERE: &str = "it is the name of a model at a provider: choose other models there";
const MODEL_FILE: &str = "a model goes by the name of its file, which is yours: rename the file, remove the model and add it again";

const OF_PRICE: [&str; 5] = ["NULL", "NULL", "t.model", "NULL", "t.added_at_ms"];
const PRICE_IN_USE: &str =
    "it says whose model costs so much: remove the price, then erase once more";
/// Not the prices that this program came with: those are nobody's words.
const NOT_BUILT_IN: &str = "t.origin <> 'built_in'";
const CURRENT: &str = "t.origin <> 'built_in' AND t.withdrawn_at_ms IS NULL";
const WITHDRAWN: &str = "t.origin <> 'built_in' AND t.withdrawn_at_ms IS NOT NULL";

/// One row of the table below.
macro_rules! columns {
    ($($kind:ident: $table:ident . $column:ident by $key:ident, $about:expr => $remedy:expr $(, only $only:expr)?;)*) => {
        pub(super) const COLUMNS: &[Column] = &[$(Column {
            kind: PlaceKind::$kind,
            table: stringify!($table),
            column: stringify!($column),
            key: stringify!($key),
            about: $about,
            only: [$($only,)? "TRUE"][0],
            remedy: $remedy,
        },)*];
    };
}

columns! {
    Message: messages.text by number, OF_MESSAGE => Words;
    Message: messages.problem by number, OF_MESSAGE => Json;
    Model: messages.written_by by number, OF_MESSAGE => Words;
    Title: conversations.title by rowid, OF_CONVERSATION => Words;
    SystemPrompt: conversations.system_prompt by rowid, OF_CONVERSATION => Words;
    SystemPrompt: conversations.sampling by rowid, OF_CONVERSATION => Json;
    Draft: drafts.text by rowid, ["t.conversation_id", "NULL", TITLE, WORKSPACE, "NULL"] => Words;
    Preset: presets.name by rowid, NAMED => Words;
    Preset: presets.system_prompt by rowid, NAMED => Words;
    Preset: presets.sampling by rowid, NAMED => Json;
    OwnRule: own_rules.name by rowid, OF_RULE => Words;
    OwnRule: own_rules.content by rowid, OF_RULE => Lines;
    Workspace: workspaces.name by rowid, ["NULL", "NULL", "t.name", "t.id", "t.created_at_ms"] => Words;
    Account: accounts.name by rowid, NAMED => Words;
    Settings: accounts.base_url by rowid, NAMED => Stays("it is the address of the server: change or remove the account");
    Model: accounts.models by rowid, NAMED => Stays(MODELS_ELSEWHERE);
    Account: clients.name by rowid, ["NULL", "NULL", "t.name", "t.workspace_id", "t.created_at_ms"] => Words;
    Alias: aliases.name by rowid, NAMED => Words;
    Model: aliases.chain by rowid, NAMED => Stays(MODELS_ELSEWHERE);
    Model: conversations.elsewhere by rowid, OF_CONVERSATION => Stays(MODELS_ELSEWHERE);
    Connection: connections.host by number, ["NULL", "NULL", "t.host", "NULL", "t.at_ms"] => Stays("it is a server that was asked: the log forgets its oldest lines by itself");
    Model: models.name by rowid, NAMED => Stays(MODEL_FILE);
    Model: models.path by rowid, NAMED => Stays(MODEL_FILE);
    Model: alerts.model by number, ["NULL", "NULL", "t.model", "NULL", "NULL"] => Stays("an alert watches the model of this name: remove the alert");
    Call: calls.alias by number, OF_CALL => Words;
    Call: calls.moves by number, OF_CALL => Json;
    Call: calls.model by number, OF_CALL => Stays("what a call cost stays with the name of the model");
    Price: prices.source by id, OF_PRICE => Words, only NOT_BUILT_IN;
    Price: prices.provider by id, OF_PRICE => Stays(PRICE_IN_USE), only CURRENT;
    Price: prices.provider by id, OF_PRICE => Words, only WITHDRAWN;
    Price: prices.model by id, OF_PRICE => Stays(PRICE_IN_USE), only CURRENT;
    Price: prices.model by id, OF_PRICE => Words, only WITHDRAWN;
    Settings: settings.value by name, ["NULL", "NULL", "t.name", "NULL", "NULL"] => Stays("it is a setting: change it yourself");
    Settings: backups.folder by one, OF_BACKUPS => Stays(BACKUP_FOLDER);
    Settings: backup_folders.folder by rowid, ["NULL", "NULL", "'folder with backups'", "NULL", "NULL"] => Stays("backups may still lie in it: “gatehouse backup forget” removes them and forgets it");
    Settings: backups.problem by one, OF_BACKUPS => Stays(BACKUP_FOLDER);
    Settings: retention_state.problem by one, ["NULL", "NULL", "'last run of retention'", "NULL", "NULL"] => Json;
    Settings: holds.reason by number, OF_HOLD => Stays("it says why nothing may be deleted: lift the hold");
    Request: subject_requests.identifiers by number, OF_REQUEST => Stays("it says whom an open request is about, until it is closed");
    Request: subject_requests.note by number, OF_REQUEST => Words;
    Record: erasures.begun by entry, OF_ERASURE => Json;
    Record: erasures.statement by entry, OF_ERASURE => Json;
    Record: audit_entries.facts by sequence, ["NULL", "NULL", "t.action", "NULL", "t.time_ms"] => Stays("what the record says in the clear cannot be changed: it is the name of a model or of a file of one");
}

/// Columns of text that nobody writes words of a person into: kinds, states, names of providers'
/// models, numbers as text; and what repeats another column.
#[cfg(test)]
const NO_WORDS: &[(&str, &[&str])] = &[
    ("alerts", &["kind", "provider"]),
    ("accounts", &["kind", "destination"]),
    ("reviews", &["destination"]),
    ("picture_reviews", &["destination"]),
    (
        "audit_entries",
        &[
            "actor",
            "action",
            "model",
            "workspace",
            "outcome",
            "version",
        ],
    ),
    ("audit_subjects", &["kind"]),
    ("audit_values", &["kind", "value"]),
    ("backups", &["made_name"]),
    ("backup_folders", &["part"]),
    ("budgets", &["period"]),
    (
        "calls",
        &[
            "purpose",
            "provider",
            "version",
            "route",
            "status",
            "finish",
            "error_kind",
            "reserved_by",
            "decision",
        ],
    ),
    // Sums of the calls, under the names that those have.
    ("call_days", &["provider", "model", "purpose"]),
    ("call_times", &["provider", "model"]),
    ("call_times_of_months", &["provider", "model"]),
    ("call_work", &["provider", "model", "purpose"]),
    ("call_first_tokens", &["provider", "model"]),
    // Names of models from our own price table, and parts of hashes.
    (
        "call_meters",
        &["provider", "model", "operation", "status", "error"],
    ),
    ("clients", &["period"]),
    ("connections", &["purpose", "outcome", "open_in"]),
    ("erasures", &["kind"]),
    ("messages", &["role", "state"]),
    ("migrations", &["name"]),
    ("model_limits", &["provider", "model", "as_of"]),
    ("models", &["summary"]),
    ("own_rules", &["class", "form"]),
    // What is in a picture nobody can look for: it goes with its conversation.
    ("pictures", &["format"]),
    ("policies", &["policy"]),
    (
        "prices",
        &[
            "origin",
            "service",
            "from_date",
            "until_date",
            "hours",
            "rates",
            "tiers",
            "as_of",
        ],
    ),
    ("retention_rules", &["action"]),
    ("settings", &["name"]),
    ("subject_requests", &["kind", "state"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        secrets::{self, KeyHome},
        store::{DataFolder, Store},
    };

    #[test]
    fn every_column_of_text_in_the_database_is_on_a_list() {
        let dir = tempfile::tempdir().unwrap();
        let folder = DataFolder::resolve(Some(&dir.path().join("data"))).unwrap();
        let (key, _) = secrets::database_key(&folder, KeyHome::File).unwrap();
        let store = Store::open(&folder, &key, 1).unwrap();
        let columns: Vec<(String, String)> = store
            .read(|conn| {
                conn.prepare(
                    "SELECT s.name, c.name FROM sqlite_schema s, pragma_table_xinfo(s.name) c
                     WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite_%' AND s.name NOT LIKE 'messages_fts%'
                       AND c.type NOT IN ('INTEGER', 'BLOB')",
                )?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()
            })
            .unwrap();
        assert!(columns.len() > 50, "{}", columns.len());
        let is_listed = |table: &str, name: &str| {
            COLUMNS
                .iter()
                .any(|known| (known.table, known.column) == (table, name))
                || NO_WORDS
                    .iter()
                    .any(|(known, names)| *known == table && names.contains(&name))
        };
        let missing: Vec<_> = columns
            .iter()
            .filter(|(table, name)| !is_listed(table, name))
            .collect();
        assert!(missing.is_empty(), "decide what becomes of {missing:?}");
        store
            .read(|conn| {
                COLUMNS
                    .iter()
                    .try_for_each(|column| conn.prepare(&column.select()).map(drop))
            })
            .unwrap();
    }
}
