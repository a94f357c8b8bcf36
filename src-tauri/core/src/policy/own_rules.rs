//! A person's own rules: the names of clients, the numbers of cases, for each workspace.

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    costs::stored_by_name,
    ids::{OwnRuleId, WorkspaceId},
    problem::{Problem, ProblemCode},
    safety::{self, DataClass, OwnPattern, OwnRuleError, Scanner},
    store::{Migration, StoreError},
};

pub(super) const MIGRATION: Migration = Migration {
    name: "2026-11-27 create own rules",
    sql: "CREATE TABLE own_rules (
            id BLOB PRIMARY KEY,
            workspace_id BLOB NOT NULL REFERENCES workspaces(id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            class TEXT NOT NULL,
            form TEXT NOT NULL,
            content TEXT NOT NULL,
            is_on INTEGER NOT NULL CHECK (is_on IN (0, 1))
          ) STRICT;
          CREATE INDEX own_rules_by_workspace ON own_rules(workspace_id)",
};

/// Bytes of a rule, which the private part of an entry of the record has to hold.
const LONGEST: usize = 2_000_000;

/// How careful policy is with what a rule finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RuleClass {
    /// Personal data.
    Personal,
    /// A special category.
    Special,
    /// A secret.
    Secret,
}
stored_by_name!(RuleClass);

/// How a rule is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RuleForm {
    /// One word or phrase a line.
    Words,
    /// A regular expression.
    Pattern,
}
stored_by_name!(RuleForm);

/// A rule that a person wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OwnRule {
    /// Identifier.
    pub id: OwnRuleId,
    /// Its name, such as "Case number".
    pub name: String,
    /// How careful policy is with what it finds.
    pub class: RuleClass,
    /// How it is written.
    pub form: RuleForm,
    /// The words, one a line, or the pattern.
    pub content: String,
    /// Whether it is used.
    pub is_on: bool,
}

/// Why a rule is not kept.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// It cannot be used.
    #[error(transparent)]
    Rule(#[from] OwnRuleError),
    /// It was removed.
    #[error("this rule is not there any more")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for RuleError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<RuleError> for Problem {
    fn from(error: RuleError) -> Self {
        match error {
            RuleError::Store(store) => store.into(),
            RuleError::NotFound => Problem::new(ProblemCode::NotFound, error),
            RuleError::Rule(rule) => Problem::new(ProblemCode::InvalidInput, rule),
        }
    }
}

impl From<RuleClass> for DataClass {
    fn from(class: RuleClass) -> Self {
        match class {
            RuleClass::Personal => Self::Personal,
            RuleClass::Special => Self::Special,
            RuleClass::Secret => Self::Secret,
        }
    }
}

impl OwnRule {
    /// The rule as the scanner takes it.
    pub fn for_the_scanner(&self) -> safety::OwnRule {
        safety::OwnRule {
            name: self.name.clone(),
            class: self.class.into(),
            what: match self.form {
                RuleForm::Words => OwnPattern::Words(
                    self.content
                        .lines()
                        .map(str::trim)
                        .filter(|word| !word.is_empty())
                        .map(str::to_owned)
                        .collect(),
                ),
                RuleForm::Pattern => OwnPattern::Pattern(self.content.trim().to_owned()),
            },
        }
    }

    /// Whether the rule can be used.
    ///
    /// # Errors
    /// [`OwnRuleError`] in words for the person who wrote it.
    pub fn check(&self) -> Result<(), OwnRuleError> {
        self.check_length()?;
        let options = safety::Options {
            own: vec![self.for_the_scanner()],
            ..safety::Options::default()
        };
        Scanner::new(options).map(|_| ())
    }

    fn check_length(&self) -> Result<(), OwnRuleError> {
        if self.name.len() + self.content.len() <= LONGEST {
            return Ok(());
        }
        let name: String = self.name.chars().take(100).collect();
        Err(OwnRuleError::TooLong(name))
    }
}

/// Whether all of these rules can be used, seen at once: making ready what they are looked for with takes
/// as long for one as for many.
///
/// # Errors
/// [`OwnRuleError`] of one that cannot.
pub(crate) fn check_all(rules: &[OwnRule]) -> Result<(), OwnRuleError> {
    rules.iter().try_for_each(OwnRule::check_length)?;
    let options = safety::Options {
        own: rules.iter().map(OwnRule::for_the_scanner).collect(),
        ..safety::Options::default()
    };
    match Scanner::new(options) {
        Ok(_) => Ok(()),
        // Together they may be too many for one search, and each by itself not.
        Err(_) => rules.iter().try_for_each(OwnRule::check),
    }
}

/// All rules of a workspace, oldest first.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn all(conn: &Connection, workspace: WorkspaceId) -> rusqlite::Result<Vec<OwnRule>> {
    conn.prepare_cached(
        "SELECT id, name, class, form, content, is_on FROM own_rules WHERE workspace_id = ?1 ORDER BY id",
    )?
    .query_map([workspace], rule)?
    .collect()
}

/// Keep a rule of a workspace, new or changed.
///
/// # Errors
/// [`RuleError::Rule`] when it cannot be used.
pub fn save(conn: &Connection, workspace: WorkspaceId, rule: &OwnRule) -> Result<(), RuleError> {
    rule.check()?;
    Ok(keep(conn, workspace, rule)?)
}

/// Keep a rule that was checked.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn keep(
    conn: &Connection,
    workspace: WorkspaceId,
    rule: &OwnRule,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO own_rules VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (id) DO UPDATE SET name = ?3, class = ?4, form = ?5, content = ?6, is_on = ?7",
    )?
    .execute(params![
        rule.id,
        workspace,
        rule.name.trim(),
        rule.class,
        rule.form,
        rule.content,
        rule.is_on
    ])?;
    Ok(())
}

/// Forget all rules of a workspace.
pub(super) fn forget_workspace(conn: &Connection, workspace: WorkspaceId) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM own_rules WHERE workspace_id = ?1", [workspace])
        .map(drop)
}

/// Forget a rule.
///
/// # Errors
/// [`RuleError::NotFound`].
pub fn remove(conn: &Connection, id: OwnRuleId) -> Result<(), RuleError> {
    match conn.execute("DELETE FROM own_rules WHERE id = ?1", [id])? {
        0 => Err(RuleError::NotFound),
        _ => Ok(()),
    }
}

fn rule(row: &Row<'_>) -> rusqlite::Result<OwnRule> {
    Ok(OwnRule {
        id: row.get(0)?,
        name: row.get(1)?,
        class: row.get(2)?,
        form: row.get(3)?,
        content: row.get(4)?,
        is_on: row.get(5)?,
    })
}
