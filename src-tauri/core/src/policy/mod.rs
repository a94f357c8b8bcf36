//! What may leave for where: a table of data class by destination, for each workspace.
//!
//! Policy only says what is to be done; the gate does it. Where two classes of data in one request
//! ask for different things, the strictest holds (see [`Action`] for the order).

pub mod own_rules;
pub(crate) mod reviews;

#[cfg(test)]
mod tests;

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use specta::Type;
use url::{Host, Url};

use crate::{
    costs::stored_by_name,
    ids::WorkspaceId,
    problem::{Problem, ProblemCode},
    safety::{Countries, DataClass, UnknownCountry},
    settings::over_defaults,
    store::{Migration, StoreError},
};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "2026-11-27 create policies",
        sql: "CREATE TABLE policies (
            workspace_id BLOB PRIMARY KEY REFERENCES workspaces(id) ON DELETE CASCADE,
            policy TEXT NOT NULL CHECK (json_valid(policy))
          ) STRICT",
    },
    own_rules::MIGRATION,
    reviews::MIGRATION,
    reviews::OF_PICTURES,
    reviews::OF_A_DESTINATION,
];

/// Whose computer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// This one: nothing leaves.
    ThisComputer,
    /// A server of the person's own, in the same house or firm.
    OwnServer,
    /// Somebody else's.
    Cloud,
}
stored_by_name!(Destination);

/// What is done with a request that has data of some class in it, from mild to strict.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type,
)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It leaves as it is.
    Allow,
    /// It leaves with placeholders in place of the data; secrets are taken out for good.
    Mask,
    /// The person is shown what would leave, masked, and says whether it does.
    Ask,
    /// A model on this computer answers instead.
    KeepLocal,
    /// It is not answered at all.
    Block,
}
stored_by_name!(Action);

/// What one class of data does at each destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// At a server of one's own.
    pub own_server: Action,
    /// At somebody else's.
    pub cloud: Action,
}

impl Row {
    /// At a destination; on this computer everything may be read.
    fn at(self, destination: Destination) -> Action {
        match destination {
            Destination::ThisComputer => Action::Allow,
            Destination::OwnServer => self.own_server,
            Destination::Cloud => self.cloud,
        }
    }
}

/// What may leave for where. On this computer everything may be read, as nothing leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    /// A request in which nothing was found.
    pub nothing: Row,
    /// Personal data.
    pub personal: Row,
    /// Special categories: health above all.
    pub special: Row,
    /// Keys, passwords, tokens.
    pub secret: Row,
    /// Pictures, which cannot be inspected.
    pub pictures: Row,
    /// ISO 3166 codes of the countries whose national numbers are looked for; empty: all.
    pub countries: Vec<String>,
}

impl Default for Policy {
    /// Personal data is masked, special categories stay on this computer, secrets never leave, and the
    /// person is asked about every picture: nobody else can know what is in it.
    fn default() -> Self {
        let row = |own_server, cloud| Row { own_server, cloud };
        Self {
            nothing: row(Action::Allow, Action::Allow),
            personal: row(Action::Allow, Action::Mask),
            special: row(Action::Mask, Action::KeepLocal),
            secret: row(Action::Mask, Action::Block),
            pictures: row(Action::Ask, Action::Ask),
            countries: Vec::new(),
        }
    }
}

/// Why a policy is not kept.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// A secret would leave.
    #[error("secrets never leave: they can be taken out, kept on this computer, or blocked")]
    SecretsLeave,
    /// Nothing can be masked where nothing was found.
    #[error("where nothing was found there is nothing to mask")]
    NothingToMask,
    /// A picture would be masked.
    #[error(
        "pictures cannot be masked: they can leave as they are, wait until you were asked, stay on this computer, or be blocked"
    )]
    PicturesMasked,
    /// No rules for a country.
    #[error(transparent)]
    Country(#[from] UnknownCountry),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for PolicyError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<PolicyError> for Problem {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::Store(store) => store.into(),
            other => Problem::new(ProblemCode::InvalidInput, other),
        }
    }
}

impl Policy {
    /// What is done with data of a class; `None`: with a request in which nothing was found.
    pub fn action(&self, class: Option<DataClass>, destination: Destination) -> Action {
        let row = match class {
            None => self.nothing,
            Some(DataClass::Personal) => self.personal,
            Some(DataClass::Special) => self.special,
            Some(DataClass::Secret) => self.secret,
        };
        row.at(destination)
    }

    /// What is done with a request that shows a picture.
    pub fn with_pictures(&self, destination: Destination) -> Action {
        self.pictures.at(destination)
    }

    /// What is done with a request that has data of these classes in it: the strictest of all, and
    /// never milder than for a request with nothing in it.
    pub fn strictest(
        &self,
        classes: impl IntoIterator<Item = DataClass>,
        destination: Destination,
    ) -> Action {
        classes
            .into_iter()
            .map(|class| self.action(Some(class), destination))
            .fold(self.action(None, destination), Ord::max)
    }

    /// The stricter of two policies, at each place: with it leaves nothing that one of them keeps.
    #[must_use]
    pub(crate) fn stricter(&self, other: &Self) -> Self {
        let row = |one: Row, other: Row| Row {
            own_server: one.own_server.max(other.own_server),
            cloud: one.cloud.max(other.cloud),
        };
        let mut countries = Vec::new();
        // None named: all of them are looked for.
        if !self.countries.is_empty() && !other.countries.is_empty() {
            countries = [self.countries.as_slice(), &other.countries].concat();
            countries.sort();
            countries.dedup();
        }
        Self {
            nothing: row(self.nothing, other.nothing),
            personal: row(self.personal, other.personal),
            special: row(self.special, other.special),
            secret: row(self.secret, other.secret),
            pictures: row(self.pictures, other.pictures),
            countries,
        }
    }

    /// Whose national numbers are looked for.
    ///
    /// # Errors
    /// [`UnknownCountry`] for the first one without rules.
    pub fn countries(&self) -> Result<Countries, UnknownCountry> {
        if self.countries.is_empty() {
            return Ok(Countries::all());
        }
        Countries::only(self.countries.iter().map(String::as_str))
    }

    fn check(&self) -> Result<(), PolicyError> {
        let secret = [self.secret.own_server, self.secret.cloud];
        if secret.contains(&Action::Allow) {
            return Err(PolicyError::SecretsLeave);
        }
        if [self.nothing.own_server, self.nothing.cloud].contains(&Action::Mask) {
            return Err(PolicyError::NothingToMask);
        }
        if [self.pictures.own_server, self.pictures.cloud].contains(&Action::Mask) {
            return Err(PolicyError::PicturesMasked);
        }
        self.countries()?;
        Ok(())
    }
}

impl Destination {
    /// By an address. A server of one's own is on this computer or in the same house, where a key
    /// may go unencrypted: a loopback or private address (RFC 1918, RFC 4193, link-local), a name
    /// without a dot, or one that ends with `.local` (RFC 6762), `.internal` or `.home.arpa`
    /// (RFC 8375), which no public server has. Even a server on this computer is none of ours: it
    /// may pass on what it gets.
    pub fn of(url: &Url) -> Self {
        let near = match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
            Some(Host::Ipv6(ip)) => {
                ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
            }
            Some(Host::Domain(name)) => {
                !name.contains('.')
                    || [".local", ".internal", ".home.arpa", ".localhost"]
                        .iter()
                        .any(|end| name.ends_with(end))
            }
            None => false,
        };
        if near { Self::OwnServer } else { Self::Cloud }
    }

    /// The same for an address as a person wrote it; one that is none is somebody else's.
    pub fn of_address(address: &str) -> Self {
        Url::parse(address.trim()).map_or(Self::Cloud, |url| Self::of(&url))
    }
}

/// A policy from a file. One of an app that knew no pictures says nothing of them, and the person is asked
/// about each.
///
/// # Errors
/// The deserializer's, when it is no policy.
pub(crate) fn of_file<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Policy>, D::Error> {
    let Some(mut fields) = Option::<serde_json::Map<_, _>>::deserialize(from)? else {
        return Ok(None);
    };
    if !fields.contains_key("pictures") {
        let usual = serde_json::to_value(Policy::default().pictures).map_err(D::Error::custom)?;
        fields.insert("pictures".into(), usual);
    }
    serde_json::from_value(fields.into())
        .map(Some)
        .map_err(D::Error::custom)
}

/// The policy of a workspace; the default where none was set.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub fn get(conn: &Connection, workspace: WorkspaceId) -> rusqlite::Result<Policy> {
    let stored: Option<String> = conn
        .prepare_cached("SELECT policy FROM policies WHERE workspace_id = ?1")?
        .query_row([workspace], |row| row.get(0))
        .optional()?;
    Ok(stored.map(|json| over_defaults(&json)).unwrap_or_default())
}

/// Whether a workspace has a policy that somebody set.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn is_set(conn: &Connection, workspace: WorkspaceId) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM policies WHERE workspace_id = ?1")?
        .exists([workspace])
}

/// Keep the policy of a workspace.
///
/// # Errors
/// [`PolicyError`] when secrets would leave, a country has no rules, or the database fails.
pub fn set(conn: &Connection, workspace: WorkspaceId, policy: &Policy) -> Result<(), PolicyError> {
    policy.check()?;
    let json = serde_json::to_string(policy).expect("a policy is JSON because it is plain");
    conn.prepare_cached("INSERT OR REPLACE INTO policies VALUES (?1, ?2)")?
        .execute(params![workspace, json])?;
    Ok(())
}

/// Forget the policy and the own rules of a workspace.
///
/// # Errors
/// [`rusqlite::Error`] when the database fails.
pub(crate) fn forget_workspace(conn: &Connection, workspace: WorkspaceId) -> rusqlite::Result<()> {
    conn.execute("DELETE FROM policies WHERE workspace_id = ?1", [workspace])?;
    own_rules::forget_workspace(conn, workspace)
}
